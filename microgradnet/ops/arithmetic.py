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
from ..graph import Traced, raw

NONZERO = (0.2, math.inf)
BASE = (0.2, math.inf)


# --- what kinks and ties are made of --------------------------------------------------------


def undefined(mask: Any) -> Any:
    """Give nan where `mask` and 0 elsewhere: the derivative of a slope that jumps there.

    The nan comes of 0 / 0, which NumPy's error state notices. The reverse walk then looks
    again at what is asked about (``support.py``), so that it reaches nobody else.
    """
    if type(mask) is bool:
        return math.nan if mask else 0.0
    keep = np.where(mask, 0.0, 1.0)
    return keep / keep - 1.0


# A slope chosen from a subdifferential: `choice` where `mask`, else `smooth`. Its own
# derivative at the kink is nan, so that a second derivative taken through one (of
# hypot(x, y)**2 at the origin, say, which is 2) is never silently wrong.
at_kink = elementwise(
    lambda mask, choice, smooth: np.where(mask, choice, smooth),
    None,
    None,
    lambda z, mask, choice, smooth: undefined(mask) + 1.0,
    name="at_kink",
    scalar=lambda mask, choice, smooth: choice if mask else smooth,
)


def chosen(mask: Any, x: Any) -> Any:
    """Give 1, with a derivative in `x` of nan where `mask`: the factor of a slope chosen there."""
    return np.where(mask, at_kink(mask, 1.0, x), 1.0)


# --- the operators --------------------------------------------------------------------------
# name                                    dz/dx                       dz/dy
add = elementwise(np.add, 1.0, 1.0, scalar=operator.add)
subtract = elementwise(np.subtract, 1.0, -1.0, scalar=operator.sub)
multiply = elementwise(np.multiply, lambda z, x, y: y, lambda z, x, y: x, scalar=operator.mul)


def _inverse(z: Any, x: Any, y: Any) -> Any:
    try:
        return 1.0 / y
    except ZeroDivisionError:  # of a Python number beside an array: NumPy gives inf
        return np.divide(1.0, y)


divide = elementwise(
    np.divide,
    _inverse,
    lambda z, x, y: -z / y,
    scalar=operator.truediv,
    domain=(REAL, NONZERO),
)
negative = elementwise(np.negative, -1.0, scalar=operator.neg)
positive = elementwise(np.positive, 1.0, scalar=operator.pos)


def _power_dx(z: Any, x: Any, y: Any) -> Any:
    # y * x**(y-1), but 0 where y is 0: x**0 is the constant 1 even at x = 0.
    if type(y) is int or type(y) is float:
        if y == 0:
            return 0.0
        d = 2.0 * x if y == 2 else y * x ** (y - 1)
        return math.nan if type(d) is complex else d
    zero, moves = raw(y) == 0, isinstance(y, Traced)
    if moves:  # only at 0**0 may the way in which y moves be ignored
        zero = zero & (raw(x) == 0)
        return at_kink(zero, 0.0, y * np.power(np.where(zero, 1.0, x), y - 1.0))
    return np.where(zero, 0.0, y * np.power(x, np.where(zero, 1.0, y - 1.0)))


def _power_dy(z: Any, x: Any, y: Any) -> Any:
    # x**y * log(x); 0**y is the constant 0 for y > 0, so its slope there is 0 and not 0 * -inf.
    if type(x) is type(y) is float:
        return 0.0 if x == 0.0 < y else z * math.log(x)
    flat = (raw(x) == 0) & (raw(y) > 0)
    d = z * np.log(np.where(flat, 1.0, x))
    if isinstance(x, Traced):  # for y <= 1 the slope leaves 0 infinitely fast as x does
        steep = flat & (raw(y) <= 1)
        d = np.where(steep, at_kink(steep, 0.0, x), d) if np.any(steep) else d
    return d


# The ** operator squares, roots and inverts without pow.
power = elementwise(
    np.power, _power_dx, _power_dy, scalar=operator.pow, array=operator.pow, domain=(BASE, REAL)
)
float_power = elementwise(
    np.float_power, _power_dx, _power_dy, scalar=operator.pow, domain=(BASE, REAL)
)

