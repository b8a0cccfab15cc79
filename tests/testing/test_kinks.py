"""At a kink every element of Clarke's subdifferential passes, and nothing else does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing import gradcheck
from microgradnet.testing.kinks import nearest_in_hull

E0, E1, E2 = np.eye(3)
TIES: list[tuple[str, Any, Any, Any, Any]] = [
    # name, function, point, right answers, wrong ones
    ("abs", lambda x: np.sum(np.abs(x)), [0.0, 2.0], [[0, 1], [1, 1], [-0.4, 1]], [[1.1, 1]]),
    ("relu", lambda x: np.sum(np.maximum(x, 0)), [0.0, 2.0], [[0, 1], [1, 1]], [[-0.01, 1]]),
    ("clip", lambda x: np.sum(np.clip(x, 0, 1)), [1.0, 0.5], [[0, 1], [1, 1]], [[2, 1]]),
    ("max", np.max, [2.0, 2.0, 1.0], [E0, E1, (E0 + E1) / 2], [E0 + E1, 0 * E0, E2, 1.01 * E0]),
    ("min", np.min, [2.0, 2.0, 3.0], [E0, E1, (E0 + E1) / 2], [E0 + E1, 2 * E0 - E1]),
    ("max of all", np.max, [5.0] * 3, [E0, np.ones(3) / 3], [np.ones(3), np.ones(3) / 2, 0 * E0]),
    ("max of 10", np.max, [1.0] * 10, [np.ones(10) / 10], [np.zeros(10), np.eye(10)[0] * 1.01]),
    ("median", np.median, [1.0] * 3, [E0, np.ones(3) / 3], [np.ones(3), 1.01 * E0, 0 * E0]),
    ("median of 5", np.median, [1.0] * 5, [np.ones(5) / 5], [np.ones(5), np.zeros(5)]),
    ("norm", np.linalg.norm, [0.0, 0.0], [[0, 0], [0.6, 0.8]], [[1, 1], [0.9, 0.9]]),
    ("sort", lambda x: np.sort(x) @ [1.0, 3.0], [2.0, 2.0], [[1, 3], [2, 2]], [[3, 3], [1, 1]]),
    ("concave", lambda x: -np.max(np.abs(x)), [1.0, -1.0], [[-1, 0], [-0.5, 0.5]], [[-1, 1]]),
    (
        "eigenvalues",
        lambda x: np.linalg.eigvalsh(x + x.T) @ [1.0, 3.0],
        np.eye(2),
        [2 * np.diag([1, 3]), 2 * np.diag([3, 1]), 4 * np.eye(2)],
        [2 * np.diag([3, 3]), 2 * np.diag([0, 4.0])],
    ),
]
CASES = [
    pytest.param(f, np.array(x), np.array(g, float), verdict, id=f"{name}, {verdict} {i}")
    for name, f, x, right, wrong in TIES
    for verdict, answers in (("passed", right), ("wrong", wrong))
    for i, g in enumerate(answers)
]


@pytest.mark.parametrize(("f", "x", "g", "verdict"), CASES)
def test_ties(f: Any, x: Any, g: Any, verdict: str) -> None:
    assert gradcheck(f, x, grad=lambda x: g).verdict == verdict


@pytest.mark.parametrize("height", [0.5, 1e-3, 1e-5])
@pytest.mark.parametrize("beside", [1e-6, 3e-6, 5e-6])
def test_a_jump_beside_a_tie_is_no_slope_nearby(beside: float, height: float) -> None:
    for g, verdict in (([1, 0], "passed"), ([0.5, 0.5], "passed"), ([1, 1], "wrong")):
        report = gradcheck(
            lambda x: np.max(x) + height * np.floor(np.sum(x) - 1 - beside),
            np.ones(2),
            grad=lambda x, g=g: np.array(g, float),
        )
        assert report.verdict == verdict


def test_a_kink_is_reported_with_both_slopes() -> None:
    report = gradcheck(lambda x: np.maximum(x, 0.0), 0.0, grad=lambda x: 0.3)
    assert report.passed and report.rows[0].kink == pytest.approx((0, 1))
    assert "0 to 1" in str(report)
    together = gradcheck(np.max, np.array([2.0, 2.0]), grad=np.ones_like)
    assert "each is possible by itself, together they are not" in str(together)


def hinges(x: Any) -> Any:
    """A support vector machine's, two of whose margins are met at [1, 0]."""
    return np.sum(np.maximum(0, 1 - np.array([[1.0, 2], [1, -0.5]]) @ x)) + 0.1 * x @ x


@pytest.mark.parametrize(
    ("g", "verdict"),
    [
        ([0.2, 0], "passed"),
        ([-0.8, 0.5], "passed"),
        ([-1.8, -1.5], "passed"),
        ([-0.3, 0.25], "passed"),  # on an edge
        ([0, 0.2], "wrong"),  # and beyond it, in a direction that is no diagonal
        ([-0.3, 0.3], "wrong"),
        ([-1.8, -1], "wrong"),
    ],
)
def test_a_polygon_of_slopes_has_sides_of_any_direction(g: list[float], verdict: str) -> None:
    report = gradcheck(hinges, np.array([1.0, 0.0]), grad=lambda x: np.array(g, float))
    assert report.verdict == verdict


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_of_eigenvalues_that_coincide_any_vectors_are_right(n: int, seed: int) -> None:
    vectors = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]
    weights = np.arange(1.0, n + 1) ** 1.5
    for first, verdict in ((1.0, "passed"), (1.3, "wrong")):
        slopes = 2 * vectors @ np.diag([first, *weights[1:]]) @ vectors.T
        report = gradcheck(
            lambda x: np.linalg.eigvalsh(x + x.T) @ weights,
            np.eye(n),
            grad=lambda x, g=slopes: g,
        )
        assert report.verdict == verdict


