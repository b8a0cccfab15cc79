# ruff: noqa: E501, E741 -- pieces of code as people write them
"""Parameters in a dict, penalties, and networks written as loops of numbers."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(7)


def n1(net_, x, y):  # type: ignore[no-untyped-def]
    h = np.tanh(net_["A"] @ x + net_["a"])
    return (net_["c"] @ h + net_["d"] - y) ** 2


dict_net = Network(
    "fresh3: dict-net",
    n1,
    {"A": rng.normal(size=(2, 2)), "a": rng.normal(size=2), "c": rng.normal(size=2), "d": 0.3},
    (rng.normal(size=2), 0.7),
    """
def gradient(p, x, y):
    z = p["A"]@x + p["a"]
    h = np.tanh(z)
    yhat = p["c"]@h + p["d"]
    r = 2*(yhat - y)
    gd = r
    gc = r*h
    gh = r*p["c"]
    gz = gh*(1-h**2)
    return {"A": gz[:,None]*x[None,:], "a": gz, "c": gc, "d": gd}
""",
)
b = dict_net.bug
b("A outer T", "gz[:,None]*x[None,:]", "gz[None,:]*x[:,None]", says=r"`∂L/∂A` is transposed")
b("a from gh", '"a": gz', '"a": gh', says=r"`∂L/∂a` stops at `∂L/∂h`")
b("no d", '@h + p["d"]', "@h", says=r"`d` is left out of `c@h \+ d`")
b("r no 2 in gh", "gh = r*", "gh = r/2*", says=r"`∂L/∂A` and `∂L/∂a` are each half of what it")
b("a added twice", '@x + p["a"]', '@x + 2*p["a"]', says=r"`a` stands twice in `A@x \+ a`")
b("gd sum", "gd = r", "gd = r*h.sum()", says=r"`∂L/∂d` has an extra factor `h`")
b("x[::-1]", "x[None,:]", "x[None,::-1]", says=r"`∂L/∂A` has its last axis in reverse order")
b("c rev", 'gh = r*p["c"]', 'gh = r*p["c"][::-1]', says=r"`∂L/∂h` multiplies by `c` reversed")
b(
    "first hidden only",
    "gc = r*h",
    "gc = r*h[0]*np.ones(2)",
    says=r"`∂L/∂c` has its element 0 in every place",
)
b(
    "mean a",
    '"a": gz',
    '"a": gz.mean()*np.ones(2)',
    says=r"`∂L/∂a` has the mean of its elements in ever",
)
b("A.T fwd", 'p["A"]@x', 'p["A"].T@x', says=r"`A@x` reads `A` transposed")
b(
    "pair: sign c, a gh",
    "gc = r*h",
    "gc = -r*h",
    '"a": gz',
    '"a": gh',
    says=r"`∂L/∂c` has the wrong sign.*`∂L/∂a` stops at `∂L/∂h`",
    double=True,
)
b(
    "pair fwd d + A outer",
    '@h + p["d"]',
    '@h - p["d"]',
    "gz[:,None]*x[None,:]",
    "gz[None,:]*x[:,None]",
    says=r"`c@h \+ d` has `-` between `c@h` and `d` wher.*`∂L/∂A` is transposed",
    double=True,
)


def n2(W1, W2, lam, X, T):  # type: ignore[no-untyped-def]
    Z = X @ W1
    H = np.where(Z > 0, Z, 0.0)
    O = H @ W2
    return np.sum((O - T) ** 2) / (2 * len(X)) + lam / 2 * (np.sum(W1**2) + np.sum(W2**2))


def reg_loss(W1, W2, X, T):  # type: ignore[no-untyped-def]
    return n2(W1, W2, 0.1, X, T)


reg = Network(
    "fresh3: reg",
    reg_loss,
    (rng.normal(size=(3, 4)), rng.normal(size=(4, 2))),
    (rng.normal(size=(5, 3)), rng.normal(size=(5, 2))),
    """
def gradient(W1,W2,X,T):
    lam = .1; n = len(X)
    Z = X@W1
    H = np.where(Z>0,Z,0.)
    O = H@W2
    D = (O-T)/n
    g2 = H.T@D + lam*W2
    B = D@W2.T
    B = np.where(Z>0,B,0.)
    g1 = X.T@B + lam*W1
    return g1, g2
