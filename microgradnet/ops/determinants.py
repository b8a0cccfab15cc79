"""Determinants, differentiated by cofactors: a singular matrix has them too.

The derivative of det is the matrix of cofactors, ``det(A) inv(A)'`` if A is regular. In
general, with the singular value decomposition ``A = U S V'``, it is ``det(U) det(V) U C V'``
where C is diagonal with the products of all other singular values (the cofactors of S);
one order up the products of all but two appear. M. Giles (2008), section 2.2.4, has the
regular case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..declare import arg, case, general, implements
from ..graph import Primitive, raw
from ..rules import shape_of
from ..steps import unpack
from .products import swap

SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


def _as_factor(g: Any) -> Any:
    """Give a number per matrix two more axes."""
    return np.reshape(g, (*shape_of(g), 1, 1))


def _trace(x: Any) -> Any:
    return _as_factor(np.einsum("...ii->...", x))


def _size(x: Any) -> Any:
    return np.abs(x).sum(-1).max(-1, initial=0.0)


def _regular(x: Any) -> tuple[Any, Any]:
    """Invert where that is safe: the inverse, and which matrices are well conditioned.

    A third of the digits may be lost; det times products of inverses is then still good.
    """
    eye = np.eye(x.shape[-1], dtype=x.dtype)
    invertible = np.linalg.slogdet(x)[0] != 0
    inverse = np.linalg.inv(np.where(_as_factor(invertible), x, eye))
    limit = float(np.finfo(x.dtype).eps) ** (-1 / 3)
    return inverse, invertible & (_size(x) * _size(inverse) < limit)


def _all_but_one(s: Any) -> Any:
    """Multiply all numbers but each, without dividing."""
    one = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([one, s[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([one, s[..., :0:-1]], -1), -1)[..., ::-1]
    return before * after


def _all_but_two(s: Any) -> Any:
    """Multiply all numbers but each pair; 0 on the diagonal."""
    n = s.shape[-1]
    out = np.zeros((*s.shape, n), s.dtype)
    for i in range(n):
        rest = s.copy()
        rest[..., i] = 1.0
        out[..., i, :] = _all_but_one(rest)
        out[..., i, i] = 0.0
    return out


def _decomposed(x: Any) -> tuple[Any, Any, Any, Any]:
    u, s, vh = np.linalg.svd(x)
    return u, s, vh, np.rint(_as_factor(np.linalg.det(u) * np.linalg.det(vh)))


def _cofactors(x: Any) -> Any:
    inverse, good = _regular(x)
    if good.all():
        return _as_factor(np.linalg.det(x)) * swap(inverse)
    u, s, vh, sign = _decomposed(x)
    return sign * (u * _all_but_one(s)[..., None, :]) @ vh


def _cofactors_along(x: Any, h: Any) -> Any:
    inverse, good = _regular(x)
    if good.all():
        w = inverse @ h
        return _as_factor(np.linalg.det(x)) * swap(_trace(w) * inverse - w @ inverse)
    u, s, vh, sign = _decomposed(x)
    # For diagonal S: row i, column j of cofactors(S) moves with -H_ji, and with the other
    # diagonal elements of H if i = j.
    pairs = _all_but_two(s)
    k = swap(u) @ h @ swap(vh)
    c = -pairs * swap(k)
    np.einsum("...ii->...i", c)[...] = (pairs @ np.einsum("...ii->...i", k)[..., None])[..., 0]
    return sign * u @ c @ vh


def _third(x: Any, h: Any, k: Any) -> Any:
    """Differentiate ``_cofactors_along(x, h)`` along `k`: of regular matrices; else nan."""
    n = shape_of(x)[-1]
    if n < 3:
        return np.zeros(shape_of(x), x.dtype)  # cofactors are constant, or linear
    good = _as_factor(_regular(raw(x))[1])
    x = np.where(good, x, np.eye(n, dtype=x.dtype))
    w = np.linalg.inv(x)
    a, b = w @ h, w @ k
    ab, ba = a @ b, b @ a
    total = _trace(b) * (_trace(a) * w - a @ w) - _trace(ba) * w - _trace(a) * (b @ w)
    total = _as_factor(np.linalg.det(x)) * (total + (ab + ba) @ w)
    return np.where(good, swap(total), np.nan)


# Each of these is symmetric in its directions: it is its own transpose.
cofactors: Primitive = general(
    _cofactors,
    vjp=lambda g, z, x, needed: [cofactors_along(x, g)],
    jvp=lambda ts, z, x: cofactors_along(x, ts[0]),
    name="cofactors",
)


def _along_jvp(ts: Sequence[Any], z: Any, x: Any, h: Any) -> Any:
    tx, th = ts
    moves = [] if tx is None else [_third(x, h, tx)]
    if th is not None:
        moves.append(cofactors_along(x, th))
    return moves[0] if len(moves) == 1 else moves[0] + moves[1]


cofactors_along: Primitive = general(
    _cofactors_along,
    vjp=lambda g, z, x, h, needed: [
        _third(x, h, g) if needed[0] else None,
        cofactors_along(x, g) if needed[1] else None,
    ],
    jvp=_along_jvp,
    name="cofactors_along",
)

_det = general(
    np.linalg.det,
    vjp=lambda g, z, x, needed: [_as_factor(g) * cofactors(x)],
    jvp=lambda ts, z, x: np.einsum("...ij,...ij->...", cofactors(x), ts[0]),
    name="det",
)


@implements(
    np.linalg.det,
    cases=[
        case(arg((3, 3))),
        case(arg((2, 3, 3), kind="square")),
        case(arg((1, 1))),
        case(arg((0, 0))),
        case(arg((2, 4, 4))),
    ],
)
def det(a: Any) -> Any:
    """Compute determinants, as :func:`numpy.linalg.det`.

    First and second derivatives are exact for singular matrices as well; there, third
    ones are nan.
    """
    return _det(a)


def _slogdet_vjp(g: Any, z: Any, x: Any, needed: Sequence[bool]) -> list[Any]:
    _, gl = g
    if gl is None:
        return [None]  # the sign is constant between jumps
    # Of a singular matrix the logarithm is -inf, and has no slope.
    singular = _as_factor(raw(z[1]) == -np.inf)
    inverse = np.linalg.inv(np.where(singular, np.eye(shape_of(x)[-1], dtype=x.dtype), x))
    return [np.where(singular, np.nan, _as_factor(gl) * swap(inverse))]


_slogdet = general(lambda x: tuple(np.linalg.slogdet(x)), vjp=_slogdet_vjp, name="slogdet")


@implements(
    np.linalg.slogdet,
    cases=[case(arg((3, 3), kind="square")), case(arg((2, 2, 2), kind="square"))],
)
def slogdet(a: Any) -> Any:
    """Compute sign and logarithm of determinants, as :func:`numpy.linalg.slogdet`."""
    return SlogdetResult(*unpack(_slogdet(a)))
