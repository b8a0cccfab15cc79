# ruff: noqa: E501 -- pieces of code as people write them
"""Single mistakes by several hands: 2-2-1 and a recurrence, in scalars."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(2027)


def logistic(t):  # type: ignore[no-untyped-def]
    return 1.0 / (1.0 + np.exp(-t))


# --- a training step as in document 002, with the forward computation handed in ------------------


def squared(p, x, y_true):  # type: ignore[no-untyped-def]
    h1 = logistic(p["w1"] * x[0] + p["w2"] * x[1] + p["b1"])
    h2 = logistic(p["w3"] * x[0] + p["w4"] * x[1] + p["b2"])
    y_pred = logistic(p["w5"] * h1 + p["w6"] * h2 + p["b3"])
    return (y_true - y_pred) ** 2


names = ["w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3"]
A = Network(
    "hands: a training step",
    squared,
    ({n: float(v) for n, v in zip(names, rng.normal(size=9), strict=True)},),
    (np.array([-2.0, -1.0]), 1.0),
    """
def s(t): return 1 / (1 + np.exp(-t))
def ds(t): return s(t) * (1 - s(t))
def sums(p, x):
    s1 = p['w1'] * x[0] + p['w2'] * x[1] + p['b1']
    s2 = p['w3'] * x[0] + p['w4'] * x[1] + p['b2']
    h1, h2 = s(s1), s(s2)
    return s1, s2, h1, h2, p['w5'] * h1 + p['w6'] * h2 + p['b3']
def forward(p, x, y):
    return s(sums(p, x)[4])
def gradient(p, x, y):
    p = dict(p)
    s1, s2, h1, h2, so = sums(p, x)
    out = s(so)
    d_L_d_pred = -2 * (y - out)
    # output neuron
    d_w5, d_w6, d_b3 = h1 * ds(so), h2 * ds(so), ds(so)
    d_h1, d_h2 = p['w5'] * ds(so), p['w6'] * ds(so)
    # first hidden neuron
    d_w1, d_w2, d_b1 = x[0] * ds(s1), x[1] * ds(s1), ds(s1)
    # second hidden neuron
    d_w3, d_w4, d_b2 = x[0] * ds(s2), x[1] * ds(s2), ds(s2)
    p['w1'] -= 0.1 * d_L_d_pred * d_h1 * d_w1
    p['w2'] -= 0.1 * d_L_d_pred * d_h1 * d_w2
    p['b1'] -= 0.1 * d_L_d_pred * d_h1 * d_b1
    p['w3'] -= 0.1 * d_L_d_pred * d_h2 * d_w3
    p['w4'] -= 0.1 * d_L_d_pred * d_h2 * d_w4
    p['b2'] -= 0.1 * d_L_d_pred * d_h2 * d_b2
    p['w5'] -= 0.1 * d_L_d_pred * d_w5
    p['w6'] -= 0.1 * d_L_d_pred * d_w6
    p['b3'] -= 0.1 * d_L_d_pred * d_b3
    return p
""",
    learning_rate=0.1,
)
b = A.bug
b("d_h1 for w3", "d_h2 * d_w3", "d_h1 * d_w3", says=r"w3")


# --- nested tuples, tanh, a log loss, written in adjoints -----------------------------------------


def log_loss(net, point):  # type: ignore[no-untyped-def]
    (a, b, c), (d, e, f), (g, h, i) = net
    x, z, label = point
    u = np.tanh(a * x + b * z + c)
    v = np.tanh(d * x + e * z + f)
    q = logistic(g * u + h * v + i)
    return -(label * np.log(q) + (1 - label) * np.log(1 - q))


B = Network(
    "hands: adjoints",
    log_loss,
    (tuple(tuple(float(v) for v in row) for row in rng.normal(size=(3, 3))),),
    ((0.4, -1.2, 1.0),),
    """
def gradient(net, point):
    (a, b, c), (d, e, f), (g, h, i) = net
    x, z, label = point
    u, v = np.tanh(a*x + b*z + c), np.tanh(d*x + e*z + f)
    q = 1/(1 + np.exp(-(g*u + h*v + i)))
    o_bar = q - label
    u_bar = o_bar * g
    v_bar = o_bar * h
    p_bar = u_bar * (1 - u*u)
    r_bar = v_bar * (1 - v*v)
    return (p_bar*x, p_bar*z, p_bar), (r_bar*x, r_bar*z, r_bar), (o_bar*u, o_bar*v, o_bar)
""",
)
b = B.bug
b(
    "slope too many",
    "o_bar = q - label",
    "o_bar = (q - label)*q*(1 - q)",
    says=r"every|extra factor|∂q|\*q\*\(1 - q\)|q - q\*\*2|taken as",
)
b("o_bar q", "q - label", "q*(q - label)", says=r"extra factor `q`|taken as")
b("only y=1", "q - label", "-label/q", says=r"taken as|∂")
b(
    "pair",
    "(1 - u*u)",
    "1",
    "o_bar*v, o_bar",
    "o_bar*v, -o_bar",
    double=True,
    says=r"(?=.*left out)(?=.*wrong sign)",
)


# --- one number remembered from step to step -------------------------------------------------------


def remembered(w, u, b, v, xs, ys):  # type: ignore[no-untyped-def]
    state, cost = 0.0, 0.0
    for x, y in zip(xs, ys, strict=True):
        state = np.tanh(w * x + u * state + b)
        cost = cost + 0.5 * (v * state - y) ** 2
    return cost


C = Network(
    "hands: a scalar recurrence",
    remembered,
    {"w": 0.7, "u": -0.4, "b": 0.1, "v": 1.3},
    {"xs": rng.normal(size=4), "ys": rng.normal(size=4)},
    """
def gradient(w, u, b, v, xs, ys):
    T = len(xs)
    H = [0.0]
    for t in range(T):
        H.append(np.tanh(w*xs[t] + u*H[t] + b))
    gw = gu = gb = gv = 0.0
    carry = 0.0
    for t in reversed(range(T)):
        err = v*H[t+1] - ys[t]
        gv += err*H[t+1]
        back = err*v + carry
        back *= 1 - H[t+1]**2
        gw += back*xs[t]
        gu += back*H[t]
        gb += back
        carry = back*u
    return {'w': gw, 'u': gu, 'b': gb, 'v': gv}
""",
)
b = C.bug
b("carry without u", "carry = back*u", "carry = back", says=r"`u`|left out")
b("start at b", "H = [0.0]", "H = [b]", says=r"should read `u\*0`")

NETWORKS = [A, B, C]
