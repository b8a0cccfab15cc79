"""The README's Python blocks run, in order, and print what they say they print."""

from __future__ import annotations

from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.skipif(not README.exists(), reason="an installed copy has no README")
def test_readme_blocks_run() -> None:
    parser = PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)
    document = Sybil(parsers=[parser]).parse(README)
    ran = [example.evaluate() for example in document.examples()]
    assert ran, "README.md holds no ```python block; it should open with one"
