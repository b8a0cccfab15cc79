"""Products of arrays: matmul, and what is written with it."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..declare import ACCEPTED, CASES, NUMPY, arg, case, implements, linear
from ..errors import ShapeError
from ..graph import Primitive, Traced
from ..rules import shape_of, unbroadcast
from .operands import as_operand, in_one_dtype


def as_array(x: Any) -> Any:
    """Give lists a shape; Values, arrays and Python numbers stay what they are."""
    if isinstance(x, Traced | np.ndarray | float | int):
        return x
    return as_operand(x)


# --- matmul -----------------------------------------------------------------------------------


def swap(x: Any) -> Any:
    """Transpose matrices: swap the last two axes."""
    return x.T if len(x.shape) == 2 else np.swapaxes(x, -1, -2)


def _column(x: Any) -> Any:
    """Make columns of vectors; reshaping takes a tenth of the time of ``np.expand_dims``."""
    return x.reshape((*x.shape, 1))


def _row(x: Any) -> Any:
    return x.reshape((*x.shape[:-1], 1, x.shape[-1]))


def _matmul_x(g: Any, x: Any, y: Any) -> Any:
    if type(g) is type(y) is np.ndarray and g.ndim == y.ndim == 2:
        return g.dot(y.T)
    m, n = len(shape_of(x)), len(shape_of(y))
    if m == 2 and n == 2:
        return g @ y.T
    if n == 1:
        return g * y if m == 1 else unbroadcast(_column(g) * y, x)
    if m == 1:
        return unbroadcast(np.sum(_row(g) * y, axis=-1), x)
    return unbroadcast(g @ swap(y), x)


def _matmul_y(g: Any, x: Any, y: Any) -> Any:
    if type(g) is type(x) is np.ndarray and g.ndim == x.ndim == 2:
        return x.T.dot(g)
    m, n = len(shape_of(x)), len(shape_of(y))
    if m == 2 and n == 2:
        return x.T @ g
    if m == 1:
        return g * x if n == 1 else unbroadcast(_column(x) * _row(g), y)
    if n == 1:
        return unbroadcast(np.sum(x * _column(g), axis=-2), y)
    return unbroadcast(swap(x) @ g, y)


def _matmul(x: Any, y: Any) -> Any:
    if type(x) is type(y) is np.ndarray and x.ndim == y.ndim == 2:
        return x.dot(y)  # of small matrices, in half of the time
    if not shape_of(x) or not shape_of(y):
        raise ShapeError("matmul of a scalar; expected arrays of at least one axis: use *")
    return np.matmul(x, y)


matmul = linear(_matmul, _matmul_x, _matmul_y, name="matmul")


def _ufunc(function: Any, f: Any, cases: Sequence[Any]) -> None:
    """Answer a ufunc with a signature; its ``axis=`` and ``axes=`` are refused."""
    NUMPY[function] = f
    ACCEPTED[function] = frozenset()
    CASES[function] = tuple(cases)


_ufunc(
    np.matmul,
    matmul,
    [
        case(arg((3,)), arg((3,))),
        case(arg((2, 3)), arg((3,))),
        case(arg((3,)), arg((2, 3, 2))),
        case(arg((2, 3)), arg((3, 2))),
        case(arg((2, 1, 2, 3)), arg((3, 3, 2))),
        case(arg((3, 0)), arg((0, 2))),
    ],
)


def vecdot(x: Any, y: Any) -> Any:
    """Multiply and sum over the last axis, as :func:`numpy.vecdot`."""
    x, y = as_array(x), as_array(y)
    if not shape_of(x) or not shape_of(y):
        raise ShapeError("vecdot of a scalar; expected arrays of at least one axis: use *")
    return np.einsum("...i,...i->...", x, y)


def matvec(x: Any, y: Any) -> Any:
    """Multiply matrices with vectors, as :func:`numpy.matvec`."""
    x, y = as_array(x), as_array(y)
    if len(shape_of(x)) < 2 or not shape_of(y):
        raise ShapeError(
            f"matvec of shapes {shape_of(x)} and {shape_of(y)}; expected (m, n) and (n,)"
        )
    return matmul(x, np.expand_dims(y, -1))[..., 0]


def vecmat(x: Any, y: Any) -> Any:
    """Multiply vectors with matrices, as :func:`numpy.vecmat`."""
    x, y = as_array(x), as_array(y)
    if not shape_of(x) or len(shape_of(y)) < 2:
        raise ShapeError(
            f"vecmat of shapes {shape_of(x)} and {shape_of(y)}; expected (m,) and (m, n)"
        )
    return matmul(np.expand_dims(x, -2), y)[..., 0, :]


_ufunc(np.vecdot, vecdot, [case(arg((2, 1, 3)), arg((2, 3))), case(arg((3,)), arg((3,)))])
if hasattr(np, "matvec"):  # pragma: no branch  # NumPy 2.2
    _ufunc(np.matvec, matvec, [case(arg((2, 3)), arg((3,))), case(arg((2, 3)), arg((4, 3)))])
    _ufunc(np.vecmat, vecmat, [case(arg((2,)), arg((2, 3))), case(arg((2, 1, 2)), arg((3, 2, 3)))])


# --- dot and its kin --------------------------------------------------------------------------


def moved(x: Any, source: int, target: int) -> Any:
    """Move one axis to another place; the others keep their order."""
    ndim = len(shape_of(x))
    source, target = normalize_axis_index(source, ndim), normalize_axis_index(target, ndim)
    if source == target:
        return x
    order = [i for i in range(ndim) if i != source]
    order.insert(target, source)
    return np.transpose(x, order)


@implements(
    np.dot,
    cases=[
        case(arg(), arg()),
        case(arg(()), arg((2, 3))),
        case(arg((3,)), arg((3,))),
        case(arg((2, 2, 3)), arg((3,))),
        case(arg((2, 3)), arg((3, 2))),
        case(arg((3,)), arg((2, 3, 2))),
        case(arg((2, 3)), arg((2, 3, 2))),
        case(arg((2, 0)), arg((0, 3))),
    ],
)
def dot(a: Any, b: Any) -> Any:
    """Sum over the last axis of `a` and the last but one of `b`, as :func:`numpy.dot`."""
    a, b = as_array(a), as_array(b)
    m, n = len(shape_of(a)), len(shape_of(b))
    if m == 0 or n == 0:
        return np.multiply(*in_one_dtype(a, b))
    return matmul(a, b) if n <= 2 else tensordot(a, b, (-1, -2))


@implements(np.vdot, cases=[case(arg((3,)), arg((3,))), case(arg((2, 3)), arg((3, 2)))])
def vdot(a: Any, b: Any, /) -> Any:
    """Sum the products of all elements, as :func:`numpy.vdot`."""
    return matmul(np.reshape(as_array(a), -1), np.reshape(as_array(b), -1))


@implements(
    np.inner,
    cases=[case(arg(()), arg((2,))), case(arg((3,)), arg((3,))), case(arg((2, 3)), arg((2, 2, 3)))],
)
def inner(a: Any, b: Any, /) -> Any:
    """Sum over the last axis of both, as :func:`numpy.inner`."""
    a, b = as_array(a), as_array(b)
    m, n = len(shape_of(a)), len(shape_of(b))
    if m == 0 or n == 0:
        return np.multiply(*in_one_dtype(a, b))
    return matmul(a, b) if n == 1 else tensordot(a, b, (-1, -1))


@implements(np.outer, cases=[case(arg((2,)), arg((3,))), case(arg((2, 2)), arg(()))])
def outer(a: Any, b: Any) -> Any:
    """Multiply all elements of `a` with all of `b`, as :func:`numpy.outer`: both flattened."""
    return np.reshape(as_array(a), (-1, 1)) * np.reshape(as_array(b), -1)


def _matrix(x: Any, order: Sequence[int], shape: tuple[int, ...]) -> Any:
    """Transpose and reshape, where there is something to do."""
    if any(i != k for i, k in enumerate(order)):
        x = np.transpose(x, order)
    return x if shape_of(x) == shape else np.reshape(x, shape)


def _axes_pair(axes: Any, m: int, n: int) -> tuple[Any, Any]:
    """Read the axes of tensordot in any of their forms."""
    try:
        first, second = axes
    except TypeError:
        count = operator.index(axes)
        if count > min(m, n):
            raise ShapeError(
                f"tensordot over {count} axes of arrays with {m} and {n}; "
                "expected no more than both have"
            ) from None
        return range(m - count, m), range(count)
    pair = [
        tuple(x) if isinstance(x, tuple | list | range | np.ndarray) else (x,)
        for x in (first, second)
    ]
    return pair[0], pair[1]


@implements(
    np.tensordot,
    cases=[
        case(arg((2, 3, 2)), arg((3, 2, 2))),
        case(arg((2, 3)), arg((2,)), 0),
        case(arg((2, 3)), arg((3, 2)), 1),
        case(arg((2, 3)), arg((2, 3)), (-1, 1)),
        case(arg((2, 3, 2)), arg((2, 2, 3)), ([-1, 1], [0, -1])),
        case(arg((2,)), arg((3,)), ([], [])),
        case(arg((2, 0)), arg((0, 3)), axes=1),
        case(arg(()), arg((2,)), axes=0),
    ],
)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Sum over pairs of axes, as :func:`numpy.tensordot`, in every form of `axes`."""
    a, b = as_array(a), as_array(b)
    shape_a, shape_b = shape_of(a), shape_of(b)
    first, second = _axes_pair(axes, len(shape_a), len(shape_b))
    first = normalize_axis_tuple(first, len(shape_a), "axes")
    second = normalize_axis_tuple(second, len(shape_b), "axes")
    if [shape_a[i] for i in first] != [shape_b[i] for i in second]:
        raise ShapeError(
            f"tensordot of shapes {shape_a} and {shape_b} over axes {first} and {second}; expected "
            "axes of equal lengths"
        )
    rest_a = [i for i in range(len(shape_a)) if i not in first]
    rest_b = [i for i in range(len(shape_b)) if i not in second]
    count = int(np.prod([shape_a[i] for i in first]))
    kept_a, kept_b = [shape_a[i] for i in rest_a], [shape_b[i] for i in rest_b]
    x = _matrix(a, [*rest_a, *first], (int(np.prod(kept_a)), count))
    y = _matrix(b, [*second, *rest_b], (count, int(np.prod(kept_b))))
    return _matrix(matmul(x, y), (), (*kept_a, *kept_b))


