"""The search for one change that makes a gradient right, or more of it.

Each change is run at one point; one that makes something right there, and nothing wrong, is run
at all points.
"""

from __future__ import annotations

import ast
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..case import Targets
from ..sweep import Array
from . import arithmetic, copied, counting, everywhere, factors, order, reads, statements
from .rates import Rates
from .resembling import LIKE, Resemblance
from .running import Runner
from .syntax import Edit, Place, Syntax, get, located
from .together import Choice
from .values import where

LIKELY = 1.75  # the cost of a change that is tried before those that there are many of
Kinds = Callable[[Syntax], Iterator[Edit]]
# How much odder a change may be that makes right what another leaves wrong, how much less odd it is
# for each statement that it makes right; how many runs that is worth, and how many are compared.
BESIDE, WORTH, RUNS, MANY = 0.3, 0.8, 400, 12
# How many values more are right if one of the first statements that are wrong is mended, how right
# those are at most, how many they are, and how odd a change of one may be.
GAIN, WRONG, FIRST, ODD = 2.0, 0.5, 4, 2.1
# How odd it is that a mistake was made in several lines, if only what they make is wrong, or all.
COPIED, EVERYWHERE = 0.15, 0.4
CLOSER = 1.0009765625  # what a statement's result is multiplied by, to see what it does
# What makes a statement unlikely: what is right depends on it; not all that is wrong does; unknown.
SPOILS, PARTLY, UNKNOWN = 0.7, 0.4, 0.3


@dataclass
class Found:
    """A change that makes something right, and nothing wrong."""

    edit: Edit
    fixes: Targets
    cost: float


