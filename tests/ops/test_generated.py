"""What follows from every declaration without another line: one test per promise and case.

The cases stand beside the functions (``@implements(..., cases=[...])``); elementwise
primitives are sampled from their declared domains, in shapes that broadcast.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from microgradnet import Value, grad, jvp, memory, vjp
from microgradnet.declare import CASES, Case, arg, case
from microgradnet.errors import DTypeError
from microgradnet.graph import PRIMITIVES, Primitive

from .. import checking
from ..checking import Call, NearKink, make_call

# Parameters that a primitive cannot be called without.
PARAMETERS: dict[str, dict[str, Any]] = {"sinc": {"order": 1}}

# What stands for operands that a primitive refuses to differentiate (masks, exponents): 0,
# or this.
HELD: dict[str, int] = {"ldexp": 2}

# Operands of several shapes together; one operand takes the first of each.
BROADCASTS: dict[str, tuple[tuple[int, ...], ...]] = {
    "scalars": ((), (), ()),
    "vectors": ((3,), (3,), (3,)),
    "rows": ((2, 3), (3,), ()),
    "both": ((2, 1), (1, 3), (2, 3)),
    "scalar-left": ((), (3,), (2, 1)),
    "empty": ((0,), (1,), (0,)),
    "empty-rows": ((0, 3), (3,), ()),
}


def title(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    return module.replace("numpy", "np", 1).replace("np.linalg._linalg", "np.linalg") + (
        f".{function.__name__}"
    )


def from_here(primitive: Primitive) -> bool:
    """Whether the library declares it, rather than some test that was imported before."""
    return not getattr(primitive.evaluate, "__module__", "").startswith(("tests", "test_"))


def smooth_operands(primitive: Primitive) -> list[bool]:
    return [d is not None for d in primitive.rule.partials]


def elementwise_case(primitive: Primitive, shapes: tuple[tuple[int, ...], ...]) -> Case:
    operands = [
        arg(shape, span) if smooth else np.full(shape, HELD.get(primitive.name, 0))
        for shape, span, smooth in zip(
            shapes, primitive.domain, smooth_operands(primitive), strict=False
        )
    ]
    return case(*operands, **PARAMETERS.get(primitive.name, {}))


ELEMENTWISE = sorted(
    (p for p in PRIMITIVES.values() if p.rule.elementwise and from_here(p)), key=lambda p: p.name
)

# id -> (function, case)
ENTRIES: dict[str, tuple[Callable[..., Any], Case]] = {
    f"{title(function)}-{i}": (function, c)
    for function, cases in CASES.items()
    for i, c in enumerate(cases)
}
ENTRIES |= {
    f"{p.name}-{name}": (p, elementwise_case(p, shapes))
    for p in ELEMENTWISE
    for name, shapes in BROADCASTS.items()
    if len(p.domain) > 1 or name not in ("rows", "both", "scalar-left")
}

every_entry = pytest.mark.parametrize("entry", sorted(ENTRIES))
every_elementwise = pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)


def generator(entry: str) -> np.random.Generator:
    """Give a generator of numbers that are always the same for this entry."""
    return np.random.default_rng(zlib.crc32(entry.encode()))


def call_of(entry: str, rng: np.random.Generator) -> Call:
    function, c = ENTRIES[entry]
    return make_call(entry, function, c, rng)


@every_entry
def test_value_is_numpys(entry: str) -> None:
    checking.check_value(call_of(entry, generator(entry)))


@every_entry
def test_first_order(entry: str) -> None:
    rng = generator(entry)
    checking.check_first_order(call_of(entry, rng), rng)


@every_entry
def test_modes_are_adjoint(entry: str) -> None:
    rng = generator(entry)
    checking.check_adjoint(call_of(entry, rng), rng)


@every_entry
def test_second_order(entry: str) -> None:
    rng = generator(entry)
    checking.check_second_order(call_of(entry, rng), rng)


@every_entry
def test_float32(entry: str) -> None:
    rng = generator(entry)
    checking.check_float32(call_of(entry, rng), rng)


# The operands by which NumPy does not find out that a Value is there.
UNSEEN = {f"np.full_like-{i}": 1 for i in range(3)} | {"np.select-0": 1}
UNSEEN |= {"np.nanvar-5": 1, "np.nanstd-5": 1}


@pytest.mark.parametrize("other", [np.int8, np.bool, np.float64])
@pytest.mark.parametrize(
    "entry", sorted(e for e, (f, _) in ENTRIES.items() if not isinstance(f, Primitive))
)
def test_dtypes_beside_others_are_numpys(entry: str, other: Any) -> None:
    call = call_of(entry, generator(entry))
    for i, x in enumerate(call.xs):
        xs = [np.rint(y).astype(other) if np.shape(y) else y for y in call.xs]
        xs[i] = np.asarray(x, np.float32)
        try:
            expected = call.f(*xs)
        except (TypeError, np.linalg.LinAlgError):
            continue  # NumPy subtracts no booleans, and some are singular
        if UNSEEN.get(entry) == i:
            continue
        xs[i] = Value(xs[i])
        try:
            found = call.f(*xs)
        except DTypeError as error:
            assert "cut the values down" in str(error)  # NumPy does that silently
        else:
            assert [y.dtype for y in found] == [np.asarray(y).dtype for y in expected]


@every_entry
def test_large_arrays(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The engine forgets numbers of large arrays that no derivative should read, and sums and
    # multiplies into their memory. Here every array counts as large.
    monkeypatch.setattr(memory, "LARGE", 0)
    rng = generator(entry)
    call = call_of(entry, rng)
    held = [np.array(x) for x in call.xs]
    checking.check_first_order(call, rng)
    checking.check_adjoint(call, rng)
    checking.check_second_order(call, rng)
    for x, before in zip(call.xs, held, strict=True):
        np.testing.assert_array_equal(x, before)


def asks_memory(c: Case) -> bool:
    """Whether a case says ``order="K"`` or ``order="A"``: as it lies in memory."""
    return any(isinstance(o, str) and o in "KA" for o in (*c.args, *c.kwargs.values()))


def scattered(x: Any) -> Any:
    """Give the same numbers in memory of another order, with gaps; scalars as they are."""
    if not np.shape(x):
        return x
    wide = np.full((2 * x.shape[-1], *x.shape[:-1]), np.nan)
    view = np.moveaxis(wide, 0, -1)[..., ::-2]
    view[...] = x
    return view


@pytest.mark.parametrize("entry", sorted(e for e, (_, c) in ENTRIES.items() if not asks_memory(c)))
def test_memory_order_does_not_matter(entry: str) -> None:
    rng = generator(entry)
    call = call_of(entry, rng)
    elsewhere = tuple(map(scattered, call.xs))
    out, pull = vjp(call.f, *call.xs)
    again, pull_again = vjp(call.f, *elsewhere)
    checking.equal(again, out, "the value")
    ws = list(checking.directions(out, rng))
    checking.equal(pull_again([scattered(w) for w in ws]), pull(ws), "the gradient")
    ts = checking.directions(call.xs, rng)
    moved = jvp(call.f, elsewhere, tuple(map(scattered, ts)))[1]
    checking.equal(moved, jvp(call.f, call.xs, ts)[1], "the tangent")


@given(entry=st.sampled_from(sorted(ENTRIES)), seed=st.integers(0, 2**32 - 1))
def test_any_entry_at_any_sample(entry: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    call = call_of(entry, rng)
    try:
        checking.check_value(call)
        checking.check_first_order(call, rng)
        checking.check_adjoint(call, rng)
        checking.check_second_order(call, rng)
    except NearKink:
        assume(False)


@every_elementwise
def test_python_floats_stay_python_floats(primitive: Primitive) -> None:
    rng = generator(primitive.name)
    params = PARAMETERS.get(primitive.name, {})
    smooth = smooth_operands(primitive)
    c = elementwise_case(primitive, ((),) * len(smooth))
    xs = [checking.sample(a, rng) if isinstance(a, arg) else int(a) for a in c.args]
    z = primitive(*[Value(x) if s else x for x, s in zip(xs, smooth, strict=True)], **params)
    assert type(z.data) is float
    expected = primitive.evaluate(*map(np.float64, xs), **params) if all(smooth) else z.data
    checking.equal(z.data, expected, "a float beside a float64")

    places = [i for i, s in enumerate(smooth) if s]

    def f(*moving: Any) -> Any:
        operands = list(xs)
        for i, x in zip(places, moving, strict=True):
            operands[i] = x
        return primitive(*operands, **params)

    primals = tuple(xs[i] for i in places)
    gs = grad(f, argnums=tuple(range(len(places))))(*primals)
    assert all(type(g) is float for g in gs)
    out, tangent = jvp(f, primals, (1.0,) * len(places))
    assert type(out) is float
    assert type(tangent) is float
    checking.equal([tangent], [sum(gs)], "forward beside reverse")

    a = tuple(np.asarray(x) for x in primals)
    checking.equal(vjp(f, *a)[1](1.0), gs, "gradients of floats beside those of 0-d arrays")


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8])
@pytest.mark.parametrize(
    "primitive", [p for p in ELEMENTWISE if len(p.domain) == 2], ids=lambda p: p.name
)
def test_integer_partners(primitive: Primitive, dtype: Any) -> None:
    rng = generator(primitive.name)
    partner = np.array([[1], [2]], dtype)
    smooth = smooth_operands(primitive)
    for i, span in enumerate(primitive.domain):
        if not smooth[i]:
            continue

        def f(x: Any, place: int = i) -> list[Any]:
            return [primitive(*((x, partner) if place == 0 else (partner, x)))]

        call = Call(primitive.name, f, (checking.sample(arg((3,), span), rng),))
        checking.check_value(call)
        checking.check_first_order(call, rng)
        checking.check_adjoint(call, rng)


@pytest.mark.parametrize(
    "primitive",
    [p for p in ELEMENTWISE if not all(smooth_operands(p))],
    ids=lambda p: p.name,
)
def test_operands_without_a_derivative_refuse(primitive: Primitive) -> None:
    smooth = smooth_operands(primitive)
    for i in [i for i, s in enumerate(smooth) if not s]:
        with pytest.raises(
            TypeError, match=rf"{primitive.name} was declared without .* operand {i}"
        ):
            primitive.rule.partial(primitive, i)
