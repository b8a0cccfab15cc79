"""How many of a reported gradient's digits are roundoff: by its own values at points beside."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .differences import roughness

Factor = Callable[[tuple[int, ...]], Any]
FEW = 1000  # elements, which are looked at all at once
SMALLER = (0.5, 0.1, 0.01)  # times the point: where the gradient shows its size
NEARLY_0 = (1e-5, 1e-7)  # times the point: whether it keeps to that size, or is 1/x


@dataclass(frozen=True)
class Rounding:
    """What the digits of reported numbers are worth, each by itself.

    Attributes
    ----------
    noise : ndarray
        By how much it moves with the last places, and a little further, where ``x + 1`` takes
        notice of an `x` that is small.
    most : ndarray
        The same, but the most that was seen: near a tie that is no roundoff.
    alive : ndarray
        Whether it changes with every small step: ``s * (1 - s)`` does not where s is nearly 1.
    quantum : float
        What is left of ``1 - s`` where s rounds to 1, at the part's own size elsewhere.
    """

    noise: Any
    most: Any
    alive: Any
    quantum: float


@dataclass(frozen=True)
class Moved:
    """One part of a reported gradient at the point and beside it."""

    base: Any
    nudged: Any  # by the last places
    row: Any  # along a line, eight points
    quantum: float

    def at(self, index: tuple[int, ...]) -> Rounding:
        """Say what one element's digits are worth: of a million few are asked about."""
        if self.base.size <= FEW:
            all_ = self.whole
            return Rounding(all_.noise[index], all_.most[index], all_.alive[index], self.quantum)
        one = (slice(None), *index)
        return Moved(self.base[index], self.nudged[one], self.row[one], self.quantum).whole

    @functools.cached_property
    def whole(self) -> Rounding:
        """What its digits are worth."""
        base, nudged, row = self.base, self.nudged, self.row
        noise = moved = np.zeros(base.shape)
        alive = np.zeros(base.shape, bool)
        if len(nudged):
            off = np.sort(distance(nudged, base), axis=0)
            # That one of them is far off is a tie, or a branch taken otherwise.
            noise, moved = off[len(off) // 2], off[-1]
        if len(row):
            steps = np.abs(np.diff(row, axis=0))
            alive = (steps != 0.0).all(axis=0)
            rough = np.nan_to_num(roughness(row))
            moved = np.maximum(moved, rough)
            noise = np.maximum(noise, np.minimum(rough, np.nan_to_num(np.median(steps, axis=0))))
        return Rounding(noise, moved, alive, self.quantum)


def rounding(
    elsewhere: Callable[[Factor], Sequence[Any] | None],
    base: Sequence[Any],
    eps: float,
    seed: int,
) -> list[Moved]:
    """Measure the roundoff of a gradient.

    Parameters
    ----------
    elsewhere : callable
        The gradient's parts where each number is multiplied by ``factor(shape)``; None where it
        is not defined.
    base : sequence
        The parts at the point itself.
    eps : float
        The spacing of the numbers that it is computed with.
    seed : int
        For random directions.

    Returns
    -------
    list of Moved
        One for each part.
    """
    rng = np.random.default_rng(seed)

    def last(shape: tuple[int, ...]) -> Any:
        return 1 + 2 * eps * rng.choice([-1.0, 1.0], shape)

    nudged = [there for there in (elsewhere(last) for _ in range(3)) if there is not None]
    line = (elsewhere(functools.partial(_line, seed, (k - 3.5) * eps**0.65)) for k in range(8))
    row = [there for there in line if there is not None]
    small, zero = (
        [elsewhere(functools.partial(np.full, fill_value=c)) for c in far]
        for far in (SMALLER, NEARLY_0)
    )

    def quantum(k: int) -> float:
        """Take the largest gradient on the way to 0; but next to a pole it says nothing of here."""
        near, nearer = (_size(there[k]) if there else np.inf for there in zero)
        smooth = nearer <= 2 * near < np.inf
        sizes = [_size(there[k]) for there in (small if smooth else small[:1]) if there]
        return 4 * eps * max(filter(np.isfinite, sizes), default=0.0)

    return [
        Moved(
            np.asarray(b, np.float64),
            _stacked([there[k] for there in nudged], b),
            _stacked([there[k] for there in row] if len(row) == 8 else [], b),
            quantum(k),
        )
        for k, b in enumerate(base)
    ]


def _stacked(parts: Sequence[Any], like: Any) -> Any:
    return np.array(parts, np.float64).reshape(len(parts), *np.shape(like))


def _size(g: Any) -> float:
    size = float(np.max(np.abs(np.asarray(g, float)), initial=0.0))
    return size if np.isfinite(size) else np.inf


def _line(seed: int, t: float, shape: tuple[int, ...]) -> Any:
    return 1 + t * np.random.default_rng([seed, *shape]).choice([-1.0, 1.0], shape)


def distance(a: Any, b: Any) -> Any:
    """Tell arrays apart, element by element; what is not a number counts as equal.

    Parameters
    ----------
    a, b : array_like
        Of one shape.

    Returns
    -------
    ndarray
        The absolute differences.
    """
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.abs(np.asarray(a, float) - np.asarray(b, float)))
