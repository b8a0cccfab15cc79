"""Joining arrays, taking them apart, and repeating what they hold."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, implements, linear
from ..errors import DTypeError, ShapeError
from ..graph import raw
from ..rules import shape_of
from .indexing import getitem
from .operands import as_operand, holds_traced, integers, whole

# --- joining ------------------------------------------------------------------------------------


def _parts(
    needed: Sequence[bool], g: Any, xs: Any, axis: int, starts: tuple[int, ...]
) -> list[Any]:
    before = (slice(None),) * axis
    spans = itertools.pairwise(starts)
    return [
        g[(*before, slice(*span))] if need else None
        for need, span in zip(needed, spans, strict=True)
    ]


def _layers(needed: Sequence[bool], g: Any, xs: Any, axis: int) -> list[Any]:
    before = (slice(None),) * axis
    return [g[(*before, i)] if need else None for i, need in enumerate(needed)]


# `starts` says where along `axis` each operand begins, and where the last one ends.
_concatenate = linear(
    lambda *xs, axis, starts: np.concatenate(xs, axis),
    _parts,
    name="concatenate",
    jointly=True,
    variadic=True,
    structural=True,
)
_stack = linear(
    lambda *xs, axis: np.stack(xs, axis),
    _layers,
    name="stack",
    jointly=True,
    variadic=True,
    structural=True,
)


def _operands(arrays: Any, what: str, dtype: Any = None, casting: Any = "same_kind") -> list[Any]:
    """List what is to be joined, cast as NumPy would."""
    xs = [as_operand(x) for x in arrays]
    if dtype is None and casting == "same_kind":
        return xs
    target = np.dtype(dtype) if dtype is not None else np.result_type(*map(_dtype, xs))
    if target.kind != "f" or not all(np.can_cast(_dtype(x), target, casting) for x in xs):
        raise DTypeError(
            f"{what} with dtype={target} and casting={casting!r} of a Value; expected a floating "
            "dtype that all operands can be cast to"
        )
    return [np.astype(x, target) for x in xs]


def _dtype(x: Any) -> np.dtype[Any]:
    return np.asarray(raw(x)).dtype


@implements(
    np.concatenate,
    cases=[
        case([arg((2, 3)), arg((1, 3))]),
        case((arg((2, 1)), np.ones((2, 2)), arg((2, 0))), axis=-1),
        case([arg((2, 3)), [1, 2], arg(())], axis=None),
        case([arg((3,)), arg((3,))], dtype=np.float64),
    ],
)
def concatenate(
    arrays: Any, /, axis: int | None = 0, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Join along an axis that is there, as :func:`numpy.concatenate`."""
    xs = _operands(arrays, "concatenate", dtype, casting)
    if axis is None:
        xs, axis = [np.reshape(x, -1) for x in xs], 0
    axis = normalize_axis_index(axis, len(shape_of(xs[0])))
    if any(len(shape_of(x)) != len(shape_of(xs[0])) for x in xs):
        shapes = ", ".join(str(shape_of(x)) for x in xs)
        raise ShapeError(f"concatenate of shapes {shapes}; expected as many axes in each")
    starts = tuple(itertools.accumulate((shape_of(x)[axis] for x in xs), initial=0))
    return _concatenate(*xs, axis=axis, starts=starts)


