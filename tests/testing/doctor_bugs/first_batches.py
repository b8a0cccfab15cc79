"""Mistakes as people type them: two-layer matrix networks in batches, written anew."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import collection, normal

NETWORKS, add = collection()
R = normal(np.random.default_rng(802))


# ---- rows, tanh, biases, np.mean over everything
def rows(W1, b1, W2, b2, X, Y):  # type: ignore[no-untyped-def]
    A1 = np.tanh(X @ W1 + b1)
    Yhat = A1 @ W2 + b2
    return np.mean((Yhat - Y) ** 2)


M = add(
    "first: mse in rows",
    rows,
    (R(3, 4), R(4), R(4, 2), R(2)),
    (R(5, 3), R(5, 2)),
    """
def gradient(W1, b1, W2, b2, X, Y):
    n, d = Y.shape
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    Yhat = A1 @ W2 + b2
    dYhat = 2 * (Yhat - Y) / (n * d)
    dW2 = A1.T @ dYhat
    db2 = dYhat.sum(axis=0)
    dA1 = dYhat @ W2.T
    dZ1 = dA1 * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    return dW1, db1, dW2, db2
""",
)
M.bug(
    "bias summed to a number",
    "db2 = dYhat.sum(axis=0)",
    "db2 = np.full(2, dYhat.sum())",
    says=r"b2.*sum",
)
M.bug(
    "X of one row",
    "dW1 = X.T @ dZ1",
    "dW1 = np.outer(X[0], dZ1.sum(axis=0))",
    says=r"W1.*(X\[0|X|row|sample|first)",
)
M.bug(
    "slope on the output too",
    "dYhat = 2 * (Yhat - Y) / (n * d)",
    "dYhat = 2 * (Yhat - Y) / (n * d) * (1 - Yhat ** 2)",
    says=r"extra factor `1 - Yhat\*\*2`",
)
M.bug(
    "pair: bias mean and slope at Z1",
    "db2 = dYhat.sum(axis=0)",
    "db2 = dYhat.mean(axis=0)",
    "(1 - A1 ** 2)",
    "(1 - Z1 ** 2)",
    says=r"(?=.*b2)(?=.*X@W1)",
    double=True,
)
M.bug(
    "pair: Z1 in W2, twice b1",
    "dW2 = A1.T",
    "dW2 = Z1.T",
    "db1 = dZ1.sum(axis=0)",
    "db1 = 2 * dZ1.sum(axis=0)",
    says=r"(?=.*W2)(?=.*b1)",
    double=True,
)
M.bug(
    "pair: no slope, n for n * d",
    "dA1 * (1 - A1 ** 2)",
    "dA1",
    "/ (n * d)",
    "/ n",
    says=r"(?=.*(twice|2))(?=.*(A1|tanh))",
    double=True,
)


# ---- columns, relu, softmax, a loop over samples with outer products
def columns(p, X, T):  # type: ignore[no-untyped-def]
    H = np.maximum(0, p["W"] @ X + p["b"])
    S = p["V"] @ H + p["c"]
    E = np.exp(S)
    Q = E / E.sum(axis=0)
    return -np.sum(T * np.log(Q)) / X.shape[1]


C = add(
    "first: softmax in columns",
    columns,
    ({"W": R(4, 3), "b": R(4, 1), "V": R(3, 4), "c": R(3, 1)},),
    (R(3, 6), np.eye(3)[:, [0, 2, 1, 1, 0, 2]]),
    """
def softmax(s):
    e = np.exp(s - np.max(s))
    return e / np.sum(e)

def gradient(p, X, T):
    W, b, V, c = p["W"], p["b"], p["V"], p["c"]
    dW, db = np.zeros(W.shape), np.zeros(b.shape)
    dV, dc = np.zeros(V.shape), np.zeros(c.shape)
    m = X.shape[1]
    for i in range(m):
        x = X[:, i:i + 1]
        t = T[:, i:i + 1]
        z = W @ x + b
        h = np.maximum(0, z)
        s = V @ h + c
        q = softmax(s)
        delta2 = q - t
        dV += delta2 @ h.T
        dc += delta2
        delta1 = (V.T @ delta2) * (z > 0)
        dW += delta1 @ x.T
        db += delta1
    return {"W": dW / m, "b": db / m, "V": dV / m, "c": dc / m}
""",
)
C.bug(
    "minus the label forgotten",
    "delta2 = q - t",
    "delta2 = q",
    says=r"`∂L/∂S` is taken as `p` where",
)
C.bug(
    "last sample's label", "t = T[:, i:i + 1]", "t = T[:, i - 1:i] if i else T[:, -1:]", says=r"T"
)
C.bug(
    "running sum in delta1",
    "        delta1 = (V.T @ delta2) * (z > 0)",
    "        delta1 = (V.T @ dc) * (z > 0)",
    says=r"unexplained|sample|sum|W|V|c",
)
C.bug(
    "pair: not divided, bias c of labels",
    "delta2 = q - t",
    "delta2 = t - q",
    '"b": db / m',
    '"b": db',
    says=r"(?=.*(sign|-1|minus|times))(?=.*b)",
    double=True,
)
C.bug(
    "pair: mask forgotten, V pre-activation",
    "(V.T @ delta2) * (z > 0)",
    "V.T @ delta2",
    "dV += delta2 @ h.T",
    "dV += delta2 @ z.T",
    says=r"(?=.*V)(?=.*(factor|W))",
    double=True,
)


# ---- everything three by three, no biases, two sigmoids, einsum
def square(theta, x, y):  # type: ignore[no-untyped-def]
    U, V = theta
    h = sig(x @ U)
    o = sig(h @ V)
    return 0.5 * ((o - y) ** 2).sum()


Q = add(
    "first: three by three",
    square,
    ([R(3, 3), R(3, 3)],),
    (R(3, 3), R(3, 3)),
    """
