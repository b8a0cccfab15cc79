"""The lines of somebody's code, changed one at a time and run as they are.

`routines` finds the functions that a gradient runs, and their text; `safety` lets no change of them
run for ever, `keeping` puts back what they hold on to. `syntax` has one function's tree, and what
its names held while it ran. The changes, by what people get wrong: `reads` (what is read),
`everywhere` (several times at once), `arithmetic` (how it is put together), `factors` (what is left
out), `counting` (indices and loops) and `statements`. `step` tries them, the likely before the
unlikely, by `running` the code, many in one piece (`together`), and of some it takes the one that
makes a line like others (`resembling`): a change is an answer if the gradient is right then at all
points where it was examined. `search` looks for one, and for two.
"""

from .running import RUNS
from .safety import Unchangeable
from .search import Lines
from .step import LIKELY

__all__ = ["LIKELY", "RUNS", "Lines", "Unchangeable"]
