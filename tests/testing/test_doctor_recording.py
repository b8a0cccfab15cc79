"""What the doctor's watcher learns while the user's code runs: names, and places in the code."""

from __future__ import annotations

import inspect
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from microgradnet import Value
from microgradnet.errors import MicrogradnetError, ShapeError
from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.naming import tidy
from microgradnet.testing.doctor.recording import Watcher


def test_names_come_from_the_code() -> None:
    def helper(t):  # type: ignore[no-untyped-def]
        inner = t * 2
        return np.exp(inner)

    def intended(w, x):  # type: ignore[no-untyped-def]
        parts = [w * x, w + x]
        kept = {"a": np.sin(parts[0]), 1: np.cos(parts[1])}
        last = helper(kept["a"])
        last.label = "peak"
        return last * kept[1]

    assert "`∂L/∂w`" in str(diagnose(intended, lambda w, x: 0.5 * w, 1.0, inputs=2.0))


def test_the_watcher_notes_names_and_places() -> None:
    watcher = Watcher()
    w, plain = Value(1.0), 3.0
    listed, keyed = [w * 2, 1], {"k": w * 3, 2: w * 4}
    _hidden = w * 5
    labelled = w * 6
    labelled.label = "named"
    frame = inspect.currentframe()
    assert frame is not None and plain == 3.0
    assert watcher(frame, "call", None) is watcher
    assert watcher(frame, "line", None) is watcher
    made = w * 7
    watcher(frame, "return", None)
    names = {name for _, name in watcher.names.values()}
    assert {"w", "listed[0]", "k", "keyed[2]", "named", "made"} <= names
    assert "_hidden" not in names and len(listed) == 2 and len(keyed) == 2
    place, number = watcher.site(made._node.index)
    assert place[-1][0] is frame.f_code and number == 0
    assert Watcher().site(5) == ((), 5)


def test_a_place_that_makes_another_operation_in_each_round() -> None:
    def chain(w, x):  # type: ignore[no-untyped-def]
        h = w * x
        for f, *more in ((np.multiply, x), (np.tanh,), (np.add, x)):
            h = f(h, *more)
        return h

    found = diagnose(chain, lambda w, x: x * x * (1 - np.tanh(w * x * x)), 0.3, inputs=2.0)
    assert str(found) == "`∂h#3/∂h#2` is taken as `1 - h#3`"


def test_the_watcher_does_not_look_into_the_library() -> None:
    watcher = Watcher()
    seen: list[Any] = []

    def spy(frame, event, arg):  # type: ignore[no-untyped-def]
        if "microgradnet" + "/graph.py" in Path(frame.f_code.co_filename).as_posix():
            seen.append(watcher(frame, event, arg))

    before = sys.gettrace()
    sys.settrace(spy)
    try:
        assert float((Value(2.0) * 3.0).data) == 6.0
    finally:
        sys.settrace(before)
    assert seen and all(answer is None for answer in seen)


def test_arguments_of_helpers_lend_no_names() -> None:
    watcher = Watcher()

    def helper(argument):  # type: ignore[no-untyped-def]
        local = argument * 2
        frame = inspect.currentframe()
        assert frame is not None
        watcher(frame, "line", None)
        return local

    helper(Value(1.0) * 2)
    assert {name for _, name in watcher.names.values()} == {"local"}


def into_array(w):  # type: ignore[no-untyped-def]
    import numpy  # a name that `filling` does not reach

    out = numpy.zeros(2)
    out[0] = w * 2
    return out.sum()


class Elsewhere:
    """Another library's module, as far as the doctor looks."""

    torch = ModuleType("torch.special")

    @staticmethod
    def refusing(w: Any) -> Any:
        torch = Elsewhere.torch
        raise TypeError(f"expected Tensor as argument of {torch}")


@pytest.mark.parametrize(
    ("intended", "says"),
    [
        (into_array, r"writes into a NumPy array.*np\.stack"),
        (Elsewhere.refusing, "uses torch, .* expected NumPy's functions"),
        (lambda w: 3.0 if w else 2.0, r"the plain number 3, which does not depend .*\.item"),
    ],
)
def test_what_cannot_be_recorded_is_explained(intended: Any, says: str) -> None:
    with pytest.raises(MicrogradnetError, match=says):
        diagnose(intended, lambda w: w, 1.0)
    with pytest.raises(ShapeError, match="at least one number"):
        diagnose(intended, lambda w: w, {})


TARGET = np.array([0.5, -1.0, 2.0])


def test_plain_arrays_are_called_what_the_code_calls_them() -> None:
    def intended(k: Any, x: Any) -> Any:
        windows = np.array([x[i : i + 2] for i in range(3)])
        return np.sum((k @ windows.T - TARGET) ** 2)

    def gradient(k: Any, x: Any, first: bool, target: bool) -> Any:
        windows = np.array([x[i : i + 2] for i in range(3)])
        d = 2 * (k @ windows.T - target * TARGET)
        return d.sum() * windows[0] if first else d @ windows

    def said(first: bool, target: bool) -> str:
        inputs = (np.array([0.3, -0.4, 1.2, 0.7]),)
        wrong = partial(gradient, first=first, target=target)
        return str(diagnose(intended, wrong, np.array([1.0, -0.5]), inputs=inputs))

    assert said(True, True) == "`∂L/∂k` multiplies by column 0 of `windows.T` throughout"
    assert "reads `k@windows.T` where it should read `k@windows.T - TARGET`" in said(False, False)


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("sign((a - b))", "sign(a - b)"),
        ("((a + b) > 0)", "((a + b) > 0)"),
        ("zeros((3, 4))", "zeros((3, 4))"),
        ("f((((a)))) + ((b)", "f(a) + ((b)"),
    ],
)
def test_brackets_are_written_once(text: str, tidied: str) -> None:
    assert tidy(text) == tidied
