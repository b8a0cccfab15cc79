"""Code by arrays for what is meant sample by sample, and functions that branch by their numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet.testing import diagnose
from microgradnet.testing.doctor.filling import BUILTINS

R = np.random.default_rng(7).normal
pytestmark = pytest.mark.usefixtures("by_numbers")


def said(loss: Any, code: str, params: Any, inputs: Any, *changes: str, **options: Any) -> str:
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert code.count(old) == 1
        code = code.replace(old, new)
    space: dict[str, Any] = {"np": np}
    exec(compile(code, "<code>", "exec"), space)
    forward = space.get("forward")
    return str(diagnose(loss, space["gradient"], params, inputs=inputs, forward=forward, **options))


# --- softmax, sample by sample --------------------------------------------------------------


def scored(W1: Any, W2: Any, X: Any, y: Any, reg: Any) -> Any:
    loss = 0.0
    for n in range(len(X)):
        h = [max(0.0, v) for v in X[n] @ W1]
        f = np.array(h) @ W2
        e = np.exp(f - max(f))
        loss -= np.log(e[y[n]] / e.sum())
    return loss / len(X) + 0.5 * reg * ((W1**2).sum() + (W2**2).sum())


SCORED = """
def gradient(W1, W2, X, y, reg):
    n = len(X)
    z = X @ W1
    h = np.maximum(0, z)
    f = h @ W2
    e = np.exp(f - f.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    onehot = np.eye(f.shape[1])[y]
    d = (p - onehot) / n
    dh = (d @ W2.T) * (z > 0)
    return X.T @ dh + reg * W1, h.T @ d + reg * W2
"""
NET = (R(size=(3, 4)), R(size=(4, 3))), (R(size=(5, 3)), np.array([0, 2, 1, 1, 0]), 0.3)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ((), "no mistake found"),
        (("(p - onehot) / n", "p - onehot / n"), "taken as `p - onehot/5`"),
        (("(p - onehot) / n", "p / n - onehot"), "taken as `p/5 - onehot`"),
        (("e.sum(1, keepdims=True)", "e.sum(0)"), "sum(e, axis=0, over the rounds) - onehot"),
        (("p - onehot)", "p - 1)"), "is taken as `p - 1` where it should be `p - onehot`"),
        ((" * (z > 0)", ""), "is left out"),
        (("h.T @ d", "z.T @ d"), "where it should multiply by"),
    ],
)
def test_mistakes_in_the_batch_of_a_loop(changes: tuple[str, ...], says: str) -> None:
    assert says in said(scored, SCORED, *NET, *changes)


# --- the mean over all outputs, predictions by rows or columns ------------------------------


def squares(W: Any, b: Any, X: Any, Y: Any) -> Any:
    return np.mean((np.tanh(X @ W + b) - Y) ** 2)


SQUARES = """
def gradient(W, b, X, Y):
    h = np.tanh(X @ W + b)
    d = 2 * (h - Y) / h.size * (1 - h**2)
    return X.T @ d, d.sum(0)
"""


@pytest.mark.parametrize(
    ("outputs", "says"),
    [(3, "(as if divided by 5 where it should be divided by 15)"), (2, "a factor of 2, or as if")],
)
def test_a_mean_over_rows_alone(outputs: int, says: str) -> None:
    params = R(size=(4, outputs)), R(size=outputs)
    inputs = R(size=(5, 4)), R(size=(5, outputs))
    assert says in said(squares, SQUARES, params, inputs, "h.size", "len(h)")


def one_by_one(w: Any, b: Any, X: Any, Y: Any) -> Any:
    total = 0.0
    for j in range(X.shape[1]):
        z = b
        for i in range(X.shape[0]):
            z = z + w[i, 0] * X[i, j]
        a = 1 / (1 + np.exp(-z))
        total += (a - Y[0, j]) ** 2
    return total


ONE_BY_ONE = """
def forward(w, b, X, Y):
    return 1 / (1 + np.exp(-(w.T @ X + b)))
def gradient(w, b, X, Y):
    A = forward(w, b, X, Y)
    d = 2 * (A - Y) * A * (1 - A)
    return X @ d.T, d.sum()
"""


@pytest.mark.parametrize("turned", ["", ".T"])
def test_predictions_of_all_rounds_in_a_row_or_a_column(turned: str) -> None:
    given = (R(size=(3, 1)), 0.2), (R(size=(3, 4)), R(size=(1, 4)))
    code = ONE_BY_ONE.replace("    return 1 / (1", "    A = 1 / (1").replace(
        "+ b)))", f"+ b)))\n    return A{turned}"
    )
    code = code.replace("A = forward(w, b, X, Y)", f"A = forward(w, b, X, Y){turned}")
    assert "no mistake found" in said(one_by_one, code, *given)
    found = said(one_by_one, code, *given, "w.T @ X + b", "w.T @ X - b")
    assert "has `-`" in found or "`-b`" in found or "-1" in found or "wrong sign" in found


# --- functions that branch ------------------------------------------------------------------


def relu(z: Any) -> Any:
    return z if z > 0 else 0.0 * z


def branching(rectify: Callable[[Any], Any]) -> Callable[..., Any]:
    def loss(W: Any, v: Any, X: Any, y: Any) -> Any:
        total = 0.0
        for n in range(len(X)):
            h = [rectify(sum(W[i][j] * X[n][j] for j in range(3))) for i in range(4)]
            total += (sum(v[i] * h[i] for i in range(4)) - y[n]) ** 2
        return total / len(X)

    return loss


def at_most_largest(z: Any) -> Any:
    return max(0.0, z)


BRANCHING = """
def gradient(W, v, X, y):
    h = np.maximum(X @ W.T, 0)
    d = 2 * (h @ v - y) / len(X)
    return (np.outer(d, v) * (h > 0)).T @ X, h.T @ d
"""
GIVEN = (R(size=(4, 3)), R(size=4)), (R(size=(5, 3)), R(size=5))


@pytest.mark.parametrize(("rectify", "points"), [(relu, 5), (at_most_largest, 16)])
def test_many_points_on_one_path(rectify: Callable[[Any], Any], points: int) -> None:
    found = said(branching(rectify), BRANCHING, *GIVEN)
    assert found.startswith("no mistake found: right at ")
    assert int(found.split()[5]) >= points
    assert "is left out" in said(branching(rectify), BRANCHING, *GIVEN, " * (h > 0)", "")


def test_pythons_max_of_what_holds_no_values() -> None:
    largest, least = BUILTINS["max"], BUILTINS["min"]
    assert largest(1, 2.5) == 2.5 and least([3, 1, 2]) == 1 and largest([], default=4) == 4
    assert largest(["a", "bb"], key=len) == "bb" and least(iter([2, 1])) == 1


# --- crashes, mended ------------------------------------------------------------------------


def test_a_parameter_that_is_halved() -> None:
    def halved(w: Any, x: Any) -> Any:
        return np.sum((0.5 * w) * x) ** 2

    def gradient(w: Any, x: Any) -> Any:
        return (np.sum(0.5 * w * x) * x * 3,)

    found = diagnose(halved, gradient, (R(size=3),), inputs=(R(size=3),))
    assert found.explained and not found.correct


def test_what_adds_up_to_nothing_is_right_to_rounding() -> None:
    """A bias before a normalisation has no influence: its derivative is what rounding leaves."""
    rng = np.random.default_rng(1)

    def intended(w: Any, b: Any, x: Any, t: Any) -> Any:
        a = x @ w + b
        c = a - np.mean(a, axis=0)
        n = c / np.sqrt(np.mean(c**2, axis=0) + 1e-3)
        return np.sum((n - t) ** 2)

    def step(w: Any, b: Any, x: Any, t: Any) -> Any:
        order = np.argsort(t[:, 0])  # the sums have another order
        x, t = x[order], t[order]
        a = x @ w + b
        inv = 1 / np.sqrt(a.var(axis=0) + 1e-3)
        n = (a - a.mean(axis=0)) * inv
        d = 2 * (n - t)
        d = inv / len(x) * (len(x) * d - d.sum(axis=0) - n * (d * n).sum(axis=0))
        return w - 0.25 * (x.T @ d), b - 0.25 * d.sum(axis=0)

    params = rng.normal(size=(3, 4)), rng.normal(size=4)
    inputs = rng.normal(size=(6, 3)), rng.normal(size=(6, 4))
    for seed in range(5):
        found = diagnose(intended, step, params, inputs=inputs, learning_rate=0.25, seed=seed)
        assert found.correct, str(found)
