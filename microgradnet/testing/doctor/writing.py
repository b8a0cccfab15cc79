"""NumPy's functions that write into an argument, for arrays of Values too."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph import Traced, raw


def put_along_axis(x: Any, indices: Any, values: Any, axis: int) -> None:
    """Write into an array at indices along an axis, NumPy's or one of Values."""
    if not isinstance(x, Traced):
        np.put_along_axis(x, indices, raw(values), axis)
        return
    where = list(np.indices(np.shape(indices), sparse=True))
    where[axis] = np.asarray(indices)
    target: Any = x
    target[tuple(where)] = values


class Adding:
    """``np.add`` or ``np.subtract``, whose ``at`` also writes into arrays of Values."""

    def __init__(self, operate: Any) -> None:
        self.operate = operate

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Add, or subtract."""
        return self.operate(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.operate, name)

    def at(self, x: Any, index: Any, values: Any) -> None:
        """Do so at indices of an array, as often as they come."""
        target: Any
        if not isinstance(x, Traced):
            self.operate.at(x, index, raw(values))
            return
        target, shape = x, x._raw.shape
        places = np.arange(x._raw.size).reshape(shape)[index]
        new = np.broadcast_to(values, np.shape(places))
        for i in np.ndindex(np.shape(places)):
            place = tuple(map(int, np.unravel_index(places[i], shape)))
            target[place] = self.operate(target[place], new[i])
