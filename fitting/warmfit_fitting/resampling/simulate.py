"""Columns simulated from a fitted distribution under the design of the column that it was fitted to.

Column b depends on the seed and on b only: its numbers come from the Philox stream of `SeedSequence(seed, spawn_key=(b,))`
(Salmon et al. 2011), so that it does not matter how many are drawn at a time, or by whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.resampling.design import CellDesign, Design, GroupDesign, RowDesign
from warmfit_fitting.resampling.law import LEAST, Law
from warmfit_fitting.summary import ColumnSummary, Moments, Tally, summarize_intervals, summarize_values
from warmfit_fitting.summary.tally import Bins

ONE_BY_ONE = 8  # rows of a cell that are drawn each by itself
CELL_NODES, CELL_WEIGHTS = np.polynomial.legendre.leggauss(3)


@dataclass(frozen=True, eq=False)
class Rows:
    """K simulated columns of n rows: `values` (K, n), or their bounds where `censored` (K, n) is 1 (above) or −1 (below)."""

    design: RowDesign
    values: FloatArray
    censored: IntArray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def only(self, i: int) -> Rows:
        """Column i alone."""
        part = slice(i, i + 1)
        return Rows(self.design, self.values[part], None if self.censored is None else self.censored[part])

    def summary(self, i: int) -> ColumnSummary:
        """The summary of column i."""
        d = self.design
        window = None if d.entry is None else (d.entry, d.exit)
        codes = None if self.censored is None else self.censored[i]
        return summarize_values(self.values[i], d.weight, censoring=codes, truncation=window, analytic=d.analytic)


@dataclass(frozen=True, eq=False)
class Summaries:
    """Simulated columns of which only the summaries are made."""

    summaries: Sequence[ColumnSummary]

    def __len__(self) -> int:
        return len(self.summaries)

    def summary(self, i: int) -> ColumnSummary:
        """The summary of column i."""
        return self.summaries[i]

    def only(self, i: int) -> Summaries:
        """Column i alone."""
        return Summaries([self.summaries[i]])


Columns = Rows | Summaries


def generator(seed: int, number: int) -> np.random.Generator:
    """The generator of column `number` of a seed."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(number,))))


def simulate(design: Design, law: Law | FittedCounts, seed: int, numbers: range) -> Columns:
    """The columns `numbers` of `law` under `design`."""
    rngs = [generator(seed, b) for b in numbers]
    if isinstance(design, RowDesign):
        return _rows(design, law, rngs)
    if isinstance(design, GroupDesign):
        return Summaries([_grouped(design, law, rng) for rng in rngs])
    assert isinstance(law, Law)
    cells = Cells.of(design, law)
    return Summaries([cells.draw(design.n, rng) for rng in rngs])


def _rows(design: RowDesign, law: Law | FittedCounts, rngs: Sequence[np.random.Generator]) -> Rows:
    uniform = np.array([rng.random(design.n) for rng in rngs]).reshape(-1, design.n)
    if isinstance(law, Law):
        values = law.draw(uniform, design.entry, design.exit)
    else:
        values = np.asarray(law.ppf(np.maximum(uniform, LEAST)))
    if design.right is None and design.left is None:
        return Rows(design, values)
    censored = np.zeros(values.shape, np.int64)
    for i, rng in enumerate(rngs):
        if design.right is not None:
            bound = design.right.draw(rng)
            over = values[i] > bound
            values[i, over], censored[i, over] = bound[over], 1
        if design.left is not None:
            bound = -design.left.draw(rng)
            under = (values[i] <= bound) & (censored[i] == 0)
            values[i, under], censored[i, under] = bound[under], -1
    return Rows(design, values, censored)


def _grouped(design: GroupDesign, law: Law | FittedCounts, rng: np.random.Generator) -> ColumnSummary:
    """Counts over the cells of a table, and beyond it on both sides."""
    fitted = law.fitted if isinstance(law, Law) else law
    cdf, sf = np.asarray(fitted.cdf(design.edges)), np.asarray(fitted.sf(design.edges))
    count = rng.multinomial(design.n, _shares(np.append(cdf, 1.0), np.append(sf, 0.0))).astype(np.float64)
    lower, upper = np.append(-np.inf, design.edges), np.append(design.edges, np.inf)
    filled = count > 0
    return summarize_intervals(lower[filled], upper[filled], count[filled])


