"""The doctor on maxima of numbers that are equal, as the zeros that a ReLU makes are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(13)
PARAMS = rng.normal(size=(2, 3)), rng.normal(size=4)
X = rng.normal(size=(3, 4))


def pooled(K: Any, v: Any, x: Any) -> Any:
    act = np.maximum(K @ x, 0)
    return np.sum(v * np.max(act.reshape(4, 2), axis=1)) ** 2


def of_pairs(K: Any, v: Any, x: Any) -> Any:
    act = np.maximum(K @ x, 0).reshape(4, 2)
    return np.sum(v * np.maximum(act[:, 0], act[:, 1])) ** 2


def first(windows: Any) -> Any:
    return np.arange(2) == np.argmax(windows, axis=1)[:, None]


def every(windows: Any) -> Any:
    return windows == windows.max(axis=1, keepdims=True)


def by_hand(K: Any, v: Any, x: Any, largest: Any = first, mask: Any = lambda z: z > 0) -> Any:
    z = K @ x
    windows = np.maximum(z, 0).reshape(4, 2)
    top = windows.max(axis=1)
    d = 2 * np.sum(v * top)
    d_z = (d * v[:, None] * largest(windows)).reshape(2, 4) * mask(z)
    return d_z @ x.T, d * top


def said(intended: Any, **wrong: Any) -> str:
    return str(diagnose(intended, lambda *xs: by_hand(*xs, **wrong), PARAMS, inputs=(X,)))


@pytest.mark.parametrize("intended", [pooled, of_pairs])
@pytest.mark.parametrize("largest", [first, every])
def test_a_mask_that_is_left_out(intended: Any, largest: Any) -> None:
    assert said(intended, largest=largest) == "no mistake found: right at 16 random points"
    found = said(intended, largest=largest, mask=np.ones_like)
    assert "the factor `∂act/∂(K@x)` is left out" in found.replace(
        "∂relu(K@x)/∂(K@x)", "∂act/∂(K@x)"
    )


@pytest.mark.parametrize(("mask", "says"), [(None, "no mistake found"), (np.ones_like, "left out")])
def test_the_smallest(mask: Any, says: str) -> None:
    def lowest(K: Any, v: Any, x: Any) -> Any:
        return np.sum(v * np.min(np.minimum(K @ x, 0).reshape(4, 2), axis=1)) ** 2

    def gradient(K: Any, v: Any, x: Any) -> Any:
        d_K, d_v = by_hand(-K, v, x, **({} if mask is None else {"mask": mask}))
        return -d_K, d_v

    assert says in str(diagnose(lowest, gradient, PARAMS, inputs=(X,)))


def test_to_give_all_to_each_of_two_that_are_always_equal_is_wrong() -> None:
    def square(x: Any) -> Any:
        return np.maximum(x, x) ** 2

    assert diagnose(square, lambda x: 2 * x, 0.7).correct
    assert not diagnose(square, lambda x: 4 * x, 0.7).correct
