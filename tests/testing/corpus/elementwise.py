"""Operations element by element: each with its derivative and points of every magnitude."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import Case

LN2, LN10 = np.log(2), np.log(10)
ANY = ([0.3, -1.2, 2.5, 0.7], [1e-3, -4.0, 0.05, 6.0])
POSITIVE = ([0.3, 1.2, 2.5, 0.7], [1e-4, 40.0, 0.05, 900.0])
INSIDE = ([0.3, -0.6, 0.9, 0.05], [0.999, -1e-3, 0.5, -0.98])
SMOOTH_PARTS = ([0.3, -1.2, 2.55, 0.7],)  # away from whole numbers and from 0


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _gelu_slope(x: Any) -> Any:
    t = np.tanh(0.8 * (x + 0.04 * x**3))
    return (1 + t) / 2 + x / 2 * (1 - t * t) * 0.8 * (1 + 0.12 * x * x)


ROWS: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any], Any]] = [
    ("exp", np.exp, np.exp, (*ANY, [-30.0, -8.0, 11.0, 20.0])),
    ("exp2", np.exp2, lambda x: np.exp2(x) * LN2, ANY),
    ("expm1", np.expm1, np.exp, (*ANY, [1e-8, -1e-6, 3e-5, 9.0])),
    ("log", np.log, lambda x: 1 / x, (*POSITIVE, [1e-8, 1e6, 1.0, 3.0])),
    ("log2", np.log2, lambda x: 1 / (x * LN2), POSITIVE),
    ("log10", np.log10, lambda x: 1 / (x * LN10), POSITIVE),
    ("log1p", np.log1p, lambda x: 1 / (1 + x), (*POSITIVE, [1e-8, -1e-6, -0.9, 1e6])),
    ("sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), (*POSITIVE, [1e-8, 1e6, 4.0, 1e-3])),
    ("cbrt", np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2), (*POSITIVE, [-8.0, 27.0, 1e-3, -2.0])),
    ("square", np.square, lambda x: 2 * x, (*ANY, [1e6, -1e3, 1e-4, 7.0])),
    ("reciprocal", lambda x: 1 / x, lambda x: -1 / x**2, (*POSITIVE, [-0.01, 3.0, 1e3, -7.0])),
    ("sin", np.sin, np.cos, (*ANY, [30.0, -12.0, 100.0, 3.0])),
    ("cos", np.cos, lambda x: -np.sin(x), (*ANY, [30.0, -12.0, 100.0, 3.0])),
    ("tan", np.tan, lambda x: 1 / np.cos(x) ** 2, ([0.3, -1.2, 0.7, 1.5],)),
    ("arcsin", np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), INSIDE),
    ("arccos", np.arccos, lambda x: -1 / np.sqrt(1 - x * x), INSIDE),
    ("arctan", np.arctan, lambda x: 1 / (1 + x * x), (*ANY, [1e3, -50.0, 1e-5, 9.0])),
    ("sinh", np.sinh, np.cosh, ANY),
    ("cosh", np.cosh, np.sinh, ANY),
    ("tanh", np.tanh, lambda x: 1 / np.cosh(x) ** 2, (*ANY, [8.0, -10.0, 12.0, 1.0])),
    ("arcsinh", np.arcsinh, lambda x: 1 / np.sqrt(1 + x * x), ANY),
    ("arccosh", np.arccosh, lambda x: 1 / np.sqrt(x * x - 1), ([1.01, 2.5, 30.0, 1.2],)),
    ("arctanh", np.arctanh, lambda x: 1 / (1 - x * x), INSIDE),
    (
        "sigmoid",
        _sigmoid,
        lambda x: np.exp(-x) * _sigmoid(x) ** 2,
        (*ANY, [-20.0, 12.0, 5.0, -3.0], [-34.0, 20.0, 0.0, -9.0]),
    ),
    (
        "softplus",
        lambda x: np.logaddexp(0 * x, x),
        _sigmoid,
        (*ANY, [-15.0, 12.0, 5.0, -30.0]),
    ),
    ("softplus, naive", lambda x: np.log(1 + np.exp(x)), _sigmoid, (*ANY, [-15.0, 2.0, -8.0, 5.0])),
    ("swish", lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) * (1 + x * _sigmoid(-x)), ANY),
    (
        "gelu",
        lambda x: x / 2 * (1 + np.tanh(0.8 * (x + 0.04 * x**3))),
        _gelu_slope,
        ANY,
    ),
    ("softsign", lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x)) ** 2, ANY),
    ("sinc", np.sinc, lambda x: (np.cos(np.pi * x) - np.sinc(x)) / x, SMOOTH_PARTS),
    ("gaussian", lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x), (*ANY, [4.0, -5.0])),
    ("cube", lambda x: x**3, lambda x: 3 * x**2, (*ANY, [1e3, 1e-3, -20.0])),
    ("power 2.5", lambda x: x**2.5, lambda x: 2.5 * x**1.5, POSITIVE),
    ("power -1.5", lambda x: x**-1.5, lambda x: -1.5 * x**-2.5, ([0.3, 1.2, 2.5, 0.7],)),
    ("2 to the x", lambda x: 2**x, lambda x: 2**x * LN2, ANY),
    ("x to the x", lambda x: x**x, lambda x: x**x * (np.log(x) + 1), ([0.3, 1.2, 2.5, 0.7],)),
    ("absolute", np.abs, np.sign, (*ANY, [1e-6, -1e-4, 3.0])),
    ("relu", lambda x: np.maximum(x, 0), lambda x: (x > 0) * np.ones_like(x), ANY),
    (
        "leaky relu",
        lambda x: np.where(x > 0, x, x / 8),
        lambda x: np.where(x > 0, 1, x * 0 + 1 / 8),
        ANY,
    ),
    (
        "elu",
        lambda x: np.where(x > 0, x, np.expm1(x)),
        lambda x: np.where(x > 0, 1, np.exp(x)),
        ANY,
    ),
    ("clip", lambda x: np.clip(x, -1, 2), lambda x: ((x > -1) & (x < 2)) * np.ones_like(x), ANY),
    (
        "huber",
        lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5),
        lambda x: np.clip(x, -1, 1),
        ANY,
    ),
    ("fmod", lambda x: np.fmod(x, 1.1), np.ones_like, SMOOTH_PARTS),
    ("floor beside x", lambda x: x + np.floor(x), np.ones_like, SMOOTH_PARTS),
    ("degrees", np.degrees, lambda x: x * 0 + 180 / np.pi, ANY),
    ("hypot", lambda x: np.hypot(x, 2), lambda x: x / np.hypot(x, 2), (*ANY, [1e6, 1e-3, 40.0])),
    ("arctan2", lambda x: np.arctan2(x, 2), lambda x: 2 / (x * x + 4), ANY),
    ("arctan2 below", lambda x: np.arctan2(2, x), lambda x: -2 / (x * x + 4), ANY),
    ("logaddexp", lambda x: np.logaddexp(x, 1), lambda x: _sigmoid(x - 1), ANY),
    ("maximum", lambda x: np.maximum(x, x * x), lambda x: np.where(x > x * x, 1, 2 * x), ANY),
    ("xlogx", lambda x: x * np.log(x), lambda x: np.log(x) + 1, POSITIVE),
    (
        "bump",
        lambda x: np.exp(-1 / (x * x)),
        lambda x: 2 * np.exp(-1 / (x * x)) / x**3,
        ([0.2, 0.5, 2.0],),
    ),
    ("runge", lambda x: 1 / (1 + 25 * x * x), lambda x: -50 * x / (1 + 25 * x * x) ** 2, ANY),
    ("wiggle", lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x), ANY),
    ("far away", lambda x: 1e6 + x * x, lambda x: 2 * x, ANY),
    ("tiny", lambda x: 1e-9 * np.sin(x), lambda x: 1e-9 * np.cos(x), ANY),
]


def _case(name: str, f: Any, df: Any, point: Any) -> Case:
    x = np.array(point)
    weights = np.array([1.0, -0.7, 1.9, 0.4])[: len(point)]

    def total(x: Any) -> Any:
        return np.sum(weights.astype(x.dtype) * f(x))

    def gradient(x: Any) -> Any:
        return weights.astype(x.dtype) * df(x)

    return Case(name, total, gradient, x)


CASES = [_case(name, f, df, point) for name, f, df, points in ROWS for point in points]
