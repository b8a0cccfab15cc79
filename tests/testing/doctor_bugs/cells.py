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
b("df c2", "df = dc*c", "df = dc*c2", says=r"`∂L/∂f` multiplies by `c2` where it should m")
b("di i", "di = dc*g", "di = dc*i", says=r"`∂L/∂i` multiplies by `i` where it should mu")
b("dg g", "dg = dc*i", "dg = dc*g", says=r"`∂L/∂g` multiplies by `g` where it should mu")
b("do c2", "do = dh*tc", "do = dh*c2", says=r"`∂L/∂o` multiplies by `c2` where it should m")
b("dc no o", "dc = dh*o*", "dc = dh*", says=r"`∂L/∂tanh\(c2\)` leaves out the factor `o`")
b("dc no tanh'", "*(1-tc**2)", "", says=r"the factor `∂tanh\(c2\)/∂c2` is left out")
b("tanh' c2", "1-tc**2", "1-c2**2", says=r"`∂tanh\(c2\)/∂c2` is computed from `c2` where ")
b("g sig'", "dg*(1-g**2)", "dg*g*(1-g)", says=r"`∂g/∂\(Wg@v\)` is taken as `g\*\(1 - g\)`")
b("f tanh'", "df*f*(1-f)", "df*(1-f**2)", says=r"`∂f/∂\(Wf@v\)` is taken as `1 - f\*\*2`")
b("i gate f", "di*i*(1-i)", "di*f*(1-f)", says=r"`∂i/∂\(Wi@v\)` is computed from `f` where it s")
b("c2 sub", "c2 = f*c+i*g", "c2 = f*c-i*g", says=r"`c2` has `-` between `f\*c` and `i\*g` where i")
b("c2 no f", "c2 = f*c+i*g", "c2 = c+i*g", says=r"`c2` reads `c` where it should read `f\*c`")
b(
    "v order",
    "v = np.concatenate([x,h])",
    "v = np.concatenate([h,x])",
    says=r"`v` joins its parts in the other order",
)
b("h2 c2", "h2 = o*tc", "h2 = o*c2", says=r"`h2` reads `c2` where it should read `tanh\(c")
b(
    "swap fi",
    "np.outer(df*f*(1-f),v), np.outer(di*i*(1-i),v)",
    "np.outer(di*i*(1-i),v), np.outer(df*f*(1-f),v)",
    says=r"`∂L/∂Wf` and `∂L/∂Wi` are exchanged",
)
b("sign", "dh = h2-t", "dh = t-h2", says=r"every derivative has the wrong sign")
b("2", "dh = h2-t", "dh = 2*(h2-t)", says=r"every derivative is twice what it should be")
b(
    "g relu",
    "g = np.tanh(Wg@v)",
    "g = np.maximum(Wg@v,0)",
    says=r"`g` is computed as `relu\(Wg@v\)` where it sho",
)
b("no o'", "do*o*(1-o)", "do", says=r"the factor `∂o/∂\(Wo@v\)` is left out")
b("dh c", "df = dc*c", "df = dh*c", says=r"`∂L/∂f` is computed from `∂L/∂h2` where it s")
b(
    "pair",
    "df = dc*c",
    "df = dc*c2",
    "dg = dc*i",
    "dg = dc*g",
    says=r"`∂L/∂g` multiplies by `g` where it should mu.*`∂L/∂f` multiplies by `c2` where it should m",
    double=True,
)
b(
    "i sig twice",
    "i = sig(Wi@v)",
    "i = sig(sig(Wi@v))",
    says=r"`i` reads `sigmoid\(Wi@v\)` where it should re",
)
b("f+o swapped in fwd", "f*c+i*g", "o*c+i*g", says=r"`f\*c` reads `o` where it should read `f`")
b(
    "1+f forget bias",
    "f = sig(Wf@v)",
    "f = sig(Wf@v+1)",
    says=r"`f` reads `\(Wf@v\) \+ 1` where it should read ",
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
b("Wh no T", "dh = Wh.T@da", "dh = Wh@da", says=r"`∂L/∂h#1` multiplies by `Wh` transposed")
b(
    "hs k+1",
    "np.outer(da,hs[k])",
    "np.outer(da,hs[k+1])",
    says=r"`∂L/∂Wh` \(by way of `Wh@h#1`\) multiplies by ",
)
b(
    "1-hs[k]",
    "1-hs[k+1]**2",
    "1-hs[k]**2",
    says=r"`∂h#2/∂\(Wx@xs\[1\] \+ Wh@h#1 \+ b\)` is computed ",
)
b(
    "trunc",
    "        dh = Wh.T@da\n",
    "        break\n",
    says=r"`∂L/∂Wx`, `∂L/∂Wh` and `∂L/∂b`: only the last of its 3 terms",
)
b(
    "dh not carried",
    "        dh = Wh.T@da\n",
    "",
    says=r"`∂L/∂\(Wx@xs\[0\] \+ Wh@\(constant array of shape",
)
b(
    "trunc2",
    "reversed(range(3))",
    "reversed(range(1,3))",
    says=r"`∂L/∂Wx` and `∂L/∂b`: of its 3 terms the fir",
)
b("db =", "db += da", "db = da", says=r"`∂L/∂b`: only the first of its 3 terms is ke")
b("dWx =", "dWx += ", "dWx = ", says=r"`∂L/∂Wx`: only the first of its 3 terms is k")
b(
    "xs rev",
    "np.outer(da,xs[k])",
    "np.outer(da,xs[2-k])",
    says=r"`∂L/∂Wx` \(by way of `Wx@xs\[0\]`\) multiplies b",
)
b("dh da", "dh = Wh.T@da", "dh = Wh.T@dh", says=r"`∂L/∂h#1` is computed from `∂L/∂h#2` where i")
b("no tanh'", "dh*(1-hs[k+1]**2)", "dh", says=r"the factor `∂h#1/∂\(Wx@xs\[0\] \+ Wh@\(constant a")
b("e no 2", "e = 2*(", "e = (", says=r"every derivative is half of what it should b")
b(
    "dWy h-2",
    "np.outer(e,hs[-1])",
    "np.outer(e,hs[-2])",
    says=r"`∂L/∂Wy` multiplies by `h#2` where it should",
)
b("outer T", "np.outer(da,hs[k])", "np.outer(hs[k],da)", says=r"`∂L/∂Wh` is transposed")
b("db dh", "db += da", "db += dh", says=r"`∂L/∂b` \(by way of `Wx@xs\[0\] \+ Wh@\(constant ")
b("fwd no b", "Wh@hs[-1]+b", "Wh@hs[-1]", says=r"`b` is left out of `Wx@xs\[0\] \+ Wh@\(constant ")
b("fwd h0", "Wh@hs[-1]+b", "Wh@hs[0]+b", says=r"`Wh@\(constant array of shape \(3,\)\)` is left ")
b("h+=", "dh = Wh.T@da", "dh += Wh.T@da", says=r"`∂L/∂h#1` is added to what the round before ")
b(
    "fwd order",
    "for k in reversed(range(3)):",
    "for k in range(3):",
    says="over the 3 rounds runs from the first",
)
b(
    "last h",
    "1-hs[k+1]**2",
    "1-hs[-1]**2",
    says=r"`∂h#1/∂\(Wx@xs\[0\] \+ Wh@\(constant array of sha",
)
b(
    "x for h",
    "Wx@xs[k]+Wh@hs[-1]",
    "Wx@xs[0]+Wh@hs[-1]",
    says=r"`Wx@xs\[1\]` reads `xs\[0\]` where it should rea",
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
