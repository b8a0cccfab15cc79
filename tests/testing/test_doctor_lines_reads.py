"""What is read, counted or laid out wrongly, in the words that are at hand."""

from typing import Any

import numpy as np
import pytest

from .test_doctor_lines import defined, lines, read

RNG = np.random.default_rng(43)
W, U, X, T = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5)

LAYER = """
class Layer:
    def forward(self, z):
        self.low = z < 0
        self.cache = {{"z": z, "y": np.where(self.low, 0.1 * z, z)}}
        return self.cache["y"]

    def backward(self, d, w):
        y = {kept}
        g = d.copy()
        g[{mask}] *= 0.1
        return g, y @ d

def gradient(w, v, x, t):
    layer = Layer()
    d = 2 * (v * layer.forward(x @ w) - t)
    g, s = layer.backward(d, w)
    return x.T @ (v * g), s
"""


def layer(w: Any, v: Any, x: Any, t: Any) -> Any:
    z = x @ w
    return np.sum((v * np.where(z < 0, 0.1 * z, z) - t) ** 2)


@pytest.mark.parametrize(
    ("where", "right", "wrong"),
    [
        ("mask", "y", "d < 0"),  # which has the sign of what `self.low` asks for
        ("mask", "self.low", "d < w @ w"),
        ("kept", 'self.cache["y"]', 'self.cache["z"]'),
    ],
)
def test_what_a_layer_keeps_and_gives(where: str, right: str, wrong: str) -> None:
    words = {"mask": "self.low", "kept": 'self.cache["y"]'}
    given = (W, 0.7), (X, T)
    assert not read(layer, defined(LAYER.format(**words)), *given).base.wrong
    found = lines(layer, defined(LAYER.format(**{**words, where: wrong})), *given)
    assert found is not None
    assert right.replace('"', "'") in found[0].split(" should ")[1]


PULLED = """
def back(d, u, w):
    return d * u, d * w

def gradient(w, u, b, c, x, t):
    h = np.tanh(x * w + b)
    k = np.tanh(x * u + c)
    d = 2 * (h * u + k * w - t)
    {} = back(d, u, w)
    da = dh * (1 - h**2)
    de = dk * (1 - k**2)
    return np.sum(da * x + d * k), np.sum(de * x + d * h), np.sum(da), np.sum(de)
"""


def pulled(w: Any, u: Any, b: Any, c: Any, x: Any, t: Any) -> Any:
    return np.sum((np.tanh(x * w + b) * u + np.tanh(x * u + c) * w - t) ** 2)


def test_what_is_unpacked_in_another_order() -> None:
    given = (0.4, -0.8, 0.1, 0.2), (X[:, 0], T)
    assert not read(pulled, defined(PULLED.format("dh, dk"), "gradient"), *given).base.wrong
    found = lines(pulled, defined(PULLED.format("dk, dh"), "gradient"), *given)
    assert found == ["`dk, dh = back(d, u, w)` (line 8) should be `dh, dk = back(d, u, w)`"]


JACOBIAN = """
def gradient(G, b, x, t):
    h = np.tanh(x @ G)
    r = b[0] + h @ b[1:] - t
    J = np.hstack([{part} for j in range(h.shape[1])])
    flat = J.T @ (2 * r)
    return flat.reshape({shape}), np.concatenate([[2 * r.sum()], h.T @ (2 * r)])
"""
PART, SHAPE = "(b[j + 1] * (1 - h[:, j] ** 2))[:, None] * x", "G.shape, order='F'"


def jacobian(G: Any, b: Any, x: Any, t: Any) -> Any:
    return np.sum((b[0] + np.tanh(x @ G) @ b[1:] - t) ** 2)


@pytest.mark.parametrize(
    ("part", "shape", "says"),
    [
        (PART.replace("b[j + 1]", "b[j]"), SHAPE, "b[j + 1]"),
        (PART.replace("h[:, j]", "h[:, 0]"), SHAPE, "h[:, j]"),
        (PART, "G.shape", "order='F'"),
    ],
)
def test_in_a_comprehension_and_an_order(part: str, shape: str, says: str) -> None:
    given = (RNG.normal(size=(3, 2)), RNG.normal(size=3)), (X, T)
    right = JACOBIAN.format(part=PART, shape=SHAPE)
    assert not read(jacobian, defined(right), *given).base.wrong
    found = lines(jacobian, defined(JACOBIAN.format(part=part, shape=shape)), *given)
    assert found is not None
    assert says in found[0].split(" should ")[1]


STEPS = """
def gradient(w, u, xs, t):
    h, hs, ups = np.zeros(3), [np.zeros(3)], []
    for x in xs:
        h = np.tanh(w * x + u * h)
        hs.append({kept})
        up = 1 - h**2
        ups.append(up)
    d, dw, du = 2 * (h - t), np.zeros(3), np.zeros(3)
    for n in range({rounds}, -1, -1):
        a = d * {slope}
        dw += a * xs[n]
        du += a * {before}
        d = a * u
    return dw, du
"""
WORDS = {"kept": "h", "rounds": "len(xs) - 1", "slope": "ups[n]", "before": "hs[n]"}


def steps(w: Any, u: Any, xs: Any, t: Any) -> Any:
    h = np.zeros(3)
    for x in xs:
        h = np.tanh(w * x + u * h)
    return np.sum((h - t) ** 2)


