"""Writing to arrays and parameters between the forward and the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jvp, value_and_grad, vjp

X = np.array([1.0, -2.0, 3.0])


def test_mutating_the_source_array_changes_no_value() -> None:
    source = X.copy()
    v = Value(source)
    y = np.sum(v * v)
    source[:] = 100.0
    np.testing.assert_array_equal(v.data, X)
    y.backward()
    np.testing.assert_array_equal(v.grad, 2 * X)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (lambda v, c: v * c, X),
        (lambda v, c: c * v, X),
        (lambda v, c: v / c, 1 / X),
        (lambda v, c: np.multiply(c, v), X),
        (lambda v, c: c @ v, X),
        (lambda v, c: v @ c, X),
        (lambda v, c: np.where(c > 0, v, 0.0), (X > 0).astype(float)),
        (lambda v, c: v * c.reshape(3, 1), np.full(3, X.sum())),
        (lambda v, c: v * c[::-1], X[::-1]),
        (lambda v, c: v**2 * np.asarray(c), 2 * X * X),
    ],
)
def test_mutating_a_constant_operand_after_its_use(use: Callable[..., Any], expected: Any) -> None:
    v, c = Value(X), X.copy()
    y = np.sum(use(v, c))
    c[:] = 1e9
    y.backward()
    np.testing.assert_allclose(v.grad, expected, rtol=1e-15)


def test_mutating_an_operand_of_a_view_after_its_use() -> None:
    # The constant is a view: whoever holds its base can write to it too.
    base = np.arange(6.0)
    v = Value(np.ones(3))
    y = np.sum(v * base[::2]) + np.sum(v * base.reshape(2, 3)[1])
    base[:] = -1.0
    y.backward()
    np.testing.assert_array_equal(v.grad, [3.0, 6.0, 9.0])


def read_only(base: Any) -> Any:
    """Give a view that cannot be written to, of a base that can."""
    shown = base[:]
    shown.flags.writeable = False
    return shown


@pytest.mark.parametrize(
    "show", [read_only, lambda base: np.broadcast_to(base, (2, 3)), lambda base: base[None]]
)
def test_mutating_the_base_of_a_read_only_view_after_its_use(show: Callable[..., Any]) -> None:
    base = np.arange(3.0)
    shown = show(base)
    expected = shown.sum(axis=0) if shown.ndim == 2 else shown.copy()
    v = Value(np.ones(3))
    y = np.sum(v * shown)
    base[:] = -1.0
    y.backward()
    np.testing.assert_array_equal(v.grad, expected)


@pytest.mark.parametrize("index", [np.array([0, 2, 2]), np.array([True, False, True])])
def test_mutating_an_index_after_its_use(index: Any) -> None:
    index = index.copy()
    expected = np.zeros(3)
    np.add.at(expected, index, 1.0)
    v = Value(X)
    y = np.sum(v[index])
    index[:] = index[::-1] == 7
    y.backward()
    np.testing.assert_array_equal(v.grad, expected)


def test_mutating_an_assignment_index_after_its_use() -> None:
    index = np.array([0, 2])
    v = Value(X)
    w = v * 1.0
    w[index] = 0.0
    index[:] = 1
    np.sum(w).backward()
    np.testing.assert_array_equal(v.grad, [0.0, 1.0, 0.0])


def test_mutating_an_index_inside_a_tuple_after_its_use() -> None:
    index = np.array([0, 1])
    v = Value(np.ones((2, 3)))
    y = np.sum(v[index, [2, 2]])
    index[:] = 0
    y.backward()
    np.testing.assert_array_equal(v.grad, [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])


def test_mutating_a_mask_keyword_after_its_use() -> None:
    mask = np.array([True, False, True])
    v = Value(X)
    y = np.sum(v, where=mask)
    mask[:] = True
    y.backward()
    np.testing.assert_array_equal(v.grad, [1.0, 0.0, 1.0])


def test_mutating_the_counts_of_repeat_after_their_use() -> None:
    counts = np.array([1, 0, 2])
    v = Value(X)
    y = np.sum(np.repeat(v, counts))
    counts[:] = 1
    y.backward()
    np.testing.assert_array_equal(v.grad, [1.0, 0.0, 2.0])


def test_assigning_data_between_forward_and_backward() -> None:
    p = Value(X)
    loss = np.sum(p**3)
    p.data = np.zeros(3)
    loss.backward()
    np.testing.assert_array_equal(p.grad, 3 * X**2)
    np.testing.assert_array_equal(p.data, np.zeros(3))


@pytest.mark.parametrize("step", ["-=", "+=", "*=", "/="])
def test_updating_data_in_place_between_forward_and_backward(step: str) -> None:
    p = Value(X)
    loss = np.sum(p**3)
    before = p.data
    if step == "-=":
        p.data -= 0.5
    elif step == "+=":
        p.data += 0.5
    elif step == "*=":
        p.data *= 0.5
    else:
        p.data /= 0.5
    np.testing.assert_array_equal(before, X)
    assert not np.array_equal(p.data, X)
    loss.backward()
    np.testing.assert_array_equal(p.grad, 3 * X**2)


def test_updating_a_float_between_forward_and_backward() -> None:
    p = Value(2.0)
    loss = p * p * 3.0
    p.data -= 1.5
    assert p.data == 0.5
    assert type(p.data) is float
    loss.backward()
    assert p.grad == 12.0


def test_training_with_updates_in_place_descends() -> None:
    p = Value(X)
    for _ in range(3):
        p.grad = None
        np.sum(p * p).backward()
        p.data -= 0.25 * p.grad
    np.testing.assert_array_equal(p.data, X / 8)
    assert type(np.sum(p)) is Value


def test_gradients_after_an_update_are_at_the_new_numbers() -> None:
    p = Value(X)
    old = np.sum(p * p)
    p.data = 2 * X
    new = np.sum(p * p)
    new.backward()
    np.testing.assert_array_equal(p.grad, 4 * X)
    old.backward()
    np.testing.assert_array_equal(p.grad, 6 * X)


def test_data_is_read_only() -> None:
    v = Value(X)
    for array in (v.data, v.data[1:], v.data.reshape(3, 1), (v * 2).data, v.data.view(np.ndarray)):
        with pytest.raises(ValueError):
            array[0] = 5.0
    with pytest.raises(ValueError):
        np.add(v.data, 1.0, out=v.data)
    with pytest.raises(ValueError):
        v.data.sort()
    with pytest.raises(ValueError):
        v.data.fill(0.0)
    np.testing.assert_array_equal(v.data, X)


def test_asarray_of_data_cannot_write_through() -> None:
    v = Value(X)
    array = np.asarray(v.data)
    with pytest.raises(ValueError):
        array[0] = 5.0
    copied = np.array(v.data)
    copied[0] = 5.0
    np.testing.assert_array_equal(v.data, X)


def test_computing_with_data_gives_plain_writable_arrays() -> None:
    v = Value(X)
    y = v.data * 2
    y[0] = 7.0
    np.testing.assert_array_equal(y, [7.0, -4.0, 6.0])
    assert not isinstance(y, Value)


def test_gradients_are_writable_and_nobody_elses() -> None:
    a, b = Value(X), Value(X)
    y = np.sum(a + b)
    y.backward()
    a.grad[:] = 50.0
    np.testing.assert_array_equal(b.grad, np.ones(3))
    y.backward()
    np.testing.assert_array_equal(b.grad, np.full(3, 2.0))
    ga, gb = grad(lambda a, b: np.sum(a + b), argnums=(0, 1))(X, X)
    ga += 5.0
    np.testing.assert_array_equal(gb, np.ones(3))


def test_the_seed_is_copied() -> None:
    v, seed = Value(X), np.ones(3)
    (v * 1.0).backward(seed)
    seed[:] = 9.0
    np.testing.assert_array_equal(v.grad, np.ones(3))
    w, seed = Value(X), np.ones(3)
    w.backward(seed)
    seed[:] = 9.0
    np.testing.assert_array_equal(w.grad, np.ones(3))
    assert not np.shares_memory(w.grad, seed)


def test_a_second_backward_does_not_write_to_the_first_gradient() -> None:
    v = Value(X)
    y = np.sum(v * v)
    y.backward()
    first = v.grad
    kept = first.copy()
    y.backward()
    np.testing.assert_array_equal(first, kept)


def test_mutating_the_primal_between_vjp_and_its_pullback() -> None:
    x = X.copy()
    out, pull = vjp(lambda x: x * x, x)
    x[:] = 100.0
    np.testing.assert_array_equal(out, X * X)
    np.testing.assert_array_equal(pull(np.ones(3))[0], 2 * X)


def test_mutating_results_of_vjp_does_not_reach_its_pullback() -> None:
    out, pull = vjp(np.exp, X)
    out[:] = 0.0
    (first,) = pull(np.ones(3))
    np.testing.assert_array_equal(first, np.exp(X))
    first[:] = 0.0
    np.testing.assert_array_equal(pull(np.ones(3))[0], np.exp(X))


def test_mutating_the_argument_inside_the_function() -> None:
    x = X.copy()

    def f(v: Any) -> Any:
        y = np.sum(v * v)
        x[:] = 100.0  # the caller's array, not v
        return y

    np.testing.assert_array_equal(grad(f)(x), 2 * X)


def test_results_do_not_alias_arguments() -> None:
    x = X.copy()
    out, t = jvp(lambda x: x, (x,), (x,))
    out[:] = 0.0
    t[:] = 0.0
    np.testing.assert_array_equal(x, X)
    out, pull = vjp(lambda x: x, x)
    seed = np.ones(3)
    (g,) = pull(seed)
    g[:] = 0.0
    out[:] = 0.0
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(seed, np.ones(3))
    _, g = value_and_grad(lambda x: np.sum(x))(x)
    g += 1.0  # writable


def test_walking_twice_does_not_reuse_temporary_memory() -> None:
    # The walk may compute in place; what it recorded must survive it.
    v = Value(X)
    h = np.tanh(v)
    y = np.sum(h * h + np.exp(v) * h)
    y.backward()
    first = v.grad.copy()
    for _ in range(3):
        v.grad = None
        y.backward()
        np.testing.assert_array_equal(v.grad, first)
    np.testing.assert_array_equal(h.data, np.tanh(X))
