"""What the digits of a reported gradient are worth, and what is all roundoff."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from microgradnet import grad
from microgradnet.testing import gradcheck
from microgradnet.testing.rounding import rounding

EPS = float(np.finfo(np.float64).eps)
V = np.array([0.3, -1.1, 0.7, 2.0])


def measured(gradient: Any, x: Any) -> Any:
    (moved,) = rounding(lambda factor: [gradient(x * factor(x.shape))], [gradient(x)], EPS, seed=0)
    return moved.whole


def test_a_smooth_gradient_keeps_its_digits() -> None:
    found = measured(np.cos, V)
    assert (found.noise < 8 * EPS).all() and found.alive.all()
    assert found.quantum == pytest.approx(4 * EPS, rel=0.5)


@pytest.mark.parametrize("n", [3, 1003])
def test_one_element_by_itself(n: int) -> None:
    x = np.linspace(0.1, 2.0, n)
    (moved,) = rounding(lambda factor: [np.cos(x * factor(x.shape))], [np.cos(x)], EPS, seed=0)
    one, whole = moved.at((2,)), moved.whole
    assert (one.noise, one.most, one.alive) == (whole.noise[2], whole.most[2], whole.alive[2])
    assert one.quantum == whole.quantum


def test_noise_shows_where_an_offset_swallows_the_last_places() -> None:
    found = measured(lambda x: (x + 0.7) - 0.7, V * 1e-6)
    assert (found.noise > EPS / 64).any()


def test_what_has_lost_its_digits_does_not_move() -> None:
    def slope(x: Any) -> Any:
        s = 1 / (1 + np.exp(-x))
        return s * (1 - s)

    assert list(measured(slope, np.array([0.3, 33.0])).alive) == [True, False]


def test_one_jump_among_the_points_is_no_noise() -> None:
    jump = measured(lambda x: np.where(x > 0.5 * (1 + 1e-10), 1.0, 0.0), np.array([0.5]))
    assert jump.noise[0] == 0.0 < jump.most[0]


def test_a_gradient_that_is_nowhere_else_has_nothing_to_show() -> None:
    (moved,) = rounding(lambda factor: None, [V], EPS, seed=0)
    found = moved.whole
    assert not found.noise.any() and not found.most.any() and not found.alive.any()
    assert found.quantum == 0.0


# --- functions that do not depend on an argument --------------------------------------------------


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def normed(x: Any, bias: Any) -> Any:
    """A batch norm takes a bias before it away again."""
    h = x * x + bias
    return np.sum(np.tanh((h - np.mean(h)) / np.std(h))[1:])


CONSTANT: list[tuple[Any, tuple[Any, ...]]] = [
    (lambda x: np.sum(softmax(x)), (V,)),
    (lambda x: np.sum(softmax(x)), (V * 1e3,)),
    (lambda x: np.sum(x - np.mean(x)), (V,)),
    (lambda x: np.sum(np.sin(x) ** 2 + np.cos(x) ** 2), (V,)),
    (lambda x: np.sum((x / np.linalg.norm(x)) ** 2), (V,)),
    (lambda x: np.sum(np.log(np.exp(x)) - x), (V,)),
    (lambda a: np.sum(np.linalg.solve(a, a) * V[:2]), (np.array([[1.0, 1.0], [1e-4, 1.0]]),)),
    (normed, (V * 0.03, 0.7)),
]


def foreign(f: Any) -> Any:
    """The function as another library's: it takes floats and float64 arrays, nothing finer."""

    def g(*args: Any) -> Any:
        for x in args:
            if type(x) is not float and not (type(x) is np.ndarray and x.dtype == np.float64):
                raise TypeError(type(x))
        return f(*args)

    return g


@pytest.mark.parametrize("outside", [False, True], ids=["plain", "foreign"])
@pytest.mark.parametrize(("f", "args"), CONSTANT)
def test_what_does_not_depend_on_it_passes_with_a_gradient_of_roundoff(
    f: Any, args: Any, outside: bool
) -> None:
    gradient = grad(f, tuple(range(len(args)))) if len(args) > 1 else grad(f)
    seen = foreign(f) if outside else f
    assert gradcheck(seen, *args, grad=gradient).passed

    def off(*at: Any) -> Any:
        g = gradient(*at)
        return (g[0], g[1] + 1e-6) if len(args) > 1 else g + 1e-6

    assert not gradcheck(seen, *args, grad=off).passed


def test_both_modes_may_give_another_roundoff() -> None:
    f, args = CONSTANT[-2]
    assert gradcheck(f, *args).passed


