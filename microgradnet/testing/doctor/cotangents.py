"""Mistakes in the cotangent that edges hand on: cut, evened out, added twice, turned, another."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...rules import Elementwise
from .case import Case
from .edges import Group
from .graph import CONSTANT, PARAM, RESULT, form
from .naming import listed, parts
from .places import Candidate, Place
from .readings import LAYOUTS, alone
from .sweep import Edge, Edit, Make, State


def candidates(at: Place) -> Iterator[Candidate]:
    """Give every single mistake in what goes along the edges of a group."""
    yield from _sums(at)
    yield from _changed(at)
    yield from _other_cotangent(at)
    yield from _value_for_derivative(at)
    yield from _other_part(at)


# What is said of the value that was broadcast; what becomes of each row's contribution.
SUMS: list[tuple[str, Callable[[Any, tuple[int, ...]], Any]]] = [
    (
        "keeps only the last of the rows that {} was broadcast to, where it should sum over them",
        lambda c, axes: _at(c, axes, -1),
    ),
    (
        "keeps only the first of the rows that {} was broadcast to, where it should sum over them",
        lambda c, axes: _at(c, axes, 0),
    ),
    (
        "takes the mean over the rows that {} was broadcast to, where it should sum over them",
        lambda c, axes: np.mean(c, axis=axes),
    ),
    (
        "takes the largest of the rows that {} was broadcast to, where it should sum over them",
        lambda c, axes: np.max(c, axis=axes),
    ),
    (
        "sums over all axes, where it should sum only over the rows that {} was broadcast to",
        lambda c, axes: np.broadcast_to(np.sum(c), np.shape(np.sum(c, axis=axes))),
    ),
    (
        "sums over the wrong axis: not the one that {} was broadcast along",
        lambda c, axes: np.sum(c, axis=tuple(i for i in range(np.ndim(c)) if i not in axes)),
    ),
]


def _at(c: Any, axes: tuple[int, ...], i: int) -> Any:
    for axis in sorted(axes, reverse=True):
        c = np.take(c, i, axis)
    return c


def _sums(at: Place) -> Iterator[Candidate]:
    """Forget the sum over what was broadcast."""
    if not isinstance(at.op.primitive.rule, Elementwise) or form(at.top) == form(at.bottom):
        return
    for words, reduce in SUMS:

        def hand(
            e: Edge,
            m: int,
            state: State,
            g: Any,
            reduce: Callable[[Any, tuple[int, ...]], Any] = reduce,
        ) -> Any:
            z, x = state.values[e.top], state.values[e.bottom]
            shape = (1,) * (np.ndim(z) - np.ndim(x)) + form(x)
            axes = tuple(i for i in range(np.ndim(z)) if shape[i] != form(z)[i])
            full = [np.broadcast_to(v, form(z)) for v in state.xs(e.top)]
            c = reduce(state.step(e.top, g, e.k, full), axes)
            return np.reshape(c, form(x)) if np.size(c) == np.size(x) else None

        along = form(at.top)[-1:] != form(at.bottom)[-1:] and form(at.bottom)[-1:] == (1,)
        what = ("columns" if along else "rows") if form(at.bottom) else "elements"
        said = words.replace("rows", what)
        yield at.slip(hand, 1.0, said.format(at.names(at.e.bottom)))


def _shift(by: int) -> Callable[[Any], Any]:
    def shift(g: Any) -> Any:
        out = np.zeros_like(g)
        if by > 0:
            out[..., by:] = g[..., :-by]
        else:
            out[..., :by] = g[..., -by:]
        alike = np.all((out == g) | (out == 0.0))
        return g if alike else out  # an end is left out then

    return shift


def _cut(g: Any, i: int) -> Any:
    out = np.array(g)
    out[..., i] = 0.0
    return out


MOVED = 1.05
ORDERS = 24  # of axes
MOST = 64  # places in a larger array
TURNS = ("reshape", "transpose")  # where nothing is added up
# What is used instead of a cotangent, from how many axes on, and how strange that is.
CHANGED: list[tuple[str, Callable[[Any], Any], int, float]] = [
    ("uses only the last element of {}: the sum over the others is missing", alone(-1), 1, MOVED),
    ("uses only the first element of {}: the sum over the others is missing", alone(0), 1, MOVED),
    ("leaves out the first part of {}", lambda g: _cut(g, 0), 1, MOVED),
    ("leaves out the last part of {}", lambda g: _cut(g, -1), 1, MOVED),
    ("uses {} shifted by one place", _shift(1), 1, MOVED),
    ("uses {} shifted back by one place", _shift(-1), 1, MOVED),
    ("uses {} in reverse order", lambda g: g[..., ::-1], 1, MOVED),
    ("uses {} transposed", lambda g: g.T, 2, MOVED),
    ("uses the mean of all elements of {}", lambda g: np.full(np.shape(g), np.mean(g)), 1, 1.3),
    ("uses the sum of all elements of {}", lambda g: np.full(np.shape(g), np.sum(g)), 1, 1.3),
    ("uses the mean of {} over axis 0", lambda g: 0.0 * g + np.mean(g, axis=0), 2, 1.3),
    ("uses the sum of {} over axis 0", lambda g: 0.0 * g + np.sum(g, axis=0), 2, 1.3),
    ("uses {} without its sign", np.abs, 0, 1.3),
]


def _changed(at: Place) -> Iterator[Candidate]:
    """Use a cotangent only in part where all goes into a sum, evened out, or without its sign."""
    plain = isinstance(at.op.primitive.rule, Elementwise) or at.op.name in TURNS
    for words, change, axes, cost in CHANGED:
        if np.ndim(at.top) < axes or (plain and cost == MOVED):
            continue

        def hand(
            e: Edge, m: int, state: State, g: Any, change: Callable[[Any], Any] = change
        ) -> Any:
            new = change(np.asarray(g)) if np.ndim(g) else float(change(g))
            return state.step(e.top, new, e.k) if form(new) == form(g) else None

        said = words.format(at.names.derivative(at.e.top))
        said = said.replace("part", "column" if np.ndim(at.top) > 1 else "element")
        # A window's is turned where something that it was multiplied by is: that says more.
        cost += 0.25 * (cost == MOVED and at.op.name == "getitem")
        yield at.slip(hand, cost, said)


def _other_cotangent(at: Place) -> Iterator[Candidate]:
    """Go on from the derivative with respect to another value."""
    graph, names, edges = at.graph, at.names, at.group.edges
    to_leaf = graph.ops[graph.leaf_of(at.e.bottom)].kind == PARAM
    for s in at.sources():
        if any(form(at.state.values[v]) != form(at.top) or not graph.live[v] for v in s.ops):
            continue
        later = all(graph.depends(v, e.top) for v, e in zip(s.ops, edges, strict=True))
        if s.ops[0] == at.e.top or not (later or to_leaf):
            continue

        def make(m: int, ops: tuple[int, ...] = s.ops) -> Make:
            edge, v = edges[m], ops[m]

            def hand(state: State, g: Any, cts: Sequence[Any] | None) -> Any:
                other = g if cts is None else cts[v]
                return None if other is None else state.step(edge.top, other, edge.k)

            return hand

        own = [e.top for e in edges]
        e, wrong, right = at.shown(s.ops, own)
        what = (
            f"is computed from {names.derivative(wrong)} where it should be computed from "
            f"{names.derivative(right)}"
        )
        # One of an operation below is a wrong derivative's last resort: more is known there.
        early = any(v < e.top for v, e in zip(s.ops, edges, strict=True))
        found = at.slip(_nothing, 1.2 + s.strangeness + 0.3 * early, what, e, s.ops, own)
        found.edit = Edit(edges, make)
        yield found


def _nothing(e: Edge, m: int, state: State, g: Any) -> Any:
    return None


def _value_for_derivative(at: Place) -> Iterator[Candidate]:
    """Go on from a value where a derivative belongs: the output for the error."""
    shape, names = form(at.top), at.names
    if len(at.group.edges) > 1 or shape == ():
        return
    for i, op in enumerate(at.graph.ops):
        if op.kind == CONSTANT or i in at.graph.several or form(at.state.values[i]) != shape:
            continue

        def hand(e: Edge, m: int, state: State, g: Any, i: int = i) -> Any:
            return state.step(e.top, np.asarray(state.values[i]), e.k)

        what = f"the value {names(i)} where it should be computed from"
        yield at.slip(hand, 1.35, f"is computed from {what} {names.derivative(at.e.top)}")


def _other_part(at: Place) -> Iterator[Candidate]:
    """Cut what goes to an array that was put into a larger one out of the wrong places."""
    own, axes = _place_in(at), np.ndim(at.top)
    joined = at.names.derivative(at.e.top)
    ranges = [range(form(at.top)[i] - n + 1) for i, (_, n) in own.items()]
    for starts in itertools.product(*ranges) if math.prod(map(len, ranges)) <= MOST else ():
        moved = {i: start - own[i][0] for i, start in zip(own, starts, strict=True)}
        if not any(moved.values()):
            continue
        cut = [slice(None)] * axes
        for i, start in zip(own, starts, strict=True):
            cut[i] = slice(start, start + own[i][1])

        def hand(e: Edge, m: int, state: State, g: Any, cut: tuple[Any, ...] = (*cut,)) -> Any:
            return g[cut]

        if len(own) == 1:
            ((axis, (start, n)),) = own.items()
            wrong, along = parts(axes, axis, range(starts[0], starts[0] + n))
            right, _ = parts(axes, axis, range(start, start + n))
            what = f"is {wrong} of {joined}{along} where it should be {right}"
        else:
            by = [f"by {step:+d} along axis {axis}" for axis, step in moved.items() if step]
            what = f"is cut out of {joined} at the wrong place: shifted {listed(by)}"
        yield at.slip(hand, 1.04, what)  # says more than that it is shifted


def _place_in(at: Place) -> dict[int, tuple[int, int]]:
    """Give by axis where an array was put, and how long it is: one of several, or amid zeros."""
    op, shape, settings = at.op, form(at.top), at.state.settings(at.e.top)
    if op.name == "concatenate":
        axis = settings["axis"] % len(shape)
        sizes = [form(x)[axis] for x in at.state.xs(at.e.top)]
        return {axis: (sum(sizes[: at.e.k]), sizes[at.e.k])}
    index = settings.get("index") if op.name == "scatter" else None
    if not isinstance(index, tuple) or not all(type(i) is slice and i.step is None for i in index):
        return {}
    ends = [i.indices(n) for i, n in zip(index, shape, strict=False)]
    inside = [(start, stop - start) for start, stop, _ in ends]
    return {i: place for i, place in enumerate(inside) if place[1] < shape[i]}


def orders(case: Case, state: State) -> Iterator[Candidate]:
    """Take the numbers of a derivative in another order: that of other axes."""
    graph, names = case.graph, case.names
    flat: dict[int, list[tuple[int, ...]]] = {}  # shapes that the numbers may have had before
    for top, op in enumerate(graph.ops):
        shape = form(state.values[top])
        if op.kind != RESULT or not shape or not graph.live[top] or top in graph.several:
            continue
        if op.name == "stack" and shape == (len(set(op.args)),):
            flat[top] = [(shape[0] // n, n) for n in range(2, shape[0]) if shape[0] % n == 0]
        elif op.name == "reshape":
            flat[top] = [form(state.values[op.args[0]])]
        elif isinstance(op.primitive.rule, Elementwise):
            for a in op.args:
                if a in flat and form(state.values[a]) == shape:
                    flat[top] = flat[a]
        edges = [Edge(top, a, k) for k, a in enumerate(op.args) if graph.live[a]]
        for words, look, _, ndim in LAYOUTS:
            if len(shape) == ndim and np.shape(look(state.values[top])) == shape:
                made = [_laid_out(look, e) for e in edges]
                edit = Edit(tuple(edges), made.__getitem__)
                text = f"{names.derivative(top)} is {words}"
                yield Candidate(edit, Group(edit.edges, False), text, 1.36)
        for axes in flat.get(top, ()):
            for order in itertools.islice(itertools.permutations(range(len(axes))), 1, ORDERS):
                turned = tuple(axes[i] for i in order)
                back = tuple(int(i) for i in np.argsort(order))
                how = f"reshape{turned}.{'T' if len(axes) == 2 else f'transpose{back}'}"
                text = f"the elements of {names.derivative(top)} are taken in the order of `{how}`"
                made = [_reordered(turned, back, e) for e in edges]
                edit = Edit(tuple(edges), made.__getitem__)
                yield Candidate(edit, Group(edit.edges, False), text, 1.35)


def _laid_out(look: Callable[[Any], Any], e: Edge) -> Make:
    return lambda state, g, cts: state.step(e.top, look(g), e.k)


def _reordered(turned: tuple[int, ...], back: tuple[int, ...], e: Edge) -> Make:
    def hand(state: State, g: Any, cts: Any) -> Any:
        new = np.transpose(np.reshape(g, turned), back)
        return state.step(e.top, np.reshape(new, form(g)), e.k)

    return hand
