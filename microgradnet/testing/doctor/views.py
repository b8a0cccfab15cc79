"""The numbers that terms are made of: those at one point, or at many points at once.

Fits try some hundred terms at some points each, in all rounds of a loop: arrays take them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...rules import Elementwise
from .graph import form
from .places import Place, multipliers, with_operand
from .sources import Ops
from .sweep import Array, State

Look = Callable[[Any], Any]  # what a part is, by a view of the numbers: `One` or `All`


@dataclass(frozen=True, eq=False)
class Part:
    """One factor of a term, or a whole one."""

    text: Callable[[int], str]  # for a member
    cost: float
    look: Look
    reads: Ops = ()  # the operations whose cotangents it needs

    def changed(self, words: str, change: Callable[[Any], Any], cost: float) -> Part:
        """Give a function of it, of whole arrays; `words` have ``{}`` in its place."""
        return Part(
            lambda m: words.format(self.text(m)),
            self.cost + cost,
            lambda view: view.changed(change, view.seen(self)),
            self.reads,
        )

    def times(self, other: Part) -> Part:
        """Multiply element by element."""
        return Part(
            lambda m: f"{self.text(m)}*{other.text(m)}",
            self.cost + other.cost + 0.05,
            lambda view: view.times(view.seen(self), view.seen(other)),
            self.reads,
        )

    def cumulated(self, back: bool) -> Part:
        """Add it up over the rounds of a loop so far, or from the last one on."""
        return Part(
            lambda m: f"(the sum of {self.text(m)} so far)",
            self.cost + 0.1,
            lambda view: view.cumulated(self, back),
            self.reads,
        )


class One:
    """The numbers at one point, for one member of a group."""

    def __init__(self, state: State, cts: Sequence[Any], m: int) -> None:
        self.state, self.cts, self.m = state, cts, m

    def seen(self, part: Part) -> Any:
        """Compute a part."""
        return part.look(self)

    def value(self, ops: Ops) -> Any:
        """Give a value."""
        return self.state.values[ops[self.m]]

    def cotangent(self, ops: Ops) -> Any:
        """Give the derivative with respect to a value."""
        return self.cts[ops[self.m]]

    def changed(self, change: Callable[[Any], Any], x: Any) -> Any:
        """Apply a function of whole arrays."""
        return change(np.asarray(x))

    def times(self, x: Any, y: Any) -> Any:
        """Multiply element by element."""
        return x * y

    def cumulated(self, part: Part, back: bool) -> Any:
        """Add up a part over the members so far, or from here on."""
        last = len(part.reads) if back else self.m + 1
        some = range(self.m if back else 0, last)
        return sum(part.look(One(self.state, self.cts, m)) for m in some)

    def applied(self, at: Place, g: Any, x: Any) -> Any:
        """Apply the rule of an edge, perhaps with another operand."""
        e = at.group.edges[self.m]
        if x is None:
            return self.state.step(e.top, g, e.k)
        return with_operand(self.state, e, g, multipliers(self.state, e)[0], x)


@dataclass
class All:
    """The numbers at many points, for all members: arrays with two more axes in front."""

    states: list[State]
    cts: Sequence[Sequence[Any]]
    members: int
    known: dict[object, Array] = field(default_factory=dict)

    def seen(self, part: Part) -> Array:
        """Compute a part, once."""
        if part not in self.known:
            self.known[part] = part.look(self)
        return self.known[part]

    def _stacked(self, key: object, give: Callable[[One], Any]) -> Array:
        if key not in self.known:
            ones = [
                [np.asarray(give(One(state, cts, m)), float) for m in range(self.members)]
                for state, cts in zip(self.states, self.cts, strict=True)
            ]
            self.known[key] = np.array(ones)
        return self.known[key]

    def value(self, ops: Ops) -> Array:
        """Give values."""
        return self._stacked(("value", ops), lambda one: one.value(ops))

    def cotangent(self, ops: Ops) -> Array:
        """Give derivatives with respect to values."""
        return self._stacked(("cotangent", ops), lambda one: one.cotangent(ops))

    def changed(self, change: Callable[[Any], Any], x: Array) -> Array:
        """Apply a function of whole arrays."""
        return np.array([[change(one) for one in row] for row in x])

    def times(self, x: Array, y: Array) -> Array:
        """Multiply element by element; two axes are in front."""
        axes = max(x.ndim, y.ndim)
        return _raised(x, axes) * _raised(y, axes)

    def cumulated(self, part: Part, back: bool) -> Array:
        """Add up a part over the members so far, or from each on."""
        x = self.seen(part)
        return np.cumsum(x[:, ::-1], 1)[:, ::-1] if back else np.cumsum(x, 1)

    def applied(self, at: Place, g: Array, x: Array | None) -> Array:
        """Apply the rule of an edge, perhaps with another operand."""
        op, edges = at.op, at.group.edges
        rule, ops = op.primitive.rule, [at.operands(j) for j in range(len(op.args))]
        whole = all(form(at.state.values[a]) == form(at.top) for a in op.args)
        if isinstance(rule, Elementwise) and whole and (x is None or op.name == "multiply"):
            d = rule.partial(op.primitive, at.e.k)
            if type(d) is float:
                return d * g
            xs = [self.value(one) for one in ops]
            if x is not None:
                xs[1 - at.e.k] = x
            z = self.value(tuple(e.top for e in edges))
            return np.asarray(d(z, *xs) * g)
        if op.name == "matmul":
            other = self.value(ops[1 - at.e.k]) if x is None else x
            return _through_product(g, other, at.e.k)
        rows = []
        for p, (state, cts) in enumerate(zip(self.states, self.cts, strict=True)):
            ones = [One(state, cts, m) for m in range(self.members)]
            there = (g[p, m] for m in range(self.members))
            rows.append(
                [
                    one.applied(
                        at, _plain(c, state.values[edges[m].top]), None if x is None else x[p, m]
                    )
                    for m, (one, c) in enumerate(zip(ones, there, strict=True))
                ]
            )
        return np.array(rows, float)


def _through_product(g: Array, other: Array, k: int) -> Array:
    """Give what many products of matrices (or vectors) hand on; two axes are in front."""
    if g.ndim == 2:  # of two vectors
        return g[..., None] * other
    if other.ndim == 3:  # of a matrix with a vector
        return g[..., None] * other[..., None, :] if k == 0 else other[..., None] * g[..., None, :]
    turned = np.swapaxes(other, 2, 3)
    if g.ndim == 3:
        return (g[..., None, :] @ turned)[..., 0, :] if k == 0 else (turned @ g[..., None])[..., 0]
    return g @ turned if k == 0 else turned @ g


def _raised(x: Array, axes: int) -> Array:
    return np.reshape(x, (*x.shape[:2], *(1,) * (axes - x.ndim), *x.shape[2:]))


def _plain(c: Any, like: Any) -> Any:
    return float(c) if type(like) is float else c
