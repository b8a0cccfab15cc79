# ruff: noqa: E501 -- pieces of code as people write them
"""Convolutions with steps and over images, and a gated cell."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(23)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)


def fd(K, c, v, x, t):  # type: ignore[no-untyped-def]
    L = (x.shape[0] - 3) // 2 + 1
    a = np.stack(
        [np.stack([np.sum(x[2 * i : 2 * i + 3] * K[f]) for i in range(L)]) + c[f] for f in range(2)]
    )
    r = np.maximum(a, 0)
    s = np.sum(r * v)
    return (s - t) ** 2


D_conv1d_s2 = Network(
    "fresh5: D conv1d s2",
    fd,
    (rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=(2, 4))),
    (rng.normal(size=9), 0.7),
    """
def gradient(K,c,v,x,t):
    L=(x.shape[0]-3)//2+1
    a=np.zeros((2,L))
    for f in range(2):
        for i in range(L):
            a[f,i]=np.sum(x[2*i:2*i+3]*K[f])+c[f]
    r=np.maximum(a,0)
    s=np.sum(r*v)
    ds=2*(s-t)
    dv=ds*r
    dr=ds*v
    da=dr*(a>0)
    dK=np.zeros_like(K); dc=np.zeros_like(c)
    for f in range(2):
        for i in range(L):
            dK[f]+=da[f,i]*x[2*i:2*i+3]
        dc[f]=da[f].sum()
    return dK,dc,dv
""",
)
b = D_conv1d_s2.bug
b(
    "flip back",
    "dK[f]+=da[f,i]*x[2*i:2*i+3]",
    "dK[f]+=da[f,i]*x[2*i:2*i+3][::-1]",
    says=r"`∂L/∂K` has its last axis in reverse order",
)
b(
    "flip fwd",
    "*K[f])+c[f]",
    "*K[f][::-1])+c[f]",
    says=r"reads `K` reversed along its last axi|`K` is read reversed along its last axis everywhere",
)
b(
    "f 0 only",
    "dc[f]=da[f].sum()",
    "dc[f]=da[0].sum()",
    says=r"`∂L/∂c` has its element 0 in every place",
)
b(
    "mean c",
    "dc[f]=da[f].sum()",
    "dc[f]=da[f].mean()",
    says=r"`∂L/∂c` is 1/4 times what it should be",
)
b(
    "L-1",
    "for i in range(L):\n            dK",
    "for i in range(L-1):\n            dK",
    says=r"`∂L/∂K`: of its 4 terms the last is missing",
)
b("dv no ds", "dv=ds*r", "dv=r", says=r"`∂L/∂v` lacks the factor `∂L/∂s`")
b("v missing", "dr=ds*v", "dr=ds*np.ones_like(v)", says=r"`∂L/∂r` leaves out the factor `v`")
b("s no t", "ds=2*(s-t)", "ds=2*s", says=r"`∂\(\(s - t\)\*\*2\)/∂\(s - t\)` is evaluated at `s`")
b(
    "shift",
    "dK[f]+=da[f,i]*x[2*i:2*i+3]",
    "dK[f]+=da[f,i]*x[2*i+1:2*i+4] if i<L-1 else 0",
    says=r"unexplained",
)


def fe(Wz, Uz, Wh, Uh, x, y):  # type: ignore[no-untyped-def]
    h = np.zeros(2)
    for t in range(x.shape[0]):
        z = sig(x[t] @ Wz + h @ Uz)
        g = np.tanh(x[t] @ Wh + h @ Uh)
        h = (1 - z) * h + z * g
    return np.sum((h - y) ** 2)


E_gru = Network(
    "fresh5: E gru",
    fe,
    (
        rng.normal(size=(3, 2)),
        rng.normal(size=(2, 2)),
        rng.normal(size=(3, 2)),
        rng.normal(size=(2, 2)),
    ),
    (rng.normal(size=(4, 3)), rng.normal(size=2)),
    """
def gradient(Wz,Uz,Wh,Uh,x,y):
    T=x.shape[0]
    hs=[np.zeros(2)]; zs=[]; gs=[]
    for t in range(T):
        z=sig(x[t]@Wz+hs[-1]@Uz)
        g=np.tanh(x[t]@Wh+hs[-1]@Uh)
        zs.append(z); gs.append(g)
        hs.append((1-z)*hs[-1]+z*g)
    dWz=np.zeros_like(Wz); dUz=np.zeros_like(Uz); dWh=np.zeros_like(Wh); dUh=np.zeros_like(Uh)
    dh=2*(hs[-1]-y)
    for t in reversed(range(T)):
        z,g,hp=zs[t],gs[t],hs[t]
        dz=dh*(g-hp)
        dg=dh*z
        az=dz*z*(1-z)
        ag=dg*(1-g**2)
        dWz+=np.outer(x[t],az); dUz+=np.outer(hp,az)
        dWh+=np.outer(x[t],ag); dUh+=np.outer(hp,ag)
        dh=dh*(1-z)+az@Uz.T+ag@Uh.T
    return dWz,dUz,dWh,dUh
