"""Run the benchmarks and print their tables as Markdown: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import os
import platform
from importlib import metadata

from . import elementwise, memory, mlp, scalar, tutorial_sgd
from .common import compete

TIMED = {"sgd": tutorial_sgd, "elementwise": elementwise, "mlp": mlp, "scalar": scalar}


def versions() -> str:
    """Name what takes part, so that a table can be read later."""
    found = [f"Python {platform.python_version()}"]
    for name in ("numpy", "torch", "jax", "autograd", "mygrad", "micrograd"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} not installed")
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    where = f"{os.cpu_count()} cores, {platform.machine()}, load before the start {load}"
    return f"{', '.join(found)}; {where}\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", choices=[*TIMED, "memory"], help="one group of workloads")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a rough picture")
    options = parser.parse_args()
    print(versions(), flush=True)
    for name, group in TIMED.items():
        if options.only in (None, name):
            for contest in group.contests():
                print(compete(contest, options.quick), flush=True)
    if options.only in (None, "memory"):
        print("\n".join(memory.tables()), flush=True)


if __name__ == "__main__":
    main()
