"""The hunt: programs are drawn, judged, put into buckets; each bucket's first is shrunk.

Hypothesis draws and shrinks. A fault is raised as an exception of a class made for its
bucket; while one bucket shrinks nothing else counts, so that it cannot slip into another.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from ..strategies.operations import Operation, operations
from ..strategies.program import Program
from ..strategies.programs import programs
from .conventions import CONVENTIONS
from .engines import KINDS, Engine
from .judging import Fault, Session
from .oracle import verdict
from .reduction import reduced, valid
from .reproducers import reproducer

CHUNK = 60  # programs per engine in turn
SHRINKING = 4.0  # seconds for each bucket


class Bucket(NamedTuple):
    """Faults that are the same as far as one can tell."""

    engine: str
    operation: str
    kind: str

    def __str__(self) -> str:
        return f"{self.engine}: {self.operation}: {self.kind}"


class Disagreement(Exception):
    """A program about which an engine is wrong; each bucket has a subclass."""


@dataclass
class Finding:
    """A bucket, and the smallest program in it."""

    bucket: Bucket
    program: Program
    fault: Fault
    script: str
    truth: str
    seconds: float

    def __str__(self) -> str:
        got = self.fault.why if self.fault.got is None else numbers(self.fault.got)
        why = f"\n# {self.fault.why}" if self.fault.why and self.fault.got is not None else ""
        return (
            f"# {self.bucket} (after {self.seconds:.0f} s)\n{self.script}\n"
            f"# gives {got}\n# true  {self.truth}{why}"
        )


def numbers(x: Any) -> str:
    """Print what an engine gave, or should have given, on one line."""
    if isinstance(x, list | tuple):
        return ", ".join(map(numbers, x))
    return repr(np.asarray(x).round(10).tolist())


@dataclass
class Hunt:
    """A run of the fuzzer.

    Attributes
    ----------
    names : list of str
        The engines.
    minutes : float
        When to stop.
    start : int
        The seed; the same seed draws the same programs.
    watch : callable, optional
        Called with the hunt after each program.
    """

    names: list[str]
    minutes: float
    start: int = 0
    watch: Callable[[Hunt], None] | None = None
    table: dict[str, Operation] = field(default_factory=operations)
    shrinking: float = SHRINKING

    def __post_init__(self) -> None:
        self.engines: dict[str, Engine] = {name: KINDS[name]() for name in self.names}
        self.session = Session(self.engines)
        self.found: dict[Bucket, Finding] = {}
        self.conventions: Counter[tuple[str, str, str]] = Counter()
        self.covered: Counter[str] = Counter()
        self.count = 0
        self.began = time.monotonic()
        self.target: Bucket | None = None
        self.best: tuple[Program, Fault] | None = None
        self.deadline = 0.0
        self.classes: dict[Bucket, type[Disagreement]] = {}

    @property
    def buckets(self) -> dict[Bucket, Finding]:
        """What was found, each under the operations of its reduced program."""
        return {finding.bucket: finding for finding in self.found.values()}

    def versions(self) -> list[str]:
        """Name the engines with their versions."""
        return [f"{name} {engine.version}" for name, engine in self.engines.items()]

    def named_conventions(self) -> list[str]:
        """Say which conventions were met, and how often."""
        return [
            f"convention: {engine}: {operation}: {text} ({n} times)"
            for (engine, operation, text), n in sorted(self.conventions.items())
        ]

    @property
    def seconds(self) -> float:
        """For how long it has run."""
        return time.monotonic() - self.began

    @property
    def over(self) -> bool:
        """Whether time is up."""
        return self.seconds > 60 * self.minutes

    def run(self) -> dict[Bucket, Finding]:
        """Hunt until time is up; the engines take turns in saying which operations are drawn."""
        turn = 0
        while not self.over:
            focus = self.engines[self.names[turn % len(self.names)]]
            number = self.start * 1_000_003 + turn
            known = [op for op in self.table.values() if focus.knows(op)]
            self.chunk(self.rarest_first(known, number), number)
            turn += 1
        return self.found

    def rarest_first(self, known: list[Operation], number: int) -> list[Operation]:
        """Sort operations by how often they were drawn: Hypothesis prefers the first ones."""
        order = np.random.default_rng(number).permutation(len(known))
        return sorted((known[i] for i in order), key=lambda op: self.covered[op.name])

    def chunk(self, among: list[Operation], number: int) -> None:
        """Draw some programs; at the first new bucket, shrink it and stop."""

        @settings(
            max_examples=CHUNK,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @seed(number)
        @given(programs(among))
        def examine(program: Program) -> None:
            self.examine(program)

        self.target = self.best = None
        try:
            examine()
        except (Disagreement, HypothesisException):  # time was up, and it was called flaky
            assert self.best is not None
            self.conclude(*self.best)

    # --- one program ----------------------------------------------------------------------------

    def examine(self, program: Program) -> None:
        """Judge a program; raise its bucket's exception if that is new, or being shrunk."""
        if self.target is not None:
            if time.monotonic() < self.deadline:
                self.pursue(program)
            return
        if self.over:
            return
        self.count += 1
        self.covered.update(step.operation.name for step in program.steps)
        for fault in self.session.faults(program):
            bucket, small, small_fault = self.located(program, fault)
            if not self.is_new(bucket, small_fault, small):
                continue
            self.target, self.best = bucket, (small, small_fault)
            self.deadline = time.monotonic() + self.shrinking
            raise self.exception(bucket)
        if self.watch is not None:
            self.watch(self)

    def pursue(self, program: Program) -> None:
        """See whether a smaller program still belongs to the bucket that is being shrunk."""
        assert self.target is not None
        assert self.best is not None
        for fault in self.session.faults(program, self.target.engine):
            bucket, small, small_fault = self.located(program, fault)
            if bucket == self.target:
                if small.size < self.best[0].size:
                    self.best = small, small_fault
                raise self.exception(bucket)

    def exception(self, bucket: Bucket) -> Disagreement:
        """Make an exception of the bucket's own class."""
        if bucket not in self.classes:
            name = "_".join(("Disagreement", *bucket)).replace(".", "_")
            self.classes[bucket] = type(name, (Disagreement,), {})
        return self.classes[bucket](str(bucket))

    def located(self, program: Program, fault: Fault) -> tuple[Bucket, Program, Fault]:
        """Find the one step that is at fault alone, at the numbers that it has here."""
        for step in program.steps:
            single = program.alone(step)
            if len(program.steps) == 1 or valid(single):
                for same in self.session.faults(single, fault.engine):
                    return Bucket(fault.engine, step.operation.name, same.kind), single, same
        part = fault.program or program
        together = " with ".join(sorted({step.operation.name for step in part.steps}))
        return Bucket(fault.engine, together, fault.kind), part, fault

    def is_new(self, bucket: Bucket, fault: Fault, program: Program) -> bool:
        """Whether a bucket is neither known nor a convention nor a known one's consequence."""
        if bucket in self.found:
            return False
        for convention in CONVENTIONS:
            if convention.covers(fault, program, self.engines[bucket.engine]):
                self.conventions[bucket.engine, bucket.operation, convention.text] += 1
                return False
        if " with " in bucket.operation:
            faulty = {b.operation for b in self.found if b.engine == bucket.engine}
            return not faulty & {step.operation.name for step in program.steps}
        return True

    # --- a bucket ---------------------------------------------------------------------------------

    def conclude(self, program: Program, fault: Fault) -> None:
        """Reduce what Hypothesis left, and keep it with a script and the true value."""
        assert self.target is not None
        bucket = self.target
        until = time.monotonic() + self.shrinking
        last = [fault]

        def still(smaller: Program) -> bool:
            if time.monotonic() > until:
                return False
            for same in self.session.faults(smaller, bucket.engine):
                if same.kind == bucket.kind:
                    last[0] = same
                    return True
            return False

        program = reduced(program, still)
        program = last[0].program or program
        names = sorted({step.operation.name for step in program.steps})
        bucket = bucket._replace(operation=" with ".join(names))
        if bucket in self.found:
            return
        fault = last[0]
        script = reproducer(program, self.engines[bucket.engine], bucket.kind, fault.direction)
        truth = self.truth(program, fault)
        finding = Finding(bucket, program, fault, script, truth, self.seconds)
        self.found[self.target] = self.found[bucket] = finding

    def truth(self, program: Program, fault: Fault) -> str:
        """Say what is true: NumPy's value, an engine's answer that passed, or differences."""
        xs = list(program.inputs.values())
        if fault.kind == "value":
            return numbers(float(program(*xs)))
        judge = KINDS["microgradnet"]()
        f = judge.translated(program)
        if fault.engine != judge.name:
            word, _ = verdict(program, lambda *points: judge.gradient(f, list(points))[1])
            if word == "passed" or fault.kind == "hvp":
                if fault.kind == "forward":
                    return numbers(judge.forward(f, xs, list(fault.direction)))
                if fault.kind == "hvp":
                    return numbers(judge.hvp(f, xs, list(fault.direction)))
                return numbers(judge.gradient(f, xs)[1])
        if fault.kind not in ("gradient", "nan"):
            return fault.why
        _, rows = verdict(program, lambda *points: self.reported(fault, program, points))
        return "; ".join(f"{r.name}{list(r.index)} = {r.slope.value:.8g}" for r in rows[:4])

    def reported(self, fault: Fault, program: Program, points: Any) -> Any:
        """Ask the engine at fault for its gradient."""
        engine = self.engines[fault.engine]
        return engine.gradient(engine.translated(program), list(points))[1]