@implements(
    np.kron,
    cases=[
        case(arg((2,)), arg((3,))),
        case(arg((2, 3)), arg((2, 2))),
        case(arg((2, 1, 3)), arg((2,))),
        case(arg((2,)), arg((2, 2))),
        case(arg(()), arg((2, 2))),
    ],
)
def kron(a: Any, b: Any) -> Any:
    """Multiply every element of `a` with all of `b`, in blocks, as :func:`numpy.kron`."""
    a, b = as_array(a), as_array(b)
    shape_a, shape_b = shape_of(a), shape_of(b)
    if not shape_a or not shape_b:
        return np.multiply(*in_one_dtype(a, b))
    ndim = max(len(shape_a), len(shape_b))
    shape_a = (1,) * (ndim - len(shape_a)) + shape_a
    shape_b = (1,) * (ndim - len(shape_b)) + shape_b
    x = np.reshape(a, tuple(n for m in shape_a for n in (m, 1)))
    y = np.reshape(b, tuple(n for m in shape_b for n in (1, m)))
    return np.reshape(x * y, tuple(m * n for m, n in zip(shape_a, shape_b, strict=True)))


# --- cross ------------------------------------------------------------------------------------

# <g, x times y> = <y times g, x> = <g times x, y>: the triple product is cyclic.
_cross: Primitive = linear(
    np.cross,
    lambda g, x, y: unbroadcast(_cross(y, g), x),
    lambda g, x, y: unbroadcast(_cross(g, x), y),
    name="cross",
)


@implements(
    np.cross,
    cases=[
        case(arg((3,)), arg((3,))),
        case(arg((2, 1, 3)), arg((2, 3))),
        case(arg((3, 2)), arg((2, 3)), axisa=0, axisb=-1, axisc=0),
        case(arg((3, 2)), arg((3, 2)), axis=0),
    ],
)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Take the cross product of 3-vectors, as :func:`numpy.cross`."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = as_array(a), as_array(b)
    if not shape_of(a) or not shape_of(b):
        raise ShapeError("cross of a scalar; expected arrays of 3-vectors")
    x, y = moved(a, axisa, -1), moved(b, axisb, -1)
    if shape_of(x)[-1] != 3 or shape_of(y)[-1] != 3:
        raise ShapeError(
            f"cross of vectors of {shape_of(x)[-1]} and {shape_of(y)[-1]} components; expected 3. "
            "For two, write x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0]"
        )
    return moved(_cross(x, y), -1, axisc)
