# ruff: noqa: E501 -- pieces of code as people write them
"""Nested lists, and a recurrent layer with an answer in each round."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(31)


def fa(W, b, V, c, xs, ys):  # type: ignore[no-untyped-def]
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        h = [sig(W[j][0] * x[0] + W[j][1] * x[1] + b[j]) for j in range(2)]
        p = sig(V[0] * h[0] + V[1] * h[1] + c)
        total = total + (y - p) ** 2
    return total / len(xs)


lists = Network(
    "fresh6: lists",
    fa,
    ([[0.3, -0.4], [0.8, 0.2]], [0.1, -0.3], [0.7, -0.9], 0.2),
    ([[-0.2, -0.1], [0.25, 0.06], [0.17, 0.4], [-0.15, -0.6]], [1.0, 0.0, 0.0, 1.0]),
    """
def gradient(W,b,V,c,xs,ys):
    gW=[[0.,0.],[0.,0.]]; gb=[0.,0.]; gV=[0.,0.]; gc=0.
    n=len(xs)
    for x,y in zip(xs,ys):
        s=[W[j][0]*x[0]+W[j][1]*x[1]+b[j] for j in range(2)]
        h=[sig(s[j]) for j in range(2)]
        t=V[0]*h[0]+V[1]*h[1]+c
        p=sig(t)
        d=-2*(y-p)*p*(1-p)/n
        for j in range(2):
            gV[j]+=d*h[j]
            e=d*V[j]*h[j]*(1-h[j])
            for i in range(2):
                gW[j][i]+=e*x[i]
            gb[j]+=e
        gc+=d
    return gW,gb,gV,gc
""",
)
b = lists.bug
b(
    "V other",
    "e=d*V[j]",
    "e=d*V[1-j]",
    says=r"`∂L/∂h\[0\]#1` multiplies by `V\[1\]` where it s.*`∂L/∂h\[1\]#1`.* by `V\[0\]` where it s",
)
b(
    "t from x",
    "t=V[0]*h[0]+V[1]*h[1]+c",
    "t=V[0]*x[0]+V[1]*x[1]+c",
    says=r"`V\[0\]\*h\[0\]#1` reads `xs\[0\]\[0\]` where it shou",
)
b(
    "W idx",
    "W[j][0]*x[0]+W[j][1]*x[1]",
    "W[0][j]*x[0]+W[1][j]*x[1]",
    says=r"`W` is read transposed everywhere",
)
b("gc *p", "gc+=d", "gc+=d*p", says=r"`∂L/∂c` \(by way of `V\[0\]\*h\[0\]#1 \+ V\[1\]\*h\[1\]#")
b("e doubled", "gW[j][i]+=e*x[i]", "gW[j][i]+=2*e*x[i]", says=r"`∂L/∂W` is twice what it should be")
b(
    "three",
    "for x,y in zip(xs,ys):\n        s",
    "for x,y in list(zip(xs,ys))[:3]:\n        s",
    says=r"`∂L/∂W`, `∂L/∂b`, `∂L/∂V` and `∂L/∂c`: the l",
)
b(
    "V updated",
    "gV[j]+=d*h[j]\n            e=d*V[j]*",
    "gV[j]+=d*h[j]\n            e=d*(V[j]-0.5*d*h[j])*",
    says=r"unexplained",
)
b("y+p", "(y-p)", "(y+p)", says=r"`ys\[0\] - p#1` has `\+` between `ys\[0\]` and `p")
b(
    "gW b swap",
    "gW[j][i]+=e*x[i]",
    "gW[j][i]+=e",
    "gb[j]+=e",
    "gb[j]+=e*x[0]",
    says=r"`∂L/∂W\[0, 0\]` and `∂L/∂b\[0\]` are exchanged.*`∂L/∂W\[1, 0\]` and `∂L/∂b\[1\]` are exchanged.*`∂L/∂W\[0\]\[1\]` \(by way of `W\[0\]\[1\]\*xs\[0\]\[1\]`\)",
)


def fd(Wx, Wh, Wy, bh, by, xs, ts):  # type: ignore[no-untyped-def]
    h = np.zeros(2)
    L = 0.0
    for t in range(3):
        h = np.tanh(Wx @ xs[t] + Wh @ h + bh)
        y = Wy @ h + by
        L = L + 0.5 * np.sum((y - ts[t]) ** 2)
    return L


rnn_out = Network(
    "fresh6: rnn out",
    fd,
    (
        rng.normal(size=(2, 3)),
        rng.normal(size=(2, 2)),
        rng.normal(size=(2, 2)),
        rng.normal(size=2),
        rng.normal(size=2),
    ),
    (rng.normal(size=(3, 3)), rng.normal(size=(3, 2))),
    """
def gradient(Wx,Wh,Wy,bh,by,xs,ts):
    hs={-1:np.zeros(2)}; ys={}
    for t in range(3):
        hs[t]=np.tanh(Wx@xs[t]+Wh@hs[t-1]+bh)
        ys[t]=Wy@hs[t]+by
    gWx=np.zeros_like(Wx); gWh=np.zeros_like(Wh); gWy=np.zeros_like(Wy); gbh=np.zeros_like(bh); gby=np.zeros_like(by)
    nxt=np.zeros(2)
    for t in reversed(range(3)):
        dy=ys[t]-ts[t]
        gWy+=np.outer(dy,hs[t]); gby+=dy
        dh=Wy.T@dy+nxt
        da=(1-hs[t]**2)*dh
        gbh+=da
        gWx+=np.outer(da,xs[t])
        gWh+=np.outer(da,hs[t-1])
        nxt=Wh.T@da
    return gWx,gWh,gWy,gbh,gby
""",
)
b = rnn_out.bug
b(
    "Wh fwd T",
    "+Wh@hs[t-1]+bh",
    "+Wh.T@hs[t-1]+bh",
    says=r"`Wh@h#1` reads `W",
)
b(
    "fwd",
    "for t in reversed(range(3))",
    "for t in range(3)",
    says=r"in `∂L/∂Wx`, `∂L/∂Wh` and `∂L/∂bh` the loop ",
)
b(
    "nxt +=",
    "nxt=Wh.T@da",
    "nxt=nxt+Wh.T@da",
    says=r"`∂L/∂h#1` .by way of .* is added to what the round before ",
)
b(
    "pair",
    "gWy+=np.outer(dy,hs[t])",
    "gWy+=np.outer(dy,hs[t-1])",
    "gbh+=da",
    "gbh+=dh",
    says=r"`∂L/∂Wy` \(by way of `Wy@h#2`\) multiplies by .*`∂L/∂bh` \(by way of `Wx@xs\[0\] \+ Wh@zeros",
    double=True,
)
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([0, 0, 0, 1, 1, 1], float)

NETWORKS = [lists, rnn_out]
