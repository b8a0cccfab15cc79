"""Kinks and ties, at which several answers are right; and long arguments with one wrong element."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Case


def _answers(name: str, f: Any, x: Any, *gradients: Any) -> list[Case]:
    def constant(g: Any) -> Any:
        return lambda x: np.asarray(g, x.dtype)

    return [Case(f"{name} {g}", f, constant(g), np.array(x)) for g in gradients]


def _relu(x: Any) -> Any:
    return np.sum(np.maximum(x, 0))


RIGHT = [
    *_answers("abs at 0", lambda x: np.sum(np.abs(x)), [0.0, 2.0], [0, 1], [1, 1], [-0.4, 1]),
    *_answers("relu at 0", _relu, [0.0, -1.0], [0, 0], [0.5, 0], [1, 0]),
    *_answers("max", np.max, [2.0, 2.0, 1.0], [0.5, 0.5, 0], [1, 0, 0], [0, 1, 0]),
    *_answers("min", np.min, [2.0, 2.0, 3.0], [0.5, 0.5, 0], [0, 1, 0]),
    *_answers("max of three", np.max, [5.0, 5.0, 5.0], [1 / 3] * 3, [0, 0, 1]),
    *_answers("clip", lambda x: np.sum(np.clip(x, 0, 1)), [0.0, 1.0, 0.5], [1, 1, 1], [0, 0, 1]),
    *_answers("norm at 0", np.linalg.norm, [0.0, 0.0], [0, 0], [0.6, 0.8]),
    *_answers("sort", lambda x: np.sort(x) @ [1.0, 3.0], [2.0, 2.0], [1, 3], [3, 1], [2, 2]),
    *_answers("abs(x) x at 0", lambda x: np.sum(np.abs(x) * x), [0.0, 3.0], [0, 6]),
]
WRONG = [
    *_answers("max", np.max, [2.0, 2.0, 1.0], [1, 1, 0], [0, 0, 0], [0.4, 0.4, 0], [2, -1, 0]),
    *_answers("min", np.min, [2.0, 2.0, 3.0], [1, 1, 0]),
    *_answers("max of three", np.max, [5.0, 5.0, 5.0], [0.5, 0.5, 0.5], [1, 1, 1]),
    *_answers("abs at 0", lambda x: np.sum(np.abs(x)), [0.0, 2.0], [1.5, 1], [-2, 1]),
    *_answers("relu at 0", _relu, [0.0, -1.0], [-1, 0], [2, 0]),
    *_answers("sort", lambda x: np.sort(x) @ [1.0, 3.0], [2.0, 2.0], [3, 3], [1, 1]),
    *_answers("norm at 0", np.linalg.norm, [0.0, 0.0], [1, 1]),
    *_answers("maximum", lambda x: np.maximum(x[0], x[1]), [1.5, 1.5], [1, 1], [0, 0]),
]


def _one_wrong(spoil: Any) -> Any:
    def spoilt(g: Any) -> Any:
        g = g.copy()
        g.flat[617] = spoil(g.flat[617])
        return g

    return spoilt


ONE = {
    "one sign": _one_wrong(lambda g: -g),
    "one twice": _one_wrong(lambda g: 2 * g),
    "one 10 %": _one_wrong(lambda g: 1.1 * g),
}
_x = np.random.default_rng(3).uniform(0.2, 2.0, 1000)
LONG = [
    Case("sin", lambda x: np.sum(np.sin(x)), np.cos, _x),
    Case("exp", lambda x: np.sum(np.exp(x)), np.exp, _x),
    Case("tanh", lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2, _x),
    Case("log", lambda x: np.sum(np.log(x)), lambda x: 1 / x, _x),
    Case("squares", lambda x: np.sum(x**2), lambda x: 2 * x, _x),
    Case("mean", lambda x: np.mean(x**3), lambda x: 3 * x**2 / x.size, _x),
    Case("norm", np.linalg.norm, lambda x: x / np.linalg.norm(x), _x),
    Case("matrix", lambda x: np.sum((x @ x.T) ** 2), lambda x: 4 * x @ x.T @ x, _x.reshape(40, 25)),
    Case(
        "sigmoid",
        lambda x: np.sum(1 / (1 + np.exp(-x))),
        lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        _x,
    ),
]
