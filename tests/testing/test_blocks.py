"""Long gradients: blocks of elements pass together, and the one wrong element is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing import gradcheck

rng = np.random.default_rng(0)
LONG = rng.normal(size=5000)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-8 * x))


FUNCTIONS = {
    "tanh": (lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2),
    "relu": (lambda x: np.sum(np.maximum(x, 0)), lambda x: (x > 0) * 1.0),
    "squares": (lambda x: np.sum(x * x), lambda x: 2 * x),
    "saturated": (
        lambda x: np.sum(sigmoid(x)),
        lambda x: 8 * np.exp(-8 * np.abs(x)) * sigmoid(np.abs(x)) ** 2,
    ),
    "of all": (lambda x: np.mean(x**3) ** 2, lambda x: 2 * np.mean(x**3) * 3 * x**2 / x.size),
}
# In rising order of its gradient: the smallest, one in the middle, the largest.
PLACES = (0, len(LONG) // 2, len(LONG) - 1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_ones_pass_in_blocks(name: str) -> None:
    f, g = FUNCTIONS[name]
    report = gradcheck(f, LONG, grad=g)
    assert report.passed and report.in_blocks + len(report.rows) == len(LONG)
    assert report.in_blocks > 4900 and "more passed in blocks" in report.summary()


@pytest.mark.parametrize("factor", [-1.0, 0.0, 2.0, 1.1, 1.02])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_wrong_element_is_found(name: str, factor: float) -> None:
    f, g = FUNCTIONS[name]
    place = int(np.argsort(np.abs(g(LONG)))[-1200])

    def spoilt(x: Any) -> Any:
        out = g(x)
        out[place] *= factor
        return out

    report = gradcheck(f, LONG, grad=spoilt)
    assert [e.index for e in report.rows if e.verdict == "wrong"] == [(place,)]


def test_what_is_reported_too_large_is_found_among_zeros() -> None:
    f, g = FUNCTIONS["relu"]
    place = int(np.argmin(LONG))
    report = gradcheck(f, LONG, grad=lambda x: g(x) + 0.01 * (np.arange(x.size) == place))
    assert [e.index for e in report.rows if e.verdict == "wrong"] == [(place,)]


def test_one_of_a_million() -> None:
    x = np.random.default_rng(1).normal(size=(1000, 1000))

    def spoilt(x: Any) -> Any:
        g = 2 * x
        g[617, 42] *= -1
        return g

    report = gradcheck(lambda x: np.sum(x * x), x, grad=spoilt)
    assert [e.index for e in report.rows if e.verdict == "wrong"] == [(617, 42)]
    assert "[617, 42]" in str(report).splitlines()[2]


def test_when_everything_is_wrong_the_rest_is_left_alone() -> None:
    f, g = FUNCTIONS["squares"]
    calls = 0

    def counted(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return f(x)

    report = gradcheck(counted, LONG, grad=lambda x: -g(x))
    assert report.verdict == "wrong" and len(report.rows) <= 400 and calls < 10_000
    assert "elements more were not judged: too many had to be, singly" in str(report)


def test_not_finite_elements_and_several_arguments() -> None:
    def g(x: Any, y: Any) -> Any:
        gx = 2 * x
        gx[7] = np.nan
        return gx, np.ones_like(y)

    report = gradcheck(lambda x, y: np.sum(x * x) + np.sum(y), LONG, np.ones(3), grad=g)
    assert [(e.name, e.index) for e in report.rows if e.verdict == "wrong"] == [("x", (7,))]
    assert gradcheck(lambda x, y: np.sum(x * x) + np.sum(y), LONG, np.empty(0)).passed


@pytest.mark.parametrize("factor", [1.0, 1.1])
def test_blocks_go_across_arguments(factor: float) -> None:
    """A tree of many small leaves, numbers among them, is judged in blocks too."""
    tree = {f"w{i}": np.full(3, 0.1 * i - 20) for i in range(400)} | {"b": 0.5}

    def f(p: Any) -> Any:
        return sum(np.sum(x * x) for x in p.values())

    def g(p: Any) -> Any:
        return {k: 2 * x * (factor if k in ("w7", "b") else 1.0) for k, x in p.items()}

    report = gradcheck(f, tree, grad=g)
    assert report.in_blocks + len(report.rows) == 1201 and not report.open
    wrong = {e.name for e in report.rows if e.verdict == "wrong"}
    assert wrong == (set() if factor == 1.0 else {"p['w7']", "p['b']"})


def test_what_no_block_shows_is_left_open() -> None:
    """Elements of all sizes at once, and a function that hides them: nobody passes them."""
    x = np.linspace(1.0, 2.0, 3000)
    report = gradcheck(lambda x: 1e12 + np.sum(x * x), x, grad=lambda x: 2 * x)
    assert report.open and report.verdict == "inconclusive"
    assert "were not judged" in str(report)
