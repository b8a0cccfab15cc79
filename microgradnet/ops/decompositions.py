"""Matrix decompositions: cholesky, qr, eigenvalues, singular values.

NumPy reads one triangle of a symmetric matrix; derivatives are those of functions of
symmetric matrices: a cotangent is symmetric, and of a tangent the symmetric part counts (as in
JAX and PyTorch). Where eigenvalues or singular values coincide (within rounding), vectors
have no derivative: it is nan, unless no derivative of these vectors is asked for. That of
the values is right, for functions in which coinciding values play the same part.

Formulas: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008); I. Murray, "Differentiation of the Cholesky
decomposition" (2016); S. Walter and L. Lehmann, "Algorithmic differentiation of linear
algebra functions with application in optimum experimental design" (2010), for QR;
J. Townsend, "Differentiating the singular value decomposition" (2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..declare import arg, case, general, implements
from ..errors import NotDifferentiableError, ShapeError
from ..graph import raw
from ..rules import shape_of
from ..steps import unpack
from .arithmetic import at_kink
from .products import swap

SPD, SQUARE, REAL_EIG = "spd", "square", "diagonalizable"
# NumPy's own named tuples.
EighResult: Any = type(np.linalg.eigh(np.eye(1)))
EigResult: Any = type(np.linalg.eig(np.eye(1)))
QRResult: Any = type(np.linalg.qr(np.eye(1)))
SVDResult: Any = type(np.linalg.svd(np.eye(1)))


def _symmetric(x: Any) -> Any:
    return 0.5 * (x + swap(x))


def _with_diagonal(x: Any, d: Any) -> Any:
    """Put `d` on the diagonal of square matrices."""
    return np.where(np.eye(shape_of(x)[-1], dtype=bool), d[..., None, :], x)


def _rounding(values: Any, n: int) -> Any:
    """How far apart values may come out that are equal: shape (..., 1)."""
    values = np.abs(raw(values))
    return n * np.finfo(values.dtype).eps * values.max(-1, initial=0.0, keepdims=True)


def _over(x: Any, gap: Any, closed: Any) -> Any:
    """``x / gap``, where a gap is closed nan, but 0 where `x` is 0: nobody asked.

    That 0 is a choice, of which a further derivative is nan.
    """
    quotient = x / np.where(closed, np.nan, gap)
    return at_kink(closed & (raw(x) == 0), 0.0, quotient)


def _closed(values: Any, n: int) -> Any:
    """Say which pairs of different values are equal, within rounding."""
    gap = np.abs(raw(values)[..., None, :] - raw(values)[..., :, None])
    return (gap <= _rounding(values, n)[..., None]) & ~np.eye(shape_of(values)[-1], dtype=bool)


def _lost(g: Any, values: Any, n: int) -> Any:
    """Make nan of what asks about vectors (columns) whose values are equal."""
    lost = _closed(values, n).any(-1) & (raw(g) != 0).any(-2)
    return g * np.where(lost, np.nan, 1.0).astype(g.dtype)[..., None, :] if lost.any() else g


def _between(x: Any, values: Any, n: int) -> Any:
    """``x_ij / (v_j - v_i)``, 0 on the diagonal."""
    gap = values[..., None, :] - values[..., :, None]
    eye = np.eye(shape_of(values)[-1], dtype=bool)
    return np.where(eye, 0.0, _over(x, np.where(eye, 1.0, gap), _closed(values, n)))


# --- cholesky -----------------------------------------------------------------------------------


def _cholesky_vjp(g: Any, z: Any, x: Any, needed: Sequence[bool], upper: bool) -> list[Any]:
    if upper:
        z, g = swap(z), swap(g)
    n = shape_of(x)[-1]
    # The lower triangle with half of the diagonal (Murray 2016, eq. 10).
    half = np.tri(n, dtype=x.dtype) - 0.5 * np.eye(n, dtype=x.dtype)
    zt = swap(z)
    left = np.linalg.solve(zt, half * (zt @ g))
    return [_symmetric(np.linalg.solve(zt, swap(left)))]


_cholesky = general(np.linalg.cholesky, vjp=_cholesky_vjp, name="cholesky")


@implements(
    np.linalg.cholesky,
    cases=[
        case(arg((3, 3), kind=SPD)),
        case(arg((2, 2, 2), kind=SPD), upper=True),
        case(arg((1, 1), kind=SPD)),
        case(arg((0, 0), kind=SPD)),
    ],
)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Factor positive definite matrices, as :func:`numpy.linalg.cholesky`.

    The derivative treats `a` as symmetric: the cotangent is symmetric.
    """
    return _cholesky(a, upper=upper)


