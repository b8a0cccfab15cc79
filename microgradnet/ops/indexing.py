"""Indexing and assignment, with basic, boolean and integer-array indices, and ``take``.

``getitem`` and ``scatter`` are each other's transpose; ``put`` is the function behind
``x[index] = v``: a new array, linear in both.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, implements, linear
from ..errors import DTypeError, ShapeError
from ..graph import Primitive, Traced, raw
from ..rules import shape_of
from ..views import link

FEW = 2048  # elements: below, ``np.add.at`` costs less than preparing a quicker way


def _take(x: Any, index: Any) -> Any:
    return x[index] if isinstance(x, np.ndarray) else np.asarray(x)[index]


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    g = np.asarray(g)
    out = np.zeros(shape, g.dtype)
    if not _may_repeat(index):
        out[index] = g
    elif g.size < FEW:
        np.add.at(out, index, g)
    else:  # NumPy is quick where all is flat
        np.add.at(out.reshape(-1), _flat(index, shape), g.reshape(-1))
    return out


def _may_repeat(index: Any) -> bool:
    parts = index if type(index) is tuple else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype != bool for i in parts)


def _flat(index: Any, shape: tuple[int, ...]) -> Any:
    """Where in a flattened array of `shape` each element of ``array[index]`` comes from."""
    if len(shape) == 1 and isinstance(index, np.ndarray):
        return index.reshape(-1)
    places: Any = 0
    stride = 1
    for axis in reversed(range(len(shape))):
        offsets = stride * np.arange(shape[axis]).reshape((-1,) + (1,) * (len(shape) - axis - 1))
        places = places + np.broadcast_to(offsets, shape)[index]  # never as large as the array
        stride *= shape[axis]
    return places.reshape(-1)


_getitem: Primitive = linear(
    _take,
    lambda g, x, index: scatter(g, index=index, shape=shape_of(x)),
    name="getitem",
    structural=True,
)
# Adds each element of g where getitem took it from; duplicates add up.
scatter: Primitive = linear(
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


put: Primitive = linear(
    _put,
    lambda g, x, v, index: put(g, 0.0, index=index),
    _put_v,
    name="put",
    jointly=True,
    structural=True,
)


# --- x[index], x[index] = v ---------------------------------------------------------------------


def checked_index(index: Any) -> Any:
    """Normalise an index: sequences become arrays, arrays are copied, Values are refused.

    Raises
    ------
    DTypeError
        For a Value: what is looked up cannot move with it.
    IndexError
        For what NumPy does not take for an index either.
    """
    return tuple(map(_part, index)) if type(index) is tuple else _part(index)


def _part(i: Any) -> Any:
    kind = type(i)
    if kind is int or kind is slice or kind is bool or i is None or i is Ellipsis:
        return i
    if isinstance(i, Traced):
        raise DTypeError(
            f"a Value of dtype {np.asarray(raw(i)).dtype} was used as an index; expected integers "
            "or booleans, which have no gradient: write v.data.astype(int)"
        )
    if not isinstance(i, np.ndarray):
        if hasattr(i, "__index__"):
            return operator.index(i)
        if isinstance(i, np.generic):
            return i  # a boolean; NumPy refuses the rest
        i = np.asarray(i)
        if i.size == 0 and i.dtype == np.float64:  # the empty list
            return i.astype(np.intp)
    if i.dtype.kind in "iu":
        return i.astype(np.intp)
    if i.dtype.kind != "b":
        raise IndexError(
            f"an array of dtype {i.dtype} was used as an index; expected integers or booleans: "
            "write index.astype(int)"
        )
    return i.copy()


def getitem(x: Any, index: Any) -> Any:
    """Take ``x[index]``."""
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


# --- the functions ------------------------------------------------------------------------------


_gathered = linear(
    lambda x, index: np.asarray(_take(x, index), order="C")[()],
    lambda g, x, index: scatter(g, index=index, shape=shape_of(x)),
    name="take",
    structural=True,
)


def _taken(a: Any, places: Any, axis: int) -> Any:
    """Take along one axis, as a copy that lies in memory as NumPy's does."""
    return _gathered(a, index=(slice(None),) * axis + (places,))


@implements(
    np.take,
    cases=[
        case(arg((4,)), [0, 2, 2, -1]),
        case(arg((2, 3)), np.array([[0, 5], [3, 3]])),
        case(arg((2, 3)), [0, 0, -1], axis=-1),
        case(arg((2, 3)), np.array(1), axis=0),
        case(arg((2, 3)), [4, -7, 1], axis=1, mode="wrap"),
        case(arg((2, 3)), [4, -7, 1], axis=1, mode="clip"),
        case(arg((2, 3)), [], axis=0),
        case(arg(), [0, 0]),
    ],
)
def take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    """Take elements along `axis`, as :func:`numpy.take`."""
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    axis = normalize_axis_index(axis, len(shape_of(a)))
    places = _part(indices)
    n = shape_of(a)[axis]
    if 0 in (*shape_of(a)[:axis], *shape_of(a)[axis + 1 :]):
        # NumPy looks at no index where there is nothing to take.
        a, n, places = np.sum(a, axis, keepdims=True), 1, np.zeros_like(places)
    if mode == "wrap":
        places = places % max(n, 1)
    elif mode == "clip":
        places = np.clip(places, 0, n - 1)
    elif mode != "raise":
        raise ValueError(f'take with mode={mode!r}; expected "raise", "wrap" or "clip"')
    return _taken(a, np.asarray(places, np.intp), axis)


@implements(
    np.take_along_axis,
    cases=[
        case(arg((2, 3)), np.array([[0, 2, 2, -1], [1, 1, 0, 1]]), 1),
        case(arg((2, 3)), np.array([[0, 1, 1]]), 0),
        case(arg((1, 3)), np.array([[0, 1], [2, 2]]), -1),
        case(arg((2, 3)), np.array([5, 0, 0]), axis=None),
    ],
)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Match indices to 1-d slices, as :func:`numpy.take_along_axis`."""
    if axis is None:
        if np.ndim(raw(indices)) != 1:
            raise ShapeError(
                f"take_along_axis(axis=None) with indices of shape {np.shape(raw(indices))}; "
                "expected one axis"
            )
        arr, axis = np.reshape(arr, -1), 0
    shape = shape_of(arr)
    axis = normalize_axis_index(axis, len(shape))
    places = _part(indices)
    if len(shape_of(places)) != len(shape) or places.dtype == bool:
        raise ShapeError(
            f"take_along_axis of shape {shape} with indices of shape {shape_of(places)}; expected "
            "integers with as many axes"
        )
    index: list[Any] = list(np.ogrid[tuple(map(slice, shape))])
    index[axis] = places
    return _getitem(arr, index=tuple(index))


@implements(
    np.compress,
    cases=[
        case([True, False, True], arg((2, 3)), axis=1),
        case([False, True], arg((2, 3)), -2),
        case([1, 0, 1, 0, 1], arg((2, 3))),
    ],
)
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """Keep the slices where `condition`, as :func:`numpy.compress`."""
    condition = np.asarray(raw(condition))
    if condition.ndim != 1:
        raise ShapeError(f"compress with a condition of shape {condition.shape}; expected one axis")
    return take(a, np.flatnonzero(condition), axis)


@implements(
    np.extract,
    cases=[
        case(np.array([[True, False, True], [False, True, False]]), arg((2, 3))),
        case([0, 1], arg((3,))),
    ],
)
def extract(condition: Any, arr: Any) -> Any:
    """Keep the elements where `condition`, as :func:`numpy.extract`."""
    return take(arr, np.flatnonzero(np.asarray(raw(condition))))
