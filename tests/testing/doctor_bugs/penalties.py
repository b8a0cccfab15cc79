# ruff: noqa: E501 -- pieces of code as people write them
"""A network of two layers with a penalty on its weights."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(23)

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)


def fc(p, X, T):  # type: ignore[no-untyped-def]
    h = np.log1p(np.exp(X @ p["W1"].T + p["b1"]))
    o = h @ p["W2"].T + p["b2"]
    return np.mean(np.sum((o - T) ** 2, axis=1)) + 0.05 * (
        np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2)
    )


C_mlp = Network(
    "fresh5: C mlp",
    fc,
    (
        dict(
            W1=rng.normal(size=(4, 3)),
            b1=rng.normal(size=4),
            W2=rng.normal(size=(3, 4)),
            b2=rng.normal(size=3),
        ),
    ),
    (rng.normal(size=(5, 3)), rng.normal(size=(5, 3))),
    """
def gradient(p,X,T):
    W1,b1,W2,b2=p["W1"],p["b1"],p["W2"],p["b2"]
    m=X.shape[0]; lam=0.05
    z1=X@W1.T+b1
    h=np.log1p(np.exp(z1))
    o=h@W2.T+b2
    do=2*(o-T)/m
    dW2=do.T@h+2*lam*W2
    db2=do.sum(axis=0)
    dh=do@W2
    dz1=dh*sig(z1)
    dW1=dz1.T@X+2*lam*W1
    db1=dz1.sum(axis=0)
    return dict(W1=dW1,b1=db1,W2=dW2,b2=db2)
""",
)
b = C_mlp.bug
b("reg half", "2*lam*W2", "lam*W2", says=r"the term that comes through `p\['W2'\]\*\*2` in ")
b(
    "reg m",
    "dW2=do.T@h+2*lam*W2",
    "dW2=(do.T@h)+2*lam*W2*m",
    says=r"the term that comes through `p\['W2'\]\*\*2` in ",
)
b(
    "dh uses updated W2",
    "dh=do@W2",
    "dh=do@(W2-0.1*dW2)",
    says=r"`∂L/∂p\['W1'\]` and `∂L/∂p\['b1'\]` read `p\['W2'",
)
b("no 2", "do=2*(o-T)/m", "do=(o-T)/m", says=r"the term that comes through `o - T` in `∂L/∂")
b(
    "half batch",
    "dW1=dz1.T@X",
    "dW1=dz1[:3].T@X[:3]",
    says=r"the term that comes through `p\['W1'\]\.T` in `",
)
b("axis1", "db2=do.sum(axis=0)", "db2=do[:3].sum(axis=1)", says=r"unexplained")
b(
    "pair",
    "dz1=dh*sig(z1)",
    "dz1=dh*sig(h)",
    "do=2*(o-T)/m",
    "do=2*(o-T)",
    says=r"is not divided by `5`.*`∂h/∂\(X@p\['W1'\]\.T \+ p\['b1'\]\)` is evaluated a",
    double=True,
)
b(
    "pair2",
    "+2*lam*W1",
    "",
    "db2=do.sum(axis=0)",
    "db2=do.mean(axis=0)",
    says=r"`∂L/∂p\['b2'\]` is 1/5 of what it should be \(5.*through `p\['W1'\]\*\*2` in `∂L/∂p\['W1'\]` is mi",
    double=True,
)

NETWORKS = [C_mlp]
