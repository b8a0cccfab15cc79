"""Two mistakes in the forward computation at once.

In a graph of scalars these are all pairs of single variants, many evaluated together. Where
arrays are read they are those of one kind at two places of one kind, later any two of the
likeliest.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from .case import Base, Explanation
from .columns import Columns, is_scalar
from .effects import HOW, attempted
from .forward import known, verified
from .graph import Graph
from .places import Variant, combined

EFFORT = 60_000  # pairs of arrays times operations
WIDEST = 900  # variants of scalars that are paired with each other
ALIKE = 1.2  # the cost of the variants that are tried at two like places
VERIFIED = 300  # pairs that are tried at all points, cheapest first


def explanations(base: Base) -> list[Explanation]:
    """Give the pairs that explain some of what is wrong; of arrays, what is done twice alike."""
    if "pairs" not in base.effects:
        if is_scalar(base):
            survivors = Columns(base).survivors(known(base)[:WIDEST])
            base.effects["pairs"] = _verified(base, [(v, HOW[how]) for v, how in survivors])
        else:
            base.effects["pairs"] = _tried(base, _alike(base.case.graph, known(base)))
    return [*base.effects["pairs"]]


def unlike(base: Base) -> list[Explanation]:
    """Give pairs of any variants, where `explanations` did not try them all."""
    if is_scalar(base):
        return []
    few = known(base)[: math.isqrt(2 * EFFORT // len(base.case.graph.ops))]
    return _tried(base, _combined(itertools.combinations(few, 2)))


def _tried(base: Base, pairs: Sequence[Variant]) -> list[Explanation]:
    """Give the pairs that explain some wrong gradient at the first point, then all everywhere."""
    case, found = base.case, []
    telling = [t for t in base.wrong if np.any(case.reported[0][case.targets[t].where])]
    for v in pairs[: EFFORT // len(case.graph.ops)]:
        led = list(attempted(base, v))
        found += [(v, how) for how, guess in led if any(case.fits(t, 0, guess) for t in telling)]
    return [e for e in _verified(base, found) if e.fixes == base.wrong]


def _verified(base: Base, found: Sequence[tuple[Variant, str]]) -> list[Explanation]:
    likely = sorted(found, key=lambda pair: pair[0].cost)[:VERIFIED]
    made = [verified(base, v, how, 1.0, base.wrong) for v, how in likely]
    return sorted((e for e in made if e is not None), key=lambda e: (-len(e.fixes), e.cost))


def _combined(pairs: Iterable[tuple[Variant, Variant]]) -> list[Variant]:
    both = [combined(*pair) for pair in pairs]
    return sorted((v for v in both if v is not None), key=lambda v: v.cost)


def _alike(graph: Graph, singles: Sequence[Variant]) -> list[Variant]:
    """Give what is done twice in one way, the likeliest first."""
    alike: dict[object, list[Variant]] = defaultdict(list)
    for v in singles:
        if len(v.ops) == 1 and v.cost <= ALIKE:
            alike[_kind(graph, v)].append(v)
    return _combined(pair for vs in alike.values() for pair in itertools.combinations(vs, 2))


def _kind(graph: Graph, v: Variant) -> object:
    """Say what is done, and where: at operations of one kind that go into the same."""
    ((i, op),) = v.ops
    read = [graph.ops[a] for a, own in zip(op.args, graph.ops[i].args, strict=False) if a != own]
    kinds = [(a.kind, a.primitive and a.name) for a in read]
    users = sorted(n for n, _ in graph.users(i))
    return op.name, tuple(kinds), tuple(users), round(v.cost, 2)
