"""A derivative is an ordinary function, so it can be differentiated again.

``grad(grad(f))`` is the second derivative, and so on to any order. For a function of many
numbers ``hessian`` gives the whole matrix, ``hvp`` its product with one vector without ever
forming it: as cheap as a few gradients, whatever the size. Newton's method needs exactly that,
and here it finds the bottom of Rosenbrock's valley in a few steps where descent takes thousands.
"""

import numpy as np

from microgradnet import grad, hessian, hvp

derivative = np.sin
for order, expected in enumerate((np.cos(0.3), -np.sin(0.3), -np.cos(0.3), np.sin(0.3)), 1):
    derivative = grad(derivative)
    print(f"order {order} of sin at 0.3: {derivative(0.3):+.6f}")
    assert abs(derivative(0.3) - expected) < 1e-14


def valley(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


x = np.array([-1.2, 1.0])
H = hessian(valley)(x)
v = np.array([1.0, 2.0])
assert np.allclose(H, H.T)
assert np.allclose(hvp(valley, (x,), (v,)), H @ v)

for step in range(1, 10):
    x = x - np.linalg.solve(hessian(valley)(x), grad(valley)(x))
    print(f"Newton step {step}: x = {x}, valley = {valley(x):.1e}")
    if np.allclose(x, 1, rtol=0, atol=1e-8):
        break
assert step <= 7
