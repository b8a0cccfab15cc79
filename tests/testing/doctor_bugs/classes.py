# ruff: noqa: E501 -- pieces of code as people write them
"""Documents' code in flat arrays and in classes."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(23)


def fa(w, b, x, y):  # type: ignore[no-untyped-def]
    h1 = np.tanh(w[0] * x[:, 0] + w[1] * x[:, 1] + b[0])
    h2 = np.tanh(w[2] * x[:, 0] + w[3] * x[:, 1] + b[1])
    o = sig(w[4] * h1 + w[5] * h2 + b[2])
    return np.mean((y - o) ** 2)


A_flat = Network(
    "fresh5: A flat",
    fa,
    (rng.normal(size=6), rng.normal(size=3)),
    (np.array([[-2.0, -1], [25, 6], [17, 4], [-15, -6]]) / 10, np.array([1.0, 0, 0, 1])),
    """
def gradient(w,b,x,y):
    h1=np.tanh(w[0]*x[:,0]+w[1]*x[:,1]+b[0])
    h2=np.tanh(w[2]*x[:,0]+w[3]*x[:,1]+b[1])
    o=sig(w[4]*h1+w[5]*h2+b[2])
    n=len(y)
    do=-2*(y-o)/n
    so=do*o*(1-o)
    dw=np.zeros(6); db=np.zeros(3)
    dw[4]=np.sum(so*h1); dw[5]=np.sum(so*h2); db[2]=np.sum(so)
    s1=so*w[4]*(1-h1**2); s2=so*w[5]*(1-h2**2)
    dw[0]=np.sum(s1*x[:,0]); dw[1]=np.sum(s1*x[:,1]); db[0]=np.sum(s1)
    dw[2]=np.sum(s2*x[:,0]); dw[3]=np.sum(s2*x[:,1]); db[1]=np.sum(s2)
    return dw,db
""",
)
b = A_flat.bug
b(
    "h(1-h)",
    "(1-h1**2)",
    "h1*(1-h1)",
    "(1-h2**2)",
    "h2*(1-h2)",
    says=r"is taken as `h1\*\(1 - h1\)` \(and so in each of 2",
)
b(
    "first person b0",
    "db[0]=np.sum(s1)",
    "db[0]=s1[0]",
    says=r"`∂L/∂b\[0\]`: only one sample is used, the fir",
)
b(
    "drop last",
    "dw[1]=np.sum(s1*x[:,1])",
    "dw[1]=np.sum(s1[:-1]*x[:-1,1])",
    says=r"`∂L/∂w\[1\]`: the last sample is left out of t",
)
b(
    "sign s2",
    "s2=so*w[5]",
    "s2=-so*w[5]",
    says=r"`∂L/∂w\[2\]`, `∂L/∂w\[3\]` and `∂L/∂b\[1\]` each h",
)
b(
    "relu deriv",
    "(1-h1**2)",
    "(h1>0)",
    "(1-h2**2)",
    "(h2>0)",
    says=r"is taken as `\(\(w\[0\].* > 0\)` \(and so in each of 2",
)
b("so*so", "dw[4]=np.sum(so*h1)", "dw[4]=np.sum(so*so*h1)", says=r"multiplies by `so`, which")
b(
    "sum*sum",
    "dw[0]=np.sum(s1*x[:,0])",
    "dw[0]=np.sum(s1)*np.sum(x[:,0])",
    says=r"`∂L/∂w\[0\]` uses the sum of all elements of `",
)
b(
    "pair",
    "dw[3]=np.sum(s2*x[:,1])",
    "dw[3]=np.sum(s2*x[:,0])",
    "db[2]=np.sum(so)",
    "db[2]=2*np.sum(so)",
    says=r"`∂L/∂b\[2\]` is twice what it should be.*`∂L/∂w\[3\]` multiplies by `x\[:, 0\]` where it ",
    double=True,
)
b("zero not filled", "dw[2]=np.sum(s2*x[:,0]); ", "", says=r"`∂L/∂w\[2\]` is always 0")
b(
    "bce grad",
    "so=do*o*(1-o)",
    "so=(o-y)/n",
    says=r"the factor `∂o/∂\(w\[4\]\*h1 \+ w\[5\]\*h2 \+ b\[2\]\)` ",
)
b(
    "y-o cubed",
    "do=-2*(y-o)/n",
    "do=-2*(y-o)**3/n",
    says=r"`∂L/∂\(\(y - o\)\*\*2\)` has an extra factor `\(y -",
)
X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)


def fb(W, X, Y):  # type: ignore[no-untyped-def]
    return 0.5 * np.sum((Y - sig(X @ W)) ** 2)


B_003 = Network(
    "fresh5: B 003",
    fb,
    (rng.normal(size=(3, 1)),),
    (X, Y),
    """
class Net:
    def __init__(self,W,X,Y):
        self.w=W.copy(); self.X=X; self.Y=Y
    def sigmoid(self,x,deriv=False):
        if deriv: return x*(1-x)
        return 1/(1+np.exp(-x))
    def forward(self):
        self.out=self.sigmoid(np.dot(self.X,self.w))
    def step(self):
        self.error=self.Y-self.out
        delta=self.error*self.sigmoid(self.out,deriv=True)
        self.w+=np.dot(self.X.T,delta)
def gradient(W,X,Y):
    n=Net(W,X,Y); n.forward(); n.step()
    return n.w
""",
    learning_rate=1.0,
)
b = B_003.bug
b(
    "forward twice",
    "n.forward(); n.step()",
    "n.forward(); n.step(); n.forward(); n.step()",
    says=r"unexplained",
)
b(
    "error abs",
    "self.error=self.Y-self.out",
    "self.error=np.abs(self.Y-self.out)",
    says=r"`∂L/∂sigmoid\(X@W\)` uses `∂L/∂\(Y - sigmoid\(X@",
)
b(
    "sum delta bc",
    "delta=self.error*",
    "delta=np.sum(self.error)*",
    says=r"`∂L/∂\(X@W\)` uses the sum of all elements of ",
)
b(
    "mean err",
    "self.error=self.Y-self.out",
    "self.error=self.Y-np.mean(self.out)",
    says=r"`Y - sigmoid\(X@W\)` reads `sigmoid\(X@W\)` with",
)
b(
    "lr .5",
    "np.dot(self.X.T,delta)",
    "0.5*np.dot(self.X.T,delta)",
    says=r"`∂L/∂W` is half of what it should be",
)
b(
    "row skip",
    "np.dot(self.X.T,delta)",
    "np.dot(self.X[:4].T,delta[:4])",
    says=r"`∂L/∂W`: the samples 4 and 5 are left out of",
)
b(
    "Y flipped",
    "self.Y-self.out",
    "self.Y[::-1]-self.out",
    says=r"`Y - sigmoid\(X@W\)` reads `Y` reversed",
)

NETWORKS = [A_flat, B_003]