# x - y * floor(x / y) and x - y * trunc(x / y): the quotient is constant between jumps. It
# must be the one that the remainder was taken with: floor(1 / 0.1) is 10, 1 // 0.1 is 9.
remainder = elementwise(
    np.remainder,
    1.0,
    lambda z, x, y: -np.floor_divide(raw(x), raw(y)),
    scalar=operator.mod,
    domain=(REAL, NONZERO),
)
fmod = elementwise(
    np.fmod,
    1.0,
    lambda z, x, y: np.rint(np.divide(raw(z) - raw(x), raw(y))),
    scalar=math.fmod,
    domain=(REAL, NONZERO),
)
floor_divide = elementwise(
    np.floor_divide, 0.0, 0.0, scalar=operator.floordiv, domain=(REAL, NONZERO)
)


@implements(np.divmod, cases=[case(arg((3,)), arg((2, 1), NONZERO)), case(arg(), 0.75)])
def divmod(x1: Any, x2: Any) -> Any:  # NumPy's name
    """Quotient and remainder, as :func:`numpy.divmod`."""
    return floor_divide(x1, x2), remainder(x1, x2)


# --- kinks ------------------------------------------------------------------------------------

# sign(x) as the slope of abs: the same number, but its derivative at the kink is nan.
abs_slope = elementwise(
    lambda x: np.sign(x),
    lambda z, x: undefined(raw(x) == 0),
    name="abs_slope",
    scalar=lambda x: float((x > 0) - (x < 0)) if x == x else x,
)
absolute = elementwise(np.absolute, lambda z, x: abs_slope(x), scalar=abs)
fabs = elementwise(np.fabs, lambda z, x: abs_slope(x), scalar=abs)


def _jump(z: Any, x: Any, y: Any) -> Any:
    return undefined(raw(x) == raw(y))


def _winner(wins: Any, x: Any, y: Any, loser: Any) -> Any:
    # 1 where x wins, or where `loser` is nan; one half at a tie; in the operands' dtype.
    share = (wins(x, y) | np.isnan(loser)).astype(np.result_type(x, y))
    tie = x == y
    return np.where(tie, share.dtype.type(0.5), share) if np.any(tie) else share


# The share of x in maximum(x, y): 1 where it wins (or is nan: it is then the result), one
# half at a tie. Its derivative at a tie is nan, as for abs.
larger = elementwise(
    lambda x, y: _winner(np.greater, x, y, x),
    _jump,
    _jump,
    name="larger",
    scalar=lambda x, y: 0.5 if x == y else float(x > y or x != x),
)
smaller = elementwise(
    lambda x, y: _winner(np.less, x, y, x),
    _jump,
    _jump,
    name="smaller",
    scalar=lambda x, y: 0.5 if x == y else float(x < y or x != x),
)
# The same for fmax and fmin, where a nan loses to a number.
larger_number = elementwise(
    lambda x, y: _winner(np.greater, x, y, y),
    _jump,
    _jump,
    name="larger_number",
    scalar=lambda x, y: 0.5 if x == y else float(x > y or y != y),
)
smaller_number = elementwise(
    lambda x, y: _winner(np.less, x, y, y),
    _jump,
    _jump,
    name="smaller_number",
    scalar=lambda x, y: 0.5 if x == y else float(x < y or y != y),
)
maximum = elementwise(
    np.maximum,
    lambda z, x, y: larger(x, y),
    lambda z, x, y: 1.0 - larger(x, y),
    scalar=lambda x, y: x if x >= y or x != x else y,
    selects=True,
)
minimum = elementwise(
    np.minimum,
    lambda z, x, y: smaller(x, y),
    lambda z, x, y: 1.0 - smaller(x, y),
    scalar=lambda x, y: x if x <= y or x != x else y,
    selects=True,
)
fmax = elementwise(
    np.fmax,
    lambda z, x, y: larger_number(x, y),
    lambda z, x, y: 1.0 - larger_number(x, y),
    scalar=lambda x, y: x if x >= y or y != y else y,
    selects=True,
)
fmin = elementwise(
    np.fmin,
    lambda z, x, y: smaller_number(x, y),
    lambda z, x, y: 1.0 - smaller_number(x, y),
    scalar=lambda x, y: x if x <= y or y != y else y,
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
    np.where,
    cases=[
        case(np.array([[True], [False]]), arg((2, 3)), arg((3,))),
        case(True, arg(), arg()),
        case(np.array([True, False]), arg(), 0),
    ],
)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """Choose from `x` where `condition`, else from `y`; with one argument, its nonzeros."""
    if x is None and y is None:
        return np.where(raw(condition))
    if x is None or y is None:
        raise ValueError("where(condition, x) without y; expected both branches, or neither")
    return choose(condition, x, y)
