"""How the doctor calls people's functions, reads what they give, and draws their data."""

from __future__ import annotations

import re
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from microgradnet import Value
from microgradnet.errors import DTypeError, NonScalarError, ShapeError
from microgradnet.testing import doctor
from microgradnet.testing.doctor import diagnose
from microgradnet.testing.doctor.points import kind_of

SLIP = "`∂L/∂w` multiplies by `w` where it should multiply by `x`"
Pair = namedtuple("Pair", "w b")


def loss(w, b, x, y):  # type: ignore[no-untyped-def]
    return (np.tanh(w * x + b) - y) ** 2


def slip(w, b, x, y):  # type: ignore[no-untyped-def]
    h = np.tanh(w * x + b)
    d = 2 * (h - y) * (1 - h * h)
    return d * w, d


def packed(p, x, y):  # type: ignore[no-untyped-def]
    return loss(p["w"], p["b"], x, y)


def packed_slip(p, x, y):  # type: ignore[no-untyped-def]
    return dict(zip(p, slip(p["w"], p["b"], x, y), strict=True))


def everything(*args, **kwargs):  # type: ignore[no-untyped-def]
    return loss(*args, **kwargs)


def data_packed(w, b, data):  # type: ignore[no-untyped-def]
    return loss(w, b, data["x"], data["y"])


@pytest.mark.parametrize(
    ("intended", "gradient", "params", "inputs"),
    [
        (loss, slip, (1.0, 0.0), (2.0, 1.0)),
        (loss, slip, [1, 0], [2, 1]),
        (loss, slip, Pair(1.0, 0.0), {"x": 2.0, "y": 1.0}),
        (loss, slip, {"w": 1.0, "b": 0.0}, (2.0, 1.0)),
        (loss, slip, {"w": 1.0, "b": 0.0}, {"x": 2.0, "y": 1.0}),
        (packed, packed_slip, {"w": 1.0, "b": 0.0}, (2.0, 1.0)),
        (packed, packed_slip, {"w": 1.0, "b": 0.0}, {"x": 2.0, "y": 1.0}),
        (loss, lambda *a: slip(*a), {"w": 1.0, "b": 0.0}, (2.0, 1.0)),
        (loss, lambda *a: np.array(slip(*a)), (1.0, 0.0), (2.0, 1.0)),
        (loss, lambda *a: [Value(g) for g in slip(*a)], (Value(1.0), Value(0.0)), (2.0, 1.0)),
        (
            lambda p, x, y: loss(p.w, p.b, x, y),
            lambda p, x, y: Pair(*slip(p.w, p.b, x, y)),
            Pair(1.0, 0.0),
            (2.0, 1.0),
        ),
    ],
)
def test_every_way_of_handing_over(intended, gradient, params, inputs) -> None:  # type: ignore[no-untyped-def]
    said = str(diagnose(intended, gradient, params, inputs=inputs))
    assert said.replace("p[0]", "w") == SLIP


@pytest.mark.parametrize("prefix", ["", "d", "d_", "g", "grad_", "dL_d", "d_L_d_", "dL/d"])
def test_gradients_in_a_dict_may_have_the_usual_names(prefix: str) -> None:
    def gradient(w, b, x, y):  # type: ignore[no-untyped-def]
        dw, db = slip(w, b, x, y)
        return {f"{prefix}b": db, f"{prefix}w": dw}

    assert str(diagnose(loss, gradient, {"w": 1.0, "b": 0.0}, inputs=(2.0, 1.0))) == SLIP


