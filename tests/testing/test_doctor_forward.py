"""The doctor with somebody's forward values at hand, and from the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microgradnet import grad
from microgradnet.errors import MicrogradnetError
from microgradnet.testing.doctor import diagnose, main
from microgradnet.tutorial.by_hand import OurNeuralNetwork
from microgradnet.tutorial.data import PARAMETERS
from microgradnet.tutorial.mistakes import AS_DOCUMENT_000, Mistake

from .planted_scalars import loss_221, net221

TWO = (
    "`w5*h1` reads `x[0]` where it should read `h1`, "
    "and `w6*h2` reads `x[1]` where it should read `h2`"
)
W4 = "`∂L/∂w4` multiplies by `x[0]` where it should multiply by `x[1]`"


def written(mistakes: Mistake, what: str):  # type: ignore[no-untyped-def]
    def code(w1, w2, w3, w4, w5, w6, b1, b2, b3, x, y):  # type: ignore[no-untyped-def]
        network = OurNeuralNetwork(
            parameters=[w1, w2, w3, w4, w5, w6, b1, b2, b3], mistakes=mistakes
        )
        if what == "gradient":
            return network.gradients(x, y)
        values = network.forward(x)._asdict()
        return values if what == "all" else values[what]

    return code


def document(mistakes: Mistake, forward: str | None = None) -> str:
    return str(
        diagnose(
            loss_221,
            written(mistakes, "gradient"),
            dict.fromkeys(PARAMETERS, 1.0),
            inputs=net221.inputs,
            forward=None if forward is None else written(mistakes, forward),
        )
    )


@pytest.mark.parametrize("forward", [None, "o1", "all", "sum_o1"])
def test_document_000_as_it_stands(forward: str | None) -> None:
    assert document(AS_DOCUMENT_000, forward) == f"{TWO}\n{W4}"


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        (Mistake.NONE, "no mistake found"),
        (Mistake.W4_USES_X0, W4),
        (Mistake.SUM_O1_FROM_INPUTS, TWO),
        (Mistake.SIGMOID_COMMENT, "`h1` is computed as `exp(sum_h1)`"),
        (Mistake.EXPONENT_SIGN, "is taken as `exp(sum_h1)/(1 + exp(-sum_h1))**2`"),
        (Mistake.INVERTED_DERIVATIVE, "`∂L/∂w1` is the inverse, `∂w1/∂L`"),
        (
            Mistake.H3_FOR_B3,
            "`∂o1/∂sum_o1` is evaluated at `sum_o1` with `o1` in the place of `b3`",
        ),
        (
            Mistake.H1_FOR_B1,
            "`∂h1/∂sum_h1` is evaluated at `sum_h1` with `h1` in the place of `b1`",
        ),
        (Mistake.ROUNDED_FACTORS, "agrees with the exact derivative to about"),
        (Mistake.VARIANCE_FOR_SQUARED_ERROR, "every derivative is always 0"),
        (Mistake.RATIO_FOR_DERIVATIVE, "is the quotient `L/w1` instead of a derivative"),
    ],
)
def test_every_mistake_of_the_documents(mistake: Mistake, says: str) -> None:
    assert says in document(mistake)


def dense(W, b, X, Y):  # type: ignore[no-untyped-def]
    Z = X @ W + b
    H = np.tanh(Z)
    return np.sum((H - Y) ** 2)


def by_hand(W, b, X, Y, activation=np.tanh):  # type: ignore[no-untyped-def]
    H = activation(X @ W + b)
    d = 2 * (H - Y) * (1 - H**2)
    return X.T @ d, d.sum(0)


EXAMPLE = (np.ones((2, 3)), np.zeros(3)), (np.ones((4, 2)), np.ones((4, 3)))


def asked(forward, gradient=by_hand):  # type: ignore[no-untyped-def]
    return diagnose(dense, gradient, EXAMPLE[0], inputs=EXAMPLE[1], forward=forward)


def test_right_forward_values() -> None:
    assert asked(lambda W, b, X, Y: {"Z": X @ W + b, "H": np.tanh(X @ W + b)}).correct
    assert asked(lambda W, b, X, Y: dense(W, b, X, Y)).correct
    assert asked(lambda W, b, X, Y: {"H": np.tanh(X @ W + b), "extra": np.ones(77)}).correct


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({}, r"gave nothing; expected the loss, .* Z \(4, 3\), H \(4, 3\), the loss"),
        (None, "the forward computation's result holds NoneType"),
    ],
)
def test_forward_values_of_nothing_are_refused(result: object, says: str) -> None:
    with pytest.raises(MicrogradnetError, match=says):
        asked(lambda W, b, X, Y: result)


def test_a_wrong_forward_alone() -> None:
    found = asked(lambda W, b, X, Y: np.tanh(X @ W))
    assert found.explained and not found.correct
    assert str(found) == "`b` is left out of `Z`"


def test_a_wrong_forward_with_its_exact_gradient() -> None:
    def gradient(W, b, X, Y):  # type: ignore[no-untyped-def]
        return by_hand(W, 0 * b, X, Y)[0], 0 * b

    assert str(asked(lambda W, b, X, Y: np.tanh(X @ W), gradient)) == "`b` is left out of `Z`"


def test_a_forward_that_reads_altered_data() -> None:
    found = asked(lambda W, b, X, Y: dense(W, b, X - X.mean(0), Y))
    assert str(found) == "`X - mean(X, axis=0)` is read in the place of `X`"


def test_two_mistakes_in_a_forward_of_arrays() -> None:
    found = asked(lambda W, b, X, Y: {"H": np.sin(X @ W)})
    assert found.explained
    assert "`b` is left out of `Z`" in str(found) and "sin" in str(found)


def test_a_forward_that_gives_all_rounds_at_once() -> None:
    x, W = np.random.default_rng(3).normal(size=(3, 2)), np.array([[0.4, -0.3], [0.9, 0.2]])

    def intended(W: Any, x: Any) -> Any:
        h, total = np.zeros(2), 0.0
        for row in x:
            h = np.tanh(W @ h + row)
            total = total + np.sum(h**2)
        return total

    def states(W: Any, x: Any) -> Any:
        hs = [np.zeros(2)]
        for row in x:
            hs.append(np.tanh(W @ hs[-1] + row))
        return np.array(hs)

    def said(forward: Any) -> str:
        return str(diagnose(intended, grad(intended), (W,), inputs=(x,), forward=forward))

    assert (
        said(states)
        == said(lambda W, x: states(W, x)[1:])
        == ("no mistake found: right at 16 random points")
    )
    assert said(lambda W, x: states(W.T, x)).startswith("`W@h#1` reads `W` transposed")


def test_a_forward_that_nobody_can_explain() -> None:
    found = asked(lambda W, b, X, Y: {"H": np.tanh(X @ W + b) ** 3 + np.cos(X @ W)})
    assert not found.explained
    assert "unexplained: `H` differs in the forward computation" in str(found)


def test_values_by_unknown_names_are_not_compared_and_the_gradient_is_looked_at() -> None:
    def forward(W: Any, b: Any, X: Any, Y: Any) -> Any:
        return {"result": np.cos(7 * dense(W, b, X, Y))}

    found = asked(forward)
    assert found.correct and str(found).startswith("no mistake found")
    note = "not compared: `result`, which the intended function does not compute"
    assert f"{note} by a name that it knows: Z (4, 3), H" in found.sentences[1]
    found = asked(forward, lambda *args: tuple(2.0 * g for g in grad(dense, (0, 1))(*args)))
    assert found.explained and not found.correct
    assert found.sentences[0] == "every derivative is twice what it should be"
    assert found.sentences[1].startswith(note)


def test_values_by_unknown_names_are_blamed_only_if_the_gradient_is_less_wrong_then() -> None:
    def shifted(W: Any, b: Any, X: Any, Y: Any) -> Any:
        return {"received": [X, np.tanh(X @ W)], "sums": [X @ W]}

    note = "not compared: `received` and `sums`, which the intended function does not compute"
    assert str(asked(shifted)).startswith(f"no mistake found: right at 16 random points\n{note}")

    def gradient(W: Any, b: Any, X: Any, Y: Any) -> Any:
        by_hand = grad(lambda W, X, Y: dense(W, 0.0, X, Y))(W, X, Y)
        H = np.tanh(X @ W)
        return by_hand, np.sum(2 * (H - Y) * (1 - H**2), axis=0) / H.size

    assert str(asked(shifted, gradient)).startswith("`b` is left out of `Z`")


def test_a_list_of_layers_that_begins_with_the_data() -> None:
    def forward(W: Any, b: Any, X: Any, Y: Any) -> Any:
        return {"received": [X, np.tanh(X @ W + b)]}

    assert str(asked(forward)) == "no mistake found: right at 16 random points"


def test_results_without_names_are_told_by_their_places() -> None:
    found = asked(lambda W, b, X, Y: (X @ W + b, 7.0))
    assert found.correct and "not compared: `forward(...)[1]`, which" in found.sentences[1]


@pytest.mark.parametrize("sign", [1, -1])
def test_values_that_differ_at_some_points_alone_are_no_right_ones(sign: int) -> None:
    def forward(W: Any, b: Any, X: Any, Y: Any) -> Any:
        return {"H": np.tanh(X @ W + b) + (sign * W[0, 0] > 0.0) * np.cos(7.0 * X @ W) ** 3}

    found = asked(forward)
    assert not found.correct
    assert "unexplained: `H` differs in the forward computation" in str(found)


@pytest.mark.parametrize("columns", [False, True])
def test_a_forward_that_gives_probabilities_where_logits_are_intended(columns: bool) -> None:
    X = np.random.default_rng(3).normal(size=(4, 2))
    params = np.array([[0.4, -0.3, 0.2], [0.9, 0.2, -0.5]]), np.array([0.3, -0.1, 0.2])

    def intended(W: Any, b: Any, X: Any, y: Any) -> Any:
        loss = 0.0
        for x, k in zip(X, y, strict=True):
            s = x @ W + b
            loss = loss + np.log(np.sum(np.exp(s))) - s[k]
        return loss

    def probabilities(W: Any, b: Any, X: Any, y: Any) -> Any:
        e = np.exp(X @ W + b)
        p = e / e.sum(axis=1, keepdims=True)
        return p.T if columns else p

    def said(forward: Any) -> str:
        inputs = (X, np.array([2, 0, 1, 1]))
        return str(
            diagnose(intended, grad(intended, (0, 1)), params, inputs=inputs, forward=forward)
        )

    assert said(probabilities) == "no mistake found: right at 16 random points"
    named = said(lambda *args: {"p": probabilities(*args)})
    assert named == "no mistake found: right at 16 random points"
    assert "`b` is left out of `s#1`" in said(lambda W, b, X, y: probabilities(W, 0.0 * b, X, y))


def test_a_forward_that_gives_the_probability_of_each_sample() -> None:
    def intended(w: Any, X: Any, y: Any) -> Any:
        return sum(np.log(1.0 + np.exp(x @ w)) - t * (x @ w) for x, t in zip(X, y, strict=True))

    found = diagnose(
        intended,
        grad(intended),
        (np.array([0.4, -0.3]),),
        inputs=(np.random.default_rng(3).normal(size=(4, 2)), np.array([1.0, 0.0, 0.0, 1.0])),
        forward=lambda w, X, y: 1.0 / (1.0 + np.exp(-(X @ w))),
    )
    assert str(found) == "no mistake found: right at 16 random points"


# --- the shell ------------------------------------------------------------------------------------

FILE = """
import numpy as np

