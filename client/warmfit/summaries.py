"""`summarize`: the public way from a frame to summaries, without fitting anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from warmfit.sources import RowChoice, open_source
from warmfit.sources.recognize import chosen_but, chosen_names, requested_names
from warmfit.sources.refusals import check_named
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.summary.column import ColumnSummary


@overload
def summarize(
    df: object,
    columns: str | Sequence[str] | None,
    by: None = None,
    *,
    weights: Any = None,
    censoring: Any = None,
    truncation: Any = None,
) -> dict[str, ColumnSummary]: ...


@overload
def summarize(
    df: object,
    columns: str | Sequence[str] | None,
    by: str | Sequence[str],
    *,
    weights: Any = None,
    censoring: Any = None,
    truncation: Any = None,
) -> dict[Any, dict[str, ColumnSummary]]: ...


def summarize(
    df: object,
    columns: str | Sequence[str] | None,
    by: str | Sequence[str] | None = None,
    *,
    weights: Any = None,
    censoring: Any = None,
    truncation: Any = None,
) -> dict[str, ColumnSummary] | dict[Any, dict[str, ColumnSummary]]:
    """The summary of each column, by name; `columns=None` means the only one there is.

    With `by`, one key column or several, the same for each group of rows with equal keys, by its key: the value of the key
    column, or a tuple of the values of several, None for a missing one.

    `df`: pandas, polars, Arrow, NumPy, Spark, a Ray Dataset, the path of a file, or a list of numbers. `weights`,
    `censoring`, `truncation`: as for `fit`, except that a number in `truncation` becomes each row's bound, because a
    summary has no other. More than 8 192 distinct intervals, or windows with two ends, share cells of the column's grid,
    which keep the means, variances and covariance of their ends. The result can be given to `fit` in the frame's place.
    Raises `InvalidInput` or `UnsupportedType`, naming the column, for the first column that cannot be summarized.
    """
    rows = RowChoice(weights, censoring, truncation)
    if by is None:
        return summarized(df, columns, rows)
    return summarized_by(df, columns, (by,) if isinstance(by, str) else tuple(by), rows)


def summarized_by(
    df: object, columns: str | Sequence[str] | None, by: tuple[str, ...], rows: RowChoice
) -> dict[Any, dict[str, ColumnSummary]]:
    """The summaries of each group's rows, by its key; raises the first error of a column of a group."""
    names = _asked(columns)
    source = open_source(df, names, rows)
    chosen = chosen_but(source, names, by)
    check_named(rows.named_columns, chosen)
    made: dict[Any, dict[str, ColumnSummary]] = {}
    for key, outcomes in source.groups(chosen, by):
        group = made.setdefault(key[0] if len(by) == 1 else key, {})
        for name, outcome in zip(chosen, outcomes, strict=True):
            if isinstance(outcome, WarmfitError):
                raise type(outcome)(f"group {key}: {outcome}")
            group[name] = outcome
    return made


def summarized(df: object, columns: str | Sequence[str] | None, rows: RowChoice) -> dict[str, ColumnSummary]:
    """The same, of the rows that `rows` chooses."""
    names = _asked(columns)
    source = open_source(df, names, rows)
    chosen = chosen_names(source, names)
    check_named(rows.named_columns, chosen)
    summaries: dict[str, ColumnSummary] = {}
    for name, outcome in source.columns(chosen):
        if isinstance(outcome, WarmfitError):
            raise outcome
        summaries[name] = outcome
    return summaries


def _asked(columns: str | Sequence[str] | None) -> tuple[str, ...] | None:
    column, several = (columns, None) if isinstance(columns, str) else (None, columns)
    return requested_names(column, several)
