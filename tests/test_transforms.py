"""grad, value_and_grad, vjp, jvp, hvp: any order, any nesting, any arguments, exact errors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import (
    Value,
    grad,
    hvp,
    jvp,
    no_grad,
    stop_gradient,
    value_and_grad,
    vjp,
)
from microgradnet.errors import (
    DetachedError,
    DTypeError,
    NonScalarError,
    NotDifferentiableError,
    ShapeError,
)
from microgradnet.graph import mode

from .checking import EPS

# --- orders and nesting -----------------------------------------------------------------------


def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Differentiate by forward mode."""
    return lambda x: jvp(f, (x,), (1.0,))[1]


def reverse(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Differentiate by a pullback."""
    return lambda x: vjp(f, x)[1](1.0)[0]


MODES: dict[str, Callable[[Any], Any]] = {"grad": grad, "jvp": forward, "vjp": reverse}


def poly(x: Any) -> Any:
    return x**5 - 3.0 * x * x


@given(nesting=st.lists(st.sampled_from(sorted(MODES)), min_size=1, max_size=4))
def test_any_nesting_of_modes_to_the_fourth_order(nesting: list[str]) -> None:
    # Derivatives of x**5 - 3 x**2 at 2: small integers, so exact.
    f: Any = poly
    for name in nesting:
        f = MODES[name](f)
    assert f(2.0) == [80.0 - 12.0, 160.0 - 6.0, 240.0, 240.0][len(nesting) - 1]


@given(nesting=st.lists(st.sampled_from(sorted(MODES)), min_size=4, max_size=4))
def test_fourth_order_of_a_transcendental_function(nesting: list[str]) -> None:
    f: Any = lambda x: np.exp(np.sin(x))  # noqa: E731
    for name in nesting:
        f = MODES[name](f)
    # Of exp(u), u = sin x: e**u (u'**4 + 6 u'**2 u'' + 3 u''**2 + 4 u' u''' + u'''').
    s, c = np.sin(0.5), np.cos(0.5)
    expected = np.exp(s) * (c**4 - 6 * c**2 * s + 3 * s**2 - 4 * c**2 + s)
    # Some hundred roundings of terms of size 20.
    assert f(0.5) == pytest.approx(expected, abs=100 * 20 * EPS)


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("inner", MODES)
def test_perturbations_are_not_confused(outer: str, inner: str) -> None:
    # d/dx (x d/dy (x + y)) = 1; d/dx (x d/dy (x y**2) at x) = d/dx (2 x**3)
    assert MODES[outer](lambda x: x * MODES[inner](lambda y: x + y)(1.0))(2.0) == 1.0
    assert MODES[outer](lambda x: x * MODES[inner](lambda y: x * y * y)(x))(2.0) == 24.0
    assert MODES[outer](lambda x: MODES[inner](lambda y: x * x)(x) + 3.0 * x)(2.0) == 3.0


@pytest.mark.parametrize("inner", ["vjp", "jvp", "value_and_grad", "aux"])
def test_values_of_an_inner_transform_carry_outer_gradients(inner: str) -> None:
    def f(w: Any) -> Any:
        if inner == "vjp":
            return vjp(lambda x: x * w, 2.0)[0]
        if inner == "jvp":
            return jvp(lambda x: x * w, (2.0,), (1.0,))[0]
        if inner == "value_and_grad":
            return value_and_grad(lambda x: x * w)(2.0)[0]
        return value_and_grad(lambda x: (x * x, x * w), has_aux=True)(2.0)[0][1]

    assert grad(f)(3.0) == 2.0
    assert jvp(f, (3.0,), (1.0,)) == (6.0, 2.0)
    w = Value(3.0)
    f(w).backward()
    assert w.grad == 2.0


def test_a_pullback_is_differentiable_in_its_cotangent() -> None:
    def f(x: Any) -> Any:
        return vjp(lambda y: y * y * x, 3.0)[1](x)[0]  # 6 x * x

    assert grad(f)(2.0) == 24.0
    _, pull = vjp(lambda x: x * x, 3.0)
    assert grad(lambda g: pull(g * g)[0])(2.0) == 24.0


def test_transforms_inside_a_backward_graph() -> None:
    w = Value(3.0)
    loss = w * grad(lambda x: x * x * w)(2.0)  # w * 4 w
    loss.backward()
    assert loss.data == 36.0
    assert w.grad == 24.0


def test_raw_inputs_give_raw_results() -> None:
    assert type(grad(np.sin)(0.5)) is float
    assert type(grad(lambda x: np.sum(np.sin(x)))(np.ones(2))) is np.ndarray
    for x in (*jvp(np.sin, (0.5,), (1.0,)), *value_and_grad(np.sin)(0.5), vjp(np.sin, 0.5)[0]):
        assert isinstance(x, float)
        assert not isinstance(x, Value)
    assert isinstance(grad(np.sin)(Value(0.5)), Value)
    assert type(grad(np.sin)(Value(0.5, requires_grad=False))) is float


def test_integers_are_differentiated_as_floats() -> None:
    assert grad(lambda x: x * x)(3) == 6.0
    assert type(grad(lambda x: x * x)(3)) is float
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * 0.5))(np.array([1, 2])), [0.5, 0.5])
    np.testing.assert_array_equal(grad(lambda x: x[0] * x[1])([3, 4]), [4.0, 3.0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_dtypes_are_kept(dtype: Any) -> None:
    x = np.ones(2, dtype)
    assert grad(lambda x: np.sum(x * 2.0))(x).dtype == dtype
    out, t = jvp(lambda x: x * 2.0, (x,), (np.ones(2),))
    assert (out.dtype, t.dtype) == (dtype, dtype)
    assert np.asarray(grad(lambda x: x * 2.0)(dtype(3))).dtype == dtype


# --- who owns what ----------------------------------------------------------------------------


def test_arguments_may_change_after_a_transform() -> None:
    a = np.array([1.0, 2.0])
    out, pull = vjp(lambda x: x * x, a)
    a[:] = 0.0
    np.testing.assert_array_equal(pull(np.ones(2))[0], [2.0, 4.0])
    np.testing.assert_array_equal(out, [1.0, 4.0])

    def f(x: Any) -> Any:
        y = np.sum(x * x)
        b[:] = 7.0
        return y

    b = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(f)(b), [2.0, 4.0])


def test_results_may_change_after_a_transform() -> None:
    a = np.array([1.0, 2.0])
    out, pull = vjp(lambda x: (1.0 / x, x), a)
    out[0][:] = 0.0
    out[1][:] = 0.0
    np.testing.assert_array_equal(pull((np.ones(2), np.zeros(2)))[0], [-1.0, -0.25])
    np.testing.assert_array_equal(a, [1.0, 2.0])
    (_, aux), _ = value_and_grad(lambda x: (np.sum(x), x * 2.0), has_aux=True)(a)
    aux[0] = 7.0
    assert aux.flags.writeable


def test_a_pullback_may_be_called_again() -> None:
    _, pull = vjp(lambda x: x * x * x, np.array([1.0, 2.0]))
    for k in (1.0, 2.0):
        np.testing.assert_array_equal(pull(np.full(2, k))[0], [3.0 * k, 12.0 * k])


# --- pytrees ----------------------------------------------------------------------------------


class Layer(NamedTuple):
    weights: Any
    bias: Any


PARAMETERS = {
    "first": Layer(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -0.5])),
    "rest": [2.0, (np.array([3.0]), None)],
}


def model(p: Any, x: Any) -> Any:
    h = p["first"].weights @ x + p["first"].bias
    return np.sum(h * h) * p["rest"][0] + p["rest"][1][0][0]


def test_gradients_have_the_structure_of_their_argument() -> None:
    x = np.array([1.0, -1.0])
    g = grad(model)(PARAMETERS, x)
    h = np.array([-0.5, -1.5])
    np.testing.assert_array_equal(g["first"].weights, 4.0 * np.outer(h, x))
    np.testing.assert_array_equal(g["first"].bias, 4.0 * h)
    assert g["rest"][0] == 2.5
    assert type(g["rest"][0]) is float
    np.testing.assert_array_equal(g["rest"][1][0], [1.0])
    assert g["rest"][1][1] is None


def test_forward_and_reverse_agree_on_pytrees() -> None:
    x = np.array([1.0, -1.0])
    tangent = {
        "first": Layer(np.eye(2), np.ones(2)),
        "rest": [0.5, (np.array([2.0]), None)],
    }
    out, moved = jvp(lambda p: {"loss": model(p, x), "same": p}, (PARAMETERS,), (tangent,))
    # Small dyadic numbers: exact.
    assert moved["loss"] == 4.0 * (-0.5 * 2.0 + -1.5 * 0.0) + 2.5 * 0.5 + 2.0
    np.testing.assert_array_equal(moved["same"]["first"].weights, np.eye(2))
    _, pull = vjp(lambda p: {"loss": model(p, x)}, PARAMETERS)
    (g,) = pull({"loss": 1.0})
    np.testing.assert_array_equal(g["first"].bias, [-2.0, -6.0])
    assert out["loss"] == 6.0 - 1.0 + 3.0


def test_hvp_on_pytrees_and_several_arguments() -> None:
    def f(p: Any, y: Any) -> Any:
        return p["a"] ** 3 * y + np.sum(p["b"] ** 2) * y

    p, t = {"a": 2.0, "b": np.array([1.0, 3.0])}, {"a": 1.0, "b": np.array([0.0, 1.0])}
    hp, hy = hvp(f, (p, 5.0), (t, 10.0))
    assert hp["a"] == 6.0 * 2.0 * 5.0 + 3.0 * 4.0 * 10.0
    np.testing.assert_array_equal(hp["b"], [2.0 * 10.0, 2.0 * 5.0 + 6.0 * 10.0])
    assert hy == 12.0 + 6.0
    only = hvp(lambda p: f(p, 5.0), (p,), (t,))
    assert only["a"] == 60.0


def test_outputs_may_be_pytrees_with_constants() -> None:
    out, pull = vjp(lambda x: {"y": x * x, "k": 3.0, "n": None}, 2.0)
    assert out == {"y": 4.0, "k": 3.0, "n": None}
    assert pull({"y": 10.0, "k": 5.0, "n": None}) == (40.0,)
    assert vjp(lambda x: 3.0, 2.0)[1](1.0) == (0.0,)
    out, moved = jvp(lambda x: [x * x, 3.0, np.arange(2)], (2.0,), (1.0,))
    assert moved[:2] == [4.0, 0.0]
    np.testing.assert_array_equal(moved[2], [0.0, 0.0])


def test_auxiliary_results() -> None:
    def f(x: Any) -> Any:
        return x * x, {"double": 2.0 * x, "text": "kept", "n": 3}

    (value, aux), g = value_and_grad(f, has_aux=True)(3.0)
    assert (value, g) == (9.0, 6.0)
    assert aux == {"double": 6.0, "text": "kept", "n": 3}
    assert type(aux["double"]) is float
    assert grad(f, has_aux=True)(3.0) == (6.0, aux)


def test_stop_gradient_on_pytrees() -> None:
    def f(p: Any) -> Any:
        still = stop_gradient({"a": p["a"], "n": 2.0})
        return p["a"] * still["a"] * still["n"]

    assert grad(f)({"a": 3.0}) == {"a": 6.0}
    a = np.ones(2)
    assert stop_gradient(a) is a
    assert stop_gradient(2.0) == 2.0
    assert not stop_gradient(Value(2.0)).requires_grad


# --- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "error", "message"),
    [
        (lambda x: x * 2.0, np.ones(2), NonScalarError, r"array of shape \(2,\); .* Reduce it"),
        (lambda x: (x, x), 2.0, NonScalarError, "returned tuple; .* has_aux=True"),
        (lambda x: None, 2.0, NonScalarError, "returned NoneType; expected one float"),
        (lambda x: "no", 2.0, NonScalarError, "returned str"),
        (lambda x: 3, 2.0, NotDifferentiableError, "returned the int64 3; expected a float"),
        (lambda x: x > 1, 2.0, NotDifferentiableError, "the bool True"),
        (lambda x: np.argmax(x), np.ones(2), NotDifferentiableError, "the int64"),
        (lambda x: x, "text", DTypeError, "argument 0 holds str 'text', .* with argnums"),
        (lambda x: x, [1.0, "text"], DTypeError, "argument 0 holds str 'text'"),
        (lambda x: x, 1j, DTypeError, "argument 0 holds complex"),
        (lambda x: x, [], DTypeError, "argnums=0 holds no numbers"),
        (lambda x: x, None, DTypeError, "argnums=0 holds no numbers"),
        (lambda x: float(x), 2.0, DetachedError, r"float\(v\) of a tracked Value inside"),
    ],
)
def test_gradients_of_what_has_none(f: Any, x: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        grad(f)(x)


def test_has_aux_needs_a_pair() -> None:
    for f in (lambda x: x, lambda x: (x, x, x), lambda x: [x, x]):
        with pytest.raises(
            NonScalarError, match=r"has_aux=True expects f to return \(value, aux\)"
        ):
            grad(f, has_aux=True)(2.0)


def test_cotangents_and_tangents_must_fit() -> None:
    _, pull = vjp(lambda x: x * 2.0, np.ones(2))
    with pytest.raises(
        ShapeError, match=r"a cotangent of shape \(3,\) for a value of shape \(2,\)"
    ):
        pull(np.ones(3))
    with pytest.raises(ShapeError, match=r"a cotangent of shape \(\) for a value of shape \(2,\)"):
        pull(1.0)
    np.testing.assert_array_equal(pull([1, 10])[0], [2.0, 20.0])
    _, pull = vjp(lambda x: (x, x), np.ones(2))
    with pytest.raises(ShapeError, match="a cotangent is needed for each of 2 leaves; got 1"):
        pull(np.ones(2))
    with pytest.raises(ShapeError, match="a tangent is needed for each of 1 leaves; got 2"):
        jvp(lambda x: x, (1.0,), (1.0, 2.0))
    with pytest.raises(ShapeError, match=r"a tangent of shape \(2,\) for a value of shape \(\)"):
        jvp(lambda x: x, (1.0,), (np.ones(2),))
    with pytest.raises(DTypeError, match="complex"):
        jvp(lambda x: x, (1.0,), (1j,))


# --- ambient state ----------------------------------------------------------------------------


@pytest.mark.parametrize("transform", [grad, lambda f: lambda x: jvp(f, (x,), (1.0,))])
def test_an_exception_leaves_no_trace(transform: Any) -> None:
    def fails(x: Any) -> Any:
        grad(lambda y: x * y)(1.0)
        raise KeyError("inside")

    for _ in range(2):
        with pytest.raises(KeyError, match="inside"):
            transform(fails)(2.0)
        assert mode.get() is None
    with pytest.raises(DetachedError):
        grad(lambda x: float(x))(2.0)
    assert mode.get() is None
    with no_grad(), pytest.raises(KeyError):
        transform(fails)(2.0)
    assert grad(lambda x: x * x)(3.0) == 6.0
    with pytest.warns(UserWarning, match="cuts the Value off"):
        assert float(Value(2.0)) == 2.0


def test_no_grad_holds_for_what_a_transform_hands_out() -> None:
    w = Value(2.0)
    with no_grad():
        g = grad(lambda x: x**3)(w)
        v, h = value_and_grad(lambda x: x * w)(3.0)
        t = jvp(lambda x: x * w, (w,), (1.0,))[1]
    for x, expected in ((g, 12.0), (v, 6.0), (h, 2.0), (t, 2.0)):
        assert not getattr(x, "requires_grad", False)
        assert (x.data if isinstance(x, Value) else x) == expected


def test_nested_transforms_in_threads() -> None:
    results: dict[int, list[float]] = {}
    start = threading.Barrier(4)

    def work(k: int) -> None:
        start.wait(10)
        results[k] = [grad(lambda x: x * grad(lambda y: x * y**k)(x))(2.0) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(1, 5):  # d/dx (k x**(k + 1)) at 2
        assert results[k] == [k * (k + 1) * 2.0**k] * 50


def test_transforms_keep_names_and_documentation() -> None:
    def documented(x: Any) -> Any:
        """Say what it is."""
        return x * x

    for wrapped in (grad(documented), value_and_grad(documented)):
        assert wrapped.__name__ == "documented"
        assert wrapped.__doc__ == "Say what it is."


@pytest.mark.parametrize("transform", [jvp, hvp])
@pytest.mark.parametrize(("primals", "tangents"), [(1.0, (1.0,)), ((1.0,), np.ones(1))])
def test_primals_and_tangents_come_in_a_tuple(transform: Any, primals: Any, tangents: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a tuple with one entry per argument"):
        transform(np.sin, primals, tangents)
