"""The intended computation as a list of operations, with its numbers at one or many points.

The recorded nodes of all points become one list of `Op`, in an order in which operands
come first, and one list of values per point. Variants of the list (an operand rewired, an
operation replaced) are evaluated by each primitive's own code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Primitive, Traced, raw
from ...memory import Ghost
from ...steps import ITEM
from ...sweeps import reachable
from .recording import Recording

Element = tuple[int, tuple[int, ...]]  # a leaf, and where in it


def form(x: Any) -> tuple[Any, ...]:
    """Give the shape of a value; several values at once have one of their own kind."""
    if isinstance(x, np.ndarray):  # sooner than NumPy tells
        shape: tuple[int, ...] = x.shape
        return shape
    return ("several", len(x)) if isinstance(x, tuple) else np.shape(x)


PARAM, DATA, CONSTANT, RESULT = "parameter", "data", "constant", "result"
LIMIT = 20_000  # elements; mistakes do not depend on size, the search's time does


@dataclass(frozen=True)
class Op:
    """One operation (or leaf, or constant) of the intended computation."""

    kind: str
    primitive: Any = None
    args: tuple[int, ...] = ()
    site: Any = ()  # where in the code, as ``recording.Watcher`` knows it
    order: int = 0  # when it was made
    settings: dict[str, Any] | None = None  # its own; by default what the point has for it
    label: str = ""  # of a constant: what the code calls it

    @property
    def name(self) -> str:
        """The primitive's name; of a leaf none."""
        return self.primitive.name if self.primitive is not None else ""

    def other(self, primitive: Any, args: tuple[int, ...] | None = None) -> Op:
        """Give another operation in this one's place, sooner than `replace` does."""
        args = self.args if args is None else args
        return Op(self.kind, primitive, args, self.site, self.order, self.settings, self.label)


class Comparison:
    """A comparison with 0 that the code made on raw data, as an operation without derivative."""

    rule = None

    def __init__(self, name: str, sign: str, test: Callable[[Any], Any]) -> None:
        self.name, self.sign, self.test = name, sign, test

    def compute(self, operands: list[Any], settings: dict[str, Any]) -> Any:
        """Compare."""
        return self.test(operands[0])


class Settled:
    """An operation that is computed as ever, but that people take no derivative of."""

    rule = None

    def __init__(self, primitive: Primitive) -> None:
        self.name, self.compute = primitive.name, primitive.compute


TESTS = (
    Comparison("positive", ">", lambda x: np.asarray(x) > 0),
    Comparison("negative", "<", lambda x: np.asarray(x) < 0),
    Comparison("not positive", "<=", lambda x: np.asarray(x) <= 0),
    Comparison("not negative", ">=", lambda x: np.asarray(x) >= 0),
)


@dataclass
class Point:
    """Numbers at one random point: a value and the operation's own parameters for each op."""

    leaves: list[Any]
    inputs: list[Any]
    values: list[Any]
    settings: list[dict[str, Any]]
    reported: Any = None  # flat, of all parameters
    noise: Any = None


