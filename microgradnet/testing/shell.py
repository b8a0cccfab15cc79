"""``python -m microgradnet check FILE.py:function[:gradient] POINT ...``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Sequence
from typing import Any

from ..errors import MicrogradnetError
from .check import gradcheck
from .loading import UsageError, functions, literal
from .report import Report

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Check a gradient from the shell and print the report.

    Parameters
    ----------
    argv : sequence of str, optional
        What was typed behind ``check``.

    Returns
    -------
    int
        0 if every element passed, 1 if not, 2 if the question made no sense.
    """
    options = _parser().parse_args(argv)
    try:
        f, *gradient = functions(options.target, 1, 2)
        point = [literal(text) for text in options.point] or _defaults(f)
        report = gradcheck(
            f,
            *point,
            grad=gradient[0] if gradient else None,
            order=options.order,
            seed=options.seed,
        )
    except (UsageError, MicrogradnetError) as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    show(report)
    return 0 if report.passed else 1


def show(report: Report) -> None:
    """Print a report: in colour on a terminal where rich is installed, else as text."""
    if sys.stdout.isatty() and importlib.util.find_spec("rich"):
        importlib.import_module("rich").print(report)
    else:
        print(report)


def _defaults(f: Any) -> list[Any]:
    """Take the point from the function's own defaults."""
    parameters = inspect.signature(f).parameters.values()
    missing = [p.name for p in parameters if p.default is p.empty]
    if missing:
        raise UsageError(
            f"{f.__name__} needs a point: write a number or a list for each of its parameters "
            f"behind it, or give them defaults; {', '.join(missing)} has none"
        )
    return [p.default for p in parameters]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m microgradnet check",
        description="Check a gradient, element by element, against the function itself.",
    )
    parser.add_argument("target", metavar="FILE.py:function[:gradient]")
    parser.add_argument(
        "point",
        nargs="*",
        metavar="POINT",
        help="one number or list per parameter, like 0.5 '[1.0, 2.0]'; else the defaults",
    )
    parser.add_argument("--order", type=int, choices=(1, 2), default=1)
    parser.add_argument("--seed", type=int, default=0, help="for random directions")
    return parser
