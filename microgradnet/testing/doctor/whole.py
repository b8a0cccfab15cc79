"""Mistakes that show in whole gradients, wherever they were made.

A constant factor, two parameters exchanged, a transposed matrix, samples left out,
weights that were updated too early, one term too many.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from .case import Base, Case, Explanation, Predict, Target, element_name
from .constants import fitted
from .graph import CONSTANT, DATA, PARAM, RESULT, Graph, form
from .naming import derivatives, listed, scaled_by
from .readings import LAYOUTS
from .sweep import Array, flat, walked


def explanations(base: Base) -> list[Explanation]:
    """Give everything that explains some of the wrong gradients as a whole."""
    out: list[Explanation] = []
    for kind in (constants, exchanged, rearranged, unfilled, starts, factors, terms):
        out += kind(base)
    return out


def patched(base: Base, changes: dict[int, Callable[[int], Array]]) -> Predict:
    """Predict other numbers for some targets, the base's for the rest."""

    def predict(p: int) -> Array:
        guess = base.gradient(p).copy()
        for t, change in changes.items():
            guess[base.case.targets[t].where] = np.reshape(change(p), -1)
        return guess

    return predict


def part_of(base: Base, t: int) -> Callable[[int], Array]:
    """Give the right gradient of a target by point."""
    target = base.case.targets[t]
    return lambda p: np.reshape(base.gradient(p)[target.where], target.shape)


def stacked(base: Base, t: int) -> tuple[Array, Array]:
    """Give reported and right gradients of a target, at all points."""
    w = base.case.targets[t].where
    points = range(len(base.states))
    reported = np.concatenate([base.case.reported[p][w] for p in points])
    return reported, np.concatenate([base.gradient(p)[w] for p in points])


# --- constants --------------------------------------------------------------------------------


def constants(base: Base) -> list[Explanation]:
    """Find targets that are off by one constant factor."""
    case = base.case
    found: dict[float, set[int]] = {}
    exact: dict[float, float] = {}
    for t in base.wrong:
        r, g = stacked(base, t)
        c = fitted(r, g)
        part = part_of(base, t)
        scaled = patched(base, {t: _scaled(part, c)})
        if np.any(g) and case.matched(scaled, {t}):
            found.setdefault(round(c, 9), set()).add(t)
            exact[round(c, 9)] = c
    out = []
    for key, ts in found.items():
        c = exact[key]
        usual = np.any(np.abs(case.constants - c) < 1e-9) or c == 0.0
        cost = 0.9 if usual or len(ts) in (1, len(case.targets)) else 1.12  # else it has a place
        out.append(Explanation(cost, scaled_by(case, ts, c), frozenset(ts)))
    return out


def _sum(one: Callable[[int], Array], other: Callable[[int], Array]) -> Callable[[int], Array]:
    return lambda p: np.reshape(one(p), -1) + np.reshape(other(p), -1)


def _scaled(part: Callable[[int], Array], c: float) -> Callable[[int], Array]:
    return lambda p: c * part(p)


# --- order ------------------------------------------------------------------------------------


def exchanged(base: Base) -> list[Explanation]:
    """Find two parameters that got each other's gradient."""
    case, out = base.case, []
    wrong = sorted(base.wrong)
    for i, a in enumerate(wrong):
        for b in wrong[i + 1 :]:
            if case.targets[a].where.stop - case.targets[a].where.start != (
                case.targets[b].where.stop - case.targets[b].where.start
            ):
                continue
            swapped = patched(base, {a: part_of(base, b), b: part_of(base, a)})
            if len(case.matched(swapped, {a, b})) == 2:
                text = f"{derivatives(case, (a, b))} are exchanged"
                out.append(Explanation(0.95, text, frozenset((a, b))))
    for to, of in itertools.permutations(wrong, 2):
        both = frozenset((to, of))
        if np.size(part_of(base, of)(0)) == np.size(part_of(base, to)(0)):
            nothing = _scaled(part_of(base, of), 0.0)
            added = {to: _sum(part_of(base, to), part_of(base, of)), of: nothing}
            if case.matched(patched(base, added), both) == both:
                text = f"{derivatives(case, (of,))} is added to {derivatives(case, (to,))}"
                out.append(Explanation(0.95, f"{text}, and stays 0 itself", both))
    for to in wrong:
        for of in range(len(case.targets)):
            if of == to or np.size(part_of(base, of)(0)) not in (1, np.size(part_of(base, to)(0))):
                continue  # one number may have gone everywhere
            if case.matched(patched(base, {to: part_of(base, of)}), {to}):
                text = f"{derivatives(case, (to,))} is that of `{case.targets[of].name}`"
                # Where the other one is right, an operand of this one's formula says more.
                cost = 1.0 if of in base.wrong else 1.13
                out.append(Explanation(cost, text, frozenset((to,))))
    return out


