"""What each of the documents' mistakes gives, beside what is right, both computed on the spot.

A function here returns a :class:`Comparison`; :mod:`~.documents` hangs one on every row of its
table that can be computed. What is right comes from autodiff wherever a derivative is in question.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from . import by_hand, from_values, three_inputs
from .data import (
    ALL_Y_TRUES,
    DATA,
    GENDERS,
    INPUTS,
    NEW_EXAMPLES,
    OUTPUTS,
    draw_parameters,
    samples_of,
)
from .mistakes import Mistake

__all__ = ["ALICE", "ONES", "Comparison", "Evidence"]

ONES = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
"""Weights 1, biases 0: where documents 002 and 004 work out ∂L/∂w1."""

ALICE = ((-2.0, -1.0), 1.0)
"""The one sample that they work it out for, and its right answer."""


class Comparison(NamedTuple):
    """One figure as the document has it and as it is."""

    what: str
    written: Any
    right: Any


Evidence = Callable[[], Comparison]


def _network(mistake: Mistake = Mistake.NONE) -> by_hand.OurNeuralNetwork:
    return by_hand.OurNeuralNetwork(parameters=ONES, mistakes=mistake)


def _gradient(mistake: Mistake, name: str) -> Comparison:
    """Compare one partial derivative at ``ONES``: by hand with the mistake, and by autodiff."""
    written = _network(mistake).gradients(*ALICE)[name]
    right = from_values.OurNeuralNetwork(parameters=ONES).gradients(*ALICE)[name]
    return Comparison(f"∂L/∂{name} for Alice", float(written), right)


def gradient(mistake: Mistake, name: str) -> Evidence:
    """Make the evidence that a mistake falsifies the partial derivative by parameter ``name``."""
    return partial(_gradient, mistake, name)


def _refusal(what: str, code: str, right: str) -> Comparison:
    try:
        compile(code, "document", "exec")
    except SyntaxError as error:
        return Comparison(what, type(error).__name__, right)
    return Comparison(what, "compiles", right)


def not_python(code: str) -> Evidence:
    """Make the evidence that a line printed as Python is none."""
    return partial(_refusal, "Python's answer", code, "compiles")


def _missing(name: str, right: str) -> Comparison:
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    found = [name if hasattr(network, name) else "AttributeError" for name in (name, right)]
    return Comparison(f"NeuralNetwork.{name}", *found)


def no_attribute(name: str, right: str) -> Evidence:
    """Make the evidence that document 003's class has no ``name``; it has ``right``."""
    return partial(_missing, name, right)


def sum_o1() -> Comparison:
    """Compare the output while training with the output when predicting."""
    written = _network(Mistake.SUM_O1_FROM_INPUTS).forward(ALICE[0]).o1
    return Comparison("y_pred for Alice", float(written), float(_network().feedforward(ALICE[0])))


def print_tuple() -> Comparison:
    """Compare the loss lines."""
    return Comparison(
        "the loss line",
        by_hand.epoch_line(10, 0.456, Mistake.PRINT_TUPLE),
        by_hand.epoch_line(10, 0.456),
    )


def sigmoid_comment() -> Comparison:
    """Compare the commented formula with the code, at 7."""
    written = by_hand.sigmoid(7.0, Mistake.SIGMOID_COMMENT)
    return Comparison("f(7)", float(written), float(by_hand.sigmoid(7.0)))


def exponent_sign() -> Comparison:
    """Compare the two derivatives of the sigmoid, at Alice's pre-activation -3."""
    written = by_hand.deriv_sigmoid(-3.0, Mistake.EXPONENT_SIGN)
    return Comparison("f'(-3)", float(written), float(by_hand.deriv_sigmoid(-3.0)))


def variance() -> Comparison:
    """Compare the variance of the errors with the mean of their squares."""
    y_true, y_pred = [1, 0, 0, 1], [0, 0, 0, 0]
    written = by_hand.mse_loss(y_true, y_pred, Mistake.VARIANCE_FOR_SQUARED_ERROR)
    return Comparison(
        "the loss of all zeros", float(written), float(by_hand.mse_loss(y_true, y_pred))
    )


def _neuron(bias: float, x: tuple[float, float]) -> float:
    return float(by_hand.Neuron([0, 1], bias).feedforward(x))


def bias_comment() -> Comparison:
    """Compare the neuron with the commented bias 0 and with the bias 4 that it has."""
    return Comparison("the neuron on [2, 3]", _neuron(0, (2, 3)), _neuron(4, (2, 3)))


def input_comment() -> Comparison:
    """Compare the neuron on the commented input and on the input that it is given."""
    return Comparison("the neuron on [1, 1]", _neuron(4, (2, 3)), _neuron(4, (1, 1)))


def x3_x4() -> Comparison:
    """Compare h2 from a sample's third and fourth entry with h2 from its two."""
    try:
        written: Any = _network(Mistake.X3_X4_FOR_X1_X2).forward(ALICE[0]).h2
    except IndexError as error:
        written = type(error).__name__
    return Comparison("h2 for Alice", written, float(_network().forward(ALICE[0]).h2))


