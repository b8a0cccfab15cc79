"""Variance and standard deviation over axes, and the same of what is not nan.

With d = x - mean(x) and f = n - ddof: dvar/dx = 2 d / f (the mean's own motion cancels,
since the d add up to 0), and dstd/dx = d / (f std). A std of 0 is a kink, as that of a norm.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..declare import arg, case, elementwise, general, implements
from ..graph import Primitive, raw
from ..rules import shape_of
from .arithmetic import at_kink
from .operands import as_operand, dtype_of, in_dtype
from .reductions import (
    MASK,
    Axis,
    add_up,
    axes_of,
    count,
    kept_shape,
    mask_of,
    masked,
    numbers,
    spread,
)

Axes = tuple[int, ...]


def _deviation(x: Any, axes: Axes, where: Any) -> Any:
    return masked(x - np.mean(x, axis=axes, keepdims=True, where=where), where, 0.0)


def _freedom(x: Any, axes: Axes, ddof: float, where: Any) -> Any:
    """Degrees of freedom, in float64: 0-d, or with ``keepdims`` if `where` is a mask."""
    f = np.asarray(count(x, axes, True, where) - ddof, np.float64)
    return np.asarray(np.maximum(f, 0.0))


def _slope(x: Any, axes: Axes, ddof: float, where: Any) -> Any:
    """Give the reciprocal of these, in the dtype of `x`, which may be too small for themselves."""
    return np.asarray(1.0 / _freedom(x, axes, ddof, where), dtype_of(x))


def _var_scale(z: Any, x: Any, axes: Axes, ddof: float, where: Any) -> Any:
    return 2.0 * _slope(x, axes, ddof, where)


def _std_scale(z: Any, x: Any, axes: Axes, ddof: float, where: Any) -> Any:
    slope, z = _slope(x, axes, ddof, where), np.reshape(z, kept_shape(x, axes))
    flat = _constant(raw(z), np.asarray(raw(x)), axes, where)
    if not flat.any():
        return slope / z
    kink = flat & np.not_equal(count(x, axes, True, where), 1)  # one number's std is always 0
    return at_kink(kink, 0.0, slope / (z + flat))  # what is chosen still moves with z


def _constant(z: Any, x: Any, axes: Axes, where: Any) -> Any:
    """Tell which reductions are of equal numbers: their std may be rounding instead of 0."""
    if where is True:  # equal numbers are all like the first
        level = x[tuple(slice(1) if i in axes else slice(None) for i in range(x.ndim))]
    else:
        level = np.mean(x, axis=axes, keepdims=True, where=where)
    flat = z <= x.size * np.finfo(x.dtype).eps * np.abs(level)  # too small to be trusted
    if np.any(flat):
        high = np.max(x, axis=axes, keepdims=True, where=where, initial=-math.inf)
        low = np.min(x, axis=axes, keepdims=True, where=where, initial=math.inf)
        flat = flat & (high == low)
    return np.asarray(flat)


def _primitive(name: str, evaluate: Callable[..., Any], scale: Callable[..., Any]) -> Primitive:
    """Declare a function of the deviations whose slope is they times `scale`."""

    def vjp(g: Any, z: Any, x: Any, needed: Any, **how: Any) -> list[Any]:
        axes, ddof, where = how["axes"], how["ddof"], how["where"]
        g = np.reshape(g, kept_shape(x, axes)) * scale(z, x, axes, ddof, where)
        return [spread(g, x, axes, True) * _deviation(x, axes, where)]

    def jvp(ts: Any, z: Any, x: Any, **how: Any) -> Any:
        axes, ddof, where = how["axes"], how["ddof"], how["where"]
        t = add_up(ts[0] * _deviation(x, axes, where), axes=axes, keepdims=True)
        return np.reshape(t * scale(z, x, axes, ddof, where), shape_of(z))

    def forward(x: Any, axes: Axes, keepdims: bool, ddof: float, where: Any) -> Any:
        return evaluate(x, axis=axes, keepdims=keepdims, ddof=ddof, where=where)

    return general(forward, vjp, jvp, name=name)


_var = _primitive("var", np.var, _var_scale)
_std = _primitive("std", np.std, _std_scale)


def _still_at_zero(z: Any, x: Any) -> Any:
    flat = raw(z) == 0
    return at_kink(flat, 0.0, 0.5 / (z + flat))


_root = elementwise(
    lambda x: np.sqrt(x), _still_at_zero, name="std_of_var", domain=[(0.0, math.inf)]
)


def _freely(ddof: Any, correction: Any) -> float:
    """Give the one of ``ddof=`` and ``correction=`` that was given."""
    if correction is None:
        return float(ddof)
    if ddof:
        raise ValueError(f"ddof={ddof} and correction={correction} mean the same; expected one")
    return float(correction)


CASES = [
    case(arg((3, 2))),
    case(arg((3, 2, 2)), axis=(0, -1)),
    case(arg((3, 2)), axis=-2, keepdims=True, ddof=1),
    case(arg((3, 2)), axis=0, where=MASK, correction=0.5),
    case(arg((3, 2)), axis=0, mean=np.array([[0.6, 3.1]])),
    case(arg((3, 2)), mean=arg((3, 2)), where=MASK, ddof=1),
    case(arg((0, 2)), axis=1),
]


@implements(np.var, cases=[*CASES, case(arg((3, 2)), axis=()), case(arg(()))])
def var(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Variance over `axis`, as :func:`numpy.var`; a given `mean` is an operand like `a`."""
    a = in_dtype(a, dtype, "var")
    axes, ddof, where = axes_of(a, axis), _freely(ddof, correction), mask_of(a, where)
    if mean is None:
        if where is not True and np.isnan(raw(a)).any():
            a = masked(a, where, 0.0)
        return _var(a, axes=axes, keepdims=bool(keepdims), ddof=ddof, where=where)
    if dtype_of(a).kind != "f":
        a = np.astype(as_operand(a), np.float64)
    squares = np.square(masked(a - mean, where, 0.0))
    total = np.sum(squares, axis=axes, keepdims=keepdims)
    f = _freedom(a, axes, ddof, where).astype(dtype_of(total))
    return total / (f if where is True else np.reshape(f, shape_of(total)))


