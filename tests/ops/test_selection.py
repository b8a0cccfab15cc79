"""Clip at its edges, nan_to_num where it acts, select, choose, rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, hessian, vjp
from microgradnet.errors import DTypeError, NotDifferentiableError, ShapeError, UnknownKeywordError

X = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
NAN, INF = np.nan, np.inf


# --- clip ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "of_x", "of_low", "of_high"),
    [
        (-1.0, 1.0, [0, 1, 1, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]),
        (1.0, -1.0, [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]),  # NumPy: the upper wins
        (0.0, 0.0, [0, 0, 1, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 1, 1]),
        (NAN, 1.0, [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]),
        (-1.0, NAN, [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]),
        (-INF, INF, [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
    ],
)
def test_whose_number_it_is_has_the_slope(
    low: float, high: float, of_x: Any, of_low: Any, of_high: Any
) -> None:
    bounds = np.full(5, low), np.full(5, high)
    z, pull = vjp(np.clip, X, *bounds)
    np.testing.assert_array_equal(z, np.clip(X, *bounds))
    for got, expected in zip(pull(np.ones(5)), (of_x, of_low, of_high), strict=True):
        np.testing.assert_array_equal(got, expected)
    for i, x in enumerate(X):
        gs = grad(np.clip, argnums=(0, 1, 2))(float(x), low, high)
        assert gs == (of_x[i], of_low[i], of_high[i])


def test_nan_passes_through_clip() -> None:
    z, pull = vjp(lambda x: np.clip(x, -1, 1), np.array([NAN, INF, -INF]))
    np.testing.assert_array_equal(z, [NAN, 1.0, -1.0])
    np.testing.assert_array_equal(pull(np.ones(3))[0], [1.0, 0.0, 0.0])


def test_second_derivatives_at_the_edges_are_nan() -> None:
    h = hessian(lambda x: np.sum(np.clip(x, -1.0, 1.0) ** 2))(X)
    np.testing.assert_array_equal(h, np.diag([0.0, NAN, 2.0, NAN, 0.0]))
    h = hessian(lambda x: np.sum(np.clip(x, None, INF) ** 2))(X)
    np.testing.assert_array_equal(h, 2 * np.eye(5))
    assert np.isnan(hessian(lambda b: np.clip(1.0, b, 3.0) ** 2)(1.0))
    assert hessian(lambda b: np.clip(0.5, b, 3.0) ** 2)(1.0) == 2.0


def test_spellings_of_clip() -> None:
    v = Value(X)
    expected = np.clip(X, None, 1.0)
    for z in (
        np.clip(v, None, 1.0),
        np.clip(v, max=1.0),
        np.clip(v, a_min=None, a_max=1),
        v.clip(max=1.0),
        np.clip(X, max=Value(1.0)),
        X.clip(max=Value(1.0)),
    ):
        np.testing.assert_array_equal(z.data, expected)
    np.testing.assert_array_equal(X.clip(Value(0.0), 1.0).data, X.clip(0.0, 1.0))
    np.testing.assert_array_equal(np.clip([1, 2, 3], Value(2.0), [2, 2, 2]).data, [2.0, 2.0, 2.0])
    assert type(Value(5.0).clip(0, 1).data) is float
    assert np.clip(Value(X), None, None) is not v
    with pytest.raises(ValueError, match="expected either pair of names"):
        np.clip(v, 0.0, max=1.0)
    with pytest.raises(UnknownKeywordError, match="where"):
        np.clip(v, 0.0, 1.0, where=X > 0)


# --- nan_to_num ----------------------------------------------------------------------------------


def test_nan_to_num() -> None:
    x = np.array([1.0, NAN, INF, -INF, 0.0])
    z, pull = vjp(np.nan_to_num, x)
    np.testing.assert_array_equal(z, np.nan_to_num(x))
    np.testing.assert_array_equal(pull(np.ones(5))[0], [1.0, 0.0, 0.0, 0.0, 1.0])

    z, pull = vjp(lambda x, n: np.nan_to_num(x, nan=n, posinf=2 * n, neginf=-n), x, 3.0)
    np.testing.assert_array_equal(z, [1.0, 3.0, 6.0, -3.0, 0.0])
    assert pull(np.ones(5))[1] == 2.0

    x32 = x.astype(np.float32)
    z, pull = vjp(np.nan_to_num, x32)
    np.testing.assert_array_equal(z, np.nan_to_num(x32))
    assert z.dtype == pull(np.ones(5, np.float32))[0].dtype == np.float32


def test_nan_to_num_of_a_float() -> None:
    for x in (2.0, NAN, INF):
        z = np.nan_to_num(Value(x)).data
        assert type(z) is float
        assert z == np.nan_to_num(x)
        assert grad(np.nan_to_num)(x) == float(np.isfinite(x))
    assert grad(lambda n: np.nan_to_num(Value(NAN), nan=n) ** 2)(3.0) == 6.0


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_what_nan_to_num_drops_reaches_nobody() -> None:
    g = grad(lambda x: np.sum(np.nan_to_num(np.sqrt(x) / x)))(np.array([0.0, 1.0]))
    np.testing.assert_array_equal(g, [0.0, -0.5])
    with pytest.raises(NotDifferentiableError, match=r"write x = np\.nan_to_num\(x\)"):
        np.nan_to_num(Value(X), copy=False)


# --- select, choose ------------------------------------------------------------------------------


def test_select() -> None:
    v = Value(X)
    z = np.select([v > 1, v > -1], [v * v, Value(3.0)], [7.0, 8.0, 9.0, 10.0, 11.0])
    assert z.data.tolist() == [7.0, 8.0, 3.0, 3.0, 4.0]
    x32 = Value(X.astype(np.float32))
    assert np.select([X > 0], [x32], 0.5).dtype == np.float32
    assert np.select(X[:, None] > 0, [x32] * 5).shape == (5,)  # the array is a list of its rows
    p = Value(2.0)
    z = np.select([np.array([True, False]), np.array([True, True])], [[p, 1.0], p])
    np.sum(z).backward()
    assert p.grad == 2.0


def test_select_and_choose_refuse() -> None:
    v = Value(X)
    with pytest.raises(ShapeError, match="2 conditions and 1 choices"):
        np.select([X > 0, X > 1], [v])
    with pytest.raises(DTypeError, match="dtype int64; expected booleans"):
        np.select([np.arange(5)], [v])
    with pytest.raises(DTypeError, match="the first argument of choose holds a Value"):
        np.choose(v, [X, X])
    with pytest.raises(ValueError, match="among 2 choices .* expected 0 to 1"):
        np.choose([0, 1, 2, 0, 0], [v, X])
    with pytest.raises(ValueError, match='expected "raise", "wrap" or "clip"'):
        np.choose([0, 1, 1, 0, 0], [v, X], mode="nearest")  # type: ignore[call-overload]
    with pytest.raises(UnknownKeywordError, match="out"):
        np.choose([0, 1, 1, 0, 0], [v, X], out=np.zeros(5))


@pytest.mark.parametrize("mode", ["wrap", "clip"])
def test_choose_beyond_the_choices(mode: Any) -> None:
    which = np.array([-4, -1, 1, 2, 7])
    z, pull = vjp(lambda x, y: np.choose(which, [x, y], mode=mode), X, 2.0)
    np.testing.assert_array_equal(z, np.choose(which, [X, 2.0], mode=mode))
    of_y = np.choose(which, [0.0, 1.0], mode=mode)
    np.testing.assert_array_equal(pull(np.ones(5))[0], 1.0 - of_y)
    assert pull(np.ones(5))[1] == of_y.sum()


# --- rounding ------------------------------------------------------------------------------------


def test_rounding_is_flat() -> None:
    x = np.array([0.123, -1.567, 2.5])
    for f in (np.fix, np.round, lambda x: np.around(x, 1), lambda x: np.round(x, decimals=-1)):
        z, pull = vjp(f, x)
        np.testing.assert_array_equal(z, f(x))
        np.testing.assert_array_equal(pull(np.ones(3))[0], np.zeros(3))
    assert round(Value(2.567), 1).data == 2.6
    assert type(round(Value(2.567), 1).data) is float
    with pytest.raises(UnknownKeywordError, match="out"):
        np.round(Value(x), out=np.zeros(3))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("number", [0.5, 2, np.float32(0.5), np.float64(0.5), np.arange(4)])
def test_plain_numbers_among_choices_are_weak(dtype: Any, number: Any) -> None:
    x = np.array([0.25, -1.0, 2.0, 4.0], dtype)

    def select(x: Any) -> Any:
        return np.select([[True, False, False, True], [True, True, False, False]], [x, number], 0.5)

    def choose(x: Any) -> Any:
        return np.choose([1, 2, 0, 1], [number, x, 0.5])

    for f in (select, choose):
        got = f(Value(x))
        assert got.dtype == f(x).dtype
        np.testing.assert_array_equal(got.data, f(x))
        z, pull = vjp(f, x)
        assert pull(np.ones_like(z))[0].dtype == dtype
    for f in (
        np.select([[True, False]], [Value(x[:2])], Value(0.5)),
        np.choose([0], [Value(x), 1]),
    ):
        assert f.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_clip_of_a_plain_number_is_in_float64(dtype: Any) -> None:
    low, high = np.array([0.1, 0.6], dtype), np.array(0.7, dtype)
    expected = np.clip(0.5, low, high)
    for z in (np.clip(Value(0.5), low, high), np.clip(0.5, Value(low), high)):
        np.testing.assert_array_equal(z.data, expected, strict=True)
    assert type(np.clip(Value(0.5), 0, 1).data) is float
