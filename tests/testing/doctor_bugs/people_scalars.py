"""Mistakes as several people would make them: scalars, one layer, regressions, momentum."""

from __future__ import annotations

import numpy as np

from microgradnet.ops.special import sigmoid as sig

from .network import collection

NETWORKS, add = collection()


# ---- Anna: 2-2-1 with dict, MSE over one sample, sigmoid
def net_a(p, x, t):  # type: ignore[no-untyped-def]
    h1 = sig(p["w1"] * x[0] + p["w2"] * x[1] + p["b1"])
    h2 = sig(p["w3"] * x[0] + p["w4"] * x[1] + p["b2"])
    o = sig(p["w5"] * h1 + p["w6"] * h2 + p["b3"])
    return (t - o) ** 2


A = add(
    "anna: 2-2-1",
    net_a,
    {k: 0.3 for k in ["w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3"]},
    {"x": np.array([0.5, -1.0]), "t": 1.0},
    """
def gradient(p, x, t):
    s1 = p["w1"] * x[0] + p["w2"] * x[1] + p["b1"]
    h1 = sig(s1)
    s2 = p["w3"] * x[0] + p["w4"] * x[1] + p["b2"]
    h2 = sig(s2)
    so = p["w5"] * h1 + p["w6"] * h2 + p["b3"]
    o = sig(so)
    dL_do = -2 * (t - o)
    do_dso = o * (1 - o)
    do_dh1 = p["w5"] * do_dso
    do_dh2 = p["w6"] * do_dso
    dh1 = h1 * (1 - h1)
    dh2 = h2 * (1 - h2)
    g = {}
    g["w5"] = dL_do * do_dso * h1
    g["w6"] = dL_do * do_dso * h2
    g["b3"] = dL_do * do_dso
    g["w1"] = dL_do * do_dh1 * dh1 * x[0]
    g["w2"] = dL_do * do_dh1 * dh1 * x[1]
    g["b1"] = dL_do * do_dh1 * dh1
    g["w3"] = dL_do * do_dh2 * dh2 * x[0]
    g["w4"] = dL_do * do_dh2 * dh2 * x[1]
    g["b2"] = dL_do * do_dh2 * dh2
    return g
""",
)
A.bug(
    "w4 times x0",
    'g["w4"] = dL_do * do_dh2 * dh2 * x[1]',
    'g["w4"] = dL_do * do_dh2 * dh2 * x[0]',
    says=r"w4.*x\[0\].*x\[1\]",
)
A.bug("hidden 2 uses w5", 'do_dh2 = p["w6"] * do_dso', 'do_dh2 = p["w5"] * do_dso', says=r"w5.*w6")
A.bug("sigmoid of sigmoid", "dh1 = h1 * (1 - h1)", "dh1 = sig(h1) * (1 - sig(h1))", says=r"h1|sig")
A.bug(
    "derivative squared sign: 1-h**2 tanh",
    "dh2 = h2 * (1 - h2)",
    "dh2 = 1 - h2 ** 2",
    says=r"tanh|1 - .*\^?2|h2",
)
A.bug("positive residual", "dL_do = -2 * (t - o)", "dL_do = 2 * (t - o)", says=r"sign|-1|minus")
A.bug("no two", "dL_do = -2 * (t - o)", "dL_do = -(t - o)", says=r"half|½|0\.5|1/2|2")
A.bug(
    "b3 forgot activation",
    'g["b3"] = dL_do * do_dso',
    'g["b3"] = dL_do',
    says=r"b3.*(factor|derivative|without|lacks|leaves out|sig|drop|o)",
)
A.bug(
    "b1 has extra x0",
    'g["b1"] = dL_do * do_dh1 * dh1',
    'g["b1"] = dL_do * do_dh1 * dh1 * x[0]',
    says=r"`∂L/∂b1` is that of `w1`",
)
A.bug(
    "b2 forgotten", 'g["b2"] = dL_do * do_dh2 * dh2', 'g["b2"] = 0.0', says=r"b2.*(zero|0|missing)"
)
A.bug(
    "forward w4 reads x0",
    'p["w4"] * x[1]',
    'p["w4"] * x[0]',
    says=r"w4.*x\[0\].*x\[1\]|x\[0\].*x\[1\]",
)
A.bug(
    "output derivative at pre-activation",
    "do_dso = o * (1 - o)",
    "do_dso = so * (1 - so)",
    says=r"(pre-?activation|so|w5|sig|o)",
)
A.bug(
    "w5, w6 swapped",
    'g["w5"] = dL_do * do_dso * h1\n    g["w6"] = dL_do * do_dso * h2',
    'g["w6"] = dL_do * do_dso * h1\n    g["w5"] = dL_do * do_dso * h2',
    says=r"w5.*w6",
)
A.bug("h2 missing its bias", ' + p["b2"]', "", says=r"b2")
A.bug("residual against h1", "dL_do = -2 * (t - o)", "dL_do = -2 * (t - h1)", says=r"h1.*o|h1")
A.bug(
    "pair: w4 x0 and wrong w5",
    'g["w4"] = dL_do * do_dh2 * dh2 * x[1]',
    'g["w4"] = dL_do * do_dh2 * dh2 * x[0]',
    'do_dh1 = p["w5"] * do_dso',
    'do_dh1 = p["w6"] * do_dso',
    says=r"(?=.*w4.*x\[0\])(?=.*w6.*w5)",
    double=True,
)
A.bug(
    "pair: forward reads twice x0",
    'p["w2"] * x[1]',
    'p["w2"] * x[0]',
    'p["w4"] * x[1]',
    'p["w4"] * x[0]',
    says=r"(?=.*w2)(?=.*w4)",
    double=True,
)


