"""What may stand in the formula of a derivative: products of derivatives and values of the code.

A `Spot` is a value (or what a place in the code makes in each round of a loop); its derivative is
a sum with a term for each use. A `Part` is anything that could be written there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...rules import Elementwise
from .case import Base
from .edges import Group, known_groups, plain_edges
from .graph import PARAM, form
from .places import Place, multipliers
from .slips import SLOPES, used_slopes
from .sources import Ops, Source
from .views import Part

MOST = 24  # values, and cotangents, that are tried for each other
FEW = 8  # if something else is wrong too
CHANGES: list[tuple[str, Callable[[Any], Any], int]] = [
    ("{}[::-1]", lambda g: g[::-1], 1),
    ("{}[..., ::-1]", lambda g: g[..., ::-1], 2),
    ("{}[::-1, ::-1]", lambda g: g[::-1, ::-1], 2),
    ("{}.T", lambda g: g.T, 2),
    ("{}.reshape(TURNED).T", lambda g: np.reshape(g, np.shape(g)[::-1]).T, 2),
    ("{}.T.reshape(SHAPE)", lambda g: np.reshape(g.T, np.shape(g)), 2),
    ("swapaxes({}, -1, -2)", lambda g: np.swapaxes(g, -1, -2), 3),
    ("roll({}, 1, axis=0)", lambda g: np.roll(g, 1, 0), 1),
    ("roll({}, -1, axis=0)", lambda g: np.roll(g, -1, 0), 1),
    ("roll({}, 1, axis=-1)", lambda g: np.roll(g, 1, -1), 2),
    ("roll({}, -1, axis=-1)", lambda g: np.roll(g, -1, -1), 2),
    ("sum({})", lambda g: 0.0 * g + np.sum(g), 1),
    ("sum({}, axis=0)", lambda g: 0.0 * g + np.sum(g, 0), 2),
    ("sum({}, axis=1)", lambda g: 0.0 * g + np.sum(g, 1, keepdims=True), 2),
    ("cumsum({}, axis=0)", lambda g: np.cumsum(g, 0), 1),
    ("cumsum({}[::-1], axis=0)[::-1]", lambda g: np.cumsum(g[::-1], 0)[::-1], 1),
    ("abs({})", np.abs, 0),
    ("sign({})", np.sign, 0),
]


@dataclass
class Spot:
    """Values whose derivative is written by one formula, and the edges that its terms come by."""

    bottoms: Ops
    terms: list[Place]

    @property
    def member(self) -> int:
        """The member that sentences speak of: in a loop not the first, which is often special."""
        return min(1, len(self.bottoms) - 1)

    @property
    def apart(self) -> bool:
        """Whether what is handed on in one round does not come to another one."""
        return all(at.group.apart for at in self.terms)


def spots(base: Base) -> Iterator[Spot]:
    """Give what derivatives are written for, the last value first."""
    found: dict[Ops, list[Group]] = defaultdict(list)
    for group in known_groups(base.case.graph, base.states[0], plain_edges):
        if not group.odd:
            found[tuple(e.bottom for e in group.edges)].append(group)
    for bottoms in sorted(found, key=max, reverse=True):
        kept = [Place(base.case, group, base.states[0]) for group in found[bottoms]]
        yield Spot(bottoms, kept)


def right(at: Place) -> Part:
    """Give the term that belongs there."""
    tops = tuple(e.top for e in at.group.edges)
    return Part(
        lambda m: product(at, m, derivative(at, tops[m]), None),
        0.0,
        lambda view: view.applied(at, view.cotangent(tops), None),
        tops,
    )


def simple(spot: Spot) -> Iterator[Part]:
    """Give terms that differ from the right ones in one thing."""
    shape = form(spot.terms[0].bottom)
    for at in spot.terms:
        yield from _applied(at, [own_arrival(at)], [None, *operands(at)])
        yield from _applied(at, arrivals(at), [None])
        yield from (right(at).times(x) for x in factors(at))
        if form(at.top) == shape:
            yield own_arrival(at)
            yield from (own_arrival(at).times(x) for x in factors(at))
    at = spot.terms[0]
    yield from _cotangents(at, shape)
    yield from _cumulated([own_arrival(at), *_cotangents(at, shape)][:FEW], shape, form(at.top))
    yield from _values(at, shape)
    yield Part(lambda m: "1", 0.1, lambda view: 1.0 + 0.0 * view.value(spot.bottoms))


def double(spot: Spot) -> Iterator[Part]:
    """Give terms that differ in two things: another derivative times another value."""
    shape = form(spot.terms[0].bottom)
    last = spot.terms[0].graph.ops[spot.bottoms[0]].kind == PARAM
    most = MOST if last else FEW  # only one derivative is asked about there
    for at in spot.terms:
        some = [*_cotangents(at, form(at.top))][:FEW]
        yield from _applied(at, arrivals(at), operands(at)[:MOST])
        for other in _applied(at, some, [None]):
            yield from (other.times(x) for x in factors(at, most))
    at = spot.terms[0]
    for other in [*_cotangents(at, shape)][:FEW]:
        yield from (other.times(x) for x in factors(at, most))


# --- factors ----------------------------------------------------------------------------------


def derivative(at: Place, i: int) -> str:
    """Write ∂L/∂i without backticks."""
    return at.names.derivative(i).strip("`")


def own_arrival(at: Place) -> Part:
    """Give the derivative that arrives."""
    return _derivative_by(at, tuple(e.top for e in at.group.edges), 0.02)


def _derivative_by(at: Place, ops: Ops, cost: float) -> Part:
    return Part(lambda m: derivative(at, ops[m]), cost, lambda view: view.cotangent(ops), ops)


def _value(at: Place, ops: Ops, cost: float) -> Part:
    return Part(lambda m: at.names.inner(ops[m]), cost, lambda view: view.value(ops))


def arrivals(at: Place) -> list[Part]:
    """Give what could stand in the place of the derivative that arrives."""
    shape, mine = form(at.top), own_arrival(at)
    found = [*_cotangents(at, shape), *_values(at, shape)]
    found += _cumulated([mine, *found][:FEW], shape, shape)
    for words, change, axes in CHANGES:
        if len(shape) >= axes and form(change(np.zeros(shape))) == shape:
            words = words.replace("SHAPE", str(shape)[1:-1])
            words = words.replace("TURNED", str(shape[::-1])[1:-1])
            found.append(mine.changed(words, change, 0.08))
    return found


def _some(at: Place, j: int, fits: Callable[[Source], bool]) -> list[Source]:
    """Give what could be read instead, the likely only."""
    near = {e.top for e in at.group.edges} | {
        a for e in at.group.edges for a in at.state.op(e.top).args
    }
    found = [s for s in at.sources(j) if fits(s)]
    return sorted(found, key=lambda s: (s.ops[0] not in near, s.strangeness))[:MOST]


def _cotangents(at: Place, shape: tuple[Any, ...]) -> Iterator[Part]:
    """Give the derivatives of a shape."""
    values, live = at.state.values, at.graph.live
    for s in _some(at, -1, lambda s: all(live[v] and form(values[v]) == shape for v in s.ops)):
        yield _derivative_by(at, s.ops, 0.05 + s.strangeness)


def _cumulated(
    some: Sequence[Part], shape: tuple[Any, ...], top: tuple[Any, ...]
) -> Iterator[Part]:
    """Give what has been added up in the rounds of a loop so far."""
    for part in some if shape == top else ():
        for back in (False, True) if len(set(part.reads)) > 1 else ():
            yield part.cumulated(back)


def _values(at: Place, shape: tuple[Any, ...], wide: bool = False) -> Iterator[Part]:
    """Give the values of a shape, or of one that can be broadcast to it."""

    def fits(s: Source) -> bool:
        forms = {form(at.state.values[v]) for v in s.ops}
        return forms == {shape} or (
            wide and all(_fits(f, shape) for f in forms) and len(forms) == 1
        )

    for s in _some(at, -1, fits):
        yield _value(at, s.ops, 0.1 + s.strangeness)


MASKS: list[tuple[str, Callable[[Any], Any]]] = [
    ("{v} > 0", lambda v: v > 0),
    ("{v} <= 0", lambda v: v <= 0),
]
LOOKS: list[tuple[str, Callable[[Any], Any]]] = [
    ("mean({}, axis=0)", lambda v: np.mean(v, 0) + 0.0 * v),
    ("mean({}, axis=-1)", lambda v: np.mean(v, -1, keepdims=True) + 0.0 * v),
    ("({0} == max({0}, axis=-1))", lambda v: 1.0 * (v == np.max(v, -1, keepdims=True))),
]


def _seen_otherwise(at: Place, shape: tuple[Any, ...]) -> Iterator[Part]:
    """Give reduced values in the place of what is near, and values that lack the last axis."""
    tops = tuple(e.top for e in at.group.edges)
    bottoms = tuple(e.bottom for e in at.group.edges)
    for ops in (tops, bottoms) if len(shape) > 1 and form(at.top) == shape else ():
        for words, look in LOOKS:
            yield _value(at, ops, 0.0).changed(words, look, 0.15)
    if len(shape) > 1:
        for value in _values(at, shape[:-1]):
            yield value.changed("{}[..., None]", lambda x: x[..., None], 0.1)


def _fits(small: tuple[Any, ...], large: tuple[Any, ...]) -> bool:
    pairs = zip(small[::-1], large[::-1], strict=False)
    return len(small) <= len(large) and all(n in (1, m) for n, m in pairs)


def factors(at: Place, most: int = MOST) -> list[Part]:
    """Give what a derivative could be multiplied by, element by element."""
    found = []
    forms = [*MASKS, ("1/{v}", lambda v: 1.0 / v), *used_slopes(at)]
    shape = form(at.bottom)
    seen = [*_seen_otherwise(at, shape)] if most == MOST else []
    for value in [*[*_values(at, shape, wide=True)][:most], *seen]:
        found.append(value)
        for formula, compute in forms:
            found.append(_slope(value, formula, compute))
    return found


def _slope(value: Part, formula: str, compute: Callable[[Any], Any]) -> Part:
    """Give a function of a value, element by element."""
    return Part(
        lambda m: f"({formula.format(v=value.text(m))})",
        value.cost + 0.05,
        lambda view: compute(np.asarray(view.seen(value))),
    )


def operands(at: Place) -> list[Part]:
    """Give what the derivative along an edge could be multiplied by, or its derivative."""
    found: list[Part] = []
    others = multipliers(at.state, at.e)
    if not others:
        return found
    j, values = others[0], at.state.values
    own = at.operands(j)
    shape = form(values[own[0]])
    turns = (False, True) if at.op.name == "matmul" and len(shape) == 2 else (False,)
    for turned in turns:
        needed = shape[::-1] if turned else shape
        for s in _some(at, j, lambda s, n=needed: all(form(values[v]) == n for v in s.ops)):  # type: ignore[misc]
            if turned or s.ops != own:
                value = _value(at, s.ops, 0.05 + s.strangeness)
                found.append(value.changed("{}.T", np.transpose, 0.05) if turned else value)
    if all(at.graph.live[v] for v in own):  # which is what an update takes away
        found.append(_derivative_by(at, own, 0.2))
    return sorted(found, key=lambda part: part.cost)


# --- products -----------------------------------------------------------------------------------


def _applied(
    at: Place, gs: Iterator[Part] | Sequence[Part], xs: Sequence[Part | None]
) -> Iterator[Part]:
    """Apply the rule of the edges to derivatives and other operands."""
    return (_product(at, g, x) for g in gs for x in xs)


def _product(at: Place, g: Part, x: Part | None) -> Part:
    return Part(
        lambda m: product(at, m, g.text(m), x),
        g.cost + (x.cost if x is not None else 0.0),
        lambda view: view.applied(at, view.seen(g), None if x is None else view.seen(x)),
        g.reads + (x.reads if x is not None else ()),
    )


def product(at: Place, m: int, g: str, x: Part | None) -> str:
    """Write what an edge hands on of `g`, with another operand if there is one."""
    e = at.group.edges[m]
    op, names = at.graph.ops[e.top], at.names
    name, k = op.name, e.k
    if name in ("add", "sum", "getitem", "reshape", "broadcast_to", "positive", "concatenate"):
        return g
    if name in ("subtract", "negative"):
        return f"-{g}" if k == 1 or name == "negative" else g
    if name in ("multiply", "divide", "matmul") and k + 1 <= 2 and (name != "divide" or k == 0):
        other = op.args[1 - k]
        text = x.text(m) if x is not None else at.names.inner(other)
        if name == "matmul":
            flat = len(form(at.state.values[other])) == 1 or not form(at.state.values[e.top])
            text = text if flat else text[:-2] if text.endswith(".T") else f"{text}.T"
            return f"{text}@{g}" if k == 1 else f"{g}@{text}"
        return f"{g}*{text}" if name == "multiply" else f"{g}/{text}"
    slope = names.slope(e.top, e.bottom).strip("`")
    if name in SLOPES:
        h = at.names.inner(e.top)
        slope = f"({SLOPES[name][0].format(v=h)})"
    at_other = "" if x is None else f" with {x.text(m)} for {at.names.inner(op.args[1 - k])}"
    return (
        f"{g}*{slope}{at_other}"
        if isinstance(op.primitive.rule, Elementwise)
        else f"{slope}({g}){at_other}"
    )
