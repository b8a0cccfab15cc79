"""What people forget, leave out or take for another thing in a line, one by one."""

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

from .test_doctor_lines import defined, lines, read

RNG = np.random.default_rng(11)
# Random points beyond what a logarithm is defined at are drawn again.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in log:RuntimeWarning")
W, X, T = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5)
K, LINE, D = RNG.normal(size=3), RNG.normal(size=8), RNG.normal(size=(3, 2))
TWICE, Z, Y = np.concatenate([W, W]), RNG.normal(size=(2, 4, 3)), RNG.normal(size=(4, 1, 3))


def neuron(w: Any, x: Any, t: Any) -> Any:
    return np.sum((np.tanh(x @ w) - t) ** 2)


def in_columns(b: Any, v: Any, x: Any) -> Any:
    return np.sum(np.sin(v @ x + b[:, None]))


def scaled(w: Any, x: Any) -> Any:
    return np.sum(np.sin(w * x / np.sqrt(np.mean(x**2) + 0.1)))


def counts(b: Any, exposure: Any, t: Any) -> Any:
    return np.sum(np.exp(b + np.log(exposure)) - t * b)


def windows(w: Any, k: Any, t: Any) -> Any:
    padded = np.concatenate([np.zeros(1), w, np.zeros(1)])
    return sum((np.sum(k * padded[j : j + 3]) - t[j]) ** 2 for j in range(8))


def strided(k: Any, x: Any) -> Any:
    return sum(np.sum(k * x[2 * j : 2 * j + 3]) ** 2 for j in range(3))


def filtered(k: Any, x: Any) -> Any:
    return sum(np.sum(k * x[j : j + 3]) ** 3 for j in range(6))


def ridge(w: Any, x: Any, t: Any) -> Any:
    return neuron(w, x, t) + 0.15 * np.sum(w * w)


def leaky(w: Any, x: Any, t: Any) -> Any:
    z = x @ w
    return np.sum(t * np.where(z > 0, z, 0.1 * z))


def logs(w: Any, x: Any) -> Any:
    return np.sum(np.log(w * x**2 + 0.25))


def sums(w: Any, c: Any, x: Any) -> Any:
    return np.sum(np.sin(x * w + c))


def gated(c: Any, f: Any) -> Any:
    return np.sum(np.sin(c * f))


def powers(w: Any, x: Any) -> Any:
    return np.sum(np.sin(w[0] * x) + w[1] * x**3)


def centred(w: Any, x: Any) -> Any:
    return np.sum((x - np.mean(x, axis=0, keepdims=True)) ** 2 * w)


def turned(w: Any, x: Any) -> Any:
    return np.sum(np.swapaxes(x, 0, 1) * np.arange(4.0)[:, None, None] ** 2 * w)


def flagged(w: Any, v: Any, x: Any) -> Any:
    return np.sum(x * w) + np.sum(x * v) + 0.5 * np.sum(v * v)


def shifted(w: Any, x: Any) -> Any:
    rows = [x[i] if x[i, 0, 0] >= x[i + 1, 0, 0] else x[i + 1] for i in (0, 2)]
    return np.sum(rows[0][0] * w) + np.sum(rows[1][0] * w)


def sliced(w: Any) -> Any:
    return np.sum(w * w)


def bounded(w: Any, x: Any) -> Any:
    return np.sum((x @ w) ** 2)


def halves(w: Any, x: Any) -> Any:
    return np.sum(np.sin(x @ w[:3])) + np.sum(x @ w[3:])


