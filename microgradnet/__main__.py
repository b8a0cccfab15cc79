"""The command line: ``python -m microgradnet tutorial``, ``check``, ``doctor``, ``fuzz``."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

# Where each command's ``main`` is; only the one that was typed is loaded.
COMMANDS: dict[str, tuple[str, str]] = {
    "tutorial": ("tutorial.report", "train the documents' network and check its nine gradients"),
    "check": ("testing.shell", "check a gradient: FILE.py:function[:gradient] POINT ..."),
    "doctor": ("testing.doctor.shell", "name its mistake: FILE.py:function:gradient POINT ..."),
    "fuzz": ("testing.fuzz.main", "run random programs through every engine installed"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    name, *rest = list(sys.argv[1:] if argv is None else argv) or [""]
    if name in COMMANDS:
        return _run(name, rest)
    lines = [f"  {command:<10} {what}" for command, (_, what) in COMMANDS.items()]
    usage = "usage: python -m microgradnet COMMAND ...\n" + "\n".join(lines)
    if name in ("-h", "--help", ""):
        print(usage)
        return 0 if name else 2
    print(f"unknown command {name!r}; expected one of these\n{usage}", file=sys.stderr)
    return 2


def _run(name: str, rest: list[str]) -> int:
    try:
        command = importlib.import_module(f".{COMMANDS[name][0]}", __package__)
    except ModuleNotFoundError as error:
        print(
            f'{name} needs {error.name}, which is not installed: pip install "microgradnet[test]"',
            file=sys.stderr,
        )
        return 2
    try:
        status = int(command.main(rest))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, ``head`` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # the user's own function's, mostly: 1 would say that it was found wrong
        traceback.print_exc()
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
