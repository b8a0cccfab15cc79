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
EXACT = "complex step", *(f"{kind} digits" for kind in precise.DIGITS)  # which lose nothing

Move = tuple[int, Any, Any]  # a place, an index into its array, and what to add there


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
        self,
        moves: Sequence[Move],
        scale: float,
        ladders: Sequence[float] = (),
        near: bool = False,
    ) -> Iterator[tuple[str, Slope]]:
        """Try, one after another, the ways to see what float64 cannot.

        Parameters
        ----------
        moves : sequence of (int, index, direction)
            Which elements to displace, and by what.
        scale : float
            The size of what is displaced: steps by which nothing is lost are a tiny part of it.
        ladders : sequence of float
            Of the steps in long doubles, which still lose digits; by default none are taken.
        near : bool
            Whether what only wide steps show is no roundoff there.

        Yields
        ------
        how : str
            What was tried.
        slope : Slope
            What it gave.
        """
        if self._works("complex", self.probe.analytic):
            phi: Any = self.probe.along("complex", moves)

            def around(t: float, z: complex) -> Any:
                everywhere = [(k, at, t * direction) for k, at, direction in self.everywhere]
                here = [(k, at, z * direction) for k, at, direction in moves]
                return self.probe.along("complex", [*everywhere, *here])(1.0)

            step = functools.partial(differences.complex_step, phi, eps=EPS, around=around)
            yield "complex step", _tried([scale], step)
        if ladders and self._works("long", lambda: EPS_LONG < 1e-18):
            long = self.probe.along("long", moves)

            def extrapolated(scale: float) -> Slope:
                sigma = differences.both_noises(lambda t: long(t * scale), EPS_LONG)
                return ladder(long, scale, sigma.near if near else sigma.whole, EPS_LONG)

            yield "long double", _tried(ladders, extrapolated)
        for kind in precise.DIGITS:
            if self.mpmath and self._works(kind, precise.available):
                phi = self.probe.along(kind, moves)
                digits = functools.partial(precise.slope, phi, name=kind)
                yield f"{kind} digits", _tried([scale], digits)

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
