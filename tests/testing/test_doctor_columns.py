"""The doctor on a network with its samples in columns, its softmax shifted lest it overflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(5)
PARAMS = {
    "W": rng.normal(size=(4, 2)),
    "b": rng.normal(size=(4, 1)),
    "V": rng.normal(size=(3, 4)),
    "c": rng.normal(size=(3, 1)),
}
INPUTS = rng.normal(size=(2, 6)), np.eye(3)[[0, 2, 1, 1, 0, 2]].T.copy()


def loss(W: Any, b: Any, V: Any, c: Any, X: Any, T: Any) -> Any:
    H = np.tanh(W @ X + b)
    S = V @ H + c
    E = np.exp(S - np.max(S, axis=0))
    return -np.sum(T * np.log(E / np.sum(E, axis=0))) / 6


def by_hand(W: Any, b: Any, V: Any, c: Any, X: Any, T: Any, **other: Any) -> dict[str, Any]:
    do: dict[str, Any] = {
        "pre": lambda z: z,
        "softmax": lambda S: np.exp(S) / np.sum(np.exp(S), axis=0),
        "labels": T,
        "backward": lambda V: V,
        "n": 6,
        "last": lambda g: g,
    } | other
    H = np.tanh(do["pre"](W @ X + b))
    d = (do["softmax"](V @ H + c) - do["labels"]) / 6
    e = (do["backward"](V).T @ d) * (1 - H * H)
    dW = do["last"](e @ X.T)
    return {
        "W": dW,
        "b": e.sum(axis=1, keepdims=True),
        "V": d @ H.T,
        "c": d.sum(axis=1, keepdims=True) * 6 / do["n"],
    }


def said(**other: Any) -> str:
    def gradient(W: Any, b: Any, V: Any, c: Any, X: Any, T: Any) -> Any:
        return by_hand(W, b, V, c, X, T, **other)

    return str(diagnose(loss, gradient, PARAMS, inputs=INPUTS))


def first_column_alone(g: Any) -> Any:
    out = np.zeros_like(g)
    out[:, :1] = g[:, :1]
    return out


def one_element_left(g: Any) -> Any:
    out = g.copy()
    out[1, 1] = 0.0
    return out


def test_one_bias_of_the_output_for_those_of_the_hidden_layer() -> None:
    def loss(W: Any, b: Any, V: Any, c: Any, X: Any) -> Any:
        return np.sum((V @ np.tanh(W @ X + b) + c) ** 2)

    def gradient(W: Any, b: Any, V: Any, c: Any, X: Any) -> Any:
        H = np.tanh(W @ X + c)
        D = 2 * (V @ H + c)
        E = V.T @ D * (1 - H**2)
        return E @ X.T, E.sum(1, keepdims=True), D @ H.T, D.sum(1, keepdims=True)

    params = tuple(rng.normal(size=shape) for shape in ((3, 2), (3, 1), (1, 3), (1, 1)))
    found = str(diagnose(loss, gradient, params, inputs=(rng.normal(size=(2, 5)),)))
    assert found.startswith("`W@X + b` reads `c` where it should read `b`")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, "no mistake found"),
        ({"n": 1}, "`∂L/∂c` is 6 times what it should be (6 is the number of columns)"),
        (
            {"softmax": lambda S: 1.0 * (np.max(S, axis=0) == S)},
            "is taken as `onehot(argmax(S, axis=0)) - T` where it should be",
        ),
        (
            {"softmax": lambda S: np.exp(S - S.max(0)) / np.exp(S - S.max(0)).sum(1)[:, None]},
            "is taken as `e/sum(e, axis=-1) - T` where it should be",
        ),
        ({"backward": np.abs}, "`∂L/∂H` multiplies by `abs(V)` where it should multiply by `V`"),
        ({"last": first_column_alone}, "`∂L/∂W[:, 1]` is always 0"),
        ({"last": one_element_left}, "`∂L/∂W[1, 1]` is always 0"),
        (
            {"pre": lambda z: np.cumsum(z, axis=1)},
            "`cumsum(W@X + b, axis=1)` is read in the place of `W@X + b`",
        ),
    ],
)
def test_what_is_said(other: dict[str, Any], says: str) -> None:
    assert says in said(**other)


def test_a_mean_in_the_place_of_each_label() -> None:
    def gradient(W: Any, b: Any, V: Any, c: Any, X: Any, T: Any) -> Any:
        return by_hand(W, b, V, c, X, T, labels=T.mean(axis=1, keepdims=True))

    found = str(diagnose(loss, gradient, PARAMS, inputs=INPUTS))
    assert "`mean(T, axis=1)` is read in the place of `T`" in found


def test_samples_in_columns_that_are_left_out() -> None:
    def gradient(W: Any, b: Any, V: Any, c: Any, X: Any, T: Any) -> Any:
        right = by_hand(W, b, V, c, X, T)
        H = np.tanh(W @ X + b)
        E = np.exp(V @ H + c)
        d = (E / E.sum(axis=0) - T) / 6
        return {**right, "V": d[:, 1:] @ H[:, 1:].T}

    found = str(diagnose(loss, gradient, PARAMS, inputs=INPUTS))
    assert found == "`∂L/∂V`: the first sample is left out of the sum over the batch"
