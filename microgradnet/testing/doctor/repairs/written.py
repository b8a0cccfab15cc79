"""The code of somebody's gradient, recorded as the intended function is.

It becomes a graph of its own, with one output for each parameter. Laid beside what it makes is
what is right (`facts`), so that a change of the code may read either.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import CodeType
from typing import Any

import numpy as np

from ..calling import Call
from ..case import Base, Targets
from ..graph import (
    CONSTANT,
    RESULT,
    Draft,
    Graph,
    Op,
    Point,
    draft,
    elements,
    evaluate,
    with_tests,
)
from ..naming import Names
from ..places import UNFIT
from ..recording import ASIDE, INSIDE, recorded
from ..sampling import FAILURES
from ..sweep import Array
from .facts import Fact, facts

POINTS = 6  # that the code is recorded at
FEWEST = 3  # of these at which it goes one way
RETURNED = "returned"
LARGEST = 5000  # operations


class Itself:
    """What gives its operand."""

    rule = None

    def __init__(self, name: str) -> None:
        self.name = name

    def compute(self, operands: list[Any], settings: dict[str, Any]) -> Any:
        """Give the operand."""
        return operands[0]


@dataclass
class Written:
    """Somebody's code, its numbers at some of the points, and what is right there."""

    base: Base
    graph: Graph
    outputs: tuple[int, ...]
    points: list[Point]
    numbers: list[int]  # of the points, as the base counts them
    facts: list[tuple[Fact, tuple[int, ...]]]  # and where they are in the graph
    ops: list[Op] = field(default_factory=list)  # the code as it is now, with changes made
    step: Any = None  # the best change, once it is known, see `search`

    @cached_property
    def names(self) -> Names:
        """What the code calls its values."""
        return Names(self.graph, self.points[0])

    def gradient(self, values: Sequence[Any], n: int = 0) -> Array:
        """Give the gradient that some values make up, at the n-th point."""
        parts = [np.reshape(values[i], -1) for i in self.outputs]
        flat = np.concatenate(parts).astype(np.float64)
        return _gradient(flat, self.points[n].leaves, self.base.case.rate)

    def right(self, flat: Array, n: int, among: Iterable[int]) -> Targets:
        """Tell which derivatives are right, of a gradient at the n-th point."""
        return self.base.agreeing(flat, self.numbers[n], among)

    @cached_property
    def wrong(self) -> Targets:
        """The derivatives that are wrong at some point."""
        right = every = frozenset(range(len(self.base.case.targets)))
        for n, point in enumerate(self.points):
            right = self.right(self.gradient(point.values, n), n, right)
        return every - right

    def is_fact(self, i: int) -> bool:
        """Whether a value is none of the code's own."""
        return self.first_fact <= i < self.first_fact + self.count

    @cached_property
    def first_fact(self) -> int:
        """Where the facts begin, behind the parameters and data."""
        return self.facts[0][1][0] if self.facts else 0

    @cached_property
    def count(self) -> int:
        """How many values the facts are."""
        return sum(len(columns) for _, columns in self.facts)

    def reached(self, i: int) -> Targets:
        """Give the targets that depend on an operation."""
        bits = self.below[i]
        return frozenset(t for t, leaf in enumerate(self.leaf_of) if bits >> leaf & 1)

    @cached_property
    def leaf_of(self) -> list[int]:
        """Tell which parameter each target is, or is a part of."""
        ends = np.cumsum([np.size(x) for x in self.points[0].leaves])
        return [int(np.searchsorted(ends, t.where.start, "right")) for t in self.base.case.targets]

    @cached_property
    def below(self) -> list[int]:
        """Bit sets of the outputs that depend on each op."""
        found = [0] * len(self.graph.ops)
        for n, i in enumerate(self.outputs):
            found[i] |= 1 << n
        for i in reversed(range(len(found))):
            for a in self.ops[i].args:
                found[a] |= found[i]
        return found

    def after(self, group: Sequence[int]) -> list[int]:
        """List the ops to be computed anew when those of a group change."""
        dirty = set(group)
        for i in range(min(group), len(self.ops)):
            if self.below[i] and not dirty.isdisjoint(self.ops[i].args):
                dirty.add(i)
        return sorted(dirty)

    def changed(self, new: dict[int, Op], order: Sequence[int], n: int = 0) -> list[Any] | None:
        """Compute the code with other operations at the n-th point; None where they do not fit.

        Nor do they if what is returned for a parameter has another shape then.
        """
        point, ops = self.points[n], self.ops
        values, settings = list(point.values), point.settings
        try:
            for i in order:
                op = new.get(i) or ops[i]
                values[i] = evaluate(op, settings[i], [values[a] for a in op.args])
        except UNFIT:
            return None
        same = all(np.shape(values[i]) == np.shape(point.values[i]) for i in self.outputs)
        return values if same else None

    def made(self, new: dict[int, Op]) -> Written:
        """Give the code with some operations changed for good."""
        ops = [new.get(i, op) for i, op in enumerate(self.ops)]
        order = self.after(list(new))
        points = [
            replace(point, values=self.changed(new, order, n) or point.values)
            for n, point in enumerate(self.points)
        ]
        return replace(self, ops=ops, points=points, step=None)

    @cached_property
    def now(self) -> Graph:
        """The code as it is now, as a graph."""
        found = elements(self.ops, self.points[0])
        return Graph(self.ops, len(self.ops) - 1, self.graph.params, self.graph.names, found)

    def line(self, i: int, outer: bool = False) -> str:
        """Say in which line of the code an operation is; of the `outer` function's, perhaps."""
        stack = self.graph.ops[i].site[0] if self.graph.ops[i].site else ()
        if not stack:
            return ""
        own = [place for place in stack if not place[0].co_filename.startswith(INSIDE)]
        if not own:
            return ""
        line = _line(*own[0 if outer else -1])
        return f"line {line}" if line else ""


