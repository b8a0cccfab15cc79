"""The careful walks: they tell "no gradient" from "a gradient of zero".

``where(x > 0, sqrt(x), 0)`` sends nothing to ``sqrt`` at x = 0, but plain arithmetic
makes 0 * inf = nan of it. Here each cotangent travels with its *support*: a boolean array
of the elements through which the output is asked about at all. Products outside the
support are 0 because they are absent. A cotangent that merely happens to be 0 stays in
the support, so that ``sqrt(x)**2`` at 0 gives nan, not a wrong 0.

Forward, the same holds of the unit tangents of a Jacobian's columns: what is not on the
way of the one element that moves does not move, however steep it is.

The fast walks run first; these only after one met an invalid operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .graph import Node, raw
from .rules import Elementwise, fill, shape_of, unbroadcast
from .steps import ITEM, Pullback, float_partial, operand_cotangents, result_tangent, seen

Support = Any  # None: everywhere; else a boolean array of the cotangent's shape


def careful_reverse(
    order: Sequence[Node],
    cts: dict[int, Any],
    live: set[int] | None,
    recorded: bool,
    one_hot: bool,
    kept: list[tuple[Node, Any]] | None,
    pullback: Pullback,
) -> dict[int, Any]:
    """Walk as ``sweeps._fast_reverse`` does, with supports."""
    supports: dict[int, Support] = {
        k: np.asarray(raw(g)) != 0 if one_hot else None for k, g in cts.items()
    }
    for node in order:
        index = node.index
        if index not in cts:
            continue
        g, s = cts.pop(index), supports.pop(index)
        if kept is not None and (node.grad is not None or type(node.data) is float):
            kept.append((node, g))
        rule = node.primitive.rule  # type: ignore[union-attr]  # only leaves have none
        if isinstance(rule, Elementwise):
            steps = _elementwise(rule, node, g, s, live, recorded)
        else:
            steps = _other(rule, node, g, s, live, recorded, pullback)
        for x, (c, support) in zip(node.inputs, steps, strict=True):
            if c is None:
                continue
            k = x.index  # type: ignore[union-attr]  # a constant gets no cotangent
            if k in cts:
                cts[k] = cts[k] + c
                held = supports[k]
                supports[k] = None if held is None or support is None else held | support
            else:
                cts[k], supports[k] = c, support
    return cts


def _elementwise(
    rule: Elementwise, node: Node, g: Any, s: Support, live: set[int] | None, recorded: bool
) -> list[tuple[Any, Support]]:
    p = node.primitive
    assert p is not None
    params = node.params or {}
    floats = type(node.data) is float and not recorded
    z, xs = seen(node, recorded)
    out: list[tuple[Any, Support]] = []
    for i, x in enumerate(node.inputs):
        if x is None or (live is not None and x.index not in live):
            out.append((None, None))
            continue
        d = rule.partial(p, i)
        if type(d) is not float:
            d = float_partial(rule, p, i, node) if floats else d(z, *xs, **params)
        here = s
        if rule.selects:
            chosen = np.broadcast_to(np.asarray(raw(d)) != 0, shape_of(node.data))
            here = chosen if here is None else here & chosen
        c = d * g
        if here is not None:
            c = np.where(here, c, 0.0)
        out.append((unbroadcast(c, xs[i]), _reduced(here, shape_of(xs[i]))))
    return out


def _other(
    rule: Any,
    node: Node,
    g: Any,
    s: Support,
    live: set[int] | None,
    recorded: bool,
    pullback: Pullback,
) -> list[tuple[Any, Support]]:
    cs = operand_cotangents(node, g, live, recorded, pullback)
    if not rule.structural or node.primitive is ITEM:
        return [(c, None) for c in cs]
    # Copies and moves have coefficients >= 0: an element is reached by a nonzero element
    # of the support exactly where the transpose of the indicator is not 0.
    indicator = np.ones(shape_of(node.data)) if s is None else s.astype(np.float64)
    shown = operand_cotangents(node, indicator, live, False, pullback)
    return [
        (c, None if c is None else _thinned(np.asarray(i) != 0))
        for c, i in zip(cs, shown, strict=True)
    ]


def _thinned(s: Any) -> Support:
    return None if s.all() else s


def _reduced(s: Support, shape: tuple[int, ...]) -> Support:
    """Sum a support over what was broadcast: reached through any copy is reached."""
    if s is None:
        return None
    return _thinned(unbroadcast(s.astype(np.float64), np.zeros(shape)) != 0)


def careful_forward(
    order: Sequence[Node],
    moved: dict[int, Any],
    recorded: bool,
    pullback: Pullback,
) -> dict[int, Any]:
    """Walk forward from unit tangents, whose zeros mean "does not move"."""
    supports: dict[int, Support] = {k: np.asarray(raw(t)) != 0 for k, t in moved.items()}
    for node in order:
        keys = [None if x is None else x.index for x in node.inputs]
        ts = [None if k is None else moved.get(k) for k in keys]
        if all(t is None for t in ts):
            continue
        known = [None if k is None else supports.get(k) for k in keys]
        rule = node.primitive.rule  # type: ignore[union-attr]  # only leaves have none
        if isinstance(rule, Elementwise):
            t, s = _elementwise_tangent(node, ts, known, recorded, pullback)
        else:
            t, s = result_tangent(node, ts, recorded, pullback), None
            everywhere = any(t is not None and k is None for t, k in zip(ts, known, strict=True))
            if rule.structural and node.primitive is not ITEM and not everywhere:
                ones = [None if k is None else k.astype(np.float64) for k in known]
                s = np.asarray(result_tangent(node, ones, False, pullback)) != 0
        moved[node.index], supports[node.index] = t, s
    return moved


def _elementwise_tangent(
    node: Node, ts: Sequence[Any], known: Sequence[Support], recorded: bool, pullback: Pullback
) -> tuple[Any, Support]:
    """Add up the terms, each where its own operand moves."""
    z = node.data
    shape = shape_of(z)
    total: Any = 0.0
    where: Support = np.zeros(shape, bool)
    for i, (t, s) in enumerate(zip(ts, known, strict=True)):
        if t is None:
            continue
        only = [t if k == i else None for k in range(len(ts))]
        term = result_tangent(node, only, recorded, pullback)
        total = total + (term if s is None else np.where(s, term, 0.0))
        where = None if where is None or s is None else where | s
    return fill(total, z), where
