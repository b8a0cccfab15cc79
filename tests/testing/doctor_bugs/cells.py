# ruff: noqa: E501 -- pieces of code as people write them
"""A cell with gates, and a recurrent layer of matrices."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(13)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)
T = np.eye(3)[[0, 2, 1, 1, 0]]


def lstm(Wf, Wi, Wg, Wo, x, h, c, t):  # type: ignore[no-untyped-def]
    v = np.concatenate([x, h])
    f = sig(Wf @ v)
    i = sig(Wi @ v)
    g = np.tanh(Wg @ v)
    o = sig(Wo @ v)
    c2 = f * c + i * g
    h2 = o * np.tanh(c2)
    return np.sum((h2 - t) ** 2) / 2


lstm = Network(
    "fresh4: lstm",
    lstm,
    tuple(rng.normal(size=(2, 5)) for _ in range(4)),
    (rng.normal(size=3), rng.normal(size=2), rng.normal(size=2), rng.normal(size=2)),
    """
def gradient(Wf,Wi,Wg,Wo,x,h,c,t):
    v = np.concatenate([x,h])
    f = sig(Wf@v); i = sig(Wi@v); g = np.tanh(Wg@v); o = sig(Wo@v)
    c2 = f*c+i*g
    tc = np.tanh(c2)
    h2 = o*tc
    dh = h2-t
    do = dh*tc
    dc = dh*o*(1-tc**2)
    df = dc*c
    di = dc*g
    dg = dc*i
    return np.outer(df*f*(1-f),v), np.outer(di*i*(1-i),v), np.outer(dg*(1-g**2),v), np.outer(do*o*(1-o),v)
""",
)
b = lstm.bug
b("dc no o", "dc = dh*o*", "dc = dh*", says=r"`∂L/∂tanh\(c2\)` leaves out the factor `o`")
b("c2 sub", "c2 = f*c+i*g", "c2 = f*c-i*g", says=r"`c2` has `-` between `f\*c` and `i\*g` where i")
b(
    "v order",
    "v = np.concatenate([x,h])",
    "v = np.concatenate([h,x])",
    says=r"`v` joins its parts in the other order",
)
b(
    "swap fi",
    "np.outer(df*f*(1-f),v), np.outer(di*i*(1-i),v)",
    "np.outer(di*i*(1-i),v), np.outer(df*f*(1-f),v)",
    says=r"`∂L/∂Wf` and `∂L/∂Wi` are exchanged",
)
b("2", "dh = h2-t", "dh = 2*(h2-t)", says=r"every derivative is twice what it should be")
b(
    "pair",
    "df = dc*c",
    "df = dc*c2",
    "dg = dc*i",
    "dg = dc*g",
    says=r"`∂L/∂g` multiplies by `g` where it should mu.*`∂L/∂f` multiplies by `c2` where it should m",
    double=True,
)


def rnn(Wx, Wh, b, Wy, xs, t):  # type: ignore[no-untyped-def]
    h = np.zeros(3)
    for k in range(3):
        h = np.tanh(Wx @ xs[k] + Wh @ h + b)
    return np.sum((Wy @ h - t) ** 2)


rnn_m = Network(
    "fresh4: rnn-m",
    rnn,
    (rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(2, 3))),
    (rng.normal(size=(3, 2)), rng.normal(size=2)),
    """
def gradient(Wx,Wh,b,Wy,xs,t):
    hs = [np.zeros(3)]
    for k in range(3):
        hs.append(np.tanh(Wx@xs[k]+Wh@hs[-1]+b))
    e = 2*(Wy@hs[-1]-t)
    dWy = np.outer(e,hs[-1])
    dh = Wy.T@e
    dWx = np.zeros_like(Wx); dWh = np.zeros_like(Wh); db = np.zeros(3)
    for k in reversed(range(3)):
        da = dh*(1-hs[k+1]**2)
        dWx += np.outer(da,xs[k])
        dWh += np.outer(da,hs[k])
        db += da
        dh = Wh.T@da
    return dWx,dWh,db,dWy
""",
)
b = rnn_m.bug
b(
    "Wh no T",
    "dh = Wh.T@da",
    "dh = Wh@da",
    says=r"`∂L/∂h#1` multiplies by `Wh` where it should multiply by `Wh.T`",
)
b(
    "1-hs[k]",
    "1-hs[k+1]**2",
    "1-hs[k]**2",
    says=r"`∂h#2/∂\(Wx@xs\[1\] \+ Wh@h#1 \+ b\)` is computed ",
)
b(
    "dh not carried",
    "        dh = Wh.T@da\n",
    "",
    says=r"`∂L/∂\(Wx@xs\[0\] \+ Wh@zeros\(3\)",
)
b(
    "trunc2",
    "reversed(range(3))",
    "reversed(range(1,3))",
    says=r"`∂L/∂Wx` and `∂L/∂b`: of their 3 terms the fir",
)
b("dh da", "dh = Wh.T@da", "dh = Wh.T@dh", says=r"`∂L/∂h#1` is computed from `∂L/∂h#2` where i")
b("h+=", "dh = Wh.T@da", "dh += Wh.T@da", says=r"`∂L/∂h#1` is added to what the round before ")
b(
    "fwd order",
    "for k in reversed(range(3)):",
    "for k in range(3):",
    says="over the 3 rounds runs from the first",
)
b(
    "pair",
    "hs.append(np.tanh(",
    "hs.append(sig(",
    "e = 2*(",
    "e = -2*(",
    says=r"`h#1` is computed as `sigmoid\(Wx@xs\[0\] \+ Wh@",
    double=True,
)

NETWORKS = [lstm, rnn_m]
