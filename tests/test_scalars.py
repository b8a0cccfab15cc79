"""The walk of scalar graphs says what the general walk says, or leaves it to it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from microgradnet import Value, elementwise, grad, sweeps
from microgradnet.errors import NotDifferentiableError
from microgradnet.graph import tick
from microgradnet.scalars import scalar_pullback

OPERATIONS: list[Callable[[Any, Any], Any]] = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    lambda x, y: np.tanh(x) - 2.0,
    lambda x, y: x**2,
    lambda x, y: 3.0 - y,
    lambda x, y: 0.5 / x,
    lambda x, y: np.logaddexp(x, y),
    lambda x, y: np.maximum(x, y),
    lambda x, y: -y,
]
# Each step applies an operation to two of the results so far.
programs = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 100), st.integers(0, 100)),
    min_size=1,
    max_size=12,
)


def run(program: Any, leaves: list[Any]) -> Any:
    known = list(leaves)
    for operate, i, j in program:
        known.append(operate(known[i % len(known)], known[j % len(known)]))
    return known[-1]


@given(programs, st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=2), st.floats(-3.0, 3.0))
def test_any_program_gives_what_arrays_give(program: Any, xs: list[float], seed: float) -> None:
    # 0-d arrays take the general walk.
    with np.errstate(all="ignore"):
        floats, arrays = [Value(x) for x in xs], [Value(np.array(x)) for x in xs]
        out, expected = run(program, floats), run(program, arrays)
        known = scalar_pullback(out._node, seed, min(x._node.index for x in floats))
        gs, _ = sweeps.pullback([expected._node], [np.float64(seed)], [x._node for x in arrays])
    assume(known is not None)  # a leaf, or an infinity on the way
    for x, g in zip(floats, gs, strict=True):
        got = known.get(x._node)
        assert (got is None) == (g is None)
        if got is not None:
            assert type(got) is float
            np.testing.assert_allclose(got, g, rtol=1e-9, atol=1e-9)


def test_every_node_is_met_once_its_consumers_are_done() -> None:
    x = Value(3.0)
    y = x * x  # 9, used by both below
    z = y * x + y  # x**3 + x**2
    known = scalar_pullback(z._node, 1.0, 0)
    assert known is not None
    assert known[x._node] == 3 * 9.0 + 2 * 3.0
    assert known[y._node] == 3.0 + 1.0
    assert known[z._node] == 1.0
    assert len(known) == 4


def test_constants_are_no_nodes() -> None:
    x = Value(3.0)
    known = scalar_pullback((2.0 * x * Value(5.0, requires_grad=False))._node, 1.0, 0)
    assert known is not None
    assert sorted(known.values()) == [1.0, 5.0, 10.0]


def test_partials_of_numpys_number_type_become_floats() -> None:
    root = elementwise(
        lambda x: np.cbrt(x), lambda z, x: np.float64(1 / 3) / z**2, name="another cbrt"
    )
    x = Value(8.0)
    known = scalar_pullback(root(x)._node, 1.0, 0)
    assert known is not None
    assert known[x._node] == pytest.approx(1 / 12)
    assert all(type(g) is float for g in known.values())


def test_infinities_are_left_to_the_general_walks() -> None:
    x = Value(0.0)
    with np.errstate(all="ignore"):
        infinite = [np.sqrt(x), 1.0 / x, 0.0 * np.sqrt(x), np.sqrt(x) - np.sqrt(x)]
    for z in infinite:
        assert scalar_pullback(z._node, 1.0, 0) is None
    assert math.isinf(grad(np.sqrt)(0.0))
    assert math.isnan(grad(lambda x: 0.0 * np.sqrt(x))(0.0))


def test_what_is_no_scalar_graph_is_left_alone() -> None:
    x, v = Value(2.0), Value(np.array([1.0, 2.0]))
    assert scalar_pullback(x._node, 1.0, 0) is None
    assert scalar_pullback(np.sum(v * x)._node, 1.0, 0) is None
    assert scalar_pullback((np.sum(v) * x)._node, 1.0, 0) is None
    assert scalar_pullback((x * np.sum(v))._node, 1.0, 0) is None


def test_what_is_older_is_left_alone() -> None:
    for z in (lambda x, y: x * y, lambda x, y: y * x, lambda x, y: (x + 1.0) * y):
        x = Value(2.0)
        between = tick()
        y = Value(3.0)
        assert scalar_pullback(z(x, y)._node, 1.0, between) is None
        assert scalar_pullback(z(x, y)._node, 1.0, x._node.index) is not None


def test_variables_of_a_transform_are_not_left_gradients() -> None:
    # backward() inside a transform is refused by the general walk, which knows the mode.
    seen = []

    def f(x: Any) -> Any:
        for z in (x * 2.0, 2.0 * x, x * x, (x + 1.0) * Value(2.0), Value(2.0) * x):
            seen.append(scalar_pullback(z._node, 1.0, 0))
        return x

    grad(f)(1.0)
    assert seen == [None] * 5


def test_operands_without_a_derivative() -> None:
    z = elementwise(lambda x, n: x * n, lambda z, x, n: n, None, name="times n")
    x, n = Value(2.0), Value(3.0)
    assert scalar_pullback(z(x, n)._node, 1.0, 0) is None
    with pytest.raises(NotDifferentiableError, match="times n was declared without a .* operand 1"):
        z(x, n).backward()
