"""The doctor: which mistake turns the right gradient into the one that somebody wrote."""

from __future__ import annotations

import contextlib
import gc
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...errors import DTypeError
from . import ahead, examples, seen
from .calling import Call, understood
from .case import Base, Explanation, is_picked
from .code import Code
from .naming import listed, tidy
from .sampling import HUGE, BadForm
from .search import DEPTHS, QUICK, SIMPLE, plain, solve
from .ties import settled
from .unnamed import localised

ELEMENTS = 40  # of all parameters: up to so many are also looked at one by one
ROUNDED = 1e-7  # of a gradient: where it is off by less, the formulas are right
NUMBERS, CODE, TEXT = "numbers", "code", "text"
SOON, FEW = 700, 1700  # lines that are tried before any formula, and before those that take long
# Operations: up to which formulas are told before lines, from which only quickly, and from which
# only what shows in whole gradients.
SMALL, LARGE, LARGER = 60, 120, 500


@dataclass
class Diagnosis:
    """What the doctor found.

    Attributes
    ----------
    sentences : list of str
        One per mistake; what is known of it, if it has no explanation.
    explained : bool
        Whether the mistakes named account for every number at every point.
    correct : bool
        Whether there is no mistake.
    wrong : list of str
        The parameters whose gradient is wrong.
    """

    sentences: list[str]
    explained: bool
    correct: bool
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def __bool__(self) -> bool:
        return self.correct


