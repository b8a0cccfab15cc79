"""Changes of how things are put together: signs, brackets, functions, axes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from .reads import turned
from .routines import is_atom
from .safety import At, Through, at
from .syntax import ADDED, DROPPED, SIGN, Syntax
from .writing import Edit, called, constant, exchanged, written

TWINS = [("sum", "mean"), ("max", "min"), ("argmax", "argmin"), ("maximum", "minimum")]
TWINS += [("mean", "median"), ("exp", "expm1"), ("log", "log1p"), ("zeros", "ones")]
TWINS += [("convolve", "correlate"), ("log", "log10"), ("std", "var")]
SIGNS: dict[Any, Any] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
SIGNS |= {ast.FloorDiv: ast.Mod, ast.Mod: ast.FloorDiv}
ORDERS: dict[Any, Any] = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE}
ORDERS |= {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
EDGES: dict[Any, Any] = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt}
REDUCING = ("sum", "mean", "max")
BOUNDS = ("maximum", "minimum", "clip")
MAKING = ("range", "len", "zeros", "ones")  # whose arguments are no results


def edits(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Give the changes of a node."""
    if isinstance(node, ast.BinOp):
        yield from _operation(syntax, node)
        yield from _slope(syntax, node)
        yield from _brackets(syntax, node)
        yield from _into(syntax, node)
        yield from _spread(syntax, node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Invert):
        yield syntax.edit(SIGN, node, node.operand)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for orders in (ORDERS, EDGES):
            if other := orders.get(type(node.ops[0])):
                yield syntax.edit(SIGN, node, ast.Compare(node.left, [other()], node.comparators))
    elif isinstance(node, ast.IfExp):
        yield syntax.edit(SIGN, node, ast.IfExp(node.test, node.orelse, node.body))
    elif isinstance(node, ast.Call):
        yield from _call(syntax, node)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield from _laid_out(syntax, node)
    elif isinstance(node, ast.List | ast.Tuple):
        odd, whole = 0.2, getattr(syntax.statement(node), "value", None)
        if isinstance(node.ctx, ast.Store):  # of what a function gives, or of what was given
            odd = -0.2 if isinstance(whole, ast.Call) else 0.4
        for new in exchanged(node.elts):
            yield syntax.edit(SIGN + odd, node, type(node)(new, node.ctx))
    elif isinstance(node, ast.Lambda) and syntax.around(node):
        yield from _bound(syntax, node)
    if isinstance(node, ast.Call | ast.BinOp):
        yield from _nested(syntax, node)
    if isinstance(node, Through):
        kinds = {kind[0] for kind in syntax.held.get(node.id, ())}
        backwards = f"reversed({node.id})" if kinds == {list} else f"reversed(list({node.id}))"
        yield syntax.edit(SIGN + 0.2, node, backwards)


def _bound(syntax: Syntax, node: ast.Lambda) -> Iterator[Edit]:
    """Keep what a function made in a loop reads, as it is then: ``lambda d, pull=pull: ...``."""
    given = {n.arg for n in ast.walk(node.args) if isinstance(n, ast.arg)}
    free = {n.id for n in ast.walk(node.body) if isinstance(n, ast.Name)} - given
    for name in sorted(free.intersection(syntax.names)):
        args = deepcopy(node.args)
        args.args.append(ast.arg(name))
        args.defaults.append(ast.Name(name, ast.Load()))
        yield syntax.edit(SIGN + 0.3, node, ast.Lambda(args, node.body))


