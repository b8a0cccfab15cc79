"""The search: one mistake that explains everything, else a few that do so together.

Every explanation was verified at all points before it comes here. The cheapest that
covers all wrong gradients wins; ties are the same formula in other words.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from . import backward, forward, pairs, parts, stale, unrolled, whole
from .case import Base, Explanation, Targets

DEEPEST = 2  # mistakes one upon the other
PLAIN = 1.0  # the cost of what needs no search for anything cheaper
LIKELY = 1.5  # the cost of a slip that leaves no doubt about the values
LIMITS = (1.11, 1.21, 1.31, 1.36, 1.46, 1.56, 99.0)  # costs, batch by batch
UPON_A_SLIP = 4  # batches
BRANCHES = 3  # partial explanations to go on from


def simple(base: Base) -> list[Explanation]:
    """Give what shows in whole gradients."""
    if base.simple is None:
        kinds = (whole.explanations, parts.explanations, stale.explanations, unrolled.explanations)
        base.simple = [e for kind in kinds for e in kind(base)]
    return base.simple


def single(base: Base) -> list[Explanation]:
    """Give all explanations by one mistake, cheapest first."""
    if base.singles is None:
        base.singles = _single(base)
    return base.singles


def _single(base: Base) -> list[Explanation]:
    """Try slips on the way back, and wrong values where no slip is likely.

    Wrong values spoil all that is computed from them: where a derivative is right, `late` is
    early enough to look for them.
    """
    found = list(simple(base))
    _search(base, found, backward.explanations, PLAIN)
    if not is_right(base):
        _search(base, found, forward.explanations, LIKELY)
    if not any(e.fixes == base.wrong for e in found):
        found += stale.unstated(base)
    if not any(e.fixes == base.wrong for e in found):
        found += backward.partial(base)
    return sorted(found, key=lambda e: e.cost)


def _search(
    base: Base,
    found: list[Explanation],
    kind: Callable[[Base, float, float], list[Explanation]],
    good: float,
) -> None:
    """Try what is likely first, and end when nothing cheaper can be found, or what is `good`."""
    for least, limit in limits(base, kind):
        if any(e.fixes == base.wrong and e.cost <= max(least, good) for e in found):
            return
        found += kind(base, least, limit)


def limits(base: Base, kind: object) -> list[tuple[float, float]]:
    """Give the costs to look at, batch by batch: upon a slip, only the likelier wrong values."""
    both = list(itertools.pairwise((0.0, *LIMITS)))
    return both[:UPON_A_SLIP] if base.edits and kind is forward.explanations else both


def is_right(base: Base) -> bool:
    """Whether some derivative is right that might be wrong."""
    return any(np.any(base.gradient(0)[base.case.targets[t].where]) for t in base.right)


def late(base: Base) -> list[Explanation]:
    """Give the explanations by wrong values that `single` left out."""
    if base.late is None:
        ends = limits(base, forward.explanations) if is_right(base) else []
        base.late = [e for both in ends for e in forward.explanations(base, *both)]
    return base.late


def plain(base: Base) -> list[Explanation] | None:
    """Explain everything by one simple property of whole gradients, if that is possible."""
    found = simple(base)
    full = [e for e in found if e.fixes == base.wrong and e.cost <= PLAIN]
    return [min(full, key=lambda e: e.cost)] if full else None


def solve(base: Base, depth: int = DEEPEST) -> list[Explanation] | None:
    """Explain all wrong gradients; None if that is not possible."""
    if not base.wrong:
        return []
    best = covering(single(base), base.wrong)
    if depth == 1 or (best is not None and len(best) == 1):
        return best
    joint: list[Explanation] = []
    if best is None:
        joint = pairs.explanations(base)
        best = covering(joint, base.wrong)
    if best is None:
        best = covering([e for e in backward.pairs(base) if e.fixes >= base.wrong], base.wrong)
    if best is None or len(best) > 1:
        best = covering([*single(base), *late(base)], base.wrong) or best
    if best is None or len(best) > 1:
        deeper = onward(base, [*single(base), *late(base)], depth, len(best) if best else 99)
        best = deeper if deeper is not None else best
    if best is None:
        best = covering(pairs.unlike(base), base.wrong) or onward(base, joint, depth, 99)
    return best


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
    return [_without_repetition(e, chosen) for e in chosen]


def _without_repetition(e: Explanation, others: Sequence[Explanation]) -> Explanation:
    """Leave out of a sentence what another one says already: ", and" begins what is new."""
    for other in others:
        if e.text.startswith(f"{other.text}, and "):
            return replace(e, text=e.text.removeprefix(f"{other.text}, and "))
    return e


def onward(
    base: Base, found: Sequence[Explanation], depth: int, beat: int
) -> list[Explanation] | None:
    """Take a mistake for made, and explain what is then still wrong."""
    usable = [e for e in found if e.base is not None and e.fixes != base.wrong]
    usable.sort(key=lambda e: (-len(e.fixes), e.cost))
    best = None
    seen: set[Targets] = set()
    for e in usable:
        if e.fixes in seen or len(seen) == BRANCHES:
            continue
        seen.add(e.fixes)
        assert e.base is not None
        rest = solve(e.base(), depth - 1)
        if rest is not None and 1 + len(rest) < beat:
            best, beat = [e, *rest], 1 + len(rest)
    return best
