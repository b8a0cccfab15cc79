"""The cheap part of the judge: differences along lines that speak for a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..differences import EPS, Line, Slope, noise, stencil

STEP = 2.0**-10  # near EPS**(1/5), the best step of a four-point difference


def flat(vectors: Sequence[Any]) -> Any:
    """Join numbers and arrays into one vector."""
    return np.concatenate([np.ravel(np.asarray(v, np.float64)) for v in vectors] or [np.zeros(0)])


def close(a: Any, b: Any) -> bool:
    """Whether two exact ways to one vector agree, to ten digits of the largest entry."""
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return False
    finite = np.isfinite(a)
    size = np.abs(b[finite]).max(initial=1e-8)
    return bool((np.abs(a[finite] - b[finite]) <= 1e-10 * size).all())


def direction(xs: Sequence[Any], seed: int) -> list[Any]:
    """Draw a direction: of each number's own size, short enough to be printed."""
    rng = np.random.default_rng(seed)
    ts = [
        rng.choice([-1.0, 1.0], np.shape(x))
        * rng.uniform(0.5, 1.5, np.shape(x))
        * np.maximum(np.abs(x), 0.05)
        for x in xs
    ]
    return [np.round(t, 4) if np.ndim(t) else round(float(t), 4) for t in ts]


def confirms(phi: Line, claimed: float, size: float, floor: float = 0.0) -> bool:
    """Whether a difference with some step gives a slope that was found without differences.

    That the two agree is evidence enough: noise is not measured, which takes most of the time.
    At a kink equal shares in a tie are confirmed, the mean of the slopes to both sides.

    Parameters
    ----------
    phi : callable
        The function along a line.
    claimed : float
        What its slope at 0 is said to be.
    size : float
        That of the terms of which `claimed` is the sum.
    floor : float
        The error that is allowed besides those relative to `size`.

    Returns
    -------
    bool
        False where nothing is known.
    """
    here = phi(0.0)
    for step in (STEP, STEP**2, STEP**2.75):
        found = stencil(phi, here, step, EPS * abs(here)).slope
        error = abs(found.value - claimed)
        if error == size == 0.0:
            return True
        if found.bound <= max(1e-4 * size, floor) and error <= found.bound + 1e-9 * size:
            return True
    return False


def between(phi: Line, claimed: float, size: float) -> bool:
    """Whether a slope lies between the one-sided slopes of a kink, to a thousandth."""
    here, h = phi(0.0), STEP**2
    right, left = (phi(h) - here) / h, (here - phi(-h)) / h
    slack = 1e-3 * (abs(right) + abs(left) + size)
    return bool(min(right, left) - slack <= claimed <= max(right, left) + slack)


def trusted_slope(phi: Line) -> Slope | None:
    """Differentiate along a line at 0; None where that says little: kinks, poles, jumps."""
    here = phi(0.0)
    if not np.isfinite(here):
        return None
    sigma = noise(phi, EPS)
    wide = stencil(phi, here, STEP, sigma)
    fine = stencil(phi, here, STEP / 16, sigma)
    if wide.kinked or fine.kinked or not (wide.slope and fine.slope):
        return None
    # What two widths do not agree on is no slope.
    both = wide.slope.bound + fine.slope.bound
    return wide.slope if abs(wide.slope.value - fine.slope.value) <= both else None
