"""`FitResults`: the rows of all families and columns of one call, ranked, filtered, shown and saved.

`FitResults(...)` makes an `EagerFitResults`, or a `LazyFitResults`, which leaves the goodness of fit to be
computed from the summaries when it is asked for. Fitting itself is not here.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd

from warmfit import documents, frames, ranking, serialization
from warmfit import validation as check
from warmfit.column_fit import ColumnFit
from warmfit.constants import DEFAULT_AD_THRESHOLD, DEFAULT_KS_THRESHOLD, DEFAULT_PVALUE_THRESHOLD
from warmfit.quality import Thresholds, complaints, quality_report
from warmfit.ranking import GOODNESS, Pick
from warmfit.result import DistributionFitResult
from warmfit.serialization import Custom, Format, PathLike
from warmfit.sources.refusals import unknown_column
from warmfit_fitting import engine
from warmfit_fitting.errors import InvalidInput, SerializationError
from warmfit_fitting.families.catalogue import CATALOGUE, Catalogue
from warmfit_fitting.row import FitRow

__all__ = [
    "BaseFitResults",
    "ColumnFit",
    "EagerFitResults",
    "FitResults",
    "LazyFitResults",
    "PoorFitWarning",
]

KIND = "fit_results"


class PoorFitWarning(UserWarning):
    """The best family does not describe the data well."""


class BaseFitResults:
    """What every collection of results can do; iterating gives one `DistributionFitResult` for each row."""

    is_spark_df = False
    is_lazy = False

    def __new__(
        cls,
        columns: Sequence[ColumnFit],  # noqa: ARG004 - the constructor's
        *,
        lazy: bool | None = None,
        custom: Custom | None = None,  # noqa: ARG004 - the constructor's
    ) -> Self:
        """An eager or lazy collection where the caller leaves the class open."""
        kind: Any = (LazyFitResults if lazy else EagerFitResults) if cls is BaseFitResults else cls
        made: Self = super().__new__(kind)
        return made

    def __init__(self, columns: Sequence[ColumnFit], *, lazy: bool | None = None, custom: Custom | None = None) -> None:
        if lazy not in (None, self.is_lazy):
            raise InvalidInput(f"lazy={lazy} contradicts {type(self).__name__}; leave it out")
        names = [column.name for column in columns]
        if len(set(names)) < len(names):
            raise InvalidInput(f"columns named more than once: {', '.join(names)}")
        self._columns = tuple(columns)
        self._custom = dict(custom or {})
        self._frame: pd.DataFrame | None = None

    def __getnewargs__(self) -> tuple[tuple[ColumnFit, ...]]:
        return (self._columns,)

    @classmethod
    def from_columns(
        cls, columns: Sequence[ColumnFit], *, lazy: bool, custom: Custom | None = None
    ) -> EagerFitResults | LazyFitResults:
        """The collection of these columns; `custom`: the objects of users' families, by name."""
        return (LazyFitResults if lazy else EagerFitResults)(columns, custom=custom)

    @property
    def columns(self) -> tuple[ColumnFit, ...]:
        """What is kept of each column, with the goodness of fit as far as it is known."""
        return self._columns

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in the order of the call."""
        return [column.name for column in self._columns]

    @property
    def df(self) -> pd.DataFrame:
        """One row for every family asked for, numbers as float64, NaN where not known."""
        if self._frame is None:
            self._frame = frames.table(self._picks(), self._custom)
        return self._frame.copy()

    def to_pandas(self) -> pd.DataFrame:
        """The same as `df`."""
        return self.df

    @property
    def failures(self) -> pd.DataFrame:
        """Column, family, status and reason of every row whose status is not ok."""
        rows = self.df
        kept = rows.loc[rows["status"] != "ok", ["column_name", "distribution", "status", "reason"]]
        return kept.reset_index(drop=True)

    def best(
        self,
        n: int = 1,
        metric: str = "bic",
        warn_if_poor: bool = False,
        pvalue_threshold: float = DEFAULT_PVALUE_THRESHOLD,
    ) -> list[DistributionFitResult]:
        """The `n` best fits by `metric` among rows with status ok, reparametrizations once; [] without any.

        `warn_if_poor` warns (`PoorFitWarning`) of each whose KS distance is above 0.10 or whose p-value is
        known and below `pvalue_threshold`. Raises `InvalidInput` for an unknown metric.
        """
        top = self._ranked(metric)[: check.whole("n", n)]
        if warn_if_poor:
            top = [pick for pick in self._complete(top) if pick[1].status == "ok"]
        fits = [self._result(pick) for pick in top]
        if warn_if_poor:
            limits = Thresholds(check.real("pvalue_threshold", pvalue_threshold), DEFAULT_KS_THRESHOLD, math.inf)
            for complaint in (said for fit in fits for said in complaints(fit, limits)):
                warnings.warn(complaint, PoorFitWarning, stacklevel=2)
        return fits

    def best_per_column(self, n: int = 1, metric: str = "bic") -> dict[str, list[DistributionFitResult]]:
        """The `n` best fits of each column, as `best`."""
        return {name: self.for_column(name).best(n, metric) for name in self.column_names}

    def filter(
        self,
        sse_threshold: float | None = None,
        aic_threshold: float | None = None,
        bic_threshold: float | None = None,
        ks_threshold: float | None = None,
        pvalue_threshold: float | None = None,
        ad_threshold: float | None = None,
    ) -> Self:
        """The rows strictly below every threshold given, and above it for the p-value.

        A row whose metric is not known falls out. Raises `InvalidInput` for a p-value threshold where no row
        has a p-value.
        """
        thresholds = {
            "sse": sse_threshold,
            "aic": aic_threshold,
            "bic": bic_threshold,
            "ks": ks_threshold,
            "ad": ad_threshold,
        }
        limits = {
            frames.SUMMARIZED[name]: check.real(f"{name}_threshold", limit)
            for name, limit in thresholds.items()
            if limit is not None
        }
        rows = self._complete(self._picks()) if GOODNESS & limits.keys() else self._picks()
        kept = [pick for pick in rows if all(getattr(pick[1], name) < limit for name, limit in limits.items())]
        if pvalue_threshold is not None:
            kept = self._above_pvalue(kept, check.real("pvalue_threshold", pvalue_threshold))
        return self._keeping(kept)

    def _above_pvalue(self, rows: list[Pick], limit: float) -> list[Pick]:
        known = [(pick, self._result(pick).pvalue) for pick in rows]
        if rows and all(p is None for _, p in known):
            raise InvalidInput("pvalue_threshold: no p-values were computed; filter by ks_threshold or ad_threshold")
        return [pick for pick, p in known if p is not None and p > limit]

    def for_column(self, name: str) -> Self:
        """The results of one column; raises `InvalidInput` naming the columns there are."""
        if name not in self.column_names:
            raise unknown_column(name, self.column_names)
        return self._with([column for column in self.columns if column.name == name])

    def summary(self) -> pd.DataFrame:
        """One row for each column: families, how many are ok, and least, mean and greatest metrics of those.

        Goodness of fit that a lazy collection has not computed is NaN.
        """
        return frames.summary(self.df, self.column_names)

    def quality_report(
        self,
        n: int = 5,
        pvalue_threshold: float = DEFAULT_PVALUE_THRESHOLD,
        ks_threshold: float = DEFAULT_KS_THRESHOLD,
        ad_threshold: float = DEFAULT_AD_THRESHOLD,
    ) -> dict[str, Any]:
        """How far the fits can be trusted, as a dictionary.

        `top_fits`: the `n` best by BIC; `summary`: min, mean, max of the metrics; `warnings`: sentences;
        `n_acceptable`, `n_ok`, `n_failures`: numbers of fits and rows. A fit is acceptable when neither KS
        nor AD is above its threshold and no known p-value is below its own. With several columns, take
        `for_column(name)` first: likelihoods of different columns are not comparable.
        """
        limits = Thresholds(*(check.real("threshold", t) for t in (pvalue_threshold, ks_threshold, ad_threshold)))
        fits = [self._result(pick) for pick in self._complete(self._ranked("bic"))]
        return quality_report(fits, check.whole("n", n), limits, self.df)

    def count(self) -> int:
        """The number of rows."""
        return sum(len(column.rows) for column in self._columns)

    def __len__(self) -> int:
        return self.count()

    def __iter__(self) -> Iterator[DistributionFitResult]:
        return (self._result(pick) for pick in self._picks())

    def materialize(self) -> EagerFitResults:
        """The same rows with their goodness of fit computed."""
        self._complete(self._picks())
        return EagerFitResults(self.columns, custom=self._custom)

    def unpersist(self, blocking: bool = False) -> Self:  # noqa: ARG002 - kept for the callers that pass it
        """Let go of what was prepared from the summaries; it is prepared again when it is needed."""
        return self

    def save(
        self,
        path: PathLike,
        format: Format | None = None,  # noqa: A002 - the name that callers type
        indent: int | None = 2,
    ) -> None:
        """Write the whole collection with its summaries, as JSON or pickle; raises `SerializationError`."""
        body = {"lazy": self.is_lazy, "columns": [documents.column_to_document(c) for c in self.columns]}
        serialization.write(path, KIND, body, format, indent, self._custom)

    @classmethod
    def load(
        cls,
        path: PathLike,
        allow_pickle: bool = False,
        format: Format | None = None,  # noqa: A002 - the name that callers type
        custom: Custom | None = None,
    ) -> EagerFitResults | LazyFitResults:
        """The collection saved at `path`, lazy if it was; `custom`: the objects of users' families, by name.

        Raises `SerializationError` for anything unreadable, and for a pickle unless `allow_pickle=True`.
        """
        document, known = serialization.read(path, KIND, format, allow_pickle, custom or {})
        columns = document.get("columns")
        if not isinstance(columns, list):
            raise SerializationError(f"{path} holds no list of columns; it is damaged")
        try:
            return cls.from_columns(
                [documents.column_from_document(column, known) for column in columns],
                lazy=document.get("lazy") is True,
                custom=known,
            )
        except InvalidInput as error:
            raise SerializationError(f"{path} cannot be used: {error}") from error

    def __repr__(self) -> str:
        n_ok = sum(row.status == "ok" for _, row in self._picks())
        best = [f"{name}: {fits[0].distribution}" for name, fits in self.best_per_column().items() if fits]
        shown = ", ".join(best[:3]) + (", …" if len(best) > 3 else "") or "none"
        size = f"{len(self._columns)} column(s), {self.count()} rows, {n_ok} ok"
        return f"{type(self).__name__}({size}; best by bic: {shown})"

    def _picks(self) -> list[Pick]:
        return ranking.picks(self.columns)

    def _ranked(self, metric: str) -> list[Pick]:
        if ranking.check_metric(metric) in GOODNESS:
            self._complete(self._picks())
        return ranking.ranked(self.columns, metric, self._catalogue)

    @property
    def _catalogue(self) -> Catalogue:
        return CATALOGUE.extended(self._custom)

    def _complete(self, rows: list[Pick]) -> list[Pick]:
        """The same rows with their goodness of fit."""
        return rows

    def _result(self, pick: Pick) -> DistributionFitResult:
        column, row = pick
        return DistributionFitResult.from_row(row, column.name, column.summary, column.spec, self._custom)

    def _with(self, columns: Sequence[ColumnFit]) -> Self:
        return type(self)(columns, custom=self._custom)

    def _keeping(self, rows: list[Pick]) -> Self:
        kept: dict[str, list[FitRow]] = {name: [] for name in self.column_names}
        for column, row in rows:
            kept[column.name].append(row)
        return self._with([replace(column, rows=tuple(kept[column.name])) for column in self._columns])


FitResults = BaseFitResults
"""Makes a collection: `FitResults(columns, lazy=False, custom=None)`."""


class EagerFitResults(BaseFitResults):
    """Results whose goodness of fit was computed with the fit."""

    def materialize(self) -> EagerFitResults:
        """This collection."""
        return self


class LazyFitResults(BaseFitResults):
    """Results that compute a row's KS, AD, CvM and SSE from the summary when they are first asked for."""

    is_lazy = True

    def __init__(self, columns: Sequence[ColumnFit], *, lazy: bool | None = None, custom: Custom | None = None) -> None:
        super().__init__(columns, lazy=lazy, custom=custom)
        self._measured: dict[tuple[str, str], FitRow] = {}
        self._problems: dict[str, engine.Problem] = {}

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
        if column.name not in self._problems:
            self._problems[column.name] = engine.prepare(column.summary, column.spec)
        try:
            row = engine.measure(self._problems[column.name], self._catalogue[row.distribution], row)
        except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:  # as a fit would fail with them
            row = FitRow(row.distribution, "failed", f"numerical failure: {error}")
        self._measured[column.name, row.distribution] = row
        return row
