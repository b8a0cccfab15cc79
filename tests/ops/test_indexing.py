"""Indices as NumPy takes them, what it refuses, and the functions that take elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnet import Value, grad, jvp, memory
from microgradnet.errors import DTypeError, ShapeError
from microgradnet.ops.indexing import FEW, scatter

from ..pitfalls.helpers import (
    EPS,
    check_first_order,
    check_float32,
    check_second_order,
    dense,
)

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
V = np.array([0.5, -1.5, 2.5, 3.5])
B = dense((2, 3, 4))
MASK = np.array([[True, False, True], [False, False, True]])

INDICES = [
    ((0, 0),),  # a tuple inside the tuple is an array, with duplicates
    ((0, 0), (1, 1)),
    range(2),
    True,
    False,
    np.True_,
    np.array(True),
    np.array(False),
    (True, 0),
    (0, True),
    (slice(None), False),
    (np.array([True, False]), 0),
    (np.array([True, True]), [0, 2]),
    (None, np.array([0, 0])),
    ([0, 1], None, [1, 1]),
    ([[0, 1], [1, 1]],),
    (np.int8(1), np.uint8(2)),
    (np.array(-1), np.array([2, 2])),
    slice(5, 1),
    (slice(None), slice(-1, None, -1)),
    np.zeros((2, 3), bool),
    np.ones((2, 3), bool),
    [],
    ([],),
    ([], []),
    (0, []),
    np.zeros((0, 2), int),
    MASK,
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_forms_of_indices(index: Any) -> None:
    check_first_order(lambda x: x[index], A)


@pytest.mark.parametrize(
    "index",
    [
        MASK,
        (MASK, 0),
        (MASK, [0, 1, 3]),
        (slice(None), slice(None), np.array([True, False, True, True])),
        (..., np.array([[0, 0], [3, -1]]), None),
        ([0, 1, 1], slice(None), [3, 3, 3]),
        (slice(1, None), [[0], [2]], [[1, 1]]),
    ],
    ids=repr,
)
def test_mixed_indices_of_three_axes(index: Any) -> None:
    check_first_order(lambda x: x[index], B)


@pytest.mark.parametrize("index", [(), ..., None, (None, ...), True, np.array(True), False])
def test_indexing_a_scalar(index: Any) -> None:
    check_first_order(lambda x: x[index], np.array(2.0))
    n = np.array(2.0)[index].size
    g = grad(lambda x: np.sum(3 * x[index]))(2.0)
    assert type(g) is float
    assert g == 3.0 * n
    out, t = jvp(lambda x: x[index], (2.0,), (1.0,))
    assert np.shape(t) == np.shape(out) == np.array(2.0)[index].shape


@pytest.mark.parametrize(
    "index",
    [
        5,
        [0, 7],
        np.zeros(3, bool),
        (0, 0, 0),
        (0, ..., 1, ...),
        1.0,
        [1.0],
        "a",
        np.array([0, 1], object),
    ],
    ids=repr,
)
def test_what_numpy_refuses(index: Any) -> None:
    with pytest.raises(IndexError):
        A[index]
    with pytest.raises(IndexError):
        Value(A)[index]


def test_values_are_no_indices() -> None:
    with pytest.raises(DTypeError, match="astype"):
        Value(A)[Value(1.0)]
    with pytest.raises(DTypeError, match="astype"):
        Value(A)[0, Value(1.0)]
    with pytest.raises(TypeError):
        Value(A)[Value(1.0) :]
    with pytest.raises(TypeError):
        grad(lambda x: np.sum(x[[x[0, 0]]]))(A)


def test_an_index_that_changes_later_changes_nothing() -> None:
    def check(take: Callable[[Any, Any], Any], i: Any) -> None:
        v = Value(V)
        y = take(v, i)
        i[...] = 3 if i.dtype != bool else False
        np.sum(y).backward()
        np.testing.assert_array_equal(v.grad, [1.0, 1.0, 0.0, 0.0])

    check(lambda v, i: v[i], np.array([0, 1]))
    check(lambda v, i: v[i], np.array([True, True, False, False]))
    check(lambda v, i: np.take(v, i), np.array([0, 1]))
    check(lambda v, i: np.take_along_axis(v, i, 0), np.array([0, 1]))


def test_advanced_indices_give_copies() -> None:
    v = Value(A) * 1.0
    for index in ([0], (slice(None), [0, 1]), MASK, (0, [1])):
        y = v[index]
        y[0] = 5.0
    y = np.take(v, 0, axis=0)
    y[0] = 5.0
    np.testing.assert_array_equal(v.data, A)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("shape", "index"),
    [
        ((100,), np.arange(2 * FEW) % 7),
        ((100,), -1 - np.arange(2 * FEW).reshape(2, -1) % 7),
        ((5, 64), np.arange(FEW // 8) % 3),
        ((5, 64), (slice(None, None, -2), np.arange(FEW) % 64)),
        ((5, 6, 7), (np.arange(FEW) % 5, slice(1, 3), -1 - np.arange(FEW) % 7)),
        ((5, 6), (np.arange(2 * FEW) % 5, None, np.arange(2 * FEW) % 6)),
    ],
    ids=str,
)
def test_scatter_of_many_elements(shape: tuple[int, ...], index: Any, dtype: Any) -> None:
    g = dense(np.empty(shape)[index].shape, dtype)
    assert g.size > FEW
    expected = np.zeros(shape)
    np.add.at(expected, index, g.astype(np.float64))
    got = scatter(g, index=index, shape=shape)
    assert got.dtype == dtype
    # Sums of at most g.size numbers below 1, in whatever order.
    bound = g.size * float(np.finfo(dtype).eps) * g.size / expected.size * 10
    np.testing.assert_allclose(got, expected, rtol=0, atol=bound)


@given(st.data())
def test_any_integer_and_boolean_indices(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3))
    index = data.draw(
        hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)
        | hnp.integer_array_indices(shape)
        | hnp.arrays(bool, shape)
    )
    x = dense(shape)
    picked = x[index]
    v = Value(x)
    y = v[index]
    np.testing.assert_array_equal(y.data, picked)
    w = dense(np.shape(picked))
    y.backward(w)
    expected = np.zeros(shape)
    np.add.at(expected, index, w)
    np.testing.assert_allclose(v.grad, expected, rtol=0, atol=100 * EPS)


# --- assignment -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "make"),
    [
        ((slice(None), None, [0, 0]), lambda v: v[:, :1].reshape(2, 1, 1)),
        ((True,), lambda v: v * 2),
        (np.array(False), lambda v: v[0, 0]),
        ((None, 0), lambda v: v[1] * 3),
        (([0, 0, 1], slice(None)), lambda v: v[[1, 1, 0]] ** 2),
        ((slice(None), [1, 1]), lambda v: v[:, :2] ** 2),
        (MASK, lambda v: v[0] ** 2),
        (((0, 0), (1, 1)), lambda v: v[0, :2] ** 2),
        ((), lambda v: v**2),
        ([], lambda v: v[0, 0]),
        (0, lambda v: v[1].reshape(1, 1, 3)),
    ],
)
@pytest.mark.parametrize("large", [4096, 0])
def test_assignment(monkeypatch: Any, index: Any, make: Any, large: int) -> None:
    monkeypatch.setattr(memory, "LARGE", large)

    def f(v: Any) -> Any:
        y = v * 1.0
        y[index] = make(v)
        return y

    check_first_order(f, A)
    check_second_order(lambda v: np.sum(f(v) ** 3), A)
    check_float32(f, A)


def test_assignment_keeps_dtypes() -> None:
    y = Value(np.float32([1, 2, 3])) * 1
    s, t = Value(2.5), Value(np.array([1.0, 2.0]))
    y[0] = s
    y[1:] = t
    assert y.dtype == np.float32
    np.sum(y * y).backward()
    assert type(s.grad) is float
    assert t.grad.dtype == np.float64


def test_assignment_to_a_scalar_or_of_the_wrong_shape_is_refused() -> None:
    x = Value(2.0)
    with pytest.raises(IndexError, match="scalar"):
        x[()] = 3.0
    v = Value(A)
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        v[0] = np.ones(2)
    zero_d = Value(np.array(2.0))
    zero_d[...] = 3.0
    assert zero_d.data == 3.0


# --- functions --------------------------------------------------------------------------------


def test_take_of_every_kind() -> None:
    for indices in (1, -1, True, np.uint8(2), [], [[0], [2]], np.array([], int), range(2)):
        for axis in (None, 0, 1):
            if axis == 0 and np.max(indices, initial=0) == 2:
                continue
            np.testing.assert_array_equal(
                np.take(Value(A), indices, axis).data, np.take(A, indices, axis)
            )
    check_second_order(lambda x: np.sum(np.take(x, [0, 0, 5]) ** 3), A)
    check_float32(lambda x: np.take(x, [0, 0], axis=1), A)
    assert np.take(Value(2.0), 0).data == 2.0


def test_what_is_taken_lies_in_memory_as_numpys() -> None:
    for axis, where in ((1, [0, 2]), (0, [1, 0]), (None, [3, 1])):
        mine, theirs = np.take(Value(A), where, axis), np.take(A, where, axis)
        np.testing.assert_array_equal(np.ravel(mine, "K").data, np.ravel(theirs, "K"))
    check_first_order(lambda x: np.ravel(np.take(x, [0, 2, 2], 1), "K"), A)


def test_take_refusals() -> None:
    with pytest.raises(IndexError):
        np.take(Value(A), 3, axis=0)
    with pytest.raises(IndexError):
        np.take(Value(A), [0.5])
    with pytest.raises(ValueError, match="bogus"):
        np.take(Value(A), 0, mode="bogus")
    with pytest.raises(DTypeError):
        np.take(Value(A), Value(0.0))
    with pytest.raises(IndexError):
        np.take(Value(np.zeros(0)), [0], mode="wrap")


def test_take_along_axis_refusals() -> None:
    with pytest.raises(ShapeError, match="one axis"):
        np.take_along_axis(Value(A), np.array([[0]]), None)
    with pytest.raises(ShapeError, match="as many axes"):
        np.take_along_axis(Value(A), np.array([0]), 0)
    with pytest.raises(ShapeError, match="integers"):
        np.take_along_axis(Value(A), MASK, 0)
    with pytest.raises(IndexError):
        np.take_along_axis(Value(A), np.array([[2, 0, 0]]), 0)


def test_compress_and_extract() -> None:
    for condition, axis in (([1, 0, 1], 1), ([True], 0), ([0, 0], 0), ([True] * 6, None)):
        np.testing.assert_array_equal(
            np.compress(condition, Value(A), axis).data, np.compress(condition, A, axis)
        )
    check_first_order(lambda x: np.compress(x[0] > 0, x, axis=1), A)
    check_first_order(lambda x: np.extract(x > 0, x), A)
    check_first_order(lambda x: np.extract(True, x), 2.0)
    with pytest.raises(ShapeError, match="one axis"):
        np.compress([[True]], Value(A))
    with pytest.raises(IndexError):
        np.compress([True] * 5, Value(A), 0)
    nothing = np.empty((0, 2))  # of which NumPy takes what is not there
    assert np.compress([True, False, True], Value(nothing), 1).shape == (0, 2)
    assert grad(lambda x: np.sum(np.take(x, [0, 5], 1)))(nothing).shape == (0, 2)
    for mode in ("raise", "wrap", "clip"):
        at = grad(lambda x, mode=mode: np.sum(np.take(x, [0, 5], 1, mode=mode)))
        assert at(np.empty((0, 0))).shape == (0, 0)
        with pytest.raises(IndexError):
            at(np.empty((2, 0)))
