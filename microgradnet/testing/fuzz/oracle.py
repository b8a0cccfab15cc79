"""The checker as a judge: whether a gradient of a program is right."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arguments import Arguments
from ..check import gradcheck
from ..differences import EPS, Line, stencil
from ..element import Element
from ..kinks import nearest_in_hull
from ..probe import Probe
from ..strategies.program import Program, Step
from .smoothness import kinked, leaps

# Functions of singular values or eigenvalues: where these repeat, the subdifferential is more
# than what displacing single entries shows.
SPECTRAL = frozenset(
    f"np.linalg.{name}"
    for name in (
        *("cond", "norm", "matrix_norm", "svdvals", "svd"),
        *("eig", "eigh", "eigvals", "eigvalsh"),
    )
)

# What may not repeat, of the functions that tell it apart; NumPy leaves the order of a partition
# open, and with it where one of several equal numbers goes that moves.
VALUES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(["eig", "eigvals", "eigh", "eigvalsh"], np.linalg.eigvals),
    **dict.fromkeys(["svd", "svdvals"], np.linalg.svdvals),
    "partition": np.ravel,
}

DRAWS = 8  # points around, to see how large a gradient is
NEARBY = (40, 400)  # points where a kink's gradients are looked for, then, should these be few

Gradient = Callable[..., Sequence[Any]]


def verdict(program: Program, gradient: Gradient) -> tuple[str, list[Element]]:
    """Judge a gradient at a program's inputs.

    Returns
    -------
    word : str
        "passed", "gradient" (wrong), "nan" (where a finite number is right) or
        "inconclusive".
    rows : list of Element
        What the checker found out about each element that is wrong.
    """
    xs = list(program.inputs.values())
    if not judgeable(program):
        return "inconclusive", []
    reported = [np.asarray(g, np.float64) for g in gradient(*xs)]
    nowhere = [~np.isfinite(g) for g in reported]
    single = len(xs) == 1

    def finite(*points: Any) -> Any:
        gs = [np.where(w, 0.0, g) for g, w in zip(gradient(*points), nowhere, strict=True)]
        return gs[0] if single else tuple(gs)

    names = list(program.inputs)
    try:
        report = gradcheck(program, *xs, grad=finite, names=names, mpmath=False)
    except Exception:  # beside the point it is not defined: nothing can be said
        return "inconclusive", []
    lost = [
        row
        for row in report.rows
        if nowhere[row.place][row.index] and row.verdict != "inconclusive"
    ]
    wrong = [row for row in report.rows if row.verdict == "wrong"]
    for word, rows in (("nan", lost), ("gradient", wrong)):
        rows = [r for r in rows if (word == "nan") == bool(nowhere[r.place][r.index])]
        if rows and (sure := confirmed(program, rows, reported, gradient)):
            return word, sure
    return ("passed" if report.passed else "inconclusive"), []


def judgeable(program: Program) -> bool:
    """Whether a program has slopes here, at least one-sided ones, that can be told.

    A function that jumps (a rank that changes, a sign that LAPACK chooses) has no slope to be
    wrong about; and what a kink of singular values allows cannot be said.
    """
    if leaps(program) or any(_repeats(program, step) for step in program.steps):
        return False
    spectral = any(step.operation.name in SPECTRAL for step in program.steps)
    return not spectral or not kinked(program)


def _repeats(program: Program, step: Step) -> bool:
    """Whether a matrix has equal eigenvalues or singular values: their slopes follow no line."""
    find = VALUES.get(step.operation.name.rsplit(".", 1)[-1])
    if find is None:
        return False
    found = find(program.values[step.refs()[0]])
    pairs = np.triu_indices(found.shape[-1], 1)
    gaps = np.abs(found[..., pairs[0]] - found[..., pairs[1]])
    size = np.abs(found).max(axis=-1, keepdims=True, initial=0.0)
    return bool((gaps <= 1e-6 * size).any())


def confirmed(
    program: Program, rows: list[Element], reported: list[Any], gradient: Gradient
) -> list[Element]:
    """Keep the rows that are wrong at every scale.

    A difference with a step of a thousandth may straddle a kink that lies 1e-8 away; a
    number that is right for some smaller step is right. So is one that is off by its roundoff.
    """
    probe = _probe(program)
    largest = max(float(np.abs(x).max(initial=0.0)) for x in program.values.values())
    # Squares of roundoff, as what least squares leave of an exact solution, have no slope.
    nothing = (4 * EPS * largest) ** 2

    @functools.cache
    def roundoff() -> float:
        return max(nothing, _last_places(gradient, list(program.inputs.values())))

    def stands(row: Element) -> bool:
        if not np.isfinite(reported[row.place][row.index]):
            return True
        if row.kink is None and abs(row.reported - _numeric(row)) <= roundoff():
            return False
        phi = probe.along("float", [(row.place, row.index, 1.0)])
        return not right_somewhere(phi, row.reported, _numeric(row))

    kept = list(filter(stands, rows))
    if not kept or not kinked(program):
        return kept
    xs = list(program.inputs.values())
    return [] if any(_among_nearby(program, xs, reported, n) for n in NEARBY) else kept


def _last_places(gradient: Gradient, xs: list[Any]) -> float:
    """Tell how much a gradient may lose: some last places of what it is at points around."""
    rng = np.random.default_rng(4)
    largest = 0.0
    for _ in range(DRAWS):
        around = [x * (1 + rng.uniform(-0.3, 0.3, np.shape(x))) for x in xs]
        with contextlib.suppress(Exception):  # any: it may not be defined there
            sizes = [float(np.abs(g).max(initial=0.0)) for g in gradient(*around)]
            largest = max([largest, *filter(np.isfinite, sizes)])
    return 64 * EPS * largest


def _numeric(row: Element) -> float:
    """Give the slope that a reported number was found to differ from, the nearer one at a kink."""
    if row.kink is None:
        return row.slope.value
    return float(min(row.kink, key=lambda slope: abs(slope - row.reported)))


def _probe(program: Program) -> Probe:
    xs, names = tuple(program.inputs.values()), list(program.inputs)
    return Probe(program, Arguments(program, xs, None, names))


def _among_nearby(program: Program, xs: list[Any], gradient: list[Any], points: int) -> bool:
    """Whether a gradient is a mean of those at points nearby: an element of Clarke's."""
    rng = np.random.default_rng(2)
    reported = np.concatenate([np.ravel(g) for g in gradient])
    near = []
    for _ in range(points):
        point = [x + 1e-4 * rng.normal(size=np.shape(x)) for x in xs]
        near.append(_slopes(program, point))
    vertices = np.array(near)
    vertices = vertices[np.isfinite(vertices).all(axis=1)]
    if not len(vertices) or not np.isfinite(reported).all():
        return False
    mean = nearest_in_hull(vertices, reported)
    size = max(float(np.abs(reported).max()), float(np.abs(vertices).max()))
    return bool(np.abs(mean - reported).max() <= 0.1 * size)


