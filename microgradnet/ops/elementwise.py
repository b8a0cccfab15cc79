"""The table of smooth elementwise functions: each row a ufunc and its derivative.

`z` is the result, `x` (and `y`) the operands. Formulas: Abramowitz & Stegun (1964),
chapters 4 and 6; the NIST Digital Library of Mathematical Functions, chapter 4.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..declare import POSITIVE, REAL, UNIT, elementwise
from ..graph import raw
from .arithmetic import at_kink

LN2, LN10 = math.log(2.0), math.log(10.0)
INVERTIBLE = (0.2, math.inf)

# --- exponentials and logarithms ----------------------------------------------------------
exp = elementwise(np.exp, lambda z, x: z, scalar=math.exp)
expm1 = elementwise(np.expm1, lambda z, x: z + 1.0, scalar=math.expm1)
exp2 = elementwise(np.exp2, lambda z, x: LN2 * z)
log = elementwise(np.log, lambda z, x: 1.0 / x, scalar=math.log, domain=[POSITIVE])
log1p = elementwise(
    np.log1p, lambda z, x: 1.0 / (1.0 + x), scalar=math.log1p, domain=[(-1.0, math.inf)]
)
log2 = elementwise(np.log2, lambda z, x: 1.0 / (LN2 * x), domain=[POSITIVE])
log10 = elementwise(np.log10, lambda z, x: 1.0 / (LN10 * x), scalar=math.log10, domain=[POSITIVE])


def _share(x: Any, y: Any) -> Any:
    """e**x / (e**x + e**y), exact at infinities and without overflow."""
    same = raw(x) == raw(y)  # inf - inf is nan; equal operands share equally
    return 1.0 / (1.0 + np.exp(np.where(same, _still(x, y), y - x)))


def _still(x: Any, y: Any) -> Any:
    # y - x where they are equal: 0, moving with both unless they are infinite.
    finite = np.isfinite(raw(x))
    return np.where(finite, y, 0.0) - np.where(finite, x, 0.0)


logaddexp = elementwise(np.logaddexp, lambda z, x, y: _share(x, y), lambda z, x, y: _share(y, x))
logaddexp2 = elementwise(
    np.logaddexp2,
    lambda z, x, y: _share(LN2 * x, LN2 * y),
    lambda z, x, y: _share(LN2 * y, LN2 * x),
)

# --- powers and roots -----------------------------------------------------------------------
square = elementwise(np.square, lambda z, x: 2.0 * x, scalar=lambda x: x * x)
sqrt = elementwise(np.sqrt, lambda z, x: 0.5 / z, scalar=math.sqrt, domain=[POSITIVE])
cbrt = elementwise(np.cbrt, lambda z, x: 1.0 / (3.0 * z * z), domain=[INVERTIBLE])
reciprocal = elementwise(
    np.reciprocal, lambda z, x: -z * z, scalar=lambda x: 1.0 / x, domain=[INVERTIBLE]
)

# --- circular functions ---------------------------------------------------------------------
sin = elementwise(np.sin, lambda z, x: cos(x), scalar=math.sin)
cos = elementwise(np.cos, lambda z, x: -sin(x), scalar=math.cos)
tan = elementwise(np.tan, lambda z, x: 1.0 + z * z, scalar=math.tan)
arcsin = elementwise(
    np.arcsin, lambda z, x: 1.0 / np.sqrt(1.0 - x * x), scalar=math.asin, domain=[UNIT]
)
arccos = elementwise(
    np.arccos, lambda z, x: -1.0 / np.sqrt(1.0 - x * x), scalar=math.acos, domain=[UNIT]
)
arctan = elementwise(np.arctan, lambda z, x: 1.0 / (1.0 + x * x), scalar=math.atan)
arctan2 = elementwise(
    np.arctan2,
    lambda z, x, y: y / (x * x + y * y),
    lambda z, x, y: -x / (x * x + y * y),
    scalar=math.atan2,
    domain=(INVERTIBLE, REAL),
)
deg2rad = elementwise(np.deg2rad, math.pi / 180.0)
radians = elementwise(np.radians, math.pi / 180.0)
rad2deg = elementwise(np.rad2deg, 180.0 / math.pi)
degrees = elementwise(np.degrees, 180.0 / math.pi)

# --- hyperbolic functions -------------------------------------------------------------------
sinh = elementwise(np.sinh, lambda z, x: cosh(x), scalar=math.sinh)
cosh = elementwise(np.cosh, lambda z, x: sinh(x), scalar=math.cosh)
tanh = elementwise(np.tanh, lambda z, x: 1.0 - z * z, scalar=math.tanh)
arcsinh = elementwise(np.arcsinh, lambda z, x: 1.0 / np.sqrt(1.0 + x * x), scalar=math.asinh)
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
)
# |x| with the sign of y.
copysign = elementwise(
    np.copysign,
    lambda z, x, y: np.copysign(1.0, raw(x)) * np.copysign(1.0, raw(y)),
    0.0,
    domain=(INVERTIBLE, REAL),
)
ldexp = elementwise(np.ldexp, lambda z, x, n: np.ldexp(1.0, raw(n)), None)

# --- steps: flat wherever they have a derivative ------------------------------------------------
sign = elementwise(np.sign, 0.0)
floor = elementwise(np.floor, 0.0)
ceil = elementwise(np.ceil, 0.0)
trunc = elementwise(np.trunc, 0.0)
rint = elementwise(np.rint, 0.0)
heaviside = elementwise(
    np.heaviside, 0.0, lambda z, x, y: np.asarray(raw(x) == 0, float), selects=True
)
