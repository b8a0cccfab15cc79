"""Sixty-digit numbers that NumPy computes with: mpmath's, in arrays of objects.

NumPy's ``exp`` asks an object for its method ``exp``; so a function written in plain NumPy
runs on arrays of these. Turning one into a float would lose the digits, and raises.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

DIGITS = 60
UNARY = [
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "square",
    "reciprocal", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh",
    "arcsinh", "arccosh", "arctanh", "fabs", "rint", "conjugate",
]  # fmt: skip


def available() -> bool:
    """Whether mpmath is installed."""
    return importlib.util.find_spec("mpmath") is not None


def context() -> Any:
    """Give mpmath's functions at sixty digits, apart from the user's own settings."""
    mp = importlib.import_module("mpmath").mp.clone()
    mp.dps = DIGITS
    return mp


def functions(mp: Any) -> dict[str, Callable[[Any], Any]]:
    """Map NumPy's names of functions of one number to mpmath's."""
    renamed = {
        "fabs": abs,
        "conjugate": lambda x: x,
        "rint": mp.nint,
        "square": lambda x: x * x,
        "reciprocal": lambda x: 1 / x,
        "exp2": lambda x: mp.mpf(2) ** x,
        "log2": lambda x: mp.log(x, 2),
        "log1p": lambda x: mp.log1p(x),
        "arctan": mp.atan, "arcsin": mp.asin, "arccos": mp.acos,
        "arctanh": mp.atanh, "arcsinh": mp.asinh, "arccosh": mp.acosh,
    }  # fmt: skip
    return {name: renamed.get(name) or getattr(mp, name) for name in UNARY}


class Number:
    """One number of sixty digits, with the operators and methods that NumPy asks for."""

    __slots__ = ("x",)
    mp: Any = None
    table: dict[str, Callable[[Any], Any]]

    def __init__(self, x: Any) -> None:
        self.x = x

    def __getattr__(self, name: str) -> Any:
        try:
            f = self.table[name]
        except KeyError:
            raise AttributeError(name) from None
        return lambda: self.made(f(self.x))

    def made(self, x: Any) -> Number:
        """Wrap a result; a complex one has left the function's domain."""
        if isinstance(x, self.mp.mpc):
            x = self.mp.nan
        return type(self)(x)

    def _float(self) -> float:
        raise TypeError("a float has fewer digits")

    __float__ = __int__ = __index__ = _float

    # What NumPy's floor, ceil and trunc ask for.

    def __floor__(self) -> Number:
        return self.made(self.mp.floor(self.x))

    def __ceil__(self) -> Number:
        return self.made(self.mp.ceil(self.x))

    def __trunc__(self) -> Number:
        return self.made(self.mp.floor(self.x) if self.x >= 0 else self.mp.ceil(self.x))

    def __neg__(self) -> Number:
        return self.made(-self.x)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return self.made(abs(self.x))

    def __bool__(self) -> bool:
        return bool(self.x)

    def __hash__(self) -> int:
        return hash(self.x)

    def __repr__(self) -> str:
        return str(self.x)


def _binary(name: str) -> Any:
    def operate(self: Number, other: Any) -> Any:
        y = other.x if isinstance(other, Number) else other
        if isinstance(y, np.generic):
            y = y.item()
        if not isinstance(y, int | float | self.mp.mpf):
            return NotImplemented
        result = getattr(self.x, name)(self.mp.mpf(y))
        return result if isinstance(result, bool) else self.made(result)

    return operate


for _name in ("add", "sub", "mul", "truediv", "pow", "mod"):
    setattr(Number, f"__{_name}__", _binary(f"__{_name}__"))
    setattr(Number, f"__r{_name}__", _binary(f"__r{_name}__"))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Number, f"__{_name}__", _binary(f"__{_name}__"))


def kind() -> type[Number]:
    """Make a class of numbers for mpmath's functions at sixty digits."""
    mp = context()
    return type("Sixty", (Number,), {"__slots__": (), "mp": mp, "table": functions(mp)})