def loss(w=1.0, b=0.0, x=2.0, y=1.0):
    return (np.tanh(w * x + b) - y) ** 2

def gradient(w, b, x, y):
    h = np.tanh(w * x + b)
    d = 2 * (h - y) * (1 - h * h)
    return d * w, d

def right(w, b, x, y):
    h = np.tanh(w * x + b)
    d = 2 * (h - y) * (1 - h * h)
    return d * x, d

def forward(w, b, x, y):
    return np.tanh(w * x)

def step(w, b, x, y):
    dw, db = gradient(w, b, x, y)
    return w - 0.1 * dw, b - 0.1 * db

def needy(w, x):
    return w * x

def slope(w, x):
    return x

def packed(p={"w": np.ones(2)}, x=2.0):
    return np.sum(p["w"] ** 2) * x

def packed_gradient(p, x):
    return {"w": p["w"] * x}
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "code.py"
    path.write_text(FILE)
    return str(path)


@pytest.mark.parametrize(
    ("target", "rest", "status", "says"),
    [
        ("loss:gradient", [], 1, "`∂L/∂w` multiplies by `w` where it should multiply by `x`"),
        ("loss:right", [], 0, "no mistake found"),
        ("loss:right", ["0.5", "1", "2", "3"], 0, "no mistake found"),
        ("loss:right:forward", [], 1, "`b` is left out of"),
        ("loss:step", ["--learning-rate", "0.1"], 1, "multiplies by `w`"),
        ("loss:gradient", ["--inputs", "x,y"], 1, "multiplies by `w`"),
        ("needy:slope", ["1", "2"], 0, "no mistake found"),
        ("packed:packed_gradient", [], 1, "is half of what it should be"),
        ("loss:gradient", ["--inputs", "w"], 2, "expected the last arguments"),
        ("loss:gradient", ["1"], 2, "list for each of w, b, x, y"),
        ("needy:slope", [], 2, "needs a point"),
        ("loss:nothing", [], 2, "no function 'nothing'"),
    ],
)
def test_the_shell(
    file: str,
    capsys: pytest.CaptureFixture[str],
    target: str,
    rest: list[str],
    status: int,
    says: str,
) -> None:
    assert main([f"{file}:{target}", *rest]) == status
    printed = capsys.readouterr()
    assert says in (printed.err if status == 2 else printed.out)
