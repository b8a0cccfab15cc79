"""Mistakes that were copied with a line, what is changed too early, and learning rates."""

import ast
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.lines.copied import groups
from microgradnet.testing.doctor.lines.syntax import Syntax
from microgradnet.testing.doctor.lines.writing import get

from .test_doctor_lines import defined, lines, read

RNG = np.random.default_rng(41)
X, T = RNG.normal(size=(6, 2)), RNG.normal(size=6)
LAYERS = RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.normal(size=3), 0.3


def network(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, t: Any) -> Any:
    y = np.tanh(x @ W1 + b1) @ W2 + b2
    return np.mean((y - t) ** 2) + 0.05 * (np.sum(W1**2) + np.sum(W2**2))


NETWORK = """
LAMBDA = 0.05

class Network:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1, self.W2, self.b2 = W1, b1, W2, b2

    def gradients(self, x, t):
        A1 = np.tanh(x @ self.W1 + self.b1)
        dZ2 = 2 * (A1 @ self.W2 + self.b2 - t) / len(t)
        dW2 = A1.T @ dZ2 + 2 * LAMBDA * self.W2
        db2 = dZ2.sum()
        dZ1 = np.outer(dZ2, self.W2) * (1 - A1**2)
        dW1 = x.T @ dZ1 + 2 * LAMBDA * self.W1
        db1 = dZ1.sum(axis=0)
        return dW1, db1, dW2, db2

def gradient(W1, b1, W2, b2, x, t):
    return Network(W1, b1, W2, b2).gradients(x, t)
"""


# --- copied -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("+ 2 * LAMBDA * self.W{n}", "+ LAMBDA * self.W{n}"),
        ("+ 2 * LAMBDA * self.W{n}", "- 2 * LAMBDA * self.W{n}"),
        ("db{n} = dZ{n}.sum(", "db{n} = 2 * dZ{n}.sum("),
    ],
)
def test_a_mistake_is_told_in_all_lines_that_it_was_copied_to(right: str, wrong: str) -> None:
    text = NETWORK
    for n in (1, 2):
        assert right.format(n=n) in text
        text = text.replace(right.format(n=n), wrong.format(n=n))
    found = lines(network, defined(text), LAYERS, (X, T))
    assert found is not None
    assert len(found) == 1
    for n in (1, 2):
        assert wrong.format(n=n) in found[0]


@pytest.mark.parametrize("where", [0, 1])
def test_where_one_is_right_the_other_is_told_alone(where: int) -> None:
    name = ("W1", "W2")[where]
    text = NETWORK.replace(f"2 * LAMBDA * self.{name}", f"LAMBDA * self.{name}")
    found = lines(network, defined(text), LAYERS, (X, T))
    assert found is not None
    assert f"d{name} = " in found[0]
    assert ", and `" not in found[0]


def test_what_is_exchanged_is_exchanged_in_both_lines() -> None:
    code = """
def gradient(u, v, b, c, x, y, t):
    h, k = np.tanh(u * x + b), np.tanh(v * y + c)
    d = 2 * (u * h + v * k - t)
    dh = d * v
    dk = d * u
    db, dc = np.sum(dh * (1 - h**2)), np.sum(dk * (1 - k**2))
    return np.sum(d * h + dh * (1 - h**2) * x), np.sum(d * k + dk * (1 - k**2) * y), db, dc
"""

    def loss(u: Any, v: Any, b: Any, c: Any, x: Any, y: Any, t: Any) -> Any:
        return np.sum((u * np.tanh(u * x + b) + v * np.tanh(v * y + c) - t) ** 2)

    found = lines(loss, defined(code), (0.4, -0.9, 0.1, 0.2), (X[:, 0], X[:, 1], T))
    assert found == [
        "`dh = d * v` (line 4) reads `v` where it should read `u`, "
        "and `dk = d * u` (line 5) should be `dk = d * v`"
    ]


