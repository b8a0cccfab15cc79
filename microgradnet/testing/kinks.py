"""At a kink any element of the Clarke subdifferential is a right answer, and nothing else.

A vector g is in it exactly if along every direction d its slope ``g · d`` is at most the
largest slope along d of the function *nearby* (Clarke's generalised derivative). So the wrong
[1, 1] for a tie of ``max`` is found along d = [1, 1], where no slope nearby exceeds 1, though
each of its elements is possible by itself.

F. Clarke, *Optimization and Nonsmooth Analysis* (1983), section 2.1.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .differences import EPS, SAFETY, Slope, ladder
from .element import UNLOOKED, Element
from .finer import Move
from .judge import PATIENCE, Judge

Seen = tuple[float, float]  # a slope nearby, and how much of it may be roundoff

JUMP = 0.05  # of the slopes nearby, relative: what bends less is smooth
LAST = 1e-6  # of the slopes nearby: what is no matter
RANDOM = 12  # directions, and points nearby, drawn at random
MANY = 30  # elements whose kinks are tried along a direction found for them
ROUNDS = 10  # in which it is bettered, of three steps
STEPS = 400  # towards the nearest point of their hull, at most
INSIDE = 1e-24  # a squared distance that is none
CLIMBS = 3  # lines on which the steepest place is sought
CLOSEST = 1e-5  # of the usual distance: nearer, numbers cannot be told apart


def judge_kinks(judge: Judge, rows: Sequence[Element]) -> None:
    """Judge the elements at which the function has a kink: alone, then together."""
    for e, low, high in list(_hidden(judge, rows)):
        e.kink, e.how = (low, high), "kink"
        e.slope = Slope((low + high) / 2, (high - low) / 2 / SAFETY)
    found = [e for e in rows if e.kink is not None]
    judge.lead = found
    for e in found:
        e.verdict = "passed"
        for sign in (1.0, -1.0):
            if not _possible(judge, [e], [sign]):
                e.verdict = "wrong"
                e.how = "kink: no slope nearby is so large"
                break
    rest = [e for e in found if e.verdict == "passed"]
    for group, signs in itertools.chain(_together(rest, judge.rng), _outward(judge, rest)):
        if not _possible(judge, group, signs):
            for e in group:
                e.verdict = "wrong"
                e.how = "kink: each is possible by itself, together they are not"
            return


def _hidden(judge: Judge, rows: Sequence[Element]) -> Iterator[tuple[Element, float, float]]:
    """Find the ties that no single element shows, with the slopes around.

    A middle one of three equal numbers stays what it is whichever of them moves a little: each
    slope by itself is 0, and there is no kink, yet the slopes nearby are 0 and 1. A direction
    that moves all elements tells.
    """
    smooth = [e for e in rows if not e.kink and np.isfinite(e.reported)]
    suspects = [e for e in smooth if e.verdict == "wrong" or e.how == UNLOOKED]
    if not suspects and len(smooth) > 1:
        moves, expected, allowed = [], 0.0, 0.0
        for e in smooth:
            step = judge.rng.choice([-1.0, 1.0]) * _size(judge, e)
            moves.append((e.place, e.index, step))
            expected += step * e.reported
            allowed += abs(step) * (e.allowed + e.slope.bound)
        phi = judge.probe.along(judge.kind, moves)
        slope = ladder(phi, 1.0, judge.sigma, judge.eps)
        if slope and abs(slope.value - expected) > slope.bound + allowed:
            suspects = smooth
    found = missed = 0
    for e in sorted(suspects, key=lambda e: e.verdict != "wrong"):
        # Those that are wrong are enough, and where none of them is a tie, no other is.
        if e.jumps or missed >= PATIENCE or (e.how == UNLOOKED and not found):
            continue
        low, high = _range(judge, e)
        if high - low > JUMP * max(-low, high):
            found += 1
            yield e, low, high
        else:
            missed += e.verdict == "wrong"


def _range(judge: Judge, e: Element) -> tuple[float, float]:
    """Give the smallest and the largest slope along one element nearby, but for roundoff."""
    closer, looking = 1.0, _nearby
    slopes = _clear(looking(judge, [e], [1.0]), e.reported)
    width = max(slopes, default=0.0) - min(slopes, default=0.0)
    if width <= 2 * _roundoff(judge, [e], closer):
        looking = _both_ways
        slopes += _clear(looking(judge, [e], [1.0]), e.reported)
        width = max(slopes, default=0.0) - min(slopes, default=0.0)
    if width <= 2 * _roundoff(judge, [e], closer):
        return 0.0, 0.0
    # What is only bent, however sharply, keeps to one slope if one looks closely enough.
    closest = CLOSEST * min(judge.own(e) or 1.0, 1.0)
    while _roundoff(judge, [e], closer / 8) < JUMP * width and closer > closest:
        closer /= 8
    if closer == 1.0:
        return 0.0, 0.0
    within = _clear(looking(judge, [e], [1.0], closer), e.reported)
    if not within or max(within) - min(within) < width / 3:
        return 0.0, 0.0
    if 0.0 < judge.own(e) < _reach(judge, [e], closer)[0]:
        return 0.0, 0.0  # roundoff hides what is as near as that
    low, high = min(slopes), max(slopes)
    # The slope here is one of those nearby, or these were not near (Lebourg 1975).
    far_off = e.slope.bound + JUMP * width
    if e.slope and not low - far_off <= e.slope.value <= high + far_off:
        return 0.0, 0.0
    return low, high


def _clear(slopes: Iterable[Seen], scale: float) -> list[float]:
    """Keep the slopes that are no roundoff, beside the others or something of their size."""
    seen = list(slopes)
    scale = max([abs(scale), *(abs(s) for s, lost in seen if lost <= JUMP * abs(s))])
    return [s for s, lost in seen if lost <= JUMP * scale]


def _size(judge: Judge, e: Element) -> float:
    return max(judge.own(e), 1.0)


def _together(found: Sequence[Element], rng: Any) -> Iterator[tuple[list[Element], list[float]]]:
    """List directions along all the kinks at once."""
    if len(found) > 1:
        for sign in (1.0, -1.0):
            yield list(found), [sign] * len(found)
        for _ in range(RANDOM):
            yield list(found), list(rng.choice([-1.0, 1.0], len(found)))


def _outward(judge: Judge, found: Sequence[Element]) -> Iterator[tuple[list[Element], Any]]:
    """Give the direction in which the report lies furthest off the hull of gradients nearby.

    Its vertices are found on the way: that way, or opposite, lies the one that is next to it.
    """
    group = list(found)
    if len(group) > MANY:
        group = [group[i] for i in judge.rng.choice(len(group), MANY, replace=False)]
    if len(group) < 2:
        return
    far, h = _reach(judge, group, 1.0)
    rng = np.random.default_rng(2)
    reported = np.array([e.reported for e in group])
    off = rng.uniform(-1.0, 1.0, len(group))
    vertices: list[list[float]] = []
    for others in (0.0, 0.01, 1.0) * ROUNDS:
        for towards in (far, -far):
            offsets = towards * (off + rng.uniform(-0.1, 0.1, len(group)))
            moves = _scattered(judge, rng, far * others, group, offsets)
            ends = [[_value(judge, moves, [e], [t]) for t in (h, -h)] for e in group]
            vertices.append([(right - left) / (2 * h) for right, left in ends])
        vertices = [v for v in vertices if np.isfinite(v).all()]
        off = reported - (nearest_in_hull(np.array(vertices), reported) if vertices else 0.0)
        if np.abs(off).max() <= LAST * np.abs(reported).max():
            return
        off /= np.abs(off).max()
    if vertices:
        yield group, off


def nearest_in_hull(vertices: Any, point: Any) -> Any:
    """Find the mean of `vertices`, one a row, that is nearest to a point (Wolfe 1976).

    It is the point of a plane through some of them that is nearest; they are exchanged one by
    one until no other vertex lies before that plane.
    """
    rows = vertices - point
    rows = rows / (np.abs(rows).max() or 1.0)
    corral = [int(np.argmin((rows * rows).sum(axis=1)))]
    weights = np.ones(1)
    for _ in range(STEPS):
        nearest = weights @ rows[corral]
        ahead = int(np.argmin(rows @ nearest))
        length = float(nearest @ nearest)
        if ahead in corral or rows[ahead] @ nearest >= (1 - LAST) * length or length <= INSIDE:
            break
        corral, weights = [*corral, ahead], np.append(weights, 0.0)
        while (best := _affine(rows[corral])).min() <= 0.0:
            falling = best <= 0.0
            share = (weights[falling] / (weights - best)[falling]).min()
            weights = weights + share * (best - weights)
            kept = weights > LAST * weights.max()
            corral = [c for c, k in zip(corral, kept, strict=True) if k]
            weights = weights[kept] / weights[kept].sum()
        weights = best
    return weights @ vertices[corral]


def _affine(rows: Any) -> Any:
    """Give the weights, whose sum is 1, of the point nearest to 0 in the plane through rows."""
    gram = rows @ rows.T
    weights = np.linalg.lstsq(gram + gram.trace(), np.ones(len(rows)), rcond=None)[0]
    return weights / weights.sum()


def _possible(judge: Judge, group: Sequence[Element], signs: Sequence[float]) -> bool:
    """Whether the reported slope along a direction is one that the function has nearby."""
    reported = sum(s * e.reported for e, s in zip(group, signs, strict=True))
    far = -np.inf
    for slope, lost in itertools.chain(_nearby(judge, group, signs), _climbs(judge, group, signs)):
        if lost <= JUMP * max(abs(slope), abs(reported)):
            far = max(far, slope)
        if reported <= far:
            return True
    near = _clear(
        [*_nearby(judge, group, signs, 1 / 4), *_climbs(judge, group, signs, 1 / 4)],
        max(abs(s) * _width(e) for e, s in zip(group, signs, strict=True)),
    )
    if not near:
        return True
    # The pieces of the function are curved: how much shows in how the slopes move.
    steepest = max(near)
    bent = (abs(far - steepest) if np.isfinite(far) else 0.0) + _roundoff(judge, group, 1 / 4)
    allowed = sum(e.allowed for e in group) + LAST * max(*map(abs, near), abs(reported))
    return bool(reported <= steepest + bent + allowed)


def _width(e: Element) -> float:
    """Give the size of an element's slopes to both sides of its kink."""
    return max(map(abs, e.kink)) if e.kink else 0.0


