"""Mistakes in the forward computation that put something in: a function, a factor, a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ...graph import Primitive
from ...ops.arithmetic import absolute, add, multiply
from ...ops.elementwise import exp, tanh
from ...ops.special import sigmoid
from ...rules import Elementwise
from .composed import constant, nested, padding, repeated
from .functions import relu, square, unlisted
from .graph import DATA, RESULT, Op, form
from .naming import INFIX, rounds
from .places import Place, Variant

PLUS_ONE = unlisted("{} + 1", lambda x: x + 1.0, Elementwise(1.0))
MINUS_ONE = unlisted("{} - 1", lambda x: x - 1.0, Elementwise(1.0))
TWICE = repeated(2)
HALF = unlisted("{}/2", lambda x: x / 2.0, Elementwise(0.5))
ARITHMETIC = ("add", "subtract", "multiply", "divide")
FLAT = Elementwise(0.0)
LARGEST = (
    (0, unlisted("({} > 0)", lambda x: 1.0 * (x > 0), FLAT)),
    (0, unlisted("({} > 0.5)", lambda x: 1.0 * (x > 0.5), FLAT)),
    (
        1,
        unlisted(
            "({0} == max({0}, axis=-1))", lambda x: 1.0 * (x == np.max(x, -1, keepdims=True)), FLAT
        ),
    ),
    (2, unlisted("({0} == max({0}, axis=0))", lambda x: 1.0 * (x == np.max(x, 0)), FLAT)),
)
PUT_IN = (PLUS_ONE, MINUS_ONE, TWICE, HALF, sigmoid, tanh, relu, square, absolute, exp)


def variants(at: Place) -> Iterator[Variant]:
    """Give the mistakes at the operands that a group of edges stands for."""
    args, name = at.op.args, at.op.name
    if at.op.primitive.rule is None or isinstance(at.bottom, tuple):
        return
    if np.asarray(at.bottom).dtype != float:
        return
    yield from _functions(at)
    yield from _factors(at)
    yield from _ones(at)
    if at.e.k == len(args) - 1:
        yield from _not_reset(at)
    yield from _brackets(at)
    yield from _largest(at)
    if {op.name for op in _tops(at)} == {"scatter"}:
        yield from _padded(at)
    if name == "matmul":
        yield from _outside(at)
    if at.e.k == 0 and name == "concatenate":
        yield from _turned_round(at)
    if at.e.k == 0 and name == "subtract":
        a, b = map(at.names.bare, args)
        what = f"is computed as `({a})**2 - ({b})**2` where it should be `{a} - {b}`"
        both = nested(nested(at.op.primitive, square, 0), square, 1)
        yield at.with_primitives(lambda p: both, 1.3, f"{at.names(at.e.top)} {what}")


def _functions(at: Place) -> Iterator[Variant]:
    """Apply a function to an operand."""
    is_sum = at.op.name in ("add", "subtract")
    inner = at.names.bare(at.e.bottom)
    closed = inner if inner.isidentifier() or at.names.is_short(at.e.bottom) else f"({inner})"
    for f in PUT_IN:
        if is_sum and f in (TWICE, PLUS_ONE, MINUS_ONE):
            continue  # said otherwise
        wrong = f.name.format(closed) if "{}" in f.name else f"{f.name}({inner})"
        what = f"reads `{wrong}` where it should read {at.names(at.e.bottom)}"
        yield at.with_primitives(nested, 1.25, f"{at.names(at.e.top)} {what}", f, at.e.k)


def _factors(at: Place) -> Iterator[Variant]:
    """Multiply an operand by one more value of the data."""
    shapes, k = ((), form(at.bottom)), at.e.k
    made = {p: nested(p, multiply, k, 2) for p in {op.primitive for op in _tops(at)}}
    for s in at.sources():
        if not _are_fit(at, s.ops, shapes) or not all(_is_data(at, i) for i in s.ops):
            continue
        ops = tuple(
            (e.top, replace(op, primitive=made[op.primitive], args=_with(op, k + 1, k + 1, extra)))
            for e, op, extra in zip(at.group.edges, _tops(at), s.ops, strict=True)
        )
        what = f"has an extra factor {at.names(s.ops[at.m])} at {at.names(at.e.bottom)}"
        text = f"{at.names(at.e.top)} {what}{rounds(at.group)}"
        yield Variant(ops, text, 1.3 + s.strangeness)


def _are_fit(at: Place, ops: Sequence[int], shapes: Sequence[Any]) -> bool:
    """Whether values are known in time, and of one of some shapes."""
    pairs = zip(at.group.edges, ops, strict=True)
    return all(i < e.top and form(at.state.values[i]) in shapes for e, i in pairs)


def _with(op: Op, start: int, stop: int, *extra: int) -> tuple[int, ...]:
    """Give operands with others in the place of some."""
    return (*op.args[:start], *extra, *op.args[stop:])


def _tops(at: Place) -> list[Op]:
    return [at.graph.ops[e.top] for e in at.group.edges]


def _is_data(at: Place, i: int) -> bool:
    return at.graph.ops[at.graph.leaf_of(i)].kind == DATA


def _brackets(at: Place) -> Iterator[Variant]:
    """Forget a pair of brackets, or multiply in the place of a sum's last term."""
    graph, k, f = at.graph, at.e.k, at.op.primitive
    inner = [graph.ops[e.bottom] for e in at.group.edges]
    kinds = {op.name for op in inner}
    if len(kinds) > 1 or not kinds & {*ARITHMETIC} or not isinstance(f.rule, Elementwise):
        return
    if any(e.bottom in graph.names or len(graph.users(e.bottom)) > 1 for e in at.group.edges):
        return
    g = inner[0].primitive
    (sign, loose), a, b = INFIX[g.name], *map(at.names.bare, inner[at.m].args)
    if len(at.op.args) == 1 and f.name != "negative":
        yield _rebuilt(at, nested(g, f, 0), [op.args for op in inner], f"{f.name}({a}){sign}{b}")
    if f.name not in ARITHMETIC or len(at.op.args) != 2:
        return
    others = [op.args[1 - k] for op in _tops(at)]
    r = _closed(at.names.bare(others[at.m]))
    if k == 1 and f.name != "add":
        args = [(c, *op.args) for c, op in zip(others, inner, strict=True)]
        text = f"{r}{INFIX[f.name][0]}{_closed(a)}{sign}{_closed(b)}"
        yield _rebuilt(at, nested(g, f, 0, 2), args, text)
    tight = f if INFIX[f.name][1] > loose else multiply if loose == 1 else None
    if k == 0 and tight is not None:
        args = [(*op.args, c) for c, op in zip(others, inner, strict=True)]
        text = f"{a}{sign}{_closed(b)}{INFIX[tight.name][0]}{r}"
        yield _rebuilt(at, nested(g, tight, 1, 2), args, text)


