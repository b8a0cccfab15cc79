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

from . import differences, doubts, together
from .differences import (
    EPS,
    SAFETY,
    Line,
    Noise,
    Slope,
    Stencil,
    both_noises,
    from_afar,
    ladder,
    mean,
    nearest,
    one_sided,
    stencil,
)
from .doubts import BENT, LEAST, Along
from .element import COARSE, FINE, Element
from .finer import Finer
from .fits import fitted
from .probe import Probe

EPS32 = float(np.finfo(np.float32).eps)

SEVERAL = 20  # wrong elements, after which another one needs no second opinion
DIFFERENCES = "four points", "Richardson", "one side", "both sides"  # of values as they are
WAYS = (0.0, 1e-3, -1.7e-3, 3.1e-3, -4.3e-3, 0.31, -0.73, 3.7, -21.3)  # to see digits, all around
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
    wrong: int = 0  # elements, as it seemed at first
    refuted: int = 0  # beyond doubt
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
        return Noise(known[len(known) // 2].whole, min(n.near for n in known))

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
        phi = self.probe.along(self.kind, [(e.place, e.index, 1.0)])
        return Along(phi, self.here, self.own(e), self.sigma, self.eps)

    def elements(self, rows: Sequence[Element]) -> None:
        """Judge several elements: what the cheap test leaves open together, if it is much."""
        alike = []
        for e in rows:
            if len(rows) < together.ENOUGH or self.eps > EPS or not np.isfinite(e.reported):
                continue
            _, cheap = self._cheap(e, self.along(e))
            if not cheap.kinked and e.verdict != "passed" and e.reported:
                self.measure(e)
                alike.append(e)
        if len(alike) >= together.ENOUGH:
            together.settle(self._fine, alike, self.rng)
        for e in rows:
            if e.verdict != "passed":
                self.element(e)

    def element(self, e: Element) -> None:
        """Judge one element."""
        before = replace(e)
        self._judge(e)
        self.refuted += e.verdict == "wrong" and e.how not in DIFFERENCES
        if e.verdict != "wrong" or not self.noise.near < self.noise.whole:
            return
        # What was taken for roundoff may be steps or waves, to which others are too wide.
        usual = self.sigma, self.eps
        self.sigma, self.eps = self.noise.near, EPS if self.kind == "float" else EPS32
        self._judge(before)
        self.sigma, self.eps = usual
        if before.verdict != "wrong":
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

    def _cheap(self, e: Element, along: Along) -> tuple[float, Stencil]:
        """Let pass what the first test proves right; give its step and what it saw."""
        h = differences.power_of_two(self.eps**0.2 * max(along.own, 0.05))
        seen = stencil(along.phi, self.here, h, self.sigma)
        e.slope = seen.slope
        if (
            e.slope
            and not seen.kinked
            and e.slope.bound <= 1e-4 * abs(e.reported)
            and abs(e.slope.value - e.reported) <= e.slope.bound + e.allowed
            and not self._stairs
        ):
            e.verdict, e.how = "passed", "four points"
        return h, seen

    def _look(self, e: Element, along: Along) -> None:
        """Judge a finite number, with ever finer means."""
        phi, size = along.phi, along.own
        h, cheap = self._cheap(e, along)
        if e.verdict == "passed":
            return
        self.measure(e)
        if not cheap.kinked and self._plainly_off(e, phi, h):
            self.wrong += 1
            e.verdict, e.how = "wrong", "four points"
            return
        own, size = size, max(size, LEAST)
        fit = functools.cache(lambda: fitted(phi, max(size, 1.0), own, self.eps))
        if self.eps > EPS and self._fits(e, fit()):
            return
        left, right = self._seen(e, along)
        if self._kink(e, left, right):
            bends = self.eps > EPS and fit().bound < abs(right.value - left.value) / 4
            if not bends and not self._fades(e, phi, size):
                return
            e.kink = None
        if (both := mean(left, right)).error < e.slope.error:
            e.slope, e.how = both, "both sides"
        jumps = [doubts.jumps(along, side) for side in (-1, 1)]
        e.jumps = any(jumps)
        if all(jumps):  # its value is that of a branch of which nothing else is seen
            e.how = "jumps here"
            return
        if e.jumps:  # then its value belongs to one side
            e.slope, e.how = (right if jumps[0] else left), "one side of a jump"
        around = self._secant(phi, size)
        if around == 0.0 and (abs(e.reported) <= e.allowed or e.lossy):
            e.verdict, e.how = "passed", "constant"
            return
        if self._settled(e, around, FINE):
            return
        for how, slope in self._finer(e, size):
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

    def _seen(self, e: Element, along: Along) -> tuple[Slope, Slope]:
        """Note the slope by steps of several scales; give both sides'."""
        found, lefts, rights = self.slopes(along.phi, along.scales, along.own)
        sides = zip(along.scales, found, lefts, rights, strict=True)
        found = [from_afar(s, *both) if scale > along.own else s for scale, s, *both in sides]
        e.slope, e.how = nearest(found), "Richardson"
        e.close = along.own < LEAST and any(map(e.slope.contradicts, found))
        return nearest(lefts), nearest(rights)

    def _plainly_off(self, e: Element, phi: Line, h: float) -> bool:
        """Whether differences of all sizes agree on a slope that is far from the reported one."""
        off = abs(e.slope.value - e.reported)
        if not off > 100 * e.slope.bound + e.allowed or 0.0 < self.own(e) < LEAST:
            return False  # what is tiny is looked at from as near as it is
        # No powers of two: what repeats itself every so often looks flat to these.
        closest = self.eps**0.62 / self.eps**0.2
        for t in (closest**power * h for power in (0.15, 0.4, 0.65, 0.9)):
            apart = abs((phi(t) - phi(-t)) / (2 * t) - e.slope.value)
            if not apart <= min(e.slope.bound + SAFETY * 2 * self.sigma / t, off / 4):
                return False
        return True

    def slopes(self, phi: Line, scales: Sequence[float], own: float) -> list[list[Slope]]:
        """Climb ladders of each scale: central ones, to the left, and to the right."""
        sigmas = [self._noise_at(phi, scale, own) for scale in scales]
        steps = list(zip(scales, sigmas, strict=True))
        central = [ladder(phi, scale, sigma, self.eps) for scale, sigma in steps]
        sides = [
            [one_sided(phi, self.here, side, scale, sigma, self.eps) for scale, sigma in steps]
            for side in (-1, 1)
        ]
        return [central, *sides]

    def _noise_at(self, phi: Line, scale: float, own: float) -> float:
        """Give the noise of steps of a scale: to tiny ones what oscillates quickly is none."""
        if scale >= LEAST * max(own, 1.0):
            return self.sigma
        values = [phi((k - 3.5) * self.eps**0.45 * scale) for k in range(8)]
        if len(set(values)) < len(values):  # the steps are lost in larger numbers
            return self.sigma
        least = 4 * self.eps * own / scale  # four of the last places
        return min(self.sigma, differences.noise(lambda t: phi(t * scale), self.eps, least))

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

    def _fades(self, e: Element, phi: Line, size: float) -> bool:
        """Look closer at a kink: a norm near 0 has one from afar, and is smooth where it is."""
        assert e.kink is not None
        jump, h = abs(e.kink[1] - e.kink[0]), size / 64
        own = self.own(e) or size
        while h > own * self.eps**0.62:
            h = differences.power_of_two(h / 16)
            if abs(phi(h) - 2 * self.here + phi(-h)) / h < jump / 2:
                noise = differences.noise(lambda t, h=h: phi(t * h), self.eps)  # type: ignore[misc]
                slope = ladder(phi, h, noise, self.eps)
                if slope and slope.bound <= COARSE * jump:
                    e.slope, e.kink, e.how, e.close = slope, None, "Richardson", True
                    return True
        return False

    def _secant(self, phi: Line, size: float) -> float:
        """Give the slope as it is from afar: what a slope near 0 is small beside."""
        away = [abs(phi(t) - self.here) / abs(t) for t in (size / 4, -size / 4, 0.25, -0.25)]
        return max((float(a) for a in away if np.isfinite(a)), default=0.0)

    def _finer(self, e: Element, size: float) -> Iterator[tuple[str, Slope]]:
        """Try what sees more than float64 does; of float32 code there is nothing more to see."""
        if self.eps > EPS or self.refuted > SEVERAL:
            return iter(())
        own, near = self.own(e) or size, self.sigma < self.noise.whole
        ladders = sorted({own, size, max(size, 1.0)})
        scales = sorted({size, min(size, 1.0), own})
        return self._fine.slopes([(e.place, e.index, 1.0)], scales, ladders, near)

    def _settled(self, e: Element, around: float, resolution: float) -> bool:
        """Decide if the slope is known well enough to decide."""
        if not e.slope:
            return False
        size = max(abs(e.slope.value), abs(e.reported))
        off = abs(e.slope.value - e.reported)
        sharp = e.slope.bound <= resolution * size
        # A number that is all roundoff says no more than that the slope is nearly 0.
        least = max(UNSEEN * around, 1e3 * e.quantum if abs(e.reported) <= e.allowed else 0.0)
        blind = e.slope.bound <= least and resolution == COARSE
        if off > e.slope.bound + e.allowed:
            e.verdict = "wrong"
            # A bound is an estimate: a second opinion is worth having, if not a thousand of them.
            self.wrong += 1
            sure = self.wrong > SEVERAL and off > 100 * e.slope.bound
            return sure or resolution == COARSE or e.how not in DIFFERENCES
        if sharp or blind:
            e.verdict = "passed"
            return True
        return False
