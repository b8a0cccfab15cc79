"""Mistakes in numbers that a backward formula computes once more: f'(w*x + h) for f'(w*x + b)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .edges import Group
from .graph import CONSTANT, RESULT, Graph, form
from .naming import Names
from .sources import sources
from .sweep import Edge, State


@dataclass(frozen=True)
class Wrong:
    """One operand read elsewhere (`source`) or left out (None) in the expression of `whole`."""

    whole: int
    local: tuple[int, ...]
    top: int
    k: int
    source: int | None
    strangeness: float

    def value(self, state: State) -> Any:
        """Compute the expression with the mistake."""
        values = dict(enumerate(state.values))
        for i in self.local:
            op = state.op(i)
            if i == self.top and self.source is None:
                values[i] = values[op.args[1 - self.k]] + 0.0 * state.values[i]
                continue
            xs = [values[a] for a in op.args]
            if i == self.top:
                xs[self.k] = state.values[self.source]  # type: ignore[index]  # not None here
            settings = state.settings(i)
            values[i] = op.primitive.compute(xs, settings)
        if form(values[self.whole]) != form(state.values[self.whole]):
            raise ValueError("a variant of another shape")
        return values[self.whole]

    def text(self, graph: Graph, names: Names) -> str:
        """Say what stands where."""
        should = names(graph.ops[self.top].args[self.k])
        if self.source is None:
            return f"without {should}"
        return f"with {names(self.source)} in the place of {should}"


def expression(graph: Graph, whole: int) -> tuple[int, ...]:
    """Give the operations that are written in one expression: down to what has a name."""
    found, stack = set(), [whole]
    while stack:
        i = stack.pop()
        if i in found or graph.ops[i].kind != RESULT or (i in graph.names and i != whole):
            continue
        if graph.live[i]:
            found.add(i)
            stack += graph.ops[i].args
    return tuple(sorted(found))


def mistakes(graph: Graph, whole: int, names: Names) -> Iterator[Wrong]:
    """Give every single mistake in the expression of `whole`."""
    local = expression(graph, whole)
    for top in local:
        op = graph.ops[top]
        for k, a in enumerate(op.args):
            if graph.ops[a].kind == CONSTANT:
                continue
            edge = Edge(top, a, k)
            for s in sources(graph, Group((edge,), True), names.is_short):
                if s.ops[0] != a:
                    yield Wrong(whole, local, top, k, s.ops[0], s.strangeness)
            if op.name == "add":
                yield Wrong(whole, local, top, k, None, 0.0)
