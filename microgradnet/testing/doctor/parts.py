"""Gradients that are sums, with some of the terms left out or weighted wrongly.

The terms are the samples of a batch, or the uses of a parameter (the rounds of a loop,
the steps through time). Fitting one weight per term to the reported gradient shows
which of them went in.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from .case import Base, Explanation, Target
from .graph import form
from .naming import derivatives, factor_text, listed, parts, through
from .sweep import Array, Edge
from .whole import patched

MOST = 64  # terms
SEVERAL = 0.06  # what several terms that are left out of several cost more
Terms = Callable[[int], Array | None]  # one row for each term, by point
VIEWS = ("transpose", "reshape")
Uses = list[tuple[int, int, int]]  # operations, what they read of a parameter, as which operand


def explanations(base: Base) -> list[Explanation]:
    """Give what explains wrong gradients by their terms."""
    return samples(base) + uses(base) + rows(base)


def samples(base: Base) -> list[Explanation]:
    """Find the weights with which the single samples went into the gradient."""
    case = base.case
    if case.subset is None or base.edits:
        return []
    subset, (n, _) = case.subset, case.samples

    @cache
    def singles(p: int) -> Array | None:
        rows = [subset([i], p) for i in range(n)]
        return None if any(row is None for row in rows) else np.array(rows)

    whole = _share(base, singles)
    found: dict[tuple[float, ...], set[int]] = {}
    for t in base.wrong if whole is not None else ():
        w = case.targets[t].where

        def terms(p: int, w: slice = w) -> Array | None:
            rows = singles(p)
            return None if rows is None else whole * rows[:, w]

        c = _fitted(base, t, terms)
        if c is not None:
            found.setdefault(c, set()).add(t)
    return [
        Explanation(0.97, f"{derivatives(case, ts)}: {_weights(c)}", frozenset(ts))
        for c, ts in found.items()
    ]


def _fitted(base: Base, t: int, terms: Terms) -> tuple[float, ...] | None:
    """Fit weights of terms to a target; None if they do not explain it."""
    case, first = base.case, terms(0)
    if first is None or not 1 < len(first) <= MOST:
        return None
    n, w = len(first), case.targets[t].where
    if first.shape[1] > n and not _spans(first, case.reported[0][w]):
        return None  # the first point tells
    points = range(min(len(base.states), 4 + 2 * n // first.shape[1]))  # enough equations
    rows = [terms(p) for p in points]
    if any(row is None or len(row) != n for row in rows):
        return None
    a = np.concatenate([row.T for row in rows if row is not None])
    r = np.concatenate([case.reported[p][w] for p in points])
    if a.shape[0] < n + 2 or not np.all(np.isfinite(a)):
        return None
    there = np.flatnonzero(a.any(axis=0))  # a first state of zeros gives a term of zeros
    if not len(there) or np.linalg.matrix_rank(a[:, there]) < len(there):
        return None
    weights = [_plain(x, n) for x in np.linalg.lstsq(a[:, there], r, rcond=None)[0]]
    c = tuple(weights[np.abs(there - i).argmin()] for i in range(n))
    fit = {t: lambda p: _weighted(c, terms(p))}
    return c if len(set(c)) > 1 and case.matched(patched(base, fit), {t}) else None


def _spans(rows: Array, r: Array) -> bool:
    """Whether some weights of the rows may give this, as far as numbers go."""
    if not np.all(np.isfinite(rows)):
        return False
    off = r - rows.T @ np.linalg.lstsq(rows.T, r, rcond=None)[0]
    return bool(np.abs(off).max() <= 1e-5 * np.abs(r).max())


def _weighted(c: tuple[float, ...], rows: Array | None) -> Array:
    fits = rows is not None and len(rows) == len(c)
    return np.asarray(np.array(c) @ rows if fits else np.nan)


def _plain(x: float, n: int) -> float:
    """Round a fitted weight to a plain number where it is one."""
    for d in (1, 2, n, 2 * n, n - 1):
        if d and abs(x * d - round(x * d)) < 1e-7 * max(1.0, abs(x * d)):
            return round(x * d) / d
    return x


def _share(base: Base, singles: Terms) -> float | None:
    """Tell how single samples make up the whole: by a sum (1) or a mean (1/n)."""
    rows = singles(0)
    if rows is None:
        return None
    for share in (1.0, 1.0 / len(rows)):
        if np.allclose(share * rows.sum(0), base.gradient(0), rtol=1e-9, atol=1e-12):
            return share
    return None


def _weights(c: Sequence[float]) -> str:
    """Say which samples were used how."""
    used = [i for i, x in enumerate(c) if x != 0.0]
    n = len(c)
    weight = {c[i] for i in used}
    factor = "" if weight == {1.0} or not used else factor_text(c[used[0]], n)
    if len(weight) > 1:
        return "the samples have the weights " + ", ".join(f"{x:.6g}" for x in c)
    if len(used) == 1:
        which = "last" if used[0] == n - 1 else "first" if used[0] == 0 else f"number {used[0]}"
        what = f"only one sample is used, the {which} of {n}"
        return f"{what}: the sum over the batch is missing{factor and f', and it {factor}'}"
    missing = [i for i in range(n) if i not in used]
    words: dict[tuple[int, ...], str] = {
        (0,): "the first sample is",
        (n - 1,): "the last sample is",
    }
    what = words.get(tuple(missing)) or _numbered("sample", missing)
    others = f", and each of the others {factor}" if factor else ""
    return f"{what} left out of the sum over the batch{others}"


def _numbered(what: str, which: Sequence[int]) -> str:
    numbers = listed([str(i) for i in which])
    return f"the {what}s {numbers} are" if len(which) > 1 else f"the {what} {numbers} is"


# --- uses of a parameter ----------------------------------------------------------------------


def uses(base: Base, all_or_none: bool = False) -> list[Explanation]:
    """Find the weights with which the single uses of a parameter went into its gradient.

    Perhaps of all that is wrong, or of nothing.
    """
    case = base.case
    found: dict[tuple[float, ...], set[int]] = {}
    late: set[int] = set()
    out = []
    for t in base.wrong:
        terms = cache(partial(_terms, base, t))
        c = _fitted(base, t, terms)
        unlike = _unlike(base, t)
        if c is not None and len(unlike) == len(c):
            cost = 0.98 if set(c) <= {0.0, 1.0, -1.0, 0.5, 2.0} else 1.2
            out.append(Explanation(cost, _of_unlike(base, t, unlike, c), frozenset((t,))))
        elif c is not None:
            found.setdefault(c, set()).add(t)
        elif case.matched(patched(base, {t: partial(_last, terms)}), {t}):
            late.add(t)
        elif all_or_none:
            return []
    out += [
        Explanation(
            _cost(c),
            f"{derivatives(case, ts)}: {_of_uses(c, len(ts) > 1)}",
            frozenset(ts),
        )
        for c, ts in found.items()
    ]
    if late:
        what = (
            "only the last of the terms that are not 0 is kept: the sum over the others is missing"
        )
        out.append(Explanation(0.98, f"{derivatives(case, late)}: {what}", frozenset(late)))
    return out


def _cost(c: Sequence[float]) -> float:
    """Tell how unlikely some weights are; several of several: a loop in a loop, see `omitted`."""
    if set(c) != {0.0, 1.0}:
        return 1.2
    return 0.98 + SEVERAL * (min(c.count(0.0), c.count(1.0)) > 1)


def _unlike(base: Base, t: int) -> list[Uses]:
    """Give what uses a parameter, if each use is another one: an output and a penalty."""
    target = base.case.targets[t]
    ranks = _ranked(base, t) if target.index is None and target.node == target.op else []
    sites = [{base.case.graph.ops[n].site for n, _, _ in some} for some in ranks]
    apart = all(a.isdisjoint(b) for a, b in itertools.combinations(sites, 2))
    return ranks if apart else []


def _of_unlike(base: Base, t: int, ranks: Sequence[Uses], c: Sequence[float]) -> str:
    """Say what became of each term by what it comes through."""
    names, graph, said = base.case.names, base.case.graph, []
    for some, x in zip(ranks, c, strict=True):
        of_each = {graph.ops[n].site: Edge(n, i, k) for n, i, k in reversed(some)}
        for edge in of_each.values() if x != 1.0 else ():
            term = f"the term{through(names, edge)} in {derivatives(base.case, {t})}"
            said.append(f"{term} {'is missing' if x == 0.0 else factor_text(x)}")
    return listed(said)


def _last(terms: Terms, p: int) -> Array:
    """Give the last term that is not 0, for each element: the last that a ReLU lets by."""
    rows = terms(p)
    if rows is None or len(rows) < 2:
        return np.array(np.nan)
    back = rows[::-1]
    kept: Array = np.take_along_axis(back, np.argmax(back != 0.0, axis=0)[None], 0)[0]
    return kept


def rows(base: Base) -> list[Explanation]:
    """Find the rows that are missing from one of several terms: a penalty is no sample's."""
    case, names = base.case, base.case.names
    found = []
    for t in base.wrong:
        target = case.targets[t]
        edges = _in_order(base, target.op) if target.index is None else []
        for (n, k), axis in itertools.product(edges, (0, -1)):
            way = _beyond_views(base, n, k)
            c = _fitted(base, t, cache(partial(_split, base, target.op, way, axis)))
            if c is None or set(c[:-1]) != {0.0, 1.0} or (len(edges) > 1 and c[-1] != 1.0):
                continue
            what = derivatives(case, {t})
            if len(edges) > 1:
                what = f"the term{through(names, Edge(n, target.op, k))} in {what}"
            said = _weights(c[:-1])
            if len(c) - 1 != case.samples[0]:  # no samples, or perhaps places or windows
                axes = len(form(base.walk(0)[way[0][0]]))
                said = _of_rows(c[:-1], axis % axes, axes, names.derivative(way[0][0]))
            # Rows that are picked by index may lack for another reason: the index repeats.
            cost = 1.1 if base.case.graph.ops[n].name == "getitem" else 1.0
            found.append(Explanation(cost, f"{what}: {said}", frozenset({t})))
    return found


