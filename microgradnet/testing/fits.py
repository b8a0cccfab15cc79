"""Slopes amid noise: polynomials fitted to many values, whose scatter says how well they are known.

A difference of two values knows a slope to ``noise / step``, and the step must stay small beside
what the function bends over. A polynomial of higher order may reach as far as it fits, and
roundoff averages out over its points: so float32 code shows its slopes to four digits or five
where differences show two.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from .differences import SAFETY, Line, Slope, nearest

POINTS = 24  # to each side
ORDERS = 5  # odd powers, t to t**9
STANDARD = 5.0  # deviations: of a hundred slopes tried, none is off by so many
REACH = 4.0  # of neighbouring widths
WIDTHS = 9, 24  # at least and at most
TINY = float(np.finfo(np.float64).tiny)
CORRELATED = 0.9  # the most that neighbouring residuals may be


def fitted(phi: Line, scale: float, own: float, eps: float) -> Slope:
    """Fit odd polynomials to the differences of both sides, over several widths.

    Parameters
    ----------
    phi : callable
        The function along a line.
    scale : float
        The largest width.
    own : float
        The size of the number that is displaced: it is looked at from as near as a part of it.
    eps : float
        The spacing of the numbers it is computed with.

    Returns
    -------
    Slope
        The best known one that no fit from nearer contradicts.
    """
    found: list[Slope] = []
    nearer = 2 + np.ceil(np.log(scale / own) / np.log(REACH)) if own else 0
    for width in scale / REACH ** np.arange(np.clip(nearer, *WIDTHS)):
        right, left = (np.array([phi(s * width * t) for t in _nodes()]) for s in (1, -1))
        if np.isfinite(right - left).all():
            if len(set(right)) >= 3 * POINTS // 4:  # else it is flat, or a staircase from too near
                found = [*_slopes(right, left, width, eps), *found]
            elif found:
                break
    return nearest(found)


def _slopes(right: Any, left: Any, width: float, eps: float) -> Iterator[Slope]:
    """Give the slope by each order: off by its scatter, and by what the next two orders add."""
    least = eps / 8 * max(np.abs(right).max(), np.abs(left).max())
    even = (right + left) / 2
    values, scatters = [], []
    for order in range(1, ORDERS + 1):
        value, scatter = _least_squares((right - left) / 2, _powers(order), least)
        values.append(value / width)
        scatters.append(scatter / width)
    # An absolute value hides from differences of both sides, but not from their mean.
    bend, unsure = (x / width for x in _least_squares(even, _kinked(), least))
    kink = abs(bend) if abs(bend) > STANDARD * unsure else 0.0
    for k in range(ORDERS - 1):
        off = max(abs(other - values[k]) for other in values[k + 1 : k + 3])
        yield Slope(values[k], (STANDARD * scatters[k] + 2 * off + kink) / SAFETY)


def _least_squares(data: Any, columns: tuple[Any, float, Any], least: float) -> tuple[float, float]:
    """Give the first coefficient, and its standard deviation."""
    matrix, spread, inverse = columns
    coefficients = inverse @ data
    rest = data - matrix @ coefficients
    scatter = max(np.sqrt(rest @ rest / (len(data) - matrix.shape[1])), least)
    # What neighbours have in common is not averaged out: as if there were fewer of them.
    alike = np.clip(rest[1:] @ rest[:-1] / max(rest @ rest, TINY), 0.0, CORRELATED)
    return float(coefficients[0]), float(scatter * spread * np.sqrt((1 + alike) / (1 - alike)))


@functools.cache
def _nodes() -> Any:
    """Give the points' distances, uneven ones: what repeats itself must not look flat."""
    rng = np.random.default_rng(3)
    return (np.arange(POINTS) + rng.uniform(0.2, 0.8, POINTS)) / POINTS


@functools.cache
def _powers(order: int) -> tuple[Any, float, Any]:
    return _columns(*(_nodes() ** (2 * k + 1) for k in range(order)))


@functools.cache
def _kinked() -> tuple[Any, float, Any]:
    return _columns(*(_nodes() ** k for k in (1, 0, 2, 4, 6)))


def _columns(*columns: Any) -> tuple[Any, float, Any]:
    """Prepare a fit: the matrix, how the scatter spreads to the first coefficient, its inverse."""
    matrix = np.stack(columns, axis=1)
    inverse = np.linalg.pinv(matrix)
    return matrix, float(np.sqrt((inverse[0] ** 2).sum())), inverse
