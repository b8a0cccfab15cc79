"""What operations are called in a sentence, and turns of phrase that several kinds share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .graph import CONSTANT, RESULT, Comparison, Graph, Op, Point, form
from .sweep import Edge

INFIX = {
    "add": (" + ", 1),
    "subtract": (" - ", 1),
    "multiply": ("*", 2),
    "divide": ("/", 2),
    "matmul": ("@", 2),
    "power": ("**", 3),
}
ATOM = 9
FEW = 4  # operands that are all written
MANY = 4  # derivatives: of more, those are named that are not meant
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

    def transposed(self, i: int) -> str:
        """Give the text of a transposed matrix, in backticks."""
        op = self.graph.ops[i]
        return (
            self(op.args[0])
            if op.name == "transpose" and i not in self.graph.names
            else self(i, ".T")
        )

    def bare(self, i: int) -> str:
        """Give the text of operation `i`."""
        return self._text(i)[0]

    def strong(self, i: int) -> tuple[str, int]:
        """Give the text of operation `i`, and how strongly it binds."""
        return self._text(i)

    def inner(self, i: int) -> str:
        """Write operation `i` so that it can be multiplied."""
        text, strength = self._text(i)
        return text if strength == ATOM else f"({text})"

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
        return op.name in views and self.is_short(op.args[0])

    def _text(self, i: int) -> tuple[str, int]:
        if i in self.graph.names:
            return self.graph.names[i], ATOM
        if i not in self.known:
            self.known[i] = self._made(i)
        return self.known[i]

    def _made(self, i: int) -> tuple[str, int]:
        op = self.graph.ops[i]
        if op.kind == CONSTANT or op.primitive is None:
            return (op.label, ATOM) if op.label else constant(self.point.values[i])
        name = "pad" if op.name == "scatter" else op.name  # zeros around it
        if name in INFIX and len(op.args) == 2:
            sign, strength = INFIX[name]
            left, right = (self._text(a) for a in op.args)
            first = left[0] if left[1] >= strength else f"({left[0]})"
            inner = self.graph.ops[op.args[1]].primitive
            mixed = {name, inner and inner.name} == {"multiply", "matmul"}
            tight = mixed or name in ("subtract", "divide", "power")
            enough = right[1] > strength if tight else right[1] >= strength
            return first + sign + (right[0] if enough else f"({right[0]})"), strength
        settings = self.point.settings[i] if op.settings is None else op.settings
        return self._applied(op, name, settings)

    def _applied(self, op: Op, name: str, settings: dict[str, Any]) -> tuple[str, int]:
        text, strength = self._text(op.args[0])
        inner = text if strength == ATOM else f"({text})"
        if isinstance(op.primitive, Comparison):
            return f"{inner} {op.primitive.sign} 0", 0
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
        some = op.args if len(op.args) <= FEW else (*op.args[:2], op.args[-1])
        texts = [self.bare(a) for a in some]
        listed = ", ".join([*texts[:2], "…", *texts[2:]] if some != op.args else texts)
        axes = settings.get("axes")
        if name == "sum" and axes and len(axes) < np.ndim(self.point.values[op.args[0]]):
            listed += f", axis={axes[0] if len(axes) == 1 else axes}"
        return f"{name}({listed})", ATOM


def constant(x: Any) -> tuple[str, int]:
    """Write a number; arrays get a word, unless all their elements are 0 or 1."""
    if np.size(x) != 1:
        shape = f"{len(x)}" if np.ndim(x) == 1 else f"{form(x)}"
        for word, value in (("zeros", 0.0), ("ones", 1.0)):
            if np.size(x) and np.all(np.asarray(x) == value):
                return f"{word}({shape})", ATOM
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


def tidy(text: str) -> str:
    """Write ``((a + b))`` with one pair of brackets."""
    depth: list[int] = []
    pairs: dict[int, int] = {}
    for i, letter in enumerate(text):
        if letter == "(":
            depth.append(i)
        elif letter == ")" and depth:
            pairs[depth.pop()] = i
    gone = {
        at
        for i, j in pairs.items()
        if pairs.get(i + 1) == j - 1 and "," not in text[i:j]  # not of a shape
        for at in (i, j)
    }
    return "".join(letter for i, letter in enumerate(text) if i not in gone)


def listed(texts: Sequence[str]) -> str:
    """Join words: a, b and c."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


