"""What a computation leaves behind: immutable nodes, the handles on them, the primitives.

A ``Node`` is a record of one result: its data, the primitive that made it, from which
inputs, with which parameters. ``Traced`` is the bare handle that points at a node
(``Value`` adds the operators). Calling a ``Primitive`` computes, and records if any
operand is tracked. Nothing here knows a derivative: rules do (``rules.py``).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any

import numpy as np

from . import backend, memory
from .errors import RegistryError, ShapeError, mismatch
from .memory import is_small, keep, settled

# Creation order is a topological order, so walks sort by it and never recurse; constants
# carry 0. ``itertools.count`` is atomic under threads.
tick = itertools.count(1).__next__


class Node:
    """One recorded result; never changed after creation.

    ``operands`` are the raw numbers it was computed from and ``data`` the result; of a large
    array that no derivative will read, only a ``memory.Ghost`` stays. ``inputs`` holds the
    operands' nodes, None for constants. ``grad`` alone is written later, by ``backward``.
    """

    __slots__ = ("data", "grad", "index", "primitive")
    data: Any
    primitive: Primitive | None
    inputs: tuple[Node | None, ...]
    operands: tuple[Any, ...]
    params: dict[str, Any] | None
    index: int
    grad: Any


class ArrayNode(Node):
    """A result of any number of operands of any kind."""

    __slots__ = ("inputs", "operands", "params")


class ScalarNode(Node):
    """A result of one or two Python floats, elementwise: the same without tuples.

    These come in millions, and tuples would double what the garbage collector walks. ``a``
    and ``b`` are the inputs, ``x`` and ``y`` the operands; `y` is None if there is but one.
    """

    __slots__ = ("a", "b", "x", "y")
    a: Node | None
    b: Node | None
    x: Any
    y: Any
    params = None

    @property
    def inputs(self) -> tuple[Node | None, ...]:  # type: ignore[override]  # read-only, as all
        """The operands' nodes."""
        return (self.a,) if self.y is None else (self.a, self.b)

    @property
    def operands(self) -> tuple[Any, ...]:  # type: ignore[override]  # read-only, as all
        """The operands."""
        return (self.x,) if self.y is None else (self.x, self.y)


class Cell:
    """Where the gradient of a leaf accumulates; shared by a handle and all leaves it named."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Any = None


class Leaf(Node):
    """A node made from nothing: a variable. ``cell`` is None for a transform's own leaves."""

    __slots__ = ("cell",)
    cell: Cell | None
    primitive = params = None
    inputs = operands = ()


class Traced:
    """A name for a node. Its subclass ``Value`` is what users hold."""

    __slots__ = ("__weakref__", "_cell", "_family", "_node", "_raw", "label")
    _node: Node
    _raw: Any  # not `_data`, which numpy.ma would read as its own and cut the graph silently
    _cell: Cell | None
    _family: Any  # set by ``views.link`` only
    label: str | None


_new_handle: Callable[[], Any]


def name_handles(kind: type[Traced]) -> None:
    """Say which class handles are of: ``value.py``'s, which nothing here imports."""
    global _new_handle
    _new_handle = partial(object.__new__, kind)  # past ``__init__``, which makes variables


def raw(x: Any) -> Any:
    """Give the data of a handle; anything else is raw already."""
    return x._raw if isinstance(x, Traced) else x


def handle(node: Node, data: Any) -> Any:
    """Give `node`, whose result is `data`, a name."""
    value = _new_handle()
    value._node = node
    value._raw = data
    value._cell = value.label = None
    return value


def record(
    data: Any,
    primitive: Primitive,
    inputs: tuple[Node | None, ...],
    operands: tuple[Any, ...],
    params: dict[str, Any] | None = None,
    kept: Any = None,
) -> Any:
    """Make the node for `data` (or `kept`), and a handle on it; while paused, a constant."""
    if _pauses and mode.get() is PAUSED:
        return constant(data)
    node = ArrayNode()
    node.data = data if kept is None else kept
    node.primitive = primitive
    node.inputs = inputs
    node.operands = operands
    node.params = params
    node.index = tick()
    node.grad = None
    value = _new_handle()
    value._node = node
    value._raw = data
    value._cell = value.label = None
    return value


