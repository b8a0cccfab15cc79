"""Mistakes in the forward computation: an operand read elsewhere, an operation replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import numpy as np

from ...graph import Primitive
from ...ops.arithmetic import add, divide, multiply, negative, positive, subtract
from ...rules import Elementwise
from . import insertions, pooling
from .case import Case
from .composed import constant, nested, repeated, view
from .edges import Group, groups, known_groups, layers, meeting, segments
from .functions import INSTEAD
from .graph import CONSTANT, DATA, PARAM, RESULT, Graph, Op, form
from .naming import INFIX, everywhere, listed, number, rounds
from .places import Place, Variant
from .readings import LAYOUTS, PARTS, VIEWS, first_moved, indices, window_name, windows
from .sweep import Edge, State

SWAPS: dict[str, tuple[Primitive, ...]] = {
    "add": (subtract, multiply),
    "subtract": (add,),
    "multiply": (add, divide),
    "divide": (multiply,),
}
ALONE = 0.3
SHARED = 0.1
Kind = Callable[[Place], Iterator[Variant]]


def variants(case: Case, state: State, odd: bool = False) -> Iterator[Variant]:
    """Give every single mistake of the forward computation; the `odd` ones in some rounds alone."""
    graph = case.graph
    edges = [
        Edge(n, a, k)
        for n, op in enumerate(graph.ops[: graph.output + 1])
        if op.kind == RESULT and graph.depends(graph.output, n)
        for k, a in enumerate(op.args)
        if graph.ops[a].kind != CONSTANT and a not in graph.several
    ]
    reading = groups(graph, edges)
    if not odd:
        yield from _exchanged(case, reading, state)
        yield from _parts_exchanged(case, reading, state)
    kinds = (
        _rewired,
        _dropped,
        _viewed,
        _indices,
        _windows,
        insertions.variants,
        pooling.variants,
        pooling.variants_of_two,
        _replaced,
        _other_axis,
    )
    numbers, functions = (
        groups(graph, _constants(graph, state)),
        known_groups(graph, state, segments),
    )
    for places, some in (
        (reading, kinds),
        (numbers, (_other_constant,)),
        (functions, (_other_function,)),
    ):
        yield from _at_each(case, [g for g in places if g.odd == odd], state, *some)
    for group in layers(graph, edges) if not odd else ():
        others = listed([*dict.fromkeys(case.names(e.top) for e in group.edges[1:])])
        for v in _at_each(case, [group], state, *kinds):
            everyone = everywhere(len(group.edges))
            text = v.text.replace(everyone, f" (and so in {others})")
            yield replace(v, text=text, cost=v.cost + SHARED)


def _at_each(case: Case, places: Sequence[Group], state: State, *kinds: Kind) -> Iterator[Variant]:
    """Give some kinds of mistake at some places; a loop is hardly wrong in some rounds alone."""
    for group in places:
        at = Place(case, group, state)
        extra = ALONE if group.odd else 0.0
        for v in chain(*(kind(at) for kind in kinds)):
            yield replace(v, cost=v.cost + extra)


def _rewired(at: Place) -> Iterator[Variant]:
    own = [e.bottom for e in at.group.edges]
    for s in at.sources():
        pairs = list(zip(at.group.edges, s.ops, strict=True))
        if list(s.ops) == own:
            continue
        if any(v >= e.top for e, v in pairs) or not all(_may_stand(at, v) for v in s.ops):
            continue
        e, wrong, right = at.shown(s.ops, own)
        ops = tuple((e.top, _reading(at.graph.ops[e.top], e.k, v)) for e, v in pairs)
        text = f"{at.names(e.top)} reads {at.names(wrong)} where it should read {at.names(right)}"
        yield Variant(ops, text + rounds(at.group, s.ops, own), 1.0 + s.strangeness)


def _may_stand(at: Place, v: int) -> bool:
    """Whether a value fits in the place of an operand; one bias of a layer for several."""
    x, kinds = at.state.values[v], {at.graph.ops[i].kind for i in (v, at.e.bottom)}
    if form(x) == form(at.bottom):
        return True
    broadcast = isinstance(at.op.primitive.rule, Elementwise) and form(at.top) != form(at.bottom)
    return bool(broadcast and kinds == {PARAM} and np.size(x) == 1 and np.ndim(x))


def _reading(op: Op, k: int, v: int) -> Op:
    return replace(op, args=(*op.args[:k], v, *op.args[k + 1 :]))


def _dropped(at: Place) -> Iterator[Variant]:
    """Leave an operand out of a sum or a product, or add it several times."""
    k, name = at.e.k, at.op.name
    top, bottom = at.names(at.e.top), at.names(at.e.bottom)
    if name in ("add", "subtract", "multiply") and len(at.op.args) == 2:
        keep = negative if name == "subtract" and k == 0 else positive
        text = f"{bottom} is left out of {top}"
        if form(at.state.values[at.op.args[1 - k]]) == form(at.top):
            yield at.other(lambda op: Op(RESULT, keep, (op.args[1 - k],), settings={}), 1.05, text)
        else:  # what is left is broadcast all the same
            nothing = np.full(form(at.bottom), 1.0 if name == "multiply" else 0.0)
            yield at.with_primitives(nested, 1.05, text, constant(nothing), k)
    if name in ("add", "subtract"):
        param = at.graph.ops[at.graph.leaf_of(at.e.bottom)].kind == PARAM
        often = (2, 3, *at.case.sizes) if param else (2,)
        for n in dict.fromkeys(often):  # a bias that is added in an inner loop
            what = f"{bottom} stands {'twice' if n == 2 else f'{n} times'} in {top}"
            yield at.with_primitives(nested, 1.15, what, repeated(n), k)


def _viewed(at: Place) -> Iterator[Variant]:
    """Read an operand in another order."""
    shape, primitive = form(at.bottom), at.op.primitive
    if primitive.rule is None or isinstance(at.top, tuple) or not shape or 0 in shape:
        return
    if form(at.top) == () and len(at.op.args) == 1:
        return  # a sum, whatever the order
    data = at.graph.ops[at.graph.leaf_of(at.e.bottom)].kind == DATA
    leaf = at.graph.is_leaf(at.e.bottom)  # of results, see `altered`
    layouts = [layout for layout in LAYOUTS if leaf and layout[-1] == len(shape)]
    for words, look, back, axes in (*VIEWS, *layouts, *PARTS):
        if len(shape) < axes or np.shape(look(np.empty(shape))) != shape:
            continue
        what = f"{at.names(at.e.top)} reads {at.names(at.e.bottom)} {words}"
        others = data and words.startswith("shifted")  # other samples' labels: a usual mistake
        usual = others or (words == "transposed" and primitive.name == "matmul")
        cost = (1.03 if usual else 1.1) + 0.01 * (len(at.group.edges) > 1)
        yield at.with_primitives(nested, cost, what, view(look, back), at.e.k)


def _indices(at: Place) -> Iterator[Variant]:
    """Pick by another array of whole numbers."""
    for own, other in indices(at.graph, at.state, at.e.top):
        if own != other:
            settings = {"index": at.state.values[other]}
            what = f"is picked by {at.names(other)} where it should be picked by {at.names(own)}"
            yield at.other(_with_settings, 1.0, f"{at.names(at.e.top)} {what}", settings)


def _windows(at: Place) -> Iterator[Variant]:
    """Read another stretch of an array in the rounds of a loop."""
    own, names = [e.bottom for e in at.group.edges], at.names
    if len(set(own)) != len(own):
        return
    for array, places, strangeness in windows(at.graph, at.state, own):
        ops = tuple(
            (i, replace(at.graph.ops[i], settings={"index": where}))
            for i, where in zip(own, places, strict=True)
        )
        m = first_moved(at.state, array, places, own)
        wrong = window_name(names.bare(array), places[m], form(at.state.values[array]))
        text = f"{names(at.group.edges[m].top)} reads {wrong} where it should read"
        text = f"{text} {names(own[m])}{rounds(at.group)}"
        yield Variant(ops, text, 1.05 + strangeness)


def _constants(graph: Graph, state: State) -> list[Edge]:
    """Give the plain numbers that elementwise operations read, and all first states of zeros."""
    return [
        Edge(n, a, k)
        for n, op in enumerate(graph.ops[: graph.output + 1])
        if op.kind == RESULT and graph.live[n] and op.primitive.rule is not None
        for k, a in enumerate(op.args)
        if graph.ops[a].kind == CONSTANT and a not in graph.names
        if isinstance(op.primitive.rule, Elementwise) or not np.any(state.values[a])
    ]


def _other_constant(at: Place) -> Iterator[Variant]:
    """Write another number: one more or less, twice it, half, its negative, inverse, a length."""
    read = [at.state.values[e.bottom] for e in at.group.edges]
    zeros = form(read[0]) and all(form(x) == form(read[0]) and not np.any(x) for x in read)
    if zeros:
        what = f"{at.names(at.e.top)} reads ones where it should read {at.names(at.e.bottom)}"
        yield at.with_primitives(nested, 1.15, what, constant(np.ones(form(read[0]))), at.e.k)
    if any(form(x) != () for x in read) or len({float(x) for x in read}) != 1:
        return
    own = float(read[0])
    near = [own - 1, own + 1] if own == round(own) else []
    near += [float(n) for n in at.case.sizes] if own in at.case.sizes else []
    others = dict.fromkeys([*near, 2 * own, own / 2, -own, 1 / own if own else own, 1.0])
    for other in others:
        if other != own:
            what = f"has `{number(other)}` where it should have `{number(own)}`"
            text = f"{at.names(at.e.top)} {what}"
            yield at.with_primitives(nested, 1.15, text, constant(other), at.e.k)


def _other_axis(at: Place) -> Iterator[Variant]:
    """Reduce along another axis, or along all of them."""
    settings, ndim = at.state.point.settings[at.e.top], np.ndim(at.bottom)
    axes = settings.get("axes")
    if not isinstance(axes, tuple) or len(axes) >= ndim or at.op.settings is not None:
        return
    every = [tuple(i for i in range(ndim) if i != keep) for keep in range(ndim)]
    right = f"axis {listed([str(i) for i in axes])}"
    for other in dict.fromkeys([*((i,) for i in range(ndim)), *every, tuple(range(ndim))]):
        if other != axes:
            wrong = "all axes" if len(other) == ndim else f"axis {listed([str(i) for i in other])}"
            what = f"{at.names(at.e.top)} goes along {wrong} instead of {right}"
            yield at.other(_with_settings, 1.1, what, {**settings, "axes": other})


def _with_settings(op: Op, settings: dict[str, Any]) -> Op:
    return replace(op, settings=settings)


def _replaced(at: Place) -> Iterator[Variant]:
    """Exchange the operation itself."""
    for other in SWAPS.get(at.op.name, ()) if at.e.k == 0 else ():
        wrong, right = (INFIX[n][0].strip() for n in (other.name, at.op.name))
        a, b = map(at.names, at.op.args)
        what = f"has `{wrong}` between {a} and {b} where it should have `{right}`"
        yield at.other(_exchanged_for, 1.15, f"{at.names(at.e.top)} {what}", other)
    if at.op.name == "add" and at.e.k == 0:
        a = at.names(at.e.bottom)
        what = f"has `-` before {a} where it should have `+`"
        yield at.with_primitives(nested, 1.15, f"{at.names(at.e.top)} {what}", negative, 0)


def _exchanged_for(op: Op, primitive: Primitive) -> Op:
    return Op(RESULT, primitive, op.args, settings={})


def _other_function(at: Place) -> Iterator[Variant]:
    """Put another function in the place of a segment, or none."""
    name, inner = at.names(at.e.top), at.names.bare(at.e.bottom)
    present = at.op.primitive if len(at.e.inside) == 1 else None
    for other in (positive, *INSTEAD):
        if other is present:
            continue
        became = inner if other is positive else f"{other.name}({inner})"
        ops = tuple((e.top, Op(RESULT, other, (e.bottom,), settings={})) for e in at.group.edges)
        text = f"{name} is computed as `{became}` where it should be"
        text = f"{text} `{at.names.expression(at.e.top)}`{rounds(at.group)}"
        yield Variant(ops, text, 1.1 if other is positive else 1.15)


# --- two operands exchanged: z*h + (1 - z)*g for (1 - z)*h + z*g ---------------------------------


def _exchanged(case: Case, groups: Sequence[Group], state: State) -> Iterator[Variant]:
    """Give the variants in which two terms of a sum exchange what they read."""
    graph = case.graph
    meeting: dict[object, list[Group]] = defaultdict(list)
    for group in groups:
        users = tuple(tuple(n for n, _ in graph.users(e.top)) for e in group.edges)
        if all(users) and not group.first.inside:
            meeting[users].append(group)

    def fits(e: Edge, f: Edge) -> bool:
        apart = e.top != f.top and e.bottom != f.bottom
        early = max(e.bottom, f.bottom) < min(e.top, f.top)
        return apart and early and form(state.values[e.bottom]) == form(state.values[f.bottom])

    for a, b in chain(*(combinations(members, 2) for members in meeting.values())):
        pairs = list(zip(a.edges, b.edges, strict=True))
        if all(fits(e, f) for e, f in pairs):
            yield _exchange(case, a, pairs)


def _parts_exchanged(case: Case, groups: Sequence[Group], state: State) -> Iterator[Variant]:
    """Give the variants in which two parts of an array stand for each other: a gate's blocks."""
    ops, values = case.graph.ops, state.values

    def cut(e: Edge) -> bool:
        return ops[e.top].name == "getitem" and ops[e.bottom].kind is RESULT

    for a, b in meeting([group for group in groups if all(map(cut, group.edges))]):
        tops = [(e.top, f.top) for e, f in zip(a.edges, b.edges, strict=True)]
        if all(i != j and form(values[i]) == form(values[j]) for i, j in tops):
            made = [(i, j) for pair in tops for i, j in (pair, pair[::-1])]
            other = tuple((i, replace(ops[i], settings=state.settings(j))) for i, j in made)
            text = f"{case.names(a.first.top)} and {case.names(b.first.top)} are exchanged"
            yield Variant(other, text + rounds(a), 1.05)


def _exchange(case: Case, group: Group, pairs: Sequence[tuple[Edge, Edge]]) -> Variant:
    ops, names = case.graph.ops, case.names
    both = [(one, other) for e, f in pairs for one, other in ((e, f), (f, e))]
    made = tuple((e.top, _reading(ops[e.top], e.k, f.bottom)) for e, f in both)

    def is_constant(e: Edge) -> bool:
        return any(ops[a].kind == CONSTANT for a in ops[e.top].args)

    e, f = next((pair for pair in pairs if not any(map(is_constant, pair))), pairs[0])
    text = (
        f"{names(e.top)} reads {names(f.bottom)} where it should read {names(e.bottom)}, and "
        f"{names(f.top)} reads {names(e.bottom)} where it should read {names(f.bottom)}"
    )
    return Variant(made, text + rounds(group), 1.2)
