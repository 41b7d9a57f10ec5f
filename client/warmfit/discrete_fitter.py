"""`DiscreteDistributionFitter`: discrete distributions fitted to columns of whole numbers, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from warmfit.base_fitter import BaseFitter
from warmfit.call import say_where_it_truncates
from warmfit.config import SETTINGS, FitterConfig
from warmfit.given import tells_given
from warmfit.registry import DiscreteDistributionRegistry, DistributionRegistry
from warmfit.results import EagerFitResults, FitResults, LazyFitResults
from warmfit.settings import Bound, ProgressCallback
from warmfit.sources.recognize import requested_names


class DiscreteDistributionFitter(BaseFitter):
    """Fits discrete distributions to columns of whole numbers.

    `target`: where to fit; None for this process, a service ("host:port"), a Spark session, or a backend; without
    any, the service at `WARMFIT_ADDRESS` where that is set. `excluded_distributions`: families left out, None for
    the default ones, () for none. `random_seed`: for whatever is drawn. `backend` wins over `target`; `spark` is
    another name for `target`.
    """

    _REGISTRY: ClassVar[type[DistributionRegistry]] = DiscreteDistributionRegistry

    @tells_given(SETTINGS)
    def fit(
        self,
        df: object,
        column: str | int | None = None,
        columns: Sequence[str | int] | None = None,
        config: FitterConfig | None = None,
        *,
        max_distributions: int | None = None,
        enable_sampling: bool = True,
        sample_fraction: float | None = None,
        max_sample_size: int = 1_000_000,
        sample_threshold: int = 10_000_000,
        num_partitions: int | None = None,
        progress_callback: ProgressCallback | None = None,
        bounded: bool = False,
        lower_bound: Bound = None,
        upper_bound: Bound = None,
        lazy_metrics: bool = False,
        prefilter: bool | str = False,
        estimation_method: str = "mle",
        included_distributions: Iterable[str] | None = None,
        fixed: Mapping[str, float] | None = None,
        weights: Any = None,
        censoring: Any = None,
        truncation: Any = None,
        groupby: Any = None,
        warm_start: Any = None,
        timeout: float | None = None,
    ) -> EagerFitResults | LazyFitResults:
        """The rows of every discrete family for every column; `FitterConfig` says what the keywords mean,
        `Weights` and `Censoring` in which ways a column can weigh or censor rows.

        `df`: pandas, polars, Arrow, NumPy, Spark, a list of whole numbers, summaries, or a `DatasetRef`. `column` xor
        `columns`; neither where there is only one. Families begin where `loc` says: 0, or `fixed={"loc": k}`.
        Raises `InvalidInput`, `UnsupportedType` or `UnknownDistribution` for what cannot be used, by name, a column
        with fractions among it; a column that cannot be fitted among others that can has failed rows instead.
        """
        settings = FitterConfig.merged(
            config,
            max_distributions=max_distributions,
            enable_sampling=enable_sampling,
            sample_fraction=sample_fraction,
            max_sample_size=max_sample_size,
            sample_threshold=sample_threshold,
            num_partitions=num_partitions,
            progress_callback=progress_callback,
            bounded=bounded,
            lower_bound=lower_bound,
            upper_bound=upper_bound,
            lazy_metrics=lazy_metrics,
            prefilter=prefilter,
            estimation_method=estimation_method,
            included_distributions=included_distributions,
            fixed=fixed,
            weights=weights,
            censoring=censoring,
            truncation=truncation,
            groupby=groupby,
            warm_start=warm_start,
            timeout=timeout,
        )
        call = self._call(settings)
        plans = call.opened(df, requested_names(column, columns))
        say_where_it_truncates(plans)
        return FitResults.from_columns(
            call.run(plans, self._backend), lazy=settings.lazy_metrics, custom=self._registry.custom
        )
