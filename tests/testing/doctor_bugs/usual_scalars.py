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
b("no n", "g/n", "g", says=r"every derivative is 4 times what it should b")
b("last", "g+=", "g=", says=r"`∂L/∂w1`, `∂L/∂w2`, `∂L/∂w3`, `∂L/∂w4`, `∂L/")
b("sign", "-2*(y-o)", "2*(y-o)", says=r"every derivative has the wrong sign")
b("n-1", "n=len(data)", "n=len(data)-1", says=r"every derivative is 4/3 times what it should")
b("2n", "g/n", "g/(2*n)", says=r"every derivative is half of what it should b")
b(
    "first three",
    "zip(data,ys)",
    "zip(data[:3],ys)",
    says=r"`∂L/∂w1`, `∂L/∂w2`, `∂L/∂w3`, `∂L/∂w4`, `∂L/",
)
b("w4", "d_h2*x[1]", "d_h2*x[0]", says=r"`∂L/∂w4` multiplies by `data\[:, 0\]` where it")
b(
    "o from x",
    "o=sig(w5*h1+w6*h2+b3)",
    "o=sig(w5*x[0]+w6*x[1]+b3)",
    says=r"`w5\*h1` reads `data\[:, 0\]` where it should r",
)
b("w6 for w5", "d_o*w5*h1", "d_o*w6*h1", says=r"`∂L/∂h1` multiplies by `w6` where it should ")
b(
    "no h1'",
    "d_h1=d_o*w5*h1*(1-h1)",
    "d_h1=d_o*w5",
    says=r"the factor `∂h1/∂\(w1\*data\[:, 0\] \+ w2\*data\[:,",
)
b(
    "h2' of h1",
    "w6*h2*(1-h2)",
    "w6*h1*(1-h1)",
    says=r"`∂h2/∂\(w3\*data\[:, 0\] \+ w4\*data\[:, 1\] \+ b2\)` ",
)
b(
    "no o'",
    "d_o=-2*(y-o)*o*(1-o)",
    "d_o=-2*(y-o)",
    says=r"the factor `∂o/∂\(w5\*h1 \+ w6\*h2 \+ b3\)` is lef",
)
b("o' y", "*o*(1-o)", "*y*(1-y)", says=r"`∂o/∂\(w5\*h1 \+ w6\*h2 \+ b3\)` is computed from ")
b("b3 h", "d_h1,d_h2,d_o]", "d_h1,d_h2,d_o*h2]", says=r"`∂L/∂b3` is that of `w6`")
b("b swap", "d_h1,d_h2,d_o]", "d_h2,d_h1,d_o]", says=r"`∂L/∂b1` and `∂L/∂b2` are exchanged")
b("w5w6", "d_o*h1,d_o*h2,", "d_o*h2,d_o*h1,", says=r"`∂L/∂w5` and `∂L/∂w6` are exchanged")
b(
    "w5 from dh",
    "d_o*h1,d_o*h2",
    "d_h1*h1,d_o*h2",
    says=r"`∂L/∂w5` is computed from `∂L/∂\(w1\*data\[:, 0",
)
b("h1 tanh", "h1=sig(", "h1=np.tanh(", says=r"`h1` is computed as `tanh\(w1\*data\[:, 0\] \+ w2")
b("no b1", "+w2*x[1]+b1", "+w2*x[1]", says=r"`b1` is left out of `w1\*data\[:, 0\] \+ w2\*data")
b(
    "h2 w's",
    "w3*x[0]+w4*x[1]",
    "w1*x[0]+w2*x[1]",
    says=r"`w3\*data\[:, 0\] \+ w4\*data\[:, 1\] \+ b2` reads `",
)
b("2*sig", "(1-h1)\n", "(1-h1)*2\n", says=r"`∂L/∂w1`, `∂L/∂w2` and `∂L/∂b1` are each twi")
b(
    "y first",
    "zip(data,ys)",
    "zip(data,np.full(4,ys[0]))",
    says=r"`ys - o` reads `ys` with its first part in e",
)
b("ys rev", "zip(data,ys)", "zip(data,ys[::-1])", says=r"`ys - o` reads `ys` reversed")
b("abs", "-2*(y-o)*o", "2*abs(y-o)*o", says=r"`∂L/∂\(w5\*h1 \+ w6\*h2 \+ b3\)` uses `∂L/∂o` with")
b("o fwd -", "w5*h1+w6*h2", "w5*h1-w6*h2", says=r"`w5\*h1 \+ w6\*h2` has `-` between `w5\*h1` and ")
b("zero", "d_h1*x[0],d_h1", "0,d_h1", says=r"`∂L/∂w1` is always 0")
b("w5 upd", "d_h1=d_o*w5", "d_h1=d_o*(w5-.1*d_o*h1)", says=r"unexplained")
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
b("plus", "w-l", "w+l", says=r"`∂L/∂w` has the wrong sign")
b("no len", "/len(X)", "", says=r"`∂L/∂w` is 5 times what it should be \(5 is t")
b("no lr", "w-learning_rate*g", "w-g", says=r"`∂L/∂w` is 10/3 times what it should be")
b("half", "2*e[i]", "e[i]", says=r"`∂L/∂w` is half of what it should be")
b("Xj", "X[i][j]", "X[i][0]", says=r"`∂L/∂w` has its element 0 in every place")
b("p0", "p[i]*(1-p[i])", "p[0]*(1-p[0])", says=r"`∂sigmoid\(X@w\)/∂\(X@w\)` is computed from the ")
b("no p'", "*p[i]*(1-p[i])", "", says=r"the factor `∂sigmoid\(X@w\)/∂\(X@w\)` is left ou")
b("e sum", "2*e[i]", "2*e.sum()", says=r"`∂L/∂\(X@w\)` uses the sum of all elements of ")
b("g=", "g[j]+=", "g[j]=", says=r"`∂L/∂w`: only one sample is used, the last o")
b("skip", "range(len(X))", "range(1,len(X))", says=r"`∂L/∂w`: the first sample is left out of the")
b("e sq", "2*e[i]", "2*e[i]**2", says=r"`∂\(\(sigmoid\(X@w\) - y\)\*\*2\)/∂\(sigmoid\(X@w\) - y")
b(
    "y as p",
    "p[i]*(1-p[i])",
    "y[i]*(1-p[i])",
    says=r"`∂sigmoid\(X@w\)/∂\(X@w\)` is taken as `y\*\(1 - s",
)
b("mean all", "/len(X)", "/X.size", says=r"`∂L/∂w` is 1/3 times what it should be")
b("e=y-p", "e=p-y", "e=y-p", says=r"`∂L/∂w` has the wrong sign")
b(
    "lr sq",
    "w-learning_rate*g",
    "w-learning_rate**2*g",
    says=r"`∂L/∂w` is 3/10 times what it should be",
)
b("1+p", "(1-p[i])", "(1+p[i])", says=r"`∂sigmoid\(X@w\)/∂\(X@w\)` is taken as `\(sigmoid")

NETWORKS = [A, B]
