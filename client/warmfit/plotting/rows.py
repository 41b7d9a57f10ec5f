"""What a plot knows of a column's rows: masses on points and intervals, from its summary.

Every value known, these are the values and bins themselves; otherwise the nonparametric estimate of `turnbull`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from warmfit.result import DistributionFitResult
from warmfit.uncertainty import data_of
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.turnbull import turnbull

VIEW = 0.01  # of the rows on each side that may lie outside of what is shown, where they would fill most of it
STRETCH = 3.0  # times the shown range that the whole range must have for its ends to be left out
MOST_BINS = 80


@dataclass(frozen=True)
class Rows:
    """Masses (J,), their sum at most 1, of the intervals (`lower`, `upper`] (J,), or points where both are equal.

    `at` (J,): where the rows of each lie, about. `n`: rows, or total weight. `window`: what some row could have been.
    `complete`: every value is known.
    """

    lower: FloatArray
    upper: FloatArray
    at: FloatArray
    mass: FloatArray
    n: float
    window: tuple[float, float]
    complete: bool

    @classmethod
    def of(cls, summary: ColumnSummary, window: tuple[float, float]) -> Rows:
        """The rows of a summary, all of which lay in `window`; raises `InvalidInput` where their law is not determined."""
        if summary.incomplete is not None:
            return cls._estimated(summary, window)
        tally = summary.observed
        lower = np.concatenate([tally.atoms, tally.edges[:-1]])
        upper = np.concatenate([tally.atoms, tally.edges[1:]])
        at = np.concatenate([tally.atoms, tally.mean])
        mass = np.concatenate([tally.atom_count, tally.count])
        return cls._sorted(lower, upper, at, mass / mass.sum(), summary.size, window, complete=True)

    @classmethod
    def _estimated(cls, summary: ColumnSummary, window: tuple[float, float]) -> Rows:
        assert summary.incomplete is not None
        found = turnbull(summary, summary.incomplete, window)
        if found.reason:
            raise InvalidInput(f"these rows cannot be drawn: {found.reason}")
        with np.errstate(invalid="ignore"):
            middle = np.where(np.isfinite(found.upper), found.lower / 2 + found.upper / 2, found.upper)
        return cls._sorted(found.lower, found.upper, middle, found.mass, summary.size, found.window, complete=False)

    @classmethod
    def _sorted(
        cls,
        lower: FloatArray,
        upper: FloatArray,
        at: FloatArray,
        mass: FloatArray,
        n: float,
        window: tuple[float, float],
        complete: bool,
    ) -> Rows:
        order = np.lexsort((upper, lower))
        order = order[mass[order] > 0]
        return cls(lower[order], upper[order], at[order], mass[order], n, window, complete)

    @cached_property
    def upto(self) -> FloatArray:
        """The share of rows up to the end of each interval, (J,)."""
        return np.minimum(np.cumsum(self.mass), 1.0)

    @cached_property
    def middle(self) -> FloatArray:
        """The share of rows below the middle of each interval, (J,): where its rows stand in a P–P plot."""
        return self.upto - self.mass / 2

    @cached_property
    def shown(self) -> tuple[float, float]:
        """The range of values that a picture of densities shows: all, but for tails that would leave it empty."""
        known = np.isfinite(self.lower) & np.isfinite(self.upper)
        low, high = float(self.lower[known].min()), float(self.upper[known].max())
        left = float(self.at[np.searchsorted(self.upto, VIEW)])
        right = float(self.at[min(int(np.searchsorted(self.upto, 1 - VIEW)), len(self.at) - 1)])
        right = min(right, high)
        if high - low > STRETCH * (right - left) > 0:
            margin = 0.05 * (right - left)
            return max(low, left - margin), min(high, right + margin)
        return low, high

    def histogram(self, bins: int | None) -> tuple[FloatArray, FloatArray]:
        """Edges (H+1,) of equal width over `shown`, and the share of all rows in each, (H,).

        Without `bins`, by the rule of Freedman & Diaconis (1981), at most `MOST_BINS`. Intervals are spread evenly.
        """
        low, high = self.shown
        edges = np.linspace(low, high, (self._enough(low, high) if bins is None else bins) + 1)
        share = np.zeros(len(edges) - 1)
        point = self.lower == self.upper
        inside = point & (self.at >= low) & (self.at <= high)
        at = np.minimum(np.searchsorted(edges, self.at[inside], side="right") - 1, len(share) - 1)
        np.add.at(share, at, self.mass[inside])
        wide = ~point & np.isfinite(self.lower) & np.isfinite(self.upper)
        if wide.any():
            share += self._spread(edges, wide)
        return edges, share

    def _spread(self, edges: FloatArray, wide: np.ndarray) -> FloatArray:
        """The masses of intervals, spread evenly over them, between the edges, (H,)."""
        ends = np.concatenate([self.lower[wide], self.upper[wide]])
        rate = self.mass[wide] / (self.upper[wide] - self.lower[wide])
        order = np.argsort(ends, kind="stable")
        steps = np.concatenate([rate, -rate])[order]
        places, slope = ends[order], np.cumsum(steps)
        upto = np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(places))])
        return np.diff(np.interp(edges, places, upto))

    def _enough(self, low: float, high: float) -> int:
        left, right = (float(self.at[min(int(np.searchsorted(self.upto, p)), len(self.at) - 1)]) for p in (0.25, 0.75))
        width = 2 * (right - left) / max(self.n, 1.0) ** (1 / 3)
        if not (math.isfinite(width) and width > 0):
            return 30
        return int(np.clip(math.ceil((high - low) / width), 10, MOST_BINS))

    def thinned(self, most: int) -> np.ndarray:
        """At most about `most` of the intervals whose place is known (K,), denser towards the ends, the ends among them."""
        known = np.flatnonzero(np.isfinite(self.at))
        if len(known) <= most:
            return known
        level = np.log(self.middle[known]) - np.log1p(-np.minimum(self.middle[known], 1 - 1e-16))
        even = np.searchsorted(level, np.linspace(level[0], level[-1], most))
        return np.unique(np.concatenate([known[:1], known[even], known[-1:]]))


def rows_of(result: DistributionFitResult, data: object = None, column: str | None = None) -> Rows:
    """The rows that a result was fitted to, or those given."""
    result.check_fitted()
    low = -math.inf if result.lower_bound is None else result.lower_bound
    high = math.inf if result.upper_bound is None else result.upper_bound
    return Rows.of(data_of(result, data, column), (low, high))
