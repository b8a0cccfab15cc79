"""Numbers of many digits that NumPy computes with: mpmath's, in arrays of objects.

NumPy's ``exp`` asks an object for its method ``exp``; so a function written in plain NumPy
runs on arrays of these. Turning one into a float would lose the digits, and raises.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from .differences import EPS, UNKNOWN, Line, Slope

DIGITS = {"sixty": 60, "many": 700}  # the latter see every slope that a double can hold
UNARY = [
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "square",
    "reciprocal", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh",
    "arcsinh", "arccosh", "arctanh", "fabs", "rint", "conjugate",
]  # fmt: skip


def available() -> bool:
    """Whether mpmath is installed."""
    return importlib.util.find_spec("mpmath") is not None


def context(digits: int) -> Any:
    """Give mpmath's functions at so many digits, apart from the user's own settings."""
    mp = importlib.import_module("mpmath").mp.clone()
    mp.dps = digits
    return mp


def functions(mp: Any) -> dict[str, Callable[[Any], Any]]:
    """Map NumPy's names of functions of one number to mpmath's."""
    renamed = {
        "fabs": abs,
        "conjugate": lambda x: x,
        "rint": mp.nint,
        "square": lambda x: x * x,
        "reciprocal": lambda x: 1 / x,
        "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),  # mpmath's is complex to the left of 0
        "exp2": lambda x: mp.mpf(2) ** x,
        "log2": lambda x: mp.log(x, 2),
        "log1p": lambda x: mp.log1p(x),
        "arctan": mp.atan, "arcsin": mp.asin, "arccos": mp.acos,
        "arctanh": mp.atanh, "arcsinh": mp.asinh, "arccosh": mp.acosh,
    }  # fmt: skip
    return {name: renamed.get(name) or getattr(mp, name) for name in UNARY}


class Number:
    """One number of many digits, with the operators and methods that NumPy asks for."""

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


@functools.cache
def kind(name: str = "sixty") -> type[Number]:
    """Make the class of the numbers of this name in ``DIGITS``."""
    mp = context(DIGITS[name])
    return type(name.title(), (Number,), {"__slots__": (), "mp": mp, "table": functions(mp)})


def slope(phi: Line, size: float, name: str) -> Slope:
    """Take a plain central difference: with so many digits nothing more is needed."""
    digits = DIGITS[name]
    mp = kind(name).mp
    h = mp.mpf(2) ** -round(1.1 * digits) * size  # a third of them: its square is lost in a double
    last = mp.mpf(10) ** (3 - digits)
    here, (p1, m1, p3, m3) = phi(0), (phi(t * h) for t in (1, -1, 3, -3))
    if not (np.isfinite(float(p1)) and np.isfinite(float(m1))):
        return _one_side(phi, here, 1 if np.isfinite(float(p1)) else -1, h * h / size, last)
    jump, wide = abs(p1 - 2 * here + m1) / h, abs(p3 - 2 * here + m3) / (3 * h)
    near, wider = (p1 - m1) / (2 * h), (p3 - m3) / (6 * h)
    if jump > 1e-30 * (abs(near) + abs(here) / size) and wide < 1.8 * jump:
        return UNKNOWN  # a kink, of which this is no slope
    error = 2 * abs(near - wider) + abs(here) / h * last
    return Slope(float(near), 4 * EPS * abs(float(near)) + float(error))


def _one_side(phi: Line, here: Any, side: int, h: Any, last: Any) -> Slope:
    """Take the slope at an edge of the function's domain, from so near that any power settles."""
    near, nearer = ((phi(side * t) - here) / (side * t) for t in (h, h / 4))
    error = 4 * abs(near - nearer) + abs(here) / h * last
    return Slope(float(nearer), 4 * EPS * abs(float(nearer)) + float(error))
