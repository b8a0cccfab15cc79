"""backward(): accumulation, shared subgraphs, seeds, interior gradients, refusals."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from microgradnet import (
    MicrogradnetError,
    Value,
    elementwise,
    general,
    grad,
    jacobian,
    jvp,
    linear,
    no_grad,
    stop_gradient,
    vjp,
)
from microgradnet.errors import (
    DTypeError,
    NonScalarError,
    NotDifferentiableError,
    RegistryError,
    ShapeError,
    UnknownKeywordError,
)

X = np.array([1.0, -2.0, 3.0])


def test_a_second_backward_doubles() -> None:
    x = Value(3.0)
    y = x * x
    y.backward()
    assert x.grad == 6.0
    y.backward()
    assert x.grad == 12.0
    y.backward()
    assert x.grad == 18.0


def test_a_second_backward_doubles_arrays() -> None:
    x = Value(X)
    y = np.sum(np.exp(x) * x)
    y.backward()
    first = x.grad.copy()
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * first)


def test_a_second_backward_is_not_fed_by_interior_gradients() -> None:
    # The classic bug: the interior gradient of h from pass one is multiplied again in pass two.
    x = Value(2.0)
    h = x * x
    y = h * h
    y.backward()
    assert (x.grad, h.grad, y.grad) == (32.0, 8.0, 1.0)
    y.backward()
    assert x.grad == 64.0


def test_two_losses_that_share_a_subgraph() -> None:
    x = Value(2.0)
    h = x * x
    a, b = 3.0 * h, h * h
    a.backward()
    assert x.grad == 12.0
    b.backward()
    assert x.grad == 12.0 + 32.0
    x.grad = None
    (a + b).backward()
    assert x.grad == 44.0


def test_two_losses_that_share_a_subgraph_of_arrays() -> None:
    x = Value(X)
    h = np.tanh(x)
    a, b = np.sum(h), np.sum(h * h)
    b.backward()
    a.backward()
    np.testing.assert_allclose(x.grad, (1 + 2 * np.tanh(X)) * (1 - np.tanh(X) ** 2), rtol=1e-14)


def test_a_value_used_many_times_sums_its_paths() -> None:
    x = Value(3.0)
    (x + x * x + x * x * x + x).backward()
    assert x.grad == 1 + 6 + 27 + 1
    y = Value(X)
    np.sum(y + y + y * y).backward()
    np.testing.assert_array_equal(y.grad, 2 + 2 * X)


def test_backward_of_a_leaf_is_its_seed() -> None:
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_backward_from_an_interior_value_then_from_the_end() -> None:
    x = Value(2.0)
    h = x * x
    y = h * 5.0
    h.backward()
    y.backward()
    assert x.grad == 4.0 + 20.0


def test_backward_of_a_non_scalar_needs_a_seed() -> None:
    y = Value(X) * 2.0
    with pytest.raises(NonScalarError, match="seed"):
        y.backward()
    with pytest.raises(NonScalarError):
        (Value(np.ones((1, 1))) * 2.0).backward()
    with pytest.raises(NonScalarError):
        grad(lambda x: x * 2)(X)
    with pytest.raises(NonScalarError):
        grad(lambda x: (np.sum(x), 1.0))(X)


def test_seeds() -> None:
    x = Value(X)
    y = x * x
    y.backward(np.array([1.0, 0.0, -1.0]))
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, -6.0])
    s = Value(3.0)
    (s * s).backward(0.5)
    assert s.grad == 3.0
    with pytest.raises(ShapeError):
        y.backward(np.ones(2))
    with pytest.raises(ShapeError):
        y.backward(1.0)


def test_gradients_have_their_variables_dtype_and_shape() -> None:
    x32 = Value(X.astype(np.float32))
    np.sum(x32 * np.arange(3.0)).backward()
    assert x32.grad.dtype == np.float32
    f = Value(2.0)
    np.sum(f * X).backward()
    assert type(f.grad) is float
    assert f.grad == 2.0
    z = Value(np.array(2.0))
    (z * z).backward()
    assert np.shape(z.grad) == ()


def test_interior_gradients_of_float_graphs_are_kept() -> None:
    w, x = Value(2.0), Value(3.0)
    p = w * x
    loss = (p - 1.0) ** 2
    loss.backward()
    assert p.grad == 10.0
    assert loss.grad == 1.0


def test_interior_gradients_of_arrays_are_kept_on_request() -> None:
    x = Value(X)
    h = (x * 2.0).retain_grad()
    other = h * 3.0
    np.sum(other).backward()
    np.testing.assert_array_equal(h.grad, np.full(3, 3.0))
    assert other.grad is None
    np.testing.assert_array_equal(x.grad, np.full(3, 6.0))


def test_backward_without_a_variable_is_refused() -> None:
    for v in (Value(2.0, requires_grad=False), stop_gradient(Value(2.0)) * 3.0):
        with pytest.raises(NotDifferentiableError):
            v.backward()
    x = Value(2.0)
    with no_grad():
        y = x * x
    assert not y.requires_grad
    with pytest.raises(NotDifferentiableError):
        y.backward()


def test_untracked_values_get_no_gradient() -> None:
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    (x * c).backward()
    assert x.grad == 3.0
    assert c.grad is None


def test_stop_gradient_stops_in_both_modes() -> None:
    def f(x: Any) -> Any:
        return x * stop_gradient(x * x)

    assert grad(f)(3.0) == 9.0
    assert jvp(f, (3.0,), (1.0,)) == (27.0, 9.0)
    assert grad(grad(f))(3.0) == 0.0
    assert grad(lambda x: stop_gradient(x))(3.0) == 0.0


def test_grad_of_an_integer_or_boolean_output_is_refused() -> None:
    with pytest.raises(NotDifferentiableError):
        grad(lambda x: np.argmax(x))(X)
    with pytest.raises(NotDifferentiableError):
        grad(lambda x: np.sum(x) > 0)(X)
    with pytest.raises(NotDifferentiableError):
        grad(lambda x: 3)(2.0)
    with pytest.raises(NotDifferentiableError):
        grad(lambda x: np.count_nonzero(x))(X)


def test_integer_arguments_become_floats() -> None:
    assert grad(lambda x: x * x)(3) == 6.0
    assert type(grad(lambda x: x * x)(3)) is float
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * x))(np.array([1, 2])), [2.0, 4.0])
    assert Value(2).data == 2.0
    assert type(Value(2).data) is float
    assert Value(np.array([0, 1])).dtype == np.float64
    assert Value([[True, False]]).dtype == np.float64


def test_what_is_not_a_number_is_refused() -> None:
    for bad in ("text", np.array([1j]), 1j, np.array([object()]), None, [[1.0], [1.0, 2.0]]):
        with pytest.raises((DTypeError, ValueError)):
            Value(bad)
    with pytest.raises(DTypeError):
        grad(lambda x: 1.0)("text")
    with pytest.raises(DTypeError):
        grad(lambda x: np.sum(np.abs(x)))(np.array([1j]))


def test_argmax_and_comparisons_give_plain_results() -> None:
    v = Value(X)
    assert not isinstance(np.argmax(v), Value)
    assert np.argmax(v) == 2
    assert type(v > 0) is np.ndarray
    assert (v > 0).dtype == bool
    assert type(np.isnan(v)) is np.ndarray
    assert (Value(2.0) > 1.0) is True
    np.testing.assert_array_equal(np.argsort(v), [1, 0, 2])
    assert np.any(v > 2)
    assert bool(Value(0.0)) is False


def test_unknown_keywords_are_refused_and_named() -> None:
    v = Value(X)
    with pytest.raises(UnknownKeywordError, match="casting"):
        np.exp(v, casting="unsafe")
    with pytest.raises(UnknownKeywordError, match="where"):
        np.exp(v, where=X > 0)
    with pytest.raises((UnknownKeywordError, NotDifferentiableError), match="out"):
        np.sum(v, out=np.zeros(()))
    with pytest.raises((UnknownKeywordError, NotDifferentiableError), match="out"):
        np.exp(v, out=np.zeros(3))
    with pytest.raises((UnknownKeywordError, NotDifferentiableError), match="out"):
        np.concatenate([v, v], out=np.zeros(6))
    with pytest.raises(TypeError):
        np.sum(v, nonsense=1)
    with pytest.raises(TypeError):
        v.sum(nonsense=1)


def test_what_has_no_derivative_raises_an_error_that_names_it() -> None:
    v = Value(X)
    with pytest.raises(NotDifferentiableError, match="nextafter"):
        np.nextafter(v, 1.0)
    with pytest.raises(NotDifferentiableError, match="spacing"):
        np.spacing(v)


def test_wrong_shapes_name_the_operation() -> None:
    with pytest.raises(ShapeError, match="add"):
        Value(np.ones(2)) + np.ones(3)
    with pytest.raises(ShapeError, match="matmul"):
        Value(np.ones((2, 3))) @ np.ones((2, 3))


def test_every_error_of_the_family_is_also_the_builtin_kind() -> None:
    for error, kind in (
        (ShapeError, ValueError),
        (DTypeError, TypeError),
        (NotDifferentiableError, TypeError),
        (UnknownKeywordError, TypeError),
        (NonScalarError, ValueError),
        (RegistryError, ValueError),
    ):
        assert issubclass(error, kind)
        assert issubclass(error, MicrogradnetError)


def test_the_registry_refuses_duplicates() -> None:
    def once(x: Any) -> Any:
        return x * 2.0

    elementwise(once, lambda z, x: 2.0, name="safety_once")
    with pytest.raises(RegistryError, match="safety_once"):
        elementwise(once, lambda z, x: 2.0, name="safety_once")
    with pytest.raises(RegistryError, match="safety_once"):
        linear(once, lambda g, x: g, name="safety_once")
    with pytest.raises(RegistryError, match="safety_once"):
        general(once, vjp=lambda g, z, x, needed: [g], name="safety_once")
    with pytest.raises(RegistryError):
        elementwise(np.exp, lambda z, x: z)


def test_a_wrong_rule_is_caught_by_shape() -> None:
    wrong = general(lambda x: x * 2.0, vjp=lambda g, z, x, needed: [np.sum(g)], name="safety_wrong")
    with pytest.raises(ShapeError, match="safety_wrong"):
        grad(lambda x: np.sum(wrong(x)))(X)


def test_an_operand_without_a_partial_is_refused_only_when_asked() -> None:
    half = elementwise(lambda x, n: x * n, lambda z, x, n: n, None, name="safety_half")
    assert grad(half)(2.0, 3.0) == 3.0
    with pytest.raises(NotDifferentiableError, match="safety_half"):
        grad(half, argnums=1)(2.0, 3.0)


def test_shapes_of_cotangents_and_tangents_are_checked() -> None:
    _, pull = vjp(lambda x: x * x, X)
    with pytest.raises(ShapeError):
        pull(np.ones(2))
    with pytest.raises(ShapeError):
        jvp(np.sin, (X,), (np.ones(2),))
    with pytest.raises(ShapeError):
        jvp(np.sin, (X,), (1.0,))
    with pytest.raises((ShapeError, TypeError)):
        jvp(np.multiply, (X, X), (X,))
    with pytest.raises(ValueError):
        jacobian(np.sin, mode="sideways")(X)


def test_hashing_and_copying() -> None:
    v = Value(X)
    assert len({v, v}) == 1
    duplicate = copy.deepcopy(v)
    assert duplicate is not v
    np.testing.assert_array_equal(duplicate.data, X)
    again = pickle.loads(pickle.dumps(v))
    np.testing.assert_array_equal(again.data, X)
    with pytest.raises(MicrogradnetError):
        pickle.dumps(v * 2)
    y = copy.copy(v) * 3.0
    np.sum(y).backward()
    np.testing.assert_array_equal(v.grad, np.full(3, 3.0))


def test_a_value_of_a_tracked_value_is_refused_or_keeps_its_history() -> None:
    x = Value(2.0)
    try:
        y = Value(x * x)
    except TypeError:
        return  # DetachedError: it would be cut off
    y.backward()
    assert x.grad == 4.0


def test_gradients_that_are_kept_share_no_memory() -> None:
    x = Value(np.ones(2))
    y = (+x).retain_grad()
    z = (+y).retain_grad()
    np.sum(z * z).backward()
    x.grad *= 0
    y.grad *= 3
    np.testing.assert_array_equal(z.grad, [2.0, 2.0])
    np.testing.assert_array_equal(y.grad, [6.0, 6.0])
