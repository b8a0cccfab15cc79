"""Mistakes as several people would make them: convolutions, cells, attention, embeddings."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import collection, normal

NETWORKS, add = collection()
rng = np.random.default_rng(1)
R = normal(rng)


# ---- Lea: conv1d
def net_l(k, c, x, t):  # type: ignore[no-untyped-def]
    n = len(x) - len(k) + 1
    out = np.stack([(x[i : i + len(k)] * k).sum() + c for i in range(n)])
    a = np.maximum(out, 0)
    return ((a - t) ** 2).sum()


L = add(
    "lea: conv1d",
    net_l,
    (R(3), 0.2),
    (R(7), R(5)),
    """
def gradient(k, c, x, t):
    n = len(x) - len(k) + 1
    out = np.array([np.dot(x[i:i + len(k)], k) + c for i in range(n)])
    a = np.maximum(out, 0)
    da = 2 * (a - t)
    dout = da * (out > 0)
    dk = np.zeros_like(k)
    for i in range(n):
        dk += dout[i] * x[i:i + len(k)]
    dc = dout.sum()
    return dk, dc
""",
)
L.bug(
    "flipped kernel gradient",
    "x[i:i + len(k)]\n    dc",
    "x[i:i + len(k)][::-1]\n    dc",
    says=r"flip|revers|k",
)
L.bug(
    "convolution instead of correlation",
    "np.dot(x[i:i + len(k)], k)",
    "np.dot(x[i:i + len(k)], k[::-1])",
    says=r"flip|revers|k",
)
L.bug("assigned not accumulated", "dk += dout[i]", "dk = dout[i]", says=r"last|only|4")
L.bug("bias once", "dc = dout.sum()", "dc = dout[0]", says=r"c.*(first|0|one)")
L.bug("mean in dk", "dk += dout[i] * x", "dk += dout[i] / n * x", says=r"k.*(5|mean)")


# ---- Max: conv2d with channels, valid, relu, then avg
def net_m(K, b, X, T):  # type: ignore[no-untyped-def]
    H, W = X.shape[1] - 1, X.shape[2] - 1
    Y = np.zeros((2, H, W))
    Y = (
        sum(
            np.einsum("oc,chw->ohw", K[:, :, i, j], X[:, i : i + H, j : j + W])
            for i in range(2)
            for j in range(2)
        )
        + b[:, None, None]
    )
    A = np.tanh(Y)
    p = A.mean(axis=(1, 2))
    return 0.5 * ((p - T) ** 2).sum()


M = add(
    "max: conv2d",
    net_m,
    (R(2, 2, 2, 2), R(2)),
    (R(2, 4, 3), R(2)),
    """
def gradient(K, b, X, T):
    H, W = X.shape[1] - 1, X.shape[2] - 1
    Y = np.zeros((2, H, W))
    for i in range(2):
        for j in range(2):
            for o in range(2):
                for c in range(2):
                    Y[o] += K[o, c, i, j] * X[c, i:i + H, j:j + W]
    Y += b[:, None, None]
    A = np.tanh(Y)
    p = A.mean(axis=(1, 2))
    dp = p - T
    dA = np.ones_like(A) * dp[:, None, None] / (H * W)
    dY = dA * (1 - A ** 2)
    dK = np.zeros_like(K)
    for i in range(2):
        for j in range(2):
            for o in range(2):
                for c in range(2):
                    dK[o, c, i, j] = (dY[o] * X[c, i:i + H, j:j + W]).sum()
    return dK, dY.sum(axis=(1, 2))
