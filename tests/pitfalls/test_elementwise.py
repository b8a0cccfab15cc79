"""Single numbers: kinks, removable singularities, powers, guarded branches, dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, hessian, jacobian, jvp, value_and_grad

from .helpers import check_first_order, check_float32, check_loud, check_second_order, raw

PI2 = np.pi**2
SHAPES = pytest.mark.parametrize("wrap", [float, np.array], ids=["float", "0-d"])

# --- sinc ------------------------------------------------------------------------------------


@SHAPES
def test_sinc_at_zero(wrap: Callable[..., Any]) -> None:
    check_first_order(np.sinc, wrap(0.0), 0.0)
    check_second_order(np.sinc, wrap(0.0), -PI2 / 3)


@SHAPES
@pytest.mark.parametrize("x", [1e-8, -1e-8, 1e-5, 1e-300])
def test_sinc_near_zero(wrap: Callable[..., Any], x: float) -> None:
    # sinc(x) = 1 - (pi x)**2 / 6 + (pi x)**4 / 120 - ...
    y2 = PI2 * x * x
    first = -PI2 * x / 3 * (1 - y2 / 10)
    second = -PI2 / 3 * (1 - 3 * y2 / 10)
    got = float(raw(grad(np.sinc)(wrap(x))))
    # relative, unlike elsewhere: both terms of (cos(y) - sinc(x)) / x cancel
    assert got == pytest.approx(first, rel=1e-12)
    check_second_order(np.sinc, wrap(x), second)


def test_sinc_elsewhere() -> None:
    x = np.array([-2.5, -1.0, -0.3, 0.0, 0.02, 0.11, 0.7, 1.0, 3.0])
    check_first_order(np.sinc, x)
    check_second_order(lambda x: np.sum(np.sinc(x)), x)
    check_float32(np.sinc, np.array([0.0, 0.4, 1.0]))


def test_sinc_third_and_fourth_order_at_zero() -> None:
    assert grad(grad(grad(np.sinc)))(0.0) == pytest.approx(0.0, abs=1e-9)
    assert grad(grad(grad(grad(np.sinc))))(0.0) == pytest.approx(PI2**2 / 5, rel=1e-9)


# --- kinks -----------------------------------------------------------------------------------


@SHAPES
def test_abs_at_its_kink(wrap: Callable[..., Any]) -> None:
    for fn in (np.abs, abs, np.fabs, np.absolute):
        check_first_order(fn, wrap(0.0), 0.0, numeric=False)
        check_loud(fn, wrap(0.0))


@SHAPES
def test_abs_squared_second_order_is_never_silently_zero(wrap: Callable[..., Any]) -> None:
    check_loud(lambda x: np.abs(x) ** 2, wrap(0.0), truth=2.0)
    check_loud(lambda x: np.abs(x) * np.abs(x), wrap(0.0), truth=2.0)
    check_loud(lambda x: np.hypot(x, 0.0) ** 2, wrap(0.0), truth=2.0)
    check_loud(lambda x: np.sqrt(x * x) ** 2, wrap(0.0), truth=2.0)


def test_abs_second_order_beside_a_kink() -> None:
    h = hessian(lambda x: np.sum(np.abs(x) ** 3))(np.array([-2.0, 1.0]))
    np.testing.assert_array_equal(h, [[12.0, 0.0], [0.0, 6.0]])


@SHAPES
def test_hypot_at_the_origin(wrap: Callable[..., Any]) -> None:
    x = wrap(0.0)
    assert [float(g) for g in grad(np.hypot, argnums=(0, 1))(x, x)] == [0.0, 0.0]
    check_first_order(lambda x: np.hypot(x, x), x, 0.0, numeric=False)
    check_first_order(lambda x: np.hypot(x, 0.0), x, 0.0, numeric=False)
    check_loud(lambda x: np.hypot(x, 2 * x), x)


@pytest.mark.parametrize("x", [3.0, -3.0, 1e-3, np.array([0.5, -4.0])], ids=str)
def test_hypot_with_zero_squared_second_order(x: Any) -> None:
    n = np.size(x)
    check_second_order(
        lambda x: np.sum(np.hypot(x, 0.0) ** 2), x, 2.0 * np.eye(n).reshape(np.shape(x) * 2)
    )


def test_hypot_does_not_overflow() -> None:
    check_first_order(lambda x: np.hypot(x, 4e200), 3e200, 0.6, numeric=False)
    check_first_order(lambda x: np.hypot(x, 4e-200), 3e-200, 0.6, numeric=False)


@pytest.mark.parametrize("fn", [np.sign, np.floor, np.ceil, np.rint, np.trunc,
                                lambda x: np.heaviside(x, 0.5), lambda x: x // 2.0,
                                lambda x: np.floor_divide(2.1, x)])  # fmt: skip
def test_steps_are_values_with_zero_gradient(fn: Callable[..., Any]) -> None:
    x = np.array([-1.3, 0.4, 2.6])
    check_first_order(fn, x, np.zeros((3, 3)))
    check_first_order(fn, 0.4, 0.0)
    assert isinstance(fn(Value(x)), Value)
    check_float32(fn, x)


def test_straight_pieces() -> None:
    x = np.array([-2.7, -0.4, 1.3, 2.6])
    check_first_order(lambda x: np.fmod(x, 1.5), x)
    check_first_order(lambda x: np.remainder(x, 1.5), x)
    check_first_order(lambda x: x % -1.5, x)
    check_first_order(lambda y: np.fmod(7.1, y), x)
    check_first_order(lambda y: np.remainder(7.1, y), x)
    check_first_order(lambda y: 7.1 % y, x)
    check_first_order(lambda x: np.copysign(x, -1.0), x)
    check_first_order(lambda x: np.copysign(2.0, x), x, np.zeros((4, 4)))
    check_first_order(lambda x: np.copysign(x, x[::-1]), x)


# --- infinities ------------------------------------------------------------------------------


@pytest.mark.parametrize("fn", [np.logaddexp, np.logaddexp2])
def test_logaddexp_with_infinities(fn: np.ufunc) -> None:
    both = grad(fn, argnums=(0, 1))
    assert both(1.0, np.inf) == (0.0, 1.0)
    assert both(np.inf, 1.0) == (1.0, 0.0)
    assert both(1.0, -np.inf) == (1.0, 0.0)
    assert both(-np.inf, 1.0) == (0.0, 1.0)
    check_first_order(
        lambda x: fn(x, np.array([np.inf, -np.inf, 2.0]))[:2], 1.0, [0.0, 1.0], numeric=False
    )
    assert jvp(fn, (1.0, np.inf), (3.0, 5.0))[1] == 5.0


@pytest.mark.parametrize("fn", [np.logaddexp, np.logaddexp2])
def test_logaddexp_far_apart_does_not_overflow(fn: np.ufunc) -> None:
    assert grad(fn, argnums=(0, 1))(1e4, -1e4) == (1.0, 0.0)
    assert grad(fn, argnums=(0, 1))(-1e4, 1e4) == (0.0, 1.0)
    check_second_order(lambda x: fn(x, 0.3), 0.7)
    check_second_order(lambda x: fn(x, x), 0.7, 0.0)


def test_saturated_functions_have_flat_ends_not_nan() -> None:
    assert grad(np.tanh)(1e3) == 0.0
    assert grad(np.arctan)(1e200) == 0.0
    assert grad(np.exp)(-1e3) == 0.0
    np.testing.assert_array_equal(np.diag(jacobian(np.tanh)(np.array([-np.inf, np.inf]))), [0, 0])


def test_nan_to_num() -> None:
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    j = jacobian(np.nan_to_num)(x)
    np.testing.assert_array_equal(j, np.diag([1.0, 0.0, 0.0, 0.0]))


# --- powers ----------------------------------------------------------------------------------


@SHAPES
@pytest.mark.parametrize("p", [0.0, 0])
def test_power_zero_at_zero(wrap: Callable[..., Any], p: float) -> None:
    for fn in (lambda x: x**p, lambda x: np.power(x, p), lambda x: np.float_power(x, p)):
        value, g = value_and_grad(fn)(wrap(0.0))
        assert value == 1.0
        assert g == 0.0
        check_first_order(fn, wrap(0.0), 0.0)
        check_second_order(fn, wrap(0.0), 0.0)


def test_power_zero_at_zero_with_array_and_tracked_exponents() -> None:
    x, p = np.array([0.0, -2.0, 3.0, 0.0]), np.array([0.0, 0.0, 0.0, 2.0])
    check_first_order(lambda x: np.power(x, p), x, np.zeros((4, 4)))
    assert grad(np.power)(0.0, 0.0) == 0.0
    gx, _ = grad(lambda x, p: x**p, argnums=(0, 1))(0.0, 0.0)
    assert gx == 0.0
    assert (Value(0.0) ** Value(0.0)).data == 1.0


@SHAPES
@pytest.mark.parametrize("x", [-3.0, -0.5, 0.0, 2.0])
@pytest.mark.parametrize("p", [1, 1.0, 2, 2.0, 3, 3.0, np.float64(2), np.array(2.0)], ids=repr)
def test_integral_powers_at_any_sign(wrap: Callable[..., Any], x: float, p: Any) -> None:
    n = float(p)
    expected = n * x ** (n - 1)
    second = n * (n - 1) * x ** (n - 2) if n >= 2 else 0.0
    for fn in (lambda x: x**p, lambda x: np.power(x, p)):
        check_first_order(fn, wrap(x), expected)
        check_second_order(fn, wrap(x), second)


def test_square_of_negative_array_has_no_nan() -> None:
    x = np.array([-2.0, -1.0, 0.0, 3.0])
    check_first_order(lambda x: x**2, x, np.diag(2 * x))
    check_first_order(lambda x: np.power(x, np.full(4, 2.0)), x, np.diag(2 * x))
    check_second_order(lambda x: np.sum(np.power(x, np.full(4, 2.0))), x, 2 * np.eye(4))


@pytest.mark.parametrize("p", [-1, -2, -1.0, -2.0])
@pytest.mark.parametrize("x", [-2.0, 0.5])
def test_negative_powers(x: float, p: float) -> None:
    check_first_order(lambda x: x**p, x, p * x ** (p - 1))
    check_second_order(lambda x: x**p, x, p * (p - 1) * x ** (p - 2))


def test_third_derivative_of_a_cube_at_zero() -> None:
    assert grad(grad(grad(lambda x: x**3)))(0.0) == 6.0
    assert grad(grad(grad(grad(lambda x: x**3))))(0.0) == 0.0
    assert grad(grad(grad(lambda x: np.power(x, 2.0))))(0.0) == 0.0


@SHAPES
def test_zero_to_a_positive_power_is_flat_in_the_exponent(wrap: Callable[..., Any]) -> None:
    check_first_order(lambda p: np.power(0.0, p), wrap(2.0), 0.0)
    check_first_order(lambda p: 0.0**p, wrap(2.0), 0.0)
    gx, gp = grad(lambda x, p: x**p, argnums=(0, 1))(wrap(0.0), wrap(2.0))
    assert gx == 0.0
    assert gp == 0.0


def test_power_in_both_operands() -> None:
    check_first_order(lambda x: x**x, 1.7, 1.7**1.7 * (np.log(1.7) + 1))
    check_second_order(lambda x: x**x, 1.7)
    check_second_order(lambda x: np.float_power(2.0, x), 1.3)
    check_first_order(lambda p: np.power(np.array([[1.0], [2.5]]), p), np.array([0.5, -1.0, 2.0]))


def test_ldexp() -> None:
    check_first_order(lambda x: np.ldexp(x, 3), 1.5, 8.0)
    n = np.array([[-2], [0], [5]])
    check_first_order(lambda x: np.ldexp(x, n), np.array([1.5, -2.0]))
    check_float32(lambda x: np.ldexp(x, 3), np.array([1.5, -2.0]))


# --- guarded branches ------------------------------------------------------------------------

GUARDED = [
    lambda x: np.where(x > 0, np.sqrt(x), 0),
    lambda x: np.where(x > 0, np.log(x), 0),
    lambda x: np.where(x > 0, np.divide(1.0, x), 0.0),
    lambda x: np.where(x > 0, x**0.5, 0.0),
    lambda x: np.where(x > 0, x * np.log(x), 0.0),
    lambda x: np.where(x <= 0, 0, np.divide(np.exp(2 * np.sqrt(x)), x)),
    lambda x: np.where(x > 0, np.linalg.norm(np.stack([x, x]), axis=0) ** -0.5, 0.0),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@SHAPES
@pytest.mark.parametrize("fn", GUARDED[:-1])
def test_an_unused_branch_sends_no_gradient(fn: Callable[..., Any], wrap: Any) -> None:
    check_first_order(fn, wrap(0.0), 0.0, numeric=False)
    check_first_order(lambda x: 3 * fn(x) + x, wrap(0.0), 1.0, numeric=False)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fn", GUARDED)
def test_an_unused_branch_sends_no_gradient_in_arrays(fn: Callable[..., Any]) -> None:
    x = np.array([0.0, 4.0, 0.0])
    expected = np.zeros((3, 3))
    expected[1, 1] = raw(jacobian(fn)(np.array([4.0]))).item()
    check_first_order(fn, x, expected, numeric=False)
    check_first_order(lambda x: np.sum(fn(x)), x, expected.sum(0), numeric=False)
    check_first_order(
        lambda x: np.sum(fn(x.reshape(3, 1)) * np.ones((1, 2))),
        x,
        2 * expected.sum(0),
        numeric=False,
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fn", GUARDED[:6])
def test_an_unused_branch_through_backward(fn: Callable[..., Any]) -> None:
    v = Value(0.0)
    fn(v).backward()
    assert v.grad == 0.0
    a = Value(np.array([0.0, 4.0]))
    np.sum(fn(a)).backward()
    assert a.grad[0] == 0.0
    assert np.isfinite(a.grad[1])
    assert a.grad[1] != 0.0


@pytest.mark.parametrize("mode", ["forward", "reverse", None])
def test_a_pole_stays_in_its_own_row_of_the_jacobian(mode: str | None) -> None:
    # The other rows and columns do not ask about it: 0, not 0 * inf.
    j = jacobian(np.sqrt, mode=mode)(np.array([0.0, 4.0]))
    np.testing.assert_array_equal(j, [[np.inf, 0.0], [0.0, 0.25]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_gradient_that_happens_to_be_zero_is_not_an_unused_branch() -> None:
    # sqrt(x)**2 is used at 0: its derivative there is 0 * inf, which nobody may call 0.
    for f in (lambda x: np.sqrt(x) ** 2, lambda x: 0.0 * np.sqrt(x)):
        assert np.isnan(float(raw(grad(f)(0.0))))
        assert np.isnan(float(raw(jvp(f, (0.0,), (1.0,))[1])))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fn", GUARDED[:6])
def test_an_unused_branch_second_order(fn: Callable[..., Any]) -> None:
    h = hessian(lambda x: np.sum(fn(x)))(np.array([0.0, 4.0]))
    assert h[1, 1] == pytest.approx(float(raw(grad(grad(fn))(4.0))), rel=1e-12)
    assert h[0, 1] == h[1, 0] == 0.0
    assert h[0, 0] == 0.0 or np.isnan(h[0, 0])


# --- dtypes, floats, empties -----------------------------------------------------------------

UNARY = [
    np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt, np.square,
    np.reciprocal, np.negative, np.positive, np.abs, np.sin, np.cos, np.tan, np.arctan, np.sinh,
    np.cosh, np.tanh, np.arcsinh, np.deg2rad, np.rad2deg, np.degrees, np.radians, np.sinc,
]  # fmt: skip
UNIT = [np.arcsin, np.arccos, np.arctanh]


@pytest.mark.parametrize("fn", UNARY + UNIT, ids=lambda fn: fn.__name__)
def test_unary(fn: Callable[..., Any]) -> None:
    x = np.array([0.3, 0.55, 0.8]) if fn in UNIT else np.array([0.4, 1.3, 2.2])
    check_first_order(fn, x)
    check_second_order(lambda x: np.sum(fn(x) * np.array([1.0, 2.0, 3.0])), x)
    check_second_order(fn, 0.4)
    check_first_order(fn, np.array(0.4))
    check_float32(fn, x)
    check_first_order(fn, np.zeros((0, 2)), np.zeros((0, 2, 0, 2)))
    assert type(fn(Value(0.4)).data) is float
    assert type(grad(fn)(0.4)) is float


BINARY = [
    np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power, np.arctan2, np.hypot,
    np.logaddexp, np.logaddexp2, np.maximum, np.minimum, np.fmax, np.fmin, np.fmod, np.remainder,
    np.copysign, np.heaviside, np.floor_divide,
]  # fmt: skip


@pytest.mark.parametrize("fn", BINARY, ids=lambda fn: fn.__name__)
def test_binary_broadcasts_and_keeps_dtypes(fn: np.ufunc) -> None:
    x, y = np.array([[0.4, 1.3, 2.2], [3.1, 0.9, 1.7]]), np.array([1.1, 0.7, 2.9])
    check_first_order(lambda x: fn(x, y), x)
    check_first_order(lambda y: fn(x, y), y)
    check_first_order(lambda s: fn(s, y), 0.6)
    check_first_order(lambda s: fn(x, s), 0.6)
    check_second_order(lambda x: np.sum(fn(x, y) ** 2), x)
    check_second_order(lambda y: np.sum(fn(x, y) ** 2), y)
    if fn is not np.float_power:  # which promises float64
        check_float32(lambda x: fn(x, y.astype(np.float32)), x)
        check_float32(lambda x: fn(x, 0.75), x)
        check_float32(lambda x: fn(0.75, x), x)
    check_first_order(lambda x: fn(x, y), np.zeros((0, 3)), np.zeros((0, 3, 0, 3)))
    assert type(fn(Value(0.4), 1.5).data) is float


def test_a_float64_operand_gets_a_float64_gradient_beside_a_float32_one() -> None:
    gx, gy = grad(lambda x, y: np.sum(x * y), argnums=(0, 1))(
        np.ones(2, np.float32), np.array([0.1, 0.2])
    )
    assert gx.dtype == np.float32
    assert gy.dtype == np.float64
