"""Choosing among operands, element by element: clip, select, choose; and rounding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy._core import umath

from ..declare import arg, case, elementwise, implements
from ..errors import DTypeError, NotDifferentiableError, ShapeError
from ..graph import raw
from ..rules import is_float
from .arithmetic import undefined
from .operands import as_operand, in_one_dtype, whole

# --- clip ---------------------------------------------------------------------------------------
# min(max(x, low), high), where an edge counts as inside: there the slope is 1 in x and 0 in
# the bound. Exactly one operand has the slope 1: the one that the result is equal to.


clip_ufunc: Any = umath.clip  # type: ignore[attr-defined]  # what np.clip and ndarray.clip call


def _share(x: Any, low: Any, high: Any, of: str = "x") -> Any:
    raised = np.maximum(x, low)
    above = ~((raised <= high) | np.isnan(raised))
    if of == "high":
        return above * 1.0
    below = ~((x >= low) | np.isnan(x) | above)
    return below * 1.0 if of == "low" else 1.0 - (above | below)


def _jump(z: Any, x: Any, low: Any, high: Any, of: str = "x") -> Any:
    # At the edges another operand takes over; a bound of infinity is none.
    x, low, high = raw(x), raw(low), raw(high)
    raised = np.maximum(x, low)
    at_low = (x == low) & (low <= high) & np.isfinite(low)
    return undefined(at_low | ((raised == high) & np.isfinite(high)))


share = elementwise(_share, _jump, _jump, _jump, name="clip_share")
clipped = elementwise(
    clip_ufunc,
    lambda z, x, low, high: share(x, low, high, of="x"),
    lambda z, x, low, high: share(x, low, high, of="low"),
    lambda z, x, low, high: share(x, low, high, of="high"),
    scalar=lambda x, low, high: x if low <= x <= high else clip_ufunc(x, low, high),
    selects=True,
)

_MISSING = np._NoValue
_INFINITY = float("inf")


@implements(
    np.clip,
    cases=[
        case(arg((2, 3)), -1.0, 1.0),
        case(arg((2, 3)), arg((3,)), arg((2, 1))),
        case(arg((3,)), None, arg()),
        case(arg((3,)), arg(), None),
        case(arg((3,)), min=0.0),
        case(np.arange(3), max=arg((3,))),
        case(arg(), arg(), 1),
        case(arg((0,)), 0.0, 1.0),
    ],
)
def clip(
    a: Any,
    a_min: Any = _MISSING,
    a_max: Any = _MISSING,
    *,
    min: Any = _MISSING,
    max: Any = _MISSING,
) -> Any:
    """Bring into an interval, as :func:`numpy.clip`; bounds may be arrays, Values or None."""
    given = [x is not _MISSING for x in (a_min, a_max)]
    if any(given) and not (min is _MISSING and max is _MISSING):
        raise ValueError("clip got a_min or a_max and min or max; expected either pair of names")
    low, high = (a_min, a_max) if any(given) else (min, max)
    low = -_INFINITY if low is None or low is _MISSING else low
    high = _INFINITY if high is None or high is _MISSING else high
    a, low, high = _weak(a), _weak(low), _weak(high)
    if is_float(a):
        a, low, high = in_one_dtype(a, low, high)
    return clipped(a, low, high)


def _weak(x: Any) -> Any:
    # A Python number takes the dtype of the others, an array does not.
    return x if isinstance(x, int | float) else as_operand(x)


# --- nan, inf -------------------------------------------------------------------------------------


@implements(
    np.nan_to_num,
    cases=[case(arg((2, 3))), case(arg()), case(arg((2, 3)), nan=1.0, posinf=2.0, neginf=3.0)],
)
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """Put numbers for nan and infinities, as :func:`numpy.nan_to_num`; there the slope is 0."""
    if not copy:
        raise NotDifferentiableError(
            "nan_to_num(x, copy=False) would write into x; write x = np.nan_to_num(x)"
        )
    data = raw(x)
    limits = np.finfo(x.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    instead: Any = np.where(np.isnan(data), nan, np.where(data > 0, high, low))
    if type(data) is not float:
        instead = np.astype(instead, x.dtype)
    elif isinstance(instead, np.ndarray):
        instead = float(instead)
    finite = np.isfinite(data)
    return np.where(finite if finite.ndim else bool(finite), x, instead)


# --- one of several -------------------------------------------------------------------------------


@implements(
    np.select,
    cases=[
        case(
            [np.array([True, False, False]), np.array([True, True, False])], [arg((3,)), 2.0], arg()
        ),
        case([np.array([True, False])], [arg((2, 2))]),
    ],
)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Choose by the first condition that holds, as :func:`numpy.select`."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ShapeError(
            f"select with {len(condlist)} conditions and {len(choicelist)} choices; expected as "
            "many of each, at least one"
        )
    xs = [_weak(x) for x in (*choicelist, default)]
    chosen = xs[-1]
    for condition, choice in zip(reversed([*condlist]), reversed(xs[:-1]), strict=True):
        condition = np.asarray(raw(condition))
        if condition.dtype != bool:
            raise DTypeError(
                f"select with a condition of dtype {condition.dtype}; expected booleans: x > 0"
            )
        chosen = np.where(condition, choice, chosen)
    return _in_common(chosen, xs)


def _in_common(chosen: Any, xs: Sequence[Any]) -> Any:
    """Cast to the dtype of all choices together, which two plain numbers alone made float64."""
    return np.astype(chosen, np.result_type(*map(raw, xs)), copy=False)


@implements(
    np.choose,
    cases=[
        case(np.array([0, 1, 1]), [arg((3,)), arg((2, 1))]),
        case(np.array([2, -1, 5]), arg((2, 3)), mode="wrap"),
        case(np.array([2, -1, 1]), [arg((3,)), np.ones(3)], mode="clip"),
        case(0, [arg((3,))]),
    ],
)
def choose(a: Any, choices: Any, *, mode: str = "raise") -> Any:
    """Choose by number, as :func:`numpy.choose`."""
    which = whole(a, "the first argument of choose")
    xs = [_weak(x) for x in choices]
    n = len(xs)
    if mode == "wrap":
        which = which % n
    elif mode == "clip":
        which = np.clip(which, 0, n - 1)
    elif mode != "raise":
        raise ValueError(f'choose with mode={mode!r}; expected "raise", "wrap" or "clip"')
    if ((which < 0) | (which >= n)).any():
        raise ValueError(f"choose among {n} choices got other numbers; expected 0 to {n - 1}")
    chosen: Any = 0
    for k, x in enumerate(xs):
        chosen = np.where(which == k, x, chosen)
    return _in_common(chosen, xs)


# --- rounding: flat wherever there is a slope ---------------------------------------------------

rounded = elementwise(lambda x, decimals=0: np.round(x, decimals), 0.0, name="round")


@implements(
    *dict.fromkeys((np.round, np.around)),  # one and the same in some versions
    cases=[case(arg((2, 3))), case(arg((2, 3)), decimals=1), case(arg())],
)
def round(a: Any, decimals: int = 0) -> Any:
    """Round to decimals, as :func:`numpy.round`; the slope is 0."""
    return rounded(a, decimals=decimals)


@implements(np.fix, cases=[case(arg((2, 3))), case(arg())])
def fix(x: Any) -> Any:
    """Round towards 0, as :func:`numpy.fix`; the slope is 0."""
    return np.trunc(x)
