"""``python -m microgradnet doctor FILE.py:intended:gradient[:forward] POINT ...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import MicrogradnetError
from ..loading import UsageError, functions, point
from .diagnosis import diagnose
from .trees import copied

__all__ = ["main"]

FORM = "FILE.py:intended:gradient[:forward]"


def main(argv: Sequence[str] | None = None) -> int:
    """Name the mistake in a gradient from the shell.

    Parameters
    ----------
    argv : sequence of str, optional
        What was typed behind ``doctor``.

    Returns
    -------
    int
        0 if there is no mistake, 1 if there is, 2 if the question made no sense.
    """
    options = _parser().parse_args(argv)
    try:
        intended, gradient, *forward = functions(options.target, FORM)
        example = point(intended, options.point)
        count = _parameters(intended, gradient, example, options)
        params = dict(list(example.items())[:count])
        first = next(iter(params.values()))
        found = diagnose(
            intended,
            gradient,
            first if count == 1 and isinstance(first, dict) else tuple(params.values()),
            inputs=tuple(example.values())[count:],
            forward=forward[0] if forward else None,
            learning_rate=options.learning_rate,
            seed=options.seed,
        )
    except (UsageError, MicrogradnetError) as error:
        print(f"doctor: {error}", file=sys.stderr)
        return 2
    print(found)
    return 0 if found.correct else 1


def _parameters(
    intended: Callable[..., Any],
    gradient: Callable[..., Any],
    example: dict[str, Any],
    options: argparse.Namespace,
) -> int:
    """Tell how many of the arguments are parameters: as many as the gradient has parts."""
    if options.inputs is not None:
        names = [n for n in options.inputs.split(",") if n]
        if names != list(example)[len(example) - len(names) :]:
            raise UsageError(
                f"--inputs {options.inputs}: expected the last arguments of {intended.__name__}, "
                f"which takes {', '.join(example)}"
            )
        return len(example) - len(names)
    own = copied([*example.values()])
    result = gradient(*own)
    if isinstance(result, tuple | list | dict) and not isinstance(own[0], dict):
        return min(len(result), len(own))
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m microgradnet doctor",
        description="Name the mistake in a gradient that was derived by hand.",
    )
    parser.add_argument("target", metavar=FORM)
    parser.add_argument(
        "point",
        nargs="*",
        metavar="POINT",
        help="an example: one number or list per argument, parameters first; else the defaults",
    )
    parser.add_argument("--inputs", help="names of the arguments that are data, like x,y")
    parser.add_argument(
        "--learning-rate", type=float, help="the gradient is a training step: gives new parameters"
    )
    parser.add_argument("--seed", type=int, default=0, help="for the random points")
    return parser
