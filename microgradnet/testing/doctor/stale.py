"""Training steps: parameters read after their update, steps from elsewhere, two for one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from .case import Base, Case, Explanation, Targets
from .constants import fitted, solved
from .graph import Graph, replayed
from .naming import derivatives, listed
from .sweep import Array, State, gradient

VIEWS = ("getitem", "transpose", "reshape", "broadcast_to")


def explanations(base: Base) -> list[Explanation]:
    """Find gradients that read parameters after their update, and steps taken for gradients."""
    found, rate = _taken_for_each_other(base), base.case.rate
    if rate is not None:
        found += [*_twice(base, rate), *_by_samples(base, rate)]
        found += [*_found(base, rate), *_elsewhere(base, rate)]
    return found


def _taken_for_each_other(base: Base) -> list[Explanation]:
    """Find new parameters where the gradient is expected, or the reverse."""
    case, points = base.case, range(len(base.states))
    values = [np.concatenate([np.ravel(s.values[i]) for i in s.graph.params]) for s in base.states]
    if case.rate is None:
        off, right = values[0] - case.reported[0], base.gradient(0)
        rate = fitted(off, right)
        share = fitted(case.reported[0], right)  # of x**2 a half is also x - x/2
        if not rate > 0.0 or np.allclose(case.reported[0], share * right, rtol=1e-9, atol=0.0):
            return []
        guesses = [values[p] - rate * base.gradient(p) for p in points]
        text = (
            f"the reported numbers are the parameters after a step, not their gradient: say "
            f"`learning_rate={rate:.6g}`, or give the gradient alone"
        )
    else:
        guesses = [(values[p] - base.gradient(p)) / case.rate for p in points]
        text = (
            "the reported numbers are the gradient itself, not the parameters after a step: leave "
            "`learning_rate` away, or give the new parameters"
        )
    every = frozenset(range(len(case.targets)))
    fixes = case.matched(guesses.__getitem__, every)
    return [Explanation(0.5, text, base.wrong)] if fixes == every else []


def unstated(base: Base) -> list[Explanation]:
    """Find them where no learning rate was stated: fit one, and see whether it explains."""
    case, out = base.case, []
    if case.rate is not None or any(t.index and t.node == t.op for t in case.targets):
        return []  # nobody updates the elements of an array one by one
    for backward_only in (True, False):
        for which in _early(range(len(case.targets))):
            rate = _fitted(base, which, backward_only)
            if rate is None:
                continue
            fresh = _after_updates(base, backward_only, rate)
            fixes = case.matched(partial(fresh, which), base.wrong)
            if fixes:
                found = _stale(case, which, fixes, backward_only, 1.2)
                found.text += f" (the learning rate being {rate:.6g})"
                out.append(found)
    return out


def _fitted(base: Base, which: tuple[int, ...], backward_only: bool) -> float | None:
    """Find the learning rate at which the first point's gradient is the reported one."""
    wrong = sorted(base.wrong - set(which)) or sorted(base.wrong)
    w = np.concatenate([np.arange(*base.case.targets[t].where.indices(10**9)) for t in wrong])

    def off(rate: float) -> Array:
        guess = _after_updates(base, backward_only, rate)(which, 0)
        return np.asarray((guess - base.case.reported[0])[w])

    return solved(off, 0.0) or None


def _found(base: Base, rate: float) -> list[Explanation]:
    case = base.case
    order = list(range(len(case.targets)))
    out: list[Explanation] = []
    for backward_only in (True, False):
        fresh = _after_updates(base, backward_only, rate)
        for which in _early(order):
            fixes = case.matched(partial(fresh, which), base.wrong)
            if fixes:
                which = _read(case, which, fixes, fresh)
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


def _twice(base: Base, rate: float) -> list[Explanation]:
    """Find two steps taken for one."""

    def predict(p: int) -> Array:
        state, given, start = base.states[p], {}, 0
        for i in state.graph.params:
            x = state.values[i]
            step = np.reshape(base.gradient(p)[start : start + np.size(x)], np.shape(x))
            given[i] = x - rate * (step if np.ndim(x) else float(step))
            start += np.size(x)
        values = replayed(state.graph.ops, state.point, (), given)
        return base.gradient(p) + gradient(State(state.graph, state.point, values), base.edits)

    fixes = base.case.matched(predict, base.wrong)
    text = "two steps are taken, the second from the parameters that the first one gives"
    return [Explanation(1.1, text, fixes)] if fixes == base.wrong else []


