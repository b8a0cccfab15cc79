"""The functions that somebody's gradient runs, and how to run them with a line changed.

What is changed is the syntax tree; it is compiled as part of the statement of its file that it
stands in, and its code put where the old one was (`FunctionType.__code__`), so that helpers,
methods and functions within functions are reached as well.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import contextlib
import dis
import gc
import linecache
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count, islice
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..recording import INSIDE
from .safety import Safe, Unchangeable

Function = ast.FunctionDef | ast.Lambda
Kind = tuple[Any, ...]
Where = tuple[str, int, int]  # a code's name, its line, and its number among those in that
FOREIGN = (*INSIDE, sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"])
# Code that calls more than these might do something for good, which nobody wants a hundred times.
HARMLESS = {"numpy", "scipy", "math", "cmath", "itertools", "functools", "operator", "collections"}
HARMLESS |= {"torch", "autograd", "mygrad", "microgradnet"}  # not jax: it keeps what it compiled
HARMFUL = {"open", "exec", "eval", "compile", "input", "breakpoint", "__import__"}
MANY = 40  # parts of a dict or an object
NO_PARTS = type, ModuleType, FunctionType
CALLS = 3  # of a function whose expressions are evaluated
ENDLESS = {"count", "cycle", "repeat", "iter"}
FLAGS = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


@dataclass
class Owner:
    """A function whose code is changed: which code of its part that is, and what it was."""

    function: FunctionType
    place: Where
    own: CodeType


@dataclass
class Part:
    """A statement of a file, with the functions in it that ran."""

    file: str
    statement: ast.stmt
    text: list[str]  # the lines of the file
    imports: list[ast.stmt]  # of the file: calls of what is imported are compiled otherwise
    functions: list[tuple[Function, CodeType]]  # and the code that it has now
    owners: list[Owner]
    flags: int
    by: ast.NodeTransformer | None = None  # what writes it otherwise when it is compiled

    def codes(self) -> list[CodeType]:
        """Compile the statement as its syntax tree is now: the code of each of its owners."""
        made = self.compiled()
        return [made[owner.place] for owner in self.owners]

    def compiled(self) -> dict[Where, CodeType]:
        """Compile all that is in the statement."""
        module = ast.Module([*self.imports, self.statement], [])
        if self.by is not None:
            module = self.by.visit(deepcopy(module))
        made = compile(module, self.file, "exec", self.flags, dont_inherit=True)
        found = dict[Where, CodeType]()
        for code in _within(made):
            name, line = code.co_qualname, code.co_firstlineno
            found[next((name, line, n) for n in count() if (name, line, n) not in found)] = code
        return found

    def put(self, codes: Sequence[CodeType]) -> None:
        """Let the functions run so."""
        for owner, code in zip(self.owners, codes, strict=True):
            owner.function.__code__ = code

    def restore(self) -> None:
        """Let the functions run as they did."""
        for owner in self.owners:
            owner.function.__code__ = owner.own


@dataclass
class Run:
    """What was seen while the code ran: which functions, how many lines, and what they held."""

    codes: dict[CodeType, dict[str, Any]] = field(default_factory=dict)  # with their globals
    asked: dict[str, None] = field(default_factory=dict)  # expressions to evaluate
    calls: dict[CodeType, int] = field(default_factory=dict)
    held: dict[CodeType, dict[str, set[Kind]]] = field(default_factory=dict)
    lines: int = 0

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Trace a function."""
        code = frame.f_code
        if code.co_filename.startswith(FOREIGN) or "<frozen" in code.co_filename:
            return None
        self.codes[code] = frame.f_globals
        self.lines += event == "line"
        if event == "return":
            held = self.held.setdefault(code, {})
            for name, value in frame.f_locals.items():
                held.setdefault(name, set()).add(kind(value))
                for text, part in _parts_of(name, value):
                    held.setdefault(text, set()).add(kind(part))
            names = {**frame.f_globals, **frame.f_locals}
            self.calls[code] = self.calls.get(code, 0) + 1
            for text in self.asked if self.calls[code] <= CALLS else ():
                with contextlib.suppress(Exception):  # what is not there at the end, say
                    held.setdefault(text, set()).add(kind(eval(text, names)))
        return self

    def watch(self, call: Callable[[], Any]) -> None:
        """Look at a call."""
        before, self.lines = sys.gettrace(), 0
        sys.settrace(self)
        try:
            call()
        finally:
            sys.settrace(before)


