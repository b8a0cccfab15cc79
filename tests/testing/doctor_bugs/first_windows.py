"""Mistakes as people type them: convolutions in one and two directions, written anew."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import collection, normal

NETWORKS, add = collection()
R = normal(np.random.default_rng(803))


# ---- one direction, stride two, bias, loops
def strided(k, b, x, t):  # type: ignore[no-untyped-def]
    outs = []
    for i in range(4):
        outs.append(np.tanh(np.dot(k, x[2 * i : 2 * i + 3]) + b))
    return 0.5 * np.sum((np.stack(outs) - t) ** 2)


S = add(
    "first: strided",
    strided,
    (R(3), -0.2),
    (R(9), R(4)),
    """
def gradient(k, b, x, t):
    stride, K, n = 2, 3, 4
    y = np.zeros(n)
    for i in range(n):
        for j in range(K):
            y[i] += k[j] * x[i * stride + j]
        y[i] += b
    a = np.tanh(y)
    err = a - t
    dy = err * (1 - a * a)
    dk = np.zeros(K)
    db = 0.0
    for i in range(n):
        for j in range(K):
            dk[j] += dy[i] * x[i * stride + j]
        db += dy[i]
    return dk, db
""",
)
S.bug(
    "kernel flipped forward",
    "k[j] * x[i * stride + j]\n        y",
    "k[K - 1 - j] * x[i * stride + j]\n        y",
    says=r"k.*(revers|flip|back)|(revers|flip).*k",
)
S.bug(
    "one past",
    "dk[j] += dy[i] * x[i * stride + j]",
    "dk[j] += dy[i] * x[i * stride + j - 1]",
    says=r"k.*`x` shifted by one",
)
S.bug(
    "bias per tap forward",
    "y[i] += k[j] * x[i * stride + j]\n        y[i] += b",
    "y[i] += k[j] * x[i * stride + j] + b\n",
    says=r"b.*|3",
)
S.bug(
    "pair: stride, bias of err",
    "dk[j] += dy[i] * x[i * stride + j]",
    "dk[j] += dy[i] * x[i + j]",
    "db += dy[i]",
    "db += err[i]",
    says=r"(?=.*`∂L/∂k`.*x\[1:4\])(?=.*`∂L/∂b`)",
    double=True,
)


# ---- two convolutions one after the other, np.correlate and np.convolve
def deep(k1, c1, k2, c2, x, y):  # type: ignore[no-untyped-def]
    u = np.stack([np.dot(k1, x[i : i + 3]) for i in range(6)]) + c1
    a = np.maximum(u, 0)
    v = np.stack([np.dot(k2, a[i : i + 2]) for i in range(5)]) + c2
    return np.mean((v - y) ** 2)


P = add(
    "first: two convolutions",
    deep,
    (R(3), 0.4, R(2), 0.1),
    (R(8), R(5)),
    """
def gradient(k1, c1, k2, c2, x, y):
    u = np.correlate(x, k1, "valid") + c1
    a = u * (u > 0)
    v = np.correlate(a, k2, "valid") + c2
    dv = 2 * (v - y) / y.size
    dk2 = np.correlate(a, dv, "valid")
    dc2 = dv.sum()
    da = np.convolve(dv, k2, "full")
    du = da * (u > 0)
    dk1 = np.correlate(x, du, "valid")
    dc1 = du.sum()
    return dk1, dc1, dk2, dc2
""",
)
P.bug(
    "not flipped",
    'np.convolve(dv, k2, "full")',
    'np.correlate(dv, k2, "full")',
    says=r"`k2` reversed",
)
P.bug(
    "u into dk2",
    'np.correlate(a, dv, "valid")',
    'np.correlate(u, dv, "valid")',
    says=r"k2.*`u` where .*`a`",
)
P.bug(
    "forward convolves",
    'u = np.correlate(x, k1, "valid")',
    'u = np.convolve(x, k1, "valid")',
    says=r"k1.*(revers|flip|back)|(revers|flip).*k1",
)
P.bug(
    "same padding",
    'da = np.convolve(dv, k2, "full")',
    'da = np.append(np.convolve(dv, k2, "same"), 0)',
    says=r"a\[|a|k2",
)
P.bug(
    "x[1:] misaligned",
    'np.correlate(x, du, "valid")',
    'np.correlate(np.roll(x, 1), du, "valid")',
    says=r"k1.*`x` shifted by one",
)
P.bug(
    "pair: dk1 convolved, k2 unflipped",
    'np.correlate(x, du, "valid")',
    'np.convolve(x, du, "valid")',
    'np.convolve(dv, k2, "full")',
    'np.correlate(dv, k2, "full")',
    says=r"(?=.*k1)(?=.*`k2` reversed)",
    double=True,
)


# ---- two directions, padding one, two filters, im2col, a dense layer after it
def padded(F, b, D, img, target):  # type: ignore[no-untyped-def]
    pad = np.pad(img, 1)
    maps = []
    for f in range(2):
        cells = [
            np.sum(F[f] * pad[r : r + 3, c : c + 3]) + b[f] for r in range(3) for c in range(4)
        ]
        maps.append(np.stack(cells))
    act = sig(np.stack(maps))
    score = D @ act.reshape(-1)
    return 0.5 * np.sum((score - target) ** 2)


M = add(
    "first: im2col",
    padded,
    (R(2, 3, 3), R(2), R(2, 24)),
    (R(3, 4), R(2)),
    """
