"""Somebody's forward values beside the intended ones: which mistake gives theirs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from ...errors import ShapeError
from .calling import Call
from .case import Base, Explanation
from .columns import Columns, is_scalar
from .effects import HOW, varied
from .formulas import sigmoid, softmax
from .forward import changed_data, changed_values, known, onward
from .graph import DATA, PARAM, RESULT, form
from .naming import listed
from .places import Variant, combined
from .sweep import Array
from .trees import copied, number, squeezed, walk

EFFORT = 300_000  # pairs that are tried one by one, times operations
AT_ONCE = 400_000_000  # twice as many pairs that are tried together, times operations and values
CLOSE = 1e-9
ALIKE = 8  # variants that give the same forward values
MENTIONED = 8  # names of values in a message


@dataclass
class Seen:
    """One reported value: which operations it may be, and its numbers at all points."""

    name: str
    ops: tuple[int, ...]
    values: list[Any]
    placed: bool = True  # it has the name of an intended value, or none at all

    def fits(self, p: int, values: Sequence[Any]) -> bool:
        """Whether some of the operations has these numbers at point `p`, or they are made of it."""
        y = self.values[p]
        own = [values[i] for i in self.ops]
        rows = [[x] if type(x) is float else np.reshape(x, -1) for x in own if np.size(x) == y.size]
        arrays = np.array(rows, np.float64).reshape(len(rows), *y.shape)
        most = CLOSE * np.max(np.abs(y), initial=0.0) + 1e-300
        axes = tuple(range(1, arrays.ndim))
        made = (arrays, *(view(arrays) for view in self.views))
        return any(bool(np.any(np.all(np.abs(x - y) <= most, axis=axes))) for x in made)

    @cached_property
    def views(self) -> list[Callable[[Array], Array]]:
        """Tell which functions of intended values these may be: probabilities, of logits."""
        if not all(np.all((x > 0.0) & (x < 1.0)) for x in self.values):
            return []
        axes = range(np.ndim(self.values[0]))
        whole = [n for n in axes if all(np.allclose(x.sum(n), 1.0, CLOSE) for x in self.values)]
        return [partial(softmax, axis=n + 1) for n in whole] or [sigmoid]


def seen(base: Base, call: Call) -> list[Seen]:
    """Ask for the forward values at all points, and find what each of them is."""
    results = []
    for p in (state.point for state in base.states):
        given = walk(call(copied(p.leaves), copied(p.inputs)))
        results.append([(path, number(x, "the forward computation's result")) for path, x in given])
    graph, shapes = base.case.graph, [form(x) for x in base.states[0].values]
    places = {name: i for i, name in graph.names.items()}
    whole = [i for i, op in enumerate(graph.ops) if op.kind == RESULT and not _is_term(base, i)]
    out = []
    for n, (path, first) in enumerate(results[0]):
        name, shape = str(path[0]) if path else "", squeezed(np.shape(first))
        leaves = [i for i, op in enumerate(graph.ops) if op.kind in (PARAM, DATA) and name]
        ops = [i for i in (*leaves, *whole) if squeezed(shapes[i]) == shape]
        if name in places:
            ops = [places[name]]
        values = [np.asarray(r[n][1], np.float64) for r in results]
        by_rows = [x.reshape(shape) for x in values]
        turned = [[np.moveaxis(x, axis, 0) for x in by_rows] for axis in range(len(shape))]
        ways: list[list[Seen]] = []
        for arrays in (*turned, [x.T for x in by_rows]) if not ops else ():
            rounds = _rounds(base, whole, np.shape(arrays[0]))
            start = (len(arrays[0]) if shape else 0) - len(rounds)
            some = [(m, own, [x[m] for x in arrays]) for m, own in enumerate(rounds, start)]
            ways += [[Seen(f"{name}[{m}]", own, xs) for m, own, xs in some]] if rounds else []
        way = next((way for way in ways if agrees(base, way)), ways[0] if ways else None)
        found = [Seen(name, tuple(ops), values)] if way is None else way
        placed = name in places or not name
        out += [replace(s, placed=placed) for s in found]
    known = [s for s in out if s.ops]  # the others are of no interest beside these
    if not known:
        gave = _counted(len(out), np.shape(out[0].values[0])) if out else "nothing"
        raise ShapeError(
            f"the forward computation gave {gave}; expected the loss, the prediction, or a dict "
            f"of values of the intended function by their names: {_known(base)}"
        )
    return known


def _is_term(base: Base, i: int) -> bool:
    """Whether a result is several arrays, or nobody's but a term beside others."""
    graph = base.case.graph
    users = [(graph.ops[top], k) for top, k in graph.users(i)]
    term = bool(users) and all(
        op.name in ("add", "subtract") and graph.live[op.args[1 - k]] for op, k in users
    )
    return i in graph.several or (term and i not in graph.names)


