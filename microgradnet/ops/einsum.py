"""Einstein summation: one linear operation, whose transposes are of the same kind.

The cotangent of an operand is the einsum of the result's cotangent with the other
operands. What that cannot reach is put right afterwards: an axis summed over alone is
spread out again, an axis of length 1 that was broadcast is summed, and a label that an
operand repeats is laid onto its diagonal.
"""

from __future__ import annotations

import operator
import string
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..declare import arg, case, implements, linear
from ..errors import ShapeError
from ..graph import Traced
from ..rules import shape_of
from ..views import link

# NumPy numbers the labels of the sublist form in this order.
LETTERS = string.ascii_uppercase + string.ascii_lowercase


@lru_cache(maxsize=1024)
def expanded(subscripts: str, ndims: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """Write out the ellipses and the implicit output of subscripts that NumPy accepted.

    Returns
    -------
    terms : tuple of str
        A label per axis of each operand. Broadcast axes get labels of their own, aligned
        at the right.
    output : str
        A label per axis of the result.
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    dots = "..."
    extra = [n - len(t) + 3 if dots in t else 0 for t, n in zip(terms, ndims, strict=True)]
    free = [c for c in LETTERS if c not in subscripts][: max(extra)]
    broadcast = "".join(free)
    if not arrow:
        once = sorted(c for c in set(inputs) - set(",.") if inputs.count(c) == 1)
        output = (dots if dots in inputs else "") + "".join(once)
    full = [
        t.replace(dots, broadcast[len(broadcast) - n :]) for t, n in zip(terms, extra, strict=True)
    ]
    return tuple(full), output.replace(dots, broadcast)


def _transposes(needed: Sequence[bool], g: Any, xs: Sequence[Any], **params: Any) -> list[Any]:
    return [_transpose(i, g, xs, **params) if need else None for i, need in enumerate(needed)]


def _transpose(i: int, g: Any, xs: Sequence[Any], subscripts: str, optimize: Any = False) -> Any:
    terms, output = expanded(subscripts, tuple(len(shape_of(x)) for x in xs))
    shape = shape_of(xs[i])
    sizes = dict(zip(terms[i], shape, strict=True))
    others = [(t, x) for j, (t, x) in enumerate(zip(terms, xs, strict=True)) if j != i]
    reached = output + "".join(t for t, _ in others)
    kept = "".join(c for c, n in sizes.items() if n != 1 and c in reached)
    if others or kept != output:
        left = ",".join([output, *(t for t, _ in others)])
        if len(others) > 1:
            optimize = True  # a cotangent and several operands at once cost the product of all
        elif not isinstance(optimize, bool):
            optimize = False  # a path for other operands than these
        g = np.einsum(f"{left}->{kept}", g, *(x for _, x in others), optimize=optimize)
    lengths = dict(zip(kept, shape_of(g), strict=True))
    g = np.reshape(g, tuple(lengths.get(c, 1) for c in sizes))
    if shape_of(g) != tuple(sizes.values()):
        g = np.broadcast_to(g, tuple(sizes.values()))
    if len(sizes) < len(shape):
        g = onto_diagonal(g, labels=terms[i], shape=shape)
    return g


def _onto_diagonal(x: Any, labels: str, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, x.dtype)
    # Without a sum NumPy gives a writeable view of the diagonal.
    np.einsum(f"{labels}->{''.join(dict.fromkeys(labels))}", out)[...] = x
    return out


# Zeros, with x on the diagonal that `labels` repeats.
onto_diagonal = linear(
    _onto_diagonal,
    lambda g, x, labels, shape: np.einsum(f"{labels}->{''.join(dict.fromkeys(labels))}", g),
    name="onto_diagonal",
    structural=True,
)


def _einsum(*xs: Any, subscripts: str, optimize: Any) -> Any:
    return np.einsum(subscripts, *xs, optimize=optimize)


# One operand is only moved and summed, several are multiplied.
_of_one = linear(_einsum, _transposes, name="einsum_of_one", variadic=True, structural=True)
_of_several = linear(_einsum, _transposes, name="einsum", variadic=True)


def _subscripts(sublist: Sequence[Any]) -> str:
    """Write the sublist form as letters."""
    if isinstance(sublist, Traced):
        raise TypeError(
            "einsum got a Value where labels should be; expected "
            'np.einsum("ij,jk", x, y), or np.einsum(x, [0, 1], y, [1, 2])'
        )
    out = ""
    for label in sublist:
        if label is Ellipsis:
            out += "..."
            continue
        n = operator.index(label)
        if not 0 <= n < len(LETTERS):
            raise ShapeError(f"einsum got the label {n}; expected one from 0 to {len(LETTERS) - 1}")
        out += LETTERS[n]
    return out


@implements(
    np.einsum,
    cases=[
        case("ij,jk", arg((2, 3)), arg((3, 2))),
        case("ij,jk,kl->il", arg((2, 3)), arg((3, 2)), arg((2, 2)), optimize=True),
        case("ij,jk,kl->il", arg((2, 3)), arg((3, 2)), arg((2, 2)), optimize="optimal"),
        case("i,i,i->", arg((3,)), arg((3,)), arg((3,))),
        case("ba", arg((2, 3))),
        case("ij->", arg((2, 3))),
        case("i j -> j", arg((2, 3))),
        case("ii", arg((3, 3))),
        case("iij->ji", arg((2, 2, 3))),
        case("iii->i", arg((2, 2, 2))),
        case("ii,ij->ij", arg((3, 3)), arg((3, 2))),
        case("ij,i->j", arg((2, 3)), arg((1,))),
        case("ij,i->", arg((2, 3)), arg((1,))),
        case("...", arg((2, 3))),
        case("...ij,...jk->...ik", arg((2, 1, 2, 3)), arg((3, 3, 2))),
        case("...i,...i->i...", arg((2, 3)), arg((3,))),
        case("...,...", arg((2, 1)), arg((3,))),
        case("i...->i", arg((2, 3, 2)), optimize=True),
        case("aa...,...a->...", arg((2, 2, 1)), arg((3, 2))),
        case(",ij->ji", arg(()), arg((2, 3))),
        case("->", arg(())),
        case("ij,j->i", arg((0, 3)), arg((3,))),
        case("ij,j->i", arg((2, 0)), arg((0,))),
        case(arg((2, 3)), [0, 1], arg((3, 2)), [1, 30], [30, 0]),
        case(arg((2, 3)), [1, 0]),
        case(arg((2, 3, 2)), [Ellipsis, 0], arg((2,)), [0], [Ellipsis]),
    ],
)
def einsum(*operands: Any, optimize: Any = False) -> Any:
    """Sum products over repeated labels, as :func:`numpy.einsum`, in all of its forms."""
    if isinstance(operands[0], str):
        subscripts, *xs = operands
    else:
        xs = list(operands[0 : len(operands) // 2 * 2 : 2])
        subscripts = ",".join(map(_subscripts, operands[1::2]))
        if len(operands) % 2:
            subscripts += "->" + _subscripts(operands[-1])
    if len(xs) == 1 and isinstance(xs[0], Traced):
        return link(_of_one(xs[0], subscripts=subscripts, optimize=optimize), xs[0])
    return _of_several(*xs, subscripts=subscripts, optimize=optimize)
