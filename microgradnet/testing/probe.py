"""The function under test, as numbers in and a number out: displaced, and in any precision.

Functions and gradients of other libraries take part: what they return is turned into plain
numbers here, and nowhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optree

from ..errors import DTypeError, NonScalarError, NotDifferentiableError, ShapeError
from ..graph import Node, Traced, raw
from ..rules import Elementwise, Linear
from ..value import Value
from . import precise
from .differences import Line

# Analytic functions: what a complex step may pass through. Linear operations are so anyway.
ANALYTIC = frozenset({
    "multiply", "divide", "power", "square", "reciprocal", "exp", "exp2", "expm1", "log", "log2",
    "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos",
    "arctan", "arcsinh", "arctanh", "sigmoid", "inv", "solve",
})  # fmt: skip


def plain(x: Any) -> Any:
    """Give NumPy's array, or the number, that a Value or another library's tensor holds."""
    x = raw(x)
    if hasattr(x, "detach"):
        x = x.detach().cpu()
    return x if isinstance(x, np.ndarray | np.generic | float | int) else np.asarray(x)


@dataclass(frozen=True)
class Place:
    """One differentiated leaf of the arguments."""

    name: str
    array: Any  # as given: any floating dtype, () for a number
    is_float: bool  # a Python float, and handed out as one


class Arguments:
    """The arguments as trees: which leaves are differentiated, and how to fill them anew.

    Parameters
    ----------
    f : callable
        For the names of its parameters.
    args : tuple
        Pytrees. Floats and floating arrays are differentiated; all else is passed on.
    argnums : tuple of int, optional
        Which arguments to look at; by default all of them.

    Raises
    ------
    NotDifferentiableError
        If nothing in them is floating.
    """

    def __init__(
        self, f: Any, args: tuple[Any, ...], argnums: Sequence[int] | None, names: Any
    ) -> None:
        self.names = list(names or _names(f, len(args)))
        if len(self.names) != len(args):
            raise ShapeError(f"names={names!r}; expected one for each of {len(args)} arguments")
        count = range(len(args))
        if any(i not in count for i in argnums or ()):
            raise IndexError(
                f"argnums={tuple(argnums or ())}; expected numbers below {len(args)}, the arguments"
            )
        self.chosen = tuple(count) if argnums is None else tuple(argnums)
        self.specs: list[Any] = []
        self.leaves: list[Any] = []
        self.spans: list[tuple[int, int]] = []  # of each argument's leaves among all
        self.places: list[Place] = []
        self.at: list[int] = []  # which of the leaves a place is
        self.constant: list[str] = []
        for i, arg in enumerate(args):
            name = self.names[i]
            leaves, spec = optree.tree_flatten(arg)
            paths = [a.codify(name) for a in optree.treespec_accessors(spec)]
            for leaf, path in zip(leaves, paths, strict=True):
                self._place(leaf, path, i)
            self.spans.append((len(self.leaves) - len(leaves), len(self.leaves)))
            self.specs.append(spec)
        if not self.places:
            got = ", ".join(map(repr, args)) or "none"
            raise NotDifferentiableError(
                "none of the arguments holds floats; expected at least one float or floating "
                f"NumPy array to differentiate (1.0, not 1), got {got}"
            )

    def _place(self, leaf: Any, path: str, i: int) -> None:
        data = raw(leaf)
        array = np.asarray(data) if isinstance(data, float | np.ndarray | np.generic) else None
        if array is not None and array.dtype.kind == "c":
            raise DTypeError(f"{path} is complex; expected real numbers")
        if array is None or array.dtype.kind != "f":
            if i in self.chosen:
                self.constant.append(path)
        elif i in self.chosen:
            if not np.isfinite(array).all():
                raise NotDifferentiableError(
                    f"{path} holds {array[~np.isfinite(array)][0]}; expected finite numbers"
                )
            self.at.append(len(self.leaves))
            self.places.append(Place(path, array.copy(), type(data) is float))
        self.leaves.append(array.copy() if array is not None and array.shape else data)

    def only_floating(self) -> None:
        """Choose only the arguments that hold floats."""
        self.chosen = tuple(
            i for i in self.chosen if any(self.spans[i][0] <= k < self.spans[i][1] for k in self.at)
        )

    def filled(self, new: Sequence[Any]) -> tuple[Any, ...]:
        """Give the arguments with `new` at the differentiated places; nothing is shared."""
        leaves = [x.copy() if isinstance(x, np.ndarray) else x for x in self.leaves]
        for k, x in zip(self.at, new, strict=True):
            leaves[k] = x
        return tuple(
            optree.tree_unflatten(spec, leaves[a:b])
            for spec, (a, b) in zip(self.specs, self.spans, strict=True)
        )

    def gradient(self, reported: Any) -> list[Any]:
        """Take a reported gradient apart into plain arrays; see `parts`."""
        return [None if g is None else plain(g) for g in self.parts(reported)]

    def parts(self, reported: Any) -> list[Any]:
        """Take a reported gradient apart: one entry per place, None where there is none.

        It has the structure of the chosen arguments: a tree for a single one, else a tuple.

        Raises
        ------
        DTypeError
            If its structure is another one.
        """
        single = len(self.chosen) == 1
        trees = (reported,) if single else reported
        wrapped = single and isinstance(reported, tuple) and len(reported) == 1
        if wrapped and self.specs[self.chosen[0]].type is not tuple:
            trees = reported
        if not isinstance(trees, tuple | list) or len(trees) != len(self.chosen):
            raise DTypeError(
                f"the gradient came as {_described(reported)}; expected "
                + (
                    "the gradient itself"
                    if single
                    else f"a tuple with one entry for each of {len(self.chosen)} arguments"
                )
            )
        found: dict[int, Any] = {}
        for i, tree in zip(self.chosen, trees, strict=True):
            first, end = self.spans[i]
            spec = self.specs[i]
            if optree.treespec_is_leaf(spec):
                found[first] = tree
                continue
            leaves = optree.tree_leaves(tree, none_is_leaf=True)
            if len(leaves) != end - first:
                raise DTypeError(
                    f"the gradient of argument {i} has {len(leaves)} leaves; expected "
                    f"{end - first}, the structure of the argument"
                )
            found |= dict(zip(range(first, end), leaves, strict=True))
        return [found[k] for k in self.at]


def _described(x: Any) -> str:
    return f"a {type(x).__name__}" + (f" of {len(x)}" if isinstance(x, tuple | list) else "")


def _names(f: Any, count: int) -> list[str]:
    try:
        names = [p.name for p in inspect.signature(f).parameters.values() if p.kind < 2]
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"argument {i}" for i in range(len(names), count))][:count]


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
        given = [
            _scalar(x.copy(), kind, p) if not x.shape else x.copy()
            for x, p in zip(leaves or self.base(kind), self.arguments.places, strict=True)
        ]
        return self.arguments.filled(given)

    def number(self, out: Any, kind: str) -> Any:
        """Give the function's result as one number; project it if that was asked for."""
        if self.project is None:
            out = raw(out) if kind in precise.DIGITS else plain(out)
            shape = np.shape(out)
            if shape != ():
                raise NonScalarError(
                    f"the function returned an array of shape {shape}; expected one number. Say "
                    "project=w, an array like the result, to check sum(w * result) instead"
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
            A place, an index into its array, and what to add there.
        """
        base = self.base(kind)

        def phi(t: Any) -> Any:
            leaves = list(base)
            if kind in precise.DIGITS:
                t = _precise(kind, t)
            for k, index, direction in moves:
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
            leaves = [Value(_scalar(x, "float", p)) for x, p in self._pairs()]
            out = self.f(*self.arguments.filled(leaves))
        except Exception:  # whatever it raises or warns of, it does not run on Values
            return False
        results = [y for y in optree.tree_leaves(out) if isinstance(y, Traced)]
        return bool(results) and all(map(_analytic, _nodes([y._node for y in results])))

    def _pairs(self) -> list[tuple[Any, Place]]:
        return list(zip(self.base("float"), self.arguments.places, strict=True))


def _analytic(node: Node) -> bool:
    if node.primitive is None:
        return True
    rule = node.primitive.rule
    if isinstance(rule, Elementwise) and node.primitive.name not in ANALYTIC:
        return all(type(d) is float for d in rule.partials) and not rule.selects
    return isinstance(rule, Linear) or node.primitive.name in ANALYTIC


def _nodes(outputs: Sequence[Node]) -> list[Node]:
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


def _scalar(x: Any, kind: str, place: Place) -> Any:
    """Give a 0-d array as what the function takes there."""
    if x.shape:
        return x
    plain_float = place.is_float and kind in ("float", "given", "complex")
    return x.item() if plain_float else x[()]


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
    if isinstance(out, np.generic | int) and np.asarray(out).dtype.kind not in "f":
        raise NotDifferentiableError(
            f"the function returned the {np.asarray(out).dtype} {out!r}; expected a float"
        )
    if not isinstance(out, float | np.floating):
        raise NotDifferentiableError(
            f"the function returned {type(out).__name__}; expected a float"
        )
    return float(out)


def _precise(kind: str, x: Any) -> Any:
    number = precise.kind(kind)
    return number(number.mp.mpf(x))
