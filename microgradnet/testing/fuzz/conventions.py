"""What libraries settle differently on purpose: named as conventions, not counted as faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..strategies.operations import operations
from ..strategies.program import Program, Ref, Step, plain
from .engines import Engine
from .judging import Fault
from .screen import close, flat
from .smoothness import kinked, kinked_inside, kinked_slopes

# Decompositions of matrices whose eigenvalues or singular values repeat, or whose rank is short.
DEGENERATE = frozenset(["eig", "eigh", "svd", "qr", "eigvals", "eigvalsh", "svdvals", "pinv"])

NUDGE = 1e-3  # how far beside a tie there is none


@dataclass(frozen=True)
class Lost:
    """What is nan at a point where a step has no such derivative, or several that are sound."""

    kinds: tuple[str, ...]
    text: str
    excuses: Callable[[Program], bool]  # whether a step, alone, is such a one at its numbers

    def covers(self, fault: Fault, program: Program, engine: Engine) -> bool:
        """Whether a step that is excused gives nan at these numbers.

        Beside them it does not, or it would be nan anywhere, which is no convention.
        """
        if fault.engine != "microgradnet" or fault.kind not in self.kinds or fault.got is None:
            return False
        if not np.isnan(flat(fault.got)).any():
            return False
        for step in program.steps:
            single = apart(program.alone(step))
            xs = list(single.inputs.values())
            if not self.excuses(single) or not _lost(engine, single, fault.kind, xs):
                continue
            rng = np.random.default_rng(3)
            nudged = [plain(x + NUDGE * rng.normal(size=np.shape(x))) for x in xs]
            return not _lost(engine, single, fault.kind, nudged)
        return False


@dataclass(frozen=True)
class Composed:
    """The chain rule across a kink: each step is right by itself, what follows is not.

    A subgradient of a composition is no composition of subgradients. The middle one of a, a and
    b is a, though at a = b its share in a median is two thirds; min(x, 0) counts half of x at 0,
    and a quantile may count that for more than the slopes to either side allow.
    """

    text: str = "the chain rule does not hold across a kink, where each step alone is right"

    def covers(self, fault: Fault, program: Program, engine: Engine) -> bool:
        """Whether a step has a kink, and the gradient is what the chain rule makes of all steps.

        That no step is wrong alone has been seen before: the fault would be that step's.
        """
        singles = [program.alone(step) for step in program.steps]
        if fault.kind != "gradient" or len(singles) < 2 or not any(map(kinked, singles)):
            return False
        xs = list(program.inputs.values())
        try:
            whole = engine.gradient(engine.translated(program), xs)[1]
            composed = chained(engine, program)
        except Exception:  # any: what an engine raises is its own affair
            return False
        return close(flat(composed), flat(whole))


def chained(engine: Engine, program: Program) -> list[Any]:
    """Compute a program's gradient from the gradients of its steps, each asked for alone."""
    table = operations()
    cotangents = {name: np.zeros(np.shape(x)) for name, x in program.values.items()}
    cotangents.update(program.scales)
    for step in reversed(program.steps):
        alone = program.alone(step)
        result = Ref(alone.steps[-1].name)
        product = Step("product", table["np.multiply"], (result, cotangents[step.name]), {})
        total = Step("total", table["np.sum"], (Ref("product"),), {})
        single = Program(alone.inputs, (*alone.steps, product, total))
        gs = engine.gradient(engine.translated(single), list(single.inputs.values()))[1]
        for name, g in zip(program.read_by(step), gs, strict=True):
            cotangents[name] = cotangents[name] + g
    return [cotangents[name] for name in program.inputs]


def apart(single: Program) -> Program:
    """Give each operand of a program's only step an input of its own."""
    if len(single.steps) > 1:  # what makes it symmetric must stay
        return single
    inputs: dict[str, Any] = {}

    def fresh(leaf: Any) -> Any:
        if not isinstance(leaf, Ref):
            return leaf
        name = f"x{len(inputs)}"
        inputs[name] = single.inputs[leaf.name]
        return Ref(name)

    step = single.steps[0].with_operands(fresh)
    return Program(inputs, (step,))


def _lost(engine: Engine, program: Program, kind: str, xs: list[Any]) -> bool:
    """Whether a derivative has a nan, or an infinity: times zero it becomes one."""
    ts = [np.cos(np.arange(np.size(x))).reshape(np.shape(x)) for x in xs]
    f = engine.translated(program)
    try:
        gs = engine.hvp(f, xs, ts) if kind == "hvp" else engine.gradient(f, xs)[1]
    except Exception:  # any: what an engine raises is its own affair
        return False
    return not np.isfinite(flat(gs)).all()


def kinked_twice(single: Program) -> bool:
    """Whether a program has a kink, inside or in its slopes."""
    return kinked_inside(single) or kinked_slopes(single)


def decomposes(single: Program) -> bool:
    """Whether a program's last step is a decomposition."""
    return single.steps[-1].operation.name.rsplit(".", 1)[-1] in DEGENERATE


CONVENTIONS: tuple[Lost | Composed, ...] = (
    Lost(("hvp",), "a second derivative through a tie or a kink is nan", kinked_twice),
    Lost(
        ("nan", "hvp"),
        "vectors of equal eigenvalues or singular values, or of a rank that is short, are nan",
        decomposes,
    ),
    Composed(),
)
