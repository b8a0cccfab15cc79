"""Indexing and assignment: duplicates in every integer dtype, masks, slices, take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jvp

from .helpers import check_first_order, check_float32, check_second_order, dense

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
V = np.array([0.5, -1.5, 2.5, 3.5])
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_array_with_duplicates(dtype: Any) -> None:
    i = np.array([0, 2, 2, 2, 1], dtype)
    expected = np.zeros((5, 4))
    expected[np.arange(5), i.astype(int)] = 1.0
    check_first_order(lambda x: x[i], V, expected)
    np.testing.assert_array_equal(grad(lambda x: np.sum(x[i]))(V), [1.0, 1.0, 3.0, 0.0])
    check_second_order(lambda x: np.sum(x[i] ** 3), V, np.diag([3.0, -9.0, 45.0, 0.0]))
    check_float32(lambda x: x[i], V)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_pairs_of_integer_arrays_with_duplicates(dtype: Any) -> None:
    i, j = np.array([0, 1, 0, 1], dtype), np.array([2, 0, 2, 0], dtype)
    check_first_order(lambda x: x[i, j], A)
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(x[i, j]))(A), [[0.0, 0.0, 2.0], [2.0, 0.0, 0.0]]
    )
    check_first_order(lambda x: x[i[:, None], j], A)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_take_with_duplicates(dtype: Any) -> None:
    i = np.array([[0, 2], [2, 2]], dtype)
    check_first_order(lambda x: np.take(x, i), V)
    check_first_order(lambda x: np.take(x, i, axis=-1), A)
    check_first_order(lambda x: x.take(i[:1] // 2, axis=0), A)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_take_along_axis_with_duplicates(dtype: Any) -> None:
    i = np.array([[0, 2, 2, 2], [1, 1, 0, 1]], dtype)
    check_first_order(lambda x: np.take_along_axis(x, i, axis=1), A)
    check_first_order(lambda x: np.take_along_axis(x, i, axis=-1), A)
    check_first_order(lambda x: np.take_along_axis(x, i[:, :3] // 2, axis=0), A)


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_take_modes(mode: Any) -> None:
    i = [0, 3, 3] if mode == "raise" else [5, -9, 3]
    check_first_order(lambda x: np.take(x, i, mode=mode), V)


def test_negative_and_list_indices() -> None:
    check_first_order(lambda x: x[[-1, -1, 3, 0]], V)
    check_first_order(lambda x: x[-1, [0, 0, -3]], A)
    check_first_order(lambda x: x[[[0], [1]], [[2, 2, 0]]], A)


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        np.int64(1),
        slice(None),
        slice(None, None, -1),
        slice(1, None, 2),
        (slice(None), 1),
        (Ellipsis, -1),
        (None, Ellipsis, slice(0, 2)),
        (0, None, slice(None, None, -2)),
        (slice(None), None, 2),
        ...,
        None,
        (),
        (1, 2),
        np.array([True, False]),
        (slice(None), np.array([True, False, True])),
        np.array([[True, False, True], [False, False, True]]),
        ([1, 1, 0],),
        ([0, 1], slice(1, None)),
        (slice(None), [2, 2]),
        (Ellipsis, [0, -3]),
        (np.array(1),),
        (np.array([], int),),
        np.zeros(2, bool),
        (slice(0, 0),),
        (None, [0, 0], None, [1, 1]),
    ],
    ids=str,
)
def test_every_kind_of_index(index: Any) -> None:
    check_first_order(lambda x: x[index], A)


def test_advanced_indices_apart_move_to_the_front() -> None:
    x = dense((2, 3, 2))
    check_first_order(lambda x: x[[0, 1, 1], :, [1, 0, 0]], x)
    check_first_order(lambda x: x[:, [0, 0, 2], [1, 1, 0]], x)
    check_first_order(lambda x: x[1, :, [1, 1]], x)


def test_indexing_second_order_and_float32() -> None:
    check_second_order(lambda x: np.prod(x[[0, 0, 2]]), V)
    check_second_order(lambda x: np.sum(x[x > 0] ** 3), V)
    check_float32(lambda x: x[1:], V)
    check_float32(lambda x: x[x > 0], V)
    check_float32(lambda x: x[2], V)


def test_a_boolean_mask_made_from_the_value_itself() -> None:
    check_first_order(lambda x: np.sum(x[x > 0] ** 2), V, np.where(V > 0, 2 * V, 0.0))
    check_first_order(lambda x: x[np.abs(x) > 1], A)


def test_an_index_that_is_a_value_is_refused() -> None:
    with pytest.raises((TypeError, IndexError)):
        grad(lambda x: V[x])(1.0)


# --- assignment -----------------------------------------------------------------------------


def assigned(index: Any, make: Callable[[Any], Any], plus: bool = False) -> Callable[[Any], Any]:
    """Give a function that writes ``make(v)`` into its argument at `index`, as NumPy would."""

    def f(v: Any) -> Any:
        y = v * 1.0
        if plus:
            y[index] += make(v)
        else:
            y[index] = make(v)
        return y

    return f


@pytest.mark.parametrize("plus", [False, True])
@pytest.mark.parametrize(
    ("index", "make"),
    [
        (0, lambda v: v[1] ** 2),
        (-1, lambda v: 5.0),
        (slice(1, 3), lambda v: v[:2] * v[2:]),
        (slice(1, 3), lambda v: v[3]),
        (slice(None), lambda v: 2 * v),
        (slice(None, None, 2), lambda v: np.sin(v[1::2])),
        (..., lambda v: v[0]),
        (np.array([True, False, True, False]), lambda v: v[2:] ** 2),
        (np.array([True, False, True, False]), lambda v: v[0]),
        (np.zeros(4, bool), lambda v: v[0]),
        ([3, 0], lambda v: v[:2]),
        ([3, -1, 0], lambda v: v[:3]),
        (np.array([], int), lambda v: v[0]),
        ((slice(0, 2),), lambda v: np.array([1.0, 2.0])),
    ],
)
def test_assignment(index: Any, make: Callable[..., Any], plus: bool) -> None:
    f = assigned(index, make, plus)
    check_first_order(f, V)
    check_second_order(lambda v: np.sum(f(v) ** 3), V)
    check_float32(f, V)


@pytest.mark.parametrize("plus", [False, True])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_assignment_with_duplicates_keeps_the_last(dtype: Any, plus: bool) -> None:
    # NumPy's own rule: of several writes to one place the last stays, for += too.
    i = np.array([0, 2, 2, 0], dtype)
    check_first_order(assigned(i, lambda v: v**2, plus), V)
    check_first_order(assigned(i, lambda v: v[1], plus), V)


def test_assignment_in_two_dimensions() -> None:
    for index, make in (
        ((0, 1), lambda v: v[1, 1] ** 2),
        ((slice(None), 1), lambda v: v[:, 0]),
        ((slice(None), 1), lambda v: v[0, 0]),
        ((1,), lambda v: v[0] * v[0, 2]),
        (slice(None), lambda v: v[0]),
        (([0, 0, 1], [1, 1, 2]), lambda v: v[0]),
        (A > 0, lambda v: v[0, 0]),
        ((Ellipsis, [0, 0]), lambda v: v[:, :2] ** 2),
        ((slice(None), np.array([True, False, True])), lambda v: v[:, 1:]),
    ):
        check_first_order(assigned(index, make), A)
        check_first_order(assigned(index, make, plus=True), A)


def test_assignment_to_the_argument_itself() -> None:
    def f(x: Any) -> Any:
        x[0] = x[1] * x[2]
        x[1] += x[0]
        return np.sum(x * np.arange(1.0, 5.0))

    expected = [0.0, 3 * V[2] + 2, 3 * V[1] + 3, 4.0]
    np.testing.assert_allclose(grad(f)(V.copy()), expected, rtol=1e-15)
    t = dense((4,))
    np.testing.assert_allclose(jvp(f, (V.copy(),), (t,))[1], t @ expected, rtol=1e-14)


def test_the_callers_array_is_not_written_to() -> None:
    x = V.copy()

    def f(x: Any) -> Any:
        x[0] = 9.0
        return np.sum(x)

    grad(f)(x)
    np.testing.assert_array_equal(x, V)


def test_assignment_on_a_leaf_value() -> None:
    x = Value(V)
    x[1] = 4.0
    np.testing.assert_array_equal(x.data, [0.5, 4.0, 2.5, 3.5])
    np.sum(x * x).backward()
    assert x.grad is not None
    np.testing.assert_array_equal(np.asarray(x.grad)[[0, 2, 3]], [1.0, 5.0, 7.0])


def test_assigning_a_value_sends_it_its_gradient() -> None:
    x, s = Value(V), Value(4.0)
    y = x * 2.0
    y[1:3] = s
    np.sum(y * np.arange(1.0, 5.0)).backward()
    assert s.grad == 5.0
    assert np.shape(s.grad) == ()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 0.0, 8.0])


def test_assignment_of_the_wrong_shape_is_refused() -> None:
    x = Value(V)
    with pytest.raises(ValueError):
        x[1:3] = Value(np.ones(3))
    np.testing.assert_array_equal(x.data, V)


def test_empty_and_0d_indexing() -> None:
    check_first_order(lambda x: x[()], np.array(2.0), 1.0)
    check_first_order(lambda x: x[...], np.array(2.0), 1.0)
    check_first_order(lambda x: x[None], np.array(2.0), [1.0])
    check_first_order(lambda x: x[[0, 0], :0], A, np.zeros((2, 0, 2, 3)))
    check_first_order(lambda x: x[np.zeros(0, int)], np.zeros((0, 2)), np.zeros((0, 2, 0, 2)))