# What is said, what was done to the array, from how many axes on, and how strange it is.
ORDERS: list[tuple[str, Callable[[Array], Array], int, float]] = [
    ("is transposed", lambda g: g.T, 2, 1.0),
    ("has its elements in reverse order", lambda g: g[::-1], 1, 1.0),
    ("has its last axis in reverse order", lambda g: g[..., ::-1], 2, 1.0),
    ("has both axes in reverse order", lambda g: g[::-1, ::-1], 2, 1.0),
    ("has its last two axes exchanged", lambda g: np.swapaxes(g, -1, -2), 3, 1.0),
    ("has its first two axes exchanged", lambda g: np.swapaxes(g, 0, 1), 3, 1.0),
    ("has its last two axes in reverse order", lambda g: g[..., ::-1, ::-1], 3, 1.0),
    ("is shifted by one place", lambda g: np.roll(g, 1, 0), 1, 1.0),
    ("is shifted back by one place", lambda g: np.roll(g, -1, 0), 1, 1.0),
    ("has the mean of its elements in every place", lambda g: 0.0 * g + g.mean(), 1, 1.2),
    ("has the sum of its elements in every place", lambda g: 0.0 * g + g.sum(), 1, 1.2),
    ("has its sum over axis 0 in every row", lambda g: 0.0 * g + g.sum(0), 2, 1.2),
    ("has its sum over axis 1 in every column", lambda g: 0.0 * g + g.sum(1)[:, None], 2, 1.2),
]


def _repeated(i: int) -> Callable[[Array], Array]:
    return lambda g: np.broadcast_to(g[i], g.shape)


def _ordered(g: Callable[[int], Array], order: Callable[[Array], Array]) -> Callable[[int], Array]:
    return lambda p: order(g(p))


def rearranged(base: Base) -> list[Explanation]:
    """Find gradients whose elements stand in other places."""
    case, out = base.case, []
    for t in base.wrong:
        g = part_of(base, t)
        count = case.targets[t].shape[0] if case.targets[t].shape else 0
        same = [(f"has its element {i} in every place", _repeated(i), 1, 1.2) for i in range(count)]
        ndim = len(case.targets[t].shape)
        layouts = [(f"is {words}", look, n, 1.0) for words, look, _, n in LAYOUTS if n == ndim]
        for words, order, least, cost in [*ORDERS, *layouts, *same]:
            if ndim < least:
                continue
            if form(order(g(0))) != case.targets[t].shape:
                continue
            if case.matched(patched(base, {t: _ordered(g, order)}), {t}):
                out.append(Explanation(cost, f"{derivatives(case, (t,))} {words}", frozenset((t,))))
    return out


def unfilled(base: Base) -> list[Explanation]:
    """Find gradients that are right but for rows, columns or elements that are always 0."""
    case, out = base.case, []
    for t in base.wrong:
        target, g = case.targets[t], part_of(base, t)
        reported = np.array([np.reshape(r[target.where], target.shape) for r in case.reported])
        left = np.any(reported != 0.0, axis=0)
        if not left.any() or left.all() or not np.any(g(0)[~left]):
            continue

        def kept(p: int, g: Callable[[int], Array] = g, left: Array = left) -> Array:
            return np.where(left, g(p), 0.0)

        if case.matched(patched(base, {t: kept}), {t}):
            where = [f"`∂L/∂{place}`" for place in _places(case, target, ~left)]
            text = f"{listed(where)} {'is' if len(where) == 1 else 'are'} always 0"
            out.append(Explanation(0.94, text, frozenset((t,))))
    return out


def _places(case: Case, target: Target, mask: Array) -> list[str]:
    """Name what of a parameter a mask chooses: rows or columns if it is made of whole ones."""
    for axis in range(mask.ndim if mask.ndim > 1 else 0):
        rows = mask.any(axis=tuple(i for i in range(mask.ndim) if i != axis))
        if np.moveaxis(mask, axis, 0)[rows].all():
            before, after = ":, " * axis, ", :" * (mask.ndim - 1 - axis)
            return [f"{target.name}[{before}{i}{after}]" for i in np.flatnonzero(rows)]
    return [element_name(case, target, tuple(map(int, i))) for i in np.argwhere(mask)]


# --- terms and values ---------------------------------------------------------------------------


