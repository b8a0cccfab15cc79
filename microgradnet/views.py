"""What NumPy would treat as views of one memory: assignment through one is never half done.

In NumPy ``y = x[1:]; y[0] = 5`` changes `x` too. Handles are re-pointed one by one, so
such an assignment would silently differ, and is refused while somebody could notice:
while another handle is alive that shows what would be written. Handles are known weakly.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np

from .errors import DetachedError, NotDifferentiableError
from .graph import Traced, leaf_node

# Held while members are counted, added or forgotten: threads may take views of one Value.
_counting = threading.RLock()


class Family:
    """Handles whose arrays shared memory when they were made, each with that array."""

    __slots__ = ("limit", "members", "mixed")

    def __init__(self, founder: Any) -> None:
        self.members = [(weakref.ref(founder), founder._raw)]
        self.mixed = False  # views taken before and after an assignment: layouts differ
        self.limit = 64  # members to have before the dead are looked for again

    def add(self, view: Any) -> None:
        """Take in a handle; forget the dead now and then, so that this costs little each time."""
        with _counting:
            self.members.append((weakref.ref(view), view._raw))
            view._family = self
            if len(self.members) > self.limit:
                self.members = [m for m in self.members if m[0]() is not None]
                self.limit = 2 * len(self.members) + 64

    def array_of(self, x: Any) -> Any:
        """Give the array by which `x` is known here."""
        return next(array for member, array in self.members if member() is x)

    def others(self, x: Any) -> list[Any]:
        """Arrays of the members, besides `x`, that are alive."""
        with _counting:
            self.members = [m for m in self.members if m[0]() is not None]
            return [array for member, array in self.members if member() is not x]


def link(view: Any, base: Any) -> Any:
    """Note that `view` shows memory of `base`, if it does; returns `view`."""
    if not (isinstance(view, Traced) and isinstance(base, Traced)):
        return view
    shown, owner = view._raw, base._raw
    if not isinstance(shown, np.ndarray) or view is base:
        return view
    if shown is not owner and (shown.base is None or not np.may_share_memory(shown, owner)):
        return view
    with _counting:
        family = getattr(base, "_family", None)
        if family is None:
            family = base._family = Family(base)
        elif family.array_of(base) is not owner:
            if family.others(base):
                family.mixed = True
            else:
                family = base._family = Family(base)
        family.add(view)
    return view


def check_assignment(x: Any, index: Any) -> None:
    """Refuse ``x[index] = ...`` where NumPy would change another live Value with it.

    Raises
    ------
    NotDifferentiableError
        If another live handle shows memory that would be written.
    """
    family = getattr(x, "_family", None)
    if family is None:
        return
    others = family.others(x)
    written = _written(family.array_of(x), index)
    if any(family.mixed or np.shares_memory(written, array) for array in others):
        raise NotDifferentiableError(
            "assignment into memory that another Value shows too (one is a view of the other, "
            "as x[1:] or x.T is of x); NumPy would change both. Take a copy where the view is "
            "made, view = x[1:].copy(), or drop the other Value before assigning"
        )


def rename(x: Any, result: Any) -> None:
    """Make the handle `x` name what was assigned into it.

    Raises
    ------
    DetachedError
        If `x` was computed and nothing is recorded: its other elements would lose their history.
    """
    node = result._node
    if x._node.index and not node.index:  # under no_grad()
        if x._cell is None:
            raise DetachedError(
                "assignment into a computed Value under no_grad() would cut it off from its "
                "history; assign outside no_grad(), or into a copy: x = stop_gradient(x)"
            )
        node = leaf_node(result._raw, x._cell)  # a variable stays a variable
    x._raw, x._node = result._raw, node


def leave(x: Any) -> None:
    """Forget what shared memory with `x`: the handle has been given other numbers as its data."""
    family = getattr(x, "_family", None)
    if family is not None:
        with _counting:
            family.members = [m for m in family.members if m[0]() is not x]
            del x._family


def is_seen(x: Any) -> bool:
    """Whether another live handle shows memory that `x` shows."""
    family = getattr(x, "_family", None)
    return family is not None and bool(family.others(x))


def _written(array: Any, index: Any) -> Any:
    """Give the part of `array` that is written, as a view; all of it for advanced indices."""
    index = index if isinstance(index, tuple) else (index,)
    if not any(i is Ellipsis for i in index):
        index = (*index, ...)  # so that one element comes as a 0-d view, not as a number
    part = array[index]
    return part if np.may_share_memory(part, array) else array
