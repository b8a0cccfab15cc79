"""Functions of functions: pieces, slices, axes."""

from __future__ import annotations

import numpy as np
import pytest

from microgradnet import Value, grad
from microgradnet.errors import (
    DetachedError,
    NotDifferentiableError,
    ShapeError,
    UnknownKeywordError,
)

from ..pitfalls.helpers import check_first_order, check_second_order, dense

V = np.array([0.5, -1.5, 2.5, 3.5])
PIECES = [lambda t: t**3, np.sin, lambda t: -(t**2)]


def test_piecewise() -> None:
    check_first_order(lambda x: np.piecewise(x, [x < 0, x > 2], PIECES), V)
    check_second_order(lambda x: np.sum(np.piecewise(x, [x < 0, x > 2], PIECES)), V)
    check_first_order(lambda x: np.piecewise(x, [x < 0, x >= 0], PIECES[:2]), 0.7)
    check_first_order(lambda x: np.piecewise(x, x < 1, [lambda t: -t, np.sqrt]), np.array([0.4, 4]))
    check_first_order(lambda x: np.piecewise(x, x < 1, [lambda t: -t, np.sqrt]), 4.0)


def test_piecewise_of_constants_and_values() -> None:
    conditions = [V < 0, V >= 0]
    z = np.piecewise(Value(V), conditions, [-1, 1])
    assert isinstance(z, Value)
    np.testing.assert_array_equal(z.data, np.piecewise(V, conditions, [-1, 1]))
    g = grad(lambda s: np.sum(np.piecewise(Value(V), conditions, [s, lambda t: t * s])))(2.0)
    assert g == 1.0 + 0.5 + 2.5 + 3.5


def test_piecewise_calls_nothing_outside_its_piece() -> None:
    g = grad(lambda x: np.sum(np.piecewise(x, [x > 0], [np.log])))(np.array([0.0, 2.0]))
    np.testing.assert_array_equal(g, [0.0, 0.5])


def test_piecewise_refusals() -> None:
    with pytest.raises(ShapeError, match="expected as many"):
        np.piecewise(Value(V), [V < 0], [1, 2, 3])
    with pytest.raises(UnknownKeywordError):
        np.piecewise(Value(V), [V < 0], [lambda t, c: c * t], c=2.0)


def test_apply_along_axis() -> None:
    x = dense((2, 3, 2))
    for axis in (0, 1, -1):
        for f in (np.sum, np.sin, lambda r: np.outer(r, r), lambda r: r[0] * r[1:]):
            got = np.apply_along_axis(f, axis, Value(x))
            expected = np.apply_along_axis(f, axis, x)
            assert got.shape == expected.shape
            np.testing.assert_allclose(got.data, expected, rtol=1e-15)
            check_first_order(lambda x, f=f, a=axis: np.apply_along_axis(f, a, x), x)
    with pytest.raises(ShapeError, match="no slices"):
        np.apply_along_axis(np.sum, 0, Value(np.zeros((3, 0))))


def test_apply_over_axes() -> None:
    x = dense((2, 3, 2))
    for axes in (1, [0, -1], (2, 0, 1)):
        check_first_order(lambda x, a=axes: np.apply_over_axes(np.sum, x, a), x)
    with pytest.raises(ShapeError, match="one less"):
        np.apply_over_axes(lambda x, axis: np.sum(x), Value(x), [0])


def test_functions_of_single_numbers_are_loud() -> None:
    with pytest.raises(DetachedError):
        grad(lambda x: np.sum(np.vectorize(lambda t: t)(x)))(V)
    with pytest.raises(NotDifferentiableError):
        grad(lambda x: np.sum(np.frompyfunc(lambda t: t, 1, 1)(x)))(V)
