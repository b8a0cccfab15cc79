"""Which numbers were multiplied with which: a parameter's derivative, element by element.

Each element is a sum of products: of an element of a derivative that arrives, and an element of
what the rule multiplies by. Which ones, is fitted at so many points that there is no doubt; other
windows, strides and orders of indices are all alike in that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import Base, Explanation
from .graph import CONSTANT, Graph, form
from .naming import ATOM, number
from .sweep import Array, State, flat, walked

VIEWS = ("getitem", "transpose", "reshape", "stack", "concatenate")
MOST = 4000  # products
EFFORT = 24_000  # points times operations
KEPT = 400  # points
TERMS = 24  # products in one sum
NEAR = 1e-6
LEAST = 32  # points

Sum = dict[tuple[int, int], float]  # constants, by the numbers of a derivative's element, a value's


@dataclass(frozen=True)
class Number:
    """An element of a value (or of its derivative): the operation, where in it."""

    op: int
    index: tuple[int, ...]


@dataclass
class Products:
    """The numbers that may be multiplied with each other."""

    arriving: list[Number]
    read: list[Number | None]  # None: nothing, the factor is 1

    def at(self, state: State, walk: Sequence[Any]) -> Array:
        """Give all products at a point."""
        gs = [np.asarray(walk[n.op])[n.index] for n in self.arriving]
        xs = [1.0 if n is None else np.asarray(state.values[n.op])[n.index] for n in self.read]
        return np.outer(gs, xs).ravel()


def explanations(base: Base, targets: Collection[int]) -> list[Explanation]:
    """Say for whole parameters which elements are multiplied."""
    case = base.case
    if base.edits or case.further is None:
        return []
    ops = dict.fromkeys(case.targets[t].op for t in sorted(targets))
    return [e for i in ops for e in _explained(base, i)]


def products(base: Base, i: int) -> Iterator[Products]:
    """Collect what arrives where a parameter is used, and what that use multiplies it by.

    Then, the same with all other values, and all other derivatives, that have names.
    """
    graph, walk = base.case.graph, base.walk(0)
    tops: dict[int, None] = {}
    roots: dict[int, None] = {}
    stack, passed = [i], {i}
    while stack:
        a = stack.pop()
        for n, k in graph.users(a):
            op = graph.ops[n]
            if walk[n] is None or n in passed or n in graph.several:
                continue
            if op.name in VIEWS:
                passed.add(n)
                stack.append(n)
                continue
            tops[n] = None
            for other in [x for j, x in enumerate(op.args) if j != k or op.args.count(x) > 1]:
                roots.update(dict.fromkeys(_roots(graph, other)))

    short = [
        n for n, op in enumerate(graph.ops)
        if op.kind != CONSTANT and n not in graph.several and base.case.names.is_short(n)
    ]  # fmt: skip
    own = [n for n in short if _roots(graph, n) == [n]]
    values = [state.values for state in base.states]
    walks = [base.walk(p) for p in range(len(base.states))]
    said = _numbers([n for n in short if walk[n] is not None], walks)
    arriving = [said.get(key, g) for key, g in _numbers(tops, walks).items()]
    others = [said[key] for key in _numbers([n for n in own if walk[n] is not None], walks)]
    read = _numbers([r for r in roots if graph.ops[r].kind != CONSTANT], values)
    for gs, xs in ((arriving, read), (arriving, _numbers(own, values)), (others, read)):
        if len(gs) * (len(xs) + 1) <= MOST:
            yield Products(gs, [None, *xs.values()])


def _numbers(ops: Iterable[int], at: Sequence[Sequence[Any]]) -> dict[tuple[float, ...], Number]:
    """Give the elements of operations by what they are at all points: of equal ones the first."""
    found: dict[tuple[float, ...], Number] = {}
    for n in sorted(ops):
        rows = np.array([np.reshape(of[n], -1) for of in at]).T.tolist()
        for index, row in zip(np.ndindex(*form(at[0][n])), rows, strict=True):
            if any(row):
                found.setdefault(tuple(row), Number(n, index))
    return found


def _roots(graph: Graph, i: int) -> list[int]:
    """Give what a view shows."""
    op = graph.ops[i]
    if op.name not in VIEWS:
        return [i]
    return [*dict.fromkeys(root for a in op.args for root in _roots(graph, a))]


def _explained(base: Base, i: int) -> Iterator[Explanation]:
    case = base.case
    mine = [t for t, target in enumerate(case.targets) if target.op == i]
    where = slice(case.targets[mine[0]].where.start, case.targets[mine[-1]].where.stop)
    key = "products", i
    if key not in base.effects:
        base.effects[key] = None
        for made in products(base, i):
            wrong, should = _fitted(base, made, where)
            if wrong is not None and should is not None:
                base.effects[key] = made, wrong, should
                break
    if base.effects[key] is None:
        return
    made, wrong, should = base.effects[key]

    def predict(p: int) -> Array:
        guess = base.gradient(p).copy()
        row = made.at(base.states[p], base.walk(p)).reshape(len(made.arriving), -1)
        guess[where] = [sum(c * row[ab] for ab, c in one.items()) for one in wrong]
        return guess

    fixes = case.matched(predict, base.wrong & set(mine))
    if fixes:
        yield Explanation(1.7, _Words(base, i, made).said(wrong, should), fixes)


def _fitted(base: Base, made: Products, where: slice) -> list[list[Sum] | None]:
    """Fit what is reported and what is right at points that are not the base's."""
    known = base.effects.setdefault("further", [])
    wanted = min(KEPT, len(made.arriving) * len(made.read) + 24, EFFORT // len(base.case.graph.ops))
    n = 0
    while n < wanted:
        if n == len(known):
            if base.case.further is None:
                break
            found = base.case.further(n)
            known.append(None if found is None else (*found, walked(found[0])))
        if n == LEAST and not any(known):
            break
        n += 1
    some = [found for found in known[:n] if found is not None]
    if len(some) < LEAST:
        return [None, None]
    table = np.array([made.at(state, walk) for state, _, walk in some])
    wrong = _sums(made, table, np.array([numbers[where] for _, numbers, _ in some]))
    if wrong is None:
        return [None, None]
    return [
        wrong,
        _sums(made, table, np.array([flat(state, walk)[where] for state, _, walk in some])),
    ]


# --- fits -----------------------------------------------------------------------------------------


def _sums(made: Products, table: Array, y: Array) -> list[Sum] | None:
    """Give the products that each element is the sum of; None if some element is no such sum."""
    there = _distinct(table)
    lengths = np.linalg.norm(table[:, there], axis=0)
    unit = table[:, there] / lengths
    full = None
    if len(there) + 8 < len(table):
        q, r = np.linalg.qr(unit)
        if np.abs(np.diag(r)).min() > 1e-6:
            full = np.linalg.solve(r, q.T @ y) / lengths[:, None]
    out = []
    for e in range(y.shape[1]):
        many = _greedy(unit, y[:, e]) if full is None else np.flatnonzero(np.abs(full[:, e]) > 1e-4)
        found = _exact(table[:, there[many]], y[:, e])
        if found is None:
            return None  # then the others are none either
        pairs = (divmod(int(there[i]), len(made.read)) for i in many)
        out.append(dict(zip(pairs, found, strict=True)))
    return out


def _distinct(table: Array) -> Array:
    """Leave out the columns that are 0, or a constant times one before."""
    probes = np.random.default_rng(0).normal(size=(2, len(table)))
    lengths = np.linalg.norm(table, axis=0)
    keys = np.round(np.abs(probes @ table / lengths), 9)
    first: dict[tuple[float, ...], int] = {}
    for i in np.flatnonzero(lengths > 1e-12 * lengths.max()):
        first.setdefault(tuple(keys[:, i]), int(i))
    return np.array([*first.values()], int)


def _greedy(unit: Array, y: Array) -> Array:
    """Choose the column that explains most of what is left, again and again."""
    chosen: list[int] = []
    basis = np.zeros((TERMS, len(y)))
    left, size = y, float(np.linalg.norm(y))
    while len(chosen) < min(TERMS, len(y) // 3) and np.linalg.norm(left) > NEAR * size:
        scores = np.abs(unit.T @ left)
        scores[chosen] = 0.0
        best = int(np.argmax(scores))
        new = unit[:, best] - basis[: len(chosen)].T @ (basis[: len(chosen)] @ unit[:, best])
        basis[len(chosen)] = new / np.linalg.norm(new)
        left = left - basis[len(chosen)] * (basis[len(chosen)] @ left)
        chosen.append(best)
    found = np.linalg.lstsq(unit[:, chosen], y, rcond=None)[0]
    return np.array([c for c, x in zip(chosen, found, strict=True) if abs(x) > NEAR * size], int)


def _exact(columns: Array, y: Array) -> list[float] | None:
    """Fit constants, and accept plain ones only."""
    size = float(np.linalg.norm(y))
    if not columns.shape[1]:
        return [] if size == 0.0 else None
    found = np.linalg.lstsq(columns, y, rcond=None)[0]
    plain = np.round(found * 60.0) / 60.0
    near = np.abs(found - plain) < 1e-4
    left = np.linalg.norm(columns @ plain - y)
    return [float(c) for c in plain] if near.all() and left < NEAR * size else None


# --- sentences ------------------------------------------------------------------------------------


@dataclass
class _Words:
    """Texts for the elements of a parameter, of derivatives and of values."""

    base: Base
    i: int
    made: Products

    def said(self, wrong: list[Sum], should: list[Sum]) -> str:
        """Say which products stand where others should, by a rule or by an example."""
        rule = self.rule(wrong, should)
        if rule:
            return rule
        differ = [u for u, (a, b) in enumerate(zip(wrong, should, strict=True)) if a != b]
        u, *others = differ
        also = _others(len(others), "element")
        too_much, missing = _without(wrong[u], should[u]), _without(should[u], wrong[u])
        if not wrong[u]:
            return f"{self.element(u)} is always 0{also}"
        for v in others:
            here = {ab for ab, c in too_much.items() if _without(should[v], wrong[v]).get(ab) == c}
            there = {ab for ab, c in missing.items() if _without(wrong[v], should[v]).get(ab) == c}
            for ab in [*sorted(here), *sorted(there)][: len(too_much) != len(missing)]:
                to, of = (u, v) if ab in here else (v, u)
                one = self.sum({ab: (too_much if ab in here else missing)[ab]})
                where = f"{self.element(to)} where it should go to {self.element(of)}"
                return f"{one} goes to {where}{also}"
        for (a, b), c in missing.items():
            for (a2, b2), c2 in too_much.items():
                if a == a2 and c == c2 and None not in (self.made.read[b], self.made.read[b2]):
                    more = _others(len(missing) - 1, "product")
                    what = f"{self.element(u)} multiplies `{self.derivative(a)}` by"
                    should_be = f"where it should multiply by `{self.value(b)}`"
                    return f"{what} `{self.value(b2)}` {should_be}{more}{also}"
        if too_much and missing:
            if self.sum(missing) == self.element(u):  # nothing is added up there but itself
                return f"{self.element(u)} is taken as {self.sum(too_much)}{also}"
            what = f"{self.sum(too_much)} where it should add up {self.sum(missing)}"
            return f"{self.element(u)} adds up {what}{also}"
        if too_much:
            return f"{self.element(u)} also adds up {self.sum(too_much)}{also}"
        if len(wrong[u]) < len(missing):
            gone = f"the other {len(missing)} products of this sum are missing"
            return f"{self.element(u)} is {self.sum(wrong[u])} alone: {gone}{also}"
        return f"{self.element(u)} lacks {self.sum(missing)}{also}"

    def element(self, u: int) -> str:
        """Write the derivative by an element of the parameter."""
        shape = form(self.base.states[0].values[self.i])
        at = ", ".join(map(str, np.unravel_index(u, shape))) if shape else ""
        return f"`∂L/∂{self.base.case.names.bare(self.i)}{f'[{at}]' if at else ''}`"

    def sum(self, terms: Sum) -> str:
        """Write a sum of products, its beginning if it is long."""
        texts = []
        for (a, b), c in terms.items():
            size = "" if c == 1.0 else "-" if c == -1.0 else f"{number(c)}*"
            factor = "" if self.made.read[b] is None else f"*{self.value(b)}"
            texts.append(f"{size}{self.derivative(a)}{factor}")
        shown = " + ".join(texts[:3]).replace("+ -", "- ")
        return f"`{shown}`" + (f" (and {len(texts) - 3} more)" if len(texts) > 3 else "")

    def derivative(self, a: int) -> str:
        """Write the derivative by an element of a value."""
        return f"∂L/∂{self._element(self.made.arriving[a])}"

    def value(self, b: int) -> str:
        """Write an element of a value."""
        n = self.made.read[b]
        return "1" if n is None else self._element(n)

    def _element(self, n: Number) -> str:
        text, strength = self.base.case.names.strong(n.op)
        at = f"[{', '.join(map(str, n.index))}]" if n.index else ""
        return (text if strength == ATOM else f"({text})") + at

    def rule(self, wrong: list[Sum], should: list[Sum]) -> str:
        """Say how an index is computed wrongly, if it is whole numbers times the others."""
        places = self._places()
        shape = form(self.base.states[0].values[self.i])
        if places is None or not shape:
            return ""
        found = []
        for sums in (wrong, should):
            pairs = [
                ((*places[a], *np.unravel_index(u, shape)), self.made.read[b])
                for u, one in enumerate(sums)
                for (a, b), c in one.items()
                if c == 1.0
            ]
            read = {n.op for _, n in pairs if n is not None}
            if len(pairs) != sum(map(len, sums)) or len(read) != 1 or None in [n for _, n in pairs]:
                return ""
            x = np.array([[*at, 1] for at, _ in pairs], float)
            y = np.array([n.index for _, n in pairs if n is not None], float)
            if not y.size:
                return ""
            factors, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
            whole = np.rint(factors)
            if rank < x.shape[1] or np.abs(x @ whole - y).max() > 0.5:
                return ""
            found.append((self.base.case.names.bare(read.pop()), whole))
        letters = "ijklmnpq"[: len(found[0][1]) - 1]
        count = len(letters) - len(shape)
        texts = [f"{name}[{', '.join(_affine(col, letters) for col in w.T)}]" for name, w in found]
        if texts[0] == texts[1]:
            return ""  # only which of them are there
        place = ", ".join(letters[count:])
        top = f"∂L/∂{self._family()}[{', '.join(letters[:count])}]"
        what = f"`∂L/∂{self.base.case.names.bare(self.i)}[{place}]` multiplies `{top}`"
        return f"{what} by `{texts[0]}` where it should multiply by `{texts[1]}`"

    def _places(self) -> list[tuple[int, ...]] | None:
        """Give the index of each derivative that arrives, in one array or list of them."""
        ops = {n.op for n in self.made.arriving}
        if len(ops) == 1:
            return [n.index for n in self.made.arriving]
        names = [self.base.case.names.strong(n.op)[0] for n in self.made.arriving]
        found = [re.fullmatch(r"(.*)\[([\d, ]+)\]", name) for name in names]
        if any(m is None for m in found) or len({m[1] for m in found if m}) != 1:
            return None
        return [tuple(map(int, m[2].split(","))) for m in found if m]

    def _family(self) -> str:
        name, strength = self.base.case.names.strong(self.made.arriving[0].op)
        if len({n.op for n in self.made.arriving}) > 1:
            return re.sub(r"\[[\d, ]+\]$", "", name)
        return name if strength == ATOM else f"({name})"


def _others(n: int, what: str) -> str:
    return f" (and so in {n} other {what}{'s' * (n > 1)})" if n else ""


def _without(a: Sum, b: Sum) -> Sum:
    """Give the products of one sum that another has not, or has with another constant."""
    return {ab: c for ab, c in a.items() if b.get(ab) != c}


def _affine(column: Array, letters: str) -> str:
    """Write an index like `i + 2*j - 1`."""
    out = ""
    for c, letter in zip(column, [*letters, ""], strict=True):
        if c:
            size = number(abs(c)) if not letter else "" if abs(c) == 1 else f"{number(abs(c))}*"
            out += (" - " if c < 0 else " + ") if out else ("-" if c < 0 else "")
            out += size + letter
    return out or "0"
