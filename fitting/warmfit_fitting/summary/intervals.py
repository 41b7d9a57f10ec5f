"""`Intervals`: weighted rows of which only an interval is known, in which the value lies (censoring) or had to (truncation).

Rays are one-dimensional and are tallied like values; intervals with two finite ends are kept as pairs, up to
`MAX_PAIRS` distinct ones. Beyond that, pairs whose ends share cells of the grid become up to four with the same means,
variances and covariance of their ends, on the finest level of the grid that leaves few enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.summary.survey import Runs
from warmfit_fitting.summary.tally import Tally

MAX_PAIRS = 8192


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct intervals (`lower`, `upper`] (M,), both ends finite, in ascending order, with weight `count` (M,)."""

    lower: FloatArray
    upper: FloatArray
    count: FloatArray

    @classmethod
    def of(cls, lower: FloatArray, upper: FloatArray, count: FloatArray) -> Pairs:
        """The pairs of rows (N,), equal ones added up in one order, whatever the rows' order."""
        lower, upper = lower + 0.0, upper + 0.0
        order = np.lexsort((count, upper, lower))
        a, b = lower[order], upper[order]
        new = np.concatenate([[True], (a[1:] != a[:-1]) | (b[1:] != b[:-1])])[: len(a)]
        first = np.flatnonzero(new)
        return cls(a[first], b[first], np.add.reduceat(count[order], first) if len(first) else np.zeros(0))

    def __len__(self) -> int:
        return len(self.lower)

    def join(self, other: Pairs) -> Pairs:
        """The pairs of both sets of rows."""
        both = ((self.lower, other.lower), (self.upper, other.upper), (self.count, other.count))
        return Pairs.of(*(np.concatenate(pair) for pair in both))

    def ends(self) -> Runs:
        """Each row as half a row at either end."""
        return Runs.of(np.concatenate([self.lower, self.upper]), np.concatenate([self.count, self.count]) / 2)

    @property
    def reach(self) -> tuple[float, float]:
        """The least lower and the greatest upper end."""
        return float(self.lower.min(initial=np.inf)), float(self.upper.max(initial=-np.inf))


@dataclass(frozen=True, slots=True)
class Intervals:
    """Rows in (c, ∞) (`above`, a tally of the c), in (−∞, c] (`below`) and in (a, b] (`between`).

    So for continuous families, to which open and closed ends are the same. Discrete ones take each end as part of the set:
    at least c, at most c, from a to b.
    """

    above: Tally
    below: Tally
    between: Pairs

    @property
    def weight(self) -> float:
        """The total weight of the rows."""
        return self.above.weight + self.below.weight + float(self.between.count.sum())

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays."""
        pairs = self.between
        return self.above.nbytes + self.below.nbytes + pairs.lower.nbytes + pairs.upper.nbytes + pairs.count.nbytes
