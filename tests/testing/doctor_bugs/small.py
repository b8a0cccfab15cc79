# ruff: noqa: E501, E741 -- pieces of code as people write them
"""The documents' networks again, by another hand."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(7)


def doc(w1, w2, w3, w4, w5, w6, b1, b2, b3, x, y):  # type: ignore[no-untyped-def]
    h1 = sig(w1 * x[0] + w2 * x[1] + b1)
    h2 = sig(w3 * x[0] + w4 * x[1] + b2)
    o1 = sig(w5 * h1 + w6 * h2 + b3)
    return (y - o1) ** 2


doc = Network(
    "fresh2: doc",
    doc,
    (0.3, -0.2, 0.5, 0.7, -0.4, 0.9, 0.1, 0.2, -0.1),
    (np.array([-2.0, -1.0]), 1.0),
    """
def gradient(w1,w2,w3,w4,w5,w6,b1,b2,b3,x,y):
    s1 = w1*x[0]+w2*x[1]+b1
    h1 = sig(s1)
    s2 = w3*x[0]+w4*x[1]+b2
    h2 = sig(s2)
    so = w5*h1+w6*h2+b3
    o = sig(so)
    ds = lambda z: sig(z)*(1-sig(z))
    dy = -2*(y-o)
    d_w5 = h1*ds(so); d_w6 = h2*ds(so); d_b3 = ds(so)
    d_h1 = w5*ds(so); d_h2 = w6*ds(so)
    d_w1 = x[0]*ds(s1); d_w2 = x[1]*ds(s1); d_b1 = ds(s1)
    d_w3 = x[0]*ds(s2); d_w4 = x[1]*ds(s2); d_b2 = ds(s2)
    return dy*d_h1*d_w1, dy*d_h1*d_w2, dy*d_h2*d_w3, dy*d_h2*d_w4, dy*d_w5, dy*d_w6, dy*d_h1*d_b1, dy*d_h2*d_b2, dy*d_b3
