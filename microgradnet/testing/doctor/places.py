"""What guesses are made of: a place in the graph, and a mistake there with its sentence.

Mistakes on the way back are edits of the walk (`Candidate`), those of the forward computation are
other operations (`Variant`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...graph import Primitive
from ...rules import Elementwise, Linear
from .case import Case
from .edges import Group
from .graph import Op, form
from .naming import rounds, which
from .sources import Ops, Source, first_shown, sources
from .sweep import Edge, Edit, Make, State, shaped

UNFIT = (ValueError, TypeError, IndexError, ArithmeticError)  # operands that do not fit
Wanted = Callable[[Group], bool]  # whether mistakes there are looked for


@dataclass
class Candidate:
    """An edit of the backward walk, with its sentence."""

    edit: Edit
    group: Group
    text: str
    cost: float
    scaled: Callable[[float], str] | None = None  # the sentence with a constant in it


@dataclass(frozen=True)
class Variant:
    """Operations exchanged, with the sentence that says so."""

    ops: tuple[tuple[int, Op], ...]
    text: str
    cost: float


def combined(a: Variant, b: Variant) -> Variant | None:
    """Make both mistakes; None if they meet in one operation."""
    if {i for i, _ in a.ops} & {i for i, _ in b.ops}:
        return None
    return Variant(a.ops + b.ops, f"{a.text}, and {b.text}", a.cost + b.cost)


# What an edge hands on: from the edge, its number in the group, the numbers, what arrives.
Hand = Callable[[Edge, int, State, Any], Any]


@dataclass
class Place:
    """A group of edges where a mistake may be made, with what its sentences need."""

    case: Case
    group: Group
    state: State

    def __post_init__(self) -> None:
        self.e, self.m = self.group.first, self.group.shown
        self.names, self.graph = self.case.names, self.case.graph
        self.top, self.bottom = (self.state.values[i] for i in (self.e.top, self.e.bottom))
        self.op = self.graph.ops[self.e.top]

    def operands(self, j: int) -> Ops:
        """Give what is read as operand `j` at each edge."""
        return tuple(self.graph.ops[e.top].args[j] for e in self.group.edges)

    def sources(self, j: int = -1) -> list[Source]:
        """Give what could have been read instead of an operand; by default that of the edge."""
        return sources(self.graph, self.group, self.names.is_short, j)

    def shown(self, ops: Sequence[int], own: Sequence[int]) -> tuple[Edge, int, int]:
        """Choose an edge to speak of, with what it reads and what it should read."""
        m = first_shown(self.graph, ops, own)
        return self.group.edges[m], ops[m], own[m]

    def slip(
        self, hand: Hand, cost: float, what: str, e: Edge | None = None, *read: Sequence[int]
    ) -> Candidate:
        """Say something of the derivative with respect to what the edge goes to."""
        e = e or self.e
        text = f"{self.names.derivative(e.bottom)}{more(self.case, e)} {what}"
        return self.said(hand, cost, text, *read)

    def slope(
        self, hand: Hand, cost: float, what: str, e: Edge | None = None, *read: Sequence[int]
    ) -> Candidate:
        """Say something of the derivative along the edge."""
        e = e or self.e
        return self.said(hand, cost, f"{self.names.slope(e.top, e.bottom)} {what}", *read)

    def said(self, hand: Hand, cost: float, what: str, *read: Sequence[int]) -> Candidate:
        """Make the same mistake at every edge of the group; see `rounds` for what is `read`."""

        def at(m: int) -> Make:
            return lambda state, g, cts: hand(self.group.edges[m], m, state, g)

        edit = Edit(self.group.edges, at)
        return Candidate(edit, self.group, what + rounds(self.group, *read), cost)

    def other(self, made: Callable[..., Op], cost: float, what: str, *args: Any) -> Variant:
        """Make other operations of those at the tops of the edges, by ``made(op, *args)``."""
        ops = tuple((e.top, made(self.graph.ops[e.top], *args)) for e in self.group.edges)
        return Variant(ops, what + rounds(self.group), cost)

    def with_primitives(
        self, made: Callable[..., Primitive], cost: float, what: str, *args: Any
    ) -> Variant:
        """Make other primitives of those at the tops of the edges, ``made(primitive, *args)``."""
        kinds = {self.graph.ops[e.top].primitive for e in self.group.edges}
        known = {p: made(p, *args) for p in kinds}
        return self.other(lambda op: replace(op, primitive=known[op.primitive]), cost, what)


def changed(
    edges: Sequence[Edge], cost: float, text: str, hand: Callable[[Edge, State, Any], Any]
) -> Candidate:
    """Hand on something else along some edges: from the edge, the numbers, what arrives."""

    def make(m: int) -> Make:
        return lambda state, g, cts: hand(edges[m], state, g)

    group = Group(tuple(edges), False)
    return Candidate(Edit(group.edges, make), group, text, cost)


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


def with_operand(state: State, e: Edge, g: Any, j: int, x: Any) -> Any:
    """Apply a rule with another operand `j`, and the result that belongs to it."""
    op, xs = state.op(e.top), state.xs(e.top)
    same, xs[j] = form(xs[j]) == form(x), x
    z = state.values[e.top]
    if isinstance(op.primitive.rule, Elementwise):
        if op.name != "multiply":
            z = op.primitive.compute(list(xs), op.settings or state.point.settings[e.top])
        d = op.primitive.rule.partial(op.primitive, e.k)
        c = (d if type(d) is float else d(z, *xs)) * g
        return shaped(c, xs[e.k]) if form(c) == form(state.values[e.top]) else None
    per_sample = op.name == "matmul" and e.k == 0 and np.ndim(xs[0]) == 2 and np.ndim(g) == 1
    if per_sample and form(x) == form(xs[0]):
        return g[:, None] * x  # a vector for each sample in the place of one for all
    return state.step(e.top, g, e.k, xs, z) if same else None


def more(case: Case, e: Edge) -> str:
    """Say which way is meant if a value is used several times."""
    several = sum(case.graph.live[n] for n, _ in case.graph.users(e.bottom)) > 1
    return f" (by way of {case.names(e.top)}{which(case.names, e)})" if several else ""
