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
from .sweep import State

SIGNS = {"maximum": 1.0, "max": 1.0, "minimum": -1.0, "min": -1.0}  # of what is largest


def settled(base: Base) -> list[Base]:
    """Give starts in which the first of equal numbers is the largest, or all are, if any are.

    That a derivative goes to all would be a mistake, if it were all that is odd.
    """
    graph = base.case.graph
    tied = [i for i in range(len(graph.ops)) if any(_is_tied(s, i) for s in base.states)]
    if base.edits or not tied:
        return []
    first, every = (_start(base, tied, rule) for rule in (_first, _all))
    return [first, every] if every.wrong else [first]


def _start(base: Base, tied: Sequence[int], rule: Callable[[Primitive], Any]) -> Base:
    ops = list(base.case.graph.ops)
    for i in tied:
        own = ops[i].primitive
        ops[i] = replace(ops[i], primitive=unlisted(own.name, own.evaluate, rule(own)))
    graph = base.case.graph.changed(ops, tied[0])
    states = [State(graph, s.point, s.values, s.own) for s in base.states]
    return Base(replace(base.case, graph=graph, points=states, subset=None, further=None), states)


def _is_tied(state: State, i: int) -> bool:
    """Whether some of the numbers that an operation chooses the largest of are equal."""
    op, graph = state.op(i), state.graph
    sign = SIGNS.get(op.primitive.name) if op.args else None
    if sign is None or i in graph.several or not all(graph.live[a] for a in op.args):
        return False
    if len(op.args) == 2:
        return bool(np.any(np.equal(*state.xs(i))))
    settings = state.point.settings[i] if op.settings is None else op.settings
    if settings["where"] is not True or settings["initial"] is not None:
        return False
    (x,) = state.xs(i)
    largest = x == np.max(sign * x, settings["axes"], keepdims=True) * sign
    return bool(np.any(np.sum(largest, settings["axes"]) > 1))


def _first(primitive: Primitive) -> Any:
    sign = SIGNS[primitive.name]
    if isinstance(primitive.rule, Elementwise):
        return Elementwise(
            lambda z, x, y: 1.0 * (sign * x >= sign * y),
            lambda z, x, y: 1.0 * (sign * x < sign * y),
        )

    def back(g: Any, x: Any, axes: tuple[int, ...], **how: Any) -> Any:
        order = (*(i for i in range(np.ndim(x)) if i not in axes), *axes)
        turned = np.transpose(sign * x, order)
        rows = turned.reshape(*turned.shape[: len(order) - len(axes)], -1)
        out, best = np.zeros_like(rows), np.argmax(rows, axis=-1)[..., None]
        np.put_along_axis(out, best, np.reshape(g, best.shape), axis=-1)
        return np.transpose(out.reshape(turned.shape), np.argsort(order))

    return Linear(back)


def _all(primitive: Primitive) -> Any:
    sign = SIGNS[primitive.name]
    if isinstance(primitive.rule, Elementwise):
        return Elementwise(
            lambda z, x, y: 1.0 * (sign * x >= sign * y),
            lambda z, x, y: 1.0 * (sign * x <= sign * y),
        )

    def back(g: Any, x: Any, axes: tuple[int, ...], **how: Any) -> Any:
        largest = np.max(sign * x, axes, keepdims=True)
        return np.reshape(g, np.shape(largest)) * (sign * x == largest)

    return Linear(back)
