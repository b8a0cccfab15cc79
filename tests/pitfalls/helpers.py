"""Checks that every pitfall test shares: both modes, all spellings, against finite differences.

Tolerances are derived here, once, and relative to the largest entry of what is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from microgradnet import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

EPS = float(np.finfo(np.float64).eps)
EPS32 = float(np.finfo(np.float32).eps)

# Two exact formulas for one number, in float64: fewer than 100 operations on well scaled
# operands, each off by half an ulp, and condition numbers of at most 100.
ROUNDING = 1e4 * EPS

# The same in float32, where no sample is worse conditioned than 10.
ROUNDING32 = 1e2 * EPS32

# Five-point differences with step h lose 1.5 EPS |f| / h to rounding and
# h**4 |f'''''| / 30 to truncation; h = EPS**(1/5) makes both a multiple of EPS**(4/5).
# Samples lie at unit distance from poles and kinks, where fifth derivatives stay below 1e5.
STEP = EPS**0.2
NUMERIC = 1e4 * EPS**0.8

# Offsets in steps, and weights, of the five-point formula.
STENCIL = ((-2, 1 / 12), (-1, -8 / 12), (1, 8 / 12), (2, -1 / 12))


def close(got: Any, expected: Any, rtol: float, what: str) -> None:
    """Assert equal shapes and, normwise, equal numbers; NaN only where `expected` has it."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.shape == expected.shape, f"{what}: shape {got.shape}, expected {expected.shape}"
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, float(finite.max(initial=0.0)))
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * scale, err_msg=what)


def numeric_jacobian(f: Callable[[Any], Any], x: Any) -> Any:
    """Differentiate `f` by central differences: shape ``f(x).shape + x.shape``."""
    plain, x = isinstance(x, float), np.asarray(x, np.float64)
    columns = []
    for i in np.ndindex(x.shape):
        h = STEP * max(1.0, abs(float(x[i])))
        total: Any = 0.0
        for k, weight in STENCIL:
            moved = x.copy()
            moved[i] += k * h
            total = total + weight / h * np.asarray(f(float(moved) if plain else moved))
        columns.append(total)
    if not columns:
        return np.zeros(np.shape(f(x)) + x.shape)
    return np.stack(columns, -1).reshape(np.shape(columns[0]) + x.shape)


