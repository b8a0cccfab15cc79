"""Mistakes at two places of the way back: factors exchanged, two slips one after the other."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

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
