"""The usual kinds of mistakes once more: loops over people, a training step."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(88)


def fa(w1, w2, w3, w4, w5, w6, b1, b2, b3, data, ys):  # type: ignore[no-untyped-def]
    h1 = sig(w1 * data[:, 0] + w2 * data[:, 1] + b1)
    h2 = sig(w3 * data[:, 0] + w4 * data[:, 1] + b2)
    o = sig(w5 * h1 + w6 * h2 + b3)
    return ((ys - o) ** 2).mean()


A = Network(
    "usual: 2-2-1",
    fa,
    tuple(float(v) for v in rng.normal(size=9)),
    (np.array([[-2.0, -1.0], [25, 6], [17, 4], [-15, -6]]) / 10, np.array([1.0, 0, 0, 1])),
    """
def gradient(w1,w2,w3,w4,w5,w6,b1,b2,b3,data,ys):
    g=np.zeros(9)
    n=len(data)
    for x,y in zip(data,ys):
        h1=sig(w1*x[0]+w2*x[1]+b1)
        h2=sig(w3*x[0]+w4*x[1]+b2)
        o=sig(w5*h1+w6*h2+b3)
        d_o=-2*(y-o)*o*(1-o)
        d_h1=d_o*w5*h1*(1-h1)
        d_h2=d_o*w6*h2*(1-h2)
        g+=np.array([d_h1*x[0],d_h1*x[1],d_h2*x[0],d_h2*x[1],d_o*h1,d_o*h2,d_h1,d_h2,d_o])
    return g/n
""",
)
b = A.bug
b("last", "g+=", "g=", says=r"`∂L/∂w1`, `∂L/∂w2`, `∂L/∂w3`, `∂L/∂w4`, `∂L/")
b(
    "first three",
    "zip(data,ys)",
    "zip(data[:3],ys)",
    says=r"`∂L/∂w1`, `∂L/∂w2`, `∂L/∂w3`, `∂L/∂w4`, `∂L/",
)
b("2*sig", "(1-h1)\n", "(1-h1)*2\n", says=r"`∂L/∂w1`, `∂L/∂w2` and `∂L/∂b1` are each twi")
b(
    "y first",
    "zip(data,ys)",
    "zip(data,np.full(4,ys[0]))",
    says=r"`ys - o` reads `ys` with its first part in e",
)
b("ys rev", "zip(data,ys)", "zip(data,ys[::-1])", says=r"`ys - o` reads `ys` reversed")
b("w5 upd", "d_h1=d_o*w5", "d_h1=d_o*(w5-.1*d_o*h1)", says=r"`0.1\*d_o` .* should read `0`")
b(
    "bce",
    "d_o=-2*(y-o)*o*(1-o)",
    "d_o=o-y",
    says=r"the factor `∂o/∂\(w5\*h1 \+ w6\*h2 \+ b3\)` is lef",
)
b(
    "pair",
    "d_h2*x[1]",
    "d_h2*x[0]",
    "g/n",
    "g",
    says=r"`∂L/∂w4` multiplies by `data\[:, 0\]` where it",
    double=True,
)
b(
    "pair2",
    "-2*(y-o)",
    "-(y-o)",
    "d_o*w5*h1",
    "d_o*w6*h1",
    says=r"`∂L/∂h1` multiplies by `w6` where it should ",
    double=True,
)


def fb(w, X, y):  # type: ignore[no-untyped-def]
    return np.mean((sig(X @ w) - y) ** 2)


X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1.0]])
Y = np.array([0, 0, 1, 1, 1.0])
B = Network(
    "usual: three inputs",
    fb,
    (rng.normal(size=3),),
    (X, Y),
    """
def gradient(w,X,y,learning_rate):
    p=sig(X@w)
    e=p-y
    g=np.zeros(3)
    for i in range(len(X)):
        for j in range(3):
            g[j]+=2*e[i]*p[i]*(1-p[i])*X[i][j]
    return w-learning_rate*g/len(X)
""",
    learning_rate=0.3,
)
b = B.bug
b("half", "2*e[i]", "e[i]", says=r"`∂L/∂w` is half of what it should be")
b("p0", "p[i]*(1-p[i])", "p[0]*(1-p[0])", says=r"`∂sigmoid\(X@w\)/∂\(X@w\)` is computed from the ")
b("e sum", "2*e[i]", "2*e.sum()", says=r"`∂L/∂\(X@w\)` uses the sum of all elements of ")
b("skip", "range(len(X))", "range(1,len(X))", says=r"`∂L/∂w`: the first sample is left out of the")

NETWORKS = [A, B]
