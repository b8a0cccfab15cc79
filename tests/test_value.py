"""The handle: its data and gradient, how it looks, and how it refuses to be cut off unnoticed."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import DetachWarning, Value, grad, no_grad
from microgradnet.errors import DetachedError, NonScalarError, NotDifferentiableError, ShapeError

# --- data -------------------------------------------------------------------------------------


def test_a_value_copies_its_array() -> None:
    a = np.array([1.0, 2.0])
    v = Value(a)
    loss = np.sum(v * v)
    a[:] = 0.0
    loss.backward()
    np.testing.assert_array_equal(v.data, [1.0, 2.0])
    np.testing.assert_array_equal(v.grad, [2.0, 4.0])


def test_integers_become_floating() -> None:
    assert type(Value(2).data) is float
    assert Value([0, 1]).dtype == np.float64


def test_a_value_of_an_untracked_value_is_a_new_variable() -> None:
    v = Value(Value(2.0, requires_grad=False))
    assert v.requires_grad
    assert v.data == 2.0


def test_a_value_of_a_tracked_value_is_refused() -> None:
    for tracked in (Value(2.0), Value(np.ones(2)) * 2.0):
        with pytest.raises(DetachedError, match=r"cut it off .* Value\(v\.data\)"):
            Value(tracked)


def test_assigning_data_makes_a_new_variable_of_the_same_name() -> None:
    p = Value(np.array([1.0, 2.0]), label="p")
    loss = np.sum(p * p)
    p.data = p.data - 10.0
    loss.backward()  # with the numbers it was computed from
    np.testing.assert_array_equal(p.grad, [2.0, 4.0])
    p.grad = None
    np.sum(p * p).backward()
    np.testing.assert_array_equal(p.grad, [-18.0, -16.0])
    assert p.label == "p"


def test_in_place_steps_between_forward_and_backward() -> None:
    p = Value(np.array([1.0, 2.0]))
    loss = np.sum(p * p)
    p.data -= 0.5
    p.data *= 2.0
    loss.backward()
    np.testing.assert_array_equal(p.grad, [2.0, 4.0])
    np.testing.assert_array_equal(p.data, [1.0, 3.0])
    q = Value(3.0)
    loss = q * q
    q.data -= 1.0
    loss.backward()
    assert (q.data, q.grad) == (2.0, 6.0)


def test_assigned_data_is_copied_and_normalised() -> None:
    p, a = Value(np.zeros(2)), np.array([1, 2])
    p.data = a
    a[:] = 0
    np.testing.assert_array_equal(p.data, [1.0, 2.0])
    assert p.dtype == np.float64
    p = Value(1.0)
    p.data = Value(5.0)
    assert p.data == 5.0
    p.data = 7
    assert type(p.data) is float


@pytest.mark.parametrize("new", [5.0, [5.0], np.ones((1, 3)), []])
def test_data_of_another_shape_is_refused(new: Any) -> None:
    # Its gradient would be added to one of the old shape, by broadcasting.
    p = Value([1.0, 2.0, 3.0])
    (p * p).sum().backward()
    with pytest.raises(ShapeError, match=r"assigned to a Value of shape \(3,\); .* v = Value\(new"):
        p.data = new
    with pytest.raises(ShapeError, match=r"data of shape \(1,\) assigned to a Value of shape \(\)"):
        Value(2.0).data = [2.0]
    np.testing.assert_array_equal(p.data, [1.0, 2.0, 3.0])


def test_data_of_constants_and_of_computed_values() -> None:
    c = Value(2.0, requires_grad=False)
    c.data = 3.0
    assert c.data == 3.0
    assert not c.requires_grad
    y = Value(2.0) * 3.0
    with pytest.raises(NotDifferentiableError, match=r"computed Value .* v = Value\(new\)"):
        y.data = 1.0
    assert y.data == 6.0


# --- gradients --------------------------------------------------------------------------------


def test_gradients_accumulate_until_cleared() -> None:
    x = Value(3.0)
    assert x.grad is None
    for k in (1, 2):
        (x * x).backward()
        assert x.grad == 6.0 * k
    x.grad = None
    (x * x).backward()
    assert x.grad == 6.0


def test_a_gradient_can_be_assigned_if_it_fits() -> None:
    x = Value(np.ones(2))
    x.grad = [1, 2]
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"grad of shape \(3,\) .* Value of shape \(2,\)"):
        x.grad = np.ones(3)
    s = Value(1.0)
    s.grad = 2.0
    assert s.grad == 2.0
    y = x * 2.0
    y.grad = np.ones(2)
    np.testing.assert_array_equal(y.grad, [1.0, 1.0])
    c = Value(1.0, requires_grad=False)
    c.grad = None
    assert c.grad is None
    with pytest.raises(NotDifferentiableError, match="not tracked"):
        c.grad = 1.0
    assert Value(2.0, requires_grad=False).grad is None


def test_retain_grad_returns_the_value_and_asks_once() -> None:
    x = Value(np.ones(2))
    assert x.retain_grad() is x
    y = x * 2.0
    assert y.retain_grad() is y
    assert y.grad is None
    np.sum(y).backward()
    y.retain_grad()
    np.testing.assert_array_equal(y.grad, [1.0, 1.0])
    c = Value(1.0, requires_grad=False)
    assert c.retain_grad() is c
    assert Value(1.0, requires_grad=False).grad is None


def test_a_gradient_keeps_the_datas_dtype_and_shape() -> None:
    x = Value(np.ones((2, 1), np.float32))
    np.sum(x * np.ones((2, 3))).backward()
    assert x.grad.dtype == np.float32
    assert x.grad.shape == (2, 1)


def test_backward_from_a_non_scalar_needs_a_seed() -> None:
    x = Value(np.array([1.0, 2.0]))
    y = x * x
    with pytest.raises(NonScalarError, match=r"shape \(2,\); expected a scalar.* backward\(seed\)"):
        y.backward()
    with pytest.raises(ShapeError, match=r"seed of shape \(3,\); expected .* shape \(2,\)"):
        y.backward(np.ones(3))
    y.backward([1, 10])
    np.testing.assert_array_equal(x.grad, [2.0, 40.0])
    y.backward(Value(np.array([1.0, 10.0])))
    np.testing.assert_array_equal(x.grad, [4.0, 80.0])
    s = Value(2.0)
    (s * s).backward(10.0)
    assert s.grad == 40.0


def test_backward_of_a_constant_is_refused() -> None:
    with pytest.raises(NotDifferentiableError, match="depends on no variable"):
        Value(2.0, requires_grad=False).backward()
    with no_grad():
        y = Value(2.0) * 2.0
    with pytest.raises(NotDifferentiableError, match=r"no_grad\(\) and stop_gradient"):
        y.backward()


# --- being looked at --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value(2.0), "Value(2.0)"),
        (Value(2.0, label="w"), "Value(2.0, label='w')"),
        (Value(2.0, requires_grad=False), "Value(2.0, requires_grad=False)"),
        (Value([1.0, 2.5]), "Value([1. , 2.5])"),
        (Value(np.ones(1, np.float32)), "Value([1.], dtype=float32)"),
        (Value(np.float32(2)), "Value(2.0, dtype=float32)"),
        (Value(np.eye(2)), "Value([[1., 0.],\n       [0., 1.]])"),
        (Value(2.0) * 3.0, "Value(6.0)"),
    ],
)
def test_repr(value: Value, text: str) -> None:
    assert repr(value) == text
    assert str(value) == text
    assert f"{value}" == text


def test_repr_shows_the_gradient() -> None:
    x = Value(3.0, label="x")
    (x * x).backward()
    assert repr(x) == "Value(3.0, grad=6.0, label='x')"


def test_format_is_the_numbers_and_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f"{Value(2.0) * 3.0:.3f}" == "6.000"
        assert f"{Value(np.array(2.0)):.1e}" == "2.0e+00"


def test_truth_length_and_iteration() -> None:
    assert Value(1.0)
    assert not Value(0.0)
    v = Value(np.arange(6.0).reshape(2, 3))
    assert len(v) == 2
    rows = list(v)
    assert [type(row) for row in rows] == [Value, Value]
    np.testing.assert_array_equal(rows[1].data, [3.0, 4.0, 5.0])
    a, b = v
    np.sum(a * b).backward()
    np.testing.assert_array_equal(v.grad, [[3.0, 4.0, 5.0], [0.0, 1.0, 2.0]])
    with pytest.raises(ValueError, match="ambiguous"):
        bool(v)


@pytest.mark.parametrize("scalar", [Value(2.0), Value(np.array(2.0))])
def test_scalars_have_no_length(scalar: Value) -> None:
    with pytest.raises(TypeError, match=r"len\(\) of a scalar Value"):
        len(scalar)
    with pytest.raises(TypeError, match="iteration over a scalar Value"):
        iter(scalar)


def test_values_are_keys_by_identity() -> None:
    a, b = Value(1.0), Value(1.0)
    table = {a: "a", b: "b"}
    assert table[a] == "a"
    assert table[b] == "b"
    assert len({a, b, a}) == 2


def test_item_and_tolist_say_that_it_is_meant() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Value(2.0).item() == 2.0
        assert type(Value(np.float32(2)).item()) is float
        assert Value(np.arange(6.0).reshape(2, 3)).item(1, 2) == 5.0
        assert Value(np.eye(2)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
        assert Value(2.0).tolist() == 2.0


# --- copies -----------------------------------------------------------------------------------


def test_a_shallow_copy_carries_gradients() -> None:
    for x in (Value(3.0), Value(np.array([3.0]))):
        y = copy.copy(x)
        assert y is not x
        np.sum(y * y).backward()
        assert x.grad == 6.0


def test_a_deep_copy_is_a_variable_of_its_own() -> None:
    x = Value(np.ones(2), label="x")
    y = copy.deepcopy(x)
    np.sum(y * y).backward()
    assert x.grad is None
    np.testing.assert_array_equal(y.grad, [2.0, 2.0])
    assert y.label == "x"
    assert not copy.deepcopy(Value(1.0, requires_grad=False)).requires_grad


def test_a_deep_copy_of_a_computed_value_never_cuts_silently() -> None:
    with pytest.raises(DetachedError, match="history"):
        copy.deepcopy(Value(2.0) * 2.0)


@pytest.mark.parametrize("value", [Value(2.0, label="x"), Value(np.ones(2), requires_grad=False)])
def test_variables_are_pickled(value: Value) -> None:
    again = pickle.loads(pickle.dumps(value))
    np.testing.assert_array_equal(again.data, value.data)
    assert again.label == value.label
    assert again.requires_grad == value.requires_grad


def test_computed_values_are_not_pickled() -> None:
    with pytest.raises(DetachedError, match=r"lose its history; pickle v\.data"):
        pickle.dumps(Value(2.0) * 2.0)


# --- being turned into plain numbers ----------------------------------------------------------

OUTS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "int": int,
    "complex": complex,
    "np.asarray": np.asarray,
    "np.array": np.array,
    "math.sin": math.sin,
    "math.floor": math.floor,
    "np.float64": np.float64,
}


@pytest.mark.parametrize("name", OUTS)
def test_outside_a_transform_cutting_warns_at_the_place(name: str) -> None:
    with pytest.warns(DetachWarning, match=r"cuts the Value off .* \.item\(\) or \.data") as seen:
        got = OUTS[name](Value(2.0))
    assert seen[0].filename == __file__
    assert got == OUTS[name](2.0)
    assert not isinstance(got, Value)


@pytest.mark.parametrize("name", OUTS)
def test_inside_a_transform_cutting_raises(name: str) -> None:
    with pytest.raises(DetachedError, match="inside a transform would cut the derivative"):
        grad(lambda x: x * OUTS[name](x))(2.0)


@pytest.mark.parametrize("name", OUTS)
def test_where_nothing_is_cut_nothing_is_said(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert OUTS[name](Value(2.0, requires_grad=False)) == OUTS[name](2.0)
        with no_grad():
            assert OUTS[name](Value(2.0)) == OUTS[name](2.0)
        assert grad(lambda x: x * OUTS[name](Value(2.0, requires_grad=False)).real)(3.0) == (
            OUTS[name](2.0).real
        )


def test_arrays_made_of_a_value_are_its_callers_own() -> None:
    v = Value(np.arange(3.0), requires_grad=False)
    a = np.asarray(v)
    a[0] = 7.0
    np.testing.assert_array_equal(v.data, [0.0, 1.0, 2.0])
    assert np.asarray(v, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(np.array(v, copy=True), [0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="hands out copies"):
        np.array(Value(2.0, requires_grad=False), copy=False)
    with pytest.raises(ValueError, match="copies"):
        np.array(v, copy=False)


def test_python_indices_are_not_values() -> None:
    with pytest.raises(TypeError):
        [1, 2, 3][Value(1.0)]  # type: ignore[call-overload]
