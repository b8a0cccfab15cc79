"""The doctor on mistakes of every kind that it knows, and on correct code."""

from __future__ import annotations

import gc
import re
from typing import Any

import numpy as np
import pytest

from microgradnet.testing.doctor import Diagnosis, diagnose

from . import planted_arrays, planted_loops, planted_scalars
from .doctor_bugs.network import Bug, Network

NETWORKS = [*planted_scalars.NETWORKS, *planted_loops.NETWORKS, *planted_arrays.NETWORKS]
CASES = [
    pytest.param(network, bug, id=f"{network.name}: {bug.name}")
    for network in NETWORKS
    for bug in network.bugs
]


def examine(network: Network, bug: Bug | None) -> Diagnosis:
    return diagnose(
        network.intended,
        network.gradient(bug),
        network.params,
        inputs=network.inputs,
        learning_rate=network.learning_rate,
    )


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_correct_code_has_no_mistake(network: Network) -> None:
    found = examine(network, None)
    assert found.correct and found.explained and not found.wrong
    assert str(found) == "no mistake found: right at 16 random points"


@pytest.mark.parametrize(("network", "bug"), CASES)
def test_planted_mistakes_are_named(network: Network, bug: Bug) -> None:
    found = examine(network, bug)
    assert found.explained and not found.correct
    assert re.search(bug.says, str(found), re.DOTALL), str(found)


def test_what_the_garbage_collector_calls_is_not_taken_for_the_code() -> None:
    (network,) = [network for network in NETWORKS if network.name == "rnn"]
    (bug,) = [bug for bug in network.bugs if bug.name == "h t+1"]
    often = gc.get_threshold()
    gc.callbacks.append(lambda phase, info: None)  # as tools that measure do
    gc.set_threshold(20)
    try:
        assert re.search(bug.says, str(examine(network, bug)))
        assert gc.isenabled()
        gc.disable()
        assert examine(network, None).correct
        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.set_threshold(*often)
        gc.callbacks.pop()


def line(w, b, x, y):  # type: ignore[no-untyped-def]
    return (w * x + b - y) ** 2


@pytest.mark.usefixtures("by_numbers")
@pytest.mark.parametrize("seed", range(6))
def test_nonsense_has_no_name(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, c = rng.normal(size=2)

    def nonsense(w, b, x, y):  # type: ignore[no-untyped-def]
        e = 2 * (w * x + b - y)
        return e * x * (1 + a * np.sin(3 * w + c * x)), e

    found = diagnose(line, nonsense, (1.0, 0.0), inputs=(2.0, 1.0), seed=seed)
    assert not found.explained and not found.correct and not bool(found)
    assert found.wrong == ["w"]
    assert str(found).startswith("unexplained")
    assert "right: `∂L/∂b`" in str(found)
    assert "wrong: `∂L/∂w`" in str(found)


def test_nonsense_in_code_is_said_to_be_too_much() -> None:
    def nonsense(w, b, x, y):  # type: ignore[no-untyped-def]
        e = 2 * (w * x + b - y)
        return e * x * (1 + 0.3 * np.sin(3 * w + 0.7 * x)), e

    found = diagnose(line, nonsense, (1.0, 0.0), inputs=(2.0, 1.0))
    assert "`0.3*sin(3*w + 0.7*x)` (line " in str(found)


def test_all_wrong_without_a_name() -> None:
    found = diagnose(lambda w, x: (w * x) ** 2, lambda w, x: np.cos(7 * w + x), 1.0, inputs=2.0)
    assert not found.explained
    assert found.wrong == ["w"]


def test_a_finite_difference_is_called_what_it_is() -> None:
    def rough(w, b, x, y):  # type: ignore[no-untyped-def]
        h = 1e-4
        return (line(w + h, b, x, y) - line(w, b, x, y)) / h, 2 * (w * x + b - y)

    found = diagnose(line, rough, (1.0, 0.0), inputs=(2.0, 1.0))
    assert re.search(r"`∂L/∂w` agrees with the exact derivative to about \d digits", str(found))


def test_float32_code_is_right() -> None:
    def single(w, b, x, y):  # type: ignore[no-untyped-def]
        w, b, x, y = (np.float32(v) for v in (w, b, x, y))
        e = 2 * (w * x + b - y)
        return e * x, e

    assert diagnose(line, single, (1.0, 0.0), inputs=(2.0, 1.0)).correct


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        (lambda g: g**2, "is squared"),
        (abs, "is taken without its sign"),
        (np.sign, "is only the sign"),
        (lambda g: 1 / g, "is the inverse, `∂w/∂L`"),
        (lambda g: 3 * g, "is 3 times what it should be"),
        (lambda g: g / 7, "is 1/7 times what it should be"),
        (lambda g: -2 * g, "has the wrong sign and is twice"),
        (lambda g: np.sqrt(2) * g, "is 1.41421 times"),
        (lambda g: 0 * g, "is always 0"),
    ],
)
def test_what_is_done_to_a_whole_derivative(formula, says: str) -> None:  # type: ignore[no-untyped-def]
    def gradient(w, b, x, y):  # type: ignore[no-untyped-def]
        e = 2 * (w * x + b - y)
        return formula(e * x), e

    assert says in str(diagnose(line, gradient, (1.0, 0.0), inputs=(2.0, 1.0)))


