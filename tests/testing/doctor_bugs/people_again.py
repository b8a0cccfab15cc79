"""The same once what those showed was mended: other networks, other people."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import collection, normal

NETWORKS, add = collection()
rng = np.random.default_rng(5)
R = normal(rng)


def net_a(W1, b1, W2, b2, X, y):  # type: ignore[no-untyped-def]
    h = sig(X @ W1.T + b1)
    o = h @ W2.T + b2
    return ((o[:, 0] - y) ** 2).mean()


A = add(
    "sam: regression, torch layout",
    net_a,
    (R(4, 3), R(4), R(1, 4), R(1)),
    (R(6, 3), R(6)),
    """
def dsig(s):
    return s * (1 - s)
def gradient(W1, b1, W2, b2, X, y):
    n = len(X)
    h = 1 / (1 + np.exp(-(X @ W1.T + b1)))
    o = h @ W2.T + b2
    go = 2 * (o - y[:, None]) / n
    gW2 = go.T @ h
    gb2 = go.sum(0)
    gh = go @ W2
    gz = gh * dsig(h)
    gW1 = gz.T @ X
    gb1 = gz.sum(0)
    return gW1, gb1, gW2, gb2
""",
)
A.bug(
    "dsig applies sigmoid again",
    "return s * (1 - s)",
    "s = 1 / (1 + np.exp(-s))\n    return s * (1 - s)",
    says=r"h",
)
A.bug("broadcast residual", "(o - y[:, None])", "(o - y).mean(1, keepdims=True)", says=r"y")
A.bug("no 2", "go = 2 * ", "go = ", says=r"half")
A.bug("bias first layer from gh", "gb1 = gz.sum(0)", "gb1 = gh.sum(0)", says=r"b1.*h")
A.bug("minus one in dsig", "s * (1 - s)", "s * (s - 1)", says=r"sign|h")
A.bug("gb2 over all", "gb2 = go.sum(0)", "gb2 = 2 * (o - y[:, None]).sum(0)", says=r"b2.*6")
A.bug("div by n twice", "gW1 = gz.T @ X", "gW1 = gz.T @ X / n", says=r"W1.*(6)")
A.bug(
    "h from tanh",
    "h = 1 / (1 + np.exp(-(X @ W1.T + b1)))",
    "h = np.tanh(X @ W1.T + b1)",
    says=r"tanh",
)
A.bug(
    "b1 left out forward",
    "np.exp(-(X @ W1.T + b1))",
    "np.exp(-(X @ W1.T))",
    says=r"b1.*left out|left out.*b1",
)
A.bug(
    "pair: no 2, gh from W2 squared",
    "gh = go @ W2",
    "gh = go @ W2 ** 2",
    "gb2 = go.sum(0)",
    "gb2 = go.mean(0)",
    says=r"(?=.*b2)(?=.*W2)",
    double=True,
)


def net_b(p, x, t):  # type: ignore[no-untyped-def]
    a = x
    for i in range(3):
        a = np.tanh(p["W"][i] @ a + p["b"][i])
    return 0.5 * ((a - t) ** 2).sum()


B = add(
    "tom: deep stack",
    net_b,
    {"W": R(3, 2, 2), "b": R(3, 2)},
    {"x": R(2), "t": R(2)},
    """
def gradient(p, x, t):
    acts = [x]
    for i in range(3):
        acts.append(np.tanh(p["W"][i] @ acts[-1] + p["b"][i]))
    gW = np.zeros((3, 2, 2)); gb = np.zeros((3, 2))
    d = acts[-1] - t
    for i in (2, 1, 0):
        d = d * (1 - acts[i + 1] ** 2)
        gW[i] = np.outer(d, acts[i])
        gb[i] = d
        d = p["W"][i].T @ d
    return {"W": gW, "b": gb}
""",
)
B.bug(
    "outer with next act",
    "np.outer(d, acts[i])",
    "np.outer(d, acts[i + 1])",
    says=r"tanh|a#|multipl",
)
B.bug("not transposed", 'p["W"][i].T @ d', 'p["W"][i] @ d', says=r"`W.1.`.*`W.1..T`")
B.bug("next layer's W", 'p["W"][i].T @ d', 'p["W"][i - 1].T @ d', says=r"W\[")
B.bug(
    "derivative of input act",
    "(1 - acts[i + 1] ** 2)",
    "(1 - acts[i] ** 2)",
    says=r"computed from|a#",
)
B.bug("no derivative", "d = d * (1 - acts[i + 1] ** 2)", "d = d", says=r"left out")
B.bug(
    "derivative only at the top",
    "d = acts[-1] - t\n",
    "d = (acts[-1] - t) * (1 - acts[-1] ** 2)\n",
    "d = d * (1 - acts[i + 1] ** 2)",
    "d = d",
    says=r"left out",
)
B.bug("square without half", "d = acts[-1] - t", "d = 2 * (acts[-1] - t)", says=r"twice")


def net_c(U, V, b, users, items, r):  # type: ignore[no-untyped-def]
    pred = (U[users] * V[items]).sum(axis=1) + b[items]
    e = r - pred
    return (e**2).sum() + 0.05 * ((U**2).sum() + (V**2).sum())


C = add(
    "uma: matrix factorization",
    net_c,
    (R(3, 2), R(4, 2), R(4)),
    (np.array([0, 1, 2, 1, 0]), np.array([1, 1, 3, 0, 2]), R(5)),
    """
