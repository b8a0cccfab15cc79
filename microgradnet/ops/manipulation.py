"""Changing the shape, order or dtype of an array without changing its elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..declare import arg, case, implements, linear
from ..errors import DTypeError, ShapeError
from ..graph import raw
from ..rules import shape_of, unbroadcast, with_dtype
from ..views import link
from .indexing import getitem
from .operands import as_operand, integers

_reshape = linear(
    lambda x, shape: np.reshape(x, shape),
    lambda g, x, shape: np.reshape(g, shape_of(x)),
    name="reshape",
    structural=True,
)


@implements(
    np.reshape,
    cases=[
        case(arg((2, 3)), (3, -1)),
        case(arg((2, 3)), -1, order="F"),
        case(arg((2, 0)), (0, 3)),
        case(arg(()), (1, 1)),
    ],
)
def reshape(a: Any, /, shape: Any, order: str | None = "C", *, copy: bool | None = None) -> Any:
    """Reshape, as :func:`numpy.reshape`: a view where NumPy's is one."""
    shape = integers(shape, "the shape of reshape")
    if copy is False:  # NumPy raises where this cannot be
        # NumPy's stubs want the order as a literal.
        np.reshape(raw(a), shape, order, copy=False)  # type: ignore[arg-type]
    if order in ("C", None) or (order == "A" and not _is_fortran(a)):
        z = _reshape(a, shape=shape)
    elif order in ("A", "F"):
        z = transpose(_reshape(transpose(a), shape=shape[::-1]))
    else:
        raise ValueError(f'reshape with order={order!r}; expected "C", "F" or "A"')
    return np.copy(z) if copy else link(z, a)


def _is_fortran(a: Any) -> bool:
    """Whether ``order="A"`` means "F" for this array."""
    data = raw(a)
    return isinstance(data, np.ndarray) and data.flags.fnc


@implements(
    np.ravel,
    cases=[case(arg((2, 3))), case(arg((2, 3)), order="F"), case(arg((2, 3)), "K"), case(arg())],
)
def ravel(a: Any, order: str = "C") -> Any:
    """Flatten, as :func:`numpy.ravel`: a view where NumPy's is one."""
    if order == "K":  # in the order of memory
        data = np.asarray(raw(a))
        steps = zip(data.shape, data.strides, strict=True)
        if data.size and any(n > 1 and step == 0 for n, step in steps):
            return _as_it_lies(a, data)
        return reshape(transpose(a, np.argsort(-np.abs(data.strides), kind="stable")), -1)
    return reshape(a, -1, order)


def _as_it_lies(a: Any, data: Any) -> Any:
    """Flatten a broadcast array in the order in which NumPy walks over its memory."""
    upward = data[tuple(slice(None, None, -1 if step < 0 else 1) for step in data.strides)]
    walk = np.nditer(upward, flags=["multi_index"], order="K")
    places = np.array([walk.multi_index for _ in walk])
    return a[tuple(places.T)]


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
    return link(_broadcast_to(array, shape=shape), array)


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
    if not copy and dtype == getattr(raw(x), "dtype", np.float64):
        return x
    return _astype(x, dtype=dtype)


_copy = linear(
    lambda x, order: np.array(x, order=order),
    lambda g, x, order: g,
    name="copy",
    structural=True,
)


@implements(np.copy, cases=[case(arg((2, 3))), case(arg((2, 3)), order="F")])
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """Copy, as :func:`numpy.copy`: assignment into the copy leaves the original alone."""
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f'copy with order={order!r}; expected "C", "F", "A" or "K"')
    return _copy(a, order=order) if isinstance(raw(a), np.ndarray) else +a


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
    ndim = len(shape) + len(axis)
    places = normalize_axis_tuple(axis, ndim)
    rest = iter(shape)
    return reshape(a, tuple(1 if i in places else next(rest) for i in range(ndim)))


