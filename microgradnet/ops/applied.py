"""Functions that take a function: it is called on Values and written in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, implements
from ..errors import ShapeError
from ..graph import Traced, constant, raw
from ..rules import shape_of
from .indexing import getitem, setitem


@implements(
    np.piecewise,
    cases=[
        case(
            arg((4,)),
            [np.array([True, False, False, True]), np.array([False, True, False, False])],
            [lambda x: x * x, np.sin, 2.0],
        ),
        case(arg(), [True, False], [np.exp, np.sin]),
        case(arg((2,)), [[True, False]], [lambda x, c: c * x, 0.0], 3.0),
    ],
)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any) -> Any:
    """Evaluate each function where its condition holds, as :func:`numpy.piecewise`."""
    data = np.asarray(raw(x))
    conditions = raw(condlist)
    if np.isscalar(conditions) or (not isinstance(conditions[0], list | np.ndarray) and data.ndim):
        conditions = [conditions]
    conditions = [np.asarray(raw(c), bool) for c in conditions]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.logical_or.reduce(conditions))
    if len(funclist) != len(conditions):
        raise ShapeError(
            f"piecewise with {len(conditions)} conditions and {len(funclist)} functions; expected "
            "as many, or one function more for the rest"
        )
    z: Any = np.zeros_like(data)
    for condition, function in zip(conditions, funclist, strict=True):
        if callable(function):
            part = getitem(x, condition)
            if part.size:
                z = setitem(z, condition, function(part, *args))
        else:
            z = setitem(z, condition, function)
    return z if isinstance(z, Traced) else constant(z)


@implements(
    np.apply_along_axis,
    cases=[
        case(lambda x: np.sum(x * x), 0, arg((3, 2))),
        case(lambda x, c: x[::-1] * c, -1, arg((2, 3)), 2.0),
        case(lambda x: np.reshape(x, (2, 1)) * x, 1, arg((2, 2, 3))),
    ],
)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any) -> Any:
    """Call a function on every 1-d slice, as :func:`numpy.apply_along_axis`."""
    axis = normalize_axis_index(axis, len(shape_of(arr)))
    slices = np.moveaxis(arr, axis, -1)
    outer = shape_of(slices)[:-1]
    if 0 in outer:
        raise ShapeError(
            f"apply_along_axis of shape {shape_of(arr)} along axis {axis}: there are no slices"
        )
    results = [func1d(slices[i], *args) for i in np.ndindex(outer)]
    inner = np.shape(raw(results[0]))
    z = np.reshape(np.stack(results), outer + inner)
    ends = range(len(outer), len(outer) + len(inner))
    return np.moveaxis(z, ends, range(axis, axis + len(inner)))


@implements(
    np.apply_over_axes,
    cases=[case(np.sum, arg((2, 3, 2)), [0, -1]), case(np.cumsum, arg((2, 3)), 1)],
)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """Call a function along one axis after the other, as :func:`numpy.apply_over_axes`."""
    ndim = len(shape_of(a))
    for axis in np.ravel(axes).tolist():
        axis = normalize_axis_index(axis, ndim)
        z = func(a, axis)
        a = z if len(shape_of(z)) == ndim else np.expand_dims(z, axis)
        if len(shape_of(a)) != ndim:
            raise ShapeError(
                f"apply_over_axes got a result of shape {shape_of(z)} for an array of {ndim} axes; "
                "expected as many axes, or one less"
            )
    return a
