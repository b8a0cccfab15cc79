"""What a number that differences call wrong may be instead of wrong.

The function may not depend on the element at all; it may jump, so that there is no slope; it may
show nothing but its own roundoff. Each is looked for in its values along that element.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from .differences import EPS, SAFETY, Line, Slope, ladder, nearest, one_sided, power_of_two
from .element import Element

BENT = 1e-3  # of the slopes to both sides: what differs less has no kink
IDLE = 30.0  # times the roundoff: what a function that does not depend on an element may move
FAR = (0.25, 1.0, 3.0, 1e3, 1e6)  # times its size, where it must not, as far as it is defined
CLOSE = 0.33  # power of eps: a scale from which a ladder reaches to the element's last places
LEAST = 1e-3  # the size of a smaller element, but where it is looked at from as near as it is
NEXT = 2**0.5 / 1000  # to a neighbour that is rounded differently


class Along(NamedTuple):
    """The function along one element: its values, and what they are worth."""

    phi: Line
    here: float
    own: float  # the element's size
    sigma: float  # the function's roundoff
    eps: float  # the spacing of the numbers that it is computed with

    @property
    def scales(self) -> list[float]:
        """Give the scales of the steps to take, the smallest first.

        A step must move the element, and be no subnormal number.
        """
        usual = {self.own, max(self.own, LEAST), 1.0}
        scales = sorted(s for s in usual if s > max(1e-4 * self.own, 1e-200))
        if self.own >= LEAST:  # what waves quickly looks flat to steps longer than its waves
            scales.insert(0, power_of_two(self.eps**CLOSE * self.own))
        return scales

    def ladder(self, scale: float) -> Slope:
        """Take the slope by steps from a scale down."""
        return ladder(self.phi, scale, self.sigma, self.eps)


def jumps(along: Along, side: int) -> bool:
    """Whether the function is not even continuous to one side."""
    for scale in (max(along.own, LEAST), along.scales[0]):
        far, near = (abs(along.phi(side * h * scale) - along.here) for h in _steps(along.eps))
        if not (near > far / 2 and near > 100 * along.sigma):
            return False
    return True


def _steps(eps: float) -> tuple[float, float]:
    """Give two steps, times the scale: what moves by the same with both of them jumps."""
    return (1e-6, 1e-9) if eps <= EPS else (1e-2, 1e-4)


def of_neither(e: Element, along: Along) -> bool:
    """Whether a number is no slope of a function that jumps here, however one reads it.

    It has no derivative. Where both of its pieces have one slope, as of ``x + floor(x)``, that
    is what anybody would report. Else it is one of theirs, or something between: where
    ``x >= 0`` chooses an absolute value, that has a kink which nobody sees. What is larger than
    both is neither.
    """
    pieces = []
    for side in (-1, 1):
        gap = side * max(along.own, LEAST) * _steps(along.eps)[1]
        beside = functools.partial(lambda gap, t: along.phi(gap + t), gap)
        found = [
            one_sided(beside, beside(0.0), side, scale, along.sigma, along.eps)
            for scale in along.scales
        ]
        pieces.append(nearest(found))
    if not all(pieces):
        return False
    left, right = (p.value for p in pieces)
    largest = max(abs(left), abs(right))
    unsure = sum(p.bound for p in pieces) + BENT * largest
    return abs(right - left) <= unsure or abs(e.reported) > largest + unsure


def idle(e: Element, along: Along) -> bool:
    """Whether the function does not depend on the element at all, and the report says so.

    As ``sum(softmax(x))`` or the bias before a batch norm: there is no slope but roundoff,
    which shows in that it is another one at every point. What is only saturated here moves
    elsewhere.
    """
    flat = not e.slope or abs(e.slope.value) <= e.slope.bound
    if e.kink or e.jumps or not flat or abs(e.reported) > IDLE * e.wobble:
        return False
    if abs(e.reported) * max(along.own, LEAST) > FAR[-1] * along.sigma:
        return False  # then it is not because of roundoff that it is another one
    moves = []
    for t in (sign * far * max(along.own, 1.0) for far in FAR for sign in (1, -1)):
        values = np.array([along.phi(t * (1 + k * NEXT)) for k in range(4)], np.float64)
        if np.isfinite(values).all():
            own = along.eps * max(abs(t), float(np.abs(values).max()))
            own = max(own, float(np.ptp(values)), along.sigma)
            moves.append(bool(abs(values[0] - along.here) > IDLE * own))
    # Roundoff may be the same for neighbours, too, but not for all.
    return len(moves) >= len(FAR) and sum(moves) <= 1


def drowned(e: Element, along: Along) -> bool:
    """Whether the function shows nothing but roundoff, amid which what was reported is lost.

    Of ``1e10 + sin(x)`` at 1e8 in float32 steps as large as the argument see a constant, and
    very sharply, yet it waves within a unit.
    """
    if abs(e.slope.value) > e.slope.bound:
        return False
    away = [along.phi(sign * t) for t in (along.own / 4, 0.25) for sign in (1, -1)]
    moved = max((abs(y - along.here) for y in away if np.isfinite(y)), default=0.0)
    hidden = abs(e.reported - e.slope.value) * min(along.own or 1.0, 1.0)
    return bool(max(moved, hidden) <= SAFETY * along.sigma)
