"""The fuzzer finds planted mistakes, puts them into buckets, and prints scripts that show them."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import numpy as np
import pytest

from microgradnet import elementwise, general
from microgradnet.declare import arg, case
from microgradnet.testing.fuzz import display, engines, hunt, judging, main
from microgradnet.testing.fuzz.engines import Microgradnet, Unsupported
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


def hunted(*extra: Operation, turns: int = 2, names: tuple[str, ...] = ("microgradnet",)) -> Any:
    table = {op.name: op for op in (TABLE["np.multiply"], TABLE["np.cos"], *extra)}
    found = hunt.Hunt(list(names), math.inf, table=table, shrinking=1.0)
    for turn in range(turns):
        found.chunk(list(table.values()), turn)
    return found


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_mistake_is_found_and_reduced(kind: str) -> None:
    wrong = operation_of(PLANTED[kind])
    found = hunted(wrong)
    expected = hunt.Bucket("microgradnet", wrong.name, kind)
    assert list(found.buckets) == [expected]
    finding = found.buckets[expected]
    assert {step.operation.name for step in finding.program.steps} == {wrong.name}
    assert str(expected) in str(finding) and "# true" in str(finding)
    out = io.StringIO()
    raised = pytest.raises(ZeroDivisionError) if kind == "error" else contextlib.nullcontext()
    with raised, contextlib.redirect_stdout(out):
        exec(finding.script, {})
    assert out.getvalue() or kind == "error"
    assert ("nan" in out.getvalue()) == (kind == "nan")


def test_right_rules_make_no_bucket() -> None:
    found = hunted(TABLE["np.tanh"], TABLE["np.linalg.det"], turns=3)
    assert not found.buckets and found.count >= 150
    assert "np.tanh" in found.covered
    assert found.versions()[0].startswith("microgradnet ")


def test_two_mistakes_make_two_buckets() -> None:
    found = hunted(operation_of(PLANTED["gradient"]), operation_of(PLANTED["hvp"]), turns=6)
    assert {b.operation for b in found.buckets} == {"test_fuzz_gradient", "test_fuzz_hvp"}
    assert len(found.classes) >= 2  # of exceptions: buckets cannot slip into each other


def test_a_hunt_ends_when_time_is_up() -> None:
    seen: list[int] = []
    table = {"np.cos": TABLE["np.cos"]}
    done = hunt.Hunt(["microgradnet"], 0.01, 3, lambda h: seen.append(h.count), table)
    assert done.run() == {} and done.over and seen
    done.examine(one_step(TABLE["np.cos"]))
    assert done.count == seen[-1]  # nothing counts any more


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
    found = hunted(turns=0)
    program = one_step(TABLE["np.maximum"], 0.5)
    fault = judging.Fault("microgradnet", "hvp", [np.nan])
    assert not found.is_new(hunt.Bucket("microgradnet", "np.maximum", "hvp"), fault, program)
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

    small = reduced(program, still)
    assert [step.operation.name for step in small.steps] == ["np.sin"]
    assert np.array_equal(next(iter(small.inputs.values())), [1, 1])
    assert reduced(program, still, trials=0) is program


# --- on the command line -------------------------------------------------------------------------


@pytest.mark.usefixtures("library_alone")
def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--engines", "microgradnet", "--minutes", "0.02", "--seed", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("seed 1; microgradnet ")
    assert "programs (" in out and "operations" in out and "0 buckets" in out


def test_a_found_mistake_fails_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = next(iter(hunted(operation_of(PLANTED["gradient"]), turns=3).found.values()))
    monkeypatch.setattr(hunt.Hunt, "run", lambda self: self.found.update({finding.bucket: finding}))
    assert main(["--engines", "microgradnet", "--minutes", "1"]) == 1
    assert "# microgradnet: test_fuzz_gradient: gradient" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--engines", "chainer"], "unknown engine 'chainer'"),
        (["--engines", ","], "expected at least one engine"),
        (["--minutes", "0"], "a positive number of minutes"),
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
    some.target = hunt.Bucket("microgradnet", "np.sin", "gradient")
    assert display.line(some).endswith("shrinking microgradnet: np.sin: gradient")
    assert type(display.display()) is display.Display
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    live = display.display()
    assert isinstance(live, display.Live)
    finding = next(iter(hunted(operation_of(PLANTED["gradient"]), turns=3).found.values()))
    some.found[finding.bucket] = finding
    with live:
        live.show(some)
    assert "test_fuzz_gradient" in capsys.readouterr().out
