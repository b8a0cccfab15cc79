"""Random programs through every engine installed; ``main`` is ``python -m microgradnet fuzz``."""

from .main import main

__all__ = ["main"]
