"""The intended function recorded at random points where it goes one way.

A function that branches by its numbers (``if z > 0``) is another computation on each side: if
that spreads the points, more are drawn near one of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import DetachedError, MicrogradnetError, ShapeError
from ...graph import raw
from . import points as drawing
from .calling import Call
from .graph import Graph, Point, draft, shape_of_graph, with_tests
from .recording import Recording, recorded
from .simplify import simplified
from .trees import copied

POINTS, FEWER = 16, 6
# Operations from which points are fewer: to see whether there is a mistake; at all.
LARGE, HUGE = 100, 1000
TRIES = 6 * POINTS
SPREAD = 2 * POINTS  # tries after which it is looked near a point
NEARER = 0.3  # how near, the power of which grows
NOWHERE = (
    "no random point was found where the intended function and the reported gradient are finite; "
    "expected functions of any numbers like the examples given"
)
UNLUCKY = (ArithmeticError, np.linalg.LinAlgError)  # by the numbers drawn
FAILURES = (ValueError, TypeError, IndexError, ArithmeticError, MicrogradnetError)


class BadForm(Exception):
    """The reported gradient has other shapes than the parameters; ``args`` are sentences."""


def sampled(
    call: Call,
    reported: Call,
    kinds: Sequence[str],
    rate: float | None,
    seed: int,
    every: bool,
) -> tuple[Graph, list[Point], bool]:
    """Record the function at some points, and tell whether it goes other ways elsewhere."""
    for x, name in zip(call.inputs.leaves, call.inputs.names, strict=True):
        if np.size(x) == 0:
            raise ShapeError(f"{name} has shape {np.shape(x)}; expected an example with numbers")
    found, tracked = _drawn(call, reported, kinds, rate, seed, every)
    if len(found) > 1 and not call.help:  # Python's ``max`` need not branch, see `filling`
        call.help, again = 1, found
        with contextlib.suppress(*FAILURES, BadForm):
            again, some = _drawn(call, reported, kinds, rate, seed, every)
        if len(again) < len(found):
            found, tracked = again, some
        else:
            call.help = 0
    points = max(found.values(), key=len)
    made = recorded(call, points[0].leaves, points[0].inputs, tracked)
    first = draft(made, call.params.names, call.inputs.names)
    ops = with_tests(first.ops, points)
    graph = Graph(ops, first.outputs[0], list(range(len(call.params.leaves))), first.names)
    return simplified(graph, points), points, len(found) > 1


def _drawn(
    call: Call,
    reported: Call,
    kinds: Sequence[str],
    rate: float | None,
    seed: int,
    every: bool,
) -> tuple[dict[Any, list[Point]], list[bool]]:
    """Draw points until there are enough where all is finite and the same path is taken.

    Give them by path, and which data was tracked.
    """
    rng = np.random.default_rng(seed)
    odd = np.zeros(len(call.params.leaves), bool)
    found: dict[Any, list[Point]] = {}
    near, problem = drawing.OWN in kinds, None
    # Perhaps the function needs plain numbers for some of its data: for what is whole, or for all;
    # perhaps functions that take Values.
    some = [is_real(x) for x in call.inputs.leaves]
    tracks = [[True] * len(kinds), some, [False] * len(kinds)]
    ways = [(track, help) for help in range(call.help, 3) for track in tracks]
    for attempt in range(TRIES):
        most = max(found.values(), key=len, default=[])
        large = bool(most) and len(most[0].values) > (HUGE if every else LARGE)
        if len(most) == (FEWER if large else POINTS):
            break
        leaves = drawing.draw_params(call.params.leaves, rng, near)
        pairs = zip(kinds, call.inputs.leaves, strict=True)
        inputs = [drawing.draw(kind, x, rng) for kind, x in pairs]
        if attempt >= SPREAD and 0 < len(most) < POINTS // 2:
            size = NEARER ** (attempt // POINTS)
            leaves = [drawing.moved(x, size, rng) for x in most[0].leaves]
            pairs = zip(kinds, most[0].inputs, strict=True)
            inputs = [
                drawing.moved(x, size, rng) if k in (*drawing.FREE, drawing.OWN) else x
                for k, x in pairs
            ]
        try:
            tracked, call.help = ways[0]
            made = recorded(call, leaves, inputs, tracked, watched=False)
        except FAILURES as error:
            problem = error
            if len(ways) > 1 and not found:
                ways.pop(0)
            else:
                near = True
            if attempt > 8 and not isinstance(error, UNLUCKY):
                raise
            continue
        d = draft(made, call.params.names, call.inputs.names)
        point = Point(leaves, inputs, d.values, d.settings)
        point.reported = reported.gradient(leaves, inputs, rate, "the reported gradient")
        if not all(np.all(np.isfinite(v)) for v in d.values if not isinstance(v, tuple)):
            near = near or attempt > POINTS
            continue
        finite = [bool(np.all(np.isfinite(g))) for g in point.reported]
        if not all(finite):
            odd |= ~np.array(finite)
            near = near or attempt > POINTS
            continue
        if not found:
            _repeatable(call, reported, made, point, rate, tracked)
        found.setdefault(shape_of_graph(d), []).append(point)
    if not found and odd.any():
        names = [n for n, is_odd in zip(call.params.names, odd, strict=True) if is_odd]
        raise BadForm(*(f"`∂L/∂{n}` is NaN or infinite at all random points" for n in names))
    if not found:
        raise ShapeError(NOWHERE + (f" ({problem})" if problem else ""))
    return found, tracked


def _repeatable(
    call: Call, reported: Call, made: Recording, point: Point, rate: float | None, track: list[bool]
) -> None:
    """Refuse functions that give something else when they are called again."""
    again = recorded(call, point.leaves, point.inputs, track, watched=False)
    plain = call(copied(point.leaves), copied(point.inputs)) if call.help else raw(made.results[0])
    if not np.allclose(plain, raw(made.results[0]), 1e-9, equal_nan=True):
        raise DetachedError(
            "the intended function gives another number with arrays that can be filled in the "
            "place of NumPy's; expected new arrays of the parts: np.stack([...])"
        )
    if not np.array_equal(raw(again.results[0]), raw(made.results[0]), equal_nan=True):
        raise ShapeError(
            "the intended function gives different numbers for the same arguments; expected "
            "random numbers (a dropout's mask) among the inputs, or a generator that is seeded "
            "inside the function"
        )
    what = "the reported gradient"
    calls = [point.reported] + [
        reported.gradient(point.leaves, point.inputs, rate, what) for _ in range(2)
    ]
    if not all(map(np.array_equal, *calls[:2])):
        adds = all(np.allclose(c - b, b - a) for a, b, c in zip(*calls, strict=True))
        why = ": each call adds to what the call before left" if adds else ""
        raise BadForm(f"{what} gives different numbers for the same arguments{why}")


def is_real(x: Any) -> bool:
    """Whether an example of data is floating."""
    return np.asarray(x).dtype.kind == "f"
