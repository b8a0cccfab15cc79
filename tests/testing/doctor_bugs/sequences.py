"""Convolutions and recurrent cells."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid

from .network import Network

rng = np.random.default_rng(6)


def image_loss(K, c, image, wanted):  # type: ignore[no-untyped-def]
    loss = 0.0
    for i in range(3):
        for j in range(3):
            patch = image[i : i + 2, j : j + 2]
            pixel = np.tanh(np.sum(patch * K) + c)
            loss = loss + (pixel - wanted[i, j]) ** 2
    return loss / 9


image = Network(
    "convolution of an image",
    image_loss,
    {"K": rng.normal(size=(2, 2)), "c": 0.1},
    {"image": rng.normal(size=(4, 4)), "wanted": rng.normal(size=(3, 3))},
    """
def gradient(K, c, image, wanted):
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = np.tanh((image[i:i+2, j:j+2] * K).sum() + c)
    dout = 2 / 9 * (out - wanted)
    dpre = dout * (1 - out ** 2)
    dK = np.zeros((2, 2))
    dc = 0
    for i in range(3):
        for j in range(3):
            dK += dpre[i, j] * image[i:i+2, j:j+2]
            dc += dpre[i, j]
    return {"K": dK, "c": dc}
""",
)
b = image.bug
b("overwritten", "dK += dpre", "dK = dpre", says=r"∂L/∂K.*last")
b("slope", "(1 - out ** 2)", "out * (1 - out)", says=r"pixel.*\(1 - pixel")
b("no slope", "dpre = dout * (1 - out ** 2)", "dpre = dout", says=r"∂pixel.*left out")
b("rows and columns", "dK += dpre[i, j]", "dK += dpre[j, i]", says=r"∂L/∂K|pixel|unexplained")
b("not divided", "2 / 9 *", "2 *", says=r"every derivative is 9 times")
b(
    "rotated",
    "dpre[i, j] * image[i:i+2, j:j+2]",
    "dpre[i, j] * image[i:i+2, j:j+2][::-1, ::-1]",
    says=r"∂L/∂K.*(reverse|both)",
)
b(
    "transposed",
    "dpre[i, j] * image[i:i+2, j:j+2]",
    "dpre[i, j] * image[i:i+2, j:j+2].T",
    says=r"∂L/∂K.*transposed",
)
b(
    "first patch",
    "dpre[i, j] * image[i:i+2, j:j+2]",
    "dpre[i, j] * image[:2, :2]",
    says=r"∂L/∂K.*image\[0:2, 0:2\]",
)
b("forward without bias", ".sum() + c)", ".sum())", says=r"`c` is left out")
b(
    "range",
    "dc = 0\n    for i in range(3):\n        for j in range(3):",
    "dc = 0\n    for i in range(2):\n        for j in range(3):",
    says=r"missing|left out",
)
b("relu", "out[i, j] = np.tanh", "out[i, j] = np.abs", says=r"pixel.*computed as `absolute")


def filter_loss(k, x, y):  # type: ignore[no-untyped-def]
    z = np.convolve(x, k, "same")
    return 0.5 * np.mean((z - y) ** 2)


signal = Network(
    "convolution of a signal",
    filter_loss,
    {"k": rng.normal(size=3)},
    (rng.normal(size=7), rng.normal(size=7)),
    """
def gradient(k, x, y):
    z = np.convolve(x, k, 'same')
    e = (z - y) / len(y)
    padded = np.pad(x, 1)
    dk = [e @ padded[2 - j:2 - j + 7] for j in range(3)]
    return {"k": np.array(dk)}
""",
)
b = signal.bug
b("correlation", "padded[2 - j:2 - j + 7]", "padded[j:j + 7]", says=r"reverse")
b("sum", "/ len(y)", "", says=r"7 times")
b("sign", "(z - y)", "(y - z)", says=r"wrong sign")
b(
    "off by one",
    "padded[2 - j:2 - j + 7]",
    "np.pad(padded, 1)[3 - j + 1:3 - j + 8]",
    says=r"shifted|unexplained",
)
b("double", "(z - y) / len(y)", "2 * (z - y) / len(y)", says=r"twice")


def gated(Wz, Uz, Wh, Uh, xs, target):  # type: ignore[no-untyped-def]
    h = np.zeros(2)
    for t in range(3):
        z = sigmoid(Wz @ xs[t] + Uz @ h)
        c = np.tanh(Wh @ xs[t] + Uh @ h)
        h = (1 - z) * h + z * c
    return np.sum((h - target) ** 2)


cell = Network(
    "gated recurrent cell",
    gated,
    {k: rng.normal(size=(2, 3 if k[0] == "W" else 2)) for k in ("Wz", "Uz", "Wh", "Uh")},
    (rng.normal(size=(3, 3)), rng.normal(size=2)),
    """
