"""Tables that are summarized here, and summaries that were made earlier, here or kept by a service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from warmfit.remote.refs import DatasetRef
from warmfit.sources.beside import Beside
from warmfit.sources.chosen import ChosenRows
from warmfit.sources.grouped import GroupOutcomes, drawn_rows, sorted_column
from warmfit.sources.keys import Groups
from warmfit.sources.protocol import GroupKey, Outcome, RowChoice, T
from warmfit.sources.refusals import in_column, no_groups, unknown_column
from warmfit.sources.tables import Table
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.column import ColumnSummary

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
        check_columns(names, self.rows, self.names)
        beside = self.rows.beside(names)
        table = self.table.only([n for n in dict.fromkeys([*names, *beside]) if n in self.names])
        chosen = ChosenRows.of(Beside(table, self.bare), self.rows)
        return ((name, outcome_of(name, chosen)) for name in names)

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows (N, C), put together; see `Source.reduce`."""
        check_together(names, self.rows, self.names)
        table, positions = self.table.only(list(names)), self.rows.drawn(self.table.n_rows)
        columns = [numbers_of(table, name) for name in names]
        columns = columns if positions is None else [column[positions] for column in columns]
        parts = (np.column_stack([c[a : a + BLOCK] for c in columns]) for a in range(0, max(len(columns[0]), 1), BLOCK))
        return reduce(combine, map(of_block, parts))

    def groups(self, names: Sequence[str], by: Sequence[str]) -> Iterator[tuple[GroupKey, tuple[Outcome, ...]]]:
        """Each group's key with the outcome of each column, in ascending order of key; see `Source.groups`."""
        check_columns(names, self.rows, self.names)
        for name in by:
            _check_known(name, self.names)
        table = self.table.only([n for n in dict.fromkeys([*by, *names, *self.rows.beside(names)]) if n in self.names])
        chosen = ChosenRows.of(Beside(table, self.bare), replace(self.rows, fraction=None))
        groups = Groups.of(table, by)
        columns = [sorted_column(name, chosen, groups.order) for name in names]
        return GroupOutcomes(groups, columns, drawn_rows(groups, self.rows))


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


def outcome_of(name: str, chosen: ChosenRows) -> Outcome:
    """The summary of one column, or the error that says why there is none."""
    try:
        return chosen.summary(name)
    except WarmfitError as error:
        return in_column(name, error)


def check_together(names: Sequence[str], rows: RowChoice, there: Sequence[str]) -> None:
    """Raise `InvalidInput` for a column that is not `there`, and for what rows of several columns together have not."""
    for name in names:
        _check_known(name, there)
    refused = [setting for setting in rows.settings if setting != "sample_fraction"]
    if refused:
        raise InvalidInput(f"{' and '.join(refused)}= is not available for columns together; leave it out")


def numbers_of(table: Table, name: str) -> FloatArray:
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

    def groups(self, names: Sequence[str], by: Sequence[str]) -> Iterator[tuple[GroupKey, tuple[Outcome, ...]]]:  # noqa: ARG002 - see `Source`
        """Raises `InvalidInput`: there are no rows to group."""
        raise no_groups("a ColumnSummary", by)

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

    def groups(self, names: Sequence[str], by: Sequence[str]) -> Iterator[tuple[GroupKey, tuple[Outcome, ...]]]:  # noqa: ARG002 - see `Source`
        """Raises `InvalidInput`: there are no rows to group."""
        raise no_groups("a DatasetRef", by)

    def reduce(self, _names: Sequence[str], _of: Callable[[FloatArray], T], _combine: Callable[[T, T], T], /) -> T:
        """Raise `InvalidInput`: there are no rows."""
        raise _no_rows("a reference to columns that a service keeps")
