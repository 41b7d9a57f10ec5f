"""`FitterConfig`: every keyword of `fit` in one immutable object.

Values are checked here, when a configuration is made, so that nothing below meets a misspelt or impossible
setting. What needs the frame or the catalogue (which columns there are, which families are known) is checked
by the fitter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property, lru_cache
from typing import Any

from warmfit import validation as check
from warmfit.constants import DEFAULT_BINS
from warmfit.given import only_given
from warmfit.rows import Censoring, of_column
from warmfit.settings import CHECKS, Bound, ProgressCallback, SamplingMode
from warmfit.sources.protocol import RowChoice
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.spec import FitSpec

__all__ = ["SETTINGS", "FitterConfig", "ProgressCallback", "SamplingMode"]


_spec = lru_cache(maxsize=256)(FitSpec)
"""Specs are immutable, and checking a hundred names takes longer than asking a warm service for their rows."""


@dataclass(frozen=True, eq=False)
class FitterConfig:
    """The keywords of `DistributionFitter.fit`, checked; raises `InvalidInput` or `UnsupportedType` by name.

    `bins` given to `fit` or to `FitterConfigBuilder.with_bins` wins over the Rice rule, whatever its value. A
    `FitterConfig` cannot tell its default from a 50 that was given: there `bins=50` means 50 bins only together
    with `use_rice_rule=False`, any other number always. `fixed`: parameters held, by name. `timeout`: seconds for the
    whole call. `prefilter`: leave out families whose skewness has the other sign than that of the data, beyond any
    doubt (True or "safe"), or that break any proven bound on skewness and kurtosis ("aggressive"); their rows are
    `skipped`.

    `weights`: a column's name or one number per row, how many rows each stands for; `Weights(column, "analytic")`
    for weights that say how precise a row is. `censoring`: a column's name or one code per row; a tuple of two columns,
    the ends of intervals that replace the fitted column's values; or `Censoring(column, kind)`, which says what True
    means. `censoring_column="event"` is `censoring=Censoring("event", "event")`: True where the value was observed.

    `lower_bound`, `upper_bound`: the window to which rows were truncated, in the data's unit; `bounded=True` without
    them takes the observed extremes. `truncation`: a pair (lower, upper), each a number, which is the same as
    that bound, a column's name or one number per row, each row's own bound, or None. Each row is conditioned on its own
    window inside the bounds. Bounds, `censoring` and `truncation` are for all columns, or by column as a mapping.

    A row without a value, or of weight 0, is left out whatever else it has. In the others a missing weight or code is
    refused; a missing end of an interval or window is open.

    `estimation_method`: "mle", maximum likelihood; "mse", maximum spacing, for continuous families; "mme", the method of
    moments; "auto", maximum likelihood, and maximum spacing where a density is infinite at one of the values or grows
    without limit towards an end of the support that was estimated. A row's `estimation_method` says which one it was.

    `groupby`: one key column or several; each group of rows with equal keys is fitted by itself, and `fit` returns
    `GroupedFitResults`. Rows without a key are a group of their own, last.

    `warm_start`: where searches start: the results of an earlier fit of the same columns, one result, or {family:
    parameters}. A regular maximum next to there is found again without a search, as after an append of a few rows, and kept,
    though another one that a whole search would find may be higher; where there is none, the search is the whole one. Warm
    starts are part of the question.

    `n_bootstrap`: refits of each family to simulated columns, behind its p-values; None for no p-values.

    `included_distributions`: names, of which `fit` raises `UnknownDistribution` for those that neither the
    catalogue nor the fitter has; a configuration cannot know the families that will be registered later.

    `sample_fraction`: the share of rows that is used, drawn uniformly; it needs `enable_sampling=True`. A
    summary reads every row, so that `max_sample_size`, `sample_threshold`, `num_partitions`,
    `adaptive_sampling`, `sampling_mode`, `skew_threshold_mild` and `skew_threshold_high` are kept for
    compatibility, without effect; `sampling_mode=SamplingMode.STRATIFIED` beside `sample_fraction` is refused.
    """

    bins: int = DEFAULT_BINS
    use_rice_rule: bool = True
    support_at_zero: bool = False
    max_distributions: int | None = None
    enable_sampling: bool = True
    sample_fraction: float | None = None
    max_sample_size: int = 1_000_000
    sample_threshold: int = 10_000_000
    num_partitions: int | None = None
    progress_callback: ProgressCallback | None = None
    bounded: bool = False
    lower_bound: Bound = None
    upper_bound: Bound = None
    lazy_metrics: bool = False
    prefilter: bool | str = False
    estimation_method: str = "mle"
    included_distributions: tuple[str, ...] | None = None
    fixed: Mapping[str, float] | None = None
    weights: Any = None
    censoring: Any = None
    truncation: Any = None
    groupby: Any = None
    warm_start: Any = None
    timeout: float | None = None
    adaptive_sampling: bool = True
    sampling_mode: SamplingMode = SamplingMode.AUTO
    skew_threshold_mild: float = 0.5
    skew_threshold_high: float = 2.0
    censoring_column: str | None = None
    n_bootstrap: int | None = None

    def __post_init__(self) -> None:
        optional = {f.name for f in fields(self) if f.default is None}
        for name, convert in CHECKS.items():
            value = getattr(self, name)
            if value is not None or name not in optional:
                object.__setattr__(self, name, convert(name, value))
        _check_bounds(self)
        _check_censoring(self)
        _check_sampling(self)
        if self.skew_threshold_mild > self.skew_threshold_high:
            raise InvalidInput(
                f"skew_threshold_mild={self.skew_threshold_mild} is above "
                f"skew_threshold_high={self.skew_threshold_high}"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FitterConfig):
            return NotImplemented
        return all(check.same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]  # weights and mappings are mutable

    @classmethod
    def merged(cls, config: FitterConfig | None, **given: Any) -> FitterConfig:
        """The one configuration behind a call: `config` stands for all keywords, or the keywords make one.

        A keyword beside `config` that says something else, be it the default, raises `InvalidInput` by name;
        `progress_callback` may always be given, and `NOT_GIVEN` is no keyword. Unknown keywords are refused.
        """
        given = only_given(given)
        unknown = sorted(set(given) - SETTINGS)
        if unknown:
            raise InvalidInput(f"unknown setting(s): {', '.join(unknown)}")
        if config is None:
            made = cls(**given) if given else _default()
            return replace(made, use_rice_rule=False) if "bins" in given and made.histogram_bins is None else made
        if not isinstance(config, FitterConfig):
            check.refuse_type("config", config, "a FitterConfig")
        callback = given.pop("progress_callback", None)
        _refuse_contradictions(config, given)
        return config if callback is None else config.with_progress_callback(callback)

    def with_progress_callback(self, callback: ProgressCallback | None) -> FitterConfig:
        """The same configuration reporting to `callback(completed, total, percent)`."""
        return replace(self, progress_callback=callback)

    def for_column(self, column: str) -> tuple[float | None, float | None]:
        """The lower and upper bound given for one column, None where none was given."""
        truncation = of_column(self.truncation, column)
        low, high = (None, None) if truncation is None else truncation.bounds
        lower, upper = of_column(self.lower_bound, column), of_column(self.upper_bound, column)
        return low if lower is None else lower, high if upper is None else upper

    @property
    def named_columns(self) -> frozenset[str]:
        """The columns that a setting is given for by name, to be checked against the columns that are fitted."""
        settings = (self.lower_bound, self.upper_bound, self.censoring, self.truncation)
        return frozenset(c for setting in settings if isinstance(setting, Mapping) for c in setting)

    @cached_property
    def is_plain(self) -> bool:
        """Whether the settings hold nothing that could change, and nothing of rows or for a caller to be told."""
        held = (self.fixed, self.weights, self.censoring, self.truncation, self.groupby, self.progress_callback)
        bounds = (self.lower_bound, self.upper_bound)
        return all(setting is None for setting in held) and not any(isinstance(b, Mapping) for b in bounds)

    def rows(self, seed: int) -> RowChoice:
        """Which rows are read, and what is said of each of them."""
        censoring = self.censoring
        if self.censoring_column is not None:
            censoring = Censoring(self.censoring_column, "event")
        truncation = self.truncation
        if isinstance(truncation, Mapping):
            truncation = {c: window.by_row for c, window in truncation.items() if window.by_row is not None}
        elif truncation is not None:
            truncation = truncation.by_row
        return RowChoice(self.weights, censoring, truncation or None, self.sample_fraction, seed)

    @property
    def histogram_bins(self) -> int | None:
        """The bins behind SSE, None for the Rice rule."""
        return None if self.use_rice_rule and self.bins == DEFAULT_BINS else self.bins

    @property
    def prefilter_mode(self) -> str:
        """How families are left out before they are tried: "safe", "aggressive", or "" for not at all."""
        return self.prefilter if isinstance(self.prefilter, str) else "safe" if self.prefilter else ""

    def spec(
        self, families: tuple[str, ...], column: str, bounds: tuple[float | None, float | None], seed: int
    ) -> FitSpec:
        """The engine's question for one column; raises `InvalidInput` naming the column."""
        lower, upper = bounds
        try:
            return _spec(
                families=families,
                method=self.estimation_method,
                bins=self.histogram_bins,
                support_at_zero=self.support_at_zero,
                lower_bound=lower,
                upper_bound=upper,
                fixed=tuple(sorted((self.fixed or {}).items())),
                goodness=not self.lazy_metrics,
                n_bootstrap=self.n_bootstrap or 0,
                seed=seed,
                prefilter=self.prefilter_mode,
                warm_start=() if self.warm_start is None else self.warm_start.of_column(column, families),
                batched=self.groupby is not None,
            )
        except InvalidInput as error:
            raise InvalidInput(f"column {column!r}: {error}") from error


