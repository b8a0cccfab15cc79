"""Recognising functions that are written out: 1 / (1 + exp(-z)) is one sigmoid to a person.

Whoever derives by hand treats it as one function with one derivative, so the graph does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .edges import segments
from .functions import RECOGNISED
from .graph import CONSTANT, DATA, PARAM, RESULT, Graph, Op, Point, elements, form
from .sweep import Edge, State

ELEMENTS = 24  # of an array that the code takes apart


def simplified(graph: Graph, points: Sequence[Point]) -> Graph:
    """Put one operation in the place of each function that is written out."""
    ops = list(graph.ops)
    taken: set[int] = set()
    longest = sorted(segments(graph, State(graph, points[0], points[0].values)), key=_length)
    for e in longest:
        if taken & {e.top, *e.inside} or (len(e.inside) == 1 and not _is_square(graph, points, e)):
            continue
        for function in RECOGNISED:
            if all(_equal(function, p.values[e.bottom], p.values[e.top]) for p in points):
                ops[e.top] = replace(
                    graph.ops[e.top], primitive=function, args=(e.bottom,), settings={}
                )
                taken |= set(e.inside)
                break
    return with_all_elements(pruned(ops, graph, points), points)


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
    return Graph(ops, moved(graph.output), graph.params, names, elements(ops, points[0]))


def _length(e: Edge) -> int:
    return -len(e.inside)


def _is_square(graph: Graph, points: Sequence[Point], e: Edge) -> bool:
    return graph.ops[e.top].primitive.name in ("power", "multiply", "maximum")


def _equal(function: Any, z: Any, h: Any) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.allclose(function.compute([z], {}), h, rtol=1e-12, atol=0.0))


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
