"""The changes that may be tried, and how odd each of them is where it is.

A change of what is right, or of what has nothing to do with what is wrong, would not make it right.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..case import Targets
from ..sweep import Array
from . import arithmetic, copied, counting, everywhere, factors, order, reads, statements
from .rates import Rates
from .running import Runner
from .syntax import Syntax
from .together import Choice
from .writing import Edit, Place, get, located

Kinds = Callable[[Syntax], Iterator[Edit]]
CLOSER = 1.0009765625  # what a statement's result is multiplied by, to see what it does
# What makes a statement unlikely: what is right depends on it; not all that is wrong does; unknown.
SPOILS, PARTLY, UNKNOWN = 0.7, 0.4, 0.3
# How odd it is that a mistake was made in several lines, if only what they make is wrong, or all.
COPIED, EVERYWHERE = 0.3, 0.4


class Listing:
    """What may be changed in somebody's code.

    Parameters
    ----------
    lines : Runner
        The code, with the changes made so far.
    wrong : frozenset of int
        Derivatives that are wrong then.
    before : array
        All of them, at the first point.
    """

    def __init__(self, lines: Runner, wrong: Targets, before: Array) -> None:
        self.lines, self.wrong, self.before = lines, wrong, before
        self.right = lines.every - wrong
        self.moved: dict[Place | None, Targets] = {}  # with results; of some that is unknown

    def listed(self, kinds: Kinds) -> list[Choice]:
        """Give the changes of some kinds, with how odd they are."""
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
                some = [p for p in places if self.moves(p) and not self.moves(p) & self.right]
                if len(some) > 1 and frozenset().union(*map(self.moves, some)) >= self.wrong:
                    copies = copied.Copies(syntax, some, COPIED if self.right else EVERYWHERE)
                    for choice in by_result[some[0]]:
                        if (edit := copies.edit(choice.edit)) is not None:
                            yield replace(choice, cost=edit.cost, edit=edit)

    def moves(self, place: Place | None) -> Targets:
        """Tell which derivatives change when a result does, as far as that is known."""
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
        some = self.moves(edit.result).union(*(self.moves(e.result) for e in edit.also))
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
