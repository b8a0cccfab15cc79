"""Assignment through what NumPy would treat as a view: written through, or refused.

The oracle is NumPy itself: what a sequence of views and assignments leaves in plain arrays
must be what it leaves in Values, unless it raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad
from microgradnet.errors import NotDifferentiableError
from microgradnet.views import check_assignment, link

VIEWS: dict[str, Callable[[Any], Any]] = {
    "rows": lambda x: x[1:],
    "row": lambda x: x[0],
    "element": lambda x: x[1:2, 2:3],
    "reversed": lambda x: x[::-1, ::2],
    "reshape": lambda x: x.reshape(-1),
    "reshape method": lambda x: x.reshape(2, 6),
    "transpose": lambda x: x.T,
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "expand_dims": lambda x: np.expand_dims(x, 0),
    "newaxis": lambda x: x[:, None],
    "ellipsis": lambda x: x[...],
    "nested": lambda x: x[1:].T[2:],
}
COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": lambda x: x.copy(),
    "np.copy": lambda x: np.copy(x[1:]),
    "arithmetic": lambda x: x + 0.0,
    "boolean index": lambda x: x[x > 3],
    "integer index": lambda x: x[[0, 2]],
    "copy of a view": lambda x: x[1:].copy(),
    "reshape that copies": lambda x: x[:, :3].reshape(-1),
}


def make() -> Value:
    return Value(np.arange(12.0).reshape(3, 4))


def first(x: Any) -> tuple[int, ...]:
    return (0,) * np.ndim(x)


@pytest.mark.parametrize("name", VIEWS)
def test_assigning_into_a_view_is_refused(name: str) -> None:
    x = make()
    view = VIEWS[name](x)
    with pytest.raises(NotDifferentiableError, match=r"shows too .* view = x\[1:\]\.copy\(\)"):
        view[first(view)] = 7.0
    np.testing.assert_array_equal(x.data, np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(view.data, VIEWS[name](np.arange(12.0).reshape(3, 4)))


@pytest.mark.parametrize("name", VIEWS)
def test_assigning_under_a_live_view_is_refused(name: str) -> None:
    x = make()
    view = VIEWS[name](x)
    with pytest.raises(NotDifferentiableError, match="another Value shows too"):
        x[...] = 7.0
    np.testing.assert_array_equal(x.data, np.arange(12.0).reshape(3, 4))
    del view
    x[...] = 7.0
    np.testing.assert_array_equal(x.data, np.full((3, 4), 7.0))


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_without_its_base_may_be_assigned_to(name: str) -> None:
    view = VIEWS[name](make())
    view[first(view)] = 70.0
    expected = VIEWS[name](np.arange(12.0).reshape(3, 4)).copy()
    expected[first(expected)] = 70.0
    np.testing.assert_array_equal(view.data, expected)


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_free(name: str) -> None:
    x = make()
    other = COPIES[name](x)
    x[...] = 7.0
    other[first(other)] = 70.0
    assert x.data[0, 0] == 7.0
    assert other.data[first(other)] == 70.0


def test_what_a_view_does_not_show_may_be_assigned() -> None:
    x = make()
    view = x[1:]
    x[0] = 7.0
    x[0, 2] = 8.0
    np.testing.assert_array_equal(x.data[0], [7.0, 7.0, 8.0, 7.0])
    np.testing.assert_array_equal(view.data, np.arange(4.0, 12.0).reshape(2, 4))
    for index in (1, (2, 3), np.array([0]), [0], np.array([[True] * 4] + [[False] * 4] * 2)):
        # Of an advanced index anything may be written; where that cannot be told it is refused.
        with pytest.raises(NotDifferentiableError, match="shows too"):
            x[index] = 7.0


def test_views_of_views_know_the_first() -> None:
    x = make()
    rows = x[1:]
    tail = rows[:, 2:]
    with pytest.raises(NotDifferentiableError, match="shows too"):
        x[2, 3] = 7.0
    with pytest.raises(NotDifferentiableError, match="shows too"):
        tail[0, 0] = 7.0
    del rows
    with pytest.raises(NotDifferentiableError, match="shows too"):
        x[2, 3] = 7.0
    x[2, 0] = 7.0  # not shown by the tail
    del tail
    x[2, 3] = 7.0
    assert x.data[2, 3] == 7.0


def test_after_assignment_a_value_is_a_new_array() -> None:
    x = make()
    x[0] = 7.0
    view = x[:2]
    with pytest.raises(NotDifferentiableError, match="shows too"):
        x[1] = 8.0
    x[2] = 9.0
    np.testing.assert_array_equal(view.data[0], [7.0] * 4)


def test_after_assignment_dead_views_count_for_nothing() -> None:
    x = make()
    view = x[1:]
    x[0] = 7.0
    del view
    view = x[:1]
    x[1] = 8.0
    with pytest.raises(NotDifferentiableError):
        x[0] = 9.0
    np.testing.assert_array_equal(view.data, [[7.0] * 4])


def test_a_view_made_before_an_assignment_elsewhere_stays_one() -> None:
    x = make()
    view = x[1:]
    x[0] = 7.0  # re-points x; in NumPy `view` still shows x
    with pytest.raises(NotDifferentiableError):
        x[1, 1] = 8.0
    with pytest.raises(NotDifferentiableError):
        view[0] = 9.0


def test_views_from_before_and_after_an_assignment() -> None:
    x = make()
    before = x[1:]
    x[0] = 7.0
    after = x[:1]
    for index in (0, 1, (2, 3)):  # which of them shows what can no longer be told
        with pytest.raises(NotDifferentiableError):
            x[index] = 8.0
    np.testing.assert_array_equal(after.data, [[7.0] * 4])
    del before, after
    x[...] = 9.0
    np.testing.assert_array_equal(x.data, np.full((3, 4), 9.0))


def test_assignment_of_a_variables_data_frees_its_views() -> None:
    x = make()
    view = x[1:]
    x.data = np.zeros((3, 4))  # not what NumPy calls assignment into the array
    np.testing.assert_array_equal(view.data[0], [4.0, 5.0, 6.0, 7.0])
    assert x.data[2, 3] == 0.0
    x[1] = 1.0  # nor is it one of these any longer
    view[0] = 2.0
    np.testing.assert_array_equal(x.data[1], [1.0] * 4)
    after = x[1:]
    with pytest.raises(NotDifferentiableError):
        x[1] = 3.0
    np.testing.assert_array_equal(view.data[0], [2.0] * 4)
    np.testing.assert_array_equal(after.data[0], [1.0] * 4)


def test_views_of_what_a_variable_was_stay_related() -> None:
    x = make()
    one, other = x[1:], x[2:]
    x.data = np.zeros((3, 4))
    with pytest.raises(NotDifferentiableError):
        one[1] = 1.0
    np.testing.assert_array_equal(other.data, [[8.0, 9.0, 10.0, 11.0]])


def test_loops_do_not_pile_up_views() -> None:
    x = make()
    total = sum((np.sum(x[i % 3]) for i in range(300)), 0.0)
    assert total.data == 6600.0
    x[...] = 0.0  # none of them is left
    assert x.data[2, 3] == 0.0


def test_a_whole_slice_of_a_value_is_a_view_of_it() -> None:
    x = make()
    for whole in (x[:], x.reshape(3, 4), x[...]):
        with pytest.raises(NotDifferentiableError):
            whole[0, 0] = 1.0


def test_link_leaves_alone_what_is_no_view() -> None:
    x, a = make(), np.ones(3)
    assert link(a, x) is a
    assert link(x, a) is x
    assert link(x, x) is x
    s = Value(2.0)
    assert link(s, x) is s
    for v in (x, s):
        check_assignment(v, 0)  # raises nothing


def test_views_carry_gradients() -> None:
    def f(x: Any) -> Any:
        view = x[1:]
        return np.sum(view.T[0] * view.reshape(-1)[:2])

    g = grad(f)(np.arange(6.0).reshape(3, 2))
    np.testing.assert_array_equal(g, [[0.0, 0.0], [4.0, 4.0], [3.0, 0.0]])


indices = st.one_of(
    st.just(slice(None)),
    st.builds(slice, st.integers(-4, 4), st.integers(-4, 4), st.sampled_from([None, 1, 2, -1])),
    st.integers(-3, 2),
    st.tuples(st.integers(-3, 2), st.integers(-4, 3)),
    st.tuples(st.builds(slice, st.integers(-4, 4)), st.integers(-4, 3)),
    st.lists(st.integers(-3, 2), min_size=1, max_size=3),
)


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("view"), st.integers(0, 3), st.sampled_from(sorted(VIEWS | COPIES))),
            st.tuples(st.just("drop"), st.integers(0, 3), st.just("")),
            st.tuples(st.just("assign"), st.integers(0, 3), indices),
        ),
        max_size=8,
    )
)
def test_any_program_equals_numpy_or_raises(steps: list[tuple[str, int, Any]]) -> None:
    arrays: list[Any] = [np.arange(12.0).reshape(3, 4)]
    values: list[Any] = [Value(arrays[0])]
    for number, (what, place, detail) in enumerate(steps):
        i = place % len(arrays)
        if what == "drop" and len(arrays) > 1:
            del arrays[i], values[i]
        elif what == "view":
            try:
                shown = (VIEWS | COPIES)[detail](arrays[i])
            except (ValueError, IndexError):
                continue
            arrays.append(shown)
            values.append((VIEWS | COPIES)[detail](values[i]))
        elif what == "assign":
            try:
                values[i][detail] = 100.0 + number
            except (NotDifferentiableError, IndexError):
                continue
            arrays[i][detail] = 100.0 + number
        for a, v in zip(arrays, values, strict=True):
            np.testing.assert_array_equal(v.data, a)
