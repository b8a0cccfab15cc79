"""The largest element, or the mean, of a window: what else may have been taken, and gone back to.

Each is a sum of the window's elements with weights, and its derivative is these weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...graph import Primitive
from ...ops.arithmetic import maximum, minimum
from ...rules import Elementwise, Linear
from .case import Case
from .edges import Group
from .functions import unlisted
from .graph import CONSTANT, RESULT, Op, form
from .naming import everywhere, rounds
from .places import Candidate, Hand, Place, Variant, multipliers, with_operand
from .sweep import Edge, State, shaped
from .windowed import TILED

Axes = tuple[int, ...]
Weights = Callable[[Any, Axes], Any]


def _count(x: Any, axes: Axes) -> float:
    return float(np.prod([np.shape(x)[axis] for axis in axes]))


def _one(i: int) -> Weights:
    def weights(x: Any, axes: Axes) -> Any:
        out = np.zeros(np.shape(x))
        out[tuple(i if axis in axes else slice(None) for axis in range(out.ndim))] = 1.0
        return out

    return weights


def _extreme(sign: float) -> Weights:
    def weights(x: Any, axes: Axes) -> Any:
        found = sign * np.asarray(x) == np.max(sign * x, axes, keepdims=True)
        return found / np.sum(found, axes, keepdims=True)

    return weights


# What is taken, where the derivative goes then, and the weights.
LARGEST = "the largest element"
INSTEAD: list[tuple[str, str, Weights]] = [
    ("the mean", "all elements evenly", lambda x, axes: 1.0 / _count(x, axes) + 0.0 * x),
    ("the sum", "every element", lambda x, axes: 1.0 + 0.0 * x),
    ("the first element", "the first element", _one(0)),
    ("the last element", "the last element", _one(-1)),
    ("the smallest element", "the smallest element", _extreme(-1.0)),
]


def candidates(at: Place) -> Iterator[Candidate]:
    """Give the elements of a window that a derivative may have gone to, and what it was times."""
    for taken, goes, weights in _others(at):

        def hand(e: Edge, m: int, state: State, g: Any, weights: Weights = weights) -> Any:
            x, axes = state.values[e.bottom], _axes(state, e.top)
            return spread(g, x, axes) * weights(x, axes)

        right = LARGEST if taken != LARGEST else "all elements evenly"
        what = f"goes to {goes} of what {at.names(at.e.top)} is taken of, not to {right}"
        yield at.slip(hand, 1.05, what)
    if _is(at, at.e.top, "max") or _is(at, at.e.top, "sum"):

        def tile(e: Edge, m: int, state: State, g: Any) -> Any:
            x, axes = state.values[e.bottom], _axes(state, e.top)
            weights = state.along(e, np.ones_like(g) if np.ndim(g) else 1.0)
            tiled = _tiled(g, x, axes)
            return None if tiled is None else tiled * weights

        yield at.slip(tile, 1.05, TILED)
    for j in multipliers(at.state, at.e):
        if not all(_is(at, i, "max") for i in at.operands(j)):
            continue
        for taken, _, weights in INSTEAD:

            def times(
                e: Edge, m: int, state: State, g: Any, j: int = j, weights: Weights = weights
            ) -> Any:
                pooled = at.operands(j)[m]
                x, axes = state.xs(pooled)[0], _axes(state, pooled)
                taken = np.sum(weights(x, axes) * x, axes)
                return with_operand(state, e, g, j, np.reshape(taken, form(state.values[pooled])))

            what = f"multiplies by {taken} where it should multiply by {LARGEST}"
            yield at.slip(times, 1.15, f"{what}, {at.names(at.operands(j)[at.m])}")


# What of each operand of a maximum goes to it: from what arrives, what belongs there, which it is.
BOTH: list[tuple[str, Callable[[Any, Any, int], Any]]] = [
    ("goes to both {0} and {1}, not to the {right} of them", lambda g, own, k: g),
    ("goes to {0} and {1} evenly, not to the {right} of them", lambda g, own, k: 0.5 * g),
    ("goes to the {wrong} of {0} and {1}, not to the {right}", lambda g, own, k: g - own),
    ("always goes to {0}, not to the {right} of {0} and {1}", lambda g, own, k: g * (k == 0)),
    ("always goes to {1}, not to the {right} of {0} and {1}", lambda g, own, k: g * (k == 1)),
]


def of_two(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Give the one of two numbers that a derivative may have gone to instead of the larger one."""
    ops, names, live = case.graph.ops, case.names, case.graph.live
    for group in groups:
        e, op = group.first, ops[group.first.top]
        two = op.name in ("maximum", "minimum") and e.k == 0 and not e.inside
        if two and all(live[a] for a in op.args):
            larger = ("larger", "smaller") if op.name == "maximum" else ("smaller", "larger")
            words = dict(zip(("right", "wrong"), larger, strict=True))
            at = _of_both(case, group, [e.top for e in group.edges], state)
            for text, made in BOTH:
                what = text.format(*map(names, op.args), **words)
                yield at.said(_shared_out(made), 1.05, f"{names.derivative(e.top)} {what}")
    for name, largest in (("maximum", "largest"), ("minimum", "smallest")):
        tops = [i for i, op in enumerate(ops) if op.name == name and all(live[a] for a in op.args)]
        whole = [i for i in tops if not any(n in tops for n, _ in case.graph.users(i))]
        if groups and 0 < len(whole) < len(tops):  # of a window, as the largest of the largest
            at = _of_both(case, replace(groups[0], odd=False), tops[::-1], state)
            for text, made in (("all", BOTH[0][1]), ("all evenly", BOTH[1][1])):
                what = f"goes to {text} of a window, not to the {largest} of it"
                sentence = f"{names.derivative(whole[0])} {what}{everywhere(len(whole))}"
                yield replace(at.said(_shared_out(made), 1.05, ""), text=sentence)


