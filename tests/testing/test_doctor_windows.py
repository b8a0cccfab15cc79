"""The doctor on the derivative of an image under windows that overlap, amid a padding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(12)
PARAMS = rng.normal(size=(2, 2)), rng.normal(size=(3, 3))
PLACES = [(i, j) for i in range(4) for j in range(4)]


def energy(K: Any, image: Any) -> Any:
    padded = np.pad(image, 1)
    return sum(np.tanh(np.sum(K * padded[i : i + 2, j : j + 2])) for i, j in PLACES)


def by_hand(K: Any, image: Any, order: Any = None, cut: tuple[int, int] = (1, 1)) -> Any:
    padded = np.pad(image, 1)
    dK, d_padded = np.zeros_like(K), np.zeros_like(padded)
    for i, j in order or PLACES:
        window = padded[i : i + 2, j : j + 2]
        d = 1 - np.tanh(np.sum(K * window)) ** 2
        dK += d * window
        if order is None:
            d_padded[i : i + 2, j : j + 2] += d * K
        else:
            d_padded[i : i + 2, j : j + 2] = d * K
    i, j = cut
    return dK, d_padded[i : i + 3, j : j + 3]


def said(**wrong: Any) -> str:
    return str(diagnose(energy, lambda *xs: by_hand(*xs, **wrong), PARAMS))


def test_right_code_is_right() -> None:
    assert said() == "no mistake found: right at 16 random points"


@pytest.mark.parametrize(("step", "which"), [(1, "last"), (-1, "first")])
def test_windows_that_are_overwritten(step: int, which: str) -> None:
    found = said(order=PLACES[::step])
    assert f"keeps, where windows overlap, only what comes from the {which} of them" in found
    assert "(and so in each of 16 places)" in found


@pytest.mark.parametrize(
    ("cut", "where"),
    [
        ((0, 0), "by -1 along axis 0 and by -1 along axis 1"),
        ((1, 2), "by +1 along axis 1"),
        ((2, 1), "by +1 along axis 0"),
    ],
)
def test_a_padding_that_is_cut_off_at_the_wrong_place(cut: tuple[int, int], where: str) -> None:
    assert said(cut=cut) == (
        f"`∂L/∂image` is cut out of `∂L/∂padded` at the wrong place: shifted {where}"
    )


SIGNAL = rng.normal(size=7)


def taps(k: Any, v: Any, x: Any) -> Any:
    h = np.tanh(v * x)
    return np.sum(np.tanh(k[0] * h[0:5] + k[1] * h[1:6] + k[2] * h[2:7]))


@pytest.mark.parametrize(("order", "which"), [(range(5), "last"), (range(4, -1, -1), "first")])
def test_places_that_are_overwritten_where_the_intended_code_goes_by_taps(
    order: Any, which: str
) -> None:
    def gradient(k: Any, v: Any, x: Any) -> Any:
        h, dk, dh = np.tanh(v * x), np.zeros(3), np.zeros(7)
        for i in order:
            d = 1 - np.tanh(k @ h[i : i + 3]) ** 2
            dk += d * h[i : i + 3]
            dh[i : i + 3] = d * k
        return dk, np.sum(dh * (1 - h**2) * x)

    found = str(diagnose(taps, gradient, (rng.normal(size=3), 0.7), inputs=(SIGNAL,)))
    assert found == (
        "`∂L/∂h` keeps, where the windows of the places overlap, only what comes from the "
        f"{which} of them: the others are overwritten (`+=` adds)"
    )