def _reach(judge: Judge, group: Sequence[Element], closer: float) -> tuple[float, float]:
    """Say how far beside the kink slopes are taken, and with what step."""
    far, h = (1e-2, 1e-3) if judge.eps > EPS else (1e-5, 1e-7)
    return far * closer, h * closer * min(_size(judge, e) for e in group)


def _roundoff(judge: Judge, group: Sequence[Element], closer: float) -> float:
    return SAFETY * judge.sigma / _reach(judge, group, closer)[1]


def _nearby(
    judge: Judge, group: Sequence[Element], signs: Sequence[float], closer: float = 1.0
) -> Iterator[Seen]:
    """Give slopes along a direction at smooth points beside the kink."""
    far, h = _reach(judge, group, closer)
    rng = np.random.default_rng(0)  # the same places, however close
    for moves in _moves(judge, rng, far, group, signs):
        left, here, right = (
            _value(judge, moves, group, np.multiply(t, signs)) for t in (-h, 0.0, h)
        )
        # Where one half of the step jumps, the other one is the function's slope.
        slope = min((right - here) / h, (here - left) / h, key=abs)
        if np.isfinite(slope):
            yield slope, SAFETY * judge.eps / 4 * max(abs(right), abs(left)) / h


def _scattered(
    judge: Judge, rng: Any, width: float, group: Sequence[Element], offsets: Any
) -> list[Move]:
    """Displace a group's elements by offsets, and all others at random, as their sizes are."""
    moves = []
    for k, x in enumerate(judge.probe.base("float")):
        displaced = np.array(width * rng.uniform(-1.0, 1.0, x.shape) * np.maximum(np.abs(x), 1.0))
        for e, offset in zip(group, offsets, strict=True):
            if e.place == k:
                displaced[e.index] = offset * _size(judge, e)
        moves.append((k, (), displaced))
    return moves


