"""Sums, products, means and variances: every keyword, zeros, constants, empties, dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import grad, hessian, jacobian, jvp

from .helpers import check_first_order, check_float32, check_loud, check_second_order

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
MASK = np.array([[True, False, True], [False, True, True]])
AXES = [None, 0, 1, -1, -2, (0, 1), (-1, -2), (1,), ()]
REDUCTIONS = [np.sum, np.mean, np.prod, np.var, np.std]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("fn", [np.sum, np.mean, np.prod])
def test_axis_and_keepdims(fn: Callable[..., Any], axis: Any, keepdims: bool) -> None:
    check_first_order(lambda x: fn(x, axis=axis, keepdims=keepdims), A)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES[:-1])  # axis=() makes the spread of one number: its kink
@pytest.mark.parametrize("fn", [np.var, np.std])
def test_axis_and_keepdims_of_spreads(fn: Callable[..., Any], axis: Any, keepdims: bool) -> None:
    check_first_order(lambda x: fn(x, axis=axis, keepdims=keepdims), A)


@pytest.mark.parametrize("axis", [None, 1, -2, (0, 1)])
@pytest.mark.parametrize("fn", [np.sum, np.mean, np.prod])
def test_where_selects_elements(fn: Callable[..., Any], axis: Any) -> None:
    check_first_order(lambda x: fn(x, axis=axis, where=MASK), A)


@pytest.mark.parametrize("axis", [None, 1, (-1, 0)])
@pytest.mark.parametrize("fn", [np.var, np.std])
def test_where_selects_elements_of_spreads(fn: Callable[..., Any], axis: Any) -> None:
    check_first_order(lambda x: fn(x, axis=axis, where=MASK), A)


@pytest.mark.parametrize("fn", REDUCTIONS)
def test_where_broadcasts(fn: Callable[..., Any]) -> None:
    check_first_order(lambda x: fn(x, where=np.array([True, False, True])), A)


@pytest.mark.parametrize("fn", REDUCTIONS)
def test_where_second_order(fn: Callable[..., Any]) -> None:
    check_second_order(lambda x: fn(x**2, where=MASK), A)


def test_where_excludes_nan_elements_from_the_gradient() -> None:
    x = np.array([2.0, np.nan, 3.0])
    keep = ~np.isnan(x)
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * x, where=keep))(x), [4.0, 0.0, 6.0])


@pytest.mark.parametrize("ddof", [0, 1, 1.5])
@pytest.mark.parametrize("fn", [np.var, np.std])
def test_ddof(fn: Callable[..., Any], ddof: float) -> None:
    check_first_order(lambda x: fn(x, axis=-1, ddof=ddof), A)
    check_first_order(lambda x: fn(x, ddof=ddof, where=MASK), A)


@pytest.mark.parametrize("fn", [np.var, np.std])
def test_correction_is_ddof_under_its_standard_name(fn: Callable[..., Any]) -> None:
    check_first_order(lambda x: fn(x, axis=0, correction=1), A)


def test_var_second_order() -> None:
    # var = x.(I - 1/n).x / n, so its Hessian is 2/n (I - 1/n).
    check_second_order(np.var, A[0], 2 / 3 * (np.eye(3) - 1 / 3))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_sum_initial(mode: str) -> None:
    # A known bug elsewhere: forward mode adds `initial` to the tangent.
    check_first_order(lambda x: np.sum(x, initial=10.0), A, np.ones((2, 3)))
    check_first_order(lambda x: np.sum(x, axis=-1, initial=-3.0, where=MASK), A)
    j = jacobian(lambda x: np.sum(x, initial=10.0), mode=mode)(A)
    np.testing.assert_array_equal(j, np.ones((2, 3)))


def test_prod_initial_scales_the_gradient() -> None:
    check_first_order(lambda x: np.prod(x, initial=10.0), A[0], 10 * A[0].prod() / A[0])
    check_first_order(lambda x: np.prod(x, axis=0, initial=-2.0, keepdims=True), A)


def test_prod_with_one_zero() -> None:
    x = np.array([2.0, 0.0, 5.0])
    check_first_order(np.prod, x, [0.0, 10.0, 0.0])
    check_second_order(np.prod, x, [[0.0, 5.0, 0.0], [5.0, 0.0, 2.0], [0.0, 2.0, 0.0]])


def test_prod_with_two_zeros() -> None:
    x = np.array([2.0, 0.0, 0.0, 3.0])
    expected = np.zeros((4, 4))
    expected[1, 2] = expected[2, 1] = 6.0
    check_first_order(np.prod, x, np.zeros(4))
    check_second_order(np.prod, x, expected)


def test_prod_with_three_zeros_third_order() -> None:
    x = np.array([0.0, 0.0, 0.0])
    check_second_order(np.prod, x, np.zeros((3, 3)))
    third = jacobian(hessian(np.prod))(x)
    expected = np.zeros((3, 3, 3))
    for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        expected[i, j, k] = 1.0
    np.testing.assert_array_equal(third, expected)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_prod_with_zeros_along_axes(axis: Any) -> None:
    x = np.array([[0.0, 2.0, 0.0], [4.0, 0.0, 3.0]])
    check_first_order(lambda x: np.prod(x, axis=axis), x)


def test_prod_where_excludes_a_zero() -> None:
    x = np.array([2.0, 0.0, 5.0])
    keep = np.array([True, False, True])
    check_first_order(lambda x: np.prod(x, where=keep), x, [5.0, 0.0, 2.0])


def test_cumprod_with_zeros() -> None:
    x = np.array([2.0, 0.0, 5.0, 0.0])
    expected = [[1, 0, 0, 0], [0, 2, 0, 0], [0, 10, 0, 0], [0, 0, 0, 0]]
    check_first_order(np.cumprod, x, expected)
    check_second_order(lambda x: np.cumprod(x)[2], x)
    check_first_order(lambda x: np.cumprod(x.reshape(2, 2), axis=-2), x)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, -2])
def test_cumsum(axis: int | None) -> None:
    check_first_order(lambda x: np.cumsum(x, axis=axis), A)


def test_std_of_a_constant_is_a_kink_with_derivative_zero() -> None:
    check_first_order(np.std, np.array([3.0, 3.0, 3.0]), np.zeros(3), numeric=False)
    check_first_order(np.std, 3.0, 0.0, numeric=False)
    check_first_order(
        lambda x: np.std(x, axis=1), np.ones((2, 3)), np.zeros((2, 2, 3)), numeric=False
    )
    check_first_order(lambda x: np.std(x, axis=()), A, np.zeros((2, 3, 2, 3)), numeric=False)


def test_std_of_one_constant_row_leaves_the_others_right() -> None:
    x = np.array([[1.0, 1.0], [1.0, 3.0]])
    expected = np.zeros((2, 2, 2))
    expected[1, 1] = [-0.5, 0.5]
    check_first_order(lambda x: np.std(x, axis=-1), x, expected)


def test_std_of_a_constant_second_order_is_loud() -> None:
    def spread(t: Any) -> Any:  # |t| in disguise
        return np.std(t * np.array([1.0, -1.0]))

    assert spread(2.0) == 2.0
    check_loud(spread, 0.0)
    check_loud(lambda t: spread(t) ** 2, 0.0, truth=2.0)


def test_var_of_a_constant_is_smooth() -> None:
    x = np.array([3.0, 3.0])
    check_first_order(np.var, x, np.zeros(2))
    check_second_order(np.var, x, [[0.5, -0.5], [-0.5, 0.5]])


def test_diff_prepend_and_append() -> None:
    # A known bug elsewhere: forward mode prepends the value to the tangent.
    check_first_order(lambda x: np.diff(x, prepend=7.0), A[0], [[1, 0, 0], [-1, 1, 0], [0, -1, 1]])
    check_first_order(lambda x: np.diff(x, append=np.array([[1.0], [2.0]]), axis=1), A)
    check_first_order(lambda x: np.diff(x, n=2, axis=0, prepend=A[:1], append=3.0), A)


def test_diff_of_a_traced_prepend() -> None:
    check_first_order(lambda p: np.diff(A, prepend=p.reshape(2, 1)), np.array([0.3, 0.4]))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_diff_orders(n: int) -> None:
    check_first_order(lambda x: np.diff(x, n=n, axis=-1), A)


@pytest.mark.parametrize("fn", [np.nansum, np.nanmean])
def test_nan_reductions_give_nan_elements_no_gradient(fn: Callable[..., Any]) -> None:
    x = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, np.nan]])
    counts = {np.nansum: 1.0, np.nanmean: 2.0}[fn]
    expected = np.where(np.isnan(x), 0.0, 1 / counts)
    j = jacobian(lambda x: fn(x, axis=1))(x)
    np.testing.assert_array_equal(j, np.eye(2)[:, :, None] * expected)
    _, t = jvp(lambda x: fn(x, axis=1), (x,), (np.ones((2, 3)),))
    np.testing.assert_array_equal(t, expected.sum(1))
    assert grad(lambda x: fn(x**2))(x)[0, 1] == 0.0


def test_average_with_weights_on_either_side() -> None:
    w = np.array([0.2, 0.5, 0.9])
    check_first_order(lambda x: np.average(x, axis=1, weights=w), A)
    check_first_order(lambda w: np.average(A, axis=-1, weights=w), w)
    check_first_order(lambda x: np.average(x), A, np.full((2, 3), 1 / 6))


@pytest.mark.parametrize(
    ("f", "expected_shape"),
    [
        (lambda x: np.sum(x), (0, 3)),
        (lambda x: np.prod(x), (0, 3)),
        (lambda x: np.sum(x, axis=0), (3, 0, 3)),
        (lambda x: np.prod(x, axis=0), (3, 0, 3)),
        (lambda x: np.sum(x, axis=1), (0, 0, 3)),
        (lambda x: np.mean(x, axis=1), (0, 0, 3)),
        (lambda x: np.cumsum(x, axis=0), (0, 3, 0, 3)),
        (lambda x: np.cumprod(x, axis=1), (0, 3, 0, 3)),
        (lambda x: np.std(x, axis=1), (0, 0, 3)),
    ],
)
def test_empty_arrays(f: Callable[..., Any], expected_shape: tuple[int, ...]) -> None:
    check_first_order(f, np.zeros((0, 3)), np.zeros(expected_shape))


@pytest.mark.parametrize("x", [1.5, np.array(1.5)], ids=["float", "0-d"])
@pytest.mark.parametrize("fn", [np.sum, np.mean, np.prod, np.max, np.min, np.median, np.nansum])
def test_of_one_number_is_the_identity(fn: Callable[..., Any], x: Any) -> None:
    check_first_order(fn, x, 1.0)


@pytest.mark.parametrize("fn", [np.var, np.std, np.ptp])
def test_spread_of_one_number_is_flat(fn: Callable[..., Any]) -> None:
    check_first_order(fn, np.array(1.5), 0.0, numeric=False)


@pytest.mark.parametrize(
    "fn",
    [np.sum, np.mean, np.prod, np.var, np.std, np.max, np.min, np.ptp, np.median, np.cumsum,
     np.cumprod, np.nansum, np.nanmean, np.average, np.diff],
)  # fmt: skip
def test_float32_stays_float32(fn: Callable[..., Any]) -> None:
    check_float32(fn, A[0])
    check_float32(lambda x: fn(x, axis=-1), A)


@pytest.mark.parametrize("fn", [np.sum, np.mean])
def test_dtype_keyword_returns_the_gradient_in_the_inputs_dtype(fn: Callable[..., Any]) -> None:
    x = A.astype(np.float32)
    g = grad(lambda x: fn(x, dtype=np.float64))(x)
    assert g.dtype == np.float32
    np.testing.assert_allclose(g, np.full((2, 3), 1.0 if fn is np.sum else 1 / 6), rtol=1e-6)


def test_methods_give_the_same_gradients() -> None:
    check_first_order(lambda x: x.sum(axis=-1, where=MASK, initial=2.0), A)
    check_first_order(lambda x: x.mean(axis=(0, 1), keepdims=True), A)
    check_first_order(lambda x: x.std(axis=0, ddof=1), A)
    check_first_order(lambda x: x.var(-1), A)
    check_first_order(lambda x: x.prod(0), A)
    check_first_order(lambda x: x.cumsum(1), A)
