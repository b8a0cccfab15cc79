"""The three kinds of rule, and what they leave to the engine: broadcasting, dtypes, checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microgradnet import Value, elementwise, general, grad, jacobian, jvp, linear, vjp
from microgradnet.errors import NotDifferentiableError, ShapeError
from microgradnet.graph import raw
from microgradnet.rules import (
    Elementwise,
    Linear,
    Rule,
    fill,
    shape_of,
    stretched,
    unbroadcast,
    with_dtype,
    zeros_like,
)

from .checking import EPS

# --- broadcasting -----------------------------------------------------------------------------

shape_pairs = hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_dims=4, max_side=3)


@given(shapes=shape_pairs, seed=st.integers(0, 2**32 - 1))
@example(hnp.BroadcastableShapes(((3, 1), (2, 3, 3)), (2, 3, 3)), 0)  # both kinds of axes
def test_unbroadcast_is_the_transpose_of_broadcasting(
    shapes: hnp.BroadcastableShapes, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, shapes.input_shapes[0])
    g = rng.uniform(-1.0, 1.0, shapes.result_shape)
    back = unbroadcast(g, x)
    assert np.shape(back) == x.shape
    # Each side adds g.size products of magnitude at most 1, each partial sum off by half an ulp.
    bound = EPS * (g.size + 1) ** 2
    assert abs(np.sum(back * x) - np.sum(g * np.broadcast_to(x, g.shape))) <= bound


@given(shapes=shape_pairs, seed=st.integers(0, 2**32 - 1))
def test_a_recorded_unbroadcast_is_the_same(shapes: hnp.BroadcastableShapes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, shapes.input_shapes[0])
    g = rng.uniform(-1.0, 1.0, shapes.result_shape)
    back = unbroadcast(Value(g), x)
    np.testing.assert_array_equal(raw(back), unbroadcast(g, x))


@given(shapes=shape_pairs)
def test_stretched_is_broadcast_to(shapes: hnp.BroadcastableShapes) -> None:
    g = np.arange(float(np.prod(shapes.input_shapes[0]))).reshape(shapes.input_shapes[0])
    for a in (g, g.T.copy().T, g[..., ::-1] if g.ndim else g):
        got = stretched(a, shapes.result_shape)
        np.testing.assert_array_equal(got, np.broadcast_to(a, shapes.result_shape))
        assert got.shape == shapes.result_shape
        assert not got.flags.writeable
    assert stretched(2.0, (2,)).tolist() == [2.0, 2.0]


# --- dtypes -----------------------------------------------------------------------------------


def test_a_cotangent_takes_its_operands_dtype() -> None:
    single, double = np.ones(2, np.float32), np.ones(2)
    assert with_dtype(double, single).dtype == np.float32
    assert with_dtype(single, double).dtype == np.float64
    assert with_dtype(double, double) is double
    # integers have no tangent space of their own
    assert with_dtype(double, np.array([1, 2])) is double


def test_a_cotangent_of_a_float_is_a_float() -> None:
    for g in (2.0, np.float64(2.0), np.array(2.0), np.float32(2.0)):
        assert type(with_dtype(g, 1.0)) is float
        assert type(with_dtype(g, 1)) is float
        assert type(unbroadcast(g, 1.0)) is float
    v = Value(2.0)
    assert with_dtype(v, 1.0) is v


def test_a_float_cotangent_of_an_array_scalar() -> None:
    assert with_dtype(2.0, np.array(1.0)) == 2.0
    got = with_dtype(2.0, np.array(1.0, np.float32))
    assert got.dtype == np.float32
    assert got == 2.0


@pytest.mark.parametrize(
    ("x", "shape", "dtype"),
    [
        (np.ones((2, 1), np.float32), (2, 1), np.float32),
        (np.array([1, 2]), (2,), np.float64),
        (np.float32(3), (), np.float32),
        (np.float64(3), (), np.float64),
        (Value(np.ones(3)), (3,), np.float64),
    ],
)
def test_zeros_like(x: Any, shape: tuple[int, ...], dtype: Any) -> None:
    z = zeros_like(x)
    assert z.shape == shape
    assert z.dtype == dtype
    assert not z.any()


def test_zeros_like_python_numbers_and_tuples() -> None:
    assert type(zeros_like(3.0)) is float
    assert type(zeros_like(3)) is float
    assert type(zeros_like(Value(3.0))) is float
    pair = zeros_like((2.0, np.ones(2)))
    assert pair[0] == 0.0
    assert pair[1].tolist() == [0.0, 0.0]


def test_fill_brings_a_tangent_to_its_result() -> None:
    assert fill(None, np.ones(2)) is None
    assert fill(None, 2.0) is None
    assert type(fill(np.float64(2.0), 1.0)) is float
    v = Value(2.0)
    assert fill(v, 1.0) is v
    got = fill(2.0, np.ones((2, 2), np.float32))
    assert got.dtype == np.float32
    assert got.tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert shape_of(fill(np.ones(2), np.ones((3, 2)))) == (3, 2)


# --- elementwise ------------------------------------------------------------------------------

scaled = elementwise(
    lambda x, y, k: x * y**k, lambda z, x, y, k: y**k, 0.0, None, name="x times y, still, to the k"
)
weighted = elementwise(
    lambda x, y, weight: weight * x + y,
    lambda z, x, y, weight: weight,
    1.0,
    name="weighted sum",
)


short = elementwise(lambda x, y: x * y, lambda z, x, y: y, name="one partial of two")
brief = linear(lambda x, y: x * y, lambda g, x, y: g * y, name="one transpose of two")


@pytest.mark.parametrize("product", [short, brief])
@pytest.mark.parametrize("x", [2.0, np.ones(2), np.ones(20_000)])
def test_an_operand_without_derivative_says_so(product: Any, x: Any) -> None:
    message = "was declared without a derivative .* operand 1; .* stop_gradient"
    assert np.array_equal(grad(lambda x, y: np.sum(product(x, y)))(x, 2 * x), 2 * x)
    assert np.array_equal(jvp(lambda t: product(t, 2 * x), (x,), (x,))[1], 2 * x * x)
    with pytest.raises(NotDifferentiableError, match=message):
        grad(lambda x, y: np.sum(product(x, y)), argnums=1)(x, x)
    with pytest.raises(NotDifferentiableError, match=message):
        jvp(lambda y: product(x, y), (x,), (x,))
    y = Value(x)
    loss = np.sum(product(x, y))
    with pytest.raises(NotDifferentiableError, match=message):
        loss.backward()


def test_an_operand_declared_without_derivative_says_so() -> None:
    message = "to the k was declared without a derivative .* operand 2; .* stop_gradient"
    with pytest.raises(NotDifferentiableError, match=message):
        grad(scaled, argnums=2)(2.0, 3.0, 2.0)
    with pytest.raises(NotDifferentiableError, match=message):
        grad(lambda k: np.sum(scaled(np.ones(2), 3.0, k)))(np.ones(2))
    with pytest.raises(NotDifferentiableError, match=message):
        jvp(scaled, (2.0, 3.0, 2.0), (0.0, 0.0, 1.0))
    assert grad(scaled)(2.0, 3.0, 2.0) == 9.0
    assert grad(scaled, argnums=1)(2.0, 3.0, 2.0) == 0.0


def test_parameters_reach_the_partials() -> None:
    for x in (2.0, np.array([2.0, 3.0])):
        out, pull = vjp(lambda x, y: weighted(x, y, weight=4.0), x, x)
        ones = 1.0 if isinstance(x, float) else np.ones(2)
        np.testing.assert_array_equal(out, 5.0 * x)
        np.testing.assert_array_equal(pull(ones), (4.0 * ones, ones))
        tangent = jvp(lambda x: weighted(x, x, weight=4.0), (x,), (ones,))[1]
        np.testing.assert_array_equal(tangent, 5.0 * ones)


def test_partials_are_evaluated_only_when_asked_for() -> None:
    def loud(z: Any, x: Any, y: Any) -> Any:
        raise AssertionError("nobody asked")

    product = elementwise(lambda x, y: x * y, lambda z, x, y: y, loud, name="quiet product")
    assert grad(product)(2.0, 3.0) == 3.0
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(product(x, np.ones(2))))(np.ones(2)), [1.0, 1.0]
    )


class Method:
    def slope(self, z: Any, x: Any) -> Any:
        return 2.0 * x


def anything(*numbers: Any) -> Any:
    return 1.0


@pytest.mark.parametrize(
    ("partial", "reads"),
    [
        (lambda z, x: z, [True, False]),
        (lambda z, x: x.shape, [False, True]),
        (lambda z, x: (lambda: x)(), [False, True]),  # from within
        (lambda z, x: 1.0, [False, False]),
        (lambda z, x, order=1: order * x, [False, True]),
        (lambda z, *xs: z, [True, True]),  # from here on it cannot be told
        (anything, [True, True]),
        (np.arctan2, [True, True]),
        (Method().slope, [True, True]),
        (2.0, [False, False]),
        (None, [False, False]),
    ],
)
def test_what_a_partial_reads_is_told_from_its_code(partial: Any, reads: list[bool]) -> None:
    assert list(Elementwise(partial).reads((True,))) == reads
    assert list(Elementwise(partial).reads((False,))) == [False, False]


def test_what_several_partials_read_is_joined() -> None:
    rule = Elementwise(lambda z, x, y: y, lambda z, x, y: z)
    assert list(rule.reads((True, False))) == [False, False, True]
    assert list(rule.reads((False, True))) == [True, False, False]
    assert list(rule.reads((True, True))) == [True, False, True]


def test_abstract_rules_name_no_derivative() -> None:
    assert list(Rule().reads((True,))) == [True, True]


# --- linear -----------------------------------------------------------------------------------

joined = linear(
    lambda *xs: np.concatenate(xs),
    lambda needed, g, xs: [
        g[sum(len(x) for x in xs[:i]) :][: len(x)] if needed[i] else None for i, x in enumerate(xs)
    ],
    name="joined",
    jointly=True,
    variadic=True,
    structural=True,
)
indexed = linear(
    lambda x, y, index: x + y * index,
    lambda g, x, y, index: g,
    lambda g, x, y, index: g * index,
    None,
    name="x + index y",
    jointly=True,
)


def test_variadic_operands_each_get_their_share() -> None:
    a, b = np.array([1.0, 2.0]), np.array([3.0])
    _, pull = vjp(joined, a, b, a)
    for g, expected in zip(pull(np.arange(5.0)), ([0.0, 1.0], [2.0], [3.0, 4.0]), strict=True):
        np.testing.assert_array_equal(g, expected)
    moved = jvp(lambda b: joined(a, b, b * b), (b,), (np.ones(1),))[1]
    np.testing.assert_array_equal(moved, [0.0, 0.0, 1.0, 6.0])
    _, pull = vjp(lambda b: joined(a, b), b)
    np.testing.assert_array_equal(pull(np.arange(3.0))[0], [2.0])


def test_what_a_linear_operation_reads() -> None:
    # Jointly linear: what does not move (an index) is all that a transpose may look at.
    assert list(indexed.rule.reads((True, True, False))) == [False, False, False, True]
    assert list(joined.rule.reads((True, False))) == [False, False, False]
    # Else the other operands, of those that are asked about.
    product = Linear(lambda g, x, y: g * y, lambda g, x, y: g * x)
    assert list(product.reads((True, False))) == [False, False, True]
    assert list(product.reads((True, True))) == [False, True, True]


def test_a_missing_transpose_says_so() -> None:
    x, index = np.ones(2), np.array([3.0, 4.0])
    message = r"x \+ index y was declared without a derivative .* operand 2"
    with pytest.raises(NotDifferentiableError, match=message):
        grad(lambda i: np.sum(indexed(x, x, i)))(index)
    out, moved = jvp(lambda y: indexed(x, y, index), (x,), (np.ones(2),))
    np.testing.assert_array_equal(out, [4.0, 5.0])
    np.testing.assert_array_equal(moved, [3.0, 4.0])
    np.testing.assert_array_equal(grad(lambda y: np.sum(indexed(x, y, index)))(x), index)


def test_moving_an_operand_without_transpose_is_refused_forward_too() -> None:
    x, index = np.ones(2), np.array([3.0, 4.0])
    with pytest.raises(NotDifferentiableError, match="operand 2"):
        jvp(lambda i: indexed(x, x, i), (index,), (np.ones(2),))
    squared = linear(lambda x, i: x * i**2, lambda g, x, i: g * i**2, None, name="x times i**2")
    with pytest.raises(NotDifferentiableError, match="operand 1"):
        jvp(lambda i: squared(x, i), (index,), (np.ones(2),))


# --- general ----------------------------------------------------------------------------------

cube_back = general(lambda x: x**3, vjp=lambda g, z, x, needed: [3.0 * g * x**2], name="cube back")
cube_forth = general(lambda x: x**3, jvp=lambda ts, z, x: 3.0 * ts[0] * x**2, name="cube forth")
cube_both = general(
    lambda x: x**3,
    vjp=lambda g, z, x, needed: [3.0 * g * x**2],
    jvp=lambda ts, z, x: 3.0 * ts[0] * x**2,
    name="cube both",
)


@pytest.mark.parametrize("cube", [cube_back, cube_forth, cube_both], ids=lambda p: p.name)
def test_one_mode_gives_the_other(cube: Any) -> None:
    # Small integers: every number below is exact.
    assert grad(cube)(2.0) == 12.0
    assert jvp(cube, (2.0,), (1.0,))[1] == 12.0
    assert grad(grad(cube))(2.0) == 12.0
    assert grad(grad(grad(cube)))(2.0) == 6.0
    assert jvp(grad(cube), (2.0,), (1.0,))[1] == 12.0
    assert grad(lambda x: jvp(cube, (x,), (1.0,))[1])(2.0) == 12.0
    x = np.array([1.0, 2.0])
    for mode in ("forward", "reverse"):
        np.testing.assert_array_equal(jacobian(cube, mode=mode)(x), [[3.0, 0.0], [0.0, 12.0]])
    np.testing.assert_array_equal(
        jacobian(grad(lambda x: np.sum(cube(x))))(x), [[6.0, 0.0], [0.0, 12.0]]
    )


def test_a_vjp_is_told_what_is_needed() -> None:
    seen = []

    def back(g: Any, z: Any, x: Any, y: Any, needed: Any) -> list[Any]:
        seen.append(tuple(needed))
        return [g * y, g * x]  # what was not needed is dropped

    product = general(lambda x, y: x * y, vjp=back, name="watched product")
    assert grad(product)(2.0, 3.0) == 3.0
    assert grad(product, argnums=(0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert seen == [(True, False), (True, True)]


def test_a_rule_of_the_wrong_shape_is_named() -> None:
    wrong = general(lambda x: np.sum(x), vjp=lambda g, z, x, needed: [g], name="wrong sum")
    with pytest.raises(
        ShapeError, match=r"wrong sum gave operand 0 .* shape \(\); expected \(3,\)"
    ):
        grad(wrong)(np.ones(3))


@pytest.mark.parametrize(
    ("given", "got"), [(2.0, "float"), ([], "0 entries"), ((1.0, 1.0), "2 entries"), (None, "None")]
)
def test_a_rule_gives_a_cotangent_per_operand(given: Any, got: str) -> None:
    wrong = general(lambda x: x, vjp=lambda g, z, x, needed: given, name=f"wrong, {got}")
    with pytest.raises(
        ShapeError, match=rf"vjp of wrong, {got} gave {got}.*; expected a list of 1"
    ):
        grad(wrong)(3.0)


def test_no_cotangent_is_a_zero_gradient() -> None:
    flat = general(lambda x: np.sign(x), vjp=lambda g, z, x, needed: [None], name="flat")
    assert grad(flat)(2.0) == 0.0
    assert jvp(flat, (2.0,), (1.0,)) == (1.0, 0.0)
    nothing = linear(lambda x: 0.0 * x, lambda g, x: None, name="nothing")
    np.testing.assert_array_equal(grad(lambda x: np.sum(nothing(x)))(np.ones(2)), np.zeros(2))
    still = general(lambda x: np.sign(x), jvp=lambda ts, z, x: None, name="still")
    assert grad(still)(2.0) == 0.0
    assert jvp(still, (2.0,), (1.0,)) == (1.0, 0.0)
