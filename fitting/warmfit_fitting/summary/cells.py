"""`Cells`: more pairs than a summary keeps, by the cells of the grid in which their ends lie, with their second moments.

The mean log-probability of the intervals of a cell is, to second order, that of four intervals with the same means,
variances and covariance of their ends, whatever the law; its error falls with the fourth power of the width of the cells.
Intervals shorter than their cells are told apart by their length, too, since log P(a < X ≤ b) is singular at b = a.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.summary.grid import Grid
from warmfit_fitting.summary.intervals import MAX_PAIRS, Pairs

OCTAVES = 7  # the level of the grid up to which lengths within a factor of 2 share a class
SAME = 1e-9  # what a squared correlation lacks of 1 by rounding
NONE = 1e-12  # of the variances of both ends, a variance of lengths that is rounding
TRACE = 1e-9  # a share of a cell that may be rounding of its moments
ROUNDING = 2.0**-48  # of a place, the deviation that is
NEAR = 1e-9  # as near as this, a mean of whole numbers is whole


@dataclass(frozen=True, slots=True)
class Cells:
    """Pairs as one where their ends share cells of `grid`, whose edges enclose `reach`.

    `start`, `end` (M,): the numbers of the cells in which the ends lie. Where these are the same or neighbours, the cell is
    narrow: `octave` (M,) is the class of its intervals' lengths, else 0. `lower`, `other`, `count` (M,): the mean of the
    lower end, that of the upper one, or of the length where narrow, and the weight. `m11`, `m22`, `m12` (M,): the sums of
    the squared deviations of both from their means, and of their products. Cells of parts add up to those of the whole,
    and a level of the grid follows from the finer one.
    """

    grid: Grid
    reach: tuple[float, float]
    start: IntArray
    end: IntArray
    octave: IntArray
    lower: FloatArray
    other: FloatArray
    count: FloatArray
    m11: FloatArray
    m22: FloatArray
    m12: FloatArray

    @classmethod
    def of(cls, pairs: Pairs, grid: Grid, reach: tuple[float, float]) -> Cells:
        """The cells of some pairs within `reach`; on a grid of whole numbers, of the whole numbers within.

        They are grouped level by level, from the finest on, so that the classes of lengths do not depend on the way taken.
        """
        level, grid = grid.level, replace(grid, level=0)
        lower, upper = pairs.lower, pairs.upper
        if grid.integral:
            lower, upper = np.ceil(lower), np.maximum(np.floor(upper), np.ceil(lower) + 1)
        edges = grid.edges(*reach)
        start, end = (np.searchsorted(edges, ends, side="right").astype(np.int64) for ends in (lower, upper))
        narrow = end - start < 2
        length = upper - lower
        octave = np.where(narrow, _octaves(length, grid), 0)
        none = np.zeros(len(lower))
        other = np.where(narrow, length, upper)
        finest = cls(grid, reach, start, end, octave, lower, other, pairs.count, none, none, none)._grouped()
        return finest.at_level(level)

    def __len__(self) -> int:
        return len(self.count)

    def add(self, other: Cells) -> Cells:
        """The cells of both sets of rows, on the coarser one's level."""
        level = max(self.grid.level, other.grid.level)
        a, b = (side.at_level(level) for side in (self, other))
        both = (np.concatenate([x, y]) for x, y in zip(a._arrays(), b._arrays(), strict=True))
        return Cells(a.grid, self.reach, *both)._grouped()

    def capped(self) -> Cells:
        """The same on the finest level that leaves at most `MAX_PAIRS` pairs."""
        cells = self
        while cells._size > MAX_PAIRS:
            cells = cells.at_level(cells.grid.level + 1)
        return cells

    def at_level(self, level: int) -> Cells:
        """The same on a coarser level of the grid; itself where that is no coarser."""
        if level <= self.grid.level:
            return self
        edges, grid = self.grid.edges(*self.reach), self.grid.coarser()
        number = np.searchsorted(grid.edges(*self.reach), edges, side="right")
        start, end = number[self.start - 1], number[self.end - 1]
        narrow, was = end - start < 2, self._narrow
        turned = narrow & ~was
        other = np.where(turned, self.other - self.lower, self.other)
        of_length = self.m22 - 2 * self.m12 + self.m11
        of_length = np.where(of_length > NONE * (self.m11 + self.m22), of_length, 0.0)
        m22 = np.where(turned, of_length, self.m22)
        m12 = np.where(turned, self.m12 - self.m11, self.m12)
        middle = edges[:-1] / 2 + edges[1:] / 2
        octave = np.where(turned, _octaves(middle[self.end - 1] - middle[self.start - 1], self.grid), self.octave)
        octave = np.where(narrow, octave >> (_coarseness(grid) - _coarseness(self.grid)), 0)
        moved = replace(self, grid=grid, start=start, end=end, octave=octave, other=other, m22=m22, m12=m12)
        return moved._grouped().at_level(level)

    def pairs(self) -> Pairs:
        """The cells as at most `MAX_PAIRS` pairs with the same moments: one where all are one, two on a line, else four."""
        found = self._spread()
        return found if len(found) <= MAX_PAIRS else self.at_level(self.grid.level + 1).pairs()

    def _spread(self) -> Pairs:
        edges, step = self.grid.edges(*self.reach), 1.0 if self.grid.integral else 0.0
        narrow = self._narrow
        low = np.where(narrow, np.maximum(self.other / 2, step), edges[self.end - 1])
        high = np.where(narrow, np.inf, edges[np.minimum(self.end, len(edges) - 1)])
        one, two = self._variances
        first = _two(self.lower, one, edges[self.start - 1], edges[self.start], step)
        second = _two(self.other, two, low, high, step)
        share = _shares(first, second, self.m12 / self.count)
        lower = np.stack([first[i] for i in (0, 0, 1, 1)])
        other = np.stack([second[i] for i in (0, 1, 0, 1)])
        there = share > 0
        upper = np.where(narrow, lower + other, other)
        return Pairs.of(lower[there], upper[there], (share * self.count)[there])

    @property
    def _narrow(self) -> BoolArray:
        return np.asarray(self.end - self.start < 2)

    @property
    def _variances(self) -> tuple[FloatArray, FloatArray]:
        """Of the lower and the other end (M,); 0 where they are rounding."""
        rounding = (ROUNDING * (np.abs(self.lower) + np.abs(self.other))) ** 2
        one, two = (np.where(m > rounding * self.count, m / self.count, 0.0) for m in (self.m11, self.m22))
        return one, two

    @property
    def _size(self) -> int:
        """About the number of pairs that the cells become: no more for a part of the rows than for all."""
        (one, two), both = self._variances, self.m12 / self.count
        flat = (one == 0).astype(np.int64) + (two == 0)
        line = one * two - both**2 <= SAME * one * two
        return int(np.select([flat == 2, (flat == 1) | line], [1, 2], 4).sum())

    def _arrays(self) -> tuple[np.ndarray, ...]:
        return (
            self.start, self.end, self.octave, self.lower, self.other, self.count, self.m11, self.m22, self.m12
        )  # fmt: skip

    def _grouped(self) -> Cells:
        """The same with what shares both cells added up, in one order whatever the rows' order."""
        order = np.lexsort((self.count, self.other, self.lower, self.octave, self.end, self.start))
        start, end, octave, lower, other, count, *moments = (array[order] for array in self._arrays())
        new = np.concatenate([[True], (np.diff(start) != 0) | (np.diff(end) != 0) | (np.diff(octave) != 0)])
        first = np.flatnonzero(new[: len(start)])
        if not len(first):
            return self
        total = np.add.reduceat(count, first)
        owner = np.cumsum(new) - 1

        def centred(values: FloatArray) -> tuple[FloatArray, FloatArray]:
            """The mean of each cell, and how far the values lie from it."""
            off = values - values[first][owner]
            shift = np.add.reduceat(count * off, first) / total
            return values[first] + shift, off - shift[owner]

        (lower, one), (other, two) = centred(lower), centred(other)
        sums = (
            np.add.reduceat(within + count * product, first)
            for within, product in zip(moments, (one * one, two * two, one * two), strict=True)
        )
        return Cells(self.grid, self.reach, start[first], end[first], octave[first], lower, other, total, *sums)


