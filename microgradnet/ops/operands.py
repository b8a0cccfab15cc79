"""What arguments may be: operands, and integers that say where or how often."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..errors import DTypeError
from ..graph import Traced, raw
from ..rules import is_float


def holds_traced(x: Any) -> bool:
    """Whether `x` is a Value, or a list or tuple that has one somewhere inside."""
    return isinstance(x, Traced) or (isinstance(x, list | tuple) and any(map(holds_traced, x)))


def as_operand(x: Any) -> Any:
    """Make an array of what is none; a Value stays one, and lists that hold Values are stacked."""
    if isinstance(x, Traced | np.ndarray):
        return x
    return np.stack([as_operand(y) for y in x]) if holds_traced(x) else np.asarray(x)


def dtype_of(x: Any) -> np.dtype[Any]:
    """Dtype of an array, a number or a Value."""
    data = raw(x)
    return data.dtype if isinstance(data, np.ndarray | np.generic) else np.dtype(np.float64)


def in_one_dtype(*xs: Any) -> list[Any]:
    """Cast the arrays among operands to the dtype of all together.

    A number of Python's counts as float64, as it does for NumPy's functions that make arrays of
    their arguments, and does not for its ufuncs.
    """
    dtype = np.result_type(*map(dtype_of, xs))
    return [x if is_float(x) else np.astype(x, dtype, copy=False) for x in xs]


def in_dtype(x: Any, dtype: Any, name: str) -> Any:
    """Cast `x` to the ``dtype=`` of a function of quotients, which would be cut off in integers.

    Raises
    ------
    DTypeError
        If the dtype is not floating.
    """
    if dtype is None:
        return x
    if np.dtype(dtype).kind != "f":
        raise DTypeError(
            f"{name}(dtype={np.dtype(dtype)}) of a Value; expected a floating dtype, since "
            f"integers have no gradient: write np.{name}(v.data, dtype=...) if none is meant"
        )
    return np.astype(x, dtype)


def whole(x: Any, what: str) -> Any:
    """Give `x`, which says where or how often, as an array of integers or booleans.

    Raises
    ------
    DTypeError
        If it holds a Value, or numbers of another dtype.
    """
    if holds_traced(x):
        raise DTypeError(
            f"{what} holds a Value; expected plain integers, which have no gradient: "
            "write v.data.astype(int)"
        )
    x = np.array(x)
    if x.size and x.dtype.kind not in "iub":
        raise DTypeError(f"{what} has the dtype {x.dtype}; expected integers")
    return x if x.size else x.astype(np.intp)


def integers(x: Any, what: str) -> tuple[int, ...]:
    """Give one integer or several as a tuple, which nobody can change later."""
    if type(x) is int:
        return (x,)
    if type(x) is tuple and all(type(n) is int for n in x):
        return x
    return tuple(map(operator.index, whole(x, what).reshape(-1).tolist()))
