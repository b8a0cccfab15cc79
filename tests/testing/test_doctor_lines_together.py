"""Changes that are compiled together do what they do alone; two that need each other are found."""

import ast
import builtins
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.lines.running import MANY
from microgradnet.testing.doctor.lines.safety import CHANGE, safely
from microgradnet.testing.doctor.lines.step import Step
from microgradnet.testing.doctor.lines.together import Choice, compiled
from microgradnet.testing.doctor.lines.writing import Edit, get

from .test_doctor_lines import CODE, DATA, PARAMS, defined, intended, lines, read

RNG = np.random.default_rng(23)
W, X, T = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5)


def neuron(w: Any, x: Any, t: Any) -> Any:
    return np.sum((np.tanh(x @ w) - t) ** 2)


LAYERS = """
square = lambda v: v * v

class Tanh:
    def forward(self, z):
        self.h = np.tanh(z)
        return self.h

    def backward(self, d):
        return d * (1 - square(self.h))

def dot(x):
    kept = x.copy()
    return lambda w: kept @ w, lambda d: (d[:, None] * kept).sum(axis=0)

def gradient(w, x, t):
    layer, (there, back) = Tanh(), dot(x)
    h = layer.forward(there(w))
    errors = [2 * (a - b) for a, b in zip(h, t)]
    d, k = np.zeros(len(x)), 0
    while k < len(errors):
        d[k], k = errors[k], k + 1
    if len(d):
        d = layer.backward(d) * 2
    return (back(d),)
"""


@pytest.mark.parametrize(
    ("loss", "text", "params", "inputs"),
    [
        (intended, CODE.replace("+= delta", "-= delta", 1), PARAMS, DATA),
        (neuron, LAYERS, W, (X, T)),
    ],
)
def test_each_does_what_it_does_alone(loss: Any, text: str, params: Any, inputs: Any) -> None:
    found = read(loss, defined(text), params if isinstance(params, tuple) else (params,), inputs)
    with safely(), np.errstate(all="ignore"):
        step = Step(found, found.wrong())
        found.left = found.runs = 10**9
        together = [*found.results(step.choices)]
        alone = [found.tried(c.part, c.edit, 1) for c in step.choices]
    assert len(together) == len(alone) > 300
    for choice, one, other in zip(step.choices, together, alone, strict=True):
        assert len(one) == len(other), choice.edit.text()
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=choice.edit.text())


def test_most_are_compiled_together() -> None:
    found = read(neuron, defined(LAYERS), (W,), (X, T))
    with safely():
        choices = Step(found, found.wrong()).choices
    some = [choices[n : n + MANY] for n in range(0, len(choices), MANY)]
    numbers = [compiled(found.parts, found.kept, few).numbers for few in some]
    assert sum(map(len, numbers)) > 0.8 * len(choices)


def test_what_cannot_be_compiled_leaves_half_of_the_others_together() -> None:
    """The tree is as it was, whatever comes of it."""
    found = read(neuron, defined(LAYERS), (W,), (X, T))
    with safely():
        choices = Step(found, found.wrong()).choices[:8]
    last = next(c for c in choices if c.edit.result is not None)
    odd = ast.copy_location(ast.Await(ast.Constant(0)), get(last.edit.place))
    assert last.edit.result is not None
    edit = Edit(0.0, last.edit.result, ast.fix_missing_locations(odd))
    bad = Choice(True, 0.0, last.part, last.syntax, edit)
    before = [ast.dump(part.statement) for part in found.parts]
    made = compiled(found.parts, found.kept, [*choices[:4], bad, *choices[4:7]])
    assert {id(c.edit) for c in choices[:4]} >= set(made.numbers) != set()
    assert [ast.dump(part.statement) for part in found.parts] == before


CLOSURE = """
k = np.array([0.5, -1.0, 2.0])

def made(k):
    def back(d, w):
        return d * w * 2
    return back, k

back, _ = made(k + 1)

def gradient(w):
    return (back(np.ones(3), w) * k,)
"""


def test_a_name_of_the_function_around_cannot_be_read() -> None:
    """It is no variable of a closure that does not read it, though a global is called the same."""
    found = read(lambda w: np.sum(w * w), defined(CLOSURE), (W,), ())
    with safely(), np.errstate(all="ignore"):
        step = Step(found, found.wrong())
        assert any("k" in str(c.edit.new) for c in step.choices)
        results = [*found.results(step.choices)]
    assert any(not flats for flats in results)
    assert any(flats for flats in results)
    assert not hasattr(builtins, CHANGE)


