"""Where the doctor looks: generic random points, away from the coincidences of one's own data.

At a special point two different formulas may give one number (x[0] / x[1] == 2 in the
documents' example); at sixteen generic ones they do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Generator = np.random.Generator


def kind_of(x: Any) -> str:
    """Tell what an example of data is: which random data would be like it."""
    a = np.asarray(x)
    whole = a.size > 0 and bool(np.all(a == np.rint(a)))
    for axis, where in ((-1, ""), (0, " in columns")):
        if a.ndim >= 1 and a.shape[axis] > 1 and np.all(a >= 0) and np.allclose(a.sum(axis), 1.0):
            return ("one-hot" if whole else "distribution") + where
    if whole and a.size > 1 and np.all((a == 0) | (a == 1)):
        return "binary"
    if a.dtype.kind in "iub":
        return "integer"
    if a.size and np.all((a >= 0) & (a <= 1)):
        return "unit"
    return "positive" if a.size and np.all(a > 0) else "real"


# Rows that sum to one stay so: right derivatives of a softmax are often right only there.
GENERIC = {"binary": "unit", "integer": "real"}
FREE = ("real", "positive", "unit")  # kinds whose numbers depend on nothing
OWN = "own"  # numbers near the user's own, for what shows at their size alone: a cap, say
NEAR = 0.2  # how near


def draw(kind: str, like: Any, rng: Generator) -> Any:
    """Draw data of a kind, in the shape of `like`."""
    shape = np.shape(like)
    if kind.endswith(" in columns"):
        turned = draw(kind.removesuffix(" in columns"), np.moveaxis(np.asarray(like), 0, -1), rng)
        return np.moveaxis(turned, -1, 0)
    if kind == "one-hot":
        drawn: Any = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    elif kind == "distribution":
        drawn = rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    elif kind == "binary":
        drawn = rng.integers(2, size=shape).astype(np.float64)
    elif kind == "integer":
        drawn = np.array(like)
    elif kind == OWN:
        return moved(like, NEAR, rng)
    elif kind == "unit":
        drawn = rng.uniform(0.1, 0.9, shape)
    elif kind == "positive":
        drawn = rng.uniform(0.3, 2.0, shape)
    else:
        drawn = rng.normal(0.0, 1.0, shape)
    if kind in ("one-hot", "binary", "integer"):
        drawn = drawn.astype(np.asarray(like).dtype)
    return float(drawn) if shape == () and kind != "integer" else drawn


def moved(x: Any, size: float, rng: Generator) -> Any:
    """Give numbers near others."""
    near = np.asarray(x) * (1.0 + size * rng.uniform(-1.0, 1.0, np.shape(x)))
    return float(near) if np.shape(x) == () else near


def kinds(inputs: Sequence[Any], generic: bool) -> list[str]:
    """Kinds of all data; the `generic` ones ignore that data was whole or summed to one."""
    own = [kind_of(x) for x in inputs]
    if not generic:
        return own
    # A vector with a single 1 may be anybody's: one class of several, or one sample of many.
    own = [
        "distribution" if np.ndim(x) == 1 and k == "one-hot" else k
        for x, k in zip(inputs, own, strict=True)
    ]
    return [GENERIC.get(kind, kind) for kind in own]


def near(kinds: Sequence[str]) -> list[str]:
    """Keep to the user's own numbers where they are of no kind that says more."""
    return [OWN if kind in FREE else kind for kind in kinds]


def draw_params(params: Sequence[Any], rng: Generator, near: bool) -> list[Any]:
    """Draw parameters: anywhere, or `near` the user's own where a function needs that.

    Zeros are moved as well: a bias that is 0 at every point hides what it does.
    """
    if not near:
        return [draw("real", p, rng) for p in params]
    shapes = map(np.shape, params)
    factors = [(rng.uniform(0.7, 1.4, shape), rng.uniform(-0.2, 0.2, shape)) for shape in shapes]
    moved = [
        np.where(np.equal(p, 0), b, np.asarray(p) * a)
        for p, (a, b) in zip(params, factors, strict=True)
    ]
    return [float(x) if x.shape == () else x for x in moved]
