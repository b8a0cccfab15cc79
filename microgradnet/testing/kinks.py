"""At a kink any element of the Clarke subdifferential is a right answer, and nothing else.

A vector g is in it exactly if along every direction d its slope ``g · d`` is at most the
largest slope along d of the function *nearby* (Clarke's generalised derivative). So the wrong
[1, 1] for a tie of ``max`` is found along d = [1, 1], where no slope nearby exceeds 1, though
each of its elements is possible by itself.

F. Clarke, *Optimization and Nonsmooth Analysis* (1983), section 2.1.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .differences import SAFETY, Slope, ladder
from .judge import EPS, Element, Judge

PAIRS = 60  # of elements whose kinks are tried together
JUMP = 0.05  # of the slopes nearby, relative: what bends less is smooth
RANDOM = 12  # directions, and points nearby, drawn at random


def judge_kinks(judge: Judge, rows: Sequence[Element]) -> None:
    """Judge the elements at which the function has a kink: alone, then together."""
    for e in _hidden(judge, rows):
        low, high = _range(judge, e)
        e.kink, e.how = (low, high), "kink"
        e.slope = Slope((low + high) / 2, (high - low) / 2 / SAFETY)
    found = [e for e in rows if e.kink is not None]
    for e in found:
        e.verdict = "passed"
        for sign in (1.0, -1.0):
            if not _possible(judge, [e], [sign]):
                e.verdict = "wrong"
                e.how = "kink: no slope nearby is so large"
                break
    rest = [e for e in found if e.verdict == "passed"]
    for group, signs in _together(rest, judge.rng):
        if not _possible(judge, group, signs):
            for e in group:
                e.verdict = "wrong"
                e.how = "kink: each is possible by itself, together they are not"
            return


def _hidden(judge: Judge, rows: Sequence[Element]) -> list[Element]:
    """Find the ties that no single element shows.

    A middle one of three equal numbers stays what it is whichever of them moves a little: each
    slope by itself is 0, and there is no kink, yet the slopes nearby are 0 and 1. A direction
    that moves all elements tells.
    """
    smooth = [e for e in rows if not e.kink and not e.close and np.isfinite(e.reported)]
    suspects = [e for e in smooth if e.verdict == "wrong"]
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
    ranges = ((e, *_range(judge, e)) for e in suspects)
    return [e for e, low, high in ranges if high - low > JUMP * max(abs(low), abs(high))]


def _range(judge: Judge, e: Element) -> tuple[float, float]:
    """Give the smallest and the largest slope along one element nearby, but for roundoff."""
    slopes, tolerance = _nearby(judge, [e], [1.0])
    width = max(slopes, default=0.0) - min(slopes, default=0.0)
    if width <= 2 * tolerance:
        return 0.0, 0.0
    # What is only bent, however sharply, keeps to one slope if one looks closely enough.
    closer = 1.0
    while tolerance < width / 8:
        closer /= 8
        within, tolerance = _nearby(judge, [e], [1.0], closer)
        if not within or max(within) - min(within) < width / 3:
            return 0.0, 0.0
    return min(slopes), max(slopes)


def _size(judge: Judge, e: Element) -> float:
    return max(abs(float(judge.probe.base("float")[e.place][e.index])), 1.0)


def _together(found: Sequence[Element], rng: Any) -> Iterator[tuple[list[Element], list[float]]]:
    """List directions along several of the kinks at once, the fewest first."""
    pairs = list(itertools.combinations(found, 2))
    if len(pairs) > PAIRS:
        pairs = [pairs[i] for i in rng.choice(len(pairs), PAIRS, replace=False)]
    for pair in pairs:
        for signs in itertools.product((1.0, -1.0), repeat=2):
            yield list(pair), list(signs)
    if len(found) > 2:
        everything = list(found)
        yield everything, [1.0] * len(found)
        yield everything, [-1.0] * len(found)
        for _ in range(RANDOM):
            yield everything, list(rng.choice([-1.0, 1.0], len(found)))


def _possible(judge: Judge, group: Sequence[Element], signs: Sequence[float]) -> bool:
    """Whether the reported slope along a direction is one that the function has nearby."""
    reported = sum(s * e.reported for e, s in zip(group, signs, strict=True))
    slopes, tolerance = _nearby(judge, group, signs)
    if not slopes:
        return True
    size = max(max(map(abs, slopes)), abs(reported))
    return bool(reported <= max(slopes) + tolerance + 1e-3 * size)


def _nearby(
    judge: Judge, group: Sequence[Element], signs: Sequence[float], closer: float = 1.0
) -> tuple[list[float], float]:
    """Collect slopes along a direction at smooth points beside the kink."""
    if judge.eps > EPS:
        far, h = 1e-2, 1e-3
    else:
        far, h = 1e-5, 1e-7
    sizes = [_size(judge, e) for e in group]
    far, h = far * closer, h * closer * min(sizes)
    slopes, rng = [], np.random.default_rng(0)  # the same places, however close
    for offsets, others in _offsets(rng, group, signs):
        moves = []
        for k, x in enumerate(judge.probe.base("float")):
            size = np.maximum(np.abs(x), 1.0)
            scattered = rng.uniform(-1.0, 1.0, x.shape) * size
            moves.append((k, (), np.array(far * others * scattered)))
        for k, _, displaced in moves:
            for e, o, c in zip(group, offsets, sizes, strict=True):
                if e.place == k:
                    displaced[e.index] = far * o * c
        ends = []
        for t in (h, -h):
            steps = [(e.place, e.index, s * t) for e, s in zip(group, signs, strict=True)]
            ends.append(judge.probe.along(judge.kind, [*moves, *steps])(1.0))
        slope = (ends[0] - ends[1]) / (2 * h)
        if np.isfinite(slope):
            slopes.append(float(slope))
    return slopes, SAFETY * judge.sigma / h


def _offsets(
    rng: Any, group: Sequence[Element], signs: Sequence[float]
) -> Iterator[tuple[Any, float]]:
    """Give points around: where the elements lie, and how far all others are scattered.

    Where a kink's slope is largest along the direction; amid the others, where a middle one of
    several equal numbers is; and anywhere.
    """
    n = len(group)
    direction = np.array(signs)
    # A convex kink is steepest ahead, a concave one behind.
    upward = np.array([1.0 if not e.kink or e.kink[1] >= e.kink[0] else -1.0 for e in group])
    for base in (direction * upward, direction, -direction):
        for _ in range(3):
            yield base * rng.uniform(0.3, 1.0, n), 0.2
    for _ in range(RANDOM // 2):
        yield rng.uniform(-0.05, 0.05, n), 1.0
    for _ in range(RANDOM):
        yield rng.choice([-1.0, 1.0], n) * rng.uniform(0.3, 1.0, n), 1.0
