"""``python -m microgradnet fuzz``: one program through every engine, until time is up."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import secrets
import sys
import warnings
from typing import Any

import numpy as np

from .display import display

ENGINES = ("microgradnet", "torch", "jax", "autograd", "mygrad")


def installed() -> list[str]:
    """Name the engines that can be imported here."""
    return [name for name in ENGINES if importlib.util.find_spec(name) is not None]


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
    chosen = parser.parse_args(argv)
    chosen.names = [name for name in chosen.engines.split(",") if name]
    for name in chosen.names:
        if name not in ENGINES:
            parser.error(f"unknown engine {name!r}; expected some of {', '.join(ENGINES)}")
        if name not in installed():
            parser.error(f"{name} is not installed; installed: {', '.join(installed())}")
    if chosen.minutes <= 0 or not chosen.names:
        parser.error("expected at least one engine and a positive number of minutes")
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
        1 if microgradnet itself has a bucket, 2 without Hypothesis, else 0.
    """
    if importlib.util.find_spec("hypothesis") is None:
        print("the fuzzer draws with Hypothesis: pip install hypothesis", file=sys.stderr)
        return 2
    chosen = options(argv)
    hunting: Any = importlib.import_module(f"{__package__}.hunt")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with display() as watch:
            hunt = hunting.Hunt(chosen.names, chosen.minutes, chosen.seed, watch)
            print(f"seed {chosen.seed}; {', '.join(hunt.versions())}")
            hunt.run()
            watch.show(hunt)
    for finding in hunt.buckets.values():
        print(f"\n{finding}")
    for text in hunt.named_conventions():
        print(text)
    return int(any(bucket.engine == "microgradnet" for bucket in hunt.buckets))
