"""Other ways to read an array: backward, shifted, transposed, at another window, as a constant."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .graph import DATA, Graph, form
from .naming import index
from .sweep import State

Look = Callable[[Any], Any]
Index = tuple[Any, ...]
WHOLE = slice(None)


def both(look: Look) -> tuple[Look, Look]:
    """Give a view with its transpose: each element of a cotangent goes to where its was read."""

    def back(g: Any) -> Any:
        places = look(np.reshape(np.arange(np.size(g)), np.shape(g)))
        return np.reshape(np.bincount(places.ravel(), np.ravel(g), np.size(g)), np.shape(g))

    return look, back


def alone(i: int) -> Look:
    """Give the view in which everything but part `i` of an array is 0: it is its transpose."""

    def look(v: Any) -> Any:
        out = np.zeros_like(v)
        out[i] = v[i]
        return out

    return look


def throughout(value: Callable[[Any], Any]) -> tuple[Look, Look]:
    """Give the view in which a sum or a mean of all stands everywhere: it is its transpose."""
    return 2 * (lambda v: value(v) + 0 * v,)


def _turned(v: Any) -> Any:
    """Read a list of n*n elements column by column, if it was row by row."""
    side = math.isqrt(np.shape(v)[-1])
    if np.ndim(v) > 1 or side < 2 or side * side != np.shape(v)[-1]:
        return v
    return np.reshape(v, (side, side)).T.reshape(-1)


def laid_out(order: tuple[int, ...]) -> tuple[Look, Look]:
    """Read numbers as if they had been stored in another order of axes; and the way back.

    Where that but exchanges two equal axes, it has another shape: there are views for it.
    """
    is_exchange = sum(i != n for n, i in enumerate(order)) == 2

    def turned(v: Any) -> tuple[int, ...] | None:
        shape = tuple(np.shape(v)[i] for i in order)
        return None if is_exchange and shape == np.shape(v) else shape

    def look(v: Any) -> Any:
        return np.reshape(np.transpose(v, order), np.shape(v)) if turned(v) else np.ravel(v)

    def back(g: Any) -> Any:
        shape = turned(g)
        return np.transpose(np.reshape(g, shape), np.argsort(order)) if shape else np.ravel(g)

    return look, back


# Words, the view, its transpose, and from how many axes on it is a view of its own.
VIEWS: list[tuple[str, Look, Look, int]] = [
    ("transposed", *both(lambda v: v.T), 2),
    ("reversed", *both(lambda v: v[::-1]), 1),
    ("reversed along its last axis", *both(lambda v: v[..., ::-1]), 2),
    ("reversed along both axes", *both(lambda v: v[::-1, ::-1]), 2),
    ("reversed along its last two axes", *both(lambda v: v[..., ::-1, ::-1]), 3),
    ("with its last two axes exchanged", *both(lambda v: np.swapaxes(v, -1, -2)), 3),
    ("with its first two axes exchanged", *both(lambda v: np.swapaxes(v, 0, 1)), 3),
    ("with its axes 1 and 2 exchanged", *both(lambda v: np.swapaxes(v, 1, 2)), 4),
    ("in the order of the other of two loops", *both(_turned), 1),
    ("shifted by one", *both(lambda v: np.roll(v, 1, -1)), 1),
    ("shifted back by one", *both(lambda v: np.roll(v, -1, -1)), 1),
    ("shifted by one row", *both(lambda v: np.roll(v, 1, 0)), 2),
    ("shifted back by one row", *both(lambda v: np.roll(v, -1, 0)), 2),
]
ORDERS = (
    *((1, 0), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)),
    *((0, 2, 3, 1), (0, 3, 1, 2), (1, 0, 2, 3), (1, 2, 3, 0), (3, 0, 1, 2), (3, 2, 1, 0)),
)
LAYOUTS: list[tuple[str, Look, Look, int]] = [  # of exactly so many axes
    (f"reshaped{also} as if its axes were in the order {order}{only}", *views, len(order))
    for order in ORDERS
    for also, only, views in (
        ("", ", without a transpose", laid_out(order)),
        (" and transposed", "", laid_out(order)[::-1]),
    )
]
SAME = "as if they were the same"
PARTS: list[tuple[str, Look, Look, int]] = [
    ("with its first part alone", *2 * (alone(0),), 1),
    ("with its last part alone", *2 * (alone(-1),), 1),
    ("with its first part in every place", *both(lambda v: np.broadcast_to(v[0], v.shape)), 1),
    ("with its last part in every place", *both(lambda v: np.broadcast_to(v[-1], v.shape)), 1),
    (f"with the mean of all in the place of each element, {SAME}", *throughout(np.mean), 1),
    ("with the sum of all in the place of each element", *throughout(np.sum), 1),
]


def indices(graph: Graph, state: State, i: int) -> Iterator[tuple[int, int]]:
    """Tell which array of whole numbers op `i` picks by, and give others of the data."""
    op, settings = graph.ops[i], state.point.settings[i]
    where = settings.get("index")
    if op.name != "getitem" or type(where) is not np.ndarray:
        return
    whole = [
        j
        for j, other in enumerate(graph.ops)
        if other.kind == DATA
        and np.issubdtype(np.asarray(state.values[j]).dtype, np.integer)
        and form(state.values[j]) == form(where)
    ]
    shape = form(state.values[op.args[0]])
    for j in whole if shape else ():
        if np.array_equal(state.values[j], where):
            yield from ((j, other) for other in whole if np.max(state.values[other]) < shape[0])
            return


def windows(
    graph: Graph, state: State, own: Sequence[int]
) -> Iterator[tuple[int, list[Index], float]]:
    """Give other stretches of an array that could be read in the rounds of a loop.

    Parameters
    ----------
    graph : Graph
        The intended computation.
    state : State
        Its numbers.
    own : sequence of int
        What is read in each round: slices of one array, of one size.

    Yields
    ------
    array : int
        The op of the array.
    list of tuple
        An index for each round.
    float
        How strange a mistake it is.
    """
    found = [window(graph, state, i) for i in own]
    parents = {parent for parent, _ in found}
    kinds = {tuple(type(part) for part in where) for _, where in found}
    if len(parents) != 1 or len(kinds) != 1 or slice not in next(iter(kinds)):
        return
    parent = parents.pop()
    shape = form(state.values[parent])
    starts = [
        np.array([part.start if isinstance(part, slice) else part for part in axis])
        for axis in zip(*(where for _, where in found), strict=True)
    ]
    first = found[0][1]
    sizes = [part.stop - part.start if isinstance(part, slice) else 0 for part in first]
    for moved, strangeness in _moved(starts, sizes, shape):
        rooms = zip(moved, sizes, shape, strict=False)
        if all(v.min() >= 0 and v.max() + max(n, 1) <= room for v, n, room in rooms):
            rounds = zip(*(v.tolist() for v in moved), strict=True)
            yield (
                parent,
                [
                    tuple(slice(p, p + n) if n else p for p, n in zip(at, sizes, strict=True))
                    for at in rounds
                ],
                strangeness,
            )


def unstrided(graph: Graph, state: State, i: int) -> Index | None:
    """Give the stretch that begins where op `i` takes every second number of an array, or third."""
    op = graph.ops[i]
    if op.name != "getitem" or op.settings is not None:
        return None
    where = state.point.settings[i]["index"]
    where = where if isinstance(where, tuple) else (where,)
    if not any(isinstance(part, slice) and (part.step or 1) > 1 for part in where):
        return None
    lengths = iter(form(state.values[i]))
    out: list[Any] = []
    for part, size in zip(where, form(state.values[op.args[0]]), strict=False):
        if not isinstance(part, slice):
            out.append(part)
            continue
        start = part.indices(size)[0]
        out.append(slice(start, start + next(lengths)))
    return tuple(out)


def window(graph: Graph, state: State, i: int) -> tuple[int, Index]:
    """Give the array that an op takes a stretch of, and the index, with plain bounds."""
    op = graph.ops[i]
    if op.name != "getitem" or op.settings is not None:
        return -1, ()
    where = state.point.settings[i]["index"]
    where = where if isinstance(where, tuple) else (where,)
    shape = form(state.values[op.args[0]])
    out: list[Any] = []
    for part, size in zip(where, shape, strict=False):
        if isinstance(part, slice) and part.step in (None, 1):
            start, stop, _ = part.indices(size)
            out.append(slice(start, stop))
        elif isinstance(part, int | np.integer):
            out.append(int(part) % size)
        else:
            return -1, ()
    return op.args[0], tuple(out)


def _moved(
    starts: list[Any], sizes: list[int], shape: Sequence[int]
) -> Iterator[tuple[list[Any], float]]:
    """Give the starts that people write for the right ones."""
    for axis, p in enumerate(starts):
        turn = np.searchsorted(np.unique(p), p)  # the number of the round along this axis
        last = shape[axis] - max(sizes[axis], 1)
        others = [(p + 1, 0.0), (p - 1, 0.0), (last - p, 0.02), (0 * p, 0.02), (0 * p + last, 0.02)]
        others += [(turn * step, 0.0) for step in (1, 2, 3, sizes[axis])]
        others += [(q, 0.0) for other, q in enumerate(starts) if other != axis]
        for q, strangeness in others:
            if not np.array_equal(p, q):
                yield [*starts[:axis], q, *starts[axis + 1 :]], strangeness
    for one, other in itertools.combinations(range(len(starts)), 2):
        if not np.array_equal(starts[one], starts[other]) and sizes[one] == sizes[other]:
            swapped = list(starts)
            swapped[one], swapped[other] = starts[other], starts[one]
            yield swapped, 0.0


def window_name(text: str, where: Index, shape: Sequence[int]) -> str:
    """Write a window as code; of a whole axis as ``:``."""
    parts = zip(where, shape, strict=False)
    return f"`{text}[{index(tuple(WHOLE if i == slice(0, n) else i for i, n in parts))}]`"


def first_moved(state: State, array: int, places: Sequence[Index], own: Sequence[int]) -> int:
    """Give the first round in which a window shows other numbers than the right one."""
    shown = (state.values[array][where] for where in places)
    same = [np.array_equal(x, state.values[i]) for x, i in zip(shown, own, strict=True)]
    return 0 if all(same) else same.index(False)
