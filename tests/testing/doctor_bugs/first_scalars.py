"""Mistakes as people type them: the 2-2-1 network and document 003's, written anew."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import collection, normal

NETWORKS, add = collection()
R = normal(np.random.default_rng(801))


# ---- deltas, one sample, every weight an argument
def deltas(w1, w2, w3, w4, w5, w6, b1, b2, b3, x1, x2, y):  # type: ignore[no-untyped-def]
    s1 = w1 * x1 + w2 * x2 + b1
    s2 = w3 * x1 + w4 * x2 + b2
    h1 = sig(s1)
    h2 = sig(s2)
    s3 = w5 * h1 + w6 * h2 + b3
    o = sig(s3)
    return (y - o) ** 2


D = add(
    "first: deltas",
    deltas,
    (0.3, -0.8, 1.1, 0.4, -0.6, 0.9, 0.2, -0.1, 0.5),
    (1.2, -0.7, 1.0),
    """
def gradient(w1, w2, w3, w4, w5, w6, b1, b2, b3, x1, x2, y):
    s1 = w1 * x1 + w2 * x2 + b1
    s2 = w3 * x1 + w4 * x2 + b2
    h1 = sig(s1)
    h2 = sig(s2)
    o = sig(w5 * h1 + w6 * h2 + b3)

    delta_o = -2 * (y - o) * o * (1 - o)
    delta_1 = delta_o * w5 * h1 * (1 - h1)
    delta_2 = delta_o * w6 * h2 * (1 - h2)

    g1, g2 = delta_1 * x1, delta_1 * x2
    g3, g4 = delta_2 * x1, delta_2 * x2
    g5, g6 = delta_o * h1, delta_o * h2
    return g1, g2, g3, g4, g5, g6, delta_1, delta_2, delta_o
""",
)
D.bug("deriv at s1", "w5 * h1 * (1 - h1)", "w5 * s1 * (1 - s1)", says=r"s1|w1\*x1")
D.bug(
    "bias times bias",
    "delta_1, delta_2, delta_o\n",
    "delta_1 * b1, delta_2 * b2, delta_o * b3\n",
    says=r"(?=.*extra factor `b1`)(?=.*extra factor `b2`)(?=.*extra factor `b3`)",
)
D.bug("both weights", "delta_o * w5 *", "delta_o * (w5 + w6) *", says=r"w5 \+ w6|w6")
D.bug(
    "biases in the other order",
    "delta_1, delta_2, delta_o\n",
    "delta_o, delta_1, delta_2\n",
    says=r"(?=.*b1)(?=.*b2)(?=.*b3)",
)
D.bug("square lost", "-2 * (y - o) * o", "-2 * o", says=r"y|o")
D.bug(
    "pair: sign and missing slope",
    "-2 * (y - o)",
    "2 * (y - o)",
    "delta_o * w5 * h1 * (1 - h1)",
    "delta_o * w5",
    says=r"(?=.*(sign|-1))(?=.*(h1|s1))",
    double=True,
)


# ---- a loop over samples that adds up in a dict
WEIGHTS = ["w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3"]


def looped(P, data, target):  # type: ignore[no-untyped-def]
    total = 0.0
    for k in range(4):
        h1 = sig(P["w1"] * data[k, 0] + P["w2"] * data[k, 1] + P["b1"])
        h2 = sig(P["w3"] * data[k, 0] + P["w4"] * data[k, 1] + P["b2"])
        out = sig(P["w5"] * h1 + P["w6"] * h2 + P["b3"])
        total = total + (out - target[k]) ** 2
    return total / 4


A = add(
    "first: adds up in a dict",
    looped,
    (dict(zip(WEIGHTS, R(9).tolist(), strict=True)),),
    (R(4, 2), np.array([1.0, 0, 0, 1])),
    """
