"""Functions of one variable that the doctor knows by name, and operations for variants only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...graph import Primitive
from ...ops.arithmetic import absolute, negative
from ...ops.elementwise import arctan, cos, exp, sin, tanh
from ...ops.special import sigmoid
from ...rules import Elementwise


def unlisted(name: str, evaluate: Callable[..., Any], rule: Any) -> Primitive:
    """Make an operation that no table knows."""
    made = Primitive.__new__(Primitive)
    made.name, made.evaluate, made.rule = name, evaluate, rule
    made.scalar = made.domain = None
    return made


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
LEAKY = tuple(map(leaky, (0.01, 0.1, 0.2)))
# Written out in any way, these are recognised by their numbers.
RECOGNISED = (sigmoid, tanh, relu, square, absolute, *LEAKY)
INSTEAD = (
    *(sigmoid, tanh, relu, sin, cos, exp, absolute, negative, square, mirrored),
    *(*LEAKY, softplus, step, arctan),
)
