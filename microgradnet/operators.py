"""Python's operators on a Value.

Two Python floats are recorded at once; everything else goes by way of the primitive.
Comparisons give plain booleans, which have no derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import views
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

_OPERANDS = (Traced, int, float, np.ndarray, np.generic, list, tuple)


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
        x, n = self._data, self._node
        if type(x) is float and n.index:
            if isinstance(other, Traced):
                y, m = other._data, other._node
                if type(y) is float and m.index:
                    return record_scalar(x + y, add, n, m, x, y)
            elif type(other) is float:
                return record_scalar(x + other, add, n, None, x, other)
        return _operate(add, self, other)

    def __radd__(self, other: Any) -> Any:
        x, n = self._data, self._node
        if type(other) is float and type(x) is float and n.index:
            return record_scalar(other + x, add, None, n, other, x)
        return _operate(add, other, self)

    def __sub__(self, other: Any) -> Any:
        x, n = self._data, self._node
        if type(x) is float and n.index:
            if isinstance(other, Traced):
                y, m = other._data, other._node
                if type(y) is float and m.index:
                    return record_scalar(x - y, subtract, n, m, x, y)
            elif type(other) is float:
                return record_scalar(x - other, subtract, n, None, x, other)
        return _operate(subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        x, n = self._data, self._node
        if type(other) is float and type(x) is float and n.index:
            return record_scalar(other - x, subtract, None, n, other, x)
        return _operate(subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        x, n = self._data, self._node
        if type(x) is float and n.index:
            if isinstance(other, Traced):
                y, m = other._data, other._node
                if type(y) is float and m.index:
                    return record_scalar(x * y, multiply, n, m, x, y)
            elif type(other) is float:
                return record_scalar(x * other, multiply, n, None, x, other)
        return _operate(multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        x, n = self._data, self._node
        if type(other) is float and type(x) is float and n.index:
            return record_scalar(other * x, multiply, None, n, other, x)
        return _operate(multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        x, n = self._data, self._node
        if type(x) is float and n.index:
            if isinstance(other, Traced):
                y, m = other._data, other._node
                if type(y) is float and m.index and y:
                    return record_scalar(x / y, divide, n, m, x, y)
            elif type(other) is float and other:
                return record_scalar(x / other, divide, n, None, x, other)
        return _operate(divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        x, n = self._data, self._node
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
        x, n = self._data, self._node
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

    # --- comparison: plain booleans, which have no derivative ---------------------------------

    def __lt__(self, other: Any) -> Any:
        return self._data < raw(other)

    def __le__(self, other: Any) -> Any:
        return self._data <= raw(other)

    def __gt__(self, other: Any) -> Any:
        return self._data > raw(other)

    def __ge__(self, other: Any) -> Any:
        return self._data >= raw(other)

    def __eq__(self, other: Any) -> Any:
        return self._data == raw(other)

    def __ne__(self, other: Any) -> Any:
        return self._data != raw(other)

    # --- indexing -----------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, index)

    def __setitem__(self, index: Any, new: Any) -> None:
        views.check_assignment(self, index)
        result = indexing.setitem(self, index, new)
        self._node, self._data = result._node, result._data
