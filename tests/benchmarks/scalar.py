"""Python floats: one recorded operation, and long chains forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from microgradnet import Value

from .common import Contest, Engine, peer

UNROLLED = 100


def repeated(expression: str, a: Any, b: Any) -> Engine:
    """Evaluate an expression in `a` and `b` many times, without a loop's cost between."""
    body = "\n".join([f"    z = {expression}"] * UNROLLED)
    scope: dict[str, Any] = {}
    exec(f"def run(a, b):\n{body}\n    return z", scope)
    run = scope["run"]
    return Engine(lambda: run(a, b), lambda z: [getattr(z, "data", z)])


def one_operation(expression: str) -> Contest:
    return Contest(
        f"one float operation, forward: {expression} (two variables)",
        {
            "plain floats": lambda: repeated(expression, 2.0, 3.0),
            "microgradnet": lambda: repeated(expression, Value(2.0), Value(3.0)),
            "micrograd": peer(
                "micrograd.engine",
                lambda e: repeated(expression, e.Value(2.0), e.Value(3.0)),
            ),
            "PyTorch": peer(
                "torch",
                lambda torch: repeated(
                    expression,
                    torch.tensor(2.0, dtype=torch.float64, requires_grad=True),
                    torch.tensor(3.0, dtype=torch.float64, requires_grad=True),
                ),
            ),
        },
        {"micrograd": 400 / 700},
        per=UNROLLED,
        rounds=25,
    )


def chain(leaf: Callable[[], Any], nodes: int) -> Engine:
    """Record ``x = x * c + d`` over and over, then go back to where it began."""

    def run() -> Any:
        start = x = leaf()
        for _ in range(nodes // 2):
            x = x * 0.9999999 + 1e-9
        x.backward()
        return start.grad

    return Engine(run, lambda g: [g])


def long_chain(nodes: int, rounds: int) -> Contest:
    def micrograd() -> Engine | str:
        return "recurses: a chain of 1,000 nodes is too deep for Python"

    if nodes < 1_000:
        micrograd = peer("micrograd.engine", lambda e: chain(lambda: e.Value(0.5), nodes))
    return Contest(
        f"a chain of {nodes:,} float operations, forward and backward",
        {
            "microgradnet": lambda: chain(lambda: Value(0.5), nodes),
            "micrograd": micrograd,
            "PyTorch": peer(
                "torch",
                lambda torch: chain(
                    lambda: torch.tensor(0.5, dtype=torch.float64, requires_grad=True), nodes
                ),
            ),
        },
        {"PyTorch": 1 / 3},
        rounds=rounds,
        per=nodes,
    )


def contests() -> Iterator[Contest]:
    yield one_operation("a * b")
    yield one_operation("a + b")
    yield long_chain(600, 15)
    yield long_chain(1_000_000, 3)
