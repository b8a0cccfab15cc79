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
b("w4 x0", "dh2*x[1]", "dh2*x[0]", says=r"`∂L/∂p\['w4'\]` multiplies by `x\[0\]` where it ")
b(
    "so x",
    'p["w5"]*h1+p["w6"]*h2+p["b3"]',
    'p["w5"]*x[0]+p["w6"]*x[1]+p["b3"]',
    says=r"`p\['w5'\]\*h1` reads `x\[0\]` where it should re",
)
b(
    "w1<->w2",
    "dh1*x[0]",
    "dh1*Q",
    "dh1*x[1]",
    "dh1*x[0]",
    "dh1*Q",
    "dh1*x[1]",
    says=r"`∂L/∂p\['w1'\]` and `∂L/∂p\['w2'\]` are exchange",
)
b("sign", "-2*(y-o)", "2*(y-o)", says=r"every derivative has the wrong sign")
b("half", "-2*(y-o)", "-(y-o)", says=r"every derivative is half of what it should b")
b(
    "do at so",
    "do=o*(1-o)",
    "do=so*(1-so)",
    says=r"`∂o/∂\(p\['w5'\]\*h1 \+ p\['w6'\]\*h2 \+ p\['b3'\]\)` is",
)
b(
    "dh2 of s2",
    "dh2=h2*(1-h2)",
    "dh2=s2*(1-s2)",
    says=r"`∂h2/∂\(p\['w3'\]\*x\[0\] \+ p\['w4'\]\*x\[1\] \+ p\['b2'\]",
)
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
    "h2 sees w5",
    'g["w4"]=dL*do*p["w6"]',
    'g["w4"]=dL*do*p["w5"]',
    'g["w3"]=dL*do*p["w6"]',
    'g["w3"]=dL*do*p["w5"]',
    'g["b2"]=dL*do*p["w6"]',
    'g["b2"]=dL*do*p["w5"]',
    says=r"`∂L/∂h2` multiplies by `p\['w5'\]` where it sh",
)
b(
    "dropped do",
    'g["w5"]=dL*do*h1',
    'g["w5"]=dL*h1',
    says=r"`∂L/∂p\['w5'\]` is computed from `∂L/∂o` where",
)
b(
    "extra do",
    'g["w6"]=dL*do*h2',
    'g["w6"]=dL*do*do*h2',
    says=r"in `∂L/∂p\['w6'\]` only, the factor `∂o/∂\(p\['w",
)
b("extra h1", 'g["b3"]=dL*do', 'g["b3"]=dL*do*h1', says=r"`∂L/∂p\['b3'\]` is that of `p\['w5'\]`")
b("zero b2", 'g["b2"]=dL*do*p["w6"]*dh2', 'g["b2"]=0.0', says=r"`∂L/∂p\['b2'\]` is always 0")
b(
    "tanh deriv",
    "dh1=h1*(1-h1)",
    "dh1=1-h1**2",
    says=r"`∂h1/∂\(p\['w1'\]\*x\[0\] \+ p\['w2'\]\*x\[1\] \+ p\['b1'\]",
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
    "abs",
    "dL=-2*(y-o)",
    "dL=np.sign(o-y)",
    says=r"`∂\(\(y - o\)\*\*2\)/∂\(y - o\)` is taken as `sign\(\(",
)
b(
    "w2 in s2",
    's2=p["w3"]*x[0]+p["w4"]',
    's2=p["w3"]*x[0]+p["w2"]',
    says=r"`p\['w4'\]\*x\[1\]` reads `p\['w2'\]` where it shou",
)
b(
    "b1 in s2",
    '+p["b2"]\n',
    '+p["b1"]\n',
    says=r"`p\['w3'\]\*x\[0\] \+ p\['w4'\]\*x\[1\] \+ p\['b2'\]` read",
)
b("no b3", '+p["b3"]', "", says=r"`p\['b3'\]` is left out of `p\['w5'\]\*h1 \+ p\['w6")
b(
    "h1 twice",
    'p["w6"]*h2+p',
    'p["w6"]*h1+p',
    says=r"`p\['w6'\]\*h2` reads `h1` where it should read",
)
b(
    "relu h",
    "h1=sig(s1)",
    "h1=max(s1,0.0)",
    says=r"`h1` is computed as `relu\(p\['w1'\]\*x\[0\] \+ p\['",
)
b(
    "h2 tanh",
    "h2=sig(s2)",
    "h2=np.tanh(s2)",
    says=r"`h2` is computed as `tanh\(p\['w3'\]\*x\[0\] \+ p\['",
)
b("o lin", "o=sig(so)", "o=so", says=r"`o` is computed as `p\['w5'\]\*h1 \+ p\['w6'\]\*h2 ")
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
    "minus w6",
    '+p["w6"]*h2',
    '-p["w6"]*h2',
    says=r"`p\['w5'\]\*h1 \+ p\['w6'\]\*h2` has `-` between `p",
)
b(
    "x swapped s1",
    'p["w1"]*x[0]+p["w2"]*x[1]',
    'p["w1"]*x[1]+p["w2"]*x[0]',
    says=r"`p\['w1'\]\*x\[0\]` reads `p\['w2'\]` where it shou",
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
    "exp slope",
    "dh1=h1*(1-h1)",
    "dh1=np.exp(s1)/(1+np.exp(-s1))**2",
    says=r"`∂h1/∂\(p\['w1'\]\*x\[0\] \+ p\['w2'\]\*x\[1\] \+ p\['b1'\]",
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
b("sign", "return -np", "return np", says=r"`∂L/∂weights` has the wrong sign")
b(
    "no deriv",
    "delta=error*hidden*(1-hidden)",
    "delta=error",
    says=r"the factor `∂sigmoid\(inputs@weights\)/∂\(input",
)
b(
    "sig twice",
    "hidden*(1-hidden)",
    "sig(hidden)*(1-sig(hidden))",
    says=r"`∂sigmoid\(inputs@weights\)/∂\(inputs@weights\)`",
)
b(
    "pre",
    "hidden*(1-hidden)",
    "np.dot(inputs,weights)*(1-np.dot(inputs,weights))",
    says=r"`∂sigmoid\(inputs@weights\)/∂\(inputs@weights\)`",
)
b(
    "mean",
    "return -np.dot(inputs.T,delta)",
    "return -np.dot(inputs.T,delta)/len(inputs)",
    says=r"`∂L/∂weights` is 1/6 of what it should be \(6",
)
b("twice", "return -np", "return -2*np", says=r"`∂L/∂weights` is twice what it should be")
b(
    "first",
    "np.dot(inputs.T,delta)",
    "np.dot(inputs[:1].T,delta[:1])",
    says=r"`∂L/∂weights`: only one sample is used, the ",
)
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
    "out for hid",
    "hidden*(1-hidden)",
    "outputs*(1-outputs)",
    says=r"`∂sigmoid\(inputs@weights\)/∂\(inputs@weights\)`",
)
b(
    "only hidden",
    "hidden*(1-hidden)",
    "hidden",
    says=r"`∂sigmoid\(inputs@weights\)/∂\(inputs@weights\)`",
)
b(
    "1-h",
    "error*hidden*(1-hidden)",
    "error*(1-hidden)",
    says=r"`∂sigmoid\(inputs@weights\)/∂\(inputs@weights\)`",
)
b(
    "err sq",
    "delta=error*",
    "delta=error**2*",
    says=r"`∂\(\(outputs - sigmoid\(inputs@weights\)\)\*\*2\)/∂",
)
b(
    "h+o",
    "outputs-hidden",
    "outputs+hidden",
    says=r"`outputs - sigmoid\(inputs@weights\)` has `\+` ",
)
b("tanh", "hidden=sig(", "hidden=np.tanh(", says=r"`sigmoid\(inputs@weights\)` is computed as `ta")
b(
    "summed delta",
    "np.dot(inputs.T,delta)",
    "np.dot(inputs.T,np.full_like(delta,delta.sum()))",
    says=r"`∂L/∂weights` uses the sum of all elements o",
)
b(
    "row1",
    "return -np.dot(inputs.T,delta)",
    "g=-np.dot(inputs.T,delta)\n    g[1]=0\n    return g",
    says=r"`∂L/∂weights\[1, 0\]` is always 0",
)
b(
    "rows swapped",
    "return -np.dot(inputs.T,delta)",
    "return -np.dot(inputs.T,delta)[[1,0,2]]",
    says=r"`∂L/∂weights\[0, 0\]` and `∂L/∂weights\[1, 0\]` ",
)
b(
    "reversed",
    "return -np.dot(inputs.T,delta)",
    "return -np.dot(inputs.T,delta)[::-1]",
    says=r"`∂L/∂weights` has its elements in reverse or",
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