@cache
def _line(code: CodeType, at: int) -> int | None:
    at %= ASIDE
    return next((n for start, end, n in code.co_lines() if start <= at < end), None)


def written(reported: Call, base: Base) -> Written | None:
    """Record the code of a gradient at some points of a base; None if that is not possible.

    Nor is it where the code goes another way at most of them, as by ``if z > 0``: what is right
    on one of the ways need not be right on the others.
    """
    some = _alike(_drafts(reported, base))
    point = base.states[0].point
    with contextlib.suppress(*FAILURES):  # so that an object which keeps results has plain ones
        reported.gradient(point.leaves, point.inputs, base.case.rate, "the reported gradient")
    if some is None or len(some) < min(FEWEST, len(base.states)):
        return None
    first = next(iter(some.values()))
    known = facts(base, {np.shape(x) for x in first.values if not isinstance(x, tuple)})
    params, inputs = len(reported.params.leaves), len(reported.inputs.leaves)
    leaves, points = params + inputs, []
    for p, d in some.items():
        here = [fact.at(base.states[p], base.walk(p)) for fact in known]
        beside = [x for numbers in here for x in numbers]
        old = base.states[p].point
        values = [*d.values[:leaves], *beside, *d.values[leaves:]]
        settings = [*d.settings[:leaves], *({} for _ in beside), *d.settings[leaves:]]
        points.append(Point(old.leaves, old.inputs, values, settings))
    shift = len(beside)

    def moved(i: int) -> int:
        return i if i < leaves else i + shift

    ops = [replace(op, args=tuple(map(moved, op.args))) for op in first.ops]
    labels = [Op(CONSTANT, label=fact.text) for fact in known for _ in fact.rounds]
    ops = [*ops[:leaves], *labels, *ops[leaves:]]
    names = {moved(i): name for i, name in first.names.items()}
    places, at = [], leaves
    for fact in known:
        places.append((fact, tuple(range(at, at + len(fact.rounds)))))
        at += len(fact.rounds)
    ops = [*ops[: leaves + shift], *with_tests(ops, points)[leaves + shift :]]
    outputs = tuple(range(len(ops), len(ops) + params))
    for n, i in enumerate(map(moved, first.outputs)):
        names[len(ops)] = first.names[n]
        ops.append(Op(RESULT, Itself(RETURNED), (i,), (), len(ops) + first.ops[-1].order))
        for point in points:
            point.values.append(point.values[i])
            point.settings.append({})
    graph = Graph(ops, len(ops) - 1, [*range(params)], names)
    return Written(base, graph, outputs, points, list(some), places, ops)


def _gradient(flat: Array, leaves: Sequence[Any], rate: float | None) -> Array:
    """Give the gradient that a function returned, or that its training step used."""
    if rate is None:
        return flat
    return (np.concatenate([np.reshape(x, -1) for x in leaves]) - flat) / rate


def _alike(drafts: dict[int, Draft]) -> dict[int, Draft] | None:
    """Give those that go the most usual way."""
    shapes = [_shape(d) for d in drafts.values()]
    usual = max(shapes, key=shapes.count, default=None)
    if usual is None:
        return None
    return {p: d for (p, d), s in zip(drafts.items(), shapes, strict=True) if s == usual}


def _shape(d: Draft) -> Any:
    """Tell which way the code went: the operations, and what they were made of."""
    return *d.outputs, *((op.kind, op.primitive, op.args) for op in d.ops)


def _drafts(reported: Call, base: Base) -> dict[int, Draft]:
    """Record the code at some points, in the first way in which it gives what it reports."""
    real = [np.asarray(x).dtype.kind == "f" for x in reported.inputs.leaves]
    for track in (real, [False] * len(real)):
        for help in (1, 2):
            reported.help, found = help, dict[int, Draft]()
            with contextlib.suppress(*FAILURES, AttributeError):
                for p in range(len(base.states)):
                    d = _draft(reported, base, p, track)
                    if d is not None and len(d.ops) > LARGEST:
                        return {}
                    if d is not None:
                        found[p] = d
                    if len(found) == POINTS:
                        break
            if found:
                return found
    return {}


def _draft(reported: Call, base: Base, p: int, track: Sequence[bool]) -> Draft | None:
    """Record the code at one point; None if it then gives something else."""
    point, rate = base.states[p].point, base.case.rate

    def read(result: Any) -> list[Any]:
        return reported.params.sorted(result, "the reported gradient")

    made = recorded(reported, point.leaves, point.inputs, track, read=read)
    d = draft(made, reported.params.names, reported.inputs.names, unused=True)
    flat = np.concatenate([np.reshape(d.values[i], -1) for i in d.outputs])
    flat = _gradient(flat, point.leaves, rate)
    near = np.abs(flat - base.case.reported[p]) <= base.case.allowed(p, flat)
    return d if np.all(near) else None
