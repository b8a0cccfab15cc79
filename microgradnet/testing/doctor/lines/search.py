"""The search for lines of somebody's code that, changed, make its gradient right.

Each change is run at one point; one that makes something right there, and nothing wrong, is run
at all points. Where several are needed, the one that makes the most right is made first.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, partial
from types import CodeType

import numpy as np

from ....errors import ShapeError
from ..calling import Call
from ..case import Base, Targets
from ..naming import scaled_by
from ..sweep import Array
from . import arithmetic, counting, everywhere, factors, reads, statements
from .keeping import Kept
from .resembling import LIKE, Resemblance
from .routines import Part, parts
from .safety import Unchangeable, safely
from .syntax import Edit, Place, Syntax, get, located
from .together import Choice, compiled

RUNS = 4_000
LINES = 500  # run in each, on average: fewer runs of what takes longer
MANY = 60  # changes compiled at once
LIKELY = 1.75  # the cost of a change that is tried before those that there are many of
Kinds = Callable[[Syntax], Iterator[Edit]]
CLOSER = 1.0009765625  # what a statement's result is multiplied by, to see what it does
# What makes a statement unlikely: what is right depends on it; not all that is wrong does; unknown.
SPOILS, PARTLY, UNKNOWN = 0.7, 0.4, 0.3


@dataclass
class Found:
    """A change that makes something right, and nothing wrong."""

    edit: Edit
    fixes: Targets
    cost: float


class Lines:
    """Somebody's code, as it is written, and what to change in it.

    Raises
    ------
    Unchangeable
        If there is no text of it, or it is not safe to run it with other lines.
    """

    def __init__(
        self, reported: Call, base: Base, fewer: Callable[[], Base | None] = lambda: None
    ) -> None:
        self.base, self.fewer = base, cache(fewer)
        # With a record of its own of what it did to its arguments.
        self.reported = copy(reported)
        self.reported.spoilt, self.reported.misshapen = {}, {}
        self.every = frozenset(range(len(base.case.targets)))
        self.shapes: list[tuple[int, ...]] = []  # of the gradient
        self.left, self.runs = LINES * RUNS, RUNS
        with safely():
            self.parts, self.run = parts(lambda: self._gradient(0))
        if not self.parts:
            raise Unchangeable("no text")
        self.outside = Kept([owner.function for part in self.parts for owner in part.owners])
        self.made: list[Edit] = []
        self.kept = self._compiled()
        # The searches for one change, and for one beside it, to go on with.
        self.first: Step | None = None
        self.few: Step | None = None
        self.second: tuple[Found, Step] | None = None

    def sentences(self, steps: int, most: float, runs: int = RUNS) -> list[str] | None:
        """Say which one or two changes, each of no more than some cost, make all right, if any do.

        What is likely and makes something right is taken for one of two before what is unlikely.
        """
        self.left, self.runs = LINES * runs, runs
        seen = list[tuple[Found, float]]()
        try:
            with safely():
                first = self.first = self.first or Step(self, self._wrong())
                for limit in (min(most, LIKELY), most):
                    for look in (partial(first.best, whole=steps == 1), self._among_fewer)[:steps]:
                        best = look(limit)
                        if best is None or (best, limit) in seen:
                            continue
                        seen.append((best, limit))
                        self.made = [best.edit]
                        if best.fixes >= first.wrong:
                            return [best.edit.text()]
                        further = self._second(best, limit, runs) if steps > 1 else None
                        if further is not None:
                            self.made.append(further.edit)
                            return [best.edit.text(), further.edit.text()]
                        if steps > 1 and (factor := self._left(best)):
                            off = [scaled_by(self.base.case, self.every, factor)]
                            return [best.edit.text(), *(off if abs(factor - 1.0) > 1e-9 else [])]
            return None
        finally:
            self.outside.restore(whole=True)

    def _among_fewer(self, most: float) -> Found | None:
        """Find what makes all right with fewer data, where one mistake may show without another.

        That with which a gradient was passed on to an earlier step does not, with one step.
        """
        base, own = self.fewer(), self.base
        if base is None or not base.wrong:
            return None
        self.base = base
        try:
            self.few = self.few or Step(self, self._wrong())
            found = self.few.best(most, whole=True)
            return replace(found, fixes=frozenset()) if found and self.few.is_whole() else None
        finally:
            self.base = own

    def _left(self, one: Found) -> float:
        """Give the factor by which all is off with one change; 0 if it is more than that."""
        back = one.edit.apply()
        try:
            with self._running():
                flats = self._run(len(self.base.states))
        finally:
            back.apply()
        return self.first.factor(flats) if self.first is not None and not one.fixes else 0.0

    def _second(self, one: Found, most: float, runs: int) -> Found | None:
        """Find what makes right all that one change does not."""
        back = one.edit.apply()
        self.kept = self._compiled()
        try:
            if self.second is None or self.second[0] is not one:
                self.second = one, Step(self, self._wrong())
            step = self.second[1]
            self.left, self.runs = LINES * runs, runs
            found = step.best(most, whole=True)
            return found if found is not None and found.fixes >= step.wrong else None
        finally:
            back.apply()
            self.kept = self._compiled()

    def _compiled(self) -> list[list[CodeType]]:
        """Give the code of all parts as they are: another than theirs, see `safety`."""
        return [part.codes() for part in self.parts]

    @contextlib.contextmanager
    def changed(self) -> Iterator[None]:
        """Let the code run with the changes that were found."""
        back = [edit.apply() for edit in self.made]
        try:
            with safely(), self._running():
                yield
        finally:
            for old in reversed(back):
                old.apply()

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """Let the code run as its syntax is now."""
        try:
            for part in self.parts:
                part.put(part.codes())
            yield
        finally:
            self.restore()

    def _wrong(self) -> Targets:
        """Tell what is wrong with the changes made so far."""
        return self.every - self.right(0, self.here())

    def here(self) -> Array:
        """Give the gradient of the code with the changes made so far, at the first point."""
        with self._running():
            return self._gradient(0)

    def restore(self) -> None:
        """Let the code be what it was."""
        for part in self.parts:
            part.restore()
        self.outside.restore()

    def _gradient(self, p: int) -> Array:
        point, rate = self.base.states[p].point, self.base.case.rate
        found = self.reported.gradient(point.leaves, point.inputs, rate, "the reported gradient")
        shapes = [np.shape(g) for g in found]
        self.shapes = self.shapes or shapes
        if shapes != self.shapes:
            raise ShapeError("another shape than it had before")
        return np.concatenate([np.reshape(g, -1) for g in found]).astype(np.float64)

    def right(self, p: int, flat: Array) -> Targets:
        """Tell what of a gradient is right."""
        return self.base.agreeing(flat, p, self.every)

    def tried(self, part: Part, edit: Edit, points: int) -> list[Array]:
        """Run the code with one more change, at so many points; fewer if it fails."""
        try:
            back = edit.apply()
        except SyntaxError:  # two pieces that cannot be put together so
            return []
        try:
            codes = part.codes()
            pairs = zip(self.parts, self.kept, strict=True)
            self._put([codes if other is part else kept for other, kept in pairs])
            return self._run(points)
        except (SyntaxError, ValueError):  # it reads no more what a closure holds, say
            return []
        finally:
            self.restore()
            back.apply()

    def _put(self, codes: Sequence[Sequence[CodeType]]) -> None:
        for part, own in zip(self.parts, codes, strict=True):
            part.put(own)

    def _run(self, points: int) -> list[Array]:
        found = list[Array]()
        with contextlib.suppress(Exception):  # whatever changed code may come upon
            for p in range(points):
                self.left -= self.run.lines
                self.runs -= 1
                found.append(self._gradient(p))
        return found

    def results(self, choices: Sequence[Choice]) -> Generator[list[Array]]:
        """Run the code with each of some changes, at the first point."""
        for some in (choices[n : n + MANY] for n in range(0, len(choices), MANY)):
            together = compiled(self.parts, self.kept, some)
            for choice in some:
                if not together.choose(choice.edit):
                    yield self.tried(choice.part, choice.edit, 1)
                    continue
                try:
                    self._put(together.codes)
                    found = self._run(1)
                finally:
                    self.restore()
                yield found


class Step:
    """The search for one change."""

    def __init__(self, lines: Lines, wrong: Targets) -> None:
        self.lines, self.wrong = lines, wrong
        self.right = lines.every - wrong
        self.found: list[Found] = []  # all of which make the same right
        self.scaled: list[Found] = []  # that make nothing right, but all off by one factor
        self.before = lines.here()
        self.even = bool(self.right) or bool(self.factor([self.before]))  # then that says nothing
        self.odd: dict[Place | None, tuple[bool, float]] = {}  # results
        self.alike = Resemblance(f for part in lines.parts for f, _ in part.functions)
        self.choices = self._listed(likely)
        self.all = False

    def best(self, most: float, whole: bool) -> Found | None:
        """Give the likeliest that makes all right, or what makes the most right by some cost.

        If the `whole` is wanted only what may make all right is tried. Several may do so in
        different places: what is likelier than the first, by what is like it, is tried, too.
        """
        if most > LIKELY and not self.all:
            self.choices += (c for c in self._listed(unlikely) if c.cost > LIKELY)
            self.all = True
        asked = [c for c in self.choices if c.cost <= most and (c.whole or not whole)]
        asked.sort(key=lambda c: c.cost)
        self._try(asked, until=self.is_whole)
        if self.is_whole():
            least = self._odd(self.found[0])
            near = [c for c in self.choices if c.cost + LIKE < least]
            self._try([c for c in near if self._odd(c) < least])
        some = self.found or ([] if whole else self.scaled)
        return min(some, key=self._odd, default=None)

    def is_whole(self) -> bool:
        """Whether a change was found that makes all right."""
        return bool(self.found) and self.found[0].fixes >= self.wrong

    def _odd(self, change: Choice | Found) -> float:
        return change.cost + self.alike.odd(change.edit)

    def _try(self, asked: Sequence[Choice], until: Callable[[], bool] = bool) -> None:
        """Try changes, as many as may be run."""
        tried, lines = set[int](), self.lines
        with contextlib.closing(lines.results(asked)) as results:
            for choice in asked:
                if lines.left < 0 or lines.runs < 0 or until():
                    break
                tried.add(id(choice))
                self._judge(choice, next(results))
        self.choices = [c for c in self.choices if id(c) not in tried]

    def _judge(self, choice: Choice, flats: list[Array]) -> None:
        """See what a change makes right, at the first point and, if it does, at all."""
        right, most = self.lines.every, self.found[0].fixes if self.found else frozenset[int]()
        if not self.even and self.factor(flats):
            flats = self.lines.tried(choice.part, choice.edit, len(self.lines.base.states))
            if self.factor(flats):
                self.scaled.append(Found(choice.edit, frozenset(), choice.cost))
        for points in (1, len(self.lines.base.states)):
            if points > 1:
                flats = self.lines.tried(choice.part, choice.edit, points)
            if len(flats) < points:
                return
            for p, flat in enumerate(flats):
                right &= self.lines.right(p, flat)
            fixes = right & self.wrong
            if not right >= self.right or not fixes or len(fixes) < len(most):
                return
        found = Found(choice.edit, fixes, choice.cost)
        if len(fixes) > len(most):
            self.found = [found]
        elif fixes == most:
            self.found.append(found)

    def factor(self, flats: Sequence[Array]) -> float:
        """Give the factor by which all derivatives are off at all points; 0 if it is not one."""
        factors = set[float]()
        for p, flat in enumerate(flats):
            right = self.lines.base.gradient(p)
            factor = float(flat @ right / (right @ right or 1.0))
            if not factor or not np.allclose(flat, factor * right, 1e-7, 1e-9 * abs(factor)):
                return 0.0
            factors.add(float(f"{factor:.9g}"))
        return factors.pop() if len(factors) == 1 else 0.0

    def _listed(self, kinds: Kinds) -> list[Choice]:
        found = list[Choice]()
        for part in self.lines.parts:
            for function, code in part.functions:
                syntax = Syntax(function, self.lines.run.held[code], part.text)
                found += (Choice(True, edit.cost, part, syntax, edit) for edit in kinds(syntax))
        self._look(found)
        for choice in found:
            choice.whole, odd = self.odd.get(choice.edit.result, (True, UNKNOWN))
            choice.cost += odd
        return [choice for choice in found if np.isfinite(choice.cost)]

    def _look(self, choices: Sequence[Choice]) -> None:
        """Tell whether a change of a result may make all right, and how unlikely that is.

        By what changes when it does.
        """
        places = {c.edit.result: c for c in choices if c.edit.result is not None}
        closer = dict[Place, Choice]()
        for place in (p for p in places if p not in self.odd):
            value = get(place)
            if value is not None and not isinstance(value, ast.Tuple):
                new = located(ast.BinOp(value, ast.Mult(), ast.Constant(CLOSER)), value)
                closer[place] = replace(places[place], edit=Edit(0.0, place, new))
        for place, flats in zip(closer, self.lines.results([*closer.values()]), strict=True):
            self.odd[place] = self._oddness(flats)

    def _oddness(self, flats: list[Array]) -> tuple[bool, float]:
        if not flats or flats[0].shape != self.before.shape:
            return True, UNKNOWN
        moved = np.abs(flats[0] - self.before) > 1e-12 * np.abs(self.before)
        targets = self.lines.base.case.targets
        some = frozenset(t for t in self.lines.every if np.any(moved[targets[t].where]))
        if not some:
            return True, UNKNOWN
        if not some & self.wrong:
            return False, float("inf")
        whole = some >= self.wrong
        return whole, SPOILS * bool(some - self.wrong) + PARTLY * (not whole)


def likely(syntax: Syntax) -> Iterator[Edit]:
    """Give the changes of a function that are made of little, in no order."""
    for node in syntax.nodes:
        for kind in (reads, everywhere, arithmetic, counting, statements, factors):
            yield from kind.edits(syntax, node)
    yield from everywhere.axes(syntax, syntax.function)
    for node in ast.walk(syntax.function):
        yield from statements.moves(syntax, node)


def unlikely(syntax: Syntax) -> Iterator[Edit]:
    """Give those of which there are many: another factor, another term."""
    for node in syntax.nodes:
        yield from factors.unlikely(syntax, node)
        yield from factors.terms(syntax, node)
