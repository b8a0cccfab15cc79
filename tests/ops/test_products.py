"""Products of arrays of any rank, of lists, of nothing; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, vjp
from microgradnet.errors import ShapeError, UnknownKeywordError

from ..pitfalls.helpers import (
    ROUNDING,
    check_first_order,
    check_float32,
    check_second_order,
    close,
    dense,
)

LIST = [[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]]
X = dense((3, 2))


def drawn(shape: Any) -> Any:
    return dense((*shape, 1))[..., 0]


def check_both(f: Callable[..., Any], x: Any, y: Any) -> None:
    """Assert both operands' derivatives right, alone and together."""
    check_first_order(lambda x: f(x, y), x)
    check_first_order(lambda y: f(x, y), y)
    out, pull = vjp(f, x, y)
    w = dense(np.shape(out))
    (gx,), (gy,) = vjp(lambda x: f(x, y), x)[1](w), vjp(lambda y: f(x, y), y)[1](w)
    for g, e in zip(pull(w), (gx, gy), strict=True):
        close(g, e, ROUNDING, "both at once")


# --- every rank -------------------------------------------------------------------------------


@given(
    st.sampled_from([np.matmul, np.dot, np.inner]),
    st.lists(st.integers(1, 3), max_size=2),
    st.lists(st.integers(1, 3), max_size=2),
    st.integers(0, 3),
    st.booleans(),
)
def test_products_are_numpys_in_every_rank(
    f: Any, left: list[int], right: list[int], n: int, vector: bool
) -> None:
    x = drawn((*left, n))
    y = drawn((n,)) if vector else drawn((*right, n) if f is np.inner else (*right[:1], n, 2))
    if f is np.matmul:
        x = x[(0,) * max(0, len(left) - 1)]  # one stack at most, so that shapes go together
    close(f(Value(x), y).data, f(x, y), ROUNDING, "value")
    close(f(x, Value(y)).data, f(x, y), ROUNDING, "value")
    check_both(f, x, y)


@pytest.mark.parametrize(
    ("x", "y"),
    [((3,), (3,)), ((2, 3), (3,)), ((4, 1, 3), (2, 3)), ((2, 0), (0,)), ((0, 3), (3,))],
)
def test_vecdot(x: Any, y: Any) -> None:
    check_both(np.vecdot, drawn(x), drawn(y))
    check_both(np.linalg.vecdot, drawn(x), drawn(y))


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="new in NumPy 2.2")
@pytest.mark.parametrize("stack", [(), (2,), (4, 1)])
def test_matvec_and_vecmat(stack: Any) -> None:
    check_both(np.matvec, drawn((*stack, 2, 3)), drawn((2, 3)))
    check_both(np.matvec, drawn((*stack, 2, 3)), drawn((3,)))
    check_both(np.vecmat, drawn((2, 3)), drawn((*stack, 3, 2)))
    check_both(np.vecmat, drawn((3,)), drawn((*stack, 3, 2)))


def test_a_square_is_not_twice_as_much() -> None:
    s = dense((3, 3))
    for f in (np.matmul, np.dot, np.inner, np.outer, np.kron, np.cross, np.vecdot):
        check_first_order(lambda x, f=f: f(x, x), s)
        check_second_order(lambda x, f=f: np.sum(f(x, x)), s)
        check_float32(lambda x, f=f: f(x, x), s)


# --- lists ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.matmul(LIST, x),
        lambda x: LIST @ x,
        lambda x: np.dot(LIST, x),
        lambda x: np.inner(LIST, x.T),
        lambda x: np.outer(LIST, x),
        lambda x: np.kron(LIST, x),
        lambda x: np.vdot(LIST, x),
        lambda x: np.tensordot(LIST, x, 1),
        lambda x: np.cross(LIST, x.T),
        lambda x: np.vecdot(LIST, x.T),
        lambda x: np.matmul(LIST, [[x[0, 0], 1.0], [x[1, 1], 2.0], [0.0, x[2, 0]]])
        if isinstance(x, np.ndarray)
        else np.matmul(LIST, np.stack([np.stack([x[0, 0], 1.0]), np.stack([x[1, 1], 2.0]),
                                       np.stack([0.0, x[2, 0]])])),
    ],
)  # fmt: skip
def test_lists_are_arrays(f: Callable[[Any], Any]) -> None:
    check_first_order(f, X)


@pytest.mark.parametrize("f", [np.dot, np.inner, np.outer, np.kron, np.vdot])
def test_lists_of_values_are_stacked(f: Callable[..., Any]) -> None:
    # NumPy hands over what it is given: for a list of Values there must be a Value beside it.
    a, b, v = Value(2.0), Value(3.0), Value(np.array([5.0, 7.0]))
    z = np.sum(f(v, [a, b]))
    z.backward()
    w = np.ones_like(f(v.data, [2.0, 3.0]))
    (gv, gl) = vjp(f, v.data, np.array([2.0, 3.0]))[1](w)
    np.testing.assert_array_equal(v.grad, gv)
    assert [a.grad, b.grad] == gl.tolist()


