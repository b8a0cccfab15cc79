"""Trying mistakes in the backward formulas.

The rules of the graph say what each edge hands on. The candidates are the other things
that a person makes it hand on; each is tried by what it does to the parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from . import cotangents, entropy, shares, slips, slopes, together
from .candidates import Candidate
from .case import Base, Explanation, factor_matches
from .edges import Group, groups, plain_edges, segments, wide_segments
from .graph import PARAM, form
from .phrases import only_for, scaled_by
from .sweep import Array

LIKELY = 1.1  # the cost of slips that are paired with each other
EFFORT = 200_000  # pairs times operations
UNFIT = (ValueError, TypeError, IndexError, ArithmeticError)  # operands that do not fit


def candidates(base: Base) -> Iterator[Candidate]:
    """Give every single mistake of the backward formulas."""
    case, state = base.case, base.states[0]
    nodes = [case.targets[t].node for t in base.wrong]

    def matters(group: Group) -> bool:
        return any(case.graph.depends(e.bottom, n) for e in group.edges for n in nodes)

    plain = [*filter(matters, groups(case.graph, plain_edges(case.graph)))]
    yield from together.exchanged(case, plain, state)
    for group in plain:
        yield from slips.candidates(case, group, state)
        yield from cotangents.candidates(case, group, state)
    for group in filter(matters, groups(case.graph, segments(case.graph, state))):
        yield from slopes.candidates(case, group)
    for group in filter(matters, groups(case.graph, wide_segments(case.graph, state))):
        yield from slopes.wide_candidates(case, group)
    yield from entropy.candidates(base)
    yield from shares.candidates(base)


def effect(base: Base, c: Candidate) -> Array | None:
    """Give the gradient at the first point with a candidate's edit; None if it cannot be."""
    state, walk = base.states[0], base.walk(0)
    if not c.group.apart:
        return base.edited(c.edit, 0)
    total = base.gradient(0).copy()
    for e, make in c.edit.pairs():
        g, below = walk[e.top], base.sensitivities()[e.bottom]
        if g is None or below is None:
            continue
        new = make(state, g, walk)
        if new is None or form(new) != form(state.values[e.bottom]):
            return None
        total += np.reshape(new - state.along(e, g), -1) @ below
    return total


def explanations(base: Base, least: float, limit: float) -> list[Explanation]:
    """Try the candidates of some costs at the first point, and what fits there at all others."""
    nodes = frozenset(base.case.targets[t].node for t in base.wrong)
    with np.errstate(all="ignore"):
        if nodes not in base.effects:
            base.effects[nodes] = sorted(candidates(base), key=lambda c: c.cost)
        if (nodes, limit) not in base.effects:
            some = [c for c in base.effects[nodes] if least < c.cost <= limit]
            base.effects[nodes, limit] = _effects(base, some)
        return _matching(base, *base.effects[nodes, limit])


def pairs(base: Base) -> list[Explanation]:
    """Try two slips on the same way at a time, those that are likely in all rounds."""
    graph, likely = base.case.graph, []
    seen: list[Array] = [base.gradient(0)]
    most = math.isqrt(2 * EFFORT // len(graph.ops))
    with np.errstate(all="ignore"):
        for c in sorted(candidates(base), key=lambda c: c.cost):
            leaf = any(graph.ops[graph.leaf_of(e.bottom)].kind == PARAM for e in c.edit.edges)
            if not c.group.whole or leaf:
                continue  # what is next to a parameter does not hide what others do
            if c.cost > LIKELY or len(seen) > most:
                break
            try:
                done = effect(base, c)
            except UNFIT:
                continue
            if done is not None and not any(base.case.same(done, other) for other in seen):
                seen.append(done)
                likely.append(c)
        return _matching(base, *_effects(base, [*together.pairs(likely)]))


def _effects(base: Base, some: Sequence[Candidate]) -> tuple[list[Candidate], list[Array]]:
    """Give the candidates that change something, with the gradients that they lead to."""
    tried: list[Candidate] = []
    effects: list[Array] = []
    for c in some:
        try:
            done = effect(base, c)
        except UNFIT:
            continue
        if done is not None and not base.case.same(done, base.gradient(0)):
            tried.append(c)
            effects.append(done)
    return tried, effects


def _matching(base: Base, tried: Sequence[Candidate], effects: list[Array]) -> list[Explanation]:
    if not tried:
        return []
    matches = factor_matches(base, np.stack(effects))
    made = [_verified(base, tried[row], factor, hit) for row, factor, hit in matches]
    return [e for e in made if e is not None]


def _verified(base: Base, c: Candidate, factor: float, hit: frozenset[int]) -> Explanation | None:
    case = base.case
    try:
        fixes = case.matched(lambda p: factor * base.edited(c.edit, p), hit)
    except UNFIT:
        return None
    if not fixes:
        return None
    kept = case.matched(lambda p: base.edited(c.edit, p), base.right)
    breaks = base.right - kept if factor == 1.0 else frozenset()
    text, cost = c.text(), c.cost
    nodes = [case.targets[t].node for t in fixes]
    if not all(any(case.graph.depends(e.bottom, n) for n in nodes) for e in c.edit.edges):
        cost += 0.15  # made in other places too, where nothing shows it
    touched = {
        t
        for t, target in enumerate(case.targets)
        if any(case.graph.depends(e.bottom, target.node) for e in c.edit.edges)
    }
    rest = touched - fixes - base.right
    if breaks or (rest and factor == 1.0 and touched != fixes):
        cost += 0.3 if breaks else 0.1
    if breaks:
        text = only_for(case, fixes, text, c.group.first.bottom)
    if factor != 1.0 and c.scaled is not None and fixes == base.wrong == touched:
        cost, text = cost + 0.3, c.scaled(factor)
    elif factor != 1.0:
        cost += 0.4
        text += f", and {scaled_by(case, fixes, factor)}"
    made = (*base.edits, c.edit)
    again = (lambda: Base(case, base.states, made)) if factor == 1.0 and not breaks else None
    return Explanation(cost, text, fixes, breaks, again)
