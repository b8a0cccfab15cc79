"""The three kinds of derivative rule, and what all rules would otherwise repeat.

A rule is handed the cotangent `g` of a result (or the tangents `ts` of the operands),
the result `z`, the operands `xs` and the parameters. It is written in plain NumPy, so
it runs on raw arrays for a first derivative and on Values for a higher one.
Vocabulary and sign conventions: Griewank & Walther, *Evaluating Derivatives* (2008),
chapters 3 and 6.
"""

from __future__ import annotations

import dis
import functools
import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import NotDifferentiableError, ShapeError
from .graph import Primitive, Traced, raw
from .memory import Ghost, locked, times

Partial = Callable[..., Any] | float | None
_reduce_add: Any = np.add.reduce  # np.sum costs another microsecond of wrapping


def shape_of(x: Any) -> tuple[int, ...]:
    """Shape of an array or Value; () for a number."""
    return getattr(x, "shape", ())


def unbroadcast(g: Any, x: Any) -> Any:
    """Bring a cotangent of a broadcast result back to the shape and dtype of operand `x`.

    Broadcasting copies, so its transpose sums over the copies.
    """
    if type(x) is float and type(g) is float:
        return g
    if type(g) is type(x) is np.ndarray:
        shape, target = g.shape, x.shape
    else:
        shape, target = shape_of(g), shape_of(x)
    if shape != target:
        axes, lead = _broadcast_axes(shape, target)
        g = _reduce_add(g, axis=axes, keepdims=not lead)
        if lead and shape_of(g) != target:
            g = g.reshape(target)
    return with_dtype(g, x)


@functools.lru_cache(maxsize=4096)
def _broadcast_axes(
    shape: tuple[int, ...], target: tuple[int, ...]
) -> tuple[tuple[int, ...], bool]:
    """Give the axes along which `target` was repeated, and whether some were added in front."""
    lead = len(shape) - len(target)
    stretched = (i + lead for i, n in enumerate(target) if n == 1 and shape[i + lead] != 1)
    return (*range(lead), *stretched), lead > 0


def with_dtype(g: Any, x: Any) -> Any:
    """Cast `g` to the dtype of `x`; to a Python float if `x` is one."""
    if type(x) is type(g) is np.ndarray:
        return g if g.dtype is x.dtype or x.dtype.kind != "f" else g.astype(x.dtype, copy=False)
    if is_float(x):
        return g if is_float(g) else as_float(g)
    dtype = x.dtype
    if type(g) is float:
        return dtype.type(g) if dtype.char != "d" else g
    if g.dtype is not dtype and g.dtype != dtype and dtype.kind == "f":
        g = g.astype(dtype)
    return g


def is_float(x: Any) -> bool:
    """Whether `x` is a Python number, or a Value that holds one."""
    kind = type(x)
    return kind is float or kind is int or (isinstance(x, Traced) and type(x._raw) is float)


def stretched(g: Any, shape: tuple[int, ...]) -> Any:
    """``np.broadcast_to(g, shape)``, quickly: a read-only view with strides of 0."""
    if type(g) is float or isinstance(g, np.floating):
        number = np.asarray(g)
        number.setflags(write=False)
        return np.ndarray(shape, number.dtype, number, 0, (0,) * len(shape))
    if type(g) is np.ndarray and g.ndim in (0, len(shape)) and g.flags.c_contiguous:
        strides = [0 if n == 1 else s for n, s in zip(g.shape, g.strides, strict=True)]
        strides = strides or [0] * len(shape)
        view = np.ndarray(shape, g.dtype, g, 0, strides)
        view.flags.writeable = False
        return view
    return np.broadcast_to(g, shape)


class Rule:
    """What every kind of rule answers to."""

    # structural: each output element is a sum of operand elements (a copy, a move, a sum),
    # so the sweep may tell "no gradient" from "zero gradient" through it.
    structural = False
    elementwise = False
    separate = False  # linear, with a transpose for every operand

    def reads(self, tracked: tuple[bool, ...]) -> Sequence[bool]:
        """Whose numbers the derivatives for the `tracked` operands read: result, operands."""
        return (True,) * (len(tracked) + 1)

    def vjp(
        self, p: Primitive, g: Any, z: Any, xs: Sequence[Any], params: Any, needed: Sequence[bool]
    ) -> list[Any]:
        """Cotangent per operand; None where not `needed` or where there is none."""
        raise NotImplementedError  # abstract: every kind of rule below overrides it

    def jvp(self, p: Primitive, ts: Sequence[Any], z: Any, xs: Sequence[Any], params: Any) -> Any:
        """Tangent of the result, given the operands' (None: the operand does not move)."""
        raise NotImplementedError  # abstract: every kind of rule below overrides it


