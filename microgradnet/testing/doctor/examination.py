"""The examination: the intended function and the reported gradient at random points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...errors import ShapeError
from .calling import Call
from .case import SLACK, SMALLEST, Base, Case, Subset, Target
from .fresh import further
from .graph import DATA, PARAM, RESULT, Graph, Point, draft, replayed
from .naming import Names
from .recording import recorded
from .sampling import FAILURES, NOWHERE, BadForm, sampled
from .sweep import Array, State, gradient
from .trees import squeezed


def examined(
    call: Call,
    reported: Call,
    kinds: Sequence[str],
    rate: float | None,
    seed: int,
    every: bool = True,
) -> Base:
    """Record the intended function and ask for the reported gradient at random points.

    At `every` one of them, or at a few that show a mistake, if there is one.
    """
    graph, points, branches = sampled(call, reported, kinds, rate, seed, every)
    # On an edge of what is defined a rule may multiply 0 by an infinite slope.
    points = [p for p in points if np.all(np.isfinite(gradient(State(graph, p, p.values))))]
    if not points:
        raise ShapeError(NOWHERE)
    states = [State(graph, p, p.values) for p in points]
    targets, start = [], 0
    for op in graph.params:
        x, name = points[0].values[op], graph.names[op]
        where = slice(start, start + np.size(x))
        targets.append(Target(op, where, np.shape(x), name, name, op))
        start = where.stop
    names = Names(graph, points[0])
    n, what = samples(call)
    case = Case(graph, states, targets, [], [], names, rate, sizes(call, n), (n, what))
    case.further = None if branches else further(call, reported, kinds, rate, graph, points)
    base = Base(case, states)
    odd = form_mistakes(call, base, points)
    if odd:
        raise BadForm(*odd)
    rng = np.random.default_rng(seed)
    for p, point in enumerate(points):
        flat = np.concatenate([np.reshape(g, -1) for g in point.reported]).astype(np.float64)
        eps = max(_eps(g) for g in point.reported)
        allowed = noise(base, p, rng) * (eps / 2.2e-16)
        allowed += 1e4 * eps * np.abs(base.gradient(p)) + 1e-300
        if rate is not None:
            values = np.concatenate([np.reshape(x, -1) for x in point.leaves])
            allowed += 8 * 2.2e-16 * np.abs(values) / rate
        case.reported.append(flat)
        case.tolerances.append(allowed)
    # What is tried is tried at the first point first: the one that shows most.
    order = sorted(range(len(states)), key=lambda p: _telling(base, p), reverse=True)
    case.points, points = [states[p] for p in order], [points[p] for p in order]
    case.reported = [case.reported[p] for p in order]
    case.tolerances = [case.tolerances[p] for p in order]
    if n:
        case.subset = subsets(call, points, 0 if what == "rows" else -1)
    return Base(case, case.points)


def _telling(base: Base, p: int) -> tuple[int, int]:
    """Count what is wrong at a point, then what no ReLU switches off there."""
    wrong = ~(np.abs(base.gradient(p) - base.case.reported[p]) <= base.case.tolerances[p])
    cotangents = [c for c in base.walk(p) if type(c) in (float, np.ndarray)]
    return int(np.count_nonzero(wrong)), sum(int(np.count_nonzero(c)) for c in cotangents)


def _eps(g: Any) -> float:
    dtype = np.asarray(g).dtype
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else 2.2e-16


def samples(call: Call) -> tuple[int, str]:
    """Give the number of samples, a length that all data has, or 0, and what they are."""
    shapes = [np.shape(x) for x in call.inputs.leaves if np.ndim(x)]
    for axis, what in ((0, "rows"), (-1, "columns")) if shapes else ():
        lengths = {shape[axis] for shape in shapes}
        if len(lengths) == 1 and min(lengths) > 1:
            return lengths.pop(), what
    return 0, "rows"


def sizes(call: Call, n: int) -> tuple[int, ...]:
    """Give the numbers that a factor may come from: of rows, then of other axes."""
    found = [n] if n else []
    for x in call.inputs.leaves:
        found += [*np.shape(x), np.size(x)]
    return tuple(dict.fromkeys(s for s in found if s > 2 or (s == n and s)))


def subsets(call: Call, points: Sequence[Point], axis: int) -> Subset:
    """Make a function that gives the gradient for some samples of the data only."""

    def gradient(some: Sequence[int], p: int, leaves: Sequence[Any] | None = None) -> Array | None:
        point = points[p]
        leaves = point.leaves if leaves is None else leaves
        inputs = [np.take(x, some, axis) if np.ndim(x) else x for x in point.inputs]
        try:
            made = recorded(call, leaves, inputs, [False] * len(inputs), watched=False)
            d = draft(made, call.params.names, call.inputs.names)
            graph = Graph(d.ops, d.outputs[0], list(range(len(leaves))))
            small = Point([*leaves], inputs, d.values, d.settings)
            state = State(graph, small, d.values)
        except FAILURES:
            return None
        return Base(Case(graph, [state], [], [], [], None, None, ()), [state]).gradient(0)  # type: ignore[arg-type]

    return gradient


# --- rounding, and shapes that are wrong --------------------------------------------------


def noise(base: Base, p: int, rng: Any) -> Array:
    """Estimate how rounding moves the gradient: how far it moves when numbers do, by 1e-8.

    Inputs do, and each result by itself: ``p - 1`` loses digits that `p` never had. Derivatives
    do, too: what a normalisation hands back adds up to nothing but the rounding of its terms.
    """
    state = base.states[p]
    ops, values = state.graph.ops, state.values
    total = np.zeros_like(base.gradient(p))
    ends = np.cumsum([0 if isinstance(v, tuple) else np.size(v) for v in values])

    def moved(i: int, v: Any, factors: Array) -> Any:
        if type(v) is float:
            return v * float(factors[ends[i] - 1])
        if isinstance(v, tuple) or np.asarray(v).dtype.kind != "f":
            return v
        return v * np.reshape(factors[ends[i] - np.size(v) : ends[i]], np.shape(v))

    for _ in range(2):
        factors, others = 1.0 + 1e-8 * rng.choice([-1.0, 1.0], (2, ends[-1]))
        leaves = [i for i, op in enumerate(ops) if op.kind in (PARAM, DATA)]
        given = {i: moved(i, values[i], factors) for i in leaves}
        near = replayed(ops, state.point, (), given)
        near = [moved(i, v, factors) if ops[i].kind is RESULT else v for i, v in enumerate(near)]
        move = partial(moved, factors=others)
        shifted = gradient(Shaken(state.graph, state.point, near, move))
        total = np.fmax(total, np.abs(shifted - base.gradient(p)) / 1e-8)  # nan beside an edge
    return np.asarray(SLACK * SMALLEST * total)


class Shaken(State):
    """A state in which derivatives move on their way back, each by its operation's `move`."""

    def __init__(
        self, graph: Graph, point: Point, values: list[Any], move: Callable[[int, Any], Any]
    ) -> None:
        super().__init__(graph, point, values)
        self.move = move

    def step(self, i: int, g: Any, only: int | None = None, xs: Any = None, z: Any = None) -> Any:
        """Apply the rule of op `i`."""
        if isinstance(g, float | np.ndarray) and np.shape(g) == np.shape(self.values[i]):
            g = self.move(i, g)  # else a derivative of several results
        return super().step(i, g, only, xs, z)