def record_scalar(
    data: float, primitive: Primitive, a: Node | None, b: Node | None, x: Any, y: Any
) -> Any:
    """Do what `record` does for an elementwise result of one or two Python numbers."""
    if _pauses and mode.get() is PAUSED:
        return constant(data)
    node = ScalarNode()
    node.data = data
    node.primitive = primitive
    node.a = a
    node.b = b
    node.x = x
    node.y = y
    node.index = tick()
    node.grad = None
    value = _new_handle()
    value._node = node
    value._raw = data
    value._cell = value.label = None
    return value


def leaf_node(data: Any, cell: Cell | None) -> Leaf:
    """Make a variable's node."""
    node = Leaf()
    node.data = data
    node.cell = cell
    node.index = tick()
    node.grad = None
    return node


_NOTHING = leaf_node(None, None)  # the node of every constant: index 0 marks it
_NOTHING.index = 0


def constant(data: Any) -> Any:
    """Name untracked data."""
    return handle(_NOTHING, data)


# --- ambient state: is recording paused, and are we inside a transform? --------------------

PAUSED, TRANSFORM = "paused", "transform"
mode: ContextVar[str | None] = ContextVar("microgradnet_mode", default=None)
_pauses = 0  # how many scopes pause recording, process-wide: while 0 nobody need ask ``mode``
_pauses_lock = threading.Lock()


