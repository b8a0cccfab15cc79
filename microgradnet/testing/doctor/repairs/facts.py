"""What is right: numbers of the intended computation that somebody's code might have used.

Values, derivatives, the terms that these are sums of, and slopes, each with its text and, where
the intended code goes through rounds, one number for each round.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....rules import Elementwise
from ..case import Base, Case
from ..formulas import FORMULAS
from ..graph import RESULT, form
from ..sweep import State, unit

Get = Callable[[State, Sequence[Any]], Any]  # from the numbers at a point, and all cotangents
MANY = 8  # rows or columns: more are not looked at one by one
ALL = 100  # elements: of larger arrays they are not looked at one by one
VALUE, DERIVATIVE, TERM, SLOPE = "value", "derivative", "term", "slope"
WHOLE = "whole"  # derivatives for parameters: that code should give these goes without saying


@dataclass(frozen=True)
class Fact:
    """Something that is right: its text, and how to compute it, once for each round."""

    kind: str
    text: str
    rounds: tuple[Get, ...]
    formula: str = ""  # what a derivative is made of

    def at(self, state: State, walk: Sequence[Any]) -> list[Any]:
        """Give the numbers at a point."""
        return [get(state, walk) for get in self.rounds]


def facts(base: Base, shapes: Collection[tuple[int, ...]] = ()) -> list[Fact]:
    """List what is right, by the places of the intended code; in `shapes` that are wanted, too."""
    graph = base.case.graph
    families: dict[object, list[int]] = defaultdict(list)
    for i, op in enumerate(graph.ops[: graph.output + 1]):
        if i not in graph.several and not graph.is_leaf(i):
            families[op.site or i].append(i)
        elif i in graph.params:
            families[i].append(i)
    found = []
    for made in families.values():
        made.sort(key=lambda i: graph.ops[i].order)
        kinds = defaultdict(list)  # one place may make operations of several shapes
        for i in made:
            kinds[len(graph.ops[i].args), form(base.states[0].values[i])].append(i)
        for some in kinds.values():
            found += [*_of(base, some)]
    return [*_both_ways(base, _distinct(base, found), shapes)]


def _distinct(base: Base, found: Sequence[Fact]) -> Iterator[Fact]:
    """Give what has the same numbers once, under its shortest text."""
    state, walk = base.states[0], base.walk(0)
    same: dict[object, list[Fact]] = defaultdict(list)
    for fact in found:
        numbers = fact.at(state, walk)
        key = tuple((form(x), np.asarray(x, np.float64).round(12).tobytes()) for x in numbers)
        same[key].append(fact)
    for facts in same.values():
        some = [f for f in facts if f.kind != WHOLE] or facts
        shortest = min(some, key=lambda f: len(f.text))
        formulas = [f.formula for f in facts if f.kind == DERIVATIVE and f.formula]
        yield replace(shortest, formula=formulas[-1] if formulas else "")


def _of(base: Base, made: list[int]) -> Iterator[Fact]:
    """Give the facts about one place in the code."""
    case, graph, first = base.case, base.case.graph, made[0]
    if graph.ops[first].kind is RESULT:
        yield Fact(VALUE, case.names.bare(first), tuple(map(_value, made)))
    if first == graph.output or any(base.walk(0)[i] is None for i in made):
        return
    users = [_users(base, i) for i in made]
    terms = [_term(case, base.states[0], *some[0]) for some in users[0].values()]
    text = case.names.derivative(first).strip("`")
    kind = WHOLE if graph.leaf_of(first) in graph.params else DERIVATIVE
    yield Fact(kind, text, tuple(map(_cotangent, made)), " + ".join(terms))
    several = zip(users[0], terms, strict=True) if len(terms) > 1 else ()
    for key, term in several:
        edges = [edge for some in users for edge in some.get(key, ())]
        yield Fact(TERM, term, tuple(_handed_on(n, at) for n, at in edges))
    op = graph.ops[first]
    if isinstance(op.primitive and op.primitive.rule, Elementwise) and len(op.args) == 1:
        slope = slope_text(case, base.states[0], first)
        if slope:
            yield Fact(SLOPE, slope, tuple(map(_slope, made)))


def _users(base: Base, i: int) -> dict[object, list[tuple[int, int]]]:
    """Give the ops that hand something on to another, with the operand, by their places."""
    graph = base.case.graph
    found: dict[object, list[tuple[int, int]]] = defaultdict(list)
    for top, k in graph.users(i):
        g = base.walk(0)[top] if top <= graph.output and graph.live[top] else None
        if g is not None and _matters(base, i, top, k, g):
            found[graph.ops[top].site or top, k].append((top, k))
    return found


def _matters(base: Base, i: int, top: int, k: int, g: Any) -> bool:
    """Whether what an operation hands on is more than what rounding leaves of nothing."""
    c, whole = base.states[0].step(top, g, k), base.walk(0)[i]
    if c is None or isinstance(c, tuple) or isinstance(whole, tuple):
        return True
    return bool(np.max(np.abs(c), initial=0.0) > 1e-9 * np.max(np.abs(whole), initial=0.0))


def _value(i: int) -> Get:
    return lambda state, walk: state.values[i]


def _cotangent(i: int) -> Get:
    return lambda state, walk: walk[i]


def _handed_on(top: int, k: int) -> Get:
    return lambda state, walk: state.step(top, walk[top], k)


def _slope(i: int) -> Get:
    return lambda state, walk: state.step(i, unit(state.values[i]), 0)


def _both_ways(
    base: Base, found: Iterable[Fact], wanted: Collection[tuple[int, ...]]
) -> Iterator[Fact]:
    """Give facts of rounds as one array too, and arrays part by part: as others might compute."""
    state, walk = base.states[0], base.walk(0)
    for fact in found:
        yield fact
        shapes = {form(x) for x in fact.at(state, walk)}
        shape, n = shapes.pop(), len(fact.rounds)
        if shapes or "several" in shape:
            continue
        if n > 1:
            stacked = _stacked(fact.rounds)
            yield replace(fact, rounds=(stacked,))
            for whole in sorted(wanted):  # of loops within loops, and of samples in columns
                lead = len(whole) - len(shape)
                if lead > 1 and whole[lead:] == shape and math.prod(whole[:lead]) == n:
                    yield replace(fact, rounds=(_reshaped(stacked, whole),))
                for axis in range(len(whole)) if lead == 1 else ():
                    yield from _sorted_out(fact, whole, axis, shape)
        elif fact.kind not in (TERM, WHOLE) and shape:
            yield from _parts(fact, shape)


def _sorted_out(
    fact: Fact, whole: tuple[int, ...], axis: int, shape: tuple[int, ...]
) -> Iterator[Fact]:
    """Give a fact of a loop in a loop for one loop alone, the other one being an axis."""
    size, rest = whole[axis], (*whole[:axis], *whole[axis + 1 :])
    count, left = divmod(len(fact.rounds), size)
    if rest != shape or left or size < 2:
        return
    if count == 1 and axis > 0 and shape:
        yield replace(fact, rounds=(_stacked(fact.rounds, axis),))
    if count > 1:
        for inner in (True, False):
            rounds = tuple(
                _stacked(fact.rounds[t::count] if inner else fact.rounds[t * size :][:size], axis)
                for t in range(count)
            )
            yield replace(fact, rounds=rounds)


def _parts(fact: Fact, shape: tuple[int, ...]) -> Iterator[Fact]:
    """Give an array's rows, columns and elements."""
    get, n, text = fact.rounds[0], shape[0], _inner(fact.text)
    if n > 1:
        yield replace(fact, rounds=tuple(_part(get, i) for i in range(n)))
    if len(shape) == 2 and max(shape) <= MANY:
        for j in range(shape[1]):
            rounds = tuple(_part(get, (i, j)) for i in range(n))
            yield Fact(fact.kind, f"{text}[:, {j}]", rounds)
        for i in range(n):
            rounds = tuple(_part(get, (i, j)) for j in range(shape[1]))
            yield Fact(fact.kind, f"{text}[{i}]", rounds)
    if len(shape) > 1 and math.prod(shape) <= ALL:
        yield replace(fact, rounds=tuple(_part(get, i) for i in np.ndindex(*shape)))


