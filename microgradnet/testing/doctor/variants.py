"""Mistakes in the forward computation: an operand read elsewhere, an operation replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...graph import Primitive
from ...ops.arithmetic import add, divide, multiply, negative, positive, subtract
from .edges import Group, groups, segments
from .functions import INSTEAD, matmul_transposed
from .graph import CONSTANT, RESULT, Graph, Op, form
from .naming import Names
from .phrases import rounds
from .sources import first_shown, sources
from .sweep import Edge, State

SWAPS: dict[str, tuple[Primitive, ...]] = {
    "add": (subtract, multiply),
    "subtract": (add,),
    "multiply": (add, divide),
    "divide": (multiply,),
}
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


@dataclass(frozen=True)
class Variant:
    """Operations exchanged, with the sentence that says so."""

    ops: tuple[tuple[int, Op], ...]
    text: Callable[[], str]
    cost: float


def variants(graph: Graph, state: State, names: Names) -> Iterator[Variant]:
    """Give every single mistake of the forward computation."""
    edges = [
        Edge(n, a, k)
        for n, op in enumerate(graph.ops[: graph.output + 1])
        if op.kind == RESULT and graph.depends(graph.output, n)
        for k, a in enumerate(op.args)
        if graph.ops[a].kind != CONSTANT and a not in graph.several
    ]
    for group in groups(graph, edges):
        yield from _rewired(graph, group, state, names)
        yield from _dropped(graph, group, state, names)
        if group.first.k == 0:
            yield from _replaced(graph, group, state, names)
    for group in groups(graph, segments(graph, state)):
        yield from _other_function(graph, group, state, names)


def _rewired(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    e = group.first
    shape = form(state.values[e.bottom])
    for s in sources(graph, group, names.is_short):
        pairs = list(zip(group.edges, s.ops, strict=True))
        if all(v == e.bottom for e, v in pairs):
            continue
        if any(v >= e.top or form(state.values[v]) != shape for e, v in pairs):
            continue
        ops = tuple((e.top, _reading(graph.ops[e.top], e.k, v)) for e, v in pairs)

        def text(ops: tuple[int, ...] = s.ops) -> str:
            m = first_shown(graph, ops, [e.bottom for e in group.edges])
            e, v = group.edges[m], ops[m]
            what = f"{names(e.top)} reads {names(v)} where it should read {names(e.bottom)}"
            return what + rounds(group)

        yield Variant(ops, text, 1.0 + s.strangeness)


def _reading(op: Op, k: int, v: int) -> Op:
    args = (*op.args[:k], v, *op.args[k + 1 :])
    return Op(op.kind, op.primitive, args, op.site, op.order, op.settings)


def _dropped(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Leave an operand out of a sum or a product, or take a matrix transposed."""
    e = group.first
    op = graph.ops[e.top]
    if op.primitive.name in ("add", "subtract", "multiply") and len(op.args) == 2:
        other = op.args[1 - e.k]
        same = form(state.values[other]) == form(state.values[e.top])
        if same:
            keep = negative if op.primitive.name == "subtract" and e.k == 0 else positive
            ops = tuple(
                (e.top, Op(RESULT, keep, (graph.ops[e.top].args[1 - e.k],), settings={}))
                for e in group.edges
            )
            yield Variant(
                ops, lambda: f"{names(e.bottom)} is left out of {names(e.top)}{rounds(group)}", 1.05
            )
    shape = form(state.values[e.bottom])
    if op.primitive.name == "matmul" and len(shape) == 2 and shape[0] == shape[1]:
        flipped = matmul_transposed(e.k)
        ops = tuple(
            (e.top, Op(RESULT, flipped, graph.ops[e.top].args, settings={})) for e in group.edges
        )
        yield Variant(
            ops, lambda: f"{names(e.top)} reads {names(e.bottom)} transposed{rounds(group)}", 1.05
        )


def _replaced(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Exchange the operation itself."""
    e = group.first
    op, name = graph.ops[e.top], names(e.top)
    for other in SWAPS.get(op.primitive.name, ()):
        ops = tuple(
            (e.top, Op(RESULT, other, graph.ops[e.top].args, settings={})) for e in group.edges
        )

        def text(other: Primitive = other) -> str:
            wrong, right = SIGNS[other.name], SIGNS[op.primitive.name]
            return (
                f"{name} has `{wrong}` between {names(op.args[0])} and {names(op.args[1])} where "
                f"it should have `{right}`{rounds(group)}"
            )

        yield Variant(ops, text, 1.15)


def _other_function(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Put another function in the place of a segment, or none."""
    e = group.first
    name, inner, outer = names(e.top), names.bare(e.bottom), names.expression(e.top)
    present = graph.ops[e.inside[0]].primitive if len(e.inside) == 1 else None
    for other in (positive, *INSTEAD):
        if other is present:
            continue
        ops = tuple((e.top, Op(RESULT, other, (e.bottom,), settings={})) for e in group.edges)

        def text(other: Primitive = other) -> str:
            became = inner if other is positive else f"{other.name}({inner})"
            return f"{name} is computed as `{became}` where it should be `{outer}`{rounds(group)}"

        yield Variant(ops, text, 1.1 if other is positive else 1.15)


def combined(a: Variant, b: Variant) -> Variant | None:
    """Make both mistakes; None if they meet in one operation."""
    if {i for i, _ in a.ops} & {i for i, _ in b.ops}:
        return None
    return Variant(a.ops + b.ops, lambda: f"{a.text()}, and {b.text()}", a.cost + b.cost)
