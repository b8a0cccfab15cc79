"""Right gradients of the networks of `people`, written in another style."""

from __future__ import annotations

from . import people_batches, people_scalars, people_windows
from .network import Network

NETWORKS: list[Network] = []
byname = {n.name: n for m in (people_scalars, people_batches, people_windows) for n in m.NETWORKS}


def like(old: str, src: str, title: str, lr: float | None = None) -> None:
    n = byname[old]
    NETWORKS.append(
        Network(
            title,
            n.intended,
            n.params,
            n.inputs,
            src,
            learning_rate=lr if lr is not None else n.learning_rate,
        )
    )


like(
    "anna: 2-2-1",
    """
def gradient(p, x, t):
    W = np.array([[p["w1"], p["w2"]], [p["w3"], p["w4"]]])
    b = np.array([p["b1"], p["b2"]])
    v = np.array([p["w5"], p["w6"]])
    h = 1 / (1 + np.exp(-(W @ x + b)))
    o = 1 / (1 + np.exp(-(v @ h + p["b3"])))
    do = 2 * (o - t) * o * (1 - o)
    gv = do * h
    gb = do * v * h * (1 - h)
    gW = np.outer(gb, x)
    out = dict(w1=gW[0, 0], w2=gW[0, 1], w3=gW[1, 0], w4=gW[1, 1], w5=gv[0], w6=gv[1])
    return {**out, **dict(b1=gb[0], b2=gb[1], b3=do)}
""",
    "matrix form of 2-2-1",
)
like(
    "anna: 2-2-1",
    """
def gradient(p, x, t):
    for k in p: p[k] = float(p[k])
    h1 = sig(p["w1"] * x[0] + p["w2"] * x[1] + p["b1"])
    h2 = sig(p["w3"] * x[0] + p["w4"] * x[1] + p["b2"])
    o = sig(p["w5"] * h1 + p["w6"] * h2 + p["b3"])
    delta = (o - t) * 2 * (o - o * o)
    p["w1"] -= 0.5 * delta * p["w5"] * (h1 - h1 * h1) * x[0]
    p["w2"] -= 0.5 * delta * p["w5"] * (h1 - h1 * h1) * x[1]
    p["b1"] -= 0.5 * delta * p["w5"] * (h1 - h1 * h1)
    p["w3"] -= 0.5 * delta * p["w6"] * (h2 - h2 * h2) * x[0]
    p["w4"] -= 0.5 * delta * p["w6"] * (h2 - h2 * h2) * x[1]
    p["b2"] -= 0.5 * delta * p["w6"] * (h2 - h2 * h2)
    p["w5"] -= 0.5 * delta * h1
    p["w6"] -= 0.5 * delta * h2
    p["b3"] -= 0.5 * delta
    return p
""",
    "in-place step on the dict",
    lr=0.5,
)
like(
    "ben: tanh step",
    """
def gradient(w1, w2, w3, w4, w5, w6, x1, x2, y):
    h = [np.tanh(w1 * x1 + w2 * x2), np.tanh(w3 * x1 + w4 * x2)]
    e = w5 * h[0] + w6 * h[1] - y
    grads = []
    for w, a in ((w5, h[0]), (w6, h[1])):
        for x in (x1, x2):
            grads.append(e * w / np.cosh(np.arctanh(a)) ** 2 * x)
    grads += [e * a for a in h]
    return [w - 0.1 * g for w, g in zip((w1, w2, w3, w4, w5, w6), grads)]
""",
    "lists and cosh",
)
like(
    "chen: document 003",
    """
def gradient(params, X, Y):
    w = params["weights"].copy()
    for row, target in zip(X, Y):
        a = sig(row @ params["weights"])
        w += ((target - a) * a * (1 - a) * row)[:, None]
    return {"weights": w}
""",
    "samples one by one",
)
like(
    "dora: logistic",
    """
def gradient(w, b, X, y):
    Xb = np.hstack([X, np.ones((len(X), 1))])
    wb = np.append(w, b)
    g = Xb.T @ (sig(Xb @ wb) - y) / len(X)
    return g[:-1], g[-1]
""",
    "bias column",
)
like(
    "dora: logistic",
    """
def gradient(w, b, X, y):
    a = sig(X @ w + b)
    da = -(y / a - (1 - y) / (1 - a))
    dz = da * a * (1 - a)
    return np.mean(dz[:, None] * X, axis=0), np.mean(dz)
""",
    "the long way",
)
like(
    "emil: ridge",
    """
def gradient(w, b, X, y, lam):
    n = X.shape[0]
    gw = 2 * (X.T @ X @ w + X.sum(0) * b - X.T @ y) / n + 2 * lam * w
    gb = 2 * (X.mean(0) @ w + b - y.mean())
    return gw, gb
""",
    "normal equations",
)
like(
    "gina: softmax mlp",
    """
def gradient(W1, b1, W2, b2, X, Y):
    g = [np.zeros_like(a) for a in (W1, b1, W2, b2)]
    for x, y in zip(X, Y):
        h = (x @ W1 + b1).clip(min=0)
        s = h @ W2 + b2
        p = np.exp(s) / np.exp(s).sum()
        d = p - y
        g[2] += np.outer(h, d); g[3] += d
        e = (W2 @ d) * (h > 0)
        g[0] += np.outer(x, e); g[1] += e
    g = [a / len(X) for a in g]
    g[0] += 0.01 * W1; g[2] += 0.01 * W2
    return g
""",
    "sample loop",
)
like(
    "gina: softmax mlp",
    """
def gradient(W1, b1, W2, b2, X, Y):
    Z1 = X @ W1 + b1
    A1 = Z1 * (Z1 > 0)
    Z2 = A1 @ W2 + b2
    P = np.exp(Z2 - np.log(np.exp(Z2).sum(1, keepdims=True)))
    J = np.einsum("ni,ij->nij", P, np.eye(3)) - np.einsum("ni,nj->nij", P, P)
    dZ2 = np.einsum("nij,nj->ni", J, -Y / P) / len(X)
    D = np.einsum("nj,kj->nk", dZ2, W2); D[Z1 <= 0] = 0
    gW1, gW2 = np.einsum("ni,nj->ij", X, D), np.einsum("ni,nj->ij", A1, dZ2)
    return gW1 + W1 / 100, D.sum(0), gW2 + W2 / 100, dZ2.sum(0)
""",
    "the softmax Jacobian written out",
)
like(
    "hugo: columns, integer labels",
    """
def gradient(p, X, labels):
    H = np.tanh(p["W1"] @ X + p["b1"])
    S = p["W2"] @ H + p["b2"]
    S = S - S.max(0)
    G = np.exp(S) / np.sum(np.exp(S), 0) - np.eye(3)[labels].T
    back = (p["W2"].T @ G) * (1 - H) * (1 + H)
    return {"b2": G.sum(1)[:, None], "W2": G @ H.T, "b1": back.sum(1)[:, None], "W1": back @ X.T}
""",
    "eye for labels, other order of keys",
)
like(
    "ines: leaky, dropout",
    """
def gradient(params, X, mask, T):
    W1, b1, W2, b2 = params
    z = X @ W1 + b1
    slope = np.ones_like(z); slope[z < 0] = 0.1
    keep = mask * 1.25
    h = z * slope * keep
    r = h @ W2 + b2 - T
    q = r @ W2.T * keep * slope
    return [X.T @ q, q.sum(axis=0), h.T @ r, r.sum(axis=0)]
""",
    "slopes as an array",
)
like(
    "jan: batch norm",
    """
def gradient(W, gamma, beta, X, T):
    N = len(X)
    z = X @ W
    c = z - z.mean(0)
    s = np.sqrt((c * c).mean(0) + 1e-5)
    n = c / s
    d = (gamma * n + beta - T) * 2 / T.size
    dn = d * gamma
    dz = (N * dn - dn.sum(0) - n * (dn * n).sum(0)) / (N * s)
    return X.T @ dz, (d * n).sum(0), d.sum(0)
""",
    "the compact batch norm",
)
like(
    "kim: layer norm",
    """
def gradient(p, X, T):
    A, g, b = p["A"], p["g"], p["b"]
    out = {k: np.zeros_like(v) for k, v in p.items()}
    for x, t in zip(X, T):
        c = x @ A
        n = (c - c.mean()) / np.sqrt(c.var() + 1e-5)
        d = (n * g + b - t) / len(X)
        out["g"] += d * n
        out["b"] += d
        e = d * g
        dc = (e - e.mean() - n * np.mean(e * n)) / np.sqrt(c.var() + 1e-5)
        out["A"] += np.outer(x, dc)
    return out
""",
    "layer norm per sample",
)
like(
    "lea: conv1d",
    """
def gradient(k, c, x, t):
    view = np.lib.stride_tricks.sliding_window_view(x, len(k))
    out = view @ k + c
    d = 2 * (np.maximum(out, 0) - t) * (out > 0)
    return d @ view, d.sum()
""",
    "windows as a view",
)
like(
    "lea: conv1d",
    """
def gradient(k, c, x, t):
    out = np.correlate(x, k, "valid") + c
    d = np.where(out > 0, 2 * (out - t), 0)
    return np.correlate(x, d, "valid"), d.sum()
""",
    "correlate",
)
like(
    "max: conv2d",
    """
def gradient(K, b, X, T):
    V = np.lib.stride_tricks.sliding_window_view(X, (2, 2), axis=(1, 2))
    Y = np.einsum("ocij,chwij->ohw", K, V) + b[:, None, None]
    A = np.tanh(Y)
    G = (A.mean((1, 2)) - T)[:, None, None] / A[0].size * (1 - A * A)
    return np.einsum("ohw,chwij->ocij", G, V), G.sum((1, 2))
""",
    "einsum over a view",
)
like(
    "nina: rnn",
    """
def gradient(p, xs, y):
    hs = [np.zeros(3)]
    for x in xs:
        hs.append(np.tanh(p["Wx"] @ x + p["Wh"] @ hs[-1] + p["b"]))
    e = p["v"] @ hs[-1] - y
    def back(t, dh):
        if t < 0:
            return 0 * p["Wx"], 0 * p["Wh"], 0 * p["b"]
        d = dh * (1 - hs[t + 1] ** 2)
        a, b, c = back(t - 1, d @ p["Wh"])
        return a + d[:, None] * xs[t], b + d[:, None] * hs[t], c + d
    a, b, c = back(len(xs) - 1, e * p["v"])
    return {"v": e * hs[-1], "Wx": a, "Wh": b, "b": c}
""",
    "recursive rnn",
)
like(
    "olga: lstm",
    """
def gradient(W, U, b, x, h0, c0, t):
    h, c = h0.copy(), c0.copy(); tape = []
    for xk in x:
        z = (W @ xk + U @ h + b).reshape(4, 2)
        a = np.stack([sig(z[0]), sig(z[1]), np.tanh(z[2]), sig(z[3])])
        c2 = a[0] * c + a[1] * a[2]
        tape.append((xk, h, c, a, c2)); h, c = a[3] * np.tanh(c2), c2
    G = [W * 0, U * 0, b * 0]
    dh, dc = 2 * h - 2 * t, 0
    while tape:
        xk, hp, cp, a, c2 = tape.pop()
        dc = dc + dh * a[3] / np.cosh(c2) ** 2
        d = np.stack([dc * cp, dc * a[2], dc * a[1], dh * np.tanh(c2)])
        s = a * (1 - a); s[2] = 1 - a[2] ** 2
        d = (d * s).ravel()
        G[0] += d[:, None] @ xk[None]; G[1] += d[:, None] @ hp[None]; G[2] += d
        dh, dc = d @ U, dc * a[0]
    return G
""",
    "stacked gates",
)
like(
    "pia: gru",
    """
def gradient(p, x, h0, y):
    def cell(xt, h):
        z = sig(xt @ p["Wz"] + h @ p["Uz"]); r = sig(xt @ p["Wr"] + h @ p["Ur"])
        n = np.tanh(xt @ p["Wn"] + (r * h) @ p["Un"])
        return z, r, n, n + z * (h - n)
    z0, r0, n0, h1 = cell(x[0], h0)
    z1, r1, n1, h2 = cell(x[1], h1)
    g = {k: 0 for k in p}
    d = (h2 - y) / 3
    for xt, h, z, r, n in ((x[1], h1, z1, r1, n1), (x[0], h0, z0, r0, n0)):
        dn, dz = d * (1 - z) * (1 - n * n), d * (h - n) * (z - z * z)
        q = dn @ p["Un"].T
        dr = q * h * (r - r * r)
        for name, e in (("z", dz), ("r", dr), ("n", dn)):
            g["W" + name] = g["W" + name] + xt.T @ e
            g["U" + name] = g["U" + name] + (r * h if name == "n" else h).T @ e
        d = d * z + dz @ p["Uz"].T + dr @ p["Ur"].T + q * r
    return g
""",
    "gru unrolled",
)
like(
    "quinn: attention",
    """
def gradient(Wq, Wk, Wv, X, T):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    gq, gk, gv = Wq * 0, Wk * 0, Wv * 0
    for i in range(len(X)):
        s = K @ Q[i] / 2 ** 0.5
        a = np.exp(s) / np.exp(s).sum()
        e = a @ V - T[i]
        gv += X.T @ np.outer(a, e)
        ds = (np.diag(a) - np.outer(a, a)) @ (V @ e) / 2 ** 0.5
        gq += np.outer(X[i], ds @ K)
        gk += X.T @ np.outer(ds, Q[i])
    return gq, gk, gv
""",
    "attention by queries",
)
like(
    "rita: embeddings",
    """
def gradient(E, W, b, ids, y):
    C = np.zeros((4, 5))
    np.add.at(C, (np.arange(4)[:, None], ids), 1 / 3)
    s = sig(C @ E @ W + b)
    d = s - y
    return C.T @ d[:, None] * W, (C @ E).T @ d, d.sum()
""",
    "embeddings as a matrix of counts",
)
