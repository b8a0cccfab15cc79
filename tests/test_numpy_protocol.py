"""NumPy asks a Value what to do: every way of calling is answered, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import DetachWarning, Value, grad
from microgradnet.errors import (
    DetachedError,
    DTypeError,
    MicrogradnetError,
    NotDifferentiableError,
    UnknownKeywordError,
)

from . import checking
from .checking import Call

A = np.array([[0.3, -1.2, 2.5], [1.1, 0.7, -0.4]])


# --- ufuncs -----------------------------------------------------------------------------------


def test_ufuncs_take_values_anywhere() -> None:
    v = Value(A)
    for got in (np.add(v, 1.0), np.add(1.0, v), np.add(v, v), np.add(A, v)):
        assert isinstance(got, Value)
    np.testing.assert_array_equal(np.arctan2(A, v).data, np.arctan2(A, A))


def test_predicates_are_plain() -> None:
    got = np.isnan(Value([1.0, np.nan]))
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, [False, True])
    np.testing.assert_array_equal(np.greater(Value([1.0, 3.0]), 2.0), [False, True])


def test_dtype_is_honoured() -> None:
    v = Value(np.ones(2, np.float32))
    got = np.exp(v, dtype=np.float64)
    assert got.dtype == np.float64
    np.sum(got).backward()
    assert v.grad.dtype == np.float32
    assert np.add(1.0, v, dtype=np.float64).dtype == np.float64
    # NumPy casts the operands too; a Python float among them has no dtype to cast
    assert np.multiply(v, np.ones(2), dtype=np.float32).dtype == np.float32
    assert np.multiply([1.0, 2.0], v, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("dtype", [int, bool, np.uint8, complex])
def test_a_ufunc_in_a_dtype_without_gradient_is_refused(dtype: Any) -> None:
    # np.exp of the truncated number, without a gradient, it must not be.
    for f in (lambda x: np.exp(x, dtype=dtype), lambda x: np.add(x, 1, dtype=dtype)):
        with pytest.raises(DTypeError, match="expected a floating dtype"):
            f(Value(1.5))


def test_outer_of_lists() -> None:
    v = Value([3.0, 4.0])
    np.testing.assert_array_equal(np.multiply.outer([1.0, 2.0], v).data, [[3, 4], [6, 8]])
    np.testing.assert_array_equal(np.multiply.outer(v, [1.0, 2.0]).data, [[3, 6], [4, 8]])


def test_keywords_that_say_nothing_are_dropped() -> None:
    v = Value(A)
    np.testing.assert_array_equal(np.exp(v, where=True, out=None, dtype=None).data, np.exp(A))
    np.testing.assert_array_equal(np.isnan(v, where=True), np.isnan(A))


@pytest.mark.parametrize(
    "compute",
    [
        lambda v: np.exp(v, where=A > 0),
        lambda v: np.exp(v, casting="no"),
        lambda v: np.isnan(v, where=A > 0),
    ],
)
def test_keywords_of_ufuncs_are_not_swallowed(compute: Callable[[Any], Any]) -> None:
    with pytest.raises(UnknownKeywordError, match=r"got the keyword (where|casting)="):
        compute(Value(A))


@pytest.mark.parametrize(
    "compute",
    [
        lambda v: np.exp(v, out=np.empty_like(A)),
        lambda v: np.add(v, 1.0, np.empty_like(A)),
        lambda v: np.exp(A, out=(v,)),
        lambda v: np.isnan(v, out=np.empty(A.shape, bool)),
    ],
)
def test_results_are_not_written_into_plain_arrays(compute: Callable[[Any], Any]) -> None:
    with pytest.raises(NotDifferentiableError, match=r"out=array\) .* write a = a \+ v"):
        compute(Value(A))


def test_in_place_addition_to_an_array_is_refused() -> None:
    a = A.copy()
    with pytest.raises(NotDifferentiableError, match=r"an in-place a \+= v does that too"):
        a += Value(A)
    np.testing.assert_array_equal(a, A)


# --- methods of ufuncs ------------------------------------------------------------------------

UFUNC_METHODS: dict[str, Callable[[Any], Any]] = {
    "add.reduce": lambda x: np.add.reduce(x),
    "add.reduce over an axis": lambda x: np.add.reduce(x, 1),
    "add.reduce by keyword": lambda x: np.add.reduce(x, axis=-1, keepdims=True),
    "add.reduce over all": lambda x: np.add.reduce(x, axis=None),
    "add.reduce positional": lambda x: np.add.reduce(x, 1, None, None, True),
    "multiply.reduce": lambda x: np.multiply.reduce(x, axis=(0, 1)),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=0),
    "minimum.reduce": lambda x: np.minimum.reduce(x),
    "add.accumulate": lambda x: np.add.accumulate(x, axis=1),
    "add.accumulate by default": lambda x: np.add.accumulate(x),
    "multiply.accumulate": lambda x: np.multiply.accumulate(x, 0),
    "add.outer": lambda x: np.add.outer(x, np.arange(2.0)),
    "multiply.outer": lambda x: np.multiply.outer(np.arange(2.0), x),
    "power.outer": lambda x: np.power.outer(np.abs(x[0]), x[1]),
    "subtract.outer with a number": lambda x: np.subtract.outer(2.0, x),
}


@pytest.mark.parametrize("name", UFUNC_METHODS)
def test_methods_of_ufuncs(name: str) -> None:
    rng = np.random.default_rng(11)
    call = Call(name, lambda x: [UFUNC_METHODS[name](x)], (A,))
    checking.check_value(call)
    checking.check_first_order(call, rng)
    checking.check_second_order(call, rng)


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda v: np.exp.at(v, [0]), r"np\.exp\.at has no derivative"),
        (lambda v: np.add.at(A.copy(), [0], v), r"np\.add\.at has no derivative"),
        (lambda v: np.add.reduceat(v, [0, 1]), r"np\.add\.reduceat has no derivative"),
        (lambda v: np.hypot.reduce(v), r"np\.hypot\.reduce has no derivative"),
        (lambda v: np.logical_and.outer(v, v), r"np\.logical_and\.outer has no derivative"),
        (lambda v: np.add.outer(v, v, dtype=float), r"np\.add\.outer has no derivative"),
        (lambda v: np.spacing(v), r"np\.spacing has no derivative .* pass v\.data"),
        (lambda v: np.poly(v), r"np\.poly has no derivative .* pass v\.data"),
        (lambda v: np.fft.fftshift(v), r"np\.fft.*fftshift has no derivative"),
    ],
)
def test_what_is_not_there_is_named(compute: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(NotDifferentiableError, match=message):
        compute(Value(A))


def test_keywords_of_reductions_are_not_swallowed() -> None:
    with pytest.raises(MicrogradnetError):
        np.add.reduce(Value(A), out=np.empty(3))
    with pytest.raises(MicrogradnetError):
        np.maximum.reduce(Value(A), dtype=np.float32)


# --- other functions --------------------------------------------------------------------------


def test_functions_take_values_anywhere() -> None:
    v = Value(A)
    assert isinstance(np.sum(v, axis=0), Value)
    assert isinstance(np.where(A > 0, A, v), Value)
    got = np.argmax(v, axis=1)
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, [2, 0])


def test_plain_functions_see_values_inside_sequences_and_keywords() -> None:
    v = Value(A[0])
    np.testing.assert_array_equal(np.lexsort((v, A[1])), np.lexsort((A[0], A[1])))
    assert np.array_equal(a1=v, a2=Value(A[0]))
    assert np.allclose(v, b=v)
    assert np.result_type(v, np.float32) == np.float64
    np.testing.assert_array_equal(np.isin(v, [A[0, 0]]), [True, False, False])


def test_plain_functions_cannot_write_into_a_value() -> None:
    v = Value(np.zeros(3))
    seen = np.zeros_like(v)
    assert type(seen) is np.ndarray
    seen += 1.0
    np.testing.assert_array_equal(seen, np.ones(3))
    np.testing.assert_array_equal(v.data, np.zeros(3))


def test_a_keyword_at_numpys_own_nothing_says_nothing() -> None:
    v = Value(A)
    np.testing.assert_array_equal(np.sum(v, axis=None, out=None).data, np.sum(A))


def test_refused_keywords_name_those_that_are_known() -> None:
    with pytest.raises(UnknownKeywordError, match=r"clip on a Value got the keyword dtype=.*a_max"):
        np.clip(Value(A), 0, 1, dtype=np.float32)


# --- arguments that NumPy takes by position -----------------------------------------------------

M = A > 0.5
BY_POSITION: dict[str, Any] = {
    "sum": lambda x: np.sum(x, 1, None, None, True, 2.0, M),  # type: ignore[call-overload]
    "max": lambda x: np.max(x, 1, None, True, 0.1),
    "sum method": lambda x: x.sum(1, None, None, True, 2.0, M),
    "mean method": lambda x: x.mean(1, None, None, True),
    "max method": lambda x: x.max(1, None, True),
    "mean": lambda x: np.mean(x, 1, None, None, True),
    "var": lambda x: np.var(x, 1, None, None, 1, True),
    "median": lambda x: np.median(x, 1, None, False, True),
    "quantile": lambda x: np.quantile(x, 0.3, 1, None, False, "lower", True),
    "cumsum": lambda x: np.cumsum(x, 1, None, None),
    "concatenate": lambda x: np.concatenate([x, x], 1, None),
    "take": lambda x: np.take(x, [0, 7], 1, None, "clip"),
    "full_like": lambda x: np.full_like(x, 2.0, None, "K", True, (2,)),
    "dot": lambda x: np.dot(x, x.T, None),
}


@pytest.mark.parametrize("f", BY_POSITION.values(), ids=BY_POSITION)
def test_arguments_by_position_are_numpys(f: Callable[..., Any]) -> None:
    got = f(Value(A))
    np.testing.assert_array_equal(got.data if isinstance(got, Value) else got, f(A))


def test_out_by_position_is_refused_too() -> None:
    for f in (
        lambda v: np.sum(v, 0, None, np.zeros(3)),
        lambda v: np.dot(v, v.T, np.zeros((2, 2))),
        lambda v: np.clip(v, 0, 1, np.zeros((2, 3))),
        lambda v: v.max(0, np.zeros(3)),
        lambda v: v.sum(0, None, np.zeros(3)),
        lambda v: v.mean(out=np.zeros(())),
    ):
        with pytest.raises(UnknownKeywordError, match=r"out=\.\.\.\) would write a tracked result"):
            f(Value(A))
    with pytest.raises(TypeError, match="positional arguments"):
        np.sum(Value(A), 1, 2, 3, 4, 5, 6, 7, 8)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="integer"):  # of its own, and not about positions
        np.sum(Value(A), "rows")  # type: ignore[call-overload]


# --- lists of Values --------------------------------------------------------------------------


def test_arrays_of_lists_of_values_are_loud() -> None:
    a, b = Value(1.0), Value(2.0)
    with pytest.warns(DetachWarning):
        np.array([a, b])
    with pytest.raises(DetachedError):
        grad(lambda x: np.sum(np.array([x, x])))(2.0)
    with pytest.raises((DetachedError, NotDifferentiableError)):
        grad(lambda x: np.sum([x, x]))(2.0)


def test_objects_with_values_are_refused_as_operands() -> None:
    with pytest.raises((TypeError, MicrogradnetError)):
        grad(lambda x: np.sum(x + np.array([x, x], dtype=object)))(2.0)


def test_ufuncs_of_others_may_be_declared() -> None:
    double = np.frompyfunc(lambda x: 2.0 * x, 1, 1)
    with pytest.raises(NotDifferentiableError, match=r"^<lambda> .* declare it, elementwise\("):
        double(Value(A))
    with pytest.raises(NotDifferentiableError, match="^lstsq has no derivative here; write it"):
        np.linalg.lstsq(np.eye(2), np.ones(2), rcond=Value(0.1))  # type: ignore[arg-type]
    with pytest.raises(NotDifferentiableError, match=r"^np\.add\.at has no derivative here; write"):
        np.add.at(Value(A), 0, 1.0)
