"""Changes of when things are done: in a loop or after it, with what something was or is by then."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from typing import Any

from .everywhere import Replaced
from .safety import head
from .syntax import MOVED, Syntax
from .writing import Edit, located

WAS = "_was_{}_"
MANY = 4  # statements, if they are not the last
SEVERAL = 0.05  # how much odder it is that several statements stand elsewhere


def edits(syntax: Syntax) -> Iterator[Edit]:
    """Give the changes of a function."""
    if isinstance(syntax.function, ast.Lambda):
        return
    for node in ast.walk(syntax.function):
        yield from _after(syntax, node)
    yield from _unchanged(syntax)


def _after(syntax: Syntax, block: Any) -> Iterator[Edit]:
    """Do after a loop what is done at the end of its rounds, or within."""
    body: Any = getattr(block, "body", None)
    for n, loop in enumerate(body if isinstance(body, list) else ()):
        if not isinstance(loop, ast.For):
            continue
        last = len(loop.body)
        runs = [
            (k, m)
            for k in range(last - 1)
            for m in range(k + 2, min(k + MANY, last) + 1)
            if m - k < last
        ]
        for k, m in [*runs, *((k, last) for k in range(1, last - MANY))]:
            rest, moved = [*loop.body[:k], *loop.body[m:]], loop.body[k:m]
            short = ast.copy_location(ast.For(loop.target, loop.iter, rest, loop.orelse), loop)
            new = [*body[:n], short, *moved, *body[n + 1 :]]
            yield Edit(
                MOVED + SEVERAL,
                (block, "body", None),
                new,
                partial(_said, loop, moved),
            )


def _said(loop: ast.For, moved: list[Any]) -> str:
    first = ast.unparse(moved[0]).splitlines()[0]
    lines = f"lines {moved[0].lineno} to {moved[-1].end_lineno}"
    return f"`{first}` and what follows ({lines}) should stand after `{head(loop)}`"


def _unchanged(syntax: Syntax) -> Iterator[Edit]:
    """Read what something was, where that is changed before it is read."""
    updates = dict[str, list[Any]]()
    for node in syntax.nodes:
        target = _updated(node)
        if target is not None:
            updates.setdefault(ast.unparse(target), []).append(node)
    late = {text: _read_late(syntax, text, own) for text, own in updates.items()}
    texts = [text for text, reads in late.items() if reads]
    given = [text for text in texts if re.split(r"\W", text)[0] in syntax.given]
    for some in [*([text] for text in texts), *([given] if len(given) > 1 else [])]:
        yield _as_it_was(syntax, {text: (updates[text], late[text]) for text in some})


def _updated(node: Any) -> Any:
    """Give what a statement makes of what it was before."""
    if isinstance(node, ast.AugAssign):
        return node.target
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        text = ast.unparse(node.targets[0])
        if any(isinstance(n, ast.expr) and ast.unparse(n) == text for n in ast.walk(node.value)):
            return node.targets[0]
    return None


def _read_late(syntax: Syntax, text: str, updates: list[Any]) -> list[int]:
    """Give the lines that read something when it may have been changed, but to hand it back."""
    own = {id(n) for update in updates for n in ast.walk(update)}
    loops = [n for n in syntax.nodes if isinstance(n, ast.For)]
    around = [n.lineno for n in loops if any(id(u) in set(map(id, ast.walk(n))) for u in updates)]
    first = min([*around, *(u.lineno for u in updates)])
    found = set[int]()
    for n in (n for n in syntax.nodes if isinstance(n, ast.expr) and id(n) not in own):
        read = isinstance(getattr(n, "ctx", None), ast.Load) and ast.unparse(n) == text
        if read and n.lineno > first and not isinstance(syntax.statement(n), ast.Return):
            found.add(n.lineno)
    return sorted(found)


Late = dict[str, tuple[list[Any], list[int]]]  # updates of something, and lines that read it


def _as_it_was(syntax: Syntax, some: Late) -> Edit:
    def said() -> str:
        names = " and ".join(f"`{text}`" for text in some)
        changed = sorted({u.lineno for updates, _ in some.values() for u in updates})
        read = sorted({n for _, lines in some.values() for n in lines})
        one = len(some) == 1
        return (
            f"{names} {'is' if one else 'are'} changed ({_lines(changed)}) before {_lines(read)} "
            f"read{'s' if len(read) == 1 else ''} {'it' if one else 'them'}: "
            f"what {'it was' if one else 'they were'} should be read there"
        )

    return Edit(MOVED, (syntax.function, "body", None), partial(_kept, syntax.function, some), said)


def _kept(own: Any, some: Late) -> list[ast.stmt]:
    """Write a function's body so that it keeps what something was, to read it later."""
    body: list[ast.stmt] = deepcopy(own.body)
    for k, (text, (updates, lines)) in enumerate(some.items()):
        was = ast.Name(WAS.format(k), ast.Load())
        kept = located(ast.parse(f"{was.id} = 1 * {text}").body[0], own.body[0])
        first = min(u.lineno for u in updates)
        at = next(n for n, s in enumerate(body) if (s.end_lineno or 0) >= first)
        for statement in (n for whole in body for n in ast.walk(whole)):
            if isinstance(statement, ast.stmt) and statement.lineno in lines:
                _replace(statement, text, located(was, statement))
        body.insert(at, kept)
    return body


def _lines(numbers: list[int]) -> str:
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _replace(statement: Any, text: str, new: ast.expr) -> None:
    """Read something else in a statement, but not in those within it."""
    for field, value in ast.iter_fields(statement):
        if isinstance(value, ast.expr):
            setattr(statement, field, Replaced(text, new).visit(value))
