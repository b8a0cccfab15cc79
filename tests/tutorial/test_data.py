"""The documents' data: raw and shifted agree, and the first parameters come in their order."""

from __future__ import annotations

import numpy as np
import pytest

from microgradnet.tutorial import data


def test_shifted_table_is_raw_less_shift() -> None:
    assert data.SHIFT.tolist() == [135, 66]
    assert (data.RAW - data.SHIFT).tolist() == data.DATA.tolist()
    assert data.DATA.tolist() == [[-2, -1], [25, 6], [17, 4], [-15, -6]]


def test_emily_and_frank_are_raw_less_shift() -> None:
    assert (data.EMILY_RAW - data.SHIFT).tolist() == data.EMILY.tolist() == [-7, -3]
    assert (data.FRANK_RAW - data.SHIFT).tolist() == data.FRANK.tolist() == [20, 2]


def test_genders_are_coded_as_in_the_tables() -> None:
    code = {"F": data.FEMALE, "M": data.MALE}
    assert [code[gender] for gender in data.GENDERS] == data.ALL_Y_TRUES.tolist() == [1, 0, 0, 1]


def test_shift_is_near_the_means_as_its_docstring_says() -> None:
    assert data.RAW.mean(axis=0).tolist() == [141.25, 66.75]


def test_outputs_are_the_first_column() -> None:
    assert data.OUTPUTS.tolist() == data.INPUTS[:, :1].tolist()


@pytest.mark.parametrize("name", ["RAW", "DATA", "ALL_Y_TRUES", "EMILY", "FRANK", "INPUTS"])
def test_tables_cannot_be_written(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(data, name)[0] = 1


def test_parameters_are_drawn_in_the_documents_order() -> None:
    drawn = data.draw_parameters(7)
    assert drawn == tuple(np.random.RandomState(7).normal(size=9))
    assert all(type(number) is float for number in drawn)


def test_samples_are_python_floats() -> None:
    (x, y_true), *others = data.samples_of()
    assert (x, y_true, len(others)) == ([-2.0, -1.0], 1.0, 3)
    assert {type(number) for number in (*x, y_true)} == {float}


def test_samples_and_answers_must_pair_up() -> None:
    with pytest.raises(ValueError, match="shorter"):
        data.samples_of(data.DATA, [1, 0])
