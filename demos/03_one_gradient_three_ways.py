"""One gradient by hand, by autodiff and by finite differences: the three agree.

By hand, the chain rule is a page of partial derivatives, and the documents got it wrong twice.
Finite differences need no calculus: move a parameter a little and watch the loss; but they cost
two evaluations per parameter and lose half the digits. Autodiff applies the chain rule for you:
exact like the first, as little work for you as the second.
"""

from microgradnet import grad
from microgradnet.tutorial.data import PARAMETERS
from microgradnet.tutorial.evidence import ALICE, ONES
from microgradnet.tutorial.from_values import OurNeuralNetwork
from microgradnet.tutorial.three_ways import exposed, three_ways

rows = three_ways(ONES, *ALICE)
print(f"{'':7}{'by hand':>20}{'autodiff':>20}{'finite differences':>20}")
for name, by_hand, autodiff, finite in rows:
    print(f"dL/d{name:3}{by_hand:20.15f}{autodiff:20.15f}{finite:20.15f}")
    assert abs(finite - autodiff) < 1e-8
assert exposed(rows) == []
assert abs(rows[0].autodiff - 0.02146953526581111) < 1e-16


# The functional habit gives the same: grad of a loss, by w1.
def loss(w1):
    network = OurNeuralNetwork(parameters=ONES)
    network.w1 = w1
    x, y_true = ALICE
    return (y_true - network.feedforward(x)) ** 2


assert PARAMETERS[0] == "w1"
assert abs(grad(loss)(1.0) - rows[0].autodiff) < 1e-16
