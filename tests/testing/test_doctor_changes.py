"""What is said of rounds in somebody's own code, and of right values that it could have used."""

from __future__ import annotations

from typing import Any

import numpy as np

from .test_doctor_repairs import said

RNG = np.random.default_rng(8)
PARAMS = (RNG.normal(size=2), RNG.normal(size=(3, 2)))
INPUTS = (RNG.normal(size=(2, 3, 3)),)


def mixed(K: Any, V: Any, X: Any) -> Any:
    """Two maps of each image, mixed in three ways."""
    total = 0.0
    for image in X:
        a = [np.tanh(K[c] * image) for c in range(2)]
        for f in range(3):
            z = V[f, 0] * a[0] + V[f, 1] * a[1]
            total = total + np.sum(np.sin(z))
    return total


MIXED = """
import numpy as np

def gradient(K, V, X):
    dK, dV = np.zeros_like(K), np.zeros_like(V)
    for image in X:
        a = np.tanh(K[:, None, None] * image)
        da = np.zeros_like(a)
        for f in range(3):
            dz = np.cos(V[f, 0] * a[0] + V[f, 1] * a[1])
            for c in range(2):
                dV[f, c] += np.sum(dz * a[c])
                da[c] += dz * V[f, c]
        for c in range(2):
            dK[c] += np.sum(da[c] * (1 - a[c] ** 2) * image)
    return dK, dV
"""


def test_an_index_that_should_go_with_the_rounds() -> None:
    found = said(mixed, MIXED.replace("dz * a[c]", "dz * a[0]"), PARAMS, INPUTS)
    assert found == "the index in `a[0]` (line 11) should go from 0 to 1 in turn"


def softmax(W: Any, X: Any, Y: Any) -> Any:
    s = X @ W
    return -np.sum(Y * (s - np.log(np.sum(np.exp(s), axis=1, keepdims=True)))) / len(X)


SOFTMAX = """
import numpy as np

def gradient(W, X, Y):
    e = np.exp(X @ W)
    p = e / e.sum(axis=1, keepdims=True)
    d = np.sqrt(p * p) * p
    d = np.abs(d) + p * Y / len(X)
    return (X.T @ d,)
"""


def test_a_derivative_is_said_as_the_difference_of_what_the_code_has() -> None:
    inputs = (RNG.normal(size=(4, 2)), np.eye(3)[[0, 2, 1, 1]])
    found = said(softmax, SOFTMAX, (RNG.normal(size=(2, 3)),), inputs)
    assert "should be `(p - Y)/4`" in found


def filtered(K: Any, b: Any, X: Any) -> Any:
    total = 0.0
    for c in range(2):
        for i in range(4):
            total = total + np.tanh(b[c] + K[c, 0] * X[i] + K[c, 1] * X[i + 1])
    return total


FILTERED = """
import numpy as np

def gradient(K, b, X):
    dK, db = np.zeros_like(K), np.zeros_like(b)
    for c in range(2):
        for i in range(4):
            s = b[c]
            for k in range(2):
                s = s + K[c, k] * X[i + k]
            d = 1 - np.tanh(s) ** 2
            db[c] += d
            for k in range(2):
                dK[c, k] += d * X[i + k]
    return dK, db
"""


def test_a_sum_that_is_not_begun_anew() -> None:
    loop, begins = "        for i in range(4):\n", "            s = b[c]\n"
    source = FILTERED.replace(loop + begins, begins[4:] + loop)
    params = (RNG.normal(size=(2, 2)), RNG.normal(size=2))
    found = said(filtered, source, params, (RNG.normal(size=5),))
    assert found == (
        "`s = b[0] + K[0, 0]*X[0]` (line 9) goes on from `s` (its value no. 2), where it should "
        "begin anew with `b[0]`"
    )


def recurrent(u: Any, w: Any, X: Any) -> Any:
    total = 0.0
    for x in X:
        h = 0.0
        for t in range(3):
            h = np.tanh(u * x[t] + w * h)
            total = total + h**2
    return total


def test_what_is_carried_back_begins_anew_with_each_sample() -> None:
    source = """
import numpy as np

def gradient(u, w, X):
    du, dw, later = 0.0, 0.0, 0.0
    for x in X:
        h = [0.0]
        for t in range(3):
            h.append(np.tanh(u * x[t] + w * h[t]))
        for t in (2, 1, 0):
            d = (2 * h[t + 1] + later) * (1 - h[t + 1] ** 2)
            du += d * x[t]
            dw += d * h[t]
            later = d * w
    return du, dw
"""
    found = said(recurrent, source, (0.7, -0.4), (RNG.normal(size=(2, 3)),))
    assert (
        found == "`2*h[3] + 0` (line 10) goes on from `later`, where it should begin anew with `0`"
    )