def test_gradients_in_dicts_may_come_in_any_order_at_any_depth() -> None:
    def named(w, b, x, y):  # type: ignore[no-untyped-def]
        return dict(zip(("b", "w"), reversed(slip(w, b, x, y)), strict=True))

    def of_layers(layers, x, y):  # type: ignore[no-untyped-def]
        return loss(layers[0]["w"], layers[0]["b"], x, y)

    def by_layers(layers, x, y):  # type: ignore[no-untyped-def]
        return [named(layers[0]["w"], layers[0]["b"], x, y)]

    one, data = {"w": 1.0, "b": 0.0}, (2.0, 1.0)
    inside = SLIP.replace("w`", "p['w']`")
    nested = SLIP.replace("w`", "layers[0]['w']`")
    assert str(diagnose(loss, named, (1.0, 0.0), inputs=data)) == SLIP
    assert (
        str(diagnose(packed, lambda p, x, y: named(**p, x=x, y=y), (one,), inputs=data)) == inside
    )
    assert str(diagnose(of_layers, by_layers, ([one],), inputs=data)) == nested
    with pytest.raises(ShapeError, match="expected \\['w', 'b'\\]"):
        diagnose(loss, lambda w, b, x, y: {"u": w, "v": b}, (1.0, 0.0), inputs=data)


def test_the_loss_may_come_with_its_gradients() -> None:
    def both(*a):  # type: ignore[no-untyped-def]
        return loss(*a), slip(*a)

    def cubes(w):  # type: ignore[no-untyped-def]
        return np.sum(w**3), 3 * w**2

    data = (2.0, 1.0)
    assert str(diagnose(loss, both, (1.0, 0.0), inputs=data)) == SLIP
    assert str(diagnose(loss, lambda *a: both(*a)[::-1], (1.0, 0.0), inputs=data)) == SLIP
    assert diagnose(lambda w: np.sum(w**3), cubes, np.ones(2)).correct
    with pytest.raises(ShapeError, match="2 results; expected one for the parameter w, "):
        diagnose(lambda w: w**3, cubes, 1.0)  # which of the two numbers is it?
    slips = {"w": 1.0, "b": 0.0}, lambda *a: {**packed_slip(*a), "loss": packed(*a)}
    assert str(diagnose(packed, slips[1], slips[0], inputs=data)).startswith("`∂L/∂w` multiplies")


@pytest.mark.parametrize(("shape", "after"), [((1, 3), (1, 3)), ((3, 1), (3, 3))])
def test_a_shape_that_would_spoil_the_parameter_is_told(shape: Any, after: Any) -> None:
    def turned(w):  # type: ignore[no-untyped-def]
        return np.reshape(2 * w, shape)

    said = "`∂L/∂w` has shape {} where `w` has {}: with it, a step makes `w` an array of shape {}"
    found = diagnose(lambda w: np.sum(w**2), turned, np.ones(3))
    assert str(found) == said.format(shape, (3,), after) and found.wrong == ["w"]
    found = diagnose(lambda w: np.sum(w**2), lambda w: turned(w) / 2, np.ones(3))
    assert (
        found.sentences[0] == "`∂L/∂w` is half of what it should be" and len(found.sentences) == 2
    )
    assert diagnose(lambda w: np.sum(w**2), lambda w: 2 * w[0], np.ones((1, 3))).correct


def test_a_small_number_on_the_way_is_no_wrong_formula() -> None:
    def safe(w, b, x):  # type: ignore[no-untyped-def]
        return np.log(w * w * x + b * b + 1e-12)

    def plain(w, b, x):  # type: ignore[no-untyped-def]
        z = w * w * x + b * b
        return 2 * w * x / z, 2 * b / z

    found = diagnose(safe, plain, (1.0, 0.5), inputs=(2.0,))
    assert re.match(r"right to about 1\d digits, no more: a small number .* `w\*\*2", str(found))
    assert len(found.sentences) == 1


def test_one_parameter_and_no_data() -> None:
    assert diagnose(lambda w: w**3, lambda w: 3 * w**2, 1.0).correct
    assert diagnose(lambda w: np.sum(w**3), lambda w: [3 * x**2 for x in w], np.ones(2)).correct
    said = str(diagnose(everything, lambda *a: slip(*a), (1.0, 0.0), inputs=(2.0, 1.0)))
    assert "multiplies by" in said


