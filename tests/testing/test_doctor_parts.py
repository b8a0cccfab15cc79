"""Corners of the doctor: comparisons, several results, weights of samples, pairs in arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import grad
from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.functions import mirrored
from microgradnet.testing.doctor.naming import (
    constant,
    factor_text,
    index,
    listed,
    number,
    times,
)


def test_comparisons_are_part_of_the_function() -> None:
    def intended(w, x):  # type: ignore[no-untyped-def]
        z = w * x
        h = np.where(z > 0, z, 0.1 * z)
        return np.sum(h**2)

    def gradient(w, x):  # type: ignore[no-untyped-def]
        z = w * x
        return 2 * np.where(z > 0, z, 0.1 * z) * x

    said = str(diagnose(intended, gradient, np.ones(3), inputs=(np.ones(3) * 1.5,)))
    # Where z > 0 the slope is 1: leaving out that of the other branch is the same mistake.
    assert said in ("the factor `∂h/∂z` is left out", "the factor `∂(0.1*z)/∂z` is left out")


def test_a_mask_is_computed_anew_in_variants() -> None:
    def intended(w, b, x):  # type: ignore[no-untyped-def]
        z = w * x + b
        h = np.where(z > 0, np.sin(z), z * 0.3)
        return np.sum(h**2)

    def gradient(w, b, x):  # type: ignore[no-untyped-def]
        z = w * x
        h = np.where(z > 0, np.sin(z), z * 0.3)
        d = 2 * h * np.where(z > 0, np.cos(z), 0.3)
        return d * x, d

    def forward(w, b, x):  # type: ignore[no-untyped-def]
        z = w * x
        return {"h": np.where(z > 0, np.sin(z), z * 0.3)}

    params = np.ones(3), np.ones(3)
    found = diagnose(intended, gradient, params, inputs=(np.ones(3),), forward=forward)
    assert str(found) == "`b` is left out of `z`"


def test_functions_with_several_results() -> None:
    def intended(S):  # type: ignore[no-untyped-def]
        return np.sum(np.linalg.eigh(S + S.T)[0] ** 2)

    assert diagnose(intended, lambda S: 4 * (S + S.T), np.ones((2, 2))).correct
    said = str(diagnose(intended, lambda S: 2 * (S + S.T), np.ones((2, 2))))
    assert "half of what it should be" in said
    found = diagnose(intended, lambda S: np.sin(9 * S) + 2, np.ones((2, 2)))
    assert not found.explained


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([1, 1, 1, 2], "the samples have the weights 1, 1, 1, 2"),
        ([0, 1, 1, 1], "the first sample is left out of the sum"),
        ([1, 0, 0, 1], "the samples 1 and 2 are left out of the sum"),
        ([0, 4, 0, 0], "only one sample is used, the number 1 of 4"),
        ([1, 0, 0, 0], "only one sample is used, the first of 4"),
    ],
)
def test_weights_of_samples(weights: list[float], says: str) -> None:
    def intended(w, X, y):  # type: ignore[no-untyped-def]
        return np.sum((X @ w - y) ** 2)

    def gradient(w, X, y):  # type: ignore[no-untyped-def]
        return 2 * X.T @ ((X @ w - y) * np.array(weights))

    example = np.ones((4, 3)) * 1.5, np.ones(4) * 1.5
    assert says in str(diagnose(intended, gradient, np.zeros(3), inputs=example))


def test_two_mistakes_in_a_network_of_arrays() -> None:
    def intended(W, b, V, c, X, y):  # type: ignore[no-untyped-def]
        H = np.tanh(X @ W + b)
        P = np.tanh(H @ V + c)
        return np.sum((P - y) ** 2)

    def gradient(W, b, V, c, X, y):  # type: ignore[no-untyped-def]
        H = np.tanh(X @ W)
        P = np.tanh(H @ V)
        d = 2 * (P - y) * (1 - P**2)
        e = d @ V.T * (1 - H**2)
        return X.T @ e, e.sum(0), H.T @ d, d.sum(0)

    params = np.ones((3, 2)), np.ones(2), np.ones((2, 4)), np.ones(4)
    found = diagnose(intended, gradient, params, inputs=(np.ones((5, 3)), np.ones((5, 4)) * 2.5))
    assert found.explained
    assert str(found) == "`b` is left out of `X@W + b` (and so in `H@V + c`)"


def test_a_sigmoid_with_the_minus_forgotten() -> None:
    z = mirrored.evaluate(np.array([0.3]))
    assert np.allclose(mirrored.rule.partials[0](z, 0.3), -z * (1 - z))


def test_words_for_numbers() -> None:
    assert factor_text(5.0, 5) == "is 5 times what it should be (5 is the number of rows)"
    assert factor_text(-0.2, 5).endswith("number of rows) and has the wrong sign")
    assert number(0.75) == "3/4" and number(np.pi) == "3.14159"
    assert times(1.0, "h") == "h" and times(-1.0, "sign(z)") == "-sign(z)"
    assert times(2.0, "1 - h") == "2*(1 - h)"
    assert constant(np.ones(3))[0] == "ones(3)"
    assert constant(np.zeros((2, 3)))[0] == "zeros((2, 3))"
    assert constant(np.arange(3.0))[0] == "constant array of shape (3,)"
    assert constant(-2) == ("-2", 0)
    assert index((slice(1, None, 2), 0, Ellipsis)) == "1::2, 0, ..."
    assert index(np.array([1])) == "..."
    assert listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"


def in_one_vector(theta, x, y):  # type: ignore[no-untyped-def]
    h = np.tanh(theta[:4].reshape(2, 2) @ x + theta[4:6])
    return (theta[6:-1] @ h + theta[-1] - y) ** 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "no mistake found: right at 16 random points"),
        ({"slope": 1.0}, "the factor `∂h/∂(theta[0:4]@x + theta[4:6])` is left out"),
        ({"b": lambda e: e[::-1]}, "`∂L/∂theta[4:6]` has its elements in reverse order"),
        ({"c": lambda d: 2 * d}, "`∂L/∂theta[8]` is twice what it should be"),
        ({"b": lambda e: e * [1, 0]}, "`∂L/∂theta[5]` is always 0"),
    ],
)
def test_parameters_that_are_stretches_of_one_vector(changes: dict[str, Any], says: str) -> None:
    def gradient(theta, x, y):  # type: ignore[no-untyped-def]
        h = np.tanh(theta[:4].reshape(2, 2) @ x + theta[4:6])
        d = 2 * (theta[6:8] @ h + theta[8] - y)
        e = d * theta[6:8] * changes.get("slope", 1 - h * h)
        b, c = changes.get("b", lambda e: e), changes.get("c", lambda d: d)
        return np.concatenate([np.outer(e, x).ravel(), b(e), d * h, [c(d)]])

    found = diagnose(
        in_one_vector, gradient, np.linspace(-1, 1, 9), inputs=(np.array([2.0, 1]), 1.0)
    )
    assert str(found) == says


def test_rows_of_an_array_of_three_axes_that_are_left_out() -> None:
    """Along any axis: it was a crash along the last one."""

    def loss(w, v, x):  # type: ignore[no-untyped-def]
        return np.sum(np.tanh(w * x[:, :, None] + v) ** 2)

    def gradient(w, v, x):  # type: ignore[no-untyped-def]
        h = np.tanh(w * x[:, :, None] + v)
        d = 2 * h * (1 - h * h)
        d[:, :, -1] = 0.0
        return (d * x[:, :, None]).sum((0, 1)), d

    params = np.array([0.3, -0.5, 0.8]), np.linspace(-1, 1, 12).reshape(2, 2, 3)
    found = diagnose(loss, gradient, params, inputs=(np.array([[1.0, 2.0], [0.5, -1.0]]),))
    assert found.explained and "2" in str(found)


@pytest.mark.usefixtures("by_numbers")
def test_where_to_look_if_nothing_is_known() -> None:
    """What all that is wrong is computed from, and nothing that is right."""

    def loss(W, b, v, x):  # type: ignore[no-untyped-def]
        h = np.tanh(W @ x + b)
        return (v @ h) ** 2

    def gradient(W, b, v, x):  # type: ignore[no-untyped-def]
        h = np.tanh(W @ x + b)
        d = 2 * (v @ h)
        e = d * np.cosh(3 * v) * np.sin(7 * h)
        return np.outer(e, x), e, d * h

    params = np.ones((3, 2)), np.ones(3), np.array([0.3, -0.5, 0.8])
    found = diagnose(loss, gradient, params, inputs=(np.array([1.0, 2.0]),))
    assert not found.explained and found.wrong == ["W", "b"]
    assert found.sentences[-1] == "all that is wrong, and nothing else, is computed from `∂L/∂h`"


MATRIX = np.array([[5.0, 0.1, -2.0], [-2.0, 7.0, -2.0], [0.1, 0.2, 7.0]])
NOTHING = np.empty((0, 2))


@pytest.mark.parametrize(
    ("of", "x"),
    [
        (lambda x: np.sum(np.linalg.cholesky(x + x.T)), np.array([[2.0]])),  # not everywhere
        (lambda x: np.linalg.slogdet(x)[0], MATRIX),  # a plain 0 for a derivative
        (lambda x: np.sum(np.tril(x) * NOTHING) + np.sum(x**2), NOTHING),
        (lambda x: np.sum(np.linspace(x, x, 5) * np.arange(5.0)), 1.0),  # a difference of 0
        (lambda x: np.arccos(np.clip(x, x, 1)), 0.0),  # at 1 its slope is infinite
    ],
)
def test_functions_that_are_odd_are_diagnosed_all_the_same(of: Any, x: Any) -> None:
    def intended(a: Any, b: Any) -> Any:
        return of(a) + np.sum(b**2)

    def gradient(a: Any, b: Any) -> Any:
        right, _ = grad(intended, argnums=(0, 1))(a, b)
        return right, 2 * b + 0.1 * np.sin(b)

    found = diagnose(intended, gradient, (x, np.array([1.0, 2.0, 3.0])))
    assert found.wrong == ["b"]


def test_a_flat_function_with_a_gradient() -> None:
    def intended(a: Any, b: Any) -> Any:
        return np.linalg.slogdet(a)[0] + b**2

    found = diagnose(intended, lambda a, b: (0 * a + 0.1, 2 * b), (MATRIX, 1.0))
    assert found.wrong == ["a"]


def test_a_parameter_that_is_the_loss() -> None:
    found = diagnose(lambda a: a, lambda a: 2.0, 0.5)
    assert str(found) == "`∂L/∂a` is twice what it should be"


def test_a_penalty_of_some_rows_is_told_by_what_it_comes_through() -> None:
    def intended(B: Any, X: Any, Y: Any) -> Any:
        return np.sum((np.tanh(X @ B[1:] + B[0]) - Y) ** 2) + 0.3 * np.sum(B[1:] ** 2)

    def gradient(B: Any, X: Any, Y: Any) -> Any:
        h = np.tanh(X @ B[1:] + B[0])
        d = 2 * (h - Y) * (1 - h**2)
        return (np.vstack([d.sum(axis=0), X.T @ d]),)

    rng = np.random.default_rng(3)
    inputs = (rng.normal(size=(5, 2)), rng.normal(size=(5, 2)))
    found = diagnose(intended, gradient, (rng.normal(size=(3, 2)),), inputs=inputs)
    assert str(found) == "the term that comes through `B[1:]**2` in `∂L/∂B` is missing"
