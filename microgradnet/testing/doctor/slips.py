"""Mistakes along one edge: a constant, another operand, a sum forgotten, one factor too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...rules import Elementwise
from .candidates import Candidate, everywhere, more, multipliers, with_operands
from .case import Case
from .edges import Group
from .graph import PARAM, form
from .naming import listed
from .phrases import factor_text, rounds, through
from .readings import VIEWS, window_name, windows
from .sources import Source, first_shown, sources
from .sweep import Edge, Edit, Make, State, shaped


def candidates(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Give every single mistake along the edges of a group."""
    graph, short = case.graph, case.names.is_short
    yield from _constants(case, group)
    for j in multipliers(state, group.first):
        own = tuple(graph.ops[e.top].args[j] for e in group.edges)
        for s in sources(graph, group, short, j):
            if s.ops != own:
                yield _other_operand(case, group, j, s.ops, 1.1 + s.strangeness)
            if _is_flippable(state, group.first, j, s):
                yield _other_operand(case, group, j, s.ops, 1.15 + s.strangeness, ".T")
        yield from _views(case, group, j, state)
        yield from _windows(case, group, j, state)
    yield from _sums(case, group, state)
    yield from _cut(case, group, state)
    yield from _other_cotangent(case, group, state)
    yield from _factors(case, group, sources(graph, group, short), state)


def _is_flippable(state: State, e: Edge, j: int, s: Source) -> bool:
    """Whether the transpose of what is read instead could stand there, in a product of matrices."""
    if state.op(e.top).primitive.name != "matmul" or s.ops[0] == state.op(e.top).args[j]:
        return False
    v, x = state.values[s.ops[0]], state.values[state.op(e.top).args[j]]
    return np.ndim(v) == 2 and form(v)[::-1] == form(x)


def _constants(case: Case, group: Group) -> Iterator[Candidate]:
    e, names = group.first, case.names
    args = case.graph.ops[e.top].args
    if args.count(e.bottom) > 1 and len(group.edges) == 1:
        return  # w @ w is one term to a person: the group of both edges speaks for it
    for factor, cost in ((0.0, 1.05), (-1.0, 1.0), (2.0, 1.05), (0.5, 1.05)):
        edit = everywhere(group, _times(factor))

        def text(c: float = factor) -> str:
            what = f"the term{through(names, e)} in {names.derivative(e.bottom)}"
            if c == 0.0:
                return f"{what} is missing{rounds(group)}"
            return f"{what} {factor_text(c)}{rounds(group)}"

        yield Candidate(edit, group, text, cost)


def _times(c: float) -> Callable[[Edge, int, State, Any], Any]:
    return lambda e, m, state, g: c * state.along(e, g)


def _other_operand(
    case: Case, group: Group, j: int, ops: tuple[int, ...], cost: float, flipped: str = ""
) -> Candidate:
    names = case.names

    def make(e: Edge, m: int, state: State, g: Any) -> Any:
        xs = state.xs(e.top)
        v = state.values[ops[m]]
        xs[j] = v.T if flipped else v
        return with_operands(state, e, g, xs)

    def text() -> str:
        own = [case.graph.ops[e.top].args[j] for e in group.edges]
        m = first_shown(case.graph, ops, own)
        e, wrong, right = group.edges[m], names(ops[m], flipped), names(own[m])
        return (
            f"{names.derivative(e.bottom)}{more(case, e)} multiplies by {wrong} where it should "
            f"multiply by {right}{rounds(group)}"
        )

    return Candidate(everywhere(group, make), group, text, cost)


def _views(case: Case, group: Group, j: int, state: State) -> Iterator[Candidate]:
    """Read an operand in another order, or only its first or last element."""
    e, names = group.first, case.names
    operand = case.graph.ops[e.top].args[j]
    x = np.asarray(state.values[operand])
    if x.ndim == 0:
        return
    looks = [(words, look, axes) for words, look, _, axes in VIEWS]
    if x.shape[0] <= 8:
        for i in range(x.shape[0]):
            looks.append((f"as its element {i} throughout", _one(i), 1))
    for word, look, axes in looks:
        if x.ndim < axes:
            continue

        def make(e: Edge, m: int, state: State, g: Any, look: Callable[[Any], Any] = look) -> Any:
            xs = state.xs(e.top)
            xs[j] = look(np.asarray(xs[j]))
            if form(xs[j]) != form(state.xs(e.top)[j]):
                return None
            return with_operands(state, e, g, xs)

        def text(word: str = word) -> str:
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} multiplies by {names(operand)} "
                f"{word}{rounds(group)}"
            )

        yield Candidate(everywhere(group, make), group, text, 1.25)


