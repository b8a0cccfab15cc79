"""Batched networks in matrices: rows as samples, columns as samples, softmax, normalisation."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(5)


def cross_entropy(params, X, T):  # type: ignore[no-untyped-def]
    hidden = np.maximum(X @ params["W1"] + params["b1"], 0)
    scores = hidden @ params["W2"] + params["b2"]
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    penalty = 0.5 * 0.1 * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))
    return -np.sum(T * np.log(probs)) / X.shape[0] + penalty


softmax = Network(
    "softmax classifier",
    cross_entropy,
    {
        "W1": rng.normal(size=(4, 5)),
        "b1": rng.normal(size=5),
        "W2": rng.normal(size=(5, 3)),
        "b2": rng.normal(size=3),
    },
    (rng.normal(size=(6, 4)), np.eye(3)[[0, 2, 1, 1, 0, 2]]),
    """
def gradient(params, X, T):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = X.shape[0]
    pre = X @ W1 + b1
    hidden = np.maximum(0, pre)
    scores = hidden @ W2 + b2
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    dscores = probs.copy()
    dscores -= T
    dscores /= N
    grads = {}
    grads["W2"] = hidden.T @ dscores + 0.1 * W2
    grads["b2"] = dscores.sum(axis=0)
    dhidden = dscores @ W2.T
    dhidden[pre <= 0] = 0
    grads["W1"] = X.T @ dhidden + 0.1 * W1
    grads["b1"] = dhidden.sum(axis=0)
    return grads
""",
)
b = softmax.bug
b("no mean", "    dscores /= N\n", "", says=r"divided by `6`")
b("no relu", "    dhidden[pre <= 0] = 0\n", "", says=r"∂hidden/∂.*left out")
b("no penalty", "X.T @ dhidden + 0.1 * W1", "X.T @ dhidden", says=r"∂L/∂W1.*(0.1\*W1|missing)")
b(
    "penalty twice",
    "hidden.T @ dscores + 0.1 * W2",
    "hidden.T @ dscores + 0.2 * W2",
    says=r"∂L/∂W2.*(0.1\*W2|twice)",
)
b("plus labels", "dscores -= T", "dscores += T", says=r"T|probs|scores")
b("no labels", "    dscores -= T\n", "", says=r"T|probs|scores|missing")
b(
    "b1 mean",
    'grads["b1"] = dhidden.sum(axis=0)',
    'grads["b1"] = dhidden.mean(axis=0)',
    says=r"∂L/∂b1.*(1/6|mean)",
)
b("pre for hidden", "hidden.T @ dscores", "pre.T @ dscores", says=r"∂L/∂W2.*hidden")
b("b2 of N", "dscores.sum(axis=0)", "dscores.sum(axis=0) * N", says=r"∂L/∂b2.*6 times")


def binary(W1, b1, W2, b2, X, Y):  # type: ignore[no-untyped-def]
    m = X.shape[1]
    A1 = np.tanh(W1 @ X + b1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m


columns = Network(
    "samples in columns",
    binary,
    {
        "W1": rng.normal(size=(4, 2)),
        "b1": np.zeros((4, 1)),
        "W2": rng.normal(size=(1, 4)),
        "b2": np.zeros((1, 1)),
    },
    {"X": rng.normal(size=(2, 5)), "Y": np.array([[1, 0, 0, 1, 1]])},
    """
def gradient(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = 1 / (1 + np.exp(-Z2))
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
""",
)
b = columns.bug
b("no m in db1", "db1 = 1 / m *", "db1 =", says=r"∂L/∂b1.*5 times")
b("no m at all", "dZ2 = A2 - Y", "dZ2 = m * (A2 - Y)", says=r"every derivative is 5 times")
b("sign", "A2 - Y", "Y - A2", says=r"every derivative has the wrong sign")
b("no slope", " * (1 - np.power(A1, 2))", "", says=r"∂A1/∂.*left out")
b(
    "extra slope",
    "dZ2 = A2 - Y",
    "dZ2 = (A2 - Y) * A2 * (1 - A2)",
    says=r"∂A2/∂.*twice|p\*\(1 - p\)",
)
b("Z1 for A1", "np.dot(dZ2, A1.T)", "np.dot(dZ2, Z1.T)", says=r"∂L/∂W2.*`A1")
b("db all summed", "np.sum(dZ1, axis=1, keepdims=True)", "np.sum(dZ1)", says=r"b1.*shape|b1.*sum")
b(
    "axis",
    "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)",
    "db1 = 1 / m * np.sum(dZ1, axis=0, keepdims=True).T",
    says=r"b1.*shape",
)
b("relu forward", "A1 = np.tanh(Z1)", "A1 = np.maximum(Z1, 0)", says=r"`A1` is computed as `relu")
b(
    "first sample",
    "db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)",
    "db1 = dZ1[:, :1]",
    says=r"∂L/∂b1.*first",
)
b(
    "A1 transposed away",
    "dW1 = 1 / m * np.dot(dZ1, X.T)",
    "dW1 = 1 / m * np.dot(X, dZ1.T)",
    says=r"W1.*transposed",
)


def normalised(gamma, beta, W, X, Y):  # type: ignore[no-untyped-def]
    H = X @ W
    mu = np.mean(H, axis=0)
    centred = H - mu
    var = np.mean(centred**2, axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = centred / std
    out = gamma * xhat + beta
    return np.mean((out - Y) ** 2)


norm = Network(
    "batch normalisation",
    normalised,
    (np.ones(3), np.zeros(3), rng.normal(size=(4, 3))),
    (rng.normal(size=(6, 4)), rng.normal(size=(6, 3))),
    """
def gradient(gamma, beta, W, X, Y):
    N = len(X)
    H = X @ W
    mu = H.mean(axis=0)
    centred = H - mu
    var = (centred ** 2).mean(axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = centred / std
    out = gamma * xhat + beta
    dout = 2 * (out - Y) / out.size
    dgamma = (dout * xhat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dxhat = dout * gamma
    dstd = -(dxhat * centred).sum(axis=0) / std ** 2
    dvar = dstd / (2 * std)
    dcentred = dxhat / std + 2 * centred * dvar / N
    dmu = -dcentred.sum(axis=0)
    dH = dcentred + dmu / N
    return dgamma, dbeta, X.T @ dH
""",
)
b = norm.bug
b("no mu", "dcentred + dmu / N", "dcentred", says=r"∂L/∂H.*(mu|sum\(H|missing)|mu.*missing")
b("mu plus", "dmu = -dcentred", "dmu = dcentred", says=r"through `sum\(H, axis=0\)`.*wrong sign")
b("no var", "dxhat / std + 2 * centred * dvar / N", "dxhat / std", says=r"missing|left out")
b("gamma missing", "dxhat = dout * gamma", "dxhat = dout", says=r"gamma")
b("no square", "/ std ** 2", "/ std", says=r"std")
b("half", "dstd / (2 * std)", "dstd / std", says=r"std|var|twice")
b(
    "dbeta mean",
    "dbeta = dout.sum(axis=0)",
    "dbeta = dout.mean(axis=0)",
    says=r"∂L/∂beta.*(1/6|mean)",
)
NETWORKS = [softmax, columns, norm]
