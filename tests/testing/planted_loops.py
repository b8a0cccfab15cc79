"""The same in loops, with mistakes planted by exchanging text."""

from __future__ import annotations

import numpy as np

from .doctor_bugs.network import Network

rng = np.random.default_rng(1)

# --- the same in loops over samples and units -------------------------------------------------


def loss_loops(W, b, V, c, X, y):  # type: ignore[no-untyped-def]
    total = 0.0
    for n in range(3):
        out = c
        for j in range(2):
            s = b[j]
            for i in range(3):
                s = s + W[j, i] * X[n, i]
            h = np.tanh(s)
            out = out + V[j] * h
        total = total + (out - y[n]) ** 2
    return total / 3


loops = Network(
    "loops",
    loss_loops,
    {"W": rng.normal(size=(2, 3)), "b": np.zeros(2), "V": np.ones(2), "c": 0.0},
    {"X": rng.normal(size=(3, 3)), "y": np.ones(3)},
    """
def gradient(W, b, V, c, X, y):
    dW, db, dV, dc = np.zeros((2, 3)), np.zeros(2), np.zeros(2), 0.0
    for n in range(3):
        h = np.zeros(2)
        for j in range(2):
            h[j] = np.tanh(W[j] @ X[n] + b[j])
        out = V @ h + c
        e = 2 * (out - y[n]) / 3
        dc += e
        for j in range(2):
            dV[j] += e * h[j]
            d = e * V[j] * (1 - h[j] ** 2)
            db[j] += d
            for i in range(3):
                dW[j, i] += d * X[n, i]
    return dict(W=dW, b=db, V=dV, c=dc)
""",
)
b = loops.bug
b("overwrite", "dW[j, i] += d", "dW[j, i] = d", says=r"∂L/∂W`: only the last of its 3 terms")
b("dc overwrite", "dc += e", "dc = e", says=r"∂L/∂c`: only the last of its 3 terms")
b("no mean", ") / 3", ")", says=r"every derivative is 3 times")
b("no slope", "e * V[j] * (1 - h[j] ** 2)", "e * V[j]", says=r"∂h.*left out")
b("no V", "e * V[j] * (1 - h[j] ** 2)", "e * (1 - h[j] ** 2)", says=r"left out|V\[")
b("V other", "e * V[j] *", "e * V[1 - j] *", says=r"V\[1\].*V\[0\]|reverse")
b("X shifted", "d * X[n, i]", "d * X[n, 0]", says=r"X\[0, 0\]|element 0")
b("sigmoid slope", "(1 - h[j] ** 2)", "h[j] * (1 - h[j])", says=r"h.*\*\(1 - h")
b("skip last", "for n in range(3)", "for n in range(2)", says=r"of their 3 terms the last is m")
b("forward b", "W[j] @ X[n] + b[j]", "W[j] @ X[n]", says=r"b.*left out")


def loss_conv_loops(k, x, t):  # type: ignore[no-untyped-def]
    loss = 0.0
    for i in range(4):
        y = 0.0
        for j in range(3):
            y = y + k[j] * x[i + j]
        loss = loss + (y - t[i]) ** 2
    return loss


conv_loops = Network(
    "conv loops",
    loss_conv_loops,
    (np.ones(3),),
    (rng.normal(size=6), rng.normal(size=4)),
    """
def gradient(k, x, t):
    dk = np.zeros_like(k)
    for i in range(4):
        y = sum(k[j] * x[i + j] for j in range(3))
        for j in range(3):
            dk[j] += 2 * (y - t[i]) * x[i + j]
    return dk
""",
)
b = conv_loops.bug
b("no j", "t[i]) * x[i + j]", "t[i]) * x[i]", says=r"k\[.*x\[")
b("flip", "t[i]) * x[i + j]", "t[i]) * x[i + 2 - j]", says=r"reverse")
b("forward", "y = sum(k[j] * x[i + j]", "y = sum(k[j] * x[i + 2 - j]", says=r"k.*reverse|x\[")
b("drop", "range(4)", "range(3)", says=r"missing|left out")

NETWORKS = [loops, conv_loops]
