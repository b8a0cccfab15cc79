"""One engine's peak memory on one workload, measured alone in a process; see ``memory.py``.

Two yardsticks. The operating system's peak of resident memory, which sees every engine;
and ``tracemalloc``, to which Python and NumPy report each allocation exactly. Before
measuring, the same code runs on a small input, so that libraries have their buffers.
"""

from __future__ import annotations

import gc
import json
import re
import resource
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from microgradnet import Value

from . import elementwise, mlp
from .common import Contest

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident_peak() -> int:
    """Peak of resident bytes, since `forget_peak` where the system can forget."""
    if STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())
        if found:
            return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def forget_peak() -> None:
    """Set the peak back to what is resident now (Linux; elsewhere the start's peak stays)."""
    with suppress(OSError):
        CLEAR.write_text("5")


def peak_of(run: Callable[[], Any], meter: str) -> int:
    """Bytes that `run` needs at its peak beyond what is held before it."""
    gc.collect()
    if meter == "resident":
        forget_peak()
        before = resident_peak()
        run()
        return resident_peak() - before
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def kept(build: Callable[[], Any]) -> int:
    """Bytes that a recorded result holds on to."""
    gc.collect()
    tracemalloc.start()
    loss = build()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del loss
    return held


def graph(workload: str) -> Callable[[], Any]:
    """Give a function that records the workload's loss with microgradnet and returns it."""
    if workload == "elementwise":
        x = Value(np.random.default_rng(0).normal(size=1_000_000))
        return lambda: elementwise.formula(np, x)
    layers, inputs, outputs = mlp.network(*mlp.LARGE)
    values = [tuple(map(Value, pair)) for pair in layers]
    return lambda: mlp.squared_error(np, values, inputs, outputs)


def contests(workload: str) -> tuple[Contest, Contest]:
    """Give the small contest that warms up, and the large one that is measured."""
    if workload == "elementwise":
        return elementwise.contest(1_000), elementwise.contest(1_000_000)
    return mlp.contest((64, 64, 64, 10), 64, "float32", 0.0), mlp.contest(*mlp.LARGE, 0.0)


def main(workload: str, engine: str, meter: str) -> None:
    if engine == "graph":
        print(json.dumps(kept(graph(workload))))
        return
    small, large = (contest.makers[engine]() for contest in contests(workload))
    if isinstance(small, str) or isinstance(large, str):
        print(json.dumps(large))
        return
    small.run()
    print(json.dumps(peak_of(large.run, meter)))


if __name__ == "__main__":
    main(*sys.argv[1:])