def form_mistakes(call: Call, base: Base, points: Sequence[Point]) -> list[str]:
    """Say what is wrong with gradients that have other shapes than their parameters."""
    out, start = [], 0
    for n, (name, leaf) in enumerate(zip(call.params.names, call.params.leaves, strict=True)):
        own, where = np.shape(leaf), slice(start, start + np.size(leaf))
        parts, start = [point.reported[n] for point in points], where.stop
        shape = np.shape(parts[0])
        if squeezed(shape) == squeezed(own):
            continue  # see `Call.misshapen`
        truth = [np.reshape(base.gradient(p)[where], own) for p in range(len(points))]
        said = f"`∂L/∂{name}` has shape {shape} where `{name}` has {own}"
        out.append(f"{said}: {_why(parts, truth)}")
    return out


def _why(parts: Sequence[Any], truth: Sequence[Any]) -> str:
    """Find what turns the reported arrays into the right ones."""
    shape, target = np.shape(parts[0]), np.shape(truth[0])

    def turned(change: Any) -> bool:
        return all(
            np.shape(change(r)) == np.shape(g) and np.allclose(change(r), g, rtol=1e-8, atol=1e-12)
            for r, g in zip(parts, truth, strict=True)
        )

    if shape == target[::-1] and len(shape) == 2:
        same = " and otherwise right" if turned(np.transpose) else ""
        return f"it is transposed{same}"
    for axis in range(len(shape)):
        if turned(lambda r, axis=axis: np.sum(r, axis=axis)):
            return f"the sum over axis {axis} is missing"
        if turned(lambda r, axis=axis: np.mean(r, axis=axis)):
            return f"the mean over axis {axis} is missing"
        cut = shape[:axis] + shape[axis + 1 :]
        if squeezed(cut) == squeezed(target):
            return f"the sum over axis {axis} is missing, and that is not the only mistake"
    if not np.shape(parts[0]) or np.size(parts[0]) == 1:
        return "a number where an array is expected: it is summed over too much"
    return "the axes do not match"
