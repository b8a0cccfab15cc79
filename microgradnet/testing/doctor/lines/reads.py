"""Changes of what is read: another name, another part, two exchanged, another number."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from copy import deepcopy
from types import FunctionType
from typing import Any

from .everywhere import OTHER, OVER
from .routines import is_atom
from .syntax import DICT, DROPPED, LIST, NAME, NUMBER, REAL, SIGN, Syntax
from .writing import Edit, called, constant, written

# How odd what is read is: from outside, a part, not made yet.
FOREIGN, MIXED, EARLY = 0.3, 0.25, 0.4
HANDED = 0.4  # where it is handed on by its name, as in a cache
CLOSE = 0.05  # and how much less what is spelled nearly the same
OWN = 0.15  # and what has the name that it is kept under
INDICES = 2  # of a part that is read in no other place
ONES = {0: (1, -1, 2), 1: (0, 2, -1), 2: (1, 0, 3, 4), 3: (2, 1), -1: (1, 0, -2)}


def edits(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Give the changes of a node."""
    if is_atom(node) and not _is_part(syntax, node):
        yield from _others(syntax, node)
        for odd, new in _forms(syntax, node):
            yield syntax.edit(SIGN + 0.1 + odd, node, new)
        if isinstance(node, ast.Name) and syntax.statement(node) is not None:
            yield from _exchanged(syntax, node)
    if isinstance(node, ast.Compare):
        yield from _masks(syntax, node)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from _numbers(syntax, node)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield syntax.edit(NUMBER, node, ast.Constant(not node.value))
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield syntax.edit(DROPPED, node, node.value)
    if isinstance(node, ast.Attribute) and node.attr == "size":
        total = ast.Attribute(node.value, "sum", ast.Load())
        yield syntax.edit(SIGN + 0.1, node, ast.Call(total, [], []))
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
    text, grows = ast.unparse(node), _growing(syntax.statement(node))
    for other, odd in syntax.alike(text):
        if other == grows and syntax.held[other] == {LIST}:
            continue  # it would be added to itself, again and again
        if DICT in syntax.held[other] and _is_written(syntax, node):
            continue  # whose those are is another question
        if (FunctionType,) in syntax.held[other] and not _is_function(syntax, node):
            continue
        if _is_sized(syntax, node) and any(1 in kind[2] for kind in syntax.held[other] if kind[2:]):
            continue  # a length of one may be had anywhere
        if other.isidentifier():
            odd += FOREIGN * (other not in syntax.names)
            odd += OVER * (other in syntax.rounds and other not in syntax.around(node))
            odd += EARLY * (syntax.made.get(other, 0) > node.end_lineno)
            whole = syntax.is_whole(node)
            odd += OTHER * (whole and (text in syntax.moving) != (other in syntax.moving))
        odd -= odd * _is_sized(syntax, node)
        odd += MIXED * (other.isidentifier() != text.isidentifier())
        odd -= CLOSE * _spelled(text, other)
        odd += HANDED * (syntax.is_handed(node) + _is_key(syntax, node))
        odd += HANDED * _is_named(syntax, node, text)
        odd -= CLOSE * (other in syntax.beside.get(text, ()))
        odd -= OWN * _is_named(syntax, node, other)
        says = f"reads `{text}` where it should read `{other}`"
        yield syntax.edit(NAME + odd, node, other, says)
    for other in (*parts(syntax, node, text), *_neighbours(syntax, node)):
        says = f"reads `{text}` where it should read `{other}`"
        yield syntax.edit(NAME + MIXED, node, other, says)


def _neighbours(syntax: Syntax, node: Any) -> Iterator[str]:
    """Give what stands beside what something was taken from: `hs[t + 1]` where `h` is `hs[t]`.

    And that of this round, of what was kept in an earlier loop: `hs[t]`, after `hs.append(h)`.
    """
    for base in syntax.appended.get(getattr(node, "id", ""), ()):
        for n in syntax.around(node):
            if n in syntax.rounds:
                yield f"{base}[{n}]"
    for base, index in syntax.taken.get(getattr(node, "id", ""), ()):
        for step in ("+ 1", "- 1"):
            yield f"{base}[{index} {step}]"


def _is_named(syntax: Syntax, node: Any, other: str) -> bool:
    """Whether something is kept under the name that it has in a dict: ``z1 = cache["z1"]``."""
    above, _, n = syntax.parents[node]
    several = isinstance(above, ast.Tuple)
    statement = syntax.parents[above][0] if several else above
    target: Any = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if several and isinstance(target, ast.Tuple) and len(target.elts) == len(above.elts):
        target = target.elts[n or 0]
    own = getattr(target, "id", "")
    return bool(own) and other.endswith((f"['{own}']", f".{own}"))


def _masks(syntax: Syntax, node: ast.Compare) -> Iterator[Edit]:
    """Take a mask that is at hand for one that is made."""
    above, field, _ = syntax.parents[node]
    if field in ("slice", "args") and isinstance(above, ast.Subscript | ast.Call):
        for name, kinds in syntax.held.items():
            if any(kind[3:] == ("mask",) for kind in kinds):
                yield syntax.edit(NAME + 0.1, node, name)


