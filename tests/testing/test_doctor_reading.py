"""The doctor on what the way back reads: other arrays, slopes, transposes, values a round off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import grad
from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(12)


def said(network: tuple[Any, ...], right: str, wrong: str, rate: float | None = None) -> str:
    """Exchange a piece of the right gradient's code, and ask what is wrong with it."""
    intended, source, params, inputs = network
    assert source.count(right) == 1
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    assert diagnose(intended, namespace["gradient"], params, inputs=inputs).correct
    exec(source.replace(right, wrong), namespace)
    found = diagnose(intended, namespace["gradient"], params, inputs=inputs, learning_rate=rate)
    assert found.explained
    return str(found)


def two_filters(k: Any, c: Any, q: Any, x: Any, t: Any) -> Any:
    u = np.stack([k @ x[i : i + 3] + c for i in range(5)])
    a = np.tanh(u)
    v = np.stack([q @ a[i : i + 2] for i in range(4)])
    return np.sum((v - t) ** 2)


FILTERS = (
    two_filters,
    """
def gradient(k, c, q, x, t):
    u = np.array([k @ x[i : i + 3] + c for i in range(5)])
    a = np.tanh(u)
    d = 2 * (np.array([q @ a[i : i + 2] for i in range(4)]) - t)
    dq = np.array([d @ a[j : j + 4] for j in range(2)])
    du = np.convolve(d, q) * (1 - a**2)
    return np.array([du @ x[j : j + 5] for j in range(3)]), du.sum(), dq
""",
    (rng.normal(size=3), 0.2, rng.normal(size=2)),
    (rng.normal(size=7), rng.normal(size=4)),
)


def matrices(W: Any, V: Any, b: Any, X: Any, T: Any) -> Any:
    H = np.tanh(X @ W + b)
    return np.mean((H @ V - T) ** 2)


MATRICES = (
    matrices,
    """
def gradient(W, V, b, X, T):
    H = np.tanh(X @ W + b)
    O = H @ V
    D = 2 * (O - T) / T.size
    dH = D @ V.T
    Z = dH * (1 - H**2)
    return X.T @ Z, H.T @ D, Z.sum(0)
""",
    (rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)),
    (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
)


@pytest.mark.parametrize(
    ("network", "right", "wrong", "says"),
    [
        (FILTERS, "d @ a[", "d @ u[", "multiplies by `u` where it should multiply by `a`"),
        (FILTERS, "du @ x[j :", "du @ np.roll(x, 1)[j :", "multiplies by `x` shifted by one"),
        (FILTERS, "np.convolve(d, q)", "np.convolve(d, q[::-1])", "multiplies by `q` reversed"),
        (
            MATRICES,
            "D @ V.T",
            "D @ V",
            "`∂L/∂H` multiplies by `V` where it should multiply by `V.T`",
        ),
        (MATRICES, "H.T @ D", "(1 - H**2).T @ D", "by `1 - H**2` where it should multiply by `H`"),
        (MATRICES, "/ T.size", "/ T.size * (1 - O**2)", "has an extra factor `1 - (H@V)**2`"),
        (
            MATRICES,
            "X.T @ Z",
            "0 * W + Z.sum(0)",
            "only adds up `∂L/∂(X@W)`, without the factor `X`",
        ),
    ],
)
def test_what_is_read(network: tuple[Any, ...], right: str, wrong: str, says: str) -> None:
    assert says in said(network, right, wrong)


def gated(W: Any, U: Any, V: Any, x: Any, t: Any) -> Any:
    h = np.zeros(2)
    for n in range(4):
        z = np.tanh(x[n] @ W + h @ U)
        h = z * (h @ V) + 0.5 * z
    return np.sum((h - t) ** 2)


GATED = (
    gated,
    """
def gradient(W, U, V, x, t):
    hs, zs = [np.zeros(2)], []
    for n in range(4):
        zs.append(np.tanh(x[n] @ W + hs[-1] @ U))
        hs.append(zs[-1] * (hs[-1] @ V) + 0.5 * zs[-1])
    dW, dU, dV = 0 * W, 0 * U, 0 * V
    dh = 2 * (hs[-1] - t)
    for n in reversed(range(4)):
        h, z = hs[n], zs[n]
        a = dh * (h @ V + 0.5) * (1 - z**2)
        c = dh * z
        dW += np.outer(x[n], a)
        h = hs[n]
        dU += np.outer(h, a)
        dV += np.outer(h, c)
        dh = a @ U.T + c @ V.T
    return dW, dU, dV
""",
    (rng.normal(size=(3, 2)), rng.normal(size=(2, 2)), rng.normal(size=(2, 2))),
    (rng.normal(size=(4, 3)), rng.normal(size=2)),
)


