"""Mistakes in the cotangent that goes along an edge: cut, evened out, another's, added twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...rules import Elementwise
from .candidates import Candidate, everywhere, more
from .case import Case
from .edges import Group
from .graph import CONSTANT, PARAM, form
from .phrases import rounds
from .readings import alone
from .sources import first_shown, sources
from .sweep import Edge, Edit, Make, State


def candidates(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Give every single mistake in what goes along the edges of a group."""
    yield from _sums(case, group, state)
    yield from _cut(case, group, state)
    yield from _evened(case, group, state)
    yield from _other_cotangent(case, group, state)
    yield from _value_for_derivative(case, group, state)
    yield from _kept(case, group, state)


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


def _sums(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Forget the sum over what was broadcast."""
    e, names = group.first, case.names
    op = state.op(e.top)
    z, x = state.values[e.top], state.values[e.bottom]
    if not isinstance(op.primitive.rule, Elementwise) or form(z) == form(x):
        return
    for words, reduce in SUMS:

        def make(
            e: Edge,
            m: int,
            state: State,
            g: Any,
            reduce: Callable[[Any, tuple[int, ...]], Any] = reduce,
        ) -> Any:
            z, x = state.values[e.top], state.values[e.bottom]
            lead = np.ndim(z) - np.ndim(x)
            shape = (1,) * lead + form(x)
            axes = tuple(i for i in range(np.ndim(z)) if shape[i] != form(z)[i])
            full = [np.broadcast_to(v, form(z)) for v in state.xs(e.top)]
            c = reduce(state.step(e.top, g, e.k, full), axes)
            return np.reshape(c, form(x)) if np.size(c) == np.size(x) else None

        def text(words: str = words) -> str:
            what = words.format(names(e.bottom))
            return f"{names.derivative(e.bottom)}{more(case, e)} {what}{rounds(group)}"

        yield Candidate(everywhere(group, make), group, text, 1.0)


def _shift(by: int) -> Callable[[Any], Any]:
    def shift(g: Any) -> Any:
        out = np.zeros_like(g)
        if by > 0:
            out[..., by:] = g[..., :-by]
        else:
            out[..., :by] = g[..., -by:]
        return out

    return shift


CUTS: list[tuple[str, Callable[[Any], Any]]] = [
    ("only the last element of {}: the sum over the others is missing", alone(-1)),
    ("only the first element of {}: the sum over the others is missing", alone(0)),
    ("{} shifted by one place", _shift(1)),
    ("{} shifted back by one place", _shift(-1)),
    ("{} in reverse order", lambda g: g[..., ::-1]),
    ("{} transposed", lambda g: g.T),
]


def _cut(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Use only the first or last element of a cotangent where all go into a sum."""
    e, names = group.first, case.names
    z = np.asarray(state.values[e.top])
    if isinstance(state.op(e.top).primitive.rule, Elementwise) or z.ndim == 0:
        return
    for words, change in CUTS:

        def make(
            e: Edge, m: int, state: State, g: Any, change: Callable[[Any], Any] = change
        ) -> Any:
            new = change(np.asarray(g))
            return state.step(e.top, new, e.k) if form(new) == form(g) else None

        def text(words: str = words) -> str:
            what = f"{names.derivative(e.bottom)}{more(case, e)} uses "
            return what + words.format(names.derivative(e.top)) + rounds(group)

        yield Candidate(everywhere(group, make), group, text, 1.05)


EVENED: list[tuple[str, Callable[[Any], Any]]] = [
    ("the mean of all elements of {}", lambda g: np.full(np.shape(g), np.mean(g))),
    ("the sum of all elements of {}", lambda g: np.full(np.shape(g), np.sum(g))),
    ("the mean of {} over axis 0", lambda g: 0.0 * g + np.mean(g, axis=0)),
    ("the sum of {} over axis 0", lambda g: 0.0 * g + np.sum(g, axis=0)),
    ("{} without its sign", np.abs),
]


def _evened(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Put the mean or the sum of a cotangent in the place of its elements, or drop its sign."""
    e, names = group.first, case.names
    shape = form(state.values[e.top])
    for words, change in EVENED:
        if len(shape) < (0 if "sign" in words else 2 if "axis" in words else 1):
            continue

        def make(
            e: Edge, m: int, state: State, g: Any, change: Callable[[Any], Any] = change
        ) -> Any:
            new = change(np.asarray(g))
            return state.step(e.top, new if np.ndim(g) else float(new), e.k)

        def text(words: str = words) -> str:
            what = f"{names.derivative(e.bottom)}{more(case, e)} uses "
            return what + words.format(names.derivative(e.top)) + rounds(group)

        yield Candidate(everywhere(group, make), group, text, 1.3)


def _other_cotangent(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Go on from the derivative with respect to another value."""
    e, graph, names = group.first, case.graph, case.names
    to_leaf = graph.ops[graph.leaf_of(e.bottom)].kind == PARAM
    shape = form(state.values[e.top])

    for s in sources(graph, group, names.is_short):
        if any(form(state.values[v]) != shape or not graph.live[v] for v in s.ops):
            continue
        later = all(graph.depends(v, e.top) for v, e in zip(s.ops, group.edges, strict=True))
        if s.ops[0] == e.top or not (later or to_leaf):
            continue

        def at(m: int, ops: tuple[int, ...] = s.ops) -> Make:
            edge, v = group.edges[m], ops[m]

            def make(state: State, g: Any, cts: Sequence[Any] | None) -> Any:
                other = g if cts is None else cts[v]
                return None if other is None else state.step(edge.top, other, edge.k)

            return make

        def text(ops: tuple[int, ...] = s.ops) -> str:
            m = first_shown(graph, ops, [e.top for e in group.edges])
            e = group.edges[m]
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} is computed from "
                f"{names.derivative(ops[m])} where it should be computed from "
                f"{names.derivative(e.top)}{rounds(group)}"
            )

        edit = Edit(group.edges, at)
        # One of an operation below is a wrong derivative's last resort: more is known there.
        early = any(v < e.top for v, e in zip(s.ops, group.edges, strict=True))
        yield Candidate(edit, group, text, 1.2 + s.strangeness + 0.3 * early)


