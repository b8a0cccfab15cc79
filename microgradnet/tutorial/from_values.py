"""The documents' networks built from Values: only the forward formulas, no derivative by hand.

Each class has the name and the methods of its hand-derived twin in :mod:`~.by_hand` or
:mod:`~.three_inputs`; where those carry a page of partial derivatives, these call
``loss.backward()``. That the two agree is what the tutorial shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microgradnet.ops.special import sigmoid
from microgradnet.transforms import no_grad
from microgradnet.value import Value

from .by_hand import epoch_line
from .data import PARAMETERS, draw_parameters, samples_of

__all__ = ["NeuralNetwork", "Neuron", "OurNeuralNetwork", "OurNeuralNetworks", "mse_loss"]


def mse_loss(y_true: Any, y_pred: Any) -> Any:
    """Mean of the squared errors, of Values as of arrays.

    Parameters
    ----------
    y_true, y_pred : array-like or Value
        The right answers and the network's, of one shape.

    Returns
    -------
    Value or float
        The loss; a Value where ``y_pred`` is one.

    Examples
    --------
    >>> y_pred = Value([0.0, 0.0, 0.0, 0.0])
    >>> loss = mse_loss([1, 0, 0, 1], y_pred)
    >>> float(loss.data)
    0.5
    >>> loss.backward()
    >>> y_pred.grad.tolist()
    [-0.5, 0.0, 0.0, -0.5]
    """
    return np.mean(np.subtract(y_true, y_pred) ** 2)


class Neuron:
    """A neuron whose weights and bias are Values.

    Parameters
    ----------
    weights : array-like or Value
        One weight per input, shape (n,).
    bias : float or Value
        The bias.

    Examples
    --------
    >>> neuron = Neuron([0, 1], 4)
    >>> y = neuron.feedforward([2, 3])
    >>> float(y.data)
    0.9990889488055994
    >>> y.backward()
    >>> [round(float(g), 6) for g in neuron.weights.grad]  # slope of the sigmoid at 7, times x
    [0.00182, 0.002731]
    """

    def __init__(self, weights: Any, bias: Any) -> None:
        self.weights = _variable(weights, "weights")
        self.bias = _variable(bias, "bias")

    def feedforward(self, inputs: Any) -> Value:
        """Give the neuron's output for ``inputs``, shape (n,): numbers or Values."""
        total = np.dot(self.weights, inputs) + self.bias
        output: Value = sigmoid(total)
        return output


class OurNeuralNetworks:
    """Document 000's first network: three neurons with the same weights and bias.

    Examples
    --------
    >>> float(OurNeuralNetworks().feedforward([2, 3]).data)
    0.7216325609518421
    """

    def __init__(self) -> None:
        weights, bias = np.array([0, 1]), 0
        self.h1 = Neuron(weights, bias)
        self.h2 = Neuron(weights, bias)
        self.o1 = Neuron(weights, bias)

    def feedforward(self, x: Any) -> Value:
        """Give the network's output for ``x``, shape (2,)."""
        out_h1, out_h2 = self.h1.feedforward(x), self.h2.feedforward(x)
        # The inputs for o1 are the outputs from h1 and h2.
        return self.o1.feedforward(np.stack([out_h1, out_h2]))


