"""What the long searches among these tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from coverage import Coverage

from microgradnet.testing.doctor import code
from microgradnet.testing.doctor.lines import Unchangeable


@pytest.fixture(autouse=True)
def without_text(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doctor not read the text of these tests' functions, but where that is tested."""

    def refused(*_: object) -> None:
        raise Unchangeable("not in these tests")

    if "test_doctor" in request.path.stem and "lines" not in request.path.stem:
        monkeypatch.setattr(code, "Lines", refused)


@pytest.fixture
def by_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the doctor not look at the code of a gradient, only at its numbers."""
    monkeypatch.setattr(code, "written", lambda *_: None)


@pytest.fixture
def unmeasured() -> Iterator[None]:
    """Pause the tracing of lines, if there is any: it makes a long search thrice as long."""
    measuring = Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    yield
    measuring.start()
