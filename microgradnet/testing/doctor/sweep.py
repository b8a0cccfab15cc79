"""Backward walks with changes in them.

A walk multiplies its way from the output down, by each primitive's own rule. An `Edit`
makes one edge hand on something else than its rule says. What an edge hands on reaches
the parameters linearly, so `sensitivities` tell at once what any change there would do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from ...backend import ARITHMETIC_ERRORS
from ...graph import ArrayNode, Primitive, leaf_node
from ...rules import Elementwise, Linear, unbroadcast
from ...steps import ITEM, Parts, operand_cotangents
from ...sweeps import pullback
from .graph import PARAM, Graph, Op, Point, form

Array = np.ndarray[Any, Any]
Values = Sequence[Any]
_HERE = leaf_node(0.0, None)  # stands for an operand whose cotangent is wanted


def contributions(
    primitive: Primitive,
    settings: dict[str, Any],
    g: Any,
    z: Any,
    xs: Sequence[Any],
    wanted: Sequence[bool],
) -> Sequence[Any]:
    """Apply a primitive's rule to a cotangent: what it hands on to each operand that is wanted."""
    rule = primitive.rule
    if isinstance(rule, Elementwise | Linear) and primitive is not ITEM and type(g) is not Parts:
        try:  # as `operand_cotangents` does, without a node
            return rule.vjp(primitive, g, z, xs, settings or None, wanted)
        except ARITHMETIC_ERRORS:
            pass
    node = ArrayNode()
    node.primitive, node.params, node.data, node.operands = (
        primitive,
        settings or None,
        z,
        tuple(xs),
    )
    node.inputs = tuple(_HERE if w else None for w in wanted)
    node.index = 0
    return operand_cotangents(node, g, None, False, pullback)


@dataclass(frozen=True)
class Edge:
    """A way that cotangents take: from op `top` to op `bottom`.

    Through operand `k` of `top`; or, where `inside` is given, through all those operations.
    """

    top: int
    bottom: int
    k: int = -1
    inside: tuple[int, ...] = ()


# What an edge hands on: from the numbers at a point, the cotangent that arrives, and all
# cotangents so far (None where only linearity is asked about).
Make = Callable[["State", Any, "Sequence[Any] | None"], Any]


@dataclass(frozen=True)
class Edit:
    """Edges, and what each of them hands on instead, by its number."""

    edges: tuple[Edge, ...]
    at: Callable[[int], Make]

    def pairs(self) -> Iterator[tuple[Edge, Make]]:
        """Give each edge with what it hands on."""
        return ((e, self.at(m)) for m, e in enumerate(self.edges))


@dataclass
class State:
    """All numbers at one point: those of the (perhaps wrong) forward computation."""

    graph: Graph
    point: Point
    values: Values
    own: dict[int, Any] = field(default_factory=dict)  # results that slopes are taken at instead
    _known: dict[Edge, tuple[Any, Any]] = field(default_factory=dict)

    def op(self, i: int) -> Op:
        """Give operation `i`."""
        return self.graph.ops[i]

    def xs(self, i: int) -> list[Any]:
        """Give the operands of operation `i`."""
        return [self.values[a] for a in self.graph.ops[i].args]

    def settings(self, i: int) -> dict[str, Any]:
        """Give the parameters of operation `i`: its own, or those that it has at the point."""
        own = self.graph.ops[i].settings
        return self.point.settings[i] if own is None else own

    def step(self, i: int, g: Any, only: int | None = None, xs: Any = None, z: Any = None) -> Any:
        """Apply the rule of op `i`, perhaps to other operands; give all cotangents, or the k-th."""
        op = self.graph.ops[i]
        wanted = self.graph.wanted[i] if only is None else _alone(len(op.args), only)
        xs = self.xs(i) if xs is None else xs
        z = self.own.get(i, self.values[i]) if z is None else z
        cs = contributions(op.primitive, self.settings(i), g, z, xs, wanted)
        return cs if only is None else cs[only]

    def along(self, edge: Edge, g: Any) -> Any:
        """Give what an edge hands on by the rules."""
        known = self._known.get(edge)
        if known is None or known[0] is not g:
            known = self._known[edge] = g, self.step_along(edge, g)
        return known[1]

    def step_along(self, edge: Edge, g: Any) -> Any:
        """Give the same, without a memory."""
        if not edge.inside:
            return self.step(edge.top, g, edge.k)
        cts = {edge.top: g}
        for i in edge.inside:  # newest first
            if i in cts:
                for a, c in zip(self.op(i).args, self.step(i, cts.pop(i)), strict=True):
                    if c is not None and (a == edge.bottom or a in edge.inside):
                        cts[a] = cts[a] + c if a in cts else c
        return cts.get(edge.bottom, 0.0)


