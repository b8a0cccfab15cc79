"""Running sums and products along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, general, implements, linear
from ..errors import ShapeError
from ..graph import Primitive
from ..rules import shape_of
from .operands import dtype_of
from .reductions import can_divide, masked, numbers


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """Index that takes `part` along one axis."""
    return (slice(None),) * axis + (part,)


def _in_a_row(a: Any, axis: int | None, dtype: Any) -> tuple[Any, int]:
    """Cast, and flatten if no axis is given."""
    if dtype is not None:
        a = np.astype(a, dtype)
    if axis is None:
        return np.reshape(a, -1), 0
    return a, normalize_axis_index(axis, len(shape_of(a)))


# --- sums ---------------------------------------------------------------------------------------


def _run(x: Any, axis: int, backwards: bool) -> Any:
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis) if backwards else np.cumsum(x, axis)


_cumsum: Primitive = linear(
    _run,
    lambda g, x, axis, backwards: _cumsum(g, axis=axis, backwards=not backwards),
    name="cumsum",
    structural=True,
)

CASES = [
    case(arg((4,))),
    case(arg((2, 3))),
    case(arg((2, 3)), axis=-1),
    case(arg((2, 3, 2)), 1),
    case(arg((0, 2)), axis=0),
    case(arg((2, 0)), axis=0),
    case(arg((1,))),
    case(arg(())),
]


@implements(np.cumsum, cases=CASES)
def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Add up the first elements, as :func:`numpy.cumsum`."""
    a, axis = _in_a_row(a, axis, dtype)
    return _cumsum(a, axis=axis, backwards=False)


@implements(np.nancumsum, cases=CASES)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Add up the first elements that are not nan, as :func:`numpy.nancumsum`."""
    return cumsum(masked(a, numbers(a), 0.0), axis, dtype)


# --- products -------------------------------------------------------------------------------------
# With z = cumprod(x): dz_i / dx_k = z_i / x_k for i >= k, if nothing is 0. Without division, the
# product of what comes before x_k is z_{k-1}, and what comes after is summed by a recurrence.


def _recur(a: Any, b: Any) -> Any:
    """Solve ``s[k] = b[k] + a[k] * s[k + 1]`` along the last axis, with nothing after the end.

    Two steps make one: ``s[k] = (b[k] + a[k] b[k+1]) + a[k] a[k+1] s[k+2]``. So the even ones
    obey the same recurrence, of half the length: 5 n operations in log n rounds.
    """
    shape = shape_of(b)
    n = shape[-1]
    if n < 2:
        return b
    if n % 2:
        end = np.zeros((*shape[:-1], 1), dtype_of(b))
        a, b = np.concatenate([a, end], -1), np.concatenate([b, end], -1)
    a0, a1, b0, b1 = a[..., 0::2], a[..., 1::2], b[..., 0::2], b[..., 1::2]
    even = _recur(a0 * a1, b0 + a0 * b1)
    following = _shifted(even, -1, 0.0)
    pairs = np.stack([even, b1 + a1 * following], -1)
    return np.reshape(pairs, (*shape[:-1], n + n % 2))[..., :n]


def _shifted(x: Any, by: int, end: float) -> Any:
    """Move one place along the last axis, right (1) or left (-1), and put `end` where it was."""
    edge = np.full((*shape_of(x)[:-1], 1), end, dtype_of(x))
    parts = [edge, x[..., :-1]] if by > 0 else [x[..., 1:], edge]
    return np.concatenate(parts, -1)


def _cumprod_vjp(g: Any, z: Any, x: Any, needed: Any, axis: int) -> list[Any]:
    if can_divide(z, x):
        return [_run(g * z, axis, backwards=True) / x]
    if 0 in shape_of(x):
        return [g]
    g, z, x = (np.swapaxes(a, axis, -1) for a in (g, z, x))
    c = _shifted(z, 1, 1.0) * _recur(_shifted(x, -1, 0.0), g)
    return [np.swapaxes(c, axis, -1)]


def _cumprod_jvp(ts: Any, z: Any, x: Any, axis: int) -> Any:
    # t_i = z_{i-1} dx_i + x_i t_{i-1}: the same recurrence, from the other end.
    if 0 in shape_of(x):
        return ts[0]
    t, z, x = (np.swapaxes(a, axis, -1) for a in (ts[0], z, x))
    moved = _recur(x[..., ::-1], (_shifted(z, 1, 1.0) * t)[..., ::-1])
    return np.swapaxes(moved[..., ::-1], axis, -1)


_cumprod = general(lambda x, axis: np.cumprod(x, axis), _cumprod_vjp, _cumprod_jvp, name="cumprod")


@implements(np.cumprod, cases=[*CASES, case(arg((7,))), case(arg((2, 5, 1)), axis=1)])
def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Multiply the first elements, as :func:`numpy.cumprod`; zeros are no special case."""
    a, axis = _in_a_row(a, axis, dtype)
    return _cumprod(a, axis=axis)


@implements(np.nancumprod, cases=CASES)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Multiply the first elements that are not nan, as :func:`numpy.nancumprod`."""
    return cumprod(masked(a, numbers(a), 1.0), axis, dtype)


# --- by their names in the array standard ---------------------------------------------------------


def _cumulative(f: Any, x: Any, axis: int | None, dtype: Any, first: float | None) -> Any:
    x = np.atleast_1d(x)
    ndim = len(shape_of(x))
    if axis is None and ndim > 1:
        name = f.__name__.replace("cum", "cumulative_")
        raise ShapeError(f"{name} of {ndim} axes without axis=; expected axis=, or one axis")
    axis = normalize_axis_index(axis or 0, ndim)
    z = f(x, axis, dtype)
    if first is None:
        return z
    shape = shape_of(z)
    edge = np.full((*shape[:axis], 1, *shape[axis + 1 :]), first, z.dtype)
    return np.concatenate([edge, z], axis)


STANDARD = [
    case(arg((4,))),
    case(arg((2, 3)), axis=-1, include_initial=True),
    case(arg((2, 3)), axis=0),
    case(arg(())),
]


@implements(np.cumulative_sum, cases=STANDARD)
def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Add up the first elements, as :func:`numpy.cumulative_sum`."""
    return _cumulative(cumsum, x, axis, dtype, 0.0 if include_initial else None)


@implements(np.cumulative_prod, cases=STANDARD)
def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Multiply the first elements, as :func:`numpy.cumulative_prod`."""
    return _cumulative(cumprod, x, axis, dtype, 1.0 if include_initial else None)
