"""Hypothesis strategies for derivatives: numbers, arrays, parameters, programs, a machine.

They need Hypothesis (``pip install microgradnet[test]``); nothing else here does.
"""

from .machine import ValueMachine
from .numbers import arrays, broadcastable, operand, shapes, values
from .operations import Operation, domains, operations
from .program import Program
from .programs import programs
from .trees import parameters, pytrees

__all__ = [
    "Operation",
    "Program",
    "ValueMachine",
    "arrays",
    "broadcastable",
    "domains",
    "operand",
    "operations",
    "parameters",
    "programs",
    "pytrees",
    "shapes",
    "values",
]
