"""Trying variants of the forward computation.

A variant gives other values. Somebody's gradient may then be the intended formulas over
those values (`VALUES`), the same with the slopes of what was replaced taken where the right
function has them (`SLOPES`: a sigmoid's derivative, computed from its argument once more), or
the exact gradient of the variant (`EXACT`).
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial as partial_of
from typing import Any

import numpy as np

from ...rules import Elementwise
from . import altered
from .case import (
    Base,
    Case,
    Explanation,
    Match,
    Targets,
    factor_matches,
    first_verified,
    in_other_words,
)
from .columns import Columns, is_elementwise, is_scalar
from .graph import Graph, evaluate, form, replayed
from .naming import derivatives, scaled_by
from .places import Variant
from .sweep import State, gradient, swept, unit
from .variants import variants

UNFIT = (ValueError, TypeError, IndexError, ArithmeticError)  # operands that do not fit


def varied(base: Base, v: Variant, p: int) -> tuple[Graph, State] | None:
    """Give the variant's graph and numbers at a point; None if shapes do not fit."""
    state = base.states[p]
    graph = base.case.graph
    ops = list(graph.ops)
    for i, op in v.ops:
        ops[i] = op
    try:
        values = replayed(ops, with_values(state), [i for i, _ in v.ops])
    except UNFIT:
        return None
    if form(values[graph.output]) != ():
        return None
    changed = graph.changed(ops, min(i for i, _ in v.ops))
    return changed, State(graph, state.point, values)


def with_values(state: State) -> Any:
    """Give the point with a state's own (perhaps varied) values."""
    return _Moved(state.point, state.values)


class _Moved:
    """A point with other values."""

    def __init__(self, point: Any, values: Sequence[Any]) -> None:
        self.values, self.settings = values, point.settings


VALUES, SLOPES, EXACT = HOW = ("values", "slopes", "exact")
STRANGE: dict[str, float] = {VALUES: 0.0, SLOPES: 0.05, EXACT: 0.1}
LEAST = 1.0  # the cost of the cheapest variant
Tried = list[tuple[Variant, str, Any]]  # each with a kind of gradient, and what it gives
PRUNED = 1.56  # the cost from which on variants are many and unlikely
FEW = 3  # explanations of the same part of what is wrong
RARE = 9.0  # the cost of those in some rounds of a loop alone
EXTRA = 0.3  # that a variant costs more than a slip in the derivatives


def attempted(base: Base, v: Variant, whole: bool = False) -> Iterator[tuple[str, Any]]:
    """Give the gradients that a variant may lead to at the first point, each with how.

    Those that cannot be the `whole` explanation may be left out.
    """
    made = varied(base, v, 0)
    if made is None:
        return
    through = None if base.edits or base.case.graph.several else _Through(base, v, *made)
    if whole and through is not None and not through.may_be_whole():
        return
    for how in HOW:
        if applies(base.case.graph, v, how):
            with contextlib.suppress(*UNFIT):
                yield how, through.gradient(how) if through else _gradient(base, v, *made, how)


def _led(base: Base, v: Variant, p: int, how: str) -> Any:
    """Give the gradient of a kind that a variant leads to at a point; None if there is none."""
    made = varied(base, v, p) if applies(base.case.graph, v, how) else None
    with contextlib.suppress(*UNFIT):
        return None if made is None else _gradient(base, v, *made, how)
    return None


def applies(graph: Graph, v: Variant, how: str) -> bool:
    """Whether a kind of gradient is one of its own."""
    if graph.is_leaf(v.ops[0][0]):
        return how is not EXACT
    return how is not SLOPES or _reads_results(graph, v)


