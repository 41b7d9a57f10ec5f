"""How far a fitted law of counts lies from the rows: KS, AD, CvM, SSE and Pearson's χ², exact where the counts are known.

Both distribution functions are steps at integers, so the Kolmogorov distance is max |Fₙ(k) − F(k)| over integers k: ties are
no ties to it. W² and A² are sums over the integers of the law (Choulakian, Lockhart & Stephens 1994, Can. J. Stat. 22):
n Σ (Fₙ − F)² p and n Σ (Fₙ − F)² p/(F(1 − F)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.law import DENSE, CountLaw
from warmfit_fitting.goodness import Goodness
from warmfit_fitting.likelihood.view import View

_PER_CELL = 16
LEAST_EXPECTED = 5.0  # rows in a cell of χ², below which it is joined to its neighbour (Cochran 1954, Biometrics 10)


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Pearson's statistic over `cells` with at least five expected rows each, and cells − 1 − estimated parameters.

    With parameters estimated from single values, not from cells, the statistic lies between χ² with that many degrees of
    freedom and with cells − 1 (Chernoff & Lehmann 1954, Ann. Math. Stat. 25).
    """

    statistic: float
    degrees_of_freedom: int
    cells: int


@dataclass(frozen=True, eq=False)
class CountCells:
    """The rows of a view as cells of integers [`first`, `last`] (C,), ascending, with their `share` (C,) of the rows."""

    view: View

    @cached_property
    def first(self) -> FloatArray:
        """The first integer of each cell."""
        return self.view.groups.lower

    @cached_property
    def last(self) -> FloatArray:
        """The last integer of each cell."""
        return self.view.groups.upper

    @cached_property
    def share(self) -> FloatArray:
        """The share of the rows in each cell."""
        return self.view.groups.count / self.view.total

    @cached_property
    def upto(self) -> FloatArray:
        """The share of the rows up to the end of each cell."""
        upto = np.cumsum(self.share)
        upto[-1] = 1.0
        return upto

    def distribution(self, k: FloatArray) -> FloatArray:
        """Fₙ at integers (N,): exact at the ends of cells, a straight line over those of several integers."""
        at = np.stack([self.first - 1, self.last], axis=1).ravel()
        before = np.concatenate([[0.0], self.upto[:-1]])
        return np.asarray(np.interp(k, at, np.stack([before, self.upto], axis=1).ravel()))

    @cached_property
    def points(self) -> tuple[FloatArray, FloatArray]:
        """Integers (N,) at which the rows are taken to lie, several in a wide cell, and the share of the rows up to each."""
        steps = (np.arange(_PER_CELL) + 0.5) / _PER_CELL
        at = np.unique(np.rint(self.first[:, None] - 0.5 + (self.last - self.first + 1)[:, None] * steps))
        return at, self.distribution(at)


def measure(cells: CountCells, law: CountLaw) -> Goodness:
    """The distances of `law` from the rows."""
    with np.errstate(all="ignore"):
        ks, bound = _kolmogorov(cells, law)
        anderson, cramer = _quadratic(cells, law)
        n = cells.view.total
        anderson = math.inf if math.isnan(anderson) else anderson  # F or 1 − F is no double where rows are
        return Goodness(ks, bound, n * anderson, n * cramer, _squares(cells, law))


def _kolmogorov(cells: CountCells, law: CountLaw) -> tuple[float, float]:
    """max |Fₙ − F|, and by how much the distance of the rows may exceed it where cells hide where they lie."""
    before = np.concatenate([[0.0], cells.upto[:-1]])
    at_last, ahead = law.cdf(cells.last), law.cdf(cells.first - 1)
    distance = float(max(np.abs(cells.upto - at_last).max(), np.abs(before - ahead).max()))
    wide = cells.last > cells.first
    if not wide.any():
        return distance, 0.0
    highest = cells.upto[wide] - law.cdf(cells.first[wide])
    lowest = law.cdf(cells.last[wide] - 1) - before[wide]
    return distance, max(float(np.maximum(highest, lowest).max()) - distance, 0.0)


