"""Functions that fill arrays, or that call ``math``: recorded all the same, as NumPy has it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import grad
from microgradnet.arguments import Transforming, fresh_leaf
from microgradnet.errors import DetachedError
from microgradnet.testing import diagnose
from microgradnet.testing.doctor.filling import ARRAYS, FUNCTIONS, Filled, Number, array

R = np.random.default_rng(0).normal


def rnn(W, U, b, X, y):  # type: ignore[no-untyped-def]
    h = np.zeros((len(X) + 1, len(b)))
    for t in range(len(X)):
        previous = h[t]
        h[t + 1] = np.tanh(W @ X[t] + U @ previous + b)
    return np.sum((h[-1] - y) ** 2)


def rnn_by_hand(reads: int) -> Callable[..., Any]:
    """Take h[t] (0, which is right) or h[t + 1] (1) for what the state is multiplied by."""

    def gradient(W, U, b, X, y):  # type: ignore[no-untyped-def]
        h = np.zeros((len(X) + 1, len(b)))
        for t in range(len(X)):
            h[t + 1] = np.tanh(W @ X[t] + U @ h[t] + b)
        dh, dW, dU, db = 2 * (h[-1] - y), 0 * W, 0 * U, 0 * b
        for t in reversed(range(len(X))):
            dz = dh * (1 - h[t + 1] ** 2)
            dW, dU, db = dW + np.outer(dz, X[t]), dU + np.outer(dz, h[t + reads]), db + dz
            dh = U.T @ dz
        return dW, dU, db

    return gradient


RNN = (R(size=(2, 3)), R(size=(2, 2)), R(size=2)), (R(size=(4, 3)), R(size=2))


def test_rows_that_are_filled_in_have_their_names() -> None:
    params, inputs = RNN
    assert diagnose(rnn, rnn_by_hand(0), params, inputs=inputs).correct
    assert str(diagnose(rnn, rnn_by_hand(1), params, inputs=inputs)) == (
        "`∂L/∂U` (by way of `U@h[1]`) multiplies by `h[2]` where it should multiply by `h[1]` "
        "(and so in each of 4 places)"
    )


def convolution(K, c, image):  # type: ignore[no-untyped-def]
    framed = np.zeros((image.shape[0] + 2, image.shape[1] + 2))
    framed[1:-1, 1:-1] = image
    out = np.empty((len(K), *image.shape))
    for f, i, j in np.ndindex(out.shape):
        out[f, i, j] = np.sum(framed[i : i + 3, j : j + 3] * K[f]) + c[f]
    return np.sum(np.maximum(out, 0.0) ** 2)


def convolution_by_hand(frame: str) -> Callable[..., Any]:
    def gradient(K, c, image):  # type: ignore[no-untyped-def]
        framed = np.pad(image, 1, mode=frame)  # type: ignore[call-overload]
        dK, dc = np.zeros_like(K), np.zeros_like(c)
        for f, i, j in np.ndindex(len(K), *image.shape):
            window = framed[i : i + 3, j : j + 3]
            d = 2 * max(np.sum(window * K[f]) + c[f], 0.0)
            dK[f] += d * window
            dc[f] += d
        return dK, dc

    return gradient


def test_a_frame_of_zeros_is_recognised() -> None:
    params, inputs = (R(size=(2, 3, 3)), R(size=2)), (R(size=(2, 3)),)
    assert diagnose(convolution, convolution_by_hand("constant"), params, inputs=inputs).correct
    found = str(diagnose(convolution, convolution_by_hand("edge"), params, inputs=inputs))
    assert "`image` is padded as by `mode='edge'` where it should be by zeros" in found


def net(w, x, y):  # type: ignore[no-untyped-def]
    h = np.array([1 / (1 + math.exp(-(w[i] * x[0] + w[i + 2] * x[1]))) for i in range(2)])
    return float(0.5 * (np.sum(h) - y) ** 2)


def net_by_hand(sign: float) -> Callable[..., Any]:
    def gradient(w, x, y):  # type: ignore[no-untyped-def]
        h = [1 / (1 + math.exp(-(w[i] * x[0] + w[i + 2] * x[1]))) for i in range(2)]
        d = [(sum(h) - y) * p * (1 - p) for p in h]
        return np.array([d[0] * x[0], d[1] * x[0], sign * d[0] * x[1], sign * d[1] * x[1]])

    return gradient


def test_math_and_float_are_recorded_and_given_back() -> None:
    params, inputs = (R(size=4),), (R(size=2), 0.3)
    assert diagnose(net, net_by_hand(1.0), params, inputs=inputs).correct
    found = str(diagnose(net, net_by_hand(-1.0), params, inputs=inputs))
    assert "wrong sign" in found or "negative" in found or "-" in found
    assert globals()["np"] is np and globals()["math"] is math and "float" not in globals()


def test_what_is_refused_says_what_to_write() -> None:
    def shows(w, x):  # type: ignore[no-untyped-def]
        import numpy

        out = numpy.zeros(2)
        out[0] = w * x
        return out[0]

    with pytest.raises(DetachedError, match="np.stack"):
        diagnose(shows, lambda w, x: x, (0.5,), inputs=(2.0,))


def strange(w, x):  # type: ignore[no-untyped-def]
    out = np.zeros(2)
    flat = out.reshape(2, 1)  # a view in NumPy, which shows what is written later
    out[0] = w * x
    return out[0] + np.sum(flat)


def test_views_that_cannot_be_followed_are_refused() -> None:
    with pytest.raises(DetachedError, match="another number with arrays that can be filled"):
        diagnose(strange, lambda w, x: 2 * x, (0.5,), inputs=(2.0,))


# --- the arrays themselves, beside NumPy's --------------------------------------------------


INDICES = st.sampled_from(
    [
        *(0, -1, (1, 2), (0, -1), (slice(None), 1), (slice(1, None), slice(0, 2)), ...),
        *((slice(None, None, -1), 0), [0, 2], np.array([True, False, True]), ([0, 1], [2, 2])),
    ]
)
STEPS = st.tuples(st.sampled_from(["write", "number", "copy", "add", "view"]), INDICES, INDICES)


def run(steps: Any, make: Callable[[Any], Any], w: Any) -> list[Any]:
    """Write and read; give all that was read."""
    a, seen = make(np.arange(12.0).reshape(3, 4)), []
    for n, (kind, where, other) in enumerate(steps):
        shape = np.shape(np.zeros((3, 4))[where])
        if kind == "write":
            a[where] = np.sin(w * (n + 1)) * np.ones(shape)
        elif kind == "number":
            a[where] = float(n)
        elif kind == "copy" and np.shape(np.zeros((3, 4))[other]) == shape:
            a[where] = a[other] * 1.5
        elif kind == "add":
            a[where] += w * np.ones(shape)
        elif kind == "view" and np.ndim(a[where]) == 2:
            row = a[where][0]
            row[1:] = w * n
            a[where][-1] *= w
        seen.append(a[other] + 0.0)
    return [*seen, a + 0.0]


@given(st.lists(STEPS, max_size=6))
def test_arrays_that_hold_values_are_like_numpys(steps: Any) -> None:
    plain = run(steps, np.array, 0.7)
    with Transforming():
        w = fresh_leaf(0.7, "w")
        held = run(steps, Filled.of, w)
    for x, y in zip(plain, held, strict=True):
        np.testing.assert_array_equal(y._raw if hasattr(y, "_raw") else y, x)


@given(st.lists(STEPS, max_size=5))
def test_their_derivatives_are_those_of_the_numbers(steps: Any) -> None:
    def total(w: Any) -> Any:
        make = Filled.of if hasattr(w, "_node") else np.array
        return sum(np.sum(x) * (n + 1) for n, x in enumerate(run(steps, make, w)))

    # As the numbers are analytic in w: by a complex step, which NumPy's arrays of complex take.
    def complex_total(w: Any) -> Any:
        def make(x: Any) -> Any:
            return np.array(x, dtype=complex)

        return sum(np.sum(x) * (n + 1) for n, x in enumerate(run(steps, make, w)))

    if not any(kind in ("write", "add", "view") for kind, _, _ in steps):
        return
    with Transforming():
        depends = hasattr(total(fresh_leaf(0.7, "w")), "_node")
    slope = grad(lambda w: total(w) + 0.0 * w)(0.7) if depends else 0.0
    np.testing.assert_allclose(slope, complex_total(0.7 + 1e-30j).imag / 1e-30, rtol=1e-12)


def test_functions_that_make_arrays() -> None:
    with Transforming():
        w = fresh_leaf(np.array([1.0, 2.0]), "w")
        nested = array([[w[0], 0.0], [w, [3.0, w[1]]][1]])
        assert isinstance(nested, Filled) and nested.shape == (2, 2) and len(nested) == 2
        np.testing.assert_array_equal(nested._raw, [[1.0, 0.0], [3.0, 2.0]])
        copy = array(nested)
        copy[0, 0] = 5.0
        other = array(w)
        other[0] = 7.0
        assert nested[0, 0]._raw == w[0]._raw == 1.0 and other[1]._raw == 2.0
        assert ARRAYS.asarray(w) is w and array(w[1]) is not None
        assert isinstance(ARRAYS.zeros_like(w), Filled) and isinstance(ARRAYS.full(3, 0.5), Filled)
        assert type(ARRAYS.zeros(3, dtype=int)) is np.ndarray
        assert ARRAYS.array([1, 2], dtype=Number).dtype == float
        assert type(array([1, 2])) is np.ndarray and ARRAYS.pi == np.pi
        assert FUNCTIONS.exp(w[0])._raw == np.exp(1.0) and FUNCTIONS.exp(1.0) == math.exp(1.0)
        assert FUNCTIONS.fsum(w[i] for i in range(2))._raw == w._raw.sum()
        assert FUNCTIONS.fsum([0.1] * 10) == 1.0
        assert FUNCTIONS.pi == math.pi and FUNCTIONS.fabs(-w[1])._raw == 2.0
        assert Number(w[:1])._raw == 1.0 and Number("2") == 2.0 and isinstance(1.0, Number)
        with pytest.raises(DetachedError):
            FUNCTIONS.gamma(w[0])
        with pytest.raises(ValueError):
            nested[0] = w[0] * np.ones(3)
        with pytest.raises(AttributeError):
            nested //= 2.0


def test_writing_at_indices_is_recorded() -> None:
    """``np.add.at`` adds as often as an index comes; ``np.put_along_axis`` writes once."""
    rng = np.random.default_rng(2)
    values, which = rng.normal(size=4), np.array([2, 0, 2, 2])
    place = np.array([[1], [0], [2]])
    for operate in (np.add, np.subtract):
        expected = np.zeros(3)
        operate.at(expected, which, values)
        np.put_along_axis(whole := rng.normal(size=(3, 4)), place, 7.0, axis=1)
        with Transforming():
            filled = ARRAYS.zeros(3)
            getattr(ARRAYS, operate.__name__).at(filled, which, fresh_leaf(values, "v"))
            np.testing.assert_allclose(filled.whole._raw, expected)
            traced = fresh_leaf(np.where(whole == 7.0, 0.0, whole), "x") * 1.0
            ARRAYS.put_along_axis(traced, place, fresh_leaf(np.full((3, 1), 7.0), "w"), 1)
            np.testing.assert_allclose(traced._raw, whole)
    plain = np.zeros(3)
    ARRAYS.add.at(plain, which, values)
    ARRAYS.put_along_axis(copy := whole * 0.0, place, 7.0, 1)
    assert ARRAYS.add(1.0, 2.0) == 3.0
    np.testing.assert_allclose(plain, -expected)
    assert copy.sum() == 21.0
