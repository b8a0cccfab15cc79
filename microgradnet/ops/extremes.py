"""Maxima and minima over axes: who they are picked from, and ties between these.

Equal elements share the gradient equally, so that every spelling of a maximum agrees. What
is shared among whom jumps as soon as a tie breaks: a second derivative through one is nan.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..declare import arg, case, general, implements
from ..errors import NotDifferentiableError
from ..graph import Primitive, Traced, raw
from ..rules import shape_of
from .arithmetic import chosen
from .operands import dtype_of
from .reductions import MASK, Axis, axes_of, kept_shape, look_closer, mask_of

Axes = tuple[int, ...]


# --- who wins -----------------------------------------------------------------------------------


def winners(x: Any, z: Any, axes: Axes, where: Any = True, rival: Any = None) -> tuple[Any, Any]:
    """Tell which elements of `x` are the result `z` over `axes`, and what each gets.

    Parameters
    ----------
    x, z : array or Value
        The elements, and what was picked, with as many axes.
    axes : tuple of int
        Those that `z` has lost.
    where : bool or array
        Who took part.
    rival : float, optional
        A candidate that is no element: ``initial=``.

    Returns
    -------
    same : ndarray of bool
        The elements that are equal to the result.
    share : array, Value or None
        The share of each, of the shape of `z`; None if there is one winner everywhere.
    """
    data, best = raw(x), raw(z)
    same = np.equal(data, best)
    if np.isnan(best).any():
        same = same | (np.isnan(data) & np.isnan(best))
    if where is not True:
        same = same & where
    if rival is None and np.count_nonzero(same) == np.size(best):
        return same, None
    equal = np.add.reduce(same, axis=axes, keepdims=True, dtype=np.intp)
    candidates = equal if rival is None else equal + (best == rival)
    share: Any = np.asarray(1.0 / np.maximum(candidates, 1), dtype_of(x))
    tied = candidates > 1
    if isinstance(x, Traced) and tied.any():  # all that are in a tie can break it
        ones = np.where(same, chosen(same & tied, x), 0.0)
        total = np.sum(ones, axis=axes, keepdims=True)
        share = share * np.where(tied & (equal > 0), total / np.maximum(raw(total), 1.0), 1.0)
    return same, share


def given_to(g: Any, same: Any, share: Any) -> Any:
    """Give the winners their shares of a cotangent."""
    if share is not None:
        g = g * share
    if not isinstance(g, np.ndarray | np.generic):
        return np.where(same, g, 0.0)
    c = np.zeros(np.shape(same), g.dtype)  # takes a third of the time of np.where
    np.copyto(c, g, where=same)
    return c


def taken_from(t: Any, same: Any, share: Any, axes: Axes) -> Any:
    """Gather a result's tangent from the winners': the transpose of `given_to`."""
    t = np.sum(np.where(same, t, 0.0), axis=axes, keepdims=True)
    return t if share is None else t * share


# --- extremes -----------------------------------------------------------------------------------


def _extreme(name: str, ufunc: Any) -> Primitive:
    leaves_out_nan = ufunc in (np.fmax, np.fmin)

    def pick(x: Any, axes: Axes, keepdims: bool, initial: Any, where: Any) -> Any:
        options = {} if initial is None else {"initial": initial}
        return ufunc.reduce(x, axis=axes, keepdims=keepdims, where=where, **options)

    def vjp(g: Any, z: Any, x: Any, needed: Any, **how: Any) -> list[Any]:
        kept = kept_shape(x, how["axes"])
        if leaves_out_nan or how["where"] is not True:
            look_closer()
        found = winners(x, np.reshape(raw(z), kept), how["axes"], how["where"], how["initial"])
        return [given_to(np.reshape(g, kept), *found)]

    def jvp(ts: Any, z: Any, x: Any, **how: Any) -> Any:
        best = np.reshape(raw(z), kept_shape(x, how["axes"]))
        found = winners(x, best, how["axes"], how["where"], how["initial"])
        return np.reshape(taken_from(ts[0], *found, how["axes"]), shape_of(z))

    return general(pick, vjp, jvp, name=name, structural=True)


_max, _min = _extreme("max", np.maximum), _extreme("min", np.minimum)
_nanmax, _nanmin = _extreme("nanmax", np.fmax), _extreme("nanmin", np.fmin)


def _over(pick: Primitive, a: Any, axis: Axis, keepdims: bool, initial: Any, where: Any) -> Any:
    if isinstance(initial, Traced):
        raise NotDifferentiableError(
            f"{pick.name}(..., initial=v) has no derivative in v here; expected a plain number: "
            f"write np.{pick.name.removeprefix('nan')}imum(np.{pick.name}(x), v)"
        )
    if initial is not None:
        initial = float(initial)
    return pick(
        a, axes=axes_of(a, axis), keepdims=bool(keepdims), initial=initial, where=mask_of(a, where)
    )


CASES = [
    case(arg((3, 2), kind="distinct")),
    case(arg((3, 2, 2), kind="distinct"), axis=(0, -1)),
    case(arg((3, 2), kind="distinct"), axis=-1, keepdims=True),
    case(arg((3, 2), kind="distinct"), axis=0, where=MASK, initial=0.0),
    case(arg((3, 2), kind="distinct"), axis=(), initial=0.0),
    case(arg((0, 2)), axis=1),
    case(arg((0, 2)), initial=1.0),
    case(arg((1,))),
    case(arg(())),
]


@implements(np.max, np.amax, cases=CASES)
def max(
    a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Maximum over `axis`, as :func:`numpy.max`; `initial` counts as one more element."""
    return _over(_max, a, axis, keepdims, initial, where)


@implements(np.min, np.amin, cases=CASES)
def min(
    a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Minimum over `axis`, as :func:`numpy.min`; `initial` counts as one more element."""
    return _over(_min, a, axis, keepdims, initial, where)


@implements(np.nanmax, cases=CASES)
def nanmax(
    a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Maximum of what is not nan, as :func:`numpy.nanmax`."""
    return _warned(_over(_nanmax, a, axis, keepdims, initial, where))


@implements(np.nanmin, cases=CASES)
def nanmin(
    a: Any, axis: Axis = None, *, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Minimum of what is not nan, as :func:`numpy.nanmin`."""
    return _warned(_over(_nanmin, a, axis, keepdims, initial, where))


def _warned(z: Any) -> Any:
    if np.isnan(raw(z)).any():
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=4)
    return z


@implements(
    np.ptp,
    cases=[
        case(arg((3, 2), kind="distinct")),
        case(arg((3, 2), kind="distinct"), axis=-1, keepdims=True),
        case(arg((3, 2, 2), kind="distinct"), axis=(0, -1)),
    ],
)
def ptp(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """Maximum minus minimum, as :func:`numpy.ptp`."""
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)