def _parts_of(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Give what is in a dict by its keys, an object's attributes, and what is in those of them."""
    if isinstance(value, dict):
        parts = ((f"{name}[{key!r}]", x) for key, x in value.items() if isinstance(key, str))
        yield from islice(parts, MANY)
    elif type(value).__module__ != "numpy" and not isinstance(value, NO_PARTS):
        own = [*islice(getattr(value, "__dict__", {}).items(), MANY)]
        yield from ((f"{name}.{key}", x) for key, x in own)
        for key, x in own:
            if isinstance(x, dict):
                yield from _parts_of(f"{name}.{key}", x)


def kind(x: Any) -> Kind:
    """Tell what may stand for what."""
    if isinstance(x, bool | np.bool_):
        return (bool,)
    if isinstance(x, int | np.integer):
        return (int,)
    if isinstance(x, float | np.floating):
        return (float,)
    with contextlib.suppress(Exception):  # whatever somebody's object does when it is asked
        shape = getattr(x, "shape", None)
        if isinstance(shape, tuple) and not isinstance(x, type):  # another library's have one, too
            mask = ("mask",) if str(getattr(x, "dtype", "")) == "bool" else ()
            return (np.ndarray, len(shape), tuple(map(int, shape)), *mask)
    return (FunctionType,) if callable(x) else (type(x), None)


def parts(call: Callable[[], Any]) -> tuple[list[Part], Run]:
    """Find the functions that a call runs, in the files that they are in."""
    seen = Run()
    seen.watch(call)
    for code, names in seen.codes.items():
        _check(code, names)
    files = {code.co_filename: names for code, names in seen.codes.items()}
    live = [f for f in gc.get_objects() if type(f) is FunctionType]
    found = []
    for file, names in files.items():
        own = [code for code in seen.codes if code.co_filename == file]
        functions = [f for f in live if f.__code__.co_filename == file]
        found += [*_parts(file, names, own, functions)]
    _check_end(seen, found)
    for function, _ in (f for part in found for f in part.functions):
        nodes = [*ast.walk(function)]
        kept = [n for n in nodes if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)]
        atoms = [*filter(is_atom, nodes), *(n for n in kept if _is_still(n))]
        seen.asked |= dict.fromkeys(map(ast.unparse, atoms))
        seen.asked |= dict.fromkeys(f"({ast.unparse(n)})" for n in nodes if is_sum(n))
    seen.calls.clear()
    seen.watch(call)
    for code, names in seen.codes.items():
        held = seen.held.setdefault(code, {})
        read = {n for other, own in seen.codes.items() if own is names for n in other.co_names}
        for name, value in names.items():
            constant = isinstance(value, float) and not name.startswith("_")
            if (name in read and not isinstance(value, ModuleType)) or constant:
                held.setdefault(name, set()).add(kind(value))
    return found, seen


def _check_end(seen: Run, found: Sequence[Part]) -> None:
    """See to it that the code comes to an end, whatever is changed in it; refuse it if need be."""
    read = {code for part in found for _, code in part.functions}
    for part in found:
        Safe(seen.lines).visit(part.statement)
    for code in seen.codes if read else ():
        if code not in read and (code.co_name == "<lambda>" or code.co_name[0] != "<"):
            raise Unchangeable(f"no text of {code.co_name}")
    for node in (n for part in found for f, _ in part.functions for n in ast.walk(f)):
        call = node.func if isinstance(node, ast.Call) else None
        name = ast.unparse(call) if isinstance(call, ast.Name | ast.Attribute) else ""
        if name.removeprefix("itertools.") in ENDLESS:
            raise Unchangeable("it might not come to an end")


def is_atom(node: ast.AST) -> bool:
    """Whether something is a name, a part of what has a name, or an attribute of it."""
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return False
    return isinstance(node.ctx, ast.Load) and _is_still(node)


def is_sum(node: ast.AST) -> bool:
    """Whether something is put together from such things."""
    return isinstance(node, ast.BinOp) and _is_still(node)


def _is_still(node: ast.AST) -> bool:
    """Whether it does nothing to ask for the value of something."""
    calls = ast.Call | ast.Lambda | ast.comprehension | ast.NamedExpr
    return not any(isinstance(n, calls) for n in ast.walk(node))


def _check(code: CodeType, names: dict[str, Any]) -> None:
    """Refuse code that uses what might do harm."""
    for step in dis.get_instructions(code):
        name = step.argval
        if step.opname == "IMPORT_NAME":
            value = sys.modules.get(name)
        elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            value = names.get(name, getattr(builtins, name, None))
        else:
            continue
        known = not isinstance(value, ModuleType) or value.__name__.split(".")[0] in HARMLESS
        if not known or (name in HARMFUL and value is getattr(builtins, name)):
            raise Unchangeable(name)


def _parts(
    file: str, names: dict[str, Any], ran: Sequence[CodeType], live: Sequence[FunctionType]
) -> Iterator[Part]:
    text = "".join(linecache.getlines(file, names))
    try:
        body = ast.parse(text, file).body if text else []
    except SyntaxError:  # it is not what runs any more
        body = []
    imports: list[ast.stmt] = [s for s in body if isinstance(s, ast.Import | ast.ImportFrom)]
    for statement in (part for whole in body for part in _members(whole)):
        start, end = first_line(statement), statement.end_lineno or 0
        inside = [c for c in ran if start <= c.co_firstlineno <= end]
        functions = [n for n in ast.walk(statement) if isinstance(n, Function)]
        where = {(_name(n), first_line(n)): n for n in functions}
        inside = [c for c in inside if (c.co_name, c.co_firstlineno) in where]
        if not inside:
            continue
        pairs = [(where[c.co_name, c.co_firstlineno], c) for c in inside]
        part = Part(file, statement, text.splitlines(), imports, pairs, [], ran[0].co_flags & FLAGS)
        places = {_key(code): place for place, code in reversed(part.compiled().items())}
        if not all(_key(code) in places for code in inside):
            continue
        for function in live:
            code = function.__code__
            if (place := places.get(_key(code))) is not None:
                part.owners.append(Owner(function, place, code))
        yield part


def _members(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Give a statement, or a class with each of its parts alone, which takes less to compile."""
    if not isinstance(statement, ast.ClassDef):
        yield statement
        return
    for part in statement.body:
        alone = ast.ClassDef(**{**dict(ast.iter_fields(statement)), "body": [part]})
        ast.copy_location(alone, part)
        alone.lineno = first_line(part)
        alone.decorator_list = []
        yield alone


def _name(node: Function) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def first_line(node: Any) -> int:
    """Tell where a statement begins, with what decorates it."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(int(n.lineno) for n in (node, *decorators))


def _key(code: CodeType) -> tuple[str, bytes, bytes]:
    return code.co_qualname, code.co_linetable, code.co_code


def _within(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _within(part)
