"""Interpolation at knots and beyond, convolution in all sizes, phases, polynomials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from microgradnet import Value, grad, memory
from microgradnet.errors import DetachedError, DTypeError, NotDifferentiableError, ShapeError

from ..pitfalls.helpers import (
    EPS,
    check_first_order,
    check_float32,
    check_loud,
    check_second_order,
    dense,
)

XP, FP = np.array([-1.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0])
V = np.array([0.5, -1.5, 2.5, 3.5])


def tent(x: Any) -> Any:
    """Abs between -1 and 1, constant outside."""
    return np.interp(x, XP, FP)


def test_interp_at_knots_takes_the_mean_and_at_the_ends_the_inside() -> None:
    check_first_order(tent, 0.0, 0.0, numeric=False)
    x = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
    check_first_order(tent, x, np.diag([0.0, -1.0, -1.0, 0.0, 1.0, 1.0, 0.0]), numeric=False)
    assert type(grad(tent)(0.3)) is float


@pytest.mark.parametrize("x", [-1.0, 0.0, 1.0])
def test_interp_at_knots_is_loud_in_second_order(x: float) -> None:
    check_loud(tent, x)
    check_loud(lambda x: tent(x) ** 2, x, truth=2.0)


@pytest.mark.parametrize("large", [4096, 0])
def test_interp_moves_with_everything(monkeypatch: Any, large: int) -> None:
    monkeypatch.setattr(memory, "LARGE", large)
    at = np.array([-2.0, -0.7, 0.2, 3.0])
    check_second_order(lambda x: tent(x) ** 3, 0.4)
    check_second_order(lambda p: np.sum(np.interp(at, p, FP) ** 3), XP)
    check_second_order(lambda f: np.sum(np.interp(at, XP, f) ** 3), FP)

    def every(z: Any) -> Any:
        out = np.interp(z[:2], z[2:5], z[5:8], left=z[8] * z[0], right=z[9])
        return np.sum(out**3)

    check_second_order(every, np.array([-0.7, 0.2, *XP, *FP, 3.0, 4.0]))
    check_second_order(every, np.array([-1.7, 1.2, *XP, *FP, 3.0, 4.0]))


@given(st.data())
def test_interp_gives_numpys_numbers(data: st.DataObject) -> None:
    number = st.floats(-10, 10)
    xp = np.array(sorted(data.draw(st.lists(number, min_size=1, max_size=5, unique=True))))
    fp = np.array([data.draw(number) for _ in xp])
    x = np.array(data.draw(st.lists(number, max_size=4)), float)
    options = data.draw(
        st.sampled_from([{}, {"left": 3.0}, {"left": 0, "right": -1.0}, {"period": 1.3}])
    )
    expected = np.interp(x, xp, fp, **options)
    np.testing.assert_array_equal(np.interp(Value(x), xp, fp, **options).data, expected)
    np.testing.assert_array_equal(np.interp(x, xp.tolist(), Value(fp), **options).data, expected)


def test_interp_at_a_jump_is_numpys_side_of_it() -> None:
    check_first_order(
        lambda f: np.interp(1.0, [0, 1, 1, 2], f), np.array([1.0, 2, 5, 3]), [0, 0, 1, 0],
    )  # fmt: skip


def test_interp_of_small_integers() -> None:
    xp, fp = np.array([0, 1, 2], np.uint8), np.array([3, 1, 0], np.uint8)
    check_first_order(lambda x: np.interp(x, xp, fp), np.array([0.3, 1.2]), np.diag([-2.0, -1.0]))
    # Two roundings of order EPS * period: NumPy folds and unfolds.
    check_first_order(lambda x: np.interp(x, xp, fp, period=4), np.array([3.3, -3.7]))


def test_interp_refusals() -> None:
    with pytest.raises(ShapeError):
        np.interp(Value(1.0), [0, 1], [1, 2, 3])
    with pytest.raises(ShapeError):
        np.interp(Value(1.0), [], [])
    with pytest.raises(ShapeError, match="same length"):
        np.interp(Value(1.0), [0, 1], [1, 2, 3], period=2)
    with pytest.raises(ValueError, match="period=0"):
        np.interp(Value(1.0), XP, FP, period=0)
    with pytest.raises(NotDifferentiableError, match="period"):
        np.interp(Value(1.0), XP, FP, period=Value(3.0))
    with pytest.raises(DTypeError, match="complex"):
        np.interp(Value(1.0), XP, FP * 1j)


# --- convolution --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("f", [np.convolve, np.correlate])
def test_all_sizes(f: Callable[..., Any], mode: str) -> None:
    for m in range(1, 6):
        for n in range(1, 6):
            a, v = dense((m,)), dense((m + n,))[m:]
            got, expected = f(Value(a), v, mode), f(a, v, mode)
            assert got.shape == expected.shape
            np.testing.assert_allclose(got.data, expected, rtol=0, atol=20 * EPS)
            check_first_order(lambda x, m=m: f(x[:m], x[m:], mode), np.concatenate([a, v]))


def test_convolving_something_with_itself() -> None:
    check_second_order(lambda x: np.sum(np.convolve(x, x[:2], "same") ** 2), V)
    check_second_order(lambda x: np.sum(np.correlate(x[1:], x) ** 2), V)
    check_float32(lambda x: np.convolve(x, x), V)
    check_first_order(lambda x: np.convolve(x, [1, 2]), 3.0, [1.0, 2.0])


def test_convolution_refusals() -> None:
    for bad in (dense((2, 2)), np.zeros(0)):
        with pytest.raises(ShapeError, match="expected one axis, not empty"):
            np.convolve(Value(bad), V)
        with pytest.raises(ShapeError, match="expected one axis, not empty"):
            np.correlate(V, Value(bad))
    with pytest.raises(ShapeError, match="expected one axis"):
        np.correlate(Value(2.0), V)
    with pytest.raises(ValueError, match="bogus"):
        np.convolve(Value(V), V, "bogus")


# --- phases and polynomials -----------------------------------------------------------------------


def test_unwrap() -> None:
    x = np.array([0, 1, 2.5, 3.9, 5.5, 0.3, 1.0, -3, -4.0, 9])
    np.testing.assert_array_equal(np.unwrap(Value(x)).data, np.unwrap(x))
    check_first_order(np.unwrap, x, np.eye(10))
    check_first_order(
        lambda x: np.unwrap(x.reshape(5, 2), axis=0, period=2.03, discont=1.5).reshape(-1), x
    )
    check_float32(np.unwrap, x)
    with pytest.raises(NotDifferentiableError, match="period"):
        np.unwrap(Value(x), period=Value(6.0))
    with pytest.raises(ShapeError):
        np.unwrap(Value(2.0))


def test_polyval() -> None:
    z = np.array([1.0, 2.0, -1.0, 0.5, 0.0, 3.0])
    check_first_order(lambda z: np.polyval(z[:3], z[3:]), z)
    check_second_order(lambda z: np.sum(np.polyval(z[:3], z[3:])), z)
    check_first_order(lambda t: np.polyval([t, 2.0, t * t], t), 0.7)
    check_first_order(lambda x: np.polyval([1, 2, 3], x), np.array([[1.0, 2.0]]))
    x = np.float32([1, 2])
    for p in ([1.0, 2.0], np.float32([1, 2])):
        assert np.polyval(p, Value(x)).dtype == np.polyval(p, x).dtype
    with pytest.raises(DetachedError):
        grad(lambda t: np.polyval([t, 2.0], 3.0))(1.0)  # NumPy does not ask a Value in a list


# --- even steps, sliding windows ------------------------------------------------------------------


@pytest.mark.parametrize("how", [{}, {"num": 3, "endpoint": False}, {"num": 1}, {"num": 0}])
@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (0.25, 2),
        (np.float32(0.0), np.ones(2, np.float32)),
        (np.array([0, 7, 255], np.uint8), 2.5),
        (np.array([1.0, 3.0], np.float16), 3),
        (np.array([2.0, 2.0]), 2.0),
        (5e-324, 0.0),
    ],
)
def test_linspace_is_numpys_bit_by_bit(start: Any, stop: Any, how: dict[str, Any]) -> None:
    z, step = np.linspace(start, stop, retstep=True, **how)
    for a, b in ((Value(start), stop), (start, Value(stop))):
        if np.asarray(start).dtype.kind == "u" and isinstance(a, Value):
            continue  # whose data are floats
        found, found_step = np.linspace(a, b, retstep=True, **how)
        np.testing.assert_array_equal(found.data, z, strict=True)
        np.testing.assert_array_equal(getattr(found_step, "data", found_step), step)


def test_linspace_refuses() -> None:
    v = Value(1.0)
    with pytest.raises(ValueError, match="num=-1; expected at least 0"):
        np.linspace(v, 2.0, -1)
    with pytest.raises(DTypeError, match="integers have no gradient"):
        np.linspace(v, 2.0, dtype=int)


def test_windows_that_slide_share_memory_as_numpys_do() -> None:
    x = Value(np.arange(5.0))
    w = sliding_window_view(x, 2)
    assert np.shares_memory(w._raw, x._raw)
    with pytest.raises(NotDifferentiableError, match="memory that another Value shows"):
        x[0] = 1.0
    with pytest.raises(ShapeError, match="cannot be larger"):
        sliding_window_view(x, 6)
    with pytest.raises(DTypeError, match="window_shape has the dtype float64; expected integers"):
        sliding_window_view(x, 2.5)


def test_a_convolution_written_with_windows() -> None:
    image, kernel = dense((4, 5)), dense((2, 3))

    def convolve(image: Any, kernel: Any) -> Any:
        return np.einsum("ijkl,kl->ij", sliding_window_view(image, (2, 3)), kernel)

    check_first_order(lambda x: convolve(x, kernel), image)
    check_first_order(lambda k: convolve(image, k), kernel)
    check_second_order(lambda x: np.sum(convolve(x * x, kernel) ** 2), image)
    by_hand = np.zeros((4, 5))
    g = dense((3, 3))
    for i, j in np.ndindex(3, 3):
        by_hand[i : i + 2, j : j + 3] += g[i, j] * kernel
    found = grad(lambda x: np.sum(g * convolve(x, kernel)))(image)
    np.testing.assert_allclose(found, by_hand, rtol=1e-14)
