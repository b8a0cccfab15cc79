"""What numerical code looks like: solvers, series, steps of equations, scales, offsets.

And what does not depend on its argument at all: there a gradient is all roundoff.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Case
from .arrays import W3, W6, M, S, V, _logsumexp, _softmax, t, w

CASES: list[Case] = []


def case(name: str, f: Any, gradient: Any, *points: Any) -> None:
    CASES.extend(Case(name, f, gradient, np.asarray(x)) for x in points)


# --- solvers and series -------------------------------------------------------------------------


def _heron(x: Any) -> Any:
    y = 1 + 0 * x
    for _ in range(40):
        y = (y + x / y) / 2
    return np.sum(y)


def _lambert(x: Any) -> Any:
    y = np.log1p(x)
    for _ in range(30):
        y = y - (y * np.exp(y) - x) / (np.exp(y) * (1 + y))
    return y


def _jacobi(x: Any) -> Any:
    a = w(np.array([[4.0, 1, 0], [1, 5, 2], [0, 2, 6]]), x)
    y = 0 * x
    for _ in range(120):
        y = y + (x - a @ y) / np.diag(a)
    return np.sum(y * y)


def _jacobi_gradient(x: Any) -> Any:
    a = w(np.array([[4.0, 1, 0], [1, 5, 2], [0, 2, 6]]), x)
    return 2 * np.linalg.solve(a, np.linalg.solve(a, x))


def _exponential(x: Any) -> Any:
    total = term = np.eye(3, dtype=x.dtype)
    for k in range(1, 30):
        term = term @ x / k
        total = total + term
    return total


def _bessel(order: int, x: Any) -> Any:
    """J0 or J1, by its power series."""
    total = term = 0 * x + 1 if order == 0 else x / 2
    for k in range(1, 30):
        term = -term * (x / 2) ** 2 / (k * (k + order))
        total = total + term
    return total


case("heron", _heron, lambda x: 0.5 / np.sqrt(x), V**2, V**2 * 1e4)
case(
    "lambert",
    lambda x: np.sum(_lambert(x)),
    lambda x: 1 / (np.exp(_lambert(x)) * (1 + _lambert(x))),
    V**2,
)
case("jacobi", _jacobi, _jacobi_gradient, V[:3])
case("matrix exponential", lambda x: np.trace(_exponential(x)), lambda x: t(_exponential(x)), S)
case("bessel", lambda x: np.sum(_bessel(0, x)), lambda x: -_bessel(1, x), V, V * 3)

# --- equations, step by step --------------------------------------------------------------------


def _lorenz(x: Any, steps: int = 100) -> tuple[Any, Any]:
    """Euler's steps, with their Jacobian."""
    y, jacobian, h = x, np.eye(3), 0.01
    for _ in range(steps):
        a, b, c = y[0], y[1], y[2]
        turn = np.array([[-10, 10, 0], [28 - c, -1, -a], [b, a, -8 / 3]], dtype=float)
        jacobian = jacobian + h * turn @ jacobian
        y = y + h * np.array([10 * (b - a), a * (28 - c) - b, a * b - 8 / 3 * c])
    return y, jacobian


def _lorenz_value(x: Any) -> Any:
    a, b, c = x[0], x[1], x[2]
    for _ in range(100):
        steps = 10 * (b - a), a * (28 - c) - b, a * b - 8 / 3 * c
        a, b, c = (y + 0.01 * dy for y, dy in zip((a, b, c), steps, strict=True))
    return a + b * c


def _lorenz_gradient(x: Any) -> Any:
    y, jacobian = _lorenz(x)
    return w(np.array([1, y[2], y[1]]) @ jacobian, x)


def _bifurcating(x: Any) -> Any:
    for _ in range(10):
        x = 3.9 * x * (1 - x)
    return np.sum(x)


def _bifurcating_gradient(x: Any) -> Any:
    slope = 1 + 0 * x
    for _ in range(10):
        slope, x = slope * 3.9 * (1 - 2 * x), 3.9 * x * (1 - x)
    return slope


case("lorenz", _lorenz_value, _lorenz_gradient, [1.0, 2.0, 20.0])
case("logistic map", _bifurcating, _bifurcating_gradient, [0.3141, 0.7])

# --- determinants, interpolation, losses --------------------------------------------------------


def _cofactors(x: Any) -> Any:
    return np.array([np.cross(x[1], x[2]), np.cross(x[2], x[0]), np.cross(x[0], x[1])])


def _sarrus(x: Any) -> Any:
    a, b, c = x[0], x[1], x[2]
    return (
        a[0] * (b[1] * c[2] - b[2] * c[1])
        + a[1] * (b[2] * c[0] - b[0] * c[2])
        + a[2] * (b[0] * c[1] - b[1] * c[0])
    )


def _vandermonde(x: Any) -> Any:
    product: Any = 1.0
    for i in range(4):
        for j in range(i):
            product = product * (x[i] - x[j])
    return product


def _vandermonde_gradient(x: Any) -> Any:
    with np.errstate(divide="ignore"):
        inverse = 1 / (x[:, None] - x[None, :])
    return _vandermonde(x) * np.where(np.eye(4, dtype=bool), 0, inverse).sum(1)


def _entropy(x: Any) -> Any:
    p = _softmax(x)
    return -np.sum(p * np.log(p))


def _normed(x: Any) -> Any:
    return (x - np.mean(x)) / np.std(x)


def _normed_gradient(x: Any) -> Any:
    h = _normed(x)
    g = w(W6, x) * (1 - np.tanh(h) ** 2)
    return (g - np.mean(g) - h * np.mean(g * h)) / np.std(x)


