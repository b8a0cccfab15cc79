"""The hunt: chunks of programs are drawn and judged by workers; what they find is put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..strategies.operations import operations
from .chunks import SHRINKING, Outcome, Task
from .findings import Bucket, Finding
from .workers import Crew

LOOK = 0.25  # seconds between two looks at progress


@dataclass
class Hunt:
    """A run of the fuzzer.

    Attributes
    ----------
    names : list of str
        The engines.
    minutes : float
        When to stop.
    start : int
        The seed; the same seed and number of workers draw the same programs.
    workers : int
        How many processes draw and judge.
    watch : callable, optional
        Called with the hunt now and then.
    """

    names: list[str]
    minutes: float
    start: int = 0
    workers: int = 1
    watch: Callable[[Hunt], None] | None = None

    def __post_init__(self) -> None:
        self.operations = list(operations())
        self.found: list[Finding] = []
        self.met: set[Bucket] = set()
        self.conventions: Counter[tuple[str, str, str]] = Counter()
        self.covered: Counter[str] = Counter()
        self.count = self.turns = 0
        self.seconds = 0.0

    @property
    def buckets(self) -> list[Bucket]:
        """The buckets of what was found."""
        return [finding.bucket for finding in self.found]

    def named_conventions(self) -> list[str]:
        """Say which conventions were met, and how often."""
        return [
            f"convention: {engine}: {operation}: {text} ({n} times)"
            for (engine, operation, text), n in sorted(self.conventions.items())
        ]

    def run(self, ready: Callable[[list[str]], None] = print) -> None:
        """Hunt until time is up; `ready` is told the engines' versions once all are loaded."""
        with Crew(self.names, self.workers) as crew:
            ready(crew.versions)
            for _ in range(crew.ahead):
                crew.put(self.task())
            while crew.seconds < 60 * self.minutes:
                if self.took(crew):
                    crew.put(self.task())
            crew.waiting.clear()
            # What is being shrunk may yet be found; more than that it does not take.
            late = crew.seconds + 3 * SHRINKING
            while crew.busy and crew.seconds < late:
                self.took(crew)

    def took(self, crew: Crew) -> bool:
        """Wait a moment for an outcome, and add it to the others."""
        outcome = crew.get(LOOK)
        self.seconds = crew.seconds
        if outcome is not None:
            self.add(outcome)
        if self.watch is not None:
            self.watch(self)
        return outcome is not None

    def task(self) -> Task:
        """Say what to draw next; the engines take turns in saying which operations are drawn."""
        number = self.start * 1_000_003 + self.turns
        focus = self.names[self.turns % len(self.names)]
        self.turns += 1
        known = frozenset(self.met)
        return Task(number, focus, self.rarest_first(number), known, left=60 * self.minutes)

    def rarest_first(self, number: int) -> list[str]:
        """Sort operations by how often they were drawn: Hypothesis prefers the first ones."""
        order = np.random.default_rng(number).permutation(len(self.operations))
        return sorted((self.operations[i] for i in order), key=self.covered.__getitem__)

    def add(self, outcome: Outcome) -> None:
        """Put what came of a chunk to the rest."""
        self.count += outcome.count
        self.covered += outcome.covered
        self.conventions += outcome.conventions
        found = outcome.finding
        # Two workers may have found the same.
        if found is not None and found.bucket not in self.buckets:
            self.found.append(found)
        self.met |= outcome.met
