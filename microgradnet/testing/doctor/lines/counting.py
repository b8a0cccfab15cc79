"""Changes of what is whole: an index, a position, an end of a slice or of a range."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from .everywhere import replaced
from .syntax import ADDED, DROPPED, SIGN, UNUSED, Syntax
from .writing import Edit, called, constant, exchanged, written


def edits(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Give the changes of a node."""
    if isinstance(node, ast.Slice) and node.step is None:
        for odd, other in _slices(syntax, node):
            if ast.dump(other) != ast.dump(node):
                yield syntax.edit(SIGN + odd, node, other)
    if isinstance(node, ast.Slice):
        yield from _strides(syntax, node)
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
        for turned in exchanged(parts):
            yield syntax.edit(SIGN, node.slice, ast.Tuple(turned, ast.Load()))
        yield from _alike(syntax, node, parts)
        for way in (1, -1):  # all that has two ends one further on, or back
            on = [_shifted(part, way) for part in parts]
            if sum(new is not old for new, old in zip(on, parts, strict=True)) > 1:
                yield syntax.edit(SIGN + 0.2, node.slice, ast.Tuple(on, ast.Load()))
        if isinstance(node.ctx, ast.Load):
            yield syntax.edit(DROPPED, node, node.value)
            if isinstance(node.slice, ast.Constant | ast.UnaryOp):
                yield syntax.edit(SIGN + 0.2, node, f"{ast.unparse(node.value)}.sum(0)")
    if isinstance(node, ast.Call | ast.BinOp) and sum(map(_is_slice, ast.walk(node))) > 1:
        yield syntax.edit(DROPPED + 0.1, node, Whole().visit(deepcopy(node)))
    if isinstance(node, ast.Tuple) and len(node.elts) == 2 and all(map(syntax.is_whole, node.elts)):
        if isinstance(syntax.parents[node][0], ast.Assign):
            yield from _pairs(syntax, node)
            yield from _strides(syntax, node)
        for c in syntax.sizes:  # as much at both sides
            both = [written(c), written(c)]
            yield syntax.edit(ADDED, node, ast.Tuple(both, ast.Load()))
    if isinstance(node, ast.Call) and called(node) == "range" and len(node.args) == 2:
        yield syntax.edit(DROPPED, node, ast.Call(node.func, node.args[1:], []))
    if isinstance(node, ast.expr) and node in syntax.parents:
        yield from _moved(syntax, node)
        yield from _sums(syntax, node)


def _slices(syntax: Syntax, node: ast.Slice) -> Iterator[tuple[float, ast.Slice]]:
    """Give other slices: without an end, all, as much at the other side; without a margin."""
    yield 0.0, ast.Slice(None, constant(-1))
    yield 0.0, ast.Slice(constant(1), None)
    yield 0.0, ast.Slice(None, None)
    if (node.lower is None) != (node.upper is None):
        end: Any = node.lower or node.upper
        end = end.operand if isinstance(end, ast.UnaryOp) else end
        less = ast.UnaryOp(ast.USub(), end)
        for lower, upper in ((None, end), (less, None), (end, None), (None, less)):
            yield 0.0, ast.Slice(lower, upper)
    if node.lower and node.upper:
        yield from ((0.3, _shifted(node, way)) for way in (1, -1))
    for name in syntax.sizes if node.lower or node.upper else ():
        size = written(name)
        yield 0.2, ast.Slice(size, ast.UnaryOp(ast.USub(), size))
    others = {ast.dump(n): n for n in syntax.nodes if isinstance(n, ast.Slice)}
    yield from ((0.1, deepcopy(other)) for other in others.values())


def _alike(syntax: Syntax, node: Any, parts: list[Any]) -> Iterator[Edit]:
    """Take another slice wherever one stands along several axes: ``x[1:-1, 1:-1]``."""
    written_so = [ast.dump(part) for part in parts]
    for part in parts:
        same = isinstance(part, ast.Slice) and written_so.count(ast.dump(part)) > 1
        if not same or parts[written_so.index(ast.dump(part))] is not part:
            continue
        for odd, other in _slices(syntax, part):
            new = [deepcopy(other) if ast.dump(p) == ast.dump(part) else p for p in parts]
            yield syntax.edit(SIGN + 0.1 + odd, node.slice, ast.Tuple(new, ast.Load()))


