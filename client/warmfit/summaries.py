"""`summarize`: the public way from a frame to summaries, without fitting anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warmfit.sources import RowChoice, open_source
from warmfit.sources.recognize import chosen_names, requested_names
from warmfit.sources.refusals import check_named
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.summary.column import ColumnSummary


def summarize(
    df: object,
    columns: str | Sequence[str] | None,
    by: None = None,
    *,
    weights: Any = None,
    censoring: Any = None,
    truncation: Any = None,
) -> dict[str, ColumnSummary]:
    """The summary of each column, by name; `columns=None` means the only one there is.

    `df`: pandas, polars, Arrow, NumPy, Spark, or a list of numbers. `weights`, `censoring`, `truncation`: as for `fit`,
    except that a number in `truncation` becomes each row's bound, because a summary has no other. More than 4 096 distinct
    intervals, or windows with two ends, share cells of the column's grid at their mean ends, so that no end moves by more
    than a cell is wide. The result can be given to `fit` in the frame's place. Raises `InvalidInput` or
    `UnsupportedType`, naming the column, for the first column that cannot be summarized.
    """
    if by is not None:
        raise InvalidInput(f"by={by!r} is not available in this version; summarize each group's rows by themselves")
    return summarized(df, columns, RowChoice(weights, censoring, truncation))


def summarized(df: object, columns: str | Sequence[str] | None, rows: RowChoice) -> dict[str, ColumnSummary]:
    """The same, of the rows that `rows` chooses."""
    column, several = (columns, None) if isinstance(columns, str) else (None, columns)
    names = requested_names(column, several)
    source = open_source(df, names, rows)
    chosen = chosen_names(source, names)
    check_named(rows.named_columns, chosen)
    summaries: dict[str, ColumnSummary] = {}
    for name, outcome in source.columns(chosen):
        if isinstance(outcome, WarmfitError):
            raise outcome
        summaries[name] = outcome
    return summaries
