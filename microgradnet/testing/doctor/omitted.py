"""Loops on the way back that end too early, or add to what another round left behind.

The rounds are those of the intended code, or the parts of its arrays along an axis.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from .case import Base, Explanation, Match, first_verified, fitting, in_other_words
from .edges import nested
from .graph import form
from .naming import derivatives, parts
from .sweep import Array, Edge, Edit, Make, State

MOST = 512  # operations that one place in the code makes
NUMBERS = 40_000  # of such a family's sensitivities: more take longer than they are worth
LAST, FIRST, ADDED, ADDED_BACK = "last", "first", "added", "added back"
OF_ARRAYS = 0.1  # parts of which are looked at elsewhere, too
NAMELESS = 0.01  # of what has no name in the code
BACK = (FIRST, ADDED_BACK)
COSTS = {LAST: 1.2, FIRST: 1.21, ADDED: 1.22, ADDED_BACK: 1.3}
NESTED = 0.21  # what a loop within others makes likelier: there nobody thinks of single terms


@dataclass
class Family:
    """What one place in the code makes, with what arrives there on the way back."""

    base: Base
    ops: list[int]

    def arrived(self, p: int = 0) -> Array:
        """Give the cotangents at a point, an array for each operation."""
        walk, values = self.base.walk(p), self.base.states[p].values
        zero = np.zeros(form(values[self.ops[0]]))
        return np.array([zero if walk[i] is None else walk[i] for i in self.ops], np.float64)

    @cached_property
    def rows(self) -> Array | None:
        """What each number that arrives does to the gradient, at the first point."""
        found = [self.base.sensitivities()[i] for i in self.ops]
        if any(row is None for row in found):
            return None
        return np.array(found)

    @cached_property
    def edges(self) -> list[tuple[int, Edge]]:
        """The ways on from there, each with the number of its operation."""
        graph = self.base.case.graph
        return [
            (n, Edge(i, a, k))
            for n, i in enumerate(self.ops)
            for k, a in enumerate(graph.ops[i].args)
            if graph.live[a]
        ]


@dataclass(frozen=True)
class Loop:
    """The rounds of one loop, of several within each other: ``shape[axis]`` of them."""

    shape: tuple[int, ...]
    axis: int
    of_rounds: bool = True  # else of an array

    @property
    def size(self) -> int:
        """How many rounds it has."""
        return self.shape[self.axis]

    def cost(self, kind: str) -> float:
        """How unlikely it is that somebody leaves out, or adds, that."""
        nested = self.of_rounds and kind in (LAST, FIRST) and max(self.shape[0], self.shape[2]) > 1
        return COSTS[kind] - NESTED * nested + OF_ARRAYS * (not self.of_rounds)

    def changed(self, kind: str, arrived: Array) -> Array:
        """Give what arrives if rounds are left out, or if each adds to those before."""
        cts, back = arrived.reshape(self.shape), kind in BACK
        if kind in (ADDED, ADDED_BACK):
            turned = np.flip(cts, self.axis) if back else cts
            total = np.cumsum(turned, axis=self.axis)
            return (np.flip(total, self.axis) if back else total).reshape(arrived.shape)
        out = cts.copy()
        out[(slice(None),) * self.axis + (0 if back else -1,)] = 0.0
        return out.reshape(arrived.shape)


def explanations(base: Base) -> list[Explanation]:
    """Find the loop, and what was made of its rounds."""
    guesses: list[tuple[Family, Loop, str]] = []
    gradients: list[Array] = []
    for family in families(base) if not base.edits else ():
        arrived, rows = family.arrived(), family.rows
        if rows is None or rows.size > NUMBERS or not np.any(arrived):
            continue
        flat = rows.reshape(-1, rows.shape[-1])
        for loop, kind in itertools.product(loops(arrived.shape), COSTS):
            off = loop.changed(kind, arrived) - arrived
            guesses.append((family, loop, kind))
            gradients.append(base.gradient(0) + off.reshape(-1) @ flat)
    if not guesses:
        return []
    table = np.array(gradients)

    def cost(match: Match) -> float:
        family, loop, kind = guesses[match[0]]
        named = family.ops[0] in base.case.graph.names
        return loop.cost(kind) + NAMELESS * (not named)

    matches = [m for m in fitting(base, table, None) if m[1] == 1.0]
    classes = in_other_words(base, table, matches, cost)
    return first_verified(classes, lambda m: _verified(base, *guesses[m[0]], m))


def families(base: Base) -> Iterator[Family]:
    """Give the places in the code where something arrives, independent of each other."""
    graph, walk = base.case.graph, base.walk(0)
    values = base.states[0].values
    for made in graph.makers.values():
        ops = [i for i in made if graph.live[i] and i <= graph.output and i not in graph.elements]
        if len(ops) > MOST or not any(walk[i] is not None for i in ops):
            continue
        same = len({form(values[i]) for i in ops}) == 1
        bits = sum(1 << i for i in ops)
        apart = all(graph.above[i] & bits == 1 << i for i in ops)
        if same and apart and (len(ops) > 1 or form(values[ops[0]])):
            yield Family(base, ops)


def loops(shape: Sequence[int]) -> Iterator[Loop]:
    """Give the loops that operations in so many rounds, or arrays' axes, may be gone through by."""
    for rounds in nested(shape[0]):
        yield Loop((*rounds, *shape[1:]), 1)
    for axis, size in enumerate(shape):
        if axis and size > 1:
            yield Loop(tuple(shape), axis, False)


