"""The pytest plugin: a fixture, a marker, two options and a Hypothesis profile.

``def test_it(gradcheck): gradcheck(f, x)`` fails with the report. Under
``@pytest.mark.gradcheck(x=strategy, ...)`` the test function is itself the function whose
gradient is checked, wherever its strategies lead.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import types
from collections.abc import Callable
from typing import Any

import pytest

from ..errors import MicrogradnetError
from .check import gradcheck as check
from .doctor import diagnose
from .report import Report

OPTIONS = frozenset({"grad", "argnums", "modes", "order", "project", "mpmath", "seed"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--gradcheck-order`` and ``--gradcheck-seed``."""
    group = parser.getgroup("microgradnet")
    group.addoption(
        "--gradcheck-order",
        type=int,
        choices=(1, 2),
        default=1,
        help="2: gradient checks look at second derivatives too",
    )
    group.addoption(
        "--gradcheck-seed", type=int, default=0, help="seed of the random directions (0)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the Hypothesis profile ``gradcheck``."""
    config.addinivalue_line(
        "markers",
        "gradcheck(**strategies_and_options): check the gradient of the test function itself, "
        "at points that Hypothesis draws",
    )
    if importlib.util.find_spec("hypothesis"):
        hypothesis = importlib.import_module("hypothesis")
        # A check takes longer than Hypothesis expects of an example, and varies.
        hypothesis.settings.register_profile(
            "gradcheck",
            deadline=None,
            max_examples=50,
            phases=[p for p in hypothesis.Phase if p.name != "explain"],
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        )


class GradientFailure(AssertionError):
    """A gradient that did not pass; the message is the report."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report


def verified(f: Callable[..., Any], *args: Any, **options: Any) -> Report:
    """Check, and fail with the report and the doctor's sentence.

    Parameters
    ----------
    f : callable
        The function.
    *args, **options
        As for `gradcheck`.

    Returns
    -------
    Report
        If everything passed.

    Raises
    ------
    GradientFailure
        If not.
    """
    __tracebackhide__ = True
    report = check(f, *args, **options)
    if report.passed:
        return report
    raise GradientFailure("\n".join(["", str(report), *_named(f, args, options)]), report)


def _named(f: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
    """Ask the doctor for the mistake, where somebody wrote the gradient by hand."""
    if options.get("grad") is None or options.get("argnums") is not None:
        return []
    try:
        found = diagnose(f, options["grad"], tuple(args))
    except (MicrogradnetError, ArithmeticError, ValueError, TypeError, LookupError):
        return []  # it reads graphs of Values; not every function makes one
    return [f"the doctor: {s}" for s in found.sentences] if found.explained else []


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """`microgradnet.testing.gradcheck` that fails the test with its report."""

    def checked(f: Callable[..., Any], *args: Any, **options: Any) -> Report:
        __tracebackhide__ = True
        return verified(f, *args, **_completed(options, request.config))

    return checked


def _completed(options: dict[str, Any], config: pytest.Config) -> dict[str, Any]:
    """Add what was chosen in the shell; a gradient that is handed in has no second order."""
    order = 1 if options.get("grad") else config.getoption("--gradcheck-order")
    return {"order": order, "seed": config.getoption("--gradcheck-seed"), **options}


def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> Any:
    """Make a test of a marked function, whose parameters are no fixtures."""
    static = isinstance(obj, staticmethod)
    f = obj.__func__ if static else obj
    marks = [m for m in getattr(f, "pytestmark", ()) if m.name == "gradcheck"]
    if not (marks and inspect.isfunction(f) and collector.funcnamefilter(name)):
        return None
    if not static and (cls := getattr(collector, "cls", None)):
        f = types.MethodType(f, cls())  # or `self` would be differentiated, too
    if marks[0].args:
        raise pytest.UsageError(
            f"@pytest.mark.gradcheck on {name} got positional arguments; expected strategies by "
            "the names of the function's parameters, and options of gradcheck"
        )
    return pytest.Function.from_parent(
        collector, name=name, callobj=_test(f, marks[0].kwargs, collector.config)
    )


def _anything() -> Any:
    """Draw floats, special ones half of the time, for a parameter without a strategy."""
    return importlib.import_module("microgradnet.testing.strategies").values(extreme=False)


def _test(f: Callable[..., Any], given: dict[str, Any], config: pytest.Config) -> Any:
    """Turn the function into a test of its own gradient, without parameters.

    A point where nothing can be decided is no example: Hypothesis draws another one, and
    complains if these are too many.
    """
    hypothesis = importlib.import_module("hypothesis")
    undecided: list[GradientFailure] = []
    parameters = list(inspect.signature(f).parameters)
    unknown = sorted(given.keys() - OPTIONS - set(parameters))
    if unknown:
        raise pytest.UsageError(
            f"@pytest.mark.gradcheck on {f.__name__} got {', '.join(unknown)}; expected strategies "
            f"for {', '.join(parameters)}, or options: {', '.join(sorted(OPTIONS))}"
        )
    drawn = {p: given[p] if p in given else _anything() for p in parameters}
    options = _completed({k: v for k, v in given.items() if k in OPTIONS}, config)

    def test(**point: Any) -> None:
        try:
            verified(f, *(point[p] for p in parameters), **options)
        except GradientFailure as failure:
            if failure.report.verdict != "inconclusive":
                raise
            undecided.append(failure)
            hypothesis.event("inconclusive")
            hypothesis.reject()

    wrapped = hypothesis.given(**drawn)(test)
    own = hypothesis.settings(hypothesis.settings.get_profile("gradcheck"))(wrapped)

    @functools.wraps(f)
    def run() -> None:
        lines: list[str] = []
        try:
            own()
        except GradientFailure as failure:
            lines = [str(failure).strip(), *getattr(failure, "__notes__", [])]
        except (hypothesis.errors.Unsatisfiable, hypothesis.errors.FailedHealthCheck):
            if not undecided:
                raise
            lines = [
                "at most points nothing could be decided, as here:",
                str(undecided[-1]).strip(),
            ]
        if lines:
            pytest.fail("\n".join(lines), pytrace=False)

    del run.__wrapped__  # or pytest would look for fixtures
    return run
