"""Variance and standard deviation: equal numbers, given means, degrees of freedom, nan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, hessian, jvp
from microgradnet.errors import DTypeError

from ..pitfalls.helpers import check_first_order, check_loud, check_second_order
from .gaps import check_gaps

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
MASK = np.array([[True, False, True], [True, True, True]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 3, 7, 1000])
@pytest.mark.parametrize("c", [0.1, 3.0, 1e-8, -1e8, 0.0])
def test_equal_numbers_are_a_kink_even_where_their_std_is_rounding(
    c: float, n: int, dtype: Any
) -> None:
    x = np.full(n, c, dtype)
    assert (grad(np.std)(x) == 0).all()
    assert jvp(np.std, (x,), (np.arange(n, dtype=dtype),))[1] == 0
    masked = grad(lambda x: np.std(x, where=np.ones(n, bool)))(x)
    assert (masked == 0).all()


def test_a_row_of_equal_numbers_leaves_the_others_alone() -> None:
    x = np.array([[0.1, 0.1, 0.1], [1.0, 2.0, 4.0]])
    h = hessian(lambda x: np.sum(np.std(x, axis=1)))(x)
    assert np.isnan(h[0, :, 0]).all()
    np.testing.assert_array_equal(h[0, :, 1], 0.0)
    np.testing.assert_allclose(h[1, :, 1], hessian(np.std)(x[1]), rtol=1e-14)


def test_one_number_has_a_std_of_0_that_is_smooth() -> None:
    one, row = np.array([[1.5]]), np.array([[0.3, -2.0, 0.0]])
    for std in (np.std, np.nanstd):
        np.testing.assert_array_equal(hessian(std)(one), np.zeros((1, 1, 1, 1)))
        h = hessian(lambda x, std=std: np.sum(std(x, axis=0)))(row)
        np.testing.assert_array_equal(h, np.zeros((1, 3, 1, 3)))
    lone = hessian(lambda x: np.std(x, where=np.array([True, False])))(np.array([1.0, 5.0]))
    np.testing.assert_array_equal(lone, np.zeros((2, 2)))


@pytest.mark.parametrize(
    "std",
    [
        lambda x: np.std(x, mean=np.zeros(1)),
        lambda x: np.nanstd(x),
        lambda x: np.std(x, where=np.array([True, True])),
    ],
)
def test_the_kink_in_every_spelling(std: Callable[..., Any]) -> None:
    def spread(t: Any) -> Any:
        return std(t * np.array([1.0, -1.0]))

    assert grad(spread)(0.0) == 0.0
    check_loud(spread, 0.0)
    check_loud(lambda t: spread(t) ** 2, 0.0, truth=2.0)


@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"axis": 1, "keepdims": True, "ddof": 1}])
@pytest.mark.parametrize("fn", [np.var, np.std, np.nanvar, np.nanstd])
def test_a_given_mean_is_an_operand(fn: Callable[..., Any], options: Any) -> None:
    m = np.array([[0.5], [0.1]])
    check_first_order(lambda x: fn(x, mean=m, **options), A)
    check_first_order(lambda m: fn(A * np.mean(m / m), mean=m, where=MASK, **options), m)
    check_second_order(lambda x: np.sum(fn(x, mean=x[:, :1] ** 2, **options)), A)


@pytest.mark.parametrize("fn", [np.var, np.std, np.nanvar, np.nanstd])
def test_keywords(fn: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="ddof=1 and correction=2 mean the same"):
        fn(Value(A), ddof=1, correction=2)
    assert fn(Value(A), dtype=np.float32).dtype == np.float32
    assert fn(Value(A[0].astype(np.float32)), mean=np.array([0.5])).dtype == (
        fn(A[0].astype(np.float32), mean=np.array([0.5])).dtype
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fn", [np.var, np.std, np.nanvar, np.nanstd])
def test_too_few_numbers(fn: Callable[..., Any]) -> None:
    x = np.array([[1.0, 2.0], [1.0, np.nan]])
    for ddof in (1, 2, 3):
        z = fn(Value(x), axis=1, ddof=ddof)
        np.testing.assert_array_equal(z.data, fn(x, axis=1, ddof=ddof))


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": 1, "keepdims": True}])
@pytest.mark.parametrize("fn", [np.nanvar, np.nanstd])
def test_nan_is_left_out(fn: Callable[..., Any], options: Any) -> None:
    # The column [-1.2, nan, 1.9] has two numbers; none has one, whose std would be a kink.
    check_gaps(lambda x: fn(x, **options))
    check_gaps(lambda x: fn(x, mean=np.full((1, 1), 0.3), **options))


def test_nan_is_left_out_with_a_mask_and_degrees_of_freedom() -> None:
    mask = np.array([True, True, False, True])
    check_gaps(lambda x: np.nanvar(x, axis=1, where=mask, ddof=1))
    check_gaps(lambda x: np.nanstd(x, where=mask, correction=0.5))


@pytest.mark.parametrize("fn", [np.var, np.std, np.nanvar, np.nanstd])
@pytest.mark.parametrize("dtype", [int, "int8", bool, complex])
def test_a_dtype_that_cuts_off_is_refused(fn: Callable[..., Any], dtype: Any) -> None:
    with pytest.raises(DTypeError, match=r"(var|std)\(dtype=.*expected a floating dtype.*v\.data"):
        fn(Value(A), dtype=dtype)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.bool])
def test_integers_with_a_mean_that_moves(dtype: Any) -> None:
    x = np.arange(200).astype(dtype)  # more of them than an int8 can count
    every_other = np.arange(200) % 2 == 0
    for f in (np.var, np.std):
        for where in (True, every_other):
            z = f(x, mean=Value(np.array([0.25])), where=where, ddof=1)
            expected = f(x, mean=np.array([0.25]), where=where, ddof=1)
            np.testing.assert_allclose(z.data, expected, rtol=1e-14, strict=True)


def test_more_numbers_than_their_dtype_can_count() -> None:
    n = 70_000
    x = np.zeros(n, np.float16)
    x[: n // 2] = 1.0
    g = grad(lambda x: np.var(x))(x)
    expected = np.float16(2 * 0.5 / n)
    np.testing.assert_array_equal(g, np.where(x > 0, expected, -expected), strict=True)
    masked = grad(lambda x: np.var(x, where=np.ones(n, bool)))(x)
    np.testing.assert_array_equal(masked, g)
