"""Mistakes in networks whose intended function fills arrays, or calls Python's own functions."""

from __future__ import annotations

import math

import numpy as np

from .network import collection, normal

NETWORKS, add = collection()
R = normal(np.random.default_rng(2111))


# ---- an LSTM in arrays of all rounds
def lstm(W, U, b, X, y):  # type: ignore[no-untyped-def]
    T, n = len(X), U.shape[1]
    h, c, gates = np.zeros((T + 1, n)), np.zeros((T + 1, n)), np.zeros((T, 4 * n))
    for t in range(T):
        a = W @ X[t] + U @ h[t] + b
        gates[t, : 3 * n] = 1 / (1 + np.exp(-a[: 3 * n]))
        gates[t, 3 * n :] = np.tanh(a[3 * n :])
        i, f, o, g = np.split(gates[t], 4)
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return 0.5 * np.sum((h[T] - y) ** 2)


L = add(
    "filled: lstm",
    lstm,
    (R(8, 3), R(8, 2), R(8)),
    (R(3, 3), R(2)),
    """
def gradient(W, U, b, X, y):
    T, n = len(X), U.shape[1]
    h, c, gates = np.zeros((T + 1, n)), np.zeros((T + 1, n)), []
    for t in range(T):
        a = W @ X[t] + U @ h[t] + b
        i, f, o = (1 / (1 + np.exp(-a[k * n:k * n + n])) for k in range(3))
        g = np.tanh(a[3 * n:])
        gates.append((i, f, o, g))
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    dW, dU, db = 0 * W, 0 * U, 0 * b
    dh, dc = h[T] - y, np.zeros(n)
    for t in reversed(range(T)):
        i, f, o, g = gates[t]
        th = np.tanh(c[t + 1])
        dc = dc + dh * o * (1 - th**2)
        da = np.concatenate([dc * g * i * (1 - i), dc * c[t] * f * (1 - f),
                             dh * th * o * (1 - o), dc * i * (1 - g**2)])
        dW += np.outer(da, X[t])
        dU += np.outer(da, h[t])
        db += da
        dh = U.T @ da
        dc = dc * f
    return dW, dU, db
""",
)
L.bug(
    "cell of this round",
    "dc * c[t] * f",
    "dc * c[t + 1] * f",
    says=r"`c\[[23]\]` where.*`c\[[12]\]`",
)
L.bug(
    "state of this round",
    "np.outer(da, h[t])",
    "np.outer(da, h[t + 1])",
    says=r"h\[[23]\].*h\[[12]",
)
L.bug(
    "cell is not carried", "dc = dc * f", "dc = np.zeros(n)", says=r"c\[1\].*(missing|cut|left out)"
)
L.bug(
    "carried without the gate", "dc = dc * f", "dc = dc", says=r"c\[1\].*leaves out the factor `f"
)
L.bug("cell's tanh", "dh * o * (1 - th**2)", "dh * o", says=r"tanh\(c.*left out|factor.*c\[")


