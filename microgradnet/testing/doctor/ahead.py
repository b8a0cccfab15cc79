"""Somebody's forward values beside the intended ones: which mistake gives theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...graph import raw
from .calling import Call
from .case import Base, Explanation
from .columns import Columns, is_scalar
from .forward import HOW, onward, varied
from .graph import CONSTANT
from .places import Variant, combined
from .trees import walk
from .variants import variants

MOST = 20000  # pairs that are tried one by one
CLOSE = 1e-9


@dataclass
class Seen:
    """One reported value: which operations it may be, and its numbers at all points."""

    name: str
    ops: tuple[int, ...]
    values: list[Any]

    def fits(self, p: int, values: Sequence[Any]) -> bool:
        """Whether some of the operations has these numbers at point `p`."""
        return any(_same(values[i], self.values[p]) for i in self.ops)


def _same(x: Any, y: Any) -> bool:
    scale = np.max(np.abs(y), initial=0.0)
    return np.size(x) == np.size(y) and bool(
        np.all(np.abs(np.reshape(x, -1) - np.reshape(y, -1)) <= CLOSE * scale + 1e-300)
    )


def seen(base: Base, call: Call) -> list[Seen]:
    """Ask for the forward values at all points, and find what each of them is."""
    results = []
    for p in (state.point for state in base.states):
        own = [np.array(x) if isinstance(x, np.ndarray) else x for x in p.leaves]
        data = [np.array(x) if isinstance(x, np.ndarray) else x for x in p.inputs]
        with np.errstate(all="ignore"):
            results.append([(path, raw(x)) for path, x in walk(call(own, data))])
    graph = base.case.graph
    places = {name: i for i, name in graph.names.items()}
    out = []
    for n, (path, first) in enumerate(results[0]):
        name = str(path[0]) if path else ""
        values = [np.asarray(result[n][1], dtype=np.float64) for result in results]
        if name in places:
            ops: tuple[int, ...] = (places[name],)
        else:
            ops = tuple(
                i
                for i, op in enumerate(graph.ops)
                if op.kind != CONSTANT
                and not isinstance(base.states[0].values[i], tuple)
                and np.size(base.states[0].values[i]) == np.size(first)
            )
        if ops:
            out.append(Seen(name, ops, values))
    return out


def agrees(base: Base, values: Sequence[Seen]) -> bool:
    """Whether all reported values are the intended ones."""
    points = range(len(base.states))
    return all(s.fits(p, base.states[p].values) for s in values for p in points)


def localised(base: Base, values: Sequence[Seen]) -> list[str]:
    """Say which forward values differ, when it is not known why."""
    names, out = base.case.names, []
    for s in values:
        if not s.fits(0, base.states[0].values):
            what = names(s.ops[0]) if len(s.ops) == 1 else f"`{s.name or 'forward'}`"
            out.append(f"unexplained: {what} differs in the forward computation")
    return out


def mistake(base: Base, values: Sequence[Seen]) -> Explanation | None:
    """Find the one or two mistakes that give the reported forward values."""
    wrong = [s for s in values if not s.fits(0, base.states[0].values)] or list(values)

    def fits(v: Variant, p: int) -> bool:
        made = varied(base, v, p)
        return made is not None and all(s.fits(p, made[1].values) for s in values)

    singles = [v for odd in (False, True) for v in variants(base.case, base.states[0], odd)]
    single = _cheapest(base, [v for v in singles if fits(v, 0)], fits)
    return single or _cheapest(base, list(_pairs(base, singles, wrong, fits)), fits)


def _pairs(
    base: Base,
    singles: Sequence[Variant],
    wrong: Sequence[Seen],
    fits: Callable[[Variant, int], bool],
) -> Iterator[Variant]:
    last = wrong[0]
    if is_scalar(base) and np.size(last.values[0]) == 1:
        target = float(last.values[0].reshape(-1)[0])
        for v in Columns(base).giving(singles, last.ops, target, CLOSE):
            if fits(v, 0):
                yield v
        return
    both = [(a, b) for i, a in enumerate(singles) for b in singles[i + 1 :]]
    both.sort(key=lambda pair: pair[0].cost + pair[1].cost)
    for a, b in both[:MOST]:
        both_made = combined(a, b)
        if both_made is not None and fits(both_made, 0):
            yield both_made


def _cheapest(
    base: Base, found: list[Variant], fits: Callable[[Variant, int], bool]
) -> Explanation | None:
    for v in sorted(found, key=lambda v: v.cost):
        if all(fits(v, p) for p in range(len(base.states))):
            return Explanation(v.cost, v.text, frozenset(), base=partial(_next, base, v))
    return None


def _next(base: Base, v: Variant) -> Base:
    """Go on from the reading of the gradient that leaves least to explain."""
    return min((*(onward(base, v, how) for how in HOW), base), key=lambda b: len(b.wrong))
