"""Declarations: one line makes an operation with every derivative; mistakes are refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from microgradnet import Value, elementwise, general, grad, jvp, linear
from microgradnet.declare import (
    ACCEPTED,
    CASES,
    NUMPY,
    POSITIONAL,
    REAL,
    arg,
    case,
    check_keywords,
    implements,
)
from microgradnet.errors import RegistryError, UnknownKeywordError
from microgradnet.graph import PRIMITIVES

from . import checking
from .checking import Call

# --- operations of one's own ------------------------------------------------------------------

softplus = elementwise(
    lambda x: np.log1p(np.exp(x)), lambda z, x: 1.0 / (1.0 + np.exp(-x)), name="declared softplus"
)
every_other = linear(
    lambda x: x[::2],
    lambda g, x: np.reshape(np.stack([g, 0.0 * g], -1), x.shape),
    name="declared every other",
)
squared_norm = general(
    lambda x: np.sum(x * x), vjp=lambda g, z, x, needed: [2.0 * g * x], name="declared squared norm"
)


@pytest.mark.parametrize("operation", [softplus, every_other, squared_norm], ids=lambda p: p.name)
def test_one_declaration_serves_every_walk(operation: Any) -> None:
    rng = np.random.default_rng(12)
    call = Call(operation.name, lambda x: [operation(x)], (rng.normal(size=4),))
    checking.check_value(call)
    checking.check_first_order(call, rng)
    checking.check_adjoint(call, rng)
    checking.check_second_order(call, rng)
    checking.check_float32(call, rng)


def test_floats_take_the_same_declaration() -> None:
    assert grad(softplus)(0.0) == 0.5
    assert type(softplus(Value(0.0)).data) is float
    assert grad(grad(softplus))(0.0) == 0.25


def test_a_scalar_and_an_array_version_are_chosen_by_type() -> None:
    seen = []

    def noted(kind: str) -> Any:
        def evaluate(x: Any) -> Any:
            seen.append(kind)
            return 2.0 * x

        return evaluate

    double = elementwise(
        noted("any"), 2, name="declared double", scalar=noted("scalar"), array=noted("array")
    )
    double(Value(1.0))
    double(1.0)
    double(Value(np.ones(2)))
    double(np.ones(2))
    assert seen == ["scalar", "scalar", "array", "array"]
    assert grad(double)(1.0) == 2.0


def test_names_default_to_the_functions() -> None:
    def named_by_itself(x: Any) -> Any:
        return x

    p = linear(named_by_itself, lambda g, x: g)
    assert p.name == "named_by_itself"
    assert PRIMITIVES["named_by_itself"] is p

    def named_too(x: Any) -> Any:
        return x

    assert elementwise(named_too, 1.0).name == "named_too"

    def named_generally(x: Any) -> Any:
        return x

    assert general(named_generally, vjp=lambda g, z, x, needed: [g]).name == "named_generally"


def test_domains_are_everything_unless_said() -> None:
    assert softplus.domain == (REAL,)
    assert PRIMITIVES["log"].domain == ((0.0, np.inf),)


def test_a_ufunc_is_reached_under_its_own_name() -> None:
    gcd = np.gcd  # integers only: no derivative here, until one is declared
    assert gcd not in NUMPY
    try:
        p = elementwise(gcd, 0.0, 0.0)
        assert NUMPY[gcd] is p
        assert p.name == "gcd"
        assert ACCEPTED[gcd] == frozenset()
    finally:
        for table in (NUMPY, ACCEPTED):
            table.pop(gcd, None)
        PRIMITIVES.pop("gcd", None)


def test_a_general_rule_needs_a_derivative() -> None:
    with pytest.raises(RegistryError, match=r"needs a vjp, a jvp, or both; got neither"):
        general(lambda x: x, name="declared without derivative")
    assert "declared without derivative" not in PRIMITIVES


@pytest.mark.parametrize(
    "declare",
    [
        lambda f: elementwise(f, 1.0, 1.0, 1.0, name="more rules than operands"),
        lambda f: linear(f, *[lambda g, x, y: g] * 3, name="more rules than operands"),
    ],
)
def test_more_derivatives_than_operands_are_refused(declare: Any) -> None:
    with pytest.raises(RegistryError, match=r"takes 2 operand\(s\), but 3 \w+ were given"):
        declare(lambda x, y: x + y)
    assert "more rules than operands" not in PRIMITIVES


def test_where_the_number_of_operands_is_not_known_no_rule_is_refused() -> None:
    compiled = math.hypot  # that it takes any number, nobody says
    try:
        for f, name in ((compiled, "of any number"), (lambda *xs: sum(xs), "of more of them")):
            assert elementwise(f, 1.0, 1.0, 1.0, name=name)(0.0, 3.0, 4.0) > 0
    finally:
        for name in ("of any number", "of more of them"):
            PRIMITIVES.pop(name, None)


@pytest.mark.parametrize(
    "declare",
    [
        lambda: elementwise(lambda x: x, 1.0, name="sin"),
        lambda: linear(lambda x: x, lambda g, x: g, name="sin"),
        lambda: general(lambda x: x, vjp=lambda g, z, x, needed: [g], name="sin"),
    ],
)
def test_names_are_given_once(declare: Any) -> None:
    with pytest.raises(RegistryError, match="named 'sin' exists already"):
        declare()


# --- NumPy functions --------------------------------------------------------------------------


def test_implements_registers_the_function_its_keywords_and_its_cases() -> None:
    def first(a: Any, axis: int = 0) -> Any:
        """Not NumPy's."""

    def stand_in(a: Any, /, axis: int = 0, *rest: Any, keepdims: bool = False) -> Any:
        return a * 2.0

    try:
        returned = implements(first, cases=[case(arg((2,)), axis=0)])(stand_in)
        assert returned is stand_in
        assert NUMPY[first] is stand_in
        assert ACCEPTED[first] == {"axis", "keepdims"}
        (only,) = CASES[first]
        assert only.args == (arg((2,)),)
        assert only.kwargs == {"axis": 0}
        with pytest.raises(RegistryError, match="numpy's first is implemented already"):
            implements(first)(stand_in)
    finally:
        for table in (NUMPY, ACCEPTED, POSITIONAL, CASES):
            table.pop(first, None)


