"""Two mistakes in the forward computation at once.

All pairs of single variants. In a graph of scalars the partners of a variant are all
evaluated together, one column each; graphs of arrays are small enough to go one by one.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from .case import Base, Explanation
from .columns import Columns, is_scalar
from .forward import HOW, attempted, known, verified
from .graph import Graph
from .variation import Variant, combined

MOST = 12000  # pairs that are tried one by one
EFFORT = 150_000  # pairs times operations
WIDEST = 900  # variants that are paired with each other
ALIKE = 1.2  # the cost of the variants that are tried at two like places
PARALLEL = 1500  # pairs of those
VERIFIED = 300  # pairs that are tried at all points, cheapest first


def explanations(base: Base) -> list[Explanation]:
    """Give the pairs that explain some of what is wrong."""
    singles = known(base)[:WIDEST]
    found = list(_in_columns(base, singles) if is_scalar(base) else _one_by_one(base, singles))
    found.sort(key=lambda pair: pair[0].cost)
    out: list[Explanation] = []
    for v, how in found[:VERIFIED]:
        made = verified(base, v, how, 1.0, base.wrong)
        if made is not None:
            out.append(made)
    return sorted(out, key=lambda e: (-len(e.fixes), e.cost))


def parallel(base: Base) -> list[Explanation]:
    """Give those of two mistakes of one kind, at two places of one kind, where arrays are read."""
    if is_scalar(base):
        return []  # `explanations` takes all pairs at once
    graph = base.case.graph
    alike: dict[object, list[Variant]] = defaultdict(list)
    for v in known(base):
        if len(v.ops) == 1 and v.cost <= ALIKE:
            alike[_kind(graph, v)].append(v)
    both = [pair for vs in alike.values() for pair in itertools.combinations(vs, 2)]
    both.sort(key=lambda pair: pair[0].cost + pair[1].cost)
    found = _surviving(base, both[: min(PARALLEL, EFFORT // len(graph.ops))])
    made = [verified(base, v, how, 1.0, base.wrong) for v, how in found]
    return [e for e in made if e is not None and e.fixes == base.wrong]


def _kind(graph: Graph, v: Variant) -> object:
    """Say what is done, and where: at operations of one kind that go into the same."""
    ((i, op),) = v.ops
    read = [graph.ops[a] for a, own in zip(op.args, graph.ops[i].args, strict=False) if a != own]
    kinds = [(a.kind, a.primitive and a.primitive.name) for a in read]
    users = sorted(n for n, _ in graph.users(i))
    return op.primitive.name, tuple(kinds), tuple(users), round(v.cost, 2)


def _in_columns(base: Base, singles: Sequence[Variant]) -> Iterator[tuple[Variant, str]]:
    for v, how in Columns(base).survivors(singles):
        yield v, HOW[how]


def _one_by_one(base: Base, singles: Sequence[Variant]) -> Iterator[tuple[Variant, str]]:
    both = list(itertools.combinations(singles, 2))
    both.sort(key=lambda pair: pair[0].cost + pair[1].cost)
    return _surviving(base, both[: min(MOST, EFFORT // len(base.case.graph.ops))])


def _surviving(
    base: Base, pairs: Iterable[tuple[Variant, Variant]]
) -> Iterator[tuple[Variant, str]]:
    """Give the pairs that explain some wrong gradient at the first point."""
    case = base.case
    telling = [t for t in base.wrong if np.any(case.reported[0][case.targets[t].where])]
    for a, b in pairs:
        v = combined(a, b)
        if v is None:
            continue
        with np.errstate(all="ignore"):
            led = list(attempted(base, v))
        for how, guess in led:
            if any(case.fits(t, 0, guess) for t in telling):
                yield v, how
