"""Changes that put in what was left out: factors, terms, functions."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..calling import RATES
from .arithmetic import REDUCING, slopes
from .reads import parts
from .routines import Kind, is_atom
from .syntax import FACTOR, NEAR, REAL, UNUSED, Syntax
from .writing import Edit, called

SHORT = 16  # letters of a likely factor
UNREAD = 1.05  # how odd a factor is that is at hand, and read nowhere
APPLIED = ("exp", "log", "tanh", "sqrt", "sign", "cumsum", "log1p")  # functions


def edits(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Multiply something by what has the shape of the result, or of what is there alone."""
    if not _is_value(syntax, node) or not (_is_whole(syntax, node) or _is_given(syntax, node)):
        if _is_value(syntax, node) and is_atom(node):
            yield from _divisors(syntax, node)
        if isinstance(node, ast.BinOp) and _is_term(syntax, node, ast.Mult | ast.Div):
            yield syntax.edit(NEAR - 0.1, node, f"({ast.unparse(node)}) ** 2")
        return
    this = text = ast.unparse(node)
    above = syntax.parents[node][0]
    if isinstance(above, ast.Assign | ast.AugAssign):
        text = syntax.result(above)
    known = syntax.held.get(text) or syntax.sums.get(f"({text})") or set[Kind]()
    own = {kind for kind in known if kind[0] in (float, np.ndarray)}
    if own and called(above) == "where":  # of what it is broadcast to
        own |= {k for n in above.args for k in syntax.held.get(ast.unparse(n), ())}
    for c in (2, 0.5):
        yield syntax.edit(NEAR + 0.05, node, f"{c} * ({this})")
    for other, kinds in syntax.held.items() if own else ():
        if len(other) <= SHORT and other != this and _fits(own, kinds):
            # A step is made of what it is multiplied by at the end.
            yield syntax.edit(NEAR + 0.2 * (other.lower() in RATES), node, f"({this}) * {other}")
            yield syntax.edit(NEAR + 0.1, node, f"({this}) / {other}")
        if isinstance(node, ast.Name) and other.isidentifier() and not own.isdisjoint(kinds):
            for slope in slopes(other) if _is_whole(syntax, node) else ():
                yield syntax.edit(NEAR + 0.05, node, f"{this} * {slope}")
    for part in parts(syntax, node, text) if own else ():
        yield syntax.edit(NEAR + 0.1, node, f"({this}) * {part}")
    for other in syntax.unused if own else ():
        yield syntax.edit(UNUSED, node, f"({this}) * {other}")
    for other in syntax.unread if isinstance(node, ast.BinOp | ast.Call) else ():
        yield syntax.edit(NEAR, node, f"({this}) + {other}")
        if syntax.held[other] == {REAL}:
            yield syntax.edit(UNREAD, node, f"{other} * ({this})")
    for c in dict.fromkeys(c for c in syntax.constants if type(c) in (int, float) and c > 2):
        yield syntax.edit(NEAR + 0.1, node, f"{c} * ({this})")
    term = _is_term(syntax, node, ast.Add | ast.Sub)
    for name in syntax.held if term or _is_whole(syntax, node) else ():
        if name.isidentifier() and syntax.is_count(name):
            yield syntax.edit(NEAR + 0.1, node, f"({this}) / {name}")


