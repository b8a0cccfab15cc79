"""Mistakes in the derivative of a function: taken elsewhere, by another formula, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from .candidates import Candidate, everywhere
from .case import Case
from .edges import Group
from .formulas import FORMULAS, REDUCED, WIDE
from .graph import form
from .phrases import rounds, times
from .recomputed import Wrong, mistakes
from .sources import first_shown, sources
from .sweep import Edge, State, shaped


def candidates(case: Case, group: Group) -> Iterator[Candidate]:
    """Give every single mistake in the derivatives of a group of segments."""
    others = sources(case.graph, group, case.names.is_short)
    for s in others:
        if s.ops != tuple(e.bottom for e in group.edges):
            yield _elsewhere(case, group, s.ops, 1.2 + s.strangeness)
    if len(group.first.inside) == 1:
        for s in others:
            yield _other_result(case, group, s.ops, 1.25 + s.strangeness)
            if not s.strangeness and group.whole:
                yield from _mixed(case, group, s.ops)
        yield from _one_result(case, group)
    yield from _formulas(case, group)
    if len(group.edges) == 1:
        for w in mistakes(case.graph, group.first.bottom, case.names):
            yield _recomputed(case, group, w)


def wide_candidates(case: Case, group: Group) -> Iterator[Candidate]:
    """Give mistakes in derivatives of functions of whole arrays."""
    e, values = group.first, case.points[0].values
    same = form(values[e.top]) == form(values[e.bottom])
    yield from _softmax(case, group) if same else _log_sum_exp(case, group)


def left_out(case: Case, group: Group) -> Candidate:
    """Leave the derivative of a segment out."""
    e, names = group.first, case.names

    def make(e: Edge, m: int, state: State, g: Any) -> Any:
        return shaped(g, state.values[e.bottom])

    def text() -> str:
        return f"the factor {names.slope(e.top, e.bottom)} is left out{rounds(group)}"

    plain = len(e.inside) != 1 or len(case.graph.ops[e.top].args) == 1
    return Candidate(everywhere(group, make), group, text, 1.05 if plain else 1.11)


def _is_piecewise_linear(state: State, e: Edge) -> bool:
    """Whether the slope of a segment is the same at twice its variable."""
    x = state.values[e.bottom]
    one = np.ones(form(x)) if form(x) else 1.0
    return bool(np.all(moved(state, e, 2.0 * x).along(e, one) == state.along(e, one)))


def _softmax(case: Case, group: Group) -> Iterator[Candidate]:
    """Treat a function like softmax as if it were one of single numbers, and the like."""
    e, names = group.first, case.names

    def diagonal(e: Edge, m: int, state: State, g: Any) -> Any:
        out = np.zeros(form(g))
        for place in np.ndindex(*form(g)):
            one = np.zeros(form(g))
            one[place] = g[place]
            out[place] = state.along(e, one)[place]
        return out

    def text() -> str:
        return (
            f"{names.slope(e.top, e.bottom)} is taken element by element: what each element of "
            f"{names(e.bottom)} does to the other elements of {names(e.top)} is missing"
            f"{rounds(group)}"
        )

    yield Candidate(everywhere(group, diagonal), group, text, 1.2)

    yield left_out(case, group)
    for formula, compute in WIDE:

        def make(e: Edge, m: int, state: State, g: Any, f: Any = compute) -> Any:
            return f(g, state.values[e.top])

        def wide_text(formula: str = formula) -> str:
            g, h = names.derivative(e.top).strip("`"), _inner(case, e.top)
            written = formula.format(g=g, h=h)
            return f"{names.derivative(e.bottom)} is taken as `{written}`{rounds(group)}"

        yield Candidate(everywhere(group, make), group, wide_text, 1.3)


def _log_sum_exp(case: Case, group: Group) -> Iterator[Candidate]:
    """Take something else for the softmax that is the derivative of log-sum-exp."""
    e, names = group.first, case.names
    for formula, compute in REDUCED:

        def make(e: Edge, m: int, state: State, g: Any, f: Any = compute) -> Any:
            return g * f(state.values[e.bottom])

        def text(formula: str = formula) -> str:
            written = formula.format(z=_inner(case, e.bottom))
            return f"{names.slope(e.top, e.bottom)} is taken as `{written}`{rounds(group)}"

        yield Candidate(everywhere(group, make), group, text, 1.25)


def _elsewhere(case: Case, group: Group, ops: tuple[int, ...], cost: float) -> Candidate:
    """Evaluate the derivative of a segment at another value."""
    e, names = group.first, case.names

    def make(e: Edge, m: int, state: State, g: Any) -> Any:
        v = spread(state.values[ops[m]], state.values[e.bottom])
        if v is None:
            return None
        return moved(state, e, v).along(e, g)

    def text() -> str:
        m = first_shown(case.graph, ops, [e.bottom for e in group.edges])
        e, note = group.edges[m], ""
        if ops[m] == e.top:
            note = " (the function's value instead of its argument)"
        return (
            f"{names.slope(e.top, e.bottom)} is evaluated at {names(ops[m])} where it should be "
            f"evaluated at {names(e.bottom)}{note}{rounds(group)}"
        )

    return Candidate(everywhere(group, make), group, text, cost - 0.05 * (ops[0] == e.top))


def _other_result(case: Case, group: Group, ops: tuple[int, ...], cost: float) -> Candidate:
    """Compute the derivative of a function from another result than its own: 1 - h**2, wrong h."""
    names = case.names

    def make(e: Edge, m: int, state: State, g: Any) -> Any:
        v = spread(state.values[ops[m]], state.values[e.top])
        if v is None:
            return None
        return state.step(e.top, g, state.op(e.top).args.index(e.bottom), None, v)

    def text() -> str:
        m = first_shown(case.graph, ops, [e.top for e in group.edges])
        e = group.edges[m]
        return (
            f"{names.slope(e.top, e.bottom)} is computed from {names(ops[m])} where it should be "
            f"computed from {names(e.top)}{rounds(group)}"
        )

    return Candidate(everywhere(group, make), group, text, cost)


def _mixed(case: Case, group: Group, ops: tuple[int, ...]) -> Iterator[Candidate]:
    """Write the derivative of a sigmoid with another value for one of its two results."""
    e, names = group.first, case.names
    v, h = names.bare(ops[0]), names.bare(e.top)
    for formula, compute in (
        (f"{v}*(1 - {h})", lambda v, h: v * (1 - h)),
        (f"{h}*(1 - {v})", lambda v, h: h * (1 - v)),
    ):

        def make(e: Edge, m: int, state: State, g: Any, f: Any = compute) -> Any:
            return shaped(g * f(state.values[ops[m]], state.values[e.top]), state.values[e.bottom])

        def text(formula: str = formula) -> str:
            return f"{names.slope(e.top, e.bottom)} is taken as `{formula}`{rounds(group)}"

        yield Candidate(everywhere(group, make), group, text, 1.45)


def _one_result(case: Case, group: Group) -> Iterator[Candidate]:
    """Compute the derivative of a function from its first or last result in all places."""
    e, names = group.first, case.names
    if np.ndim(case.points[0].values[e.top]) == 0:
        return
    for i, words in ((0, "first"), (-1, "last")):

        def make(e: Edge, m: int, state: State, g: Any, i: int = i) -> Any:
            z = state.values[e.top]
            k = state.op(e.top).args.index(e.bottom)
            return state.step(e.top, g, k, None, np.broadcast_to(z[i], form(z)))

        def text(words: str = words) -> str:
            return (
                f"{names.slope(e.top, e.bottom)} is computed from the {words} element of "
                f"{names(e.top)} in every place{rounds(group)}"
            )

        yield Candidate(everywhere(group, make), group, text, 1.35)


def _recomputed(case: Case, group: Group, w: Wrong) -> Candidate:
    """Evaluate the derivative of a segment at its variable, computed once more and wrongly."""
    e, names = group.first, case.names

    def make(e: Edge, m: int, state: State, g: Any) -> Any:
        return moved(state, e, w.value(state)).along(e, g)

    def text() -> str:
        return (
            f"{names.slope(e.top, e.bottom)} is evaluated at {names(e.bottom)} "
            f"{w.text(case.graph, names)}"
        )

    return Candidate(everywhere(group, make), group, text, 1.4 + w.strangeness)


def spread(v: Any, x: Any) -> Any:
    """Give a value in the shape of another that it can be broadcast to; else None."""
    if form(v) == form(x) or isinstance(v, tuple):
        return v if form(v) == form(x) else None
    fits = np.ndim(v) == np.ndim(x) and all(
        n in (1, m) for n, m in zip(form(v), form(x), strict=True)
    )
    return np.broadcast_to(v, form(x)) if fits else None


def moved(state: State, e: Edge, v: Any) -> State:
    """Give the numbers inside a segment as if its variable were `v`."""
    values = list(state.values)
    values[e.bottom] = v
    for i in reversed(e.inside):
        op = state.op(i)
        settings = state.point.settings[i] if op.settings is None else op.settings
        values[i] = op.primitive.compute([values[a] for a in op.args], settings)
    return State(state.graph, state.point, values)


def _formulas(case: Case, group: Group) -> Iterator[Candidate]:
    """Use a wrong formula for the derivative of a segment."""
    e, names = group.first, case.names

    yield left_out(case, group)

    def squared(e: Edge, m: int, state: State, g: Any) -> Any:
        return state.along(e, state.along(e, g))

    def squared_text() -> str:
        return f"the factor {names.slope(e.top, e.bottom)} is applied twice{rounds(group)}"

    if not _is_piecewise_linear(case.points[0], e):  # else its square is another constant
        yield Candidate(everywhere(group, squared), group, squared_text, 1.15)

    def gated(e: Edge, m: int, state: State, g: Any) -> Any:
        return g * (np.asarray(g) > 0)

    def gated_text() -> str:
        return (
            f"the factor {names.slope(e.top, e.bottom)} is taken from the sign of "
            f"{names.derivative(e.top)} (where it is positive){rounds(group)}"
        )

    yield Candidate(everywhere(group, gated), group, gated_text, 1.3)
    for formula, compute, cost in FORMULAS:

        def make(
            e: Edge, m: int, state: State, g: Any, f: Callable[[Any, Any], Any] = compute
        ) -> Any:
            d = f(state.values[e.bottom], state.values[e.top])
            return g * d if type(g) is not float else float(g * d)

        def scaled(c: float, formula: str = formula) -> str:
            written = times(c, formula.format(z=_inner(case, e.bottom), h=_inner(case, e.top)))
            return f"{names.slope(e.top, e.bottom)} is taken as `{written}`{rounds(group)}"

        made = everywhere(group, make)
        yield Candidate(made, group, partial(scaled, 1.0), 1.3 + cost, scaled)


def _inner(case: Case, i: int) -> str:
    text = case.names.bare(i)
    plain = text.isidentifier() or case.names.is_short(i)
    return text if plain else f"({text})"
