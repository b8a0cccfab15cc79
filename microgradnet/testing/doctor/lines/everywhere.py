"""Changes in several places at once: of what is read wherever it is, of all sums' axes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial
from types import FunctionType
from typing import Any

from .routines import is_atom
from .syntax import SIGN, Syntax
from .writing import Edit, called, constant, located, written

# How odd it is: an index for a size, and the count of a loop that is over.
OTHER, OVER = 0.4, 0.4
ALONG = ("sum", "mean", "std", "var", "max", "min", "argmax", "argmin", "median")


class Replaced(ast.NodeTransformer):
    """Writes something else for something, wherever it is read."""

    def __init__(self, text: str, new: ast.expr) -> None:
        self.text, self.new = text, new

    def visit(self, node: ast.AST) -> Any:
        """Write it."""
        if is_atom(node) and ast.unparse(node) == self.text:
            return deepcopy(self.new)
        return self.generic_visit(node)


def replaced(whole: Any, text: str, other: str) -> Any:
    """Write it so."""
    return Replaced(text, written(other)).visit(deepcopy(whole))


def edits(syntax: Syntax, whole: Any) -> Iterator[Edit]:
    """Read something else wherever something is read: `x[q:q + w]` for `x[p:p + w]`."""
    if not isinstance(whole, ast.Slice | ast.BinOp):
        return
    texts = Counter(ast.unparse(n) for n in ast.walk(whole) if is_atom(n))
    for text in (text for text, times in texts.items() if times > 1):
        for other, odd in syntax.alike(text):
            if other.isidentifier() >= text.isidentifier() and not odd:
                far = OTHER * ((text in syntax.moving) != (other in syntax.moving))
                far += OVER * (other in syntax.rounds and other not in syntax.around(whole))
                new = partial(replaced, whole, text, other)
                yield syntax.edit(SIGN + 0.2 + far, whole, new)
        for name in functions(syntax) if syntax.is_numeric(text) else ():
            new = partial(replaced, whole, text, f"{name}({text})")
            yield syntax.edit(SIGN + 0.3, whole, new)


def functions(syntax: Syntax) -> list[str]:
    """Give what may be called with one number or array: what is, of the functions around."""
    return [name for name, kinds in syntax.held.items() if kinds == {(FunctionType,)}]


def axes(syntax: Syntax) -> Iterator[Edit]:
    """Take all sums and means of a function over another axis, or over one where it is over all."""
    calls = [n for n in syntax.nodes if isinstance(n, ast.Call) and called(n) in ALONG]
    known = [{k.arg: ast.unparse(k.value) for k in n.keywords}.get("axis") for n in calls]
    if isinstance(syntax.function, ast.Lambda) or len(calls) < 2:
        return
    for axis in {x for x in known if known.count(x) > 1}:
        some = [n for n, own in zip(calls, known, strict=True) if own == axis]
        for other in (0, 1, -1):
            if axis != str(other):
                yield _along(syntax.function, some, other)


def ranges(syntax: Syntax) -> Iterator[Edit]:
    """Let all loops that end as much too early, or too late, not do so."""
    if isinstance(syntax.function, ast.Lambda):
        return
    calls = [n for n in syntax.nodes if isinstance(n, ast.Call) and called(n) == "range"]
    ends: list[Any] = [n.args[0] for n in calls if len(n.args) == 1]
    for op in (ast.Sub, ast.Add):
        some = [n for n in ends if isinstance(n, ast.BinOp) and isinstance(n.op, op)]
        for last in {ast.unparse(n.right) for n in some}:
            own = [n for n in some if ast.unparse(n.right) == last]
            if len(own) > 1:
                yield at_once([syntax.edit(SIGN + 0.2, n, n.left) for n in own])


def at_once(edits: Sequence[Edit]) -> Edit:
    """Make several changes as one."""
    first, *others = edits
    return replace(first, text=lambda: ", and ".join(e.text() for e in edits), also=others)


def _along(function: Any, calls: list[Any], axis: int) -> Edit:
    lines = {n.lineno for n in calls}
    body = deepcopy(function.body)
    where = {(n.lineno, n.col_offset) for n in calls}
    for n in (n for part in body for n in ast.walk(part) if isinstance(n, ast.Call)):
        if (n.lineno, n.col_offset) in where and called(n) in ALONG:
            n.keywords = [k for k in n.keywords if k.arg not in ("axis", "keepdims")]
            n.keywords.append(located(ast.keyword("axis", constant(axis)), n))

    def text() -> str:
        names = " and ".join(f"`{ast.unparse(n)}`" for n in calls)
        at = "line" if len(lines) == 1 else "lines"
        return f"{names} ({at} {', '.join(map(str, sorted(lines)))}) should be along axis {axis}"

    return Edit(SIGN + 0.2, (function, "body", None), body, text, None)
