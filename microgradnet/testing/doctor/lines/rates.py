"""How odd it is to read another learning rate, or none.

Where a step is made that is seldom the mistake, as the rate is known; elsewhere it may stand once
too often.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from .routines import Part
from .writing import Edit, get

# How odd it is to leave out the learning rate where a step is made, elsewhere, to put it in, and
# to double it.
LEFT_OUT, ELSEWHERE, PUT_IN, SCALED = 0.3, -0.15, 0.3, 0.2


class Rates:
    """Where the functions of a part read the learning rate, or give it its number."""

    def __init__(self, part: Part, rate: float | None) -> None:
        self.names = set[str]()
        # What reads it, or is it, and whether that is a part of a step.
        self.around = dict[ast.AST, bool]()
        if rate is None:
            return
        for names in (owner.function.__globals__ for owner in part.owners[:1]):
            self.names |= {n for n, x in names.items() if type(x) is float and x == rate}
        nodes = [n for function, _ in part.functions for n in ast.walk(function)]
        for node in nodes:
            if isinstance(node, ast.Assign) and _is(node.value, rate):
                self.names |= {n.id for n in node.targets if isinstance(n, ast.Name)}
        parents = {child: n for n in nodes for child in ast.iter_child_nodes(n)}
        for node in nodes:
            if isinstance(node, ast.Name) and node.id in self.names and node in parents:
                self._note(node, parents)
            elif _is(node, rate) and isinstance(parents.get(node), ast.Assign):
                self.around[node] = True

    def _note(self, node: Any, parents: dict[ast.AST, ast.AST]) -> None:
        found, step = list[ast.AST](), False
        while isinstance(node, ast.expr):
            found.append(node)
            above: Any = parents[node]
            added = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
            step |= isinstance(above, ast.AugAssign) or (added and above.right is node)
            node = above
        self.around |= dict.fromkeys(found, step)

    def odd(self, edit: Edit) -> float:
        """Tell how odd a change is, by whether it leaves the rate out or puts it in."""
        if not self.names:
            return 0.0
        old: Any = get(edit.place)
        if not isinstance(old, ast.AST):
            return 0.0
        around = old in self.around
        if around and isinstance(edit.new, ast.AST):
            words = ast.unparse(edit.new)
        elif isinstance(edit.new, str):
            words = edit.new
        else:
            return 0.0
        more = self._count(words) - self._count(ast.unparse(old))
        if more > 0:
            return PUT_IN
        if more < 0:
            return LEFT_OUT if self.around.get(old, False) else ELSEWHERE
        return SCALED * (around and words.startswith(("2 *", "0.5 *")))

    def _count(self, words: str) -> int:
        return sum(word in self.names for word in re.findall(r"\w+", words))


def _is(node: Any, rate: float) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is float and node.value == rate
