"""Tables that are summarized here, and summaries that were made earlier, here or kept by a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from warmfit.remote.refs import DatasetRef
from warmfit.sources.beside import Beside
from warmfit.sources.protocol import Outcome, RowChoice
from warmfit.sources.refusals import in_column, unknown_column
from warmfit.sources.tables import Table
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.summary.rows import Rows, Window, censored_intervals, check_infinite, parts_of_rows
from warmfit_fitting.summary.summarize import clean, summarize_intervals, summarize_values


@dataclass(frozen=True)
class TableSource:
    """A table in memory and what is said of its rows; one converted column is held at a time.

    `bare` makes a table of a column that comes without a name.
    """

    table: Table
    rows: RowChoice
    bare: Callable[[object], Table]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return self.table.names

    @property
    def beside(self) -> frozenset[str]:
        """The columns that say something of the rows of others."""
        return frozenset(self.rows.beside([*self.names, *self.rows.named_columns]))

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        """Each name with its summary, or with the error that says why there is none."""
        check_columns(names, self.rows, self.names)
        beside = self.rows.beside(names)
        table = self.table.only([n for n in dict.fromkeys([*names, *beside]) if n in self.names])
        chosen = ChosenRows.of(Beside(table, self.bare), self.rows)
        return ((name, _summary(name, chosen)) for name in names)


def check_columns(names: Sequence[str], rows: RowChoice, there: Sequence[str]) -> None:
    """Raise `InvalidInput` for a column that is not `there`; one whose intervals are given need not be."""
    for name in names:
        censoring = rows.censoring_of(name)
        if censoring is None or censoring.ends is None:
            _check_known(name, there)
        elif len(names) > 1 and not isinstance(rows.censoring, Mapping):
            raise InvalidInput(
                f"censoring gives one pair of ends for {len(names)} columns, whose values it would replace; "
                "give {column: (lower, upper)}"
            )
    for name in rows.beside(names):
        _check_known(name, there)


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
        lower, upper = self._intervals(name)
        weights = self._chosen(self.weights)
        window, plan = self._window(name), self.rows.plans.get(name)
        if window is None and upper is lower:
            return summarize_values(self._some(lower), weights, analytic=self.rows.analytic, plan=plan)
        return summarize_intervals(
            self._some(lower), self._some(upper), weights, truncation=window, analytic=self.rows.analytic, plan=plan
        )

    def parts(self, name: str) -> Rows:
        """The rows of one column, sorted into the parts of a likelihood."""
        lower, upper = self._intervals(name)
        weights, window = self._chosen(self.weights), self._window(name)
        if window is None and upper is lower:
            return Rows.known(*clean(self._some(lower), weights))
        return parts_of_rows(self._some(lower), self._some(upper), weights, window)

    def _window(self, name: str) -> Window | None:
        """The ends of each chosen row's window; None where none has one."""
        given = self.rows.truncation_of(name)
        if given is None:
            return None
        low, high = self.beside.window(given)
        return self._chosen(low), self._chosen(high)

    def _intervals(self, name: str) -> tuple[FloatArray, FloatArray]:
        """What is known of each row's value: an interval (lower, upper], or the same array twice."""
        censoring, table = self.rows.censoring_of(name), self.beside.table
        if censoring is not None and censoring.ends is not None:
            return self.beside.ends(censoring.ends)
        values = table.numbers(name)
        check_infinite(values)
        if censoring is None:
            return values, values
        used = ~np.isnan(values) if self.weights is None else ~np.isnan(values) & (self.weights > 0)
        return censored_intervals(values, self.beside.codes(censoring, used))

    def _chosen(self, values: FloatArray | None) -> FloatArray | None:
        return None if values is None else self._some(values)

    def _some(self, values: FloatArray) -> FloatArray:
        """The chosen ones of `values` (N,)."""
        return values if self.positions is None else values[self.positions]


def _summary(name: str, chosen: ChosenRows) -> Outcome:
    try:
        return chosen.summary(name)
    except WarmfitError as error:
        return in_column(name, error)


def _check_known(name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise unknown_column(name, names)


@dataclass(frozen=True)
class SummarySource:
    """Summaries made earlier, by name."""

    summaries: Mapping[str, ColumnSummary]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.summaries)

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        """Each name with its summary, or with the error that says why there is none."""
        for name in names:
            _check_known(name, self.names)
        return ((name, self.summaries[name]) for name in names)


@dataclass(frozen=True)
class DatasetSource:
    """Columns that a service keeps; their summaries are fetched when the first one is needed, if they are not here."""

    ref: DatasetRef

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return self.ref.columns

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        """Each name with its summary."""
        for name in names:
            _check_known(name, self.names)
        return SummarySource(self.ref.summaries()).columns(names)
