"""`FitterConfigBuilder`: a configuration, setting by setting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from warmfit.config import SETTINGS, FitterConfig
from warmfit.constants import DEFAULT_BINS
from warmfit.given import tells_given
from warmfit.rows import Censoring, Weights
from warmfit.settings import Bound, SamplingMode


class FitterConfigBuilder:
    """Chains settings to a `FitterConfig`; values are checked when `build()` makes it."""

    def __init__(self) -> None:
        self._settings: dict[str, Any] = {}

    def _with(self, **settings: Any) -> FitterConfigBuilder:
        self._settings.update(settings)
        return self

    @tells_given(SETTINGS)
    def with_bins(self, bins: int = DEFAULT_BINS, use_rice_rule: bool = True) -> FitterConfigBuilder:
        """Set the bins of the histogram behind SSE; a number given wins over the Rice rule."""
        return self._with(bins=bins, use_rice_rule=use_rice_rule)

    def with_bounds(self, lower: Bound = None, upper: Bound = None, auto_detect: bool = False) -> FitterConfigBuilder:
        """Set the truncation window, in the data's unit; `auto_detect` takes the observed extremes."""
        return self._with(lower_bound=lower, upper_bound=upper, bounded=auto_detect)

    def with_sampling(
        self,
        fraction: float | None = None,
        max_size: int = 1_000_000,
        threshold: int = 10_000_000,
        enabled: bool = True,
    ) -> FitterConfigBuilder:
        """Set the share of rows that is used; `max_size`, `threshold` are kept for compatibility, without effect."""
        return self._with(
            sample_fraction=fraction,
            max_sample_size=max_size,
            sample_threshold=threshold,
            enable_sampling=enabled,
        )

    def with_adaptive_sampling(
        self,
        enabled: bool = True,
        mode: SamplingMode = SamplingMode.AUTO,
        skew_threshold_mild: float = 0.5,
        skew_threshold_high: float = 2.0,
    ) -> FitterConfigBuilder:
        """Kept for compatibility, without effect: rows are drawn uniformly; `STRATIFIED` refuses a fraction."""
        return self._with(
            adaptive_sampling=enabled,
            sampling_mode=mode,
            skew_threshold_mild=skew_threshold_mild,
            skew_threshold_high=skew_threshold_high,
        )

    def with_lazy_metrics(self, lazy: bool = True) -> FitterConfigBuilder:
        """Leave KS, AD, CvM and SSE until they are asked for."""
        return self._with(lazy_metrics=lazy)

    def with_prefilter(self, mode: bool | str = True) -> FitterConfigBuilder:
        """Set whether families that cannot describe the column are left out: True, "safe" or "aggressive"."""
        return self._with(prefilter=mode)

    def with_support_at_zero(self, enabled: bool = True) -> FitterConfigBuilder:
        """Fix the lower end of the support at zero."""
        return self._with(support_at_zero=enabled)

    def with_max_distributions(self, n: int | None) -> FitterConfigBuilder:
        """Fit the first `n` families only."""
        return self._with(max_distributions=n)

    def with_partitions(self, n: int | None) -> FitterConfigBuilder:
        """Kept for compatibility, without effect."""
        return self._with(num_partitions=n)

    def with_censoring(self, column: Any, kind: str | None = "event") -> FitterConfigBuilder:
        """Name the column that tells censored rows from others; see `Censoring` for its kinds.

        By default an event indicator, as in spark-bestfit: True (1) where the value was observed, False (0) where the
        row is censored on the right. For `kind="interval"`, `column` is a pair of columns.
        """
        if kind == "event" and isinstance(column, str):
            return self._with(censoring=None, censoring_column=column)
        return self._with(censoring=Censoring(column, kind), censoring_column=None)

    def with_estimation_method(self, method: str = "mle") -> FitterConfigBuilder:
        """Set how parameters are estimated."""
        return self._with(estimation_method=method)

    def with_distributions(self, names: Iterable[str]) -> FitterConfigBuilder:
        """Fit these families, in this order."""
        return self._with(included_distributions=names)

    def with_fixed(self, **params: float) -> FitterConfigBuilder:
        """Hold parameters at values, by name, in addition to those held already."""
        return self._with(fixed={**self._settings.get("fixed", {}), **params})

    def with_weights(self, column: Any, kind: str = "frequency") -> FitterConfigBuilder:
        """Name the column of weights: how many rows each stands for, or how precise it is (`kind="analytic"`)."""
        return self._with(weights=Weights(column, kind))

    def with_truncation(self, lower: Any = None, upper: Any = None) -> FitterConfigBuilder:
        """Set the truncation window: each end a number, as in `with_bounds`, or a column of each row's own bound."""
        return self._with(truncation=None if lower is None and upper is None else (lower, upper))

    def with_pvalues(self, n_bootstrap: int = 199) -> FitterConfigBuilder:
        """Ask for the p-values of KS, AD and CvM by parametric bootstrap, with `n_bootstrap` refits of every family."""
        return self._with(n_bootstrap=n_bootstrap)

    def with_timeout(self, seconds: float | None) -> FitterConfigBuilder:
        """Set the seconds for the whole call."""
        return self._with(timeout=seconds)

    def build(self) -> FitterConfig:
        """The configuration; raises `InvalidInput` or `UnsupportedType` for what cannot be used, by name."""
        return FitterConfig.merged(None, **self._settings)