def _of_both(case: Case, group: Group, tops: Sequence[int], state: State) -> Place:
    """Take both operands of operations for a group."""
    ops, graph = case.graph.ops, case.graph
    edges = tuple(Edge(i, ops[i].args[k], k) for i in tops for k in (0, 1))
    under = any(graph.depends(a.bottom, b.top) for a in edges for b in edges)
    return Place(case, replace(group, edges=edges, apart=not under, shown=0), state)


def _shared_out(made: Callable[[Any, Any, int], Any]) -> Hand:
    def hand(e: Edge, m: int, state: State, g: Any) -> Any:
        return shaped(made(g, state.along(e, g), e.k), state.values[e.bottom])

    return hand


def variants(at: Place) -> Iterator[Variant]:
    """Give what else may have been taken of a window."""
    for taken, _, weights in _others(at):
        right = LARGEST if taken != LARGEST else "the mean"
        what = f"{at.names(at.e.top)} takes {taken} where it should take {right}"
        axes, shape = _axes(at.state, at.e.top), form(at.top)
        made = _weighted(weights, axes, shape)
        yield at.with_primitives(lambda own, made=made: made, 1.1, what)


def variants_of_two(at: Place) -> Iterator[Variant]:
    """Give what else may have been taken of two numbers: their mean for the larger one."""
    name, graph = at.op.name, at.graph
    if name in ("maximum", "minimum") and at.e.k == 0:
        right = "larger" if name == "maximum" else "smaller"
        what = f"takes the mean where it should take the {right} of"
        both = " and ".join(map(at.names, at.op.args))
        mean = unlisted("mean", lambda x, y: 0.5 * (x + y), Elementwise(0.5, 0.5))
        yield at.with_primitives(lambda own: mean, 1.1, f"{at.names(at.e.top)} {what} {both}")
        return
    halves = {"multiply": 0.5, "divide": 2.0}
    ops = [graph.ops[e.bottom] for e in at.group.edges]
    scale = [at.state.values[a] for a in at.op.args if graph.ops[a].kind == CONSTANT]
    half = len(scale) == 1 and form(scale[0]) == () and scale[0] == halves.get(name)
    if not half or any(op.name != "add" for op in ops):
        return
    for other, which in ((maximum, "larger"), (minimum, "smaller")):
        made = tuple(
            (e.top, Op(RESULT, other, op.args, settings={}))
            for e, op in zip(at.group.edges, ops, strict=True)
        )
        both = " and ".join(map(at.names, ops[at.m].args))
        text = f"{at.names(at.e.top)} takes the {which} of {both} where it should take the mean"
        yield Variant(made, text + rounds(at.group), 1.1)


def _others(at: Place) -> list[tuple[str, str, Weights]]:
    """Give what may have been taken, if something is taken of windows there."""
    if _is(at, at.e.top, "max"):
        return INSTEAD
    users = at.graph.users(at.e.top)
    if len(users) != 1 or not _is(at, at.e.top, "sum"):
        return []
    n = _count(at.bottom, _axes(at.state, at.e.top))
    op = at.graph.ops[users[0][0]]
    mean = {"divide": n, "multiply": 1.0 / (n or 1)}.get(op.name)
    by = [at.state.values[a] for a in op.args if at.graph.ops[a].kind == CONSTANT]
    if len(by) != 1 or np.size(by[0]) != 1 or by[0] != mean:
        return []
    largest = _extreme(1.0)
    return [(LARGEST, f"{LARGEST} alone", lambda x, axes: n * largest(x, axes))]


def _is(at: Place, i: int, name: str) -> bool:
    """Whether an operation reduces some axes, or all of a window that was cut out."""
    op = at.graph.ops[i]
    if op.name != name or i in at.graph.several:
        return False
    axes, of = _axes(at.state, i), at.graph.ops[op.args[0]]
    window = of.kind == RESULT and of.name == "getitem"
    return bool(axes) and (window or len(axes) < np.ndim(at.state.values[op.args[0]]))


def _axes(state: State, i: int) -> Axes:
    return tuple(state.settings(i).get("axes") or ())


def spread(g: Any, x: Any, axes: Axes) -> Any:
    """Give each element of windows what goes to all of its window."""
    kept = tuple(1 if axis in axes else n for axis, n in enumerate(np.shape(x)))
    return np.broadcast_to(np.reshape(g, kept), np.shape(x))


def _tiled(g: Any, x: Any, axes: Axes) -> Any:
    """Give each element what it gets where a whole is repeated, not each of its elements.

    For windows that are axes of their own, each behind the one that counts them; else None.
    """
    shape = np.shape(x)
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    if any(axis - 1 not in kept for axis in axes):
        return None
    places = []
    for k in kept:
        of = [k, k + 1] if k + 1 in axes else [k]
        own = [n if axis in of else 1 for axis, n in enumerate(shape)]
        places.append(np.reshape(np.arange(math.prod(own)) % shape[k], own))
    return np.reshape(g, [shape[k] for k in kept])[tuple(places)]


def _weighted(weights: Weights, axes: Axes, shape: tuple[int, ...]) -> Primitive:
    def look(x: Any, **params: Any) -> Any:
        return np.reshape(np.sum(weights(x, axes) * x, axes), shape)

    def back(g: Any, x: Any, **params: Any) -> Any:
        return spread(g, x, axes) * weights(x, axes)

    return unlisted("pooled", look, Linear(back))
