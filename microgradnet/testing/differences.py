"""Numeric slopes of a function of one number, each with a bound on its error.

Everything here takes ``phi``, with ``phi(t)`` the function under test displaced by ``t`` along
some line. Two errors add up in a difference with step ``h``: truncation, which falls with a
power of ``h``, and roundoff, ``noise / h``. The noise is measured, not assumed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

Line = Callable[[float], Any]

EPS = float(np.finfo(np.float64).eps)
SAFETY = 10.0  # estimates of errors are estimates: ten of them are allowed
RATIO = 4.0  # of neighbouring steps on a ladder
ORDERS = 5  # columns of the tableau beyond which nothing is gained
WAVES = 64  # times the noise at narrower spacings: this may be the function itself
GROWTH = 1.2  # of what slopes move by from step to step: they do not settle
SETTLED = 2.0  # times the roundoff, which is three deviations or more: a move beyond it is one
HALVINGS = 30  # of the spacing, to see it fade out


@dataclass(frozen=True)
class Slope:
    """A numeric derivative and how far off it may be."""

    value: float
    error: float  # an estimate of its size

    @property
    def bound(self) -> float:
        """What the true derivative keeps to."""
        return SAFETY * self.error

    def contradicts(self, other: Slope) -> bool:
        """Whether not both can be right; one that is unknown contradicts nothing."""
        return abs(self.value - other.value) > self.bound + other.bound

    def __bool__(self) -> bool:
        return bool(np.isfinite(self.value) and np.isfinite(self.error))


UNKNOWN = Slope(math.nan, math.inf)


def nearest(found: Sequence[Slope]) -> Slope:
    """Take the best known of slopes seen from nearer and from farther away.

    From afar a norm looks like an absolute value, whose slope at 0 is none or 0. So what
    contradicts the slope from nearer is not the slope here.

    Parameters
    ----------
    found : sequence of Slope
        From near to far.

    Returns
    -------
    Slope
        One of them, or an unknown one.
    """
    best = UNKNOWN
    for slope in found:
        if slope.error < best.error and not slope.contradicts(best):
            best = slope
    return best


def between(left: Slope, right: Slope) -> Slope:
    """Give the slope amid those to both sides, known as well as they are and as they agree.

    Where a slope bends sharply they know it better than differences across. From afar these
    cannot know whether there is a kink amid them: they give the mean, however far the sides
    are apart.
    """
    apart = abs(left.value - right.value) / 2 / SAFETY
    return Slope((left.value + right.value) / 2, max(left.error, right.error) + apart)


class Noise(NamedTuple):
    """Roundoff, and the same if what only wide spacings show is none, but steps or waves."""

    whole: float
    near: float
    clear: bool  # whether these move nearer, too, or are so high that no roundoff is


def noise(phi: Line, eps: float, least: float = 0.0) -> float:
    """Estimate the roundoff of `phi` near 0; takes what `both_noises` takes."""
    return both_noises(phi, eps, least).whole


def both_noises(phi: Line, eps: float, least: float = 0.0) -> Noise:
    """Estimate the roundoff of `phi` near 0, with `t` in units of the arguments' own size.

    Difference tables of eight points, at four spacings: at one alone a staircase, which is
    what ``log(1 + exp(x))`` is far to the left, looks flat. What shows at a wide spacing only
    may be the function itself, which waves more quickly: then its differences fade out as the
    points draw nearer, and no wider spacing tells of noise. Where that cannot be seen, it is
    read both ways.

    Parameters
    ----------
    phi : callable
        The function along a line.
    eps : float
        The spacing of the numbers it is computed with.
    least : float
        A spacing of `t` below which it does not reach the function.

    Returns
    -------
    Noise
        Standard deviations, of at least a quarter unit in the last place.

    References
    ----------
    J. Moré and S. Wild, *Estimating computational noise*, SIAM J. Sci. Comput. 33 (2011).
    """
    best = eps * abs(phi(0.0)) / 4
    near, clear, alive = math.inf, False, False
    for spacing in (1e3 * eps, eps**0.65, eps**0.45, widest(eps)):
        h = power_of_two(max(spacing, least))
        values = eight(phi, h)
        if not np.isfinite(values).all():
            continue
        found, size = float(roughness(values)), float(np.abs(values).max())
        if found > WAVES * best:
            if _fades_out(phi, h, best):
                break
            near = min(near, best)
            clear = clear or alive or found > eps**0.5 * size
        alive = len(set(values)) == len(values)
        best = max(best, found, eps * size / 4)
    return Noise(float(best), float(min(near, best)), bool(clear))


def widest(eps: float) -> float:
    """Give the widest spacing at which noise is looked for."""
    return float(min(eps**0.25, 1e-3))


def eight(phi: Line, h: float) -> Any:
    """Give values at eight points around 0 that are `h` apart."""
    return np.array([phi((k - 3.5) * h) for k in range(8)])


def _fades_out(phi: Line, h: float, least: float) -> bool:
    """Whether differences fall with a power of the spacing, as only smooth functions' do.

    Those of a staircase are as large as its steps, or gone.
    """
    before, falls = math.inf, 0
    for _ in range(HALVINGS):
        values = eight(phi, h)
        if not np.isfinite(values).all() or len(set(values)) < len(values):
            return False
        found = float(roughness(values))
        if found <= 2 * least:
            return False
        falls = falls + 1 if 6 < before / found < 200 else 0  # by 2**4 to 2**6
        if falls == 2:
            return True
        before, h = found, h / 2
    return False


def roughness(values: Any) -> Any:
    """Read the noise off eight equally spaced values, or arrays of them, by their differences."""
    levels, table = [], values
    for k in range(1, 7):
        table = np.diff(table, axis=0)
        scale = math.factorial(k) ** 2 / math.factorial(2 * k)
        levels.append(np.sqrt(scale * np.mean(table * table, axis=0)))
    return np.min(levels[3:], axis=0)


def power_of_two(h: float) -> float:
    """Round a step so that ``x + h`` is exact for all but the largest `x`."""
    return 2.0 ** round(math.log2(h))


@dataclass(frozen=True)
class Stencil:
    """Values at -2h, -h, 0, h, 2h: a slope of fourth order, and whether there is a kink."""

    slope: Slope
    kinked: bool


def stencil(phi: Line, here: Any, h: float, sigma: float) -> Stencil:
    """Take the four-point difference, whose error is a tenth of the two-point one's, or less.

    In a smooth function the slopes to the left and to the right differ by ``h f''``, which
    doubles with ``h``; at a kink they differ by the same whatever ``h`` is.
    """
    p1, m1, p2, m2 = (phi(t) for t in (h, -h, 2 * h, -2 * h))
    two = (p1 - m1) / (2 * h)
    four = two + (two - (p2 - m2) / (4 * h)) / 3
    if not np.isfinite(four):
        return Stencil(UNKNOWN, True)
    jump, wide = abs(p1 - 2 * here + m1) / h, abs(p2 - 2 * here + m2) / (2 * h)
    # Beside a tiny number the step is off by its last place, too.
    roundoff = 2 * sigma / h + EPS / 4 * (jump + abs(four))
    kinked = bool(jump > SAFETY * roundoff and wide < 1.8 * jump)
    return Stencil(Slope(float(four), float(0.1 * abs(four - two)) + roundoff), kinked)


def ladder(phi: Line, scale: float, sigma: float, eps: float) -> Slope:
    """Extrapolate central differences from steps that fall by four (Richardson, Ridders 1982).

    Starts at a quarter of `scale`, skips what is not finite, and gives the entry of the
    tableau whose estimated error is smallest.
    """
    ends = [(h, phi(h), phi(-h)) for h in _steps(scale / 4, scale, eps)]
    sigma = max(sigma, _lost(phi, [(h, right - left) for h, right, left in ends], eps))
    rows, bends, here = [], [], phi(0.0)
    for h, right, left in ends:
        noise = max(sigma, eps / 4 * max(abs(right), abs(left)))
        rows.append(((right - left) / (2 * h), 2 * noise / h))
        bends.append((abs(right - 2 * here + left), 4 * noise))
    return _tableau(rows[_unseen(bends) :], RATIO**2, RATIO**2)


def _unseen(bends: Sequence[tuple[Any, Any]]) -> int:
    """Count the steps that are too wide for what goes on between their ends.

    Waves of which the point is a top or a foot are the same to both sides: their differences
    show nothing of them. What does is that the function's bend, which falls to a sixteenth from
    step to step, and to a quarter even at a kink, does not fall.
    """
    start = 0
    for n, ((wide, _), (fine, loss)) in enumerate(itertools.pairwise(bends)):
        if GROWTH * wide / RATIO < fine and fine > SETTLED * loss:
            start = n + 1
    return start


def one_sided(phi: Line, here: Any, side: int, scale: float, sigma: float, eps: float) -> Slope:
    """Extrapolate the slope to the right (`side` 1) or to the left (-1) likewise."""
    ends = [(h, phi(side * h)) for h in _steps(scale / 64, scale, eps)]
    sigma = max(sigma, _lost(phi, [(side * h, there - here) for h, there in ends], eps))
    rows = []
    for h, there in ends:
        noise = max(sigma, eps / 4 * abs(there))
        rows.append((side * (there - here) / h, 4 * noise / h))
    return _tableau(rows, RATIO, RATIO)


def _lost(phi: Line, moves: Sequence[tuple[float, Any]], eps: float) -> float:
    """Give what the last steps lose of a function that no longer moves with them.

    What adds up numbers larger than its result, as ``sinc(cosh(x))`` does near 0, is a
    staircase that looks flat from near. The last difference that is not 0 shows its height.
    Where values a little further away do not repeat, as beside a kink, the function is flat
    indeed; and so it is between steps that are no roundoff, as those of ``floor``.
    """
    last = None
    for h, difference in moves:
        if difference == 0.0 and last is not None:
            h, difference = last
            values = [phi(h * (1 + k / 32)) for k in range(8)]
            largest = np.abs([*values, phi(1.0), phi(-1.0)])
            least = eps**0.5 * largest[np.isfinite(largest)].max(initial=0.0)
            stairs = len(set(values)) < len(values) and abs(difference) < least
            return float(abs(difference)) / 2 if stairs else 0.0
        if difference != 0.0 and np.isfinite(difference):
            last = h, difference
    return 0.0


def _steps(first: float, scale: float, eps: float) -> list[float]:
    last = max(eps**0.62, 1e-12 if eps > 1e-18 else 1e-15) * scale
    count = max(2, math.ceil(math.log(first / last, RATIO)))
    first = power_of_two(first)
    return [first / RATIO**k for k in range(count)]


def _tableau(rows: Sequence[tuple[Any, Any]], factor: float, growth: float) -> Slope:
    """Extrapolate to step 0: the errors' powers give `factor`, then `growth` times it.

    A row is the slope that a step gives, and the roundoff in that, the largest step first.
    """
    best = UNKNOWN
    before: list[Any] = []
    for slope, noise in _settled(rows):
        row, q = [slope], factor
        for old in before[:ORDERS]:
            new = row[-1] + (row[-1] - old) / (q - 1)
            error = max(abs(new - row[-1]), abs(new - old)) + noise + EPS / 4 * abs(new)
            if error < best.error:
                best = Slope(float(new), float(error))
            row.append(new)
            q *= growth
        before = row if np.isfinite(slope) else []
    return best


def _settled(rows: Sequence[tuple[Any, Any]]) -> Sequence[tuple[Any, Any]]:
    """Leave out the steps before slopes begin to settle.

    What slopes move by from one step to the next, a finer one, should get less; where it gets
    more, by more than roundoff, both steps were too wide to see what goes on between their ends:
    a kink nearby, waves. Slopes that move ever faster, as those of a square root beside 0, leave
    no rows to extrapolate from.
    """
    start, before = 0, float("inf")
    for n, ((wide, loss), (fine, more)) in enumerate(itertools.pairwise(rows)):
        move = abs(fine - wide)
        if move > GROWTH * before and move > SETTLED * (loss + more):
            start = n + 1
        if np.isfinite(move):
            before = float(move)
    return rows[start:]


def complex_step(
    phi: Callable[[complex], complex],
    scale: float,
    eps: float,
    around: Callable[[float, complex], complex],
) -> Slope:
    """Read the slope off the imaginary part, where no difference is taken and nothing cancels.

    For functions that are analytic, and are computed without a conjugate or an absolute value.

    Parameters
    ----------
    phi : callable
        The function along a line.
    scale : float
        Of the step.
    eps : float
        The spacing of the numbers it is computed with.
    around : callable
        The same where all arguments are moved, too, by so many of their own sizes.

    Returns
    -------
    Slope
        An unknown one at a branch point.

    References
    ----------
    W. Squire and G. Trapp, *Using complex variables to estimate derivatives of real
    functions*, SIAM Review 40 (1998).
    """
    h = 1e-30 * scale  # its square is far below the last place
    value, again, mirrored = (phi(complex(0.0, t)).imag / t for t in (h, 3 * h, -h))
    if not max(abs(value - again), abs(value - mirrored)) <= 1e-6 * abs(value):
        return UNKNOWN  # a branch point: the function is not analytic here
    # Nothing cancels but what the derivative's own terms lose, as of (x + 1e8)**2 - 2e8 * x.
    lost = noise(lambda t: around(t, complex(0.0, h)).imag / h, eps)
    # Roundoff of very unlike sizes, as the derivative of solve(A, A) is, may look like waves.
    beside = max(abs(around(k * eps, complex(0.0, h)).imag / h - value) for k in (-2, -1, 1, 2))
    if beside > abs(value):  # the last places decide on everything
        lost = max(lost, beside)
    subnormal = float(np.finfo(np.float64).tiny) / eps / h  # smaller slopes lose digits
    return Slope(value, max(16 * eps * abs(value), lost, abs(value - again), subnormal))
