"""Changed lines that come to an end and bring nothing down, whatever the change.

Loops and calls that could do otherwise are replaced in the syntax tree before anything is changed
in it, by what does the same and is written as they were.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

ROUNDS = "_rounds"  # of a loop that would know no end
AT = "_at_"  # what `at` is called by
CHANGE = "_change_"  # the number of the change that is made, see `together`


class Unchangeable(Exception):
    """The code is not to be had as text, or is not safe to run with other lines."""


class Through(ast.List):
    """What a loop goes through, as it is when the loop begins: a list that may grow in it.

    To `ast.unparse`, which looks at the names of classes, it is a name: what it was before.
    """

    @property
    def id(self) -> str:
        """What is written."""
        whole = self.elts[0]
        assert isinstance(whole, ast.Starred)
        return ast.unparse(whole.value)


class At(ast.Call):
    """``np.add.at``, see `at`; to `ast.unparse` that is its name."""

    @property
    def id(self) -> str:
        """What is written."""
        return f"{ast.unparse(self.args[0])}.at"


Through.__name__ = At.__name__ = "Name"


class Safe(ast.NodeTransformer):
    """Lets no loop go on for ever, and no ``np.add.at`` write where it should not.

    No ``while`` has more rounds than lines were run; it is a ``for`` then. A ``for`` goes through
    a list that does not grow in it.
    """

    def __init__(self, most: int) -> None:
        self.most = most

    def visit_While(self, node: ast.While) -> ast.AST:
        """Write another loop, see `head`."""
        self.generic_visit(node)
        if node.orelse:
            raise Unchangeable("while with else")
        first = ast.parse(
            f"for {ROUNDS} in range({self.most}): pass\nelse: raise RuntimeError"
        ).body
        loop = ast.copy_location(first[0], node)
        assert isinstance(loop, ast.For)
        go_on = ast.If(node.test, [ast.Pass()], [ast.Break()])
        loop.body = [ast.copy_location(go_on, node), *node.body]
        return ast.fix_missing_locations(loop)

    def visit_For(self, node: ast.For | ast.comprehension) -> ast.AST:
        """Let it go through a list of its own."""
        self.generic_visit(node)
        some = node.iter
        if not isinstance(some, ast.Call) or getattr(some.func, "id", "") != "range":
            parts = ast.copy_location(ast.Starred(some, ast.Load()), some)
            node.iter = ast.copy_location(Through([parts], ast.Load()), some)
        return node

    visit_comprehension = visit_For

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Write another ``np.add.at``."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "at":
            node.func = at(node.func.value)
        return node


def at(ufunc: ast.expr) -> ast.expr:
    """Write ``np.add.at``, of ``np.add``."""
    call = At(ast.Name(AT, ast.Load()), [ufunc], [])
    return ast.fix_missing_locations(ast.copy_location(call, ufunc))


def head(loop: Any) -> str:
    """Write a loop's first line as it was."""
    target = ast.unparse(loop.target).strip("()")
    if target == ROUNDS:
        return f"while {ast.unparse(loop.body[0].test)}"
    return f"for {target} in {ast.unparse(loop.iter)}"


def _at(ufunc: Any) -> Callable[..., None]:
    """Give a ufunc's `at`, as NumPy has it.

    NumPy 2.4 reads beyond its memory where what is added has more axes than what it is added to,
    with slices and numbers for an index: `x[:, 1]` of two axes, and a value of three.
    """
    if not isinstance(ufunc, np.ufunc):
        return ufunc.at  # type: ignore[no-any-return]  # what is no ufunc has its own

    def careful(a: Any, where: Any, *values: Any) -> None:
        for x in values:
            np.broadcast_to(x, np.shape(a[where]))
        ufunc.at(a, where, *values)

    return careful


@contextlib.contextmanager
def safely() -> Iterator[None]:
    """Let the code find what was written; keep what it prints, many times over, from being seen."""
    setattr(builtins, AT, _at)
    setattr(builtins, CHANGE, None)
    try:
        with contextlib.ExitStack() as quiet:
            quiet.enter_context(contextlib.redirect_stdout(io.StringIO()))
            quiet.enter_context(contextlib.redirect_stderr(io.StringIO()))
            quiet.enter_context(warnings.catch_warnings(action="ignore", category=SyntaxWarning))
            yield
    finally:
        delattr(builtins, AT)
        delattr(builtins, CHANGE)