def gradient(P, data, target):
    N = len(data)
    G = {name: 0.0 for name in P}
    for k in range(N):
        a, b = data[k]
        t = target[k]
        h1 = sig(P["w1"] * a + P["w2"] * b + P["b1"])
        h2 = sig(P["w3"] * a + P["w4"] * b + P["b2"])
        out = sig(P["w5"] * h1 + P["w6"] * h2 + P["b3"])
        dout = 2 * (out - t)
        dz = dout * out * (1 - out)
        G["w5"] += dz * h1
        G["w6"] += dz * h2
        G["b3"] += dz
        dz1 = dz * P["w5"] * h1 * (1 - h1)
        dz2 = dz * P["w6"] * h2 * (1 - h2)
        G["w1"] += dz1 * a
        G["w2"] += dz1 * b
        G["b1"] += dz1
        G["w3"] += dz2 * a
        G["w4"] += dz2 * b
        G["b2"] += dz2
    for name in G:
        G[name] = G[name] / N
    return G
""",
)
A.bug(
    "reset in the loop",
    "        a, b = data[k]",
    "        G = {name: 0.0 for name in P}\n        a, b = data[k]",
    says=r"sample|data\[3|last|only|0, 1 and 2",
)
A.bug("one sample short", "range(N)", "range(N - 1)", says=r"sample|data\[3|target\[3|last")
A.bug("b2 added to b1", 'G["b2"] += dz2', 'G["b1"] += dz2', says=r"(?=.*b1)(?=.*b2)")
A.bug(
    "running mean",
    "        dout = 2 * (out - t)",
    "        dout = 2 * (out - t) / (k + 1)",
    says=r"weights 1, 0\.5, 0\.33",
)
A.bug(
    "pair: twice divided, slope of h2 gone",
    "dout = 2 * (out - t)",
    "dout = 2 * (out - t) / N",
    "h2 * (1 - h2)",
    "h2",
    says=r"(?=.*(1/4|4))(?=.*h2)",
    double=True,
)


# ---- a training step on numbers
def step_loss(w, c, x, y):  # type: ignore[no-untyped-def]
    h1 = sig(w[0] * x[0] + w[1] * x[1] + c[0])
    h2 = sig(w[2] * x[0] + w[3] * x[1] + c[1])
    o = sig(w[4] * h1 + w[5] * h2 + c[2])
    return 0.5 * (o - y) ** 2


S = add(
    "first: step",
    step_loss,
    (R(6), R(3)),
    (R(2), 0.0),
    """
LR = 0.5
def gradient(w, c, x, y):
    w = list(w)
    c = list(c)
    h = [sig(w[0] * x[0] + w[1] * x[1] + c[0]), sig(w[2] * x[0] + w[3] * x[1] + c[1])]
    o = sig(w[4] * h[0] + w[5] * h[1] + c[2])
    d_o = (o - y) * o * (1 - o)
    d_h = [d_o * w[4 + j] * h[j] * (1 - h[j]) for j in range(2)]
    for j in range(2):
        w[4 + j] -= LR * d_o * h[j]
    for j in range(2):
        for i in range(2):
            w[2 * j + i] -= LR * d_h[j] * x[i]
        c[j] -= LR * d_h[j]
    c[2] -= LR * d_o
    return np.array(w), np.array(c)
