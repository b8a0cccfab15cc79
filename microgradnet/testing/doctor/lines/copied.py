"""The same change in all statements of one form: who copies a line copies its mistake."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from itertools import starmap
from typing import Any

from .resembling import parts
from .routines import is_atom
from .syntax import Simple, Syntax, maker
from .writing import Edit, Place, get, placeless, read, written

SHOWN = 3  # changed lines that are told one by one
Names = dict[str, str]


def groups(syntax: Syntax) -> Iterator[list[Place]]:
    """Give the results of a function, see `Syntax.made_of`, that are made alike.

    First as a whole; then those that are only kept alike, of which the whole may change alike.
    """
    alike = dict[str, list[Place]]()
    for node in (n for n in syntax.nodes if isinstance(n, Simple)):
        for part in parts(node):
            place = syntax.made_of(part)
            if place is not None:
                for form in dict.fromkeys(_forms(maker(place))):
                    alike.setdefault(form, []).append(place)
    own = {tuple(map(id, places)): places for places in alike.values() if len(places) > 1}
    yield from own.values()


def _forms(whole: Any) -> Iterator[str]:
    """Write the form of a result, and of where it is kept."""
    blank = _Blank().visit(deepcopy(whole))
    yield ast.dump(blank)
    if isinstance(blank, ast.Assign | ast.AugAssign):
        blank.value = ast.Constant(0)
        yield ast.dump(blank)
        targets = whole.targets if isinstance(whole, ast.Assign) else [whole.target]
        yield re.sub(r"\d", "", " ".join(map(ast.unparse, targets)))


class _Blank(ast.NodeTransformer):
    """Leaves out names and numbers."""

    def visit(self, node: ast.AST) -> Any:
        """Leave them out."""
        kept = isinstance(getattr(node, "ctx", None), ast.Store) and not isinstance(node, ast.Tuple)
        if kept or is_atom(node) or isinstance(node, ast.Constant):
            return ast.Constant(0)
        return self.generic_visit(node)


class Copies:
    """Some results that are made alike, the first of which is changed in many ways."""

    def __init__(self, syntax: Syntax, places: Sequence[Place], odd: float) -> None:
        self.syntax, self.places, self.odd = syntax, places, odd
        self.own, *self.others = map(maker, places)
        self.names = cache(lambda n: dict(_pairs(self.own, self.others[n])))

    def edit(self, edit: Edit) -> Edit | None:
        """Make the same change everywhere, with what stands there; None if there is no such place.

        What is written there is made when it is wanted.
        """
        path = _path(self.syntax, self.own, edit.place)
        nodes = [] if path is None else [_at(whole, path) for whole in self.others]
        if path is None or None in nodes:
            return None
        also = list[Edit]()
        for n, node in enumerate(nodes):
            new = partial(self._renamed, edit, n)
            text = partial(self._text, node, new)
            also.append(Edit(0.0, self.syntax.parents[node], new, text, self.places[n + 1]))
        return replace(
            edit, cost=edit.cost + self.odd, text=partial(self._said, edit, also), also=also
        )

    def _renamed(self, edit: Edit, n: int) -> Any:
        new = read(edit.new, get(edit.place))
        new = deepcopy(new) if new is edit.new else new
        return placeless(_Renamed(self.syntax, self.names(n)).visit(new))

    def _text(self, node: Any, new: Any) -> str:
        return self.syntax.edit(0.0, node, new).text()

    def _said(self, edit: Edit, also: Sequence[Edit]) -> str:
        said = ", and ".join(e.text() for e in (edit, *also[: SHOWN - 1]))
        lines = [str(whole.lineno) for whole in self.others[SHOWN - 1 :]]
        return said + f", and so in line {', '.join(lines)}" * bool(lines)


def _at(whole: Any, path: Sequence[tuple[str, int | None]]) -> Any:
    """Give what is in a place of a statement; None if there is none."""
    node = whole
    for field, n in path:
        node = getattr(node, field, None)
        if n is not None:
            node = node[n] if isinstance(node, list) and n < len(node) else None
    return node if isinstance(node, ast.AST) else None


def _path(syntax: Syntax, whole: Any, place: Place) -> list[tuple[str, int | None]] | None:
    """Tell how to come from a statement to a place in it, or to itself; None if it is not there."""
    node, path = get(place), list[tuple[str, int | None]]()
    while node is not whole:
        if not isinstance(node, ast.AST) or node not in syntax.parents:
            return None
        node, field, n = syntax.parents[node]
        path.insert(0, (field, n))
    return path


def _pairs(one: Any, other: Any) -> Iterator[tuple[str, str]]:
    """Tell what stands in one statement for what stands in another: the last said is so."""
    if not is_atom(one) or not is_atom(other):
        for pair in zip(ast.iter_child_nodes(one), ast.iter_child_nodes(other), strict=False):
            yield from _pairs(*pair)
    if isinstance(other, ast.expr) and not {type(one), type(other)} & {ast.Constant}:
        yield ast.unparse(one), ast.unparse(other)


class _Renamed(ast.NodeTransformer):
    """Writes what stands for something in a copied line; `Z2` for `Z1` where `W2` is for `W1`."""

    def __init__(self, syntax: Syntax, names: Names) -> None:
        self.names = {other: one for one, other in names.items()} | names  # what is exchanged, too
        self.held = syntax.held
        atoms = ((a, b) for a, b in names.items() if a != b and a in self.held and b in self.held)
        self.pieces = [(old, new) for old, new in starmap(_difference, atoms) if old and new]

    def visit(self, node: ast.AST) -> Any:
        """Write it."""
        if not isinstance(node, ast.expr):
            return self.generic_visit(node)
        text = ast.unparse(node)
        other = self.names.get(text)
        if other is None and is_atom(node):
            others = (text.replace(old, new) for old, new in self.pieces)
            other = next((t for t in others if t != text and t in self.held), None)
        if other is None:
            return self.generic_visit(node)
        new: Any = written(other)
        if hasattr(node, "ctx"):
            new.ctx = node.ctx
        return new


def _difference(one: str, other: str) -> tuple[str, str]:
    """Give what differs between two names."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return one, other