def im2col(p, H, W):
    cols = []
    for r in range(H):
        for c in range(W):
            cols.append(p[r:r + 3, c:c + 3].ravel())
    return np.array(cols).T

def gradient(F, b, D, img, target):
    H, W = img.shape
    p = np.pad(img, 1)
    cols = im2col(p, H, W)
    pre = F.reshape(2, 9) @ cols + b.reshape(2, 1)
    act = sig(pre)
    flat = act.ravel()
    score = D @ flat
    ds = score - target
    dD = np.outer(ds, flat)
    dflat = D.T @ ds
    dact = dflat.reshape(2, H * W)
    dpre = dact * act * (1 - act)
    dF = (dpre @ cols.T).reshape(2, 3, 3)
    db = dpre.sum(axis=1)
    return dF, db, dD
""",
)
M.bug(
    "filter transposed",
    "(dpre @ cols.T).reshape(2, 3, 3)",
    "(dpre @ cols.T).reshape(2, 3, 3).transpose(0, 2, 1)",
    says=r"F.*(last two axes exchanged|transp)",
)
M.bug(
    "filter flipped",
    "(dpre @ cols.T).reshape(2, 3, 3)",
    "(dpre @ cols.T).reshape(2, 3, 3)[:, ::-1, ::-1]",
    says=r"F.*(revers|flip|back)",
)
M.bug(
    "filter flipped one way",
    "(dpre @ cols.T).reshape(2, 3, 3)",
    "(dpre @ cols.T).reshape(2, 3, 3)[:, :, ::-1]",
    says=r"F.*(revers|flip|back)",
)
M.bug("bias of both", "db = dpre.sum(axis=1)", "db = np.full(2, dpre.sum())", says=r"b.*sum|b")
M.bug(
    "dD of pre",
    "np.outer(ds, flat)",
    "np.outer(ds, pre)",
    says=r"D` multiplies by `stack\(maps.*`act`",
)
M.bug(
    "pair: F flipped, bias mean",
    "(dpre @ cols.T).reshape(2, 3, 3)",
    "(dpre @ cols.T).reshape(2, 3, 3)[:, ::-1, ::-1]",
    "db = dpre.sum(axis=1)",
    "db = dpre.mean(axis=1)",
    says=r"(?=.*F)(?=.*b)",
    double=True,
)


# ---- two directions, stride two, image as parameter too, scatter
def scatter(img, K, b, T):  # type: ignore[no-untyped-def]
    total = 0.0
    for r in range(2):
        for c in range(2):
            o = np.maximum((img[2 * r : 2 * r + 2, 2 * c : 2 * c + 2] * K).sum() + b, 0)
            total = total + (o - T[r, c]) ** 2
    return total / 2


B = add(
    "first: scatter",
    scatter,
    (R(4, 4), R(2, 2), 0.7),
    (R(2, 2),),
    """
def gradient(img, K, b, T):
    O = np.zeros((2, 2))
    for r in range(2):
        for c in range(2):
            O[r, c] = np.sum(img[2*r:2*r+2, 2*c:2*c+2] * K) + b
    dO = np.where(O > 0, O - T, 0.0)
    dimg = np.zeros_like(img)
    dK = np.zeros_like(K)
    for r in range(2):
        for c in range(2):
            dimg[2*r:2*r+2, 2*c:2*c+2] += dO[r, c] * K
            dK += dO[r, c] * img[2*r:2*r+2, 2*c:2*c+2]
    db = dO.sum()
    return dimg, dK, db
""",
)
B.bug(
    "kernel flipped in dimg",
    "dO[r, c] * K\n",
    "dO[r, c] * K[::-1, ::-1]\n",
    says=r"img.*(revers|flip|back|K)",
)
B.bug("kernel transposed in dimg", "dO[r, c] * K\n", "dO[r, c] * K.T\n", says=r"`K` transposed")
B.bug("dimg unstrided", "dimg[2*r:2*r+2, 2*c:2*c+2] +=", "dimg[r:r+2, c:c+2] +=", says=r"img")
B.bug("last column", "db = dO.sum()", "db = dO[-1].sum()", says=r"b.*(T\[1|only|left|0)")
B.bug(
    "pair: dimg transposed, bias half",
    "dO[r, c] * K\n",
    "dO[r, c] * K.T\n",
    "db = dO.sum()",
    "db = dO.mean()",
    says=r"(?=.*transposed)(?=.*b` is 1/4)",
    double=True,
)