class OurNeuralNetwork:
    """Two inputs, two hidden neurons (h1, h2), one output neuron (o1); nine Values.

    Parameters
    ----------
    seed : int
        Seed for :func:`~.data.draw_parameters`.
    parameters : sequence of float, optional
        Nine numbers in the order of ``PARAMETERS``, instead of drawn ones.

    Examples
    --------
    >>> alice = OurNeuralNetwork(parameters=[1, 1, 1, 1, 1, 1, 0, 0, 0])
    >>> loss = (1 - alice.feedforward([-2, -1])) ** 2
    >>> loss.backward()
    >>> round(alice.w1.grad, 15)
    0.021469535265811
    """

    def __init__(self, seed: int = 0, *, parameters: Sequence[float] | None = None) -> None:
        drawn = draw_parameters(seed) if parameters is None else parameters
        self.w1, self.w2, self.w3, self.w4, self.w5, self.w6, self.b1, self.b2, self.b3 = (
            Value(float(number), label=name) for number, name in zip(drawn, PARAMETERS, strict=True)
        )

    def parameters(self) -> tuple[Value, ...]:
        """Give the nine Values in the order of ``PARAMETERS``."""
        return (
            *(self.w1, self.w2, self.w3, self.w4, self.w5, self.w6),
            *(self.b1, self.b2, self.b3),
        )

    def feedforward(self, x: Any) -> Any:
        """Predict from ``x``: two numbers, two Values, or two arrays of one shape."""
        h1 = sigmoid(self.w1 * x[0] + self.w2 * x[1] + self.b1)
        h2 = sigmoid(self.w3 * x[0] + self.w4 * x[1] + self.b2)
        o1 = sigmoid(self.w5 * h1 + self.w6 * h2 + self.b3)
        return o1

    def predict(self, x: Any) -> Any:
        """Predict as plain numbers, recording no graph."""
        with no_grad():
            return self.feedforward(x).data

    def gradients(self, x: Any, y_true: float) -> dict[str, float]:
        """Let ``backward()`` find all nine partial derivatives of one sample's loss.

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
        parameters = self.parameters()
        for p in parameters:
            p.grad = None
        loss = (y_true - self.feedforward(x)) ** 2
        loss.backward()
        return {name: p.grad for name, p in zip(PARAMETERS, parameters, strict=True)}

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
        parameters = self.parameters()
        for epoch in range(epochs):
            for x, y_true in samples:
                for p in parameters:
                    p.grad = None
                loss = (y_true - self.feedforward(x)) ** 2
                loss.backward()
                for p in parameters:
                    p.data -= learn_rate * p.grad
            if report is not None and epoch % 10 == 0:
                report(epoch_line(epoch, self.loss(samples)))
            if after_epoch is not None:
                after_epoch(epoch)

    def loss(self, samples: Iterable[tuple[Any, Any]]) -> float:
        """Give the mean squared error over pairs of sample and answer."""
        return float(np.mean([(y_true - self.predict(x)) ** 2 for x, y_true in samples]))


class NeuralNetwork:
    """Document 003's network on one Value of three weights.

    Parameters
    ----------
    inputs : array-like
        The samples, shape (n, 3).
    outputs : array-like
        Their right answers, shape (n, 1).

    Attributes
    ----------
    weights : Value
        Shape (3, 1), one half each to begin with.
    hidden : Value
        The network's output for every row, shape (n, 1), once it has been fed forward.
    error : Value
        ``outputs - hidden``.
    error_history, epoch_list : list
        Mean absolute error of each epoch, taken before its update, and the epochs' numbers.

    Examples
    --------
    >>> from microgradnet.tutorial.data import INPUTS, OUTPUTS
    >>> network = NeuralNetwork(INPUTS, OUTPUTS)
    >>> network.train(epochs=10)
    >>> bool(network.error_history[-1] < network.error_history[0])
    True
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs: NDArray[np.float64] = np.asarray(inputs, dtype=float)
        self.outputs: NDArray[np.float64] = np.asarray(outputs, dtype=float)
        self.weights = Value(np.array([[0.50], [0.50], [0.50]]), label="weights")
        self.error_history: list[float] = []
        self.epoch_list: list[int] = []

    def feed_forward(self) -> None:
        """Compute the output for every row."""
        self.hidden: Any = sigmoid(np.dot(self.inputs, self.weights))

    def backpropagation(self) -> None:
        """Take one step of learning rate 1 down the gradient of half the summed squared error."""
        self.error: Any = self.outputs - self.hidden
        loss = np.sum(self.error**2) / 2
        self.weights.grad = None
        loss.backward()
        self.weights.data -= self.weights.grad

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
            self.error_history.append(float(np.average(np.abs(self.error.data))))
            self.epoch_list.append(epoch)

    def predict(self, new_input: Any) -> NDArray[np.float64]:
        """Give the output for new rows as plain numbers.

        Parameters
        ----------
        new_input : array-like
            Shape (m, 3).

        Returns
        -------
        ndarray
            Shape (m, 1).
        """
        with no_grad():
            prediction: NDArray[np.float64] = sigmoid(np.dot(new_input, self.weights)).data
        return prediction


def _variable(data: Any, label: str) -> Value:
    return data if isinstance(data, Value) else Value(data, label=label)
