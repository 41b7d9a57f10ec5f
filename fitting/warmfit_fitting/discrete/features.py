"""A column of whole numbers as points with weights, and the statistics from which families find their starts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.likelihood.view import Groups, View
from warmfit_fitting.summary import ColumnSummary, Runs, Tally
from warmfit_fitting.summary.incomplete import demanded

_SOLVED = 3  # a bin of at most so many whole numbers is known value by value from its count, mean and second moment


@dataclass(frozen=True, eq=False)
class CountFeatures:
    """Statistics of the counts of a view, `loc` subtracted."""

    view: View

    @cached_property
    def mean(self) -> float:
        """The arithmetic mean."""
        return self.view.mean

    @cached_property
    def variance(self) -> float:
        """The mean squared deviation."""
        return self.view.std**2

    @property
    def minimum(self) -> float:
        """The smallest count."""
        return self.view.minimum

    @property
    def maximum(self) -> float:
        """The largest count."""
        return self.view.maximum

    @cached_property
    def mean_size(self) -> float:
        """The mean of |k|."""
        return self._mean(np.abs(self.view.x))

    @cached_property
    def mean_log(self) -> float:
        """The mean of ln k; of counts from 1 on."""
        return self._mean(np.log(np.maximum(self.view.x, 1.0)))

    @cached_property
    def zeros(self) -> float:
        """The share of zeros."""
        return self._mean((self.view.x == 0).astype(np.float64))

    def _mean(self, values: FloatArray) -> float:
        return math.fsum(values * self.view.weight) / self.view.total


def count_view(summary: ColumnSummary, loc: float = 0.0) -> View:
    """The fine view of the known values of an integral column less `loc`, in its own unit: shift 0, scale 1.

    Bins of up to three whole numbers are known exactly, value by value; wider ones are two points at mean ± standard
    deviation, within the bin. `minimum`, `maximum`: the extremes, or what a support must hold where rows are incomplete.
    """
    values, count, spread, first, last = _groups(summary.observed, summary)
    factor = summary.size / summary.weight
    kept = np.flatnonzero(count > 0)
    order = kept[np.argsort(values[kept], kind="stable")]
    groups = Groups(
        count[order] * factor, values[order] - loc, spread[order] * factor, first[order] - loc, last[order] - loc
    )
    std = math.sqrt(summary.moments.m2 / summary.weight)
    low, high = demanded(summary.incomplete, summary.minimum, summary.maximum)
    return View(groups, 0.0, 1.0, low - loc, high - loc, summary.mean - loc, std)


def completed(summary: ColumnSummary, loc: float) -> View:
    """What the fine view would be about, were every value known: for starts, not for estimates.

    Rows censored on the right are spread over the values above, by the jumps of the product-limit estimate (Kaplan & Meier
    1958, JASA 53); those of an interval lie at its ends, those censored on the left at their bound.
    """
    rest = summary.incomplete
    assert rest is not None
    above = Runs.of(*whole_places(rest.censored.above, summary, np.ceil))
    known = [Runs.of(*whole_places(tally, summary, np.rint)) for tally in (summary.observed, rest.censored.below)]
    places = Runs.join([*known, _rounded(rest.censored.between.ends()), Runs(above.values, np.zeros(len(above)) + 1e-300)])
    censored = np.zeros(len(places))
    censored[np.searchsorted(places.values, above.values)] = above.count
    at_risk = np.cumsum((places.count + censored)[::-1])[::-1] - censored
    survival = np.cumprod(np.clip(1 - places.count / at_risk, 0.0, 1.0))
    jump = -np.diff(survival, prepend=1.0)
    jump[-1] += survival[-1]  # what is left above the last value stays there
    count = np.maximum(jump * summary.size, 1e-300)
    x = places.values - loc
    mean = float(np.average(x, weights=count))
    std = math.sqrt(float(np.average((x - mean) ** 2, weights=count)))
    groups = Groups(count, x, np.zeros(len(x)), x, x)
    return View(groups, 0.0, 1.0, float(x[0]), float(x[-1]), mean, std)


def _rounded(runs: Runs) -> Runs:
    return Runs.of(np.rint(runs.values), runs.count)


def whole_places(
    tally: Tally, summary: ColumnSummary, whole: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """Whole numbers (N,) at which the rows of a tally are taken to lie, and their weights.

    Values kept exactly are made whole by `whole`; what is between two integers in a bin is shared by both.
    """
    values, count, spread, first, last = _groups(replace(tally, atoms=whole(tally.atoms)), summary)
    deviation = np.sqrt(spread / np.where(count > 0, count, 1.0))
    at = np.concatenate([np.clip(values + sign * deviation, first, last) for sign in (-1.0, 1.0)])
    half, share = np.concatenate([count, count]) / 2, at - np.floor(at)
    places, weight = np.concatenate([np.floor(at), np.ceil(at)]), np.concatenate([half * (1 - share), half * share])
    runs = Runs.of(places, weight)
    return runs.values, runs.count


def _groups(tally: Tally, summary: ColumnSummary) -> tuple[FloatArray, ...]:
    """Values, counts, m2, first and last integers (G,) of the atoms and bins of a tally."""
    filled = tally.count > 0
    edges = np.ceil(tally.edges)
    low, high = (edges[:-1][filled], edges[1:][filled] - 1) if len(edges) else (edges, edges)
    if tally is summary.observed:
        low, high = np.maximum(low, summary.minimum), np.minimum(high, summary.maximum)
    nothing = np.zeros(len(tally.atoms))
    atoms = (tally.atoms, tally.atom_count, nothing, tally.atoms, tally.atoms)
    bins = _split(low, high, tally.count[filled], tally.mean[filled], tally.m2[filled])
    return tuple(np.concatenate(parts) for parts in zip(atoms, *bins, strict=True))


def _split(
    low: FloatArray, high: FloatArray, count: FloatArray, mean: FloatArray, m2: FloatArray
) -> list[tuple[FloatArray, ...]]:
    """Groups (values, counts, m2, first, last) of the bins [low, high] of whole numbers, narrow ones value by value."""
    width = high - low + 1
    wide = width > _SOLVED
    parts: list[tuple[FloatArray, ...]] = [(mean[wide], count[wide], m2[wide], low[wide], high[wide])]
    for size in range(1, _SOLVED + 1):
        at = width == size
        powers = _powers(count[at], mean[at] - low[at], m2[at])[:size]
        solved = np.linalg.solve(np.vander(np.arange(float(size)), size, increasing=True).T, powers)
        for j, rows in enumerate(np.maximum(solved, 0.0)):
            value = low[at] + j
            parts.append((value, np.where(rows > 1e-9 * count[at], rows, 0.0), np.zeros(len(value)), value, value))
    return parts


def _powers(count: FloatArray, mean: FloatArray, m2: FloatArray) -> FloatArray:
    """Sums (3, B) of the zeroth, first and second powers of what lies in each bin, from its left end."""
    return np.array([count, count * mean, m2 + count * mean * mean])