def _of_rows(c: Sequence[float], axis: int, axes: int, derivative: str) -> str:
    """Say which rows of a derivative went in."""
    used, missing = ([i for i, x in enumerate(c) if bool(x) is kept] for kept in (True, False))
    which, along = parts(axes, axis, used if len(used) == 1 else missing)
    if used in ([0], [len(c) - 1]):
        which = f"{'last' if used[0] else 'first'} {which.split()[0]}"
    if len(used) == 1:
        return f"only the {which} of {derivative}{along} is used"
    return f"the {which} of {derivative}{along} {'are' if len(missing) > 1 else 'is'} left out"


def _beyond_views(base: Base, n: int, k: int) -> list[tuple[int, int]]:
    """Follow a parameter through its transposes to what uses it."""
    way = [(n, k)]
    while base.case.graph.ops[way[0][0]].name in VIEWS:
        users = _in_order(base, way[0][0])
        if len(users) != 1:
            break
        way.insert(0, users[0])
    return way


def _split(base: Base, i: int, way: Sequence[tuple[int, int]], axis: int, p: int) -> Array | None:
    """Give what the rows of one user's cotangent hand on, a row each, then the other terms."""
    state, walk = base.states[p], base.walk(p)
    g = walk[way[0][0]]
    count = form(g)[axis] if g is not None and form(g) else 0
    if not 1 < count <= MOST or form(state.values[way[0][0]]) != form(g):
        return None
    terms: list[Array] = []
    for row in range(count):
        c: Any = np.zeros_like(g)
        np.moveaxis(c, axis, 0)[row] = np.moveaxis(np.asarray(g), axis, 0)[row]
        for n, k in way:
            c = state.step(n, c, k)
        terms.append(np.ravel(c))
    if np.all(np.count_nonzero(terms, axis=0) <= 1):
        return None  # no sum: each goes to elements of its own
    rest = np.ravel(walk[i]) - np.sum(terms, axis=0)
    rest[np.abs(rest) <= 1e-12 * np.abs(terms).max()] = 0.0
    return np.array([*terms, rest])