""",
)
b = doc.bug
b(
    "so from x",
    "w5*h1+w6*h2+b3",
    "w5*x[0]+w6*x[1]+b3",
    says=r"`w5\*h1` reads `x\[0\]` where it should read `h",
)
b("dy no 2", "-2*(y-o)", "-(y-o)", says=r"every derivative is half of what it should b")
b(
    "h1 no bias",
    "w1*x[0]+w2*x[1]+b1",
    "w1*x[0]+w2*x[1]",
    says=r"`b1` is left out of `w1\*x\[0\] \+ w2\*x\[1\] \+ b1`",
)
b(
    "b2 in h1",
    "w2*x[1]+b1",
    "w2*x[1]+b2",
    says=r"`w1\*x\[0\] \+ w2\*x\[1\] \+ b1` reads `b2` where it",
)
b("b3 constant 1", "d_b3 = ds(so)", "d_b3 = 1.", says=r"`∂L/∂b3` stops at `∂L/∂o1`")
b("b1 no ds", "d_b1 = ds(s1)", "d_b1 = 1.", says=r"`∂L/∂b1` stops at `∂L/∂h1`")
b(
    "d_h both swapped",
    "d_h1 = w5*ds(so); d_h2 = w6*",
    "d_h1 = w6*ds(so); d_h2 = w5*",
    says=r"`∂L/∂h1` multiplies by `w6` where it should .*`∂L/∂h2`.* by `w5` where it should ",
)
b(
    "ds at h1",
    "d_w5 = h1*ds(so)",
    "d_w5 = h1*ds(h1)",
    says=r"in `∂L/∂w5` only, `∂o1/∂\(w5\*h1 \+ w6\*h2 \+ b3\)",
)
b(
    "ds of o",
    "d_w6 = h2*ds(so)",
    "d_w6 = h2*ds(o)",
    says=r"in `∂L/∂w6` only, `∂o1/∂\(w5\*h1 \+ w6\*h2 \+ b3\)",
)
b(
    "ds wrong formula",
    "sig(z)*(1-sig(z))",
    "sig(z)*(1+sig(z))",
    says=r"`∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+ b1\)` is taken as ",
)
b(
    "ds exp",
    "sig(z)*(1-sig(z))",
    "np.exp(z)/(1+np.exp(-z))**2",
    says=r"`∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+ b1\)` is taken as ",
)
b(
    "ds tanh",
    "sig(z)*(1-sig(z))",
    "1-sig(z)**2",
    says=r"`∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+ b1\)` is taken as ",
)
b(
    "w3 from h1 path",
    "dy*d_h2*d_w3",
    "dy*d_h1*d_w3",
    says=r"in `∂L/∂w3` only, `∂L/∂h2` multiplies by `w5",
)
b(
    "w2 missing d_h1",
    "dy*d_h1*d_w2",
    "dy*d_w2",
    says=r"in `∂L/∂w2` only, `∂L/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+ ",
)
b("w5 missing dy", "dy*d_w5", "d_w5", says=r"`∂L/∂w5` lacks the factor `∂L/∂o1`")
b("b2 x0", "d_b2 = ds(s2)", "d_b2 = x[0]*ds(s2)", says=r"`∂L/∂b2` is that of `w3`")
b(
    "tanh hidden",
    "h2 = sig(s2)",
    "h2 = np.tanh(s2)",
    says=r"`h2` is computed as `tanh\(w3\*x\[0\] \+ w4\*x\[1\] ",
)
b(
    "h2 minus",
    "w3*x[0]+w4*x[1]+b2",
    "w3*x[0]-w4*x[1]+b2",
    says=r"`w3\*x\[0\] \+ w4\*x\[1\]` has `-` between `w3\*x\[0\]",
)
b("sq twice", "dy*d_w6", "dy**2*d_w6", says=r"the factor `∂\(\(y - o1\)\*\*2\)/∂\(y - o1\)` is app")
b(
    "s2 for s1",
    "d_w2 = x[1]*ds(s1)",
    "d_w2 = x[1]*ds(s2)",
    says=r"in `∂L/∂w2` only, `∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+",
)
b("grad div", "dy*d_h1*d_w1", "dy*d_h1/d_w1", says=r"has `/` where it should have `\*`")
b(
    "pair w4 + sign b3",
    "d_w4 = x[1]",
    "d_w4 = x[0]",
    "dy*d_b3",
    "-dy*d_b3",
    says=r"`∂L/∂b3` has the wrong sign.*`∂L/∂w4` multiplies by `x\[0\]` where it shoul",
    double=True,
)
b(
    "pair so + w4",
    "w5*h1+w6*h2+b3",
    "w5*x[0]+w6*x[1]+b3",
    "d_w4 = x[1]",
    "d_w4 = x[0]",
    says=r"`w5\*h1` reads `x\[0\]` where it should read `h.*`∂L/∂w4` multiplies by `x\[0\]` where it shoul",
    double=True,
)
b(
    "pair two backward same path",
    "d_h1 = w5*ds(so)",
    "d_h1 = w6*ds(so)",
    "d_w1 = x[0]",
    "d_w1 = x[1]",
    says=r"`∂L/∂h1` multiplies by `w6` where it should .*`∂L/∂w1` multiplies by `x\[1\]` where it shoul",
    double=True,
)
b(
    "pair fwd",
    "w2*x[1]+b1",
    "w2*x[0]+b1",
    "h2 = sig(s2)",
    "h2 = s2",
    says=r"`w2\*x\[1\]` reads `x\[0\]` where it should read ",
    double=True,
)
b(
    "pair b",
    "d_b1 = ds(s1)",
    "d_b1 = ds(s2)",
    "d_b2 = ds(s2)",
    "d_b2 = ds(s1)",
    says=r"in `∂L/∂b1` only, `∂h1/∂\(w1\*x\[0\] \+ w2\*x\[1\] \+.*in `∂L/∂b2` only, `∂h2/∂\(w3\*x\[0\] \+ w4\*x\[1\] \+",
    double=True,
)
b(
    "x0 twice",
    "w1*x[0]+w2*x[1]+b1",
    "w1*x[0]+w2*x[0]+b1",
    says=r"`w2\*x\[1\]` reads `x\[0\]` where it should read ",
)
b(
    "1*exp",
    "o = sig(so)",
    "o = 1/(1*np.exp(-so))",
    says=r"`o1` is computed as `exp\(w5\*h1 \+ w6\*h2 \+ b3\)",
)


def d3(W1, W2, X, Y):  # type: ignore[no-untyped-def]
    H = 1 / (1 + np.exp(-(X @ W1)))
    O = 1 / (1 + np.exp(-(H @ W2)))
    return 0.5 * np.sum((Y - O) ** 2)


n003 = Network(
    "fresh2: 003",
    d3,
    (rng.normal(size=(3, 4)), rng.normal(size=(4, 1))),
    (rng.normal(size=(6, 3)), rng.normal(size=(6, 1))),
    """
