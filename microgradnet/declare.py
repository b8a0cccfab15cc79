"""How operations are declared: one declaration each, from which everything else follows.

`elementwise`, `linear` and `general` make a primitive with its derivative; `implements`
says which NumPy function a Python function written in other operations stands for.
The tables here are what NumPy's protocols look up (``numpy_protocol.py``) and what the
generated property tests run over.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .errors import RegistryError, UnknownKeywordError
from .graph import Primitive
from .rules import Elementwise, General, Linear, Partial

F = TypeVar("F", bound=Callable[..., Any])
Interval = tuple[float, float]

REAL: Interval = (-math.inf, math.inf)
POSITIVE: Interval = (0.0, math.inf)
UNIT: Interval = (-1.0, 1.0)

# NumPy function (or ufunc) -> what to call instead when an argument is a Value.
NUMPY: dict[Any, Callable[..., Any]] = {}
ACCEPTED: dict[Any, frozenset[str]] = {}
POSITIONAL: dict[Any, float] = {}  # how many arguments its implementation takes by position
CASES: dict[Any, tuple[Case, ...]] = {}


class arg(NamedTuple):  # reads as a word inside a case
    """An operand that tests sample: its shape, and the interval its elements lie in."""

    shape: tuple[int, ...] = ()
    domain: Interval = REAL
    kind: str = "any"  # "spd", "distinct", ... : how ``tests`` shapes the sample further


@dataclass(frozen=True)
class Case:
    """One call that generated tests make: positional and keyword arguments, some sampled."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


def case(*args: Any, **kwargs: Any) -> Case:
    """Write a test call as it would be made, with ``arg(shape)`` for a sampled operand."""
    return Case(args, kwargs)


def _refuse_more(what: str, given: Sequence[Any], evaluate: Callable[..., Any]) -> None:
    """Refuse more partials or transposes than there can be operands: one would be ignored."""
    try:
        most = positions(evaluate)[0]
    except ValueError:  # compiled code that does not say
        return
    if len(given) > most:
        raise RegistryError(
            f"{evaluate.__name__} takes {most} operand(s), but {len(given)} {what} were given; "
            "write one per operand, in their order"
        )


def elementwise(
    evaluate: Callable[..., Any],
    *partials: Partial,
    name: str | None = None,
    scalar: Callable[..., Any] | None = None,
    array: Callable[..., Any] | None = None,
    domain: Sequence[Interval] | None = None,
    selects: bool = False,
) -> Primitive:
    """Declare an operation that acts element by element, with broadcasting.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(*operands)`` on floats and arrays. A NumPy ufunc is looked up under
        itself, so that calling the ufunc on a Value reaches this operation.
    *partials : callable or float or None
        One per operand: ``d(z, *operands)``, the partial derivative, in plain NumPy; `z`
        is the result. A constant may be written as a number; None refuses to
        differentiate with respect to that operand.
    name : str, optional
        Defaults to the name of `evaluate`.
    scalar : callable, optional
        A quicker `evaluate` for Python floats.
    array : callable, optional
        A quicker `evaluate` for arrays.
    domain : sequence of (low, high), optional
        The open interval of each operand; everything by default.
    selects : bool
        Whether a partial of 0 means "not this operand" (as for maximum).

    Returns
    -------
    Primitive
        Callable on floats, arrays and Values, with forward and reverse mode and all orders.

    Raises
    ------
    RegistryError
        If the name is taken, `evaluate` is a function of NumPy's that has a derivative, or
        there are more partials than operands.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import elementwise, grad
    >>> softsign = elementwise(
    ...     lambda x: x / (1 + np.abs(x)), lambda z, x: 1 / (1 + np.abs(x)) ** 2, name="softsign"
    ... )
    >>> grad(softsign)(1.0)
    0.25
    """
    if evaluate in NUMPY:
        raise RegistryError(
            f"numpy's {evaluate.__name__} has a derivative already, which all Values use; for an "
            "operation of your own wrap it in a function: lambda x: ..."
        )
    _refuse_more("partials", partials, evaluate)
    name = name or evaluate.__name__
    spans = tuple(domain) if domain is not None else (REAL,) * len(partials)
    constants = tuple(float(d) if isinstance(d, int | float) else d for d in partials)
    rule = Elementwise(*constants, selects=selects)
    primitive = Primitive(name, array or evaluate, rule, scalar, spans)
    if isinstance(evaluate, np.ufunc):
        NUMPY[evaluate] = primitive
        ACCEPTED[evaluate] = frozenset()
    return primitive


