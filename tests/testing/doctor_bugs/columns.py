# ruff: noqa: E501 -- pieces of code as people write them
"""Classes in columns, two labels, and an image of two channels."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(31)


def fb(W1, b1, W2, b2, X, Y):  # type: ignore[no-untyped-def]
    A = np.maximum(W1 @ X + b1[:, None], 0)
    Z = W2 @ A + b2[:, None]
    Z = Z - np.max(Z, axis=0)
    E = np.exp(Z)
    P = E / np.sum(E, axis=0)
    return -np.sum(Y * np.log(P)) / X.shape[1]


colsoft = Network(
    "fresh6: colsoft",
    fb,
    (rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(3, 4)), rng.normal(size=3)),
    (rng.normal(size=(3, 5)), np.eye(3)[[0, 2, 1, 1, 0]].T.copy()),
    """
def gradient(W1,b1,W2,b2,X,Y):
    m=X.shape[1]
    Z1=W1@X+b1[:,None]
    A=np.maximum(Z1,0)
    Z=W2@A+b2[:,None]
    E=np.exp(Z-Z.max(axis=0))
    P=E/E.sum(axis=0)
    dZ=(P-Y)/m
    dW2=dZ@A.T
    db2=dZ.sum(axis=1)
    dA=W2.T@dZ
    dZ1=dA*(Z1>0)
    dW1=dZ1@X.T
    db1=dZ1.sum(axis=1)
    return dW1,db1,dW2,db2
""",
)
b = colsoft.bug
b("no m", "/m", "", says=r"every derivative is 5 times what it should b")
b("Y-P", "(P-Y)", "(Y-P)", says=r"every derivative has the wrong sign")
b("relu A", "(Z1>0)", "A", says=r"`∂L/∂A` has an extra factor `A`")
b("no relu", "dZ1=dA*(Z1>0)", "dZ1=dA", says=r"the factor `∂A/∂\(W1@X \+ b1\[:, None\]\)` is lef")
b("softmax axis", "E.sum(axis=0)", "E.sum(axis=1,keepdims=True)", says=r"unexplained")
b(
    "db mean",
    "db2=dZ.sum(axis=1)",
    "db2=dZ.mean(axis=1)",
    says=r"`∂L/∂b2` is 1/5 times what it should be",
)
b("dW2 Z1", "dW2=dZ@A.T", "dW2=dZ@Z1.T", says=r"`∂L/∂W2` multiplies by `W1@X \+ b1\[:, None\]` ")
b(
    "db1 dA",
    "db1=dZ1.sum(axis=1)",
    "db1=dA.sum(axis=1)",
    says=r"`∂L/∂b1\[:, None\]` is computed from `∂L/∂A` w",
)
b("dA P", "dA=W2.T@dZ", "dA=W2.T@P", says=r"`∂L/∂A` is computed from the value `P` where")
b(
    "no b1",
    "Z1=W1@X+b1[:,None]",
    "Z1=W1@X",
    says=r"`b1\[:, None\]` is left out of `W1@X \+ b1\[:, N",
)
b("double m", "dW1=dZ1@X.T", "dW1=dZ1@X.T/m", says=r"`∂L/∂W1` is 1/5 times what it should be")
b(
    "P(1-P)",
    "dZ=(P-Y)/m",
    "dZ=(P-Y)*P*(1-P)/m",
    says=r"`∂L/∂Z#1` is taken as `\(p - Y\)\*p\*\(1 - p\)` wh",
)
b("-Y/P", "dZ=(P-Y)/m", "dZ=-Y/P/m", says=r"the factor `∂P/∂Z#1` is left out")
b("P only", "dZ=(P-Y)/m", "dZ=P/m", says=r"`∂L/∂Z#1` is taken as `p` where it should be")
b(
    "relu of A fwd sig",
    "A=np.maximum(Z1,0)",
    "A=sig(Z1)",
    says=r"`A` is computed as `sigmoid\(W1@X \+ b1\[:, Non",
)
b(
    "leaky",
    "(Z1>0)",
    "np.where(Z1>0,1,.01)",
    says=r"`∂A/∂\(W1@X \+ b1\[:, None\]\)` is taken as `wher",
)
b(
    "sample 0 db",
    "db2=dZ.sum(axis=1)",
    "db2=dZ[:,0]",
    says=r"`∂L/∂b2\[:, None\]` keeps only the first of th",
)
b(
    "W2 updated",
    "dA=W2.T@dZ",
    "dA=(W2-.1*dW2).T@dZ",
    says=r"`∂L/∂W1` and `∂L/∂b1` read `W2` after the up",
)
b(
    "half",
    "dW1=dZ1@X.T",
    "dW1=dZ1[:,:2]@X[:,:2].T",
    says=r"`∂L/∂W1`: the samples 2, 3 and 4 are left ou",
)
b("A squared", "Z=W2@A", "Z=W2@(A*A)", says=r"`W2@A` reads `square\(A\)` where it should rea")
b("sign W1", "dW1=dZ1@X.T", "dW1=-dZ1@X.T", says=r"`∂L/∂W1` has the wrong sign")
b(
    "pair",
    "(Z1>0)",
    "(A>=0)",
    "db2=dZ.sum(axis=1)",
    "db2=dZ.mean(axis=1)",
    says=r"the factor `∂A/∂\(W1@X \+ b1\[:, None\]\)` is lef.*`∂L/∂b2` is 1/5 times what it should be",
    double=True,
)


def fc(K, b, x, y):  # type: ignore[no-untyped-def]
    rows = []
    for i in range(3):
        row = []
        for j in range(3):
            s = b
            for c in range(2):
                s = s + np.sum(K[c] * x[c, i : i + 2, j : j + 2])
            row.append(np.tanh(s))
        rows.append(np.stack(row))
    o = np.stack(rows)
    return np.sum((o - y) ** 2) / 2


conv2c = Network(
    "fresh6: conv2c",
    fc,
    (rng.normal(size=(2, 2, 2)), 0.3),
    (rng.normal(size=(2, 4, 4)), rng.normal(size=(3, 3))),
    """
