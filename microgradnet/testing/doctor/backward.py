"""Trying mistakes in the backward formulas.

The rules of the graph say what each edge hands on. The candidates are the other things
that a person makes it hand on; each is tried by what it does to the parameters.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from functools import partial as partial_of

import numpy as np

from . import (
    carried,
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
    windowed,
)
from .attempts import Tried, effects, reaching
from .case import (
    Base,
    Explanation,
    Match,
    Targets,
    first_verified,
    fitting,
    in_other_words,
)
from .edges import Group, Kind, known_groups, plain_edges, segments, stretches, wide_segments
from .graph import PARAM
from .naming import only_for, scaled_by
from .places import UNFIT, Candidate, Place, Wanted
from .sweep import Array

LIKELY = 1.1  # the cost of slips that are paired with each other
SOME = 4  # points at which it is looked what is right after a first slip
EFFORT = 12_000  # operations, and slips tried beside another one
ENOUGH = 60  # fits that are verified
SECOND = 1.31  # the cost of the other one, at most
FAR = 1.41  # the cost of what is tried to explain only a part
UNLIKELY = 1.35  # the cost of those that are many


def candidates(base: Base, wanted: Wanted) -> Iterator[Candidate]:
    """Give every single likely mistake of the backward formulas at the places that are wanted."""
    wrong = frozenset(base.case.targets[t].node for t in base.wrong)
    yield from (c for c in _known(base, _joint, wrong, base) if wanted(c.group))
    for kind in (entropy.candidates, shares.candidates):
        yield from (c for c in kind(base, wanted) if wanted(c.group))
    yield from _at_places(base, wanted, LIKELY_KINDS)


def unlikely(base: Base, wanted: Wanted) -> Iterator[Candidate]:
    """Give the mistakes that are many, none of which costs less than `UNLIKELY`."""
    yield from _at_places(base, lambda group: not group.odd and wanted(group), UNLIKELY_KINDS)


def _joint(base: Base) -> Iterator[Candidate]:
    """Give the mistakes that are made at several places, or of several kinds of places."""
    case, state, plain = base.case, base.states[0], _chosen(base, plain_edges)
    yield from together.exchanged(case, plain, state)
    yield from carried.candidates(case, plain, state)
    yield from carried.updated(case, state)
    yield from cotangents.orders(case, state)
    yield from pooling.of_two(case, plain, state)
    yield from windowed.of_arrays(case, plain, state)


def _left_out(at: Place) -> Iterator[Candidate]:
    yield slopes.left_out(at)


Making = Callable[[Place], Iterator[Candidate]]
LIKELY_KINDS: list[tuple[Kind, Making]] = [
    (plain_edges, slips.candidates),
    (plain_edges, cotangents.candidates),
    (plain_edges, pooling.candidates),
    (segments, slopes.candidates),
    (stretches, _left_out),
    (wide_segments, slopes.wide_candidates),
]
UNLIKELY_KINDS: list[tuple[Kind, Making]] = [
    (plain_edges, slips.factors),
    (segments, slopes.recomputed),
]


def _at_places(
    base: Base, wanted: Wanted, kinds: Sequence[tuple[Kind, Making]]
) -> Iterator[Candidate]:
    """Give the mistakes of some kinds at the places that are wanted."""
    for kind, make in kinds:
        for group in filter(wanted, _chosen(base, kind)):
            at = Place(base.case, group, base.states[0])
            yield from _known(base, make, group.edges, at)


def _known(
    base: Base, make: Callable[..., Iterator[Candidate]], key: object, of: object
) -> list[Candidate]:
    """Make mistakes once: they are the same beside a first slip."""
    if (make, key) not in base.known:
        base.known[make, key] = [*make(of)]
    return base.known[make, key]


def _chosen(base: Base, kind: Kind) -> list[Group]:
    """Give the groups of one kind of edges that lead to something wrong."""
    graph = base.case.graph
    wrong = [base.case.targets[t] for t in base.wrong]
    return [
        group
        for group in known_groups(graph, base.states[0], kind)
        if any(t.comes_by(e, graph) for e in group.edges for t in wrong)
    ]


def explanations(base: Base, least: float, limit: float) -> list[Explanation]:
    """Try what may explain all, of some costs, at the first point, then at all others.

    What explains a part there is kept for `partial`: looking at the others takes longest.
    """
    some: list[Candidate] = []
    for kind in (candidates, unlikely) if limit > UNLIKELY else (candidates,):
        if kind not in base.slips:
            base.slips[kind] = [*kind(base, reaching(base, base.wrong))]
        some += [c for c in base.slips[kind] if least < c.cost <= limit]
    some.sort(key=lambda c: c.cost)
    tried = effects(base, some)
    base.tried += tried
    return _matching(base, tried, True)


def partial(base: Base) -> list[Explanation]:
    """Give what explains some of what is wrong: what was tried, and what can explain no more."""
    full, some = reaching(base, base.wrong), [reaching(base, {t}) for t in base.wrong]
    key = frozenset(base.case.targets[t].node for t in base.wrong)
    known: dict[object, Tried] = base.effects.setdefault(key, {})
    found: dict[object, list[Candidate]] = defaultdict(list)

    def elsewhere(group: Group) -> bool:
        return not full(group) and any(f(group) for f in some)

    kinds = (kind(base, elsewhere) for kind in (candidates, unlikely))
    for c in itertools.chain(*kinds):
        if not c.group.odd and c.group.edges not in known and c.cost <= FAR:
            found[c.group.edges].append(c)
    known.update({edges: effects(base, cs) for edges, cs in found.items()})
    elsewhere_tried = [pair for tried in known.values() for pair in tried]
    return [*_matching(base, base.tried, False), *_matching(base, elsewhere_tried)]


def pairs(base: Base) -> list[Explanation]:
    """Take each likely slip for made, and look for another one, where a place may hold it.

    For slips in all rounds of a loop; what is next to a parameter does not hide what others do.
    """
    graph = base.case.graph
    likely: list[Candidate] = []
    seen: list[Array] = [base.gradient(0)]

    def within(group: Group) -> bool:
        leaf = any(graph.ops[graph.leaf_of(e.bottom)].kind == PARAM for e in group.edges)
        return group.whole and not (leaf and len(base.wrong) > 1)

    first = [c for c in candidates(base, within) if c.cost <= LIKELY]
    for c, done in effects(base, sorted(first, key=lambda c: c.cost)):
        if not np.any(base.case.same(np.array(seen), done)):
            seen.append(done)
            likely.append(c)
    made = [(c, base.after(c.edit, SOME)) for c in likely]
    # A mistake at a parameter leaves the others right, once the first one is made.
    some = [(c, after) for c, after in made if after.wrong < base.wrong or len(base.wrong) == 1]
    found = [e for c, after in some for e in _both(base, c, after, parts.uses(after, True))]
    tried, last = 0, None
    for c, after in made if not found else ():
        if tried > EFFORT or (last is not None and c.cost > last):
            break  # what is found first is the cheapest, or nearly so
        both = _both(base, c, after, explanations(after, 0.0, SECOND) if after.wrong else [])
        found, last = found + both, c.cost if both else last
        tried += len(graph.ops) + sum(c.cost <= SECOND for c in after.slips.get(candidates, ()))
    return found


def _both(
    base: Base, c: Candidate, after: Base, second: Sequence[Explanation]
) -> list[Explanation]:
    """Say two mistakes, if the second one explains all that is wrong after the first."""
    some = [e for e in second if e.fixes >= after.wrong]
    if some and Base(base.case, base.states, after.edits).wrong != after.wrong:
        return []  # what looked right at a few points is not
    return [Explanation(c.cost + e.cost, f"{c.text}, and {e.text}", base.wrong) for e in some]


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
            found = _matching(base, effects(base, some[:ENOUGH]))
            found = [e for e in found if e.fixes >= set(targets)]
    base.effects[key] = found
    return [*found]


def _matching(base: Base, tried: Tried, whole: bool | None = None) -> list[Explanation]:
    """Verify what fits at the first point: all that is wrong there, or not the `whole`, or any."""
    if not tried:
        return []
    guesses = np.stack([done for _, done in tried])

    def cost(match: Match) -> float:
        row, factor, hit = match
        return _cost(base, tried[row][0], factor, hit)

    def verify(match: Match) -> Explanation | None:
        row, factor, hit = match
        return _verified(base, tried[row][0], factor, hit)

    matches = fitting(base, guesses, whole)
    return first_verified(in_other_words(base, guesses, matches, cost), verify)


def _touched(base: Base, c: Candidate) -> Targets:
    """Give the targets whose derivatives come by the edges of a candidate."""
    case = base.case
    return frozenset(
        t
        for t, target in enumerate(case.targets)
        if any(target.comes_by(e, case.graph) for e in c.edit.edges)
    )


def _cost(base: Base, c: Candidate, factor: float, fixes: Targets) -> float:
    """Tell how unlikely a candidate is, for what it fixes."""
    case, cost = base.case, c.cost
    fixed = [case.targets[t] for t in fixes]
    if not all(any(t.comes_by(e, case.graph) for t in fixed) for e in c.edit.edges):
        cost += 0.15  # made in other places too, where nothing shows it
    touched = _touched(base, c)
    if factor == 1.0:
        return cost + (0.1 if touched - fixes - base.right else 0.0)
    return cost + (0.3 if c.scaled is not None and fixes == base.wrong == touched else 0.4)


def _verified(base: Base, c: Candidate, factor: float, hit: Targets) -> Explanation | None:
    case, made = base.case, cache(partial_of(base.edited, c.edit))
    try:
        fixes = case.matched(lambda p: factor * made(p), hit)
    except UNFIT:
        return None
    if not fixes:
        return None
    breaks = base.right - case.matched(made, base.right)
    text, cost = c.text, _cost(base, c, factor, fixes)
    rest = _touched(base, c) - fixes - base.right
    only = only_for(case, fixes, text, c.group.first.bottom) if rest or breaks else ""
    if breaks:
        text, cost = only, cost + (0.2 if rest else 0.3)
    if factor != 1.0 and c.scaled is not None and fixes == base.wrong == _touched(base, c):
        text = c.scaled(factor)
    elif factor != 1.0:
        text += f", and {scaled_by(case, fixes, factor)}"
    again = (lambda: base.after(c.edit)) if factor == 1.0 and not breaks else None
    return Explanation(cost, text, fixes, breaks, again, only if factor == 1.0 else "")
