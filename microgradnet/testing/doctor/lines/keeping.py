"""What code holds on to between its calls: changed lines might spoil it, so that it is put back."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

DEPTH = 4  # containers within containers
LARGE = 100_000  # numbers: such arrays are looked at when all is over


class Kept:
    """Arrays, lists, dicts and objects as they were, wherever functions find them."""

    def __init__(self, functions: list[FunctionType]) -> None:
        self.seen: dict[int, Any] = {}
        self.arrays: list[tuple[Any, Any]] = []
        self.containers: list[tuple[Any, Any]] = []
        for f in functions:
            for value in _held(f):
                self._keep(value, DEPTH)

    def _keep(self, x: Any, depth: int) -> None:
        if id(x) in self.seen or depth == 0 or isinstance(x, ModuleType | type | FunctionType):
            return
        self.seen[id(x)] = x
        if isinstance(x, np.ndarray):
            if x.flags.writeable and x.dtype != object:
                self.arrays.append((x, x.copy()))
            return
        parts: Any = x if isinstance(x, list | dict | set | tuple) else getattr(x, "__dict__", None)
        if parts is None:
            return
        if not isinstance(parts, tuple):
            self.containers.append((parts, parts.copy()))
        for part in [*parts.values()] if isinstance(parts, dict) else [*parts]:
            self._keep(part, depth - 1)

    def restore(self, whole: bool = False) -> None:
        """Put everything back; arrays of many numbers too, where the `whole` is asked for."""
        for x, before in self.containers:
            if isinstance(x, list):
                x[:] = before
            else:
                x.clear()
                x.update(before)
        for x, before in self.arrays:
            if (whole or x.size <= LARGE) and x.tobytes() != before.tobytes():
                x[...] = before


def _held(f: FunctionType) -> Iterator[Any]:
    """Give what a function finds outside of itself."""
    names = f.__code__.co_names
    yield from (f.__globals__[name] for name in names if name in f.__globals__)
    yield from f.__defaults__ or ()
    for cell in f.__closure__ or ():
        if cell != type(cell)():  # it may be empty yet
            yield cell.cell_contents
