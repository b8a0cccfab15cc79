"""The family of errors and warnings: each says what was expected, what came, what to write.

Every error is a ``MicrogradnetError`` and also the built-in kind that a caller would
expect (a shape mismatch is a ``ValueError``), so ``except ValueError`` keeps working.
"""

from __future__ import annotations


class MicrogradnetError(Exception):
    """Base of every error that the library raises on purpose."""


class ShapeError(MicrogradnetError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(MicrogradnetError, TypeError):
    """Data of a kind that cannot be differentiated: text, objects, complex numbers."""


class NotDifferentiableError(MicrogradnetError, TypeError):
    """An operation, or a way of calling it, for which no derivative is known here."""


class UnknownKeywordError(MicrogradnetError, TypeError):
    """A keyword that the operation would otherwise have had to swallow."""


class NonScalarError(MicrogradnetError, ValueError):
    """A gradient was asked of something that is not a single number."""


class DetachedError(MicrogradnetError, TypeError):
    """A tracked Value was about to be turned into a plain number, which cuts the graph."""


class RegistryError(MicrogradnetError, ValueError):
    """Two operations were declared under one name."""


class DetachWarning(UserWarning):
    """A tracked Value was turned into a plain number outside any transform."""


def mismatch(
    name: str, shapes: list[tuple[int, ...]], error: ValueError, elementwise: bool
) -> ShapeError:
    """Say which shapes did not fit together, and how they might.

    Parameters
    ----------
    name : str
        The operation.
    shapes : list of tuple
        The shapes of its operands.
    error : ValueError
        What NumPy says of them.
    elementwise : bool
        Whether they were to be broadcast.

    Returns
    -------
    ShapeError
        To be raised.
    """
    given = ", ".join(map(str, shapes))
    hint = "expected axes that agree from the right, or are 1: x[:, None] adds one"
    text = f"{name} of operands with shapes {given}: {str(error).strip()}"
    return ShapeError(f"{text}; {hint}" if elementwise else text)
