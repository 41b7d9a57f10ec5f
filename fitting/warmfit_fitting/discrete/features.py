"""`Counts`: a column of whole numbers as points with weights, and the statistics from which families find their starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.likelihood.view import Groups, View
from warmfit_fitting.summary import ColumnSummary

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
    """The fine view of an integral column less `loc`, in its own unit: shift 0, scale 1.

    Bins of up to three whole numbers are known exactly, value by value; wider ones are two points at mean ± standard
    deviation, within the bin.
    """
    o = summary.observed
    filled = o.count > 0
    low, high = (o.edges[:-1][filled], o.edges[1:][filled]) if len(o.edges) else (o.edges, o.edges)
    low, high = np.maximum(low, summary.minimum), np.minimum(high - 1, summary.maximum)
    values, count, spread, first, last = (
        np.concatenate(parts)
        for parts in zip(
            (o.atoms, o.atom_count, np.zeros(len(o.atoms)), o.atoms, o.atoms),
            *_split(low, high, o.count[filled], o.mean[filled], o.m2[filled]),
            strict=True,
        )
    )
    kept = np.flatnonzero(count > 0)
    order = kept[np.argsort(values[kept], kind="stable")]
    groups = Groups(count[order], values[order] - loc, spread[order], first[order] - loc, last[order] - loc)
    std = math.sqrt(summary.moments.m2 / summary.weight)
    return View(groups, 0.0, 1.0, summary.minimum - loc, summary.maximum - loc, summary.mean - loc, std)


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
