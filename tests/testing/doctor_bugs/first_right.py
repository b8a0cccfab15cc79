"""Right code, written another way than the intended computation: nothing may be blamed."""

from __future__ import annotations

from dataclasses import replace

from . import first_batches, first_cells, first_scalars, first_windows
from .network import Network


def another(of: Network, how: str, source: str) -> Network:
    return replace(of, name=f"{of.name}, {how}", source=source, bugs=[])


NETWORKS = [
    another(
        first_scalars.D,
        "factors multiplied in another order",
        """
def gradient(w1, w2, w3, w4, w5, w6, b1, b2, b3, x1, x2, y):
    h1 = 1 / (1 + np.exp(-(b1 + x2 * w2 + x1 * w1)))
    h2 = 1 / (1 + np.exp(-(b2 + x2 * w4 + x1 * w3)))
    o = 1 / (1 + np.exp(-(b3 + h1 * w5 + h2 * w6)))
    k = (o - o ** 2) * (o + o - y - y)
    f1, f2 = k * (h1 - h1 ** 2) * w5, (h2 - h2 ** 2) * (k * w6)
    return x1 * f1, x2 * f1, x1 * f2, x2 * f2, h1 * k, h2 * k, f1, f2, k
""",
    ),
    another(
        first_scalars.A,
        "arrays for the loop",
        """
def gradient(P, data, target):
    a, b = data.T
    h1 = sig(P["w1"] * a + P["w2"] * b + P["b1"])
    h2 = sig(P["w3"] * a + P["w4"] * b + P["b2"])
    o = sig(P["w5"] * h1 + P["w6"] * h2 + P["b3"])
    e = (o - target) * o * (1 - o) * 2 / target.size
    e1, e2 = e * P["w5"] * h1 * (1 - h1), e * P["w6"] * h2 * (1 - h2)
    return dict(w1=e1 @ a, w2=e1 @ b, w3=e2 @ a, w4=e2 @ b, w5=e @ h1, w6=e @ h2,
                b1=e1.sum(), b2=e2.sum(), b3=e.sum())
""",
    ),
    another(
        first_scalars.T,
        "a loop and in place",
        """
def gradient(weights, inputs, outputs):
    new = weights.copy()
    for x, y in zip(inputs, outputs):
        h = sig(x @ weights)
        new -= np.outer(x, (h - y) * h * (1 - h))
    return new
""",
    ),
    another(
        first_scalars.E,
        "the shortcut p - y",
        """
def gradient(w, b, X, y):
    r = (sig(b + X @ w) - y) / len(y)
    return r @ X, np.add.reduce(r)
""",
    ),
    another(
        first_batches.M,
        "a loop over samples",
        """
def gradient(W1, b1, W2, b2, X, Y):
    g1, gb1, g2, gb2 = np.zeros_like(W1), np.zeros(4), np.zeros_like(W2), np.zeros(2)
    for x, y in zip(X, Y):
        a = np.tanh(x @ W1 + b1)
        e = a @ W2 + b2 - y
        d = (W2 @ e) * (1 - a) * (1 + a)
        g1 += np.outer(x, d); gb1 += d
        g2 += np.outer(a, e); gb2 += e
    s = 2 / Y.size
    return s * g1, s * gb1, s * g2, s * gb2
""",
    ),
    another(
        first_batches.C,
        "whole matrices",
        """
def gradient(p, X, T):
    Z = p["W"] @ X + p["b"]
    H = Z * (Z > 0)
    S = p["V"] @ H + p["c"]
    S = S - S.max(axis=0)
    Q = np.exp(S) / np.exp(S).sum(axis=0)
    D = (Q - T) / T.shape[1]
    B = np.where(Z > 0, p["V"].T @ D, 0)
    ones = np.ones((T.shape[1], 1))
    return {"c": D @ ones, "V": D @ H.T, "b": B @ ones, "W": B @ X.T}
""",
    ),
    another(
        first_batches.Q,
        "matrix products",
        """
def gradient(theta, x, y):
    h = sig(x @ theta[0])
    o = sig(h @ theta[1])
    d = (o - y) * (o * (1 - o))
    return [x.T @ (d @ theta[1].T * (h * (1 - h))), (d.T @ h).T]
""",
    ),
    another(
        first_batches.J,
        "p - t, einsum",
        """
def gradient(W1, b1, W2, b2, X, T):
    a = sig(np.einsum("ni,hi->nh", X, W1) + b1)
    s = np.einsum("nh,kh->nk", a, W2) + b2
    e = np.exp(s - s.max(1, keepdims=True))
    d = (e / e.sum(1, keepdims=True) - T) / len(T)
    q = np.einsum("nk,kh,nh,nh->nh", d, W2, a, 1 - a)
    return np.einsum("nh,ni->hi", q, X), q.sum(0), np.einsum("nk,nh->kh", d, a), d.sum(0)
""",
    ),
    another(
        first_windows.S,
        "a view of windows",
        """
def gradient(k, b, x, t):
    w = np.lib.stride_tricks.sliding_window_view(x, 3)[::2]
    a = np.tanh(w @ k + b)
    d = (a - t) * (1 - a ** 2)
    return w.T @ d, d.sum()
""",
    ),
    another(
        first_windows.P,
        "added up tap by tap",
        """
def gradient(k1, c1, k2, c2, x, y):
    u = sum(k1[j] * x[j:j + 6] for j in range(3)) + c1
    a = np.maximum(u, 0)
    v = k2[0] * a[:5] + k2[1] * a[1:] + c2
    dv = (v - y) * 0.4
    du = np.zeros(6)
    du[:5] += k2[0] * dv
    du[1:] += k2[1] * dv
    du[u <= 0] = 0
    dk1 = np.array([du @ x[j:j + 6] for j in range(3)])
    return dk1, du.sum(), np.array([dv @ a[:5], dv @ a[1:]]), dv.sum()
""",
    ),
    another(
        first_windows.M,
        "einsum over windows",
        """
def gradient(F, b, D, img, target):
    p = np.zeros((5, 6))
    p[1:-1, 1:-1] = img
    v = np.lib.stride_tricks.sliding_window_view(p, (3, 3))
    a = sig(np.einsum("fij,rcij->frc", F, v) + b[:, None, None])
    ds = np.tensordot(D.reshape(2, 2, 3, 4), a, 3) - target
    da = np.tensordot(ds, D.reshape(2, 2, 3, 4), 1)
    da *= a - a * a
    return np.einsum("frc,rcij->fij", da, v), da.sum((1, 2)), ds[:, None] * a.ravel()
""",
    ),
    another(
        first_windows.B,
        "blocks by reshape",
        """
def gradient(img, K, b, T):
    B = img.reshape(2, 2, 2, 2).swapaxes(1, 2)
    O = (B * K).sum((2, 3)) + b
    d = (O - T) * (O > 0)
    return np.kron(d, K), np.tensordot(d, B, 2), d.sum()
""",
    ),
    another(
        first_cells.S,
        "derivatives carried forwards",
        """
def gradient(w, u, b, xs, target):
    h = hw = hu = hb = 0.0
    for x in xs:
        n = np.tanh(w * x + u * h + b)
        s = 1 - n * n
        hw, hu, hb = s * (x + u * hw), s * (h + u * hu), s * (1 + u * hb)
        h = n
    return (h - target) * hw, (h - target) * hu, (h - target) * hb
""",
    ),
    another(
        first_cells.L,
        "all times at once",
        """
def gradient(p, xs, y):
    H = [np.zeros(3)]
    for x in xs[:, :, 0]:
        H.append(np.tanh(p["Wxh"] @ x + p["Whh"] @ H[-1] + p["bh"][:, 0]))
    H = np.array(H)
    e = 2 * (p["Why"] @ H[-1] + p["by"][:, 0] - y[:, 0])
    Z = np.zeros((4, 3))
    c = e @ p["Why"]
    for t in (3, 2, 1, 0):
        Z[t] = c * (1 - H[t + 1] ** 2)
        c = Z[t] @ p["Whh"]
    return {"Wxh": Z.T @ xs[:, :, 0], "Whh": Z.T @ H[:-1], "bh": Z.sum(0)[:, None],
            "Why": np.outer(e, H[-1]), "by": e[:, None]}
""",
    ),
    another(
        first_cells.E,
        "recursion",
        """
def gradient(Wx, Wh, b, V, c, h0, X, Y):
    gWx, gWh, gb, gV, gc = (np.zeros_like(a) for a in (Wx, Wh, b, V, c))
    def back(t, h):
        if t == len(X):
            return np.zeros(3)
        new = np.tanh(X[t] @ Wx + h @ Wh + b)
        e = 2 * (new @ V + c - Y[t]) / len(X)
        d = (V @ e + back(t + 1, new)) * (1 - new ** 2)
        gWx[...] += np.outer(X[t], d)
        gWh[...] += np.outer(h, d)
        gb[...] += d
        gV[...] += np.outer(new, e)
        gc[...] += e
        return Wh @ d
    g0 = back(0, h0)
    return gWx, gWh, gb, gV, gc, g0
""",
    ),
]
