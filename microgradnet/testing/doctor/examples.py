"""At which data a gradient is examined: like the user's own, generic, or less of it."""

from __future__ import annotations

import contextlib
import itertools

import numpy as np

from . import points as drawing
from .calling import Call
from .case import Base
from .examination import examined
from .sampling import FAILURES, HUGE, POINTS, BadForm
from .trees import Tree


def like_theirs(call: Call, reported: Call, rate: float | None, seed: int) -> Base:
    """Examine at data like the user's own; nearer to it, if nothing is wrong there."""
    kinds = drawing.kinds(call.inputs.leaves, generic=False)
    own = examined(call, reported, kinds, rate, seed, every=False)
    if not own.wrong and len(own.states) < POINTS and len(own.case.graph.ops) <= HUGE:
        own = examined(call, reported, kinds, rate, seed)
    if not own.wrong and (nearer := drawing.near(kinds)) != kinds:
        with contextlib.suppress(*FAILURES, BadForm):
            other = examined(call, reported, nearer, rate, seed)
            return other if other.wrong else own
    return own


def generic_too(own: Base, call: Call, reported: Call, rate: float | None, seed: int) -> list[Base]:
    """Examine at what tells more than data like the user's own, if there is that, too.

    Numbers that are less special tell more mistakes apart; some functions need special ones, and
    some mistakes show at these alone.
    """
    leaves = call.inputs.leaves
    generic = drawing.kinds(leaves, generic=True)
    if own.wrong and generic != drawing.kinds(leaves, generic=False):
        with contextlib.suppress(*FAILURES, BadForm):
            other = examined(call, reported, generic, rate, seed, every=False)
            if other.wrong >= own.wrong:
                return [other, own]
    return [own]


def with_few(call: Call, reported: Call, rate: float | None, seed: int) -> Base | None:
    """Examine at data of one sample or one step, or of two, where that shows a mistake."""
    leaves = call.inputs.leaves
    lengths = {np.shape(x)[0] for x in leaves if np.ndim(x)}
    for length, few in itertools.product(sorted(lengths, reverse=True), (1, 2)):
        some = [x[:few] if np.ndim(x) and len(x) == length > few else x for x in leaves]
        with contextlib.suppress(*FAILURES, BadForm):
            data = Tree(call.inputs.filled(some), call.inputs.top)
            small = Call(call.f, call.params, data, like=call)
            kinds = drawing.kinds(data.leaves, generic=False)
            found = examined(small, reported, kinds, rate, seed, every=False)
            if found.wrong:
                return found
    return None