def _quadratic(cells: CountCells, law: CountLaw) -> tuple[float, float]:
    """Σ (Fₙ − F)² p/(F(1 − F)) and Σ (Fₙ − F)² p over the integers of the law.

    Where these are too many, runs on which Fₙ is constant are taken as intervals; so are the tails far from the rows.
    """
    at, upto = cells.points
    if at[-1] - at[0] < 2 * DENSE:
        low = min(max(law.reach[0], at[0] - DENSE), at[0])
        high = max(min(law.reach[1], at[-1] + DENSE), at[-1])
        k = np.arange(low, high + 1)
        known = cells.distribution(k)
        f, s, p = law.cdf(k), law.sf(k), np.exp(law.logpmf(k))
        gap = np.where(f < 0.5, known - f, s - (1 - known)) ** 2 * p
        (start, before), (end, after) = (law.cdf(k[:1] - 1)[0], law.sf(k[:1] - 1)[0]), (f[-1], s[-1])
        tails = -np.log(before) - start - np.log(end) - after, start**3 / 3 + after**3 / 3
        anderson = np.where(gap > 0, gap / (f * s), 0.0).sum()
        return float(anderson + tails[0]), float(gap.sum() + tails[1])
    f, s = law.cdf(at), law.sf(at)
    ahead, above = law.cdf(at[1:] - 1), law.sf(at[1:] - 1)
    start, end = np.append(f, 1.0), np.concatenate([law.cdf(at[:1] - 1), ahead, [1.0]])
    c, first = np.append(0.0, upto), np.append(0.0, f)
    cramer = ((end - c) ** 3 - (first - c) ** 3).sum() / 3
    jump = np.exp(law.logpmf(at))
    cramer += ((upto - start[:-1]) ** 2 * jump).sum()
    log_f, log_s = np.diff(np.log([f[:-1], ahead]), axis=0)[0], np.diff(np.log([s[:-1], above]), axis=0)[0]
    inner = upto[:-1] ** 2 * log_f - (1 - upto[:-1]) ** 2 * log_s - (ahead - f[:-1])
    before, after = law.sf(at[:1] - 1)[0], s[-1]
    ends = -np.log(before) - law.cdf(at[:1] - 1)[0] - np.log(f[-1]) - after
    steps = (upto - f) ** 2 * jump / (f * s)
    return float(inner.sum() + ends + np.where(s > 0, steps, 0.0).sum()), float(cramer)


def _squares(cells: CountCells, law: CountLaw) -> float:
    """Σ (share − probability)² over the integers from the smallest to the largest value.

    In a cell of several integers, and between cells, the mean over the cell counts for each.
    """
    single = cells.first == cells.last
    mass = np.where(single, np.exp(law.logpmf(cells.first)), law.cdf(cells.last) - law.cdf(cells.first - 1))
    width = cells.last - cells.first + 1
    total = float(((cells.share - mass) ** 2 / width).sum())
    first, last = cells.last[:-1] + 1, cells.first[1:] - 1
    empty = first <= last
    if empty.any():
        first, last = first[empty], last[empty]
        if (last - first + 1).sum() < DENSE:
            between = np.concatenate([np.arange(a, b + 1) for a, b in zip(first, last, strict=True)])
            total += float((np.exp(law.logpmf(between)) ** 2).sum())
        else:
            total += float(((law.cdf(last) - law.cdf(first - 1)) ** 2 / (last - first + 1)).sum())
    return total


def chi_square(cells: CountCells, law: CountLaw, n_parameters: int) -> ChiSquare:
    """Pearson's χ² of the rows over the cells, joined from the lowest on until each expects five rows."""
    n = cells.view.total
    with np.errstate(all="ignore"):
        cdf, sf = law.cdf(cells.last[:-1]), law.sf(cells.last[:-1])
        upwards, downwards = np.diff(cdf, prepend=0.0, append=1.0), -np.diff(sf, prepend=1.0, append=0.0)
        expected = n * np.where(np.append(cdf, 1.0) < 0.5, upwards, downwards)
    observed = n * cells.share
    joined: list[list[float]] = []
    o = e = 0.0
    for seen, due in zip(observed, expected, strict=True):
        o, e = o + float(seen), e + float(due)
        if e >= LEAST_EXPECTED:
            joined.append([o, e])
            o = e = 0.0
    if joined:
        joined[-1][0] += o
        joined[-1][1] += e
    statistic = math.fsum((o - e) ** 2 / e for o, e in joined) if joined else math.nan
    return ChiSquare(statistic, len(joined) - 1 - n_parameters, len(joined))
