# ruff: noqa: E501 -- pieces of code as people write them
"""The documents' networks, by a step of stated rate and by a batch."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(11)


def loss1(p, x, y):  # type: ignore[no-untyped-def]
    h1 = sig(p["w1"] * x[0] + p["w2"] * x[1] + p["b1"])
    h2 = sig(p["w3"] * x[0] + p["w4"] * x[1] + p["b2"])
    o1 = sig(p["w5"] * h1 + p["w6"] * h2 + p["b3"])
    return (y - o1) ** 2


step = Network(
    "fresh4: step",
    loss1,
    {k: float(rng.normal()) for k in ["w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3"]},
    (np.array([-2.0, -1.0]), 1.0),
    """
def ds(z):
    fx = sig(z)
    return fx*(1-fx)
def gradient(p, x, y):
    lr = 0.1
    sum_h1 = p["w1"]*x[0]+p["w2"]*x[1]+p["b1"]
    h1 = sig(sum_h1)
    sum_h2 = p["w3"]*x[0]+p["w4"]*x[1]+p["b2"]
    h2 = sig(sum_h2)
    sum_o1 = p["w5"]*h1+p["w6"]*h2+p["b3"]
    o1 = sig(sum_o1)
    dL = -2*(y-o1)
    dw5 = h1*ds(sum_o1)
    dw6 = h2*ds(sum_o1)
    db3 = ds(sum_o1)
    dh1 = p["w5"]*ds(sum_o1)
    dh2 = p["w6"]*ds(sum_o1)
    dw1 = x[0]*ds(sum_h1)
    dw2 = x[1]*ds(sum_h1)
    db1 = ds(sum_h1)
    dw3 = x[0]*ds(sum_h2)
    dw4 = x[1]*ds(sum_h2)
    db2 = ds(sum_h2)
    q = dict(p)
    q["w1"] -= lr*dL*dh1*dw1
    q["w2"] -= lr*dL*dh1*dw2
    q["b1"] -= lr*dL*dh1*db1
    q["w3"] -= lr*dL*dh2*dw3
    q["w4"] -= lr*dL*dh2*dw4
    q["b2"] -= lr*dL*dh2*db2
    q["w5"] -= lr*dL*dw5
    q["w6"] -= lr*dL*dw6
    q["b3"] -= lr*dL*db3
    return q
