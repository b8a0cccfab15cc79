"""The documents' networks, in other people's handwriting."""

from __future__ import annotations

from typing import Any

import numpy as np

from .network import Network


def activation(t: Any) -> Any:
    return 1 / (1 + np.exp(-t))


def squared_error(w, b, x, target):  # type: ignore[no-untyped-def]
    n1 = activation(w[0] * x[0] + w[1] * x[1] + b[0])
    n2 = activation(w[2] * x[0] + w[3] * x[1] + b[1])
    out = activation(w[4] * n1 + w[5] * n2 + b[2])
    return (target - out) ** 2


weights = Network(
    "2-2-1, weights in an array",
    squared_error,
    {"w": np.zeros(6), "b": np.zeros(3)},
    {"x": np.array([1.0, 2.0]), "target": 0.0},
    """
def gradient(w, b, x, target):
    sig = lambda t: 1 / (1 + np.exp(-t))
    a1 = w[0]*x[0] + w[1]*x[1] + b[0]
    a2 = w[2]*x[0] + w[3]*x[1] + b[1]
    n1, n2 = sig(a1), sig(a2)
    a3 = w[4]*n1 + w[5]*n2 + b[2]
    out = sig(a3)
    err = out - target
    d3 = 2 * err * out * (1 - out)
    d1 = d3 * w[4] * n1 * (1 - n1)
    d2 = d3 * w[5] * n2 * (1 - n2)
    dw = np.array([d1*x[0], d1*x[1], d2*x[0], d2*x[1], d3*n1, d3*n2])
    db = np.array([d1, d2, d3])
    return {"w": dw, "b": db}
""",
)
b = weights.bug
b("w4 again", "d2*x[0], d2*x[1]", "d2*x[0], d2*x[0]", says=r"w\[3\].*`x\[0\]`.*`x\[1\]`")
b("w3 of neuron 1", "d2*x[0], d2*x[1]", "d1*x[0], d2*x[1]", says=r"w\[2\]")
b(
    "delta of n2 with w4",
    "d2 = d3 * w[5]",
    "d2 = d3 * w[4]",
    says=r"`w\[4\]` where it should multiply by `w\[5\]`",
)
b("n1 n2", "d3*n1, d3*n2", "d3*n2, d3*n1", says=r"w\[4\].*w\[5\].*exchanged|w\[4\].*n2.*n1")
b("sign", "err = out - target", "err = target - out", says=r"every derivative has the wrong sign")
b("no 2", "d3 = 2 * err", "d3 = err", says=r"every derivative is half")
b("no slope at the end", "* out * (1 - out)", "", says=r"∂out/∂.*left out")
b("slope once", "w[4] * n1 * (1 - n1)", "w[4] * (1 - n1)", says=r"`1 - n1`")
b("slope of n2 in n1", "w[4] * n1 * (1 - n1)", "w[4] * n2 * (1 - n2)", says=r"n2")
b(
    "sum as input",
    "a3 = w[4]*n1 + w[5]*n2",
    "a3 = w[4]*a1 + w[5]*a2",
    double=True,
    says=r"w\[4\].*w\[0\].*n1.*w\[5\].*n2|computed as",
)
b(
    "inputs as hidden",
    "a3 = w[4]*n1 + w[5]*n2",
    "a3 = w[4]*x[0] + w[5]*x[1]",
    double=True,
    says=r"`x\[0\]` where it should read `n1`.*`x\[1\]` where it should read `n2`",
)
b(
    "bias twice",
    "w[3]*x[1] + b[1]",
    "w[3]*x[1] + b[0]",
    says=r"`b\[0\]` where it should read `b\[1\]`",
)
b("no bias", "w[5]*n2 + b[2]", "w[5]*n2", says=r"`b\[2\]` is left out")
b(
    "biases reversed",
    "np.array([d1, d2, d3])",
    "np.array([d3, d2, d1])",
    says=r"∂L/∂b.*(reverse|exchanged)",
)
b("tanh slope", "d3 * w[4] * n1 * (1 - n1)", "d3 * w[4] * (1 - n1**2)", says=r"1 - n1\*\*2")
b("a for n", "d3*n1, d3*n2", "d3*a1, d3*n2", says=r"w\[4\].*multiply by `n1`|w\[4\].*n1")
b("cubed", "2 * err * out", "2 * err**2 * out", says=r"target - out|out")
b("err of a3", "err = out - target", "err = a3 - target", says=r"out")
b(
    "two slips",
    "d3*n1, d3*n2",
    "d3*n2, d3*n2",
    "d2*x[0], d2*x[1]",
    "d2*x[0], d2*x[0]",
    double=True,
    says=r"w\[3\].*w\[4\]|w\[4\].*w\[3\]",
)
b(
    "two slips above each other",
    "d3 = 2 * err",
    "d3 = -2 * err",
    "w[4] * n1 * (1 - n1)",
    "w[4] * n1",
    double=True,
    says=r"sign.*1 - n1|n1.*sign|left out.*sign",
)

