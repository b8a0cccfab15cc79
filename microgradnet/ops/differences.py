"""Differences of neighbours, slopes on a grid, and the trapezoidal rule."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import POSITIVE, arg, case, implements, linear
from ..errors import ShapeError
from ..graph import Primitive, Traced
from ..rules import shape_of
from .cumulative import along
from .operands import as_operand, dtype_of
from .reductions import axes_of

# --- differences --------------------------------------------------------------------------------


def _difference(x: Any, axis: int) -> Any:
    return x[along(axis, slice(1, None))] - x[along(axis, slice(None, -1))]


def _undifference(g: Any, axis: int, n: int) -> Any:
    g = np.moveaxis(g, axis, 0)
    c = np.zeros((n, *g.shape[1:]), g.dtype)
    if n > 1:
        c[0], c[-1] = -g[0], g[-1]
        np.subtract(g[:-1], g[1:], out=c[1:-1])
    return np.moveaxis(c, 0, axis)


difference: Primitive = linear(
    _difference, lambda g, x, axis: undifference(g, axis=axis, n=shape_of(x)[axis]), name="diff"
)
undifference: Primitive = linear(
    _undifference, lambda g, y, axis, n: difference(g, axis=axis), name="undiff"
)


@implements(
    np.diff,
    cases=[
        case(arg((4,))),
        case(arg((2, 3)), axis=0),
        case(arg((2, 4)), n=3),
        case(arg((2, 3)), n=0),
        case(arg((2, 3)), n=4, axis=-1),
        case(arg((1,))),
        case(arg((0, 2)), axis=0),
        case(arg((2, 3)), prepend=7.0, append=arg((2, 2))),
        case(arg((2, 3)), axis=0, prepend=arg(()), append=np.ones((1, 3))),
    ],
)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours, as :func:`numpy.diff`; `prepend` and `append` may be Values."""
    if n < 0:
        raise ValueError(f"diff with n={n}; expected the number of times, at least 0")
    a = as_operand(a)
    shape = shape_of(a)
    if n == 0:
        return a
    if not shape:
        raise ShapeError("diff of a single number; expected an array with at least one axis")
    axis = normalize_axis_index(axis, len(shape))
    parts = [prepend, a, append]
    if prepend is not None or append is not None:
        one = (*shape[:axis], 1, *shape[axis + 1 :])
        parts = [as_operand(x) for x in parts if x is not None]
        parts = [x if shape_of(x) else np.broadcast_to(x, one) for x in parts]
        a = np.concatenate(parts, axis)
    for _ in range(n):
        a = difference(a, axis=axis)
    return a


