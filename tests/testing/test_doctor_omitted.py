"""Loops on the way back that end too early, begin too late, or do not begin anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

RNG = np.random.default_rng(4)
POINT = (RNG.normal(size=(2, 3)), RNG.normal(size=2), RNG.normal(size=2))
DATA = (RNG.normal(size=(4, 3)), RNG.normal(size=4))


def by_samples(W: Any, b: Any, v: Any, X: Any, Y: Any) -> Any:
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        h = np.tanh(W @ x + b)
        total = total + (v @ h - y) ** 2
    return total


def by_units(W: Any, b: Any, v: Any, X: Any, Y: Any) -> Any:
    total = 0.0
    for x, y in zip(X, Y, strict=True):
        o = 0.0
        for j in range(2):
            h = np.tanh(W[j] @ x + b[j])
            o = o + v[j] * h
        total = total + (o - y) ** 2
    return total


def at_once(W: Any, b: Any, v: Any, X: Any, Y: Any) -> Any:
    H = np.tanh(X @ W.T + b)
    return np.sum((H @ v - Y) ** 2)


def by_hand(rounds: Any = range, units: Any = range, anew: bool = True) -> Any:
    def gradient(W: Any, b: Any, v: Any, X: Any, Y: Any) -> Any:
        dW, db, dv, dh = np.zeros((2, 3)), np.zeros(2), np.zeros(2), [0.0, 0.0]
        H = [[float(np.tanh(W[j] @ x + b[j])) for j in range(2)] for x in X]
        for n in rounds(len(X)):
            if anew:
                dh = [0.0, 0.0]
            error = 2.0 * (float(v @ H[n]) - Y[n])
            dv += error * np.array(H[n])
            for j in range(2):
                dh[j] += error * v[j]
            for j in units(2):
                dz = dh[j] * (1.0 - H[n][j] ** 2) if H[n][j] < 2.0 else 0.0
                dW[j] += dz * X[n]
                db[j] += dz
        return dW, db, dv

    return gradient


def said(intended: Any, gradient: Any) -> str:
    return str(diagnose(intended, gradient, POINT, inputs=DATA))


@pytest.mark.parametrize(
    ("intended", "what"),
    [
        (by_samples, "`∂L/∂h#1` is added to what the samples before left, where it should start"),
        (by_units, "`∂L/∂h#1` is added to what the samples before left, where it should start"),
        (at_once, "what the rows before left is added to each row of `∂L/∂H`"),
    ],
)
def test_what_the_samples_before_left(intended: Any, what: str) -> None:
    found = said(intended, by_hand(anew=False))
    assert found.startswith(f"in `∂L/∂W` and `∂L/∂b`, {what}")


def test_right_code() -> None:
    for intended in (by_samples, by_units, at_once):
        assert said(intended, by_hand()).startswith("no mistake found")


def grid(K: Any, X: Any) -> Any:
    """Two 2 by 2 kernels on images of 4 by 4, one number at a time."""
    total = 0.0
    for image in X:
        for k in range(2):
            for i in range(3):
                for j in range(3):
                    z = np.sum(K[k] * image[i : i + 2, j : j + 2])
                    total = total + np.sin(z)
    return total


def at_once_on(K: Any, X: Any) -> Any:
    total = 0.0
    for image in X:
        for k in range(2):
            z = sum(K[k, a, b] * image[a : a + 3, b : b + 3] for a in range(2) for b in range(2))
            total = total + np.sum(np.sin(z))
    return total


IMAGES = RNG.normal(size=(2, 4, 4))


@pytest.mark.parametrize(
    ("rows", "columns", "one_by_one", "in_arrays"),
    [
        (slice(2), slice(3), "the last 3 of every 9 rounds: a loop ends too early", "row 2"),
        (slice(3), slice(2), "the last of every 3 rounds: a loop ends too early", "column 2"),
        (slice(1, 3), slice(3), "the first 3 of every 9 rounds: a loop begins too late", "row 0"),
        (slice(3), slice(1, 3), "the first of every 3 rounds: a loop begins too late", "column 0"),
    ],
)
def test_loops_over_places(rows: slice, columns: slice, one_by_one: str, in_arrays: str) -> None:
    def gradient(K: Any, X: Any) -> Any:
        out = np.zeros(K.shape)
        for image in X:
            for k in range(2):
                for i in range(3)[rows]:
                    for j in range(3)[columns]:
                        window = image[i : i + 2, j : j + 2]
                        z = float(np.sum(K[k] * window))
                        out[k] += np.cos(z) * window if z < 99.0 else 0.0
        return out

    found = diagnose(grid, gradient, (RNG.normal(size=(2, 2, 2)),), inputs=(IMAGES,))
    assert str(found) == f"in `∂L/∂K`, `∂L/∂z#1` is left out in {one_by_one}"
    found = diagnose(at_once_on, gradient, (RNG.normal(size=(2, 2, 2)),), inputs=(IMAGES,))
    assert f"{in_arrays} of `∂L/∂" in str(found) and "left out" in str(found)
