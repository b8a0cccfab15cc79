"""Mistakes along one edge: a constant, another operand, one factor too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .candidates import Candidate, everywhere, more, multipliers, with_operands
from .case import Case
from .edges import Group
from .graph import RESULT, form
from .naming import listed
from .phrases import factor_text, rounds, through
from .readings import VIEWS, window_name, windows
from .sources import Source, first_shown, sources
from .sweep import Edge, State, shaped


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
    yield from _overwritten(case, group, state)
    yield from _factors(case, group, sources(graph, group, short), state)
    yield from _only(case, group)


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
    few = ((0.0, 1.05), (-1.0, 1.0), (2.0, 1.11), (0.5, 1.11), (0.1, 1.2), (10.0, 1.2))
    sizes = [n for n in dict.fromkeys(case.sizes) if n > 2]
    for factor, cost in (*few, *((c, 1.19) for n in sizes for c in (1.0 / n, float(n)))):
        edit = everywhere(group, _times(factor))

        def text(c: float = factor) -> str:
            what = f"the term{through(names, e)} in {names.derivative(e.bottom)}"
            if c == 0.0:
                return f"{what} is missing{rounds(group)}"
            return f"{what} {factor_text(c)}{rounds(group)}"

        yield Candidate(edit, group, text, cost)


def _times(c: float) -> Callable[[Edge, int, State, Any], Any]:
    return lambda e, m, state, g: c * state.along(e, g)


def _only(case: Case, group: Group) -> Iterator[Candidate]:
    """Keep one term of three or more: a carry without what comes through the gates."""
    graph, e, names = case.graph, group.first, case.names
    mine = set(group.edges)
    others = [
        Edge(n, bottom, k)
        for bottom in dict.fromkeys(e.bottom for e in group.edges)
        for n, k in graph.users(bottom)
        if graph.live[n] and graph.depends(graph.output, n) and Edge(n, bottom, k) not in mine
    ]
    if e.inside or len(others) < 2 * len({e.bottom for e in group.edges}):
        return
    rest = Group(tuple(others), False)

    def text() -> str:
        return (
            f"{names.derivative(e.bottom)} keeps only the term{through(names, e)}: its other terms "
            f"are missing{rounds(group)}"
        )

    yield Candidate(everywhere(rest, _times(0.0)), rest, text, 1.2)


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

        product = word == "transposed" and case.graph.ops[e.top].primitive.name == "matmul"
        yield Candidate(everywhere(group, make), group, text, 1.1 if product else 1.25)


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


def _overwritten(case: Case, group: Group, state: State) -> Iterator[Candidate]:
    """Put what goes to one place one over the other instead of adding it up."""
    e, names = group.first, case.names

    def index(state: State, e: Edge) -> Any:
        settings = state.op(e.top).settings
        return (state.point.settings[e.top] if settings is None else settings).get("index")

    where = index(state, e)
    parts = where if isinstance(where, tuple) else (where,)
    if not any(np.ndim(part) for part in parts if not isinstance(part, slice)):
        return

    def make(e: Edge, m: int, state: State, g: Any) -> Any:
        out = np.zeros(form(state.values[e.bottom]))
        out[index(state, e)] = g
        return out

    def text() -> str:
        return (
            f"{names.derivative(e.bottom)}{more(case, e)} keeps, of each index that repeats, only "
            f"the last: the others are overwritten (`+=` adds once per index; use `np.add.at`)"
            f"{rounds(group)}"
        )

    yield Candidate(everywhere(group, make), group, text, 1.05)


def _one(i: int) -> Callable[[Any], Any]:
    return lambda v: np.broadcast_to(v[i], form(v))


def _factors(case: Case, group: Group, others: Any, state: State) -> Iterator[Candidate]:
    """Leave the factor of an edge out, or multiply by one more value."""
    e, names = group.first, case.names
    if multipliers(state, e):

        def left_out(e: Edge, m: int, state: State, g: Any) -> Any:
            x = state.values[e.bottom]
            if np.ndim(g) < np.ndim(x) and form(g) == form(x)[: np.ndim(g)]:
                return np.broadcast_to(
                    np.reshape(g, form(g) + (1,) * (np.ndim(x) - np.ndim(g))), form(x)
                )
            return shaped(g, x)

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
        if s.strangeness or case.graph.ops[s.ops[0]].kind != RESULT:
            continue

        def derived(e: Edge, m: int, state: State, g: Any, ops: tuple[int, ...] = s.ops) -> Any:
            v = state.values[ops[m]]
            return shaped(state.along(e, g) * v * (1 - v), state.values[e.bottom])

        def derived_text(ops: tuple[int, ...] = s.ops) -> str:
            v = names.bare(ops[0])
            return (
                f"{names.derivative(e.bottom)}{more(case, e)} has an extra factor "
                f"`{v}*(1 - {v})`{rounds(group)}"
            )

        yield Candidate(everywhere(group, derived), group, derived_text, 1.4)
