"""Whose memory an array is: what a node keeps of it, and when a walk may write into it.

Arrays that somebody could still write to are copied before they are recorded; large ones
that no derivative will read are let go. A walk computes in place where an array is large
and the references to it show that nobody else holds it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

LARGE = 2**14  # elements: from here on memory costs more than looking after it

# A step's graph is freed at once, and the C library gives what lies free beyond 128 KiB back to
# the system, so that every step would have all its pages mapped in anew: half of its time.
# glibc keeps twice the largest block that it ever saw freed, at most 64 MiB (mallopt(3), under
# M_MMAP_THRESHOLD: "dynamic"); so show it one, whose memory nobody touches.
np.empty(2**25 - 2**13, np.uint8)


def is_small(x: Any) -> bool:
    """Whether a node keeps `x` as it is: a number, or an array of few elements."""
    if type(x) is np.ndarray:
        return x.size <= LARGE
    return type(x) is float or type(x) is np.float64


# --- what a node keeps --------------------------------------------------------------------------


class Ghost:
    """What remains of a large array whose numbers no derivative will read."""

    __slots__ = ("dtype", "shape")

    def __init__(self, array: Any) -> None:
        self.shape: tuple[int, ...] = array.shape
        self.dtype: Any = array.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape))


def keep(rule: Any, data: Any, operands: list[Any], inputs: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Decide what a node keeps: (a stand-in for `data` or None, its operands).

    Large arrays that the rule will not read become ghosts.
    """
    large = type(data) is np.ndarray and data.size > LARGE
    kept = None
    wanted: Sequence[bool] | None = None
    for i, x in enumerate(operands):
        if type(x) is np.ndarray and x.size > LARGE:
            if wanted is None:
                wanted = rule.reads(tuple(n is not None for n in inputs))
            if not wanted[i + 1]:
                operands[i] = Ghost(x)
                continue
        if inputs[i] is None:
            operands[i] = settled(x, rule.elementwise)
    if large:
        if wanted is None:
            wanted = rule.reads(tuple(n is not None for n in inputs))
        if not wanted[0]:
            kept = Ghost(data)
    return kept, operands


def settled(x: Any, elementwise: bool) -> Any:
    """Make of an untracked operand what a record can keep: numbers that nobody can change.

    Integers come as floats: an elementwise rule may negate or square them, where small
    ones wrap, and Python's would raise where NumPy gives inf.
    """
    if type(x) is np.ndarray:
        return x.astype(np.float64) if elementwise and x.dtype.kind in "iu" else frozen(x)
    return np.float64(x) if isinstance(x, np.integer) else x


def frozen(x: Any) -> Any:
    """Copy an array that somebody could still write to, so that a record keeps its numbers."""
    if type(x) is np.ndarray and (x.base is not None or x.flags.writeable):
        x = x.copy()
        x.setflags(False)
    return x


# --- where a walk may write ---------------------------------------------------------------------


def _references(a: Any) -> int:
    return sys.getrefcount(a)


def _references_of_a_variable() -> int:
    a = np.empty(0)
    return _references(a)


# What ``_references`` sees of an array that only its caller's argument list, or one variable
# of its caller holds. Measured, since interpreters differ in how calls hold their arguments.
_TEMPORARY = _references(np.empty(0))
_VARIABLE = _references_of_a_variable()


def _writable(a: Any) -> bool:
    return a.base is None and bool(a.flags.writeable)


def times(d: Any, g: Any, spend: bool = False) -> Any:
    """``d * g``, of large arrays into the memory of one that nobody else holds.

    That is `d` if it is a temporary; with `spend` it is `g` if one variable holds it, which
    is then not read again.
    """
    if type(g) is np.ndarray and g.size > LARGE:
        if type(d) is float:
            if spend and sys.getrefcount(g) == _VARIABLE and _writable(g):
                return np.multiply(g, d, out=g)
        elif type(d) is np.ndarray and d.shape == g.shape and d.dtype is g.dtype:
            temporary = sys.getrefcount(d) == _TEMPORARY and _writable(d)
            if not any(g.strides) and g.item(0) == 1.0:  # of a plain sum: nothing to do
                return d if temporary else locked(d)
            if temporary:
                return np.multiply(d, g, out=d)
            if spend and sys.getrefcount(g) == _VARIABLE and _writable(g):
                return np.multiply(d, g, out=g)
    return d * g


def locked(x: Any) -> Any:
    """Show an array, or several, to a rule that must not write into it: others hold it too."""
    if type(x) is np.ndarray:
        x = x.view()
        x.setflags(False)
    return type(x)(map(locked, x)) if type(x) in (tuple, list) else x


def plus(held: Any, c: Any) -> Any:
    """``held + c``, of large arrays into the memory of `held` if it is a temporary."""
    if (
        type(held) is type(c) is np.ndarray
        and held.size > LARGE
        and sys.getrefcount(held) == _TEMPORARY
        and held.shape == c.shape
        and held.dtype is c.dtype
        and _writable(held)
    ):
        held += c
        return held
    return held + c


def own(g: Any, seen: set[int]) -> Any:
    """Make a derivative that is handed out nobody else's: no view, no operand, no twin."""
    if isinstance(g, np.ndarray):
        if not _writable(g) or id(g) in seen:
            g = np.array(g)
        seen.add(id(g))
    return g
