"""Random differentiable programs over every declared operation.

Steps are drawn one by one; their operands are back-references or new inputs.
Each step is evaluated in NumPy while it is drawn, and one that fails, leaves its domain or
grows too large is dropped: nothing is filtered, so drawing is quick and shrinking is too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from ...declare import REAL, Case, arg
from .numbers import Shape, arrays, masked, operand, shapes
from .operations import Operation, asked, operation, operations
from .program import Names, Program, Ref, Step, compute, plain

LARGEST = 1e6  # results beyond this leave differences nothing to say
MOST_ENTRIES = 64

# Made once: Hypothesis checks a strategy where it is made.
SHAPES, ONE_IN_FIVE = shapes(), st.integers(0, 4)

SWAPAXES = Operation("np.swapaxes", np.swapaxes, ())
ADD = Operation("np.add", np.add, ())


class _Builder:
    """Draws one step after the other."""

    def __init__(self, draw: st.DrawFn, base: Shape, masks: list[Shape]) -> None:
        self.draw, self.base = draw, base
        self.inputs: Names = {}
        self.values: Names = {}
        self.steps: list[Step] = []
        for shape in masks:
            self.new_input(draw(arrays(shape, extreme=False)))

    def new_input(self, x: Any) -> Ref:
        """Add an input."""
        name = f"x{len(self.inputs)}"
        self.inputs[name] = self.values[name] = plain(x)
        return Ref(name)

    def chosen(self, fitting: list[str]) -> Ref:
        """Draw a back-reference; shrinking goes to the oldest, past the steps between."""
        last = len(fitting) - 1
        return Ref(fitting[self.draw(st.integers(0, last)) if last else 0])

    def step(self, operation: Operation) -> None:
        """Draw the operands of one call, and keep it if NumPy computes it."""
        inputs, values, steps = dict(self.inputs), dict(self.values), list(self.steps)
        # Few choices a step: Hypothesis takes out some five in a row at a time.
        pattern, exactly = divmod(self.draw(st.integers(0, 2 * len(operation.cases) - 1)), 2)
        call = self.filled(operation, operation.cases[pattern], bool(exactly))
        made = None if call is None else computed(call, self.values, self.draw)
        if made is None:
            self.inputs, self.values, self.steps = inputs, values, steps
            return
        self.steps.append(made[0])
        self.values[made[0].name] = made[1]

    def filled(self, operation: Operation, pattern: Case, exactly: bool) -> Step | None:
        """Put operands where the pattern asks for some."""

        def fill(tree: Any) -> Any:
            if isinstance(tree, arg):  # which is a tuple itself
                loosely = operation.elementwise and not exactly
                return self.any_operand(tree) if loosely else self.operand_like(tree, exactly)
            if isinstance(tree, tuple | list):
                return type(tree)(map(fill, tree))
            return tree

        args = tuple(map(fill, pattern.args))
        kwargs = {key: fill(a) for key, a in pattern.kwargs.items()}
        symmetric = any(a.kind == "spd" for a in asked(pattern))
        step = Step(f"v{len(self.steps)}", operation, args, kwargs, symmetric=symmetric)
        return step if step.refs() else None

    def any_operand(self, declared: arg) -> Ref:
        """Refer to anything in the domain, or make an input that broadcasts to the base."""
        low, high = declared.domain
        fitting = [
            name
            for name, x in self.values.items()
            if declared.domain == REAL or (np.size(x) and low < np.min(x) and np.max(x) < high)
        ]
        if fitting and self.draw(st.integers(0, 3)) < 3:
            return self.chosen(fitting)
        shape: Shape = self.draw(masked(self.base))
        return self.new_input(self.draw(arrays(shape, declared.domain, extreme=False)))

    def operand_like(self, declared: arg, exactly: bool) -> Ref:
        """Refer to something of the declared shape, or dimension, or make an input of it."""
        fitting = [
            name
            for name, x in self.values.items()
            if (np.shape(x) == declared.shape if exactly else np.ndim(x) == len(declared.shape))
        ]
        chance = self.draw(st.integers(0, 7))
        if declared.kind in ("any", "distinct") and declared.domain == REAL:
            if fitting and chance < 6:
                return self.chosen(fitting)
            if chance == 0 and declared.kind == "any":
                # So that the step which made the operand can be taken out, and nothing else.
                return self.new_input(np.ones(declared.shape))
        if declared.kind != "spd":
            return self.new_input(self.draw(operand(declared)))
        # NumPy reads one triangle: what is varied is the part that all its readers share.
        whole = self.new_input(self.draw(operand(declared)))
        flipped = self.keep(SWAPAXES, whole, -1, -2)
        return self.keep(ADD, whole, flipped)

    def keep(self, operation: Operation, *args: Any) -> Ref:
        """Add a step that cannot fail."""
        step = Step(f"v{len(self.steps)}", operation, args, {})
        self.steps.append(step)
        self.values[step.name] = plain(compute(step, self.values))
        return Ref(step.name)


def computed(step: Step, values: Names, draw: st.DrawFn) -> tuple[Step, Any] | None:
    """Compute a step in NumPy, choosing among several results; None if that fails."""
    with np.errstate(all="ignore"):
        try:
            out = compute(step, values)
        except Exception:  # whatever NumPy raises: there is no such program
            return None
    if isinstance(out, tuple | list):
        floating = [i for i, x in enumerate(out) if acceptable(x)]
        if not floating:
            return None
        pick = floating[draw(st.integers(0, len(floating) - 1))]
        return replace(step, pick=pick), plain(out[pick])
    return (step, plain(out)) if acceptable(out) else None


def acceptable(x: Any) -> bool:
    """Whether a result is floating, finite, and neither large nor long."""
    x = np.asarray(x)
    if x.dtype != np.float64 or x.size > MOST_ENTRIES:
        return False
    return bool(np.isfinite(x).all() and np.abs(x).max(initial=0.0) <= LARGEST)


@st.composite
def _goes_on(
    draw: st.DrawFn, builder: _Builder, table: st.SearchStrategy[Operation], more: bool
) -> bool:
    """Draw one step with all that it needs, so that shrinking can take it out in one piece."""
    if draw(ONE_IN_FIVE) == 0 and more:
        return False
    builder.step(draw(table))
    return True


@st.composite
def _programs(draw: st.DrawFn, table: st.SearchStrategy[Operation], max_steps: int) -> Program:
    base = draw(SHAPES)
    masks = draw(st.lists(masked(base), min_size=1, max_size=2))
    builder = _Builder(draw, base, masks)
    for step in range(max_steps):
        if not draw(_goes_on(builder, table, more=step > 0)):
            break
    assume(builder.steps)  # NumPy computed one at least: nearly always
    program = Program(builder.inputs, tuple(builder.steps)).needed()
    if draw(st.integers(0, 2)) == 0:
        return program.without_dead_code([program.steps[-1].name])
    return program


def programs(
    among: Iterable[Operation | Callable[..., Any] | str] | None = None, max_steps: int = 6
) -> st.SearchStrategy[Program]:
    """Draw a random differentiable program.

    Parameters
    ----------
    among : iterable of Operation, callable or str, optional
        What may be called, such as ``[np.exp, "np.linalg.solve"]``; all declared operations by
        default.
    max_steps : int
        The most calls to draw; those that NumPy cannot compute are dropped.

    Returns
    -------
    SearchStrategy
        Of programs; ``program(*program.inputs.values())`` is a float, on Values a Value,
        and ``print(program)`` shows Python that runs.

    Raises
    ------
    RegistryError
        If an operation is not declared.
    """
    table = list(operations().values()) if among is None else [*map(operation, among)]
    if not table:
        raise ValueError("programs of no operations: expected one at least in among=")
    return _programs(st.sampled_from(table), max_steps)
