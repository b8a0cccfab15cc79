"""Linear equations: inverses, solutions, least squares.

Formulas: M. Giles, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), sections 2.2.3 and 2.3; G. Golub and V. Pereyra, "The
differentiation of pseudo-inverses and nonlinear least squares problems whose variables
separate" (1973), for matrices that keep their rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..declare import arg, case, general, implements
from ..errors import NotDifferentiableError, ShapeError
from ..graph import raw
from ..rules import shape_of, unbroadcast
from ..steps import unpack
from .decompositions import kinked
from .products import as_array, swap

SQUARE = "square"

# --- inverses -----------------------------------------------------------------------------------

_inv = general(
    np.linalg.inv,
    vjp=lambda g, z, x, needed: [-(swap(z) @ g @ swap(z))],
    jvp=lambda ts, z, x: -(z @ ts[0] @ z),
    name="inv",
)


@implements(
    np.linalg.inv,
    cases=[case(arg((3, 3), kind=SQUARE)), case(arg((2, 2, 2), kind=SQUARE)), case(arg((2, 0, 0)))],
)
def inv(a: Any) -> Any:
    """Invert matrices, as :func:`numpy.linalg.inv`."""
    return _inv(a)


def _pinv_vjp(g: Any, z: Any, x: Any, needed: Sequence[bool], **cutoff: Any) -> list[Any]:
    # The transpose of what stands below. Parenthesised so that nothing is larger than x.
    gt, zt = swap(g), swap(z)
    y = gt @ (z @ zt)
    w = zt @ (z @ gt)
    return [(y - x @ (z @ y)) + (w - (w @ z) @ x) - zt @ g @ zt]


def _pinv_jvp(ts: Sequence[Any], z: Any, x: Any, **cutoff: Any) -> Any:
    # dP = -P dA P + P P' dA' (I - A P) + (I - P A) dA' P' P   (Golub & Pereyra, 4.12)
    zt, tt = swap(z), swap(ts[0])
    y = (z @ zt) @ tt
    w = (tt @ zt) @ z
    return (y - (y @ x) @ z) + (w - z @ (x @ w)) - z @ ts[0] @ z


_pinv = general(np.linalg.pinv, vjp=_pinv_vjp, jvp=_pinv_jvp, name="pinv")


@implements(
    np.linalg.pinv,
    cases=[
        case(arg((3, 2), kind=SQUARE)),
        case(arg((2, 3), kind=SQUARE)),
        case(arg((2, 3, 2), kind=SQUARE), rcond=1e-10),
        case(arg((2, 2), kind=SQUARE), rtol=None),
        case(arg((0, 2))),
    ],
)
def pinv(
    a: Any,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    rtol: Any = np._NoValue,
) -> Any:
    """Pseudo-invert matrices, as :func:`numpy.linalg.pinv`.

    Where the rank is not full the derivative is the one among matrices of the same rank;
    off them the pseudo-inverse jumps.
    """
    if hermitian:
        raise NotDifferentiableError(
            "pinv(hermitian=True) has no derivative here; write pinv((x + x.T) / 2), which is "
            "the same for a symmetric x"
        )
    cutoff = {} if rtol is np._NoValue else {"rtol": rtol}
    return _pinv(a, rcond=rcond, **cutoff)


# --- solve --------------------------------------------------------------------------------------


def _solve_vjp(g: Any, z: Any, a: Any, b: Any, needed: Sequence[bool]) -> list[Any]:
    try:
        gb = np.linalg.solve(swap(a), g)
    except np.linalg.LinAlgError as error:  # the other order of elimination finds the zero
        raise NotDifferentiableError(
            "solve with a matrix that is singular but for roundoff: its transpose, which the "
            "gradient needs, cannot be solved; expected rows that do not depend on each other. "
            "For a least squares solution write np.linalg.pinv(a) @ b"
        ) from error
    return [
        unbroadcast(-(gb @ swap(z)), a) if needed[0] else None,
        unbroadcast(gb, b) if needed[1] else None,
    ]


def _solve_jvp(ts: Sequence[Any], z: Any, a: Any, b: Any) -> Any:
    ta, tb = ts
    if ta is None:
        return np.linalg.solve(a, tb)
    moved = ta @ z
    return np.linalg.solve(a, -moved if tb is None else tb - moved)


_solve = general(np.linalg.solve, vjp=_solve_vjp, jvp=_solve_jvp, name="solve")


@implements(
    np.linalg.solve,
    cases=[
        case(arg((3, 3), kind=SQUARE), arg((3,))),
        case(arg((3, 3), kind=SQUARE), arg((3, 2))),
        case(arg((2, 3, 3), kind=SQUARE), arg((3,))),
        case(arg((2, 1, 2, 2), kind=SQUARE), arg((3, 2, 1))),
        case(arg((2, 2), kind=SQUARE), arg((3, 2, 2))),
        case(arg((2, 2), kind=SQUARE), arg((2, 0))),
    ],
)
def solve(a: Any, b: Any) -> Any:
    """Solve ``a @ x = b``, as :func:`numpy.linalg.solve`: `b` is a vector only if it is 1-d."""
    a, b = as_array(a), as_array(b)
    if len(shape_of(b)) == 1:
        return _solve(a, np.reshape(b, (-1, 1)))[..., 0]
    return _solve(a, b)


@implements(
    np.linalg.tensorsolve,
    cases=[
        case(np.eye(6).reshape(2, 3, 6) + np.ones((2, 3, 6)), arg((2, 3))),
        case(arg((4, 4), kind=SQUARE), arg((4,))),
        case(np.eye(6).reshape(2, 6, 3) + np.ones((2, 6, 3)), arg((2, 3)), axes=(1,)),
    ],
)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Solve ``tensordot(a, x, x.ndim) = b``, as :func:`numpy.linalg.tensorsolve`."""
    a, b = as_array(a), as_array(b)
    ndim = len(shape_of(a))
    if axes is not None:
        last = [normalize_axis_index(k, ndim) for k in axes]
        a = np.transpose(a, [i for i in range(ndim) if i not in last] + last)
    kept = shape_of(a)[len(shape_of(b)) :]
    count = int(np.prod(kept))
    if int(np.size(raw(a))) != count**2:
        raise ShapeError(
            f"tensorsolve of shapes {shape_of(a)} and {shape_of(b)}; expected "
            "prod(a.shape[:b.ndim]) == prod(a.shape[b.ndim:])"
        )
    x = solve(np.reshape(a, (count, count)), np.reshape(b, -1))
    return np.reshape(x, kept)


