"""Functions of one variable that the doctor knows by name, and operations for variants only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...graph import Primitive
from ...ops.arithmetic import absolute, negative
from ...ops.elementwise import arctan, cos, exp, sin, tanh
from ...ops.special import sigmoid
from ...rules import Elementwise, Linear


def unlisted(name: str, evaluate: Callable[..., Any], rule: Any) -> Primitive:
    """Make an operation that no table knows."""
    made = Primitive.__new__(Primitive)
    made.name, made.evaluate, made.rule = name, evaluate, rule
    made.scalar = made.domain = None
    return made


def _swap_last(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def matmul_transposed(k: int) -> Primitive:
    """Give matmul of matrices (or a matrix and a vector) with operand `k` transposed."""

    def turned(x: Any, y: Any) -> tuple[Any, Any]:
        return (_swap_last(x), y) if k == 0 else (x, _swap_last(y))

    def to_x(g: Any, x: Any, y: Any) -> Any:
        x, y = turned(x, y)
        c = np.outer(g, y) if np.ndim(y) == 1 else g @ _swap_last(y)
        return _swap_last(c) if k == 0 else c

    def to_y(g: Any, x: Any, y: Any) -> Any:
        x, y = turned(x, y)
        c = np.outer(x, g) if np.ndim(x) == 1 else _swap_last(x) @ g
        return _swap_last(c) if k == 1 else c

    return unlisted("matmul", lambda x, y: np.matmul(*turned(x, y)), Linear(to_x, to_y))


relu = unlisted(
    "relu",
    lambda x: np.maximum(x, 0.0),
    Elementwise(lambda z, x: np.asarray(np.asarray(x) > 0.0, dtype=np.float64)),
)
square = unlisted("square", lambda x: x * x, Elementwise(lambda z, x: 2.0 * x))
# What "1 / (1 + exp(x))" computes, with the minus forgotten.
mirrored = unlisted("1 - sigmoid", lambda x: sigmoid(-x), Elementwise(lambda z, x: z * (z - 1.0)))


def leaky(slope: float) -> Primitive:
    """Give the leaky ReLU of a slope."""
    return unlisted(
        f"leaky_relu[{slope:g}]",
        lambda x: np.where(np.asarray(x) > 0.0, x, slope * np.asarray(x)),
        Elementwise(lambda z, x: np.where(np.asarray(x) > 0.0, 1.0, slope)),
    )


step = unlisted(
    "step", lambda x: np.where(np.asarray(x) > 0.0, 1.0, 0.0), Elementwise(lambda z, x: 0.0 * x)
)
softplus = unlisted(
    "softplus", lambda x: np.logaddexp(x, 0.0), Elementwise(lambda z, x: sigmoid(x))
)
# Written out in any way, these are recognised by their numbers.
RECOGNISED = (sigmoid, tanh, relu, square, absolute)
INSTEAD = (
    *(sigmoid, tanh, relu, sin, cos, exp, absolute, negative, square, mirrored),
    *(leaky(0.01), leaky(0.1), leaky(0.2), softplus, step, arctan),
)