@implements(np.std, cases=CASES)
def std(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Give the standard deviation, as :func:`numpy.std`; where it is 0, so is its slope."""
    a = in_dtype(a, dtype, "std")
    axes, ddof, where = axes_of(a, axis), _freely(ddof, correction), mask_of(a, where)
    if mean is None:
        if where is not True and np.isnan(raw(a)).any():
            a = masked(a, where, 0.0)
        return _std(a, axes=axes, keepdims=bool(keepdims), ddof=ddof, where=where)
    return _root(var(a, axes, ddof=ddof, keepdims=keepdims, where=where, mean=mean))


# --- without nan ----------------------------------------------------------------------------------


def _of_numbers(f: Any, a: Any, axis: Axis, where: Any, options: dict[str, Any]) -> Any:
    """Call `f` on what is not nan; nan, as NumPy says here, where too little is left."""
    present = numbers(a, where)
    if options["mean"] is not None:  # NumPy does not let it widen the result here
        options["mean"] = np.astype(as_operand(options["mean"]), options["dtype"] or dtype_of(a))
    z = f(a, axis, where=present, **options)
    ddof = _freely(options["ddof"], options["correction"])
    too_few = np.less_equal(count(a, axis, options["keepdims"], present), ddof)
    return np.where(too_few, math.nan, z) if np.any(too_few) else z


@implements(np.nanvar, cases=CASES)
def nanvar(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Variance of what is not nan, as :func:`numpy.nanvar`."""
    options = {
        "dtype": dtype, "ddof": ddof, "keepdims": keepdims, "mean": mean, "correction": correction
    }  # fmt: skip
    return _of_numbers(var, a, axis, where, options)


@implements(np.nanstd, cases=CASES)
def nanstd(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: float | None = None,
) -> Any:
    """Give the standard deviation of what is not nan, as :func:`numpy.nanstd`."""
    options = {
        "dtype": dtype, "ddof": ddof, "keepdims": keepdims, "mean": mean, "correction": correction
    }  # fmt: skip
    return _of_numbers(std, a, axis, where, options)