def gradient(K,b,x,y):
    o=np.zeros((3,3))
    for i in range(3):
        for j in range(3):
            o[i,j]=np.tanh(np.sum(K*x[:,i:i+2,j:j+2])+b)
    d=(o-y)*(1-o**2)
    dK=np.zeros_like(K)
    for i in range(3):
        for j in range(3):
            for c in range(2):
                dK[c]+=d[i,j]*x[c,i:i+2,j:j+2]
    return dK,d.sum()
""",
)
b = conv2c.bug
b("d[j,i]", "d[i,j]*", "d[j,i]*", says=r"`∂L/∂K\[0\]` \(by way of `K\[0\]\*x\[0, 0:2, 1:3\]`\)")
b(
    "x ji",
    "d[i,j]*x[c,i:i+2,j:j+2]",
    "d[i,j]*x[c,j:j+2,i:i+2]",
    says=r"`∂L/∂K\[0\]` \(by way of `K\[0\]\*x\[0, 0:2, 1:3\]`\)",
)
b(
    "c 0",
    "d[i,j]*x[c,",
    "d[i,j]*x[0,",
    says=r"`∂L/∂K\[1\]` \(by way of `K\[1\]\*x\[1, 0:2, 0:2\]`\)",
)
b("1-c", "d[i,j]*x[c,", "d[i,j]*x[1-c,", says=r"`∂L/∂K` has its elements in reverse order")
b("shift i", "d[i,j]*x[c,i:i+2", "d[i,j]*x[c,i+1:i+3", says=r"unexplained")
b(
    "flip",
    "dK[c]+=d[i,j]*x[c,i:i+2,j:j+2]",
    "dK[c]+=d[i,j]*x[c,i:i+2,j:j+2][::-1,::-1]",
    says=r"`∂L/∂K` has its last two axes in reverse ord",
)
b(
    "fwd flip",
    "np.sum(K*",
    "np.sum(K[:,::-1,::-1]*",
    says=r"`K\[0\]` reads `K` reversed along its last two",
)
b(
    "fwd ch",
    "np.sum(K*",
    "np.sum(K[::-1]*",
    says=r"`K\[0\]\*x\[0, 0:2, 0:2\]` reads `K\[1\]` where it ",
)
b("no tanh", "*(1-o**2)", "", says=r"the factor `∂row\[0\]#1/∂s#2` is left out")
b("no b", ")+b)", "))", says=r"`b` is left out of `s#1`")
b("mean b", "d.sum()", "d.mean()", says=r"`∂L/∂b` is 1/9 times what it should be")
b("2x", "d=(o-y)", "d=2*(o-y)", says=r"every derivative is twice what it should be")
b("=", "dK[c]+=", "dK[c]=", says=r"`∂L/∂K`: only the last of its 9 terms is kep")
b(
    "range2",
    "            for c in range(2)",
    "            for c in range(1)",
    says=r"the term that comes through `K\[1\]` in `∂L/∂K",
)
b(
    "T win",
    "x[c,i:i+2,j:j+2]\n    return",
    "x[c,i:i+2,j:j+2].T\n    return",
    says=r"`∂L/∂K` has its last two axes exchanged",
)
b("sig", "np.tanh(", "sig(", says=r"`row\[0\]#1` is computed as `sigmoid\(s#2\)` whe")
b("d at o", "(1-o**2)", "o*(1-o)", says=r"`∂row\[0\]#1/∂s#2` is taken as `row\[0\]#1\*\(1 - ")
b(
    "last row missing",
    "    for i in range(3):\n        for j in range(3):\n            for c",
    "    for i in range(2):\n        for j in range(3):\n            for c",
    says=r"`∂L/∂K`: of its 9 terms the terms 6, 7 and 8",
)
b("abs d", "d=(o-y)*", "d=abs(o-y)*", says=r"`∂L/∂s#2` uses `∂L/∂row\[0\]#1` without its si")
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([0, 0, 0, 1, 1, 1], float)


def fe(w, b, X, y):  # type: ignore[no-untyped-def]
    p = sig(X @ w + b)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


logreg = Network(
    "fresh6: logreg",
    fe,
    (rng.normal(size=3), 0.1),
    (X, Y),
    """
