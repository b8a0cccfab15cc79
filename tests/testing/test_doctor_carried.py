"""The doctor on an LSTM that joins state and input: what rounds hand on, and begin with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.ops.special import sigmoid
from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(15)
X, ROUNDS = rng.normal(size=(4, 2)), (0, 1, 2, 3)
PARAMS = *(rng.normal(size=(5, 3)) for _ in range(4)), rng.normal(size=3)


def loss(F: Any, A: Any, G: Any, H: Any, v: Any, xs: Any) -> Any:
    h, c, total = np.zeros(3), np.zeros(3), 0.0
    for x in xs:
        z = np.concatenate([h, x])
        c = sigmoid(z @ F) * c + sigmoid(z @ A) * np.tanh(z @ G)
        h = sigmoid(z @ H) * np.tanh(c)
        total = total + (h @ v) ** 2
    return total


def by_hand(
    F: Any,
    A: Any,
    G: Any,
    H: Any,
    v: Any,
    xs: Any,
    first: float = 0.0,
    ends: float = 0.0,
    order: Any = ROUNDS[::-1],
    limit: float = np.inf,
    early: bool = False,
) -> Any:
    hs, cs, kept = [np.zeros(3)], [np.full(3, first)], []
    for x in xs:
        z = np.concatenate([hs[-1], x])
        f, i, g, o = sigmoid(z @ F), sigmoid(z @ A), np.tanh(z @ G), sigmoid(z @ H)
        kept.append((z, f, i, g, o))
        cs.append(f * cs[-1] + i * g)
        hs.append(o * np.tanh(cs[-1]))
    dF, dA, dG, dH, dv = (np.zeros_like(p) for p in (F, A, G, H, v))
    dh, dc = np.full(3, ends), np.zeros(3)
    for t in order:
        z, f, i, g, o = kept[t]
        d = 2 * (hs[t + 1] @ v)
        dv += d * hs[t + 1]
        dh = np.clip(d * v + dh, -limit, limit)
        squashed = np.tanh(cs[t] if early else cs[t + 1])
        dc = dc + dh * o * (1 - squashed**2)
        do, df = dh * squashed * o * (1 - o), dc * cs[t] * f * (1 - f)
        di, dg = dc * g * i * (1 - i), dc * i * (1 - g**2)
        for gate, here in ((dF, df), (dA, di), (dG, dg), (dH, do)):
            gate += np.outer(z, here)
        dh = (F @ df + A @ di + G @ dg + H @ do)[:3]
        dc = dc * f
    return dF, dA, dG, dH, dv


def said(**wrong: Any) -> str:
    return str(diagnose(loss, lambda *xs: by_hand(*xs, **wrong), PARAMS, inputs=(X,)))


def test_right_code_is_right() -> None:
    assert said() == "no mistake found: right at 16 random points"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"ends": 1.0}, "`∂L/∂h#4` begins with ones where it should begin with zeros"),
        ({"limit": 0.5}, "`∂L/∂h#1` is cut off at ±0.5 (and so in each of 3 places)"),
        (
            {"early": True},
            "`∂L/∂sigmoid(z#2@H)` and `∂L/∂c#2` are computed with `tanh(c#2)` that reads `c#1` "
            "where it should read `c#2` (and so in each of 4 places)",
        ),
        (
            {"order": ROUNDS},
            "in `∂L/∂F`, `∂L/∂A`, `∂L/∂G` and `∂L/∂H` the loop over the 4 rounds runs from the "
            "first to the last, where it should run from the last to the first",
        ),
        (
            {"first": 1.0},
            "`sigmoid(z#1@F)*zeros(3)` reads ones where it should read `zeros(3)`, in the forward "
            "computation and in its derivative",
        ),
    ],
)
def test_what_rounds_hand_on(wrong: dict[str, Any], text: str) -> None:
    assert said(**wrong) == text


# --- a plain recurrent network -----------------------------------------------------------------

RNN = {"W": rng.normal(size=(3, 2)), "U": rng.normal(size=(3, 3)), "V": rng.normal(size=(2, 3))}
TARGETS = rng.normal(size=(4, 2))


def outputs(p: Any, xs: Any, ys: Any) -> Any:
    h, total = np.zeros(3), 0.0
    for t in range(4):
        h = np.tanh(p["W"] @ xs[t] + p["U"] @ h)
        total = total + 0.5 * np.sum((p["V"] @ h - ys[t]) ** 2)
    return total


def step(p: Any, xs: Any, ys: Any, early: tuple[str, ...]) -> Any:
    now, hs = dict(p), [np.zeros(3)]
    for t in range(4):
        hs.append(np.tanh(p["W"] @ xs[t] + p["U"] @ hs[-1]))
    d, dh = {name: np.zeros_like(value) for name, value in p.items()}, np.zeros(3)
    for t in (3, 2, 1, 0):
        dy = p["V"] @ hs[t + 1] - ys[t]
        here = {"V": np.outer(dy, hs[t + 1])}
        if "V" in early:
            now["V"] = now["V"] - 0.2 * here["V"]
        dz = (now["V"].T @ dy + dh) * (1 - hs[t + 1] ** 2)
        here |= {"W": np.outer(dz, xs[t]), "U": np.outer(dz, hs[t])}
        if "U" in early:
            now["U"] = now["U"] - 0.2 * here["U"]
        dh = now["U"].T @ dz
        for name, g in here.items():
            d[name] += g
    return {name: value - 0.2 * d[name] for name, value in p.items()}


@pytest.mark.parametrize(
    ("early", "text"),
    [
        ((), "no mistake found"),
        (("V",), "`V` is updated within the loop, and what goes on to the round before is"),
        (("U", "V"), "`U` and `V` are updated within the loop"),
    ],
)
def test_parameters_that_are_updated_within_the_loop(early: tuple[str, ...], text: str) -> None:
    found = diagnose(
        outputs,
        lambda p, xs, ys: step(p, xs, ys, early),
        RNN,
        inputs=(X, TARGETS),
        learning_rate=0.2,
    )
    assert text in str(found)
