"""The walks: right on any graph, and never writing where somebody else may look.

Random graphs of ``+ - *`` with sharing are compared with a tape that does nothing clever.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, jacobian, jvp, memory, vjp
from microgradnet.errors import DetachedError

from .checking import EPS

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
SHAPES: list[tuple[int, ...]] = [(), (3,), (2, 3), (2, 1), (1, 1)]


@dataclass(frozen=True)
class Graph:
    """Leaves by shape (None: a Python float), and operations on what stands before them."""

    leaves: tuple[tuple[int, ...] | None, ...]
    steps: tuple[tuple[str, int, int], ...]

    def sample(self, rng: np.random.Generator) -> list[Any]:
        return [
            rng.uniform(-1.5, 1.5) if s is None else rng.uniform(-1.5, 1.5, s) for s in self.leaves
        ]

    def run(self, xs: Sequence[Any]) -> Any:
        known = list(xs)
        for name, i, j in self.steps:
            known.append(OPERATORS[name](known[i], known[j]))
        return known[-1]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    leaves = draw(st.lists(st.sampled_from([None, *SHAPES]), min_size=1, max_size=3))
    steps: list[tuple[str, int, int]] = []
    for _ in range(draw(st.integers(1, 10))):
        # Mostly recent results, so that they are shared and chained rather than forgotten.
        known = st.integers(0, len(leaves) + len(steps) - 1)
        recent = st.integers(max(0, len(leaves) + len(steps) - 3), len(leaves) + len(steps) - 1)
        steps.append((draw(st.sampled_from("+-*")), draw(recent), draw(st.one_of(recent, known))))
    return Graph(tuple(leaves), tuple(steps))


def summed_to(g: Any, x: Any) -> Any:
    g = np.asarray(g)
    while g.ndim > np.ndim(x):
        g = g.sum(0)
    for axis, n in enumerate(np.shape(x)):
        if n == 1:
            g = g.sum(axis, keepdims=True)
    return g


def tape_gradients(graph: Graph, xs: Sequence[Any], seed: Any, sign: float = -1.0) -> list[Any]:
    """Differentiate by a tape without tricks; with absolute numbers and `sign` 1, a bound."""
    known = [np.asarray(x) for x in xs]
    for name, i, j in graph.steps:
        a, b = known[i], known[j]
        known.append(a + b if name == "+" else a + sign * b if name == "-" else a * b)
    gs = [np.zeros(x.shape) for x in known]
    gs[-1] = np.broadcast_to(seed, known[-1].shape)
    for k in reversed(range(len(graph.steps))):
        name, i, j = graph.steps[k]
        g, a, b = gs[len(xs) + k], known[i], known[j]
        da, db = (b, a) if name == "*" else (1.0, sign if name == "-" else 1.0)
        gs[i] = gs[i] + summed_to(g * da, a)
        gs[j] = gs[j] + summed_to(g * db, b)
    return gs[: len(xs)]


def bounds(graph: Graph, xs: Sequence[Any], seed: Any) -> list[Any]:
    """How far two orders of summation may be apart: both make at most 200 roundings per path."""
    sizes = tape_gradients(graph, [np.abs(x) for x in xs], np.abs(seed), 1.0)
    return [200 * EPS * s for s in sizes]


@pytest.mark.parametrize("large", [0, memory.LARGE])
@given(graph=graphs(), seed=st.integers(0, 2**32 - 1))
def test_backward_equals_a_naive_tape(large: int, graph: Graph, seed: int) -> None:
    rng = np.random.default_rng(seed)
    xs = graph.sample(rng)
    values = [Value(x) for x in xs]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "LARGE", large)
        out = graph.run(values)
        w = rng.uniform(-1.0, 1.0, out.shape) if out.shape else 0.7
        held = np.array(w)
        out.backward(w)
        first = [v.grad for v in values]
        copies = [None if g is None else np.array(g) for g in first]
        out.backward(w)
    np.testing.assert_array_equal(w, held)  # the seed is the caller's
    expected, bound = tape_gradients(graph, xs, w), bounds(graph, xs, w)
    for v, x, g, kept, e, b in zip(values, xs, first, copies, expected, bound, strict=True):
        if g is None:
            assert not e.any()
            continue
        assert same_kind(g, x)
        assert (np.abs(g - e) <= b).all(), (g, e)
        np.testing.assert_array_equal(g, kept)  # a second backward adds to a new array
        np.testing.assert_array_equal(v.grad, 2.0 * kept)
        np.testing.assert_array_equal(v.data, x)


@pytest.mark.parametrize("large", [0, memory.LARGE])
@given(graph=graphs(), seed=st.integers(0, 2**32 - 1))
def test_transforms_equal_a_naive_tape(large: int, graph: Graph, seed: int) -> None:
    rng = np.random.default_rng(seed)
    xs = graph.sample(rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "LARGE", large)
        out, pull = vjp(lambda *values: graph.run(values), *xs)
        shape = np.shape(out)
        w = rng.uniform(-1.0, 1.0, shape) if shape else 0.7
        gs, again = pull(w), pull(w)
        ts = [rng.uniform(-1.0, 1.0, np.shape(x)) if np.shape(x) else 0.3 for x in xs]
        moved = jvp(lambda *values: graph.run(values), xs, ts)[1]
    expected, bound = tape_gradients(graph, xs, w), bounds(graph, xs, w)
    for x, g, g2, e, b in zip(xs, gs, again, expected, bound, strict=True):
        assert same_kind(g, x)
        assert (np.abs(g - e) <= b).all(), (g, e)
        np.testing.assert_array_equal(g, g2)
    for g in gs:  # handed out: nobody else's memory, and writable
        if isinstance(g, np.ndarray):
            assert g.flags.writeable
            others = [y for y in (w, *xs, *gs) if isinstance(y, np.ndarray) and y is not g]
            assert not any(np.shares_memory(g, y) for y in others)
    along = sum(float(np.sum(e * t)) for e, t in zip(expected, ts, strict=True))
    slack = sum(float(np.sum(b * np.abs(t))) for b, t in zip(bound, ts, strict=True))
    assert abs(float(np.sum(np.asarray(moved) * w)) - along) <= slack + EPS


def same_kind(g: Any, x: Any) -> bool:
    """Whether `g` is a float for a float; the shape and dtype of an array for an array."""
    if isinstance(x, float):
        return type(g) is float
    return np.shape(g) == x.shape and np.asarray(g).dtype == x.dtype


# --- what gradients are handed out ------------------------------------------------------------


def test_twins_views_and_seeds_are_copied_before_they_are_handed_out() -> None:
    a = np.ones(3)
    w = np.arange(3.0)
    _, pull = vjp(lambda x, y: x + y, a, a)
    gx, gy = pull(w)
    gx[0] = 7.0
    np.testing.assert_array_equal(gy, w)
    np.testing.assert_array_equal(w, np.arange(3.0))
    g = grad(np.sum)(a)
    g[0] = 7.0  # the cotangent of a sum is a read-only view with strides of 0
    np.testing.assert_array_equal(grad(np.sum)(a), np.ones(3))


def test_gradients_do_not_share_memory_with_the_data() -> None:
    x, y = Value(np.arange(3.0)), Value(np.ones(3))
    np.sum(x * y).backward()  # the gradient of y is the very data of x
    y.grad[0] = 7.0
    np.testing.assert_array_equal(x.data, np.arange(3.0))
    t = np.zeros(2)
    tangent = jvp(lambda x: (x, x), (np.ones(2),), (t,))[1]
    tangent[0][0] = 1.0
    np.testing.assert_array_equal(tangent[1], np.zeros(2))
    np.testing.assert_array_equal(t, np.zeros(2))


# --- shapes of graphs -------------------------------------------------------------------------


def test_losses_that_share_a_subgraph_add_up() -> None:
    x = Value(np.array([1.0, 2.0]))
    shared = x * x
    first, second = np.sum(shared), np.sum(shared * 3.0)
    first.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])
    second.backward()
    np.testing.assert_array_equal(x.grad, [8.0, 16.0])


def test_interior_gradients_of_float_graphs_are_kept_and_add_up() -> None:
    x = Value(3.0)
    y = x * x
    z = y + y * 2.0
    z.backward()
    assert (y.grad, z.grad, x.grad) == (3.0, 1.0, 18.0)
    z.backward()
    assert (y.grad, z.grad, x.grad) == (6.0, 2.0, 36.0)


def test_interior_gradients_of_arrays_are_kept_on_request() -> None:
    x = Value(np.array([1.0, 2.0]))
    asked, silent = (x * 2.0).retain_grad(), x * 3.0
    assert asked.grad is None
    np.sum(asked * silent).backward()
    np.testing.assert_array_equal(asked.grad, [3.0, 6.0])
    assert silent.grad is None


def test_an_output_may_be_a_leaf_or_an_input() -> None:
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0
    assert grad(lambda x: x)(3.0) == 1.0
    assert jvp(lambda x: x, (3.0,), (5.0,)) == (3.0, 5.0)
    out, pull = vjp(lambda x, y: (y, x, 4.0), 1.0, 2.0)
    assert out == (2.0, 1.0, 4.0)
    assert pull((10.0, 20.0, 30.0)) == (20.0, 10.0)


def test_the_same_output_twice_adds_its_cotangents() -> None:
    def f(x: Any) -> Any:
        y = x * x
        return y, y, (y * 3.0)

    assert vjp(f, 2.0)[1]((1.0, 10.0, 100.0)) == (4.0 * 311.0,)


def test_what_nothing_depends_on_has_a_zero_gradient() -> None:
    gx, gy = grad(lambda x, y: np.sum(y * y), argnums=(0, 1))(np.ones((2, 3)), np.ones(2))
    np.testing.assert_array_equal(gx, np.zeros((2, 3)))
    np.testing.assert_array_equal(gy, [2.0, 2.0])
    assert grad(lambda x: 5.0)(2.0) == 0.0
    assert jvp(lambda x, y: y, (np.ones(2), 3.0), (np.ones(2), 0.0)) == (3.0, 0.0)
    assert jvp(lambda x: 5.0, (2.0,), (1.0,)) == (5.0, 0.0)


def test_variables_beside_the_targets_get_nothing() -> None:
    w = Value(np.array([2.0, 3.0]))
    g = grad(lambda x: np.sum(x * w * w))(np.ones(2))
    np.testing.assert_array_equal(g.data if isinstance(g, Value) else g, [4.0, 9.0])
    assert w.grad is None


def test_backward_inside_a_transform_is_refused() -> None:
    def f(x: Any) -> Any:
        (x * x).backward()
        return x

    with pytest.raises(DetachedError, match="inside a transform .* Call grad"):
        grad(f)(2.0)
    w = Value(2.0)
    with pytest.raises(DetachedError, match="inside a transform"):
        grad(lambda x: (x * w).backward())(2.0)


def test_a_long_chain_neither_recurses_nor_forgets() -> None:
    x = Value(1.0)
    y: Any = x
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert x.grad == 20_001.0
    assert jvp(lambda x: sum((x for _ in range(20_000)), 0.0 * x), (1.0,), (1.0,))[1] == 20_000.0


# --- scalar graphs take a quicker walk --------------------------------------------------------


def test_a_float_result_of_array_operations_takes_the_other_walk() -> None:
    x = Value(np.array([1.0, 2.0]))
    y = Value(2.0)
    z = y * y + x.item(1) * y
    assert type(z.data) is float
    total = (y * np.sum(x * x)).sum() * y
    total.backward()
    np.testing.assert_array_equal(x.grad, [8.0, 16.0])
    assert y.grad == 20.0


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: 1.0 / x, 0.0, -np.inf),
        (lambda x: np.sqrt(x), 0.0, np.inf),
        (lambda x: x**0.5, 0.0, np.inf),
        (lambda x: np.log(x) * 2.0, 0.0, np.inf),
        (lambda x: np.exp(x), 1000.0, np.inf),
    ],
    ids=["1/x", "sqrt", "x**0.5", "log", "exp"],
)
def test_where_slopes_are_infinite_floats_say_so(f: Any, x: float, slope: float) -> None:
    with np.errstate(all="ignore"):
        assert grad(f)(x) == slope
        assert jvp(f, (x,), (1.0,))[1] == slope
        np.testing.assert_array_equal(grad(lambda x: np.sum(f(x)))(np.full(2, x)), [slope] * 2)
        v = Value(x)
        f(v).backward()
        assert v.grad == slope


def test_one_hot_seeds_are_rows_of_a_jacobian() -> None:
    def f(x: Any) -> Any:
        return np.sqrt(x) * x

    x = np.array([0.0, 4.0])
    j = jacobian(f, mode="reverse")(x)
    # Row 1 asks nothing about element 0, whose own slope is the undecided 0 * inf.
    np.testing.assert_array_equal(j[1], [0.0, 3.0])
