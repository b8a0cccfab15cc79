"""What the fuzzer's judge believes: differences, kinks, ties, and what libraries settle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.testing.fuzz import conventions, oracle, smoothness
from microgradnet.testing.fuzz.engines import Engine, Microgradnet, Unsupported
from microgradnet.testing.fuzz.judging import THOROUGH, Fault, Session
from microgradnet.testing.fuzz.screen import between, confirms, trusted_slope
from microgradnet.testing.strategies import operations
from microgradnet.testing.strategies.program import Program, Ref, Step

TABLE = operations()
ENGINE = Microgradnet()


def chain(*names: str, x: Any) -> Program:
    steps, last = [], "x0"
    for i, name in enumerate(names):
        steps.append(Step(f"v{i}", TABLE[name], (Ref(last),), {}))
        last = f"v{i}"
    return Program({"x0": x}, tuple(steps))


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


# --- conventions ---------------------------------------------------------------------------------


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