""",
)
M.bug("H only", " / (H * W)", " / H", says=r"twice")
M.bug("flipped", "dK[o, c, i, j] =", "dK[o, c, 1 - i, 1 - j] =", says=r"flip|revers|K")
M.bug(
    "always channel 0",
    "(dY[o] * X[c, i:i + H, j:j + W]).sum()",
    "(dY[o] * X[0, i:i + H, j:j + W]).sum()",
    says=r"X|channel|0",
)


# ---- Nina: RNN
def net_n(p, xs, y):  # type: ignore[no-untyped-def]
    h = np.zeros(3)
    for x in xs:
        h = np.tanh(p["Wx"] @ x + p["Wh"] @ h + p["b"])
    o = p["v"] @ h
    return 0.5 * (o - y) ** 2


N = add(
    "nina: rnn",
    net_n,
    {"Wx": R(3, 2), "Wh": R(3, 3), "b": R(3), "v": R(3)},
    {"xs": R(4, 2), "y": 0.3},
    """
def gradient(p, xs, y):
    T = len(xs)
    hs = {-1: np.zeros(3)}
    for t in range(T):
        hs[t] = np.tanh(p["Wx"] @ xs[t] + p["Wh"] @ hs[t - 1] + p["b"])
    o = p["v"] @ hs[T - 1]
    d = {k: np.zeros_like(a) for k, a in p.items()}
    do = o - y
    d["v"] = do * hs[T - 1]
    dh = do * p["v"]
    for t in reversed(range(T)):
        dz = dh * (1 - hs[t] ** 2)
        d["Wx"] += np.outer(dz, xs[t])
        d["Wh"] += np.outer(dz, hs[t - 1])
        d["b"] += dz
        dh = p["Wh"].T @ dz
    return d
""",
)
N.bug("Wh not transposed", 'p["Wh"].T @ dz', 'p["Wh"] @ dz', says=r"transpos|Wh")
N.bug("Wh outer hs t", "np.outer(dz, hs[t - 1])", "np.outer(dz, hs[t])", says=r"Wh|h")
N.bug("outer swapped", "np.outer(dz, hs[t - 1])", "np.outer(hs[t - 1], dz)", says=r"transpos|Wh")
N.bug(
    "truncated by one",
    "for t in reversed(range(T))",
    "for t in reversed(range(1, T))",
    says=r"step|first|1|time",
)
N.bug(
    "only the last step", "for t in reversed(range(T))", "for t in [T - 1]", says=r"step|last|time"
)
N.bug("derivative of previous h", "(1 - hs[t] ** 2)", "(1 - hs[t - 1] ** 2)", says=r"h|tanh|step")
N.bug("no derivative in b", 'd["b"] += dz', 'd["b"] += dh', says=r"b.*(tanh|deriv|h)")
N.bug("b overwritten", 'd["b"] += dz', 'd["b"] = dz', says=r"b.*(first|step|only|last)")
N.bug("xs shifted", "np.outer(dz, xs[t])", "np.outer(dz, xs[t - 1])", says=r"xs|x")
N.bug(
    "relu derivative",
    "dz = dh * (1 - hs[t] ** 2)",
    "dz = dh * (hs[t] > 0)",
    says=r"relu|tanh|deriv|h",
)


# ---- Olga: LSTM
def net_o(W, U, b, x, h0, c0, t):  # type: ignore[no-untyped-def]
    h, c = h0, c0
    for k in range(2):
        z = W @ x[k] + U @ h + b
        f = sig(z[0:2])
        i = sig(z[2:4])
        g = np.tanh(z[4:6])
        o = sig(z[6:8])
        c = f * c + i * g
        h = o * np.tanh(c)
    return ((h - t) ** 2).sum()


Ol = add(
    "olga: lstm",
    net_o,
    (R(8, 2), R(8, 2), R(8)),
    (R(2, 2), R(2), R(2), R(2)),
    """
