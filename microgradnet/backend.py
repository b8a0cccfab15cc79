"""What raw data may be, and how it is normalised: Python floats and NumPy arrays.

A Python float stays a Python float and is computed on by :mod:`math`; everything else
is NumPy's, with NumPy 2 promotion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import is_array_api_obj, is_numpy_array

from .errors import DTypeError, NotDifferentiableError

PYTHON_NUMBERS = frozenset({float, int, bool})
PLAIN_OPERANDS = frozenset({float, int, bool, np.float64})
REAL_KINDS = "fiub"  # of dtypes: floats, integers, booleans
ARITHMETIC_ERRORS = (ZeroDivisionError, OverflowError, ValueError)


def on_floats(primitive: Any, operands: list[Any], params: dict[str, Any]) -> float | None:
    """Evaluate on Python numbers only, by :mod:`math`; None if some operand is something else.

    Where Python raises (1/0, exp(1000)) or turns complex ((-8) ** 0.5), NumPy's answer is
    given, with NumPy's warning: a float Value and a 0-d array agree.
    """
    for x in operands:
        if type(x) is not float and type(x) not in PYTHON_NUMBERS:
            return None
    if primitive.scalar is not None and not params:
        try:
            result = primitive.scalar(*operands)
            if type(result) is float:
                return result
            if type(result) is not complex:
                return float(result)
        except ARITHMETIC_ERRORS:
            pass
    numbers = [np.float64(x) if type(x) is float else x for x in operands]
    return float(primitive.evaluate(*numbers, **params))


MATRIX = "whose * is another product than a Value's; expected an array: write np.asarray(x)"


def operand(x: Any, what: str) -> Any:
    """Normalise an untracked operand that is not plainly a number or an array.

    Raises
    ------
    DTypeError
        For lists that hold Values, text, objects and masked arrays.
    """
    if type(x) is np.ndarray and x.dtype.kind in REAL_KINDS:
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise DTypeError(f"{what} got a masked array; expected plain numbers: fill it first")
    if isinstance(x, np.matrix):
        raise DTypeError(f"{what} got a matrix, {MATRIX}")
    array = x if isinstance(x, np.generic) else np.asarray(x)
    if array.dtype.kind not in REAL_KINDS:
        instead = {
            "O": "To make one Value of several, write np.stack([...])",
            "c": "For complex numbers compute with the real and the imaginary part",
        }.get(array.dtype.kind, "")
        raise DTypeError(
            f"{what} got a {type(x).__name__} of dtype {array.dtype}; expected real numbers. "
            f"{instead}".rstrip()
        )
    return array


class Data(np.ndarray[Any, Any]):
    """What ``Value.data`` hands out: a read-only view whose ``-=`` makes a new array.

    So ``p.data -= step`` re-points `p`, and ``p.data[0] = 1`` raises.
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> None:
        """Refuse to be unlocked, also by ``flags.writeable = True``; a copy may be written to."""
        if write and not self.flags.owndata:
            raise ValueError(
                "the data of a Value are read-only: what was computed from them would be wrong; "
                "write p.data = new, or take a copy: p.data.copy()"
            )
        super().setflags(write=write, align=align, uic=uic)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        # NumPy's own np.add.at writes into read-only arrays.
        if method == "at" and type(inputs[0]) is Data and not inputs[0].flags.writeable:
            raise ValueError(
                f"np.{ufunc.__name__}.at would write into the read-only data of a Value; write "
                "p.data = new with a copy that was written to: new = p.data.copy()"
            )
        if "out" in kwargs:
            kwargs["out"] = _as_arrays(kwargs["out"])
        return getattr(ufunc, method)(*_as_arrays(inputs), **kwargs)

    def _out_of_place(operate: Any) -> Any:  # a decorator, not a method
        def in_place(self: Any, other: Any) -> Any:
            return operate(self.view(np.ndarray), other)

        return in_place

    __iadd__ = _out_of_place(np.add)
    __isub__ = _out_of_place(np.subtract)
    __imul__ = _out_of_place(np.multiply)
    __itruediv__ = _out_of_place(np.divide)
    __ifloordiv__ = _out_of_place(np.floor_divide)
    __imod__ = _out_of_place(np.remainder)
    __ipow__ = _out_of_place(np.power)
    __imatmul__ = _out_of_place(np.matmul)


def _as_arrays(xs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([x.view(np.ndarray) if type(x) is Data else x for x in xs])


def read_only(data: Any, kind: type[np.ndarray[Any, Any]] = Data) -> Any:
    """Show data without letting it be written to."""
    if isinstance(data, np.ndarray):
        data = data.view(kind)
        np.ndarray.setflags(data, write=False)
    return data


def differentiable(x: Any, copy: bool = True) -> Any:
    """Normalise `x` to what a variable may hold: a Python float or a floating array.

    Parameters
    ----------
    x : float, int, array_like
        Numbers. Integers and booleans become floating: a variable is something to
        differentiate.
    copy : bool
        Whether an array is copied, so that later writes to it change nothing.

    Raises
    ------
    DTypeError
        For complex numbers, text and objects.
    """
    kind = type(x)
    if kind is float:
        return x
    if kind is int or kind is bool:
        return float(x)
    if kind is not np.ndarray and not isinstance(x, np.generic):
        if isinstance(x, np.ma.MaskedArray):
            raise DTypeError(
                "got a masked array; expected plain numbers: fill it first, x.filled(0)"
            )
        if isinstance(x, np.matrix):
            raise DTypeError(f"got a matrix, {MATRIX}")
        if is_array_api_obj(x) and not is_numpy_array(x):
            raise NotDifferentiableError(
                f"arrays of type {kind.__module__}.{kind.__name__} cannot be held by a Value; "
                "expected a float or a NumPy array: write np.asarray(x)"
            )
        x = np.asarray(x)
    dtype = x.dtype
    if dtype.kind == "f":
        if copy and isinstance(x, np.ndarray):
            x = np.array(x, copy=True, order="K", subok=False)
        return x
    if dtype.kind in "iub":
        return x.astype(np.float64) if isinstance(x, np.ndarray) else float(x)
    if dtype.kind == "c":
        raise DTypeError(
            f"got complex data ({dtype}); expected real numbers. Derivatives of complex inputs "
            "are not defined here: differentiate with respect to the real and imaginary parts"
        )
    raise DTypeError(
        f"got data of dtype {dtype}; expected numbers. Only floats can be differentiated"
    )
