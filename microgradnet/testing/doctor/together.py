"""Mistakes at two places of the way back: what belongs to each is exchanged."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .case import Case
from .edges import Group, meeting
from .graph import CONSTANT, PARAM, RESULT, form
from .naming import listed, rounds
from .places import Candidate, multipliers, with_operand
from .sources import first_shown, sources
from .sweep import Edge, Edit, Make, State


def exchanged(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Give the slips by which two ways of one derivative have what belongs to the other."""
    yield from _factors_of_products(case, groups, state)
    yield from _every_product(case, state)
    yield from _signs(case, groups, state)
    yield from _factors_of_terms(case, groups, state)
    yield from _slices(case, groups, state)
    yield from _branches(case, groups)
    yield from _everywhere(case, groups, state)


def _both(
    edges: Sequence[Edge], make: Callable[[Edge], Make], text: str, cost: float, group: Group
) -> Candidate:
    makes = [make(e) for e in edges]
    edit = Edit(tuple(edges), makes.__getitem__)
    return Candidate(edit, Group(tuple(edges), False), text + rounds(group), cost)


def _partners(a: Group, b: Group) -> dict[Edge, Edge]:
    pairs = list(zip(a.edges, b.edges, strict=True))
    return {**dict(pairs), **{f: e for e, f in pairs}}


def _reading(e: Edge, v: int) -> Make:
    """Multiply by another value along an edge."""
    return lambda state, g, cts: with_operand(
        state, e, g, multipliers(state, e)[0], state.values[v]
    )


