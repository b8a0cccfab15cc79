"""Checks of gradients: anybody's, against the function itself."""

from .check import assert_gradients, gradcheck
from .report import Report

__all__ = ["Report", "assert_gradients", "gradcheck"]