""",
    learning_rate=0.1,
)
b = step.bug
b("w1 twice lr", '"w1"] -= lr', '"w1"] -= 2*lr', says=r"`∂L/∂w1` is twice what it should be")
b("b1 not updated", 'q["b1"] -= lr*dL*dh1*db1', "pass", says=r"`∂L/∂b1` is always 0")
b(
    "b2 overwritten",
    'q["b2"] -=',
    'q["b2"] = -',
    says=r"the step of `b2` starts from 0 where it should start from `b2`",
)
b(
    "w1 used for w2 base",
    'q["w2"] -= lr*dL*dh1*dw2',
    'q["w2"] = q["w1"] - lr*dL*dh1*dw2',
    says=r"the step of `w2` starts from the new `w1` where it should start from `w2`",
)
b("lr 0.01", "lr = 0.1", "lr = 0.01", says=r"every derivative is 1/10 times what it shoul")
b("missing dL in b3", "lr*dL*db3", "lr*db3", says=r"`∂L/∂b3` lacks the factor `∂L/∂o1`")
b(
    "loss itself",
    "dL = -2*(y-o1)",
    "dL = (y-o1)**2",
    says=r"the factor `∂\(\(y - o1\)\*\*2\)/∂\(y - o1\)` is app",
)
b(
    "bias *x",
    '+p["b2"]',
    '+p["b2"]*x[1]',
    says=r"`w3\*x\[0\] \+ w4\*x\[1\] \+ b2` has an extra factor",
)
b("fx", "fx*(1-fx)", "fx", says=r"`∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+ b1\)` is taken as ")
b(
    "ds at h1 in dw1",
    "dw1 = x[0]*ds(sum_h1)",
    "dw1 = x[0]*ds(h1)",
    says=r"in `∂L/∂w1` only, `∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+",
)
b(
    "ds(o1) in 3",
    "h1*ds(sum_o1)",
    "h1*ds(o1)",
    "h2*ds(sum_o1)",
    "h2*ds(o1)",
    "db3 = ds(sum_o1)",
    "db3 = ds(o1)",
    says=r"in `∂L/∂w5`, `∂L/∂w6` and `∂L/∂b3` only, `∂o",
)
b(
    "dh1 sum_h1",
    'dh1 = p["w5"]*ds(sum_o1)',
    'dh1 = p["w5"]*ds(sum_h1)',
    says=r"in `∂L/∂w1`, `∂L/∂w2` and `∂L/∂b1` only, `∂o",
)
b(
    "x swapped h2",
    'p["w3"]*x[0]+p["w4"]*x[1]',
    'p["w3"]*x[1]+p["w4"]*x[0]',
    says=r"`w3\*x\[0\]` reads `w4` where it should read `w",
)
b(
    "w5 after update",
    'q["w1"] -= lr*dL*dh1',
    'q["w5"] -= lr*dL*dw5; dh1 = q["w5"]*ds(sum_o1)\n    q["w1"] -= lr*dL*dh1',
    '    q["w5"] -= lr*dL*dw5\n    q["w6"]',
    '    q["w6"]',
    says=r"`∂L/∂w1`, `∂L/∂w2` and `∂L/∂b1` read `w5` af",
)
b(
    "dw5 dw6 swapped",
    "dw5 = h1",
    "dw5 = h2",
    "dw6 = h2",
    "dw6 = h1",
    says=r"`∂L/∂w5` and `∂L/∂w6` are exchanged",
)
b("dw3 no x", "dw3 = x[0]*ds", "dw3 = ds", says=r"`∂L/∂w3` leaves out the factor `x\[0\]`")
b("w3 by h1 path", "dL*dh2*dw3", "dL*dh1*dw3", says=r"in `∂L/∂w3` only, `∂L/∂h2` multiplies by `w5")
b(
    "b1 b2 swapped",
    "dh1*db1",
    "dh1*db2",
    "dh2*db2",
    "dh2*db1",
    says=r"in `∂L/∂b1` only, `∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+.*in `∂L/∂b2` only, `∂h2/∂\(w3\*x\[0\] \+ w4\*x\[1\] \+",
)
b(
    "w6 lr missing",
    '"w6"] -= lr*dL',
    '"w6"] -= dL',
    says=r"`∂L/∂w6` is 10 times .*not multiplied by the learning",
)
b(
    "w2 with x0 and b3 no ds",
    "dw2 = x[1]",
    "dw2 = x[0]",
    "db3 = ds(sum_o1)",
    "db3 = 1",
    says=r"`∂L/∂w2` multiplies by `x\[0\]` where it shoul.*`∂L/∂b3` stops at `∂L/∂o1`",
)
b("mean", "dL = -2*", "dL = -2/4*", says=r"every derivative is 1/4 times what it should")
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)


def n003_loss(w, X, Y):  # type: ignore[no-untyped-def]
    return 0.5 * np.sum((Y - sig(X @ w)) ** 2)


n003 = Network(
    "fresh4: 003",
    n003_loss,
    rng.normal(size=(3, 1)),
    (X, Y),
    """
def gradient(w,X,Y):
    hidden = sig(np.dot(X, w))
    error = Y - hidden
    delta = error*hidden*(1-hidden)
    return -np.dot(X.T, delta)
""",
)
b = n003.bug
b(
    "deriv twice",
    "hidden*(1-hidden)",
    "sig(hidden)*(1-sig(hidden))",
    says=r"`∂sigmoid\(X@w\)/∂\(X@w\)` is evaluated at `sigm",
)
b(
    "abs",
    "error = Y - hidden",
    "error = np.abs(Y - hidden)",
    says=r"`∂L/∂sigmoid\(X@w\)` uses `∂L/∂\(Y - sigmoid\(X@",
)
b(
    "first 5",
    "np.dot(X.T, delta)",
    "np.dot(X[:5].T, delta[:5])",
    says=r"`∂L/∂w`: the last sample is left out of the ",
)
b(
    "delta mean",
    "np.dot(X.T, delta)",
    "X.T.sum(1,keepdims=True)*delta.mean()",
    says=r"`∂L/∂w` uses the mean of all elements of `∂L",
)
b(
    "rev X",
    "np.dot(X.T, delta)",
    "np.dot(X[::-1].T, delta)",
    says=r"`∂L/∂w` multiplies by `X` reversed",
)
b(
    "first row",
    "-np.dot(X.T, delta)",
    "-X[:1].T*delta[0]",
    says=r"`∂L/∂w`: only one sample is used, the first ",
)
b(
    "norm",
    "-np.dot(X.T, delta)",
    "-np.dot(X.T, delta)/np.linalg.norm(np.dot(X.T,delta))",
    says=r"`∂L/∂w` is divided by its own length",
)
b(
    "clip",
    "-np.dot(X.T, delta)",
    "np.clip(-np.dot(X.T, delta),-.1,.1)",
    says=r"`∂L/∂w` is cut off at ±0\.1",
)
b(
    "mean err",
    "error = Y - hidden",
    "error = np.mean(Y - hidden)",
    says=r"`∂L/∂\(X@w\)` uses the mean of all elements of",
)
T = np.eye(3)[[0, 2, 1, 1, 0]]

NETWORKS = [step, n003]
