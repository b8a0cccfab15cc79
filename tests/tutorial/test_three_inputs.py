"""Document 003's network, by hand and from a Value: predictions, history, and what it descends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from microgradnet.ops.special import sigmoid
from microgradnet.transforms import grad
from microgradnet.tutorial import from_values, three_inputs
from microgradnet.tutorial.data import INPUTS, NEW_EXAMPLES, OUTPUTS
from microgradnet.tutorial.mistakes import Mistake

CLASSES = [three_inputs.NeuralNetwork, from_values.NeuralNetwork]


@pytest.fixture(scope="module", params=CLASSES, ids=["by hand", "from a Value"])
def trained(request: pytest.FixtureRequest) -> Iterator[Any]:
    network = request.param(INPUTS, OUTPUTS)
    network.train()
    yield network


def weights(network: Any) -> Any:
    return np.asarray(getattr(network.weights, "data", network.weights))


def test_predictions_are_the_documents(trained: Any) -> None:
    one, two = trained.predict(NEW_EXAMPLES[:1]), trained.predict(NEW_EXAMPLES[1:])
    assert np.array2string(one, precision=8) == "[[0.99089925]]"
    assert np.array2string(two, precision=8) == "[[0.006409]]"


def test_history_is_of_every_epoch(trained: Any) -> None:
    assert trained.epoch_list == list(range(25000))
    assert len(trained.error_history) == 25000
    assert trained.error_history[0] == pytest.approx(0.4470709206343947, rel=1e-12)
    assert trained.error_history[5000] == pytest.approx(0.0899, abs=5e-5)
    assert trained.error_history[-1] == pytest.approx(0.0862, abs=5e-5)


def test_history_falls_much_then_steadies(trained: Any) -> None:
    history = trained.error_history
    assert history[0] - history[5000] > 50 * (history[5000] - history[-1])


def test_row_of_zeros_stays_at_a_half(trained: Any) -> None:
    assert trained.predict([[0, 0, 0]]).tolist() == [[0.5]]
    assert min(trained.error_history) > 0.5 / 6


def test_first_step_raises_the_first_weight_most() -> None:
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    network.train(1)
    w = network.weights.ravel()
    assert w[0] > 0.5 > max(w[1], w[2])


def test_value_network_follows_the_hand_derived_one() -> None:
    hand, auto = (make(INPUTS, OUTPUTS) for make in CLASSES)
    for _ in range(2000):
        hand.train(1)
        auto.train(1)
        # A step rounds by 1e-16 of weights below 11, and descent does not let errors grow.
        np.testing.assert_allclose(weights(auto), weights(hand), rtol=0, atol=1e-10)
    np.testing.assert_allclose(auto.error_history, hand.error_history, rtol=0, atol=1e-10)


@pytest.mark.slow
def test_value_network_ends_where_the_hand_derived_one_does() -> None:
    hand, auto = (make(INPUTS, OUTPUTS) for make in CLASSES)
    hand.train()
    auto.train()
    np.testing.assert_allclose(weights(auto), weights(hand), rtol=0, atol=1e-10)
    np.testing.assert_allclose(auto.error_history, hand.error_history, rtol=0, atol=1e-10)


def half_squared(w: Any) -> Any:
    return np.sum((OUTPUTS - sigmoid(np.dot(INPUTS, w))) ** 2) / 2


def mean_abs(w: Any) -> Any:
    return np.mean(np.abs(OUTPUTS - sigmoid(np.dot(INPUTS, w))))


@pytest.mark.parametrize(
    ("mistakes", "loss", "other"),
    [
        (Mistake.NONE, half_squared, mean_abs),
        (Mistake.DESCEND_MEAN_ABS, mean_abs, half_squared),
    ],
)
def test_step_is_down_the_gradient_of_its_own_loss(
    mistakes: Mistake, loss: Any, other: Any
) -> None:
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS, mistakes)
    network.train(3)
    before = network.weights
    network.train(1)
    step = before - network.weights
    np.testing.assert_allclose(step, grad(loss)(before), rtol=1e-12)
    assert not np.allclose(step, grad(other)(before), rtol=0.01)


def test_half_squared_error_is_what_the_gradient_is_of() -> None:
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    assert network.half_squared_error() == pytest.approx(half_squared(network.weights), rel=1e-14)


def test_descending_the_reported_loss_ends_elsewhere() -> None:
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS, Mistake.DESCEND_MEAN_ABS)
    network.train()
    one, two = network.predict(NEW_EXAMPLES).ravel()
    assert (round(one, 5), round(two, 5)) == (0.99906, 0.00048)


def test_deriv_expects_the_activation() -> None:
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS)
    x = np.linspace(-3, 3, 7)
    right = network.sigmoid(network.sigmoid(x), deriv=True)
    slopes = grad(lambda x: np.sum(sigmoid(x)))(x)
    np.testing.assert_allclose(right, slopes, rtol=1e-12)
    assert not np.any(np.isclose(network.sigmoid(x, deriv=True), slopes, rtol=0.01))


def test_deriv_of_the_preactivation_is_exposed_and_swings() -> None:
    network = three_inputs.NeuralNetwork(INPUTS, OUTPUTS, Mistake.DERIV_OF_PREACTIVATION)
    before = network.weights
    network.train(1)
    step, right = before - network.weights, grad(half_squared)(before)
    assert not np.any(np.isclose(step, right, rtol=0.01))
    network.train(24999)
    one, two = network.predict(NEW_EXAMPLES).ravel()
    assert network.error_history[-2:] == pytest.approx([0.395, 0.386], abs=5e-4)
    assert (round(one, 3), round(two, 3)) == (0.673, 0.431)
