"""Functions that write into their argument say what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad
from microgradnet.errors import NotDifferentiableError

HERE = np.array([0])
CALLS: dict[Any, Callable[[Any, Any], Any]] = {
    np.copyto: lambda x, v: np.copyto(x, v),
    np.put: lambda x, v: np.put(x, HERE, v),
    np.place: lambda x, v: np.place(x, np.ones((2, 2), bool), v),
    np.putmask: lambda x, v: np.putmask(x, np.ones((2, 2), bool), v),
    np.put_along_axis: lambda x, v: np.put_along_axis(x, HERE[None], v, 1),
    np.fill_diagonal: lambda x, v: np.fill_diagonal(x, v),
}


@pytest.mark.parametrize("function", CALLS, ids=lambda f: f.__name__)
def test_writing_is_refused(function: Any) -> None:
    x = np.zeros((2, 2))
    with pytest.raises(NotDifferentiableError, match=f"{function.__name__} .*: write "):
        CALLS[function](Value(x), 1.0)


@pytest.mark.parametrize("function", CALLS, ids=lambda f: f.__name__)
def test_writing_a_value_into_a_plain_array_is_loud(function: Any) -> None:
    def f(v: Any) -> Any:
        x = np.zeros((2, 2))
        CALLS[function](x, v)
        return np.sum(x)

    with pytest.raises(TypeError):  # DetachedError where NumPy does not ask the Value
        grad(f)(2.0)
