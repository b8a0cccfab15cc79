"""Arguments taken apart and put together; functions evaluated in every kind of number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import elementwise
from microgradnet.errors import DTypeError, NotDifferentiableError
from microgradnet.testing.arguments import Arguments, plain
from microgradnet.testing.probe import Probe


def probe(f: Any, *args: Any, project: Any = None) -> Probe:
    return Probe(f, Arguments(f, args, None, None), project)


def test_arguments_are_named_and_copied() -> None:
    x = np.ones(2)
    arguments = Arguments(lambda w, *rest: 0.0, (1.0, {"a": x}, 3), None, None)
    assert [p.name for p in arguments.places] == ["w", "argument 1['a']"]
    assert arguments.constant == ["argument 2"]
    x[:] = 7
    first, second, third = arguments.filled([2.0, np.zeros(2)])
    assert (first, third) == (2.0, 3) and second["a"].tolist() == [0, 0]
    assert Arguments(max, (1.0,), None, None).names == ["argument 0"]  # has no signature
    arguments.only_floating()
    assert arguments.chosen == (0, 1)


def test_gradients_are_taken_apart() -> None:
    single = Arguments(lambda x: 0.0, (1.0,), None, None)
    assert single.parts((2.0,)) == [2.0] and single.parts(2.0) == [2.0]
    both = Arguments(lambda x, y: 0.0, (1.0, [2.0, 3.0]), None, None)
    assert both.parts([1.0, (4.0, None)]) == [1.0, 4.0, None]
    assert both.parts((None, [1.0, 2.0])) == [None, 1.0, 2.0]
    with pytest.raises(DTypeError, match="expected a tuple with one entry for each of 2"):
        both.parts(1.0)
    with pytest.raises(DTypeError, match="gradient of y came as a list of 1; expected a list of 2"):
        both.parts((1.0, [2.0]))


def test_plain_takes_tensors() -> None:
    class Tensor:
        def detach(self) -> Tensor:
            return self

        def cpu(self) -> Any:
            return np.ones(2)

    assert plain(Tensor()).tolist() == [1, 1]
    assert plain([1.0]).tolist() == [1]


@pytest.mark.parametrize("kind", ["float", "given", "long", "complex", "sixty"])
def test_displaced_in_every_kind_of_number(kind: str) -> None:
    p = probe(lambda x, y: np.sum(np.exp(x)) * y, np.array([0.5, 1.0]), 2.0)
    phi = p.along(kind, [(0, (1,), 2.0), (1, (), 1.0)])
    assert complex(phi(0.25)).real == pytest.approx((np.exp(0.5) + np.exp(1.5)) * 2.25)
    assert p.base("float")[0].tolist() == [0.5, 1.0]


def test_digits_may_not_be_lost_on_the_way() -> None:
    p = probe(lambda x: float(np.float64(x)), np.float64(0.5))
    for kind in ("long", "sixty"):
        with pytest.raises(TypeError):
            p.call(p.base(kind), kind)


def test_outside_of_its_domain_a_function_is_nan() -> None:
    def f(x: float) -> float:
        if x > 1:
            raise ValueError("too large")
        return x

    p = probe(f, 1.0)
    assert np.isnan(p.along("float", [(0, (), 1.0)])(0.5))
    assert probe(f, 0.5).along("float", [(0, (), 1.0)])(0.25) == 0.75
    with pytest.raises(NotDifferentiableError, match="expected a float"):
        probe(lambda x: [x], 1.0, project=None).number("text", "float")


softened = elementwise(lambda x: x * x, lambda z, x: 2 * x, name="test_probe_softened")


@pytest.mark.parametrize(
    ("f", "analytic"),
    [
        (lambda x: np.sum(np.exp(x) / x), True),
        (lambda x: np.sum(np.linalg.inv(x)) * 2, True),
        (lambda x: np.sum(-x), True),
        (lambda x: np.sum(np.abs(x)), False),
        (lambda x: np.sum(np.maximum(x, 1)), False),
        (lambda x: np.max(x), False),
        (lambda x: np.sum(softened(x)), False),  # nobody knows
        (lambda x: float(np.asarray([1.0])[0]), False),  # nothing recorded
        (lambda x: x.no_such_method(), False),
    ],
)
def test_analytic_functions_are_known(f: Any, analytic: bool) -> None:
    assert probe(f, np.eye(2) + 1).analytic() is analytic


def test_numbers_of_several_results() -> None:
    p = probe(lambda x: (x, 2 * x), np.ones(2), project=(np.array([1.0, 2.0]), np.ones(2)))
    assert p.call(p.base("float"), "float") == 7.0
