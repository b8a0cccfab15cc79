"""The two walks over a recorded graph: `pullback` (reverse) and `pushforward` (forward).

Nodes are visited in order of creation, so nothing recurses. Rules see raw data unless
the derivative must itself be recorded: because a node older than the targets was met
(an enclosing transform is watching) or because a seed is a Value.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import memory
from .errors import DetachedError
from .graph import TRANSFORM, Leaf, Node, ScalarNode, Traced, mode, raw
from .memory import own, plus, times
from .rules import checked, unbroadcast, with_dtype
from .scalars import scalar_pullback
from .steps import Parts, float_partial, operand_cotangents, result_tangent
from .support import careful_forward, careful_reverse

RETAIN = object()  # in ``Node.grad``: the user asked to keep this interior gradient


def reachable(
    outputs: Sequence[Node], since: int = 1
) -> tuple[dict[int, Node], dict[int, Node], bool]:
    """Find the tracked nodes that `outputs` were made from, at or after index `since`.

    Returns
    -------
    found, leaves : dict
        Computed nodes, and variables, by index.
    met_older : bool
        Whether a tracked node older than `since` was met (and not entered).
    """
    found: dict[int, Node] = {}
    leaves: dict[int, Node] = {}
    met_older = False
    stack: list[Node] = []
    pop, push = stack.pop, stack.append
    nodes: Sequence[Node | None] = outputs
    while True:
        for x in nodes:
            if x is None or (index := x.index) in found:
                continue
            if index < since:
                met_older = True
            elif type(x) is Leaf:
                leaves[index] = x
            else:
                found[index] = x
                push(x)
        if not stack:
            return found, leaves, met_older
        nodes = pop().inputs


def _live(order: Sequence[Node], targets: set[int]) -> set[int]:
    """Give the indices of the nodes that depend on a target: only these carry derivatives."""
    live = set(targets)
    for node in order:
        for x in node.inputs:
            if x is not None and x.index in live:
                live.add(node.index)
                break
    return live


def pullback(
    outputs: Sequence[Node],
    seeds: Sequence[Any],
    targets: Sequence[Node],
    record_walk: bool | None = None,
    one_hot: bool = False,
) -> tuple[list[Any], bool]:
    """Pull cotangents of `outputs` back to `targets`.

    Parameters
    ----------
    outputs, seeds
        Nodes and their cotangents, each of its node's shape (None: no cotangent).
    targets
        Nodes to stop at. A target that no output depends on gives None.
    record_walk : bool, optional
        Whether to record the walk itself; by default, whether somebody may ask for a
        derivative of it.
    one_hot : bool
        Whether the zeros in the seeds mean "this output is not asked about", as in the
        rows of a Jacobian, rather than a cotangent that happens to be 0.

    Returns
    -------
    cotangents : list
        One per target.
    recorded : bool
        Whether the cotangents are Values.
    """
    stop = {t.index for t in targets}
    if (
        len(outputs) == 1
        and type(outputs[0]) is ScalarNode
        and type(seeds[0]) is float
        and not record_walk
        and all(type(t) is Leaf for t in targets)
    ):
        known = scalar_pullback(outputs[0], seeds[0], min(stop))
        if known is not None:
            return [known.get(t) for t in targets], False
    found, leaves, met_older = reachable(outputs, min(stop))
    if record_walk is None:
        record_walk = met_older or any(isinstance(s, Traced) for s in seeds)
    # Where all that was found leads to targets only, everything is live and nobody need ask.
    live = None
    if met_older or not leaves.keys() <= stop:
        live = _live([found[k] for k in sorted(found)], stop)
    order = [found[k] for k in sorted(found, reverse=True) if k not in stop]
    del found
    cts: list[tuple[int, Any]] = [
        (node.index, seed)
        for node, seed in zip(outputs, seeds, strict=True)
        if seed is not None and (live is None or node.index in live)
    ]
    ends = _reverse(order, cts, live, record_walk, one_hot, None)
    return [ends.get(t.index) for t in targets], record_walk


def backward(output: Node, seed: Any) -> None:
    """Pull `seed` back to every leaf under `output` and add to what their cells hold.

    Interior gradients are left in the nodes of scalar graphs, and where they were asked for.

    Raises
    ------
    DetachedError
        If the graph belongs to a transform that is under way.
    """
    if type(output) is ScalarNode:
        known = scalar_pullback(output, seed, 0)
        if known is not None:
            with _leaving:
                for node, slope in known.items():  # `_leave`, spelled out for most of them
                    if type(node) is Leaf and node.cell is not None and node.cell.value is None:
                        node.cell.value = slope
                    elif node.grad is None and type(node) is not Leaf:
                        node.grad = slope
                    else:
                        _leave(node, slope)
            return
    found, leaves, _ = reachable((output,))
    order = [found[k] for k in sorted(found, reverse=True)]
    if mode.get() is TRANSFORM and any(type(x) is Leaf and x.cell is None for x in leaves.values()):
        raise DetachedError(
            "backward() was called inside a transform (grad, vjp, jvp, ...); its result "
            "would be cut off from the derivative being taken. Call grad(...) there instead"
        )
    kept: list[tuple[Node, Any]] = []
    ends = _reverse(order, [(output.index, seed)], None, False, False, kept)
    seen: set[int] = set()
    with _leaving:
        for node, g in kept:
            _leave(node, own(g, seen))
        for index, leaf in leaves.items():
            g = ends.get(index)
            if g is not None:
                _leave(leaf, with_dtype(own(g, seen), leaf.data))


# Held while gradients are added up: threads that share variables would lose some. It may be
# taken again, by a finalizer that runs in between.
_leaving = threading.RLock()


def _leave(node: Node, g: Any) -> None:
    """Add a gradient to a leaf's cell, or to what an interior node's mailbox holds."""
    if type(node) is Leaf:
        cell = node.cell
        if cell is not None:  # else the variable of a transform that is over
            cell.value = g if cell.value is None else cell.value + g
    else:
        held = node.grad
        node.grad = g if held is None or held is RETAIN else held + g


def _reverse(
    order: Sequence[Node],
    seeds: Sequence[tuple[int, Any]],
    live: set[int] | None,
    recorded: bool,
    one_hot: bool,
    kept: list[tuple[Node, Any]] | None,
) -> dict[int, Any]:
    """Run the quickest walk that is right for this graph; each starts afresh.

    Where a fast walk meets 0 * inf, the careful one decides what that means.

    Parameters
    ----------
    order
        The nodes to pass, newest first, without the targets.
    seeds
        Index and cotangent of each output.
    live
        Indices that carry derivatives; None for all.
    recorded, one_hot
        As in `pullback`.
    kept
        Collects the nodes whose interior gradient is wanted, with it.

    Returns
    -------
    dict
        Cotangents by index, of the targets.
    """
    with np.errstate(all="ignore", invalid="raise"):
        try:
            ends = _fast_reverse(order, _started(seeds), live, recorded, kept)
            if not any(map(_has_nan, ends.values())):  # 0 * nan springs no trap
                return ends
        except (FloatingPointError, IndexError):  # or an operand without a partial
            pass
    if kept is not None:
        kept.clear()
    with np.errstate(all="ignore"):
        return careful_reverse(order, _started(seeds), live, recorded, one_hot, kept, pullback)


def _has_nan(g: Any) -> bool:
    """Whether anything in a cotangent is nan, in one pass that allocates nothing."""
    g = raw(g)
    if type(g) is np.ndarray:
        if g.ndim != 1:
            if not g.flags.c_contiguous:
                return math.isnan(np.add.reduce(g, axis=None))
            g = g.ravel()
        # A sum of squares cannot cancel, and BLAS has it three times sooner than a sum.
        return math.isnan(g.dot(g))
    return not isinstance(g, Parts) and bool(g != g)


def _started(seeds: Sequence[tuple[int, Any]]) -> dict[int, Any]:
    cts: dict[int, Any] = {}
    for index, seed in seeds:
        cts[index] = cts[index] + seed if index in cts else seed
    return cts


def _fast_reverse(
    order: Sequence[Node],
    cts: dict[int, Any],
    live: set[int] | None,
    recorded: bool,
    kept: list[tuple[Node, Any]] | None,
) -> dict[int, Any]:
    """Walk any graph, by plain arithmetic."""
    array, large, pop = np.ndarray, memory.LARGE, cts.pop
    for node in order:
        g = pop(node.index, None)
        if g is None:
            continue
        z, p = node.data, node.primitive
        if kept is not None and (node.grad is not None or type(z) is float):
            kept.append((node, g))
        rule = p.rule  # type: ignore[union-attr]  # only leaves have none
        if recorded or not (rule.elementwise or rule.separate):
            cotangents = operand_cotangents(node, g, live, recorded, pullback)
            g = None  # so that a cotangent handed on unchanged is held by `cts` alone
            for x, c in zip(node.inputs, cotangents, strict=True):
                if c is not None:
                    if type(z) is float and raw(c) != raw(c):
                        raise FloatingPointError  # Python's floats spring no trap
                    k = x.index  # type: ignore[union-attr]  # a constant gets no cotangent
                    cts[k] = plus(pop(k), c) if k in cts else c
            continue
        # Spelled out for the rest: small graphs spend their time between array operations.
        xs, params, linear = node.operands, node.params, rule.separate
        count = len(xs) if params is None else -1
        small = type(g) is array and g.size <= large  # whose memory is not worth looking after
        for i, x in enumerate(node.inputs):
            if x is None:
                continue
            k = x.index
            if live is not None and k not in live:
                continue
            a = xs[i]
            d = rule.transposes[i] if linear else rule.partials[i]
            if linear:
                c = d(g, xs[0], xs[1]) if count == 2 else d(g, *xs, **(params or {}))
            elif type(d) is float:
                c = g if d == 1.0 else d * g if small else times(d, g, i == len(xs) - 1)
            elif type(z) is float:
                c = float_partial(rule, p, i, node) * g
            elif small and d is not None and count > 0:
                c = (d(z, a) if count == 1 else d(z, *xs)) * g
            else:
                d = rule.partial(p, i)
                c = times(d(z, *xs, **(params or {})), g, i == len(xs) - 1)
            if type(c) is type(a) is array:
                if c.shape != a.shape or c.dtype is not a.dtype:
                    c = checked(p, c, a, i) if linear else unbroadcast(c, a)  # type: ignore[arg-type]
            elif type(z) is float:
                if c != c:
                    raise FloatingPointError
            else:
                c = checked(p, c, a, i) if linear else unbroadcast(c, a)  # type: ignore[arg-type]
            cts[k] = plus(pop(k), c) if k in cts else c
    return cts


def pushforward(
    outputs: Sequence[Node],
    tangents: Sequence[Any],
    targets: Sequence[Node],
    one_hot: bool = False,
) -> tuple[list[Any], bool]:
    """Push tangents of `targets` forward to `outputs`.

    The mirror of `pullback`: an output that depends on no target gives None; with
    `one_hot` the zeros of a tangent mean "this element does not move".
    """
    found, _, met_older = reachable(outputs, min(t.index for t in targets))
    record_walk = met_older or any(isinstance(t, Traced) for t in tangents)
    start = {t.index: v for t, v in zip(targets, tangents, strict=True) if v is not None}
    stop = {t.index for t in targets}
    order = [found[k] for k in sorted(found) if k not in stop]
    try:
        with np.errstate(all="ignore", invalid="raise" if one_hot else "ignore"):
            moved = _fast_forward(order, dict(start), record_walk)
            careful = one_hot and any(_has_nan(moved.get(o.index)) for o in outputs)
    except FloatingPointError:
        careful = True
    if careful:
        with np.errstate(all="ignore"):
            moved = careful_forward(order, dict(start), record_walk, pullback)
    return [moved.get(o.index) for o in outputs], record_walk


def _fast_forward(order: Sequence[Node], moved: dict[int, Any], recorded: bool) -> dict[int, Any]:
    """Walk any graph forward, by plain arithmetic."""
    for node in order:
        ts = [None if x is None else moved.get(x.index) for x in node.inputs]
        if any(t is not None for t in ts):
            t = result_tangent(node, ts, recorded, pullback)
            if t is not None:
                moved[node.index] = t
    return moved