@cache
def _alone(operands: int, k: int) -> tuple[bool, ...]:
    return tuple(j == k for j in range(operands))


def walked(
    state: State,
    edits: Sequence[Edit] = (),
    start: int | None = None,
    so_far: Sequence[Any] | None = None,
    stages: list[Any] | None = None,
) -> list[Any]:
    """Walk backward from the loss (or `start`); give the cotangent of every op, or None.

    A walk may go on from the cotangents that another had `so_far` when it came to `start`; it
    keeps them for every op in `stages`, if given, the newest op first.
    """
    graph = state.graph
    start = graph.output if start is None else start
    cts: list[Any] = [None] * len(graph.ops) if so_far is None else list(so_far)
    if so_far is None:
        cts[start] = unit(state.values[start])
    changed = {(e.top, e.k): (e, make) for edit in edits for e, make in edit.pairs()}
    tops = {e.top for e, _ in changed.values()}
    last: list[tuple[int, Make, Any]] = []  # at parameters, when all cotangents are known
    for i in range(start, -1, -1):
        if stages is not None:
            stages.append(list(cts))
        g, op = cts[i], graph.ops[i]
        if g is None or not op.args or not graph.live[i] or op.primitive.rule is None:
            continue
        for k, (a, c) in enumerate(zip(op.args, state.step(i, g), strict=True)):
            if i in tops and (i, k) in changed:
                make = changed[i, k][1]
                if graph.ops[a].kind == PARAM:
                    last.append((a, make, g))
                    continue
                c = make(state, g, cts)
            if c is not None and graph.live[a]:
                cts[a] = c if cts[a] is None else cts[a] + c
        if i in tops and (i, -1) in changed:  # beside what the rules hand on
            edge, make = changed[i, -1]
            c = make(state, g, cts) - state.along(edge, g)
            cts[edge.bottom] = c if cts[edge.bottom] is None else cts[edge.bottom] + c
    for a, make, g in last:
        c = make(state, g, cts)
        if c is not None:
            cts[a] = c if cts[a] is None else cts[a] + c
    return cts


def swept(state: State, ops: Sequence[int], cts: dict[int, Any]) -> dict[int, Any]:
    """Walk backward through some ops alone, newest first; give the cotangents of all others."""
    graph, cts = state.graph, dict(cts)
    for i in ops:
        g = cts.pop(i, None)
        if g is not None and graph.live[i] and graph.ops[i].primitive.rule is not None:
            for a, c in zip(graph.ops[i].args, state.step(i, g), strict=True):
                if c is not None and graph.live[a]:
                    cts[a] = cts[a] + c if a in cts else c
    return cts


def unit(z: Any) -> Any:
    """Give the cotangent 1 in the type of a result."""
    return 1.0 if type(z) is float else np.ones_like(z)


def flat(state: State, cts: Sequence[Any]) -> Array:
    """Give the gradient of all parameters as one vector."""
    parts = []
    for p in state.graph.params:
        g, x = cts[p], state.values[p]
        parts.append(np.zeros(np.size(x)) if g is None else np.reshape(np.asarray(g), -1))
    return np.concatenate(parts)


def gradient(state: State, edits: Sequence[Edit] = ()) -> Array:
    """Give the gradient of all parameters, perhaps with edits in the walk."""
    return flat(state, walked(state, edits))


