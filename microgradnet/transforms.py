"""From functions to their derivatives: grad, vjp, jvp, hvp.

Each transform runs the function once on fresh leaves and walks the graph that this
leaves behind. There are no levels: a derivative is itself recorded exactly when the walk
meets a Value of an enclosing transform, so transforms nest in any order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from . import sweeps
from .arguments import (
    Argnums,
    Arguments,
    Transforming,
    check_function,
    flatten,
    flatten_result,
    floating,
    handed_out,
    map_leaves,
    outgoing,
    raw_float,
    run,
    unflatten,
)
from .backend import differentiable
from .errors import NonScalarError, ShapeError
from .graph import Traced, constant, paused, raw
from .memory import own
from .rules import shape_of, with_dtype, zeros_like


def scalar(y: Any, what: str) -> Any:
    """Check that a function's result is one number to differentiate."""
    data = raw(y)
    if type(data) is float or type(data) is np.float64:
        return y
    if not isinstance(data, float | int | np.ndarray | np.generic):
        raise NonScalarError(
            f"{what} of a function that returned {type(data).__name__}; expected one float. "
            "If it returns (value, extra), say has_aux=True"
        )
    if np.shape(data) != ():
        raise NonScalarError(
            f"{what} of a function that returned an array of shape {np.shape(data)}; expected a "
            "scalar. Reduce it (np.sum), or use jacobian or vjp"
        )
    return floating(y, what)


def value_and_grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Transform `f` into a function that gives its value and its gradient.

    Parameters
    ----------
    f : callable
        Returns a scalar, or ``(scalar, aux)`` with `has_aux`.
    argnums : int, str, or tuple of them
        Which arguments to differentiate, by position or name; each may be a pytree of
        floats and arrays.
    has_aux : bool
        Whether `f` also returns something that is not differentiated.

    Returns
    -------
    callable
        Takes what `f` takes; gives ``(value, gradient)`` or ``((value, aux), gradient)``.
        The gradient has the structure, shapes and dtypes of the arguments.

    Raises
    ------
    NonScalarError
        When called, if `f` does not return a scalar.
    NotDifferentiableError
        If it returns an integer or a boolean.
    TypeError
        If `f` is no function.

    Examples
    --------
    >>> from microgradnet import value_and_grad
    >>> value_and_grad(lambda x, y: x * y**2)(3.0, 2.0)
    (12.0, 4.0)
    """
    check_function(f)

    @functools.wraps(f, updated=())
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        y, arguments = run(f, argnums, args, kwargs)
        aux = None
        if has_aux:
            if not (isinstance(y, tuple) and len(y) == 2):
                raise NonScalarError(
                    f"has_aux=True expects f to return (value, aux); got {type(y).__name__}"
                )
            y, aux = y
        scalar(y, "gradient")
        gs, recorded = _gradient(y, arguments)
        value = outgoing(y, arguments, recorded)
        if has_aux:
            value = value, outgoing(aux, arguments)
        del y
        return value, arguments.rebuild(arguments.results(gs, recorded))

    return differentiated


def _gradient(y: Any, arguments: Arguments) -> tuple[list[Any], bool]:
    if not isinstance(y, Traced) or not y._node.index:
        return [None] * len(arguments.leaves), False
    with Transforming():
        seed = with_dtype(1.0, y._raw)
        return sweeps.pullback([y._node], [seed], arguments.nodes)


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Transform `f` into its gradient.

    Parameters
    ----------
    f, argnums, has_aux
        As in `value_and_grad`.

    Returns
    -------
    callable
        Gives the gradient, or ``(gradient, aux)`` with `has_aux`.

    Raises
    ------
    NonScalarError
        When called, if `f` does not return a scalar.
    NotDifferentiableError
        If it returns an integer or a boolean.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import grad
    >>> grad(grad(np.sin))(np.pi / 2)
    -1.0
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Evaluate `f` and give its pullback, the transpose of its derivative.

    Parameters
    ----------
    f : callable
        Returns a pytree of floats and arrays.
    *primals
        Its arguments, pytrees of floats and arrays.

    Returns
    -------
    out
        ``f(*primals)``.
    pullback : callable
        Takes cotangents in the structure of `out`, gives one per primal. It may be called
        again.

    Raises
    ------
    DTypeError
        If `f` returns anything but numbers.
    ShapeError
        From the pullback, if the cotangents do not have the outputs' structure and shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import vjp
    >>> out, pullback = vjp(np.multiply, 3.0, 4.0)
    >>> pullback(1.0)
    (4.0, 3.0)
    """
    y, arguments = run(f, tuple(range(len(primals))), primals, {})
    outs, _ = flatten_result(y, "vjp")

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        seeds = _matched(cotangents, outs, y, "a cotangent")
        pairs = [
            (y._node, s)
            for y, s in zip(outs, seeds, strict=True)
            if isinstance(y, Traced) and y._node.index
        ]
        gs, recorded = [None] * len(arguments.leaves), False
        if pairs:
            with Transforming():
                gs, recorded = sweeps.pullback(
                    [n for n, _ in pairs], [s for _, s in pairs], arguments.nodes
                )
        results: tuple[Any, ...] = arguments.rebuild(arguments.results(gs, recorded))
        return results

    return outgoing(y, arguments), pullback


