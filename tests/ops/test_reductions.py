"""Sums, means and products: zeros, underflow, masks, starting values, nan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnet import Value, grad, hessian, jacobian, jvp
from microgradnet.errors import DTypeError, ShapeError, UnknownKeywordError

from ..pitfalls.helpers import ROUNDING, check_first_order, check_second_order
from .gaps import check_gaps

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])


def without(x: Any, *places: int) -> Any:
    return np.prod(np.delete(x, places))


@given(hnp.arrays(float, st.integers(0, 9), elements=st.integers(-2, 2)))
def test_derivatives_of_products_are_products_of_the_others(x: Any) -> None:
    # Products of small whole numbers are exact.
    n = range(len(x))
    np.testing.assert_array_equal(grad(np.prod)(x), [without(x, i) for i in n])
    h = np.reshape([0.0 if i == j else without(x, i, j) for i in n for j in n], (len(x), len(x)))
    np.testing.assert_array_equal(hessian(np.prod)(x), h)
    np.testing.assert_array_equal(jacobian(np.prod, mode="forward")(x), grad(np.prod)(x))


@pytest.mark.filterwarnings("ignore:overflow")  # NumPy's own, of the value
@pytest.mark.parametrize(
    "x", [[1e-200, 1e-200, 3.0], [1e200, 1e200, 1e-300], [1e-300, 1e10, 1e-20], [3.0, -0.0, 1e308]]
)
def test_products_that_leave_the_range_of_floats_keep_their_slopes(x: list[float]) -> None:
    expected = [without(x, i) for i in range(3)]
    np.testing.assert_allclose(grad(np.prod)(np.array(x)), expected, rtol=ROUNDING, atol=0.0)
    g = grad(lambda x: 1e-160 * np.prod(x))(np.array([1e-170, 2.0]))
    assert g[0] == 2e-160


def test_mean_of_float16_does_not_overflow() -> None:
    x = np.ones(70000, np.float16)
    assert np.mean(Value(x)).data == 1.0
    assert np.mean(Value(x)).dtype == np.float16
    assert grad(lambda x: np.mean(x))(x).dtype == np.float16


def test_masks_count_beyond_the_whole_numbers_of_float32() -> None:
    mask = np.ones((2**24 + 3,), bool)
    x = np.broadcast_to(np.float64(1.0), mask.shape)
    assert np.mean(Value(x), where=mask).data == 1.0


@pytest.mark.parametrize("fn", [np.sum, np.mean, np.prod, np.max, np.var, np.std, np.nansum])
def test_masks_that_are_none_are_refused(fn: Callable[..., Any]) -> None:
    v = Value(A)
    options = {"initial": 0.0} if fn is np.max else {}
    with pytest.raises(DTypeError, match="where= of dtype int64; expected booleans"):
        fn(v, where=np.array([1, 0, 1]), **options)
    with pytest.raises(ShapeError, match=r"where= of shape \(2, 2, 3\)"):
        fn(v, where=np.ones((2, 2, 3), bool), **options)


def test_a_mask_is_copied() -> None:
    x = Value(A)
    for fn, expected in (
        (np.prod, A.prod() / A),
        (np.max, A == 2.1),
        (np.mean, np.ones((2, 3)) / 6),
    ):
        mask = np.ones(3, bool)
        z = fn(x, where=mask, **({"initial": -9.0} if fn is np.max else {}))
        mask[:] = False
        x.grad = None
        z.backward()
        np.testing.assert_allclose(x.grad, expected, rtol=ROUNDING)


def test_a_starting_value_may_move_too() -> None:
    check_first_order(lambda s: np.sum(A[0] * s, initial=s), 2.0)
    check_second_order(lambda s: np.prod(A[0] * s, initial=s), 2.0)
    narrow = np.ones(2, np.float32)
    assert np.sum(Value(narrow), initial=np.float64(2.0)).dtype == np.float32
    assert np.prod(Value(narrow), initial=Value(2.0)).dtype == np.float32
    with pytest.raises(ShapeError, match=r"initial= of shape \(2,\); expected one number"):
        np.prod(Value(A), initial=np.ones(2))


def test_dtype_casts_before_it_adds() -> None:
    for fn in (np.sum, np.mean, np.prod):
        assert fn(Value(A), dtype=np.float32).dtype == np.float32
        g = grad(lambda x, fn=fn: fn(x, dtype=np.float32) * np.float32(2.0))(A)
        assert g.dtype == np.float64
    assert np.sum(Value(A), dtype=int) == A.astype(int).sum()


def test_out_is_refused() -> None:
    with pytest.raises(UnknownKeywordError, match="out="):
        np.prod(Value(A), out=np.zeros(()))


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": -1, "keepdims": True}])
@pytest.mark.parametrize("fn", [np.nansum, np.nanprod, np.nanmean])
def test_nan_is_left_out(fn: Callable[..., Any], options: Any) -> None:
    check_gaps(lambda x: fn(x, **options))
    mask = np.ones((3, 4), bool)
    mask[0, 0] = mask[2, 1] = False
    check_gaps(lambda x: fn(x, where=mask, **options))


def test_nan_where_nothing_is_left() -> None:
    x = np.array([[np.nan, np.nan], [1.0, np.nan]])
    with np.errstate(invalid="ignore"):
        z = np.nanmean(Value(x), axis=1)
    np.testing.assert_array_equal(z.data, [np.nan, 1.0])
    assert jvp(np.nansum, (x,), (np.ones((2, 2)),))[1] == 1.0


@pytest.mark.parametrize("fn", [np.mean, np.nanmean])
@pytest.mark.parametrize("dtype", [int, bool, complex])
def test_a_mean_in_whole_numbers_is_refused(fn: Callable[..., Any], dtype: Any) -> None:
    # NumPy's mean of [1.9, 2.9] in integers is 1, cut off twice.
    with pytest.raises(DTypeError, match=r"mean\(dtype=.*expected a floating dtype.*np\.mean\(v"):
        fn(Value([1.9, 2.9]), dtype=dtype)
