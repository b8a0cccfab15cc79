"""Progress of a hunt: in place with rich on a terminal, else a plain line now and then."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .hunt import Hunt

EVERY = 0.5  # seconds between two looks at a live display
PLAIN_EVERY = 10.0  # and between two plain lines


def line(hunt: Hunt) -> str:
    """Say how far a hunt is."""
    rate = hunt.count / max(hunt.seconds, 1e-9)
    return (
        f"{hunt.seconds:5.0f} s  {hunt.count:6d} programs ({rate:.0f}/s)  "
        f"{len(hunt.covered)}/{len(hunt.operations)} operations  {len(hunt.found)} buckets"
    )


class Display:
    """Shows progress; a context manager, called with the hunt as its ``watch``."""

    every = PLAIN_EVERY

    def __init__(self) -> None:
        self.last = time.monotonic()

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, hunt: Hunt) -> None:
        """Show, if it is time to."""
        if time.monotonic() - self.last >= self.every:
            self.last = time.monotonic()
            self.show(hunt)

    def show(self, hunt: Hunt) -> None:
        """Print a line."""
        print(line(hunt), flush=True)


class Live(Display):
    """With rich: a line and a table of the buckets, redrawn in place."""

    every = EVERY

    def __init__(self) -> None:
        super().__init__()
        self.live: Any = importlib.import_module("rich.live").Live(refresh_per_second=4)

    def __enter__(self) -> Live:
        self.live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.live.__exit__(*error)

    def show(self, hunt: Hunt) -> None:
        """Redraw."""
        table = importlib.import_module("rich.table").Table("engine", "operation", "kind", "after")
        for finding in hunt.found:
            table.add_row(*finding.bucket, f"{finding.seconds:.0f} s")
        text = importlib.import_module("rich.text").Text(line(hunt))
        self.live.update(importlib.import_module("rich.console").Group(text, table))


def display() -> Display:
    """Choose how to show progress."""
    rich = importlib.util.find_spec("rich") is not None
    return Live() if rich and sys.stdout.isatty() else Display()
