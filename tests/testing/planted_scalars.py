"""Networks of numbers with gradients by hand, and mistakes planted by exchanging text.

What the doctor was designed on; ``doctor_bugs`` is what it is judged on.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .doctor_bugs.network import Network

# --- the documents' 2-2-1 network -------------------------------------------------------------


def f(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def loss_221(w1, w2, w3, w4, w5, w6, b1, b2, b3, x, y):  # type: ignore[no-untyped-def]
    sum_h1 = w1 * x[0] + w2 * x[1] + b1
    h1 = f(sum_h1)
    sum_h2 = w3 * x[0] + w4 * x[1] + b2
    h2 = f(sum_h2)
    sum_o1 = w5 * h1 + w6 * h2 + b3
    o1 = f(sum_o1)
    return (y - o1) ** 2


net221 = Network(
    "2-2-1",
    loss_221,
    dict.fromkeys(["w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3"], 1.0),
    (np.array([-2.0, -1.0]), 1.0),
    """
def f(x): return 1 / (1 + np.exp(-x))
def df(x): return f(x) * (1 - f(x))
def gradient(w1, w2, w3, w4, w5, w6, b1, b2, b3, x, y):
    s1 = w1 * x[0] + w2 * x[1] + b1
    h1 = f(s1)
    s2 = w3 * x[0] + w4 * x[1] + b2
    h2 = f(s2)
    s3 = w5 * h1 + w6 * h2 + b3
    o1 = f(s3)
    dL = -2 * (y - o1)
    d_w5 = h1 * df(s3)
    d_w6 = h2 * df(s3)
    d_b3 = df(s3)
    d_h1 = w5 * df(s3)
    d_h2 = w6 * df(s3)
    d_w1 = x[0] * df(s1)
    d_w2 = x[1] * df(s1)
    d_b1 = df(s1)
    d_w3 = x[0] * df(s2)
    d_w4 = x[1] * df(s2)
    d_b2 = df(s2)
    return dict(w1=dL * d_h1 * d_w1, w2=dL * d_h1 * d_w2, b1=dL * d_h1 * d_b1,
                w3=dL * d_h2 * d_w3, w4=dL * d_h2 * d_w4, b2=dL * d_h2 * d_b2,
                w5=dL * d_w5, w6=dL * d_w6, b3=dL * d_b3)
