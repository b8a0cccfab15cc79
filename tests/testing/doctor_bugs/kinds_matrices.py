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
b(
    "W2 untransposed",
    "D@W2.T",
    "D@W2",
    says=r"`∂L/∂H` multiplies by `W2` where .*`W2.T`",
)
b(
    "gb1 all",
    "gb1=dZ.sum(0)",
    "gb1=np.full(4,dZ.sum())",
    says=r"`∂L/∂b1` sums over all axes, where it should",
)
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
b("O W2T", "O=H@W2", "O=H@W2.T", says=r"`H@W2` reads `W2` transposed")
b("dH from T", "dH=D@W2.T", "dH=T@W2.T", says=r"`∂L/∂H` is computed from the value `T` where")
b(
    "updated W2",
    "dH=D@W2.T",
    "dH=D@(W2-0.01*gW2).T",
    says=r"`∂L/∂W1` and `∂L/∂b1` read `W2` after the up",
)
b("clip", "D=2*(O-T)/O.size", "D=np.clip(2*(O-T)/O.size,-.1,.1)", says=r"clip.* should be")
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
    says=r"`∂L/∂H` multiplies by `W2` where .*`W2.T`.*`∂L/∂b1` is computed from `∂L/∂H` where it s",
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