def gradient(W, U, b, x, h0, c0, t):
    h, c = h0, c0
    cache = []
    for k in range(2):
        z = W @ x[k] + U @ h + b
        f, i, g, o = sig(z[:2]), sig(z[2:4]), np.tanh(z[4:6]), sig(z[6:])
        c_new = f * c + i * g
        h_new = o * np.tanh(c_new)
        cache.append((x[k], h, c, f, i, g, o, c_new))
        h, c = h_new, c_new
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    dh = 2 * (h - t)
    dc = np.zeros(2)
    for xk, hp, cp, f, i, g, o, cn in reversed(cache):
        tc = np.tanh(cn)
        do = dh * tc
        dc = dc + dh * o * (1 - tc ** 2)
        df = dc * cp
        di = dc * g
        dg = dc * i
        dz = [df * f * (1 - f), di * i * (1 - i), dg * (1 - g ** 2), do * o * (1 - o)]
        dz = np.concatenate(dz)
        dW += np.outer(dz, xk)
        dU += np.outer(dz, hp)
        db += dz
        dh = U.T @ dz
        dc = dc * f
    return dW, dU, db
""",
)
Ol.bug("no forget back", "        dc = dc * f\n", "", says=r"f\b|forget|sig")
Ol.bug("g's derivative as sigmoid", "dg * (1 - g ** 2)", "dg * g * (1 - g)", says=r"g|tanh|sig")
Ol.bug("df uses new c", "df = dc * cp", "df = dc * cn", says=r"c")
Ol.bug(
    "di dg swapped",
    "di = dc * g\n        dg = dc * i",
    "di = dc * i\n        dg = dc * g",
    says=r"i|g",
)
Ol.bug("o reads c not tanh c", "do = dh * tc", "do = dh * cn", says=r"tanh|c")
Ol.bug("no tanh derivative on c", "dh * o * (1 - tc ** 2)", "dh * o", says=r"tanh|c")
Ol.bug("o's derivative missing", "do * o * (1 - o)", "do", says=r"sig|o")
Ol.bug(
    "gates in another order",
    "[df * f * (1 - f), di * i * (1 - i),",
    "[di * i * (1 - i), df * f * (1 - f),",
    says=r"swap|exchang|rows|gate|f|i",
)


# ---- Pia: GRU, batched, lists of params
def net_p(p, x, h0, y):  # type: ignore[no-untyped-def]
    h = h0
    for t in range(2):
        z = sig(x[t] @ p["Wz"] + h @ p["Uz"])
        r = sig(x[t] @ p["Wr"] + h @ p["Ur"])
        n = np.tanh(x[t] @ p["Wn"] + (r * h) @ p["Un"])
        h = (1 - z) * n + z * h
    return ((h - y) ** 2).mean()


P = add(
    "pia: gru",
    net_p,
    {k: R(2, 2) for k in ["Wz", "Uz", "Wr", "Ur", "Wn", "Un"]},
    {"x": R(2, 3, 2), "h0": R(3, 2), "y": R(3, 2)},
    """
def gradient(p, x, h0, y):
    h = h0
    saved = []
    for t in range(2):
        z = sig(x[t] @ p["Wz"] + h @ p["Uz"])
        r = sig(x[t] @ p["Wr"] + h @ p["Ur"])
        n = np.tanh(x[t] @ p["Wn"] + (r * h) @ p["Un"])
        saved.append((h, z, r, n))
        h = (1 - z) * n + z * h
    g = {k: np.zeros_like(v) for k, v in p.items()}
    dh = 2 * (h - y) / y.size
    for t in (1, 0):
        hp, z, r, n = saved[t]
        dn = dh * (1 - z) * (1 - n ** 2)
        dz = dh * (hp - n) * z * (1 - z)
        drh = dn @ p["Un"].T
        dr = drh * hp * r * (1 - r)
        g["Wn"] += x[t].T @ dn
        g["Un"] += (r * hp).T @ dn
        g["Wz"] += x[t].T @ dz
        g["Uz"] += hp.T @ dz
        g["Wr"] += x[t].T @ dr
        g["Ur"] += hp.T @ dr
        dh = dh * z + dz @ p["Uz"].T + dr @ p["Ur"].T + drh * r
    return g