def _verified(
    base: Base, family: Family, loop: Loop, kind: str, match: Match
) -> Explanation | None:
    case, hit = base.case, match[2]

    def hand(n: int, edge: Edge, state: State, g: Any, cts: Any) -> Any:
        p = base.number_of(state)
        new = loop.changed(kind, family.arrived(p))[n]
        return state.step(edge.top, float(new) if type(g) is float else new, edge.k)

    makes: list[Make] = [partial(hand, n, edge) for n, edge in family.edges]
    edit = Edit(tuple(edge for _, edge in family.edges), makes.__getitem__)
    fixes = case.matched(lambda p: base.edited(edit, p), hit)
    if not fixes:
        return None
    breaks = base.right - case.matched(lambda p: base.edited(edit, p), base.right)
    text = f"in {derivatives(case, fixes)}, {_words(family, loop, kind)}"
    again = None if breaks else (lambda: base.after(edit))
    return Explanation(loop.cost(kind), text, fixes, breaks, again)


def _words(family: Family, loop: Loop, kind: str) -> str:
    """Say what is left out, or what is added to what."""
    what, size, back = family.base.case.names.derivative(family.ops[0]), loop.size, kind in BACK
    if not loop.of_rounds:
        axes, axis = len(loop.shape) - 1, loop.axis - 1
        which, along = parts(axes, axis, [0 if back else size - 1])
        if kind in (LAST, FIRST):
            return f"{which}{along} of {what} is left out"
        which = which.split()[0]
        where = "after" if back else "before"
        return f"what the {which}s {where} left is added to each {which}{along} of {what}"
    outer, inner = loop.shape[0], loop.shape[2]
    if kind in (LAST, FIRST):
        few = f" {inner}" if inner > 1 else ""
        which = f"{kind}{few} of {'every' if outer > 1 else 'the'} {size * inner} rounds"
        why = "begins too late" if back else "ends too early"
        return f"{what} is left out in the {which}: a loop {why}"
    where = "after" if back else "before"
    which = f"the round {where}" if inner == 1 else f"the {inner} rounds {where}"
    if outer == 1 and size == family.base.case.samples[0]:
        which = f"the samples {where}"
    return f"{what} is added to what {which} left, where it should start anew"
