"""The array attributes and methods of a Value, each the NumPy function of that name."""

from __future__ import annotations

from typing import Any

import numpy as np

from .declare import NUMPY
from .ops import manipulation, reductions

_FLOAT = np.dtype(np.float64)


class ArrayMethods:
    """The half of ``Value`` that looks like an ndarray."""

    __slots__ = ()
    _data: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis; () for a scalar."""
        return getattr(self._data, "shape", ())

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.size(self._data))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating dtype; float64 for a Python float."""
        return getattr(self._data, "dtype", _FLOAT)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's name
        """The axes in reverse order."""
        return manipulation.transpose(self)

    @property
    def mT(self) -> Any:  # noqa: N802  # NumPy's name
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

    sum = reductions.sum
    mean = reductions.mean
    swapaxes = manipulation.swapaxes
    copy = manipulation.copy
    astype = manipulation.astype
