"""Numbers and arrays where derivatives go wrong, deliberately more often than chance would.

Ties, zeros, duplicates, singular matrices, repeated eigenvalues, 1e-8, huge and tiny
magnitudes: a uniform sample never meets them, and that is where rules are wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ...declare import REAL, Interval, arg

# In the order in which they shrink: the first is the simplest.
COMMON = (1.0, 0.0, 2.0, -1.0, 0.5, -0.5, 3.0, -2.0, 0.25, -0.75)
SMALL = (1e-8, -1e-8, 1e-4)
EXTREME = (1e8, -1e8, 1e-30, 1e150, -1e-150, 1e-300)

Shape = tuple[int, ...]


def _inside(interval: Interval) -> Callable[[float], bool]:
    low, high = interval
    return lambda x: low < x < high


def _plain(interval: Interval) -> tuple[float, float]:
    """Give the closed middle of an open interval, from which ordinary numbers are drawn."""
    low, high = interval
    if math.isfinite(low) and math.isfinite(high):
        margin = 1e-3 * (high - low)
        return low + margin, high - margin
    if math.isfinite(low):
        return low + 1e-3, low + 3.0
    if math.isfinite(high):
        return high - 3.0, high - 1e-3
    return -3.0, 3.0


def values(domain: Interval = REAL, extreme: bool = True) -> st.SearchStrategy[float]:
    """Draw a float inside an open interval: half of the time a special one.

    Parameters
    ----------
    domain : (float, float)
        The open interval; everything by default.
    extreme : bool
        Whether huge and tiny magnitudes are among them (1e150, 1e-300).

    Returns
    -------
    SearchStrategy
        Of floats, which shrink towards 1 and 0.
    """
    inside = _inside(domain)
    low, high = _plain(domain)
    middle = low + 0.5 * (high - low)
    common = [x for x in (*COMMON, middle) if inside(x)]
    ends = [e + s * 1e-8 for e, s in zip(domain, (1, -1), strict=True) if math.isfinite(e)]
    special = [x for x in (*SMALL, *(EXTREME if extreme else ()), *ends) if inside(x)]
    thousandths = st.integers(math.ceil(low * 1000), math.floor(high * 1000))
    plain = thousandths.map(lambda n: n / 1000)
    return st.one_of(st.sampled_from(common), plain, st.sampled_from(special or common), plain)


def shapes(max_dims: int = 3, max_side: int = 3) -> st.SearchStrategy[Shape]:
    """Draw a small shape; 0-d, empty and one-element axes are among them."""
    side = st.sampled_from([*range(1, max_side + 1), *range(1, max_side + 1), 0])
    return st.lists(side, max_size=max_dims).map(tuple)


@st.composite
def _entries(draw: st.DrawFn, shape: Shape, domain: Interval, extreme: bool) -> Any:
    """Draw entries that repeat each other, or are the same everywhere, a third of the time."""
    size = math.prod(shape)
    element = values(domain, extreme)
    how = draw(st.sampled_from(["each", "each", "few", "each", "one", "each"])) if size > 1 else ""
    if how == "few":
        element = st.sampled_from(draw(st.lists(element, min_size=1, max_size=2)))
    elif how == "one":
        element = st.just(draw(element))
    entries = draw(st.lists(element, min_size=size, max_size=size))
    return np.array(entries, np.float64).reshape(shape)


def _distinct(x: Any) -> Any:
    # Ranks in place of the numbers that tie; what was distinct stays as it was.
    flat = x.ravel()
    if np.unique(flat).size == flat.size:
        return x
    low, high = flat.min(), flat.max()
    ranks = np.argsort(np.argsort(flat, kind="stable"), kind="stable")
    width = high - low if high > low else min(1.0, abs(low) or 1.0) * 0.5
    return (low + width * ranks / flat.size).reshape(x.shape)


def _dominant(x: Any) -> Any:
    """Add to the diagonal what makes a square or rectangular matrix well conditioned."""
    rows, columns = x.shape[-2:]
    return np.clip(x, -2, 2) + np.eye(rows, columns) * (1.0 + 2 * max(rows, columns))


def _spd(x: Any) -> Any:
    half = np.clip(x, -2, 2)
    # Distinct diagonal entries: no repeated eigenvalue unless the matrix is made degenerate.
    return half @ np.swapaxes(half, -1, -2) + np.diag(np.arange(1.0, x.shape[-1] + 1))


def _diagonalizable(x: Any) -> Any:
    n = x.shape[-1]
    basis = np.eye(n) + np.clip(x, -2, 2) * (0.2 / max(n, 1))
    return basis * np.arange(1.0, n + 1) @ np.linalg.inv(basis)


REGULAR: dict[str, Callable[[Any], Any]] = {
    "distinct": _distinct,
    "square": _dominant,
    "spd": _spd,
    "diagonalizable": _diagonalizable,
}

# What makes a matrix singular, or its eigenvalues repeat.
DEGENERATE: dict[str, Callable[[Any], Any]] = {
    "zero": lambda m: 0.0 * m,
    "identity": lambda m: 0.0 * m + np.eye(*m.shape[-2:]),
    "equal rows": lambda m: 0.0 * m + m[..., :1, :],
    "a zero row": lambda m: m * (np.arange(m.shape[-2]) > 0)[:, None],
}


def degenerate(m: Any) -> st.SearchStrategy[Any]:
    """Draw a singular relative of the matrix `m`, or the identity."""
    return st.sampled_from(sorted(DEGENERATE)).map(lambda how: DEGENERATE[how](m))


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: Shape | st.SearchStrategy[Shape],
    domain: Interval = REAL,
    kind: str = "any",
    extreme: bool = True,
) -> Any:
    """Draw a float64 array whose entries lie in an operation's domain.

    Parameters
    ----------
    shape : tuple of int or SearchStrategy
        Its shape.
    domain : (float, float)
        The open interval of its entries.
    kind : str
        What an operation's declaration says besides: "distinct", "square", "spd",
        "diagonalizable". One in four of them is degenerate: tied, singular, repeated.
    extreme : bool
        Whether huge and tiny magnitudes are among the entries.

    Returns
    -------
    SearchStrategy
        Of arrays, which shrink towards ones.
    """
    size = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    x = draw(_entries(size, domain, extreme and kind in ("any", "distinct")))
    if kind == "any" or not x.size:
        return x
    special = draw(st.integers(0, 3)) == 3
    if special and kind != "distinct":
        return draw(degenerate(x)) if kind == "square" else draw(degenerate(REGULAR[kind](x)))
    return x if special else REGULAR[kind](x)


def operand(declared: arg, extreme: bool = False) -> st.SearchStrategy[Any]:
    """Draw what an operation's declaration asks for: a float for shape (), else an array."""
    drawn = arrays(declared.shape, declared.domain, declared.kind, extreme)
    return drawn if declared.shape else drawn.map(float)


