"""Slopes by finer arithmetic than float64's: complex steps, long doubles, many digits."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import differences, precise
from .differences import EPS, Slope, ladder, nearest
from .probe import Probe

EPS_LONG = float(np.finfo(np.longdouble).eps)


class Finer:
    """What sees more of a function than float64 does, as far as the function takes it.

    Parameters
    ----------
    probe : Probe
        Of the function.
    here : float
        Its value at the point.
    tolerance : float
        How far that may be off in other arithmetic.
    mpmath : bool
        Whether mpmath may be used.
    everywhere : list
        Moves of all arguments by their own sizes.
    """

    def __init__(
        self, probe: Probe, here: float, tolerance: float, mpmath: bool, everywhere: list[Any]
    ) -> None:
        self.probe, self.here, self.tolerance, self.mpmath = probe, here, tolerance, mpmath
        self.everywhere = everywhere
        self._known: dict[str, bool] = {}

    def slopes(
        self, place: int, index: tuple[int, ...], at: float, size: float, near: bool
    ) -> Iterator[tuple[str, Slope]]:
        """Try, one after another, the ways to see what float64 cannot."""
        move = [(place, index, 1.0)]
        own = sorted({size, min(size, 1.0), at or size})
        if self._works("complex", self.probe.analytic):
            phi: Any = self.probe.along("complex", move)

            def around(t: float, z: complex) -> Any:
                moves = [(k, at, t * direction) for k, at, direction in self.everywhere]
                return self.probe.along("complex", [*moves, (place, index, z)])(1.0)

            step = functools.partial(differences.complex_step, phi, eps=EPS, around=around)
            yield "complex step", _tried(own, step)
        if self._works("long", lambda: EPS_LONG < 1e-18):
            long = self.probe.along("long", move)

            def extrapolated(scale: float) -> Slope:
                sigma = differences.both_noises(lambda t: long(t * scale), EPS_LONG)
                return ladder(long, scale, sigma.near if near else sigma.whole, EPS_LONG)

            scales = sorted({at or size, size, max(size, 1.0)})
            yield "long double", _tried(scales, extrapolated)
        for kind in precise.DIGITS:
            if self.mpmath and self._works(kind, precise.available):
                phi = self.probe.along(kind, move)
                digits = functools.partial(precise.slope, phi, name=kind)
                yield f"{kind} digits", _tried(own, digits)

    def _works(self, kind: str, condition: Callable[[], bool]) -> bool:
        """Ask once whether the function runs on a kind of number, and means the same there."""
        if kind not in self._known:
            try:
                with warnings.catch_warnings():
                    # A number that is cast to a narrower kind has lost what was asked for.
                    warnings.simplefilter("error")
                    value = self.probe.call(self.probe.base(kind), kind) if condition() else None
            except Exception:  # whatever it raises, it does not run
                value = None
            self._known[kind] = (
                value is not None and abs(float(value.real) - self.here) <= self.tolerance
            )
        return self._known[kind]


def _tried(scales: Sequence[float], slope: Callable[[float], Slope]) -> Slope:
    """Take the scale at which the slope is known best."""
    found = []
    for scale in scales:
        try:
            found.append(slope(scale))
        except Exception:  # the displaced point may be out of reach
            continue
    return nearest(found)
