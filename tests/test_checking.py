"""The checks themselves have teeth: each fails on an operation that is wrong in its own way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, elementwise, general, stop_gradient
from microgradnet.declare import REAL, UNIT, arg, case
from microgradnet.graph import raw

from . import checking
from .checking import Call, NearKink, make_call, sample

X = np.array([0.4, 1.3])


def call(f: Callable[[Any], Any], x: Any = X) -> Call:
    return Call("suspect", lambda x: [f(x)], (x,))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


slightly_off = elementwise(
    lambda x: np.sin(x), lambda z, x: np.cos(x) * (1.0 + 1e-7), name="slightly off"
)
off_in_one_mode = general(
    lambda x: np.sin(x),
    vjp=lambda g, z, x, needed: [g * np.cos(x)],
    jvp=lambda ts, z, x: ts[0] * np.cos(x) * (1.0 + 1e-11),
    name="off in one mode",
)
off_in_second_order = elementwise(
    lambda x: np.sin(x), lambda z, x: np.cos(stop_gradient(x)), name="off in second order"
)
doubles = elementwise(
    lambda x: np.sin(x), lambda z, x: np.cos(np.asarray(raw(x), np.float64)), name="doubles"
)
widens = elementwise(lambda x: x * np.float64(2.0), 2.0, name="widens")


def test_a_relative_error_of_1e_7_is_found() -> None:
    checking.check_first_order(call(np.sin), rng())
    with pytest.raises(AssertionError, match="reverse mode of suspect beside differences"):
        checking.check_first_order(call(slightly_off), rng())
    with pytest.raises(AssertionError, match="beside differences"):
        checking.check_first_order(call(slightly_off, 0.4), rng())


def test_modes_that_differ_by_1e_11_are_found() -> None:
    checking.check_adjoint(call(np.sin), rng())
    with pytest.raises(AssertionError, match=r"<w, J t> = <J' w, t> of suspect"):
        checking.check_adjoint(call(off_in_one_mode), rng())


def test_a_wrong_second_derivative_is_found() -> None:
    checking.check_second_order(call(np.sin), rng())
    checking.check_first_order(call(off_in_second_order), rng())
    with pytest.raises(AssertionError, match="forward over reverse of suspect"):
        checking.check_second_order(call(off_in_second_order), rng())


def test_wrong_values_and_cut_graphs_are_found() -> None:
    with pytest.raises(AssertionError, match="cut off from its graph"):
        checking.check_value(call(lambda x: np.sin(np.array(raw(x)))))
    with pytest.raises(AssertionError, match="the value of suspect"):
        checking.check_value(call(lambda x: np.sin(x) * (1.1 if isinstance(x, Value) else 1.0)))
    with pytest.raises(AssertionError):
        checking.check_value(call(lambda x: np.sum(x) if isinstance(x, Value) else x))


def test_wrong_dtypes_are_found() -> None:
    checking.check_float32(call(np.sin), rng())
    with pytest.raises(AssertionError, match="of float32"):
        checking.check_float32(
            call(lambda x: x * 2.0 if isinstance(x, np.ndarray) else widens(x)), rng()
        )


def test_a_sample_at_a_kink_proves_nothing_and_says_so() -> None:
    with pytest.raises(NearKink):
        checking.check_first_order(call(np.abs, np.array([1e-7])), rng())
    with pytest.raises(NearKink):
        checking.check_first_order(call(lambda x: 1.0 / x, np.array([1e-4])), rng())


def test_nan_equals_nothing() -> None:
    with pytest.raises(AssertionError):
        checking.within(np.nan, np.nan, 1.0, "nan")
    with pytest.raises(AssertionError):
        checking.equal([1.0, np.nan], [1.0, 2.0], "nan")
    with pytest.raises(AssertionError):
        checking.equal(np.inf, -np.inf, "signs")
    checking.equal([1.0, np.inf, np.nan], [1.0, np.inf, np.nan], "the same")
    with pytest.raises(AssertionError, match="2 numbers, expected 1"):
        checking.equal([1.0, 2.0], [1.0], "sizes")


@pytest.mark.parametrize("domain", [REAL, UNIT, (0.0, np.inf), (-np.inf, 3.0), (-1e-3, 1e-3)])
def test_samples_keep_their_distance_from_the_edges(domain: tuple[float, float]) -> None:
    low, high = domain
    x = sample(arg((200,), domain), rng())
    assert x.shape == (200,)
    margin = 0.2 if np.isinf(low) or np.isinf(high) else 0.1 * (high - low)
    assert (x >= low + margin).all()
    assert (x <= high - margin).all()
    assert type(sample(arg((), domain), rng())) is float
    assert sample(arg((0, 3), domain), rng()).shape == (0, 3)
    if domain == REAL:
        nearest = np.abs(2.0 * x - np.round(2.0 * x))
        assert (nearest >= 0.2).all()


def test_matrices_are_what_their_kind_says() -> None:
    spd = sample(arg((2, 3, 3), kind="spd"), rng())
    np.testing.assert_allclose(np.linalg.eigvalsh(spd), [[1.0, 2.0, 3.0]] * 2, rtol=1e-12)
    full = sample(arg((4, 2), kind="square"), rng())
    np.testing.assert_allclose(np.linalg.svdvals(full), [2.0, 1.0], rtol=1e-12)
    real = sample(arg((3, 3), kind="diagonalizable"), rng())
    np.testing.assert_allclose(np.sort(np.linalg.eigvals(real).real), [1.0, 2.0, 3.0], rtol=1e-12)
    assert np.abs(real - real.T).max() > 0.01
    distinct = np.sort(sample(arg((4, 3), UNIT, "distinct"), rng()).ravel())
    assert np.diff(distinct).min() > 0.5 * (distinct[-1] - distinct[0]) / 12


def test_calls_are_made_from_cases() -> None:
    c = case([arg((2,)), arg()], "text", axis=arg((3,)), where=np.array([True]))
    seen: list[Any] = []

    def function(*args: Any, **kwargs: Any) -> Any:
        seen.append((args, kwargs))
        return [args[0][0], 3, None, {"a": kwargs["axis"]}]

    made = make_call("name", function, c, rng())
    assert [np.shape(x) for x in made.xs] == [(2,), (), (3,)]
    out = made.f(*made.xs)
    assert [np.shape(z) for z in out] == [(2,), (3,)]  # the integer is not floating
    (args, kwargs) = seen[0]
    assert args[1] == "text"
    assert args[0][1] is made.xs[1]
    assert kwargs["where"].dtype == bool
