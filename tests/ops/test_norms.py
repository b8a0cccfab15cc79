"""Norms at zeros, ties and infinities, in every order; condition numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jacobian, jvp
from microgradnet.errors import NotDifferentiableError, ShapeError

from ..pitfalls.helpers import (
    ROUNDING,
    check_first_order,
    check_float32,
    check_loud,
    check_second_order,
    close,
    dense,
)

X = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
ORDERS = [None, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, -0.5, -1, -2, -3, np.inf, -np.inf]
MATRIX_ORDERS = [None, "fro", "f", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


def slopes(x: Any, order: Any) -> Any:
    """Give the derivative of a vector norm: sign(x) (|x| / n)**(p - 1), 0 at zeros; ties shared."""
    order = 2 if order is None else order
    a = np.abs(x)
    n = np.linalg.norm(x, order)
    if abs(order) == math.inf:
        return np.sign(x) * (a == n) / max(1, np.count_nonzero(a == n))
    if n == 0 or order == 0:
        return np.zeros_like(x)
    return np.sign(x) * (np.where(x == 0, 1.0, a) / n) ** (order - 1.0)


# --- vectors ----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:divide by zero")  # NumPy's own, for powers below 0
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "x",
    [
        [0.0, 0.0, 0.0],
        [-0.0, 0.0],
        [0.0],
        [-2.0],
        [3.0, 0.0, -4.0],
        [0.0, 0.0, 5.0],
        [2.0, -2.0, 2.0],
        [1.0, -3.0, 3.0, 0.0],
        [1e-8, -2e-8, 3e-8],
        [1e60, -2e60, 3e60],
    ],
    ids=str,
)
def test_every_order_at_zeros_and_ties(order: Any, x: list[float]) -> None:
    a = np.array(x)
    check_first_order(lambda x: np.linalg.norm(x, order), a, slopes(a, order), numeric=False)
    check_first_order(
        lambda x: np.linalg.vector_norm(x, ord=2 if order is None else order),
        a,
        slopes(a, order),
        numeric=False,
    )
    close(np.linalg.norm(Value(a), order).data, np.linalg.norm(a, order), ROUNDING, "value")


@pytest.mark.parametrize("order", [o for o in ORDERS if o not in (0, 1, np.inf, -np.inf)])
def test_second_order_away_from_zero(order: Any) -> None:
    check_second_order(lambda x: np.linalg.norm(x, order), X[0])
    check_float32(lambda x: np.linalg.norm(x, order), X[0])
    check_float32(lambda x: np.linalg.norm(x, order, axis=0, keepdims=True), X)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("order", ORDERS)
def test_second_order_at_zero_is_nan_or_right(order: Any) -> None:
    # n(t a) = |t| n(a), whose square is smooth; NumPy's "norm" of order 0 is a constant.
    a = np.array([3.0, -4.0])
    n = float(np.linalg.norm(a, order))
    check_loud(lambda t: np.linalg.norm(t * a, order), 0.0, truth=0.0 if order == 0 else None)
    truth = 0.0 if order == 0 else 2 * n * n
    check_loud(lambda t: np.linalg.norm(t * a, order) ** 2, 0.0, truth=truth)


@pytest.mark.parametrize("order", [1, 1.5, 3, np.inf])
def test_second_order_beside_a_zero_element_is_nan_or_right(order: Any) -> None:
    # (|t|**p + 1)**(1/p) is smooth at t = 0 only for p > 2; with p = inf it is 1 all around.
    def f(t: Any) -> Any:
        return np.linalg.norm(np.stack([t, t * 0 + 1.0]), order)

    if order == 1.5:  # its second derivative is infinite
        assert not np.isfinite(grad(grad(f))(0.0))
        assert not np.isfinite(jvp(lambda t: jvp(f, (t,), (1.0,))[1], (0.0,), (1.0,))[1])
    else:
        check_loud(f, 0.0, truth=None if order == 1 else 0.0)


def test_tied_infinities_are_loud_in_second_order() -> None:
    check_loud(lambda t: np.linalg.norm(np.stack([t, 2.0 - t]), np.inf) ** 2, 1.0)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("order", [None, 1.5, 3, 4, "fro"])
@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_powers_that_leave_the_range_of_floats(order: Any, scale: float) -> None:
    # NumPy's norm is 0 or inf there; the slope is that of the direction alone.
    x = np.array([[3.0, 0.0, -4.0], [1.0, -2.0, 0.5]])
    x = x if order == "fro" else x[0]

    def f(x: Any) -> Any:
        return np.linalg.norm(x, order)

    close(f(Value(scale * x)).data / scale, f(x), ROUNDING, "value")
    for mode in ("forward", "reverse"):
        got = jacobian(f, mode=mode)(scale * x)
        close(got, jacobian(f)(x), ROUNDING, "gradient")
    moved = jacobian(lambda x: scale * grad(f)(x))(scale * x)
    if order in (None, "fro"):  # higher powers have no second derivative at a 0 that is found
        close(moved, jacobian(grad(f))(x), ROUNDING, "second derivative")
    rows = np.stack([x, scale * x, 0 * x, np.full_like(x, np.inf)])
    axes = (-2, -1) if order == "fro" else -1
    j = jacobian(lambda x: np.linalg.norm(x, order, axis=axes)[:3])(rows)
    for k, expected in enumerate([jacobian(f)(x), jacobian(f)(x), 0 * x]):
        close(j[k, k], expected, ROUNDING, f"gradient of row {k}")


@pytest.mark.parametrize("axis", [None, 0, -1, (0,), (-1, 0), (2, 0, 1)])
@pytest.mark.parametrize("order", [0, 1, 2, 3, -1, np.inf, -np.inf])
def test_vector_norm_takes_any_axes(axis: Any, order: Any) -> None:
    x = np.sign(dense((2, 3, 2))) * np.linspace(0.5, 2.0, 12).reshape(2, 3, 2)
    for keepdims in (False, True):
        options = {"axis": axis, "ord": order, "keepdims": keepdims}
        z = np.linalg.vector_norm(Value(x), **options).data
        close(z, np.linalg.vector_norm(x, **options), ROUNDING, "value")
        check_first_order(lambda x, o=options: np.linalg.vector_norm(x, **o), x)


def test_of_nothing() -> None:
    for order in (None, 0, 1, 2, 3, np.inf):
        z = np.linalg.norm(Value(np.zeros(0)), order)
        assert float(z.data) == 0.0
        for x, axis, expected in (
            (np.zeros(0), None, np.zeros(0)),
            (np.zeros((2, 0)), 1, np.zeros((2, 2, 0))),
        ):
            check_first_order(lambda x, o=order, a=axis: np.linalg.norm(x, o, a), x, expected)
    with pytest.raises(ValueError, match="no elements|zero-size|empty"):
        np.linalg.norm(Value(np.zeros(0)), -np.inf)


def test_what_is_not_finite() -> None:
    x = np.array([np.inf, 1.0])
    assert np.linalg.norm(Value(x)).data == np.inf
    np.testing.assert_array_equal(grad(np.linalg.norm)(np.array([np.nan, 1.0])), [np.nan, np.nan])
    assert grad(lambda x: np.linalg.norm(x, 1))(x).tolist() == [1.0, 1.0]
    assert grad(lambda x: np.linalg.norm(x, np.inf))(x).tolist() == [1.0, 0.0]


# --- matrices ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", MATRIX_ORDERS)
def test_matrices_of_any_axes_are_those_of_the_matrix(order: Any) -> None:
    x = dense((2, 3, 2, 2)) + 0.1 * np.arange(24.0).reshape(2, 3, 2, 2)
    for axes in [(1, 2), (2, 1), (-1, 0), (0, -2)]:
        moved = np.moveaxis(x, axes, (-2, -1))
        for keepdims in (False, True):
            z = np.linalg.norm(Value(x), order, axes, keepdims).data
            close(z, np.linalg.norm(x, order, axes, keepdims), ROUNDING, "value")
        g = grad(lambda x, a=axes: np.sum(np.linalg.norm(x, order, a) ** 2))(x)
        e = grad(lambda y: np.sum(np.linalg.matrix_norm(y, ord=order or "fro") ** 2))(moved)
        close(np.moveaxis(g, axes, (-2, -1)), e, ROUNDING, "gradient")
    check_first_order(lambda x: np.linalg.norm(x, order), X)


@pytest.mark.parametrize("order", MATRIX_ORDERS)
def test_matrix_norms_at_zero_and_with_zero_rows(order: Any) -> None:
    zero = np.zeros((2, 2))
    check_first_order(lambda x: np.linalg.norm(x, order), zero, zero, numeric=False)
    # A single element is what all of these norms measure but the smallest ones.
    x = np.array([[0.0, 0.0], [0.0, -3.0]])
    expected = np.zeros((2, 2))
    if not (isinstance(order, int | float) and order < 0):
        expected[1, 1] = -1.0
    check_first_order(lambda x: np.linalg.norm(x, order), x, expected, numeric=False)


def test_tied_sums_and_singular_values_share() -> None:
    eye = np.eye(2)
    for order in (1, np.inf, -1, -np.inf):
        check_first_order(lambda x, o=order: np.linalg.norm(x, o), eye, eye / 2, numeric=False)
    for order in (2, -2):
        check_first_order(lambda x, o=order: np.linalg.norm(x, o), eye, eye / 2, numeric=False)


@pytest.mark.parametrize("order", MATRIX_ORDERS)
def test_matrix_norms_float32(order: Any) -> None:
    check_float32(lambda x: np.linalg.norm(x, order, (0, 1)), X)


def test_what_is_refused() -> None:
    v = Value(X)
    with pytest.raises(NotDifferentiableError, match="got a Value as its order"):
        np.linalg.norm(v[0], Value(2.0))
    with pytest.raises(ShapeError, match="norm of vectors got ord='fro'"):
        np.linalg.norm(v[0], "fro")
    with pytest.raises(ShapeError, match="norm of vectors got ord='nuc'"):
        np.linalg.norm(v, "nuc", axis=0)
    with pytest.raises(ShapeError, match="norm of matrices got ord=3"):
        np.linalg.norm(v, 3)
    with pytest.raises(ShapeError, match="norm of matrices got ord='x'"):
        np.linalg.norm(v, "x")
    with pytest.raises(ShapeError, match="norm over 3 axes"):
        np.linalg.norm(Value(np.ones((2, 2, 2))), 1)
    with pytest.raises(ValueError):
        np.linalg.norm(v, axis=(0, 0))


# --- condition numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc"])
def test_condition_numbers(p: Any) -> None:
    x = np.array([[2.0, 0.5], [-0.3, 1.5]])
    check_first_order(lambda x: np.linalg.cond(x, p), x)
    check_first_order(lambda x: np.linalg.cond(x, p), np.stack([x, x.T + 0.1]))
    check_second_order(lambda x: np.linalg.cond(x, p), x)
    check_float32(lambda x: np.linalg.cond(x, p), x)
    close(np.linalg.cond(Value(x), p).data, np.linalg.cond(x, p), ROUNDING, "value")


def test_a_singular_matrix_has_an_infinite_one() -> None:
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    stack = np.stack([np.eye(2) + 0.5, np.zeros((2, 2)), np.full((2, 2), np.nan)])
    for p in (None, 1, "fro"):
        of = stack[:2] if p is None else stack  # LAPACK gives up on vectors of nan
        z = np.linalg.cond(Value(of), p)
        np.testing.assert_allclose(z.data, np.linalg.cond(of, p), rtol=ROUNDING)
        j = jacobian(lambda x, p=p: np.linalg.cond(x, p)[0])(of)
        close(j[0], jacobian(lambda x, p=p: np.linalg.cond(x, p))(stack[0]), ROUNDING, "regular")
    assert np.linalg.cond(Value(singular), 1).data == np.linalg.cond(singular, 1)


def test_what_cond_refuses() -> None:
    for shape in [(3,), (), (0, 0), (2, 0, 2)]:
        with pytest.raises(ShapeError, match="expected matrices .* that are not empty"):
            np.linalg.cond(Value(np.zeros(shape)))
    with pytest.raises(ValueError):
        np.linalg.cond(Value(X), 1)  # not square