def _operation(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Write another sign, exchange operands, leave one out, transpose them."""
    a, b, op = node.left, node.right, node.op
    if other := SIGNS.get(type(op)):
        yield syntax.edit(SIGN, node, ast.BinOp(a, other(), b))
    if isinstance(op, ast.Add | ast.Mult):
        other = ast.Mult if isinstance(op, ast.Add) else ast.Add
        yield syntax.edit(SIGN + 0.2, node, ast.BinOp(a, other(), b))
    else:
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


def _spread(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Divide one term, not the sum, or the sum, not the term: ``a / n + b`` for ``(a + b) / n``."""
    a, b, op = node.left, node.right, node.op
    new = list[ast.BinOp]()
    if isinstance(op, ast.Div | ast.Mult) and _is_sum(a):
        new.append(ast.BinOp(ast.BinOp(a.left, op, b), a.op, a.right))
        new.append(ast.BinOp(a.left, a.op, ast.BinOp(a.right, op, b)))
    if isinstance(op, ast.Mult) and _is_sum(b):
        new.append(ast.BinOp(ast.BinOp(a, op, b.left), b.op, b.right))
        new.append(ast.BinOp(b.left, b.op, ast.BinOp(a, op, b.right)))
    if _is_sum(node) and isinstance(a, ast.BinOp) and isinstance(a.op, ast.Div):
        new.append(ast.BinOp(ast.BinOp(a.left, op, b), a.op, a.right))
    if _is_sum(node) and isinstance(b, ast.BinOp) and isinstance(b.op, ast.Div):
        new.append(ast.BinOp(ast.BinOp(a, op, b.left), b.op, b.right))
    for other in new:
        yield syntax.edit(SIGN + 0.2, node, other)


def _is_sum(node: Any) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def _slope(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Take ``h*(1 - h)`` for ``1 - h**2``, or the other way round."""
    text, inner = f"({ast.unparse(node)})", node.left
    if isinstance(node.op, ast.Mult) and isinstance(inner, ast.BinOp) and is_atom(inner.right):
        both = [*slopes(ast.unparse(inner.right))]  # in ``d * h * (1 - h)``
        if f"({ast.unparse(ast.BinOp(inner.right, node.op, node.right))})" == both[0]:
            new = ast.BinOp(inner.left, inner.op, written(both[1]))
            yield syntax.edit(SIGN, node, new)
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
    """Write ``(a - b)*c`` or ``b*(a - c)`` for ``a - b*c``; ``a - b**2`` for ``(a - b)**2``."""
    product: Any = node.right
    yield from _turns(syntax, node)
    inner = node.left
    if isinstance(node.op, ast.Pow) and isinstance(inner, ast.BinOp):
        power = ast.BinOp(inner.right, node.op, node.right)
        yield syntax.edit(SIGN + 0.1, node, ast.BinOp(inner.left, inner.op, power))
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
        if isinstance(node.op, ast.Mult | ast.Add) and isinstance(call, ast.Call):
            for n, x in reversed([*enumerate(call.args)]):
                new = (factor, x) if isinstance(node.op, ast.Mult) else (x, factor)
                args = [*call.args[:n], ast.BinOp(new[0], node.op, new[1]), *call.args[n + 1 :]]
                yield syntax.edit(SIGN + 0.2, node, ast.Call(call.func, args, call.keywords))


def _without(product: Any, first: ast.expr) -> Any:
    """Leave the first factor out of a product."""
    if ast.dump(product.left) == ast.dump(first):
        return product.right
    return ast.BinOp(_without(product.left, first), product.op, product.right)


def _call(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Call another function, with other arguments, over another axis, or none."""
    name, given = called(node), node.args
    one = len(given) == 1 and not isinstance(given[0], ast.Constant) and not node.keywords
    if (one and name not in MAKING) or (given and name in BOUNDS):
        yield syntax.edit(DROPPED, node, given[0])
    if not given and name in REDUCING and isinstance(node.func, ast.Attribute):
        yield syntax.edit(DROPPED, node, node.func.value)
    for pair in TWINS:
        if name in pair and isinstance(node.func, ast.Attribute):
            other = pair[1 - pair.index(name)]
            func = ast.Attribute(node.func.value, other, ast.Load())
            yield syntax.edit(SIGN + 0.2, node, ast.Call(func, given, node.keywords))
    kind: Any = node.func.args[0] if isinstance(node.func, At) else None
    if isinstance(kind, ast.Attribute):
        twin = {"add": "subtract", "subtract": "add"}.get(kind.attr)
        if twin is not None:
            turned_round = at(ast.Attribute(kind.value, twin, ast.Load()))
            yield syntax.edit(SIGN, node, ast.Call(turned_round, given, node.keywords))
    if name == "cumsum" and len(given) == 1:
        call = ast.Call(node.func, [_backwards(given[0])], node.keywords)
        yield syntax.edit(SIGN + 0.1, node, _backwards(call))
    if name == "reversed":
        yield syntax.edit(SIGN + 0.1, node, given[0])
    if name == "range":
        turn = ast.Call(ast.Name("reversed", ast.Load()), [node], [])
        yield syntax.edit(SIGN + 0.3, node, turn)
    condition = given[:1] if name == "where" else []
    for swapped in exchanged(given[len(condition) :]):
        new = ast.Call(node.func, [*condition, *swapped], node.keywords)
        yield syntax.edit(SIGN + 0.2, node, new)
    if name == "append" and given and syntax.axes(ast.unparse(given[0])):
        copy = f"{ast.unparse(given[0])}.copy()"
        yield syntax.edit(SIGN + 0.1, given[0], copy)
    if name == "roll" and len(given) > 1:
        yield syntax.edit(SIGN, given[1], ast.UnaryOp(ast.USub(), given[1]))
    yield from _arguments(syntax, node)
    rest = [k for k in node.keywords if k.arg != "axis"]
    axes = [ast.keyword("axis", constant(axis)) for axis in (0, 1, -1)]
    for axis in (k.value for k in node.keywords if k.arg == "axis"):
        for fewer in _without_one(axis):
            some = [*rest, ast.keyword("axis", fewer)]
            yield syntax.edit(SIGN + 0.2, node, ast.Call(node.func, given, some))
    if name == "reshape" and isinstance(node.func, ast.Attribute):
        whole = ast.unparse(node.func.value)
        for both in ("0, 1", "1, 2", "0, 2"):  # axes are exchanged, not read in another order
            yield syntax.edit(SIGN + 0.2, node, f"{whole}.swapaxes({both})")
    if name == "transpose" and isinstance(node.func, ast.Attribute):
        yield from _laid_out(syntax, node)
    kept = ast.keyword("keepdims", ast.Constant(True))
    words = [rest, *([*rest, axis] for axis in axes)]
    words += [] if rest else [[axis, kept] for axis in axes]
    for keywords in words if name in REDUCING else ():
        new = ast.Call(node.func, given, keywords)
        if ast.dump(new) != ast.dump(node):
            yield syntax.edit(SIGN + 0.2, node, new)


def _laid_out(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Write ``x.reshape(n, h, w)`` for ``x.reshape(h, w, n).transpose(2, 0, 1)``."""
    inner: Any = node.value if isinstance(node, ast.Attribute) else node.func.value
    order: list[Any] = [1, 0]  # of ``x.reshape(w, n).T``
    if isinstance(node, ast.Call):
        order = [getattr(n, "value", None) for n in node.args]
    if called(inner) == "reshape" and sorted(map(str, order)) == [
        *map(str, range(len(inner.args)))
    ]:
        sizes = [inner.args[n] for n in order]
        yield syntax.edit(SIGN, node, ast.Call(inner.func, sizes, inner.keywords))


def _without_one(axes: ast.expr) -> Iterator[ast.expr]:
    """Leave out one of several axes."""
    some = axes.elts if isinstance(axes, ast.Tuple) else []
    for n in range(len(some)):
        rest = [*some[:n], *some[n + 1 :]]
        yield rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())


def _arguments(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Leave out what is said by name; exchange letters that name axes; count from 1."""
    name = called(node)
    for n, word in enumerate(node.keywords):
        some = [*node.keywords[:n], *node.keywords[n + 1 :]]
        odd = 0.2 if word.arg != "order" else -0.2  # who reads one way and writes another?
        yield syntax.edit(SIGN + odd, node, ast.Call(node.func, node.args, some))
    if name in ("reshape", "ravel", "flatten") and not node.keywords:
        order = ast.keyword("order", ast.Constant("F"))
        yield syntax.edit(SIGN + 0.2, node, ast.Call(node.func, node.args, [order]))
    if name in ("std", "var") and not any(k.arg == "ddof" for k in node.keywords):
        one = ast.keyword("ddof", ast.Constant(1))
        yield syntax.edit(SIGN + 0.2, node, ast.Call(node.func, node.args, [*node.keywords, one]))
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
    """Take the mean of squares for the square of a mean, or the other way round; `a*f(b)` too."""
    inner: Any = node.left if isinstance(node, ast.BinOp) else (node.args or [None])[0]
    is_call = isinstance(inner, ast.Call) and len(inner.args) > 0
    is_power = isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Pow)
    if isinstance(node, ast.Call) and is_power:
        call = ast.Call(node.func, [inner.left, *node.args[1:]], node.keywords)
        yield syntax.edit(SIGN + 0.1, node, ast.BinOp(call, inner.op, inner.right))
    elif isinstance(node, ast.Call) and isinstance(inner, ast.BinOp) and len(node.args) == 1:
        call = ast.Call(node.func, [inner.left], node.keywords)
        yield syntax.edit(SIGN + 0.2, node, ast.BinOp(call, inner.op, inner.right))
        call = ast.Call(node.func, [inner.right], node.keywords)
        yield syntax.edit(SIGN + 0.2, node, ast.BinOp(inner.left, inner.op, call))
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