def linear(
    evaluate: Callable[..., Any],
    *transposes: Callable[..., Any] | None,
    name: str | None = None,
    jointly: bool = False,
    variadic: bool = False,
    structural: bool = False,
) -> Primitive:
    """Declare an operation that is linear in its operands.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(*operands, **params)`` on raw data.
    *transposes : callable or None
        One per operand: ``t(g, *operands, **params)`` gives the operand's cotangent from
        the result's, which is read-only. With `variadic` a single
        ``t(needed, g, operands, **params)``, which gives a list, None where ``needed`` is False.
    name : str, optional
        Defaults to the name of `evaluate`.
    jointly : bool
        True if linear in all operands together (concatenate), False if in each while the
        others stay (matmul).
    variadic : bool
        Whether any number of operands is taken.
    structural : bool
        Whether results are copies or sums of operand elements, without other factors.

    Returns
    -------
    Primitive

    Raises
    ------
    RegistryError
        If the name is taken, or there are more transposes than operands.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import grad, linear
    >>> evens = linear(
    ...     lambda x: x[::2], lambda g, x: np.stack([g, 0 * g], -1).reshape(x.shape), name="evens"
    ... )
    >>> grad(lambda x: np.sum(evens(x) ** 2))(np.arange(4.0))
    array([0., 0., 4., 0.])
    """
    if not variadic:
        _refuse_more("transposes", transposes, evaluate)
    rule = Linear(*transposes, jointly=jointly, variadic=variadic, structural=structural)
    return Primitive(name or evaluate.__name__, evaluate, rule)


def general(
    evaluate: Callable[..., Any],
    vjp: Callable[..., Sequence[Any]] | None = None,
    jvp: Callable[..., Any] | None = None,
    name: str | None = None,
    structural: bool = False,
) -> Primitive:
    """Declare an operation by its vjp, its jvp, or both; a missing one is derived.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(*operands, **params)`` on raw data; a tuple if it has several results.
    vjp : callable, optional
        ``vjp(g, z, *operands, needed, **params)``: a cotangent per operand, None where
        ``needed`` is False. Must be linear in `g`, which is read-only, and written in
        differentiable NumPy. With several results `g` is a tuple, None for each result that
        nobody asked about.
    jvp : callable, optional
        ``jvp(ts, z, *operands, **params)``: the result's tangent from the operands', of
        which those that do not move are None.
    name : str, optional
        Defaults to the name of `evaluate`.
    structural : bool
        Whether results are copies or sums of operand elements, without other factors.

    Returns
    -------
    Primitive

    Raises
    ------
    RegistryError
        If neither is given, or the name is taken.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import general, grad
    >>> double = general(lambda x: x + x, vjp=lambda g, z, x, needed: [2 * g], name="double")
    >>> grad(double)(3.0)
    2.0
    """
    if vjp is None and jvp is None:
        raise RegistryError("general(...) needs a vjp, a jvp, or both; got neither")
    rule = General(vjp, jvp, structural=structural)
    return Primitive(name or evaluate.__name__, evaluate, rule)


def implements(*functions: Any, cases: Sequence[Case] = ()) -> Callable[[F], F]:
    """Say that a function written in other operations stands for these NumPy functions.

    Parameters
    ----------
    *functions
        NumPy functions (several if NumPy has aliases) with this signature.
    cases : sequence of Case
        Calls that the generated property tests make.

    Raises
    ------
    RegistryError
        If a function is implemented already.
    """

    def register(f: F) -> F:
        names = frozenset(
            p.name
            for p in inspect.signature(f).parameters.values()
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        )
        count = positions(f)[0]
        for function in functions:
            if function in NUMPY:
                raise RegistryError(f"numpy's {function.__name__} is implemented already")
            NUMPY[function] = f
            POSITIONAL[function] = count
            ACCEPTED[function] = names
            CASES[function] = tuple(cases)
        return f

    return register


def positions(f: Any) -> tuple[float, list[str]]:
    """Tell how many arguments a function takes by position, and the names of these."""
    parameters = inspect.signature(f).parameters.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return math.inf if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(names), names


def by_name(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Name the arguments that NumPy takes by position, and an implementation only by name.

    As in ``np.max(v, 0, None, True)``, where None is ``out`` and True is ``keepdims``.
    """
    count = int(POSITIONAL[function])
    surplus = dict(zip(positions(function)[1][count:], args[count:], strict=False))
    return args[:count], {**kwargs, **check_keywords(function, surplus)}


def refuse_out(name: str, out: Any) -> None:
    """Refuse to write into an array.

    Raises
    ------
    UnknownKeywordError
        If `out` is given.
    """
    if out is not None:
        raise UnknownKeywordError(
            f"{name}(..., out=...) would write a tracked result into a plain array and lose its "
            f"gradient; write a = np.{name}(...)"
        )


def _default(function: Any, key: str) -> Any:
    try:
        return inspect.signature(function).parameters[key].default
    except (KeyError, TypeError, ValueError):
        return inspect.Parameter.empty


def check_keywords(function: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Refuse keywords that the implementation would have to swallow.

    A keyword at NumPy's own default, or at a "not given" value (None or ``np._NoValue``), says
    nothing and is dropped.
    """
    accepted = ACCEPTED[function]
    kept = {}
    for key, value in kwargs.items():
        if value is np._NoValue:
            continue
        if key == "out":
            refuse_out(function.__name__, value)
        elif key in accepted:
            kept[key] = value
        elif value is None or value is _default(function, key):
            continue
        else:
            known = ", ".join(sorted(accepted)) or "none"
            raise UnknownKeywordError(
                f"{function.__name__} on a Value got the keyword {key}={value!r}; expected one "
                f"of: {known}. Apply what it says as an operation of its own"
            )
    return kept
