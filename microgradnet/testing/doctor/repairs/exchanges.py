"""Changes at a spot of somebody's code that bring in other values: its own, or what is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ....rules import Elementwise
from ..edges import nested
from ..formulas import FORMULAS
from ..graph import form
from ..naming import number
from .changes import Change, formulas, operands, operators, scaled
from .facts import DERIVATIVE, SLOPE, TERM, VALUE, Fact
from .indices import along_axes, indexed
from .spots import LONG, Altered, Columns, Spot
from .written import RETURNED

STRANGE = {VALUE: 0.1, SLOPE: 0.1, DERIVATIVE: 0.2, TERM: 0.2}
# Derivatives of functions by their results, as code has them at hand.
SLOPES = [(text, f) for text, f, _ in FORMULAS if text in ("1 - {h}**2", "{h}*(1 - {h})")]
SLOPES += [("{h} > 0", lambda z, h: np.asarray(h) > 0)]


def changes(at: Spot) -> Iterator[Change]:
    """Give all changes at a spot."""
    if at.op.name == RETURNED:
        yield from others(at)
        yield from added_up(at)
        return
    for kind in (operands, operators, scaled, along_axes, indexed, others):
        yield from kind(at)
    for kind in (factors, slopes, terms, formulas, right_operands, results):
        yield from kind(at)


def others(at: Spot) -> Iterator[Change]:
    """Read another value of the code in the place of an operand, perhaps in the whole line."""
    for k in range(len(at.op.args)):
        for columns, odd in at.readable(k):
            if _may_stand(at, k, columns):
                yield from _instead(at, k, columns, 1.05 + odd - 0.1 * (at.op.name == RETURNED))
        for columns in at.shifted(k):
            yield from _instead(at, k, columns, 1.08)


def begun_anew(at: Spot) -> Iterator[Change]:
    """Begin anew in each round of an outer loop: ``s = b`` stands before it by mistake.

    These are few, and say much of a code; so they are tried before all others.
    """
    n, now = len(at.members), at.code.now
    for k in range(len(at.op.args)):
        own = at.own(k)
        if n < 2 or not now.depends(own[1], at.members[0]):
            continue
        for _, size, inner in nested(n):
            firsts = [own[m - m % (size * inner)] for m in range(n)]
            columns = tuple(firsts[m] if m % inner == 0 else own[m] for m in range(n))
            if columns != own and all(a < i for a, i in zip(columns, at.members, strict=True)):
                template = "{head} goes on from {0}, where it should begin anew with {1}"
                shown = next((a, b) for a, b in zip(own, columns, strict=True) if a != b)
                yield Change(at, at.instead_from(own, columns), 0.97, template, shown, columns)


def added_up(at: Spot) -> Iterator[Change]:
    """Return the sum over all rounds of a loop of what is returned of the last one."""
    last = at.own(0)[0]
    made = at.code.now.makers.get(at.code.ops[last].site, [])
    if len(made) > 1 and len({form(at.value(i)) for i in made}) == 1:
        new = at.after(_added, *((i,) for i in made if i != last))
        template = "{head}, {0}, should be its sum over all rounds: it is assigned, not added"
        yield Change(at, new, 1.05, template, (last,))


def _added(*values: Any) -> Any:
    return sum(values[1:], values[0])


def right_operands(at: Spot) -> Iterator[Change]:
    """Read what is right in the place of an operand.

    Not a derivative in the place of what is wrong already: then the mistake is made before.
    """
    shown = at.members.index(at.shown)
    for k in range(len(at.op.args)):
        right = at.depths[at.own(k)[shown]] == 0
        for fact, columns in at.facts():
            if (right or fact.kind in (VALUE, SLOPE)) and _may_stand(at, k, columns):
                # In the rounds of a loop it hides what is wrong with what is carried on.
                hides = 0.1 * (fact.kind == DERIVATIVE and len(at.members) > 1)
                yield from _instead(at, k, columns, 1.1 + STRANGE[fact.kind] + hides)


def _may_stand(at: Spot, k: int, columns: Columns) -> bool:
    """Whether a value has a shape with which it could be an operand."""
    shape, own = (form(at.value(i)) for i in (columns[-1], at.own(k)[-1]))
    if shape in (own, own[::-1]):
        return True
    elementwise = isinstance(getattr(at.op.primitive, "rule", None), Elementwise)
    return _fits(at, columns) if elementwise else at.op.name == "matmul"


def _instead(at: Spot, k: int, columns: Columns, cost: float) -> Iterator[Change]:
    own, name = at.own(k), at.op.name
    differ = [(a, b) for a, b in zip(own, columns, strict=True) if a != b]
    if not differ:
        return
    shown, new = differ[0], at.instead(k, columns)
    if name == RETURNED:
        yield Change(at, new, cost, "{head}, {0}, should be {1}", shown)
        return
    reads, read = ("multiplies by", "multiply by") if name == "multiply" else ("reads", "read")
    yield Change(at, new, cost, f"{{head}} {reads} {{0}} where it should {read} {{1}}", shown)
    if at.twins(k):
        template = f"{{head}} {reads} {{0}}, in the whole line, where it should {read} {{1}}"
        yield Change(at, at.instead_of_all(k, columns), cost, template, shown)
    before, shape = (np.shape(at.value(x)) for x in (own[0], columns[0]))
    if len(shape) == 2 and (name == "matmul" or before == shape[::-1] != shape):
        turned = new.then(lambda op: op.other(Altered(op, {k: np.transpose})))
        template = f"{{head}} {reads} {{0}} where it should {read} {{1:.T}}"
        yield Change(at, turned, cost + 0.05, template, shown)


def _available(at: Spot) -> Iterator[tuple[Columns, float, str]]:
    """Give values that a result may be combined with: how odd they are, their kind if right."""
    for columns, odd in at.readable(0):
        if _fits(at, columns):
            yield columns, odd, ""
    for fact, columns in at.facts():
        if _fits(at, columns):
            yield columns, 0.1, fact.kind


def _fits(at: Spot, columns: Columns) -> bool:
    shape = form(at.value(columns[-1]))
    pairs = zip(shape[::-1], at.shape[::-1], strict=False)
    return len(shape) <= len(at.shape) and all(n in (1, m) for n, m in pairs)


def factors(at: Spot) -> Iterator[Change]:
    """Multiply the result by something that is missing, or divide it."""
    for columns, odd, kind in _available(at):
        if kind not in (DERIVATIVE, TERM):
            by, what = at.after(np.multiply, columns), columns[-1:]
            yield Change(at, by, 1.1 + odd, "the factor {0} is missing in {head}", what)
            by = at.after(np.divide, columns)
            yield Change(at, by, 1.2 + odd, "{head} should be divided by {0}", what)


def slopes(at: Spot) -> Iterator[Change]:
    """Multiply the result by the derivative of a function that the code has computed."""
    for columns, odd in at.readable(0):
        if not at.code.names.is_short(columns[0]) or form(at.value(columns[0])) != at.shape:
            continue
        for words, compute in SLOPES:
            new = at.after(partial(_times_slope, compute), columns)
            template = f"the factor `{words.replace('{h}', '{0:bare}')}` is missing in {{head}}"
            yield Change(at, new, 1.15 + odd, template, columns[-1:])


def _times_slope(compute: Any, z: Any, x: Any) -> Any:
    return z * compute(x, x)


def terms(at: Spot) -> Iterator[Change]:
    """Add something that is missing to the result, or subtract it."""
    for columns, odd, kind in _available(at):
        cost, what = odd + 0.25 * (kind != TERM), columns[-1:]
        new = at.after(np.add, columns)
        yield Change(at, new, 1.1 + cost, "the term {0} is missing in {head}", what)
        new = at.after(np.subtract, columns)
        yield Change(at, new, 1.2 + cost, "in {head}, {0} should be subtracted", what)


def results(at: Spot) -> Iterator[Change]:
    """Put something else that the code computes in the place of the result."""
    for columns, odd in at.readable(0):
        if form(at.value(columns[-1])) == at.shape:
            yield Change(at, at.giving(columns), 1.7 + odd, "{head} should be {0}", columns[-1:])


Scaled = Callable[[float], Change]


def right_results(at: Spot) -> Iterator[tuple[Scaled, bool]]:
    """Put what is right, times a constant, in the place of the result.

    Beside each, whether it is a derivative, which the code may well have times a constant. Not
    where it is returned at once: that this should be right goes without saying.
    """
    last = {*at.code.outputs} | {a for i in at.code.outputs for a in at.code.ops[i].args}
    if not last.isdisjoint(at.members):
        return
    for fact, columns in at.facts():
        shape = form(at.value(columns[-1]))
        for turn in (False, True):
            fits = (shape[::-1] if turn else shape) == at.shape
            if not fits or fact.kind == TERM or (turn and (len(shape) < 2 or fact.kind == VALUE)):
                continue
            yield partial(_right_result, at, fact, columns, turn), fact.kind == DERIVATIVE


def _right_result(at: Spot, fact: Fact, columns: Columns, turn: bool, c: float) -> Change:
    cost = 1.5 + 0.1 * (c != 1.0) + 0.02 * turn + 0.1 * (fact.kind == VALUE)
    formula = re.sub(r"#[0-9]+", "", fact.formula)
    known = formula and not turn and len(formula) <= LONG
    what = f"{{0}}, that is `{formula}`" if known else "{0:.T}" if turn else "{0}"
    scale = "" if c == 1.0 else f" times {number(c)}"
    new = at.after(partial(_put, c, turn), columns)
    return Change(at, new, cost, f"{{head}} should be {what}{scale}", columns[-1:])


def _put(c: float, turn: bool, z: Any, x: Any) -> Any:
    return c * (np.transpose(x) if turn else x)
