"""What a check found, element by element, worst first: as text, in colour, and as HTML."""

from __future__ import annotations

import html
import importlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .element import Element

HEADS = ("argument", "index", "reported", "numeric", "±", "ratio", "verdict")
NUMBERS = frozenset({"reported", "numeric", "±", "ratio"})  # aligned to the right
COLOURS = {"wrong": "red", "inconclusive": "yellow", "passed": "green"}
ON_WHITE = COLOURS | {"inconclusive": "darkorange"}
SHOWN = 20


@dataclass
class Report:
    """The result of `gradcheck`.

    Attributes
    ----------
    title : str
        What was checked.
    rows : list of Element
        The elements judged one by one, worst first. Each has a ``name``, an ``index``, the
        ``reported`` number, the numeric ``slope`` (``value``, ``bound``), a ``verdict``
        and ``how`` it was reached.
    mistakes : list of str
        What is wrong with the gradient as a whole: a shape, a structure.
    notes : list of str
        What else a reader should know.
    """

    title: str
    rows: list[Element]
    mistakes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    in_blocks: int = 0  # elements judged together with their neighbours
    open: int = 0  # elements that nobody got to

    def __post_init__(self) -> None:
        self.sort()

    def sort(self) -> None:
        """Put the worst first."""
        order = {"wrong": 0, "inconclusive": 1, "passed": 2}
        self.rows.sort(key=lambda e: (order[e.verdict], -e.badness))

    @property
    def verdict(self) -> str:
        """``"wrong"``, else ``"inconclusive"``, else ``"passed"``."""
        verdicts = {e.verdict for e in self.rows}
        if self.mistakes or "wrong" in verdicts:
            return "wrong"
        return "inconclusive" if self.open or "inconclusive" in verdicts else "passed"

    @property
    def passed(self) -> bool:
        """Whether every element is right; an inconclusive one is not."""
        return self.verdict == "passed"

    def __bool__(self) -> bool:
        return self.passed

    def named(self, prefix: str) -> list[Element]:
        """Give the rows under longer names, for a report on more than this."""
        for e in self.rows:
            e.name = prefix + e.name
        return self.rows

    def summary(self) -> str:
        """Say in one line how it went."""
        counts = Counter(e.verdict for e in self.rows)
        parts = [f"{counts[v]} {v}" for v in ("wrong", "inconclusive", "passed") if counts[v]]
        how = Counter(e.how.split(":")[0] for e in self.rows if e.verdict == "passed")
        kinds = how.most_common()
        by = ", ".join(f"{h} ({n})" if len(kinds) > 1 else h for h, n in kinds if h)
        line = f"{self.title}: {self.verdict.upper()}"
        if parts:
            line += f" ({', '.join(parts)}"
            line += f"; judged by {by})" if by else ")"
        elif self.passed and not self.in_blocks:
            line += " (there was nothing to check)"
        if self.in_blocks:
            line += f", {self.in_blocks:,} more passed in blocks"
        return line

    def cells(self) -> list[tuple[str, ...]]:
        """Give the table's rows as text."""
        return [_cells(e) for e in self.rows[: self._shown()]]

    def _shown(self) -> int:
        bad = sum(e.verdict != "passed" for e in self.rows)
        return max(min(bad, 10 * SHOWN), min(len(self.rows), SHOWN))

    def remarks(self) -> list[str]:
        """Give the lines below the table."""
        hidden = len(self.rows) - self._shown()
        more = [f"... and {hidden:,} more rows"] if hidden else []
        if self.open:
            more.append(f"{self.open:,} elements more were not judged: too many had to be, singly")
        return [*self.mistakes, *more, *self.notes]

    def __str__(self) -> str:
        table = [HEADS, *self.cells()]
        widths = [max(len(row[i]) for row in table) for i in range(len(HEADS))]
        lines = [
            "  ".join(
                c.rjust(w) if head in NUMBERS else c.ljust(w)
                for c, w, head in zip(row, widths, HEADS, strict=True)
            ).rstrip()
            for row in table
        ]
        return "\n".join([self.summary(), *(lines if self.rows else []), *self.remarks()])

    def __rich__(self) -> Any:
        console = importlib.import_module("rich.console")
        table = importlib.import_module("rich.table").Table(box=None)
        for head in HEADS:  # folded where they must be, as a number that is cut is another one
            side = "right" if head in NUMBERS else "left"
            table.add_column(head, justify=side, overflow="fold", no_wrap=head in NUMBERS)
        text = importlib.import_module("rich.text").Text
        for cells, e in zip(self.cells(), self.rows, strict=False):
            table.add_row(*map(text, cells), style=COLOURS[e.verdict])
        head = text(self.summary(), style=f"bold {COLOURS[self.verdict]}")
        return console.Group(head, *([table] if self.rows else []), *map(text, self.remarks()))

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str, colour: str = "inherit") -> str:
            inside = "".join(
                f'<{tag} style="text-align: {"right" if head in NUMBERS else "left"}">'
                f"{html.escape(c)}</{tag}>"
                for c, head in zip(cells, HEADS, strict=True)
            )
            return f'<tr style="color: {colour}">{inside}</tr>'

        body = "".join(
            row(cells, "td", ON_WHITE[e.verdict])
            for cells, e in zip(self.cells(), self.rows, strict=False)
        )
        remarks = "".join(f"<p>{html.escape(line)}</p>" for line in self.remarks())
        table = f"<table>{row(HEADS, 'th')}{body}</table>" if self.rows else ""
        return f"<p><b>{html.escape(self.summary())}</b></p>{table}{remarks}"


def _cells(e: Element) -> tuple[str, ...]:
    index = ", ".join(map(str, e.index))
    if e.kink is not None:
        low, high = sorted(e.kink)
        numeric, bound = f"{low:.6g} to {high:.6g}", ""
    elif e.slope:
        numeric, bound = f"{e.slope.value:.10g}", f"{e.slope.bound:.1g}"
    else:
        numeric, bound = "unknown", ""
    ratio = "" if e.kink is not None or e.ratio != e.ratio else f"{e.ratio:.6g}"
    verdict = e.verdict if not e.how else f"{e.verdict} ({e.how})"
    where = f"[{index}]" if index else ""
    return e.name, where, f"{e.reported:.10g}", numeric, bound, ratio, verdict
