"""Sequences: interpolation, even steps, convolution, windows, unwrapped phases, polynomials."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from ..declare import arg, case, general, implements, linear
from ..errors import NotDifferentiableError, ShapeError
from ..graph import Primitive, Traced, raw
from ..rules import is_float, shape_of
from ..views import link
from .arithmetic import chosen
from .indexing import getitem
from .operands import as_operand, dtype_of, in_dtype, integers

# --- piecewise linear interpolation ---------------------------------------------------------------


def _interp_jvp(ts: Sequence[Any], z: Any, x: Any, xp: Any, fp: Any) -> Any:
    # f + (f' - f) w between two knots, with w = (x - p) / (p' - p); constant outside. At an
    # inner knot it has a kink: there the mean of both sides; at the ends, as for clip, the inside.
    tx, txp, tfp = ts
    at, knots = raw(x), raw(xp)
    if len(knots) == 1:
        return None if tfp is None else np.broadcast_to(tfp[0], shape_of(z))
    last = len(knots) - 2
    right = np.clip(np.searchsorted(knots, at, "right") - 1, 0, last)
    left = np.clip(np.searchsorted(knots, at, "left") - 1, 0, last)
    # Two points at one place make a jump, which NumPy takes for the right of it.
    jump = (left + 1 < right) | (knots[left + 1] == knots[left])
    left = np.where(jump, right, left)
    kink = (knots[left] == at) | (knots[right] == at) | (knots[right + 1] == at)
    total: Any = 0.0
    for i in (right, left) if (left != right).any() else (right,):
        p, f = xp[i], fp[i]
        width, rise = xp[i + 1] - p, fp[i + 1] - f
        w = (x - p) / width
        slope = rise / width
        if isinstance(x, Traced) or isinstance(xp, Traced):
            slope = slope * chosen(kink, x - p)
        slope = np.where((at < knots[0]) | (at > knots[-1]), 0.0, slope)
        w = np.where(at < knots[0], 0.0, np.where(at > knots[-1], 1.0, w))
        if tx is not None:
            total = total + slope * tx
        if txp is not None:
            total = total - slope * ((1.0 - w) * txp[i] + w * txp[i + 1])
        if tfp is not None:
            total = total + ((1.0 - w) * tfp[i] + w * tfp[i + 1])
    return total if (left == right).all() else 0.5 * total


_interp: Primitive = general(lambda x, xp, fp: np.interp(x, xp, fp), jvp=_interp_jvp, name="interp")


def _floating(p: Any) -> Any:
    p = np.asarray(p)
    return p.astype(np.float64) if p.dtype.kind in "iub" else p


_XP = [0.0, 1.0, 2.5, 3.0]
_FP = np.array([1.0, -2.0, 0.5, 4.0])


@implements(
    np.interp,
    cases=[
        case(arg((3,), (0.0, 1.0)), _XP, _FP),
        case(arg((2, 2)), _XP, arg((4,))),
        case(np.array([-0.7, 0.2, 1.0, 2.7, 3.0, 3.4]), _XP, arg((4,))),
        case(arg((3,), (1.0, 2.5)), arg((4,), (3.0, 4.0), kind="distinct"), _FP),
        case(np.array([0.3, 2.6]), np.array(_XP), arg((4,)), left=arg(), right=-1.0),
        case(np.array([-0.3, 5.6]), np.array(_XP), arg((4,)), arg(), arg()),
        case(arg((3,), (7.1, 7.9)), np.array([1.0, 2.0, 3.5]), arg((3,)), period=3.0),
        case(arg(), _XP, _FP),
        case(arg((3,)), [0.5], arg((1,))),
        case(arg((0,)), _XP, arg((4,))),
    ],
)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Interpolate between points, as :func:`numpy.interp`, moving with all three arguments.

    At a point where two pieces meet, the derivative is the mean of their slopes; at the
    first and last point it is that of the piece inside.
    """
    x, xp, fp = (p if isinstance(p, Traced) else _floating(p) for p in (x, xp, fp))
    if period is not None:
        if isinstance(period, Traced):
            raise NotDifferentiableError("interp with a Value as period; expected a plain number")
        if len(shape_of(xp)) != 1 or shape_of(xp) != shape_of(fp):
            raise ShapeError(
                f"interp with xp of shape {shape_of(xp)} and fp of shape {shape_of(fp)}; expected "
                "one axis each, of the same length"
            )
        if period == 0:
            raise ValueError("interp with period=0; expected a number other than 0, or None")
        left = right = None
        period = abs(period)
        x, xp = np.remainder(x, period), np.remainder(xp, period)
        order = np.argsort(raw(xp))
        around = np.concatenate([order[-1:], order, order[:1]])  # one point more on either side
        shift = np.zeros(len(around))
        shift[0], shift[-1] = -period, period
        xp, fp = getitem(xp, around) + shift, getitem(fp, around)
    z = _interp(x, xp, fp)
    if left is not None:
        z = np.where(raw(x) < raw(xp)[0], left, z)
    if right is not None:
        z = np.where(raw(x) > raw(xp)[-1], right, z)
    return z


