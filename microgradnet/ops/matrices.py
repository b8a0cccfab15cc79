"""Matrices as :mod:`numpy.linalg` sees them: chains, powers, diagonals, and its own spellings."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..declare import arg, case, implements
from ..errors import ShapeError
from ..graph import constant, raw
from ..rules import shape_of
from .products import as_array, cross, dot, matmul, moved, outer, tensordot, vecdot

# --- products of many ---------------------------------------------------------------------------


def _chain(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Find where to split each run of a product of matrices (Cormen et al., section 14.2)."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            ways = [
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            ]
            cost[i, j], split[i, j] = min(ways)
    return split


@implements(
    np.linalg.multi_dot,
    cases=[
        case([arg((2, 3)), arg((3, 2))]),
        case([arg((3,)), arg((3, 2)), arg((2,))]),
        case([arg((2, 3)), arg((3, 2)), arg((2, 3)), arg((3,))]),
        case([arg((3,)), arg((3, 1)), arg((1, 2))]),
    ],
)
def multi_dot(arrays: Any) -> Any:
    """Multiply matrices in the cheapest order, as :func:`numpy.linalg.multi_dot`."""
    xs = [as_array(x) for x in arrays]
    if len(xs) < 2:
        raise ShapeError(f"multi_dot of {len(xs)} arrays; expected at least two")
    if len(xs) == 2:
        return dot(*xs)
    first, last = len(shape_of(xs[0])), len(shape_of(xs[-1]))
    if first == 1:
        xs[0] = np.reshape(xs[0], (1, -1))
    if last == 1:
        xs[-1] = np.reshape(xs[-1], (-1, 1))
    shapes = [shape_of(x) for x in xs]
    if any(len(s) != 2 for s in shapes):
        raise ShapeError(
            f"multi_dot of shapes {', '.join(map(str, shapes))}; expected matrices (vectors only "
            "at the ends)"
        )
    split = _chain([*(s[0] for s in shapes), shapes[-1][1]])

    def product(i: int, j: int) -> Any:
        if i == j:
            return xs[i]
        k = split[i, j]
        return matmul(product(i, k), product(k + 1, j))

    z = product(0, len(xs) - 1)
    if first == 1 and last == 1:
        return z[0, 0]
    return np.reshape(z, -1) if first == 1 or last == 1 else z


@implements(
    np.linalg.matrix_power,
    cases=[
        case(arg((2, 2)), 0),
        case(arg((2, 3, 3)), 3),
        case(arg((3, 3), kind="square"), -2),
        case(arg((2, 2), (-0.5, 0.5)), 11),
    ],
)
def matrix_power(a: Any, n: Any) -> Any:
    """Multiply a matrix with itself `n` times, as :func:`numpy.linalg.matrix_power`."""
    shape = shape_of(a)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"matrix_power of shape {shape}; expected square matrices (..., n, n)")
    n = operator.index(n)
    if n == 0:
        eye = np.eye(shape[-1], dtype=np.asarray(raw(a)).dtype)
        return constant(np.array(np.broadcast_to(eye, shape)))
    if n < 0:
        a, n = np.linalg.inv(a), -n
    z, result = a, None
    while True:
        n, bit = divmod(n, 2)
        if bit:
            result = z if result is None else matmul(result, z)
        if not n:
            return result
        z = matmul(z, z)


# --- diagonals and transposes -----------------------------------------------------------------


@implements(
    np.trace,
    cases=[
        case(arg((3, 3))),
        case(arg((2, 3)), 1),
        case(arg((2, 3, 2)), offset=-1, axis1=-1, axis2=1),
        case(arg((2, 3)), offset=7),
    ],
)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """Sum a diagonal, as :func:`numpy.trace`."""
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@implements(np.linalg.trace, cases=[case(arg((2, 2, 3)), offset=-1)])
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sum a diagonal of each matrix, as :func:`numpy.linalg.trace`."""
    return trace(x, offset, -2, -1, dtype)


@implements(np.linalg.diagonal, cases=[case(arg((2, 2, 3)), offset=1)])
def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """Take a diagonal of each matrix, as :func:`numpy.linalg.diagonal`."""
    return np.diagonal(x, offset, -2, -1)


@implements(np.linalg.matrix_transpose, cases=[case(arg((2, 3, 2)))])
def linalg_matrix_transpose(x: Any, /) -> Any:
    """Swap the last two axes, as :func:`numpy.linalg.matrix_transpose`."""
    if len(shape_of(x)) < 2:
        raise ShapeError(f"matrix_transpose of shape {shape_of(x)}; expected at least two axes")
    return np.swapaxes(x, -1, -2)


# --- NumPy 2's spellings ------------------------------------------------------------------------


@implements(np.linalg.matmul, cases=[case(arg((2, 3)), arg((2, 3, 2)))])
def linalg_matmul(x1: Any, x2: Any, /) -> Any:
    """Multiply matrices, as :func:`numpy.linalg.matmul`."""
    return matmul(x1, x2)


@implements(
    np.linalg.vecdot,
    cases=[case(arg((2, 3)), arg((3,))), case(arg((3, 2)), arg((3, 2)), axis=-2)],
)
def linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Multiply and sum over one axis, as :func:`numpy.linalg.vecdot`."""
    return vecdot(moved(as_array(x1), axis, -1), moved(as_array(x2), axis, -1))


@implements(np.linalg.outer, cases=[case(arg((2,)), arg((3,)))])
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    """Multiply all elements of two vectors, as :func:`numpy.linalg.outer`."""
    x1, x2 = as_array(x1), as_array(x2)
    if len(shape_of(x1)) != 1 or len(shape_of(x2)) != 1:
        raise ShapeError(
            f"linalg.outer of shapes {shape_of(x1)} and {shape_of(x2)}; "
            "expected vectors: use np.outer"
        )
    return outer(x1, x2)


@implements(np.linalg.tensordot, cases=[case(arg((2, 3)), arg((3, 2)), axes=1)])
def linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Sum over pairs of axes, as :func:`numpy.linalg.tensordot`."""
    return tensordot(x1, x2, axes)


@implements(np.linalg.cross, cases=[case(arg((3, 2)), arg((3, 2)), axis=0)])
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Take the cross product of 3-vectors, as :func:`numpy.linalg.cross`."""
    return cross(x1, x2, axis=axis)
