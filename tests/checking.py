"""The numerical tools that tests share: samples, finite differences, and one check per promise.

A check takes a `Call`, that is a function of some floats and arrays and where to evaluate it,
and compares what the library says of it with NumPy, with differences, or with itself.

How close is close. A central difference ``D(h) = (f(x + h) - f(x - h)) / 2h`` is off by its
truncation ``h**2 f''' / 6`` and by rounding, at most ``ROUNDING EPS S / h`` where `S` is the size
of the numbers that went through `f`. ``h = EPS**(1/3) max(1, |x|)`` makes the two alike. The
truncation need not be guessed: ``D(2h)`` has four times as much of it, so that ``|D(2h) - D(h)|``
is three times the truncation of ``D(h)``, which leaves room for higher orders. The sum of both
is the bound, entry by entry. Where it is not small the sample sits by a kink or a pole and
proves nothing; then `NearKink` is raised.

Two exact ways of computing one derivative (forward beside reverse, two orders of nesting)
differ by rounding alone: `EXACT`, relative to the size of the factors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet import Value, grad, jvp, vjp
from microgradnet.declare import Case, arg

EPS = float(np.finfo(np.float64).eps)
EPS32 = float(np.finfo(np.float32).eps)
STEP = EPS ** (1 / 3)

# An evaluation loses up to this many units of rounding: dozens of operations, or few whose
# condition is a dozen (the matrices sampled here have condition numbers below 10).
ROUNDING = 64.0
# Derivatives take some ten times the operations of the function, and some a squared condition.
EXACT = 1e-12
EXACT32 = 1e3 * EPS32
# A bound this wide, relative to the slopes, could hide a wrong factor.
SHARP = 1e-4

Numbers = Any  # a float or a floating array


class NearKink(Exception):
    """The sample is too near to a kink or a pole for differences to say anything."""


# --- samples ----------------------------------------------------------------------------------


def sample(a: arg, rng: np.random.Generator) -> Numbers:
    """Draw an operand: a Python float for shape (), else an array.

    Numbers keep their distance from the edges of their interval: a tenth of its length, or 0.2
    from the finite end of an infinite one. Without ends they keep 0.1 from 0 and from all
    multiples of a half, where functions like ``abs`` and ``rint`` have kinks and jumps.
    """
    low, high = a.domain
    if np.isfinite(low) and np.isfinite(high):
        margin = 0.1 * (high - low)
        x = rng.uniform(low + margin, high - margin, a.shape)
    elif np.isfinite(low):
        x = low + rng.uniform(0.2, 2.2, a.shape)
    elif np.isfinite(high):
        x = high - rng.uniform(0.2, 2.2, a.shape)
    else:
        x = 0.5 * rng.integers(-4, 4, a.shape) + rng.uniform(0.1, 0.4, a.shape)
    x = np.asarray(SHAPING[a.kind](x, rng), np.float64)
    return x if a.shape else float(x)


def _distinct(x: Any, rng: np.random.Generator) -> Any:
    # Ranks, each off by at most a fifth: any two are 0.6 of a rank apart.
    if not x.size:
        return x
    low, high = float(x.min()), float(x.max())
    gap = (high - low or 1.0) / x.size
    ranks = rng.permutation(x.size).reshape(x.shape)
    return low + gap * (ranks + rng.uniform(0.3, 0.7, x.shape))


def _rectangular(x: Any, rng: np.random.Generator) -> Any:
    # Singular values 1, 2, ...: full rank, well conditioned, and no two are close. The
    # leading square block of a wide matrix, from which QR starts, is well conditioned too.
    m, n = x.shape[-2:]
    while True:
        u, _ = np.linalg.qr(x)
        v, _ = np.linalg.qr(np.swapaxes(rng.normal(size=x.shape), -1, -2))
        full = (u * np.arange(1.0, min(m, n) + 1)) @ np.swapaxes(v, -1, -2)
        if m >= n or not full.size or np.linalg.cond(full[..., :m]).max() < 10.0:
            return full


def _spd(x: Any, rng: np.random.Generator) -> Any:
    # Eigenvalues 1, 2, ... in a random orthogonal basis.
    q, _ = np.linalg.qr(x)
    return (q * np.arange(1.0, x.shape[-1] + 1)) @ np.swapaxes(q, -1, -2)


def _diagonalizable(x: Any, rng: np.random.Generator) -> Any:
    # Real eigenvalues 1, 2, ... in a basis that is neither orthogonal nor far from it.
    n = x.shape[-1]
    v = np.eye(n) + rng.uniform(-0.4, 0.4, x.shape) / n
    return (v * np.arange(1.0, n + 1)) @ np.linalg.inv(v)


SHAPING: dict[str, Callable[[Any, np.random.Generator], Any]] = {
    "any": lambda x, rng: x,
    "distinct": _distinct,
    "spd": _spd,
    "square": _rectangular,
    "diagonalizable": _diagonalizable,
}


# --- calls ------------------------------------------------------------------------------------


def leaves(tree: Any) -> list[Any]:
    """Flatten tuples (named ones too), lists and dicts; None counts for nothing."""
    if isinstance(tree, tuple | list):
        return [leaf for branch in tree for leaf in leaves(branch)]
    if isinstance(tree, dict):
        return [leaf for branch in tree.values() for leaf in leaves(branch)]
    return [] if tree is None else [tree]


def is_floating(x: Any) -> bool:
    return isinstance(x, Value) or np.asarray(x).dtype.kind in "fc"


@dataclass(frozen=True)
class Call:
    """A function and where to evaluate it; ``call.f(*call.xs)`` lists the floating results."""

    name: str
    f: Callable[..., list[Any]]
    xs: tuple[Numbers, ...]

    def at(self, xs: Sequence[Numbers]) -> Call:
        return Call(self.name, self.f, tuple(xs))


def _itself(x: Any) -> Any:
    return x


def _symmetric_part(x: Any) -> Any:
    # NumPy reads one triangle of a symmetric matrix. Derivatives are those of functions of
    # symmetric matrices: what is varied is the part that all who read it agree upon.
    return 0.5 * (x + np.swapaxes(x, -1, -2))


def make_call(name: str, function: Callable[..., Any], case: Case, rng: Any) -> Call:
    """Sample the operands of a declared case."""
    xs: list[Numbers] = []

    def draw(tree: Any) -> Any:
        if isinstance(tree, arg):
            xs.append(sample(tree, rng))
            part = _symmetric_part if tree.kind == "spd" else _itself
            place = len(xs) - 1
            return lambda operands: part(operands[place])
        if isinstance(tree, tuple | list):
            parts = [draw(branch) for branch in tree]
            return lambda operands: type(tree)(part(operands) for part in parts)
        return lambda operands: tree

    args = [draw(a) for a in case.args]
    kwargs = {key: draw(a) for key, a in case.kwargs.items()}

    def f(*operands: Any) -> list[Any]:
        out = function(
            *[a(operands) for a in args], **{key: a(operands) for key, a in kwargs.items()}
        )
        return [_real_part(leaf) for leaf in leaves(out) if is_floating(leaf)]

    return Call(name, f, tuple(xs))


def _real_part(x: Any) -> Any:
    """Give real numbers their type: from NumPy 2.5 on `eig` calls its results complex always."""
    real = not isinstance(x, Value) and np.iscomplexobj(x) and not np.imag(x).any()
    return np.real(x) if real else x


def direction(like: Any, rng: np.random.Generator) -> Numbers:
    """Give a random direction of the shape and dtype of `like`, a float for a float."""
    shape = np.shape(like)
    t = rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
    return float(t) if isinstance(like, float) else np.asarray(t, np.asarray(like).dtype)


def directions(likes: Sequence[Any], rng: np.random.Generator) -> tuple[Numbers, ...]:
    return tuple(direction(x, rng) for x in likes)


def flat(numbers: Sequence[Any]) -> Any:
    """String numbers and arrays together into one vector."""
    return np.concatenate([np.ravel(np.asarray(x, np.float64)) for x in numbers] or [[]])


def size(numbers: Sequence[Any]) -> float:
    """The largest magnitude, at least 1."""
    return float(np.abs(flat(numbers)).max(initial=1.0))


def moved(xs: Sequence[Numbers], ts: Sequence[Numbers], h: float) -> tuple[Numbers, ...]:
    return tuple(x + h * t for x, t in zip(xs, ts, strict=True))


# --- finite differences -----------------------------------------------------------------------


def numeric_slope(
    f: Callable[..., Sequence[Any]], xs: Sequence[Numbers], ts: Sequence[Numbers]
) -> tuple[Any, Any]:
    """Differentiate along a direction; see the head of this file.

    Returns
    -------
    slope, bound : ndarray
        Vectors of all results, and how far each may be off.
    """
    reach = size(ts)
    h = STEP * size(xs) / reach
    low, near, far, high = (flat(f(*moved(xs, ts, k * h))) for k in (-2, -1, 1, 2))
    narrow, wide = (far - near) / (2 * h), (high - low) / (4 * h)
    rounding = ROUNDING * EPS * max(size([low]), size([high]), size(xs)) / h
    bound = np.abs(wide - narrow) + rounding
    if not (bound <= SHARP * size([narrow])).all():
        raise NearKink(f"differences are off by up to {bound.max()} at {xs}")
    return narrow, bound


def numeric_jacobian(f: Callable[..., Sequence[Any]], xs: Sequence[Numbers]) -> tuple[Any, Any]:
    """Give all partial derivatives and their bounds: a row per result, a column per operand."""
    columns, bounds = [], []
    for i, x in enumerate(xs):
        for k in np.ndindex(np.shape(x)):
            ts: list[Any] = [np.zeros(np.shape(y)) if np.shape(y) else 0.0 for y in xs]
            if np.shape(x):
                ts[i][k] = 1.0
            else:
                ts[i] = 1.0
            slope, bound = numeric_slope(f, xs, ts)
            columns.append(slope)
            bounds.append(bound)
    shape = (len(flat(f(*xs))), len(columns))
    return tuple(np.array(c).T.reshape(shape) for c in (columns, bounds))


def within(got: Any, expected: Any, bound: Any, what: str) -> None:
    """Assert that vectors are within `bound` of each other; NaN is within nothing."""
    got, expected = flat(leaves(got)), flat(leaves(expected))
    assert got.shape == expected.shape, f"{what}: {got.size} numbers, expected {expected.size}"
    off = np.abs(got - expected)
    assert (off <= bound).all(), f"{what}: got {got}, expected {expected}, off by {off} > {bound}"


def equal(got: Any, expected: Any, what: str, rtol: float = EXACT) -> None:
    """Assert that two exact ways to one result agree, normwise; infinities where expected."""
    got, expected = flat(leaves(got)), flat(leaves(expected))
    assert got.shape == expected.shape, f"{what}: {got.size} numbers, expected {expected.size}"
    finite = np.isfinite(expected)
    assert np.array_equal(got[~finite], expected[~finite], equal_nan=True), (
        f"{what}: got {got}, expected {expected}"
    )
    within(got[finite], expected[finite], rtol * size([expected[finite]]), what)


# --- the checks -------------------------------------------------------------------------------


def untraced(results: Any, what: str) -> list[Any]:
    """List the leaves of what a transform gave for raw inputs: raw, all of them."""
    out = leaves(results)
    for x in out:
        assert not isinstance(x, Value), f"{what} of raw inputs is the Value {x!r}"
    return out


def check_value(call: Call) -> None:
    """Assert that the function of Values is NumPy's of their data, and that none is detached."""
    expected = call.f(*call.xs)
    got = call.f(*map(Value, call.xs))
    assert len(got) == len(expected)
    for z, number in zip(got, expected, strict=True):
        assert isinstance(z, Value), f"{call.name} gave {z!r}, cut off from its graph"
        assert z.shape == np.shape(number)
        assert z.dtype == np.asarray(number).dtype
        equal(z.data, number, f"the value of {call.name}")