# ---- Ben: the same with a training step
def net_b(w1, w2, w3, w4, w5, w6, x1, x2, y):  # type: ignore[no-untyped-def]
    h1 = np.tanh(w1 * x1 + w2 * x2)
    h2 = np.tanh(w3 * x1 + w4 * x2)
    out = w5 * h1 + w6 * h2
    return 0.5 * (out - y) ** 2


B = add(
    "ben: tanh step",
    net_b,
    (0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
    (1.0, 2.0, 0.5),
    """
def gradient(w1, w2, w3, w4, w5, w6, x1, x2, y):
    lr = 0.1
    h1 = np.tanh(w1 * x1 + w2 * x2)
    h2 = np.tanh(w3 * x1 + w4 * x2)
    out = w5 * h1 + w6 * h2
    e = out - y
    d1 = e * w5 * (1 - h1 ** 2)
    d2 = e * w6 * (1 - h2 ** 2)
    w5 = w5 - lr * e * h1
    w6 = w6 - lr * e * h2
    w1 = w1 - lr * d1 * x1
    w2 = w2 - lr * d1 * x2
    w3 = w3 - lr * d2 * x1
    w4 = w4 - lr * d2 * x2
    return w1, w2, w3, w4, w5, w6
""",
    learning_rate=0.1,
)
B.bug("ascends", "w4 = w4 - lr", "w4 = w4 + lr", says=r"w4.*(sign|-1|minus)")
B.bug("no lr on w6", "w6 = w6 - lr * e", "w6 = w6 - e", says=r"w6.*(10|learning|lr)")
B.bug(
    "after the update",
    "    d1 = e * w5 * (1 - h1 ** 2)\n",
    "",
    "    w6 = w6 - lr * e * h2\n",
    "    w6 = w6 - lr * e * h2\n    d1 = e * w5 * (1 - h1 ** 2)\n",
    says=r"w5.*(updated|update|new)|(updated|already).*w5",
)
B.bug(
    "h1 for h2", "d2 = e * w6 * (1 - h2 ** 2)", "d2 = e * w6 * (1 - h1 ** 2)", says=r"h1.*h2|tanh"
)
B.bug(
    "output through tanh",
    "out = w5 * h1 + w6 * h2\n",
    "out = np.tanh(w5 * h1 + w6 * h2)\n",
    says=r"tanh|out",
)
B.bug("w3 twice updated / w3 d1", "w3 = w3 - lr * d2 * x1", "w3 = w3 - lr * d1 * x1", says=r"w3|w5")
B.bug(
    "forgets tanh derivative for d1",
    "d1 = e * w5 * (1 - h1 ** 2)",
    "d1 = e * w5",
    says=r"tanh|h1|derivative",
)


# ---- document 003: six samples, one layer, sigmoid
def net_c(p, X, Y):  # type: ignore[no-untyped-def]
    hidden = sig(X @ p["weights"])
    return 0.5 * ((Y - hidden) ** 2).sum()


C = add(
    "chen: document 003",
    net_c,
    {"weights": np.full((3, 1), 0.5)},
    {
        "X": np.array([[0, 1, 0], [0, 1, 1], [0, 0, 0], [1, 0, 0], [1, 1, 1], [1, 0, 1.0]]),
        "Y": np.array([[0], [0], [0], [1], [1], [1.0]]),
    },
    """
def gradient(params, X, Y):
    weights = params["weights"]
    hidden = 1 / (1 + np.exp(-X @ weights))
    error = Y - hidden
    delta = error * (hidden * (1 - hidden))
    weights = weights + np.dot(X.T, delta)
    return {"weights": weights}
""",
    learning_rate=1.0,
)
C.bug(
    "derivative applied to activated value",
    "delta = error * (hidden * (1 - hidden))",
    "s = 1 / (1 + np.exp(-hidden))\n    delta = error * (s * (1 - s))",
    says=r"hidden|sig",
)
C.bug(
    "no derivative",
    "delta = error * (hidden * (1 - hidden))",
    "delta = error",
    says=r"(sig|hidden|deriv)",
)
C.bug("minus", "weights = weights + ", "weights = weights - ", says=r"sign|-1|minus")
C.bug("mean", "np.dot(X.T, delta)", "np.dot(X.T, delta) / len(X)", says=r"mean|1/6|6|batch")
C.bug(
    "X of hidden",
    "hidden = 1 / (1 + np.exp(-X @ weights))",
    "hidden = 1 / (1 + np.exp(X @ weights))",
    says=r"sign|-|minus|neg|sig",
)
C.bug(
    "last sample lost",
    "np.dot(X.T, delta)",
    "np.dot(X[:-1].T, delta[:-1])",
    says=r"(sample|row|last|5)",
)
C.bug("double", "error = Y - hidden", "error = 2 * (Y - hidden)", says=r"2|twice|double")


# ---- 003 second form with bias, list of params
def net_d(w, b, X, y):  # type: ignore[no-untyped-def]
    z = X @ w + b
    yhat = sig(z)
    return -(y * np.log(yhat) + (1 - y) * np.log(1 - yhat)).mean()


D = add(
    "dora: logistic",
    net_d,
    (np.array([0.2, -0.3, 0.1]), 0.1),
    (np.array([[1.0, 2, 0], [0.5, -1, 1], [2, 1, -1], [0, 0.3, 2]]), np.array([1.0, 0, 1, 0])),
    """
def gradient(w, b, X, y):
    n = len(y)
    z = X @ w + b
    yhat = sig(z)
    dz = (yhat - y) / n
    dw = X.T @ dz
    db = dz.sum()
    return dw, db
""",
)
D.bug("no mean", "dz = (yhat - y) / n", "dz = yhat - y", says=r"4|sum|mean|batch")
D.bug("db mean too", "db = dz.sum()", "db = dz.mean()", says=r"b.*(4|mean|batch|sum)")
D.bug(
    "extra sigmoid derivative",
    "dz = (yhat - y) / n",
    "dz = (yhat - y) * yhat * (1 - yhat) / n",
    says=r"(sig|yhat|squared|deriv)",
)
D.bug("z for yhat", "dz = (yhat - y) / n", "dz = (z - y) / n", says=r"z|sig|X @ w")
D.bug("divides by features", "n = len(y)", "n = X.shape[1]", says=r"3|4|ratio|batch")
D.bug("db of first only", "db = dz.sum()", "db = dz[0]", says=r"b.*(first|sample|0)")


# ---- linear regression with ridge
def net_e(w, b, X, y, lam):  # type: ignore[no-untyped-def]
    r = X @ w + b - y
    return (r**2).mean() + lam * (w**2).sum()


E_ = add(
    "emil: ridge",
    net_e,
    (np.array([0.2, -0.3]), 0.1),
    (np.array([[1.0, 2], [0.5, -1], [2, 1], [0, 0.3], [1, 1]]), np.array([1.0, 0, 1, 0, 2]), 0.1),
    """
def gradient(w, b, X, y, lam):
    r = X @ w + b - y
    gw = 2 * X.T @ r / len(y) + 2 * lam * w
    gb = 2 * r.mean()
    return gw, gb
""",
)
E_.bug("penalty halved", "2 * lam * w", "lam * w", says=r"lam|w\b.*(half|½|1/2|0\.5|2)")
E_.bug("penalty dropped", " + 2 * lam * w", "", says=r"through `w\*\*2` in `∂L/∂w` is missing")
E_.bug("penalty subtracted", " + 2 * lam * w", " - 2 * lam * w", says=r"lam.*(sign|minus|-)|sign")
E_.bug(
    "penalty divided by n",
    " / len(y) + 2 * lam * w",
    " / len(y) + 2 * lam * w / len(y)",
    says=r"5|lam",
)
E_.bug(
    "bias decays too",
    "gb = 2 * r.mean()",
    "gb = 2 * r.mean() + 2 * lam * b",
    says=r"b.*(lam|penal)|lam.*b",
)
E_.bug("residual without bias", "r = X @ w + b - y", "r = X @ w - y", says=r"\bb\b")


# ---- momentum
def net_f(p, v, X, y):  # type: ignore[no-untyped-def]
    e = X @ p["w"] - y
    return 0.1 * 0.5 * (e**2).sum() + 0.9 * (v * p["w"]).sum()


F = add(
    "fay: momentum direction",
    net_f,
    {"w": np.array([0.2, -0.3])},
    {
        "v": np.array([0.4, 0.7]),
        "X": np.array([[1.0, 2], [0.5, -1], [2, 1]]),
        "y": np.array([1.0, 0, 2]),
    },
    """
def gradient(p, v, X, y):
    g = X.T @ (X @ p["w"] - y)
    v_new = 0.9 * v + 0.1 * g
    return {"w": v_new}
""",
)
F.bug("full gradient", "0.1 * g", "g", says=r"10|0\.1")
F.bug("momentum dropped", 'return {"w": v_new}', 'return {"w": 0.1 * g}', says=r"v")
F.bug("coefficients swapped", "0.9 * v + 0.1 * g", "0.1 * v + 0.9 * g", says=r"0\.9|0\.1|9")
