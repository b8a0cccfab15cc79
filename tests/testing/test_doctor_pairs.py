"""The doctor on a gate: values exchanged in the forward pass, two slips of which one is local."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradnet.ops.special import sigmoid
from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(16)
PARAMS = {name: rng.normal(size=(3, 5)) for name in "ZRN"}
X, OUT = rng.normal(size=(3, 2)), rng.normal(size=3)


def prediction(p: Any, xs: Any) -> Any:
    h = np.zeros(3)
    for x in xs:
        xh = np.concatenate([x, h])
        z, r = sigmoid(p["Z"] @ xh), sigmoid(p["R"] @ xh)
        n = np.tanh(p["N"] @ np.concatenate([x, r * h]))
        h = (1 - z) * h + z * n
    return OUT @ h


def loss(p: Any, xs: Any) -> Any:
    return 0.5 * prediction(p, xs) ** 2


def forward(p: Any, xs: Any, swap: bool = False) -> Any:
    h, kept = np.zeros(3), []
    for x in xs:
        xh = np.concatenate([x, h])
        z, r = sigmoid(p["Z"] @ xh), sigmoid(p["R"] @ xh)
        xrh = np.concatenate([x, r * h])
        n = np.tanh(p["N"] @ xrh)
        kept.append((h, xh, xrh, z, r, n))
        h = z * h + (1 - z) * n if swap else (1 - z) * h + z * n
    return OUT @ h, kept


def backward(p: Any, xs: Any, swap: bool = False, slips: bool = False) -> Any:
    out, kept = forward(p, xs, swap)
    d, dh = {name: np.zeros_like(w) for name, w in p.items()}, out * OUT
    for h, xh, xrh, z, r, n in kept[::-1]:
        dn = dh * z * (1 - n**2)
        dz = dh * (n - h) * (z if slips else z * (1 - z))
        drh = (p["N"].T @ dn)[2:]
        dr = drh * h * r * (1 - r)
        d["N"] += np.outer(dn, xh if slips else xrh)
        d["R"] += np.outer(dr, xh)
        d["Z"] += np.outer(dz, xh)
        dh = dh * (1 - z) + drh * r + (p["R"].T @ dr + p["Z"].T @ dz)[2:]
    return d


def test_right_code_is_right() -> None:
    assert diagnose(loss, backward, PARAMS, inputs=(X,)).correct


def test_of_forward_mistakes_alike_the_one_that_explains_the_gradient_is_named() -> None:
    """That z is computed as 1 - z gives the same prediction, but another gradient."""
    found = diagnose(
        loss,
        lambda p, xs: backward(p, xs, swap=True),
        PARAMS,
        inputs=(X,),
        forward=lambda p, xs: forward(p, xs, swap=True)[0],
    )
    assert found.explained
    assert "reads `z#2` where it should read `1 - z#2`, and `z#2*n#2` reads `1 - z#2`" in str(found)


def test_a_slip_at_a_parameter_beside_one_that_spoils_it_too() -> None:
    found = str(diagnose(loss, lambda p, xs: backward(p, xs, slips=True), PARAMS, inputs=(X,)))
    assert "`∂z#1/∂(Z@xh#1)` is taken as `z#1` (and so in each of 3 places)" in found
    assert "`∂L/∂N`" in found and "multiplies by `xh#1` where it should multiply by" in found


def test_weights_that_are_crossed_on_the_way_back_in_a_loop() -> None:
    def intended(a: Any, b: Any, u: Any, v: Any, X: Any, Y: Any) -> Any:
        total = 0.0
        for x, y in zip(X, Y, strict=True):
            h1, h2 = np.tanh(a * x), np.tanh(b * x)
            total = total + (u * h1 + v * h2 - y) ** 2
        return total

    def gradient(a: Any, b: Any, u: Any, v: Any, X: Any, Y: Any) -> Any:
        h1, h2 = np.tanh(a * X), np.tanh(b * X)
        d = 2 * (u * h1 + v * h2 - Y)
        da, db = d * v * (1 - h1**2), d * u * (1 - h2**2)
        return np.sum(da * X), np.sum(db * X), np.sum(d * h1), np.sum(d * h2)

    inputs = (np.array([0.3, -1.2, 0.8]), np.array([0.1, 0.4, -0.6]))
    found = diagnose(intended, gradient, (0.5, -0.7, 1.1, 0.4), inputs=inputs)
    assert str(found) == (
        "`∂L/∂h1#1` multiplies by `v` where it should multiply by `u`, and `∂L/∂h2#1` by `u` "
        "where it should multiply by `v` (and so in each of 3 places)"
    )
