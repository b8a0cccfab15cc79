"""Fair timing: engines take turns within one run, and only ratios within a round count.

What one machine does in a second says little; what two engines do within the same tenth
of a second says much. So a round times every engine once (A B C), rounds repeat
(A B C A B C ...), and the figure is the median over rounds of the ratio within the round.
The garbage collector stays as Python has it.
"""

from __future__ import annotations

import importlib
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from timeit import default_timer
from typing import Any

import numpy as np

SAMPLE_SECONDS = 0.002  # the shortest sample: far above the clock's grain and a call's cost
LONG_SECONDS = 0.5
REPEATS = 3


@dataclass
class Engine:
    """One way to do the work: ``run()`` does it, ``read(run())`` gives the numbers to compare."""

    run: Callable[[], Any]
    read: Callable[[Any], Iterable[Any]]


# Builds an engine; or gives a sentence that says why it takes no part.
Maker = Callable[[], Engine | str]


@dataclass
class Contest:
    """The same work for several engines.

    `makers` maps a name to what builds the engine, and `targets` to the most that
    microgradnet's time over that engine's may be.
    """

    title: str
    makers: dict[str, Maker]
    targets: dict[str, float] = field(default_factory=dict)
    ours: str = "microgradnet"
    rtol: float = 1e-9
    rounds: int = 15
    per: int = 1  # how many operations one run does: times are given for one


def peer(module: str, build: Callable[..., Engine | str], *args: Any) -> Maker:
    """Make an engine from a peer's module once asked, or say that the peer is not installed."""

    def make() -> Engine | str:
        try:
            found = importlib.import_module(module)
        except ImportError:
            return "not installed"
        return build(found, *args)

    return make


def assert_agreement(contest: Contest, engines: dict[str, Engine]) -> None:
    """Run every engine once and compare what they computed with what we did."""
    numbers = {
        name: [np.asarray(x) for x in engine.read(engine.run())] for name, engine in engines.items()
    }
    ours = numbers[contest.ours]
    for name, theirs in numbers.items():
        assert len(theirs) == len(ours), f"{contest.title}: {name} gave {len(theirs)} results"
        for a, b in zip(ours, theirs, strict=True):
            scale = float(np.max(np.abs(a), initial=0.0))  # relative to the largest element
            np.testing.assert_allclose(
                b,
                a,
                rtol=contest.rtol,
                atol=contest.rtol * scale,
                err_msg=f"{contest.title}: {name} and {contest.ours} disagree",
            )


def timed(run: Callable[[], Any], loops: int) -> float:
    """Seconds per call over `loops` calls."""
    start = default_timer()
    for _ in range(loops):
        run()
    return (default_timer() - start) / loops


def calibrate(run: Callable[[], Any]) -> tuple[int, float]:
    """Find how many calls make a sample that is long enough, and how long one call takes."""
    loops = 1
    while (seconds := timed(run, loops) * loops) < SAMPLE_SECONDS:
        loops *= 2 if seconds > SAMPLE_SECONDS / 10 else 5
    return loops, seconds / loops


def interleave(runs: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Time every engine once a round. Another starts each round, so none has a fixed neighbour.

    One call goes before each sample untimed, because an engine inherits the caches, and for
    a moment the busy threads, of the one before it. The sample is the best of a few at once,
    so that what else the machine does counts for less. Long calls need neither.
    """
    pace = {name: calibrate(run) for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    names = list(runs)
    for i in range(rounds):
        first = i % len(names)
        for name in names[first:] + names[:first]:
            loops, seconds = pace[name]
            repeats = 1
            if seconds < LONG_SECONDS:
                runs[name]()
                repeats = REPEATS
            times[name].append(min(timed(runs[name], loops) for _ in range(repeats)))
    return times


def spread(ratios: Sequence[float]) -> tuple[float, float, float]:
    """Median, and the quartiles around it."""
    if len(ratios) < 4:
        return statistics.median(ratios), min(ratios), max(ratios)
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return middle, low, high


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1.0:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def verdict(ratio: float, target: float | None) -> str:
    """Say what was asked and whether it was reached."""
    if target is None:
        return ""
    return f"≤ {target:.3g} {'reached' if ratio <= target else 'MISSED'}"


def compete(contest: Contest, quick: bool) -> str:
    """Assert that the engines agree, time them, and write the table."""
    print(f"... {contest.title}", file=sys.stderr, flush=True)
    engines = {name: make() for name, make in contest.makers.items()}
    present = {name: e for name, e in engines.items() if isinstance(e, Engine)}
    assert_agreement(contest, present)
    runs = {name: engine.run for name, engine in present.items()}
    times = interleave(runs, max(3, contest.rounds // 4) if quick else contest.rounds)
    ours = times[contest.ours]
    rows = []
    for name, engine in engines.items():
        if isinstance(engine, str):
            rows.append([name, engine, "", "", ""])
            continue
        ratios = [a / b for a, b in zip(ours, times[name], strict=True)]
        middle, low, high = spread(ratios)
        took = duration(statistics.median(times[name]) / contest.per)
        if name == contest.ours:
            rows.append([f"**{name}**", took, "1", "", ""])
        else:
            target = verdict(middle, contest.targets.get(name))
            rows.append([name, took, f"**{middle:.3g}**", f"{low:.3g} to {high:.3g}", target])
    heads = ["engine", "took", "microgradnet's time / its time", "quartiles", "asked"]
    return f"### {contest.title}\n\n" + markdown(heads, rows)


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table that also reads well as plain text."""
    widths = [max(len(r[i]) for r in [heads, *rows]) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = (c.ljust(w) for c, w in zip(cells, widths, strict=True))
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([line(heads), rule, *map(line, rows)]) + "\n"
