"""NumPy functions that write into their argument: what to write instead, for the error.

A tracked result has no place in a plain array, and a Value is re-pointed, never written to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

INSTEAD: dict[Any, str] = {
    np.copyto: "it writes into its argument: write x[...] = v or x = np.where(mask, v, x) "
    "(and np.broadcast_to(v, shape) for np.full(shape, v))",
    np.put: "it writes into its argument: write x = x.flatten(), x[index] = v and a reshape",
    np.place: "it writes into its argument: write x[mask] = v",
    np.putmask: "it writes into its argument: write x = np.where(mask, v, x)",
    np.put_along_axis: "it writes into its argument: write x[index] = v, an index for each axis",
    np.fill_diagonal: "it writes into its argument: write i = np.arange(n) and x[i, i] = v",
}
