"""Tables that are summarized here, and summaries that were made earlier, here or kept by a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from warmfit.remote.refs import DatasetRef
from warmfit.sources.protocol import ChosenRows, Outcome, RowChoice
from warmfit.sources.refusals import in_column, unknown_column
from warmfit.sources.tables import Table
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.summary.rows import check_weights
from warmfit_fitting.summary.summarize import summarize_values


@dataclass(frozen=True)
class TableSource:
    """A table in memory and the rows of it that count; one converted column is held at a time."""

    table: Table
    rows: RowChoice
    read_weights: Callable[[object], FloatArray]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return self.table.names

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        """Each name with its summary, or with the error that says why there is none."""
        for name in names:
            _check_known(name, self.names)
        beside = [self.rows.weights] if isinstance(self.rows.weights, str) else []
        if beside:
            _check_known(beside[0], self.names)
        table = self.table.only(list(dict.fromkeys([*names, *beside])))
        chosen = self._chosen(table)
        return ((name, _summary(table, name, chosen)) for name in names)

    def _chosen(self, table: Table) -> ChosenRows:
        if self.rows.is_everything:
            return ChosenRows(None, None)
        positions = self.rows.drawn(table.n_rows)
        weights = self._weights(table)
        return ChosenRows(positions, weights if weights is None or positions is None else weights[positions])

    def _weights(self, table: Table) -> FloatArray | None:
        given = self.rows.weights
        if given is None:
            return None
        try:
            weights = table.numbers(given) if isinstance(given, str) else self.read_weights(given)
            if len(weights) != table.n_rows:
                raise InvalidInput(f"{len(weights)} weight(s) for {table.n_rows} row(s); give one for each row")
            _check_usable(weights)
        except WarmfitError as error:
            raise type(error)(f"weights{f'={given!r}' if isinstance(given, str) else ''}: {error}") from None
        return weights


def _check_usable(weights: FloatArray) -> None:
    missing = int(np.isnan(weights).sum())
    if missing:
        raise InvalidInput(f"{missing} weight(s) are missing; fill them, 0 leaves a row out")
    check_weights(weights)
    if not weights.any() and len(weights):
        raise InvalidInput("every weight is 0, so that no row is left; give a positive weight to the rows that count")


def _summary(table: Table, name: str, chosen: ChosenRows) -> Outcome:
    try:
        return summarize_values(chosen.of(table.numbers(name)), chosen.weights)
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
