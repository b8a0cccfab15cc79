"""Mistakes along one edge: a constant, another operand, one factor too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ...rules import Elementwise
from . import windowed
from .edges import Group
from .graph import CONSTANT, RESULT, Graph, evaluate, form
from .naming import factor_text, listed, multiplied, parts, rounds, through
from .places import Candidate, Hand, Place, multipliers, with_operand
from .readings import VIEWS
from .sweep import Edge, State, shaped

FEW = 8  # rows or columns that are tried each
PRODUCTS = ("multiply", "divide")
SEEN = ("getitem", "transpose", "reshape", "scatter", "stack", "concatenate")  # moves alone
# What is known by heart of the functions that a network is made of: their slope at a result v.
SLOPES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "sigmoid": ("{v}*(1 - {v})", lambda v: v * (1 - v)),
    "tanh": ("1 - {v}**2", lambda v: 1 - v * v),
    "relu": ("({v} > 0)", lambda v: v > 0),
}


def candidates(at: Place) -> Iterator[Candidate]:
    """Give every single mistake along the edges of a group."""
    yield from _constants(at)
    for j in multipliers(at.state, at.e):
        for s in at.sources(j):
            if s.ops != at.operands(j):
                yield _other_operand(at, j, s.ops, 1.1 + s.strangeness)
            if _is_flippable(at, j, s.ops[0]):
                yield _other_operand(at, j, s.ops, 1.15 + s.strangeness, True)
        yield from _views(at, j)
        yield from windowed.read_elsewhere(at, j)
        yield from _roots(at, j)
    yield from windowed.candidates(at)
    if multipliers(at.state, at.e):
        yield from _dropped(at)
        yield from _added(at)
    yield from _only(at)
    yield from _past(at)


def _is_flippable(at: Place, j: int, source: int) -> bool:
    """Whether the transpose of what is read instead could stand there, in a product of matrices."""
    if at.op.name != "matmul" or source == at.op.args[j]:
        return False
    v, x = at.state.values[source], at.state.values[at.op.args[j]]
    return np.ndim(v) == 2 and form(v)[::-1] == form(x)


def _constants(at: Place) -> Iterator[Candidate]:
    if at.op.args.count(at.e.bottom) > 1 and len(at.group.edges) == 1:
        return  # w @ w is one term to a person: the group of both edges speaks for it
    what = f"the term{through(at.names, at.e)} in {at.names.derivative(at.e.bottom)}"
    few = ((0.0, 1.05), (-1.0, 1.0), (2.0, 1.11), (0.5, 1.11), (0.1, 1.2), (10.0, 1.2))
    sizes = [n for n in dict.fromkeys(at.case.sizes) if n > 2]
    for c, cost in (*few, *((c, 1.19) for n in sizes for c in (1.0 / n, float(n)))):
        yield at.said(_times(c), cost, f"{what} {'is missing' if c == 0.0 else factor_text(c)}")


def _times(c: float) -> Hand:
    return lambda e, m, state, g: c * state.along(e, g)


def _only(at: Place) -> Iterator[Candidate]:
    """Keep one term of three or more: a carry without what comes through the gates."""
    graph, mine = at.graph, set(at.group.edges)
    bottoms = dict.fromkeys(e.bottom for e in at.group.edges)
    others = tuple(
        Edge(n, bottom, k)
        for bottom in bottoms
        for n, k in graph.users(bottom)
        if graph.live[n] and graph.depends(graph.output, n) and Edge(n, bottom, k) not in mine
    )
    if not at.e.inside and len(others) >= 2 * len(bottoms):
        what = f"keeps only the term{through(at.names, at.e)}: its other terms are missing"
        rest = Place(at.case, Group(others, False), at.state)
        found = rest.said(_times(0.0), 1.2, "")
        found.text = f"{at.names.derivative(at.e.bottom)} {what}{rounds(at.group)}"
        yield found


def _past(at: Place) -> Iterator[Candidate]:
    """Add a term after a function's derivative, which should be taken of it as well: a carry."""
    graph, inner = at.graph, at.graph.ops[at.e.bottom]
    functions = [graph.ops[e.bottom] for e in at.group.edges]
    if any(len(f.args) != 1 or not isinstance(f.primitive.rule, Elementwise) for f in functions):
        return
    if at.e.inside or sum(graph.live[n] for n, _ in graph.users(at.e.bottom)) < 2:
        return

    def hand(e: Edge, m: int, state: State, g: Any) -> Any:
        c, h = state.along(e, g), state.values[e.bottom]
        return c / state.step(e.bottom, np.ones_like(h) if np.ndim(h) else 1.0, 0)

    slope = at.names.slope(at.e.bottom, inner.args[0])
    what = f"the term{through(at.names, at.e)} in {at.names.derivative(at.e.bottom)}"
    yield at.said(hand, 1.2, f"{what} is not multiplied by {slope}, but added after it")


