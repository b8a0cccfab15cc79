"""Recompute instead of keep: the inside of a function is not stored for the backward walk.

Memory for time (Griewank & Walther, 2008, chapter 12): the call becomes one node that
holds its arguments and results; a walk that comes by runs the function again.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arguments import Transforming, check_function, flatten, fresh_leaf, unflatten
from .errors import NotDifferentiableError
from .graph import PAUSED, Node, Primitive, Traced, mode, raw, record
from .rules import General
from .steps import unpack
from .sweeps import pullback, reachable
from .views import link


class _Call:
    """One call: the function, where its tracked leaves sit, the Values it closes over."""

    def __init__(self, f: Callable[..., Any], args: Any) -> None:
        self.f = f
        self.leaves, self.spec = flatten(args)
        self.places = [i for i, x in enumerate(self.leaves) if _tracked(x)]
        self.operands = [self.leaves[i] for i in self.places]
        for i in self.places:
            self.leaves[i] = None  # the node holds them; a second reference would keep graphs
        self.out_spec: Any = None
        self.captured: list[Node] = []

    def run(self, operands: Sequence[Any]) -> tuple[list[Node], list[Any], list[Node]]:
        """Call `f` on fresh leaves: their nodes, its results, the nodes it closes over."""
        with Transforming():
            fresh = [fresh_leaf(x, "a checkpointed argument") for x in operands]
            leaves = list(self.leaves)
            for i, x in zip(self.places, fresh, strict=True):
                leaves[i] = x
            nodes = [x._node for x in fresh]
            args, kwargs = unflatten(self.spec, leaves)
            outs, self.out_spec = flatten(self.f(*args, **kwargs))
        if any(x._node is not n for x, n in zip(fresh, nodes, strict=True)):
            raise NotDifferentiableError(
                "checkpoint of a function that assigns into its argument, of which the caller "
                "would see nothing; take a copy first: x = x.copy()"
            )
        return nodes, outs, _captured(outs, nodes)


def _tracked(x: Any) -> bool:
    return isinstance(x, Traced) and x._node.index != 0


def _captured(outs: Sequence[Any], fresh: Sequence[Node]) -> list[Node]:
    """Tracked nodes older than the call that its results depend on, oldest first."""
    since = fresh[0].index
    found, _, _ = reachable([y._node for y in outs if _tracked(y)], since)
    inside = {n.index for n in fresh}
    older: dict[int, Node] = {}
    for node in found.values():
        if node.index in inside:
            continue
        for x in node.inputs:
            if x is not None and x.index < since:
                older[x.index] = x
    for y in outs:  # a result that is a captured Value itself
        if _tracked(y) and y._node.index < since:
            older[y._node.index] = y._node
    return [older[k] for k in sorted(older)]


def _vjp(g: Any, z: Any, *xs: Any, needed: Sequence[bool], call: _Call) -> list[Any]:
    count = len(call.places)
    nodes, outs, captured = call.run(xs[:count])
    if [n.index for n in captured] != [n.index for n in call.captured]:
        raise NotDifferentiableError(
            "checkpoint: run again, the function used other Values than the first time; a "
            "variable that it closes over was assigned to meanwhile. Pass it as an argument"
        )
    results = z if isinstance(z, tuple) else (z,)
    for y, before in zip(outs, results, strict=True):
        if not np.array_equal(raw(y), raw(before), equal_nan=True):
            raise NotDifferentiableError(
                "checkpoint: run again, the function gave other numbers than the first time; it "
                "must depend on its arguments alone (random numbers? a mutated array?)"
            )
    seeds = g if isinstance(g, tuple) else (g,)
    pairs = [(y._node, s) for y, s in zip(outs, seeds, strict=True) if _tracked(y)]
    recorded = any(isinstance(s, Traced) for s in seeds) or any(isinstance(x, Traced) for x in xs)
    with Transforming():
        gs, _ = pullback(
            [n for n, _ in pairs],
            [s for _, s in pairs],
            [*nodes, *captured],
            record_walk=recorded,
        )
    return gs


_checkpoint = Primitive("checkpoint", lambda *xs, call: None, General(vjp=_vjp))


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """Transform `f` so that a backward walk recomputes it instead of keeping its insides.

    Parameters
    ----------
    f : callable
        Takes and returns pytrees. It may close over Values, and must give the same
        numbers when run again.

    Returns
    -------
    callable
        The same function; its derivatives of all orders are those of `f`.

    Raises
    ------
    NotDifferentiableError
        If `f` assigns into its argument; from the walk, if running `f` again gave other
        numbers or used other Values.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import checkpoint, grad
    >>> float(grad(checkpoint(lambda x: np.sin(np.exp(x))))(0.0) - np.cos(1.0))
    0.0
    """
    check_function(f)

    @functools.wraps(f, updated=())
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if mode.get() is PAUSED:
            return f(*args, **kwargs)
        call = _Call(f, (args, kwargs))
        if not call.places:
            return f(*args, **kwargs)
        _, outs, captured = call.run(call.operands)
        operands, call.operands, call.captured = call.operands, [], captured
        if not any(map(_tracked, outs)):
            return unflatten(call.out_spec, outs)
        inputs = (*(x._node for x in operands), *captured)
        data = tuple(raw(y) for y in outs)
        several = len(data) > 1
        z = record(
            data if several else data[0],
            _checkpoint,
            inputs,
            (*(raw(x) for x in operands), *(n.data for n in captured)),
            {"call": call},
        )
        results = unpack(z) if several else [z]
        for y, x in itertools.product(results, operands):
            link(y, x)
        return unflatten(call.out_spec, results)

    return checkpointed
