"""Changes at a spot of somebody's code along axes: order, axis, index, mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..graph import TESTS, Op
from ..naming import index
from .changes import Change, then
from .spots import Spot

STRIDES = [(2.0, "twice the index"), (3.0, "three times the index"), (0.5, "half the index")]
Turn = Callable[[Any], Any]  # an index, or a part of one, to another; None where there is none


def along_axes(at: Spot) -> Iterator[Change]:
    """Go the other way along an axis, exchange axes, sum along another."""
    axes = len(at.shape) if "several" not in at.shape else 0
    for axis in range(axes):
        along = f" along axis {axis}" if axes > 1 else ""
        new = at.after(partial(np.flip, axis=axis))
        yield Change(at, new, 1.1, f"{{head}} should be in the reverse order{along}")
        for d in (1, -1):
            new = at.after(partial(_moved, d, axis))
            yield Change(at, new, 1.15, f"{{head}} should be moved by {d}{along}")
    if axes == 2:
        yield Change(at, at.after(np.transpose), 1.1, "{head} should be transposed")
    yield from _reduced(at)


def _moved(d: int, axis: int, z: Any) -> Any:
    out = np.roll(z, d, axis)
    where: list[Any] = [slice(None)] * np.ndim(z)
    where[axis] = slice(0, 1) if d > 0 else slice(-1, None)
    out[tuple(where)] = 0.0
    return out


def _reduced(at: Spot) -> Iterator[Change]:
    """Reduce other axes, or keep those that are reduced."""
    own, kept = at.settings("axes")[0], bool(at.settings("keepdims")[0])
    if not isinstance(own, tuple):
        return
    count = np.ndim(at.value(at.op.args[0]))
    for axes in [*((a,) for a in range(count)), tuple(range(count))]:
        for keep in {kept, True}:
            if (axes, keep) == (own, kept):
                continue
            where = f"along axis {axes[0]}" if len(axes) < count else "over everything"
            where += ", with `keepdims=True`" if keep and not kept else ""
            new = at.every(partial(_with_settings, {"axes": axes, "keepdims": keep}, at))
            yield Change(at, new, 1.0 + 0.05 * (keep and not kept), f"{{head}} should go {where}")


def _with_settings(new: dict[str, Any], at: Spot, op: Op, m: int) -> Op:
    old = at.code.points[0].settings[at.members[m]] if op.settings is None else op.settings
    return Op(op.kind, op.primitive, op.args, op.site, op.order, {**old, **new}, op.label)


# --- indices --------------------------------------------------------------------------------


def indexed(at: Spot) -> Iterator[Change]:
    """Take from, or write to, other places."""
    if at.op.name not in ("getitem", "put"):
        return
    own = at.settings("index")
    first = own[0] if isinstance(own[0], tuple) else (own[0],)
    size = np.shape(at.value(at.op.args[0]))
    for axis, part in enumerate(first):
        for turn in _turns(part, size[axis] if axis < len(size) else 0):
            wanted = [_with_part(s, axis, turn) for s in own]
            if any(w is None for w in wanted):
                continue
            new = at.every(partial(_at_index, wanted, at))
            has, should = index(own[0]), index(wanted[0])
            template = f"{{head}} uses the index `{has}` where it should use `{should}`"
            yield Change(at, new, 1.05, template)
        if isinstance(part, int | np.integer):
            yield from _in_turn(at, own, axis, size[axis])
    yield from _strided(at, own, [n for n, p in enumerate(first) if isinstance(p, slice)], size)
    axes = tuple(n for n, part in enumerate(first) if isinstance(part, int | np.integer))
    if at.op.name == "getitem" and axes and len(size) - len(axes) == len(at.shape):
        new = at.giving(at.own(0)).then(partial(then, partial(np.sum, axis=axes)))
        yield Change(
            at, new, 1.05, "{head} is one part of {0} where it should be the sum", at.own(0)[:1]
        )
    if isinstance(own[0], np.ndarray) and own[0].dtype == bool:
        yield from _masked(at, own[0].shape)


def _in_turn(at: Spot, own: list[Any], axis: int, size: int) -> Iterator[Change]:
    """Use all indices in turn, as one of several loops goes on: ``a[c]`` for ``a[0]``."""
    n = len(own)
    for inner in range(1, n // size + 1) if size > 1 else ():
        rounds = [m // inner % size for m in range(n)]
        if n % (inner * size) or rounds == [_parts(s)[axis] for s in own]:
            continue
        pairs = zip(own, rounds, strict=True)
        wanted = [_with_part(s, axis, partial(_exactly, m)) for s, m in pairs]
        each = "" if inner == 1 else f", {inner} rounds each"
        template = f"the index in {{head}} should go from 0 to {size - 1} in turn{each}"
        yield Change(
            at, at.every(partial(_at_index, wanted, at)), 1.06, template, (), tuple(rounds)
        )


def _exactly(n: int, p: Any) -> int:
    return n


def _parts(s: Any) -> tuple[Any, ...]:
    return s if isinstance(s, tuple) else (s,)


def _strided(at: Spot, own: list[Any], axes: list[int], size: tuple[int, ...]) -> Iterator[Change]:
    """Move windows on by another stride, along all axes or one of them."""
    for stride, text in STRIDES:
        for some in [axes, *([a] for a in axes if len(axes) > 1)]:
            wanted = list(own)
            for a in some:
                turn = partial(_with_stride, stride, size[a])
                wanted = [s if s is None else _with_part(s, a, turn) for s in wanted]
            if any(w is None for w in wanted) or wanted == own:
                continue
            along = f" along axis {some[0]}" if len(some) < len(axes) else ""
            template = f"the windows of {{head}} should begin at {text}{along}"
            yield Change(at, at.every(partial(_at_index, wanted, at)), 1.05, template)


def _with_stride(stride: float, size: int, p: slice) -> slice | None:
    start, stop, step = p.indices(size)
    new = start * stride
    if step != 1 or new != int(new) or new + stop - start > size:
        return None
    return slice(int(new), int(new) + stop - start)


def _at_index(wanted: list[Any], at: Spot, op: Op, m: int) -> Op:
    return _with_settings({"index": wanted[m]}, at, op, m)


def _turns(part: Any, size: int) -> Iterator[Turn]:
    """Give what makes other indices of a part of one."""
    if isinstance(part, int | np.integer) and not isinstance(part, bool):
        yield from (partial(_next, d, size) for d in (1, -1))
        yield partial(_from_end, size)
    elif isinstance(part, slice):
        yield from (partial(_slid, d, size) for d in (1, -1))
        if part == slice(None):
            yield lambda p: slice(None, None, -1)
            yield lambda p: np.arange(size)
    elif isinstance(part, np.ndarray) and part.dtype.kind in "iu":
        yield from (partial(np.add, d) for d in (1, -1))


def _next(d: int, size: int, p: Any) -> int | None:
    return int(p) + d if 0 <= int(p) + d < size else None


def _from_end(size: int, p: Any) -> int:
    return size - 1 - int(p)


def _slid(d: int, size: int, p: slice) -> slice | None:
    start, stop, step = p.indices(size)
    if step != 1 or start + d < 0 or stop + d > size or stop - start == size:
        return None
    return slice(start + d or None, stop + d if stop + d < size else None)


def _with_part(s: Any, axis: int, turn: Turn) -> Any:
    parts = list(s) if isinstance(s, tuple) else [s]
    try:
        parts[axis] = turn(parts[axis])
    except (TypeError, ValueError, IndexError, AttributeError):
        return None
    if parts[axis] is None:
        return None
    return tuple(parts) if isinstance(s, tuple) else parts[0]


# --- masks ------------------------------------------------------------------------------------

SIGNS = ("<=", ">", "<", ">=")  # as people write masks, the likely first


class Masked:
    """``x[mask] = v`` or ``x[mask]``, with a mask that another value makes."""

    rule = None

    def __init__(self, op: Op, test: Callable[[Any], Any]) -> None:
        self.primitive, self.name, self.test = op.primitive, op.name, test

    def compute(self, operands: list[Any], settings: dict[str, Any]) -> Any:
        """Compute; the last operand makes the mask."""
        *own, x = operands
        if len(own) > 1 and np.size(own[1]):
            own[1] = np.reshape(own[1], -1)[0]  # one number for all
        return self.primitive.compute(own, {"index": self.test(np.asarray(x))})


def _masked(at: Spot, shape: tuple[int, ...]) -> Iterator[Change]:
    """Choose by another value, or by another test of it."""
    tests = {test.sign: test.test for test in TESTS}
    for columns, odd in at.readable(0):
        for sign in SIGNS if np.shape(at.value(columns[0])) == shape else ():

            def make(op: Op, m: int, read: Any = columns, test: Any = tests[sign]) -> Op:
                return op.other(Masked(op, test), (*op.args, read[m]))

            template = f"the mask in {{head}} should be {{0: {sign} 0}}"
            yield Change(at, at.every(make), 1.05 + odd, template, columns[:1])
