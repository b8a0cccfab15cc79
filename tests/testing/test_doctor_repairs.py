"""Repairs: what the doctor says of code that it has recorded, and that it is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import points as drawing
from microgradnet.testing.doctor.calling import Call, understood
from microgradnet.testing.doctor.examination import examined
from microgradnet.testing.doctor.repairs import Written, repaired, written
from microgradnet.testing.doctor.repairs.search import _best

RNG = np.random.default_rng(3)
PARAMS = (RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.normal(size=(3, 3)), RNG.normal(size=3))
INPUTS = (RNG.normal(size=(4, 2)), RNG.normal(size=(4, 3)))


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def network(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
    h = np.tanh(X @ W1 + b1)
    out = sigmoid(h @ W2 + b2)
    return np.sum((out - Y) ** 2) / len(X) + 0.05 * np.sum(W2**2)


NETWORK = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def slope(a):
    return a * (1 - a)

def gradient(W1, b1, W2, b2, X, Y):
    n = len(X)
    z1 = X @ W1 + b1
    h = np.tanh(z1)
    z2 = h @ W2 + b2
    out = sigmoid(z2)
    dout = 2 * (out - Y) / n
    dz2 = dout * slope(out)
    dW2 = h.T @ dz2 + 0.1 * W2
    db2 = np.sum(dz2, axis=0)
    dh = dz2 @ W2.T
    dz1 = dh * (1 - h**2)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return dW1, db1, dW2, db2
"""

# What is exchanged in the code above, and what is said of it.
SLIPS = {
    "another value": (
        ("dW2 = h.T @ dz2", "dW2 = z1.T @ dz2"),
        "`z1.T` (line 17) reads `z1` where it should read `h`",
    ),
    "an earlier value": (
        ("dz1 = dh * (1 - h**2)", "dz1 = dh * (1 - z1**2)"),
        "`z1**2` (line 20) reads `z1` where it should read `h`",
    ),
    "a whole line": (
        ("dz2 = dout * slope(out)", "dz2 = dout * z2 * (1 - z2)"),
        "`dout*z2` (line 16) multiplies by `z2`, in the whole line, where it should multiply by "
        "`out`",
    ),
    "a sign": (
        ("(1 - h**2)", "(1 + h**2)"),
        "`1 + h**2` (line 20) has `+` where it should have `-`",
    ),
    "a transposition": (
        ("dh = dz2 @ W2.T", "dh = dz2 @ W2"),
        "`dh = dz2@W2` (line 19) reads `W2` where it should read `W2.T`",
    ),
    "a square": (("(1 - h**2)", "(1 - h)"), "`1 - h` (line 20) reads `h` where it should read"),
    "a factor": (
        ("dz1 = dh * (1 - h**2)", "dz1 = dh"),
        "the factor `1 - h**2` is missing in `dh = dz2@W2.T` (line 19)",
    ),
    "a factor too many": (
        ("dW1 = X.T @ dz1", "dW1 = X.T @ (dz1 * h)"),
        "`dz1*h` (line 21) multiplies by `h`, which it should not",
    ),
    "two factors too many": (
        ("dW1 = X.T @ dz1", "dW1 = X.T @ (dz1 * h * (1 - h))"),
        "`dz1*h*(1 - h)` (line 21) multiplies by `h*(1 - h)`, which it should not",
    ),
    "a term": (
        ("dW2 = h.T @ dz2 + 0.1 * W2", "dW2 = h.T @ dz2"),
        "is missing in `dW2 = h.T@dz2` (line 17)",
    ),
    "a term too many": (
        ("db1 = dz1.sum(axis=0)", "db1 = dz1.sum(axis=0) + 0.1 * b1"),
        "`db1 = sum(dz1, axis=0) + 0.1*b1` (line 22) adds `0.1*b1`, which it should not",
    ),
    "a constant": (
        ("0.1 * W2", "0.05 * W2"),
        "`0.05*W2` (line 17) is half of what it should be",
    ),
    "the mean": (
        ("db2 = np.sum(dz2, axis=0)", "db2 = np.mean(dz2, axis=0)"),
        "`db2 = sum(dz2, axis=0)/4` (line 18) divides by `4`, which it should not",
    ),
    "an axis": (
        ("z2 = h @ W2 + b2", "z2 = h @ W2 + b2 - h.sum(axis=0) + h.sum(axis=0)[::-1]"),
        "(line 13) reads `sum(h, axis=0)[::-1]` where it should read `sum(h, axis=0)`",
    ),
    "what is returned": (
        ("return dW1, db1, dW2, db2", "return dW1, db2, dW2, db1"),
        "what is returned for `b1`, `db2`, should be `db1`",
    ),
    "in one call": (
        ("dz2 = dout * slope(out)", "dz2 = dout * slope(z2)"),
        "`z2*(1 - z2)` (line 7) should be `sigmoid(z2)*(1 - sigmoid(z2))`",
    ),
    "in a helper": (
        ("return a * (1 - a)", "return 1 - a**2"),
        "(line 7)",
    ),
    "the forward computation": (
        ("z1 = X @ W1 + b1", "z1 = X @ W1 - b1"),
        "`z1 = X@W1 - b1` (line 11) has `-` where it should have `+`",
    ),
}