def gradient(Wz, Uz, Wh, Uh, xs, target):
    sig = lambda a: 1 / (1 + np.exp(-a))
    hs, zs, cs = [np.zeros(2)], [], []
    for t in range(3):
        z = sig(Wz @ xs[t] + Uz @ hs[t])
        c = np.tanh(Wh @ xs[t] + Uh @ hs[t])
        zs.append(z); cs.append(c)
        hs.append((1 - z) * hs[t] + z * c)
    g = {k: np.zeros_like(v) for k, v in dict(Wz=Wz, Uz=Uz, Wh=Wh, Uh=Uh).items()}
    dh = 2 * (hs[3] - target)
    for t in reversed(range(3)):
        z, c, h = zs[t], cs[t], hs[t]
        dz = dh * (c - h) * z * (1 - z)
        dc = dh * z * (1 - c * c)
        g["Wz"] += np.outer(dz, xs[t])
        g["Uz"] += np.outer(dz, h)
        g["Wh"] += np.outer(dc, xs[t])
        g["Uh"] += np.outer(dc, h)
        dh = dh * (1 - z) + Uz.T @ dz + Uh.T @ dc
    return g
""",
)
b = cell.bug
b("z for 1-z", "dh = dh * (1 - z)", "dh = dh * z", says=r"z#")
b("no gate path", "Uz.T @ dz + ", "", says=r"missing")
b("no carry", "dh * (1 - z) + ", "", says=r"missing")
b("Uh transposed", "Uh.T @ dc", "Uh @ dc", says=r"`Uh` where .*`Uh.T`")
b("Uz for Uh", "Uh.T @ dc", "Uz.T @ dc", says=r"`Uz`.*`Uh`")
b("dc slope", "(1 - c * c)", "c * (1 - c)", says=r"c#.*\*\(1 - c#")
b(
    "dc without gate",
    "dh * z * (1 - c * c)",
    "dh * (1 - c * c)",
    says=r"z#.*left out|leaves out.*z#",
)
b("dz slope", "(c - h) * z * (1 - z)", "(c - h) * (1 - z)", says=r"1 - z#")
b("last step only", 'g["Uh"] += np', 'g["Uh"] = np', says=r"Uh")
b("dz with dc", 'g["Wz"] += np.outer(dz', 'g["Wz"] += np.outer(dc', says=r"Wz")
b("c minus", "dh * (c - h) *", "dh * (c + h) *", says=r"sign|h#")
b("only c", "dh * (c - h) *", "dh * c *", says=r"missing|z#")
b("square", "2 * (hs[3] - target)", "(hs[3] - target)", says=r"every derivative is half")


def tagger(Wx, Wh, Wy, bh, by, inputs, answers):  # type: ignore[no-untyped-def]
    hidden = np.zeros(3)
    loss = 0.0
    for x, answer in zip(inputs, answers, strict=True):
        hidden = np.tanh(Wx @ x + Wh @ hidden + bh)
        y = Wy @ hidden + by
        loss = loss + np.sum((y - answer) ** 2) / 2
    return loss


many = Network(
    "recurrent, an answer each step",
    tagger,
    (
        rng.normal(size=(3, 2)),
        rng.normal(size=(3, 3)),
        rng.normal(size=(2, 3)),
        np.zeros(3),
        np.zeros(2),
    ),
    (rng.normal(size=(4, 2)), rng.normal(size=(4, 2))),
    """
def gradient(Wx, Wh, Wy, bh, by, inputs, answers):
    T = len(inputs)
    h, y = {-1: np.zeros(3)}, {}
    for t in range(T):
        h[t] = np.tanh(Wx @ inputs[t] + Wh @ h[t-1] + bh)
        y[t] = Wy @ h[t] + by
    dWx, dWh, dWy, dbh, dby = [np.zeros_like(p) for p in (Wx, Wh, Wy, bh, by)]
    dhnext = np.zeros(3)
    for t in reversed(range(T)):
        dy = y[t] - answers[t]
        dWy += np.outer(dy, h[t])
        dby += dy
        dh = Wy.T @ dy + dhnext
        draw = (1 - h[t] * h[t]) * dh
        dbh += draw
        dWx += np.outer(draw, inputs[t])
        dWh += np.outer(draw, h[t-1])
        dhnext = Wh.T @ draw
    return dWx, dWh, dWy, dbh, dby
""",
)
b = many.bug
b("no dhnext", "Wy.T @ dy + dhnext", "Wy.T @ dy", says=r"hidden#.*missing|missing")
b("dhnext of dh", "dhnext = Wh.T @ draw", "dhnext = Wh.T @ dh", says=r"left out|hidden|unexplained")
b("Wh not transposed", "dhnext = Wh.T @ draw", "dhnext = Wh @ draw", says=r"`Wh` where .*`Wh.T`")
b("slope", "(1 - h[t] * h[t])", "(1 - h[t])", says=r"1 - hidden#")
b("no slope", "(1 - h[t] * h[t]) * dh", "dh", says=r"∂hidden#.*left out")
b(
    "sign",
    "dy = y[t] - answers[t]",
    "dy = answers[t] - y[t]",
    says=r"every derivative has the wrong sign",
)
b("bias of dh", "dbh += draw", "dbh += dh", says=r"∂L/∂bh")
b(
    "doubled",
    "dy = y[t] - answers[t]",
    "dy = 2 * (y[t] - answers[t])",
    says=r"every derivative is twice",
)
b("last answer", "dy = y[t] - answers[t]", "dy = y[t] - answers[-1]", says=r"answers\[3\]")
b(
    "loop too short",
    "for t in reversed(range(T)):",
    "for t in reversed(range(1, T)):",
    says=r"missing|left out",
)
NETWORKS = [image, signal, cell, many]
