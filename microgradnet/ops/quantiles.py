"""Medians and quantiles: elements at places of the sorted order, and means of two of them.

Equal elements share the gradient equally, as they do in ``np.sort`` and ``np.max``.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..declare import arg, case, general, implements
from ..errors import NotDifferentiableError, ShapeError
from ..graph import raw
from ..rules import shape_of
from .extremes import given_to, taken_from, winners
from .operands import dtype_of, holds_traced
from .reductions import Axis, axes_of, kept_shape, look_closer

# --- order statistics -----------------------------------------------------------------------------


def _sorted_at(x: Any, places: Any, numbers_only: bool) -> Any:
    """Take the elements that sorting along the last axis would put at `places`."""
    if numbers_only:  # each row has places of its own
        return np.take_along_axis(np.sort(x, axis=-1), places, -1)
    n = x.shape[-1]
    x = np.partition(x, (*set(places.tolist()), n - 1), axis=-1)
    missing = np.isnan(x[..., -1:])  # nan comes last; one makes all nan
    return np.where(missing, math.nan, x[..., places]) if missing.any() else x[..., places]


def _sorted_at_vjp(
    g: Any, z: Any, x: Any, needed: Any, places: Any, numbers_only: bool
) -> list[Any]:
    axis = (len(shape_of(x)) - 1,)
    if numbers_only:
        look_closer()
    total = None
    for k in range(shape_of(z)[-1]):
        c = given_to(g[..., k : k + 1], *winners(x, raw(z)[..., k : k + 1], axis))
        total = c if total is None else total + c
    return [total]


def _sorted_at_jvp(ts: Any, z: Any, x: Any, places: Any, numbers_only: bool) -> Any:
    axis = (len(shape_of(x)) - 1,)
    found = [winners(x, raw(z)[..., k : k + 1], axis) for k in range(shape_of(z)[-1])]
    return np.concatenate([taken_from(ts[0], *who, axis) for who in found], -1)


sorted_at = general(_sorted_at, _sorted_at_vjp, _sorted_at_jvp, structural=True, name="sorted_at")


def lined_up(a: Any, axis: Axis) -> Any:
    """Put the axes to be reduced last and make one of them."""
    axes, shape = axes_of(a, axis), shape_of(a)
    rest = tuple(i for i in range(len(shape)) if i not in axes)
    if axes != (len(shape) - 1,):
        length = math.prod(shape[i] for i in axes)
        a = np.reshape(np.transpose(a, rest + axes), (*(shape[i] for i in rest), length))
    return a


def _finished(z: Any, a: Any, axis: Axis, keepdims: bool) -> Any:
    """Give a result of `lined_up` data its axes of length 1, if they are wanted."""
    if not keepdims:
        return z
    shape = shape_of(z)
    kept = kept_shape(a, axes_of(a, axis))
    lead = len(shape) - (len(shape_of(a)) - len(axes_of(a, axis)))
    return np.reshape(z, shape[:lead] + kept)


# --- medians --------------------------------------------------------------------------------------


CASES = [
    case(arg((3, 2), kind="distinct")),
    case(arg((5, 2), kind="distinct"), axis=0),
    case(arg((2, 4), kind="distinct"), axis=-1, keepdims=True),
    case(arg((3, 2, 2), kind="distinct"), axis=(0, -1)),
    case(arg((0, 2)), axis=1),
    case(arg((1,))),
    case(arg(())),
]


@implements(np.median, cases=CASES)
def median(
    a: Any, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """Median over `axis`, as :func:`numpy.median`; the input is never overwritten."""
    x = lined_up(a, axis)
    n = shape_of(x)[-1]
    if n == 0:
        return np.mean(a, axis, keepdims=keepdims)  # nan, with NumPy's warning
    half = n // 2
    places = np.array([half] if n % 2 else [half - 1, half])
    z = sorted_at(x, places=places, numbers_only=False)
    z = z[..., 0] if n % 2 else np.mean(z, axis=-1)
    return _finished(z, a, axis, keepdims)


@implements(np.nanmedian, cases=CASES)
def nanmedian(
    a: Any, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """Median of what is not nan, as :func:`numpy.nanmedian`."""
    counts = _counts(a, axis)
    if counts is None:
        return median(a, axis, keepdims=keepdims)
    half = counts // 2
    lower = np.where(counts % 2, half, half - 1)
    z = sorted_at(lined_up(a, axis), places=np.stack([lower, half], -1), numbers_only=True)
    return _finished(np.mean(z, axis=-1), a, axis, keepdims)


def _counts(a: Any, axis: Axis) -> Any:
    """Count what is not nan, at least 1 of it, in `lined_up` data; None if nothing is nan."""
    missing = np.isnan(raw(a))
    if not missing.any():
        return None
    counts = np.add.reduce(lined_up(~missing, axis), axis=-1, dtype=np.intp)
    if not np.all(counts):
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=4)
    return np.maximum(counts, 1)


# --- quantiles ------------------------------------------------------------------------------------

# Methods that pick one element; the others interpolate between two neighbours.
PICKING = {"inverted_cdf", "closest_observation", "lower", "higher", "nearest"}


def _fractions(q: Any, whole: float, name: str) -> tuple[Any, bool]:
    """Check what fractions of the elements are asked for, and tell whether `q` is a number."""
    if holds_traced(q):
        raise NotDifferentiableError(
            f"{name} has no derivative with respect to q here; expected plain numbers: pass q.data"
        )
    fractions = np.asarray(np.true_divide(q, whole) if whole != 1.0 else q)
    if fractions.ndim > 1:
        raise ShapeError(f"{name} with q of shape {fractions.shape}; expected a number or one axis")
    if not np.all((fractions >= 0.0) & (fractions <= 1.0)):
        raise ValueError(f"{name} with q={q}; expected numbers from 0 to {whole:g}")
    return fractions, type(q) in (int, float)


def _positions(n: int, q: Any, method: str) -> Any:
    """Give where in `n` sorted elements the quantiles lie: k + t is t on the way from k to k + 1.

    These are the same quantiles of 0, 1, ..., n - 1, so for the rarer methods NumPy is asked.
    """
    if method == "linear":
        return (n - 1) * q
    # NumPy's stubs want the method as a literal.
    positions = np.quantile(np.arange(float(n)), q, method=method)  # type: ignore[call-overload]
    return positions.astype(q.dtype) if q.dtype.kind == "f" else positions


def _quantile(
    a: Any, q: Any, number: bool, axis: Axis, method: str, keepdims: bool, counts: Any = None
) -> Any:
    x, fractions = lined_up(a, axis), np.atleast_1d(q)
    if shape_of(x)[-1] == 0:
        raise ShapeError(f"quantile over no elements, of shape {shape_of(a)}; expected at least 1")
    if counts is None:
        positions = _positions(shape_of(x)[-1], fractions, method)
    else:
        table = {n: _positions(n, fractions, method) for n in set(np.ravel(counts).tolist())}
        rows = [table[n] for n in np.ravel(counts).tolist()]
        positions = np.reshape(rows, counts.shape + fractions.shape)
    lower = np.asarray(np.floor(positions), np.intp)
    if method in PICKING or positions.dtype.kind in "iu":
        z = sorted_at(x, places=lower, numbers_only=counts is not None)
    else:
        t = np.asarray(positions - lower, positions.dtype)
        places = np.concatenate([lower, lower + (t > 0)], -1)
        ends = sorted_at(x, places=places, numbers_only=counts is not None)
        below, above = ends[..., : fractions.size], ends[..., fractions.size :]
        t, step = (t.astype(dtype_of(x)) if number else t), above - below
        # From the nearer end, as NumPy: so nothing but infinities between which it lies is lost.
        z = np.where(t < 0.5, below + step * t, above - step * (1.0 - t))
    z = np.moveaxis(z, -1, 0) if q.ndim else z[..., 0]
    return _finished(z, a, axis, keepdims)


QUANTILES: list[tuple[Any, Any, dict[str, Any]]] = [
    (arg((5, 2), kind="distinct"), 0.3, {"axis": 0}),
    (arg((2, 4), kind="distinct"), [0.0, 0.25, 0.8, 1.0], {"axis": -1, "keepdims": True}),
    (arg((3, 2, 2), kind="distinct"), np.array([0.4]), {"axis": (0, -1)}),
    (arg((4,), kind="distinct"), 0.4, {"method": "lower"}),
    (arg((4,), kind="distinct"), [0.4, 0.6], {"method": "higher"}),
    (arg((2, 4), kind="distinct"), 0.4, {"method": "nearest", "axis": 1}),
    (arg((4,), kind="distinct"), 0.4, {"method": "midpoint"}),
    (arg((4,), kind="distinct"), [0.5, 0.6], {"method": "inverted_cdf"}),
    (arg((4,), kind="distinct"), [0.5, 0.6], {"method": "averaged_inverted_cdf"}),
    (arg((4,), kind="distinct"), 0.6, {"method": "closest_observation"}),
    (arg((4,), kind="distinct"), [0.05, 0.6], {"method": "interpolated_inverted_cdf"}),
    (arg((4,), kind="distinct"), [0.05, 0.6], {"method": "hazen"}),
    (arg((4,), kind="distinct"), [0.05, 0.6], {"method": "weibull"}),
    (arg((4,), kind="distinct"), [0.4, 0.95], {"method": "median_unbiased"}),
    (arg((4,), kind="distinct"), [0.4, 0.95], {"method": "normal_unbiased"}),
    (arg((1,)), 0.7, {}),
    (arg(()), [0.7, 0.2], {}),
]
FRACTIONS = [case(x, q, **options) for x, q, options in QUANTILES]
PERCENTS = [case(x, 100 * np.asarray(q), **options) for x, q, options in QUANTILES]


@implements(np.quantile, cases=FRACTIONS)
def quantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Quantiles over `axis`, as :func:`numpy.quantile`, by any of its methods."""
    return _quantile(a, *_fractions(q, 1.0, "quantile"), axis, method, keepdims)


@implements(np.percentile, cases=PERCENTS)
def percentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Percentiles over `axis`, as :func:`numpy.percentile`, by any of its methods."""
    return _quantile(a, *_fractions(q, 100.0, "percentile"), axis, method, keepdims)


@implements(np.nanquantile, cases=FRACTIONS)
def nanquantile(
    a: Any,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Quantiles of what is not nan, as :func:`numpy.nanquantile`."""
    fractions, number = _fractions(q, 1.0, "nanquantile")
    if 0 in shape_of(a):
        return np.nanmean(a, axis, keepdims=keepdims)  # nan, once whatever q is, as in NumPy
    return _quantile(a, fractions, number, axis, method, keepdims, _counts(a, axis))


@implements(np.nanpercentile, cases=PERCENTS)
def nanpercentile(
    a: Any,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
) -> Any:
    """Percentiles of what is not nan, as :func:`numpy.nanpercentile`."""
    fractions, number = _fractions(q, 100.0, "nanpercentile")
    if 0 in shape_of(a):
        return np.nanmean(a, axis, keepdims=keepdims)  # nan, once whatever q is, as in NumPy
    return _quantile(a, fractions, number, axis, method, keepdims, _counts(a, axis))
