"""Which of several changes, each of which makes all right, is most likely the mistake's."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .routines import Function
from .syntax import Simple, maker
from .writing import Edit, Place, get, read

LIKE, ALONE = -0.25, 0.15  # how odd a statement is that resembles others now, or does no more


class Resemblance:
    """The forms of the statements of some functions: people write what is alike alike."""

    def __init__(self, functions: Iterable[Function]) -> None:
        nodes = (n for f in functions for n in ast.walk(f) if isinstance(n, Simple))
        whole = [n for node in nodes for n in parts(node)]
        self.forms = Counter(form for node in whole for form in forms(node))
        self.known = dict[Place, tuple[str, str]]()

    def odd(self, edit: Edit) -> float:
        """Tell how odd a change is, by whether there are other statements of its form.

        What it says is asked first, but for the numbers in names; then what it is made of.
        """
        if edit.result is None:
            return 0.0
        whole, known = self._known(edit.result)
        changed = [known, *(self._known(e.result)[1] for e in edit.also if e.result is not None)]
        replaced = get(edit.place) is whole
        try:
            with edit.applied():
                after = forms(get(edit.place) if replaced else whole)
        except SyntaxError:  # it will not be run
            return ALONE
        for n, (old, new) in enumerate(zip(known, after, strict=True)):
            own = [before[n] for before in changed]
            others = self.forms[old] > own.count(old)
            alike = self.forms[new] > own.count(new)
            if others != alike:
                return LIKE if alike else ALONE
        return 0.0

    def _known(self, result: Place) -> tuple[Any, tuple[str, str]]:
        """Give the statement, or one of several results, that is meant, and its forms."""
        whole = maker(result)
        if result not in self.known:
            self.known[result] = forms(whole)
        return whole, self.known[result]


def in_other_words(edit: Edit, others: Iterable[Edit]) -> dict[str, str]:
    """Tell which names of a change have others for them that do the same there.

    Two sizes may be the same by accident.
    """
    words, found = _words(edit), dict[str, str]()
    for other in (o for o in others if o.place == edit.place and not o.also):
        theirs = _words(other)
        if len(theirs) == len(words):
            pairs = {(a, b) for a, b in zip(words, theirs, strict=True) if a != b}
            if len(pairs) == 1:
                found.setdefault(*next(iter(pairs)))
    return found


def _words(edit: Edit) -> list[str]:
    new = read(edit.new, get(edit.place))
    return re.findall(r"\w+|\W", ast.unparse(new)) if isinstance(new, ast.AST) else []


def parts(statement: Any) -> list[Any]:
    """Give what several results are made of, or a statement alone."""
    value = statement.value
    several = isinstance(statement, ast.Return) and isinstance(value, ast.Tuple)
    return value.elts if several else [statement]


def forms(statement: Any) -> tuple[str, str]:
    """Write a statement without the numbers in it, and without its names and numbers."""
    if not isinstance(statement, ast.AST):
        return "", ""
    text = re.sub(r"Constant\([^)]*\)", "", ast.dump(statement))
    return re.sub(r"\d", "", text), re.sub(r"id='[^']*'", "", text)
