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
from .functions import relu, square, unlisted
from .graph import DATA, Op, form
from .naming import rounds
from .places import Place, Variant
from .readings import with_constant
from .sweep import contributions

PLUS_ONE = unlisted("{} + 1", lambda x: x + 1.0, Elementwise(1.0))
MINUS_ONE = unlisted("{} - 1", lambda x: x - 1.0, Elementwise(1.0))


def repeated(n: int) -> Primitive:
    """Give what adds a value n times."""
    return unlisted(f"{n}*{{}}", lambda x: float(n) * x, Elementwise(float(n)))


TWICE = repeated(2)
HALF = unlisted("{}/2", lambda x: x / 2.0, Elementwise(0.5))
PUT_IN = (PLUS_ONE, MINUS_ONE, TWICE, HALF, sigmoid, tanh, relu, square, absolute, exp)


def variants(at: Place) -> Iterator[Variant]:
    """Give the mistakes at the operands that a group of edges stands for."""
    args, name = at.op.args, at.op.primitive.name
    if at.op.primitive.rule is None or isinstance(at.bottom, tuple):
        return
    if np.asarray(at.bottom).dtype != float:
        return
    yield from _functions(at)
    yield from _factors(at)
    yield from _ones(at)
    if at.e.k == len(args) - 1:
        yield from _not_reset(at)
    if at.e.k == 0 and name == "concatenate":
        yield from _turned_round(at)
    if at.e.k == 0 and name == "subtract":
        a, b = map(at.names.bare, args)
        what = f"is computed as `({a})**2 - ({b})**2` where it should be `{a} - {b}`"
        yield at.with_primitives(
            lambda p: through(through(p, 0, square), 1, square),
            1.3,
            f"{at.names(at.e.top)} {what}",
        )


def _functions(at: Place) -> Iterator[Variant]:
    """Apply a function to an operand."""
    is_sum = at.op.primitive.name in ("add", "subtract")
    inner = at.names.bare(at.e.bottom)
    closed = inner if inner.isidentifier() or at.names.is_short(at.e.bottom) else f"({inner})"
    for f in PUT_IN:
        if is_sum and f in (TWICE, PLUS_ONE, MINUS_ONE):
            continue  # said otherwise
        wrong = f.name.format(closed) if "{}" in f.name else f"{f.name}({inner})"
        what = f"reads `{wrong}` where it should read {at.names(at.e.bottom)}"
        yield at.with_primitives(through, 1.25, f"{at.names(at.e.top)} {what}", at.e.k, f)


def _factors(at: Place) -> Iterator[Variant]:
    """Multiply an operand by one more value of the data."""
    values, shapes = at.state.values, ((), form(at.bottom))
    made = {
        p: multiplied(p, at.e.k) for p in {at.graph.ops[e.top].primitive for e in at.group.edges}
    }
    for s in at.sources():
        fits = all(form(values[i]) in shapes and i < at.e.top for i in s.ops)
        if not fits or not all(_is_data(at, i) for i in s.ops):
            continue
        tops = [(e.top, at.graph.ops[e.top]) for e in at.group.edges]
        ops = tuple(
            (i, replace(op, primitive=made[op.primitive], args=(*op.args, extra)))
            for (i, op), extra in zip(tops, s.ops, strict=True)
        )
        what = f"has an extra factor {at.names(s.ops[0])} at {at.names(at.e.bottom)}"
        text = f"{at.names(at.e.top)} {what}{rounds(at.group)}"
        yield Variant(ops, text, 1.3 + s.strangeness)


def _is_data(at: Place, i: int) -> bool:
    return at.graph.ops[at.graph.leaf_of(i)].kind == DATA


def _ones(at: Place) -> Iterator[Variant]:
    """Write 1 for a value of the data: the label of the one sample that was tried."""
    data = all(_is_data(at, e.bottom) for e in at.group.edges)
    if data and isinstance(at.op.primitive.rule, Elementwise):
        one: Any = np.ones(form(at.bottom)) if form(at.bottom) else 1.0
        yield at.with_primitives(
            with_constant,
            1.2,
            f"{at.names(at.e.top)} reads `1` where it should read {at.names(at.e.bottom)}",
            at.e.k,
            one,
        )


def _not_reset(at: Place) -> Iterator[Variant]:
    """Begin a sum in each round of a loop with what the round before left."""
    ops, tops = at.graph.ops, [e.top for e in at.group.edges]
    if len(tops) < 2 or not at.group.apart or isinstance(at.top, tuple):
        return
    if len({form(at.state.values[i]) for i in tops}) > 1 or tops != sorted(set(tops)):
        return
    made = {p: begun(p) for p in {ops[i].primitive for i in tops}}
    changed = tuple(
        (i, replace(ops[i], primitive=made[ops[i].primitive], args=(*ops[i].args, before)))
        for before, i in pairwise(tops)
    )
    what = f"starts from {at.names(tops[0])} where it should start from 0"
    yield Variant(changed, f"{at.names(tops[1])} {what}{rounds(at.group)}", 1.3)


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


def _turned_round(at: Place) -> Iterator[Variant]:
    """Join arrays in the other order."""

    def turned(i: int, op: Op) -> Op:
        settings = at.state.point.settings[i]
        sizes = [form(at.state.values[a])[settings["axis"]] for a in reversed(op.args)]
        starts = (0, *accumulate(sizes))
        return replace(op, args=op.args[::-1], settings={**settings, "starts": starts})

    ops = tuple((e.top, turned(e.top, at.graph.ops[e.top])) for e in at.group.edges)
    text = f"{at.names(at.e.top)} joins its parts in the other order{rounds(at.group)}"
    yield Variant(ops, text, 1.1)


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