updates = Network(
    "2-2-1, one training step",
    squared_error,
    weights.params,
    weights.inputs,
    """
def gradient(w, b, x, target, eta):
    sig = lambda t: 1 / (1 + np.exp(-t))
    w, b = w.copy(), b.copy()
    n = [sig(w[2*i]*x[0] + w[2*i+1]*x[1] + b[i]) for i in range(2)]
    out = sig(w[4]*n[0] + w[5]*n[1] + b[2])
    d3 = 2 * (out - target) * out * (1 - out)
    d = [d3 * w[4+i] * n[i] * (1 - n[i]) for i in range(2)]
    for i in range(2):
        w[4+i] -= eta * d3 * n[i]
        w[2*i] -= eta * d[i] * x[0]
        w[2*i+1] -= eta * d[i] * x[1]
        b[i] -= eta * d[i]
    b[2] -= eta * d3
    return {"w": w, "b": b}
""",
    learning_rate=0.5,
)
b = updates.bug
b("plus", "b[i] -= eta", "b[i] += eta", says=r"b\[0\].*b\[1\].*wrong sign")
b(
    "indices",
    "w[2*i+1] -= eta * d[i] * x[1]",
    "w[2*i+1] -= eta * d[i] * x[0]",
    says=r"w\[1\].*w\[3\].*x\[0\]",
)
b(
    "fresh weights",
    "    d = [d3 * w[4+i] * n[i] * (1 - n[i]) for i in range(2)]\n"
    "    for i in range(2):\n        w[4+i] -= eta * d3 * n[i]\n",
    "    for i in range(2):\n        w[4+i] -= eta * d3 * n[i]\n"
    "    d = [d3 * w[4+i] * n[i] * (1 - n[i]) for i in range(2)]\n    for i in range(2):\n",
    says=r"update",
)


def three(W, X, y):  # type: ignore[no-untyped-def]
    prediction = activation(X @ W)
    return np.sum((y - prediction) ** 2) / 2


document_3 = Network(
    "003, in a loop over rows",
    three,
    {"W": np.zeros((3, 1))},
    {
        "X": np.array([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]]),
        "y": np.array([[0.0], [1], [1], [0]]),
    },
    """
def gradient(W, X, y):
    dW = np.zeros_like(W)
    for row, answer in zip(X, y):
        z = row @ W
        p = 1 / (1 + np.exp(-z))
        error = answer - p
        slope = p * (1 - p)
        dW -= row[:, None] * (error * slope)
    return {"W": dW}
""",
)
b = document_3.bug
b("plus", "dW -= row", "dW += row", says=r"`∂L/∂W` has the wrong sign")
b("assigned", "dW -= row[:, None]", "dW = -row[:, None]", says=r"only one sample.*last")
b("slope of z", "slope = p * (1 - p)", "slope = z * (1 - z)", says=r"X@W")
b("slope missing", "error * slope", "error", says=r"left out")
b("no error", "error * slope", "slope", says=r"prediction|y")
b("exp sign", "np.exp(-z)", "np.exp(z)", says=r"prediction")
b("mean", 'return {"W": dW}', 'return {"W": dW / len(X)}', says=r"1/4")
b(
    "early return",
    "        dW -= row[:, None] * (error * slope)\n",
    "        dW -= row[:, None] * (error * slope)\n        break\n",
    says=r"only one sample.*first",
)
b("squared slope", "error * slope", "error * slope ** 2", says=r"twice")
b(
    "mean absolute",
    "error * slope",
    "np.sign(error) * slope",
    says=r"2\*sign\(\(?y - prediction\)?\)",
)
NETWORKS = [weights, updates, document_3]
