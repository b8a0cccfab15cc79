"""What libraries settle differently on purpose: named as conventions, not counted as faults."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .judging import Fault, flat

# Functions with ties or kinks, whose second derivatives there are a matter of convention.
TIED = frozenset(
    [
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "max",
        "min",
        "amax",
        "amin",
        "nanmax",
        "nanmin",
        "ptp",
        "clip",
        "abs",
        "absolute",
        "fabs",
        "sign",
        "median",
        "nanmedian",
        "quantile",
        "percentile",
        "nanquantile",
        "nanpercentile",
        "sort",
        "partition",
        "hypot",
        "norm",
        "vector_norm",
        "matrix_norm",
        "std",
        "nanstd",
        "copysign",
        "where",
        "select",
        "unwrap",
        "interp",
        "nan_to_num",
        "cond",
        "corrcoef",
        "piecewise",
    ]
)
SHARES = frozenset(
    [
        "at_kink",
        "larger",
        "smaller",
        "larger_number",
        "smaller_number",
        "clip_share",
        "abs_slope",
        "fraction",
    ]
)


# Decompositions of matrices whose eigenvalues or singular values repeat, or whose rank is short.
DEGENERATE = frozenset(
    ["eig", "eigh", "svd", "qr", "eigvals", "eigvalsh", "svdvals", "pinv"]
)


@dataclass(frozen=True)
class Convention:
    """What an engine says at a point where several answers are sound, or none is: nan."""

    engine: str
    kinds: tuple[str, ...]
    operations: frozenset[str]
    text: str

    def covers(self, fault: Fault, operation: str) -> bool:
        """Whether a fault of an operation, or of several, is this convention at work."""
        names = {name.rsplit(".", 1)[-1] for name in operation.split(" with ")}
        if fault.engine != self.engine or fault.kind not in self.kinds or fault.got is None:
            return False
        return bool(names & self.operations) and bool(np.isnan(flat(fault.got)).any())


CONVENTIONS = (
    Convention(
        "microgradnet", ("hvp",), TIED, "a second derivative through a tie or a kink is nan"
    ),
    Convention("microgradnet", ("nan", "hvp"), SHARES, "the share in a tie has no derivative: nan"),
    Convention(
        "microgradnet",
        ("nan", "hvp"),
        DEGENERATE,
        "vectors of equal eigenvalues or singular values, or of a rank that is short, are nan",
    ),
)
