"""Changes of statements: adding up or not, in a loop or not, in another order, not at all."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

from .arithmetic import SIGNS
from .routines import is_atom
from .safety import at, head
from .syntax import MOVED, SIGN, Syntax
from .writing import Edit, located, written

BEGINS = 0.2  # how likely it is that what stands just before a loop belongs into it
BEFORE = 6  # statements before a loop that may belong into it


def edits(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Give the changes of a node."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: Any = node.targets[0]
        if not isinstance(target, ast.Tuple | ast.List):
            for op in (ast.Add(), ast.Sub(), ast.Mult()):
                yield syntax.edit(SIGN, node, ast.AugAssign(target, op, node.value))
            yield syntax.edit(SIGN + 0.4, node.value, ast.UnaryOp(ast.USub(), node.value))
            if isinstance(node.value, ast.Name):
                yield syntax.edit(SIGN, node.value, f"np.zeros_like({node.value.id})")
    elif isinstance(node, ast.AugAssign):
        if other := SIGNS.get(type(node.op)):
            yield syntax.edit(SIGN, node, ast.AugAssign(node.target, other(), node.value))
        yield syntax.edit(SIGN, node, ast.Assign([node.target], node.value))
        if isinstance(node.target, ast.Name) and syntax.axes(node.target.id):
            whole = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
            yield syntax.edit(SIGN + 0.1, node, ast.Assign([node.target], whole))  # not in place
        if isinstance(node.op, ast.Add) and isinstance(node.target, ast.Subscript):
            # Where an index comes twice, what is added is added once.
            target, index = node.target.value, node.target.slice
            if any(isinstance(n, ast.Slice) for n in ast.walk(index)):
                index = ast.Subscript(written("np.s_"), index, ast.Load())
            call = ast.Call(at(written("np.add")), [target, index, node.value], [])
            yield syntax.edit(SIGN + 0.1, node, ast.Expr(call))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        for given in node.value.args:  # what comes back is lost
            if isinstance(given, ast.Name):
                kept = ast.Assign([ast.Name(given.id, ast.Store())], node.value)
                yield syntax.edit(SIGN + 0.2, node, kept)
    elif isinstance(node, ast.If):
        if node.orelse:
            new = ast.If(node.test, node.orelse, node.body)
            yield syntax.edit(SIGN, node, new, "has its two cases exchanged")
        for value in (True, False):
            says = f"should not be asked: it should go on as if that were {value}"
            yield syntax.edit(MOVED, node.test, ast.Constant(value), says)
    if isinstance(node, ast.Assign | ast.AugAssign):
        yield from _others(syntax, node)
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr):
        yield syntax.edit(MOVED, node, ast.Pass())


def _others(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Take what a mask leaves out: ``d[~up] *= y[~up]`` for ``d[up] *= y[up]``."""
    masks = [n.slice for n in ast.walk(node) if isinstance(n, ast.Subscript)]
    names = [ast.unparse(mask) for mask in masks if is_atom(mask) or isinstance(mask, ast.UnaryOp)]
    for name in {n for n in names if names.count(n) > 1 and syntax.axes(n.removeprefix("~"))}:
        new = deepcopy(node)
        for n in ast.walk(new):
            if isinstance(n, ast.Subscript) and ast.unparse(n.slice) == name:
                n.slice = written(name[1:] if name[0] == "~" else f"~{name}")
        yield syntax.edit(SIGN + 0.2, node, new)


def moves(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Exchange neighbours in a block; move a statement into a loop, or out of it."""
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return
    for n, (first, second) in enumerate(itertools.pairwise(body)):
        swapped = [*body[:n], second, first, *body[n + 2 :]]
        yield _moved(syntax, node, second, swapped, "before", ast.unparse(first).splitlines()[0])
    yield from _lacking(syntax, node, body)
    for n, loop in enumerate(body):
        if not isinstance(loop, ast.For):
            continue
        first = head(loop)
        for k in range(max(0, n - BEFORE), n):
            inner = _with(loop, [body[k], *loop.body])
            rest = [*body[:k], *body[k + 1 : n], inner, *body[n + 1 :]]
            edit = _moved(syntax, node, body[k], rest, "inside", first)
            begins = isinstance(body[k], ast.Assign) and k == n - 1
            yield replace(edit, cost=edit.cost - BEGINS * begins)
        for k, moved in enumerate(loop.body if len(loop.body) > 1 else ()):
            inner = _with(loop, [*loop.body[:k], *loop.body[k + 1 :]])
            before = [*body[:n], moved, inner, *body[n + 1 :]]
            after = [*body[:n], inner, moved, *body[n + 1 :]]
            yield _moved(syntax, node, moved, before, "before", first)
            yield _moved(syntax, node, moved, after, "after", first)


def _lacking(syntax: Syntax, block: Any, body: list[Any]) -> Iterator[Edit]:
    """Do with something else what is done with two: ``db /= n`` after ``dW /= n; dV /= n``."""
    kept: list[Any] = [s if isinstance(s, ast.AugAssign) else None for s in body]
    forms = [s and (ast.dump(s.op), ast.dump(s.value)) for s in kept]
    for n, form in enumerate(forms):
        if form is None or forms.count(form) < 2 or form in forms[n + 1 :]:
            continue
        done = {ast.unparse(s.target) for s, f in zip(kept, forms, strict=True) if f == form}
        for name in (m for m in syntax.made if m not in done and syntax.is_numeric(m)):
            more = ast.AugAssign(ast.Name(name, ast.Store()), kept[n].op, kept[n].value)
            new = [*body[: n + 1], located(more, body[n]), *body[n + 1 :]]
            said = f"`{ast.unparse(more)}` is missing after line {body[n].lineno}"
            yield Edit(SIGN + 0.1, (block, "body", None), new, partial(str, said))


def _with(loop: ast.For, body: list[ast.stmt]) -> ast.For:
    """Give a loop another body."""
    return ast.copy_location(ast.For(loop.target, loop.iter, body, loop.orelse), loop)


def _moved(
    syntax: Syntax, block: Any, statement: ast.stmt, body: list[ast.stmt], where: str, what: str
) -> Edit:
    def text() -> str:
        own = ast.unparse(statement).splitlines()[0]
        return f"`{own}` (line {statement.lineno}) should stand {where} `{what}`"

    return Edit(MOVED, (block, "body", None), body, text, syntax.made_of(statement))
