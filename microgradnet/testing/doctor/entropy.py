"""Cross-entropy: its derivative is known by heart as `p - t`, with something else for `p`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .case import Base
from .edges import Group
from .formulas import sigmoid, softmax
from .graph import RESULT, Graph, form
from .naming import everywhere
from .places import Candidate, Wanted
from .sweep import Array, Edge, Edit, Make, State


def _shifted(z: Any, axis: int) -> Any:
    return np.exp(z - np.max(z, axis=axis, keepdims=True))


def _chosen(p: Any, axis: int) -> Any:
    return np.asarray(p == np.max(p, axis=axis, keepdims=True), float)


def _through(p: Any, g: Any, axis: int) -> Any:
    return p * (g - np.sum(p * g, axis, keepdims=True))


# What the probabilities p are of the scores: with classes in rows, in columns, or one by one.
RIGHT: list[tuple[str, Callable[[Any], Any], int]] = [
    ("softmax({z}, axis=-1)", lambda z: softmax(z, -1), -1),
    ("softmax({z}, axis=0)", lambda z: softmax(z, 0), 0),
    ("sigmoid({z})", sigmoid, -1),
]

# Of the scores z, the probabilities p, the labels t, and e = exp(z - max(z)) over the classes:
# what is written for p - t.
Formula = Callable[[Any, Any, Any, Any], Any]
WRONG: list[tuple[str, Formula]] = [
    ("sigmoid({z}) - {t}", lambda z, p, t, e: sigmoid(z) - t),
    ("tanh({z}) - {t}", lambda z, p, t, e: np.tanh(z) - t),
    ("softmax({z}, axis=-1) - {t}", lambda z, p, t, e: softmax(z, -1) - t),
    ("softmax({z}, axis=0) - {t}", lambda z, p, t, e: softmax(z, 0) - t),
    ("softmax({z}, axis=None) - {t}", lambda z, p, t, e: softmax(z, None) - t),
    ("{z}/sum({z}) - {t}", lambda z, p, t, e: z / np.sum(z, -1, keepdims=True) - t),
    ("e - {t}", lambda z, p, t, e: e - t),
    ("e/sum(e, axis=-1) - {t}", lambda z, p, t, e: e / np.sum(e, -1, keepdims=True) - t),
    ("e/sum(e, axis=0) - {t}", lambda z, p, t, e: e / np.sum(e, 0) - t),
    ("e/sum(e) - {t}", lambda z, p, t, e: e / np.sum(e) - t),
    ("{z} - {t}", lambda z, p, t, e: z - t),
    ("exp({z}) - {t}", lambda z, p, t, e: np.exp(z) - t),
    ("log(p) - {t}", lambda z, p, t, e: np.log(p) - t),
    ("onehot(argmax({z}, axis=-1)) - {t}", lambda z, p, t, e: _chosen(z, -1) - t),
    ("onehot(argmax({z}, axis=0)) - {t}", lambda z, p, t, e: _chosen(z, 0) - t),
    ("round(p) - {t}", lambda z, p, t, e: np.round(p) - t),
    (
        "f/sum(f, axis=-1) - {t}, f being exp({z} - max({z}, axis=0))",
        lambda z, p, t, e: _shifted(z, 0) / np.sum(_shifted(z, 0), -1, keepdims=True) - t,
    ),
    ("p, but 1 at {t}", lambda z, p, t, e: p * (1.0 - t) + t),
    ("p, but -1 at {t}", lambda z, p, t, e: p * (1.0 - t) - t),
    ("p - 1", lambda z, p, t, e: p - 1.0),
    ("p", lambda z, p, t, e: p),
    ("-{t}", lambda z, p, t, e: -t),
    ("p*(1 - p)", lambda z, p, t, e: p * (1.0 - p)),
    ("(p - {t})*p*(1 - p)", lambda z, p, t, e: (p - t) * p * (1.0 - p)),
    ("(p - {t})*p", lambda z, p, t, e: (p - t) * p),
    ("(p - {t})/(p*(1 - p))", lambda z, p, t, e: (p - t) / (p * (1.0 - p))),
    ("(p - {t})*{t}", lambda z, p, t, e: (p - t) * t),
    ("-{t}/p", lambda z, p, t, e: -t / p),
    ("-{t}*(1 - p)", lambda z, p, t, e: -t * (1.0 - p)),
    ("-{t}/p*p*(1 - p)", lambda z, p, t, e: -t / p * p * (1.0 - p)),
    ("p*((p - {t}) - sum(p*(p - {t})))", lambda z, p, t, e: _through(p, p - t, -1)),
    ("p*((p - {t}) - sum(p*(p - {t}), axis=0))", lambda z, p, t, e: _through(p, p - t, 0)),
    ("p - onehot(argmax({t}))", lambda z, p, t, e: p - _chosen(t, -1)),
    # The softmax's own derivatives by a score, its class's and another's, before they meet p - t.
    ("p*(1 - {t})", lambda z, p, t, e: p * (1.0 - t)),
    ("(p - {t})*{t} - p*(1 - {t})", lambda z, p, t, e: (p - t) * t - p * (1.0 - t)),
    (
        "(p - {t})*{t} + exp({z})*(1 - {t})",
        lambda z, p, t, e: (p - t) * t + np.exp(z) * (1.0 - t),
    ),
    (
        "(p - {t})*{t}*sum(exp({z})) + p*(1 - {t})",
        lambda z, p, t, e: (p - t) * t * np.sum(np.exp(z), -1, keepdims=True) + p * (1.0 - t),
    ),
    ("-log(p)", lambda z, p, t, e: -np.log(p)),
    ("-{t}*log(p)", lambda z, p, t, e: -t * np.log(p)),
    ("(p - {t})**2", lambda z, p, t, e: (p - t) ** 2),
    ("abs(p - {t})", lambda z, p, t, e: np.abs(p - t)),
    ("p - {t} with the labels reversed", lambda z, p, t, e: p - t[::-1]),
    ("p - {t} with the first label in every place", lambda z, p, t, e: p - t[:1]),
    ("p - {t} with the first column of {t} in every place", lambda z, p, t, e: p - t[..., :1]),
    ("p - {t} with the classes reversed", lambda z, p, t, e: p - t[..., ::-1]),
    ("p - (1 - {t})", lambda z, p, t, e: p - (1.0 - t)),
    ("p - {t} with each label one class less", lambda z, p, t, e: p - np.roll(t, -1, -1)),
    ("p - {t} with each label one class more", lambda z, p, t, e: p - np.roll(t, 1, -1)),
]


FORGOTTEN = ("p", "-{t}")  # half of the formula: likelier than that a term is missing elsewhere


@dataclass(frozen=True)
class Loss:
    """Where a cross-entropy is: scores, labels, and the constant that p - t is multiplied by."""

    base: Base
    scores: int
    labels: int | None  # None: they are no data, but are seen in the derivative
    name: str
    p: Callable[[Any], Any]
    axis: int  # of the classes
    scale: float

    def of(self, state: State) -> tuple[Any, Any, Any, Any]:
        """Give what formulas are made of at a point."""
        z = state.values[self.scores]
        p = self.p(z)
        if self.labels is None:
            g = self.base.walk(self.base.number_of(state))[self.scores]
            t = np.rint(p - np.asarray(g) / self.scale)
        else:
            t = np.asarray(state.values[self.labels])
            t = t if form(t) == form(z) else np.eye(form(z)[-1])[t]
        return z, p, t, _shifted(z, self.axis)


def losses(base: Base, wanted: Wanted) -> Iterator[Loss]:
    """Find scores whose derivative is a constant times p - t."""
    graph, state = base.case.graph, base.states[0]
    if not any(op.kind == RESULT and "log" in op.name for op in graph.ops):
        return
    walk = base.walk(0)
    found: set[int] = set()
    for i, op in enumerate(graph.ops):
        z = state.values[i]
        scored = op.kind == RESULT and graph.live[i] and not isinstance(z, tuple)
        if not scored or walk[i] is None or np.size(z) < 2:
            continue
        if not wanted(_into(graph, [i])) and not wanted(_into(graph, graph.makers[op.site])):
            continue
        if op.name == "subtract" and op.args[0] in found:
            continue  # scores less the largest one, on its way to the exponential
        for j, labels in enumerate(state.values):
            if graph.live[j] or isinstance(labels, tuple):
                continue
            if not _labels(np.asarray(labels), form(z)):
                continue
            for name, p, axis in RIGHT:
                loss = Loss(base, i, j, name, p, axis, 1.0)
                z, probability, t, _ = loss.of(state)
                r, g = probability - t, np.asarray(walk[i])
                scale = float(np.sum(r * g) / np.sum(r * r))
                if scale and _alike(g, scale * r, scale):
                    found.add(i)
                    yield replace(loss, scale=scale)
        for name, p, axis in RIGHT[:-1] if i not in found else ():
            seen = _scale(p, z, np.asarray(walk[i]), axis)
            if seen:
                found.add(i)
                yield Loss(base, i, None, name, p, axis, seen)


def _scale(p: Callable[[Any], Any], z: Any, g: Any, axis: int) -> float:
    """Give the constant c of ``g = c*(p - t)`` for some class of each sample; 0 if it is not so."""
    if np.abs(g.sum(axis)).max() > 1e-9 * np.abs(g).max():
        return 0.0  # sooner than a softmax tells
    probability = p(z)
    ratio = g / probability  # is c for all classes but one, where it has the other sign
    for sign in (1.0, -1.0):
        same = ratio[sign * ratio > 0.0]
        c = float(np.median(same)) if same.size else 0.0
        t = np.rint(probability - g / c) if c else probability
        one = np.all((t == 0.0) | (t == 1.0)) and np.all(np.sum(t, axis) == 1.0)
        if one and _alike(g, c * (probability - t), c):
            return c
    return 0.0


def _alike(g: Any, made: Any, scale: float) -> bool:
    return np.allclose(g, made, rtol=1e-9, atol=1e-12 * abs(scale))


def _into(graph: Graph, ops: Sequence[int]) -> Group:
    """Give all edges to some values."""
    edges = [Edge(n, i, k) for i in ops for n, k in graph.users(i) if graph.live[n]]
    apart = not any(graph.depends(i, e.top) for e in edges for i in ops)
    return Group(tuple(edges), apart)


def _labels(t: Array, shape: tuple[int, ...]) -> bool:
    if t.shape == shape:
        return True
    whole = np.issubdtype(t.dtype, np.integer) and t.shape == shape[:-1]
    return bool(whole and np.all((t >= 0) & (t < shape[-1])))


def candidates(base: Base, wanted: Wanted) -> Iterator[Candidate]:
    """Give what is written for the derivative of a cross-entropy, or for those of all rounds."""
    graph, alike = base.case.graph, defaultdict[object, list[Loss]](list)
    for loss in losses(base, wanted):
        if wanted(_into(graph, [loss.scores])):
            yield from _written([loss])
        key = graph.ops[loss.scores].site, loss.name, loss.axis, loss.labels is None
        alike[key].append(loss)
    for some in alike.values():
        if len(some) == len({loss.scores for loss in some}) > 1:
            yield from _written(some)


def _written(rounds: Sequence[Loss]) -> Iterator[Candidate]:
    loss = rounds[0]
    case, names = loss.base.case, loss.base.case.names
    group = _into(case.graph, [loss.scores for loss in rounds])
    z = names.bare(loss.scores)
    t = "onehot" if loss.labels is None else names.bare(loss.labels)
    probability = loss.name.format(z=z)
    right = f"{probability} - {t}"
    divided = _divided(case.samples[0], loss.scale)
    for formula, compute in (*WRONG, *divided):
        written = formula.format(z=z, t=t)
        if written == right:
            continue
        short = bool(re.search(r"\bp\b", formula))
        should = f"p - {t}" if short else right
        if formula in dict(divided) and loss.scale != 1.0:
            should = f"({should})/{case.samples[0]}"
        what = f"is taken as `{written}` where it should be `{should}`"
        what += f", p being `{probability}`" if short else ""
        what += (
            f", e being `exp({z} - max({z}, axis={loss.axis}))`"
            if re.search(r"\be\b", formula)
            else ""
        )
        what = what.replace("axis=0", "axis=0, over the rounds") if len(rounds) > 1 else what
        what += everywhere(len(rounds))
        cost = 1.04 if formula in FORGOTTEN else 1.1
        made = Edit(group.edges, _instead(group.edges, rounds, compute).__getitem__)
        yield Candidate(made, group, f"{names.derivative(loss.scores)} {what}", cost)


def _instead(edges: Sequence[Edge], rounds: Sequence[Loss], compute: Formula) -> list[Make]:
    """Hand on a formula's value along the first edge to scores, and nothing along the others."""
    left = {loss.scores: m for m, loss in enumerate(rounds)}

    def formula(m: int) -> Make:
        if len(rounds) == 1:
            return lambda state, g, cts: rounds[0].scale * compute(*rounds[0].of(state))

        def row(state: State, g: Any, cts: Any) -> Any:
            parts = zip(*(loss.of(state) for loss in rounds), strict=True)
            return rounds[m].scale * compute(*map(np.stack, parts))[m]

        return row

    def nothing(e: Edge) -> Make:
        return lambda state, g, cts: np.zeros(form(state.values[e.bottom]))

    return [formula(left.pop(e.bottom)) if e.bottom in left else nothing(e) for e in edges]


def _divided(n: int, scale: float) -> list[tuple[str, Formula]]:
    """Divide one of p and t alone by the number of samples."""
    if n < 2 or min(abs(scale - 1.0), abs(scale * n - 1.0)) > 1e-9:
        return []
    return [
        (f"p - {{t}}/{n}", lambda z, p, t, e: (p - t / n) / scale),
        (f"p/{n} - {{t}}", lambda z, p, t, e: (p / n - t) / scale),
    ]