def _other_operand(
    at: Place, j: int, ops: tuple[int, ...], cost: float, flipped: bool = False
) -> Candidate:
    def hand(e: Edge, m: int, state: State, g: Any) -> Any:
        v = state.values[ops[m]]
        return with_operand(state, e, g, j, v.T if flipped else v)

    e, wrong, right = at.shown(ops, at.operands(j))
    should = at.names.transposed(right) if flipped else at.names(right)
    text = multiplied(at.names(wrong), should)
    return at.slip(hand, cost, text, e, *(() if flipped else (ops, at.operands(j))))


def _views(at: Place, j: int) -> Iterator[Candidate]:
    """Read an operand in another order, or one of its elements throughout."""
    operand = at.op.args[j]
    shape = form(at.state.values[operand])
    looks = [(f"{{v}} {words}", look, axes) for words, look, _, axes in VIEWS]
    for axis in (0, 1) if len(shape) == 2 else (0,):
        for i in range(shape[axis] if shape and shape[axis] <= FEW else 0):
            part = parts(len(shape), axis, [i])[0]
            looks.append((f"{part} of {{v}} throughout", partial(_throughout, i, axis), 1))
    looks += [("abs({v})", np.abs, 0), ("{v}**2", np.square, 0)]
    if at.graph.ops[operand].kind == RESULT:
        looks += [(formula, slope, 0) for formula, slope in used_slopes(at)]
    for words, look, axes in looks:
        if not shape or len(shape) < axes:
            continue

        def hand(e: Edge, m: int, state: State, g: Any, look: Callable[[Any], Any] = look) -> Any:
            x = np.asarray(state.xs(e.top)[j])
            v = look(x)
            return with_operand(state, e, g, j, v) if form(v) == form(x) else None

        v = at.names(operand)
        if words == "{v} transposed" and at.op.name == "matmul":  # whose rule transposes
            yield at.slip(hand, 1.1, multiplied(v, at.names.transposed(operand)))
        elif axes:
            yield at.slip(hand, 1.25, f"multiplies by {words.format(v=v)}")
        else:
            wrong = words.format(v=at.names.bare(operand))
            yield at.slip(hand, 1.25, multiplied(f"`{wrong}`", v))


def _throughout(i: int, axis: int, v: Any) -> Any:
    return np.broadcast_to(np.take(v, [i], axis), form(v))


def _roots(at: Place, j: int) -> Iterator[Candidate]:
    """Read the same parts of another array, or of the right one in another order."""
    ways = [_way(at, i) for i in at.operands(j)]
    own = tuple(way[0] for way in ways if way)
    if len(own) < len(ways) or not np.ndim(at.state.values[own[0]]):
        return
    names, shape = at.names, form(at.state.values[own[0]])

    def reading(look: Callable[[State, int], Any]) -> Hand:
        def hand(e: Edge, m: int, state: State, g: Any) -> Any:
            known = {own[m]: look(state, m)}
            for i in ways[m][1:]:
                xs = [known.get(a, state.values[a]) for a in state.op(i).args]
                known[i] = evaluate(state.op(i), state.point.settings[i], xs)
            return with_operand(state, e, g, j, known[at.operands(j)[m]])

        return hand

    for other in _instead(at.graph, own):
        i = other[at.m]
        if form(at.state.values[i]) == shape:
            what = multiplied(names(i), names(own[at.m]))
            cost = 1.12 + 0.1 * (not names.is_short(i))
            yield at.slip(reading(lambda state, m, o=other: state.values[o[m]]), cost, what)  # type: ignore[misc]
    for words, look, _, axes in VIEWS if len(set(own)) == 1 else ():
        if len(shape) >= axes and form(look(np.empty(shape))) == shape:
            what = f"multiplies by {names(own[0])} {words}"
            yield at.slip(reading(lambda state, m, f=look: f(state.values[own[m]])), 1.25, what)  # type: ignore[misc]