# --- which of several ---------------------------------------------------------------------

UPDATES = """
def step(w1, w2, w3, x, t):
    g1 = g2 = g3 = 0.0
    for (a, b, c), y in zip(x, t):
        h = np.tanh(w1 * a + w2 * b + w3 * c)
        d = 2 * (h - y)
        s = 1 - h ** 2
        g1 += d * s * a
        g2 += d * s * b
        g3 += d * s * c
    w1 -= 0.1 * g1
    w2 -= 0.1 * g2
    w3 -= 0.1 * g3
    return w1, w2, w3
"""


def three(w1: Any, w2: Any, w3: Any, x: Any, t: Any) -> Any:
    return sum((np.tanh(w1 * x[k, 0] + w2 * x[k, 1] + w3 * x[k, 2]) - t[k]) ** 2 for k in range(5))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_sign_is_wrong_in_the_line_that_differs_from_those_like_it(n: int) -> None:
    """Of `w3 += 0.1 * g3` and `g3 += d * s * c` either could be it, but for `w2 -= 0.1 * g2`."""
    text = UPDATES.replace(f"w{n} -=", f"w{n} +=")
    found = diagnose(three, defined(text, "step"), (*W,), inputs=(X, T), learning_rate=0.1)
    assert f"`w{n} += 0.1 * g{n}` (line {9 + n}) should be `w{n} -= 0.1 * g{n}`" in str(found)


# --- two, of which neither makes anything right --------------------------------------------

CELL = """
def gradient(U, V, xs, ts):
    hs = [np.zeros(2)]
    for x in xs:
        hs.append(np.tanh(U @ hs[-1] + V @ x))
    dU, dV, later = np.zeros_like(U), np.zeros_like(V), np.zeros(2)
    for k in range(len(xs), 0, -1):
        d = (2 * (hs[k] - ts[k - 1]) + later) * (1 - hs[k] ** 2)
        dU += np.outer(d, hs[k - 1])
        dV += np.outer(d, xs[k - 1])
        later = U.T @ d
    return dU, dV
"""


def cell(U: Any, V: Any, xs: Any, ts: Any) -> Any:
    h, total = np.zeros(2), 0.0
    for k in range(4):
        h = np.tanh(U @ h + V @ xs[k])
        total = total + np.sum((h - ts[k]) ** 2)
    return total


def any_length(U: Any, V: Any, xs: Any, ts: Any) -> Any:
    h, total = np.zeros(2), 0.0
    for x, t in zip(xs, ts, strict=True):
        h = np.tanh(U @ h + V @ x)
        total = total + np.sum((h - t) ** 2)
    return total


def test_with_one_step_one_of_two_mistakes_shows() -> None:
    given = (RNG.normal(size=(2, 2)), RNG.normal(size=(2, 3))), (RNG.normal(size=(4, 3)),)
    params, inputs = given[0], (*given[1], RNG.normal(size=(4, 2)))
    assert diagnose(any_length, defined(CELL), params, inputs=inputs)
    text = CELL.replace("(1 - hs[k] ** 2)", "hs[k] * (1 - hs[k])").replace("U.T @ d", "U @ d")
    found = diagnose(any_length, defined(text), params, inputs=inputs)
    first, second = found.sentences
    assert "should be" in first
    assert "(1 - hs[k] ** 2)" in first
    assert "should be `later = U.T @ d`" in second
    # A function that needs four steps is not asked with one.
    assert diagnose(cell, defined(CELL), params, inputs=inputs)
    other = diagnose(cell, defined(text), params, inputs=inputs)
    assert not other.correct


def test_a_factor_is_placed_beside_a_mistake_that_changes_everything() -> None:
    text = """
def gradient(w, x, t):
    h = np.tanh(x @ w + 1)
    d = (h - t) * (1 - h ** 2)
    return (x.T @ d,)
"""
    found = lines(neuron, defined(text), (W,), (X, T), steps=2)
    assert found is not None
    assert {line.split("should be")[1] for line in found} == {
        " `h = np.tanh(x @ w)`",
        " `d = 2 * ((h - t) * (1 - h ** 2))`",
    }
