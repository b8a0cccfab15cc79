"""Arithmetic and selection: the operators, powers, remainders, maximum and minimum.

In the table, `z` is the result and `x`, `y` the operands. Choices at kinks and ties are
those of the README: half to each side of a tie, 0 at the kink of ``abs`` and ``hypot``.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..declare import REAL, arg, case, elementwise, implements
from ..graph import raw

NONZERO = (0.2, math.inf)
BASE = (0.2, math.inf)


# A slope chosen from a subdifferential: `choice` where `mask`, else `smooth`. Its own
# derivative at the kink is nan, so that a second derivative taken through one (of
# hypot(x, y)**2 at the origin, say, which is 2) is never silently wrong.
at_kink = elementwise(
    lambda mask, choice, smooth: np.where(mask, choice, smooth),
    None,
    None,
    lambda z, mask, choice, smooth: np.where(mask, np.nan, 1.0),
    name="at_kink",
)


# --- the operators --------------------------------------------------------------------------
# name                                    dz/dx                       dz/dy
add = elementwise(np.add, 1.0, 1.0, scalar=operator.add)
subtract = elementwise(np.subtract, 1.0, -1.0, scalar=operator.sub)
multiply = elementwise(np.multiply, lambda z, x, y: y, lambda z, x, y: x, scalar=operator.mul)
divide = elementwise(
    np.divide,
    lambda z, x, y: 1.0 / y,
    lambda z, x, y: -z / y,
    scalar=operator.truediv,
    domain=(REAL, NONZERO),
)
negative = elementwise(np.negative, -1.0, scalar=operator.neg)
positive = elementwise(np.positive, 1.0, scalar=operator.pos)


def _power_dx(z: Any, x: Any, y: Any) -> Any:
    # y * x**(y-1), but 0 where y is 0: x**0 is the constant 1 even at x = 0.
    if type(y) is int or type(y) is float:
        return 2.0 * x if y == 2 else y * x ** (y - 1) if y else 0.0
    zero = raw(y) == 0
    return np.where(zero, 0.0, y * np.power(x, np.where(zero, 1.0, y - 1.0)))


def _power_dy(z: Any, x: Any, y: Any) -> Any:
    # x**y * log(x); 0**y is the constant 0 for y > 0, so its slope there is 0 and not 0 * -inf.
    flat = (raw(x) == 0) & (raw(y) > 0)
    return np.where(flat, 0.0, z * np.log(np.where(flat, 1.0, x)))


# The ** operator squares, roots and inverts without pow.
power = elementwise(
    np.power, _power_dx, _power_dy, scalar=operator.pow, array=operator.pow, domain=(BASE, REAL)
)
float_power = elementwise(
    np.float_power, _power_dx, _power_dy, scalar=operator.pow, domain=(BASE, REAL)
)

# x - y * floor(x / y): the floor is constant between jumps.
remainder = elementwise(
    np.remainder, 1.0, lambda z, x, y: -np.floor(raw(x) / raw(y)), domain=(REAL, NONZERO)
)
fmod = elementwise(
    np.fmod, 1.0, lambda z, x, y: -np.trunc(raw(x) / raw(y)), domain=(REAL, NONZERO)
)
floor_divide = elementwise(np.floor_divide, 0.0, 0.0, domain=(REAL, NONZERO))

# --- kinks ------------------------------------------------------------------------------------


# sign(x) as the slope of abs: the same number, but its derivative at the kink is nan.
abs_slope = elementwise(
    lambda x: np.sign(x),
    lambda z, x: np.where(x == 0, np.nan, 0.0),
    name="abs_slope",
    scalar=lambda x: float((x > 0) - (x < 0)),
)
absolute = elementwise(np.absolute, lambda z, x: abs_slope(x), scalar=abs)
fabs = elementwise(np.fabs, lambda z, x: abs_slope(x), scalar=abs)


def _jump(z: Any, x: Any, y: Any) -> Any:
    return np.where(raw(x) == raw(y), np.nan, 0.0)


# The share of x in maximum(x, y): 1 where it wins (or is nan: it is then the result), one
# half at a tie. Its derivative at a tie is nan, as for abs.
larger = elementwise(
    lambda x, y: np.where(x == y, 0.5, (x > y) | np.isnan(x)), _jump, _jump, name="larger"
)
# The same for fmax, where a nan loses to a number.
larger_number = elementwise(
    lambda x, y: np.where(x == y, 0.5, (x > y) | np.isnan(y)), _jump, _jump, name="larger_number"
)
maximum = elementwise(
    np.maximum,
    lambda z, x, y: larger(x, y),
    lambda z, x, y: 1.0 - larger(x, y),
    selects=True,
)
minimum = elementwise(
    np.minimum,
    lambda z, x, y: larger(-x, -y),
    lambda z, x, y: 1.0 - larger(-x, -y),
    selects=True,
)
fmax = elementwise(
    np.fmax,
    lambda z, x, y: larger_number(x, y),
    lambda z, x, y: 1.0 - larger_number(x, y),
    selects=True,
)
fmin = elementwise(
    np.fmin,
    lambda z, x, y: larger_number(-x, -y),
    lambda z, x, y: 1.0 - larger_number(-x, -y),
    selects=True,
)

# where(condition, x, y): each branch gets the cotangent only where it was chosen.
choose = elementwise(
    lambda c, x, y: np.where(c, x, y),
    0.0,
    lambda z, c, x, y: np.asarray(raw(c), bool),
    lambda z, c, x, y: ~np.asarray(raw(c), bool),
    name="choose",
    scalar=lambda c, x, y: x if c else y,
    selects=True,
)


@implements(
    np.where, cases=[case(np.array([[True], [False]]), arg((2, 3)), arg((3,))), case(True, arg(), arg())]
)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose from `x` where `condition`, else from `y`; with one argument, its nonzeros."""
    if x is None and y is None:
        return np.where(raw(condition))
    return choose(condition, x, y)
