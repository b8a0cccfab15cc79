"""More random points than those where everything was recorded, for fits with many unknowns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from . import points as drawing
from .calling import Call
from .graph import CONSTANT, DATA, Graph, Point, replayed
from .sweep import Array, State

Further = Callable[[int], "tuple[State, Array] | None"]


def stretched(graph: Graph, leaves: Sequence[Any]) -> list[Any]:
    """Give the values of a graph's parameters, some of which may be stretches of a leaf."""
    taken_apart = {n for n, _ in graph.stretches.values()}
    whole = (x for n, x in enumerate(leaves) if n not in taken_apart)
    parts = {i: leaves[n][where] for i, (n, where) in graph.stretches.items()}
    parts = {i: x if np.ndim(x) else float(x) for i, x in parts.items()}
    return [parts[i] if i in parts else next(whole) for i in graph.params]


def further(
    call: Call,
    reported: Call,
    kinds: Sequence[str],
    rate: float | None,
    graph: Graph,
    points: Sequence[Point],
) -> Further:
    """Give what computes a state and the reported gradient at the n-th further point.

    The graph's operations are computed anew, which takes less than recording them; there is no
    such point (None) where something came from outside of the graph, another number each time.
    """
    first = points[0]
    places = {graph.names.get(i): i for i, op in enumerate(graph.ops) if op.kind == DATA}

    @cache
    def alike() -> bool:
        return all(
            repr((p.settings[i], p.values[i] if op.kind == CONSTANT else None))
            == repr((first.settings[i], first.values[i] if op.kind == CONSTANT else None))
            for i, op in enumerate(graph.ops)
            for p in points[1:4]
        )

    def at(n: int) -> tuple[State, Array] | None:
        if not alike():
            return None
        rng = np.random.default_rng((n, 1))
        leaves = drawing.draw_params(call.params.leaves, rng, near=False)
        inputs = [drawing.draw(k, x, rng) for k, x in zip(kinds, call.inputs.leaves, strict=True)]
        given = dict(zip(graph.params, stretched(graph, leaves), strict=True))
        for name, x in zip(call.inputs.names, inputs, strict=True):
            if name in places:
                given[places[name]] = x
        point = Point(leaves, inputs, list(first.values), first.settings)
        try:
            point.values = replayed(graph.ops, point, (), given)
        except (ValueError, ArithmeticError):  # a matrix that has no Cholesky factor
            return None
        parts = reported.gradient(leaves, inputs, rate, "the reported gradient")
        flat = np.concatenate([np.reshape(g, -1) for g in parts]).astype(np.float64)
        values = (v for v in point.values if not isinstance(v, tuple))
        if not np.all(np.isfinite(flat)) or not all(np.all(np.isfinite(v)) for v in values):
            return None
        return State(graph, point, point.values), flat

    return at
