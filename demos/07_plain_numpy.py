"""Plain NumPy is differentiable: there is no second numpy to import.

``loss`` below could be written by someone who has never heard of this library: it has
``np.linalg.solve``, ``np.einsum``, ``np.where``, slices and operators. Given arrays it is NumPy,
given Values it is recorded, and ``grad`` differentiates it as it stands.

It rates how well a ridge regression of strength ``exp(s)`` predicts what it was not fitted to;
its derivative by ``s`` goes through the solution of a linear system.
"""

import numpy as np

from microgradnet import grad, value_and_grad

random = np.random.default_rng(0)
X = random.normal(size=(40, 5))
y = X @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + random.normal(size=40)


def loss(s, X=X):
    X = np.where(np.abs(X) > 2, 2 * np.sign(X), X)  # tame the outliers
    fit, held_out = X[:25], X[25:]
    gram = np.einsum("ni,nj->ij", fit, fit)
    weights = np.linalg.solve(gram + np.exp(s) * np.eye(5), fit.T @ y[:25])
    return np.mean((held_out @ weights - y[25:]) ** 2)


s = 3.0
value, slope = value_and_grad(loss)(s)
step = 1e-5
finite = (loss(s + step) - loss(s - step)) / (2 * step)
print(f"loss {value:.6f}, slope {slope:.10f}, by finite differences {finite:.10f}")
assert value == loss(s)
assert abs(slope - finite) < 1e-8

by_data = grad(loss, argnums=1)(s, X)  # and by all 200 numbers of the table
print(f"gradient by the table: shape {by_data.shape}, largest {np.abs(by_data).max():.4f}")
assert np.all(by_data[np.abs(X) > 2] == 0)  # a clipped number moves nothing
