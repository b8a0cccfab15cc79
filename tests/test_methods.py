"""A Value has an array's attributes and methods, and each means what the array's means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value
from microgradnet.errors import NotDifferentiableError

from . import checking
from .checking import Call, leaves

A = np.array([[0.3, -1.2, 2.5], [1.1, 0.7, -0.4]])
SQUARE = np.array([[0.3, -1.2], [2.5, 1.1]])

METHODS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: x.sum(),
    "sum over an axis": lambda x: x.sum(axis=-1, keepdims=True),
    "mean": lambda x: x.mean(0),
    "prod": lambda x: x.prod(axis=1),
    "max": lambda x: x.max(axis=0),
    "min": lambda x: x.min(),
    "std": lambda x: x.std(axis=1),
    "var": lambda x: x.var(ddof=1),
    "cumsum": lambda x: x.cumsum(axis=1),
    "cumprod": lambda x: x.cumprod(axis=0),
    "clip": lambda x: x.clip(-0.5, 1.0),
    "dot": lambda x: x.dot(np.arange(3.0)),
    "trace": lambda x: x.trace(),
    "diagonal": lambda x: x.diagonal(),
    "ravel": lambda x: x.ravel(),
    "flatten": lambda x: x.flatten(),
    "flatten in Fortran order": lambda x: x.flatten("F"),
    "flatten as it lies": lambda x: x.T.flatten(order="K"),
    "squeeze": lambda x: x.reshape(1, 6).squeeze(),
    "repeat": lambda x: x.repeat(2, axis=0),
    "take": lambda x: x.take([0, 2, 2], axis=1),
    "compress": lambda x: x.compress([True, False, True], axis=1),
    "reshape to numbers": lambda x: x.reshape(3, 2),
    "reshape to a tuple": lambda x: x.reshape((-1, 2)),
    "reshape in Fortran order": lambda x: x.reshape((3, 2), order="F"),
    "transpose": lambda x: x.transpose(),
    "transpose by numbers": lambda x: x.transpose(1, 0),
    "transpose by a tuple": lambda x: x.transpose((-1, 0)),
    "transpose of nothing": lambda x: x.transpose(None),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "copy": lambda x: x.copy(),
    "astype": lambda x: x.astype(np.float64),
    "conj": lambda x: x.conj(),
    "conjugate": lambda x: x.conjugate(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "flat": lambda x: list(x.flat)[1::2],
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_those_of_arrays(name: str) -> None:
    rng = np.random.default_rng(10)
    call = Call(name, lambda x: leaves(METHODS[name](x)), (A,))
    checking.check_value(call)
    checking.check_first_order(call, rng)
    checking.check_second_order(call, rng)


PLAIN: dict[str, Callable[[Any], Any]] = {
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.size,
    "dtype": lambda x: x.dtype,
    "itemsize": lambda x: x.itemsize,
    "nbytes": lambda x: x.nbytes,
    "imag": lambda x: x.imag,
    "argmax": lambda x: x.argmax(axis=1),
    "argmin": lambda x: x.argmin(),
    "argsort": lambda x: x.argsort(axis=0),
    "argpartition": lambda x: x.argpartition(1, axis=1),
    "nonzero": lambda x: x.nonzero(),
    "any": lambda x: x.any(axis=0),
    "all": lambda x: x.all(),
    "searchsorted": lambda x: x[0].searchsorted(0.5),
    "astype int": lambda x: x.astype(int),
    "astype bool": lambda x: x.astype(bool),
    "tolist": lambda x: x.tolist(),
    "item": lambda x: x.item(4),
}


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_has_no_derivative_is_plain(name: str, dtype: Any) -> None:
    a = np.sort(A.astype(dtype), axis=1)
    got, expected = PLAIN[name](Value(a)), PLAIN[name](a)
    assert not any(isinstance(x, Value) for x in leaves(got))
    for x, e in zip(leaves(got), leaves(expected), strict=True):
        np.testing.assert_array_equal(x, e)
        assert np.asarray(x).dtype == np.asarray(e).dtype


def test_attributes_of_a_float() -> None:
    v = Value(2.0)
    assert (v.shape, v.ndim, v.size, v.dtype) == ((), 0, 1, np.float64)
    assert (v.itemsize, v.nbytes) == (8, 8)
    assert v.T.data == 2.0
    assert v.sum().data == 2.0
    assert v.reshape(1, 1).shape == (1, 1)
    assert v.copy().data == 2.0
    assert v.imag == 0.0


def test_sort_and_fill_work_in_place() -> None:
    x = Value(np.array([3.0, 1.0, 2.0]))
    y = x * 1.0
    assert y.sort() is None
    np.testing.assert_array_equal(y.data, [1.0, 2.0, 3.0])
    np.sum(y * np.array([1.0, 10.0, 100.0])).backward()
    np.testing.assert_array_equal(x.grad, [100.0, 1.0, 10.0])
    y = Value(np.array([3.0, 1.0, 2.0]))
    assert y.partition(0) is None
    assert y.data[0] == 1.0
    z = Value(np.ones((2, 2)))
    z.fill(7.0)
    np.testing.assert_array_equal(z.data, np.full((2, 2), 7.0))
    np.sum(z).backward()
    np.testing.assert_array_equal(z.grad, np.zeros((2, 2)))


@pytest.mark.parametrize("change", [lambda x: x.sort(), lambda x: x.fill(0.0)])
def test_in_place_methods_respect_views(change: Callable[[Any], None]) -> None:
    x = Value(np.array([3.0, 1.0]))
    view = x[:1]
    with pytest.raises(NotDifferentiableError, match="shows too"):
        change(x)
    del view
    change(x)


def test_methods_have_names_and_documentation() -> None:
    for name in ("max", "std", "ravel", "take"):
        method = getattr(Value, name)
        assert method.__name__.endswith(name)
        assert method.__doc__
