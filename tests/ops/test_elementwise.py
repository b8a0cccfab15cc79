"""Functions at infinities, at the ends of their domains, and at magnitudes that overflow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jvp
from microgradnet.ops.special import sigmoid

from ..pitfalls.helpers import check_first_order, check_float32, check_loud, check_second_order, raw

FORMS = pytest.mark.parametrize("wrap", [float, np.array], ids=["float", "0-d"])
LN2 = math.log(2.0)
INF = math.inf
V = np.array([0.5, -1.5, 2.5, 3.5])


# f, where, first derivative, second derivative (None: not finite, or not asked)
POINTS: list[tuple[Any, float, float, float | None]] = [
    (np.exp, -INF, 0.0, 0.0),
    (np.exp, -1000.0, 0.0, 0.0),
    (np.expm1, -40.0, math.exp(-40.0), math.exp(-40.0)),  # z + 1 would be 0
    (np.expm1, -INF, 0.0, 0.0),
    (np.exp2, -INF, 0.0, 0.0),
    (np.log, INF, 0.0, 0.0),
    (np.log, 1e-300, 1e300, None),
    (np.log1p, 1e-300, 1.0, -1.0),
    (np.log1p, -1.0, INF, None),
    (np.log2, 0.0, INF, None),
    (np.log10, 1e300, 1e-300 / math.log(10.0), 0.0),
    (np.sqrt, 0.0, INF, None),
    (np.sqrt, -0.0, INF, None),
    (np.sqrt, INF, 0.0, 0.0),
    (np.cbrt, -8.0, 1 / 12, 1 / 144),
    (np.cbrt, 0.0, INF, None),
    (np.cbrt, -INF, 0.0, None),
    (np.reciprocal, INF, 0.0, 0.0),
    (np.reciprocal, 0.0, -INF, None),
    (np.arcsin, 1.0, INF, None),
    (np.arcsin, 1 - 2.0**-40, 1 / math.sqrt(2.0**-39 - 2.0**-80), None),  # 1 - x * x cancels
    (np.arccos, 2.0**-40 - 1, -1 / math.sqrt(2.0**-39 - 2.0**-80), None),
    (np.arctan, 1e200, 0.0, 0.0),
    (np.arctan, -INF, 0.0, None),
    (np.tanh, INF, 0.0, 0.0),
    (np.arcsinh, 1e200, 1e-200, 0.0),
    (np.arcsinh, -INF, 0.0, None),
    (np.arccosh, 1.0, INF, None),
    (np.arccosh, 1e200, 1e-200, 0.0),
    (np.arccosh, INF, 0.0, None),
    (np.arctanh, 1.0, INF, None),
    (sigmoid, INF, 0.0, 0.0),
    (sigmoid, -INF, 0.0, 0.0),
    (sigmoid, -800.0, 0.0, 0.0),
    (lambda x: np.arctan2(x, 1e200), 1e200, 0.5e-200, 0.0),
    (lambda x: np.arctan2(x, 1e-200), 1e-200, 0.5e200, None),
    (lambda x: np.arctan2(1e200, x), 1e200, -0.5e-200, 0.0),
    (lambda x: np.arctan2(3.0, x), INF, 0.0, None),
    (lambda x: np.hypot(x, 4e200), 3e200, 0.6, 1.28e-201),
    (lambda x: np.hypot(x, INF), 3.0, 0.0, None),
    (lambda x: np.logaddexp(x, 1000.0), 0.0, 0.0, 0.0),
    (lambda x: np.logaddexp(x, 0.0), 1000.0, 1.0, 0.0),
    (lambda x: np.logaddexp(x, INF), 1.0, 0.0, 0.0),
    (lambda x: np.logaddexp(x, -INF), 1.0, 1.0, 0.0),
    (lambda x: np.logaddexp(x, -INF), -INF, 0.5, None),
    (lambda x: np.logaddexp(x, x), 1e200, 1.0, 0.0),
    (lambda x: np.logaddexp2(x, 3.0), 3.0, 0.5, LN2 / 4),
    (lambda x: np.copysign(x, -0.0), 2.0, -1.0, 0.0),
    (lambda x: np.copysign(x, 3.0), -2.0, -1.0, 0.0),
    (lambda x: np.copysign(2.0, x), 0.0, 0.0, 0.0),
    (lambda x: np.heaviside(x, 0.5), 0.0, 0.0, 0.0),
    (lambda x: np.heaviside(0.0, x), 0.5, 1.0, 0.0),
    (lambda x: np.heaviside(1.0, x), 0.5, 0.0, 0.0),
    (lambda x: np.ldexp(x, -3), 5.0, 0.125, 0.0),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@FORMS
@pytest.mark.parametrize(("f", "x", "first", "second"), POINTS)
def test_edges(wrap: Any, f: Any, x: float, first: float, second: float | None) -> None:
    got = float(raw(grad(f)(wrap(x))))
    # Three roundings in the formula and one in `first`, none of a difference.
    assert got == pytest.approx(first, rel=2e-15, abs=0.0)
    assert float(raw(jvp(f, (wrap(x),), (1.0,))[1])) == pytest.approx(got, rel=2e-15, abs=0.0)
    if second is not None:
        assert float(raw(grad(grad(f))(wrap(x)))) == pytest.approx(second, rel=4e-15, abs=0.0)


@FORMS
def test_arctan2_at_the_origin_is_loud(wrap: Any) -> None:
    assert all(np.isnan(raw(g)) for g in grad(np.arctan2, argnums=(0, 1))(wrap(0.0), wrap(0.0)))


@FORMS
def test_copysign_has_the_kink_of_abs(wrap: Any) -> None:
    for y in (1.0, -2.0):
        check_first_order(lambda x, y=y: np.copysign(x, y), wrap(0.0), 0.0, numeric=False)
        check_loud(lambda x, y=y: np.copysign(x, y), wrap(0.0))
        check_loud(lambda x, y=y: np.copysign(x, y) ** 2, wrap(0.0), truth=2.0)


def test_second_order_of_what_is_written_with_care() -> None:
    x = np.array([0.3, -0.7])
    for f in (np.arcsin, np.arccos, np.arcsinh, np.expm1, np.exp2, np.cbrt, sigmoid):
        check_second_order(lambda x, f=f: np.sum(f(x)), x)
    for f in (np.arctan2, np.hypot, np.logaddexp, np.logaddexp2):
        check_second_order(lambda x, f=f: f(x[0], x[1]), x)
        check_second_order(lambda x, f=f: f(x[1], 2), x)


# --- two results, and complex parts ---------------------------------------------------------


@pytest.mark.parametrize("x", [-1.75, 2.5, 0.0, -0.0, INF])
def test_modf_and_frexp(x: float) -> None:
    parts = np.modf(Value(x))
    assert str([z.data for z in parts]) == str(list(map(float, np.modf(x))))
    m, e = np.frexp(Value(x))
    assert (m.data, e) == np.frexp(x)
    assert not isinstance(e, Value)


def test_modf_and_frexp_derivatives() -> None:
    check_first_order(lambda x: np.modf(x)[0], V + 0.1)
    check_first_order(lambda x: np.modf(x)[1], V + 0.1, np.zeros((4, 4)))
    check_first_order(lambda x: np.frexp(x)[0], V * 7, np.diag(0.5 ** np.frexp(V * 7)[1]))
    check_second_order(lambda x: np.sum(np.frexp(x)[0] ** 2), V * 7)
    check_float32(lambda x: np.frexp(x)[0], V * 7)


def test_complex_parts_of_real_numbers() -> None:
    v = Value(V)
    assert np.real(v) is v
    assert np.real_if_close(v) is v
    np.testing.assert_array_equal(np.conj(v).data, V)
    np.testing.assert_array_equal(np.imag(v).data, np.zeros(4))
    np.testing.assert_array_equal(np.angle(v).data, np.angle(V))
    np.testing.assert_array_equal(np.angle(v, deg=True).data, np.angle(V, deg=True))
    check_first_order(np.conj, V, np.eye(4))
    check_first_order(np.imag, V, np.zeros((4, 4)))
    check_first_order(np.angle, V, np.zeros((4, 4)))
    check_float32(np.angle, V)


def test_a_kept_python_float() -> None:
    for f in (np.exp2, np.log2, np.cbrt, np.radians, np.degrees, np.floor, np.sign, np.conj,
              np.imag, np.angle, np.i0, lambda x: np.maximum(x, 0.1), lambda x: np.hypot(x, 1),
              lambda x: np.fmod(x, 0.3), lambda x: np.copysign(x, -1), lambda x: np.ldexp(x, 2),
              lambda x: np.modf(x)[0], lambda x: np.frexp(x)[0]):  # fmt: skip
        assert type(f(Value(0.7)).data) is float
        assert type(grad(f)(0.7)) is float
