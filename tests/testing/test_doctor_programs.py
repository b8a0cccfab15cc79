"""The doctor on random programs: right gradients are right, and no wrong one is called right."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

from microgradnet import grad
from microgradnet.errors import MicrogradnetError
from microgradnet.testing import diagnose
from microgradnet.testing.doctor import Diagnosis
from microgradnet.testing.strategies import programs
from microgradnet.testing.strategies.program import Program

FEW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def diagnosed(program: Program, factor: float) -> Diagnosis | None:
    """Diagnose a gradient whose first part is off by a factor; None if it is refused by name."""
    of = grad(program, tuple(range(len(program.inputs))))

    def gradient(*xs: Any) -> Any:
        first, *rest = of(*xs)
        parts = [factor * first, *rest]
        return tuple(float(g) if np.ndim(g) == 0 else g for g in parts)

    try:
        with np.errstate(all="ignore"):
            return diagnose(program, gradient, tuple(program.inputs.values()))
    except MicrogradnetError:  # random points are no numbers for this program
        return None


@FEW
@given(programs())
def test_right_gradients_are_right(program: Program) -> None:
    found = diagnosed(program, 1.0)
    assume(found is not None)
    assert found is not None and found.correct, str(found)


@FEW
@given(programs())
def test_twice_a_gradient_is_named_or_nothing_is_there(program: Program) -> None:
    found = diagnosed(program, 2.0)
    assume(found is not None)
    assert found is not None and found.explained, str(found)
    assert found.correct or "twice" in str(found), str(found)


def test_a_number_that_is_picked_by_a_mask() -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.piecewise(x, [True, False], [np.exp, np.sin]))

    found = diagnose(loss, lambda x: np.exp(x) + 0.3 * x**3, 0.7)
    assert not found.correct


def test_a_window_of_nothing() -> None:
    def loss(x: Any) -> Any:
        return np.sum(x[1:]) + np.sum(x) ** 2

    found = diagnose(loss, lambda x: (2 * x + 0.3 * x**2,), (np.array([0.7]),))
    assert not found.correct


def test_a_whole_number_beside_a_float_that_equals_it() -> None:
    def loss(x: Any) -> Any:
        return np.sum(x * 2.0) ** 2 + np.sum(np.ldexp(x, 2))

    found = diagnose(loss, lambda x: (8 * np.sum(x) + 4 + 0 * x,), (np.array([0.7, 0.2]),))
    assert found.correct


def test_a_parameter_that_is_zero_where_all_is_looked_at_nearby() -> None:
    weights = np.array([0.5, -0.4])

    def loss(w: Any, b: Any, c: Any) -> Any:  # a power of negative numbers is none
        return np.sum(b * c * weights) + np.sum(w**2.5)

    def gradient(w: Any, b: Any, c: Any) -> Any:
        return 2.5 * w**1.5, np.sum(c * weights), b * weights

    assert diagnose(loss, gradient, (np.ones(12), 0.0, np.array([0.3, 0.7]))).correct