@dataclass
class Graph:
    """The list of operations; ``names`` are what the user's code calls some of them."""

    ops: list[Op]
    output: int
    params: list[int]
    names: dict[int, str] = field(default_factory=dict)
    elements: dict[int, Element] = field(default_factory=dict)
    # Parameters that are stretches of a leaf: its number, and the index.
    stretches: dict[int, tuple[int, Any]] = field(default_factory=dict)
    known: dict[object, Any] = field(default_factory=dict)  # see `sources`, `known_groups`
    alive_so_far: list[bool] = field(default_factory=list)  # of `live`, where it is known

    @cached_property
    def above(self) -> list[int]:
        """Bit sets of what each op is made from, itself included."""
        found: list[int] = []
        for i, op in enumerate(self.ops):
            bits = 1 << i
            for a in op.args:
                bits |= found[a]
            found.append(bits)
        return found

    @cached_property
    def several(self) -> set[int]:
        """Operations with several results at once, which one reads by ``ITEM`` only."""
        return {op.args[0] for op in self.ops if op.primitive is ITEM}

    @cached_property
    def live(self) -> list[bool]:
        """Whether a derivative comes by, for each op; none does at a comparison."""
        found: list[bool] = self.alive_so_far[:]
        for i, op in enumerate(self.ops[len(found) :], len(found)):
            moves = any(found[a] for a in op.args)
            found.append(i in self.params or (moves and op.primitive.rule is not None))
        return found

    @cached_property
    def wanted(self) -> list[tuple[bool, ...]]:
        """Through which operands a derivative goes on, for each op."""
        return [tuple(self.live[a] for a in op.args) for op in self.ops]

    @cached_property
    def makers(self) -> dict[object, list[int]]:
        """Results by the place in the code that makes them, in the order in which they came."""
        found: dict[object, list[int]] = defaultdict(list)
        for i, op in enumerate(self.ops):
            if op.kind == RESULT and i not in self.several:
                found[op.site].append(i)
        for made in found.values():
            made.sort(key=lambda i: self.ops[i].order)
        return found

    def depends(self, i: int, on: int) -> bool:
        """Whether op `i` is made from op `on` (or is it)."""
        return bool(self.above[i] >> on & 1)

    def users(self, i: int) -> list[tuple[int, int]]:
        """Edges (op, position) that read op `i`."""
        return self.reading[i]

    @cached_property
    def reading(self) -> list[list[tuple[int, int]]]:
        """Edges by the op that they read."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.ops]
        for n, op in enumerate(self.ops):
            for k, a in enumerate(op.args):
                found[a].append((n, k))
        return found

    def changed(self, ops: list[Op], first: int) -> Graph:
        """Give the graph with other operations in the same places, from the `first` on."""
        made = Graph(ops, self.output, self.params, self.names, self.elements)
        made.alive_so_far = self.live[:first]
        return made

    def is_leaf(self, i: int) -> bool:
        """Whether op `i` is made of no others."""
        return self.ops[i].kind != RESULT

    def leaf_of(self, i: int) -> int:
        """Give the array of which op `i` is an element, else the op."""
        return self.elements[i][0] if i in self.elements else i


def elements(ops: Sequence[Op], point: Point) -> dict[int, Element]:
    """Find the ops that take one element (or row) out of a leaf by whole numbers."""
    out = {}
    for i, op in enumerate(ops):
        if op.name == "getitem" and ops[op.args[0]].kind != RESULT:
            index = point.settings[i]["index"]
            index = index if isinstance(index, tuple) else (index,)
            if all(isinstance(n, int | np.integer) for n in index):
                shape = form(point.values[op.args[0]])
                whole = tuple(int(n) % size for n, size in zip(index, shape, strict=False))
                out[i] = op.args[0], whole
    return out


def evaluate(op: Op, settings: dict[str, Any], operands: list[Any]) -> Any:
    """Compute one operation on raw data."""
    return op.primitive.compute(operands, settings if op.settings is None else op.settings)


def replayed(
    ops: Sequence[Op], point: Point, changed: Iterable[int], given: dict[int, Any] | None = None
) -> list[Any]:
    """Compute anew what depends on the `changed` operations or on values `given` for some."""
    given = given or {}
    dirty = {*changed, *given}
    values = list(point.values)
    for i in range(min(dirty, default=len(ops)), len(ops)):
        if i in given:
            values[i] = given[i]
            continue
        op = ops[i]
        if i in dirty and not op.args:  # data that is altered
            values[i] = evaluate(op, {}, [values[i]])
        elif op.kind is RESULT and (i in dirty or not dirty.isdisjoint(op.args)):
            dirty.add(i)
            values[i] = evaluate(op, point.settings[i], [values[a] for a in op.args])
    return values


# --- from recordings ------------------------------------------------------------------------


@dataclass
class Draft:
    """One recording as a list of ops, with the values at its point."""

    ops: list[Op]
    values: list[Any]
    settings: list[dict[str, Any]]
    outputs: list[int]
    names: dict[int, str]


def draft(
    made: Recording, names: Sequence[str], data_names: Sequence[str], unused: bool = False
) -> Draft:
    """List what was recorded: parameters, data, then constants and results as they came.

    With `unused`, also what had a name, but was not used for the result.
    """
    out = Draft([], [], [], [], {})
    places: dict[int, int] = {}  # node index -> position
    key: Any
    known: dict[Any, int] = {}  # what is computed from leaves alone is listed once
    untracked: list[tuple[int, Any]] = []  # data that is plain numbers

    def put(op: Op, value: Any, settings: dict[str, Any] | None = None) -> int:
        size = np.size(value) if not isinstance(value, tuple) else 0
        if size > LIMIT or isinstance(value, Ghost):
            raise ShapeError(
                f"an array of more than {LIMIT} elements in the intended function; expected a "
                "small example, since mistakes do not depend on size: fewer rows, smaller layers"
            )
        out.ops.append(op)
        out.values.append(value)
        out.settings.append(settings or {})
        return len(out.ops) - 1

    def constant(x: Any) -> int:
        """List a number or an array: numbers are one wherever they stand, data is known again."""
        if type(x) in (int, float):
            key = "constant", type(x), x  # some functions take no float for an int
            if key not in known:
                known[key] = put(Op(CONSTANT), x)
            return known[key]
        same = [i for i, data in untracked if np.array_equal(data, x)]
        return same[0] if same else put(Op(CONSTANT, label=made.watcher.label(x)), x)

    for kind, leaves, labels in ((PARAM, made.params, names), (DATA, made.inputs, data_names)):
        for x, label in zip(leaves, labels, strict=True):
            out.names[i := put(Op(kind), raw(x))] = label
            if isinstance(x, Traced):
                places[x._node.index] = i
            elif np.size(x) > 1:
                untracked.append((i, x))
    results = [x._node for x in made.results if isinstance(x, Traced)]
    found, _, _ = reachable([*results, *made.watcher.nodes.values()] if unused else results)
    for index in sorted(found):
        node = found[index]
        args = []
        for x, n in zip(node.operands, node.inputs, strict=True):
            if n is not None:
                args.append(places[n.index])
                continue
            args.append(constant(x))
        settings = node.params or {}
        assert node.primitive is not None
        key = (node.primitive.name, tuple(args), repr(settings))
        of_leaves = all(out.ops[a].kind is not RESULT for a in args[:1]) and len(node.inputs) == 1
        if of_leaves and key in known:
            places[index] = known[key]
        else:
            value = evaluate(Op(RESULT, node.primitive), settings, [out.values[a] for a in args])
            op = Op(RESULT, node.primitive, tuple(args), made.watcher.site(index), index)
            places[index] = known[key] = put(op, value, settings)
    for x in made.results:
        index = x._node.index if isinstance(x, Traced) else 0
        out.outputs.append(places[index] if index else constant(raw(x)))
    out.ops = _sums_as_loops(out.ops)
    _name(out, made, places)
    return out


def _sums_as_loops(ops: list[Op]) -> list[Op]:
    """Give the additions of one ``sum(terms)`` one place, as the rounds of a loop have."""
    out = list(ops)
    for i, op in enumerate(ops):
        if op.name != "add" or op.site is None:
            continue
        before = out[op.args[0]]
        if before.name == "add" and before.site is not None:
            stack, number = ops[op.args[0]].site or ((), 0)
            if op.site == (stack, number + 1):
                out[i] = replace(op, site=before.site)
    return out


def _name(out: Draft, made: Recording, places: dict[int, int]) -> None:
    """Take over the code's names for results; values that one name had in turn are numbered."""
    taken = set(out.names.values())
    turns: dict[str, list[int]] = {}
    for index in sorted(made.watcher.names):
        place, (_, name) = places.get(index), made.watcher.names[index]
        if place is None or place in out.names or name in taken or _is_element(out, place):
            continue
        turns.setdefault(name, [])
        if place not in turns[name]:
            turns[name].append(place)
    for name, places_of in turns.items():
        for turn, place in enumerate(places_of, 1):
            out.names[place] = name if len(places_of) == 1 else f"{name}#{turn}"


