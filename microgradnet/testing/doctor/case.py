"""What is to be explained: reported gradients at all points, and how well a guess fits them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from .graph import Graph
from .naming import Names
from .sweep import Array, Edge, Edit, State, columns, flat, sensitivities, walked

SLACK = 1e4  # rounding errors of two orders of computing differ by far less than this
SMALLEST = 2.2e-16
REACH = 1500  # numbers in all: what each does to each is a matrix of some ten megabytes
Targets = frozenset[int]
Predict = Callable[[int], Array]  # the gradient that a guess gives at a point
# The gradient for some samples, at a point or with other leaves than are there.
Subset = Callable[..., Array | None]


@dataclass(frozen=True)
class Target:
    """A parameter, or one element of it: its place in the flat gradient, its shape.

    ``node`` is the operation that a derivative for it arrives at: `op`, the parameter's
    own, or the one that takes the element out of it.
    """

    op: int
    where: slice
    shape: tuple[int, ...]
    name: str
    whole: str  # the parameter's name
    node: int
    index: tuple[int, ...] | None = None

    def comes_by(self, edge: Edge, graph: Graph) -> bool:
        """Whether a derivative for it comes along an edge, perhaps to the whole of its array."""
        whole = edge.bottom == self.op and edge.top not in graph.elements
        return whole or graph.depends(edge.bottom, self.node)

    def of(self, values: Sequence[Any]) -> Any:
        """Give its value, of the values at a point."""
        x = np.asarray(values[self.op])
        return x if self.index is None else x[self.index]


@dataclass
class Case:
    """The intended computation at all points, and somebody's gradient there."""

    graph: Graph
    points: list[State]
    targets: list[Target]
    reported: list[Array]
    tolerances: list[Array]
    names: Names
    rate: float | None
    sizes: tuple[int, ...]  # of the data's axes: constants that mistakes are made of
    samples: tuple[int, str] = (0, "rows")  # how many there are, and what; 0 if nobody knows
    subset: Subset | None = None
    further: Callable[[int], tuple[State, Array] | None] | None = None  # more points, see `fresh`

    def matched(self, predict: Predict, among: Iterable[int], points: int | None = None) -> Targets:
        """Give the targets whose reported gradient is the predicted one at all (or some) points."""
        left = set(among)
        for p in range(len(self.points))[:points]:
            guess = predict(p)
            left = {t for t in left if self.fits(t, p, guess)}
            if not left:
                break
        return frozenset(left)

    def fits(self, t: int, p: int, guess: Array) -> bool:
        """Whether a guess is the reported gradient of target `t` at point `p`."""
        w = self.targets[t].where
        near = np.abs(guess[w] - self.reported[p][w]) <= self.allowed(p, guess)[w]
        return bool(np.all(near & np.isfinite(guess[w])))

    def same(self, some: Array, gradient: Array) -> Array:
        """Tell which of some gradients at the first point, a row each, are this one."""
        near = np.abs(some - gradient) <= self.allowed(0, some)
        return np.asarray(near.all(axis=-1))

    def proportional(self, guess: Array, where: slice, wrong: Array) -> bool:
        """Whether a guess is what is reported in some places, up to one of the usual constants."""
        reported = self.reported[0][where][wrong]
        near = self.tolerances[0][where][wrong] + SLACK * SMALLEST * np.abs(guess)
        off = np.abs(self.constants[:, None] * guess - reported)
        return bool(
            np.any(np.all(off <= near * np.maximum(np.abs(self.constants), 1.0)[:, None], 1))
        )

    def allowed(self, p: int, guess: Array) -> Array:
        """Give how far rounding may take a guess from what is reported."""
        return self.tolerances[p] + SLACK * SMALLEST * np.abs(guess)

    @cached_property
    def constants(self) -> Array:
        """Factors that gradients are off by: signs, twos, numbers of samples and of elements."""
        few = {1.0, 2.0}
        for n in self.sizes:
            few |= {float(n), 2.0 * n, n / 2.0}
        positive = sorted(few | {1 / c for c in few})
        return np.array([1.0, *(c for p in positive for c in (p, -p) if c != 1.0)])


