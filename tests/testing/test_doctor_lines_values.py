"""Which of several changes is the mistake's, and what shows by values alone."""

import ast
import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.lines import Lines
from microgradnet.testing.doctor.lines.safety import safely
from microgradnet.testing.doctor.lines.step import Step
from microgradnet.testing.doctor.lines.values import Noted, Values, noting

from .test_doctor_lines import defined, lines, read

RNG = np.random.default_rng(37)
W, V, X, T = RNG.normal(size=3), 0.7, RNG.normal(size=(5, 3)), RNG.normal(size=5)
G = RNG.uniform(0.5, 2.0, size=5)

WEIGHTED = """
def gradient(w, v, x, t, g):
    h = np.tanh(x @ w)
    residual = v * h - t
    d_y = 2 * g * residual
    d_v = d_y @ h
    d_h = d_y * v
    d_z = d_h * (1 - h**2)
    return x.T @ d_z, d_v
"""


def weighted(w: Any, v: Any, x: Any, t: Any, g: Any) -> Any:
    return np.sum(g * (v * np.tanh(x @ w) - t) ** 2)


DATA = X, T, G


@contextlib.contextmanager
def reading(code: str) -> Iterator[Lines]:
    """Read the text of a gradient, to run it."""
    own = read(weighted, defined(code), (W, V), DATA)
    with safely():
        yield own


# --- of several changes that make all right ------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        # To read `residual` in the line before would do, and make `d_h` what it should not be.
        ("d_z = d_h * (1 - h**2)", "d_z = g * d_h * (1 - h**2)"),
        # `d_h` could be told that there is a sign.
        ("d_y = 2 * g * residual", "d_y = 2 * g * (t - v * h)"),
        ("d_h = d_y * v", "d_h = d_y / v"),
    ],
)
def test_it_is_the_line_after_which_all_is_right(right: str, wrong: str) -> None:
    found = lines(weighted, defined(WEIGHTED.replace(right, wrong)), (W, V), DATA)
    assert found is not None
    assert wrong in found[0].split(" (line")[0]


def test_the_sign_of_an_update_is_not_that_of_the_error() -> None:
    code = """
def step(w, x, t):
    out = np.tanh(x @ w)
    grads = {"w": x.T @ (2 * (out - t) * (1 - out**2))}
    return {name: value + 0.3 * grads[name] for name, value in {"w": w}.items()}["w"]
"""

    def loss(w: Any, x: Any, t: Any) -> Any:
        return np.sum((np.tanh(x @ w) - t) ** 2)

    found = diagnose(loss, defined(code, "step"), W, inputs=(X, T), learning_rate=0.3)
    assert "value - 0.3 * grads" in str(found).split("should be")[1]


def test_statements_are_right_by_their_values() -> None:
    code = WEIGHTED.replace("d_h = d_y * v", "d_h = d_y / v")
    with reading(code) as own:
        right = {line: part for (_, line, _), part in own.rightness().items()}
    assert right == {2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0, 6: 0.0, 7: 0.0}


def test_a_derivative_is_less_right_with_the_wrong_sign() -> None:
    code = WEIGHTED.replace("d_y = 2 * g * residual", "d_y = -2 * g * residual")
    with reading(code) as own:
        right = {line: part for (_, line, _), part in own.rightness().items()}
    assert right == {2: 1.0, 3: 1.0, 4: 0.75, 5: 0.75, 6: 0.75, 7: 0.75}


@pytest.mark.parametrize("whole", ["x = x + 1.5", "a, (b, c) = 1.5, (2.5, 3.5)", "x: float = 2.5"])
def test_code_that_notes_does_what_it_did(whole: str) -> None:
    module = ast.parse(f"def f(x, y=lambda z: z * 2):\n    {whole}\n    return y(x)")
    spaces: list[dict[str, Any]] = [{}, {}]
    with noting() as seen:
        exec(compile(module, "f", "exec"), spaces[0])
        exec(compile(Noted("f").visit(module), "f", "exec"), spaces[1])
        assert spaces[0]["f"](0.25) == spaces[1]["f"](0.25)
        noted = [number for some in seen.values() for x in some for number in np.ravel(x)]
        assert spaces[0]["f"](0.25) in noted
    assert ("f", 3, 4) in seen


def test_whole_numbers_tell_nothing() -> None:
    base = read(weighted, defined(WEIGHTED), (W, V), DATA).base
    values = Values(base)
    assert values.right({("f", 1, 0): [np.array([1.0, 2.0, np.nan])]}) == {}
    ops, made = base.case.graph.ops, base.states[0].values
    own = [np.ravel(v) for v, op in zip(made, ops, strict=True) if op.args and np.ndim(v) == 1]
    assert values.covered({("f", 1, 0): own}) >= len(own) > 0
    given = [np.ravel(v) for v, op in zip(made, ops, strict=True) if not op.args]
    assert values.covered({("f", 1, 0): given}) == 1.0  # `g` is a derivative of the loss, too
    assert values.covered({}) == 0.0


# --- a mistake on the way there, hidden by one on the way back ------------------------------------

TWO = """
def gradient(w, v, x, t, g):
    z = x @ w
    h = np.tanh({})
    residual = v * h - t
    d_y = 2 * g * residual
    d_v = d_y @ {}
    d_z = d_y * v * {}
    return x.T @ d_z, d_v
"""


def test_a_mistake_on_the_way_there_shows_by_its_values() -> None:
    with reading(TWO.format("2 * z", "z", "(1 - h)")) as own:
        found = Step(own, own.wrong()).rightest(1.75)
    assert found is not None
    assert not found.fixes
    assert found.edit.text() == "`h = np.tanh(2 * z)` (line 3) should be `h = np.tanh(z)`"


def test_nothing_shows_where_the_way_there_is_right() -> None:
    with reading(TWO.format("z", "z", "(1 - h)")) as own:
        assert Step(own, own.wrong()).rightest(1.75) is None
