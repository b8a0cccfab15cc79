"""Mistakes in the forward computation that put something in: a function, a factor, a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ...graph import Primitive
from ...ops.arithmetic import absolute
from ...ops.elementwise import exp, tanh
from ...ops.special import sigmoid
from ...rules import Elementwise, General
from .edges import Group
from .functions import relu, square, unlisted
from .graph import DATA, Graph, Op, form
from .naming import Names
from .phrases import rounds
from .readings import with_constant
from .sources import sources
from .sweep import State, contributions
from .variation import Variant

PLUS_ONE = unlisted("{} + 1", lambda x: x + 1.0, Elementwise(1.0))
MINUS_ONE = unlisted("{} - 1", lambda x: x - 1.0, Elementwise(1.0))
TWICE = unlisted("2*{}", lambda x: 2.0 * x, Elementwise(2.0))
HALF = unlisted("{}/2", lambda x: x / 2.0, Elementwise(0.5))
PUT_IN = (PLUS_ONE, MINUS_ONE, TWICE, HALF, sigmoid, tanh, relu, square, absolute, exp)


def variants(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Give the mistakes at the operands that a group of edges stands for."""
    e = group.first
    rule, x = graph.ops[e.top].primitive.rule, state.values[e.bottom]
    if rule is None or isinstance(x, tuple) or np.asarray(x).dtype != float:
        return
    yield from _functions(graph, group, names)
    yield from _factors(graph, group, state, names)
    yield from _ones(graph, group, state, names)
    if e.k == len(graph.ops[e.top].args) - 1:
        yield from _not_reset(graph, group, state, names)
    if e.k > 0:
        return
    if graph.ops[e.top].primitive.name == "concatenate":
        yield from _turned_round(graph, group, state, names)
    if graph.ops[e.top].primitive.name == "subtract":
        made = through(through(graph.ops[e.top].primitive, 0, square), 1, square)
        a, b = (names.bare(i) for i in graph.ops[e.top].args)
        yield Variant(
            _with(graph, group, {graph.ops[e.top].primitive: made}),
            lambda: (
                f"{names(e.top)} is computed as `({a})**2 - ({b})**2` where it should be "
                f"`{a} - {b}`{rounds(group)}"
            ),
            1.3,
        )


def _functions(graph: Graph, group: Group, names: Names) -> Iterator[Variant]:
    """Apply a function to an operand."""
    first = group.first
    is_sum = graph.ops[first.top].primitive.name in ("add", "subtract")
    for f in PUT_IN:
        if is_sum and f in (TWICE, PLUS_ONE, MINUS_ONE):
            continue  # said otherwise

        def text(f: Primitive = f) -> str:
            inner = names.bare(first.bottom)
            closed = inner if inner.isidentifier() or names.is_short(first.bottom) else f"({inner})"
            wrong = f.name.format(closed) if "{}" in f.name else f"{f.name}({inner})"
            return (
                f"{names(first.top)} reads `{wrong}` where it should read {names(first.bottom)}"
                f"{rounds(group)}"
            )

        kinds = {graph.ops[e.top].primitive for e in group.edges}
        yield Variant(_with(graph, group, {p: through(p, first.k, f) for p in kinds}), text, 1.25)


def _with(graph: Graph, group: Group, made: dict[Primitive, Primitive]) -> tuple[Any, ...]:
    tops = ((e.top, graph.ops[e.top]) for e in group.edges)
    return tuple((i, replace(op, primitive=made[op.primitive])) for i, op in tops)