@implements(
    np.stack,
    cases=[
        case([arg((2, 3)), arg((2, 3))]),
        case([arg((3,)), np.arange(3), arg((3,))], axis=-1),
        case((arg(), 2.0, arg()), dtype=np.float64),
        case([arg((0, 2)), arg((0, 2))], axis=1),
    ],
)
def stack(arrays: Any, axis: int = 0, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Join along a new axis, as :func:`numpy.stack`."""
    xs = _operands(arrays, "stack", dtype, casting)
    return _stack(*xs, axis=normalize_axis_index(axis, len(shape_of(xs[0])) + 1))


@implements(
    np.vstack, cases=[case([arg((3,)), arg((2, 3))]), case([arg(), 1.0]), case(arg((2, 3)))]
)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Join as rows, as :func:`numpy.vstack`."""
    rows = [np.atleast_2d(as_operand(x)) for x in tup]
    return concatenate(rows, 0, dtype=dtype, casting=casting)


@implements(
    np.hstack, cases=[case([arg((3,)), arg((2,))]), case([arg((2, 1)), arg((2, 2))]), case([arg()])]
)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """Join side by side, as :func:`numpy.hstack`."""
    xs = [np.atleast_1d(as_operand(x)) for x in tup]
    along = 0 if len(shape_of(xs[0])) == 1 else 1
    return concatenate(xs, along, dtype=dtype, casting=casting)


@implements(np.dstack, cases=[case([arg((2, 3)), arg((2, 3, 2))]), case([arg((3,)), arg((3,))])])
def dstack(tup: Any) -> Any:
    """Join along the third axis, as :func:`numpy.dstack`."""
    return concatenate([np.atleast_3d(as_operand(x)) for x in tup], 2)


@implements(np.column_stack, cases=[case([arg((2,)), arg((2, 3)), np.ones(2)]), case([arg()])])
def column_stack(tup: Any) -> Any:
    """Join as columns, as :func:`numpy.column_stack`."""
    xs = [as_operand(x) for x in tup]
    return concatenate([x if len(shape_of(x)) > 1 else np.reshape(x, (-1, 1)) for x in xs], 1)


@implements(
    np.block,
    cases=[
        case([[arg((2, 2)), arg((2, 1))], [np.ones((1, 3))]]),
        case([arg((2,)), 1.0, arg()]),
        case([[[arg((1, 2))]], [[arg((2,))]]]),
        case(arg((2,))),
    ],
)
def block(arrays: Any) -> Any:
    """Join nested lists of blocks, as :func:`numpy.block`: innermost along the last axis."""
    depth = _depth(arrays)
    if depth == 0:
        return np.copy(as_operand(arrays))
    ndim = max(depth, *(len(shape_of(x)) for x in _leaves(arrays)))

    def join(x: Any, level: int) -> Any:
        if level == 0:
            x = as_operand(x)
            return np.reshape(x, (1,) * (ndim - len(shape_of(x))) + shape_of(x))
        return concatenate([join(y, level - 1) for y in x], -level)

    return join(arrays, depth)


def _leaves(x: Any) -> list[Any]:
    return [leaf for y in x for leaf in _leaves(y)] if isinstance(x, list) else [as_operand(x)]


def _depth(x: Any) -> int:
    """How deeply lists are nested, everywhere the same."""
    if isinstance(x, tuple):
        raise TypeError("block of a tuple; expected nested lists, [[a, b], [c, d]]")
    if not isinstance(x, list):
        return 0
    depths = {_depth(y) for y in x}
    if len(depths) != 1:
        got = "an empty list" if not depths else f"lists nested {sorted(depths)} deep"
        raise ShapeError(f"block of {got}; expected blocks that are all nested equally deep")
    return 1 + depths.pop()


@implements(
    np.append,
    cases=[
        case(arg((3,)), 2.0),
        case(arg((2, 3)), arg((2,))),
        case(arg((2, 3)), arg((2, 1)), axis=-1),
    ],
)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Join two arrays, as :func:`numpy.append`; flattened by default."""
    return concatenate((arr, values), axis)


# --- taking apart -------------------------------------------------------------------------------


def _split(x: Any, sections: Any, axis: int, equally: bool) -> list[Any]:
    axis = normalize_axis_index(axis, len(shape_of(x)))
    n = shape_of(x)[axis]
    at = whole(sections, "where to split")
    if at.ndim == 0:
        count = int(at)
        if count <= 0 or (equally and n % count):
            raise ShapeError(
                f"split of an axis of length {n} into {count} parts; expected a positive number"
                + (" that divides it" if equally else "")
            )
        long, rest = n % count, n // count
        lengths = [rest + 1] * long + [rest] * (count - long)
        bounds = [*itertools.accumulate(lengths, initial=0)]
    else:
        bounds = [0, *at.tolist(), n]
    lead = (slice(None),) * axis
    return [getitem(x, (*lead, slice(i, j))) for i, j in itertools.pairwise(bounds)]


@implements(
    np.split,
    cases=[case(arg((2, 3)), 3, axis=-1), case(arg((4,)), [1, 1, 6]), case(arg((4,)), [-1])],
)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Take apart into equal parts, or at indices, as :func:`numpy.split`: views."""
    return _split(ary, indices_or_sections, axis, True)


@implements(np.array_split, cases=[case(arg((5, 2)), 3), case(arg((2, 3)), 2, axis=1)])
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Take apart into nearly equal parts, as :func:`numpy.array_split`: views."""
    return _split(ary, indices_or_sections, axis, False)


@implements(np.hsplit, cases=[case(arg((4,)), 2), case(arg((2, 4)), [1])])
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Take apart side by side, as :func:`numpy.hsplit`: views."""
    return _split(ary, indices_or_sections, int(_deep(1, ary, "hsplit") > 1), True)


@implements(np.vsplit, cases=[case(arg((4, 2)), 2)])
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Take apart into rows, as :func:`numpy.vsplit`: views."""
    _deep(2, ary, "vsplit")
    return _split(ary, indices_or_sections, 0, True)


@implements(np.dsplit, cases=[case(arg((2, 1, 4)), 2)])
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """Take apart along the third axis, as :func:`numpy.dsplit`: views."""
    _deep(3, ary, "dsplit")
    return _split(ary, indices_or_sections, 2, True)


def _deep(least: int, x: Any, name: str) -> int:
    ndim = len(shape_of(x))
    if ndim < least:
        raise ShapeError(f"{name} of shape {shape_of(x)}; expected at least {least} axes")
    return ndim


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """Take apart along an axis, which goes away, as :func:`numpy.unstack`: views."""
    _deep(1, x, "unstack")
    x = np.moveaxis(x, axis, 0)
    return tuple(getitem(x, i) for i in range(shape_of(x)[0]))


if hasattr(np, "unstack"):  # pragma: no branch  # since NumPy 2.1
    implements(np.unstack, cases=[case(arg((2, 3))), case(arg((2, 3)), axis=-1)])(unstack)


# --- repeating ----------------------------------------------------------------------------------


def _untile(g: Any, x: Any, reps: tuple[int, ...]) -> Any:
    # Each axis of the result is (repetition, place): sum over the repetitions.
    shape = shape_of(x)
    ndim = max(len(reps), len(shape))
    pairs = zip((1,) * (ndim - len(reps)) + reps, (1,) * (ndim - len(shape)) + shape, strict=True)
    g = np.reshape(g, tuple(itertools.chain.from_iterable(pairs)))
    return np.reshape(np.sum(g, axis=tuple(range(0, 2 * ndim, 2))), shape)


_tile = linear(lambda x, reps: np.tile(x, reps), _untile, name="tile", structural=True)


@implements(
    np.tile,
    cases=[
        case(arg((2, 3)), 2),
        case(arg((2, 3)), (2, 1)),
        case(arg((3,)), (2, 2)),
        case(arg((2, 1, 2)), (3, 1)),
        case(arg((2,)), 0),
        case(arg(), (2, 2)),
    ],
)
def tile(A: Any, reps: Any) -> Any:  # NumPy's name
    """Repeat the whole array along its axes, as :func:`numpy.tile`."""
    return _tile(as_operand(A), reps=integers(reps, "how often to tile"))


def _unrepeat(g: Any, x: Any, times: int, axis: int) -> Any:
    shape = shape_of(x)
    pairs = np.reshape(g, (*shape[: axis + 1], times, *shape[axis + 1 :]))
    return np.sum(pairs, axis=axis + 1)


_repeat = linear(
    lambda x, times, axis: np.repeat(x, times, axis), _unrepeat, name="repeat", structural=True
)


@implements(
    np.repeat,
    cases=[
        case(arg((2, 3)), 2),
        case(arg((2, 3)), 2, axis=-1),
        case(arg((2, 3)), [1, 0, 2], axis=-1),
        case(arg((2, 3)), np.array([0, 1, 2, 0, 1, 3])),
        case(arg((2, 3)), [2], axis=0),
        case(arg((0, 2)), 3, axis=0),
        case(arg(), 3),
    ],
)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Repeat each element, as :func:`numpy.repeat`; once for all or each as often as is said."""
    if axis is None or not shape_of(a):
        a, axis = np.reshape(a, -1), axis or 0
    axis = normalize_axis_index(axis, len(shape_of(a)))
    counts = whole(repeats, "how often to repeat")
    if counts.size == 1:
        return _repeat(a, times=operator.index(counts.item()), axis=axis)
    taken = np.repeat(np.arange(shape_of(a)[axis]), counts)
    return getitem(a, (slice(None),) * axis + (taken,))


@implements(
    np.meshgrid,
    cases=[
        case(arg((3,)), arg((2,))),
        case(arg((3,)), np.arange(2), arg(), indexing="ij"),
        case(arg((3,)), arg((2,)), sparse=True),
        case(arg((3,)), arg((2,)), copy=False),
        case(arg((3,))),
    ],
)
def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    """Make coordinate matrices, as :func:`numpy.meshgrid`; views if ``copy=False``."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f'meshgrid with indexing={indexing!r}; expected "xy" or "ij"')
    ndim = len(xi)
    places = list(range(ndim))
    if indexing == "xy" and ndim > 1:
        places[:2] = 1, 0
    grids: Sequence[Any] = [
        np.reshape(as_operand(x), (1,) * i + (-1,) + (1,) * (ndim - i - 1))
        for x, i in zip(xi, places, strict=True)
    ]
    if not sparse:
        grids = np.broadcast_arrays(*grids)
    return tuple([np.copy(grid, order="C") for grid in grids] if copy else grids)


@implements(
    np.full_like,
    cases=[
        case(arg((2, 3)), arg()),
        case(arg((2, 3)), arg((3,)), dtype=np.float64),
        case(arg((2,)), arg((1, 2)), shape=(2, 2)),
    ],
)
def full_like(a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    """Fill with a number, or with a Value as only here it can be; as :func:`numpy.full_like`."""
    data = raw(a)
    if not holds_traced(fill_value):
        return np.full_like(data, fill_value, dtype=dtype, shape=shape)
    target = np.dtype(dtype) if dtype is not None else _dtype(data)
    if target.kind != "f":
        raise DTypeError(
            f"full_like of dtype {target} with a Value; expected a floating dtype, since integers "
            "have no gradient: write full_like(a, v, dtype=float)"
        )
    shape = shape_of(data) if shape is None else integers(shape, "the shape of full_like")
    fortran = np.empty_like(data, shape=shape).flags.fnc  # NumPy keeps the layout of `a`
    filled = np.broadcast_to(np.astype(as_operand(fill_value), target), shape)
    return np.copy(filled, order="F" if fortran else "C")
