"""One call of `fit`: from what was asked and the columns of a source, through a backend, to a `ColumnFit` each.

Columns are independent: one that cannot be summarized or prepared has failed rows and the others go on. Only
where none can be fitted is the first one's error raised.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from warmfit.backends.protocol import ExecutionBackend, FitTask, OnRow
from warmfit.column_fit import ColumnFit
from warmfit.config import FitterConfig
from warmfit.notices import TruncationNotice, warn
from warmfit.progress import ProgressTracker
from warmfit.registry import DistributionRegistry
from warmfit.remote.memory import Recent
from warmfit.remote.refs import DatasetRef
from warmfit.rows import Bounds
from warmfit.sources import open_source
from warmfit.sources.protocol import Outcome, Source
from warmfit.sources.recognize import chosen_names
from warmfit.sources.refusals import check_named, in_column, listed
from warmfit_fitting.engine import prepare
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.families.every import AnyScipy
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary


@dataclass(frozen=True)
class Plan:
    """What is to be done with one column: a question about its summary, or nothing, and the error that says why."""

    name: str
    summary: ColumnSummary | None
    error: WarmfitError | None
    spec: FitSpec
    auto_bounds: Bounds | None = None


_PLANS: Recent[tuple[object, ...], tuple[DatasetRef, FitterConfig, list[Plan]]] = Recent(64)


@dataclass(frozen=True)
class Call:
    """What was asked of all columns alike; the clock of its timeout runs from when it is made."""

    settings: FitterConfig
    families: tuple[str, ...]
    custom: Mapping[str, AnyScipy]
    seed: int
    is_discrete: bool = False
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def of(
        cls,
        settings: FitterConfig,
        registry: DistributionRegistry,
        seed: int,
        elsewhere: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Call:
        """The call that settings mean to a fitter with this registry; raises `InvalidInput` for what none can do.

        `elsewhere`: the parameters of families that only the place knows where they are to be fitted.
        """
        elsewhere = elsewhere or {}
        if registry.is_discrete:
            _refuse_what_counts_have_not(settings)
        families = registry.families(
            settings.included_distributions, settings.max_distributions, settings.support_at_zero, elsewhere
        )
        _refuse_strange_parameters(settings, families, registry, elsewhere)
        if settings.warm_start is not None:
            settings.warm_start.check(families, registry.catalogue(), elsewhere)
        return cls(settings, families, registry.custom, seed, registry.is_discrete)

    def opened(self, df: object, asked: tuple[str, ...] | None) -> list[Plan]:
        """The plans for the columns asked for of a frame; raises what keeps the frame from being read.

        Those for a reference to a dataset, which never changes, are kept for when the same is asked again.
        """
        if not isinstance(df, DatasetRef) or not self.settings.is_plain:
            return self._opened(df, asked)
        key = (id(df), id(self.settings), self.families, asked, self.seed, self.is_discrete)
        known = _PLANS.get(key)
        if known is None:
            known = (df, self.settings, self._opened(df, asked))  # which are held, so that their ids stay theirs
            _PLANS.put(key, known)
        return known[-1]

    def _opened(self, df: object, asked: tuple[str, ...] | None) -> list[Plan]:
        source = open_source(df, asked, self.settings.rows(self.seed))
        names = chosen_names(source, asked)
        check_named(self.settings.named_columns, names)
        return self.plans(source, names)

    def plans(self, source: Source, names: Sequence[str]) -> list[Plan]:
        """Each column summarized, and what is asked of it; raises `InvalidInput` where groups are asked for."""
        if self.settings.groupby is not None:
            raise InvalidInput(
                f"groupby={listed(self.settings.groupby)}: Client fits whole columns; DistributionFitter(address).fit and "
                "fit_groups take a frame with keys"
            )
        return [self.plan(name, outcome) for name, outcome in source.columns(names)]

    def run(self, plans: Sequence[Plan], backend: ExecutionBackend) -> list[ColumnFit]:
        """Every column fitted; raises the first column's error where none can be."""
        self.check(plans)
        with closing(self.tracker(plans)) as tracker:
            answers = backend.fit(self.tasks(plans), on_row=self.on_row(tracker), timeout=self.time_left())
            return self.fits(plans, answers)

    def tasks(self, plans: Iterable[Plan]) -> list[FitTask]:
        """What a backend is given: one task for each column that can be fitted."""
        return [
            FitTask(plan.name, plan.summary, plan.spec, self.custom)
            for plan in plans
            if plan.summary is not None and plan.error is None
        ]

    def tracker(self, plans: Sequence[Plan]) -> ProgressTracker:
        """The progress of the call; the rows of columns that cannot be fitted are done at once."""
        tracker = ProgressTracker(len(plans) * len(self.families), self.settings.progress_callback)
        failed = sum(plan.error is not None for plan in plans)
        for _ in range(failed * len(self.families)):
            tracker.step()
        return tracker

    def on_row(self, tracker: ProgressTracker) -> OnRow | None:
        """What tells the tracker of a row; None where nobody asked for progress."""
        return None if self.settings.progress_callback is None else lambda _column, _row: tracker.step()

    def fits(self, plans: Sequence[Plan], answers: Iterable[Sequence[FitRow]]) -> list[ColumnFit]:
        """Every column with its rows, in the order of the plans. No row is looked at."""
        fitted = iter(answers)
        return [failed_column(plan) or ColumnFit(plan.name, plan.summary, plan.spec, next(fitted)) for plan in plans]

    def check(self, plans: Sequence[Plan]) -> None:
        """Raise the first column's error where no column can be fitted, for reasons that lie in the columns."""
        errors = [plan.error for plan in plans if plan.error is not None]
        if errors and len(errors) == len(plans):
            raise errors[0]

    def time_left(self) -> float | None:
        """Seconds that summarizing has left of the timeout."""
        if self.settings.timeout is None:
            return None
        return max(0.0, self.settings.timeout - (time.monotonic() - self.started))

    def plan(self, name: str, outcome: Outcome) -> Plan:
        """What is asked of one column that was summarized, or why nothing can be."""
        bounds, auto = self.settings.for_column(name), None
        summary = outcome if isinstance(outcome, ColumnSummary) else None
        if bounds == (None, None) and self.settings.bounded and summary is not None:
            auto = _extremes(summary)
        spec = self.settings.spec(self.families, name, auto or bounds, self.seed)
        error = outcome if isinstance(outcome, WarmfitError) else _refusal(name, outcome, spec, self.is_discrete)
        return Plan(name, summary, error, spec, auto)


