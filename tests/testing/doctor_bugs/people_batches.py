"""Mistakes as several people would make them: batches, dropout, batch and layer norms."""

from __future__ import annotations

import numpy as np

from .network import collection, normal

NETWORKS, add = collection()
rng = np.random.default_rng(0)
R = normal(rng)


# ---- Gina: softmax, relu, one-hot, mean, weight decay
def net_g(W1, b1, W2, b2, X, Y):  # type: ignore[no-untyped-def]
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    return -(Y * np.log(P)).sum() / X.shape[0] + 0.01 * ((W1**2).sum() + (W2**2).sum()) / 2


G = add(
    "gina: softmax mlp",
    net_g,
    (R(3, 4), R(4), R(4, 3), R(3)),
    (R(5, 3), np.eye(3)[[0, 2, 1, 1, 0]]),
    """
def gradient(W1, b1, W2, b2, X, Y):
    m = X.shape[0]
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    E = np.exp(Z2 - Z2.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    dZ2 = (P - Y) / m
    dW2 = A1.T @ dZ2 + 0.01 * W2
    db2 = dZ2.sum(axis=0)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * (Z1 > 0)
    dW1 = X.T @ dZ1 + 0.01 * W1
    db1 = dZ1.sum(axis=0)
    return dW1, db1, dW2, db2
""",
)
G.bug("not divided", "dZ2 = (P - Y) / m", "dZ2 = P - Y", says=r"5|mean|batch|W1|sum")
G.bug("relu mask of dA1", "dA1 * (Z1 > 0)", "dA1 * (dA1 > 0)", says=r"Z1|A1|relu|max|deriv")
G.bug("multiplied with A1", "dA1 * (Z1 > 0)", "dA1 * A1", says=r"A1|Z1")
G.bug("decay once", "dW1 = X.T @ dZ1 + 0.01 * W1", "dW1 = X.T @ dZ1", says=r"W1")
G.bug("decay doubled", "dW2 = A1.T @ dZ2 + 0.01 * W2", "dW2 = A1.T @ dZ2 + 0.02 * W2", says=r"W2")
G.bug("Z1 in dW2", "dW2 = A1.T", "dW2 = Z1.T", says=r"Z1|W1|A1")
G.bug("Y - P", "(P - Y) / m", "(Y - P) / m", says=r"sign|-1|minus|times")
G.bug(
    "dW2 leaks to dA1 updated",
    "dA1 = dZ2 @ W2.T",
    "dA1 = dZ2 @ (W2 - 0.1 * dW2).T",
    says=r"W2.*(updat|new|already)|updat",
)
G.bug(
    "softmax over axis 0",
    "P = E / E.sum(axis=1, keepdims=True)",
    "P = E / E.sum(axis=0, keepdims=True)",
    says=r"axis|row|column|batch|sum",
)
G.bug(
    "no normalisation",
    "P = E / E.sum(axis=1, keepdims=True)",
    "P = E",
    says=r"`e - Y` where it should be .*, e being `exp\(Z2 - max\(Z2, axis=-1\)\)`",
)
G.bug("tanh forward", "A1 = np.maximum(Z1, 0)", "A1 = np.tanh(Z1)", says=r"tanh")


# ---- Hugo: integer labels, log-softmax, features in columns, sum loss
def net_h(p, X, labels):  # type: ignore[no-untyped-def]
    H = np.tanh(p["W1"] @ X + p["b1"])
    S = p["W2"] @ H + p["b2"]
    logZ = np.log(np.exp(S).sum(axis=0))
    n = X.shape[1]
    return (logZ - S[labels, np.arange(n)]).sum()


H = add(
    "hugo: columns, integer labels",
    net_h,
    {"W1": R(4, 2), "b1": R(4, 1), "W2": R(3, 4), "b2": R(3, 1)},
    {"X": R(2, 5), "labels": np.array([0, 2, 1, 1, 0])},
    """
def gradient(p, X, labels):
    H = np.tanh(p["W1"] @ X + p["b1"])
    S = p["W2"] @ H + p["b2"]
    probs = np.exp(S) / np.exp(S).sum(axis=0, keepdims=True)
    dS = probs.copy()
    dS[labels, np.arange(X.shape[1])] -= 1
    dH = p["W2"].T @ dS
    dZ = dH * (1 - H * H)
    db1, db2 = dZ.sum(axis=1, keepdims=True), dS.sum(axis=1, keepdims=True)
    return {"W1": dZ @ X.T, "b1": db1, "W2": dS @ H.T, "b2": db2}
""",
)
H.bug(
    "averaged whole",
    'dH = p["W2"].T @ dS',
    'dS = dS / X.shape[1]\n    dH = p["W2"].T @ dS',
    says=r"5|mean|batch",
)
H.bug("b1 of dH", "db1, db2 = dZ.sum", "db1, db2 = dH.sum", says=r"b1.*(tanh|H|deriv)")
H.bug(
    "b2 lost a sample", "dS.sum(axis=1", "dS[:, 1:].sum(axis=1", says=r"b2.*(sample|first|column|0)"
)


# ---- Ines: leaky relu, dropout mask, sum loss, list of layers
def net_i(params, X, mask, T):  # type: ignore[no-untyped-def]
    W1, b1, W2, b2 = params
    z = X @ W1 + b1
    h = np.where(z > 0, z, 0.1 * z)
    d = h * mask / 0.8
    out = d @ W2 + b2
    return 0.5 * ((out - T) ** 2).sum()


