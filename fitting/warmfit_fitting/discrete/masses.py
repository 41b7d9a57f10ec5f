"""`CountMasses`: the terms of a likelihood of counts that are probabilities of sets of integers: censored rows and windows.

Of counts each end that is given belongs to the set: a row censored on the right at c is a count of at least c, on the left
one of at most c, an interval from a to b the integers from a to b, and a window lets its ends in. So the sets are runs of
integers, first to last. Probabilities are taken in logs, from the tail in which they are small, and of short runs as sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import BoolArray, FloatArray, IntArray
from warmfit_fitting.discrete.features import whole_places
from warmfit_fitting.discrete.rule import SHORT
from warmfit_fitting.discrete.tails import Shapes, log_tails
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.summary import ColumnSummary, Intervals

_HALF = -math.log(2.0)


@dataclass(frozen=True, eq=False)
class CountMasses:
    """Runs of integers from `first` to `last` (M,), infinite where open, with `weight` (M,), negative for windows.

    `rows`: the weight of the censored rows.
    """

    first: FloatArray
    last: FloatArray
    weight: FloatArray
    rows: float
    _coarser: dict[int, CountMasses] = field(default_factory=dict)

    @cached_property
    def _kinds(self) -> tuple[BoolArray, BoolArray, BoolArray, BoolArray]:
        """Which runs (M,) go on upwards, which downwards, which are short, which long."""
        upper, lower = np.isinf(self.last), np.isinf(self.first)
        short = self.last - self.first < SHORT
        return upper, lower, short, ~(upper | lower | short)

    @cached_property
    def _below(self) -> FloatArray:
        """Where the distribution function is needed."""
        _, lower, _, long = self._kinds
        return np.unique(np.concatenate([self.last[lower], self.last[long], self.first[long] - 1]))

    @cached_property
    def _above(self) -> FloatArray:
        """Where the survival function is needed."""
        upper, _, _, long = self._kinds
        return np.unique(np.concatenate([self.first[upper] - 1, self.first[long] - 1, self.last[long]]))

    @cached_property
    def _members(self) -> tuple[FloatArray, IntArray]:
        """The integers (U,) of short runs, and which of them each short run has (S, L); U where it has no more."""
        short = self._kinds[2]
        first, width = self.first[short], self.last[short] - self.first[short] + 1
        offset = np.arange(width.max(initial=0.0))
        filled = offset < width[:, None]
        each = np.where(filled, first[:, None] + offset, math.nan)
        integers = np.unique(each[filled])
        return integers, np.where(filled, np.searchsorted(integers, each), len(integers))

    @property
    def size(self) -> int:
        """The numbers that an evaluation takes."""
        integers, members = self._members
        return len(self._below) + len(self._above) + len(integers) + members.size

    def log_likelihood(self, family: DiscreteFamily, shapes: Shapes) -> FloatArray:
        """The sum (K,) for shapes (K, 1) each."""
        upper, lower, short, long = self._kinds
        log_cdf, log_sf = log_tails(family, shapes, self._below, self._above)
        upto, start = (np.searchsorted(self._below, at[long]) for at in (self.last, self.first - 1))
        beyond, since = (np.searchsorted(self._above, at[long]) for at in (self.last, self.first - 1))
        upwards = _log_difference(log_cdf[:, upto], log_cdf[:, start])
        downwards = _log_difference(log_sf[:, since], log_sf[:, beyond])
        terms = (
            (log_sf[:, np.searchsorted(self._above, self.first[upper] - 1)], upper),
            (log_cdf[:, np.searchsorted(self._below, self.last[lower])], lower),
            (np.where(log_cdf[:, upto] < _HALF, upwards, downwards), long),
            (self._log_sums(family, shapes), short),
        )
        return np.asarray(sum(np.einsum("ij,j->i", term, self.weight[which]) for term, which in terms))

    def _log_sums(self, family: DiscreteFamily, shapes: Shapes) -> FloatArray:
        """The logs of the probabilities (K, S) of short runs."""
        integers, members = self._members
        size = max((len(s) for s in shapes), default=1)
        if not members.size:
            return np.zeros((size, len(members)))
        low, high = family.support(*shapes)
        inside = (integers >= low) & (integers <= high)
        value = np.asarray(family.logpmf(np.clip(integers, low, high), *shapes), dtype=np.float64)
        known = np.full((size, len(integers) + 1), -np.inf)
        known[:, :-1] = np.where(inside & ~np.isnan(value), value, -np.inf)
        return np.asarray(np.logaddexp.reduce(known[:, members], axis=2))

    def coarse(self, terms: int) -> CountMasses:
        """About `terms` runs of each kind, neighbours merged at their mean ends; itself where there are no more."""
        if len(self.weight) <= terms:
            return self
        if terms not in self._coarser:
            self._coarser[terms] = self._merged(terms)
        return self._coarser[terms]

    def _merged(self, terms: int) -> CountMasses:
        first, last = (np.where(np.isfinite(end), end, 0.0) for end in (self.first, self.last))
        upper, lower, short, _ = self._kinds
        kind = np.select([upper, lower, short], [0, 1, 2], 3) + np.where(self.weight < 0, 4, 0)
        order = np.lexsort((last, first, kind))
        size = np.abs(self.weight[order])
        keys = [
            kind[order],
            np.floor(np.cumsum(size) / size.sum() * (terms * 0.4)),
            *(np.floor(np.arcsinh(end[order]) * (terms * 0.1)) for end in (first, last)),
        ]
        start = np.flatnonzero(np.concatenate([[True], np.any([k[1:] != k[:-1] for k in keys], axis=0)]))
        total = np.add.reduceat(size, start)
        ends = [np.floor(np.add.reduceat(size * end[order], start) / total + 0.5) for end in (first, last)]
        at = order[start]
        return CountMasses(
            np.where(lower[at], -np.inf, ends[0]), np.where(upper[at], np.inf, ends[1]),
            np.sign(self.weight[at]) * total, self.rows,
        )  # fmt: skip


def count_masses(summary: ColumnSummary, loc: float, window: tuple[float, float]) -> CountMasses | None:
    """The terms of a column's censored rows and windows less `loc`; None where there are none.

    `window`: the integers, in the data's unit, that had to let every row in besides its own window.
    """
    rest, open_ = summary.incomplete, window == (-np.inf, np.inf)
    if rest is None and open_:
        return None
    factor = summary.size / summary.weight
    parts, rows, windowed = [], 0.0, 0.0
    if rest is not None:
        rows, windowed = rest.censored.weight * factor, rest.truncated.weight * factor
        parts = [_runs(rest.censored, summary, factor), _runs(rest.truncated, summary, -factor)]
    if not open_:
        without = max(summary.size - windowed, 0.0)  # the weight of rows that have no window of their own
        ends = (np.array([end]) for end in window)
        parts.append((*ends, np.array([-without])))
    first, last, weight = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    first, last = np.maximum(first, window[0]) - loc, np.minimum(last, window[1]) - loc
    says = (weight != 0) & (np.isfinite(first) | np.isfinite(last))
    return CountMasses(*_distinct(first[says], last[says], weight[says]), rows)


def _runs(part: Intervals, summary: ColumnSummary, factor: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """First and last integers (M,) of the sets of a part, and their weights times `factor`."""
    above, below, pairs = whole_places(part.above, summary, np.ceil), whole_places(part.below, summary, np.floor), part.between
    first = np.concatenate([above[0], np.full(len(below[0]), -np.inf), np.ceil(pairs.lower)])
    last = np.concatenate([np.full(len(above[0]), np.inf), below[0], np.floor(pairs.upper)])
    return first, last, factor * np.concatenate([above[1], below[1], pairs.count])


def _distinct(first: FloatArray, last: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Equal runs of one sign added up, in one order."""
    order = np.lexsort((weight, weight < 0, last, first))
    keys = (first[order], last[order], weight[order] < 0)
    new = np.concatenate([[True], np.any([k[1:] != k[:-1] for k in keys], axis=0)])[: len(order)]
    start = np.flatnonzero(new)
    total = np.add.reduceat(weight[order], start) if len(start) else weight
    return keys[0][start], keys[1][start], total


def _log_difference(more: FloatArray, less: FloatArray) -> FloatArray:
    """ln(e^more − e^less) for more ≥ less; −∞ where they are equal."""
    gap = np.where(np.isneginf(more), -np.inf, less - more)
    return np.asarray(more + np.where(gap > _HALF, np.log(-np.expm1(gap)), np.log1p(-np.exp(gap))))
