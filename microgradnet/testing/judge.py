"""One element of a gradient: whether the reported number is the slope.

The cheap test comes first and decides nearly always; what it cannot decide goes on to a finer
one, and only what none can decide is inconclusive. A number is accepted if it lies within the
bound on the numeric slope *and* that bound is small beside the slope: a saturated gradient must
not hide under a tolerance made for large ones.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import differences, doubts, groups
from .along import LEAST, Along
from .differences import (
    EPS,
    SAFETY,
    Line,
    Noise,
    Slope,
    Stencil,
    between,
    both_noises,
    ladder,
    nearest,
    stencil,
)
from .doubts import BENT
from .element import COARSE, FINE, UNLOOKED, Element, Index
from .finer import EXACT, Finer
from .fits import fitted
from .probe import Probe

EPS32 = float(np.finfo(np.float32).eps)

PATIENCE = 30  # elements that take all means and are not right, after which no more are looked at
DIFFERENCES = "four points", "Richardson", "one side", "both sides"  # of values as they are
WAYS = (0.0, 1e-3, -1.7e-3, 3.1e-3, -4.3e-3, 0.31, -0.73, 3.7, -21.3)  # to see digits, all around
SEEN = 40  # times the roundoff: what a kink must move the function by to be seen
UNSEEN = 1e-6  # of the slopes around: what of a slope near 0 no arithmetic shows


@dataclass
class Judge:
    """Judges elements of one gradient at one point; measures the function's noise once."""

    probe: Probe
    kind: str = "float"
    eps: float = EPS
    use_mpmath: bool = True
    rng: Any = field(default_factory=lambda: np.random.default_rng(0))
    measure: Callable[[Element], None] = lambda e: None  # what the reported digits are worth
    lead: list[Element] = field(default_factory=list)  # those that have kinks, for ``kinks``

    def __post_init__(self) -> None:
        self.here = self.probe.call(self.probe.base(self.kind), self.kind)
        self.everywhere = self._everywhere()
        line = self.probe.along(self.kind, self.everywhere)
        self.noise = self._noise(line)
        self.sigma = self.noise.whole
        # Code that computes in float32 whatever it is given shows it by its values.
        values = np.array([line(t) for t in WAYS])
        self.size = float(np.abs(values[np.isfinite(values)]).max(initial=abs(self.here)))
        digits = np.nan_to_num(np.frexp(values)[0])
        whole = [bool((digits * 2.0**bits % 1 == 0).all()) for bits in (24, 16)]
        if whole == [True, False]:  # of so few bits as 16 are small whole numbers, too
            self.eps = EPS32
            self.sigma = max(self.sigma, EPS32 * abs(self.here) / 4)

    @functools.cached_property
    def _fine(self) -> Finer:
        tolerance = max(1e3 * self.sigma, 1e-9 * self.size)
        return Finer(self.probe, self.here, tolerance, self.use_mpmath, self.everywhere)

    def _noise(self, line: Line) -> Noise:
        """Measure the noise in three places: in one of them may be a kink, which looks like it."""
        here = both_noises(line, self.eps)
        if here.whole <= 8 * self.eps * abs(self.here):
            return here  # a kink makes it more, not less
        beside = 16 * differences.widest(self.eps)  # further than any difference reaches
        around = [
            both_noises(lambda t, c=c: line(c + t), self.eps)  # type: ignore[misc]
            for c in (beside, -beside)
        ]
        known = sorted(n for n in [here, *around] if np.isfinite(n.whole))
        # On a step of a staircase it is to be seen however near one looks, but not beside it.
        near, clear = min(n.near for n in known), any(n.clear for n in known)
        return Noise(known[len(known) // 2].whole, near, clear)

    def _everywhere(self) -> list[tuple[int, Any, Any]]:
        """Give a direction that moves every element by its own size, or a least one."""
        return [
            (k, (), self.rng.choice([-1.0, 1.0], x.shape) * np.maximum(np.abs(x), LEAST))
            for k, x in enumerate(self.probe.base("float"))
        ]

    def own(self, e: Element) -> float:
        """Give the size of one element."""
        return abs(float(self.probe.base("float")[e.place][e.index]))

    def along(self, e: Element) -> Along:
        """Give the function along one element."""
        return Along(self._line(e.place, e.index), self.here, self.own(e), self.sigma, self.eps)

    @functools.cached_property
    def _line(self) -> Callable[[int, Index], Line]:
        """Make the function of one element's displacement, which remembers its values."""
        return functools.cache(
            lambda place, index: functools.cache(self.probe.along(self.kind, [(place, index, 1.0)]))
        )

    def elements(self, rows: Sequence[Element]) -> None:
        """Judge several elements: what four points leave open together, if it is much."""
        if len(rows) >= groups.ENOUGH:
            smooth = [e for e in rows if not self._first(e, self.along(e)).kinked and e.open]
            if len(smooth) >= groups.ENOUGH and self.eps <= EPS:
                groups.settle(self._fine, smooth, self.rng)
        slow = 0
        for e in sorted(rows, key=lambda e: -e.doubt):
            if e.verdict == "passed":
                continue
            if slow >= PATIENCE:
                e.verdict, e.how = "inconclusive", UNLOOKED
                continue
            self.element(e)
            quick = e.verdict == "passed" or e.kink or (e.how == "four points" and self._sure)
            slow += not quick

    def element(self, e: Element) -> None:
        """Judge one element."""
        before = replace(e)
        self._judge(e)
        if self._sure or e.verdict != "wrong" or e.how in EXACT:
            return
        # What was taken for roundoff may be steps or waves, to which others are too wide.
        usual = self.sigma, self.eps
        self.sigma, self.eps = self.noise.near, EPS if self.kind == "float" else EPS32
        self._judge(before)
        self.sigma, self.eps = usual
        if before.verdict == "passed" or (self.noise.clear and before.verdict != "wrong"):
            e.verdict, e.how, e.jumps = "inconclusive", "steps or waves, or roundoff", before.jumps

    def _judge(self, e: Element) -> None:
        """Judge one element by the present measure of roundoff."""
        along = self.along(e)
        if not np.isfinite(e.reported):
            e.slope = along.ladder(along.own or 1.0)  # for the reader
            e.verdict, e.how = "wrong", "not finite"
            return
        self._look(e, along)
        if e.verdict != "passed" and doubts.idle(e, along):
            e.verdict, e.how = "passed", "constant"
        if e.verdict != "passed" and e.reported and self._stairs:
            self._from_stairs(e, along)
        if e.verdict == "wrong" and e.jumps and not doubts.of_neither(e, along):
            e.verdict, e.how = "inconclusive", "jumps here"
        if e.verdict == "wrong" and e.how in DIFFERENCES and doubts.drowned(e, along):
            e.verdict, e.how = "inconclusive", "lost in the function's roundoff"

    @property
    def _sure(self) -> bool:
        """Whether what was taken for roundoff is."""
        return self.noise.near == self.noise.whole

    @functools.cached_property
    def _stairs(self) -> float:
        """Give the height of the steps of a function that computes with few digits, else 0.

        As in bfloat16, whatever it is given: it stays what it is for a good thousandth of the
        arguments' size, and then it jumps, by a little.
        """
        line = self.probe.along(self.kind, self.everywhere)
        for t in 2.0 ** -np.arange(14.0, 4.0, -1.0):
            height = max(abs(line(t) - self.here), abs(line(-t) - self.here))
            if height != 0.0:
                few = 4 * EPS32 * self.size < height < 2**-6 * self.size
                return float(height) if few and t > 2**-14 else 0.0
        return 0.0

    def _from_stairs(self, e: Element, along: Along) -> None:
        """Judge again by steps beside which the function's own are small."""
        slope = along._replace(sigma=self._stairs).ladder(4 * (along.own or 1.0))
        e.slope, e.how, e.kink = slope, "few digits", None
        if not slope or abs(slope.value - e.reported) <= slope.bound + e.allowed:
            e.verdict, e.how = "inconclusive", "the function computes with few digits"

    def _first(self, e: Element, along: Along) -> Stencil:
        """Settle what four points show beyond doubt; give them."""
        h = differences.power_of_two(self.eps**0.2 * max(along.own, 0.05))
        seen = stencil(along.phi, self.here, h, self.sigma)
        e.slope, e.how, e.verdict = seen.slope, "four points", "inconclusive"
        sharp = e.slope.bound <= 1e-4 * abs(e.reported) and not (seen.kinked or self._stairs)
        if sharp and abs(e.slope.value - e.reported) <= e.slope.bound + e.allowed:
            e.verdict = "passed"
            return seen
        self.measure(e)
        if not seen.kinked and self._plainly_off(e, along, h):
            e.verdict = "wrong"
        return seen

    def _look(self, e: Element, along: Along) -> None:
        """Judge a finite number, with ever finer means."""
        self._first(e, along)
        if e.verdict != "inconclusive":
            return
        fit = functools.cache(lambda: fitted(along.phi, max(along.size, 1.0), along.own, self.eps))
        if self.eps > EPS and self._fits(e, fit()):
            return
        found = [along.slopes(scale) for scale in along.scales]
        e.slope, left, right = map(nearest, zip(*found, strict=True))
        e.how, hidden = "Richardson", False
        if self._kink(e, left, right):
            jump = abs(right.value - left.value)
            # A norm beside 0 has a kink from afar; how it is from near, roundoff may hide.
            hidden = 0.0 < along.own * jump < SEEN * self.sigma
            bends = self.eps > EPS and fit().bound < jump / 4
            if not (hidden or bends or self._fades(e, along)):
                return
            e.kink = None
        if (both := between(left, right)).error < e.slope.error:
            e.slope, e.how = both, "both sides"
        jumps = [doubts.jumps(along, side) for side in (-1, 1)]
        e.jumps = any(jumps)
        if all(jumps):  # its value is that of a branch of which nothing else is seen
            e.how = "jumps here"
            return
        if e.jumps:  # then its value belongs to one side
            e.slope, e.how = (right if jumps[0] else left), "one side of a jump"
        around = along.secant()
        if around == 0.0 and (abs(e.reported) <= e.allowed or e.lossy):
            e.verdict, e.how = "passed", "constant"
            return
        if self._settled(e, around, FINE):
            return
        for how, slope in self._finer(e, along, hidden):
            if how == "complex step" and slope.contradicts(e.slope):
                continue  # a conjugate, which is linear, but not over complex numbers
            if slope and slope.error <= max(e.slope.error, 1e-6 * abs(slope.value)):
                e.slope, e.how = slope, how
                if self._settled(e, around, FINE):
                    return
        rough = self.eps > EPS or self._stairs  # amid less roundoff differences show more
        if rough and fit().error < e.slope.error and not fit().contradicts(e.slope):
            e.slope, e.how = fit(), "fit"
        if not self._settled(e, around, COARSE):
            e.verdict = "inconclusive"

    def _fits(self, e: Element, slope: Slope) -> bool:
        """Whether a fitted slope decides: amid much roundoff differences know little."""
        e.slope, e.how = slope, "fit"
        return slope.bound <= FINE * abs(slope.value) and self._settled(e, 0.0, FINE)

    def _plainly_off(self, e: Element, along: Along, h: float) -> bool:
        """Whether differences of all sizes agree on a slope that is far from the reported one."""
        off = abs(e.slope.value - e.reported)
        if not off > 100 * e.slope.bound + e.allowed or 0.0 < along.own < LEAST:
            return False  # what is tiny is looked at from as near as it is
        # No powers of two: what repeats itself every so often looks flat to these.
        closest = self.eps**0.62 / self.eps**0.2
        for t in (closest**power * h for power in (0.15, 0.4, 0.65, 0.9)):
            apart = abs((along.phi(t) - along.phi(-t)) / (2 * t) - e.slope.value)
            if not apart <= min(e.slope.bound + SAFETY * 2 * self.sigma / t, off / 4):
                return False
        return True

    def _kink(self, e: Element, left: Slope, right: Slope) -> bool:
        """Note a kink; where only one side is defined, let its slope stand."""
        if left and right:
            jump = abs(right.value - left.value)
            size = max(abs(left.value), abs(right.value))
            if jump > left.bound + right.bound and jump > BENT * size:
                e.kink, e.how = (left.value, right.value), "kink"
                middle, half = (left.value + right.value) / 2, jump / 2
                e.slope = Slope(middle, (half + left.bound + right.bound) / SAFETY)
                return True
        elif not e.slope and (left or right):
            e.slope, e.how = (left or right), "one side"
        return False

    def _fades(self, e: Element, along: Along) -> bool:
        """Look closer at a kink: quick waves have one from afar, and are smooth where they are."""
        assert e.kink is not None
        jump, h = abs(e.kink[1] - e.kink[0]), along.size / 64
        while h > (along.own or along.size) * self.eps**0.62:
            h = differences.power_of_two(h / 16)
            if abs(along.phi(h) - 2 * self.here + along.phi(-h)) / h < jump / 2:
                sigma = differences.noise(lambda t, h=h: along.phi(t * h), self.eps)  # type: ignore[misc]
                slope = ladder(along.phi, h, sigma, self.eps)
                if slope and slope.bound <= COARSE * jump:
                    e.slope, e.how = slope, "Richardson"
                    return True
        return False

    def _finer(self, e: Element, along: Along, hidden: bool) -> Iterator[tuple[str, Slope]]:
        """Try what sees more than float64 does; of float32 code there is nothing more to see.

        Wide steps in long doubles know no more of a kink that is hidden amid them.
        """
        if self.eps > EPS:
            return iter(())
        own, near = along.own or along.size, self.sigma < self.noise.whole
        ladders = sorted({own, along.size, max(along.size, 1.0)}) if not hidden else []
        return self._fine.slopes([(e.place, e.index, 1.0)], min(own, 1.0), ladders, near)

    def _settled(self, e: Element, around: float, resolution: float) -> bool:
        """Decide if the slope is known well enough to decide."""
        if not e.slope:
            return False
        size = max(abs(e.slope.value), abs(e.reported))
        off = abs(e.slope.value - e.reported)
        sharp = e.slope.bound <= resolution * size
        # A number that is all roundoff says no more than that the slope is nearly 0.
        blind = e.slope.bound <= UNSEEN * around and resolution == COARSE
        if off > e.slope.bound + e.allowed:
            e.verdict = "wrong"
            # A bound is an estimate: a second opinion is worth having.
            return resolution == COARSE or e.how in (*EXACT, "fit")
        if sharp or blind:
            e.verdict = "passed"
            return True
        return False
