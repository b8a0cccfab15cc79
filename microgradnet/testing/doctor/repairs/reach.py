"""What changes at a spot of somebody's code can do at all, so that most need not be tried.

On its way back the code is linear in what it computes: there a change adds to the gradient what
the derivative of the outputs makes of it, and can make right what is within that matrix's reach.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..case import Targets
from ..graph import Graph, form
from ..sweep import Array, State
from .spots import Altered
from .written import Itself, Written

NEAR = 1e-6  # of the size of what is to be explained


@dataclass
class Reach:
    """The derivatives of somebody's gradient by all that its code computes, at one point."""

    code: Written

    @cached_property
    def rows(self) -> list[dict[int, Any]]:
        """For each number of the gradient: its derivative by each operation's result."""
        code, found = self.code, []
        leaves = len(code.points[0].leaves) + len(code.points[0].inputs)
        graph = Graph(code.ops, 0, [*range(leaves)])
        state = State(graph, code.points[0], code.points[0].values)
        scale = 1.0 if code.base.case.rate is None else -1.0 / code.base.case.rate
        for i in code.outputs:
            for e in range(np.size(state.values[i])):
                found.append(_walk(state, i, e, scale))
        return found

    def matrix(self, members: Sequence[int]) -> Array:
        """Give the derivatives by all results of a spot, a row for each number of the gradient."""
        values = self.code.points[0].values
        blocks = []
        for i in members:
            size = np.size(values[i])
            rows = (row.get(i) for row in self.rows)
            blocks.append([np.zeros(size) if r is None else np.reshape(r, -1) for r in rows])
        return np.concatenate([np.array(b) for b in blocks], axis=1)

    def fixable(self, members: Sequence[int], wrong: Targets) -> tuple[Targets, bool, bool]:
        """Tell which wrong derivatives a change at a spot might make right, sparing the right ones.

        And whether the code is linear in the spot's results. If it is not, it might be all, though
        most changes spoil what is right: the last result tells if so.
        """
        code = self.code
        if any(isinstance(code.points[0].values[i], tuple) for i in members):
            return wrong, False, False
        matrix = self.matrix(members)
        linear, moved = self._tried(members, matrix)
        if not linear:
            settled = all(self.depths[i] == 0 for i in members)
            return frozenset() if settled else wrong, False, self._spoils(moved, wrong)
        case, p = code.base.case, code.numbers[0]
        off = code.base.gradient(p) - code.gradient(code.points[0].values)
        spared = np.ones(len(off), bool)
        for t in wrong:
            spared[case.targets[t].where] = False
        if _within(matrix, off):
            return wrong, True, False
        found = []
        for t in wrong:
            some = spared.copy()
            some[case.targets[t].where] = True
            if _within(matrix[some], off[some] * ~spared[some]):
                found.append(t)
        return frozenset(found), True, False

    def _spoils(self, moved: Array | None, wrong: Targets) -> bool:
        """Whether something that is right moves."""
        targets = self.code.base.case.targets
        right = (t for t in range(len(targets)) if t not in wrong)
        size = NEAR * np.abs(moved).max(initial=0.0) if moved is not None else 0.0
        return moved is not None and any(
            np.any(np.abs(moved[targets[t].where]) > size) for t in right
        )

    @cached_property
    def depths(self) -> list[int]:
        """How many operations lie between each result and what is known to be right, at most.

        0 where it is right itself, or where all that is computed from it is.
        """
        code = self.code
        values, ops = code.points[0].values, code.ops
        right = [not op.args or self.is_known(values[i]) for i, op in enumerate(ops)]
        for i in reversed(range(len(ops))):
            readers = [n for n, _ in code.now.reading[i] if code.below[n]]
            right[i] = right[i] or (bool(readers) and all(right[n] for n in readers))
        found = list[int]()
        for i, op in enumerate(ops):
            found.append(0 if right[i] else 1 + max(found[a] if a < i else 1 for a in op.args))
        return found

    def is_known(self, x: Any) -> bool:
        """Whether a value is one that is right, up to a constant."""
        if isinstance(x, tuple):
            return False
        return _key(x) in self._known or (np.ndim(x) == 2 and _key(np.transpose(x)) in self._known)

    def is_right(self, i: int) -> bool:
        """Whether an operation gives what is right, and no multiple of it."""
        x = self.code.points[0].values[i]
        return not isinstance(x, tuple) and _exactly(x) in self._right

    @cached_property
    def _right(self) -> set[object]:
        values = self.code.points[0].values
        return {_exactly(values[i]) for _, columns in self.code.facts for i in columns}

    @cached_property
    def _known(self) -> set[object]:
        values, constants = self.code.points[0].values, self.code.base.case.constants
        known = [values[i] for _, columns in self.code.facts for i in columns]
        found = {_key(x) for x in known}
        numbers = np.unique(np.concatenate([[0.0], *(np.reshape(x, -1) for x in known)]))
        some = constants[constants != -1.0]  # a minus is an operation of its own
        return found | {_rounded(x) for x in np.outer(some, numbers).flat}

    def _tried(self, members: Sequence[int], matrix: Array) -> tuple[bool, Array | None]:
        """Try other results at a spot: whether the gradient is linear in these; how it moves."""
        code, point = self.code, self.code.points[0]
        rng = np.random.default_rng(0)
        new, deltas = {}, []
        for i in members:
            x = point.values[i]
            delta = rng.uniform(0.5, 1.5, np.shape(x)) * (1.0 + np.abs(x))
            new[i] = code.ops[i].other(Altered(code.ops[i], after=partial(operator.add, delta)))
            deltas.append(np.reshape(delta, -1))
        values = code.changed(new, code.after(members))
        if values is None:
            return False, None
        moved = code.gradient(values) - code.gradient(point.values)
        wanted = matrix @ np.concatenate(deltas)
        size = NEAR * np.abs(wanted).max(initial=1e-300)
        return bool(np.allclose(moved, wanted, NEAR, size)), moved


