"""How much of what somebody's code computes on the way is what it should be.

Of several changes that make the gradient right, the mistake's own makes the most of this right:
where `dh` is wrong, and `dz` is made of it, what mends `dz` alone leaves `dh` what it was.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..case import Base
from ..sweep import Array
from .syntax import maker
from .writing import Place, located, written

SEEN = "_seen_"  # what notes a value
NEAR = 1e-9  # what rounding does, relative to a value
TIMES, AGAINST = 0.85, 0.75  # how right a derivative is that is off by a usual factor, by a sign
ELEMENTS, MANY = 2000, 20_000  # of one value; of all, if usual factors are looked for
Where = tuple[str, int, int]  # file, line and column of a statement
Seen = dict[Where, list[Any]]  # what statements made, each time


class Noted(ast.NodeTransformer):
    """Notes what statements of a file make, and what functions return."""

    def __init__(self, file: str) -> None:
        self.file = file

    def visit_Assign(self, node: ast.Assign) -> Any:
        """Note what is assigned."""
        return self._noted(node, node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """Note what comes of it."""
        return self._noted(node, [node.target])

    def visit_Return(self, node: ast.Return) -> Any:
        """Note what is returned."""
        self.generic_visit(node)
        if node.value is not None and not isinstance(node.value, ast.Tuple):
            node.value = self._call(node, node.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        """Note what comes of it."""
        self.generic_visit(node)
        node.body = self._call(node.body, node.body)
        return node

    def _noted(self, node: Any, targets: list[Any]) -> list[Any]:
        self.generic_visit(node)
        kept = [t for target in targets for t in getattr(target, "elts", [target])]
        texts = [ast.unparse(t) for t in kept if not isinstance(t, ast.Starred)]
        return [node, *(located(ast.Expr(self._call(node, written(t))), node) for t in texts)]

    def _call(self, node: Any, value: ast.expr) -> Any:
        place: Any = self.file, node.lineno, node.col_offset
        return located(ast.Call(ast.Name(SEEN, ast.Load()), [ast.Constant(place), value], []), node)


def where(file: str, result: Place | None) -> Where:
    """Tell where what makes a result stands, see `Syntax.made_of`."""
    if result is None:
        return file, 0, 0
    node = maker(result)
    return file, node.lineno, node.col_offset


class Values:
    """What the intended computation makes, and the derivatives of it, at the first point."""

    def __init__(self, base: Base) -> None:
        state, walk, rate = base.states[0], base.walk(0), base.case.rate or 0.0
        params = [(state.values[i], walk[i]) for i in base.case.graph.params]
        stepped = [x - rate * g for x, g in params if g is not None]
        derived = np.unique(numbers(walk))
        usual = base.case.constants if derived.size <= MANY else np.zeros(0)
        self.known = [  # what there is, and how right it is to have that; the first said is so
            (numbers([state.values, walk, stepped]), 1.0),
            (np.sort(np.outer(usual[usual > 0], derived).ravel()), TIMES),
            (np.sort(np.outer(usual[usual < 0], derived).ravel()), AGAINST),
        ]
        ops = base.case.graph.ops  # what is given is no work
        made = (state.values[i] for i in range(len(state.values)) if ops[i].args)
        several = [x for x in map(_plain, [*made, *walk]) if x.size]
        self.made = np.concatenate(several)
        self.size = len(several)
        self.by = np.repeat(np.arange(self.size), [x.size for x in several])

    def covered(self, seen: Seen) -> float:
        """Tell how many of the values that should be made are made somewhere."""
        some = [x for found in seen.values() for x in found]
        near = among(self.made, np.sort(np.concatenate(some))) if some else np.zeros(0)
        if not near.size:
            return 0.0
        sums, counts = np.bincount(self.by, near, self.size), np.bincount(self.by, None, self.size)
        return float(np.sum(sums / counts))

    def right(self, seen: Seen) -> dict[Where, float]:
        """Tell which part of what each statement made is what it should have made.

        Whole numbers tell nothing.
        """
        if not seen:
            return {}
        several = [np.concatenate(some) for some in seen.values()]
        x = np.concatenate(several)
        by = np.repeat(np.arange(len(several)), [len(some) for some in several])
        told = _is_told(x)
        worth = np.zeros(x.size)
        for known, own in self.known[::-1]:
            worth[among(x, known)] = own
        size = len(several)
        sums, counts = np.bincount(by[told], worth[told], size), np.bincount(by[told], None, size)
        return {w: r / n for w, r, n in zip(seen, sums.tolist(), counts.tolist(), strict=True) if n}


@contextlib.contextmanager
def noting() -> Iterator[Seen]:
    """Let code note its values, and find them."""
    seen: Seen = {}

    def note(where: Where, value: Any) -> Any:
        if isinstance(value, float):
            seen.setdefault(where, []).append([value])
        elif isinstance(value, np.ndarray | list) and (some := numbers([value])).size:
            seen.setdefault(where, []).append(some)
        return value

    setattr(builtins, SEEN, note)
    try:
        yield seen
    finally:
        delattr(builtins, SEEN)


def numbers(values: Any) -> Array:
    """Give all numbers in lists and arrays, sorted."""
    found = [np.zeros(0)]
    for value in values:
        if isinstance(value, list | tuple):
            found.append(numbers(value))
        elif isinstance(value, float | np.ndarray):
            x = np.asarray(value)
            if x.dtype == np.float64 and x.size <= ELEMENTS:
                found.append(x.ravel())
    return np.sort(np.concatenate(found))


def _is_told(x: Array) -> Array:
    return np.asarray((x != np.round(x)) & np.isfinite(x))


def _plain(value: Any) -> Array:
    """Give the numbers of a value that tell something."""
    x = numbers([value])
    return x[_is_told(x)]


def among(x: Array, known: Array) -> Array:
    """Tell which numbers are among some that are sorted."""
    at = np.searchsorted(known, x)
    around = np.concatenate([[np.inf], known, [np.inf]])
    off = np.minimum(np.abs(around[at] - x), np.abs(around[at + 1] - x))
    return np.asarray(off <= NEAR * np.abs(x))