def _terms(base: Base, t: int, p: int) -> Array | None:
    """Give what each use of a parameter hands on to it, a row each, in the code's order.

    A parameter that is used element by element has as many terms as each element has uses.
    """
    state, walk, target = base.states[p], base.walk(p), base.case.targets[t]
    rows = []
    for some in _ranked(base, t):
        row = np.zeros(form(state.values[target.op]))
        for n, i, k in some:
            if walk[n] is None:
                return None
            # A plain 0 where nothing is handed on.
            c = np.asarray(state.step(n, walk[n], k), np.float64)
            row[... if i == target.op else state.settings(i)["index"]] += c
        rows.append(row)
    return _columns(rows, target)


def _ranked(base: Base, t: int) -> list[Uses]:
    """Give the uses of a parameter: the first ones of all its elements, the second ones, ..."""
    graph, target = base.case.graph, base.case.targets[t]
    elements = [n for n, _ in graph.users(target.op)]
    ops = [graph.ops[n] for n in elements]
    picked = all(op.name == "getitem" and op.settings is None for op in ops)
    if target.index is not None and target.node != target.op:
        elements, picked = [target.node], True
    if not picked:
        uses = [(n, target.op, k) for n, k in _in_order(base, target.op)]
        return [[use] for use in uses if base.walk(0)[use[0]] is not None]
    ranks: list[Uses] = []
    for i in elements:
        for rank, (n, k) in enumerate(_in_order(base, i)):
            if rank == len(ranks):
                ranks.append([])
            ranks[rank].append((n, i, k))
    return ranks


def _columns(rows: Sequence[Array], target: Target) -> Array:
    """Arrange terms in rows, for a whole parameter or one element of it."""
    if target.index is not None:
        rows = [row[target.index] for row in rows]
    return np.array([np.reshape(row, -1) for row in rows])


def _in_order(base: Base, i: int) -> list[tuple[int, int]]:
    graph = base.case.graph
    edges = [(n, k) for n, k in graph.users(i) if graph.depends(graph.output, n)]
    return sorted(edges, key=lambda e: graph.ops[e[0]].order)


def _of_uses(c: Sequence[float], several: bool) -> str:
    """Say which terms went in, of one derivative or of several."""
    n, its = len(c), "their" if several else "its"
    used = [i for i, x in enumerate(c) if x != 0.0]
    weight = {c[i] for i in used}
    if len(weight) > 1:
        return f"{its} {n} terms have the weights " + ", ".join(f"{x:.6g}" for x in c)
    tail = "" if weight == {1.0} else f" (each {factor_text(c[used[0]])})"
    if len(used) == 1:
        which = "last" if used[0] == n - 1 else "first" if used[0] == 0 else f"number {used[0]}"
        what = f"only the {which} of {its} {n} terms is kept"
        return f"{what}: the sum over the others is missing{tail}"
    missing = [i for i in range(n) if i not in used]
    words: dict[tuple[int, ...], str] = {(0,): "the first is", (n - 1,): "the last is"}
    what = words.get(tuple(missing)) or _numbered("term", missing)
    return f"of {its} {n} terms {what} missing{tail}"
