"""One spot in somebody's code, with all operations that it made, and what to call these."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..edges import Group
from ..formulas import FORMULAS
from ..graph import CONSTANT, RESULT, Op, form
from ..naming import index, number
from ..sources import sources
from ..sweep import Edge
from .facts import WHOLE, Fact
from .written import RETURNED, Itself, Written

LONG = 90  # letters of an expression
ENDS = 4  # values that a loop may begin with

Columns = tuple[int, ...]  # a value for each operation of a spot


class Altered:
    """An operation with something done to its operands before, and to its result after."""

    rule = None

    def __init__(self, op: Op, before: dict[int, Any] | None = None, after: Any = None) -> None:
        self.primitive, self.arity, self.name = op.primitive, len(op.args), op.name
        self.before, self.after = before or {}, after

    def compute(self, operands: list[Any], settings: dict[str, Any]) -> Any:
        """Compute; operands beyond its own go to what is done after."""
        own = [self.before[k](x) if k in self.before else x for k, x in enumerate(operands)]
        z = self.primitive.compute(own[: self.arity], settings)
        return z if self.after is None else self.after(z, *operands[self.arity :])


class New:
    """Other operations in the place of some, each made when it is asked for."""

    def __init__(
        self, ops: Sequence[Op], which: dict[int, int], make: Callable[[Op, int], Op]
    ) -> None:
        self.ops, self.which, self.make = ops, which, make

    def at(self, i: int) -> Op:
        """Give the new operation `i`."""
        return self.make(self.ops[i], self.which[i])

    def then(self, change: Callable[[Op], Op]) -> New:
        """Change the new operations once more."""
        return New(self.ops, self.which, lambda op, m: change(self.make(op, m)))

    @cached_property
    def all(self) -> dict[int, Op]:
        """All of them."""
        return {i: self.at(i) for i in self.which}


class Words(str):
    """An expression; a template writes it in backticks, with what it says behind the colon."""

    __slots__ = ()

    def __format__(self, more: str) -> str:
        atom = self.replace("_", "").replace("[", "").replace("]", "").isalnum()
        inner = str(self) if atom or not more else f"({self!s})"
        return inner if more == "bare" else f"`{inner}{more}`"


@dataclass
class Spot:
    """One spot in the code.

    Attributes
    ----------
    code : Written
        The code.
    members : tuple of int
        The operations that it made.
    alone : bool
        Whether it is one call of several of a helper.
    fixable : frozenset of int
        What a change here might make right.
    depth : float
        How many operations before it give something wrong, itself included; see `Reach`.
    shown : int
        The operation where something goes wrong at first.
    depths : sequence of int
        Of all operations.
    linear : bool
        Whether the gradient is linear in its results.
    spoils : bool
        Whether most changes here make wrong what is right.
    """

    code: Written
    members: Columns
    alone: bool = False
    fixable: frozenset[int] = frozenset()
    depth: float = 1.0
    shown: int = -1
    depths: Sequence[int] = ()
    linear: bool = False
    spoils: bool = False
    _twins: dict[int, list[tuple[Columns, int]]] = field(default_factory=dict)

    @property
    def op(self) -> Op:
        """The first operation."""
        return self.code.ops[self.members[0]]

    @cached_property
    def shape(self) -> tuple[Any, ...]:
        """The form of the first result."""
        return form(self.value(self.members[0]))

    @cached_property
    def bits(self) -> int:
        """The operations as a bit set."""
        return sum(1 << i for i in self.members)

    def value(self, i: int) -> Any:
        """Give a value at the first point."""
        return self.code.points[0].values[i]

    def own(self, k: int) -> Columns:
        """Give what is read as the k-th operand."""
        return tuple(self.code.ops[i].args[k] for i in self.members)

    def settings(self, name: str) -> list[Any]:
        """Give a setting of all operations."""
        found = []
        for i in self.members:
            own = self.code.ops[i].settings
            found.append((self.code.points[0].settings[i] if own is None else own).get(name))
        return found

    # --- changes

    def every(self, make: Callable[[Op, int], Op]) -> New:
        """Make the same of all operations."""
        return New(self.code.ops, {i: m for m, i in enumerate(self.members)}, make)

    def after(self, f: Callable[..., Any], *columns: Columns) -> New:
        """Do something to the results, perhaps with other values."""

        def make(op: Op, m: int) -> Op:
            return op.other(Altered(op, after=f), op.args + tuple(c[m] for c in columns))

        return self.every(make)

    def before(self, k: int, f: Callable[[Any], Any]) -> New:
        """Do something to an operand."""
        return self.every(lambda op, m: op.other(Altered(op, {k: f})))

    def giving(self, columns: Columns) -> New:
        """Give other values for the results."""
        return self.every(lambda op, m: op.other(Itself(op.name), (columns[m],)))

    def instead(self, k: int, columns: Columns) -> New:
        """Read other values as the k-th operand."""
        return self.every(lambda op, m: reading(op, k, columns[m]))

    def instead_of_all(self, k: int, columns: Columns) -> New:
        """Read other values in the whole line."""
        reads: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for made, j in ((self.members, k), *self.twins(k)):
            for i, c in zip(made, columns, strict=True):
                reads[i].append((j, c))
        return self._reading(reads)

    def instead_from(self, own: Columns, columns: Columns) -> New:
        """Read other values in all that reads some from here on."""
        reads: dict[int, list[tuple[int, int]]] = {i: [] for i in self.members}
        for i, a, c in zip(self.members, own, columns, strict=True):
            for top, j in self.code.now.reading[a] if a != c else ():
                if top >= i:
                    reads.setdefault(top, []).append((j, c))
        return self._reading(reads)

    def _reading(self, reads: dict[int, list[tuple[int, int]]]) -> New:
        def make(op: Op, i: int) -> Op:
            for j, c in reads[i]:
                op = reading(op, j, c)
            return op

        return New(self.code.ops, {i: i for i in reads}, make)

    # --- what it could read

    def readable(self, k: int) -> Iterator[tuple[Columns, float]]:
        """Give what the code could have read in the place of an operand, and how odd it is."""
        edges = tuple(Edge(i, a, k) for i, a in zip(self.members, self.own(k), strict=True))
        for s in sources(self.code.now, Group(edges, False), self.code.names.is_short, k):
            if not {*self.code.outputs}.isdisjoint(s.ops):
                continue  # what is returned has a place of its own
            later = [a for a, i in zip(s.ops, self.members, strict=True) if a >= i]
            if not any(self.code.now.above[a] & self.bits for a in later):
                yield s.ops, s.strangeness + 0.02 * bool(later)

    def shifted(self, k: int) -> Iterator[Columns]:
        """Give the operands of the rounds before or after, with what may stand at the end."""
        own, ops = self.own(k), self.code.ops
        if len({*own}) < 2:
            return
        shape = form(self.value(own[0]))
        ends = [
            i
            for i, op in enumerate(ops[: self.members[0]])
            if not op.args and not self.code.is_fact(i) and form(self.value(i)) == shape
        ]
        for end in ends[:ENDS]:
            yield (*own[1:], end)
            yield (end, *own[:-1])

    def facts(self) -> Iterator[tuple[Fact, Columns]]:
        """Give what is right, a value for each operation."""
        n = len(self.members)
        for fact, columns in self.code.facts:
            r = len(columns) if fact.kind != WHOLE else 0
            if r == 1:
                yield fact, columns * n
            elif r == n:
                yield fact, columns
                yield fact, columns[::-1]
            elif n > 1 and r and n % r == 0:
                yield fact, tuple(c for c in columns for _ in range(n // r))
                yield fact, columns * (n // r)

    def twins(self, k: int) -> list[tuple[Columns, int]]:
        """Give other operations of the same line that read the same value as the k-th operand."""
        if k not in self._twins:
            self._twins[k] = self._found_twins(k)
        return self._twins[k]

    def _found_twins(self, k: int) -> list[tuple[Columns, int]]:
        code, own = self.code, self.own(k)
        line = code.line(self.members[0])
        if not line or code.graph.ops[own[0]].kind == CONSTANT:
            return []
        stack = code.graph.ops[self.members[0]].site[0][:-1]
        found: dict[object, list[int]] = defaultdict(list)
        for i in sorted({i for a in own for i, _ in code.now.reading[a]}):
            op = code.ops[i]
            near = op.kind is RESULT and op.site and op.site[0][:-1] == stack
            if near and code.line(i) == line:
                found[op.site].append(i)
        out = []
        for made in found.values():
            ops = [code.ops[i] for i in made]
            for j in range(len(ops[0].args)):
                same = tuple(op.args[j] if j < len(op.args) else -1 for op in ops) == own
                if same and (tuple(made), j) != (self.members, k):
                    out.append((tuple(made), j))
        return out

    # --- words

    @cached_property
    def head(self) -> str:
        """Name the spot: what is computed, and where."""
        names, i = self.code.names, self.members[0]
        own = self.code.graph.names.get(i)
        if self.op.name == RETURNED:
            return f"what is returned for `{own}`"
        text = self._assignment() if self.op.name == "put" else names.expression(i)
        text = f"{own} = {text}" if own and own != text and " = " not in text else text
        line = self.code.line(i, self.alone)
        call = " in the call" if self.alone else ""
        return backticked(text) + (f" ({line}{call})" if line else "")

    def _assignment(self) -> str:
        """Write ``x[mask] = 0``."""
        names, (x, v) = self.code.names, self.op.args[:2]
        where = self.settings("index")[0]
        mask = isinstance(where, np.ndarray) and where.dtype == bool
        value = "0" if not np.any(self.value(v)) else names.bare(v)
        return f"{names.inner(x)}[{'mask' if mask else index(where)}] = {value}"

    def named(self, values: Sequence[int]) -> list[str]:
        """Name values, in the code's own words if it has some for them, and so that they differ."""
        words: list[str] = [Words(plain(self._words(i))) for i in values]
        own = plain(self.code.graph.names.get(self.members[0], ""))
        differ = len({*words}) == len(words) and own not in words
        return words if differ else [self._turn(i) for i in values]

    def _turn(self, i: int) -> str:
        """Tell apart values that one name has in turn: in rounds, or one after another."""
        text = self.code.names.bare(i)
        turns = ", ".join(dict.fromkeys(re.findall(r"#([0-9]+)", text)))
        if turns:
            return f"{backticked(text)} (its value no. {turns})"
        return Words(plain(self.code.names.expression(i)))

    def _words(self, i: int) -> str:
        """Find words of the code's own for something that is right: at all points the same."""
        code, names = self.code, self.code.names
        if not code.is_fact(i):
            return names.bare(i)
        best: tuple[float, str] = (99.0, "")
        alike = self._alike(i)
        for j in alike:
            if self._is(i, j, lambda z, h: h):
                return names.bare(j)
            for text, compute, odd in FORMULAS:
                some = ("{h}" in text and "{z}" not in text) or text == "({z} > 0)"
                if some and self._is(i, j, compute):
                    words = text.format(h=names.inner(j), z=names.inner(j))
                    best = min(best, (odd, words[1:-1] if text[0] == "(" else words))
        return best[1] or self._difference(i, alike) or names.bare(i)

    def _alike(self, i: int) -> list[int]:
        """List the code's own values, such as have a name, in the shape of one."""
        code, shape, found = self.code, np.shape(self.value(i)), []
        for j, op in enumerate(code.graph.ops[: self.members[0]]):
            own = not code.is_fact(j) and op.kind != CONSTANT and code.names.is_short(j)
            if own and not isinstance(self.value(j), tuple) and np.shape(self.value(j)) == shape:
                found.append(j)
        return found

    def _difference(self, i: int, alike: Sequence[int]) -> str:
        """Write something as the difference of two others, times a constant: `(p - y)/n`."""
        case, names, z = self.code.base.case, self.code.names, np.asarray(self.value(i), float)
        at = int(np.argmax(np.abs(z))) if z.size else 0
        for a, b in itertools.permutations(alike, 2):
            d = np.asarray(1.0 * self.value(a) - self.value(b), float)
            with np.errstate(all="ignore"):
                c = z.flat[at] / d.flat[at] if z.size else np.nan
            c = next((float(k) for k in case.constants if k > 0 and abs(k - c) < 1e-9 * k), 0.0)
            if c and self._holds(i, partial(_scaled, c, a, b)):
                text = f"{names.inner(a)} - {names.inner(b)}"
                return text if c == 1.0 else f"({text}){_times(c)}"
        return ""

    def _holds(self, i: int, compute: Callable[[Sequence[Any]], Any]) -> bool:
        """Whether a value is something that can be computed from others, at all points."""
        both = ((p.values[i], compute(p.values)) for p in self.code.points)
        return all(np.shape(x) == np.shape(z) and np.allclose(x, z, 1e-9, 1e-300) for x, z in both)

    def _is(self, i: int, j: int, compute: Callable[[Any, Any], Any]) -> bool:
        """Whether a value is a function of another at all points."""
        return self._holds(i, lambda values: compute(values[j], values[j]))


def _scaled(c: float, a: int, b: int, values: Sequence[Any]) -> Any:
    """Give the difference of two values, times a constant."""
    return c * (1.0 * values[a] - values[b])


def _times(c: float) -> str:
    """Write a factor behind what it multiplies."""
    return f"*{number(c)}" if c > 1.0 else f"/{number(1.0 / c)}"


def reading(op: Op, k: int, i: int) -> Op:
    """Give an operation with another operand."""
    return op.other(op.primitive, (*op.args[:k], i, *op.args[k + 1 :]))


def plain(text: str) -> str:
    """Leave out the numbers of values that one name had in turn; cut what is long."""
    text = re.sub(r"#[0-9]+", "", text)
    return text if len(text) <= LONG else f"{text[: LONG // 2]} … {text[-LONG // 3 :]}"


def backticked(text: str) -> str:
    """Write an expression as a sentence shows it."""
    return f"`{plain(text)}`"
