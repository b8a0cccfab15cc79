"""The edges of a graph in groups: what one place in the code makes belongs together.

Also segments: stretches of elementwise operations of one variable (a whole sigmoid,
written out), whose derivative a person writes as one formula.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...rules import Elementwise
from .graph import CONSTANT, DATA, PARAM, RESULT, Graph, form
from .sweep import Edge, State

Kind = Callable[[Graph, State], list[Edge]]  # of edges
GATES = ("relu", "sigmoid", "tanh", "absolute")  # derived as such, whatever they are of
DEEPEST = 8  # operations in a segment
MANY = 1500  # edges times operations: in larger graphs a loop's rounds are not looked at alone


@dataclass(frozen=True)
class Group:
    """Edges that belong together, in the order in which the code made them."""

    edges: tuple[Edge, ...]
    apart: bool  # none is under another: what each does adds up
    whole: bool = False  # all that one place in the code makes
    odd: bool = False  # only some rounds of a loop
    shown: int = 0

    @property
    def first(self) -> Edge:
        """The edge that sentences speak of: the first, or that of a round which is like others."""
        return self.edges[self.shown]


def groups(graph: Graph, edges: Sequence[Edge]) -> list[Group]:
    """Group edges by the place in the code, then by the innermost function's place."""
    found: dict[Any, list[Edge]] = defaultdict(list)
    for e in edges:
        # One place may make operations of several kinds: ``f(*xs)``, with other `f` each round.
        shape = len(e.inside), e.k, len(graph.ops[e.top].args)
        (stack, number) = graph.ops[e.top].site or ((), e.top)
        found["place", stack, number, *shape].append(e)
        found["function", stack[-1:], number, *shape].append(e)
        leaf = graph.leaf_of(e.bottom)
        if graph.ops[leaf].kind in (PARAM, DATA):
            found["leaf", stack, number, leaf, *shape].append(e)
        if len(e.inside) == 1:  # people write the derivative of a function once
            found["function itself", graph.ops[e.top].primitive, *shape].append(e)
        found["alone", e].append(e)
        if graph.ops[e.top].args.count(e.bottom) > 1:
            found["both", e.top].append(e)
    out: dict[tuple[Edge, ...], Group] = {}
    one_by_one = len(edges) * len(graph.ops) <= MANY
    for key, members in [*found.items(), *_rounds(graph, found)]:
        members.sort(key=lambda e: graph.ops[e.top].order)
        if key[0] == "alone" and not one_by_one and key[1] not in _ends(graph, key[1], found):
            continue
        edges_of = tuple(members)
        apart = not any(
            graph.depends(a.bottom, b.top) for a in members for b in members if a is not b
        )
        odd = key[0] in ("alone", "rounds")
        shown = int(len(members) > 2 and _starts(graph, members[0]) > _starts(graph, members[1]))
        out.setdefault(edges_of, Group(edges_of, apart, key[0] == "place", odd, shown))
    return list(out.values())


def layers(graph: Graph, edges: Sequence[Edge]) -> list[Group]:
    """Group what all layers do with their parameters: somebody's code writes it once."""
    found: dict[Any, list[Edge]] = defaultdict(list)
    for e in edges:
        op = graph.ops[e.top]
        kinds = tuple(graph.ops[graph.leaf_of(a)].kind == PARAM for a in op.args)
        if any(kinds) and not e.inside:
            found[op.primitive, e.k, kinds].append(e)
    return [
        Group(tuple(members), False)
        for members in found.values()
        if len({graph.ops[e.top].site for e in members}) > 1
    ]


def meeting(groups: Sequence[Group]) -> Iterator[tuple[Group, Group]]:
    """Give the pairs of groups that go to the same values: two terms of one derivative."""
    found: dict[object, list[Group]] = defaultdict(list)
    for group in groups:
        found[tuple(e.bottom for e in group.edges)].append(group)
    return itertools.chain(*(itertools.combinations(some, 2) for some in found.values()))


def _starts(graph: Graph, e: Edge) -> int:
    """Count the constants that an edge's ends are made of: a state of zeros, in a first round."""
    ends = (graph.ops[e.top], graph.ops[e.bottom])
    return sum(graph.ops[a].kind == CONSTANT for op in ends for a in op.args)


def _rounds(graph: Graph, found: dict[Any, list[Edge]]) -> Iterator[tuple[Any, list[Edge]]]:
    """Give what one of two nested loops makes in its first or its last round; all but an end."""
    places = [
        sorted(members, key=lambda e: graph.ops[e.top].order)
        for key, members in found.items()
        if key[0] == "place" and len(members) >= 3
    ]
    for made in places:
        yield ("rounds",), made[1:]
        yield ("rounds",), made[:-1]
    loops = {pair for made in places for pair in _periods([e.bottom for e in made])}
    for made in places:
        for count, inner in loops:
            if count == len(made):
                yield ("rounds",), made[::inner]
                yield ("rounds",), made[inner - 1 :: inner]
                yield ("rounds",), made[:inner]
                yield ("rounds",), made[-inner:]