def _walk(state: State, i: int, e: int, scale: float) -> dict[int, Any]:
    z = state.values[i]
    seed: Any = scale
    if type(z) is not float:
        seed = np.zeros(form(z))
        seed.reshape(-1)[e] = scale
    cts: dict[int, Any] = {i: seed}
    for n in range(i, -1, -1):
        g, op = cts.get(n), state.graph.ops[n]
        if g is not None and isinstance(op.primitive, Itself):
            cts[op.args[0]] = cts.get(op.args[0], 0.0) + g
            continue
        if g is None or not op.args or not state.graph.live[n] or op.primitive.rule is None:
            continue
        for a, c in zip(op.args, state.step(n, g), strict=True):
            if c is not None and state.graph.live[a]:
                cts[a] = cts[a] + c if a in cts else c
    return cts


def _key(x: Any) -> object:
    """Give what arrays that are alike up to a constant have in common."""
    flat = np.reshape(np.asarray(x, np.float64), -1)
    if flat.size > 1:
        flat = flat / (flat[np.argmax(np.abs(flat))] or 1.0)
        return np.shape(x), flat.round(9).tobytes()
    return _rounded(flat[0]) if flat.size else 0.0


def _exactly(x: Any) -> object:
    return np.shape(x), np.asarray(x, np.float64).round(9).tobytes()


def _rounded(x: Any) -> float:
    return float(f"{x:.10g}")


def _within(matrix: Array, off: Array) -> bool:
    """Whether something is a combination of a matrix's columns."""
    size = np.abs(off).max(initial=0.0)
    if not np.all(np.isfinite(matrix)):
        return True
    found = np.linalg.lstsq(matrix, off, rcond=None)[0]
    return bool(np.all(np.abs(matrix @ found - off) <= NEAR * size))
