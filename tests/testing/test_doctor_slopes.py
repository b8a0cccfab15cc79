"""The doctor's wrong derivatives of single functions: `doctor/slopes.py`."""

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import diagnose

RNG = np.random.default_rng(41)
W, X, T = RNG.normal(size=3), RNG.normal(size=(5, 3)), RNG.normal(size=5)


def leaky(w: Any, x: Any, t: Any) -> Any:
    z = x @ w
    return np.sum((np.where(z > 0, z, 0.1 * z) - t) ** 2)


@pytest.mark.parametrize(
    ("slope", "says"),
    [
        ("np.where(z > 0, 0.1, 1.0)", "where(z > 0, 0.1, 1)"),
        ("(z > 0)", "as `(z > 0)`"),
        ("1.0", "is left out"),
    ],
)
def test_slopes_of_a_leaky_relu(slope: str, says: str) -> None:
    space: dict[str, Any] = {"np": np}
    exec(  # without a text
        "def gradient(w, x, t):\n    z = x @ w\n    d = 2 * (np.where(z > 0, z, 0.1 * z) - t)\n"
        f"    return (x.T @ (d * {slope}),)\n",
        space,
    )
    assert says in str(diagnose(leaky, space["gradient"], (W,), inputs=(X, T)))


def ridge(w: Any, x: Any, t: Any) -> Any:
    return np.mean((x @ w - t) ** 2) + 0.025 * np.sum(w**2)


def test_what_is_never_negative_has_no_two_slopes() -> None:
    """A penalty four times too large is no leaky ReLU of what is positive anyway."""

    def gradient(w: Any, x: Any, t: Any) -> Any:
        return (2 * x.T @ (x @ w - t) / len(t) + 0.2 * w,)

    found = str(diagnose(ridge, gradient, (W,), inputs=(X, T)))
    assert "where" not in found
    assert "4 times" in found or "0.1" in found