def _is_key(syntax: Syntax, node: Any) -> bool:
    """Whether something is put into a dict under its own name: ``{"z1": z1}``."""
    above, _, n = syntax.parents[node]
    key = above.keys[n or 0] if isinstance(above, ast.Dict) else None
    return isinstance(key, ast.Constant) and key.value == ast.unparse(node)


def _is_function(syntax: Syntax, node: Any) -> bool:
    """Whether something is called, or handed to what calls it."""
    above, field, _ = syntax.parents[node]
    return isinstance(above, ast.Call) and field in ("func", "args")


def _is_sized(syntax: Syntax, node: Any) -> bool:
    """Whether it is the size of something that is asked for: any array has one."""
    above = syntax.parents[node][0]
    attribute = isinstance(above, ast.Attribute) and above.attr in ("shape", "size")
    return attribute or (isinstance(above, ast.Call) and called(above) == "len")


def _is_written(syntax: Syntax, node: Any) -> bool:
    """Whether something is put into it."""
    above = syntax.parents[node][0]
    return isinstance(above, ast.Subscript) and isinstance(above.ctx, ast.Store)


def _growing(statement: Any) -> str:
    """Write what a statement adds to."""
    if isinstance(statement, ast.Assign):
        return ast.unparse(statement.targets[0])
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return ast.unparse(value.func.value)
    return ast.unparse(statement.target) if isinstance(statement, ast.AugAssign) else ""


def _spelled(one: str, other: str) -> float:
    """Tell how many letters two names have in common, of all."""
    return sum(map(str.__eq__, one, other)) / max(len(one), len(other))


def parts(syntax: Syntax, node: Any, like: str) -> Iterator[str]:
    """Give parts of larger arrays, in the rounds of the loops around a node: `z[n]`."""
    shapes = {kind[2] for kind in syntax.held.get(like, ()) if len(kind) > 2}
    rounds = [n for n in syntax.around(node) if n in syntax.rounds]
    for text, kinds in syntax.held.items() if rounds else ():
        for kind in kinds if text.isidentifier() else ():
            for n in range(1, INDICES + 1) if len(kind) > 2 else ():
                if kind[2][n:] in shapes or (kind[2][n:] == () and syntax.held.get(text) == {REAL}):
                    for some in itertools.permutations(rounds, n):
                        part = f"{text}[{', '.join(some)}]"
                        if part not in syntax.atoms:
                            yield part


def _forms(syntax: Syntax, node: Any) -> Iterator[tuple[float, ast.expr]]:
    """Give what is made of a number, or an array, and how odd that is.

    Its square, what is left to 1; transposed, in columns, from its end.
    """
    text, axes = ast.unparse(node), syntax.axes(ast.unparse(node))
    above, field, _ = syntax.parents.get(node, (None, "", None))
    factor = isinstance(above, ast.BinOp) or (isinstance(above, ast.Call) and field == "args")
    if syntax.is_numeric(text):
        handed = field == "args"
        yield 0.2 + HANDED * handed, ast.BinOp(node, ast.Pow(), ast.Constant(2))
        yield 0.2, ast.BinOp(ast.Constant(1), ast.Sub(), node)
    if axes == 1 and isinstance(above, ast.BinOp):
        yield 0.3, written(f"{text}[:, None]")
    if axes == 2:
        yield 0.2, turned(node)
    if axes and field == "slice":
        yield 0.1, ast.UnaryOp(ast.Invert(), node)
    if axes and factor:
        yield 0.3, written(f"{text}[..., ::-1]" if axes > 1 else f"{text}[::-1]")


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
            dicts = [n for n in ast.walk(whole) if isinstance(n, ast.Dict)]
            odd = HANDED * any(_is_key(syntax, v) for d in dicts for v in d.values)
            yield syntax.edit(SIGN + 0.2 + odd, whole, new)


def _is_factor(syntax: Syntax, node: Any) -> bool:
    above = syntax.parents[node][0]
    return isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mult)


def _numbers(syntax: Syntax, node: Any) -> Iterator[Edit]:
    """Write another number, or a name that holds one."""
    c = node.value
    halves: list[Any] = [2 * c, c / 2, 1.0, 0.0, c * c, 10 * c, c / 10, -c]
    near = ONES.get(c, (c - 1, c + 1, 10 * c, c // 10)) if type(c) is int else halves
    for other in dict.fromkeys([*near, *(n for n in syntax.constants if type(n) is float)]):
        if other != c:
            odd = (
                0.1 * (other not in near)
                + 0.3 * (other == -c)
                + 0.4 * (other == 0 and _is_factor(syntax, node))
                + 0.2 * (other in (0.0, 10 * c, c / 10) and type(c) is float)
            )
            yield syntax.edit(NUMBER + odd, node, constant(other))
    if isinstance(syntax.parents[node][0], ast.Subscript | ast.Slice | ast.keyword):
        return
    if c == 0 and isinstance(syntax.parents[node][0], ast.Assign):
        for other in ("-np.inf", "np.inf"):  # where the largest or least is looked for
            yield syntax.edit(NUMBER, node, other)
    for name in syntax.held:
        if "[" not in name and syntax.held[name] == {REAL}:
            says = f"has {c} where it should have `{name}`"
            yield syntax.edit(NUMBER + 0.3, node, name, says)
