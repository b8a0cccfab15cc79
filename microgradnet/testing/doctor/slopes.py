"""Mistakes in the derivative of a function: taken elsewhere, by another formula, left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from .formulas import FORMULAS, REDUCED, WIDE
from .graph import form
from .naming import rounds, times
from .places import Candidate, Hand, Place
from .recomputed import Wrong, mistakes
from .sweep import Edge, State, shaped

Formula = Callable[[Any, Any], Any]


def candidates(at: Place) -> Iterator[Candidate]:
    """Give every single mistake in the derivatives of a group of segments."""
    others, names = at.sources(), at.names
    own = [e.bottom for e in at.group.edges]
    for s in others:
        if s.ops != tuple(own):
            e, wrong, right = at.shown(s.ops, own)
            note = " (the function's value instead of its argument)" if wrong == e.top else ""
            what = f"is evaluated at {names(wrong)} where it should be evaluated at {names(right)}"
            cost = 1.2 + s.strangeness - 0.05 * (s.ops[0] == at.e.top)
            yield at.slope(_elsewhere(s.ops), cost, what + note, e, s.ops, own)
    if len(at.e.inside) == 1:
        for s in others:
            yield from _other_result(at, s.ops, s.strangeness)
        yield from _one_result(at)
    yield from _formulas(at)


def recomputed(at: Place) -> Iterator[Candidate]:
    """Evaluate the derivative of a segment at what its variable would be with a mistake in it."""
    names, e = at.names, at.e
    for w in mistakes(at.graph, e.bottom, names) if len(at.group.edges) == 1 else ():
        what = f"is evaluated at {names(e.bottom)} {w.text(at.graph, names)}"
        yield at.slope(_recomputed(w), 1.51 + w.strangeness, what)


def wide_candidates(at: Place) -> Iterator[Candidate]:
    """Give mistakes in derivatives of functions of whole arrays."""
    yield from _softmax(at) if form(at.top) == form(at.bottom) else _log_sum_exp(at)


def left_out(at: Place) -> Candidate:
    """Leave the derivative of a segment out."""
    plain = len(at.e.inside) != 1 or len(at.op.args) == 1
    return at.said(
        lambda e, m, state, g: shaped(g, state.values[e.bottom]),
        1.05 if plain else 1.11,
        f"the factor {at.names.slope(at.e.top, at.e.bottom)} is left out",
    )


def _softmax(at: Place) -> Iterator[Candidate]:
    """Treat a function like softmax as if it were one of single numbers, and the like."""

    def diagonal(e: Edge, m: int, state: State, g: Any) -> Any:
        out = np.zeros(form(g))
        for place in np.ndindex(*form(g)):
            one = np.zeros(form(g))
            one[place] = g[place]
            out[place] = state.along(e, one)[place]
        return out

    x, h = at.names(at.e.bottom), at.names(at.e.top)
    what = f"what each element of {x} does to the other elements of {h} is missing"
    yield at.slope(diagonal, 1.2, f"is taken element by element: {what}")
    yield left_out(at)
    for formula, compute in WIDE:

        def hand(e: Edge, m: int, state: State, g: Any, f: Formula = compute) -> Any:
            return f(g, state.values[e.top])

        written = formula.format(
            g=at.names.derivative(at.e.top).strip("`"), h=at.names.inner(at.e.top)
        )
        yield at.said(hand, 1.3, f"{at.names.derivative(at.e.bottom)} is taken as `{written}`")


def _log_sum_exp(at: Place) -> Iterator[Candidate]:
    """Take something else for the softmax that is the derivative of log-sum-exp."""
    for formula, compute in REDUCED:

        def hand(e: Edge, m: int, state: State, g: Any, f: Any = compute) -> Any:
            return g * f(state.values[e.bottom])

        yield at.slope(hand, 1.25, f"is taken as `{formula.format(z=at.names.inner(at.e.bottom))}`")


def _recomputed(w: Wrong) -> Hand:
    return lambda e, m, state, g: moved(state, e, w.value(state)).along(e, g)


def _elsewhere(ops: tuple[int, ...]) -> Hand:
    """Evaluate the derivative of a segment at another value."""

    def hand(e: Edge, m: int, state: State, g: Any) -> Any:
        v = spread(state.values[ops[m]], state.values[e.bottom])
        return None if v is None else moved(state, e, v).along(e, g)

    return hand


def _other_result(at: Place, ops: tuple[int, ...], strangeness: float) -> Iterator[Candidate]:
    """Compute the derivative of a function from another result than its own: 1 - h**2, wrong h."""

    def wholly(e: Edge, m: int, state: State, g: Any) -> Any:
        v = spread(state.values[ops[m]], state.values[e.top])
        k = state.op(e.top).args.index(e.bottom)
        return None if v is None else state.step(e.top, g, k, None, v)

    own = [e.top for e in at.group.edges]
    e, wrong, right = at.shown(ops, own)
    what = f"is computed from {at.names(wrong)} where it should be computed from {at.names(right)}"
    yield at.slope(wholly, 1.25 + strangeness, what, e, ops, own)
    if strangeness or not at.group.whole:
        return
    v, h = at.names.bare(ops[at.m]), at.names.bare(at.e.top)
    mixed: list[tuple[str, Formula]] = [
        (f"{v}*(1 - {h})", lambda v, h: v * (1 - h)),
        (f"{h}*(1 - {v})", lambda v, h: h * (1 - v)),
    ]
    for formula, compute in mixed:

        def partly(e: Edge, m: int, state: State, g: Any, f: Formula = compute) -> Any:
            d = f(state.values[ops[m]], state.values[e.top])
            return shaped(g * d, state.values[e.bottom])

        yield at.slope(partly, 1.45, f"is taken as `{formula}`")


def _one_result(at: Place) -> Iterator[Candidate]:
    """Compute the derivative of a function from its first or last result in all places."""
    for i, words in ((0, "first"), (-1, "last")) if np.ndim(at.top) else ():

        def hand(e: Edge, m: int, state: State, g: Any, i: int = i) -> Any:
            z, k = state.values[e.top], state.op(e.top).args.index(e.bottom)
            return state.step(e.top, g, k, None, np.broadcast_to(z[i], form(z)))

        what = f"is computed from the {words} element of {at.names(at.e.top)} in every place"
        yield at.slope(hand, 1.35, what)


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
        values[i] = op.primitive.compute([values[a] for a in op.args], state.settings(i))
    return State(state.graph, state.point, values)


def _is_piecewise_linear(at: Place) -> bool:
    """Whether the slope of a segment is the same at twice its variable."""
    one = np.ones(form(at.bottom)) if form(at.bottom) else 1.0
    twice = moved(at.state, at.e, 2.0 * at.bottom).along(at.e, one)
    return bool(np.all(twice == at.state.along(at.e, one)))


def _formulas(at: Place) -> Iterator[Candidate]:
    """Use a wrong formula for the derivative of a segment."""
    names, slope = at.names, at.names.slope(at.e.top, at.e.bottom)
    yield left_out(at)
    if not _is_piecewise_linear(at):  # else its square is another constant
        yield at.said(
            lambda e, m, state, g: state.along(e, state.along(e, g)),
            1.15,
            f"the factor {slope} is applied twice",
        )
    yield at.said(
        lambda e, m, state, g: g * (np.asarray(g) > 0),
        1.3,
        f"the factor {slope} is taken from the sign of {names.derivative(at.e.top)} (where it is "
        "positive)",
    )
    z = np.asarray(at.state.values[at.e.bottom])
    one_sided = bool(np.all(z > 0) or np.all(z < 0))  # then two slopes are one constant
    for formula, compute, cost in FORMULAS:
        if one_sided and formula.startswith("where("):
            continue

        def hand(e: Edge, m: int, state: State, g: Any, f: Formula = compute) -> Any:
            d = f(state.values[e.bottom], state.values[e.top])
            return g * d if type(g) is not float else float(g * d)

        written = formula.format(z=at.names.inner(at.e.bottom), h=at.names.inner(at.e.top))
        found = at.slope(hand, 1.3 + cost, f"is taken as `{written}`")
        found.scaled = partial(_scaled, slope, written, rounds(at.group))
        yield found


def _scaled(slope: str, formula: str, where: str, c: float) -> str:
    return f"{slope} is taken as `{times(c, formula)}`{where}"
