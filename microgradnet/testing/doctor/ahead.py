"""Which mistake of the forward computation gives the forward values that somebody has."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import or_

import numpy as np

from .case import Base, Explanation
from .columns import Columns, is_scalar
from .effects import HOW, varied
from .forward import changed_data, changed_values, known, onward
from .places import Variant, combined
from .seen import CLOSE, Seen, agrees, is_whole

EFFORT = 300_000  # pairs that are tried one by one, times operations
AT_ONCE = 400_000_000  # twice as many pairs that are tried together, times operations and values
ALIKE = 8  # variants that give the same forward values


def mistake(base: Base, values: Sequence[Seen]) -> Explanation | None:
    """Find the one or two mistakes that give the reported forward values.

    Where only such differ as have unknown names, nobody knows what they are meant to be: then the
    gradient has to be less wrong with the mistake than without it.
    """
    placed = [s for s in values if s.placed]
    values = [s for s in values if s.placed or not is_whole(s.values) or agrees(base, [s])]
    if not agrees(base, placed):
        found = _mistake(base, values)
        return found or (_mistake(base, placed) if len(placed) < len(values) else None)
    few = not base.wrong or agrees(base, values)
    found = None if few else _mistake(base, values, likely=True)
    better = found and found.base is not None and len(found.base().wrong) < len(base.wrong)
    return found if better else None


def _mistake(base: Base, values: Sequence[Seen], likely: bool = False) -> Explanation | None:
    """Find one mistake that gives all values, or two; if it is to be `likely`, one that is."""
    wrong = [s for s in values if not s.fits(0, base.states[0].values)] or list(values)
    others = [s for s in values if not any(s is lost for lost in wrong)]

    def fits(v: Variant, p: int) -> bool:
        state = varied(base, v, p)
        return state is not None and all(s.fits(p, state.values) for s in (*wrong, *others))

    moves = _moved(base, wrong)
    spares = _spared(base, [s for s in others if agrees(base, [s])])
    regular = [*known(base), *changed_data(base), *changed_values(base)]
    for odd in (False,) if likely else (False, True):
        some = known(base, odd) if odd else regular
        found = _cheapest(base, [v for v in some if moves(v) and spares(v)], fits)
        if found is not None or likely:
            return found
    singles = [v for v in known(base, odd=True) if spares(v)]
    return _cheapest(base, list(_pairs(base, singles, wrong, fits)), fits)


def _moved(base: Base, wrong: Sequence[Seen]) -> Callable[[Variant], bool]:
    """Tell whether all values that differ are made from what a variant changes."""
    above = base.case.graph.above
    made = [reduce(or_, (above[i] for i in s.ops), 0) for s in wrong]

    def moves(v: Variant) -> bool:
        bits = _bits(v)
        return all(some & bits for some in made)

    return moves


def _spared(base: Base, right: Sequence[Seen]) -> Callable[[Variant], bool]:
    """Tell whether no value that is right is made from all that it changes.

    It may be made from some of it: a change may not show in the first round of a loop.
    """
    values, above = base.states[0].values, base.case.graph.above
    own = [[i for i in s.ops if replace(s, ops=(i,)).fits(0, values)] for s in right]
    made = {tuple(above[i] for i in ops) for ops in own}

    def spares(v: Variant) -> bool:
        bits = _bits(v)
        return all(any(some & bits != bits for some in each) for each in made)

    return spares


def _bits(v: Variant) -> int:
    return reduce(or_, (1 << i for i, _ in v.ops))


def _pairs(
    base: Base,
    singles: Sequence[Variant],
    wrong: Sequence[Seen],
    fits: Callable[[Variant, int], bool],
) -> Iterator[Variant]:
    last, ops = wrong[0], len(base.case.graph.ops)
    likely = sorted(singles, key=lambda v: v.cost)
    if is_scalar(base) and np.size(last.values[0]) == 1:
        target = float(last.values[0].reshape(-1)[0])
        some = likely[: math.isqrt(AT_ONCE // (ops * len(last.ops)))]
        for v in Columns(base).giving(some, last.ops, target, CLOSE):
            if fits(v, 0):
                yield v
        return
    most = EFFORT // ops
    likely = likely[: 2 * math.isqrt(most)]
    both = sorted(itertools.combinations(likely, 2), key=lambda pair: pair[0].cost + pair[1].cost)
    for a, b in both[:most]:
        both_made = combined(a, b)
        if both_made is not None and fits(both_made, 0):
            yield both_made


def _cheapest(
    base: Base, found: list[Variant], fits: Callable[[Variant, int], bool]
) -> Explanation | None:
    """Choose the cheapest that fits everywhere, of those that explain the gradient if any do."""
    points = range(len(base.states))
    sure = (v for v in sorted(found, key=lambda v: v.cost) if all(fits(v, p) for p in points))
    first: Explanation | None = None
    for v in itertools.islice(sure, ALIKE):
        next_base = _next(base, v)
        e = Explanation(v.cost, v.text, frozenset(), base=partial(_itself, next_base))
        if not next_base.wrong:
            return e
        first = first or e
    return first


def _itself(base: Base) -> Base:
    return base


def _next(base: Base, v: Variant) -> Base:
    """Go on from the reading of the gradient that leaves least to explain."""
    return min((*(onward(base, v, how) for how in HOW), base), key=lambda b: len(b.wrong))