# --- qr -----------------------------------------------------------------------------------------


def _qr_jvp(ts: Sequence[Any], z: Any, x: Any) -> Any:
    (t,), (q, r) = ts, z
    m, n = shape_of(x)[-2:]
    k = min(m, n)
    square = r[..., :k]
    # A column that depends on those before it has no direction of its own.
    sizes = np.abs(np.einsum("...ii->...i", raw(square)))
    dependent = (sizes <= _rounding(np.abs(raw(r)).max(-1, initial=0.0), max(m, n))).any(-1)
    square = square * np.where(dependent, np.nan, 1.0).astype(x.dtype)[..., None, None]
    y = swap(np.linalg.solve(swap(square), swap(t[..., :k])))  # dA inv(R)
    c = swap(q) @ y
    below = np.where(np.tri(k, k, -1, dtype=bool), c, 0.0)
    turn = below - swap(below)  # Q' dQ, which is skew
    tr = np.where(np.tri(k, n, -1, dtype=bool), 0.0, swap(q) @ t - turn @ r)
    return q @ turn + (y - q @ c), tr


_qr = general(lambda x: tuple(np.linalg.qr(x)), jvp=_qr_jvp, name="qr")


@implements(
    np.linalg.qr,
    cases=[
        case(arg((3, 3), kind=SQUARE)),
        case(arg((4, 2), kind=SQUARE)),
        case(arg((2, 2, 3), kind=SQUARE)),
        case(arg((3, 2), kind=SQUARE), mode="r"),
        case(arg((2, 3), kind=SQUARE), mode="complete"),
    ],
)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Factor into orthogonal and triangular matrices, as :func:`numpy.linalg.qr`."""
    shape = shape_of(a)
    if mode not in ("reduced", "complete", "r"):
        raise NotDifferentiableError(
            f'qr with mode={mode!r} has no derivative here; expected "reduced", "complete" or "r"'
        )
    if mode == "complete" and len(shape) > 1 and shape[-2] > shape[-1]:
        raise NotDifferentiableError(
            f'qr(mode="complete") of shape {shape}: the last columns of q are any basis of what is '
            'left, without a derivative; write mode="reduced"'
        )
    q, r = unpack(_qr(a))
    return r if mode == "r" else QRResult(q, r)


# --- eigenvalues ----------------------------------------------------------------------------------


def _eigh_vjp(g: Any, z: Any, x: Any, needed: Sequence[bool], uplo: str) -> list[Any]:
    (gw, gv), (w, v) = g, z
    vt = swap(v)
    if gv is None:
        return [_symmetric((v * gw[..., None, :]) @ vt)]
    n = shape_of(x)[-1]
    inner = _between(vt @ _lost(gv, w, n), w, n)
    if gw is not None:
        inner = _with_diagonal(inner, gw)
    return [_symmetric(v @ inner @ vt)]


_eigh = general(lambda x, uplo: tuple(np.linalg.eigh(x, uplo)), vjp=_eigh_vjp, name="eigh")


@implements(
    np.linalg.eigh,
    cases=[
        case(arg((3, 3), kind=SPD)),
        case(arg((2, 2, 2), kind=SPD), UPLO="U"),
        case(arg((1, 1), kind=SPD)),
    ],
)
def eigh(a: Any, UPLO: str = "L") -> Any:  # NumPy's name
    """Find eigenvalues and eigenvectors of symmetric matrices, as :func:`numpy.linalg.eigh`.

    The derivative treats `a` as symmetric: the cotangent is symmetric. Eigenvectors of equal
    eigenvalues have the derivative nan.
    """
    return EighResult(*unpack(_eigh(a, uplo=UPLO)))


@implements(
    np.linalg.eigvalsh,
    cases=[case(arg((3, 3), kind=SPD)), case(arg((2, 2, 2), kind=SPD), UPLO="U")],
)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:  # NumPy's name
    """Find eigenvalues of symmetric matrices, as :func:`numpy.linalg.eigvalsh`."""
    return eigh(a, UPLO).eigenvalues


def _real_eig(x: Any) -> tuple[Any, Any]:
    w, v = np.linalg.eig(x)
    if np.iscomplexobj(w):  # always, from NumPy 2.5 on
        if (w.imag != 0).any():
            raise NotDifferentiableError(
                "eig of a matrix with complex eigenvalues; expected real ones, since complex "
                "numbers cannot be differentiated here. If it is symmetric, write eigh"
            )
        w, v = w.real, v.real
    return w, v


def _eig_vjp(g: Any, z: Any, x: Any, needed: Sequence[bool]) -> list[Any]:
    (gw, gv), (w, v) = g, z
    vt = swap(v)
    if gv is None:
        inner = _with_diagonal(np.zeros(shape_of(x), x.dtype), gw)
    else:
        # dV = V C - V diag(V' V C), with C = F * (inv(V) dA V): columns keep their length.
        n = shape_of(x)[-1]
        y = vt @ _lost(gv, w, n)
        y = y - (vt @ v) * np.einsum("...ii->...i", y)[..., None, :]
        inner = _between(y, w, n)
        if gw is not None:
            inner = _with_diagonal(inner, gw)
    try:
        return [np.linalg.solve(vt, inner @ vt)]
    except np.linalg.LinAlgError as error:
        raise NotDifferentiableError(
            "eig of a matrix whose eigenvectors depend on each other, as those of [[0, 1], [0, 0]] "
            "do; expected as many independent ones as it has rows. If it is symmetric, write eigh"
        ) from error


_eig = general(_real_eig, vjp=_eig_vjp, name="eig")


@implements(
    np.linalg.eig,
    cases=[case(arg((3, 3), kind=REAL_EIG)), case(arg((2, 2, 2), kind=REAL_EIG))],
)
def eig(a: Any) -> Any:
    """Find real eigenvalues and eigenvectors of matrices, as :func:`numpy.linalg.eig`.

    They come as floats, which NumPy from 2.5 on writes as complex numbers all the same.

    Raises
    ------
    NotDifferentiableError
        If an eigenvalue is complex.
    """
    return EigResult(*unpack(_eig(a)))


@implements(np.linalg.eigvals, cases=[case(arg((3, 3), kind=REAL_EIG))])
def eigvals(a: Any) -> Any:
    """Find real eigenvalues of matrices, as :func:`numpy.linalg.eigvals`; see `eig`."""
    return eig(a).eigenvalues


# --- singular values ------------------------------------------------------------------------------


def kinked(gs: Any, s: Any, n: int) -> Any:
    """Keep what goes to singular values off those that are 0: they are sizes, with a kink."""
    tiny = raw(s) <= _rounding(s, n)
    # A factor, so that the map stays linear in gs.
    return gs * np.where(tiny, at_kink(tiny, 0.0, s), 1.0)


def _svd_vjp(g: Any, z: Any, x: Any, needed: Sequence[bool]) -> list[Any]:
    (gu, gs, gvh), (u, s, vh) = g, z
    m, n = shape_of(x)[-2:]
    tiny = raw(s) <= _rounding(s, max(m, n))
    if gs is not None:
        gs = kinked(gs, s, max(m, n))
    if gu is None and gvh is None:
        return [(u * gs[..., None, :]) @ vh]
    # Townsend 2016, eqs. 24 to 33, with 1 / (s_j^2 - s_i^2) taken apart, so that what does
    # not depend on the order of equal values (U V') meets no closed gap but by rounding.
    if gvh is None:  # what asks about one side alone depends on the choice of these vectors
        gu, gv = _lost(gu, s, max(m, n)), np.zeros(shape_of(swap(vh)), x.dtype)
    elif gu is None:
        gu, gv = np.zeros(shape_of(u), x.dtype), _lost(swap(gvh), s, max(m, n))
    else:
        gv = swap(gvh)
    ut = swap(u)
    a, b = ut @ gu, vh @ gv
    ja, jb = a - swap(a), b - swap(b)
    total = s[..., None, :] + s[..., :, None]
    closed = raw(total) <= _rounding(s, max(m, n))[..., None]
    eye = np.eye(shape_of(s)[-1], dtype=bool)
    inner = _between(ja + jb, s, max(m, n))
    inner = 0.5 * (inner + np.where(eye, 0.0, _over(ja - jb, total, closed & ~eye)))
    if gs is not None:
        inner = _with_diagonal(inner, gs)
    out = u @ inner @ vh
    row, flat = s[..., None, :], tiny[..., None, :]
    if m > n:
        y = _over(gu - u @ a, row, flat)
        out = out + y @ vh
    if n > m:
        y = _over(gv - swap(vh) @ b, row, flat)
        out = out + u @ swap(y)
    return [out]


_svd = general(lambda x: tuple(np.linalg.svd(x, full_matrices=False)), vjp=_svd_vjp, name="svd")


def _no_derivative(*args: Any, **keywords: Any) -> Any:
    raise NotDifferentiableError(
        "svd(full_matrices=True) of a matrix that is not square: the last singular vectors are any "
        "basis of what is left, without a derivative; write full_matrices=False"
    )


def _complement(x: Any, left: bool) -> Any:
    u, s, vh = np.linalg.svd(x)
    k = s.shape[-1]
    return u[..., k:] if left else vh[..., k:, :]


# The rest of the basis that full_matrices=True adds.
_rest = general(_complement, vjp=_no_derivative, jvp=_no_derivative, name="svd_complement")


@implements(
    np.linalg.svd,
    cases=[
        case(arg((3, 3), kind=SQUARE)),
        case(arg((4, 2), kind=SQUARE), full_matrices=False),
        case(arg((2, 2, 3), kind=SQUARE), full_matrices=False),
        case(arg((2, 3), kind=SQUARE), compute_uv=False),
    ],
)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Find singular values and vectors, as :func:`numpy.linalg.svd`.

    Singular vectors of equal singular values have the derivative nan, and singular values that
    are 0 the derivative 0.
    """
    if hermitian:
        raise NotDifferentiableError(
            "svd(hermitian=True) has no derivative here; write svd(x, full_matrices=False)"
        )
    u, s, vh = unpack(_svd(a))
    if not compute_uv:
        return s
    m, n = shape_of(a)[-2:]
    if full_matrices and m > n:
        u = np.concatenate([u, _rest(a, left=True)], axis=-1)
    if full_matrices and n > m:
        vh = np.concatenate([vh, _rest(a, left=False)], axis=-2)
    return SVDResult(u, s, vh)


@implements(
    np.linalg.svdvals, cases=[case(arg((3, 2), kind=SQUARE)), case(arg((2, 2, 2), kind=SQUARE))]
)
def svdvals(x: Any, /) -> Any:
    """Find singular values, as :func:`numpy.linalg.svdvals`."""
    if len(shape_of(x)) < 2:
        raise ShapeError(f"svdvals of shape {shape_of(x)}; expected matrices (..., m, n)")
    return svd(x, compute_uv=False)