@pytest.mark.parametrize("c", [1, -1, 2, 0.5, 1.01])
def test_what_is_only_saturated_is_no_constant(c: float) -> None:
    # Without finer arithmetic nobody can tell: then it does not pass.
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def slope(x: Any) -> Any:
        return c * np.exp(-x) / (1 + np.exp(-x)) ** 2

    assert gradcheck(foreign(sigmoid), 45.0, grad=slope).verdict == "inconclusive"
    assert gradcheck(sigmoid, 45.0, grad=slope).passed == (c == 1)
    flat = lambda x: 1 + 1e-20 * np.tanh(x)  # noqa: E731
    g = gradcheck(foreign(flat), 0.5, grad=lambda x: c * 1e-20 / np.cosh(x) ** 2)
    assert g.verdict == "inconclusive"


def test_a_slope_that_keeps_its_digits_is_held_to_them() -> None:
    # s * (1 - s) may lose them, but this did not.
    def f(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def slope(x: float, c: float = 1) -> Any:
        return c * math.exp(-x) / (1 + math.exp(-x)) ** 2

    assert gradcheck(f, 30.0, grad=slope).passed
    assert not gradcheck(f, 30.0, grad=lambda x: slope(x, 1.001)).passed
    assert gradcheck(f, 30.0, grad=lambda x: float(f(x)) * (1 - float(f(x)))).passed


@pytest.mark.parametrize("outside", [False, True], ids=["plain", "foreign"])
def test_what_jumps_with_the_last_places_does_not_pass(outside: bool) -> None:
    """Its movement may be roundoff or a mistake; only more digits can tell."""
    f, x = (lambda x: np.sum(x * x)), np.array([0.5, 0.5, 1.0])
    seen = foreign(f) if outside else f

    def slope(x: Any) -> Any:
        g = 2 * x
        g[np.argmin(x * (1 + 1e-16 * np.arange(3)))] = 0.0  # of the first two by chance
        return g

    assert not gradcheck(seen, x, grad=slope).passed
    assert gradcheck(seen, x, grad=lambda x: 2 * x).passed


@pytest.mark.parametrize("c", [1, 2, -1, 1.001])
@pytest.mark.parametrize("tiny", [1e-6, 1e-10, 1e-30])
def test_quick_oscillation_of_tiny_arguments_is_no_noise(tiny: float, c: float) -> None:
    f = foreign(lambda x: np.sum(np.sin(x / tiny)))
    g = lambda x: c * np.cos(x / tiny) / tiny  # noqa: E731
    assert gradcheck(f, V * tiny, grad=g).passed == (c == 1)


def test_a_term_that_is_missing_near_a_pole_is_not_lost_in_roundoff() -> None:
    """Nearer to it the gradient is a million times larger: that says nothing of its digits here."""
    f = foreign(lambda x: np.sum(1 / x**6 - 1 / x**3))

    def slope(x: Any) -> Any:
        g = -6 / x**7 + 3 / x**4
        g[1] = 0.0
        return g

    assert gradcheck(f, V, grad=slope).verdict == "wrong"


@pytest.mark.parametrize(
    ("f", "slope", "x"),
    [
        (np.sin, np.cos, [1e6, 1e9]),
        (np.sin, np.cos, [1e12, 3.0]),
        (lambda x: np.sin(1e5 * x) + x, lambda x: 1e5 * np.cos(1e5 * x) + 1, [0.3, 0.7]),
        (lambda x: (x - np.floor(x / 2) * 2) ** 2, lambda x: 2 * (x % 2), [7.3, 1e5 + 0.25]),
    ],
)
def test_what_repeats_itself_within_a_small_part_of_its_argument(
    f: Any, slope: Any, x: Any
) -> None:
    for c, verdict in ((1, "passed"), (-1, "wrong"), (1.01, "wrong"), (1.001, "wrong")):
        report = gradcheck(
            foreign(lambda x: np.sum(f(x))), np.array(x), grad=lambda x, c=c: c * slope(x)
        )
        assert report.verdict == verdict


def test_where_slopes_grow_without_end_none_is_claimed() -> None:
    # The square root beside 0 has a slope of 5e149, which 2 + 1e-150 hides.
    f = foreign(lambda x: np.sqrt(x[0]) + 2 * np.sqrt(x[1]))
    report = gradcheck(f, np.array([1e-300, 1.0]), grad=lambda x: [0.5, 1] / np.sqrt(x))
    assert report.verdict == "inconclusive"
