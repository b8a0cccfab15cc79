"""Products of arrays: matmul, and what is written with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declare import ACCEPTED, NUMPY, linear
from ..errors import ShapeError
from ..rules import shape_of, unbroadcast


def _swap(x: Any) -> Any:
    return x.T if len(x.shape) == 2 else np.swapaxes(x, -1, -2)


def _matmul_x(g: Any, x: Any, y: Any) -> Any:
    m, n = len(shape_of(x)), len(shape_of(y))
    if m == 2 and n == 2:
        return g @ y.T
    if n == 1:
        return g * y if m == 1 else unbroadcast(np.expand_dims(g, -1) * y, x)
    if m == 1:
        return unbroadcast(np.sum(np.expand_dims(g, -2) * y, axis=-1), x)
    return unbroadcast(g @ _swap(y), x)


def _matmul_y(g: Any, x: Any, y: Any) -> Any:
    m, n = len(shape_of(x)), len(shape_of(y))
    if m == 2 and n == 2:
        return x.T @ g
    if m == 1:
        return g * x if n == 1 else unbroadcast(np.expand_dims(x, -1) * np.expand_dims(g, -2), y)
    if n == 1:
        return unbroadcast(np.sum(x * np.expand_dims(g, -1), axis=-2), y)
    return unbroadcast(_swap(x) @ g, y)


def _matmul(x: Any, y: Any) -> Any:
    if not shape_of(x) or not shape_of(y):
        raise ShapeError("matmul of a scalar; expected arrays of at least one axis: use *")
    return np.matmul(x, y)


matmul = linear(_matmul, _matmul_x, _matmul_y, name="matmul")
NUMPY[np.matmul] = matmul
ACCEPTED[np.matmul] = frozenset()
