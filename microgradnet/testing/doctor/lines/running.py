"""Somebody's code, run as it is or with lines changed: what its gradient is then."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from copy import copy
from types import CodeType

import numpy as np

from ....errors import ShapeError
from ..calling import Call
from ..case import Base, Targets
from ..sweep import Array
from .keeping import Kept
from .routines import Part, parts
from .safety import Unchangeable, safely
from .together import Choice, compiled
from .values import Noted, Seen, Values, Where, noting
from .writing import Edit

RUNS = 4_000
LINES = 1000  # run in each, on average: fewer runs of what takes longer
MANY = 60  # changes compiled at once


class Runner:
    """Somebody's code, as it is written.

    Raises
    ------
    Unchangeable
        If there is no text of it, or it is not safe to run it with other lines.
    """

    def __init__(self, reported: Call, base: Base) -> None:
        self.base = base
        # With a record of its own of what it did to its arguments.
        self.reported = copy(reported)
        self.reported.spoilt, self.reported.misshapen = {}, {}
        self.every = frozenset(range(len(base.case.targets)))
        self.known = dict[int, Values]()  # by the base
        self.shapes: list[tuple[int, ...]] = []  # of the gradient
        self.allow(RUNS)
        with safely():
            self.parts, self.run = parts(lambda: self._gradient(0))
        if not self.parts:
            raise Unchangeable("no text")
        self.outside = Kept([owner.function for part in self.parts for owner in part.owners])
        self.kept = self.compiled_now()

    def allow(self, runs: int) -> None:
        """Let it be run so many times, less often if it runs many lines."""
        self.left, self.runs = LINES * runs, runs

    @contextlib.contextmanager
    def allowing(self, runs: int) -> Iterator[None]:
        """Let it be run so many times for a while, whatever was allowed before."""
        before = self.left, self.runs
        self.allow(runs)
        try:
            yield
        finally:
            self.left, self.runs = before

    @property
    def is_exhausted(self) -> bool:
        """Whether it was run as often as it may be."""
        return self.left < 0 or self.runs < 0

    def compiled_now(self) -> list[list[CodeType]]:
        """Give the code of all parts as they are: another than theirs, see `safety`."""
        return [part.codes() for part in self.parts]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let the code run as its syntax is now."""
        try:
            for part in self.parts:
                part.put(part.codes())
            yield
        finally:
            self.restore()

    def wrong(self) -> Targets:
        """Tell what is wrong with the changes made so far."""
        return self.every - self.right(0, self.here())

    def here(self) -> Array:
        """Give the gradient of the code with the changes made so far, at the first point."""
        with self.running():
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
            with edit.applied():
                codes = part.codes()
                pairs = zip(self.parts, self.kept, strict=True)
                self._put([codes if other is part else kept for other, kept in pairs])
                return self.ran(points)
        except (SyntaxError, ValueError):  # it does not fit, or reads what no closure holds, say
            return []
        finally:
            self.restore()

    @contextlib.contextmanager
    def noting(self) -> Iterator[Seen]:
        """Let the code note what its statements make."""
        kept = self.kept
        for part in self.parts:
            part.by = Noted(part.file)
        try:
            self.kept = self.compiled_now()
            with noting() as seen:
                yield seen
        finally:
            self.kept = kept
            for part in self.parts:
                part.by = None

    @property
    def values(self) -> Values:
        """What the code should make, where it is examined now."""
        if id(self.base) not in self.known:
            self.known[id(self.base)] = Values(self.base)
        return self.known[id(self.base)]

    def seen(self) -> Seen:
        """Give what the statements make, with the changes made so far."""
        with self.noting() as seen, self.running():
            self.ran(1)
        return seen

    def rightness(self) -> dict[Where, float]:
        """Tell how right what each statement makes is then."""
        return self.values.right(self.seen())

    def covered_with(self, choices: Sequence[Choice]) -> Iterator[float]:
        """Tell how many values that should be made are, with each of some changes.

        Of as many as may be run.
        """
        with self.noting() as seen, contextlib.closing(self.results(choices)) as results:
            for _ in results:
                yield self.values.covered(seen)
                if self.is_exhausted:
                    break
                seen.clear()

    def _put(self, codes: Sequence[Sequence[CodeType]]) -> None:
        for part, own in zip(self.parts, codes, strict=True):
            part.put(own)

    def ran(self, points: int) -> list[Array]:
        """Give the gradients at so many points; fewer if it fails."""
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
                found = None
                if together.choose(choice.edit):
                    try:
                        self._put(together.codes)
                        found = self.ran(1)
                    except ValueError:  # one of them reads what a closure does not hold
                        together.numbers.clear()
                    finally:
                        self.restore()
                yield self.tried(choice.part, choice.edit, 1) if found is None else found
