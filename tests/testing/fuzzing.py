"""Programs for the tests of the fuzzer's judge, and the engine that they ask."""

from __future__ import annotations

from typing import Any

from microgradnet.testing.fuzz.engines import Microgradnet
from microgradnet.testing.strategies import operations
from microgradnet.testing.strategies.program import Program, Ref, Step

TABLE = operations()
ENGINE = Microgradnet()


def chain(*names: str, x: Any) -> Program:
    """Apply one operation after the other to an input."""
    steps, last = [], "x0"
    for i, name in enumerate(names):
        steps.append(Step(f"v{i}", TABLE[name], (Ref(last),), {}))
        last = f"v{i}"
    return Program({"x0": x}, tuple(steps))
