"""Single steps of a walk: several results, one derivative made from the other, floats at poles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, elementwise, general, grad, jacobian, jvp, stop_gradient, vjp
from microgradnet.memory import LARGE
from microgradnet.steps import unpack

from . import checking
from .checking import Call

# --- several results --------------------------------------------------------------------------

# Sine and twice the cosine, with both derivatives, with either one, and with arrays of
# different shapes: (x, y) -> (x * y, sum(y)).


def _back(g: Any, z: Any, x: Any, needed: Any) -> list[Any]:
    s, c = g  # None for a result that nobody asked about
    parts = [] if s is None else [s * np.cos(x)]
    if c is not None:
        parts.append(-2.0 * c * np.sin(x))
    return [sum(parts[1:], parts[0])]


def _forth(ts: Any, z: Any, x: Any) -> Any:
    return ts[0] * np.cos(x), -2.0 * ts[0] * np.sin(x)


def _evaluate(x: Any) -> Any:
    return np.sin(x), 2.0 * np.cos(x)


CIRCULAR = {
    "both": general(_evaluate, vjp=_back, jvp=_forth, name="circular both"),
    "vjp": general(_evaluate, vjp=_back, name="circular vjp"),
    "jvp": general(_evaluate, jvp=_forth, name="circular jvp"),
}
every_circular = pytest.mark.parametrize("written", CIRCULAR)

product_and_sum = general(
    lambda x, y: (x * y, np.sum(y)),
    vjp=lambda g, z, x, y, needed: [g[0] * y, g[0] * x + g[1]],
    name="product and sum",
)


def circular(written: str) -> Callable[[Any], Any]:
    return lambda x: unpack(CIRCULAR[written](x))


@every_circular
@pytest.mark.parametrize("x", [0.7, np.array([0.3, -1.2, 2.0]), np.zeros((0, 2))])
def test_several_results(written: str, x: Any) -> None:
    call = Call(f"circular {written}", circular(written), (x,))
    rng = np.random.default_rng(1)
    checking.check_value(call)
    checking.check_first_order(call, rng)
    checking.check_adjoint(call, rng)
    checking.check_second_order(call, rng)


@every_circular
def test_one_result_of_several(written: str) -> None:
    def cosine(x: Any) -> Any:
        return circular(written)(x)[1]

    x = 0.7
    assert grad(cosine)(x) == -2.0 * np.sin(x)
    assert jvp(cosine, (x,), (1.0,))[1] == -2.0 * np.sin(x)
    # Two uses of one result, and a third of the other.
    f = grad(lambda x: circular(written)(x)[0] ** 2 + circular(written)(x)[0])
    assert f(x) == pytest.approx(np.cos(x) * (2.0 * np.sin(x) + 1.0), rel=1e-15)


@every_circular
def test_a_used_result_meets_an_unused_one(written: str) -> None:
    def f(x: Any) -> Any:
        s, c = circular(written)(x)
        return s * s + (c * 0.0 + s) * c

    checking.check_second_order(
        Call("shared parts", lambda x: [f(x)], (0.7,)), np.random.default_rng(2)
    )


@every_circular
def test_fourth_order_through_several_results(written: str) -> None:
    def sine(x: Any) -> Any:
        return circular(written)(x)[0]

    # Some dozens of roundings on numbers of size 2.
    assert grad(grad(grad(grad(sine))))(0.7) == pytest.approx(np.sin(0.7), rel=1e-13)


def test_results_of_several_shapes() -> None:
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    _, pull = vjp(lambda x, y: unpack(product_and_sum(x, y)), x, y)
    gx, gy = pull((np.array([1.0, 10.0]), 100.0))
    np.testing.assert_array_equal(gx, [3.0, 40.0])
    np.testing.assert_array_equal(gy, [101.0, 120.0])
    call = Call("product and sum", lambda x, y: unpack(product_and_sum(x, y)), (x, y))
    for check in (checking.check_first_order, checking.check_second_order):
        check(call, np.random.default_rng(3))


def test_several_results_of_large_arrays() -> None:
    x = np.linspace(0.0, 1.0, LARGE + 1)

    def f(x: Any) -> Any:
        s, c = circular("both")(x)
        return np.sum(s + c)

    np.testing.assert_allclose(grad(f)(x), np.cos(x) - 2.0 * np.sin(x), rtol=1e-14)
    v = Value(x)
    s, _ = unpack(CIRCULAR["vjp"](v))
    np.sum(s * s).backward()
    np.testing.assert_allclose(v.grad, np.sin(2.0 * x), rtol=1e-14)


def test_several_results_of_what_is_not_tracked() -> None:
    raw = unpack(CIRCULAR["both"](0.5))
    assert raw == (np.sin(0.5), 2.0 * np.cos(0.5))
    named = unpack(CIRCULAR["both"](Value(0.5, requires_grad=False)))
    assert [v.data for v in named] == list(raw)
    assert not any(v.requires_grad for v in named)


def test_results_of_several_keep_interior_gradients() -> None:
    x = Value(0.5)
    s, c = unpack(CIRCULAR["both"](x))
    s.retain_grad()
    (s * 3.0 + c).backward()
    assert s.grad == 3.0
    assert x.grad == pytest.approx(3.0 * np.cos(0.5) - 2.0 * np.sin(0.5), rel=1e-15)


# --- one derivative from the other ------------------------------------------------------------

multiply_back = general(
    lambda x, y: x * y, vjp=lambda g, z, x, y, needed: [g * y, g * x], name="multiply back"
)


def _multiply_forth(ts: Any, z: Any, x: Any, y: Any) -> Any:
    parts = [t * other for t, other in zip(ts, (y, x), strict=True) if t is not None]
    return sum(parts[1:], parts[0])


multiply_forth = general(lambda x, y: x * y, jvp=_multiply_forth, name="multiply forth")


@pytest.mark.parametrize("product", [multiply_back, multiply_forth], ids=lambda p: p.name)
@pytest.mark.parametrize("y", [1.5, np.array([0.5, -2.0])])
def test_products_with_one_written_mode(product: Any, y: Any) -> None:
    x = np.array([1.0, 3.0]) if isinstance(y, np.ndarray) else 3.0
    rng = np.random.default_rng(4)
    for call in (
        Call("both", lambda x, y: [product(x, y)], (x, y)),
        Call("left", lambda x: [product(x, stop_gradient(y))], (x,)),
        Call("right", lambda y: [product(x, y)], (y,)),
        Call("square", lambda x: [product(x, x)], (x,)),
    ):
        checking.check_first_order(call, rng)
        checking.check_adjoint(call, rng)
        checking.check_second_order(call, rng)


def test_a_constant_derivative_transposes_to_nothing() -> None:
    halves = general(
        lambda x, n: x * n, vjp=lambda g, z, x, n, needed: [g * n, None], name="halves"
    )
    assert jvp(lambda n: halves(2.0, n), (3.0,), (1.0,))[1] == 0.0
    assert jvp(lambda x, n: halves(x, n), (2.0, 3.0), (1.0, 1.0))[1] == 3.0
    summed = general(lambda x: np.sum(x), jvp=lambda ts, z, x: np.sum(ts[0]), name="sum forth")
    np.testing.assert_array_equal(grad(lambda x: summed(x) * 2.0)(np.ones(3)), [2.0] * 3)
    x32 = np.ones(3, np.float32)
    assert grad(summed)(x32).dtype == np.float32


def test_transposing_keeps_the_seeds_shape() -> None:
    # The rule's result has fewer axes than its tangent's seed, which is a broadcast of it.
    spread = general(
        lambda x: np.broadcast_to(x, (2, 3)),
        vjp=lambda g, z, x, needed: [np.sum(g, axis=0)],
        name="spread",
    )
    x = np.array([1.0, 2.0, 3.0])
    out, moved = jvp(spread, (x,), (np.ones(3),))
    np.testing.assert_array_equal(out, [x, x])
    np.testing.assert_array_equal(moved, np.ones((2, 3)))
    np.testing.assert_array_equal(
        jacobian(spread, mode="forward")(x), jacobian(spread, mode="reverse")(x)
    )


# --- Python floats at poles -------------------------------------------------------------------

poly = elementwise(
    lambda x, order: x**order,
    lambda z, x, order: order * z / x,
    name="power by division",
)


def test_a_partial_that_python_refuses_is_numpys() -> None:
    with np.errstate(all="ignore"):
        assert np.isnan(grad(lambda x: poly(x, order=2))(0.0))
        assert np.isnan(jvp(lambda x: poly(x, order=2), (0.0,), (1.0,))[1])
        assert grad(lambda x: poly(x, order=2))(3.0) == 6.0
        # the same with a second operand, without parameters, and recorded
        assert grad(lambda x: 2.0 / x)(0.0) == -np.inf
        assert grad(grad(np.log))(0.0) == -np.inf
        assert jvp(grad(np.log), (0.0,), (1.0,))[1] == -np.inf
        assert grad(lambda x: jvp(np.log, (x,), (1.0,))[1])(0.0) == -np.inf
        assert type(jvp(np.log, (0.0,), (1.0,))[1]) is float


def test_a_constant_pole_is_numpys_in_recorded_walks_too() -> None:
    with np.errstate(all="ignore"):
        # d/dx (d/dy (x y / 0)) = 1 / 0
        assert grad(lambda x: grad(lambda y: x * (y / 0.0))(1.0))(2.0) == np.inf

        def slope(x: Any) -> Any:
            return jvp(lambda y: x * (y / 0.0), (1.0,), (1.0,))[1]

        assert jvp(slope, (2.0,), (1.0,))[1] == np.inf


def test_errors_of_a_rule_that_is_no_table_are_its_own() -> None:
    def fails(*args: Any, **params: Any) -> Any:
        raise ValueError("the rule's own")

    odd = general(lambda x: x * 1.0, vjp=fails, jvp=fails, name="failing rules")
    for derive in (grad(odd), lambda x: jvp(odd, (x,), (1.0,)), jacobian(odd, mode="forward")):
        with pytest.raises(ValueError, match="^the rule's own$"):
            derive(2.0)


def test_where_pythons_floats_raise_a_recorded_partial_gets_numpys() -> None:
    ratio = elementwise(
        lambda x, y: np.divide(x, y), lambda z, x, y: 1.0 / y, lambda z, x, y: -z / y, name="ratio"
    )
    with np.errstate(all="ignore"):
        assert jvp(grad(lambda x: ratio(x, 0.0)), (2.0,), (1.0,)) == (np.inf, 0.0)
        assert grad(lambda x: ratio(x, 0.0))(2.0) == np.inf
