"""Sigmoid, sinc and the Bessel functions against known numbers and their own equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jacobian
from microgradnet.ops.special import bessel_i, sigmoid, sinc_derivative

from ..pitfalls.helpers import check_first_order, check_float32, check_second_order


def test_sigmoid() -> None:
    x = np.array([-700.0, -3.0, 0.0, 2.0, 50.0])
    z = sigmoid(x)
    np.testing.assert_allclose(z, np.exp(-np.logaddexp(0.0, -x)), rtol=1e-13)
    # The float formula and the array formula: one rounding of exp each.
    np.testing.assert_allclose([sigmoid(t) for t in x.tolist()], z, rtol=4e-16)
    check_first_order(sigmoid, x, np.diag(z * (1 - z)), numeric=False)
    check_second_order(lambda x: np.sum(sigmoid(x)), np.array([-1.0, 0.0, 3.0]))
    check_float32(sigmoid, np.array([-1.0, 0.0, 3.0]))
    assert type(sigmoid(Value(0.5)).data) is float


# Abramowitz & Stegun (1964), tables 9.8 and 9.9: I_n(x).
BESSEL = [
    (0, 1.0, 1.2660658777520084),
    (1, 1.0, 0.5651591039924851),
    (2, 1.0, 0.1357476697670383),
    (1, 5.0, 24.335642142450524),
    (2, 5.0, 17.505614966624236),
    (5, 2.0, 0.009825679323131702),
]


@pytest.mark.parametrize(("n", "x", "expected"), BESSEL)
def test_bessel_tables(n: int, x: float, expected: float) -> None:
    assert bessel_i(x, order=n) == pytest.approx(expected, rel=4e-15)
    assert bessel_i(-x, order=n) == pytest.approx((-1) ** n * expected, rel=4e-15)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 8])
def test_bessel_recurrence_joins_series_and_asymptotics(n: int) -> None:
    # A&S 9.6.26: I_(n-1) - I_(n+1) = 2 n / x I_n, on both sides of where the formula changes.
    x = np.array([0.5, 8.0, 29.9, 30.1, 63.9, 64.1, 100.0, 700.0])
    lower, here, upper = (bessel_i(x, order=k) for k in (n - 1, n, n + 1))
    # Each is good to 2e-15; the difference of neighbours loses what they have in common.
    np.testing.assert_allclose(lower - upper, 2 * n / x * here, rtol=0, atol=8e-15 * np.max(lower))
    np.testing.assert_array_less(
        np.abs((lower - upper) * x / (2 * n * here) - 1), 8e-15 * x + 1e-14
    )


def test_i0() -> None:
    x = np.array([-2.0, 0.0, 0.7, 12.0])
    np.testing.assert_array_equal(np.i0(Value(x)).data, np.i0(x))
    check_first_order(np.i0, x)
    check_second_order(lambda x: np.sum(np.i0(x)), x[:3])
    check_float32(np.i0, x[:3])
    assert grad(grad(np.i0))(0.0) == 0.5
    assert grad(grad(grad(grad(np.i0))))(0.0) == pytest.approx(0.375, rel=1e-15)
    assert np.isnan(np.asarray(jacobian(np.i0)(np.array([np.nan])))).all()


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_sinc_series_and_closed_form_meet(order: int) -> None:
    # x f_n + n f_(n-1) = pi**(n-1) sin(pi x + n pi / 2), on both sides of where they meet.
    x = np.array([0.0, 1e-9, 0.3, 0.6, 0.9, 1.0, 1.3, 1.6, 1.9, 2.2, -3.7])

    def f(n: int) -> Any:
        return sinc_derivative(x, order=n)

    scale = np.pi**order
    expected = scale / np.pi * np.sin(np.pi * x + order * np.pi / 2)
    np.testing.assert_allclose(x * f(order) + order * f(order - 1), expected, atol=1e-14 * scale)
