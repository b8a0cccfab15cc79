"""Mistakes as people type them: recurrent cells over short sequences, written anew."""

from __future__ import annotations

import numpy as np

from .network import collection, normal

NETWORKS, add = collection()
R = normal(np.random.default_rng(804))


# ---- numbers only
def scalar(w, u, b, xs, target):  # type: ignore[no-untyped-def]
    h = 0.0
    for t in range(4):
        h = np.tanh(w * xs[t] + u * h + b)
    return 0.5 * (h - target) ** 2


S = add(
    "first: scalar rnn",
    scalar,
    (0.7, -1.1, 0.2),
    (R(4), 0.4),
    """
def gradient(w, u, b, xs, target):
    T = len(xs)
    hs = [0.0]
    for x in xs:
        hs.append(np.tanh(w * x + u * hs[-1] + b))
    dh = hs[-1] - target
    dw = du = db = 0.0
    for t in range(T, 0, -1):
        dz = dh * (1 - hs[t] ** 2)
        dw += dz * xs[t - 1]
        du += dz * hs[t - 1]
        db += dz
        dh = dz * u
    return dw, du, db
""",
)
S.bug(
    "error again at every step",
    "dh = dz * u",
    "dh = dz * u + (hs[-1] - target)",
    says=r"h|unexplained",
)
S.bug("db last only", "db += dz", "db = dz", says=r"b.*(xs\[0|first|only|step|h)")
S.bug("truncated to two", "range(T, 0, -1)", "range(T, T - 2, -1)", says=r"h|step|xs")
S.bug(
    "pair: state of now, w carries",
    "du += dz * hs[t - 1]",
    "du += dz * hs[t]",
    "dh = dz * u",
    "dh = dz * w",
    says=r"(?=.*u)(?=.*w)",
    double=True,
)


# ---- column vectors, last state, readout
def last(p, xs, y):  # type: ignore[no-untyped-def]
    h = np.zeros((3, 1))
    for t in range(4):
        h = np.tanh(p["Wxh"] @ xs[t] + p["Whh"] @ h + p["bh"])
    out = p["Why"] @ h + p["by"]
    return np.sum((out - y) ** 2)


L = add(
    "first: last state",
    last,
    ({"Wxh": R(3, 2), "Whh": R(3, 3), "bh": R(3, 1), "Why": R(2, 3), "by": R(2, 1)},),
    (R(4, 2, 1), R(2, 1)),
    """
def gradient(p, xs, y):
    Wxh, Whh, Why = p["Wxh"], p["Whh"], p["Why"]
    h = {-1: np.zeros((3, 1))}
    for t in range(4):
        h[t] = np.tanh(Wxh @ xs[t] + Whh @ h[t - 1] + p["bh"])
    out = Why @ h[3] + p["by"]
    d_out = 2 * (out - y)
    g = {k: np.zeros_like(v) for k, v in p.items()}
    g["Why"] = d_out @ h[3].T
    g["by"] = d_out
    d_h = Why.T @ d_out
    for t in reversed(range(4)):
        d_raw = (1 - h[t] ** 2) * d_h
        g["bh"] += d_raw
        g["Wxh"] += d_raw @ xs[t].T
        g["Whh"] += d_raw @ h[t - 1].T
        d_h = Whh.T @ d_raw
    return g
""",
)
L.bug(
    "Whh untransposed",
    "d_h = Whh.T @ d_raw",
    "d_h = Whh @ d_raw",
    says=r"by `p\['Whh'\]` where .*`p\['Whh'\]\.T`",
)
L.bug("bh only once", 'g["bh"] += d_raw', 'g["bh"] = d_raw', says=r"bh")
L.bug(
    "Whh only once",
    'g["Whh"] += d_raw',
    'g["Whh"] = d_raw',
    says=r"Whh'\]` is always 0|Whh'\]`: only the first",
)
L.bug(
    "2 forgotten below only",
    "d_h = Why.T @ d_out",
    "d_h = Why.T @ (out - y)",
    says=r"half|1/2|twice|2",
)
L.bug("by in forward twice", 'Why @ h[3] + p["by"]', 'Why @ h[3] + 2 * p["by"]', says=r"by")
L.bug(
    "pair: untransposed, bh once",
    "d_h = Whh.T @ d_raw",
    "d_h = Whh @ d_raw",
    'g["bh"] += d_raw',
    'g["bh"] = d_raw',
    says=r"(?=.*where .*`p\['Whh'\]\.T`)(?=.*bh'\]`(: only the first| is missing))",
    double=True,
)
L.bug(
    "pair: h[t], sign of the output",
    "d_raw @ h[t - 1].T",
    "d_raw @ h[t].T",
    "d_out = 2 * (out - y)",
    "d_out = 2 * (y - out)",
    says=r"(?=.*Whh)(?=.*(sign|-1|minus|times))",
    double=True,
)


# ---- an output at every step, rows, mean over time, initial state a parameter
def every(Wx, Wh, b, V, c, h0, X, Y):  # type: ignore[no-untyped-def]
    h = h0
    loss = 0.0
    for t in range(3):
        h = np.tanh(X[t] @ Wx + h @ Wh + b)
        loss = loss + ((h @ V + c - Y[t]) ** 2).sum()
    return loss / 3