def gradient(W1,W2,X,Y):
    l1 = sig(np.dot(X, W1))
    l2 = sig(np.dot(l1, W2))
    e = Y - l2
    d2 = e*l2*(1-l2)
    e1 = d2.dot(W2.T)
    d1 = e1*l1*(1-l1)
    return -X.T.dot(d1), -l1.T.dot(d2)
""",
)
b = n003.bug
b("only one sign", "-l1.T.dot(d2)", "l1.T.dot(d2)", says=r"`∂L/∂W2` has the wrong sign")
b(
    "deriv of z",
    "e*l2*(1-l2)",
    "e*sig(l2)*(1-sig(l2))",
    says=r"`∂O/∂\(H@W2\)` is evaluated at `O` where it sh",
)
b("e1 from e", "d2.dot(W2.T)", "e.dot(W2.T)", says=r"`∂L/∂H` is computed from `∂L/∂O` where it sh")
b(
    "l2 in d1",
    "e1*l1*(1-l1)",
    "e1*l2*(1-l2)",
    says=r"`∂H/∂\(X@W1\)` is computed from `O` where it s",
)
b(
    "both mean",
    "-X.T.dot(d1), -l1.T.dot(d2)",
    "-X.T.dot(d1)/6, -l1.T.dot(d2)/6",
    says=r"every derivative is 1/6 of what it should be",
)
b("double", "e = Y - l2", "e = 2*(Y - l2)", says=r"every derivative is twice what it should be")
b(
    "squared error itself",
    "e = Y - l2",
    "e = (Y - l2)**2",
    says=r"`∂\(\(Y - O\)\*\*2\)/∂\(Y - O\)` is evaluated at `\(Y",
)
b("abs", "e = Y - l2", "e = np.abs(Y - l2)", says=r"`∂L/∂O` uses `∂L/∂\(Y - O\)` without its sign")
b("missing e", "d2 = e*", "d2 = 1.*", says=r"`∂L/∂W1` and `∂L/∂W2` lack the factor `∂L/∂\(")
b("no Y", "e = Y - l2", "e = -l2", says=r"`∂L/∂\(H@W2\)` is computed from the value `O` ")
b(
    "rows reversed",
    "-l1.T.dot(d2)",
    "-l1[::-1].T.dot(d2)",
    says=r"`∂L/∂W2` multiplies by `H` reversed",
)
b(
    "first 3 rows",
    "-X.T.dot(d1)",
    "-X[:3].T.dot(d1[:3])",
    says=r"`∂L/∂W1`: the samples 3, 4 and 5 are left ou",
)
b(
    "W1 updated",
    "    e1 = d2",
    "    W2 = W2 + .5*l1.T.dot(d2)\n    e1 = d2",
    says=r"`∂L/∂W1` reads `W2` after the update: comput",
)
b(
    "sum of d",
    "-X.T.dot(d1)",
    "-X.T.dot(d1).sum(1,keepdims=True)*np.ones((1,4))",
    says=r"`∂L/∂W1` has its sum over axis 1 in every co",
)
b("swap fwd", "d1 = e1*l1*(1-l1)", "d1 = e1*l1*(l1-1)", says=r"`∂L/∂W1` has the wrong sign")
b(
    "pair sign+z",
    "-l1.T.dot(d2)",
    "l1.T.dot(d2)",
    "e1*l1*(1-l1)",
    "e1*l1",
    says=r"`∂L/∂W2` has the wrong sign.*`∂H/∂\(X@W1\)` is taken as `H`",
    double=True,
)

NETWORKS = [doc, n003]