def diagnose(
    intended: Callable[..., Any],
    reported_gradient: Callable[..., Any],
    params: Any,
    *,
    inputs: Any = (),
    forward: Callable[..., Any] | None = None,
    learning_rate: float | None = None,
    seed: int = 0,
) -> Diagnosis:
    """Name the mistake in a hand-derived gradient.

    Parameters
    ----------
    intended : callable
        The loss as it is meant, in plain NumPy: ``intended(w1, w2, x, y)`` or
        ``intended(params, x, y)``. It may fill arrays that it makes (``h = np.zeros(3)``,
        ``h[i] = ...``) and call ``math.exp``, ``max`` or ``float``.
    reported_gradient : callable
        Takes the same arguments and gives the gradient in the containers of `params`; with
        a `learning_rate`, a training step that gives the new parameters or writes them
        into the arrays that it was handed. If its text is to be had it is run with one line or
        another changed (for the time of the call), and the answer says what to change where.
        Else, if it is in NumPy, it is recorded where its numbers do not tell the mistake.
    params : dict, tuple, list, float or array
        Parameters: an example of their shapes. A dict's keys are their names.
    inputs : tuple, dict or array
        Data, likewise; a container that `intended` takes as one argument is handed on as one.
    forward : callable, optional
        Somebody's forward computation: gives the loss, the prediction, or intermediate values in
        any dicts, tuples and lists. What has the name of a value of `intended` is compared with
        that one; the rest with what has its shape, and blamed only if that explains the gradient.
    learning_rate : float, optional
        Says that `reported_gradient` is a training step.
    seed : int
        For the random points.

    Returns
    -------
    Diagnosis
        Its text is the sentences.

    Examples
    --------
    >>> import numpy as np
    >>> def loss(w, b, x, y):
    ...     return (np.tanh(w * x + b) - y) ** 2
    >>> def by_hand(w, b, x, y):
    ...     h = np.tanh(w * x + b)
    ...     return 2 * (h - y) * (1 - h**2) * w, 2 * (h - y) * (1 - h**2)
    >>> print(diagnose(loss, by_hand, (0.5, 0.1), inputs=(2.0, 1.0)))
    `∂L/∂w` multiplies by `w` where it should multiply by `x`
    in the code: `2 * (h - y) * (1 - h**2) * w` (line 3) reads `w` where it should read `x`
    """
    rate = learning_rate
    if rate is not None and not (isinstance(rate, int | float | np.number) and 0 < rate < np.inf):
        raise DTypeError(f"learning_rate is {rate!r}; expected a positive number, or None")
    with uncollected(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of guesses, and at random points
        return _diagnosed(intended, reported_gradient, params, inputs, forward, learning_rate, seed)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector out.

    It may call functions that the code did not call (whoever listens to it), which would be
    traced as if it had; and it would go through many thousand guesses again and again.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _diagnosed(
    intended: Callable[..., Any],
    reported_gradient: Callable[..., Any],
    params: Any,
    inputs: Any,
    forward: Callable[..., Any] | None,
    learning_rate: float | None,
    seed: int,
) -> Diagnosis:
    call = understood(intended, params, inputs)
    tree, data = call.params, call.inputs
    reported = Call(reported_gradient, tree, data, learning_rate, call).checked()
    theirs = None
    if forward is not None:
        theirs = Call(forward, tree, data, learning_rate, call, some=True).checked()
    return beside(_compared(call, reported, theirs, learning_rate, seed), reported)


def _compared(
    call: Call, reported: Call, theirs: Call | None, rate: float | None, seed: int
) -> Diagnosis:
    try:
        own = examples.like_theirs(call, reported, rate, seed)
        code = Code(reported, own, lambda: examples.with_few(call, reported, rate, seed))
        large = len(own.case.graph.ops) > SMALL
        line = code.edited(0, SOON if large else FEW)
        bases = [own] if line and large else examples.generic_too(own, call, reported, rate, seed)
    except BadForm as error:
        return Diagnosis(list(error.args), True, False)

    def agreeing(lines: list[str] | None, said: Sequence[str] = ()) -> Diagnosis | None:
        notes = None if lines is None else code.notes(theirs)
        if lines is None or notes is None:
            return None
        if said:
            lines = [*said, *(f"in the code: {line}" for line in lines)]
        return Diagnosis([*lines, *notes], True, False, wrong(own))

    said, notes = ([], []) if line and large else formula(bases[0], theirs)
    if (found := agreeing(line, said)) is not None:
        return found
    if said:
        if _are_two(said):
            found = agreeing(code.edited(1))
        elif plain(bases[0]) or _is_vague(said):  # a factor alone tells no place
            found = agreeing(code.edited(0), said)
        return Diagnosis([*said, *notes], True, False, wrong(own)) if found is None else found
    if large and (found := agreeing(code.edited(0, FEW))) is not None:
        return found
    tested = max(len(base.states) for base in bases)
    starts = [started(base, theirs) for base in bases]
    lost = not all(start.known for start in starts)
    if lost and (found := agreeing(code.edited(0))) is not None:
        return found
    deep = starts[:1] if bases[0].wrong == bases[-1].wrong else starts
    last = deep[-1]
    tied = [replace(starts[0], base=other) for other in settled(starts[0].base)]
    code.bases = [start.base for start in starts if not (start.known and start.sentences)]
    for asked, depth in order(starts[0].base, code.lines is not None):
        if asked in (CODE, TEXT):
            repairs = code.repaired(depth) if asked == CODE else code.edited(depth)
            if asked == TEXT and (found := agreeing(repairs)) is not None:
                return found
            if repairs is not None:
                said = [*last.sentences, *repairs, *last.notes]
                return Diagnosis(said, last.known, False, last.wrong)
            continue
        for start in deep if depth else [*(deep if large else starts), *tied]:
            apart = not any(start is other for other in tied)
            explained = searched(start.base, depth, apart)
            if explained is not None:
                sentences = [*start.sentences, *joined(explained)]
                if not sentences:
                    return right(tested, start.notes)
                if _are_two(sentences) and (found := agreeing(code.edited(1))) is not None:
                    return found
                lines = (code.edited(0, FEW) or []) if len(sentences) == 1 else []
                sentences += [f"in the code: {line}" for line in lines]
                return Diagnosis([*sentences, *start.notes], start.known, False, start.wrong)
    said = [*last.sentences, *localised(last.base), *last.notes]
    return Diagnosis(said, False, False, last.wrong)


def order(base: Base, is_read: bool) -> list[tuple[str, int]]:
    """Tell what is asked in turn, numbers, recorded code or its text, and how far it is gone.

    Numbers are asked quickly where there is little to ask, and their answers speak of the formulas.
    """
    first, second, third = ((NUMBERS, depth) for depth in DEPTHS)
    line, two, lines = ((TEXT, depth) for depth in DEPTHS)
    size = len(base.case.graph.ops)
    if not base.wrong:
        return [first]
    if size <= SMALL:
        return [first, line, two, second, lines, *([] if is_read else [third, (CODE, 2)])]
    if is_read and size <= LARGE:
        return [two, first, lines, second]
    if is_read and size > HUGE:
        return [two, lines]
    if is_read and size > LARGER:
        return [two, (NUMBERS, QUICK), lines]
    if is_read:  # what is left takes long
        return [two, (NUMBERS, QUICK), lines, first, second]
    if size <= LARGE or plain(base):
        return [first, (CODE, 0), second, (CODE, 1), third, (CODE, 2)]
    return [(NUMBERS, QUICK), (CODE, 0), first, second, (CODE, 1), (CODE, 2), third]


def beside(found: Diagnosis, reported: Call) -> Diagnosis:
    """Add to what was found the mistakes that no number shows: shapes, arguments changed."""
    said = list(reported.misshapen.values())
    if reported.spoilt:
        names = listed([f"`{name}`" for name in reported.spoilt])
        are = "is" if len(reported.spoilt) == 1 else "are"
        said.append(f"{names} {are} changed in place: work on a copy")
    if not said:
        return found
    sentences = [] if found.correct else found.sentences
    wrong = list(dict.fromkeys([*found.wrong, *reported.misshapen]))
    return Diagnosis([*sentences, *said], found.explained, False, wrong)


def right(points: int, notes: Sequence[str]) -> Diagnosis:
    """Say that there is nothing to say, but perhaps what was not looked at."""
    return Diagnosis([f"no mistake found: right at {points} random points", *notes], True, True)


@dataclass
class Start:
    """A base where forward values are settled, with what is said of them.

    They are `known` unless some differ and nobody knows why; `notes` say which were not looked at.
    """

    base: Base
    wrong: list[str]
    sentences: list[str]
    known: bool = True
    notes: Sequence[str] = ()


def started(base: Base, forward: Call | None) -> Start:
    """Find the mistake in the forward values that were handed in, if there is one."""
    names = wrong(base)
    values = [] if forward is None else seen.seen(base, forward)
    if seen.agrees(base, values):
        return Start(base, names, [])
    mistake = ahead.mistake(base, values)
    if mistake is None:
        said = seen.localised(base, values)
        unknown = seen.unknown(base, values)
        return Start(base, names, [], True, said) if unknown else Start(base, names, said, False)
    assert mistake.base is not None
    return Start(mistake.base(), names, [mistake.text])


def formula(base: Base, forward: Call | None) -> tuple[list[str], list[str]]:
    """Say quickly what is wrong with the way back, unless the way there is; what is to be noted."""
    values = [] if forward is None else seen.seen(base, forward)
    if not base.wrong or not seen.unknown(base, values):
        return [], []
    found = searched(base, QUICK if len(base.case.graph.ops) <= LARGER else SIMPLE)
    return joined(found or []), seen.localised(base, values)


def _are_two(sentences: Sequence[str]) -> bool:
    """Whether what is said is of several mistakes, of which lines tell more."""
    return len(sentences) > 1 or ", and " in "".join(sentences)


def _is_vague(sentences: Sequence[str]) -> bool:
    """Whether what is said tells what is wrong, and not what was done."""
    return any(re.search(r"what it should be|of its \d+ terms", s) for s in sentences)


def wrong(base: Base) -> list[str]:
    """Name what is wrong."""
    return [base.case.targets[t].name for t in sorted(base.wrong)]


def searched(base: Base, depth: int, apart: bool = True) -> list[Explanation] | None:
    """Search parameter by parameter and, `apart`, element by element, as the code treats them."""
    if not base.wrong:
        return []
    simple = rounded(base) or plain(base)
    if simple is not None:
        return simple
    bases, soon = [base], depth < 0 and len(base.case.graph.ops) > LARGE
    if any(t.shape for t in base.case.targets) and len(base.gradient(0)) <= ELEMENTS and not soon:
        bases = [base.elements] if is_picked(base.case) else [base, base.elements][: 1 + apart]
    found = (solve(start, depth) for start in (bases[:1] if depth == DEPTHS[-1] else bases))
    return next((explanations for explanations in found if explanations is not None), None)


def rounded(base: Base) -> list[Explanation] | None:
    """Explain differences that are too small for a mistake."""
    off = 0.0
    for w in (base.case.targets[t].where for t in base.wrong):
        pairs = list(
            zip(base.case.reported, map(base.gradient, range(len(base.states))), strict=True)
        )
        scale = max(np.abs(g[w]).max() for _, g in pairs)
        off = max(off, *(np.abs(r[w] - g[w]).max() / (scale or 1e-300) for r, g in pairs))
    if off > ROUNDED:
        return None
    case, values = base.case, base.states[0].values
    small = {i for i, x in enumerate(values) if type(x) is float and 0 < abs(x) < ROUNDED}
    own = [n for n, op in enumerate(case.graph.ops) if small.intersection(op.args)]
    text = (
        f"right to about {int(-np.log10(off))} digits, no more: a small number is added or left "
        f"out on the way, as in {case.names(own[0]) if own else '`log(p + 1e-12)`'} or a quotient "
        "of differences, or numbers are rounded"
    )
    return [Explanation(0.0, text, base.wrong)]


def joined(found: Sequence[Explanation]) -> list[str]:
    """Give the sentences; those about operands that are read together in one."""
    return [tidy(e.text) for e in sorted(found, key=lambda e: " reads " not in e.text)]
