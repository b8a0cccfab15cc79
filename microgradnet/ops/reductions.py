"""Sums, means, products and extremes over axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..declare import arg, case, implements, linear
from ..rules import shape_of, stretched

Axis = int | tuple[int, ...] | None


def axes_of(x: Any, axis: Axis) -> tuple[int, ...]:
    """Normalise `axis` to a tuple of axes counted from the front; None means all.

    Raises
    ------
    AxisError
        NumPy's own, for an axis that is not there or is named twice.
    """
    ndim = len(shape_of(x))
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def kept_shape(x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of a reduction over `axes` with ``keepdims=True``."""
    return tuple(1 if i in axes else n for i, n in enumerate(shape_of(x)))


def spread(g: Any, x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """Give every reduced element of `x` the cotangent of its reduction (a view where it can be)."""
    if not axes:
        return g
    if not keepdims:
        g = np.reshape(g, kept_shape(x, axes))
    return stretched(g, shape_of(x))


add_up = linear(
    lambda x, axes, keepdims: np.add.reduce(x, axis=axes, keepdims=keepdims),
    lambda g, x, axes, keepdims: spread(g, x, axes, keepdims),
    name="sum",
    structural=True,
)


def masked(a: Any, where: Any, neutral: float) -> Any:
    """Put the neutral element of a reduction wherever ``where=`` leaves an element out."""
    return a if where is True else np.where(where, a, neutral)


@implements(
    np.sum,
    cases=[
        case(arg((3, 2))),
        case(arg((3, 2, 2)), axis=(0, -1)),
        case(arg((3, 2)), axis=-1, keepdims=True),
        case(arg((3, 2)), axis=0, where=np.array([[True, False]] * 3), initial=2.0),
        case(arg((0, 2)), axis=0),
        case(arg(())),
    ],
)
def sum(  # NumPy's name
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Sum over `axis`, as :func:`numpy.sum`."""
    if dtype is not None:
        a = np.astype(a, dtype)
    a = masked(a, where, 0.0)
    total = add_up(a, axes=axes_of(a, axis), keepdims=bool(keepdims))
    return total if initial is None else total + initial


@implements(
    np.mean,
    cases=[
        case(arg((3, 2))),
        case(arg((3, 2)), axis=-2, keepdims=True),
        case(arg((3, 2)), axis=0, where=np.array([[True, False], [True, True], [False, True]])),
    ],
)
def mean(
    a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """Mean over `axis`, as :func:`numpy.mean`."""
    total = sum(a, axis, dtype, keepdims=keepdims, where=where)
    return total / count(a, axis, keepdims, where)


def count(a: Any, axis: Axis, keepdims: bool, where: Any = True) -> Any:
    """Count the elements that each reduction takes in."""
    if where is True:
        n = 1
        for i in axes_of(a, axis):
            n *= shape_of(a)[i]
        return n
    taken = np.broadcast_to(np.asarray(where, bool), shape_of(a))
    return np.sum(taken, axis=axes_of(a, axis), keepdims=keepdims, dtype=np.float32)
