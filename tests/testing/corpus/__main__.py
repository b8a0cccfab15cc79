"""``python -m tests.testing.corpus [NAME ...]``: every checker on right gradients and mutants."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterable

import numpy as np

from . import GROSS, Case, mutants
from .arrays import CASES as ARRAYS
from .checkers import Checker, installed
from .elementwise import CASES as ELEMENTWISE
from .numerics import CASES as NUMERICS
from .numerics import RIGHT as EDGES
from .numerics import WRONG as BEYOND
from .numerics import ZERO
from .special import LONG, ONE, RIGHT, WRONG

CASES = ELEMENTWISE + ARRAYS + NUMERICS
CENT = {"1 %": lambda g: g + g / 100}
MILLE = {"0.1 %": lambda g: g + g / 1000}

# What each column holds, and the answer that is counted.
COLUMNS: dict[str, tuple[list[Case], bool]] = {
    "false alarms": ([*CASES, *ZERO, *LONG], True),
    "at kinks": (RIGHT + EDGES, True),
    "gross": ([m for c in CASES for m in mutants(c, GROSS)], False),
    "1 %": ([m for c in CASES for m in mutants(c, CENT)], False),
    "0.1 %": ([m for c in CASES for m in mutants(c, MILLE)], False),
    "1/1000": ([m for c in LONG for m in mutants(c, ONE)], False),
    "ties": (WRONG + BEYOND, False),
}
# Float32 cannot hold every point of the corpus, nor show 0.1 %.
NARROW = [c.narrow() for c in CASES if np.isfinite(c.f(np.float32(c.x)))]
COLUMNS |= {
    "f32 false alarms": (NARROW, True),
    "f32 gross": ([m for c in NARROW for m in mutants(c, GROSS)], False),
    "f32 1 %": ([m for c in NARROW for m in mutants(c, CENT)], False),
}


def count(checker: Checker, cases: Iterable[Case], right: bool) -> list[tuple[Case, bool | None]]:
    """List the cases that a checker gets wrong, with its answer."""
    answers = ((case, checker(case)) for case in cases)
    return [(case, answer) for case, answer in answers if answer is not right]


def cell(missed: int, total: int, right: bool) -> str:
    n = missed if right else total - missed
    return f"{n}/{total} ({100 * n / total:.3g} %)"


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    print("| | " + " | ".join(COLUMNS) + " | s |")
    print("| --- " * (len(COLUMNS) + 2) + "|")
    for name, checker in installed().items():
        if names and not any(n in name for n in names):
            continue
        start, cells, details = time.perf_counter(), [], []
        for cases, right in COLUMNS.values():
            missed = count(checker, cases, right)
            cells.append(cell(len(missed), len(cases), right))
            details += missed
        print(f"| {name} | {' | '.join(cells)} | {time.perf_counter() - start:.0f} |", flush=True)
        if name == "microgradnet":
            for case, answer in details:
                print(f"  {case.name}: {'undecided' if answer is None else answer}")


if __name__ == "__main__":
    main(sys.argv[1:])
