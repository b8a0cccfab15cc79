"""What ``python -m microgradnet tutorial`` prints, refuses and returns."""

from __future__ import annotations

import io
import re
import sys

import pytest

from microgradnet.tutorial import report
from microgradnet.tutorial.data import PARAMETERS
from microgradnet.tutorial.documents import MISTAKES
from microgradnet.tutorial.mistakes import Mistake
from microgradnet.tutorial.three_ways import ThreeWays


@pytest.fixture(scope="module")
def printed() -> str:
    """Print the whole tutorial once."""
    stream, kept = io.StringIO(), sys.stdout
    sys.stdout = stream
    try:
        assert report.main([]) == 0
    finally:
        sys.stdout = kept
    return stream.getvalue()


def test_loss_is_printed_every_tenth_epoch_and_falls(printed: str) -> None:
    lines = re.findall(r"^Epoch (\d+) loss: (0\.\d{3})$", printed, re.M)
    assert [int(epoch) for epoch, _ in lines] == list(range(0, 1000, 10))
    assert float(lines[-1][1]) < 0.003 < float(lines[0][1])
    assert re.search(r"^The loss went from 0\.\d{3} to 0\.00\d{3}\.$", printed, re.M)
    assert "\r" not in printed


def test_all_nine_parameters_are_shown_three_ways(printed: str) -> None:
    for name in PARAMETERS:
        (line,) = re.findall(rf"^dL/d{name} .*$", printed, re.M)
        by_hand, autodiff, finite = (float(figure) for figure in line.split()[1:])
        assert by_hand == pytest.approx(autodiff, abs=1e-15)
        assert finite == pytest.approx(autodiff, abs=1e-8)
    assert "dL/dw1     0.0214695352658111" in printed


def test_every_mistake_is_shown(printed: str) -> None:
    for row in MISTAKES:
        assert f"{', '.join(row.documents)}: {row.says}  [{row.key}]\n" in printed
    shown = sum(row.evidence is not None for row in MISTAKES)
    assert printed.count(": written ") == shown
    assert "wrong by hand: w4\n" in printed
    assert f"wrong by hand: {' '.join(PARAMETERS)}\n" in printed


def test_emily_and_frank_are_predicted(printed: str) -> None:
    assert re.search(r"^Emily, 128 pounds, 63 inches: 0\.9\d\d, female$", printed, re.M)
    assert re.search(r"^Frank, 155 pounds, 68 inches: 0\.0\d\d, male$", printed, re.M)


def test_raw_and_shifted_data_are_shown(printed: str) -> None:
    assert re.search(r"^Alice +133 +65 +-2 +-1 +F +1$", printed, re.M)


def test_options_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main(["--epochs", "11", "--seed", "3", "--learn-rate", "0.5"]) == 0
    printed = capsys.readouterr().out
    assert "11 epochs, learning rate 0.5, seed 3" in printed
    assert re.findall(r"^Epoch (\d+) loss", printed, re.M) == ["0", "10"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert report.main(["--epochs", "95"]) == 0
    (line,) = [line for line in terminal.getvalue().split("\n") if "\r" in line]
    _, *states = line.split("\r")
    assert len(states) == 11  # epochs 0, 10, ... 90 and the last
    assert states[0].startswith(f"[{'.' * 30}] Epoch 0 loss: 0.")
    assert states[-1].startswith(f"[{'#' * 30}] Epoch 94 loss: 0.")


def test_output_that_cannot_spell_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert report.main(["--epochs", "1"]) == 0
    sys.stdout.flush()
    assert b"?L/?w4 for Alice: written 0.02146954" in raw.getvalue()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--epoch", "10"], "unrecognized arguments: --epoch"),
        (["now"], "unrecognized arguments: now"),
        (["--epochs", "0"], "argument --epochs: 0 is not from 1 to"),
        (["--epochs", "many"], "argument --epochs: invalid whole number value: 'many'"),
        (["--seed", "-1"], "argument --seed: -1 is not from 0 to 4294967295"),
        (["--learn-rate", "nan"], "argument --learn-rate: nan is not from 0 to"),
        (["--learn-rate", "fast"], "argument --learn-rate: invalid number value: 'fast'"),
    ],
)
def test_what_it_cannot_use_it_refuses(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        report.main(argv)
    assert exit_.value.code == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        report.main(["--help"])
    assert exit_.value.code == 0
    printed = capsys.readouterr().out
    assert all(option in printed for option in ("--epochs", "--seed", "--learn-rate"))


def test_status_is_1_if_a_gradient_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(*args: object) -> list[ThreeWays]:
        return [ThreeWays("w1", 1.0, 1.0, 2.0)]

    monkeypatch.setattr(report, "three_ways", wrong)
    assert report.main(["--epochs", "1"]) == 1
    assert "finite differences 1e+00" in capsys.readouterr().out


def test_status_is_1_if_a_mistake_is_not_caught(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = report.three_ways

    def blind(parameters: object, x: object, y_true: object, _: object = None) -> list[ThreeWays]:
        return right(parameters, x, y_true, Mistake.NONE)  # type: ignore[arg-type]

    monkeypatch.setattr(report, "three_ways", blind)
    assert report.main(["--epochs", "1"]) == 1
    assert "wrong by hand: \n" in capsys.readouterr().out
