"""Raw data: Python floats stay floats, arrays are NumPy's, the rest is normalised or refused."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value
from microgradnet.backend import Data, differentiable, operand, read_only
from microgradnet.errors import DTypeError, NotDifferentiableError
from microgradnet.ops import arithmetic

numbers = st.floats(allow_nan=True, allow_infinity=True)


# --- Python floats are computed on by Python, and agree with NumPy ----------------------------


@pytest.mark.parametrize(
    "operate",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow],
)
@given(x=numbers, y=numbers)
def test_float_operators_agree_with_0d_arrays(
    operate: Callable[[Any, Any], Any], x: float, y: float
) -> None:
    with np.errstate(all="ignore"):
        expected = operate(np.float64(x), np.float64(y))
        got = operate(Value(x), Value(y)).data
        mixed = operate(x, Value(y)).data
    assert type(got) is float
    # Python's pow and NumPy's may round differently in the last place.
    np.testing.assert_array_max_ulp(np.float64(got), expected, 1)
    np.testing.assert_array_equal(mixed, got)


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda v: v / 0.0, math.inf),
        (lambda v: np.exp(1000.0 * v), math.inf),
        (lambda v: np.log(0.0 * v), -math.inf),
        (lambda v: (-8.0 * v) ** 0.5, math.nan),
        (lambda v: np.sqrt(-v), math.nan),
    ],
    ids=["divide by zero", "overflow", "log of zero", "complex power", "root of a negative"],
)
def test_where_python_raises_numpy_decides_and_warns(
    compute: Callable[[Any], Any], expected: float
) -> None:
    with pytest.warns(RuntimeWarning):
        got = compute(Value(1.0)).data
    assert type(got) is float
    np.testing.assert_equal(got, expected)


def test_integers_among_floats_give_floats() -> None:
    assert type(arithmetic.add(1, 2)) is float
    assert arithmetic.add(1, 2) == 3.0
    assert type((Value(2.0) ** 2).data) is float
    assert (Value(2.0) + True).data == 3.0


# --- operands ---------------------------------------------------------------------------------


def test_operand_takes_numbers_of_any_kind() -> None:
    half = np.float32(0.5)
    assert operand(half, "f") is half
    np.testing.assert_array_equal(operand([1, 2], "f"), [1, 2])
    np.testing.assert_array_equal(operand((True, False), "f"), [True, False])
    assert (Value(1.0) + np.float32(0.5)).data == 1.5
    np.testing.assert_array_equal((Value(np.ones(2)) * [1, 2]).data, [1.0, 2.0])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.ma.masked_array([1.0, 2.0], [True, False]), "got a masked array; .* fill it first"),
        ("one", "got a str of dtype <U3; expected real numbers"),
        (np.array([None, 1.0]), "of dtype object; expected real numbers"),
        (np.array([1j]), "complex128"),
        ([1j, 2.0], "got a list of dtype complex128; expected real numbers"),
    ],
    ids=["masked", "text", "objects", "complex array", "complex list"],
)
def test_operands_that_are_not_real_numbers_are_refused(bad: Any, message: str) -> None:
    with pytest.raises(DTypeError, match=message):
        arithmetic.multiply(Value(np.ones(2)), bad)


# --- what a variable may hold -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "expected"),
    [(2, 2.0), (True, 1.0), (0.5, 0.5), (np.int64(3), 3.0), (np.bool_(True), 1.0)],
)
def test_python_numbers_become_floats(given_: Any, expected: float) -> None:
    got = differentiable(given_)
    assert type(got) is float
    assert got == expected


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floating_dtypes_are_kept(dtype: Any) -> None:
    a = np.arange(3).astype(dtype)
    assert differentiable(a).dtype == dtype
    assert differentiable(dtype(1)).dtype == dtype


@pytest.mark.parametrize("given_", [[0, 1], (0, 1), np.array([0, 1]), np.array([False, True])])
def test_integers_and_booleans_become_float64(given_: Any) -> None:
    got = differentiable(given_)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, [0.0, 1.0])


def test_copies_unless_told_otherwise() -> None:
    a = np.arange(3.0)
    assert not np.shares_memory(differentiable(a), a)
    assert differentiable(a, copy=False) is a
    strided = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert differentiable(strided).flags.f_contiguous


def test_data_of_a_value_become_arrays() -> None:
    assert type(differentiable(Value(np.ones(2)).data)) is np.ndarray


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_is_not_multiplied_element_by_element_in_silence() -> None:
    m = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    for f in (Value, lambda m: Value(np.eye(2)) * m, lambda m: m * Value(np.eye(2))):
        with pytest.raises(DTypeError, match=r"got a matrix, whose \* .*np.asarray\(x\)"):
            f(m)


class Foreign:
    """An array of another library."""

    def __array_namespace__(self) -> Any:
        return math


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (1j, DTypeError, r"got complex data \(complex128\); expected real numbers"),
        (np.array([1j]), DTypeError, "real and imaginary parts"),
        ("one", DTypeError, "got data of dtype <U3; expected numbers"),
        ([None], DTypeError, "got data of dtype object"),
        (Foreign(), NotDifferentiableError, r"Foreign cannot be held .* write np.asarray\(x\)"),
    ],
    ids=["complex", "complex array", "text", "object", "foreign"],
)
def test_what_cannot_be_differentiated_is_refused(bad: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        Value(bad)


def test_a_masked_array_never_loses_its_mask_silently() -> None:
    with pytest.raises(DTypeError, match="masked"):
        Value(np.ma.masked_array([1.0, 2.0], [True, False]))


# --- what ``Value.data`` hands out ------------------------------------------------------------

OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "+": (operator.iadd, np.add),
    "-": (operator.isub, np.subtract),
    "*": (operator.imul, np.multiply),
    "/": (operator.itruediv, np.divide),
    "//": (operator.ifloordiv, np.floor_divide),
    "%": (operator.imod, np.remainder),
    "**": (operator.ipow, np.power),
    "@": (operator.imatmul, np.matmul),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_in_place_operators_on_data_make_new_arrays(name: str) -> None:
    in_place, operate = OPERATORS[name]
    a, b = np.array([[2.0, 3.0], [5.0, 7.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    v = Value(a)
    shown = v.data
    got = in_place(shown, b)
    np.testing.assert_array_equal(got, operate(a, b))
    assert type(got) is np.ndarray
    assert got.flags.writeable
    np.testing.assert_array_equal(v.data, a)


def test_data_cannot_be_written_to() -> None:
    v = Value(np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        v.data[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        np.add(v.data, 1.0, out=v.data)
    with pytest.raises(ValueError, match="read-only"):
        v.data.sort()


def test_arithmetic_on_data_gives_plain_arrays_and_numbers() -> None:
    data = Value(np.arange(3.0)).data
    assert isinstance(data, Data)
    for result in (data + 1.0, -data, np.exp(data)):
        assert type(result) is np.ndarray
        assert result.flags.writeable
    for number in (data.sum(), np.sum(data), np.mean(data), data @ data, data[1]):
        assert isinstance(number, np.float64)


def test_read_only_leaves_floats_alone() -> None:
    assert read_only(0.5) == 0.5
    assert type(Value(0.5).data) is float


# --- data that are handed out -----------------------------------------------------------------


def test_ufuncs_of_data_are_those_of_arrays() -> None:
    v = Value([1.0, 2.0, 3.0])
    for got, expected in (
        (np.exp(v.data), np.exp([1.0, 2.0, 3.0])),
        (v.data * 2.0, [2.0, 4.0, 6.0]),
        (np.add.reduce(v.data), 6.0),
        (np.add(v.data, 1.0, out=np.zeros(3)), [2.0, 3.0, 4.0]),
        (np.linalg.inv(Value(2.0 * np.eye(3)).data), 0.5 * np.eye(3)),
    ):
        assert type(got) in (np.ndarray, np.float64)
        np.testing.assert_array_equal(got, expected)
    assert isinstance(v.data * v, Value)
    counts = np.zeros(2)
    np.add.at(counts, [0, 1, 1], v.data)
    np.testing.assert_array_equal(counts, [1.0, 5.0])


@pytest.mark.parametrize(
    "write",
    [
        lambda d: np.add.at(d, [0, 0], 5.0),
        lambda d: np.negative.at(d, 0),
        lambda d: np.multiply(d, 2.0, out=d),
        lambda d: np.modf(d, d, None),
    ],
)
def test_no_ufunc_writes_into_data(write: Any) -> None:
    # NumPy's own np.add.at writes into read-only arrays.
    v = Value([1.0, 2.0, 3.0])
    y = v * v
    with pytest.raises(ValueError, match="read-only"):
        write(v.data)
    y.sum().backward()
    np.testing.assert_array_equal(v.grad, [2.0, 4.0, 6.0])
    new = v.data.copy()
    np.add.at(new, [0, 0], 5.0)
    np.testing.assert_array_equal(new, [11.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "unlock",
    [
        lambda d: d.setflags(write=True),
        lambda d: setattr(d.flags, "writeable", True),
        lambda d: setattr(d[1:].flags, "writeable", True),
        lambda d: setattr(d.T.flags, "writeable", True),
    ],
)
def test_data_do_not_unlock(unlock: Any) -> None:
    v = Value([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"read-only: .* write p\.data = new"):
        unlock(v.data)
    copy = v.data.copy()
    copy.setflags(write=False)
    copy.flags.writeable = True
    copy[0] = 5.0
    assert v.data[0] == 1.0


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (1j, "complex of dtype complex128.*the real and the imaginary part$"),
        (np.array([1j, 2.0]), "ndarray of dtype complex128.*imaginary part$"),
        (None, r"NoneType of dtype object.*np\.stack"),
        ("text", "str of dtype <U4; expected real numbers\\.$"),
    ],
)
def test_refused_operands_say_what_to_do(x: Any, message: str) -> None:
    with pytest.raises(DTypeError, match=f"multiply got a {message}"):
        np.multiply(Value([1.0, 2.0]), x)


def test_a_complex_factor_is_refused_on_either_side() -> None:
    for operate in (lambda v: v * 1j, lambda v: 1j * v, lambda v: v / 1j, lambda v: v**1j):
        with pytest.raises(DTypeError, match="the real and the imaginary part"):
            operate(Value(2.0))