def recorded(intended: Callable[..., Any], source: str, params: Any, inputs: Any) -> Written:
    """Record the function called gradient in some code."""
    space: dict[str, Any] = {}
    exec(compile(source.lstrip("\n"), "<code>", "exec"), space)
    call = understood(intended, params, inputs)
    reported = Call(space["gradient"], call.params, call.inputs, None, call)
    kinds = drawing.kinds(call.inputs.leaves, generic=False)
    with np.errstate(all="ignore"):
        found = written(reported, examined(call, reported, kinds, None, 0))
    assert found is not None
    return found


def said(intended: Callable[..., Any], source: str, params: Any, inputs: Any) -> str:
    code = recorded(intended, source, params, inputs)
    with np.errstate(all="ignore"):
        return "\n".join(repaired(code) or ["nothing"])


def slipped(*changes: tuple[str, str]) -> str:
    source = NETWORK
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize("name", SLIPS)
def test_what_to_change_is_said(name: str) -> None:
    change, words = SLIPS[name]
    assert words in said(network, slipped(change), PARAMS, INPUTS)


def test_nothing_is_wrong_with_right_code() -> None:
    assert not recorded(network, NETWORK, PARAMS, INPUTS).wrong


@pytest.mark.parametrize("name", SLIPS)
def test_the_code_is_right_after_the_change_at_points_that_were_not_looked_at(name: str) -> None:
    code = recorded(network, slipped(SLIPS[name][0]), PARAMS, INPUTS)
    with np.errstate(all="ignore"):
        repair = _best(code, code.wrong)
    assert repair is not None
    case = code.base.case
    for number, state in enumerate(code.base.states):
        if number in code.numbers:
            continue
        leaves = [*state.point.leaves, *state.point.inputs]
        values: dict[int, Any] = dict(enumerate(leaves))
        ops = {**dict(enumerate(code.ops)), **repair.change.new.all}
        walk = code.base.walk(number)
        for fact, places in code.facts:
            values |= dict(zip(places, fact.at(state, walk), strict=True))
        for i, op in ops.items():
            if i not in values:
                values[i] = (
                    op.primitive.compute(
                        [values[a] for a in op.args],
                        code.points[0].settings[i] if op.settings is None else op.settings,
                    )
                    if op.args
                    else code.points[0].values[i]
                )
        flat = np.concatenate([np.reshape(values[i], -1) for i in code.outputs])
        truth = code.base.gradient(number)
        for t in repair.fixes:
            where = case.targets[t].where
            np.testing.assert_allclose(flat[where], truth[where], 1e-7, 1e-9)


