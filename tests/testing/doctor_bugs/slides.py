# ruff: noqa: E741 -- pieces of code as people write them
"""Two layers of matrices, a filter over an image, a recurrent cell of numbers."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(8)


def mlp(W, b, V, c, X, Y):  # type: ignore[no-untyped-def]
    A = np.tanh(X @ W + b)
    P = A @ V + c
    return np.mean((P - Y) ** 2)


mlp = Network(
    "fresh2: mlp",
    mlp,
    (rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3)),
    (rng.normal(size=(3, 2)), rng.normal(size=(3, 3))),
    """
def gradient(W,b,V,c,X,Y):
    A = np.tanh(X@W+b)
    P = A@V+c
    N = P.size
    G = 2*(P-Y)/N
    gV = A.T@G
    gc = G.sum(axis=0)
    GA = G@V.T
    GZ = GA*(1-A**2)
    gW = X.T@GZ
    gb = GZ.sum(axis=0)
    return gW, gb, gV, gc
""",
)
b = mlp.bug
b("N rows", "N = P.size", "N = len(P)", says=r"every derivative is 3 times what it should b")
b("no 2", "2*(P-Y)", "(P-Y)", says=r"every derivative is half of what it should b")
b(
    "axis 1",
    "gc = G.sum(axis=0)",
    "gc = G.sum(axis=1)",
    says=r"`∂L/∂c` sums over the wrong axis: not the on",
)
b(
    "axis 1 hidden",
    "gb = GZ.sum(axis=0)",
    "gb = GZ.sum(axis=1)",
    says=r"`∂L/∂b` sums over the wrong axis: not the on",
)
b("V no T", "G@V.T", "G@V", says=r"`∂L/∂A` multiplies by `V` where .*`V.T`")
b(
    "A not squared tanh again",
    "1-A**2",
    "1-np.tanh(A)**2",
    says=r"`∂A/∂\(X@W \+ b\)` is evaluated at `A` where it",
)
b("gW from GA", "X.T@GZ", "X.T@GA", says=r"`∂L/∂W` is computed from `∂L/∂A` where it sh")
b("A no T", "A.T@G", "A@G", says=r"`∂L/∂V` multiplies by `A` where .*`A.T`")
b("no c", "A@V+c", "A@V", says=r"`c` is left out of `P`")
b("b twice", "X@W+b", "X@W+b+b", says=r"`b` stands twice in `X@W \+ b`")
b("b minus", "X@W+b", "X@W-b", says=r"`X@W \+ b` has `-` between `X@W` and `b` wher")
b(
    "gb last",
    "gb = GZ.sum(axis=0)",
    "gb = GZ[-1]",
    says=r"`∂L/∂b`: only one sample is used, the last o",
)
b(
    "max instead",
    "gc = G.sum(axis=0)",
    "gc = G.max(axis=0)",
    says=r"`∂L/∂c` takes the largest of the rows that `",
)
b("V transposed fwd", "P = A@V+c", "P = A@V.T+c", says=r"`A@V` reads `V` transposed")
b("gc is gb", "gV, gc", "gV, gb", says=r"`∂L/∂c` is that of `b`")
b("prev GA", "GA = G@V.T", "GA = (P-Y)@V.T", says=r"`∂L/∂W` and `∂L/∂b` are each 9/2 times what ")
b("G*A", "GA*(1-A**2)", "GA*A*(1-A**2)", says=r"`∂L/∂A` has an extra factor `A`")
b(
    "V.T and sum",
    "G@V.T",
    "G@V",
    "GZ.sum(axis=0)",
    "GZ.mean(axis=0)",
    says=r"`∂L/∂A` multiplies by `V` where .*`V.T`.*`∂L/∂b` is 1/3 of what it should be \(3 is th",
)
b("X rolled", "X.T@GZ", "np.roll(X,1,0).T@GZ", says=r"`∂L/∂W` multiplies by `X` shifted by one row")
b("W += decay", "return gW", "return gW+0.01*W", says=r"`∂L/∂W` has the extra term `0\.01\*W`")
b("clip", "return gW", "return np.clip(gW,-.01,.01)", says=r"`∂L/∂W` is cut off at ±0\.01")


def conv2(K, b, I, T):  # type: ignore[no-untyped-def]
    out = []
    for i in range(3):
        for j in range(3):
            out.append(np.maximum(np.sum(K * I[i : i + 2, j : j + 2]) + b, 0.0))
    return np.sum((np.stack(out) - T) ** 2)


conv2 = Network(
    "fresh2: conv2",
    conv2,
    (rng.normal(size=(2, 2)), 0.1),
    (rng.normal(size=(4, 4)), rng.normal(size=9)),
    """
def gradient(K,b,I,T):
    gK = np.zeros((2,2)); gb = 0.
    for i in range(3):
        for j in range(3):
            P = I[i:i+2,j:j+2]
            z = np.sum(K*P)+b
            o = max(z, 0.)
            d = 2*(o-T[3*i+j])*(z > 0)
            gK += d*P
            gb += d
    return gK, gb
