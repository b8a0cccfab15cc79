"""NumPy's functions in PyTorch's words: another name, other names of keywords.

A word maps a step to ``(path, positional, keywords)``, or to None where PyTorch has no such
option. Only functions that mean the same are listed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..strategies.program import Step

Spelling = tuple[str, tuple[Any, ...], dict[str, Any]]
Word = Callable[[Step], Spelling | None]


def named(step: Step) -> dict[str, Any] | None:
    """Give the arguments by NumPy's names, without those at their defaults."""
    try:
        bound = inspect.signature(step.operation.function).bind(*step.args, **step.kwargs)
    except (TypeError, ValueError):
        return None
    parameters = bound.signature.parameters
    return {k: v for k, v in bound.arguments.items() if v is not parameters[k].default}


def renamed(
    path: str, operands: str, keywords: str = "", always: dict[str, Any] | None = None
) -> Word:
    """Make a word: ``operands`` go by place, ``keywords`` are pairs ``numpy=torch``."""
    names = operands.split()
    others = dict(pair.split("=") for pair in keywords.split())

    def word(step: Step) -> Spelling | None:
        given = named(step)
        if given is None or not given.keys() <= {*names, *others}:
            return None
        if not all(name in given for name in names) or given.get("axis") == ():
            return None  # PyTorch takes no axes for all axes
        extra = {others[k]: v for k, v in given.items() if k in others}
        return path, tuple(given[name] for name in names), {**(always or {}), **extra}

    return word


def ufunc(path: str, count: int) -> Word:
    """Make a word for a ufunc, whose operands must be tensors."""

    def word(step: Step) -> Spelling | None:
        fits = len(step.args) == count and not step.kwargs
        return (path, step.args, {}) if fits and len(step.refs()) == count else None

    return word


def _words(text: str) -> list[str]:
    return text.split()


UNARY = {
    **{
        name: name
        for name in _words("""exp expm1 exp2 log log1p log2 log10 sin cos tan sinh cosh tanh arcsin
        arccos arctan arcsinh arccosh arctanh sqrt square negative reciprocal deg2rad rad2deg
        floor ceil trunc sign absolute""")
    },
    "rint": "round",
    "fabs": "abs",
}
# Functions that give more than NumPy's do, the same result first.
FIRST = frozenset(["np.sort"])
BINARY = _words("""add subtract multiply divide maximum minimum fmax fmin logaddexp logaddexp2 hypot
copysign heaviside remainder fmod float_power arctan2""")

AXIS = "axis=dim keepdims=keepdim"

TORCH: dict[str, Word] = {
    **{f"np.{name}": ufunc(path, 1) for name, path in UNARY.items()},
    **{f"np.{name}": ufunc(name, 2) for name in BINARY},
    "np.power": ufunc("pow", 2),
    "np.sinc": renamed("sinc", "x"),
    "np.where": renamed("where", "condition x y"),
    "np.sum": renamed("sum", "a", AXIS),
    "np.mean": renamed("mean", "a", AXIS),
    "np.prod": renamed("prod", "a", AXIS),
    "np.max": renamed("amax", "a", AXIS),
    "np.min": renamed("amin", "a", AXIS),
    "np.amax": renamed("amax", "a", AXIS),
    "np.amin": renamed("amin", "a", AXIS),
    "np.var": renamed("var", "a", f"{AXIS} ddof=correction", {"correction": 0}),
    "np.std": renamed("std", "a", f"{AXIS} ddof=correction", {"correction": 0}),
    "np.cumsum": renamed("cumsum", "a axis"),
    "np.cumprod": renamed("cumprod", "a axis"),
    "np.diff": renamed("diff", "a", "n=n axis=dim"),
    "np.nansum": renamed("nansum", "a", AXIS),
    "np.nanmean": renamed("nanmean", "a", AXIS),
    "np.sort": renamed("sort", "a", "axis=dim"),
    "np.reshape": renamed("reshape", "a shape"),
    "np.ravel": renamed("ravel", "a"),
    "np.transpose": renamed("permute", "a axes"),
    "np.moveaxis": renamed("moveaxis", "a source destination"),
    "np.swapaxes": renamed("swapaxes", "a axis1 axis2"),
    "np.expand_dims": renamed("unsqueeze", "a axis"),
    "np.squeeze": renamed("squeeze", "a", "axis=dim"),
    "np.broadcast_to": renamed("broadcast_to", "array shape"),
    "np.concatenate": renamed("cat", "arrays", "axis=dim"),
    "np.stack": renamed("stack", "arrays", "axis=dim"),
    "np.hstack": renamed("hstack", "tup"),
    "np.vstack": renamed("vstack", "tup"),
    "np.dstack": renamed("dstack", "tup"),
    "np.tile": renamed("tile", "A reps"),
    "np.repeat": renamed("repeat_interleave", "a repeats", "axis=dim"),
    "np.roll": renamed("roll", "a shift", "axis=dims"),
    "np.flip": renamed("flip", "m axis"),
    "np.rot90": renamed("rot90", "m", "k=k axes=dims"),
    "np.tril": renamed("tril", "m", "k=diagonal"),
    "np.triu": renamed("triu", "m", "k=diagonal"),
    "np.diag": renamed("diag", "v", "k=diagonal"),
    "np.diagonal": renamed("diagonal", "a", "offset=offset axis1=dim1 axis2=dim2"),
    "np.trace": renamed("trace", "a"),
    "np.clip": renamed("clip", "a a_min a_max"),
    "np.take": renamed("take", "a indices"),
    "np.take_along_axis": renamed("take_along_dim", "arr indices axis"),
    "np.matmul": ufunc("matmul", 2),
    "np.dot": renamed("dot", "a b"),
    "np.inner": renamed("inner", "a b"),
    "np.outer": renamed("outer", "a b"),
    "np.kron": renamed("kron", "a b"),
    "np.cross": renamed("linalg.cross", "a b"),
    "np.tensordot": renamed("tensordot", "a b", "axes=dims"),
    "np.trapezoid": renamed("trapezoid", "y", "x=x dx=dx axis=dim"),
    "np.linalg.inv": renamed("linalg.inv", "a"),
    "np.linalg.det": renamed("linalg.det", "a"),
    "np.linalg.solve": renamed("linalg.solve", "a b"),
    "np.linalg.pinv": renamed("linalg.pinv", "a"),
    "np.linalg.matrix_power": renamed("linalg.matrix_power", "a n"),
    "np.linalg.multi_dot": renamed("linalg.multi_dot", "arrays"),
    "np.linalg.slogdet": renamed("linalg.slogdet", "a"),
    "np.linalg.eigvalsh": renamed("linalg.eigvalsh", "a", "UPLO=UPLO"),
    "np.linalg.norm": renamed("linalg.norm", "x", f"ord=ord {AXIS}"),
    "np.linalg.vector_norm": renamed("linalg.vector_norm", "x", f"ord=ord {AXIS}"),
    "np.linalg.matrix_norm": renamed("linalg.matrix_norm", "x", "ord=ord keepdims=keepdim"),
    "np.linalg.svdvals": renamed("linalg.svdvals", "x"),
    "np.linalg.vecdot": renamed("linalg.vecdot", "x1 x2", "axis=dim"),
    "np.einsum": lambda step: (
        None if step.kwargs or not isinstance(step.args[0], str) else ("einsum", step.args, {})
    ),
}
