"""What differences call wrong and is not: where a function jumps, or shows roundoff only."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet.testing import gradcheck

E = math.e
# A function, a point at which it jumps, and gradients: one that passes, ones that a library
# reports or that hold to one side or between them, and ones that nobody could mean.
JUMPS: list[tuple[str, Any, float, list[float], list[float], list[float]]] = [
    ("floor", np.floor, 1.0, [0], [], [0.1]),
    ("ceil", np.ceil, 1.0, [0], [], [0.1]),
    ("floor beside a square", lambda x: x * x + np.floor(x), 2, [4], [], [4.004, -4, 2, 8]),
    ("floor beside abs", lambda x: 3 * np.floor(x) + np.abs(x), 0, [1], [0, -1], [5, -1.1]),
    ("tiny floor", lambda x: 1e-9 * np.floor(x) + np.exp(x), 1, [E], [], [5, -E, 1.01 * E]),
    ("sign", lambda x: np.sign(x) * (x + 1), 0, [], [0, 1, -1], []),
    ("half a step", lambda x: np.heaviside(x, 0.5) * (x + 1), 0, [], [0.5, 0, 1], []),
    ("step", lambda x: np.heaviside(x, 1) * (x + 1), 0, [1], [0], [7]),
    ("even rounding", lambda x: np.round(x) * x, 0.5, [0], [1], [9]),
    ("odd rounding", lambda x: np.round(x) * x, 1.5, [2], [1], [9]),
    ("//", lambda x: x // 1 + np.sin(x), 2, [np.cos(2)], [], [-np.cos(2), 1.001 * np.cos(2)]),
    ("// of a divisor", lambda y: 6 // y * (np.abs(y - 3) + 1), 3, [-2], [0, 1], [3]),
    ("%", lambda x: x % 1, 2, [1], [], [0, 2, -1]),
    ("% of a divisor", lambda y: 6 % y, 3, [-2], [-1], [-8]),
    ("two branches", lambda x: np.where(x >= 1, 3 * x, x * x), 1, [3], [2], [8]),
    ("a kink in a branch", lambda x: np.where(x >= 0, abs(x), 5 * x - 1), 0, [1], [0, 5], [11]),
    ("a point", lambda x: np.where(x == 0, 5 * (x + 1), x), 0, [], [5, 1, 0], []),
    ("a pole's branch", lambda x: np.where(x > 0, 1 + np.sqrt(np.abs(x)), x), 0, [1], [0], []),
    ("floor of floors", lambda x: np.floor(x) * np.floor(2 * x) * x, 1, [2], [0], [4]),
]
CASES = [
    pytest.param(f, float(x), float(g), verdict, id=f"{name}, {verdict} {g:.4g}")
    for name, f, x, *lists in JUMPS
    for verdict, numbers in zip(("passed", "inconclusive", "wrong"), lists, strict=True)
    for g in numbers
]


@pytest.mark.parametrize(("f", "x", "g", "verdict"), CASES)
def test_where_a_function_jumps_only_what_is_no_slope_of_its_pieces_is_wrong(
    f: Callable[[float], Any], x: float, g: float, verdict: str
) -> None:
    assert gradcheck(f, x, grad=lambda x: g).verdict == verdict


def test_own_gradients_at_jumps() -> None:
    report = gradcheck(lambda x, y: np.floor(x) * y + np.abs(x), 0.0, 3.0)
    assert report.verdict == "inconclusive" and "jumps here" in str(report)
    assert gradcheck(lambda x: np.sum(np.floor(x) * x), np.array([1.0, 2.0, 2.5])).passed


@pytest.mark.parametrize("x", [12345.6, 1e4, 1e5, 1e6, 1e6 + 0.3])
@pytest.mark.parametrize(
    ("f", "g"),
    [
        (np.floor, 0.0),
        (lambda x: x % 1, 1.0),
        (lambda x: np.floor(x) + x, 1.0),
        (lambda x: 0.1 * np.floor(x * 10), 0.0),
    ],
)
def test_steps_that_are_small_beside_the_argument_are_steps(f: Any, g: float, x: float) -> None:
    assert gradcheck(f, x, grad=lambda x: g).verdict != "wrong"
    assert gradcheck(f, x, grad=lambda x: g + 0.5).verdict != "passed"


@pytest.mark.parametrize(
    ("steps", "x"), [(1e3, 12345.6), (1e3, 1e6 + 0.3), (1e3, 1e9 + 0.5004), (1.0, 1e9 + 0.5)]
)
def test_steps_of_any_height_may_be_no_roundoff(steps: float, x: float) -> None:
    def floor(x: Any) -> Any:
        return np.floor(steps * x) / steps

    assert gradcheck(floor, x, grad=lambda x: 0.0).verdict != "wrong"
    assert gradcheck(floor, x, grad=lambda x: 0.5).verdict == "wrong"


@pytest.mark.parametrize("amplitude", [3e-9, 1e-8, 1e-7, 1e-6])
@pytest.mark.parametrize("quick", [10, 30, 100, 300, 1e3, 3e3, 1e4])
def test_waves_of_few_last_places_are_not_taken_for_none(quick: float, amplitude: float) -> None:
    for x in (0.5, 0.3, (math.pi / 2 + 2e-4) / quick):  # the last one is nearly a top
        report = gradcheck(
            lambda x: math.sin(quick * x) * amplitude + 1e6,
            x,
            grad=lambda x: quick * amplitude * math.cos(quick * x),
        )
        assert report.verdict != "wrong"


def test_waves_that_look_like_noise_from_afar() -> None:
    quick, amplitude = 9457.554742878376, 9.473901524617137e-06
    for c, verdict in ((1, "inconclusive"), (-1, "wrong"), (10, "wrong")):
        report = gradcheck(
            lambda x: math.sin(quick * x) * amplitude + 25045040.239639387,
            1.3612952751785552,
            grad=lambda x, c=c: c * quick * amplitude * math.cos(quick * x),
        )
        assert report.verdict == verdict


@pytest.mark.parametrize(
    ("offset", "height", "width", "x"),
    [(640101.9, 24.9, 1.8e-8, 4e-12), (-333.4, -2.9e-3, 1.34e-8, 1.45e-11)],
)
def test_wide_steps_do_not_average_a_bend_that_is_narrower(
    offset: float, height: float, width: float, x: float
) -> None:
    report = gradcheck(
        lambda x: offset + height * math.sqrt(x * x + width * width),
        x,
        grad=lambda x: height * x / math.sqrt(x * x + width * width),
    )
    assert report.verdict != "wrong"


def test_both_sides_together_know_a_slope_that_differences_across_do_not() -> None:
    quick, amplitude, slope = 10894.867240704983, 1.176447125798093e-09, -0.005990624011733234
    report = gradcheck(
        lambda x: float(np.sin(quick * x) * amplitude + 1996874.6705777447 + slope * x),
        0.5016904157563794,
        grad=lambda x: quick * amplitude * np.cos(quick * x) + slope,
    )
    assert report.passed


@pytest.mark.parametrize("x", [1e15, 1e16, 1e17])
@pytest.mark.parametrize("far", [0.0, 1e16])
def test_what_waves_between_neighbouring_numbers_shows_nothing(far: float, x: float) -> None:
    for c in (1, -1):
        report = gradcheck(lambda x: far + math.sin(x), x, grad=lambda x, c=c: c * math.cos(x))
        assert report.verdict == "inconclusive"


F = np.float32


@pytest.mark.parametrize("x", [1e8, 1e3, 1.0, 0.3])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda x: F(1e10) + np.sin(F(x)), np.cos),
        (lambda x: F(1e6) + np.sin(F(x)), np.cos),
        (lambda x: F(1e6) + F(x) * F(x), lambda x: 2 * x),
        (lambda x: F(1e10) + F(x) * np.sin(F(x)), lambda x: np.sin(x) + x * np.cos(x)),
    ],
)
def test_large_terms_in_float32_hide_others(f: Any, slope: Any, x: float) -> None:
    assert gradcheck(f, x, grad=slope).verdict != "wrong"
    assert gradcheck(f, x, grad=lambda x: 1e12).verdict != "passed"
