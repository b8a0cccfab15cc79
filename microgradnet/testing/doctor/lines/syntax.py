"""The syntax of one function: what its names hold, what is like what, and how to say a change."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from .routines import Function, Kind, is_atom
from .writing import (
    Edit,
    Place,
    called,
    get,
    located,
    put,
    read,
)

LONG = 76  # letters of what is shown
INT, REAL, LIST, DICT = (int,), (float,), (list, None), (dict, None)
MANY = 10  # sizes written as numbers are less
OTHER_SHAPE = 0.4  # how odd it is that an array of another shape is read
# How odd changes are:
NAME, SIGN, NUMBER, ADDED, DROPPED, MOVED, NEAR, FACTOR = 1.0, 1.1, 1.1, 1.2, 1.2, 1.4, 1.5, 1.9

Simple = ast.Assign | ast.AugAssign | ast.Return | ast.Expr  # statements
UNUSED = 1.25  # what is made, and read nowhere, is read


def maker(result: Place) -> Any:
    """Give the statement that makes a result, or the result if it is one of several."""
    return result[0] if isinstance(result[0], Simple) else get(result)


class Syntax:
    """A function, with what its names and what is made of them held while it ran."""

    def __init__(
        self, function: Function, held: dict[str, set[Kind]], text: Sequence[str] = ()
    ) -> None:
        self.function, self.text = function, text
        self.sums = {text: kinds for text, kinds in held.items() if text[0] == "("}
        self.held = {text: kinds for text, kinds in held.items() if text[0] != "("}
        self._alike: dict[str, list[tuple[str, float]]] = {}
        self.parents: dict[ast.AST, Place] = {}
        for node in ast.walk(function):
            for name, value in ast.iter_fields(node):
                if isinstance(value, ast.AST):
                    self.parents[value] = node, name, None
                elif isinstance(value, list):
                    parts = ((n, v) for n, v in enumerate(value) if isinstance(v, ast.AST))
                    self.parents |= {v: (node, name, n) for n, v in parts}
        body = [function.body] if isinstance(function, ast.Lambda) else function.body
        self.nodes: list[Any] = [n for part in body for n in ast.walk(part)]
        self.atoms = {ast.unparse(n): n for n in self.nodes if is_atom(n)}
        self.given = [n.arg for n in ast.walk(function.args) if isinstance(n, ast.arg)]
        own = (n.id for n in self.nodes if isinstance(n, ast.Name))
        self.names = dict.fromkeys([*self.given, *own])
        for n in (n for n in self.nodes if isinstance(n, ast.comprehension)):
            if isinstance(n.target, ast.Name):  # which is gone at the end
                known = self.held.get(n.target.id, set())
                self.held[n.target.id] = known | _parts(n.iter, self.held)

    @cached_property
    def rounds(self) -> list[str]:
        """What counts the rounds of loops."""
        loops = (n for n in self.nodes if isinstance(n, ast.For | ast.comprehension))
        names = (n.id for loop in loops for n in ast.walk(loop.target) if isinstance(n, ast.Name))
        return [n for n in dict.fromkeys(names) if INT in self.held.get(n, ())]

    @cached_property
    def sizes(self) -> list[str]:
        """Give what the code counts with: whole numbers but those of rounds."""
        names = [*self.names, *(n for n in self.held if n.isidentifier() and n not in self.names)]
        held = [n for n in names if self.held.get(n) == {INT} and n not in self.rounds]
        some = sorted({c for c in self.constants if type(c) is int and 1 < c < MANY})
        return [*held, *map(str, some)]

    @cached_property
    def unread(self) -> list[str]:
        """Give the numbers and arrays that the function is given, or finds, and does not read.

        To hand something back, as it is or a step from there, is not to read it.
        """
        nodes = (n for n in self.nodes if is_atom(n))
        nodes = (n for n in nodes if not self._is_returned(n) and not self._is_moved(n))
        read = {ast.unparse(n) for n in nodes}
        return [n for n in self.held if n not in read and self.is_numeric(n)]

    def _is_moved(self, node: ast.AST) -> bool:
        """Whether a step is made from something: ``new = w - rate * g``."""
        above, field, _ = self.parents.get(node, (None, "", None))
        whole = self.parents.get(above, (None,))[0]
        minus = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Sub) and field == "left"
        return minus and isinstance(whole, ast.Assign)

    def _is_returned(self, node: ast.AST) -> bool:
        above = self.parents.get(node, (None,))[0]
        if isinstance(above, ast.Tuple):
            above = self.parents.get(above, (None,))[0]
        return isinstance(above, ast.Return)

    @cached_property
    def unused(self) -> list[str]:
        """Give what the function makes, and does not read."""
        return [n for n in self.made if n in self.held and n not in self.atoms]

    @cached_property
    def calls(self) -> list[str]:
        """Give what functions give of names: ``slope(h)``."""
        calls = [n for n in self.nodes if isinstance(n, ast.Call) and all(map(is_atom, n.args))]
        return [*dict.fromkeys(ast.unparse(n) for n in calls if n.args and not n.keywords)]

    @cached_property
    def constants(self) -> list[Any]:
        """Give the constants."""
        return [n.value for n in self.nodes if isinstance(n, ast.Constant)]

    @cached_property
    def moving(self) -> set[str]:
        """Give the whole numbers that change in loops."""
        inside = (n for loop in self.nodes if isinstance(loop, ast.For) for n in ast.walk(loop))
        own = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return {n for n in {*own, *self.rounds} if INT in self.held.get(n, ())}

    @cached_property
    def made(self) -> dict[str, int]:
        """Tell in which line names are first given something, but for arguments."""
        found = dict[str, int]()
        for n in self.nodes:
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.id not in self.given:
                found[n.id] = min(n.lineno, found.get(n.id, n.lineno))
        return found

    @cached_property
    def taken(self) -> dict[str, list[tuple[str, str]]]:
        """Tell what names are of larger things, and which part: ``h = hs[t]``."""
        found = dict[str, list[tuple[str, str]]]()
        for node in (n for n in self.nodes if isinstance(n, ast.Assign)):
            one = [node.targets[0]], [node.value]
            pairs = zip(*(getattr(x[0], "elts", x) for x in one), strict=False)
            for name, part in pairs:
                whole = isinstance(part, ast.Subscript) and isinstance(name, ast.Name)
                if whole and self.is_whole(part.slice) and not isinstance(part.slice, ast.Constant):
                    known = found.setdefault(name.id, [])
                    known.append((ast.unparse(part.value), ast.unparse(part.slice)))
        return found

    @cached_property
    def appended(self) -> dict[str, list[str]]:
        """Tell which lists names are appended to."""
        found = dict[str, list[str]]()
        for n in (n for n in self.nodes if isinstance(n, ast.Call) and called(n) == "append"):
            if isinstance(n.func, ast.Attribute) and n.args and isinstance(n.args[0], ast.Name):
                found.setdefault(n.args[0].id, []).append(ast.unparse(n.func.value))
        return found

    @cached_property
    def beside(self) -> dict[str, list[str]]:
        """Give the names that are made together with one: ``rows, columns = x.shape``."""
        together = (n for n in self.nodes if isinstance(n, ast.Tuple))
        stored = (n for n in together if isinstance(n.ctx, ast.Store))
        names = ([x.id for x in n.elts if isinstance(x, ast.Name)] for n in stored)
        return {name: group for group in names for name in group}

    def around(self, node: ast.AST) -> list[str]:
        """Give the names that count the rounds of the loops that something is in."""
        found = list[str]()
        while node in self.parents:
            node = self.parents[node][0]
            loops = [node] if isinstance(node, ast.For) else getattr(node, "generators", [])
            for loop in loops:
                found += [n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)]
        return found[::-1]

    def statement(self, node: ast.AST) -> Any:
        """Give the simple statement that something is in."""
        while node in self.parents and not isinstance(node, ast.stmt):
            node = self.parents[node][0]
        return node if isinstance(node, Simple) else None

    def made_of(self, node: ast.AST) -> Place | None:
        """Give the result that something is a part of: of a statement, one of several, a lambda."""
        while node in self.parents and not isinstance(node, ast.stmt):
            place = self.parents[node]
            several = isinstance(place[0], ast.Tuple) and place[0] in self.parents
            if several and isinstance(self.parents[place[0]][0], ast.Return):
                return place
            node = place[0]
        if isinstance(node, Simple):
            return node, "value", None
        return (node, "body", None) if isinstance(node, ast.Lambda) else None

    def result(self, statement: Any) -> str:
        """Write what a statement gives something to."""
        return ast.unparse(getattr(statement, "target", None) or statement.targets[0])

    # --- what things are, as far as one can see

    def alike(self, text: str) -> list[tuple[str, float]]:
        """Give what might stand for something, and how odd that is."""
        if text not in self._alike:
            own = self.held.get(text, set())
            kinds = {kind[:2] for kind in own}
            self._alike[text] = [
                (other, OTHER_SHAPE * own.isdisjoint(known))
                for other, known in self.held.items()
                if other != text and not kinds.isdisjoint(kind[:2] for kind in known)
            ]
        return self._alike[text]

    def is_numeric(self, text: str) -> bool:
        """Whether something is a number, or an array, that is no index."""
        return any(kind[0] in (float, np.ndarray) for kind in self.held.get(text, ()))

    def is_count(self, text: str) -> bool:
        """Whether something is a whole number that is the same in all rounds."""
        return self.held.get(text) == {INT} and text not in self.rounds

    def is_whole(self, node: ast.AST) -> bool:
        """Whether something is an index."""
        if isinstance(node, ast.Name):
            return self.held.get(node.id) == {INT}
        if isinstance(node, ast.Constant):
            return type(node.value) is int
        if isinstance(node, ast.BinOp):
            own = not isinstance(node.op, ast.Div)
            return own and self.is_whole(node.left) and self.is_whole(node.right)
        if is_atom(node):
            return self.held.get(ast.unparse(node)) == {INT}
        return isinstance(node, ast.Call) and called(node) in ("int", "argmax", "argmin", "len")

    def is_handed(self, node: ast.AST) -> bool:
        """Whether something is one of several results that are returned, or kept, as they are."""
        above = self.parents[node][0]
        several = isinstance(above, ast.Tuple | ast.List | ast.Dict)
        whole = self.parents[above][0] if several else None
        taken = isinstance(whole, ast.Assign) and isinstance(whole.targets[0], ast.Tuple)
        return isinstance(whole, ast.Return | ast.Assign) and not taken

    def axes(self, text: str) -> int:
        """Give how many axes something has."""
        kinds = self.held.get(text, ())
        return max((kind[1] for kind in kinds if kind[0] is np.ndarray), default=0)

    # --- changes

    def edit(self, cost: float, node: Any, new: Any, says: str = "") -> Edit:
        """Put something into the place of a node, and say so."""
        place = self.parents[node]
        if isinstance(new, ast.AST):
            located(new, node)

        def text() -> str:
            shown = self._shown(node)
            before, after = self._words(shown, node, read(new, node))
            own = ast.unparse(node)
            once = len(re.findall(rf"(?<![\w.]){re.escape(own)}(?!\w)", before)) == 1
            plain = "should not be there" if after == "pass" else f"should be `{after}`"
            said = says if says and once else plain
            return f"`{before}` (line {node.lineno}) {said}"

        return Edit(cost, place, new, text, self.made_of(node))

    def _shown(self, node: Any) -> Any:
        """Choose what is shown of the code around: no more than one line, or one result."""
        shown = node
        while shown in self.parents and not isinstance(shown, ast.stmt):
            above = self.parents[shown][0]
            whole = isinstance(above, ast.expr | ast.Assign | ast.AugAssign | ast.Return | ast.Expr)
            inside = isinstance(above, ast.Slice | ast.keyword) or whole
            several = isinstance(above, ast.Tuple | ast.Dict) and self._is_result(above)
            if above is self.function or several or not inside or len(ast.unparse(above)) > LONG:
                break
            shown = above
        return shown

    def _is_result(self, node: Any) -> bool:
        return isinstance(self.parents[node][0], ast.Return | ast.Assign)

    def _words(self, shown: Any, node: Any, new: Any) -> tuple[str, str]:
        """Give what is shown before and after, as it is written if that is one line."""
        place = self.parents[node]
        before = ast.unparse(shown)
        put(place, new)
        after = ast.unparse(get(place) if shown is node else shown)
        put(place, node)
        own = self.text[shown.lineno - 1].encode() if shown.lineno <= len(self.text) else b""
        if shown.lineno != shown.end_lineno or isinstance(node, ast.stmt):
            return before, after
        first, last = own[: node.col_offset], own[node.end_col_offset :]
        end = len(own) - shown.end_col_offset
        plain = ast.unparse(new)
        for words in (plain[1:-1] if isinstance(new, ast.Tuple) else plain, plain, f"({plain})"):
            written = (first + words.encode() + last)[shown.col_offset :]
            written = written[: len(written) - end]
            with contextlib.suppress(SyntaxError, ValueError):
                if ast.unparse(ast.parse(written.decode())) == after:
                    as_written = own[shown.col_offset : shown.end_col_offset].decode()
                    return as_written, written.decode()
        return before, after


def _parts(some: Any, held: dict[str, set[Kind]]) -> set[Kind]:
    """Tell what is in something that is gone through."""
    if called(some) == "range":
        return {INT}
    own = [kind[2] for kind in held.get(ast.unparse(some), ()) if len(kind) > 2]
    return {(np.ndarray, len(s) - 1, s[1:]) if len(s) > 1 else REAL for s in own}
