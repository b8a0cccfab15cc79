"""Copies and moves: tiling, repeating, joining, transposing, filling, diagonals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import MicrogradnetError, Value, grad, jacobian, jvp

from .helpers import check_first_order, check_float32, check_second_order, dense, raw

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
B = dense((2, 3, 2))
V = np.array([0.5, -1.5, 2.5])


def indicator(f: Callable[[Any], Any], x: Any) -> Any:
    """Give the exact Jacobian of a move or copy: apply it to the positions themselves."""
    positions = np.arange(1.0, x.size + 1).reshape(x.shape)
    return (
        (np.asarray(f(positions))[..., None] == positions.ravel())
        .astype(float)
        .reshape(np.shape(f(x)) + x.shape)
    )


def check_moves(f: Callable[[Any], Any], x: Any) -> None:
    """Assert first order, second order and dtype of a copy or move."""
    check_first_order(f, x, indicator(f, x))
    check_second_order(lambda x: np.sum(f(x) ** 3), x)
    check_float32(f, x)


@pytest.mark.parametrize("reps", [1, 2, (2,), (2, 1), (1, 3), (2, 2, 2), (3, 1, 1, 2)])
@pytest.mark.parametrize("x", [A, V, B], ids=["2-d", "1-d", "3-d"])
def test_tile(x: Any, reps: Any) -> None:
    check_moves(lambda x: np.tile(x, reps), x)


def test_tile_of_one_number_and_of_nothing() -> None:
    check_first_order(lambda x: np.tile(x, 2), 1.5, [1.0, 1.0])
    check_first_order(lambda x: np.tile(x, (2, 2)), np.array(1.5), np.ones((2, 2)))
    check_first_order(lambda x: np.tile(x, 0), V, np.zeros((0, 3)))
    check_first_order(lambda x: np.tile(x, 2), np.zeros((0, 3)), np.zeros((0, 6, 0, 3)))


@pytest.mark.parametrize("axis", [None, 0, 1, -1, -2])
@pytest.mark.parametrize("n", [0, 1, 2])
def test_repeat(n: int, axis: int | None) -> None:
    check_first_order(lambda x: np.repeat(x, n, axis=axis), A)


@pytest.mark.parametrize(("counts", "axis"), [([1, 0, 2], -1), ([1, 0, 2], 1), ([3, 1], 0),
                                              ([3, 1], -2), ([0, 1, 2, 0, 1, 3], None),
                                              ([2], -1)])  # fmt: skip
def test_repeat_with_counts(counts: list[int], axis: int | None) -> None:
    check_moves(lambda x: np.repeat(x, counts, axis=axis), A)
    check_first_order(lambda x: x.repeat(counts, axis), A)


def test_repeat_of_0d() -> None:
    check_first_order(lambda x: np.repeat(x, 3), np.array(2.0), np.ones(3))


@pytest.mark.parametrize("axes", [None, (-1, 0, 1), (1, -1, 0), (-2, -1, -3), (2, 0, -2)])
def test_transpose_with_negative_axes(axes: Any) -> None:
    check_moves(lambda x: np.transpose(x, axes), B)
    check_first_order(lambda x: x.transpose(axes) if axes else x.T, B)


def test_moving_axes() -> None:
    check_moves(lambda x: np.moveaxis(x, -1, 0), B)
    check_moves(lambda x: np.moveaxis(x, [0, -1], [-1, 1]), B)
    check_moves(lambda x: np.swapaxes(x, -3, -1), B)
    check_moves(lambda x: np.expand_dims(x, (-1, 0)), A)
    check_moves(lambda x: np.squeeze(x, axis=-2), B[:, :1])
    check_moves(lambda x: np.squeeze(x), B[:1, :, :1])
    check_moves(lambda x: x.mT, B)


@pytest.mark.parametrize("order", ["C", "F"])
def test_reshape_and_ravel_in_every_order(order: Any) -> None:
    check_first_order(lambda x: np.reshape(x, (3, -1), order=order), A)
    check_first_order(lambda x: np.ravel(x, order=order), A)
    check_first_order(lambda x: np.ravel(x.T, order=order), B)


@pytest.mark.parametrize("axis", [0, 1, -1, -2, None])
def test_concatenate_under_jacobian(axis: int | None) -> None:
    check_moves(lambda x: np.concatenate([x, x[::-1], x], axis=axis), A)
    check_first_order(lambda x: np.concatenate([x, A, x], axis=axis), A)
    check_first_order(lambda x: np.concatenate((x * 2, np.sin(x)), axis=axis), A)


def test_concatenate_of_one_thing_many_times() -> None:
    check_first_order(lambda x: np.concatenate([x] * 4), V, np.tile(np.eye(3), (4, 1)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.block([[x, 2 * x], [np.ones((1, 6))]]),
        lambda x: np.block([x, x]),
        lambda x: np.block([[x, np.zeros((2, 1))]]),
        lambda x: np.dstack([x, x * x]),
        lambda x: np.dstack([x[0], x[1]]),
        lambda x: np.vstack([x, V, x[0]]),
        lambda x: np.hstack([x, A]),
        lambda x: np.hstack([x[0], V]),
        lambda x: np.column_stack([x[:, 0], x, np.ones(2)]),
        lambda x: np.stack([x, 3 * x], axis=-1),
        lambda x: np.stack([x, A, x], axis=1),
        lambda x: np.append(x, x[0]),
        lambda x: np.append(x, np.ones((2, 1)), axis=-1),
        lambda x: np.insert(x, 1, x[:, 0], axis=1),
        lambda x: np.insert(x, [0, 2], x[:, :2], axis=-1),
        lambda x: np.insert(x, 1, 5.0),
        lambda x: np.delete(x, 1, axis=-1),
        lambda x: np.delete(x, [0, 2], axis=1),
        lambda x: np.delete(x, slice(0, 4, 2)),
    ],
)
def test_joins_under_jacobian(f: Callable[..., Any]) -> None:
    check_first_order(f, A)
    check_second_order(lambda x: np.sum(f(x) ** 3), A)


@pytest.mark.parametrize("fn", [np.block, np.dstack, np.concatenate, np.stack, np.vstack])
def test_joins_jacobian_of_each_part(fn: Callable[..., Any]) -> None:
    x, y = A[:1].copy(), A[1:].copy()
    jx, jy = jacobian(lambda x, y: fn([x, y]), argnums=(0, 1))(x, y)
    zx = indicator(lambda x: fn([x, y * 0]), x)
    zy = indicator(lambda y: fn([x * 0, y]), y)
    np.testing.assert_array_equal(jx, zx)
    np.testing.assert_array_equal(jy, zy)


def test_joins_with_empty_parts_and_scalars() -> None:
    check_first_order(lambda x: np.concatenate([np.zeros(0), x, x[:0]]), V, np.eye(3))
    check_first_order(lambda x: np.stack([x, 2.0, x * x]), 3.0, [1.0, 0.0, 6.0])
    check_first_order(lambda x: np.hstack([x, x]), 3.0, [1.0, 1.0])
    check_first_order(lambda x: np.block([x, x * x]), 3.0, [1.0, 6.0])


@pytest.mark.parametrize("split", [lambda x: np.split(x, 3, axis=-1),
                                   lambda x: np.array_split(x, 2, axis=1),
                                   lambda x: np.split(x, [1], axis=-2),
                                   lambda x: np.split(x, [1, 1, 2], axis=1)])  # fmt: skip
def test_splits_under_jacobian(split: Callable[..., Any]) -> None:
    for i in range(len(split(A))):
        check_first_order(lambda x, i=i: split(x)[i], A)
    check_first_order(lambda x: split(x)[0] * np.sum(split(x)[-1]), A)


@pytest.mark.parametrize("indexing", ["xy", "ij"])
def test_meshgrid(indexing: Any) -> None:
    check_first_order(lambda x: np.stack(np.meshgrid(x, V[:2], indexing=indexing)), V)
    check_first_order(lambda x: np.meshgrid(V[:2], x, x * x, indexing=indexing)[-1], V)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.roll(x, 1),
        lambda x: np.roll(x, -4, axis=-1),
        lambda x: np.roll(x, (1, 2), axis=(0, 1)),
        lambda x: np.rot90(x),
        lambda x: np.rot90(x, -1, axes=(1, 0)),
        lambda x: np.rot90(x, 2),
        lambda x: np.flip(x),
        lambda x: np.flip(x, axis=-1),
        lambda x: np.flip(x, (0, -1)),
        lambda x: np.flipud(np.fliplr(x)),
        lambda x: np.atleast_3d(x),
        lambda x: np.broadcast_to(x, (2, 2, 3)),
        lambda x: np.tril(x, -1),
        lambda x: np.triu(x, 1),
        lambda x: np.pad(x, 1),
        lambda x: np.pad(x, ((0, 1), (2, 0)), mode="edge"),
        lambda x: np.pad(x, ((1, 1), (2, 2)), mode="reflect"),
        lambda x: np.pad(x, 2, mode="symmetric"),
        lambda x: np.pad(x, (1, 4), mode="wrap"),
    ],
)
def test_moves(f: Callable[..., Any]) -> None:
    check_moves(f, A)


def test_pad_constant_values() -> None:
    check_first_order(lambda x: np.pad(x, 1, constant_values=4.0), A)
    check_first_order(lambda x: np.pad(x, (1, 2), mode="constant", constant_values=(4.0, 5.0)), V)


# --- filling ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda v: np.full_like(A, v),
        lambda v: np.full(3, v),
        lambda v: np.full_like(v * A, v),
        lambda v: np.full_like(v * A, 3.0) * v,
    ],
)
def test_filling_with_a_value_is_right_or_refused(f: Callable[..., Any]) -> None:
    try:
        g = grad(lambda v: np.sum(f(v)))(1.5)
    except (MicrogradnetError, ValueError, TypeError):
        return  # refused: DetachedError where NumPy itself asks the Value for a number
    assert g != 0.0
    check_first_order(f, 1.5)


def test_likes_of_a_value_are_constants() -> None:
    for like in (np.zeros_like, np.ones_like, lambda v: np.full_like(v, 2.0)):
        check_first_order(lambda x, like=like: like(x) * x, V, np.diag(like(V)))


def test_np_array_of_a_list_of_values_is_right_or_refused() -> None:
    def f(v: Any) -> Any:
        return np.sum(np.array([v, 2.0 * v]))

    try:
        g = grad(f)(1.5)
    except (TypeError, ValueError):
        return  # np.array cannot be overridden: DetachedError
    assert g == 3.0


# --- where -----------------------------------------------------------------------------------


def test_where_with_a_scalar_branch_has_a_scalar_gradient() -> None:
    mask = np.array([[True, False, True], [False, False, True]])
    check_first_order(lambda s: np.where(mask, s, A), 0.5, mask.astype(float))
    check_first_order(lambda s: np.where(mask, A, s), np.array(0.5), (~mask).astype(float))
    g = grad(lambda s: np.sum(np.where(mask, s, A)))(0.5)
    assert type(g) is float
    assert g == 3.0
    s = Value(0.5)
    np.sum(np.where(mask, s, A)).backward()
    assert np.shape(s.grad) == ()
    assert s.grad == 3.0


def test_where_broadcasts_every_operand() -> None:
    mask = np.array([[True], [False]])
    check_first_order(lambda v: np.where(mask, v, 1.0), V)
    check_first_order(lambda v: np.where(mask, 1.0, v), V)
    check_first_order(lambda v: np.where(V > 0, v[:, None], v), V)
    check_first_order(lambda v: np.where(True, v, 7.0), V, np.eye(3))
    check_first_order(lambda v: np.where(v > 0, v * v, -v), V)


def test_where_of_an_integer_branch() -> None:
    check_first_order(lambda x: np.where(x > 0, x, 0), V, np.diag([1.0, 0.0, 1.0]))
    check_float32(lambda x: np.where(x > 0, x, 0), V)
    check_float32(lambda x: np.where(x > 0, x, 0.0), V)


def test_select_prefers_the_first_condition() -> None:
    check_first_order(
        lambda x: np.select([x > 2, x > 0], [x * x, 3 * x], default=0.0),
        V,
        np.diag([3.0, 0.0, 5.0]),
    )


# --- diagonals -------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, 1, 2, -1])
@pytest.mark.parametrize("x", [A, A.T.copy(), V], ids=["wide", "tall", "1-d"])
def test_diag_of_a_non_square(x: Any, k: int) -> None:
    check_first_order(lambda x: np.diag(x, k), x)
    check_float32(lambda x: np.diag(x, k), x)


@pytest.mark.parametrize(("offset", "axis1", "axis2"), [(0, 0, 1), (1, -1, 0), (-1, 1, -1)])
def test_diagonal_and_trace(offset: int, axis1: int, axis2: int) -> None:
    check_first_order(lambda x: np.diagonal(x, offset, axis1, axis2), B)
    check_first_order(lambda x: np.trace(x, offset, axis1, axis2), B)


def test_trace_of_a_non_square_and_diagflat() -> None:
    check_first_order(np.trace, A, [[1, 0, 0], [0, 1, 0]])
    check_first_order(lambda x: np.trace(x, offset=1), A, [[0, 1, 0], [0, 0, 1]])
    check_first_order(lambda x: np.diagflat(x, 1), A)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
@pytest.mark.parametrize(
    "f",
    [
        np.ravel,
        np.transpose,
        np.flip,
        lambda x: np.concatenate([x, x]),
        lambda x: np.stack([x, x]),
        lambda x: np.roll(x, 1),
        lambda x: np.repeat(x, 2, axis=0),
        lambda x: x[..., None],
        lambda x: np.where(x > 0, x, 1.0),
        lambda x: np.cumsum(x),
    ],
)
def test_empty(f: Callable[..., Any], shape: tuple[int, ...]) -> None:  # fmt: skip
    x = np.zeros(shape)
    assert raw(jacobian(f)(x)).shape == np.shape(f(x)) + shape
    assert raw(jvp(f, (x,), (x,))[1]).shape == np.shape(f(x))
    g = raw(grad(lambda x: np.sum(f(x)))(x))
    assert g.shape == shape
    assert g.dtype == np.float64
