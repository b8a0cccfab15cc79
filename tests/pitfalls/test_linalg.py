"""Norms, products of stacks, solves, determinants: axes, kinks, singular matrices, empties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import grad, jacobian

from .helpers import check_first_order, check_float32, check_loud, check_second_order, dense

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
B = dense((2, 3, 2))
S = np.array([[2.0, 0.5, -0.3], [0.1, 1.5, 0.4], [-0.7, 0.2, 1.8]])
STACK = np.stack([S, S.T + 0.1 * np.eye(3)])

# --- norms -----------------------------------------------------------------------------------


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("order", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, (0, 1), (-1, -2), (1, 0)])
def test_matrix_norms(order: Any, axis: Any, keepdims: bool) -> None:
    check_first_order(lambda x: np.linalg.norm(x, order, axis=axis, keepdims=keepdims), A)


@pytest.mark.parametrize("order", [None, "fro", 1, 2, np.inf])
@pytest.mark.parametrize("axis", [(-1, -2), (0, 2), (2, 1), (-3, -1)])
def test_norms_of_stacked_matrices(order: Any, axis: Any) -> None:
    check_first_order(lambda x: np.linalg.norm(x, order, axis=axis), B)
    check_first_order(lambda x: np.linalg.norm(x, order, axis=axis, keepdims=True), B)


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, 0.5, -1, -2, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_vector_norms(order: Any, axis: int) -> None:
    check_first_order(lambda x: np.linalg.norm(x, order, axis=axis), A)
    check_first_order(lambda x: np.linalg.norm(x, order, axis=axis, keepdims=True), A)
    check_first_order(lambda x: np.linalg.vector_norm(x, axis=axis, ord=order or 2), A)


def test_the_zero_norm_counts_and_is_flat() -> None:
    check_first_order(lambda x: np.linalg.norm(x, 0), A[0], np.zeros(3))


@pytest.mark.parametrize("order", [None, 2, 3, 1.5, np.inf])
def test_norm_second_order(order: Any) -> None:
    check_second_order(lambda x: np.linalg.norm(x, order), A[0])


@pytest.mark.parametrize("order", [None, 2, 1, 1.5, 3, np.inf])
@pytest.mark.parametrize("shape", [(3,), (1,)])
def test_norm_at_zero_is_a_kink_with_derivative_zero(order: Any, shape: Any) -> None:
    zero = np.zeros(shape)
    check_first_order(lambda x: np.linalg.norm(x, order), zero, zero, numeric=False)


@pytest.mark.parametrize("f", [
    np.linalg.norm,
    lambda x: np.linalg.norm(x, "fro"),
    lambda x: np.linalg.norm(x, axis=(-1, -2)),
    lambda x: np.linalg.norm(x.reshape(4)),
    np.linalg.matrix_norm,
    np.linalg.vector_norm,
])  # fmt: skip
def test_matrix_norm_at_zero_in_every_spelling(f: Callable[..., Any]) -> None:
    check_first_order(f, np.zeros((2, 2)), np.zeros((2, 2)), numeric=False)


def test_norm_of_one_zero_row_leaves_the_others_right() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    expected = np.zeros((2, 2, 2))
    expected[1, 1] = [0.6, 0.8]
    check_first_order(lambda x: np.linalg.norm(x, axis=1), x, expected)


def test_norm_at_zero_second_order_is_loud() -> None:
    check_loud(lambda t: np.linalg.norm(t * np.array([3.0, 4.0])), 0.0)
    check_loud(lambda t: np.linalg.norm(t * np.array([3.0, 4.0])) ** 2, 0.0, truth=50.0)


@pytest.mark.parametrize("order", ["nuc", 2, -2])
def test_norms_of_singular_values_at_zero(order: Any) -> None:
    m = np.array([[1.0, 2.0], [3.0, -1.0]])
    n = np.linalg.norm(m, order)
    zero = np.zeros((2, 2))
    check_first_order(lambda x: np.linalg.norm(x, order), zero, zero, numeric=False)
    check_loud(lambda t: np.linalg.norm(t * m, order), 0.0)
    check_loud(lambda t: np.linalg.norm(t * m, order) ** 2, 0.0, truth=2 * n * n)


def test_spectral_norm_shares_tied_singular_values() -> None:
    check_first_order(lambda x: np.linalg.norm(x, 2), np.eye(2), np.eye(2) / 2)
    check_first_order(lambda x: np.linalg.norm(x, "nuc"), np.eye(2), np.eye(2))


def test_norm_of_order_one_and_a_half_with_one_zero_element() -> None:
    # d|x|_p / dx_i = sign(x_i) (|x_i| / |x|_p)**(p - 1): 0 where x_i = 0.
    x = np.array([3.0, 0.0, -4.0])
    n = (3**1.5 + 4**1.5) ** (1 / 1.5)
    check_first_order(
        lambda x: np.linalg.norm(x, 1.5),
        x,
        [np.sqrt(3.0 / n), 0.0, -np.sqrt(4.0 / n)],
        numeric=False,  # |x|**1.5 has no third derivative at 0
    )


@pytest.mark.parametrize("order", [3, 2.5, 4, 1, 2, np.inf])
def test_norms_with_one_zero_element(order: float) -> None:
    x = np.array([3.0, 0.0, -4.0])
    n = np.linalg.norm(x, order)
    expected = [0.0, 0.0, -1.0] if order == np.inf else np.sign(x) * (np.abs(x) / n) ** (order - 1)
    check_first_order(lambda x: np.linalg.norm(x, order), x, expected, numeric=False)


def test_norm_3_with_one_zero_element_second_order() -> None:
    # n' = x|x|/n**2 and n'' = 2|x_i| d_ij / n**2 - 2 n'_i n'_j / n.
    x = np.array([3.0, 0.0, -4.0])
    n = np.linalg.norm(x, 3)
    first = x * np.abs(x) / n**2
    expected = np.diag(2 * np.abs(x) / n**2) - 2 * np.outer(first, first) / n
    check_second_order(lambda x: np.linalg.norm(x, 3), x, expected, numeric=False)


def test_infinity_norm_shares_ties() -> None:
    x = np.array([2.0, -2.0, 1.0])
    check_first_order(lambda x: np.linalg.norm(x, np.inf), x, [0.5, -0.5, 0.0])


def test_norm_refuses_unknown_orders_as_numpy_does() -> None:
    with pytest.raises(ValueError):
        grad(lambda x: np.linalg.norm(x, "nonsense"))(A)
    with pytest.raises(ValueError):
        grad(lambda x: np.linalg.norm(x, 3))(A)  # no matrix norm of order 3


@pytest.mark.parametrize("order", [None, 1, 2, np.inf, 1.5])
def test_norm_float32(order: Any) -> None:
    check_float32(lambda x: np.linalg.norm(x, order), A[0])
    check_float32(lambda x: np.linalg.norm(x, order, axis=-1, keepdims=True), A)


def test_norm_of_0d_and_empty() -> None:
    check_first_order(np.linalg.norm, np.array(-2.0), -1.0)
    check_first_order(np.linalg.norm, -2.0, -1.0)
    check_first_order(np.linalg.norm, np.zeros(0), np.zeros(0))
    check_first_order(lambda x: np.linalg.norm(x, axis=1), np.zeros((0, 2)), np.zeros((0, 0, 2)))


# --- products --------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b"), [((2, 3), (2, 2)), ((2, 2, 2), (2, 1, 2)), ((2, 2), (2, 1, 3)),
                                      ((2, 1, 3), (2,)), ((3,), (2,)), ((), (2, 2)),
                                      ((2, 2), ())])  # fmt: skip
def test_kron_of_stacked_arrays(a: Any, b: Any) -> None:
    x, y = dense(a), dense(b)
    check_first_order(lambda x: np.kron(x, y), x)
    check_first_order(lambda y: np.kron(x, y), y)
    check_second_order(lambda x: np.sum(np.kron(x, x) ** 2), x)


@pytest.mark.parametrize(("a", "b"), [((2, 3), (2, 2)), ((3,), (2,)), ((), (2,)), ((2, 2), ())])
def test_outer_flattens(a: Any, b: Any) -> None:
    x, y = dense(a), dense(b)
    check_first_order(lambda x: np.outer(x, y), x)
    check_first_order(lambda y: np.outer(x, y), y)
    check_first_order(lambda x: np.outer(x, x), x)


PAIRS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((2, 2, 3), (3,)),
         ((2, 2, 3), (3, 2)), ((3,), (2, 3, 2)), ((2, 3), (2, 3, 2)),
         ((2, 2, 3), (2, 3, 2))]  # fmt: skip


@pytest.mark.parametrize("fn", [np.matmul, np.dot, lambda a, b: a @ b])
@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_products_in_every_rank(fn: Callable[..., Any], a: Any, b: Any) -> None:
    x, y = dense(a), dense(b)
    check_first_order(lambda x: fn(x, y), x)
    check_first_order(lambda y: fn(x, y), y)


def test_matmul_broadcasts_stacks() -> None:
    x, y = dense((2, 1, 2, 3)), dense((3, 3, 2))
    check_first_order(lambda x: x @ y, x)
    check_first_order(lambda y: x @ y, y)


@pytest.mark.parametrize("fn", [np.dot, np.inner, np.vdot, np.outer, np.kron])
def test_products_of_0d(fn: Callable[..., Any]) -> None:
    check_first_order(lambda x: fn(x, 3.0), 2.0)
    check_first_order(lambda x: fn(x, x), np.array(2.0))


def test_inner_and_vdot() -> None:
    y = dense((4, 3))
    check_first_order(lambda x: np.inner(x, y), A)
    check_first_order(lambda y: np.inner(B.swapaxes(1, 2), y), y)
    check_first_order(lambda x: np.vdot(x, A.T + 1), A)
    check_first_order(lambda x: np.vdot(x, x), A, 2 * A)


def test_cross() -> None:
    check_first_order(lambda x: np.cross(x, A + 1), A)
    check_first_order(lambda x: np.cross(A[0], x), A)
    check_first_order(lambda x: np.cross(B, x, axisa=1), A[0])


@pytest.mark.parametrize("i", [0, 1, 2])
def test_multi_dot_under_jacobian(i: int) -> None:
    parts = [A, S, dense((3, 2)) + 1]

    def f(x: Any) -> Any:
        return np.linalg.multi_dot([*parts[:i], x, *parts[i + 1 :]])

    check_first_order(f, parts[i])
    first, last = jacobian(lambda a, c: np.linalg.multi_dot([a, S, c]), argnums=(0, 1))(
        parts[0], parts[2]
    )
    assert first.shape == (2, 2, 2, 3)
    assert last.shape == (2, 2, 3, 2)


def test_multi_dot_with_vectors_at_the_ends() -> None:
    v = A[0]
    check_first_order(lambda x: np.linalg.multi_dot([v, x, v]), S, np.outer(v, v))
    check_first_order(lambda x: np.linalg.multi_dot([x, S, x]), v, (S + S.T) @ v)
    check_first_order(lambda x: np.linalg.multi_dot([x, x, x, x]), S)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        (0, (2,)),
        (1, (2, 4)),
        (2, (3, 2, 2)),
        (3, (2, 3, 2)),
        ((-1, 0), (2, 3)),
        (([0, 2], [1, 0]), (2, 2, 3)),
        (([1], [-1]), (2, 3)),
        (([-1, -2], [0, 1]), (2, 3, 2)),
        (([], []), (2,)),
        ([[0], [0]], (2, 2)),
    ],
    ids=str,
)
def test_tensordot_in_every_axes_form(axes: Any, shape: tuple[int, ...]) -> None:
    y = dense(shape)
    check_first_order(lambda x: np.tensordot(x, y, axes=axes), B)
    check_first_order(lambda y: np.tensordot(B, y, axes=axes), y)


@pytest.mark.parametrize(
    ("spec", "shapes"),
    [
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("iij->j", [(2, 2, 3)]),
        ("iji->ij", [(2, 3, 2)]),
        ("ij,ij->", [(2, 3), (2, 3)]),
        ("ij,jk", [(2, 3), (3, 2)]),
        ("ba", [(2, 3)]),
        ("ij->", [(2, 3)]),
        ("ij->i", [(2, 3)]),
        ("i,j->ji", [(2,), (3,)]),
        ("i,i,i->i", [(3,), (3,), (3,)]),
        ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
        ("...ij,...jk->...ik", [(2, 1, 2, 3), (3, 3, 2)]),
        ("...i,...i->...", [(2, 3), (1, 3)]),
        ("...,...", [(2, 1), (3,)]),
        ("i...->...", [(2, 3)]),
        ("ii,ij->ij", [(3, 3), (3, 2)]),
        ("iij,jk->ki", [(2, 2, 3), (3, 2)]),
        ("ij,i->j", [(2, 3), (1,)]),
        ("ij,kj,lk->il", [(2, 3), (2, 3), (2, 2)]),
        ("i->i", [(3,)]),
        (",ij->ij", [(), (2, 3)]),
    ],
)
def test_einsum(spec: str, shapes: list[tuple[int, ...]]) -> None:
    xs = [dense(s) if s else 1.3 for s in shapes]
    for i, x in enumerate(xs):
        check_first_order(lambda x, i=i: np.einsum(spec, *xs[:i], x, *xs[i + 1 :]), x)


def test_einsum_of_one_operand_with_itself_and_sublists() -> None:
    check_first_order(lambda x: np.einsum("ij,ij->", x, x), A, 2 * A)
    check_first_order(lambda x: np.einsum(x, [0, 1], S, [1, 2], [0, 2]), A)
    check_first_order(lambda x: np.einsum("ij,jk,kl->il", x, S, A.T, optimize=True), A)
    check_second_order(lambda x: np.einsum("ii,ij,jk->", x, x, x), S)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, -1, -2])
def test_matrix_power(n: int) -> None:
    check_first_order(lambda x: np.linalg.matrix_power(x, n), S)
    check_first_order(lambda x: np.linalg.matrix_power(x, n), STACK)


# --- solves and determinants -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (S, (3,)),
        (S, (3, 2)),
        (STACK, (3, 2)),
        (STACK, (2, 3, 2)),
        (S, (2, 3, 1)),
        (STACK[:, None], (2, 3, 2)),
        (STACK[:1], (2, 3, 2)),
    ],
    ids=lambda v: str(np.shape(v) if isinstance(v, np.ndarray) else v),
)
def test_solve_with_broadcast_stacks(a: Any, b: Any) -> None:
    y = dense(b)
    check_first_order(lambda a: np.linalg.solve(a, y), a)
    check_first_order(lambda b: np.linalg.solve(a, b), y)


def test_solve_a_stack_with_one_vector() -> None:
    # NumPy 2: b is a vector only if it is 1-d.
    check_first_order(lambda b: np.linalg.solve(STACK, b), A[0])
    check_first_order(lambda a: np.linalg.solve(a, A[0]), STACK)


def test_solve_and_inv_second_order_and_float32() -> None:
    check_second_order(lambda x: np.sum(np.linalg.solve(x, A[0]) ** 2), S)
    check_second_order(lambda x: np.sum(np.linalg.inv(x) ** 2), S)
    for fn in (np.linalg.inv, np.linalg.det, np.linalg.pinv, lambda x: np.linalg.solve(x, x.T)):
        check_float32(fn, S)


def test_det_of_a_singular_matrix() -> None:
    # The gradient is the cofactor matrix, which needs no inverse.
    check_first_order(np.linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]]), [[4.0, -2.0], [-2.0, 1.0]])
    rank2 = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    check_first_order(np.linalg.det, rank2, [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]])


@pytest.mark.parametrize("n", [1, 2, 3])
def test_det_of_a_zero_matrix(n: int) -> None:
    check_first_order(
        np.linalg.det, np.zeros((n, n)), np.ones((1, 1)) if n == 1 else np.zeros((n, n))
    )


def test_det_of_rank_one_and_stacks() -> None:
    check_first_order(np.linalg.det, np.ones((3, 3)), np.zeros((3, 3)))
    check_first_order(np.linalg.det, np.stack([S, np.ones((3, 3)), np.diag([1.0, 2.0, 0.0])]))


def test_det_of_a_singular_matrix_second_order() -> None:
    m = np.array([[1.0, 2.0], [2.0, 4.0]])
    h = np.zeros((2, 2, 2, 2))
    h[0, 0, 1, 1] = h[1, 1, 0, 0] = 1.0
    h[0, 1, 1, 0] = h[1, 0, 0, 1] = -1.0
    check_second_order(np.linalg.det, m, h)
    check_second_order(np.linalg.det, np.ones((3, 3)))
    check_second_order(np.linalg.det, S)


def test_slogdet_and_det_of_0_by_0() -> None:
    check_first_order(lambda x: np.linalg.slogdet(x)[1], STACK)
    check_first_order(lambda x: np.linalg.slogdet(x)[0], S, np.zeros((3, 3)))
    check_first_order(lambda x: np.linalg.slogdet(-x).logabsdet, S)
    check_first_order(np.linalg.det, np.zeros((0, 0)), np.zeros((0, 0)))
    check_first_order(np.linalg.inv, np.zeros((2, 0, 0)), np.zeros((2, 0, 0, 2, 0, 0)))


def test_pinv_of_tall_wide_and_stacked() -> None:
    check_first_order(np.linalg.pinv, A)
    check_first_order(np.linalg.pinv, A.T.copy())
    check_first_order(np.linalg.pinv, np.stack([A, A + dense((2, 3))]))


def test_empty_products() -> None:
    check_first_order(lambda x: x @ np.ones((0, 2)), np.zeros((3, 0)), np.zeros((3, 2, 3, 0)))
    check_first_order(lambda x: np.einsum("ij->i", x), np.zeros((2, 0)), np.zeros((2, 2, 0)))
    check_first_order(lambda x: np.tensordot(x, np.ones((0, 2)), 1), np.zeros(0), np.zeros((2, 0)))