def terms(base: Base) -> list[Explanation]:
    """Find gradients with one more term: a constant times some value, as of a penalty."""
    case, graph, out = base.case, base.case.graph, []
    values = base.states[0].values
    numbers = [i for i, op in enumerate(graph.ops) if op.kind == DATA and form(values[i]) == ()]
    for t in base.wrong:
        target = case.targets[t]
        r, g = stacked(base, t)
        extra = r - g
        for i, op in enumerate(graph.ops):
            if op.kind == CONSTANT or form(base.states[0].values[i]) != target.shape:
                continue
            v = np.concatenate([np.reshape(s.values[i], -1) for s in base.states])
            for j in (None, *(numbers if op.kind == PARAM else ())):
                c = fitted(extra, v if j is None else v * _repeated_value(base, j, len(v)))
                if not c or abs(c) < 1e-9:
                    continue
                if case.matched(patched(base, {t: _with_term(base, t, i, c, j)}), {t}):
                    by = "" if c == 1.0 else "-" if c == -1.0 else f"{c:.6g}*"
                    by += "" if j is None else f"{case.names.bare(j)}*"
                    text = f"{derivatives(case, (t,))} has the extra term"
                    text += f" `{by}{case.names.bare(i)}`"
                    out.append(Explanation(1.4, text, frozenset((t,))))
                    break
    return out


def _repeated_value(base: Base, j: int, count: int) -> Array:
    """Give a number of the data at each point, as often as it takes."""
    values = np.array([float(s.values[j]) for s in base.states])
    return np.repeat(values, count // len(values))


def factors(base: Base) -> list[Explanation]:
    """Find a value that all or some gradients have for a factor too many."""
    case, out = base.case, []
    for i, op in enumerate(case.graph.ops):
        value = base.states[0].values[i]
        if op.kind == CONSTANT or isinstance(value, tuple):
            continue
        alike = {t for t in base.wrong if form(value) in ((), case.targets[t].shape)}
        fixes = case.matched(patched(base, {t: _times(base, t, i) for t in alike}), alike)
        if fixes:
            every = len(fixes) == len(case.targets) > 2
            which = "every derivative" if every else derivatives(case, fixes)
            has = "has" if every or len(fixes) == 1 else "have"
            # That all have it is no coincidence.
            cost = (1.08 if every else 1.45) + 0.1 * (not case.names.is_short(i))
            text = f"{which} {has} an extra factor {case.names(i)}"
            out.append(Explanation(cost, text, fixes))
    return out


def _times(base: Base, t: int, i: int) -> Callable[[int], Array]:
    part = part_of(base, t)
    return lambda p: part(p) * np.asarray(base.states[p].values[i])


def _with_term(base: Base, t: int, i: int, c: float, j: int | None) -> Callable[[int], Array]:
    part = part_of(base, t)

    def more(p: int) -> Array:
        values = base.states[p].values
        return part(p) + c * np.asarray(values[i]) * (1.0 if j is None else values[j])

    return more


def starts(base: Base) -> list[Explanation]:
    """Find derivatives of something on the way instead of the loss."""
    case, graph, out = base.case, base.case.graph, []
    for i, op in enumerate(graph.ops):
        if op.kind != RESULT or i == graph.output or not graph.live[i]:
            continue
        beside = _beside(graph, i)
        under = {t for t in base.wrong if graph.depends(i, case.targets[t].op)}
        under -= {t for t in under if case.targets[t].op in beside}
        if not under or isinstance(base.states[0].values[i], tuple):
            continue
        if np.all(np.asarray(base.walk(0)[i]) == 1.0):  # then the factor is not what is lacking
            continue
        fixes = case.matched(_from(base, i), under)
        if fixes:
            text = (
                f"{derivatives(case, fixes)} {'lacks' if len(fixes) == 1 else 'lack'} the factor "
                f"{case.names.derivative(i)}"
            )
            out.append(Explanation(1.06 + 0.1 * (not case.names.is_short(i)), text, fixes))
    return out


def _beside(graph: Graph, i: int) -> set[int]:
    """Find what the result is made from by other ways than through operation `i`."""
    found: set[int] = set()
    stack = [graph.output]
    while stack:
        n = stack.pop()
        if n != i and n not in found and graph.live[n]:
            found.add(n)
            stack += graph.ops[n].args
    return found


def _from(base: Base, i: int) -> Predict:
    """Predict what a walk backward from operation `i` gives, with cotangents of 1."""
    return lambda p: flat(base.states[p], walked(base.states[p], base.edits, i))
