# ruff: noqa: E501 -- pieces of code as people write them
"""Single mistakes by several hands once more, written after the first were taught."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(2030)


def logistic(t):  # type: ignore[no-untyped-def]
    return 1.0 / (1.0 + np.exp(-t))


# --- all weights in one vector, two layers, softmax over one-hot labels ------------------------------


def unpacked(theta, X, T):  # type: ignore[no-untyped-def]
    W1, b1 = theta[:6].reshape(2, 3), theta[6:9]
    W2, b2 = theta[9:15].reshape(3, 2), theta[15:17]
    H = logistic(X @ W1 + b1)
    S = H @ W2 + b2
    P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
    return -(T * np.log(P)).sum() / X.shape[0]


A = Network(
    "again: one vector",
    unpacked,
    (rng.normal(size=17),),
    (rng.normal(size=(4, 2)), np.eye(2)[[0, 1, 1, 0]]),
    """
def gradient(theta, X, T):
    W1, b1, W2, b2 = theta[:6].reshape(2, 3), theta[6:9], theta[9:15].reshape(3, 2), theta[15:]
    H = 1/(1 + np.exp(-(X @ W1 + b1)))
    E = np.exp(H @ W2 + b2)
    P = E/E.sum(axis=1, keepdims=True)
    dS = (P - T)/X.shape[0]
    dH = dS @ W2.T
    dZ = dH*H*(1 - H)
    return np.concatenate([(X.T @ dZ).ravel(), dZ.sum(0), (H.T @ dS).ravel(), dS.sum(0)])
""",
)
b = A.bug
b(
    "W1's transposed",
    "(X.T @ dZ).ravel()",
    "(dZ.T @ X).ravel()",
    says=r"theta|`∂L/∂W1` is reshaped as if its axes were in the order \(1, 0\)",
)
b("b2 mean", "dS.sum(0)", "dS.mean(0)", says=r"theta.*(1/4|mean)")
b("P only", "(P - T)", "P", says=r"missing|taken as `p`")


# --- a recurrent cell over a batch, read at the end ---------------------------------------------------


def batched(cell, x, y):  # type: ignore[no-untyped-def]
    h = np.zeros((x.shape[0], 3))
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ cell["Wx"] + h @ cell["Wh"] + cell["b"])
    pred = h @ cell["Wy"]
    return ((pred - y) ** 2).mean()


B = Network(
    "again: a cell over a batch",
    batched,
    (
        {
            "Wx": rng.normal(size=(2, 3)),
            "Wh": rng.normal(size=(3, 3)),
            "b": rng.normal(size=3),
            "Wy": rng.normal(size=(3, 1)),
        },
    ),
    (rng.normal(size=(4, 3, 2)), rng.normal(size=(4, 1))),
    """
def gradient(cell, x, y):
    B, T, _ = x.shape
    hs = [np.zeros((B, 3))]
    for t in range(T):
        hs.append(np.tanh(x[:, t] @ cell["Wx"] + hs[-1] @ cell["Wh"] + cell["b"]))
    dpred = 2*(hs[-1] @ cell["Wy"] - y)/B
    grads = {k: np.zeros_like(v) for k, v in cell.items()}
    grads["Wy"] = hs[-1].T @ dpred
    dh = dpred @ cell["Wy"].T
    for t in range(T)[::-1]:
        da = dh*(1 - hs[t+1]**2)
        grads["Wx"] += x[:, t].T @ da
        grads["Wh"] += hs[t].T @ da
        grads["b"] += da.sum(axis=0)
        dh = da @ cell["Wh"].T
    return grads
""",
)
b = B.bug
b("Wh", 'da @ cell["Wh"].T', 'da @ cell["Wh"]', says=r"Wh.*Wh'\].T")
b("no Wh", 'dh = da @ cell["Wh"].T', "dh = da", says=r"Wh.*left out|leaves out the factor.*Wh|Wh")
b("batch order", "- y)/B", "- y[::-1])/B", says=r"reversed")


# --- several filters over a picture, a dense layer, a log loss ------------------------------------------


def seen(filters, offsets, dense, picture, label):  # type: ignore[no-untyped-def]
    score = 0.0
    for f in range(2):
        total = 0.0
        for i in range(2):
            for j in range(2):
                patch = picture[i : i + 3, j : j + 3]
                total = total + np.maximum(np.sum(patch * filters[f]) + offsets[f], 0.0)
        score = score + dense[f] * total / 4
    p = logistic(score)
    return -(label * np.log(p) + (1 - label) * np.log(1 - p))


C = Network(
    "again: two filters",
    seen,
    (rng.normal(size=(2, 3, 3)), rng.normal(size=2), rng.normal(size=2)),
    (rng.normal(size=(4, 4)), 1.0),
    """
def gradient(filters, offsets, dense, picture, label):
    z = np.zeros((2, 2, 2))
    for f in range(2):
        for i in range(2):
            for j in range(2):
                z[f, i, j] = np.sum(picture[i:i+3, j:j+3]*filters[f]) + offsets[f]
    pooled = np.maximum(z, 0).mean(axis=(1, 2))
    d = 1/(1 + np.exp(-dense @ pooled)) - label
    g_dense = d*pooled
    g_filters, g_offsets = np.zeros_like(filters), np.zeros_like(offsets)
    for f in range(2):
        for i in range(2):
            for j in range(2):
                if z[f, i, j] > 0:
                    g = d*dense[f]/4
                    g_filters[f] += g*picture[i:i+3, j:j+3]
                    g_offsets[f] += g
    return g_filters, g_offsets, g_dense
""",
)
b = C.bug
b("no 4", "dense[f]/4", "dense[f]", says=r"filters.*4 times")
b("= for +=", "g_filters[f] += g", "g_filters[f] = g", says=r"filters.*only the last|last")
b("filters flipped", "*filters[f])", "*filters[f][::-1, ::-1])", says=r"filters.*revers")
b("max pooling", ".mean(axis=(1, 2))", ".max(axis=(1, 2))", says=r"unexplained")

NETWORKS = [A, B, C]
