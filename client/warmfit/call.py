"""One call of `fit`: from the columns of a source, through a backend, to a `ColumnFit` each.

Columns are independent: one that cannot be summarized or prepared has failed rows and the others go on. Only
where none can be fitted is the first one's error raised.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scipy.stats import rv_continuous

from warmfit.backends.protocol import ExecutionBackend, FitTask
from warmfit.column_fit import ColumnFit
from warmfit.config import FitterConfig
from warmfit.progress import ProgressTracker
from warmfit.sources.protocol import Outcome, Source
from warmfit.sources.refusals import in_column
from warmfit_fitting.engine import prepare
from warmfit_fitting.errors import WarmfitError
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary


@dataclass(frozen=True)
class Plan:
    """What is to be done with one column: a question about its summary, or nothing, and why."""

    name: str
    outcome: Outcome
    spec: FitSpec
    auto_bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Call:
    """What was asked of all columns alike; the clock of its timeout runs from when it is made."""

    settings: FitterConfig
    families: tuple[str, ...]
    custom: Mapping[str, rv_continuous]
    seed: int
    started: float = field(default_factory=time.monotonic)

    def plans(self, source: Source, names: Sequence[str]) -> list[Plan]:
        """Each column summarized, and what is asked of it."""
        return [self._plan(name, outcome) for name, outcome in source.columns(names)]

    def run(self, plans: Sequence[Plan], backend: ExecutionBackend) -> list[ColumnFit]:
        """Every column fitted; raises the first column's error where none could be."""
        tracker = ProgressTracker(len(plans) * len(self.families), self.settings.progress_callback)
        try:
            return self._run(plans, backend, tracker)
        finally:
            tracker.close()

    def _time_left(self) -> float | None:
        """Seconds that summarizing has left of the timeout."""
        if self.settings.timeout is None:
            return None
        return max(0.0, self.settings.timeout - (time.monotonic() - self.started))

    def _plan(self, name: str, outcome: Outcome) -> Plan:
        bounds, auto = self.settings.for_column(name), None
        if bounds == (None, None) and self.settings.bounded and isinstance(outcome, ColumnSummary):
            auto = _extremes(outcome)
        return Plan(name, outcome, self.settings.spec(self.families, name, auto or bounds, self.seed), auto)

    def _run(self, plans: Sequence[Plan], backend: ExecutionBackend, tracker: ProgressTracker) -> list[ColumnFit]:
        tasks = [
            FitTask(plan.name, plan.outcome, plan.spec, self.custom)
            for plan in plans
            if isinstance(plan.outcome, ColumnSummary)
        ]
        for _ in range((len(plans) - len(tasks)) * len(self.families)):
            tracker.step()
        answers = backend.fit(tasks, on_row=lambda _column, _row: tracker.step(), timeout=self._time_left())
        fitted = iter(answers)
        fits = [_failed(plan) or _fitted(plan, next(fitted)) for plan in plans]
        _raise_if_none_was_fitted(plans, fits)
        return fits


def _extremes(summary: ColumnSummary) -> tuple[float, float] | None:
    """The observed extremes; None for a constant column, which is refused later for what it is."""
    return (summary.minimum, summary.maximum) if summary.minimum < summary.maximum else None


def _fitted(plan: Plan, rows: tuple[FitRow, ...]) -> ColumnFit:
    assert isinstance(plan.outcome, ColumnSummary)
    return ColumnFit(plan.name, plan.outcome, plan.spec, rows)


def _failed(plan: Plan) -> ColumnFit | None:
    """The failed rows of a column without a summary; None for one that has a summary."""
    if isinstance(plan.outcome, ColumnSummary):
        return None
    rows = tuple(FitRow(family, "failed", str(plan.outcome)) for family in plan.spec.families)
    return ColumnFit(plan.name, None, plan.spec, rows)


def _raise_if_none_was_fitted(plans: Sequence[Plan], fits: Sequence[ColumnFit]) -> None:
    errors = [_error(plan, fit.rows) for plan, fit in zip(plans, fits, strict=True)]
    if errors and errors[0] is not None and all(errors):
        raise errors[0]


def _error(plan: Plan, rows: Sequence[FitRow]) -> WarmfitError | None:
    """Why no family could be fitted to a column, where that lies in the column and not in the families."""
    if isinstance(plan.outcome, WarmfitError):
        return plan.outcome
    if any(row.status != "failed" for row in rows):
        return None
    try:
        prepare(plan.outcome, plan.spec)
    except WarmfitError as error:
        return in_column(plan.name, error)
    return None