def _windows(case: Case, group: Group, j: int, state: State) -> Iterator[Candidate]:
    """Read another stretch of an array in the rounds of a loop."""
    names = case.names
    own = [case.graph.ops[e.top].args[j] for e in group.edges]
    for array, places, strangeness in windows(case.graph, state, own):

        def make(
            e: Edge, m: int, state: State, g: Any, array: int = array, places: Any = places
        ) -> Any:
            xs = state.xs(e.top)
            xs[j] = state.values[array][places[m]]
            return with_operands(state, e, g, xs)

        def text(array: int = array, places: Any = places) -> str:
            wrong = [window_name(names.bare(array), where) for where in places]
            m = next(m for m, i in enumerate(own) if wrong[m] != names(i))
            e = group.edges[m]
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} multiplies by {wrong[m]} where it "
                f"should multiply by {names(own[m])}{rounds(group)}"
            )

        yield Candidate(everywhere(group, make), group, text, 1.15 + strangeness)


def _one(i: int) -> Callable[[Any], Any]:
    return lambda v: np.broadcast_to(v[i], form(v))


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


def _only(i: int) -> Callable[[Any], Any]:
    def cut(g: Any) -> Any:
        out = np.zeros_like(g)
        out[i] = g[i]
        return out

    return cut


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
    ("only the last element of {}: the sum over the others is missing", _only(-1)),
    ("only the first element of {}: the sum over the others is missing", _only(0)),
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

        def at(m: int, v: int) -> Make:
            edge = group.edges[m]

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

        edit = Edit(group.edges, tuple(at(m, v) for m, v in enumerate(s.ops)))
        yield Candidate(edit, group, text, 1.2 + s.strangeness)


def _factors(case: Case, group: Group, others: Any, state: State) -> Iterator[Candidate]:
    """Leave the factor of an edge out, or multiply by one more value."""
    e, names = group.first, case.names
    if multipliers(state, e):

        def left_out(e: Edge, m: int, state: State, g: Any) -> Any:
            return shaped(g, state.values[e.bottom])

        def text() -> str:
            others = [a for k, a in enumerate(case.graph.ops[e.top].args) if k != e.k]
            if case.graph.ops[e.top].primitive.name == "divide" and e.k == 0:
                return (
                    f"{names.derivative(e.bottom)}{more(case, e)} is not divided by "
                    f"{names(others[0])}{rounds(group)}"
                )
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} leaves out the factor "
                f"{listed([names(a) for a in others])}{rounds(group)}"
            )

        yield Candidate(everywhere(group, left_out), group, text, 1.1)

        def divided(e: Edge, m: int, state: State, g: Any) -> Any:
            slope = state.along(e, np.ones_like(g) if np.ndim(g) else 1.0)
            return g / slope if form(slope) == form(g) else None

        def divided_text() -> str:
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} is divided by "
                f"{names.slope(e.top, e.bottom)} where it should be multiplied by it{rounds(group)}"
            )

        yield Candidate(everywhere(group, divided), group, divided_text, 1.3)
    for s in others:

        def make(e: Edge, m: int, state: State, g: Any, ops: tuple[int, ...] = s.ops) -> Any:
            c = state.along(e, g)
            extra = c * state.values[ops[m]]
            return shaped(extra, state.values[e.bottom])

        def extra_text(ops: tuple[int, ...] = s.ops) -> str:
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} has an extra factor "
                f"{names(ops[0])}{rounds(group)}"
            )

        yield Candidate(everywhere(group, make), group, extra_text, 1.35 + s.strangeness)