@implements(
    np.ediff1d,
    cases=[
        case(arg((4,))),
        case(arg((2, 2)), arg((2,)), [1.0]),
        case(arg((1,)), to_begin=arg(())),
        case(arg((0,))),
    ],
)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours in the flattened array, as :func:`numpy.ediff1d`."""
    z = diff(np.reshape(as_operand(ary), -1))
    ends = [None if x is None else np.reshape(as_operand(x), -1) for x in (to_begin, to_end)]
    parts = [np.astype(x, z.dtype) for x in (ends[0], z, ends[1]) if x is not None]
    return np.concatenate(parts) if len(parts) > 1 else z


# --- slopes on a grid -----------------------------------------------------------------------------

# The one-sided slopes at the ends, as weights of the first (last) steps.
EDGES = {1: (1.0,), 2: (1.5, -0.5)}


def _unslope(g: Any, axis: int, edge_order: int) -> Any:
    g = np.moveaxis(g, axis, 0)
    c = np.zeros_like(g)
    half = 0.5 * g[1:-1]
    c[2:] += half
    c[:-2] -= half
    for k, weight in enumerate(EDGES[edge_order]):
        for lower, upper, end in ((k, k + 1, g[0]), (-k - 2, -k - 1, g[-1])):
            c[upper] += weight * end
            c[lower] -= weight * end
    return np.moveaxis(c, 0, axis)


# np.gradient at distances of 1.
slope: Primitive = linear(
    lambda f, axis, edge_order: np.gradient(f, axis=axis, edge_order=edge_order),
    lambda g, f, axis, edge_order: unslope(g, axis=axis, edge_order=edge_order),
    name="gradient",
)
unslope: Primitive = linear(
    _unslope,
    lambda g, y, axis, edge_order: slope(g, axis=axis, edge_order=edge_order),
    name="ungradient",
)


def _uneven(f: Any, x: Any, axis: int, edge_order: int) -> Any:
    """Slopes of `f` over coordinates `x`: of the parabola through each three neighbours.

    It is the mean of the slopes left and right, the nearer neighbour counting for more.
    B. Fornberg (1988), *Generation of finite difference formulas on arbitrarily spaced grids*.
    """
    shape = [1] * len(shape_of(f))
    shape[axis] = -1
    h = np.reshape(np.diff(x), shape)
    s = difference(f, axis=axis) / h
    h0, h1 = h[along(axis, slice(None, -1))], h[along(axis, slice(1, None))]
    s0, s1 = s[along(axis, slice(None, -1))], s[along(axis, slice(1, None))]
    first, last = s[along(axis, slice(None, 1))], s[along(axis, slice(-1, None))]
    if edge_order == 2:
        bend = (s1 - s0) / (h0 + h1)
        first = first - (h0 * bend)[along(axis, slice(None, 1))]
        last = last + (h1 * bend)[along(axis, slice(-1, None))]
    return np.concatenate([first, (h1 * s0 + h0 * s1) / (h0 + h1), last], axis)


def _spacings(varargs: tuple[Any, ...], axes: tuple[int, ...], shape: tuple[int, ...]) -> list[Any]:
    """Give the step, or the coordinates, along each axis."""
    given = [as_operand(x) for x in varargs]
    given = [x if dtype_of(x).kind == "f" else x.astype(np.float64) for x in given]
    if not given:
        return [1.0] * len(axes)
    if len(given) == 1 and not shape_of(given[0]):
        return given * len(axes)
    if len(given) != len(axes):
        raise TypeError(
            f"gradient along {len(axes)} axes with {len(given)} spacings; expected one number for "
            "all, or a number or the coordinates for each"
        )
    for i, x in zip(axes, given, strict=True):
        if shape_of(x) not in ((), (shape[i],)):
            raise ShapeError(
                f"gradient along axis {i} of length {shape[i]} with spacing of shape "
                f"{shape_of(x)}; expected a number or {shape[i]} coordinates"
            )
    return given


@implements(
    np.gradient,
    cases=[
        case(arg((4,))),
        case(arg((3, 4))),
        case(arg((3, 4)), 0.5, axis=-1, edge_order=2),
        case(arg((4,)), arg((), POSITIVE)),
        case(arg((5,)), arg((5,), kind="distinct")),
        case(arg((2, 5)), np.array([0.0, 0.5, 2.0, 2.2, 3.0]), axis=1, edge_order=2),
        case(arg((3, 4)), [0.0, 0.5, 2.0], 2.0, edge_order=2),
        case(arg((2, 3)), [1.0, 2.0, 3.0], axis=(1,)),
        case(arg((2,))),
    ],
)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes of sampled data, as :func:`numpy.gradient`; steps and coordinates may be Values."""
    f = as_operand(f)
    if dtype_of(f).kind in "iub":
        f = f.astype(np.float64)
    if edge_order not in EDGES:
        raise ValueError(f"gradient with edge_order={edge_order}; expected 1 or 2")
    axes, shape = axes_of(f, axis), shape_of(f)
    results = []
    for i, x in zip(axes, _spacings(varargs, axes, shape), strict=True):
        if shape[i] <= edge_order:
            raise ShapeError(
                f"gradient along axis {i} of length {shape[i]}; expected at least {edge_order + 1}"
            )
        if not isinstance(x, Traced) and shape_of(x) and not np.ptp(steps := np.diff(x)):
            x = steps[0]  # as NumPy sees it too
        if shape_of(x):
            z = _uneven(f, x, i, edge_order)
        else:
            z = slope(f, axis=i, edge_order=edge_order) / x
        results.append(z if z.dtype == dtype_of(f) else np.astype(z, dtype_of(f)))
    return results[0] if len(results) == 1 else tuple(results)


# --- the trapezoidal rule -------------------------------------------------------------------------


@implements(
    np.trapezoid,
    cases=[
        case(arg((4,))),
        case(arg((3, 4)), dx=0.5, axis=0),
        case(arg((3, 4)), dx=arg(())),
        case(arg((2, 3)), arg((3,))),
        case(arg((3, 2)), arg((3,)), axis=0),
        case(arg((3, 2)), [0.0, 1.0, 3.0], axis=-2),
        case(arg((2, 3)), arg((2, 3))),
        case(np.ones((2, 3)), x=arg((3,))),
        case(arg((3,)), dx=np.array([1.0, 2.0])),
        case(arg((1,))),
        case(arg((0,))),
    ],
)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integrate samples, as :func:`numpy.trapezoid`; coordinates and steps may be Values."""
    y = as_operand(y)
    shape = shape_of(y)
    axis = normalize_axis_index(axis, len(shape))
    d: Any = dx if np.isscalar(dx) else as_operand(dx)
    if x is not None:
        x = as_operand(x)
        d = np.diff(x, axis=-1 if len(shape_of(x)) == 1 else axis)
        if len(shape_of(x)) == 1:
            if shape_of(x)[0] != shape[axis]:
                raise ShapeError(
                    f"trapezoid along axis {axis} of length {shape[axis]} with x of shape "
                    f"{shape_of(x)}; expected {shape[axis]} coordinates"
                )
            d = np.reshape(d, [-1 if i == axis else 1 for i in range(len(shape))])
    pairs = y[along(axis, slice(1, None))] + y[along(axis, slice(None, -1))]
    return np.sum(d * pairs / 2.0, axis=axis)
