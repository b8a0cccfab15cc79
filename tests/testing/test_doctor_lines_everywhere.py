"""What is laid out in another order, read wrongly in several places, or left out."""

import ast
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.lines.routines import kind
from microgradnet.testing.doctor.lines.syntax import Syntax

from .test_doctor_lines import defined, lines, read
from .test_doctor_lines_together import CELL, any_length

RNG = np.random.default_rng(31)
W, X, T = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5)


# --- shapes, orders and steps ----------------------------------------------------------------

FLAT = """
def gradient(k, x):
    d = np.cos(x @ k.ravel()) @ x
    return (d.reshape{},)
"""
POOLED = """
def gradient(k, x):
    d = np.zeros_like(k)
    for i in range(2):
        for j in range(2):
            top, left = {}
            d[i, j] = np.cos(k[i, j] * x[top, left]) * x[top, left]
    return (d,)
"""
RECTIFIED = """
def gradient(w, x, t):
    z = x @ w
    return (x.T @ (t * np.where(z > 0, {})),)
"""


def flat(k: Any, x: Any) -> Any:
    return np.sum(np.sin(x @ k.ravel()))


def pooled(k: Any, x: Any) -> Any:
    return np.sum(np.sin(k * x[::2, ::2]))


def rectified(w: Any, x: Any, t: Any) -> Any:
    return np.sum(t * np.maximum(x @ w, 0.0))


K, ROWS = RNG.normal(size=(3, 2)), RNG.normal(size=(4, 6))


@pytest.mark.parametrize(
    ("loss", "params", "inputs", "text", "right", "wrong"),
    [
        (flat, (K,), (ROWS,), FLAT, "(k.shape)", "(k.shape, order='F')"),
        (flat, (K,), (ROWS,), FLAT, "(3, 2)", "(2, 3).transpose(1, 0)"),
        (pooled, (K[:2],), (ROWS[:, :4],), POOLED, "2 * i, 2 * j", "i, j"),
        (rectified, (W,), (X, T), RECTIFIED, "1.0, 0.0", "1.0, 0.1"),
    ],
)
def test_how_it_is_laid_out(
    loss: Any, params: Any, inputs: Any, text: str, right: str, wrong: str
) -> None:
    assert not read(loss, defined(text.format(right)), params, inputs).base.wrong
    found = lines(loss, defined(text.format(wrong)), params, inputs)
    assert found is not None
    assert right in found[0].split("should be")[1]


# --- in several places -------------------------------------------------------------------------

STANDARD = """
def forward(k, X):
    m = X.mean({})
    s = X.std({})
    return (X - m) / s

def gradient(k, X):
    Z = forward(k, X)
    return (Z * np.cos(k * Z)).sum(axis=0),
"""
GATES = """
def logistic(z):
    return 1 / (1 + np.exp(-z))

def gradient(w, x, t):
    z = x @ w
    h = logistic(z)
    return (x.T @ (2 * (h - t) * {}),)
"""
SLOPE = """
def logistic(z):
    return 1 / (1 + np.exp(-z))

def slope(z):
    return {}

def gradient(w, x, t):
    return (x.T @ (2 * (logistic(x @ w) - t) * slope(x @ w)),)
"""


def standardised(k: Any, X: Any) -> Any:
    return np.sum(np.sin(k * (X - np.mean(X, axis=0)) / np.std(X, axis=0)))


def logistic(w: Any, x: Any, t: Any) -> Any:
    return np.sum((1 / (1 + np.exp(-x @ w)) - t) ** 2)


@pytest.mark.parametrize(
    ("axes", "says"),
    [
        ("", "`X.mean()` and `X.std()` (lines 2, 3) should be along axis 0"),
        (
            "axis=1, keepdims=True",
            "`m = X.mean(axis=1, keepdims=True)` (line 2) should be "
            "`m = X.mean(axis=0, keepdims=True)`, and `s = X.std(axis=1, keepdims=True)` (line 3) "
            "should be `s = X.std(axis=0, keepdims=True)`",
        ),
    ],
)
def test_all_means_are_taken_over_another_axis(axes: str, says: str) -> None:
    params, inputs = (RNG.normal(size=4),), (RNG.normal(size=(4, 4)),)
    assert diagnose(standardised, defined(STANDARD.format(*["axis=0"] * 2)), params, inputs=inputs)
    found = diagnose(standardised, defined(STANDARD.format(axes, axes)), params, inputs=inputs)
    assert str(found) == says


