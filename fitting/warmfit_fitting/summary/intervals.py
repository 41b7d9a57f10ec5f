"""`Intervals`: weighted rows of which only an interval is known, in which the value lies (censoring) or had to (truncation).

Rays are one-dimensional and are tallied like values; intervals with two finite ends are kept as pairs, up to
`MAX_PAIRS` distinct ones. Beyond that, pairs whose ends share a cell of the grid become one at their mean ends, on the
finest level of the grid that leaves few enough: no end moves by more than the width of its cell on that level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.survey import Runs
from warmfit_fitting.summary.tally import Tally

MAX_PAIRS = 4096


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

    def capped(self, grid: Grid) -> Pairs:
        """The same rows in at most `MAX_PAIRS` pairs."""
        pairs = self
        while len(pairs) > MAX_PAIRS:
            pairs = self._on(grid.edges(float(self.lower.min()), float(self.upper.max())))
            grid = grid.coarser()
        return pairs._whole() if grid.integral and pairs is not self else pairs

    def _whole(self) -> Pairs:
        """The same rows with ends at the nearest integers, no interval empty."""
        lower, upper = np.floor(self.lower + 0.5), np.floor(self.upper + 0.5)
        return Pairs.of(lower, np.maximum(upper, lower + 1), self.count)

    def _on(self, edges: FloatArray) -> Pairs:
        """Pairs whose ends share cells of `edges` as one, at the mean of their ends."""
        cells = [np.searchsorted(edges, end, side="right") for end in (self.lower, self.upper)]
        key = cells[0] * (len(edges) + 1) + cells[1]
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.concatenate([[True], np.diff(key[order]) > 0]))
        count = np.add.reduceat(self.count[order], first)
        owner = np.repeat(np.arange(len(first)), np.diff(first, append=len(order)))
        means = []
        for end in (self.lower[order], self.upper[order]):
            anchor = end[first]
            means.append(anchor + np.add.reduceat(self.count[order] * (end - anchor[owner]), first) / count)
        return Pairs.of(means[0], means[1], count)


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
        tallies = (self.above.atom_count, self.above.count, self.below.atom_count, self.below.count)
        return float(sum(part.sum() for part in (*tallies, self.between.count)))
