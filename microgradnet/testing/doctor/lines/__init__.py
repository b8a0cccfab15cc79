"""The lines of somebody's code, changed one at a time and run as they are."""

from .routines import Unchangeable
from .search import LIKELY, Lines

__all__ = ["LIKELY", "Lines", "Unchangeable"]
