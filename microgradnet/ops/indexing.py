"""Indexing and assignment, with basic, boolean and integer-array indices.

``getitem`` and ``scatter`` are each other's transpose; ``put`` is the function behind
``x[index] = v``: a new array, linear in both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declare import linear
from ..errors import DTypeError, ShapeError
from ..graph import Traced, raw
from ..rules import shape_of
from ..views import link


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, np.asarray(g).dtype)
    if _may_repeat(index):
        np.add.at(out, index, g)
    else:
        out[index] = g
    return out


def _may_repeat(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype != bool for i in parts)


_getitem = linear(
    lambda x, index: x[index],
    lambda g, x, index: scatter(g, index=index, shape=shape_of(x)),
    name="getitem",
    structural=True,
)
# Adds each element of g where getitem took it from; duplicates add up.
scatter = linear(
    _scatter, lambda g, y, index, shape: _getitem(g, index=index), name="scatter", structural=True
)


def _put(x: Any, v: Any, index: Any) -> Any:
    out = np.array(x)
    out[index] = v
    return out


def _won(index: Any, shape: tuple[int, ...], count: int) -> Any:
    """Where an element of `v` is what stays: of duplicates, NumPy keeps the last."""
    order = np.full(shape, -1)
    ids = np.arange(count).reshape(np.empty(shape, bool)[index].shape)
    order[index] = ids
    return order[index] == ids


def _put_v(g: Any, x: Any, v: Any, index: Any) -> Any:
    taken = _getitem(g, index=index)
    if _may_repeat(index):
        taken = np.where(_won(index, shape_of(x), int(np.size(raw(taken)))), taken, 0.0)
    return taken


put = linear(
    _put,
    lambda g, x, v, index: put(g, np.zeros(shape_of(v)), index=index),
    _put_v,
    name="put",
    jointly=True,
    structural=True,
)


def checked_index(index: Any) -> Any:
    """Normalise an index: lists become arrays, arrays are copied, Values are refused."""
    if type(index) is tuple:
        return tuple(map(checked_index, index))
    if isinstance(index, Traced):
        data = raw(index)
        raise DTypeError(
            f"a Value of dtype {np.asarray(data).dtype} was used as an index; expected integers "
            "or booleans, which have no gradient: write v.data.astype(int)"
        )
    if isinstance(index, list):
        index = np.asarray(index)
        return index.astype(np.intp) if index.size == 0 else index
    return index.copy() if isinstance(index, np.ndarray) else index


def getitem(x: Any, index: Any) -> Any:
    """Take ``x[index]``."""
    if isinstance(x, Traced) and not isinstance(raw(x), np.ndarray | np.generic):
        raise IndexError("a scalar Value has no elements to index; expected an array")
    return link(_getitem(x, index=checked_index(index)), x)


def setitem(x: Any, index: Any, v: Any) -> Any:
    """Give what `x` is after ``x[index] = v``, as a new Value."""
    index = checked_index(index)
    data = raw(x)
    if not isinstance(data, np.ndarray):
        raise IndexError("a scalar Value has no elements to assign; expected an array")
    target = np.shape(data[index])
    shape = np.shape(raw(v))
    while len(shape) > len(target) and shape[0] == 1:  # NumPy drops leading axes of length 1
        v, shape = np.reshape(v, shape[1:]), shape[1:]
    if shape != target:
        try:
            v = np.broadcast_to(v, target)
        except ValueError as error:
            raise ShapeError(
                f"x[index] = v with v of shape {shape}; expected one that broadcasts to "
                f"{target}, the shape of x[index]"
            ) from error
    return put(x, v, index=index)
