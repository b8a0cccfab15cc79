"""Arrays that a function fills piece by piece: ``h = np.zeros((T + 1, n)); h[t + 1] = ...``.

NumPy's arrays hold numbers alone, so that a function which writes Values into them cannot be
recorded as it stands. While it is, `patched` puts arrays in their place that hold both. What is
read of these is what was written, where it was written as a whole; else its parts are joined. All
else is as in NumPy: views share their elements. Likewise for ``math.exp``, ``max`` and ``float``.
"""

from __future__ import annotations

import itertools
import math
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from types import ModuleType
from typing import Any

import numpy as np

from ...graph import Traced, constant, handle, raw
from ...value import Value
from .writing import Adding, put_along_axis

MAKERS = ("zeros", "ones", "full", "zeros_like", "ones_like", "full_like")
EMPTY = {"empty": "zeros", "empty_like": "zeros_like"}  # whatever is there is never read
RENAMED = {"fabs": "abs", "pow": "power"}  # of ``math``'s functions, what NumPy calls them
Cell = float | tuple[Value, int]  # a number, or an element of a Value by its place in it


class Cells:
    """The elements of an array and its views; `changes` counts what was written."""

    def __init__(self, numbers: Any) -> None:
        self.content: list[Cell] = [*_floats(numbers)]
        self.changes = 0


