"""Two mistakes in the forward computation at once.

All pairs of single variants. In a graph of scalars the partners of a variant are all
evaluated together, one column each; graphs of arrays are small enough to go one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .case import Base, Explanation
from .columns import Columns, is_scalar
from .forward import HOW, attempted, verified
from .variants import Variant, combined, variants

MOST = 12000  # pairs that are tried one by one
EFFORT = 300_000  # pairs times operations
WIDEST = 1500  # variants that are paired with each other


def explanations(base: Base) -> list[Explanation]:
    """Give the pairs that explain some of what is wrong."""
    singles = list(variants(base.case.graph, base.states[0], base.case.names))
    singles = sorted(singles, key=lambda v: v.cost)[:WIDEST]
    found = _in_columns(base, singles) if is_scalar(base) else _one_by_one(base, singles)
    out: list[Explanation] = []
    for v, how in found:
        made = verified(base, v, how, 1.0, base.wrong)
        if made is not None:
            out.append(made)
    return sorted(out, key=lambda e: (-len(e.fixes), e.cost))


def _in_columns(base: Base, singles: Sequence[Variant]) -> Iterator[tuple[Variant, str]]:
    for v, how in Columns(base).survivors(singles):
        yield v, HOW[how]


def _one_by_one(base: Base, singles: Sequence[Variant]) -> Iterator[tuple[Variant, str]]:
    case = base.case
    both = [(a, b) for i, a in enumerate(singles) for b in singles[i + 1 :]]
    both.sort(key=lambda pair: pair[0].cost + pair[1].cost)
    for a, b in both[: min(MOST, EFFORT // len(case.graph.ops))]:
        v = combined(a, b)
        if v is None:
            continue
        for how, guess in attempted(base, v, 0):
            if any(case.fits(t, 0, guess) for t in base.wrong):
                yield v, how
