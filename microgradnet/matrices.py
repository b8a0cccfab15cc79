"""Matrices of derivatives: jacobian and hessian, a walk per row or per column."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from . import sweeps
from .arguments import (
    Argnums,
    Arguments,
    Transforming,
    check_function,
    flatten,
    floating,
    raw_float,
    run,
    unflatten,
)
from .graph import Traced, raw
from .rules import with_dtype
from .transforms import grad, push


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, mode: str | None = None
) -> Callable[..., Any]:
    """Transform `f` into its Jacobian.

    Parameters
    ----------
    f : callable
        Returns a pytree of floats and arrays.
    argnums
        As in `value_and_grad`.
    mode : {None, "forward", "reverse"}
        By default whichever takes fewer walks: one per input element forward, one per
        output element in reverse.

    Returns
    -------
    callable
        Per output leaf (in the output's structure) the arguments' structure of arrays of
        shape ``output.shape + argument.shape``.

    Raises
    ------
    ValueError
        For an unknown `mode`.
    NotDifferentiableError
        When called, if `f` returns integers or booleans.
    DTypeError
        When called, if it returns anything but numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import jacobian
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f'mode={mode!r}; expected None, "forward" or "reverse"')
    check_function(f)

    @functools.wraps(f, updated=())
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        y, arguments = run(f, argnums, args, kwargs)
        outs, spec = flatten(y)
        for leaf in outs:
            floating(leaf, "jacobian")
        ins = sum(int(np.size(raw(x))) for x in arguments.leaves)
        forward = mode == "forward" or (
            mode is None and ins < sum(int(np.size(raw(y))) for y in outs)
        )
        rows = _columns(outs, arguments) if forward else [_rows(y, arguments) for y in outs]
        return unflatten(spec, [arguments.rebuild(row) for row in rows])

    return jacobian_of


def _basis(x: Any) -> Iterator[Any]:
    """Yield the unit vectors of the space that `x` lives in."""
    data = raw_float(x)
    if not isinstance(data, np.ndarray):
        yield with_dtype(1.0, data)
        return
    for i in range(data.size):
        e = np.zeros(data.size, data.dtype)
        e[i] = 1
        yield e.reshape(data.shape)


def _rows(y: Any, arguments: Arguments) -> list[Any]:
    """Jacobian of one output with respect to each leaf, a pullback per output element."""
    columns: list[list[Any]] = [[] for _ in arguments.leaves]
    for e in _basis(y):
        gs, recorded = [None] * len(columns), False
        if isinstance(y, Traced) and y._node.index:
            with Transforming():
                gs, recorded = sweeps.pullback([y._node], [e], arguments.nodes, one_hot=True)
        for column, g in zip(columns, arguments.results(gs, recorded), strict=True):
            column.append(g)
    shape = np.shape(raw(y))
    return [
        _stacked(column, 0, shape, np.shape(raw(x)), raw_float(x))
        for column, x in zip(columns, arguments.originals, strict=True)
    ]


def _columns(outs: Sequence[Any], arguments: Arguments) -> list[list[Any]]:
    """Jacobians of all outputs with respect to each leaf, a pushforward per input element."""
    table: list[list[Any]] = [[] for _ in outs]
    for i, x in enumerate(arguments.originals):
        collected: list[list[Any]] = [[] for _ in outs]
        for e in _basis(x):
            ts = [None] * len(arguments.leaves)
            ts[i] = e
            moved, _ = push(outs, ts, arguments, one_hot=True)
            for column, t in zip(collected, moved, strict=True):
                column.append(t)
        for row, column, y in zip(table, collected, outs, strict=True):
            shape = np.shape(raw(y))
            row.append(_stacked(column, -1, shape, np.shape(raw(x)), raw_float(y)))
    return table


def _stacked(
    parts: list[Any], axis: int, out: tuple[int, ...], arg: tuple[int, ...], like: Any
) -> Any:
    if not parts:
        return np.zeros(out + arg, getattr(like, "dtype", None))
    if (out == () and axis == 0) or (arg == () and axis == -1):
        return parts[0]
    return np.stack(parts, axis=axis).reshape(out + arg)


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Transform a scalar function into its matrix of second derivatives.

    Parameters
    ----------
    f : callable
        Returns a scalar.
    argnums
        As in `value_and_grad`.

    Returns
    -------
    callable
        Gives arrays of shape ``argument.shape + argument.shape``, in the arguments'
        structure twice.

    Raises
    ------
    NonScalarError
        When called, if `f` does not return a scalar.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)
