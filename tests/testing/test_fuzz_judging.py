"""What the fuzzer's judge believes: differences, kinks, and ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.fuzz import oracle, smoothness
from microgradnet.testing.fuzz.engines import Engine, Microgradnet, Unsupported
from microgradnet.testing.fuzz.judging import THOROUGH, Session
from microgradnet.testing.fuzz.screen import between, confirms, trusted_slope
from microgradnet.testing.strategies.program import Program, Ref, Step

from .fuzzing import ENGINE, TABLE, chain

# --- the oracle ----------------------------------------------------------------------------------


def test_right_and_wrong_gradients() -> None:
    program = chain("np.square", x=np.array([1.0, 2.0]))
    w = program.scales["v0"]
    assert oracle.verdict(program, lambda x: [2 * x * w])[0] == "passed"
    word, rows = oracle.verdict(program, lambda x: [3 * x * w])
    assert word == "gradient" and len(rows) == 2
    assert oracle.verdict(program, lambda x: [np.array([np.nan, 4.0])])[0] == "nan"


@pytest.mark.parametrize("factor", [1.1, 1.01, 1.001])
def test_small_mistakes_are_mistakes(factor: float) -> None:
    program = chain("np.sin", "np.exp", x=np.array([1.0, 0.5, -2.0]))
    (right,) = ENGINE.gradient(ENGINE.translated(program), list(program.inputs.values()))[1]
    assert oracle.verdict(program, lambda x: [right])[0] == "passed"
    assert oracle.verdict(program, lambda x: [factor * right])[0] == "gradient"


def test_a_tie_allows_its_members_shares() -> None:
    tie = chain("np.max", x=np.array([2.0, 2.0]))
    assert oracle.verdict(tie, lambda x: [np.array([1.0, 0.0])])[0] == "passed"
    assert oracle.verdict(tie, lambda x: [np.array([1.0, 1.0])])[0] == "gradient"


def test_numbers_that_are_all_roundoff_are_right() -> None:
    """Of a matrix of equal numbers: cofactors of 1e-16 cancel, and leave their last places."""
    matrix = np.array([[0.0, 0.0, 0.0], [-1e-08] * 3, [-1e-08] * 3])
    program = chain("np.linalg.det", x=np.array([matrix, matrix]))

    def gradient(x: Any, wrong: float = 0.0) -> Any:
        g = ENGINE.gradient(ENGINE.translated(program), [x])[1][0]
        g[0, 1, 2] += wrong
        return [g]

    assert oracle.verdict(program, gradient)[0] != "gradient"
    assert oracle.verdict(program, lambda x: gradient(x, 1e-25))[0] == "gradient"


def test_nan_is_a_fault_where_zero_is_true() -> None:
    program = chain("np.sinc", x=np.array([0.0, 0.5]))
    right = ENGINE.gradient(ENGINE.translated(program), [np.array([0.0, 0.5])])[1][0]
    assert right[0] == 0.0
    word, rows = oracle.verdict(program, lambda x: [np.array([np.nan, right[1]])])
    assert word == "nan" and [row.index for row in rows] == [(0,)]


def test_a_kink_far_below_the_step_is_no_fault() -> None:
    # One maximum at 1e-8 from the other: differences with larger steps see the tie.
    near = chain("np.max", x=np.array([1e-8, 0.0]))
    assert oracle.verdict(near, lambda x: [np.array([1.0, 0.0])])[0] != "gradient"


def test_functions_that_jump_are_not_judged() -> None:
    program = chain("np.floor", x=2.0)
    assert not oracle.judgeable(program)
    assert oracle.verdict(program, lambda x: [np.array(1.0)])[0] == "inconclusive"


def test_repeated_singular_values_are_not_judged() -> None:
    program = chain("np.linalg.svdvals", x=np.eye(2))
    assert not oracle.judgeable(program)
    assert oracle.judgeable(chain("np.linalg.svdvals", x=np.diag([1.0, 3.0])))


def test_an_order_that_is_left_open_is_not_judged() -> None:
    """Where one of several equal numbers goes that grows, NumPy does not say."""

    def of(*numbers: float) -> Program:
        step = Step("v0", TABLE["np.partition"], (Ref("x0"), [0, 2]), {})
        return Program({"x0": np.array(numbers)}, (step,))

    assert not oracle.judgeable(of(0.0, 0.2, 0.2, 0.0, 0.2))
    assert oracle.judgeable(of(0.0, 0.2, 0.4, -0.2, 0.6))


# --- the screen ----------------------------------------------------------------------------------


def test_differences_confirm_what_is_right_only() -> None:
    assert confirms(np.sin, 1.0, 1.0)
    assert not confirms(np.sin, 1.001, 1.0)
    assert confirms(lambda s: 5.0, 0.0, 0.0)
    assert not confirms(abs, 0.5, 1.0)
    # Beside a kink 1e-4 away only a small step is right.
    assert confirms(lambda s: abs(s - 1e-4), -1.0, 1.0)
    # Roundoff of the 1 hides a slope of 1e-9, unless that much error is allowed.
    assert not confirms(lambda s: 1 + 1e-9 * s, 1e-9, 1e-9)
    assert confirms(lambda s: 1 + 1e-9 * s, 1e-9, 1e-9, floor=1e-7)
    # At a kink equal shares are the mean of both slopes, as central differences are.
    assert confirms(abs, 0.0, 1.0)
    assert not confirms(lambda s: np.nan, 0.0, 0.0)


def test_a_kink_allows_what_lies_between_its_slopes() -> None:
    assert between(abs, 1.0, 1.0) and between(abs, -0.5, 1.0)
    assert not between(abs, 1.5, 1.0)


def test_a_kink_that_hardly_matters_is_one() -> None:
    # A loss whose weights nearly cancel where the medians meet: a hundredth of what else it does.
    step = Step("v0", TABLE["np.pad"], (Ref("x0"), 1, "median"), {})
    program = Program({"x0": np.zeros((3, 2))}, (step,))
    f = ENGINE.translated(program)
    (right,) = ENGINE.gradient(f, [np.zeros((3, 2))])[1]
    assert smoothness.kinked(program)
    assert oracle.verdict(program, lambda *xs: [right])[0] != "gradient"
    assert oracle.verdict(program, lambda *xs: [1.5 * right])[0] == "gradient"
    rng = np.random.default_rng(0)
    for name in ("np.exp", "np.cosh", "np.linalg.det", "np.sinc", "np.square", "np.std"):
        for size in (1.0, 10.0):
            assert not smoothness.kinked(chain(name, x=size * rng.uniform(0.5, 2.0, (3, 3))))


def test_there_is_no_slope_to_trust_at_kinks_and_poles() -> None:
    slope = trusted_slope(np.sin)
    assert slope is not None and abs(slope.value - 1.0) < 1e-9
    assert trusted_slope(abs) is None
    assert trusted_slope(lambda s: np.nan) is None


class Wrong(Microgradnet):
    """A gradient of a maximum that gives each of two equal elements the whole cotangent."""

    name = "wrong"

    def gradient(self, f: Any, xs: Any) -> Any:
        value, gs = super().gradient(f, xs)
        return value, [np.ones(np.shape(g)) if np.size(g) == 2 else g for g in gs]


def program(inputs: dict[str, Any], *steps: tuple[str, str, tuple[str, ...]]) -> Program:
    made = [Step(v, TABLE[name], tuple(map(Ref, read)), {}) for v, name, read in steps]
    return Program(inputs, tuple(made))


def test_roundoff_is_no_fault() -> None:
    session = Session({"microgradnet": ENGINE})
    rows = np.tile([2.495656, 0.482999999999, -1.233], (3, 1))  # an eigenvalue is zero
    turned = ("v0", "np.swapaxes", ("x0",))
    for jump in ("np.sign", "np.ceil"):
        steps = [("v1", "np.add", ("x0", "v0")), ("v2", "np.linalg.eigvalsh", ("v1",))]
        step = Step("v0", TABLE["np.swapaxes"], (Ref("x0"), -1, -2), {})
        made = program({"x0": rows}, turned, *steps, ("v3", jump, ("v2",)))
        assert session.faults(Program(made.inputs, (step, *made.steps[1:]))) == []
    # What least squares leave of an exact solution are squares of roundoff.
    tall = np.array([[9.8, 0.0], [0.0, 9.0], [0.0, 0.8], [0.0, 0.0]])
    least = Step("v0", TABLE["np.linalg.lstsq"], (Ref("x0"), Ref("x0")), {"rcond": None}, pick=1)
    assert session.faults(Program({"x0": tall}, (least,))) == []
    # The kink of hypot is nearer than any step of a difference.
    near = {"x0": np.array([0.0, 1.0]), "x1": np.array([-1e-16, 1.0])}
    assert session.faults(program(near, ("v0", "np.hypot", ("x0", "x1")))) == []
    # Where two steps nearly cancel, NumPy's slope of x along x loses half of its digits.
    uneven = {"x0": np.array([1.0, 0.0, 3.0, -1e-08, 1.0])}
    assert session.faults(program(uneven, ("v0", "np.gradient", ("x0", "x0")))) == []
    # Terms of 1e16 cancel in the second derivative.
    places = {"x0": 1.0, "x1": np.array([1.0, 1e-8, 1e-4, 0.0, 1.0])}
    slopes = ("v0", "np.gradient", ("x1", "x1")), ("v1", "np.log2", ("v0",))
    powers = ("v2", "np.float_power", ("x0", "x1"))
    assert session.faults(program(places, *slopes, powers)) == []


def test_every_term_of_a_loss_is_judged_by_itself() -> None:
    program = Program(
        {"x0": 0.5, "x1": np.array([2.0, 2.0])},
        (
            Step("v0", TABLE["np.sin"], (Ref("x0"),), {}),
            Step("v1", TABLE["np.max"], (Ref("x1"),), {}),
        ),
    )
    (fault,) = Session({"wrong": Wrong()}).faults(program, ["wrong"], sure=True)
    assert fault.kind == "gradient" and fault.program is not None
    assert [step.operation.name for step in fault.program.steps] == ["np.max"]
    assert Session({"microgradnet": ENGINE}).faults(program, sure=True) == []


def test_each_entry_may_choose_among_its_own_slopes() -> None:
    # Where all three are equal the inner one's slope is 1, as it is wherever it lies between.
    inputs = {"x0": np.ones((2, 2)), "x1": np.ones(2), "x2": np.ones((2, 1))}
    assert (
        Session({"microgradnet": ENGINE}).faults(
            program(inputs, ("v0", "np.clip", ("x0", "x1", "x2"))), sure=True
        )
        == []
    )
    tied = program({"x0": np.ones((2, 2)), "x1": 1.0}, ("v0", "np.maximum", ("x0", "x1")))

    class Both(Microgradnet):
        def gradient(self, f: Any, xs: Any) -> Any:
            value, gs = super().gradient(f, xs)
            return value, [2.0 * g for g in gs]

    assert [f.kind for f in Session({"both": Both()}).faults(tied, sure=True)][:1] == ["gradient"]


def test_an_engine_that_lacks_one_step_is_judged_by_the_others() -> None:
    class Lacking(Wrong):
        def spell(self, step: Step) -> Any:
            if step.operation.name == "np.sin":
                raise Unsupported("np.sin")
            return super().spell(step)

    session = Session({"lacking": Lacking()})
    (fault,) = session.faults(chain("np.sin", "np.max", x=np.array([2.0, 2.0])))
    assert fault.program is not None and fault.kind == "gradient"
    assert [step.operation.name for step in fault.program.steps] == ["np.max"]
    assert session.faults(chain("np.sin", x=2.0)) == []
    assert session.faults(chain("np.sin", "np.exp", x=2.0)) == []


def test_engines_that_disagree_at_a_kink_are_judged() -> None:
    program = chain("np.max", x=np.array([2.0, 2.0]))
    session = Session({"microgradnet": ENGINE, "wrong": Wrong()})
    assert session.faults(program)  # they disagree: judged at once


def test_a_convention_of_ones_own_about_ties_is_right() -> None:
    class First(Microgradnet):
        def gradient(self, f: Any, xs: Any) -> Any:
            value, gs = super().gradient(f, xs)
            return value, [np.array([1.0, 0.0]) if np.size(g) == 2 else g for g in gs]

        forward, hvp = Engine.forward, Engine.hvp

    program = chain("np.max", x=np.array([2.0, 2.0]))
    session = Session({"microgradnet": First()})
    # Most are let pass because the slopes lie between those to both sides, one is judged.
    assert [session.faults(program) for _ in range(THOROUGH)] == [[]] * THOROUGH
    assert session.kinks == THOROUGH
