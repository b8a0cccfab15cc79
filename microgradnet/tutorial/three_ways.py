"""One sample's gradient three ways: derived by hand, by autodiff, by finite differences.

The last knows nothing of derivatives and the first nothing of graphs, so where all three agree the
derivation is right, and where the first stands alone it is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from . import by_hand, from_values
from .data import PARAMETERS
from .mistakes import Mistake

__all__ = ["ThreeWays", "exposed", "three_ways"]


class ThreeWays(NamedTuple):
    """∂L/∂p for one parameter p, each way."""

    name: str
    by_hand: float
    autodiff: float
    finite_differences: float


def three_ways(
    parameters: Sequence[float], x: Any, y_true: float, mistakes: Mistake = Mistake.NONE
) -> list[ThreeWays]:
    """Differentiate (y_true - y_pred)² by all nine parameters, three ways.

    Parameters
    ----------
    parameters : sequence of float
        Nine numbers, in the order of ``PARAMETERS``.
    x : sequence of two
        The sample.
    y_true : float
        Its right answer.
    mistakes : Mistake
        Mistakes to put into the derivation by hand; the other two ways stay right.

    Returns
    -------
    list of ThreeWays
        One for each parameter.

    Examples
    --------
    >>> rows = three_ways([1, 1, 1, 1, 1, 1, 0, 0, 0], [-2, -1], 1)
    >>> [round(value, 6) for value in rows[0][1:]]
    [0.02147, 0.02147, 0.02147]
    """
    hand = by_hand.OurNeuralNetwork(parameters=parameters, mistakes=mistakes).gradients(x, y_true)
    auto = from_values.OurNeuralNetwork(parameters=parameters).gradients(x, y_true)
    finite = by_hand.OurNeuralNetwork(parameters=parameters).finite_differences(x, y_true)
    return [
        ThreeWays(name, float(hand[name]), float(auto[name]), float(finite[name]))
        for name in PARAMETERS
    ]


def exposed(rows: Sequence[ThreeWays], relative: float = 1e-9) -> list[str]:
    """Name the parameters whose derivative by hand is not autodiff's.

    Parameters
    ----------
    rows : sequence of ThreeWays
        What :func:`three_ways` returns.
    relative : float
        How far the two may lie apart. Both do some twenty roundings of 1e-16.

    Returns
    -------
    list of str
        Names from ``PARAMETERS``.

    Examples
    --------
    >>> alice = ([1, 1, 1, 1, 1, 1, 0, 0, 0], [-2, -1], 1)
    >>> exposed(three_ways(*alice))
    []
    >>> exposed(three_ways(*alice, Mistake.W4_USES_X0))
    ['w4']
    """
    return [r.name for r in rows if not abs(r.by_hand - r.autodiff) <= relative * abs(r.autodiff)]
