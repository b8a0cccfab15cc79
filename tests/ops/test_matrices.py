"""Chains, powers, diagonals, and the spellings of :mod:`numpy.linalg`."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, jacobian, jvp, vjp
from microgradnet.errors import ShapeError
from microgradnet.ops.matrices import _chain

from ..pitfalls.helpers import (
    ROUNDING,
    check_first_order,
    check_float32,
    check_second_order,
    close,
    dense,
)

S = np.array([[2.0, 0.5, -0.3], [0.1, 1.5, 0.4], [-0.7, 0.2, 1.8]])

# --- chains -----------------------------------------------------------------------------------


def cost_of(sizes: list[int], split: dict[tuple[int, int], int] | None) -> int:
    """Count multiplications of the product that `split` describes; of the cheapest if None."""

    def cost(i: int, j: int) -> int:
        if i == j:
            return 0
        ways = range(i, j) if split is None else [split[i, j]]
        return min(
            cost(i, k) + cost(k + 1, j) + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in ways
        )

    return cost(0, len(sizes) - 2)


@given(st.lists(st.integers(0, 9), min_size=3, max_size=7))
def test_a_chain_is_multiplied_in_the_cheapest_order(sizes: list[int]) -> None:
    assert cost_of(sizes, _chain(sizes)) == cost_of(sizes, None)


@given(st.lists(st.integers(1, 3), min_size=3, max_size=6), st.booleans(), st.booleans())
def test_multi_dot_is_the_product(sizes: list[int], first: bool, last: bool) -> None:
    xs = [dense((*s, 1))[..., 0] for s in itertools.pairwise(sizes)]
    xs[0] = xs[0][0] if first else xs[0]
    xs[-1] = xs[-1][:, 0] if last else xs[-1]

    def in_turn(*xs: Any) -> Any:
        z = xs[0]
        for x in xs[1:]:
            z = z @ x
        return z

    def at_once(*xs: Any) -> Any:
        return np.linalg.multi_dot(xs)

    expected, pull = vjp(in_turn, *xs)
    out, pull_at_once = vjp(at_once, *xs)
    close(out, np.linalg.multi_dot(xs), ROUNDING, "value")
    close(out, expected, ROUNDING, "value")
    w = dense(np.shape(expected))
    for g, e in zip(pull_at_once(w), pull(w), strict=True):
        close(g, e, ROUNDING, "cotangent")
    ts = tuple(x + 1 for x in xs)
    close(jvp(at_once, tuple(xs), ts)[1], jvp(in_turn, tuple(xs), ts)[1], ROUNDING, "tangent")


def test_multi_dot_of_lists_and_float32() -> None:
    check_first_order(lambda x: np.linalg.multi_dot([[1.0, 2.0, 3.0], x, [1.0, 0.0, 0.0]]), S)
    check_float32(lambda x: np.linalg.multi_dot([x, x.T, x]), S)
    check_second_order(lambda x: np.sum(np.linalg.multi_dot([x, x, x[0]])), S)


def test_what_multi_dot_refuses() -> None:
    v = Value(S)
    with pytest.raises(ShapeError, match="multi_dot of 1 arrays; expected at least two"):
        np.linalg.multi_dot([v])
    with pytest.raises(ShapeError, match=r"\(3, 3\), \(3,\), \(3, 3\); expected matrices"):
        np.linalg.multi_dot([v, v[0], v])
    with pytest.raises(ShapeError, match="matmul of operands with shapes"):
        np.linalg.multi_dot([v, v[:2], v])


# --- powers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(-4, 9))
def test_matrix_power_moves_one_factor_at_a_time(n: int) -> None:
    # (A**n)' = sum of A**k A' A**(n - 1 - k) for n > 0; -A**-1 (A**m)' A**-1 ... for n = -m.
    t = dense((3, 3))
    base, sign = (S, 1.0) if n >= 0 else (np.linalg.inv(S), -1.0)
    move = t if n >= 0 else base @ t @ base
    power = np.linalg.matrix_power
    expected = sum(
        (sign * power(base, k) @ move @ power(base, abs(n) - 1 - k) for k in range(abs(n))),
        np.zeros((3, 3)),
    )
    close(jvp(lambda x: power(x, n), (S,), (t,))[1], expected, ROUNDING, "tangent")
    check_first_order(lambda x: power(x, n), S)
    check_float32(lambda x: power(x, n), S)


def test_matrix_power_of_singular_matrices_and_stacks() -> None:
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    check_first_order(lambda x: np.linalg.matrix_power(x, 3), singular)
    check_first_order(lambda x: np.linalg.matrix_power(x, 2), np.zeros((2, 2)), np.zeros((2,) * 4))
    check_first_order(lambda x: np.linalg.matrix_power(x, 5), np.stack([S, S.T]))
    check_first_order(lambda x: np.linalg.matrix_power(x, 3), np.zeros((0, 2, 2)))
    check_second_order(lambda x: np.sum(np.linalg.matrix_power(x, 3)), singular)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.matrix_power(Value(singular), -1)


def test_matrix_power_zero_is_the_identity() -> None:
    z = np.linalg.matrix_power(Value(np.stack([S, S]).astype(np.float32)), 0)
    np.testing.assert_array_equal(z.data, np.stack([np.eye(3)] * 2))
    assert z.dtype == np.float32
    assert not z.requires_grad


def test_what_matrix_power_refuses() -> None:
    for shape in [(2, 3), (3,), ()]:
        with pytest.raises(ShapeError, match="expected square matrices"):
            np.linalg.matrix_power(Value(np.ones(shape)), 2)
    with pytest.raises(TypeError):
        np.linalg.matrix_power(Value(S), 0.5)


# --- diagonals and transposes -----------------------------------------------------------------


@pytest.mark.parametrize("offset", range(-3, 5))
def test_traces_and_diagonals_of_every_offset(offset: int) -> None:
    x = dense((2, 3, 4))
    expected = np.einsum("ka,ij->kaij", np.eye(2), np.eye(3, 4, offset))
    check_first_order(lambda x: np.linalg.trace(x, offset=offset), x, expected)
    check_first_order(lambda x: np.trace(x, offset, 1, -1), x, expected)
    check_first_order(lambda x: np.linalg.diagonal(x, offset=offset), x)
    check_first_order(lambda x: np.trace(x, offset, axis1=2, axis2=0), x)


def test_trace_in_another_precision() -> None:
    x = S.astype(np.float32)
    z = np.trace(Value(x), dtype=np.float64)
    assert z.dtype == np.trace(x, dtype=np.float64).dtype
    g = grad(lambda x: np.trace(x, dtype=np.float64))(x)
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g, np.eye(3))
    assert np.linalg.trace(Value(x)).dtype == np.float32


def test_matrix_transpose() -> None:
    check_first_order(np.linalg.matrix_transpose, dense((2, 3, 4)))
    with pytest.raises(ShapeError, match="expected at least two axes"):
        np.linalg.matrix_transpose(Value(S)[0])


# --- NumPy 2's spellings ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "g", "a", "b"),
    [
        (np.linalg.matmul, np.matmul, (2, 3), (4, 3, 2)),
        (np.linalg.vecdot, lambda x, y: np.sum(x * y, -1), (2, 3), (3,)),
        (np.linalg.outer, lambda x, y: x[:, None] * y, (2,), (3,)),
        (np.linalg.tensordot, lambda x, y: np.sum(x * y), (2, 3), (2, 3)),
        (np.linalg.cross, np.cross, (2, 3), (3,)),
        (
            lambda x, y: np.linalg.vecdot(x, y, axis=0),
            lambda x, y: np.sum(x * y, 0),
            (2, 3),
            (2, 1),
        ),
        (
            lambda x, y: np.linalg.vecdot(x, y, axis=-2),
            lambda x, y: np.sum(x * y, -2),
            (2, 3),
            (4, 2, 3),
        ),
        (
            lambda x, y: np.linalg.cross(x, y, axis=0),
            lambda x, y: np.cross(x.T, y.T).T,
            (3, 2),
            (3, 2),
        ),
    ],
)
def test_spellings(f: Callable[..., Any], g: Callable[..., Any], a: Any, b: Any) -> None:
    x, y = dense(a), dense(b) + 1
    close(f(Value(x), y).data, f(x, y), ROUNDING, "value")
    for i in (0, 1):
        check_first_order(lambda z, i=i: f(*((z, y) if i == 0 else (x, z))), (x, y)[i])
        close(jacobian(f, i)(x, y), jacobian(g, i)(x, y), ROUNDING, f"operand {i}")


def test_lists_and_shapes() -> None:
    check_first_order(lambda x: np.linalg.vecdot([1.0, 2.0, 3.0], x), S)
    check_first_order(lambda x: np.linalg.outer([1.0, 2.0], x), S[0])
    with pytest.raises(ShapeError, match=r"shapes \(3, 3\) and \(3,\); expected vectors"):
        np.linalg.outer(Value(S), S[0])
