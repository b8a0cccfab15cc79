"""The doctor on rows that do not go on, on data of whole numbers, on factors that all have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

from microgradnet.testing.doctor import diagnose

rng = np.random.default_rng(11)
SIGNAL = rng.normal(size=7)


def filtered(k: Any, b: Any, v: Any, x: Any) -> Any:
    z = np.zeros(5) + b
    for j in range(3):
        z = z + k[j] * x[j : j + 5]
    h = np.tanh(z)
    return (v @ h) ** 2


@pytest.mark.parametrize(
    ("kept", "which"),
    [([1, 1, 1, 1, 0], "element 4"), ([0, 1, 1, 0, 1], "elements 0 and 3")],
)
def test_elements_that_do_not_go_on(kept: list[int], which: str) -> None:
    def gradient(k: Any, b: Any, v: Any, x: Any) -> Any:
        windows = np.stack([x[j : j + 5] for j in range(3)])
        h = np.tanh(k @ windows + b)
        d = 2 * (v @ h) * v * (1 - h**2) * np.array(kept)
        return windows @ d, d.sum(), 2 * (v @ h) * h

    params = rng.normal(size=3), 0.1, rng.normal(size=5)
    said = str(diagnose(filtered, gradient, params, inputs=(SIGNAL,)))
    assert said == f"`∂L/∂z#4` leaves out the {which} of `∂L/∂h`"


def layers(W: Any, V: Any, X: Any) -> Any:
    return np.sum(np.tanh(np.tanh(X @ W) @ V) ** 2)


@pytest.mark.parametrize(
    ("rows", "columns", "which"),
    [
        ([1, 0, 1, 0], [1, 1, 1], "the samples 1 and 3 are left out"),
        ([1, 1, 1, 1], [1, 0, 1], "`∂L/∂W[:, 1]` is always 0"),
    ],
)
def test_rows_and_columns(rows: list[int], columns: list[int], which: str) -> None:
    def gradient(W: Any, V: Any, X: Any) -> Any:
        H = np.tanh(X @ W)
        P = np.tanh(H @ V)
        D = 2 * P * (1 - P**2)
        E = D @ V.T * (1 - H**2) * np.array(rows)[:, None] * np.array(columns)
        return X.T @ E, H.T @ D

    params = rng.normal(size=(2, 3)), rng.normal(size=(3, 2))
    assert which in str(diagnose(layers, gradient, params, inputs=(rng.normal(size=(4, 2)),)))


def classes(W: Any, b: Any, X: Any, labels: Any) -> Any:
    scores = X @ W + b
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - scores[np.arange(4), labels])


def classified(
    W: Any,
    b: Any,
    X: Any,
    labels: Any,
    axis: Any = 1,
    some: int = 4,
    top: int = 1,
    put: bool = False,
) -> Any:
    scores = X @ W + b
    e = np.exp(scores - scores.max(axis=top, keepdims=True))
    d = e / e.sum(axis=axis, keepdims=True)
    d[np.arange(some), labels[:some]] *= not put
    d[np.arange(some), labels[:some]] -= 1
    return X.T @ d / 4, d.sum(0) / 4


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"axis": 0}, "is taken as `e/sum(e, axis=0) - labels`"),
        ({"axis": None}, "is taken as `e/sum(e) - labels`"),
        ({"top": 0}, "is taken as `f/sum(f, axis=-1) - labels, f being exp(scores - max(scores, "),
        ({"put": True}, "is taken as `p, but -1 at labels` where it should be"),
        ({"some": 2}, "(by way of `scores[..., ...]`) leaves out the elements 2 and 3 of"),
    ],
)
def test_labels_that_are_whole_numbers(wrong: dict[str, Any], says: str) -> None:
    params = rng.normal(size=(2, 3)), rng.normal(size=3)
    inputs = rng.normal(size=(4, 2)), np.array([0, 2, 1, 1])

    def said(**how: Any) -> str:
        def gradient(*xs: Any) -> Any:
            return classified(*xs, **how)

        return str(diagnose(classes, gradient, params, inputs=inputs))

    assert said() == "no mistake found: right at 16 random points"
    assert says in said(**wrong)


def test_data_that_only_serves_as_plain_numbers_has_its_name() -> None:
    def intended(w: Any, X: Any, y: Any) -> Any:
        windows = as_strided(X, (4, 2), (8, 8))  # refuses variables
        return np.sum((windows @ w - y) ** 2)

    def gradient(w: Any, X: Any, y: Any) -> Any:
        windows = as_strided(X, (4, 2), (8, 8))
        return 2 * windows.T @ (windows @ w)

    inputs = rng.normal(size=5), rng.normal(size=4)
    said = str(diagnose(intended, gradient, rng.normal(size=2), inputs=inputs))
    assert "`y` is left out of" in said or "where it should be" in said
    assert "constant array of shape (4,)" not in said


def test_a_factor_that_all_have() -> None:
    def intended(a: Any, b: Any, c: Any, x: Any) -> Any:
        q = np.tanh(a * x + b)
        return np.exp(q * c)

    def gradient(a: Any, b: Any, c: Any, x: Any) -> Any:
        q = np.tanh(a * x + b)
        d = np.exp(q * c) * q
        e = d * c * (1 - q * q)
        return e * x, e, d * q

    params, inputs = (0.5, 0.1, 0.7), (1.5,)
    said = diagnose(intended, gradient, params, inputs=inputs)
    assert str(said) == "every derivative has an extra factor `q`"


def test_the_last_term_that_a_relu_lets_by() -> None:
    def intended(k: Any, x: Any) -> Any:
        total = 0.0
        for i in range(4):
            total = total + np.maximum(np.sum(k * x[i : i + 2]), 0.0)
        return total

    def gradient(k: Any, x: Any) -> Any:
        g = np.zeros(2)
        for i in range(4):
            if np.sum(k * x[i : i + 2]) > 0:
                g = x[i : i + 2]
        return g

    found = str(diagnose(intended, gradient, rng.normal(size=2), inputs=(SIGNAL[:5],)))
    assert "only the last of the terms that are not 0 is kept" in found


def regression(w: Any, b: Any, X: Any, y: Any) -> Any:
    return 0.5 * np.mean((np.tanh(X @ w + b) - y) ** 2)


def regression_by_hand(w: Any, b: Any, X: Any, y: Any) -> tuple[Any, Any]:
    h = np.tanh(X @ w + b)
    d = (h - y) * (1 - h**2) / len(y)
    return X.T @ d, d.sum()


REGRESSION = (rng.normal(size=3), 0.2), (rng.normal(size=(5, 3)), rng.normal(size=5))


@pytest.mark.parametrize("mean", [True, False])
def test_a_step_after_each_sample(mean: bool) -> None:
    def step(w: Any, b: Any, X: Any, y: Any) -> tuple[Any, Any]:
        for i in range(len(y)):
            dw, db = regression_by_hand(w, b, X[i : i + 1], y[i : i + 1])
            w, b = w - 0.3 * dw / (len(y) if mean else 1), b - 0.3 * db / (len(y) if mean else 1)
        return w, b

    params, inputs = REGRESSION
    found = diagnose(regression, step, params, inputs=inputs, learning_rate=0.3)
    assert str(found) == (
        "a step is taken after each sample, so that the next one reads parameters that are updated "
        "already: add the gradients of all samples up first"
    )


def test_a_gradient_that_is_made_shorter() -> None:
    def gradient(*xs: Any) -> tuple[Any, Any]:
        dw, db = regression_by_hand(*xs)
        length = np.sqrt(np.sum(dw**2) + db**2)
        return dw * min(1, 0.05 / length), db * min(1, 0.05 / length)

    def own(*xs: Any) -> tuple[Any, Any]:
        dw, db = regression_by_hand(*xs)
        return dw * min(1, 0.05 / np.linalg.norm(dw)), db

    params, inputs = REGRESSION
    found = str(diagnose(regression, gradient, params, inputs=inputs))
    assert found == "the whole gradient is shortened to a length of 0.05"
    found = str(diagnose(regression, own, params, inputs=inputs))
    assert found == "`∂L/∂w` is shortened to a length of 0.05"


def dense(W: Any, b: Any, V: Any, c: Any, X: Any) -> Any:
    return np.sum((np.tanh(X @ W + b) @ V + c) ** 2)


def test_what_all_layers_do_wrong() -> None:
    """Somebody's layer is written once; the intended code writes each out."""

    def gradient(W: Any, b: Any, V: Any, c: Any, X: Any) -> Any:
        h = np.tanh(X @ W - b)
        d = 2 * (h @ V - c)
        e = d @ V.T * (1 - h**2)
        return X.T @ e, e.sum(0), h.T @ d, d.sum(0)

    params = tuple(rng.normal(size=shape) for shape in ((3, 4), 4, (4, 2), 2))
    found = str(diagnose(dense, gradient, params, inputs=(rng.normal(size=(5, 3)),)))
    assert found == (
        "`X@W + b` has `-` between `X@W` and `b` where it should have `+` (and so in "
        "`tanh(X@W + b)@V + c`)"
    )


def test_each_samples_own_values_in_the_place_of_weights_that_are_for_all() -> None:
    def intended(k: Any, w: Any, X: Any) -> Any:
        hidden = np.tanh(k * X)
        return np.sum(np.sin(hidden @ w))

    def gradient(k: Any, w: Any, X: Any) -> Any:
        hidden = np.tanh(k * X)
        d = np.cos(hidden @ w)
        back = d[:, None] * hidden * (1 - hidden**2)
        return np.sum(back * X, axis=0), hidden.T @ d

    rng = np.random.default_rng(6)
    params, X = (rng.normal(size=3), rng.normal(size=3)), rng.normal(size=(4, 3))
    found = diagnose(intended, gradient, params, inputs=(X,))
    assert str(found) == "`∂L/∂hidden` multiplies by `hidden` where it should multiply by `w`"
