"""Python's operators on a Value.

Two Python floats are recorded at once; everything else goes by way of the primitive.
Comparisons give plain booleans, which have no derivative.
"""

from __future__ import annotations

import dis
import functools
import sys
import types
from typing import Any

import numpy as np

from . import views
from .errors import NotDifferentiableError, ShapeError
from .graph import Primitive, Traced, raw, record_scalar
from .ops import indexing
from .ops.arithmetic import (
    absolute,
    add,
    divide,
    floor_divide,
    multiply,
    negative,
    positive,
    power,
    remainder,
    subtract,
)
from .ops.products import matmul
from .rules import shape_of


class _Probe:
    """Counts what holds the left operand of ``x[i] += v``; interpreters differ in that."""

    count = 0

    def __getitem__(self, i: int) -> _Probe:
        return _Probe()

    def __iadd__(self, other: int) -> _Probe:
        _Probe.count = sys.getrefcount(self)
        return self

    def __setitem__(self, i: int, v: _Probe) -> None:
        pass


_probe = _Probe()
_probe[0] += 1
_UNNAMED = _Probe.count


@functools.lru_cache(maxsize=1024)
def _stores_item(code: types.CodeType, last: int) -> bool:
    """Whether the operation at instruction `last` is that of ``x[i] += v``.

    Its result is stored by the next instruction that moves anything.
    """
    following = (i.opname for i in dis.get_instructions(code) if i.offset > last)
    return next((name for name in following if name != "SWAP"), "") in (
        "STORE_SUBSCR",
        "STORE_SLICE",
    )


def _in_place(operate: Any, sign: str) -> Any:
    """Make an in-place operator: arrays keep their handle, shape and dtype, as NumPy's do."""

    def assign(self: Any, other: Any) -> Any:
        result = operate(self, other)
        if type(self._raw) is not np.ndarray or not isinstance(result, Traced):
            return result  # of numbers, which NumPy does not change in place either
        if self._cell is not None and self._node.index and result._node.index:
            raise NotDifferentiableError(
                f"v {sign}= ... of a variable would make it depend on what it was; to step it, "
                f"write v.data {sign}= ... (or use no_grad()), for a new Value v = v {sign} ..."
            )
        if shape_of(result) != shape_of(self):
            raise ShapeError(
                f"v {sign}= w of shape {shape_of(result)} for v of shape {shape_of(self)}; "
                "expected the same shape"
            )
        # The view of ``x[i] += v`` is nobody's and its sum goes to x[i] next. References alone
        # do not show that: from Python 3.14 on, the evaluation stack does not count the
        # variable of ``y += v``.
        if views.is_seen(self) and sys.getrefcount(self) <= _UNNAMED:
            caller = sys._getframe(1)
            if _stores_item(caller.f_code, caller.f_lasti):
                return result
        views.check_assignment(self, ...)
        new: Any = result
        views.rename(self, new if new.dtype == self._raw.dtype else new.astype(self._raw.dtype))
        return self

    return assign


_OPERANDS = (Traced, int, float, complex, np.ndarray, np.generic, list, tuple)


def _operate(primitive: Primitive, x: Any, y: Any) -> Any:
    """Apply a binary operator, leaving foreign types their turn."""
    if isinstance(y, Traced) or (isinstance(x, _OPERANDS) and isinstance(y, _OPERANDS)):
        return primitive.on_two(x, y)
    return NotImplemented