def _value(judge: Judge, moves: Sequence[Move], group: Sequence[Element], steps: Any) -> float:
    """Evaluate the function at a displaced point, with a further step for each of a group."""
    own = [(e.place, e.index, step) for e, step in zip(group, steps, strict=True)]
    return float(judge.probe.along(judge.kind, [*moves, *own])(1.0))


def _climbs(
    judge: Judge, group: Sequence[Element], signs: Sequence[float], closer: float = 1.0
) -> Iterator[Seen]:
    """Give large slopes along a direction, each found on a line through scattered others.

    One of nine equal numbers is seldom the middle one when all are scattered; on the way from
    below them to above it is. Halving the line towards the greater rise finds where: no secant
    is steeper than the steepest slope on its way (Lebourg's mean value theorem, 1975).
    """
    far, h = _reach(judge, group, closer)
    reach = far * min(_size(judge, e) for e in group)
    rng = np.random.default_rng(1)
    for _ in range(CLIMBS):
        moves = _scattered(judge, rng, 0.7 * far, group, np.zeros(len(group)))

        def at(t: float, moves: list[Move] = moves) -> float:
            return _value(judge, moves, group, np.multiply(t, signs))

        low, high = -reach, reach
        below, above = at(low), at(high)
        slope, length, lost = -np.inf, high - low, 0.0
        while high - low > h / 4:
            middle = (low + high) / 2
            between = at(middle)
            if above - between > between - below:
                low, below = middle, between
            else:
                high, above = middle, between
            if high - low >= 2 * h:
                slope, length = (above - below) / (high - low), high - low
                lost = SAFETY * judge.eps / 4 * max(abs(above), abs(below)) / length
        # At a jump secants grow for ever.
        grown = (above - below) / (high - low)
        if np.isfinite(slope) and grown <= abs(slope) * length / (high - low) / 2:
            yield float(slope), lost


