"""Pieces of syntax: what is put where, and how it is written."""

from __future__ import annotations

import ast
import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Place = tuple[Any, str, int | None]  # a node, its field, and the index of the piece in that


@dataclass
class Edit:
    """Another piece in some place, how odd that is, and what to say of it.

    An expression may be given as its text, or as what makes it, when it is wanted: most never are.
    """

    cost: float
    place: Place
    new: Any
    text: Callable[[], str] = str
    result: Place | None = None  # what is made of it, see `Syntax.made_of`
    also: list[Edit] = field(default_factory=list)  # made with it, elsewhere

    def apply(self) -> Edit:
        """Change the tree; what comes back changes it back."""
        all_of_it = [self, *self.also]
        news = [read(edit.new, get(edit.place)) for edit in all_of_it]  # nothing, if one cannot be
        back = [Edit(edit.cost, edit.place, get(edit.place)) for edit in all_of_it]
        for edit, new in zip(all_of_it, news, strict=True):
            put(edit.place, new)
        return replace(back[0], also=back[1:])

    def is_idle(self) -> bool:
        """Whether it changes nothing."""
        old = get(self.place)
        new = read(self.new, old)
        return isinstance(new, ast.AST) and ast.dump(new) == ast.dump(old)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Let the tree be changed for a while."""
        back = self.apply()
        try:
            yield
        finally:
            back.apply()


def get(place: Place) -> Any:
    """Give what is in a place."""
    node, name, n = place
    whole = getattr(node, name)
    return whole if n is None else whole[n]


def put(place: Place, new: Any) -> None:
    """Put something there."""
    node, name, n = place
    if n is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[n] = new


def located(new: Any, like: ast.AST) -> Any:
    """Say that new syntax stands where the old one does."""
    if not hasattr(new, "lineno") and "lineno" in new._attributes:
        ast.copy_location(new, like)
    for child in ast.iter_child_nodes(new):
        if not (isinstance(child, ast.stmt) and hasattr(child, "lineno")):
            located(child, like)
    return new


def placed(new: ast.expr, like: Any) -> ast.expr:
    """Say that new syntax stands where the old one does, whatever was said of it."""
    at = {name: getattr(like, name, None) for name in new._attributes}
    for node in ast.walk(new):
        if node._attributes:
            node.__dict__.update(at)
    return new


def read(new: Any, like: ast.AST) -> Any:
    """Give new syntax, if need be from its text."""
    if isinstance(new, str):
        return placed(ast.parse(new, mode="eval").body, like)
    made = new() if callable(new) else new
    return located(made, like) if made is not new and isinstance(made, ast.AST) else made


def written(text: str) -> ast.expr:
    """Give the syntax of an expression, which stands nowhere yet."""
    new = ast.parse(text, mode="eval").body
    placeless(new)
    return new


def placeless(new: ast.AST) -> ast.AST:
    """Forget where some syntax stands: it is to stand elsewhere, see `located`."""
    for node in ast.walk(new):
        for name in vars(node).keys() & set(node._attributes):
            delattr(node, name)
    return new


def exchanged(some: Sequence[Any]) -> Iterator[list[Any]]:
    """Give several things with two of them exchanged."""
    for i, j in itertools.combinations(range(len(some)), 2):
        new = [*some]
        new[i], new[j] = new[j], new[i]
        yield new


def constant(c: Any) -> ast.expr:
    """Write a number."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-c)) if c < 0 else ast.Constant(c)


def called(node: ast.AST) -> str:
    """Give the name of what is called."""
    func = getattr(node, "func", None)
    return str(getattr(func, "id", getattr(func, "attr", "")))
