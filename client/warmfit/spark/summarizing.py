"""`summarize`: the summaries of a Spark frame's columns, by group where asked for, without fitting anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from warmfit.sources.protocol import GroupKey, RowChoice
from warmfit.sources.recognize import requested_names
from warmfit.spark.source import SparkSource
from warmfit.summaries import summarized
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary.column import ColumnSummary


@overload
def summarize(
    df: Any, columns: str | Sequence[str], by: None = None, *, weights: Any = None, sample_fraction: float | None = None
) -> dict[str, ColumnSummary]: ...
@overload
def summarize(
    df: Any,
    columns: str | Sequence[str],
    by: str | Sequence[str],
    *,
    weights: Any = None,
    sample_fraction: float | None = None,
) -> dict[GroupKey, dict[str, ColumnSummary]]: ...
def summarize(
    df: Any,
    columns: str | Sequence[str],
    by: str | Sequence[str] | None = None,
    *,
    weights: Any = None,
    sample_fraction: float | None = None,
) -> dict[str, ColumnSummary] | dict[GroupKey, dict[str, ColumnSummary]]:
    """The summary of each column by name; with `by`, of each group by its key, a tuple of the values in those columns.

    `df`: a Spark frame, classic or Connect. It is read three times, for all columns together, by SQL expressions alone;
    long columns that Spark has cached are read one by one. A frame that is costly to compute should be cached.
    `weights`: as for `fit`, a column's name or `Weights` of one.
    `sample_fraction`: the share of the rows that is read, drawn by Spark. Raises `InvalidInput` or `UnsupportedType`,
    naming the column, for the first column that cannot be summarized.
    """
    rows = RowChoice(weights, fraction=sample_fraction)
    if by is None:
        return summarized(df, columns, rows)
    column, several = (columns, None) if isinstance(columns, str) else (None, columns)
    names = requested_names(column, several) or ()
    keys = (by,) if isinstance(by, str) else tuple(by)
    return {key: _all(names, found) for key, found in SparkSource(df, rows).groups(names, keys)}


def _all(names: Sequence[str], outcomes: Sequence[ColumnSummary | WarmfitError]) -> dict[str, ColumnSummary]:
    summaries: dict[str, ColumnSummary] = {}
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, WarmfitError):
            raise outcome
        summaries[name] = outcome
    return summaries