""",
)
b = E_gru.bug
b("no T Uz", "az@Uz.T", "az@Uz", says=r"`∂L/∂h#1` \(by way of `h#1@Uz`\) multiplies by")
b("dg no z", "dg=dh*z", "dg=dh", says=r"`∂L/∂g#1` leaves out the factor `z#1`")
b("dg 1-z", "dg=dh*z", "dg=dh*(1-z)", says=r"`∂L/∂g#1` multiplies by `1 - z#1` where it s")
b(
    "hs t+1",
    "z,g,hp=zs[t],gs[t],hs[t]",
    "z,g,hp=zs[t],gs[t],hs[t+1]",
    says=r"`∂L/∂Uz`, `∂L/∂Uh` and .* multiply by `h#2` where they should multiply by `h#1`",
)
b(
    "fwd order",
    "for t in reversed(range(T))",
    "for t in range(T)",
    says=r"in `∂L/∂Wz`, `∂L/∂Uz`, `∂L/∂Wh` and `∂L/∂Uh`",
)
b(
    "swap z 1-z fwd",
    "(1-z)*hs[-1]+z*g",
    "z*hs[-1]+(1-z)*g",
    says=r"`\(1 - z#2\)\*h#1` reads `z#2` where it should ",
)
b(
    "trunc",
    "dh=dh*(1-z)+az@Uz.T+ag@Uh.T",
    "dh=dh*(1-z)",
    says=r"`∂L/∂h#1` keeps only the term that comes thr",
)
b(
    "dh accum",
    "dh=dh*(1-z)+az",
    "dh+=dh*(1-z)+az",
    says=r"`∂L/∂h#1` is added to what the round before ",
)
b(
    "pair",
    "az@Uz.T",
    "az@Uz",
    "ag=dg*(1-g**2)",
    "ag=dg",
    says=r"the factor `∂g#1/∂\(x\[0\]@Wh .* is left out .*, and `∂L/∂h#1` \(by way of `h#1@Uz`\) multip",
    double=True,
)


def ff(K, b, x, y):  # type: ignore[no-untyped-def]
    o = []
    for i in range(3):
        for j in range(3):
            o.append(np.sum(x[:, i : i + 2, j : j + 2] * K, axis=(1, 2)) + b)
    a = sig(np.stack(o))
    return np.mean((a - y) ** 2)


F_conv2d = Network(
    "fresh5: F conv2d",
    ff,
    (rng.normal(size=(2, 2)), 0.3),
    (rng.normal(size=(2, 4, 4)), rng.normal(size=(9, 2))),
    """
def gradient(K,b,x,y):
    w=np.lib.stride_tricks.sliding_window_view(x,(2,2),axis=(1,2))
    z=np.einsum('nijkl,kl->nij',w,K)+b
    a=sig(z)
    yy=y.T.reshape(a.shape)
    da=2*(a-yy)/a.size
    dz=da*a*(1-a)
    dK=np.einsum('nij,nijkl->kl',dz,w)
    db=dz.sum()
    return dK,db
""",
)
b = F_conv2d.bug
b(
    "fwd lk",
    "'nijkl,kl->nij'",
    "'nijkl,lk->nij'",
    says=r"`x\[:, 0:2, 0:2\]\*K` reads `x\[:, 0:2, 0:2\]` wi",
)
b(
    "first image",
    "dK=np.einsum('nij,nijkl->kl',dz,w)",
    "dK=np.einsum('ij,ijkl->kl',dz[0],w[0])",
    says=r"`∂L/∂K` \(by way of `x\[:, 0:2, 0:2\]\*K`\) keeps",
)
b(
    "flip",
    "dK=np.einsum('nij,nijkl->kl',dz,w)",
    "dK=np.einsum('nij,nijkl->kl',dz,w)[::-1,::-1]",
    says=r"`∂L/∂K` has both axes in reverse order",
)
b("fwd flip", "w,K)", "w,K[::-1,::-1])", says=r"`x\[:, 0:2, 0:2\]\*K` reads `x\[:, 0:2, 0:2\]` re")
b(
    "sum dz times sum w",
    "np.einsum('nij,nijkl->kl',dz,w)",
    "dz.sum()*np.einsum('nijkl->kl',w)",
    says=r"unexplained",
)
b(
    "interior",
    "np.einsum('nij,nijkl->kl',dz,w)",
    "np.einsum('nij,nijkl->kl',dz[:,:2,:2],w[:,:2,:2])",
    says=r"`∂L/∂K`: of its 9 terms the terms 2, 5, 6, 7",
)
b("db da", "db=dz.sum()", "db=da.sum()", says=r"in `∂L/∂b` only, the factor `∂a/∂stack\(o\[0\],")

NETWORKS = [D_conv1d_s2, E_gru, F_conv2d]