@dataclass
class Base:
    """A start for explanations: forward values (right or not) and edits that are settled."""

    case: Case
    states: list[State]
    edits: tuple[Edit, ...] = ()
    few: int | None = None  # points at which it is looked what is right; by default at all
    _walks: dict[int, list[Any]] = field(default_factory=dict)
    _gradients: dict[int, Array] = field(default_factory=dict)
    _sensitivities: dict[int, list[Array | None]] = field(default_factory=dict)
    _touched: dict[int, Array] = field(default_factory=dict)
    # What guesses lead to, whatever the targets: shared with `elements`.
    effects: dict[object, Any] = field(default_factory=dict)
    # What was found, once it is known, see `search`: in whole gradients, by one mistake, and so on.
    simple: list[Explanation] | None = None
    quick: list[Explanation] | None = None
    full: list[Explanation] | None = None
    partial: list[Explanation] | None = None
    late: list[Explanation] | None = None
    slips: dict[object, list[Any]] = field(default_factory=dict)  # that may explain all, by kind
    known: dict[object, list[Any]] = field(default_factory=dict)  # slips, by place
    tried: list[tuple[Any, Array]] = field(default_factory=list)  # slips, and what they lead to
    before: Base | None = None  # without the last edit

    def after(self, edit: Edit, few: int | None = None) -> Base:
        """Give the start with one more edit."""
        edits = (*self.edits, edit)
        return Base(self.case, self.states, edits, few, known=self.known, before=self)

    @cached_property
    def elements(self) -> Base:
        """Give the same start with every element of a parameter for a target of its own."""
        shared = self._walks, self._gradients, self._sensitivities, self._touched, self.effects
        return Base(elementwise(self.case), self.states, self.edits, self.few, *shared)

    def number_of(self, state: State) -> int:
        """Tell at which point a state is, perhaps one with other values."""
        places = (p for p, other in enumerate(self.states) if other.point is state.point)
        if (p := next(places, None)) is None:
            raise ValueError("a state at another point")
        return p

    def walk(self, p: int) -> list[Any]:
        """Give the cotangents of all operations at a point."""
        if p not in self._walks:
            self._walks[p] = walked(self.states[p], self.edits)
        return self._walks[p]

    def gradient(self, p: int) -> Array:
        """Give the gradient at a point."""
        if p not in self._gradients:
            self._gradients[p] = flat(self.states[p], self.walk(p))
        return self._gradients[p]

    def edited(self, edit: Edit, p: int) -> Array:
        """Give the gradient at a point with one more edit."""
        state, edits = self.states[p], (*self.edits, edit)
        if p > 0:
            return flat(state, walked(state, edits))
        # Many are tried at the first point: what is above the edit is as it was.
        top = max(e.top for e in edit.edges)
        return flat(state, walked(state, edits, top, self._stages[self.case.graph.output - top]))

    @cached_property
    def _stages(self) -> list[Any]:
        """Give the cotangents at the first point as they are when the walk comes to each op."""
        stages: list[Any] = []
        walked(self.states[0], self.edits, stages=stages)
        return stages

    def sensitivities(self, p: int = 0) -> list[Array | None]:
        """Give what a cotangent at each op does at a point."""
        if p not in self._sensitivities:
            known = None if self.before is None else self.before.sensitivities(p)
            self._sensitivities[p] = sensitivities(
                self.states[p], self.edits, known=known, tops=self._tops
            )
        return self._sensitivities[p]

    def touched(self, i: int) -> Array:
        """Tell on which parameter elements a cotangent at an op has any effect at the first point.

        None by an op without sensitivities.
        """
        if i not in self._touched:
            rows = self.sensitivities()[i]
            self._touched[i] = np.any(
                np.zeros((0, len(self.gradient(0)))) if rows is None else rows, 0
            )
        return self._touched[i]

    @cached_property
    def reach(self) -> tuple[dict[int, slice], list[Array | None]] | None:
        """Give what a cotangent at each op does to all others at the first point, in columns.

        The parameters come first, as in gradients; None if there are too many numbers.
        """
        state, graph = self.states[0], self.case.graph
        ops = [i for i, z in enumerate(state.values) if graph.live[i] and type(z) is not tuple]
        params = set(graph.params)
        places = columns(state, [*graph.params, *(i for i in ops if i not in params)])
        if max(place.stop for place in places.values()) > REACH:
            return None
        known = None if self.before is None or self.before.reach is None else self.before.reach[1]
        return places, sensitivities(state, self.edits, places, known, self._tops)

    @property
    def _tops(self) -> set[int]:
        """Give the ops of the last edit: what is not above them is as it was before."""
        return {e.top for e in self.edits[-1].edges} if self.edits else set()

    @cached_property
    def off(self) -> Array:
        """Tell which numbers are wrong at the first point."""
        allowed = self.case.allowed(0, self.gradient(0))
        return np.asarray(~(np.abs(self.gradient(0) - self.case.reported[0]) <= allowed))

    def agreeing(self, flat: Array, p: int, among: Iterable[int]) -> Targets:
        """Give the targets whose gradient here is this one at a point, up to rounding."""
        truth = self.gradient(p)
        if flat.shape != truth.shape:
            return frozenset()
        near = np.abs(flat - truth) <= self.case.allowed(p, truth)
        return frozenset(t for t in among if np.all(near[self.case.targets[t].where]))

    @cached_property
    def right(self) -> Targets:
        """Targets that need no explanation."""
        return self.case.matched(self.gradient, range(len(self.case.targets)), self.few)

    @cached_property
    def wrong(self) -> Targets:
        """Targets that need one."""
        return frozenset(range(len(self.case.targets))) - self.right


