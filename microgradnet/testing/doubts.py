"""What a number that differences call wrong may be instead of wrong.

The function may not depend on the element at all; it may jump, so that there is no slope; it may
show nothing but its own roundoff. Each is looked for in its values along that element.
"""

from __future__ import annotations

import functools

import numpy as np

from .along import Along
from .differences import EPS, SAFETY, nearest, one_sided
from .element import Element

BENT = 1e-3  # of the slopes to both sides: what differs less has no kink
IDLE = 30.0  # times the roundoff: what a function that does not depend on an element may move
FAR = (0.25, 1.0, 3.0, 1e3, 1e6)  # times its size, where it must not, as far as it is defined
NEXT = 2**0.5 / 1000  # to a neighbour that is rounded differently


def jumps(along: Along, side: int) -> bool:
    """Whether the function is not even continuous to one side."""
    for scale in (along.size, along.scales[0]):
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
        gap = side * along.size * _steps(along.eps)[1]
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
    if abs(e.reported) * along.size > FAR[-1] * along.sigma:
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
