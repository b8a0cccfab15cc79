"""What else could have been read in place of an operand, once or in every round of a loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .edges import Group
from .graph import CONSTANT, DATA, PARAM, RESULT, Graph

Ops = tuple[int, ...]
Vector = tuple[int, ...]  # an index as it moves through the rounds of a loop


@dataclass(frozen=True)
class Source:
    """One operation for each member of a group, to be read instead."""

    ops: Ops
    strangeness: float  # how unlikely it is that somebody reads this by mistake


def sources(graph: Graph, group: Group, short: Callable[[int], bool], j: int = -1) -> list[Source]:
    """Give what the members of a group could have read.

    Parameters
    ----------
    graph : Graph
        The intended computation.
    group : Group
        Its members; of several, each reads in its own round.
    short : callable
        Whether an operation has a short name.
    j : int
        Which operand is read elsewhere; that of the edge by default.

    Returns
    -------
    list of Source
        For a single member any value. For several a value that they share, what another
        place in the code makes or reads in the same round, or the same array at an index
        that is wrong in the same way each time.
    """
    if len(group.edges) == 1:
        top = group.first.top
        return [
            Source((i,), 0.1 * (not short(i)) + 0.1 * graph.depends(i, top))
            for i, op in enumerate(graph.ops)
            if (op.kind != CONSTANT or i in graph.names) and i not in graph.several
        ]
    key = group.edges, j
    if key not in graph.known:
        graph.known[key] = _in_rounds(graph, group, short, j)
    known: list[Source] = graph.known[key]
    return known


def _in_rounds(graph: Graph, group: Group, short: Callable[[int], bool], j: int) -> list[Source]:
    found: dict[Ops, float] = {}
    for ops, odd in (*_shared(graph, group), *_in_step(graph, group), *_indexed(graph, group, j)):
        cost = odd + 0.1 * (not short(_shown(graph, ops)))
        found[ops] = min(cost, found.get(ops, cost))
    return [Source(ops, cost) for ops, cost in found.items()]


def _shown(graph: Graph, ops: Ops) -> int:
    """Choose the op that sentences speak of."""
    return next((i for i in ops if graph.ops[i].kind != CONSTANT), ops[0])


def _shared(graph: Graph, group: Group) -> Iterator[tuple[Ops, float]]:
    for i, op in enumerate(graph.ops):
        if op.kind in (PARAM, DATA) or (op.kind == RESULT and graph.makers[op.site] == [i]):
            yield (i,) * len(group.edges), 0.0


def _in_step(graph: Graph, group: Group) -> Iterator[tuple[Ops, float]]:
    """Give what other places make, or read, in the same round, the one before, the one after."""
    when = [graph.ops[e.top].order for e in group.edges]
    for made in graph.makers.values():
        if len(made) < 2:
            continue
        for i in (made[0], made[-1]):
            yield (i,) * len(when), 0.03
        if len(made) == len(when):
            yield tuple(made), 0.0
            yield tuple(made[::-1]), 0.04
            for turned in _loops_exchanged(made):
                yield turned, 0.04
            for k in range(len(graph.ops[made[0]].args)):
                read = tuple(graph.ops[i].args[k] for i in made if len(graph.ops[i].args) > k)
                if len(read) == len(when) and any(graph.ops[i].kind != CONSTANT for i in read):
                    yield read, 0.02
        orders = [graph.ops[i].order for i in made]
        for shift in (-1, 0, -2):
            places = np.searchsorted(orders, when) + shift
            yield tuple(made[p] for p in np.clip(places, 0, len(made) - 1)), 0.05 * (shift != -1)


def _loops_exchanged(made: Sequence[int]) -> Iterator[Ops]:
    """Exchange two loops of one length, the outer ones of three, the inner ones, or just two."""
    for third in range(1, len(made) // 4 + 1):
        side = math.isqrt(len(made) // third)
        if side < 2 or side * side * third != len(made):
            continue
        yield tuple(np.reshape(made, (side, side, third)).swapaxes(0, 1).ravel().tolist())
        if third > 1:
            yield tuple(np.reshape(made, (third, side, side)).swapaxes(1, 2).ravel().tolist())


# --- indices --------------------------------------------------------------------------------------


def _indexed(graph: Graph, group: Group, j: int) -> Iterator[tuple[Ops, float]]:
    """Give the elements of an array at an index that is wrong in the same way in every round."""
    if any(not e.inside for e in group.edges):
        own = [graph.ops[e.top].args[e.k if j < 0 else j] for e in group.edges]
    else:
        own = [e.bottom for e in group.edges]
    places = [graph.elements.get(i) for i in own]
    if any(p is None for p in places):
        return
    leaves = {p[0] for p in places if p is not None}
    index = [p[1] for p in places if p is not None]
    if len(leaves) != 1 or len({len(i) for i in index}) != 1:
        return
    leaf = leaves.pop()
    pool = _pool(graph, group)
    known = {place: i for i, place in graph.elements.items()}
    sizes = [1 + max(i[axis] for _, i in known if _ == leaf) for axis in range(len(index[0]))]
    for axis, size in enumerate(sizes):
        mine = tuple(i[axis] for i in index)
        for vector, odd in _wrong(mine, pool, size):
            both = zip(index, vector, strict=True)
            moved = [(*i[:axis], v % size, *i[axis + 1 :]) for i, v in both]
            ops = [known.get((leaf, i)) for i in moved]
            if all(o is not None for o in ops):
                yield tuple(o for o in ops if o is not None), odd
    for turn in (_exchanged, _turned) if len(sizes) > 1 else ():
        ops = [known.get((leaf, turn(i, sizes))) for i in index]
        if all(o is not None for o in ops):
            yield tuple(o for o in ops if o is not None), 0.0


def _exchanged(i: Ops, sizes: Sequence[int]) -> Ops:
    return (*i[:-2], i[-1], i[-2])


def _turned(i: Ops, sizes: Sequence[int]) -> Ops:
    """Turn a kernel by 180 degrees."""
    return (*i[:-2], sizes[-2] - 1 - i[-2], sizes[-1] - 1 - i[-1])


def _pool(graph: Graph, group: Group) -> list[Vector]:
    """Collect the indices that the group's operations use, round by round."""
    out: list[Vector] = []
    for k in range(max(len(graph.ops[e.top].args) for e in group.edges)):
        read = [graph.ops[e.top].args[k] for e in group.edges if len(graph.ops[e.top].args) > k]
        places = [graph.elements.get(i) for i in read]
        index = [p[1] for p in places if p is not None]
        if len(index) == len(group.edges) and len({len(i) for i in index}) == 1:
            out += [tuple(i[axis] for i in index) for axis in range(len(index[0]))]
    return out


def _wrong(mine: Vector, pool: Sequence[Vector], size: int) -> Iterator[tuple[Vector, float]]:
    """Give the indices that people write for the right one."""
    p = np.array(mine)
    for q in map(np.array, pool):
        if not np.array_equal(p, q):
            yield tuple(q), 0.0
            yield tuple(p - q), 0.02
            yield tuple(p + q), 0.04
            yield tuple(p - 2 * q), 0.04
            yield tuple(p - 2 * q + int(q.max())), 0.04  # q counted from the other end
    yield tuple(size - 1 - p), 0.0
    for shift in (1, -1):
        yield tuple(p + shift), 0.02
    for place in (0, size - 1):
        yield (place,) * len(mine), 0.02


def first_shown(graph: Graph, ops: Sequence[int], own: Sequence[int]) -> int:
    """Choose the member of a group by which a sentence shows what is read instead."""
    differ = [m for m, pair in enumerate(zip(ops, own, strict=True)) if pair[0] != pair[1]]
    moving = [m for m in differ if graph.ops[ops[m]].kind != CONSTANT]
    both = [m for m in moving if graph.ops[own[m]].kind != CONSTANT]
    return (both or moving or [0])[0]
