# ruff: noqa: E501 -- pieces of code as people write them
"""The usual kinds of mistakes: the documents' two networks."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import Network

rng = np.random.default_rng(77)


def fa(p, x, y):  # type: ignore[no-untyped-def]
    h1 = sig(p["w1"] * x[0] + p["w2"] * x[1] + p["b1"])
    h2 = sig(p["w3"] * x[0] + p["w4"] * x[1] + p["b2"])
    o = sig(p["w5"] * h1 + p["w6"] * h2 + p["b3"])
    return (y - o) ** 2


A = Network(
    "kinds: 2-2-1",
    fa,
    (dict.fromkeys(["w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3"], 0.5),),
    (np.array([-2.0, -1.0]), 1.0),
    """
def gradient(p,x,y):
    s1=p["w1"]*x[0]+p["w2"]*x[1]+p["b1"]
    s2=p["w3"]*x[0]+p["w4"]*x[1]+p["b2"]
    h1=sig(s1)
    h2=sig(s2)
    so=p["w5"]*h1+p["w6"]*h2+p["b3"]
    o=sig(so)
    dL=-2*(y-o)
    do=o*(1-o)
    dh1=h1*(1-h1)
    dh2=h2*(1-h2)
    g={}
    g["w5"]=dL*do*h1
    g["w6"]=dL*do*h2
    g["b3"]=dL*do
    g["w1"]=dL*do*p["w5"]*dh1*x[0]
    g["w2"]=dL*do*p["w5"]*dh1*x[1]
    g["b1"]=dL*do*p["w5"]*dh1
    g["w3"]=dL*do*p["w6"]*dh2*x[0]
    g["w4"]=dL*do*p["w6"]*dh2*x[1]
    g["b2"]=dL*do*p["w6"]*dh2
    return g
""",
)
b = A.bug
b(
    "no dh1",
    'g["b1"]=dL*do*p["w5"]*dh1',
    'g["b1"]=dL*do*p["w5"]',
    says=r"`∂L/∂p\['b1'\]` stops at `∂L/∂h1`",
)
b(
    "w5 for w6",
    'g["w3"]=dL*do*p["w6"]',
    'g["w3"]=dL*do*p["w5"]',
    says=r"in `∂L/∂p\['w3'\]` only, `∂L/∂h2` multiplies b",
)
b(
    "extra do",
    'g["w6"]=dL*do*h2',
    'g["w6"]=dL*do*do*h2',
    says=r"in `∂L/∂p\['w6'\]` only, the factor `∂o/∂\(p\['w",
)
b(
    "dh both",
    "dh1=h1*(1-h1)",
    "dh1=1-h1",
    "dh2=h2*(1-h2)",
    "dh2=1-h2",
    says=r"`∂h1/∂\(p\['w1'\]\*x\[0\] \+ p\['w2'\]\*x\[1\] \+ p\['b1'\].*`∂h2/∂\(p\['w3'\]\*x\[0\] \+ p\['w4'\]\*x\[1\] \+ p\['b2'\]",
)
b(
    "loss not sq",
    "dL=-2*(y-o)",
    "dL=-2",
    says=r"the factor `∂\(\(y - o\)\*\*2\)/∂\(y - o\)` is left ",
)
b(
    "w5 updated",
    'g["w1"]=dL*do*p["w5"]',
    'g["w1"]=dL*do*(p["w5"]-0.1*g["w5"])',
    'g["w2"]=dL*do*p["w5"]',
    'g["w2"]=dL*do*(p["w5"]-0.1*g["w5"])',
    'g["b1"]=dL*do*p["w5"]',
    'g["b1"]=dL*do*(p["w5"]-0.1*g["w5"])',
    says=r"`∂L/∂p\['w1'\]`, `∂L/∂p\['w2'\]` and `∂L/∂p\['b1'",
)
b(
    "dh1 from dh2",
    'g["w1"]=dL*do*p["w5"]*dh1',
    'g["w1"]=dL*do*p["w5"]*dh2',
    says=r"in `∂L/∂p\['w1'\]` only, `∂h1/∂\(p\['w1'\]\*x\[0\] \+",
)
b(
    "y-o lost o",
    "dL=-2*(y-o)",
    "dL=-2*y",
    says=r"`∂\(\(y - o\)\*\*2\)/∂\(y - o\)` is evaluated at `y`",
)
b(
    "pair",
    "dh2*x[1]",
    "dh2*x[0]",
    'g["b3"]=dL*do',
    'g["b3"]=dL',
    says=r"`∂L/∂p\['w4'\]` multiplies by `x\[0\]` where it .*`∂L/∂p\['b3'\]` stops at `∂L/∂o`",
    double=True,
)


def fb(weights, inputs, outputs):  # type: ignore[no-untyped-def]
    return 0.5 * np.sum((outputs - sig(np.dot(inputs, weights))) ** 2)


X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1]], float)
Y = np.array([[0], [0], [0], [1], [1], [1]], float)
B = Network(
    "kinds: three inputs",
    fb,
    (np.array([[0.5], [0.5], [0.5]]),),
    (X, Y),
    """
def gradient(weights,inputs,outputs):
    hidden=sig(np.dot(inputs,weights))
    error=outputs-hidden
    delta=error*hidden*(1-hidden)
    return -np.dot(inputs.T,delta)
""",
)
b = B.bug
b(
    "last missing",
    "np.dot(inputs.T,delta)",
    "np.dot(inputs[:-1].T,delta[:-1])",
    says=r"`∂L/∂weights`: the last sample is left out o",
)
b(
    "abs error",
    "error=outputs-hidden",
    "error=np.abs(outputs-hidden)",
    says=r"`∂L/∂sigmoid\(inputs@weights\)` uses `∂L/∂\(out",
)
b(
    "summed delta",
    "np.dot(inputs.T,delta)",
    "np.dot(inputs.T,np.full_like(delta,delta.sum()))",
    says=r"`∂L/∂weights` uses the sum of all elements o",
)
b(
    "even",
    "np.dot(inputs.T,delta)",
    "np.dot(inputs[::2].T,delta[::2])",
    says=r"`∂L/∂weights`: the samples 1, 3 and 5 are le",
)
b(
    "shuffled",
    "np.dot(inputs.T,delta)",
    "np.dot(inputs[::-1].T,delta)",
    says=r"`∂L/∂weights` multiplies by `inputs` reverse",
)

NETWORKS = [A, B]