NEURON = """
def gradient(w, x, t):
    a = np.tanh(x @ w)
    d = {}
    return (x.T @ d,)
"""
ROWS = """
def gradient(w, x, t):
    g, kept = np.zeros(3), []
    rows = len(x)
    for i in range(rows):
        kept.append(np.tanh(x[i] @ w))
    for i in range(rows):
        d = 2 * (kept[i] - t[i]) * (1 - kept[i] ** 2)
        g += d * {}
    return (g,)
"""
WHILE = """
def gradient(w, x, t):
    g = np.zeros(3)
    i, rows = 0, len(x)
    while {}:
        a = np.tanh(x[i] @ w)
        g += 2 * (a - t[i]) * (1 - a ** 2) * x[i]
        i += 1
    return (g,)
"""
LATE = """
def gradient(w, x, t):
    backs = []
    for i in range(len(x)):
        a = np.tanh(x[i] @ w)
        d = 2 * (a - t[i]) * (1 - a ** 2)
        backs.append({})
    return (sum(back(row) for back, row in zip(backs, x)),)
"""
LAYERS = """
class Times:
    def __init__(self, c):
        self.c = c
    def back(self, d):
        return self.c * d
def gradient(w, x, t):
    a = np.tanh(x @ w)
    d = a - t
    layers = [Times(2), Times(1 - a ** 2)]
    for layer in layers:
        {}
    return (x.T @ d,)
"""
COLUMNS = """
def gradient(b, v, x):
    z = v @ x + {}
    d = np.cos(z)
    return d.sum(axis=1), d @ x.T
"""
SCALED = """
def gradient(w, x):
    size = {}
    return (np.cos(w * x / size) * x / size,)
"""
COUNTS = """
def gradient(b, exposure, t):
    eta = b + {}
    return (np.sum(np.exp(eta) - t),)
"""
PADDED = """
def gradient(w, k, t):
    pad = 1
    padded = np.concatenate([np.zeros(pad), w, np.zeros(pad)])
    back = np.zeros_like(padded)
    for j in range(8):
        back[j:j + 3] += 2 * (np.sum(k * padded[j:j + 3]) - t[j]) * k
    return (back[{}],)
"""
STRIDED = """
def gradient(k, x):
    g, stride, width = np.zeros(3), 2, 3
    for j in range(3):
        a, b = {}
        g += 2 * np.sum(k * x[a:b]) * x[a:b]
    return (g,)
"""
FILTERED = """
def gradient(k, x):
    y = {}
    return (np.correlate(x, 3 * y ** 2, "valid"),)
"""
RIDGE = """
LAMBDA = 0.3
def gradient(w, x, t):
    a = np.tanh(x @ w)
    g = {}
    return (g,)
"""
LEAKY = """
def gradient(w, x, t):
    up = x @ w > 0
    d = t.copy()
    {}
    return (x.T @ d,)
"""
LOGS = """
EPS = 0.25
def gradient(w, x):
    p = w * x ** 2
    return (p / w / {},)
"""
SUMS = """
def gradient(w, c, x):
    d = np.cos(x * w + c)
    dc = {}
    return d @ x, dc
"""
GATED = """
def gradient(c, f):
    d = np.cos(c * f)
    return {}, d * c
"""
REDUCED = """
def gradient(w, c, x):
    d = np.cos(x * w + c)
    return {}.sum(), d.sum()
"""
HALVES = """
def gradient(w, x):
    half = 3
    both = np.concatenate([np.cos(x @ w[{}]) @ x, x.sum(axis=0)])
    return (both,)
"""
JOINED = """
def gradient(w, x):
    d, e = np.cos(w[0] * x), x ** 3
    return (np.stack([{}, e]).sum(axis=1),)
"""


CENTRED = """
def gradient(w, x):
    c = x - x.mean(axis={}, keepdims=True)
    return (np.sum(c ** 2, axis=(0, 1)),)
"""
TURNED = """
def gradient(w, x):
    c = x.{}
    return (np.sum(c * np.arange(4.0)[:, None, None] ** 2, axis=(0, 1)),)
"""
FLAGGED = """
def decayed(g, w, decay):
    return g + w if decay else g
def gradient(w, v, x):
    g = x.sum(axis=(0, 1))
    return decayed(g, w, decay={}), decayed(g, v, decay=True)
"""
MADE = """
def gradient(w, x, t):
    a = np.tanh(x @ w)
    slope = 1 - a ** 2
    d = 2 * (a - t)
    return (x.T @ {},)
"""
ADDED = """
def gradient(w, c, x):
    d = np.cos({})
    return d @ x, d.sum()
"""
MARGINS = """
def gradient(w, k, t):
    pad = 1
    padded = np.pad(w, {})
    back = np.zeros_like(padded)
    for j in range(8):
        back[j:j + 3] += 2 * (np.sum(k * padded[j:j + 3]) - t[j]) * k
    return (back[pad:-pad],)
"""
SLICED = """
def gradient(w):
    back = np.zeros((6, 3, 3))
    back[1:-1, 1:-1] = 2 * w
    return (back[{}],)
"""
BOUNDED = """
def gradient(w, x):
    a = {}
    return (x.T @ (2 * a),)
"""
SHIFTED = """
def gradient(w, x):
    g, pool = np.zeros(3), 2
    for i in range(0, 4, pool):
        row = int(np.argmax(x[i:i + pool, 0, 0]))
        g += x[{}, 0]
    return (g,)
"""
SLOPE = "2 * (a - t) * (1 - a ** 2)"
ROOT = "np.sqrt(np.mean(x ** 2) + 0.1)"
STEPS = "stride * j, stride * j + width"
ALONG = 'np.correlate(x, k, "valid")'
G = f"x.T @ ({SLOPE})"
MASKED = "d[~up] = 0.1 * d[~up]"


