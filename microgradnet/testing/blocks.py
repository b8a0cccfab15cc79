"""Gradients of many elements: whole blocks along random directions, halved where they are off.

One direction sees every element of a block at once. The slope along it costs a few
evaluations however long the block is, and an error in a single element shows in it: so one
wrong element among a million is found in some twenty halvings. A block may hold elements of any
arguments. Those whose terms are alike in size share one, so that none is small beside its
neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .differences import ladder, power_of_two, stencil
from .element import Element
from .judge import Judge

ALONE = 8  # blocks of so few elements are judged one by one
BUDGET = 400  # elements judged one by one, at most
LONGEST = 2**17
SHARP = 1e-2  # of the block's typical term: an element off by a hundredth shows
SMALLEST = 1e-3  # of the mean term: what is smaller need not show in a block

Make = Callable[[int, int], Element]


def judge_blocks(
    judge: Judge, reported: Sequence[Any], make: Make
) -> tuple[list[Element], int, int]:
    """Judge a long gradient.

    Parameters
    ----------
    judge : Judge
        Of the function at the point.
    reported : sequence
        The reported gradients of the differentiated leaves.
    make : callable
        Makes the element of a place and a flat index.

    Returns
    -------
    judged : list of Element
        Those that had to be looked at one by one.
    passed, open : int
        How many elements passed within blocks; how many nobody got to.
    """
    blocks = _Blocks(judge, reported, make)
    order = np.argsort(-np.abs(blocks.terms))
    for part in np.array_split(order, -(-order.size // LONGEST)):
        blocks.look(part)
    judge.elements(blocks.judged)
    return blocks.judged, blocks.passed, blocks.left


class _Blocks:
    """All elements in one row, whichever arguments they belong to."""

    def __init__(self, judge: Judge, reported: Sequence[Any], make: Make) -> None:
        self.judge, self.make = judge, make
        points = judge.probe.base("float")
        self.first = np.cumsum([0, *(x.size for x in points)])  # of each place among all
        self.x = np.concatenate([x.reshape(-1) for x in points])
        self.g = np.concatenate([np.asarray(g, np.float64).reshape(-1) for g in reported])
        sizes = [_size(x) for x in points]
        self.terms = self.g * np.repeat(sizes, np.diff(self.first))
        known = np.abs(self.terms[np.isfinite(self.terms)])
        self.around = float(known.mean()) if known.size else 0.0
        self.judged: list[Element] = []
        self.passed = self.left = 0

    def places(self, part: Any) -> list[tuple[int, Any]]:
        """Split a block by the places that its elements belong to, as masks."""
        of = np.searchsorted(self.first, part, "right") - 1
        return [(int(k), of == k) for k in np.unique(of)]

    def look(self, part: Any, off: bool = False) -> bool:
        """Judge a block, or its halves if it is off; say whether all passed as a block."""
        agrees = False if off or len(part) <= ALONE else self._agrees(part)
        if agrees:
            self.passed += len(part)
            return True
        if len(self.judged) + ALONE > BUDGET:
            self.left += len(part)
            return False
        if len(part) <= ALONE:
            self._one_by_one(part)
            return False
        half = len(part) // 2
        clean = self.look(part[:half])
        # If the whole is off and this half of it is not, nobody need ask about the other.
        self.look(part[half:], off=clean and agrees is not None)
        return False

    def _one_by_one(self, part: Any) -> None:
        for k, here in self.places(part):
            for i in part[here] - self.first[k]:
                self.judged.append(self.make(k, int(i)))

    def _agrees(self, part: Any) -> bool | None:
        """Whether a block's slope along a random direction is the reported one's, and sharply so.

        None if the slope is not known well enough to tell.
        """
        if not np.isfinite(self.g[part]).all():
            return False
        judge = self.judge
        signs = judge.rng.choice([-1.0, 1.0], len(part))
        moves, terms = [], np.empty(len(part))
        for k, here in self.places(part):
            step = signs[here] * _size(self.x[part[here]])
            terms[here] = self.g[part[here]] * step
            shape = judge.probe.base("float")[k].shape
            if shape:
                moves.append((k, np.unravel_index(part[here] - self.first[k], shape), step))
            else:
                moves.append((k, (), step[0]))
        phi = judge.probe.along(judge.kind, moves)
        total, typical = float(terms.sum()), float(np.sqrt(np.mean(terms * terms)))
        rounding = 1e-13 * float(np.abs(terms).sum())
        scale = 1.0 / np.sqrt(len(part))
        cheap = stencil(phi, judge.here, power_of_two(judge.eps**0.2 * scale), judge.sigma)
        for slope in (cheap.slope, None):
            slope = slope or ladder(phi, scale, judge.sigma, judge.eps)
            sharp = slope.bound <= max(SHARP * typical, SMALLEST * self.around)
            off = abs(slope.value - total)
            if sharp or off > 100 * slope.bound:
                return bool(sharp and off <= slope.bound + rounding)
        return None


def _size(x: Any) -> float:
    """Give the size of some numbers, as steps are measured by."""
    return float(np.sqrt(np.mean(np.square(x)))) or 1.0 if x.size else 1.0
