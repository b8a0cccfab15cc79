"""What a wrong backward formula is made of: an edit with its sentence, and what edits share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...rules import Elementwise, Linear
from .case import Case
from .edges import Group
from .graph import form
from .phrases import which
from .sweep import Edge, Edit, Make, State, shaped


@dataclass
class Candidate:
    """An edit of the backward walk, with its sentence."""

    edit: Edit
    group: Group
    text: Callable[[], str]
    cost: float
    scaled: Callable[[float], str] | None = None  # the sentence with a constant in it


def everywhere(group: Group, make: Callable[[Edge, int, State, Any], Any]) -> Edit:
    """Make the same mistake at every edge of a group."""

    def at(m: int) -> Make:
        return lambda state, g, cts: make(group.edges[m], m, state, g)

    return Edit(group.edges, at)


def multipliers(state: State, e: Edge) -> list[int]:
    """Give the operands that the derivative along an edge multiplies by."""
    op = state.op(e.top)
    if len(op.args) < 2:
        return []
    if isinstance(op.primitive.rule, Elementwise):
        if type(op.primitive.rule.partials[e.k]) is float:
            return []
    elif isinstance(op.primitive.rule, Linear) and op.primitive.rule.jointly:
        return []
    return [j for j in range(len(op.args)) if j != e.k]


def with_operands(state: State, e: Edge, g: Any, xs: list[Any]) -> Any:
    """Apply a rule to other operands, with the result that belongs to them."""
    op = state.op(e.top)
    z, x = state.values[e.top], xs[e.k]
    if isinstance(op.primitive.rule, Elementwise):
        if op.primitive.name != "multiply":
            z = op.primitive.compute(list(xs), op.settings or state.point.settings[e.top])
        d = op.primitive.rule.partial(op.primitive, e.k)
        c = (d if type(d) is float else d(z, *xs)) * g
        return shaped(c, x) if form(c) == form(state.values[e.top]) else None
    if any(form(v) != form(o) for v, o in zip(xs, state.xs(e.top), strict=True)):
        return None
    return state.step(e.top, g, e.k, xs, z)


def more(case: Case, e: Edge) -> str:
    """Say which way is meant if a value is used several times."""
    several = sum(case.graph.live[n] for n, _ in case.graph.users(e.bottom)) > 1
    return f" (by way of {case.names(e.top)}{which(case.names, e)})" if several else ""
