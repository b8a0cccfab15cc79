"""The doctor on what takes several operations at once: rounds, terms of a carry, two places."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradnet.ops.special import sigmoid
from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(5)
X = rng.normal(size=(4, 2))
CELL = rng.normal(size=(2, 2)), rng.normal(size=(2, 2))


def blend(W: Any, U: Any, x: Any) -> Any:
    h = np.zeros(2)
    for t in range(4):
        z = sigmoid(x[t] @ W)
        g = np.tanh(h @ U)
        h = (1 - z) * h + z * g + x[t]
    return np.sum(h**2)


def by_hand(
    W: Any, U: Any, x: Any, order: Any = (3, 2, 1, 0), swap: bool = False, carry: bool = False
) -> Any:
    hs, zs, gs = [np.zeros(2)], [], []
    for t in range(4):
        zs.append(sigmoid(x[t] @ W))
        gs.append(np.tanh(hs[t] @ U))
        z, keep = (1 - zs[t], zs[t]) if swap else (zs[t], 1 - zs[t])
        hs.append(keep * hs[t] + z * gs[t] + x[t])
    dW, dU, dh = np.zeros_like(W), np.zeros_like(U), 2 * hs[-1]
    for t in order:
        z, g, h = zs[t], gs[t], hs[t]
        dz, dg = dh * (g - h) * z * (1 - z), dh * z * (1 - g**2)
        dW += np.outer(x[t], dz)
        dU += np.outer(h, dg)
        dh = dh * (1 - z) + (0 if carry else dg @ U.T)
    return dW, dU


def said(**wrong: Any) -> str:
    return str(diagnose(blend, lambda *xs: by_hand(*xs, **wrong), CELL, inputs=(X,)))


def test_right_code_is_right() -> None:
    assert said() == "no mistake found: right at 16 random points"


def test_a_loop_that_runs_the_wrong_way_round() -> None:
    assert said(order=(0, 1, 2, 3)) == (
        "in `∂L/∂W` and `∂L/∂U` the loop over the 4 rounds runs from the first to the last, where "
        "it should run from the last to the first"
    )


def test_one_round_alone_though_the_first_state_is_zero() -> None:
    found = said(order=(3,))
    assert found.startswith("`∂L/∂W` and `∂L/∂U`: only the last of their 4 terms is kept")


def test_two_operands_exchanged() -> None:
    words = said(swap=True)
    assert "reads `z#2` where it should read `1 - z#2`, and " in words
    assert "reads `1 - z#2` where it should read `z#2`" in words


def test_terms_left_out_of_a_carry() -> None:
    assert "the term that comes through `h#1@U` in `∂L/∂h#1` is missing" in said(carry=True)

    def intended(w: float, v: float) -> Any:
        h = np.tanh(w)
        return h * v + np.sin(h) + h**3

    def gradient(w: float, v: float) -> Any:
        h = np.tanh(w)
        return v * (1 - h**2), h

    words = str(diagnose(intended, gradient, (0.3, 0.8)))
    assert words == (
        "`∂L/∂h` keeps only the term that comes through `h*v`: its other terms are missing"
    )


def test_like_mistakes_at_two_places() -> None:
    def intended(w: Any, x: Any) -> Any:
        h1, h2 = np.tanh(w[0] * x[:, 0]), np.tanh(w[1] * x[:, 1])
        return np.mean(sigmoid(w[2] * h1 + w[3] * h2) ** 2)

    def gradient(w: Any, x: Any) -> Any:
        h1, h2 = np.tanh(w[0] * x[:, 0]), np.tanh(w[1] * x[:, 1])
        o = sigmoid(w[2] * x[:, 0] + w[3] * x[:, 1])
        d = 2 * o * o * (1 - o) / len(x)
        d1, d2 = d * w[2] * (1 - h1**2), d * w[3] * (1 - h2**2)
        return np.array([d1 @ x[:, 0], d2 @ x[:, 1], d @ h1, d @ h2])

    assert str(diagnose(intended, gradient, rng.normal(size=4), inputs=(X,))) == (
        "`w[2]*h1` reads `x[:, 0]` where it should read `h1`, and "
        "`w[3]*h2` reads `x[:, 1]` where it should read `h2`"
    )


def test_a_carry_of_two_terms_that_accumulates() -> None:
    def leaky(W: Any, x: Any) -> Any:
        h, total = np.zeros(2), 0.0
        for t in range(4):
            h = np.tanh(W @ h + x[t]) + h / 2
            total = total + np.sum(h**2)
        return total

    def gradient(W: Any, x: Any) -> Any:
        hs, gs = [np.zeros(2)], []
        for t in range(4):
            gs.append(np.tanh(W @ hs[t] + x[t]))
            hs.append(gs[t] + hs[t] / 2)
        dW, carry = np.zeros((2, 2)), np.zeros(2)
        for t in range(3, -1, -1):
            dh = 2 * hs[t + 1] + carry
            dz = dh * (1 - gs[t] ** 2)
            dW += np.outer(dz, hs[t])
            carry = carry + W.T @ dz + dh / 2
        return dW

    assert str(diagnose(leaky, gradient, (CELL[0],), inputs=(X,))) == (
        "`∂L/∂h#1` (by all ways from round to round) is added to what the round before left, where "
        "it should start anew (and so in each of 3 places)"
    )


def test_a_gate_whose_two_terms_have_the_wrong_sign() -> None:
    def gate(w: Any, u: Any, x: Any) -> Any:
        f = sigmoid(w * x)
        g = np.tanh(f * u)
        return np.sum(((1 - f) * x + f * g) ** 2)

    def gradient(w: Any, u: Any, x: Any) -> Any:
        f = sigmoid(w * x)
        g = np.tanh(f * u)
        d = 2 * ((1 - f) * x + f * g)
        dg = d * f * (1 - g**2)
        return (d * (x - g) + dg * u) * f * (1 - f) * x, dg * f

    found = diagnose(gate, gradient, (rng.normal(size=3), rng.normal(size=3)), inputs=(X[:3, 0],))
    assert str(found) == (
        "the terms that come through `1 - f` and `f*g` in `∂L/∂f` have the wrong sign"
    )


def test_a_product_rule_that_is_wrong_everywhere() -> None:
    def loss(u: Any, v: Any, w: Any, x: Any) -> Any:
        h = np.tanh(u * x)
        return np.tanh(v * h + w) ** 2

    def gradient(u: Any, v: Any, w: Any, x: Any) -> Any:
        h = np.tanh(u * x)
        y = np.tanh(v * h + w)
        d = 2 * y * (1 - y**2)
        return d * h * (1 - h**2) * u, d * v, d

    assert str(diagnose(loss, gradient, (0.3, -0.4, 0.1), inputs=(0.7,))) == (
        "in all products with a parameter each factor multiplies its own derivative where the "
        "other one should"
    )


def test_rows_missing_from_one_of_two_terms() -> None:
    def intended(W: Any, x: Any) -> Any:
        return np.mean(np.sum((x @ W.T) ** 2, axis=1)) + 0.1 * np.sum(W**2)

    def gradient(W: Any, x: Any) -> Any:
        d = 2 * x @ W.T / len(x)
        return d[:2].T @ x[:2] + 0.2 * W

    words = str(diagnose(intended, gradient, rng.normal(size=(3, 2)), inputs=(X,)))
    assert words == (
        "the term that comes through `W.T` in `∂L/∂W`: the samples 2 and 3 are left out of the sum "
        "over the batch"
    )


def test_an_updated_matrix_read_transposed() -> None:
    def intended(V: Any, W: Any, x: Any) -> Any:
        return np.sum(np.tanh(x @ V) @ W.T)

    def gradient(V: Any, W: Any, x: Any) -> Any:
        h = np.tanh(x @ V)
        dW = np.ones((3, len(x))) @ h
        return x.T @ ((np.ones((len(x), 3)) @ (W - 0.1 * dW)) * (1 - h**2)), dW

    params = rng.normal(size=(2, 2)), rng.normal(size=(3, 2))
    words = str(diagnose(intended, gradient, params, inputs=(X,)))
    assert words.startswith("`∂L/∂V` reads `W` after the update") and "rate being 0.1" in words


def gru(W: Any, U: Any, V: Any, x: Any, h: Any) -> Any:
    for t in range(3):
        r = sigmoid(W @ x[t] + V @ h)
        h = np.tanh(W @ x[t] + U @ (r * h))
    return np.sum(h**2)


def other_gru(W: Any, U: Any, V: Any, x: Any, h: Any) -> Any:
    """The gate multiplies what the matrix gives: PyTorch's, and no other mistake."""
    hs, rs, us = [h], [], []
    for t in range(3):
        rs.append(sigmoid(W @ x[t] + V @ hs[-1]))
        us.append(U @ hs[-1])
        hs.append(np.tanh(W @ x[t] + rs[-1] * us[-1]))
    dW, dU, dV, d = 0.0 * W, 0.0 * U, 0.0 * V, 2 * hs[-1]
    for t in (2, 1, 0):
        e = d * (1 - hs[t + 1] ** 2)
        f = e * us[t] * rs[t] * (1 - rs[t])
        dW += np.outer(e + f, x[t])
        dU += np.outer(e * rs[t], hs[t])
        dV += np.outer(f, hs[t])
        d = U.T @ (e * rs[t]) + V.T @ f
    return dW, dU, dV


