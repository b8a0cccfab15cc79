"""Nodes, handles and primitives: what a computation leaves behind, and what it does not."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, elementwise, grad, linear, no_grad
from microgradnet.errors import RegistryError, ShapeError
from microgradnet.graph import PRIMITIVES, Node, Primitive, Traced, raw
from microgradnet.memory import LARGE, Ghost
from microgradnet.ops import arithmetic
from microgradnet.rules import Elementwise


def node_of(v: Any) -> Node:
    assert isinstance(v, Traced)
    return v._node


# --- recording --------------------------------------------------------------------------------


def test_a_node_records_what_it_was_made_from() -> None:
    x = Value(2.0)
    y = x * 3.0
    node = node_of(y)
    assert node.primitive is arithmetic.multiply
    assert node.inputs == (node_of(x), None)
    assert node.operands == (2.0, 3.0)
    assert node.data == 6.0
    assert node.params is None


def test_creation_order_is_a_topological_order() -> None:
    x = Value(np.ones(2))
    y = np.sin(x)
    z = y + x
    assert 0 < node_of(x).index < node_of(y).index < node_of(z).index


def test_what_is_not_tracked_records_nothing() -> None:
    c = Value(np.ones(2), requires_grad=False)
    z = np.exp(c) * c + 1.0
    assert not z.requires_grad
    assert node_of(z).index == 0
    assert node_of(z).inputs == ()


def test_operands_that_are_not_tracked_are_constants_of_the_record() -> None:
    x, c = Value(2.0), Value(5.0, requires_grad=False)
    assert node_of(x * c).inputs == (node_of(x), None)
    assert node_of(x * c).operands == (2.0, 5.0)


def test_raw_gives_the_data_of_a_handle_and_anything_else_as_it_is() -> None:
    a = np.ones(2)
    assert raw(Value(2.0)) == 2.0
    assert raw(a) is a


def test_operands_of_any_number_and_kind() -> None:
    x = Value(np.array([1.0, 2.0]))
    chosen = arithmetic.choose([True, False], x, np.float32(7))
    np.testing.assert_array_equal(chosen.data, [1.0, 7.0])
    assert not arithmetic.choose(True, Value(1.0, requires_grad=False), 2.0).requires_grad
    np.testing.assert_array_equal(arithmetic.choose(np.array([True, False]), 1.0, 2.0), [1.0, 2.0])
    np.sum(chosen).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 0.0])


def test_primitives_on_raw_data_give_raw_data() -> None:
    got = arithmetic.add(np.ones(2), [1.0, 2.0])
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, [2.0, 3.0])


def test_a_graph_goes_with_its_last_handle() -> None:
    # No cycles: reference counting alone frees it, without the garbage collector.
    gc.disable()
    try:
        x = Value(np.ones(3))
        y = np.tanh(x * 2.0)
        middle = weakref.ref(y)
        loss = np.sum(y * y)
        del y
        loss.backward()
        gone = weakref.ref(loss)
        del loss
        assert gone() is None
        assert middle() is None
        y = Value(np.ones(2))
        seen = weakref.ref(y)
        grad(lambda x: np.sum(x * seen()))(np.ones(2))
        del y
        assert seen() is None
    finally:
        gc.enable()


def test_large_arrays_that_no_derivative_reads_are_not_kept() -> None:
    x = Value(np.ones(LARGE + 1))
    total = np.sin(x) + np.cos(x)
    node = node_of(total)
    assert isinstance(node.data, Ghost)
    assert all(isinstance(x, Ghost) for x in node.operands)
    assert node.data.shape == (LARGE + 1,)
    assert node.data.ndim == 1
    assert node.data.size == LARGE + 1
    assert node.data.dtype == np.float64
    np.sum(total).backward()
    np.testing.assert_allclose(x.grad, np.cos(1.0) - np.sin(1.0), rtol=1e-14)


# --- pausing ----------------------------------------------------------------------------------


def test_no_grad_records_nothing_inside() -> None:
    x = Value(2.0)
    with no_grad():
        for y in (x * x, x + 1.0, 2.0 - x, np.sin(x), x**2, np.exp(Value(np.ones(2)))):
            assert not y.requires_grad
    assert (x * x).requires_grad


def test_no_grad_decorates() -> None:
    @no_grad()
    def square(x: Any) -> Any:
        return x * x

    assert not square(Value(3.0)).requires_grad
    assert square(Value(3.0)).data == 9.0
    assert not square(Value(3.0)).requires_grad


def test_no_grad_nests_and_ends_with_an_exception() -> None:
    x = Value(2.0)
    with pytest.raises(KeyError), no_grad():
        with no_grad():
            assert not (x * x).requires_grad
        assert not (x * x).requires_grad
        raise KeyError
    assert (x * x).requires_grad


def test_no_grad_is_for_one_thread() -> None:
    x = Value(2.0)
    entered, leave = threading.Event(), threading.Event()
    inside: list[bool] = []

    def pause() -> None:
        with no_grad():
            entered.set()
            leave.wait(10)
            inside.append((x * x).requires_grad)

    thread = threading.Thread(target=pause)
    thread.start()
    assert entered.wait(10)
    outside = (x * x).requires_grad, np.sin(Value(np.ones(2))).requires_grad
    leave.set()
    thread.join()
    assert outside == (True, True)
    assert inside == [False]


def test_a_transform_inside_no_grad_still_differentiates() -> None:
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert not (Value(1.0) * 2.0).requires_grad


def test_no_grad_inside_a_transform_stops_the_gradient() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            y = x * x
        return x * y

    assert grad(f)(3.0) == 9.0
    assert grad(grad(lambda x: x**3))(1.0) == pytest.approx(6.0, rel=1e-15)


# --- primitives -------------------------------------------------------------------------------


def test_a_taken_name_is_refused() -> None:
    before = dict(PRIMITIVES)
    with pytest.raises(RegistryError, match="named 'sin' exists already; .* name=\"my_sin\""):
        elementwise(lambda x: np.sin(x), lambda z, x: np.cos(x), name="sin")
    # Nor is NumPy's own function taken over, by whatever name: all Values use it.
    with pytest.raises(RegistryError, match="numpy's sin has a derivative already"):
        elementwise(np.sin, lambda z, x: np.cos(x), name="another_sin")
    assert before == PRIMITIVES


def test_a_primitive_is_known_by_its_name() -> None:
    p = Primitive("named", np.positive, Elementwise(1.0))
    assert PRIMITIVES["named"] is p
    assert repr(p) == "<primitive named>"


@pytest.mark.parametrize(
    "compute",
    [
        lambda: Value(np.ones(2)) + np.ones(3),
        lambda: np.ones(2) + Value(np.ones(3)),
        lambda: Value(np.ones((2, 3))) @ np.ones(2),
    ],
)
def test_shapes_that_do_not_fit_are_named_with_the_primitive(compute: Any) -> None:
    with pytest.raises(ShapeError, match=r"(add|matmul) of operands with shapes \(2.*\(.*: "):
        compute()


def test_shapes_that_do_not_broadcast_are_told_how_they_would() -> None:
    with pytest.raises(ShapeError, match=r"add of .*; expected axes that agree from the right"):
        Value(np.ones(2)) + np.ones(3)
    with pytest.raises(ShapeError) as caught:
        Value(np.ones((2, 3))) @ np.ones(2)
    assert "from the right" not in str(caught.value)  # nothing is broadcast


def test_one_operand_of_a_wrong_shape_is_named_too() -> None:
    first_two = linear(lambda x: x.reshape(2), lambda g, x: g, name="first two")
    with pytest.raises(ShapeError, match=r"first two of operands with shapes \(3,\): "):
        first_two(Value(np.ones(3)))
    with pytest.raises(ShapeError, match=r"first two of operands with shapes \(3,\): "):
        first_two(np.ones(3))


def test_errors_of_the_kind_that_teach_pass_unchanged() -> None:
    def refuse(x: Any) -> Any:
        raise ShapeError("a reason")

    def singular(x: Any) -> Any:
        raise np.linalg.LinAlgError("singular")

    with pytest.raises(ShapeError, match="^a reason$"):
        linear(refuse, lambda g, x: g, name="refuses")(Value(np.ones(3)))
    inverse = linear(singular, lambda g, x: g, name="singular")
    for operand in (Value(np.ones(3)), np.ones(3)):
        with pytest.raises(np.linalg.LinAlgError, match="^singular$"):
            inverse(operand)


def test_python_errors_of_an_evaluation_are_not_dressed_up() -> None:
    def careless(x: Any) -> Any:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        linear(careless, lambda g, x: g, name="careless")(Value(np.ones(3)))