@pytest.mark.parametrize(
    ("loss", "params", "inputs", "text", "right", "wrong", "says"),
    [
        (neuron, (W,), (X, T), NEURON, SLOPE, "2 * (a - t) * (1 - a) ** 2", SLOPE),
        (neuron, (W,), (X, T), NEURON, SLOPE, "2 * (a - t) * a * (1 - a)", SLOPE),
        (neuron, (W,), (X, T), NEURON, SLOPE, "(a - t) * (1 - a ** 2)", "2 * "),
        (neuron, (W,), (X, T), ROWS, "x[i]", "x[-1]", "should read `x[i]`"),
        (neuron, (W,), (X, T), ROWS, "x[i]", "x[0]", "should read `x[i]`"),
        (neuron, (W,), (X, T), WHILE, "i < rows", "i < rows - 1", "should be `i < rows`"),
        (neuron, (W,), (X, T), LATE, "lambda row, d=d: d * row", "lambda row: d * row", "d=d"),
        (neuron, (W,), (X, T), LAYERS, "d = layer.back(d)", "layer.back(d)", "d = layer.back(d)"),
        (in_columns, (W, D), (X[:2],), COLUMNS, "b[:, None]", "b", "v @ x + b[:, None]"),
        (scaled, (W,), (X[0],), SCALED, ROOT, "np.sqrt(np.mean(x ** 2)) + 0.1", ROOT),
        (counts, (0.3,), (np.exp(T), T), COUNTS, "np.log(exposure)", "exposure", "np.log("),
        (windows, (LINE,), (K, LINE), PADDED, "pad:-pad", ":-2 * pad", "back[pad:-pad]"),
        (strided, (K,), (LINE,), STRIDED, STEPS, "j, j + width", f"a, b = {STEPS}"),
        (
            filtered,
            (K,),
            (LINE,),
            FILTERED,
            ALONG,
            ALONG.replace("correlate", "convolve"),
            "np.correlate",
        ),
        (ridge, (W,), (X, T), RIDGE, f"{G} + LAMBDA * w", G, "LAMBDA * w"),
        (leaky, (W,), (X, T), LEAKY, MASKED, MASKED.replace("~", ""), MASKED),
        (logs, (np.exp(T),), (X[:, 0],), LOGS, "(p + EPS)", "p", "p + EPS"),
        (sums, (0.7, 0.2), (T,), SUMS, "d.sum(0)", "d[0]", "d.sum(0)"),
        (gated, (T, X[:, 0]), (), GATED, "d * f", "d", "d * f"),
        (sums, (0.7, 0.2), (T,), REDUCED, "(d * x)", "d", "(d * x).sum()"),
        (halves, (TWICE,), (X,), HALVES, ":half", "-half:", "w[:half]"),
        (halves, (TWICE,), (X,), HALVES, ":half", "half:", "w[:half]"),
        (powers, (W[:2],), (T,), JOINED, "d * x", "d", "d * x"),
        (centred, (W,), (Z,), CENTRED, "(0,)", "(0, 1)", "axis=0"),
        (turned, (W,), (Z,), TURNED, "swapaxes(0, 1)", "reshape(4, 2, 3)", "swapaxes(0, 1)"),
        (flagged, (W, W), (Z,), FLAGGED, "False", "True", "decay=False"),
        (neuron, (W,), (X, T), MADE, "(d * slope)", "d", "slope"),
        (sums, (0.7, 0.2), (T,), ADDED, "x * w + c", "x + w + c", "x * w + c"),
        (windows, (LINE,), (K, LINE), MARGINS, "(pad, pad)", "(2 * pad, 0)", "(pad, pad)"),
        (sliced, (Y,), (), SLICED, "1:-1, 1:-1", ":-2, :-2", "back[1:-1, 1:-1]"),
        (bounded, (W,), (X,), BOUNDED, "x @ w", "np.maximum(x @ w, 0.01)", "a = x @ w"),
        (shifted, (W,), (Y,), SHIFTED, "i + row", "i", "i + row"),
    ],
)
def test_the_line_is_told(
    loss: Any, params: Any, inputs: Any, text: str, right: str, wrong: str, says: str
) -> None:
    assert not read(loss, defined(text.format(right)), params, inputs).base.wrong
    found = lines(loss, defined(text.format(wrong)), params, inputs)
    assert found is not None and says in found[0]


def test_of_a_factor_alone_the_place_is_told_too() -> None:
    """Where all is a third, the line is looked for longer."""

    def loss(w: Any, x: Any, t: Any) -> Any:
        return np.sum(np.log(np.cosh(3 * (x @ w - t))))

    text = """
def gradient(w, x, t):
    miss = x @ w - t
    pull = np.tanh(3 * miss)
    return (x.T @ pull,)
"""
    found = diagnose(loss, defined(text), (W,), inputs=(X, T))
    ratio, line = found.sentences
    assert "1/3 times what it should be" in ratio
    assert line == (
        "in the code: `pull = np.tanh(3 * miss)` (line 3) should be `pull = 3 * np.tanh(3 * miss)`"
    )
