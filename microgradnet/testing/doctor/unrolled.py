"""The loop backward through the rounds of a recurrence, run in the forward order."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import numpy as np

from .case import Base, Explanation
from .graph import RESULT, Graph
from .naming import derivatives
from .sweep import Array, State, flat

Carried = dict[tuple[Any, int], Any]  # by place in the code and operand: what a round hands on


def explanations(base: Base) -> list[Explanation]:
    """Find out whether the rounds were gone through from the first to the last."""
    case, out = base.case, []
    for rounds in recurrences(case.graph):
        try:
            fixes = case.matched(lambda p, r=rounds: forward(base, p, r), base.wrong)  # type: ignore[misc]
        except (ValueError, TypeError, IndexError):  # what one round hands on fits no other
            continue
        if fixes:
            text = (
                f"in {derivatives(case, fixes)} the loop over the {len(rounds)} rounds runs from "
                "the first to the last, where it should run from the last to the first"
            )
            out.append(Explanation(1.1, text, fixes))
    return out


def recurrences(graph: Graph) -> list[list[list[int]]]:
    """Give the loops whose rounds go on from each other: the operations of each round."""
    sites: dict[Any, list[int]] = defaultdict(list)
    for i, op in enumerate(graph.ops[: graph.output + 1]):
        if op.kind == RESULT and op.site:
            sites[op.site].append(i)
    loops: dict[int, list[list[int]]] = defaultdict(list)
    for made in sites.values():
        if len(made) > 1:
            loops[len(made)].append(sorted(made, key=lambda i: graph.ops[i].order))
    chained = [
        made for made in loops.values()
        if any(all(graph.depends(b, a) for a, b in itertools.pairwise(m)) for m in made)
    ]  # fmt: skip
    return [[list(ops) for ops in zip(*made, strict=True)] for made in chained]


def forward(base: Base, p: int, rounds: list[list[int]]) -> Array:
    """Give the gradient at a point when the rounds are gone through in the wrong order."""
    graph, state, walk = base.case.graph, base.states[p], base.walk(p)
    number = {i: t for t, ops in enumerate(rounds) for i in ops}
    outside, everywhere = _from_outside(graph, state, walk, number)
    if not everywhere:  # the last state's cotangent is there before the loop begins
        last = len(rounds) - 1
        first = dict(zip(rounds[last], rounds[0], strict=True))
        outside = {first[i] if number[i] == last else i: c for i, c in outside.items()}
    cts: list[Any] = [None] * len(graph.ops)

    def add(i: int, c: Any) -> None:
        if c is not None:
            cts[i] = c if cts[i] is None else cts[i] + c

    carried: Carried = {}
    reads = _carries(graph, rounds, number)
    with np.errstate(all="ignore"):
        for t, ops in enumerate(rounds):
            for i, c in outside.items():
                if number[i] == t:
                    add(i, c)
            for place, c in carried.items():
                if place in reads:
                    add(ops[reads[place]], c)
            carried = {}
            for i in sorted(ops, reverse=True):
                if cts[i] is None or not graph.live[i]:
                    continue
                for k, a in enumerate(graph.ops[i].args):
                    place = ops.index(i), k
                    if number.get(a) == t:
                        add(a, state.step(i, cts[i], k))
                    elif place in reads:
                        carried[place] = state.step(i, cts[i], k)
                    elif graph.live[a]:
                        add(a, state.step(i, cts[i], k))
        for i in range(graph.output, -1, -1):  # what lies before the loop, or beside it
            if i in number or not graph.live[i]:
                continue
            for n, k in graph.users(i):
                if n not in number and (cts[n] is not None or walk[n] is not None):
                    add(i, state.step(n, walk[n] if cts[n] is None else cts[n], k))
    return flat(state, cts)


def _carries(graph: Graph, rounds: list[list[int]], number: dict[int, int]) -> Carried:
    """Tell which operands come from the round before, and from which of its operations."""
    reads: Carried = {}
    for place, i in enumerate(rounds[-1]):
        for k, a in enumerate(graph.ops[i].args):
            if number.get(a) == len(rounds) - 2:
                reads[place, k] = rounds[-2].index(a)
    return reads


def _from_outside(
    graph: Graph, state: State, walk: list[Any], number: dict[int, int]
) -> tuple[dict[int, Any], bool]:
    """Give what comes into the rounds from beyond them, and whether it comes into all."""
    found: dict[int, Any] = {}
    for i in number:
        for n, k in graph.users(i):
            if n not in number and walk[n] is not None:
                c = state.step(n, walk[n], k)
                found[i] = found[i] + c if i in found else c
    if graph.output in number:
        found[graph.output] = walk[graph.output]
    return found, len({number[i] for i in found}) == len(set(number.values()))
