"""A transform's arguments: pytrees whose leaves become fresh variables, and back again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from . import sweeps
from .backend import REAL_KINDS, differentiable
from .errors import DTypeError, NotDifferentiableError
from .graph import (
    PAUSED,
    TRANSFORM,
    Node,
    Primitive,
    Traced,
    constant,
    handle,
    leaf_node,
    mode,
    raw,
)
from .memory import own
from .rules import Linear, with_dtype, zeros_like

Argnums = int | str | tuple[int | str, ...]

_SINGLE = (float, np.ndarray, Traced)  # what is a tree of one leaf; unions take longer to ask

# A fresh name for an outer Value: the same number at a node of its own, whose identity is
# what tells this transform's variable from the outer one.
_identity = Primitive("identity", lambda x: x, Linear(lambda g, x: g, structural=True))


class Transforming:
    """While inside, tracked Values refuse to be turned into plain numbers."""

    __slots__ = ("token",)

    def __enter__(self) -> None:
        self.token = mode.set(TRANSFORM)

    def __exit__(self, *error: object) -> None:
        mode.reset(self.token)


def fresh_leaf(x: Any, where: str) -> Any:
    """Make a new variable of a leaf of an argument tree."""
    if isinstance(x, Traced):
        if x._node.index:
            return _identity(x)
        x = x._raw
    try:
        x = differentiable(x)
        return handle(leaf_node(x, None), x)
    except (DTypeError, ValueError, TypeError) as error:
        raise DTypeError(
            f"{where} holds {type(x).__name__} {x!r:.40}, which cannot be differentiated; expected "
            "floats or arrays. Leave it out with argnums, or close over it"
        ) from error


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Give a tree's leaves and its structure (None for a single leaf, without asking optree)."""
    if isinstance(tree, _SINGLE):
        return [tree], None
    return optree.tree_flatten(tree)


def flatten_result(tree: Any, what: str) -> tuple[list[Any], Any]:
    """Flatten what a function returned, of numbers alone.

    Raises
    ------
    DTypeError
        If it holds something else: an array of objects would hide Values.
    """
    leaves, spec = flatten(tree)
    for leaf in leaves:
        if not isinstance(leaf, Traced | float) and np.asarray(leaf).dtype.kind not in REAL_KINDS:
            raise DTypeError(
                f"{what} of a function that returned {type(leaf).__name__} {leaf!r:.40}; expected "
                "real numbers. To make one Value of an array of objects, write np.stack(list(y))"
            )
    return leaves, spec


def floating(y: Any, what: str) -> Any:
    """Give a number or an array that may move with the arguments.

    Raises
    ------
    DTypeError
        If it is of no numbers.
    NotDifferentiableError
        If it is of integers or booleans.
    """
    flatten_result(y, what)
    if not isinstance(y, Traced | float) and np.asarray(y).dtype.kind != "f":
        raise NotDifferentiableError(
            f"{what} of a function that returned the {np.asarray(y).dtype} {y!r}; expected a "
            "float: integers and booleans cannot move with the arguments"
        )
    return y


def unflatten(spec: Any, leaves: Sequence[Any]) -> Any:
    """Undo `flatten`."""
    return leaves[0] if spec is None else optree.tree_unflatten(spec, leaves)