def test_data_in_one_argument() -> None:
    def gradient(w, b, data):  # type: ignore[no-untyped-def]
        return slip(w, b, data["x"], data["y"])

    found = diagnose(data_packed, gradient, (1.0, 0.0), inputs=({"x": 2.0, "y": 1.0},))
    assert str(found) == SLIP.replace("`x`", "`data['x']`")


def test_training_steps() -> None:
    def returned(w, b, x, y, lr):  # type: ignore[no-untyped-def]
        dw, db = slip(w, b, x, y)
        return w - lr * dw, b - lr * db

    def written(p, x, y):  # type: ignore[no-untyped-def]
        dw, db = slip(p["w"], p["b"], x, y)
        p["w"], p["b"] = p["w"] - 0.1 * dw, p["b"] - 0.1 * db

    def in_place(w, x):  # type: ignore[no-untyped-def]
        w -= 0.1 * 2 * w * x

    assert str(diagnose(loss, returned, (1.0, 0.0), inputs=(2.0, 1.0), learning_rate=0.1)) == SLIP
    params = {"w": 1.0, "b": 0.0}
    assert str(diagnose(packed, written, params, inputs=(2.0, 1.0), learning_rate=0.1)) == SLIP
    assert diagnose(
        lambda w, x: np.sum(w**2) * x, in_place, np.ones(2), inputs=3.0, learning_rate=0.1
    ).correct


@pytest.mark.parametrize(
    ("gradient", "says"),
    [
        (lambda w, b, x, y: 1.0, "gave 1 result; expected one for each of the 2"),
        (lambda w, b, x, y: (1.0, None), "gave None for b"),
        (lambda w: 1.0, "takes neither the parameters w, b one by one nor all of them"),
    ],
)
def test_bad_gradients_are_refused(gradient, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ShapeError, match=says):
        diagnose(loss, gradient, (1.0, 0.0), inputs=(2.0, 1.0))


def test_bad_dicts_and_leaves_are_refused() -> None:
    with pytest.raises(ShapeError, match="expected \\['w', 'b'\\]"):
        diagnose(loss, lambda **k: {"v": 1.0}, {"w": 1.0, "b": 0.0}, inputs={"x": 2.0, "y": 1.0})
    with pytest.raises(DTypeError, match="w holds str"):
        diagnose(loss, slip, ("one", 0.0), inputs=(2.0, 1.0))
    with pytest.raises(ShapeError, match="takes neither"):
        diagnose(lambda a: a, slip, {"w": 1.0, "b": 0.0}, inputs=(2.0, 1.0, 3.0))


def test_bad_intentions_are_refused() -> None:
    with pytest.raises(NonScalarError, match="shape \\(2,\\)"):
        diagnose(lambda w: w * 2, lambda w: w, np.ones(2))
    with pytest.raises(NonScalarError, match="the plain number 2, which does not depend"):
        diagnose(lambda w: 2.0, lambda w: w, 1.0)
    with pytest.raises(ShapeError, match="more than 20000 elements"):
        diagnose(lambda w: np.sum(w**2), lambda w: 2 * w, np.ones(25_000))
    with pytest.raises(ShapeError, match="no random point"):
        diagnose(lambda w: np.log(w - w), lambda w: w, 1.0)


def test_what_is_not_a_function_of_its_arguments_alone_is_refused() -> None:
    rng = np.random.default_rng(0)

    def loss(w: Any, x: Any) -> Any:
        return np.sum((w * x) ** 2)

    def noisy(w: Any, x: Any) -> Any:
        return 2 * w * np.sum(x**2) * (1 + 1e-3 * rng.normal())

    with pytest.raises(ShapeError, match="different numbers for the same arguments"):
        diagnose(lambda w, x: loss(w, x * rng.random(3)), noisy, 0.5, inputs=(np.ones(3),))
    found = diagnose(loss, noisy, 0.5, inputs=(np.ones(3),))
    assert not found.correct
    assert str(found) == "the reported gradient gives different numbers for the same arguments"
    kept = np.zeros(())
    never_reset = lambda w, x: np.add(kept, 2 * w * np.sum(x**2), out=kept).copy()  # noqa: E731
    found = diagnose(loss, never_reset, 0.5, inputs=(np.ones(3),))
    assert str(found).endswith("same arguments: each call adds to what the call before left")
    found = diagnose(loss, lambda w, x: w * np.nan, 0.5, inputs=(np.ones(3),))
    assert str(found) == "`∂L/∂w` is NaN or infinite at all random points"
    with pytest.raises(ShapeError, match=r"x has shape \(0,\)"):
        diagnose(loss, noisy, 0.5, inputs=(np.ones(0),))


