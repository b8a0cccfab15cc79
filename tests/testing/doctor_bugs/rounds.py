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
    "gW x0",
    "gW[j][i]+=e*x[i]",
    "gW[j][i]+=e*x[0]",
    says=r"`∂L/∂W\[0\]\[1\]` \(by way of `W\[0\]\[1\]\*xs\[0\]\[1\]`\)",
)
b("gW ij", "gW[j][i]+=e*x[i]", "gW[i][j]+=e*x[i]", says=r"`∂L/∂W` is transposed")
b("gV =", "gV[j]+=d*h[j]", "gV[j]=d*h[j]", says=r"`∂L/∂V`: only one sample is used, the last o")
b(
    "V other",
    "e=d*V[j]",
    "e=d*V[1-j]",
    says=r"`∂L/∂h\[0\]#1` multiplies by `V\[1\]` where it s.*`∂L/∂h\[1\]#1` multiplies by `V\[0\]` where it s",
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
    says=r"`W\[1\]\[0\]\*xs\[0\]\[0\]` reads `W\[0\]\[1\]` where it ",
)
b("no n", "/n", "", says=r"every derivative is 4 times what it should b")
b("sign", "d=-2*(y-p)", "d=2*(y-p)", says=r"every derivative has the wrong sign")
b("b miss", "+b[j]", "", says=r"`b\[0\]` is left out of `W\[0\]\[0\]\*xs\[0\]\[0\] \+ W\[")
b(
    "s not h",
    "h[j]*(1-h[j])",
    "s[j]*(1-s[j])",
    says=r"`∂h\[0\]#1/∂\(W\[0\]\[0\]\*xs\[0\]\[0\] \+ W\[0\]\[1\]\*xs\[0\]\[",
)
b("no p'", "*p*(1-p)", "", says=r"the factor `∂p#1/∂\(V\[0\]\*h\[0\]#1 \+ V\[1\]\*h\[1\]#1")
b("gc *p", "gc+=d", "gc+=d*p", says=r"`∂L/∂c` \(by way of `V\[0\]\*h\[0\]#1 \+ V\[1\]\*h\[1\]#")
b(
    "gb d",
    "gb[j]+=e",
    "gb[j]+=d",
    says=r"`∂L/∂b\[0\]` \(by way of `W\[0\]\[0\]\*xs\[0\]\[0\] \+ W\[",
)
b(
    "h'",
    "V[j]*h[j]*(1-h[j])",
    "V[j]*(1-h[j])",
    says=r"`∂h\[0\]#1/∂\(W\[0\]\[0\]\*xs\[0\]\[0\] \+ W\[0\]\[1\]\*xs\[0\]\[",
)
b("e doubled", "gW[j][i]+=e*x[i]", "gW[j][i]+=2*e*x[i]", says=r"`∂L/∂W` is twice what it should be")
b(
    "first",
    "for x,y in zip(xs,ys):\n        s",
    "for x,y in list(zip(xs,ys))[:1]:\n        s",
    says=r"`∂L/∂W`, `∂L/∂b`, `∂L/∂V` and `∂L/∂c`: only ",
)
b(
    "three",
    "for x,y in zip(xs,ys):\n        s",
    "for x,y in list(zip(xs,ys))[:3]:\n        s",
    says=r"`∂L/∂W`, `∂L/∂b`, `∂L/∂V` and `∂L/∂c`: the l",
)
b("p'(t)", "p*(1-p)", "t*(1-t)", says=r"`∂p#1/∂\(V\[0\]\*h\[0\]#1 \+ V\[1\]\*h\[1\]#1 \+ c\)` is t")
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
b(
    "tanh h",
    "h=[sig(s[j])",
    "h=[np.tanh(s[j])",
    says=r"`h\[0\]#1` is computed as `tanh\(W\[0\]\[0\]\*xs\[0\]\[",
)
b(
    "c b",
    "+V[1]*h[1]+c",
    "+V[1]*h[1]+b[0]",
    says=r"`V\[0\]\*h\[0\]#1 \+ V\[1\]\*h\[1\]#1 \+ c` reads `b\[0\]`",
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
b("no nxt", "dh=Wy.T@dy+nxt", "dh=Wy.T@dy", says=r"the term that comes through `Wh@h#1` in `∂L/")
b("Wh no T", "nxt=Wh.T@da", "nxt=Wh@da", says=r"`∂L/∂h#1` \(by way of `Wh@h#1`\) multiplies by")
b("Wy no T", "Wy.T@dy", "Wy@dy", says=r"`∂L/∂h#1` \(by way of `Wy@h#1`\) multiplies by")
b(
    "gWh hs t",
    "gWh+=np.outer(da,hs[t-1])",
    "gWh+=np.outer(da,hs[t])",
    says=r"`∂L/∂Wh` \(by way of `Wh@h#1`\) multiplies by ",
)
b(
    "gWy hs t-1",
    "gWy+=np.outer(dy,hs[t])",
    "gWy+=np.outer(dy,hs[t-1])",
    says=r"`∂L/∂Wy` \(by way of `Wy@h#2`\) multiplies by ",
)
b("nxt dh", "nxt=Wh.T@da", "nxt=Wh.T@dh", says=r"`∂L/∂h#1` \(by way of `Wh@h#1`\) is computed f")
b("nxt Wx?", "nxt=Wh.T@da", "nxt=Wy.T@da", says=r"`∂L/∂h#1` \(by way of `Wh@h#1`\) multiplies by")
b(
    "no tanh",
    "da=(1-hs[t]**2)*dh",
    "da=dh",
    says=r"the factor `∂h#1/∂\(Wx@xs\[0\] \+ Wh@\(constant a",
)
b("1-h", "(1-hs[t]**2)", "(1-hs[t])", says=r"`∂h#1/∂\(Wx@xs\[0\] \+ Wh@\(constant array of sha")
b(
    "tanh of prev",
    "(1-hs[t]**2)",
    "(1-hs[t-1]**2)",
    says=r"`∂h#2/∂\(Wx@xs\[1\] \+ Wh@h#1 \+ bh\)` is computed",
)
b("gbh dh", "gbh+=da", "gbh+=dh", says=r"`∂L/∂bh` \(by way of `Wx@xs\[0\] \+ Wh@\(constant")
b("gby =", "gby+=dy", "gby=dy", says=r"`∂L/∂by`: only the first of its 3 terms is k")
b("outer T", "np.outer(da,hs[t-1])", "np.outer(hs[t-1],da)", says=r"`∂L/∂Wh` is transposed")
b("ts sign", "dy=ys[t]-ts[t]", "dy=ts[t]-ys[t]", says=r"every derivative has the wrong sign")
b(
    "ts last",
    "dy=ys[t]-ts[t]",
    "dy=ys[t]-ts[2]",
    says=r"`y#1 - ts\[0\]` reads `ts\[2\]` where it should ",
)
b(
    "gWx h",
    "np.outer(da,xs[t])",
    "np.outer(da,xs[0])",
    says=r"`∂L/∂Wx` \(by way of `Wx@xs\[1\]`\) multiplies b",
)
b(
    "no bh fwd",
    "+Wh@hs[t-1]+bh)",
    "+Wh@hs[t-1])",
    says=r"`bh` is left out of `Wx@xs\[0\] \+ Wh@\(constant",
)
b(
    "Wh fwd T",
    "+Wh@hs[t-1]+bh",
    "+Wh.T@hs[t-1]+bh",
    says=r"`Wh@\(constant array of shape \(2,\)\)` reads `W",
)
b(
    "fwd",
    "for t in reversed(range(3))",
    "for t in range(3)",
    says=r"in `∂L/∂Wx`, `∂L/∂Wh` and `∂L/∂bh` the loop ",
)
b(
    "y from prev",
    "ys[t]=Wy@hs[t]+by",
    "ys[t]=Wy@hs[t-1]+by",
    says=r"`Wy@h#2` reads `h#1` where it should read `h",
)
b("sigmoid", "np.tanh(", "sig(", says=r"`h#1` is computed as `sigmoid\(Wx@xs\[0\] \+ Wh@")
b("nxt +=", "nxt=Wh.T@da", "nxt=nxt+Wh.T@da", says=r"`∂L/∂h#1` is added to what the round before ")
b(
    "skip last",
    "reversed(range(3))",
    "reversed(range(2))",
    says=r"the term that comes through `y#3 - ts\[2\]` in",
)
b(
    "dh nxt only",
    "dh=Wy.T@dy+nxt",
    "dh=Wy.T@dy-nxt",
    says=r"the term that comes through `Wh@h#1` in `∂L/",
)
b(
    "pair",
    "gWy+=np.outer(dy,hs[t])",
    "gWy+=np.outer(dy,hs[t-1])",
    "gbh+=da",
    "gbh+=dh",
    says=r"`∂L/∂Wy` \(by way of `Wy@h#2`\) multiplies by .*`∂L/∂bh` \(by way of `Wx@xs\[0\] \+ Wh@\(constant",
    double=True,
)
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([0, 0, 0, 1, 1, 1], float)

NETWORKS = [lists, rnn_out]
