"""Making arrays longer and shorter: padding, inserting, deleting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, implements
from ..errors import DTypeError, NotDifferentiableError, ShapeError, UnknownKeywordError
from ..graph import raw
from ..rules import shape_of
from .indexing import getitem, scatter
from .operands import as_operand, holds_traced, whole

# --- padding ------------------------------------------------------------------------------------
# NumPy pads axis by axis, so that the corners belong to the last axis; so does this. Every
# kind of padding gives what stands before and after the elements along one axis.

# mode -> the keyword that it takes.
OPTIONS = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    "maximum": "stat_length",
    "mean": "stat_length",
    "median": "stat_length",
    "minimum": "stat_length",
    "reflect": "reflect_type",
    "symmetric": "reflect_type",
    "edge": "",
    "wrap": "",
}
STATISTICS: dict[str, Callable[..., Any]] = {
    "maximum": np.max,
    "mean": np.mean,
    "median": np.median,
    "minimum": np.min,
}


@implements(
    np.pad,
    cases=[
        case(arg((2, 3)), 1),
        case(arg((2, 3)), ((0, 1), (2, 0)), constant_values=2.0),
        case(arg((2,)), (1, 2), "constant", constant_values=(4.0, 5.0)),
        case(arg((2,)), (1, 2), constant_values=[arg(), arg()]),
        case(arg((2, 0)), 1),
        case(arg(()), 1),
        case(arg((2, 3)), ((1, 2), (0, 4)), "edge"),
        case(arg((2, 3)), ((1, 3), (5, 0)), "reflect"),
        case(arg((2, 3)), ((1, 3), (5, 0)), "reflect", reflect_type="odd"),
        case(arg((2, 3)), ((1, 3), (7, 0)), "symmetric"),
        case(arg((1, 3)), ((1, 3), (7, 0)), "symmetric", reflect_type="odd"),
        case(arg((2, 3)), ((1, 3), (7, 2)), "wrap"),
        case(arg((2, 3)), 2, "linear_ramp"),
        case(arg((2, 3)), (1, 2), "linear_ramp", end_values=(arg(), 3.0)),
        case(arg((2, 3)), 1, "mean"),
        case(arg((2, 3)), 1, "mean", stat_length=((1, 2), (2, 5))),
        case(arg((2, 3), kind="distinct"), 1, "maximum"),
        case(arg((2, 3), kind="distinct"), 1, "minimum", stat_length=2),
        case(arg((2, 3), kind="distinct"), 1, "median"),
    ],
)
def pad(
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    *,
    constant_values: Any = None,
    end_values: Any = None,
    stat_length: Any = None,
    reflect_type: Any = None,
) -> Any:
    """Put elements before and after those of each axis, as :func:`numpy.pad`."""
    options = {
        "constant_values": constant_values,
        "end_values": end_values,
        "stat_length": stat_length,
        "reflect_type": reflect_type,
    }
    taken = _checked_mode(mode, options)
    option = options.get(taken)
    x = as_operand(array)
    widths = _widths(pad_width, len(shape_of(x)))
    if mode == "constant" and not holds_traced(option) and (option is None or not np.any(option)):
        inner = tuple(slice(b, b + n) for (b, _), n in zip(widths, shape_of(x), strict=True))
        shape = tuple(b + n + a for (b, a), n in zip(widths, shape_of(x), strict=True))
        return scatter(x, index=inner, shape=shape)
    choices = _choices(option, taken, len(widths))
    for axis, ((before, after), (low, high)) in enumerate(zip(widths, choices, strict=True)):
        parts = [
            _beyond(x, axis, before, mode, low) if before else None,
            x,
            _beyond(x, axis, after, mode, high, last=True) if after else None,
        ]
        x = np.concatenate([part for part in parts if part is not None], axis)
    return np.copy(x) if x is array else x


def _checked_mode(mode: Any, options: dict[str, Any]) -> str:
    """Name the keyword that a mode takes, after refusing what cannot be."""
    known = ", ".join(OPTIONS)
    if callable(mode) or mode == "empty":
        raise NotDifferentiableError(
            f"pad with mode={mode!r}, whose numbers come from elsewhere; expected one of {known}"
        )
    if mode not in OPTIONS:
        raise ValueError(f"pad with mode={mode!r}; expected one of {known}")
    taken = OPTIONS[mode]
    for name, value in options.items():
        if value is not None and name != taken:
            raise UnknownKeywordError(
                f"pad with mode={mode!r} got {name}={value!r}; expected "
                f"{taken or 'no further keyword'}"
            )
    return taken


def _widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    """How many elements to put before and after each axis."""
    if isinstance(pad_width, dict):
        named, pad_width = pad_width, [(0, 0)] * ndim
        for axis, width in named.items():
            pad_width[axis] = width if isinstance(width, tuple) else (width, width)
    pairs = np.broadcast_to(whole(pad_width, "the width of pad"), (ndim, 2))
    if pairs.size and pairs.min() < 0:
        raise ShapeError(f"pad with the width {pad_width}; expected no negative numbers")
    return [(int(before), int(after)) for before, after in pairs]


def _choices(option: Any, taken: str, ndim: int) -> list[tuple[Any, Any]]:
    """Give a mode's option for the two sides of each axis."""
    if taken == "reflect_type":
        if option not in (None, "even", "odd"):
            raise ValueError(f'pad with reflect_type={option!r}; expected "even" or "odd"')
        return [(option, option)] * ndim
    if option is None:
        return [(0.0, 0.0) if taken == "end_values" else (None, None)] * ndim
    pairs = whole(option, taken) if taken == "stat_length" else as_operand(option)
    pairs = np.broadcast_to(pairs, (ndim, 2))
    return [(pairs[i, 0], pairs[i, 1]) for i in range(ndim)]