""",
)
P.bug("dz only of n", "(hp - n) * z * (1 - z)", "(0 - n) * z * (1 - z)", says=r"z|h")
P.bug("drh without r", " + drh * r\n", " + drh\n", says=r"r\b|sig")
P.bug("1-z for z", "dh = dh * z +", "dh = dh * (1 - z) +", says=r"z")
P.bug(
    "forward gates exchanged",
    "        h = (1 - z) * n + z * h\n    g",
    "        h = z * n + (1 - z) * h\n    g",
    says=r"z",
)
P.bug("z sign", "(hp - n)", "(n - hp)", says=r"sign|z|-1")


# ---- Quinn: attention
def net_q(Wq, Wk, Wv, X, T):  # type: ignore[no-untyped-def]
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(2.0)
    E = np.exp(S)
    A = E / E.sum(axis=-1, keepdims=True)
    return 0.5 * ((A @ V - T) ** 2).sum()


Qn = add(
    "quinn: attention",
    net_q,
    (R(3, 2), R(3, 2), R(3, 2)),
    (R(4, 3), R(4, 2)),
    """
def gradient(Wq, Wk, Wv, X, T):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(2.0)
    E = np.exp(S - S.max(-1, keepdims=True))
    A = E / E.sum(axis=-1, keepdims=True)
    dO = A @ V - T
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (dA * A).sum(-1, keepdims=True))
    dS = dS / np.sqrt(2.0)
    dQ = dS @ K
    dK = dS.T @ Q
    return X.T @ dQ, X.T @ dK, X.T @ dV
""",
)
Qn.bug("A not transposed", "dV = A.T @ dO", "dV = A @ dO", says=r"A.*transpos|transpos|V")
Qn.bug("dS not transposed in dK", "dK = dS.T @ Q", "dK = dS @ Q", says=r"transpos|K")
Qn.bug(
    "Wq, Wk swapped",
    "return X.T @ dQ, X.T @ dK",
    "return X.T @ dK, X.T @ dQ",
    says=r"Wq.*Wk|swap|exchang",
)


# ---- Rita: embeddings
def net_r(E, W, b, ids, y):  # type: ignore[no-untyped-def]
    e = E[ids]
    pooled = e.mean(axis=1)
    s = sig(pooled @ W + b)
    return -(y * np.log(s) + (1 - y) * np.log(1 - s)).sum()


Rr = add(
    "rita: embeddings",
    net_r,
    (R(5, 3), R(3), 0.1),
    (np.array([[0, 1, 1], [2, 3, 0], [4, 4, 1], [3, 2, 2]]), np.array([1.0, 0, 0, 1])),
    """
def gradient(E, W, b, ids, y):
    e = E[ids]
    pooled = e.mean(axis=1)
    s = sig(pooled @ W + b)
    ds = s - y
    dW = pooled.T @ ds
    db = ds.sum()
    dpooled = np.outer(ds, W)
    dE = np.zeros_like(E)
    for n in range(len(ids)):
        for k in ids[n]:
            dE[k] += dpooled[n] / ids.shape[1]
    return dE, dW, db
""",
)
Rr.bug(
    "duplicates lost",
    """    for n in range(len(ids)):
        for k in ids[n]:
            dE[k] += dpooled[n] / ids.shape[1]
""",
    """    dE[ids] += dpooled[:, None, :] / ids.shape[1]
""",
    says=r"repeats",
)
Rr.bug("assigned", "dE[k] += dpooled", "dE[k] = dpooled", says=r"repeats")
Rr.bug(
    "W missing",
    "dpooled = np.outer(ds, W)",
    "dpooled = np.outer(ds, np.ones(3))",
    says=r"leaves out the factor `W`",
)
Rr.bug("s(1-s) extra", "ds = s - y", "ds = (s - y) * s * (1 - s)", says=r"sig|s|deriv|squared")
