"""What is said of a gradient whose mistake has no name: where it is wrong."""

from __future__ import annotations

import numpy as np

from .case import Base
from .graph import RESULT
from .naming import listed

SHOWN = 3  # derivatives that an unexplained mistake may be in


def localised(base: Base) -> list[str]:
    """Say where the gradient is wrong when it is not known why."""
    case, out = base.case, []
    if base.wrong:
        out.append("unexplained: no mistake that the doctor knows gives these numbers")
    good = [case.targets[t].name for t in sorted(base.right)]
    if good:
        out.append(f"right: {listed([f'`∂L/∂{n}`' for n in good])}")
    for t in sorted(base.wrong):
        w = case.targets[t].where
        ratios = np.concatenate(
            [case.reported[p][w] / base.gradient(p)[w] for p in range(len(base.states))]
        )
        ratios = ratios[np.isfinite(ratios)]
        text = f"wrong: `∂L/∂{case.targets[t].name}`"
        if ratios.size:
            text += f", {ratios.min():.3g} to {ratios.max():.3g} times what it should be"
        out.append(text)
    ways = common(base)
    if ways:
        out.append(f"all that is wrong, and nothing else, is computed from {listed(ways)}")
    return out


def common(base: Base) -> list[str]:
    """Name the derivatives that all wrong ones are computed from, and none of the right ones."""
    case, graph = base.case, base.case.graph
    wrong, right = ([case.targets[t].op for t in ts] for ts in (base.wrong, base.right))
    if not right or len(wrong) < 2:
        return []
    found = [
        i
        for i, op in enumerate(graph.ops[: graph.output])
        if op.kind == RESULT and graph.live[i] and i not in graph.several
        if all(graph.depends(i, w) for w in wrong) and not any(graph.depends(i, r) for r in right)
    ]
    named = [i for i in found if case.names.is_short(i)]
    return [*dict.fromkeys(case.names.derivative(i) for i in named or found)][:SHOWN]
