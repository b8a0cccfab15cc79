"""Somebody's forward values, each beside what it may be of the intended computation.

People keep them as they like: by their own names, in columns, in lists of layers or of rounds, as
probabilities where logits are meant, with masks and strings beside them. What cannot be compared
is said, and keeps nobody from looking at the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from ...errors import DTypeError, ShapeError
from .calling import Call
from .case import Base
from .formulas import sigmoid, softmax
from .graph import CONSTANT, DATA, PARAM, RESULT, Graph, form
from .naming import listed
from .sweep import Array
from .trees import Path, copied, number, squeezed, walk

CLOSE = 1e-9
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
    for path, x in results[0]:
        made = [[y for where, y in r if where == path] for r in results]
        if all(len(some) == 1 and np.shape(some[0]) == np.shape(x) for some in made):
            values = [np.asarray(y, np.float64) for (y,) in made]
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
        placed = graph.ops[i].kind == RESULT and np.size(numbers[i]) == values[0].size
        return [Seen(name, (i,), values, placed)]  # what is predicted may have the name of data
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
