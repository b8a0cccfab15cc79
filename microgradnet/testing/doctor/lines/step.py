"""The search for one change that makes a gradient right, or more of it.

Each change is run at one point; one that makes something right there, and nothing wrong, is run
at all points.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..case import Targets
from ..sweep import Array
from .listing import COPIED, Listing, likely, unlikely
from .resembling import ALONE, LIKE, Resemblance, in_other_words
from .running import Runner
from .syntax import INT
from .together import Choice
from .values import where
from .writing import Edit

LIKELY = 1.75  # the cost of a change that is tried before those that there are many of
# How much odder a change may be that makes right what another leaves wrong, how much less odd it is
# for each statement that it makes right; how many runs that is worth, and how many are compared.
BESIDE, WORTH, RUNS, MANY = 0.3, 0.8, 600, 12
# How many values more are right if one of the first statements that are wrong is mended, how right
# those are at most, how many they are, and how odd a change of one may be.
GAIN, WRONG, FIRST, ODD = 2.0, 0.5, 4, 2.1


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
        self.alike = Resemblance(f for part in lines.parts for f, _ in part.functions)
        self.listing = Listing(lines, wrong, self.before)
        self.choices = self.listing.listed(likely)
        self.all = False

    def best(self, most: float, whole: bool) -> Found | None:
        """Give the likeliest that makes all right, or what makes the most right by some cost.

        If the `whole` is wanted only what may make all right is tried. Several may do so in
        different places.
        """
        self._list(most)
        some = [c for c in self.choices if c.whole or not whole]
        asked = [c for c in some if c.cost <= most + COPIED * bool(c.edit.also)]
        asked.sort(key=lambda c: c.cost)
        self._try(asked, until=self.is_whole)
        if self.is_whole():
            self._try_beside()
        return self._likeliest(self.found or ([] if whole else self.scaled))

    def _try_beside(self) -> None:
        """Try what is not much less likely than what makes all right.

        But not where all was right before, and what was made next: what a mistake makes is wrong.
        """
        most, before = min(map(self._odd, self.found)) + BESIDE, self.lines.rightness()
        near = [c for c in self.choices if c.whole and c.cost + LIKE < most]
        after = [*before.values(), 1.0][1:]  # what is made next
        pairs = zip(before.items(), after, strict=True)
        right = {place for (place, own), further in pairs if own == further == 1.0}
        wrong = [c for c in near if where(c.part.file, c.edit.result) not in right]
        # First what is said in other words in the same place, see `_told`.
        here = {f.edit.place for f in self.found}
        wrong.sort(key=lambda c: (c.edit.place not in here, c.cost))
        some = wrong[: 2 * RUNS]
        with self.lines.allowing(RUNS):
            self._try([c for c in some if c.cost + ALONE < most or self._odd(c) < most])

    def _likeliest(self, found: Sequence[Found]) -> Found | None:
        """Give what is likely and makes the most of what is made on the way right, see `Values`."""
        some = sorted(found, key=self._odd)[:MANY]
        best = some[0] if some else None
        if len({f.edit.result for f in some}) > 1:
            best = min(some, key=lambda f: self._odd(f) - WORTH * self._right_with(f))
        return best and replace(best, edit=self._told(best.edit))

    def _told(self, edit: Edit) -> Edit:
        """Let a change tell which sizes it may as well be made with."""
        others = in_other_words(edit, (f.edit for f in self.found))
        held = self.lines.run.held.values()
        counts = {n for names in held for n, kinds in names.items() if kinds == {INT}}
        pairs = [pair for pair in others.items() if all(x in counts or x.isdigit() for x in pair)]
        if not pairs:
            return edit
        said = " (or with `{1}` for `{0}`, which is as much here)".format(*pairs[0])
        return replace(edit, text=lambda: edit.text() + said)

    def _right_with(self, found: Found) -> float:
        """Tell how many statements are right with a change."""
        with found.edit.applied():
            return sum(self.lines.rightness().values())

    def _list(self, most: float) -> None:
        if most > LIKELY and not self.all:
            self.choices += (c for c in self.listing.listed(unlikely) if c.cost > LIKELY)
            self.all = True

    def rightest(self, most: float) -> Found | None:
        """Give what makes the most values right, whatever comes of it in the end.

        So a mistake shows that is made on the way there, if another is made on the way back.
        """
        self._list(most)
        made, values = self.lines.seen(), self.lines.values
        wrong = [w for w, right in values.right(made).items() if right < WRONG][:FIRST]
        some = [c for c in self.choices if c.cost <= min(most, ODD)]
        places = [(where(c.part.file, c.edit.result), c) for c in some]
        own = [(wrong.index(place), c) for place, c in places if place in wrong]
        asked = [c for _, c in sorted(own, key=lambda pair: (pair[0], pair[1].cost))]
        found, least = None, values.covered(made) + GAIN
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
        if choice.edit.also and not self._all_count([choice.edit, *choice.edit.also], fixes):
            return
        found = Found(choice.edit, fixes, choice.cost)
        if len(fixes) > len(most):
            self.found = [found]
        elif fixes == most:
            self.found.append(found)

    def _all_count(self, edits: Sequence[Edit], fixes: Targets) -> bool:
        """Whether each of several changes does something for what they make right."""
        moved = [self.listing.moves(edit.result) for edit in edits]  # if that is known
        return all(not m or m & fixes for m in moved) and not any(e.is_idle() for e in edits)

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
