"""A wrong derivative can hide behind a falling loss; autodiff finds it in one comparison.

Two of the five documents multiply ``d_h2_d_w4`` by x[0] where x[1] belongs, and compute
``sum_o1`` from the inputs instead of the hidden neurons. The second ruins training, though a
reader sees only a loss that falls slowly. The first cannot be seen in the loss at all: the sign
stays right on this data, and all of thirty runs converge. Beside autodiff, both stand out.
"""

import numpy as np

from microgradnet.tutorial.by_hand import OurNeuralNetwork
from microgradnet.tutorial.data import ALL_Y_TRUES, DATA, PARAMETERS, draw_parameters, samples_of
from microgradnet.tutorial.evidence import ALICE, ONES
from microgradnet.tutorial.mistakes import Mistake
from microgradnet.tutorial.three_ways import exposed, three_ways

seeds = np.array([draw_parameters(seed) for seed in range(30)])


def runs_stuck(mistake):
    """Train thirty networks side by side; count those that stay above a loss of 0.1."""
    networks = OurNeuralNetwork(parameters=list(seeds.T), mistakes=mistake)
    networks.train(DATA, ALL_Y_TRUES, report=None)
    return int(np.sum(networks.loss(samples_of()) > 0.1))


expected = {
    Mistake.NONE: (0, []),
    Mistake.W4_USES_X0: (0, ["w4"]),
    Mistake.SUM_O1_FROM_INPUTS: (27, list(PARAMETERS)),
}
for mistake, (stuck, wrong) in expected.items():
    found = runs_stuck(mistake), exposed(three_ways(ONES, *ALICE, mistake))
    print(f"{mistake.name}: {found[0]} of 30 runs stuck; wrong derivatives: {found[1]}")
    assert found == (stuck, wrong)
