"""Long chains, no recursion, no reference cycles, memory freed at once; work is linear."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, elementwise, grad, hessian, jvp, value_and_grad
from microgradnet.graph import Node

MILLION = 1_000_000


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Turn the garbage collector off: only reference counts free memory."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def nodes() -> int:
    """Count the nodes that are alive."""
    return sum(isinstance(o, Node) for o in gc.get_objects())


def test_a_million_operations_without_recursion_and_freed_at_once(no_collector: None) -> None:
    before = nodes()
    limit = sys.getrecursionlimit()
    x = Value(1.0)
    y = x
    for _ in range(MILLION):
        y = y * 1.0
    assert nodes() - before == MILLION + 1
    y.backward()
    assert x.grad == 1.0
    assert nodes() - before == MILLION + 1  # backward makes none
    assert sys.getrecursionlimit() == limit
    del y
    assert nodes() - before == 1  # the leaf
    del x
    assert nodes() == before


def test_a_long_chain_of_arrays_in_both_modes(no_collector: None) -> None:
    before = nodes()

    def f(x: Any) -> Any:
        for _ in range(20_000):
            x = x + 1.0
        return np.sum(x)

    x = np.zeros(2)
    np.testing.assert_array_equal(grad(f)(x), [1.0, 1.0])
    assert jvp(f, (x,), (np.ones(2),)) == (40_000.0, 2.0)
    assert nodes() == before


def test_a_long_chain_twice_differentiated() -> None:
    def f(x: Any) -> Any:
        y = x
        for _ in range(5_000):
            y = y * 1.0
        return y * y

    assert grad(grad(f))(3.0) == 2.0


def test_every_rule_runs_once_per_node() -> None:
    # The clock proves nothing; the number of rule evaluations does. A diamond of depth n has
    # 2**n paths but 2 n nodes.
    calls = {"value": 0, "partial": 0}

    def value(x: Any) -> Any:
        calls["value"] += 1
        return x * 0.5

    def partial(z: Any, x: Any) -> Any:
        calls["partial"] += 1
        return 0.5

    counted = elementwise(value, partial, name="memory_counted")
    x = Value(1.0)
    y = x
    for _ in range(200):
        y = counted(y) + counted(y)
    assert calls["value"] == 400
    y.backward()
    assert x.grad == 1.0
    assert calls["partial"] == 400
    calls["partial"] = 0
    assert jvp(lambda x: counted(x) + counted(x), (1.0,), (1.0,)) == (1.0, 1.0)
    assert calls["partial"] == 2


def test_only_what_is_asked_for_is_differentiated() -> None:
    calls: list[str] = []

    def named(name: str) -> Any:
        return elementwise(lambda x: x + 1.0, lambda z, x: calls.append(name) or 1.0,
                           name=f"memory_{name}")  # fmt: skip

    used, other = named("used"), named("other")
    assert grad(lambda x, y: used(x) * other(y))(2.0, 3.0) == 4.0
    assert calls == ["used"]


@pytest.mark.parametrize(
    "build",
    [
        lambda: Value(2.0) * 3.0 + 1.0,
        lambda: np.sum(np.tanh(Value(np.ones(3)) @ np.ones((3, 2)))),
        lambda: np.sum(Value(np.ones((2, 3))).T[1:] ** 2),
        lambda: np.sum(np.where(Value(np.ones(3)) > 0, Value(np.ones(3)), 0.0)),
    ],
)
def test_a_graph_has_no_reference_cycles(no_collector: None, build: Any) -> None:
    before = nodes()
    y = build()
    handle = weakref.ref(y)
    assert nodes() > before
    y.backward()
    del y
    assert handle() is None
    assert nodes() == before
    assert gc.collect() == 0


def test_assignments_and_views_leave_no_cycles(no_collector: None) -> None:
    before = nodes()
    x = Value(np.ones(4))
    y = x * 2.0
    view = y[1:]
    total = np.sum(view)
    del view
    y[0] = total
    y[1:] += 1.0
    np.sum(y).backward()
    handles = [weakref.ref(v) for v in (x, y, total)]
    del x, y, total
    assert [h() for h in handles] == [None, None, None]
    assert nodes() == before
    assert gc.collect() == 0


@pytest.mark.parametrize("take", [grad, value_and_grad, hessian, lambda f: grad(grad(f)),
                                  lambda f: lambda x: jvp(f, (x,), (1.0,))])  # fmt: skip
def test_transforms_leave_no_cycles_and_no_nodes(no_collector: None, take: Any) -> None:
    def f(x: Any) -> Any:
        return np.exp(x) * x

    take(f)(0.5)  # fills caches
    gc.collect()
    before = nodes()
    for _ in range(3):
        take(f)(0.5)
    assert nodes() == before
    assert gc.collect() == 0


def test_an_exception_in_a_transform_leaves_no_nodes(no_collector: None) -> None:
    before = nodes()

    def f(x: Any) -> Any:
        y = x * x
        raise KeyError(str(y.shape))

    with pytest.raises(KeyError):
        grad(f)(0.5)
    gc.collect()  # the traceback's own cycle
    assert nodes() == before


def test_training_does_not_grow(no_collector: None) -> None:
    w = Value(np.ones(3))
    sizes = []
    for _ in range(4):
        w.grad = None
        loss = np.sum((w * w - 1.0) ** 2)
        loss.backward()
        w.data = w.data - 0.01 * w.grad
        sizes.append(nodes())
    assert len(set(sizes)) == 1


def test_gradients_do_not_keep_the_graph(no_collector: None) -> None:
    before = nodes()
    w = Value(np.ones(3))
    np.sum(w * w).backward()
    g = w.grad
    del w
    assert nodes() == before
    np.testing.assert_array_equal(g, np.full(3, 2.0))


def test_untracked_computation_keeps_nothing() -> None:
    c = Value(np.ones(3), requires_grad=False)
    before = nodes()
    y = c
    for _ in range(50):
        y = y * 1.0
    assert nodes() - before <= 1
    assert not y.requires_grad