# --- turns of phrase ----------------------------------------------------------------------


def multiplied(wrong: str, right: str) -> str:
    """Say what a derivative multiplies by."""
    return f"multiplies by {wrong} where it should multiply by {right}"


def factor_text(c: float, n: int = 0, what: str = "rows") -> str:
    """Say in words that something is multiplied by a constant."""
    words = {
        0.0: "is always 0",
        -1.0: "has the wrong sign",
        2.0: "is twice what it should be",
        0.5: "is half of what it should be",
        -2.0: "has the wrong sign and is twice what it should be",
        -0.5: "has the wrong sign and is half of what it should be",
    }
    if c in words:
        return words[c]
    for scale, also in ((1.0, ""), (-1.0, " and has the wrong sign")) if n else ():
        if abs(c - scale * n) < 1e-9 * n:
            return f"is {n} times what it should be ({n} is the number of {what}){also}"
        if abs(c * n - scale) < 1e-9:
            return f"is 1/{n} of what it should be ({n} is the number of {what}){also}"
    return f"is {number(c)} times what it should be"


def number(c: float) -> str:
    """Write a constant, as a fraction where it is one."""
    fraction = Fraction(c).limit_denominator(1000)
    return str(fraction) if abs(float(fraction) - c) < 1e-9 * abs(c) else f"{c:.6g}"


def times(c: float, formula: str) -> str:
    """Write a constant times a formula."""
    if c == 1.0:
        return formula
    inner = formula if formula.startswith(("sign", "exp(", "(")) else f"({formula})"
    return f"-{inner}" if c == -1.0 else f"{number(c)}*{inner}"


def through(names: Names, e: Edge) -> str:
    """Say along which operation a term comes."""
    return f" that comes through {names(e.top)}{which(names, e)}"


def which(names: Names, e: Edge) -> str:
    """Tell apart what the code writes twice: ``z - mu`` on its way to a variance."""
    users = names.graph.users(e.bottom)
    if all(n == e.top or names.bare(n) != names.bare(e.top) for n, _ in users):
        return ""
    above = [n for n, _ in names.graph.users(e.top)]
    return f" of {names(above[0])}" if above else ""


def rounds(group: Any, read: Sequence[int] = (), own: Sequence[int] = ()) -> str:
    """Say that a mistake is made each time that a place in the code is passed.

    Where what is `read` is what it should be, there is none.
    """
    edges = zip(group.edges, read, own, strict=True) if read else ((e, 0, 1) for e in group.edges)
    return everywhere(len({e.top for e, v, right in edges if v != right}))


def everywhere(n: int) -> str:
    """Say in how many places a mistake is made."""
    return "" if n == 1 else f" (and so in each of {n} places)"


def parts(axes: int, axis: int, which: Sequence[int]) -> tuple[str, str]:
    """Write some parts of an array along an axis: ``rows 1 and 2``, and the axis if need be."""
    words = {1: ("element",), 2: ("row", "column"), 3: ("block", "row", "column")}.get(axes)
    what = (words[axis] if words else "part") + "s" * (len(which) > 1)
    along = "" if words else f" along axis {axis}"
    return f"{what} {listed([str(i) for i in which])}", along


def scaled_by(case: Any, targets: Iterable[int], c: float) -> str:
    """Say that some derivatives are off by a constant."""
    targets = list(targets)
    every = len(targets) == len(case.targets) > 1
    which = "every derivative" if every else derivatives(case, targets)
    n, what = case.samples
    shapes = [np.shape(x) for x in case.points[0].point.inputs]
    if any(n in (shape[1:] if what == "rows" else shape[:-1]) for shape in shapes):
        what += ", and another length of the data"
    text = factor_text(c, n, what)
    text += "" if "(" in text else noted(case, abs(c))
    if every or len(targets) == 1:
        return f"{which} {text}"
    if text.startswith("has "):
        text = text.replace(" and is ", " and are ").replace("what it should", "what they should")
        return f"{which} each have {text.removeprefix('has ')}"
    return f"{which} are each {text.removeprefix('is ')}"


