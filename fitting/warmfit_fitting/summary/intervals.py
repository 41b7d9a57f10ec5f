"""`Intervals`: weighted rows of which only an interval is known, in which the value lies (censoring) or had to (truncation).

Rays are one-dimensional and are tallied like values; intervals with two finite ends are kept as pairs, up to
`MAX_PAIRS` distinct ones. Beyond that, pairs whose ends share a cell of the grid become one at their mean ends, on the
finest level of the grid that leaves few enough: no end moves by more than the width of its cell on that level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
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
        if len(self) <= MAX_PAIRS:
            return self
        return Cells.of(self, grid, self.reach).capped().pairs()

    def whole(self) -> Pairs:
        """The same rows with ends at the nearest integers, no interval empty."""
        lower, upper = np.floor(self.lower + 0.5), np.floor(self.upper + 0.5)
        return Pairs.of(lower, np.maximum(upper, lower + 1), self.count)

    @property
    def reach(self) -> tuple[float, float]:
        """The least lower and the greatest upper end."""
        return float(self.lower.min(initial=np.inf)), float(self.upper.max(initial=-np.inf))


@dataclass(frozen=True, slots=True)
class Cells:
    """Pairs as one where their ends share cells of `grid`, whose edges enclose `reach`.

    `start`, `end` (M,): the numbers of the cells in which the ends lie. `lower`, `upper`, `count` (M,): the mean ends and
    the weight. Cells of parts add up to those of the whole, and a level of the grid follows from the finer one.
    """

    grid: Grid
    reach: tuple[float, float]
    start: IntArray
    end: IntArray
    lower: FloatArray
    upper: FloatArray
    count: FloatArray

    @classmethod
    def of(cls, pairs: Pairs, grid: Grid, reach: tuple[float, float]) -> Cells:
        """The cells of some pairs within `reach`."""
        edges = grid.edges(*reach)
        start = np.searchsorted(edges, pairs.lower, side="right").astype(np.int64)
        end = np.searchsorted(edges, pairs.upper, side="right").astype(np.int64)
        return cls(grid, reach, start, end, pairs.lower, pairs.upper, pairs.count)._grouped()

    def __len__(self) -> int:
        return len(self.count)

    def add(self, other: Cells) -> Cells:
        """The cells of both sets of rows, on the coarser one's level."""
        level = max(self.grid.level, other.grid.level)
        a, b = (side.at_level(level) for side in (self, other))
        return Cells(
            a.grid,
            self.reach,
            np.concatenate([a.start, b.start]),
            np.concatenate([a.end, b.end]),
            np.concatenate([a.lower, b.lower]),
            np.concatenate([a.upper, b.upper]),
            np.concatenate([a.count, b.count]),
        )._grouped()

    def capped(self) -> Cells:
        """The same on the finest level that leaves at most `MAX_PAIRS`."""
        cells = self
        while len(cells) > MAX_PAIRS:
            cells = cells.at_level(cells.grid.level + 1)
        return cells

    def at_level(self, level: int) -> Cells:
        """The same on a coarser level of the grid; itself where that is no coarser."""
        if level <= self.grid.level:
            return self
        edges, grid = self.grid.edges(*self.reach), self.grid.coarser()
        number = np.searchsorted(grid.edges(*self.reach), edges, side="right")
        start, end = number[self.start - 1], number[self.end - 1]
        return replace(self, grid=grid, start=start, end=end)._grouped().at_level(level)

    def pairs(self) -> Pairs:
        """The cells as pairs at their mean ends, which are whole where the grid's edges are."""
        pairs = Pairs.of(self.lower, self.upper, self.count)
        return pairs.whole() if self.grid.integral else pairs

    def _grouped(self) -> Cells:
        """The same with what shares both cells added up, in one order whatever the rows' order."""
        order = np.lexsort((self.count, self.upper, self.lower, self.end, self.start))
        start, end, count = self.start[order], self.end[order], self.count[order]
        new = np.concatenate([[True], (np.diff(start) != 0) | (np.diff(end) != 0)])[: len(start)]
        first = np.flatnonzero(new)
        if not len(first):
            return self
        total = np.add.reduceat(count, first)
        owner = np.cumsum(new) - 1

        def mean(ends: FloatArray) -> FloatArray:
            anchor = ends[first]
            means: FloatArray = anchor + np.add.reduceat(count * (ends - anchor[owner]), first) / total
            return means

        lower, upper = mean(self.lower[order]), mean(self.upper[order])
        return Cells(self.grid, self.reach, start[first], end[first], lower, upper, total)


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
