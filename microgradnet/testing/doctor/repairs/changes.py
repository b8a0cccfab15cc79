"""Changes at a spot of somebody's code that need no other value: signs, factors, constants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ....graph import PRIMITIVES
from ..formulas import FORMULAS
from ..graph import CONSTANT, Op, form
from ..naming import factor_text, number
from .spots import Altered, Columns, New, Spot

FEW = (0.0, 1.0, 2.0, 3.0, 0.5, -1.0)  # constants that may stand in the place of another
EXCHANGED = {
    "add": ("subtract",),
    "subtract": ("add",),
    "multiply": ("divide", "add"),
    "divide": ("multiply",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "max": ("min",),
    "sin": ("cos",),
    "cos": ("sin",),
}
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
# Constants that leave the other operand as it is.
IDLE = {("divide", 1, 1.0), *(("multiply", k, 1.0) for k in (0, 1))}
IDLE |= {("subtract", 1, 0.0), *(("add", k, 0.0) for k in (0, 1))}
ORDERED = ("subtract", "divide", "matmul", "power")  # the order of their operands matters
# A constant times an operand is one times the result.
LINEAR = ("multiply", "matmul", "negative", "sum", "getitem", "transpose", "divide")


@dataclass
class Change:
    """Other operations at a spot, how unlikely it is that they are meant, and a sentence.

    In its template, ``{head}`` is the spot as it is, ``{0}`` the first of the `values`.
    """

    at: Spot
    new: New
    cost: float
    template: str
    values: Columns = ()
    mark: object = None  # of changes that may be alike in the first and in the last round

    @property
    def text(self) -> str:
        """What is wrong with the code as it is."""
        return self.template.format(*self.at.named(self.values), head=self.at.head)


def operators(at: Spot) -> Iterator[Change]:
    """Exchange the operation, or its operands."""
    name, args = at.op.name, at.op.args
    for other in EXCHANGED.get(name, ()):
        has, should = name, other
        if len(args) == 2 and other in SIGNS:
            has, should = SIGNS[name], SIGNS[other]
        cost = 0.98 if {name, other} == {"add", "subtract"} else 1.1
        primitive = PRIMITIVES[other]
        new = at.every(lambda op, m, p=primitive: op.other(p))  # type: ignore[misc]
        yield Change(at, new, cost, f"{{head}} has `{has}` where it should have `{should}`")
    if name == "where" and len(args) == 3:
        new = at.every(lambda op, m: op.other(op.primitive, (op.args[0], *op.args[:0:-1])))
        yield Change(at, new, 1.0, "the two cases of {head} are exchanged")
    if len(args) == 2 and name in ORDERED:
        new = at.every(lambda op, m: op.other(op.primitive, op.args[::-1]))
        cost = 0.99 if name == "subtract" else 1.02
        yield Change(at, new, cost, "the operands of {head} are exchanged")


def operands(at: Spot) -> Iterator[Change]:
    """Leave an operand out, transpose it, take another constant for it."""
    args, sizes = at.op.args, at.code.base.case.sizes
    for k, a in enumerate(args):
        x = at.value(a)
        if len(args) == 1 and form(x) == at.shape:
            yield Change(at, at.giving(at.own(0)), 1.1, "{head} should be {0} itself", (a,))
        elif form(x) == at.shape:
            template, values = _without(at, k)
            constant = at.code.graph.ops[values[0]].kind == CONSTANT
            yield Change(at, at.giving(at.own(k)), 1.01 if constant else 1.05, template, values)
        if np.ndim(x) == 2:
            new = at.before(k, np.transpose)
            yield Change(at, new, 1.0, "{head} reads {0} where it should read {0:.T}", (a,))
        if at.code.graph.ops[a].kind == CONSTANT and np.shape(x) == ():
            some = (*FEW, *map(float, sizes), *(1.0 / n for n in sizes), *_intended(at))
            for c in dict.fromkeys(some):
                if (at.op.name, k, c) in IDLE:
                    continue  # then it is better left out
                template = f"{{head}} reads {{0}} where it should read `{number(c)}`"
                cost = 0.99 if c else 1.12  # then it says more that something is left out
                yield Change(at, at.before(k, partial(_constant, c)), cost, template, (a,))
    yield from _without_two(at)


def _intended(at: Spot) -> Iterator[float]:
    """Give the constants of the intended computation, and what is left of 1 beside them."""
    graph, values = at.code.base.case.graph, at.code.base.states[0].values
    for op, x in zip(graph.ops, values, strict=True):
        if op.kind == CONSTANT and type(x) in (float, int):
            yield from (float(x), 1.0 - float(x))


def _constant(c: float, x: Any) -> Any:
    return type(x)(c)


def _without(at: Spot, k: int) -> tuple[str, Columns]:
    """Say that the other operand should not be there."""
    name, args = at.op.name, at.op.args
    verbs = {"multiply": "multiplies by", "add": "adds"}
    if k == 0:
        verbs |= {"divide": "divides by", "subtract": "subtracts"}
    if name in verbs and len(args) == 2:
        return f"{{head}} {verbs[name]} {{0}}, which it should not", (args[1 - k],)
    return "{head} should be {0}", (args[k],)


def _without_two(at: Spot) -> Iterator[Change]:
    """Leave two factors out that are written one after the other: ``d*h*(1 - h)``."""
    name = at.op.name
    first = [at.code.ops[a] for a in at.own(0)] if name in ("multiply", "divide") else []
    if not first or any(op.name != "multiply" for op in first):
        return
    for k in (0, 1):
        columns = tuple(op.args[k] for op in first)
        if form(at.value(columns[0])) == at.shape:
            what = f"`{{0:bare}}{SIGNS[name]}{{1:bare}}`"
            template = f"{{head}} multiplies by {what}, which it should not"
            both = first[0].args[1 - k], at.op.args[1]
            yield Change(at, at.giving(columns), 1.06, template, both)


def scaled(at: Spot) -> Iterator[Change]:
    """Multiply the result, or an operand, by a constant."""
    case = at.code.base.case
    n, what = case.samples
    for c in map(float, case.constants[1:]):
        words, by = factor_text(1.0 / c, n, what), partial(np.multiply, c)
        yield Change(at, at.after(by), 1.0 + 0.02 * (c != -1.0), f"{{head}} {words}")
        for k, a in enumerate(at.op.args) if at.op.name not in LINEAR else ():
            usual = c in (-1.0, 2.0, 0.5, n, 1.0 / max(n, 1))
            if usual and at.code.graph.ops[a].kind != CONSTANT:
                yield Change(at, at.before(k, by), 1.05, f"in {{head}}, {{0}} {words}", (a,))


def formulas(at: Spot) -> Iterator[Change]:
    """Take a function of an operand, as derivatives of functions are, for it or for the result."""
    for text, compute, odd in FORMULAS:
        if text == "{h}" or ("{z}" in text and "{h}" in text):
            continue
        f = partial(_of_one, compute)
        words = text.replace("{z}", "{0:bare}").replace("{h}", "{0:bare}")
        for k, a in enumerate(at.op.args):
            if at.code.graph.ops[a].kind == CONSTANT or at.op.name in ("getitem", "transpose"):
                continue
            template = f"{{head}} reads {{0}} where it should read `{words}`"
            yield Change(at, at.before(k, f), 1.15 + odd, template, (a,))
            if form(at.value(a)) == at.shape:
                new = at.giving(at.own(k)).then(partial(then, f))
                yield Change(at, new, 1.16 + odd, f"{{head}} should be `{words}`", (a,))


def _of_one(compute: Any, x: Any) -> Any:
    return compute(x, x)


def then(f: Any, op: Op) -> Op:
    """Do something to the result of an operation."""
    return op.other(Altered(op, after=f))