def test_two_changes_are_said_one_after_the_other() -> None:
    two = slipped(SLIPS["another value"][0], SLIPS["a square"][0])
    text = said(network, two, PARAMS, INPUTS)
    assert "`z1.T` (line 17) reads `z1` where it should read `h`" in text
    assert "`1 - h` (line 20) reads `h` where it should read" in text


RELU = """
import numpy as np

def gradient(W1, b1, W2, X, y):
    z1 = X @ W1 + b1
    h = np.maximum(z1, 0)
    s = h @ W2
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[range(len(y)), y] -= 1
    p /= len(y)
    dh = p @ W2.T
    dh[z1 <= 0] = 0
    return X.T @ dh, dh.sum(axis=0), h.T @ p
"""


def classifier(W1: Any, b1: Any, W2: Any, X: Any, y: Any) -> Any:
    s = np.maximum(X @ W1 + b1, 0) @ W2
    logs = s - np.log(np.sum(np.exp(s), axis=1, keepdims=True))
    return -np.mean(logs[np.arange(len(y)), y])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("dh[z1 <= 0] = 0", "dh[dh <= 0] = 0", "the mask in `dh[mask] = 0` (line 12) should be"),
        ("p.sum(axis=1, keepdims=True)", "p.sum(axis=0, keepdims=True)", "should go along axis 1"),
        ("p /= len(y)", "p /= len(W1)", "(line 10)"),
    ],
)
def test_masks_axes_and_counts(old: str, new: str, words: str) -> None:
    source = RELU.replace(old, new)
    assert source != RELU
    params = RNG.normal(size=(2, 3)), RNG.normal(size=3), RNG.normal(size=(3, 3))
    inputs = RNG.normal(size=(5, 2)), np.array([0, 2, 1, 2, 0])
    assert words in said(classifier, source, params, inputs)


RECURRENT = """
import numpy as np

def gradient(Wx, Wh, V, X, Y):
    h = [np.zeros(Wh.shape[0])]
    for x in X:
        h.append(np.tanh(Wx @ x + Wh @ h[-1]))
    dWx, dWh, dV = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(V)
    carry = np.zeros(Wh.shape[0])
    for t in reversed(range(len(X))):
        e = V @ h[t + 1] - Y[t]
        dV += np.outer(e, h[t + 1])
        dh = V.T @ e + carry
        dz = dh * (1 - h[t + 1] ** 2)
        dWx += np.outer(dz, X[t])
        dWh += np.outer(dz, h[t])
        carry = Wh.T @ dz
    return dWx, dWh, dV
"""


def recurrent(Wx: Any, Wh: Any, V: Any, X: Any, Y: Any) -> Any:
    h, loss = np.zeros(Wh.shape[0]), 0.0
    for x, y in zip(X, Y, strict=True):
        h = np.tanh(Wx @ x + Wh @ h)
        loss = loss + np.sum((V @ h - y) ** 2) / 2
    return loss


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("carry = Wh.T @ dz", "carry = Wh @ dz", "reads `Wh` where it should read `Wh.T`"),
        ("carry = Wh.T @ dz", "carry = Wh.T @ dh", "reads `dh` where it should read `dz`"),
        ("dWh += np.outer(dz, h[t])", "dWh += np.outer(dz, h[t + 1])", "(line 15)"),
        ("dh = V.T @ e + carry", "dh = V.T @ e - carry", "has `-` where it should have `+`"),
    ],
)
def test_every_round_of_a_loop_is_changed(old: str, new: str, words: str) -> None:
    source = RECURRENT.replace(old, new)
    assert source != RECURRENT
    params = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3))
    inputs = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    assert words in said(recurrent, source, params, inputs)