def test_a_mistake_that_stands_twice_in_one_line() -> None:
    code = """
def back(u, v, d):
    e = d * 1.5
    return d * u, d * v

def gradient(u, v, x, y, t):
    h, k = np.tanh(u * x), np.tanh(v * y)
    d = 2 * (1.5 * (u * h + v * k) - t)
    dh, dk = back(u, v, d)
    du = np.sum(1.5 * d * h + dh * (1 - h**2) * x)
    return du, np.sum(1.5 * d * k + dk * (1 - k**2) * y)
"""

    def loss(u: Any, v: Any, x: Any, y: Any, t: Any) -> Any:
        return np.sum((1.5 * (u * np.tanh(u * x) + v * np.tanh(v * y)) - t) ** 2)

    found = lines(loss, defined(code, "gradient"), (0.4, -0.9), (X[:, 0], X[:, 1], T))
    assert found == [
        "`d * u` (line 3) reads `d` where it should read `e`, "
        "and `d * v` (line 3) should be `e * v`"
    ]


def test_statements_of_one_form_are_alike() -> None:
    part = read(network, defined(NETWORK), LAYERS, (X, T)).parts
    functions = (f for p in part for f, _ in p.functions if isinstance(f, ast.FunctionDef))
    syntax = Syntax(next(f for f in functions if f.name == "gradients"), {})
    alike = [[get(place) for place in places] for places in groups(syntax)]
    lines = [{node.lineno for node in nodes} for nodes in alike]
    assert {10, 13} in lines
    assert {8} not in lines


# --- changed too early ------------------------------------------------------------------------

EARLY = """
RATE = 0.5

def step(u, v, x, t):
    du = dv = 0.0
    for a, b in zip(x[:, 0], t):
        h = np.tanh(u * a)
        d = 2 * (v * h - b)
        {0}
        du += d * v * (1 - h**2) * a
        dv += d * h
    {1}
    return u - RATE * du, v
"""


def pair(u: Any, v: Any, x: Any, t: Any) -> Any:
    return np.sum((v * np.tanh(u * x[:, 0]) - t) ** 2)


def test_a_parameter_that_is_moved_within_the_loop() -> None:
    right = defined(EARLY.format("pass", "v = v - RATE * dv"), "step")
    assert diagnose(pair, right, (0.4, -0.9), inputs=(X, T), learning_rate=0.5).correct
    wrong = defined(EARLY.format("v = v - RATE * d * h", "pass"), "step")
    found = diagnose(pair, wrong, (0.4, -0.9), inputs=(X, T), learning_rate=0.5)
    assert "`v` is changed (line 8) before lines 7, 9 read it: what it was should" in str(found)


def test_what_stands_at_the_end_of_a_loop_should_stand_after_it() -> None:
    code = """
def step(u, v, x, t):
    du, dv = 0.0, 0.0
    for a, b in zip(x[:, 0], t):
        h = np.tanh(u * a)
        d = 2 * (v * h - b)
        du += d * v * (1 - h**2) * a
        dv += d * h
        u -= 0.25 * du
        v -= 0.25 * dv
    return u, v
"""
    found = diagnose(pair, defined(code, "step"), (0.4, -0.9), inputs=(X, T), learning_rate=0.25)
    assert str(found) == (
        "`u -= 0.25 * du` and what follows (lines 8 to 9) should stand after "
        "`for a, b in zip(x[:, 0], t)`"
    )


# --- learning rates -----------------------------------------------------------------------------

STEP = """
ETA = 0.5

def step(u, v, x, t):
    h = np.tanh(u * x[:, 0])
    error = v * h - t
    d = {}
    du = np.sum(d * v * (1 - h**2) * x[:, 0])
    dv = np.sum(d * h)
    u = u - ETA * du
    v = v - ETA * dv
    return u, v
"""


def test_a_factor_is_not_made_good_by_the_learning_rate() -> None:
    right = defined(STEP.format("2 * error"), "step")
    assert diagnose(pair, right, (0.4, -0.9), inputs=(X, T), learning_rate=0.5).correct
    wrong = defined(STEP.format("error"), "step")
    found = str(diagnose(pair, wrong, (0.4, -0.9), inputs=(X, T), learning_rate=0.5))
    assert "every derivative is half of what it should be" in found
    assert "ETA" not in found


def test_a_learning_rate_that_stands_twice_is_told() -> None:
    wrong = defined(STEP.format("2 * ETA * error"), "step")
    found = str(diagnose(pair, wrong, (0.4, -0.9), inputs=(X, T), learning_rate=0.5))
    assert "`d = 2 * ETA * error` (line 6) should be `d = 2 * error`" in found
