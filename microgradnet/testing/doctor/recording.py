"""Running the intended function once on Values, watching where in the code each node is made.

The watcher learns two things that the graph alone does not know: the names of local
variables (``h1``, ``sum_o1``) and which nodes one place in the code made again and again
(the rounds of a loop, the calls of a helper), since a mistake there is made every time.
"""

from __future__ import annotations

import sys
import traceback
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import numpy as np

from ...arguments import Transforming, fresh_leaf
from ...errors import DetachedError, DTypeError, NonScalarError
from ...graph import Traced, handle, tick
from . import filling
from .calling import Call

Place = tuple[tuple[CodeType, int], ...]  # code and instruction, from the outermost frame in
FOREIGN = ("torch", "jax", "tensorflow", "autograd", "mygrad", "cupy")
ASIDE = 1 << 20  # instructions, which no function has
PARTS = 64  # of a list or a dict that are looked at
INSIDE = (str(Path(__file__).parent.parent.parent), str(Path(np.__file__).parent))


class Watcher:
    """A trace function that notes names and places while the user's code runs."""

    def __init__(self, help: int = 0, idle: bool = False) -> None:
        self.help, self.idle = help, idle  # see `Call`; whether there is nothing to note
        self.patched: list[tuple[dict[str, Any], Callable[[], None]]] = []  # global names
        self.starts: list[int] = []  # nodes made from here on ...
        self.places: list[Place] = []  # ... were made at this place
        self.names: dict[int, tuple[int, str]] = {}  # node index -> (depth, name)
        self.nodes: dict[int, Any] = {}  # those with names, even if nothing is made of them
        self.arrays: dict[int, tuple[str, Any]] = {}  # plain ones, by their number
        self.callers: dict[FrameType, Place] = {}
        self.last: tuple[int, Place] = 0, ()

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Note which instruction comes next, and what the variables hold."""
        code = frame.f_code
        if code.co_filename.startswith(INSIDE) and "tutorial" not in code.co_filename:
            return None
        if self.help and not any(names is frame.f_globals for names, _ in self.patched):
            names = frame.f_globals
            self.patched.append((names, filling.patched(names, self.help > 1)))
        if self.idle:
            return None
        if event == "call":
            frame.f_trace_opcodes = True
        if event == "call" or frame not in self.callers:
            self.callers[frame] = _stack(frame.f_back)
            for name in code.co_names:
                self._plain(name, frame.f_globals.get(name))
        callers = self.callers[frame]
        if event in ("line", "return"):
            self._look(frame, len(callers) + 1)
        now = self.note()
        self.last = now, callers if event == "return" else (*callers, (code, frame.f_lasti))
        return self

    def note(self) -> int:
        """Keep the place of the instruction before this one if it made nodes."""
        now = tick()
        if now > self.last[0] + 1:
            self.starts.append(self.last[0] + 1)
            self.places.append(self.last[1])
        return now

    def aside(self, make: Callable[[], Any]) -> Any:
        """Take what is made so, by this or any round of a loop, for made elsewhere."""
        now, place = self.note(), self.last[1]
        self.last = now, (*place, *((code, at + ASIDE) for code, at in place[-1:]))
        made = make()
        self.last = self.note(), place
        return made

    def restore(self) -> None:
        """Give the code the names back that it had."""
        for _, restore in self.patched:
            restore()

    def _look(self, frame: FrameType, depth: int) -> None:
        code = frame.f_code
        arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        for name, value in frame.f_locals.items():
            if name[0] in "._" or (depth > 1 and name in arguments):
                continue
            for word, part in islice(_parts(name, value), PARTS):
                self._plain(word, part)
                index = part._node.index if isinstance(part, Traced) else 0
                if index and (index not in self.names or depth < self.names[index][0]):
                    self.names[index] = depth, part.label or word
                    self.nodes[index] = part._node

    def _plain(self, name: str, x: Any) -> None:
        if type(x) is np.ndarray and x.size > 1 and id(x) not in self.arrays:
            self.arrays[id(x)] = name, x

    def label(self, x: Any) -> str:
        """Give the name of an array of plain numbers, or of what it is the transpose of."""
        if np.size(x) < 2 or np.all(x == np.reshape(x, -1)[0]):
            return ""  # zeros(3) says more than a name
        for view, suffix in ((x, ""), (np.transpose(x), ".T")):
            for name, array in self.arrays.values():
                if array.shape == np.shape(view) and np.array_equal(array, view):
                    return name + suffix
        return ""

    def site(self, index: int) -> tuple[Place, int]:
        """Tell where a node was made: the place, and its number among the nodes made there."""
        at = bisect_right(self.starts, index) - 1
        return (self.places[at], index - self.starts[at]) if at >= 0 else ((), index)


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Give a variable's value, or what is in it, with what people would call it."""
    if isinstance(value, filling.Filled):
        yield from ((f"{name}[{index}]", part) for index, part in value.pieces)
        if value.is_joined:
            yield name, value.whole
    elif isinstance(value, list | tuple):
        yield from ((f"{name}[{i}]", part) for i, part in enumerate(value))
    elif isinstance(value, dict):
        for key, part in [*value.items()]:
            yield key if isinstance(key, str) else f"{name}[{key!r}]", part
    else:
        yield name, value


