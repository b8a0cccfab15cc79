"""Where a program is smooth: its jumps and kinks, and those of the primitives inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...graph import Node
from ...transforms import grad
from ...value import Value
from ..differences import EPS, Line
from ..probe import ancestry
from ..strategies.program import Program, weights
from .reduction import valid

PAIRS = 4  # of directions along which a kink is looked for


def leaps(program: Program) -> bool:
    """Whether a program jumps here, or one of its steps: the chain rule knows no way across."""
    singles = [program.alone(step) for step in program.steps if len(program.steps) > 1]
    for part in (program, *(single for single in singles if valid(single))):
        xs = list(part.inputs.values())
        ts = directions(xs, 1)
        ways = [line(part, xs, ts), line(part, xs, [-t for t in ts])]
        # A function may tell -0.0 from 0.0: LAPACK chooses signs by it.
        if any(map(jumps, ways)) or ways[0](0.0) != ways[1](0.0):
            return True
    return False


def jumps(phi: Line) -> bool:
    """Whether secants grow as the step shrinks."""
    here = phi(0.0)
    floor = 1e-13 * max(1.0, abs(here))
    secants = [max(abs(phi(h) - here) - floor, 0.0) / h for h in (2.0**-8, 2.0**-17, 2.0**-30)]
    return not all(np.isfinite(secants)) or max(secants[1:]) > 50 * secants[0] + 1e-3


def kinked(program: Program) -> bool:
    """Whether a program has a kink at its inputs."""
    largest = max(float(np.abs(x).max(initial=1.0)) for x in program.values.values())
    return bends(program, list(program.inputs.values()), largest)


def kinked_inside(program: Program) -> bool:
    """Whether a program has a kink, or one of the primitives that compute it, at its operands.

    The median of two equal numbers has none, being their mean; the order in which they are has.
    Sorting has one, and none of its primitives, which is told the order.
    """
    if kinked(program):
        return True
    result = program(*map(Value, program.inputs.values()))

    def bent(node: Node) -> bool:
        primitive, operands = node.primitive, list(node.operands)
        if primitive is None:
            return False
        active = [i for i, n in enumerate(node.inputs) if n is not None]
        if not all(isinstance(operands[i], float | np.ndarray) for i in active):
            return False  # several results, of which it takes one

        def total(*xs: Any) -> float:
            moved = dict(zip(active, xs, strict=True))
            given = [moved.get(i, x) for i, x in enumerate(operands)]
            out = primitive.compute(given, node.params or {})
            outs = out if isinstance(out, tuple) else (out,)
            parts = [part for z in outs for part in (np.real(z), np.imag(z))]
            return float(sum(np.sum(weights(np.shape(z)) * z) for z in parts))

        largest = max(float(np.abs(operands[i]).max(initial=1.0)) for i in active)
        return bends(total, [operands[i] for i in active], largest)

    return any(map(bent, ancestry([result._node])))


def kinked_slopes(program: Program) -> bool:
    """Whether a program's slopes have a kink: the steps of interpolation where all are equal."""
    of = grad(program, tuple(range(len(program.inputs))))

    def total(*xs: Any) -> float:
        return float(sum(np.sum(weights(np.shape(g)) * g) for g in of(*xs)))

    xs = list(program.inputs.values())
    return bends(total, xs, max(float(np.abs(x).max(initial=1.0)) for x in xs))


def bends(f: Callable[..., Any], xs: list[Any], largest: float) -> bool:
    """Whether a function's slopes differ to both sides of a line, or do not add up.

    The median of three equal numbers is as steep to either side of any line; but its slope along
    the sum of two directions is not that along the one and that along the other, unless the same
    number is the middle one along all three; so several pairs of directions are looked at.

    What a kink adds to such a difference does not depend on the step, what curvature adds goes
    with it: the half step tells them apart, even where a kink matters little. `largest` is the
    size of the numbers on the way, whose last places are lost.
    """
    return any(_bends_along(f, xs, largest, k, k + 1) for k in range(1, 2 * PAIRS, 2))


def _bends_along(f: Callable[..., Any], xs: list[Any], largest: float, k: int, n: int) -> bool:
    """Whether it is so along one pair of directions."""
    h = 2.0**-20
    one, other = directions(xs, k), directions(xs, n)
    both = [d + e for d, e in zip(one, other, strict=True)]
    ways = [line(f, xs, ts) for ts in (one, other, both)]
    here = ways[0](0.0)

    def slopes(step: float) -> list[float]:
        return [(way(step) - here) / step for way in ways]

    def off(step: float) -> Any:
        ahead, beside, across = slopes(step)
        return np.array([ahead - slopes(-step)[0], across - ahead - beside])

    noise = 64 * EPS * largest / h  # of a dozen values, each rounded a few times
    size = np.abs(slopes(h)).sum()
    return not np.abs(2.0 * off(h / 2) - off(h)).max() <= 1e-6 * size + noise


def line(f: Callable[..., Any], xs: list[Any], ts: list[Any]) -> Line:
    """Give a function along a line; nan where it is not defined."""

    def phi(s: float) -> float:
        try:
            return float(f(*[x + s * t for x, t in zip(xs, ts, strict=True)]))
        except Exception:  # a singular matrix, results of another shape
            return float("nan")

    return phi


def directions(xs: list[Any], seed: int) -> list[Any]:
    """Draw a way for all inputs to go."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.5, 1.5, np.shape(x)) for x in xs]
