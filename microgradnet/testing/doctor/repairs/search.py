"""Repairs: small changes of somebody's code after which its gradient is right.

Each is tried at one point and verified at all where the code goes its usual way; so what it says is
true of the code there, whatever was meant. It is made wherever one place in the code is passed.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..case import Targets
from ..graph import RESULT, evaluate
from ..places import UNFIT
from .changes import Change
from .exchanges import begun_anew, changes, right_results
from .reach import Reach
from .spots import Spot
from .written import Written

EFFORT = 400_000  # operations computed in a search for one change
MANY = 30_000  # changes
STEPS = 6  # changes that are made one after the other
# What makes a change less likely:
ALONE = 0.3  # a helper that is right in other calls
RIGHT = 0.2  # a spot whose result is right
DEEPER, DEEP = 0.05, 6.0  # something is wrong before it, for each operation of so many
PARTLY = 0.3  # no change at the spot can make all right
SPOILS = 0.3  # most changes there make wrong what is right
AT_ONCE = 0.25  # what makes it likelier: that the spot then gives what is known to be right


@dataclass
class Repair:
    """A change after which some derivatives are right, and none is wrong that was right."""

    change: Change
    cost: float
    fixes: Targets

    @property
    def rank(self) -> tuple[int, float]:
        """What the best has least of."""
        return -len(self.fixes), self.cost


def repaired(code: Written, steps: int = STEPS, most: float = 99.0) -> list[str] | None:
    """Give the sentences of a few changes that make somebody's code right; None if none do.

    Of at most so many `steps`, each likely enough to cost no more than the `most`; the first is
    looked for everywhere only if there may be several.
    """
    found: list[str] = []
    for _ in range(steps):
        thorough = steps > 1
        if code.step is None or (thorough and not np.isfinite(code.step[0])):
            code.step = _step(code, thorough)
        cost, text, rest = code.step
        if cost > most:
            return None
        found.append(text)
        if rest is None:
            return found
        code = rest
    return None


def _step(code: Written, thorough: bool) -> tuple[float, str, Written | None]:
    """Make the best change: its cost, its sentence, and the code if something is wrong still."""
    best = _best(code, code.wrong, thorough)
    if best is None:
        return np.inf, "", None
    rest = None if best.fixes >= code.wrong else code.made(best.change.new.all)
    return best.cost, best.change.text, rest


def _best(code: Written, wrong: Targets, thorough: bool = True) -> Repair | None:
    """Give the likeliest change that makes all right; else the one that makes the most right.

    If all comes right where some spot gives what is right, the mistake is there or just before.
    """
    reach = Reach(code)
    spots = _spots(code, reach, wrong)
    anew = _begun_anew(code, spots, wrong) if thorough else None
    if anew is not None:
        return anew
    there = _located(code, spots, wrong)
    if there is not None:
        spot = there.change.at
        near = [s for s in spots if s is spot or _is_before(code, reach, s, spot)]
        better = _likeliest(code, reach, near, there.fixes, wrong)
        if better is not None and better.fixes >= there.fixes and better.cost < there.cost:
            return better
        if there.fixes >= wrong:
            return there
    if not thorough:
        return None
    other = _likeliest(code, reach, spots, wrong, wrong)
    return min((r for r in (other, there) if r), key=lambda r: r.rank, default=None)


def _begun_anew(code: Written, spots: Sequence[Spot], wrong: Targets) -> Repair | None:
    """Find a loop that should begin anew, so that all comes right."""
    left = EFFORT
    for change in itertools.chain(*map(begun_anew, spots)):
        order = code.after([*change.new.which])
        left -= len(order)
        if left < 0:
            break
        repair = _outcome(code, change, 0.0, order, wrong)
        if repair is not None and repair.fixes >= wrong:
            return repair
    return None


def _located(code: Written, spots: Sequence[Spot], wrong: Targets) -> Repair | None:
    """Find a spot where all comes right if it gives what is right."""
    best: Repair | None = None
    for spot in spots:
        if best is not None:
            whole = best.fixes >= wrong and spot.depth > best.change.at.depth
            if whole or not spot.fixable >= wrong:
                break
        order = code.after(spot.members)
        for make, is_scaled in right_results(spot):
            constants = _constants(code, make, order, wrong) if is_scaled and spot.linear else [1.0]
            for change in map(make, constants):
                repair = _outcome(code, change, ALONE * spot.alone, order, wrong)
                if repair is not None and (best is None or repair.rank < best.rank):
                    best = repair
    return best


def _constants(
    code: Written, make: Callable[[float], Change], order: Sequence[int], wrong: Targets
) -> list[float]:
    """Find by which constant a right value would have to be multiplied at a linear spot."""
    case, p = code.base.case, code.numbers[0]
    flats = []
    for c in (0.0, 1.0):
        values = code.changed(make(c).new.all, order)
        if values is None:
            return []
        flats.append(code.gradient(values))
    by, off = flats[1] - flats[0], code.base.gradient(p) - flats[0]
    found = []
    for t in wrong:
        w = case.targets[t].where
        square = by[w] @ by[w]
        c = float(by[w] @ off[w] / square) if square > 0.0 else 0.0
        near = [float(k) for k in case.constants if abs(k - c) < 1e-6 * abs(k)]
        found += near[:1]
    return [*dict.fromkeys(found)]


def _is_before(code: Written, reach: Reach, spot: Spot, last: Spot) -> bool:
    """Whether a spot's result is an operand of another's, with nothing that is right between."""
    seen, stack = set[int](), [last.shown]
    while stack:
        for a in code.ops[stack.pop()].args:
            if a not in seen and code.ops[a].kind is RESULT:
                seen.add(a)
                if reach.depths[a]:
                    stack.append(a)
    return not seen.isdisjoint(spot.members)


def _likeliest(
    code: Written, reach: Reach, spots: Sequence[Spot], wanted: Targets, wrong: Targets
) -> Repair | None:
    """Give the likeliest change that makes right what is wanted; else what makes the most right."""
    made: list[tuple[float, float, Change]] = []
    for spot in spots:
        if len(made) > MANY:
            break
        odd = ALONE * spot.alone + RIGHT * reach.is_right(spot.members[0]) + SPOILS * spot.spoils
        later = DEEPER * min(spot.depth - 1.0, DEEP) + PARTLY * (not spot.fixable >= wanted)
        made += ((change.cost + odd + later, odd, change) for change in changes(spot))
    found: list[Repair] = []
    after = cache(code.after)
    # Where not all can be tried, those first where something goes wrong though nothing did before,
    # and no more than is wrong.
    many = sum(len(after(tuple(change.new.which))) + 2 for *_, change in made) > 2 * EFFORT
    # What a change gives by itself is computed when it is next at best: that may make it likelier.
    heap = [
        (many and (c.at.spoils or c.at.depth > 1.0), cost - AT_ONCE, n, False)
        for n, (cost, _, c) in enumerate(made)
    ]
    heapq.heapify(heap)
    seen, left = set[object](), EFFORT
    while heap and left > 0:
        last, cost, n, known = heapq.heappop(heap)
        _, odd, change = made[n]
        if not known:
            shown, key = _direct(code, change.at, change)
            if key is not None and (change.at.members, key) not in seen:
                seen.add((change.at.members, key))
                cost += AT_ONCE * (not reach.is_known(shown))
                heapq.heappush(heap, (last, cost, n, True))
            continue
        order = after(tuple(change.new.which))
        left -= len(order) + 2
        repair = _outcome(code, change, odd, order, wrong)
        if repair is not None and repair.fixes >= wanted:
            return repair
        found += [repair] if repair is not None else []
    return min(found, key=lambda r: r.rank, default=None)


def _spots(code: Written, reach: Reach, wrong: Targets) -> list[Spot]:
    """List the spots where a change may help; those first where something goes wrong at first."""
    graph = code.now
    found: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for i, op in enumerate(graph.ops):
        if op.kind is RESULT and i not in graph.several and code.reached(i) & wrong:
            stack, number = op.site or ((), i)
            found["place", stack, number, op.primitive, len(op.args)].append(i)
            found["function", stack[-1:], number, op.primitive, len(op.args)].append(i)
    spots: dict[tuple[int, ...], Spot] = {}
    for key, some in found.items():
        members = tuple(some)
        fixable, linear, spoils = reach.fixable(members, wrong)
        if fixable:
            op = graph.ops[members[0]]
            calls = found["function", (op.site or ((), 0))[0][-1:], *key[2:]]
            depths = [reach.depths[i] for i in members]
            depth = min([d for d in depths if d], default=1.5)
            shown = next(
                (i for i, d in zip(members, depths, strict=True) if d == depth), members[0]
            )
            found_there = fixable, depth, shown, reach.depths, linear, spoils
            spots[members] = Spot(code, members, len(calls) > len(members), *found_there)
    return sorted(spots.values(), key=lambda s: (not s.fixable >= wrong, s.spoils, s.depth))


def _direct(code: Written, spot: Spot, change: Change) -> tuple[Any, object]:
    """Give what a changed operation gives by itself, and what tells changes apart.

    That is None if nothing is new.
    """
    point, numbers, shown, moved = code.points[0], [], None, False
    for i in {spot.shown, spot.members[-1]}:
        op = change.new.at(i)
        try:
            z = evaluate(op, point.settings[i], [point.values[a] for a in op.args])
        except UNFIT:
            return None, None
        old = point.values[i]
        numbers.append((i, np.shape(z), np.asarray(z).tobytes()))
        shown = z if i == spot.shown else shown
        if not moved:
            same = np.shape(z) == np.shape(old)
            moved = not same or bool(np.any(np.abs(z * 1.0 - old) > 1e-9 * np.abs(old) + 1e-300))
    return shown, (len(change.new.which), change.mark, *numbers) if moved else None


def _outcome(
    code: Written, change: Change, odd: float, order: Sequence[int], wrong: Targets
) -> Repair | None:
    """Tell what is right after a change, at all points; None if it is nothing more."""
    every = frozenset(range(len(code.base.case.targets)))
    right, before = every, every - wrong
    for n in range(len(code.points)):
        some = code.changed(change.new.all, order, n)
        if some is None:
            return None
        right = code.right(code.gradient(some, n), n, right)
        if not right >= before or not right & wrong:
            return None
    # What is read before it is made can be told, but not gone on from.
    early = any(a > i for i, op in change.new.all.items() for a in op.args)
    if early and not right >= wrong:
        return None
    return Repair(change, change.cost + odd, right & wrong)