@implements(
    np.squeeze, cases=[case(arg((1, 3, 1))), case(arg((1, 3, 1)), axis=-1), case(arg((1,)), (0,))]
)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Drop axes of length 1, as :func:`numpy.squeeze`."""
    shape = shape_of(a)
    if axis is None:
        gone = tuple(i for i, n in enumerate(shape) if n == 1)
    else:
        gone = normalize_axis_tuple(axis, len(shape)) if shape or axis not in (0, -1) else ()
    if any(shape[i] != 1 for i in gone):
        raise ShapeError(f"squeeze of axis {axis} of shape {shape}; expected axes of length 1")
    return reshape(a, tuple(n for i, n in enumerate(shape) if i not in gone)) if shape else +a


# --- the order of axes ------------------------------------------------------------------------


@implements(
    np.moveaxis, cases=[case(arg((2, 3, 4)), 0, -1), case(arg((2, 3, 4)), [0, -1], (-1, 1))]
)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Move axes to new places, as :func:`numpy.moveaxis`."""
    ndim = len(shape_of(a))
    source = normalize_axis_tuple(source, ndim, "source")
    destination = normalize_axis_tuple(destination, ndim, "destination")
    if len(source) != len(destination):
        raise ShapeError(
            f"moveaxis of {len(source)} axes to {len(destination)} places; expected as many places"
        )
    order = [i for i in range(ndim) if i not in source]
    for place, i in sorted(zip(destination, source, strict=True)):
        order.insert(place, i)
    return transpose(a, order)


@implements(np.rollaxis, cases=[case(arg((2, 3, 4)), -1), case(arg((2, 3, 4)), 0, 2)])
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """Move an axis before another, as :func:`numpy.rollaxis`."""
    ndim = len(shape_of(a))
    axis = normalize_axis_index(axis, ndim)
    start = start + ndim if start < 0 else start
    if not 0 <= start <= ndim:
        raise np.exceptions.AxisError(f"rollaxis to start={start}; expected {-ndim} to {ndim}")
    return moveaxis(a, axis, start - 1 if axis < start else start)


@implements(np.matrix_transpose, cases=[case(arg((2, 3))), case(arg((2, 3, 4)))])
def matrix_transpose(x: Any, /) -> Any:
    """Swap the last two axes, as :func:`numpy.matrix_transpose`."""
    if len(shape_of(x)) < 2:
        raise ShapeError(f"matrix_transpose of shape {shape_of(x)}; expected at least two axes")
    return swapaxes(x, -1, -2)


# --- the order of elements --------------------------------------------------------------------


@implements(
    np.flip,
    cases=[case(arg((2, 3))), case(arg((2, 3)), -1), case(arg((2, 3, 2)), (0, -1)), case(arg())],
)
def flip(m: Any, axis: Any = None) -> Any:
    """Reverse along axes, as :func:`numpy.flip`: a view."""
    ndim = len(shape_of(m))
    axes = range(ndim) if axis is None else normalize_axis_tuple(axis, ndim)
    index = tuple(slice(None, None, -1 if i in axes else None) for i in range(ndim))
    return getitem(m, index) if ndim else +m


@implements(np.flipud, cases=[case(arg((3,))), case(arg((2, 3)))])
def flipud(m: Any) -> Any:
    """Reverse along the first axis, as :func:`numpy.flipud`."""
    _at_least(1, m, "flipud")
    return flip(m, 0)


@implements(np.fliplr, cases=[case(arg((2, 3))), case(arg((2, 3, 2)))])
def fliplr(m: Any) -> Any:
    """Reverse along the second axis, as :func:`numpy.fliplr`."""
    _at_least(2, m, "fliplr")
    return flip(m, 1)


