"""`gradcheck`: whether this is the gradient of that function, here."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import MicrogradnetError, NotDifferentiableError, ShapeError
from .arguments import Arguments
from .blocks import judge_blocks
from .differences import EPS
from .digits import forgive_lost_digits
from .element import Element
from .gradients import RELATIVE32, Gradient, noted, own, slope
from .judge import EPS32, Judge
from .kinks import judge_kinks
from .narrow import judge_narrow
from .probe import Probe
from .report import Report
from .rounding import Moved

ONE_BY_ONE = 1000  # elements; of more, blocks are judged first


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    grad: Callable[..., Any] | None = None,
    argnums: int | Sequence[int] | None = None,
    modes: Sequence[str] = ("reverse", "forward"),
    order: int = 1,
    names: Sequence[str] | None = None,
    project: Any = None,
    mpmath: bool = True,
    seed: int = 0,
) -> Report:
    """Check a gradient, element by element, against slopes of the function itself.

    Tolerances are derived: from the function's measured noise and from how differences of
    several steps agree. What float64 cannot see is looked at by a complex step, in long
    doubles or at sixty digits; what stays undecided is *inconclusive*, never passed.

    Parameters
    ----------
    f : callable
        Any function of floats and arrays, of any library, that returns one number.
    *args
        Where to check; pytrees. Floats and floating arrays are differentiated.
    grad : callable, optional
        The gradient to check: ``grad(*args)`` gives a tuple with one entry per argument, or
        for a single argument just its entry. By default `f`'s own, by microgradnet.
    argnums : int or sequence of int, optional
        Which arguments to look at; by default all that hold floats.
    modes : sequence of str
        Of `f`'s own gradient: "reverse", "forward". With both they are compared as well.
    order : int
        2 checks the derivative of `f`'s own gradient too.
    names : sequence of str, optional
        The arguments' names, for the report; by default from the signature.
    project : pytree of arrays, optional
        For an `f` with several results: checks ``sum(project * f(*args))``.
    mpmath : bool
        Whether to use mpmath where it is installed.
    seed : int
        For random directions.

    Returns
    -------
    Report
        ``.passed``, ``.rows``, and a table when printed.

    Raises
    ------
    NonScalarError
        If `f` returns an array and no `project` is given.
    NotDifferentiableError
        If nothing is floating, or `f` is nan here or differs from call to call.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet.testing import gradcheck
    >>> gradcheck(lambda x: np.sum(np.tanh(x)), np.array([0.5, 2.0])).passed
    True
    >>> print(gradcheck(lambda w, x: np.tanh(w * x), 0.5, 2.0, grad=lambda w, x: (
    ...     (1 - np.tanh(w * x) ** 2) * x, (1 - np.tanh(w * x) ** 2) * x)))
    <lambda>: WRONG (1 wrong, 1 passed; judged by four points)
    argument  index      reported       numeric      ±  ratio  verdict
    x                0.8399486832  0.2099871708  ...      4  wrong (...)
    w                0.8399486832  0.8399486832  ...      1  passed (four points)
    """
    _sensible(f, grad, modes, order)
    if argnums is not None and not isinstance(argnums, Sequence):
        argnums = (argnums,)
    title = getattr(f, "__name__", type(f).__name__)
    arguments = Arguments(f, args, argnums, names)
    arguments.only_floating()
    check = _Check(f, arguments, project, mpmath, seed)
    if grad is None and (foreign := [p.name for p in arguments.places if p.made]):
        raise NotDifferentiableError(
            f"{foreign[0]} is an array of another library, whose functions microgradnet does not "
            "differentiate; expected grad=, their gradient, to check"
        )
    report = check.report(title, check.gradient(grad) if grad else check.own(modes[0]))
    if grad is None and len(set(modes)) > 1 and check.count <= ONE_BY_ONE:
        check.compare(report, modes)
    if order == 2:
        options: Any = {"argnums": arguments.chosen, "names": arguments.names, "mpmath": mpmath}
        second = gradcheck(slope(check.own("reverse")), *args, modes=modes[:1], **options)
        report.rows += second.named("slope of the gradient: ")
    report.sort()
    return report


def assert_gradients(f: Callable[..., Any], *args: Any, **options: Any) -> None:
    """Fail with the report unless every element passes; takes what `gradcheck` takes.

    Parameters
    ----------
    f : callable
        The function.
    *args
        Where to check.
    **options
        As for `gradcheck`.

    Raises
    ------
    AssertionError
        With the report, if an element is wrong or inconclusive.
    """
    report = gradcheck(f, *args, **options)
    if not report.passed:
        raise AssertionError(f"\n{report}")


def _sensible(f: Any, grad: Any, modes: Any, order: Any) -> None:
    """Refuse options that mean nothing."""
    if not callable(f):
        raise TypeError(f"f={f!r}; expected a function, and where to check it behind")
    if grad is not None and not callable(grad):
        raise TypeError(
            f"grad= is of type {type(grad).__name__}; expected a function of the same arguments as "
            "f that returns the gradient, like lambda *args: (dw, dx)"
        )
    if isinstance(modes, str) or not modes or set(modes) - {"reverse", "forward"}:
        raise ValueError(f'modes={modes!r}; expected some of ("reverse", "forward")')
    if order not in (1, 2):
        raise ValueError(f"order={order!r}; expected 1, or 2 for second derivatives too")


class _Check:
    """One function at one point."""

    def __init__(
        self, f: Callable[..., Any], arguments: Arguments, project: Any, mpmath: bool, seed: int
    ) -> None:
        self.f, self.arguments, self.project, self.seed = f, arguments, project, seed
        self.probe = Probe(f, arguments, project)
        self.places = arguments.places
        self.count = sum(p.array.size for p in self.places)
        self.narrow = any(p.array.dtype.itemsize < 8 for p in self.places)
        kind = "float" if not self.narrow or self._runs("float") else "given"
        first = self._value(kind)
        if not np.isfinite(first):
            raise NotDifferentiableError(
                f"the function is {first} here; expected a point where it is finite"
            )
        self._steady(first, kind)
        eps = EPS if kind == "float" else EPS32
        self.judge = Judge(self.probe, kind, eps, mpmath, np.random.default_rng(seed))

    def _runs(self, kind: str) -> bool:
        try:
            self.probe.call(self.probe.base(kind), kind)
        except Exception:  # whatever it raises, it does not run
            return False
        return True

    def _value(self, kind: str) -> float:
        try:
            return float(self.probe.call(self.probe.base(kind), kind))
        except Exception as error:
            if not isinstance(error, MicrogradnetError):  # which says all by itself
                noted(error, f"gradcheck was calling f({self.arguments.described()})")
            raise

    def _steady(self, first: float, kind: str) -> None:
        """Refuse a function that gives another number when it is called again."""
        if first != (again := self._value(kind)):
            raise NotDifferentiableError(
                f"the function gave {first!r} and then {again!r} at the same point; expected the "
                "same number: seed its random generator inside it, and let it keep no state"
            )

    def gradient(self, function: Callable[..., Any]) -> Gradient:
        """Take a callable as the gradient of the function."""
        return Gradient(function, self.probe, self.seed)

    def own(self, mode: str) -> Gradient:
        """Give microgradnet's own gradient."""
        return self.gradient(own(self.f, self.arguments, self.project, mode))

    # --- judging --------------------------------------------------------------------------------

    def report(self, title: str, gradient: Gradient) -> Report:
        """Judge a gradient."""
        report = Report(title, [], notes=[f"not checked: {x}" for x in self.arguments.constant])
        report.notes += [f"{p.name} holds no numbers" for p in self.places if not p.array.size]
        kind = self.judge.kind
        given = gradient.at("given")
        wide, asked = given, "given"
        if self.narrow and kind == "float":
            with contextlib.suppress(Exception):  # it takes the dtype that was given
                wide, asked = gradient.at("float"), "float"
        report.mistakes += gradient.misfits(wide) or gradient.misfits(given)
        report.mistakes += [] if report.mistakes else gradient.unsteady(given, "given")
        if report.mistakes:
            return report
        widened = self.narrow and all(g.dtype == np.float64 for g in wide)
        exact = widened or not self.narrow
        losses: list[Moved] = []

        def measure(e: Element) -> None:
            if not losses:
                losses.extend(gradient.rounding("float" if exact else "given", exact))
            _measured(losses, e)

        self.judge.measure = measure
        relatives = [max(r, 0.0 if exact else RELATIVE32) for r in gradient.relatives[asked]]
        report.notes += [
            f"{p.name}: the gradient is of a dtype of few digits, and judged to {r:.1g} of it"
            for p, r in zip(self.places, relatives, strict=True)
            if r > RELATIVE32
        ]

        def element(k: int, i: int) -> Element:
            index = tuple(map(int, np.unravel_index(i, self.places[k].array.shape)))
            reported = float(wide[k][index])
            return Element(k, index, self.places[k].name, reported, relative=relatives[k])

        if self.count <= ONE_BY_ONE:
            for k, p in enumerate(self.places):
                for i in range(p.array.size):
                    report.rows.append(element(k, i))
            self.judge.elements(report.rows)
        else:
            report.rows, report.in_blocks, report.open = judge_blocks(self.judge, wide, element)
        if losses:
            for e in report.rows:
                measure(e)
        if kind == "float" and exact:
            kinds = ("long", "sixty")[: 2 if self.count <= ONE_BY_ONE else 1]
            forgive_lost_digits(report.rows, gradient.function, self.probe, kinds)
        judge_kinks(self.judge, report.rows)
        self._steady(self.judge.here, kind)  # as long as it took
        if widened:
            judge_narrow(report, gradient, given, wide)
        return report

    def compare(self, report: Report, modes: Sequence[str]) -> None:
        """Compare the two modes of microgradnet's own gradient with each other."""
        gradients = [self.own(mode) for mode in modes[:2]]
        first, second = (gradient.at("given") for gradient in gradients)
        idle = {(e.place, e.index) for e in report.rows if e.how == "constant"}

        @functools.cache
        def losses(n: int) -> list[Moved]:
            return gradients[n].rounding("given", not self.narrow)

        for k, (a, b, p) in enumerate(zip(first, second, self.places, strict=True)):
            if np.shape(b) != p.array.shape:
                raise ShapeError(
                    f"{modes[1]} mode gave {p.name} a gradient of shape {np.shape(b)}; expected "
                    f"{p.array.shape}"
                )
            a, b = np.asarray(a, float), np.asarray(b, float)
            own = np.where(np.isfinite(a), np.abs(a), 0.0)
            size = float(np.max(own, initial=0.0))
            allowed = 1e4 * gradients[0].eps * np.maximum(own, 1e-2 * size)
            same = np.isclose(a, b, rtol=0.0, atol=allowed, equal_nan=True)
            if not same.all():
                lost = losses(0)[k].whole
                allowed = allowed + 10 * lost.noise + lost.quantum
                same |= np.isclose(a, b, rtol=0.0, atol=allowed)
            for at in np.argwhere(~same):
                index = tuple(map(int, at))
                e = Element(k, index, p.name, float(b[index]))
                if (k, index) in idle:  # what the first gives is roundoff: is this?
                    self.judge.measure = functools.partial(_measured, losses(1))
                    self.judge.element(e)
                    if e.verdict == "passed":
                        continue
                e.against(float(a[index]), float(allowed[index]), f"{modes[1]}, beside {modes[0]}")
                report.rows.append(e)
        report.notes.append(f"{modes[0]} and {modes[1]} mode were compared")


def _measured(losses: Sequence[Moved], e: Element) -> None:
    """Tell an element what its reported number's digits are worth."""
    of = losses[e.place].at(e.index)
    e.rounding, e.wobble = float(of.noise), float(of.most)
    e.quantum, e.alive = of.quantum, bool(of.alive)
