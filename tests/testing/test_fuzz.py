"""The fuzzer finds planted mistakes, puts them into buckets, and prints scripts that show them."""

from __future__ import annotations

import contextlib
import io
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from microgradnet import elementwise, general
from microgradnet.declare import arg, case
from microgradnet.testing.fuzz import display, engines, judging, main
from microgradnet.testing.fuzz.chunks import Chunk, Outcome, Task
from microgradnet.testing.fuzz.engines import KINDS, Microgradnet, Unsupported
from microgradnet.testing.fuzz.findings import Bucket, Finding, finding
from microgradnet.testing.fuzz.hunt import Hunt
from microgradnet.testing.fuzz.main import options
from microgradnet.testing.fuzz.reduction import reduced
from microgradnet.testing.strategies import operations
from microgradnet.testing.strategies.operations import Operation
from microgradnet.testing.strategies.program import Program, Ref, Step

TABLE = operations()


def _failing(z: Any, x: Any) -> Any:
    raise ZeroDivisionError("planted")


PLANTED = {
    "gradient": elementwise(
        lambda x: np.sin(x), lambda z, x: 1.1 * np.cos(x), name="test_fuzz_gradient"
    ),
    "nan": elementwise(lambda x: np.sin(x), lambda z, x: np.nan * np.cos(x), name="test_fuzz_nan"),
    "error": elementwise(lambda x: np.sin(x), _failing, name="test_fuzz_error"),
    "forward": general(
        lambda x: np.sin(x),
        vjp=lambda g, z, x, needed: [g * np.cos(x)],
        jvp=lambda ts, z, x: 2 * ts[0] * np.cos(x),
        name="test_fuzz_forward",
    ),
    "hvp": elementwise(
        lambda x: np.sin(x), lambda z, x: np.cos(getattr(x, "data", x)), name="test_fuzz_hvp"
    ),
}


def operation_of(primitive: Any) -> Operation:
    return Operation(primitive.name, primitive, (case(arg((3,))), case(arg())))


def hunted(*extra: Operation, turns: int = 2, size: int = 20) -> Hunt:
    """Hunt in this process, which knows the planted operations."""
    table = {op.name: op for op in (TABLE["np.multiply"], TABLE["np.cos"], *extra)}
    found = Hunt(["microgradnet"], math.inf)
    found.operations = list(table)
    for _ in range(turns):
        loaded = {"microgradnet": KINDS["microgradnet"]()}
        task = replace(found.task(), size=size, shrinking=1.0)
        found.add(Chunk(loaded, table, task).run())
    return found


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_mistake_is_found_and_reduced(kind: str) -> None:
    wrong = operation_of(PLANTED[kind])
    (found,) = hunted(wrong).found
    assert found.bucket == Bucket("microgradnet", wrong.name, kind)
    # One step is left, of plain numbers.
    assert found.script.count("v0 = ") == 1 and "v1" not in found.script
    assert str(found.bucket) in str(found) and "# true" in str(found)
    out = io.StringIO()
    raised = pytest.raises(ZeroDivisionError) if kind == "error" else contextlib.nullcontext()
    with raised, contextlib.redirect_stdout(out):
        exec(found.script, {})
    assert out.getvalue() or kind == "error"
    assert ("nan" in out.getvalue()) == (kind == "nan")


def test_right_rules_make_no_bucket() -> None:
    found = hunted(TABLE["np.tanh"], TABLE["np.linalg.det"], turns=1, size=60)
    assert not found.buckets and found.count >= 50
    assert "np.tanh" in found.covered


def test_two_mistakes_make_two_buckets() -> None:
    wrong = [operation_of(PLANTED[kind]) for kind in ("gradient", "hvp")]
    found = hunted(*wrong, turns=3)
    assert {b.operation for b in found.buckets} == {op.name for op in wrong}
    assert found.met == set(found.buckets)
    # Each has an exception of its own, so that one cannot slip into the other.
    chunk = Chunk({}, {}, Task(0, "microgradnet", []))
    one, other = (type(chunk.exception(bucket)) for bucket in found.buckets)
    assert one is not other and one is type(chunk.exception(found.buckets[0]))


def test_what_is_known_is_not_found_again() -> None:
    wrong = operation_of(PLANTED["gradient"])
    found = hunted(wrong, size=10)
    assert len(found.found) == 1 and found.count > 9
    found.add(Outcome(count=1, finding=found.found[0]))  # as if two workers had found it
    assert len(found.found) == 1


