"""Sorting and partitioning: NumPy's order, shares of ties, nan, second order at ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnet import Value, grad, hessian, jacobian, memory
from microgradnet.errors import UnknownKeywordError

from ..pitfalls.helpers import check_first_order, check_float32, check_loud, check_second_order

TIED = np.array([2.0, 1.0, 2.0, 2.0])
W = np.array([1.0, 10.0, 100.0, 1000.0])


@pytest.mark.parametrize("options", [{}, {"kind": "stable"}, {"axis": None}, {"stable": True}])
def test_equal_elements_share_alike(options: Any) -> None:
    check_first_order(lambda x: np.sort(x, **options) @ W, TIED, [370, 1, 370, 370], numeric=False)
    check_float32(lambda x: np.sort(x, **options), TIED)


def test_ties_along_an_axis_stay_in_their_slice() -> None:
    x = np.array([[1.0, 2.0], [1.0, 0.0], [0.0, 2.0]])
    weights = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    g = grad(lambda x: np.sum(np.sort(x, axis=0) * weights))(x)
    np.testing.assert_array_equal(g, [[4.0, 5.0], [4.0, 2.0], [1.0, 5.0]])


@given(hnp.arrays(float, hnp.array_shapes(max_dims=2, max_side=4), elements=st.integers(0, 3)))
def test_the_derivative_of_sort_does_not_depend_on_the_order_of_equals(x: Any) -> None:
    # A reference in one line per slice: the mean over all permutations that sort it.
    jac = jacobian(lambda x: np.sort(x))(x)
    for i in np.ndindex(x.shape[:-1]):
        z = np.sort(x[i])
        same = (z[:, None] == x[i]).astype(float)
        np.testing.assert_allclose(jac[i][:, *i], same / same.sum(1, keepdims=True), rtol=1e-15)


def test_second_order_at_a_tie_is_loud_in_its_group_only() -> None:
    check_loud(lambda t: np.sort(np.stack([t, 2.0 - t]))[1] ** 2, 1.0)
    check_loud(lambda t: np.partition(np.stack([t, 2.0 - t]), 1)[1] ** 2, 1.0)
    h = hessian(lambda x: np.sum(np.sort(x) ** 3 * W))(np.array([2.0, 1.0, 2.0, 5.0]))
    group = np.ix_([0, 2], [0, 2])
    assert np.isnan(h[group]).all()
    h[group] = 0.0
    np.testing.assert_array_equal(h, np.diag([0.0, 6.0, 0.0, 30000.0]))


@pytest.mark.parametrize("large", [4096, 0])
def test_second_order_away_from_ties(monkeypatch: Any, large: int) -> None:
    monkeypatch.setattr(memory, "LARGE", large)
    x = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
    check_second_order(lambda x: np.sum(np.sort(x, axis=0) ** 3 * W[:3]), x)
    check_second_order(lambda x: np.sum(np.partition(x, 1)[:, 1] ** 3), x)


def test_nan_sorts_last_and_ties_with_nothing() -> None:
    x = np.array([3.0, np.nan, 1.0, np.nan, 2.0])
    np.testing.assert_array_equal(np.sort(Value(x)).data, np.sort(x))
    g = grad(lambda x: np.sort(x)[:3] @ W[:3])(x)
    np.testing.assert_array_equal(g, [100.0, 0.0, 1.0, 0.0, 10.0])


def test_zeros_of_both_signs_are_equal() -> None:
    g = grad(lambda x: np.sort(x) @ W)(np.array([-0.0, 0.0, 1.0, np.inf]))
    np.testing.assert_array_equal(g, [5.5, 5.5, 100.0, 1000.0])


@pytest.mark.parametrize("kth", [0, 2, -1, [1, 3], np.array([4, 0])])
def test_partition_puts_what_sort_does(kth: Any) -> None:
    x = np.array([2.0, 1.0, 2.0, 2.0, 0.0])
    at = np.atleast_1d(kth)
    np.testing.assert_array_equal(np.partition(Value(x), kth).data[at], np.sort(x)[at])
    check_first_order(
        lambda x: np.partition(x, kth)[at], x, jacobian(np.sort)(x)[at], numeric=False
    )
    check_float32(lambda x: np.partition(x, kth)[at], x)


def test_the_sum_of_the_smallest_shares_what_is_cut_through() -> None:
    g = grad(lambda x: np.sum(np.partition(x, 2)[:3]))(np.array([2.0, 1.0, 2.0, 2.0, 0.0]))
    np.testing.assert_allclose(g, [1 / 3, 1, 1 / 3, 1 / 3, 1], rtol=1e-15)


def test_refusals_are_numpys() -> None:
    with pytest.raises(ValueError, match="kind"):
        np.sort(Value(W), kind="bogus")
    with pytest.raises(UnknownKeywordError, match="order"):
        np.sort(Value(W), order="f0")
    with pytest.raises(np.exceptions.AxisError):
        np.sort(Value(2.0))
    with pytest.raises(ValueError, match="out of bounds"):
        np.partition(Value(W), 9)
    with pytest.raises(np.exceptions.AxisError):
        np.partition(Value(W), 0, axis=1)


@pytest.mark.parametrize("kth", [5, -3, [0, 40, 69]])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_partition_leaves_the_others_where_numpy_does(kth: Any, axis: int | None) -> None:
    # In rows this long np.argpartition leaves them in another order than np.partition.
    x = np.random.default_rng(21).normal(size=(80, 70))
    w = np.random.default_rng(22).normal(size=x.shape)

    def f(x: Any) -> Any:
        return np.partition(x, kth, axis=axis)

    np.testing.assert_array_equal(f(Value(x)).data, f(x))
    g = grad(lambda x: np.sum(f(x) * np.reshape(w, f(x).shape)))(x)
    weight_of = dict(zip(f(x).ravel().tolist(), w.ravel().tolist(), strict=True))
    np.testing.assert_array_equal(g, np.vectorize(weight_of.get)(x))
