"""The function along one element: its values, what they are worth, and the slopes they show."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .differences import Line, Slope, between, eight, ladder, noise, one_sided, power_of_two

CLOSE = 0.33  # power of eps: a scale from which a ladder reaches to the element's last places
LEAST = 1e-3  # the size of a smaller element, but where it is looked at from as near as it is


class Along(NamedTuple):
    """One line through the point."""

    phi: Line
    here: float
    own: float  # the element's size
    sigma: float  # the function's roundoff
    eps: float  # the spacing of the numbers that it is computed with

    @property
    def size(self) -> float:
        """Give the element's size, or a least one."""
        return max(self.own, LEAST)

    @property
    def scales(self) -> list[float]:
        """Give the scales of the steps to take, the smallest first.

        A step must move the element, and be no subnormal number.
        """
        usual = {self.own, self.size, 1.0}
        scales = sorted(s for s in usual if s > max(1e-4 * self.own, 1e-200))
        if self.own >= LEAST:  # what waves quickly looks flat to steps longer than its waves
            scales.insert(0, power_of_two(self.eps**CLOSE * self.own))
        return scales

    def ladder(self, scale: float) -> Slope:
        """Take the slope by steps from a scale down."""
        return ladder(self.phi, scale, self.sigma, self.eps)

    def slopes(self, scale: float) -> tuple[Slope, Slope, Slope]:
        """Take the slope by steps from a scale down, and those to the left and to the right."""
        sigma = self._noise(scale)
        slope = ladder(self.phi, scale, sigma, self.eps)
        left, right = (
            one_sided(self.phi, self.here, side, scale, sigma, self.eps) for side in (-1, 1)
        )
        if scale > self.own and (both := between(left, right)):
            slope = replace(slope, error=max(slope.error, both.error))
        return slope, left, right

    def _noise(self, scale: float) -> float:
        """Give the noise of steps of a scale: to tiny ones what oscillates quickly is none."""
        if scale >= LEAST * max(self.own, 1.0):
            return self.sigma
        values = eight(self.phi, self.eps**0.45 * scale)
        if len(set(values)) < len(values):  # the steps are lost in larger numbers
            return self.sigma
        least = 4 * self.eps * self.own / scale  # four of the last places
        return min(self.sigma, noise(lambda t: self.phi(t * scale), self.eps, least))

    def secant(self) -> float:
        """Give the slope as it is from afar: what a slope near 0 is small beside."""
        steps = (self.size / 4, -self.size / 4, 0.25, -0.25)
        away = [abs(self.phi(t) - self.here) / abs(t) for t in steps]
        return max((float(a) for a in away if np.isfinite(a)), default=0.0)
