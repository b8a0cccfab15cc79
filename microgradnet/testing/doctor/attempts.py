"""Trying edits of the backward walk at the first point, without walking.

What an edge hands on too much reaches all that is under it linearly: a matrix of
sensitivities, one for each start, tells what any edit does.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import Base
from .edges import Group
from .graph import PARAM, form
from .places import UNFIT, Candidate, Wanted
from .sweep import Array, Edge, Edit, State, units

NEAR = 1e-6  # of what is wrong: what remains of it in a place that may account for it
DEPENDENT = 1e-10  # singular values of sensitivities that are nothing but rounding

Tried = list[tuple[Candidate, Array]]  # each with the gradient that it leads to


def reaching(base: Base, targets: Collection[int]) -> Wanted:
    """Tell at which places some mistake might account for all that is wrong with some targets.

    Whatever edges hand on, it comes to the parameters by way of their sensitivities, so that
    what is wrong is a combination of those: of most places it is not, whatever the mistake.
    """
    case, known = base.case, {}
    wrong = np.concatenate([np.r_[case.targets[t].where] for t in sorted(targets)])
    reported, right = case.reported[0][wrong], base.gradient(0)[wrong]
    off = reported / case.constants[:, None] - right
    rounding = np.linalg.norm(case.allowed(0, case.reported[0])[wrong])
    enough = NEAR * np.linalg.norm(off, axis=1) + rounding

    def wanted(group: Group) -> bool:
        bottoms = frozenset(e.bottom for e in group.edges)
        if bottoms not in known:
            known[bottoms] = reached(bottoms)
        return known[bottoms]

    def reached(bottoms: frozenset[int]) -> bool:
        below = [s for b in bottoms if (s := base.sensitivities()[b]) is not None]
        beside = ~np.any([base.touched(b)[wrong] for b in bottoms], axis=0)
        if np.all(np.linalg.norm(off[:, beside], axis=1) > enough):
            return False  # sooner than all combinations tell
        rows = [s[:, wrong] for s in below]
        total = np.concatenate(rows) if rows else np.zeros((0, len(wrong)))
        total = total[total.any(axis=1)]
        if len(total) >= len(wrong) or not np.all(np.isfinite(total)):
            return True
        total = total / np.linalg.norm(total, axis=1, keepdims=True)
        _, size, ways = np.linalg.svd(total, full_matrices=False)
        ways = ways[size > DEPENDENT]
        left = off - (off @ ways.T) @ ways
        return bool(np.any(np.linalg.norm(left, axis=1) <= enough))

    return wanted


def effects(base: Base, some: Sequence[Candidate]) -> Tried:
    """Give the candidates that change something, with the gradients at the first point."""
    beside: dict[int, list[int]] = defaultdict(list)  # those at the same edges
    for n, c in enumerate(some):
        beside[id(c.edit.edges)].append(n)
    found: list[Array | None] = [None] * len(some)
    for numbers in beside.values():
        first = some[numbers[0]]
        edits = [some[n].edit for n in numbers]
        if first.group.apart or base.reach is not None:
            gradients = _gradients(base, first.edit.edges, first.group.apart, edits)
        else:
            gradients = [_walked(base, edit) for edit in edits]
        for n, gradient in zip(numbers, gradients, strict=True):
            found[n] = gradient
    tried = [(c, g) for c, g in zip(some, found, strict=True) if g is not None]
    if not tried:
        return []
    same = base.case.same(np.array([g for _, g in tried]), base.gradient(0))
    return [pair for pair, idle in zip(tried, same, strict=True) if not idle]


def _walked(base: Base, edit: Edit) -> Array | None:
    with contextlib.suppress(*UNFIT):
        found = base.edited(edit, 0)
        if found.shape == base.gradient(0).shape:  # what is handed on too large makes it longer
            return found
    return None


def _gradients(
    base: Base, edges: Sequence[Edge], apart: bool, edits: Sequence[Edit]
) -> list[Array | None]:
    """Give the gradients with each of some edits at the same edges; None where shapes do not fit.

    What is handed on along an edge moves what arrives at those that are under it.
    """
    state, walk, right = base.states[0], base.walk(0), base.gradient(0)
    places: dict[int, slice] = {}
    below, order = base.sensitivities(), [*range(len(edges))]
    if not apart and base.reach is not None:
        places, below = base.reach
        kinds = [state.op(e.bottom).kind == PARAM for e in edges]
        order.sort(key=lambda m: (kinds[m], -edges[m].top))
    width = max((place.stop for place in places.values()), default=len(right))
    off, lost = np.zeros((len(edits), width)), set[int]()
    settled = {(e.top, e.k): make for edit in base.edits for e, make in edit.pairs()}
    for m in order:
        e = edges[m]
        g, rows, shape = walk[e.top], below[e.bottom], form(state.values[e.bottom])
        if g is None or rows is None:
            continue
        make, place = settled.get((e.top, e.k)), places.get(e.top)
        moves = np.any(off[:, place or slice(0)], axis=1)
        few = make is None and np.size(g) <= len(edits)  # than edits: then by a matrix
        matrix = _matrix(state, e, g) if few and moves.any() else None
        more = np.zeros((len(edits), len(rows)))
        for n, edit in enumerate(edits):
            if n in lost:
                continue
            cts: Sequence[Any] = walk if apart else _Moved(walk, places, off[n])
            arrives = cts[e.top] if moves[n] else g
            try:
                new = edit.at(m)(state, arrives, cts)
                if new is None and not apart:
                    new = 0.0 * state.values[e.bottom]
                if new is None or form(new) != shape:
                    lost.add(n)
                    continue
                if matrix is not None:
                    old = np.reshape(arrives, -1) @ matrix
                elif make is None:
                    old = state.along(e, arrives)
                else:
                    old = np.broadcast_to(make(state, arrives, cts), shape)
                more[n] = np.reshape(new, -1) - np.reshape(old, -1)
            except UNFIT:
                lost.add(n)
        off += more @ rows
    found = right + off[:, : len(right)]
    return [None if n in lost else found[n] for n in range(len(edits))]


def _matrix(state: State, e: Edge, g: Any) -> Array:
    """Give what an edge hands on of each element of what arrives."""
    return np.array([np.reshape(state.step_along(e, one), -1) for one in units(g)])


@dataclass
class _Moved(Sequence[Any]):
    """The cotangents of a walk, when what was handed on before has moved those under it."""

    walk: Sequence[Any]
    places: dict[int, slice]
    off: Array

    def __len__(self) -> int:
        return len(self.walk)

    def __getitem__(self, i: Any) -> Any:
        g, place = self.walk[i], self.places.get(i)
        if g is None or place is None or not np.any(self.off[place]):
            return g
        moved = np.reshape(g, -1) + self.off[place]
        return float(moved[0]) if type(g) is float else np.reshape(moved, np.shape(g))
