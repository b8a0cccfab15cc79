"""Random programs: they compute, they are what they print, and they shrink."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import find, settings

from microgradnet import grad
from microgradnet.errors import RegistryError
from microgradnet.ops.special import sigmoid
from microgradnet.testing.strategies import Program, domains, operations, programs
from microgradnet.testing.strategies.operations import Operation, getitem, operation, setitem
from microgradnet.testing.strategies.program import Ref, Step, literal

from .test_strategies import sample

TABLE = operations()


def names(program: Program) -> set[str]:
    return {step.operation.name for step in program.steps}


def test_every_declared_operation_is_offered() -> None:
    for name in ("np.sin", "np.linalg.det", "np.einsum", "np.where", "getitem", "setitem"):
        assert name in TABLE
    assert len(TABLE) > 200 and "sigmoid" in TABLE
    assert repr(TABLE["np.sin"]) == "np.sin"


def test_operations_are_found_by_function_and_by_name() -> None:
    for which in (np.linalg.solve, "np.linalg.solve", TABLE["np.linalg.solve"]):
        assert operation(which).name == "np.linalg.solve"
    assert operation(sigmoid).name == operation("sigmoid").name == "sigmoid"
    assert domains(np.log) == ((0.0, np.inf),)
    assert domains(np.arctanh) == ((-1.0, 1.0),)
    assert len(domains(np.linalg.solve)) == 2
    drawn = sample(programs([np.exp, "np.log"], max_steps=2), 50)
    assert set().union(*map(names, drawn)) == {"np.exp", "np.log"}
    with pytest.raises(RegistryError, match=r"isnan is no declared operation; expected a func"):
        domains(np.isnan)
    with pytest.raises(RegistryError, match=r"np\.lgo is no declared operation"):
        programs(["np.lgo"])
    with pytest.raises(ValueError, match="expected one at least"):
        programs([])


def run(source: str) -> float:
    scope: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        exec(source, scope)
    return float(scope["loss"])


@pytest.mark.slow
def test_programs_are_what_they_print() -> None:
    drawn = sample(programs(), 300)
    seen: set[str] = set()
    for program in drawn:
        seen |= names(program)
        with np.errstate(all="ignore"):
            loss = float(program(*program.inputs.values()))
        assert np.isfinite(loss)
        # Weights and arrays are printed to the last digit, so nothing may differ.
        assert run(repr(program)) == loss
        assert all(np.isfinite(x).all() for x in program.values.values())
    assert len(seen) > 100


def test_operands_are_back_references() -> None:
    drawn = [p for p in sample(programs(), 100) if len(p.steps) > 2]
    assert drawn
    for program in drawn:
        known = set(program.inputs)
        for step in program.steps:
            assert set(step.refs()) <= known
            known.add(step.name)


def test_gradients_flow_through_programs() -> None:
    program = find(
        programs([TABLE["np.sin"], TABLE["np.multiply"]], max_steps=2),
        lambda p: names(p) == {"np.sin", "np.multiply"},
    )
    assert len(program.steps) == 2
    gs = grad(program, tuple(range(len(program.inputs))))(*program.inputs.values())
    assert all(np.isfinite(g).all() for g in gs)


@pytest.mark.parametrize("name", ["np.tile", "np.linalg.det", "setitem"])
def test_shrinking_leaves_the_one_step_that_matters(name: str) -> None:
    among = [TABLE[n] for n in ("np.sin", "np.multiply", "np.sum", name)]
    program = find(
        programs(among),
        lambda p: name in names(p),
        settings=settings(max_examples=2000, database=None, deadline=None),
    )
    assert names(program) - {"np.swapaxes", "np.add"} == {name}
    source = program.source()
    assert source.startswith("import numpy as np") and "loss = " in source
    assert run(source) == program(*program.inputs.values())


def program_of(operation: Operation, *args: Any, **kwargs: Any) -> Program:
    inputs = {"x0": np.array([1.0, 2.0, 3.0])}
    return Program(inputs, (Step("v0", operation, (Ref("x0"), *args), kwargs),))


def test_indexing_is_printed_as_indexing() -> None:
    take, put = TABLE["getitem"], TABLE["setitem"]
    index = (slice(None, None, -1), None)
    assert "v0 = x0[::-1, None]" in program_of(take, index).source()
    assert "v0 = x0[1:]" in program_of(take, slice(1, None)).source()
    source = program_of(put, slice(0, 2), 5.0).source()
    assert "v0 = 1.0 * x0\nv0[0:2] = 5.0" in source
    assert program_of(put, 0, 5.0).values["v0"].tolist() == [5, 2, 3]
    assert getitem([7], 0) == 7 and setitem(np.ones(2), 0, 3.0).tolist() == [3, 1]


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (np.array([1.5, np.nan, np.inf]), "np.array([1.5, np.nan, np.inf])"),
        (np.empty((0, 2)), "np.empty((0, 2))"),
        (np.empty(0, int), "np.zeros((0,), int)"),
        (np.float64(2.5), "2.5"),
        (float("inf"), 'float("inf")'),
        (Ellipsis, "..."),
        ([1, (2,)], "[1, (2,)]"),
        (np.sin, "np.sin"),
        (Ref("x0"), "x0"),
    ],
)
def test_constants_are_printed_as_python(x: Any, text: str) -> None:
    assert literal(x) == text


def test_functions_without_a_name_are_printed_by_their_place() -> None:
    operation = TABLE.get("np.apply_along_axis", None)
    nameless = lambda x: x  # noqa: E731
    assert literal(nameless).startswith("<function")
    if operation is not None:
        declared = operation.cases[0].args[0]
        assert literal(declared) == "CASES[np.apply_along_axis][0].args[0]"