def _rounds(base: Base, ops: Sequence[int], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Find what a loop makes in its rounds, for an array of all of them; it may begin earlier."""
    if not shape:
        return []
    graph, values = base.case.graph, base.states[0].values
    made: dict[object, list[int]] = {}
    for i in ops:
        site = graph.ops[i].site
        if squeezed(form(values[i])) == squeezed(shape[1:]) and site is not None:
            made.setdefault(site, []).append(i)
    for n in (shape[0], shape[0] - 1):
        found = [ops for ops in made.values() if len(ops) == n > 1]
        if found:
            return [*zip(*found, strict=True)]
    return []


def _counted(n: int, shape: tuple[int, ...]) -> str:
    what = f"arrays of shape {shape}" if shape else "numbers"
    return f"{n} {what}" if n > 1 else f"an array of shape {shape}" if shape else "a number"


def _known(base: Base) -> str:
    """List the values that the intended function has names for, with their shapes."""
    graph, values = base.case.graph, base.states[0].values
    named = {i: n for i, n in graph.names.items() if graph.ops[i].kind == RESULT}
    named = {i: n for i, n in named.items() if graph.leaf_of(i) == i}
    named.setdefault(graph.output, "the loss")
    return ", ".join(f"{n} {form(values[i])}" for i, n in sorted(named.items())[-MENTIONED:])


def agrees(base: Base, values: Sequence[Seen]) -> bool:
    """Whether all reported values are the intended ones."""
    points = range(len(base.states))
    return all(s.fits(p, base.states[p].values) for s in values for p in points)


def localised(base: Base, values: Sequence[Seen]) -> list[str]:
    """Say which forward values differ, when it is not known why."""
    names, differing = base.case.names, _differing(base, values)
    out, unknown = [], [f"`{_whole(s)}`" for s in differing if not s.placed]
    for s in differing:
        what = names(s.ops[0]) if len(s.ops) == 1 else f"`{_whole(s) or 'forward'}`"
        out += [f"unexplained: {what} differs in the forward computation"] if s.placed else []
    if unknown:
        out.append(
            f"not compared: {listed([*dict.fromkeys(unknown)])}, which the intended function does "
            f"not compute by a name that it knows: {_known(base)}"
        )
    return [*dict.fromkeys(out)]


def _whole(s: Seen) -> str:
    """Name what was given: the whole of which a value is one round, perhaps."""
    name = s.name.partition("[")[0]
    return f"forward(...)[{name}]" if name.isdigit() else name


def unknown(base: Base, values: Sequence[Seen]) -> bool:
    """Whether all values that differ have names that the intended function does not use."""
    return not any(s.placed for s in _differing(base, values))


def _differing(base: Base, values: Sequence[Seen]) -> list[Seen]:
    """List what is not the intended value, at whatever point."""
    return [s for s in values if not agrees(base, [s])]


def mistake(base: Base, values: Sequence[Seen]) -> Explanation | None:
    """Find the one or two mistakes that give the reported forward values.

    Where only such differ as have unknown names, nobody knows what they are meant to be: then the
    gradient has to be less wrong with the mistake than without it.
    """
    placed = [s for s in values if s.placed]
    if not agrees(base, placed):
        found = _mistake(base, values)
        return found or (_mistake(base, placed) if len(placed) < len(values) else None)
    found = _mistake(base, values) if base.wrong else None
    better = found and found.base is not None and len(found.base().wrong) < len(base.wrong)
    return found if better else None


def _mistake(base: Base, values: Sequence[Seen]) -> Explanation | None:
    wrong = [s for s in values if not s.fits(0, base.states[0].values)] or list(values)

    def fits(v: Variant, p: int) -> bool:
        state = varied(base, v, p)
        return state is not None and all(s.fits(p, state.values) for s in values)

    singles = known(base, odd=True)
    altered = (*changed_data(base), *changed_values(base))
    single = _cheapest(base, [v for v in (*singles, *altered) if fits(v, 0)], fits)
    return single or _cheapest(base, list(_pairs(base, singles, wrong, fits)), fits)


def _pairs(
    base: Base,
    singles: Sequence[Variant],
    wrong: Sequence[Seen],
    fits: Callable[[Variant, int], bool],
) -> Iterator[Variant]:
    last, ops = wrong[0], len(base.case.graph.ops)
    likely = sorted(singles, key=lambda v: v.cost)
    if is_scalar(base) and np.size(last.values[0]) == 1:
        target = float(last.values[0].reshape(-1)[0])
        some = likely[: math.isqrt(AT_ONCE // (ops * len(last.ops)))]
        for v in Columns(base).giving(some, last.ops, target, CLOSE):
            if fits(v, 0):
                yield v
        return
    most = EFFORT // ops
    likely = likely[: 2 * math.isqrt(most)]
    both = sorted(itertools.combinations(likely, 2), key=lambda pair: pair[0].cost + pair[1].cost)
    for a, b in both[:most]:
        both_made = combined(a, b)
        if both_made is not None and fits(both_made, 0):
            yield both_made


def _cheapest(
    base: Base, found: list[Variant], fits: Callable[[Variant, int], bool]
) -> Explanation | None:
    """Choose the cheapest that fits everywhere, of those that explain the gradient if any do."""
    points = range(len(base.states))
    sure = (v for v in sorted(found, key=lambda v: v.cost) if all(fits(v, p) for p in points))
    some = [
        Explanation(v.cost, v.text, frozenset(), base=partial(_next, base, v))
        for v in itertools.islice(sure, ALIKE)
    ]
    whole = (e for e in some if e.base is not None and not e.base().wrong)
    return next(whole, None) or next(iter(some), None)


def _next(base: Base, v: Variant) -> Base:
    """Go on from the reading of the gradient that leaves least to explain."""
    return min((*(onward(base, v, how) for how in HOW), base), key=lambda b: len(b.wrong))