@st.composite
def broadcastable(
    draw: st.DrawFn,
    count: int = 2,
    domains: Sequence[Interval] | None = None,
    base: Shape | None = None,
    extreme: bool = True,
) -> tuple[Any, ...]:
    """Draw arrays that broadcast together.

    Parameters
    ----------
    count : int
        How many.
    domains : sequence of (float, float), optional
        The interval of each.
    base : tuple of int, optional
        The shape that they are all part of; drawn by default.
    extreme : bool
        Whether huge and tiny magnitudes are among the entries.

    Returns
    -------
    SearchStrategy
        Of tuples of arrays. Each leaves out leading axes of `base` and has length 1 along
        others; one in four is the same array as the one before it.
    """
    base = draw(shapes()) if base is None else base
    spans = (REAL,) * count if domains is None else tuple(domains)
    drawn: list[Any] = []
    for i, span in enumerate(spans):
        if drawn and span == spans[i - 1] and draw(st.integers(0, 3)) == 3:
            drawn.append(drawn[-1])
        else:
            drawn.append(draw(arrays(draw(masked(base)), span, extreme=extreme)))
    return tuple(drawn)


@st.composite
def masked(draw: st.DrawFn, base: Shape) -> Shape:
    """Draw a shape that broadcasts to `base`: leading axes dropped, others of length 1."""
    kept = base[draw(st.integers(0, len(base))) :] if draw(st.booleans()) else base
    squashed = draw(st.integers(0, 7)) if draw(st.booleans()) else 0
    return tuple(1 if squashed >> i & 1 else side for i, side in enumerate(kept))
