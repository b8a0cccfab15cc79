"""What NumPy would treat as a view: assignment through one is refused, never half done.

In NumPy ``y = x[1:]; y[0] = 5`` changes `x` too. Handles are re-pointed one by one, so
such an assignment would silently differ. Links between live handles are weak: a view
whose base is gone may be assigned to, and a base whose views are gone too.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from .errors import NotDifferentiableError
from .graph import Traced


def link(view: Any, base: Any) -> Any:
    """Note that `view` shows memory of `base`, if it does; returns `view`."""
    if not (isinstance(view, Traced) and isinstance(base, Traced)):
        return view
    shown, owner = view._data, base._data
    if not isinstance(shown, np.ndarray) or view is base:
        return view
    if shown.base is None and shown is not owner:
        return view
    root = getattr(base, "_base", None)
    root = root() if root is not None else None
    for whole in (base,) if root is None else (base, root):
        known = [v for v in getattr(whole, "_views", ()) if v[0]() is not None]
        known.append((weakref.ref(view), owner))
        whole._views = known
    view._base = weakref.ref(base if root is None else root)
    return view


def check_assignment(x: Any, index: Any) -> None:
    """Refuse ``x[index] = ...`` where NumPy would change another live Value with it.

    Raises
    ------
    NotDifferentiableError
        If `x` is a view of a live Value, or a live view of `x` shows what is assigned.
    """
    base = getattr(x, "_base", None)
    if base is not None and base() is not None:
        raise NotDifferentiableError(
            "assignment into a view of another Value; NumPy would change both. Assign to the "
            "other Value directly, or write x = x.copy() before if only this one is meant"
        )
    for view, owner in getattr(x, "_views", ()):
        shown = view()
        if shown is not None and _overlap(owner, index, shown._data):
            raise NotDifferentiableError(
                "assignment into a Value of which a view is still in use; NumPy would change the "
                "view as well. Write view = view.copy() where it is made, or take it afterwards"
            )


def _overlap(owner: Any, index: Any, shown: Any) -> bool:
    """Whether ``owner[index] = ...`` would write to memory of `shown`."""
    index = index if isinstance(index, tuple) else (index,)
    if not any(i is Ellipsis for i in index):
        index = (*index, ...)  # so that one element comes as a 0-d view, not as a number
    part = owner[index]
    if np.may_share_memory(part, owner):
        return bool(np.shares_memory(part, shown))
    return bool(np.shares_memory(owner, shown))  # an advanced index: anything may be written