class _Through:
    """Gradients of a variant that walk only through what has other values than before.

    Everything under that hands cotangents on as ever, which `Base.sensitivities` know. What
    is above the variant's own ops is the same for all kinds of gradient.
    """

    def __init__(self, base: Base, v: Variant, changed: Graph, state: State) -> None:
        self.base, self.v, self.changed, self.state = base, v, changed, state
        own = {i for i, _ in v.ops}
        before = base.states[0].values
        graph = base.case.graph
        moved = [i for i, x in enumerate(state.values) if x is not before[i] or i in own]
        self.moved = moved = [i for i in reversed(moved) if not graph.is_leaf(i)]
        cut = moved.index(max(own)) if max(own) in moved else len(moved)
        output = graph.output
        start = {output: unit(state.values[output])}
        self.rest = moved[cut:]
        self.reached = swept(state, moved[:cut], start)
        self.start = start

    def may_be_whole(self) -> bool:
        """Whether the derivatives that are known above the variant's ops are those reported.

        Up to a constant. The walk comes to these first, whatever kind of gradient it is.
        """
        graph, under = self.base.case.graph, 0
        for i in self.rest:
            under |= graph.above[i]
        left, wrong = set(self.rest), self.base.off
        done = [self.base.case.targets[t] for t in self.base.wrong]
        for where in (t.where for t in done if not under >> t.op & 1):
            guess = np.zeros(where.stop - where.start)
            for a, c in self.reached.items():
                below = self.base.sensitivities()[a]
                if below is not None and a not in left:
                    guess += np.reshape(c, -1) @ below[:, where]
            if not self.base.case.proportional(guess[wrong[where]], where, wrong[where]):
                return False
        return True

    def gradient(self, how: str) -> Any:
        """Give the gradient at the first point."""
        state, ops, cts = self.state, self.rest, self.reached
        if how is EXACT:
            state = State(self.changed, state.point, state.values)
        if how is SLOPES:
            state = with_slopes(state, self.v)
            if state.values is not self.state.values:
                ops, cts = self.moved, self.start
        total = np.zeros(len(self.base.gradient(0)))
        for a, c in swept(state, ops, cts).items():
            below = self.base.sensitivities()[a]
            if below is not None:
                total += np.reshape(c, -1) @ below
        return total


def _reads_results(graph: Graph, v: Variant) -> bool:
    """Whether derivatives are computed from the results of what a variant replaces."""
    return any(_is_read(graph, i) for i, _ in v.ops)


def _is_read(graph: Graph, i: int) -> bool:
    rule = graph.ops[i].primitive.rule
    return _is_window(graph, i) or (isinstance(rule, Elementwise) and len(rule.partials) == 1)


def _is_window(graph: Graph, i: int) -> bool:
    return bool(graph.ops[i].primitive.name == "getitem")


def explanations(base: Base, least: float, limit: float) -> list[Explanation]:
    """Try the variants of some costs at the first point, each with all kinds of gradient.

    Only those that may explain all that is wrong.
    """
    if limit not in base.effects:
        some = [*known(base, limit >= RARE)] if limit >= LEAST + EXTRA else []
        some += changed_values(base) if limit >= altered.LIKELY + EXTRA else []
        some = [v for v in some if least < v.cost + EXTRA <= limit]
        base.effects[limit] = some, _effects(base, some, True)
    return _matching(base, base.effects[limit][1])


def partial(base: Base, limit: float) -> list[Explanation]:
    """Try the others too, which may explain only a part."""
    if ("partial", limit) not in base.effects:
        some, tried = base.effects[limit]
        done = {id(v) for v, _, _ in tried}
        base.effects["partial", limit] = _effects(base, [v for v in some if id(v) not in done])
    return _matching(base, base.effects["partial", limit])


def _matching(base: Base, tried: Tried) -> list[Explanation]:
    if not tried:
        return []
    guesses = np.stack([guess for _, _, guess in tried])

    def cost(match: Match) -> float:
        v, how, _ = tried[match[0]]
        return float(v.cost + STRANGE[how])

    def verify(match: Match) -> Explanation | None:
        row, factor, hit = match
        return verified(base, *tried[row][:2], factor, hit)

    matches = factor_matches(base, guesses)
    classes = sorted(in_other_words(base, guesses, matches, cost), key=lambda c: cost(c[0]))
    found: dict[Targets, list[Explanation]] = defaultdict(list)
    for members in classes:
        hit = members[0][2]
        if hit == base.wrong or len(found[hit]) < FEW:
            found[hit] += first_verified([members], verify)
    return [e for some in found.values() for e in some]