def check_first_order(call: Call, rng: np.random.Generator) -> None:
    """Assert that reverse and forward mode agree with differences in every entry."""
    jac, bound = numeric_jacobian(call.f, call.xs)
    out, pull = vjp(call.f, *call.xs)
    ws = directions(out, rng)
    gs = untraced(pull(list(ws)), "vjp")
    for x, g in zip(call.xs, gs, strict=True):
        assert type(g) is type(x), f"the gradient of a {type(x).__name__} is a {type(g).__name__}"
        assert np.shape(g) == np.shape(x)
    w = flat(ws)
    within(gs, w @ jac, np.abs(w) @ bound, f"reverse mode of {call.name} beside differences")

    ts = directions(call.xs, rng)
    moves = untraced(jvp(call.f, call.xs, ts)[1], "jvp")
    assert [np.shape(m) for m in moves] == [np.shape(z) for z in out]
    t = flat(ts)
    within(moves, jac @ t, bound @ np.abs(t), f"forward mode of {call.name} beside differences")


def check_adjoint(call: Call, rng: np.random.Generator) -> None:
    """Assert that the two modes are each other's transpose: <w, J t> = <J' w, t>."""
    out, pull = vjp(call.f, *call.xs)
    ws, ts = directions(out, rng), directions(call.xs, rng)
    w, t = flat(ws), flat(ts)
    jt = flat(jvp(call.f, call.xs, ts)[1])
    wj = flat(pull(list(ws)))
    scale = np.linalg.norm(w) * np.linalg.norm(jt) + np.linalg.norm(wj) * np.linalg.norm(t)
    within([w @ jt], [wj @ t], EXACT * max(1.0, scale), f"<w, J t> = <J' w, t> of {call.name}")


