"""What the code of a gradient tells: where it is recorded, and as it is written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from . import seen
from .calling import Call
from .case import Base, is_picked
from .lines import LIKELY as LIKELY_LINE
from .lines import RUNS, Lines, Unchangeable
from .repairs import STEPS, Written, repaired, written
from .sampling import FAILURES, BadForm
from .search import VAGUE

LIKELY = 1.35  # the cost of a change of recorded code that leaves no doubt


class Code:
    """The reported gradient's own code.

    Parameters
    ----------
    reported : Call
        The gradient.
    own : Base
        Where it was examined, at data like the user's own.
    fewer : callable
        Examines it with fewer data, if that is possible.
    """

    def __init__(self, reported: Call, own: Base, fewer: Callable[[], Base | None]) -> None:
        self.reported, self.own, self.fewer = reported, own, fewer
        self.bases: Sequence[Base] = [own]  # where it is recorded: forward values are right there

    @cached_property
    def written(self) -> Written | None:
        """The code, recorded at one of the bases where its gradient is wrong."""
        for base in self.bases if any(base.wrong for base in self.bases) else ():
            with contextlib.suppress(*FAILURES, BadForm):
                found = written(self.reported, base.elements if is_picked(base.case) else base)
                if found is not None and found.wrong:
                    return found
        return None

    def repaired(self, depth: int) -> list[str] | None:
        """Say what to change in it, see `repairs`."""
        steps, most = ((1, LIKELY), (STEPS, LIKELY), (STEPS, VAGUE))[depth]
        return None if self.written is None else repaired(self.written, steps, most)

    @cached_property
    def lines(self) -> Lines | None:
        """Its text, where that is to be had; it is judged by data like the user's own."""
        with contextlib.suppress(Unchangeable):
            return Lines(self.reported, self.own, self.fewer) if self.own.wrong else None
        return None

    def edited(self, depth: int, runs: int = RUNS) -> list[str] | None:
        """Say which lines to change, see `lines`."""
        steps, most, times = ((1, LIKELY_LINE, 1), (2, LIKELY_LINE, 1), (2, np.inf, 2))[depth]
        return None if self.lines is None else self.lines.sentences(steps, most, times * runs)

    def notes(self, forward: Call | None) -> list[str] | None:
        """Give what is to be said of forward values that were handed in, with the lines changed.

        None if some of them are wrong even then.
        """
        if self.lines is None or forward is None:
            return []
        base = self.lines.base
        with self.lines.changed():
            values = seen.seen(base, forward)
            if seen.agrees(base, values):
                return []
            return seen.localised(base, values) if seen.unknown(base, values) else None
