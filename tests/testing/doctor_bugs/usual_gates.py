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
b("h t", "(hs[t+1]-ys[t])", "(hs[t]-ys[t])", says=r"`h#2 - ys\[1\]` reads `h#1` where it should re")
b("no 2", "2*(hs", "(hs", says=r"every derivative is half of what it should b")
b("sign", "hs[t+1]-ys[t]", "ys[t]-hs[t+1]", says=r"every derivative has the wrong sign")
b("y last", "ys[t])", "ys[2])", says=r"`h#1 - ys\[0\]` reads `ys\[2\]` where it should ")
b("dz no h", "(cs[t]-hs[t])", "cs[t]", says=r"the term that comes through `1 - z#1` in `∂L")
b("dz plus", "(cs[t]-hs[t])", "(cs[t]+hs[t])", says=r"the term that comes through `1 - z#1` in `∂L")
b("dz rev", "(cs[t]-hs[t])", "(hs[t]-cs[t])", says=r"the term that comes through `z#1` in `∂L/∂\(W")
b(
    "dz h+1",
    "(cs[t]-hs[t])",
    "(cs[t]-hs[t+1])",
    says=r"`∂L/∂\(1 - z#2\)` multiplies by `h#2` where it",
)
b("no sig'", "*zs[t]*(1-zs[t])\n", "\n", says=r"the factor `∂z#1/∂\(Wz@xs\[0\] \+ Uz@\(constant a")
b(
    "sig' half",
    "*zs[t]*(1-zs[t])\n",
    "*zs[t]\n",
    says=r"`∂z#1/∂\(Wz@xs\[0\] \+ Uz@\(constant array of sha",
)
b("dc no z", "dc=dh*zs[t]*", "dc=dh*", says=r"`∂L/∂c#1` leaves out the factor `z#1`")
b(
    "dc 1-z",
    "dc=dh*zs[t]*",
    "dc=dh*(1-zs[t])*",
    says=r"`∂L/∂c#1` multiplies by `1 - z#1` where it s",
)
b("dc no tanh", "*(1-cs[t]**2)", "", says=r"the factor `∂c#1/∂\(Wc@xs\[0\] \+ Uc@\(constant a")
b("1-c", "(1-cs[t]**2)", "(1-cs[t])", says=r"`∂c#1/∂\(Wc@xs\[0\] \+ Uc@\(constant array of sha")
b(
    "no carry",
    "dh=dh*(1-zs[t])+Uz",
    "dh=Uz",
    says=r"the term that comes through `\(1 - z#2\)\*h#1` ",
)
b(
    "carry z",
    "dh=dh*(1-zs[t])",
    "dh=dh*zs[t]",
    says=r"`∂L/∂h#1` \(by way of `\(1 - z#2\)\*h#1`\) multip",
)
b(
    "carry 1",
    "dh=dh*(1-zs[t])+",
    "dh=dh+",
    says=r"`∂L/∂h#1` \(by way of `\(1 - z#2\)\*h#1`\) leaves",
)
b("no Uz", "+Uz.T@dz", "", says=r"the term that comes through `Uz@h#1` in `∂L/")
b("no Uc", "+Uc.T@dc", "", says=r"the term that comes through `Uc@h#1` in `∂L/")
b("Uz noT", "Uz.T@dz", "Uz@dz", says=r"`∂L/∂h#1` \(by way of `Uz@h#1`\) multiplies by")
b("Uc noT", "Uc.T@dc", "Uc@dc", says=r"`∂L/∂h#1` \(by way of `Uc@h#1`\) multiplies by")
b(
    "swapU",
    "Uz.T@dz+Uc.T@dc",
    "Uc.T@dz+Uz.T@dc",
    says=r"`∂L/∂h#1` multiplies by `Uc` what comes by w",
)
b(
    "gUz h+1",
    "gUz+=np.outer(dz,hs[t])",
    "gUz+=np.outer(dz,hs[t+1])",
    says=r"`∂L/∂Uz` \(by way of `Uz@h#1`\) multiplies by ",
)
b("gUc dz", "gUc+=np.outer(dc,hs[t])", "gUc+=np.outer(dz,hs[t])", says=r"`∂L/∂Uc` is that of `Uz`")
b("gWz =", "gWz+=", "gWz=", says=r"`∂L/∂Wz`: only the first of its 3 terms is k")
b(
    "gWc c",
    "gWc+=np.outer(dc,xs[t])",
    "gWc+=np.outer(dc,xs[0])",
    says=r"`∂L/∂Wc` \(by way of `Wc@xs\[1\]`\) multiplies b",
)
b("two", "(2,1,0)", "(2,1)", says=r"`∂L/∂Wz` and `∂L/∂Wc`: of its 3 terms the fi")
b(
    "swap z fwd",
    "hs.append((1-z)*hs[-1]+z*c)",
    "hs.append(z*hs[-1]+(1-z)*c)",
    says=r"`\(1 - z#2\)\*h#1` reads `z#2` where it should ",
)
b("sig c", "c=np.tanh(", "c=sig(", says=r"`c#1` is computed as `sigmoid\(Wc@xs\[0\] \+ Uc@")
b(
    "no Uz fwd",
    "z=sig(Wz@x+Uz@hs[-1])",
    "z=sig(Wz@x)",
    says=r"`Uz@\(constant array of shape \(2,\)\)` is left ",
)
b("minus Uc", "+Uc.T@dc", "-Uc.T@dc", says=r"the term that comes through `Uc@h#1` in `∂L/")
b("order", "(2,1,0)", "(0,1,2)", says=r"in `∂L/∂Wz`, `∂L/∂Uz`, `∂L/∂Wc` and `∂L/∂Uc`")
b(
    "pair",
    "Uz.T@dz",
    "Uz@dz",
    "dc=dh*zs[t]*",
    "dc=dh*",
    says=r"`∂L/∂c#1` leaves out the factor `z#1`.*, and `∂L/∂h#1`.*`Uz` transposed",
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