def _beyond(x: Any, axis: int, width: int, mode: str, choice: Any, last: bool = False) -> Any:
    """Give what stands before the first element along `axis`, or after the last."""
    shape = shape_of(x)
    n = shape[axis]
    lead = (slice(None),) * axis
    target = (*shape[:axis], width, *shape[axis + 1 :])
    if mode == "constant":
        return np.broadcast_to(_cast(choice, x), target)
    if n == 0:
        raise ShapeError(f'pad of the empty axis {axis} with mode={mode!r}; expected "constant"')
    if mode in STATISTICS:
        length = n if choice is None else min(int(choice), n)
        near = getitem(x, (*lead, slice(n - length, n) if last else slice(length)))
        return np.broadcast_to(STATISTICS[mode](near, axis=axis, keepdims=True), target)
    if mode == "linear_ramp":
        end = _cast(choice, x)
        edge = getitem(x, (*lead, slice(n - 1, n) if last else slice(1)))
        steps = np.arange(width, dtype=x.dtype)[:: -1 if last else 1]
        return end + np.reshape(steps, (-1,) + (1,) * (len(shape) - axis - 1)) * (
            (edge - end) / width
        )
    if choice == "odd" and n > 1:
        skip = int(mode == "reflect")
        if last:
            return np.flip(_odd(np.flip(x, axis), axis, width, skip), axis)
        return _odd(x, axis, width, skip)
    # NumPy's stubs want the mode as a literal.
    places = np.pad(np.arange(n), (0, width) if last else (width, 0), mode)  # type: ignore[call-overload]
    return getitem(x, (*lead, places[n:] if last else places[:width]))


def _odd(x: Any, axis: int, width: int, skip: int) -> Any:
    """Mirror `x` before its first element, upside down; as often as it takes."""
    lead = (slice(None),) * axis
    done = 0
    while done < width:
        near = getitem(x, (*lead, slice(skip, skip + width - done)))
        part = 2.0 * getitem(x, (*lead, slice(1))) - np.flip(near, axis)
        x = np.concatenate([part, x], axis)
        done += shape_of(part)[axis]
    return getitem(x, (*lead, slice(width)))


def _cast(v: Any, x: Any) -> Any:
    return np.astype(as_operand(v), x.dtype)


# --- inserting, deleting ------------------------------------------------------------------------
# Where elements go is found out by letting NumPy move their numbers (0, 1, 2, ...).


@implements(
    np.insert,
    cases=[
        case(arg((2, 3)), 1, 5.0),
        case(arg((2, 3)), 1, arg((2,)), axis=1),
        case(arg((2, 3)), [0, 2], arg((2, 2)), axis=-1),
        case(arg((3,)), [1, 1, -1], arg((3,))),
        case(arg((2, 3)), slice(0, 2), arg(), axis=0),
        case(np.arange(3.0), np.array([True, False, True]), arg()),
    ],
)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """Put values before places along an axis, as :func:`numpy.insert`."""
    x = as_operand(arr)
    dtype = np.asarray(raw(x)).dtype
    if dtype.kind != "f":
        raise DTypeError(
            f"insert into an array of dtype {dtype}, which would cut the values down to it; "
            "expected a floating array: write arr.astype(float)"
        )
    v = np.astype(as_operand(values), dtype)
    size = int(np.size(raw(x)))
    numbers = np.arange(size).reshape(shape_of(x))
    others = np.arange(size, size + int(np.size(raw(v)))).reshape(shape_of(v))
    order = np.insert(numbers, _places(obj, "insert"), others, axis)
    return getitem(np.concatenate((x, v), axis=None), order)


@implements(
    np.delete,
    cases=[
        case(arg((2, 3)), 1, axis=-1),
        case(arg((2, 3)), [0, 2, 0], axis=1),
        case(arg((2, 3)), slice(0, 4, 2)),
        case(arg((3,)), np.array([True, False, True])),
        case(arg((2, 3)), [], axis=0),
    ],
)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """Leave elements out along an axis, as :func:`numpy.delete`."""
    if axis is None:
        arr, axis = np.reshape(arr, -1), 0
    axis = normalize_axis_index(axis, len(shape_of(arr)))
    kept = np.delete(np.arange(shape_of(arr)[axis]), _places(obj, "delete"))
    return getitem(arr, (slice(None),) * axis + (kept,))


def _places(obj: Any, name: str) -> Any:
    return obj if isinstance(obj, slice) else whole(obj, f"where to {name}")
