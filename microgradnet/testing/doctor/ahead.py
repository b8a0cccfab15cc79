"""Somebody's forward values beside the intended ones: which mistake gives theirs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial, reduce
from operator import or_
from typing import Any

import numpy as np

from ...errors import DTypeError, ShapeError
from .calling import Call
from .case import Base, Explanation
from .columns import Columns, is_scalar
from .effects import HOW, varied
from .formulas import sigmoid, softmax
from .forward import changed_data, changed_values, known, onward
from .graph import CONSTANT, DATA, PARAM, RESULT, Graph, form
from .naming import listed
from .places import Variant, combined
from .sweep import Array
from .trees import Path, copied, number, squeezed, walk

EFFORT = 300_000  # pairs that are tried one by one, times operations
AT_ONCE = 400_000_000  # twice as many pairs that are tried together, times operations and values
CLOSE = 1e-9
ALIKE = 8  # variants that give the same forward values
MENTIONED = 8  # names of values in a message
ADDED = ("sum", "mean", "add", "negative", "reshape", "stack")


@dataclass
class Seen:
    """One reported value: which operations it may be, and its numbers at all points."""

    name: str
    ops: tuple[int, ...]
    values: list[Any]
    placed: bool = True  # it has the name of an intended value, or none at all

    def fits(self, p: int, values: Sequence[Any]) -> bool:
        """Whether some of the operations has these numbers at point `p`, or they are made of it.

        Samples may be in columns where they are intended in rows.
        """
        y = self.values[p]
        own = [values[i] for i in self.ops]
        rows = [[x] if type(x) is float else np.reshape(x, -1) for x in own if np.size(x) == y.size]
        if y.ndim == 2 and 1 not in y.shape:
            rows += [np.reshape(x.T, -1) for x in own if np.shape(x) == y.shape[::-1]]
        arrays = np.array(rows, np.float64).reshape(len(rows), *y.shape)
        most = CLOSE * np.max(np.abs(y), initial=0.0) + 1e-300
        axes = tuple(range(1, arrays.ndim))
        made = (arrays, *(view(arrays) for view in self.views))
        return any(bool(np.any(np.all(np.abs(x - y) <= most, axis=axes))) for x in made)

    @cached_property
    def views(self) -> list[Callable[[Array], Array]]:
        """Tell which functions of intended values these may be.

        Probabilities, of logits; logits from which their largest is subtracted.
        """
        axes = range(np.ndim(self.values[0]))
        tops = [n for n in axes if all(x.size and not x.max(n).any() for x in self.values)]
        if tops:
            return [partial(_from_largest, axis=n + 1) for n in tops]
        if not all(np.all((x > 0.0) & (x < 1.0)) for x in self.values):
            return []
        whole = [n for n in axes if all(np.allclose(x.sum(n), 1.0, CLOSE) for x in self.values)]
        return [partial(softmax, axis=n + 1) for n in whole] or [sigmoid]


def _from_largest(x: Array, axis: int) -> Array:
    return np.asarray(x - x.max(axis, keepdims=True))


def is_whole(values: Sequence[Array]) -> bool:
    """Whether these are masks, labels, numbers of things."""
    return all(np.array_equal(y, np.round(y)) for y in values)


def seen(base: Base, call: Call) -> list[Seen]:
    """Ask for the forward values at all points, and find what each of them is."""
    points = [state.point for state in base.states]
    results = [_numbers(call(copied(p.leaves), copied(p.inputs))) for p in points]
    out: list[Seen] = []
    for n, (path, _) in enumerate(results[0]):
        values = [np.asarray(r[n][1], np.float64) for r in results]
        out += _found(base, str(path[0]) if path else "", values)
    if not out:
        raise ShapeError(
            "the forward computation gave nothing; expected the loss, the prediction, or a dict of "
            f"values of the intended function by their names: {_known(base)}"
        )
    return [s for s in out if s.ops] or out  # the others are of no interest beside these


def _numbers(result: Any) -> list[tuple[Path, Any]]:
    """List the numbers and arrays that were given; what else there is cannot be compared."""
    found, problem = [], None
    for path, x in walk(result):
        try:
            found.append((path, number(x, "the forward computation's result")))
        except DTypeError as error:
            problem = error
    if problem is not None and not found:
        raise problem
    return found


def _found(base: Base, name: str, values: list[Array]) -> list[Seen]:
    """Find what a value may be; one of several rounds is several values."""
    graph, numbers = base.case.graph, base.states[0].values
    shapes = [squeezed(form(x)) for x in numbers]
    places = {name: i for i, name in graph.names.items()}
    if name in places:
        i = places[name]
        return [Seen(name, (i,), values, np.size(numbers[i]) == values[0].size)]
    if name and not any(y.any() for y in values):
        return []  # a state of zeros, to begin with
    ways = [way for way in _ways(base, name, values, shapes) if way]
    whole = [Seen(name, (), values, False)]
    return next((way for way in ways if agrees(base, way)), ways[0] if ways else whole)


def _ways(
    base: Base, name: str, values: list[Array], shapes: Sequence[tuple[int, ...]]
) -> Iterator[list[Seen]]:
    """Give what a value without a known name may be, the likely first: a result; its rounds."""
    graph, shape = base.case.graph, squeezed(values[0].shape)
    results = [i for i, op in enumerate(graph.ops) if op.kind == RESULT and not _is_term(base, i)]
    unnamed = not name and not is_whole(values)

    def among(some: Sequence[int], wanted: tuple[int, ...]) -> list[Seen]:
        ops = tuple(i for i in some if shapes[i] == wanted)
        return [_scaled(base, Seen(name, ops, values, unnamed))] if ops else []

    yield among(results, shape)
    by_rows = [x.reshape(shape) for x in values]
    turned = [[np.moveaxis(x, axis, 0) for x in by_rows] for axis in range(len(shape))]
    for arrays in (*turned, [x.T for x in by_rows]):
        rounds = _rounds(base, results, np.shape(arrays[0]))
        start = (len(arrays[0]) if shape else 0) - len(rounds)
        some = [(m, own, [x[m] for x in arrays]) for m, own in enumerate(rounds, start)]
        yield [Seen(f"{name}[{m}]", own, xs, unnamed) for m, own, xs in some]
    yield among(results, shape[::-1])
    leaf = among([i for i, op in enumerate(graph.ops) if op.kind in (PARAM, DATA)], shape)
    yield leaf if name and leaf and agrees(base, leaf) else []


def _scaled(base: Base, s: Seen) -> Seen:
    """Take losses of samples up to a constant, which may be made up for where they are added."""
    some = replace(s, ops=tuple(i for i in s.ops if i in _losses(base.case.graph)))
    if s.name or not some.ops or agrees(base, [s]):
        return s
    made = (replace(some, values=[y / c for y in s.values]) for c in base.case.constants)
    return next((t for t in made if agrees(base, [t])), s)


def _losses(graph: Graph) -> set[int]:
    """Give what the loss is a sum or a mean of."""
    found, stack = set[int](), [graph.output]
    while stack:
        op = graph.ops[stack.pop()]
        varies = [a for a in op.args if graph.ops[a].kind != CONSTANT]
        if op.name in ADDED or (op.name in ("multiply", "divide") and len(varies) == 1):
            stack += [a for a in varies if a not in found]
            found.update(varies)
    return found


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
        what = names(s.ops[0]) if len(s.ops) == 1 else f"`{_whole(s)}`"
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
    return f"forward(...)[{name}]" if name.isdigit() else name or "forward"


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
    values = [s for s in values if s.placed or not is_whole(s.values) or agrees(base, [s])]
    if not agrees(base, placed):
        found = _mistake(base, values)
        return found or (_mistake(base, placed) if len(placed) < len(values) else None)
    few = not base.wrong or agrees(base, values)
    found = None if few else _mistake(base, values, likely=True)
    better = found and found.base is not None and len(found.base().wrong) < len(base.wrong)
    return found if better else None


def _mistake(base: Base, values: Sequence[Seen], likely: bool = False) -> Explanation | None:
    """Find one mistake that gives all values, or two; if it is to be `likely`, one that is."""
    wrong = [s for s in values if not s.fits(0, base.states[0].values)] or list(values)
    others = [s for s in values if not any(s is lost for lost in wrong)]

    def fits(v: Variant, p: int) -> bool:
        state = varied(base, v, p)
        return state is not None and all(s.fits(p, state.values) for s in (*wrong, *others))

    moves = _moved(base, wrong)
    spares = _spared(base, [s for s in others if agrees(base, [s])])
    regular = [*known(base), *changed_data(base), *changed_values(base)]
    for odd in (False,) if likely else (False, True):
        some = known(base, odd) if odd else regular
        found = _cheapest(base, [v for v in some if moves(v) and spares(v)], fits)
        if found is not None or likely:
            return found
    singles = [v for v in known(base, odd=True) if spares(v)]
    return _cheapest(base, list(_pairs(base, singles, wrong, fits)), fits)


def _moved(base: Base, wrong: Sequence[Seen]) -> Callable[[Variant], bool]:
    """Tell whether all values that differ are made from what a variant changes."""
    above = base.case.graph.above
    made = [reduce(or_, (above[i] for i in s.ops), 0) for s in wrong]

    def moves(v: Variant) -> bool:
        bits = _bits(v)
        return all(some & bits for some in made)

    return moves


def _spared(base: Base, right: Sequence[Seen]) -> Callable[[Variant], bool]:
    """Tell whether no value that is right is made from all that it changes.

    It may be made from some of it: a change may not show in the first round of a loop.
    """
    values, above = base.states[0].values, base.case.graph.above
    own = [[i for i in s.ops if replace(s, ops=(i,)).fits(0, values)] for s in right]
    made = {tuple(above[i] for i in ops) for ops in own}

    def spares(v: Variant) -> bool:
        bits = _bits(v)
        return all(any(some & bits != bits for some in each) for each in made)

    return spares


def _bits(v: Variant) -> int:
    return reduce(or_, (1 << i for i, _ in v.ops))


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
    first: Explanation | None = None
    for v in itertools.islice(sure, ALIKE):
        next_base = _next(base, v)
        e = Explanation(v.cost, v.text, frozenset(), base=partial(_itself, next_base))
        if not next_base.wrong:
            return e
        first = first or e
    return first


def _itself(base: Base) -> Base:
    return base


def _next(base: Base, v: Variant) -> Base:
    """Go on from the reading of the gradient that leaves least to explain."""
    return min((*(onward(base, v, how) for how in HOW), base), key=lambda b: len(b.wrong))
