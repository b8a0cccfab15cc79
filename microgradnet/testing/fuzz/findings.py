"""What a hunt finds: buckets of faults, and the smallest program of each, as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..strategies.program import Program
from .engines import KINDS, Engine
from .judging import Fault
from .oracle import verdict
from .reproducers import reproducer


class Bucket(NamedTuple):
    """Faults that are the same as far as one can tell."""

    engine: str
    operation: str
    kind: str

    def __str__(self) -> str:
        return f"{self.engine}: {self.operation}: {self.kind}"


@dataclass(frozen=True)
class Finding:
    """A bucket, and a script that shows it: plain text, which other processes can be sent."""

    bucket: Bucket
    script: str
    gives: str
    truth: str
    seconds: float = 0.0  # after which it was found

    def __str__(self) -> str:
        return (
            f"# {self.bucket} (after {self.seconds:.0f} s)\n{self.script}\n"
            f"# gives {self.gives}\n# true  {self.truth}"
        )


def finding(bucket: Bucket, program: Program, fault: Fault, engine: Engine) -> Finding:
    """Write down what a reduced program shows."""
    gives = fault.why if fault.got is None else numbers(fault.got)
    if fault.got is not None and fault.why:
        gives += f" ({fault.why})"
    script = reproducer(program, engine, bucket.kind, fault.direction)
    return Finding(bucket, script, gives, truth(program, fault, engine))


def numbers(x: Any) -> str:
    """Print what an engine gave, or should have given, on one line."""
    if isinstance(x, list | tuple):
        return ", ".join(map(numbers, x))
    return repr(np.asarray(x).round(10).tolist())


def truth(program: Program, fault: Fault, engine: Engine) -> str:
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
    own = engine.translated(program)
    _, rows = verdict(program, lambda *points: engine.gradient(own, list(points))[1])
    return "; ".join(f"{r.name}{list(r.index)} = {r.slope.value:.8g}" for r in rows[:4])