def test_nothing_is_judged_when_time_is_up() -> None:
    task = Task(0, "microgradnet", ["np.cos"], left=-1.0, size=5)
    outcome = Chunk({"microgradnet": Microgradnet()}, TABLE, task).run()
    assert outcome.count == 0 and outcome.finding is None


def test_slow_engines_are_asked_now_and_then() -> None:
    asked = []

    class Slow(Microgradnet):
        every = 4

        def gradient(self, f: Any, xs: Any) -> Any:
            asked.append(f)
            return super().gradient(f, xs)

    slow = {"microgradnet": Microgradnet(), "slow": Slow()}
    outcome = Chunk(slow, TABLE, Task(0, "microgradnet", ["np.cos"], size=20)).run()
    assert 0 < len(asked) <= outcome.count / 2


# --- engines that are wrong in other ways --------------------------------------------------------


class Fake(Microgradnet):
    """Wrong in a way that no rule of this library could be."""

    name = "fake"
    how = ""

    def gradient(self, f: Any, xs: Any) -> Any:
        value, gs = super().gradient(f, xs)
        if self.how == "value":
            value += 1.0
        if self.how == "shape":
            gs = [np.ones((2, 2)) for _ in gs]
        if self.how in ("error", "no value"):
            raise RuntimeError("planted")
        if self.how == "unsupported":
            raise TypeError("this is not implemented")
        return value, gs

    def value(self, f: Any, xs: Any) -> float:
        if self.how == "no value":
            raise RuntimeError("planted")
        return float(f(*xs))

    def forward(self, f: Any, xs: Any, ts: Any) -> float:
        if self.how == "forward":
            raise RuntimeError("planted")
        return super().forward(f, xs, ts)


def one_step(operation: Operation, *args: Any, x: Any = 0.5) -> Program:
    return Program({"x0": x}, (Step("v0", operation, (Ref("x0"), *args), {}),))


@pytest.mark.parametrize(
    ("how", "kinds"),
    [
        ("value", ["value"]),
        ("shape", ["shape"]),
        ("error", ["error"]),
        ("no value", []),
        ("unsupported", []),
        ("forward", ["forward"]),
        ("", []),
    ],
)
def test_each_kind_of_fault(how: str, kinds: list[str]) -> None:
    fake = Fake()
    fake.how = how
    session = judging.Session({"fake": fake})
    faults = session.faults(one_step(TABLE["np.sin"]))
    assert [fault.kind for fault in faults] == kinds
    assert all(fault.engine == "fake" for fault in faults)


@pytest.mark.parametrize(
    ("kind", "true"),
    [
        ("value", "0.4794255386"),
        ("gradient", "0.8775825619"),
        ("forward", "1.7551651238"),
        ("hvp", "-0.9588510772"),
    ],
)
def test_the_true_value_is_printed(kind: str, true: str) -> None:
    fault = judging.Fault("autograd", kind, [2.0], "planted", (2.0,))
    bucket = Bucket("autograd", "np.sin", kind)

    class Other(Fake):
        name = "autograd"

    said = finding(bucket, one_step(TABLE["np.sin"]), fault, Other())
    assert said.truth == true and said.gives == "2.0 (planted)"
    assert "from autograd import grad" in said.script


def test_what_no_rule_is_right_about_is_told_by_differences() -> None:
    wrong = one_step(operation_of(PLANTED["gradient"]))
    fault = judging.Fault("microgradnet", "gradient", [1.0])
    said = finding(Bucket("microgradnet", "planted", "gradient"), wrong, fault, Microgradnet())
    assert said.truth == "x0[] = 0.87758256"
    slow = replace(fault, kind="error", got=None, why="planted")
    assert finding(said.bucket, wrong, slow, Microgradnet()).truth == "planted"


def test_results_that_are_fixed_up_to_signs_may_differ() -> None:
    fake = Fake()
    fake.how = "value"
    program = Program(
        {"x0": np.diag([1.0, 3.0])},
        (Step("v0", TABLE["np.linalg.svd"], (Ref("x0"),), {}, pick=0),),
    )
    assert judging.Session({"fake": fake}).faults(program) == []


def test_nothing_is_said_about_nothing() -> None:
    session = judging.Session({"microgradnet": Microgradnet()})
    assert session.faults(Program({"x0": 1.0}, ())) == []
    assert session.faults(one_step(TABLE["np.log"], x=-1.0)) == []


