"""The command line as a shell sees it: what is printed, and the exit status."""

from __future__ import annotations

import subprocess
import sys

import pytest

from microgradnet.__main__ import COMMANDS, main


def test_no_command_is_a_mistake_and_help_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert main(["--help"]) == 0
    usage = capsys.readouterr().out
    assert all(usage.count(f"\n  {command:<10} ") == 2 for command in COMMANDS)


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tutrial"]) == 2
    captured = capsys.readouterr()
    assert "unknown command 'tutrial'" in captured.err and "tutorial" in captured.err
    assert not captured.out


def test_a_reader_who_has_seen_enough_causes_no_traceback() -> None:
    command = [sys.executable, "-m", "microgradnet", "tutorial"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_command_that_needs_more_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(COMMANDS, "fuzz", ("nowhere", "unheard of"))
    assert main(["fuzz"]) == 2
    said = capsys.readouterr().err
    assert "fuzz needs microgradnet.nowhere" in said and "microgradnet[test]" in said