def _by_samples(base: Base, rate: float) -> list[Explanation]:
    """Find a step for each sample, from the parameters that the sample before it left."""
    case, subset = base.case, base.case.subset
    if subset is None or base.edits:
        return []
    n, _ = case.samples
    for share in (1.0, 1.0 / n):

        def predict(p: int, share: float = share) -> Array:
            leaves = [np.array(x, float) for x in base.states[p].point.leaves]
            total = 0.0 * base.gradient(p)
            for i in range(n):
                g = subset([i], p, [x if x.ndim else float(x) for x in leaves])
                if g is None:
                    return total
                total += share * g
                ends = np.cumsum([x.size for x in leaves])[:-1]
                for x, step in zip(leaves, np.split(share * rate * g, ends), strict=True):
                    x -= np.reshape(step, x.shape)
            return total

        fixes = case.matched(predict, base.wrong)
        if fixes == base.wrong:
            text = (
                "a step is taken after each sample, so that the next one reads parameters that are "
                "updated already: add the gradients of all samples up first"
            )
            return [Explanation(1.1, text, fixes)]
    return []


def _elsewhere(base: Base, rate: float) -> list[Explanation]:
    """Find steps that start from another parameter, before or after its own step, or from 0."""
    case, out = base.case, []
    for t in base.wrong:
        target = case.targets[t]
        some = [u for u, other in enumerate(case.targets) if u != t and other.shape == target.shape]
        for u, is_new in ((None, False), *itertools.product(some, (False, True))):

            def predict(p: int, t: int = t, u: int | None = u, is_new: bool = is_new) -> Array:
                guess, values = base.gradient(p).copy(), base.states[p].values
                start: Any = 0.0 if u is None else case.targets[u].of(values)
                off = np.ravel((case.targets[t].of(values) - start) / rate)
                if u is not None and is_new:
                    off = off + case.reported[p][case.targets[u].where]
                guess[case.targets[t].where] += off
                return guess

            fixes = case.matched(predict, {t})
            if fixes:
                own = f"`{target.name}`"
                start = "0" if u is None else f"{'the new ' * is_new}`{case.targets[u].name}`"
                text = f"the step of {own} starts from {start} where it should start from {own}"
                out.append(Explanation(1.05, text, fixes))
                break
    return out


def _read(
    case: Case, which: tuple[int, ...], fixes: Targets, fresh: Callable[..., Array]
) -> tuple[int, ...]:
    """Leave those out whose update changes nothing: what is not read."""
    for t in which:
        fewer = tuple(other for other in which if other != t)
        if fewer and case.matched(partial(fresh, fewer), fixes) == fixes:
            which = fewer
    return which


def _early(order: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Give the sets of parameters that may have been updated before the rest was computed."""
    seen = set()
    for t in order:
        for which in ((t,), tuple(order[: t + 1]), tuple(order[t:])):
            if which not in seen:
                seen.add(which)
                yield which


def _after_updates(
    base: Base, backward_only: bool, rate: float
) -> Callable[[tuple[int, ...], int], Array]:
    """Give the gradient at a point when some parameters have taken their (reported) step."""
    case, known = base.case, {}

    def fresh(which: tuple[int, ...], p: int) -> Array:
        if (which, p) not in known:
            state = base.states[p]
            given: dict[int, Any] = {}
            for t in which:
                target = case.targets[t]
                step = rate * np.reshape(case.reported[p][target.where], target.shape)
                new = np.array(given.get(target.op, state.values[target.op]))
                new[... if target.index is None else target.index] -= step
                given[target.op] = new if new.shape else float(new)
            if backward_only:
                views = _views(state.graph, given)
                again = replayed(state.graph.ops, state.point, (), given)
                values = [
                    v if i in views else x
                    for i, (v, x) in enumerate(zip(again, state.values, strict=True))
                ]
            else:
                values = replayed(state.graph.ops, state.point, (), given)
            known[which, p] = gradient(State(state.graph, state.point, values), base.edits)
        return known[which, p]

    return fresh


def _views(graph: Graph, given: Collection[int]) -> set[int]:
    """Find what only shows some leaves' numbers in other places: elements, transposes."""
    views = set(given)
    for i, op in enumerate(graph.ops):
        shows = op.name in VIEWS
        if shows and op.args[0] in views:
            views.add(i)
    return views


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