@pytest.mark.parametrize(
    ("text", "right"),
    [(GATES, "h * (1 - h)"), (SLOPE, "logistic(z) * (1 - logistic(z))")],
)
def test_what_is_read_twice_is_read_wrongly_twice(text: str, right: str) -> None:
    assert not read(logistic, defined(text.format(right)), (W,), (X, T)).base.wrong
    found = lines(logistic, defined(text.format("z * (1 - z)")), (W,), (X, T))
    assert found is not None
    assert right in found[0].split(" should ")[1]


def test_a_spread_is_taken_of_one_less() -> None:
    def loss(k: Any, X: Any) -> Any:
        return np.sum(np.sin(k * X / np.std(X, ddof=1)))

    text = """
def gradient(k, X):
    Z = X / np.std(X)
    return (Z * np.cos(k * Z)).sum(axis=0),
"""
    found = diagnose(loss, defined(text), (RNG.normal(size=4),), inputs=(RNG.normal(size=(3, 4)),))
    assert "np.std(X, ddof=1)" in str(found)


# --- what is left out ------------------------------------------------------------------------

MEAN = """
def gradient(w, c, x, t):
    n, dw, dc = len(x), np.zeros(3), 0.0
    for i in range(n):
        d = 2 * (np.tanh(x[i] @ w) + c - t[i])
        dw += d * (1 - np.tanh(x[i] @ w) ** 2) * x[i]
        dc += d
    m = np.zeros(3)
    m += dw
    {}
    return m, dc
"""
OUTSIDE = """
def forward(w, c, x):
    return {}

def gradient(w, c, x, t):
    d = 2 * (forward(w, c, x) - t)
    h = np.tanh(x @ w)
    return x.T @ (d * c * (1 - h ** 2)), np.sum(d * h)
"""


def mean(w: Any, c: Any, x: Any, t: Any) -> Any:
    return np.mean((np.tanh(x @ w) + c - t) ** 2)


def outside(w: Any, c: Any, x: Any, t: Any) -> Any:
    return np.sum((c * np.tanh(x @ w) - t) ** 2)


def test_a_line_is_missing_beside_those_like_it() -> None:
    params, inputs = (W, 0.3), (X, T)
    right = MEAN.format("dw /= n\n    m /= n\n    dc /= n")
    assert not read(mean, defined(right), params, inputs).base.wrong
    found = diagnose(mean, defined(MEAN.format("dw /= n\n    m /= n")), params, inputs=inputs)
    ratio, line = found.sentences
    assert "5 times what it should be" in ratio
    assert line == "in the code: `dc /= n` is missing after line 10"


def test_a_factor_stands_within_a_call() -> None:
    params, inputs = (W, 0.3), (X, T)
    assert not read(
        outside, defined(OUTSIDE.format("c * np.tanh(x @ w)")), params, inputs
    ).base.wrong
    found = lines(outside, defined(OUTSIDE.format("np.tanh(c * (x @ w))")), params, inputs)
    assert found == ["`return np.tanh(c * (x @ w))` (line 2) should be `return c * np.tanh(x @ w)`"]


def test_a_way_back_through_a_matrix_is_missing() -> None:
    params = RNG.normal(size=(2, 2)), RNG.normal(size=(2, 3))
    inputs = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))
    text = CELL.replace("later = U.T @ d", "later = 0 * d")
    found = lines(any_length, defined(text), params, inputs)
    assert found is not None
    assert "U.T @ d" in found[0]


STEP = """
def step(w, c, x, t):
    h = np.tanh(x @ w)
    d = 2 * (h - t) / len(x)
    w = w - 0.5 * x.T @ (d * (1 - h ** 2))
    c -= 0.5 * d.sum()
    return w, c
"""


def test_what_is_updated_and_returned_is_not_read() -> None:
    found = diagnose(mean, defined(STEP, "step"), (W, 0.3), inputs=(X, T), learning_rate=0.5)
    assert "`c` is left out" in str(found)
    (function,) = ast.parse(STEP).body
    assert isinstance(function, ast.FunctionDef)
    held = {name: {kind(x)} for name, x in (("w", W), ("c", 0.3), ("x", X), ("t", T), ("d", T))}
    assert Syntax(function, held).unread == ["c"]
