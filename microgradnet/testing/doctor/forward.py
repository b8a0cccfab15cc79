"""Trying variants of the forward computation.

A variant gives other values. Somebody's gradient may then be the intended formulas over
those values, or the exact gradient of the variant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .case import Base, Case, Explanation, factor_matches
from .columns import Columns, is_scalar
from .graph import Graph, form, replayed
from .phrases import derivatives, scaled_by
from .sweep import State, gradient
from .variants import Variant, variants


def varied(base: Base, v: Variant, p: int) -> tuple[Graph, State] | None:
    """Give the variant's graph and numbers at a point; None if shapes do not fit."""
    state = base.states[p]
    graph = base.case.graph
    ops = list(graph.ops)
    for i, op in v.ops:
        ops[i] = op
    try:
        values = replayed(ops, with_values(state), [i for i, _ in v.ops])
    except (ValueError, TypeError, IndexError, ArithmeticError):
        return None
    if form(values[graph.output]) != ():
        return None
    changed = graph.changed(ops)
    return changed, State(graph, state.point, values)


def with_values(state: State) -> Any:
    """Give the point with a state's own (perhaps varied) values."""
    return _Moved(state.point, state.values)


class _Moved:
    """A point with other values."""

    def __init__(self, point: Any, values: Sequence[Any]) -> None:
        self.values, self.settings = values, point.settings


LEAST = 1.3  # the cost of the cheapest explanation by a variant


def attempted(base: Base, v: Variant, p: int) -> Iterator[tuple[bool, Any]]:
    """Give the gradients that a variant may lead to: (exact or not, gradient)."""
    made = varied(base, v, p)
    if made is not None:
        for exact in (False, True):
            try:
                yield exact, _gradient(base, *made, exact)
            except (ValueError, TypeError, IndexError, ArithmeticError):
                continue


def explanations(base: Base) -> list[Explanation]:
    """Try all variants at the first point, each with both kinds of gradient."""
    singles = list(variants(base.case.graph, base.states[0], base.case.names))
    tried: list[tuple[Variant, bool]] = []
    effects = []
    for v, exact, guess in _effects(base, singles):
        if not base.case.same(guess, base.gradient(0)):
            tried.append((v, exact))
            effects.append(guess)
    if not tried:
        return []
    out = []
    for row, factor, hit in factor_matches(base, np.stack(effects)):
        found = verified(base, *tried[row], factor, hit)
        if found is not None:
            out.append(found)
    return out


def _effects(base: Base, singles: Sequence[Variant]) -> Iterator[tuple[Variant, bool, Any]]:
    """Give the gradients that all variants lead to at the first point."""
    if is_scalar(base) and singles:
        columns = Columns(base)
        for exact, guesses in columns.gradients(singles):
            for v, guess in zip(singles, guesses, strict=True):
                yield v, exact, guess
        return
    for v in singles:
        for exact, guess in attempted(base, v, 0):
            yield v, exact, guess


def _gradient(base: Base, changed: Graph, state: State, exact: bool) -> Any:
    if exact:
        return gradient(State(changed, state.point, state.values))
    return gradient(state, base.edits)


def verified(
    base: Base, v: Variant, exact: bool, factor: float, hit: frozenset[int]
) -> Explanation | None:
    """Check a variant at all points."""
    case = base.case
    known: dict[int, Any] = {}

    def predict(p: int) -> Any:
        if p not in known:
            made = varied(base, v, p)
            known[p] = np.nan if made is None else _gradient(base, *made, exact)
        return known[p] if made_well(known[p]) else np.full_like(base.gradient(p), np.nan)

    fixes = case.matched(lambda p: factor * predict(p), hit)
    if not fixes:
        return None
    breaks = base.right - case.matched(predict, base.right)
    text, cost = v.text(), v.cost + LEAST - 1.0
    if exact:
        text += ", in the forward computation and in its derivative"
        cost += 0.1
    if breaks:
        text = f"in {derivatives(case, fixes)} only, {text}"
        cost += 0.4
    if factor != 1.0:
        text += f", and {scaled_by(case, fixes, factor)}"
        cost += 0.4
    plain = factor == 1.0 and not breaks
    return Explanation(
        cost, text, fixes, breaks, (lambda: onward(base, v, exact)) if plain else None
    )


def made_well(x: Any) -> bool:
    """Whether a variant could be computed."""
    return np.ndim(x) == 1


def onward(base: Base, v: Variant, exact: bool) -> Base:
    """Give the base in which a forward mistake is made already."""
    states, graph = [], base.case.graph
    for p in range(len(base.states)):
        made = varied(base, v, p)
        assert made is not None
        changed, state = made
        states.append(State(changed, state.point, state.values) if exact else state)
        graph = changed
    case: Case = base.case
    if exact:
        case = Case(
            graph,
            states,
            case.targets,
            case.reported,
            case.tolerances,
            case.names,
            case.rate,
            case.sizes,
        )
    return Base(case, states, base.edits)
