"""Medians and quantiles: methods, ties, nan, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnet import Value, grad, jacobian
from microgradnet.errors import NotDifferentiableError, ShapeError, UnknownKeywordError

from ..pitfalls.helpers import ROUNDING, check_first_order, check_float32, check_loud
from .gaps import check_gaps

METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest",
]  # fmt: skip
TIED = np.array([4.0, 1.0, 4.0, 4.0])


@given(
    hnp.arrays(float, hnp.array_shapes(max_dims=2, max_side=5), elements=st.integers(0, 4)),
    st.lists(st.floats(0.0, 1.0), max_size=3),
    st.sampled_from(METHODS),
)
def test_a_quantile_is_that_of_the_sorted_data(x: Any, q: list[float], method: str) -> None:
    def through_sort(x: Any) -> Any:
        return np.quantile(np.sort(x), q, axis=-1, method=method)

    def directly(x: Any) -> Any:
        return np.quantile(x, q, axis=-1, method=method)

    np.testing.assert_allclose(directly(Value(x)).data, directly(x), rtol=ROUNDING)
    expected = jacobian(through_sort)(x)
    np.testing.assert_allclose(jacobian(directly)(x), expected, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (np.median, [1 / 3, 0, 1 / 3, 1 / 3]),
        (lambda x: np.quantile(x, 1.0), [1 / 3, 0, 1 / 3, 1 / 3]),
        (lambda x: np.percentile(x, 0.0), [0, 1, 0, 0]),
        (lambda x: np.quantile(x, 1 / 6), [1 / 6, 1 / 2, 1 / 6, 1 / 6]),
    ],
)
def test_ties(f: Callable[..., Any], expected: list[float]) -> None:
    check_first_order(f, TIED, expected, numeric=False)
    check_float32(f, TIED)


@pytest.mark.parametrize(
    "f",
    [
        np.median,
        lambda s: np.percentile(s, 20),
        lambda s: np.nanmedian(np.stack([s[0], s[1], s[0] * np.nan])),
    ],
)
def test_second_order_at_a_tie_is_loud(f: Callable[..., Any]) -> None:
    check_loud(lambda t: f(np.stack([t, 2.0 - t])) ** 2, 1.0, truth=0.0 if f is np.median else None)


@pytest.mark.parametrize("fn", [np.median, lambda x, **k: np.quantile(x, [0.2, 0.6], **k)])
def test_one_nan_makes_the_result_nan_in_its_row_only(fn: Callable[..., Any]) -> None:
    x = np.array([[1.0, np.nan, 2.0], [3.0, 5.0, 4.0]])
    z = fn(Value(x), axis=1).data
    np.testing.assert_array_equal(z, fn(x, axis=1))
    assert np.isnan(z[..., 0]).all()
    g = grad(lambda x: np.sum(fn(x, axis=1)[..., 1]))(x)
    np.testing.assert_array_equal(g[0], 0.0)


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": 1, "keepdims": True}])
def test_nan_is_left_out(options: Any) -> None:
    check_gaps(lambda x: np.nanmedian(x, **options))
    check_gaps(lambda x: np.nanquantile(x, 0.3, **options))
    check_gaps(lambda x: np.nanpercentile(x, [10, 95], **options))


@pytest.mark.parametrize("method", METHODS)
def test_nan_is_left_out_by_every_method(method: str) -> None:
    check_gaps(lambda x: np.nanquantile(x, [0.1, 0.6, 1.0], axis=1, method=method))


def test_nothing_but_nan_warns_as_numpy_does() -> None:
    x = np.array([[np.nan, np.nan], [1.0, np.nan]])
    for f in (np.nanmedian, lambda x, axis: np.nanquantile(x, 0.3, axis=axis)):
        with pytest.warns(RuntimeWarning, match="All-NaN slice"):
            z = f(Value(x), axis=1)
        np.testing.assert_array_equal(z.data, [np.nan, 1.0])


@pytest.mark.parametrize(
    "q", [0.3, [0.3], np.float32(0.3), np.array([0.3], np.float32), [0, 1]], ids=str
)
@pytest.mark.parametrize("method", METHODS)
def test_the_dtype_is_numpys(q: Any, method: str) -> None:
    x = np.array([1.0, 3.0, 2.0], np.float32)
    assert np.quantile(Value(x), q, method=method).dtype == np.quantile(x, q, method=method).dtype
    x[1] = np.nan
    expected = np.nanquantile(x, q, method=method).dtype
    assert np.nanquantile(Value(x), q, method=method).dtype == expected


def test_no_elements() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.median(Value(np.zeros(0))).data)
    with pytest.raises(ShapeError, match="quantile over no elements"):
        np.quantile(Value(np.zeros((2, 0))), 0.5, axis=1)


def test_infinities_are_interpolated_from_the_nearer_end() -> None:
    x = np.array([np.inf, 1.0, -np.inf, 2.0])
    with np.errstate(invalid="ignore"):
        for q in (0.1, 0.3, 0.5, 0.7, 0.9):
            np.testing.assert_array_equal(np.quantile(Value(x), q).data, np.quantile(x, q))
        # At the median itself infinity times 0 does not come in, as it does in NumPy.
        assert np.quantile(Value(np.array([-1.0, np.inf, -1.0])), 0.5).data == -1.0
        g = grad(lambda x: np.quantile(x, 0.5))(x)
    np.testing.assert_allclose(g, [0.0, 0.5, 0.0, 0.5], rtol=ROUNDING)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": -1, "keepdims": True}])
def test_no_elements_but_nan_of_nothing(options: Any) -> None:
    # NumPy gives the mean of nothing, once whatever q is.
    x = np.zeros((0, 2))
    for f, q in ((np.nanquantile, [0.2, 0.7]), (np.nanpercentile, 30.0)):
        expected = f(x, q, **options)
        np.testing.assert_array_equal(f(Value(x), q, **options).data, expected)


def test_what_is_refused() -> None:
    v = Value(TIED)
    for q in (Value(0.2), [0.1, Value(0.2)]):
        with pytest.raises(NotDifferentiableError, match="no derivative with respect to q"):
            np.quantile(v, q)
    with pytest.raises(NotDifferentiableError, match="percentile has no derivative"):
        np.percentile(TIED, Value(20.0))
    with pytest.raises(ValueError, match="percentile with q=101; expected numbers from 0 to 100"):
        np.percentile(v, 101)
    with pytest.raises(ShapeError, match=r"q of shape \(1, 1\)"):
        np.quantile(v, [[0.5]])
    with pytest.raises(ValueError, match="nonsense"):
        np.quantile(v, 0.5, method="nonsense")
    with pytest.raises(UnknownKeywordError, match="weights="):
        np.quantile(v, 0.5, weights=np.ones(4), method="inverted_cdf")
