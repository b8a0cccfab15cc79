"""Slopes amid noise: polynomials fitted to many values, whose scatter says how well they are known.

A difference of two values knows a slope to ``noise / step``, and the step must stay small beside
what the function bends over. A polynomial of higher order may reach as far as it fits, and
roundoff averages out over its points: so float32 code shows its slopes to four digits or five
where differences show two.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .differences import SAFETY, Line, Slope, nearest

POINTS = 24  # to each side
ORDERS = 5  # odd powers, t to t**9
STANDARD = 5.0  # deviations: of a hundred slopes tried, none is off by so many
REACH = 4.0  # of neighbouring widths
WIDTHS = 9, 24  # at least and at most
OUTLIER = 4.0  # times the scatter, of which roundoff is three at most
LAST = 16  # of the last places of the number: no width is less
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
    nearer = 2 + np.ceil(np.log(scale / own) / np.log(REACH)) if own else 0
    widths = [*scale / REACH ** np.arange(np.clip(nearer, *WIDTHS)), LAST * eps * (own or scale)]
    found: list[Slope] = []
    halves: list[tuple[float, Any]] = []  # of the differences, from nearer
    for width in reversed(widths):
        right, left = (np.array([phi(s * width * t) for t in _nodes()]) for s in (1, -1))
        if np.isfinite(right - left).all():
            if len(set(right)) >= 3 * POINTS // 4:  # else it is flat, or a staircase from too near
                found += _slopes(right, left, width, eps, halves)
            halves.append((width, (right - left) / 2))
    return nearest(found)


def _slopes(
    right: Any, left: Any, width: float, eps: float, halves: Sequence[tuple[float, Any]]
) -> Iterator[Slope]:
    """Give the slope by each order: off by its scatter, and by what the next two orders add."""
    least = eps / 8 * max(np.abs(right).max(), np.abs(left).max())
    even, odd = (right + left) / 2, (right - left) / 2
    fits = [_least_squares(odd, _powers(k + 1), least) for k in range(ORDERS)]
    # An absolute value hides from differences of both sides, but not from their mean.
    bend = _least_squares(even, _kinked(), least)
    kink = abs(bend.value) if abs(bend.value) > STANDARD * bend.unsure else 0.0
    for k, fit in enumerate(fits[:-1]):
        off = max(abs(other.value - fit.value) for other in fits[k + 1 : k + 3])
        error = (STANDARD * fit.unsure + 2 * off + kink) / SAFETY + eps / 4 * abs(fit.value)
        slope = Slope(fit.value / width, error / width)
        # What holds here holds nearer, too: next to a pole no slope from afar does.
        if all(
            np.abs(half - slope.value * near * _nodes()).max()
            <= slope.bound * near + 2 * STANDARD * fit.scatter
            for near, half in halves
        ):
            yield slope


class Fit(NamedTuple):
    """The first coefficient, its standard deviation, and that of the data."""

    value: float
    unsure: float
    scatter: float


def _least_squares(data: Any, columns: tuple[Any, float, Any], least: float) -> Fit:
    matrix, spread, inverse = columns
    coefficients = inverse @ data
    rest = data - matrix @ coefficients
    scatter = float(max(np.sqrt(rest @ rest / (len(data) - matrix.shape[1])), least))
    # What neighbours have in common is not averaged out: as if there were fewer of them.
    alike = np.clip(rest[1:] @ rest[:-1] / max(rest @ rest, TINY), 0.0, CORRELATED)
    unsure = scatter * spread * np.sqrt((1 + alike) / (1 - alike))
    if np.abs(rest).max() > OUTLIER * scatter:
        unsure = np.inf  # a pole or a jump is among the points
    return Fit(float(coefficients[0]), float(unsure), scatter)


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
