"""The usual kinds of mistakes: a convolution and a recurrent cell."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(77)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)


def fd(k, c, v, d, x, t):  # type: ignore[no-untyped-def]
    z = np.array([0.0]) * 0
    z = [np.sum(k * x[i : i + 3]) + c for i in range(6)]
    a = np.maximum(np.stack(z), 0)
    y = np.dot(v, a) + d
    return 0.5 * (y - t) ** 2


D = Network(
    "kinds: convolution",
    fd,
    (rng.normal(size=3), 0.3, rng.normal(size=6), 0.1),
    (rng.normal(size=8), 0.4),
    """
def gradient(k,c,v,d,x,t):
    n=6
    z=np.zeros(n)
    for i in range(n):
        z[i]=np.dot(k,x[i:i+3])+c
    a=np.maximum(z,0)
    y=v@a+d
    e=y-t
    gv=e*a
    gd=e
    ga=e*v
    gz=ga*(z>0)
    gk=np.zeros(3)
    for j in range(3):
        gk[j]=np.sum(gz*x[j:j+n])
    gc=gz.sum()
    return gk,gc,gv,gd
""",
)
b = D.bug
b(
    "conv",
    "np.dot(k,x[i:i+3])",
    "np.dot(k[::-1],x[i:i+3])",
    says=r"`k\*x\[0:3\]` reads `k` reversed",
)
b("mask a of ga", "(z>0)", "(ga>0)", says=r"the factor `∂a/∂stack\(z\[0\], z\[1\], …")
b("gc a", "gc=gz.sum()", "gc=ga.sum()", says=r"in `∂L/∂c` only, the factor `∂a/∂stack\(z\[0\],")
b("x shift", "x[j:j+n]", "x[:n]", says=r"`∂L/∂k` has its element 0 in every place")
b(
    "x missing last",
    "np.sum(gz*x[j:j+n])",
    "np.sum(gz[:-1]*x[j:j+n-1])",
    says=r"`∂L/∂k`: of its 6 terms the last is missing",
)
b("e twice", "ga=e*v", "ga=2*e*v", says=r"`∂L/∂k` and `∂L/∂c` are each twice what it s")
b("stride", "x[i:i+3])", "x[2*(i//2):2*(i//2)+3])", says=r"\(line 7\)")
b("no e", "ga=e*v", "ga=v", says=r"`∂L/∂k` and `∂L/∂c` lack the factor `∂L/∂y`")


def fe(Wx, Wh, b, Wo, xs, y):  # type: ignore[no-untyped-def]
    h = np.zeros(3)
    for x in xs:
        h = np.tanh(Wx @ x + Wh @ h + b)
    return np.sum((Wo @ h - y) ** 2)


E = Network(
    "kinds: recurrent",
    fe,
    (
        rng.normal(size=(3, 2)),
        rng.normal(size=(3, 3)) * 0.6,
        rng.normal(size=3),
        rng.normal(size=(2, 3)),
    ),
    (rng.normal(size=(4, 2)), rng.normal(size=2)),
    """
def gradient(Wx,Wh,b,Wo,xs,y):
    hs=[np.zeros(3)]
    for x in xs:
        hs.append(np.tanh(Wx@x+Wh@hs[-1]+b))
    r=2*(Wo@hs[-1]-y)
    gWo=np.outer(r,hs[-1])
    d=Wo.T@r
    gWx=np.zeros_like(Wx); gWh=np.zeros_like(Wh); gb=np.zeros_like(b)
    for t in range(len(xs)-1,-1,-1):
        a=d*(1-hs[t+1]**2)
        gWx+=np.outer(a,xs[t])
        gWh+=np.outer(a,hs[t])
        gb+=a
        d=Wh.T@a
    return gWx,gWh,gb,gWo
""",
)
b = E.bug
b(
    "no T",
    "d=Wh.T@a",
    "d=Wh@a",
    says=r"`∂L/∂h#1` multiplies by `Wh` where .*`Wh.T`",
)
b(
    "skip first",
    "range(len(xs)-1,-1,-1)",
    "range(len(xs)-1,0,-1)",
    says=r"`∂L/∂Wx` and `∂L/∂b`: of their 4 terms the fir",
)
b("Wo", "d=Wo.T@r", "d=Wo.T@(r/2)", says=r"`∂L/∂Wx`, `∂L/∂Wh` and `∂L/∂b` are each half")
b("d twice", "d=Wh.T@a", "d=2*Wh.T@a", says=r"the term that comes through `Wh@h#1` in `∂L/")
b("Wh T fwd", "Wh@hs[-1]", "Wh.T@hs[-1]", says=r"`Wh@h#1` reads `W")
b(
    "y sum",
    "r=2*(Wo@hs[-1]-y)",
    "r=2*(Wo@hs[-1]-y.sum())",
    says=r"`Wo@h#4 - y` reads `y` with the sum of all i",
)
b("sum h", "r=2*(Wo@hs[-1]-y)", "r=2*(Wo@sum(hs)-y)", says=r"which it should not")
b(
    "pair",
    "gb+=a",
    "gb+=d",
    "r=2*(",
    "r=(",
    says=r"`∂L/∂b` \(by way of `Wx@xs\[0\] \+ Wh@zeros",
    double=True,
)
b(
    "pair2",
    "d=Wh.T@a",
    "d=Wh@a",
    "np.outer(r,hs[-1])",
    "np.outer(r,hs[-2])",
    says=r"`∂L/∂h#1` multiplies by `Wh` where .*`Wh.T`.*`∂L/∂Wo` multiplies by `h#3` where",
    double=True,
)

NETWORKS = [D, E]
