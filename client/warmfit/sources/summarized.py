"""Tables that are summarized here, and summaries that were made earlier, here or kept by a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from warmfit.remote.refs import DatasetRef
from warmfit.sources.beside import Beside
from warmfit.sources.protocol import Outcome, RowChoice, T
from warmfit.sources.refusals import in_column, unknown_column
from warmfit.sources.tables import Table
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.summary.rows import censored_intervals, check_infinite
from warmfit_fitting.summary.summarize import summarize_intervals, summarize_values

BLOCK = 1 << 18  # rows of several columns taken together at a time


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
        self._check(names)
        beside = self.rows.beside(names)
        table = self.table.only([n for n in dict.fromkeys([*names, *beside]) if n in self.names])
        chosen = ChosenRows.of(Beside(table, self.bare), self.rows)
        return ((name, _summary(name, chosen)) for name in names)

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows (N, C), put together; see `Source.reduce`."""
        for name in names:
            _check_known(name, self.names)
        refused = [setting for setting in self.rows.settings if setting != "sample_fraction"]
        if refused:
            raise InvalidInput(f"{' and '.join(refused)}= is not available for columns together; leave it out")
        table, positions = self.table.only(list(names)), self.rows.drawn(self.table.n_rows)
        columns = [_numbers(table, name) for name in names]
        columns = columns if positions is None else [column[positions] for column in columns]
        parts = (np.column_stack([c[a : a + BLOCK] for c in columns]) for a in range(0, max(len(columns[0]), 1), BLOCK))
        return reduce(combine, map(of_block, parts))

    def _check(self, names: Sequence[str]) -> None:
        """Raise `InvalidInput` for a column that is not there; one whose intervals are given need not be."""
        for name in names:
            censoring = self.rows.censoring_of(name)
            if censoring is None or censoring.ends is None:
                _check_known(name, self.names)
            elif len(names) > 1 and not isinstance(self.rows.censoring, Mapping):
                raise InvalidInput(
                    f"censoring gives one pair of ends for {len(names)} columns, whose values it would replace; "
                    "give {column: (lower, upper)}"
                )
        for name in self.rows.beside(names):
            _check_known(name, self.names)


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
        analytic = self.rows.weights is not None and self.rows.weights.kind == "analytic"
        window, plan = self.rows.truncation_of(name), self.rows.plans.get(name)
        if window is None and upper is lower:
            return summarize_values(self._some(lower), weights, analytic=analytic, plan=plan)
        low, high = (None, None) if window is None else self.beside.window(window)
        truncation = self._chosen(low), self._chosen(high)
        return summarize_intervals(
            self._some(lower), self._some(upper), weights, truncation=truncation, analytic=analytic, plan=plan
        )

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


def _numbers(table: Table, name: str) -> FloatArray:
    """One column (N,); errors say which."""
    try:
        return table.numbers(name)
    except WarmfitError as error:
        raise in_column(name, error) from None


def _no_rows(kind: str) -> InvalidInput:
    return InvalidInput(
        f"{kind} says nothing of columns together; give the frame itself, or a JointSummary of its rows"
    )


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

    def reduce(self, _names: Sequence[str], _of: Callable[[FloatArray], T], _combine: Callable[[T, T], T], /) -> T:
        """Raise `InvalidInput`: there are no rows."""
        raise _no_rows("the summary of a column")


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

    def reduce(self, _names: Sequence[str], _of: Callable[[FloatArray], T], _combine: Callable[[T, T], T], /) -> T:
        """Raise `InvalidInput`: there are no rows."""
        raise _no_rows("a reference to columns that a service keeps")
