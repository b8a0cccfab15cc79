"""Numbers and arrays where derivatives go wrong, deliberately more often than chance would.

Ties, zeros, duplicates, singular matrices, repeated eigenvalues, 1e-8, huge and tiny
magnitudes: a uniform sample never meets them, and that is where rules are wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ...declare import REAL, Interval, arg

# In the order in which they shrink: the first is the simplest.
COMMON = (1.0, 0.0, 2.0, -1.0, 0.5, -0.5, 3.0, -2.0, 0.25, -0.75)
SMALL = (1e-8, -1e-8, 1e-4)
EXTREME = (1e8, -1e8, 1e-30, 1e150, -1e-150, 1e-300)

Shape = tuple[int, ...]


# A strategy that is made once is checked once by Hypothesis, which takes longer than a draw.
_once = lru_cache(maxsize=4096)

HOW = st.sampled_from(["each", "each", "few", "each", "one", "each"])
ONE_IN_FOUR = st.sampled_from([False, False, False, True])


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
    return _values((float(domain[0]), float(domain[1])), extreme)


@_once
def _values(domain: Interval, extreme: bool) -> st.SearchStrategy[float]:
    if not domain[0] < domain[1]:
        raise ValueError(f"domain {domain}: expected (low, high) with low < high")
    inside = _inside(domain)
    low, high = _plain(domain)
    middle = low + 0.5 * (high - low)
    common = [x for x in (*COMMON, middle) if inside(x)]
    ends = [e + s * 1e-8 for e, s in zip(domain, (1, -1), strict=True) if math.isfinite(e)]
    special = [x for x in (*SMALL, *(EXTREME if extreme else ()), *ends) if inside(x)]
    steps = [n for n in (math.ceil(low * 1000), math.floor(high * 1000)) if inside(n / 1000)]
    plain = st.integers(steps[0], steps[-1]).map(lambda n: n / 1000) if steps else st.just(middle)
    return st.one_of(st.sampled_from(common), plain, st.sampled_from(special or common), plain)


def shapes(max_dims: int = 3, max_side: int = 3) -> st.SearchStrategy[Shape]:
    """Draw a small shape; 0-d, empty and one-element axes are among them."""
    side = st.sampled_from([*range(1, max_side + 1), *range(1, max_side + 1), 0])
    return st.lists(side, max_size=max_dims).map(tuple)


@_once
@st.composite
def _entries(draw: st.DrawFn, shape: Shape, domain: Interval, extreme: bool) -> Any:
    """Draw entries that repeat each other, or are the same everywhere, a third of the time."""
    size = math.prod(shape)
    element = _values(domain, extreme)
    how = draw(HOW) if size > 1 else "each"
    if how == "each":
        entries = [draw(element) for _ in range(size)]
    elif how == "one":
        entries = [draw(element)] * size
    else:
        pair, which = (draw(element), draw(element)), draw(st.integers(0, 2**size - 1))
        entries = [pair[which >> i & 1] for i in range(size)]
    return np.array(entries, np.float64).reshape(shape)


def _distinct(x: Any, domain: Interval) -> Any:
    # Ranks in place of the numbers that tie; what was distinct stays as it was.
    if np.unique(x).size == x.size:
        return x
    low, high = (x.min(), x.max()) if x.min() < x.max() else _plain(domain)
    ranks = np.argsort(np.argsort(x.ravel(), kind="stable"), kind="stable")
    return (low + (high - low) * ranks / x.size).reshape(x.shape)


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


def arrays(
    shape: int | Sequence[int] | st.SearchStrategy[Shape],
    domain: Interval = REAL,
    kind: str = "any",
    extreme: bool = True,
) -> st.SearchStrategy[Any]:
    """Draw a float64 array whose entries lie in an operation's domain.

    Parameters
    ----------
    shape : int, tuple of int or SearchStrategy
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
    kinds = ("any", "distinct", *REGULAR)
    if kind not in kinds:
        raise ValueError(f"kind {kind!r}: expected one of {', '.join(map(repr, kinds))}")
    if not isinstance(shape, st.SearchStrategy):
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        if kind in REGULAR and len(shape) < 2:
            raise ValueError(f"shape {shape} of kind {kind!r}: expected two axes or more")
    return _arrays(shape, (float(domain[0]), float(domain[1])), kind, extreme)


@_once
@st.composite
def _arrays(
    draw: st.DrawFn,
    shape: Shape | st.SearchStrategy[Shape],
    domain: Interval,
    kind: str,
    extreme: bool,
) -> Any:
    size = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    x = draw(_entries(size, domain, extreme and kind in ("any", "distinct")))
    if kind == "any" or not x.size:
        return x
    special = draw(ONE_IN_FOUR)
    if kind == "distinct":
        return x if special else _distinct(x, domain)
    if not special:
        return REGULAR[kind](x)
    if kind == "spd":  # singular, and symmetric still
        half = draw(degenerate(np.clip(x, -2, 2)))
        return half @ np.swapaxes(half, -1, -2)
    return draw(degenerate(x if kind == "square" else REGULAR[kind](x)))


@_once
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
        if drawn and span == spans[i - 1] and draw(ONE_IN_FOUR):
            drawn.append(drawn[-1])
        else:
            drawn.append(draw(arrays(draw(masked(base)), span, extreme=extreme)))
    return tuple(drawn)


@_once
@st.composite
def masked(draw: st.DrawFn, base: Shape) -> Shape:
    """Draw a shape that broadcasts to `base`: leading axes dropped, others of length 1."""
    kept = base[draw(st.integers(0, len(base))) :] if draw(st.booleans()) else base
    squashed = draw(st.integers(0, 7)) if draw(st.booleans()) else 0
    return tuple(1 if squashed >> i & 1 else side for i, side in enumerate(kept))