@cache
def _default() -> FitterConfig:
    """The configuration of a call that gives no setting."""
    return FitterConfig()


SETTINGS = frozenset(f.name for f in fields(FitterConfig))
_CONVERTED = ("weights", "censoring", "truncation", "groupby", "warm_start")


def _refuse_contradictions(config: FitterConfig, given: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` naming every keyword that says something else than `config`."""
    said = {name: getattr(config, name) for name in given}
    if "bins" in given and config.histogram_bins is None:
        said["bins"] = "the Rice rule"
    against = [name for name, value in given.items() if not check.same(_checked(name, value), said[name])]
    if against:
        pairs = ", ".join(f"{name}={given[name]!r} (config: {said[name]!r})" for name in against)
        raise InvalidInput(f"config stands for all keywords, and {pairs} contradicts it; change the config instead")


def _checked(name: str, value: object) -> object:
    """A keyword as a configuration would hold it."""
    return CHECKS[name](name, value) if value is not None and name in _CONVERTED else value


def _check_bounds(config: FitterConfig) -> None:
    """Raise `InvalidInput` for bounds out of order, and for a truncation that says otherwise."""
    for column in sorted(config.named_columns or {""}):
        where = f" of column {column!r}" if column else ""
        truncation = of_column(config.truncation, column)
        for name, inner in zip(("lower", "upper"), truncation.bounds if truncation else (None, None), strict=True):
            bound = of_column(getattr(config, f"{name}_bound"), column)
            if None not in (bound, inner) and bound != inner:
                raise InvalidInput(f"{name}_bound={bound}{where} contradicts the {name} end {inner} of truncation")
        low, high = config.for_column(column)
        if low is not None and high is not None and not low < high:
            raise InvalidInput(f"lower_bound={low}{where} is not below upper_bound={high}")


def _check_censoring(config: FitterConfig) -> None:
    """Raise `InvalidInput` where the two keywords of censoring say different things."""
    said, column = config.censoring, config.censoring_column
    if said is not None and column is not None and not check.same(said, Censoring(column, "event")):
        raise InvalidInput(
            f"censoring_column={column!r} and censoring={said!r} contradict each other; give one of them"
        )


def _check_sampling(config: FitterConfig) -> None:
    if config.sample_fraction is None:
        return
    if not config.enable_sampling:
        raise InvalidInput(
            f"sample_fraction={config.sample_fraction} contradicts enable_sampling=False; give one of them"
        )
    if config.sampling_mode is SamplingMode.STRATIFIED:
        raise InvalidInput(
            f"sampling_mode={config.sampling_mode.value!r} is not available in this version, and "
            f"sample_fraction={config.sample_fraction} draws rows uniformly; leave sampling_mode out"
        )
