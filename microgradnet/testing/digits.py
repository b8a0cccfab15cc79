"""Gradients that are wrong by their own roundoff only: with more digits the same code is right.

``s * (1 - s)`` has lost most of them where s is nearly 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import raw
from .element import Element
from .probe import Probe


def forgive_lost_digits(
    rows: Sequence[Element], gradient: Callable[..., Any], probe: Probe, kinds: Sequence[str]
) -> None:
    """Let pass what more digits prove right, or what cannot have any; leave open what may be.

    Parameters
    ----------
    rows : sequence of Element
        As they were judged.
    gradient : callable
        The gradient as it was handed in.
    probe : Probe
        Of the function.
    kinds : sequence of str
        Of numbers that have more digits, to be tried in this order.
    """
    suspects = [
        e
        for e in rows
        if e.verdict == "wrong" and not e.kink and e.slope and np.isfinite(e.reported)
    ]
    ran = False
    for kind in kinds:
        for e, number in _again(gradient, probe, kind, suspects):
            ran = True
            off = abs(number - e.slope.value)
            if off <= max(e.slope.bound, 1e-2 * abs(e.reported - e.slope.value)):
                e.verdict, e.how = "passed", "but for its own roundoff"
    if ran:
        return
    for e in suspects:  # other libraries' code has no more digits
        if e.lossy:
            e.verdict, e.how = "passed", "lost in roundoff"
        elif abs(e.reported - e.slope.value) <= e.slope.bound + 10 * e.rounding:
            e.verdict, e.how = "inconclusive", "may be its own roundoff"


def _again(
    gradient: Callable[..., Any], probe: Probe, kind: str, suspects: Sequence[Element]
) -> list[tuple[Element, float]]:
    """Evaluate a gradient with more digits; nothing if it does not run on such numbers."""
    if not suspects:
        return []
    try:
        parts = probe.arguments.parts(gradient(*probe.arguments_of(kind)))
        fine = [np.asarray(raw(g)) for g in parts]
        numbers = [_floats(g) for g in fine]
        if not all(np.isfinite(x).all() for x in numbers):
            return []
    except Exception:  # whatever it raises
        return []
    more = [g.dtype != np.float64 for g in fine]  # else the digits were lost on the way
    return [(e, float(numbers[e.place][e.index])) for e in suspects if more[e.place]]


def _floats(x: Any) -> Any:
    """Give numbers of any kind as floats."""
    if x.dtype == object:
        return np.array([float(y.x) for y in x.flat]).reshape(x.shape)
    return x.astype(float)
