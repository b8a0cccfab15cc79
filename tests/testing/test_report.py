"""What a report shows: worst first, a line that sums up; as text, in colour, as HTML."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console

from microgradnet.testing import Report, gradcheck
from microgradnet.testing.differences import Slope
from microgradnet.testing.element import Element


def element(index: int, reported: float, true: float, verdict: str, how: str = "") -> Element:
    return Element(0, (index,), "w", reported, slope=Slope(true, 1e-9), verdict=verdict, how=how)


def test_worst_first_and_verdicts() -> None:
    rows = [
        element(0, 1.0, 1.0, "passed", "four points"),
        element(1, 1.1, 1.0, "wrong", "Richardson"),
        element(2, 1.0, 1.2, "inconclusive"),
        element(3, -1.0, 1.0, "wrong", "complex step"),
    ]
    report = Report("loss", rows)
    assert [e.index[0] for e in report.rows] == [3, 1, 2, 0]
    assert report.verdict == "wrong" and not report.passed and not bool(report)
    assert report.summary() == (
        "loss: WRONG (2 wrong, 1 inconclusive, 1 passed; judged by four points)"
    )
    lines = str(report).splitlines()
    assert lines[1].split() == ["argument", "index", "reported", "numeric", "±", "ratio", "verdict"]
    assert lines[2].split() == ["w", "[3]", "-1", "1", "1e-08", "-1", "wrong", "(complex", "step)"]
    assert lines[4].split()[-1] == "inconclusive"


def test_inconclusive_is_not_passed() -> None:
    report = Report("f", [element(0, 1.0, 1.2, "inconclusive"), element(1, 1.0, 1.0, "passed")])
    assert report.verdict == "inconclusive" and not report.passed
    assert Report("f", [element(0, 1.0, 1.0, "passed")]).passed
    assert Report("f", [element(0, 1.0, 1.0, "passed")]).summary() == "f: PASSED (1 passed)"


def test_mistakes_and_notes_stand_below() -> None:
    report = Report("f", [], mistakes=["x: no gradient was reported"], notes=["not checked: n"])
    assert str(report).splitlines() == [
        "f: WRONG",
        "x: no gradient was reported",
        "not checked: n",
    ]
    assert "<table>" not in report._repr_html_()


def test_long_reports_are_cut() -> None:
    report = gradcheck(lambda x: np.sum(x * x), np.ones(50))
    assert len(str(report).splitlines()) < 30 and "... and 30 more rows" in str(report)
    wrong = gradcheck(lambda x: np.sum(x * x), np.ones(50), grad=lambda x: x)
    assert str(wrong).count("wrong (") == 50  # what is wrong is never hidden


def test_zero_has_no_ratio() -> None:
    row = Report("f", [element(0, 1.0, 0.0, "wrong")]).cells()[0]
    assert row[5] == ""


def test_colour_and_html() -> None:
    report = gradcheck(lambda x: np.sum(x * x), np.array([1.0, 2.0]), grad=lambda x: x * [2, 3])
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system="standard")
    console.print(report)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[1;31m" in text and "\x1b[32m" in text  # bold red above, green for what passed
    console = Console(file=io.StringIO(), width=100)
    console.print(Report("f", [], mistakes=["x: [red]no gradient[/red]"]))
    assert "[red]" in console.file.getvalue()  # type: ignore[attr-defined]  # no markup of its own
    html = report._repr_html_()
    assert html.startswith("<p><b>&lt;lambda&gt;: WRONG") and html.count("<tr") == 3
    left, right = ('<td style="text-align: ' + side for side in ("left", "right"))
    assert f'<tr style="color: red">{left}">x</td>{left}">[1]</td>{right}">6</td>' in html


def test_numbers_are_never_cut() -> None:
    name = "p['<b>[red]layers[/red]']"
    report = Report("f", [element(0, 1.000000083e-09, 1.000000071e-09, "wrong", "four points")])
    report.rows[0].name = name
    console = Console(file=io.StringIO(), width=60)
    console.print(report)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "1.000000083e-09" in text and "1.000000071e-09" in text and "…" not in text
    assert "&lt;b&gt;[red]layers" in report._repr_html_()


def test_what_is_not_known_is_called_so() -> None:
    report = gradcheck(np.sign, 0.0, grad=lambda x: 0.0)
    assert "unknown" in str(report) and "nan" not in str(report)
    assert "color: darkorange" in report._repr_html_()
    nothing = gradcheck(lambda x: np.sum(x), np.zeros(0))
    assert nothing.summary() == "<lambda>: PASSED (there was nothing to check)"
