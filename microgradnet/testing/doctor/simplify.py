"""Recognising functions that are written out: 1 / (1 + exp(-z)) is one sigmoid to a person.

Whoever derives by hand treats it as one function with one derivative, so the graph does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...graph import Primitive
from ...rules import Elementwise
from .edges import segments
from .functions import RECOGNISED
from .graph import (
    CONSTANT,
    DATA,
    PARAM,
    RESULT,
    Graph,
    Op,
    Point,
    Settled,
    elements,
    evaluate,
    form,
)
from .naming import index as written
from .sweep import Edge, State, walked

ELEMENTS = 24  # of an array that the code takes apart
CANCELLED = 1e-12  # of the parts of a derivative: what rounding leaves of their sum


def simplified(graph: Graph, points: Sequence[Point]) -> Graph:
    """Put one operation in the place of each function that is written out."""
    graph = with_direct_elements(graph, points)
    ops, names = list(graph.ops), dict(graph.names)
    taken: set[int] = set()
    stretches = segments(graph, State(graph, points[0], points[0].values))
    single = [
        Edge(i, a, -1, (i,))
        for i, op in enumerate(ops)
        for a in op.args
        if graph.live[i] and graph.live[a] and sum(graph.live[b] for b in op.args) == 1
    ]
    longest = sorted((*stretches, *single), key=_length)
    for e in longest:
        if taken & {e.top, *e.inside} or (len(e.inside) == 1 and not _is_square(graph, points, e)):
            continue
        for function in RECOGNISED:
            if _is(function, e.bottom, e.top, points):
                # The oldest operation with this value is the function: 0 + f(z) begins a sum.
                i = next(i for i in reversed(e.inside) if _is(function, e.bottom, i, points))
                ops[e.top] = replace(
                    graph.ops[i], primitive=function, args=(e.bottom,), settings={}
                )
                if i in names:
                    names.setdefault(e.top, names[i])
                taken |= set(e.inside)
                break
    named = Graph(graph.ops, graph.output, graph.params, names)
    whole = with_whole_arguments(pruned(ops, named, points), points)
    needed = with_stretches(whole, points)
    return without_shifts(with_all_elements(needed, points), points)


def with_whole_arguments(graph: Graph, points: Sequence[Point]) -> Graph:
    """Apply a function to an array where it is applied to each of the elements that make it up.

    So do people who derive by arrays what they mean by loops.
    """
    ops, names, joined = list(graph.ops), dict(graph.names), set[int]()
    for i, op in enumerate(ops):
        inner = [ops[a] for a in op.args]
        shaped = op.name == "reshape" and op.args[0] in joined - {*names}  # by who filled it
        if not (op.name == "stack" or shaped) or not _is_one_function(graph, inner, op.args):
            continue
        if any(p.settings[a] for p in points for a in op.args):
            continue
        last = max(op.args)  # whose place is free
        joined.add(i)
        _named_alike(names, i, op.args)
        ops[last] = replace(op, args=tuple(f.args[0] for f in inner))
        ops[i] = replace(inner[0], args=(last,))
        names.pop(last, None)
        _named_alike(names, last, ops[last].args)
        for p in points:
            p.settings[last], p.settings[i] = p.settings[i], {}
            p.values[last] = evaluate(
                ops[last], p.settings[last], [p.values[a] for a in ops[last].args]
            )
    return pruned(ops, Graph(ops, graph.output, graph.params, names), points)


def _named_alike(names: dict[int, str], i: int, parts: Sequence[int]) -> None:
    """Call an array ``out`` if it has no name, and all of its parts are called ``out[0]``."""
    of = {names.get(a, "").rpartition("[")[0] for a in parts}
    if i not in names and len(of) == 1 and "" not in of and not of & {*names.values()}:
        names[i] = of.pop()


def _is_one_function(graph: Graph, inner: Sequence[Op], places: Sequence[int]) -> bool:
    """Whether some values are a function of one variable each, the same one, and read once."""
    f = inner[0].primitive
    return (
        all(op.primitive is f and op.kind is RESULT and len(op.args) == 1 for op in inner)
        and isinstance(f.rule, Elementwise)
        and all(len(graph.users(i)) == 1 for i in places)
    )


def with_stretches(graph: Graph, points: Sequence[Point]) -> Graph:
    """Take the stretches of a vector that holds all parameters for parameters of their own.

    Of ``theta[0:4]``, ``theta[4:6]`` and ``theta[6]``, if nothing else of theta is read.
    """
    ops, names = list(graph.ops), dict(graph.names)
    params: list[int] = []
    found: dict[int, tuple[int, Any]] = {}
    for n, leaf in enumerate(graph.params):
        parts = _stretches(graph, points[0], leaf)
        params += parts or [leaf]
        for i, where in parts.items():
            found[i] = n, where
            ops[i] = replace(ops[i], kind=PARAM, primitive=None, args=())
            names[i] = f"{names[leaf]}[{written(where)}]"
        if parts:
            ops[leaf] = Op(CONSTANT)
            del names[leaf]
    return Graph(ops, graph.output, params, names, elements(ops, points[0]), found)


def _stretches(graph: Graph, point: Point, leaf: int) -> dict[int, Any]:
    """Give what takes stretches out of a vector, in order, if they make it up, each once."""
    size, found = np.size(point.values[leaf]), {}
    for i, _ in graph.users(leaf) if np.ndim(point.values[leaf]) == 1 else ():
        where = point.settings[i].get("index")
        where = where[0] if isinstance(where, tuple) and len(where) == 1 else where
        if graph.ops[i].name != "getitem" or not isinstance(where, slice | int):
            return {}
        taken = range(size)[where if isinstance(where, slice) else slice(where, where % size + 1)]
        if taken.step != 1 or not taken:
            return {}
        found[i] = taken, where
    order = sorted(found, key=lambda i: found[i][0].start)
    starts, stops = ([getattr(found[i][0], end) for i in order] for end in ("start", "stop"))
    if not found or [0, *stops] != [*starts, size] or len(order) == size:
        return {}
    return {
        i: slice(found[i][0].start, found[i][0].stop) if isinstance(found[i][1], slice) else start
        for i, start in zip(order, starts, strict=True)
    }


def without_shifts(graph: Graph, points: Sequence[Point]) -> Graph:
    """Take the largest element for a constant where the result does not depend on it.

    So does whoever writes ``exp(z - max(z))`` lest it overflow: it has no derivative of its own.
    """
    ops = list(graph.ops)
    largest = [i for i, op in enumerate(ops) if op.args and graph.live[i] and op.name == "max"]
    for p in points if largest else ():
        walk = walked(State(graph, p, p.values))
        largest = [i for i in largest if _cancels(graph, walk, i)]
    for i in largest:
        ops[i] = replace(ops[i], primitive=Settled(ops[i].primitive))
    return Graph(ops, graph.output, graph.params, graph.names, graph.elements, graph.stretches)


def _cancels(graph: Graph, walk: Sequence[Any], i: int) -> bool:
    """Whether the parts of a derivative add up to 0, but for rounding."""
    parts = [np.abs(walk[n]).max(initial=0.0) for n, _ in graph.users(i) if walk[n] is not None]
    return bool(np.abs(walk[i]).max(initial=0.0) <= CANCELLED * max(parts, default=0.0))


def with_direct_elements(graph: Graph, points: Sequence[Point]) -> Graph:
    """Read ``W[0][1]`` from W at once, not from its row, and once for all."""
    ops, names, found = list(graph.ops), dict(graph.names), elements(graph.ops, points[0])
    for i, op in enumerate(ops):
        row = found.get(op.args[0]) if op.args and op.name == "getitem" else None
        if row is None or i in found:
            continue
        index = points[0].settings[i]["index"]
        index = index if isinstance(index, tuple) else (index,)
        if not all(isinstance(n, int | np.integer) for n in index):
            continue
        leaf, place = row
        shape = form(points[0].values[leaf])[len(place) :]
        found[i] = leaf, (*place, *(int(n) % size for n, size in zip(index, shape, strict=False)))
        ops[i] = replace(op, args=(leaf,))
        for p in points:
            p.settings[i] = {"index": found[i][1]}
        if leaf in names:
            names[i] = names[leaf] + "".join(f"[{n}]" for n in found[i][1])
    first: dict[object, int] = {}
    same = {i: first.setdefault(place, i) for i, place in found.items()}
    ops = [replace(op, args=tuple(same.get(a, a) for a in op.args)) for op in ops]
    return Graph(ops, graph.output, graph.params, names, elements(ops, points[0]))


def with_all_elements(graph: Graph, points: Sequence[Point]) -> Graph:
    """Add the elements that the code does not read to those that it does: it might have."""
    missing = []
    for i, (leaf, index) in graph.elements.items():
        shape = form(points[0].values[leaf])[: len(index)]
        if math.prod(shape) <= ELEMENTS:
            known = {place for other, place in graph.elements.values() if other == leaf}
            rest = [place for place in np.ndindex(shape) if place not in known]
            missing += [(i, leaf, place) for place in rest]
    first = {(leaf, place): i for i, leaf, place in reversed(missing)}
    start = 1 + max(graph.elements, default=-1)  # where elements end and results begin
    added = [replace(graph.ops[i], order=0) for i in first.values()]

    def moved(i: int) -> int:
        return i if i < start else i + len(added)

    ops = [replace(op, args=tuple(map(moved, op.args))) for op in graph.ops]
    for p in points:
        picks: list[Any] = [p.values[leaf][place] for leaf, place in first]
        p.values[start:start] = [float(x) if form(x) == () else x for x in picks]
        p.settings[start:start] = [{"index": place} for _, place in first]
    ops[start:start] = added
    names = {moved(i): name for i, name in graph.names.items()}
    params = [*map(moved, graph.params)]
    stretches = {moved(i): stretch for i, stretch in graph.stretches.items()}
    return Graph(ops, moved(graph.output), params, names, elements(ops, points[0]), stretches)


def _length(e: Edge) -> int:
    return -len(e.inside)


def _is_square(graph: Graph, points: Sequence[Point], e: Edge) -> bool:
    return graph.ops[e.top].name in ("power", "multiply", "maximum")


def _is(function: Primitive, bottom: int, top: int, points: Sequence[Point]) -> bool:
    """Whether a value is this function of another, at all points."""
    pairs = ((function.compute([p.values[bottom]], {}), p.values[top]) for p in points)
    return all(form(z) == form(x) and np.allclose(z, x, 1e-12, 0.0) for z, x in pairs)


def pruned(ops: Sequence[Op], graph: Graph, points: Sequence[Point]) -> Graph:
    """Leave out what the result no longer needs, in the graph and in all points."""
    whole = Graph(list(ops), graph.output, graph.params, graph.names)
    kept = [
        i
        for i, op in enumerate(ops)
        if op.kind not in (CONSTANT, RESULT) or whole.depends(graph.output, i)
    ]
    first = elements(ops, points[0])  # of leaves; any operation might have read them
    kept.sort(key=lambda i: 0 if ops[i].kind in (PARAM, DATA) else 1 if i in first else 2)
    place = {old: new for new, old in enumerate(kept)}
    for p in points:
        p.values = [p.values[i] for i in kept]
        p.settings = [p.settings[i] for i in kept]
    renumbered = [replace(ops[i], args=tuple(place[a] for a in ops[i].args)) for i in kept]
    names = {place[i]: name for i, name in graph.names.items() if i in place}
    params = [place[p] for p in graph.params]
    picked = elements(renumbered, points[0])
    return Graph(renumbered, place[graph.output], params, names, picked)
