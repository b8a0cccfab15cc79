"""The user's arguments: parameters and data in dicts, tuples and lists, flat and named.

A list of numbers is an array; what comes out of a function of theirs is brought into the
order of the parameters again, whatever container it came in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from ...errors import DTypeError, ShapeError
from ...graph import raw
from ..arguments import plain

Path = tuple[Any, ...]
# What people call the gradient of a parameter.
SPELLINGS = (
    *("d{}", "d_{}", "g{}", "g_{}", "grad_{}", "{}_grad"),
    *("d_L_d_{}", "dL_d{}", "dL_d_{}", "dL/d{}"),
)


def walk(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Give every leaf with the keys that lead to it, in the order in which they were written."""
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from walk(part, (*path, key))
    elif isinstance(tree, tuple | list) and not numbers(tree):
        for key, part in enumerate(tree):
            yield from walk(part, (*path, key))
    else:
        yield path, tree


def numbers(tree: Any) -> bool:
    """Whether this is a (nested) list of plain numbers, of even lengths: it stands for an array."""
    return isinstance(tree, list) and _shape(tree) is not None


def _shape(tree: Any) -> tuple[int, ...] | None:
    if isinstance(tree, int | float | np.number):
        return ()
    if not isinstance(tree, list):
        return None
    first, *others = {_shape(part) for part in tree} or {()}
    return None if others or first is None else (len(tree), *first)  # ragged: a list of arrays


def is_number(leaf: Any) -> bool:
    """Whether this is one number, of any library."""
    return not isinstance(leaf, dict | tuple | list | str | None) and np.ndim(plain(raw(leaf))) == 0


def rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    """Put other leaves into the same containers."""
    if isinstance(tree, dict):
        return {key: rebuild(part, leaves) for key, part in tree.items()}
    if isinstance(tree, tuple | list) and not numbers(tree):
        parts = [rebuild(part, leaves) for part in tree]
        if hasattr(tree, "_fields"):
            return type(tree)(*parts)
        return tuple(parts) if isinstance(tree, tuple) else parts
    return next(leaves)


def number(leaf: Any, name: str) -> Any:
    """Normalise a leaf: a Python float, or an array of floats, integers or booleans."""
    data = raw(leaf)
    if isinstance(data, bool | int | float | np.number) and not isinstance(data, np.ndarray):
        return float(data) if not isinstance(data, np.bool_ | bool) else float(bool(data))
    array = np.asarray(data)
    if array.dtype.kind not in "fiub":
        raise DTypeError(
            f"{name} holds {type(leaf).__name__} {leaf!r:.40}; expected floats or arrays of numbers"
        )
    return array.astype(np.float64) if array.dtype.kind == "f" else np.array(array)


def spelled(path: Path, top: Sequence[str]) -> str:
    """Write the keys that lead to a leaf as code: ``layers[0]["W"]``."""
    if not path:
        return top[0]
    first, *rest = path
    name = first if isinstance(first, str) else top[first] if first < len(top) else f"p[{first}]"
    return name + "".join(f"[{key!r}]" for key in rest)


