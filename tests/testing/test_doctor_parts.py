"""Corners of the doctor: comparisons, several results, weights of samples, pairs in arrays."""

from __future__ import annotations

import numpy as np
import pytest

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
    assert "`b` is left out of" in str(found) and "`c` is left out of" in str(found)


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
