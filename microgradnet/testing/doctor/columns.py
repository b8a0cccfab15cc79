"""Many variants of a graph of scalars at once: a matrix of values, a row per op, a column each."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...rules import Elementwise
from .case import Base
from .graph import PARAM, RESULT, Op, form
from .places import Variant, combined
from .sweep import Array

TESTS = 2  # parameters that a pair must get right at least one of
WIDTH = 32768  # columns at a time: some ten megabytes


def is_scalar(base: Base) -> bool:
    """Whether everything computed from parameters is elementwise on single numbers."""
    graph, values = base.case.graph, base.states[0].values
    if base.edits or base.states[0].graph is not graph:
        return False
    for i, op in enumerate(graph.ops):
        if op.kind != RESULT or not graph.live[i]:
            continue
        if op.name == "getitem" and graph.ops[op.args[0]].kind == PARAM:
            if i not in graph.elements or form(values[i]) != ():
                return False
            continue
        scalar = isinstance(op.primitive.rule, Elementwise) and op.settings in (None, {})
        if form(values[i]) != () or not scalar:
            return False
    return True


def is_elementwise(v: Variant) -> bool:
    """Whether a variant is one of operations on single numbers."""
    return all(op.kind == RESULT and isinstance(op.primitive.rule, Elementwise) for _, op in v.ops)


@dataclass
class Change:
    """Columns in which one operation is another one."""

    op: Op
    args: Array  # one row per operand: which op is read, by column
    columns: Array


Changes = dict[int, list[Change]]  # by operation


class Columns:
    """Variants beside each other: a matrix of values, a row per op, a column each."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.graph = base.case.graph
        values = base.states[0].values
        self.moving = [
            i
            for i, op in enumerate(self.graph.ops)
            if op.kind == RESULT and form(values[i]) == () and op.name != "getitem"
        ]
        self.start = np.array([float(v) if form(v) == () else np.nan for v in values])

    @cached_property
    def tests(self) -> list[tuple[int, float]]:
        """Choose parameters to look at: those with the least between them and the loss."""
        case, graph = self.base.case, self.graph
        found = []
        for t in self.base.wrong:
            target = case.targets[t]
            if target.shape == ():
                found.append((target.node, float(case.reported[0][target.where][0])))
                continue
            reported = np.reshape(case.reported[0][target.where], target.shape)
            for n, _ in graph.users(target.op):
                index = self.base.states[0].point.settings[n].get("index")
                found.append((n, float(reported[index])))
        found = [(n, r) for n, r in found if r]  # too many pairs give a zero
        found.sort(key=lambda pair: sum(graph.depends(n, pair[0]) for n in range(len(graph.ops))))
        return found[:TESTS]

    def survivors(self, singles: Sequence[Variant]) -> Iterator[tuple[Variant, int]]:
        """Give the pairs that get one of the tests right, and by which kind of gradient."""
        for block in _blocks(self, singles):
            values = self._forward(block.changes, block.width)
            own = self._own(block.changes, values)
            kinds: Any = (({}, {}), ({}, own), (block.changes, {}))
            for kind, (changes, slopes) in enumerate(kinds):
                for v in block.pairs(self._hits(changes, values, slopes)):
                    yield v, kind

    def giving(
        self, singles: Sequence[Variant], ops: Sequence[int], target: float, close: float
    ) -> Iterator[Variant]:
        """Give the pairs that give one of the operations a certain value."""
        for block in _blocks(self, singles):
            values = self._forward(block.changes, block.width)[list(ops)]
            near = np.abs(values - target) <= close * abs(target)
            yield from block.pairs(np.any(near, axis=0))

    def gradients(self, singles: Sequence[Variant]) -> Iterator[Array]:
        """Give the gradients of single variants, a row each, for each kind of ``effects.HOW``."""
        changes = self.changes(singles)
        case = self.base.case
        values = self._forward(changes, len(singles))
        own = self._own(changes, values)
        for other, slopes in (({}, {}), ({}, own), (changes, {})):
            cts = self._walked(other, values, slopes)
            out = np.zeros((len(singles), sum(int(np.prod(t.shape)) for t in case.targets)))
            for t in case.targets:
                if t.shape == ():
                    out[:, t.where.start] = cts[t.node]
                    continue
                places = np.arange(t.where.start, t.where.stop).reshape(t.shape)
                for i, (leaf, index) in self.graph.elements.items():
                    if leaf == t.op:
                        out[:, places[index]] += cts[i]
            yield out

    def changes(self, singles: Sequence[Variant]) -> Changes:
        """Sort the operations of variants by place and kind; each has the column of its number."""
        found: dict[Any, list[tuple[int, Op]]] = defaultdict(list)
        for column, v in enumerate(singles):
            for i, op in v.ops:
                found[i, op.primitive, len(op.args)].append((column, op))
        out: Changes = defaultdict(list)
        for (i, _, _), members in found.items():
            columns = np.array([c for c, _ in members])
            args = np.array([op.args for _, op in members]).T
            out[i].append(Change(members[0][1], args, columns))
        return out

    def _forward(self, changes: Changes, width: int) -> Array:
        values = np.repeat(self.start[:, None], width, axis=1)
        for i in self.moving:
            op = self.graph.ops[i]
            values[i] = op.primitive.evaluate(*(values[a] for a in op.args))
            for c in changes.get(i, ()):
                xs = [values[a, c.columns] for a in c.args]
                values[i, c.columns] = c.op.primitive.evaluate(*xs)
        return values

    def _own(self, places: Iterable[int], values: Array) -> dict[int, Array]:
        """Give what the intended operations would make of the same operands."""
        ops = self.graph.ops
        return {
            i: ops[i].primitive.evaluate(*(values[a] for a in ops[i].args))
            for i in places
            if i in self.moving and len(ops[i].args) == 1
        }

    def _hits(self, changes: Changes, values: Array, own: dict[int, Array]) -> Array:
        """Tell in which columns a test comes out right."""
        ops = self.graph.ops
        between = {i for i, _ in self.tests}  # the tests, and what they go through
        for i in self.moving:
            read = itertools.chain(ops[i].args, *(c.args.flat for c in changes.get(i, ())))
            if not between.isdisjoint(read):
                between.add(i)
        cts = self._walked(changes, values, own, between)
        hit = np.zeros(values.shape[1], bool)
        for i, r in self.tests:
            hit |= np.abs(cts[i] - r) <= 1e-9 * abs(r) + 1e-300
        return hit

    def _walked(
        self,
        changes: Changes,
        values: Array,
        own: dict[int, Array],
        among: Collection[int] | None = None,
    ) -> Array:
        """Walk backward in all columns; slopes are taken at `own` results where there are any.

        The walk may keep `among` those ops that matter.
        """
        cts = np.zeros_like(values)
        cts[self.graph.output] = 1.0
        for i in reversed(self.moving):
            if among is not None and i not in among:
                continue
            op, g, z = self.graph.ops[i], cts[i], own.get(i, values[i])
            here = changes.get(i, ())
            for k, a in enumerate(op.args):
                if among is not None and a not in among:
                    continue
                term = self._partial(op, k, z, [values[b] for b in op.args]) * g
                for c in here:
                    term[c.columns] = 0.0
                cts[a] += term
            for c in here:
                xs = [values[a, c.columns] for a in c.args]
                for k, a in enumerate(c.args):
                    d = self._partial(c.op, k, z[c.columns], xs)
                    cts[a, c.columns] += d * g[c.columns]
        return cts

    def _partial(self, op: Op, k: int, z: Any, xs: Sequence[Any]) -> Any:
        d = op.primitive.rule.partials[k]
        return d if isinstance(d, float) else 0.0 if d is None else d(z, *xs)