def test_the_nearest_mean_of_some_points() -> None:
    rng = np.random.default_rng(0)
    for trial in range(60):
        vertices = rng.normal(size=(rng.integers(1, 40), rng.integers(1, 12)))
        if trial % 3 == 0:
            vertices = np.round(vertices)  # some of them are the same
        point = rng.normal(size=vertices.shape[1]) * rng.choice([0.1, 1, 3])
        nearest = nearest_in_hull(vertices, point)
        ahead = (vertices - nearest) @ (nearest - point)  # of no vertex less than 0
        assert ahead.min() >= -1e-6 * (nearest - point) @ (nearest - point) - 1e-12


def test_of_many_kinks_some_are_tried_in_other_directions() -> None:
    report = gradcheck(lambda x: np.sum(np.abs(x)), np.zeros(15), grad=lambda x: 0.5 + 0 * x)
    assert report.passed


V = np.array([0.5, -1.2, 2.0, 0.1])


@pytest.mark.parametrize("scale", [1e6, 1.0, 1e-4, 1e-6, 1e-8, 1e-12, 1e-100])
@pytest.mark.parametrize("factor", [1, -1, 0.5, 1.01, 1.001])
def test_a_kink_from_afar_is_none_where_it_is_smooth(scale: float, factor: float) -> None:
    report = gradcheck(np.linalg.norm, V * scale, grad=lambda x: factor * x / np.linalg.norm(x))
    assert report.verdict == ("passed" if factor == 1 else "wrong")


def test_where_only_one_side_is_defined_its_slope_counts() -> None:
    for factor, verdict in ((1.0, "passed"), (1.01, "wrong")):
        f = lambda x: x * np.sqrt(x)  # noqa: E731
        report = gradcheck(f, 0.0, grad=lambda x: factor * 1.5 * np.sqrt(x))  # noqa: B023
        assert report.passed  # 0, whatever it is multiplied by
        shifted = gradcheck(
            lambda x: (x + 2) ** 2 + 0 * np.sqrt(x),
            0.0,
            grad=lambda x: factor * 4,  # noqa: B023
        )
        assert shifted.verdict == verdict


def test_float32_ties() -> None:
    x = np.array([2, 2, 1], np.float32)
    for g, verdict in (([0.5, 0.5, 0], "passed"), ([1, 1, 0], "wrong")):
        report = gradcheck(np.max, x, grad=lambda x: np.array(g, x.dtype))  # noqa: B023
        assert report.verdict == verdict


@pytest.mark.parametrize(("first", "verdict"), [(0.0, "passed"), (0.5, "wrong"), (-1.0, "wrong")])
def test_a_zero_beside_something_tiny_is_smooth(first: float, verdict: str) -> None:
    report = gradcheck(np.linalg.norm, np.array([0.0, 1e-8]), grad=lambda x: np.array([first, 1.0]))
    assert report.verdict == verdict


@pytest.mark.parametrize(
    ("f", "x", "right", "wrong"),
    [
        (lambda x: 1e6 + np.abs(x), 1e-12, 1.0, [0.5, -1.0]),
        (lambda x: 1e8 + np.maximum(x, 0), 1e-9, 1.0, [0.5, 0.0]),
        (lambda x: 1e3 + np.linalg.norm(x), np.array([3e-15, 4e-15]), [0.6, 0.8], [[0.6, 0.6]]),
    ],
)
def test_a_kink_that_may_lie_beside_the_point_excuses_nothing(
    f: Any, x: Any, right: Any, wrong: list[Any]
) -> None:
    """Roundoff hides where it is: only more digits show the slope here, none shows a kink."""

    def doubles(x: Any) -> float:
        if np.asarray(x).dtype != np.float64:
            raise TypeError(x)
        return float(f(x))

    for g, verdict in ((right, "passed"), *((g, "wrong") for g in wrong)):
        report = gradcheck(f, x, grad=lambda x, g=g: np.array(g))
        assert report.verdict == verdict
        hidden = gradcheck(doubles, x, grad=lambda x, g=g: np.array(g))
        assert hidden.verdict == "inconclusive"


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("n", [9, 16, 36])
def test_the_middle_one_of_many_equal_numbers(n: int) -> None:
    x = np.zeros(n)
    assert gradcheck(np.median, x).passed
    assert gradcheck(lambda x: np.quantile(x, 0.1), x).passed
    for wrong in (np.full(n, 1 / (n - 1)), np.zeros(n), np.r_[-0.1, np.full(n - 1, 1.1 / (n - 1))]):
        assert not gradcheck(np.median, x, grad=lambda x, g=wrong: g).passed


def test_many_kinks_at_once() -> None:
    f = lambda x: np.sum(np.abs(x[:6])) - np.sum(np.abs(x[6:]))  # noqa: E731
    assert gradcheck(f, np.zeros(14)).passed
    assert gradcheck(f, np.zeros(14), grad=np.ones_like).passed
    assert not gradcheck(f, np.zeros(14), grad=lambda x: 1.2 * np.ones_like(x)).passed
