"""More networks: deep, tied, attentive, a long short-term memory, classes as whole numbers."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid

from .network import Network

rng = np.random.default_rng(7)


def deep_loss(layers, X, Y):  # type: ignore[no-untyped-def]
    A = X
    for W, b in layers[:-1]:
        A = sigmoid(A @ W + b)
    W, b = layers[-1]
    P = A @ W + b
    return 0.5 * np.sum((P - Y) ** 2) / len(X)


deep = Network(
    "three layers in a list",
    deep_loss,
    [
        (rng.normal(size=(2, 4)), np.zeros(4)),
        (rng.normal(size=(4, 3)), np.zeros(3)),
        (rng.normal(size=(3, 1)), np.zeros(1)),
    ],
    (rng.normal(size=(6, 2)), rng.normal(size=(6, 1))),
    """
def s(z): return 1 / (1 + np.exp(-z))
def gradient(layers, X, Y):
    acts = [X]
    for W, b in layers[:-1]:
        acts.append(s(acts[-1] @ W + b))
    P = acts[-1] @ layers[-1][0] + layers[-1][1]
    delta = (P - Y) / len(X)
    grads = []
    for l in reversed(range(len(layers))):
        W, b = layers[l]
        grads.append((acts[l].T @ delta, delta.sum(0)))
        if l > 0:
            delta = (delta @ W.T) * acts[l] * (1 - acts[l])
    return grads[::-1]
""",
)
b = deep.bug
b("no slope", "(delta @ W.T) * acts[l] * (1 - acts[l])", "(delta @ W.T)", says=r"left out")
b("mean bias", "delta.sum(0)", "delta.mean(0)", says=r"1/6|mean")
b("no len", "(P - Y) / len(X)", "(P - Y)", says=r"every derivative is 6 times")
b("wrong sign", "(P - Y) /", "(Y - P) /", says=r"every derivative has the wrong sign")
b(
    "forward tanh",
    "def s(z): return 1 / (1 + np.exp(-z))",
    "def s(z): return np.tanh(z)",
    says=r"tanh|1 - A",
)


def tied_loss(W, b, c, X):  # type: ignore[no-untyped-def]
    H = np.tanh(X @ W + b)
    R = H @ W.T + c
    return np.mean((R - X) ** 2)


tied = Network(
    "autoencoder with tied weights",
    tied_loss,
    {"W": rng.normal(size=(4, 3)), "b": np.zeros(3), "c": np.zeros(4)},
    {"X": rng.normal(size=(5, 4))},
    """
def gradient(W, b, c, X):
    H = np.tanh(X @ W + b)
    R = H @ W.T + c
    dR = 2 * (R - X) / X.size
    dW_dec = dR.T @ H
    dH = dR @ W
    dZ = dH * (1 - H * H)
    dW_enc = X.T @ dZ
    return dict(W=dW_enc + dW_dec, b=dZ.sum(axis=0), c=dR.sum(axis=0))
""",
)
b = tied.bug
b("encoder only", "W=dW_enc + dW_dec", "W=dW_enc", says=r"∂L/∂W.*missing")
b("decoder only", "W=dW_enc + dW_dec", "W=dW_dec", says=r"∂L/∂W.*missing")
b("minus", "dW_enc + dW_dec", "dW_enc - dW_dec", says=r"∂L/∂W.*(wrong sign|-1)")
b("R for X", "X.T @ dZ", "R.T @ dZ", says=r"`R`|R.*X")
b("c of dH", "c=dR.sum(axis=0)", "c=dR.mean(axis=0)", says=r"∂L/∂c.*(1/5|mean)")
b("targets", "2 * (R - X)", "2 * R", says=r"X|left out|missing")


def attention_loss(Wq, Wk, Wv, X, Y):  # type: ignore[no-untyped-def]
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(3.0)
    E = np.exp(S)
    A = E / np.sum(E, axis=1, keepdims=True)
    return 0.5 * np.sum((A @ V - Y) ** 2)


attention = Network(
    "attention",
    attention_loss,
    tuple(rng.normal(size=(2, 3)) for _ in range(3)),
    (rng.normal(size=(4, 2)), rng.normal(size=(4, 3))),
    """
def gradient(Wq, Wk, Wv, X, Y):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(3)
    A = np.exp(S - S.max(axis=1, keepdims=True))
    A /= A.sum(axis=1, keepdims=True)
    dO = A @ V - Y
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True))
    dS /= np.sqrt(3)
    dQ = dS @ K
    dK = dS.T @ Q
    return X.T @ dQ, X.T @ dK, X.T @ dV
""",
)
b = attention.bug
b("no scale", "    dS /= np.sqrt(3)\n", "", says=r"1.73|divided|S")
b("A not transposed", "dV = A.T @ dO", "dV = A @ dO", says=r"`A` where .*`A.T`")
b("dS not transposed", "dK = dS.T @ Q", "dK = dS @ Q", says=r"transposed|unexplained")
b("no softmax sum", "(dA - (dA * A).sum(axis=1, keepdims=True))", "dA", says=r"missing|left out")
b(
    "like sigmoid",
    "A * (dA - (dA * A).sum(axis=1, keepdims=True))",
    "A * (1 - A) * dA",
    says=r"∂A/∂E` is taken element by element",
)
b("exchanged", "return X.T @ dQ, X.T @ dK", "return X.T @ dK, X.T @ dQ", says=r"exchanged")


def lstm_loss(Wi, Wf, Wo, Wg, xs, y):  # type: ignore[no-untyped-def]
    h, c = np.zeros(2), np.zeros(2)
    for x in xs:
        v = np.concatenate([x, h])
        i, f, o = sigmoid(Wi @ v), sigmoid(Wf @ v), sigmoid(Wo @ v)
        g = np.tanh(Wg @ v)
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum((h - y) ** 2) / 2


lstm = Network(
    "long short-term memory",
    lstm_loss,
    {k: rng.normal(size=(2, 3)) for k in ("Wi", "Wf", "Wo", "Wg")},
    (rng.normal(size=(3, 1)), rng.normal(size=2)),
    """
