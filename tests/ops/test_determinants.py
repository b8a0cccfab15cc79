"""Determinants of singular matrices, to every order that there is.

A determinant is multilinear in its rows: with the sign e of a permutation of three rows and
columns its third derivatives are products of such signs, whatever the matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import grad, hessian, jacobian, jvp, vjp

from ..pitfalls.helpers import (
    ROUNDING,
    check_first_order,
    check_float32,
    check_second_order,
    close,
    dense,
)

REGULAR = np.array([[2.0, 1.0, 0.0], [0.5, 3.0, -1.0], [0.2, 0.1, 5.0]])
SIGNS = np.zeros((3, 3, 3))  # Levi-Civita's
for i in range(3):
    SIGNS[i, (i + 1) % 3, (i + 2) % 3], SIGNS[i, (i + 2) % 3, (i + 1) % 3] = 1, -1
THIRD = np.einsum("ace,bdf->abcdef", SIGNS, SIGNS)

# Rank 2 and 1, with all signs of det(U) det(V), and rank 0.
SINGULAR = [
    np.diag([2.0, -1.0, 0.0]),
    np.diag([2.0, 1.0, 0.0]),
    np.diag([-2.0, -1.0, 0.0])[[1, 0, 2]],
    np.diag([2.0, 1.0, 0.0])[:, [2, 0, 1]],
    np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]),
    np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])[[1, 0, 2]],
    np.outer([1.0, -2.0, 3.0], [2.0, 0.0, -1.0]),
    np.zeros((3, 3)),
]


@pytest.mark.parametrize("x", [*SINGULAR, REGULAR], ids=range(9))
def test_three_by_three_of_every_rank(x: Any) -> None:
    # Third derivatives by x and x give cofactors, by x once second derivatives: Taylor's sums.
    first = np.einsum("abcdef,cd,ef->ab", THIRD, x, x) / 2
    check_first_order(np.linalg.det, x, first)
    check_second_order(np.linalg.det, x, np.einsum("abcdef,ef->abcd", THIRD, x))
    t = dense((3, 3))
    moved = jvp(grad(np.linalg.det), (x,), (t,))[1]
    close(moved, np.einsum("abcdef,cd,ef->ab", THIRD, t, x), ROUNDING, "along a direction")


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_sign_of_the_bases_counts(sign: float) -> None:
    # det(diag(1, sign, x)) = sign x: LAPACK's U V' is diag(1, sign, +-1).
    x = np.diag([1.0, sign, 0.0])
    u, _, vh = np.linalg.svd(x)
    assert np.linalg.det(u) * np.linalg.det(vh) == pytest.approx(sign)
    check_first_order(np.linalg.det, x, np.diag([0.0, 0.0, sign]))
    h = hessian(np.linalg.det)(x)
    assert h[0, 0, 2, 2] == pytest.approx(sign)
    assert h[1, 1, 2, 2] == pytest.approx(1.0)


def test_third_derivatives() -> None:
    for modes in (("forward", "forward"), ("reverse", "forward"), ("forward", "reverse")):
        f = grad(np.linalg.det)
        for mode in modes:
            f = jacobian(f, mode=mode)
        close(f(REGULAR), THIRD, ROUNDING, f"third derivative, {modes}")


def test_directions_that_move_too() -> None:
    # D det(x)[x] = 3 det(x), whose derivative has both the point and the direction move.
    def euler(x: Any) -> Any:
        return jvp(grad(np.linalg.det), (x,), (x,))[1]

    for x in (REGULAR, *SINGULAR):
        expected = 2 * grad(np.linalg.det)(x)
        close(euler(x), expected, ROUNDING, "cofactors are homogeneous of degree 2")
    t = dense((3, 3))
    expected = 2 * np.einsum("abcdef,cd,ef->ab", THIRD, t, REGULAR)
    close(jvp(euler, (REGULAR,), (t,))[1], expected, ROUNDING, "forward")
    close(vjp(euler, REGULAR)[1](t)[0], expected, ROUNDING, "reverse")


@pytest.mark.parametrize("n", [1, 2])
def test_third_derivatives_of_small_matrices_vanish(n: int) -> None:
    x = REGULAR[:n, :n]
    for mode in ("forward", "reverse"):
        third = jacobian(jacobian(grad(np.linalg.det), mode=mode), mode=mode)
        close(third(x), np.zeros((n,) * 6), ROUNDING, "third derivative")
        close(third(0 * x), np.zeros((n,) * 6), ROUNDING, "third derivative of a singular matrix")


def test_third_derivatives_of_a_singular_matrix_are_nan() -> None:
    stack = np.stack([SINGULAR[4], REGULAR])

    def along(x: Any) -> Any:
        return jvp(jacobian(lambda x: np.sum(np.linalg.det(x))), (x,), (np.ones_like(x),))[1]

    t = dense((2, 3, 3))
    moved = jvp(along, (stack,), (t,))[1]
    assert np.isnan(moved[0]).all()
    expected = np.einsum("abcdef,cd,ef->ab", THIRD, np.ones((3, 3)), t[1])
    close(moved[1], expected, ROUNDING, "the regular matrix of the stack")
    (pulled,) = vjp(along, stack)[1](t)
    assert np.isnan(pulled[0]).all()
    close(pulled[1], expected, ROUNDING, "the regular matrix, in reverse")


def test_stacks_of_any_size() -> None:
    stack = np.stack(SINGULAR).reshape(2, 4, 3, 3)
    check_first_order(np.linalg.det, stack)
    for shape in [(0, 3, 3), (2, 0, 0), (2, 1, 1)]:
        x = dense(shape)
        check_first_order(np.linalg.det, x)
        check_second_order(lambda x: np.sum(np.linalg.det(x) ** 2), x)


def test_nearly_singular_matrices_lose_no_digits() -> None:
    # Cofactors of [[1, 2], [2, 4 + e]]: no division by the determinant, e.
    for e in (1e-8, 1e-12, 1e-300):
        x = np.array([[1.0, 2.0], [2.0, 4.0 + e]])
        check_first_order(np.linalg.det, x, [[4.0 + e, -2.0], [-2.0, 1.0]])
    scaled = 1e-60 * REGULAR
    close(grad(np.linalg.det)(scaled) * 1e120, grad(np.linalg.det)(REGULAR), ROUNDING, "tiny")


def test_float32() -> None:
    for x in (REGULAR, SINGULAR[0], SINGULAR[6]):
        check_float32(np.linalg.det, x)
        check_float32(grad(np.linalg.det), x)
    check_float32(lambda x: np.linalg.slogdet(x)[1], REGULAR)


# --- slogdet ----------------------------------------------------------------------------------


def test_slogdet_is_the_inverse_transposed() -> None:
    expected = np.linalg.inv(REGULAR).T
    check_first_order(lambda x: np.linalg.slogdet(x).logabsdet, REGULAR, expected)
    check_first_order(lambda x: np.linalg.slogdet(x[[1, 0, 2]]).logabsdet, REGULAR, expected)
    check_second_order(lambda x: np.linalg.slogdet(x).logabsdet, REGULAR)


def test_the_sign_is_flat() -> None:
    def f(x: Any) -> Any:
        sign, _ = np.linalg.slogdet(x)
        return sign * np.sum(x)

    check_first_order(f, REGULAR, np.ones((3, 3)))
    check_first_order(f, REGULAR[[1, 0, 2]], -np.ones((3, 3)))
    flat = np.zeros((3, 3))
    check_first_order(lambda x: np.linalg.slogdet(x)[0], SINGULAR[0], flat, numeric=False)


def test_the_logarithm_of_nothing_has_no_slope() -> None:
    stack = np.stack([SINGULAR[0], REGULAR])
    g = grad(lambda x: np.sum(np.linalg.slogdet(x)[1]))(stack)
    assert np.isnan(g[0]).all()
    close(g[1], np.linalg.inv(REGULAR).T, ROUNDING, "the regular matrix")
