"""Mistakes in the forward computation: an operand read elsewhere, an operation replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...graph import Primitive
from ...ops.arithmetic import add, divide, multiply, negative, positive, subtract
from ...rules import Elementwise
from . import insertions
from .edges import Group, groups, segments
from .exchanges import exchanged
from .functions import INSTEAD, matmul_transposed
from .graph import CONSTANT, RESULT, Graph, Op, form
from .naming import Names, listed
from .phrases import number, rounds
from .readings import PARTS, VIEWS, reading, window_name, windows, with_constant
from .sources import first_shown, sources
from .sweep import Edge, State
from .variation import Variant

SWAPS: dict[str, tuple[Primitive, ...]] = {
    "add": (subtract, multiply),
    "subtract": (add,),
    "multiply": (add, divide),
    "divide": (multiply,),
}
ALONE = 0.3
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def variants(graph: Graph, state: State, names: Names) -> Iterator[Variant]:
    """Give every single mistake of the forward computation."""
    edges = [
        Edge(n, a, k)
        for n, op in enumerate(graph.ops[: graph.output + 1])
        if op.kind == RESULT and graph.depends(graph.output, n)
        for k, a in enumerate(op.args)
        if graph.ops[a].kind != CONSTANT and a not in graph.several
    ]
    reading = groups(graph, edges)
    yield from exchanged(graph, reading, state, names)
    for group in reading:
        for v in _at_operands(graph, group, state, names):
            yield likely(v, group)
    for group in groups(graph, _constants(graph)):
        for v in _other_constant(graph, group, state, names):
            yield likely(v, group)
    for group in groups(graph, segments(graph, state)):
        for v in _other_function(graph, group, state, names):
            yield likely(v, group)


def likely(v: Variant, group: Group) -> Variant:
    """Take it for unlikely that a loop's code is wrong in one round alone."""
    alone = len(group.edges) == 1 and not group.whole
    return replace(v, cost=v.cost + ALONE) if alone else v


def _at_operands(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    yield from _rewired(graph, group, state, names)
    yield from _dropped(graph, group, state, names)
    yield from _viewed(graph, group, state, names)
    yield from _windows(graph, group, state, names)
    yield from insertions.variants(graph, group, state, names)
    if group.first.k == 0:
        yield from _replaced(graph, group, state, names)
        yield from _other_axis(graph, group, state, names)


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
    if op.primitive.name in ("add", "subtract"):
        twice = insertions.through(op.primitive, e.k, insertions.TWICE)
        ops = tuple((e.top, replace(graph.ops[e.top], primitive=twice)) for e in group.edges)
        yield Variant(
            ops, lambda: f"{names(e.bottom)} stands twice in {names(e.top)}{rounds(group)}", 1.15
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


def _viewed(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Read an operand in another order."""
    e = group.first
    top, bottom = names(e.top), names(e.bottom)
    shape = form(state.values[e.bottom])
    primitive = graph.ops[e.top].primitive
    if primitive.rule is None or isinstance(state.values[e.top], tuple) or shape == ():
        return
    if form(state.values[e.top]) == () and len(graph.ops[e.top].args) == 1:
        return  # a sum, whatever the order
    for words, look, back, axes in (*VIEWS, *PARTS):
        if len(shape) < axes or np.shape(look(np.empty(shape))) != shape:
            continue
        if words == "transposed" and primitive.name == "matmul":
            continue  # see `_dropped`
        other = reading(primitive, e.k, look, back)
        ops = tuple((e.top, replace(graph.ops[e.top], primitive=other)) for e in group.edges)

        def text(words: str = words) -> str:
            return f"{top} reads {bottom} {words}{rounds(group)}"

        yield Variant(ops, text, 1.1 + 0.01 * (len(ops) > 1))


def _windows(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Read another stretch of an array in the rounds of a loop."""
    own = [e.bottom for e in group.edges]
    if len(set(own)) != len(own):
        return
    for array, places, strangeness in windows(graph, state, own):
        ops = tuple(
            (i, replace(graph.ops[i], settings={"index": where}))
            for i, where in zip(own, places, strict=True)
        )

        def text(array: int = array, places: Any = places) -> str:
            wrong = [window_name(names.bare(array), where) for where in places]
            m = next(m for m, i in enumerate(own) if wrong[m] != names(i))
            top = names(group.edges[m].top)
            return f"{top} reads {wrong[m]} where it should read {names(own[m])}{rounds(group)}"

        yield Variant(ops, text, 1.05 + strangeness)


def _constants(graph: Graph) -> list[Edge]:
    """Give the plain numbers that elementwise operations read."""
    return [
        Edge(n, a, k)
        for n, op in enumerate(graph.ops[: graph.output + 1])
        if op.kind == RESULT and graph.live[n] and isinstance(op.primitive.rule, Elementwise)
        for k, a in enumerate(op.args)
        if graph.ops[a].kind == CONSTANT and a not in graph.names
    ]


def _other_constant(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Write another number: one more or one less, twice it, half of it, its negative or inverse."""
    e, name = group.first, names(group.first.top)
    values = {state.values[e.bottom] for e in group.edges if form(state.values[e.bottom]) == ()}
    if len(values) != 1 or form(state.values[e.bottom]) != ():
        return
    own = float(values.pop())
    near = [own - 1, own + 1] if own == round(own) else []
    others = dict.fromkeys([*near, 2 * own, own / 2, -own, 1 / own if own else own, 1.0])
    for other in others:
        if other == own:
            continue
        primitive = with_constant(graph.ops[e.top].primitive, e.k, other)
        ops = tuple((e.top, replace(graph.ops[e.top], primitive=primitive)) for e in group.edges)

        def text(other: float = other) -> str:
            return (
                f"{name} has `{number(other)}` where it should have `{number(own)}`{rounds(group)}"
            )

        yield Variant(ops, text, 1.15)


def _other_axis(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Reduce along another axis, or along all of them."""
    e, name = group.first, names(group.first.top)
    settings = state.point.settings[e.top]
    axes, x = settings.get("axes"), state.values[e.bottom]
    ndim = np.ndim(x)
    if not isinstance(axes, tuple) or len(axes) >= ndim or graph.ops[e.top].settings is not None:
        return
    every = [tuple(i for i in range(ndim) if i != keep) for keep in range(ndim)]
    for other in dict.fromkeys([*((i,) for i in range(ndim)), *every, tuple(range(ndim))]):
        if other == axes:
            continue
        ops = tuple(
            (e.top, replace(graph.ops[e.top], settings={**settings, "axes": other}))
            for e in group.edges
        )

        def text(other: tuple[int, ...] = other) -> str:
            wrong = "all axes" if len(other) == ndim else f"axis {listed([str(i) for i in other])}"
            right = f"axis {listed([str(i) for i in axes])}"
            return f"{name} goes along {wrong} instead of {right}{rounds(group)}"

        yield Variant(ops, text, 1.1)


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
