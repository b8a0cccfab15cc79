"""Every operation that the library declares, as something a program can call.

Nothing is listed here but indexing, which is no function: the rest is read from
``declare``'s tables, so that a new declaration is drawn, fuzzed and printed without
another line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...declare import CASES, NUMPY, REAL, Case, Interval, arg, case
from ...errors import RegistryError
from ...graph import PRIMITIVES, Primitive
from ...ops import special

HOMES = {
    "np": np,
    "np.linalg": np.linalg,
    "np.fft": np.fft,
    "np.lib.scimath": np.lib.scimath,
}

# What stands for operands that have no derivative (masks, exponents).
HELD = {"ldexp": 2, "choose": True}


@dataclass(frozen=True)
class Operation:
    """A function that programs call: its written name, and declared calls as patterns."""

    name: str
    function: Callable[..., Any]
    cases: tuple[Case, ...]
    elementwise: bool = False  # operands of any shapes that broadcast

    def __repr__(self) -> str:
        return self.name


def written(function: Any) -> str | None:
    """Say how a function is reached from ``np``; None if it is not."""
    name = function.__name__
    for path, home in HOMES.items():
        if getattr(home, name, None) is function:
            return f"{path}.{name}"
    return None


def getitem(x: Any, index: Any) -> Any:
    """Give ``x[index]``."""
    return x[index]


def setitem(x: Any, index: Any, value: Any) -> Any:
    """Give a copy of `x` with ``[index] = value`` done to it."""
    y = 1.0 * x
    y[index] = value
    return y


INDEXING = (
    Operation(
        "getitem",
        getitem,
        (
            case(arg((3,)), 0),
            case(arg((3,)), -1),
            case(arg((2, 3)), slice(1, None)),
            case(arg((2, 3)), slice(None, None, -1)),
            case(arg((2, 3)), (slice(None), slice(None, None, 2))),
            case(arg((2, 3)), (Ellipsis, 1)),
            case(arg((2, 3)), (slice(None), None, -1)),
            case(arg((2, 3)), (1, [0, 0, 2])),
            case(arg((3, 2)), [0, 2, 0]),
            case(arg((2, 3)), ([0, 1, 0], [2, 0, 2])),
            case(arg((3,)), np.array([True, False, True])),
            case(arg((2, 3)), np.array([[True, False, True], [False, False, True]])),
            case(arg((3, 2)), np.array([], int)),
        ),
    ),
    Operation(
        "setitem",
        setitem,
        (
            case(arg((3,)), 0, arg()),
            case(arg((3,)), slice(1, None), arg((2,))),
            case(arg((2, 3)), (slice(None), 1), arg((2,))),
            case(arg((2, 3)), slice(None, None, -1), arg((2, 3))),
            case(arg((3,)), [0, 2], arg((2,))),
            case(arg((2, 3)), (Ellipsis, slice(0, 2)), arg((2, 2))),
            case(arg((3,)), np.array([True, False, True]), arg()),
        ),
    ),
)


def _pattern(primitive: Primitive) -> Case:
    """Write the call of an elementwise primitive on vectors in its declared domain."""
    held = HELD.get(primitive.name, 1)
    spans = (*(primitive.domain or ()), *([REAL] * len(primitive.rule.partials)))
    return case(
        *[
            arg((3,), span) if partial is not None else held
            for partial, span in zip(primitive.rule.partials, spans, strict=False)
        ]
    )


def _works(primitive: Primitive, pattern: Case) -> bool:
    """Whether a primitive takes operands alone; others need what their callers pass."""
    try:
        primitive(*[np.full(a.shape, 0.5) if isinstance(a, arg) else a for a in pattern.args])
    except Exception:  # whatever is missing: there is no pattern to call it by
        return False
    return True


# What NumPy's functions and their derivatives are made of: nobody calls these by themselves, and
# some of them have no derivative on purpose.
_OFFERED = {p.name for p in vars(special).values() if isinstance(p, Primitive)}
PIECES = frozenset(PRIMITIVES) - _OFFERED


def operations() -> dict[str, Operation]:
    """Name all operations declared up to now.

    Returns
    -------
    dict of str to Operation
        NumPy functions and ufuncs by their written names (``np.linalg.det``), primitives
        of which NumPy knows nothing by theirs, ``getitem`` and ``setitem``.
    """
    table = {operation.name: operation for operation in INDEXING}
    for function, stands_for in NUMPY.items():
        name = written(function)
        if name is None:
            continue
        if cases := CASES.get(function):
            table[name] = Operation(name, function, cases)
        elif isinstance(stands_for, Primitive):
            table[name] = Operation(name, function, (_pattern(stands_for),), elementwise=True)
    for primitive in PRIMITIVES.values():
        if primitive.rule.elementwise and primitive.name not in PIECES:
            pattern = _pattern(primitive)
            if any(isinstance(a, arg) for a in pattern.args) and _works(primitive, pattern):
                table[primitive.name] = Operation(primitive.name, primitive, (pattern,), True)
    return dict(sorted(table.items()))


def operation(which: Operation | Callable[..., Any] | str) -> Operation:
    """Look an operation up by its function or its written name.

    Raises
    ------
    RegistryError
        If no such operation is declared.
    """
    if isinstance(which, Operation):
        return which
    table = operations()
    for name, known in table.items():
        if which == name or which is known.function:
            return known
    name = which if isinstance(which, str) else getattr(which, "__name__", repr(which))
    raise RegistryError(
        f"{name} is no declared operation; expected a function such as np.linalg.solve, or one "
        "of the names that operations() lists"
    )


def domains(function: Operation | Callable[..., Any] | str) -> tuple[Interval, ...]:
    """Give the open interval in which an operation takes each of its operands.

    Parameters
    ----------
    function : callable or str
        A NumPy function or another declared operation, or its name.

    Returns
    -------
    tuple of (float, float)
        One for each operand of the first call that its declaration shows.

    Raises
    ------
    RegistryError
        If no such operation is declared.

    Examples
    --------
    >>> import numpy as np
    >>> domains(np.log), domains("np.arcsin")
    (((0.0, inf),), ((-1.0, 1.0),))
    """
    first = operation(function).cases[0]
    return tuple(a.domain for a in asked(first))


def asked(tree: Any) -> list[arg]:
    """List the operands that a pattern asks for."""
    if isinstance(tree, arg):
        return [tree]
    if isinstance(tree, Case):
        return asked((tree.args, tuple(tree.kwargs.values())))
    return [a for branch in tree for a in asked(branch)] if isinstance(tree, tuple | list) else []
