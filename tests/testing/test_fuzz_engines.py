"""Every other engine: its words mean what NumPy's do, and its scripts run."""

from __future__ import annotations

import contextlib
import importlib.util
import io
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.fuzz.engines import KINDS, Engine, Unsupported
from microgradnet.testing.fuzz.judging import Session
from microgradnet.testing.fuzz.reproducers import reproducer
from microgradnet.testing.strategies import operations, programs
from microgradnet.testing.strategies.program import Program, Ref, Step

from .test_strategies import sample

pytestmark = pytest.mark.differential

TABLE = operations()
OTHERS = ("torch", "jax", "autograd", "mygrad")


@pytest.fixture(params=OTHERS)
def engine(request: pytest.FixtureRequest) -> Engine:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return KINDS[request.param]()


def one(name: str, *args: Any, x: Any = 0.5, **kwargs: Any) -> Program:
    return Program({"x0": x}, (Step("v0", TABLE[name], (Ref("x0"), *args), kwargs),))


def test_it_says_what_it_is(engine: Engine) -> None:
    assert engine.version[0].isdigit()
    assert engine.knows(TABLE["np.sin"])
    with pytest.raises(Unsupported):
        engine.spell(one("sigmoid").steps[0])


def test_its_words_mean_what_numpys_do(engine: Engine) -> None:
    """Of simple programs every value is NumPy's, or there is no such word."""
    known = [op for op in TABLE.values() if engine.knows(op)]
    assert len(known) > 60
    answered = 0
    for program in sample(programs(known, max_steps=1), 25):
        faults = Session({engine.name: engine}).faults(program)
        assert not [fault for fault in faults if fault.kind == "value"], program
        try:
            engine.translated(program)
        except Unsupported:
            continue
        answered += bool(program.steps)
    assert answered > 5


def test_its_derivatives_of_a_smooth_program(engine: Engine) -> None:
    program = Program(
        {"x0": np.array([0.3, -1.2]), "x1": 0.7},
        (
            Step("v0", TABLE["np.sin"], (Ref("x0"),), {}),
            Step("v1", TABLE["np.multiply"], (Ref("v0"), Ref("x1")), {}),
            Step("v2", TABLE["np.exp"], (Ref("v1"),), {}),
        ),
    )
    assert Session({engine.name: engine}).faults(program) == []
    indexed = one("getitem", slice(1, None), x=np.array([1.0, 2.0, 3.0]))
    assert Session({engine.name: engine}).faults(indexed) == []


@pytest.mark.parametrize("kind", ["value", "gradient", "forward", "hvp"])
def test_its_scripts_run(engine: Engine, kind: str) -> None:
    program = one("np.tanh", x=np.array([0.5, 1.0]))
    script = reproducer(program, engine, kind, [np.array([1.0, 2.0])])
    out = io.StringIO()
    if engine.name == "mygrad" and kind in ("forward", "hvp"):
        return  # it has neither
    with contextlib.redirect_stdout(out):
        exec(script, {})
    assert any(c.isdigit() for c in out.getvalue())
