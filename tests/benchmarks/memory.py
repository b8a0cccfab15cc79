"""Peak memory of the two large gradients, each engine in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

from .common import markdown

WORKLOADS = {
    "elementwise": "elementwise gradient, n = 1,000,000",
    "mlp": "tanh network 784-512-256-10, batch 128, float32",
}
OURS = ["microgradnet", "microgradnet, value_and_grad"]  # which copies its arguments
ENGINES = ["hand-written NumPy", *OURS, "PyTorch", "autograd", "MyGrad"]
REPORTS = {*ENGINES} - {"PyTorch"}  # to tracemalloc
SLACK = 1.2


def probe(workload: str, engine: str, meter: str) -> int | str:
    """Measure in a fresh process; a sentence instead of a number if the engine is missing."""
    command = [sys.executable, "-m", f"{__package__}.memory_probe", workload, engine, meter]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    result: int | str = json.loads(done.stdout)
    return result


def mebibytes(size: int | str) -> str:
    return size if isinstance(size, str) else f"{size / 2**20:.2f} MiB"


def table(workload: str, title: str) -> str:
    """Measure all engines on one workload; say what is allowed and whether it was kept."""
    print(f"... memory: {title}", file=sys.stderr, flush=True)
    resident = {name: probe(workload, name, "resident") for name in ENGINES}
    traced = {name: probe(workload, name, "traced") for name in ENGINES if name in REPORTS}
    rows = []
    for name in ENGINES:
        exact = traced.get(name, "does not report")
        rows.append([name, mebibytes(resident[name]), mebibytes(exact)])
    held = probe(workload, "graph", "traced")
    hand, ours = traced["hand-written NumPy"], traced["microgradnet"]
    assert isinstance(hand, int) and isinstance(ours, int) and isinstance(held, int)
    allowed = SLACK * hand + held
    verdict = "reached" if ours <= allowed else "MISSED"
    heads = ["engine", "resident memory", "allocated (tracemalloc)"]
    return (
        f"### peak memory of one value and gradient: {title}\n\n{markdown(heads, rows)}\n"
        f"The graph must keep {mebibytes(held)}. Asked: at most {SLACK} x hand-written + the graph"
        f" = {mebibytes(round(allowed))}: {verdict} with {mebibytes(ours)} "
        f"({ours / hand:.2f} x hand-written).\n"
    )


def tables() -> list[str]:
    return [table(workload, title) for workload, title in WORKLOADS.items()]