def test_a_gate_outside_of_the_matrix() -> None:
    rng = np.random.default_rng(2)
    params = rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    inputs = rng.normal(size=(3, 2)), rng.normal(size=3)
    found = str(diagnose(gru, other_gru, params, inputs=inputs))
    assert found.startswith("`U@(r#1*h)` is computed as `r#1*(U@h)`")


def test_an_operand_that_is_added() -> None:
    def loss(w: Any, v: Any, x: Any) -> Any:
        return np.tanh(v * np.tanh(w * x)) ** 2

    def gradient(w: Any, v: Any, x: Any) -> Any:
        h = np.tanh(w * x)
        o = np.tanh(v * h)
        d = 2 * o * (1 - o * o)
        return (d + v) * (1 - h * h) * x, d * h

    found = str(diagnose(loss, gradient, (0.3, 0.7), inputs=(1.5,)))
    assert found == "`∂L/∂tanh(w*x)` adds `v` where it should multiply by it"


def test_windows_of_another_value() -> None:
    """The padded windows of what a ReLU takes, where those of what it gives belong."""

    def windows(v: Any) -> Any:
        return np.stack([np.pad(v, 1)[i : i + 5] for i in range(3)])

    def loss(b: Any, k: Any, x: Any) -> Any:
        z = b * x
        a = np.maximum(z, 0.0)
        return np.sum((k @ windows(a)) ** 2)

    def gradient(b: Any, k: Any, x: Any) -> Any:
        z = b * x
        d = 2 * (k @ windows(np.maximum(z, 0.0)))
        da = sum(np.pad(k[i] * d, (i, 2 - i))[1:6] for i in range(3))
        return da * (z > 0) * x, windows(z) @ d

    rng = np.random.default_rng(3)
    params = rng.normal(size=5), rng.normal(size=3)
    found = str(diagnose(loss, gradient, params, inputs=(rng.normal(size=5),)))
    assert "`∂L/∂k` multiplies by `z` where it should multiply by `a`" in found