""",
)
b = net221.bug
b(
    "document w4",
    "d_w4 = x[1]",
    "d_w4 = x[0]",
    says=r"^`∂L/∂w4` multiplies by `x\[0\]` where it should multiply by `x\[1\]`$",
)
b(
    "document sum",
    "s3 = w5 * h1 + w6 * h2",
    "s3 = w5 * x[0] + w6 * x[1]",
    double=True,
    says=(
        r"^`w5\*h1` reads `x\[0\]` where it should read `h1`, "
        r"and `w6\*h2` reads `x\[1\]` where it should read `h2`$"
    ),
)
b(
    "document both",
    "s3 = w5 * h1 + w6 * h2",
    "s3 = w5 * x[0] + w6 * x[1]",
    "d_w4 = x[1]",
    "d_w4 = x[0]",
    double=True,
    says=r"`w5\*h1` reads `x\[0\]`.*`∂L/∂w4` multiplies by `x\[0\]`",
)
b("loss sign", "-2 * (y - o1)", "2 * (y - o1)", says="every derivative has the wrong sign")
b("loss two", "-2 * (y - o1)", "-(y - o1)", says="every derivative is half")
b(
    "w5 uses h2",
    "d_w5 = h1",
    "d_w5 = h2",
    says=r"`∂L/∂w5` multiplies by `h2` where it should multiply by `h1`",
)
b(
    "h1 uses w6",
    "d_h1 = w5",
    "d_h1 = w6",
    says=r"`∂L/∂h1` multiplies by `w6` where it should multiply by `w5`",
)
b(
    "h1 h2 swapped",
    "d_h1 = w5",
    "d_h1 = w6",
    "d_h2 = w6",
    "d_h2 = w5",
    double=True,
    says=r"∂h1.*w6.*w5.*∂h2.*w5.*w6|∂h2.*∂h1",
)
b(
    "slope at activation",
    "d_w1 = x[0] * df(s1)",
    "d_w1 = x[0] * df(h1)",
    says=r"∂L/∂w1.*∂h1/∂sum_h1` is evaluated at `h1`",
)
b(
    "slope of all h1",
    "d_w1 = x[0] * df(s1)",
    "d_w1 = x[0] * df(h1)",
    "d_w2 = x[1] * df(s1)",
    "d_w2 = x[1] * df(h1)",
    "d_b1 = df(s1)",
    "d_b1 = df(h1)",
    says=r"^`∂h1/∂sum_h1` is evaluated at `h1`",
)
b(
    "all slopes",
    "return f(x) * (1 - f(x))",
    "return x * (1 - x)",
    says=r"`sum_h1\*\(1 - sum_h1\)`.*3 places",
)
b("tanh slope", "return f(x) * (1 - f(x))", "return 1 - f(x) ** 2", says=r"`1 - h1\*\*2`.*3 places")
b(
    "no slope",
    "d_b1 = df(s1)",
    "d_b1 = 1",
    says=r"∂L/∂b1.*(stops at `∂L/∂h1`|factor `∂h1/∂sum_h1` is left out)",
)
b(
    "h1 slope left out",
    "d_w1 = x[0] * df(s1)",
    "d_w1 = x[0]",
    "d_w2 = x[1] * df(s1)",
    "d_w2 = x[1]",
    "d_b1 = df(s1)",
    "d_b1 = 1",
    says=r"^the factor `∂h1/∂sum_h1` is left out",
)
b(
    "output slope left out",
    "d_h1 = w5 * df(s3)",
    "d_h1 = w5",
    "d_h2 = w6 * df(s3)",
    "d_h2 = w6",
    says=r"factor `∂o1/∂sum_o1` is left out",
)
b(
    "slope of wrong sum",
    "d_w3 = x[0] * df(s2)",
    "d_w3 = x[0] * df(s1)",
    says=r"∂L/∂w3.*∂h2/∂sum_h2` is evaluated at `sum_h1`",
)
b(
    "exchange",
    "w1=dL * d_h1 * d_w1, w2=dL * d_h1 * d_w2",
    "w1=dL * d_h1 * d_w2, w2=dL * d_h1 * d_w1",
    says=r"`∂L/∂w1` and `∂L/∂w2` are exchanged",
)
b("w3 via h1", "w3=dL * d_h2 * d_w3", "w3=dL * d_h1 * d_w3", says=r"∂L/∂w3.*w5.*w6")
b(
    "h1 forward",
    "s1 = w1 * x[0] + w2 * x[1]",
    "s1 = w1 * x[0] + w2 * x[0]",
    says=r"`w2\*x\[1\]` reads `x\[0\]` where it should read `x\[1\]`",
)
b("no b2", "x[1] + b2", "x[1]", says=r"`b2` is left out of")
b("h2 is tanh", "h2 = f(s2)", "h2 = np.tanh(s2)", says=r"`h2` is computed as `tanh\(sum_h2\)`")
b("minus b3", "w6 * h2 + b3", "w6 * h2 - b3", says=r"subtracts where it should add|`b3`")
b("no dL for b3", "b3=dL * d_b3", "b3=d_b3", says=r"∂L/∂b3.*(∂L/∂o1|left out)")
b("b3 zero", "b3=dL * d_b3", "b3=0.0", says=r"`∂L/∂b3` is always 0")
b(
    "w1 squared slope",
    "d_w1 = x[0] * df(s1)",
    "d_w1 = x[0] * df(s1) ** 2",
    says=r"∂L/∂w1.*applied twice",
)
b(
    "extra h1",
    "d_w2 = x[1] * df(s1)",
    "d_w2 = x[1] * h1 * df(s1)",
    says=r"∂L/∂w2.*extra factor `h1`",
)
b("extra w5", "w5=dL * d_w5", "w5=dL * d_w5 * w5", says=r"∂L/∂w5.*extra factor `w5`|`w5\*h1`")
b(
    "one minus",
    "return f(x) * (1 - f(x))",
    "return f(x) * (1 + f(x))",
    says=r"`h1\*\(1 \+ h1\)`.*3 places",
)
b(
    "error of sum",
    "dL = -2 * (y - o1)",
    "dL = -2 * (y - s3)",
    says=r"evaluated at `y - o1` with `sum_o1` in the place of `o1`|sum_o1",
)
b(
    "two mistakes",
    "d_w4 = x[1]",
    "d_w4 = x[0]",
    "d_h1 = w5",
    "d_h1 = w6",
    double=True,
    says=r"w4.*w6|w6.*w4",
)
b(
    "sign and index",
    "-2 * (y - o1)",
    "2 * (y - o1)",
    "d_w4 = x[1]",
    "d_w4 = x[0]",
    double=True,
    says=r"sign.*w4|w4.*sign",
)

net221_step = Network(
    "2-2-1 step",
    loss_221,
    net221.params,
    net221.inputs,
    """
