"""From functions to their derivatives: grad, vjp, jvp, jacobian, hessian, hvp.

Each transform runs the function once on fresh leaves and walks the graph that this
leaves behind. There are no levels: a derivative is itself recorded exactly when the walk
meets a Value of an enclosing transform, so transforms nest in any order.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import optree

from . import sweeps
from .backend import differentiable
from .errors import DTypeError, NonScalarError, NotDifferentiableError, ShapeError
from .graph import TRANSFORM, Node, Primitive, Traced, constant, handle, leaf_node, mode, paused, raw
from .rules import Linear, shape_of, with_dtype, zeros_like

Argnums = int | str | tuple[int | str, ...]

# A fresh name for an outer Value: the same number at a node of its own, whose identity is
# what tells this transform's variable from the outer one.
_identity = Primitive("identity", lambda x: x, Linear(lambda g, x: g, structural=True))


class _Transforming:
    """While inside, tracked Values refuse to be turned into plain numbers."""

    __slots__ = ("token",)

    def __enter__(self) -> None:
        self.token = mode.set(TRANSFORM)

    def __exit__(self, *error: object) -> None:
        mode.reset(self.token)


def _fresh(x: Any, where: str) -> Any:
    """Make a new variable of a leaf of an argument tree."""
    if isinstance(x, Traced):
        if x._node.index:
            return _identity(x)
        x = x._data
    try:
        x = differentiable(x, copy=False)
        return handle(leaf_node(x, None), x)
    except (DTypeError, ValueError, TypeError) as error:
        raise DTypeError(
            f"{where} holds {type(x).__name__} {x!r:.40}, which cannot be differentiated; expected "
            "floats or arrays. Leave it out with argnums, or close over it"
        ) from error


def _flatten(tree: Any) -> tuple[list[Any], Any]:
    if isinstance(tree, float | np.ndarray | Traced):
        return [tree], None
    return optree.tree_flatten(tree)


def _unflatten(spec: Any, leaves: Sequence[Any]) -> Any:
    return leaves[0] if spec is None else optree.tree_unflatten(spec, leaves)


def _map(f: Callable[[Any], Any], tree: Any) -> Any:
    return f(tree) if isinstance(tree, float | np.ndarray | Traced) else optree.tree_map(f, tree)


class _Arguments:
    """The differentiated arguments of one call, as fresh leaves in their trees."""

    def __init__(
        self, f: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.single = not isinstance(argnums, tuple)
        names: tuple[Any, ...] = (argnums,) if self.single else argnums  # type: ignore[assignment]
        self.args, self.kwargs = list(args), dict(kwargs)
        self.leaves: list[Any] = []
        self.originals: list[Any] = []
        self.parts: list[tuple[Any, int]] = []  # per argument: its tree, its number of leaves
        for name in names:
            place, key = self._find(f, name)
            store: Any = self.args if place else self.kwargs
            leaves, spec = _flatten(store[key])
            fresh = [_fresh(x, f"argument {name!r}") for x in leaves]
            store[key] = _unflatten(spec, fresh)
            self.leaves += fresh
            self.originals += leaves
            self.parts.append((spec, len(leaves)))
        if not self.leaves:
            raise DTypeError(f"argnums={argnums!r} holds no numbers; expected floats or arrays")

    def _find(self, f: Callable[..., Any], name: Any) -> tuple[bool, Any]:
        """Locate an argument: (True, position) or (False, keyword)."""
        if isinstance(name, str):
            if name in self.kwargs:
                return False, name
            try:
                names = list(inspect.signature(f).parameters)
            except (TypeError, ValueError):
                names = []
            if name in names and names.index(name) < len(self.args):
                return True, names.index(name)
            raise TypeError(f"argnums={name!r} names no argument of this call; got {names}")
        if not -len(self.args) <= name < len(self.args):
            raise TypeError(
                f"argnums={name} of a call with {len(self.args)} positional arguments; expected a "
                "smaller number, or the name of a keyword argument"
            )
        return True, name % len(self.args)

    @property
    def nodes(self) -> list[Node]:
        """Nodes of the fresh leaves: what the walks stop at or start from."""
        return [x._node for x in self.leaves]

    def rebuild(self, leaves: Sequence[Any]) -> Any:
        """Arrange one result per leaf in the arguments' trees."""
        out, i = [], 0
        for spec, n in self.parts:
            out.append(_unflatten(spec, leaves[i : i + n]))
            i += n
        return out[0] if self.single else tuple(out)

    def results(self, gs: Sequence[Any], recorded: bool) -> list[Any]:
        """Give each leaf its own derivative, zero where nothing depended on it."""
        if recorded:
            pairs = zip(gs, self.originals, strict=True)
            return [zeros_like(x) if g is None else g for g, x in pairs]
        seen: set[int] = set()
        return [
            zeros_like(fresh) if g is None else with_dtype(sweeps.own(g, seen), raw(fresh))
            for g, fresh in zip(gs, self.leaves, strict=True)
        ]


