"""Many elements that float64 cannot judge: all at once along one direction, in finer arithmetic.

Each of them by itself would take a few evaluations of many digits. Along a direction in which
every element counts alike, as its reported slope says, one slope tells whether all are right;
where it does not agree, each half of them is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .differences import SAFETY, Slope
from .element import FINE, Element
from .finer import Finer

ENOUGH = 20  # elements; fewer are judged one by one, with a numeric slope of each
OFF = 5  # groups of one element that are off, after which no more are asked


def settle(finer: Finer, elements: Sequence[Element], rng: Any) -> None:
    """Let pass all those whose slopes together are the reported ones.

    Parameters
    ----------
    finer : Finer
        Of the function.
    elements : sequence of Element
        Whose reported numbers are finite and not 0.
    rng : numpy.random.Generator
        For directions.
    """
    groups = [sorted(elements, key=lambda e: abs(e.reported))]
    off = 0
    while groups:
        group = groups.pop()
        agrees = _agrees(finer, group, rng) if off < OFF else None
        if agrees is False and len(group) > 1:
            groups += [group[: len(group) // 2], group[len(group) // 2 :]]
        off += agrees is False and len(group) == 1


def _agrees(finer: Finer, group: Sequence[Element], rng: Any) -> bool | None:
    """Whether the slope along a random direction is the reported one; None if nothing tells."""
    reported = np.array([e.reported for e in group])
    least = np.abs(reported).min()
    direction = rng.choice([-1.0, 1.0], len(group)) * rng.uniform(0.5, 1.0, len(group))
    direction *= least / np.abs(reported)
    allowed = float(np.abs(direction) @ [e.allowed for e in group])
    moves = []
    for place in {e.place for e in group}:
        here = [i for i, e in enumerate(group) if e.place == place]
        index = tuple(np.array([group[i].index for i in here]).T)
        moves.append((place, index, direction[here] if index else direction[here[0]]))
    for how, slope in finer.slopes(moves, 1.0):
        unsure = slope.bound + allowed
        if slope and unsure <= FINE * least / 2:
            if not abs(slope.value - direction @ reported) <= unsure:
                return False
            for e, d in zip(group, direction, strict=True):
                e.verdict, e.how = "passed", how
                e.slope = Slope(e.reported, unsure / abs(d) / SAFETY)
            return True
    return None