def dense(shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """Give a fixed direction without zeros or symmetries; a float if 0-d."""
    n = int(np.prod(shape))
    direction = np.cos(1.7 * np.arange(1, n + 1)).reshape(shape).astype(dtype)
    return direction if shape else direction[()].item()


def raw(result: Any) -> Any:
    """Assert that a transform of raw inputs gave raw numbers, and give them as an array."""
    assert not isinstance(result, Value), f"expected a raw number or array, got {result!r}"
    return np.asarray(result)


def check_first_order(
    f: Callable[[Any], Any], x: Any, expected: Any = None, *, numeric: bool = True
) -> None:
    """Assert that every first derivative of `f` at `x` is right, and all are the same.

    Parameters
    ----------
    f : callable
        Of one float or float64 array, to a float or array.
    x : float or ndarray
        Where.
    expected : array_like, optional
        The Jacobian, of shape ``f(x).shape + x.shape``; required where `numeric` is False.
    numeric : bool
        Whether to compare with finite differences too (not at kinks and ties whose
        documented derivative is one-sided).
    """
    assert numeric or expected is not None
    plain = np.asarray(f(x))
    j = raw(jacobian(f)(x))
    if expected is not None:
        close(j, expected, ROUNDING, "jacobian beside the expected numbers")
    if numeric:
        with np.errstate(all="ignore"):
            close(j, numeric_jacobian(f, x), NUMERIC, "jacobian beside finite differences")
    assert np.isfinite(j).all(), j
    close(raw(jacobian(f, mode="reverse")(x)), j, ROUNDING, "reverse jacobian")
    close(raw(jacobian(f, mode="forward")(x)), j, ROUNDING, "forward jacobian")

    n = plain.ndim
    out, pull = vjp(f, x)
    close(raw(out), plain, ROUNDING, "value under vjp")
    w = dense(plain.shape)
    (c,) = pull(w)
    close(raw(c), np.tensordot(w, j, n), ROUNDING, "vjp with a dense cotangent")
    assert raw(c).dtype == np.float64

    t = dense(np.shape(x))
    out, moved = jvp(f, (x,), (t,))
    close(raw(out), plain, ROUNDING, "value under jvp")
    close(raw(moved), np.tensordot(j, t, np.ndim(x)), ROUNDING, "jvp with a dense tangent")

    if n == 0:
        value, g = value_and_grad(f)(x)
        close(raw(value), plain, ROUNDING, "value")
        close(raw(g), j, ROUNDING, "value_and_grad")
        close(raw(grad(f)(x)), j, ROUNDING, "grad")
        if isinstance(x, float):
            assert type(g) is float, f"the gradient of a float is a float, got {type(g)}"


def check_second_order(
    f: Callable[[Any], Any], x: Any, expected: Any = None, *, numeric: bool = True
) -> None:
    """Assert that the Hessian of a scalar `f` at `x` is right in every composition of modes."""
    assert numeric or expected is not None
    h = raw(hessian(f)(x))
    if expected is not None:
        close(h, expected, ROUNDING, "hessian beside the expected numbers")
    if numeric:
        close(h, numeric_jacobian(grad(f), x), NUMERIC, "hessian beside differences of grad")
    assert np.isfinite(h).all(), h
    close(raw(jacobian(grad(f), mode="reverse")(x)), h, ROUNDING, "reverse over reverse")
    close(raw(jacobian(grad(f), mode="forward")(x)), h, ROUNDING, "forward over reverse")

    n = np.ndim(x)
    t = dense(np.shape(x))
    ht = np.tensordot(h, t, n)
    close(raw(hvp(f, (x,), (t,))), ht, ROUNDING, "hvp")

    def slope(y: Any) -> Any:
        return jvp(f, (y,), (t,))[1]

    close(raw(grad(slope)(x)), ht, ROUNDING, "reverse over forward")
    u = dense((*np.shape(x), 2))[..., 1] if n else 0.5
    twice = raw(jvp(slope, (x,), (u,))[1])
    close(twice, np.tensordot(ht, u, n), ROUNDING, "forward over forward")


def check_float32(f: Callable[[Any], Any], x: Any) -> None:
    """Assert that value, gradient and tangent of float32 data are float32, and right."""
    x = np.asarray(x, np.float32)
    out, pull = vjp(f, x)
    assert raw(out).dtype == np.float32, f"value is {raw(out).dtype}"
    w = np.asarray(dense(np.shape(out)), np.float32)
    (g,) = pull(w if w.ndim else w[()])
    assert raw(g).dtype == np.float32, f"gradient is {raw(g).dtype}"
    t = np.asarray(dense(x.shape), np.float32)
    _, moved = jvp(f, (x,), (t if t.ndim else t[()],))
    assert raw(moved).dtype == np.float32, f"tangent is {raw(moved).dtype}"

    wide = x.astype(np.float64)
    j = raw(jacobian(f)(wide if wide.ndim else float(wide)))
    close(g, np.tensordot(w.astype(np.float64), j, w.ndim), ROUNDING32, "float32 gradient")
    close(moved, np.tensordot(j, t.astype(np.float64), t.ndim), ROUNDING32, "float32 tangent")


def check_loud(f: Callable[[Any], Any], x: Any, truth: float | None = None) -> None:
    """Assert that second derivatives of a scalar `f` at a kink are NaN (or the `truth`).

    Never a finite number that is not the derivative, in any composition of modes.
    """

    def slope(y: Any) -> Any:
        return jvp(f, (y,), (1.0,))[1]

    for what, second in (
        ("grad of grad", lambda: grad(grad(f))(x)),
        ("hessian", lambda: hessian(f)(x)),
        ("grad of jvp", lambda: grad(slope)(x)),
        ("jvp of jvp", lambda: jvp(slope, (x,), (1.0,))[1]),
        ("jvp of grad", lambda: jvp(grad(f), (x,), (1.0,))[1]),
    ):
        got = float(raw(second()))
        assert np.isnan(got) or (truth is not None and abs(got - truth) <= ROUNDING * abs(truth)), (
            f"{what} at a kink gave {got}; expected nan{'' if truth is None else f' or {truth}'}"
        )