def _positions_read(partial: Partial, count: int) -> frozenset[int]:
    """Which positional arguments a partial's code mentions; all if that cannot be told."""
    if not callable(partial):
        return frozenset()
    code = partial.__code__ if isinstance(partial, types.FunctionType) else None
    if code is None or code.co_argcount < count or code.co_flags & inspect.CO_VARARGS:
        return frozenset(range(count))
    mentioned: set[str] = set()
    for instruction in dis.get_instructions(code):
        names = instruction.argval  # two names at once in some interpreters' instructions
        mentioned.update(names if isinstance(names, tuple) else (names,))
    return frozenset(i for i, name in enumerate(code.co_varnames[:count]) if name in mentioned)


def _entry(declared: Sequence[Any], i: int) -> Any:
    """Give what was declared for operand `i`: None, too, if it was left out."""
    return declared[i] if i < len(declared) else None


class Elementwise(Rule):
    """One partial derivative per operand: ``d(z, *xs, **params)``, or a constant number.

    `selects` says that a partial of 0 means "not this operand" (maximum, clip), rather
    than a slope that happens to be 0.
    """

    elementwise = True

    def __init__(self, *partials: Partial, selects: bool = False) -> None:
        self.partials = partials
        self.selects = selects
        self._reads = tuple(_positions_read(d, len(partials) + 1) for d in partials)
        self._known: dict[tuple[bool, ...], Sequence[bool]] = {}

    def reads(self, tracked: tuple[bool, ...]) -> Sequence[bool]:
        """Join what the partials of the tracked operands read."""
        known = self._known.get(tracked)
        if known is None:
            reads = self._reads
            if len(reads) < len(tracked):  # a partial too few is refused where it is asked for
                reads = (frozenset(range(len(tracked) + 1)),) * len(tracked)
            used = set().union(*(r for r, t in zip(reads, tracked, strict=True) if t))
            known = self._known[tracked] = [k in used for k in range(len(tracked) + 1)]
        return known

    def partial(self, p: Primitive, i: int) -> Any:
        """Give partial `i`, or raise if it was declared as having none."""
        d = _entry(self.partials, i)
        if d is None:
            raise NotDifferentiableError(
                f"{p.name} was declared without a derivative with respect to its operand {i}; pass "
                "a plain number or array there, or detach it with stop_gradient(...)"
            )
        return d

    def vjp(
        self, p: Primitive, g: Any, z: Any, xs: Sequence[Any], params: Any, needed: Sequence[bool]
    ) -> list[Any]:
        """Multiply the cotangent by each partial and sum out what was broadcast."""
        out: list[Any] = []
        for i, x in enumerate(xs):
            if not needed[i]:
                out.append(None)
                continue
            d = self.partial(p, i)
            if type(d) is float:
                c = g if d == 1.0 else -g if d == -1.0 else d * g
            elif params:
                c = times(d(z, *xs, **params), g)
            else:
                c = times(d(z, *xs), g)
            out.append(unbroadcast(c, x))
        return out

    def jvp(self, p: Primitive, ts: Sequence[Any], z: Any, xs: Sequence[Any], params: Any) -> Any:
        """Add up partial times tangent."""
        total = None
        for i, t in enumerate(ts):
            if t is None:
                continue
            d = self.partial(p, i)
            if type(d) is not float:
                d = d(z, *xs, **(params or {}))
            term = d * t
            if self.selects:  # an operand that was not chosen does not move, however fast it runs
                term = np.where(raw(d) != 0, term, 0.0)
            total = term if total is None else total + term
        return fill(total, z)


def _guarded(f: Any, place: int = 0) -> Any:
    """Let a rule of somebody's only read the cotangent (or tangents) in its argument `place`."""
    if f is None or str(getattr(f, "__module__", "")).startswith(f"{__package__}."):
        return f

    @functools.wraps(f)
    def reading(*args: Any, **params: Any) -> Any:
        return f(*args[:place], locked(args[place]), *args[place + 1 :], **params)

    return reading


