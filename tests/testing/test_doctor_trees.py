"""What the doctor makes of the containers that functions take and give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet.errors import ShapeError
from microgradnet.testing.doctor import diagnose

RNG = np.random.default_rng(1)
PARAMS = {"W": RNG.normal(size=(3, 2)), "b": RNG.normal(size=2)}
DATA = (RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2)))


def loss(p: Any, X: Any, Y: Any) -> Any:
    return np.sum((X @ p["W"] + p["b"] - Y) ** 2) / 2


def gradients(p: Any, X: Any, Y: Any) -> Any:
    d = X @ p["W"] + p["b"] - Y
    return {"dW": 2.0 * X.T @ d, "db": d.sum(axis=0), "dZ": d, "cost": 1.0}


TWICE = "`∂L/∂W` is twice what it should be"


def test_what_else_is_in_a_dict_of_gradients_is_left_out() -> None:
    assert str(diagnose(loss, gradients, PARAMS, inputs=DATA)) == TWICE


def test_a_dict_without_a_parameter_is_refused() -> None:
    def some(*args: Any) -> Any:
        return {"dV": 0.0, **{key: g for key, g in gradients(*args).items() if key != "dW"}}

    with pytest.raises(ShapeError, match=r"\['dV', 'db', 'dZ', 'cost'\]; expected \['W', 'b'\]$"):
        diagnose(loss, some, PARAMS, inputs=DATA)


def test_a_dict_with_two_results_for_a_parameter_is_refused() -> None:
    with pytest.raises(ShapeError, match="and one of W and dW for W"):
        diagnose(loss, lambda p, X, Y: {**p, **gradients(p, X, Y)}, PARAMS, inputs=DATA)


@pytest.mark.parametrize("first", [True, False])
def test_a_loss_beside_the_gradients(first: bool) -> None:
    def both(*args: Any) -> Any:
        given = gradients(*args)["dW"], gradients(*args)["db"]
        return (loss(*args), *given) if first else (*given, loss(*args))

    assert str(diagnose(loss, both, PARAMS, inputs=DATA)) == TWICE


def test_a_cache_beside_the_gradients_is_refused() -> None:
    def three(*args: Any) -> Any:
        return loss(*args), (gradients(*args)["dW"], gradients(*args)["db"]), {"Z": 1.0}

    with pytest.raises(ShapeError, match="gave 4 results; expected one for each of the 2"):
        diagnose(loss, three, PARAMS, inputs=DATA)


def test_a_number_too_many_is_refused_where_it_might_be_a_gradient() -> None:
    def three(w: float, b: float, x: float) -> Any:
        return w * x + b, x, 1.0

    with pytest.raises(ShapeError, match="gave 3 results; expected one for each of the 2"):
        diagnose(lambda w, b, x: w * x + b, three, (1.0, 2.0), inputs=(3.0,))


def test_a_learning_rate_between_parameters_and_data() -> None:
    def step(p: Any, lr: float, X: Any, Y: Any) -> Any:
        given = gradients(p, X, Y)
        return {key: x - lr * given[f"d{key}"] for key, x in p.items()}

    found = diagnose(loss, step, PARAMS, inputs=DATA, learning_rate=0.01)
    assert str(found) == TWICE


def test_a_learning_rate_first() -> None:
    def step(lr: float, W: Any, b: Any, X: Any, Y: Any) -> Any:
        given = gradients({"W": W, "b": b}, X, Y)
        return W - lr * given["dW"], b - lr * given["db"]

    intended = lambda W, b, X, Y: loss({"W": W, "b": b}, X, Y)  # noqa: E731
    found = diagnose(intended, step, (*PARAMS.values(),), inputs=DATA, learning_rate=0.01)
    assert str(found) == TWICE
