"""NumPy functions whose results are integers or booleans: they run on the data alone.

Also which function answers a ufunc's ``reduce``, ``accumulate`` and ``outer``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules import shape_of
from .operands import as_operand

# Results that cannot move with the inputs: they come back as plain arrays.
PLAIN = frozenset(
    {
        np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
        np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_and, np.logical_or,
        np.logical_not, np.logical_xor,
        np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition,
        np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero, np.lexsort,
        np.any, np.all, np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isin,
        np.isposinf, np.isneginf, np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj,
        np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type,
        np.zeros_like, np.ones_like, np.empty_like, np.may_share_memory, np.shares_memory,
        np.digitize, np.searchsorted,
        np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
        np.array_repr, np.array_str, np.array2string,
        np.linalg.matrix_rank,
    }
)  # fmt: skip

# (ufunc, method) -> the NumPy function that it is under another name.
REDUCTIONS: dict[tuple[Any, str], Callable[..., Any]] = {
    (np.add, "reduce"): np.sum,
    (np.multiply, "reduce"): np.prod,
    (np.maximum, "reduce"): np.max,
    (np.minimum, "reduce"): np.min,
    (np.add, "accumulate"): np.cumsum,
    (np.multiply, "accumulate"): np.cumprod,
}


def outer(f: Callable[..., Any], x: Any, y: Any) -> Any:
    """Apply a binary elementwise function to all pairs of elements."""
    x, y = as_operand(x), as_operand(y)
    x = np.reshape(x, shape_of(x) + (1,) * len(shape_of(y)))
    return f(x, y)