class Filled(Value):
    """An array whose elements are numbers or those of Values, or a view of one."""

    __slots__ = ("_cells", "_owner", "_pieces", "_places", "_whole")

    def __init__(self, cells: Cells, places: Any, owner: Any = None) -> None:
        self._cells, self._places = cells, places
        self._owner = owner  # of a view: whose, and the index
        self._cell: Any = None
        self.label = None
        self._whole: tuple[int, Any] = -1, None
        self._pieces: tuple[int, list[tuple[str, Value]]] = -1, []

    @classmethod
    def of(cls, numbers: Any) -> Filled:
        """Make an array of numbers."""
        return cls(Cells(numbers), np.arange(np.size(numbers)).reshape(np.shape(numbers)))

    @property
    def whole(self) -> Any:
        """The Value that the elements make up."""
        if not self.is_joined:
            aside = getattr(sys.gettrace(), "aside", None)  # of `recording.Watcher`
            joined = self._joined() if aside is None else aside(self._joined)
            self._whole = self._cells.changes, joined
        return self._whole[1]

    def _joined(self) -> Any:
        cells, places = self._cells, self._places
        block = _block(cells, places)
        if block is not None:
            return block if isinstance(block, Traced) else constant(block)
        if self._owner is not None:
            array, index = self._owner
            return array.whole[index]
        framed = _framed(cells, places)
        return _parts(cells, places) if framed is None else framed

    @property
    def is_joined(self) -> bool:
        """Whether the whole was asked for since something was written."""
        return self._whole[0] == self._cells.changes

    @property
    def _node(self) -> Any:  # type: ignore[override]  # computed when it is asked for
        return self.whole._node

    @property
    def _raw(self) -> Any:
        return self.whole._raw

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, for which nothing need be joined."""
        shape: tuple[int, ...] = self._places.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> Any:
        places = self._places[index]
        if np.ndim(places) == 0:
            return _element(self._cells.content[places])
        if np.may_share_memory(places, self._places):
            return Filled(self._cells, places, (self, index))
        return Filled(self._cells, places).copied()

    def copied(self) -> Filled:
        """Give an array of its own with the same elements."""
        cells = Cells(())
        cells.content = [self._cells.content[place] for place in self._places.flat]
        return Filled(cells, np.arange(self._places.size).reshape(self.shape))

    def __setitem__(self, index: Any, new: Any) -> None:
        if _is_chosen(index) and isinstance(new, Traced):
            whole = self.whole * 1.0  # one operation, wherever that is
            whole[index] = new
            index, new = ..., whole
        places = np.asarray(self._places[index])
        new = array(new) if isinstance(new, list | tuple) else new
        content: list[Cell]
        if isinstance(new, Traced) and new._node.index:
            new = new if np.shape(new._raw) == places.shape else np.broadcast_to(new, places.shape)  # type: ignore[call-overload]
            own = handle(new._node, new._raw)  # the name may come to mean another Value
            content = [(own, n) for n in range(places.size)]
        else:
            content = [*_floats(np.broadcast_to(raw(new), places.shape))]
        for place, cell in zip(places.flat, content, strict=True):
            self._cells.content[place] = cell
        self._cells.changes += 1

    @property
    def pieces(self) -> list[tuple[str, Value]]:
        """What was written as a whole, each with the index that it is read by."""
        if self._pieces[0] != self._cells.changes:
            found = [
                (", ".join(map(str, index)), source)
                for axes in range(1, self.ndim + 1)
                for index in np.ndindex(self.shape[:axes])
                if (source := _source(self._cells, self._places[index])) is not None
                and np.shape(source._raw) == self.shape[axes:]
            ]
            self._pieces = self._cells.changes, found
        return self._pieces[1]


def _is_chosen(index: Any) -> bool:
    """Whether an index holds arrays, which may be others at other points."""
    return any(isinstance(i, np.ndarray) for i in (index if isinstance(index, tuple) else (index,)))


def _floats(numbers: Any) -> list[float]:
    found: list[float] = np.asarray(numbers, np.float64).ravel().tolist()
    return found


def _in_place(operate: Callable[[Any, Any], Any]) -> Callable[[Filled, Any], Filled]:
    def assign(self: Filled, other: Any) -> Filled:
        self[...] = operate(self.whole, other)
        return self

    return assign


for _name in ("add", "sub", "mul", "truediv", "pow", "matmul"):
    setattr(Filled, f"__i{_name}__", _in_place(getattr(operator, f"__{_name}__")))


def _element(cell: Cell) -> Any:
    if isinstance(cell, float):
        return cell
    source, n = cell
    shape = np.shape(source._raw)
    return source[tuple(map(int, np.unravel_index(n, shape)))] if shape else source


def _source(cells: Cells, places: Any) -> Value | None:
    """Give the Value whose elements, all of them and in order, are in some places."""
    found = [cells.content[place] for place in np.ravel(places)]
    first = found[0] if found else 0.0
    if isinstance(first, float) or np.size(first[0]._raw) != len(found):
        return None
    same = all(
        not isinstance(cell, float) and cell[0] is first[0] and cell[1] == n
        for n, cell in enumerate(found)
    )
    return first[0] if same else None


def _numbers(cells: Cells, places: Any) -> Any:
    """Give the numbers in some places; None if there is something else."""
    found = [cells.content[place] for place in np.ravel(places)]
    plain = all(isinstance(cell, float) for cell in found)
    return np.reshape(np.array(found, np.float64), np.shape(places)) if plain else None


def _block(cells: Cells, places: Any) -> Any:
    """Give what is in some places if nothing need be joined for it; else None."""
    if np.ndim(places) == 0:
        return _element(cells.content[places])
    source = _source(cells, places)
    if source is None:
        return _numbers(cells, places)
    return source if np.shape(source._raw) == places.shape else np.reshape(source, places.shape)


def _parts(cells: Cells, places: Any) -> Any:
    """Join what was written, which are rows, columns or elements in most arrays."""
    every = range(places.ndim)
    for axes in itertools.chain(*(itertools.combinations(every, n + 1) for n in every)):
        counts = [places.shape[axis] for axis in axes]
        in_front = np.moveaxis(places, axes, range(len(axes)))
        blocks = [_block(cells, in_front[index]) for index in np.ndindex(*counts)]
        if all(block is not None for block in blocks):
            break
    if len(axes) == 1:
        return np.stack(blocks, axis=axes[0])
    return np.moveaxis(np.reshape(np.stack(blocks), in_front.shape), range(len(axes)), axes)


def _framed(cells: Cells, places: Any) -> Any:
    """Give a Value with zeros around it, if that is what is there."""
    tracked = [not isinstance(cells.content[place], float) for place in places.flat]
    inside = np.reshape(tracked, places.shape)
    ends = [(int(a.min()), int(a.max()) + 1) for a in np.nonzero(inside)]
    box = tuple(slice(*end) for end in ends)
    source = _source(cells, places[box])
    zero = all(cells.content[place] == 0.0 for place in places[~inside])
    if source is None or not zero or np.shape(source._raw) != places[box].shape:
        return None
    return np.pad(source, [(a, n - b) for (a, b), n in zip(ends, places.shape, strict=True)])


# --- in the place of Python's and NumPy's functions ------------------------------------------


def _makes(name: str) -> Callable[..., Any]:
    make = getattr(np, EMPTY.get(name, name))

    def made(*args: Any, **options: Any) -> Any:
        numbers = raw(_called(make, args, options))
        return Filled.of(numbers) if numbers.dtype.kind == "f" else numbers

    return made


def array(x: Any, *args: Any, **options: Any) -> Any:
    """Make an array of a Value, of a list of some, of lists of them; all else is NumPy's."""
    parts: list[tuple[Any, Any]] = [(..., x)]
    shape: tuple[int, ...] = ()
    if isinstance(x, list | tuple) and any(isinstance(v, Traced) for v in _leaves(x)):
        parts = [(n, array(part)) for n, part in enumerate(x)]
        shape = len(x), *np.shape(parts[0][1])
    elif isinstance(x, Traced):
        shape = np.shape(raw(x))
    else:
        return _called(np.array, (x, *args), options)
    if not shape:
        return x
    out = Filled.of(np.zeros(shape))
    for index, part in parts:
        out[index] = part
    return out


