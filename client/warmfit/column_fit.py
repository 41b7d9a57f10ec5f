"""`ColumnFit`: one column's summary, what was asked of the engine, and the row of every family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary


@dataclass(frozen=True)
class ColumnFit:
    """What a collection of results keeps of one column.

    `summary`: None where the column could not be summarized; then every row is `failed` and says why. `rows`:
    in the order of `spec.families`, one for each, or fewer where they were filtered; rows from a service are decoded when
    they are first looked at.
    """

    name: str
    summary: ColumnSummary | None
    spec: FitSpec
    rows: Sequence[FitRow]