E = add(
    "first: output at every step",
    every,
    (R(2, 3), R(3, 3), R(3), R(3, 2), R(2), R(3)),
    (R(3, 2), R(3, 2)),
    """
def gradient(Wx, Wh, b, V, c, h0, X, Y):
    T = len(X)
    states = [h0]
    for t in range(T):
        states.append(np.tanh(X[t] @ Wx + states[t] @ Wh + b))
    H = np.array(states[1:])
    prev = np.array(states[:-1])
    dO = 2.0 / T * (H @ V + c - Y)
    dV = H.T @ dO
    dc = dO.sum(0)
    dA = np.zeros_like(H)
    carry = np.zeros(3)
    for t in range(T - 1, -1, -1):
        dh = dO[t] @ V.T + carry
        dA[t] = dh * (1 - H[t] ** 2)
        carry = dA[t] @ Wh.T
    return X.T @ dA, prev.T @ dA, dA.sum(0), dV, dc, carry
""",
)
E.bug(
    "carry untransposed",
    "carry = dA[t] @ Wh.T",
    "carry = dA[t] @ Wh",
    says=r"by `Wh` where .*`Wh\.T`",
)
E.bug("later label", "(H @ V + c - Y)", "(H @ V + c - np.roll(Y, -1, axis=0))", says=r"Y")
E.bug(
    "pair: carry untransposed, c once",
    "carry = dA[t] @ Wh.T",
    "carry = dA[t] @ Wh",
    "dc = dO.sum(0)",
    "dc = dO[-1]",
    says=r"(?=.*where .*`Wh\.T`)(?=.*∂L/∂c`: only the last)",
    double=True,
)
E.bug(
    "pair: H for prev, h0 zero",
    "prev.T @ dA",
    "H.T @ dA",
    "dV, dc, carry",
    "dV, dc, 0 * carry",
    says=r"(?=.*Wh)(?=.*h0)",
    double=True,
)


# ---- letters: softmax at every step, as in min-char-rnn
def letters(model, hprev, inputs, targets):  # type: ignore[no-untyped-def]
    h = hprev
    loss = 0.0
    for t in range(3):
        h = np.tanh(model["Wxh"] @ inputs[t] + model["Whh"] @ h + model["bh"])
        y = model["Why"] @ h + model["by"]
        p = np.exp(y) / np.sum(np.exp(y))
        loss = loss - np.log(np.sum(p * targets[t]))
    return loss


C = add(
    "first: letters",
    letters,
    ({"Wxh": R(3, 4), "Whh": R(3, 3), "Why": R(4, 3), "bh": R(3), "by": R(4)},),
    (R(3), np.eye(4)[[0, 2, 1]], np.eye(4)[[2, 1, 3]]),
    """
def gradient(model, hprev, inputs, targets):
    hs, ps = {-1: np.copy(hprev)}, {}
    for t in range(len(inputs)):
        a = np.dot(model["Wxh"], inputs[t]) + np.dot(model["Whh"], hs[t-1]) + model["bh"]
        hs[t] = np.tanh(a)
        ys = np.dot(model["Why"], hs[t]) + model["by"]
        ps[t] = np.exp(ys) / np.sum(np.exp(ys))
    grads = {k: np.zeros_like(v) for k, v in model.items()}
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy -= targets[t]
        grads["Why"] += np.outer(dy, hs[t])
        grads["by"] += dy
        dh = np.dot(model["Why"].T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        grads["bh"] += dhraw
        grads["Wxh"] += np.outer(dhraw, inputs[t])
        grads["Whh"] += np.outer(dhraw, hs[t-1])
        dhnext = np.dot(model["Whh"].T, dhraw)
    return grads
""",
)
C.bug(
    "dhnext not transposed",
    'dhnext = np.dot(model["Whh"].T, dhraw)',
    'dhnext = np.dot(model["Whh"], dhraw)',
    says=r"where .*`model\['Whh'\]\.T`",
)
C.bug("target forgotten", "        dy -= targets[t]\n", "", says=r"y#1")
C.bug("by of the last", 'grads["by"] += dy', 'grads["by"] = dy', says=r"by")
C.bug(
    "dy softmax slope",
    "        dy -= targets[t]\n",
    "        dy -= targets[t]\n        dy *= ps[t] * (1 - ps[t])\n",
    says=r"p|factor|unexplained|exp",
)
C.bug(
    "hprev dropped", "hs, ps = {-1: np.copy(hprev)}", "hs, ps = {-1: np.zeros(3)}", says=r"hprev|h"
)
C.bug(
    "averaged over letters",
    "dy -= targets[t]",
    "dy -= targets[t]; dy /= len(inputs)",
    says=r"1/3|mean",
)
C.bug(
    "pair: dhnext of dh, by once",
    'model["Whh"].T, dhraw)',
    'model["Whh"].T, dh)',
    'grads["by"] += dy',
    'grads["by"] = dy',
    says=r"(?=.*by)(?=.*(factor|tanh|h))",
    double=True,
)
C.bug(
    "pair: hs[t] in Whh, inputs before",
    "np.outer(dhraw, hs[t-1])",
    "np.outer(dhraw, hs[t])",
    "np.outer(dhraw, inputs[t])",
    "np.outer(dhraw, inputs[t - 1])",
    says=r"(?=.*Whh)(?=.*Wxh)",
    double=True,
)
