"""Trying variants of the forward computation.

A variant gives other values. Somebody's gradient may then be the intended formulas over
those values (`VALUES`), the same with the slopes of what was replaced taken where the right
function has them (`SLOPES`: a sigmoid's derivative, computed from its argument once more), or
the exact gradient of the variant (`EXACT`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...rules import Elementwise
from .case import Base, Case, Explanation, factor_matches
from .columns import Columns, is_scalar
from .graph import Graph, evaluate, form, replayed
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


VALUES, SLOPES, EXACT = HOW = ("values", "slopes", "exact")
LEAST = 1.3  # the cost of the cheapest explanation by a variant


def attempted(base: Base, v: Variant, p: int) -> Iterator[tuple[str, Any]]:
    """Give the gradients that a variant may lead to, each with how."""
    made = varied(base, v, p)
    if made is not None:
        for how in HOW:
            if how is SLOPES and not _reads_results(base.case.graph, v):
                continue
            try:
                yield how, _gradient(base, v, *made, how)
            except (ValueError, TypeError, IndexError, ArithmeticError):
                continue


def _reads_results(graph: Graph, v: Variant) -> bool:
    """Whether the derivatives of what a variant replaces are computed from their results."""
    rules = [graph.ops[i].primitive.rule for i, _ in v.ops]
    return any(isinstance(rule, Elementwise) and len(rule.partials) == 1 for rule in rules)


def explanations(base: Base) -> list[Explanation]:
    """Try all variants at the first point, each with both kinds of gradient."""
    singles = list(variants(base.case.graph, base.states[0], base.case.names))
    tried: list[tuple[Variant, str]] = []
    effects = []
    for v, how, guess in _effects(base, singles):
        if not base.case.same(guess, base.gradient(0)):
            tried.append((v, how))
            effects.append(guess)
    if not tried:
        return []
    out = []
    for row, factor, hit in factor_matches(base, np.stack(effects)):
        found = verified(base, *tried[row], factor, hit)
        if found is not None:
            out.append(found)
    return out


def _effects(base: Base, singles: Sequence[Variant]) -> Iterator[tuple[Variant, str, Any]]:
    """Give the gradients that all variants lead to at the first point."""
    if is_scalar(base) and singles:
        columns = Columns(base)
        for how, guesses in zip(HOW, columns.gradients(singles), strict=True):
            for v, guess in zip(singles, guesses, strict=True):
                yield v, how, guess
        return
    for v in singles:
        for how, guess in attempted(base, v, 0):
            yield v, how, guess


def _gradient(base: Base, v: Variant, changed: Graph, state: State, how: str) -> Any:
    if how is EXACT:
        return gradient(State(changed, state.point, state.values))
    if how is SLOPES:
        state = with_slopes(state, v)
    return gradient(state, base.edits)


def with_slopes(state: State, v: Variant) -> State:
    """Take the slopes of what was replaced where the right function has them."""
    own = {}
    for i, _ in v.ops:
        settings = state.point.settings[i]
        with np.errstate(all="ignore"):
            z = evaluate(state.op(i), settings, state.xs(i))
        if form(z) == form(state.values[i]):
            own[i] = z
    return State(state.graph, state.point, state.values, own)


def verified(
    base: Base, v: Variant, how: str, factor: float, hit: frozenset[int]
) -> Explanation | None:
    """Check a variant at all points."""
    case = base.case
    known: dict[int, Any] = {}

    def predict(p: int) -> Any:
        if p not in known:
            made = varied(base, v, p)
            known[p] = np.nan if made is None else _gradient(base, v, *made, how)
        return known[p] if made_well(known[p]) else np.full_like(base.gradient(p), np.nan)

    fixes = case.matched(lambda p: factor * predict(p), hit)
    if not fixes:
        return None
    breaks = base.right - case.matched(predict, base.right)
    text, cost = v.text(), v.cost + LEAST - 1.0
    if how is EXACT:
        text += ", in the forward computation and in its derivative"
    cost += {VALUES: 0.0, SLOPES: 0.05, EXACT: 0.1}[how]
    if breaks:
        text = f"in {derivatives(case, fixes)} only, {text}"
        cost += 0.4
    if factor != 1.0:
        text += f", and {scaled_by(case, fixes, factor)}"
        cost += 0.4
    plain = factor == 1.0 and not breaks
    return Explanation(cost, text, fixes, breaks, (lambda: onward(base, v, how)) if plain else None)


def made_well(x: Any) -> bool:
    """Whether a variant could be computed."""
    return np.ndim(x) == 1


def onward(base: Base, v: Variant, how: str) -> Base:
    """Give the base in which a forward mistake is made already."""
    states, graph = [], base.case.graph
    for p in range(len(base.states)):
        made = varied(base, v, p)
        assert made is not None
        changed, state = made
        if how is EXACT:
            state = State(changed, state.point, state.values)
        states.append(with_slopes(state, v) if how is SLOPES else state)
        graph = changed
    case: Case = base.case
    if how is EXACT:
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
