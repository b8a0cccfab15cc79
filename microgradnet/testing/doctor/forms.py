"""Mistakes that the shape of a reported gradient shows already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .case import Base, Case
from .graph import Point


def form_mistakes(case: Case, base: Base, points: Sequence[Point]) -> list[str]:
    """Bring reported gradients into the parameters' shapes; say what is wrong with others."""
    out = []
    for t, target in enumerate(case.targets):
        parts = [point.reported[t] for point in points]
        shape = np.shape(parts[0])
        if np.size(parts[0]) == int(np.prod(target.shape)) and _squeezed(shape) == _squeezed(
            target.shape
        ):
            continue
        truth = [
            np.reshape(base.gradient(p)[target.where], target.shape) for p in range(len(points))
        ]
        said = f"`∂L/∂{target.name}` has shape {shape} where `{target.name}` has {target.shape}"
        out.append(f"{said}: {_why(parts, truth)}")
    return out


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _why(parts: Sequence[Any], truth: Sequence[Any]) -> str:
    """Find what turns the reported arrays into the right ones."""
    shape, target = np.shape(parts[0]), np.shape(truth[0])

    def turned(change: Any) -> bool:
        return all(
            np.shape(change(r)) == np.shape(g) and np.allclose(change(r), g, rtol=1e-8, atol=1e-12)
            for r, g in zip(parts, truth, strict=True)
        )

    if shape == target[::-1] and len(shape) == 2:
        same = " and otherwise right" if turned(np.transpose) else ""
        return f"it is transposed{same}"
    for axis in range(len(shape)):
        if turned(lambda r, axis=axis: np.sum(r, axis=axis)):
            return f"the sum over axis {axis} is missing"
        if turned(lambda r, axis=axis: np.mean(r, axis=axis)):
            return f"the mean over axis {axis} is missing"
        cut = shape[:axis] + shape[axis + 1 :]
        if _squeezed(cut) == _squeezed(target):
            return f"the sum over axis {axis} is missing, and that is not the only mistake"
    if not np.shape(parts[0]) or np.size(parts[0]) == 1:
        return "a number where an array is expected: it is summed over too much"
    return "the axes do not match"