def scalar_of(call: Call, ws: Sequence[Any]) -> Callable[..., Any]:
    """Make one curved number of all results: linear functions get second derivatives too."""

    def loss(*xs: Any) -> Any:
        total: Any = 0.0
        for w, z in zip(ws, call.f(*xs), strict=True):
            total = total + np.sum(w * (z + 0.5 * z * z))
        return total

    return loss


def check_second_order(call: Call, rng: np.random.Generator) -> None:
    """Assert that second derivatives are right in all four compositions of the modes."""
    loss = scalar_of(call, directions(call.f(*call.xs), rng))
    xs, ts = call.xs, directions(call.xs, rng)
    every = tuple(range(len(xs)))
    gradient = grad(loss, argnums=every)

    def slope(*ys: Any) -> Any:
        return jvp(loss, ys, ts)[1]

    hessian_t = untraced(jvp(gradient, xs, ts)[1], "jvp of grad")
    numeric, bound = numeric_slope(gradient, xs, ts)
    within(hessian_t, numeric, bound, f"forward over reverse of {call.name} beside differences")
    back = vjp(gradient, *xs)[1](ts)  # the Hessian is symmetric
    equal(back, hessian_t, f"reverse over reverse of {call.name}")
    equal(grad(slope, argnums=every)(*xs), hessian_t, f"reverse over forward of {call.name}")
    twice = flat(hessian_t) @ flat(ts)
    scale = size(hessian_t) * max(1.0, float(np.abs(flat(ts)).sum()))
    within([jvp(slope, xs, ts)[1]], [twice], EXACT * scale, f"forward over forward of {call.name}")
    for x, g in zip(xs, hessian_t, strict=True):
        assert type(g) is type(x), f"the tangent of a {type(x).__name__} is a {type(g).__name__}"


