"""Triangles and diagonals of all shapes and offsets, as views and as copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, memory
from microgradnet.errors import NotDifferentiableError, ShapeError

from ..pitfalls.helpers import check_first_order, check_float32, check_second_order, dense

WIDE, TALL, V = dense((2, 3)), dense((3, 2)), dense((4,))
B = dense((2, 3, 4))
OFFSETS = [-4, -2, -1, 0, 1, 2, 5]


@pytest.mark.parametrize("k", OFFSETS)
@pytest.mark.parametrize("x", [WIDE, TALL, V, B, np.zeros((0, 3)), np.zeros((3, 0))],
                         ids=lambda x: str(x.shape))  # fmt: skip
@pytest.mark.parametrize("f", [np.tril, np.triu, np.diagflat, np.diag])
def test_as_numpy(f: Any, x: Any, k: int) -> None:
    if f is np.diag and x.ndim > 2:
        return
    got = f(Value(x), k)
    assert got.shape == f(x, k).shape
    np.testing.assert_array_equal(got.data, f(x, k))
    check_first_order(lambda x: f(x, k=k), x)


@pytest.mark.parametrize("k", OFFSETS)
@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, 0), (0, 2), (2, 1)])
def test_diagonal_of_stacks(k: int, axes: tuple[int, int]) -> None:
    np.testing.assert_array_equal(np.diagonal(Value(B), k, *axes).data, np.diagonal(B, k, *axes))
    check_first_order(lambda x: np.diagonal(x, k, *axes), B)


@pytest.mark.parametrize("large", [4096, 0])
def test_second_order_and_float32(monkeypatch: Any, large: int) -> None:
    monkeypatch.setattr(memory, "LARGE", large)
    check_second_order(lambda x: np.sum(np.tril(x) ** 3) + np.sum(np.triu(x, 1) ** 2), WIDE)
    check_second_order(lambda x: np.sum(np.diag(np.diag(x) ** 2, 1) ** 3), TALL)
    check_float32(lambda x: np.tril(x), WIDE)
    check_float32(lambda x: np.diag(np.diag(x, 1), -2), WIDE)


def test_what_is_cut_away_is_not_asked_about() -> None:
    x = np.array([[1.0, 0.0], [4.0, 4.0]])
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(np.tril(np.sqrt(x))))(x), [[0.5, 0.0], [0.25, 0.25]]
    )
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(np.diag(np.sqrt(x))))(x), [[0.5, 0.0], [0.0, 0.25]]
    )


def test_a_diagonal_is_a_view() -> None:
    v = Value(WIDE) * 1.0
    d = np.diagonal(v)
    with pytest.raises(NotDifferentiableError, match="view"):
        v[0, 0] = 5.0
    with pytest.raises(NotDifferentiableError, match="view"):
        d[0] = 5.0
    v[0, 1] = 5.0  # not on it
    d = np.diag(v)
    with pytest.raises(NotDifferentiableError, match="view"):
        v[1, 1] = 5.0
    del d
    v[1, 1] = 5.0
    assert v.data[1, 1] == 5.0


@pytest.mark.parametrize(
    "f",
    [
        lambda: np.diag(Value(2.0)),
        lambda: np.diag(Value(B)),
        lambda: np.tril(Value(2.0)),
        lambda: np.triu(Value(2.0)),
        lambda: np.diagonal(Value(V)),
        lambda: np.diagonal(Value(B), 0, 1, -2),
        lambda: np.vander(Value(WIDE)),
    ],
)
def test_shapes_that_are_refused(f: Any) -> None:
    with pytest.raises(ShapeError, match="expected"):
        f()


def test_vander_at_zero() -> None:
    x = np.array([0.0, -1.5, 2.0])
    for n, increasing in ((None, False), (5, True), (1, False), (0, True)):
        np.testing.assert_array_equal(
            np.vander(Value(x), n, increasing).data, np.vander(x, n, increasing)
        )
        check_first_order(lambda x, a=(n, increasing): np.vander(x, *a), x)
    check_second_order(lambda x: np.sum(np.vander(x, 5)), x)
    third = grad(grad(grad(lambda t: np.sum(np.vander(np.reshape(t, 1), 5)))))
    assert third(0.0) == 6.0
