"""The stateful machine runs clean, and fails where a mistake is planted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from microgradnet import Value
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


@pytest.mark.parametrize("planted", ["slope", "seed", "assignment", "detaching"])
def test_planted_mistakes_are_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if planted == "slope":
        monkeypatch.setitem(machine.UNARY, "sin", (np.sin, lambda x: 1.01 * np.cos(x)))
    elif planted == "seed":
        backward = Value.backward
        monkeypatch.setattr(Value, "backward", lambda self, seed=None: backward(self, 2.0))
    elif planted == "assignment":
        monkeypatch.setattr(Value, "__setitem__", lambda self, index, value: None)
    else:
        monkeypatch.setattr(machine, "stop_gradient", lambda x: x)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(ValueMachine, settings=QUICK)
