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
from .places import Candidate, Wanted
from .sweep import Array, Edge, Edit

NEAR = 1e-6  # of what is wrong: what remains of it in a place that may account for it
DEPENDENT = 1e-10  # singular values of sensitivities that are nothing but rounding
UNFIT = (ValueError, TypeError, IndexError, ArithmeticError)  # operands that do not fit

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
    ways: dict[int, _Ways] = {}
    found: list[Array | None] = [None] * len(some)
    handed: dict[int, list[tuple[int, Array]]] = defaultdict(list)
    for n, c in enumerate(some):
        edges = c.edit.edges
        with contextlib.suppress(*UNFIT):
            if not c.group.apart:
                found[n] = _effect(base, c)
                continue
            if id(edges) not in ways:
                ways[id(edges)] = _Ways(base, edges)
            new = ways[id(edges)].handed(c.edit)
            if new is not None:
                handed[id(edges)].append((n, new))
    right = base.gradient(0)
    for key, news in handed.items():
        off = (np.array([new for _, new in news]) - ways[key].old) @ ways[key].rows
        for (n, _), change in zip(news, off, strict=True):
            found[n] = right + change
    tried = [(c, g) for c, g in zip(some, found, strict=True) if g is not None]
    if not tried:
        return []
    same = base.case.same(np.array([g for _, g in tried]), right)
    return [pair for pair, idle in zip(tried, same, strict=True) if not idle]


def _effect(base: Base, c: Candidate) -> Array | None:
    """Give the gradient at the first point with an edit some of whose edges are under others."""
    state, right = base.states[0], base.gradient(0)
    if base.reach is None:
        return base.edited(c.edit, 0)
    places, below = base.reach
    off = np.zeros(max(place.stop for place in places.values()))
    cts = _Moved(base.walk(0), places, off)
    pairs = list(c.edit.pairs())
    pairs.sort(key=lambda pair: (state.op(pair[0].bottom).kind == PARAM, -pair[0].top))
    settled = {(e.top, e.k): make for edit in base.edits for e, make in edit.pairs()}
    for e, make in pairs:
        g, rows = cts[e.top], below[e.bottom]
        if g is None or rows is None:
            continue
        new = make(state, g, cts)
        if new is None:
            new = 0.0 * state.values[e.bottom]
        if form(new) != form(state.values[e.bottom]):
            return None
        made = settled.get((e.top, e.k))
        old = state.along(e, g) if made is None else made(state, g, cts)
        off += np.reshape(new - old, -1) @ rows
    return np.asarray(right + off[: len(right)])


class _Ways:
    """What some edges, none of them under another, hand on, and what more of it would do."""

    def __init__(self, base: Base, edges: Sequence[Edge]) -> None:
        self.state, self.cts, below = base.states[0], base.walk(0), base.sensitivities()
        settled = {(e.top, e.k): make for edit in base.edits for e, make in edit.pairs()}
        self.some: list[tuple[int, Any, Any]] = []  # number, what arrives, shape
        old: list[Array] = []
        rows: list[Array] = []
        for m, e in enumerate(edges):
            g, row = self.cts[e.top], below[e.bottom]
            if g is None or row is None:
                continue
            made = settled.get((e.top, e.k))
            handed = self.state.along(e, g) if made is None else made(self.state, g, self.cts)
            shape = form(self.state.values[e.bottom])
            self.some.append((m, g, shape))
            old.append(np.broadcast_to(handed, shape).ravel())
            rows.append(row)
        self.old = np.concatenate(old) if old else np.zeros(0)
        self.rows = np.concatenate(rows) if rows else np.zeros((0, len(base.gradient(0))))

    def handed(self, edit: Edit) -> Array | None:
        """Give what they hand on with an edit; None if that has other shapes."""
        news = []
        for m, g, shape in self.some:
            new = edit.at(m)(self.state, g, self.cts)
            if new is None or form(new) != shape:
                return None
            news.append(np.reshape(new, -1))
        return np.concatenate(news) if len(news) > 1 else news[0] if news else self.old


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
