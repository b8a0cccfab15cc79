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
b(
    "softmax axis",
    "E.sum(axis=0)",
    "E.sum(axis=1,keepdims=True)",
    says=r"`∂L/∂Z#1` is taken as `e/sum\(e, axis=-1\) - Y`.*`exp\(Z#1 - max\(Z#1, axis=0\)\)`",
)
b(
    "the likeliest alone",
    "dZ=(P-Y)/m",
    "dZ=((P==P.max(axis=0))-Y)/m",
    says=r"`∂L/∂Z#1` is taken as `onehot\(argmax\(Z#1, axis=0\)\) - Y`",
)
b("dA P", "dA=W2.T@dZ", "dA=W2.T@P", says=r"`∂L/∂A` is computed from the value `P` where")
b(
    "P(1-P)",
    "dZ=(P-Y)/m",
    "dZ=(P-Y)*P*(1-P)/m",
    says=r"`∂L/∂Z#1` is taken as `\(p - Y\)\*p\*\(1 - p\)` wh",
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
    says=r"`∂L/∂W1`: the columns 2, 3 and 4 of .* are left ou",
)
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
b(
    "shift i",
    "d[i,j]*x[c,i:i+2",
    "d[i,j]*x[c,i+1:i+3",
    says=r"`∂L/∂K\[0, 0, 0\]` multiplies `∂L/∂s#5` by `x\[0, 1, 2\]` where it should .*`x\[0, 0, 2\]`",
)
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
b("2x", "d=(o-y)", "d=2*(o-y)", says=r"every derivative is twice what it should be")
b(
    "T win",
    "x[c,i:i+2,j:j+2]\n    return",
    "x[c,i:i+2,j:j+2].T\n    return",
    says=r"`∂L/∂K` has its last two axes exchanged",
)
b(
    "last row missing",
    "    for i in range(3):\n        for j in range(3):\n            for c",
    "    for i in range(2):\n        for j in range(3):\n            for c",
    says=r"in `∂L/∂K`, .* is left out in the last 6 of the 18 rounds",
)
b("abs d", "d=(o-y)*", "d=abs(o-y)*", says=r"stack\(s#2.* uses `∂L/∂o` without its sign")
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
b(
    "mse",
    "err=p-y",
    "err=2*(p-y)*p*(1-p)",
    says=r"`∂L/∂\(X@w \+ b\)` is taken as `\(p - y\)\*p\*\(1 - ",
)
b("first b", "np.mean(err)", "err[0]", says=r"`∂L/∂b`: only one sample is used, the first ")
b("round", "err=p-y", "err=np.round(p)-y", says=r"is taken as `round\(p\) - y` where it")
b("dims", "/len(y)", "/X.shape[1]", says=r"`∂L/∂w` is twice what it should be")

NETWORKS = [colsoft, conv2c, logreg]
