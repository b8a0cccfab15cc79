"""The networks built from Values: the documents' figures, and the hand-derived twin's path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.tutorial import by_hand
from microgradnet.tutorial.data import (
    ALL_Y_TRUES,
    DATA,
    EMILY,
    FRANK,
    PARAMETERS,
    draw_parameters,
    samples_of,
)
from microgradnet.tutorial.evidence import ALICE, ONES
from microgradnet.tutorial.from_values import (
    Neuron,
    OurNeuralNetwork,
    OurNeuralNetworks,
    mse_loss,
)
from microgradnet.value import Value


@pytest.mark.parametrize(("x", "y"), [([2, 3], 0.9990889488055994), ([1, 1], 0.9933071490757153)])
def test_neuron(x: list[int], y: float) -> None:
    # A sigmoid that never overflows is written otherwise, and may round the last place otherwise.
    assert Neuron([0, 1], 4).feedforward(x).data == pytest.approx(y, rel=1e-15, abs=0)
    assert Neuron([0, 1], 4).feedforward(np.array(x)).data == pytest.approx(y, rel=1e-15, abs=0)


def test_neuron_differentiates_by_weights_bias_and_inputs() -> None:
    neuron, x = Neuron([0, 1], 4), Value([2.0, 3.0], label="x")
    neuron.feedforward(x).backward()
    slope = float(by_hand.deriv_sigmoid(7.0))
    np.testing.assert_allclose(neuron.weights.grad, [2 * slope, 3 * slope], rtol=1e-12)
    np.testing.assert_allclose(neuron.bias.grad, slope, rtol=1e-12)
    np.testing.assert_allclose(x.grad, [0, slope], rtol=1e-12)


def test_neuron_takes_values_that_it_is_given() -> None:
    weights, bias = Value([0.0, 1.0]), Value(4.0)
    neuron = Neuron(weights, bias)
    assert neuron.weights is weights and neuron.bias is bias


def test_network_of_neurons_and_its_gradient() -> None:
    network = OurNeuralNetworks()
    y = network.feedforward([2, 3])
    assert y.data == pytest.approx(0.7216325609518421, rel=1e-15, abs=0)
    y.backward()
    h = float(by_hand.sigmoid(3.0))
    slope = float(by_hand.deriv_sigmoid(h))
    np.testing.assert_allclose(network.o1.weights.grad, [slope * h, slope * h], rtol=1e-12)
    # o1 weighs h1 with 0 and h2 with 1.
    inner = slope * float(by_hand.deriv_sigmoid(3.0))
    np.testing.assert_allclose(network.h1.weights.grad, [0, 0], atol=0)
    np.testing.assert_allclose(network.h2.weights.grad, [2 * inner, 3 * inner], rtol=1e-12)


def test_mse_loss_of_numbers_is_a_number() -> None:
    assert mse_loss([1, 0, 0, 1], [0, 0, 0, 0]) == 0.5


def test_mse_loss_of_values() -> None:
    y_pred = Value(np.zeros(4))
    loss = mse_loss(np.array([1, 0, 0, 1]), y_pred)
    assert loss.data == 0.5
    loss.backward()
    assert y_pred.grad.tolist() == [-0.5, 0, 0, -0.5]


def test_alice_all_nine() -> None:
    network = OurNeuralNetwork(parameters=ONES)
    x, y_true = ALICE
    y = network.feedforward(x)
    assert y.data == pytest.approx(0.5236951740839997, rel=1e-15, abs=0)
    auto = network.gradients(x, y_true)
    assert list(auto) == list(PARAMETERS)
    hand = by_hand.OurNeuralNetwork(parameters=ONES).gradients(x, y_true)
    assert auto == pytest.approx({k: float(v) for k, v in hand.items()}, rel=1e-14, abs=0)
    assert auto["w1"] == pytest.approx(0.02146953526581111, rel=1e-15, abs=0)


def test_gradients_of_one_sample_do_not_add_to_the_last() -> None:
    network = OurNeuralNetwork(parameters=ONES)
    assert network.gradients(*ALICE) == network.gradients(*ALICE)


def test_parameters_are_labelled_python_floats() -> None:
    network = OurNeuralNetwork(5)
    assert [p.label for p in network.parameters()] == list(PARAMETERS)
    assert tuple(p.data for p in network.parameters()) == draw_parameters(5)
    network.train(DATA, ALL_Y_TRUES, epochs=1, report=None)
    assert {type(p.data) for p in network.parameters()} == {float}


@pytest.mark.parametrize("kind", [list, np.array, lambda row: [Value(float(v)) for v in row]])
def test_feedforward_takes_lists_arrays_and_values(kind: Any) -> None:
    network = OurNeuralNetwork(3)
    y = network.feedforward(kind([-7, -3]))
    expected = by_hand.OurNeuralNetwork(3).feedforward([-7, -3])
    np.testing.assert_allclose(y.data, expected, rtol=1e-14)


def test_feedforward_takes_one_value_of_two_entries() -> None:
    x = Value(np.array([-7.0, -3.0]))
    OurNeuralNetwork(parameters=ONES).feedforward(x).backward()
    assert x.grad.shape == (2,)
    assert x.grad[0] == x.grad[1] > 0  # all weights are 1


def test_predict_of_columns_is_of_every_row() -> None:
    network = OurNeuralNetwork(3)
    each = [network.predict(row) for row in DATA.tolist()]
    np.testing.assert_allclose(network.predict(DATA.T), each, rtol=1e-14)


def test_predict_records_nothing() -> None:
    network = OurNeuralNetwork(3)
    assert type(network.predict([-7.0, -3.0])) is float
    assert all(p.grad is None for p in network.parameters())


def paths(seed: int, learn_rate: float, epochs: int) -> tuple[Any, Any]:
    """Train both twins and keep all nine parameters after every epoch."""
    auto, hand = OurNeuralNetwork(seed), by_hand.OurNeuralNetwork(seed)
    of_auto: list[list[float]] = []
    of_hand: list[list[float]] = []
    auto.train(
        DATA,
        ALL_Y_TRUES,
        learn_rate,
        epochs,
        report=None,
        after_epoch=lambda _: of_auto.append([p.data for p in auto.parameters()]),
    )
    hand.train(
        DATA,
        ALL_Y_TRUES,
        learn_rate,
        epochs,
        report=None,
        after_epoch=lambda _: of_hand.append([float(p) for p in hand.parameters()]),
    )
    return np.array(of_auto), np.array(of_hand)


@pytest.mark.parametrize("learn_rate", [0.1, 0.5])
def test_path_is_the_hand_derived_one_at_every_epoch(learn_rate: float) -> None:
    auto, hand = paths(0, learn_rate, 1000)
    assert auto.shape == (1000, 9)
    # Every step rounds by 1e-16 of numbers of size 1 to 10; 4,000 steps that contract.
    assert np.max(np.abs(auto - hand)) < 1e-10


@pytest.mark.slow
@pytest.mark.parametrize("learn_rate", [0.1, 0.5])
@pytest.mark.parametrize("seed", range(1, 10))
def test_path_is_the_hand_derived_one_for_more_seeds(seed: int, learn_rate: float) -> None:
    auto, hand = paths(seed, learn_rate, 1000)
    assert np.max(np.abs(auto - hand)) < 1e-10


def test_loss_lines_are_the_hand_derived_ones(capsys: pytest.CaptureFixture[str]) -> None:
    OurNeuralNetwork(2).train(DATA, ALL_Y_TRUES, epochs=101)
    of_auto = capsys.readouterr().out
    by_hand.OurNeuralNetwork(2).train(DATA, ALL_Y_TRUES, epochs=101)
    assert of_auto == capsys.readouterr().out
    assert of_auto.splitlines()[10].startswith("Epoch 100 loss: 0.")


def test_trained_network_knows_emily_and_frank() -> None:
    network = OurNeuralNetwork(0)
    network.train(DATA, ALL_Y_TRUES, report=None)
    assert network.loss(samples_of()) < 0.003
    assert network.predict(EMILY) > 0.5 > network.predict(FRANK)
