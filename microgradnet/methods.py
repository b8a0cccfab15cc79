"""The array attributes and methods of a Value, each the NumPy function of that name."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import views
from .declare import NUMPY
from .graph import Traced
from .ops import manipulation, reductions

_FLOAT = np.dtype(np.float64)


def _method(function: Any, place: int = 0) -> Any:
    """Make a method of a NumPy function, the Value being its positional argument `place`."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args[:place], self, *args[place:], **kwargs)

    method.__name__ = function.__name__
    method.__doc__ = f"As :func:`numpy.{function.__name__}`."
    return method


class ArrayMethods(Traced):
    """The half of ``Value`` that looks like an ndarray."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis; () for a scalar."""
        return getattr(self._raw, "shape", ())

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.size(self._raw))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating dtype; float64 for a Python float."""
        return getattr(self._raw, "dtype", _FLOAT)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def T(self) -> Any:  # NumPy's name
        """The axes in reverse order."""
        return manipulation.transpose(self)

    @property
    def mT(self) -> Any:  # NumPy's name
        """The last two axes swapped."""
        return manipulation.swapaxes(self, -1, -2)

    @property
    def flat(self) -> Any:
        """An iterator over the elements."""
        return iter(self.reshape(-1))

    def reshape(self, *shape: Any, **keywords: Any) -> Any:
        """Reshape; the new shape as one tuple or as several numbers."""
        return NUMPY[np.reshape](self, shape[0] if len(shape) == 1 else shape, **keywords)

    def transpose(self, *axes: Any) -> Any:
        """Permute axes; as one tuple or as several numbers, reversed if none are given."""
        if len(axes) == 1:
            axes = axes[0]
        return manipulation.transpose(self, axes if axes != () else None)

    def flatten(self, order: str = "C") -> Any:
        """All elements in one axis, as a copy."""
        return manipulation.copy(self.ravel(order))

    def copy(self, order: str = "C") -> Any:
        """Copy, as an array's method does: in C's order unless another is given."""
        return manipulation.copy(self, order)

    def sort(self, axis: int = -1) -> None:
        """Sort in place: the name now means the sorted array."""
        self._rename(NUMPY[np.sort](self, axis=axis))

    def partition(self, kth: Any, axis: int = -1) -> None:
        """Partition in place: the name now means the partitioned array."""
        self._rename(NUMPY[np.partition](self, kth, axis=axis))

    def fill(self, value: Any) -> None:
        """Set every element, in place."""
        self[...] = value  # type: ignore[index]  # ``Operators`` gives the other half

    def _rename(self, other: Any) -> None:
        views.check_assignment(self, ...)
        views.rename(self, other)

    # The rest are NumPy's functions, with their signatures.
    sum = reductions.sum
    mean = reductions.mean
    swapaxes = manipulation.swapaxes
    astype = manipulation.astype
    prod = _method(np.prod)
    max = _method(np.max)
    min = _method(np.min)
    std = _method(np.std)
    var = _method(np.var)
    cumsum = _method(np.cumsum)
    cumprod = _method(np.cumprod)
    clip = _method(np.clip)
    dot = _method(np.dot)
    trace = _method(np.trace)
    diagonal = _method(np.diagonal)
    ravel = _method(np.ravel)
    squeeze = _method(np.squeeze)
    repeat = _method(np.repeat)
    take = _method(np.take)
    compress = _method(np.compress, 1)
    choose = _method(np.choose)
    round = _method(np.round)
    conj = conjugate = _method(np.conjugate)
    argmax = _method(np.argmax)
    argmin = _method(np.argmin)
    argsort = _method(np.argsort)
    argpartition = _method(np.argpartition)
    searchsorted = _method(np.searchsorted)
    nonzero = _method(np.nonzero)
    any = _method(np.any)
    all = _method(np.all)

    @property
    def real(self) -> Any:
        """The Value itself: its data are real numbers."""
        return self

    @property
    def imag(self) -> Any:
        """Zeros of its shape, untracked."""
        return np.zeros(self.shape, self.dtype)
