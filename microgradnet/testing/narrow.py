"""The gradient in few digits beside the same code's in float64, which was judged by slopes.

Where it is further off than roundoff usually is, its roundoff is measured: a mistake is off by
nearly the same share of the gradient everywhere around, roundoff is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .element import Element
from .gradients import Gradient
from .report import Report

USUAL = 64  # spacings of the largest number: what code that is any good loses
TF32 = 2.0**-9  # of the largest: TensorFloat-32 rounds weights to ten bits, the same everywhere
# How far from the point its roundoff is looked at, relative to each number.
AROUND = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3)
SIGMAS = 4  # of roundoff that are allowed
NOISY = 1e-3  # of the largest: one that has more may be off by any amount for it


def judge_narrow(report: Report, gradient: Gradient, given: list[Any], wide: list[Any]) -> None:
    """Compare a gradient in the dtypes that were given with the one in float64.

    Parameters
    ----------
    report : Report
        Takes the elements that are off, and notes on what is off by roundoff only.
    gradient : Gradient
        To be called elsewhere, too.
    given, wide : list
        Its parts at the point, in the given dtypes and in float64.
    """
    off = [np.abs(np.asarray(g, float) - b) for g, b in zip(given, wide, strict=True)]
    usual = [USUAL * gradient.eps * _largest(b) for b in wide]
    if all((d <= u).all() for d, u in zip(off, usual, strict=True)):
        return
    lost = _lost(gradient, wide)
    for k, p in enumerate(gradient.places):
        largest = _largest(wide[k])
        allowed = np.maximum(usual[k] + SIGMAS * lost[k], TF32 * largest)
        for at in map(tuple, np.argwhere(~(off[k] <= allowed)).tolist()):
            e = Element(k, at, p.name, float(given[k][at]))
            e.against(float(wide[k][at]), float(allowed[at]), f"in {p.array.dtype}")
            if lost[k][at] > NOISY * largest:
                e.verdict, e.how = "inconclusive", f"{e.how}, may be its own roundoff"
            report.rows.append(e)
        passed = np.where(off[k] <= allowed, off[k], 0.0)
        if _largest(passed) > usual[k]:
            at = tuple(map(int, np.unravel_index(np.argmax(passed), passed.shape)))
            report.notes.append(
                f"{p.name}{list(at) or ''} is {given[k][at]:.3g} in {p.array.dtype}, beside "
                f"{wide[k][at]:.3g} in float64: roundoff"
            )


def _lost(gradient: Gradient, wide: list[Any]) -> list[Any]:
    """Measure the roundoff of the gradient in the given dtypes: what differs around."""
    rng = np.random.default_rng(gradient.seed)
    off: list[list[Any]] = [[] for _ in wide]
    for distance in AROUND:
        near = [
            np.asarray(x * (1 + distance * rng.uniform(-1, 1, x.shape)), x.dtype)
            for x in gradient.probe.base("given")
        ]
        try:
            there = [gradient.at(kind, near) for kind in ("given", "float")]
        except Exception:  # it is not defined everywhere
            continue
        for k, (g, b) in enumerate(zip(*there, strict=True)):
            share = (np.asarray(g, float) - b) / (_largest(b) or 1.0)
            off[k].append(np.nan_to_num(share) * _largest(wide[k]))
    return [np.std(o, axis=0) if o else np.zeros(b.shape) for o, b in zip(off, wide, strict=True)]


def _largest(x: Any) -> float:
    return float(np.max(np.abs(x), initial=0.0))
