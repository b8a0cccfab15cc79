"""x[i] = v: what was computed earlier keeps its numbers, and views never differ from NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    MicrogradnetError,
    Value,
    grad,
    jvp,
    no_grad,
    stop_gradient,
    value_and_grad,
)
from microgradnet.errors import DetachedError

X = np.array([1.0, -2.0, 3.0, 4.0])
M = np.arange(6.0).reshape(2, 3)


def test_later_assignments_do_not_change_earlier_results() -> None:
    x = Value(X)
    y = np.sum(x * x)
    x[0] = 100.0
    assert y.data == 30.0
    y.backward()
    np.testing.assert_array_equal(x.data, [100.0, -2.0, 3.0, 4.0])
    first = grad(lambda x: np.sum(x * x))(X)

    def f(x: Any) -> Any:
        y = np.sum(x * x)
        x[0] = 100.0
        x[1:] += x[0]
        return y

    np.testing.assert_array_equal(grad(f)(X), first)


def test_earlier_backward_through_an_assigned_leaf() -> None:
    x = Value(X)
    y = np.sum(x * x)
    kept = x
    x[0] = 100.0
    y.backward()
    assert kept is x
    np.testing.assert_array_equal(x.grad, 2 * X)


def test_interior_values_keep_their_numbers() -> None:
    x = Value(X)
    h = x * 2.0
    y = np.sum(h * h)
    h[1] = 0.0
    z = np.sum(h * h)
    y.backward()
    np.testing.assert_array_equal(x.grad, 8 * X)
    x.grad = None
    z.backward()
    np.testing.assert_array_equal(x.grad, 8 * X * [1, 0, 1, 1])


def test_chains_of_assignments() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        for i in range(1, 4):
            y[i] += y[i - 1] * 2.0
        return y[3]

    value, g = value_and_grad(f)(X)
    assert value == 4 + 2 * (3 + 2 * (-2 + 2 * 1))
    np.testing.assert_array_equal(g, [8.0, 4.0, 2.0, 1.0])
    assert jvp(f, (X,), (np.ones(4),))[1] == 15.0


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "**"])
def test_augmented_assignment_of_elements(op: str) -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        if op == "+":
            y[1:3] += x[0]
        elif op == "-":
            y[1:3] -= x[0]
        elif op == "*":
            y[1:3] *= x[3]
        elif op == "/":
            y[1:3] /= x[3]
        else:
            y[1:3] **= 2
        return np.sum(y * np.array([1.0, 10.0, 100.0, 1000.0]))

    expected = {
        "+": [111.0, 10.0, 100.0, 1000.0],
        "-": [-109.0, 10.0, 100.0, 1000.0],
        "*": [1.0, 40.0, 400.0, 1000.0 - 20.0 + 300.0],
        "/": [1.0, 2.5, 25.0, 1000.0 - (-20.0 + 300.0) / 16],
        "**": [1.0, -40.0, 600.0, 1000.0],
    }[op]
    np.testing.assert_allclose(grad(f)(X), expected, rtol=1e-15)


def test_assigning_an_alias_is_seen_through_both_names() -> None:
    x = Value(X)
    y = x
    y[0] = 9.0
    assert x.data[0] == 9.0


def test_assigning_a_value_to_a_constant_starts_tracking() -> None:
    total, s = Value(np.zeros(3), requires_grad=False), Value(2.0)
    total[1] = s * 3.0
    np.sum(total * np.array([1.0, 10.0, 100.0])).backward()
    assert s.grad == 30.0


def test_building_a_result_element_by_element_inside_a_transform() -> None:
    def f(x: Any) -> Any:
        out = np.zeros_like(x)
        for i in range(4):
            out[i] = x[i] * x[3 - i]
        return np.sum(out)

    try:
        g = grad(f)(X)
    except (TypeError, ValueError):
        return  # zeros_like gave a plain array, which refuses a tracked element
    np.testing.assert_array_equal(g, 2 * X[::-1])


def test_assignment_of_a_float64_into_float32_keeps_float32() -> None:
    x = Value(X.astype(np.float32))
    y = x * 1
    y[0] = Value(0.1)
    assert y.dtype == np.float32
    s = Value(np.array(0.5))
    y[1] = s
    np.sum(y).backward()
    assert s.grad == 1.0
    assert x.grad.dtype == np.float32


# --- views --------------------------------------------------------------------------------------

VIEWS: list[tuple[str, Callable[[Any], Any]]] = [
    ("slice", lambda x: x[:, 1:]),
    ("row", lambda x: x[1]),
    ("all", lambda x: x[...]),
    ("newaxis", lambda x: x[None]),
    ("step", lambda x: x[:, ::-1]),
    ("T", lambda x: x.T),
    ("mT", lambda x: x.mT),
    ("reshape", lambda x: x.reshape(3, 2)),
    ("np.reshape", lambda x: np.reshape(x, 6)),
    ("ravel", lambda x: x.ravel()),
    ("np.ravel", lambda x: np.ravel(x)),
    ("transpose", lambda x: np.transpose(x)),
    ("swapaxes", lambda x: np.swapaxes(x, 0, 1)),
    ("moveaxis", lambda x: np.moveaxis(x, 0, -1)),
    ("expand_dims", lambda x: np.expand_dims(x, 0)),
    ("squeeze", lambda x: np.squeeze(x[None])),
    ("flip", lambda x: np.flip(x)),
    ("rot90", lambda x: np.rot90(x)),
    ("split", lambda x: np.split(x, 3, axis=1)[1]),
    ("atleast_3d", lambda x: np.atleast_3d(x)),
    ("view of a view", lambda x: x[:, 1:][:, 1:]),
    ("transposed slice", lambda x: x[1:].T),
    ("row by iteration", lambda x: list(x)[1]),
    ("diagonal", lambda x: np.diagonal(x)),
    ("broadcast_to", lambda x: np.broadcast_to(x, (2, 2, 3))),
]
each_view = pytest.mark.parametrize("take", [v for _, v in VIEWS], ids=[n for n, _ in VIEWS])
LEAVES = pytest.mark.parametrize("leaf", [True, False], ids=["leaf", "interior"])


def start(leaf: bool) -> Any:
    """Give a 2 by 3 Value that is a variable, or one computed from a variable."""
    return Value(M) if leaf else Value(M) * 1.0


@LEAVES
@each_view
def test_assigning_through_a_view_is_numpys_or_refused(
    take: Callable[..., Any], leaf: bool
) -> None:
    x, plain = start(leaf), M.copy()
    y, plain_view = take(x), take(plain)
    first = (0,) * plain_view.ndim
    try:
        y[first] = 50.0
    except (MicrogradnetError, ValueError):
        np.testing.assert_array_equal(x.data, M)  # refused: nothing changed
        np.testing.assert_array_equal(y.data, take(M))
        return
    plain_view[first] = 50.0
    np.testing.assert_array_equal(x.data, plain)
    np.testing.assert_array_equal(y.data, plain_view)


@LEAVES
@each_view
def test_assigning_under_a_view_is_numpys_or_refused(take: Callable[..., Any], leaf: bool) -> None:
    x, plain = start(leaf), M.copy()
    y, plain_view = take(x), take(plain)
    for index in ((0, 0), (1, 1), (slice(None), 2), ([0, 1], [1, 2]), M > 4, ...):
        before = x.data.copy()
        try:
            x[index] = 50.0
        except (MicrogradnetError, ValueError):
            np.testing.assert_array_equal(x.data, before)
            continue
        plain[...] = before
        plain[index] = 50.0
        np.testing.assert_array_equal(x.data, plain)
        np.testing.assert_array_equal(y.data, plain_view)


@each_view
def test_augmented_assignment_through_a_view_is_numpys_or_refused(
    take: Callable[..., Any],
) -> None:
    x, plain = start(False), M.copy()
    y, plain_view = take(x), take(plain)
    first = (0,) * plain_view.ndim
    try:
        y[first] += 50.0
    except (MicrogradnetError, ValueError):
        np.testing.assert_array_equal(x.data, M)
        return
    plain_view[first] += 50.0
    np.testing.assert_array_equal(x.data, plain)
    np.testing.assert_array_equal(y.data, plain_view)


def test_chained_indices_write_through_or_refuse() -> None:
    x, plain = Value(M), M.copy()
    try:
        x[0][1] = 50.0
    except MicrogradnetError:
        np.testing.assert_array_equal(x.data, M)
        return
    plain[0][1] = 50.0
    np.testing.assert_array_equal(x.data, plain)


def test_two_sibling_views() -> None:
    x, plain = Value(X), X.copy()
    a, b = x[:3], x[1:]
    pa, pb = plain[:3], plain[1:]
    try:
        a[1] = 50.0
    except MicrogradnetError:
        np.testing.assert_array_equal(b.data, X[1:])
        return
    pa[1] = 50.0
    np.testing.assert_array_equal(b.data, pb)


def test_a_view_whose_base_is_gone_but_whose_sibling_is_not() -> None:
    # In NumPy the two views share memory whether or not their base has a name.
    x = Value(X) * 1.0
    a, b = x[:3], x[1:]
    plain = X.copy()
    pa, pb = plain[:3], plain[1:]
    del x
    try:
        a[1] = 50.0
    except MicrogradnetError:
        np.testing.assert_array_equal(b.data, X[1:])
        return
    pa[1] = 50.0
    np.testing.assert_array_equal(b.data, pb)


def test_copies_are_no_views() -> None:
    x = Value(X)
    for y in (x.copy(), x[1:].copy(), x[[1, 2]], x[x > 0], x * 1.0, +x, np.sort(x), x + 0,
              np.copy(x), np.concatenate([x]), x.astype(np.float64)):  # fmt: skip
        y[0] = 50.0
        assert y.data[0] == 50.0
        np.testing.assert_array_equal(x.data, X)
    x[0] = 7.0
    assert x.data[0] == 7.0


def test_dropped_views_are_forgotten() -> None:
    x = Value(X)
    y = x[1:]
    total = np.sum(y)
    del y
    x[1] = 50.0
    np.testing.assert_array_equal(x.data, [1.0, 50.0, 3.0, 4.0])
    total.backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0, 1.0, 1.0])


def test_assigning_beside_a_view_is_allowed() -> None:
    x = Value(X)
    y = x[2:]
    x[0] = 50.0
    np.testing.assert_array_equal(x.data, [50.0, -2.0, 3.0, 4.0])
    np.testing.assert_array_equal(y.data, X[2:])
    np.sum(y * y).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0, 6.0, 8.0])


def test_views_inside_a_transform() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        row = y[0]
        row[1] = 5.0
        return np.sum(y * y)

    plain = M.copy()
    plain[0][1] = 5.0
    try:
        value, g = value_and_grad(f)(M)
    except MicrogradnetError:
        return  # refused
    assert value == np.sum(plain * plain)
    expected = 2 * M
    expected[0, 1] = 0.0
    np.testing.assert_array_equal(g, expected)


def test_swapping_elements() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y[0], y[3] = y[3], y[0]
        return np.sum(y * np.array([1.0, 2.0, 3.0, 4.0]))

    np.testing.assert_array_equal(grad(f)(X), [4.0, 2.0, 3.0, 1.0])


@pytest.mark.parametrize(
    "assign",
    [
        lambda w: w.__setitem__(slice(1, None), [3.0, 2.0, 1.0]),
        lambda w: w.__setitem__(..., 2.0 * X),
        lambda w: w.fill(2.0),
        lambda w: w.sort(),
    ],
)
def test_a_variable_that_is_assigned_to_under_no_grad_stays_one(assign: Any) -> None:
    w = Value(X)
    with no_grad():
        assign(w)
    assert w.requires_grad
    new = w.data.copy()
    assert (new != X).any()
    np.sum(w * w).backward()
    np.testing.assert_array_equal(w.grad, 2 * new)
    np.sum(w).backward()
    np.testing.assert_array_equal(w.grad, 2 * new + 1)


@pytest.mark.parametrize(
    "assign",
    [
        lambda y: y.__setitem__(0, 5.0),
        lambda y: y.__iadd__(1.0),
        lambda y: y.fill(2.0),
        lambda y: y.sort(),
    ],
)
def test_a_computed_value_is_not_cut_off_by_assigning_under_no_grad(assign: Any) -> None:
    # The loss below would otherwise move with v alone, and not with v through y.
    v = Value(X)
    y = v * v
    with no_grad(), pytest.raises(DetachedError, match=r"cut it off .* stop_gradient\(x\)"):
        assign(y)
    np.sum(y * v).backward()
    np.testing.assert_array_equal(v.grad, 3 * X**2)
    with no_grad():
        y = stop_gradient(y)
        assign(y)
    assert not y.requires_grad


def test_assignment_to_a_scalar_or_out_of_bounds_is_refused() -> None:
    with pytest.raises((IndexError, TypeError)):
        Value(2.0)[0] = 1.0
    with pytest.raises(IndexError):
        Value(X)[9] = 1.0
    with pytest.raises((IndexError, TypeError)):
        Value(X)[1.5] = 1.0
