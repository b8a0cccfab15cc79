"""Whether the numeric derivative's stated error covers the true one: 1,000 random cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest

from microgradnet.testing import gradcheck

MP = mpmath.mp.clone()
MP.dps = 60
NAMES = ("exp", "sin", "cos", "tanh", "log1p", "expm1", "sinh", "cosh", "tan", "sqrt", "log")
PLAIN = SimpleNamespace(number=float, **{name: getattr(np, name) for name in NAMES})
EXACT = SimpleNamespace(number=MP.mpf, **{name: getattr(MP, name) for name in NAMES})
UNARY: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda m, y: m.exp(y),
    "sin": lambda m, y: m.sin(y),
    "cos": lambda m, y: m.cos(y),
    "tan": lambda m, y: m.tan(y),
    "tanh": lambda m, y: m.tanh(y),
    "sinh": lambda m, y: m.sinh(y),
    "expm1": lambda m, y: m.expm1(y),
    "log1p": lambda m, y: m.log1p(y * y),
    "log": lambda m, y: m.log(y * y + m.number(0.01)),
    "sqrt": lambda m, y: m.sqrt(y * y + m.number(1e-3)),
    "cube": lambda m, y: y * y * y,
    "inverse": lambda m, y: 1 / (y * y + 1),
    "sigmoid": lambda m, y: 1 / (1 + m.exp(-y)),
    "softplus": lambda m, y: m.log(1 + m.exp(y)),
    "gaussian": lambda m, y: m.exp(-y * y),
}


@dataclass(frozen=True)
class Case:
    f: Callable[[Any, Any], Any]  # of the numbers and the functions to compute with
    x: Any
    slopes: Any


def tree(rng: Any, n: int, depth: int) -> Callable[[Any, Any], Any]:
    """A random expression of n arguments."""
    kind = rng.random() if depth else 2.0
    if kind > 0.9:
        i = int(rng.integers(n))
        return lambda x, m: x[i]
    a = tree(rng, n, depth - 1)
    if kind < 0.45:
        unary = UNARY[str(rng.choice(list(UNARY)))]
        return lambda x, m: unary(m, a(x, m))
    if kind < 0.6:
        slope, offset = (
            float(s * 10**p) for s, p in zip(rng.normal(size=2), rng.uniform(-2, 2, 2), strict=True)
        )
        return lambda x, m: m.number(slope) * a(x, m) + m.number(offset)
    b = tree(rng, n, depth - 1)
    return [
        lambda x, m: a(x, m) + b(x, m),
        lambda x, m: a(x, m) * b(x, m),
        lambda x, m: a(x, m) / (1 + b(x, m) ** 2),
    ][int(rng.integers(3))]


def recurrence(rng: Any) -> Callable[[Any, Any], Any]:
    """Steps that hand their result on: waves upon waves where the argument is large."""
    count, a, b = int(rng.integers(3, 15)), float(rng.uniform(1, 3.9)), float(rng.normal())

    def f(x: Any, m: Any) -> Any:
        y = x[0]
        for _ in range(count):
            y = m.number(a) * m.sin(y) + m.number(b) * x[1]
        return y

    return f


def loss(rng: Any, n: int) -> Callable[[Any, Any], Any]:
    """What is minimised, scaled, and beside an offset that swallows digits."""
    kind, scale, offset = (
        int(rng.integers(4)),
        float(rng.choice([1, 1e-6, 1e6])),
        float(rng.choice([0, 1, 1e4])),
    )

    def f(x: Any, m: Any) -> Any:
        if kind == 0:
            y = m.log(sum(map(m.exp, x), m.number(0)))
        elif kind == 1:
            mean = sum(x, m.number(0)) / n
            y = sum(((a - mean) ** 2 for a in x), m.number(0)) / n
        elif kind == 2:
            y = m.sqrt(sum((a * a for a in x), m.number(0)))
        else:
            y = sum(
                (m.tanh(3 * a) * b for a, b in zip(x, (*x[1:], x[0]), strict=True)), m.number(0)
            )
        return m.number(scale) * y + m.number(offset)

    return f


def points(rng: Any, n: int) -> Any:
    """Of ordinary size, of one magnitude, or of all."""
    return (
        rng.normal(size=n)
        * 10.0 ** [0, rng.integers(-10, 7), rng.uniform(-8, 5, n)][int(rng.integers(3))]
    )


def derivative(f: Callable[[Any, Any], Any], x: list[Any], i: int) -> float:
    """The slope along one argument, by a step of whose error sixty digits show nothing."""
    h = min(1, abs(x[i])) * MP.mpf(10) ** -18
    p1, m1, p2, m2 = (f([*x[:i], x[i] + k * h, *x[i + 1 :]], EXACT) for k in (1, -1, 2, -2))
    return float((8 * (p1 - m1) - (p2 - m2)) / (12 * h))


def cases(count: int, seed: int) -> Iterator[Case]:
    """Random functions at random points where nothing overflows and floats give their value."""
    rng = np.random.default_rng(seed)
    while count:
        n = int(rng.integers(2, 5))
        makers = [lambda n=n: tree(rng, n, int(rng.integers(2, 6))), lambda: recurrence(rng)]
        makers += [makers[0], lambda n=n: loss(rng, n)]
        f, x = makers[int(rng.integers(4))](), points(rng, n)
        try:
            with np.errstate(over="raise"):
                value = float(f([float(a) for a in x], PLAIN))
            exact = [MP.mpf(float(a)) for a in x]
            slopes = np.array([derivative(f, exact, i) for i in range(n)])
            off = abs(float(f(exact, EXACT)) - value)
        except ArithmeticError:
            continue
        # Of waves too quick for floats these know nothing at all, and nobody could.
        if off <= 1e-9 * abs(value) < 1e50 and value and np.isfinite(slopes).all():
            count -= 1
            yield Case(f, x, slopes)


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("seed", range(4))
def test_stated_errors_cover_the_true_ones(seed: int) -> None:
    """Of functions that float64 alone can be asked about: with more digits all is easier."""
    uncovered, alarms = [], []
    rng = np.random.default_rng(seed)
    for case in cases(250, seed):

        def black_box(x: Any, case: Case = case) -> Any:
            if type(x) is not np.ndarray or x.dtype != np.float64:
                raise TypeError(type(x))
            return case.f([float(a) for a in x], PLAIN)

        # A number that is off makes every means be tried.
        factor = float(rng.choice([1.0, 1.0003, 0.5]))
        with np.errstate(all="ignore"):
            report = gradcheck(black_box, case.x, grad=lambda x, g=case.slopes, c=factor: c * g)
        e = report.rows[int(rng.integers(len(report.rows)))]
        true = case.slopes[e.index]
        if e.slope and not abs(e.slope.value - true) <= e.slope.bound:
            uncovered.append((list(case.x), e.index, true, e.slope, e.how))
        if (factor == 1 and report.verdict == "wrong") or (e.kink and e.verdict == "passed"):
            alarms.append(str(report))
    assert alarms == []
    assert len(uncovered) <= 1, uncovered  # of 250: 99.5 % are 248.75