class Tree:
    """Named leaves in the user's own containers.

    Parameters
    ----------
    tree : dict, tuple, list, float or array
        As the user handed it in.
    top : sequence of str
        Names for the places of a tuple, from the signature of their function.
    """

    def __init__(self, tree: Any, top: Sequence[str]) -> None:
        if isinstance(tree, list) and not numbers(tree):
            tree = tuple(tree)
        self.tree, self.top = tree, top
        pairs = list(walk(tree))
        self.paths = [path for path, _ in pairs]
        self.names = [spelled(path, top) for path in self.paths]
        self.leaves = [number(x, n) for (_, x), n in zip(pairs, self.names, strict=True)]

    def filled(self, leaves: Sequence[Any]) -> Any:
        """Give the containers with these leaves in them."""
        return rebuild(self.tree, iter(leaves))

    def read(self, result: Any, what: str) -> list[Any]:
        """Bring the numbers of a gradient (or of new parameters) into the order of the leaves."""
        leaves = self.sorted(result, what)
        return [_plain(leaf, n, what) for leaf, n in zip(leaves, self.names, strict=True)]

    def sorted(self, result: Any, what: str) -> list[Any]:
        """Bring what a function gave for the parameters into the order of the leaves.

        Raises
        ------
        ShapeError
            If the result does not have one leaf for each parameter.
        """
        tree: Any = self.tree
        result = self._without_loss(result)
        if isinstance(tree, tuple | dict) and len(tree) == 1 and not _alike(tree, result):
            (tree,) = tree.values() if isinstance(tree, dict) else tree  # the only parameter's own
        elif isinstance(tree, tuple) and isinstance(result, dict):
            tree = dict(zip(self.top, tree, strict=False))
        result = _in_order(tree, result, what)
        leaves = [leaf for _, leaf in walk(result)]
        if len(leaves) != len(self.leaves):
            several = not isinstance(result, list | tuple) or len(self.leaves) > 1
            if not several and not self._several(result):
                leaves = [result]
            elif len(leaves) == 1 and np.ndim(raw(leaves[0])) == 1:
                leaves = [leaves[0][n] for n in range(len(leaves[0]))]
        if len(leaves) != len(self.leaves):
            few = "1 result" if len(leaves) == 1 else f"{len(leaves)} results"
            few = "None (is a `return` missing?)" if result is None else few
            each = (
                f"each of the {len(self.leaves)} parameters" if self.names[1:] else "the parameter"
            )
            raise ShapeError(
                f"{what} gave {few}; expected one for {each} {', '.join(self.names)}, in the same "
                "containers, and nothing else"
            )
        return leaves

    def _without_loss(self, result: Any) -> Any:
        """Take the gradients of ``loss, gradients``, as many functions give, where it is clear."""
        if isinstance(result, tuple) and len(result) == 2:
            for loss, rest in (result, result[::-1]):
                several = isinstance(rest, dict | tuple | list) or np.ndim(raw(rest)) > 0
                if several and is_number(loss) and len([*walk(rest)]) == len(self.leaves):
                    return rest
        if isinstance(result, tuple) and len(result) == len(self.leaves) + 1:
            for loss, rest in ((result[0], result[1:]), (result[-1], result[:-1])):
                if is_number(loss) and all(map(self._is_shaped, rest, self.leaves)):
                    return rest
        return result

    def _is_shaped(self, part: Any, leaf: Any) -> bool:
        """Whether a result is an array of its parameter's shape: a number might be the loss."""
        several = isinstance(part, dict | tuple | list | str | None) and not numbers(part)
        return not several and () != np.shape(plain(raw(part))) == np.shape(leaf)

    def _several(self, result: Any) -> bool:
        """Whether these are results for several parameters, and no array written as a list."""
        number = np.ndim(self.leaves[0]) == 0
        return isinstance(result, tuple) and (number or any(np.ndim(raw(part)) for part in result))


def _alike(tree: Any, result: Any) -> bool:
    """Whether these are the same containers."""
    if not isinstance(tree, dict | tuple | list) or numbers(tree):
        return not isinstance(result, dict)
    if isinstance(tree, dict) or isinstance(result, dict):
        return isinstance(tree, dict) and isinstance(result, dict)
    same = isinstance(result, tuple | list) and len(tree) == len(result)
    return same and all(_alike(part, r) for part, r in zip(tree, result, strict=True))


def _spellings(key: Any, result: dict[Any, Any]) -> list[Any]:
    """Find what stands for a parameter in somebody's dict."""
    return [s for s in _words(key) if s in result]


@cache
def _words(key: Any) -> list[Any]:
    return [key, *(s.format(key) for s in SPELLINGS)]


def _in_order(tree: Any, result: Any, what: str) -> Any:
    """Sort dicts of gradients by the parameters' keys; ``dW1`` or ``grad_W1`` will do."""
    if isinstance(tree, dict) and isinstance(result, dict):
        own = {key: _spellings(key, result) for key in tree}
        for key, found in own.items():
            if len(found) != 1:  # what else there is (dZ, dA, the loss) is somebody's own
                raise ShapeError(
                    f"{what} gave a dict with the keys {list(result)}; expected {list(tree)}"
                    + (f", and one of {' and '.join(found)} for {key}" if found else "")
                )
        return tuple(_in_order(part, result[own[key][0]], what) for key, part in tree.items())
    parts = list(tree.values()) if isinstance(tree, dict) else tree
    both = isinstance(parts, tuple | list) and isinstance(result, tuple | list)
    if both and not numbers(tree) and len(parts) == len(result):
        return tuple(_in_order(part, r, what) for part, r in zip(parts, result, strict=True))
    return result


def _plain(leaf: Any, name: str, what: str) -> Any:
    """Make NumPy's of any library's numbers."""
    if leaf is None:
        raise ShapeError(f"{what} gave None for {name}; expected its gradient, 0 if it has none")
    array = np.asarray(plain(leaf))
    if array.dtype.kind == "O":
        with contextlib.suppress(TypeError, ValueError):
            array = array.astype(np.float64)
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{what} gave {array.dtype} for {name}; expected floats")
    return array


def copied(leaves: Sequence[Any]) -> list[Any]:
    """Give arrays that may be written into."""
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in leaves]


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Leave axes of one element out."""
    return tuple(n for n in shape if n != 1)
