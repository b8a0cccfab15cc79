"""Sums, means and products over axes, and the same of what is not nan."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..declare import arg, case, general, implements, linear, refuse_out
from ..errors import DTypeError, ShapeError
from ..graph import Traced, raw
from ..rules import shape_of, stretched
from .arithmetic import undefined
from .operands import dtype_of, in_dtype

Axis = int | tuple[int, ...] | None
MASK = np.array([[True, False], [True, True], [False, True]])  # for the cases below


# --- what every reduction needs ---------------------------------------------------------------


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
    if not keepdims and shape_of(g):
        g = np.reshape(g, kept_shape(x, axes))
    return stretched(g, shape_of(x))


def mask_of(a: Any, where: Any) -> Any:
    """Give ``where=`` as True or as a boolean array of its own, which nobody can change later.

    Raises
    ------
    DTypeError
        If it is anything but booleans.
    ShapeError
        If it does not broadcast to the shape of `a`.
    """
    if where is True:
        return True
    mask = np.array(raw(where))
    if mask.dtype != bool:
        raise DTypeError(f"where= of dtype {mask.dtype}; expected booleans")
    try:
        np.broadcast_to(mask, shape_of(a))
    except ValueError as error:
        raise ShapeError(
            f"where= of shape {mask.shape}; expected one that broadcasts to {shape_of(a)}"
        ) from error
    return mask


def look_closer() -> None:
    """Send the reverse walk, if it is the fast one, back for the careful one (``support.py``).

    For rules that leave out nan: 0 times nan sets off no alarm, unlike 0 times infinity.
    """
    undefined(np.True_)


def _without_vjp(g: Any, z: Any, x: Any, needed: Any, keep: Any, neutral: float) -> list[Any]:
    look_closer()
    return [np.where(keep, g, 0.0)]


# np.where(keep, x, neutral), where some of what is left out is nan.
without = general(
    lambda x, keep, neutral: np.where(keep, x, neutral),
    _without_vjp,
    lambda ts, z, x, keep, neutral: np.where(keep, ts[0], 0.0),
    name="without",
    structural=True,
)


def masked(a: Any, where: Any, neutral: float) -> Any:
    """Put the neutral element of a reduction wherever ``where=`` leaves an element out."""
    if where is True:
        return a
    keep = mask_of(a, where)
    if np.isnan(np.where(keep, 0.0, raw(a))).any():
        return without(a, keep=keep, neutral=neutral)
    return np.where(keep, a, neutral)


def start(initial: Any, z: Any) -> Any:
    """Give ``initial=`` as a number that does not change the dtype of the result `z`."""
    if np.shape(raw(initial)) != ():
        raise ShapeError(f"initial= of shape {np.shape(raw(initial))}; expected one number")
    if isinstance(initial, Traced):
        number: Any = initial
        return np.astype(number, z.dtype)
    return float(initial)


def count(a: Any, axis: Axis, keepdims: bool, where: Any = True) -> Any:
    """Count the elements that each reduction takes in: a number, or an array of integers."""
    axes = axes_of(a, axis)
    if where is True:
        return math.prod(shape_of(a)[i] for i in axes)
    taken = np.broadcast_to(mask_of(a, where), shape_of(a))
    return np.sum(taken, axis=axes, keepdims=keepdims)


# --- sums and means -----------------------------------------------------------------------------

add_up = linear(
    lambda x, axes, keepdims: np.add.reduce(x, axis=axes, keepdims=keepdims),
    lambda g, x, axes, keepdims: spread(g, x, axes, keepdims),
    name="sum",
    structural=True,
)


@implements(
    np.sum,
    cases=[
        case(arg((3, 2))),
        case(arg((3, 2, 2)), axis=(0, -1)),
        case(arg((3, 2)), axis=-1, keepdims=True),
        case(arg((3, 2)), axis=0, where=np.array([[True, False]] * 3), initial=2.0),
        case(arg((3, 2)), axis=(), initial=-1.0),
        case(arg((0, 2)), axis=0),
        case(arg(())),
    ],
)
def sum(  # NumPy's name
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Sum over `axis`, as :func:`numpy.sum`."""
    if out is not None:
        refuse_out("sum", out)
    if dtype is not None:
        a = np.astype(a, dtype)
    if where is not True:
        a = masked(a, where, 0.0)
    total = add_up(a, axes=axes_of(a, axis), keepdims=bool(keepdims))
    return total if initial is None else total + start(initial, total)


