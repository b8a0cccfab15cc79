"""The doctor reads the code of a gradient: it says what to change, and in which line.

The loss is meant sample by sample, with inputs whose columns are standardised. The gradient was
derived for arrays, and is right but for one number: it takes the mean of each sample, not of each
column. No formula of the loss is wrong then, so that the numbers alone do not tell. So the doctor
changes the code, a line at a time, and runs it: the change after which it is right is the answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradnet.testing import diagnose


def loss(w: Any, b: Any, X: Any, y: Any) -> Any:
    """Give the mean squared error of tanh(w·z + b), z being a sample's standardised inputs."""
    rows, columns = len(X), len(X[0])
    total = 0.0
    for i in range(rows):
        z = b
        for k in range(columns):
            center = sum(X[n][k] for n in range(rows)) / rows
            spread = sum((X[n][k] - center) ** 2 for n in range(rows)) / rows
            z = z + w[k] * (X[i][k] - center) / np.sqrt(spread)
        total = total + (np.tanh(z) - y[i]) ** 2
    return total / rows


def by_hand(w: Any, b: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Give the gradient for w and b: wrong."""
    mu = X.mean(axis=1, keepdims=True)
    Z = (X - mu) / X.std(axis=0)
    a = np.tanh(Z @ w + b)
    delta = 2 * (a - y) * (1 - a**2) / len(X)
    return Z.T @ delta, delta.sum()


rng = np.random.default_rng(1)
example = rng.normal(size=(4, 2)), rng.normal(size=4)
found = diagnose(loss, by_hand, (rng.normal(size=2), 0.3), inputs=example)
line = by_hand.__code__.co_firstlineno + 2
print(found)
assert found.explained
wrong, right = (f"`mu = X.mean(axis={axis}, keepdims=True)`" for axis in (1, 0))
assert str(found) == f"{wrong} (line {line}) should be {right}"
before = by_hand.__code__
diagnose(loss, by_hand, (rng.normal(size=2), 0.3), inputs=example)
assert by_hand.__code__ is before  # afterwards the code is what it was