def test_a_gradient_that_changes_its_arguments_is_told() -> None:
    def loss(w: Any, x: Any) -> Any:
        return np.sum((w * x) ** 2)

    def spoiling(w: Any, x: Any, factor: float = 2.0) -> Any:
        x **= 2
        total = factor * w * np.sum(x)
        w *= 0.9
        return total

    x = np.array([0.3, 1.2, 2.0])
    found = diagnose(loss, spoiling, np.ones(1), inputs=(x,))
    assert not found.correct and found.explained
    assert str(found) == "`x` and `w` are changed in place: work on a copy"
    found = diagnose(loss, lambda w, x: spoiling(w, x, 1.0), np.ones(1), inputs=(x,))
    assert found.sentences == [
        "`∂L/∂w` is half of what it should be",
        "`x` and `w` are changed in place: work on a copy",
    ]

    def step(w: Any, x: Any) -> Any:
        g = 2 * w * np.sum(x**2)
        x *= 0
        w -= 0.1 * g  # which is what a step is for

    found = diagnose(loss, step, np.ones(1), inputs=(x,), learning_rate=0.1)
    assert str(found) == "`x` is changed in place: work on a copy"


def test_results_for_several_parameters_are_no_array_of_one() -> None:
    pair: Any = lambda w, x: (2 * w * np.sum(x**2), 2 * x)  # noqa: E731
    with pytest.raises(ShapeError, match="gave 4 results; expected one for the parameter w,"):
        diagnose(lambda w, x: np.sum((w * x) ** 2), lambda w, x: (1.0,) * 4, 0.5, inputs=(2.0,))
    with pytest.raises(ShapeError, match="gave 2 results"):
        diagnose(lambda w, x: np.sum((w * x) ** 2), pair, np.ones(2), inputs=(np.ones(2),))


def test_numbers_that_are_no_gradient_are_refused() -> None:
    def loss(w: Any, x: Any) -> Any:
        return np.sum((w * x) ** 2)

    def given(w: Any, x: Any) -> Any:
        return np.array(2 * w * np.sum(x**2), dtype=object)

    assert diagnose(loss, given, 0.5, inputs=(np.ones(3),)).correct
    for wrong, name in ((lambda w, x: given(w, x) + 1j, "complex128"), (lambda w, x: "a", "<U1")):
        with pytest.raises(DTypeError, match=f"gave {name} for w"):
            diagnose(loss, wrong, 0.5, inputs=(np.ones(3),))
    with pytest.raises(DTypeError, match="got float 1.0 in the place of a function"):
        diagnose(loss, 1.0, 0.5, inputs=(np.ones(3),))  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="gave None .is a `return` missing"):
        diagnose(lambda p, x: loss(p[0], x), lambda p, x: None, (0.5, 1.0), inputs=(np.ones(3),))
    with pytest.raises(ShapeError, match="takes neither the parameters w, v one by one"):
        diagnose(lambda p, x: p["w"] * p["v"] * x, lambda p: p, {"w": 0.5, "v": 1.0}, inputs=(1.0,))
    with pytest.raises(DTypeError, match="learning_rate is -1"):
        diagnose(loss, given, 0.5, inputs=(np.ones(3),), learning_rate=-1)