def test_the_user_s_special_point_does_not_matter() -> None:
    # At x = (-2, -1) the ratio x[0] / x[1] is 2: "twice" would be a wrong name.
    def intended(w, x):  # type: ignore[no-untyped-def]
        return np.tanh(w * x[1])

    def gradient(w, x):  # type: ignore[no-untyped-def]
        return (1 - np.tanh(w * x[1]) ** 2) * x[0]

    found = diagnose(intended, gradient, 0.5, inputs=(np.array([-2.0, -1.0]),))
    assert str(found) == "`∂L/∂w` multiplies by `x[0]` where it should multiply by `x[1]`"


def test_wrong_shapes_are_said() -> None:
    def intended(W, b, X):  # type: ignore[no-untyped-def]
        return np.sum((X @ W + b) ** 2)

    example = np.ones((2, 3)), np.zeros(3)
    X = np.ones((4, 2))

    def said(change_W, change_b) -> str:  # type: ignore[no-untyped-def]
        def gradient(W, b, X):  # type: ignore[no-untyped-def]
            d = 2 * (X @ W + b)
            return change_W(X.T @ d), change_b(d)

        found = diagnose(intended, gradient, example, inputs=(X,))
        assert found.explained and not found.correct
        return str(found)

    def total(d):  # type: ignore[no-untyped-def]
        return d.sum(0)

    assert "shape (3, 2) where `W` has (2, 3): it is transposed and otherwise right" in said(
        np.transpose, total
    )
    assert said(lambda g: 2 * g.T, total).endswith("it is transposed")
    assert "the sum over axis 0 is missing" in said(lambda g: g, lambda d: d)
    assert "the mean over axis 0 is missing" in said(lambda g: g, lambda d: 4 * d)
    assert "not the only mistake" in said(lambda g: g, lambda d: d**2)
    assert "summed over too much" in said(lambda g: g, np.sum)
    assert "the axes do not match" in said(lambda g: g, lambda d: np.ones(5))


def test_one_hot_labels_stay_one_hot() -> None:
    # p - y is right only where the rows of y sum to one: correct code must not be blamed.
    def intended(W, X, Y):  # type: ignore[no-untyped-def]
        scores = np.exp(X @ W)
        return -np.sum(Y * np.log(scores / np.sum(scores, axis=1, keepdims=True)))

    def gradient(W, X, Y):  # type: ignore[no-untyped-def]
        p = np.exp(X @ W)
        p = p / p.sum(axis=1, keepdims=True)
        return X.T @ (p - Y)

    for labels in (np.eye(3)[[0, 2, 1, 1]], np.full((4, 3), 1 / 3)):
        assert diagnose(
            intended, gradient, np.zeros((2, 3)), inputs=(np.ones((4, 2)), labels)
        ).correct


@pytest.mark.parametrize("elsewhere", [1.0, np.nan])
def test_a_mistake_that_only_labels_of_0_and_1_show(elsewhere: float) -> None:
    def intended(w, x, y):  # type: ignore[no-untyped-def]
        p = 1 / (1 + np.exp(-x @ w))
        return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))

    def gradient(w, x, y):  # type: ignore[no-untyped-def]
        p = 1 / (1 + np.exp(-x @ w))
        other = (p - y) * np.where(y == 0, 1.0, elsewhere)  # right, or no number, elsewhere
        return x.T @ np.where(y == 1, 2 * (p - 1), other)

    inputs = np.arange(8.0).reshape(4, 2) - 3, np.array([0.0, 1.0, 1.0, 0.0])
    found = diagnose(intended, gradient, np.array([0.3, -0.2]), inputs=inputs)
    assert found.explained and not found.correct
    assert "`log(p)`" in str(found) and "twice" in str(found)


def test_a_penalty_makes_an_extra_term() -> None:
    def gradient(w, b, x, y):  # type: ignore[no-untyped-def]
        e = 2 * (w * x + b - y)
        return e * x - w, e + x

    found = str(diagnose(line, gradient, (1.0, 0.0), inputs=(2.0, 1.0)))
    assert "`∂L/∂w` has the extra term `-w`" in found
    assert "`∂L/∂b` has the extra term `x`" in found


def test_exponents_that_are_plain_numbers_have_no_roundoff() -> None:
    def powers(x):  # type: ignore[no-untyped-def]
        return np.sum(x ** np.array([1.0, 0.0]) * np.array([0.5, 2.0]))

    right = np.array([0.5, 0.0])
    assert diagnose(powers, lambda x: right, np.ones(2)).correct
    assert str(diagnose(powers, lambda x: 2 * right, np.ones(2))).endswith(
        "is twice what it should be"
    )


@pytest.mark.parametrize(("factor", "says"), [(4.0, "twice"), (1.0, "half of"), (-2.0, "sign")])
def test_a_gradient_that_is_a_multiple_of_the_parameter_is_no_step(factor, says) -> None:  # type: ignore[no-untyped-def]
    found = str(diagnose(lambda x: x @ x, lambda x: factor * x, np.ones(3)))
    assert says in found and "step" not in found


def test_a_parameter_may_be_called_as_learning_rates_are() -> None:
    def loss(alpha: Any, w: Any, x: Any) -> Any:
        return np.tanh(alpha + w * x)

    def step(alpha: Any, w: Any, x: Any) -> Any:
        d = 1 - np.tanh(alpha + w * x) ** 2
        return alpha - 0.1 * d, w - 0.1 * d * alpha

    found = diagnose(loss, step, (0.5, 1.0), inputs=(2.0,), learning_rate=0.1)
    assert str(found) == "`∂L/∂w` multiplies by `alpha` where it should multiply by `x`"