def _slopes(program: Program, point: list[Any]) -> Any:
    """Give all central differences at a point, with a step below any kink's distance."""
    slopes, h = [], 1e-7
    for k, x in enumerate(point):
        for index in np.ndindex(np.shape(x)):
            ends = []
            for sign in (1, -1):
                moved = [np.array(y) for y in point]
                moved[k][index] += sign * h
                ends.append(float(program(*moved)))
            slopes.append((ends[0] - ends[1]) / (2 * h))
    return np.array(slopes)


def right_somewhere(phi: Line, reported: float, numeric: float) -> bool:
    """Whether a four-point difference with some small step speaks for the reported number.

    It has to be much nearer to it than the `numeric` slope of wider steps is: where there is no
    kink between, all differences are that slope, and a mistake of a thousandth stays one.
    """
    here = phi(0.0)
    sigma = 8 * EPS * max(1.0, abs(here))  # measured noise would take in the kink
    off = abs(reported - numeric)
    for exponent in (16, 20, 24, 28, 32, 36, 40):
        found = stencil(phi, here, 2.0**-exponent, sigma)
        roundoff = 2 * sigma * 2.0**exponent
        if found.kinked or not found.slope or roundoff > 0.05 * off:
            continue
        if abs(found.slope.value - reported) <= 0.1 * off:
            return True
    return False