def map_leaves(f: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `f` to every leaf of a tree."""
    return f(tree) if isinstance(tree, _SINGLE) else optree.tree_map(f, tree)


class Arguments:
    """The differentiated arguments of one call, as fresh leaves in their trees."""

    def __init__(
        self, f: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.single = not isinstance(argnums, tuple)
        # That `single` tells tuples from the others, mypy does not see.
        names: tuple[Any, ...] = (argnums,) if self.single else argnums  # type: ignore[assignment]
        self.args, self.kwargs = list(args), dict(kwargs)
        self.leaves: list[Any] = []
        self.nodes: list[Node] = []  # of the leaves as they were made: f may assign into them
        self.originals: list[Any] = []
        found: set[tuple[bool, Any]] = set()
        self.parts: list[tuple[Any, int]] = []  # per argument: its tree, its number of leaves
        for name in names:
            place, key = self._find(f, name)
            if (place, key) in found:
                raise TypeError(f"argnums={argnums!r} names one argument twice; expected each once")
            found.add((place, key))
            store: Any = self.args if place else self.kwargs
            leaves, spec = flatten(store[key])
            where = f"argument {name!r}"
            fresh = [fresh_leaf(x, where) for x in leaves]
            store[key] = unflatten(spec, fresh)
            self.leaves += fresh
            self.nodes += [x._node for x in fresh]
            self.originals += leaves
            self.parts.append((spec, len(leaves)))
        if not self.leaves:
            raise DTypeError(f"argnums={argnums!r} holds no numbers; expected floats or arrays")

    def _find(self, f: Callable[..., Any], name: Any) -> tuple[bool, Any]:
        """Locate an argument: (True, position) or (False, keyword)."""
        if isinstance(name, str):
            if name in self.kwargs:
                return False, name
            try:
                names = list(inspect.signature(f).parameters)
            except (TypeError, ValueError):
                names = []
            if name in names and names.index(name) < len(self.args):
                return True, names.index(name)
            left = f"; {name} is at its default, so pass {name}=..." if name in names else ""
            raise TypeError(f"argnums={name!r} names no argument of this call; got {names}{left}")
        if type(name) is not int and not isinstance(name, np.integer):
            raise TypeError(
                f"argnums={name!r}; expected the position of an argument, its name, or a tuple of "
                "these: (0, 1)"
            )
        if not -len(self.args) <= name < len(self.args):
            raise TypeError(
                f"argnums={name} of a call with {len(self.args)} positional arguments; expected a "
                "smaller number, or the name of a keyword argument"
            )
        return True, name % len(self.args)

    def rebuild(self, leaves: Sequence[Any]) -> Any:
        """Arrange one result per leaf in the arguments' trees."""
        out, i = [], 0
        for spec, n in self.parts:
            out.append(unflatten(spec, leaves[i : i + n]))
            i += n
        return out[0] if self.single else tuple(out)

    def results(self, gs: Sequence[Any], recorded: bool) -> list[Any]:
        """Give each leaf its own derivative, zero where nothing depended on it."""
        if recorded:
            pairs = zip(gs, self.nodes, strict=True)
            return [zeros_like(node.data) if g is None else handed_out(g) for g, node in pairs]
        seen: set[int] = set()
        return [
            zeros_like(node.data) if g is None else with_dtype(own(g, seen), node.data)
            for g, node in zip(gs, self.nodes, strict=True)
        ]


def check_function(f: Any) -> None:
    """Refuse what cannot be called, a loss that was computed already above all.

    Raises
    ------
    TypeError
        If `f` is no function.
    """
    if not callable(f):
        instead = ", or loss.backward() of a Value" if isinstance(f, Traced) else ""
        raise TypeError(
            f"expected a function to differentiate, got {type(f).__name__} {f!r:.40}: write "
            f"grad(lambda x: ...)(x){instead}"
        )


def raw_float(x: Any) -> Any:
    """Raw data, with integers as the floats that differentiation makes of them."""
    x = raw(x)
    return (
        x if isinstance(x, np.ndarray | float) else float(x) if np.ndim(x) == 0 else np.asarray(x)
    )


def run(
    f: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Arguments]:
    """Call `f` with fresh leaves in place of the differentiated arguments."""
    check_function(f)
    with Transforming():
        arguments = Arguments(f, argnums, args, kwargs)
        return f(*arguments.args, **arguments.kwargs), arguments


def outgoing(y: Any, arguments: Arguments, recorded: bool | None = None) -> Any:
    """Show results to the caller: as Values only if an enclosing transform may want them.

    Without `recorded` each result is asked whether it depends on anything older than the
    fresh leaves, and shares no memory with the graph, which may be walked again.
    """

    def shown(leaf: Any) -> Any:
        if not isinstance(leaf, Traced):
            return leaf
        data = leaf._raw
        if recorded is not None:
            return handed_out(leaf) if recorded else own(data, set())
        since = arguments.nodes[0].index
        if leaf._node.index and sweeps.reachable([leaf._node], since)[2]:
            return handed_out(leaf)
        return np.array(data) if isinstance(data, np.ndarray) else data

    return map_leaves(shown, y)


def handed_out(x: Any) -> Any:
    """Give a recorded result as it is; under ``no_grad`` untracked."""
    return constant(raw(x)) if mode.get() is PAUSED and isinstance(x, Traced) else x