def h3_for_b3() -> Comparison:
    """Compare ∂y/∂h1, got from ∂L/∂b1 by taking its other two factors away."""
    y_pred = float(_network().feedforward(ALICE[0]))
    others = -2 * (1 - y_pred) * float(by_hand.deriv_sigmoid(-3.0))
    written = _network(Mistake.H3_FOR_B3).gradients(*ALICE)["b1"] / others
    right = from_values.OurNeuralNetwork(parameters=ONES).gradients(*ALICE)["b1"] / others
    return Comparison("∂y/∂h1 for Alice", float(written), right)


def lost_terms() -> Comparison:
    """Compare o1 = f(++b_3), as the page has it, with the whole sum."""
    b_3 = 0.0  # what ++b_3 comes to
    written = by_hand.sigmoid(b_3)
    return Comparison("y_pred for Alice", float(written), float(_network().feedforward(ALICE[0])))


def gender_coding() -> Comparison:
    """Compare the text's code for a woman with the table's."""
    text = {"M": 1, "F": 0}
    return Comparison("Alice's y_true", text[GENDERS[0]], int(ALL_Y_TRUES[0]))


def negative_slope() -> Comparison:
    """Take one step of 0.1 on w1 where its slope is negative, and see where the loss goes."""
    network = by_hand.OurNeuralNetwork(parameters=(1, 1, 1, 1, -1, 1, 0, 0, 0))
    x, y_true = ALICE
    slope = float(network.gradients(x, y_true)["w1"])
    before = float((y_true - network.feedforward(x)) ** 2)
    network.w1 -= 0.1 * slope
    change = float((y_true - network.feedforward(x)) ** 2) - before
    return Comparison("L after the step", "rises", f"changes by {change:.1e}")


def random_order() -> Comparison:
    """Train twice from one start and count the parameters that come out different."""
    first, second = by_hand.OurNeuralNetwork(), by_hand.OurNeuralNetwork()
    for network in (first, second):
        network.train(DATA, ALL_Y_TRUES, epochs=3, report=None)
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    different = sum(a != b for a, b in pairs)
    return Comparison("what chance decides in training", "the sample", f"{different} of 9 numbers")


def total_loss() -> Comparison:
    """Compare the total of the four squared errors with what is printed."""
    samples = samples_of()
    mean = float(_network().loss(samples))
    return Comparison("the loss of the four", mean * len(samples), mean)


def unseeded() -> Comparison:
    """Compare the printed prediction for Emily with the same code's, from the seeds 0 to 29."""
    parameters = list(np.array([draw_parameters(seed) for seed in range(30)]).T)
    networks = by_hand.OurNeuralNetwork(parameters=parameters)
    networks.train(DATA, ALL_Y_TRUES, report=None)
    emily = networks.feedforward((-7, -3))
    return Comparison("Emily", 0.951, f"{emily.min():.3f} to {emily.max():.3f}")


def preactivation() -> Comparison:
    """Compare the first row's slope, f (1 - f) of the pre-activation and of the activation."""
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    total = float(np.dot(network.inputs, network.weights)[0, 0])
    activation = network.sigmoid(total)
    return Comparison(
        "the slope at 0.5",
        float(network.sigmoid(total, deriv=True)),
        float(network.sigmoid(activation, deriv=True)),
    )


def hidden_layer() -> Comparison:
    """Count the values that lie between the inputs and the prediction."""
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    network.feed_forward()
    between = int(np.sum(network.hidden != network.predict(INPUTS)))
    return Comparison("values between input and output", network.hidden.size, between)


def four_rows() -> Comparison:
    """Compare the shape in the text with the shape that six rows give."""
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    network.feed_forward()
    return Comparison("shape of the output", (4, 1), network.hidden.shape)


def mean_abs() -> Comparison:
    """Compare the slopes by the first weight: of the loss reported and of the loss descended."""
    slopes = []
    for mistake in (Mistake.DESCEND_MEAN_ABS, Mistake.NONE):
        network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS, mistake)
        network.train(1)
        slopes.append(float(0.5 - network.weights[0, 0]))
    return Comparison("∂L/∂w1 at the start", *slopes)


def new_examples() -> Comparison:
    """Count the "new" examples that are not training rows."""
    rows = INPUTS.tolist()
    return Comparison("new rows", 2, sum(row not in rows for row in NEW_EXAMPLES.tolist()))


def no_bias() -> Comparison:
    """Ask the trained network for the third training row, all zeros."""
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    network.train(1000)
    return Comparison("output for [0, 0, 0]", 0, float(network.predict([[0, 0, 0]])[0, 0]))


def small_slope() -> Comparison:
    """Compare the pull on a certain but wrong output with that on an undecided one."""
    undecided, wrong = ((0 - y) * y * (1 - y) for y in (0.5, 0.999))
    right = f"off by 0.999, moved {undecided / wrong:.0f} times less than 0.5 is"
    return Comparison("output 0.999, answer 0", "needs less change", right)
