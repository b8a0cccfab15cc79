"""Triangles and diagonals of matrices, and the matrix of powers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, implements, linear
from ..errors import ShapeError
from ..graph import Primitive
from ..rules import shape_of
from ..views import link

_TRIANGLES = [
    case(arg((2, 3))),
    case(arg((3, 2)), k=1),
    case(arg((2, 3, 3)), -1),
    case(arg((3,))),
    case(arg((0, 2))),
]


@implements(np.tril, cases=_TRIANGLES)
def tril(m: Any, k: int = 0) -> Any:
    """Lower triangle of each matrix, as :func:`numpy.tril`."""
    return np.where(_below(m, k), m, 0.0)


@implements(np.triu, cases=_TRIANGLES)
def triu(m: Any, k: int = 0) -> Any:
    """Upper triangle of each matrix, as :func:`numpy.triu`."""
    return np.where(_below(m, k - 1), 0.0, m)


def _below(m: Any, k: int) -> Any:
    shape = shape_of(m)
    if not shape:
        raise ShapeError("the triangle of a scalar; expected an array of at least one axis")
    rows, columns = (shape * 2)[-2:]  # one axis is taken for the rows of a square
    return np.tri(rows, columns, k, dtype=bool)


def _place(g: Any, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Zeros of `shape` with `g` on the diagonal: what ``diagonal`` takes, put back."""
    g = np.asarray(g)
    out = np.zeros(shape, g.dtype)
    rows, columns = max(-offset, 0), max(offset, 0)
    matrices = np.moveaxis(out, (axis1, axis2), (-2, -1))[..., rows:, columns:]
    n = g.shape[-1]
    np.einsum("...ii->...i", matrices[..., :n, :n])[...] = g
    return out


_diagonal: Primitive = linear(
    lambda x, offset, axis1, axis2: np.diagonal(x, offset, axis1, axis2),
    lambda g, x, offset, axis1, axis2: _diagonal_into(
        g, shape=shape_of(x), offset=offset, axis1=axis1, axis2=axis2
    ),
    name="diagonal",
    structural=True,
)
_diagonal_into: Primitive = linear(
    _place,
    lambda g, d, shape, offset, axis1, axis2: _diagonal(g, offset=offset, axis1=axis1, axis2=axis2),
    name="diagonal_into",
    structural=True,
)


@implements(
    np.diagonal,
    cases=[
        case(arg((2, 3))),
        case(arg((3, 2)), offset=-1),
        case(arg((2, 3, 4)), 1, -1, 0),
        case(arg((2, 3, 4)), -2, axis1=1, axis2=2),
        case(arg((2, 2)), 5),
    ],
)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Diagonals of the matrices along two axes, as :func:`numpy.diagonal`: a view."""
    ndim = len(shape_of(a))
    if ndim < 2:
        raise ShapeError(f"diagonal of an array of shape {shape_of(a)}; expected two axes or more")
    i, j = normalize_axis_index(axis1, ndim), normalize_axis_index(axis2, ndim)
    if i == j:
        raise ShapeError(f"diagonal with axis1={axis1} and axis2={axis2}; expected two axes")
    return link(_diagonal(a, offset=offset, axis1=i, axis2=j), a)


@implements(
    np.diag,
    cases=[
        case(arg((3,))),
        case(arg((2,)), 1),
        case(arg((2,)), k=-2),
        case(arg((0,)), 1),
        case(arg((2, 3))),
        case(arg((2, 3)), k=1),
        case(arg((3, 2)), -1),
    ],
)
def diag(v: Any, k: int = 0) -> Any:
    """Make a matrix of its diagonal, or take the diagonal of a matrix, as :func:`numpy.diag`."""
    ndim = len(shape_of(v))
    if ndim == 2:
        return diagonal(v, k)
    if ndim != 1:
        raise ShapeError(f"diag of an array of shape {shape_of(v)}; expected one axis or two")
    n = shape_of(v)[0] + abs(k)
    return _diagonal_into(v, shape=(n, n), offset=k, axis1=0, axis2=1)


@implements(np.diagflat, cases=[case(arg((2, 2))), case(arg((3,)), 1), case(arg(), k=-1)])
def diagflat(v: Any, k: int = 0) -> Any:
    """Make a matrix with all elements on its diagonal, as :func:`numpy.diagflat`."""
    return diag(np.reshape(v, -1), k)


@implements(
    np.vander,
    cases=[
        case(arg((3,))),
        case(arg((2,)), 4),
        case(arg((3,)), N=2, increasing=True),
        case(arg((2,)), 0),
    ],
)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # NumPy's name
    """Powers of each element in the columns, as :func:`numpy.vander`."""
    if len(shape_of(x)) != 1:
        raise ShapeError(f"vander of an array of shape {shape_of(x)}; expected one axis")
    powers = np.arange(shape_of(x)[0] if N is None else N)
    return np.reshape(x, (-1, 1)) ** (powers if increasing else powers[::-1])