class Operators(Traced):
    """The half of ``Value`` that Python's syntax talks to."""

    __slots__ = ()

    # --- arithmetic ---------------------------------------------------------------------------
    # Two Python floats are recorded at once; everything else goes by way of the primitive.

    def __add__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(x) is float and n.index:
            if type(other) is type(self):
                y, m = other._raw, other._node
                if type(y) is float and m.index:
                    return record_scalar(x + y, add, n, m, x, y)
            elif type(other) is float:
                return record_scalar(x + other, add, n, None, x, other)
        return _operate(add, self, other)

    def __radd__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(other) is float and type(x) is float and n.index:
            return record_scalar(other + x, add, None, n, other, x)
        return _operate(add, other, self)

    def __sub__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(x) is float and n.index:
            if type(other) is type(self):
                y, m = other._raw, other._node
                if type(y) is float and m.index:
                    return record_scalar(x - y, subtract, n, m, x, y)
            elif type(other) is float:
                return record_scalar(x - other, subtract, n, None, x, other)
        return _operate(subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(other) is float and type(x) is float and n.index:
            return record_scalar(other - x, subtract, None, n, other, x)
        return _operate(subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(x) is float and n.index:
            if type(other) is type(self):
                y, m = other._raw, other._node
                if type(y) is float and m.index:
                    return record_scalar(x * y, multiply, n, m, x, y)
            elif type(other) is float:
                return record_scalar(x * other, multiply, n, None, x, other)
        return _operate(multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(other) is float and type(x) is float and n.index:
            return record_scalar(other * x, multiply, None, n, other, x)
        return _operate(multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(x) is float and n.index:
            if type(other) is type(self):
                y, m = other._raw, other._node
                if type(y) is float and m.index and y:
                    return record_scalar(x / y, divide, n, m, x, y)
            elif type(other) is float and other:
                return record_scalar(x / other, divide, n, None, x, other)
        return _operate(divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        if type(other) is float and type(x) is float and n.index and x:
            return record_scalar(other / x, divide, None, n, other, x)
        return _operate(divide, other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _operate(floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _operate(floor_divide, other, self)

    def __mod__(self, other: Any) -> Any:
        return _operate(remainder, self, other)

    def __rmod__(self, other: Any) -> Any:
        return _operate(remainder, other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any) -> Any:
        x, n = self._raw, self._node
        plain = type(other) is int or type(other) is float
        if plain and type(x) is float and n.index and (x > 0.0 or other == 2):
            try:
                return record_scalar(x**other, power, n, None, x, other)
            except OverflowError:
                pass  # the primitive gives NumPy's inf
        return _operate(power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _operate(power, other, self)

    def __matmul__(self, other: Any) -> Any:
        return _operate(matmul, self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _operate(matmul, other, self)

    def __neg__(self) -> Any:
        return negative.on_one(self)

    def __pos__(self) -> Any:
        return positive.on_one(self)

    def __abs__(self) -> Any:
        return absolute.on_one(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return np.round(self, ndigits or 0)  # type: ignore[call-overload]  # NumPy's protocol

    # --- in place: NumPy would change every name and view of the array ------------------------

    __iadd__ = _in_place(__add__, "+")
    __isub__ = _in_place(__sub__, "-")
    __imul__ = _in_place(__mul__, "*")
    __itruediv__ = _in_place(__truediv__, "/")
    __ifloordiv__ = _in_place(__floordiv__, "//")
    __imod__ = _in_place(__mod__, "%")
    __ipow__ = _in_place(__pow__, "**")
    __imatmul__ = _in_place(__matmul__, "@")

    # --- comparison: plain booleans, which have no derivative ---------------------------------

    def __lt__(self, other: Any) -> Any:
        return self._raw < raw(other)

    def __le__(self, other: Any) -> Any:
        return self._raw <= raw(other)

    def __gt__(self, other: Any) -> Any:
        return self._raw > raw(other)

    def __ge__(self, other: Any) -> Any:
        return self._raw >= raw(other)

    def __eq__(self, other: Any) -> Any:
        return self._raw == raw(other)

    def __ne__(self, other: Any) -> Any:
        return self._raw != raw(other)

    # --- indexing -----------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, index)

    def __setitem__(self, index: Any, new: Any) -> None:
        views.check_assignment(self, index)
        views.rename(self, indexing.setitem(self, index, new))
