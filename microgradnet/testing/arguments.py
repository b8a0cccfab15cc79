"""Arguments as trees, taken apart into arrays and put together again; likewise their gradients.

Arrays of other libraries take part: they are plain numbers here, and what they were where a
function or a gradient is called.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np
import optree

from ..backend import differentiable
from ..errors import DTypeError, NotDifferentiableError, ShapeError
from ..graph import raw

NUMPYS = (float, complex, np.ndarray, np.generic)


# Ways to read an array that is no NumPy array: NumPy's protocol and DLPack's; what CuPy and
# TensorFlow have beside them; and a bfloat16 tensor's next wider dtype.
WAYS: tuple[Callable[[Any], Any], ...] = (
    np.asarray,
    lambda x: np.from_dlpack(x, device="cpu"),
    lambda x: x.get(),
    lambda x: x.numpy(),
    lambda x: np.asarray(x.float()),
)


def plain(x: Any) -> Any:
    """Give NumPy's array, or the number, that a Value or another library's tensor holds.

    What cannot be read as numbers comes back as what NumPy makes of it.
    """
    x = raw(x)
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        for step in ("to_dense", "resolve_neg"):  # NumPy has no sparse tensors, nor lazy signs
            x = getattr(x, step, lambda x=x: x)()
    if isinstance(x, np.generic | float | int):
        return x
    for way in WAYS:
        try:
            found = way(x)
        except Exception:  # whatever it raises, it cannot be read so
            continue
        if found.dtype.kind == "V" and getattr(found.dtype.type, "__float__", None):
            return found.astype(np.float32)  # bfloat16, as packages beside NumPy make it
        if found.dtype.kind not in "OV":
            return found
    return np.asarray(x)


def spacing(x: Any) -> float:
    """Give the distance from 1 to the next number in the dtype of an array of any library.

    Parameters
    ----------
    x : array_like
        Of numbers.

    Returns
    -------
    float
        2**-7 for bfloat16, 2**-52 for float64 and for what is no array of floats.
    """
    x = raw(x)
    try:
        if not isinstance(x, np.ndarray | np.generic):
            return float(array_api_compat.array_namespace(x).finfo(x.dtype).eps)
        one = np.ones((), x.dtype)
        return float(np.nextafter(one, one + one) - one)
    except Exception:  # whatever a library raises of what is no float
        return float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Place:
    """One differentiated leaf of the arguments."""

    name: str
    array: Any  # as given: any floating dtype, () for a number
    is_float: bool  # a Python float, and handed out as one
    made: Callable[[Any], Any] | None = None  # makes another library's array of NumPy's

    def handed(self, x: Any, kind: str) -> Any:
        """Give numbers of a kind as what the function takes there."""
        if self.made is not None:
            return self.made(x)
        if x.shape:
            return x
        return x.item() if self.is_float and kind in ("float", "given", "complex") else x[()]


class Arguments:
    """The arguments as trees: which leaves are differentiated, and how to fill them anew.

    Parameters
    ----------
    f : callable
        For the names of its parameters.
    args : tuple
        Pytrees. Floats and floating arrays are differentiated; all else is passed on.
    argnums : sequence of int, optional
        Which arguments to look at; by default all of them.
    names : sequence of str, optional
        What to call the arguments.

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
        chosen = tuple(count if argnums is None else argnums)
        if len({i for i in chosen if isinstance(i, int | np.integer) and i in count}) < len(chosen):
            raise IndexError(
                f"argnums={chosen}; expected whole numbers below {len(args)}, the arguments, each "
                "once"
            )
        self.chosen = chosen
        self.specs: list[Any] = []
        self.leaves: list[Any] = []
        self.spans: list[tuple[int, int]] = []  # of each argument's leaves among all
        self.places: list[Place] = []
        self.at: list[int] = []  # which of the leaves a place is
        self.constant: list[str] = []
        for i, arg in enumerate(args):
            leaves, spec = optree.tree_flatten(arg)
            paths = [a.codify(self.names[i]) for a in optree.treespec_accessors(spec)]
            for leaf, path in zip(leaves, paths, strict=True):
                self._place(leaf, path, i)
            self.spans.append((len(self.leaves) - len(leaves), len(self.leaves)))
            self.specs.append(spec)
        if not self.places:
            got = ", ".join(repr(args[i]) for i in self.chosen) or "none"
            raise NotDifferentiableError(
                f"none of the arguments{' in argnums' if argnums is not None else ''} holds "
                "floats; expected at least one float or floating NumPy array to differentiate "
                f"(1.0, not 1), got {got}"
            )

    def _place(self, leaf: Any, path: str, i: int) -> None:
        data, made = raw(leaf), None
        if not isinstance(data, NUMPYS) and array_api_compat.is_array_api_obj(data):
            made, data = _maker(data), plain(data)
        array = np.asarray(data) if isinstance(data, NUMPYS) else None
        if array is not None and array.dtype.kind == "c":
            raise DTypeError(f"{path} is complex; expected real numbers")
        if i not in self.chosen or array is None or array.dtype.kind != "f":
            if i in self.chosen:
                self.constant.append(path)
            self.leaves.append(raw(leaf))
            return
        if isinstance(data, np.ndarray):
            differentiable(data)  # or it says what is wrong with a matrix, or a masked array
        if not np.isfinite(array).all():
            raise NotDifferentiableError(
                f"{path} holds {array[~np.isfinite(array)][0]}; expected finite numbers"
            )
        self.at.append(len(self.leaves))
        self.places.append(Place(path, array.copy(), type(data) is float, made))
        self.leaves.append(None)

    def described(self) -> str:
        """Say what a function is called with."""
        args = self.filled([p.handed(p.array.copy(), "given") for p in self.places])
        pairs = zip(self.names, args, strict=True)
        return ", ".join(f"{name}: {type(x).__name__}" for name, x in pairs)

    def only_floating(self) -> None:
        """Choose only the arguments that hold floats."""
        self.chosen = tuple(
            i for i in self.chosen if any(self.spans[i][0] <= k < self.spans[i][1] for k in self.at)
        )

    def filled(self, new: Sequence[Any]) -> tuple[Any, ...]:
        """Give the arguments with `new` at the differentiated places, copies at the others."""
        leaves = [x.copy() if isinstance(x, np.ndarray) else x for x in self.leaves]
        for k, x in zip(self.at, new, strict=True):
            leaves[k] = x
        return tuple(
            optree.tree_unflatten(spec, leaves[a:b])
            for spec, (a, b) in zip(self.specs, self.spans, strict=True)
        )

    def parts(self, reported: Any) -> list[Any]:
        """Take a reported gradient apart: one entry per place, None where there is none.

        It has the structure of the chosen arguments: a tree for a single one, else a tuple.
        A list or a tuple, of numbers an array too, is as good as the other.

        Raises
        ------
        DTypeError
            If its structure is another one.
        """
        trees: Any = (reported,)
        if len(self.chosen) > 1:
            trees = reported
        elif isinstance(reported, tuple) and len(reported) == 1:
            trees = reported if self.specs[self.chosen[0]].type is not tuple else trees
        if not isinstance(trees, tuple | list | np.ndarray) or len(trees) != len(self.chosen):
            raise DTypeError(
                f"the gradient came as {described(reported)}; expected a tuple with one entry "
                f"for each of {len(self.chosen)} arguments: "
                f"({', '.join(self.names[i] for i in self.chosen)})"
            )
        found: dict[int, Any] = {}
        for i, tree in zip(self.chosen, trees, strict=True):
            leaves = _leaves(self.specs[i], tree, self.names[i])
            found |= dict(zip(range(*self.spans[i]), leaves, strict=True))
        return [found[k] for k in self.at]


