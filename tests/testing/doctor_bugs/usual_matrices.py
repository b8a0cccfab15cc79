# ruff: noqa: E501 -- pieces of code as people write them
"""The usual kinds of mistakes once more: a softmax, a convolution in two directions."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(88)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1.0]])
Y = np.array([0, 0, 1, 1, 1.0])


def fc(p, X, T):  # type: ignore[no-untyped-def]
    H = np.maximum(X @ p["W1"] + p["b1"], 0)
    Z = H @ p["W2"] + p["b2"]
    L = Z - np.log(np.sum(np.exp(Z), axis=1, keepdims=True))
    return -np.sum(T * L) / len(X)


C = Network(
    "usual: softmax",
    fc,
    (
        {
            "W1": rng.normal(size=(3, 5)),
            "b1": rng.normal(size=5),
            "W2": rng.normal(size=(5, 3)),
            "b2": rng.normal(size=3),
        },
    ),
    (rng.normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]),
    """
def gradient(p,X,T):
    A=X@p["W1"]+p["b1"]
    H=np.maximum(A,0)
    Z=H@p["W2"]+p["b2"]
    E=np.exp(Z)
    S=E/E.sum(axis=1,keepdims=True)
    D=(S-T)/len(X)
    g={}
    g["W2"]=H.T@D
    g["b2"]=D.sum(axis=0)
    B=D@p["W2"].T
    B=B*(A>0)
    g["W1"]=X.T@B
    g["b1"]=B.sum(axis=0)
    return g
""",
)
b = C.bug
b(
    "relu B",
    "B*(A>0)",
    "np.maximum(B,0)",
    says=r"the factor `∂H/∂\(X@p\['W1'\] \+ p\['b1'\]\)` is ta",
)
b("W1 half", "X.T@B", "X[::2].T@B[::2]", says=r"`∂L/∂p\['W1'\]`: the samples 1 and 3 are left ")
b("twice", 'D@p["W2"].T', '2*D@p["W2"].T', says=r"`∂L/∂p\['W1'\]` and `∂L/∂p\['b1'\]` are each twi")
b(
    "pair",
    "(A>0)",
    "(H>=0)",
    "/len(X)",
    "",
    says=r"the factor `∂H/∂\(X@p\['W1'\] \+ p\['b1'\]\)` is le",
    double=True,
)
b(
    "pair2",
    "(S-T)",
    "(T-S)",
    'g["b2"]=D.sum(axis=0)',
    'g["b2"]=D.mean(axis=0)',
    says=r"`∂L/∂p\['b2'\]` takes the mean over the rows t",
    double=True,
)


def fd(K, b, v, img, t):  # type: ignore[no-untyped-def]
    rows = []
    for i in range(3):
        for j in range(3):
            rows.append(np.tanh(np.sum(K * img[i : i + 2, j : j + 2]) + b))
    a = np.stack(rows)
    return (np.sum(v * a) - t) ** 2


D = Network(
    "usual: convolution",
    fd,
    (rng.normal(size=(2, 2)), 0.2, rng.normal(size=9) * 0.5),
    (rng.normal(size=(4, 4)), 0.3),
    """
def gradient(K,b,v,img,t):
    z=np.zeros((3,3))
    for i in range(3):
        for j in range(3):
            z[i,j]=(K*img[i:i+2,j:j+2]).sum()+b
    a=np.tanh(z)
    y=(v.reshape(3,3)*a).sum()
    d=2*(y-t)
    gv=d*a.ravel()
    da=d*v.reshape(3,3)
    dz=da*(1-a**2)
    gK=np.zeros((2,2))
    for i in range(3):
        for j in range(3):
            gK+=dz[i,j]*img[i:i+2,j:j+2]
    gb=dz.sum()
    return gK,gb,gv
""",
)
b = D.bug
b("K flip", "(K*img", "(K[::-1,::-1]*img", says=r"`K\*img\[0:2, 0:2\]` reads `K` reversed along b")
b(
    "v T",
    "da=d*v.reshape(3,3)",
    "da=d*v.reshape(3,3).T",
    says=r"`∂L/∂a` multiplies by `v` in the order of th",
)
b(
    "gv z",
    "gv=d*a",
    "gv=d*z",
    says=r"`∂L/∂v` multiplies by `stack\(sum\(K\*img\[0:2, 0:2\]\).* where it should .* `a`",
)
b("gv T", "a.ravel()", "a.T.ravel()", says=r"`∂L/∂v` multiplies by `a` in the order of th")
b("t no", "(y-t)", "y", says=r"`∂\(\(sum\(v\*a\) - t\)\*\*2\)/∂\(sum\(v\*a\) - t\)` is ev")
b(
    "img +1",
    "dz[i,j]*img[i:i+2,j:j+2]",
    "dz[i,j]*img[1:3,1:3]",
    says=r"K\[0, 0\]` multiplies .* by `img\[1, 1\]`",
)
b(
    "pair",
    "gb=dz.sum()",
    "gb=dz.mean()",
    "gK+=dz[i,j]",
    "gK+=dz[j,i]",
    says=r"`∂L/∂b` is 1/9 times what it should be.*`∂L/∂K` \(by way of `K\*img\[0:2, 1:3\]`\) multip",
    double=True,
)

NETWORKS = [C, D]