@implements(
    np.mean,
    cases=[
        case(arg((3, 2))),
        case(arg((3, 2)), axis=-2, keepdims=True),
        case(arg((3, 2)), axis=0, where=MASK),
        case(arg((3, 2)), axis=()),
        case(arg(())),
    ],
)
def mean(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Any:
    """Mean over `axis`, as :func:`numpy.mean`."""
    refuse_out("mean", out)
    if dtype is None and dtype_of(a) == np.float16:  # whose sums overflow: NumPy widens too
        return np.astype(mean(a, axis, np.float32, keepdims=keepdims, where=where), np.float16)
    a = in_dtype(a, dtype, "mean")
    total, n = sum(a, axis, keepdims=keepdims, where=where), count(a, axis, keepdims, where)
    return total / (n if where is True else n.astype(dtype_of(total)))


# --- products -----------------------------------------------------------------------------------


def _all_but_one(x: Any) -> Any:
    """Products of all other elements along the last axis, without division.

    Whoever leaves out one of a pair takes the other, times the products of the other pairs:
    a tree, so that it takes 3 n multiplications in log n rounds, all of them differentiable.
    """
    shape = shape_of(x)
    n = shape[-1]
    if n < 2:
        return np.ones(shape, dtype_of(x))
    if n % 2:
        x = np.concatenate([x, np.ones((*shape[:-1], 1), dtype_of(x))], -1)
    a, b = x[..., 0::2], x[..., 1::2]
    others = _all_but_one(a * b)
    pairs = np.stack([others * b, others * a], -1)
    return np.reshape(pairs, (*shape[:-1], n + n % 2))[..., :n]


def _others(x: Any, axes: tuple[int, ...]) -> Any:
    """Give each element the product of the others of its reduction."""
    shape = shape_of(x)
    rest = tuple(i for i in range(len(shape)) if i not in axes)
    n = math.prod(shape[i] for i in axes)
    lined_up = np.transpose(x, rest + axes)
    others = _all_but_one(np.reshape(lined_up, (*(shape[i] for i in rest), n)))
    return np.transpose(np.reshape(others, shape_of(lined_up)), np.argsort(rest + axes))


def can_divide(z: Any, x: Any) -> bool:
    """Whether ``z / x`` gives products without `x`: nothing is 0, nothing left the range.

    Only of raw numbers: a derivative of the quotient would cancel where it should vanish.
    """
    if isinstance(x, Traced):
        return False
    size = np.abs(z)
    return bool(((size >= np.finfo(size.dtype).tiny) & (size < math.inf)).all())


def _prod_vjp(
    g: Any, z: Any, x: Any, needed: Any, axes: tuple[int, ...], keepdims: bool
) -> list[Any]:
    g, z = np.reshape(g, kept_shape(x, axes)), np.reshape(z, kept_shape(x, axes))
    if can_divide(z, x) and can_divide(np.where(g == 0, 1.0, g * z), x):
        return [g * z / x]
    return [g * _others(x, axes)]


def _prod_jvp(ts: Any, z: Any, x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    quick = can_divide(z, x)
    slopes = np.reshape(z, kept_shape(x, axes)) / x if quick else _others(x, axes)
    return add_up(ts[0] * slopes, axes=axes, keepdims=keepdims)


multiply_up = general(
    lambda x, axes, keepdims: np.multiply.reduce(x, axis=axes, keepdims=keepdims),
    _prod_vjp,
    _prod_jvp,
    name="prod",
)


@implements(
    np.prod,
    cases=[
        case(arg((3, 2))),
        case(arg((3, 2, 2)), axis=(0, -1)),
        case(arg((2, 5)), axis=-1, keepdims=True),
        case(arg((3, 2)), axis=0, where=MASK, initial=2.0),
        case(arg((3, 2)), axis=()),
        case(arg((0, 2)), axis=0),
        case(arg((2, 0))),
        case(arg(())),
    ],
)
def prod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Product over `axis`, as :func:`numpy.prod`; zeros are no special case."""
    if dtype is not None:
        a = np.astype(a, dtype)
    a = masked(a, where, 1.0)
    product = multiply_up(a, axes=axes_of(a, axis), keepdims=bool(keepdims))
    return product if initial is None else product * start(initial, product)


# --- without nan ----------------------------------------------------------------------------------


def numbers(a: Any, where: Any = True) -> Any:
    """Give ``where=`` less the elements that are nan; as it is if there are none."""
    missing = np.isnan(raw(a))
    if not missing.any():
        return where
    return ~missing if where is True else ~missing & mask_of(a, where)


@implements(
    np.nansum,
    cases=[case(arg((3, 2))), case(arg((3, 2)), axis=-1, keepdims=True, where=MASK, initial=2.0)],
)
def nansum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Sum of what is not nan, as :func:`numpy.nansum`."""
    where = numbers(a, where)
    return sum(a, axis, dtype, keepdims=keepdims, initial=initial, where=where)


@implements(
    np.nanprod,
    cases=[case(arg((3, 2))), case(arg((3, 2)), axis=-1, keepdims=True, where=MASK, initial=2.0)],
)
def nanprod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Product of what is not nan, as :func:`numpy.nanprod`."""
    where = numbers(a, where)
    return prod(a, axis, dtype, keepdims=keepdims, initial=initial, where=where)


@implements(
    np.nanmean, cases=[case(arg((3, 2))), case(arg((3, 2)), axis=(1,), keepdims=True, where=MASK)]
)
def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """Mean of what is not nan, as :func:`numpy.nanmean`; nan where nothing is left."""
    return mean(a, axis, dtype, keepdims=keepdims, where=numbers(a, where))