@dataclass
class Explanation:
    """A mistake that was verified at every point, for the targets that it `fixes`."""

    cost: float
    text: str
    fixes: Targets
    breaks: Targets = frozenset()  # what it would spoil if it were made for all parameters
    base: Callable[[], Base] | None = None  # with the mistake in it, to go on from
    only: str = ""  # the text, if it was not made for other targets that are wrong

    @property
    def whole(self) -> bool:
        """Whether it explains without exceptions."""
        return not self.breaks


def elementwise(case: Case) -> Case:
    """Take every element of a parameter for a target of its own."""
    picked = {place: i for i, place in case.graph.elements.items()}
    out: list[Target] = []
    for t in case.targets:
        if t.shape == ():
            out.append(t)
            continue
        for n, index in enumerate(np.ndindex(t.shape)):
            where = slice(t.where.start + n, t.where.start + n + 1)
            name = element_name(case, t, index)
            node = picked.get((t.op, index), t.op)
            out.append(Target(t.op, where, (), name, t.name, node, index))
    return replace(case, targets=out)


def element_name(case: Case, t: Target, index: tuple[int, ...]) -> str:
    """Name an element of a parameter; of a stretch of a vector by its place in the vector."""
    _, where = case.graph.stretches.get(t.op, (0, None))
    if isinstance(where, slice):
        return f"{t.name[: t.name.rindex('[')]}[{where.start + index[0]}]"
    return f"{t.name}[{', '.join(map(str, index))}]"


def is_picked(case: Case) -> bool:
    """Whether the code takes its parameters apart and uses the elements one by one."""
    picked = set(case.graph.elements.values())
    arrays = [t for t in case.targets if t.shape]
    return bool(arrays) and all((t.op, i) in picked for t in arrays for i in np.ndindex(t.shape))


Match = tuple[int, float, Targets]  # the row of a guess, its factor, the targets that it then fits


def in_other_words(
    base: Base, guesses: Array, matches: Sequence[Match], cost: Callable[[Match], float]
) -> list[list[Match]]:
    """Sort matches that predict one gradient at the first point together, the cheapest first."""
    classes: dict[tuple[float, Targets], list[list[Match]]] = {}
    for match in sorted(matches, key=cost):
        row, factor, hit = match
        known = classes.setdefault((factor, hit), [])
        for members in known:
            if base.case.same(guesses[row], guesses[members[0][0]]):
                members.append(match)
                break
        else:
            known.append([match])
    return [members for known in classes.values() for members in known]


def first_verified(
    classes: Sequence[Sequence[Match]], verify: Callable[[Match], Explanation | None]
) -> list[Explanation]:
    """Give one explanation of each class: the first that holds at every point."""
    found = (next(filter(None, map(verify, members)), None) for members in classes)
    return [e for e in found if e is not None]


def fitting(base: Base, guesses: Array, whole: bool | None) -> list[Match]:
    """Match guesses with all that is wrong, or not with the `whole` of it; None: with any part."""
    matches = factor_matches(base, guesses)
    return [m for m in matches if whole is None or (m[2] == base.wrong) is whole]


def factor_matches(base: Base, guesses: Array) -> list[Match]:
    """Match many guesses at the first point at once, up to one of the usual constants.

    Returns
    -------
    list of (int, float, frozenset)
        The row of a guess, its factor, and the targets that it then fits.
    """
    case, reported, before = base.case, base.case.reported[0], base.gradient(0)
    found: dict[tuple[int, float], set[int]] = {}
    moved: dict[tuple[int, float], bool] = {}  # whether the guess matters for a target
    for t in base.wrong:
        w = case.targets[t].where
        r, rows = reported[w], guesses[:, w]
        allowed = case.tolerances[0][w] + SLACK * SMALLEST * np.abs(rows)
        j = int(np.argmax(np.abs(r)))
        ratio = r[j] / rows[:, j]
        near = np.abs(ratio[:, None] / case.constants - 1.0) < 1e-6
        factor = np.where(near.any(1), case.constants[np.argmax(near, axis=1)], 1.0)
        scale = np.abs(factor)[:, None]
        near = np.abs(factor[:, None] * rows - r) <= allowed * np.maximum(scale, 1.0)
        fit = np.all(near & np.isfinite(rows), 1)
        for row in np.flatnonzero(fit):
            key = int(row), float(factor[row])
            found.setdefault(key, set()).add(t)
            same = np.all(np.abs(rows[row] - before[w]) <= allowed[row])
            moved[key] = moved.get(key, False) or not same
    return [(row, c, frozenset(ts)) for (row, c), ts in found.items() if moved[row, c]]
