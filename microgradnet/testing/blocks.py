"""Gradients of many elements: whole blocks along random directions, halved where they are off.

One direction sees every element of a block at once. The slope along it costs a few dozen
evaluations however long the block is, and an error in a single element shows in it: so one
wrong element among a million is found in some twenty halvings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .differences import ladder
from .judge import Element, Judge
from .probe import Place

ALONE = 8  # blocks of so few elements are judged one by one
BUDGET = 400  # elements judged one by one, at most


def judge_blocks(
    judge: Judge, places: Sequence[Place], reported: Sequence[Any], elements: Any
) -> tuple[list[Element], int, int]:
    """Judge a long gradient.

    Parameters
    ----------
    judge : Judge
        Of the function at the point.
    places, reported : sequence
        The differentiated leaves and their reported gradients.
    elements : callable
        Makes the element of a place and a flat index.

    Returns
    -------
    judged : list of Element
        Those that had to be looked at one by one.
    passed, open : int
        How many elements passed within blocks; how many nobody got to.
    """
    stack = [
        (k, part)
        for k, p in enumerate(places)
        for part in np.array_split(np.arange(p.array.size), max(1, p.array.size // 2**17))
        if p.array.size
    ]
    judged: list[Element] = []
    passed = left = 0
    while stack:
        k, part = stack.pop()
        if len(part) > ALONE and _agrees(judge, k, part, np.asarray(reported[k])):
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


def _agrees(judge: Judge, k: int, part: Any, g: Any) -> bool:
    """Whether a block's slope along a random direction is the reported one's, and sharply so."""
    x = judge.probe.base("float")[k]
    values = np.asarray(g, np.float64).reshape(-1)[part]
    if not np.isfinite(values).all():
        return False
    size = float(np.sqrt(np.mean(np.square(x.reshape(-1)[part])))) or 1.0
    direction = np.zeros(x.size)
    direction[part] = judge.rng.choice([-1.0, 1.0], len(part)) * size
    phi = judge.probe.along(judge.kind, [(k, (), direction.reshape(x.shape))])
    slope = ladder(phi, 1.0 / np.sqrt(len(part)), judge.sigma, judge.eps)
    terms = values * direction[part]
    total, typical = float(terms.sum()), float(np.sqrt(np.mean(terms * terms)))
    rounding = 1e-13 * float(np.abs(terms).sum())
    # One element that is off by its own size must not fit into the bound.
    sharp = slope.bound <= 0.05 * typical
    return sharp and abs(slope.value - total) <= slope.bound + rounding
