"""jacobian and hessian: in either mode, for any shapes and structures, also nested."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, grad, hessian, jacobian, jvp, sweeps
from microgradnet.errors import NonScalarError

from .checking import EPS

MODES = [None, "forward", "reverse"]
every_mode = pytest.mark.parametrize("mode", MODES)
shapes = st.sampled_from([(), (1,), (3,), (2, 3), (0,), (2, 0)])


@given(out=shapes, arg=shapes, seed=st.integers(0, 2**32 - 1))
def test_jacobians_of_linear_maps_are_their_matrices(out: Any, arg: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = rng.normal(size=(int(np.prod(out)), int(np.prod(arg))))

    def f(x: Any) -> Any:
        return np.reshape(m @ np.reshape(x, (-1,)), out)

    x = rng.normal(size=arg) if arg else float(rng.normal())
    for mode in MODES:
        j = jacobian(f, mode=mode)(x)
        assert np.shape(j) == (*out, *arg)
        np.testing.assert_array_equal(np.reshape(j, m.shape), m)


@every_mode
def test_nonlinear_jacobians(mode: Any) -> None:
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(jacobian(lambda x: x * x, mode=mode)(x), np.diag(2.0 * x))
    assert jacobian(lambda x: x * x, mode=mode)(3.0) == 6.0
    assert type(jacobian(lambda x: x * x, mode=mode)(3.0)) is float
    np.testing.assert_array_equal(jacobian(lambda x: np.sum(x * x), mode=mode)(x), 2.0 * x)
    np.testing.assert_array_equal(jacobian(lambda s: s * x, mode=mode)(2.0), x)


@every_mode
def test_structures_on_both_sides(mode: Any) -> None:
    def f(p: Any, k: Any) -> Any:
        return {"y": p["a"] * p["b"] * k, "z": [p["a"], 7.0]}

    p = {"a": 2.0, "b": np.array([3.0, 4.0])}
    j = jacobian(f, argnums=(0, "k"), mode=mode)(p, k=10.0)
    by_p, by_k = j["y"]
    np.testing.assert_array_equal(by_p["a"], [30.0, 40.0])
    np.testing.assert_array_equal(by_p["b"], 20.0 * np.eye(2))
    np.testing.assert_array_equal(by_k, [6.0, 8.0])
    by_p, by_k = j["z"][0]
    assert by_p["a"] == 1.0
    np.testing.assert_array_equal(by_p["b"], [0.0, 0.0])
    assert by_k == 0.0
    by_p, by_k = j["z"][1]  # of a constant
    np.testing.assert_array_equal(by_p["b"], [0.0, 0.0])
    assert by_p["a"] == by_k == 0.0


@every_mode
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes(mode: Any, dtype: Any) -> None:
    assert jacobian(lambda x: x * 2.0, mode=mode)(np.ones(2, dtype)).dtype == dtype
    assert jacobian(lambda x: x * 2.0, mode=mode)(np.ones(0, dtype)).dtype == dtype


@every_mode
def test_integer_arguments_are_differentiated_as_floats(mode: Any) -> None:
    j = jacobian(lambda x: x * 0.5, mode=mode)(np.array([1, 2]))
    np.testing.assert_array_equal(j, 0.5 * np.eye(2))
    assert jacobian(lambda x: x * 0.5, mode=mode)(3) == 0.5


def test_the_cheaper_mode_is_chosen_by_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    walks = []

    def counted(name: str) -> None:
        walk = getattr(sweeps, name)
        monkeypatch.setattr(
            sweeps, name, lambda *args, **kwargs: walks.append(name) or walk(*args, **kwargs)
        )

    counted("pullback")
    counted("pushforward")
    jacobian(lambda x: np.sum(x * x))(np.ones(50))
    assert walks == ["pullback"]
    walks.clear()
    jacobian(lambda s: s * np.ones(50))(2.0)
    assert walks == ["pushforward"]


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(
        ValueError, match='mode=\'sideways\'; expected None, "forward" or "reverse"'
    ):
        jacobian(lambda x: x, mode="sideways")


@every_mode
def test_jacobians_inside_transforms(mode: Any) -> None:
    def f(w: Any) -> Any:
        return np.sum(jacobian(lambda x: w * x * x, mode=mode)(np.array([1.0, 2.0])))

    assert grad(f)(3.0) == 6.0
    assert jvp(f, (3.0,), (1.0,)) == (18.0, 6.0)
    w = Value(3.0)
    f(w).backward()
    assert w.grad == 6.0

    def g(x: Any) -> Any:
        return np.sum(jacobian(lambda x: x**3, mode=mode)(x) ** 2)

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(g)(x), 36.0 * x**3)
    np.testing.assert_array_equal(
        jacobian(jacobian(lambda x: x**3, mode=mode), mode=mode)(x)[1, 1], [0.0, 12.0]
    )


@every_mode
def test_assignment_to_the_argument(mode: Any) -> None:
    def f(x: Any) -> Any:
        x[0] = x[1] * 10.0
        return x

    np.testing.assert_array_equal(
        jacobian(f, mode=mode)(np.array([1.0, 2.0])), [[0.0, 10.0], [0.0, 1.0]]
    )


def test_hessians() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.exp(x[0] * x[1])) + x[1] ** 3

    x = np.array([0.5, 2.0])
    e = np.exp(1.0)
    expected = [[4.0 * e, e + 1.0 * e], [2.0 * e, 0.25 * e + 12.0]]
    np.testing.assert_allclose(hessian(f)(x), expected, rtol=20 * EPS)
    assert hessian(lambda x: x**4)(2.0) == 48.0
    assert type(hessian(lambda x: x**4)(2.0)) is float
    m = np.arange(6.0).reshape(2, 3)
    h = hessian(lambda x: np.sum(x**3))(m)
    assert h.shape == (2, 3, 2, 3)
    np.testing.assert_array_equal(h.reshape(6, 6), np.diag(6.0 * m.ravel()))
    assert hessian(lambda x: np.sum(x))(np.zeros((0, 2))).shape == (0, 2, 0, 2)


def test_hessians_of_structures() -> None:
    def f(p: Any, y: Any) -> Any:
        return p["a"] ** 2 * np.sum(p["b"]) * y

    h = hessian(f, argnums=(0, 1))({"a": 2.0, "b": np.array([3.0, 4.0])}, 5.0)
    assert h[0]["a"][0]["a"] == 70.0
    np.testing.assert_array_equal(h[0]["a"][0]["b"], [20.0, 20.0])
    np.testing.assert_array_equal(h[0]["b"][0]["a"], [20.0, 20.0])
    np.testing.assert_array_equal(h[0]["b"][0]["b"], np.zeros((2, 2)))
    assert h[0]["a"][1] == 28.0
    assert h[1][1] == 0.0
    with pytest.raises(NonScalarError, match=r"shape \(2,\)"):
        hessian(lambda x: x)(np.ones(2))
