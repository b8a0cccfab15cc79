"""The hand-derived network gives the documents' figures, to the last digit that they print."""

from __future__ import annotations

import numpy as np
import pytest

from microgradnet.tutorial.by_hand import (
    Neuron,
    OurNeuralNetwork,
    OurNeuralNetworks,
    deriv_sigmoid,
    epoch_line,
    mse_loss,
    sigmoid,
)
from microgradnet.tutorial.data import ALL_Y_TRUES, DATA, EMILY, FRANK, PARAMETERS, samples_of
from microgradnet.tutorial.evidence import ALICE, ONES
from microgradnet.tutorial.mistakes import AS_DOCUMENT_000, Mistake


def test_dot_product() -> None:
    assert np.dot([1, 2], [3, 2]) == 7


@pytest.mark.parametrize(("x", "y"), [([2, 3], 0.9990889488055994), ([1, 1], 0.9933071490757153)])
def test_neuron(x: list[int], y: float) -> None:
    assert Neuron(np.array([0, 1]), 4).feedforward(np.array(x)) == y


def test_sigmoid_of_seven_is_the_neurons_output() -> None:
    assert sigmoid(7) == 0.9990889488055994


def test_network_of_neurons() -> None:
    assert OurNeuralNetworks().feedforward(np.array([2, 3])) == 0.7216325609518421


def test_mse_loss() -> None:
    assert mse_loss([1, 0, 0, 1], [0, 0, 0, 0]) == 0.5
    assert mse_loss(np.array([1, 0, 0, 1]), np.array([0, 0, 0, 0])) == 0.5


def test_alice_every_factor() -> None:
    network = OurNeuralNetwork(parameters=ONES)
    x, y_true = ALICE
    sum_h1, h1, sum_h2, h2, sum_o1, y = network.forward(x)
    assert (sum_h1, sum_h2) == (-3, -3)
    assert h1 == h2 == 0.04742587317756678
    assert y == network.feedforward(x) == 0.5236951740839997
    assert -2 * (y_true - y) == -0.9526096518320006
    # Within a few units of the last place: another machine's exp may round the other way.
    assert network.w5 * deriv_sigmoid(sum_o1) == pytest.approx(
        0.24943853872512894, rel=1e-15, abs=0
    )
    assert x[0] * deriv_sigmoid(sum_h1) == pytest.approx(-0.09035331946182427, rel=1e-15, abs=0)
    gradients = network.gradients(x, y_true)
    assert gradients["w1"] == pytest.approx(0.02146953526581111, rel=1e-15, abs=0)


def test_alice_all_nine() -> None:
    gradients = OurNeuralNetwork(parameters=ONES).gradients(*ALICE)
    # From the documents' own factors: with w5 = 1, ∂y/∂h1 is also ∂y/∂b3; h1 = h2; x[1] is half
    # of x[0]; and a hidden bias sees 1 where w1 sees -2.
    w1, b3 = 0.02146953526581111, -0.9526096518320006 * 0.24943853872512894
    w5 = b3 * 0.04742587317756678
    expected = {"w1": w1, "w2": w1 / 2, "w3": w1, "w4": w1 / 2, "w5": w5, "w6": w5}
    expected |= {"b1": -w1 / 2, "b2": -w1 / 2, "b3": b3}
    assert list(gradients) == list(PARAMETERS)
    assert {k: float(v) for k, v in gradients.items()} == pytest.approx(expected, rel=1e-14, abs=0)


def test_loss_is_the_mean_over_the_samples() -> None:
    network = OurNeuralNetwork(3)
    y_preds = np.apply_along_axis(network.feedforward, 1, DATA)  # as the documents compute it
    assert network.loss(samples_of()) == pytest.approx(
        mse_loss(ALL_Y_TRUES, y_preds), rel=1e-14, abs=0
    )


def test_feedforward_of_columns_is_of_every_row() -> None:
    network = OurNeuralNetwork(3)
    each = [network.feedforward(row) for row in DATA]
    np.testing.assert_allclose(network.feedforward(DATA.T), each, rtol=1e-14)


def test_arrays_of_parameters_train_side_by_side() -> None:
    seeds = (4, 5)
    alone = [OurNeuralNetwork(seed) for seed in seeds]
    drawn = [network.parameters() for network in alone]
    together = OurNeuralNetwork(parameters=list(np.array(drawn).T))
    for network in (*alone, together):
        network.train(DATA, ALL_Y_TRUES, epochs=20, report=None)
    expected = np.array([network.parameters() for network in alone]).T
    np.testing.assert_allclose(np.array(together.parameters()), expected, rtol=1e-12)


def test_train_reports_every_tenth_epoch() -> None:
    lines: list[str] = []
    epochs: list[int] = []
    network = OurNeuralNetwork(0)
    network.train(DATA, ALL_Y_TRUES, epochs=21, report=lines.append, after_epoch=epochs.append)
    assert [line.split()[1] for line in lines] == ["0", "10", "20"]
    assert lines[-1] == f"Epoch 20 loss: {network.loss(samples_of()):.3f}"
    assert epochs == list(range(21))


def test_train_prints_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    OurNeuralNetwork(0).train(DATA, ALL_Y_TRUES, epochs=1)
    assert capsys.readouterr().out.startswith("Epoch 0 loss: 0.")


def test_epoch_line_of_the_documents() -> None:
    assert epoch_line(0, 0.1432) == "Epoch 0 loss: 0.143"
    written = epoch_line(0, 0.4588985952447696, AS_DOCUMENT_000)
    assert written == "Epoch %d loss: %.3f (0, 0.4588985952447696)"  # document 000's first line


def test_printing_a_tuple_is_what_the_variant_gives(capsys: pytest.CaptureFixture[str]) -> None:
    print("Epoch %d loss: %.3f", (10, 0.25))
    assert capsys.readouterr().out == epoch_line(10, 0.25, Mistake.PRINT_TUPLE) + "\n"


def test_default_is_the_right_code() -> None:
    assert OurNeuralNetwork().mistakes is Mistake.NONE


def test_finite_differences_leave_the_network_as_it_was() -> None:
    network = OurNeuralNetwork(1)
    before = network.parameters()
    network.finite_differences(*ALICE)
    assert network.parameters() == before


@pytest.mark.parametrize("learn_rate", [0.1, 0.5])
def test_trained_network_knows_emily_and_frank(learn_rate: float) -> None:
    network = OurNeuralNetwork(0)
    network.train(DATA, ALL_Y_TRUES, learn_rate, report=None)
    assert network.loss(samples_of()) < 0.003
    assert network.feedforward(EMILY) > 0.5 > network.feedforward(FRANK)