class paused:  # reads as a word after with
    """Record nothing inside this block, in this thread or task only."""

    def __init__(self) -> None:
        self._tokens: list[Any] = []

    def __enter__(self) -> None:
        global _pauses
        with _pauses_lock:
            _pauses += 1
        self._tokens.append(mode.set(PAUSED))

    def __exit__(self, *error: object) -> None:
        global _pauses
        mode.reset(self._tokens.pop())
        with _pauses_lock:
            _pauses -= 1

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function."""
        if isgeneratorfunction(f) or iscoroutinefunction(f) or isasyncgenfunction(f):
            raise TypeError(
                f"no_grad() as a decorator of {f.__name__}, whose body runs after the call; "
                "expected a plain function: write with no_grad(): inside it"
            )

        @wraps(f)
        def pausing(*args: Any, **kwargs: Any) -> Any:
            with paused():
                return f(*args, **kwargs)

        return pausing


# --- primitives -----------------------------------------------------------------------------

PRIMITIVES: dict[str, Primitive] = {}
_NO_PARAMS: dict[str, Any] = {}  # shared, never written to
_array = np.ndarray


class Primitive:
    """An operation with a derivative.

    Parameters
    ----------
    name : str
        Unique; errors and pictures call it by this name.
    evaluate : callable
        Computes on raw data: ``evaluate(*operands, **params)``.
    rule : Rule
        The derivative (``rules.py``).
    scalar : callable, optional
        A quicker `evaluate` for Python floats. Where it raises an arithmetic error,
        `evaluate` decides (NumPy's inf or nan, with its warning).
    domain : object, optional
        Where sampled operands make sense, for generated tests.

    Raises
    ------
    RegistryError
        If the name is taken.
    """

    __slots__ = ("domain", "evaluate", "name", "rule", "scalar")

    def __init__(
        self,
        name: str,
        evaluate: Callable[..., Any],
        rule: Any,
        scalar: Callable[..., Any] | None = None,
        domain: Any = None,
    ) -> None:
        if name in PRIMITIVES:
            raise RegistryError(
                f"a primitive named {name!r} exists already; give yours another name, "
                f'for example name="my_{name}"'
            )
        self.name, self.evaluate, self.rule = name, evaluate, rule
        self.scalar, self.domain = scalar, domain
        PRIMITIVES[name] = self

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __call__(self, *args: Any, **params: Any) -> Any:
        """Compute on raw data, or on handles and record."""
        if len(args) == 1 and isinstance(args[0], Traced):
            return self.on_one(args[0], params)
        if len(args) == 2 and not params:
            return self.on_two(*args)
        named = tracked = False
        operands: list[Any] = []
        inputs: list[Node | None] = []
        for a in args:
            node = None
            if isinstance(a, Traced):
                named = True
                node = a._node if a._node.index else None
                tracked = tracked or node is not None
                a = a._raw
            elif type(a) not in backend.PLAIN_OPERANDS:
                a = backend.operand(a, self.name)
            operands.append(a)
            inputs.append(node)
        data = self.compute(operands, params)
        if not tracked or (_pauses and mode.get() is PAUSED):
            return constant(data) if named else data
        kept, operands = keep(self.rule, data, operands, inputs)
        return record(data, self, tuple(inputs), tuple(operands), params or None, kept)

    def on_one(self, x: Traced, params: dict[str, Any] = _NO_PARAMS) -> Any:
        """Do what ``__call__`` does for the commonest case, a single handle."""
        node, a = x._node, x._raw
        if type(a) is float:
            try:
                data = self.scalar(a) if self.scalar is not None and not params else None
            except backend.ARITHMETIC_ERRORS:
                data = None
            if type(data) is not float:
                data = self.compute([a], params)
            if not node.index:
                return constant(data)
            if type(data) is float and self.rule.elementwise and not params:
                return record_scalar(data, self, node, None, a, None)
            return record(data, self, (node,), (a,), params or None)
        try:
            data = self.evaluate(a, **params) if params else self.evaluate(a)
        except ValueError as error:
            raise self._explained([a], error) from error
        if not node.index:
            return constant(data)
        small = data.size <= memory.LARGE if type(data) is _array else is_small(data)
        if small and (self.rule.elementwise or is_small(a)):
            return record(data, self, (node,), (a,), params or None)
        kept, operands = keep(self.rule, data, [a], (node,))
        return record(data, self, (node,), tuple(operands), params or None, kept)

    def on_two(self, x: Any, y: Any) -> Any:
        """Do what ``__call__`` does for two operands and no parameters, a little sooner."""
        n = m = None
        named = False
        if isinstance(x, Traced):
            named = True
            if x._node.index:
                n = x._node
            x = x._raw
        elif type(x) not in backend.PLAIN_OPERANDS:
            x = backend.operand(x, self.name)
        if isinstance(y, Traced):
            named = True
            if y._node.index:
                m = y._node
            y = y._raw
        elif type(y) not in backend.PLAIN_OPERANDS:
            y = backend.operand(y, self.name)
        if type(x) is _array:
            try:
                data = self.evaluate(x, y)
            except ValueError as error:
                raise self._explained([x, y], error) from error
        else:
            data = self.compute([x, y], _NO_PARAMS)
        if (n is None and m is None) or (_pauses and mode.get() is PAUSED):
            return constant(data) if named else data
        elementwise = self.rule.elementwise
        if type(data) is float and elementwise:
            return record_scalar(data, self, n, m, x, y)
        small = data.size <= memory.LARGE if type(data) is _array else is_small(data)
        if small and (elementwise or (is_small(x) and is_small(y))):
            if n is None:
                x = settled(x, elementwise)
            if m is None:
                y = settled(y, elementwise)
            return record(data, self, (n, m), (x, y))
        kept, (x, y) = keep(self.rule, data, [x, y], (n, m))
        return record(data, self, (n, m), (x, y), None, kept)

    def compute(self, operands: list[Any], params: dict[str, Any]) -> Any:
        """Evaluate on raw operands, with errors that name this primitive."""
        if type(operands[0]) in backend.PYTHON_NUMBERS and self.rule.elementwise:
            result = backend.on_floats(self, operands, params)
            if result is not None:
                return result
        try:
            return self.evaluate(*operands, **params)
        except ValueError as error:
            raise self._explained(operands, error) from error

    def _explained(self, operands: list[Any], error: ValueError) -> ValueError:
        if isinstance(error, np.linalg.LinAlgError | ShapeError):
            return error
        return mismatch(self.name, [np.shape(x) for x in operands], error, self.rule.elementwise)
