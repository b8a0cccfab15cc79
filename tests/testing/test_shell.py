"""``python -m microgradnet check``: verdicts, exit statuses, and mistyped questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from microgradnet.__main__ import main
from microgradnet.testing import shell

FILE = """
import numpy as np

def loss(w, b, x=2.0):
    return (np.tanh(w * x + b) - 1) ** 2

def by_hand(w, b, x):
    h = np.tanh(w * x + b)
    d = 2 * (h - 1) * (1 - h * h)
    return d * x, d, d * w

def wrong(w, b, x):
    dw, db, dx = by_hand(w, b, x)
    return dw, -db, dx

def energy(x=np.array([1.0, 2.0])):
    return np.sum(np.exp(x))

def several(x=1.0):
    return np.stack([x, x])

def cut(x=1.0):
    return float(x)

def broken(x=1.0):
    return {}[x]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "net.py"
    path.write_text(FILE)
    return str(path)


def test_a_right_gradient_passes(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{file}:loss:by_hand", "0.3", "0.1", "2.0"]) == 0
    assert "loss: PASSED (3 passed" in capsys.readouterr().out


def test_a_wrong_one_is_named_first(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{file}:loss:wrong", "0.3", "0.1", "2.0"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("loss: WRONG (1 wrong, 2 passed")
    assert lines[2].startswith("b ") and " -1  wrong" in lines[2]


def test_the_functions_own_gradient_at_its_defaults(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", f"{file}:energy", "--order", "2", "--seed", "3"]) == 0
    out = capsys.readouterr().out
    assert out.count("slope of the gradient: x  [") == 2


def test_a_list_of_results_is_projected(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{file}:several", "--project", "[1.0, 2.0]"]) == 0
    assert " 3 " in capsys.readouterr().out


def test_it_says_what_was_called_when_it_failed(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", f"{file}:cut"]) == 2
    assert "hand in its gradient" in capsys.readouterr().err


def test_what_the_function_raises_is_no_wrong_gradient(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("check {}:broken", "check {}:energy:broken", "doctor {}:energy:broken"):
        assert main(command.format(file).split()) == 2
        captured = capsys.readouterr()
        assert "return {}[x]" in captured.err and not captured.out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["{}:loss"], "loss needs a point"),
        (["{}:nothing"], "has no function 'nothing'"),
        (["{}:loss", "w"], "'w' is no literal"),
        (["{}:several"], "expected one number, or project=w (in the shell --project W)"),
        (["{}:several", "--project", "[1"], "'[1' is no literal"),
    ],
)
def test_a_mistyped_question_is_explained(
    file: str, typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *(word.format(file) for word in typed)]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and not captured.out


def test_a_terminal_gets_colours(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[Any] = []

    class Rich:
        @staticmethod
        def print(report: Any) -> None:
            shown.append(report)

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(shell.importlib.util, "find_spec", lambda name: name == "rich")
    monkeypatch.setattr(shell.importlib, "import_module", lambda name: Rich)
    report = shell.gradcheck(lambda x: x * x, 3.0)
    shell.show(report)
    assert shown == [report] and not capsys.readouterr().out
