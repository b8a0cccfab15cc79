"""The doctor on gates that are computed at once, from arrays that are put together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.ops.special import sigmoid
from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(8)
WEIGHTS = 0.5 * rng.normal(size=(8, 5)), 0.1 * rng.normal(size=8)
X = rng.normal(size=(3, 3))


def cell_loss(W: Any, b: Any, x: Any) -> Any:
    h, c = np.zeros(2), np.zeros(2)
    for t in range(3):
        a = W @ np.concatenate([h, x[t]]) + b
        keep, new, show = sigmoid(a[:2]), sigmoid(a[2:4]), sigmoid(a[4:6])
        c = keep * c + new * np.tanh(a[6:])
        h = show * np.tanh(c)
    return np.sum(h**2)


def by_hand(
    W: Any, b: Any, x: Any, order: tuple[int, ...] = (0, 1, 2), at: int = 0, back: Any = None
) -> Any:
    h, c, seen = np.zeros(2), np.zeros(2), []
    for t in range(3):
        joined = np.concatenate([h, x[t]])
        blocks = (W @ joined + b).reshape(4, 2)
        keep, new, show = (sigmoid(blocks[k]) for k in order)
        cell, before = np.tanh(blocks[3]), c
        c = keep * c + new * cell
        h = show * np.tanh(c)
        seen.append((joined, keep, new, show, cell, before, c))
    dW, db, dh, dc = np.zeros_like(W), np.zeros_like(b), 2 * h, np.zeros(2)
    for joined, keep, new, show, cell, before, c in reversed(seen):
        dshow, dc = dh * np.tanh(c), dc + dh * show * (1 - np.tanh(c) ** 2)
        gates = [
            dc * before * keep * (1 - keep),
            dc * cell * new * (1 - new),
            dshow * show * (1 - show),
        ]
        da = np.concatenate([*(gates[k] for k in back or (0, 1, 2)), dc * new * (1 - cell**2)])
        dW, db, dc = dW + np.outer(da, joined), db + da, dc * keep
        dh = (W.T @ da)[at : at + 2]
    return dW, db


def said(**wrong: Any) -> str:
    return str(diagnose(cell_loss, lambda *xs: by_hand(*xs, **wrong), WEIGHTS, inputs=(X,)))


def test_right_code_is_right() -> None:
    assert said() == "no mistake found: right at 16 random points"


@pytest.mark.parametrize(("at", "places"), [(2, "2 and 3"), (3, "3 and 4")])
def test_a_derivative_that_is_cut_out_of_the_wrong_places(at: int, places: str) -> None:
    assert said(at=at) == (
        "`∂L/∂h#1` is elements "
        f"{places} of `∂L/∂concatenate(h#1, x[1])` where it should be elements 0 and 1 (and so in "
        "each of 2 places)"
    )


def test_gates_that_are_read_from_each_other_s_block() -> None:
    assert said(order=(0, 2, 1)) == (
        "`a#1[2:4]` and `a#1[4:6]` are exchanged (and so in each of 3 places)"
    )


def test_derivatives_that_are_written_into_each_other_s_block() -> None:
    assert "`∂L/∂a#1[2:4]`" in said(back=(0, 2, 1))
    assert "`∂L/∂a#1[4:6]`" in said(back=(0, 2, 1))