def _closed(text: str) -> str:
    return f"({text})" if " " in text else text


def _rebuilt(at: Place, made: Primitive, args: Sequence[tuple[int, ...]], text: str) -> Variant:
    """Compute a value in another way."""
    tops = [e.top for e in at.group.edges]
    ops = tuple((i, Op(RESULT, made, a, settings={})) for i, a in zip(tops, args, strict=True))
    what = f"{at.names(at.e.top)} is computed as `{text}` where it should be"
    return Variant(ops, f"{what} `{at.names.expression(at.e.top)}`{rounds(at.group)}", 1.2)


def _largest(at: Place) -> Iterator[Variant]:
    """Read the class that the code itself finds likeliest in the place of the label."""
    k, shape = at.e.k, form(at.bottom)
    labels = all(_is_data(at, e.bottom) for e in at.group.edges)
    if not labels or not isinstance(at.op.primitive.rule, Elementwise):
        return
    kinds = [f for axes, f in LARGEST if axes <= len(shape) <= 2]
    made = {(p, f): nested(p, f, k) for p in {op.primitive for op in _tops(at)} for f in kinds}
    for s in at.sources():
        if not _are_fit(at, s.ops, (shape,)) or not all(at.graph.live[i] for i in s.ops):
            continue
        for f in kinds:
            ops = tuple(
                (e.top, Op(RESULT, made[op.primitive, f], _with(op, k, k + 1, i), settings={}))
                for e, op, i in zip(at.group.edges, _tops(at), s.ops, strict=True)
            )
            wrong = f.name.format(at.names.bare(s.ops[at.m]))
            what = f"reads `{wrong}` where it should read {at.names(at.e.bottom)}"
            text = f"{at.names(at.e.top)} {what}{rounds(at.group)}"
            yield Variant(ops, text, 1.35 + s.strangeness)


