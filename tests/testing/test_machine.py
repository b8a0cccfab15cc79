"""The stateful machine runs clean, and fails where a mistake is planted."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from microgradnet import Value, operators
from microgradnet.errors import MicrogradnetError
from microgradnet.testing.strategies import ValueMachine, machine

QUICK = settings(
    max_examples=200,
    stateful_step_count=20,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
def test_values_do_what_the_model_does() -> None:
    run_state_machine_as_test(ValueMachine, settings=QUICK)


def refuse(self: Value, index: Any, value: Any) -> None:
    raise MicrogradnetError("planted")


def forget(self: Value, index: Any, value: Any) -> None:
    pass


def once(self: Value, seed: Any = None) -> None:
    """Differentiate, unless this was done before."""
    if not any(self is value for value in DONE):
        DONE.append(self)
        BACKWARD(self, seed)


DONE: list[Value] = []
BACKWARD = Value.backward

PLANTED: dict[str, tuple[Any, str, Any]] = {
    "seed": (Value, "backward", lambda self, seed=None: BACKWARD(self, 2.0)),
    "repeated backward": (Value, "backward", once),
    "assignment": (Value, "__setitem__", forget),
    "refusal": (Value, "__setitem__", refuse),
    "views": (operators.views, "check_assignment", lambda x, index: None),
    "detaching": (machine, "stop_gradient", lambda x: x),
    "no_grad": (machine, "no_grad", contextlib.nullcontext),
    "slope": (machine, "UNARY", {**machine.UNARY, "sin": (np.sin, lambda x: 1.01 * np.cos(x))}),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_planted_mistakes_are_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    DONE.clear()
    monkeypatch.setattr(*PLANTED[planted])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(ValueMachine, settings=QUICK)
