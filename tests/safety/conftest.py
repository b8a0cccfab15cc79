"""Primitives that a test declares are gone after it, so that no other test meets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from microgradnet.graph import PRIMITIVES


@pytest.fixture(autouse=True)
def own_primitives() -> Iterator[None]:
    """Restore the registry."""
    before = dict(PRIMITIVES)
    yield
    PRIMITIVES.clear()
    PRIMITIVES.update(before)
