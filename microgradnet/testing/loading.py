"""What a shell hands over: functions of a file, and points written as literals."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class UsageError(Exception):
    """What was typed cannot be understood; the message says what to write."""


def functions(target: str, least: int, most: int) -> list[Callable[..., Any]]:
    """Load functions named as ``FILE.py:first[:second]``.

    Parameters
    ----------
    target : str
        A file and names in it.
    least, most : int
        How many names there may be.

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
    if not least <= len(names) <= most:
        raise UsageError(f"{target!r}: expected FILE.py:function, with up to {most} names")
    file = Path(path)
    if not file.is_file():
        raise UsageError(f"there is no file {path!r}; expected FILE.py:function")
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
