"""`FitResults(...)` makes an `EagerFitResults`, or a `LazyFitResults`, whose goodness of fit waits to be asked for.

What both can do is in `collection.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from warmfit.collection import BaseFitResults
from warmfit.column_fit import ColumnFit
from warmfit.notices import PoorFitWarning
from warmfit.ranking import Pick
from warmfit.result import DistributionFitResult
from warmfit.serialization import Custom
from warmfit_fitting import engine
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow

__all__ = [
    "BaseFitResults",
    "ColumnFit",
    "DistributionFitResult",
    "EagerFitResults",
    "FitResults",
    "LazyFitResults",
    "PoorFitWarning",
]

FitResults = BaseFitResults
"""Makes a collection: `FitResults(columns, lazy=False, custom=None)`."""


class EagerFitResults(BaseFitResults):
    """Results whose goodness of fit was computed with the fit."""

    def materialize(self) -> EagerFitResults:
        """This collection."""
        return self


class LazyFitResults(BaseFitResults):
    """Results that compute a row's KS, AD, CvM, SSE and p-values from the summary when they are first asked for."""

    is_lazy = True

    def __init__(self, columns: Sequence[ColumnFit], *, lazy: bool | None = None, custom: Custom | None = None) -> None:
        super().__init__(columns, lazy=lazy, custom=custom)
        self._measured: dict[tuple[str, str], FitRow] = {}
        self._problems: dict[str, Problem] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_problems": {}}  # prepared again where they are needed

    @property
    def columns(self) -> tuple[ColumnFit, ...]:
        """What is kept of each column, with the goodness of fit as far as it is known."""
        return tuple(
            replace(column, rows=tuple(self._latest(column, r) for r in column.rows)) for column in self._columns
        )

    def unpersist(self, blocking: bool = False) -> Self:  # noqa: ARG002 - kept for the callers that pass it
        """Let go of what was prepared from the summaries; it is prepared again when it is needed."""
        self._problems.clear()
        return self

    def _latest(self, column: ColumnFit, row: FitRow) -> FitRow:
        return self._measured.get((column.name, row.distribution), row)

    def _complete(self, rows: list[Pick]) -> list[Pick]:
        self._frame = None
        return [(column, self._measure(column, self._latest(column, row))) for column, row in rows]

    def _measure(self, column: ColumnFit, row: FitRow) -> FitRow:
        if column.summary is None or not row.parameters or not math.isnan(row.ks_statistic):
            return row
        if row.distribution not in self._catalogue:
            return row  # a service's own family, which is not known here
        family = self._catalogue[row.distribution]
        if column.name not in self._problems:
            self._problems[column.name] = engine.prepare(
                column.summary, column.spec, isinstance(family, DiscreteFamily)
            )
        try:
            row = engine.measure(self._problems[column.name], family, row)
        except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:  # as a fit would fail with them
            row = FitRow(row.distribution, "failed", f"numerical failure: {error}")
        self._measured[column.name, row.distribution] = row
        return row
