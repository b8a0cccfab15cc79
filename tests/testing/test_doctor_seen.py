"""Right forward values in all the forms in which people keep them: none of them is blamed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from microgradnet import grad
from microgradnet.errors import DTypeError, ShapeError
from microgradnet.testing.doctor import diagnose

RNG = np.random.default_rng(0)
RIGHT = "no mistake found: right at 16 random points"
Form = Callable[..., Any]


# --- a batch -------------------------------------------------------------------------------------


def batch(W1: Any, W2: Any, X: Any, Y: Any) -> Any:
    H = np.maximum(X @ W1, 0)
    S = H @ W2
    L = S - np.log(np.sum(np.exp(S), axis=1, keepdims=True))
    return -np.mean(np.sum(Y * L, axis=1))


BATCH = (RNG.normal(size=(3, 4)), RNG.normal(size=(4, 3)))
ROWS = (RNG.normal(size=(5, 3)), np.eye(3)[[0, 1, 2, 2, 1]])


def layers(W1: Any, W2: Any, X: Any, Y: Any) -> Any:
    Z = X @ W1
    A = np.maximum(Z, 0)
    S = A @ W2
    E = np.exp(S - S.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    nll = -np.log(np.sum(P * Y, axis=1))
    return SimpleNamespace(W1=W1, X=X, Z=Z, A=A, S=S, P=P, nll=nll, loss=nll.mean())


IN_BATCHES: dict[str, Form] = {
    "what everyone has": lambda v: {"Z": v.Z, "A": v.A, "P": v.P},
    "in columns": lambda v: {"Z": v.Z.T, "A": v.A.T, "P": v.P.T},
    "in columns, by known names": lambda v: {"H": v.A.T, "S": v.S.T},
    "a tuple": lambda v: (v.Z, v.A, v.P),
    "the last first": lambda v: (v.P, v.A, v.Z),
    "lists": lambda v: ([v.X, v.A, v.P], [v.Z, v.S]),
    "layers": lambda v: [{"in": v.X, "out": v.A}, {"in": v.A, "out": v.P}],
    "with a cache": lambda v: (v.P, {"Z": v.Z, "A": v.A, "W1": v.W1}),
    "with the loss": lambda v: (v.loss, {"scores": v.S}),
    "with other things": lambda v: {"kind": "relu", "A": v.A, "before": None},
    "probabilities": lambda v: v.P,
    "scores": lambda v: v.S,
    "scores from the largest": lambda v: v.S - v.S.max(axis=1, keepdims=True),
    "logarithms": lambda v: np.log(v.P),
    "a loss for each sample": lambda v: v.nll,
    "halves of these": lambda v: v.nll / 2,
    "a list": lambda v: v.A.tolist(),
}


@pytest.mark.parametrize("form", IN_BATCHES)
def test_a_batch(form: str) -> None:
    def forward(*args: Any) -> Any:
        return IN_BATCHES[form](layers(*args))

    found = diagnose(batch, grad(batch, (0, 1)), BATCH, inputs=ROWS, forward=forward)
    assert str(found) == RIGHT


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (lambda v: {"mask": v.Z > 0, "P": v.P}, "mask"),
        (lambda v: {"n": len(v.X), "P": v.P}, "n"),
        (lambda v: v.P.argmax(axis=1), "forward"),
        (lambda v: np.ones(77) * v.loss, "forward"),
        (lambda v: {"H": np.c_[v.A, np.ones(len(v.A))]}, "H"),
        (lambda v: {"S": v.S[0], "delta": v.P - 0.1}, "S` and `delta"),
        (lambda v: (v.P, np.cos(v.S)), "forward(...)[1]"),
        (lambda v: {"Y": v.P, "H": v.A}, "Y"),  # what is predicted, by the name of what it is for
    ],
)
@pytest.mark.parametrize("times", [1.0, 2.0])
def test_what_is_not_compared(given: Form, name: str, times: float) -> None:
    def reported(*args: Any) -> Any:
        return [times * g for g in grad(batch, (0, 1))(*args)]

    def forward(*args: Any) -> Any:
        return given(layers(*args))

    found = diagnose(batch, reported, BATCH, inputs=ROWS, forward=forward)
    said = RIGHT if times == 1.0 else "every derivative is twice what it should be"
    assert found.sentences[0] == said and len(found.sentences) == 2
    assert found.sentences[1].startswith(f"not compared: `{name}`, which the intended function")
    assert found.correct is (times == 1.0) and found.explained


def predicted(W1: Any, W2: Any, X: Any) -> Any:
    return np.maximum(X @ W1, 0) @ W2


BY_NAME: list[Form] = [
    predicted,
    lambda X, W1, W2: predicted(W1, W2, X),
    lambda X, Y, W1, W2: predicted(W1, W2, X),
]


@pytest.mark.parametrize(
    "forward",
    [*BY_NAME, lambda params, X: predicted(*params, X), lambda X, net: predicted(*net, X)],
)
def test_a_prediction_needs_no_labels_and_may_take_its_arguments_by_name(forward: Form) -> None:
    found = diagnose(batch, grad(batch, (0, 1)), BATCH, inputs=ROWS, forward=forward)
    assert str(found) == RIGHT


@pytest.mark.parametrize(
    "forward",
    [*BY_NAME, lambda params, X: predicted(**params, X=X), lambda X, net: predicted(**net, X=X)],
)
def test_a_prediction_from_a_dict_of_parameters(forward: Form) -> None:
    def loss(p: Any, X: Any, Y: Any) -> Any:
        return batch(p["W1"], p["W2"], X, Y)

    params = {"W1": BATCH[0], "W2": BATCH[1]}
    found = diagnose(loss, grad(loss), params, inputs=ROWS, forward=forward)
    assert str(found) == RIGHT


def test_arguments_by_other_names_are_refused() -> None:
    with pytest.raises(ShapeError, match="nor what it asks for by these names"):
        diagnose(batch, grad(batch, (0, 1)), BATCH, inputs=ROWS, forward=lambda x, v: v @ x)


def test_values_whose_shape_depends_on_numbers_are_left_out() -> None:
    def forward(*args: Any) -> Any:
        v = layers(*args)
        return {"positive": v.Z[v.Z > 0], "A": v.A}

    found = diagnose(batch, grad(batch, (0, 1)), BATCH, inputs=ROWS, forward=forward)
    assert str(found) == RIGHT


def test_an_object_is_refused() -> None:
    with pytest.raises(DTypeError, match="holds SimpleNamespace"):
        diagnose(batch, grad(batch, (0, 1)), BATCH, inputs=ROWS, forward=layers)


# --- a recurrence ---------------------------------------------------------------------------------


def recurrence(U: Any, W: Any, V: Any, xs: Any, ts: Any) -> Any:
    h, loss = np.zeros(3), 0.0
    for x, t in zip(xs, ts, strict=True):
        h = np.tanh(U @ x + W @ h)
        y = V @ h
        loss = loss + np.log(np.sum(np.exp(y))) - y[t]
    return loss


CELL = (RNG.normal(size=(3, 2)), RNG.normal(size=(3, 3)), RNG.normal(size=(4, 3)))
STEPS = (RNG.normal(size=(4, 2)), np.array([0, 3, 1, 2]))


def unrolled(U: Any, W: Any, V: Any, xs: Any, ts: Any) -> Any:
    X, H, P = {}, {-1: np.zeros(3)}, {}
    for t in range(len(xs)):
        X[t], H[t] = xs[t], np.tanh(U @ xs[t] + W @ H[t - 1])
        e = np.exp(V @ H[t])
        P[t] = e / e.sum()
    hs = np.array([H[t] for t in range(4)])
    return SimpleNamespace(X=X, H=H, P=P, hs=hs, ps=np.array([*P.values()]))


IN_ROUNDS: dict[str, Form] = {
    "dicts by time": lambda v: (v.X, v.H, v.P),
    "arrays": lambda v: {"hs": v.hs, "ps": v.ps},
    "with the first state": lambda v: {"hs": np.vstack([np.zeros(3), v.hs])},
    "by a known name": lambda v: {"h": v.hs},
    "in columns": lambda v: {"hs": v.hs.T, "ps": v.ps.T},
    "lists": lambda v: {"hs": [np.zeros(3), *v.hs], "ps": [*v.ps]},
    "the last": lambda v: v.hs[-1],
    "the predictions": lambda v: v.ps,
}


@pytest.mark.parametrize("form", IN_ROUNDS)
def test_a_recurrence(form: str) -> None:
    def forward(*args: Any) -> Any:
        return IN_ROUNDS[form](unrolled(*args))

    found = diagnose(recurrence, grad(recurrence, (0, 1, 2)), CELL, inputs=STEPS, forward=forward)
    assert str(found) == RIGHT


# --- one sample, number by number ----------------------------------------------------------------


def scalars(w: Any, b: Any, x: Any, t: Any) -> Any:
    h1 = 1 / (1 + np.exp(-(w[0] * x[0] + w[1] * x[1] + b[0])))
    h2 = 1 / (1 + np.exp(-(w[2] * x[0] + w[3] * x[1] + b[1])))
    return 0.5 * (t - np.tanh(w[4] * h1 + w[5] * h2 + b[2])) ** 2


def neurons(w: Any, b: Any, x: Any, t: Any) -> Any:
    net = np.array([w[0] * x[0] + w[1] * x[1] + b[0], w[2] * x[0] + w[3] * x[1] + b[1]])
    out = 1 / (1 + np.exp(-net))
    return net, out, np.tanh(w[4:6] @ out + b[2])


@pytest.mark.parametrize(
    "form",
    [
        lambda net, out, o: o,
        lambda net, out, o: np.array([o]),
        lambda net, out, o: (*out, o),
        lambda net, out, o: (out, o),
        lambda net, out, o: {"net_h": net, "out_h": out, "o": o},
    ],
)
def test_one_sample(form: Form) -> None:
    point = (RNG.normal(size=6), RNG.normal(size=3))
    inputs = (RNG.normal(size=2), 0.7)
    found = diagnose(
        scalars, grad(scalars, (0, 1)), point, inputs=inputs, forward=lambda *a: form(*neurons(*a))
    )
    assert str(found) == RIGHT
