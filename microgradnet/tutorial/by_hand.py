"""The documents' 2-2-1 network in plain NumPy, every derivative worked out by hand.

The names are the documents' own, so that a reader finds what they look for. Each of the documents'
mistakes can be switched back on with a :class:`~.mistakes.Mistake`; with none, this is what
autodiff has to agree with. A parameter may be an array: then that many networks train at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .data import PARAMETERS, draw_parameters, samples_of
from .mistakes import Mistake

__all__ = [
    "Forward",
    "Neuron",
    "OurNeuralNetwork",
    "OurNeuralNetworks",
    "deriv_sigmoid",
    "epoch_line",
    "mse_loss",
    "sigmoid",
]


def sigmoid(x: Any, mistakes: Mistake = Mistake.NONE) -> Any:
    """Squash any number into (0, 1): 1 / (1 + e⁻ˣ).

    Parameters
    ----------
    x : float or ndarray
        The pre-activation.
    mistakes : Mistake
        ``SIGMOID_COMMENT`` computes what document 000's comment says, 1 / (1 * e⁻ˣ).

    Returns
    -------
    float or ndarray
        The activation, of the shape of ``x``.

    Examples
    --------
    >>> float(sigmoid(7.0))
    0.9990889488055994
    >>> float(round(sigmoid(7.0, Mistake.SIGMOID_COMMENT), 2))  # no sigmoid at all
    1096.63
    """
    if Mistake.SIGMOID_COMMENT in mistakes:
        return 1 / (1 * np.exp(-x))
    return 1 / (1 + np.exp(-x))


def deriv_sigmoid(x: Any, mistakes: Mistake = Mistake.NONE) -> Any:
    """Slope of the sigmoid at the pre-activation ``x``: f(x) (1 - f(x)).

    Parameters
    ----------
    x : float or ndarray
        The pre-activation.
    mistakes : Mistake
        ``EXPONENT_SIGN`` gives document 002's eˣ / (1 + e⁻ˣ)²; the right numerator is e⁻ˣ.

    Returns
    -------
    float or ndarray
        The derivative, of the shape of ``x``.

    Examples
    --------
    >>> float(deriv_sigmoid(0.0))
    0.25
    """
    if Mistake.EXPONENT_SIGN in mistakes:
        return np.exp(x) / (1 + np.exp(-x)) ** 2
    fx = sigmoid(x, mistakes)
    return fx * (1 - fx)


def mse_loss(y_true: Any, y_pred: Any, mistakes: Mistake = Mistake.NONE) -> Any:
    """Mean of the squared errors.

    Parameters
    ----------
    y_true, y_pred : array-like
        The right answers and the network's, of one shape.
    mistakes : Mistake
        ``VARIANCE_FOR_SQUARED_ERROR`` takes documents 000 and 004 at their word (方差, variance).

    Returns
    -------
    float
        The loss.

    Examples
    --------
    >>> float(mse_loss([1, 0, 0, 1], [0, 0, 0, 0]))
    0.5
    """
    error = np.subtract(y_true, y_pred)
    if Mistake.VARIANCE_FOR_SQUARED_ERROR in mistakes:
        return np.var(error)
    return np.mean(error**2)


class Neuron:
    """A neuron: weigh the inputs, add the bias, squash.

    Parameters
    ----------
    weights : array-like
        One weight per input, shape (n,).
    bias : float
        The bias.

    Examples
    --------
    >>> float(Neuron([0, 1], 4).feedforward([2, 3]))
    0.9990889488055994
    """

    def __init__(self, weights: Any, bias: Any) -> None:
        self.weights = weights
        self.bias = bias

    def feedforward(self, inputs: Any) -> Any:
        """Give the neuron's output for ``inputs``, shape (n,)."""
        total = np.dot(self.weights, inputs) + self.bias
        return sigmoid(total)


class OurNeuralNetworks:
    """Document 000's first network: three neurons with the same weights and bias.

    Examples
    --------
    >>> float(OurNeuralNetworks().feedforward([2, 3]))
    0.7216325609518421
    """

    def __init__(self) -> None:
        weights, bias = np.array([0, 1]), 0
        self.h1 = Neuron(weights, bias)
        self.h2 = Neuron(weights, bias)
        self.o1 = Neuron(weights, bias)

    def feedforward(self, x: Any) -> Any:
        """Give the network's output for ``x``, shape (2,)."""
        out_h1, out_h2 = self.h1.feedforward(x), self.h2.feedforward(x)
        # The inputs for o1 are the outputs from h1 and h2.
        return self.o1.feedforward(np.array([out_h1, out_h2]))


