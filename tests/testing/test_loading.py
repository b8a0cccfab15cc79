"""Functions of files and literals of points, and what is said of those that are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from microgradnet.testing.loading import UsageError, functions, literal, point

FORM = "FILE.py:first[:second]"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("TWO = 2.0\n")
    path = tmp_path / "mine.py"
    path.write_text("from beside import TWO\nTHREE = 3\ndef f(x): return TWO * x\ndef g(x): ...\n")
    return path


def test_functions_come_in_the_order_named(file: Path) -> None:
    g, f = functions(f"{file}:g:f", FORM)
    assert f(2.0) == 4.0 and g(2.0) is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", r"expected FILE\.py:first\[:second\]"),
        (":f:g:f", r"expected FILE\.py:first\[:second\]"),
        (":h", "has no function 'h'; it has f, g"),
        (":THREE", "has no function 'THREE'; it has f, g"),
    ],
)
def test_what_is_not_there_is_named(file: Path, names: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        functions(f"{file}{names}", FORM)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UsageError, match=r"there is no file 'nowhere\.py'"):
        functions("nowhere.py:f", FORM)


def test_literals_become_numbers_arrays_and_trees_of_them() -> None:
    assert literal("0.5") == 0.5 and literal("-3") == -3
    np.testing.assert_array_equal(literal("[[1, 2.5]]"), [[1.0, 2.5]])
    pair = literal("(1.0, [2.0])")
    assert pair[0] == 1.0 and isinstance(pair[1], np.ndarray)
    tree = literal("{'w': [1.0]}")
    assert list(tree) == ["w"] and tree["w"].shape == (1,)


@pytest.mark.parametrize("text", ["w", "1 +", "f(2)", "[1, [2]]"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a number or a list of numbers"):
        literal(text)


def test_a_point_is_typed_or_the_defaults() -> None:
    def f(x: float, y: float = 2.0) -> float:
        return x * y

    assert point(f, ["1.5", "3.0"]) == {"x": 1.5, "y": 3.0}
    assert point(lambda x=1.0: x, []) == {"x": 1.0}
    with pytest.raises(UsageError, match="f needs a point: .* none for x yet"):
        point(f, [])
    with pytest.raises(UsageError, match="got 1 of the arguments of f; .* each of x, y"):
        point(f, ["1.5"])
