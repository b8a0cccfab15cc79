"""One node's step in a walk: from its cotangent to its operands', from their tangents to its own.

Also: results that come several at a time (``eigh``), and how one derivative is made from
the other where a rule was written in one mode only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .backend import ARITHMETIC_ERRORS
from .graph import TRANSFORM, Leaf, Node, Primitive, Traced, constant, handle, leaf_node, mode
from .graph import record as record_node
from .rules import General, Linear, Rule, fill, shape_of, with_dtype, zeros_like

Pullback = Callable[..., tuple[list[Any], bool]]


def operand_cotangents(
    node: Node, g: Any, live: set[int] | None, recorded: bool, pullback: Pullback
) -> Sequence[Any]:
    """Apply the rule of `node` to its cotangent: one cotangent (or None) per operand."""
    primitive = node.primitive
    assert primitive is not None
    inputs = node.inputs
    if primitive is ITEM:
        parts: list[Any] = [None] * len(node.operands[0])
        parts[node.params["index"]] = g  # type: ignore[index]  # an item has its index
        return [Parts(parts)]
    needed = [x is not None and (live is None or x.index in live) for x in inputs]
    z, xs = seen(node, recorded)
    if type(g) is Parts:
        g = tuple(g.parts)
    rule: Rule = primitive.rule
    if isinstance(rule, General) and not rule.has_vjp:
        return _vjp_from_jvp(primitive, rule, g, z, xs, node, needed, recorded, pullback)
    try:
        return rule.vjp(primitive, g, z, xs, node.params, needed)
    except ARITHMETIC_ERRORS:
        if not rule.elementwise:
            raise
        z, *xs = map(_number, (z, *xs))
        return rule.vjp(primitive, g, z, xs, node.params, needed)


def _number(x: Any) -> Any:
    """Make NumPy's number of a Python one: where Python raises (1/0), NumPy gives inf or nan."""
    return np.float64(x) if type(x) is float or type(x) is int else x


def result_tangent(node: Node, ts: Sequence[Any], recorded: bool, pullback: Pullback) -> Any:
    """Apply the rule of `node` to its operands' tangents."""
    primitive = node.primitive
    assert primitive is not None
    if primitive is ITEM:
        return ts[0][node.params["index"]]  # type: ignore[index]  # an item has its index
    z, xs = seen(node, recorded)
    rule: Rule = primitive.rule
    if isinstance(rule, General) and not rule.has_jvp:
        return _jvp_from_vjp(primitive, rule, ts, z, xs, node, recorded, pullback)
    try:
        return rule.jvp(primitive, ts, z, xs, node.params)
    except ARITHMETIC_ERRORS:
        if not rule.elementwise:
            raise
        t = rule.jvp(primitive, ts, _number(z), [_number(x) for x in xs], node.params)
        return fill(t, z)


def float_partial(rule: Any, primitive: Any, i: int, node: Node) -> float:
    """Evaluate partial `i` on Python floats."""
    d = rule.partial(primitive, i)
    z, xs, params = node.data, node.operands, node.params
    try:
        d = d(z, *xs) if params is None else d(z, *xs, **params)
    except ARITHMETIC_ERRORS:
        d = d(*map(_number, (z, *xs)), **(params or {}))
    return float(d)


def seen(node: Node, recorded: bool) -> tuple[Any, Sequence[Any]]:
    """Give what a rule is shown: Values if the walk is recorded, else raw data."""
    if not recorded:
        return node.data, node.operands
    z = handle(node, node.data)
    if type(node.data) is tuple:
        z = unpack(z)
    pairs = zip(node.inputs, node.operands, strict=True)
    return z, [x if n is None else handle(n, x) for n, x in pairs]


# --- primitives with several results ----------------------------------------------------------


class Parts:
    """Cotangents of a primitive with several results, by position; None where absent."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def __add__(self, other: Parts) -> Parts:
        return Parts(
            [
                b if a is None else a if b is None else a + b
                for a, b in zip(self.parts, other.parts, strict=True)
            ]
        )


# Picks one result of several. The steps know it by identity, since a tuple has no zeros.
ITEM = Primitive("item", lambda results, index: results[index], Linear(None))


def unpack(several: Any) -> Any:
    """Name each result of a primitive that has several; raw tuples pass."""
    if not isinstance(several, Traced):
        return several
    node, results = several._node, several._raw
    if node.index == 0:
        return tuple(map(constant, results))
    return tuple(
        record_node(d, ITEM, (node,), (results,), {"index": i}) for i, d in enumerate(results)
    )


# --- one derivative from the other ------------------------------------------------------------
# A vjp is linear in g, so its transpose is the jvp, and the other way round: the map is
# recorded from a leaf of zeros and pulled back. (The "double vjp" of J. Townsend, 2017.)


def _jvp_from_vjp(
    primitive: Primitive,
    rule: General,
    ts: Sequence[Any],
    z: Any,
    xs: Sequence[Any],
    node: Node,
    recorded: bool,
    pullback: Pullback,
) -> Any:
    several = type(node.data) is tuple
    results = node.data if several else (node.data,)
    token = mode.set(TRANSFORM)
    try:
        leaves = [leaf_node(zeros_like(d), None) for d in results]
        gs = tuple(handle(leaf, leaf.data) for leaf in leaves)
        needed = [t is not None for t in ts]
        cs = rule.vjp(primitive, gs if several else gs[0], z, xs, node.params, needed)
        outs = _transpose(zip(cs, ts, strict=True), leaves, recorded, pullback)
    finally:
        mode.reset(token)
    full = tuple(
        zeros_like(d) if t is None else fill(t, d) for t, d in zip(outs, results, strict=True)
    )
    return full if several else full[0]


def _vjp_from_jvp(
    primitive: Primitive,
    rule: General,
    g: Any,
    z: Any,
    xs: Sequence[Any],
    node: Node,
    needed: Sequence[bool],
    recorded: bool,
    pullback: Pullback,
) -> list[Any]:
    several = type(node.data) is tuple
    token = mode.set(TRANSFORM)
    try:
        leaves: list[Leaf | None] = [
            leaf_node(zeros_like(x), None) if need else None
            for x, need in zip(xs, needed, strict=True)
        ]
        ts = [None if leaf is None else handle(leaf, leaf.data) for leaf in leaves]
        t = rule.jvp(primitive, ts, z, xs, node.params)
        pairs = zip(t if several else (t,), g if several else (g,), strict=True)
        used = [leaf for leaf in leaves if leaf is not None]
        rest = iter(_transpose(pairs, used, recorded, pullback))
    finally:
        mode.reset(token)
    cs = [None if leaf is None else next(rest) for leaf in leaves]
    return [None if c is None else with_dtype(c, x) for c, x in zip(cs, xs, strict=True)]


def _transpose(pairs: Any, leaves: list[Leaf], recorded: bool, pullback: Pullback) -> list[Any]:
    """Pull the seeds of (recorded linear map, seed) pairs back to the leaves."""
    nodes, seeds = [], []
    for c, seed in pairs:
        if seed is not None and isinstance(c, Traced) and c._node.index:
            nodes.append(c._node)
            target = shape_of(c)
            seeds.append(seed if shape_of(seed) == target else np.broadcast_to(seed, target))
    if not nodes:
        return [None] * len(leaves)
    return pullback(nodes, seeds, leaves, record_walk=recorded)[0]