def f(x): return 1 / (1 + np.exp(-x))
def gradient(w1, w2, w3, w4, w5, w6, b1, b2, b3, x, y):
    lr = 0.1
    h1 = f(w1 * x[0] + w2 * x[1] + b1)
    h2 = f(w3 * x[0] + w4 * x[1] + b2)
    o1 = f(w5 * h1 + w6 * h2 + b3)
    delta = 2 * (o1 - y) * o1 * (1 - o1)
    delta1 = delta * w5 * h1 * (1 - h1)
    delta2 = delta * w6 * h2 * (1 - h2)
    w5 -= lr * delta * h1
    w6 -= lr * delta * h2
    b3 -= lr * delta
    w1 -= lr * delta1 * x[0]
    w2 -= lr * delta1 * x[1]
    b1 -= lr * delta1
    w3 -= lr * delta2 * x[0]
    w4 -= lr * delta2 * x[1]
    b2 -= lr * delta2
    return dict(w1=w1, w2=w2, w3=w3, w4=w4, w5=w5, w6=w6, b1=b1, b2=b2, b3=b3)
""",
    learning_rate=0.1,
)
b = net221_step.bug
b(
    "stale",
    "    delta1 = delta * w5 * h1 * (1 - h1)\n    delta2 = delta * w6 * h2 * (1 - h2)\n",
    "",
    "    b3 -= lr * delta\n",
    "    b3 -= lr * delta\n"
    "    delta1 = delta * w5 * h1 * (1 - h1)\n    delta2 = delta * w6 * h2 * (1 - h2)\n",
    says=r"`w5`.*after the update|updated already",
)
b("ascent", "w3 -= lr", "w3 += lr", says=r"`∂L/∂w3` has the wrong sign")
b("no update of b2", "b2 -= lr * delta2", "pass", says=r"`∂L/∂b2` is always 0")

# --- document 003 -----------------------------------------------------------------------------


def loss_003(weights, inputs, outputs):  # type: ignore[no-untyped-def]
    hidden = 1 / (1 + np.exp(-np.dot(inputs, weights)))
    error = outputs - hidden
    return 0.5 * np.sum(error**2)


net003 = Network(
    "003",
    loss_003,
    (np.full((3, 1), 0.5),),
    (
        np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [0, 1, 0], [1, 0, 0]]),
        np.array([[0], [1], [1], [0], [1], [1]]),
    ),
    """
def sig(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))
def gradient(weights, inputs, outputs):
    hidden = sig(np.dot(inputs, weights))
    error = outputs - hidden
    delta = error * sig(hidden, deriv=True)
    return -np.dot(inputs.T, delta)
""",
)
b = net003.bug
b("sign", "return -np.dot", "return np.dot", says="wrong sign")
b(
    "preactivation",
    "sig(hidden, deriv=True)",
    "sig(np.dot(inputs, weights), deriv=True)",
    says=r"`∂hidden/∂.*is taken as `\(inputs@weights\)\*\(1 - \(inputs@weights\)\)`",
)
b(
    "slope at activation",
    "sig(hidden, deriv=True)",
    "sig(sig(hidden), deriv=True)",
    says=r"is evaluated at `hidden`",
)
b("no slope", "error * sig(hidden, deriv=True)", "error", says="left out")
b(
    "mean abs",
    "delta = error *",
    "delta = np.sign(error) / error.size *",
    says=r"`1/3\*sign\(error\)`",
)
b("mean", "delta = error *", "delta = error / len(inputs) *", says="1/6 of")
b("tanh slope", "return x * (1 - x)", "return 1 - x ** 2", says=r"`1 - hidden\*\*2`")
b(
    "one sample",
    "np.dot(inputs.T, delta)",
    "(inputs[-1:].T @ delta[-1:])",
    says="only one sample is used, the last",
)
b(
    "skip first",
    "np.dot(inputs.T, delta)",
    "(inputs[1:].T @ delta[1:])",
    says="first sample is left out",
)
b(
    "error squared",
    "delta = error *",
    "delta = error ** 2 *",
    says=r"error\*\*2|extra factor `error`",
)
b("outputs", "delta = error *", "delta = outputs *", says="outputs")
b(
    "hidden forward",
    "hidden = sig(np.dot(inputs, weights))",
    "hidden = np.tanh(np.dot(inputs, weights))",
    says=r"computed as `tanh",
)
b(
    "reversed",
    "return -np.dot(inputs.T, delta)",
    "return -np.dot(inputs.T, delta)[::-1]",
    says="reverse",
)
b(
    "numeric",
    "return -np.dot(inputs.T, delta)",
    "return -np.round(np.dot(inputs.T, delta), 4)",
    says="digits",
)

NETWORKS = [net221, net221_step, net003]
