"""Turning a tracked Value into a plain number: refused in a transform, warned of outside."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import DetachWarning, Value, grad, hessian, jacobian, jvp, stop_gradient, vjp
from microgradnet.errors import DetachedError, DTypeError

X = np.array([1.0, -2.0, 3.0])

SCALAR_CUTS = [
    float,
    int,
    complex,
    math.sin,
    math.floor,
    math.isfinite,
    lambda v: math.hypot(v, 1.0),
    np.asarray,
    np.array,
    np.float64,
    lambda v: np.array([v, v]),
    lambda v: np.asarray([1.0, v], dtype=float),
    lambda v: np.zeros(3).__setitem__(0, v),
    lambda v: np.full(3, 0.0).__setitem__(slice(None), v),
    lambda v: "%.3f" % v,  # noqa: UP031  # the form under test
    lambda v: np.random.default_rng(0).normal(v),
]
ARRAY_CUTS = [
    np.asarray,
    np.array,
    lambda v: np.array([v, v]),
    lambda v: np.asarray(v, dtype=np.float32),
    lambda v: np.zeros(3).__setitem__(slice(None), v),
    lambda v: np.ascontiguousarray(v),
    lambda v: np.fromiter(v, float),
    lambda v: memoryview(v),
]


def refused(use: Callable[[], Any]) -> None:
    """Assert DetachedError, or what NumPy and Python make of it on its way out."""
    with pytest.raises((DetachedError, TypeError, ValueError)) as caught:
        use()
    error: BaseException | None = caught.value
    if isinstance(error, ValueError):  # "setting an array element with a sequence"
        assert isinstance(error.__cause__ or error.__context__, DetachedError)


def loud(cut: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give a scalar function that cuts its argument's graph on the way."""

    def f(x: Any) -> Any:
        cut(x)
        return np.sum(x * x)

    return f


@pytest.mark.parametrize("cut", SCALAR_CUTS)
def test_a_scalar_is_not_detached_inside_a_transform(cut: Callable[..., Any]) -> None:
    f = loud(cut)
    for take in (grad(f), jacobian(f), hessian(f), lambda x: jvp(f, (x,), (1.0,)),
                 lambda x: vjp(f, x), grad(grad(f))):  # fmt: skip
        refused(lambda take=take: take(0.5))


@pytest.mark.parametrize("cut", ARRAY_CUTS)
def test_an_array_is_not_detached_inside_a_transform(cut: Callable[..., Any]) -> None:
    for take in (grad(loud(cut)), lambda x: jvp(loud(cut), (x,), (x,))):
        refused(lambda take=take: take(X))


@pytest.mark.parametrize("cut", [float, math.sin, np.asarray, int, lambda v: np.array([v])])
def test_the_error_is_detached_error_and_teaches(cut: Callable[..., Any]) -> None:
    with pytest.raises(DetachedError, match="stop_gradient"):
        grad(loud(cut))(0.5)


def test_a_variable_from_outside_is_not_detached_inside_a_transform() -> None:
    w = Value(2.0)
    with pytest.raises(DetachedError):
        grad(lambda x: x * float(w))(3.0)
    with pytest.raises(DetachedError):
        grad(lambda x: grad(lambda y: y * float(x))(1.0))(3.0)


def test_backward_inside_a_transform_is_refused() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y.backward()
        return y

    with pytest.raises(DetachedError):
        grad(f)(3.0)


@pytest.mark.parametrize("cut", [float, math.sin, np.asarray, int, lambda v: np.array([v, v])])
def test_outside_a_transform_it_warns(cut: Callable[..., Any]) -> None:
    with pytest.warns(DetachWarning, match="item"):
        cut(Value(0.5))
    with pytest.warns(DetachWarning):
        cut(Value(0.5) * 2.0)


def test_the_plain_number_is_right() -> None:
    with pytest.warns(DetachWarning):
        assert float(Value(0.5)) == 0.5
    with pytest.warns(DetachWarning):
        assert math.sin(Value(0.5)) == math.sin(0.5)
    with pytest.warns(DetachWarning):
        np.testing.assert_array_equal(np.asarray(Value(X)), X)


