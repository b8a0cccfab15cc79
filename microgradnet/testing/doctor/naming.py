"""What operations are called in a sentence: the code's own names, else expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .graph import CONSTANT, Graph, Op, Point, form

INFIX = {
    "add": (" + ", 1),
    "subtract": (" - ", 1),
    "multiply": ("*", 2),
    "divide": ("/", 2),
    "matmul": ("@", 2),
    "power": ("**", 3),
}
ATOM = 9
LONG = 60  # characters: longer expressions are cut in the middle


class Names:
    """Texts for the operations of a graph."""

    def __init__(self, graph: Graph, point: Point) -> None:
        self.graph, self.point = graph, point
        self.known: dict[int, tuple[str, int]] = {}

    def __call__(self, i: int, view: str = "") -> str:
        """Give the text of operation `i` (or a view of it), in backticks."""
        text, strength = self._text(i)
        if view:
            text = (text if strength == ATOM else f"({text})") + view
        if len(text) > LONG:
            text = f"{text[: LONG // 2]} … {text[-LONG // 3 :]}"
        return f"`{text}`"

    def bare(self, i: int) -> str:
        """Give the text of operation `i`."""
        return self._text(i)[0]

    def expression(self, i: int) -> str:
        """Write operation `i` out even if it has a name."""
        return self._made(i)[0]

    def derivative(self, i: int) -> str:
        """Write ∂L/∂i, in backticks."""
        text, strength = self._text(i)
        return f"`∂L/∂{text}`" if strength == ATOM else f"`∂L/∂({text})`"

    def slope(self, top: int, bottom: int) -> str:
        """Write ∂top/∂bottom, in backticks."""
        parts = [t if s == ATOM else f"({t})" for t, s in map(self._text, (top, bottom))]
        return f"`∂{parts[0]}/∂{parts[1]}`"

    def is_short(self, i: int) -> bool:
        """Whether the operation has a name, or is an element or a view of something that has."""
        op = self.graph.ops[i]
        if i in self.graph.names:
            return True
        views = ("getitem", "transpose", "reshape")
        return op.primitive is not None and op.primitive.name in views and self.is_short(op.args[0])

    def _text(self, i: int) -> tuple[str, int]:
        if i in self.graph.names:
            return self.graph.names[i], ATOM
        if i not in self.known:
            self.known[i] = self._made(i)
        return self.known[i]

    def _made(self, i: int) -> tuple[str, int]:
        op = self.graph.ops[i]
        if op.kind == CONSTANT or op.primitive is None:
            return constant(self.point.values[i])
        name = op.primitive.name
        if name in INFIX and len(op.args) == 2:
            sign, strength = INFIX[name]
            left, right = (self._text(a) for a in op.args)
            first = left[0] if left[1] >= strength else f"({left[0]})"
            tight = name in ("subtract", "divide", "power")
            enough = right[1] > strength if tight else right[1] >= strength
            return first + sign + (right[0] if enough else f"({right[0]})"), strength
        settings = self.point.settings[i] if op.settings is None else op.settings
        return self._applied(op, name, settings)

    def _applied(self, op: Op, name: str, settings: dict[str, Any]) -> tuple[str, int]:
        text, strength = self._text(op.args[0])
        inner = text if strength == ATOM else f"({text})"
        if name == "negative":
            return f"-{inner}", 2
        if name == "square":
            return f"{inner}**2", 3
        if name == "getitem":
            return f"{inner}[{index(settings['index'])}]", ATOM
        if name == "transpose":
            return f"{inner}.T", ATOM
        if name in ("reshape", "broadcast_to", "as_float", "positive", "copy"):
            return text, strength
        listed = ", ".join(self.bare(a) for a in op.args)
        axes = settings.get("axes")
        if name == "sum" and axes and len(axes) < np.ndim(self.point.values[op.args[0]]):
            listed += f", axis={axes[0] if len(axes) == 1 else axes}"
        return f"{name}({listed})", ATOM


def constant(x: Any) -> tuple[str, int]:
    """Write a number; arrays get a word."""
    if np.size(x) != 1:
        return f"constant array of shape {form(x)}", 0
    value = float(np.reshape(x, -1)[0])
    text = f"{value:.6g}"
    return text, ATOM if value >= 0 else 0


def index(i: Any) -> str:
    """Write an index as code."""
    if isinstance(i, tuple):
        return ", ".join(index(part) for part in i)
    if isinstance(i, slice):
        start, stop, step = ("" if s is None else str(s) for s in (i.start, i.stop, i.step))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    if isinstance(i, np.ndarray):
        return "..."
    return "..." if i is Ellipsis else str(i)


def listed(texts: Sequence[str]) -> str:
    """Join words: a, b and c."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
