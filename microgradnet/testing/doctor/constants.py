"""Constants that people write: fitted to numbers, and rounded to plain ones."""

from __future__ import annotations

from collections.abc import Callable

from .sweep import Array


def fitted(r: Array, g: Array) -> float:
    """Give the constant that takes `g` nearest to `r`, rounded to a plain one if it is near."""
    square = float(g @ g)
    c = float(r @ g) / square if square else 0.0
    for n in range(1, 65):
        if abs(c * n - round(c * n)) < 1e-9 * max(1.0, abs(c * n)):
            return round(c * n) / n
    return c


def solved(off: Callable[[float], Array], c: float) -> float | None:
    """Find the plain constant at which nothing is off, from a start; None if there is none."""
    step, here = 1e-6, off(c)
    for _ in range(12):  # Gauss and Newton's, with a difference for the slope
        slope = (off(c + step) - here) / step
        if not slope @ slope > 0.0:
            return None
        move = -float(here @ slope) / float(slope @ slope)
        c, step, before = c + move, 1e-6 * max(1.0, abs(c)), here
        here = off(c)
        if not here @ here < 0.5 * (before @ before) and abs(move) > 1e-9 * abs(c):
            return None
        if abs(move) <= 1e-12 * abs(c):
            break
    digits = float(f"{c:.4g}")  # people choose plain numbers
    return digits if abs(digits - c) < 1e-7 * abs(c) else None
