"""The table of smooth elementwise functions: each row a ufunc and its derivative.

`z` is the result, `x` (and `y`) the operands. Formulas: Abramowitz & Stegun (1964),
chapters 4 and 6; the NIST Digital Library of Mathematical Functions, chapter 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..declare import POSITIVE, REAL, UNIT, arg, case, elementwise, implements
from ..graph import Primitive, raw
from .arithmetic import abs_slope, at_kink
from .special import sigmoid

LN2, LN10 = math.log(2.0), math.log(10.0)
INVERTIBLE = (0.2, math.inf)

# --- exponentials and logarithms ----------------------------------------------------------
exp = elementwise(np.exp, lambda z, x: z, scalar=math.exp)
expm1 = elementwise(np.expm1, lambda z, x: np.exp(x), scalar=math.expm1)  # z + 1 cancels
exp2 = elementwise(np.exp2, lambda z, x: LN2 * z, scalar=math.exp2)
log = elementwise(np.log, lambda z, x: 1.0 / x, scalar=math.log, domain=[POSITIVE])
log1p = elementwise(
    np.log1p, lambda z, x: 1.0 / (1.0 + x), scalar=math.log1p, domain=[(-1.0, math.inf)]
)
log2 = elementwise(np.log2, lambda z, x: 1.0 / (LN2 * x), scalar=math.log2, domain=[POSITIVE])
log10 = elementwise(np.log10, lambda z, x: 1.0 / (LN10 * x), scalar=math.log10, domain=[POSITIVE])


def _share(x: Any, y: Any) -> Any:
    """e**x / (e**x + e**y), exact at infinities and without overflow."""
    same = raw(x) == raw(y)  # inf - inf is nan; equal operands share equally
    return sigmoid(np.where(same, _still(x, y), x - y))


def _still(x: Any, y: Any) -> Any:
    # x - y where they are equal: 0, moving with both unless they are infinite.
    finite = np.isfinite(raw(x))
    return np.where(finite, x, 0.0) - np.where(finite, y, 0.0)


logaddexp = elementwise(np.logaddexp, lambda z, x, y: _share(x, y), lambda z, x, y: _share(y, x))
logaddexp2 = elementwise(
    np.logaddexp2,
    lambda z, x, y: _share(LN2 * x, LN2 * y),
    lambda z, x, y: _share(LN2 * y, LN2 * x),
)

# --- powers and roots -----------------------------------------------------------------------
square = elementwise(np.square, lambda z, x: 2.0 * x, scalar=lambda x: x * x)
# z + 0.0, so that the slope at -0.0 is that at 0.
sqrt = elementwise(np.sqrt, lambda z, x: 0.5 / (z + 0.0), scalar=math.sqrt, domain=[POSITIVE])
cbrt = elementwise(np.cbrt, lambda z, x: 1.0 / (3.0 * z * z), scalar=math.cbrt, domain=[INVERTIBLE])
reciprocal = elementwise(
    np.reciprocal, lambda z, x: -z * z, scalar=lambda x: 1.0 / x, domain=[INVERTIBLE]
)

# --- circular functions ---------------------------------------------------------------------
sin = elementwise(np.sin, lambda z, x: cos(x), scalar=math.sin)
cos: Primitive = elementwise(np.cos, lambda z, x: -sin(x), scalar=math.cos)
tan = elementwise(np.tan, lambda z, x: 1.0 + z * z, scalar=math.tan)
# (1 - x) (1 + x) keeps the digits that 1 - x**2 loses beside 1, and x / h / h does not leave
# the range of floats as x / h**2 does.
arcsin = elementwise(
    np.arcsin,
    lambda z, x: 1.0 / np.sqrt((1.0 - x) * (1.0 + x)),
    scalar=math.asin,
    domain=[UNIT],
)
arccos = elementwise(
    np.arccos,
    lambda z, x: -1.0 / np.sqrt((1.0 - x) * (1.0 + x)),
    scalar=math.acos,
    domain=[UNIT],
)
arctan = elementwise(np.arctan, lambda z, x: 1.0 / (1.0 + x * x), scalar=math.atan)


def _over_square(x: Any, y: Any) -> Any:
    h = math.hypot(x, y) if type(x) is type(y) is float else np.hypot(x, y)
    return x / h / h


arctan2 = elementwise(
    np.arctan2,
    lambda z, x, y: _over_square(y, x),
    lambda z, x, y: -_over_square(x, y),
    scalar=math.atan2,
    domain=(INVERTIBLE, REAL),
)
deg2rad = elementwise(np.deg2rad, math.pi / 180.0, scalar=math.radians)
radians = elementwise(np.radians, math.pi / 180.0, scalar=math.radians)
rad2deg = elementwise(np.rad2deg, 180.0 / math.pi, scalar=math.degrees)
degrees = elementwise(np.degrees, 180.0 / math.pi, scalar=math.degrees)

# --- hyperbolic functions -------------------------------------------------------------------
sinh = elementwise(np.sinh, lambda z, x: cosh(x), scalar=math.sinh)
cosh: Primitive = elementwise(np.cosh, lambda z, x: sinh(x), scalar=math.cosh)
tanh = elementwise(np.tanh, lambda z, x: 1.0 - z * z, scalar=math.tanh)
arcsinh = elementwise(np.arcsinh, lambda z, x: 1.0 / np.hypot(1.0, x), scalar=math.asinh)
arccosh = elementwise(
    np.arccosh,
    lambda z, x: 1.0 / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)),
    scalar=math.acosh,
    domain=[(1.0, math.inf)],
)
arctanh = elementwise(
    np.arctanh, lambda z, x: 1.0 / ((1.0 - x) * (1.0 + x)), scalar=math.atanh, domain=[UNIT]
)

# --- two operands ----------------------------------------------------------------------------
hypot = elementwise(
    np.hypot,
    lambda z, x, y: at_kink(raw(z) == 0, 0.0, x / z),
    lambda z, x, y: at_kink(raw(z) == 0, 0.0, y / z),
    scalar=math.hypot,
)
# |x| with the sign of y.
copysign = elementwise(
    np.copysign,
    lambda z, x, y: abs_slope(x) * np.copysign(1.0, raw(y)),
    0.0,
    scalar=math.copysign,
    domain=(INVERTIBLE, REAL),
)
ldexp = elementwise(
    np.ldexp, lambda z, x, n: np.ldexp(1.0, np.asarray(raw(n)).astype(int)), None, scalar=math.ldexp
)

# --- steps: flat wherever they have a derivative ------------------------------------------------
sign = elementwise(np.sign, 0.0)
floor = elementwise(np.floor, 0.0)
ceil = elementwise(np.ceil, 0.0)
trunc = elementwise(np.trunc, 0.0)
rint = elementwise(np.rint, 0.0)
heaviside = elementwise(
    np.heaviside, 0.0, lambda z, x, y: np.asarray(raw(x) == 0, float), selects=True
)

# --- two results: the part that moves, and a step ---------------------------------------------
fraction = elementwise(lambda x: np.modf(x)[0], 1.0, name="fraction")
mantissa = elementwise(
    lambda x: np.frexp(x)[0],
    lambda z, x: np.ldexp(1.0, -np.frexp(raw(x))[1]),
    name="mantissa",
    scalar=lambda x: math.frexp(x)[0],
)


@implements(np.modf, cases=[case(arg((3,))), case(arg())])
def modf(x: Any) -> Any:
    """Fractional and integral part, as :func:`numpy.modf`."""
    return fraction(x), trunc(x)


@implements(np.frexp, cases=[case(arg((3,))), case(arg())])
def frexp(x: Any) -> Any:
    """Mantissa and exponent of base 2, as :func:`numpy.frexp`; the exponents are plain integers."""
    return mantissa(x), np.frexp(raw(x))[1]


# --- complex parts of real numbers --------------------------------------------------------------
conjugate = elementwise(np.conjugate, 1.0, scalar=float)
no_imaginary_part = elementwise(lambda x: np.zeros_like(x), 0.0, name="imag")
argument = elementwise(lambda x: np.angle(x), 0.0, name="angle")


@implements(np.real, cases=[case(arg((3,))), case(arg())])
def real(val: Any) -> Any:
    """Give a Value itself: it is real."""
    return val


@implements(np.real_if_close, cases=[case(arg((3,)))])
def real_if_close(a: Any, tol: float = 100) -> Any:
    """Give a Value itself: it is real."""
    return a


@implements(np.imag, cases=[case(arg((3,))), case(arg())])
def imag(val: Any) -> Any:
    """Zeros, as :func:`numpy.imag` of real numbers."""
    return no_imaginary_part(val)


@implements(np.angle, cases=[case(arg((3,))), case(arg((3,)), deg=True), case(arg())])
def angle(z: Any, deg: bool = False) -> Any:
    """Give 0 for positive numbers and pi for negative ones, as :func:`numpy.angle`."""
    return argument(z) * (180.0 / math.pi) if deg else argument(z)
