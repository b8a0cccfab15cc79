"""Differences, slopes and the trapezoidal rule: who may move, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad
from microgradnet.errors import ShapeError

from ..pitfalls.helpers import check_first_order, check_second_order

A = np.array([[0.7, -1.2, 2.1, 0.4], [1.4, 0.3, -0.6, 0.8], [0.2, 0.9, 1.7, -1.1]])
T = np.array([0.0, 0.4, 1.0, 1.3])


@pytest.mark.parametrize("n", [1, 2])
def test_all_parts_of_diff_may_move(n: int) -> None:
    check_first_order(lambda p: np.diff(A, n=n, prepend=p), 0.3)
    check_first_order(lambda p: np.diff(A * p[0, 0], n=n, axis=0, append=p), A[:1])
    check_second_order(lambda p: np.sum(np.diff(A, n, prepend=p, append=p * p) ** 2), 0.3)


def test_ends_of_ediff1d_take_the_dtype_of_the_differences() -> None:
    x = np.array([1.0, 3.0], np.float32)
    z = np.ediff1d(Value(x), to_end=np.array([[1.0, 2.0]]), to_begin=Value(4.0))
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z.data, [4.0, 2.0, 1.0, 2.0])
    check_first_order(lambda s: np.ediff1d(A, s, s * s), 2.0)


@pytest.mark.parametrize("edge_order", [1, 2])
def test_steps_and_coordinates_may_move(edge_order: int) -> None:
    def slopes(*spacings: Any, f: Any = A, axis: Any = 1) -> Any:
        return np.gradient(f, *spacings, axis=axis, edge_order=edge_order)

    check_first_order(slopes, 0.5)
    check_first_order(slopes, T)
    check_second_order(lambda t: np.sum(slopes(t, f=A * t) ** 2), T)
    check_first_order(lambda h: slopes(h, T, axis=None)[0], 0.5)
    check_first_order(lambda x: slopes(0.5, T, f=x, axis=(0, -1))[1], A)


def test_even_coordinates_are_a_step() -> None:
    even = np.arange(4.0) * 0.25
    for edge_order in (1, 2):
        np.testing.assert_allclose(
            np.gradient(Value(A), even, axis=1, edge_order=edge_order).data,
            np.gradient(A, 0.25, axis=1, edge_order=edge_order),
            rtol=1e-14,
        )


def test_gradient_keeps_the_dtype_of_the_data() -> None:
    x = A.astype(np.float32)
    assert np.gradient(Value(x), T, axis=1).dtype == np.float32
    assert np.gradient(np.arange(3), Value(2.0)).dtype == np.float64


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_trapezoid_of_moving_coordinates(axis: int) -> None:
    n = A.shape[axis]
    check_first_order(lambda t: np.trapezoid(A, t, axis=axis), T[:n])
    check_first_order(lambda y: np.trapezoid(y, list(T[:n]), axis=axis), A)
    check_first_order(lambda t: np.trapezoid(A, t, axis=axis), A.cumsum(axis))
    check_second_order(lambda t: np.trapezoid(t**2, t), T)
    check_first_order(lambda h: np.trapezoid(A[0], dx=h), np.array([0.1, 0.5, 0.2]))


def test_trapezoid_of_nothing_is_nothing() -> None:
    assert grad(lambda y: np.trapezoid(y, [0.5]))(np.array([3.0])) == [0.0]
    assert np.trapezoid(Value(np.zeros(0)), []).data == 0.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda v: np.diff(v, n=-1), ValueError, "diff with n=-1"),
        (lambda v: np.diff(v[0, 0]), ShapeError, "diff of a single number"),
        (lambda v: np.gradient(v, 1.0, 2.0, 3.0), TypeError, "along 2 axes with 3 spacings"),
        (lambda v: np.gradient(v, T[:3], axis=1), ShapeError, "or 4 coordinates"),
        (lambda v: np.gradient(v, edge_order=3), ValueError, "edge_order=3"),
        (lambda v: np.gradient(v[:1]), ShapeError, "axis 0 of length 1; expected at least 2"),
        (lambda v: np.trapezoid(v, T[:3]), ShapeError, "expected 4 coordinates"),
    ],
)
def test_what_is_refused(call: Callable[..., Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call(Value(A))


@pytest.mark.parametrize(
    "x", [np.array([True, False, True, True]), np.array([0, 3, 5, 9], np.int8)]
)
def test_trapezoid_over_coordinates_that_are_no_floats(x: Any) -> None:
    for y in (A, A.astype(np.float32)):
        z = np.trapezoid(Value(y), x)
        np.testing.assert_allclose(z.data, np.trapezoid(y, x), rtol=1e-6, strict=True)


def test_trapezoid_of_booleans_adds_as_numpy_does() -> None:
    y = A > 0.5
    for x in (T, T[None, :]):
        z = np.trapezoid(y, Value(x))
        np.testing.assert_allclose(z.data, np.trapezoid(y, x), rtol=1e-14, strict=True)
    assert np.trapezoid(y, dx=Value(0.5)).data.tolist() == np.trapezoid(y, dx=0.5).tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32])
@pytest.mark.parametrize("x", [[9, 7, 6, 2], [9, 7, 5, 3]])
def test_gradient_over_coordinates_of_any_dtype(x: list[int], dtype: Any) -> None:
    coordinates = np.array(x, dtype)
    z = np.gradient(Value(A), coordinates, axis=1)
    # NumPy rounds each of three weights a few times to the dtype of the coordinates.
    rtol = 16 * np.finfo(np.float32 if dtype is np.float32 else np.float64).eps
    np.testing.assert_allclose(z.data, np.gradient(A, coordinates, axis=1), rtol=rtol)


def test_gradient_over_even_coordinates_looks_past_the_middle() -> None:
    x, y = np.array([0.0, 2.0, 4.0, 6.0]), np.array([1.0, np.inf, 3.0, 4.0])
    np.testing.assert_array_equal(np.gradient(Value(y), x).data, np.gradient(y, x))
    assert np.gradient(y, x)[1] == 0.5
