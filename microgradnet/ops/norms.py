"""Norms of vectors and matrices, and condition numbers.

At the kink of a norm (at zero vectors, zero elements, ties) the derivative is the one that the
whole library chooses: 0 at zero, the mean at ties. Second derivatives there are nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..declare import POSITIVE, REAL, arg, case, elementwise, general, implements
from ..errors import NotDifferentiableError, ShapeError
from ..graph import Primitive, Traced, raw
from ..rules import shape_of
from .arithmetic import at_kink
from .products import as_array
from .reductions import Axis, axes_of, kept_shape, spread

# --- Euclid's -------------------------------------------------------------------------------------


def _euclid(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if len(axes) < len(shape_of(x)):
        return np.sqrt(np.sum(x * x, axis=axes, keepdims=keepdims))
    z = np.linalg.norm(x)
    return np.reshape(z, kept_shape(x, axes)) if keepdims and axes else z


def _over_norm(z: Any) -> Any:
    # |x|' = x / |x|; 0 where x is.
    return at_kink(raw(z) == 0, 0.0, 1.0 / z)


euclid = general(
    _euclid,
    vjp=lambda g, z, x, needed, axes, keepdims: [x * spread(g * _over_norm(z), x, axes, keepdims)],
    jvp=lambda ts, z, x, axes, keepdims: (
        np.sum(x * ts[0], axis=axes, keepdims=keepdims) * _over_norm(z)
    ),
    name="euclid",
)

# --- other powers -------------------------------------------------------------------------------
# |x|**q and sign(x) |x|**q are each other's derivative, apart from a factor q: exact at 0 as far
# as powers of 0 are. At the cusp of q < 0 the slope is 0 by choice, and the next one infinite.

abs_power: Primitive = elementwise(
    lambda x, q: np.abs(x) ** q,
    lambda z, x, q: q * signed_power(x, q - 1),
    None,
    name="abs_power",
    scalar=lambda x, q: abs(x) ** q,
)
signed_power: Primitive = elementwise(
    lambda x, q: np.where(x == 0, 0.0, np.sign(x) * np.abs(x) ** q),
    lambda z, x, q: q * abs_power(x, q - 1),
    None,
    name="signed_power",
    scalar=lambda x, q: math.copysign(abs(x) ** q, x) if x else 0.0,
)
# The root of a sum of powers.
norm_root = elementwise(
    lambda s, q: s**q,
    lambda z, s, q: at_kink(raw(s) == 0, 0.0, q * s ** (q - 1)),
    None,
    name="norm_root",
    scalar=lambda s, q: s**q,
    domain=(POSITIVE, REAL),
)
# 1 where x is not 0: a step, like sign.
nonzero = elementwise(
    lambda x: (x != 0).astype(x.dtype), 0.0, name="nonzero", scalar=lambda x: float(x != 0)
)


def _largest(x: Any, axis: Any, keepdims: bool, smallest: bool = False) -> Any:
    if smallest:
        return np.min(x, axis=axis, keepdims=keepdims)
    if 0 in shape_of(x):
        return np.max(x, axis=axis, keepdims=keepdims, initial=0.0)
    return np.max(x, axis=axis, keepdims=keepdims)


def _in_range(measure: Callable[[Any], Any], x: Any, axes: tuple[int, ...], order: float) -> Any:
    """Measure `x`; in units of its largest element where powers leave the range of floats.

    There NumPy's norm is 0 or inf, and so flat, or has lost its digits.
    """
    z = measure(x)
    data = np.asarray(raw(z))
    limits = np.finfo(data.dtype)
    fine = (data > float(limits.tiny / limits.eps) ** (1.0 / order)) & (data < math.inf)
    if fine.all():
        return z
    unit = np.max(np.abs(raw(x)), axis=axes, keepdims=True, initial=0.0)
    lost = (unit > 0) & (unit < math.inf) & ~np.reshape(fine | np.isnan(data), unit.shape)
    if not lost.any():
        return z
    again = measure(x / np.where(lost, unit, 1.0)) * np.reshape(unit, data.shape)
    return again if lost.all() else np.where(np.reshape(lost, data.shape), again, z)


def _euclidean(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    return _in_range(lambda x: euclid(x, axes=axes, keepdims=keepdims), x, axes, 2.0)


def _of_vectors(x: Any, order: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if order is None or order == 2:
        return _euclidean(x, axes, keepdims)
    if isinstance(order, str):
        raise ShapeError(f"norm of vectors got ord={order!r}; expected a number, or None")
    if abs(order) == math.inf:
        return _largest(np.abs(x), axes, keepdims, smallest=order < 0)
    if order == 0:
        return np.sum(nonzero(x), axis=axes, keepdims=keepdims)
    if order == 1:
        return np.sum(np.abs(x), axis=axes, keepdims=keepdims)
    order = float(order)

    def measure(x: Any) -> Any:
        return norm_root(np.sum(abs_power(x, order), axis=axes, keepdims=keepdims), 1.0 / order)

    return _in_range(measure, x, axes, order) if order > 0 else measure(x)


def _of_matrices(x: Any, order: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if order is None or order in ("fro", "f"):
        return _euclidean(x, axes, keepdims)
    row, column = axes
    if order == "nuc" or order in (2, -2):
        rest = [i for i in range(len(shape_of(x))) if i not in axes]
        s = np.linalg.svdvals(np.transpose(x, [*rest, row, column]))
        z = np.sum(s, axis=-1) if order == "nuc" else _largest(s, -1, False, smallest=order < 0)
        return np.reshape(z, kept_shape(x, axes)) if keepdims else z
    if order not in (1, -1, math.inf, -math.inf):
        raise ShapeError(
            f'norm of matrices got ord={order!r}; expected "fro", "nuc", 1, -1, 2, -2, inf or -inf'
        )
    if abs(order) == math.inf:
        row, column = column, row
    sums = np.sum(np.abs(x), axis=row, keepdims=True)
    z = _largest(sums, column, True, smallest=order < 0)
    return z if keepdims else np.squeeze(z, axis=axes)


@implements(
    np.linalg.norm,
    cases=[
        case(arg((3,))),
        case(arg((2, 3))),
        case(arg((2, 2, 2)), keepdims=True),
        case(arg()),
        case(arg((3,)), 1),
        case(arg((3,)), 0),
        case(arg((3,), kind="distinct"), np.inf),
        case(arg((3,)), 3),
        case(arg((2, 3)), 1.5, axis=-1),
        case(arg((2, 3)), -1, axis=0, keepdims=True),
        case(arg((2, 3)), 0.5, axis=(1,)),
        case(arg((2, 3)), "fro", axis=(1, 0)),
        case(arg((2, 3), kind="square"), "nuc"),
        case(arg((2, 3, 2), kind="square"), 2, axis=(-1, -2)),
        case(arg((2, 2), kind="square"), -2, keepdims=True),
        case(arg((2, 3)), 1),
        case(arg((2, 3, 2)), -1, axis=(2, 0), keepdims=True),
        case(arg((2, 3)), np.inf, axis=(1, 0)),
        case(arg((2, 3)), -np.inf),
    ],
)
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Measure vectors or matrices, as :func:`numpy.linalg.norm`: all orders and axes."""
    if isinstance(ord, Traced):
        raise NotDifferentiableError(
            "norm got a Value as its order, which has no derivative here; pass a plain number"
        )
    ndim = len(shape_of(x))
    plain = ord is None or (ord in ("f", "fro") and ndim == 2) or (ord == 2 and ndim == 1)
    if axis is None and plain:
        return _euclidean(x, tuple(range(ndim)), bool(keepdims))
    axes = axes_of(x, axis)
    if len(axes) == 1:
        return _of_vectors(x, ord, axes, bool(keepdims))
    if len(axes) == 2:
        return _of_matrices(x, ord, axes, bool(keepdims))
    raise ShapeError(f"norm over {len(axes)} axes; expected one (vectors) or two (matrices)")