def _stack(frame: FrameType | None) -> Place:
    stack: list[tuple[CodeType, int]] = []
    while frame is not None and frame.f_code.co_filename != __file__:
        stack.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(reversed(stack))


@dataclass
class Recording:
    """One run: the results, the parameters and the data that went in, names and places."""

    results: list[Any]  # the loss, or one for each parameter
    params: list[Traced]
    inputs: list[Any]  # variables, or plain numbers
    watcher: Watcher = field(default_factory=Watcher)


def recorded(
    call: Call,
    params: Sequence[Any],
    inputs: Sequence[Any],
    track: Sequence[bool],
    watched: bool = True,
    read: Callable[[Any], list[Any]] | None = None,
) -> Recording:
    """Run a function on fresh variables.

    Parameters
    ----------
    call : Call
        The intended function, which gives the loss; or any other one, with `read`.
    params, inputs : sequence
        Leaves to run it on.
    track : sequence of bool
        Which data becomes variables too, so that mistakes can be named after it. Some
        functions need plain numbers there (integers to index with).
    watched : bool
        Whether names and places are noted, which takes as long as the rest.
    read : callable, optional
        Lists the results of what the function gives; without it, this has to be the loss.

    Returns
    -------
    Recording
        What it left behind.
    """
    watcher = Watcher(call.help, not watched)
    before = sys.gettrace()
    with Transforming():
        ps = [fresh_leaf(p, n) for p, n in zip(params, call.params.names, strict=True)]
        pairs = zip(inputs, call.inputs.names, track, strict=True)
        xs = [fresh_leaf(x, name) if tracked else x for x, name, tracked in pairs]
        made = Recording([], ps, xs, watcher)
        if watched or call.help:
            sys.settrace(watcher)
        try:
            result = call(*([_again(x) for x in leaves] for leaves in (ps, xs)))
        except Exception as error:
            explain(error)
            raise
        finally:
            sys.settrace(before)
            watcher.restore()
        watcher.note()
    if read is None:
        check(result)
    made.results = [result] if read is None else read(result)
    return made


def _again(x: Any) -> Any:
    """Give a leaf another handle, which the code may write into."""
    return handle(x._node, x._raw) if isinstance(x, Traced) else x


def explain(error: Exception) -> None:
    """Say what to write instead if the function fails as it is not all NumPy."""
    if "setting an array element" in str(error):
        raise DetachedError(
            "the intended function writes into a NumPy array, which cannot hold a derivative; "
            "expected a new array of the parts: np.stack([...]) or np.concatenate([...])"
        ) from error
    for frame, _ in traceback.walk_tb(error.__traceback__):
        names = [*frame.f_code.co_names, *frame.f_code.co_varnames]
        used = [{**frame.f_globals, **frame.f_locals}.get(name) for name in names]
        modules = {x.__name__.split(".")[0] for x in used if isinstance(x, ModuleType)}
        for module in sorted(modules.intersection(FOREIGN)):
            raise DTypeError(
                f"the intended function uses {module}, whose operations cannot be recorded; "
                "expected NumPy's functions, for the same formula"
            ) from error


def check(result: Any) -> None:
    """Refuse what is not one differentiable number."""
    if isinstance(result, float | int | np.number):
        raise NonScalarError(
            f"the intended function returned the plain number {result:.6g}, which does not depend "
            "on the parameters; expected the loss, computed from them with NumPy's functions, "
            "without `.data`, `.item()` or a constant"
        )
    if not isinstance(result, Traced) or not result._node.index:
        raise NonScalarError(
            f"the intended function returned {type(result).__name__}; expected the loss, one "
            "number that depends on the parameters, computed from them with NumPy"
        )
    if np.shape(result._raw) != ():
        raise NonScalarError(
            f"the intended function returned an array of shape {np.shape(result._raw)}; expected "
            "the loss, one number: reduce it (np.sum, np.mean)"
        )
