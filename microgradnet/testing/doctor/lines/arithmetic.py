"""Changes of how things are put together: signs, brackets, factors, functions, axes."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np

from .reads import parts, turned
from .routines import is_atom
from .syntax import ADDED, DROPPED, FACTOR, NEAR, SIGN, Edit, Syntax, called, constant, exchanged

TWINS = [("sum", "mean"), ("max", "min"), ("argmax", "argmin"), ("maximum", "minimum")]
TWINS += [("mean", "median"), ("exp", "expm1"), ("log", "log1p"), ("zeros", "ones")]
SIGNS: dict[Any, Any] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
SIGNS |= {ast.FloorDiv: ast.Mod, ast.Mod: ast.FloorDiv}
ORDERS: dict[Any, Any] = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE}
ORDERS |= {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
SHORT = 16  # letters of a likely factor
REDUCING = ("sum", "mean", "max")
MAKING = ("range", "len", "zeros", "ones")  # whose arguments are no results


def edits(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Give the changes of a node."""
    if isinstance(node, ast.BinOp):
        yield from _operation(syntax, node)
        yield from _slope(syntax, node)
        yield from _brackets(syntax, node)
        yield from _into(syntax, node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield syntax.edit(SIGN, node, node.operand)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        if other := ORDERS.get(type(node.ops[0])):
            yield syntax.edit(SIGN, node, ast.Compare(node.left, [other()], node.comparators))
    elif isinstance(node, ast.IfExp):
        yield syntax.edit(SIGN, node, ast.IfExp(node.test, node.orelse, node.body))
    elif isinstance(node, ast.Call):
        yield from _call(syntax, node)
    elif isinstance(node, ast.List | ast.Tuple) and isinstance(node.ctx, ast.Load):
        for new in exchanged(node.elts):
            yield syntax.edit(SIGN + 0.2, node, type(node)(new, ast.Load()))
    if isinstance(node, ast.Call | ast.BinOp):
        yield from _nested(syntax, node)


def _operation(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Write another sign, exchange operands, leave one out, transpose them."""
    a, b, op = node.left, node.right, node.op
    if other := SIGNS.get(type(op)):
        yield syntax.edit(SIGN, node, ast.BinOp(a, other(), b))
    if not isinstance(op, ast.Add | ast.Mult):
        yield syntax.edit(SIGN + 0.1, node, ast.BinOp(b, op, a))
    one = isinstance(b, ast.Constant) and b.value == 1
    yield syntax.edit(DROPPED - 0.3 * one, node, a)
    if isinstance(op, ast.Add | ast.Mult | ast.MatMult) or isinstance(a, ast.Constant):
        yield syntax.edit(DROPPED - 0.1 * isinstance(a, ast.Constant), node, b)
    if isinstance(op, ast.Mult) and isinstance(a, ast.BinOp) and isinstance(a.op, ast.Mult):
        yield syntax.edit(DROPPED + 0.1, node, a.left)
    if isinstance(op, ast.MatMult):
        for left, right in ((turned(a), b), (a, turned(b)), (turned(b), turned(a))):
            yield syntax.edit(DROPPED, node, ast.BinOp(left, op, right))


def _slope(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Take ``h*(1 - h)`` for ``1 - h**2``, or the other way round."""
    text = f"({ast.unparse(node)})"
    for atom in (node.left, node.right, getattr(node.right, "left", None)):
        if atom is not None and is_atom(atom):
            both = [*slopes(ast.unparse(atom))][:2]
            if text in both:
                yield syntax.edit(SIGN, node, both[1 - both.index(text)])


def slopes(h: str) -> Iterator[str]:
    """Give derivatives in terms of a result: of the logistic function, tanh and ReLU."""
    yield f"({h} * (1 - {h}))"
    yield f"(1 - {h} ** 2)"
    yield f"({h} > 0)"


def _brackets(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Write ``(a - b)*c`` or ``b*(a - c)`` for ``a - b*c``."""
    product: Any = node.right
    yield from _turns(syntax, node)
    if not isinstance(node.op, ast.Add | ast.Sub) or not isinstance(product, ast.BinOp):
        return
    if not isinstance(product.op, ast.Mult | ast.Div):
        return
    new = inner = deepcopy(product)
    while isinstance(inner.left, ast.BinOp) and isinstance(inner.left.op, ast.Mult | ast.Div):
        inner = inner.left
    first, inner.left = inner.left, ast.BinOp(node.left, node.op, inner.left)
    yield syntax.edit(SIGN + 0.2, node, new)
    if isinstance(inner.op, ast.Mult):
        rest = ast.BinOp(node.left, node.op, _without(product, first))
        yield syntax.edit(SIGN + 0.2, node, ast.BinOp(first, ast.Mult(), rest))


def _turns(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Write ``(r*h)@U`` for ``r*(h@U)``, or the other way round."""
    products = ast.Mult | ast.MatMult
    for side in ("left", "right"):
        inner: Any = getattr(node, side)
        both = isinstance(inner, ast.BinOp) and isinstance(inner.op, products)
        if not both or not isinstance(node.op, products) or type(inner.op) is type(node.op):
            continue
        if side == "right":
            first = ast.BinOp(node.left, node.op, inner.left)
            yield syntax.edit(SIGN + 0.2, node, ast.BinOp(first, inner.op, inner.right))
        else:
            last = ast.BinOp(inner.right, node.op, node.right)
            yield syntax.edit(SIGN + 0.2, node, ast.BinOp(inner.left, inner.op, last))


def _into(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Multiply an argument by what multiplies the result: `dot(U, r*h)` for `r*dot(U, h)`."""
    for call, factor in ((node.left, node.right), (node.right, node.left)):
        if isinstance(node.op, ast.Mult) and isinstance(call, ast.Call):
            for n, x in reversed([*enumerate(call.args)]):
                args = [*call.args[:n], ast.BinOp(factor, ast.Mult(), x), *call.args[n + 1 :]]
                yield syntax.edit(SIGN + 0.2, node, ast.Call(call.func, args, call.keywords))


def _without(product: Any, first: ast.expr) -> Any:
    """Leave the first factor out of a product."""
    if ast.dump(product.left) == ast.dump(first):
        return product.right
    return ast.BinOp(_without(product.left, first), product.op, product.right)


def _call(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Call another function, with other arguments, over another axis, or none."""
    name, given = called(node), node.args
    if len(given) == 1 and not node.keywords and name not in MAKING:
        yield syntax.edit(DROPPED, node, given[0])
    for pair in TWINS:
        if name in pair and isinstance(node.func, ast.Attribute):
            other = pair[1 - pair.index(name)]
            func = ast.Attribute(node.func.value, other, ast.Load())
            yield syntax.edit(SIGN + 0.2, node, ast.Call(func, given, node.keywords))
    if name == "at" and isinstance(node.func.value, ast.Attribute):  # ``np.add.at``
        kind = node.func.value
        twin = {"add": "subtract", "subtract": "add"}.get(kind.attr)
        if twin is not None:
            ufunc = ast.Attribute(kind.value, twin, ast.Load())
            func = ast.Attribute(ufunc, "at", ast.Load())
            yield syntax.edit(SIGN, node, ast.Call(func, given, node.keywords))
    if name == "cumsum" and len(given) == 1:
        call = ast.Call(node.func, [_backwards(given[0])], node.keywords)
        yield syntax.edit(SIGN + 0.1, node, _backwards(call))
    if name == "reversed":
        yield syntax.edit(SIGN + 0.1, node, given[0])
    if name == "range":
        turn = ast.Call(ast.Name("reversed", ast.Load()), [node], [])
        yield syntax.edit(SIGN + 0.3, node, turn)
    for swapped in exchanged(given):
        yield syntax.edit(SIGN + 0.2, node, ast.Call(node.func, swapped, node.keywords))
    yield from _arguments(syntax, node)
    rest = [k for k in node.keywords if k.arg != "axis"]
    axes = [ast.keyword("axis", constant(axis)) for axis in (0, 1, -1)]
    for keywords in (rest, *([*rest, axis] for axis in axes)) if name in REDUCING else ():
        new = ast.Call(node.func, given, keywords)
        if ast.dump(new) != ast.dump(node):
            yield syntax.edit(SIGN + 0.2, node, new)


def _arguments(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Leave out what is said by name; exchange letters that name axes; count from 1."""
    name = called(node)
    for n in range(len(node.keywords)):
        some = [*node.keywords[:n], *node.keywords[n + 1 :]]
        yield syntax.edit(SIGN + 0.2, node, ast.Call(node.func, node.args, some))
    if name == "arange":
        for op in "+-":
            yield syntax.edit(ADDED, node, f"({ast.unparse(node)} {op} 1)")
    letters = node.args[0] if name == "einsum" and node.args else None
    if isinstance(letters, ast.Constant) and isinstance(letters.value, str):
        for part in re.finditer("[A-Za-z]{2,}", letters.value):
            start, end = part.span()
            for new in exchanged(part.group()):
                turned_round = letters.value[:start] + "".join(new) + letters.value[end:]
                yield syntax.edit(SIGN, letters, ast.Constant(turned_round))


def _nested(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Take the mean of squares for the square of a mean, or the other way round."""
    inner: Any = node.left if isinstance(node, ast.BinOp) else (node.args or [None])[0]
    is_call = isinstance(inner, ast.Call) and len(inner.args) > 0
    is_power = isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Pow)
    if isinstance(node, ast.Call) and is_power:
        call = ast.Call(node.func, [inner.left, *node.args[1:]], node.keywords)
        yield syntax.edit(SIGN + 0.1, node, ast.BinOp(call, inner.op, inner.right))
    elif isinstance(node, ast.Call) and is_call:
        first = ast.Call(node.func, [inner.args[0], *node.args[1:]], node.keywords)
        call = ast.Call(inner.func, [first, *inner.args[1:]], inner.keywords)
        yield syntax.edit(SIGN + 0.1, node, call)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and is_call:
        power = ast.BinOp(inner.args[0], node.op, node.right)
        call = ast.Call(inner.func, [power, *inner.args[1:]], inner.keywords)
        yield syntax.edit(SIGN + 0.1, node, call)


def _backwards(x: ast.expr) -> ast.expr:
    """Write ``x[::-1]``."""
    return ast.Subscript(x, ast.Slice(None, None, constant(-1)), ast.Load())


def factors(syntax: Syntax, node: Any, near: bool) -> Iterator[Edit]:
    """Multiply a term, a result or an argument by something, or divide by it; add it.

    The `near` are of the same shape.
    """
    above, field, _ = syntax.parents.get(node, (None, "", None))
    term = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
    whole = isinstance(above, ast.Assign | ast.AugAssign) and field == "value"
    given = isinstance(above, ast.Call) and field == "args"
    own = isinstance(node, ast.expr) and not syntax.is_whole(node)
    if not own or not (term or whole or given):
        return
    if near:
        yield from _near(syntax, node, above if whole else None)
        return
    this = f"({ast.unparse(node)})"
    for c in (2, 0.5):
        yield syntax.edit(FACTOR - 0.2, node, f"{c} * {this}")
    most = _axes(syntax, above) if whole else 9
    for text in syntax.held if whole or term else ():
        some = syntax.is_numeric(text) or syntax.is_count(text)
        if not some or syntax.axes(text) > most or f"({text})" == this:
            continue
        for op in "*/+-" if whole else "*/":
            odd = 0.1 * (term or op in "+-")
            yield syntax.edit(FACTOR + odd, node, f"{this} {op} {text}")
        if whole and syntax.is_numeric(text):
            for slope in slopes(text):
                yield syntax.edit(FACTOR + 0.15, node, f"{this} * {slope}")


def terms(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Add a product: of what has the shape of the result, and a factor that the code has."""
    above, field, _ = syntax.parents.get(node, (None, "", None))
    made = isinstance(above, ast.Assign | ast.AugAssign | ast.Return) and field == "value"
    if not made or not isinstance(node, ast.expr) or syntax.is_whole(node):
        return
    target = this = ast.unparse(node)
    if not isinstance(above, ast.Return):
        target = syntax.result(above)
    own = syntax.held.get(target)
    some = [t for t in syntax.held if t.isidentifier() and syntax.is_numeric(t)]
    if isinstance(node, ast.Tuple) or (own is not None and not syntax.is_numeric(target)):
        return
    likely = [t for t in some if own is None or not own.isdisjoint(syntax.held[t])]
    for text, factor in itertools.product(likely, [*some, *(f"(1 - {t})" for t in some)]):
        yield syntax.edit(FACTOR + 0.2, node, f"({this}) + {factor} * {text}")


def _near(syntax: Syntax, node: Any, statement: Any) -> Iterator[Edit]:
    """Multiply by what has the shape of the result, or of what is there alone, or divide by it."""
    text = ast.unparse(node)
    if statement is not None:
        text = syntax.result(statement)
    own = {kind for kind in syntax.held.get(text, ()) if kind[0] in (float, np.ndarray)}
    this = ast.unparse(node)
    for other, kinds in syntax.held.items() if own else ():
        if len(other) <= SHORT and other != this and not own.isdisjoint(kinds):
            yield syntax.edit(NEAR, node, f"({this}) * {other}")
            yield syntax.edit(NEAR + 0.1, node, f"({this}) / {other}")
    for part in parts(syntax, node, text) if own else ():
        yield syntax.edit(NEAR + 0.1, node, f"({this}) * {part}")


def _axes(syntax: Syntax, statement: Any) -> int:
    """Give how many axes the result of a statement has, or a number that is large enough."""
    target = syntax.result(statement)
    return syntax.axes(target) if target in syntax.held else 9