def test_values_of_another_round_wherever_they_are_read() -> None:
    says = said(GATED, "        h = hs[n]\n", "        h = hs[n + 1]\n")
    assert says.startswith(
        "`∂L/∂U` and `∂L/∂V` multiply by `h#2` where they should multiply by `h#1`"
    )


def summed(w: Any, v: Any, b: Any, c: Any, x: Any) -> Any:
    return (v * np.tanh(w * x + b) + c) ** 2


SUMMED = (
    summed,
    """
def gradient(w, v, b, c, x):
    h = np.tanh(w * x + b)
    d = 2 * (v * h + c)
    g = {"w": 0.0, "v": 0.0, "b": 0.0, "c": 0.0}
    g["w"] += d * v * (1 - h**2) * x
    g["v"] += d * h
    g["b"] += d * v * (1 - h**2)
    g["c"] += d
    return tuple(g.values())
""",
    (0.3, -0.4, 0.1, 0.2),
    (1.5,),
)


def test_one_derivative_added_to_another_one() -> None:
    says = said(SUMMED, 'g["c"] += d', 'g["b"] += d')
    assert says == "`∂L/∂c` is added to `∂L/∂b`, and stays 0 itself"


def test_only_those_updates_are_named_that_are_read() -> None:
    def step(w: Any, v: Any, b: Any, c: Any, x: Any) -> Any:
        h = np.tanh(w * x + b)
        d = 2 * (v * h + c)
        v, c = v - 0.1 * d * h, c - 0.1 * d
        s = d * v * (1 - h**2)
        return w - 0.1 * s * x, v, b - 0.1 * s, c

    found = diagnose(summed, step, (0.3, -0.4, 0.1, 0.2), inputs=(1.5,), learning_rate=0.1)
    assert str(found).startswith("`∂L/∂w` and `∂L/∂b` read `v` after the update: compute all")


def test_two_mistakes_say_each_for_what_it_was_made() -> None:
    def gradient(W: Any, V: Any, b: Any, X: Any, T: Any) -> Any:
        H = np.tanh(X @ W + b)
        D = 2 * (H @ V - T) / T.size
        return (X.T @ (D @ V.T * (1 - H**2)))[::-1], H.T @ D, (D @ V.T).sum(0)

    found = diagnose(matrices, gradient, MATRICES[2], inputs=MATRICES[3])
    assert sorted(found.sentences) == [
        "`∂L/∂W` has its elements in reverse order",
        "in `∂L/∂b` only, the factor `∂H/∂(X@W + b)` is left out",
    ]


def test_what_two_derivatives_share_is_said_once() -> None:
    def gradient(W: Any, V: Any, b: Any, X: Any, T: Any) -> Any:
        H = np.tanh(X @ W + b)
        D = 2 * (H @ V - T) / T.size * H
        Z = D @ V.T * (1 - H**2)
        return X.T @ Z, H.T @ D, Z.mean(0)

    found = diagnose(matrices, gradient, MATRICES[2], inputs=MATRICES[3])
    assert len(found.sentences) == 2
    assert found.sentences[0] == "`∂L/∂(H@V)` has an extra factor `H`"
    assert found.sentences[1].startswith("`∂L/∂b` is 1/4 of what it should be")


def test_lists_of_lists_that_are_no_array() -> None:
    def loss(net: Any, x: Any) -> Any:
        (first, second), (out, scale) = net
        h = [np.tanh(w[0] * x[0] + w[1] * x[1]) for w in (first, second)]
        return scale[0] * np.tanh(out[0] * h[0] + out[1] * h[1] + out[2])

    def gradient(net: Any, x: Any) -> Any:
        g = grad(loss)(net, x)
        g[1][1][0] *= -1
        return g

    net = [[[0.1, 0.2], [0.4, 0.5]], [[0.7, 0.8, 0.9], [1.0]]]
    assert str(diagnose(loss, gradient, net, inputs=([1.0, 2.0],))) == (
        "`∂L/∂net[1][1]` has the wrong sign"
    )
