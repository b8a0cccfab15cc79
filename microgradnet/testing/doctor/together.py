"""Mistakes at two places of the way back: what belongs to each is exchanged."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import Case
from .edges import Group, meeting
from .graph import CONSTANT, PARAM, Graph, evaluate, form
from .naming import listed, rounds
from .places import Candidate, multipliers, with_operand
from .slips import SLOPES as KNOWN
from .sources import Ops, first_shown, sources
from .sweep import Edge, Edit, Make, State

Look = Callable[[State, int], Any]  # what is read instead, from the numbers and the round


def exchanged(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Give the slips by which two ways of one derivative have what belongs to the other."""
    yield from _factors_of_products(case, groups, state)
    yield from _every_product(case, state)
    yield from _signs(case, groups, state)
    yield from _factors_of_terms(case, groups, state)
    yield from _crossed(case, groups, state)
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
        one = op.name == "multiply" and len({form(state.values[a]) for a in op.args}) == 1
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
        if op.name == "multiply" and graph.live[i]
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


def _crossed(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Exchange the weights of two neurons that are added: ``h1*w5 + h2*w6`` handed on crosswise."""
    graph, names = case.graph, case.names
    found: dict[tuple[int, tuple[int, ...]], list[Group]] = defaultdict(list)
    for group in groups:
        several = [multipliers(state, e) for e in group.edges]
        if group.odd or group.first.inside or any(len(some) != 1 for some in several):
            continue
        factors = [state.op(e.top).args[j] for e, (j,) in zip(group.edges, several, strict=True)]
        if all(graph.ops[graph.leaf_of(i)].kind == PARAM for i in factors):
            sums = tuple(graph.users(e.top)[0][0] for e in group.edges if graph.users(e.top))
            found[len(group.edges), sums].append(group)
    for (_, sums), some in found.items():
        for a, b in itertools.combinations(some if sums else (), 2):
            partner = _partners(a, b)
            own = {e: state.op(e.top).args[multipliers(state, e)[0]] for e in partner}
            same = {form(state.values[i]) for i in own.values()}
            e, f = a.first, b.first
            if len(partner) < 2 * len(a.edges) or len(same) > 1 or own[e] == own[f]:
                continue
            v, w, reads = names(own[e]), names(own[f]), "where it should multiply by"
            text = (
                f"{names.derivative(e.bottom)} multiplies by {w} {reads} {v}, and "
                f"{names.derivative(f.bottom)} by {v} {reads} {w}"
            )
            made = {e: _reading(e, own[f]) for e, f in partner.items()}
            yield _both([*partner], made.__getitem__, text, 1.12, a)


def _slices(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Put the derivatives of two stretches of one array into each other's place."""
    names = case.names

    def landing(other: Edge) -> Make:
        return lambda state, g, cts: state.step(other.top, g, other.k)

    kinds: dict[object, list[Group]] = defaultdict(list)
    for group in groups:
        shapes = {form(state.values[e.top]) for e in group.edges}
        picks = all(case.graph.ops[e.top].name == "getitem" for e in group.edges)
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
        if top.name == "choose" and group.first.k == 1:
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
    """Take another value wherever one is read: what is stored, or computed anew, is a round off."""
    graph = case.graph
    reading: dict[tuple[object, ...], list[tuple[Group, int]]] = defaultdict(list)

    for group in groups:
        for j in multipliers(state, group.first) if group.whole else ():
            own = tuple(_key(state, graph.ops[e.top].args[j]) for e in group.edges)
            reading[own].append((group, j))
    for keys, places in reading.items():
        value = _Value(case, state, places, keys)
        yield from value.stored()
        yield from value.computed()


@dataclass
class _Value:
    """A value, in each round, with all places where a derivative is computed with it.

    As a factor, and where the slope of a function is written with its result.
    """

    case: Case
    state: State
    factors: list[tuple[Group, int]]  # with the operand that it is
    keys: tuple[object, ...]  # which value it is, by round

    def __post_init__(self) -> None:
        self.graph, self.names = self.case.graph, self.case.names
        self.group, self.j = self.factors[0]
        self.own = tuple(self.graph.ops[e.top].args[self.j] for e in self.group.edges)
        self.slopes = _slopes(self.graph, self.own)
        self.products = [[*_by_products(self.graph, self.state, key)] for key in self.keys]

    def stored(self) -> Iterator[Candidate]:
        """Read another value that there is."""
        for s in sources(self.graph, self.group, self.names.is_short, self.j):
            m = self.differs(s.ops, self.own)
            if m is None:
                continue

            def look(state: State, m: int, ops: Ops = s.ops) -> Any:
                return state.values[ops[m]]

            wrong, right = self.names(s.ops[m]), self.names(self.own[m])
            which = self.which(m, ())
            if len(which) > 1:
                text = f"{listed(which)} multiply by {wrong} where they should multiply by {right}"
                yield self.wrong(look, (), text, 1.15 + s.strangeness)
            some = [(self.slopes, False)] if self.slopes else []
            some += [(self.slopes, True)] if any(self.products) else []
            for slopes, anew in some:
                which = self.which(m, slopes, anew)
                text = f"{listed(which)} are computed with {wrong} where it should be {right}"
                yield self.wrong(look, slopes, text, 1.32 + s.strangeness, anew)

    def computed(self) -> Iterator[Candidate]:
        """Compute it once more from another argument."""
        read = tuple(e.bottom for e in self.slopes)
        for s in (
            sources(self.graph, Group(self.slopes, False), self.names.is_short) if read else ()
        ):
            m = self.differs(s.ops, read)
            if m is None:
                continue

            def look(state: State, m: int, ops: Ops = s.ops) -> Any:
                i = self.own[m]
                return evaluate(state.op(i), state.point.settings[i], [state.values[ops[m]]])

            text = (
                f"{listed(self.which(m, self.slopes))} are computed with {self.names(self.own[m])} "
                f"that reads {self.names(s.ops[m])} where it should read {self.names(read[m])}"
            )
            yield self.wrong(look, self.slopes, text, 1.32 + s.strangeness)

    def differs(self, ops: Ops, own: Ops) -> int | None:
        """Tell by which round a sentence shows it; None if nothing is read elsewhere, or fits."""
        m = first_shown(self.graph, ops, own)
        values = self.state.values
        return m if ops != own and form(values[ops[m]]) == form(values[own[m]]) else None

    def which(self, m: int, slopes: Sequence[Edge], anew: bool = False) -> list[str]:
        """Name the derivatives that are computed with it in a round."""
        edges = [*(at.edges[m] for at, _ in self.factors), *slopes[m : m + 1]]
        edges += [e for e, _, _ in self.products[m] if anew]
        return [*dict.fromkeys(self.names.derivative(e.bottom) for e in edges)]

    def wrong(
        self, look: Look, slopes: Sequence[Edge], text: str, cost: float, anew: bool = False
    ) -> Candidate:
        """Read something else in all places, perhaps in products that are computed anew, too."""
        products = itertools.chain(*self.products)
        made = {
            **{
                e: _multiplying(e, j, m, look)
                for at, j in self.factors
                for m, e in enumerate(at.edges)
            },
            **{e: _sloping(e, m, look) for m, e in enumerate(slopes)},
            **{e: self.in_product(e, j, p, look) for e, j, p in products if anew},
        }
        return _both([*made], made.__getitem__, text, cost, self.group)

    def in_product(self, e: Edge, j: int, p: int, look: Look) -> Make:
        """Multiply by a product that is computed anew."""

        def read(state: State, a: int) -> Any:
            key = _key(self.state, a)
            return look(state, self.keys.index(key)) if key in self.keys else state.values[a]

        def make(state: State, g: Any, cts: Any) -> Any:
            op = state.op(p)
            v = evaluate(op, state.point.settings[p], [read(state, a) for a in op.args])
            return with_operand(state, e, g, j, v)

        return make


def _by_products(graph: Graph, state: State, key: object) -> Iterator[tuple[Edge, int, int]]:
    """Give the edges along which a product with a value is a factor: which operand, and which."""
    for p, op in enumerate(graph.ops):
        if op.name == "multiply":
            for n, j in graph.users(p) if key in [_key(state, a) for a in op.args] else ():
                edges = [Edge(n, a, k) for k, a in enumerate(graph.ops[n].args) if k != j]
                some = [e for e in edges if graph.live[e.bottom] and j in multipliers(state, e)]
                yield from ((e, j, p) for e in some)


def _key(state: State, i: int) -> object:
    """Tell values apart; a first state of zeros is a constant in each place."""
    return i if state.op(i).kind != CONSTANT else repr(state.values[i])


def _slopes(graph: Graph, own: Ops) -> tuple[Edge, ...]:
    """Give the edges whose slope a person computes from some results, if each has one."""
    ops = [graph.ops[i] for i in own]
    if any(op.name not in KNOWN for op in ops):
        return ()
    edges = tuple(Edge(i, op.args[0], 0) for i, op in zip(own, ops, strict=True))
    return edges if all(graph.live[e.bottom] for e in edges) else ()


def _multiplying(e: Edge, j: int, m: int, look: Look) -> Make:
    return lambda state, g, cts: with_operand(state, e, g, j, look(state, m))


def _sloping(e: Edge, m: int, look: Look) -> Make:
    return lambda state, g, cts: state.step(e.top, g, e.k, state.xs(e.top), look(state, m))