def gradient(theta, x, y):
    U, V = theta
    h = sig(np.einsum("ni,ij->nj", x, U))
    o = sig(np.einsum("nj,jk->nk", h, V))
    do = (o - y) * o * (1 - o)
    gV = np.einsum("nj,nk->jk", h, do)
    dh = np.einsum("nk,jk->nj", do, V)
    du = dh * h * (1 - h)
    gU = np.einsum("ni,nj->ij", x, du)
    return [gU, gV]
""",
)
Q.bug(
    "V untransposed",
    '"nk,jk->nj", do, V',
    '"nk,kj->nj", do, V',
    says=r"by `theta\[1\]` where it should .*`theta\[1\]\.T`",
)
Q.bug(
    "gV transposed batch",
    '"nj,nk->jk", h, do',
    '"jn,nk->jk", h, do',
    says=r"by `h` where it should .*`h\.T`",
)
Q.bug("n lost in gV", '"nj,nk->jk", h, do', '"nj,mk->jk", h, do', says=r"V|theta\[1\]")
Q.bug(
    "forward U transposed",
    '"ni,ij->nj", x, U',
    '"ni,ji->nj", x, U',
    says=r"U|theta\[0\].*transp|transp",
)
Q.bug(
    "x transposed",
    '"ni,nj->ij", x, du',
    '"in,nj->ij", x, du',
    says=r"by `x` where it should .*`x\.T`",
)
Q.bug(
    "pair: V untransposed, x transposed",
    '"nk,jk->nj", do, V',
    '"nk,kj->nj", do, V',
    '"ni,nj->ij", x, du',
    '"in,nj->ij", x, du',
    says=r"(?=.*`theta\[1\]\.T`)(?=.*`x\.T`)",
    double=True,
)
Q.bug(
    "pair: o below, gV transposed",
    "dh * h * (1 - h)",
    "dh * o * (1 - o)",
    '"nj,nk->jk"',
    '"nj,nk->kj"',
    says=r"(?=.*(V|theta\[1\]))(?=.*o)",
    double=True,
)


# ---- weights as (out, in), integer labels, the softmax's Jacobian in full
def jacobian(W1, b1, W2, b2, X, T):  # type: ignore[no-untyped-def]
    hid = sig(X @ W1.T + b1)
    logits = hid @ W2.T + b2
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -(T * logp).sum(axis=1).mean()


J = add(
    "first: softmax jacobian",
    jacobian,
    (R(4, 2), R(4), R(3, 4), R(3)),
    (R(4, 2), np.eye(3)[[1, 0, 2, 1]]),
    """
def gradient(W1, b1, W2, b2, X, T):
    N = X.shape[0]
    hid = sig(X @ W1.T + b1)
    logits = hid @ W2.T + b2
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    dlogits = np.zeros_like(logits)
    for n in range(N):
        y_hat = probs[n]
        J = np.diag(y_hat) - np.outer(y_hat, y_hat)
        dlogits[n] = J @ (-T[n] / y_hat)
    dlogits /= N
    dW2 = dlogits.T @ hid
    db2 = np.ones(N) @ dlogits
    dpre = (dlogits @ W2) * hid * (1 - hid)
    dW1 = dpre.T @ X
    db1 = np.ones(N) @ dpre
    return dW1, db1, dW2, db2
""",
)
J.bug(
    "cross entropy without the division",
    "-T[n] / y_hat)",
    "-T[n])",
    says=r"exp|log|p|factor|prob|softmax|unexplained",
)
J.bug(
    "squared error on top of softmax",
    "J @ (-T[n] / y_hat)",
    "J @ (y_hat - T[n])",
    says=r"p\*\(\(p - T\) - sum|square",
)
J.bug(
    "W1 reshaped, not transposed",
    "dW1 = dpre.T @ X",
    "dW1 = (X.T @ dpre).reshape(4, 2)",
    says=r"W1",
)
J.bug(
    "in place hid",
    "    dW2 = dlogits.T @ hid\n",
    "    hid *= 1 - hid\n    dW2 = dlogits.T @ hid\n",
    "* hid * (1 - hid)",
    "* hid",
    says=r"W2.*`hid\*\(1 - hid\)` where .*`hid`",
)
J.bug(
    "pair: diagonal, bias mean",
    "np.diag(y_hat) - np.outer(y_hat, y_hat)",
    "np.diag(y_hat)",
    "db1 = np.ones(N) @ dpre",
    "db1 = dpre.mean(axis=0)",
    says=r"(?=.*`-T` where)(?=.*b1` is 1/4)",
    double=True,
)
J.bug(
    "pair: dW1 with hid's slope gone, N gone",
    "dlogits /= N",
    "pass",
    "dpre = (dlogits @ W2) * hid * (1 - hid)",
    "dpre = dlogits @ W2",
    says=r"(?=.*(4|mean))(?=.*hid)",
    double=True,
)
