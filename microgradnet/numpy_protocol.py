"""NumPy's own protocols: ``np.tanh(v)``, ``np.sum(v, axis=0)``, ``np.add.reduce(v)``.

Both look the function up in the table that declarations fill. What is not there raises
an error that names it; no keyword is swallowed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import read_only
from .declare import ACCEPTED, NUMPY, POSITIONAL, by_name, check_keywords
from .errors import DTypeError, NotDifferentiableError
from .graph import Primitive, Traced
from .ops.operands import as_operand
from .ops.plain import PLAIN, REDUCTIONS, outer
from .ops.refused import INSTEAD


class NumPyProtocol(Traced):
    """The half of ``Value`` that NumPy talks to."""

    __slots__ = ()
    __array_priority__ = 1000.0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Answer a ufunc: ``np.exp(v)``, or a method of one: ``np.add.reduce(v)``."""
        if method == "__call__":
            f = NUMPY.get(ufunc)
            if f is not None:
                if kwargs:
                    kwargs = _ufunc_keywords(ufunc, kwargs)
                    if "dtype" in kwargs:
                        inputs = _cast(ufunc, inputs, kwargs["dtype"])
                if type(f) is Primitive and len(inputs) < 3:
                    return f.on_one(*inputs) if len(inputs) == 1 else f.on_two(*inputs)
                return f(*inputs)
            if ufunc in PLAIN:
                if kwargs:
                    kwargs = _ufunc_keywords(ufunc, kwargs)
                return ufunc(*map(plain, inputs), **kwargs)
        elif method in ("reduce", "accumulate"):
            function = REDUCTIONS.get((ufunc, method))
            if function is not None:
                x, *rest = inputs
                kwargs.setdefault("axis", rest[0] if rest else 0)
                return function(x, **check_keywords(function, kwargs))
        elif method == "outer" and ufunc in NUMPY and not kwargs:
            return outer(NUMPY[ufunc], *inputs)
        raise NotDifferentiableError(_without_derivative(ufunc, method))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Answer any other NumPy function."""
        f = NUMPY.get(function)
        if f is not None:
            if kwargs:
                kwargs = check_keywords(function, kwargs)
            try:
                return f(*args, **kwargs)
            except TypeError:
                if len(args) <= POSITIONAL[function]:
                    raise
            args, kwargs = by_name(function, args, kwargs)
            return f(*args, **kwargs)
        if function in PLAIN:
            return function(*map(plain, args), **{k: plain(v) for k, v in kwargs.items()})
        instead = INSTEAD.get(function, "write it in functions that have one")
        module = getattr(function, "__module__", "numpy").replace("numpy", "np", 1)
        raise NotDifferentiableError(
            f"{module}.{function.__name__} has no derivative here; {instead}, or pass v.data if no "
            "gradient is meant"
        )


def _without_derivative(ufunc: Any, method: str) -> str:
    """Say what to write instead of a ufunc; what is not NumPy's may be declared."""
    name, instead = ufunc.__name__, ""
    if getattr(np, name, None) is ufunc:
        name = f"np.{name}"
    elif method == "__call__" and ufunc.signature is None:
        instead = f" declare it, elementwise({name}, lambda z, x: ...),"
    called = name if method == "__call__" else f"{name}.{method}"
    return (
        f"{called} has no derivative here;{instead} write it in functions that have one, or pass "
        "v.data if no gradient is meant"
    )


def _cast(ufunc: Any, inputs: tuple[Any, ...], dtype: Any) -> tuple[Any, ...]:
    """Cast the operands of a ufunc to its ``dtype=``; Python numbers take the others'."""
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise DTypeError(
            f"np.{ufunc.__name__}(..., dtype={dtype}) of a Value; expected a floating dtype, since "
            "integers have no gradient"
        )
    return tuple(x if isinstance(x, int | float) else as_operand(x).astype(dtype) for x in inputs)


def _ufunc_keywords(ufunc: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keep ``dtype``; refuse the rest, teaching about ``out``."""
    if kwargs.get("out") is not None and any(x is not None for x in kwargs["out"]):
        raise NotDifferentiableError(
            f"np.{ufunc.__name__}(..., out=array) would write a tracked result into a plain array "
            "and lose its gradient (an in-place a += v does that too); write a = a + v"
        )
    kept = {k: v for k, v in kwargs.items() if k == "dtype" and v is not None}
    rest = {
        k: v
        for k, v in kwargs.items()
        if k not in ("dtype", "out") and not (k == "where" and v is True)
    }
    ACCEPTED.setdefault(ufunc, frozenset())
    check_keywords(ufunc, rest)
    return kept


def plain(x: Any) -> Any:
    """Raw data of Values, also inside lists and tuples."""
    if isinstance(x, Traced):
        return read_only(x._raw, np.ndarray)
    if type(x) in (list, tuple):
        return type(x)(map(plain, x))
    return x
