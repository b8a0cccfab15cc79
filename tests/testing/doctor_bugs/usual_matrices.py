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
b("T-S", "(S-T)", "(T-S)", says=r"every derivative has the wrong sign")
b("no len", "/len(X)", "", says=r"every derivative is 4 times what it should b")
b("by classes", "/len(X)", "/T.shape[1]", says=r"every derivative is 4/3 times what it should")
b("S", "(S-T)", "S", says=r"the term that comes through `L` in `∂L/∂Z` i")
b("Z-T", "(S-T)", "(Z-T)", says=r"`∂L/∂Z` is taken as `Z - T` where it should ")
b("S(1-S)", "(S-T)", "(S-T)*S*(1-S)", says=r"`∂L/∂Z` is taken as `\(p - T\)\*p\*\(1 - p\)` wher")
b(
    "softmax ax",
    "E.sum(axis=1,keepdims=True)",
    "E.sum(axis=0,keepdims=True)",
    says=r"`∂L/∂Z` is taken as `softmax\(Z, axis=0\) - T`",
)
b(
    "softmax all",
    "E.sum(axis=1,keepdims=True)",
    "E.sum()",
    says=r"`∂L/∂Z` is taken as `softmax\(Z, axis=None\) -",
)
b("no exp", "E=np.exp(Z)", "E=Z", says=r"`∂L/∂Z` is taken as `Z/sum\(Z\) - T` where it ")
b("no relu'", "    B=B*(A>0)\n", "", says=r"the factor `∂H/∂\(X@p\['W1'\] \+ p\['b1'\]\)` is le")
b("relu H", "(A>0)", "H", says=r"`∂L/∂H` has an extra factor `H`")
b(
    "relu B",
    "B*(A>0)",
    "np.maximum(B,0)",
    says=r"the factor `∂H/∂\(X@p\['W1'\] \+ p\['b1'\]\)` is ta",
)
b("relu A<0", "(A>0)", "(A<0)", says=r"`∂H/∂\(X@p\['W1'\] \+ p\['b1'\]\)` is taken as `\(\(X")
b(
    "b1 before",
    '    B=B*(A>0)\n    g["W1"]=X.T@B\n    g["b1"]=B.sum(axis=0)',
    '    g["b1"]=B.sum(axis=0)\n    B=B*(A>0)\n    g["W1"]=X.T@B',
    says=r"`∂L/∂p\['b1'\]` is computed from `∂L/∂H` where",
)
b(
    "W2 A",
    'g["W2"]=H.T@D',
    'g["W2"]=A.T@D',
    says=r"`∂L/∂p\['W2'\]` multiplies by `X@p\['W1'\] \+ p\['",
)
b(
    "b2 mean",
    'g["b2"]=D.sum(axis=0)',
    'g["b2"]=D.mean(axis=0)',
    says=r"`∂L/∂p\['b2'\]` is 1/4 of what it should be \(4",
)
b(
    "b2 0",
    'g["b2"]=D.sum(axis=0)',
    'g["b2"]=D[0]',
    says=r"`∂L/∂p\['b2'\]`: only one sample is used, the ",
)
b(
    "no b1",
    'X@p["W1"]+p["b1"]',
    'X@p["W1"]',
    says=r"`p\['b1'\]` is left out of `X@p\['W1'\] \+ p\['b1'",
)
b("no b2", 'H@p["W2"]+p["b2"]', 'H@p["W2"]', says=r"`p\['b2'\]` is left out of `Z`")
b("sig", "H=np.maximum(A,0)", "H=sig(A)", says=r"`H` is computed as `sigmoid\(X@p\['W1'\] \+ p\['b")
b("W1 half", "X.T@B", "X[::2].T@B[::2]", says=r"`∂L/∂p\['W1'\]`: the samples 1 and 3 are left ")
b(
    "W1 from D W2",
    'g["W1"]=X.T@B',
    'g["W1"]=X.T@(D@p["W2"].T)',
    says=r"`∂L/∂p\['W1'\]` is computed from `∂L/∂H` where",
)
b(
    "W2 upd",
    'B=D@p["W2"].T',
    'B=D@(p["W2"]-.5*g["W2"]).T',
    says=r"`∂L/∂p\['W1'\]` and `∂L/∂p\['b1'\]` read `p\['W2'",
)
b("twice", 'D@p["W2"].T', '2*D@p["W2"].T', says=r"`∂L/∂p\['W1'\]` and `∂L/∂p\['b1'\]` are each twi")
b("T argmax 0", "(S-T)", "(S-T[0])", says=r"`p - T with the first label in every place`")
b("log", "(S-T)", "(np.log(S)-T)", says=r"`∂L/∂Z` is taken as `log\(p\) - T` where it sh")
b("-T/S", "(S-T)", "(-T/S)", says=r"`∂L/∂Z` is taken as `-T/p` where it should b")
b("minus W1", 'g["W1"]=X.T@B', 'g["W1"]=-X.T@B', says=r"`∂L/∂p\['W1'\]` has the wrong sign")
b("b1 b2 zero", 'g["b1"]=B.sum(axis=0)', 'g["b1"]=np.zeros(5)', says=r"`∂L/∂p\['b1'\]` is always 0")
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
b("sign", "2*(y-t)", "2*(t-y)", says=r"every derivative has the wrong sign")
b("no 2", "d=2*", "d=", says=r"every derivative is half of what it should b")
b("no d in gv", "gv=d*a", "gv=a", says=r"`∂L/∂v` lacks the factor `∂L/∂\(v\*a\)`")
b("gK =", "gK+=", "gK=", says=r"`∂L/∂K`: only the last of its 9 terms is kep")
b(
    "img 0",
    "dz[i,j]*img[i:i+2,j:j+2]",
    "dz[i,j]*img[:2,:2]",
    says=r"`∂L/∂K` \(by way of `K\*img\[0:2, 1:3\]`\) multip",
)
b(
    "img ji",
    "gK+=dz[i,j]*img[i:i+2,j:j+2]",
    "gK+=dz[i,j]*img[j:j+2,i:i+2]",
    says=r"`∂L/∂K` \(by way of `K\*img\[0:2, 1:3\]`\) multip",
)
b("dz ji", "gK+=dz[i,j]", "gK+=dz[j,i]", says=r"`∂L/∂K` \(by way of `K\*img\[0:2, 1:3\]`\) multip")
b(
    "no tanh'",
    "dz=da*(1-a**2)",
    "dz=da",
    says=r"the factor `∂rows\[0\]/∂\(sum\(K\*img\[0:2, 0:2\]\) ",
)
b("1-z2", "1-a**2", "1-z**2", says=r"`∂rows\[0\]/∂\(sum\(K\*img\[0:2, 0:2\]\) \+ b\)` is ta")
b("1-a", "1-a**2", "1-a", says=r"`∂rows\[0\]/∂\(sum\(K\*img\[0:2, 0:2\]\) \+ b\)` is ta")
b("gb mean", "gb=dz.sum()", "gb=dz.mean()", says=r"`∂L/∂b` is 1/9 times what it should be")
b(
    "gb da",
    "gb=dz.sum()",
    "gb=da.sum()",
    says=r"`∂L/∂b` \(by way of `sum\(K\*img\[0:2, 0:2\]\) \+ b",
)
b("gb one", "gb=dz.sum()", "gb=dz[0,0]", says=r"`∂L/∂b`: only the first of its 9 terms is ke")
b("no b", ".sum()+b", ".sum()", says=r"`b` is left out of `sum\(K\*img\[0:2, 0:2\]\) \+ b")
b("K T", "(K*img", "(K.T*img", says=r"`K\*img\[0:2, 0:2\]` reads `K` transposed")
b("K flip", "(K*img", "(K[::-1,::-1]*img", says=r"`K\*img\[0:2, 0:2\]` reads `K` reversed along b")
b("gK T", "return gK", "return gK.T", says=r"`∂L/∂K` is transposed")
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
    says=r"`∂L/∂v` multiplies by `sum\(K\*img\[0:2, 0:2\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[0:2, 1:3\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[0:2, 2:4\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[1:3, 0:2\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[1:3, 1:3\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[1:3, 2:4\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[2:4, 0:2\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[2:4, 1:3\]\) .*`∂L/∂v` multiplies by `sum\(K\*img\[2:4, 2:4\]\) ",
)
b("gv T", "a.ravel()", "a.T.ravel()", says=r"`∂L/∂v` multiplies by `a` in the order of th")
b(
    "rows 2",
    "    for i in range(3):\n        for j in range(3):\n            gK",
    "    for i in range(2):\n        for j in range(3):\n            gK",
    says=r"`∂L/∂K`: of its 9 terms the terms 6, 7 and 8",
)
b(
    "K in gK",
    "gK+=dz[i,j]*img[i:i+2,j:j+2]",
    "gK+=dz[i,j]*K",
    says=r"`∂L/∂K` \(by way of `K\*img\[0:2, 0:2\]`\) multip",
)
b(
    "relu",
    "a=np.tanh(z)",
    "a=np.maximum(z,0)",
    says=r"`rows\[0\]` is computed as `relu\(sum\(K\*img\[0:2",
)
b("t no", "(y-t)", "y", says=r"`∂\(\(sum\(v\*a\) - t\)\*\*2\)/∂\(sum\(v\*a\) - t\)` is ev")
b("da a", "da=d*v.reshape(3,3)", "da=d*a", says=r"`∂L/∂a` multiplies by `a` where it should mu")
b("dz twice", "gb=dz.sum()", "gb=2*dz.sum()", says=r"`∂L/∂b` is twice what it should be")
b("img +1", "dz[i,j]*img[i:i+2,j:j+2]", "dz[i,j]*img[1:3,1:3]", says=r"unexplained")
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
