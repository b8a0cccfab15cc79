"""The shape of a row in the table of the documents' mistakes, and its print-out in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .evidence import Evidence
from .mistakes import Mistake

__all__ = ["SEEDS", "DocumentMistake", "markdown"]

SEEDS = 30
"""``converge`` counts seeds out of this many: 0 to 29, learning rate 0.1, 1000 epochs."""


@dataclass(frozen=True)
class DocumentMistake:
    """One row of the table.

    Attributes
    ----------
    key : str
        A short name.
    documents : tuple of str
        The documents that make the mistake, "000" to "004".
    says : str
        What they say.
    right : str
        What is right.
    effect : str
        What it does to training.
    evidence : callable, optional
        Computes what is written and what is right; None where there are only words to compare.
    variant : Mistake, optional
        The switch that puts it back into the hand-derived code.
    converge : int, optional
        With the switch on, how many of ``SEEDS`` trainings of the 2-2-1 network end with its loss
        (the right one, from its right ``feedforward``) below 0.003. Without a switch, all do.
    """

    key: str
    documents: tuple[str, ...]
    says: str
    right: str
    effect: str
    evidence: Evidence | None = None
    variant: Mistake | None = None
    converge: int | None = None


def markdown(rows: Iterable[DocumentMistake]) -> str:
    """Print the table for the README.

    Parameters
    ----------
    rows : iterable of DocumentMistake
        What to print.

    Returns
    -------
    str
        A Markdown table of four columns.

    Examples
    --------
    >>> row = DocumentMistake("y-ture", ("004",), "`y_{ture}`", "`y_{true}`", "None.")
    >>> print(markdown([row]).splitlines()[-1])
    | 004 | `y_{ture}` | `y_{true}` | None. |
    """
    lines = ["| document | what it says | what is right | what it does to training |"]
    lines.append("| --- | --- | --- | --- |")
    for row in rows:
        effect = row.effect
        if row.converge is not None:
            effect += f" ({row.converge} of {SEEDS} seeds end below 0.003.)"
        cells = (", ".join(row.documents), row.says, row.right, effect)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
