"""The handle that users hold: a name for a node, with Python's operators on it.

Re-pointing the handle (``p.data = new``, ``x[i] = v``) never touches a recorded node, so
what was computed earlier keeps the numbers it was computed from.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import sweeps, views
from .backend import differentiable, read_only
from .errors import (
    DetachedError,
    DetachWarning,
    NonScalarError,
    NotDifferentiableError,
    ShapeError,
)
from .graph import PAUSED, TRANSFORM, Cell, Traced, constant, leaf_node, mode, name_handles, raw
from .methods import ArrayMethods
from .numpy_protocol import NumPyProtocol
from .operators import Operators
from .rules import shape_of, with_dtype


class Value(Operators, ArrayMethods, NumPyProtocol):
    """A float or an array that remembers how it was computed.

    Parameters
    ----------
    data : float or array_like
        The numbers, of any shape; copied. Integers and booleans become floating.
    label : str, optional
        A name for pictures and messages.
    requires_grad : bool
        Whether derivatives with respect to it may be asked for.

    Attributes
    ----------
    grad : None, float or ndarray
        The accumulated gradient, of the data's shape and dtype.

    Raises
    ------
    DTypeError
        If `data` is complex, text or objects.

    Examples
    --------
    >>> import numpy as np
    >>> from microgradnet import Value
    >>> w = Value(2.0, label="w")
    >>> loss = (np.tanh(w * 3.0) - 1) ** 2
    >>> loss.backward()
    >>> print(f"{w.grad:.3e}")
    -1.812e-09
    """

    __slots__ = ()

    def __init__(self, data: Any, label: str | None = None, requires_grad: bool = True) -> None:
        if isinstance(data, Traced):
            data = self._unwrap(data)
        data = differentiable(data)
        self.label = label
        if requires_grad:
            self._cell = Cell()
            self._node = leaf_node(data, self._cell)
        else:
            self._cell = None
            self._node = constant(data)._node
        self._raw = data

    @staticmethod
    def _unwrap(data: Traced) -> Any:
        if data._node.index:
            raise DetachedError(
                "Value(...) of a tracked Value would cut it off from its history; "
                "use the Value itself, or write Value(v.data) if a new variable is meant"
            )
        return data._raw

    # --- data, gradient -----------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The numbers: a float, or a read-only array. Assigning makes a new variable of it."""
        data = self._raw
        return data if type(data) is float else read_only(data)

    @data.setter
    def data(self, new: Any) -> None:
        if not type(new) is float is type(self._raw):
            new = differentiable(raw(new))
            if np.shape(new) != self.shape:
                raise ShapeError(
                    f"data of shape {np.shape(new)} assigned to a Value of shape {self.shape}; "
                    "expected the same shape, which its gradient has: write v = Value(new) for "
                    "another variable"
                )
        if self._cell is not None:
            self._node = leaf_node(new, self._cell)
        elif self._node.index:
            raise NotDifferentiableError(
                "data of a computed Value cannot be assigned; assign to a variable, "
                "or write v = Value(new) for a new one"
            )
        self._raw = new
        if type(new) is not float:
            views.leave(self)

    @property
    def grad(self) -> Any:
        """The accumulated gradient, or None."""
        if self._cell is not None:
            return self._cell.value
        kept = self._node.grad
        return None if kept is sweeps.RETAIN else kept

    @grad.setter
    def grad(self, g: Any) -> None:
        if g is not None and not (type(g) is float is type(self._raw)):
            g = differentiable(g)
            if np.shape(g) != self.shape:
                raise ShapeError(
                    f"grad of shape {np.shape(g)} assigned to a Value of shape {self.shape}; "
                    "expected the same shape, or None to clear it"
                )
        if self._cell is not None:
            self._cell.value = g
        elif self._node.index:
            self._node.grad = g
        elif g is not None:
            raise NotDifferentiableError(
                "grad assigned to a Value that is not tracked; expected a variable or a "
                "computed Value: write Value(v.data) for a variable"
            )

    @property
    def requires_grad(self) -> bool:
        """Whether it is tracked: derivatives with respect to it, or through it, exist."""
        return self._node.index != 0

    def retain_grad(self) -> Value:
        """Keep this interior Value's gradient when ``backward`` passes; returns itself."""
        if self._cell is None and self._node.index and self._node.grad is None:
            self._node.grad = sweeps.RETAIN
        return self

    def backward(self, seed: Any = None) -> None:
        """Add the gradient of this Value to ``.grad`` of every variable it depends on.

        Parameters
        ----------
        seed : float or array_like, optional
            The cotangent to start from, of this Value's shape; 1 for a scalar.

        Raises
        ------
        NonScalarError
            If this is not a scalar and no seed is given.
        NotDifferentiableError
            If it depends on no variable.
        DetachedError
            Inside a transform, whose derivative it would cut.

        Examples
        --------
        >>> from microgradnet import Value
        >>> x = Value([1.0, 2.0])
        >>> (x * x).sum().backward()
        >>> x.grad
        array([2., 4.])
        """
        node = self._node
        if not node.index:
            raise NotDifferentiableError(
                "backward() of a Value that depends on no variable; expected one computed from "
                "Value(...) with requires_grad=True, outside no_grad() and stop_gradient(...)"
            )
        if seed is None:
            data = self._raw
            if type(data) is float or type(data) is np.float64:
                return sweeps.backward(node, 1.0)
            if shape_of(data) != ():
                raise NonScalarError(
                    f"backward() of a Value of shape {self.shape}; expected a scalar. Reduce it "
                    "first (.sum(), .mean()), or pass the cotangent: backward(seed)"
                )
            seed = 1.0
        elif np.shape(seed := differentiable(raw(seed))) != self.shape:
            raise ShapeError(
                f"backward(seed) got a seed of shape {np.shape(seed)}; "
                f"expected the Value's own shape {self.shape}"
            )
        sweeps.backward(node, with_dtype(seed, self._raw))

    # --- being looked at ----------------------------------------------------------------------

    def __repr__(self) -> str:
        data = self._raw
        text = np.array2string(data, separator=", ") if isinstance(data, np.ndarray) else str(data)
        parts = [text.replace("\n", "\n      ")]
        if isinstance(data, np.ndarray | np.generic) and data.dtype != np.float64:
            parts.append(f"dtype={data.dtype}")
        if self.grad is not None:
            parts.append(f"grad={self.grad}")
        if self.label is not None:
            parts.append(f"label={self.label!r}")
        if not self.requires_grad:
            parts.append("requires_grad=False")
        return f"Value({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        return format(self._raw, spec) if spec else str(self)

    def __str__(self) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._raw)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a scalar Value; expected an array with at least one axis")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Value]:
        if self.ndim == 0:
            raise TypeError("iteration over a scalar Value; expected at least one axis")
        return (self[i] for i in range(len(self)))

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Value:
        return self.copy()  # type: ignore[no-any-return]  # the NumPy function of that name

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        make, arguments = self._variable("copying", "copy")
        return make(*arguments)

    def __reduce__(self) -> tuple[type[Value], tuple[Any, ...]]:
        return self._variable("pickling", "pickle")

    def _variable(self, doing: str, do: str) -> tuple[type[Value], tuple[Any, ...]]:
        """Give what makes an equal variable; a computed Value has no equal."""
        if self.requires_grad and self._cell is None:
            raise DetachedError(
                f"{doing} a computed Value would lose its history; {do} v.data instead"
            )
        return Value, (self._raw, self.label, self.requires_grad)

    # --- being turned into plain numbers --------------------------------------------------------

    def _detached(self, how: str) -> Any:
        """Give the raw data, saying so if that cuts a derivative."""
        if self._node.index:
            state = mode.get()
            if state is TRANSFORM:
                raise DetachedError(
                    f"{how} of a tracked Value inside a transform would cut the derivative; use "
                    "numpy functions on the Value itself, np.stack([...]) to make one of several, "
                    "or .data or stop_gradient(v) if meant"
                )
            if state is not PAUSED:
                warnings.warn(
                    f"{how} cuts the Value off from its graph; no gradient flows through the "
                    "result. Write .item() or .data to say that it is meant; to make one Value "
                    "of several, write np.stack([...])",
                    DetachWarning,
                    stacklevel=3,
                )
        return self._raw

    def __float__(self) -> float:
        return float(self._detached("float(v)"))

    def __int__(self) -> int:
        return int(self._detached("int(v)"))

    def __complex__(self) -> complex:
        return complex(self._detached("complex(v)"))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        data = np.asarray(self._detached("np.asarray(v)"), dtype=dtype)
        if copy is False:
            raise ValueError("a Value hands out copies of its data; expected copy=None or True")
        return data.copy()

    def item(self, *index: Any) -> float:
        """Give one element as a plain Python float, cut off from the graph on purpose."""
        return float(np.asarray(self._raw).item(*index))

    def tolist(self) -> Any:
        """Give the data as nested lists of plain floats, cut off on purpose."""
        return np.asarray(self._raw).tolist()


name_handles(Value)