@pytest.mark.parametrize(
    ("where", "wrong", "says"),
    [
        ("slope", "up", "ups[n]"),
        ("before", "hs[n + 1]", "hs[n]"),
        ("rounds", "len(xs) - 2", "len(xs) - 1"),
    ],
)
def test_what_was_kept_in_each_step(where: str, wrong: str, says: str) -> None:
    given = (W, U), (X[:4], T[:3])
    assert not read(steps, defined(STEPS.format(**WORDS)), *given).base.wrong
    found = lines(steps, defined(STEPS.format(**{**WORDS, where: wrong})), *given)
    assert found is not None
    assert says in found[0].split(" should ")[1]


IN_PLACE = """
def gradient(w, u, xs, t):
    h, hs = np.zeros(3), [np.zeros(3)]
    for x in xs:
        {}
        hs.append({})
    d, dw, du = 2 * (h - t), np.zeros(3), np.zeros(3)
    for n in range(len(xs) - 1, -1, -1):
        dw += d * xs[n]
        du += d * hs[n]
        d = d * u
    return dw, du
"""


def linear(w: Any, u: Any, xs: Any, t: Any) -> Any:
    h = np.zeros(3)
    for x in xs:
        h = u * h + w * x
    return np.sum((h - t) ** 2)


def test_what_is_kept_and_changed_afterwards() -> None:
    given = (W, U), (X[:4], T[:3])
    right = IN_PLACE.format("h = u * h\n        h = h + w * x", "h")
    assert not read(linear, defined(right), *given).base.wrong
    wrong = IN_PLACE.format("h *= u\n        h += w * x", "h")
    found = lines(linear, defined(wrong), *given)
    assert found is not None
    assert any(word in found[0] for word in ("h.copy()", "`h = h * u`"))


TERMS = """
def gradient(w, x, t):
    n = len(t)
    d = 2 * (x @ w - t)
    g = {}
    return (g,)
"""


def penalised(w: Any, x: Any, t: Any) -> Any:
    return np.mean((x @ w - t) ** 2) + 0.15 * np.sum(w**2)


@pytest.mark.parametrize("wrong", ["(x.T @ d + 0.3 * w) / n", "(x.T @ d / n + 0.3 * w) / n"])
def test_what_is_divided(wrong: str) -> None:
    right = "x.T @ d / n + 0.3 * w"
    assert not read(penalised, defined(TERMS.format(right)), (W,), (X, T)).base.wrong
    found = lines(penalised, defined(TERMS.format(wrong)), (W,), (X, T))
    assert found is not None
    assert "`g = x.T @ d / n + 0.3 * w`" in found[0]


ROLLED = """
def gradient(k, x):
    d = np.cos(sum(k[j] * np.roll(x, -j) for j in range(3)))
    g = np.zeros(3)
    for j in range({}):
        g[j] = d @ np.roll(x, {})
    return (g,)
"""


def rolled(k: Any, x: Any) -> Any:
    return np.sum(np.sin(sum(k[j] * np.roll(x, -j) for j in range(3))))


@pytest.mark.parametrize(("rounds", "by"), [("3", "j"), ("1, 3", "-j")])
def test_rolled_the_other_way_and_begun_late(rounds: str, by: str) -> None:
    given = (W,), (RNG.normal(size=6),)
    assert not read(rolled, defined(ROLLED.format("3", "-j")), *given).base.wrong
    found = lines(rolled, defined(ROLLED.format(rounds, by)), *given)
    assert found is not None
    assert ("-j" if by == "j" else "range(0, 3)") in found[0].split(" should ")[1]


WINDOWS = """
def gradient(k, x):
    out = np.zeros((3, 4))
    for i in range(3):
        for j in range(4):
            out[i, j] = np.cos(np.sum(k * x[i:i + 2, j:j + 2]))
    g = np.zeros((2, 2))
    for i in range({}):
        for j in range({}):
            g += out[i, j] * x[i:i + 2, j:j + 2]
    return (g,)
"""


def windows(k: Any, x: Any) -> Any:
    return sum(np.sin(np.sum(k * x[i : i + 2, j : j + 2])) for i in range(3) for j in range(4))


def test_two_loops_that_both_end_too_early() -> None:
    given = (RNG.normal(size=(2, 2)),), (RNG.normal(size=(4, 5)),)
    rows, columns = "out.shape[0]", "out.shape[1]"
    assert not read(windows, defined(WINDOWS.format(rows, columns)), *given).base.wrong
    found = lines(windows, defined(WINDOWS.format(f"{rows} - 1", f"{columns} - 1")), *given)
    assert found == [
        "`range(out.shape[0] - 1)` (line 7) should be `range(out.shape[0])`, "
        "and `range(out.shape[1] - 1)` (line 8) should be `range(out.shape[1])`"
    ]


POOLED = """
def gradient(k, x):
    n, kinds, width = len(x), len(k), 2
    g = np.zeros(2)
    for a in range(kinds):
        for p in range(n // width):
            block = k[a] * x[width * p:width * p + width]
            best = np.argmax(block)
            g[a] += np.cos(block[best]) * x[{}]
    return (g,)
"""


def pooled(k: Any, x: Any) -> Any:
    best = [np.max(np.reshape(k[a] * x, (-1, 2)), axis=1) for a in range(2)]
    return np.sum(np.sin(np.stack(best)))


def test_sizes_that_are_the_same_by_accident_are_told() -> None:
    given = (np.array([0.7, -0.4]),), (RNG.normal(size=8),)
    assert not read(pooled, defined(POOLED.format("width * p + best")), *given).base.wrong
    found = lines(pooled, defined(POOLED.format("p + best")), *given)
    assert found is not None
    assert " * p + best" in found[0]
    assert "`width` for `kinds`" in found[0] or "`kinds` for `width`" in found[0]
    assert "which is as much here" in found[0]
