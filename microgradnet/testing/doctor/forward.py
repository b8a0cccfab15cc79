"""Mistakes in the forward computation that explain wrong gradients."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import partial as partial_of
from typing import Any

import numpy as np

from . import altered
from .case import (
    Base,
    Explanation,
    Match,
    Targets,
    first_verified,
    fitting,
    in_other_words,
)
from .effects import EXACT, HOW, SLOPES, Tried, effects, led, seen_as, varied
from .naming import restricted, scaled_by
from .places import Variant
from .variants import variants

STRANGE = dict(zip(HOW, (0.0, 0.05, 0.1), strict=True))
LEAST = 1.0  # the cost of the cheapest variant
FEW = 3  # explanations of the same part of what is wrong
RARE = 9.0  # the cost of those in some rounds of a loop alone
EFFORT = 300_000  # variants of one batch times operations
EXTRA = 0.3  # that a variant costs more than a slip in the derivatives


def explanations(
    base: Base, least: float, limit: float, whole: bool | None = None
) -> list[Explanation]:
    """Try the variants of some costs at the first point, each with all kinds of gradient.

    Only those that may explain all that is wrong; of what fits, the `whole`, the rest, or both.
    """
    if limit not in base.effects:
        some = [*known(base, limit >= RARE)] if limit >= LEAST + EXTRA else []
        some += changed_data(base) if limit >= altered.USUAL + EXTRA else []
        some += changed_values(base) if limit >= altered.LIKELY + EXTRA else []
        some = [v for v in some if least < v.cost + EXTRA <= limit]
        some = sorted(some, key=lambda v: v.cost)[: EFFORT // len(base.case.graph.ops)]
        base.effects[limit] = some, effects(base, some, True)
    return _matching(base, base.effects[limit][1], whole)


def partial(base: Base, limit: float) -> list[Explanation]:
    """Try the others too, which may explain only a part."""
    if ("partial", limit) not in base.effects:
        some, tried = base.effects[limit]
        done = {id(v) for v, _, _ in tried}
        base.effects["partial", limit] = effects(base, [v for v in some if id(v) not in done])
    return _matching(base, base.effects["partial", limit])


def _matching(base: Base, tried: Tried, whole: bool | None = None) -> list[Explanation]:
    if not tried:
        return []
    guesses = np.stack([guess for _, _, guess in tried])

    def cost(match: Match) -> float:
        v, how, _ = tried[match[0]]
        return float(v.cost + STRANGE[how])

    def verify(match: Match) -> Explanation | None:
        row, factor, hit = match
        return verified(base, *tried[row][:2], factor, hit)

    matches = fitting(base, guesses, whole)
    classes = sorted(in_other_words(base, guesses, matches, cost), key=lambda c: cost(c[0]))
    found: dict[Targets, list[Explanation]] = defaultdict(list)
    for members in classes:
        hit = members[0][2]
        if hit == base.wrong or len(found[hit]) < FEW:
            found[hit] += first_verified([members], verify)
    return [e for some in found.values() for e in some]


def known(base: Base, odd: bool = False) -> list[Variant]:
    """Give all variants, the likelier ones first; those in some rounds of a loop only if asked."""
    if ("variants", odd) not in base.effects:
        made = [*known(base)] if odd else []
        made += variants(base.case, base.states[0], odd)
        base.effects["variants", odd] = sorted(made, key=lambda v: v.cost)
    found: list[Variant] = base.effects["variants", odd]
    return found


def changed_data(base: Base) -> list[Variant]:
    """Give the variants in which a function of data is read in its place."""
    if "data" not in base.effects:
        base.effects["data"] = [*altered.of_data(base)]
    found: list[Variant] = base.effects["data"]
    return found


def changed_values(base: Base) -> list[Variant]:
    """Give the variants in which a value is altered wherever it is read."""
    if "altered" not in base.effects:
        base.effects["altered"] = [*altered.variants(base, partial_of(led, base))]
    found: list[Variant] = base.effects["altered"]
    return found


def verified(base: Base, v: Variant, how: str, factor: float, hit: Targets) -> Explanation | None:
    """Check a variant at all points."""
    case = base.case
    known: dict[int, Any] = {}

    def predict(p: int) -> Any:
        if p not in known:
            known[p] = led(base, v, p, how)
        return np.full_like(base.gradient(p), np.nan) if known[p] is None else known[p]

    fixes = case.matched(lambda p: factor * predict(p), hit)
    if not fixes:
        return None
    breaks = base.right - case.matched(predict, base.right)
    text, cost = v.text, v.cost + EXTRA + STRANGE[how]
    if how is EXACT:
        text += ", in the forward computation and in its derivative"
    elif how is SLOPES and case.graph.is_leaf(v.ops[0][0]):
        text += ", in the forward computation only"
    others = [case.targets[t].where for t in base.wrong - fixes]
    off = np.abs(predict(0) - base.gradient(0)) > case.allowed(0, base.gradient(0))
    elsewhere = any(np.any(off[where]) for where in others)
    only = restricted(case, fixes, text)
    if breaks:
        text, cost = only, cost + 0.4
    if factor != 1.0:
        text += f", and {scaled_by(case, fixes, factor)}"
        cost += 0.4
    plain = factor == 1.0 and not breaks
    again = (lambda: onward(base, v, how)) if plain else None
    return Explanation(cost, text, fixes, breaks, again, only if elsewhere and plain else "")


def onward(base: Base, v: Variant, how: str) -> Base:
    """Give the base in which a forward mistake is made already."""
    made = [varied(base, v, p) for p in range(len(base.states))]
    states = [seen_as(base, v, how, state) for state in made if state is not None]
    c, graph = base.case, states[0].graph
    if how is EXACT:
        c = replace(c, graph=graph, points=states, subset=None, further=None)
    return Base(c, states, base.edits)
