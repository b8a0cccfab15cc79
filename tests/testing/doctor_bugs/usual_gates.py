"""The usual kinds of mistakes once more: a cell with a gate."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(88)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 1, 1.0]])
Y = np.array([0, 0, 1, 1, 1.0])


def fe(Wz, Uz, Wc, Uc, xs, ys):  # type: ignore[no-untyped-def]
    h = np.zeros(2)
    L = 0.0
    for x, y in zip(xs, ys, strict=True):
        z = sig(Wz @ x + Uz @ h)
        c = np.tanh(Wc @ x + Uc @ h)
        h = (1 - z) * h + z * c
        L = L + np.sum((h - y) ** 2)
    return L


E = Network(
    "usual: gate",
    fe,
    (
        rng.normal(size=(2, 3)),
        rng.normal(size=(2, 2)),
        rng.normal(size=(2, 3)),
        rng.normal(size=(2, 2)),
    ),
    (rng.normal(size=(3, 3)), rng.normal(size=(3, 2))),
    """
def gradient(Wz,Uz,Wc,Uc,xs,ys):
    hs=[np.zeros(2)]; zs=[]; cs=[]
    for x in xs:
        z=sig(Wz@x+Uz@hs[-1]); c=np.tanh(Wc@x+Uc@hs[-1])
        zs.append(z); cs.append(c)
        hs.append((1-z)*hs[-1]+z*c)
    gWz=0*Wz; gUz=0*Uz; gWc=0*Wc; gUc=0*Uc
    dh=np.zeros(2)
    for t in (2,1,0):
        dh=dh+2*(hs[t+1]-ys[t])
        dz=dh*(cs[t]-hs[t])*zs[t]*(1-zs[t])
        dc=dh*zs[t]*(1-cs[t]**2)
        gWz+=np.outer(dz,xs[t]); gUz+=np.outer(dz,hs[t])
        gWc+=np.outer(dc,xs[t]); gUc+=np.outer(dc,hs[t])
        dh=dh*(1-zs[t])+Uz.T@dz+Uc.T@dc
    return gWz,gUz,gWc,gUc
""",
)
b = E.bug
b(
    "no loss after",
    "dh=dh+2*(hs[t+1]-ys[t])",
    "dh=2*(hs[t+1]-ys[t])",
    says=r"`∂L/∂h#1` keeps only the term that comes thr",
)
b("dc no z", "dc=dh*zs[t]*", "dc=dh*", says=r"`∂L/∂c#1` leaves out the factor `z#1`")
b(
    "carry 1",
    "dh=dh*(1-zs[t])+",
    "dh=dh+",
    says=r"`∂L/∂h#1` \(by way of `\(1 - z#2\)\*h#1`\) leaves",
)
b(
    "swapU",
    "Uz.T@dz+Uc.T@dc",
    "Uc.T@dz+Uz.T@dc",
    says=r"`∂L/∂h#1` multiplies by `Uc` what comes by w",
)
b(
    "swap z fwd",
    "hs.append((1-z)*hs[-1]+z*c)",
    "hs.append(z*hs[-1]+(1-z)*c)",
    says=r"`\(1 - z#2\)\*h#1` reads `z#2` where it should ",
)
b(
    "pair",
    "Uz.T@dz",
    "Uz@dz",
    "dc=dh*zs[t]*",
    "dc=dh*",
    says=r"`∂L/∂c#1` leaves out the factor `z#1`.*, and `∂L/∂h#1`.*`Uz.T`",
    double=True,
)
b(
    "pair2",
    "gUz+=np.outer(dz,hs[t])",
    "gUz+=np.outer(dz,hs[t+1])",
    "2*(hs",
    "(hs",
    says=r"`∂L/∂Uz` \(by way of `Uz@h#1`\) multiplies by ",
    double=True,
)

NETWORKS = [E]
