"""One element of a gradient: what was reported, and what was found out about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .differences import EPS, SAFETY, UNKNOWN, Slope

Index = tuple[int, ...]

FINE = 5e-4  # a bound this small beside the slope tells a thousandth from nothing
COARSE = 2e-2  # the most a bound may be where nothing finer is to be had
UNLOOKED = "not looked at, as so many are not right"
TINY = float(np.finfo(np.float64).tiny)  # numbers below have lost digits, or are gone


@dataclass
class Element:
    """One element of the gradient, and what was found out about it."""

    place: int
    index: Index
    name: str
    reported: float
    rounding: float = 0.0  # by which the reported number moves with the last places of the point
    quantum: float = 0.0  # what is left of 1 - s where s rounds to 1, at the gradient's own size
    relative: float = 1e-10  # of the reported number: what its own arithmetic may lose
    slope: Slope = UNKNOWN
    verdict: str = "inconclusive"
    how: str = ""
    kink: tuple[float, float] | None = None  # slopes to the left and to the right
    jumps: bool = False  # whether the function does, to one side
    wobble: float = 0.0  # the most that it moved so: near a tie that is no roundoff
    alive: bool = False  # whether the reported number changes with every small step

    @property
    def allowed(self) -> float:
        """How far the reported number may be off for its own roundoff; a kink has none.

        If that is more than a little, it takes more digits to show that it was roundoff.
        """
        size = max(abs(self.slope.value), abs(self.reported))
        own = self.relative * size + TINY
        return own if self.kink else own + min(10 * self.rounding, COARSE * size)

    @property
    def open(self) -> bool:
        """Whether its number may still be right, and is no 0."""
        return self.verdict == "inconclusive" and bool(self.reported) and np.isfinite(self.reported)

    @property
    def doubt(self) -> float:
        """How many bounds the reported number is off by."""
        off = abs(self.reported - self.slope.value)
        score = off / max(self.slope.bound, EPS * abs(self.slope.value), TINY)
        return min(score, 1e300) if np.isfinite(score) else 1e300

    @property
    def lossy(self) -> bool:
        """Whether correct code may have lost this slope (``s * (1 - s)`` where s rounds to 1).

        A number below what such rounding leaves has kept its digits, and so has one that changes
        with every small step.
        """
        kept = self.alive or 0.0 < abs(self.reported) < self.quantum / 32
        return not kept and abs(self.reported - self.slope.value) <= self.quantum

    def against(self, expected: float, allowed: float, how: str) -> None:
        """Call it wrong beside an expected number that it does not agree with."""
        self.slope, self.verdict, self.how = Slope(expected, allowed / SAFETY), "wrong", how

    @property
    def ratio(self) -> float:
        """Reported by numeric; nan where the numeric slope is 0."""
        return self.reported / self.slope.value if self.slope.value else np.nan

    @property
    def badness(self) -> float:
        """How many bounds the reported number is off by, to sort by."""
        if self.verdict == "passed":
            return 0.0
        return self.doubt if self.verdict == "wrong" else self.doubt / 1e300
