"""Automatic differentiation for plain NumPy: Values that remember how they were computed.

``loss.backward(); w.grad`` and ``grad(f)(w)`` are two faces of one engine.
"""

from .declare import elementwise, general, linear
from .errors import DetachWarning, MicrogradnetError
from .transforms import (
    grad,
    hessian,
    hvp,
    jacobian,
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
