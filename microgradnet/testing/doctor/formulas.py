"""Derivatives that people write by mistake: z is what a function is of, h what it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def sigmoid(z: Any) -> Any:
    """Give 1/(1 + exp(-z))."""
    return 1.0 / (1.0 + np.exp(-np.asarray(z)))


def _branches(a: float, b: float) -> tuple[str, Callable[[Any, Any], Any], float]:
    """Give the slopes of a leaky ReLU, or the two of them exchanged."""
    return f"where({{z}} > 0, {a:g}, {b:g})", lambda z, h: np.where(np.asarray(z) > 0, a, b), 0.1


# Text with {z} and {h} to fill in; what it computes; how unlikely it is.
FORMULAS: list[tuple[str, Callable[[Any, Any], Any], float]] = [
    ("{h}", lambda z, h: h, 0.1),
    ("1 - {h}", lambda z, h: 1.0 - h, 0.0),
    ("{h}*(1 - {h})", lambda z, h: h * (1.0 - h), 0.0),
    ("{h}*(1 + {h})", lambda z, h: h * (1.0 + h), 0.0),
    ("{h}**2", lambda z, h: h * h, 0.0),
    ("1 - {h}**2", lambda z, h: 1.0 - h * h, 0.0),
    ("1 + {h}**2", lambda z, h: 1.0 + h * h, 0.0),
    ("(1 - {h})**2", lambda z, h: (1.0 - h) ** 2, 0.0),
    ("1 + {h}", lambda z, h: 1.0 + h, 0.1),
    ("{h} - {h}**3", lambda z, h: h - h**3, 0.1),
    ("{h}*(1 - {h})**2", lambda z, h: h * (1.0 - h) ** 2, 0.1),
    ("{h}**2*(1 - {h})", lambda z, h: h * h * (1.0 - h), 0.1),
    ("{h}*(1 - {h}**2)", lambda z, h: h * (1.0 - h * h), 0.1),
    ("{z}", lambda z, h: z, 0.1),
    ("1 - {z}", lambda z, h: 1.0 - z, 0.1),
    ("{z}*(1 - {z})", lambda z, h: z * (1.0 - z), 0.0),
    ("1 - {z}**2", lambda z, h: 1.0 - z * z, 0.0),
    ("{z}**2", lambda z, h: z * z, 0.1),
    ("{z}**3", lambda z, h: z**3, 0.1),
    ("{z}**2/2", lambda z, h: z * z / 2.0, 0.1),
    ("{z}*(1 - {h})", lambda z, h: z * (1.0 - h), 0.1),
    ("{h}*(1 - {z})", lambda z, h: h * (1.0 - z), 0.1),
    ("1 - {z}*{h}", lambda z, h: 1.0 - z * h, 0.1),
    ("1/{z}", lambda z, h: 1.0 / z, 0.1),
    ("1/{z}**2", lambda z, h: 1.0 / z**2, 0.1),
    ("1/{h}", lambda z, h: 1.0 / h, 0.1),
    ("abs({z})", lambda z, h: np.abs(z), 0.1),
    ("sign({z})", lambda z, h: np.sign(z), 0.0),
    ("({z} > 0)", lambda z, h: np.asarray(z) > 0, 0.0),
    ("3*{z}**2", lambda z, h: 3.0 * np.asarray(z) ** 2, 0.1),
    ("2*abs({z})", lambda z, h: 2.0 * np.abs(z), 0.1),
    ("1 - {h}**3", lambda z, h: 1.0 - h**3, 0.1),
    ("2*sign({z})", lambda z, h: 2.0 * np.sign(z), 0.1),
    ("({z} < 0)", lambda z, h: np.asarray(z) < 0, 0.0),
    ("({h} > 0)", lambda z, h: np.asarray(h) > 0, 0.1),
    *(_branches(a, b) for s in (0.01, 0.1, 0.2) for a, b in ((1.0, s), (s, 1.0))),
    ("maximum({z}, 0)", lambda z, h: np.maximum(z, 0.0), 0.1),
    ("exp({z})", lambda z, h: np.exp(z), 0.0),
    ("exp(-{z})", lambda z, h: np.exp(-np.asarray(z)), 0.0),
    ("exp({z})/(1 + exp(-{z}))**2", lambda z, h: np.exp(z) * sigmoid(z) ** 2, 0.0),
    ("exp(-{z})/(1 + exp(-{z}))", lambda z, h: 1.0 - sigmoid(z), 0.0),
    ("exp(-{z})/(1 - exp(-{z}))**2", lambda z, h: np.exp(-np.asarray(z)) / np.expm1(-z) ** 2, 0.0),
    ("exp(-{z})/(1 + exp({z}))**2", lambda z, h: np.exp(-np.asarray(z)) * sigmoid(-z) ** 2, 0.1),
    ("sigmoid({z})", lambda z, h: sigmoid(z), 0.1),
    ("sigmoid({z})*(1 - sigmoid({z}))", lambda z, h: sigmoid(z) * (1.0 - sigmoid(z)), 0.0),
    ("tanh({z})", lambda z, h: np.tanh(z), 0.1),
    ("1 - tanh({z})", lambda z, h: 1.0 - np.tanh(z), 0.1),
    ("1 - tanh({z})**2", lambda z, h: 1.0 - np.tanh(z) ** 2, 0.0),
    ("1 + tanh({z})**2", lambda z, h: 1.0 + np.tanh(z) ** 2, 0.1),
    ("1/cosh({z})", lambda z, h: 1.0 / np.cosh(z), 0.1),
    ("1 - tanh({h})**2", lambda z, h: 1.0 - np.tanh(h) ** 2, 0.1),
    ("sigmoid({h})", lambda z, h: sigmoid(h), 0.1),
    ("tanh({h})", lambda z, h: np.tanh(h), 0.1),
    ("sigmoid({h})*(1 - sigmoid({h}))", lambda z, h: sigmoid(h) * (1.0 - sigmoid(h)), 0.1),
    ("cos({z})", lambda z, h: np.cos(z), 0.0),
    ("sin({z})", lambda z, h: np.sin(z), 0.0),
    ("1/(1 + {z}**2)", lambda z, h: 1.0 / (1.0 + np.asarray(z) ** 2), 0.1),
    ("sqrt({h})", lambda z, h: np.sqrt(h), 0.1),
    ("1/sqrt({z})", lambda z, h: 1.0 / np.sqrt(z), 0.1),
    ("log({z})", lambda z, h: np.log(z), 0.1),
    ("log({h})", lambda z, h: np.log(h), 0.1),
]

# Of functions of whole arrays (softmax): g is the cotangent that arrives, h the result.
WIDE: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("{g}*{h}", lambda g, h: g * h),
    ("{g}*{h}*(1 - {h})", lambda g, h: g * h * (1.0 - h)),
    ("{g} - {h}", lambda g, h: g - h),
    ("{h} - {g}", lambda g, h: h - g),
    ("{h}*({g} + sum({g}*{h}))", lambda g, h: h * (g + np.sum(g * h, -1, keepdims=True))),
    ("{h}*({g} - sum({g}))", lambda g, h: h * (g - np.sum(g, -1, keepdims=True))),
    ("{h}*({g} - {h})", lambda g, h: h * (g - h)),
    ("{h}*({g} - mean({g}*{h}))", lambda g, h: h * (g - np.mean(g * h, -1, keepdims=True))),
    ("{h}*({g} - sum({g}*{h}, axis=0))", lambda g, h: h * (g - np.sum(g * h, 0))),
    ("{h}*({g} - sum of all {g}*{h})", lambda g, h: h * (g - np.sum(g * h))),
    ("{g} - sum({g}*{h})", lambda g, h: g - np.sum(g * h, -1, keepdims=True)),
]


def softmax(z: Any, axis: int | None) -> Any:
    """Give exp(z)/sum(exp(z))."""
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


# The derivative of log-sum-exp, and of other functions that reduce an axis, by z.
REDUCED: list[tuple[str, Callable[[Any], Any]]] = [
    ("softmax({z}, axis=0)", lambda z: softmax(z, 0)),
    ("softmax({z}, axis=1)", lambda z: softmax(z, 1)),
    ("softmax of all of {z}", lambda z: softmax(z, None)),
    ("exp({z})", np.exp),
    ("log(softmax({z}))", lambda z: np.log(softmax(z, -1))),
    ("{z}/sum({z})", lambda z: z / np.sum(z, -1, keepdims=True)),
    ("1", np.ones_like),
]