case(
    "determinant",
    _sarrus,
    _cofactors,
    S,
    [[1.0, 2, 3], [2, 4, 6], [1, 0, 5]],
    S * np.array([[1e-6], [1.0], [1e5]]),
)
case("vandermonde", _vandermonde, _vandermonde_gradient, V[:4])
case("entropy", _entropy, lambda x: -_softmax(x) * (np.log(_softmax(x)) + _entropy(x)), V, V * 5)
case(
    "normed",
    lambda x: w(W6, x) @ np.tanh(_normed(x)),
    _normed_gradient,
    V,
    V + 100,
)

# --- scales and offsets -------------------------------------------------------------------------

SCALES = np.array([1e-12, 1e-6, 1.0, 1e6, 1e12])

case("scaled squares", lambda x: np.sum((x / w(SCALES, x)) ** 2),
     lambda x: 2 * x / w(SCALES, x) ** 2, SCALES * [1, -2, 0.5, 3, 1.1])  # fmt: skip
case("scaled logs", lambda x: np.sum(np.log(x)), lambda x: 1 / x, SCALES * 1.3)
case("scaled product", np.prod, lambda x: np.prod(x) / x, SCALES * [1, -2, 0.5, 3, 1.1])
case("offset", lambda x: np.sum(np.sin(x)) + 1e3, np.cos, V)
case("narrow peak", lambda x: np.sum(1 / (1 + 1e4 * (x - 0.5) ** 2)),
     lambda x: -2e4 * (x - 0.5) / (1 + 1e4 * (x - 0.5) ** 2) ** 2, [0.502, 0.51])  # fmt: skip
case("steep", lambda x: np.sum(np.tanh(1e3 * (x - 0.7))),
     lambda x: 1e3 / np.cosh(1e3 * (x - 0.7)) ** 2, [0.701, 0.6995])  # fmt: skip
case("soft absolute", lambda x: np.sum(np.sqrt(x * x + 1e-6)),
     lambda x: x / np.sqrt(x * x + 1e-6), [0.0, 1e-3, -3e-4, 1.0])  # fmt: skip
case("relu squared at 0", lambda x: np.sum(np.maximum(x, 0) ** 2),
     lambda x: 2 * np.maximum(x, 0), [0.0, 1.0, -2.0])  # fmt: skip

# --- what does not depend on its argument, or on its length, or on where it starts --------------

ZERO: list[Case] = []


def constant(name: str, f: Any, gradient: Any, *points: Any) -> None:
    """Add a function whose gradient is 0, and code whose gradient is not quite."""
    ZERO.extend(Case(name, f, gradient, np.asarray(x)) for x in points)


constant(
    "sum of softmax",
    lambda x: np.sum(_softmax(x)),
    lambda x: _softmax(x) - _softmax(x) * np.sum(_softmax(x)),
    V,
    V * 9,
)
constant(
    "x - mean", lambda x: np.sum(x - np.mean(x)), lambda x: 1 + 0 * x - np.mean(0 * x + 1), V, M
)
constant(
    "squares on a sphere",
    lambda x: np.sum((x / np.linalg.norm(x)) ** 2),
    lambda x: 2 * x / (x @ x) - 2 * x * np.sum(x * x) / (x @ x) ** 2,
    V,
    V * 1e5,
)
constant(
    "shift before a norm",
    lambda x: W3 @ np.tanh(_normed(V[:3] + x)),
    lambda x: np.array([np.sum(_shifted(x))]),
    [0.7],
)
constant("x / x", lambda x: np.sum(x / x), lambda x: 1 / x - x / x**2, V, V * 1e-4)
constant(
    "log of exp",
    lambda x: np.sum(np.log(np.exp(x)) - x),
    lambda x: np.exp(x) / np.exp(x) - 1,
    V,
)
constant(
    "logsumexp, shifted",
    lambda x: _logsumexp(V + np.sum(x)) - np.sum(x),
    lambda x: np.sum(_softmax(V + np.sum(x))) - 1 + 0 * x,
    V[:2],
)


def _shifted(x: Any) -> Any:
    h = _normed(V[:3] + x)
    g = W3 * (1 - np.tanh(h) ** 2)
    return (g - np.mean(g) - h * np.mean(g * h)) / np.std(V[:3] + x)


# --- where a sum of kinks allows a polygon, whose sides run in any direction ---------------------


def _hinges(x: Any) -> Any:
    """A support vector machine's, two of whose three margins are met at [1, 0]."""
    return np.sum(np.maximum(0, 1 - np.array([[1.0, 2], [1, -0.5], [2, -1]]) @ x)) + x @ x / 10


def _maxout(x: Any) -> Any:
    return np.max(np.array([[1.0, 0], [0, 2], [1, 1]]) @ x - np.array([0, 0, 1.0]))


def _answers(name: str, f: Any, x: Any, *gradients: Any) -> list[Case]:
    def fixed(g: Any) -> Any:
        return lambda x: np.asarray(g, x.dtype)

    return [Case(f"{name} {g}", f, fixed(g), np.array(x)) for g in gradients]


RIGHT = [
    *_answers("hinges", _hinges, [1.0, 0.0], [0.2, 0], [-0.8, -2], [-0.3, 0.25], [-0.2, 0]),
    *_answers("maxout", _maxout, [2.0, 1.0], [1, 0], [0, 2], [0.6, 0.9], [0.5, 1.4]),
]
WRONG = [
    *_answers("hinges", _hinges, [1.0, 0.0], [0, 0.2], [0.1, 0.1], [-1.8, -1], [-0.3, 0.3]),
    *_answers("maxout", _maxout, [2.0, 1.0], [0.5, 0.9], [0.4, 1.7], [0.6, 1.45]),
]
