"""A network is neurons that feed neurons: one formula serves a row, a table and a Value.

Two hidden neurons see the two inputs; the output neuron sees the two hidden ones. The same three
lines predict for one person, for a whole table at once (columns in, column out), and for a Value,
where the question becomes: which way would the person have to change to be taken for another?
"""

import numpy as np

from microgradnet import Value
from microgradnet.tutorial.data import ALL_Y_TRUES, DATA, NAMES
from microgradnet.tutorial.from_values import OurNeuralNetwork, OurNeuralNetworks

# Document 000's first network: every neuron has w = [0, 1] and b = 0.
y = OurNeuralNetworks().feedforward(np.array([2, 3]))
print(f"[2, 3] -> {y.data}")
assert abs(y.data - 0.7216325609518421) < 1e-15

network = OurNeuralNetwork(seed=0)
network.train(DATA, ALL_Y_TRUES, epochs=300, report=None)

table = network.predict(DATA.T)  # x[0] and x[1] are whole columns here
rows = [network.predict(row) for row in DATA.tolist()]
for name, y in zip(NAMES, table, strict=True):
    print(f"{name:8} -> {y:.3f}")
assert np.allclose(table, rows)

alice = Value(DATA[0])
network.feedforward(alice).backward()
print(f"Alice would be less surely female with more weight and height: {alice.grad}")
assert np.all(alice.grad < 0)
