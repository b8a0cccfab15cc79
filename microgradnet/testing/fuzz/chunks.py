"""A chunk of a hunt: some programs are drawn and judged; the first new bucket is shrunk.

Hypothesis draws and shrinks. A fault is raised as an exception of a class made for its
bucket; while one bucket shrinks nothing else counts, so that it cannot slip into another.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from ..strategies.operations import Operation, operations
from ..strategies.program import Program
from ..strategies.programs import programs
from .conventions import CONVENTIONS
from .engines import KINDS, Engine
from .findings import Bucket, Finding, finding
from .judging import Fault, Session
from .reduction import reduced, valid

CHUNK = 60  # programs of one engine's operations
SHRINKING = 4.0  # seconds for each bucket, and as many for reducing it


@dataclass(frozen=True)
class Task:
    """What is to be drawn: by number, which is the seed, and for how long."""

    number: int
    focus: str  # the engine whose operations these are
    among: list[str]  # operations, those first that were drawn least: Hypothesis prefers them
    known: frozenset[Bucket] = frozenset()
    since: float = 0.0  # seconds that the hunt has run
    left: float = float("inf")  # seconds until it is over
    size: int = CHUNK
    shrinking: float = SHRINKING


@dataclass
class Outcome:
    """What came of it."""

    count: int = 0
    covered: Counter[str] = field(default_factory=Counter)
    conventions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    finding: Finding | None = None
    met: frozenset[Bucket] = frozenset()  # the finding's bucket, before and after its reduction


class Disagreement(Exception):
    """A program about which an engine is wrong; each bucket has a subclass."""


@dataclass
class Chunk:
    """The run of one task."""

    engines: dict[str, Engine]
    table: dict[str, Operation]
    task: Task

    def __post_init__(self) -> None:
        self.session = Session(self.engines)
        self.outcome = Outcome()
        self.began = time.monotonic()
        self.target: Bucket | None = None
        self.best: tuple[Program, Fault] | None = None
        self.deadline = 0.0
        self.classes: dict[Bucket, type[Disagreement]] = {}

    def run(self) -> Outcome:
        """Draw some programs; at the first new bucket, shrink it and stop."""
        focus = self.engines[self.task.focus]
        among = [op for name in self.task.among if focus.knows(op := self.table[name])]

        @settings(
            max_examples=self.task.size,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @seed(self.task.number)
        @given(programs(among))
        def examine(program: Program) -> None:
            self.examine(program)

        try:
            examine()
        except (Disagreement, HypothesisException):  # time was up, and it was called flaky
            assert self.target is not None and self.best is not None
            self.conclude(self.target, *self.best)
        return self.outcome

    # --- one program ----------------------------------------------------------------------------

    def examine(self, program: Program) -> None:
        """Judge a program; raise its bucket's exception if that is new, or being shrunk."""
        if self.target is not None:
            if time.monotonic() < self.deadline:
                self.pursue(self.target, program)
            return
        if time.monotonic() - self.began > self.task.left:
            return
        # A slow engine is asked in the middle: the first programs are Hypothesis's simplest.
        place = self.outcome.count
        asked = [k for k, e in self.engines.items() if place % e.every == e.every // 2]
        self.outcome.count += 1
        self.outcome.covered.update(step.operation.name for step in program.steps)
        for fault in self.session.faults(program, asked):
            bucket, small, small_fault = self.located(program, fault)
            if self.is_new(bucket, small_fault, small):
                self.target, self.best = bucket, (small, small_fault)
                self.deadline = time.monotonic() + self.task.shrinking
                raise self.exception(bucket)

    def pursue(self, target: Bucket, program: Program) -> None:
        """See whether a smaller program still belongs to the bucket that is being shrunk."""
        assert self.best is not None
        for fault in self.session.faults(program, [target.engine], sure=True):
            bucket, small, small_fault = self.located(program, fault)
            if bucket == target and self.convention(bucket, small_fault, small) is None:
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
                for same in self.session.faults(single, [fault.engine], sure=True):
                    return Bucket(fault.engine, step.operation.name, same.kind), single, same
        part = fault.program or program
        return Bucket(fault.engine, together(part), fault.kind), part, fault

    def is_new(self, bucket: Bucket, fault: Fault, program: Program) -> bool:
        """Whether a bucket is neither known nor a convention nor a known one's consequence."""
        if bucket in self.task.known:
            return False
        convention = self.convention(bucket, fault, program)
        if convention is not None:
            self.outcome.conventions[bucket.engine, bucket.operation, convention] += 1
            return False
        if " with " in bucket.operation:
            faulty = {b.operation for b in self.task.known if b.engine == bucket.engine}
            return not faulty & {step.operation.name for step in program.steps}
        return True

    def convention(self, bucket: Bucket, fault: Fault, program: Program) -> str | None:
        """Name the convention that a fault is by, if there is one."""
        engine = self.engines[bucket.engine]
        return next((c.text for c in CONVENTIONS if c.covers(fault, program, engine)), None)

    # --- a bucket ---------------------------------------------------------------------------------

    def conclude(self, target: Bucket, program: Program, fault: Fault) -> None:
        """Reduce what Hypothesis left, and keep it with a script and the true value."""
        until = time.monotonic() + self.task.shrinking
        last = [fault]

        def still(smaller: Program) -> bool:
            if time.monotonic() > until:
                return False
            for same in self.session.faults(smaller, [target.engine], sure=True):
                if same.kind == target.kind and not self.convention(target, same, smaller):
                    last[0] = same
                    return True
            return False

        program = reduced(program, still)
        program = last[0].program or program
        bucket = target._replace(operation=together(program))
        self.outcome.met = frozenset([target, bucket])
        if bucket not in self.task.known:
            found = finding(bucket, program, last[0], self.engines[bucket.engine])
            after = self.task.since + time.monotonic() - self.began
            self.outcome.finding = replace(found, seconds=after)


def together(program: Program) -> str:
    """Name all operations of a program."""
    return " with ".join(sorted({step.operation.name for step in program.steps}))


def examiner(names: list[str]) -> tuple[dict[str, Engine], dict[str, Operation]]:
    """Load what a chunk needs."""
    return {name: KINDS[name]() for name in names}, operations()
