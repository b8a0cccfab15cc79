"""Perturbation confusion: a derivative inside a derivative must not see the wrong variable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, hessian, hvp, jacobian, jvp, stop_gradient, vjp

Transform = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]


def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Differentiate a function of one float in forward mode."""
    return lambda x: jvp(f, (x,), (1.0,))[1]


def pulled(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Differentiate a function of one float by its pullback."""
    return lambda x: vjp(f, x)[1](1.0)[0]


MODES: list[Any] = [grad, forward, pulled]
each = pytest.mark.parametrize
inner_outer = [each("inner", MODES), each("outer", MODES)]


def both(test: Any) -> Any:
    """Run a test with every mode inside every other."""
    for mark in inner_outer:
        test = mark(test)
    return test


@both
def test_siskind_and_pearlmutter(inner: Transform, outer: Transform) -> None:
    # d/dx [x * d/dy (x + y)] at x = 1 is 1; confusion gives 2.
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0


@both
def test_product_of_outer_and_inner_variable(inner: Transform, outer: Transform) -> None:
    # d/dx [x * d/dy (x y)] = 2 x.
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0


@both
def test_inner_point_depends_on_outer_variable(inner: Transform, outer: Transform) -> None:
    # d/dx [d/dy y**3 at y = x**2] = d/dx 3 x**4.
    assert outer(lambda x: inner(lambda y: y**3)(x * x))(2.0) == 96.0


@both
def test_inner_derivative_ignores_its_variable(inner: Transform, outer: Transform) -> None:
    assert outer(lambda x: inner(lambda y: x * x)(x) + x)(3.0) == 1.0
    assert outer(lambda x: inner(lambda y: y)(x))(3.0) == 0.0
    assert outer(lambda x: inner(lambda y: 5.0)(x) * x)(3.0) == 0.0


@both
def test_closures_over_two_levels(inner: Transform, outer: Transform) -> None:
    # d/dx of d/dy (x y**2 + inner-most d/dz (x y z) at z = y) at y = x is d/dx (3 x**2 ... )
    def f(x: Any) -> Any:
        return inner(lambda y: x * y**2 + inner(lambda z: x * y * z**2)(y))(x)

    # innermost: 2 x y z at z = y: 2 x y**2; so inner: 2 x y + 4 x y = 6 x y at y = x: 6 x**2.
    assert outer(f)(2.0) == 24.0


@both
def test_the_amazing_bug(inner: Transform, outer: Transform) -> None:
    # Manzyuk et al., "Perturbation confusion in forward automatic differentiation of
    # higher-order functions" (2019): the shift operator differentiated twice.
    def hat(d: Transform, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: d(lambda s: f(x + s))(0.0)

    assert hat(outer, hat(inner, np.exp))(1.0) == pytest.approx(np.e, rel=1e-15)
    assert hat(outer, hat(inner, lambda x: x**3))(2.0) == 12.0


@both
def test_arrays(inner: Transform, outer: Transform) -> None:
    c = np.array([1.0, 2.0, 3.0])

    def f(x: Any) -> Any:
        return x * inner(lambda y: np.sum(c * x * y**2))(2.0)

    # inner: sum(c) x 2 y = 24 x; so f = 24 x**2.
    assert outer(f)(0.5) == 24.0


@both
def test_the_same_function_object_at_both_levels(inner: Transform, outer: Transform) -> None:
    def cube(x: Any) -> Any:
        return x * x * x

    assert outer(inner(cube))(2.0) == 12.0
    assert outer(lambda x: inner(cube)(x) * cube(x))(1.0) == 6.0 + 9.0


@each("a", MODES)
@each("b", MODES)
@each("c", MODES)
def test_three_deep_in_every_mixture(a: Transform, b: Transform, c: Transform) -> None:
    assert a(b(c(lambda x: x**4)))(2.0) == 48.0
    assert a(lambda x: x * b(lambda y: y * c(lambda z: x * y * z)(3.0))(2.0))(5.0) == 40.0


def test_a_leaked_inner_variable_is_a_constant_outside() -> None:
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        leaked.append(x)
        return x * x

    assert grad(f)(3.0) == 6.0
    assert grad(lambda y: y * leaked[0])(2.0) in (3.0, Value(3.0))
    g = grad(lambda y: y * y * leaked[0])(2.0)
    assert (g.data if isinstance(g, Value) else g) == 12.0


def test_a_variable_from_outside_is_followed_through_grad() -> None:
    w = Value(2.0)
    g = grad(lambda x: x * w * w)(3.0)
    assert (g.data if isinstance(g, Value) else g) == 4.0
    if isinstance(g, Value):  # else the gradient was taken for its numbers only
        g.backward()
        assert w.grad == 4.0


def test_a_variable_as_argument_of_grad() -> None:
    w = Value(3.0)
    g = grad(lambda x: x**3)(w)
    assert isinstance(g, Value)
    assert g.data == 27.0
    g.backward()
    assert w.grad == 18.0
    out, t = jvp(lambda x: x**3, (w,), (1.0,))
    w.grad = None
    (out + t).backward()
    assert w.grad == 27.0 + 18.0


def test_tangents_and_cotangents_may_be_differentiated() -> None:
    assert grad(lambda t: jvp(lambda x: x**3, (2.0,), (t,))[1])(5.0) == 12.0
    assert grad(lambda c: vjp(lambda x: x**3, 2.0)[1](c)[0])(5.0) == 12.0
    assert grad(lambda t: jvp(lambda x: x * t, (2.0,), (t,))[1])(5.0) == 10.0


def test_a_pullback_called_under_another_transform() -> None:
    _, pull = vjp(lambda x: x**3, 2.0)
    assert grad(lambda c: pull(c * c)[0])(3.0) == 72.0
    assert jvp(lambda c: pull(c * c)[0], (3.0,), (1.0,)) == (108.0, 72.0)

    def f(x: Any) -> Any:
        _, pull = vjp(lambda y: y * y * x, x)
        return pull(x)[0]  # 2 y x * x at y = x: 2 x**3

    assert grad(f)(2.0) == 24.0


def test_derivative_through_a_step_of_gradient_descent() -> None:
    # One step w' = w - r L'(w) on L = w**2: L(w') = (w - 2 r w)**2, d/dr = -4 w**2 (1 - 2 r).
    def after(r: Any) -> Any:
        w = 3.0
        return (w - r * grad(lambda w: w * w)(w)) ** 2

    def after_tracked(r: Any) -> Any:
        loss = lambda w: w * w * r / r  # noqa: E731  # an inner loss that sees r
        return loss(3.0 - r * grad(loss)(3.0))

    assert grad(after)(0.1) == pytest.approx(-4 * 9 * 0.8, rel=1e-14)
    assert grad(after_tracked)(0.1) == pytest.approx(-4 * 9 * 0.8, rel=1e-14)


def test_mixed_partials_are_symmetric() -> None:
    def f(x: Any, y: Any) -> Any:
        return np.sin(x * y) * np.exp(y) + x**3

    xy = grad(lambda x: grad(f, argnums=1)(x, 0.7))(0.4)
    yx = grad(lambda y: grad(f, argnums=0)(0.4, y))(0.7)
    # both sum the same few terms in another order
    assert xy == pytest.approx(yx, rel=1e-14)
    # d/dx d/dy = (cos(u) - u sin(u)) e**y + y cos(u) e**y with u = x y
    u = 0.4 * 0.7
    assert xy == pytest.approx(
        (np.cos(u) - u * np.sin(u) + 0.7 * np.cos(u)) * np.exp(0.7), rel=1e-14
    )


def test_matrix_transforms_inside_others() -> None:
    x = np.array([1.0, 2.0])
    # trace of the Hessian of sum x**4 is 12 sum x**2, whose gradient is 24 x.
    g = grad(lambda x: np.sum(hessian(lambda y: np.sum(y**4))(x) * np.eye(2)))(x)
    np.testing.assert_array_equal(g, 24 * x)
    j = jacobian(lambda x: jacobian(lambda y: y**2 * np.sum(x))(x))(x)
    # inner: J_ij = 2 x_i s d_ij with s = sum x; d/dx_k = 2 d_ij (d_ik s + x_i)
    eye = np.eye(2)
    expected = 2 * eye[:, :, None] * (eye[:, None, :] * 3.0 + x[:, None, None])
    np.testing.assert_array_equal(j, expected)
    h = grad(lambda s: np.sum(hvp(lambda y: np.sum(y**3) * s, (x,), (x,))))(2.0)
    assert h == np.sum(6 * x * x)


def test_stop_gradient_under_nesting() -> None:
    # d/dx [x * d/dy (stop(x) y**2) at y = x] = d/dx [x * stop(x) * 2 x] = 4 x * x.
    def f(x: Any) -> Any:
        return x * grad(lambda y: stop_gradient(x) * y**2)(x)

    assert grad(f)(3.0) == 36.0
