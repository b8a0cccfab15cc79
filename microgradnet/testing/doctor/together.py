"""Mistakes at two places of the way back: factors exchanged, two slips one after the other."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .candidates import Candidate, multipliers, with_operands
from .case import Case
from .edges import Group
from .graph import form
from .phrases import rounds
from .sweep import Edge, Edit, Make, State


def exchanged(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Give the slips by which two terms of one derivative have each other's factor."""
    meeting: dict[object, list[Group]] = defaultdict(list)
    for group in groups:
        if all(len(multipliers(state, e)) == 1 for e in group.edges):
            meeting[tuple(e.bottom for e in group.edges)].append(group)
    for group in groups:
        yield from _own_factors(case, group, state)
    yield from _slices(case, groups, state)
    yield from _branches(case, groups)
    for members in meeting.values():
        for a, b in itertools.combinations(members, 2):
            pairs = list(zip(a.edges, b.edges, strict=True))
            own = [(_factor(state, e), _factor(state, f)) for e, f in pairs]
            fits = all(i != j and _alike(state, i, j) for i, j in own)
            if fits and not set(a.edges) & set(b.edges):
                yield _exchange(case, a, b, own)


def _factor(state: State, e: Edge) -> int:
    return state.op(e.top).args[multipliers(state, e)[0]]


def _alike(state: State, i: int, j: int) -> bool:
    return form(state.values[i]) == form(state.values[j])


def _exchange(case: Case, a: Group, b: Group, own: Sequence[tuple[int, int]]) -> Candidate:
    names = case.names

    edges: list[Edge] = []
    makes: list[Make] = []
    for (e, f), (i, j) in zip(zip(a.edges, b.edges, strict=True), own, strict=True):
        edges += [e, f]
        makes += [_reading(e, j), _reading(f, i)]

    def text() -> str:
        e, f = a.first, b.first
        return (
            f"{names.derivative(e.bottom)} multiplies by {names(own[0][1])} what comes by way of "
            f"{names(e.top)}, and by {names(own[0][0])} what comes by way of {names(f.top)}: the "
            f"two are exchanged{rounds(a)}"
        )

    group = Group(tuple(edges), False)
    return Candidate(Edit(tuple(edges), makes.__getitem__), group, text, 1.2)


def _own_factors(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Exchange the two derivatives of a product: each operand is multiplied by itself."""
    graph, names, edges = case.graph, case.names, []
    for e in group.edges:
        op = graph.ops[e.top]
        if op.primitive is None or op.primitive.name != "multiply" or e.k or e.inside:
            return
        if len({form(state.values[a]) for a in op.args}) > 1 or not all(
            graph.live[a] for a in op.args
        ):
            return
        edges += [e, Edge(e.top, op.args[1], 1)]
    makes = [_reading(e, e.bottom) for e in edges]

    def text() -> str:
        a, b = edges[:2]
        return (
            f"{names.derivative(a.bottom)} multiplies by {names(a.bottom)}, and "
            f"{names.derivative(b.bottom)} by {names(b.bottom)}: the two factors of "
            f"{names(a.top)} are exchanged{rounds(group)}"
        )

    yield Candidate(Edit(tuple(edges), makes.__getitem__), Group(tuple(edges), False), text, 1.2)


def _slices(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Put the derivatives of two stretches of one array into each other's place."""
    graph, names = case.graph, case.names
    picks = [
        g for g in groups if all(graph.ops[e.top].primitive.name == "getitem" for e in g.edges)
    ]
    for a, b in itertools.combinations(picks, 2):
        pairs = list(zip(a.edges, b.edges, strict=False))
        shapes = {form(state.values[e.top]) for pair in pairs for e in pair}
        same = all(e.bottom == f.bottom and e.top != f.top for e, f in pairs)
        if len(a.edges) != len(b.edges) or len(shapes) > 1 or () in shapes or not same:
            continue
        edges = tuple(e for pair in pairs for e in pair)
        makes = [_landing(f) for e, f in pairs for f in (f, e)]

        def text(a: Group = a, b: Group = b) -> str:
            return (
                f"{names.derivative(a.first.top)} and {names.derivative(b.first.top)} stand in "
                f"each other's place in {names.derivative(a.first.bottom)}{rounds(a)}"
            )

        yield Candidate(Edit(edges, makes.__getitem__), Group(edges, a.apart), text, 1.1)


def _landing(other: Edge) -> Make:
    """Hand what arrives on to the place of another edge."""
    return lambda state, g, cts: state.step(other.top, g, other.k)


def _branches(case: Case, groups: Sequence[Group]) -> Iterator[Candidate]:
    """Take the branches of a ``where`` for each other."""
    graph, names = case.graph, case.names

    def make(e: Edge) -> Make:
        def turned(state: State, g: Any, cts: Any) -> Any:
            xs = state.xs(e.top)
            xs[0] = ~np.asarray(xs[0], bool)
            return state.step(e.top, g, e.k, xs)

        return turned

    for group in groups:
        e = group.first
        if graph.ops[e.top].primitive.name != "where" or e.k != 1:
            continue
        edges = tuple(
            Edge(f.top, graph.ops[f.top].args[k], k)
            for f in group.edges
            for k in (1, 2)
            if graph.live[graph.ops[f.top].args[k]]
        )
        makes = [make(f) for f in edges]

        def text(group: Group = group, top: int = e.top) -> str:
            a, b = (names(graph.ops[top].args[k]) for k in (1, 2))
            return (
                f"the branches {a} and {b} of {names(top)} are exchanged in its derivative"
                f"{rounds(group)}"
            )

        yield Candidate(Edit(edges, makes.__getitem__), Group(edges, False), text, 1.15)


def _reading(e: Edge, v: int) -> Make:
    """Multiply by another value along an edge."""

    def make(state: State, g: Any, cts: Any) -> Any:
        xs = state.xs(e.top)
        xs[multipliers(state, e)[0]] = state.values[v]
        return with_operands(state, e, g, xs)

    return make


def pairs(slips: Sequence[Candidate]) -> Iterator[Candidate]:
    """Give two slips at a time that have no edge in common."""
    for a, b in itertools.combinations(slips, 2):
        if not set(a.edit.edges) & set(b.edit.edges):
            edges = (*a.edit.edges, *b.edit.edges)
            makes = [make for slip in (a, b) for _, make in slip.edit.pairs()]
            edit = Edit(edges, makes.__getitem__)

            def text(a: Candidate = a, b: Candidate = b) -> str:
                return f"{a.text()}, and {b.text()}"

            yield Candidate(edit, Group(edges, False), text, a.cost + b.cost)
