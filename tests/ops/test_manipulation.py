"""Shapes and orders: every form of call gives NumPy's numbers, or NumPy's kind of error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad
from microgradnet.errors import DTypeError, NotDifferentiableError, ShapeError

A = np.arange(6.0).reshape(2, 3) + 0.5
B = np.arange(24.0).reshape(2, 3, 4) + 0.5
SAMPLES = {"0-d": np.array(0.5), "1-d": A[0], "2-d": A, "3-d": B, "empty": np.zeros((0, 3))}


def outcome(f: Callable[[Any], Any], x: Any) -> Any:
    """Give what a call gives: shapes and numbers, or an error of whichever of NumPy's kinds."""
    try:
        z = f(x)
    except (ValueError, IndexError, ZeroDivisionError):  # NumPy's AxisError is the first two
        return "error"
    raw = [y.data if isinstance(y, Value) else y for y in (z if isinstance(z, tuple) else (z,))]
    return [(np.shape(y), np.asarray(y).tolist()) for y in raw]


AXES = [None, 0, 1, -1, -2, 2, (0, 1), (0, -1), (0, 0)]
FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "squeeze": lambda x, axis: np.squeeze(x, axis),
    "squeeze-1": lambda x, axis: np.squeeze(x[None], axis),
    "flip": lambda x, axis: np.flip(x, axis),
    "roll": lambda x, axis: np.roll(x, -2, axis),
    "roll-2": lambda x, axis: np.roll(x, (1, 5), axis),
    "moveaxis": lambda x, axis: np.moveaxis(x, axis if axis is not None else -1, 0),
    "moveaxis-2": lambda x, axis: np.moveaxis(x, (0, 1), axis if axis is not None else (-1, 0)),
    "rollaxis": lambda x, axis: np.rollaxis(x, axis if isinstance(axis, int) else 0),
    "rollaxis-1": lambda x, axis: np.rollaxis(x, axis if isinstance(axis, int) else 0, -1),
    "rollaxis-3": lambda x, axis: np.rollaxis(x, 0, 3),
    "rot90": lambda x, axis: np.rot90(x, 1, axis if isinstance(axis, tuple) else (0, 1)),
    "rot90-3": lambda x, axis: np.rot90(x, -1, axis if isinstance(axis, tuple) else (1, 0)),
    "rot90-2": lambda x, axis: np.rot90(x, 6, axis if isinstance(axis, tuple) else (0, 1)),
}


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_axes_as_numpy(form: str, axis: Any) -> None:
    def f(x: Any) -> Any:
        return FORMS[form](x, axis)

    for name, x in SAMPLES.items():
        assert outcome(f, Value(x)) == outcome(f, x), name


OTHER_FORMS: dict[str, Callable[[Any], Any]] = {
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "matrix_transpose": np.matrix_transpose,
    "atleast_1d": lambda x: np.atleast_1d(x, 2, [1, 2]),
    "atleast_2d": lambda x: np.atleast_2d([1, 2], x),
    "atleast_3d": lambda x: np.atleast_3d(x, A),
    "atleast": np.atleast_1d,
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, [1, 2, 3], 4),
    "resize": lambda x: np.resize(x, (3, 4)),
    "resize-0": lambda x: np.resize(x, 0),
    "resize-negative": lambda x: np.resize(x, (2, -1)),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "expand_dims-list": lambda x: np.expand_dims(x, [1]),
    "swapaxes": lambda x: np.swapaxes(x, 0, -2),
    "reshape-int": lambda x: np.reshape(x, 6, "F"),
    "reshape-F": lambda x: np.reshape(x, (-1, 2), "F"),
    "reshape-A": lambda x: np.reshape(np.transpose(x), (-1, 2), "A"),
    "reshape-list": lambda x: np.reshape(x, [3, -1]),
    "reshape-copy": lambda x: np.reshape(x, (3, -1), copy=True),
    "reshape-no-copy": lambda x: np.reshape(x, -1, copy=False),
    "reshape-cannot-but-copy": lambda x: np.reshape(np.transpose(x), -1, copy=False),
    "reshape-unknown": lambda x: np.reshape(x, -1, "X"),
    "ravel-F": lambda x: np.ravel(x, "F"),
    "ravel-A": lambda x: np.ravel(np.transpose(x), "A"),
    "ravel-K": lambda x: np.ravel(np.transpose(x), "K"),
    "ravel-K-moved": lambda x: np.ravel(np.moveaxis(x, 0, -1), "K"),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_forms_as_numpy(form: str) -> None:
    f = OTHER_FORMS[form]
    for name, x in SAMPLES.items():
        assert outcome(f, Value(x)) == outcome(f, x), name


def test_a_python_float_stays_one() -> None:
    v = Value(2.0)
    for f in (np.squeeze, np.flip, lambda v: np.squeeze(v, -1)):
        assert type(f(v).data) is float
    assert np.ravel(v).shape == np.ravel(v, "K").shape == (1,)


def test_one_argument_gives_one_result_several_a_tuple() -> None:
    v = Value(A)
    assert isinstance(np.atleast_3d(v), Value)
    assert [type(x) for x in np.atleast_3d(v, 1.0)] == [Value, np.ndarray]
    assert isinstance(np.broadcast_arrays(v), tuple)
    assert np.atleast_2d(v) is v