def gradient(w,b,X,y):
    z=X@w+b
    p=sig(z)
    err=p-y
    return X.T@err/len(y), np.mean(err)
""",
)
b = logreg.bug
b("no len", "X.T@err/len(y)", "X.T@err", says=r"`∂L/∂w` is 6 times what it should be \(6 is t")
b("sum b", "np.mean(err)", "np.sum(err)", says=r"`∂L/∂b` is 6 times what it should be \(6 is t")
b(
    "mse",
    "err=p-y",
    "err=2*(p-y)*p*(1-p)",
    says=r"`∂L/∂\(X@w \+ b\)` is taken as `\(p - y\)\*p\*\(1 - ",
)
b("y-p", "err=p-y", "err=y-p", says=r"every derivative has the wrong sign")
b("z-y", "err=p-y", "err=z-y", says=r"`∂L/∂\(X@w \+ b\)` is taken as `X@w \+ b - y` wh")
b("no b", "z=X@w+b", "z=X@w", says=r"`b` is left out of `X@w \+ b`")
b(
    "extra p'",
    "err=p-y",
    "err=(p-y)*p*(1-p)",
    says=r"`∂L/∂\(X@w \+ b\)` is taken as `\(p - y\)\*p\*\(1 - ",
)
b("first b", "np.mean(err)", "err[0]", says=r"`∂L/∂b`: only one sample is used, the first ")
b("log lost 1-y", "err=p-y", "err=-y*(1-p)", says=r"the term that comes through `1 - p` in `∂L/∂")
b("lost y", "err=p-y", "err=(1-y)*p", says=r"the term that comes through `log\(p\)` in `∂L/")
b("y flipped", "err=p-y", "err=p-(1-y)", says=r"`∂L/∂\(X@w \+ b\)` is taken as `p - \(1 - y\)` wh")
b("round", "err=p-y", "err=np.round(p)-y", says=r"unexplained")
b("dims", "/len(y)", "/X.shape[1]", says=r"`∂L/∂w` is twice what it should be")
b("div p", "err=p-y", "err=(p-y)/(p*(1-p))", says=r"the factor `∂p/∂\(X@w \+ b\)` is left out")
b("tanh", "p=sig(z)", "p=np.tanh(z)", says=r"`∂L/∂\(X@w \+ b\)` is taken as `tanh\(X@w \+ b\) -")

NETWORKS = [colsoft, conv2c, logreg]
