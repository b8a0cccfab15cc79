"""Ties of a maximum: a derivative is shared among equal numbers; people's goes to one, or to all.

Where a ReLU has made several zeros of a window, that is the same, since its mask stops what
comes back. Where the mask is forgotten, it shows which of them was taken for the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...graph import Primitive
from ...rules import Elementwise, Linear
from .case import Base
from .functions import unlisted
from .pooling import Axes, spread
from .sweep import State

Share = Callable[[Any, Axes], Any]  # of each element, in what is largest along some axes
SIGNS = {"maximum": 1.0, "max": 1.0, "minimum": -1.0, "min": -1.0}  # of what is largest


def settled(base: Base) -> list[Base]:
    """Give starts in which the first of equal numbers is the largest, or all are, if any are.

    That a derivative goes to all would be a mistake, if it were all that is odd.
    """
    graph = base.case.graph
    tied = [i for i in range(len(graph.ops)) if any(_is_tied(s, i) for s in base.states)]
    if base.edits or not tied:
        return []
    first, every = (_start(base, tied, share) for share in (_first, _all))
    return [first, every] if every.wrong else [first]


def _start(base: Base, tied: Sequence[int], share: Share) -> Base:
    ops = list(base.case.graph.ops)
    for i in tied:
        own = ops[i].primitive
        ops[i] = replace(ops[i], primitive=unlisted(own.name, own.evaluate, _rule(own, share)))
    graph = base.case.graph.changed(ops, tied[0])
    states = [State(graph, s.point, s.values, s.own) for s in base.states]
    return Base(replace(base.case, graph=graph, points=states, subset=None, further=None), states)


def _is_tied(state: State, i: int) -> bool:
    """Whether some of the numbers that an operation chooses the largest of are equal."""
    op, graph = state.op(i), state.graph
    sign = SIGNS.get(op.name) if op.args else None
    if sign is None or i in graph.several or not all(graph.live[a] for a in op.args):
        return False
    if len(op.args) == 2:
        return bool(np.any(np.equal(*state.xs(i))))
    settings, (x,) = state.settings(i), state.xs(i)
    if settings["where"] is not True or settings["initial"] is not None:
        return False
    return bool(np.any(np.sum(_all(sign * x, settings["axes"]), settings["axes"]) > 1))


def _rule(primitive: Primitive, share: Share) -> Any:
    """Give the derivative rule in which equal numbers have these shares."""
    sign = SIGNS[primitive.name]
    if not isinstance(primitive.rule, Elementwise):
        return Linear(lambda g, x, axes, **how: spread(g, x, axes) * share(sign * x, axes))

    def of(k: int, x: Any, y: Any) -> Any:
        return share(sign * np.stack(np.broadcast_arrays(x, y)), (0,))[k]

    return Elementwise(lambda z, x, y: of(0, x, y), lambda z, x, y: of(1, x, y))


def _all(x: Any, axes: Axes) -> Any:
    return 1.0 * (x == np.max(x, axes, keepdims=True))


def _first(x: Any, axes: Axes) -> Any:
    order = (*(i for i in range(np.ndim(x)) if i not in axes), *axes)
    turned = np.transpose(x, order)
    rows = turned.reshape(*turned.shape[: len(order) - len(axes)], -1)
    out = 1.0 * (np.arange(rows.shape[-1]) == np.argmax(rows, axis=-1)[..., None])
    return np.transpose(out.reshape(turned.shape), np.argsort(order))
