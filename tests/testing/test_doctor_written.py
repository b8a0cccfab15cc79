"""The code of a gradient as the doctor records it, and how that comes into a diagnosis."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradnet.testing import diagnose
from microgradnet.testing.doctor import points as drawing
from microgradnet.testing.doctor.calling import Call, understood
from microgradnet.testing.doctor.examination import examined
from microgradnet.testing.doctor.repairs import repaired, written
from microgradnet.testing.doctor.repairs.reach import Reach
from microgradnet.testing.doctor.repairs.search import _spots

from .test_doctor_repairs import (
    INPUTS,
    NETWORK,
    PARAMS,
    RNG,
    network,
    recorded,
    said,
    sigmoid,
    slipped,
)

PAIR = np.array([0.4, -0.7]), np.array([0.1, 0.3])


def test_lines_and_names_are_those_of_the_code() -> None:
    code = recorded(network, NETWORK, PARAMS, INPUTS)
    lines = {code.graph.names[i]: code.line(i) for i in code.graph.names if code.line(i)}
    assert lines["z1"] == "line 11"
    assert lines["out"] == "line 4"  # where the helper computes it
    place = next(i for i, name in code.graph.names.items() if name == "out")
    assert code.line(place, outer=True) == "line 14"


def test_what_was_computed_in_vain_may_be_read() -> None:
    source = NETWORK.replace("    dz1 = dh", "    right = 1 - h**2\n    dz1 = dh")
    source = source.replace("dh * (1 - h**2)", "dh * h")
    text = said(network, source, PARAMS, INPUTS)
    assert text == "`dz1 = dh*h` (line 21) multiplies by `h` where it should multiply by `right`"


def test_changes_help_where_something_goes_wrong_at_first() -> None:
    code = recorded(network, slipped(("(1 - h**2)", "(1 - z1**2)")), PARAMS, INPUTS)
    reach = Reach(code)
    wrong = [code.graph.names[i] for i, d in enumerate(reach.depths) if d and i in code.graph.names]
    assert wrong == ["dz1", "dW1", "db1", "W1", "b1"]  # the last two are what is returned
    spots = _spots(code, reach, code.wrong)
    heads = [spot.head for spot in spots]
    assert heads[0] == "`z1**2` (line 20)"
    assert not any("dW2" in head or "db2" in head for head in heads)
    assert all(spot.fixable >= code.wrong for spot in spots if "line 20" in spot.head)


def test_facts_are_right_and_made_of_what_they_say() -> None:
    code = recorded(network, NETWORK, PARAMS, INPUTS)
    found = {fact.text: (fact, places) for fact, places in code.facts if len(places) == 1}
    values = code.points[0].values
    names = {name: values[i] for i, name in code.graph.names.items()}
    fact, places = found["∂L/∂h"]
    np.testing.assert_allclose(values[places[0]], names["dh"])
    assert fact.formula == "∂L/∂(h@W2)@W2.T"
    fact, places = found["∂L/∂out"]
    np.testing.assert_allclose(values[places[0]], names["dout"])
    assert found["1 - h**2"][0].kind == "slope"


def test_a_training_step_with_integers_for_indices() -> None:
    source = """
import numpy as np

def gradient(E, w, which, y):
    h = E[which]
    d = h @ w - y
    dE = np.zeros_like(E)
    for n in range(len(which)):
        dE[which[n]] += d[n] * w
    dw = d @ h
    return E - 0.1 * dE, w + 0.1 * dw