def noted(case: Any, c: float) -> str:
    """Say where a constant may come from."""

    def near(x: float) -> bool:
        return abs(c - x) < 1e-9 * x

    perhaps = "a factor of 2, or" if c in (0.5, 2.0) else "perhaps"
    if case.rate and case.rate != 1.0 and near(case.rate):
        return f" ({perhaps} by the learning rate, once more)"
    if case.rate and case.rate != 1.0 and near(1.0 / case.rate):
        return f" ({perhaps} the step is not multiplied by the learning rate)"
    n, what = case.samples
    lengths = {k for x in case.points[0].point.inputs for k in np.shape(x) if k}
    for m in sorted(lengths) if n else ():
        if n % m and m % n and near(n / m):
            return (
                f" (as if divided by {m} where it should be divided by {n}, the number of {what})"
            )
    if n > 2 and (near(float(n) ** 2) or near(1.0 / float(n) ** 2)):
        done, undone = ("multiplied", "divided") if c > 1.0 else ("divided", "multiplied")
        return f" (as if {done} by {n}, the number of {what}, where it should be {undone})"
    for total, axes in _means(case):
        for m in axes:
            if m != total and near(total / m):
                as_if = "a factor of 2, or as if" if c == 2.0 else "as if"
                return f" ({as_if} divided by {m} where it should be divided by {total})"
    for n in case.sizes:
        if n != case.samples[0] and (near(n) or near(1.0 / n)):
            return f" ({n} is a length of the data)"
    for n, name in _places(case).items():
        if n > 2 and (near(n) or near(1.0 / n)):
            return f" ({n} is the number of places of {name})"
    return ""


def _means(case: Any) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Give how many numbers each mean is taken of, and the lengths of the array's axes."""
    values, ops = case.points[0].values, case.graph.ops
    for op in ops:
        inner = ops[op.args[0]] if op.name == "divide" else op
        if inner is not op and inner.name == "sum":
            count, shape = values[op.args[1]], np.shape(values[inner.args[0]])
            if np.shape(count) == () and count == math.prod(shape):
                yield int(count), shape


def _places(case: Any) -> dict[int, str]:
    """Give how many numbers there are in arrays with names, or in the last two of their axes."""
    found: dict[int, str] = {}
    for i in case.graph.names:
        value = case.points[0].values[i]
        if case.graph.ops[i].kind == RESULT and not isinstance(value, tuple) and np.ndim(value) > 1:
            found.setdefault(math.prod(np.shape(value)[-2:]), case.names(i))
    return found


def derivatives(case: Any, targets: Iterable[int]) -> str:
    """Name the derivatives of some targets."""
    chosen = set(targets)
    names: dict[str, None] = {}
    for t in sorted(chosen):
        target = case.targets[t]
        family = {i for i, other in enumerate(case.targets) if other.op == target.op}
        names[target.whole if family <= chosen else target.name] = None
    return listed([f"`∂L/∂{name}`" for name in names])


def only_for(case: Any, fixes: Iterable[int], text: str, bottom: int) -> str:
    """Restrict a sentence to the derivatives in which the mistake was made."""
    fixes = sorted(fixes)
    if len(fixes) == 1 and bottom in (case.targets[fixes[0]].op, case.targets[fixes[0]].node):
        return text
    return restricted(case, fixes, text)


def restricted(case: Any, fixes: Iterable[int], text: str) -> str:
    """Say where alone a mistake was made, or where alone it was not."""
    fixes, every = set(fixes), {*range(len(case.targets))}
    if len(fixes) > MANY and len(every - fixes) in (1, 2):
        return f"in all derivatives but {derivatives(case, every - fixes)}, {text}"
    return f"in {derivatives(case, fixes)} only, {text}"
