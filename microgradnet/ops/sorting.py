"""Sorting and partitioning: moves of elements, in which equal elements share alike.

Where elements are equal, which of them goes where is NumPy's choice; the derivative is
the mean over all choices. So every spelling of a maximum or a median agrees.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, general, implements, linear
from ..graph import Primitive, Traced, raw
from ..rules import shape_of
from .arithmetic import chosen


def _mean(g: Any, groups: Any) -> Any:
    g = np.asarray(g)
    labels = groups.reshape(-1)
    sums = np.bincount(labels, g.reshape(-1), labels.size)
    counts = np.bincount(labels, minlength=labels.size)
    return (sums / np.maximum(counts, 1))[groups].astype(g.dtype, copy=False)


# Gives each element the mean of its group: those with the same label in `groups`, which
# are places in the flattened array. It is its own transpose.
group_mean: Primitive = linear(
    _mean,
    lambda g, x, groups: group_mean(g, groups=groups),
    name="group_mean",
    structural=True,
)


def _shared(t: Any, x: Any, groups: Any) -> Any:
    t = group_mean(t, groups=groups)
    if isinstance(x, Traced):  # what is shared among whom changes as soon as a tie breaks
        tied = np.bincount(groups.reshape(-1), minlength=groups.size)[groups] > 1
        t = t * group_mean(chosen(tied, x), groups=groups)
    return t


# The identity, for results whose tied elements stand in an arbitrary order.
share: Primitive = general(
    lambda x, groups: x,
    vjp=lambda g, z, x, needed, groups: [_shared(g, x, groups)],
    jvp=lambda ts, z, x, groups: _shared(ts[0], x, groups),
    name="share",
    structural=True,
)


def _flattened(a: Any, axis: int | None) -> tuple[Any, int]:
    if axis is None:
        return np.reshape(a, -1), 0
    return a, normalize_axis_index(axis, len(shape_of(a)))


def _places(z: Any, axis: int) -> tuple[Any, Any]:
    """Give the numbers of `z` and their places in the flattened array, both with `axis` last."""
    data = raw(z)
    places = np.arange(data.size).reshape(data.shape)
    return np.moveaxis(data, axis, -1), np.moveaxis(places, axis, -1)


@implements(
    np.sort,
    cases=[
        case(arg((4,), kind="distinct")),
        case(arg((2, 3), kind="distinct"), axis=0),
        case(arg((2, 3, 2), kind="distinct"), axis=1, kind="mergesort"),
        case(arg((2, 3), kind="distinct"), None, stable=True),
        case(arg((2, 0))),
        case(arg((1,))),
        case(arg(), axis=None),
    ],
)
def sort(a: Any, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None) -> Any:
    """Sort, as :func:`numpy.sort`; equal elements get the mean of their cotangents."""
    a, axis = _flattened(a, axis)
    order = np.argsort(raw(a), axis=axis, kind=kind, stable=stable)
    z = np.take_along_axis(a, order, axis)
    data, places = _places(z, axis)
    new = np.ones(data.shape, bool)  # whether an element differs from the one before it
    new[..., 1:] = data[..., 1:] != data[..., :-1]
    if new.all():
        return z
    first = np.maximum.accumulate(np.where(new, places, 0), axis=-1)
    return share(z, groups=np.moveaxis(first, -1, axis))


def _partitioned(x: Any, kth: Any, axis: int, kind: Any) -> Any:
    """Tell where each element of ``np.partition(x, kth)`` was.

    ``np.argpartition`` may leave the elements beside the `kth` in another order.
    """
    here, there = np.argsort(x, axis), np.argsort(np.partition(x, kth, axis, kind), axis)
    order = np.empty_like(here)
    np.put_along_axis(order, there, here, axis)
    return order


@implements(
    np.partition,
    cases=[
        case(arg((5,), kind="distinct"), 2),
        case(arg((2, 3), kind="distinct"), -1, axis=0),
        case(arg((2, 4), kind="distinct"), [0, 2], kind="introselect"),
        case(arg((2, 2), kind="distinct"), 1, axis=None),
        case(arg((2, 0)), [0, 2]),
    ],
)
def partition(a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect") -> Any:
    """Put the `kth` elements where sorting would, as :func:`numpy.partition`.

    All elements that are equal to one of them get the mean of their cotangents.
    """
    a, axis = _flattened(a, axis)
    z = np.take_along_axis(a, _partitioned(np.asarray(raw(a)), kth, axis, kind), axis)
    data, places = _places(z, axis)
    groups = places
    for k in np.ravel(kth).tolist() if data.size else []:
        equal = data == data[..., k, None]
        groups = np.where(equal, groups[..., k, None], groups)
    if (groups == places).all():
        return z
    return share(z, groups=np.moveaxis(groups, -1, axis))
