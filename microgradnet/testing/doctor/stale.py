"""Gradients that read parameters after their update."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from .case import Base, Case, Explanation, Targets
from .graph import replayed
from .naming import listed
from .phrases import derivatives
from .sweep import Array, State, gradient


def explanations(base: Base) -> list[Explanation]:
    """Find gradients that read parameters after their update."""
    case = base.case
    if case.rate is None:
        return []
    order = list(range(len(case.targets)))
    out = []
    for backward_only in (True, False):
        fresh = _after_updates(base, backward_only)
        for which in _early(order):
            fixes = case.matched(partial(fresh, which), base.wrong)
            if fixes:
                out.append(_stale(case, which, fixes, backward_only, 1.1))
        for words, sequence in (("in order", order), ("from the last to the first", order[::-1])):

            def predict(p: int, sequence: list[int] = sequence, f: Any = fresh) -> Array:
                guess = base.gradient(p).copy()
                for n, t in enumerate(sequence):
                    w = case.targets[t].where
                    guess[w] = f(tuple(sorted(sequence[:n])), p)[w]
                return guess

            fixes = case.matched(predict, base.wrong)
            if len(fixes) > 1:
                text = (
                    f"the parameters are updated one by one, {words}, and "
                    f"{derivatives(case, fixes)} read those that are updated already: compute all "
                    "derivatives first"
                )
                out.append(Explanation(1.12, text, fixes))
    return out


def _early(order: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Give the sets of parameters that may have been updated before the rest was computed."""
    seen = set()
    for t in order:
        for which in ((t,), tuple(order[: t + 1]), tuple(order[t:])):
            if which not in seen:
                seen.add(which)
                yield which


def _after_updates(base: Base, backward_only: bool) -> Callable[[tuple[int, ...], int], Array]:
    """Give the gradient at a point when some parameters have taken their (reported) step."""
    case, known = base.case, {}

    def fresh(which: tuple[int, ...], p: int) -> Array:
        if (which, p) not in known:
            state = base.states[p]
            given: dict[int, Any] = {}
            for t in which:
                target = case.targets[t]
                step = case.rate * np.reshape(case.reported[p][target.where], target.shape)
                new = np.array(given.get(target.op, state.values[target.op]))
                new[... if target.index is None else target.index] -= step
                given[target.op] = new if new.shape else float(new)
            if backward_only:
                values = [given.get(i, v) for i, v in enumerate(state.values)]
                for i, (leaf, index) in state.graph.elements.items():
                    if leaf in given:
                        values[i] = np.asarray(given[leaf])[index]
            else:
                values = replayed(state.graph.ops, state.point, (), given)
            known[which, p] = gradient(State(state.graph, state.point, values), base.edits)
        return known[which, p]

    return fresh


def _stale(
    case: Case, which: Sequence[int], fixes: Targets, backward_only: bool, cost: float
) -> Explanation:
    read = listed([f"`{case.targets[t].name}`" for t in which])
    how = "" if backward_only else " (forward pass included)"
    text = (
        f"{derivatives(case, fixes)} {'reads' if len(fixes) == 1 else 'read'} {read} after the "
        f"update{how}: compute all derivatives before any parameter is updated"
    )
    return Explanation(cost + 0.01 * len(which) + 0.1 * (not backward_only), text, fixes)