def test_it_warns_once_per_place_and_points_at_it() -> None:
    v, a = Value(0.5), Value(X)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(5):
            float(v)
    assert [w.category for w in caught] == [DetachWarning]
    assert caught[0].filename == __file__
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(5):
            math.sin(v)
            np.asarray(a)
    assert len(caught) == 2
    assert {w.filename for w in caught} == {__file__}


def test_what_is_meant_does_not_warn() -> None:
    v, a = Value(0.5, label="v"), Value(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert v.item() == 0.5
        assert type(v.item()) is float
        assert v.data == 0.5
        np.testing.assert_array_equal(a.data, X)
        assert a[1].item() == -2.0
        assert a.item(2) == 3.0
        assert f"{v:.3f}" == "0.500"
        assert f"{v * 2:6.2f}" == "  1.00"
        assert f"{np.sum(a):.1e}" == "2.0e+00"
        assert "0.5" in str(v)
        assert "0.5" in repr(v)
        assert "v" in repr(v)
        assert f"{a}"
        assert v > 0
        assert v == 0.5
        assert (a < 0).sum() == 1
        assert a.tolist() == [1.0, -2.0, 3.0]
        assert [x.item() for x in a] == [1.0, -2.0, 3.0]
        assert bool(v)
        assert len(a) == 3
        assert np.argmax(a) == 2
        assert max(v, Value(0.1)) is v
        assert sorted([v, Value(0.1)])[1] is v


def test_looking_inside_a_transform_is_allowed() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.extend([f"{x:.3f}", repr(x), x.item(), x.data, x > 0, bool(x)])
        return x * x if x > 0 else -x

    assert grad(f)(3.0) == 6.0
    assert seen[0] == "3.000"
    assert seen[2] == 3.0
    assert seen[4] is True
    assert grad(f)(-3.0) == -1.0


def test_untracked_values_convert_freely() -> None:
    c = Value(0.5, requires_grad=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(c) == 0.5
        assert math.sin(c) == math.sin(0.5)
        assert float(stop_gradient(Value(2.0))) == 2.0
        np.testing.assert_array_equal(np.asarray(Value(X, requires_grad=False)), X)
        assert grad(lambda x: x * float(stop_gradient(x)))(3.0) == 3.0
        assert grad(lambda x: x * float(c))(3.0) == 0.5


def test_asarray_is_a_copy_or_read_only() -> None:
    v = Value(X)
    with pytest.warns(DetachWarning):
        array = np.asarray(v)
    with contextlib.suppress(ValueError):
        array[0] = 99.0
    np.testing.assert_array_equal(v.data, X)
    c = Value(X, requires_grad=False)
    array = np.asarray(c)
    with contextlib.suppress(ValueError):
        array[0] = 99.0
    np.testing.assert_array_equal(c.data, X)


def test_adding_a_value_into_a_plain_array_in_place_teaches() -> None:
    a = np.zeros(3)
    with pytest.raises(TypeError, match=r"a = a \+ v"):
        a += Value(X)
    np.testing.assert_array_equal(a, np.zeros(3))
    with pytest.raises(TypeError, match="out"):
        np.multiply(a, Value(X), out=a)

    def f(x: Any) -> Any:
        total = np.zeros(3)
        total *= x
        return np.sum(total)

    with pytest.raises(TypeError):
        grad(f)(X)


def test_assigning_a_value_into_a_plain_array_is_refused_inside_a_transform() -> None:
    def f(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x
        return np.sum(a)

    refused(lambda: grad(f)(2.0))


@pytest.mark.filterwarnings("ignore::microgradnet.DetachWarning")  # NumPy tries __array__ first
def test_a_value_is_no_index() -> None:
    for use in (lambda v: [1, 2, 3][v], lambda v: range(v), lambda v: "ab" * v,
                lambda v: np.zeros(3)[v]):  # fmt: skip
        with pytest.raises((TypeError, IndexError)):
            use(Value(1.0))


def test_masked_arrays_do_not_cut_silently() -> None:
    """numpy.ma takes an attribute ``_data`` of anything for the numbers."""
    masked = np.ma.masked_array([1.0, 2.0, 4.0])
    for f in (lambda v: np.sum(masked * v), lambda v: np.ma.sum(v * v), lambda v: np.ma.sqrt(v)):
        with pytest.raises((DetachedError, DTypeError)):
            grad(f)(1.5)