def _padded(at: Place) -> Iterator[Variant]:
    """Pad with something else than zeros, or at one side alone."""
    found = [at.state.point.settings[e.top] for e in at.group.edges]
    widths, *others = map(_widths, found)
    if any(other != widths for other in others) or not widths:
        return
    array = at.names(at.e.bottom)
    for words, first in (("behind", lambda w: 0), ("in front", sum)):
        ops = []
        for e, op, s in zip(at.group.edges, _tops(at), found, strict=True):
            sizes = zip(widths, form(at.state.values[e.bottom]), strict=True)
            moved = tuple(slice(first(w), first(w) + n) for w, n in sizes)
            ops.append((e.top, replace(op, settings={**s, "index": moved})))
        yield Variant(tuple(ops), f"{array} is padded {words} only{rounds(at.group)}", 1.05)
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        what = f"{array} is padded as by `mode='{mode}'` where it should be by zeros"
        made = padding(widths, mode)
        yield at.other(lambda op, p: Op(RESULT, p, op.args, settings={}), 1.2, what, made)


def _widths(settings: dict[str, Any]) -> list[tuple[int, int]]:
    """Give how much is put before and behind along each axis; nothing if it is no frame."""
    index, shape = settings["index"], settings["shape"]
    index = index if isinstance(index, tuple) else (index,)
    if len(index) != len(shape) or not all(isinstance(s, slice) for s in index):
        return []
    bounds = [s.indices(n) for s, n in zip(index, shape, strict=True)]
    return [(start, n - stop) for (start, stop, _), n in zip(bounds, shape, strict=True)]


def _ones(at: Place) -> Iterator[Variant]:
    """Write 1 for a value of the data: the label of the one sample that was tried."""
    data = all(_is_data(at, e.bottom) for e in at.group.edges)
    if data and isinstance(at.op.primitive.rule, Elementwise):
        one: Any = np.ones(form(at.bottom)) if form(at.bottom) else 1.0
        what = f"reads `1` where it should read {at.names(at.e.bottom)}"
        text = f"{at.names(at.e.top)} {what}"
        yield at.with_primitives(nested, 1.2, text, constant(one), at.e.k)


def _not_reset(at: Place) -> Iterator[Variant]:
    """Begin a sum in each round of a loop with what the round before left."""
    ops, tops = at.graph.ops, [e.top for e in at.group.edges]
    if len(tops) < 2 or not at.group.apart or isinstance(at.top, tuple):
        return
    if len({form(at.state.values[i]) for i in tops}) > 1 or tops != sorted(set(tops)):
        return
    n = len(at.op.args)
    made = {p: nested(add, p, 0, n, last=False) for p in {op.primitive for op in _tops(at)}}
    changed = tuple(
        (i, replace(ops[i], primitive=made[ops[i].primitive], args=(*ops[i].args, before)))
        for before, i in pairwise(tops)
    )
    what = f"starts from {at.names(tops[0])} where it should start from 0"
    yield Variant(changed, f"{at.names(tops[1])} {what}{rounds(at.group)}", 1.3)


def _outside(at: Place) -> Iterator[Variant]:
    """Multiply by a gate what a matrix gives instead of what it takes: there are two GRUs."""
    within = [at.graph.ops[e.bottom] for e in at.group.edges]
    if any(op.name != "multiply" for op in within):
        return
    k, tops = at.e.k, [e.top for e in at.group.edges]
    made = nested(multiply, at.op.primitive, 1, 2)
    for gate, other in ((0, 1), (1, 0)):
        both = [
            (op.args[gate], *_with(top, k, k + 1, op.args[other]))
            for top, op in zip(_tops(at), within, strict=True)
        ]
        g, a, b = map(at.names.bare, both[at.m])
        if form(at.state.values[both[0][0]]) == form(at.top):
            ops = [Op(RESULT, made, args, settings={}) for args in both]
            text = f"{at.names(at.e.top)} is computed as `{g}*({a}@{b})`{rounds(at.group)}"
            yield Variant(tuple(zip(tops, ops, strict=True)), text, 1.2)


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