def _factors_of_products(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Exchange the two derivatives of a product: each operand is multiplied by itself."""
    graph, names = case.graph, case.names

    def fits(e: Edge) -> bool:
        op = graph.ops[e.top]
        one = op.primitive.name == "multiply" and len({form(state.values[a]) for a in op.args}) == 1
        return one and e.k == 0 and not e.inside and all(graph.live[a] for a in op.args)

    for group in groups:
        if not all(map(fits, group.edges)):
            continue
        edges = [f for e in group.edges for f in (e, Edge(e.top, graph.ops[e.top].args[1], 1))]
        a, b = edges[:2]
        text = (
            f"{names.derivative(a.bottom)} multiplies by {names(a.bottom)}, and "
            f"{names.derivative(b.bottom)} by {names(b.bottom)}: the two factors of "
            f"{names(a.top)} are exchanged"
        )
        yield _both(edges, lambda e: _reading(e, e.bottom), text, 1.2, group)


def _every_product(case: Case, state: State) -> Iterator[Candidate]:
    """Exchange the derivatives of all products, as by a rule that is written once."""
    graph = case.graph
    some = [
        (i, op)
        for i, op in enumerate(graph.ops[: graph.output])
        if op.kind == RESULT and op.primitive.name == "multiply" and graph.live[i]
        if op.args[0] != op.args[1]
        and any(graph.ops[graph.leaf_of(a)].kind == PARAM for a in op.args)
        if len({form(state.values[a]) for a in op.args}) == 1
    ]
    edges = [Edge(i, a, k) for i, op in some for k, a in enumerate(op.args) if graph.live[a]]
    if len({op.site for _, op in some}) > 1:
        text = "in all products with a parameter each factor multiplies its own derivative"
        text += " where the other one should"
        yield _both(edges, lambda e: _reading(e, e.bottom), text, 1.2, Group((edges[0],), True))


def _signs(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Turn the sign of two of the terms of a derivative: of h - g for g - h."""
    names = case.names
    some = [group for group in groups if not group.odd and not group.first.inside]

    def turned(e: Edge) -> Make:
        return lambda state, g, cts: -state.along(e, g)

    for a, b in meeting(some):
        if not set(a.edges) & set(b.edges):
            e, f = a.first, b.first
            ways = f"{names(e.top)} and {names(f.top)}"
            text = f"the terms that come through {ways} in {names.derivative(e.bottom)}"
            text += " have the wrong sign"
            yield _both([*a.edges, *b.edges], turned, text, 1.15, a)


def _factors_of_terms(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Exchange the factors of two terms: z*h + (1 - z)*n with z where 1 - z belongs."""
    names = case.names
    some = [g for g in groups if all(len(multipliers(state, e)) == 1 for e in g.edges)]

    def factor(e: Edge) -> int:
        return state.op(e.top).args[multipliers(state, e)[0]]

    for a, b in meeting(some):
        partner = _partners(a, b)
        own = {e: factor(e) for e in partner}
        if len(partner) < 2 * len(a.edges) or any(
            own[e] == own[f] or form(state.values[own[e]]) != form(state.values[own[f]])
            for e, f in partner.items()
        ):
            continue
        e, f = a.first, b.first
        text = (
            f"{names.derivative(e.bottom)} multiplies by {names(own[f])} what comes by way of "
            f"{names(e.top)}, and by {names(own[e])} what comes by way of {names(f.top)}: the "
            "two are exchanged"
        )
        made = {e: _reading(e, own[f]) for e, f in partner.items()}
        yield _both([*partner], made.__getitem__, text, 1.2, a)


def _slices(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Put the derivatives of two stretches of one array into each other's place."""
    names = case.names

    def landing(other: Edge) -> Make:
        return lambda state, g, cts: state.step(other.top, g, other.k)

    kinds: dict[object, list[Group]] = defaultdict(list)
    for group in groups:
        shapes = {form(state.values[e.top]) for e in group.edges}
        picks = all(case.graph.ops[e.top].primitive.name == "getitem" for e in group.edges)
        if picks and len(shapes) == 1 and () not in shapes:
            kinds[tuple(e.bottom for e in group.edges), shapes.pop()].append(group)
    for a, b in itertools.chain(*(itertools.combinations(m, 2) for m in kinds.values())):
        partner = _partners(a, b)
        if len(partner) == 2 * len(a.edges):
            one, other, whole = (
                names.derivative(i) for i in (a.first.top, b.first.top, a.first.bottom)
            )
            text = f"{one} and {other} stand in each other's place in {whole}"
            made = {e: landing(f) for e, f in partner.items()}
            yield _both([*partner], made.__getitem__, text, 1.1, a)


def _branches(case: Case, groups: Sequence[Group]) -> Iterator[Candidate]:
    """Take the branches of ``np.where`` for each other."""
    graph, names = case.graph, case.names

    def turned(e: Edge) -> Make:
        return lambda state, g, cts: with_operand(
            state, e, g, 0, ~np.asarray(state.xs(e.top)[0], bool)
        )

    for group in groups:
        top = graph.ops[group.first.top]
        if top.primitive.name == "choose" and group.first.k == 1:
            edges = [
                Edge(f.top, a, k)
                for f in group.edges
                for k, a in enumerate(graph.ops[f.top].args)
                if graph.live[a]
            ]
            one, other = (names(a) for a in top.args[1:])
            text = f"the branches {one} and {other} are exchanged in the derivative"
            yield _both(edges, turned, text, 1.15, group)


def _everywhere(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Multiply by another value wherever one is a factor: what was stored is a round off."""
    graph, names = case.graph, case.names
    reading: dict[object, list[tuple[Group, int]]] = defaultdict(list)

    def same(i: int) -> object:  # a first state of zeros is a constant in each place
        return i if graph.ops[i].kind != CONSTANT else repr(state.values[i])

    for group in groups:
        for j in multipliers(state, group.first) if group.whole else ():
            reading[tuple(same(graph.ops[e.top].args[j]) for e in group.edges)].append((group, j))
    for places in reading.values():
        group, j = places[0]
        own = tuple(graph.ops[e.top].args[j] for e in group.edges)
        which = [*dict.fromkeys(names.derivative(at.first.bottom) for at, _ in places)]
        if len(which) < 2:
            continue
        for s in sources(graph, group, names.is_short, j):
            m = first_shown(graph, s.ops, own)
            if s.ops == own or form(state.values[s.ops[m]]) != form(state.values[own[m]]):
                continue
            made = {
                e: _multiplying(e, j, v)
                for group, j in places
                for e, v in zip(group.edges, s.ops, strict=True)
            }
            text = (
                f"{listed(which)} multiply by {names(s.ops[m])} where they should multiply by "
                f"{names(own[m])}"
            )
            yield _both([*made], made.__getitem__, text, 1.15 + s.strangeness, group)


def _multiplying(e: Edge, j: int, v: int) -> Make:
    return lambda state, g, cts: with_operand(state, e, g, j, state.values[v])
