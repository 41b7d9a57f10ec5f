"""`ChosenRows`: which rows of a table count, how much, and what is known of the value of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit.sources.beside import Beside
from warmfit.sources.protocol import RowChoice
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.summary.rows import Rows, censored_intervals, check_infinite, parts_of_rows
from warmfit_fitting.summary.summarize import clean, summarize_intervals, summarize_values

Known = tuple[FloatArray, FloatArray | None, FloatArray | None]


@dataclass(frozen=True)
class ChosenRows:
    """A `RowChoice` settled for one table: `positions` (K,), None for all; `weights` (N,), None for 1."""

    beside: Beside
    rows: RowChoice
    positions: IntArray | None
    weights: FloatArray | None

    @classmethod
    def of(cls, beside: Beside, rows: RowChoice) -> ChosenRows:
        """The rows drawn, and their weights; raises `InvalidInput` for weights that cannot be used."""
        weights = None if rows.weights is None else beside.weights(rows.weights)
        return cls(beside, rows, rows.drawn(beside.table.n_rows), weights)

    def summary(self, name: str) -> ColumnSummary:
        """The summary of one column."""
        values, upper, codes = self.known(name)
        if upper is None:
            check_infinite(values)
        weights, plan, window = self._chosen(self.weights), self.rows.plans.get(name), self.window(name)
        if window is None and upper is None and codes is None:
            return summarize_values(self._some(values), weights, analytic=self.rows.analytic, plan=plan)
        lower, upper = censored_intervals(values, codes) if upper is None else (values, upper)
        low, high = (None, None) if window is None else window
        truncation = self._chosen(low), self._chosen(high)
        return summarize_intervals(
            self._some(lower), self._some(upper), weights, truncation=truncation, analytic=self.rows.analytic, plan=plan
        )

    def parts(self, name: str) -> Rows:
        """The rows of one column, sorted into the parts of a likelihood."""
        values, upper, codes = self.known(name)
        weights, window = self._chosen(self.weights), self.window(name)
        if upper is None:
            check_infinite(values)
        if window is None and upper is None and codes is None:
            return Rows.known(*clean(self._some(values), weights))
        lower, upper = censored_intervals(values, codes) if upper is None else (values, upper)
        low, high = (None, None) if window is None else window
        return parts_of_rows(self._some(lower), self._some(upper), weights, (self._chosen(low), self._chosen(high)))

    def known(self, name: str) -> Known:
        """What is known of each row's value, (N,) each: it itself, or the lower ends of intervals with the upper ones;
        and its code of censoring, where there is one.
        """
        censoring, table = self.rows.censoring_of(name), self.beside.table
        if censoring is not None and censoring.ends is not None:
            return *self.beside.ends(censoring.ends), None
        values = table.numbers(name)
        if censoring is None:
            return values, None, None
        used = ~np.isnan(values) if self.weights is None else ~np.isnan(values) & (self.weights > 0)
        return values, None, self.beside.codes(censoring, used)

    def window(self, name: str) -> tuple[FloatArray | None, FloatArray | None] | None:
        """The ends of each row's own window, (N,); None where no row has one."""
        window = self.rows.truncation_of(name)
        return None if window is None else self.beside.window(window)

    def _chosen(self, values: FloatArray | None) -> FloatArray | None:
        return None if values is None else self._some(values)

    def _some(self, values: FloatArray) -> FloatArray:
        """The chosen ones of `values` (N,)."""
        return values if self.positions is None else values[self.positions]
