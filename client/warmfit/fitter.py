"""`DistributionFitter`: continuous distributions fitted to the columns of a frame, by maximum likelihood.

The fitter holds what belongs to a caller over several calls: where fits run, the seed, the families left out
and the users' own. What one call does is in `call.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scipy.stats import rv_continuous

from warmfit import validation as check
from warmfit.backends.protocol import ExecutionBackend
from warmfit.call import Call, Plan
from warmfit.config import FitterConfig
from warmfit.constants import DEFAULT_BINS
from warmfit.notices import TruncationNotice
from warmfit.registry import DistributionRegistry
from warmfit.results import EagerFitResults, FitResults, LazyFitResults
from warmfit.settings import Bound, ProgressCallback
from warmfit.sources import RowChoice, open_source
from warmfit.sources.recognize import chosen_names, requested_names
from warmfit.sources.refusals import unknown_column
from warmfit.targets import backend_for
from warmfit_fitting.errors import InvalidInput


class DistributionFitter:
    """Fits continuous distributions to columns.

    `target`: where to fit; None for this process, or a backend. `excluded_distributions`: families left out,
    None for the default ones, () for none. `random_seed`: for whatever is drawn. `backend` wins over
    `target`; `spark` is another name for `target`.
    """

    def __init__(
        self,
        target: object = None,
        excluded_distributions: Iterable[str] | None = None,
        random_seed: int = 42,
        backend: ExecutionBackend | None = None,
        *,
        spark: object = None,
    ) -> None:
        self._backend = backend_for(target, backend, spark)
        self._seed = check.whole("random_seed", random_seed, least=0)
        self._registry = DistributionRegistry(excluded_distributions)

    @property
    def backend(self) -> ExecutionBackend:
        """Where fits run."""
        return self._backend

    def fit(
        self,
        df: object,
        column: str | None = None,
        columns: Sequence[str] | None = None,
        config: FitterConfig | None = None,
        *,
        bins: int = DEFAULT_BINS,
        use_rice_rule: bool = True,
        support_at_zero: bool = False,
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
        """The rows of every family for every column; `FitterConfig` says what the keywords mean.

        `df`: pandas, polars, Arrow, NumPy, a list of numbers, or summaries. `column` xor `columns`; neither
        where there is only one. Raises `InvalidInput`, `UnsupportedType` or `UnknownDistribution` for what
        cannot be used, by name; a column that cannot be fitted among others that can has failed rows instead.
        """
        settings = FitterConfig.merged(
            config,
            bins=bins,
            use_rice_rule=use_rice_rule,
            support_at_zero=support_at_zero,
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
        _refuse_what_is_not_there_yet(settings)
        call = self._call(settings)
        plans = self._plans(call, df, requested_names(column, columns))
        for plan in plans:
            _say_where_it_truncates(plan)
        return FitResults.from_columns(
            call.run(plans, self._backend), lazy=settings.lazy_metrics, custom=self._registry.custom
        )

    def register_distribution(self, name: str, distribution: rv_continuous, overwrite: bool = False) -> None:
        """Have a family of the caller's own fitted too, under a name that no other family has."""
        self._registry.register_distribution(name, distribution, overwrite=overwrite)

    def unregister_distribution(self, name: str) -> None:
        """Forget a family of the caller's own."""
        self._registry.unregister_distribution(name)

    def get_custom_distributions(self) -> dict[str, rv_continuous]:
        """The caller's own families by name."""
        return self._registry.get_custom_distributions()

    def _call(self, settings: FitterConfig) -> Call:
        families = self._registry.families(
            settings.included_distributions, (), settings.max_distributions, settings.support_at_zero
        )
        known = {name for family in families for name in self._registry.catalogue()[family].parameters}
        strange = sorted(set(settings.fixed or {}) - known)
        if strange:
            raise InvalidInput(
                f"fixed names {', '.join(strange)}, a parameter of none of the distributions asked for; "
                "`warmfit families NAME` lists a family's parameters"
            )
        return Call(settings, families, self._registry.custom, self._seed)

    def _plans(self, call: Call, df: object, asked: tuple[str, ...] | None) -> list[Plan]:
        source = open_source(df, asked, RowChoice(call.settings.weights, call.settings.sample_fraction, self._seed))
        names = chosen_names(source, asked)
        for bounded in sorted(call.settings.bounded_columns - set(names)):
            raise unknown_column(bounded, names)
        return call.plans(source, names)


def _refuse_what_is_not_there_yet(settings: FitterConfig) -> None:
    if settings.prefilter:
        raise InvalidInput(f"prefilter={settings.prefilter!r} is not available in this version; every family is tried")
    if settings.sample_fraction is not None and not settings.enable_sampling:
        raise InvalidInput(
            f"sample_fraction={settings.sample_fraction} contradicts enable_sampling=False; give one of them"
        )


def _say_where_it_truncates(plan: Plan) -> None:
    if plan.auto_bounds is None:
        return
    low, high = plan.auto_bounds
    warnings.warn(
        f"column {plan.name!r}: bounded=True without bounds truncates at the observed extremes {low!r} and "
        f"{high!r}; give lower_bound= and upper_bound= where the limits are known",
        TruncationNotice,
        stacklevel=3,
    )
