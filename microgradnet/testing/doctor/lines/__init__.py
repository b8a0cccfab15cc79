"""The lines of somebody's code, changed one at a time and run as they are.

`routines` finds the functions that a gradient runs, and their text; `safety` lets no change of them
run for ever, `keeping` puts back what they hold on to. `syntax` has one function's tree, and what
its names held while it ran, `writing` the pieces that are put into it.

The changes, by what people get wrong: `reads` (what is read), `arithmetic` (how it is put
together), `factors` (what is left out), `counting` (indices and loops), `statements`, `order` (when
things are done); in several places at once: `everywhere`, `copied`. `listing` has them all, and how
odd each is where it is (`rates`).

`step` tries them, the likely before the unlikely, by `running` the code, many in one piece
(`together`): a change is an answer if the gradient is right then at all points where it was
examined. Of several it takes the one after which most of what is made on the way is right
(`values`), and a line is like others (`resembling`). `search` looks for one, and for two.
"""

from .running import RUNS
from .safety import Unchangeable
from .search import Lines
from .step import LIKELY

__all__ = ["LIKELY", "RUNS", "Lines", "Unchangeable"]