def _extremes(summary: ColumnSummary) -> Bounds | None:
    """The observed extremes, None on a side where rows are censored, so that nobody saw where they end.

    None for a constant column, which is refused later for what it is.
    """
    if summary.minimum == summary.maximum:
        return None
    rest = summary.incomplete
    below, above = (False, False) if rest is None else (rest.censored.below.weight > 0, rest.censored.above.weight > 0)
    return None if below else summary.minimum, None if above else summary.maximum


def say_where_it_truncates(plans: Iterable[Plan]) -> None:
    """Warn of each column whose bounds nobody gave."""
    for plan in plans:
        if plan.auto_bounds is not None:
            warn(
                f"column {plan.name!r}: bounded=True without bounds {_truncates(*plan.auto_bounds)}; "
                "give lower_bound= and upper_bound= where the limits are known",
                TruncationNotice,
            )


def _truncates(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"truncates at the observed extremes {low!r} and {high!r}"
    if low is None and high is None:
        return "truncates nowhere, because rows are censored on both sides"
    side, seen, extreme = ("above", "least", low) if high is None else ("below", "greatest", high)
    return f"truncates at the {seen} value {extreme!r} only, because rows are censored {side} what was observed"


def failed_column(plan: Plan) -> ColumnFit | None:
    """The failed rows of a column that cannot be fitted; None for one that can."""
    if plan.error is None:
        return None
    rows = tuple(FitRow(family, "failed", str(plan.error)) for family in plan.spec.families)
    return ColumnFit(plan.name, plan.summary, plan.spec, rows)


def _refusal(name: str, summary: ColumnSummary, spec: FitSpec, is_discrete: bool) -> WarmfitError | None:
    """Why no family can be fitted to a column, where that lies in the column and not in the families."""
    try:
        prepare(summary, spec, is_discrete)
    except WarmfitError as error:
        return in_column(name, error)
    return None


def _refuse_what_counts_have_not(settings: FitterConfig) -> None:
    """Raise `InvalidInput` for a setting that has no meaning for counts."""
    if settings.histogram_bins is not None:
        raise InvalidInput(f"bins={settings.bins}: SSE of discrete families is taken over the values; leave it out")
    if settings.support_at_zero:
        raise InvalidInput("support_at_zero: a discrete family begins where fixed={'loc': …} says, 0 by default")


def _refuse_strange_parameters(
    settings: FitterConfig,
    families: Sequence[str],
    registry: DistributionRegistry,
    elsewhere: Mapping[str, tuple[str, ...]],
) -> None:
    if not settings.fixed:
        return
    catalogue = registry.catalogue()
    known = {name for family in families for name in elsewhere.get(family) or catalogue[family].parameters}
    strange = sorted(set(settings.fixed) - known)
    if strange:
        raise InvalidInput(
            f"fixed names {', '.join(strange)}, a parameter of none of the distributions asked for; "
            "`warmfit families NAME` lists a family's parameters"
        )
