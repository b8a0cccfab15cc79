"""Which arguments a transform differentiates: by position, by name, several, in trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from microgradnet import Value, grad, jvp, value_and_grad, vjp
from microgradnet.errors import DTypeError

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
        ("k", "argnums='k' names no argument of this call"),  # left at its default
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
