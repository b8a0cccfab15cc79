"""The doctor names the mistake in a hand-derived gradient.

How it goes, and where. `diagnosis` is the question and the answer. `calling` and `trees` read
people's functions, parameters and gradients; `points` draws numbers for them. `recording` runs the
intended function and watches its code (`filling`, `writing`: arrays of it that may hold Values);
`graph` keeps the operations as a list, `simplify` puts ``sigmoid`` for ``1 / (1 + exp(-z))``,
`sampling` does all this at sixteen points, `naming` has the words. `examination` tells how far
rounding may take a gradient there, at the data that `examples` chooses, and `case` holds the
result: what is to be explained, and how well a guess fits.
`search` then tries, the likely before the unlikely, three families of guesses. Whole gradients:
`whole`, `distorted` (clipped, inverted), `parts` (terms left out of sums), `stale` (updated
weights), `unrolled` (loops the wrong way round), `omitted` (rounds of them left out, or sums that
do not begin anew); `ties`, if the largest of equals shows. Slips on the way back (`backward`), each
an edit of the walk in `sweep` along some of the `edges`, tried by `attempts` at the places first
whose cotangents might account for all that is wrong: `slips` (factors), `slopes` and `recomputed`
(derivatives of functions, `formulas`), `cotangents` (what arrives), `shares` (rows of it),
`windowed` (where it goes), `carried` (from round to round), `entropy` (``p - t``), `together` (two
places exchanged). What none of these explains is fitted: `identified` finds which `terms` a
derivative was made of (from numbers in `views`, with `constants` that people write), `elements`
which numbers were multiplied with which, at points that `fresh` adds. Wrong forward computations
(`forward`), each a variant of the graph: `variants` and `insertions`, made of `readings`,
`functions` and what `composed` makes of two, and values `altered` wherever they are read; `effects`
are what they lead to, in `pairs` if need be, many at a time in `columns` where all is scalar;
`ahead` looks for those that give the forward values handed in, which `seen` places. `places` is
what both families are made of: a group of edges, and a mistake there with its sentence; `sources`
says what could have been read instead of an operand, and `pooling` gives both for windows of which
the largest element is taken. All this goes by numbers alone, from whatever library they are.
What the `code` itself tells: `lines` changes it where it is written, a line at a time, and runs it;
if it has no text, `repairs` records it, if it is NumPy. `shell` is the command.
"""

from .diagnosis import Diagnosis, diagnose
from .shell import main

__all__ = ["Diagnosis", "diagnose", "main"]
