"""The operations, a file per chapter; importing this package declares them all."""

from . import (
    arithmetic,
    elementwise,
    indexing,
    manipulation,
    plain,
    products,
    reductions,
    special,
)

__all__ = [
    "arithmetic",
    "elementwise",
    "indexing",
    "manipulation",
    "plain",
    "products",
    "reductions",
    "special",
]