""",
)
b = reg.bug
b("no reg W1", "X.T@B + lam*W1", "X.T@B", says=r"through `W1\*\*2` in `∂L/∂W1` is mi")
b("reg 2x", "lam*W2", "2*lam*W2", says=r"the term that comes through `W2\*\*2` in `∂L/∂")
b("reg /n", "lam*W1", "lam*W1/n", says=r"through `W1\*\*2` in `∂L/∂W1` is 1/5 times")
b(
    "gate by B",
    "np.where(Z>0,B,0.)",
    "np.where(B>0,B,0.)",
    says=r"the factor `∂H/∂Z` is taken from the sign of",
)
b("n missing", "(O-T)/n", "(O-T)", says=r"through `O - T` in `∂L/∂O` is 5 times what")
b(
    "n dims",
    "(O-T)/n",
    "(O-T)/X.shape[1]",
    says=r"through `Z` in `∂L/∂W1` is 5/3 .*through `O` in `∂L/∂W2` is 5/3",
)
b("Z in g2", "H.T@D", "Z.T@D", says=r"`∂L/∂W2` \(by way of `O`\) multiplies by `Z` w")
b("O for D", "B = D@W2.T", "B = O@W2.T", says=r"`∂L/∂H` is computed from the value `O` where")
b("T as D", "B = D@W2.T", "B = (O-T)@W2.T", says=r"through `Z` in `∂L/∂W1` is 5 times what")
b("shuffled T", "(O-T)/n", "(O-T[::-1])/n", says=r"`O - T` reads `T` reversed")


def n3(k, s, t):  # type: ignore[no-untyped-def]
    y = [sum(k[j] * s[i + j] for j in range(3)) for i in range(4)]
    return sum((sig(y[i]) - t[i]) ** 2 for i in range(4)) / 4


conv_loops = Network(
    "fresh3: conv loops",
    n3,
    rng.normal(size=3),
    (rng.normal(size=6), rng.normal(size=4)),
    """
def gradient(k,s,t):
    g = np.zeros(3)
    for i in range(4):
        z = 0.
        for j in range(3):
            z += k[j]*s[i+j]
        o = sig(z)
        d = (o-t[i])/2*o*(1-o)
        for j in range(3):
            g[j] += d*s[i+j]
    return g
""",
)
b = conv_loops.bug
b(
    "i-j",
    "z += k[j]*s[i+j]",
    "z += k[j]*s[i-j]",
    says=r"`k\[1\]\*s\[1\]` reads `s\[5\]` where it should rea",
)
b("2-j", "d*s[i+j]", "d*s[i+2-j]", says=r"`∂L/∂k` has its elements in reverse order")
b("overwrite", "g[j] += d", "g[j] = d", says=r"`∂L/∂k`: only the last of its 4 terms is kep")
b("g[0]", "g[j] += d", "g[0] += d", says=r"unexplained")
b(
    "z not reset",
    "    for i in range(4):\n        z = 0.",
    "    z = 0.\n    for i in range(4):",
    says=r"`y\[1\]` starts from `y\[0\]` where it should st",
)
b(
    "3 of 4",
    "for i in range(4):\n        z",
    "for i in range(3):\n        z",
    says=r"`∂L/∂k`: of its 4 terms the last is missing",
)
b("/4", "(o-t[i])/2", "(o-t[i])/4", says=r"`∂L/∂k` is half of what it should be")


def n4(w, u, v, xs, t):  # type: ignore[no-untyped-def]
    h = 0.0
    loss = 0.0
    for i in range(3):
        h = np.tanh(w * h + u * xs[i])
        loss = loss + (v * h - t[i]) ** 2 / 2
    return loss


rnn_outputs = Network(
    "fresh3: rnn outputs",
    n4,
    (0.5, -0.8, 0.9),
    (rng.normal(size=3), rng.normal(size=3)),
    """
def gradient(w,u,v,xs,t):
    h = [0.]
    for i in range(3):
        h.append(np.tanh(w*h[i] + u*xs[i]))
    gw = gu = gv = 0.; nxt = 0.
    for i in range(2,-1,-1):
        e = v*h[i+1] - t[i]
        gv += e*h[i+1]
        dh = e*v + nxt
        dz = dh*(1-h[i+1]**2)
        gw += dz*h[i]
        gu += dz*xs[i]
        nxt = dz*w
    return gw, gu, gv
""",
)
b = rnn_outputs.bug
b(
    "no e*v",
    "dh = e*v + nxt",
    "dh = e + nxt",
    says=r"`∂L/∂h#1` \(by way of `v\*h#1`\) leaves out the",
)
b(
    "nxt accum",
    "nxt = dz*w",
    "nxt += dz*w",
    says=r"`∂L/∂h#1` .by way of .* is added to what the round before ",
)
b("dh sign", "e*v + nxt", "e*v - nxt", says=r"the term that comes through `w\*h#1` in `∂L/∂")
b(
    "fwd no tanh",
    "np.tanh(w*h[i] + u*xs[i])",
    "w*h[i] + u*xs[i]",
    says=r"`h#1` is computed as `w\*0 \+ u\*xs\[0\]` where i",
)
b(
    "e h[-1]",
    "e = v*h[i+1]",
    "e = v*h[-1]",
    says=r"`∂\(\(v\*h#2 - t\[1\]\)\*\*2/2\)/∂\(v\*h#2 - t\[1\]\)` is .*`∂loss#1/∂\(v\*h#1 - t\[0\]\)` is evaluated at `v",
)
b(
    "pair gw + gv",
    "gw += dz*h[i]",
    "gw += dz*h[i+1]",
    "gv += e",
    "gv = e",
    says=r"`∂L/∂v`: only the first of its 3 terms is ke.*`∂L/∂w` \(by way of `w\*h#1`\) multiplies by `h",
    double=True,
)

NETWORKS = [dict_net, reg, conv_loops, rnn_outputs]
