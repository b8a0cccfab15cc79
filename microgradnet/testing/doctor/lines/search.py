"""The search for one or two lines of somebody's code that, changed, make its gradient right.

Where two are needed, the one that makes the most right is made first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

import numpy as np

from ..calling import Call
from ..case import Base
from ..naming import scaled_by
from .running import RUNS, Runner
from .safety import safely
from .step import LIKELY, Found, Step
from .writing import Edit

MORE = 1000  # runs to find where a factor comes from
VALUES = 2000  # runs to find what makes values right


class Lines(Runner):
    """Somebody's code, and what to change in it.

    Parameters
    ----------
    reported : Call
        The gradient.
    base : Base
        Where it was examined.
    fewer : callable
        Examines it with fewer data; gives None if that tells nothing.
    """

    def __init__(
        self, reported: Call, base: Base, fewer: Callable[[], Base | None] = lambda: None
    ) -> None:
        super().__init__(reported, base)
        self.fewer = cache(fewer)
        self.made: list[Edit] = []
        # The searches for one change, and for one beside it, to go on with.
        self.first: Step | None = None
        self.few: Step | None = None
        self.second: tuple[Found, Step] | None = None
        self.rightest = dict[float, Found | None]()

    def sentences(self, steps: int, most: float, runs: int = RUNS) -> list[str] | None:
        """Say which one or two changes, each of no more than some cost, make all right, if any do.

        What is likely and makes something right is taken for one of two before what is unlikely.
        """
        self.allow(runs)
        seen = list[tuple[Found, float]]()
        try:
            with safely():
                self.first = self.first or Step(self, self.wrong())
                first = partial(self.first.best, whole=steps == 1)
                for limit in (min(most, LIKELY), most):
                    for look in (first, self._among_fewer, self._by_values)[: 2 * steps - 1]:
                        best = look(limit)
                        if best is None or (best, limit) in seen:
                            continue
                        seen.append((best, limit))
                        if (said := self._told(best, limit, steps, runs)) is not None:
                            return said
            return None
        finally:
            self.outside.restore(whole=True)

    def _told(self, one: Found, limit: float, steps: int, runs: int) -> list[str] | None:
        """Say what makes all right: one change, with another beside it if need be, or a factor."""
        assert self.first is not None
        self.made = [one.edit]
        if one.fixes >= self.first.wrong:
            return [one.edit.text()]
        if steps == 1:
            return None
        further = self._second(one, limit, runs)
        factor = self._left(one) if further is None else 0.0
        if factor == 1.0:
            return [one.edit.text()]
        if factor:  # which is worth a longer search
            further = self._second(one, np.inf, MORE)
        if further is not None:
            self.made.append(further.edit)
            return [one.edit.text(), further.edit.text()]
        return [one.edit.text(), scaled_by(self.base.case, self.every, factor)] if factor else None

    def _among_fewer(self, most: float) -> Found | None:
        """Find what makes all right with fewer data, where one mistake may show without another.

        That with which a gradient was passed on to an earlier step does not, with one step.
        """
        base, own = self.fewer(), self.base
        if base is None or not base.wrong:
            return None
        self.base = base
        try:
            self.few = self.few or Step(self, self.wrong())
            found = self.few.best(most, whole=True)
            return replace(found, fixes=frozenset()) if found and self.few.is_whole() else None
        finally:
            self.base = own

    def _by_values(self, most: float) -> Found | None:
        """Find what makes values right, if not the gradient."""
        if most not in self.rightest:
            with self.allowing(VALUES):
                self.rightest[most] = Step(self, self.wrong()).rightest(most)
        return self.rightest[most]

    def _left(self, one: Found) -> float:
        """Give the factor by which all is off with one change; 0 if it is more than that."""
        if one.fixes or self.first is None:
            return 0.0
        with one.edit.applied(), self.running():
            return self.first.factor(self.ran(len(self.base.states)))

    def _second(self, one: Found, most: float, runs: int) -> Found | None:
        """Find what makes right all that one change does not."""
        try:
            with one.edit.applied():
                self.kept = self.compiled_now()
                with self.running():
                    if not self.ran(1):  # with fewer data it did
                        return None
                if self.second is None or self.second[0] != one:
                    self.second = one, Step(self, self.wrong())
                step = self.second[1]
                self.allow(runs)
                found = step.best(most, whole=True)
                return found if found is not None and found.fixes >= step.wrong else None
        finally:
            self.kept = self.compiled_now()

    @contextlib.contextmanager
    def changed(self) -> Iterator[None]:
        """Let the code run with the changes that were found."""
        with contextlib.ExitStack() as changes:
            for edit in self.made:
                changes.enter_context(edit.applied())
            with safely(), self.running():
                yield