# --- even steps -----------------------------------------------------------------------------------


@implements(
    np.linspace,
    cases=[
        case(arg(), arg(), 5),
        case(arg((2,)), arg((3, 1)), num=4, endpoint=False, axis=-1),
        case(arg((2,)), 3, 3, retstep=True),
        case(-1.0, arg(), 1),
        case(arg(), 2.0, 0),
    ],
)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Go from `start` to `stop` in even steps, as :func:`numpy.linspace`; both may be Values."""
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"linspace with num={num}; expected at least 0")
    start, stop = (x if is_float(x) else as_operand(x) for x in (start, stop))
    work = np.result_type(*(raw(x) if is_float(x) else dtype_of(x) for x in (start, stop)))
    work = work if work.kind == "f" else np.dtype(np.float64)
    start, stop = (x if is_float(x) else np.astype(x, work, copy=False) for x in (start, stop))
    delta = stop - start
    shape, steps = shape_of(delta), num - 1 if endpoint else num
    step = delta / steps if steps > 0 else math.nan
    count = np.reshape(np.arange(num, dtype=work), (-1,) + (1,) * len(shape))
    if steps > 0 and not np.any(raw(step) == 0):
        z = count * step + start
    else:  # a step may be too small for its dtype
        z = count / max(steps, 1) * delta + start
    if endpoint and num > 1:  # exactly
        last = np.astype(np.broadcast_to(stop, (1, *shape)), work, copy=False)
        z = np.concatenate([z[:-1], last])
    z = in_dtype(np.moveaxis(z, 0, axis), dtype, "linspace")
    return (z, step) if retstep else z


# --- windows that slide over an array -------------------------------------------------------------


def _add_back(g: Any, shape: Sequence[int], window: Sequence[int], axes: Sequence[int]) -> Any:
    """Add the elements of all windows up where they came from."""
    out = np.zeros(shape, g.dtype)
    for offset in np.ndindex(*window):
        start = [0] * len(shape)
        for axis, k in zip(axes, offset, strict=True):  # which may name an axis twice
            start[axis] += k
        place = tuple(slice(k, k + n) for k, n in zip(start, g.shape, strict=False))
        out[place] += g[(..., *offset)]
    return out


_windows: Primitive = linear(
    lambda x, window, axes: sliding_window_view(x, window, axes),
    lambda g, x, window, axes: _unwindow(g, shape=shape_of(x), window=window, axes=axes),
    name="windows",
    structural=True,
)
_unwindow: Primitive = linear(
    _add_back,
    lambda g, y, shape, window, axes: _windows(g, window=window, axes=axes),
    name="unwindow",
    structural=True,
)


@implements(
    sliding_window_view,
    cases=[
        case(arg((5,)), 3),
        case(arg((3, 4)), (2, 2)),
        case(arg((3, 4)), 2, axis=-1),
        case(arg((4, 2)), (2, 2), axis=(0, 0)),
        case(arg((2, 3)), (), ()),
    ],
)
def windows(x: Any, window_shape: Any, axis: Any = None) -> Any:
    """Show every window, as :func:`numpy.lib.stride_tricks.sliding_window_view`."""
    x = as_operand(x)
    ndim, window = len(shape_of(x)), integers(window_shape, "window_shape")
    axes = range(ndim) if axis is None else normalize_axis_tuple(axis, ndim, "axis", True)
    return link(_windows(x, window=window, axes=tuple(axes)), x)


# --- sliding sums of products ---------------------------------------------------------------------
# z[k] = sum of a[k-n] v[n] over all k, and y[k] = sum of z[k+n] v[n] where v lies inside z. Each
# is the transpose of the other.
_convolve: Primitive = linear(
    lambda a, v: np.convolve(a, v),
    lambda g, a, v: _slide(g, v),
    lambda g, a, v: _slide(g, a),
    name="convolve",
)
_slide: Primitive = linear(
    lambda z, v: np.correlate(z, v, "valid"),
    lambda g, z, v: _convolve(g, v),
    lambda g, z, v: _slide(z, g),
    name="slide",
)


def _sequence(x: Any, what: str) -> Any:
    x = x if isinstance(x, Traced) else np.asarray(x)
    shape = shape_of(x)
    if len(shape) != 1 or shape == (0,):
        raise ShapeError(f"{what} of an array of shape {shape}; expected one axis, not empty")
    return x


_PAIRS = [
    case(arg((4,)), arg((2,)), mode)
    for mode in ("full", "same", "valid")
] + [case(arg((2,)), arg((5,)), mode=mode) for mode in ("full", "same", "valid")]  # fmt: skip


@implements(
    np.convolve,
    cases=[*_PAIRS, case(arg((3,)), [1, 2, 3], "same"), case(arg(), arg((2,)))],
)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Convolve two sequences, as :func:`numpy.convolve`."""
    a, v = (_sequence(x if np.ndim(raw(x)) else np.reshape(x, 1), "convolve") for x in (a, v))
    m, n = shape_of(a)[0], shape_of(v)[0]
    if m < n:
        a, v, m, n = v, a, n, m
    if mode == "valid":
        return _slide(a, v[::-1])
    z = _convolve(a, v)
    if mode == "full":
        return z
    if mode != "same":
        raise ValueError(f'convolve with mode={mode!r}; expected "full", "same" or "valid"')
    return z[(n - 1) // 2 : (n - 1) // 2 + m]


@implements(
    np.correlate,
    cases=[*_PAIRS, case(arg((3,)), arg((3,))), case([1.0, 2.0], arg((4,)))],
)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Correlate two sequences, as :func:`numpy.correlate`."""
    a, v = _sequence(a, "correlate"), _sequence(v, "correlate")
    if shape_of(a)[0] < shape_of(v)[0]:
        return convolve(v, a[::-1], mode)[::-1]
    return convolve(a, v[::-1], mode)


# --- phases and polynomials -----------------------------------------------------------------------

# Adds multiples of the period, constant between jumps.
_unwrap: Primitive = general(
    lambda p, discont, axis, period: np.unwrap(p, discont, axis, period=period),
    vjp=lambda g, z, p, needed, discont, axis, period: [g],
    jvp=lambda ts, z, p, discont, axis, period: ts[0],
    name="unwrap",
    structural=True,
)


@implements(
    np.unwrap,
    cases=[
        case(arg((5,), (0.0, 20.0))),
        case(arg((2, 3)), axis=0, period=1.7),
        case(arg((2, 3), (-9.0, 9.0)), discont=4.0, axis=-1),
    ],
)
def unwrap(
    p: Any, discont: float | None = None, axis: int = -1, *, period: float = 2.0 * math.pi
) -> Any:
    """Take out jumps by multiples of the period, as :func:`numpy.unwrap`."""
    if isinstance(period, Traced) or isinstance(discont, Traced):
        raise NotDifferentiableError(
            "unwrap with a Value as period or discont; expected plain numbers"
        )
    return _unwrap(p, discont=discont, axis=axis, period=period)


@implements(
    np.polyval,
    cases=[
        case(arg((4,)), arg((2, 3))),
        case([1.0, -2.0, 0.5], arg((3,))),
        case(arg((3,)), 2.0),
        case(arg((2,)), arg()),
        case(arg((1,)), arg((2,))),
    ],
)
def polyval(p: Any, x: Any) -> Any:
    """Evaluate a polynomial, highest power first, as :func:`numpy.polyval`."""
    several = isinstance(p, list | tuple) and any(isinstance(c, Traced) for c in p)
    coefficients = p if several or isinstance(p, Traced) else np.asarray(p)
    z: Any = np.zeros_like(raw(x))
    for c in coefficients:
        z = z * x + c
    return z
