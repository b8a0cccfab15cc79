"""Rows of a cotangent that do not go on: a loop that ends too early, half of the labels.

What each row does to the parameters is known and adds up, so that one fit tells which
rows went in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .case import Base
from .edges import Group, plain_edges
from .graph import PARAM, form
from .naming import parts
from .places import Candidate, Place, Wanted
from .sweep import Array, Edge, State

MOST = 64  # rows
NEAR = 1e-6


def candidates(base: Base, wanted: Wanted) -> Iterator[Candidate]:
    """Give the edges along which some rows of what arrives are left out."""
    case, walk = base.case, base.walk(0)
    wrong = np.concatenate([np.r_[case.targets[t].where] for t in sorted(base.wrong)])
    for e in plain_edges(case.graph, base.states[0]):
        shape = form(walk[e.top]) if walk[e.top] is not None else ()
        if base.sensitivities()[e.bottom] is None or case.graph.ops[e.bottom].kind == PARAM:
            continue
        if not wanted(Group((e,), True)):
            continue
        for axis in {0, len(shape) - 1} if shape else ():
            points = range(1 + shape[axis] // len(wrong))  # so many equations as it takes
            if not 1 < shape[axis] <= MOST or len(points) > len(base.states):
                continue
            rows = np.concatenate([_rows(base, e, axis, p)[:, wrong] for p in points], axis=1)
            off = np.concatenate([(case.reported[p] - base.gradient(p))[wrong] for p in points])
            missing = _missing(rows, off)
            if 0 < len(missing) < len(rows):
                yield _left_out(base, e, axis, missing)


def _rows(base: Base, e: Edge, axis: int, p: int) -> Array:
    """Give what each row of the cotangent at the top of an edge does to all parameters."""
    g, below = base.walk(p)[e.top], base.sensitivities(p)[e.bottom]
    assert below is not None
    steps = [base.states[p].step(e.top, _alone(g, axis, row), e.k) for row in range(form(g)[axis])]
    return np.stack([np.reshape(c, -1) @ below for c in steps])


def _alone(g: Any, axis: int, row: int) -> Array:
    out = np.zeros(form(g))
    np.moveaxis(out, axis, 0)[row] = np.moveaxis(g, axis, 0)[row]
    return out


def _missing(rows: Array, off: Array) -> list[int]:
    """Tell which rows, taken away, give the difference; none if that is not what it is made of."""
    there = np.flatnonzero(rows.any(axis=1))
    if not 1 < len(there) < len(off) or not np.all(np.isfinite(rows)):
        return []
    weights, _, rank, _ = np.linalg.lstsq(-rows[there].T, off, rcond=None)
    plain = np.abs(weights - np.rint(weights)) < NEAR
    if rank < len(there) or not np.all(plain & (weights < 1.5) & (weights > -0.5)):
        return []
    return [int(row) for row in there[weights > 0.5]]


def _left_out(base: Base, e: Edge, axis: int, missing: list[int]) -> Candidate:
    at = Place(base.case, Group((e,), True), base.states[0])
    which, along = parts(len(form(base.walk(0)[e.top])), axis, missing)

    def hand(e: Edge, m: int, state: State, g: Any) -> Any:
        kept = np.array(g)
        np.moveaxis(kept, axis, 0)[missing] = 0.0
        return state.step(e.top, kept, e.k)

    what = f"leaves out the {which} of {at.names.derivative(e.top)}{along}"
    return at.slip(hand, 1.2, what)
