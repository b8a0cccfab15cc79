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

from .differences import SAFETY
from .judge import EPS, Element, Judge

PAIRS = 60  # of elements whose kinks are tried together
RANDOM = 12  # directions, and points nearby, drawn at random


def judge_kinks(judge: Judge, found: Sequence[Element]) -> None:
    """Judge the elements at which the function has a kink: alone, then together."""
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
    judge: Judge, group: Sequence[Element], signs: Sequence[float]
) -> tuple[list[float], float]:
    """Collect slopes along a direction at smooth points beside the kink."""
    sizes = [max(abs(float(judge.probe.base("float")[e.place][e.index])), 1.0) for e in group]
    if judge.eps > EPS:
        far, h = 1e-2, 1e-3
    else:
        far, h = 1e-5, 1e-7
    slopes = []
    for offsets in _offsets(judge.rng, group, signs):
        moved = [far * o * c for o, c in zip(offsets, sizes, strict=True)]

        def phi(t: float, moved: list[float] = moved) -> float:
            moves = [
                (e.place, e.index, m + s * t)
                for e, m, s in zip(group, moved, signs, strict=True)
            ]
            return float(judge.probe.along(judge.kind, moves)(1.0))

        slope = (phi(h) - phi(-h)) / (2 * h)
        if np.isfinite(slope):
            slopes.append(float(slope))
    return slopes, SAFETY * judge.sigma / h


def _offsets(rng: Any, group: Sequence[Element], signs: Sequence[float]) -> Iterator[Any]:
    """Give points around: where a kink's slope is largest along the direction, and at random."""
    n = len(group)
    direction = np.array(signs)
    # A convex kink is steepest ahead, a concave one behind.
    upward = np.array([1.0 if e.kink and e.kink[1] >= e.kink[0] else -1.0 for e in group])
    for base in (direction * upward, direction, -direction):
        for _ in range(3):
            yield base * rng.uniform(0.3, 1.0, n)
    for _ in range(RANDOM):
        yield rng.choice([-1.0, 1.0], n) * rng.uniform(0.3, 1.0, n)
