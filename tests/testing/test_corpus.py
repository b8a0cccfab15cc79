"""This library's row of the table that ``python -m tests.testing.corpus`` prints."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest

from .corpus.__main__ import COLUMNS, cell, count
from .corpus.checkers import here

SHARES = 8


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")  # the tests of each part show which lines it takes
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("column", COLUMNS)
def test_no_false_alarm_and_no_mistake_missed(column: str, share: int) -> None:
    cases, right = COLUMNS[column]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # some points lie where float32 overflows
        missed = count(here, cases[share::SHARES], right)
    assert [(case.name, answer) for case, answer in missed] == []


def test_the_columns_hold_what_they_say() -> None:
    sizes = {name: len(cases) for name, (cases, _) in COLUMNS.items()}
    assert sizes["false alarms"] > 186 and sizes["gross"] > 1096 and sizes["1 %"] > 183
    for cases, right in COLUMNS.values():
        answers = count(lambda case, right=right: not right, cases[:3], right)
        assert len(answers) == len(cases[:3])

    assert cell(1, 4, True) == "1/4 (25 %)" and cell(1, 4, False) == "3/4 (75 %)"


def test_the_script_prints_a_table() -> None:
    command = [sys.executable, "-m", "tests.testing.corpus", "no such checker"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[0].startswith("| | false alarms | at kinks | gross | 1 % |")
