"""What libraries settle differently on purpose: named as conventions, not counted as faults."""

from __future__ import annotations

from dataclasses import dataclass

from .judging import Fault

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


@dataclass(frozen=True)
class Convention:
    """What an engine says at a point where several answers are sound."""

    engine: str
    kind: str
    operations: frozenset[str]
    text: str

    def covers(self, fault: Fault, operation: str) -> bool:
        """Whether a fault of an operation is this convention at work."""
        name = operation.rsplit(".", 1)[-1]
        return (fault.engine, fault.kind) == (self.engine, self.kind) and name in self.operations


CONVENTIONS = (
    Convention("microgradnet", "hvp", TIED, "a second derivative through a tie or a kink is nan"),
    Convention("microgradnet", "nan", SHARES, "the share in a tie has no derivative: nan"),
)
