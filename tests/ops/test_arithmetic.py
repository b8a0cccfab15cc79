"""Operators and selection at their edges: zeros, signs, remainders, partners of any dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, hessian, jvp
from microgradnet.declare import NUMPY
from microgradnet.errors import NotDifferentiableError
from microgradnet.graph import Primitive
from microgradnet.ops.arithmetic import undefined

from ..pitfalls.helpers import check_first_order, check_loud, check_second_order, raw

FORMS = pytest.mark.parametrize("wrap", [float, np.array], ids=["float", "0-d"])
UFUNCS = [f for f in NUMPY if isinstance(f, np.ufunc) and isinstance(NUMPY[f], Primitive)]
ELEMENTWISE = [f for f in UFUNCS if NUMPY[f].rule.elementwise]


def second(f: Any, x: Any, y: Any) -> Any:
    """All four second derivatives of a function of two numbers."""
    rows = [grad(grad(f, argnums=i), argnums=(0, 1))(x, y) for i in (0, 1)]
    return np.array([[float(raw(h)) for h in row] for row in rows])


# --- powers -----------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize(("x", "y"), [(3.0, 0.0), (0.5, 2.0), (2.0, -1.5), (0.0, 3.0)])
def test_power_second_order_in_both(wrap: Any, x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        log = float(np.log(x)) if x else 0.0  # x**(y-2) log(x)**2 vanishes at 0 for y > 2
    mixed = x ** (y - 1) * (1 + y * log)
    expected = [[y * (y - 1) * x ** (y - 2), mixed], [mixed, x**y * log * log]]
    got = second(lambda x, y: x**y, wrap(x), wrap(y))
    np.testing.assert_allclose(got, expected, rtol=1e-14)


@FORMS
@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
def test_power_at_zero_is_loud_where_its_slope_is_steep(wrap: Any, y: float) -> None:
    # d/dx of x**y log(x) at 0: infinitely steep for y <= 1, never a finite number.
    with np.errstate(all="ignore"):
        h = second(np.power, wrap(0.0), wrap(y))
    assert not np.isfinite(h[0, 1])
    assert not np.isfinite(h[1, 0])


@FORMS
def test_power_of_a_negative_base(wrap: Any) -> None:
    with np.errstate(all="ignore"):
        for f in (lambda x: x**0.5, lambda x: np.power(x, 0.5), lambda x: np.float_power(x, 0.5)):
            assert np.isnan(raw(grad(f)(wrap(-8.0))))
            assert np.isnan(raw(jvp(f, (wrap(-8.0),), (1.0,))[1]))
        assert np.isnan(raw(grad(lambda y: (-2.0) ** y)(wrap(2.0))))
        assert np.isneginf(raw(grad(lambda y: 0.0**y)(wrap(-1.0))))


@FORMS
@pytest.mark.parametrize("kind", [int, np.int8, np.int64])
def test_integers_at_the_edges_of_power(wrap: Any, kind: Any) -> None:
    # Where Python's floats raise, NumPy's give inf or nan.
    with np.errstate(all="ignore"):
        assert np.isnan(raw(grad(lambda y: kind(-2) ** y)(wrap(-2.0))))
        assert np.isneginf(raw(grad(lambda x: x ** kind(-2))(wrap(0.0))))
        assert np.isneginf(raw(jvp(lambda x: x ** kind(-2), (wrap(0.0),), (1.0,))[1]))


# --- division by a Python zero ----------------------------------------------------------------


@FORMS
@pytest.mark.parametrize("zero", [0, 0.0, -0.0])
def test_division_of_an_array_by_a_python_zero_is_numpys(wrap: Any, zero: Any) -> None:
    inf = float(np.copysign(np.inf, zero))
    with np.errstate(all="ignore"):
        for x, expected in ((wrap(2.0), inf), (np.full(2, 2.0), np.full(2, inf))):
            np.testing.assert_array_equal(grad(lambda x: np.sum(x / zero))(x), expected)
            t = 1.0 + 0 * x
            np.testing.assert_array_equal(jvp(lambda x: x / zero, (x,), (t,))[1], expected)


def test_the_mean_of_nothing_moves_with_nothing() -> None:
    with pytest.warns(RuntimeWarning, match="invalid value"):
        assert grad(np.mean)(np.zeros((0, 2))).shape == (0, 2)


# --- remainders -----------------------------------------------------------------------------------


@FORMS
@pytest.mark.parametrize(
    ("f", "x", "y", "slope"),
    [
        (np.remainder, 1.0, 0.1, -9.0),  # floor(1 / 0.1) is 10, but 1 // 0.1 is 9
        (np.fmod, 1.0, 0.1, -9.0),
        (np.remainder, -1.0, 0.1, 10.0),
        (np.fmod, -1.0, 0.1, 9.0),
        (np.remainder, 7.1, -2.0, 4.0),
        (np.fmod, 7.1, -2.0, 3.0),
        (np.remainder, -7.1, -2.0, -3.0),
        (np.fmod, -7.1, 2.0, 3.0),
        (np.remainder, 0.5, np.inf, 0.0),
        (np.remainder, -0.5, np.inf, 1.0),
        (np.fmod, -0.5, np.inf, 0.0),
    ],
)
def test_the_quotient_is_the_one_of_the_remainder(
    wrap: Any, f: Any, x: float, y: float, slope: float
) -> None:
    assert tuple(float(raw(g)) for g in grad(f, argnums=(0, 1))(wrap(x), wrap(y))) == (1.0, slope)
    np.testing.assert_array_equal(second(f, wrap(x), wrap(y)), np.zeros((2, 2)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", [np.remainder, np.fmod])
def test_remainders_by_zero_are_nan_and_not_an_exception(f: Any) -> None:
    for x in (1.0, np.array(1.0)):
        gx, gy = grad(f, argnums=(0, 1))(x, x * 0.0)
        assert gx == 1.0
        assert not np.isfinite(gy)
        assert second(f, x, x * 0.0)[0, 0] == 0.0


def test_divmod() -> None:
    for x in (-1.75, 2.5, 0.0):
        q, r = np.divmod(Value(x), 0.75)
        assert (q.data, r.data) == np.divmod(x, 0.75)
        assert divmod(Value(x), 0.75)[1].data == r.data
    check_first_order(lambda y: np.divmod(7.1, y)[1], np.array([0.4, -3.0]))


# --- kinks and ties -------------------------------------------------------------------------


def test_undefined_is_noticed_and_reaches_only_who_asks() -> None:
    assert np.isnan(undefined(True))
    assert undefined(False) == 0.0
    with pytest.raises(FloatingPointError), np.errstate(invalid="raise"):
        undefined(np.array([True, False]))
    x = np.array([0.0, 3.0, -3.0])
    for f in (np.abs, lambda x: np.maximum(x, 0.0), lambda x: np.hypot(x, 0.0)):
        h = hessian(lambda x, f=f: np.sum(f(x) ** 2))(x)
        assert np.isnan(h[0, 0])
        assert np.isfinite(h[1:, 1:]).all()
        assert (h[0, 1:] == 0).all()
        assert (h[1:, 0] == 0).all()


@pytest.mark.parametrize(
    "partner", [np.array([True, False, True]), np.array([1, 0, 2], np.uint8), np.array([1, 0, 2])]
)
@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_extrema_beside_booleans_and_integers(f: Any, partner: Any) -> None:
    x = np.array([0.5, 0.25, 0.7])
    check_first_order(lambda x: f(x, partner), x)
    check_first_order(lambda x: f(partner, x), x)
    check_second_order(lambda x: np.sum(f(x, partner) ** 2), x)


@FORMS
@pytest.mark.parametrize("f", [np.maximum, np.minimum])
def test_nan_wins_and_takes_the_gradient(wrap: Any, f: Any) -> None:
    both = grad(f, argnums=(0, 1))
    assert both(wrap(np.nan), wrap(1.0)) == (1.0, 0.0)
    assert both(wrap(1.0), wrap(np.nan)) == (0.0, 1.0)


def test_abs_of_nan_has_no_finite_slope() -> None:
    for x in (np.nan, np.array(np.nan)):
        assert np.isnan(raw(grad(np.abs)(x)))


def test_where_wants_both_branches() -> None:
    with pytest.raises(ValueError, match="both"):
        np.where(True, Value(1.0))
    np.testing.assert_array_equal(np.where(Value([0.0, 2.0]))[0], [1])


def test_clipped_by_hand_is_loud_at_the_edge() -> None:
    check_loud(lambda x: np.minimum(x, 1.0) ** 2, 1.0)
    check_loud(lambda x: np.fmin(1.0, x) ** 2, np.array(1.0))


# --- dtypes -----------------------------------------------------------------------------------

PARTNERS = [
    np.array([True, False, True]),
    np.array([1, 2, 3], np.int8),
    np.array([1, 2, 3], np.uint64),
    2,
    True,
    0.5,
    np.float64(0.5),
    np.float32(0.5),
    np.array([1, 2, 3], np.float32),
    [1, 2, 3],
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("f", [f for f in ELEMENTWISE if f.nin == 2], ids=lambda f: f.__name__)
def test_dtypes_of_two_operands(f: Any, dtype: Any) -> None:
    x = np.array([0.3, 1.7, 2.2], dtype)
    for partner in PARTNERS:
        for place in (0, 1):

            def call(x: Any, place: int = place, partner: Any = partner) -> Any:
                return f(x, partner) if place == 0 else f(partner, x)

            try:
                expected = call(x)
            except TypeError:  # ldexp takes floats in one place only
                continue
            z = call(Value(x))
            assert z.dtype == expected.dtype
            np.testing.assert_array_equal(z.data, expected)
            g = grad(lambda x, c=call: np.sum(c(x)))
            assert g(x).dtype == dtype
            assert grad(lambda x, g=g: np.sum(g(x)))(x).dtype == dtype
            assert jvp(call, (x,), (np.ones_like(x),))[1].dtype == expected.dtype


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("f", [f for f in ELEMENTWISE if f.nin == 1], ids=lambda f: f.__name__)
def test_dtypes_of_one_operand(f: Any, dtype: Any) -> None:
    x = np.array([0.3, 0.7, 0.9], dtype) + (f is np.arccosh)
    g = grad(lambda x: np.sum(f(x)))
    h = grad(lambda x: np.sum(g(x)))
    assert f(Value(x)).dtype == g(x).dtype == h(x).dtype == dtype
    assert jvp(f, (x,), (x,))[1].dtype == dtype


MISSING = """
    bitwise_and bitwise_count bitwise_not bitwise_or bitwise_xor left_shift right_shift gcd lcm
    isnat nextafter spacing
"""


@pytest.mark.parametrize("name", MISSING.split())
def test_ufuncs_without_a_derivative_say_so(name: str) -> None:
    f = getattr(np, name)
    with pytest.raises(NotDifferentiableError, match=f"np.{f.__name__} "):
        f(*[Value([1.0, 2.0])] * f.nin)