def _shares(cdf: FloatArray, sf: FloatArray) -> FloatArray:
    """The masses (C,) below the first place, between places and so on, from both tails (C,), adding up to 1."""
    up, down = np.diff(cdf, prepend=0.0), -np.diff(sf, prepend=1.0)
    mass = np.maximum(np.where(cdf < 0.5, up, down), 0.0)
    return np.asarray(mass / mass.sum())


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells between `edges` (C + 1,) that cover a law's mass: `share` (C,), `mean` and `variance` (C,) inside, and
    the probabilities `below` and `above` (C + 1,) the edges.
    """

    design: CellDesign
    law: Law
    edges: FloatArray
    below: FloatArray
    above: FloatArray
    share: FloatArray
    mean: FloatArray
    variance: FloatArray

    @classmethod
    def of(cls, design: CellDesign, law: Law) -> Cells:
        """The cells of the design's grid from the smallest to the largest value that is ever drawn."""
        least = np.array([LEAST])
        low, high = (float(law.quantile(*p)[0]) for p in ((least, 1 - least), (1 - least, least)))
        edges = design.grid.edges(low, high)
        cdf, sf = np.asarray(law.fitted.cdf(edges)), np.asarray(law.fitted.sf(edges))
        cdf[0], sf[0], cdf[-1], sf[-1] = 0.0, 1.0, 1.0, 0.0
        half = np.diff(edges)[:, None] / 2
        nodes = edges[:-1, None] + half * (1.0 + CELL_NODES)
        with np.errstate(all="ignore"):
            density = np.asarray(law.fitted.pdf(nodes)) * CELL_WEIGHTS
        density = np.where(np.isfinite(density) & (density > 0), density, 1e-300 * CELL_WEIGHTS)
        weight = density / density.sum(axis=1, keepdims=True)
        mean = (weight * nodes).sum(axis=1)
        variance = (weight * (nodes - mean[:, None]) ** 2).sum(axis=1)
        return cls(design, law, edges, cdf, sf, _shares(cdf[1:], sf[1:]), mean, variance)

    def draw(self, n: int, rng: np.random.Generator) -> ColumnSummary:
        """The summary of n rows: counts in the cells, the rows of thin cells and of both outermost ones each drawn."""
        count = rng.multinomial(n, self.share).astype(np.float64)
        filled = np.flatnonzero(count)
        single = np.union1d(filled[count[filled] <= ONE_BY_ONE], filled[[0, -1]])
        mean, m2 = self.mean.copy(), self.variance * count
        low, high = np.inf, -np.inf
        for cell, values in zip(single, self._inside(single, count[single], rng), strict=True):
            mean[cell], m2[cell] = values.mean(), values.var() * len(values)
            low, high = min(low, float(values.min())), max(high, float(values.max()))
        first, last = int(filled[0]), int(filled[-1])
        part = slice(first, last + 1)
        tally = _tally(self.edges[first : last + 2], count[part], mean[part], m2[part])
        return ColumnSummary(n, 0, _moments(tally), low, high, False, self.design.grid, tally)

    def _inside(self, cells: IntArray, count: FloatArray, rng: np.random.Generator) -> list[FloatArray]:
        """Values drawn inside each of some cells."""
        owner = np.repeat(cells, count.astype(np.int64))
        u = np.maximum(rng.random(len(owner)), LEAST)
        below = self.below[owner] + u * (self.below[owner + 1] - self.below[owner])
        above = self.above[owner + 1] + (1 - u) * (self.above[owner] - self.above[owner + 1])
        inner = np.nextafter(self.edges[owner + 1], -np.inf)
        with np.errstate(divide="ignore"):
            values = np.clip(self.law.quantile(below, above), self.edges[owner], inner)
        return np.split(values, np.cumsum(count.astype(np.int64))[:-1])


def _tally(edges: FloatArray, count: FloatArray, mean: FloatArray, m2: FloatArray) -> Tally:
    nothing = np.zeros(0)
    bins = Bins(edges, count, np.where(count > 0, mean, 0.0), np.where(count > 0, m2, 0.0)).compact()
    return Tally(nothing, nothing, bins.edges, bins.count, bins.mean, bins.m2)


def _moments(tally: Tally) -> Moments:
    """Moments of the rows of bins, third and fourth powers from the bins' means."""
    between = Moments.of(tally.mean, tally.count)
    return Moments(between.weight, between.mean, between.m2 + float(tally.m2.sum()), between.m3, between.m4)