In = add(
    "ines: leaky, dropout",
    net_i,
    [R(3, 4), R(4), R(4, 2), R(2)],
    {"X": R(5, 3), "mask": (rng.random((5, 4)) < 0.8).astype(float), "T": R(5, 2)},
    """
def gradient(params, X, mask, T):
    W1, b1, W2, b2 = params
    z = X @ W1 + b1
    h = np.where(z > 0, z, 0.1 * z)
    d = h * mask / 0.8
    out = d @ W2 + b2
    dout = out - T
    dW2 = d.T @ dout
    db2 = dout.sum(0)
    dd = dout @ W2.T
    dh = dd * mask / 0.8
    dz = np.where(z > 0, dh, 0.1 * dh)
    dW1 = X.T @ dz
    db1 = dz.sum(0)
    return [dW1, db1, dW2, db2]
""",
)
In.bug("no mask back", "dh = dd * mask / 0.8", "dh = dd", says=r"`∂d/∂h` is left out")
In.bug("no scale back", "dh = dd * mask / 0.8", "dh = dd * mask", says=r"0\.8|1\.25")
In.bug("scale twice", "dh = dd * mask / 0.8", "dh = dd * mask / 0.8 / 0.8", says=r"5/4")
In.bug(
    "sign reversed",
    "np.where(z > 0, dh, 0.1 * dh)",
    "np.where(z < 0, dh, 0.1 * dh)",
    says=r"branches|where.z > 0, 0.1, 1",
)
In.bug("keep prob 0.2", "dh = dd * mask / 0.8", "dh = dd * mask / 0.2", says=r"4|0\.2")
In.bug("mean", "dout = out - T", "dout = (out - T) / out.size", says=r"10|mean")


# ---- Jan: batch norm
def net_j(W, gamma, beta, X, T):  # type: ignore[no-untyped-def]
    z = X @ W
    mu = z.mean(axis=0)
    var = ((z - mu) ** 2).mean(axis=0)
    xhat = (z - mu) / np.sqrt(var + 1e-5)
    y = gamma * xhat + beta
    return ((y - T) ** 2).mean()


J = add(
    "jan: batch norm",
    net_j,
    (R(3, 2), R(2), R(2)),
    (R(6, 3), R(6, 2)),
    """
def gradient(W, gamma, beta, X, T):
    N = X.shape[0]
    z = X @ W
    mu = z.mean(axis=0)
    var = ((z - mu) ** 2).mean(axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = (z - mu) / std
    y = gamma * xhat + beta
    dy = 2 * (y - T) / y.size
    dgamma = (dy * xhat).sum(axis=0)
    dbeta = dy.sum(axis=0)
    dxhat = dy * gamma
    dvar = (dxhat * (z - mu)).sum(axis=0) * -0.5 * std ** -3
    dmu = -(dxhat / std).sum(axis=0)
    dz = dxhat / std + dvar * 2 * (z - mu) / N + dmu / N
    return X.T @ dz, dgamma, dbeta
""",
)
J.bug(
    "no variance path",
    " + dvar * 2 * (z - mu) / N",
    "",
    says=r"`z - mu` of `\(z - mu\)\*\*2` in `∂L/∂z` is missing",
)
J.bug("no mean path", " + dmu / N", "", says=r"through `sum\(z, axis=0\)` in `∂L/∂z` is missing")
J.bug(
    "statistics constant",
    "dz = dxhat / std + dvar * 2 * (z - mu) / N + dmu / N",
    "dz = dxhat / std",
    says=r"(mu|var|mean|constant|std|z - )",
)
J.bug("gamma forgotten", "dxhat = dy * gamma", "dxhat = dy", says=r"gamma")
J.bug("std**-1 in dvar", "std ** -3", "std ** -1", says=r"var|std|sqrt")
J.bug("dvar sign", "* -0.5 *", "* 0.5 *", says=r"sign|var|sqrt|-1")
J.bug("mean over len", "2 * (y - T) / y.size", "2 * (y - T) / N", says=r"twice")


# ---- Kim: layer norm then linear
def net_k(p, X, T):  # type: ignore[no-untyped-def]
    c = X @ p["A"]
    m = c.mean(-1, keepdims=True)
    s = np.sqrt(((c - m) ** 2).mean(-1, keepdims=True) + 1e-5)
    n = (c - m) / s
    o = n * p["g"] + p["b"]
    return 0.5 * ((o - T) ** 2).sum() / len(X)


K = add(
    "kim: layer norm",
    net_k,
    {"A": R(3, 4), "g": R(4), "b": R(4)},
    {"X": R(5, 3), "T": R(5, 4)},
    """
def gradient(p, X, T):
    c = X @ p["A"]
    m = c.mean(-1, keepdims=True)
    s = np.sqrt(((c - m) ** 2).mean(-1, keepdims=True) + 1e-5)
    n = (c - m) / s
    o = n * p["g"] + p["b"]
    do = (o - T) / len(X)
    dn = do * p["g"]
    dc = (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)) / s
    return {"A": X.T @ dc, "g": (do * n).sum(0), "b": do.sum(0)}
""",
)
K.bug("no n term", " - n * (dn * n).mean(-1, keepdims=True)", "", says=r"s|sqrt|n|m")
K.bug("dn without g", 'dn = do * p["g"]', "dn = do", says=r"g")
