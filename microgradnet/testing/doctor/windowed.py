"""Mistakes at windows of an array: read or written elsewhere, overwritten, in another order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .case import Case
from .edges import Group
from .graph import form
from .naming import everywhere, multiplied, rounds
from .places import Candidate, Place, changed, with_operand
from .readings import first_moved, indices, unstrided, window, window_name, windows
from .sweep import Edge, State

TILED = "is repeated window by window, as `np.tile` does, not number by number (`np.repeat`)"


def candidates(at: Place) -> Iterator[Candidate]:
    """Give every single mistake in what goes back to windows."""
    yield from _overwritten(at)
    yield from _covered(at)
    yield from _tiled(at)
    yield from _written_elsewhere(at)


def read_elsewhere(at: Place, j: int) -> Iterator[Candidate]:
    """Read another stretch of an array in the rounds of a loop."""
    own, names = at.operands(j), at.names
    for array, places, strangeness in windows(at.graph, at.state, own):

        def hand(
            e: Edge, m: int, state: State, g: Any, array: int = array, places: Any = places
        ) -> Any:
            return with_operand(state, e, g, j, state.values[array][places[m]])

        m = first_moved(at.state, array, places, own)
        wrong = window_name(names.bare(array), places[m], form(at.state.values[array]))
        what = multiplied(wrong, names(own[m]))
        yield at.slip(hand, 1.15 + strangeness, what, at.group.edges[m])


def _written_elsewhere(at: Place) -> Iterator[Candidate]:
    """Add what goes to windows of an array to other windows."""
    tops, names = [e.top for e in at.group.edges], at.names
    for _, places, strangeness in windows(at.graph, at.state, tops):

        def hand(e: Edge, m: int, state: State, g: Any, places: Any = places) -> Any:
            out = np.zeros(form(state.values[e.bottom]))
            out[places[m]] = g
            return out

        array = at.graph.ops[tops[0]].args[0]
        m = first_moved(at.state, array, places, tops)
        wrong = window_name(names.bare(array), places[m], form(at.state.values[array]))
        wrong, right = f"`∂L/∂{wrong[1:]}", names.derivative(tops[m])
        what = f"goes to {wrong} where it should go to {right}{rounds(at.group)}"
        what = f"what comes to {names(tops[m])} {what}"
        found = at.slip(hand, 1.15 + strangeness, "", at.group.edges[m])
        found.text = what
        yield found


def of_arrays(case: Case, groups: Sequence[Group], state: State) -> Iterator[Candidate]:
    """Give the mistakes in what goes back to all windows of an array, wherever they are cut out."""
    graph = case.graph
    arrays: dict[object, dict[Edge, None]] = defaultdict(dict)
    for e in (e for group in groups for e in group.edges):
        if graph.ops[e.top].name == "getitem":
            # Arrays that one place in the code makes are one, in all rounds of a loop.
            arrays[graph.ops[e.bottom].site or e.bottom][e] = None
    for edges in arrays.values():
        yield from _strided(case, tuple(edges), state)
        yield from _covered_by_places(case, tuple(edges), state)


def _strided(case: Case, edges: Sequence[Edge], state: State) -> Iterator[Candidate]:
    """Forget the stride, of every second number say."""
    found = {e: unstrided(case.graph, state, e.top) for e in edges}
    places = {e: where for e, where in found.items() if where is not None}
    if not places:
        return

    def hand(e: Edge, state: State, g: Any) -> Any:
        out = np.zeros(form(state.values[e.bottom]))
        out[places[e]] = g
        return out

    e, names = next(iter(places)), case.names
    shape = form(state.values[e.bottom])
    wrong = window_name(names.bare(e.bottom), places[e], shape).strip("`")
    text = (
        f"what comes to {names(e.top)} goes to `∂L/∂{wrong}` where it should go to "
        f"{names.derivative(e.top)}: the stride is forgotten{everywhere(len(places))}"
    )
    yield changed([*places], 1.15, text, hand)


def _covered_by_places(case: Case, edges: Sequence[Edge], state: State) -> Iterator[Candidate]:
    """Overwrite where the code goes through the places, and the intended one through the taps."""
    found = [window(case.graph, state, e.top)[1] for e in edges]
    cuts = [[i for i in where if isinstance(i, slice)] for where in found]
    lengths = {tuple(i.stop - i.start for i in row) for row in cuts}
    if len(lengths) != 1:
        return
    shape = lengths.pop()
    taps = [1 + max(i.start for i in axis) for axis in zip(*cuts, strict=True)]
    if max(taps, default=1) < 2 or any(n < k for n, k in zip(shape, taps, strict=True)):
        return  # more windows than numbers in them are places themselves
    name = case.names.derivative(edges[0].bottom)
    ends = (("last", [0] * len(taps), -1), ("first", [k - 1 for k in taps], 0))
    for which, covering, end in ends:
        kept: dict[Edge, Any] = {}
        for e, row in zip(edges, cuts, strict=True):
            # The tap that comes last to a place is seen wherever it comes, others at an end alone.
            seen = np.zeros(shape, bool)
            seen[
                tuple(
                    slice(None) if i.start == tap else end
                    for i, tap in zip(row, covering, strict=True)
                )
            ] = True
            kept[e] = seen

        def hand(e: Edge, state: State, g: Any, kept: Any = kept) -> Any:
            return state.along(e, g * np.reshape(kept[e], form(g)))

        text = (
            f"{name} keeps, where the windows of the places overlap, only what comes from the "
            f"{which} of them: the others are overwritten (`+=` adds)"
        )
        yield changed(edges, 1.07, text, hand)


def _overwritten(at: Place) -> Iterator[Candidate]:
    """Put what goes to one place one over the other instead of adding it up."""

    def index(state: State, e: Edge) -> Any:
        return state.settings(e.top).get("index")

    def hand(e: Edge, m: int, state: State, g: Any) -> Any:
        out = np.zeros(form(state.values[e.bottom]))
        out[index(state, e)] = g
        return out

    where = index(at.state, at.e)
    for own, other in indices(at.graph, at.state, at.e.top):
        if own != other:

            def misplaced(e: Edge, m: int, state: State, g: Any, other: int = other) -> Any:
                out = np.zeros(form(state.values[e.bottom]))
                np.add.at(out, state.values[other], g)
                return out

            what = f"is added at {at.names(other)} where it should be added at {at.names(own)}"
            yield at.slip(misplaced, 1.1, what)
    if any(np.ndim(n) for n in (where if isinstance(where, tuple) else (where,)) if n is not None):
        what = (
            "keeps, of each index that repeats, only the last: the others are overwritten (`+=` "
            "adds once per index; use `np.add.at`)"
        )
        yield at.slip(hand, 1.05, what)


def _covered(at: Place) -> Iterator[Candidate]:
    """Put what goes to windows that overlap one over the other, in their order or back."""
    edges = at.group.edges
    if at.op.name != "getitem" or len(edges) < 2:
        return
    indices = [at.state.settings(e.top)["index"] for e in edges]
    at_window = {(e.bottom, repr(i)): i for e, i in zip(edges, indices, strict=True)}
    windows = [*at_window]
    for order, which in ((windows, "last"), (windows[::-1], "first")):
        covered = {bottom: np.zeros(form(at.state.values[bottom]), bool) for bottom, _ in order}
        kept: dict[Any, Any] = {}
        for bottom, key in reversed(order):
            kept[bottom, key] = ~covered[bottom]
            covered[bottom][at_window[bottom, key]] = True
        if all(kept[w][at_window[w]].all() for w in windows):
            return  # they do not overlap

        def hand(e: Edge, m: int, state: State, g: Any, kept: dict[Any, Any] = kept) -> Any:
            return state.along(e, g) * kept[e.bottom, repr(indices[m])]

        what = (
            f"keeps, where windows overlap, only what comes from the {which} of them: the others "
            "are overwritten (`+=` adds)"
        )
        yield at.slip(hand, 1.06, what)


def _tiled(at: Place) -> Iterator[Candidate]:
    """Repeat what goes to windows side by side as a whole (`np.tile`), not number by number."""
    found = [window(at.graph, at.state, e.top)[1] for e in at.group.edges]
    cuts = [[i for i in where if isinstance(i, slice)] for where in found]
    sizes = [i.stop - i.start for i in cuts[0]]
    if not all(sizes) or not sizes or any([i.stop - i.start for i in row] != sizes for row in cuts):
        return
    places = [[i.start // n for i, n in zip(row, sizes, strict=True)] for row in cuts]
    counts = [1 + max(axis) for axis in zip(*places, strict=True)]
    if max(counts) < 2 or any(i.start % n for row in cuts for i, n in zip(row, sizes, strict=True)):
        return

    def hand(e: Edge, m: int, state: State, g: Any) -> Any:
        spread = iter(
            slice(place, place + (n - 1) * count + 1, count)
            for place, n, count in zip(places[m], sizes, counts, strict=True)
        )
        out = np.zeros(form(state.values[e.bottom]))
        out[tuple(next(spread) if isinstance(i, slice) else i for i in found[m])] = g
        return out

    yield at.slip(hand, 1.05, TILED)
