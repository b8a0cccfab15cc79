"""What goes in: four people, two more to predict, document 003's six rows, first parameters.

The people's table is here both ways, in raw pounds and inches and shifted by (135, 66) as the
documents print it, so that the one can be checked against the other. The arrays are read-only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ALL_Y_TRUES",
    "DATA",
    "EMILY",
    "EMILY_RAW",
    "FEMALE",
    "FRANK",
    "FRANK_RAW",
    "GENDERS",
    "INPUTS",
    "MALE",
    "NAMES",
    "NEW_EXAMPLES",
    "OUTPUTS",
    "PARAMETERS",
    "RAW",
    "SHIFT",
    "draw_parameters",
    "samples_of",
]


def _table(rows: list[Any]) -> NDArray[np.int64]:
    table = np.array(rows, dtype=np.int64)
    table.setflags(write=False)
    return table


NAMES = ("Alice", "Bob", "Charlie", "Diana")
GENDERS = ("F", "M", "M", "F")

FEMALE, MALE = 1, 0
"""The coding of the documents' tables and code. Two of their texts say the opposite."""

RAW = _table([[133, 65], [160, 72], [152, 70], [120, 60]])
"""Pounds and inches, shape (4, 2): document 004, section 3."""

SHIFT = _table([135, 66])
"""What the documents take away from each column. (The columns' means are 141.25 and 66.75.)"""

DATA = _table([[-2, -1], [25, 6], [17, 4], [-15, -6]])
"""The shifted table as the documents print it, shape (4, 2); equal to ``RAW - SHIFT``."""

ALL_Y_TRUES = _table([1, 0, 0, 1])
"""Genders of the four, shape (4,): 1 is female."""

EMILY_RAW, FRANK_RAW = _table([128, 63]), _table([155, 68])
EMILY, FRANK = _table([-7, -3]), _table([20, 2])

INPUTS = _table([[0, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 0], [1, 1, 1], [1, 0, 1]])
"""Document 003's inputs, shape (6, 3)."""

OUTPUTS = _table([[0], [0], [0], [1], [1], [1]])
"""Document 003's outputs, shape (6, 1): the first column of the inputs."""

NEW_EXAMPLES = _table([[1, 1, 0], [0, 1, 1]])
"""Document 003's "two new examples". The second is the second training row."""

PARAMETERS = ("w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3")
"""The nine parameters, in the order in which the documents draw them."""


def draw_parameters(seed: int) -> tuple[float, ...]:
    """Draw the nine parameters from a standard normal, in the documents' order.

    The documents draw from NumPy's unseeded generator, so the figures that they print cannot be
    had again. The same generator, seeded, makes every figure here repeatable.

    Parameters
    ----------
    seed : int
        Seed of ``np.random.RandomState``, 0 to 2**32 - 1.

    Returns
    -------
    tuple of float
        The weights w1 to w6, then the biases b1 to b3.

    Examples
    --------
    >>> len(draw_parameters(0))
    9
    """
    random = np.random.RandomState(seed)
    return tuple(float(random.normal()) for _ in PARAMETERS)


def samples_of(data: Any = DATA, all_y_trues: Any = ALL_Y_TRUES) -> list[tuple[list[float], float]]:
    """Pair each row with its right answer, as Python floats.

    One sample is a handful of numbers; on Python floats they are quicker than on arrays of two.

    Parameters
    ----------
    data : array-like
        The samples, shape (n, 2).
    all_y_trues : array-like
        Their right answers, shape (n,).

    Returns
    -------
    list of tuple
        Pairs of sample and answer, n of them.

    Examples
    --------
    >>> samples_of()[0]
    ([-2.0, -1.0], 1.0)
    """
    rows = np.asarray(data, dtype=float).tolist()
    return list(zip(rows, np.asarray(all_y_trues, dtype=float).tolist(), strict=True))
