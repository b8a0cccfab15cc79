"""Recomputing instead of keeping: the same derivatives, from less memory, or an error."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, checkpoint, grad, jacobian, jvp, no_grad, vjp
from microgradnet.errors import NotDifferentiableError

from . import checking
from .checking import Call


def inner(x: Any, y: Any) -> Any:
    return np.sin(x * y) + x * x


X, Y = np.array([0.3, -1.2]), np.array([[0.7], [1.1]])


@pytest.mark.parametrize("args", [(0.3, 0.7), (X, Y), (X, 0.7)], ids=["floats", "arrays", "mixed"])
def test_derivatives_are_those_of_the_function(args: tuple[Any, ...]) -> None:
    rng = np.random.default_rng(13)
    for f in (inner, checkpoint(inner), lambda x, y: checkpoint(inner)(x, y) * y):
        call = Call("checkpoint", lambda x, y, f=f: [f(x, y)], args)
        checking.check_value(call)
        checking.check_first_order(call, rng)
        checking.check_adjoint(call, rng)
        checking.check_second_order(call, rng)
    expected = vjp(inner, *args)
    got = vjp(checkpoint(inner), *args)
    np.testing.assert_array_equal(got[0], expected[0])
    for g, e in zip(got[1](expected[0]), expected[1](expected[0]), strict=True):
        np.testing.assert_array_equal(g, e)


def test_orders_and_nesting() -> None:
    f = checkpoint(lambda x: checkpoint(lambda y: y**4)(x) * x)
    assert grad(grad(grad(grad(f))))(2.0) == 240.0
    assert jvp(grad(f), (2.0,), (1.0,))[1] == 160.0
    assert grad(lambda x: jvp(f, (x,), (1.0,))[1])(2.0) == 160.0
    assert grad(checkpoint(grad(f)))(2.0) == 160.0


def test_pytrees_in_and_out() -> None:
    @checkpoint
    def f(p: dict[str, Any], *, n: int) -> dict[str, Any]:
        return {"a": p["x"] * n, "b": (p["x"] * p["y"], 3.0), "n": None}

    def loss(p: Any) -> Any:
        out = f(p, n=2)
        assert out["b"][1] == 3.0
        assert out["n"] is None
        return out["a"] * out["b"][0]

    assert grad(loss)({"x": 3.0, "y": 5.0}) == {"x": 60.0, "y": 18.0}
    # one result of several
    assert grad(lambda p: f(p, n=2)["a"])({"x": 3.0, "y": 5.0}) == {"x": 2.0, "y": 0.0}


def test_values_that_the_function_closes_over_get_gradients() -> None:
    w, x = Value(np.array([2.0, 3.0])), Value(np.array([1.0, 4.0]))
    f = checkpoint(lambda x: np.exp(0.0 * x) * x * w)
    np.sum(f(x) * f(x)).backward()
    np.testing.assert_array_equal(x.grad, 2.0 * x.data * w.data**2)
    np.testing.assert_array_equal(w.grad, 2.0 * w.data * x.data**2)
    assert grad(lambda w: checkpoint(lambda x: x * w * w)(w))(2.0) == 12.0


def test_results_may_be_arguments_or_what_is_closed_over() -> None:
    w = Value(2.0)
    f = checkpoint(lambda x: (x, w, x * w))
    x = Value(3.0)
    a, b, c = f(x)
    (a * 100.0 + b * 10.0 + c).backward()
    assert x.grad == 102.0
    assert w.grad == 13.0
    only = checkpoint(lambda x: w)(x)
    only.backward()
    assert w.grad == 14.0


def test_what_is_not_tracked_is_simply_called() -> None:
    f = checkpoint(inner)
    assert f(0.3, 0.7) == inner(0.3, 0.7)
    assert not f(Value(0.3, requires_grad=False), 0.7).requires_grad
    with no_grad():
        assert not f(Value(0.3), 0.7).requires_grad
    constant = checkpoint(lambda x: 3.0)(Value(2.0))
    assert constant == 3.0
    assert checkpoint(lambda x: (3.0, None))(Value(2.0)) == (3.0, None)
    closed = Value(2.0)
    assert checkpoint(lambda x: x * closed)(3.0).requires_grad


def test_mixed_tracked_and_plain_arguments() -> None:
    f = checkpoint(lambda x, a, flag: x * a if flag else x)
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(f(x, np.array([2.0, 3.0]), True)))(np.ones(2)), [2.0, 3.0]
    )


def test_nothing_inside_is_kept() -> None:
    gone: list[Any] = []

    def f(x: Any) -> Any:
        h = np.tanh(x * 2.0)
        gone.append(weakref.ref(h))
        return np.sum(h * h)

    gc.disable()
    try:
        x = Value(np.ones(3))
        plain = f(x)
        y = checkpoint(f)(x)
        assert gone[1]() is None
        del plain
        y.backward()
        assert gone[2]() is None
        seen = weakref.ref(y)
        del y
        assert seen() is None
    finally:
        gc.enable()
    np.testing.assert_array_equal(x.grad, grad(f)(np.ones(3)))


def test_jacobians_and_large_arrays() -> None:
    x = np.array([1.0, 2.0])
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(
            jacobian(checkpoint(lambda x: x**3), mode=mode)(x), [[3.0, 0.0], [0.0, 12.0]]
        )
    big = np.linspace(0.0, 1.0, 20_000)
    f = checkpoint(lambda x: np.sin(x) * x)
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(f(x)))(big), grad(lambda x: np.sum(np.sin(x) * x))(big)
    )


def test_other_numbers_the_second_time_are_refused() -> None:
    rng = np.random.default_rng(14)
    y = checkpoint(lambda x: x * rng.normal())(Value(2.0))
    with pytest.raises(NotDifferentiableError, match="other numbers .*random numbers"):
        y.backward()
    a = np.array([1.0, 2.0])
    y = np.sum(checkpoint(lambda x: x * a)(Value(np.ones(2))))
    a[0] = 7.0
    with pytest.raises(NotDifferentiableError, match="a mutated array"):
        y.backward()


def test_other_values_the_second_time_are_refused() -> None:
    w = Value(2.0)
    y = checkpoint(lambda x: x * w)(Value(3.0))
    w.data = 5.0
    with pytest.raises(NotDifferentiableError, match="other Values than the first time"):
        y.backward()


def test_assignment_into_an_argument_is_refused() -> None:
    # Its gradient would be that of what was assigned, and the caller's Value would not change.
    def f(x: Any) -> Any:
        x[0] = x[1] * 2
        return np.sum(x * x)

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(f)(x), [0.0, 20.0])
    with pytest.raises(NotDifferentiableError, match=r"assigns into its argument.*x = x\.copy\(\)"):
        grad(checkpoint(f))(x)
    np.testing.assert_array_equal(grad(checkpoint(lambda x: f(x.copy())))(x), [0.0, 20.0])


@pytest.mark.parametrize("view", [lambda x: x[1:], lambda x: x, lambda x: [x * 2, x.T]])
def test_views_stay_views(view: Any) -> None:
    # As NumPy's, of which assignment into one would change the other.
    x = Value(np.ones(3))
    y = checkpoint(view)(x)
    y = y[-1] if isinstance(y, list) else y
    for v in (x, y):
        with pytest.raises(NotDifferentiableError, match="memory that another Value shows too"):
            v[-1] = 5.0
    del x
    y[-1] = 5.0
    assert y.data[-1] == 5.0


def test_numbers_that_are_nan_are_the_same_numbers() -> None:
    with np.errstate(all="ignore"):
        y = checkpoint(lambda x: np.log(x) * 2.0)(Value(-1.0))
        x = Value(np.array([-1.0, 4.0]))
        z = np.sum(checkpoint(lambda x: np.sqrt(x))(x))
        z.backward()
    assert np.isnan(y.data)
    assert x.grad[1] == 0.25


def test_an_exception_inside_leaves_no_trace() -> None:
    def fails(x: Any) -> Any:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        checkpoint(fails)(Value(2.0))
    assert grad(checkpoint(lambda x: x * x))(3.0) == 6.0
    assert checkpoint(inner).__name__ == "inner"
