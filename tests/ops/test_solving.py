"""Inverses, solutions and least squares beside closed forms and PyTorch; ranks; what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jacobian, jvp, vjp
from microgradnet.errors import NotDifferentiableError, ShapeError

from ..pitfalls.helpers import (
    ROUNDING,
    check_first_order,
    check_float32,
    check_second_order,
    close,
    dense,
)

S = np.array([[2.0, 0.5, -0.3], [0.1, 1.5, 0.4], [-0.7, 0.2, 1.8]])
TALL = np.array([[1.0, 2.0, -1.0], [0.5, -1.5, 2.0], [1.2, 0.3, 0.7], [-0.4, 0.9, 1.1]])
W4 = np.array([[0.3, -0.7, 0.2], [0.5, 0.1, -0.4], [-0.6, 0.8, 0.9], [1.1, -0.2, 0.6]])
B = np.array([0.5, -1.0, 2.0, 0.3])
# PyTorch 2.13 in float64: of sum(W4.T * pinv(TALL)), and of lstsq(TALL, B) @ (1, -2, 0.5).
PINV = [
    [0.34039429876767380, -0.26051560778072125, -0.32147948630270240],
    [0.36636632249723983, -0.40668479384571721, -0.34072221647003303],
    [-0.15388530494976460, 0.06119024401020105, 0.02170539090972791],
    [-0.34962488009696624, 0.13115567181143931, 0.09092347175303050],
]
LSTSQ = [
    [-0.41632988331421150, 0.51535724071847144, 0.23415355442158103],
    [-0.88029108532852918, 0.21472865350920128, 0.17695752383539054],
    [0.42889278009572440, -0.73714574248534626, -0.31620901685464159],
    [0.67163484334156365, 0.36228868591164848, 0.05628889738915586],
]

# --- inverses ---------------------------------------------------------------------------------


def test_the_inverse_moves_by_itself_on_both_sides() -> None:
    z = np.linalg.inv(S)
    expected = -np.einsum("ia,bj->ijab", z, z)
    check_first_order(np.linalg.inv, S, expected)
    check_second_order(lambda x: np.sum(np.sin(np.linalg.inv(x))), S)
    check_first_order(np.linalg.inv, np.stack([S, S.T]))
    check_first_order(np.linalg.inv, np.zeros((0, 2, 2)))
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(Value(np.ones((2, 2))))


def test_pinv_beside_pytorch() -> None:
    check_first_order(lambda x: np.sum(W4.T * np.linalg.pinv(x)), TALL, PINV)
    check_first_order(lambda x: np.sum(W4 * np.linalg.pinv(x)), TALL.T, np.transpose(PINV))
    check_second_order(lambda x: np.sum(W4.T * np.linalg.pinv(x)), TALL)
    check_float32(np.linalg.pinv, TALL)


def test_pinv_of_a_square_is_inv() -> None:
    check_first_order(np.linalg.pinv, S, jacobian(np.linalg.inv)(S))


def test_pinv_among_matrices_of_one_rank() -> None:
    # The pseudo-inverse of u v' is v u' / (|u|**2 |v|**2) as long as the rank stays 1.
    def through(pinv: Any) -> Any:
        return lambda x: pinv(x[:3], x[3:])

    def of_product(u: Any, v: Any) -> Any:
        return np.linalg.pinv(u[:, None] * v, rcond=1e-10)

    def closed(u: Any, v: Any) -> Any:
        return v[:, None] * u / ((u @ u) * (v @ v))

    x = np.array([1.0, -2.0, 0.5, 3.0, 1.0])
    check_first_order(through(of_product), x, jacobian(through(closed))(x))


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (0, 3, 2), (2, 2, 0)])
def test_pinv_of_nothing(shape: Any) -> None:
    check_first_order(np.linalg.pinv, np.zeros(shape))


def test_the_cutoff_of_pinv() -> None:
    x = np.diag([1.0, 1e-3])
    for options in ({"rcond": 1e-2}, {"rtol": 1e-2}, {"rcond": np.array(1e-2)}):
        z = np.linalg.pinv(Value(x), **options)
        np.testing.assert_allclose(z.data, np.diag([1.0, 0.0]), atol=ROUNDING)
        g = grad(lambda x, o=options: np.linalg.pinv(x, **o)[0, 0])(x)
        close(g, np.diag([-1.0, 0.0]), ROUNDING, "of the rank that is left")
    assert np.linalg.pinv(Value(x), 1e-4)[1, 1].data == pytest.approx(1e3)
    with pytest.raises(NotDifferentiableError, match=r"write pinv\(\(x \+ x\.T\) / 2\)"):
        np.linalg.pinv(Value(x), hermitian=True)


# --- solve ------------------------------------------------------------------------------------


@pytest.mark.parametrize("stack", [(), (1,), (2,), (2, 1), (0,)])
@pytest.mark.parametrize("b", [(3,), (3, 2), (2, 3, 1), (3, 0)])
def test_solve_of_stacks(stack: Any, b: Any) -> None:
    a, y = np.broadcast_to(S, (*stack, 3, 3)).copy(), dense((*b, 1))[..., 0]
    if len(b) == 3 and stack == (0,):
        y = y[:1]
    z = np.linalg.solve(Value(a), y)
    close(z.data, np.linalg.solve(a, y), ROUNDING, "value")
    check_first_order(lambda a: np.linalg.solve(a, y), a)
    check_first_order(lambda y: np.linalg.solve(a, y), y)


def test_solve_of_one_matrix_and_itself() -> None:
    check_first_order(lambda a: np.linalg.solve(a, a), S, np.zeros((3,) * 4))
    check_second_order(lambda a: np.sum(np.linalg.solve(a, a @ a[0])), S)
    check_first_order(lambda b: np.linalg.solve([[2.0, 0.0], [0.0, 4.0]], b), np.ones(2))
    check_first_order(lambda a: np.linalg.solve(a, [1.0, 2.0, 3.0]), S)
    ts = dense((3, 3)), dense((3,))
    moved = jvp(np.linalg.solve, (S, B[:3]), ts)[1]
    close(S @ moved + ts[0] @ np.linalg.solve(S, B[:3]), ts[1], ROUNDING, "A x = b, differentiated")
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.solve(Value(np.ones((2, 2))), np.ones(2))


def test_a_matrix_whose_transpose_is_singular() -> None:
    # Which one elimination calls singular is a matter of the last place, and of LAPACK.
    def solvable(a: Any) -> bool:
        try:
            np.linalg.solve(a, np.ones(2))
        except np.linalg.LinAlgError:
            return False
        return True

    rng = np.random.default_rng(0)
    numbers = rng.integers(1, 60, (10_000, 3)).astype(float)
    matrices = (np.array([[p, q], [r, q * r / p]]) for p, q, r in numbers)
    a = next(a for a in matrices if solvable(a) and not solvable(a.T))
    with pytest.raises(NotDifferentiableError, match=r"its transpose.*cannot be solved.*pinv"):
        grad(lambda a: np.sum(np.linalg.solve(a, np.ones(2))))(a)


def test_tensorsolve() -> None:
    a = (np.eye(6) + 0.1 * dense((6, 6))).reshape(2, 3, 6)
    b = dense((2, 3))
    for axes, form in [
        (None, a),
        (None, a.reshape(2, 3, 3, 2)),
        ((0,), np.moveaxis(a, -1, 0)),
        ((1, 0), np.transpose(a.reshape(2, 3, 3, 2), (3, 2, 0, 1))),
    ]:

        def f(a: Any, b: Any, axes: Any = axes) -> Any:
            return np.linalg.tensorsolve(a, b, axes)

        expected = np.linalg.tensorsolve(form, b, axes)
        close(f(Value(form), b).data, expected, ROUNDING, "value")
        check_first_order(lambda x, f=f: f(x, b), form)
        check_first_order(lambda x, f=f, form=form: f(form, x), b)
    with pytest.raises(ShapeError, match="tensorsolve of shapes"):
        np.linalg.tensorsolve(Value(a), np.ones(2))


def test_tensorinv() -> None:
    a = (np.eye(6) + 0.1 * dense((6, 6))).reshape(2, 3, 3, 2)
    check_first_order(np.linalg.tensorinv, a)
    check_first_order(lambda a: np.linalg.tensorinv(a, ind=1), a.reshape(6, 3, 2))
    for ind in (0, -1):
        with pytest.raises(ShapeError, match=f"ind={ind}; expected a positive"):
            np.linalg.tensorinv(Value(a), ind)


# --- least squares ----------------------------------------------------------------------------


def test_lstsq_beside_pytorch() -> None:
    w = np.array([1.0, -2.0, 0.5])
    check_first_order(lambda a: np.linalg.lstsq(a, B)[0] @ w, TALL, LSTSQ)
    check_first_order(lambda b: np.linalg.lstsq(TALL, b)[0], B, np.linalg.pinv(TALL))
    check_second_order(lambda a: np.linalg.lstsq(a, B)[0] @ w, TALL)


def by_hand(a: Any, b: Any) -> Any:
    """Least squares by the normal equations, for matrices of full column rank."""
    x = np.linalg.solve(a.T @ a, a.T @ b)
    return x, np.sum((b - a @ x) ** 2, axis=0)


@pytest.mark.parametrize("wanted", [(0,), (1,), (3,), (0, 1), (0, 3), (1, 3), (0, 1, 3)])
@pytest.mark.parametrize("b", [B[:, None], np.stack([B, B[::-1] ** 2], 1)], ids=["one", "two"])
def test_every_set_of_results(wanted: tuple[int, ...], b: Any) -> None:
    # Asking about some results only is a cotangent with the others absent.
    def f(a: Any, b: Any) -> Any:
        z = np.linalg.lstsq(a, b)
        return sum(np.sum(np.sin(z[k])) for k in wanted)

    def expected(a: Any, b: Any) -> Any:
        x, r = by_hand(a, b)
        z = {0: x, 1: r, 3: np.linalg.svdvals(a)}
        return sum(np.sum(np.sin(z[k])) for k in wanted)

    for i in (0, 1) if wanted != (3,) else (0,):
        close(grad(f, i)(TALL, b), grad(expected, i)(TALL, b), ROUNDING, f"operand {i}")
    check_first_order(lambda a: f(a, b), TALL)
    t = dense(TALL.shape), dense(b.shape)
    close(jvp(f, (TALL, b), t)[1], jvp(expected, (TALL, b), t)[1], ROUNDING, "tangent")


def test_singular_values_do_not_look_at_the_right_hand_side() -> None:
    f = grad(lambda b: np.sum(np.linalg.lstsq(TALL, b)[3]) + 0 * np.sum(b))
    np.testing.assert_array_equal(f(B), np.zeros(4))
    assert np.linalg.lstsq(TALL, Value(B))[3].data.shape == (3,)


def test_lstsq_without_full_rank() -> None:
    # No residuals then, and the derivative among matrices of the same rank.
    a = np.outer([1.0, 2.0, -1.0, 0.5], [1.0, 1.0])
    x, residuals, rank, s = np.linalg.lstsq(Value(a), B)
    assert residuals.data.shape == (0,)
    assert rank == 1
    assert isinstance(rank, np.int32)
    for got, expected in zip((x, residuals, s), np.linalg.lstsq(a, B)[::3], strict=False):
        close(got.data, expected, ROUNDING, "value") if expected.size == got.data.size else None

    def along(u: Any) -> Any:
        return np.linalg.lstsq(np.stack([u, u], 1), B)[0]

    u = a[:, 0]
    expected = jacobian(lambda u: np.stack([u @ B / (2 * (u @ u))] * 2))(u)
    check_first_order(along, u, expected)
    (g,) = vjp(lambda a: np.linalg.lstsq(a, B)[:2], a)[1]((np.ones(2), np.zeros(0)))
    assert np.isfinite(g).all()


def test_singular_values_at_zero_choose_zero() -> None:
    zero = np.zeros((3, 2))
    for f in (lambda a: np.linalg.lstsq(a, np.ones(3))[3], np.linalg.svdvals):
        g = grad(lambda a, f=f: np.sum(f(a)))(zero)
        np.testing.assert_array_equal(g, zero)


@pytest.mark.parametrize("rcond", [None, -1, 0.0, 1e-3, 0.9])
def test_the_cutoff_of_lstsq(rcond: Any) -> None:
    a = np.diag([1.0, 1e-2, 1e-20])[:, :2] + 0.0
    got, expected = np.linalg.lstsq(Value(a), B[:3], rcond), np.linalg.lstsq(a, B[:3], rcond)
    assert got[2] == expected[2]
    for z, e in zip(got, expected, strict=True):
        close(z.data if isinstance(z, Value) else z, e, ROUNDING, "value")
    if rcond == 0.9:  # the small one counts for nothing
        j = jacobian(lambda a: np.linalg.lstsq(a, B[:3], rcond)[0])(a)
        assert abs(j[1, 1, 1]) < ROUNDING


def test_wide_matrices_and_float32() -> None:
    wide = TALL.T
    check_first_order(lambda a: np.linalg.lstsq(a, B[:3])[0], wide)
    check_first_order(lambda b: np.linalg.lstsq(wide, b)[0], B[:3], np.linalg.pinv(wide))
    for k in (0, 1, 3):
        check_float32(lambda a, k=k: np.linalg.lstsq(a, B.astype(np.float32))[k], TALL)
    check_float32(lambda b: np.linalg.lstsq(TALL.astype(np.float32), b)[0], B)
    check_float32(lambda a: np.linalg.solve(a, a[0]), S)
