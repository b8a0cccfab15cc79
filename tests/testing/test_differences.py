"""Numeric slopes: right, and with bounds that hold; noise that is measured, not assumed."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from microgradnet.testing import differences as d

EPS = float(np.finfo(float).eps)


def test_noise_of_a_smooth_function_is_roundoff() -> None:
    sigma = d.noise(lambda t: math.sin(1.0 + t), EPS)
    assert EPS * math.sin(1) / 4 <= sigma < 10 * EPS


def test_noise_is_found_where_it_is() -> None:
    rng = np.random.default_rng(0)
    sigma = d.noise(lambda t: math.sin(1 + t) + 1e-9 * rng.normal(), EPS)
    assert 1e-10 < sigma < 1e-8


def test_a_staircase_is_no_flat_function() -> None:
    # log(1 + exp(x)) at -20 moves in steps of EPS, whatever x does between them.
    sigma = d.noise(lambda t: math.log(1 + math.exp(-20 * (1 + t))), EPS)
    assert EPS / 20 < sigma < EPS


@pytest.mark.parametrize("quick", [1e3, 1e5, 1e8])
def test_quick_waves_are_no_noise(quick: float) -> None:
    sigma = d.noise(lambda t: math.sin(quick * (1 + t)) + 10, EPS)
    assert sigma < 100 * quick * EPS  # that much the argument's own last place moves it


def test_steps_that_only_a_wide_spacing_shows_are_noise() -> None:
    sigma = d.noise(lambda t: ((1 + 1e-10 * (1 + t)) - 1) * 1e10 + (1 + t) ** 3, EPS)
    assert 1e-8 < sigma < 1e-5


def test_waves_beside_which_nothing_is_defined_count_as_noise() -> None:
    def phi(t: float) -> float:
        return math.nan if 0 < abs(t) < 3e-5 else math.sin(1e6 * t)

    assert d.noise(phi, EPS) > 0.01


def test_between_two_sides_a_slope_is_known_as_well_as_they_agree() -> None:
    left, right = d.Slope(-1.0, 1e-3), d.Slope(1.0, 1e-4)
    assert d.between(left, right).value == 0.0 and d.between(left, right).bound >= 1.0
    assert d.between(left, left) == left
    assert not d.between(left, d.UNKNOWN)


def test_noise_passes_over_what_is_not_finite() -> None:
    assert d.noise(lambda t: 1.0 if abs(t) < 1e-9 else math.inf, EPS) == EPS / 4


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_slopes_of_a_smooth_function(scale: float) -> None:
    def phi(t: float) -> float:
        return math.exp((1 + t / scale) / 2)

    true = math.exp(0.5) / 2 / scale
    sigma = d.noise(lambda t: phi(t * scale), EPS)
    slopes = [
        d.stencil(phi, phi(0), d.power_of_two(EPS**0.2 * scale), sigma).slope,
        d.ladder(phi, scale, sigma, EPS),
        d.one_sided(phi, phi(0), 1, scale, sigma, EPS),
        d.one_sided(phi, phi(0), -1, scale, sigma, EPS),
    ]
    for slope, digits in zip(slopes, (1e-6, 1e-10, 1e-8, 1e-8), strict=True):
        assert slope and slope.bound < digits * abs(true)
        assert abs(slope.value - true) <= slope.bound


def test_a_kink_is_seen_and_its_sides_are_told_apart() -> None:
    assert d.stencil(abs, 0.0, 1e-3, EPS).kinked
    assert not d.stencil(lambda t: t * t, 0.0, 1e-3, EPS).kinked
    assert d.one_sided(abs, 0.0, 1, 1.0, EPS, EPS).value == pytest.approx(1)
    assert d.one_sided(abs, 0.0, -1, 1.0, EPS, EPS).value == pytest.approx(-1)


def test_what_is_not_finite_is_skipped() -> None:
    def root(t: float) -> float:
        return math.sqrt(1e-4 + t) if t > -1e-4 else math.nan

    assert not d.stencil(root, 1e-2, 1.0, EPS).slope
    slope = d.ladder(root, 1.0, 1e-18, EPS)
    assert abs(slope.value - 50) <= slope.bound < 1e-6
    assert not d.ladder(lambda t: math.nan, 1.0, EPS, EPS)


@pytest.mark.parametrize("side", [0, -1, 1])
def test_steps_that_are_lost_in_larger_numbers_tell_nothing(side: int) -> None:
    def phi(t: float) -> Any:  # the cosine is 1 to the last place, long before t is gone
        return np.sin(np.pi * np.cosh(1e-6 + t))

    at = 1e-6
    least = d.EPS * abs(phi(0.0))
    args = (1e-6, least, d.EPS)
    found = d.one_sided(phi, phi(0.0), side, *args) if side else d.ladder(phi, *args)
    assert abs(found.value + np.pi * np.sinh(at)) <= found.bound

    def flat(t: float) -> float:
        return max(0.25 + t, 0.0) - max(-0.4 + t, 0.0) if abs(t) > 0.2 else 0.0

    args = (4.0, 0.0, d.EPS)
    found = d.one_sided(flat, 0.0, side, *args) if side else d.ladder(flat, *args)
    assert found.value == 0.0 and found.error < 1e-15  # beside a kink it is so indeed


def test_two_steps_that_agree_by_accident_are_not_believed() -> None:
    # A staircase: the first two differences are equal to the last place, all others are not.
    slope = d.ladder(lambda t: math.floor(-1 / (0.20000001 + t)), 0.2, EPS, EPS)
    assert abs(slope.value) <= slope.bound < 1e-4


def test_complex_step_keeps_every_digit() -> None:
    def phi(z: complex) -> complex:
        return complex(np.exp(1e3 * (0.5 + z)) / 1e200)

    slope = d.complex_step(phi, 1.0, EPS, lambda t, z: phi(t + z))
    assert slope.value == pytest.approx(1e3 * np.exp(500) / 1e200, rel=1e-12)
    assert not d.complex_step(lambda t: np.sqrt(t), 1.0, EPS, lambda t, z: np.sqrt(t + z))


ELEMENTARY: list[tuple[Any, Any]] = [
    (np.sin, mpmath.sin),
    (np.exp, mpmath.exp),
    (np.tanh, mpmath.tanh),
    (np.arctan, mpmath.atan),
    (lambda x: np.log(1 + x * x), lambda x: mpmath.log(1 + x * x)),
    (lambda x: np.sqrt(1 + x * x), lambda x: mpmath.sqrt(1 + x * x)),
    (lambda x: 1 / (1 + np.exp(-x)), lambda x: 1 / (1 + mpmath.exp(-x))),
    (lambda x: x * x * x - x, lambda x: x * x * x - x),
    (lambda x: x / (2 + np.cos(x)), lambda x: x / (2 + mpmath.cos(x))),
]


def compositions(count: int) -> Any:
    """Random compositions at random points of several magnitudes, with 60-digit slopes."""
    rng = np.random.default_rng(60)
    with mpmath.workdps(60):
        while count:
            chain = [ELEMENTARY[i] for i in rng.integers(len(ELEMENTARY), size=rng.integers(1, 4))]
            scales = rng.choice([0.3, 1.0, 2.0], len(chain))
            x = float(rng.normal() * rng.choice([1e-3, 0.1, 1.0, 4.0]))

            def f(t: float, chain: Any = chain, scales: Any = scales) -> float:
                for (g, _), s in zip(chain, scales, strict=True):
                    t = g(s * t)
                return float(t)

            def exact(t: Any, chain: Any = chain, scales: Any = scales) -> Any:
                for (_, g), s in zip(chain, scales, strict=True):
                    t = g(mpmath.mpf(float(s)) * t)
                return t

            h = mpmath.mpf(10) ** -25
            slope = (exact(mpmath.mpf(x) + h) - exact(mpmath.mpf(x) - h)) / (2 * h)
            if np.isfinite(f(x)) and abs(f(x)) < 1e100:
                count -= 1
                yield f, x, float(slope)


@pytest.mark.parametrize("frequency", [30.0, 100.0, 300.0])
def test_waves_narrower_than_the_steps_are_not_averaged(frequency: float) -> None:
    # Their height is a hundred of the last places of the rest: wide steps see noise around 0.
    for x in (0.3, 0.5, 0.7):

        def phi(t: float, x: float = x) -> float:
            return 1e6 + 1e-8 * math.sin(frequency * (x + t))

        slope = d.ladder(phi, 0.5, d.noise(phi, EPS), EPS)
        true = 1e-8 * frequency * math.cos(frequency * x)
        assert abs(slope.value - true) <= slope.bound


def test_stated_errors_cover_the_true_ones() -> None:
    # Of 1,000 random cases, against sixty digits: at least 99.5 % (a bound is an estimate).
    covered = {"stencil": 0, "ladder": 0, "one side": 0}
    with np.errstate(over="ignore"):
        for f, x, true in compositions(1000):
            size = max(abs(x), 0.05)
            sigma = d.noise(lambda t, f=f, x=x: f(x + t * max(abs(x), 1e-3)), EPS)

            def phi(t: float, f: Any = f, x: float = x) -> float:
                return float(f(x + t))

            h = d.power_of_two(EPS**0.2 * size)
            slopes = {
                "stencil": d.stencil(phi, phi(0), h, sigma).slope,
                "ladder": d.ladder(phi, size, sigma, EPS),
                "one side": d.one_sided(phi, phi(0), 1, size, sigma, EPS),
            }
            for name, slope in slopes.items():
                covered[name] += abs(slope.value - true) <= slope.bound
    assert min(covered.values()) >= 995, covered
