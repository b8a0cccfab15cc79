# ruff: noqa: E501 -- pieces of code as people write them
"""Single mistakes by several hands: matrices, in batches."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(2028)


def logistic(t):  # type: ignore[no-untyped-def]
    return 1.0 / (1.0 + np.exp(-t))


# --- as document 003: rows of people, one hidden layer, a step that writes into its arrays ---------


def vectorised(W0, W1, X, y):  # type: ignore[no-untyped-def]
    l1 = logistic(X @ W0)
    l2 = logistic(l1 @ W1)
    return 0.5 * np.sum((y - l2) ** 2)


A = Network(
    "hands: eleven lines",
    vectorised,
    [rng.normal(size=(3, 4)), rng.normal(size=(4, 1))],
    (np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1.0]]), np.array([[0, 1, 1, 0.0]]).T),
    """
def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))
def gradient(syn0, syn1, X, y):
    l1 = nonlin(np.dot(X, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    l2_error = y - l2
    l2_delta = l2_error * nonlin(l2, True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, True)
    syn1 += l1.T.dot(l2_delta)
    syn0 += X.T.dot(l1_delta)
""",
    learning_rate=1.0,
)
b = A.bug
b(
    "update first",
    "    l1_error = l2_delta.dot(syn1.T)",
    "    syn1 += l1.T.dot(l2_delta)\n    l1_error = l2_delta.dot(syn1.T)",
    "    syn1 += l1.T.dot(l2_delta)\n    syn0 +=",
    "    syn0 +=",
    says=r"∂L/∂W0.*`W1`.*updated",
)
b("mean", "l2_error = y - l2", "l2_error = (y - l2) / len(X)", says=r"every derivative is 1/4 ")
b("sum of rows", "y - l2", "y - l2.mean(axis=0)", says=r"mean")


# --- columns are samples, binary cross-entropy -----------------------------------------------------


def columns(parameters, X, Y):  # type: ignore[no-untyped-def]
    m = X.shape[1]
    A1 = np.tanh(parameters["W1"] @ X + parameters["b1"])
    A2 = logistic(parameters["W2"] @ A1 + parameters["b2"])
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m


B = Network(
    "hands: samples in columns",
    columns,
    (
        {
            "W1": rng.normal(size=(4, 2)),
            "b1": np.zeros((4, 1)),
            "W2": rng.normal(size=(1, 4)),
            "b2": np.zeros((1, 1)),
        },
    ),
    (rng.normal(size=(2, 5)), np.array([[0, 1, 1, 0, 1.0]])),
    """
def forward(parameters, X, Y):
    W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = 1 / (1 + np.exp(-Z2))
    return {"A1": A1, "A2": A2}
def gradient(parameters, X, Y):
    m = X.shape[1]
    cache = forward(parameters, X, Y)
    W2 = parameters["W2"]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
""",
)
b = B.bug
b(
    "db1 over the units",
    "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)",
    "db1 = 1 / m * np.sum(dZ1) * np.ones((4, 1))",
    says=r"b1.*sums over all axes",
)
b(
    "dW2 with X",
    "db1 = 1 / m * np.sum(dZ1, axis",
    "db1 = 1 / m * np.sum(dZ1 * A1, axis",
    says=r"b1.*A1",
)
b(
    "W2 untouched",
    "np.dot(W2.T, dZ2)",
    "np.dot(np.ones((4, 1)), dZ2)",
    says=r"`∂L/∂A1` only adds up `∂L/∂.*`, without the factor `parameters\['W2'\]`",
)


# --- a list of layers, relu, softmax, labels that are integers -------------------------------------


def classes(layers, X, labels):  # type: ignore[no-untyped-def]
    (W, b), (V, c) = layers
    hidden = np.maximum(0.0, X @ W + b)
    scores = hidden @ V + c
    log_z = np.log(np.sum(np.exp(scores), axis=1))
    return np.mean(log_z - scores[np.arange(5), labels])


C = Network(
    "hands: classes",
    classes,
    (
        [
            (rng.normal(size=(3, 4)), rng.normal(size=4)),
            (rng.normal(size=(4, 3)), rng.normal(size=3)),
        ],
    ),
    (rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 2])),
    """
def gradient(layers, X, labels):
    acts = [X]
    for k, (W, b) in enumerate(layers):
        z = acts[-1] @ W + b
        acts.append(np.maximum(z, 0) if k < len(layers) - 1 else z)
    e = np.exp(acts[-1] - acts[-1].max(axis=1, keepdims=True))
    delta = e / e.sum(axis=1, keepdims=True)
    delta[np.arange(len(X)), labels] -= 1
    delta /= len(X)
    grads = []
    for k in reversed(range(len(layers))):
        W, b = layers[k]
        grads.append((acts[k].T @ delta, delta.sum(axis=0)))
        delta = delta @ W.T
        if k > 0:
            delta[acts[k] <= 0] = 0
    return grads[::-1]
""",
)
b = C.bug
b("wrong axis", "e.sum(axis=1, keepdims=True)", "e.sum(axis=0, keepdims=True)", says=r"axis=0")
b("bias mean", "delta.sum(axis=0)", "delta.mean(axis=0)", says=r"1/5|mean")
b(
    "gate at delta",
    "delta[acts[k] <= 0] = 0",
    "delta[delta <= 0] = 0",
    says=r"relu|cut|∂L/∂hidden|taken|positive",
)
b(
    "half of the labels",
    "np.arange(len(X)), labels]",
    "np.arange(3), labels[:3]]",
    says=r"scores|left out|missing",
)

NETWORKS = [A, B, C]
