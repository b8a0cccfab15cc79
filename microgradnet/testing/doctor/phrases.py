"""Turns of phrase that several kinds of mistake share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from .naming import Names, listed
from .sweep import Edge


def factor_text(c: float, sizes: Sequence[int] = ()) -> str:
    """Say in words that something is multiplied by a constant."""
    words = {
        0.0: "is always 0",
        -1.0: "has the wrong sign",
        2.0: "is twice what it should be",
        0.5: "is half of what it should be",
        -2.0: "has the wrong sign and is twice what it should be",
        -0.5: "has the wrong sign and is half of what it should be",
    }
    if c in words:
        return words[c]
    for n in sizes[:1]:  # the number of rows
        for scale, what in ((1.0, ""), (-1.0, " and has the wrong sign")):
            if abs(c - scale * n) < 1e-9 * n:
                return f"is {n} times what it should be ({n} is the number of rows){what}"
            if abs(c * n - scale) < 1e-9:
                return f"is 1/{n} of what it should be ({n} is the number of rows){what}"
    return f"is {number(c)} times what it should be"


def number(c: float) -> str:
    """Write a constant, as a fraction where it is one."""
    fraction = Fraction(c).limit_denominator(1000)
    return str(fraction) if abs(float(fraction) - c) < 1e-9 * abs(c) else f"{c:.6g}"


def times(c: float, formula: str) -> str:
    """Write a constant times a formula."""
    if c == 1.0:
        return formula
    inner = formula if formula.startswith(("sign", "exp(", "(")) else f"({formula})"
    return f"-{inner}" if c == -1.0 else f"{number(c)}*{inner}"


def through(names: Names, e: Edge) -> str:
    """Say along which operation a term comes."""
    return f" that comes through {names(e.top)}{which(names, e)}"


def which(names: Names, e: Edge) -> str:
    """Tell apart what the code writes twice: ``z - mu`` on its way to a variance."""
    users = names.graph.users(e.bottom)
    if all(n == e.top or names.bare(n) != names.bare(e.top) for n, _ in users):
        return ""
    above = [n for n, _ in names.graph.users(e.top)]
    return f" of {names(above[0])}" if above else ""


def rounds(group: Any) -> str:
    """Say that a mistake is made each time that a place in the code is passed."""
    n = len({e.top for e in group.edges})
    return "" if n == 1 else f" (and so in each of the {n} places that this code makes)"


def scaled_by(case: Any, targets: Iterable[int], c: float) -> str:
    """Say that some derivatives are off by a constant."""
    targets = list(targets)
    every = len(targets) == len(case.targets) > 1
    which = "every derivative" if every else derivatives(case, targets)
    text = factor_text(c, case.sizes)
    if every or len(targets) == 1:
        return f"{which} {text}"
    start = "each have " if text.startswith("has ") else "are each "
    return f"{which} {start}{text.removeprefix('has ').removeprefix('is ')}"


def derivatives(case: Any, targets: Iterable[int]) -> str:
    """Name the derivatives of some targets."""
    chosen = set(targets)
    names: dict[str, None] = {}
    for t in sorted(chosen):
        target = case.targets[t]
        family = {i for i, other in enumerate(case.targets) if other.op == target.op}
        names[target.whole if family <= chosen else target.name] = None
    return listed([f"`∂L/∂{name}`" for name in names])


def only_for(case: Any, fixes: Iterable[int], text: str, bottom: int) -> str:
    """Restrict a sentence to the derivatives in which the mistake was made."""
    fixes = sorted(fixes)
    if len(fixes) == 1 and bottom in (case.targets[fixes[0]].op, case.targets[fixes[0]].node):
        return text
    return f"in {derivatives(case, fixes)} only, {text}"