def _reshaped(get: Get, shape: tuple[int, ...]) -> Get:
    return lambda state, walk: np.reshape(get(state, walk), shape)


def _inner(text: str) -> str:
    return text if text.replace("_", "").isalnum() else f"({text})"


def _stacked(rounds: tuple[Get, ...], axis: int = 0) -> Get:
    return lambda state, walk: np.stack([get(state, walk) for get in rounds], axis)


def _part(get: Get, index: Any) -> Get:
    def part(state: State, walk: Sequence[Any]) -> Any:
        x = get(state, walk)[index]
        return float(x) if np.ndim(x) == 0 else x

    return part


# --- in words ---------------------------------------------------------------------------------


def _term(case: Case, state: State, top: int, k: int) -> str:
    """Write what an operation hands on to an operand."""
    names, op = case.names, case.graph.ops[top]
    g = "1" if top == case.graph.output else names.derivative(top).strip("`")
    if op.name in ("add", "positive") or (op.name == "subtract" and k == 0):
        return g
    if op.name in ("subtract", "negative"):
        return f"(-{g})"
    if op.name == "multiply":
        return _times(g, names.inner(op.args[1 - k]))
    if op.name == "divide" and k == 0:
        return f"{g}/{names.inner(op.args[1])}"
    if op.name == "matmul":
        other = names.transposed(op.args[1 - k]).strip("`")
        return f"{g}@{other}" if k == 0 else f"{other}@{g}"
    slope = slope_text(case, state, top) if len(op.args) == 1 else ""
    if slope:
        return _times(g, slope)
    return _times(g, names.slope(top, op.args[k]).strip("`"))


def _times(g: str, factor: str) -> str:
    factor = f"({factor})" if " " in factor and not factor.startswith("(") else factor
    return factor if g == "1" else f"{g}*{factor}"


def slope_text(case: Case, state: State, i: int) -> str:
    """Write the derivative of a function of one variable; "" if nobody knows it."""
    op = case.graph.ops[i]
    if op.name == "square":
        return f"2*{case.names.inner(op.args[0])}"
    if not isinstance(op.primitive.rule, Elementwise):
        return ""
    z, h = state.values[op.args[0]], state.values[i]
    slope = state.step(i, unit(h), 0)
    with np.errstate(all="ignore"):
        for text, compute, _ in FORMULAS:
            guess = compute(z, h)
            if np.shape(guess) == np.shape(slope) and np.allclose(guess, slope, 1e-12, 0.0):
                words = (case.names.inner(n) for n in (op.args[0], i))
                return text.format(**dict(zip("zh", words, strict=True)))
    return ""