def _maker(like: Any) -> Callable[[Any], Any]:
    """Say how to make another library's array of NumPy's, on the same device."""
    xp, device = array_api_compat.array_namespace(like), array_api_compat.device(like)
    tracked = getattr(like, "requires_grad", False)

    def made(x: Any) -> Any:
        out = xp.asarray(x, device=device)
        return out.requires_grad_() if tracked else out

    return made


def _leaves(spec: Any, tree: Any, path: str) -> list[Any]:
    """Take a gradient's tree apart as its argument's was."""
    if optree.treespec_is_leaf(spec):
        return [tree]
    children, entries = spec.children(), spec.entries()
    if not children:
        return []
    if issubclass(spec.type, Mapping):
        if not isinstance(tree, Mapping) or set(tree) != set(entries):
            raise DTypeError(
                f"the gradient of {path} came as {described(tree)}; expected a dict with the "
                f"keys {', '.join(map(repr, entries))}"
            )
        parts = [(tree[key], f"{path}[{key!r}]") for key in entries]
    elif issubclass(spec.type, tuple | list | deque):
        if not isinstance(tree, tuple | list | deque | np.ndarray) or len(tree) != len(children):
            raise DTypeError(
                f"the gradient of {path} came as {described(tree)}; expected a "
                f"{spec.type.__name__} of {len(children)}"
            )
        parts = [(part, f"{path}[{i}]") for i, part in enumerate(tree)]
    else:
        try:
            leaves: list[Any] = spec.flatten_up_to(tree)
        except ValueError as error:
            raise DTypeError(
                f"the gradient of {path} came as {described(tree)}; expected the argument's own "
                f"structure, {spec.type.__name__}"
            ) from error
        return leaves
    pairs = zip(children, parts, strict=True)
    return [leaf for child, (part, where) in pairs for leaf in _leaves(child, part, where)]


def described(x: Any) -> str:
    """Say what somebody's function gave, for a message."""
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape}"
    if isinstance(x, Mapping):
        return f"a dict with the keys {', '.join(map(repr, x)) or 'none'}"
    if isinstance(x, tuple | list):
        return f"a {type(x).__name__} of {len(x)}"
    return f"a {type(x).__name__}"


def _names(f: Any, count: int) -> list[str]:
    try:
        names = [p.name for p in inspect.signature(f).parameters.values() if p.kind < 2]
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"argument {i}" for i in range(len(names), count))][:count]
