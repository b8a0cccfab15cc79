"""The search: one mistake that explains everything, else a few that do so together.

Every explanation was verified at all points before it comes here. The cheapest that
covers all wrong gradients wins; ties are the same formula in other words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from . import backward, distorted, forward, omitted, pairs, parts, stale, unrolled, whole
from .case import Base, Explanation, Targets
from .columns import is_scalar

DEPTHS = (0, 1, 2)  # of the search, see `solve`
QUICK, SIMPLE = -1, -2  # one that is over soon, and one that is over at once in large functions
PLAIN = 1.0  # the cost of what needs no search for anything cheaper
LIKELY = 1.5  # the cost of a slip that leaves no doubt about the values
BATCHES = list(itertools.pairwise((0.0, 1.11, 1.21, 1.31, 1.36, 1.46, 1.56, 99.0)))  # costs
LIKELIEST = 4  # batches of wrong values
READABLE = 140  # letters: of what has no short name the code has its own words
FIRST = 3  # batches of slips that are tried at once
PARTLY = 1.46  # the cost of wrong values that are tried to explain only a part
VAGUE = 3.0  # the cost of what is no explanation, but that numbers are nearly right
BRANCHES = 4  # partial explanations to go on from
EACH = 2  # of the same part

Search = Callable[[Base], list[Explanation]]


def simple(base: Base) -> list[Explanation]:
    """Give what shows in whole gradients."""
    if base.simple is None:
        kinds = (whole, distorted, parts, stale, unrolled, omitted)
        base.simple = [e for kind in kinds for e in kind.explanations(base)]
    return base.simple


def quick(base: Base) -> list[Explanation]:
    """Look for what shows in whole gradients, and for the likeliest slips on the way back."""
    if base.quick is None:
        base.quick = list(simple(base))
        _search(base, base.quick, backward.explanations, BATCHES[:FIRST], PLAIN)
    return base.quick


def slips(base: Base) -> list[Explanation]:
    """Look for one slip on the way back that explains everything, the likely first."""
    found = list(quick(base))
    _search(base, found, backward.explanations, BATCHES[FIRST:], PLAIN)
    return found


def full(base: Base) -> list[Explanation]:
    """Look for one mistake that explains everything.

    First for slips on the way back, then for wrong values. These spoil all that is computed
    from them: where a derivative is right, `late` is early enough for most of them.
    """
    if base.full is None:
        base.full = slips(base)
        few = base.edits or is_right(base)
        some = BATCHES[:LIKELIEST] if few else BATCHES[:-1]
        _search(base, base.full, partial(forward.explanations, whole=True), some, LIKELY)
        if not any(e.fixes == base.wrong for e in base.full):
            base.full += stale.unstated(base)
    return base.full


def single(base: Base) -> list[Explanation]:
    """Give the explanations by one mistake, those of a part of what is wrong too."""
    if base.partial is None:
        base.partial = backward.partial(base)
        for both in BATCHES[:-1]:
            if both[1] in base.effects:
                base.partial += forward.explanations(base, *both, whole=False)
    return [*full(base), *base.partial]


def fitted(base: Base) -> list[Explanation]:
    """Give what fits the numbers of each derivative that has no explanation, if all have a fit."""
    known = frozenset[int]().union(*(e.fixes for e in single(base) if e.cost < VAGUE))
    out: list[Explanation] = []
    for t in sorted(base.wrong - known) if len(base.wrong) > 1 else ():
        found = backward.identified_for(base, {t})
        if not found:
            return []
        out += found
    return out


def _search(
    base: Base,
    found: list[Explanation],
    kind: Callable[[Base, float, float], list[Explanation]],
    batches: Sequence[tuple[float, float]],
    good: float,
) -> None:
    """Try what is likely first, and end when nothing cheaper can be found, or what is `good`."""
    for least, limit in batches:
        if any(e.fixes == base.wrong and e.cost <= max(least, good) for e in found):
            return
        found += kind(base, least, limit)


def is_right(base: Base) -> bool:
    """Whether some derivative is right that might be wrong."""
    return any(np.any(base.gradient(0)[base.case.targets[t].where]) for t in base.right)


def rare(base: Base) -> list[Explanation]:
    """Give the explanations by unlikely wrong values: in some rounds of a loop alone."""
    return [] if base.edits else forward.explanations(base, *BATCHES[-1])


def late(base: Base) -> list[Explanation]:
    """Give the explanations by wrong values that `full` left out."""
    if base.late is None:
        ends = BATCHES[:LIKELIEST] if base.edits else BATCHES[:-1]
        base.late = [e for both in ends for e in forward.explanations(base, *both)] + rare(base)
        base.late += [e for _, end in ends if end <= PARTLY for e in forward.partial(base, end)]
    return base.late


def plain(base: Base) -> list[Explanation] | None:
    """Explain everything by one simple property of whole gradients, if that is possible."""
    found = simple(base)
    full = [e for e in found if e.fixes == base.wrong and e.cost <= PLAIN]
    return [min(full, key=lambda e: e.cost)] if full else None


def solve(base: Base, depth: int) -> list[Explanation] | None:
    """Explain all wrong gradients; None if that is not possible.

    At depth 0 by one mistake, at depth 1 by several beside each other, then by two that meet.
    """
    if depth in (QUICK, SIMPLE):
        most = BATCHES[FIRST - 1][1]
        some = quick(base) if depth == QUICK else simple(base)
        likely = [e for e in some if e.cost <= most and len(e.text) <= READABLE]
        return covering([e for e in likely if e.fixes >= base.wrong], base.wrong)
    whole = [e for e in full(base) if e.fixes >= base.wrong and e.cost < VAGUE]
    if depth == 0 or whole or not base.wrong:
        return covering(whole, base.wrong)
    best = covering(single(base), base.wrong)
    if not sure(best):
        best = covering(backward.identified_for(base, base.wrong), base.wrong) or best
    if depth == 1:
        return best
    if best is None:
        best = onward(base, single(base), 3, DEPTHS[:1])
    kinds: list[Search] = [backward.pairs, rare, partial(turned, full, 1), pairs.explanations]
    if is_scalar(base):  # then many pairs are tried at a time
        kinds = [rare, pairs.explanations, backward.pairs, partial(turned, full, 1)]
    kinds.insert(0, partial(turned, slips, 9))
    for kind in kinds:
        if best is None:
            best = covering([e for e in kind(base) if e.fixes >= base.wrong], base.wrong)
    if best is None or len(best) > 1:
        best = covering([*single(base), *late(base)], base.wrong) or best
    if best is None or len(best) > 1:
        known = len(best) if best and sure(best) else 99
        deeper = onward(base, [*single(base), *late(base)], known)
        best = deeper if deeper is not None else best
    if not sure(best):  # fits come after all that has a name
        some = [e for e in [*single(base), *fitted(base)] if e.cost < VAGUE]
        best = covering(some, base.wrong) or best
    if best is None:
        best = covering(pairs.unlike(base), base.wrong)
        best = best or onward(base, pairs.explanations(base), 99)
    return best


def sure(best: Sequence[Explanation] | None) -> bool:
    """Whether explanations were found, and each says more than that numbers are nearly right."""
    return best is not None and all(e.cost < VAGUE for e in best)


def turned(look: Search, most: int, base: Base) -> list[Explanation]:
    """Look for one mistake in what is, besides, transposed at the end: one of a few matrices."""
    case, out = base.case, []
    square = [t for t in base.wrong if _is_square(case.targets[t].shape)]
    for t in square if not base.edits and len(square) <= most else ():
        target = case.targets[t]
        reported = [r.copy() for r in case.reported]
        for r in reported:
            r[target.where] = np.reshape(r[target.where], target.shape).T.ravel()
        again = Base(replace(case, reported=reported, further=None), base.states)
        for e in look(again):
            if e.fixes >= again.wrong and again.wrong and e.cost < VAGUE:
                text = f"{e.text}, and `∂L/∂{target.name}` is transposed"
                out.append(Explanation(e.cost + 1.0, text, base.wrong))
    return out


def _is_square(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == shape[1]


def covering(found: Sequence[Explanation], wrong: Targets) -> list[Explanation] | None:
    """Choose explanations that together explain all: the cheapest one, else few that fix much."""
    full = [e for e in found if e.fixes >= wrong]
    if full:
        return [min(full, key=lambda e: e.cost)]
    left, chosen = set(wrong), []
    while left:
        best = min(found, key=lambda e: (-len(e.fixes & left), e.cost), default=None)
        if best is None or not best.fixes & left:
            return None
        chosen.append(best)
        left -= best.fixes
    return _alike([_beside(e, [other for other in chosen if other is not e]) for e in chosen])


def _alike(chosen: Sequence[Explanation]) -> list[Explanation]:
    """Say once what is said of several elements."""
    kinds: dict[str, list[Explanation]] = {}
    for e in chosen:
        kinds.setdefault(re.sub(r"\[[\d, ]+\]", "[]", e.text), []).append(e)
    out = []
    for same in kinds.values():
        more = f" (and so for {len(same) - 1} other elements)"
        several = len(same) > 2
        out += [replace(same[0], text=same[0].text + more)] if several else same
    return out


def _beside(e: Explanation, others: Sequence[Explanation]) -> Explanation:
    """Say for what it was made beside others, and nothing that one of them says already.

    In a sentence that begins like another one, ", and" begins what is new.
    """
    for other in others:
        if e.text.startswith(f"{other.text}, and "):
            return replace(e, text=e.text.removeprefix(f"{other.text}, and "))
    shared = any(other.text.startswith(f"{e.text}, and ") for other in others)
    return e if shared or not others or not e.only else replace(e, text=e.only)


def onward(
    base: Base, found: Sequence[Explanation], beat: int, depths: Sequence[int] = DEPTHS[:-1]
) -> list[Explanation] | None:
    """Take a mistake for made, and explain what is then still wrong by fewer than some others."""
    usable = [e for e in found if e.base is not None and e.fixes != base.wrong]
    usable.sort(key=lambda e: (-len(e.fixes), e.cost))
    made: list[tuple[Explanation, Base]] = []
    for e in usable:
        alike = [after for other, after in made if other.fixes == e.fixes]
        if len(made) == BRANCHES or len(alike) == EACH or e.base is None:
            continue
        after = e.base()
        if not any(base.case.same(after.gradient(0), known.gradient(0)) for known in alike):
            made.append((e, after))
    for depth in depths:
        rests = [(e, solve(after, depth)) for e, after in made]
        whole = [[e, *rest] for e, rest in rests if rest is not None]
        best = min(whole, key=len, default=None)
        if best is not None and len(best) < beat:
            return best
    return None
