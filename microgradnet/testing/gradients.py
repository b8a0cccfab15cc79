"""The gradient under test, as a callable: anybody's, or microgradnet's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from ..matrices import jacobian
from ..transforms import grad as own_grad
from .arguments import Arguments, described, plain, spacing
from .differences import EPS
from .judge import EPS32
from .probe import Probe
from .rounding import Moved, distance, rounding

# What arithmetic of some width may lose of a gradient, relative to it: sums of thousands of terms
# lose more than their last places, and 1e-10 is still far from any mistake. Where there are few
# digits to lose, code that is any good keeps all but two bits.
RELATIVE, RELATIVE32, NARROW = 1e-10, 64 * EPS32, 4.0

OWN = (
    "microgradnet was differentiating f itself here, which takes a function written in NumPy. For "
    "any other hand in its gradient, grad=, and leave order at 1"
)


class Gradient:
    """One gradient, called at the point or beside it, and looked over as a whole."""

    def __init__(self, function: Callable[..., Any], probe: Probe, seed: int) -> None:
        self.function, self.probe, self.seed = function, probe, seed
        self.places = probe.arguments.places
        self.whole = ""  # one array that came instead of a tuple of several
        self.relatives: dict[str, list[float]] = {}  # what each part's dtype may lose, by kind

    @property
    def eps(self) -> float:
        """Give the spacing of the widest arguments' numbers."""
        return max(float(np.finfo(p.array.dtype).eps) for p in self.places)

    def at(self, kind: str, leaves: Sequence[Any] | None = None) -> list[Any]:
        """Call it at the point, or at other leaves, in numbers of a kind."""
        if leaves is not None:
            leaves = [
                np.asarray(x, b.dtype) for x, b in zip(leaves, self.probe.base(kind), strict=True)
            ]
        point = self.probe.arguments_of(kind, leaves)
        with np.errstate(all="ignore"):
            try:
                reported = self.function(*point)
            except Exception as error:
                noted(error, f"gradcheck was calling grad({self.probe.arguments.described()})")
                raise
        parts = self.probe.arguments.parts(reported)
        one = isinstance(reported, np.ndarray) and len(self.probe.arguments.chosen) > 1
        self.whole = described(reported) if one else ""
        self.relatives[kind] = [relative(spacing(g)) for g in parts]
        return [None if g is None else _array(g) for g in parts]

    def misfits(self, reported: Sequence[Any]) -> list[str]:
        """Say which parts do not have their argument's shape, or hold no real numbers."""
        mistakes = []
        for g, p in zip(reported, self.places, strict=True):
            if g is None:
                mistakes.append(f"{p.name}: no gradient was reported")
            elif g.dtype.kind not in "fiub":
                none = g.dtype == object and not g.shape
                what = described(g.item()) if none else f"of dtype {g.dtype}"
                mistakes.append(f"{p.name}: the gradient is {what}; expected floats")
            elif g.shape != p.array.shape:
                mistakes.append(
                    f"{p.name}: the gradient has shape {g.shape}; expected {p.array.shape}"
                )
        if mistakes and self.whole:
            mistakes.append(
                f"the gradient came as {self.whole}, whose rows were taken for the arguments' "
                "gradients; expected a tuple with one entry for each of them"
            )
        return mistakes

    def unsteady(self, first: Sequence[Any], kind: str) -> list[str]:
        """Say which parts are others when it is called again."""
        again = self.at(kind)
        if misfits := self.misfits(again):
            return [f"when called again, {x}" for x in misfits]
        mistakes = []
        parts = zip(first, again, self.places, self.relatives[kind], strict=True)
        for g, h, p, own in parts:
            off = distance(g, h)
            size = float(np.max(np.abs(np.nan_to_num(g)), initial=0.0))
            if off.size and off.max() > own * size:
                i = np.unravel_index(np.argmax(off), off.shape)
                where = f"[{', '.join(map(str, i))}]" if i else ""
                mistakes.append(
                    f"{p.name}{where}: the gradient was {g[i]:.10g} and then, when called again, "
                    f"{h[i]:.10g}; expected the same number: seed what is random in it, and clear "
                    "what it accumulates, like a tensor's .grad"
                )
        return mistakes

    def rounding(self, kind: str, exact: bool) -> list[Moved]:
        """Measure how it moves with the last places, and its size elsewhere."""

        def elsewhere(factor: Any) -> list[Any] | None:
            try:
                there = self.at(kind, [x * factor(x.shape) for x in self.probe.base(kind)])
            except Exception:  # it is not defined everywhere
                return None
            return None if self.misfits(there) else there

        return rounding(elsewhere, self.at(kind), EPS if exact else EPS32, self.seed)


def _array(g: Any) -> Any:
    """Give an entry of a gradient as an array of its own; what is none, as one object."""
    try:
        return np.array(plain(g))
    except ValueError:  # lists of several lengths
        out = np.empty((), object)
        out[()] = g
        return out


def relative(spacing: float) -> float:
    """Say how far off a gradient may be by its own arithmetic, whose numbers have this spacing."""
    if spacing <= EPS:
        return RELATIVE
    return RELATIVE32 if spacing <= EPS32 else NARROW * spacing


def noted(error: Exception, note: str) -> None:
    """Add to an error of somebody's function what it was called for, the innermost alone."""
    if not getattr(error, "__notes__", None):
        error.add_note(note)


def projected(f: Callable[..., Any], project: Any) -> Callable[..., Any]:
    """Make a function's results one number, as was asked for."""
    if project is None:
        return f

    def total(*args: Any) -> Any:
        pairs = zip(optree.tree_leaves(f(*args)), optree.tree_leaves(project), strict=True)
        out: Any = 0.0
        for y, w in pairs:
            out = out + np.sum(w * y)
        return out

    return total


def own(f: Callable[..., Any], arguments: Arguments, project: Any, mode: str) -> Callable[..., Any]:
    """Give microgradnet's own gradient of a function, by the leaves that hold floats."""
    total = projected(f, project)

    def of_leaves(*leaves: Any) -> Any:
        return total(*arguments.filled(leaves))

    every = tuple(range(len(arguments.places)))
    by = own_grad(of_leaves, every) if mode == "reverse" else jacobian(of_leaves, every, mode=mode)

    def gradient(*args: Any) -> Any:
        chosen = [args[i] for i in arguments.chosen]
        try:
            parts = by(*arguments.parts(chosen[0] if len(chosen) == 1 else chosen))
        except Exception as error:
            noted(error, OWN)
            raise
        filled = arguments.filled(parts)
        trees = tuple(filled[i] for i in arguments.chosen)
        return trees[0] if len(trees) == 1 else trees

    return gradient


def slope(gradient: Gradient) -> Callable[..., Any]:
    """Give a gradient's slope along a random direction, as a function of the point."""
    rng = np.random.default_rng(gradient.seed)
    directions = [rng.normal(size=p.array.shape) for p in gradient.places]

    def along(*args: Any) -> Any:
        total: Any = 0.0
        parts = gradient.probe.arguments.parts(gradient.function(*args))
        for g, v in zip(parts, directions, strict=True):
            total = total + np.sum(g * v)
        return total

    return along
