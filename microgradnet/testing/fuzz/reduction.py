"""Making a faulty program smaller, as long as it stays faulty in the same way.

Hypothesis shrinks what was drawn; this works on the program itself: a step is bypassed by
one of its operands or turned into an input, dead code is dropped, numbers are made plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..strategies.program import Program, plain, renaming

Test = Callable[[Program], bool]
TRIALS = 150
PLAIN = (1.0, 0.0, 2.0, 3.0)


def reduced(program: Program, still: Test, trials: int = TRIALS) -> Program:
    """Reduce a program for which ``still(program)`` holds, in at most so many trials.

    Parameters
    ----------
    program : Program
        What to reduce.
    still : callable
        Whether a smaller one shows the same.
    trials : int
        The most programs to try.

    Returns
    -------
    Program
        The smallest one found.
    """
    left = trials
    changed = True
    while changed:
        changed = False
        for smaller in candidates(program):
            if left == 0:
                return program
            left -= 1
            if smaller.steps and valid(smaller) and still(smaller):
                program, changed = smaller, True
                break
    return program


def valid(program: Program) -> bool:
    """Whether NumPy computes it, all results are finite, and symmetric operands are so."""
    try:
        return program.sound and all(np.isfinite(x).all() for x in program.values.values())
    except Exception:  # whatever NumPy raises: there is no such program
        return False


def candidates(program: Program) -> Iterator[Program]:
    """Give smaller programs, those that lose most first."""
    if len(program.outputs) > 1:
        for output in program.outputs:
            yield program.without_dead_code([output])
    if len(program.steps) > 1:
        for step in program.steps:
            yield as_input(program, step.name)
        for step in program.steps:
            for operand in dict.fromkeys(step.refs()):
                yield bypassed(program, step.name, operand)
    yield from plainer(program)


def as_input(program: Program, name: str) -> Program:
    """Make an input of a result."""
    new = f"x{len(program.inputs)}"
    others = tuple(step for step in program.steps if step.name != name)
    changed = Program({**program.inputs, new: plain(program.values[name])}, others)
    return redirected(changed, name, new, program.outputs)


def bypassed(program: Program, name: str, operand: str) -> Program:
    """Let whoever uses a result use one of its operands instead."""
    others = tuple(step for step in program.steps if step.name != name)
    return redirected(Program(program.inputs, others), name, operand, program.outputs)


def redirected(program: Program, old: str, new: str, outputs: list[str]) -> Program:
    """Point all references to one name at another."""
    names = {name: name for step in program.steps for name in step.refs()} | {old: new}
    steps = tuple(step.with_operands(renaming(names)) for step in program.steps)
    kept = [step.name for step in steps if step.name in outputs]
    return replace(program, steps=steps).without_dead_code(kept or [s.name for s in steps[-1:]])


def plainer(program: Program) -> Iterator[Program]:
    """Make inputs equal, whole arrays plain, then single numbers."""
    for name, x in program.inputs.items():
        for other in program.inputs:
            if other < name and np.array_equal(program.inputs[other], x):
                yield merged(program, name, other)
    for name, x in program.inputs.items():
        for simple in (np.ones_like(x), np.zeros_like(x), np.round(x), np.round(x, 1)):
            if simpler(simple, x):
                yield with_input(program, name, simple)
    for name, x in program.inputs.items():
        for index in np.ndindex(np.shape(x)):
            for number in PLAIN:
                changed = np.array(x)
                changed[index] = number
                if simpler(changed, x):
                    yield with_input(program, name, changed)


def simpler(a: Any, b: Any) -> bool:
    """Whether an array is plainer than another: by its numbers' rank in PLAIN, then length."""

    def rank(x: Any) -> list[tuple[int, int]]:
        numbers = np.ravel(x).tolist()
        return [(PLAIN.index(n) if n in PLAIN else len(PLAIN), len(repr(n))) for n in numbers]

    return rank(a) < rank(b)


def merged(program: Program, name: str, other: str) -> Program:
    """Use one input in place of another that holds the same numbers."""
    names = {k: k for step in program.steps for k in step.refs()} | {name: other}
    steps = tuple(step.with_operands(renaming(names)) for step in program.steps)
    return Program(program.inputs, steps).needed()


def with_input(program: Program, name: str, x: Any) -> Program:
    """Put other numbers into an input."""
    return Program({**program.inputs, name: plain(x)}, program.steps)
