"""``python -m microgradnet fuzz``: one program through every engine, until time is up."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import secrets
import sys
from typing import Any

from .display import display

MOST = 4  # workers by default: each holds all engines in memory
ENGINES = ("microgradnet", "torch", "jax", "autograd", "mygrad")


def installed() -> list[str]:
    """Name the engines that can be imported here."""
    return [name for name in ENGINES if importlib.util.find_spec(name) is not None]


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def options(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m microgradnet fuzz",
        description="Draw random programs, run each through every engine, and print the "
        "smallest program for each kind of wrong derivative.",
    )
    parser.add_argument(
        "--engines", default=",".join(installed()), help="comma-separated; default: those installed"
    )
    parser.add_argument("--minutes", type=float, default=1.0, help="how long; default 1")
    parser.add_argument("--seed", type=int, default=None, help="draw the same programs again")
    parser.add_argument(
        "--workers", type=int, default=min(cores(), MOST), help="processes; default: one a core"
    )
    chosen = parser.parse_args(argv)
    typed = [name.strip() for name in chosen.engines.split(",")]
    chosen.names = [name for name in dict.fromkeys(typed) if name]
    for name in chosen.names:
        if name not in ENGINES:
            parser.error(f"unknown engine {name!r}; expected some of {', '.join(ENGINES)}")
        if name not in installed():
            parser.error(f"{name} is not installed; installed: {', '.join(installed())}")
    if not chosen.names:
        parser.error(f"expected at least one engine, some of {', '.join(ENGINES)}")
    if not 0 < chosen.minutes < float("inf"):
        parser.error(f"--minutes {chosen.minutes}: expected a positive number; 0.5 is 30 seconds")
    if chosen.workers < 1:
        parser.error(f"--workers {chosen.workers}: expected 1 or more")
    if chosen.seed is not None and chosen.seed < 0:
        parser.error(f"--seed {chosen.seed}: expected 0 or more")
    if chosen.seed is None:
        chosen.seed = secrets.randbelow(10**6)
    return chosen


def main(argv: list[str]) -> int:
    """Hunt, and print what was found.

    Parameters
    ----------
    argv : list of str
        The arguments after ``fuzz``.

    Returns
    -------
    int
        1 if microgradnet itself has a bucket, or a worker died; 2 without Hypothesis; else 0.
    """
    if importlib.util.find_spec("hypothesis") is None:
        print("the fuzzer draws with Hypothesis: pip install hypothesis", file=sys.stderr)
        return 2
    chosen = options(argv)
    hunting: Any = importlib.import_module(f"{__package__}.hunt")
    hunt = hunting.Hunt(chosen.names, chosen.minutes, chosen.seed, chosen.workers)
    lost = ""
    with display() as hunt.watch:
        try:
            hunt.run(lambda versions: print(f"seed {chosen.seed}; {', '.join(versions)}"))
        except KeyboardInterrupt:
            print("stopped")
        except RuntimeError as error:
            lost = str(error)
        hunt.watch.show(hunt)
    for finding in hunt.found:
        print(f"\n{finding}")
    for text in hunt.named_conventions():
        print(text)
    if lost:
        print(lost, file=sys.stderr)
    return int(bool(lost) or any(bucket.engine == "microgradnet" for bucket in hunt.buckets))