@implements(
    np.linalg.vector_norm,
    cases=[
        case(arg((2, 3))),
        case(arg((2, 3)), ord=1, keepdims=True),
        case(arg((2, 3, 2)), axis=(0, -1), ord=3),
        case(arg((2, 3), kind="distinct"), axis=0, ord=np.inf),
        case(arg()),
    ],
)
def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """Measure vectors over any axes, as :func:`numpy.linalg.vector_norm`."""
    return _of_vectors(x, ord, axes_of(x, axis), bool(keepdims))


@implements(
    np.linalg.matrix_norm,
    cases=[case(arg((2, 3, 2))), case(arg((2, 3)), ord=1, keepdims=True)],
)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Measure matrices, as :func:`numpy.linalg.matrix_norm`."""
    return norm(x, ord, (-2, -1), keepdims)


@implements(
    np.linalg.cond,
    cases=[
        case(arg((3, 3), kind="square")),
        case(arg((2, 3, 2), kind="square"), -2),
        case(arg((2, 2), kind="square"), 1),
        case(arg((2, 2), kind="square"), "fro"),
    ],
)
def cond(x: Any, p: Any = None) -> Any:
    """Compute condition numbers, as :func:`numpy.linalg.cond`."""
    x = as_array(x)
    data = raw(x)
    shape = shape_of(x)
    if len(shape) < 2 or 0 in shape:
        raise ShapeError(f"cond of shape {shape}; expected matrices (..., m, n) that are not empty")
    with np.errstate(all="ignore"):
        if p is None or p in (2, -2):
            s = np.linalg.svdvals(x)
            large, small = np.max(s, axis=-1), np.min(s, axis=-1)
            z = small / large if p == -2 else large / small
        else:
            singular = np.linalg.slogdet(data)[0][..., None, None] == 0
            inverse = np.linalg.inv(np.where(singular, np.eye(shape[-1], dtype=data.dtype), x))
            inverse = np.where(singular, np.nan, inverse)
            z = norm(x, p, (-2, -1)) * norm(inverse, p, (-2, -1))
    lost = np.isnan(raw(z)) & ~np.isnan(data).any(axis=(-2, -1))
    return np.where(lost, np.inf, z) if lost.any() else z
