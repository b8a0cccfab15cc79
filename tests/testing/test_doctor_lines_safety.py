"""Changed lines that come to an end, keep their shapes and bring nothing down."""

from typing import Any

import numpy as np

from .test_doctor_lines import defined, lines
from .test_doctor_lines_changes import LINE, NEURON, K, T, W, X, Z, neuron, windows


def test_a_change_of_shapes_is_none() -> None:
    """As many numbers in another shape are not right."""

    def loss(k: Any, x: Any) -> Any:
        return np.sum(k * x)

    text = "def gradient(k, x):\n    return (x.transpose(0, 2, 1).reshape(2, 4, 3),)\n"
    found = lines(loss, defined(text), (Z,), (Z + 1.0,))
    assert found is not None and "swapaxes(1, 2)" in found[0]


def test_what_only_sounds_endless_is_read() -> None:
    """`np.repeat` is not `itertools.repeat`."""
    text = NEURON.replace("np.tanh(x @ w)", "np.repeat(np.tanh(x @ w), 1)")
    found = lines(neuron, defined(text.format("2 * (a + t) * (1 - a ** 2)")), (W,), (X, T))
    assert found is not None and "2 * (a - t)" in found[0]


def test_a_list_that_grows_in_its_own_loop_is_gone_through_once() -> None:
    """`kept.append(d)` in the loop over `kept`, or two lists taken for one, would never end."""
    text = """
def gradient(w, x, t):
    kept, more = [], []
    for row in x:
        kept.append(np.tanh(row @ w))
    for i, a in enumerate(kept):
        more.append(2 * (a - t[i]) * (1 - a))
    more += [0.0]
    return (sum(d * row for d, row in zip(more, x)),)
"""
    found = lines(neuron, defined(text), (W,), (X, T))
    assert found == [
        "`more.append(2 * (a - t[i]) * (1 - a))` (line 6) should be "
        "`more.append(2 * (a - t[i]) * (1 - a ** 2))`"
    ]


def test_what_is_added_at_places_has_to_fit_there() -> None:
    """NumPy's `np.add.at` brings the process down where `pad` is taken for `where`."""
    text = """
def unfolded(w, pad):
    padded = np.pad(w[None, None], ((0, 0), (0, 0), (pad, pad)))
    where = np.arange(8)[:, None] + np.arange(3)
    return padded[:, :, where], (padded, where, pad)
def folded(d, kept):
    padded, where, pad = kept
    back = np.zeros_like(padded)
    np.add.at(back, (slice(None), slice(None), where), d)
    return back[0, 0, pad:-pad]
def gradient(w, k, t):
    some, kept = unfolded(w, 1)
    d = 2 * (some @ k + t)
    return (folded(d[..., None] * k, kept),)
"""
    found = lines(windows, defined(text), (LINE,), (K, LINE))
    assert found is not None and "should be `d = 2 * (some @ k - t)`" in found[0]
