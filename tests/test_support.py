"""The careful walk: "no gradient" is not "a gradient of zero".

What a mask left out has no say, however infinite its slope; a factor that merely happens to
be 0 leaves 0 * inf undecided, and that is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, hessian, jacobian, jvp
from microgradnet.ops import arithmetic

# Functions with an infinite slope (or none) at 0, and that slope at x > 0.
POLES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "log": (np.log, lambda x: 1.0 / x),
    "1/x": (lambda x: 1.0 / x, lambda x: -1.0 / x**2),
    "x log x": (lambda x: x * np.log(x), lambda x: np.log(x) + 1.0),
    "x**0.5": (lambda x: x**0.5, lambda x: 0.5 / np.sqrt(x)),
    "sqrt of a sum": (lambda x: np.sqrt(x + 0.0 * x), lambda x: 0.5 / np.sqrt(x)),
}
# Ways for the masked numbers to reach the loss: copies, moves and sums.
PATHS: dict[str, Callable[[Any], Any]] = {
    "directly": lambda y: y,
    "reshape": lambda y: np.reshape(y, (-1, 1)),
    "transpose": lambda y: np.transpose(np.reshape(y, (-1, 1))),
    "indexing": lambda y: y[::-1],
    "broadcasting": lambda y: y + np.zeros((2, 1)),
    "partial sum": lambda y: np.sum(y + np.zeros((2, 1)), axis=0),
    "scaling": lambda y: -2.0 * y,
}


def masked(f: Callable[[Any], Any], path: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: np.sum(path(np.where(x > 0, f(x), 0.0)))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("pole", POLES)
def test_a_mask_keeps_infinite_slopes_out(pole: str, path: str) -> None:
    f, slope = POLES[pole]
    x = np.array([0.0, 2.0, 0.0, 0.5])
    weight = {"broadcasting": 2.0, "partial sum": 2.0, "scaling": -2.0}.get(path, 1.0)
    with np.errstate(all="ignore"):
        expected = weight * np.where(x > 0, slope(np.where(x > 0, x, 1.0)), 0.0)
        got = grad(masked(f, PATHS[path]))(x)
        v = Value(x)
        masked(f, PATHS[path])(v).backward()
    np.testing.assert_allclose(got, expected, rtol=1e-15)
    np.testing.assert_array_equal(v.grad, got)


@pytest.mark.parametrize("pole", POLES)
def test_a_mask_keeps_them_out_of_floats_too(pole: str) -> None:
    f, slope = POLES[pole]

    def g(x: Any) -> Any:
        return np.where(x > 0, f(x), 0.0) * 3.0

    with np.errstate(all="ignore"):
        assert grad(g)(0.0) == 0.0
        assert grad(g)(2.0) == pytest.approx(3.0 * slope(2.0), rel=1e-15)
        v = Value(0.0)
        inner = f(v)
        (np.where(v > 0, inner, 0.0) * 3.0).backward()
    assert v.grad == 0.0
    assert inner.grad == 0.0  # interior gradients of a float graph are kept by this walk too


@pytest.mark.parametrize("pole", POLES)
def test_a_mask_keeps_them_out_of_forward_mode(pole: str) -> None:
    f, slope = POLES[pole]
    x = np.array([0.0, 2.0])
    with np.errstate(all="ignore"):
        for t in (np.ones(2), np.array([0.0, 1.0])):
            moved = jvp(lambda x: np.where(x > 0, f(x), 0.0) * 3.0, (x,), (t,))[1]
            np.testing.assert_allclose(moved, [0.0, 3.0 * slope(2.0)], rtol=1e-15)
        assert jvp(lambda x: np.where(x > 0, f(x), 0.0) * 3.0, (0.0,), (1.0,))[1] == 0.0
        assert jvp(lambda x: np.maximum(1.0, np.sqrt(x)), (0.0,), (1.0,))[1] == 0.0
        forward = jacobian(masked(f, PATHS["scaling"]), mode="forward")(x)
    np.testing.assert_allclose(forward, [0.0, -2.0 * slope(2.0)], rtol=1e-15)


def test_a_factor_of_zero_leaves_it_undecided() -> None:
    with np.errstate(all="ignore"):
        assert np.isnan(grad(lambda x: np.sqrt(x) ** 2)(0.0))
        assert np.isnan(grad(lambda x: 0.0 * np.sqrt(x))(0.0))
        np.testing.assert_array_equal(
            grad(lambda x: np.sum(np.sqrt(x) * np.array([0.0, 2.0])))(np.array([0.0, 4.0])),
            [np.nan, 0.5],
        )
        # ... for that element alone
        np.testing.assert_array_equal(
            grad(lambda x: np.sum(np.sqrt(x) ** 2))(np.array([0.0, 4.0])), [np.nan, 1.0]
        )


def test_a_mask_after_an_undecided_factor_still_decides() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.where(x > 0, np.sqrt(x) ** 2, 0.0))

    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(grad(f)(np.array([0.0, 4.0])), [0.0, 1.0])


def test_reached_through_any_copy_is_reached() -> None:
    # One copy is masked, the other is not: the slope at 0 is infinite.
    def f(x: Any) -> Any:
        y = np.sqrt(x)
        return np.sum(np.where(x > 0, y, 0.0) + y)

    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(grad(f)(np.array([0.0, 4.0])), [np.inf, 0.5])
        np.testing.assert_array_equal(grad(lambda x: f(x) + 0.0 * np.sum(x))(np.zeros(1)), [np.inf])

    # Both are masked, by masks that together leave out the first element alone.
    def g(x: Any) -> Any:
        y = np.sqrt(x)
        first, second = np.array([False, True, False]), np.array([False, False, True])
        return np.sum(np.where(first, y, 0.0) + np.where(second, y, 0.0))

    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(grad(g)(np.array([0.0, 4.0, 0.25])), [0.0, 0.25, 1.0])


def test_a_broadcast_operand_is_reached_if_any_of_its_copies_is() -> None:
    mask = np.array([[True, False], [False, False]])

    def f(x: Any) -> Any:  # x of shape (2, 1): only its first row is asked for
        return np.sum(np.where(mask, np.sqrt(x) * np.ones(2), 0.0))

    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(grad(f)(np.array([[4.0], [0.0]])), [[0.25], [0.0]])
        np.testing.assert_array_equal(grad(f)(np.array([[0.0], [0.0]])), [[np.inf], [0.0]])

    def scalar(x: Any) -> Any:  # a float that is broadcast: one copy of many suffices
        return np.sum(np.where(mask, np.sqrt(x) + np.zeros((2, 2)), 0.0))

    with np.errstate(all="ignore"):
        assert grad(scalar)(0.0) == np.inf
        assert grad(scalar)(4.0) == 0.25


def test_extremes_select_like_masks() -> None:
    with np.errstate(all="ignore"):
        assert grad(lambda x: np.maximum(np.sqrt(x), 1.0))(0.0) == 0.0
        assert grad(lambda x: np.minimum(np.sqrt(x), -1.0) * 2.0)(0.0) == 0.0
        assert grad(lambda x: np.maximum(np.sqrt(x), -1.0))(0.0) == np.inf


def test_other_rules_spread_to_everywhere() -> None:
    # A matrix product reads every element of a row: what the mask left out is asked for again.
    w = np.ones((2, 2))

    def f(x: Any) -> Any:
        return np.sum(np.where(np.array([True, False]), w @ np.sqrt(x), 0.0))

    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(grad(f)(np.array([0.0, 4.0])), [np.inf, 0.25])


def test_rows_of_a_jacobian_ask_about_one_element_each() -> None:
    def f(x: Any) -> Any:
        return np.sqrt(x) * x

    with np.errstate(all="ignore"):
        j = jacobian(f, mode="reverse")(np.array([0.0, 4.0]))
        h = jacobian(lambda x: x.reshape(2, 1) * np.sqrt(x[1]), mode="reverse")(
            np.array([3.0, 0.0])
        )
    np.testing.assert_array_equal(j[1], [0.0, 3.0])
    assert np.isnan(j[0, 0])
    np.testing.assert_array_equal(h[0, 0], [0.0, np.inf])


AT_POLES: dict[str, Callable[[Any], Any]] = {
    "quotient": lambda v: v[1:] / v[:1],
    "sqrt": np.sqrt,
    "sqrt times itself": lambda v: np.sqrt(v) * v,
    "power": lambda v: v[:1] ** v[1:],
    "log plus its reverse": lambda v: np.log(v) + v[::-1],
    "log times its reverse": lambda v: np.log(v) * v[::-1],
    "maximum": lambda v: np.maximum(np.sqrt(v), v[::-1]),
    "matrix product": lambda v: np.ones((2, 2)) @ np.sqrt(v),
    "matrix product and a sum": lambda v: np.ones((2, 2)) @ np.sqrt(v) + v,
    "mask": lambda v: np.where(v > 0, np.log(v), v),
    "sum": lambda v: np.sum(np.sqrt(v), keepdims=True) + v,
    "several": lambda v: np.concatenate([np.sqrt(v), v, np.cumsum(np.sqrt(v))]),
}


@pytest.mark.parametrize("name", AT_POLES)
@pytest.mark.parametrize("x", [np.array([0.0, 4.0]), np.array([4.0, 0.0]), np.zeros(2)], ids=str)
def test_both_modes_agree_at_poles(name: str, x: Any) -> None:
    with np.errstate(all="ignore"):
        forward = jacobian(AT_POLES[name], mode="forward")(x)
        reverse = jacobian(AT_POLES[name], mode="reverse")(x)
    np.testing.assert_array_equal(forward, reverse)


def test_columns_of_several_arguments_at_poles() -> None:
    def f(x: Any, y: Any) -> Any:
        return np.sqrt(x) * x + y * y

    x, y = np.array([0.0, 4.0]), np.array([1.0, 2.0])
    with np.errstate(all="ignore"):
        by_x, by_y = jacobian(f, argnums=(0, 1), mode="forward")(x, y)
    np.testing.assert_array_equal(by_x, [[np.nan, 0.0], [0.0, 3.0]])
    np.testing.assert_array_equal(by_y, [[2.0, 0.0], [0.0, 4.0]])


def test_second_derivatives_through_a_mask() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.where(x > 0, x * np.log(x), 0.0))

    x = np.array([0.0, 2.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(hessian(f)(x), [[0.0, 0.0], [0.0, 0.5]])
        np.testing.assert_array_equal(jvp(grad(f), (x,), (np.ones(2),))[1], [0.0, 0.5])
        assert grad(grad(lambda x: np.where(x > 0, x * np.log(x), 0.0)))(0.0) == 0.0
        assert grad(grad(lambda x: np.where(x > 0, x * np.log(x), 0.0)))(2.0) == 0.5


def test_only_the_operands_asked_about_are_walked() -> None:
    w = Value(np.array([0.0, 1.0]))  # a variable of somebody else, at its pole

    def f(x: Any) -> Any:
        return np.sum(np.where(x > 0, np.sqrt(x), 0.0) * np.sqrt(w))

    with np.errstate(all="ignore"):
        g = grad(f)(np.array([0.0, 4.0]))
        np.testing.assert_array_equal(g.data if isinstance(g, Value) else g, [0.0, 0.25])
    partial = grad(lambda x, y: np.sum(np.where(x > 0, np.sqrt(x) * y, 0.0)), argnums=1)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(partial(np.array([0.0, 4.0]), np.ones(2)), [0.0, 2.0])


def test_interior_gradients_are_kept_by_the_careful_walk() -> None:
    x = Value(np.array([0.0, 4.0]))
    with np.errstate(all="ignore"):
        y = np.sqrt(x).retain_grad()
        loss = np.sum(np.where(x > 0, y, 0.0) * 3.0)
        loss.backward()
        np.testing.assert_array_equal(y.grad, [0.0, 3.0])
        loss.backward()
    np.testing.assert_array_equal(y.grad, [0.0, 6.0])
    np.testing.assert_array_equal(x.grad, [0.0, 1.5])


def test_constant_partials_and_parameters_pass_through() -> None:
    x = Value(np.array([0.0, 4.0]))
    with np.errstate(all="ignore"):
        y = np.sqrt(x) - np.sinc(x * 0.0)
        loss = np.sum(np.where(x > 0, y, 0.0))
        loss.backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.25])


@given(
    x=st.lists(st.sampled_from([0.0, 0.25, 1.0, 4.0]), min_size=1, max_size=5),
    ask=st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_any_mask_over_any_zeros(x: list[float], ask: list[bool]) -> None:
    a, mask = np.array(x), np.array(ask[: len(x)])
    with np.errstate(all="ignore"):
        got = grad(lambda v: np.sum(np.where(mask, np.sqrt(v) * 1.0, 7.0)))(a)
        expected = np.where(mask, 0.5 / np.sqrt(a), 0.0)
    np.testing.assert_array_equal(got, expected)


def test_choose_is_where_without_a_mask_operand() -> None:
    # The condition itself has no say: its cotangent is 0, whatever the branches are.
    c = Value(np.array([1.0, 0.0]))
    with np.errstate(all="ignore"):
        np.sum(arithmetic.choose(c, np.inf, 2.0) * np.array([0.0, 1.0])).backward()
    np.testing.assert_array_equal(c.grad, [0.0, 0.0])