def test_words_an_engine_lacks() -> None:
    plain = engines.Engine
    for what, args in (
        ("gradient", (None, [])),
        ("forward", (None, [], [])),
        ("hvp", (None, [], [])),
    ):
        with pytest.raises((NotImplementedError, Unsupported)):
            getattr(plain, what)(Microgradnet(), *args)
    assert Microgradnet().knows(TABLE["np.sin"])
    assert not Microgradnet().says_unsupported(ValueError("no"))


# --- conventions, reduction ----------------------------------------------------------


def test_conventions_are_counted_not_reported() -> None:
    chunk = Chunk({"microgradnet": Microgradnet()}, TABLE, Task(0, "microgradnet", []))
    fault = judging.Fault("microgradnet", "hvp", [np.nan])
    bucket = Bucket("microgradnet", "np.maximum", "hvp")
    assert not chunk.is_new(bucket, fault, one_step(TABLE["np.maximum"], 0.5))
    found = hunted(turns=0)
    found.add(chunk.outcome)
    assert found.named_conventions() == [
        "convention: microgradnet: np.maximum: a second derivative through a tie or a kink is nan "
        "(1 times)"
    ]


def test_reduction_drops_what_is_not_needed() -> None:
    sin, cos, multiply = (TABLE[f"np.{name}"] for name in ("sin", "cos", "multiply"))
    program = Program(
        {"x0": np.array([0.123, 4.0]), "x1": 2.5},
        (
            Step("v0", cos, (Ref("x0"),), {}),
            Step("v1", sin, (Ref("v0"),), {}),
            Step("v2", multiply, (Ref("v1"), Ref("x1")), {}),
        ),
    )

    def still(smaller: Program) -> bool:
        return any(step.operation is sin for step in smaller.steps)

    multiplied = reduced(program, lambda p: any(s.operation is multiply for s in p.steps))
    assert [step.operation.name for step in multiplied.steps] == ["np.multiply"]
    small = reduced(program, still)
    assert [step.operation.name for step in small.steps] == ["np.sin"]
    assert np.array_equal(next(iter(small.inputs.values())), [1, 1])
    assert reduced(program, still, trials=0) is program


# --- on the command line -------------------------------------------------------------------------


@pytest.mark.usefixtures("library_alone")
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--engines", "microgradnet", "--minutes", "0.02", "--seed", "1", "--workers", "1"]
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert out.startswith("seed 1; microgradnet ")
    assert "programs (" in out and "operations" in out and "0 buckets" in out


FOUND = Finding(Bucket("microgradnet", "np.sin", "gradient"), "print(2)", "2", "1", 3.0)


def finds(self: Hunt, ready: Any) -> None:
    self.found.append(FOUND)


def is_stopped(self: Hunt, ready: Any) -> None:
    self.found.append(FOUND)
    raise KeyboardInterrupt


def crashes(self: Hunt, ready: Any) -> None:
    raise RuntimeError("a worker died")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (finds, "# microgradnet: np.sin: gradient (after 3 s)\nprint(2)\n# gives 2\n# true  1"),
        (is_stopped, "# microgradnet: np.sin: gradient"),
        (crashes, "a worker died"),
    ],
)
def test_a_found_mistake_or_a_crash_fails_the_command(
    run: Any, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hunt, "run", run)
    assert main(["--engines", "microgradnet"]) == 1
    assert said in "".join(capsys.readouterr())


def test_names_may_be_spaced_and_repeated() -> None:
    assert options(["--engines", " microgradnet, microgradnet,"]).names == ["microgradnet"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--engines", "chainer"], "unknown engine 'chainer'"),
        (["--engines", ","], "expected at least one engine"),
        (["--minutes", "0"], "expected a positive number"),
        (["--minutes", "nan"], "expected a positive number"),
        (["--workers", "0"], "expected 1 or more"),
        (["--seed", "-1"], "expected 0 or more"),
        (["--minutes", "soon"], "invalid float value"),
    ],
)
def test_mistyped_options_are_explained(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == 2 and said in capsys.readouterr().err


def test_what_is_not_installed_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name != "torch" or None)
    with pytest.raises(SystemExit):
        main(["--engines", "torch"])
    assert "torch is not installed" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main([]) == 2 and "pip install hypothesis" in capsys.readouterr().err


def test_progress_is_shown_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = hunted(turns=0)
    with display.Display() as shown:
        shown(some)
        assert capsys.readouterr().out == ""
        shown.last -= display.PLAIN_EVERY
        shown(some)
    assert "0 programs" in capsys.readouterr().out
    assert type(display.display()) is display.Display
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    live = display.display()
    assert isinstance(live, display.Live)
    some.found.append(FOUND)
    with live:
        live.show(some)
    assert "np.sin" in capsys.readouterr().out
