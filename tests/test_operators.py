"""Python's operators: all, on floats and arrays, from either side; indexing, assignment."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, jacobian
from microgradnet.errors import DTypeError, NotDifferentiableError, ShapeError

from . import checking
from .checking import Call

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "abs": abs,
}
PAIRS: list[tuple[Any, Any]] = [
    (2.6, 0.7),
    (np.array([0.8, 2.6]), np.array([1.7, 0.6])),
    (2.6, np.array([1.7, 0.6])),
    (np.array([[0.8], [2.6]]), np.array([1.7, 0.6])),
]


def every_way(operate: Callable[[Any, Any], Any], x: Any, y: Any) -> list[Call]:
    return [
        Call("both", lambda x, y: [operate(x, y)], (x, y)),
        Call("left", lambda x: [operate(x, y)], (x,)),
        Call("right", lambda y: [operate(x, y)], (y,)),
    ]


@pytest.mark.parametrize(("x", "y"), PAIRS, ids=["floats", "arrays", "mixed", "broadcast"])
@pytest.mark.parametrize("name", BINARY)
def test_binary_operators_from_either_side(name: str, x: Any, y: Any) -> None:
    rng = np.random.default_rng(5)
    for call in every_way(BINARY[name], x, y) + every_way(BINARY[name], y, x):
        checking.check_value(call)
        checking.check_first_order(call, rng)
        checking.check_second_order(call, rng)


@pytest.mark.parametrize("x", [1.3, -1.3, np.array([0.7, -1.4])], ids=repr)
@pytest.mark.parametrize("name", UNARY)
def test_unary_operators(name: str, x: Any) -> None:
    rng = np.random.default_rng(6)
    call = Call(name, lambda x: [UNARY[name](x)], (x,))
    checking.check_value(call)
    checking.check_first_order(call, rng)
    checking.check_second_order(call, rng)


@pytest.mark.parametrize("name", BINARY)
def test_floats_stay_floats(name: str) -> None:
    operate = BINARY[name]
    x, y, c = Value(2.6), Value(0.7), Value(0.7, requires_grad=False)
    for got in (operate(x, y), operate(x, c), operate(c, x), operate(x, 0.7), operate(0.7, x)):
        assert type(got.data) is float
        assert got.requires_grad
    assert operate(x, y).data == operate(2.6, 0.7)
    assert operate(x, 2).data == operate(2.6, 2)
    assert operate(2, x).data == operate(2, 2.6)
    assert not operate(c, 1.0).requires_grad
    assert not operate(1.0, c).requires_grad


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "other",
    [2, True, np.float64(1.5), np.float32(1.5), np.int8(3), np.array(1.5), [1.5, 2.0], (1.5, 2.0)],
    ids=repr,
)
def test_other_kinds_of_number_are_operands(name: str, other: Any) -> None:
    operate, a = BINARY[name], np.array([0.7, 2.6])
    for v in (Value(a), Value(a, requires_grad=False)):
        got, reflected = operate(v, other), operate(other, v)
        np.testing.assert_array_equal(got.data, operate(a, np.asarray(other)))
        np.testing.assert_array_equal(reflected.data, operate(np.asarray(other), a))
        assert got.requires_grad == reflected.requires_grad == v.requires_grad


def test_arrays_on_the_left_give_way() -> None:
    a, v = np.array([1.0, 2.0]), Value(np.array([3.0, 4.0]))
    total = np.sum(a * v + a - a / v)
    assert isinstance(total, Value)
    total.backward()
    np.testing.assert_array_equal(v.grad, a + a / v.data**2)


@pytest.mark.parametrize("name", BINARY)
def test_foreign_types_get_their_turn(name: str) -> None:
    class Foreign:
        def __radd__(self, other: Any) -> str:
            return "mine"

        __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __radd__

    for v in (Value(2.0), Value(np.ones(2))):
        assert BINARY[name](v, Foreign()) == "mine"
        with pytest.raises(TypeError):
            BINARY[name](v, object())
        with pytest.raises(TypeError):
            BINARY[name](object(), v)


@pytest.mark.parametrize(
    ("operate", "expected"),
    [
        (lambda v: v / 0.0, np.inf),
        (lambda v: 2.0 / (v * 0.0), np.inf),
        (lambda v: v / (v * 0.0), np.inf),
        (lambda v: (v * 1e200) ** 2, np.inf),
        (lambda v: (v * 0.0) ** -1.0, np.inf),
    ],
)
def test_where_python_would_raise_floats_are_numpys(operate: Any, expected: float) -> None:
    with np.errstate(all="ignore"):
        got = operate(Value(2.0))
        np.testing.assert_equal(got.data, expected)
        assert type(got.data) is float


@pytest.mark.parametrize(("x", "y"), [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0)])
def test_divmod_is_floor_division_and_remainder(x: float, y: float) -> None:
    for got in (divmod(Value(x), y), divmod(x, Value(y)), divmod(Value(x), Value(y))):
        assert tuple(v.data for v in got) == divmod(x, y)
    assert grad(lambda x: divmod(x, y)[1])(x) == 1.0
    assert grad(lambda y: divmod(x, y)[1])(y) == -(x // y)


def test_matrix_products_from_either_side() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    rng = np.random.default_rng(7)
    for call in every_way(operator.matmul, a, b) + every_way(operator.matmul, a, b[:, 0]):
        checking.check_value(call)
        checking.check_first_order(call, rng)
        checking.check_second_order(call, rng)
    got = Value(a) @ b.tolist()
    np.testing.assert_array_equal(got.data, a @ b)
    np.testing.assert_array_equal((a.tolist() @ Value(b)).data, a @ b)
    with pytest.raises(ShapeError, match="matmul of a scalar"):
        Value(a) @ 2.0
    with pytest.raises(TypeError):
        Value(a) @ object()  # type: ignore[operator]


def test_rounding_gives_a_value_with_zero_gradient() -> None:
    assert round(Value(2.567), 1).data == 2.6
    assert round(Value(2.567)).data == 3.0
    np.testing.assert_array_equal(round(Value(np.array([1.25, 2.75])), 1).data, [1.2, 2.8])
    assert grad(lambda x: round(x, 1) * x)(2.567) == 2.6


# --- comparison -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "compare",
    [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne],
    ids=lambda c: c.__name__,
)
@given(x=st.floats(allow_nan=True), y=st.floats(allow_nan=True))
def test_comparisons_are_plain(compare: Callable[[Any, Any], Any], x: float, y: float) -> None:
    for got in (compare(Value(x), Value(y)), compare(Value(x), y), compare(x, Value(y))):
        assert got is compare(x, y)
    a, b = np.array([x, y]), np.array([y, y])
    for mask in (compare(Value(a), Value(b)), compare(Value(a), b), compare(a, Value(b))):
        assert type(mask) is np.ndarray
        assert mask.dtype == bool
        np.testing.assert_array_equal(mask, compare(a, b))


def test_comparison_with_what_is_no_number() -> None:
    assert (Value(2.0) == "two") is False
    assert (Value(2.0) != None) is True  # noqa: E711  # the operator is what is tested
    with pytest.raises(TypeError):
        operator.lt(Value(2.0), "two")


def test_control_flow_follows_the_numbers() -> None:
    def f(x: Any) -> Any:
        while x < 100:
            x = x * x if x > 3 else x * 3.0
        return x

    assert grad(f)(2.0) == 2592.0  # of (3 x)**4


# --- indexing ---------------------------------------------------------------------------------

A = np.arange(24.0).reshape(2, 3, 4) / 10.0
INDICES: dict[str, Any] = {
    "integer": 1,
    "negative": -1,
    "tuple": (1, -1, 0),
    "slice": slice(1, None),
    "step": (slice(None), slice(None, None, -2)),
    "ellipsis": (..., 0),
    "newaxis": (None, 0, None),
    "numpy integer": np.int64(1),
    "boolean": A > 1.0,
    "row mask": np.array([True, False]),
    "integers": np.array([0, 1, 0]),
    "list": [0, 0, 1],
    "empty list": [],
    "mixed": (np.array([0, 1]), slice(None), np.array([2, 2])),
    "int8": np.array([1, 1], np.int8),
    "two masks": (np.array([True, True]), np.array([True, False, True])),
    "nothing": (),
}


@pytest.mark.parametrize("name", INDICES)
def test_indexing(name: str) -> None:
    index = INDICES[name]
    rng = np.random.default_rng(8)
    call = Call(f"indexing by {name}", lambda x: [x[index]], (A,))
    checking.check_value(call)
    checking.check_first_order(call, rng)
    checking.check_adjoint(call, rng)
    checking.check_second_order(call, rng)


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("new", ["scalar", "array"])
def test_assignment(name: str, new: str) -> None:
    index = INDICES[name]
    rng = np.random.default_rng(9)
    v = 0.37 if new == "scalar" else rng.uniform(0.1, 1.0, np.shape(A[index]))
    if isinstance(v, np.ndarray) and not v.shape:
        v = float(v)

    def f(x: Any, v: Any) -> list[Any]:
        y = x * 1.0
        y[index] = v
        return [y]

    for call in (
        Call(f"assignment by {name}", f, (A, v)),
        Call(f"assignment by {name} into a constant", lambda v: f(Value(A), v), (v,)),
    ):
        if "constant" not in call.name:
            checking.check_value(call)
        checking.check_adjoint(call, rng)
    call = Call(f"assignment by {name}", f, (A, v))
    checking.check_first_order(call, rng)
    checking.check_second_order(call, rng)


def test_assignment_into_arguments_inside_grad() -> None:
    def f(x: Any) -> Any:
        x[0] = x[1] * 10.0
        x[1:] *= 2.0
        x[[0, 0]] += 1.0
        return np.sum(x)

    a = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(grad(f)(a), [0.0, 12.0, 2.0])
    np.testing.assert_array_equal(a, [1.0, 2.0, 3.0])


def test_assignment_to_a_leaf_keeps_its_gradient() -> None:
    x = Value(np.array([1.0, 2.0, 3.0]))
    x[0] = 7.0
    x[1] += 1.0
    np.sum(x * x).backward()
    np.testing.assert_array_equal(x.data, [7.0, 3.0, 3.0])
    np.testing.assert_array_equal(x.grad, [0.0, 6.0, 6.0])


def test_earlier_results_keep_their_numbers() -> None:
    x = Value(np.array([1.0, 2.0]))
    y = x * x
    z = np.sum(y * x)
    y[0] = 100.0
    z.backward()
    np.testing.assert_array_equal(x.grad, [3.0, 12.0])


def test_of_duplicates_the_last_assignment_stays() -> None:
    def f(v: Any) -> Any:
        y = np.zeros(3) + 0.0 * v[0]
        y[np.array([0, 0, 2])] = v
        return y

    np.testing.assert_array_equal(f(np.array([1.0, 2.0, 3.0])), [2.0, 0.0, 3.0])
    j = jacobian(f)(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(j, [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def test_in_place_into_a_view_that_is_not_assigned_next_is_refused() -> None:
    x = Value(np.arange(4.0)) * 1.0
    kept, held = x[1:], [x[:2]]
    with pytest.raises(NotDifferentiableError, match="another Value shows too"):
        kept += 1.0
    with pytest.raises(NotDifferentiableError, match="another Value shows too"):
        held[0] += 1.0
    del kept, held
    with pytest.raises(NotDifferentiableError, match="another Value shows too"):
        operator.iadd(x[1:], 1.0)  # NumPy would write to x, and nobody assigns the result
    np.testing.assert_array_equal(x.data, np.arange(4.0))
    x[1:] += 1.0
    np.testing.assert_array_equal(x.data, [0.0, 2.0, 3.0, 4.0])


def test_an_index_may_change_after_its_use() -> None:
    x, index = Value(np.array([1.0, 2.0, 3.0])), np.array([0, 1])
    y = x[index]
    index[:] = 2
    np.sum(y).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0, 0.0])


def test_what_cannot_be_indexed_says_so() -> None:
    with pytest.raises(IndexError):
        Value(2.0)[0]
    with pytest.raises(IndexError):
        Value(2.0)[0] = 1.0
    with pytest.raises(DTypeError, match=r"used as an index; .* write v\.data\.astype\(int\)"):
        Value(np.ones(3))[Value(1.0)]
    with pytest.raises(ShapeError, match=r"v of shape \(3,\); .* broadcasts to \(2,\)"):
        Value(np.ones(3))[:2] = np.ones(3)
    with pytest.raises(IndexError):
        Value(np.ones(3))[5]
