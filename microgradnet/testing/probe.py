"""The function under test, as numbers in and a number out: displaced, and in any precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from ..errors import NonScalarError, NotDifferentiableError
from ..graph import Node, Traced, raw
from ..rules import Elementwise, Linear
from ..value import Value
from . import precise
from .arguments import Arguments, Place, described, plain
from .differences import Line

# Analytic functions: what a complex step may pass through. Linear operations are so anyway.
ANALYTIC = frozenset({
    "multiply", "divide", "power", "square", "reciprocal", "exp", "exp2", "expm1", "log", "log2",
    "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos",
    "arctan", "arcsinh", "arctanh", "sigmoid", "inv", "solve",
})  # fmt: skip


class Probe:
    """Evaluates the function displaced along a line, in one kind of number.

    The kinds: ``float`` (64 bits, to which float32 arguments are widened), ``given`` (the
    dtypes as given), ``long`` (NumPy's longdouble), ``complex``, and those of
    ``precise.DIGITS``.
    """

    def __init__(self, f: Callable[..., Any], arguments: Arguments, project: Any = None) -> None:
        self.f, self.arguments = f, arguments
        self.project = None if project is None else [plain(p) for p in optree.tree_leaves(project)]
        self._base: dict[str, list[Any]] = {}

    def base(self, kind: str) -> list[Any]:
        """Give the differentiated leaves as arrays of one kind."""
        if kind not in self._base:
            self._base[kind] = [_as(kind, p) for p in self.arguments.places]
        return self._base[kind]

    def call(self, leaves: Sequence[Any], kind: str) -> Any:
        """Evaluate at `leaves`, arrays of a kind: one number of that kind."""
        with np.errstate(all="ignore"):
            return self.number(self.f(*self.arguments_of(kind, leaves)), kind)

    def arguments_of(self, kind: str, leaves: Sequence[Any] | None = None) -> tuple[Any, ...]:
        """Give the function's arguments with these leaves, by default the point itself."""
        base = self.base(kind)
        triples = zip(leaves or base, base, self.arguments.places, strict=True)
        return self.arguments.filled(
            [p.handed(x.copy() if x is here else x, kind) for x, here, p in triples]
        )

    def number(self, out: Any, kind: str) -> Any:
        """Give the function's result as one number; project it if that was asked for."""
        if self.project is None:
            if isinstance(out, list | tuple | dict):
                raise NonScalarError(
                    f"the function returned {described(out)}; expected one number: write lambda "
                    "*args: f(*args)[0] for its first result, or project=w with w a tree of arrays "
                    "like it, to check sum(w * result)"
                )
            out = raw(out) if kind in precise.DIGITS else plain(out)
            shape = np.shape(out)
            if shape != ():
                raise NonScalarError(
                    f"the function returned an array of shape {shape}; expected one number, or "
                    "project=w (in the shell --project W) with w an array of that shape, to check "
                    "sum(w * result)"
                )
            return _read(out, kind)
        outs = optree.tree_leaves(out)
        if len(outs) != len(self.project):
            raise NonScalarError(
                f"project= has {len(self.project)} leaves; expected one for each of the "
                f"{len(outs)} results"
            )
        total: Any = 0.0
        for y, w in zip(outs, self.project, strict=True):
            y = np.asarray(raw(y) if kind in precise.DIGITS else plain(y))
            if y.shape != np.shape(w):
                raise NonScalarError(
                    f"project= of shape {np.shape(w)} for a result of shape {y.shape}; expected "
                    "the same shape"
                )
            total = total + _read((y * w).sum(), kind)
        return total

    def along(self, kind: str, moves: Sequence[tuple[int, Any, Any]]) -> Line:
        """Give the function of `t` that displaces by ``t * direction``.

        Parameters
        ----------
        kind : str
            Of number.
        moves : sequence of (int, index, direction)
            A place, an index into its array (or none: all of it), and what to add there.
        """
        base = self.base(kind)

        def phi(t: Any) -> Any:
            leaves = list(base)
            if kind in precise.DIGITS:
                t = _precise(kind, t)
            for k, index, direction in moves:
                if index == ():
                    leaves[k] = np.asarray(leaves[k] + t * direction, base[k].dtype)
                    continue
                if leaves[k] is base[k]:
                    leaves[k] = base[k].copy()
                leaves[k][index] = leaves[k][index] + t * direction
            try:
                return self.call(leaves, kind)
            except Exception:  # beside its point it need not be defined, whatever it says to that
                return complex(np.nan, np.nan) if kind == "complex" else np.nan

        return phi

    def analytic(self) -> bool:
        """Whether the recorded graph holds analytic operations only."""
        try:
            leaves = [Value(p.handed(x, "float")) for x, p in self._pairs()]
            out = self.f(*self.arguments.filled(leaves))
        except Exception:  # whatever it raises or warns of, it does not run on Values
            return False
        results = [y for y in optree.tree_leaves(out) if isinstance(y, Traced)]
        return bool(results) and all(map(_analytic, ancestry([y._node for y in results])))

    def _pairs(self) -> list[tuple[Any, Place]]:
        return list(zip(self.base("float"), self.arguments.places, strict=True))


def _analytic(node: Node) -> bool:
    if node.primitive is None:
        return True
    rule = node.primitive.rule
    if isinstance(rule, Elementwise) and node.primitive.name not in ANALYTIC:
        return all(type(d) is float for d in rule.partials) and not rule.selects
    return isinstance(rule, Linear) or node.primitive.name in ANALYTIC


def ancestry(outputs: Sequence[Node]) -> list[Node]:
    """List the nodes that some were computed from, and these."""
    seen, stack = {}, list(outputs)
    while stack:
        node = stack.pop()
        if node.index not in seen:
            seen[node.index] = node
            stack += [x for x in node.inputs if x is not None]
    return list(seen.values())


def _as(kind: str, place: Place) -> Any:
    """Give a leaf as an array of a kind."""
    x = place.array
    if kind in precise.DIGITS:
        out = np.empty(x.shape, object)
        for index in np.ndindex(x.shape):
            out[index] = _precise(kind, float(x[index]))
        return out
    dtypes = {"float": np.float64, "long": np.longdouble, "complex": np.complex128}
    return np.array(x, dtypes.get(kind, x.dtype))


def _read(out: Any, kind: str) -> Any:
    """Check that one number is of the kind that was asked for, and give it."""
    if isinstance(out, np.ndarray):
        out = out[()]
    if kind in precise.DIGITS:
        if not isinstance(out, precise.Number):
            raise TypeError("the digits were lost on the way")
        return out.x
    if kind == "complex":
        return complex(out)
    if kind == "long":
        if not isinstance(out, np.longdouble):
            raise TypeError("the digits were lost on the way")
        return out
    if out is None:
        raise NotDifferentiableError("the function returned None; expected a float, by `return`")
    if not isinstance(out, float | np.floating):
        got = repr(out.item() if isinstance(out, np.generic) else out)
        raise NotDifferentiableError(
            f"the function returned {got} ({type(out).__name__}); expected a float"
        )
    return float(out)


def _precise(kind: str, x: Any) -> Any:
    number = precise.kind(kind)
    return number(number.mp.mpf(x))
