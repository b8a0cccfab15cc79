"""Many elements that float64 cannot judge are judged at once, and none hides among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing import gradcheck

X = np.random.default_rng(0).normal(size=300) * 10
SMALL = np.argsort(X)  # the terms of the first are far below the last place of the sum


def log_sum_exp(x: Any) -> Any:
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def analytic(x: Any) -> Any:
    return np.log(np.sum(np.exp(x)))


def softmax(x: Any) -> Any:
    return np.exp(x - log_sum_exp(x))


@pytest.mark.parametrize("f", [log_sum_exp, analytic])
@pytest.mark.parametrize(
    ("factors", "verdict"),
    [
        ({}, "passed"),
        ({3: 2.0}, "wrong"),
        ({3: 1.001}, "wrong"),
        ({200: 1.001}, "wrong"),
        ({0: -1.0, 150: 0.5, 299: 1.1}, "wrong"),
    ],
)
def test_slopes_of_every_size(f: Any, factors: dict[int, float], verdict: str) -> None:
    calls = 0

    def counted(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return f(x)

    def slopes(x: Any) -> Any:
        g = softmax(x)
        for n, factor in factors.items():
            g[SMALL[n]] = g[SMALL[n]] * factor
        return g

    report = gradcheck(counted, X, grad=slopes)
    assert report.verdict == verdict
    assert {e.index[0] for e in report.rows if e.verdict != "passed"} == set(SMALL[[*factors]])
    assert calls < 20 * X.size


def test_bounds_that_follow_from_many_slopes_hold() -> None:
    true = softmax(X.astype(np.longdouble))
    for e in gradcheck(log_sum_exp, X, grad=softmax).rows:
        assert abs(e.slope.value - true[e.index]) <= e.slope.bound < 1e-3 * true[e.index]


def test_where_nearly_all_are_wrong_some_are_looked_at() -> None:
    report = gradcheck(log_sum_exp, X[:120], grad=lambda x: 2 * softmax(x))
    assert sum(e.verdict == "wrong" for e in report.rows) > 20
    assert not any(e.verdict == "passed" for e in report.rows)


@pytest.mark.parametrize("digits", [True, False])
@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_what_nothing_settles_is_looked_at_some_times_only(digits: bool, factor: float) -> None:
    calls = 0

    def counted(x: Any) -> Any:
        nonlocal calls
        calls += 1
        if digits or x.dtype == np.float64:
            return log_sum_exp(x) if digits else float(log_sum_exp(x))
        raise TypeError(x.dtype)

    report = gradcheck(counted, X, grad=lambda x: factor * softmax(x))
    assert report.passed == (digits and factor == 1.0) and calls < 100 * X.size
    assert ("not looked at, as so many are not right" in str(report)) == (not report.passed)


def test_several_arguments_take_part() -> None:
    def f(a: Any, b: Any, c: float) -> Any:
        return log_sum_exp(np.concatenate([np.reshape(a, -1), b, np.reshape(c, 1)]))

    a, b, c = X[:30].reshape(5, 6), X[30:60], -70.0
    assert gradcheck(f, a, b, c).passed

    def swapped(a: Any, b: Any, c: float) -> Any:
        g = softmax(np.r_[a.reshape(-1), b, c])
        g[[40, 41]] = g[[41, 40]]
        return g[:30].reshape(5, 6), g[30:60], g[60]

    report = gradcheck(f, a, b, c, grad=swapped)
    wrong = {(e.name, *e.index) for e in report.rows if e.verdict == "wrong"}
    assert wrong == {("b", 10), ("b", 11)}
