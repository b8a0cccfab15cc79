"""Document 003's network in plain NumPy: three weights, one sigmoid, the derivative by hand.

The names are the document's. What it calls ``hidden`` is the network's output: there is no hidden
layer, and no bias either, so a row of zeros gets 0.5 however long the network trains.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .by_hand import sigmoid
from .mistakes import Mistake

__all__ = ["NeuralNetwork"]


class NeuralNetwork:
    """Three inputs, one sigmoid output; full-batch descent at a learning rate of 1.

    Parameters
    ----------
    inputs : array-like
        The samples, shape (n, 3).
    outputs : array-like
        Their right answers, shape (n, 1).
    mistakes : Mistake
        The document's mistakes to put back: ``DERIV_OF_PREACTIVATION``, ``DESCEND_MEAN_ABS``.

    Attributes
    ----------
    weights : ndarray
        Shape (3, 1), one half each to begin with.
    hidden : ndarray
        The network's output for every row, shape (n, 1), once it has been fed forward.
    error : ndarray
        ``outputs - hidden``.
    error_history, epoch_list : list
        Mean absolute error of each epoch, taken before its update, and the epochs' numbers. (The
        document's text calls the first one ``loss_history``.)

    Examples
    --------
    >>> from microgradnet.tutorial.data import INPUTS, OUTPUTS
    >>> network = NeuralNetwork(INPUTS, OUTPUTS)
    >>> network.train(epochs=100)
    >>> bool(network.error_history[-1] < network.error_history[0])
    True
    """

    def __init__(self, inputs: Any, outputs: Any, mistakes: Mistake = Mistake.NONE) -> None:
        self.inputs: NDArray[np.float64] = np.asarray(inputs, dtype=float)
        self.outputs: NDArray[np.float64] = np.asarray(outputs, dtype=float)
        self.weights: Any = np.array([[0.50], [0.50], [0.50]])
        self.error_history: list[float] = []
        self.epoch_list: list[int] = []
        self.mistakes = mistakes

    def sigmoid(self, x: Any, deriv: bool = False) -> Any:
        """Squash ``x``; with ``deriv``, give the slope where the *activation* is ``x``.

        Parameters
        ----------
        x : ndarray
            The pre-activation or, with ``deriv``, the activation: f' = f (1 - f), and ``x`` is f.
        deriv : bool
            Ask for the slope.

        Returns
        -------
        ndarray
            Of the shape of ``x``.
        """
        if deriv:
            return x * (1 - x)
        return sigmoid(x)

    def feed_forward(self) -> None:
        """Compute the output for every row."""
        self.hidden: Any = self.sigmoid(np.dot(self.inputs, self.weights))

    def backpropagation(self) -> None:
        """Take one step down the gradient of half the summed squared error.

        L = ½ Σ (y - ŷ)² has ∂L/∂w = -Xᵀ((y - ŷ) ŷ (1 - ŷ)); the document adds the right-hand side
        without its minus, which is a step of learning rate 1.
        """
        self.error: Any = self.outputs - self.hidden
        if Mistake.DERIV_OF_PREACTIVATION in self.mistakes:
            slope = self.sigmoid(np.dot(self.inputs, self.weights), deriv=True)
        else:
            slope = self.sigmoid(self.hidden, deriv=True)
        if Mistake.DESCEND_MEAN_ABS in self.mistakes:
            delta = np.sign(self.error) / self.error.size * slope
        else:
            delta = self.error * slope
        self.weights = self.weights + np.dot(self.inputs.T, delta)

    def train(self, epochs: int = 25000) -> None:
        """Feed forward and back, keeping the mean absolute error of every epoch.

        Parameters
        ----------
        epochs : int
            How many steps to take; each uses every row.
        """
        for epoch in range(epochs):
            self.feed_forward()
            self.backpropagation()
            self.error_history.append(float(np.average(np.abs(self.error))))
            self.epoch_list.append(epoch)

    def predict(self, new_input: Any) -> NDArray[np.float64]:
        """Give the output for new rows.

        Parameters
        ----------
        new_input : array-like
            Shape (m, 3).

        Returns
        -------
        ndarray
            Shape (m, 1).
        """
        prediction: NDArray[np.float64] = self.sigmoid(np.dot(new_input, self.weights))
        return prediction

    def half_squared_error(self) -> float:
        """Give ½ Σ (y - ŷ)², the loss that :meth:`backpropagation` descends."""
        return float(0.5 * np.sum((self.outputs - self.predict(self.inputs)) ** 2))