def _both_ways(
    judge: Judge, group: Sequence[Element], signs: Sequence[float], closer: float = 1.0
) -> Iterator[Seen]:
    """Give small slopes along a direction, and large ones."""
    yield from _climbs(judge, group, signs, closer)
    yield from ((-s, lost) for s, lost in _climbs(judge, group, [-s for s in signs], closer))
    yield from itertools.islice(_nearby(judge, group, signs, closer), 3)


def _moves(
    judge: Judge, rng: Any, far: float, group: Sequence[Element], signs: Sequence[float]
) -> Iterator[list[Move]]:
    """Give points around, by the ways to them.

    That way, or opposite, where the reported slopes lead: of eigenvalues that coincide, the
    vectors that somebody chose are the right ones beside it.
    """
    most = max((abs(e.reported) for e in judge.lead), default=0.0)
    for towards in (far, -far) if most else ():
        offsets = [towards * e.reported / most for e in judge.lead]
        yield _scattered(judge, rng, 0.0, judge.lead, offsets)
    for offsets, others in _offsets(rng, group, signs):
        yield _scattered(judge, rng, far * others, group, far * offsets)


def _offsets(
    rng: Any, group: Sequence[Element], signs: Sequence[float]
) -> Iterator[tuple[Any, float]]:
    """Say where a group's elements lie, and how far others are scattered.

    Where a kink's slope is largest along the direction; amid the others, where a middle one of
    several equal numbers is; and anywhere.
    """
    n = len(group)
    direction = np.array(signs)
    # A convex kink is steepest ahead, a concave one behind.
    upward = np.array([1.0 if not e.kink or e.kink[1] >= e.kink[0] else -1.0 for e in group])
    for base in (direction * upward, direction, -direction):
        for others in (0.0, 0.01, 0.2):
            yield base * rng.uniform(0.3, 1.0, n), others
    for _ in range(RANDOM // 2):
        yield rng.uniform(-0.05, 0.05, n), 1.0
    for _ in range(RANDOM):
        yield rng.choice([-1.0, 1.0], n) * rng.uniform(0.3, 1.0, n), 1.0
