"""Checks of gradients: anybody's, against the function itself; and who made which mistake."""

from .check import assert_gradients, gradcheck
from .doctor import Diagnosis, diagnose
from .report import Report

__all__ = ["Diagnosis", "Report", "assert_gradients", "diagnose", "gradcheck"]
