"""The command line: ``python -m microgradnet tutorial``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from .tutorial import report

COMMANDS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "tutorial": (report.main, "train the documents' network and check its nine gradients"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    name, *rest = list(sys.argv[1:] if argv is None else argv) or [""]
    if name in COMMANDS:
        try:
            status = COMMANDS[name][0](rest)
            sys.stdout.flush()
            return status
        except BrokenPipeError:  # the reader, ``head`` say, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
    lines = [f"  {command:<10} {what}" for command, (_, what) in COMMANDS.items()]
    usage = "usage: python -m microgradnet COMMAND ...\n" + "\n".join(lines)
    if name in ("-h", "--help", ""):
        print(usage)
        return 0 if name else 2
    print(f"unknown command {name!r}; expected one of these\n{usage}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
