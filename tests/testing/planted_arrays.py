"""Networks of arrays with gradients by hand, and mistakes planted by exchanging text.

What the doctor was designed on; ``doctor_bugs`` is what it is judged on.
"""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid

from .doctor_bugs.network import Network

# --- a batched two-layer network --------------------------------------------------------------


def loss_matrix(W1, b1, W2, b2, X, Y):  # type: ignore[no-untyped-def]
    Z1 = X @ W1 + b1
    H = np.tanh(Z1)
    P = H @ W2 + b2
    return np.mean((P - Y) ** 2)


rng = np.random.default_rng(0)
matrix = Network(
    "matrix",
    loss_matrix,
    {
        "W1": rng.normal(size=(3, 4)),
        "b1": np.zeros(4),
        "W2": rng.normal(size=(4, 2)),
        "b2": np.zeros(2),
    },
    (rng.normal(size=(5, 3)), rng.normal(size=(5, 2))),
    """
def gradient(W1, b1, W2, b2, X, Y):
    Z1 = X @ W1 + b1
    H = np.tanh(Z1)
    P = H @ W2 + b2
    dP = 2 * (P - Y) / Y.size
    dW2 = H.T @ dP
    db2 = dP.sum(axis=0)
    dH = dP @ W2.T
    dZ1 = dH * (1 - H ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
""",
)
b = matrix.bug
b("len", "/ Y.size", "/ len(Y)", says=r"every derivative is twice")
b("no mean", "/ Y.size", "", says=r"every derivative is 10 times")
b("no two", "2 * (P - Y)", "(P - Y)", says="every derivative is half")
b("no slope", "dH * (1 - H ** 2)", "dH", says=r"factor `∂H/∂Z1` is left out")
b("slope sigmoid", "(1 - H ** 2)", "H * (1 - H)", says=r"`∂H/∂Z1` is taken as `H\*\(1 - H\)`")
b(
    "slope at H",
    "(1 - H ** 2)",
    "(1 - np.tanh(H) ** 2)",
    says=r"`∂H/∂Z1` is evaluated at `H`|tanh\(H\)",
)
b("slope at Z", "(1 - H ** 2)", "(1 - Z1 ** 2)", says=r"∂H/∂Z1` is computed from `Z1`")
b("db1 last", "db1 = dZ1.sum(axis=0)", "db1 = dZ1[-1]", says=r"(?i)∂L/∂b1.*last")
b("db1 mean", "db1 = dZ1.sum(axis=0)", "db1 = dZ1.mean(axis=0)", says=r"∂L/∂b1.*(1/5|mean)")
b(
    "db1 rows",
    "db1 = dZ1.sum(axis=0)",
    "db1 = dZ1",
    says=r"∂L/∂b1.*shape.*sum over axis 0 is missing",
)
b("transposed", "dW1 = X.T @ dZ1", "dW1 = dZ1.T @ X", says=r"∂L/∂W1.*transposed")
b(
    "db1 uses dH",
    "db1 = dZ1.sum(axis=0)",
    "db1 = dH.sum(axis=0)",
    says=r"∂L/∂b1` is computed from `∂L/∂H`",
)
b("dW1 uses dH", "X.T @ dZ1", "X.T @ dH", says=r"∂L/∂W1` is computed from `∂L/∂H`")
b(
    "dW2 uses Z1",
    "H.T @ dP",
    "Z1.T @ dP",
    says=r"∂L/∂W2.*multiplies by `Z1` where it should multiply by `H`",
)
b("dP uses H", "dH = dP @ W2.T", "dH = (P - Y) @ W2.T", says=r"W1.*b1.*5 times")
b(
    "last sample",
    "dW1 = X.T @ dZ1",
    "dW1 = np.outer(X[-1], dZ1[-1])",
    says=r"∂L/∂W1.*only one sample.*last",
)
b("batch half", "X.T @ dZ1", "X[:-1].T @ dZ1[:-1]", says=r"∂L/∂W1.*last sample is left out")
b("sign dH", "dH = dP @", "dH = -dP @", says=r"wrong sign")
b(
    "relu forward",
    "H = np.tanh(Z1)",
    "H = np.maximum(Z1, 0)",
    says=r"`H` is computed as `relu\(Z1\)`",
)
b("no b1", "Z1 = X @ W1 + b1", "Z1 = X @ W1", says=r"`b1` is left out")
b(
    "weight decay",
    "dW1 = X.T @ dZ1",
    "dW1 = X.T @ dZ1 + 0.01 * W1",
    says=r"∂L/∂W1.*extra term `0.01\*W1`",
)
b(
    "no b2 and slope",
    "H @ W2 + b2",
    "H @ W2",
    "dH * (1 - H ** 2)",
    "dH",
    double=True,
    says=r"b2.*left out.*∂H/∂Z1|∂H/∂Z1.*b2",
)
b(
    "two",
    "dW2 = H.T",
    "dW2 = Z1.T",
    "(1 - H ** 2)",
    "(1 - H)",
    double=True,
    says=r"1 - H`.*Z1|Z1.*1 - H`",
)