def _is_element(out: Draft, place: int) -> bool:
    """Whether an op takes something out of a leaf: ``X[0]`` says more than a loop's variable."""
    op = out.ops[place]
    return op.name == "getitem" and out.ops[op.args[0]].kind in (PARAM, DATA)


def shape_of_graph(d: Draft) -> tuple[Any, ...]:
    """Tell whether two recordings are of the same computation."""
    return (
        *d.outputs,
        tuple(
            (op.kind, op.primitive, op.args, form(v)) for op, v in zip(d.ops, d.values, strict=True)
        ),
    )


def with_tests(ops: list[Op], points: list[Point]) -> list[Op]:
    """Find constants that are comparisons of a value with 0, and make them depend on it.

    ``np.where(z > 0, z, 0)`` leaves a boolean constant behind, which would stay what it was
    in a variant where `z` is something else.
    """
    out = list(ops)
    for i, op in enumerate(ops):
        if op.kind != CONSTANT:
            continue
        here = [np.asarray(p.values[i]) for p in points]
        two = all(np.all((a == 0) | (a == 1)) for a in here)
        if not two or all(np.array_equal(a, here[0]) for a in here):
            continue
        for j in range(i - 1, -1, -1):
            if ops[j].kind is CONSTANT or form(points[0].values[j]) != here[0].shape:
                continue
            for test in TESTS:
                pairs = zip(points, here, strict=True)
                if all(np.array_equal(test.test(p.values[j]), a) for p, a in pairs):
                    out[i] = replace(op, kind=RESULT, primitive=test, args=(j,))
                    break
            if out[i] is not op:
                break
    return out
