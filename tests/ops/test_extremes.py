"""Maxima and minima: who shares at a tie, with masks, starting values and nan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, hessian
from microgradnet.errors import NotDifferentiableError, ShapeError

from ..pitfalls.helpers import check_first_order, check_float32, check_loud
from .gaps import check_gaps

TIED = np.array([4.0, 1.0, 4.0, 4.0])
KEEP = np.array([True, True, False, True])


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: np.max(x, initial=4.0), [1 / 4, 0, 1 / 4, 1 / 4]),
        (lambda x: np.max(x, initial=9.0), [0, 0, 0, 0]),
        (lambda x: np.max(x, initial=-1.0, where=KEEP), [1 / 2, 0, 0, 1 / 2]),
        (lambda x: -np.min(-x, initial=-4.0, where=KEEP), [1 / 3, 0, 0, 1 / 3]),
        (lambda x: np.nanmax(x, initial=4.0), [1 / 4, 0, 1 / 4, 1 / 4]),
        (np.ptp, [1 / 3, -1, 1 / 3, 1 / 3]),
    ],
)
def test_shares_at_a_tie(f: Callable[..., Any], expected: list[float]) -> None:
    check_first_order(f, TIED, expected, numeric=False)
    check_float32(f, TIED)


@pytest.mark.parametrize(
    "f",
    [
        lambda s: np.max(s[:1], initial=1.0),
        lambda s: np.min(s, initial=9.0, where=np.array([True, True])),
        np.nanmax,
        np.nanmin,
        lambda s: np.max(np.stack([s, s - 1.0]), axis=1)[0],
    ],
)
def test_second_order_at_a_tie_is_loud(f: Callable[..., Any]) -> None:
    check_loud(lambda t: f(np.stack([t, 2.0 - t])) ** 2, 1.0)


def test_a_tie_in_one_row_leaves_the_others_alone() -> None:
    x = np.array([[1.0, 1.0, 0.0], [3.0, 2.0, 1.0]])
    h = hessian(lambda x: np.sum(np.max(x, axis=1) ** 2))(x)
    assert np.isnan(h[0, :2, 0, :2]).all()
    assert h[1, 0, 1, 0] == 2.0
    h[0, :2, 0, :2] = h[1, 0, 1, 0] = 0.0
    assert (h == 0).all()


def test_nan_is_the_maximum_and_shares_alike() -> None:
    x = np.array([1.0, np.nan, 2.0, np.nan])
    for fn in (np.max, np.min):
        np.testing.assert_array_equal(grad(fn)(x), [0.0, 0.5, 0.0, 0.5])
    where = ~np.isnan(x)
    g = grad(lambda x: np.max(x * x, where=where, initial=0.0))(x)
    np.testing.assert_array_equal(g, [0.0, 0.0, 4.0, 0.0])


@pytest.mark.parametrize("options", [{}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}])
@pytest.mark.parametrize("fn", [np.nanmax, np.nanmin])
def test_nan_is_left_out(fn: Callable[..., Any], options: Any) -> None:
    check_gaps(lambda x: fn(x, **options))


@pytest.mark.parametrize("fn", [np.nanmax, np.nanmin])
def test_nothing_but_nan_warns_as_numpy_does(fn: Callable[..., Any]) -> None:
    x = Value(np.array([[np.nan, np.nan], [1.0, np.nan]]))
    with pytest.warns(RuntimeWarning, match="All-NaN slice"):
        z = fn(x, axis=1)
    np.testing.assert_array_equal(z.data, [np.nan, 1.0])


def test_what_is_refused() -> None:
    v = Value(TIED)
    with pytest.raises(NotDifferentiableError, match=r"write np\.minimum\(np\.nanmin\(x\), v\)"):
        np.nanmin(v, initial=Value(2.0))
    with pytest.raises(ShapeError, match="one has to specify 'initial'"):
        np.max(v, where=KEEP)
    with pytest.raises(ShapeError, match="zero-size array"):
        np.max(v[:0])