def test_keywords_are_kept_dropped_or_refused() -> None:
    given = {"axis": 0, "out": None, "dtype": np._NoValue}  # type: ignore[attr-defined]
    assert check_keywords(np.sum, given) in ({"axis": 0}, {"axis": 0, "dtype": given["dtype"]})
    assert check_keywords(np.sum, {"out": None}) == {}
    assert check_keywords(np.full_like, {"order": "K", "subok": True}) == {}  # NumPy's defaults
    with pytest.raises(UnknownKeywordError, match=r"keyword order='F'; expected one of: .*dtype"):
        check_keywords(np.full_like, {"order": "F", "subok": True})
    with pytest.raises(
        UnknownKeywordError, match=r"sum\(\.\.\., out=.* lose its gradient; write a ="
    ):
        check_keywords(np.sum, {"out": 1})
    try:
        ACCEPTED[np.gcd] = frozenset()
        with pytest.raises(UnknownKeywordError, match="expected one of: none"):
            check_keywords(np.gcd, {"where": 1})
    finally:
        del ACCEPTED[np.gcd]


def _vjp_in_place(g: Any, z: Any, x: Any, needed: Any) -> list[Any]:
    g *= 2.0
    return [g]


def _jvp_in_place(ts: Any, z: Any, x: Any) -> Any:
    ts[0][...] *= 2.0
    return ts[0]


def _transpose_in_place(g: Any, x: Any) -> Any:
    return np.multiply(g, 2.0, out=g)


def _variadic_in_place(needed: Any, g: Any, xs: Any) -> list[Any]:
    g *= 2.0
    return [g]


IN_PLACE = {
    "vjp": lambda: general(lambda x: 2.0 * x, vjp=_vjp_in_place, name="vjp_in_place"),
    "jvp": lambda: general(lambda x: 2.0 * x, jvp=_jvp_in_place, name="jvp_in_place"),
    "transpose": lambda: linear(lambda x: 2.0 * x, _transpose_in_place, name="transpose_in_place"),
    "variadic": lambda: linear(
        lambda x: 2.0 * x, _variadic_in_place, variadic=True, jointly=True, name="variadic_in_place"
    ),
}


@pytest.mark.parametrize("how", IN_PLACE)
def test_a_rule_cannot_write_into_what_others_hold_too(how: str) -> None:
    twice, x, w = IN_PLACE[how](), np.ones(3), np.array([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="read-only"):
        if how == "jvp":
            jvp(twice, (x,), (w,))
        else:  # the cotangent of the sum is that of both its terms
            grad(lambda x: np.sum(w * (twice(x) + x)))(x)
    np.testing.assert_array_equal(w, [1.0, 2.0, 3.0])
