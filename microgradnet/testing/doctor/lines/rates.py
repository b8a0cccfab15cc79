"""Changes that leave out a learning rate, or put one in: what is known to be right seldom is."""

from __future__ import annotations

import ast
import re
from typing import Any

from .routines import Part
from .syntax import Edit, get

# How odd it is to read something else than the learning rate, and to read it once more.
LEFT_OUT, PUT_IN = 0.3, 0.15


class Rates:
    """Where the functions of a part read the learning rate, or give it its number."""

    def __init__(self, part: Part, rate: float | None) -> None:
        nodes = [n for function, _ in part.functions for n in ast.walk(function)]
        own = [n for n in ast.walk(part.statement) if isinstance(n, ast.Assign)]
        given = {n.targets[0].id: n.value for n in own if isinstance(n.targets[0], ast.Name)}
        self.names = {name for name, value in given.items() if _is(value, rate)}
        for names in (owner.function.__globals__ for owner in part.owners[:1]):
            self.names |= {n for n, x in names.items() if type(x) is float and x == rate}
        parents = {child: n for n in nodes for child in ast.iter_child_nodes(n)}
        self.around = set[ast.AST]()  # what holds it
        for node in nodes:
            name = isinstance(node, ast.Name) and node.id in self.names
            above: Any = node if name or _is(node, rate) else None
            while isinstance(above, ast.expr):
                self.around.add(above)
                above = parents.get(above)

    def odd(self, edit: Edit) -> float:
        """Tell how odd a change is, by whether it leaves the rate out or puts it in."""
        old: Any = get(edit.place)
        new = edit.new if isinstance(edit.new, str) else None
        if isinstance(edit.new, ast.AST):
            new = ast.unparse(edit.new)
        if new is None or not isinstance(old, ast.AST) or not self.names:
            return 0.0
        read = not self.names.isdisjoint(re.findall(r"\w+", new))
        return LEFT_OUT * (old in self.around and not read) + PUT_IN * (
            old not in self.around and read
        )


def _is(node: Any, rate: float | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is float and node.value == rate