def _matched(tree: Any, like: Sequence[Any], whole: Any, what: str) -> list[Any]:
    """Flatten cotangents or tangents and check them against what they belong to."""
    leaves, spec = flatten(tree)
    wanted = flatten(whole)[1]
    if spec is not None and wanted is None and len(leaves) != 1:
        leaves, spec = [np.asarray(tree)], None  # an array, written as a list
    if len(leaves) != len(like):
        raise ShapeError(
            f"{what} is needed for each of {len(like)} leaves; got {len(leaves)}. Give the same "
            "structure as the value it belongs to"
        )
    if spec != wanted and (got := optree.tree_paths(tree)) != (places := optree.tree_paths(whole)):
        raise ShapeError(
            f"{what} at each of {got}; expected at {places}: the same structure as the value it "
            "belongs to"
        )
    out = []
    for s, y in zip(leaves, like, strict=True):
        if not (isinstance(s, Traced) and s._node.index):
            s = differentiable(raw(s))
        if shape_of(s) != shape_of(raw(y)):
            raise ShapeError(
                f"{what} of shape {shape_of(s)} for a value of shape {shape_of(raw(y))}; "
                "expected the same shape"
            )
        out.append(with_dtype(s, raw_float(y)))
    return out


def _several(xs: Any, what: str) -> tuple[Any, ...]:
    """Check that primals and tangents come as a sequence, one for each argument."""
    if not isinstance(xs, tuple | list):
        raise TypeError(
            f"{what} is a {type(xs).__name__}; expected a tuple with one entry per argument of "
            f"the function: write ({what[:-1]},) for a single one"
        )
    return tuple(xs)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Evaluate `f` and its directional derivative.

    Parameters
    ----------
    f : callable
        Returns a pytree of floats and arrays.
    primals, tangents : sequence
        Arguments, and the direction in which they move: same structures and shapes.

    Returns
    -------
    out, tangent_out
        ``f(*primals)`` and its derivative along `tangents`.

    Raises
    ------
    DTypeError
        If `f` returns anything but numbers.
    ShapeError
        If the tangents do not have the primals' structure and shapes.
    TypeError
        If the primals or the tangents are not a tuple or a list.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import jvp
    >>> jvp(np.multiply, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    primals = _several(primals, "primals")
    y, arguments = run(f, tuple(range(len(primals))), primals, {})
    ts = _matched(_several(tangents, "tangents"), arguments.originals, primals, "a tangent")
    outs, spec = flatten_result(y, "jvp")
    moved, recorded = push(outs, ts, arguments)
    tangent = unflatten(spec, moved)
    return outgoing(y, arguments, recorded), tangent


def push(
    outs: Sequence[Any], ts: Sequence[Any], arguments: Arguments, one_hot: bool = False
) -> tuple[list[Any], bool]:
    """Push tangents to every output; zero where an output does not move."""
    places = [i for i, y in enumerate(outs) if isinstance(y, Traced) and y._node.index]
    moved: list[Any] = [None] * len(outs)
    recorded = False
    if places:
        with Transforming():
            found, recorded = sweeps.pushforward(
                [outs[i]._node for i in places], ts, arguments.nodes, one_hot=one_hot
            )
        seen: set[int] = set()
        for i, t in zip(places, found, strict=True):
            if t is not None:
                moved[i] = handed_out(t) if recorded else own(t, seen)
    return [zeros_like(y) if t is None else t for y, t in zip(outs, moved, strict=True)], recorded


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Multiply the Hessian of a scalar function with a vector, without forming it.

    Parameters
    ----------
    f : callable
        Returns a scalar.
    primals, tangents : sequence
        Arguments, and the vector: same structures and shapes.

    Returns
    -------
    pytree
        In the structure of the primals (of the only primal, if there is one): the
        derivative of the gradient along `tangents`, forward over reverse (Pearlmutter, 1994).

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import hvp
    >>> hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    primals = _several(primals, "primals")
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


def stop_gradient(x: Any) -> Any:
    """Give the same numbers, treated as constants by every derivative.

    Parameters
    ----------
    x : pytree
        Values, arrays and floats.

    Returns
    -------
    pytree
        The same structure; each Value in it untracked.

    Examples
    --------
    >>> from microgradnet import grad, stop_gradient
    >>> grad(lambda x: x * stop_gradient(x))(3.0)
    3.0
    """
    return map_leaves(lambda leaf: constant(raw(leaf)) if isinstance(leaf, Traced) else leaf, x)


def no_grad() -> Any:
    """Record nothing: a context manager and a decorator, for this thread or task only.

    Examples
    --------
    >>> from microgradnet import Value, no_grad
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    return paused()
