"""A gradient check says which number is wrong, by how much, and how sure it is.

The documents' hand-derived step multiplies ``d_h2_d_w4`` by x[0] where x[1] belongs. The check
knows nothing of networks: it compares the reported gradient with slopes of the loss itself,
number by number, and derives its tolerance from the loss's own roundoff. So it finds the
mistake also at Bob, untouched by the shift, where a neuron is saturated and every gradient is
smaller than 1e-50; a tolerance made for ordinary numbers would let everything pass there.
"""

import numpy as np

from microgradnet.testing import gradcheck
from microgradnet.tutorial.by_hand import OurNeuralNetwork
from microgradnet.tutorial.data import PARAMETERS, RAW
from microgradnet.tutorial.evidence import ALICE, ONES
from microgradnet.tutorial.mistakes import Mistake


def check(parameters, x, y, mistake=Mistake.NONE):
    def loss(*p):
        return (y - OurNeuralNetwork(parameters=p).feedforward(x)) ** 2

    def by_hand(*p):
        found = OurNeuralNetwork(parameters=p, mistakes=mistake).gradients(x, y)
        return tuple(found[name] for name in PARAMETERS)

    return gradcheck(loss, *map(float, parameters), grad=by_hand, names=PARAMETERS)


x, y = ALICE
print("Alice, as the documents have it")
report = check(ONES, x, y, Mistake.W4_USES_X0)
print(report)
assert [e.name for e in report.rows if e.verdict == "wrong"] == ["w4"]
assert abs(report.rows[0].ratio - x[0] / x[1]) < 1e-9  # -2 in place of -1
assert check(ONES, x, y).passed  # put right, all nine pass

print("\nBob, 160 pounds and 72 inches")
bob = list(ONES)
bob[2:4] = -0.4, -0.8  # w3 and w4: the second neuron is as good as off
report = check(bob, RAW[1], 0.0, Mistake.W4_USES_X0)
print(report)
worst = report.rows[0]
assert worst.name == "w4" and worst.verdict == "wrong"
assert 0 < abs(worst.slope.value) < 1e-50
assert np.isclose(worst.ratio, 160 / 72)
