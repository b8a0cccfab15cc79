"""A neuron is one line, and its derivative costs one more.

A neuron weighs its inputs, adds a bias and squashes the sum into (0, 1). Written with Values it
is the same line as with numbers; but a Value remembers what it was made from, so ``backward()``
can go back from the output and leave in every weight how much the output would follow it.

The slope of the sigmoid at 7 is tiny. This neuron has made up its mind, and no weight moves it
much: the reason why saturated networks learn slowly.
"""

from microgradnet import Value
from microgradnet.ops.special import sigmoid

w1, w2, b = Value(0.0, label="w1"), Value(1.0, label="w2"), Value(4.0, label="b")
x1, x2 = 2.0, 3.0

y = sigmoid(w1 * x1 + w2 * x2 + b)
print(f"y = {y.data}")
assert abs(y.data - 0.9990889488055994) < 1e-15  # the documents' figure

y.backward()
slope = y.data * (1 - y.data)
for p, x in ((w1, x1), (w2, x2), (b, 1.0)):
    print(f"dy/d{p.label:2} = {p.grad:.8f}")
    assert abs(p.grad - x * slope) < 1e-15
