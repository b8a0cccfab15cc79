"""What libraries settle differently on purpose is told from what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.fuzz import conventions, smoothness
from microgradnet.testing.fuzz.engines import Microgradnet
from microgradnet.testing.fuzz.judging import Fault, Session
from microgradnet.testing.strategies.program import Program, Ref, Step

from .fuzzing import ENGINE, TABLE, chain

TIE, DECOMPOSED, COMPOSED = conventions.CONVENTIONS


def lost(kind: str = "hvp", got: Any = np.nan, engine: str = "microgradnet") -> Fault:
    return Fault(engine, kind, None if got is None else [got])


def test_a_second_derivative_through_a_tie_is_a_convention() -> None:
    tied, apart = np.array([2.0, 2.0]), np.array([2.0, 3.0])
    assert TIE.covers(lost(), chain("np.max", x=tied), ENGINE)
    assert not TIE.covers(lost(), chain("np.max", x=apart), ENGINE)
    assert TIE.covers(lost(), chain("np.exp", "np.max", x=tied), ENGINE)
    assert not TIE.covers(lost(), chain("np.exp", "np.sum", x=tied), ENGINE)


@pytest.mark.parametrize(("at", "is_one"), [(1.0, True), (0.5, False)])
def test_a_kink_in_slopes_that_are_0_is_one(at: float, is_one: bool) -> None:
    """Between equal values interpolation is flat; what a value moves has a kink all the same."""
    step = Step("v0", TABLE["np.interp"], (Ref("x0"), [0.0, 1.0, 2.5], Ref("x1")), {})
    program = Program({"x0": np.array([at]), "x1": np.ones(3)}, (step,))
    assert not smoothness.kinked_inside(program)
    assert TIE.covers(lost(), program, ENGINE) == is_one


@pytest.mark.parametrize(
    ("name", "x", "options"),
    [
        ("np.median", [1.0, 1.0], {}),  # smooth, being their mean
        ("np.linalg.vector_norm", [1.0, 0.0], {"ord": np.inf}),  # smooth, being the first
        ("np.quantile", [1.0, 2.0, 2.0], {"q": 0.75}),
        ("np.partition", [0.0, 0.0, 0.0], {"kth": 1}),
    ],
)
def test_a_tie_inside_a_smooth_function_is_one(name: str, x: Any, options: dict[str, Any]) -> None:
    step = Step("v0", TABLE[name], (Ref("x0"),), options)
    program = Program({"x0": np.array(x)}, (step,))
    assert smoothness.kinked_inside(program)
    assert TIE.covers(lost(), program, ENGINE)


@pytest.mark.parametrize("name", ["np.prod", "np.sinc", "np.linalg.det", "np.square", "np.cumprod"])
def test_what_is_smooth_is_no_tie(name: str) -> None:
    assert not smoothness.kinked_inside(chain(name, x=np.zeros((2, 2))))


def test_one_of_several_results_is_taken_smoothly() -> None:
    step = Step("v0", TABLE["np.linalg.svd"], (Ref("x0"),), {"full_matrices": False}, pick=1)
    assert not smoothness.kinked_inside(
        Program({"x0": np.array([[3.0, 1.0], [0.5, 2.0]])}, (step,))
    )


def test_a_tie_with_itself_is_a_tie() -> None:
    program = Program({"x0": 2.0}, (Step("v0", TABLE["np.maximum"], (Ref("x0"), Ref("x0")), {}),))
    assert TIE.covers(lost(), program, ENGINE)


def test_a_tie_of_three_is_one_wherever_the_middle_one_lies() -> None:
    step = Step("v0", TABLE["np.clip"], (Ref("x0"), Ref("x1"), Ref("x0")), {})
    x = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert TIE.covers(lost(), Program({"x0": x, "x1": np.ones(1)}, (step,)), ENGINE)


def test_a_number_or_an_error_is_no_convention() -> None:
    program = chain("np.max", x=np.array([2.0, 2.0]))
    assert not TIE.covers(lost(got=1.0), program, ENGINE)
    assert not TIE.covers(lost(got=None), program, ENGINE)
    assert not TIE.covers(lost("gradient"), program, ENGINE)
    assert not TIE.covers(lost(engine="torch"), program, ENGINE)


def test_what_is_nan_everywhere_is_no_convention() -> None:
    class Hopeless(Microgradnet):
        def hvp(self, f: Any, xs: Any, ts: Any) -> Any:
            return [np.nan * x for x in xs]

    program = chain("np.max", x=np.array([2.0, 2.0]))
    assert not TIE.covers(lost(), program, Hopeless())

    class Failing(Microgradnet):
        def hvp(self, f: Any, xs: Any, ts: Any) -> Any:
            raise RuntimeError("planted")

    assert not TIE.covers(lost(), program, Failing())


def composed(x: Any) -> Program:
    """What is below 0, and of that the quantiles of each row: at 0 one kink within another."""
    return Program(
        {"x0": np.array(x)},
        (
            Step("v0", TABLE["np.minimum"], (Ref("x0"), 0.0), {}),
            Step("v1", TABLE["np.percentile"], (Ref("v0"), np.array([0.0, 25, 80, 100]), 1), {}),
        ),
    )


def test_kinks_that_meet_are_a_convention() -> None:
    at, beside = [[1.0, 0.0], [1.0, 1.0]], [[1.0, -0.5], [-2.0, 1.0]]
    session = Session({"microgradnet": ENGINE})
    (fault,) = session.faults(composed(at), sure=True)
    assert fault.kind == "gradient"
    assert COMPOSED.covers(fault, composed(at), ENGINE)
    assert not COMPOSED.covers(fault, composed(beside), ENGINE)
    assert not COMPOSED.covers(lost("nan"), composed(at), ENGINE)
    assert not COMPOSED.covers(fault, chain("np.max", x=np.array([2.0, 2.0])), ENGINE)
    assert {fault.kind for fault in session.faults(composed(beside), sure=True)} <= {"hvp"}


@pytest.mark.parametrize(
    ("x", "names"),
    [
        (np.ones((2, 3)), Step("v0", TABLE["getitem"], (Ref("x0"), (1, [0, 0, 2])), {})),
        (
            np.array([1.0, 2.0, 1.0]),  # a fifth of the tie is a constant's
            Step("v0", TABLE["np.stack"], ([Ref("x0"), np.arange(3.0), Ref("x0")],), {"axis": -1}),
        ),
    ],
)
def test_a_kink_between_two_names_of_one_number_is_a_convention(x: Any, names: Step) -> None:
    program = Program({"x0": x}, (names, Step("v1", TABLE["np.median"], (Ref("v0"),), {})))
    (fault,) = Session({"microgradnet": ENGINE}).faults(program, sure=True)
    assert COMPOSED.covers(fault, program, ENGINE)


def test_an_infinite_second_derivative_times_zero_is_a_convention() -> None:
    alone = chain("np.linalg.norm", x=np.array([2.0, 0.0]))
    step = Step("v0", TABLE["np.linalg.norm"], (Ref("x0"), 1.5), {})
    assert TIE.covers(lost(), Program(alone.inputs, (step,)), ENGINE)


def test_an_engine_that_is_wrong_beside_meeting_kinks_too_is_wrong() -> None:
    class Doubled(Microgradnet):
        def gradient(self, f: Any, xs: Any) -> Any:
            value, gs = super().gradient(f, xs)
            return value, [2.0 * g for g in gs]

    class Failing(Microgradnet):
        def gradient(self, f: Any, xs: Any) -> Any:
            raise ArithmeticError

    program, fault = composed([[1.0, 0.0], [1.0, 1.0]]), Fault("wrong", "gradient", [1.0])
    assert not COMPOSED.covers(fault, program, Doubled())
    assert not COMPOSED.covers(fault, program, Failing())


@pytest.mark.parametrize("name", ["np.linalg.eigh", "np.linalg.svd"])
def test_vectors_of_equal_values_are_a_convention(name: str) -> None:
    def program(m: Any) -> Program:
        pick = 1 if name == "np.linalg.eigh" else 0
        flip = Step("v0", TABLE["np.swapaxes"], (Ref("x0"), -1, -2), {})
        add = Step("v1", TABLE["np.add"], (Ref("x0"), Ref("v0")), {})
        last = Step("v2", TABLE[name], (Ref("v1"),), {}, pick, True)
        return Program({"x0": m}, (flip, add, last))

    assert DECOMPOSED.covers(lost("nan"), program(np.eye(2)), ENGINE)
    assert not DECOMPOSED.covers(lost("nan"), program(np.diag([1.0, 3.0])), ENGINE)