def epoch_line(epoch: int, loss: float, mistakes: Mistake = Mistake.NONE) -> str:
    """Say the loss of an epoch, as documents 001 and 004 print it.

    Parameters
    ----------
    epoch : int
        Number of the epoch.
    loss : float
        The loss at its end.
    mistakes : Mistake
        ``PRINT_TUPLE`` gives what documents 000 and 002 print.

    Returns
    -------
    str
        The line.

    Examples
    --------
    >>> epoch_line(10, 0.0471)
    'Epoch 10 loss: 0.047'
    >>> epoch_line(10, 0.0471, Mistake.PRINT_TUPLE)
    'Epoch %d loss: %.3f (10, 0.0471)'
    """
    if Mistake.PRINT_TUPLE in mistakes:
        return f"Epoch %d loss: %.3f {(epoch, loss)}"  # print puts a space between its arguments
    return f"Epoch {epoch} loss: {loss:.3f}"


class Forward(NamedTuple):
    """What one forward pass leaves behind for the derivatives."""

    sum_h1: Any
    h1: Any
    sum_h2: Any
    h2: Any
    sum_o1: Any
    o1: Any


class OurNeuralNetwork:
    """Two inputs, two hidden neurons (h1, h2), one output neuron (o1).

    Parameters
    ----------
    seed : int
        Seed for :func:`~.data.draw_parameters`.
    parameters : sequence, optional
        Nine numbers in the order of ``PARAMETERS``, instead of drawn ones. Nine arrays of shape
        (m,) make m networks that train side by side.
    mistakes : Mistake
        The documents' mistakes to put back.

    Examples
    --------
    >>> alice = OurNeuralNetwork(parameters=[1, 1, 1, 1, 1, 1, 0, 0, 0])
    >>> float(alice.feedforward([-2, -1]))
    0.5236951740839997
    >>> float(alice.gradients([-2, -1], 1)["w1"])
    0.02146953526581111
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        parameters: Sequence[Any] | None = None,
        mistakes: Mistake = Mistake.NONE,
    ) -> None:
        drawn: Sequence[Any] = draw_parameters(seed) if parameters is None else parameters
        self.w1, self.w2, self.w3, self.w4, self.w5, self.w6, self.b1, self.b2, self.b3 = drawn
        self.mistakes = mistakes

    def parameters(self) -> tuple[Any, ...]:
        """Give the nine parameters in the order of ``PARAMETERS``."""
        return tuple(getattr(self, name) for name in PARAMETERS)

    def feedforward(self, x: Any) -> Any:
        """Predict from ``x``, two numbers or two arrays of one shape."""
        f = self._sigmoid
        h1 = f(self.w1 * x[0] + self.w2 * x[1] + self.b1)
        h2 = f(self.w3 * x[0] + self.w4 * x[1] + self.b2)
        return f(self.w5 * h1 + self.w6 * h2 + self.b3)

    def forward(self, x: Any) -> Forward:
        """Do the forward pass of training, which keeps the sums that the derivatives need.

        Documents 000 and 002 write it out a second time here, and wrongly: this is where
        ``SUM_O1_FROM_INPUTS`` acts, while :meth:`feedforward` stays right.
        """
        f = self._sigmoid
        sum_h1 = self.w1 * x[0] + self.w2 * x[1] + self.b1
        h1 = f(sum_h1)

        i, j = (2, 3) if Mistake.X3_X4_FOR_X1_X2 in self.mistakes else (0, 1)
        sum_h2 = self.w3 * x[i] + self.w4 * x[j] + self.b2
        h2 = f(sum_h2)

        if Mistake.SUM_O1_FROM_INPUTS in self.mistakes:
            sum_o1 = self.w5 * x[0] + self.w6 * x[1] + self.b3
        else:
            sum_o1 = self.w5 * h1 + self.w6 * h2 + self.b3
        return Forward(sum_h1, h1, sum_h2, h2, sum_o1, f(sum_o1))

    def gradients(self, x: Any, y_true: Any) -> dict[str, Any]:
        """Work out all nine partial derivatives of one sample's loss, (y_true - y_pred)².

        Parameters
        ----------
        x : sequence of two
            The sample.
        y_true : float
            Its right answer.

        Returns
        -------
        dict
            ∂L/∂p for every name p in ``PARAMETERS``.
        """
        mistakes = self.mistakes
        sum_h1, h1, sum_h2, h2, sum_o1, y_pred = self.forward(x)
        d_L_d_ypred = -2 * (y_true - y_pred)
        if Mistake.VARIANCE_FOR_SQUARED_ERROR in mistakes:
            d_L_d_ypred = 0 * y_pred  # the variance of one error is 0 whatever the error is

        # Neuron o1
        slope_o1 = deriv_sigmoid(sum_o1, mistakes)
        d_ypred_d_w5 = h1 * slope_o1
        d_ypred_d_w6 = h2 * slope_o1
        d_ypred_d_b3 = slope_o1
        d_ypred_d_h1 = self.w5 * slope_o1
        d_ypred_d_h2 = self.w6 * slope_o1
        if Mistake.H3_FOR_B3 in mistakes:
            d_ypred_d_h1 = self.w5 * deriv_sigmoid(self.w5 * h1 + self.w6 * h2 + y_pred)

        # Neuron h1
        slope_h1 = deriv_sigmoid(sum_h1, mistakes)
        d_h1_d_w1 = x[0] * slope_h1
        d_h1_d_w2 = x[1] * slope_h1
        d_h1_d_b1 = slope_h1
        if Mistake.H1_FOR_B1 in mistakes:
            d_h1_d_w1 = x[0] * deriv_sigmoid(self.w1 * x[0] + self.w2 * x[1] + h1)

        # Neuron h2
        slope_h2 = deriv_sigmoid(sum_h2, mistakes)
        d_h2_d_w3 = x[0] * slope_h2
        d_h2_d_w4 = (x[0] if Mistake.W4_USES_X0 in mistakes else x[1]) * slope_h2
        d_h2_d_b2 = slope_h2

        d_L_d_w1 = d_L_d_ypred * d_ypred_d_h1 * d_h1_d_w1
        if Mistake.ROUNDED_FACTORS in mistakes:
            rounded = -2 * (y_true - np.round(y_pred, 3))
            d_L_d_w1 = rounded * np.round(d_ypred_d_h1, 3) * np.round(d_h1_d_w1, 4)
        if Mistake.INVERTED_DERIVATIVE in mistakes:
            d_L_d_w1 = 1 / d_L_d_w1
        if Mistake.RATIO_FOR_DERIVATIVE in mistakes:
            d_L_d_w1 = (y_true - y_pred) ** 2 / self.w1

        return {
            "w1": d_L_d_w1,
            "w2": d_L_d_ypred * d_ypred_d_h1 * d_h1_d_w2,
            "w3": d_L_d_ypred * d_ypred_d_h2 * d_h2_d_w3,
            "w4": d_L_d_ypred * d_ypred_d_h2 * d_h2_d_w4,
            "w5": d_L_d_ypred * d_ypred_d_w5,
            "w6": d_L_d_ypred * d_ypred_d_w6,
            "b1": d_L_d_ypred * d_ypred_d_h1 * d_h1_d_b1,
            "b2": d_L_d_ypred * d_ypred_d_h2 * d_h2_d_b2,
            "b3": d_L_d_ypred * d_ypred_d_b3,
        }

    def finite_differences(self, x: Any, y_true: Any, step: float = 1e-5) -> dict[str, Any]:
        """Estimate the same nine by moving one parameter at a time, a step up and a step down.

        Knows nothing of derivatives, so it agrees with a right derivation and with no other. The
        central difference errs by about step² for the curve and 1e-16 / step for rounding.

        Parameters
        ----------
        x : sequence of two
            The sample.
        y_true : float
            Its right answer.
        step : float
            How far to move.

        Returns
        -------
        dict
            An estimate of ∂L/∂p for every name p in ``PARAMETERS``.
        """
        estimates = {}
        for name in PARAMETERS:
            kept = getattr(self, name)
            losses = []
            for moved in (kept + step, kept - step):
                setattr(self, name, moved)
                losses.append((y_true - self.feedforward(x)) ** 2)
            setattr(self, name, kept)
            estimates[name] = (losses[0] - losses[1]) / (2 * step)
        return estimates

    def train(
        self,
        data: Any,
        all_y_trues: Any,
        learn_rate: float = 0.1,
        epochs: int = 1000,
        report: Callable[[str], object] | None = print,
        after_epoch: Callable[[int], object] | None = None,
    ) -> None:
        """Descend the loss sample by sample, in the order of the table.

        Parameters
        ----------
        data : array-like
            The samples, shape (n, 2).
        all_y_trues : array-like
            Their right answers, shape (n,).
        learn_rate : float
            The share of the gradient, η, that each step takes off a parameter.
        epochs : int
            How many times to go through the table.
        report : callable, optional
            Receives the loss line of every tenth epoch; None for silence.
        after_epoch : callable, optional
            Called with the epoch's number after each one.
        """
        samples = samples_of(data, all_y_trues)
        for epoch in range(epochs):
            for x, y_true in samples:
                for name, gradient in self.gradients(x, y_true).items():
                    setattr(self, name, getattr(self, name) - learn_rate * gradient)
            if report is not None and epoch % 10 == 0:
                report(epoch_line(epoch, float(self.loss(samples)), self.mistakes))
            if after_epoch is not None:
                after_epoch(epoch)

    def loss(self, samples: Iterable[tuple[Any, Any]]) -> Any:
        """Give the mean squared error over pairs of sample and answer, one for each network."""
        return np.mean([(y_true - self.feedforward(x)) ** 2 for x, y_true in samples], axis=0)

    def _sigmoid(self, x: Any) -> Any:
        return sigmoid(x, self.mistakes)