square = Network(
    "square",
    lambda W1, W2, X, Y: 0.5 * np.sum((sigmoid(sigmoid(X @ W1.T) @ W2.T) - Y) ** 2),
    (rng.normal(size=(3, 3)), rng.normal(size=(3, 3))),
    (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
    """
def sigmoid(z): return 1 / (1 + np.exp(-z))
def gradient(W1, W2, X, Y):
    H = sigmoid(X @ W1.T)
    P = sigmoid(H @ W2.T)
    d2 = (P - Y) * P * (1 - P)
    d1 = (d2 @ W2) * H * (1 - H)
    return d1.T @ X, d2.T @ H
""",
)
b = square.bug
b("W2.T", "d2 @ W2", "d2 @ W2.T", says=r"W2.*transposed|`W2`.*`W2.T`")
b("dW1 transposed", "return d1.T @ X", "return X.T @ d1", says=r"∂L/∂W1.*transposed")
b("W1", "d2 @ W2", "d2 @ W1", says=r"W1")
b("forward", "sigmoid(X @ W1.T)", "sigmoid(X @ W1)", says=r"W1")
b("H", "d2.T @ H", "d2.T @ X", says=r"∂L/∂.*W2.*`X`")

# --- convolution ------------------------------------------------------------------------------


def loss_conv(k, b, x, t):  # type: ignore[no-untyped-def]
    z = np.convolve(x, k, mode="valid") + b
    y = np.maximum(z, 0)
    return np.sum((y - t) ** 2)


conv = Network(
    "conv",
    loss_conv,
    {"k": np.ones(3), "b": 0.0},
    {"x": rng.normal(size=8), "t": rng.normal(size=6)},
    """
def gradient(k, b, x, t):
    z = np.convolve(x, k, mode="valid") + b
    y = np.maximum(z, 0)
    dz = 2 * (y - t) * (z > 0)
    dk = np.zeros(3)
    for j in range(3):
        for i in range(6):
            dk[j] += dz[i] * x[i + 2 - j]
    return dict(k=dk, b=dz.sum())
""",
)
b = conv.bug
b("flipped", "x[i + 2 - j]", "x[i + j]", says=r"∂L/∂k.*reverse")
b("no relu", " * (z > 0)", "", says=r"∂y/∂z.*left out")
b("relu of t", " * (z > 0)", " * (t > 0)", says=r"∂y/∂z.*evaluated at `t`")
b("b mean", "dz.sum()", "dz.mean()", says=r"∂L/∂b.*1/6")
b("shift", "x[i + 2 - j]", "x[i + 1 - j]", says=r"∂L/∂k.*shifted")
b("no j", "x[i + 2 - j]", "x[i]", says=r"∂L/∂k.*element 2")
b("overwrite", "dk[j] += dz", "dk[j] = dz", says=r"∂L/∂k.*last")
b(
    "forward correlate",
    'np.convolve(x, k, mode="valid")',
    'np.correlate(x, k, mode="valid")',
    says=r"slide\(x, k\[::-1\]\)` reads `k`",
)
b("sign", "2 * (y - t)", "2 * (t - y)", says="every derivative has the wrong sign")


# --- a recurrent cell -------------------------------------------------------------------------


def loss_rnn(W, U, b, v, xs, y):  # type: ignore[no-untyped-def]
    h = np.zeros(3)
    for t in range(4):
        h = np.tanh(W @ xs[t] + U @ h + b)
    return 0.5 * (v @ h - y) ** 2


rnn = Network(
    "rnn",
    loss_rnn,
    {"W": rng.normal(size=(3, 2)), "U": rng.normal(size=(3, 3)), "b": np.zeros(3), "v": np.ones(3)},
    (rng.normal(size=(4, 2)), 0.3),
    """
def gradient(W, U, b, v, xs, y):
    hs = [np.zeros(3)]
    for t in range(4):
        hs.append(np.tanh(W @ xs[t] + U @ hs[-1] + b))
    e = v @ hs[-1] - y
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    dv = e * hs[-1]
    dh = e * v
    for t in range(3, -1, -1):
        dz = dh * (1 - hs[t + 1] ** 2)
        dW += np.outer(dz, xs[t])
        dU += np.outer(dz, hs[t])
        db += dz
        dh = U.T @ dz
    return dict(W=dW, U=dU, b=db, v=dv)
""",
)
b = rnn.bug
b("U not transposed", "dh = U.T @ dz", "dh = U @ dz", says=r"`U` where .*`U.T`")
b("h t+1", "np.outer(dz, hs[t])", "np.outer(dz, hs[t + 1])", says=r"∂L/∂U.*`h#")
b("slope of t", "(1 - hs[t + 1] ** 2)", "(1 - hs[t] ** 2)", says=r"h#")
b("no slope", "dh * (1 - hs[t + 1] ** 2)", "dh", says=r"left out")
b("truncated", "range(3, -1, -1)", "range(3, 2, -1)", says=r"missing")
b("skip first step", "range(3, -1, -1)", "range(3, 0, -1)", says=r"missing|left out")
b("no recurrence", "dh = U.T @ dz", "dh = 0 * dz", says=r"missing")
b("overwrite", "dU += np", "dU = np", says=r"∂L/∂U")
b("x last", "np.outer(dz, xs[t])", "np.outer(dz, xs[-1])", says=r"∂L/∂W.*`xs\[3\]`")
b("x shifted", "np.outer(dz, xs[t])", "np.outer(dz, xs[t - 1])", says=r"∂L/∂W.*xs")
b("W for U", "dh = U.T @ dz", "dh = dz", says=r"`U`")
b("sigmoid slope", "(1 - hs[t + 1] ** 2)", "hs[t + 1] * (1 - hs[t + 1])", says=r"h#.*\*\(1 - h#")
b("dv", "dv = e * hs[-1]", "dv = e * hs[-2]", says=r"∂L/∂v.*`h#3`.*`h#4`")
b("sign", "e = v @ hs[-1] - y", "e = y - v @ hs[-1]", says="every derivative has the wrong sign")
b("outer order", "np.outer(dz, hs[t])", "np.outer(hs[t], dz)", says=r"∂L/∂U.*transposed")

NETWORKS = [matrix, square, conv, rnn]
