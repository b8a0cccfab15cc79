"""Reported numbers that are another function of the gradient: inverted, cut off, shortened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .case import Base, Explanation
from .graph import CONSTANT, form
from .naming import derivatives
from .whole import part_of, patched, stacked

Guess = tuple[str, float, Callable[[int], Any]]


def explanations(base: Base) -> list[Explanation]:
    """Find what is no derivative at all: its inverse, a quotient of values, a rounded number."""
    case, out = base.case, _shortened(base)
    for t in base.wrong:
        fixes = frozenset((t,))
        for words, cost, value in _odd(base, t):
            if case.matched(patched(base, {t: value}), fixes):
                out.append(Explanation(cost, f"{derivatives(case, fixes)} {words}", fixes))
        digits = _digits(base, t)
        if digits:
            text = (
                f"{derivatives(case, fixes)} agrees with the exact derivative to about {digits} "
                "digits only: numbers are rounded on the way, or it is approximated"
            )
            if case.rate is not None:
                text += ", or some of them are computed from parameters that are updated already"
            out.append(Explanation(3.0, text, fixes))
    return out


def _shortened(base: Base) -> list[Explanation]:
    """Find gradients that are clipped: by their norm as a whole, each on its own, or by element."""
    case, out = base.case, []
    longest = float(max(np.linalg.norm(r) for r in case.reported))
    fixes = case.matched(lambda p: _at_most(base.gradient(p), longest), base.wrong)
    if fixes == base.wrong:
        text = f"the whole gradient is shortened to a length of {longest:.6g}"
        out.append(Explanation(0.95, text, fixes))
    cut: dict[str, set[int]] = defaultdict(set)
    for t in base.wrong:
        w, g = case.targets[t].where, part_of(base, t)
        most = float(max(np.abs(r[w]).max() for r in case.reported))
        length = float(max(np.linalg.norm(r[w]) for r in case.reported))
        for words, value in (
            (f"cut off at ±{most:.6g}", lambda p, g=g, m=most: np.clip(g(p), -m, m)),
            (f"shortened to a length of {length:.6g}", lambda p, g=g, n=length: _at_most(g(p), n)),
        ):
            if case.matched(patched(base, {t: value}), {t}):
                cut[words].add(t)
    for words, ts in cut.items():
        which = derivatives(case, ts)
        are = "is" if len(ts) == 1 else "are each"
        if len(ts) == len(case.targets) > 1:
            which, are = "every derivative", "is"
        out.append(Explanation(0.96, f"{which} {are} {words}", frozenset(ts)))
    return out


def _at_most(g: Any, length: float) -> Any:
    return g * min(1.0, length / float(np.linalg.norm(g) or 1.0))


def _odd(base: Base, t: int) -> Iterator[Guess]:
    case, target, g = base.case, base.case.targets[t], part_of(base, t)
    name, loss = target.name, case.graph.output
    yield f"is the inverse, `∂{name}/∂L`", 1.5, lambda p: 1.0 / g(p)
    yield (
        f"is the quotient `L/{name}` instead of a derivative",
        1.5,
        lambda p: base.states[p].values[loss] / target.of(base.states[p].values),
    )
    yield "is squared", 1.5, lambda p: g(p) ** 2
    yield "is taken without its sign", 1.28, lambda p: np.abs(g(p))
    yield "is only the sign of the derivative", 1.5, lambda p: np.sign(g(p))
    yield "is divided by its own length", 1.5, lambda p: g(p) / np.linalg.norm(g(p))
    yield (
        "is divided by the length of the whole gradient",
        1.5,
        lambda p: g(p) / np.linalg.norm(base.gradient(p)),
    )
    for i, op in enumerate(case.graph.ops):
        if op.kind == CONSTANT or i in case.graph.several:
            continue
        if form(base.states[0].values[i]) == target.shape:
            yield f"is just the value {case.names(i)}", 1.5, _value(base, i)
        own = i in (target.op, target.node)
        if not own and form(base.walk(0)[i]) == target.shape:
            yield f"stops at {case.names.derivative(i)}", 1.15, _cotangent(base, i)


def _value(base: Base, i: int) -> Callable[[int], Any]:
    return lambda p: np.asarray(base.states[p].values[i])


def _cotangent(base: Base, i: int) -> Callable[[int], Any]:
    return lambda p: np.asarray(base.walk(p)[i], dtype=np.float64)


def _digits(base: Base, t: int) -> int:
    """Give to how many digits a gradient is right everywhere; 0 if it is simply wrong."""
    r, g = stacked(base, t)
    scale = float(np.abs(g).max())
    off = np.abs(r - g)
    if not scale or not np.all(off <= 5e-3 * scale) or np.median(off / scale) > 2e-3:
        return 0
    return max(1, int(-np.log10(max(float(off.max()) / scale, 1e-16))))
