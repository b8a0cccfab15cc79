"""The doctor's own bug corpus, on which it was not designed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from coverage import Coverage

from .doctor_bugs.__main__ import NETWORKS, judged, main
from .doctor_bugs.network import Network


@pytest.fixture
def unmeasured() -> Iterator[None]:
    """Pause the tracing of lines, if there is any: these long searches take thrice as long."""
    measuring = Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    yield
    measuring.start()


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_no_mistake_gets_a_wrong_name_and_most_get_theirs(network: Network) -> None:
    verdicts = [judged(network, bug)[0] for bug in (None, *network.bugs)]
    assert verdicts[0] == "right"
    assert set(verdicts[1:]) <= {"named", "unnamed"}
    assert verdicts[1:].count("unnamed") <= max(1, 0.05 * len(network.bugs))


def test_the_table_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.testing.doctor_bugs.__main__.NETWORKS", NETWORKS[2:3])
    assert main(verbose=True) == 0
    assert "all: 1 right, 10 named" in capsys.readouterr().out