def _value_for_derivative(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Go on from a value where a derivative belongs: the output for the error."""
    e, graph, names = group.first, case.graph, case.names
    shape = form(state.values[e.top])
    if len(group.edges) > 1 or shape == ():
        return
    for i, op in enumerate(graph.ops):
        if op.kind == CONSTANT or i in graph.several or form(state.values[i]) != shape:
            continue

        def make(e: Edge, m: int, state: State, g: Any, i: int = i) -> Any:
            return state.step(e.top, np.asarray(state.values[i]), e.k)

        def text(i: int = i) -> str:
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} is computed from the value "
                f"{names(i)} where it should be computed from {names.derivative(e.top)}"
            )

        yield Candidate(everywhere(group, make), group, text, 1.35)


def _kept(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Add a loop's cotangent to that of the round before instead of putting it in its place."""
    graph, names = case.graph, case.names
    first = group.first
    if len(group.edges) < 2 or group.apart:
        return
    order = {e: m for m, e in enumerate(group.edges)}

    def following(e: Edge) -> Edge | None:
        later = order[e] + 1
        return group.edges[later] if later < len(order) else None

    def whole(e: Edge) -> Make:
        def make(state: State, g: Any, cts: Sequence[Any] | None) -> Any:
            c = state.step(e.top, g, e.k)
            kept = None if cts is None else cts[after[e]] if e in after else None
            return c if kept is None or form(kept) != form(c) else c + kept

        return make

    def term(e: Edge) -> Make:
        def make(state: State, g: Any, cts: Sequence[Any] | None) -> Any:
            c = state.step(e.top, g, e.k)
            after = following(e)
            if after is None or cts is None or cts[after.top] is None:
                return c
            return c + term(after)(state, cts[after.top], cts)

        return make

    # The value of the next round that stands where this edge's bottom stands in its own.
    after: dict[Edge, int] = {}
    for e in group.edges:
        late = following(e)
        after[e] = late.bottom if late is not None else e.top
        if late is None:
            same = [i for i, op in enumerate(graph.ops) if op.site == graph.ops[e.bottom].site]
            beyond = [i for i in same if graph.depends(i, e.top)]
            if beyond:
                after[e] = min(beyond)
            else:
                del after[e]

    def text() -> str:
        return (
            f"{names.derivative(first.bottom)} is added to what the round before left, where it "
            f"should start anew{rounds(group)}"
        )

    for kind in (term, whole):
        made = tuple(kind(e) for e in group.edges)
        yield Candidate(Edit(group.edges, made.__getitem__), group, text, 1.25)
