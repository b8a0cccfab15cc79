"""`gradcheck` as it is called: what it accepts, what it finds, and what it says."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, elementwise
from microgradnet.errors import DTypeError, NonScalarError, NotDifferentiableError, ShapeError
from microgradnet.testing import assert_gradients, gradcheck
from microgradnet.tutorial.by_hand import OurNeuralNetwork
from microgradnet.tutorial.data import ALL_Y_TRUES, PARAMETERS, RAW
from microgradnet.tutorial.mistakes import Mistake

X = np.array([0.3, -1.2, 2.5])
SCALES = np.array([1e-12, 1e-6, 1.0, 1e6, 1e12])


def wrong(report: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(e.name, e.index) for e in report.rows if e.verdict == "wrong"]


# --- the function's own gradient ----------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("modes", [("reverse",), ("forward",), ("reverse", "forward")])
def test_own_gradients_pass(order: int, modes: tuple[str, ...]) -> None:
    report = gradcheck(lambda w, x: np.sum(np.tanh(w @ x)), np.eye(3), X, order=order, modes=modes)
    assert report.passed
    assert len(report.rows) == 12 * order
    assert ("compared" in str(report)) == (len(modes) == 2)


def twisted(name: str, vjp: Any, jvp: Any) -> Any:
    from microgradnet import general

    return general(lambda x: np.sin(x), vjp=vjp, jvp=jvp, name=name)


right = (
    lambda g, z, x, needed: [g * np.cos(x)],
    lambda ts, z, x: ts[0] * np.cos(x),
)
off = (
    lambda g, z, x, needed: [g * np.sin(x)],
    lambda ts, z, x: ts[0] * np.sin(x),
)


@pytest.mark.parametrize(
    ("vjp", "jvp", "said"),
    [
        (off[0], right[1], "wrong ("),
        (right[0], off[1], "forward, beside reverse"),
    ],
)
def test_a_wrong_rule_is_found_in_either_mode(vjp: Any, jvp: Any, said: str) -> None:
    sin = twisted(f"test_check_{said}", vjp, jvp)
    report = gradcheck(lambda x: np.sum(sin(x)), X)
    assert report.verdict == "wrong" and said in str(report)


def test_a_wrong_second_derivative_is_found() -> None:
    # The derivative of sin through something that has none: its own slope is lost.
    frozen = elementwise(
        lambda x: np.sin(x), lambda z, x: np.cos(getattr(x, "data", x)), name="test_frozen"
    )
    f = lambda x: np.sum(frozen(x))  # noqa: E731
    assert gradcheck(f, X).passed
    report = gradcheck(f, X, order=2)
    assert {name for name, _ in wrong(report)} == {"slope of the gradient: x"}


# --- arguments ---------------------------------------------------------------------------------


def test_trees_floats_integers_and_labels() -> None:
    def f(p: Any, n: int, y: float) -> Any:
        return np.sum(p["w"] ** n) * p["b"][0] + y

    args = ({"w": X, "b": [2.0, 5]}, 3, 0.5)
    report = gradcheck(f, *args)
    assert report.passed
    assert {e.name for e in report.rows} == {"p['w']", "p['b'][0]", "y"}
    assert "not checked: p['b'][1]" in str(report)
    only = gradcheck(f, *args, argnums=2, names=["params", "power", "shift"])
    assert [e.name for e in only.rows] == ["shift"] and only.passed


def test_scalars_empty_arrays_and_values() -> None:
    assert gradcheck(np.sin, np.array(0.3)).passed
    assert gradcheck(np.sin, np.float64(0.3)).passed
    assert gradcheck(lambda x: np.sum(x) + 1.0, np.empty((0, 3))).passed
    assert gradcheck(np.sum, Value(X)).passed
    assert gradcheck(lambda x, y: x * np.sum(y), 2.0, np.empty(0)).passed


def test_a_gradient_may_come_in_several_forms() -> None:
    f = lambda x: np.sum(x * x)  # noqa: E731
    for grad in (
        lambda x: 2 * x,
        lambda x: (2 * x,),
        lambda x: Value(2 * x),
    ):
        assert gradcheck(f, X, grad=grad).passed
    assert gradcheck(lambda x, y: x * y, 2.0, 3.0, grad=lambda x, y: [y, x]).passed
    assert gradcheck(lambda t: t[0] * t[1], (2.0, 3.0), grad=lambda t: (t[1], t[0])).passed


def test_several_results_are_projected() -> None:
    f = lambda x: (x * x, np.sum(x))  # noqa: E731
    assert gradcheck(f, X, project=(X, 2.0)).passed
    report = gradcheck(f, X, project=(X, 2.0), grad=lambda x: 2 * x * X)
    assert len(wrong(report)) == 3


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: gradcheck(lambda n: n * 2, 3), NotDifferentiableError, "1.0, not 1"),
        (lambda: gradcheck(lambda x: x, 1 + 2j), DTypeError, "x is complex; expected real"),
        (lambda: gradcheck(np.sum, np.array([1j])), DTypeError, "x? ?is complex"),
        (lambda: gradcheck(lambda x: x, X), NonScalarError, "returned an array of shape"),
        (
            lambda: gradcheck(lambda x: (1.0, x), X),
            NonScalarError,
            "returned a tuple of 2; expected",
        ),
        (lambda: gradcheck(lambda x: x, X, project=1.0), NonScalarError, "project= of shape"),
        (lambda: gradcheck(lambda x: x, X, project=(X, X)), NonScalarError, "has 2 leaves"),
        (lambda: gradcheck(np.log, -1.0), NotDifferentiableError, "nan here"),
        (lambda: gradcheck(lambda x: 3, 1.0), NotDifferentiableError, r"returned 3 \(int\)"),
        (lambda: gradcheck(lambda x: "no", 1.0), NotDifferentiableError, "'no' .str_"),
        (lambda: gradcheck(lambda x: None, 1.0), NotDifferentiableError, "None; .* by `return`"),
        (lambda: gradcheck(np.sin, 1.0, modes=("sideways",)), ValueError, "expected some of"),
        (lambda: gradcheck(np.sin, 1.0, modes=()), ValueError, "expected some of"),
        (lambda: gradcheck(np.sin, 1.0, modes="reverse"), ValueError, "expected some of"),
        (lambda: gradcheck(np.sin, 1.0, order=3), ValueError, "expected 1, or 2"),
        (lambda: gradcheck(1.0, np.sin), TypeError, "expected a function"),
        (lambda: gradcheck(np.sin, 1.0, grad=X), TypeError, "ndarray; expected a function"),
        (lambda: gradcheck(np.sin, 1.0, argnums=1), IndexError, "numbers below 1"),
        (lambda: gradcheck(np.hypot, 1.0, 2.0, names=["x"]), ShapeError, "each of 2 arguments"),
        (lambda: gradcheck(np.sin, np.nan), NotDifferentiableError, "holds nan; expected finite"),
        (
            lambda: gradcheck(np.sum, np.array([1, -np.inf])),
            NotDifferentiableError,
            "holds -inf; expected finite",
        ),
        (
            lambda: gradcheck(lambda x, y: x * y, 1.0, 2.0, grad=lambda x, y: y),
            DTypeError,
            "expected a tuple with one entry for each of 2",
        ),
        (
            lambda: gradcheck(lambda p: p["a"], {"a": 1.0}, grad=lambda p: {"a": 1.0, "b": 2.0}),
            DTypeError,
            "expected a dict with the keys 'a'",
        ),
    ],
)
def test_bad_questions_are_explained(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_a_function_that_changes_from_call_to_call_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(NotDifferentiableError, match="seed its random generator"):
        gradcheck(lambda x: x + rng.normal(), 1.0)


@pytest.mark.parametrize(
    ("g", "said"),
    [
        (lambda x, y: (1.0, None), "y: no gradient was reported"),
        (lambda x, y: (np.array([y]), x), r"x: the gradient has shape (1,); expected ()"),
        (lambda x, y: (y + 0j, x), "x: the gradient is of dtype complex128"),
    ],
)
def test_a_misshapen_gradient_is_a_mistake(g: Any, said: str) -> None:
    report = gradcheck(lambda x, y: x * y, 2.0, 3.0, grad=g)
    assert report.verdict == "wrong" and not report.rows
    assert said in str(report)


def test_not_finite_is_wrong() -> None:
    report = gradcheck(np.sum, X, grad=lambda x: np.array([1.0, np.nan, 1.0]))
    assert wrong(report) == [("a", (1,))] and "not finite" in str(report)


def test_the_assertion_shows_the_report() -> None:
    assert_gradients(np.sin, 0.3)
    with pytest.raises(AssertionError, match="WRONG"):
        assert_gradients(np.sin, 0.3, grad=np.sin)


# --- holes of other checkers -------------------------------------------------------------------


def test_a_flipped_sign_among_1000_float32_outputs() -> None:
    x = np.linspace(0.1, 2, 1000).astype(np.float32)
    f = lambda x: np.sum(np.sin(x))  # noqa: E731

    def flipped(x: Any) -> Any:
        g = np.cos(x)
        g[617] = -g[617]
        return g

    assert gradcheck(f, x, grad=np.cos).passed
    assert wrong(gradcheck(f, x, grad=flipped)) == [("x", (617,))]
    assert not gradcheck(f, x, grad=lambda x: -np.cos(x)).passed


@pytest.mark.parametrize("scale", [1e-8, 1e-20, 1e-150, 1e8, 1e150])
def test_scale_is_no_matter(scale: float) -> None:
    f = lambda x: scale * np.sum(np.sin(x))  # noqa: E731
    for factor, verdict in ((1, "passed"), (-1, "wrong"), (2, "wrong"), (1.001, "wrong")):
        report = gradcheck(f, X, grad=lambda x: factor * scale * np.cos(x))  # noqa: B023
        assert report.verdict == verdict


@pytest.mark.parametrize("size", [1e-150, 1e-8, 1e8, 1e150])
def test_size_is_no_matter(size: float) -> None:
    f = lambda x: np.sum(np.sqrt(x))  # noqa: E731
    x = size * np.array([1.0, 2.0])
    for factor, verdict in ((1, "passed"), (1.001, "wrong")):
        g = lambda x: factor * 0.5 / np.sqrt(x)  # noqa: E731, B023
        assert gradcheck(f, x, grad=g).verdict == verdict


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("person", range(4))
def test_the_documents_w4_bug_on_raw_data(person: int) -> None:
    """Pounds and inches saturate the neurons: its gradient is tiny, and wrong all the same."""
    x, y = [float(v) for v in RAW[person]], float(ALL_Y_TRUES[person])
    seen = 0
    for seed in range(50):
        parameters = tuple(map(float, np.random.RandomState(seed).normal(size=9)))

        def loss(*p: float, x: Any = x, y: float = y) -> Any:
            return (y - OurNeuralNetwork(parameters=p).feedforward(x)) ** 2

        def by_hand(
            *p: float, mistakes: Mistake = Mistake.W4_USES_X0, x: Any = x, y: float = y
        ) -> tuple[float, ...]:
            found = OurNeuralNetwork(parameters=p, mistakes=mistakes).gradients(x, y)
            return tuple(found[name] for name in PARAMETERS)

        with np.errstate(over="ignore"):
            true, bug = by_hand(*parameters, mistakes=Mistake.NONE)[3], by_hand(*parameters)[3]
            report = gradcheck(loss, *parameters, grad=by_hand, names=PARAMETERS)
        # Where both derivatives are 0 in float64 the mistake may be seen, or not.
        found = [name for name, _ in wrong(report)]
        assert found == ["w4"] or (found == [] and true == bug == 0), (seed, str(report))
        seen += found == ["w4"]
    assert seen >= 35


# --- float32 -----------------------------------------------------------------------------------


def test_float32_accuracy_is_judged_apart() -> None:
    x = X.astype(np.float32)
    f = lambda x: np.sum(x * x)  # noqa: E731
    assert gradcheck(f, x).passed

    def coarse(x: Any) -> Any:  # right in float64, and too coarse in float32
        g = 2 * x
        return g if x.dtype == np.float64 else np.float16(g).astype(np.float32) + np.float32(1e-2)

    report = gradcheck(f, x, grad=coarse)
    assert report.verdict == "wrong" and "in float32" in str(report)


def test_code_that_knows_only_float32() -> None:
    x = X.astype(np.float32)

    def f(x: Any) -> Any:
        assert x.dtype == np.float32
        return np.sum(np.sin(x))

    def g(x: Any, factor: float = 1.0) -> Any:
        assert x.dtype == np.float32
        return np.float32(factor) * np.cos(x)

    assert gradcheck(f, x, grad=g).passed
    assert not gradcheck(f, x, grad=lambda x: g(x, 1.01)).passed
    assert gradcheck(lambda x: np.sum(np.sin(x)), x, grad=g).passed


def test_code_that_computes_in_float32_whatever_it_is_given() -> None:
    f = lambda x: float(np.sum(np.sin(np.float32(x))))  # noqa: E731
    assert gradcheck(f, X, grad=lambda x: np.float64(np.cos(np.float32(x)))).passed
    assert not gradcheck(f, X, grad=lambda x: 1.02 * np.cos(x)).passed


# --- scales, offsets, and where the function ends -----------------------------------------------


@pytest.mark.parametrize("c", [1, -1, 0.5, 1.001])
@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: x * np.log(x), 1e-12, lambda x: np.log(x) + 1),
        (lambda x: np.sin(x - 1e8), 1e8 + 0.5, lambda x: np.cos(x - 1e8)),
        (lambda x: (x + 1e8) ** 2 - 1e16 - 2e8 * x, 3.0, lambda x: 2 * x),
        (lambda x: np.sum((x / SCALES) ** 2), None, lambda x: 2 * x / SCALES**2),
        (lambda x: np.sum(np.sqrt(x)), None, lambda x: 0.5 / np.sqrt(x)),
        (lambda x: 1e8 + 1e-3 * np.sin(x), 0.5, lambda x: 1e-3 * np.cos(x)),
    ],
)
def test_every_scale(f: Any, x: Any, slope: Any, c: float) -> None:
    x = SCALES * np.array([1.0, 2.0, 0.5, 3.0, 1.1]) if x is None else x
    report = gradcheck(f, x, grad=lambda x: c * slope(x))
    assert report.verdict == ("passed" if c == 1 else "wrong")


def test_one_wrong_element_among_scales() -> None:
    def slope(x: Any) -> Any:
        return 2 * x / SCALES**2 * np.array([1, 1, 1.01, 1, 1])

    report = gradcheck(lambda x: np.sum((x / SCALES) ** 2), SCALES * 1.3, grad=slope)
    assert wrong(report) == [("x", (2,))]


@pytest.mark.parametrize("x", [5e-324, -3e-310, 1e-308, 1e-200])
def test_the_smallest_numbers(x: float) -> None:
    assert gradcheck(lambda x: x * x, x).passed
    assert not gradcheck(lambda x: x * x, x, grad=lambda x: 1e-3 - x).passed


def test_beside_its_point_a_function_may_raise_what_it_likes() -> None:
    table = np.array([1.0, 3.0, 2.0])

    def interpolated(x: float) -> float:
        i = int(x)
        return float(table[i] + (x - i) * (table[i + 1] - table[i]))

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # and nobody is told that it cuts Values off
        assert gradcheck(interpolated, 1.6, grad=lambda x: -1.0).passed
    assert not gradcheck(interpolated, 1.6, grad=lambda x: 2.0).passed


def test_a_derivative_that_is_all_roundoff_of_very_unlike_sizes_is_nothing() -> None:
    """Of one entry the complex step gives 2e-20; others, that are as wrong, are 1e-17."""
    weights = np.array([[0.54, -0.42, -0.99], [-0.65, 0.28, 0.96], [0.75, -0.15, -0.91]])
    a = np.array([[5.99, -0.267, 0.0001], [-0.67, 5.957, 0.0], [0.443, -1e-08, 6.688]])

    def loss(a: Any) -> Any:
        return (np.linalg.solve(a, a) * weights).sum()

    assert gradcheck(loss, a, grad=np.zeros_like, mpmath=False).passed
