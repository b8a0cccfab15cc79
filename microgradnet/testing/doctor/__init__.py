"""The doctor names the mistake in a hand-derived gradient."""

from .diagnosis import Diagnosis, diagnose
from .shell import main

__all__ = ["Diagnosis", "diagnose", "main"]