""",
    learning_rate=0.5,
)
HIDDEN = "    d_h = [d_o * w[4 + j] * h[j] * (1 - h[j]) for j in range(2)]\n"
S.bug(
    "output weights first",
    HIDDEN,
    "",
    "    for j in range(2):\n        for i in",
    HIDDEN + "    for j in range(2):\n        for i in",
    says=r"read `w\[4\]` and `w\[5\]` after the update",
)
S.bug("ascent in the biases", "c[j] -= LR", "c[j] += LR", says=r"(sign|-1).*c|c.*(sign|-1|minus)")
S.bug(
    "momentum on top",
    "w[4 + j] -= LR * d_o * h[j]",
    "w[4 + j] -= LR * d_o * h[j] + 0.9 * LR * d_o * h[j]",
    says=r"1\.9|19/10",
)
S.bug(
    "decay nobody asked for",
    "w[4 + j] -= LR * d_o * h[j]",
    "w[4 + j] -= LR * (d_o * h[j] + 0.01 * w[4 + j])",
    says=r"w\[4|w",
)
S.bug(
    "pair: x shifted, updated first",
    "LR * d_h[j] * x[i]",
    "LR * d_h[j] * x[1 - i]",
    "c[2] -= LR * d_o",
    "c[2] += LR * d_o",
    says=r"(?=.*x)(?=.*c\[2\])",
    double=True,
)


# ---- document 003: class with a training step, rate one
def three(weights, inputs, outputs):  # type: ignore[no-untyped-def]
    hidden = sig(np.dot(inputs, weights))
    return 0.5 * np.sum((outputs - hidden) ** 2)


T = add(
    "first: document 003 step",
    three,
    (R(3, 1),),
    (
        np.array([[0, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 0], [1, 1, 1], [1, 0, 1.0]]),
        np.array([[0], [0], [0], [1], [1], [1.0]]),
    ),
    """
class Net:
    def __init__(self, inputs, outputs, weights):
        self.inputs, self.outputs, self.weights = inputs, outputs, weights.copy()
    def sigmoid(self, x, deriv=False):
        if deriv == True:
            return x * (1 - x)
        return 1 / (1 + np.exp(-x))
    def feed_forward(self):
        self.z = np.dot(self.inputs, self.weights)
        self.hidden = self.sigmoid(self.z)
    def backpropagation(self):
        self.error = self.outputs - self.hidden
        delta = self.error * self.sigmoid(self.hidden, deriv=True)
        self.weights += np.dot(self.inputs.T, delta)

def gradient(weights, inputs, outputs):
    net = Net(inputs, outputs, weights)
    net.feed_forward()
    net.backpropagation()
    return net.weights
""",
    learning_rate=1.0,
)
T.bug(
    "flag forgotten",
    "self.sigmoid(self.hidden, deriv=True)",
    "self.sigmoid(self.hidden)",
    says=r"sigmoid\(hidden\)",
)
T.bug(
    "mean error", "delta = self.error *", "delta = np.average(self.error) *", says=r"mean|average"
)
T.bug(
    "slope twice",
    "self.sigmoid(self.hidden, deriv=True)",
    "self.sigmoid(self.hidden, deriv=True) ** 2",
    says=r"twice|factor|square|again|hidden",
)
T.bug(
    "sum of the deltas",
    "np.dot(self.inputs.T, delta)",
    "np.sum(delta)",
    says=r"without the factor `inputs`|leaves out .*`inputs`",
)


# ---- document 003 with one dimension less, a bias, cross entropy, mean
def entropy(w, b, X, y):  # type: ignore[no-untyped-def]
    p = sig(X @ w + b)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


E = add(
    "first: cross entropy",
    entropy,
    (R(3), 0.3),
    (R(6, 3), np.array([0, 1, 1, 0, 1, 0.0])),
    """
def gradient(w, b, X, y):
    m = X.shape[0]
    p = 1.0 / (1.0 + np.exp(-(X @ w + b)))
    dp = -y / p + (1 - y) / (1 - p)
    ds = dp * p * (1 - p) / m
    dw = np.empty(3)
    for j in range(3):
        dw[j] = np.dot(X[:, j], ds)
    db = ds.sum()
    return dw, db
""",
)
E.bug("minus in the middle", "-y / p + (1 - y)", "-y / p - (1 - y)", says=r"1 - |y|p")
E.bug("labels as -1 and 1", "    dp = ", "    y = 2 * y - 1\n    dp = ", says=r"y")
E.bug(
    "pair: bias of one sample, sign",
    "db = ds.sum()",
    "db = ds[0]",
    "dp = -y / p + (1 - y) / (1 - p)",
    "dp = y / p - (1 - y) / (1 - p)",
    says=r"(?=.*b)(?=.*(sign|-1|minus|times))",
    double=True,
)
