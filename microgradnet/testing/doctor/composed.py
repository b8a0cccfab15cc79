"""Operations made of two, for variants: what reads an operand through something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...graph import Primitive
from ...rules import Elementwise, General, Linear
from .functions import unlisted
from .sweep import contributions


def nested(outer: Primitive, inner: Primitive, k: int, n: int = 1, last: bool = True) -> Primitive:
    """Give an operation that reads its operand `k` through another one.

    Parameters
    ----------
    outer, inner : Primitive
        What is done last, and first.
    k : int
        The operand of `outer` that `inner` gives.
    n : int
        How many operands `inner` has; they stand where the one stood.
    last : bool
        Whether an op's settings, and the name, are those of `outer`.
    """
    name = (outer if last else inner).name

    def parts(xs: Sequence[Any], params: Any) -> tuple[list[Any], list[Any]]:
        inside = list(xs[k : k + n])
        return [*xs[:k], inner.compute(inside, {} if last else params), *xs[k + n :]], inside

    def evaluate(*xs: Any, **params: Any) -> Any:
        return outer.compute(parts(xs, params)[0], params if last else {})

    if isinstance(outer.rule, Elementwise) and isinstance(inner.rule, Elementwise):
        slopes = [outer.rule.partial(outer, i) for i in range(len(outer.rule.partials))]
        within = [inner.rule.partial(inner, i) for i in range(n)]

        def beside(d: Any) -> Any:
            return d if type(d) is float else lambda z, *xs: d(z, *parts(xs, {})[0])

        def chained(d: Any) -> Any:
            def at(z: Any, *xs: Any) -> Any:
                outside, inside = parts(xs, {})
                return _at(slopes[k], z, outside) * _at(d, outside[k], inside)

            return at

        left, right = map(beside, slopes[:k]), map(beside, slopes[k + 1 :])
        return unlisted(name, evaluate, Elementwise(*left, *map(chained, within), *right))

    def vjp(g: Any, z: Any, *xs: Any, needed: Sequence[bool], **params: Any) -> list[Any]:
        outside, inside = parts(xs, params)
        own = needed[k : k + n]
        wanted = [*needed[:k], any(own), *needed[k + n :]]
        cs = list(contributions(outer, params if last else {}, g, z, outside, wanted))
        mine: Sequence[Any] = [None] * n
        if cs[k] is not None:
            settings = {} if last else params
            mine = contributions(inner, settings, cs[k], outside[k], inside, own)
        return [*cs[:k], *mine, *cs[k + 1 :]]

    return unlisted(name, evaluate, General(vjp))


def _at(d: Any, z: Any, xs: Sequence[Any]) -> Any:
    return d if type(d) is float else d(z, *xs)


def constant(value: Any) -> Primitive:
    """Give what is a number (or array) whatever it reads."""
    return unlisted("constant", lambda x: value, Elementwise(0.0))


def repeated(n: int) -> Primitive:
    """Give what adds a value n times."""
    return unlisted(f"{n}*{{}}", lambda x: float(n) * x, Elementwise(float(n)))


def view(look: Callable[[Any], Any], back: Callable[[Any], Any]) -> Primitive:
    """Give what reads an array in another order."""
    return unlisted("view", look, Linear(lambda g, x: back(g)))


def padding(widths: Sequence[tuple[int, int]], mode: Any) -> Primitive:
    """Give what pads an array with its own elements."""

    def look(x: Any) -> Any:
        return np.pad(x, widths, mode=mode)

    def back(g: Any, x: Any) -> Any:
        places = look(np.reshape(np.arange(np.size(x)), np.shape(x)))
        return np.reshape(np.bincount(places.ravel(), np.ravel(g), np.size(x)), np.shape(x))

    return unlisted("pad", look, Linear(back))