# ---- convolutions of a padded signal with a stride, by a helper
def convolutions(w1, b1, w2, b2, x, y):  # type: ignore[no-untyped-def]
    def conv(x, w, b):  # type: ignore[no-untyped-def]
        xp = np.pad(x, ((0, 0), (0, 0), (1, 1)))
        out = np.zeros((len(x), len(w), (xp.shape[2] - 3) // 2 + 1))
        for t in range(out.shape[2]):
            out[:, :, t] = np.einsum("nck,fck->nf", xp[:, :, 2 * t : 2 * t + 3], w) + b
        return out

    return 0.5 * np.sum((conv(np.maximum(conv(x, w1, b1), 0), w2, b2) - y) ** 2) / len(x)


C = add(
    "filled: two convolutions",
    convolutions,
    (R(3, 2, 3), R(3), R(2, 3, 3), R(2)),
    (R(3, 2, 9), R(3, 2, 3)),
    """
def padded(x, pad):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad)))

def conv1d(x, w, b, stride, pad):
    xp = padded(x, pad)
    k = w.shape[2]
    lout = (xp.shape[2] - k) // stride + 1
    out = np.zeros((x.shape[0], w.shape[0], lout))
    for t in range(lout):
        win = xp[:, :, t*stride:t*stride + k]
        out[:, :, t] = np.einsum('nck,fck->nf', win, w) + b
    return out

def conv1d_grad(dout, x, w, stride, pad):
    xp = padded(x, pad)
    k = w.shape[2]
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    db = np.zeros(w.shape[0])
    for t in range(dout.shape[2]):
        lo = t*stride
        dt = dout[:, :, t]
        dw += np.einsum('nf,nck->fck', dt, xp[:, :, lo:lo + k])
        dxp[:, :, lo:lo + k] += np.einsum('nf,fck->nck', dt, w)
        db += dt.sum(axis=0)
    dx = dxp[:, :, pad:pad + x.shape[2]]
    return dx, dw, db

def gradient(w1, b1, w2, b2, x, y):
    z = conv1d(x, w1, b1, stride=2, pad=1)
    h = np.maximum(z, 0)
    out = conv1d(h, w2, b2, stride=2, pad=1)
    dout = (out - y) / x.shape[0]
    dh, dw2, db2 = conv1d_grad(dout, h, w2, stride=2, pad=1)
    dz = dh * (z > 0)
    dx, dw1, db1 = conv1d_grad(dz, x, w1, stride=2, pad=1)
    return dw1, db1, dw2, db2
""",
)
C.bug("overwritten", "dxp[:, :, lo:lo + k] +=", "dxp[:, :, lo:lo + k] =", says=r"xp#2.*overwritten")
C.bug("edge values", "(pad, pad)))", "(pad, pad)), mode='edge')", says=r"mode='edge'.*zeros")
C.bug("flipped", "dt, w)\n        db", "dt, w[:, :, ::-1])\n        db", says=r"w2.*reversed along")
C.bug("relu forgotten", "dh * (z > 0)", "dh", says=r"(relu|max).*left out|left out.*(relu|max)|z")


# ---- two filters on an image, leaky ReLU, max pooling, a linear layer
def pooled(p, image, t):  # type: ignore[no-untyped-def]
    parts = []
    for K, c in zip(p["K"], p["c"], strict=True):
        z = np.array(
            [[np.sum(image[i : i + 2, j : j + 2] * K) + c for j in range(4)] for i in range(4)]
        )
        a = np.where(z > 0, z, 0.1 * z)
        parts += [np.max(a[i : i + 2, j : j + 2]) for i in (0, 2) for j in (0, 2)]
    return np.sum((p["V"] @ np.array(parts) + p["d"] - t) ** 2)


P = add(
    "filled: leaky, pooled",
    pooled,
    {"K": R(2, 2, 2), "c": R(2), "V": R(2, 8), "d": R(2)},
    (R(5, 5), R(2)),
    """
def gradient(p, image, t):
    K, c, V, d = p['K'], p['c'], p['V'], p['d']
    z = np.zeros((2, 4, 4))
    for f, i, j in np.ndindex(2, 4, 4):
        z[f, i, j] = np.sum(image[i:i+2, j:j+2] * K[f]) + c[f]
    a = np.where(z > 0, z, 0.1*z)
    flat, where = [], []
    for f, i, j in np.ndindex(2, 2, 2):
        block = a[f, 2*i:2*i+2, 2*j:2*j+2]
        u, v = np.unravel_index(np.argmax(block), block.shape)
        flat.append(block[u, v])
        where.append((f, 2*i + u, 2*j + v))
    dscore = 2*(V @ np.array(flat) + d - t)
    dflat = V.T @ dscore
    da = np.zeros_like(a)
    for (f, r, s), g in zip(where, dflat):
        da[f, r, s] += g
    dz = da * np.where(z > 0, 1.0, 0.1)
    dK, dc = np.zeros_like(K), np.zeros_like(c)
    for f, i, j in np.ndindex(2, 4, 4):
        dK[f] += dz[f, i, j] * image[i:i+2, j:j+2]
        dc[f] += dz[f, i, j]
    return {'K': dK, 'c': dc, 'V': np.outer(dscore, flat), 'd': dscore}
""",
)
P.bug("row and column", "da[f, r, s] +=", "da[f, s, r] +=", says=r"∂L/∂a#?\d?\.T")
P.bug("relu's slope", "np.where(z > 0, 1.0, 0.1)", "(z > 0)", says=r"taken as `\(z")
P.bug("slopes exchanged", "z > 0, 1.0, 0.1)", "z > 0, 0.1, 1.0)", says=r"where\(z.*0\.1, 1\)")
P.bug("da for c", "dc[f] += dz", "dc[f] += da", says=r"∂L/∂c` only.*left out")


# ---- a GRU on rows, some of whose values are stored
def gru(P, X, Y):  # type: ignore[no-untyped-def]
    def s(v):  # type: ignore[no-untyped-def]
        return 1 / (1 + np.exp(-v))

    h = np.zeros((X.shape[1], P["Uz"].shape[0]))
    for x in X:
        z = s(x @ P["Wz"] + h @ P["Uz"])
        r = s(x @ P["Wr"] + h @ P["Ur"])
        c = np.tanh(x @ P["Wc"] + (r * h) @ P["Uc"])
        h = (1 - z) * h + z * c
    return 0.5 * np.sum((h @ P["V"] - Y) ** 2) / len(Y)


G = add(
    "filled: gru on rows",
    gru,
    {name + k: R(2 if name == "W" else 3, 3) for k in "zrc" for name in "WU"} | {"V": R(3, 1)},
    (R(4, 2, 2), R(2, 1)),
    """
def gradient(P, X, Y):
    sig = lambda a: 1/(1 + np.exp(-a))
    h = np.zeros((X.shape[1], P["Uz"].shape[0]))
    cache = []
    for x in X:
        z = sig(x @ P["Wz"] + h @ P["Uz"])
        r = sig(x @ P["Wr"] + h @ P["Ur"])
        c = np.tanh(x @ P["Wc"] + (r*h) @ P["Uc"])
        hnew = (1 - z)*h + z*c
        cache.append((x, h, z, r, c))
        h = hnew
    G = {k: np.zeros_like(v) for k, v in P.items()}
    dout = (h @ P["V"] - Y)/len(Y)
    G["V"] = h.T @ dout
    dh = dout @ P["V"].T
    for x, h, z, r, c in reversed(cache):
        dz = dh*(c - h)
        dc = dh*z
        dhp = dh*(1 - z)
        dac = dc*(1 - c**2)
        G["Wc"] += x.T @ dac
        G["Uc"] += (r*h).T @ dac
        drh = dac @ P["Uc"].T
        dr = drh*h
        dhp += drh*r
        dar = dr*r*(1 - r)
        G["Wr"] += x.T @ dar
        G["Ur"] += h.T @ dar
        dhp += dar @ P["Ur"].T
        daz = dz*z*(1 - z)
        G["Wz"] += x.T @ daz
        G["Uz"] += h.T @ daz
        dhp += daz @ P["Uz"].T
        dh = dhp
    return G
""",
)
G.bug(
    "gated after the product",
    '(r*h) @ P["Uc"]',
    'r*(h @ P["Uc"])',
    'G["Uc"] += (r*h).T @ dac',
    'G["Uc"] += h.T @ (r*dac)',
    '        drh = dac @ P["Uc"].T\n        dr = drh*h\n        dhp += drh*r\n',
    '        dr = dac*(h @ P["Uc"])\n        dhp += (r*dac) @ P["Uc"].T\n',
    says=r"computed as `r#\d\*\(h#\d@P?.*Uc",
)
G.bug(
    "the new state is stored",
    "        cache.append((x, h, z, r, c))\n        h = hnew\n",
    "        h = hnew\n        cache.append((x, h, z, r, c))\n",
    says=r"Uc.* computed with `h#2` where it should be `h#1`",
)


# ---- characters: a second matrix on what is carried
def characters(Wx, Wh, Wy, xs, labels):  # type: ignore[no-untyped-def]
    h, loss = np.zeros(3), 0.0
    for x, label in zip(xs, labels, strict=True):
        h = np.tanh(Wx @ x + Wh @ h)
        s = Wy @ h
        loss = loss - s[label] + np.log(np.sum(np.exp(s)))
    return loss


K = add(
    "filled: characters",
    characters,
    (R(3, 2), R(3, 3), R(4, 3)),
    (R(4, 2), np.array([3, 0, 2, 1])),
    """
def gradient(Wx, Wh, Wy, xs, labels):
    hs, ps = {-1: np.zeros(3)}, {}
    for t, x in enumerate(xs):
        hs[t] = np.tanh(Wx @ x + Wh @ hs[t-1])
        e = np.exp(Wy @ hs[t])
        ps[t] = e / e.sum()
    dWx, dWh, dWy, dhnext = 0*Wx, 0*Wh, 0*Wy, np.zeros(3)
    for t in reversed(range(len(xs))):
        dy = ps[t].copy()
        dy[labels[t]] -= 1
        dWy += np.outer(dy, hs[t])
        dh = Wy.T @ dy + dhnext
        draw = (1 - hs[t]**2) * dh
        dWx += np.outer(draw, xs[t])
        dWh += np.outer(draw, hs[t-1])
        dhnext = Wh.T @ draw
    return dWx, dWh, dWy
""",
)
K.bug("twice", "Wy.T @ dy + dhnext", "Wy.T @ dy + Wh.T @ dhnext", says=r"multiplies by `Wh` twice")
K.bug(
    "twice, and the state before",
    "Wy.T @ dy + dhnext",
    "Wy.T @ dy + Wh.T @ dhnext",
    "np.outer(dy, hs[t])",
    "np.outer(dy, hs[t-1])",
    says=r"(?=.*multiplies by `Wh` twice)(?=.*Wy)",
    double=True,
)


# ---- numbers, by Python's own functions
def numbers(w, x, y):  # type: ignore[no-untyped-def]
    h = [1 / (1 + math.exp(-(w[i] * x[0] + w[i + 2] * x[1]))) for i in range(2)]
    return float(0.5 * (max(0.0, w[4] * h[0] + w[5] * h[1]) - y) ** 2)


N = add(
    "filled: math, max and float",
    numbers,
    (R(6),),
    (R(2), 0.3),
    """
def gradient(w, x, y):
    h = [1 / (1 + np.exp(-(w[i]*x[0] + w[i+2]*x[1]))) for i in range(2)]
    o = w[4]*h[0] + w[5]*h[1]
    d = (max(0.0, o) - y) * (o > 0)
    dz = [d * w[i+4] * h[i] * (1 - h[i]) for i in range(2)]
    return np.array([dz[0]*x[0], dz[1]*x[0], dz[0]*x[1], dz[1]*x[1], d*h[0], d*h[1]])
""",
)
N.bug("x[0] for x[1]", "dz[0]*x[1]", "dz[0]*x[0]", says=r"x\[0\]` where it should.*x\[1\]")
N.bug("slope forgotten", " * (o > 0)", "", says=r"left out")
N.bug("the other weight", "d * w[i+4]", "d * w[5-i]", says=r"w\[5\]|exchanged")
