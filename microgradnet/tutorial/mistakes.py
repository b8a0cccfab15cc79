"""The documents' mistakes that can be computed, as switches.

Each flag puts one mistake back into the hand-derived code of :mod:`~.by_hand` or
:mod:`~.three_inputs`, exactly as the document wrote it, so that autodiff and finite differences
can be seen to expose it. Flags combine: ``AS_DOCUMENT_000`` is that document's training code.
"""

from __future__ import annotations

from enum import Flag, auto

__all__ = ["AS_DOCUMENT_000", "Mistake"]


class Mistake(Flag):
    """One switch per mistake; ``Mistake.NONE`` is the right code.

    Examples
    --------
    >>> Mistake.W4_USES_X0 in AS_DOCUMENT_000
    True
    >>> Mistake.EXPONENT_SIGN in AS_DOCUMENT_000
    False
    """

    NONE = 0

    # The 2-2-1 network (documents 000, 001, 002, 004).
    SUM_O1_FROM_INPUTS = auto()
    """``sum_o1 = w5 * x[0] + w6 * x[1] + b3`` while training."""
    W4_USES_X0 = auto()
    """``d_h2_d_w4 = x[0] * deriv_sigmoid(sum_h2)``."""
    PRINT_TUPLE = auto()
    """``print("Epoch %d loss: %.3f", (epoch, loss))``."""
    SIGMOID_COMMENT = auto()
    """``f(x) = 1 / (1 * e^(-x))``, which is eˣ."""
    EXPONENT_SIGN = auto()
    """``f'(x) = eˣ / (1 + e⁻ˣ)²``."""
    INVERTED_DERIVATIVE = auto()
    """∂w1/∂L, the reciprocal, where ∂L/∂w1 is meant."""
    H3_FOR_B3 = auto()
    """``∂y/∂h1 = w5 * f'(w5 h1 + w6 h2 + h3)``, h3 read as the third neuron's output."""
    H1_FOR_B1 = auto()
    """``∂h1/∂w1 = x1 * f'(w1 x1 + w2 x2 + h1)``."""
    X3_X4_FOR_X1_X2 = auto()
    """``h2 = f(x3 w3 + x4 w4 + b2)`` over a sample that has two entries."""
    ROUNDED_FACTORS = auto()
    """∂L/∂w1 as a product of factors rounded to three digits."""
    VARIANCE_FOR_SQUARED_ERROR = auto()
    """The loss as a variance (方差) of the errors instead of the mean of their squares."""
    RATIO_FOR_DERIVATIVE = auto()
    """L / w1, what is left of ∂L/∂w1 when the page loses its ∂ signs."""

    # Document 003's network.
    DERIV_OF_PREACTIVATION = auto()
    """``sigmoid(x, deriv=True)`` given the pre-activation, where it expects the activation."""
    DESCEND_MEAN_ABS = auto()
    """Descend what is reported, mean \\|error\\|, instead of half the summed squared error."""


AS_DOCUMENT_000 = Mistake.SUM_O1_FROM_INPUTS | Mistake.W4_USES_X0 | Mistake.PRINT_TUPLE
"""Documents 000 and 002 as they run: all three mistakes of their training code at once."""