"""

    def loss(E: Any, w: Any, which: Any, y: Any) -> Any:
        return 0.5 * np.sum((E[which] @ w - y) ** 2)

    space: dict[str, Any] = {}
    exec(compile(source.lstrip("\n"), "<code>", "exec"), space)
    params = RNG.normal(size=(3, 2)), RNG.normal(size=2)
    call = understood(loss, params, (np.array([0, 2, 0]), RNG.normal(size=3)))
    reported = Call(space["gradient"], call.params, call.inputs, 0.1, call)
    base = examined(call, reported, drawing.kinds(call.inputs.leaves, generic=False), 0.1, 0)
    code = written(reported, base)
    assert code is not None
    assert repaired(code) == ["`0.1*dw` (line 10) has the wrong sign"]


def test_code_that_cannot_be_recorded_is_not() -> None:
    def slip(*arguments: Any) -> tuple[Any, ...]:
        W1, b1, W2, b2, X, Y = (
            np.frombuffer(np.asarray(x)).reshape(np.shape(x)) for x in arguments
        )
        h = np.tanh(X @ W1 + b1)
        dz2 = 2 * (sigmoid(h @ W2 + b2) - Y) / len(X)
        return X.T @ dz2, dz2.sum(0), h.T @ dz2, dz2.sum(0)

    call = understood(network, PARAMS, INPUTS)
    reported = Call(slip, call.params, call.inputs, None, call)
    base = examined(call, reported, drawing.kinds(call.inputs.leaves, generic=False), None, 0)
    assert written(reported, base) is None


def test_a_step_that_writes_into_its_parameters() -> None:
    def step(w: Any, b: Any, x: Any) -> Any:
        delta = np.tanh(x * w + b)
        w -= 0.1 * 2.0 * delta * (1.0 - delta**2) * x
        b -= 0.1 * 2.0 * delta * (1.0 - delta)
        return w, b

    call = understood(lambda w, b, x: np.sum(np.tanh(x * w + b) ** 2), PAIR, (PAIR[0],))
    reported = Call(step, call.params, call.inputs, 0.1, call)
    base = examined(call, reported, drawing.kinds(call.inputs.leaves, generic=True), 0.1, 0)
    code = written(reported, base)
    assert code is not None
    sentence, *more = repaired(code) or [""]
    assert sentence.endswith(" reads `delta` where it should read `delta**2`") and not more


# --- within a diagnosis -------------------------------------------------------------------------


def test_the_doctor_asks_the_code_where_numbers_do_not_tell() -> None:
    # The derivative of both activations is taken at what arrives, which no formula of it gives.
    source = NETWORK.replace("(1 - h**2)", "(1 - dh**2)").replace("slope(out)", "(1 - dout**2)")
    space: dict[str, Any] = {}
    exec(source, space)
    found = diagnose(network, space["gradient"], PARAMS, inputs=INPUTS)
    assert found.explained
    assert not found.correct
    assert "`dh`" in str(found) or "line 22" in str(found)


def test_code_of_other_libraries_is_judged_by_its_numbers() -> None:
    def gradient(*arguments: Any) -> tuple[Any, ...]:
        W1, b1, W2, b2, X, Y = (np.array(x, dtype=float).copy() for x in map(memoryview, arguments))
        h = np.tanh(X @ W1 + b1)
        out = sigmoid(h @ W2 + b2)
        dz2 = 2 * (out - Y) / len(X) * out * (1 - out)
        dz1 = dz2 @ W2.T * (1 + h**2)
        return X.T @ dz1, dz1.sum(0), h.T @ dz2 + 0.1 * W2, dz2.sum(0)

    found = diagnose(network, gradient, PARAMS, inputs=INPUTS)
    assert "is taken as `1 + h**2`" in str(found)
    assert "line" not in str(found)


def test_objects_that_keep_results_are_left_with_plain_numbers() -> None:
    class Layer:
        def gradient(self, w: Any, x: Any) -> Any:
            self.h = np.tanh(w * x)
            return np.cos(5 * w + x) * x * (1 - self.h**2)

    layer = Layer()
    found = diagnose(lambda w, x: np.sum(np.tanh(w * x)), layer.gradient, 0.3, inputs=2.0)
    assert "line" in str(found)
    assert isinstance(layer.h, float)
