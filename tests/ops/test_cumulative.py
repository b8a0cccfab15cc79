"""Running sums and products: zeros, underflow, nan, the names of the array standard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnet import Value, grad, jacobian
from microgradnet.errors import ShapeError

from ..pitfalls.helpers import ROUNDING
from .gaps import check_gaps


def without(x: Any, i: int, *places: int) -> float:
    """Product of the first elements up to `i`, but for some."""
    if max(places) > i or len(set(places)) < len(places):
        return 0.0
    return float(np.prod(np.delete(x[: i + 1], places)))


@given(hnp.arrays(float, st.integers(1, 9), elements=st.integers(-2, 2)))
def test_derivatives_of_running_products_are_products_of_the_others(x: Any) -> None:
    # Products of small whole numbers are exact, their sums too; quotients are rounded.
    n = range(len(x))
    expected = np.array([[without(x, i, k) for k in n] for i in n])
    for mode in ("reverse", "forward"):
        np.testing.assert_allclose(jacobian(np.cumprod, mode=mode)(x), expected, rtol=ROUNDING)
    second = np.array([[[without(x, i, k, m) for m in n] for k in n] for i in n])
    np.testing.assert_allclose(jacobian(jacobian(np.cumprod))(x), second, rtol=ROUNDING)


def test_running_products_that_underflow_keep_their_slopes() -> None:
    x = np.array([1e-200, 1e-200, 3.0])
    expected = [[1.0, 0.0, 0.0], [1e-200, 1e-200, 0.0], [3e-200, 3e-200, 0.0]]
    np.testing.assert_allclose(jacobian(np.cumprod)(x), expected, rtol=ROUNDING, atol=0.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_zeros_along_any_axis_are_as_good_as_small_numbers(axis: int) -> None:
    x = np.random.default_rng(0).uniform(0.5, 1.5, (4, 5, 3))
    x[1, 4, 2] = x[2, 3, 1] = x[2, 1, 1] = 0.0
    w = np.cos(np.arange(60.0)).reshape(x.shape)

    def f(x: Any) -> Any:
        return np.sum(w * np.cumprod(x, axis=axis))

    # The function is linear in each element: the difference at any distance is its slope.
    slopes = np.empty_like(x)
    for i in np.ndindex(x.shape):
        moved = x.copy()
        moved[i] += 1.0
        slopes[i] = f(moved) - f(x)
    # Sums of 60 numbers below 2**4.
    np.testing.assert_allclose(grad(f)(x), slopes, rtol=ROUNDING, atol=ROUNDING)


def test_nan_is_left_out() -> None:
    check_gaps(lambda x: np.nancumsum(x, axis=1))
    check_gaps(lambda x: np.nancumprod(x, axis=0))
    check_gaps(lambda x: np.nancumprod(x))


def test_dtype() -> None:
    for fn in (np.cumsum, np.cumprod, np.nancumsum, np.cumulative_sum):
        z = fn(Value(np.array([1.0, 2.0])), dtype=np.float32)
        assert z.dtype == np.float32


def test_the_standards_names_want_an_axis() -> None:
    v = Value(np.ones((2, 3)))
    for fn in (np.cumulative_sum, np.cumulative_prod):
        with pytest.raises(ShapeError, match=f"{fn.__name__} of 2 axes without axis="):
            fn(v)
