"""Columns whose rows come in batches: what each batch tells of them in a first and a second pass, and how that merges.

Nothing here says where the batches are read: one after another in this process, or side by side on a cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from warmfit.rows import Censoring, Truncation
from warmfit.sources.beside import Beside, Told, about, check_codes_tell, check_some_weigh
from warmfit.sources.chosen import ChosenRows
from warmfit.sources.protocol import GroupKey, Outcome, RowChoice, T
from warmfit.sources.refusals import in_column
from warmfit.sources.summarized import check_columns, check_together, numbers_of, outcome_of
from warmfit.sources.tables import Table
from warmfit_fitting.arrays import FloatArray, IntArray
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.blocks import PartsCount, PartsPlan, PartsSurvey, counted_summary
from warmfit_fitting.summary.column import ColumnSummary

Plans = Mapping[str, PartsPlan]
Counts = dict[str, PartsCount]
Grouped = Iterator[tuple[GroupKey, tuple[Outcome, ...]]]


@dataclass(frozen=True)
class Batch:
    """Some rows of a table; `positions` (K,): those of them that were drawn, None for all."""

    table: Table
    positions: IntArray | None = None


@dataclass(frozen=True)
class Refused:
    """Why a column cannot be summarized, as a batch of `n_rows` rows found it."""

    error: WarmfitError
    n_rows: int

    def among(self, n_rows: int) -> WarmfitError:
        """The error, saying that it speaks of a batch, where there are more rows."""
        where = "" if self.n_rows == n_rows else f"in a batch of {self.n_rows} rows: "
        return type(self.error)(f"{where}{self.error}")


@dataclass(frozen=True)
class Survey:
    """What the first pass tells of some rows: of each column, of the codes of censoring beside it, and of the weights.

    `weighed`: whether some row weighs anything. `fault`: what is wrong with the weights, of which all columns are.
    """

    columns: dict[str, PartsSurvey | Refused] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    n_rows: int = 0
    weighed: bool = False
    fault: Refused | None = None

    def merge(self, other: Survey) -> Survey:
        """The survey of both sets of rows; what is wrong with the first counts."""
        if not self.n_rows or not other.n_rows:
            return self if self.columns and not other.n_rows else other
        return Survey(
            {name: _merged(mine, other.columns[name]) for name, mine in self.columns.items()},
            {name: _together(mine, other.told[name]) for name, mine in self.told.items()},
            self.n_rows + other.n_rows,
            self.weighed or other.weighed,
            self.fault or other.fault,
        )


def _merged(mine: PartsSurvey | Refused, theirs: PartsSurvey | Refused) -> PartsSurvey | Refused:
    if isinstance(mine, Refused):
        return mine
    return theirs if isinstance(theirs, Refused) else mine.merge(theirs)


def _together(mine: Told, theirs: Told) -> Told:
    return None if mine is None or theirs is None else mine | theirs


@dataclass(frozen=True)
class Reading:
    """What is read of each batch: the columns `names`, and what `rows` says of their rows by the names of others."""

    names: tuple[str, ...]
    rows: RowChoice

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that must be read."""
        replaced = [name for name in self.names if self._ends_of(name)]
        read = [name for name in self.names if name not in replaced]
        return tuple(dict.fromkeys([*read, *self.rows.beside(self.names)]))

    def survey(self, batch: Batch) -> Survey:
        """The first pass over one batch."""
        n_rows = batch.table.n_rows
        try:
            chosen = self._chosen(batch)
        except WarmfitError as error:
            nothing = Refused(error, n_rows)
            return Survey(dict.fromkeys(self.names, nothing), dict.fromkeys(self.names), n_rows, True, nothing)
        weighed = chosen.weights is None or bool(chosen.weights.any())
        found: dict[str, PartsSurvey | Refused] = {}
        told: dict[str, Told] = {}
        for name in self.names:
            said = self.rows.censoring_of(name)
            told[name] = None
            try:
                found[name] = PartsSurvey.of(chosen.parts(name))
                told[name] = None if said is None else chosen.beside.told(said)
            except WarmfitError as error:
                found[name] = Refused(error, n_rows)
        return Survey(found, told, n_rows, weighed)

    def outcomes(self, batch: Batch) -> tuple[Outcome, ...]:
        """The summary of each column of one batch that is a group by itself, or why there is none."""
        chosen = self._chosen(batch)
        return tuple(outcome_of(name, chosen) for name in self.names)

    def count(self, batch: Batch, plans: Plans) -> Counts:
        """The second pass over one batch: the columns that have a plan.

        Nothing is counted of rows that the first pass cannot have seen, so that it is noticed in the end.
        """
        chosen = self._chosen(batch)
        parts = {name: chosen.parts(name) for name in plans}
        return {n: plan.count(parts[n]) if plan.encloses(parts[n]) else plan.nothing() for n, plan in plans.items()}

    def block(self, batch: Batch) -> FloatArray:
        """The columns of one batch together, (N, C), NaN where a value is missing."""
        columns = [numbers_of(batch.table, name) for name in self.names]
        chosen = columns if batch.positions is None else [column[batch.positions] for column in columns]
        return np.column_stack(chosen)

    def _chosen(self, batch: Batch) -> ChosenRows:
        beside = Beside(batch.table, no_bare_columns, whole=False)
        weights = None if self.rows.weights is None else beside.weights(self.rows.weights)
        return ChosenRows(beside, self.rows, batch.positions, weights)

    def _ends_of(self, name: str) -> bool:
        censoring = self.rows.censoring_of(name)
        return censoring is not None and censoring.ends is not None


