"""Slopes fitted amid roundoff: sharp where differences know little, with bounds that hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import grad
from microgradnet.testing import gradcheck
from microgradnet.testing.fits import fitted

EPS32 = float(np.finfo(np.float32).eps)


def along(f: Any, x: float) -> Any:
    """A float32 function beside a point."""
    at = np.float32(x)
    return lambda t: float(f(np.float32(at + np.float32(t))))


def test_bounds_hold_and_are_narrow() -> None:
    rng = np.random.default_rng(0)
    narrow = []
    for _ in range(200):
        a, c, offset = np.float32(rng.normal(size=3) * [3, 1, 50])
        x = float(np.float32(rng.normal() * rng.choice([0.1, 1, 5])))
        slope = fitted(
            along(lambda x, a=a, c=c, o=offset: np.sin(a * x + c) + np.exp(-x * x) + o, x),
            max(abs(x), 1.0),
            abs(x),
            EPS32,
        )
        true = a * np.cos(float(a) * x + float(c)) - 2 * x * np.exp(-x * x)
        assert abs(slope.value - true) <= slope.bound
        narrow.append(slope.bound / abs(true))
    assert np.median(narrow) < 1e-4  # a difference knows it to a hundredth


def test_kinks_are_no_slopes() -> None:
    slope = fitted(along(np.abs, 0.0), 1.0, 0.0, EPS32)
    assert slope.bound > 0.9
    for x in (1e-6, 1e-4, 1e-2):
        slope = fitted(along(np.abs, x), 1.0, x, EPS32)
        assert abs(slope.value - 1) <= slope.bound < 1e-3


def test_small_numbers_are_looked_at_from_as_near_as_they_are() -> None:
    x = 1e-6
    slope = fitted(along(lambda x: np.sqrt(np.abs(x)) + np.float32(0.7), x), 1.0, x, EPS32)
    assert abs(slope.value - 500) <= slope.bound < 50


def test_what_is_not_defined_or_flat_shows_nothing() -> None:
    assert not fitted(lambda t: np.nan, 1.0, 1.0, EPS32)
    assert not fitted(lambda t: 2.0, 1.0, 1.0, EPS32)
    slope = fitted(along(lambda x: np.minimum(np.float32(1.2), x), 1.0), 1.0, 1.0, EPS32)
    assert abs(slope.value - 1) <= slope.bound < 1e-3


def test_next_to_a_pole_no_fit_is_believed() -> None:
    x = float(np.float32(np.pi / 2 - 1e-6))
    slope = fitted(along(np.tan, x), x, x, EPS32)
    assert not slope or abs(slope.value - 1 / np.cos(x) ** 2) <= slope.bound


def only32(f: Any) -> Any:
    def g(x: Any) -> Any:
        if type(x) is not np.ndarray or x.dtype != np.float32:
            raise TypeError(type(x))
        return f(x)

    return g


V = np.array([0.5, -1.3, 0.8, 0.2], np.float32)
CODE: list[tuple[Any, Any]] = [
    (lambda x: np.sum(np.sin(3 * x)) + np.float32(100), V),
    (lambda x: np.log(np.sum(np.exp(x))), V),
    (lambda x: np.sum(np.tanh(x) ** 2) * np.float32(1e-3) + np.float32(2), V),
    (lambda x: np.mean((x - np.mean(x)) ** 3) / np.mean((x - np.mean(x)) ** 2) ** 1.5, V + 100),
    (lambda x: np.sum(1 / x**6 - 1 / x**3), V + 2),
    (lambda x: np.sum(np.sqrt(x * x + np.float32(1e-4))), V * np.float32(1e-2)),
]


@pytest.mark.parametrize(("f", "x"), CODE)
def test_code_that_takes_float32_only(f: Any, x: Any) -> None:
    for c, verdicts in ((1.0, {"passed"}), (1.01, {"wrong"}), (-1.0, {"wrong"})):
        report = gradcheck(only32(f), x, grad=only32(lambda x, c=c: np.float32(c) * grad(f)(x)))
        assert report.verdict in verdicts, report