def asarray(x: Any, *args: Any, **options: Any) -> Any:
    """Make an array of what is none."""
    return x if isinstance(x, Traced) else array(x, *args, **options)


def _leaves(x: Any) -> Iterator[Any]:
    if isinstance(x, list | tuple):
        yield from itertools.chain.from_iterable(map(_leaves, x))
    else:
        yield x


class _Kind(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, float)


class Number(metaclass=_Kind):
    """``float``, which leaves a Value what it is."""

    def __new__(cls, x: Any = 0.0) -> Any:
        """Give a number, or a Value of one element."""
        return np.reshape(x, ()) if isinstance(x, Traced) else float(x)  # type: ignore[call-overload]


def _extreme(choose: Any, elementwise: Any) -> Callable[..., Any]:
    """Give Python's ``max`` or ``min``, which does not branch by the numbers of Values."""

    def either(*args: Any, **options: Any) -> Any:
        values = [*args] if len(args) > 1 else [*args[0]]
        tracked = any(isinstance(x, Traced) for x in values)
        if options or not tracked or any(np.ndim(x) for x in values):
            return choose(values, **options)
        return reduce(elementwise, values)

    return either


BUILTINS = {"max": _extreme(max, np.maximum), "min": _extreme(min, np.minimum)}


def _called(make: Callable[..., Any], args: Any, options: dict[str, Any]) -> Any:
    """Call NumPy's own function, with ``float`` for what stands in its place."""

    def plain(x: Any) -> Any:
        return float if x is Number else x

    return make(*map(plain, args), **{name: plain(x) for name, x in options.items()})


class Arrays(ModuleType):
    """NumPy, with other functions that make arrays."""

    def __init__(self) -> None:
        super().__init__("numpy")
        for name in (*MAKERS, *EMPTY):
            setattr(self, name, _makes(name))
        self.array, self.asarray, self.put_along_axis = array, asarray, put_along_axis
        self.add, self.subtract = Adding(np.add), Adding(np.subtract)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


class Functions(ModuleType):
    """``math``, with functions that take Values too, if NumPy has them."""

    def fsum(self, terms: Iterable[Any]) -> Any:
        """Add numbers, or Values, whose sum is not rounded once but with each of them."""
        some = [*terms]
        return sum(some) if any(isinstance(x, Traced) for x in some) else math.fsum(some)

    def __getattr__(self, name: str) -> Any:
        f, other = getattr(math, name), getattr(np, RENAMED.get(name, name), None)
        if not callable(f) or other is None:
            return f

        def either(*args: Any) -> Any:
            return other(*args) if any(isinstance(x, Traced) for x in args) else f(*args)

        return either


OWNED = (*MAKERS, *EMPTY, "array", "asarray", "put_along_axis", "add", "subtract")
ARRAYS, FUNCTIONS = Arrays(), Functions("math")
OWN: dict[int, Any] = {id(np): ARRAYS, id(math): FUNCTIONS}
OWN |= {id(getattr(np, n)): getattr(ARRAYS, n) for n in OWNED}
OWN |= {id(f): getattr(FUNCTIONS, n) for n, f in vars(math).items() if callable(f)}


def patched(names: dict[str, Any], numbers: bool) -> Callable[[], None]:
    """Put functions that take Values into some code's global names; give what takes them out.

    With `numbers`, ``float`` leaves Values what they are; it is for conversions alone then.
    """
    before = {name: x for name, x in names.items() if id(x) in OWN}
    names.update({name: OWN[id(x)] for name, x in before.items()})
    hidden = {**BUILTINS, **({"float": Number} if numbers else {})}
    hidden = {name: f for name, f in hidden.items() if name not in names}
    names.update(hidden)

    def restore() -> None:
        names.update(before)
        for name in hidden:
            del names[name]

    return restore