# --- tensordot, kron, cross -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((2, 3), 0),
        ((4, 2), 1),
        ((3, 4, 2), 2),
        ((2, 3, 4), 3),
        ((4, 2), np.int64(1)),
        ((3, 2), (1, 0)),
        ((3, 2), (-2, -2)),
        ((3, 2), ([1], [0])),
        ((4, 3, 5), ((1, 2), (1, 0))),
        ((4, 3, 5), [np.array([2, 1]), range(2)]),
        ((0, 2), ([], [])),
    ],
    ids=str,
)
def test_tensordot_in_every_form(shape: Any, axes: Any) -> None:
    x, y = drawn((2, 3, 4)), drawn(shape)
    close(np.tensordot(Value(x), y, axes).data, np.tensordot(x, y, axes), ROUNDING, "value")
    check_both(lambda x, y: np.tensordot(x, y, axes), x, y)


@pytest.mark.parametrize("a", [(), (1,), (2,), (0,), (2, 1), (1, 2, 2)])
@pytest.mark.parametrize("b", [(), (3,), (1, 2), (2, 0)])
def test_kron_of_every_rank(a: Any, b: Any) -> None:
    x, y = drawn(a), drawn(b)
    close(np.kron(Value(x), y).data, np.kron(x, y), ROUNDING, "value")
    check_both(np.kron, x, y)


@pytest.mark.parametrize(
    "axes",
    [
        {"axisa": 0},
        {"axisa": 0, "axisb": 1, "axisc": 0},
        {"axisa": -3, "axisc": -2},
        {"axisa": 0, "axisb": -1, "axisc": 1, "axis": None},
    ],
    ids=str,
)
def test_cross_in_every_axes_form(axes: Any) -> None:
    x, y = drawn((3, 2, 4)), drawn((4, 3))
    close(np.cross(Value(x), y, **axes).data, np.cross(x, y, **axes), ROUNDING, "value")
    check_both(lambda x, y: np.cross(x, y, **axes), x, y)


def test_outer_into_a_scalar_and_vdot_of_scalars() -> None:
    check_both(np.outer, np.array(2.0), drawn((3,)))
    check_both(np.vdot, np.array(2.0), np.array(-3.0))
    assert grad(lambda x: np.vdot(x, x))(3.0) == 6.0


# --- what is refused --------------------------------------------------------------------------


def test_scalars_are_refused_where_numpy_refuses_them() -> None:
    v, m = Value(2.0), Value(X)
    for f in (np.matmul, np.vecdot):
        for x, y in ((v, m), (m, v), (3.0, m), (m, 3.0)):
            with pytest.raises(ShapeError, match=f"{f.__name__} of a scalar.*use \\*"):
                f(x, y)
    with pytest.raises(ShapeError, match="cross of a scalar"):
        np.cross(v, m)


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="new in NumPy 2.2")
def test_matvec_and_vecmat_say_what_they_take() -> None:
    m = Value(X)
    for f, x, y in (
        (np.matvec, m[0], m),
        (np.matvec, m, 2.0),
        (np.vecmat, m, m[0]),
        (np.vecmat, 2.0, m),
    ):
        with pytest.raises(ShapeError, match=f"{f.__name__} of shapes .* expected"):
            f(x, y)


def test_shapes_that_do_not_go_together() -> None:
    v = Value(X)
    with pytest.raises(ShapeError, match=r"matmul of operands with shapes \(3, 2\), \(3, 2\)"):
        v @ v
    with pytest.raises(ShapeError, match="tensordot over 3 axes of arrays with 2 and 2"):
        np.tensordot(v, v, 3)
    with pytest.raises(ShapeError, match=r"over axes \(0,\) and \(1,\); expected axes of equal"):
        np.tensordot(v, v, (0, 1))
    with pytest.raises(ValueError):
        np.tensordot(v, v, (0, 2))
    with pytest.raises(ShapeError, match=r"vectors of 2 and 2 components; expected 3.*\[\.\.\., 0"):
        np.cross(v, v)


def test_keywords() -> None:
    v = Value(X)
    with pytest.raises(UnknownKeywordError, match="matmul on a Value got the keyword axes="):
        np.matmul(v, v.T, axes=[(0, 1), (1, 0), (0, 1)])
    with pytest.raises(UnknownKeywordError, match="vecdot on a Value got the keyword axis=0"):
        np.vecdot(v, v, axis=0)
    assert np.matmul(v, v.T, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("f", [np.dot, np.inner, np.kron])
def test_beside_a_plain_number_numpy_computes_in_float64(f: Any, dtype: Any) -> None:
    x = np.array([0.1, 0.3], dtype)
    for a, b in ((0.1, x), (x, 0.1), (2, x), (x[0], 0.1)):
        expected = np.asarray(f(a, b))
        for z in (f(a, Value(b)), f(Value(a), b)):
            np.testing.assert_array_equal(z.data, expected, strict=True)
    assert vjp(lambda x: f(0.1, x), x)[1](f(0.1, x))[0].dtype == dtype
    assert type(f(Value(2.0), 3.0).data) is float
