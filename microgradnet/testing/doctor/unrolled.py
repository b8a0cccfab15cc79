"""The loop backward through the rounds of a recurrence, run in the forward order."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

from .case import Base, Explanation
from .graph import RESULT, Graph
from .naming import derivatives
from .sweep import Array, State, flat

SUMS = ("add", "subtract", "negative")
SCALES = ("multiply", "divide")
NONE = -1  # for an operation that a round lacks
Carried = dict[tuple[int, int], Any]  # by place in the code and operand: what a round hands on


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
    apart = _summands(graph)
    for i, op in enumerate(graph.ops[: graph.output + 1]):
        if op.kind == RESULT and op.site and i not in apart:
            sites[op.site].append(i)
    loops: dict[int, list[list[int]]] = defaultdict(list)
    for made in sites.values():
        if len(made) > 1:
            loops[len(made)].append(sorted(made, key=lambda i: graph.ops[i].order))
    chained = {
        n: made for n, made in loops.items()
        if any(all(graph.depends(b, a) for a, b in itertools.pairwise(m)) for m in made)
    }  # fmt: skip
    found = []
    for n, loop in chained.items():
        late = [_late(graph, short, loop) for short in loops.get(n - 1, ())]
        places = [*loop, *(ops for ops in late if ops)]
        found.append([list(ops) for ops in zip(*places, strict=True)])
    return found


def _late(graph: Graph, short: list[int], made: list[list[int]]) -> list[int]:
    """Line up with a loop what is a constant in its first round, made of a state of zeros."""
    between = any(
        all(map(graph.depends, short, ops[:-1])) and all(map(graph.depends, ops[1:], short))
        for ops in made
    )
    return [NONE, *short] if between else []


def _summands(graph: Graph) -> set[int]:
    """Give what the output is a sum of, as of each round's loss: no round hands these on."""
    found, stack = {graph.output}, [graph.output]
    while stack:
        op = graph.ops[stack.pop()]
        if op.kind != RESULT:
            continue  # a parameter is the loss itself
        varies = [a for a in op.args if graph.ops[a].kind == RESULT]
        if op.name in SUMS or (op.name in SCALES and len(varies) == 1):
            stack += [a for a in varies if a not in found]
            found.update(varies)
    return found


def forward(base: Base, p: int, rounds: list[list[int]]) -> Array:
    """Give the gradient at a point when the rounds are gone through in the wrong order."""
    graph, state, walk = base.case.graph, base.states[p], base.walk(p)
    number = {i: t for t, ops in enumerate(rounds) for i in ops if i != NONE}
    outside, everywhere = _from_outside(graph, state, walk, number)
    if not everywhere:  # the last state's cotangent is there before the loop begins
        last = len(rounds) - 1
        first = dict(zip(rounds[last], rounds[0], strict=True))
        outside = {first[i] if number[i] == last else i: c for i, c in outside.items()}
    cts: list[Any] = [None] * len(graph.ops)
    order = sorted(range(len(rounds[-1])), key=rounds[-1].__getitem__, reverse=True)
    inside, reads = (_reads(graph, rounds, number, back) for back in (0, 1))

    def add(i: int, c: Any) -> None:
        if c is not None:
            cts[i] = _sum(cts[i], c)

    carried: Carried = {}
    for ops in rounds:
        own = [outside.get(i) for i in ops]
        for place, c in carried.items():
            own[reads[place]] = _sum(own[reads[place]], c)
        carried = {}
        for m in order:
            # What is constant in the first round, or not there, hands on all the same.
            is_there = ops[m] != NONE and graph.live[ops[m]]
            i = ops[m] if is_there else rounds[1][m]
            if own[m] is None or not graph.live[i]:
                continue
            if is_there:
                add(i, own[m])
            for k, a in enumerate(graph.ops[i].args):
                if (m, k) in inside:
                    own[inside[m, k]] = _sum(own[inside[m, k]], state.step(i, own[m], k))
                elif (m, k) in reads:
                    carried[m, k] = state.step(i, own[m], k)
                elif graph.live[a]:
                    add(a, state.step(i, own[m], k))
    for i in range(graph.output, -1, -1):  # what lies before the loop, or beside it
        if i in number or not graph.live[i]:
            continue
        for n, k in graph.users(i):
            if n not in number and (cts[n] is not None or walk[n] is not None):
                add(i, state.step(n, walk[n] if cts[n] is None else cts[n], k))
    return flat(state, cts)


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def _reads(
    graph: Graph, rounds: list[list[int]], number: dict[int, int], back: int
) -> dict[tuple[int, int], int]:
    """Tell which operands come from so many rounds before, and from which of its operations."""
    reads = {}
    for place, i in enumerate(rounds[-1]):
        for k, a in enumerate(graph.ops[i].args):
            if number.get(a) == len(rounds) - 1 - back:
                reads[place, k] = rounds[-1 - back].index(a)
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
