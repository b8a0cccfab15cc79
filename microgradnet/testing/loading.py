"""What a shell hands over: functions of a file, and points written as literals."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np


class UsageError(Exception):
    """What was typed cannot be understood; the message says what to write."""


def functions(target: str, form: str) -> list[Callable[..., Any]]:
    """Load functions named as ``FILE.py:first[:second]``.

    Parameters
    ----------
    target : str
        A file and names in it.
    form : str
        What is expected: as many names as it has colons, those in brackets optional.

    Returns
    -------
    list of callable
        In the order named.

    Raises
    ------
    UsageError
        If the file or a name is not there, or a name is no function.
    """
    path, *names = target.split(":")
    if not form.split("[")[0].count(":") <= len(names) <= form.count(":"):
        raise UsageError(f"{target!r}: expected {form}")
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"there is no file {path!r}; expected {form}")
    module = _module(file)
    found = []
    for name in names:
        f = getattr(module, name, None)
        if not callable(f):
            there = [n for n, x in vars(module).items() if callable(x) and not n.startswith("_")]
            known = ", ".join(there) or "none"
            raise UsageError(f"{path} has no function {name!r}; it has {known}")
        found.append(f)
    return found


def _module(file: Path) -> Any:
    """Run a file as a module of its own; what lies beside it can be imported by it."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    return module


def point(f: Callable[..., Any], texts: Sequence[str]) -> dict[str, Any]:
    """Take a function's arguments from what was typed, or from its own defaults.

    Parameters
    ----------
    f : callable
        The function.
    texts : sequence of str
        A Python literal for each of its parameters; or nothing.

    Returns
    -------
    dict
        The arguments by name.

    Raises
    ------
    UsageError
        If there are too few or too many, or one of them is no literal.
    """
    parameters = [
        p
        for p in inspect.signature(f).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if not texts:
        missing = [p.name for p in parameters if p.default is p.empty]
        if missing:
            raise UsageError(
                f"{f.__name__} needs a point: write a number or a list for each of its parameters "
                f"behind it, or give them defaults; none for {', '.join(missing)} yet"
            )
        return {p.name: p.default for p in parameters}
    given, names = [literal(text) for text in texts], [p.name for p in parameters]
    if len(texts) != len(names):
        raise UsageError(
            f"got {len(texts)} of the arguments of {f.__name__}; expected a number or a list for "
            f"each of {', '.join(names)}"
        )
    return dict(zip(names, given, strict=True))


def literal(text: str) -> Any:
    """Read an argument: a number, or lists of numbers as an array; dicts and tuples of them.

    Parameters
    ----------
    text : str
        A Python literal.

    Returns
    -------
    float, int, ndarray, or a tree of them
        What it means.

    Raises
    ------
    UsageError
        If it is no literal.

    Examples
    --------
    >>> literal("[1.0, 2.0]")
    array([1., 2.])
    """
    try:
        return _arrays(ast.literal_eval(text))
    except (ValueError, SyntaxError) as error:
        raise UsageError(
            f"{text!r} is no literal; expected a number or a list of numbers, like 0.5 or [1, 2.5]"
        ) from error


def _arrays(tree: Any) -> Any:
    if isinstance(tree, list):
        return np.array(tree)
    if isinstance(tree, tuple):
        return tuple(map(_arrays, tree))
    if isinstance(tree, dict):
        return {key: _arrays(x) for key, x in tree.items()}
    return tree
