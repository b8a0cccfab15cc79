"""Gradients of many elements: whole blocks along random directions, halved where they are off.

One direction sees every element of a block at once. The slope along it costs a few dozen
evaluations however long the block is, and an error in a single element shows in it: so one
wrong element among a million is found in some twenty halvings. Elements whose reported numbers
are alike in size share a block, so that none is small beside its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .differences import ladder, power_of_two, stencil
from .judge import Element, Judge

ALONE = 8  # blocks of so few elements are judged one by one
BUDGET = 400  # elements judged one by one, at most
LONGEST = 2**17
SHARP = 1e-2  # of the block's typical term: an element off by a hundredth shows
SMALLEST = 1e-3  # of the mean element: what is smaller need not show in a block


def judge_blocks(
    judge: Judge, reported: Sequence[Any], elements: Any
) -> tuple[list[Element], int, int]:
    """Judge a long gradient.

    Parameters
    ----------
    judge : Judge
        Of the function at the point.
    reported : sequence
        The reported gradients of the differentiated leaves.
    elements : callable
        Makes the element of a place and a flat index.

    Returns
    -------
    judged : list of Element
        Those that had to be looked at one by one.
    passed, open : int
        How many elements passed within blocks; how many nobody got to.
    """
    stack, around = [], 0.0
    for k, g in enumerate(reported):
        sizes = np.abs(np.asarray(g, np.float64)).reshape(-1)
        around = max(around, float(np.mean(sizes))) if sizes.size else around
        parts = np.array_split(np.argsort(sizes), max(1, sizes.size // LONGEST))
        stack += [(k, part) for part in parts if part.size]
    judged: list[Element] = []
    passed = left = 0
    while stack:
        k, part = stack.pop()
        if len(part) > ALONE and _agrees(judge, k, part, np.asarray(reported[k]), around):
            passed += len(part)
        elif len(part) > ALONE:
            half = len(part) // 2
            stack += [(k, part[:half]), (k, part[half:])]
        elif len(judged) + len(part) > BUDGET:
            left += len(part)
        else:
            for i in part:
                e = elements(k, int(i))
                judge.element(e)
                judged.append(e)
    return judged, passed, left


def _agrees(judge: Judge, k: int, part: Any, g: Any, around: float) -> bool:
    """Whether a block's slope along a random direction is the reported one's, and sharply so."""
    x = judge.probe.base("float")[k]
    values = np.asarray(g, np.float64).reshape(-1)[part]
    if not np.isfinite(values).all():
        return False
    size = float(np.sqrt(np.mean(np.square(x.reshape(-1)[part])))) or 1.0
    direction = np.zeros(x.size)
    direction[part] = judge.rng.choice([-1.0, 1.0], len(part)) * size
    phi = judge.probe.along(judge.kind, [(k, (), direction.reshape(x.shape))])
    terms = values * direction[part]
    total, typical = float(terms.sum()), float(np.sqrt(np.mean(terms * terms)))
    rounding = 1e-13 * float(np.abs(terms).sum())
    scale = 1.0 / np.sqrt(len(part))
    cheap = stencil(phi, judge.here, power_of_two(judge.eps**0.2 * scale), judge.sigma)
    for slope in (cheap.slope, None):
        slope = slope or ladder(phi, scale, judge.sigma, judge.eps)
        sharp = slope.bound <= max(SHARP * typical, SMALLEST * around * size)
        off = abs(slope.value - total)
        if sharp or off > 100 * slope.bound:
            return sharp and off <= slope.bound + rounding
    return False
