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
b("flip grad", "gk[j]=np.sum", "gk[2-j]=np.sum", says=r"`∂L/∂k` has its elements in reverse order")
b(
    "conv",
    "np.dot(k,x[i:i+3])",
    "np.dot(k[::-1],x[i:i+3])",
    says=r"`k\*x\[0:3\]` reads `k` reversed",
)
b("no relu", "gz=ga*(z>0)", "gz=ga", says=r"the factor `∂a/∂stack\(z\[0\], z\[1\], z\[2\], z\[3\]")
b("mask a of ga", "(z>0)", "(ga>0)", says=r"the factor `∂a/∂stack\(z\[0\], z\[1\], z\[2\], z\[3\]")
b("gc first", "gc=gz.sum()", "gc=gz[0]", says=r"`∂L/∂c`: only the first of its 6 terms is ke")
b("gc mean", "gc=gz.sum()", "gc=gz.mean()", says=r"`∂L/∂c` is 1/6 times what it should be")
b("gc a", "gc=gz.sum()", "gc=ga.sum()", says=r"in `∂L/∂c` only, the factor `∂a/∂stack\(z\[0\],")
b("gv z", "gv=e*a", "gv=e*z", says=r"`∂L/∂v` multiplies by `stack\(z\[0\], z\[1\], z\[2")
b("sign", "e=y-t", "e=t-y", says=r"every derivative has the wrong sign")
b("no v", "ga=e*v", "ga=e*np.ones(6)", says=r"`∂L/∂a` leaves out the factor `v`")
b("x shift", "x[j:j+n]", "x[:n]", says=r"`∂L/∂k` has its element 0 in every place")
b(
    "x missing last",
    "np.sum(gz*x[j:j+n])",
    "np.sum(gz[:-1]*x[j:j+n-1])",
    says=r"`∂L/∂k`: of its 6 terms the last is missing",
)
b("no c", "x[i:i+3])+c", "x[i:i+3])", says=r"`c` is left out of `z\[0\]`")
b("gd y", "gd=e", "gd=y", says=r"`∂L/∂d` has the extra term `t`")
b(
    "gk =",
    "gk[j]=np.sum(gz*x[j:j+n])",
    "gk[j]=(gz*x[j:j+n])[-1]",
    says=r"`∂L/∂k`: only the last of its 6 terms is kep",
)
b(
    "leaky",
    "(z>0)",
    "np.where(z>0,1,.1)",
    says=r"`∂a/∂stack\(z\[0\], z\[1\], z\[2\], z\[3\], z\[4\], z\[5",
)
b(
    "sig",
    "a=np.maximum(z,0)",
    "a=sig(z)",
    says=r"`a` is computed as `sigmoid\(stack\(z\[0\], z\[1\]",
)
b(
    "abs",
    "a=np.maximum(z,0)",
    "a=np.abs(z)",
    says=r"`a` is computed as `absolute\(stack\(z\[0\], z\[1",
)
b("e twice", "ga=e*v", "ga=2*e*v", says=r"`∂L/∂k` and `∂L/∂c` are each twice what it s")
b("stride", "x[i:i+3])", "x[2*(i//2):2*(i//2)+3])", says=r"unexplained")
b(
    "kernel for x",
    "gk[j]=np.sum(gz*x[j:j+n])",
    "gk[j]=np.sum(gz*k[j])",
    says=r"`∂L/∂k` \(by way of `k\*x\[0:3\]`\) multiplies by",
)
b("v rev", "ga=e*v", "ga=e*v[::-1]", says=r"`∂L/∂a` multiplies by `v` reversed")
b("x back", "x[j:j+n]", "x[2-j:2-j+n]", says=r"`∂L/∂k` has its elements in reverse order")
b("no e", "ga=e*v", "ga=v", says=r"`∂L/∂k` and `∂L/∂c` lack the factor `∂L/∂y`")
b("z*", "gz=ga*(z>0)", "gz=ga*a", says=r"`∂L/∂a` has an extra factor `a`")


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
b("no T", "d=Wh.T@a", "d=Wh@a", says=r"`∂L/∂h#1` multiplies by `Wh` transposed")
b("hs t", "1-hs[t+1]**2", "1-hs[t]**2", says=r"`∂h#2/∂\(Wx@xs\[1\] \+ Wh@h#1 \+ b\)` is computed ")
b(
    "gWh t+1",
    "np.outer(a,hs[t])",
    "np.outer(a,hs[t+1])",
    says=r"`∂L/∂Wh` \(by way of `Wh@h#1`\) multiplies by ",
)
b(
    "gWx 0",
    "np.outer(a,xs[t])",
    "np.outer(a,xs[0])",
    says=r"`∂L/∂Wx` \(by way of `Wx@xs\[1\]`\) multiplies b",
)
b(
    "gWx -1",
    "np.outer(a,xs[t])",
    "np.outer(a,xs[t-1])",
    says=r"`∂L/∂Wx` \(by way of `Wx@xs\[0\]`\) multiplies b",
)
b("d not a", "d=Wh.T@a", "d=Wh.T@d", says=r"`∂L/∂h#1` is computed from `∂L/∂h#2` where i")
b("truncate", "d=Wh.T@a", "d=0*a", says=r"`∂L/∂Wx`, `∂L/∂Wh` and `∂L/∂b`: only the las")
b(
    "last only",
    "range(len(xs)-1,-1,-1)",
    "range(len(xs)-1,len(xs)-2,-1)",
    says=r"`∂L/∂Wx`, `∂L/∂Wh` and `∂L/∂b`: only the las",
)
b(
    "skip first",
    "range(len(xs)-1,-1,-1)",
    "range(len(xs)-1,0,-1)",
    says=r"`∂L/∂Wx` and `∂L/∂b`: of its 4 terms the fir",
)
b("gb =", "gb+=a", "gb=a", says=r"`∂L/∂b`: only the first of its 4 terms is ke")
b("gWx =", "gWx+=", "gWx=", says=r"`∂L/∂Wx`: only the first of its 4 terms is k")
b("gWh =", "gWh+=", "gWh=", says=r"`∂L/∂Wh` is always 0")
b(
    "no tanh'",
    "a=d*(1-hs[t+1]**2)",
    "a=d",
    says=r"the factor `∂h#1/∂\(Wx@xs\[0\] \+ Wh@\(constant a",
)
b("1-h", "(1-hs[t+1]**2)", "(1-hs[t+1])", says=r"`∂h#1/∂\(Wx@xs\[0\] \+ Wh@\(constant array of sha")
b("no 2", "r=2*(", "r=(", says=r"every derivative is half of what it should b")
b("sign", "hs[-1]-y)", "hs[-1]+y)", says=r"`Wo@h#4 - y` has `\+` between `Wo@h#4` and `y")
b(
    "gWo prev",
    "np.outer(r,hs[-1])",
    "np.outer(r,hs[-2])",
    says=r"`∂L/∂Wo` multiplies by `h#3` where it should",
)
b("gb d", "gb+=a", "gb+=d", says=r"`∂L/∂b` \(by way of `Wx@xs\[0\] \+ Wh@\(constant ")
b("outer T", "np.outer(a,hs[t])", "np.outer(hs[t],a)", says=r"`∂L/∂Wh` is transposed")
b("Wo", "d=Wo.T@r", "d=Wo.T@(r/2)", says=r"`∂L/∂Wx`, `∂L/∂Wh` and `∂L/∂b` are each half")
b("no b", "+Wh@hs[-1]+b)", "+Wh@hs[-1])", says=r"`b` is left out of `Wx@xs\[0\] \+ Wh@\(constant ")
b("no Wh", "Wx@x+Wh@hs[-1]+b", "Wx@x+b", says=r"`Wh@\(constant array of shape \(3,\)\)` is left ")
b("sig", "np.tanh(", "sig(", says=r"`h#1` is computed as `sigmoid\(Wx@xs\[0\] \+ Wh@")
b(
    "Wx for Wh",
    "gWh+=np.outer(a,hs[t])",
    "gWh+=np.outer(d,hs[t])",
    says=r"`∂L/∂Wh` \(by way of `Wh@\(constant array of s",
)
b("d +=", "d=Wh.T@a", "d=d+Wh.T@a", says=r"`∂L/∂h#1` is added to what the round before ")
b("d twice", "d=Wh.T@a", "d=2*Wh.T@a", says=r"the term that comes through `Wh@h#1` in `∂L/")
b("Wh T fwd", "Wh@hs[-1]", "Wh.T@hs[-1]", says=r"`Wh@\(constant array of shape \(3,\)\)` reads `W")
b(
    "y sum",
    "r=2*(Wo@hs[-1]-y)",
    "r=2*(Wo@hs[-1]-y.sum())",
    says=r"`Wo@h#4 - y` reads `y` with the sum of all i",
)
b("extra h", "d=Wo.T@r", "d=Wo.T@r*hs[-1]", says=r"`∂L/∂h#4` has an extra factor `h#4`")
b("d minus", "d=Wh.T@a", "d=-Wh.T@a", says=r"the term that comes through `Wh@h#1` in `∂L/")
b("sum h", "r=2*(Wo@hs[-1]-y)", "r=2*(Wo@sum(hs)-y)", says=r"unexplained")
b(
    "pair",
    "gb+=a",
    "gb+=d",
    "r=2*(",
    "r=(",
    says=r"`∂L/∂b` \(by way of `Wx@xs\[0\] \+ Wh@\(constant ",
    double=True,
)
b(
    "pair2",
    "d=Wh.T@a",
    "d=Wh@a",
    "np.outer(r,hs[-1])",
    "np.outer(r,hs[-2])",
    says=r"`∂L/∂h#1` multiplies by `Wh` transposed.*`∂L/∂Wo` multiplies by `h#3` where it should",
    double=True,
)

NETWORKS = [D, E]
