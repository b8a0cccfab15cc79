"""Values that are altered before they are read: labels smoothed, inputs centred, outputs halved.

Data (all arrays of a list) or a value with a name (in all rounds of a loop) is replaced by a
function of itself wherever it is read. The constants of ``a*x + c`` follow from what is reported;
other functions are tried one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...rules import Elementwise
from .case import Base
from .composed import nested, view
from .functions import unlisted
from .graph import DATA, PARAM, RESULT
from .naming import number
from .places import Variant
from .readings import LAYOUTS, VIEWS

Alter = Callable[[Any], Any]
Led = Callable[[Variant, int, str], Any]  # the gradient of some kind at a point, if it has one
# How they are written, from how many axes on they are of their own, what they do.
CENTRED: list[tuple[str, int, Alter]] = [  # linear, and symmetric
    ("{} - mean({})", 1, lambda x: x - np.mean(x)),
    ("{} - mean({}, axis=0)", 2, lambda x: x - np.mean(x, 0)),
    ("{} - mean({}, axis=1)", 2, lambda x: x - np.mean(x, 1, keepdims=True)),
]
OF_DATA: list[tuple[str, int, Alter]] = [
    ("0", 1, lambda x: 0.0 * x),
    *CENTRED,
    ("mean({}, axis=0)", 1, lambda x: np.mean(x, 0) + 0.0 * x),
    ("mean({}, axis=1)", 2, lambda x: np.mean(x, 1, keepdims=True) + 0.0 * x),
    ("{}**2", 0, lambda x: x * x),
    ("abs({})", 0, lambda x: abs(x)),
    ("({} - mean({})) / std({})", 1, lambda x: (x - np.mean(x)) / np.std(x)),
    ("({} - mean({}, axis=0)) / std({}, axis=0)", 2, lambda x: (x - np.mean(x, 0)) / np.std(x, 0)),
    ("{}/max({})", 1, lambda x: x / np.max(x)),
    ("{}/sum({})", 1, lambda x: x / np.sum(x)),
    ("{}/norm({})", 1, lambda x: x / np.linalg.norm(x)),
    ("{}/norm({}, axis=1)", 2, lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)),
]
OF_RESULTS: list[tuple[str, int, Alter, Alter]] = [  # linear, with their transposes
    *((text, axes, alter, alter) for text, axes, alter in CENTRED),
    ("cumsum({}, axis=0)", 1, lambda x: np.cumsum(x, 0), lambda g: np.cumsum(g[::-1], 0)[::-1]),
    (
        "cumsum({}, axis=1)",
        2,
        lambda x: np.cumsum(x, 1),
        lambda g: np.cumsum(g[:, ::-1], 1)[:, ::-1],
    ),
]
TIMES = (2.0, 0.5, -1.0)
USUAL, LIKELY, UNLIKELY = 1.06, 1.25, 1.26
POINTS, ENOUGH = 3, 6  # where constants are solved for; one will do where so many numbers are wrong
STEPS, STEP = 10, 1e-5  # of solving for them
SUBSIDING = 0.7  # what each step has to leave of the difference, at most
VALUES = 24  # with names: in larger graphs only data is looked at


@dataclass
class Family:
    """What has one name in the code: an array and its list, or a value in all rounds of a loop."""

    base: Base
    name: str
    places: tuple[int, ...]

    def altered(
        self,
        text: str,
        alter: Alter,
        cost: float,
        scale: float | None = None,
        back: Alter | None = None,
    ) -> Variant:
        """Give the variant in which it is read through a function.

        Of a result it is linear up to a constant: a `scale`, or a matrix whose transpose is
        `back`, by default itself.
        """
        said = f"`{text.replace('{}', self.name)}` is read in the place of `{self.name}`"
        said += ", as if all of it were the same" if text.startswith("mean({}") else ""
        ops = [self.base.case.graph.ops[i] for i in self.places]
        flat = ops[0].kind != RESULT or scale is not None
        f = unlisted("", alter, Elementwise(scale or 0.0)) if flat else view(alter, back or alter)
        kinds = {(op.primitive, len(op.args)) for op in ops}
        made = {p: f if p is None else nested(f, p, 0, n, last=False) for p, n in kinds}
        changed = (replace(op, primitive=made[op.primitive]) for op in ops)
        return Variant(tuple(zip(self.places, changed, strict=True)), said, cost)

    def line(self, a: float, c: float, cost: float = LIKELY) -> Variant:
        """Give the variant in which ``a*x + c`` is read."""
        scaled = {1.0: "{}", -1.0: "-{}"}.get(a, f"{written(a)}*{{}}")
        text = scaled if c == 0.0 else f"{scaled} {'+' if c > 0 else '-'} {written(abs(c))}"
        text = text if a else written(c)  # whatever it is
        return self.altered(text, lambda x: a * x + c, cost, a)


def of_data(base: Base) -> Iterator[Variant]:
    """Give functions of data that may be read in its place, and arrays in other orders."""
    graph, values = base.case.graph, base.states[0].values
    for family in families(base):
        i = family.places[0]
        taken_apart = all(graph.ops[n].name == "getitem" for n, _ in graph.users(i))
        for words, look, _, axes in VIEWS if taken_apart and graph.is_leaf(i) else ():
            if np.ndim(values[i]) >= axes and np.shape(look(values[i])) == np.shape(values[i]):
                said = f"`{family.name}` is read {words} everywhere"
                yield replace(family.altered("", look, USUAL), text=said)
        if graph.ops[i].kind == DATA:
            for text, axes, alter in OF_DATA:
                if np.ndim(values[i]) >= axes:
                    yield family.altered(text, alter, USUAL)


def variants(base: Base, led: Led) -> Iterator[Variant]:
    """Give the other ways in which values may have been altered.

    Parameters
    ----------
    base : Base
        What is to be explained.
    led : callable
        Gives the gradient that a variant leads to at a point, of some kind.
    """
    graph, values = base.case.graph, base.states[0].values
    for family in families(base):
        i = family.places[0]
        if graph.ops[i].kind == PARAM:
            continue
        for text, axes, alter, back in () if graph.is_leaf(i) else OF_RESULTS:
            if np.ndim(values[i]) >= axes:
                yield family.altered(text, alter, UNLIKELY, None, back)
        for words, look, back, axes in () if graph.is_leaf(i) else LAYOUTS:
            if np.ndim(values[i]) == axes and np.shape(look(values[i])) == np.shape(values[i]):
                # What is reshaped may have the same name.
                same = [n for n in family.places if np.shape(values[n]) == np.shape(values[i])]
                cost = LIKELY + 0.01 * (not base.case.names.is_short(i))
                found = Family(base, family.name, tuple(same)).altered("", look, cost, None, back)
                yield replace(found, text=f"`{family.name}` is {words}")
        for a in TIMES:
            yield family.line(a, 0.0, UNLIKELY)
        for how in ("values", "slopes", "exact"):
            line = solved(base, family, how, led)
            if line is not None:
                yield family.line(*line)


def families(base: Base) -> list[Family]:
    """Find what may have been altered."""
    found: dict[str, tuple[int, ...]] = {}
    graph, values = base.case.graph, base.states[0].values
    made = [i for i in range(graph.output) if graph.ops[i].kind == RESULT and graph.live[i]]
    named = [i for i in made if i in graph.names]
    some = {*(made if len(made) <= VALUES else named if len(named) <= VALUES else ())}
    for i, op in enumerate(graph.ops):
        data = op.kind in (DATA, PARAM) and np.asarray(values[i]).dtype == float
        if graph.users(i) and (data or (i in some and not graph.several & {i, *op.args})):
            root = re.split(r"\[\d" if data else "#", base.case.names.bare(i))[0]
            found[root] = (*found.get(root, ()), i)
    return [Family(base, name, places) for name, places in found.items()]


def solved(base: Base, family: Family, how: str, led: Led) -> tuple[float, float] | None:
    """Solve for the constants of ``a*x + c`` by Newton's steps: one is enough for labels."""
    case = base.case
    wrong = np.zeros(len(base.off), bool)
    for t in base.wrong:
        wrong[case.targets[t].where] = True
    few = np.count_nonzero(wrong) < ENOUGH
    points = range(min(POINTS, len(base.states)) if few else 1)
    allowed = np.concatenate([case.allowed(p, base.gradient(p)) for p in points])
    of_wrong = np.tile(wrong, len(points))

    def off(a: float, c: float) -> Any:
        given = [led(family.line(a, c), p, how) for p in points]
        if any(g is None for g in given):
            return np.full(len(allowed), np.nan)
        return np.concatenate([g - case.reported[p] for p, g in zip(points, given, strict=True)])

    a, c, least = 1.0, 0.0, np.inf
    for _ in range(STEPS):
        here, right, up = off(a, c), off(a + STEP, c), off(a, c + STEP)
        size = float(np.linalg.norm(here[of_wrong]))
        if np.all(np.abs(here) <= allowed):
            return plain(a), plain(c)
        slopes = np.stack([right - here, up - here], 1) / STEP
        spoils = np.any(np.abs(slopes) > allowed[:, None] / STEP, 1) & ~of_wrong
        if not size <= SUBSIDING * least or np.any(spoils) or not np.all(np.isfinite(slopes)):
            return None
        least = size
        da, dc = np.linalg.lstsq(slopes, -here, rcond=1e-6)[0]
        a, c = float(a + da), float(c + dc)
    return None


def written(x: float) -> str:
    """Write a short number as it is, others as fractions."""
    short = f"{x:.3g}"
    return short if float(short) == x else number(x)


def plain(x: float) -> float:
    """Take the number that a person would write."""
    simple = (float(Fraction(x).limit_denominator(1000)), float(f"{x:.6g}"))
    return next((y for y in simple if abs(y - x) < 1e-9), x)
