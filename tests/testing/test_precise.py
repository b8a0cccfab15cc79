"""Numbers of sixty digits, in arrays of NumPy's."""

from __future__ import annotations

import operator
from typing import Any

import mpmath
import numpy as np
import pytest

from microgradnet.testing import gradcheck, precise

SIXTY = precise.kind()


def sixty(*numbers: float) -> Any:
    out = np.empty(len(numbers), object)
    for i, x in enumerate(numbers):
        out[i] = SIXTY(SIXTY.mp.mpf(x))
    return out


@pytest.mark.parametrize("name", [*precise.UNARY, "floor", "ceil", "trunc"])
def test_functions_mean_what_numpy_means(name: str) -> None:
    f = getattr(np, name)
    points = (1.25, 2.5) if name == "arccosh" else (0.25, 0.5)
    got = [float(x.x) for x in f(sixty(*points))]
    np.testing.assert_allclose(got, f(np.array(points)), rtol=1e-15)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "mod"])
def test_operators(name: str) -> None:
    op = getattr(operator, name)
    x = sixty(1.75)[0]
    for y in (2, 2.5, np.float64(2.5), sixty(2.5)[0]):
        number = float(getattr(y, "x", y))
        assert float(op(x, y).x) == pytest.approx(op(1.75, number), rel=1e-15)
        assert float(op(y, x).x) == pytest.approx(op(number, 1.75), rel=1e-15)
    with pytest.raises(TypeError):
        op(x, "2")


def test_comparisons_and_the_rest() -> None:
    x, zero = sixty(1.5, 0.0)
    assert x > 1 and x >= 1.5 and x < 2 and x <= 1.5 and x == 1.5 and x != 1
    assert x and not zero and hash(x) == hash(mpmath.mpf(1.5)) and repr(x) == "1.5"
    assert [float(y.x) for y in np.trunc(sixty(-1.5, 1.5))] == [-1, 1]
    assert float((-x).x) == -1.5 and (+x) is x and float(abs(-x).x) == 1.5
    assert float(np.cbrt(sixty(-8.0))[0].x) == -2.0
    with pytest.raises(AttributeError, match="gamma"):
        x.gamma  # noqa: B018


def test_digits_are_not_lost_silently() -> None:
    with pytest.raises(TypeError, match="fewer digits"):
        float(sixty(1.5)[0])
    assert np.isnan(float(np.sqrt(sixty(-1.0))[0].x))  # complex: outside the domain


def test_sixty_digits_decide_where_doubles_cannot() -> None:
    # Beside 1 nothing is left of it in float64, and no complex step leads through abs.
    f = lambda x: 1 + 1e-20 * np.abs(np.sin(x))  # noqa: E731
    for factor, verdict in ((1, "passed"), (1.01, "wrong")):
        report = gradcheck(f, 0.5, grad=lambda x, c=factor: c * 1e-20 * np.cos(x))
        assert report.verdict == verdict and "sixty digits" in str(report)
    blind = gradcheck(f, 0.5, grad=lambda x: 1e-20 * np.cos(x), mpmath=False)
    assert blind.verdict == "inconclusive"


def test_at_an_edge_sixty_digits_take_one_side() -> None:
    f = lambda x: np.cosh(np.sqrt(x) * np.abs(x)) + x / 7  # noqa: E731
    for factor, verdict in ((1, "passed"), (1.01, "wrong")):
        assert gradcheck(f, 0.0, grad=lambda x, c=factor: c / 7).verdict == verdict


@pytest.mark.parametrize("c", [1, -1, 1.001])
def test_slopes_are_seen_as_small_as_doubles_hold_them(c: float) -> None:
    # A softmax gives some classes 1e-60 of the whole: sixty digits beside 1 do not show it.
    def cold(x: Any) -> Any:
        return np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x)

    def slope(x: Any) -> Any:
        e = np.exp(x - np.max(x))
        return e / np.sum(e) * np.array([1.0, c, 1.0])

    report = gradcheck(cold, np.array([0.0, -400.0, -1.0]), grad=slope)
    assert report.verdict == ("passed" if c == 1 else "wrong")
    assert next(e for e in report.rows if e.index == (1,)).how == "many digits"


def test_slopes_at_arguments_as_small_as_doubles_hold_them() -> None:
    """Steps from afar would see the branch point beside it."""
    f, x = (lambda x: np.sum(np.sqrt(x))), np.array([1e-300, 1.0])
    for c, verdict in ((1, "passed"), (-1, "wrong"), (1.001, "wrong")):
        assert gradcheck(f, x, grad=lambda x, c=c: c * 0.5 / np.sqrt(x)).verdict == verdict
