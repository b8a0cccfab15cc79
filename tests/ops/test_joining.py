"""Joining, taking apart, repeating: all forms of arguments, casting, filling, refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import DetachWarning, Value, grad, jacobian
from microgradnet.errors import (
    DetachedError,
    DTypeError,
    NotDifferentiableError,
    ShapeError,
    UnknownKeywordError,
)

from .test_manipulation import SAMPLES, A, B, outcome

V = A[0].copy()
PARTNERS = {"1-d": V, "2-d": A, "3-d": B, "float": 4.0, "list": [1, 2, 3], "row": A[:1]}
JOINS: dict[str, Callable[[Any, Any], Any]] = {
    **{f"concatenate-{i}": lambda x, y, i=i: np.concatenate([x, y], i) for i in (None, 0, 1, -1)},
    **{f"stack-{i}": lambda x, y, i=i: np.stack((y, x), i) for i in (0, 1, -1, 3)},
    **{f"append-{i}": lambda x, y, i=i: np.append(x, y, i) for i in (None, 0, -1)},
    **{
        f"{f.__name__}-{order}": lambda x, y, f=f, k=k: f([x, y][::k])
        for f in (np.vstack, np.hstack, np.dstack, np.column_stack, np.block)
        for order, k in (("forth", 1), ("back", -1))
    },
    "block-row": lambda x, y: np.block([[x, y]]),
    "block-column": lambda x, y: np.block([[x], [y]]),
    "meshgrid": lambda x, y: np.meshgrid(x, y),
    "meshgrid-ij": lambda x, y: np.meshgrid(y, x, y, indexing="ij"),
    "meshgrid-sparse": lambda x, y: np.meshgrid(y, x, sparse=True),
}


@pytest.mark.parametrize("y", PARTNERS.values(), ids=PARTNERS)
@pytest.mark.parametrize("join", JOINS)
def test_joins_as_numpy(join: str, y: Any) -> None:
    f = JOINS[join]
    for name, x in SAMPLES.items():
        expected = outcome(lambda x: f(x, y), x)
        assert outcome(lambda x: f(x, y), Value(x)) == expected, name
        if isinstance(y, np.ndarray):
            assert outcome(lambda x: f(x, Value(y)), Value(x)) == expected, name
            assert outcome(lambda x: f(x, Value(y)), x) == expected, name


@pytest.mark.parametrize("at", [1, 2, 3, 0, -1, [1], [0, 2], [2, 1], [-1], [1, 1, 7], []], ids=str)
@pytest.mark.parametrize(
    "split",
    [np.hsplit, np.vsplit, np.dsplit]
    + [lambda x, at, i=i: np.split(x, at, i) for i in (0, 1, -1)]
    + [lambda x, at, i=i: np.array_split(x, at, i) for i in (0, 1, -1)],
)
def test_splits_as_numpy(split: Callable[..., Any], at: Any) -> None:
    def f(x: Any) -> Any:
        parts = split(x, at)
        assert type(parts) is list
        return tuple(parts)

    for name, x in SAMPLES.items():
        assert outcome(f, Value(x)) == outcome(f, x), name


REPEATS: dict[str, Callable[[Any], Any]] = {
    **{f"tile-{n}": lambda x, n=n: np.tile(x, n) for n in (0, 2, (), (1, 2), (2, 1, 3), -1)},
    **{
        f"repeat-{n}-{i}": lambda x, n=n, i=i: np.repeat(x, n, i)
        for n in (0, 1, 2, (2,), (1, 2), (1, 0, 2), (1, -1, 2), -1)
        for i in (None, 0, -1, 1)
    },
    **{f"unstack-{i}": lambda x, i=i: np.unstack(x, axis=i) for i in (0, -1, 1)},
}


@pytest.mark.parametrize("repeat", REPEATS)
def test_repeats_as_numpy(repeat: str) -> None:
    for name, x in SAMPLES.items():
        assert outcome(REPEATS[repeat], Value(x)) == outcome(REPEATS[repeat], x), name


# --- operands ------------------------------------------------------------------------------------


def test_concat_is_concatenate() -> None:
    assert np.concat is np.concatenate
    np.testing.assert_array_equal(np.concat([Value(V), V]).data, np.concat([V, V]))


def test_operands_may_be_lists_that_hold_values() -> None:
    p, q = Value(3.0), Value(4.0)
    z = np.concatenate([[p, q], Value(V), [[1.0, p * q]][0]])
    assert z.data.tolist() == [3.0, 4.0, *V, 1.0, 12.0]
    np.sum(z).backward()
    assert (p.grad, q.grad) == (5.0, 4.0)
    assert np.vstack([[[p, 1.0], (q, 2)], Value(V[:2])]).shape == (3, 2)


def test_a_value_is_a_sequence_of_its_rows() -> None:
    j = jacobian(lambda x: np.concatenate(x))(A)
    np.testing.assert_array_equal(j.reshape(6, 6), np.eye(6))
    np.testing.assert_array_equal(np.stack(Value(A), 1).data, A.T)


def test_dtype_and_casting() -> None:
    v = Value(V)
    assert np.concatenate([v, v], dtype=np.float32).dtype == np.float32
    assert np.stack([v, [1, 2, 3]], casting="safe").dtype == np.float64
    for join in (np.concatenate, np.stack, np.vstack, np.hstack):
        with pytest.raises(DTypeError, match="expected a floating dtype"):
            join([v, v], dtype=int)
        with pytest.raises(DTypeError, match="casting='safe'"):
            join([v, v], dtype=np.float32, casting="safe")
    with pytest.raises(UnknownKeywordError, match="out="):
        np.concatenate([v, v], out=np.zeros(6))


def test_joining_nothing_or_the_wrong_things() -> None:
    v = Value(V)
    with pytest.raises(ShapeError, match=r"shapes \(3,\), \(2, 3\); expected as many axes"):
        np.concatenate([v, A])
    with pytest.raises(ShapeError, match="same shape"):
        np.stack([v, v[:2]])
    with pytest.raises(ShapeError, match="an empty list"):
        np.block([[v], []])
    with pytest.raises(ShapeError, match=r"nested \[0, 1\] deep"):
        np.block([[v], v])
    with pytest.raises(TypeError, match="block of a tuple; expected nested lists"):
        np.block([[v], (v, v)])
    with pytest.raises(DTypeError, match="complex128"):
        np.concatenate([v, np.array([1j])])
    with pytest.raises(ValueError, match='expected "xy" or "ij"'):
        np.meshgrid(v, v, indexing="yx")


# --- views and copies ----------------------------------------------------------------------------


def test_the_copies_of_meshgrid_lie_in_memory_as_numpys() -> None:
    x, y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0])
    for mine, theirs in zip(np.meshgrid(Value(x), Value(y)), np.meshgrid(x, y), strict=True):
        np.testing.assert_array_equal(np.ravel(mine, "K").data, np.ravel(theirs, "K"))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.split(x, 2)[0],
        lambda x: np.hsplit(x, 3)[1],
        np.unstack,
        lambda x: np.meshgrid(x[0], x[0], copy=False)[0],
    ],
)
def test_views_refuse_assignment(f: Callable[..., Any]) -> None:
    v = Value(A)
    parts = f(v)  # alive while v is assigned to
    with pytest.raises(NotDifferentiableError, match="NumPy would change both"):
        v[...] = 1.0
    assert len(parts)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.concatenate([x]),
        lambda x: np.stack([x]),
        lambda x: np.vstack([x]),
        np.block,
        lambda x: np.append(x, []),
        lambda x: np.tile(x, 1),
        lambda x: np.tile(x, (3, 1, 1)),
        lambda x: np.repeat(x, 1, 0),
        lambda x: np.meshgrid(x, x)[0],
        lambda x: np.full_like(x, x),
    ],
)
def test_copies_may_be_assigned_to(f: Callable[..., Any]) -> None:
    v = Value(A)
    z = f(v)
    z[...] = 1.0
    np.testing.assert_array_equal(v.data, A)


# --- filling -------------------------------------------------------------------------------------


def test_full_like() -> None:
    assert grad(lambda v: np.sum(np.full_like(v * A, v)))(1.5) == 6.0
    np.testing.assert_array_equal(np.full_like(Value(A), 2.0), np.full_like(A, 2.0))
    assert np.full_like(Value(V), Value(V[:1]), shape=(2, 2)).shape == (2, 2)
    assert np.full_like(Value(V), Value(2.0), dtype=np.float32).dtype == np.float32
    with pytest.raises(DTypeError, match="expected a floating dtype"):
        np.full_like(Value(V), Value(2.0), dtype=int)
    with pytest.raises(UnknownKeywordError, match="order"):
        np.full_like(Value(V), 2.0, order="F")


@pytest.mark.parametrize(("a", "shape"), [(V, (2, 2)), (np.ones((2, 2), order="F"), None)])
def test_full_like_keeps_the_layout(a: np.ndarray, shape: tuple[int, int] | None) -> None:
    row = np.array([[1.0, 0.0]])
    filled = np.full_like(Value(a), Value(row), shape=shape)
    expected = np.full_like(a, row, shape=shape)
    np.testing.assert_array_equal(np.ravel(filled, "K").data, np.ravel(expected, "K"))


def test_filling_that_numpy_keeps_to_itself_is_loud() -> None:
    with pytest.raises(NotDifferentiableError, match=r"np\.copyto .* np\.broadcast_to\(v, shape\)"):
        np.full_like(A, Value(2.0))  # NumPy asks the array alone
    with pytest.raises(DetachedError):
        grad(lambda v: np.sum(np.full(3, v)))(2.0)
    with pytest.warns(DetachWarning):
        np.full(3, Value(2.0))
    with pytest.raises(NotDifferentiableError, match=r"np\.copyto"):
        np.full(3, Value(2.0), dtype=float)