@implements(
    np.linalg.tensorinv,
    cases=[case(arg((4, 4), kind=SQUARE), 1), case(arg((4, 4), kind=SQUARE), ind=1)],
)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """Invert a tensor as a map, as :func:`numpy.linalg.tensorinv`."""
    if ind <= 0:
        raise ShapeError(f"tensorinv with ind={ind}; expected a positive number of axes")
    shape = shape_of(a)
    count = int(np.prod(shape[ind:]))
    return np.reshape(inv(np.reshape(a, (count, -1))), shape[ind:] + shape[:ind])


# --- least squares ------------------------------------------------------------------------------


def _lstsq(a: Any, b: Any, rcond: float) -> tuple[Any, Any, Any]:
    x, residuals, _, s = np.linalg.lstsq(a, b, rcond)
    return x, residuals, s


def _lstsq_vjp(g: Any, z: Any, a: Any, b: Any, needed: Sequence[bool], rcond: float) -> list[Any]:
    ga = gb = None
    gx, gr, gs = g
    x = z[0]
    r = b - a @ x
    if gx is not None:
        # x = P b: the derivative of P stands at _pinv_jvp.
        p = np.linalg.pinv(a, rcond)
        u = swap(p) @ gx
        w = gx - swap(a) @ u
        gb = u
        ga = r @ swap(p @ u) + (swap(p) @ x) @ swap(w) - u @ swap(x)
    if gr is not None and shape_of(z[1])[0]:
        # A' r = 0, so that the squared residuals do not move with x.
        v = 2.0 * r * gr
        gb = v if gb is None else gb + v
        ga = -(v @ swap(x)) if ga is None else ga - v @ swap(x)
    if gs is not None:
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        v = (u * kinked(gs, s, max(shape_of(a)))) @ vh
        ga = v if ga is None else ga + v
    return [ga, gb]


_least = general(_lstsq, vjp=_lstsq_vjp, name="lstsq")


@implements(
    np.linalg.lstsq,
    cases=[
        case(arg((4, 2), kind=SQUARE), arg((4,))),
        case(arg((4, 2), kind=SQUARE), arg((4, 2)), rcond=None),
        case(arg((2, 3), kind=SQUARE), arg((2, 1)), -1),
        case(arg((2, 2), kind=SQUARE), arg((2,)), 1e-8),
    ],
)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Solve in the least squares sense, as :func:`numpy.linalg.lstsq`.

    Solution, residuals and singular values have derivatives, among matrices of the same rank.
    """
    a, b = as_array(a), as_array(b)
    eps = float(np.finfo(np.float64).eps)
    if rcond is None:
        rcond = eps * max(shape_of(a))
    rcond = float(rcond) if rcond >= 0 else eps
    vector = len(shape_of(b)) == 1
    x, residuals, s = unpack(_least(a, np.reshape(b, (-1, 1)) if vector else b, rcond=rcond))
    values = raw(s)
    rank = np.int32(np.count_nonzero(values > rcond * values[:1]))
    return x[..., 0] if vector else x, residuals, rank, s
