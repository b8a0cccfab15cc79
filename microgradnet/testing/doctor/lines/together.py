"""Many changes compiled at once, of which each is made while a number is its own.

Where `x + y` may be `x - y` or `x`, what is compiled is ``x + y if _change_ not in {3, 4} else
(x - y if _change_ == 3 else x)``: mutant schemata (Untch, Offutt and Harrold, ISSTA 1993). To
compile a function takes as long as to run it a few times.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

from .routines import Part
from .safety import CHANGE
from .syntax import Syntax
from .writing import Edit, Place, get, put, read

FIELDS = {"value", "iter", "test"}  # of statements: what is evaluated where it stands


@dataclass
class Choice:
    """A change that may be tried: whether it can make all right, and how odd it is."""

    whole: bool
    cost: float
    part: Part
    syntax: Syntax
    edit: Edit


@dataclass
class Together:
    """Some changes in one piece of code: the code of the parts, and the changes' numbers.

    Changes of what is no simple statement and no expression have none.
    """

    codes: list[list[CodeType]]
    numbers: dict[int, int]  # by the edits' `id`

    def choose(self, edit: Edit) -> bool:
        """Let a change be made; False if it is not among them."""
        number = self.numbers.get(id(edit))
        setattr(builtins, CHANGE, number)
        return number is not None


def compiled(
    parts: Sequence[Part], kept: Sequence[list[CodeType]], choices: Sequence[Choice]
) -> Together:
    """Compile these changes in one; without one half of them if they do not go together.

    Parts in which nothing is changed keep the code that they have.
    """
    places: dict[tuple[int, str, int | None], tuple[Place, dict[int, Any]]] = {}
    numbers = dict[int, int]()
    for n, choice in enumerate(choices):
        try:
            found = [whole(choice.syntax, e) for e in (choice.edit, *choice.edit.also)]
        except SyntaxError:  # two pieces that cannot be put together so
            continue
        pairs = [*filter(None, found)]
        keys = [(id(place[0]), *place[1:]) for place, _ in pairs]
        if None not in found and len(set(keys)) == len(keys):  # one place takes one of them
            numbers[id(choice.edit)] = n
            for key, (place, new) in zip(keys, pairs, strict=True):
                places.setdefault(key, (place, {}))[1][n] = new
    back = [(place, get(place)) for place, _ in places.values()]
    try:
        for place, news in places.values():
            put(place, switched(get(place), news))
        changed = [any(c.part is part for c in choices) for part in parts]
        trios = zip(parts, kept, changed, strict=True)
        return Together([part.codes() if new else own for part, own, new in trios], numbers)
    except (SyntaxError, ValueError, TypeError):
        pass
    finally:
        for place, old in back:
            put(place, old)
    return compiled(parts, kept, choices[: len(choices) // 2])


def whole(syntax: Syntax, edit: Edit) -> tuple[Place, Any] | None:
    """Give the expression or statement that a change is in, and what it becomes.

    None if there is no such thing, or if it would make other names the function's own.
    """
    place, new = edit.place, read(edit.new, get(edit.place))
    while True:
        node, name, n = place
        old = get(place)
        if isinstance(old, ast.expr) and isinstance(new, ast.expr):
            if (name in FIELDS and isinstance(node, ast.stmt)) or isinstance(node, ast.Lambda):
                return place, new
        elif isinstance(old, ast.stmt) or node not in syntax.parents:
            is_simple = isinstance(new, ast.stmt) and not _has_body(old, new)
            return (place, new) if is_simple and _stored(old) == _stored(new) else None
        copy = type(node)(**vars(node))
        if n is not None:
            setattr(copy, name, [*getattr(copy, name)])
        put((copy, name, n), new)
        place, new = syntax.parents[node], copy


def _has_body(*statements: ast.stmt) -> bool:
    return any(hasattr(s, "body") for s in statements)


def _stored(statement: ast.stmt) -> set[str]:
    """Give the names that a statement gives something to."""
    targets = [*getattr(statement, "targets", ()), getattr(statement, "target", None)]
    nodes = (n for target in targets if target is not None for n in ast.walk(target))
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def switched(old: Any, news: dict[int, Any]) -> Any:
    """Write something that is as it was but where a change's number is asked for."""
    at = {"lineno": old.lineno, "col_offset": old.col_offset}

    def test(op: ast.cmpop, to: Any) -> ast.expr:
        return ast.Compare(ast.Name(CHANGE, ast.Load(), **at), [op], [ast.Constant(to, **at)], **at)

    numbers = [*news]
    after = news[numbers[-1]]
    for n in reversed(numbers[:-1]):
        after = _either(test(ast.Eq(), n), news[n], after, at)
    return _either(test(ast.NotIn(), frozenset(numbers)), old, after, at)


def _either(test: ast.expr, one: Any, other: Any, at: dict[str, int]) -> Any:
    if isinstance(one, ast.expr):
        return ast.IfExp(test, one, other, **at)
    return ast.If(test, [one], [other], **at)
