"""Data with nan in it, as a function of the numbers between: what nan-functions are checked on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from microgradnet import grad, hessian, jvp, vjp

from ..pitfalls.helpers import (
    NUMERIC,
    ROUNDING,
    check_first_order,
    check_second_order,
    close,
    numeric_jacobian,
)

X = np.array([[0.7, np.nan, -1.2, 0.4], [np.nan, 1.3, np.nan, -0.6], [-0.9, 0.2, 1.9, np.nan]])
PRESENT = ~np.isnan(X)
NUMBERS = X[PRESENT]


def filled(numbers: Any) -> Any:
    """Put the numbers between the nan."""
    z = np.full(X.shape, np.nan) + 0.0 * np.sum(numbers)
    z[PRESENT] = numbers
    return z


def check_gaps(f: Callable[[Any], Any], *, second: bool = True) -> None:
    """Assert that `f` of data with nan is NumPy's and has the derivatives that differences give.

    And that what is left out gets no gradient, though the functions before have a nan slope there.
    """

    def of_numbers(numbers: Any) -> Any:
        return f(filled(numbers))

    def total(x: Any) -> Any:
        return np.sum(f(x * x))

    out, _ = vjp(f, X)
    np.testing.assert_allclose(out, f(X), rtol=ROUNDING)
    check_first_order(of_numbers, NUMBERS)
    if second:
        check_second_order(lambda numbers: np.sum(np.sin(of_numbers(numbers))), NUMBERS)

    g = grad(total)(X)
    assert (g[~PRESENT] == 0).all()
    expected = numeric_jacobian(lambda numbers: np.sum(f(filled(numbers) ** 2)), NUMBERS)
    close(g[PRESENT], expected, NUMERIC, "gradient through squares")
    moved = jvp(total, (X,), (np.ones_like(X),))[1]
    close(moved, g.sum(), ROUNDING, "forward mode through squares")
    if second:
        h = hessian(total)(X)
        assert (h[~PRESENT] == 0).all()
        assert (h[:, :, ~PRESENT] == 0).all()

    narrow = X.astype(np.float32)
    out, pull = vjp(f, narrow)
    assert np.asarray(out).dtype == np.asarray(f(narrow)).dtype
    assert pull(out)[0].dtype == np.float32
