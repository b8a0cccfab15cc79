"""The doctor's own bug corpus, on which it was not designed."""

from __future__ import annotations

import pytest

from .doctor_bugs.__main__ import NETWORKS, judged, main


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("number", range(len(NETWORKS)), ids=[n.name for n in NETWORKS])
def test_no_mistake_gets_a_wrong_name_and_most_get_theirs(number: int) -> None:
    # Every third mistake; ``python -m tests.testing.doctor_bugs`` takes all.
    network = NETWORKS[number]
    bugs = network.bugs[number % 3 :: 3]
    assert judged(network, None)[0] == "right"
    verdicts = {bug.name: judged(network, bug)[0] for bug in bugs}
    assert set(verdicts.values()) <= {"named", "unnamed"}, verdicts
    assert [*verdicts.values()].count("unnamed") <= max(1, 0.05 * len(bugs)), verdicts


def test_the_table_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.testing.doctor_bugs.__main__.NETWORKS", NETWORKS[2:3])
    assert main(verbose=True) == 0
    assert "all: 1 right, 10 named" in capsys.readouterr().out
