"""Repairs: what to change in somebody's own code, so that its gradient is right.

Where the code of a gradient can be recorded, as the intended function is, it need not be guessed
what it does. `written` records it: its operations, and the lines that they are in; `facts` are what
is right there, of the intended computation. `reach` finds the spots where a change may help: those
that give what is wrong, from operands that are right. `spots` are such places, `changes`,
`indices` and `exchanges` what may be changed there, with its sentence. `search` tries these. As a
change counts only if the code then gives the right gradient, what it says is true of the code.
"""

from .search import STEPS, repaired
from .written import Written, written

__all__ = ["STEPS", "Written", "repaired", "written"]