def unlikely(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Multiply by whatever there is, or divide by it, or add it; apply a function."""
    if not _is_value(syntax, node):
        return
    whole, term = _is_whole(syntax, node), _is_term(syntax, node, ast.Add | ast.Sub)
    inside, this = _is_term(syntax, node, ast.Mult | ast.Div), f"({ast.unparse(node)})"
    if inside and (is_atom(node) or isinstance(node, ast.Call)):
        yield from _added(syntax, node)
    given = whole or term or _is_given(syntax, node)
    if not given and not (inside and isinstance(node, ast.BinOp)):
        return
    for call in syntax.calls if whole else ():
        yield syntax.edit(FACTOR, node, f"{this} * {call}")
    for name in APPLIED:
        yield syntax.edit(FACTOR, node, f"np.{name}{this}")
    most = _axes(syntax, syntax.parents[node][0])
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
    own = syntax.held.get(target, set())
    if isinstance(node, ast.Tuple) or not syntax.is_numeric(target):
        return
    some = [t for t in syntax.held if t.isidentifier() and syntax.is_numeric(t)]
    likely = [t for t in some if not own.isdisjoint(syntax.held[t])]
    numbers = [t for t in some if syntax.held[t] == {REAL} and t not in likely]
    products = [*itertools.product([*numbers, *(f"(1 - {t})" for t in likely)], likely)]
    for factor, text in [*products, *itertools.combinations(likely, 2)]:
        yield syntax.edit(FACTOR + 0.2, node, f"({this}) + {factor} * {text}")
    for product in _products(syntax, {kind[2] for kind in own if len(kind) > 2}):
        yield syntax.edit(FACTOR + 0.1, node, f"({this}) + {product}")


def _products(syntax: Syntax, wanted: set[tuple[int, ...]]) -> Iterator[str]:
    """Give products of a matrix and a vector of such a shape: ``U.T @ d``."""
    for matrix, vector in itertools.product(syntax.held, syntax.held):
        if vector.isidentifier() and syntax.axes(matrix) == 2 and syntax.axes(vector) == 1:
            shapes = [kind[2] for kind in syntax.held[matrix] if len(kind) > 2]
            length = {kind[2] for kind in syntax.held[vector] if len(kind) > 2}
            if any(s[1:] in wanted and s[:1] in length for s in shapes):
                yield f"{matrix}.T @ {vector}"
            if any(s[:1] in wanted and s[1:] in length for s in shapes):
                yield f"{matrix} @ {vector}"


def _divisors(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Add a number to what is divided by."""
    above, field, _ = syntax.parents[node]
    if not isinstance(above, ast.BinOp) or not isinstance(above.op, ast.Div) or field != "right":
        return
    for name, kinds in syntax.held.items():
        if kinds == {REAL} and syntax.is_numeric(ast.unparse(node)):
            yield syntax.edit(NEAR + 0.2, node, f"({ast.unparse(node)} + {name})")


def _added(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Add to a factor what is like it, or subtract it."""
    text = ast.unparse(node)
    above = syntax.statement(node)
    made = isinstance(above, ast.Assign | ast.AugAssign)
    like = text if is_atom(node) else syntax.result(above) if made else ""
    for other, odd in syntax.alike(like):
        if not odd and syntax.is_numeric(other):
            for op in "-+":
                yield syntax.edit(FACTOR + 0.1, node, f"({text} {op} {other})")


def _fits(own: set[Kind], kinds: set[Kind]) -> bool:
    """Whether something may be multiplied by something, and be of its shape."""
    if not own.isdisjoint(kinds):
        return True
    pairs = ((a[2], b[2]) for a in own for b in kinds if len(a) > 2 and len(b) > 2)
    return any(
        len(a) == len(b) and all(n in (m, 1) for m, n in zip(a, b, strict=True)) for a, b in pairs
    )


# --- where something stands


def _is_value(syntax: Syntax, node: Any) -> bool:
    own = isinstance(node, ast.expr) and node in syntax.parents
    several = isinstance(node, ast.Tuple | ast.List | ast.Dict | ast.Starred)
    read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    return own and read and not several and not syntax.is_whole(node)


def _is_whole(syntax: Syntax, node: Any) -> bool:
    """Whether something is the result of a statement, or of a comprehension."""
    above, field, _ = syntax.parents[node]
    made = field == "value" and isinstance(above, ast.Assign | ast.AugAssign | ast.Return)
    return made or field == "elt" or (field == "body" and isinstance(above, ast.Lambda))


def _is_term(syntax: Syntax, node: Any, kinds: Any) -> bool:
    above = syntax.parents[node][0]
    return isinstance(above, ast.BinOp) and isinstance(above.op, kinds)


def _is_given(syntax: Syntax, node: Any) -> bool:
    """Whether something is a term, is handed to a function or returned, or reduced."""
    above, field, _ = syntax.parents[node]
    further = syntax.parents.get(above, (None, "", None))[0]
    if isinstance(above, ast.Tuple | ast.List | ast.Dict):
        return isinstance(further, ast.Return | ast.Assign | ast.Call)
    if isinstance(above, ast.Attribute):
        return isinstance(further, ast.Call) and called(further) in REDUCING
    given = isinstance(above, ast.Call) and field == "args"
    return given or _is_term(syntax, node, ast.Add | ast.Sub)


def _axes(syntax: Syntax, statement: Any) -> int:
    """Give how many axes the result of a statement has, or a number that is large enough."""
    if not isinstance(statement, ast.Assign | ast.AugAssign):
        return 9
    target = syntax.result(statement)
    return syntax.axes(target) if target in syntax.held else 9
