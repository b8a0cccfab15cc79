"""Automatic differentiation for plain NumPy: Values that remember how they were computed.

``loss.backward(); w.grad`` and ``grad(f)(w)`` are two faces of one engine.
"""

from .checkpoint import checkpoint
from .declare import elementwise, general, linear
from .errors import DetachWarning, MicrogradnetError
from .matrices import hessian, jacobian
from .transforms import (
    grad,
    hvp,
    jvp,
    no_grad,
    stop_gradient,
    value_and_grad,
    vjp,
)
from .value import Value

__version__ = "0.1.0"

__all__ = [
    "DetachWarning",
    "MicrogradnetError",
    "Value",
    "checkpoint",
    "elementwise",
    "general",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linear",
    "no_grad",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