class Passes(Protocol):
    """Rows in batches, wherever they are: both passes over all of them, merged."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        ...

    def check(self, rows: RowChoice) -> None:
        """Raise `InvalidInput` for a choice of rows that cannot be made here."""
        ...

    def survey(self, reading: Reading) -> Survey:
        """The first pass over all rows."""
        ...

    def count(self, reading: Reading, plans: Plans) -> Counts:
        """The second pass over all rows, for the columns that have a plan."""
        ...

    def groups(self, reading: Reading, by: Sequence[str]) -> Grouped:
        """The outcomes of each group, in ascending order of key; see `Source.groups`."""
        ...

    def reduce(self, reading: Reading, of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T]) -> T:
        """What `of_block` makes of every block of rows, put together; see `Source.reduce`."""
        ...


@dataclass(frozen=True)
class BatchSource:
    """A `Source` of rows that come in batches, of which no more than a few are held at a time."""

    passes: Passes
    rows: RowChoice

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return self.passes.names

    @property
    def beside(self) -> frozenset[str]:
        """The columns that say something of the rows of others."""
        return frozenset(self.rows.beside([*self.names, *self.rows.named_columns]))

    def columns(self, names: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
        """Each name with its summary, or with the error that says why there is none."""
        check_columns(names, self.rows, self.names)
        _check_by_name(self.rows, names)
        self.passes.check(self.rows)
        reading = Reading(tuple(dict.fromkeys(names)), self.rows)
        outcomes = _outcomes(self.passes, reading)
        return ((name, outcomes[name]) for name in names)

    def groups(self, names: Sequence[str], by: Sequence[str]) -> Grouped:
        """Each group's key with the outcome of each column, in ascending order of key; see `Source.groups`."""
        check_columns([*by, *names], replace(self.rows, censoring=None, truncation=None), self.names)
        check_columns(names, self.rows, self.names)
        _check_by_name(self.rows, names)
        self.passes.check(self.rows)
        return self.passes.groups(Reading(tuple(names), self.rows), by)

    def reduce(self, names: Sequence[str], of_block: Callable[[FloatArray], T], combine: Callable[[T, T], T], /) -> T:
        """What `of_block` makes of every block of rows (N, C), put together; see `Source.reduce`."""
        check_together(names, self.rows, self.names)
        self.passes.check(self.rows)
        return self.passes.reduce(Reading(tuple(names), self.rows), of_block, combine)


def check_weights_of_all(survey: Survey, rows: RowChoice) -> None:
    """Raise `InvalidInput` for weights that cannot be used, as all rows together tell."""
    if survey.fault is not None:
        raise survey.fault.among(survey.n_rows)
    if rows.weights is not None:
        with about("weights", rows.weights.column):
            check_some_weigh(survey.weighed or not survey.n_rows)


