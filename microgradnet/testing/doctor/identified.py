"""Finding what a derivative was computed from, where no known mistake explains it.

What is reported tells what the derivative at a place must have been: in full, if the parameters
below show every number of it, else by what it does to them. That is fitted, at more points than
there are unknowns, by one or two of all the products that could have been written there (`terms`),
beside the terms that are right. A guess of this kind holds at all points or it is none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from . import terms
from .case import Base
from .constants import solved
from .edges import Group, known_groups, plain_edges
from .graph import PARAM, form
from .naming import everywhere, number, through
from .places import Candidate, Place
from .sweep import Array, Edge, Edit, State, walked
from .terms import Spot
from .views import All, One, Part

ROWS = 40  # numbers that a fit is made to, at least
PAIRS = 1200  # terms of which two are tried together
NEAR = 1e-7  # of what is wrong, which may remain
CLEAR = 1e-8  # singular values of sensitivities that say something
MOST = 1000  # denominators, and sizes, of constants that people write
UNFIT = (ValueError, TypeError, IndexError, ArithmeticError, AttributeError)

Kind = Callable[[Spot], Iterator[Part]]
Fit = tuple[tuple[int, ...], tuple[float, ...]]  # which terms, and the constants before them


@dataclass
class Seen:
    """What is known of a spot at some points: cotangents, what is wrong, and what shows it."""

    spot: Spot
    points: list[int]
    cts: list[list[Any]]  # of the wrong walk where it is known, else of the right one
    off: list[Array]
    show: list[Array | None]  # a matrix; None: every number is known itself

    def row(self, part: Part, view: All) -> Array | None:
        """Give what a term leads to, at all points; None if it does not fit."""
        shape = form(view.states[0].values[self.spot.bottoms[0]])
        try:
            c = view.seen(part)
            if c.shape[2:] != shape and c[0, 0].size != 1:
                return None
            c = np.broadcast_to(
                c.reshape((*c.shape[:2], *(1,) * (len(shape) + 2 - c.ndim), *c.shape[2:])),
                (*c.shape[:2], *shape),
            )
        except UNFIT:
            return None
        c = np.reshape(c, (*c.shape[:2], -1))
        if len(set(self.spot.bottoms)) == 1:
            c = c.sum(axis=1)
        c = np.reshape(c, (len(c), -1))
        return np.concatenate(
            [v if s is None else v @ s for v, s in zip(c, self.show, strict=True)]
        )


def seen(base: Base, spot: Spot, targets: Collection[int]) -> Seen | None:
    """Find out what must have been wrong at a spot; None if it does not account for it."""
    case = base.case
    where = np.concatenate([np.r_[case.targets[t].where] for t in sorted(targets)])
    distinct = dict.fromkeys(spot.bottoms)
    if 1 < len(distinct) < len(spot.bottoms):
        return None
    size = sum(np.size(base.states[0].values[b]) for b in distinct)
    points: list[int] = []
    exact: list[Array] = []
    offs, shows = [], []
    rows = 0
    for p in range(len(base.states)):
        below = [base.sensitivities(p)[b] for b in distinct]
        off = (case.reported[p] - base.gradient(p))[where]
        if any(s is None for s in below) or not np.all(np.isfinite(off)):
            return None
        show = np.concatenate([s for s in below if s is not None])[:, where]
        scale = np.linalg.norm(show, axis=1, keepdims=True)
        if not scale.any() or not np.all(np.isfinite(show)):
            return None
        clear = np.ravel(scale > 0.0)
        unit = show / np.where(scale, scale, 1.0)
        ways, sizes, across = np.linalg.svd(unit, False)
        good = sizes > CLEAR
        delta = ((off @ across[good].T) / sizes[good]) @ ways[:, good].T
        left = np.linalg.norm(delta @ unit - off)
        rounding = np.linalg.norm(case.allowed(p, case.reported[p])[where])
        if left > NEAR * np.linalg.norm(off) + rounding:
            return None
        if good.sum() == size and clear.all():
            exact.append(delta / np.ravel(scale))
        points.append(p)
        offs.append(off)
        shows.append(show)
        rows += len(where)
        if rows >= ROWS and p >= 3:
            break
    if len(exact) == len(points):
        return Seen(
            spot,
            points,
            [_moved(base, spot, p, d) for p, d in zip(points, exact, strict=True)],
            exact,
            [None] * len(points),
        )
    return (
        Seen(spot, points, [base.walk(p) for p in points], offs, [*shows]) if spot.apart else None
    )


def _moved(base: Base, spot: Spot, p: int, delta: Array) -> list[Any]:
    """Walk backward with what was found to be wrong at a spot."""
    state = base.states[p]
    at, start = spot.terms[0], 0
    edges: list[Edge] = []
    parts: list[Any] = []
    for e in at.group.edges:
        if e.bottom not in [other.bottom for other in edges]:
            x = state.values[e.bottom]
            part = np.reshape(delta[start : start + np.size(x)], form(x))
            start += np.size(x)
            edges.append(e)
            parts.append(float(part) if type(x) is float else part)

    def make(m: int) -> Any:
        return lambda state, g, cts: state.along(edges[m], g) + parts[m]

    return walked(state, (*base.edits, Edit(tuple(edges), make)))


# --- fits -------------------------------------------------------------------------------------


def fits(rows: Array, y: Array, rounding: float, pairs: bool) -> Iterator[Fit]:
    """Give the terms, or pairs of them, that make up what is wrong."""
    size = float(np.linalg.norm(y))
    if not size or not len(rows):
        return
    lengths = np.linalg.norm(rows, axis=1)
    unit = rows / lengths[:, None]
    along = unit @ y / size
    enough = max(NEAR, 3.0 * rounding / size) ** 2 + 1e-13
    single = np.flatnonzero(1.0 - along**2 < enough)
    for i in single:
        yield from _exact(rows, y, (int(i),), rounding)
    if not pairs or len(single):
        return
    unit, along = unit[:PAIRS], along[:PAIRS]
    cross = unit @ unit.T
    apart = 1.0 - cross**2
    explained = (along[:, None] ** 2 + along**2 - 2.0 * cross * np.outer(along, along)) / apart
    explained[apart < 1e-7] = 0.0
    for i, j in np.argwhere(np.triu(explained, 1) > 1.0 - max(enough, 1e-8)):
        yield from _exact(rows, y, (int(i), int(j)), rounding)


def _exact(rows: Array, y: Array, which: tuple[int, ...], rounding: float) -> Iterator[Fit]:
    found = np.linalg.lstsq(rows[list(which)].T, y, rcond=None)[0]
    plain = [_plain(c) for c in found]
    if all(plain):
        constants = tuple(c for c in plain if c is not None)
        left = np.linalg.norm(np.array(constants) @ rows[list(which)] - y)
        if left <= NEAR * np.linalg.norm(y) + 3.0 * rounding:
            yield which, constants


def _plain(c: float) -> float | None:
    """Round to a constant that people write; None if it is none."""
    near = float(Fraction(c).limit_denominator(MOST)) if abs(c) < MOST else 0.0
    return near if near and abs(c - near) < 1e-6 * max(1.0, abs(c)) else None


def candidates(
    base: Base, targets: Collection[int], kind: Kind, pairs: bool
) -> Iterator[Candidate]:
    """Give what may stand in the formulas of derivatives, for all that is wrong with some."""
    case = base.case
    if any(target.index is not None and target.node == target.op for target in case.targets):
        return  # elements that the code does not take apart
    wanted = {case.targets[t].node for t in targets}
    if pairs:
        yield from _weighted(base, targets)
    for spot in terms.spots(base):
        if all(any(case.graph.depends(b, n) for b in spot.bottoms) for n in wanted):
            known = seen(base, spot, targets)
            if known is not None:
                yield from _at(base, known, [*kind(spot)], pairs)


def _weighted(base: Base, targets: Collection[int]) -> Iterator[Candidate]:
    """Multiply what one round hands on to the next by a constant: the share that is kept."""
    case = base.case
    where = np.concatenate([np.r_[case.targets[t].where] for t in sorted(targets)])
    for group in known_groups(case.graph, base.states[0], plain_edges):
        if group.apart:
            continue
        at = Place(case, group, base.states[0])

        def made(c: float, at: Place = at) -> Candidate:
            what = f"the term{through(at.names, at.e)} in {at.names.derivative(at.e.bottom)}"
            return at.said(
                lambda e, m, state, g: c * state.along(e, g),
                1.65,
                f"{what} is {number(c)} times what it should be",
            )

        def away(c: float, made: Callable[[float], Candidate] = made) -> Array:
            off = base.edited(made(c).edit, 0) - case.reported[0]
            return np.asarray(off[where])

        c = solved(away, 1.0)
        if c is not None:
            yield made(c)


def _at(base: Base, known: Seen, parts: list[Part], pairs: bool) -> Iterator[Candidate]:
    spot = known.spot
    rights = [terms.right(at) for at in spot.terms]
    parts.sort(key=lambda part: part.cost)
    view = All([base.states[p] for p in known.points], known.cts, len(spot.bottoms))
    own = [known.row(part, view) for part in rights]
    if any(row is None for row in own):
        return
    kept, rows = _distinct(parts, [known.row(part, view) for part in parts])
    y = np.concatenate(known.off)
    total = sum(row for row in own if row is not None)
    rounding = float(np.linalg.norm(1e-9 * np.abs(total)))
    n = len(rights)
    families: list[tuple[int, ...]] = [
        (),
        *((k,) for k in range(n)),
        *([tuple(range(n))] * (n > 1)),
    ]
    for gone in families:
        gap = y + sum(own[k] for k in gone)  # type: ignore[misc]
        for which, constants in fits(rows, gap, rounding, pairs):
            made = _candidate(base, spot, gone, [kept[i] for i in which], constants)
            if made is not None:
                yield made


def _distinct(parts: Sequence[Part], rows: Sequence[Array | None]) -> tuple[list[Part], Array]:
    """Leave out what is 0, not finite, or a constant times something cheaper."""
    there = [i for i, row in enumerate(rows) if row is not None and np.all(np.isfinite(row))]
    found = np.array([rows[i] for i in there])
    if not there:
        return [], found
    lengths = np.linalg.norm(found, axis=1)
    probes = np.random.default_rng(0).normal(size=(2, found.shape[1]))
    keys = np.round(np.abs(probes @ (found / lengths[:, None]).T), 7).T
    first: dict[tuple[float, ...], int] = {}
    for n in np.flatnonzero(lengths):
        first.setdefault(tuple(keys[n].tolist()), int(n))
    kept = [*first.values()]
    return [parts[there[n]] for n in kept], found[kept]


# --- sentences --------------------------------------------------------------------------------


def _candidate(
    base: Base, spot: Spot, gone: tuple[int, ...], parts: list[Part], constants: tuple[float, ...]
) -> Candidate | None:
    """Make the edit of the walk, with its sentence; None if it needs what is not known there."""
    graph = base.case.graph
    carried = [spot.terms[k] for k in gone] or [min(spot.terms, key=lambda at: at.e.top)]
    carried.sort(key=lambda at: at.e.top)
    edges = tuple(e for other in carried for e in other.group.edges)
    late = all(graph.ops[b].kind == PARAM for b in spot.bottoms)
    count = len(spot.bottoms)
    early = {
        v
        for part in parts
        for m, v in enumerate(part.reads)
        if not late and any(v < other.group.edges[m % count].top for other in carried)
    }
    if any(graph.depends(b, v) for v in early for b in spot.bottoms):
        return None  # what it reads depends on itself

    def make(n: int) -> Any:
        m, first = n % len(spot.bottoms), n < len(spot.bottoms)
        e = edges[n]

        def hand(state: State, g: Any, cts: Any) -> Any:
            if cts is None:
                return state.along(e, g)
            if early:  # what comes later in the walk, and is not changed by it
                known = base.walk(base.number_of(state))
                cts = [known[i] if i in early else c for i, c in enumerate(cts)]
            out: Any = 0.0 * state.values[e.bottom] if gone else state.along(e, g)
            if first:
                for part, c in zip(parts, constants, strict=True):
                    out = out + c * part.look(One(state, cts, m))
            return out

        return hand

    cost = 1.6 + 0.1 * len(parts) + sum(part.cost for part in parts) + 0.05 * len(gone)
    cost += sum(0.02 for c in constants if c not in (1.0, -1.0))
    group = Group(edges, False, odd=False)
    return Candidate(Edit(edges, make), group, _text(base, spot, gone, parts, constants), cost)


def _text(
    base: Base, spot: Spot, gone: tuple[int, ...], parts: list[Part], constants: tuple[float, ...]
) -> str:
    m = spot.member
    names = base.case.names
    what = names.derivative(spot.bottoms[m])
    wrong = added([(c, part.text(m)) for c, part in zip(constants, parts, strict=True)])
    rights = [(1.0, terms.right(at).text(m)) for at in spot.terms]
    where = everywhere(len(spot.bottoms))
    if not gone:
        return f"{what} has the extra term `{wrong}`{where}"
    should = added([rights[k] for k in gone])
    if len(gone) == len(rights):
        return f"{what} is taken as `{wrong}` where it should be `{should}`{where}"
    return f"in {what}, `{wrong}` stands where `{should}` should stand{where}"


def added(some: Sequence[tuple[float, str]]) -> str:
    """Write a sum of terms with constants."""
    out = ""
    for c, text in some:
        minus = text.startswith("-") and "(" not in text.split("*")[0]
        if minus:
            c, text = -c, text[1:]
        size = "" if abs(c) == 1.0 else f"{number(abs(c))}*"
        if out:
            out += (" - " if c < 0 else " + ") + size + text
        else:
            out = ("-" if c < 0 else "") + size + text
    return out
