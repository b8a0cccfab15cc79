"""Padding, inserting, deleting: NumPy's numbers in all modes and forms, and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, jacobian
from microgradnet.errors import (
    DTypeError,
    NotDifferentiableError,
    ShapeError,
    UnknownKeywordError,
)
from microgradnet.ops.editing import OPTIONS

from ..checking import EPS32, EXACT
from .test_manipulation import SAMPLES, A, outcome

V = A[0].copy()


@given(
    mode=st.sampled_from(sorted(OPTIONS)),
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
def test_pad_as_numpy(mode: str, shape: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    ndim = len(shape)
    widths = rng.integers(0, 9, (ndim, 2))
    options: dict[str, Any] = {
        "constant_values": rng.normal(size=(ndim, 2)),
        "end_values": rng.normal(size=2),
        "stat_length": rng.integers(1, 4, (ndim, 1)),
        "reflect_type": rng.choice(["even", "odd"]),
    }
    keywords = {k: v for k, v in options.items() if k == OPTIONS[mode] and rng.random() < 0.7}
    for dtype, exact in ((np.float64, EXACT), (np.float32, 1e2 * EPS32)):
        x = rng.normal(size=shape).astype(dtype)
        expected = np.pad(x, widths, mode, **keywords)
        z = np.pad(Value(x), widths, mode, **keywords)
        assert z.dtype == expected.dtype
        # Odd reflections grow with the distance, and so does what rounding makes of them.
        scale = np.abs(expected).max()
        np.testing.assert_allclose(z.data, expected, rtol=0, atol=exact * scale)


@pytest.mark.parametrize(
    "width", [0, 1, (1, 2), ((0, 1), (2, 3)), ((1,), (2,)), {0: 2, -1: (0, 3)}]
)
def test_forms_of_widths(width: Any) -> None:
    np.testing.assert_array_equal(np.pad(Value(A), width).data, np.pad(A, width))
    z = np.pad(Value(A), width, "edge")
    np.testing.assert_array_equal(z.data, np.pad(A, width, "edge"))


def test_constants_may_be_values() -> None:
    def f(a: Any, b: Any) -> Any:
        return np.pad(Value(np.ones((1, 2))), ((1, 0), (0, 2)), constant_values=[(a, 2.0), (3, b)])

    # Corners belong to the last axis, as NumPy has it.
    assert f(5.0, 7.0).data.tolist() == [[5.0, 5.0, 7.0, 7.0], [1.0, 1.0, 7.0, 7.0]]
    assert grad(lambda a, b: np.sum(f(a, b)), argnums=(0, 1))(5.0, 7.0) == (2.0, 4.0)
    both = grad(lambda c: np.sum(np.pad(c * V, 1, constant_values=c)))(2.0)
    assert both == pytest.approx(V.sum() + 2.0, rel=EXACT)


def test_padding_a_number_or_nothing_much() -> None:
    assert np.pad(Value(2.0), 3).data == 2.0
    v = Value(V)
    z = np.pad(v, 0, "edge")
    z[0] = 9.0  # a copy
    np.testing.assert_array_equal(v.data, V)
    assert np.pad(Value(np.zeros((0, 2))), ((0, 0), (1, 1)), "edge").shape == (0, 4)


@pytest.mark.parametrize(
    ("error", "text", "args", "keywords"),
    [
        (NotDifferentiableError, "mode='empty'", (1, "empty"), {}),
        (NotDifferentiableError, "mode=<function", (1, lambda *args: None), {}),
        (ValueError, "mode='mirror'; expected one of constant", (1, "mirror"), {}),
        (UnknownKeywordError, "no further keyword", (1, "edge"), {"constant_values": 1.0}),
        (UnknownKeywordError, "expected end_values", (1, "linear_ramp"), {"stat_length": 1}),
        (UnknownKeywordError, "colour", (1,), {"colour": 1}),
        (ValueError, 'expected "even" or "odd"', (1, "reflect"), {"reflect_type": "up"}),
        (ShapeError, "no negative numbers", ((1, -1),), {}),
        (DTypeError, "the width of pad has the dtype float64", (1.5,), {}),
        (DTypeError, "the width of pad holds a Value", (Value(1.0),), {}),
    ],
)
def test_pad_refuses(error: Any, text: str, args: Any, keywords: Any) -> None:
    with pytest.raises(error, match=text):
        np.pad(Value(V), *args, **keywords)


@pytest.mark.parametrize("mode", sorted(set(OPTIONS) - {"constant"}))
def test_nothing_cannot_be_continued(mode: Any) -> None:
    with pytest.raises(ShapeError, match="empty axis 0"):
        np.pad(Value(V[:0]), 1, mode)


# --- inserting, deleting -------------------------------------------------------------------------

PLACES = {
    "0": 0,
    "-1": -1,
    "5": 5,
    "all": slice(None),
    "step": slice(0, 9, 2),
    "back": slice(None, None, -1),
    "list": [0, 1],
    "repeated": [-1, -1],
    "empty": [],
    "mask-2": np.array([True, False]),
    "mask-3": np.array([True, False, True]),
    "small": np.array([0, 1], np.int8),
}
INSERTED = {"float": 2.0, "row": V, "matrix": A, "one": np.array([1.5]), "column": A[:, :1].copy()}


@pytest.mark.parametrize("axis", [None, 0, 1, -1, 2])
@pytest.mark.parametrize("place", PLACES)
def test_insert_and_delete_as_numpy(place: str, axis: Any) -> None:
    obj = PLACES[place]
    forms: list[Callable[[Any], Any]] = [lambda x: np.delete(x, obj, axis)]
    forms += [lambda x, v=v: np.insert(x, obj, v, axis) for v in INSERTED.values()]
    for name, x in SAMPLES.items():
        for f in forms:
            assert outcome(f, Value(x)) == outcome(f, x), name


def test_inserted_values_move() -> None:
    j = jacobian(lambda v: np.insert(A, [0, 2], v, axis=1))(np.array([[7.0], [8.0]]))
    expected = np.insert(np.zeros((2, 3, 2, 1)), [0, 2], np.eye(2).reshape(2, 1, 2, 1), axis=1)
    np.testing.assert_array_equal(j, expected)
    assert np.insert(Value(V.astype(np.float32)), 0, Value(2.0)).dtype == np.float32


def test_insert_and_delete_refuse() -> None:
    with pytest.raises(DTypeError, match=r"int64, .* write arr\.astype\(float\)"):
        np.insert(np.arange(3), 1, Value(2.5))
    with pytest.raises(DTypeError, match="where to insert holds a Value"):
        np.insert(V, Value(1.0), 2.0)
    with pytest.raises(DTypeError, match="where to delete holds a Value"):
        np.delete(V, Value(1.0))