""",
)
b = conv2.bug
b("flipped", "gK += d*P", "gK += d*P[::-1,::-1]", says=r"`∂L/∂K` has both axes in reverse order")
b("transposed patch", "gK += d*P", "gK += d*P.T", says=r"`∂L/∂K` is transposed")
b("shift", "gK += d*P", "gK += d*I[i+1:i+3,j:j+2] if i < 2 else 0*P", says=r"unexplained")
b("T order", "T[3*i+j]", "T[3*j+i]", says=r"`K\*I\[0:2, 1:3\]` reads `I\[1:3, 0:2\]` where it")
b("only last", "gK += d*P", "gK = d*P", says=r"`∂L/∂K`: only the last of its 9 terms is kep")
b(
    "fewer",
    "for j in range(3)",
    "for j in range(2)",
    says=r"in `∂L/∂K` and `∂L/∂b`, .* is left out in the last of every 3 rounds",
)
b(
    "no b",
    "z = np.sum(K*P)+b",
    "z = np.sum(K*P)",
    says=r"`b` is left out of `sum\(K\*I\[0:2, 0:2\]\) \+ b`",
)
b(
    "true conv",
    "np.sum(K*P)",
    "np.sum(K[::-1,::-1]*P)",
    says=r"`K\*I\[0:2, 0:2\]` reads `K` reversed along bot",
)
b(
    "gate o-T",
    "(z > 0)",
    "(o > T[3*i+j])",
    says=r"the factor `∂out/∂stack\(sum\(K\*I\[0:2, 0:2\]\) \+ b.*sign of `∂L/∂out`",
)
b("mean", "gb += d", "gb += d/9", says=r"`∂L/∂b` is 1/9 times what it should be")
b("K.T", "np.sum(K*P)", "np.sum(K.T*P)", says=r"`K\*I\[0:2, 0:2\]` reads `K` transposed")


def rnn2(W, U, b, v, xs, t):  # type: ignore[no-untyped-def]
    h = np.zeros(2)
    L = 0.0
    for i in range(3):
        h = np.tanh(W @ h + U @ xs[i] + b)
        L = L + (v @ h - t[i]) ** 2
    return L


rnn2 = Network(
    "fresh2: rnn2",
    rnn2,
    (rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=2)),
    (rng.normal(size=(3, 2)), rng.normal(size=3)),
    """
def gradient(W,U,b,v,xs,t):
    hs = [np.zeros(2)]
    for i in range(3): hs.append(np.tanh(W@hs[i]+U@xs[i]+b))
    gW, gU, gb, gv = np.zeros((2,2)), np.zeros((2,2)), np.zeros(2), np.zeros(2)
    dh = np.zeros(2)
    for i in (2,1,0):
        h = hs[i+1]
        e = 2*(v@h-t[i])
        gv += e*h
        dh = dh + e*v
        dz = dh*(1-h*h)
        gW += np.outer(dz, hs[i])
        gU += np.outer(dz, xs[i])
        gb += dz
        dh = W.T@dz
    return gW, gU, gb, gv
""",
)
b = rnn2.bug
b("W no T", "W.T@dz", "W@dz", says=r"`∂L/∂h#1` \(by way of `W@h#1`\) multiplies by ")
b("carry dh not dz", "W.T@dz", "W.T@dh", says=r"`∂L/∂h#1` \(by way of `W@h#1`\) is computed fr")
b("outer order", "np.outer(dz, hs[i])", "np.outer(hs[i], dz)", says=r"`∂L/∂W` is transposed")
b("t last", "t[i])", "t[2])", says=r"`v@h#1 - t\[0\]` reads `t\[2\]` where it should ")
b(
    "tanh' at hs[i]",
    "1-h*h",
    "1-hs[i]**2",
    says=r"`∂h#2/∂\(W@h#1 \+ U@xs\[1\] \+ b\)` is computed fr",
)
b("gb dh", "gb += dz", "gb += dh", says=r"`∂L/∂b` \(by way of `W@zeros\(2\)")
b("overwrites", "gU += np", "gU = np", says=r"`∂L/∂U`: only the first of its 3 terms is ke")
b("two steps", "in (2,1,0)", "in (2,1)", says=r"`∂L/∂U`, `∂L/∂b` and `∂L/∂v`: of their 3 terms")
b("order fwd", "in (2,1,0)", "in (0,1,2)", says="over the 3 rounds runs from the first")
b("sign carry", "dh = W.T@dz", "dh = -W.T@dz", says=r"the term that comes through `W@h#1` in `∂L/∂")
b("fwd no b", "+U@xs[i]+b", "+U@xs[i]", says=r"`b` is left out of `W@zeros\(2\)")
b(
    "fwd sigmoid",
    "np.tanh(W@hs[i]",
    "sig(W@hs[i]",
    says=r"`h#1` is computed as `sigmoid\(W@zeros\(2\)",
)
b("fwd W.T", "W@hs[i]", "W.T@hs[i]", says=r"`W@h#1` reads `W`")

NETWORKS = [mlp, conv2, rnn2]