@dataclass
class Block:
    """Some variants, each with all that come after the first of them: a column for each pair."""

    firsts: Sequence[Variant]
    partners: Sequence[Variant]
    changes: Changes
    apart: Array  # of each pair, whether it is one: in order, and with no operation in common

    @property
    def width(self) -> int:
        """Count the columns."""
        return self.apart.size

    def pairs(self, hit: Array) -> Iterator[Variant]:
        """Give the pairs in the columns that were hit."""
        for one, other in np.argwhere(np.reshape(hit, self.apart.shape) & self.apart):
            v = combined(self.firsts[one], self.partners[other])
            assert v is not None
            yield v


def _blocks(columns: Columns, singles: Sequence[Variant]) -> Iterator[Block]:
    """Give all pairs, as many at a time as a processor's cache holds."""
    changes, count = columns.changes(singles), len(singles)
    touched = np.zeros((count, len(columns.graph.ops)), np.int64)
    for n, v in enumerate(singles):
        touched[n, [i for i, _ in v.ops]] = 1
    apart = np.triu(touched @ touched.T == 0, 1)
    many = max(1, WIDTH // max(count, 1))
    for start in range(0, count, many):
        firsts, partners = singles[start : start + many], singles[start:]
        rows, width = np.arange(len(firsts))[:, None], len(partners)
        made: Changes = defaultdict(list)
        for i, those in changes.items():
            for c in those:
                late = c.columns >= start
                here = (rows * width + c.columns[late] - start).ravel()
                made[i].append(Change(c.op, np.tile(c.args[:, late], len(firsts)), here))
        for row, v in enumerate(firsts):
            for i, op in v.ops:
                args = np.tile(np.array(op.args)[:, None], width)
                made[i].append(Change(op, args, np.arange(row * width, (row + 1) * width)))
        yield Block(firsts, partners, made, apart[start : start + many, start:])
