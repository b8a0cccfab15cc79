"""What a wrong forward computation is made of: operations exchanged, with the sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .graph import Op


@dataclass(frozen=True)
class Variant:
    """Operations exchanged, with the sentence that says so."""

    ops: tuple[tuple[int, Op], ...]
    text: Callable[[], str]
    cost: float


def combined(a: Variant, b: Variant) -> Variant | None:
    """Make both mistakes; None if they meet in one operation."""
    if {i for i, _ in a.ops} & {i for i, _ in b.ops}:
        return None
    return Variant(a.ops + b.ops, lambda: f"{a.text()}, and {b.text()}", a.cost + b.cost)
