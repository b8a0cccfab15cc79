"""Pytrees: parameters of a network at points where networks have kinks, and any nesting."""

from __future__ import annotations

from typing import Any

import numpy as np
import optree
from hypothesis import strategies as st

from .numbers import arrays, shapes

# What happens to one parameter array: nothing, mostly.
SPOILED = {
    "a dead unit": lambda w: w * (np.arange(w.shape[-1]) > 0),
    "all zero": lambda w: 0.0 * w,
    "equal units": lambda w: 0.0 * w + w[..., :1],
    "saturated": lambda w: 50.0 * w,
    "vanishing": lambda w: 1e-8 * w,
}


@st.composite
def parameters(draw: st.DrawFn, network: Any, scale: float = 1.0) -> Any:
    """Draw parameters for a network: numbers in place of its own, in the same structure.

    Parameters
    ----------
    network : pytree, or object with ``parameters``
        Arrays and floats in any nesting (a dict of weights, a list of layers); of an object
        with an attribute or method ``parameters``, that.
    scale : float
        What ordinary entries are multiplied by.

    Returns
    -------
    SearchStrategy
        Of pytrees like it. One array in four has a dead unit, equal units, zeros, or is
        saturated or vanishing.
    """
    own = getattr(network, "parameters", network)
    leaves, structure = optree.tree_flatten(own() if callable(own) else own)
    drawn = []
    for leaf in leaves:
        data = getattr(leaf, "data", leaf) if not isinstance(leaf, np.ndarray) else leaf
        shape = np.shape(data)
        w = scale * draw(arrays(shape, extreme=False))
        if shape and draw(st.integers(0, 3)) == 3:
            w = SPOILED[draw(st.sampled_from(sorted(SPOILED)))](w)
        drawn.append(w if shape else float(w))
    return optree.tree_unflatten(structure, drawn)


def pytrees(leaves: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """Draw tuples, lists and dicts of arrays, nested, empty ones too.

    Parameters
    ----------
    leaves : SearchStrategy, optional
        What stands at the leaves; small float64 arrays by default.

    Returns
    -------
    SearchStrategy
        Of pytrees, which shrink towards a single leaf.
    """
    leaves = arrays(shapes(max_dims=2)) if leaves is None else leaves
    return st.recursive(
        leaves,
        lambda branch: st.one_of(
            st.lists(branch, max_size=2),
            st.tuples(branch, branch),
            st.dictionaries(st.sampled_from("abc"), branch, max_size=2),
        ),
        max_leaves=4,
    )
