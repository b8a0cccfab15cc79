"""A network, the gradient that somebody derived for it, and slips in that code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from microgradnet.ops.special import sigmoid


@dataclass(frozen=True)
class Bug:
    """Pieces of the right code that are exchanged, and what the sentence must say (regex)."""

    name: str
    changes: tuple[tuple[str, str], ...]
    says: str
    double: bool = False


@dataclass
class Network:
    """An intended loss, the right gradient as source, and the mistakes."""

    name: str
    intended: Callable[..., Any]
    params: Any
    inputs: Any
    source: str
    bugs: list[Bug] = field(default_factory=list)
    learning_rate: float | None = None

    def gradient(self, bug: Bug | None = None) -> Callable[..., Any]:
        gradient: Callable[..., Any] = self.defined(bug)["gradient"]
        return gradient

    def forward(self, bug: Bug | None = None) -> Callable[..., Any] | None:
        """Give the forward computation, where the source defines one to hand in."""
        return self.defined(bug).get("forward")

    def defined(self, bug: Bug | None) -> dict[str, Any]:
        source = self.source
        for old, new in bug.changes if bug is not None else ():
            assert source.count(old) == 1, f"{self.name}/{bug}: {old!r} stands {source.count(old)}x"
            source = source.replace(old, new)
        namespace: dict[str, Any] = {"np": np, "sig": sigmoid}
        exec(compile(source, f"<{self.name}>", "exec"), namespace)
        return namespace

    def bug(self, name: str, *changes: str, says: str, double: bool = False) -> None:
        pairs = tuple(zip(changes[::2], changes[1::2], strict=True))
        self.bugs.append(Bug(name, pairs, says, double))


def collection() -> tuple[list[Network], Callable[..., Network]]:
    """Give an empty list of networks, and what adds one to it."""
    networks: list[Network] = []

    def add(*args: Any, **options: Any) -> Network:
        networks.append(Network(*args, **options))
        return networks[-1]

    return networks, add


def normal(rng: np.random.Generator) -> Callable[..., Any]:
    """Give what draws normal numbers of a shape: ``R(3, 2)``."""
    return lambda *shape: rng.normal(size=shape)
