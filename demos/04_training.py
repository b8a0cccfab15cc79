"""Training is four lines in a loop: predict, measure, go back, step down.

The documents' 2-2-1 network learns to tell four people's gender from weight and height. Nothing
below knows a derivative. Every parameter is a Value, ``backward()`` fills in its ``grad``, and
assigning to ``data`` re-points the Value at a fresh leaf, so that no step can disturb another.
"""

import numpy as np

from microgradnet import Value
from microgradnet.ops.special import sigmoid
from microgradnet.tutorial.data import EMILY, FRANK, draw_parameters, samples_of

w1, w2, w3, w4, w5, w6, b1, b2, b3 = parameters = [Value(p) for p in draw_parameters(seed=0)]


def feedforward(x):
    h1 = sigmoid(w1 * x[0] + w2 * x[1] + b1)
    h2 = sigmoid(w3 * x[0] + w4 * x[1] + b2)
    return sigmoid(w5 * h1 + w6 * h2 + b3)


losses = []
for epoch in range(1000):
    for x, y_true in samples_of():
        loss = (y_true - feedforward(x)) ** 2
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data -= 0.1 * p.grad
    losses.append(np.mean([(y - feedforward(x).data) ** 2 for x, y in samples_of()]))
    if epoch % 100 == 0:
        print(f"Epoch {epoch} loss: {losses[-1]:.3f}")

emily, frank = feedforward(EMILY.tolist()).data, feedforward(FRANK.tolist()).data
print(f"Emily {emily:.3f}, Frank {frank:.3f} (1 is female)")
assert losses[-1] < 0.003 < losses[0]
assert emily > 0.5 > frank
