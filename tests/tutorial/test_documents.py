"""The table of the documents' mistakes: every row is shown, counted or listed as mere words."""

from __future__ import annotations

from pathlib import Path

import pytest

from microgradnet.tutorial.documents import MISTAKES
from microgradnet.tutorial.evidence import not_python
from microgradnet.tutorial.mistakes import Mistake
from microgradnet.tutorial.table import markdown

ROWS = {row.key: row for row in MISTAKES}
README = Path(__file__).parents[2] / "README.md"

# What is written and what is right, for every row that can be computed.
FIGURES = {
    "sum-o1-from-inputs": (0.04742587317756678, 0.5236951740839997),
    "w4-uses-x0": (0.02146953526581111, 0.010734767632905555),
    "print-tuple": ("Epoch %d loss: %.3f (10, 0.456)", "Epoch 10 loss: 0.456"),
    "sigmoid-comment": (1096.6331584284585, 0.9990889488055994),
    "variance": (0.25, 0.5),
    "random-order": ("the sample", "0 of 9 numbers"),
    "total-loss": (4 * 0.5071183179199986, 0.5071183179199986),
    "unseeded": (0.951, "0.946 to 0.975"),
    "bias-comment": (0.9525741268224334, 0.9990889488055994),
    "input-comment": (0.9990889488055994, 0.9933071490757153),
    "inverted-derivative": (1 / 0.02146953526581111, 0.02146953526581111),
    "exponent-sign": (0.00011198174364251387, 0.04517665973091214),
    "h3-for-b3": (0.22753358858944345, 0.24943853872512894),
    "h1-for-b1": (0.022408925342832738, 0.02146953526581111),
    "x3-x4-for-x1-x2": ("IndexError", 0.04742587317756678),
    "lost-partial-signs": ((1 - 0.5236951740839997) ** 2, 0.02146953526581111),
    "lost-terms": (0.5, 0.5236951740839997),
    "code-on-one-line": ("IndentationError", "compiles"),
    "link-in-code": ("SyntaxError", "compiles"),
    "gender-coding": (0, 1),
    "rounded-factors": (0.952 * 0.249 * 0.0904, 0.02146953526581111),
    "negative-slope": ("rises", "changes by -5.1e-05"),
    "deriv-of-preactivation": (0.25, 0.2350037122015945),
    "hidden-is-the-output": (6, 0),
    "no-bias": (0, 0.5),
    "four-rows": ((4, 1), (6, 1)),
    "loss-history": ("AttributeError", "error_history"),
    "feedforward-name": ("AttributeError", "feed_forward"),
    "reported-loss": (-0.09679368291890156, -0.16880867110169362),
    "not-a-new-example": (2, 1),
    "small-slope-means-less-to-do": (
        "needs less change",
        "off by 0.999, moved 125 times less than 0.5 is",
    ),
    "bold-in-code": ("SyntaxError", "compiles"),
}
WORDS = {
    "all-data-for-all-tools", "y-ture-y-perd", "translation-slips", "two-class-names",
    "sigmoid-colon", "dollars",
}  # fmt: skip


def test_keys_are_one_each() -> None:
    assert len(ROWS) == len(MISTAKES)


def test_every_row_is_shown_or_mere_words() -> None:
    assert {key for key, row in ROWS.items() if row.evidence is None} == WORDS
    assert FIGURES.keys() | WORDS == ROWS.keys()


@pytest.mark.parametrize("key", FIGURES)
def test_figures(key: str) -> None:
    evidence = ROWS[key].evidence
    assert evidence is not None
    what, written, right = evidence()
    assert what
    assert written != right
    for got, expected in zip((written, right), FIGURES[key], strict=True):
        if isinstance(expected, float):
            assert got == pytest.approx(expected, rel=1e-12)
        else:
            assert got == expected


def test_every_switch_is_in_one_row() -> None:
    variants = [row.variant for row in MISTAKES if row.variant is not None]
    assert sorted(v.value for v in variants) == sorted(m.value for m in Mistake)


def test_every_document_is_in_the_table() -> None:
    documents = {document for row in MISTAKES for document in row.documents}
    assert documents == {"000", "001", "002", "003", "004"}
    assert all(list(row.documents) == sorted(row.documents) for row in MISTAKES)


def test_rounded_product_is_what_the_document_prints() -> None:
    evidence = ROWS["rounded-factors"].evidence
    assert evidence is not None
    _, written, right = evidence()
    assert (f"{written:.4f}", f"{right:.4f}") == ("0.0214", "0.0215")


def test_python_that_compiles_is_no_mistake() -> None:
    comparison = not_python("x = 1")()
    assert comparison.written == comparison.right == "compiles"


def test_markdown_has_a_line_per_row_and_four_columns() -> None:
    head, rule, *lines = markdown(MISTAKES).splitlines()
    assert head.startswith("| document |") and rule == "| --- | --- | --- | --- |"
    assert len(lines) == len(MISTAKES)
    for line in lines:
        assert line.replace("\\|", "").count("|") == 5, line


def test_markdown_says_how_many_seeds_get_there() -> None:
    (line,) = markdown([ROWS["sum-o1-from-inputs"]]).splitlines()[2:]
    assert line.endswith("(2 of 30 seeds end below 0.003.) |")


@pytest.mark.skipif(not README.exists(), reason="an installed copy has no README")
def test_the_readme_has_this_table() -> None:
    assert markdown(MISTAKES) in README.read_text(encoding="utf-8")
