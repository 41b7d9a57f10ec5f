"""`BaseFitResults`: the rows of all families and columns of one call, ranked, filtered, shown and saved.

Whether the goodness of fit is there already is the business of its two kinds, in `results.py`; fitting is elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from warmfit import averaging, documents, frames, html, ranking, serialization
from warmfit import validation as check
from warmfit.averaging import AveragedDistribution
from warmfit.column_fit import ColumnFit
from warmfit.constants import DEFAULT_AD_THRESHOLD, DEFAULT_KS_THRESHOLD, DEFAULT_PVALUE_THRESHOLD
from warmfit.notices import PoorFitWarning, warn
from warmfit.quality import Thresholds, by_column, quality_report
from warmfit.ranking import GOODNESS, Pick
from warmfit.result import DistributionFitResult
from warmfit.serialization import Custom, Format, PathLike
from warmfit.sources.refusals import unknown_column
from warmfit_fitting.errors import InvalidInput, SerializationError
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.custom import custom_object
from warmfit_fitting.families.every import EVERY, AnyFamily, with_custom

if TYPE_CHECKING:
    from warmfit.results import EagerFitResults, LazyFitResults

KIND = "fit_results"


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
        kind: Any = _kind(lazy) if cls is BaseFitResults else cls
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
        return _kind(lazy)(columns, custom=custom)

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

        `warn_if_poor` warns (`PoorFitWarning`), once for each column, of those whose KS distance is above 0.10 or
        whose p-value is known and below `pvalue_threshold`. Raises `InvalidInput` for an unknown metric.
        """
        top = self._ranked(metric)[: check.whole("n", n)]
        if warn_if_poor:
            top = [pick for pick in self._complete(top) if pick[1].status == "ok"]
        fits = [self._result(pick) for pick in top]
        if warn_if_poor:
            limits = Thresholds(check.real("pvalue_threshold", pvalue_threshold), DEFAULT_KS_THRESHOLD, math.inf)
            for told in by_column(fits, limits):
                warn(told, PoorFitWarning)
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
        limits = ranking.limits(
            sse=sse_threshold, aic=aic_threshold, bic=bic_threshold, ks=ks_threshold, ad=ad_threshold
        )
        judged = pvalue_threshold is not None and any(column.spec.n_bootstrap for column in self._columns)
        rows = self._complete(self._picks()) if judged or GOODNESS & limits.keys() else self._picks()
        kept = ranking.below(rows, limits)
        if pvalue_threshold is not None:
            kept = ranking.above_pvalue(kept, check.real("pvalue_threshold", pvalue_threshold))
        return self._with(ranking.kept(self._columns, kept))

    def for_column(self, name: str) -> Self:
        """The results of one column; raises `InvalidInput` naming the columns there are."""
        if name not in self.column_names:
            raise unknown_column(name, self.column_names)
        return self._with([column for column in self.columns if column.name == name])

    def weights(self, metric: str = "aic") -> pd.DataFrame:
        """Akaike weights: how much speaks for each family against the others of its column, best first.

        Columns `column_name`, `distribution`, the metric (aic, aicc or bic), `delta` from the least, `weight`, which
        sum to one in each column over rows with status ok; reparametrizations count once. Raises `InvalidInput` for
        another metric.
        """
        return averaging.table(self._ranked(check.member("metric", metric, averaging.CRITERIA)), metric)

    def average(self, metric: str = "aic") -> AveragedDistribution:
        """The average of the families by their `weights`: pdf or pmf, cdf, quantiles with intervals, draws.

        Raises `InvalidInput` where there are several columns: take `for_column(name)` first; `FitFailed` without a fit.
        """
        if len(self._columns) != 1:
            raise InvalidInput(
                f"average of {len(self._columns)} columns, {', '.join(self.column_names)}; "
                "take results.for_column(name).average()"
            )
        ranked = self._ranked(check.member("metric", metric, averaging.CRITERIA))
        return AveragedDistribution.of(
            [self._result(pick) for pick in ranked], [getattr(row, metric) for _, row in ranked]
        )

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
        `n_acceptable`, `n_ok`, `n_failures`: numbers of fits and rows; `tails`: by column, the tail indices with their
        errors, and whether they are heavy. A fit is acceptable when neither KS
        nor AD is above its threshold and no known p-value is below its own. With several columns, take
        `for_column(name)` first: likelihoods of different columns are not comparable.
        """
        limits = Thresholds(*(check.real("threshold", t) for t in (pvalue_threshold, ks_threshold, ad_threshold)))
        fits = [self._result(pick) for pick in self._complete(self._ranked("bic"))]
        return quality_report(fits, check.whole("n", n), limits, self.df, self._columns)

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
        kind: Any = _kind(lazy=False)
        made: EagerFitResults = kind(self.columns, custom=self._custom)
        return made

    def unpersist(self, blocking: bool = False) -> Self:  # noqa: ARG002 - kept for the callers that pass it
        """Let go of what was prepared from the summaries; it is prepared again when it is needed."""
        return self

    def save(self, path: PathLike, format: Format | None = None, indent: int | None = 2) -> None:  # noqa: A002
        """Write the whole collection with its summaries, as JSON or pickle; raises `SerializationError`."""
        body = {"lazy": self.is_lazy, "columns": list(map(documents.column_to_document, self.columns))}
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
        try:
            columns = documents.columns_from_document(document, known)
            return cls.from_columns(columns, lazy=document.get("lazy") is True, custom=known)
        except InvalidInput as error:
            raise SerializationError(f"{path} cannot be used: {error}") from error

    def __repr__(self) -> str:
        n_ok = sum(row.status == "ok" for _, row in self._picks())
        best = [f"{name}: {fits[0].distribution}" for name, fits in self.best_per_column().items() if fits]
        shown = ", ".join(best[:3]) + (", …" if len(best) > 3 else "") or "none"
        size = f"{len(self._columns)} column(s), {self.count()} rows, {n_ok} ok"
        return f"{type(self).__name__}({size}; best by bic: {shown})"

    def _repr_html_(self) -> str:
        return html.of_results(self)

    def _picks(self) -> list[Pick]:
        return ranking.picks(self.columns)

    def _ranked(self, metric: str) -> list[Pick]:
        if ranking.check_metric(metric) in GOODNESS:
            self._complete(self._picks())
        return ranking.ranked(self.columns, metric, self._catalogue)

    @property
    def _catalogue(self) -> Catalogue[AnyFamily]:
        return with_custom({**self._installed, **self._custom})

    @cached_property
    def _installed(self) -> Custom:
        """The objects of families that installed packages declare, as far as rows name them."""
        names = {row.distribution for _, row in self._picks()} - set(self._custom)
        found = {name: custom_object(name, {}) for name in sorted(names) if name not in EVERY}
        return {name: known for name, known in found.items() if known is not None}

    def _complete(self, rows: list[Pick]) -> list[Pick]:
        """The same rows with their goodness of fit."""
        return rows

    def _result(self, pick: Pick) -> DistributionFitResult:
        column, row = pick
        return DistributionFitResult.from_row(row, column.name, column.summary, column.spec, self._custom)

    def _with(self, columns: Sequence[ColumnFit]) -> Self:
        return type(self)(columns, custom=self._custom)


def _kind(lazy: bool | None) -> type[EagerFitResults | LazyFitResults]:
    from warmfit.results import EagerFitResults, LazyFitResults  # which are made of the class above

    return LazyFitResults if lazy else EagerFitResults
