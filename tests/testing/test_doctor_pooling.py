"""The doctor on the largest element, or the mean, of windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(11)
PARAMS = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
X = rng.normal(size=(3, 6))


def intended(taken: str) -> Any:
    def loss(K: Any, v: Any, x: Any) -> Any:
        act = np.tanh(K @ x)
        windows = act.reshape(2, 3, 2)
        pooled = np.max(windows, axis=2) if taken == "max" else np.sum(windows, axis=2) / 2
        return np.sum(v * pooled) ** 2

    return loss


CODE = """
def gradient(K, v, x):
    act = np.tanh(K @ x)
    windows = act.reshape(2, 3, 2)
    largest = windows == windows.max(axis=2, keepdims=True)
    shares = {shares}
    pooled = np.sum({taken} * windows, axis=2)
    d = 2 * np.sum(v * pooled)
    d_windows = d * v[..., None] * shares
    d_act = d_windows.reshape(2, 6) * (1 - act**2)
    return d_act @ x.T, d * {read}
"""
FIRST = "np.array([1.0, 0.0])"


def said(kind: str, shares: str, taken: str = "", read: str = "pooled") -> str:
    right = {"max": "largest", "mean": "np.array([0.5, 0.5])"}[kind]
    scope: dict[str, Any] = {"np": np}
    exec(CODE.format(shares=shares or right, taken=taken or right, read=read), scope)
    return str(diagnose(intended(kind), scope["gradient"], PARAMS, inputs=(X,)))


def test_right_code_is_right() -> None:
    assert said("max", "") == said("mean", "") == "no mistake found: right at 16 random points"


@pytest.mark.parametrize(
    ("kind", "shares", "says"),
    [
        ("max", "np.array([1.0, 1.0])", "goes to every element of what `pooled` is taken of, not"),
        ("max", "np.array([0.5, 0.5])", "goes to all elements evenly of what `pooled` is taken"),
        ("max", FIRST, "goes to the first element of what `pooled` is taken of, not to the larg"),
        ("max", "~largest", "goes to the smallest element of what `pooled` is taken of, not to"),
        ("mean", "largest", "goes to the largest element alone of what `sum(windows, axis=2)` is"),
    ],
)
def test_where_the_derivative_goes(kind: str, shares: str, says: str) -> None:
    assert says in said(kind, shares)


@pytest.mark.parametrize(
    ("kind", "taken", "says"),
    [
        ("max", "np.array([0.5, 0.5])", "`pooled` takes the mean where it should take the largest"),
        ("max", FIRST, "`pooled` takes the first element where it should take the largest elem"),
        ("mean", "largest", "takes the largest element where it should take the mean"),
    ],
)
def test_what_is_taken(kind: str, taken: str, says: str) -> None:
    assert says in said(kind, taken, taken)


def test_what_is_multiplied_by() -> None:
    assert said("max", "", read="windows[..., 0]") == (
        "`∂L/∂v` multiplies by the first element where it should multiply by the largest element, "
        "`pooled`"
    )


def test_a_sum_of_windows_that_is_no_mean() -> None:
    by = np.array([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]])

    def loss(K: Any, x: Any) -> Any:
        return np.sum(np.sum(np.tanh(K @ x).reshape(2, 3, 2), axis=2) * by)

    def gradient(K: Any, x: Any) -> Any:
        return (np.repeat(by, 2, axis=1) * (1 - np.tanh(K @ x))) @ x.T

    assert "is taken as `1 - " in str(diagnose(loss, gradient, PARAMS[0], inputs=(X,)))


WORDS = "of `act[0]` and `act[1]`"


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ((1.0, 1.0), "goes to both `act[0]` and `act[1]`, not to the larger of them"),
        ((0.5, 0.5), "goes to `act[0]` and `act[1]` evenly, not to the larger of them"),
        ((1.0, 0.0), f"always goes to `act[0]`, not to the larger {WORDS}"),
        ((0.0, 1.0), f"always goes to `act[1]`, not to the larger {WORDS}"),
        (None, f"goes to the smaller {WORDS}, not to the larger"),
    ],
)
def test_the_larger_of_two(shares: tuple[float, float] | None, says: str) -> None:
    def loss(K: Any, v: Any, x: Any) -> Any:
        act = np.tanh(K @ x)
        return np.sum(v * np.maximum(act[0], act[1])) ** 2

    def gradient(K: Any, v: Any, x: Any) -> Any:
        act = np.tanh(K @ x)
        pooled = act.max(axis=0)
        other = act == act.min(axis=0)
        to = other if shares is None else np.array(shares)[:, None] + 0 * act
        d = 2 * np.sum(v * pooled)
        return (d * v * to * (1 - act**2)) @ x.T, d * pooled

    inputs = (PARAMS[0], rng.normal(size=6))
    assert says in str(diagnose(loss, gradient, inputs, inputs=(X,)))


@pytest.mark.parametrize(
    ("share", "says"), [(1.0, "goes to all of a window"), (0.5, "goes to all evenly of a window")]
)
def test_a_window_taken_apart_by_maximum(share: float, says: str) -> None:
    def intended(k: Any, x: Any) -> Any:
        z = k[0] * x + k[1]
        top = np.maximum(z[0::2, 0::2], z[0::2, 1::2])
        bottom = np.maximum(z[1::2, 0::2], z[1::2, 1::2])
        return np.sum(np.sin(np.maximum(top, bottom)))

    def gradient(k: Any, x: Any) -> Any:
        z = k[0] * x + k[1]
        windows = z.reshape(2, 2, 2, 2)
        d = np.cos(windows.max(axis=(1, 3)))
        dz = share**2 * np.repeat(np.repeat(d, 2, axis=0), 2, axis=1)
        return np.array([np.sum(dz * x), np.sum(dz)])

    x = np.random.default_rng(5).normal(size=(4, 4))
    found = diagnose(intended, gradient, (np.array([0.7, -0.2]),), inputs=(x,))
    assert str(found) == f"`∂L/∂maximum(top, bottom)` {says}, not to the largest of it"


def test_a_mean_for_the_largest_on_the_way_there() -> None:
    """Over two axes at once, with the forward values handed in."""
    params = rng.normal(size=(2, 3)), rng.normal(size=(2, 2))
    photo = rng.normal(size=(3, 6))

    def pools(a: Any) -> Any:
        return a.reshape(1, 2, 2, 3)

    def loss(K: Any, v: Any, x: Any) -> Any:
        act = np.tanh(K @ x)
        pooled = np.max(pools(act), axis=(0, 3))
        return np.sum(v * pooled) ** 2

    def forward(K: Any, v: Any, x: Any) -> Any:
        act = np.tanh(K @ x)
        return {"act": act, "pooled": pools(act).mean(axis=(0, 3))}

    def gradient(K: Any, v: Any, x: Any) -> Any:
        act, pooled = forward(K, v, x).values()
        d = 2 * np.sum(v * pooled)
        windows = pools(act)
        largest = windows == windows.max(axis=(0, 3), keepdims=True)
        d_act = np.reshape(d * v[None, :, :, None] * largest, (2, 6))
        return (d_act * (1 - act**2)) @ x.T, d * pooled

    found = diagnose(loss, gradient, params, inputs=(photo,), forward=forward)
    assert "`pooled` takes the mean where it should take the largest element" in str(found)
