"""`DistributionFitResult`: one family fitted to one column, usable as a distribution.

It holds estimates and metrics and evaluates densities and quantiles through the engine. It does not fit and
does not rank.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from warmfit import documents, html, serialization, uncertainty
from warmfit import validation as check
from warmfit.constants import DEFAULT_BOOTSTRAP_SAMPLES, DEFAULT_SAMPLE_SIZE
from warmfit.registry import scipy_object
from warmfit.serialization import Custom, Format, PathLike
from warmfit.uncertainty import Origin
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.engine import pearson
from warmfit_fitting.discrete.fitted import FittedCounts
from warmfit_fitting.discrete.goodness import ChiSquare
from warmfit_fitting.errors import FitFailed, InvalidInput, UnknownDistribution
from warmfit_fitting.families.custom import custom_object
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.every import EVERY, AnyFamily, AnyScipy, of_scipy
from warmfit_fitting.fitted import UNBOUNDED, Fitted, fitted
from warmfit_fitting.intervals import Interval
from warmfit_fitting.resampling.pvalues import GoodnessOfFit
from warmfit_fitting.row import FitRow, Status
from warmfit_fitting.sampling import draw
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary

KIND = "distribution_fit_result"


@dataclass(frozen=True, eq=False)
class DistributionFitResult:
    """One family's estimates, metrics and the data's statistics; None is what was not computed, NaN a `pvalue` of a fit
    that was not asked for, because code prints it as a number.

    `parameters`: shapes, loc, and scale of continuous families, in SciPy's order, of the distribution before truncation to
    [`lower_bound`, `upper_bound`]. `data_count`: rows used, or their total frequency weight. `data_kurtosis`:
    excess. `elapsed`: seconds. `standard_errors`: one for each parameter, None where there is none. `pvalue`,
    `ad_pvalue`, `cvm_pvalue`: of KS, AD and CvM by parametric bootstrap. With
    bounds, every method is that of the truncated distribution. Methods raise `FitFailed` on a row without a
    fit.
    """

    distribution: str
    parameters: list[float]
    sse: float | None = None
    column_name: str | None = None
    aic: float | None = None
    bic: float | None = None
    ks_statistic: float | None = None
    pvalue: float | None = None
    ad_statistic: float | None = None
    ad_pvalue: float | None = None
    data_min: float | None = None
    data_max: float | None = None
    data_mean: float | None = None
    data_stddev: float | None = None
    data_count: float | None = None
    data_kurtosis: float | None = None
    data_skewness: float | None = None
    cached_sample: FloatArray | None = field(default=None, repr=False, compare=False)
    lower_bound: float | None = None
    upper_bound: float | None = None
    loglik: float | None = None
    aicc: float | None = None
    cvm_statistic: float | None = None
    status: Status = "ok"
    reason: str = ""
    elapsed: float | None = None
    n_evaluations: int = 0
    ks_error_bound: float | None = None
    standard_errors: list[float | None] | None = None
    cvm_pvalue: float | None = None
    estimation_method: str = "mle"
    _custom: AnyScipy | None = field(default=None, init=False, repr=False, compare=False)
    _origin: Origin = field(default_factory=Origin, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", [float(value) for value in self.parameters])

    @classmethod
    def from_row(
        cls, row: FitRow, column: str, summary: ColumnSummary | None, spec: FitSpec, custom: Custom
    ) -> DistributionFitResult:
        """The result of an engine's row; NaN becomes None, `custom` holds the object of a user's family."""
        numbers: dict[str, Any] = {name: _known(getattr(row, name, math.nan)) for name in documents.METRICS}
        numbers |= {**statistics_of(summary), "pvalue": float(row.pvalue)}
        result = cls(
            distribution=row.distribution,
            parameters=list(row.parameters),
            column_name=column,
            **numbers,
            lower_bound=spec.lower_bound,
            upper_bound=spec.upper_bound,
            status=row.status,
            reason=row.reason,
            elapsed=_known(row.elapsed),
            n_evaluations=row.n_evaluations,
            estimation_method=row.method,
            standard_errors=[_known(v) for v in row.standard_errors] or None,
        )
        return result._known_as(custom)._from(Origin.of(summary, spec, row.distribution))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DistributionFitResult):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def _from(self, origin: Origin) -> DistributionFitResult:
        """This result with what it was fitted to."""
        object.__setattr__(self, "_origin", origin)
        return self

    def _known_as(self, custom: Custom) -> DistributionFitResult:
        """This result with the object of its family, where that is a user's own."""
        object.__setattr__(self, "_custom", custom_object(self.distribution, custom))
        return self

    def to_dict(self) -> dict[str, Any]:
        """All fields but the cached sample, as plain Python values; None for a p-value that was not asked for."""
        hidden = {"cached_sample", "_custom", "_origin"}
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in hidden}
        values["pvalue"] = None if self.pvalue is None else _known(self.pvalue)
        return {name: list(v) if isinstance(v, list) else v for name, v in values.items()}

    def get_param_names(self) -> list[str]:
        """The names of `parameters`: shapes, then loc, and scale of continuous ones; raises `UnknownDistribution`."""
        return list(self._family.parameters)

    @property
    def _family(self) -> AnyFamily:
        self._check_known()
        name, custom = self.distribution, self._custom
        return EVERY[name] if custom is None else of_scipy(name, custom)

    def _check_known(self) -> None:
        """Raise `UnknownDistribution` for a family that the service which fitted it knows, and this process does not."""
        if self._custom is None and self.distribution not in EVERY:
            unknown = UnknownDistribution.named(self.distribution, EVERY)
            raise UnknownDistribution(
                f"{unknown}; a family that only a service knows is evaluated there, by Client.evaluate and Client.sample, "
                "or here where it is registered with the fitter"
            )

    def check_fitted(self) -> None:
        """Raise `FitFailed` where there is no fit."""
        if self.status not in ("ok", "degenerate"):
            raise FitFailed(f"{self.distribution} has no fit ({self.status}: {self.reason or 'no reason given'})")

    def get_scipy_dist(self, frozen: bool = True) -> Any:
        """SciPy's distribution at these parameters, or its generic one unless `frozen`.

        SciPy has no truncated one: with bounds it is the `Fitted` that every method here uses. Zero-inflated and
        zero-truncated families, which SciPy lacks, come as an `rv_discrete` of ours.
        """
        if not frozen:
            return self._generic
        return self._fitted if self._window != UNBOUNDED else self._generic(*self._fitted.parameters)

    def get_law(self) -> Fitted | FittedCounts:
        """The engine's distribution at these parameters, within the bounds; raises `FitFailed` without a fit."""
        return self._fitted

    @property
    def _window(self) -> tuple[float, float]:
        low = -math.inf if self.lower_bound is None else self.lower_bound
        return low, math.inf if self.upper_bound is None else self.upper_bound

    @property
    def _generic(self) -> AnyScipy:
        return scipy_object(self._family) if self._custom is None else self._custom

    @cached_property
    def _fitted(self) -> Fitted | FittedCounts:
        self.check_fitted()
        self._check_known()
        return fitted(self.distribution, self.parameters, self._window, self._custom)

    def sample(
        self, size: int = DEFAULT_SAMPLE_SIZE, random_state: int | np.random.Generator | None = None
    ) -> FloatArray:
        """`size` draws, (size,) float64; `random_state` is a seed or a Generator.

        The draws of a seed are the same here and from the service, and a longer sample begins with a shorter one.
        """
        n = check.whole("size", size, least=0)
        generator = random_state if isinstance(random_state, np.random.Generator) else None
        if generator is None and random_state is not None:
            return draw(self._fitted, n, check.whole("random_state", random_state, least=0))
        return np.asarray(self._fitted.rvs(n, generator))

    def pdf(self, x: ArrayLike) -> Any:
        """The density at `x`, in its shape; raises `InvalidInput` where the family is discrete."""
        return self._fitted.pdf(x)

    def logpdf(self, x: ArrayLike) -> Any:
        """The log-density at `x`, in its shape; raises `InvalidInput` where the family is discrete."""
        return self._fitted.logpdf(x)

    def pmf(self, x: ArrayLike) -> Any:
        """The probability of `x`, in its shape; raises `InvalidInput` where the family is continuous."""
        return self._counts(x, "pdf for the density").pmf(x)

    def logpmf(self, x: ArrayLike) -> Any:
        """The log-probability of `x`, in its shape; raises `InvalidInput` where the family is continuous."""
        return self._counts(x, "logpdf for the log-density").logpmf(x)

    def _counts(self, x: object, instead: str) -> FittedCounts:
        """The discrete distribution that this is; raises `InvalidInput` where it is none."""
        if isinstance(self._family, DiscreteFamily) and isinstance(self._fitted, FittedCounts):
            return self._fitted
        raise InvalidInput(
            f"{self.distribution} is continuous: no value such as {x!r} has a probability of its own; use {instead}"
        )

    def cdf(self, x: ArrayLike) -> Any:
        """P(X ≤ x), in the shape of `x`."""
        return self._fitted.cdf(x)

    def sf(self, x: ArrayLike) -> Any:
        """P(X > x), in the shape of `x`."""
        return self._fitted.sf(x)

    def ppf(self, q: ArrayLike) -> Any:
        """The quantile of probability `q`, in its shape."""
        return self._fitted.ppf(q)

    def isf(self, q: ArrayLike) -> Any:
        """The value exceeded with probability `q`, in its shape."""
        return self._fitted.isf(q)

    def mean(self) -> float:
        """The expected value."""
        return self._fitted.mean()

    def std(self) -> float:
        """The standard deviation."""
        return self._fitted.std()

    def confidence_intervals(
        self,
        df: object = None,
        column: str | None = None,
        alpha: float = 0.05,
        n_bootstrap: int = DEFAULT_BOOTSTRAP_SAMPLES,
        max_samples: int | None = None,
        random_seed: int | None = None,
        method: str = "wald",
        *,
        quantiles: Sequence[float] | None = None,
    ) -> dict[str, Interval]:
        """The intervals of confidence 1 − `alpha` of every parameter, by name, or of the `quantiles` of probabilities.

        `method`: `wald`, from standard errors; `profile`, from the likelihood; `bootstrap`, from `n_bootstrap` columns
        drawn from the fit and fitted again (`random_seed`, or the fit's own seed). A quantile is named `ppf(0.99)`. A
        parameter that was held has both ends at its value. An end may be infinite; both are NaN where the method has no
        interval for one parameter, and the doc of `warmfit_fitting.intervals` says when. `df`, `column`: the data, for
        a result that was loaded; rows, weights and bounds of a fit are known to its results. `max_samples` is there for
        callers that pass it, and changes nothing: a summary stands for every row. Raises `InvalidInput` where the
        method has none of the intervals, `FitFailed` on a row without a fit.
        """
        if max_samples is not None:
            check.whole("max_samples", max_samples)
        return uncertainty.confidence_intervals(self, df, column, method, alpha, quantiles, n_bootstrap, random_seed)

    def goodness_of_fit(
        self,
        statistic: str = "ad",
        n_bootstrap: int = 199,
        random_seed: int | None = None,
        *,
        df: object = None,
        column: str | None = None,
    ) -> GoodnessOfFit:
        """How often columns drawn from the fit, and fitted again, lie as far from their fits: a test with a p-value.

        `statistic`: `ad`, `cvm` or `ks`. `df`, `column`: as for `confidence_intervals`. Raises `FitFailed` where the
        statistic is not known, as with censored rows.
        """
        return uncertainty.goodness_of_fit(self, df, column, statistic, n_bootstrap, random_seed)

    def chi_square(self, df: object = None, column: str | None = None) -> ChiSquare:
        """Pearson's χ² of this discrete fit over the rows of its column: statistic, degrees of freedom, cells.

        `df`: what `fit` takes, for a result that was loaded or for other rows. Cells are values, joined until each
        expects five rows, of the law within the bounds of the fit. Raises `InvalidInput` where the family is continuous,
        the values are no whole numbers or outside the bounds.
        """
        law = self._counts("these", "ks_statistic, ad_statistic or cvm_statistic")
        k = len(self.parameters) - 1 if self._n_estimated is None else self._n_estimated
        return pearson(uncertainty.data_of(self, df, column), law.family, law.parameters, k, self._window)

    @property
    def _n_estimated(self) -> int | None:
        """The number of parameters that were estimated; None where the metrics do not say."""
        return None if self.aic is None or self.loglik is None else round((self.aic + 2 * self.loglik) / 2)

    def diagnostics(
        self,
        data: object = None,
        y_hist: ArrayLike | None = None,
        x_hist: ArrayLike | None = None,
        bins: int = 30,
        *,
        column: str | None = None,
        **style: Any,
    ) -> Any:
        """Q–Q, P–P, residuals and distribution functions in one figure: (Figure, array (2, 2) of Axes).

        `data`, `column`: the rows, for a result that was loaded. The others: as of `plot_diagnostics`, which this is.
        """
        from warmfit.plotting import plot_diagnostics

        return plot_diagnostics(self, data, column=column, bins=bins, y_hist=y_hist, x_hist=x_hist, **style)

    def _repr_html_(self) -> str:
        return html.of_result(self)

    def interval(self, confidence: float) -> tuple[float, float]:
        """The ends of the middle `confidence` of the mass, 0 < confidence < 1."""
        share = check.positive("confidence", confidence)
        if share >= 1:
            raise InvalidInput(f"confidence={confidence}; expected a share of the mass between 0 and 1")
        low, high = self._fitted.interval(share)
        return float(low), float(high)

    def save(
        self,
        path: PathLike,
        format: Format | None = None,  # noqa: A002 - the name that callers type
        indent: int | None = 2,
    ) -> None:
        """Write JSON or pickle, by suffix or `format`; raises `SerializationError`.

        The column's summary is not written: a collection's file has it, and a result that is loaded is given `df=`.
        """
        custom = {} if self._custom is None else {self.distribution: self._custom}
        serialization.write(path, KIND, self.to_document(), format, indent, custom)

    @property
    def custom(self) -> AnyScipy | None:
        """The object of a user's own family; None for the others."""
        return self._custom

    def to_document(self) -> serialization.Document:
        """What `save` writes, as plain JSON values."""
        return documents.result_to_document(self.to_dict(), self._origin.spec)

    @classmethod
    def of_document(cls, document: serialization.Document, custom: Custom) -> DistributionFitResult:
        """The result of what `to_document` gave; raises `SerializationError` for anything else."""
        said = documents.result_from_document(document, custom)
        result = cls(**{**said, "pvalue": math.nan if said.get("pvalue") is None else said["pvalue"]})
        return result._known_as(custom)._from(Origin(None, documents.spec_of_result(document)))

    @classmethod
    def load(
        cls,
        path: PathLike,
        allow_pickle: bool = False,
        format: Format | None = None,  # noqa: A002 - the name that callers type
        custom: Custom | None = None,
    ) -> DistributionFitResult:
        """The result that was saved at `path`, by this library or by spark-bestfit as JSON.

        `custom`: the objects of users' families, by name. Raises `SerializationError` for anything
        unreadable, and for a pickle unless `allow_pickle=True`.
        """
        document, known = serialization.read(path, KIND, format, allow_pickle, custom or {})
        return cls.of_document(document, known)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def statistics_of(summary: ColumnSummary | None) -> Mapping[str, float | None]:
    """The data's statistics, by the names that results have for them."""
    if summary is None:
        return {}
    s = summary
    with np.errstate(all="ignore"):  # a constant column has no skewness, and says NaN
        values = (s.minimum, s.maximum, s.mean, s.std, s.weight, s.kurtosis, s.skewness)
    return {name: _known(float(value)) for name, value in zip(documents.DATA, values, strict=True)}
