"""An operation of your own is one declaration: the function, and its partial derivative.

From the one line the operation gets everything that the built-in ones have: scalars and arrays,
``backward()``, forward mode, broadcasting, second derivatives. The derivative is a formula in
ordinary NumPy of the result ``z`` and the arguments, so it is differentiable itself.
"""

import numpy as np

from microgradnet import Value, elementwise, grad, jvp

softsign = elementwise(
    lambda x: x / (1 + np.abs(x)),
    lambda z, x: 1 / (1 + np.abs(x)) ** 2,
    name="demo_softsign",
)

x = Value(np.array([-2.0, 0.5, 3.0]))
np.sum(softsign(x)).backward()
print(f"softsign' at {x.data}: {x.grad}")
assert np.allclose(x.grad, 1 / (1 + np.abs(x.data)) ** 2)

assert softsign(3.0) == 0.75  # plain numbers pass straight through
assert grad(softsign)(3.0) == 1 / 16
assert abs(grad(grad(softsign))(3.0) - -2 / 64) < 1e-15  # order two, from the same line

y, slope = jvp(softsign, (0.5,), (1.0,))  # and forward mode
print(f"forward mode at 0.5: {y:.4f}, {slope:.4f}")
assert abs(slope - 1 / 1.5**2) < 1e-15
