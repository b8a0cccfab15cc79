"""The usual kinds of mistakes: two layers of matrices, in batches."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(77)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)


def fc(W1, b1, W2, b2, X, T):  # type: ignore[no-untyped-def]
    H = np.tanh(X @ W1 + b1)
    return np.mean((H @ W2 + b2 - T) ** 2)


C = Network(
    "kinds: two layers",
    fc,
    (rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 4)), rng.normal(size=4)),
    (rng.normal(size=(5, 3)), rng.normal(size=(5, 4))),
    """
def gradient(W1,b1,W2,b2,X,T):
    Z=X@W1+b1
    H=np.tanh(Z)
    O=H@W2+b2
    D=2*(O-T)/O.size
    gW2=H.T@D
    gb2=D.sum(0)
    dH=D@W2.T
    dZ=dH*(1-H**2)
    gW1=X.T@dZ
    gb1=dZ.sum(0)
    return gW1,gb1,gW2,gb2
""",
)
b = C.bug
b("n only", "/O.size", "/len(X)", says=r"every derivative is 4 times what it should b")
b("no 2", "D=2*", "D=", says=r"every derivative is half of what it should b")
b("no size", "/O.size", "", says=r"every derivative is 20 times what it should ")
b("sign", "(O-T)", "(T-O)", says=r"every derivative has the wrong sign")
b("W2 untransposed", "D@W2.T", "D@W2", says=r"`∂L/∂H` multiplies by `W2` transposed")
b("1-Z2", "1-H**2", "1-Z**2", says=r"`∂H/∂\(X@W1 \+ b1\)` is taken as `1 - \(X@W1 \+ b")
b("1-H", "1-H**2", "1-H", says=r"`∂H/∂\(X@W1 \+ b1\)` is taken as `1 - H`")
b("H(1-H)", "(1-H**2)", "H*(1-H)", says=r"`∂H/∂\(X@W1 \+ b1\)` is taken as `H\*\(1 - H\)`")
b(
    "tanh twice",
    "1-H**2",
    "1-np.tanh(H)**2",
    says=r"`∂H/∂\(X@W1 \+ b1\)` is evaluated at `H` where ",
)
b("gb1 dH", "gb1=dZ.sum(0)", "gb1=dH.sum(0)", says=r"`∂L/∂b1` is computed from `∂L/∂H` where it s")
b(
    "gb2 mean",
    "gb2=D.sum(0)",
    "gb2=D.mean(0)",
    says=r"`∂L/∂b2` is 1/5 of what it should be \(5 is t",
)
b("gb1 one row", "gb1=dZ.sum(0)", "gb1=dZ[0]", says=r"`∂L/∂b1`: only one sample is used, the first")
b(
    "gb1 all",
    "gb1=dZ.sum(0)",
    "gb1=np.full(4,dZ.sum())",
    says=r"`∂L/∂b1` sums over all axes, where it should",
)
b("gW2 Z", "gW2=H.T@D", "gW2=Z.T@D", says=r"`∂L/∂W2` multiplies by `X@W1 \+ b1` where it ")
b("gW2 T", "gW2=H.T@D", "gW2=D.T@H", says=r"`∂L/∂W2` is transposed")
b("gW1 dH", "gW1=X.T@dZ", "gW1=X.T@dH", says=r"`∂L/∂W1` is computed from `∂L/∂H` where it s")
b("gW1 zero", "gW1=X.T@dZ", "gW1=0*X.T@dZ", says=r"`∂L/∂W1` is always 0")
b(
    "batch half",
    "gW1=X.T@dZ",
    "gW1=X[:3].T@dZ[:3]",
    says=r"`∂L/∂W1`: the samples 3 and 4 are left out o",
)
b(
    "all half",
    "D=2*(O-T)/O.size",
    "D=2*(O-T)/O.size\n    D[3:]=0",
    says=r"`∂L/∂W1`, `∂L/∂b1`, `∂L/∂W2` and `∂L/∂b2`: t",
)
b(
    "b swapped",
    "return gW1,gb1,gW2,gb2",
    "return gW1,gb2,gW2,gb1",
    says=r"`∂L/∂b1` and `∂L/∂b2` are exchanged",
)
b("no b1", "Z=X@W1+b1", "Z=X@W1", says=r"`b1` is left out of `X@W1 \+ b1`")
b("b2 for b1", "Z=X@W1+b1", "Z=X@W1+b2", says=r"`X@W1 \+ b1` reads `b2` where it should read ")
b("O no b2", "O=H@W2+b2", "O=H@W2", says=r"`b2` is left out of `H@W2 \+ b2`")
b("O from Z", "O=H@W2", "O=Z@W2", says=r"`H@W2` reads `X@W1 \+ b1` where it should rea")
b("O W2T", "O=H@W2", "O=H@W2.T", says=r"`H@W2` reads `W2` transposed")
b("sig", "H=np.tanh(Z)", "H=sig(Z)", says=r"`H` is computed as `sigmoid\(X@W1 \+ b1\)` wher")
b(
    "relu",
    "H=np.tanh(Z)",
    "H=np.maximum(Z,0)",
    says=r"`H` is computed as `relu\(X@W1 \+ b1\)` where i",
)
b("extra H", "dH=D@W2.T", "dH=D@W2.T*H", says=r"`∂L/∂H` has an extra factor `H`")
b(
    "D*O",
    "D=2*(O-T)/O.size",
    "D=2*(O-T)*O/O.size",
    says=r"`∂L/∂\(H@W2 \+ b2\)` has an extra factor `H@W2 ",
)
b("dH from T", "dH=D@W2.T", "dH=T@W2.T", says=r"`∂L/∂H` is computed from the value `T` where")
b(
    "updated W2",
    "dH=D@W2.T",
    "dH=D@(W2-0.01*gW2).T",
    says=r"`∂L/∂W1` and `∂L/∂b1` read `W2` after the up",
)
b("dZ of Z2", "dZ=dH*(1-H**2)", "dZ=D*(1-H**2)", says=r"`∂L/∂H` leaves out the factor `W2`")
b("l2", "gW1=X.T@dZ", "gW1=X.T@dZ+0.1*W1", says=r"`∂L/∂W1` has the extra term `0\.1\*W1`")
b("clip", "D=2*(O-T)/O.size", "D=np.clip(2*(O-T)/O.size,-.1,.1)", says=r"unexplained")
b(
    "pair",
    "gb2=D.sum(0)",
    "gb2=D.mean(0)",
    "1-H**2",
    "1-H",
    says=r"`∂H/∂\(X@W1 \+ b1\)` is taken as `1 - H`.*`∂L/∂b2` is 1/5 of what it should be \(5 is t",
    double=True,
)
b(
    "pair2",
    "D@W2.T",
    "D@W2",
    "gb1=dZ.sum(0)",
    "gb1=dH.sum(0)",
    says=r"`∂L/∂H` multiplies by `W2` transposed.*`∂L/∂b1` is computed from `∂L/∂H` where it s",
    double=True,
)
b(
    "pair3",
    "Z=X@W1+b1",
    "Z=X@W1",
    "/O.size",
    "/len(X)",
    says=r"`b1` is left out of `X@W1 \+ b1`, and every d",
    double=True,
)

NETWORKS = [C]