def known(base: Base, odd: bool = False) -> list[Variant]:
    """Give all variants, the likelier ones first; those in some rounds of a loop only if asked."""
    if ("variants", odd) not in base.effects:
        made = [*known(base)] if odd else []
        made += variants(base.case, base.states[0], odd)
        base.effects["variants", odd] = sorted(made, key=lambda v: v.cost)
    found: list[Variant] = base.effects["variants", odd]
    return found


def fruitless(base: Base, v: Variant) -> bool:
    """Whether no other result of an operation would explain all that is wrong.

    Whatever it were, derivatives with respect to what it is not made from would not change where
    they are wrong or, as it is one number, would change where they are right.
    """
    ((i, _), *others), graph, state = v.ops, base.case.graph, base.states[0]
    known = base.effects.setdefault(("fruitless", base.wrong, len(base.case.targets)), {})
    if others or graph.is_leaf(i) or isinstance(state.values[i], tuple):
        return False
    if i not in known:
        given = {i: 1.37 * state.values[i] + 0.211}
        values = replayed(graph.ops, with_values(state), (), given)
        off = np.abs(gradient(State(graph, state.point, values), base.edits) - base.gradient(0))
        changed = off > base.case.allowed(0, base.gradient(0))
        beside = [
            t for t, target in enumerate(base.case.targets) if not graph.depends(i, target.op)
        ]
        moves = {t for t in beside if np.any(changed[base.case.targets[t].where])}
        spoils = form(state.values[i]) == () and bool(moves & base.right)
        known[i] = bool(np.all(np.isfinite(off))) and (
            spoils or not moves >= base.wrong & {*beside}
        )
    return bool(known[i])


def changed_values(base: Base) -> list[Variant]:
    """Give the variants in which a value is altered wherever it is read."""
    if "altered" not in base.effects:
        base.effects["altered"] = [*altered.variants(base, partial_of(_led, base))]
    found: list[Variant] = base.effects["altered"]
    return found


def _effects(base: Base, some: Sequence[Variant], whole: bool = False) -> Tried:
    """Give the variants that change something, with the gradients that they lead to."""
    with np.errstate(all="ignore"):
        if whole and any(v.cost + EXTRA > PRUNED for v in some):
            some = [v for v in some if not fruitless(base, v)]
        beside = [v for v in some if is_elementwise(v)] if is_scalar(base) else []
        columns = zip(HOW, Columns(base).gradients(beside), strict=True) if beside else ()
        led = [(v, how, g) for how, gs in columns for v, g in zip(beside, gs, strict=True)]
        done = {id(v) for v in beside}
        rest = (v for v in some if id(v) not in done)
        led += [(v, how, g) for v in rest for how, g in attempted(base, v, whole)]
        return [made for made in led if not base.case.same(made[2], base.gradient(0))]


def _gradient(base: Base, v: Variant, changed: Graph, state: State, how: str) -> Any:
    if how is EXACT:
        return gradient(State(changed, state.point, state.values))
    if how is SLOPES:
        state = with_slopes(state, v)
    return gradient(state, base.edits)


def with_slopes(state: State, v: Variant) -> State:
    """Take the slopes of what was replaced where the right function has them.

    What reads a window takes its slopes at the right one, which was sliced anew.
    """
    own: dict[int, Any] = {}
    values = state.values
    for i, _ in v.ops:
        if state.graph.is_leaf(i):
            values = [*values[:i], state.point.values[i], *values[i + 1 :]]
            continue
        settings = state.point.settings[i]
        with np.errstate(all="ignore"):
            z = evaluate(state.op(i), settings, state.xs(i))
        if form(z) == form(state.values[i]):
            own[i] = z
            if _is_window(state.graph, i):
                values = [*values[:i], z, *values[i + 1 :]]
    return State(state.graph, state.point, values, own)


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
    text, cost = v.text, v.cost + EXTRA
    if how is EXACT:
        text += ", in the forward computation and in its derivative"
    elif how is SLOPES and case.graph.is_leaf(v.ops[0][0]):
        text += ", in the forward computation only"
    cost += STRANGE[how]
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
