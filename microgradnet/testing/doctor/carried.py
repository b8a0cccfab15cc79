"""Mistakes of the loop back through the rounds: what they hand on is kept, cut off, not empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .case import Case
from .edges import Group
from .graph import form
from .naming import listed, rounds
from .places import Candidate, Place, changed, more, with_operand
from .sweep import Edge, Edit, Make, State

LIMITS = (1.0, 5.0, 0.5, 0.1, 10.0)  # by which people cut derivatives off


def candidates(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Give the mistakes in what one round hands on to the one before.

    By one way from round to round, or by all of them together.
    """
    ways: dict[tuple[int, ...], list[Group]] = {}
    for group in groups:
        if len(group.edges) > 1 and not group.apart:
            ways.setdefault(tuple(e.bottom for e in group.edges), []).append(group)
    for family in ways.values():
        joint = [g for g in family if g.whole and not any(_overlap(g, f) for f in family)]
        yield from _odd_states(Place(case, family[0], state))
        for some in [joint, *([group] for group in family if [group] != joint)]:
            if some:
                yield from _kept(Place(case, some[0], state), some, some is joint)


def updated(case: Case, state: State) -> Iterator[Candidate]:
    """Update parameters within the loop, and go on with what they have become: each, or all."""
    graph, rate = case.graph, case.rate
    some: dict[int, dict[Edge, Make]] = {}
    for p in graph.params if rate is not None else ():
        uses = [(n, k) for n, k in graph.users(p) if graph.live[n]]
        made = {
            Edge(n, a, j): _with_updated(Edge(n, a, j), p, k, uses, rate or 0.0)
            for n, k in uses
            for j, a in enumerate(graph.ops[n].args)
            if j != k and graph.live[a] and n not in graph.several
        }
        if len(uses) > 1 and made:
            some[p] = made
    for which in [[p] for p in some] + [[*some]] * (len(some) > 1):
        makes = {e: make for p in which for e, make in some[p].items()}
        names, are = listed([case.names(p) for p in which]), "is" if len(which) == 1 else "are"
        text = (
            f"{names} {are} updated within the loop, and what goes on to the round before is "
            "computed with the new values: update after the loop"
        )
        edit = Edit(tuple(makes), [*makes.values()].__getitem__)
        yield Candidate(edit, Group(edit.edges, False), text, 1.15)


def _with_updated(e: Edge, p: int, k: int, uses: Sequence[tuple[int, int]], rate: float) -> Make:
    """Compute with a parameter after its steps of the later rounds, and of this one."""

    def hand(state: State, g: Any, cts: Sequence[Any] | None) -> Any:
        new = state.values[p]
        for n, j in uses:
            here = g if n == e.top else None if cts is None or n < e.top else cts[n]
            if here is not None:
                new = new - rate * state.step(n, here, j)
        return with_operand(state, e, g, k, new)

    return hand


def _overlap(a: Group, b: Group) -> bool:
    return a is not b and bool(set(a.edges) & set(b.edges))


def _states(at: Place) -> list[int]:
    """Give what goes from round to round, the last one's too."""
    graph, last = at.graph, at.group.edges[-1]
    same = [i for i, op in enumerate(graph.ops) if op.site == graph.ops[last.bottom].site]
    beyond = [i for i in same if graph.depends(i, last.top)]
    return [*(e.bottom for e in at.group.edges), *beyond[:1]]


def _odd_states(at: Place) -> Iterator[Candidate]:
    """Begin with ones where nothing comes from beyond the last round; cut off in every round."""
    graph, states = at.graph, _states(at)
    if graph.several.intersection(states):
        return
    above = [Edge(n, states[-1], k) for n, k in graph.users(states[-1]) if graph.live[n]]
    if above:
        last = at.names.derivative(states[-1])
        text = f"{last} begins with ones where it should begin with zeros"
        yield changed(above[:1], 1.32, text, lambda e, state, g: state.along(e, g) + 1.0)
    below = [Edge(i, a, k) for i in states for k, a in enumerate(graph.ops[i].args)]
    below = [e for e in below if graph.live[e.bottom]]
    for limit in LIMITS if below else ():

        def cut_off(e: Edge, state: State, g: Any, limit: float = limit) -> Any:
            cut = np.clip(g, -limit, limit)
            return state.step(e.top, cut if np.ndim(g) else float(cut), e.k)

        text = f"{at.names.derivative(at.e.bottom)} is cut off at ±{limit:g}{rounds(at.group)}"
        yield changed(below, 1.33, text, cut_off)


def _kept(at: Place, ways: Sequence[Group], every: bool) -> Iterator[Candidate]:
    """Add a loop's cotangent to that of the round before instead of putting it in its place."""
    group = at.group
    number = {e: m for m, e in enumerate(group.edges)}
    # The value of the next round that stands where this edge's bottom stands in its own.
    after = dict(zip(group.edges, _states(at)[1:], strict=False))

    def whole(e: Edge) -> Make:
        def hand(state: State, g: Any, cts: Sequence[Any] | None) -> Any:
            c = state.step(e.top, g, e.k)
            left = None if cts is None or e not in after else cts[after[e]]
            return c if left is None or form(left) != form(c) else c + left

        return hand

    def terms(e: Edge) -> Make:
        def hand(state: State, g: Any, cts: Sequence[Any] | None) -> Any:
            c = state.step(e.top, g, e.k)
            later = [other for way in ways for other in way.edges[number[e] + 1 :]]
            if cts is None or any(cts[other.top] is None for other in later):
                return c
            return c + sum(state.step(other.top, cts[other.top], other.k) for other in later)

        return hand

    what = "is added to what the round before left, where it should start anew"
    for kind in (terms, whole) if len(ways) == 1 else (terms,):
        by_way = "" if kind is whole or len(ways) > 1 else more(at.case, at.e)
        if len(ways) > 1 and every and len(at.graph.users(at.e.bottom)) > len(ways):
            by_way = " (by all ways from round to round)"
        text = f"{at.names.derivative(at.e.bottom)}{by_way} {what}{rounds(group)}"
        made = tuple(kind(e) for e in group.edges)
        yield Candidate(Edit(group.edges, made.__getitem__), group, text, 1.25)