def check_float32(call: Call, rng: np.random.Generator) -> None:
    """Assert that float32 operands get float32 gradients, and what NumPy makes of them."""
    narrow = tuple(np.asarray(x, np.float32) for x in call.xs)
    wide = tuple(x.astype(np.float64) for x in narrow)
    expected = call.f(*narrow)
    out, pull = vjp(call.f, *narrow)
    for z, number in zip(out, expected, strict=True):
        assert np.asarray(z).dtype == np.asarray(number).dtype, (
            f"{call.name} of float32 is {np.asarray(z).dtype}, NumPy's is {number.dtype}"
        )
    equal(out, call.f(*wide), f"{call.name} of float32", EXACT32)

    ws, ts = directions(out, rng), directions(narrow, rng)
    gs = pull(list(ws))
    for g in gs:
        assert np.asarray(g).dtype == np.float32, f"the gradient of {call.name} is {g.dtype}"
    moves = jvp(call.f, narrow, ts)[1]
    for m, z in zip(moves, out, strict=True):
        assert np.asarray(m).dtype == np.asarray(z).dtype, f"the tangent of {call.name}: {m.dtype}"

    exact_out, exact_pull = vjp(call.f, *wide)
    ws64 = [np.asarray(w, np.asarray(z).dtype) for w, z in zip(ws, exact_out, strict=True)]
    equal(gs, exact_pull(ws64), f"float32 gradient of {call.name}", EXACT32)
    ts64 = tuple(t.astype(np.float64) for t in ts)
    exact = jvp(call.f, wide, ts64)[1]
    equal(moves, exact, f"float32 tangent of {call.name}", EXACT32)
