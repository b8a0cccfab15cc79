"""How the user's functions are called: ``f(w1, w2, x, y)``, ``f(params, x, y)``, by name or not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...declare import positions
from ...errors import DTypeError, ShapeError
from .trees import Tree, copied, squeezed, walk

RATES = ("learning_rate", "learn_rate", "learningrate", "lr", "eta", "rate", "step_size", "alpha")


def positional(f: Callable[..., Any]) -> list[str] | None:
    """Give the names of the positional parameters; None if they cannot be told."""
    try:
        count, names = positions(f)
    except (TypeError, ValueError):
        return None
    return names if count == len(names) else None


def top_names(f: Callable[..., Any], params: Any, inputs: Any) -> tuple[list[str], list[str]]:
    """Name the places of parameters and data after the signature of `f`."""
    names = positional(f) or []
    if isinstance(params, dict):
        rest = [n for n in names if n not in params]
        if not set(params) <= set(names):
            rest = rest[1:]
        return [], rest + [f"x{i}" for i in range(9)]
    count = len(params) if isinstance(params, tuple | list) else 1
    given = len(inputs) if isinstance(inputs, tuple | list | dict) else 1
    if len(names) >= count + given:
        return names[:count], names[count:]
    packed = [f"{names[0] if names else 'params'}[{i}]" for i in range(count)]
    return packed, names[1:] + [f"x{i}" for i in range(given)]


def understood(f: Callable[..., Any], params: Any, inputs: Any) -> Call:
    """Find out how `f` takes its parameters and data; a container may be one argument or many."""
    if not [*walk(params)]:
        raise ShapeError(f"params is {params!r}; expected at least one number or array")
    several = [
        (p, x)
        for p in ((params, tuple(params)) if isinstance(params, list) else (params,))
        for x in (inputs, *([tuple(inputs)] if isinstance(inputs, list) else []), (inputs,))
    ]
    for p, x in several:
        names, data_names = top_names(f, p, x)
        call = Call(f, Tree(p, names), Tree(x, data_names))
        if call.possible:
            return call
    return call.checked()


def _by_names(tree: Tree, parts: Any) -> dict[str, Any]:
    """Give the arguments that a container stands for, by their names."""
    if isinstance(parts, dict):
        return {str(key): part for key, part in parts.items()}
    several = parts if isinstance(parts, tuple) else (parts,)
    return dict(zip(tree.top, several, strict=False))


class Call:
    """One of the user's functions, called with flat parameters and data.

    Parameters
    ----------
    f : callable
        Takes parameters and data spread out, or the parameters as one argument.
    params, inputs : Tree
        Their containers.
    rate : float, optional
        The learning rate; handed on if `f` asks for one.
    like : Call, optional
        Another function's call, whose way of taking the parameters is tried first.
    some : bool
        Whether `f` may ask for some of the arguments only: a prediction needs no labels.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        params: Tree,
        inputs: Tree,
        rate: float | None = None,
        like: Call | None = None,
        some: bool = False,
    ) -> None:
        if not callable(f):
            raise DTypeError(
                f"got {type(f).__name__} {f!r:.40} in the place of a function; expected a function "
                f"of {', '.join([*params.names, *inputs.names])}"
            )
        self.f, self.params, self.inputs = f, params, inputs
        self.names = positional(f)
        self.spoilt: dict[str, None] = {}  # arguments that it changed, in order
        self.misshapen: dict[str, str] = {}  # what its results do to parameters, by name
        self.help = 0  # to take Values: 1 for arrays that hold them, 2 for ``float``, too
        self.rate: dict[str, float] = {}
        if rate is not None and self.names is not None:
            own = {*params.names, *inputs.names}  # a parameter may well be called alpha
            self.rate = {n: rate for n in self.names if n.lower() in RATES and n not in own}
        first = like is not None and like.packed
        self.packed: bool = first == self._accepts(packed=first)
        self.possible = self._accepts(packed=self.packed)
        # Perhaps in another order, or without labels: ``predict(X, params)``.
        self.some = some
        named = None if like is None else self._named(params.tree, inputs.tree)
        self.by_name = named is not None and (not self.possible or self._knows_all())
        self.possible |= self.by_name

    def checked(self) -> Call:
        """Refuse a function that takes its arguments in neither way."""
        if not self.possible:
            raise ShapeError(
                f"{getattr(self.f, '__name__', self.f)}{inspect.signature(self.f)} takes neither "
                f"the parameters {', '.join(self.params.names)} one by one nor all of them as its "
                f"first argument, followed by the data {', '.join(self.inputs.names) or '(none)'}; "
                "nor what it asks for by these names"
            )
        return self

    def _arguments(
        self, params: Any, inputs: Any, packed: bool
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        one = packed or not isinstance(params, tuple | dict)
        named = {} if one or isinstance(params, tuple) else dict(params)
        args = (params,) if one else () if named else tuple(params)
        data = inputs if isinstance(inputs, tuple | dict) else (inputs,)
        if isinstance(data, dict):
            named |= data
        elif not named:
            args += data
            for k, n in enumerate(self.names or ()):
                if n in self.rate and k < len(args):  # it stands before some data
                    args = (*args[:k], self.rate[n], *args[k:])
        elif self.names is None:  # ``f(*everything)``
            args, named = (*named.values(), *data), {}
        else:
            free = [n for n in self.names if n not in named and n not in self.rate]
            if len(data) > len(free):
                args = data  # which ``bind`` will refuse
            else:
                named |= dict(zip(free, data, strict=False))
        given = (self.names or [])[: len(args)]
        return args, {**named, **{n: rate for n, rate in self.rate.items() if n not in given}}

    def _named(self, params: Any, inputs: Any) -> tuple[Any, ...] | None:
        """Give the arguments by what they are called; None if some have other names."""
        data, own = _by_names(self.inputs, inputs), _by_names(self.params, params)
        names = self.names or []
        others = [n for n in names if n not in data and n not in self.rate]
        if len(others) == 1 and others[0] not in own:
            own = {others[0]: params}
        known = {**own, **data, **self.rate}
        every = self.some or {*own, *data} <= {*names}
        if not others or not set(others) <= set(own) or not every:
            return None
        return tuple(known[n] for n in names)

    def _knows_all(self) -> bool:
        """Whether it asks for parameters and data by their own names alone."""
        own = {
            **_by_names(self.params, self.params.tree),
            **_by_names(self.inputs, self.inputs.tree),
        }
        return {*(self.names or ())} <= {*own, *self.rate}

    def _accepts(self, packed: bool) -> bool:
        try:
            signature = inspect.signature(self.f)
        except (TypeError, ValueError):
            return not packed
        args, kwargs = self._arguments(self.params.tree, self.inputs.tree, packed)
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            return False
        return True

    def __call__(self, params: Sequence[Any], inputs: Sequence[Any]) -> Any:
        """Call with these leaves; the function gets its own copies of arrays."""
        return self._called(self.params.filled(params), inputs)

    def _called(self, filled: Any, inputs: Sequence[Any]) -> Any:
        if self.by_name:
            return self.f(*(self._named(filled, self.inputs.filled(inputs)) or ()))
        args, kwargs = self._arguments(filled, self.inputs.filled(inputs), self.packed)
        return self.f(*args, **kwargs)

    def gradient(
        self, params: Sequence[Any], inputs: Sequence[Any], rate: float | None, what: str
    ) -> list[Any]:
        """Call a gradient or, with a learning rate, a training step; give the gradient it used."""
        own, data = copied(params), copied(inputs)
        filled = self.params.filled(own)
        result = self._called(filled, data)
        self._compare(self.inputs.names, inputs, data)
        # A step may return the new parameters or write them where the old ones were.
        given = filled if result is None and rate is not None else result
        moved = self.params.read(given, what)
        self._measure(params, moved)
        if rate is None:
            self._compare(self.params.names, params, own)
            return moved
        return [(np.asarray(p) - np.asarray(q)) / rate for p, q in zip(params, moved, strict=True)]

    def _compare(self, names: Sequence[str], before: Sequence[Any], after: Sequence[Any]) -> None:
        """Note which arrays are not what they were when they were handed over."""
        for name, x, y in zip(names, before, after, strict=True):
            if x is not y and not np.array_equal(x, y):
                self.spoilt[name] = None

    def _measure(self, before: Sequence[Any], given: Sequence[Any]) -> None:
        """Note which results have as many numbers as their parameter, but would give it a shape."""
        for name, x, y in zip(self.params.names, before, given, strict=True):
            own, other = np.shape(x), np.shape(y)
            if own and own != other and squeezed(own) == squeezed(other):
                sum_of_both = np.broadcast_shapes(own, other)
                if sum_of_both != own:
                    self.misshapen[name] = (
                        f"`∂L/∂{name}` has shape {other} where `{name}` has {own}: with it, a step "
                        f"makes `{name}` an array of shape {sum_of_both}"
                    )