def gradient(Wi, Wf, Wo, Wg, xs, y):
    s = lambda z: 1 / (1 + np.exp(-z))
    h, c, tape = np.zeros(2), np.zeros(2), []
    for x in xs:
        v = np.concatenate([x, h])
        i, f, o, g = s(Wi @ v), s(Wf @ v), s(Wo @ v), np.tanh(Wg @ v)
        old = c
        c = f * old + i * g
        h = o * np.tanh(c)
        tape.append((v, i, f, o, g, old, c))
    out = {k: np.zeros((2, 3)) for k in ("Wi", "Wf", "Wo", "Wg")}
    dh, dc = h - y, np.zeros(2)
    for v, i, f, o, g, old, c in reversed(tape):
        t = np.tanh(c)
        do = dh * t * o * (1 - o)
        dc = dc + dh * o * (1 - t ** 2)
        di = dc * g * i * (1 - i)
        df = dc * old * f * (1 - f)
        dg = dc * i * (1 - g ** 2)
        out["Wi"] += np.outer(di, v)
        out["Wf"] += np.outer(df, v)
        out["Wo"] += np.outer(do, v)
        out["Wg"] += np.outer(dg, v)
        dv = Wi.T @ di + Wf.T @ df + Wo.T @ do + Wg.T @ dg
        dh = dv[1:]
        dc = dc * f
    return out
""",
)
b = lstm.bug
b("no forget", "dc = dc * f", "dc = dc * 1", says=r"`f#.*left out|leaves out.*f#")
b("new c", "df = dc * old * f", "df = dc * c * f", says=r"c#")
b("tanh of c", "do = dh * t * o", "do = dh * c * o", says=r"c#|h#")
b("i for g", "di = dc * g * i", "di = dc * i * i", says=r"i#.*g#")
b("cell slope", "o * (1 - t ** 2)", "o", says=r"tanh\(c.*left out|left out.*c#")


def classes_loss(W, b, X, labels):  # type: ignore[no-untyped-def]
    scores = X @ W + b
    logs = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.mean(logs[np.arange(len(labels)), labels])


classes = Network(
    "classes as whole numbers",
    classes_loss,
    {"W": rng.normal(size=(3, 4)), "b": np.zeros(4)},
    (rng.normal(size=(5, 3)), np.array([0, 3, 1, 1, 2])),
    """
def gradient(W, b, X, labels):
    n = len(labels)
    z = X @ W + b
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(n), labels] -= 1
    p /= n
    return {"W": X.T @ p, "b": p.sum(0)}
""",
)
b = classes.bug
b("no n", "    p /= n\n", "", says=r"every derivative is 5 times")
b("plus one", "-= 1", "+= 1", says=r"sign")
b("b axis", "p.sum(0)", "p.sum(1)", says=r"∂L/∂b.*shape")
b("b last", "p.sum(0)", "p[-1]", says=r"∂L/∂b.*last")


def logistic_loss(w, b, xs, ys):  # type: ignore[no-untyped-def]
    total = 0
    for x, y in zip(xs, ys, strict=True):
        p = 1 / (1 + np.exp(-(np.dot(w, x) + b)))
        total = total - (y * np.log(p) + (1 - y) * np.log(1 - p))
    return total / len(xs) + 0.05 * np.dot(w, w)


logistic = Network(
    "logistic regression",
    logistic_loss,
    (np.zeros(3), 0.0),
    ([[1.0, 2.0, 0.5], [0.1, -1.0, 2.0], [0.3, 0.4, 0.5], [1.0, 1.0, -2.0]], [1, 0, 0, 1]),
    """
def gradient(w, b, xs, ys):
    dw, db = 0 * w, 0
    for x, y in zip(xs, ys):
        p = 1 / (1 + np.exp(-(w @ x + b)))
        dw = dw + (p - y) * np.array(x)
        db = db + (p - y)
    m = len(xs)
    return dw / m + 0.1 * w, db / m
""",
)
b = logistic.bug
b("penalty half", "0.1 * w", "0.05 * w", says=r"w")
b("penalty of b", "db / m", "db / m + 0.1 * b", says=r"∂L/∂b.*extra term `0.1\*b`")
b("y minus p", "dw = dw + (p - y)", "dw = dw + (y - p)", says=r"w")
b("no bias forward", "(w @ x + b)", "(w @ x)", says=r"`b` is left out")
b(
    "extra slope",
    "dw + (p - y) * np",
    "dw + (p - y) * p * (1 - p) * np",
    says=r"∂p.*twice|extra factor `p#1",
)
b("db overwritten", "db = db + (p - y)", "db = (p - y)", says=r"∂L/∂b.*last")
NETWORKS = [deep, tied, attention, lstm, classes, logistic]