def _shifted(part: Any, way: int) -> Any:
    """Take a slice of as much, one further on or back, of what has two ends."""
    if not isinstance(part, ast.Slice) or part.lower is None or part.upper is None:
        return part
    op = ast.Add() if way > 0 else ast.Sub()
    ends = [ast.BinOp(end, op, constant(1)) for end in (part.lower, part.upper)]
    return ast.Slice(ends[0], ends[1])


def _sums(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Divide by the sum of weights, or of a mask, where it was divided by a number of things."""
    above, field, _ = syntax.parents[node]
    divisor = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Div) and field == "right"
    made = isinstance(above, ast.Assign) and field == "value"
    if (divisor or made) and syntax.is_whole(node):
        for name, kinds in syntax.held.items():
            if name.isidentifier() and {kind[0] for kind in kinds} == {np.ndarray}:
                yield syntax.edit(ADDED + 0.2, node, f"{name}.sum()")


def _is_slice(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)


class Whole(ast.NodeTransformer):
    """Takes all for slices."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leave out a slice."""
        self.generic_visit(node)
        return node.value if _is_slice(node) else node


def _moved(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Count one more or less, or from elsewhere: ``2*b + argmax(...)`` for ``argmax(...)``."""
    above, field, _ = syntax.parents[node]
    if isinstance(above, ast.Tuple) and above in syntax.parents:
        above, field, _ = syntax.parents[above]
    whole = syntax.is_whole(node)
    for name in syntax.unused if whole else ():
        for op in (ast.Add(), ast.Sub()):
            yield syntax.edit(UNUSED, node, ast.BinOp(node, op, ast.Name(name, ast.Load())))
    place = isinstance(above, ast.Subscript) and field == "slice"
    index = place and whole
    made = isinstance(above, ast.Assign) and field == "value" and whole
    end = isinstance(above, ast.Slice)
    loop = isinstance(above, ast.Call) and called(above) == "range" and field == "args"
    if index and isinstance(node, ast.Constant):
        yield syntax.edit(SIGN + 0.2, node, ast.Slice(None, None))
    if place and isinstance(node, ast.Constant | ast.UnaryOp):
        for name in syntax.around(node):
            yield syntax.edit(SIGN + 0.1, node, name)
    if index or made or end or loop:
        for op in (ast.Add(), ast.Sub()):
            yield syntax.edit(ADDED, node, ast.BinOp(node, op, constant(1)))
    if not (index or made or end):
        return
    this = ast.unparse(node)
    for name in syntax.rounds:
        if name != this:
            yield syntax.edit(ADDED + 0.2, node, f"({this}) + {name}")
        for c in syntax.sizes:
            yield syntax.edit(ADDED + 0.3, node, f"{c} * {name} + ({this})")
    for part in ast.walk(node):
        if part in syntax.parents and isinstance(part, ast.Name | ast.Call) and whole:
            for c in syntax.sizes:
                yield syntax.edit(ADDED + 0.1, part, f"{c} * ({ast.unparse(part)})")


def _strides(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Count both of two in larger steps: ``2*i, 2*i + w`` for ``i, i + w``."""
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
    for name in {n for n in names if names.count(n) > 1}.intersection(syntax.rounds):
        for c in syntax.sizes:
            new = partial(replaced, node, name, f"{c} * {name}")
            yield syntax.edit(ADDED + 0.2 - 0.05 * (c in names), node, new)


def _pairs(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Count both of two from elsewhere, or in steps: ``i + p, j + q`` or ``2*p, 2*q``."""
    for c in syntax.sizes:
        steps = [ast.BinOp(written(c), ast.Mult(), x) for x in node.elts]
        yield syntax.edit(ADDED + 0.2, node, ast.Tuple(list[ast.expr](steps), ast.Load()))
    for names in itertools.permutations(syntax.rounds, len(node.elts)):
        more = [ast.Name(name, ast.Load()) for name in names]
        sums = [ast.BinOp(n, ast.Add(), x) for n, x in zip(more, node.elts, strict=True)]
        yield syntax.edit(ADDED + 0.3, node, ast.Tuple(list[ast.expr](sums), ast.Load()))