def test_a_step_and_a_gradient_are_told_apart() -> None:
    def loss(w: Any, b: Any, x: Any) -> Any:
        return np.sum((w * x + b) ** 2)

    def gradient(w: Any, b: Any, x: Any) -> Any:
        return 2 * np.sum((w * x + b) * x), 2 * np.sum(w * x + b)

    def step(w: Any, b: Any, x: Any) -> Any:
        return tuple(p - 0.1 * g for p, g in zip((w, b), gradient(w, b, x), strict=True))

    given: dict[str, Any] = {"inputs": (np.ones(3),)}
    assert "say `learning_rate=0.1`" in str(diagnose(loss, step, (0.5, 1.0), **given))
    found = diagnose(loss, gradient, (0.5, 1.0), learning_rate=0.1, **given)
    assert "leave `learning_rate` away" in str(found)


def test_functions_that_need_numbers_like_the_example() -> None:
    # log needs positive parameters, indices whole numbers, and a branch must be taken alike.
    assert diagnose(lambda w: np.sum(np.log(w)), lambda w: 1 / w, np.ones(8)).correct

    def picked(w, i):  # type: ignore[no-untyped-def]
        return w[i] ** 2

    def gradient(w, i):  # type: ignore[no-untyped-def]
        return np.where(np.arange(3) == i, 2 * w, 0.0)

    assert diagnose(picked, gradient, np.ones(3), inputs=(np.array(1),)).correct
    assert diagnose(picked, lambda w, i: -gradient(w, i), np.ones(3), inputs=(np.array(1),)).wrong

    def branching(w, x):  # type: ignore[no-untyped-def]
        return w * x if x > 0 else w * w * x

    assert diagnose(branching, lambda w, x: x if x > 0 else 2 * w * x, 1.0, inputs=2.0).correct


def test_a_reported_gradient_may_need_the_example_s_neighbourhood() -> None:
    def gradient(w):  # type: ignore[no-untyped-def]
        return 2 * w if np.all(w > 0) else np.nan * w

    assert diagnose(lambda w: np.sum(w * w), gradient, np.ones(7)).correct


@pytest.mark.parametrize(
    ("example", "kind"),
    [
        (1.5, "real"),
        (0.5, "unit"),
        (3, "real"),
        (np.array(3), "integer"),
        (np.array([2, 5]), "integer"),
        (np.array([0.0, 1.0]), "one-hot"),
        (np.array([0.0, 1.0, 1.0]), "binary"),
        (np.eye(2), "one-hot"),
        (np.full((2, 2), 0.5), "distribution"),
        (np.array([1.5, 2.0]), "positive"),
        (np.array([-1.5, 2.0]), "real"),
        (np.zeros(0), "real"),
    ],
)
def test_kinds_of_data(example: Any, kind: str) -> None:
    if isinstance(example, float | int):
        kinds = {1.5: "positive", 0.5: "unit", 3: "positive"}
        assert kind_of(float(example)) == kinds[example]
    else:
        assert kind_of(example) == kind


def test_whole_numbers_and_distributions_are_drawn_as_such() -> None:
    def intended(w, n, p):  # type: ignore[no-untyped-def]
        return np.sum(w * p * n)

    found = diagnose(
        intended,
        lambda w, n, p: n * p,
        np.ones((2, 3)),
        inputs=(np.array([2, 3, 4]), np.full((2, 3), 1 / 3)),
    )
    assert found.correct


def test_the_package_s_face() -> None:
    assert doctor.__all__ == ["Diagnosis", "diagnose", "main"]


def test_data_in_one_dict_beside_parameters_in_one() -> None:
    """A dict that the function takes as it is."""

    def whole(p, data):  # type: ignore[no-untyped-def]
        return packed(p, data["x"], data["y"])

    def wrong(p, data):  # type: ignore[no-untyped-def]
        return packed_slip(p, data["x"], data["y"])

    found = diagnose(whole, wrong, {"w": 0.5, "b": 0.1}, inputs={"x": 2.0, "y": 1.0})
    assert str(found) == "`∂L/∂w` multiplies by `w` where it should multiply by `data['x']`"
