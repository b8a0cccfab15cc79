# ruff: noqa: E501 -- pieces of code as people write them
"""Single mistakes by several hands: convolutions and a recurrent cell."""

from __future__ import annotations

import numpy as np

from .network import Network

rng = np.random.default_rng(2029)


def logistic(t):  # type: ignore[no-untyped-def]
    return 1.0 / (1.0 + np.exp(-t))


# --- in one direction: a filter, tanh, a dense layer, with loops -----------------------------------


def filtered(theta, signal, wanted):  # type: ignore[no-untyped-def]
    kernel, bias, dense = theta["kernel"], theta["bias"], theta["dense"]
    pre = np.array([0.0] * 5) + bias
    for j in range(3):
        pre = pre + kernel[j] * signal[j : j + 5]
    post = np.tanh(pre)
    return 0.5 * (dense @ post - wanted) ** 2


A = Network(
    "hands: a filter",
    filtered,
    ({"kernel": rng.normal(size=3), "bias": 0.2, "dense": rng.normal(size=5)},),
    (rng.normal(size=7), 0.5),
    """
def gradient(theta, signal, wanted):
    kernel, bias, dense = theta['kernel'], theta['bias'], theta['dense']
    post = np.empty(5)
    for i in range(5):
        acc = bias
        for j in range(3):
            acc += kernel[j] * signal[i + j]
        post[i] = np.tanh(acc)
    r = post.dot(dense) - wanted
    g = {'kernel': np.zeros(3), 'bias': 0.0, 'dense': r * post}
    for i in range(5):
        d = r * dense[i] * (1 - post[i] ** 2)
        g['bias'] += d
        for j in range(3):
            g['kernel'][j] += d * signal[i + j]
    return g
""",
)
b = A.bug
b("i - j", "d * signal[i + j]", "d * signal[i - j]", says="unexplained")
b(
    "= instead of +=",
    "g['kernel'][j] += d",
    "g['kernel'][j] = d",
    says=r"kernel'\]`?: only the last of its 5|kernel.*only.*last",
)
b("dense at 0", "r * dense[i]", "r * dense[0]", says=r"dense")
b(
    "four windows",
    "for i in range(5):\n        d =",
    "for i in range(4):\n        d =",
    says=r"∂L/∂pre.*leaves out the element 4 of `∂L/∂post`",
)


# --- in two directions: windows as a view, relu, the mean -------------------------------------------


def pictures(F, c, images, goals):  # type: ignore[no-untyped-def]
    windows = np.lib.stride_tricks.sliding_window_view(images, (2, 2), axis=(1, 2))
    maps = np.einsum("nijkl,kl->nij", windows, F) + c
    pooled = np.maximum(maps, 0).mean(axis=(1, 2))
    return np.mean((pooled - goals) ** 2)


B = Network(
    "hands: pictures",
    pictures,
    (rng.normal(size=(2, 2)), 0.3),
    (rng.normal(size=(3, 4, 4)), rng.normal(size=3)),
    """
def gradient(F, c, images, goals):
    n = len(images)
    dF, dc = np.zeros((2, 2)), 0.0
    for img, goal in zip(images, goals):
        z = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                z[i, j] = np.sum(img[i:i+2, j:j+2] * F) + c
        err = np.maximum(z, 0).mean() - goal
        dz = 2 * err / n * (z > 0) / 9
        for i in range(3):
            for j in range(3):
                dF += dz[i, j] * img[i:i+2, j:j+2]
        dc += dz.sum()
    return dF, dc
""",
)
b = B.bug
b(
    "true convolution",
    "np.sum(img[i:i+2, j:j+2] * F)",
    "np.sum(img[i:i+2, j:j+2] * F[::-1, ::-1])",
    says=r"F.*reverse|reverse.*F",
)
b(
    "ji",
    "img[i:i+2, j:j+2]\n        dc",
    "img[j:j+2, i:i+2]\n        dc",
    says=r"∂L/∂F.*axes 1 and 2 exchanged",
)
b(
    "last picture",
    "dF += dz[i, j]",
    "dF = dF * (i + j > 0) + dz[i, j]",
    says=r"∂L/∂F`: only one sample is used, the last|only the last",
)


# --- a recurrent cell that reads letters ------------------------------------------------------------


def letters(Wxh, Whh, Why, bh, by, xs, ts):  # type: ignore[no-untyped-def]
    h = np.zeros(3)
    loss = 0.0
    for x, t in zip(xs, ts, strict=True):
        h = np.tanh(Wxh @ x + Whh @ h + bh)
        y = Why @ h + by
        loss = loss + np.log(np.sum(np.exp(y))) - y @ t
    return loss


C = Network(
    "hands: letters",
    letters,
    (
        rng.normal(size=(3, 4)),
        rng.normal(size=(3, 3)),
        rng.normal(size=(4, 3)),
        rng.normal(size=3),
        rng.normal(size=4),
    ),
    (np.eye(4)[[0, 2, 3]], np.eye(4)[[2, 3, 1]]),
    """
def gradient(Wxh, Whh, Why, bh, by, xs, ts):
    hs, ps = {-1: np.zeros(3)}, {}
    for t in range(len(xs)):
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
        ys = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys) / np.sum(np.exp(ys))
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(xs))):
        dy = ps[t] - ts[t]
        dWhy += np.outer(dy, hs[t])
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.outer(dhraw, xs[t])
        dWhh += np.outer(dhraw, hs[t-1])
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dWhy, dbh, dby
""",
)
b = C.bug
b(
    "a carry of ones",
    "dbh, dby = np.zeros_like(bh), np.zeros_like(by)\n    dhnext = np.zeros_like(hs[0])",
    "dbh, dby = np.zeros_like(bh), np.zeros_like(by)\n    dhnext = np.ones_like(hs[0])",
    says="begins with ones",
)

NETWORKS = [A, B, C]
