"""Weighted averages, covariances and correlations."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..declare import POSITIVE, arg, case, implements
from ..errors import NotDifferentiableError, ShapeError
from ..graph import Traced, constant, raw
from ..rules import shape_of
from .operands import as_operand, dtype_of, in_dtype
from .reductions import Axis, axes_of


def _weights(w: Any, a: Any, axis: Axis) -> Any:
    """Bring weights to the axes of `a`."""
    shape = shape_of(a)
    if shape_of(w) == shape:
        return w
    if axis is None:
        raise TypeError(
            f"average with weights of shape {shape_of(w)} for data of shape {shape}; expected the "
            "same shape, or axis="
        )
    # Weights lie along the axes as they are named, which need not be in order.
    given = axis if isinstance(axis, tuple) else (axis,)
    places = [i % len(shape) for i in given]
    if shape_of(w) != tuple(shape[i] for i in places):
        raise ShapeError(
            f"average over axis {axis} of shape {shape} with weights of shape {shape_of(w)}; "
            f"expected {tuple(shape[i] for i in places)}"
        )
    w = np.transpose(w, np.argsort(places))
    return np.reshape(w, tuple(n if i in places else 1 for i, n in enumerate(shape)))


@implements(
    np.average,
    cases=[
        case(arg((3, 2))),
        case(arg((3, 2)), axis=-1, keepdims=True, returned=True),
        case(arg((3, 2)), weights=arg((3, 2), POSITIVE)),
        case(arg((3, 2)), axis=0, weights=arg((3,), POSITIVE), returned=True),
        case(arg((3, 2, 4)), axis=(2, 0), weights=arg((4, 3), POSITIVE), keepdims=True),
        case([[1, 2], [3, 5]], 1, arg((2,), POSITIVE)),
        case(arg((3,)), weights=[1, 2, 3]),
    ],
)
def average(
    a: Any,
    axis: Axis = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    """Weighted average over `axis`, as :func:`numpy.average`; the weights may be Values."""
    a = as_operand(a)
    axes = axes_of(a, axis)
    if weights is None:
        z = np.mean(a, axis=axes, keepdims=keepdims)
        n = math.prod(shape_of(a)[i] for i in axes)
        return (z, constant(np.full(shape_of(z), n, z.dtype))) if returned else z
    if dtype_of(a).kind in "iub":
        a = a.astype(np.float64)
    w = as_operand(weights)
    w = _weights(np.astype(w, np.result_type(dtype_of(a), dtype_of(w)), copy=False), a, axis)
    total = np.sum(w, axis=axes, keepdims=keepdims)
    if np.any(raw(total) == 0):
        raise ZeroDivisionError("average with weights that add up to 0; expected another sum")
    z = np.sum(a * w, axis=axes, keepdims=keepdims) / total
    if not returned:
        return z
    total = np.astype(total, z.dtype)
    total = np.broadcast_to(total, shape_of(z)) if shape_of(total) != shape_of(z) else total
    return z, total if isinstance(total, Traced) else constant(total)


# --- covariances ----------------------------------------------------------------------------------


def _variables(m: Any, rowvar: bool, dtype: Any, name: str) -> Any:
    """Bring data to one variable in each row."""
    if len(shape_of(m)) > 2:
        raise ShapeError(f"{name} of shape {shape_of(m)}; expected one or two axes")
    x = np.atleast_2d(in_dtype(m, dtype, name))
    return x if rowvar or len(shape_of(m)) == 1 else np.transpose(x)


def _observation_weights(w: Any, n: int, name: str) -> Any:
    w = as_operand(w)
    if shape_of(w) != (n,):
        raise ShapeError(f"{name} of shape {shape_of(w)} for {n} observations; expected ({n},)")
    if np.any(raw(w) < 0):
        raise ValueError(f"{name} with a negative weight; expected weights of at least 0")
    return w


COVARIANCES = [
    case(arg((3, 4))),
    case(arg((4, 3)), rowvar=False),
    case(arg((4,)), arg((4,))),
    case(arg((2, 4)), y=arg((4,))),
    case(arg((4, 2)), arg((4, 1)), False),
]


@implements(
    np.cov,
    cases=[
        *COVARIANCES,
        case(arg((4,))),
        case(arg((2, 4)), bias=True),
        case(arg((2, 4)), ddof=0),
        case(arg((2, 4)), fweights=[1, 2, 0, 3]),
        case(arg((2, 4)), aweights=arg((4,), POSITIVE)),
        case(arg((2, 4)), fweights=[1, 2, 0, 3], aweights=arg((4,), POSITIVE), ddof=2),
        case(arg((2, 4)), aweights=arg((4,), POSITIVE), bias=True),
        case(arg((2, 4)), dtype=np.float64),
    ],
)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Covariance matrix, as :func:`numpy.cov`; the `aweights` may be Values."""
    if isinstance(fweights, Traced):
        raise NotDifferentiableError(
            "cov(fweights=v): how often an observation counts is an integer, without derivative; "
            "expected plain integers (or pass aweights=v)"
        )
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"cov with ddof={ddof}; expected an integer")
    m, y = as_operand(m), None if y is None else as_operand(y)
    if dtype is None:
        dtype = np.result_type(np.float64, dtype_of(m), *([] if y is None else [dtype_of(y)]))
    x = _variables(m, rowvar, dtype, "cov")
    if y is not None:
        other = np.atleast_2d(np.astype(y, dtype))
        if len(shape_of(y)) > 2:
            raise ShapeError(f"cov with y of shape {shape_of(y)}; expected one or two axes")
        rows = rowvar or shape_of(other)[0] == 1
        x = np.concatenate([x, other if rows else np.transpose(other)])
    ddof = int(not bias) if ddof is None else ddof
    n = shape_of(x)[1]
    w: Any = None
    a: Any = None
    if fweights is not None:
        w = np.asarray(_observation_weights(fweights, n, "fweights"), np.float64)
        if np.any(w != np.rint(w)):
            raise TypeError("cov with fractional fweights; expected integers (or aweights=)")
    if aweights is not None:
        a = np.astype(_observation_weights(aweights, n, "aweights"), np.float64)
        w = a if w is None else w * a
    total = n if w is None else np.sum(w)
    freedom = total - ddof if a is None or not ddof else total - ddof * np.sum(w * a) / total
    if raw(freedom) <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
        freedom = 0.0
    x = x - np.expand_dims(np.average(x, axis=1, weights=w), 1)
    products = np.matmul(x, np.transpose(x if w is None else x * w))
    products = products * np.divide(1.0, freedom)
    wide: Any = dtype if w is None else np.result_type(dtype, np.float64)  # as weights are
    return np.squeeze(np.astype(products, wide, copy=False))


@implements(np.corrcoef, cases=COVARIANCES)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlation coefficients, as :func:`numpy.corrcoef`."""
    c = cov(x, y, rowvar, dtype=dtype)
    if not shape_of(c):
        return c / c
    deviations = np.sqrt(np.diagonal(c))
    c = c / deviations[:, None] / deviations[None, :]
    # Rounding may leave [-1, 1]. The numbers are put back and their slopes kept: at the edge
    # lies the whole diagonal, where a second derivative of np.clip would be nan.
    return c + (np.clip(raw(c), -1.0, 1.0) - raw(c))
