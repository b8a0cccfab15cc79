# ruff: noqa: E501, E741 -- pieces of code as people write them
"""Softmax over a hidden layer, and a filter with channels."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(12)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)


def sm(W1, b1, W2, b2, X, T):  # type: ignore[no-untyped-def]
    H = np.tanh(X @ W1 + b1)
    O = H @ W2 + b2
    O = O - O.max(axis=1, keepdims=True)
    P = np.exp(O) / np.exp(O).sum(axis=1, keepdims=True)
    return -np.mean(np.sum(T * np.log(P), axis=1))


T = np.eye(3)[[0, 2, 1, 1, 0]]
mlp_ce = Network(
    "fresh4: mlp-ce",
    sm,
    (rng.normal(size=(2, 4)), rng.normal(size=4), rng.normal(size=(4, 3)), rng.normal(size=3)),
    (rng.normal(size=(5, 2)), T),
    """
def gradient(W1,b1,W2,b2,X,T):
    N = X.shape[0]
    A = X@W1+b1
    H = np.tanh(A)
    O = H@W2+b2
    E = np.exp(O)
    P = E/E.sum(axis=1,keepdims=True)
    dO = (P-T)/N
    dW2 = H.T@dO
    db2 = dO.sum(axis=0)
    dH = dO@W2.T
    dA = dH*(1-H**2)
    dW1 = X.T@dA
    db1 = dA.sum(axis=0)
    return dW1,db1,dW2,db2
""",
)
b = mlp_ce.bug
b("/3", "(P-T)/N", "(P-T)/3", says=r"every derivative is 5/3 times what it should")
b(
    "sigmoid P",
    "P = E/E.sum(axis=1,keepdims=True)",
    "P = sig(O)",
    says=r"`∂L/∂O#1` is taken as `sigmoid\(O#1\) - T` whe",
)
b(
    "axis0",
    "E.sum(axis=1,keepdims=True)",
    "E.sum(axis=0)",
    says=r"`∂L/∂O#1` is taken as `softmax\(O#1, axis=0\) ",
)
b(
    "all sum",
    "E.sum(axis=1,keepdims=True)",
    "E.sum()",
    says=r"`∂L/∂O#1` is taken as `softmax\(O#1, axis=Non",
)
b(
    "*P(1-P)",
    "(P-T)/N",
    "(P-T)*P*(1-P)/N",
    says=r"`∂L/∂O#1` is taken as `\(p - T\)\*p\*\(1 - p\)` wh",
)
b("log P err", "(P-T)/N", "(np.log(P)-T)/N", says=r"`∂L/∂O#1` is taken as `log\(p\) - T` where it ")
b("db1 first", "dA.sum(axis=0)", "dA[0]", says=r"`∂L/∂b1`: only one sample is used, the first")
b(
    "db2 cumulative",
    "dO.sum(axis=0)",
    "(dO.sum(axis=0)*np.ones(3)).sum()*np.ones(3)",
    says=r"`∂L/∂b2` is always 0",
)
b("row 1 left", "X.T@dA", "X[1:].T@dA[1:]", says=r"`∂L/∂W1`: the first sample is left out of th")
b("reg", "dW1 = X.T@dA", "dW1 = X.T@dA + 0.01*W1", says=r"`∂L/∂W1` has the extra term `0\.01\*W1`")
b(
    "pair",
    "1-H**2",
    "1-A**2",
    "(P-T)/N",
    "(P-T)",
    says=r"`∂H/∂\(X@W1 \+ b1\)` is taken as `1 - \(X@W1 \+ b",
    double=True,
)
b(
    "pair2",
    "dW2 = H.T",
    "dW2 = A.T",
    "dA.sum(axis=0)",
    "dH.sum(axis=0)",
    says=r"`∂L/∂W2` multiplies by `X@W1 \+ b1` where it .*`∂L/∂b1` is computed from `∂L/∂H` where it s",
    double=True,
)
b(
    "E/O",
    "P = E/E.sum(axis=1,keepdims=True)",
    "P = O/O.sum(axis=1,keepdims=True)",
    says=r"`∂L/∂O#1` is taken as `O#1/sum\(O#1\) - T` whe",
)
b(
    "dO mean rows",
    "(P-T)/N",
    "(P-T).mean(axis=0)*np.ones((5,1))/N",
    says=r"`∂L/∂\(H@W2\)` uses the mean of `∂L/∂O#1` over",
)


def conv(K, b, img, t):  # type: ignore[no-untyped-def]
    out = []
    for i in range(3):
        for j in range(3):
            out.append(np.maximum(np.sum(K * img[:, i : i + 2, j : j + 2]) + b, 0.0))
    return (sum(out) / 9 - t) ** 2


mconv = Network(
    "fresh4: mconv",
    conv,
    (rng.normal(size=(2, 2, 2)), 0.4),
    (rng.normal(size=(2, 4, 4)), 0.7),
    """
def gradient(K,b,img,t):
    z = np.zeros((3,3))
    for i in range(3):
        for j in range(3):
            z[i,j] = (K*img[:,i:i+2,j:j+2]).sum()+b
    out = np.maximum(z,0)
    d = 2*(out.mean()-t)/9
    dz = d*(z>0)
    dK = np.zeros_like(K); db = 0.
    for i in range(3):
        for j in range(3):
            dK += dz[i,j]*img[:,i:i+2,j:j+2]
            db += dz[i,j]
    return dK, db
""",
)
b = mconv.bug
b(
    "chan rev",
    "dz[i,j]*img[:,",
    "dz[i,j]*img[::-1,",
    says=r"`∂L/∂K` has its elements in reverse order",
)
b("chan 0", "dz[i,j]*img[:,", "dz[i,j]*img[:1,", says=r"`∂L/∂K` has its element 0 in every place")
b(
    "flip",
    "dz[i,j]*img[:,i:i+2,j:j+2]",
    "dz[i,j]*img[:,i:i+2,j:j+2][:,::-1,::-1]",
    says=r"`∂L/∂K` has its last two axes in reverse ord",
)
b(
    "range2",
    "dK = np.zeros_like(K); db = 0.\n    for i in range(3)",
    "dK = np.zeros_like(K); db = 0.\n    for i in range(2)",
    says=r"in `∂L/∂K` and `∂L/∂b`, .* is left out in the last 3 of the 9 rounds",
)
b("gate out*", "d*(z>0)", "d*out", says=r"`∂L/∂\(sum\(K\*img\[:, 0:2, 0:2\]\) \+ b\)` has an e")
b(
    "fwd flip",
    "(K*img",
    "(K[:,::-1,::-1]*img",
    says=r"`K\*img\[:, 0:2, 0:2\]` reads `K` reversed alon",
)
b(
    "t sign",
    "mean()-t",
    "mean()+t",
    says=r"`\(out\[0\] \+ out\[1\] \+ out\[2\] \+ ou … t\[7\] \+ out",
)
b("db mean", "return dK, db", "return dK, db/9", says=r"`∂L/∂b` is 1/9 times what it should be")
b(
    "dK T",
    "return dK, db",
    "return dK.transpose(0,2,1), db",
    says=r"`∂L/∂K` has its last two axes exchanged",
)
b(
    "fwd chan sum",
    "(K*img[:,i:i+2,j:j+2]).sum()",
    "(K[0]*img[0,i:i+2,j:j+2]).sum()",
    says=r"`K\*img\[:, 0:2, 0:2\]` reads `K` with its firs",
)
b("max pool", "out.mean()", "out.max()", says=r"max\(out\)")

NETWORKS = [mlp_ce, mconv]
