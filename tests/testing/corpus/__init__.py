"""Functions with right gradients, derived by hand, and mutants of those gradients.

What `gradcheck` and its peers are measured on: ``python -m tests.testing.corpus`` prints the
table. Every case is one function of one array, so that every checker can take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A scalar function of one array, and what is said to be its gradient."""

    name: str
    f: Callable[[Any], Any]
    gradient: Callable[[Any], Any]
    x: Any

    def narrow(self) -> Case:
        """The same code in float32."""
        return replace(self, name=f"{self.name} float32", x=np.float32(self.x))

    def spoilt(self, how: str, spoil: Callable[[Any], Any]) -> Case:
        return replace(self, name=f"{self.name}, {how}", gradient=lambda x: spoil(self.gradient(x)))


def _without_one(g: Any) -> Any:
    """Drop the term of the element that matters most."""
    g = g.copy()
    g.flat[np.argmax(np.abs(g))] = 0
    return g


def _wrong_index(g: Any) -> Any:
    return np.roll(g.reshape(-1), 1).reshape(g.shape)


GROSS: dict[str, Callable[[Any], Any]] = {
    "sign": lambda g: -g,
    "twice": lambda g: 2 * g,
    "half": lambda g: g / 2,
    "wrong index": _wrong_index,
    "a term missing": _without_one,
    "10 %": lambda g: g + g / 10,
}


def mutants(case: Case, kinds: dict[str, Callable[[Any], Any]]) -> Iterator[Case]:
    """Spoil a case in every way that makes a difference to its gradient."""
    right = np.asarray(case.gradient(case.x), float)
    size = np.max(np.abs(right), initial=0.0)
    for how, spoil in kinds.items():
        off = np.abs(spoil(right) - right)
        if np.max(off, initial=0.0) > 5e-4 * size > 0:
            yield case.spoilt(how, spoil)
