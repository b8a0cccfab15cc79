"""Print how many planted mistakes the doctor names: ``python -m tests.testing.doctor_bugs``."""

from __future__ import annotations

import re
import sys
import time

from microgradnet.testing.doctor import diagnose

from . import (
    cells,
    classes,
    columns,
    documents,
    filled,
    first_again,
    first_batches,
    first_cells,
    first_right,
    first_scalars,
    first_windows,
    hands_again,
    hands_batches,
    hands_scalars,
    hands_windows,
    kinds_loops,
    kinds_matrices,
    kinds_scalars,
    layers,
    loops,
    matrices,
    others,
    penalties,
    people_again,
    people_batches,
    people_right,
    people_scalars,
    people_windows,
    rounds,
    sequences,
    slides,
    small,
    steps,
    usual_gates,
    usual_matrices,
    usual_scalars,
    windows,
)
from .network import Bug, Network

CORPORA = (
    *(documents, matrices, sequences),
    *(others, small, slides, loops),
    *(steps, layers, cells, classes, penalties, windows),
    *(rounds, columns, filled),
    *(kinds_scalars, kinds_matrices, kinds_loops),
    *(usual_scalars, usual_matrices, usual_gates),
    *(hands_scalars, hands_batches, hands_windows, hands_again),
    *(people_scalars, people_batches, people_windows, people_again, people_right),
    *(first_scalars, first_batches, first_windows, first_cells, first_again, first_right),
)
NETWORKS = [network for corpus in CORPORA for network in corpus.NETWORKS]


def judged(network: Network, bug: Bug | None) -> tuple[str, float, str]:
    """Diagnose one piece of code: the verdict on the doctor, its seconds, its words."""
    start = time.perf_counter()
    found = diagnose(
        network.intended,
        network.gradient(bug),
        network.params,
        inputs=network.inputs,
        forward=network.forward(bug),
        learning_rate=network.learning_rate,
    )
    seconds = time.perf_counter() - start
    if bug is None:
        verdict = "right" if found.correct else "false alarm"
    elif found.correct or not found.explained:
        verdict = "unnamed"
    else:
        verdict = "named" if re.search(bug.says, str(found), re.DOTALL) else "wrongly named"
    return verdict, seconds, str(found)


def main(verbose: bool) -> int:
    """Judge everything; 1 if something was named wrongly or correct code was blamed."""
    total: dict[str, int] = {}
    for network in NETWORKS:
        counts: dict[str, int] = {}
        slowest = {False: 0.0, True: 0.0}
        for bug in (None, *network.bugs):
            verdict, seconds, words = judged(network, bug)
            counts[verdict] = counts.get(verdict, 0) + 1
            total[verdict] = total.get(verdict, 0) + 1
            double = bug is not None and bug.double
            slowest[double] = max(slowest[double], seconds)
            if verbose or verdict not in ("named", "right"):
                name = "correct code" if bug is None else bug.name
                print(f"  {verdict:13} {seconds:5.2f} s  {name}: {words}")
        figures = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
        times = f"slowest {slowest[False]:.2f} s, pairs {slowest[True]:.2f} s"
        print(f"{network.name:32} {figures}; {times}")
    print("all: " + ", ".join(f"{n} {verdict}" for verdict, n in total.items()))
    return int("wrongly named" in total or "false alarm" in total)


if __name__ == "__main__":
    sys.exit(main("-v" in sys.argv))