@pytest.mark.parametrize(
    "f",
    [
        np.ravel,
        lambda x: np.ravel(np.transpose(x), "F"),
        lambda x: np.squeeze(x[None]),
        lambda x: np.moveaxis(x, 0, 1),
        lambda x: np.rollaxis(x, 1),
        np.matrix_transpose,
        np.flip,
        np.rot90,
        lambda x: np.rot90(x, 4),
        lambda x: np.atleast_3d(x),
        lambda x: np.broadcast_arrays(x, np.zeros((2, 2, 3)))[0],
    ],
)
def test_views_refuse_assignment(f: Callable[..., Any]) -> None:
    x = A.copy()
    assert np.shares_memory(f(x), x)  # NumPy's is a view
    v = Value(x)
    view = f(v)
    with pytest.raises(NotDifferentiableError, match="NumPy would change both"):
        v[...] = 1.0
    with pytest.raises(NotDifferentiableError, match="NumPy would change both"):
        view[...] = 1.0


@pytest.mark.parametrize(
    "f", [lambda x: np.roll(x, 1), lambda x: np.resize(x, 6), lambda x: np.ravel(np.transpose(x))]
)
def test_copies_may_be_assigned_to(f: Callable[..., Any]) -> None:
    v = Value(A)
    z = f(v)
    z[...] = 1.0
    np.testing.assert_array_equal(v.data, A)


@pytest.mark.parametrize("turn", [(), (slice(None), slice(None, None, -1))])
@pytest.mark.parametrize("shape", [(2, 2, 3), (1, 2, 3), (2, 1, 2, 3), (3, 2, 3)])
@pytest.mark.parametrize("axes", [None, (1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_the_order_of_memory_of_a_broadcast_array(turn: Any, shape: Any, axes: Any) -> None:
    def spread(x):  # type: ignore[no-untyped-def]
        wide = np.broadcast_to(x[turn], shape)
        if axes is None or len(shape) != 3:
            return wide
        return np.transpose(wide, axes)

    expected = np.ravel(spread(A), "K")
    np.testing.assert_array_equal(np.ravel(spread(Value(A)), "K").data, expected)
    g = np.random.default_rng(0).normal(size=expected.shape)
    places = np.ravel(spread(np.arange(6.0).reshape(2, 3)), "K").astype(int)
    np.testing.assert_allclose(
        grad(lambda x: np.sum(g * np.ravel(spread(x), "K")))(A).ravel(), np.bincount(places, g)
    )


def test_the_order_of_memory_counts_steps_backward_as_forward() -> None:
    np.testing.assert_array_equal(np.ravel(Value(A[:, ::-1]), "K").data, A[:, ::-1].ravel())


def test_integers_are_not_values() -> None:
    with pytest.raises(DTypeError, match="the shift of roll holds a Value; .*astype"):
        np.roll(Value(A), [1, Value(2.0)], axis=(0, 1))
    with pytest.raises(DTypeError, match="the shape of reshape has the dtype float64"):
        np.reshape(Value(A), 6.0)
    with pytest.raises(ShapeError, match="expected no negative lengths"):
        np.resize(Value(A), -1)


def test_axes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="transpose of 3 axes got 2 axes"):
        np.transpose(Value(B), (0, 1))
    with pytest.raises(ShapeError, match="expected two axes"):
        np.rot90(Value(B), axes=(0, 1, 2))
    with pytest.raises(ShapeError, match="2 axes to 1 places"):
        np.moveaxis(Value(B), (0, 1), 0)
    with pytest.raises(ValueError, match="repeated axis"):
        np.expand_dims(Value(A), (0, 0))


def test_astype() -> None:
    v = Value(A)
    assert v.astype(np.float32).dtype == np.float32
    steps = v.astype(int)  # leaves the graph: steps have no slope
    assert type(steps) is np.ndarray
    np.testing.assert_array_equal(steps, A.astype(int))
    with pytest.raises(DTypeError, match="expected a real floating dtype"):
        v.astype(complex)


def test_astype_without_a_copy_is_the_same_value() -> None:
    # So that an assignment into it is one into the original, as in NumPy.
    for cast in (lambda x: x.astype(float, copy=False), lambda x: np.astype(x, float, copy=False)):

        def f(x: Any, cast: Any = cast) -> Any:
            y = cast(x)
            y[0] = 5.0
            return np.sum(x * x)

        np.testing.assert_array_equal(grad(f)(A), 2 * A * [[0.0], [1.0]])
        assert grad(f)(A).dtype == np.float64
        v = Value(A)
        assert cast(v) is v
        assert cast(Value(A.astype(np.float32))).dtype == np.float64
        assert cast(w := Value(2.0)) is w


def test_a_copy_keeps_the_sign_of_zero() -> None:
    for zero in (-0.0, np.array(-0.0)):
        v = Value(zero)
        assert np.copysign(1.0, np.copy(v).data) == -1.0
        assert np.copy(v) is not v


def test_a_copy_lies_in_memory_as_numpys() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    v = Value(array)
    for order in ("C", "F", "A", "K"):
        for mine, theirs in (
            (np.copy(v, order=order), np.copy(array, order=order)),
            (v.copy(order), array.copy(order)),
        ):
            assert mine.data.flags.c_contiguous == theirs.flags.c_contiguous
            np.testing.assert_array_equal(mine.data, theirs)
    assert v.copy().data.flags.c_contiguous and np.copy(v).data.flags.f_contiguous
    with pytest.raises(ValueError, match='expected "C", "F", "A" or "K"'):
        v.copy("Z")


def test_a_shape_is_taken_as_it_was() -> None:
    shape = [3, 2]
    x = Value(A)
    z = np.sum(np.reshape(x, shape) ** 2)
    shape[:] = 0, 0
    z.backward()
    np.testing.assert_array_equal(x.grad, 2 * A)