def _instead(graph: Graph, own: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Give what else could be read: one other array, or what another place makes in each round."""
    if len(set(own)) == 1:
        kinds = ((i, op.kind) for i, op in enumerate(graph.ops) if i != own[0])
        yield from ((i,) * len(own) for i, kind in kinds if kind != CONSTANT)
        return
    made = graph.makers.get(graph.ops[own[0]].site, [])
    for others in graph.makers.values() if set(own) <= set(made) else ():
        if others is not made and len(others) == len(made):
            yield tuple(others[made.index(i)] for i in own)


def _way(at: Place, i: int) -> list[int]:
    """Give the one array that a value shows parts of, and the operations from there on."""
    seen: set[int] = set()
    roots: set[int] = set()
    stack = [i]
    while stack:
        a = stack.pop()
        op = at.graph.ops[a]
        if op.name in SEEN:
            stack += () if a in seen else op.args
            seen.add(a)
        elif op.kind != CONSTANT:
            roots.add(a)
    shows = len(roots) == 1 and seen and i not in at.graph.elements
    return [roots.pop(), *sorted(seen)] if shows else []


def _dropped(at: Place) -> Iterator[Candidate]:
    """Leave the factor of an edge out, or divide by it."""

    def left_out(e: Edge, m: int, state: State, g: Any) -> Any:
        x = state.values[e.bottom]
        if np.ndim(g) < np.ndim(x) and form(g) == form(x)[: np.ndim(g)]:
            rest = (1,) * (np.ndim(x) - np.ndim(g))
            return np.broadcast_to(np.reshape(g, form(g) + rest), form(x))
        return shaped(g, x)

    def summed(e: Edge, m: int, state: State, g: Any) -> Any:
        return with_operand(state, e, g, 1 - e.k, np.ones(form(state.xs(e.top)[1 - e.k])))

    def divided(e: Edge, m: int, state: State, g: Any) -> Any:
        slope = state.along(e, np.ones_like(g) if np.ndim(g) else 1.0)
        return g / slope if form(slope) == form(g) else None

    others = [at.names(a) for k, a in enumerate(at.op.args) if k != at.e.k]
    quotient = at.op.name == "divide" and at.e.k == 0
    slope = at.names.slope(at.e.top, at.e.bottom)
    if isinstance(at.op.primitive.rule, Elementwise) and at.op.name not in PRODUCTS:
        yield at.said(left_out, 1.1, f"the factor {slope} is left out")
    else:
        missing = f"is not divided by {others[0]}" if quotient else ""
        yield at.slip(left_out, 1.1, missing or f"leaves out the factor {listed(others)}")
    if at.op.name == "matmul":
        what = f"only adds up {at.names.derivative(at.e.top)}, without the factor {others[0]}"
        yield at.slip(summed, 1.2, what)
    yield at.slip(divided, 1.3, f"is divided by {slope} where it should be multiplied by it")


def _added(at: Place) -> Iterator[Candidate]:
    """Add an operand where the derivative should be multiplied by it."""
    j = multipliers(at.state, at.e)[0]
    if at.op.name == "multiply" and form(at.state.xs(at.e.top)[j]) == form(at.bottom):
        what = f"adds {at.names(at.op.args[j])} where it should multiply by it"
        yield at.slip(lambda e, m, state, g: g + state.xs(e.top)[j], 1.3, what)


def factors(at: Place) -> Iterator[Candidate]:
    """Multiply by one more value, or by the derivative that a sigmoid of that value has."""

    def extra(ops: tuple[int, ...], factor: Callable[[Any], Any]) -> Hand:
        return lambda e, m, state, g: shaped(
            state.along(e, g) * factor(state.values[ops[m]]), state.values[e.bottom]
        )

    def twice(e: Edge, m: int, state: State, g: Any) -> Any:
        c = state.along(e, g)
        return state.step(e.top, c, e.k) if form(c) == form(g) else None

    if at.op.name == "matmul":
        what = f"multiplies by {at.names(at.op.args[1 - at.e.k])} twice"
        yield at.slip(twice, 1.35, what)
    for s in at.sources():
        v = at.names.bare(s.ops[at.m])
        what = f"has an extra factor {at.names(s.ops[at.m])}"
        yield at.slip(extra(s.ops, lambda v: v), 1.35 + s.strangeness, what)
        own = s.ops == tuple(e.bottom for e in at.group.edges)
        if (own or not s.strangeness) and at.graph.ops[s.ops[0]].kind == RESULT:
            v = v if v.isidentifier() or at.names.is_short(s.ops[at.m]) else f"({v})"
            for formula, slope in used_slopes(at):
                what = f"has an extra factor `{formula.format(v=v)}`"
                yield at.slip(extra(s.ops, slope), 1.4, what)


def used_slopes(at: Place) -> list[tuple[str, Callable[[Any], Any]]]:
    """Give the slopes of the functions that the code uses."""
    used = {op.name for op in at.graph.ops if op.kind == RESULT}
    used |= {"sigmoid"} if "exp" in used or not used & {*SLOPES} else set()
    return [known for name, known in SLOPES.items() if name in used]
