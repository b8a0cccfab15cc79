"""Changing the shape, order or dtype of an array without changing its elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..declare import arg, case, implements, linear
from ..errors import DTypeError, ShapeError
from ..graph import Traced, raw
from ..rules import shape_of, unbroadcast, with_dtype
from ..views import link

_reshape = linear(
    lambda x, shape: np.reshape(x, shape),
    lambda g, x, shape: np.reshape(g, shape_of(x)),
    name="reshape",
    structural=True,
)


@implements(np.reshape, cases=[case(arg((2, 3)), (3, -1)), case(arg(()), (1, 1))])
def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    """Reshape, as :func:`numpy.reshape` with ``order="C"``."""
    if order not in ("C", None):
        if order != "F":
            raise ShapeError(f'reshape with order={order!r}; expected "C" or "F"')
        return np.reshape(np.transpose(a), tuple(shape)[::-1]).transpose()
    z = _reshape(a, shape=shape)
    return np.copy(z) if copy else link(z, a)


_transpose = linear(
    lambda x, axes: np.transpose(x, axes),
    lambda g, x, axes: np.transpose(g, np.argsort(axes)),
    name="transpose",
    structural=True,
)


@implements(
    np.transpose,
    cases=[case(arg((2, 3))), case(arg((2, 3, 4)), (-1, 0, -2)), case(arg(()))],
)
def transpose(a: Any, axes: Any = None) -> Any:
    """Permute axes, as :func:`numpy.transpose`; negative axes count from the end."""
    ndim = len(shape_of(a))
    order = tuple(range(ndim))[::-1] if axes is None else normalize_axis_tuple(axes, ndim)
    if len(order) != ndim:
        raise ShapeError(f"transpose of {ndim} axes got {len(order)} axes {axes}; expected all")
    return link(_transpose(a, axes=order), a)


_broadcast_to = linear(
    lambda x, shape: np.broadcast_to(x, shape),
    lambda g, x, shape: unbroadcast(g, x),
    name="broadcast_to",
    structural=True,
)


@implements(np.broadcast_to, cases=[case(arg((3, 1)), (2, 3, 4)), case(arg(()), (2,))])
def broadcast_to(array: Any, shape: Any) -> Any:
    """Repeat along axes of length 1, as :func:`numpy.broadcast_to`."""
    return _broadcast_to(array, shape=shape)


_astype = linear(
    lambda x, dtype: np.asarray(x).astype(dtype)[()],
    lambda g, x, dtype: with_dtype(g, x),
    name="astype",
    structural=True,
)


@implements(np.astype, cases=[case(arg((3,)), np.float64)])
def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    """Cast; to an integer or boolean dtype it leaves the graph, since steps have no slope."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iub":
        return np.asarray(raw(x)).astype(dtype)
    if dtype.kind != "f":
        raise DTypeError(f"astype({dtype}) of a Value; expected a real floating dtype")
    return _astype(x, dtype=dtype)


_copy = linear(lambda x: np.array(x), lambda g, x: g, name="copy", structural=True)


@implements(np.copy, cases=[case(arg((2, 3)))])
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """Copy, as :func:`numpy.copy`: assignment into the copy leaves the original alone."""
    data = raw(a)
    return _copy(a) if isinstance(data, np.ndarray) else a + 0.0


@implements(np.swapaxes, cases=[case(arg((2, 3, 4)), 0, -1)])
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Swap two axes, as :func:`numpy.swapaxes`."""
    ndim = len(shape_of(a))
    i, j = normalize_axis_index(axis1, ndim), normalize_axis_index(axis2, ndim)
    order = list(range(ndim))
    order[i], order[j] = order[j], order[i]
    return transpose(a, order)


@implements(
    np.expand_dims, cases=[case(arg((2, 3)), -1), case(arg((2, 3)), (0, 2)), case(arg(()), 0)]
)
def expand_dims(a: Any, axis: Any) -> Any:
    """Insert axes of length 1, as :func:`numpy.expand_dims`."""
    axis = axis if isinstance(axis, tuple | list) else (axis,)
    shape = shape_of(a)
    places = normalize_axis_tuple(axis, len(shape) + len(axis))
    rest = iter(shape)
    return reshape(a, tuple(1 if i in places else next(rest) for i in range(len(shape) + len(axis))))


def is_traced(*xs: Any) -> bool:
    """Whether any of these is a Value."""
    return any(isinstance(x, Traced) for x in xs)