class Linear(Rule):
    """Linear in its operands: a transpose per operand, ``t(g, *xs, **params)``.

    Parameters
    ----------
    *transposes : callable
        One per operand; or a single one with `variadic`, called as
        ``t(needed, g, xs, **params)`` for all operands at once.
    jointly : bool
        True for sums and rearrangements of all operands together (concatenate); False
        for products, which are linear in each operand while the others stay.
    structural : bool
        See `Rule.structural`.
    """

    def __init__(
        self,
        *transposes: Callable[..., Any] | None,
        jointly: bool = False,
        variadic: bool = False,
        structural: bool = False,
    ) -> None:
        self.transposes: tuple[Callable[..., Any] | None, ...] = tuple(
            _guarded(t, 1 if variadic else 0) for t in transposes
        )
        self.jointly, self.variadic, self.structural = jointly, variadic, structural
        self.separate = not variadic and None not in transposes

    def reads(self, tracked: tuple[bool, ...]) -> Sequence[bool]:
        """Tell by linearity: a transpose cannot depend on its own operand's numbers."""
        if self.jointly:
            return [False] + [not self._moves(i) for i in range(len(tracked))]
        return [False] + [
            any(t for j, t in enumerate(tracked) if j != i) for i in range(len(tracked))
        ]

    def vjp(
        self, p: Primitive, g: Any, z: Any, xs: Sequence[Any], params: Any, needed: Sequence[bool]
    ) -> list[Any]:
        """Apply the transpose of each operand that needs it."""
        params = params or {}
        if self.variadic:
            cs = self.transposes[0](needed, g, xs, **params)  # type: ignore[misc]  # it is there
            return [checked(p, c, x, i) for i, (c, x) in enumerate(zip(cs, xs, strict=True))]
        return [
            checked(p, self._transpose(p, i)(g, *xs, **params), x, i) if needed[i] else None
            for i, x in enumerate(xs)
        ]

    def jvp(self, p: Primitive, ts: Sequence[Any], z: Any, xs: Sequence[Any], params: Any) -> Any:
        """Apply the operation itself to the tangents."""
        params = params or {}
        for i, t in enumerate(ts):
            if t is not None and not self.variadic:
                self._transpose(p, i)
        if self.jointly:
            moved = [
                (zeros_like(x) if t is None else t) if self._moves(i) else x
                for i, (t, x) in enumerate(zip(ts, xs, strict=True))
            ]
            return fill(p(*moved, **params), z)
        total = None
        for i, t in enumerate(ts):
            if t is not None:
                term = p(*xs[:i], t, *xs[i + 1 :], **params)
                total = term if total is None else total + term
        return fill(total, z)

    def _moves(self, i: int) -> bool:
        return self.variadic or _entry(self.transposes, i) is not None

    def _transpose(self, p: Primitive, i: int) -> Callable[..., Any]:
        """Give the transpose for operand `i`, or raise if it was declared as having none."""
        t: Callable[..., Any] | None = _entry(self.transposes, i)
        if t is None:
            raise NotDifferentiableError(
                f"{p.name} was declared without a derivative with respect to its operand {i}; "
                "detach it with stop_gradient(...) if that is meant"
            )
        return t


class General(Rule):
    """An explicit ``vjp(g, z, *xs, needed, **params)``, ``jvp(ts, z, *xs, **params)``, or both.

    Where one is missing the sweep makes it from the other: each is linear in its first
    argument, and transposing it gives the other.
    """

    def __init__(
        self,
        vjp: Callable[..., Sequence[Any]] | None = None,
        jvp: Callable[..., Any] | None = None,
        structural: bool = False,
    ) -> None:
        self._vjp, self._jvp, self.structural = _guarded(vjp), _guarded(jvp), structural

    @property
    def has_vjp(self) -> bool:
        """Whether a vjp was written."""
        return self._vjp is not None

    @property
    def has_jvp(self) -> bool:
        """Whether a jvp was written."""
        return self._jvp is not None

    def vjp(
        self, p: Primitive, g: Any, z: Any, xs: Sequence[Any], params: Any, needed: Sequence[bool]
    ) -> list[Any]:
        """Call the written vjp and check what it gives."""
        assert self._vjp is not None
        cs = self._vjp(g, z, *xs, needed=needed, **(params or {}))
        if not isinstance(cs, list | tuple) or len(cs) != len(xs):
            got = f"{len(cs)} entries" if isinstance(cs, list | tuple) else type(cs).__name__
            raise ShapeError(
                f"the vjp of {p.name} gave {got}; expected a list of {len(xs)}, the cotangent of "
                "each operand (None where there is none)"
            )
        return [
            None if c is None or not need else checked(p, c, x, i)
            for i, (c, x, need) in enumerate(zip(cs, xs, needed, strict=True))
        ]

    def jvp(self, p: Primitive, ts: Sequence[Any], z: Any, xs: Sequence[Any], params: Any) -> Any:
        """Call the written jvp."""
        assert self._jvp is not None
        t = self._jvp(ts, z, *xs, **(params or {}))
        return t if type(z) is tuple else fill(t, z)


def checked(p: Primitive, c: Any, x: Any, i: int) -> Any:
    """Assert that a cotangent has its operand's shape, and give it its dtype."""
    if c is None:
        return None
    if shape_of(c) != shape_of(x):
        raise ShapeError(
            f"the derivative of {p.name} gave operand {i} a cotangent of shape {shape_of(c)}; "
            f"expected {shape_of(x)}, the operand's own: the rule is wrong"
        )
    return with_dtype(c, x)


def fill(t: Any, z: Any) -> Any:
    """Bring a tangent to the shape and dtype of the result `z`."""
    if t is None or is_float(z):
        return t if t is None or is_float(t) else as_float(t)
    if shape_of(t) != shape_of(z):
        t = np.broadcast_to(t, shape_of(z))
    return with_dtype(t, z)


def zeros_like(x: Any) -> Any:
    """Zeros of the shape and dtype of raw data or of a Value's, untracked."""
    x = raw(x)
    if type(x) is tuple:
        return tuple(map(zeros_like, x))
    if isinstance(x, np.ndarray | Ghost):
        return np.zeros(x.shape, x.dtype if x.dtype.kind == "f" else np.float64)
    return 0.0 if isinstance(x, int | float) and type(x) is not np.float64 else type(x)(0)


# A number of NumPy's as the Python float that its operand is.
as_float = Primitive("as_float", float, Linear(with_dtype))
