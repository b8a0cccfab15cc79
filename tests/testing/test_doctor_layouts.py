"""The doctor on a convolution by im2col: axes in another order, windows that are repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.readings import ORDERS, laid_out

rng = np.random.default_rng(14)
IMAGES = rng.normal(size=(3, 2, 5, 5))
PARAMS = {
    "K": rng.normal(size=(3, 2, 2, 2)),
    "b": rng.normal(size=3),
    "V": rng.normal(size=(12, 2)),
}
PLACES = [(i, j) for i in range(2) for j in range(2)]


def loss(p: Any, images: Any) -> Any:
    conv = p["b"].reshape(1, 3, 1, 1) + sum(
        np.einsum("ncij,fc->nfij", images[:, :, i : i + 4, j : j + 4], p["K"][:, :, i, j])
        for i, j in PLACES
    )
    act = np.tanh(conv)
    pooled = act.reshape(3, 3, 2, 2, 2, 2).mean(axis=(3, 5))
    return np.sum((pooled.reshape(3, 12) @ p["V"]) ** 2)


def upsampled(g: Any) -> Any:
    return g.repeat(2, axis=2).repeat(2, axis=3)


def by_hand(p: Any, images: Any, **wrong: Callable[[Any], Any]) -> Any:
    def step(name: str, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return wrong.get(name, right)

    cols = np.stack(
        [images[:, :, i : i + 2, j : j + 2].reshape(3, 8) for i in range(4) for j in range(4)], 1
    )
    rows = cols @ p["K"].reshape(3, 8).T + p["b"]
    conv = step("conv", lambda r: r.transpose(0, 2, 1).reshape(3, 3, 4, 4))(rows)
    act = np.tanh(conv)
    pooled = act.reshape(3, 3, 2, 2, 2, 2).mean(axis=(3, 5))
    flat = step("flat", lambda x: x.reshape(3, 12))(pooled)
    d_out = 2 * flat @ p["V"]
    d_pooled = (d_out @ p["V"].T).reshape(3, 3, 2, 2)
    d_act = step("up", upsampled)(d_pooled) / 4
    d_conv = d_act * (1 - act**2)
    d_rows = step("back", lambda g: g.reshape(3, 3, 16).transpose(0, 2, 1))(d_conv)
    d_K = step("K", lambda g: g.T.reshape(3, 2, 2, 2))(np.einsum("npk,npf->kf", cols, d_rows))
    return {"K": d_K, "b": d_rows.sum(axis=(0, 1)), "V": flat.T @ d_out}


def said(**wrong: Callable[[Any], Any]) -> str:
    return str(diagnose(loss, lambda p, x: by_hand(p, x, **wrong), PARAMS, inputs=(IMAGES,)))


def test_right_code_is_right() -> None:
    assert said() == "no mistake found: right at 16 random points"


AS_IF = "as if its axes were in the order"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            {"conv": lambda r: r.reshape(3, 3, 4, 4)},
            f"`conv` is reshaped {AS_IF} (0, 2, 3, 1), without a transpose",
        ),
        (
            {"back": lambda g: g.reshape(3, 16, 3)},
            f"`∂L/∂conv` is reshaped and transposed {AS_IF} (0, 2, 3, 1)",
        ),
        (
            {"flat": lambda x: x.transpose(0, 2, 3, 1).reshape(3, 12)},
            f"`pooled` is reshaped {AS_IF} (0, 2, 3, 1), without a transpose",
        ),
        (
            {"K": lambda g: g.reshape(3, 2, 2, 2)},
            f"`∂L/∂K` is reshaped {AS_IF} (1, 2, 3, 0), without a transpose",
        ),
        (
            {"K": lambda g: g.T.reshape(3, 2, 2, 2).T.reshape(3, 2, 2, 2)},
            f"`∂L/∂K` is reshaped {AS_IF} (3, 2, 1, 0), without a transpose",
        ),
    ],
)
def test_axes_in_another_order(wrong: dict[str, Any], text: str) -> None:
    assert said(**wrong) == text


def test_windows_are_repeated_as_a_whole() -> None:
    found = said(up=lambda g: np.tile(g, (1, 1, 2, 2)))
    assert "is repeated window by window, as `np.tile` does, not number by number" in found


@pytest.mark.parametrize("order", ORDERS)
def test_a_layout_and_its_way_back(order: tuple[int, ...]) -> None:
    look, back = laid_out(order)
    x = np.arange(float(np.prod(range(2, 2 + len(order))))).reshape(range(2, 2 + len(order)))
    assert look(x).shape == x.shape
    np.testing.assert_array_equal(back(look(x)), x)
    assert not np.array_equal(look(x), x)


def test_an_exchange_of_equal_axes_is_a_transpose() -> None:
    look, back = laid_out((1, 0))
    assert look(np.eye(2)).shape == (4,) == back(np.eye(2)).shape


# --- pooling in loops -----------------------------------------------------------------------

W = rng.normal(size=4), rng.normal(size=(2, 2))
B = rng.normal(size=(2, 4))


def in_loops(v: Any, M: Any, x: Any) -> Any:
    a = np.tanh(x @ M @ B)
    means = [np.mean(a[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]) for i, j in PLACES]
    return sum(v[k] * means[k] for k in range(4)) ** 2


def loops_by_hand(v: Any, M: Any, x: Any, route: str = "evenly") -> Any:
    a = np.tanh(x @ M @ B)
    windows = [a[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] for i, j in PLACES]
    means = np.array([w.mean() for w in windows])
    d = 2 * means @ v
    da = np.zeros((4, 4))
    for (i, j), w, g in zip(PLACES, windows, d * v, strict=True):
        own = da[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        if route == "tile":
            own = da[i::2, j::2]
        own += g * (w == w.max()) if route == "largest" else g / 4
    return d * means, x.T @ (da * (1 - a**2)) @ B.T


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ("evenly", "no mistake found"),
        ("tile", "is repeated window by window, as `np.tile` does"),
        ("largest", "goes to the largest element alone of what `sum(a[0:2, 0:2])` is taken of"),
    ],
)
def test_windows_in_loops(route: str, text: str) -> None:
    def wrong(v: Any, M: Any, x: Any) -> Any:
        return loops_by_hand(v, M, x, route)

    assert text in str(diagnose(in_loops, wrong, W, inputs=(rng.normal(size=(4, 2)),)))


# --- two neighbours -------------------------------------------------------------------------


def neighbours(v: Any, M: Any, x: Any) -> Any:
    a = np.tanh(x @ M @ B)
    return np.sum(v * (0.5 * (a[:, 0::2] + a[:, 1::2])).sum(axis=1)) ** 2


def neighbours_by_hand(v: Any, M: Any, x: Any, larger: bool = False, step: int = 2) -> Any:
    a = np.tanh(x @ M @ B)
    one, other = a[:, 0::2], a[:, 1::2]
    pooled = np.maximum(one, other) if larger else (one + other) / 2
    d = 2 * (v @ pooled.sum(axis=1))
    da = np.zeros((4, 4))
    for m in (0, 1):
        for j in (0, 1):
            da[:, step * j + m] += d * v / 2
    return d * pooled.sum(axis=1), x.T @ (da * (1 - a**2)) @ B.T


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({}, "no mistake found"),
        ({"larger": True}, "takes the larger of `a[:, 0::2]` and `a[:, 1::2]` where it should"),
        ({"step": 1}, "goes to `∂L/∂a[:, 0:2]` where it should go to `∂L/∂a[:, 0::2]`: the str"),
    ],
)
def test_neighbours(wrong: dict[str, Any], text: str) -> None:
    def gradient(*xs: Any) -> Any:
        return neighbours_by_hand(*xs, **wrong)

    assert text in str(diagnose(neighbours, gradient, W, inputs=(rng.normal(size=(4, 2)),)))


def larger(v: Any, M: Any, x: Any) -> Any:
    a = np.tanh(x @ M @ B)
    return np.sum(v * np.maximum(a[:, 0], a[:, 3])) ** 2


def test_the_mean_of_two_for_the_larger_one() -> None:
    def gradient(v: Any, M: Any, x: Any) -> Any:
        a = np.tanh(x @ M @ B)
        pooled = (a[:, 0] + a[:, 3]) / 2
        d = 2 * (v @ pooled)
        da = np.zeros((4, 4))
        da[:, 0], da[:, 3] = d * v * (a[:, 0] > a[:, 3]), d * v * (a[:, 3] >= a[:, 0])
        return d * pooled, x.T @ (da * (1 - a**2)) @ B.T

    found = str(diagnose(larger, gradient, W, inputs=(rng.normal(size=(4, 2)),)))
    assert "takes the mean where it should take the larger of `a[:, 0]` and `a[:, 3]`" in found