@implements(
    np.rot90,
    cases=[
        case(arg((2, 3))),
        case(arg((2, 3)), 2),
        case(arg((2, 3, 2)), -1, axes=(-1, 0)),
        case(arg((2, 3)), 4),
    ],
)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Rotate by quarter turns, as :func:`numpy.rot90`: a view."""
    ndim = len(shape_of(m))
    plane = normalize_axis_tuple(axes, ndim)
    if len(plane) != 2:
        raise ShapeError(f"rot90 with axes={axes}; expected two axes")
    k %= 4
    if k == 0:
        return getitem(m, ...)
    if k == 2:
        return flip(m, plane)
    return flip(swapaxes(m, *plane), plane[0] if k == 1 else plane[1])


_roll = linear(
    lambda x, shift, axis: np.roll(x, shift, axis),
    lambda g, x, shift, axis: np.roll(g, tuple(-s for s in shift), axis),
    name="roll",
    structural=True,
)


@implements(
    np.roll,
    cases=[
        case(arg((2, 3)), 1),
        case(arg((2, 3)), -4, axis=-1),
        case(arg((2, 3)), (1, 2), axis=(0, 1)),
        case(arg((2, 3)), 1, axis=(0, 1)),
        case(arg((2, 3)), (1, 1), axis=1),
        case(arg((0, 3)), 1, axis=0),
        case(arg(()), 1),
    ],
)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Shift cyclically, as :func:`numpy.roll`."""
    shift = integers(shift, "the shift of roll")
    if axis is not None:
        axis = normalize_axis_tuple(axis, len(shape_of(a)), allow_duplicate=True)
    return _roll(a, shift=shift, axis=axis)


@implements(np.resize, cases=[case(arg((2, 3)), (2, 4)), case(arg((2, 3)), 4), case(arg((3,)), 0)])
def resize(a: Any, new_shape: Any) -> Any:
    """Give a new shape, repeating or dropping elements, as :func:`numpy.resize`."""
    shape = integers(new_shape, "the shape of resize")
    if any(n < 0 for n in shape):
        raise ShapeError(f"resize to shape {shape}; expected no negative lengths")
    size, n = int(np.prod(shape)), int(np.size(raw(a)))
    if n == 0:
        return np.zeros(shape, raw(a).dtype)  # NumPy's choice, of which nothing can move
    return reshape(np.tile(ravel(a), -(-size // n))[:size], shape)


# --- several arrays ---------------------------------------------------------------------------


def _each(f: Any, arrays: tuple[Any, ...]) -> Any:
    """Apply `f` to each; several results come as a tuple, one as itself."""
    results = tuple(f(as_operand(x)) for x in arrays)
    return results[0] if len(results) == 1 else results


@implements(np.atleast_1d, cases=[case(arg()), case(arg((2, 3))), case(arg(), 2, arg((2,)))])
def atleast_1d(*arys: Any) -> Any:
    """Give each at least one axis, as :func:`numpy.atleast_1d`."""
    return _each(lambda x: x if shape_of(x) else np.reshape(x, (1,)), arys)


@implements(np.atleast_2d, cases=[case(arg()), case(arg((3,))), case(arg((2, 3)), 2, arg((2,)))])
def atleast_2d(*arys: Any) -> Any:
    """Give each at least two axes, in front, as :func:`numpy.atleast_2d`."""
    return _each(
        lambda x: x if len(shape_of(x)) > 1 else np.reshape(x, (1, int(np.size(raw(x))))), arys
    )


@implements(
    np.atleast_3d, cases=[case(arg()), case(arg((3,))), case(arg((2, 3)), arg((1, 2, 1, 2)))]
)
def atleast_3d(*arys: Any) -> Any:
    """Give each at least three axes, as :func:`numpy.atleast_3d`."""

    def deep(x: Any) -> Any:
        shape = shape_of(x)
        if len(shape) > 2:
            return x
        return np.reshape(x, (*shape, 1) if len(shape) == 2 else (1, int(np.size(raw(x))), 1))

    return _each(deep, arys)


@implements(np.broadcast_arrays, cases=[case(arg((2, 1)), arg((3,)), 2), case(arg((2,)))])
def broadcast_arrays(*args: Any) -> tuple[Any, ...]:
    """Broadcast against each other, as :func:`numpy.broadcast_arrays`: views."""
    xs = [as_operand(x) for x in args]
    shape = np.broadcast_shapes(*map(shape_of, xs))
    return tuple(x if shape_of(x) == shape else np.broadcast_to(x, shape) for x in xs)


def _at_least(ndim: int, x: Any, name: str) -> None:
    if len(shape_of(x)) < ndim:
        raise ShapeError(f"{name} of shape {shape_of(x)}; expected at least {ndim} axes")
