"""From whatever a caller holds to the rows that a mixture is fitted to, here or where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from warmfit.sources import Source as Frame
from warmfit.sources import open_source
from warmfit.sources.recognize import requested_names
from warmfit.sources.summarized import DatasetSource, TableSource
from warmfit.sources.summarized import SummarySource as SummarizedFrame
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, UnsupportedType, WarmfitError
from warmfit_fitting.mixture.sources import RowSource, Source, SummarySource, Survey, known_rows, survey_rows
from warmfit_fitting.mixture.sums import Standard, Sums, fold
from warmfit_fitting.summary.column import ColumnSummary


@dataclass(frozen=True, eq=False)
class Opened:
    """A source of rows for a mixture, the names of its columns, and the rows (n, d) where they are here."""

    source: Source
    names: tuple[str, ...]
    rows: FloatArray | None = None


def mixture_source(data: object, columns: str | Sequence[str] | None, weights: Any) -> Opened:
    """What a caller gave, opened; raises `InvalidInput` or `UnsupportedType` for what cannot be."""
    names, frame = _opened(data, columns)
    if isinstance(frame, DatasetSource | SummarizedFrame):
        if weights is not None:
            raise InvalidInput(
                "a summary holds no single rows, to which weights= could apply; give weights to summarize"
            )
        return Opened(SummarySource(_one_summary(frame, names)), names)
    if not isinstance(frame, TableSource):
        if weights is not None:
            raise InvalidInput("weights= are taken for rows in this process; repeat the rows, or summarize one column")
        return Opened(Elsewhere(frame, names), names)
    if isinstance(weights, str):
        names = tuple(name for name in names if name != weights)
    rows, weights = _rows(frame, names, weights)
    source = RowSource(rows, weights)
    return Opened(source, names, source.rows)


def one_column(data: object, columns: str | Sequence[str] | None, weights: Any) -> tuple[str, ColumnSummary]:
    """The one column of what a caller gave and its summary; raises `InvalidInput` for several."""
    names, frame = _opened(data, columns)
    if weights is not None:
        from warmfit.summaries import summarize

        return names[0], summarize(data, list(names), weights=weights)[names[0]]
    return names[0], _one_summary(frame, names)


def _opened(data: object, columns: str | Sequence[str] | None) -> tuple[tuple[str, ...], Frame]:
    column, several = (columns, None) if isinstance(columns, str) else (None, columns)
    names = requested_names(column, several)
    frame = open_source(data, names)
    return (frame.names if names is None else names), frame


def _one_summary(frame: Frame, names: tuple[str, ...]) -> ColumnSummary:
    if len(names) != 1:
        raise InvalidInput(
            f"columns {', '.join(names)}: a mixture of several columns needs their rows, which summaries do not hold; "
            "fit it where the rows are (a frame, a Spark DataFrame, a Ray Dataset), or name one column"
        )
    for _, outcome in frame.columns(names):
        if isinstance(outcome, WarmfitError):
            raise outcome
        return outcome
    raise InvalidInput("no column to fit")


def _rows(frame: TableSource, names: tuple[str, ...], weights: Any) -> tuple[FloatArray, FloatArray | None]:
    """The rows (n, d) of a table in this process, and their weights (n,)."""
    several = [*names, weights] if isinstance(weights, str) else list(names)
    unknown = [name for name in several if name not in frame.names]
    if unknown:
        raise InvalidInput(f"there is no column {unknown[0]!r}; the columns are {', '.join(frame.names)}")
    table = frame.table.only(several)
    columns = [table.numbers(name) for name in several]
    if isinstance(weights, str):
        weights = columns.pop()
    if weights is None:
        return np.column_stack(columns), None
    try:
        return np.column_stack(columns), np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise UnsupportedType("weights are no numbers; give one for each row, or a column's name") from None


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Rows that are surveyed and folded where they are; a pass over them for each question."""

    frame: Frame
    names: tuple[str, ...]

    def survey(self) -> Survey:
        """What the columns are about."""
        return self.frame.reduce(self.names, survey_block, Survey.merge)

    def fold(self, coefficients: FloatArray, standard: Standard) -> Sums:
        """The sums over all rows."""
        return self.frame.reduce(self.names, Folding(coefficients, standard), Sums.__add__)


def survey_block(rows: FloatArray) -> Survey:
    """The survey of a block of rows (n, d), some of them with missing values."""
    known, _, n_missing = known_rows(rows, None)
    return replace(survey_rows(known), n_missing=n_missing)


@dataclass(frozen=True, eq=False)
class Folding:
    """The sums over a block of rows (n, d), those with missing values left out."""

    coefficients: FloatArray
    standard: Standard

    def __call__(self, rows: FloatArray) -> Sums:
        """The sums over these rows."""
        known, _, _ = known_rows(rows, None)
        return fold(known, None, self.standard, self.coefficients)
