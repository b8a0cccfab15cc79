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
from .syntax import Edit

MORE = 1000  # runs to find where a factor comes from


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

    def sentences(self, steps: int, most: float, runs: int = RUNS) -> list[str] | None:
        """Say which one or two changes, each of no more than some cost, make all right, if any do.

        What is likely and makes something right is taken for one of two before what is unlikely.
        """
        self.allow(runs)
        seen = list[tuple[Found, float]]()
        try:
            with safely():
                first = self.first = self.first or Step(self, self.wrong())
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
                        factor = self._left(best) if steps > 1 and further is None else 0.0
                        if factor and abs(factor - 1.0) < 1e-9:
                            return [best.edit.text()]
                        if factor:  # which is worth a longer search
                            further = self._second(best, np.inf, MORE)
                        if further is not None:
                            self.made.append(further.edit)
                            return [best.edit.text(), further.edit.text()]
                        if factor:
                            return [best.edit.text(), scaled_by(self.base.case, self.every, factor)]
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
            self.few = self.few or Step(self, self.wrong())
            found = self.few.best(most, whole=True)
            return replace(found, fixes=frozenset()) if found and self.few.is_whole() else None
        finally:
            self.base = own

    def _left(self, one: Found) -> float:
        """Give the factor by which all is off with one change; 0 if it is more than that."""
        back = one.edit.apply()
        try:
            with self.running():
                flats = self.ran(len(self.base.states))
        finally:
            back.apply()
        return self.first.factor(flats) if self.first is not None and not one.fixes else 0.0

    def _second(self, one: Found, most: float, runs: int) -> Found | None:
        """Find what makes right all that one change does not."""
        back = one.edit.apply()
        self.kept = self.compiled_now()
        try:
            if self.second is None or self.second[0] != one:
                self.second = one, Step(self, self.wrong())
            step = self.second[1]
            self.allow(runs)
            found = step.best(most, whole=True)
            return found if found is not None and found.fixes >= step.wrong else None
        finally:
            back.apply()
            self.kept = self.compiled_now()

    @contextlib.contextmanager
    def changed(self) -> Iterator[None]:
        """Let the code run with the changes that were found."""
        back = [edit.apply() for edit in self.made]
        try:
            with safely(), self.running():
                yield
        finally:
            for old in reversed(back):
                old.apply()