def gradient(U, V, b, users, items, r):
    gU, gV, gb = 0.1 * U, 0.1 * V, np.zeros_like(b)
    for u, i, y in zip(users, items, r):
        e = y - (U[u] @ V[i] + b[i])
        gU[u] -= 2 * e * V[i]
        gV[i] -= 2 * e * U[u]
        gb[i] -= 2 * e
    return gU, gV, gb
""",
)
C.bug("sign of gV", "gV[i] -= 2", "gV[i] += 2", says=r"V.*sign")
C.bug(
    "no regularizer on V",
    "gV, gb = 0.1 * U, 0.1 * V,",
    "gV, gb = 0.1 * U, 0 * V,",
    says=r"V.*missing",
)
C.bug("reg 0.05", "0.1 * U, 0.1 * V", "0.05 * U, 0.05 * V", says=r"half")
C.bug("b ignored", "(U[u] @ V[i] + b[i])", "(U[u] @ V[i])", says=r"b")
C.bug("b of user", "+ b[i])", "+ b[u])", says=r"b|users")
C.bug("gU reads U", "gU[u] -= 2 * e * V[i]", "gU[u] -= 2 * e * U[u]", says=r"U|V")
C.bug("no two", "gb[i] -= 2 * e", "gb[i] -= e", says=r"b.*half")
C.bug("gb overwritten", "gb[i] -= 2 * e", "gb[i] = -2 * e", says=r"repeats")


def net_d(w, b, X, y):  # type: ignore[no-untyped-def]
    m = y * (X @ w + b)
    return np.maximum(0, 1 - m).mean() + 0.5 * 0.1 * (w @ w)


D = add(
    "vic: svm hinge",
    net_d,
    (R(3), 0.2),
    (R(8, 3), np.array([1.0, -1, 1, 1, -1, -1, 1, -1])),
    """
def gradient(w, b, X, y):
    m = y * (X @ w + b)
    active = (m < 1).astype(float)
    coef = -y * active / len(y)
    return X.T @ coef + 0.1 * w, coef.sum()
""",
)
D.bug("active the other way", "(m < 1)", "(m > 1)", says=r"< 0")
D.bug("threshold 0", "(m < 1)", "(m < 0)", says=r"1 - m|max|relu|m")
D.bug("y forgotten", "coef = -y * active", "coef = -active", says=r"y")
D.bug("sign", "coef = -y * active", "coef = y * active", says=r"sign")
D.bug("reg 0.05", "0.1 * w", "0.05 * w", says=r"w.*half|half.*w")
D.bug("no mean", " / len(y)", "", says=r"8")
D.bug(
    "all active",
    "active = (m < 1).astype(float)",
    "active = np.ones(len(y))",
    says=r"relu.*left out",
)


def net_e(p, xs, ts):  # type: ignore[no-untyped-def]
    h, L = np.zeros(2), 0.0
    for x, t in zip(xs, ts, strict=True):
        h = sig(p["A"] @ x + p["B"] @ h)
        L = L + (p["c"] @ h - t) ** 2
    return L


E = add(
    "wes: rnn, loss each step",
    net_e,
    {"A": R(2, 2), "B": R(2, 2), "c": R(2)},
    {"xs": R(3, 2), "ts": R(3)},
    """
def gradient(p, xs, ts):
    A, B, c = p["A"], p["B"], p["c"]
    hs = [np.zeros(2)]
    for x in xs:
        hs.append(1 / (1 + np.exp(-(A @ x + B @ hs[-1]))))
    gA, gB, gc = A * 0, B * 0, c * 0
    dh = np.zeros(2)
    for t in range(len(xs) - 1, -1, -1):
        e = c @ hs[t + 1] - ts[t]
        gc += 2 * e * hs[t + 1]
        dh = dh + 2 * e * c
        dz = dh * hs[t + 1] * (1 - hs[t + 1])
        gA += np.outer(dz, xs[t])
        gB += np.outer(dz, hs[t])
        dh = B.T @ dz
    return dict(A=gA, B=gB, c=gc)
""",
)
E.bug("dh not passed on", "dh = dh + 2 * e * c", "dh = 2 * e * c", says=r"missing")
E.bug("dh accumulated", "dh = B.T @ dz", "dh = dh + B.T @ dz", says=r"added|round|keeps|dh")
E.bug("label shifted", "e = c @ hs[t + 1] - ts[t]", "e = c @ hs[t + 1] - ts[t - 1]", says=r"ts")
E.bug("gc with hs t", "gc += 2 * e * hs[t + 1]", "gc += 2 * e * hs[t]", says=r"c.*h")
E.bug("gB with next h", "np.outer(dz, hs[t])", "np.outer(dz, hs[t + 1])", says=r"B.*h")
E.bug("tanh derivative", "hs[t + 1] * (1 - hs[t + 1])", "(1 - hs[t + 1] ** 2)", says=r"1 - h")
E.bug("A for B", "dh = B.T @ dz", "dh = A.T @ dz", says=r"A.*B")
E.bug(
    "forward order", "range(len(xs) - 1, -1, -1)", "range(len(xs))", says=r"first to the last|order"
)
E.bug(
    "loss of the last only",
    "dh = dh + 2 * e * c",
    "dh = dh + (2 * e * c if t == len(xs) - 1 else 0)",
    says=r"last|missing|only",
)
E.bug("gc only last", "gc += 2 * e", "gc = 2 * e", says=r"c.*(first|only)")
