"""Averages, covariances, correlations: weights that move, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, hessian
from microgradnet.errors import DTypeError, NotDifferentiableError, ShapeError

from ..pitfalls.helpers import check_first_order, check_second_order

A = np.array([[0.7, -1.2, 2.1, 0.4], [1.4, 0.3, -0.6, 0.8]])
W = np.array([0.5, 2.0, 1.0, 0.25])


def test_average_of_moving_weights() -> None:
    check_second_order(lambda w: np.sum(np.average(A, axis=1, weights=w) ** 2), W)
    check_first_order(lambda w: np.average(A, axis=1, weights=w, returned=True)[1], W)
    check_first_order(lambda w: np.average(np.ones((2, 4), int), axis=-1, weights=w), W)
    check_first_order(lambda w: np.average(A, weights=w, keepdims=True), np.abs(A))


def test_average_returns_its_weights() -> None:
    _, total = np.average(Value(A), axis=1, returned=True)
    assert isinstance(total, Value)
    np.testing.assert_array_equal(total.data, [4.0, 4.0])
    _, total = np.average(Value(A), axis=1, weights=[1, 1, 1, 2], returned=True)
    np.testing.assert_array_equal(total.data, [5.0, 5.0])


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"ddof": 2}])
def test_covariance_of_moving_weights(options: Any) -> None:
    check_first_order(lambda w: np.cov(A, aweights=w, **options), W)
    check_first_order(lambda w: np.cov(A, aweights=w, fweights=[1, 2, 1, 3], **options), W)
    check_second_order(lambda x: np.sum(np.cov(x, fweights=[1, 2, 1, 3], **options) ** 2), A)


def test_correlations_stay_in_their_range_and_keep_their_second_derivatives() -> None:
    x = np.array([[0.1, 0.2, 0.4], [0.3, 0.6, 1.2], [1.0, 0.0, 0.3]])
    c = np.corrcoef(Value(x)).data
    assert (np.abs(c) <= 1.0).all()
    assert np.isfinite(hessian(lambda x: np.sum(np.corrcoef(x)))(A)).all()
    check_second_order(lambda x: np.corrcoef(x, rowvar=False)[0, 1], A.T[:3])
    assert np.corrcoef(Value(A[0])).data == 1.0


def test_no_variables() -> None:
    assert np.cov(Value(np.zeros((0, 3)))).shape == (0, 0)


def test_too_few_observations_warn_as_numpy_does() -> None:
    with pytest.warns(RuntimeWarning, match="Degrees of freedom <= 0"), np.errstate(all="ignore"):
        z = np.cov(Value(A), ddof=4)
        expected = np.cov(A, ddof=4)
    np.testing.assert_array_equal(z.data, expected)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda v: np.average(v, weights=W), TypeError, "or axis="),
        (lambda v: np.average(v, axis=0, weights=W), ShapeError, r"expected \(2,\)"),
        (lambda v: np.average(v, axis=1, weights=W - W.mean()), ZeroDivisionError, "add up to 0"),
        (lambda v: np.cov(v, fweights=v[0]), NotDifferentiableError, "pass aweights=v"),
        (lambda v: np.cov(v, fweights=[1, 1.5, 1, 1]), TypeError, "fractional fweights"),
        (lambda v: np.cov(v, aweights=[1, 1, 1]), ShapeError, r"aweights of shape \(3,\) for 4"),
        (lambda v: np.cov(v, aweights=-W), ValueError, "negative weight"),
        (lambda v: np.cov(v, ddof=0.5), ValueError, "ddof=0.5"),
        (lambda v: np.cov(v[None]), ShapeError, "one or two axes"),
        (lambda v: np.cov(v, v[None]), ShapeError, "one or two axes"),
    ],
)
def test_what_is_refused(call: Callable[..., Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call(Value(A))


def test_gradient_of_a_float32_covariance_is_float32() -> None:
    x = A.astype(np.float32)
    assert np.cov(Value(x)).dtype == np.cov(x).dtype
    assert grad(lambda x: np.sum(np.cov(x)))(x).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"ddof": 0},
        {"fweights": [1, 2, 0, 3]},
        {"aweights": W.astype(np.float32)},
        {"aweights": W, "fweights": [1, 2, 0, 3]},
    ],
)
def test_the_dtype_of_a_covariance_is_numpys(dtype: Any, weights: dict[str, Any]) -> None:
    expected = np.cov(A, dtype=dtype, **weights)
    got = np.cov(Value(A), dtype=dtype, **weights)
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got.data, expected, rtol=8 * float(np.finfo(dtype).eps))
    assert np.corrcoef(Value(A), dtype=dtype).dtype == np.corrcoef(A, dtype=dtype).dtype


@pytest.mark.parametrize("fn", [np.cov, np.corrcoef])
def test_a_covariance_in_whole_numbers_is_refused(fn: Callable[..., Any]) -> None:
    with pytest.raises(DTypeError, match=r"cov\(dtype=int64\).*expected a floating dtype"):
        fn(Value(A), dtype=int)