STRIDED = """
import numpy as np

def gradient(K, x, t):
    x = np.pad(x, 1)
    z = np.array([np.sum(K * x[2 * i:2 * i + 3]) for i in range(4)])
    dz = 2 * (np.tanh(z) - t) * (1 - np.tanh(z) ** 2)
    dK = np.zeros_like(K)
    for i in range(4):
        dK += dz[i] * x[2 * i:2 * i + 3]
    return dK
"""


@pytest.mark.parametrize(("stride", "begins"), [("1", "twice the index"), ("4", "half the index")])
def test_a_stride_that_is_another(stride: str, begins: str) -> None:
    def strided(K: Any, x: Any, t: Any) -> Any:
        x = np.pad(x, 1)
        z = np.stack([np.sum(K * x[2 * i : 2 * i + 3]) for i in range(4)])
        return np.sum((np.tanh(z) - t) ** 2)

    source = STRIDED.replace("z[i] * x[2 * i:2 * i", f"z[i] * x[{stride} * i:{stride} * i")
    assert source != STRIDED
    found = said(strided, source, (RNG.normal(size=3),), (RNG.normal(size=13), RNG.normal(size=4)))
    assert found == f"the windows of `pad(x)[0:3]` (line 9) should begin at {begins}"


def test_loops_over_samples_are_compared_with_arrays() -> None:
    def by_samples(w: Any, b: Any, X: Any, Y: Any) -> Any:
        means = [sum(X[i][k] for i in range(len(X))) / len(X) for k in range(2)]
        loss = 0.0
        for x, y in zip(X, Y, strict=True):
            z = sum((x[k] - means[k]) * w[k] for k in range(2)) + b
            loss = loss + (np.tanh(z) - y) ** 2
        return loss / len(X)

    source = """
def gradient(w, b, X, Y):
    mean = X.mean(axis=1, keepdims=True)
    Z = X - mean
    a = np.tanh(Z @ w + b)
    d = 2 * (a - Y) * (1 - a**2) / len(X)
    return Z.T @ d, d.sum()
"""
    inputs = RNG.normal(size=(4, 2)), RNG.normal(size=4)
    text = said(by_samples, "import numpy as np" + source, (RNG.normal(size=2), 0.3), inputs)
    assert "`Z = X - mean` (line 4) reads `mean` where it should read `means[0]`" in text


def test_what_is_assigned_should_be_added() -> None:
    source = RECURRENT.replace("dWx += np.outer(dz, X[t])", "dWx = np.outer(dz, X[t])")
    params = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3))
    inputs = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    text = said(recurrent, source, params, inputs)
    assert text.startswith("what is returned for `Wx`, ") and "sum over all rounds" in text
    one_sample = slipped(("db2 = np.sum(dz2, axis=0)", "db2 = dz2[-1]"))
    text = said(network, one_sample, PARAMS, INPUTS)
    assert "`db2 = dz2[-1]` (line 18) is one part of `dz2` where it should be the sum" in text


def test_what_has_one_number_by_chance_is_not_called_by_it() -> None:
    """0 is no `u > 0`, wherever u happens to be negative at the first point."""
    source = """
import numpy as np

def gradient(w, u, b, xs, target):
    H = [b]
    for x in xs:
        H.append(np.tanh(w * x + u * H[-1] + b))
    dh, gw, gu, gb = 2 * (H[-1] - target), 0.0, 0.0, 0.0
    for t in reversed(range(len(xs))):
        dz = dh * (1 - H[t + 1] ** 2)
        gw, gu, gb, dh = gw + dz * xs[t], gu + dz * H[t], gb + dz, dz * u
    return gw, gu, gb
"""

    def loss(w: Any, u: Any, b: Any, xs: Any, target: Any) -> Any:
        h = 0.0
        for x in xs:
            h = np.tanh(w * x + u * h + b)
        return (h - target) ** 2

    text = said(loss, source, (-0.7, -0.4, 0.3), (RNG.normal(size=3), 0.2))
    assert "> 0" not in text and text != "nothing"
