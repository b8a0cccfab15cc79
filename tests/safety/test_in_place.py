"""v += w on arrays: as NumPy's, every name of the array sees it, or it is refused."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, no_grad
from microgradnet.errors import NotDifferentiableError, ShapeError

X = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "//", "%", "**", "@"])
def test_in_place_operators_are_numpys(sign: str) -> None:
    name = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod",
            "**": "pow", "@": "matmul"}[sign]  # fmt: skip
    in_place, plain = getattr(operator, f"i{name}"), getattr(operator, name)

    def f(x: Any) -> Any:
        y = x * 1.0
        alias = y
        y = in_place(y, X + 1)
        return np.sum(np.sin(alias))

    expected = grad(lambda x: np.sum(np.sin(plain(x, X + 1))))(X)
    np.testing.assert_array_equal(grad(f)(X), expected)
    assert f(X) == f(Value(X)).data


def test_a_view_is_not_changed_alone() -> None:
    def f(x: Any) -> Any:
        row = x[0]
        row *= 3.0
        return np.sum(x * x)

    with pytest.raises(NotDifferentiableError, match="memory that another Value shows too"):
        grad(f)(X)

    def elements(x: Any) -> Any:
        x[0] *= 3.0
        x[:, 1] += x[:, 0]
        return np.sum(x)

    np.testing.assert_array_equal(grad(elements)(X), [[6.0, 3.0], [2.0, 1.0]])


def test_shape_and_dtype_are_kept() -> None:
    v = Value(np.ones(2, np.float32)) * 1
    v += np.ones(2)
    assert v.dtype == np.float32
    with pytest.raises(ShapeError, match=r"v \+= w of shape \(3, 2\) for v of shape \(2,\)"):
        v += np.ones((3, 2))


def test_variables_are_stepped_by_their_data_or_under_no_grad() -> None:
    w = Value(X)
    with pytest.raises(NotDifferentiableError, match=r"write v.data -= \.\.\."):
        w -= 0.5
    with no_grad():
        w -= 0.5
    assert w.requires_grad
    np.testing.assert_array_equal(w.data, X - 0.5)
    np.sum(w * w).backward()
    np.testing.assert_array_equal(w.grad, 2 * (X - 0.5))


def test_numbers_are_not_changed_in_place() -> None:
    v = Value(2.0)
    w = v
    w += 1
    assert (v.data, w.data) == (2.0, 3.0)
    x = np.sum(Value(X))  # a float64, immutable in NumPy too
    y = x
    y += 1
    assert (x.data, y.data) == (10.0, 11.0)
