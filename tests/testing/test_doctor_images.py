"""The doctor on filters over an image with a softmax on top, which is saturated at many points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

LABEL = 1
rng = np.random.default_rng(7)
PARAMS = rng.normal(size=(2, 2, 2)), rng.normal(size=(8, 3)) / 3
IMAGE = rng.normal(size=(3, 3))


def intended(filters: Any, weights: Any, image: Any) -> Any:
    maps = [
        np.sum(image[i : i + 2, j : j + 2] * filters[f])
        for i in range(2)
        for j in range(2)
        for f in range(2)
    ]
    totals = np.maximum(0, np.stack(maps)) @ weights
    return np.log(np.sum(np.exp(totals))) - totals[LABEL]


CODE = """
def gradient(filters, weights, image):
    windows = {(i, j): image[i : i + 2, j : j + 2] for i in range(2) for j in range(2)}
    conv = np.array([[np.sum(windows[i, j] * k) for k in filters] for i, j in windows])
    flat = np.maximum(0, conv).ravel()
    e = np.exp(flat @ weights)
    out, S = e / e.sum(), e.sum()
    d_t = -e[LABEL] * e / S**2
    d_t[LABEL] = e[LABEL] * (S - e[LABEL]) / S**2
    d_t = -1 / out[LABEL] * d_t
    d_weights = np.outer(flat, d_t)
    d_flat = weights @ d_t
    d_conv = d_flat.reshape(4, 2)
    d_conv = d_conv * (conv > 0)
    d_filters = np.zeros_like(filters)
    for m, (i, j) in enumerate(windows):
        for f in range(2):
            d_filters[f] += d_conv[m, f] * windows[i, j]
    return d_filters, d_weights
"""


def said(*edits: tuple[str, str]) -> str:
    code = CODE
    for right, wrong in edits:
        assert right in code
        code = code.replace(right, wrong)
    scope: dict[str, Any] = {"np": np, "LABEL": LABEL}
    exec(code, scope)
    return str(diagnose(intended, scope["gradient"], PARAMS, inputs=(IMAGE,)))


def test_digits_that_a_saturated_softmax_loses_are_no_mistake() -> None:
    assert said() == "no mistake found: right at 16 random points"


MASK = ("d_conv * (conv > 0)", "d_conv")
OF_RELU = "∂L/∂relu(stack(maps[0], maps[1], …, maps[7]))"


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        (
            [MASK],
            "the factor `∂relu(stack(maps[0], maps[1], …, maps[7]))/∂stack(maps[0], maps[1], …, "
            "maps[7])` is left out",
        ),
        (
            [("d_filters[f] +=", "d_filters[f] =")],
            "`∂L/∂filters`: only the last of its 4 terms is kept: the sum over the others is "
            "missing",
        ),
        (
            [("d_flat.reshape(4, 2)", "d_flat.reshape(2, 4).T")],
            f"the elements of `{OF_RELU}` are taken in the order of `reshape(2, 4).T`",
        ),
        (
            [("outer(flat, d_t)", "outer(flat, -1 / out[LABEL] * (np.arange(3) == LABEL))")],
            "in `∂L/∂weights` only, `∂L/∂totals` is taken as `-onehot/p` where it should be "
            "`p - onehot`, p being `softmax(totals, axis=-1)`",
        ),
        (
            [("-e[LABEL] * e / S**2", "-e[LABEL] * e / S")],
            "`∂L/∂totals` is taken as `(p - onehot)*onehot + exp(totals)*(1 - onehot)` where it "
            "should be `p - onehot`, p being `softmax(totals, axis=-1)`",
        ),
        (
            [("-e[LABEL] * e / S**2", "e[LABEL] * e / S**2")],
            "`∂L/∂totals` is taken as `(p - onehot)*onehot - p*(1 - onehot)` where",
        ),
        (
            [("(S - e[LABEL]) / S**2", "(S - e[LABEL]) / S")],
            "`∂L/∂totals` is taken as `(p - onehot)*onehot*sum(exp(totals)) + p*(1 - onehot)`",
        ),
        (
            [MASK, ("in enumerate(windows)", "in [*enumerate(windows)][:-1]")],
            "is left out, and `∂L/∂filters`: of its 4 terms the last is missing",
        ),
    ],
)
def test_mistakes(edits: list[tuple[str, str]], says: str) -> None:
    assert says in said(*edits)


@pytest.mark.parametrize(("shift", "how"), [(-1, "less"), (1, "more")])
def test_labels_that_are_one_off(shift: int, how: str) -> None:
    def loss(W: Any, X: Any, labels: Any) -> Any:
        scores = X @ W
        log_p = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
        return -np.sum(log_p[np.arange(4), labels])

    def gradient(W: Any, X: Any, labels: Any) -> Any:
        p = np.exp(X @ W)
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(4), (labels + shift) % 3] -= 1
        return X.T @ p

    inputs = rng.normal(size=(4, 2)), np.array([0, 2, 1, 1])
    found = str(diagnose(loss, gradient, (rng.normal(size=(2, 3)),), inputs=inputs))
    assert f"is taken as `p - labels with each label one class {how}`" in found


def test_labels_that_should_have_been_smoothed() -> None:
    def smoothed(labels: Any) -> Any:
        return 0.7 * np.eye(3)[labels] + 0.1

    def loss(W: Any, X: Any, labels: Any) -> Any:
        scores, target = X @ W, smoothed(labels)
        log_p = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
        return -np.sum(target * log_p)

    def gradient(W: Any, X: Any, labels: Any) -> Any:
        p = np.exp(X @ W)
        return X.T @ (p / p.sum(axis=1, keepdims=True) - np.eye(3)[labels])

    inputs = rng.normal(size=(4, 2)), np.array([0, 2, 1, 1])
    found = str(diagnose(loss, gradient, (rng.normal(size=(2, 3)),), inputs=inputs))
    assert "is taken as `p - onehot(argmax(target))` where it should be" in found


def test_the_axes_of_what_was_flattened() -> None:
    def loss(W: Any, V: Any, X: Any) -> Any:
        return np.sum(np.tanh((X[:, None] * W).reshape(-1)) @ V) ** 2

    def gradient(W: Any, V: Any, X: Any) -> Any:
        H = np.tanh((X[:, None] * W).reshape(-1))
        d = 2 * (H @ V) * V * (1 - H**2)
        return d.reshape(3, 2).T * X[:, None], 2 * (H @ V) * H

    params = rng.normal(size=(2, 3)), rng.normal(size=6)
    assert "are taken in the order of `reshape(3, 2).T`" in str(
        diagnose(loss, gradient, params, inputs=(rng.normal(size=2),))
    )


def test_a_number_of_features_for_that_of_samples() -> None:
    def loss(w: Any, X: Any, y: Any) -> Any:
        return np.sum((X @ w - y) ** 2) / 5

    def gradient(w: Any, X: Any, y: Any) -> Any:
        return 2 * (X @ w - y) @ X / len(X.T)

    inputs = rng.normal(size=(5, 3)), rng.normal(size=5)
    assert str(diagnose(loss, gradient, (rng.normal(size=3),), inputs=inputs)) == (
        "`∂L/∂w` is 5/3 times what it should be (as if divided by 3 where it should be divided by "
        "5, the number of rows)"
    )
