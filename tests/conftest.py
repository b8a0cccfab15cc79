"""What all tests share: Hypothesis profiles, chosen by ``HYPOTHESIS_PROFILE``.

``dev`` (the default) is quick and random. ``ci`` (the default where ``CI=true``) draws the
same examples every time: whether a change lands must depend on the change, not on luck.
What luck finds, ``hunt`` finds: many random examples, for a long run by hand
(``HYPOTHESIS_PROFILE=hunt pytest``); a failure found there is kept as an ``@example``.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from microgradnet.graph import PRIMITIVES

# Two cores shared by several test processes make any single example slow now and then.
_common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=25, **_common)
settings.register_profile(
    "ci", max_examples=50, derandomize=True, database=None, print_blob=True, **_common
)
settings.register_profile("hunt", max_examples=5000, print_blob=True, **_common)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "dev")
)

collect_ignore = ["benchmarks"]  # ``--doctest-modules`` would import it, and it imports peers

# The library's own: kept before any test declares operations, planted mistakes among them.
_OWN = frozenset(PRIMITIVES)


@pytest.fixture
def library_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have programs drawn from the library's own operations, whatever other tests declared."""
    for name in PRIMITIVES.keys() - _OWN:
        monkeypatch.delitem(PRIMITIVES, name)
