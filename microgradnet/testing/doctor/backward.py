"""Trying mistakes in the backward formulas.

The rules of the graph say what each edge hands on. The candidates are the other things
that a person makes it hand on; each is tried by what it does to the parameters.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import (
    cotangents,
    elements,
    entropy,
    identified,
    parts,
    pooling,
    shares,
    slips,
    slopes,
    terms,
    together,
)
from .case import (
    Base,
    Explanation,
    Match,
    Targets,
    factor_matches,
    first_verified,
    in_other_words,
)
from .edges import Group, groups, plain_edges, segments, stretches, wide_segments
from .graph import PARAM, form
from .naming import only_for, scaled_by
from .places import Candidate, Place, Wanted
from .sweep import Array, Edge

LIKELY = 1.1  # the cost of slips that are paired with each other
EFFORT = 30_000  # operations, and slips tried beside another one
ENOUGH = 60  # fits that are verified
SECOND = 1.31  # the cost of the other one, at most
FAR = 1.41  # the cost of what is tried to explain only a part
ROUNDS = 1.36  # if it is tried upon itself, round by round
NEAR = 1e-6  # of what is wrong: what remains of it in a place that may account for it
DEPENDENT = 1e-10  # singular values of sensitivities that are nothing but rounding
UNFIT = (ValueError, TypeError, IndexError, ArithmeticError)  # operands that do not fit

Tried = list[tuple[Candidate, Array]]  # each with the gradient that it leads to


def candidates(base: Base, wanted: Wanted) -> Iterator[Candidate]:
    """Give every single mistake of the backward formulas at the places that are wanted."""
    case, state = base.case, base.states[0]
    nodes = [case.targets[t].node for t in base.wrong]

    def chosen(edges: Sequence[Edge], some: Wanted = wanted) -> list[Group]:
        return [
            group
            for group in groups(case.graph, edges)
            if any(case.graph.depends(e.bottom, n) for e in group.edges for n in nodes)
            and some(group)
        ]

    every = chosen(plain_edges(case.graph), lambda group: True)
    joint = (
        together.exchanged(case, every, state),
        cotangents.kept(case, every, state),
        cotangents.orders(case, state),
        entropy.candidates(base, wanted),
        shares.candidates(base, wanted),
    )
    for c in itertools.chain(*joint):
        if wanted(c.group):
            yield c
    for group in filter(wanted, every):
        at = Place(case, group, state)
        yield from slips.candidates(at)
        yield from cotangents.candidates(at)
        yield from pooling.candidates(at)
    for group in chosen(segments(case.graph, state)):
        yield from slopes.candidates(Place(case, group, state))
    for group in chosen(stretches(case.graph, state)):
        yield slopes.left_out(Place(case, group, state))
    for group in chosen(wide_segments(case.graph, state)):
        yield from slopes.wide_candidates(Place(case, group, state))


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
        rows = [s[:, wrong] for b in bottoms if (s := base.sensitivities()[b]) is not None]
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


def effect(base: Base, c: Candidate) -> Array | None:
    """Give the gradient at the first point with a candidate's edit; None if it cannot be.

    No walk is needed: what an edge hands on too much reaches all that is under it linearly.
    """
    state, right = base.states[0], base.gradient(0)
    cts: Sequence[Any] = base.walk(0)
    edges, below, off = list(c.edit.pairs()), base.sensitivities(), np.zeros(len(right))
    if not c.group.apart:
        if base.reach is None:
            return base.edited(c.edit, 0)
        places, below = base.reach
        off = np.zeros(max(place.stop for place in places.values()))
        cts = _Moved(cts, places, off)
        edges.sort(key=lambda pair: (state.op(pair[0].bottom).kind == PARAM, -pair[0].top))
    settled = {(e.top, e.k): make for edit in base.edits for e, make in edit.pairs()}
    for e, make in edges:
        g, rows = cts[e.top], below[e.bottom]
        if g is None or rows is None:
            continue
        new = make(state, g, cts)
        if new is None and not c.group.apart:
            new = 0.0 * state.values[e.bottom]
        if new is None or form(new) != form(state.values[e.bottom]):
            return None
        made = settled.get((e.top, e.k))
        old = state.along(e, g) if made is None else made(state, g, cts)
        off += np.reshape(new - old, -1) @ rows
    return right + off[: len(right)]


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


def explanations(base: Base, least: float, limit: float) -> list[Explanation]:
    """Try what may explain all, of some costs, at the first point, then at all others."""
    with np.errstate(all="ignore"):
        if base.slips is None:
            base.slips = sorted(candidates(base, reaching(base, base.wrong)), key=lambda c: c.cost)
        some = [c for c in base.slips if least < c.cost <= limit]
        return _matching(base, _effects(base, some))


def partial(base: Base) -> list[Explanation]:
    """Try what can only explain some of what is wrong."""
    full, some = reaching(base, base.wrong), [reaching(base, {t}) for t in base.wrong]
    key = frozenset(base.case.targets[t].node for t in base.wrong)
    known: dict[object, Tried] = base.effects.setdefault(key, {})
    found: dict[object, list[Candidate]] = defaultdict(list)
    with np.errstate(all="ignore"):
        for c in candidates(base, lambda group: not full(group) and any(f(group) for f in some)):
            if c.group.odd or c.group.edges in known:
                continue
            if c.cost <= (FAR if c.group.apart else ROUNDS):
                found[c.group.edges].append(c)
        known.update({edges: _effects(base, cs) for edges, cs in found.items()})
        return _matching(base, [pair for tried in known.values() for pair in tried])


def pairs(base: Base) -> list[Explanation]:
    """Take each likely slip for made, and look for another one, where a place may hold it.

    For slips in all rounds of a loop; what is next to a parameter does not hide what others do.
    """
    graph = base.case.graph
    likely: list[Candidate] = []
    seen: list[Array] = [base.gradient(0)]
    with np.errstate(all="ignore"):
        for c in sorted(candidates(base, lambda group: True), key=lambda c: c.cost):
            leaf = any(graph.ops[graph.leaf_of(e.bottom)].kind == PARAM for e in c.edit.edges)
            if not c.group.whole or (leaf and len(base.wrong) > 1):
                continue
            if c.cost > LIKELY:
                break
            try:
                done = effect(base, c)
            except UNFIT:
                continue
            if done is not None and not np.any(base.case.same(np.array(seen), done)):
                seen.append(done)
                likely.append(c)
    made = [(c, Base(base.case, base.states, (*base.edits, c.edit))) for c in likely]
    found = [e for c, after in made for e in _both(base, c, after, parts.uses(after))]
    tried = 0
    for c, after in made if not found else ():
        found += _both(base, c, after, explanations(after, 0.0, SECOND) if after.wrong else [])
        tried += len(graph.ops) + len(after.slips or ())
        if tried > EFFORT:
            break
    return found


def _both(
    base: Base, c: Candidate, after: Base, second: Sequence[Explanation]
) -> list[Explanation]:
    """Say two mistakes, if the second one explains all that is wrong after the first."""
    return [
        Explanation(c.cost + e.cost, f"{c.text}, and {e.text}", base.wrong)
        for e in second
        if e.fixes >= after.wrong
    ]


def identified_for(base: Base, targets: Collection[int]) -> list[Explanation]:
    """Fit what was written to the numbers, if no mistake that is known gives them."""
    key = "identified", frozenset(base.case.targets[t].node for t in targets)
    if key in base.effects:
        return [*base.effects[key]]
    base.effects[key] = []
    found: list[Explanation] = []
    for kind, pairs in ((terms.simple, True), (None, False), (terms.double, False)):
        if found or base.edits or (kind is terms.double and targets != base.wrong):
            break
        if kind is None:
            ops = {base.case.targets[t].op for t in targets}
            found = elements.explanations(base, targets) if len(ops) == 1 else []
        else:
            some = [*identified.candidates(base, targets, kind, pairs)]
            some.sort(key=lambda c: c.cost)
            found = _matching(base, _effects(base, some[:ENOUGH]))
            found = [e for e in found if e.fixes >= set(targets)]
    base.effects[key] = found
    return [*found]


def _effects(base: Base, some: Sequence[Candidate]) -> Tried:
    """Give the candidates that change something, with the gradients that they lead to."""
    tried: Tried = []
    for c in some:
        try:
            done = effect(base, c)
        except UNFIT:
            continue
        if done is not None:
            tried.append((c, done))
    if not tried:
        return []
    same = base.case.same(np.array([done for _, done in tried]), base.gradient(0))
    return [pair for pair, idle in zip(tried, same, strict=True) if not idle]


def _matching(base: Base, tried: Tried) -> list[Explanation]:
    if not tried:
        return []
    guesses = np.stack([done for _, done in tried])

    def cost(match: Match) -> float:
        row, factor, hit = match
        return _cost(base, tried[row][0], factor, hit)

    def verify(match: Match) -> Explanation | None:
        row, factor, hit = match
        return _verified(base, tried[row][0], factor, hit)

    matches = factor_matches(base, guesses)
    return first_verified(in_other_words(base, guesses, matches, cost), verify)


def _touched(base: Base, c: Candidate) -> Targets:
    """Give the targets whose derivatives come by the edges of a candidate."""
    case = base.case
    return frozenset(
        t
        for t, target in enumerate(case.targets)
        if any(case.graph.depends(e.bottom, target.node) for e in c.edit.edges)
    )


def _cost(base: Base, c: Candidate, factor: float, fixes: Targets) -> float:
    """Tell how unlikely a candidate is, for what it fixes."""
    case, cost = base.case, c.cost
    nodes = [case.targets[t].node for t in fixes]
    if not all(any(case.graph.depends(e.bottom, n) for n in nodes) for e in c.edit.edges):
        cost += 0.15  # made in other places too, where nothing shows it
    touched = _touched(base, c)
    if factor == 1.0:
        return cost + (0.1 if touched - fixes - base.right else 0.0)
    return cost + (0.3 if c.scaled is not None and fixes == base.wrong == touched else 0.4)


def _verified(base: Base, c: Candidate, factor: float, hit: Targets) -> Explanation | None:
    case = base.case
    try:
        fixes = case.matched(lambda p: factor * base.edited(c.edit, p), hit)
    except UNFIT:
        return None
    if not fixes:
        return None
    breaks = base.right - case.matched(lambda p: base.edited(c.edit, p), base.right)
    text, cost = c.text, _cost(base, c, factor, fixes)
    rest = _touched(base, c) - fixes - base.right
    only = only_for(case, fixes, text, c.group.first.bottom) if rest or breaks else ""
    if breaks:
        text, cost = only, cost + (0.2 if rest else 0.3)
    if factor != 1.0 and c.scaled is not None and fixes == base.wrong == _touched(base, c):
        text = c.scaled(factor)
    elif factor != 1.0:
        text += f", and {scaled_by(case, fixes, factor)}"
    made = (*base.edits, c.edit)
    again = (lambda: Base(case, base.states, made)) if factor == 1.0 and not breaks else None
    return Explanation(cost, text, fixes, breaks, again, only if factor == 1.0 else "")
