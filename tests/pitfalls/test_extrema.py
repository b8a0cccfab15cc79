"""Maxima, minima, medians, sorting and clipping: ties, kinks, keywords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import grad, hessian, jacobian, jvp

from .helpers import check_first_order, check_float32, check_loud, check_second_order, dense

A = np.array([[0.7, -1.2, 2.1], [1.4, 0.3, -0.6]])
TIED = np.array([[2.0, 5.0, 5.0], [1.0, 1.0, 1.0]])
MASK = np.array([[True, True, False], [False, True, True]])


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), (-2,), ()])
@pytest.mark.parametrize("fn", [np.max, np.min, np.amax, np.amin])
def test_axis_and_keepdims(fn: Callable[..., Any], axis: Any, keepdims: bool) -> None:
    check_first_order(lambda x: fn(x, axis=axis, keepdims=keepdims), A)


def test_ties_share_the_gradient_of_max_and_min() -> None:
    check_first_order(np.max, TIED, [[0.0, 0.5, 0.5], [0.0, 0.0, 0.0]])
    check_first_order(lambda x: np.min(x), TIED, [[0, 0, 0], [1 / 3, 1 / 3, 1 / 3]], numeric=False)
    check_first_order(lambda x: np.max(x, axis=0), TIED)
    check_first_order(lambda x: -np.min(-x, axis=0), TIED)


@pytest.mark.parametrize("fn", [np.max, lambda x: x.max(), np.amax, np.nanmax,
                                lambda x: -np.min(-x), lambda x: np.max(x, axis=0),
                                lambda x: np.max(x, initial=-9.0)])  # fmt: skip
def test_ties_share_alike_in_every_spelling(fn: Callable[..., Any]) -> None:
    x = np.array([4.0, 1.0, 4.0, 4.0])
    check_first_order(fn, x, [1 / 3, 0.0, 1 / 3, 1 / 3], numeric=False)


@pytest.mark.parametrize("fn", [np.max, np.min])
def test_second_order_at_a_tie_is_loud(fn: Callable[..., Any]) -> None:
    def tie(t: Any) -> Any:
        return fn(np.stack([t, 2.0 - t])) ** 2

    assert grad(tie)(1.0) == 0.0
    check_loud(tie, 1.0)


def test_second_order_away_from_ties() -> None:
    check_second_order(lambda x: np.max(x, axis=0) @ np.array([1.0, 2.0, 3.0]) ** 2, A)
    check_second_order(lambda x: np.max(x) ** 3, A)


def test_max_initial_that_wins_takes_the_gradient() -> None:
    check_first_order(lambda x: np.max(x, initial=10.0), A, np.zeros((2, 3)))
    check_first_order(lambda x: np.min(x, initial=-10.0), A, np.zeros((2, 3)))
    check_first_order(lambda x: np.max(x, axis=-1, initial=1.9), A)
    check_first_order(lambda x: np.min(x, axis=0, initial=0.0, keepdims=True), A)


def test_max_initial_of_an_empty_array() -> None:
    check_first_order(lambda x: np.max(x, initial=3.0), np.zeros(0), np.zeros(0))
    check_first_order(
        lambda x: np.max(x, axis=0, initial=3.0), np.zeros((0, 2)), np.zeros((2, 0, 2))
    )


def test_max_of_an_empty_array_is_refused_as_in_numpy() -> None:
    with pytest.raises(ValueError):
        grad(np.max)(np.zeros(0))


def test_max_where() -> None:
    check_first_order(lambda x: np.max(x, where=MASK, initial=-9.0), A)
    check_first_order(lambda x: np.min(x, axis=1, where=MASK, initial=9.0), A)


@pytest.mark.parametrize("fn", [np.nanmax, np.nanmin])
def test_nan_elements_get_no_gradient(fn: Callable[..., Any]) -> None:
    x = np.array([1.0, np.nan, 3.0])
    expected = [0.0, 0.0, 1.0] if fn is np.nanmax else [1.0, 0.0, 0.0]
    np.testing.assert_array_equal(grad(fn)(x), expected)
    assert jvp(fn, (x,), (np.array([2.0, 3.0, 5.0]),))[1] == np.dot(expected, [2.0, 3.0, 5.0])


@pytest.mark.parametrize("axis", [None, 0, 1, (-1, 0)])
def test_ptp(axis: Any) -> None:
    check_first_order(lambda x: np.ptp(x, axis=axis), A)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (2, 4)])
def test_median(axis: int | None, shape: tuple[int, int]) -> None:
    x = dense(shape)
    check_first_order(lambda x: np.median(x, axis=axis), x)
    check_first_order(lambda x: np.median(x, axis=axis, keepdims=True), x)


@pytest.mark.parametrize("q", [0.0, 0.3, 0.5, 1.0, [0.25, 0.8]])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_quantile_and_percentile(q: Any, axis: int | None) -> None:
    check_first_order(lambda x: np.quantile(x, q, axis=axis), A)
    check_first_order(lambda x: np.percentile(x, 100 * np.asarray(q), axis=axis), A)


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
def test_quantile_methods(method: str) -> None:
    check_first_order(lambda x: np.quantile(x, 0.4, method=method), A)


@pytest.mark.parametrize("fn", [np.median, lambda x: np.quantile(x, 0.5)])
def test_ties_at_the_median_give_a_subgradient(fn: Callable[..., Any]) -> None:
    g = grad(fn)(np.array([1.0, 7.0, 1.0, 1.0, 0.0]))
    assert g[1] == g[4] == 0.0
    assert (g >= 0).all()
    assert g.sum() == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, -2])
def test_sort(axis: int | None) -> None:
    check_first_order(lambda x: np.sort(x, axis=axis), A)
    check_second_order(lambda x: np.sum(np.sort(x, axis=axis) ** 3 * 0.7), A)


def test_sort_with_ties_gives_a_subgradient() -> None:
    w = np.array([1.0, 10.0, 100.0, 1000.0])
    x = np.array([2.0, 1.0, 2.0, 2.0])
    g = grad(lambda x: np.sort(x) @ w)(x)
    assert g[1] == 1.0
    assert g.sum() == pytest.approx(w.sum(), rel=1e-15)
    assert all(10.0 <= v <= 1000.0 for v in g[[0, 2, 3]])
    t = jvp(lambda x: np.sort(x) @ w, (x,), (np.array([1.0, 2.0, 3.0, 5.0]),))[1]
    assert t == pytest.approx(g @ np.array([1.0, 2.0, 3.0, 5.0]), rel=1e-14)


def test_sort_method_works_in_place_as_in_numpy_or_says_so() -> None:
    # ndarray.sort returns None; a Value must not return None from a silent no-op.
    def f(x: Any) -> Any:
        y = x * 1.0
        out = y.sort()
        return np.sum((y if out is None else out) * np.arange(3.0))

    try:
        g = grad(f)(np.array([3.0, 1.0, 2.0]))
    except (TypeError, AttributeError):
        return  # refused
    np.testing.assert_array_equal(g, [2.0, 0.0, 1.0])


def test_partition_keeps_the_gradient_of_the_kth() -> None:
    check_first_order(lambda x: np.partition(x, 1)[1], A[0])
    check_first_order(lambda x: np.partition(x, 1, axis=-1)[:, 1], A)
    check_first_order(lambda x: np.partition(x, 0, axis=0), A)


# --- maximum and minimum of two ------------------------------------------------------------


@pytest.mark.parametrize("fn", [np.maximum, np.minimum, np.fmax, np.fmin])
@pytest.mark.parametrize("x", [1.5, np.array(1.5), np.array([0.5, -2.0])], ids=str)
def test_of_one_thing_with_itself_has_slope_one(fn: np.ufunc, x: Any) -> None:
    n = np.size(x)
    check_first_order(lambda x: fn(x, x), x, np.eye(n).reshape(np.shape(x) * 2))


@pytest.mark.parametrize("fn", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_ties_are_halved_between_two_operands(fn: np.ufunc) -> None:
    check_first_order(lambda x: fn(x, 2.0), 2.0, 0.5)
    check_first_order(lambda x: fn(2.0, x), 2.0, 0.5)
    assert grad(fn, argnums=(0, 1))(2.0, 2.0) == (0.5, 0.5)
    check_first_order(lambda x: fn(x, np.array([1.0, 2.0, 4.0])), 2.0)


@pytest.mark.parametrize("fn", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_second_order_at_the_kink_is_loud(fn: np.ufunc) -> None:
    check_loud(lambda x: fn(x, 0.0) ** 2, 0.0)
    check_loud(lambda x: fn(0.0, x) ** 2, np.array(0.0))
    check_loud(lambda x: fn(x, -x), 0.0)
    h = hessian(lambda x: np.sum(fn(x, 0.0) ** 2))(np.array([0.0, 3.0, -3.0]))
    assert np.isnan(h[0, 0])
    np.testing.assert_array_equal(
        np.diag(h)[1:], [2.0, 0.0] if fn in (np.maximum, np.fmax) else [0.0, 2.0]
    )
    assert (h[1, [0, 2]] == 0).all()
    assert h[2, 1] == 0


@pytest.mark.parametrize("fn", [np.fmax, np.fmin])
def test_fmax_gives_the_gradient_to_the_number_beside_a_nan(fn: np.ufunc) -> None:
    assert grad(fn, argnums=(0, 1))(np.nan, 2.0) == (0.0, 1.0)
    assert grad(fn, argnums=(0, 1))(2.0, np.nan) == (1.0, 0.0)
    g = jacobian(lambda x: fn(x, 1.0))(np.array([np.nan, 0.5, 3.0]))
    np.testing.assert_array_equal(np.diag(g), [0, 0, 1] if fn is np.fmax else [0, 1, 0])


def test_maximum_propagates_nan_values() -> None:
    assert np.isnan(jvp(np.maximum, (np.nan, 1.0), (1.0, 1.0))[0])


# --- clip ------------------------------------------------------------------------------------

EDGE = np.array([-2.0, -1.0, 0.3, 1.0, 2.0])


@pytest.mark.parametrize(
    "clip",
    [
        lambda x: np.clip(x, -1.0, 1.0),
        lambda x: np.clip(x, a_min=-1.0, a_max=1.0),
        lambda x: np.clip(x, min=-1.0, max=1.0),
        lambda x: np.clip(x, np.full(5, -1.0), np.ones(5)),
        lambda x: x.clip(-1.0, 1.0),
    ],
)
def test_clip_has_its_inside_slope_at_its_edges(clip: Callable[..., Any]) -> None:
    check_first_order(clip, EDGE, np.diag([0.0, 1.0, 1.0, 1.0, 0.0]), numeric=False)


def test_clip_with_one_bound() -> None:
    check_first_order(lambda x: np.clip(x, 0.0, None), EDGE, np.diag([0.0, 0, 1, 1, 1]))
    check_first_order(lambda x: np.clip(x, None, 0.0), EDGE, np.diag([1.0, 1, 0, 0, 0]))
    check_first_order(lambda x: np.clip(x, min=0.0), EDGE, np.diag([0.0, 0, 1, 1, 1]))


def test_clip_with_array_bounds_broadcasts() -> None:
    low, high = np.array([[-1.0], [0.5]]), np.array([0.6, 1.1, 1.9])
    check_first_order(lambda x: np.clip(x, low, high), A)
    check_first_order(lambda x: np.clip(x, low, high), 0.55)
    check_first_order(lambda x: np.clip(x, low, None), A[0])


def test_clip_bounds_are_differentiable_or_refused() -> None:
    for f, bound in (
        (lambda b: np.clip(A, b, 1.1), np.array([-0.1, 0.5, 0.2])),
        (lambda b: np.clip(A, -1.0, b), np.array([[0.6], [0.2]])),
        (lambda b: np.clip(A, b, 1.1), 0.5),
    ):
        try:
            grad(lambda b, f=f: np.sum(f(b)))(bound)
        except TypeError as error:
            assert "clip" in str(error)
        else:
            check_first_order(f, bound)


def test_clip_with_crossed_bounds_is_the_upper_one() -> None:
    x = np.array([0.5, 3.0])
    np.testing.assert_array_equal(np.clip(x, 2.0, 1.0), [1.0, 1.0])
    check_first_order(lambda x: np.clip(x, 2.0, 1.0), x, np.zeros((2, 2)))


def test_clip_second_order() -> None:
    check_second_order(lambda x: np.sum(np.clip(x, -1.0, 1.5) ** 3), A)
    check_loud(lambda x: np.clip(x, 0.0, 1.0) ** 2, 1.0, truth=2.0)


def test_clip_of_empty_and_0d() -> None:
    check_first_order(lambda x: np.clip(x, -1.0, 1.0), np.zeros((0, 2)), np.zeros((0, 2, 0, 2)))
    check_first_order(lambda x: np.clip(x, -1.0, 1.0), np.array(0.5), 1.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.maximum(x, 0.5),
        lambda x: np.minimum(x, np.float32(0.5)),
        lambda x: np.fmax(x, x * 2),
        lambda x: np.clip(x, 0.0, 1.0),
        lambda x: np.clip(x, np.zeros(3, np.float32), np.ones(3, np.float32)),
        lambda x: np.max(x, initial=0.0),
        lambda x: np.max(x, axis=-1, keepdims=True),
        np.sort,
        np.median,
        lambda x: np.quantile(x, 0.3),
        lambda x: np.percentile(x, 30),
    ],
)
def test_float32_stays_float32(f: Callable[..., Any]) -> None:
    check_float32(f, A[0])


@pytest.mark.parametrize("fn", [np.sort, lambda x: np.partition(x, 0) if x.size else np.sort(x)])
def test_sort_of_empty(fn: Callable[..., Any]) -> None:
    check_first_order(fn, np.zeros(0), np.zeros((0, 0)))
