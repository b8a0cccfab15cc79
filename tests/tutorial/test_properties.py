"""For any parameters and inputs: by hand, autodiff and finite differences agree on all nine.

With a mistake switched on, by hand stands alone, on exactly the parameters that it falsifies.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet.tutorial import by_hand, from_values
from microgradnet.tutorial.data import PARAMETERS, draw_parameters
from microgradnet.tutorial.mistakes import Mistake
from microgradnet.tutorial.three_ways import exposed, three_ways

# Up to |w x| = 3 * 25 + 3, which saturates every sigmoid.
parameters = st.lists(st.floats(-3, 3), min_size=9, max_size=9)
inputs = st.tuples(st.floats(-25, 25), st.floats(-25, 25))
answers = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)

# Where the mistakes must show, chance must not: a generic point has no entry that is zero or
# equal to another. Drawing it from a seed makes coincidences (of 1e-9) as good as impossible.
seeds = st.integers(0, 2**32 - 1)
generic_inputs = st.tuples(st.floats(0.25, 2), st.floats(-2, -0.25))
ALL = list(PARAMETERS)

FALSIFIES = {
    Mistake.NONE: [],
    Mistake.PRINT_TUPLE: [],
    Mistake.W4_USES_X0: ["w4"],
    Mistake.SUM_O1_FROM_INPUTS: ALL,
    Mistake.SIGMOID_COMMENT: ALL,
    Mistake.EXPONENT_SIGN: ALL,
    Mistake.VARIANCE_FOR_SQUARED_ERROR: ALL,
    Mistake.INVERTED_DERIVATIVE: ["w1"],
    Mistake.RATIO_FOR_DERIVATIVE: ["w1"],
    Mistake.ROUNDED_FACTORS: ["w1"],
    Mistake.H1_FOR_B1: ["w1"],
    Mistake.H3_FOR_B3: ["w1", "w2", "b1"],
}
OTHERS = (  # raises before it can differ; and document 003's, for which see test_three_inputs.py
    Mistake.X3_X4_FOR_X1_X2,
    Mistake.DERIV_OF_PREACTIVATION,
    Mistake.DESCEND_MEAN_ABS,
)


def test_every_mistake_is_accounted_for() -> None:
    assert {*FALSIFIES, *OTHERS} == {Mistake.NONE, *Mistake}


@given(parameters, inputs, answers)
def test_autodiff_is_the_hand_derivation(
    parameters: list[float], x: tuple[float, float], y_true: float
) -> None:
    hand = by_hand.OurNeuralNetwork(parameters=parameters).gradients(x, y_true)
    auto = from_values.OurNeuralNetwork(parameters=parameters).gradients(x, y_true)
    for name in PARAMETERS:
        # 1 - f loses all but 1e-16 / (1 - f) of its digits where f is near 1, in either one: an
        # absolute 1e-13 is that loss times factors of at most 2 * 3 * 25.
        assert auto[name] == pytest.approx(float(hand[name]), rel=1e-9, abs=1e-13)


@given(parameters, inputs, answers)
def test_finite_differences_agree(
    parameters: list[float], x: tuple[float, float], y_true: float
) -> None:
    for row in three_ways(parameters, x, y_true):
        # Curve: step²/6 times a third derivative, 1e-10 / 6 * 25³ * 3³ at its steepest (and 1e-2
        # of that where it is not); rounding: 1e-16 / 1e-5.
        assert row.finite_differences == pytest.approx(row.autodiff, rel=1e-6, abs=1e-5)


@given(seeds, generic_inputs, st.sampled_from([0.0, 1.0]))
def test_finite_differences_agree_closely_at_generic_points(
    seed: int, x: tuple[float, float], y_true: float
) -> None:
    for row in three_ways(draw_parameters(seed), x, y_true):
        # Third derivatives are below 2³ * 4³ here, mostly far below.
        assert row.finite_differences == pytest.approx(row.autodiff, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("mistake", FALSIFIES, ids=lambda mistake: mistake.name or "NONE")
@given(seed=seeds, x=generic_inputs, y_true=st.sampled_from([0.0, 1.0]))
def test_mistake_is_exposed_exactly_where_it_is(
    mistake: Mistake, seed: int, x: tuple[float, float], y_true: float
) -> None:
    with np.errstate(all="ignore"):  # document 000's comment overflows
        rows = three_ways(draw_parameters(seed), x, y_true, mistake)
    assert exposed(rows) == FALSIFIES[mistake]
    for row in rows:  # finite differences side with autodiff
        assert row.finite_differences == pytest.approx(row.autodiff, rel=1e-6, abs=1e-8)


@given(seeds, generic_inputs)
def test_sum_o1_falsifies_the_output_of_training_alone(seed: int, x: tuple[float, float]) -> None:
    drawn = draw_parameters(seed)
    network = by_hand.OurNeuralNetwork(parameters=drawn, mistakes=Mistake.SUM_O1_FROM_INPUTS)
    right = from_values.OurNeuralNetwork(parameters=drawn).predict(x)
    assert network.feedforward(x) == pytest.approx(right, rel=1e-12)
    assert network.forward(x).o1 != pytest.approx(right, rel=1e-9)


@given(seeds, generic_inputs)
def test_w4_falsifies_no_output(seed: int, x: tuple[float, float]) -> None:
    drawn = draw_parameters(seed)
    network = by_hand.OurNeuralNetwork(parameters=drawn, mistakes=Mistake.W4_USES_X0)
    right = by_hand.OurNeuralNetwork(parameters=drawn)
    assert network.forward(x) == right.forward(x)


@given(seeds, st.floats(0.25, 2))
def test_w4_is_right_where_the_two_inputs_are_equal(seed: int, x: float) -> None:
    rows = three_ways(draw_parameters(seed), (x, x), 1.0, Mistake.W4_USES_X0)
    assert exposed(rows) == []


@given(st.floats(-20, 20))
def test_deriv_sigmoid_is_the_documents_second_formula(x: float) -> None:
    # 004's e⁻ˣ / (1 + e⁻ˣ)², which 002 has as eˣ / (1 + e⁻ˣ)²; 1 - f loses digits as above.
    f = float(by_hand.sigmoid(-x))
    assert by_hand.deriv_sigmoid(x) == pytest.approx(f * float(by_hand.sigmoid(x)), rel=1e-7)


def test_exponent_sign_is_right_at_zero_and_nowhere_else() -> None:
    for x in (-2.0, 0.0, 2.0):
        written = by_hand.deriv_sigmoid(x, Mistake.EXPONENT_SIGN)
        assert bool(written == pytest.approx(by_hand.deriv_sigmoid(x))) is (x == 0)
