"""Functions that NumPy lacks or that need more than one formula: sigmoid, sinc."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..declare import arg, case, elementwise, implements


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
sigmoid = elementwise(
    _sigmoid, lambda z, x: z * (1.0 - z), name="sigmoid", scalar=_sigmoid_float
)


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
sinc_derivative = elementwise(
    _sinc, lambda z, x, order: sinc_derivative(x, order=order + 1), name="sinc"
)


@implements(np.sinc, cases=[case(arg((3,))), case(arg((), (-1e-3, 1e-3)))])
def sinc(x: Any) -> Any:
    """Compute sin(pi x) / (pi x), 1 at 0; every derivative is exact there too."""
    return sinc_derivative(x, order=0)
