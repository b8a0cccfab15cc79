"""Functions that NumPy lacks or that need more than one formula: sigmoid, sinc, i0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..declare import arg, case, elementwise, implements
from ..graph import Primitive


def _sigmoid(x: Any) -> Any:
    # exp of a negative number only, so that nothing overflows.
    e = np.exp(-np.abs(x))
    return np.where(np.asarray(x) >= 0, 1.0, e) / (1.0 + e)


def _sigmoid_float(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


# The logistic function 1 / (1 + e**-x); s' = s (1 - s).
sigmoid = elementwise(_sigmoid, lambda z, x: z * (1.0 - z), name="sigmoid", scalar=_sigmoid_float)


def _sinc(x: Any, order: int) -> Any:
    # f(x) = sin(pi x) / (pi x). Near 0 its Taylor series; elsewhere the n-th derivative of
    # x f(x) = sin(pi x) / pi, which is x f_n + n f_(n-1) = pi**(n-1) sin(pi x + n pi / 2).
    if order == 0:
        return np.sinc(x)
    x = np.asarray(x)
    t = math.pi * x.astype(np.float64)
    near = np.abs(t) < order + 2.0
    small, large = np.where(near, t, 0.0), np.where(near, 1.0, t)
    series = np.zeros_like(t)
    for k in range((order + 1) // 2, order // 2 + 20):
        n = 2 * k - order  # the term t**(2k) / (2k+1)!, differentiated `order` times
        series += (-1.0) ** k * small**n / ((2 * k + 1) * math.factorial(n))
    far = np.sin(large) / large
    for n in range(1, order + 1):
        far = (np.sin(large + n * math.pi / 2.0) - n * far) / large
    return (np.where(near, series, far) * math.pi**order).astype(
        x.dtype if x.dtype.kind == "f" else np.float64
    )


# Its derivative is itself, one order up.
sinc_derivative: Primitive = elementwise(
    _sinc, lambda z, x, order: sinc_derivative(x, order=order + 1), name="sinc"
)


@implements(np.sinc, cases=[case(arg((3,))), case(arg((), (-1e-3, 1e-3)))])
def sinc(x: Any) -> Any:
    """Compute sin(pi x) / (pi x), 1 at 0; every derivative is exact there too."""
    return sinc_derivative(x, order=0)


def _bessel_i(x: Any, order: int = 0) -> Any:
    # I_n(x), even or odd as n is. Abramowitz & Stegun 9.6.10: a series of positive terms, for
    # moderate x; 9.7.1: e**x / sqrt(2 pi x) times an asymptotic series, for large x.
    if order == 0:
        return np.i0(x)[()]
    x = np.asarray(x)
    t = np.abs(x.astype(np.float64))
    limit = max(30.0, 1.0 * order * order)
    near = t < limit
    small, large = np.where(near, t, 0.0), np.where(near, limit, t)
    term = series = (small / 2.0) ** order / math.factorial(order)
    for k in range(1, 40 + int(limit)):
        term = term * (small * small / (4.0 * k * (k + order)))
        series = series + term
    step = tail = np.ones_like(large)
    for k in range(1, 40):
        step = step * (((2 * k - 1) ** 2 - 4 * order * order) / (8.0 * k * large))
        tail = tail + step
    far = np.exp(large) / np.sqrt(2.0 * math.pi * large) * tail
    z = np.where(near, series, far) * np.where(x < 0, (-1.0) ** order, 1.0)
    return z.astype(x.dtype if x.dtype.kind == "f" else np.float64)


# I_0' = I_1, and I_n' is the mean of its neighbours (A&S 9.6.26).
bessel_i: Primitive = elementwise(
    _bessel_i,
    lambda z, x, order=0: (
        0.5 * (bessel_i(x, order=order - 1) + bessel_i(x, order=order + 1))
        if order
        else bessel_i(x, order=1)
    ),
    name="bessel_i",
)


@implements(np.i0, cases=[case(arg((3,))), case(arg((2,), (28.0, 36.0))), case(arg())])
def i0(x: Any) -> Any:
    """Bessel function of order 0, as :func:`numpy.i0`; its derivatives are those of all orders."""
    return bessel_i(x)
