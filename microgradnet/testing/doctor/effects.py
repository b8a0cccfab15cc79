"""What variants of the forward computation lead to.

A variant gives other values. Somebody's gradient may then be the intended formulas over
those values (`VALUES`), the same with the slopes of what was replaced taken where the right
function has them (`SLOPES`: a sigmoid's derivative, computed from its argument once more), or
the exact gradient of the variant (`EXACT`). Data that is altered has no slopes: there `SLOPES`
are the derivatives that read the right data.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...rules import Elementwise
from .case import Base
from .columns import Columns, is_elementwise, is_scalar
from .graph import Graph, evaluate, form, replayed
from .places import UNFIT, Variant
from .sweep import State, gradient, swept, unit

VALUES, SLOPES, EXACT = HOW = ("values", "slopes", "exact")
PRUNED = 1.26  # the cost from which on variants are many and unlikely
Tried = list[tuple[Variant, str, Any]]  # each with a kind of gradient, and what it gives


def varied(base: Base, v: Variant, p: int) -> State | None:
    """Give the variant's numbers at a point; None if shapes do not fit."""
    state, ops = base.states[p], list(base.case.graph.ops)
    for i, op in v.ops:
        ops[i] = op
    with contextlib.suppress(*UNFIT):
        values = replayed(ops, moved(state), [i for i, _ in v.ops])
        if form(values[base.case.graph.output]) == ():
            return State(base.case.graph, state.point, values)
    return None


def moved(state: State) -> Any:
    """Give the point with a state's own (perhaps varied) values."""
    return replace(state.point, values=list(state.values))


def seen_as(base: Base, v: Variant, how: str, state: State) -> State:
    """Give the numbers of a variant as derivatives of some kind take them."""
    if how is VALUES:
        return state
    if how is EXACT:
        ops = list(state.graph.ops)
        for i, op in v.ops:
            ops[i] = op
        return State(state.graph.changed(ops, min(i for i, _ in v.ops)), state.point, state.values)
    own, values = {}, state.values
    for i, _ in v.ops:
        if state.graph.is_leaf(i):
            values = [*values[:i], state.point.values[i], *values[i + 1 :]]
            continue
        z = evaluate(state.op(i), state.point.settings[i], state.xs(i))
        if form(z) == form(state.values[i]):
            own[i] = z
            if _is_window(state.graph, i):  # what reads a window slices it anew
                values = [*values[:i], z, *values[i + 1 :]]
    return State(state.graph, state.point, values, own)


def led(base: Base, v: Variant, p: int, how: str) -> Any:
    """Give the gradient of a kind that a variant leads to at a point; None if there is none."""
    state = varied(base, v, p) if applies(base.case.graph, v, how) else None
    if state is not None:
        with contextlib.suppress(*UNFIT):
            return gradient(seen_as(base, v, how, state), () if how is EXACT else base.edits)
    return None


def applies(graph: Graph, v: Variant, how: str) -> bool:
    """Whether a kind of gradient is one of its own."""
    if graph.is_leaf(v.ops[0][0]):
        return how is not EXACT
    return how is not SLOPES or any(_is_read(graph, i) for i, _ in v.ops)


def _is_read(graph: Graph, i: int) -> bool:
    """Whether derivatives are computed from an operation's result."""
    rule = graph.ops[i].primitive.rule
    return _is_window(graph, i) or (isinstance(rule, Elementwise) and len(rule.partials) == 1)


def _is_window(graph: Graph, i: int) -> bool:
    return bool(graph.ops[i].name == "getitem")


def attempted(base: Base, v: Variant, whole: bool = False) -> Iterator[tuple[str, Any]]:
    """Give the gradients that a variant may lead to at the first point, each with how.

    Those that cannot be the `whole` explanation may be left out.
    """
    kinds = [how for how in HOW if applies(base.case.graph, v, how)]
    if base.edits or base.case.graph.several:
        found = ((how, led(base, v, 0, how)) for how in kinds)
        yield from ((how, g) for how, g in found if g is not None)
        return
    state = varied(base, v, 0)
    through = None if state is None else _Through(base, v, state)
    if through is None or (whole and not through.may_be_whole()):
        return
    for how in kinds:
        with contextlib.suppress(*UNFIT):
            yield how, through.gradient(how)


class _Through:
    """Gradients of a variant that walk only through what has other values than before.

    Everything under that hands cotangents on as ever, which `Base.sensitivities` know. What
    is above the variant's own ops is the same for all kinds of gradient.
    """

    def __init__(self, base: Base, v: Variant, state: State) -> None:
        self.base, self.v, self.state = base, v, state
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
        state, ops, cts = seen_as(self.base, self.v, how, self.state), self.rest, self.reached
        if state.values is not self.state.values:
            ops, cts = self.moved, self.start
        total = np.zeros(len(self.base.gradient(0)))
        for a, c in swept(state, ops, cts).items():
            below = self.base.sensitivities()[a]
            if below is not None:
                total += np.reshape(c, -1) @ below
        return total


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
        values = replayed(graph.ops, moved(state), (), given)
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


def effects(base: Base, some: Sequence[Variant], whole: bool = False) -> Tried:
    """Give the variants that change something, with the gradients that they lead to."""
    if whole and any(v.cost > PRUNED for v in some):
        some = [v for v in some if not fruitless(base, v)]
    beside = [v for v in some if is_elementwise(v)] if is_scalar(base) else []
    columns = zip(HOW, Columns(base).gradients(beside), strict=True) if beside else ()
    found = [(v, how, g) for how, gs in columns for v, g in zip(beside, gs, strict=True)]
    done = {id(v) for v in beside}
    rest = (v for v in some if id(v) not in done)
    found += [(v, how, g) for v in rest for how, g in attempted(base, v, whole)]
    return [made for made in found if not base.case.same(made[2], base.gradient(0))]
