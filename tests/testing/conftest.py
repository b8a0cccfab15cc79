"""What the long searches among these tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from coverage import Coverage


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
