"""Which of several changes, each of which makes all right, is most likely the mistake's."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .routines import Function
from .syntax import Edit, Simple, get

LIKE, ALONE = -0.25, 0.15  # how odd a statement is that resembles others now, or does no more


class Resemblance:
    """The forms of the statements of some functions: people write what is alike alike."""

    def __init__(self, functions: Iterable[Function]) -> None:
        nodes = (n for f in functions for n in ast.walk(f) if isinstance(n, Simple))
        self.forms = Counter(form(n) for node in nodes for n in parts(node))

    def odd(self, edit: Edit) -> float:
        """Tell how odd a change is, by whether there are other statements of its form."""
        if edit.result is None:
            return 0.0
        node = edit.result[0]
        whole = node if isinstance(node, Simple) else get(edit.result)
        before, back = form(whole), edit.apply()
        after = form(get(edit.place) if back.new is whole else whole)
        back.apply()
        others, alike = self.forms[before] > 1, self.forms[after] > (after == before)
        return LIKE * (alike and not others) + ALONE * (others and not alike)


def parts(statement: Any) -> list[Any]:
    """Give what several results are made of, or a statement alone."""
    value = statement.value
    several = isinstance(statement, ast.Return) and isinstance(value, ast.Tuple)
    return value.elts if several else [statement]


def form(statement: Any) -> str:
    """Write a statement without its names and numbers."""
    if not isinstance(statement, ast.AST):
        return ""
    return re.sub(r"Constant\([^)]*\)|id='[^']*'", "", ast.dump(statement))
