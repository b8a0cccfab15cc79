"""Which arguments a transform differentiates: by position, by name, several, in trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import (
    Value,
    checkpoint,
    grad,
    hessian,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from microgradnet.errors import DTypeError, NotDifferentiableError, ShapeError

from .checking import leaves


def f(x: Any, y: Any = 2.0, *, k: Any = 5.0) -> Any:
    return x * y * y * k


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 4.0 * 5.0),
        (1, 3.0 * 4.0 * 5.0),
        (-1, 3.0 * 4.0 * 5.0),
        (-2, 4.0 * 5.0),
        ("x", 4.0 * 5.0),
        ("y", 60.0),
        ("k", 12.0),
        ((0,), (20.0,)),
        ((1, 0), (60.0, 20.0)),
        ((0, "k"), (20.0, 12.0)),
        (("k", -1, "x"), (12.0, 60.0, 20.0)),
    ],
)
def test_arguments_by_position_and_name(argnums: Any, expected: Any) -> None:
    assert grad(f, argnums=argnums)(3.0, 2.0, k=5.0) == expected
    value, g = value_and_grad(f, argnums=argnums)(3.0, 2.0, k=5.0)
    assert (value, g) == (60.0, expected)


def test_names_of_positional_and_of_keyword_arguments() -> None:
    assert grad(f, argnums="y")(3.0, y=2.0) == 60.0
    assert grad(lambda **options: options["a"] ** 2, argnums="a")(a=3.0) == 6.0


@pytest.mark.parametrize(
    ("argnums", "message"),
    [
        (2, "argnums=2 of a call with 2 positional arguments; .* name of a keyword"),
        (-3, "argnums=-3 of a call with 2 positional arguments"),
        ("z", r"argnums='z' names no argument of this call; got \['x', 'y', 'k'\]"),
        ("k", "argnums='k' names no argument .* k is at its default, so pass k=..."),
        ([0, 1], r"argnums=\[0, 1\]; expected the position .* a tuple of these: \(0, 1\)"),
        (None, "argnums=None; expected the position of an argument, its name"),
        ((0, 1.0), "argnums=1.0; expected the position"),
        (True, "argnums=True; expected the position"),
    ],
)
def test_arguments_that_are_not_there(argnums: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(f, argnums=argnums)(3.0, 2.0)


def test_functions_without_a_signature_have_positions_only() -> None:
    assert grad(np.multiply, argnums=1)(3.0, 2.0) == 3.0
    with pytest.raises(TypeError, match=r"names no argument of this call; got \["):
        grad(min, argnums="x")(3.0)


@pytest.mark.parametrize("argnums", [(0, 0), (0, -2), (0, "x"), ("k", "k")])
def test_one_argument_twice_is_refused(argnums: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="argnums"):
        grad(f, argnums=argnums)(3.0, 2.0, k=5.0)


def test_trees_by_name() -> None:
    def loss(*, p: Any, scale: Any) -> Any:
        return np.sum(p["w"] * p["w"]) * scale[0]

    g = grad(loss, argnums=("p", "scale"))(p={"w": np.array([1.0, 2.0])}, scale=(3.0,))
    np.testing.assert_array_equal(g[0]["w"], [6.0, 12.0])
    assert g[1] == (5.0,)


def test_what_is_not_differentiated_arrives_as_it_is() -> None:
    def check(x: Any, text: str, n: int, a: Any) -> Any:
        assert isinstance(x, Value)
        assert text == "text"
        assert type(n) is int
        assert type(a) is np.ndarray
        return x * n

    assert grad(check)(2.0, "text", 3, np.ones(2)) == 3.0


def test_arguments_named_in_errors() -> None:
    with pytest.raises(DTypeError, match="argument 'p' holds str 'no'"):
        grad(lambda p: p["a"], argnums="p")({"a": 1.0, "b": "no"})
    with pytest.raises(DTypeError, match="argument 1 holds object"):
        grad(lambda x, y: x, argnums=1)(1.0, object())
    with pytest.raises(DTypeError, match=r"argnums=\(\) holds no numbers"):
        grad(lambda x: x, argnums=())(1.0)
    with pytest.raises(DTypeError, match="holds no numbers"):
        vjp(lambda: 1.0)


def test_a_value_as_an_argument() -> None:
    w = Value(np.array([1.0, 2.0]))
    g = grad(lambda x: np.sum(x**3))(w)
    assert isinstance(g, Value)
    np.testing.assert_array_equal(g.data, [3.0, 12.0])
    np.sum(g).backward()
    np.testing.assert_array_equal(w.grad, [6.0, 12.0])
    still = Value(np.array([1.0, 2.0]), requires_grad=False)
    assert type(grad(lambda x: np.sum(x**3))(still)) is np.ndarray


def test_a_value_used_beside_itself_is_another_variable() -> None:
    x = Value(3.0)
    # d/dy (x y) at y = x: the outer x stays
    g = grad(lambda y: x * y)(x)
    assert g.data == 3.0
    g.backward()
    assert x.grad == 1.0


def test_the_same_array_twice_is_two_variables() -> None:
    a = np.array([1.0, 2.0])
    gx, gy = grad(lambda x, y: np.sum(x * x * y), argnums=(0, 1))(a, a)
    np.testing.assert_array_equal(gx, 2.0 * a * a)
    np.testing.assert_array_equal(gy, a * a)
    t = jvp(lambda x, y: x * y, (a, a), (np.ones(2), np.zeros(2)))[1]
    np.testing.assert_array_equal(t, a)


def test_assignment_in_the_function_reaches_the_argument_not_the_caller() -> None:
    def g(p: Any) -> Any:
        p["w"][0] = p["w"][1] * 10.0
        p["s"] = p["s"] * 2.0
        return np.sum(p["w"]) * p["s"]

    p = {"w": np.array([1.0, 2.0]), "s": 3.0}
    d = grad(g)(p)
    np.testing.assert_array_equal(d["w"], [0.0, 66.0])
    assert d["s"] == 44.0
    np.testing.assert_array_equal(p["w"], [1.0, 2.0])
    assert p["s"] == 3.0
    out, moved = jvp(g, (p,), ({"w": np.array([5.0, 1.0]), "s": 0.0},))
    assert (out, moved) == (132.0, 66.0)


def test_named_tuples_and_lists_keep_their_kind() -> None:
    g = grad(lambda p: p[0] * p[1][0])([2.0, (3.0,)])
    assert g == [3.0, (2.0,)]
    assert len(leaves(g)) == 2


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian, checkpoint, vjp])
def test_what_is_differentiated_is_a_function(transform: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a function .* got float 3\.0: write grad\(lam"):
        transform(3.0)
    with pytest.raises(TypeError, match=r"got Value .* or loss\.backward\(\) of a Value"):
        transform(Value(2.0) * 3.0)
    with pytest.raises(TypeError, match="expected a function"):
        jvp(3.0, (2.0,), (1.0,))  # type: ignore[arg-type]


# --- results ----------------------------------------------------------------------------------


def objects(x: Any) -> Any:
    """Give Values in an array of objects, as `np.frompyfunc` does."""
    return np.frompyfunc(lambda k: k * x, 1, 1)(np.arange(2.0))


def one_object(x: Any) -> Any:
    y = np.empty((), object)
    y[()] = x * x
    return y


@pytest.mark.parametrize(
    ("f", "got"),
    [
        (objects, "ndarray array.*dtype=ob"),
        (lambda x: {"y": (x, objects(x))}, "ndarray array"),
        (lambda x: "text", "str 'text'"),
        (lambda x: x * 1.0 if x > 5 else 1j, "complex 1j"),
    ],
)
def test_results_that_would_hide_values_are_refused(f: Any, got: str) -> None:
    # Their derivatives would be zeros.
    message = f"of a function that returned {got}.*expected real numbers.*np.stack"
    for derive in (
        lambda: vjp(f, 2.0),
        lambda: jvp(f, (2.0,), (1.0,)),
        lambda: jacobian(f)(2.0),
        lambda: jacobian(f, mode="forward")(2.0),
    ):
        with pytest.raises(DTypeError, match=message):
            derive()


def test_one_number_may_not_hide_in_an_array_of_objects() -> None:
    with pytest.raises(DTypeError, match="gradient of a function that returned ndarray"):
        grad(one_object)(2.0)
    assert grad(lambda x: one_object(x)[()])(3.0) == 6.0
    assert grad(lambda x: np.sum(np.stack(list(objects(x)))))(2.0) == 1.0


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("f", [np.argsort, lambda x: x > 1.0, lambda x: [x, 3]])
def test_jacobians_of_integers_are_refused(mode: str, f: Any) -> None:
    with pytest.raises(NotDifferentiableError, match=r"jacobian of .* returned the (int64|bool)"):
        jacobian(f, mode=mode)(np.ones(2))


def test_tangents_and_cotangents_have_their_places() -> None:
    def f(p: Any) -> Any:
        return {"y": p["a"] * p["b"], "z": [p["a"], p["b"]]}

    p = {"a": 2.0, "b": 3.0}
    with pytest.raises(ShapeError, match=r"a tangent at each of \[\(0, 'a'\), \(0, 'c'\)\]; exp"):
        jvp(f, (p,), ({"a": 1.0, "c": 0.0},))
    with pytest.raises(ShapeError, match="the same structure as the value it belongs to"):
        jvp(lambda p: p[0][0] * p[1], (([1.0], 2.0),), ((1.0, [2.0]),))
    _, pull = vjp(f, p)
    with pytest.raises(ShapeError, match=r"a cotangent at each of .*'x'.*; expected at .*'y'"):
        pull({"x": 1.0, "z": [0.0, 0.0]})
    assert pull({"y": 1.0, "z": (0.0, 0.0)}) == ({"a": 3.0, "b": 2.0},)  # a tuple is as good
    with pytest.raises(ShapeError, match="a cotangent at each of"):
        vjp(lambda x: x, 1.0)[1]({"y": 1.0})