def capped(pairs: Pairs, grid: Grid) -> Pairs:
    """The same rows in at most `MAX_PAIRS` pairs."""
    return pairs if len(pairs) <= MAX_PAIRS else Cells.of(pairs, grid, pairs.reach).capped().pairs()


def _octaves(length: FloatArray, grid: Grid) -> IntArray:
    """The classes of lengths, those within a factor of 2 or, on coarse levels, a power of 2 of it."""
    return np.asarray(np.frexp(length)[1].astype(np.int64) >> _coarseness(grid))


def _coarseness(grid: Grid) -> int:
    """How often classes of lengths have been doubled in their logs."""
    return min(max(grid.level - OCTAVES, 0), 11)


def _two(
    mean: FloatArray, variance: FloatArray, low: FloatArray, high: FloatArray, step: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Two places within [low, high) and the share of the first that have a mean and a variance.

    On whole numbers (`step` 1) the mean is met, and the variance nearly.
    """
    last = high - step if step else np.nextafter(high, -np.inf)
    if step:
        near = NEAR + ROUNDING * np.abs(mean)
        mean = np.where(np.abs(mean - np.rint(mean)) < near, np.rint(mean), mean)
    with np.errstate(all="ignore"):
        a = np.clip(mean - np.sqrt(variance), low, mean)
        b = np.where(a < mean, mean + variance / (mean - a), mean)
        over = b > last
        b = np.where(over, np.maximum(last, mean), b)
        a = np.where(over & (b > mean), np.clip(mean - variance / (b - mean), low, mean), a)
        if step:
            a = np.minimum(np.floor(a + 0.5 + near), np.floor(mean))
            b = np.where(a < mean, mean + variance / (mean - a), mean)
            b = np.maximum(np.minimum(np.floor(b + 0.5 + near), last), np.ceil(mean))
        share = np.where(b > a, (b - mean) / (b - a), 1.0)
    return a, np.where(share < 1, b, a), np.clip(share, 0.0, 1.0)


def _shares(
    first: tuple[FloatArray, FloatArray, FloatArray],
    second: tuple[FloatArray, FloatArray, FloatArray],
    covariance: FloatArray,
) -> FloatArray:
    """The shares (4, M) of the four pairs of places that have a covariance, or come as near it as shares can."""
    (a, b, p), (c, d, q) = first, second
    area = (b - a) * (d - c)
    tilt = np.divide(covariance, area, out=np.zeros_like(area), where=area > 0)
    least, most = -np.minimum(p * q, (1 - p) * (1 - q)), np.minimum(p * (1 - q), (1 - p) * q)
    margin = SAME * (most - least)
    tilt = np.where(tilt <= least + margin, least, np.where(tilt >= most - margin, most, tilt))
    shares = np.stack([p * q + tilt, p * (1 - q) - tilt, (1 - p) * q - tilt, (1 - p) * (1 - q) + tilt])
    shares = np.where(shares > TRACE, shares, 0.0)
    return np.asarray(shares / shares.sum(axis=0))