def unreadable(reading: Reading, survey: Survey) -> dict[str, WarmfitError]:
    """The columns beside which codes do not say what they mean, as all rows together tell, and the errors that say so."""
    found: dict[str, WarmfitError] = {}
    for name in reading.names:
        said = reading.rows.censoring_of(name)
        if said is not None:
            try:
                with about("censoring", said.column):
                    check_codes_tell(survey.told.get(name))
            except WarmfitError as error:
                found[name] = in_column(name, error)
    return found


def _outcomes(passes: Passes, reading: Reading) -> dict[str, Outcome]:
    survey = passes.survey(reading)
    check_weights_of_all(survey, reading.rows)
    refused = unreadable(reading, survey)
    settled = {name: refused.get(name) or _settled(name, survey) for name in reading.names}
    surveys = {name: known for name, known in settled.items() if isinstance(known, PartsSurvey)}
    plans = {name: PartsPlan.of(known, reading.rows.plans.get(name)) for name, known in surveys.items()}
    needed = {name: plan for name, plan in plans.items() if not plan.is_needless}
    counts = passes.count(reading, needed) if needed else {}
    outcomes: dict[str, Outcome] = {}
    for name, known in settled.items():
        if isinstance(known, PartsSurvey):
            count = counts.get(name, plans[name].nothing())
            outcomes[name] = _summary(name, known, plans[name], count, reading.rows)
        else:
            outcomes[name] = known
    return outcomes


def _settled(name: str, survey: Survey) -> PartsSurvey | WarmfitError:
    """What is known of a column after the first pass, or why it cannot be summarized."""
    known = survey.columns.get(name)
    if isinstance(known, Refused):
        return in_column(name, known.among(survey.n_rows))
    if known is None or not len(known.rows.sample):
        missing = 0 if known is None else known.rows.n_missing
        return InvalidInput(
            f"column {name!r}: the column has no values ({missing} missing, 0 left); give at least two different numbers"
        )
    return known


def _summary(name: str, survey: PartsSurvey, plan: PartsPlan, count: PartsCount, rows: RowChoice) -> Outcome:
    try:
        summary = counted_summary(survey, plan, count, rows.plans.get(name))
    except WarmfitError as error:
        return in_column(name, error)
    if not _adds_up(summary):
        return InvalidInput(
            f"column {name!r}: the second pass over the rows gave others than the first; keep the data as they are "
            "while they are read, as with materialize() of a Ray Dataset"
        )
    return replace(summary, analytic=rows.analytic)


def _adds_up(summary: ColumnSummary) -> bool:
    """Whether the second pass counted the weight of the first, and the mean where every value is known."""
    rest, tally = summary.incomplete, summary.observed
    counted = tally.weight + (0.0 if rest is None else rest.censored.weight)
    if not np.isclose(counted, summary.weight, rtol=1e-9, atol=0.0):
        return False
    if rest is not None:
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        gap = (tally.atom_count @ (tally.atoms - summary.mean) + tally.count @ (tally.mean - summary.mean)) / counted
        room = 1e-9 * (abs(summary.mean) + np.sqrt(summary.variance))
    return bool(abs(gap) <= room or not np.isfinite(gap - room))


def _check_by_name(rows: RowChoice, names: Sequence[str]) -> None:
    """Raise `InvalidInput` for what is given as one entry a row, where rows come in batches."""
    said: list[tuple[str, object]] = [] if rows.weights is None else [("weights", rows.weights.column)]
    for name in names:
        censoring, window = rows.censoring_of(name), rows.truncation_of(name)
        said += [("censoring", column) for column in _columns_of(censoring)]
        said += [("truncation", column) for column in _columns_of(window)]
    for setting, column in said:
        if not isinstance(column, str | float | None):
            raise InvalidInput(
                f"{setting} is given as one entry a row, of rows that come in batches; "
                "have it as a column beside the others and give that column's name"
            )


def _columns_of(said: Censoring | Truncation | None) -> tuple[object, ...]:
    if said is None:
        return ()
    return (said.lower, said.upper) if isinstance(said, Truncation) else said.ends or (said.column,)


def no_bare_columns(_: object) -> Table:
    """Nothing makes a table of a column that comes without a name."""
    raise AssertionError("columns are given by name")  # see _check_by_name