class Step:
    """The search for one change."""

    def __init__(self, lines: Runner, wrong: Targets) -> None:
        self.lines, self.wrong = lines, wrong
        self.right = lines.every - wrong
        self.found: list[Found] = []  # all of which make the same right
        self.scaled: list[Found] = []  # that make nothing right, but all off by one factor
        self.before = lines.here()
        self.even = bool(self.right) or bool(self.factor([self.before]))  # then that says nothing
        self.moved: dict[Place | None, Targets] = {}  # with results; of some that is unknown
        self.alike = Resemblance(f for part in lines.parts for f, _ in part.functions)
        self.choices = self._listed(likely)
        self.all = False

    def best(self, most: float, whole: bool) -> Found | None:
        """Give the likeliest that makes all right, or what makes the most right by some cost.

        If the `whole` is wanted only what may make all right is tried. Several may do so in
        different places.
        """
        self._list(most)
        asked = [c for c in self.choices if c.cost <= most and (c.whole or not whole)]
        asked.sort(key=lambda c: c.cost)
        self._try(asked, until=self.is_whole)
        if self.is_whole():
            self._try_beside()
        return self._likeliest(self.found or ([] if whole else self.scaled))

    def _try_beside(self) -> None:
        """Try what is not much less likely than what makes all right.

        But not where all was right before: what a mistake makes is wrong.
        """
        most, before = min(map(self._odd, self.found)) + BESIDE, self.lines.rightness()
        near = [c for c in self.choices if c.whole and c.cost + LIKE < most]
        wrong = [c for c in near if before.get(where(c.part.file, c.edit.result)) != 1.0]
        left, runs = self.lines.left, self.lines.runs
        self.lines.allow(RUNS)
        self._try(sorted((c for c in wrong if self._odd(c) < most), key=self._odd))
        self.lines.left, self.lines.runs = left, runs

    def _likeliest(self, found: Sequence[Found]) -> Found | None:
        """Give what is likely and makes the most of what is made on the way right, see `Values`."""
        some = sorted(found, key=self._odd)[:MANY]
        if len({f.edit.result for f in some}) < 2:
            return some[0] if some else None
        return min(some, key=lambda f: self._odd(f) - WORTH * self._right_with(f))

    def _right_with(self, found: Found) -> float:
        """Tell how many statements are right with a change."""
        with found.edit.applied():
            return sum(self.lines.rightness().values())

    def _list(self, most: float) -> None:
        if most > LIKELY and not self.all:
            self.choices += (c for c in self._listed(unlikely) if c.cost > LIKELY)
            self.all = True

    def rightest(self, most: float) -> Found | None:
        """Give what makes the most values right, whatever comes of it in the end.

        So a mistake shows that is made on the way there, if another is made on the way back.
        """
        self._list(most)
        before = self.lines.rightness()
        wrong = [w for w, right in before.items() if right < WRONG][:FIRST]
        some = [c for c in self.choices if c.cost <= min(most, ODD)]
        places = [(where(c.part.file, c.edit.result), c) for c in some]
        own = [(wrong.index(place), c) for place, c in places if place in wrong]
        asked = [c for _, c in sorted(own, key=lambda pair: (pair[0], pair[1].cost))]
        found, least = None, self.lines.covered() + GAIN
        for choice, covered in zip(asked, self.lines.covered_with(asked), strict=False):
            worth = WORTH * covered - self._odd(choice)
            if covered > least and (found is None or worth > found[0]):
                found = worth, Found(choice.edit, frozenset(), choice.cost)
        return found[1] if found else None

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
                if lines.is_exhausted or until():
                    break
                tried.add(id(choice))
                self._judge(choice, next(results))
        self.choices = [c for c in self.choices if id(c) not in tried]

    def _judge(self, choice: Choice, flats: list[Array]) -> None:
        """See what a change makes right, at the first point and, if it does, at all."""
        right, most = self.lines.every, self.found[0].fixes if self.found else frozenset[int]()
        if not self.even and self.factor(flats) not in (0.0, 1.0):  # else nothing is right, or all
            flats = self.lines.tried(choice.part, choice.edit, len(self.lines.base.states))
            if len(flats) == len(self.lines.base.states) and self.factor(flats):
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
        if any(e.is_idle() for e in choice.edit.also):
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
        if kinds is likely:
            found += self._copied(found)
        rates = {id(part): Rates(part, self.lines.base.case.rate) for part in self.lines.parts}
        for choice in found:
            choice.whole, odd = self._oddness(choice.edit)
            choice.cost += odd + rates[id(choice.part)].odd(choice.edit)
        return [choice for choice in found if np.isfinite(choice.cost)]

    def _copied(self, choices: Sequence[Choice]) -> Iterator[Choice]:
        """Give the changes that are made wherever a line was copied and makes something wrong."""
        by_result = defaultdict[Place | None, list[Choice]](list)
        for choice in choices:
            by_result[choice.edit.result].append(choice)
        for syntax in {id(c.syntax): c.syntax for c in choices}.values():
            for places in copied.groups(syntax):
                some = [p for p in places if self._moves(p) and not self._moves(p) & self.right]
                if len(some) > 1 and frozenset().union(*map(self._moves, some)) >= self.wrong:
                    copies = copied.Copies(syntax, some, COPIED if self.right else EVERYWHERE)
                    for choice in by_result[some[0]]:
                        if (edit := copies.edit(choice.edit)) is not None:
                            yield replace(choice, cost=edit.cost, edit=edit)

    def _moves(self, place: Place | None) -> Targets:
        return self.moved.get(place, frozenset())

    def _look(self, choices: Sequence[Choice]) -> None:
        """See which derivatives change when a result does."""
        places = {c.edit.result: c for c in choices if c.edit.result is not None}
        closer = dict[Place, Choice]()
        for place in (p for p in places if p not in self.moved):
            value = get(place)
            if value is not None and not isinstance(value, ast.Tuple):
                new = located(ast.BinOp(value, ast.Mult(), ast.Constant(CLOSER)), value)
                closer[place] = replace(places[place], edit=Edit(0.0, place, new))
        for place, flats in zip(closer, self.lines.results([*closer.values()]), strict=True):
            self.moved[place] = frozenset()
            if flats and flats[0].shape == self.before.shape:
                moved = np.abs(flats[0] - self.before) > 1e-12 * np.abs(self.before)
                where = [t.where for t in self.lines.base.case.targets]
                self.moved[place] = frozenset(t for t in self.lines.every if moved[where[t]].any())

    def _oddness(self, edit: Edit) -> tuple[bool, float]:
        """Tell whether a change may make all right, and how unlikely that is."""
        some = self._moves(edit.result).union(*(self._moves(e.result) for e in edit.also))
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
    yield from everywhere.axes(syntax)
    yield from everywhere.ranges(syntax)
    yield from order.edits(syntax)
    for node in ast.walk(syntax.function):
        yield from statements.moves(syntax, node)


def unlikely(syntax: Syntax) -> Iterator[Edit]:
    """Give those of which there are many: another factor, another term."""
    for node in syntax.nodes:
        yield from factors.unlikely(syntax, node)
        yield from factors.terms(syntax, node)