def columns(state: State, ops: Iterable[int]) -> dict[int, slice]:
    """Give each op's place in a row of numbers that has one for every element of every op."""
    found, start = {}, 0
    for i in ops:
        found[i] = slice(start, start + np.size(state.values[i]))
        start = found[i].stop
    return found


def sensitivities(
    state: State,
    edits: Sequence[Edit] = (),
    wanted: dict[int, slice] | None = None,
    known: Sequence[Array | None] | None = None,
    tops: Collection[int] = (),
) -> list[Array | None]:
    """Give what a cotangent at each op does to the parameters, and to other ops if `wanted`.

    With others `known`, of the same state, only what is above some `tops` is computed anew.

    Returns
    -------
    list of ndarray
        Per op a matrix: one row for each of its elements, a column for each parameter
        element (and each element of what is wanted, in its place); None where there are none.
    """
    graph = state.graph
    places = wanted if wanted is not None else columns(state, graph.params)
    total = max((place.stop for place in places.values()), default=0)
    changed = {(e.top, e.k): make for edit in edits for e, make in edit.pairs()}
    beside = {e.top: e for edit in edits for e in edit.edges if e.k < 0}
    out: list[Array | None] = [None] * len(graph.ops)
    anew = sum(1 << top for top in tops)
    for p in graph.params:
        out[p] = np.eye(np.size(state.values[p]), total, places[p].start)
    for i, op in enumerate(graph.ops[: graph.output + 1]):
        if not op.args or not graph.live[i] or op.primitive.rule is None:
            continue
        z = state.values[i]
        if isinstance(z, tuple):
            continue
        if known is not None and not graph.above[i] & anew:
            out[i] = known[i]
            continue
        here = np.zeros((np.size(z), total))
        edited = i in beside or any((i, k) in changed for k in range(len(op.args)))
        if not edited and _is_elementwise(op, z, state.xs(i)):
            for a, d in zip(op.args, state.step(i, unit(z)), strict=True):
                if d is not None and out[a] is not None:
                    here += np.reshape(d, (-1, 1)) * out[a]
        else:
            for e in range(np.size(z)):
                here[e] = _row(state, i, _one_hot(z, e), out, changed, beside.get(i))
        if i in places:
            here[:, places[i]] += np.eye(np.size(z))
        out[i] = here
    return out


def _is_elementwise(op: Op, z: Any, xs: Sequence[Any]) -> bool:
    same = all(form(x) == form(z) for x in xs)
    return isinstance(op.primitive.rule, Elementwise) and (same or form(z) == ())


def _one_hot(z: Any, e: int) -> Any:
    if type(z) is float:
        return 1.0
    g = np.zeros(form(z))
    g.reshape(-1)[e] = 1.0
    return g


def units(z: Any) -> Iterator[Any]:
    """Give the cotangents with 1 for one element each."""
    return (_one_hot(z, e) for e in range(np.size(z)))


def _row(
    state: State, i: int, g: Any, out: list[Array | None], changed: Any, beside: Edge | None
) -> Any:
    """Give what one unit of cotangent at one element of op `i` does."""
    op = state.op(i)
    cs = list(state.step(i, g))
    if op.primitive is ITEM:
        several = op.args[0]
        assert isinstance(cs[0], Parts)
        op, cs = state.op(several), list(state.step(several, cs[0]))
    total: Any = 0.0
    for k, (a, c) in enumerate(zip(op.args, cs, strict=True)):
        if (i, k) in changed:
            c = changed[i, k](state, g, None)
        below = out[a]
        if c is not None and below is not None:
            total = total + np.reshape(c, -1) @ below
    if beside is not None:
        below = out[beside.bottom]
        assert below is not None
        c = changed[i, -1](state, g, None) - state.along(beside, g)
        total = total + np.reshape(c, -1) @ below
    return total


def shaped(c: Any, x: Any) -> Any:
    """Sum a contribution to the shape of what it is for; None if it has another shape."""
    try:
        c = unbroadcast(c, x)
    except (ValueError, IndexError, TypeError):
        return None
    return c if form(c) == form(x) else None
