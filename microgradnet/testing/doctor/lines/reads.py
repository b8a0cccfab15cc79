"""Changes of what is read: another name, another part, two exchanged, another number."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from .routines import is_atom
from .syntax import DROPPED, NAME, NUMBER, REAL, SIGN, Edit, Syntax, constant, written

FOREIGN, OVER, MIXED = 0.15, 0.3, 0.1  # how odd: from outside; of a loop that is over; a part
ONES = {0: (1, -1, 2), 1: (0, 2, -1), 2: (1, 0, 3, 4), 3: (2, 1), -1: (1, 0, -2)}


def edits(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Give the changes of a node."""
    if is_atom(node) and not _is_part(syntax, node):
        yield from _others(syntax, node)
        for new in _forms(syntax, node):
            yield syntax.edit(SIGN + 0.2, node, new)
        if isinstance(node, ast.Name) and syntax.statement(node) is not None:
            yield from _exchanged(syntax, node)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from _numbers(syntax, node)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield syntax.edit(DROPPED, node, node.value)
    if isinstance(node, ast.Attribute) and node.attr == "size":
        total = ast.Attribute(node.value, "sum", ast.Load())
        yield syntax.edit(SIGN, node, ast.Call(total, [], []))
        for axis in (0, 1, -1):
            shape = ast.Attribute(node.value, "shape", ast.Load())
            yield syntax.edit(SIGN, node, ast.Subscript(shape, constant(axis), ast.Load()))


def _is_part(syntax: Syntax, node: Any) -> bool:
    """Whether something is the method that is called, or the module that a function is in."""
    above, field, _ = syntax.parents.get(node, (None, "", None))
    if isinstance(above, ast.Call) and field == "func":
        return not isinstance(node, ast.Name)
    return isinstance(above, ast.Attribute) and ast.unparse(node) not in syntax.held


def _others(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Read something else of the same kind."""
    text = ast.unparse(node)
    for other, odd in syntax.alike(text):
        if other.isidentifier():
            odd += FOREIGN * (other not in syntax.names)
            odd += OVER * (other in syntax.rounds and other not in syntax.around(node))
        odd += MIXED * (other.isidentifier() != text.isidentifier())
        new = deepcopy(syntax.atoms[other]) if other in syntax.atoms else written(other)
        says = f"reads `{text}` where it should read `{other}`"
        yield syntax.edit(NAME + odd, node, new, says)


def _forms(syntax: Syntax, node: Any) -> Iterator[ast.expr]:
    """Give what is made of a number, or of a matrix: its square, what is left to 1, transposed."""
    text = ast.unparse(node)
    if syntax.is_numeric(text):
        yield ast.BinOp(node, ast.Pow(), ast.Constant(2))
        yield ast.BinOp(ast.Constant(1), ast.Sub(), node)
    if syntax.axes(text) == 2:
        yield turned(node)


def turned(node: ast.expr) -> ast.expr:
    """Write the transpose of something."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _exchanged(syntax: Syntax, first: ast.Name) -> Iterator[Edit]:
    """Exchange two names in a statement, or in a part of it that begins with a name."""
    statement = syntax.statement(first)
    for whole in ast.walk(statement):
        part = isinstance(whole, ast.Subscript | ast.Call | ast.BinOp)
        if not part and whole is not getattr(statement, "value", None):
            continue
        names = [n for n in ast.walk(whole) if isinstance(n, ast.Name)]
        if not names or names[0] is not first:
            continue
        for a, b in itertools.combinations(dict.fromkeys(n.id for n in names), 2):
            if syntax.held.get(a, set()).isdisjoint(syntax.held.get(b, ())):
                continue
            new, turns = deepcopy(whole), {a: b, b: a}
            for n in ast.walk(new):
                if isinstance(n, ast.Name):
                    n.id = turns.get(n.id, n.id)
            yield syntax.edit(SIGN + 0.2, whole, new)


def _numbers(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Write another number, or a name that holds one."""
    c = node.value
    halves: list[Any] = [2 * c, c / 2, -c, 1.0, c * c]
    near = ONES.get(c, (c - 1, c + 1)) if type(c) is int else halves
    known = [n.value for n in syntax.nodes if isinstance(n, ast.Constant)]
    for other in dict.fromkeys([*near, *(n for n in known if type(n) is float)]):
        if other != c:
            yield syntax.edit(NUMBER + 0.1 * (other not in near), node, constant(other))
    if isinstance(syntax.parents[node][0], ast.Subscript | ast.Slice | ast.keyword):
        return
    for name in syntax.held:
        if name.isidentifier() and syntax.held[name] == {REAL}:
            says = f"has {c} where it should have `{name}`"
            yield syntax.edit(NUMBER + 0.1, node, ast.Name(name, ast.Load()), says)
