"""The checker as a judge: whether a gradient of a program is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..check import gradcheck
from ..differences import Line, stencil
from ..judge import EPS, Element
from ..probe import Arguments, Probe
from ..strategies.program import Program, Step

# Functions of singular values or eigenvalues: where these repeat, the subdifferential is more
# than what displacing single entries shows.
SPECTRAL = frozenset(
    f"np.linalg.{name}"
    for name in (
        *("cond", "norm", "matrix_norm", "svdvals", "svd"),
        *("eig", "eigh", "eigvals", "eigvalsh"),
    )
)

# What may not repeat, of the functions that tell it apart.
VALUES: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(["eig", "eigvals", "eigh", "eigvalsh"], np.linalg.eigvals),
    **dict.fromkeys(["svd", "svdvals"], np.linalg.svdvals),
}

NEARBY = 40  # points where a kink's gradients are looked for
STEPS = 400

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
        if rows and (sure := confirmed(program, rows, reported)):
            return word, sure
    return ("passed" if report.passed else "inconclusive"), []


def judgeable(program: Program) -> bool:
    """Whether a program has slopes here, at least one-sided ones, that can be told.

    A function that jumps (a rank that changes, a sign that LAPACK chooses) has no slope to be
    wrong about; and what a kink of singular values allows cannot be said.
    """
    moves = _moves(program)
    probe = _probe(program)
    for sign in (1, -1):
        if _jumps(probe.along("float", [(k, i, sign * d) for k, i, d in moves])):
            return False
    spectral = [step for step in program.steps if step.operation.name in SPECTRAL]
    if any(_repeats(program, step) for step in spectral):
        return False
    return not spectral or _smooth(probe.along("float", moves))


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


def confirmed(program: Program, rows: list[Element], gradient: list[Any]) -> list[Element]:
    """Keep the rows that are wrong at every scale.

    A difference with a step of a thousandth may straddle a kink that lies 1e-8 away; a
    number that is right for some smaller step is right.
    """
    probe = _probe(program)
    kept = [
        row
        for row in rows
        if not np.isfinite(gradient[row.place][row.index])
        or not right_somewhere(probe.along("float", [(row.place, row.index, 1.0)]), row.reported)
    ]
    if not kept or _smooth(probe.along("float", _moves(program))):
        return kept
    return [] if _among_nearby(program, list(program.inputs.values()), gradient) else kept


def _probe(program: Program) -> Probe:
    xs, names = tuple(program.inputs.values()), list(program.inputs)
    return Probe(program, Arguments(program, xs, None, names))


def _moves(program: Program) -> list[tuple[int, tuple[int, ...], Any]]:
    """Move all inputs along one line."""
    rng = np.random.default_rng(1)
    shapes = [np.shape(x) for x in program.inputs.values()]
    return [(k, (), rng.uniform(0.5, 1.5, shape)) for k, shape in enumerate(shapes)]


def _smooth(phi: Line) -> bool:
    """Whether slopes to the left and to the right are the same."""
    here, h = phi(0.0), 2.0**-20
    right, left = (phi(h) - here) / h, (here - phi(-h)) / h
    return bool(abs(right - left) <= 1e-3 * (abs(right) + abs(left)) + 1e-6)


def _among_nearby(program: Program, xs: list[Any], gradient: list[Any]) -> bool:
    """Whether a gradient is a mean of those at points nearby: an element of Clarke's."""
    rng = np.random.default_rng(2)
    reported = np.concatenate([np.ravel(g) for g in gradient])
    near = []
    for _ in range(NEARBY):
        point = [x + 1e-4 * rng.normal(size=np.shape(x)) for x in xs]
        near.append(_slopes(program, point))
    vertices = np.array(near)
    vertices = vertices[np.isfinite(vertices).all(axis=1)]
    if not len(vertices) or not np.isfinite(reported).all():
        return False
    # Frank and Wolfe's steps towards the point of the hull that is nearest.
    mean = vertices.mean(axis=0)
    for _ in range(STEPS):
        towards = vertices[np.argmin(vertices @ (mean - reported))] - mean
        length = float(towards @ towards)
        if length == 0.0:
            break
        mean = mean + np.clip(float(towards @ (reported - mean)) / length, 0.0, 1.0) * towards
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


def _jumps(phi: Line) -> bool:
    """Whether secants grow as the step shrinks."""
    here = phi(0.0)
    floor = 1e-13 * max(1.0, abs(here))
    secants = [max(abs(phi(h) - here) - floor, 0.0) / h for h in (2.0**-8, 2.0**-17, 2.0**-30)]
    return not all(np.isfinite(secants)) or max(secants[1:]) > 50 * secants[0] + 1e-3


def right_somewhere(phi: Line, reported: float) -> bool:
    """Whether a four-point difference with some small step is the reported number."""
    here = phi(0.0)
    sigma = 8 * EPS * max(1.0, abs(here))  # measured noise would take in the kink
    for exponent in (16, 20, 24, 28, 32):
        found = stencil(phi, here, 2.0**-exponent, sigma)
        roundoff = 2 * sigma * 2.0**exponent
        if found.kinked or not found.slope or roundoff > 0.05 * abs(reported) + 1e-6:
            continue
        if abs(found.slope.value - reported) <= 0.1 * abs(reported) + 10 * roundoff:
            return True
    return False