def raw_float(x: Any) -> Any:
    """Raw data, with integers as the floats that differentiation makes of them."""
    x = raw(x)
    return x if isinstance(x, np.ndarray | float) else float(x) if np.ndim(x) == 0 else np.asarray(x)


def _run(
    f: Callable[..., Any], argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, _Arguments]:
    """Call `f` with fresh leaves in place of the differentiated arguments."""
    with _Transforming():
        arguments = _Arguments(f, argnums, args, kwargs)
        return f(*arguments.args, **arguments.kwargs), arguments


def _scalar(y: Any, what: str) -> Any:
    """Check that a function's result is one number to differentiate."""
    data = raw(y)
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
    if not isinstance(y, Traced) and np.asarray(data).dtype.kind in "iub":
        raise NotDifferentiableError(
            f"{what} of a function that returned the {np.asarray(data).dtype} {data!r}; expected a "
            "float: integers and booleans cannot move with the arguments"
        )
    return y


def _outgoing(y: Any, recorded: bool, arguments: _Arguments) -> Any:
    """Show results to the caller: as Values only if an enclosing transform may want them."""
    nested = recorded or any(isinstance(x, Traced) and x._node.index for x in arguments.originals)
    if nested:
        return y
    return _map(lambda leaf: sweeps.own(raw(leaf), set()) if isinstance(leaf, Traced) else leaf, y)


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

    Examples
    --------
    >>> from microgradnet import value_and_grad
    >>> value_and_grad(lambda x, y: x * y**2)(3.0, 2.0)
    (12.0, 4.0)
    """

    @functools.wraps(f, updated=())
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        y, arguments = _run(f, argnums, args, kwargs)
        aux = None
        if has_aux:
            if not (isinstance(y, tuple) and len(y) == 2):
                raise NonScalarError(
                    f"has_aux=True expects f to return (value, aux); got {type(y).__name__}"
                )
            y, aux = y
        _scalar(y, "gradient")
        gs, recorded = _gradient(y, arguments)
        value = _outgoing(y, recorded, arguments)
        if has_aux:
            value = value, _outgoing(aux, recorded, arguments)
        del y
        return value, arguments.rebuild(arguments.results(gs, recorded))

    return differentiated


def _gradient(y: Any, arguments: _Arguments) -> tuple[list[Any], bool]:
    if not isinstance(y, Traced) or not y._node.index:
        return [None] * len(arguments.leaves), False
    with _Transforming():
        seed = with_dtype(1.0, y._data)
        return sweeps.pullback([y._node], [seed], arguments.nodes)


def grad(
    f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
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
    ShapeError
        From the pullback, if a cotangent does not have its output's shape.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import vjp
    >>> out, pullback = vjp(np.multiply, 3.0, 4.0)
    >>> pullback(1.0)
    (4.0, 3.0)
    """
    y, arguments = _run(f, tuple(range(len(primals))), primals, {})
    outs, spec = _flatten(y)

    def pullback(cotangents: Any) -> tuple[Any, ...]:
        seeds = _matched(cotangents, outs, spec, "a cotangent")
        pairs = [
            (y._node, s)
            for y, s in zip(outs, seeds, strict=True)
            if isinstance(y, Traced) and y._node.index
        ]
        gs, recorded = [None] * len(arguments.leaves), False
        if pairs:
            with _Transforming():
                gs, recorded = sweeps.pullback(
                    [n for n, _ in pairs], [s for _, s in pairs], arguments.nodes
                )
        results: tuple[Any, ...] = arguments.rebuild(arguments.results(gs, recorded))
        return results

    return _outgoing(y, False, arguments), pullback


def _matched(tree: Any, like: Sequence[Any], spec: Any, what: str) -> list[Any]:
    """Flatten cotangents or tangents and check them against what they belong to."""
    leaves, got = _flatten(tree)
    if spec is None and got is not None and len(leaves) != 1:
        leaves = [np.asarray(tree)]
    if len(leaves) != len(like):
        raise ShapeError(
            f"{what} is needed for each of {len(like)} leaves; got {len(leaves)}. Give the same "
            "structure as the value it belongs to"
        )
    out = []
    for s, y in zip(leaves, like, strict=True):
        if not (isinstance(s, Traced) and s._node.index):
            s = differentiable(raw(s))
        if shape_of(s) != np.shape(raw(y)):
            raise ShapeError(
                f"{what} of shape {shape_of(s)} for a value of shape {np.shape(raw(y))}; "
                "expected the same shape"
            )
        out.append(with_dtype(s, raw_float(y)))
    return out


def jvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, Any]:
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
    ShapeError
        If a tangent does not have its primal's shape.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import jvp
    >>> jvp(np.multiply, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    primals = tuple(primals)
    y, arguments = _run(f, tuple(range(len(primals))), primals, {})
    ts = _matched(tuple(tangents), arguments.originals, True, "a tangent")
    outs, spec = _flatten(y)
    moved, recorded = _push(outs, ts, arguments)
    tangent = _unflatten(spec, moved)
    return _outgoing(y, recorded, arguments), tangent


def _push(outs: Sequence[Any], ts: Sequence[Any], arguments: _Arguments) -> tuple[list[Any], bool]:
    """Push tangents to every output; zero where an output does not move."""
    places = [i for i, y in enumerate(outs) if isinstance(y, Traced) and y._node.index]
    moved: list[Any] = [zeros_like(y) for y in outs]
    recorded = False
    if places:
        with _Transforming():
            found, recorded = sweeps.pushforward(
                [outs[i]._node for i in places], ts, arguments.nodes
            )
        seen: set[int] = set()
        for i, t in zip(places, found, strict=True):
            if t is not None:
                moved[i] = t if recorded else sweeps.own(t, seen)
    return moved, recorded


def jacobian(
    f: Callable[..., Any], argnums: Argnums = 0, mode: str | None = None
) -> Callable[..., Any]:
    """Transform `f` into its Jacobian.

    Parameters
    ----------
    f : callable
        Returns a pytree of floats and arrays.
    argnums
        As in `value_and_grad`.
    mode : {None, "forward", "reverse"}
        By default whichever takes fewer walks: one per input element forward, one per
        output element in reverse.

    Returns
    -------
    callable
        Per output leaf (in the output's structure) the arguments' structure of arrays of
        shape ``output.shape + argument.shape``.

    Raises
    ------
    ValueError
        For an unknown `mode`.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import jacobian
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f'mode={mode!r}; expected None, "forward" or "reverse"')

    @functools.wraps(f, updated=())
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        y, arguments = _run(f, argnums, args, kwargs)
        outs, spec = _flatten(y)
        ins = sum(int(np.size(raw(x))) for x in arguments.leaves)
        forward = mode == "forward" or (
            mode is None and ins < sum(int(np.size(raw(y))) for y in outs)
        )
        rows = _columns(outs, arguments) if forward else [_rows(y, arguments) for y in outs]
        return _unflatten(spec, [arguments.rebuild(row) for row in rows])

    return jacobian_of


def _basis(x: Any) -> Iterator[Any]:
    """The unit vectors of the space that `x` lives in."""
    data = raw_float(x)
    if not isinstance(data, np.ndarray):
        yield with_dtype(1.0, data)
        return
    for i in range(data.size):
        e = np.zeros(data.size, data.dtype)
        e[i] = 1
        yield e.reshape(data.shape)


def _rows(y: Any, arguments: _Arguments) -> list[Any]:
    """Jacobian of one output with respect to each leaf, a pullback per output element."""
    columns: list[list[Any]] = [[] for _ in arguments.leaves]
    for e in _basis(y):
        gs, recorded = [None] * len(columns), False
        if isinstance(y, Traced) and y._node.index:
            with _Transforming():
                gs, recorded = sweeps.pullback([y._node], [e], arguments.nodes, one_hot=True)
        for column, g in zip(columns, arguments.results(gs, recorded), strict=True):
            column.append(g)
    shape = np.shape(raw(y))
    return [
        _stacked(column, 0, shape, np.shape(raw(x)), raw_float(x))
        for column, x in zip(columns, arguments.originals, strict=True)
    ]


def _columns(outs: Sequence[Any], arguments: _Arguments) -> list[list[Any]]:
    """Jacobians of all outputs with respect to each leaf, a pushforward per input element."""
    table: list[list[Any]] = [[] for _ in outs]
    for i, x in enumerate(arguments.originals):
        collected: list[list[Any]] = [[] for _ in outs]
        for e in _basis(x):
            ts = [None] * len(arguments.leaves)
            ts[i] = e
            moved, _ = _push(outs, ts, arguments)
            for column, t in zip(collected, moved, strict=True):
                column.append(t)
        for row, column, y in zip(table, collected, outs, strict=True):
            shape = np.shape(raw(y))
            row.append(_stacked(column, -1, shape, np.shape(raw(x)), raw_float(y)))
    return table


def _stacked(
    parts: list[Any], axis: int, out: tuple[int, ...], arg: tuple[int, ...], like: Any
) -> Any:
    if not parts:
        return np.zeros(out + arg, getattr(like, "dtype", None))
    if out == () and axis == 0 or arg == () and axis == -1:
        return parts[0]
    return np.stack(parts, axis=axis).reshape(out + arg)


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """Transform a scalar function into its matrix of second derivatives.

    Parameters
    ----------
    f : callable
        Returns a scalar.
    argnums
        As in `value_and_grad`.

    Returns
    -------
    callable
        Gives arrays of shape ``argument.shape + argument.shape``, in the arguments'
        structure twice.

    Raises
    ------
    NonScalarError
        When called, if `f` does not return a scalar.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
    array([[6., 2.],
           [2., 0.]])
    """
    return jacobian(grad(f, argnums), argnums)


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
    argnums = 0 if len(tuple(primals)) == 1 else tuple(range(len(tuple(primals))))
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
    return _map(lambda leaf: constant(raw(leaf)) if isinstance(leaf, Traced) else leaf, x)


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
