"""How far rounding may take a right gradient from the exact one."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import SLACK, SMALLEST, Base
from .graph import replayed
from .sweep import Array, State, gradient


def noise(base: Base, p: int, rng: Any) -> Array:
    """Estimate how rounding moves the gradient: how far it moves when its inputs do, by 1e-8."""
    state = base.states[p]
    ops = state.graph.ops
    total = np.zeros_like(base.gradient(p))
    for _ in range(2):
        given = {
            i: v * (1.0 + 1e-8 * rng.choice([-1.0, 1.0], np.shape(v)))
            for i, (op, v) in enumerate(zip(ops, state.values, strict=True))
            if not op.args and np.asarray(v).dtype.kind == "f"
        }
        given = {i: float(v) if type(state.values[i]) is float else v for i, v in given.items()}
        values = replayed(ops, state.point, (), given)
        shifted = gradient(State(state.graph, state.point, values))
        total = np.maximum(total, np.abs(shifted - base.gradient(p)) / 1e-8)
    return np.asarray(SLACK * SMALLEST * total)
