"""Two operands exchanged in the forward computation: z*h + (1 - z)*g for (1 - z)*h + z*g."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from .edges import Group
from .graph import CONSTANT, Graph, Op, form
from .naming import Names
from .phrases import rounds
from .sweep import State
from .variation import Variant


def exchanged(
    graph: Graph, groups: Sequence[Group], state: State, names: Names
) -> Iterator[Variant]:
    """Give the variants in which two terms of a sum exchange what they read."""
    meeting: dict[object, list[Group]] = defaultdict(list)
    for group in groups:
        users = tuple(tuple(n for n, _ in graph.users(e.top)) for e in group.edges)
        if all(users) and not group.first.inside:
            meeting[users].append(group)
    for members in meeting.values():
        for a, b in combinations(members, 2):
            pairs = list(zip(a.edges, b.edges, strict=True))
            if all(
                e.top != f.top
                and e.bottom != f.bottom
                and max(e.bottom, f.bottom) < min(e.top, f.top)
                and form(state.values[e.bottom]) == form(state.values[f.bottom])
                for e, f in pairs
            ):
                yield _exchange(graph, a, b, names)


def _is_constant(graph: Graph, i: int) -> bool:
    return any(graph.ops[a].kind == CONSTANT for a in graph.ops[i].args)


def _exchange(graph: Graph, a: Group, b: Group, names: Names) -> Variant:
    ops: list[tuple[int, Op]] = []
    for e, f in zip(a.edges, b.edges, strict=True):
        for one, other in ((e, f), (f, e)):
            op = graph.ops[one.top]
            args = (*op.args[: one.k], other.bottom, *op.args[one.k + 1 :])
            ops.append((one.top, replace(op, args=args)))

    def text() -> str:
        pairs = list(zip(a.edges, b.edges, strict=True))
        plain = [pair for pair in pairs if not any(_is_constant(graph, e.top) for e in pair)]
        e, f = (plain or pairs)[0]
        return (
            f"{names(e.top)} reads {names(f.bottom)} where it should read {names(e.bottom)}, and "
            f"{names(f.top)} reads {names(e.bottom)} where it should read {names(f.bottom)}"
            f"{rounds(a)}"
        )

    return Variant(tuple(ops), text, 1.2)
