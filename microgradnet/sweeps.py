"""The two walks over a recorded graph: `pullback` (reverse) and `pushforward` (forward).

Nodes are visited in order of creation, so nothing recurses. Rules see raw data unless
the derivative must itself be recorded: because a node older than the targets was met
(an enclosing transform is watching) or because a seed is a Value.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import DetachedError
from .graph import Leaf, Node, Traced
from .steps import float_partial, operand_cotangents, result_tangent
from .support import careful_reverse

RETAIN = object()  # in ``Node.grad``: the user asked to keep this interior gradient


def reachable(outputs: Sequence[Node], since: int = 1) -> tuple[dict[int, Node], bool]:
    """Find the tracked nodes that `outputs` were made from, at or after index `since`.

    Returns
    -------
    found : dict
        Nodes by index.
    met_older : bool
        Whether a tracked node older than `since` was met (and not entered).
    """
    found: dict[int, Node] = {}
    met_older = False
    stack = list(outputs)
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        index = node.index
        if index in found:
            continue
        if index < since:
            met_older = True
            continue
        found[index] = node
        for x in node.inputs:
            if isinstance(x, Node):
                push(x)
    return found, met_older


def _live(order: Sequence[Node], targets: set[int]) -> set[int]:
    """Indices of the nodes that depend on a target: only these carry derivatives."""
    live = set(targets)
    for node in order:
        for x in node.inputs:
            if isinstance(x, Node) and x.index in live:
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
    found, met_older = reachable(outputs, min(t.index for t in targets))
    if record_walk is None:
        record_walk = met_older or any(isinstance(s, Traced) for s in seeds)
    order = [found[k] for k in sorted(found)]
    stop = {t.index for t in targets}
    live = _live(order, stop)
    order.reverse()
    del found

    def start() -> dict[int, Any]:
        cts: dict[int, Any] = {}
        for node, seed in zip(outputs, seeds, strict=True):
            if seed is not None and node.index in live:
                seen = cts.get(node.index)
                cts[node.index] = seed if seen is None else seen + seed
        return cts

    cts = _reverse(order, start, live, stop, record_walk, one_hot, None)
    return [cts.get(t.index) for t in targets], record_walk


def backward(output: Node, seed: Any) -> list[tuple[Leaf, Any]]:
    """Pull `seed` back to every leaf under `output`; leave interior gradients in their nodes.

    Raises
    ------
    DetachedError
        If the graph belongs to a transform that is under way.
    """
    found, _ = reachable((output,))
    order = [found[k] for k in sorted(found, reverse=True)]
    leaves = [node for node in order if type(node) is Leaf]
    for leaf in leaves:
        if leaf.cell is None:
            raise DetachedError(
                "backward() was called inside a transform (grad, vjp, jvp, ...); its result "
                "would be cut off from the derivative being taken. Call grad(...) there instead"
            )
    stop = {leaf.index for leaf in leaves}
    kept: dict[int, Any] = {}
    cts = _reverse(order, lambda: {output.index: seed}, None, stop, False, False, kept)
    for index, g in kept.items():
        node = found[index]
        node.grad = g if node.grad is None or node.grad is RETAIN else node.grad + g
    return [(leaf, cts[leaf.index]) for leaf in leaves if leaf.index in cts]


def _reverse(
    order: Sequence[Node],
    start: Callable[[], dict[int, Any]],
    live: set[int] | None,
    stop: set[int],
    recorded: bool,
    one_hot: bool,
    kept: dict[int, Any] | None,
) -> dict[int, Any]:
    """Run the fast walk; where it meets 0 * inf, the careful one decides what that means."""
    with np.errstate(all="ignore", invalid="raise"):
        try:
            return _fast_reverse(order, start(), live, stop, recorded, kept)
        except FloatingPointError:
            pass
    if kept is not None:
        kept.clear()
    with np.errstate(all="ignore"):
        return careful_reverse(
            order, start(), live, stop, recorded, one_hot, kept, pullback
        )


def _fast_reverse(
    order: Sequence[Node],
    cts: dict[int, Any],
    live: set[int] | None,
    stop: set[int],
    recorded: bool,
    kept: dict[int, Any] | None,
) -> dict[int, Any]:
    for node in order:
        index = node.index
        if index in stop or index not in cts:
            continue
        g = cts.pop(index)
        z = node.data
        rule = node.primitive.rule  # type: ignore[union-attr]  # only leaves have none
        if type(z) is float and rule.elementwise and not recorded:
            # The hot loop of scalar graphs: no lists, no unbroadcasting.
            if kept is not None:
                kept[index] = g
            i = 0
            for x in node.inputs:
                if isinstance(x, Node) and (live is None or x.index in live):
                    d = rule.partials[i]
                    if type(d) is not float:
                        d = float_partial(rule, node.primitive, i, node)
                    c = d * g
                    if c != c:
                        raise FloatingPointError
                    k = x.index
                    cts[k] = cts[k] + c if k in cts else c
                i += 1
            continue
        if kept is not None and (node.grad is not None or type(z) is float):
            kept[index] = g
        cotangents = operand_cotangents(node, g, live, recorded, pullback)
        g = None  # so that a cotangent handed on unchanged is held by `cts` alone
        for x, c in zip(node.inputs, cotangents, strict=True):
            if c is not None:
                k = x.index
                cts[k] = _sum(cts.pop(k), c) if k in cts else c
    return cts


def _sum(held: Any, c: Any) -> Any:
    """``held + c``, into the memory of `held` where nobody else holds it."""
    if (
        type(held) is np.ndarray
        and sys.getrefcount(held) == _TEMPORARY
        and held.base is None
        and type(c) is np.ndarray
        and held.dtype is c.dtype
        and held.shape == c.shape
        and held.flags.writeable
    ):
        held += c
        return held
    return held + c


def _references(held: Any, c: Any) -> int:
    return sys.getrefcount(held)


# What ``_sum`` sees of a cotangent that only ``cts`` held. Measured as it is called there.
_TEMPORARY = _references({0: np.empty(0)}.pop(0), None)


def own(gs: Sequence[Any]) -> list[Any]:
    """Make derivatives that are handed out nobody else's: no views, no operands, no twins."""
    seen: set[int] = set()
    out = []
    for g in gs:
        if isinstance(g, np.ndarray):
            if g.base is not None or not g.flags.writeable or id(g) in seen:
                g = np.array(g)
            seen.add(id(g))
        out.append(g)
    return out


def pushforward(
    outputs: Sequence[Node],
    tangents: Sequence[Any],
    targets: Sequence[Node],
    record_walk: bool | None = None,
) -> tuple[list[Any], bool]:
    """Push tangents of `targets` forward to `outputs`.

    The mirror of `pullback`: an output that depends on no target gives None.
    """
    found, met_older = reachable(outputs, min(t.index for t in targets))
    if record_walk is None:
        record_walk = met_older or any(isinstance(t, Traced) for t in tangents)
    moved = {t.index: v for t, v in zip(targets, tangents, strict=True) if v is not None}
    stop = {t.index for t in targets}
    with np.errstate(all="ignore"):
        for index in sorted(found):
            if index in stop:
                continue
            node = found[index]
            ts = [moved.get(x.index) if isinstance(x, Node) else None for x in node.inputs]
            if any(t is not None for t in ts):
                t = result_tangent(node, ts, record_walk, pullback)
                if t is not None:
                    moved[index] = t
    return [moved.get(o.index) for o in outputs], record_walk