def _periods(read: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Give the rounds of the inner of two loops: what is read repeats, or stays as long."""
    count = len(read)
    for inner in range(2, count // 2 + 1):
        again = all(read[m] == read[m % inner] for m in range(count))
        stays = all(read[m] == read[m - m % inner] for m in range(count))
        if count % inner == 0 and again != stays:
            yield count, inner


def nested(n: int) -> Iterator[tuple[int, int, int]]:
    """Give how so many rounds may be those of loops within each other: outside, one, inside."""
    for outer in range(1, n // 2 + 1):
        for size in range(2, n // outer + 1):
            inner, left = divmod(n, outer * size)
            if not left:
                yield outer, size, inner


def _ends(graph: Graph, e: Edge, found: dict[Any, list[Edge]]) -> tuple[Edge, Edge]:
    """Give the first and the last edge that a place makes."""
    stack, number = graph.ops[e.top].site or ((), e.top)
    made = found["place", stack, number, len(e.inside), e.k, len(graph.ops[e.top].args)]
    when = [graph.ops[e.top].order for e in made]
    return made[when.index(min(when))], made[when.index(max(when))]


def known_groups(graph: Graph, state: State, kind: Kind) -> list[Group]:
    """Group the edges of a kind; they are the same at every point."""
    if kind not in graph.known:
        graph.known[kind] = groups(graph, kind(graph, state))
    found: list[Group] = graph.known[kind]
    return found


def plain_edges(graph: Graph, state: State) -> list[Edge]:
    """Give every way that a cotangent takes through one operation."""
    return [
        Edge(n, a, k)
        for n, op in enumerate(graph.ops[: graph.output + 1])
        if op.kind == RESULT and op.primitive.rule is not None and graph.depends(graph.output, n)
        if n not in graph.several and not graph.several.intersection(op.args)
        for k, a in enumerate(op.args)
        if graph.live[a]
    ]


def segments(graph: Graph, state: State) -> list[Edge]:
    """Give every stretch of elementwise operations from one visible value to another."""
    visible = {i for i in range(len(graph.ops)) if _visible(graph, i)}
    out = []
    for top in filter(graph.live.__getitem__, visible):
        for bottom, inside in _entries(graph, state, top):
            if bottom in visible and graph.live[bottom]:
                out.append(Edge(top, bottom, -1, inside))
        if graph.ops[top].primitive is not None and graph.ops[top].name in GATES:
            out.append(Edge(top, graph.ops[top].args[0], -1, (top,)))
    return sorted(set(out), key=lambda e: (e.top, -e.bottom))


def wide_segments(graph: Graph, state: State) -> list[Edge]:
    """Give functions of whole arrays, not element by element: softmax, log-sum-exp.

    What they give has the shape of what they take, or that of its sums along an axis.
    """
    out = []
    for top in range(len(graph.ops)):
        if graph.ops[top].kind != RESULT or not graph.live[top] or not _visible(graph, top):
            continue
        inside: list[int] = []
        shape, frontier = form(state.values[top]), {top}
        while shape and len(inside) < DEEPEST and frontier:
            newest = max(frontier)
            if graph.ops[newest].kind != RESULT or graph.ops[newest].primitive.rule is None:
                break
            inside.append(newest)
            frontier.remove(newest)
            frontier |= {a for a in graph.ops[newest].args if graph.ops[a].kind != CONSTANT}
            bottom = max(frontier, default=-1)
            if len(frontier) != 1 or not graph.live[bottom] or _is_elementwise(graph, inside):
                continue
            if _spreads(shape, form(state.values[bottom])):
                out.append(Edge(top, bottom, -1, tuple(inside)))
    return out


def stretches(graph: Graph, state: State) -> list[Edge]:
    """Give the ways from one named value to another through several factors that are data."""
    out = []
    for top in range(graph.output):
        inside, i = [], top
        while top in graph.names and graph.ops[i].kind == RESULT:
            live = [a for a in graph.ops[i].args if graph.live[a]]
            rule = graph.ops[i].primitive.rule
            if not isinstance(rule, Elementwise) or len(live) != 1:
                break
            inside.append(i)
            i = live[0]
            if form(state.values[i]) != form(state.values[top]):
                break
            if i in graph.names:
                if len(inside) > 1:
                    out.append(Edge(top, i, -1, tuple(inside)))
                break
    return out


def _spreads(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether the first shape is the second one, or has 1 in the place of some of its sizes."""
    return len(small) == len(large) and all(n in (1, m) for n, m in zip(small, large, strict=True))


def _is_elementwise(graph: Graph, inside: Sequence[int]) -> bool:
    return all(isinstance(graph.ops[i].primitive.rule, Elementwise) for i in inside)


def _visible(graph: Graph, i: int) -> bool:
    """Whether a person would think of this value as one: it has a name, or joins several."""
    op = graph.ops[i]
    if i in graph.names or op.kind != RESULT or not _of_one(graph, i):
        return op.kind != CONSTANT
    users = [n for n, _ in graph.users(i)]
    return len(users) != 1 or not _of_one(graph, users[0])


def _of_one(graph: Graph, i: int) -> bool:
    """Whether an operation is an elementwise function of one variable."""
    op = graph.ops[i]
    moving = {a for a in op.args if graph.ops[a].kind != CONSTANT}
    return op.kind == RESULT and isinstance(op.primitive.rule, Elementwise) and len(moving) == 1


def _entries(graph: Graph, state: State, top: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Go down from `top` and stop wherever everything comes out of one value."""
    inside: list[int] = []
    frontier = {top}
    shape = form(state.values[top])
    while len(inside) < DEEPEST:
        newest = max(frontier)
        op = graph.ops[newest]
        rule = getattr(op.primitive, "rule", None)
        comparison = op.kind == RESULT and rule is None
        if form(state.values[newest]) != shape:
            return
        if not comparison and not isinstance(rule, Elementwise):
            return
        inside.append(newest)
        frontier.remove(newest)
        frontier |= {a for a in op.args if graph.ops[a].kind != CONSTANT}
        if len(frontier) == 1:
            yield next(iter(frontier)), tuple(inside)
        if not frontier:
            return
