"""``python -m microgradnet check FILE.py:function[:gradient] POINT ...``."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Sequence

from ..errors import MicrogradnetError
from .check import gradcheck
from .loading import UsageError, functions, literal, point
from .report import Report

__all__ = ["main"]

FORM = "FILE.py:function[:gradient]"


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
        f, *gradient = functions(options.target, FORM)
        report = gradcheck(
            f,
            *point(f, options.point).values(),
            grad=gradient[0] if gradient else None,
            order=options.order,
            project=None if options.project is None else literal(options.project),
            seed=options.seed,
        )
    except (UsageError, MicrogradnetError) as error:
        print("\n".join([f"check: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 2
    show(report)
    return 0 if report.passed else 1


def show(report: Report) -> None:
    """Print a report: in colour on a terminal where rich is installed, else as text."""
    if sys.stdout.isatty() and importlib.util.find_spec("rich"):
        importlib.import_module("rich").print(report)
    else:
        print(report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m microgradnet check",
        description="Check a gradient, element by element, against the function itself.",
    )
    parser.add_argument("target", metavar=FORM)
    parser.add_argument(
        "point",
        nargs="*",
        metavar="POINT",
        help="one number or list per parameter, like 0.5 '[1.0, 2.0]'; else the defaults",
    )
    parser.add_argument(
        "--project", metavar="W", help="of a result that is a list: check sum(W * result)"
    )
    parser.add_argument("--order", type=int, choices=(1, 2), default=1)
    parser.add_argument("--seed", type=int, default=0, help="for random directions")
    return parser