def _factors(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Multiply an operand by one more value of the data."""
    first = group.first
    shapes = ((), form(state.values[first.bottom]))
    kinds = {graph.ops[e.top].primitive for e in group.edges}
    made = {p: multiplied(p, first.k) for p in kinds}
    for s in sources(graph, group, names.is_short):
        fits = all(form(state.values[i]) in shapes and i < first.top for i in s.ops)
        if not fits or not all(_is_data(graph, i) for i in s.ops):
            continue
        ops = tuple(
            (i, replace(op, args=(*op.args, extra)))
            for (i, op), extra in zip(_with(graph, group, made), s.ops, strict=True)
        )

        def text(extra: int = s.ops[0]) -> str:
            return (
                f"{names(first.top)} has an extra factor {names(extra)} at {names(first.bottom)}"
                f"{rounds(group)}"
            )

        yield Variant(ops, text, 1.3 + s.strangeness)


def _is_data(graph: Graph, i: int) -> bool:
    return graph.ops[graph.leaf_of(i)].kind == DATA


def _ones(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Write 1 for a value of the data: the label of the one sample that was tried."""
    e = group.first
    rule = graph.ops[e.top].primitive.rule
    if not isinstance(rule, Elementwise) or not all(_is_data(graph, e.bottom) for e in group.edges):
        return
    ops = []
    one: Any
    for e in group.edges:
        one = np.ones(form(state.values[e.bottom])) if form(state.values[e.bottom]) else 1.0
        made = with_constant(graph.ops[e.top].primitive, e.k, one)
        ops.append((e.top, replace(graph.ops[e.top], primitive=made)))
    yield Variant(
        tuple(ops),
        lambda: (
            f"{names(group.first.top)} reads `1` where it should read {names(group.first.bottom)}"
            f"{rounds(group)}"
        ),
        1.2,
    )


def _not_reset(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Begin a sum in each round of a loop with what the round before left."""
    tops = [e.top for e in group.edges]
    if len(tops) < 2 or not group.apart or len({form(state.values[i]) for i in tops}) > 1:
        return
    made = {p: begun(p) for p in {graph.ops[i].primitive for i in tops}}
    if any(a >= b for a, b in pairwise(tops)) or isinstance(state.values[tops[0]], tuple):
        return
    ops = []
    for before, i in pairwise(tops):
        op = graph.ops[i]
        ops.append((i, replace(op, primitive=made[op.primitive], args=(*op.args, before))))
    yield Variant(
        tuple(ops),
        lambda: (
            f"{names(tops[1])} starts from {names(tops[0])} where it should start from 0"
            f"{rounds(group)}"
        ),
        1.3,
    )


def begun(primitive: Primitive) -> Primitive:
    """Give an operation with one more operand, which is added to the result."""
    rule = primitive.rule

    def evaluate(*xs: Any, **params: Any) -> Any:
        return primitive.compute(list(xs[:-1]), params) + xs[-1]

    if isinstance(rule, Elementwise):

        def partial(i: int) -> Any:
            d = rule.partial(primitive, i)
            return d if type(d) is float else lambda z, *xs: d(z - xs[-1], *xs[:-1])

        partials = [*(partial(i) for i in range(len(rule.partials))), 1.0]
        return unlisted(primitive.name, evaluate, Elementwise(*partials))

    def vjp(g: Any, z: Any, *xs: Any, needed: Sequence[bool], **params: Any) -> list[Any]:
        return [*contributions(primitive, params, g, z - xs[-1], xs[:-1], needed[:-1]), g]

    return unlisted(primitive.name, evaluate, General(vjp))


def _turned_round(graph: Graph, group: Group, state: State, names: Names) -> Iterator[Variant]:
    """Join arrays in the other order."""
    ops: list[tuple[int, Op]] = []
    for e in group.edges:
        op, settings = graph.ops[e.top], state.point.settings[e.top]
        axis = settings["axis"]
        sizes = [form(state.values[a])[axis] for a in reversed(op.args)]
        starts = (0, *accumulate(sizes))
        ops.append(
            (e.top, replace(op, args=op.args[::-1], settings={**settings, "starts": starts}))
        )
    yield Variant(
        tuple(ops),
        lambda: f"{names(group.first.top)} joins its parts in the other order{rounds(group)}",
        1.1,
    )


def through(primitive: Primitive, k: int, f: Primitive) -> Primitive:
    """Give an operation that reads its operand `k` through a function of one variable."""
    rule = primitive.rule
    outer = f.rule
    assert isinstance(outer, Elementwise)
    d = outer.partial(f, 0)

    def seen(xs: Sequence[Any]) -> list[Any]:
        return [f.compute([x], {}) if i == k else x for i, x in enumerate(xs)]

    def slope(x: Any) -> Any:
        return d if type(d) is float else d(f.compute([x], {}), x)

    return _altered(primitive, k, seen, slope, rule)


def multiplied(primitive: Primitive, k: int) -> Primitive:
    """Give an operation with one more operand, a constant that multiplies operand `k`."""

    def seen(xs: Sequence[Any]) -> list[Any]:
        return [x * xs[-1] if i == k else x for i, x in enumerate(xs[:-1])]

    return _altered(primitive, k, seen, None, primitive.rule)


def _altered(primitive: Primitive, k: int, seen: Any, slope: Any, rule: Any) -> Primitive:
    """Give an operation that sees its operands altered; `slope` is that of operand `k`, or last."""

    def evaluate(*xs: Any, **params: Any) -> Any:
        return primitive.compute(seen(xs), params)

    def inner(xs: Sequence[Any]) -> Any:
        return xs[-1] if slope is None else slope(xs[k])

    if isinstance(rule, Elementwise):

        def partial(i: int) -> Any:
            d = rule.partial(primitive, i)

            def at(z: Any, *xs: Any) -> Any:
                own = d if type(d) is float else d(z, *seen(xs))
                return own * inner(xs) if i == k else own

            return at

        partials = [partial(i) for i in range(len(rule.partials))]
        if slope is None:
            partials.append(0.0)
        return unlisted(primitive.name, evaluate, Elementwise(*partials))

    def vjp(g: Any, z: Any, *xs: Any, needed: Sequence[bool], **params: Any) -> list[Any]:
        inside = seen(xs)
        cs = list(contributions(primitive, params, g, z, inside, needed[: len(inside)]))
        if cs[k] is not None:
            cs[k] = cs[k] * inner(xs)
        return cs if slope is not None else [*cs, None]

    return unlisted(primitive.name, evaluate, General(vjp))
