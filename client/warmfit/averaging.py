"""Model averaging: Akaike weights, and the mixture of the families that they give.

The weight of a family is proportional to exp(−Δ/2), Δ its criterion less the least one (Burnham & Anderson 2002, Model
Selection and Multimodel Inference, sec. 2.9): with AIC the weight of evidence that it is the nearest to the truth, with
BIC about its posterior probability. The averaged distribution has the weighted distribution functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from warmfit import validation as check
from warmfit.constants import DEFAULT_BOOTSTRAP_SAMPLES, DEFAULT_SAMPLE_SIZE
from warmfit.ranking import Pick
from warmfit.result import DistributionFitResult
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.intervals import METHODS
from warmfit_fitting.sampling import uniforms

CRITERIA = ("aic", "aicc", "bic")
LEAST = 1e-9  # the least weight of a family that is averaged: no number changes by more, and it costs as much as any
HALVINGS = 200  # enough to halve any bracket to neighbouring doubles
WHOLE = 1e-6  # by how much a bisected whole number may miss


def akaike(criteria: Sequence[float] | FloatArray) -> FloatArray:
    """The weights (M,) of models with these values of a criterion, from differences, so that none overflows."""
    delta = np.asarray(criteria, dtype=np.float64)
    relative = np.exp(-0.5 * (delta - delta.min()))
    weights: FloatArray = relative / relative.sum()
    return weights


def table(ranked: Sequence[Pick], metric: str) -> pd.DataFrame:
    """One row for each family with a fit, best first in each column: criterion, difference from the least, weight."""
    parts = []
    for column in dict.fromkeys(column.name for column, _ in ranked):
        rows = [row for owner, row in ranked if owner.name == column]
        values = np.array([getattr(row, metric) for row in rows], dtype=np.float64)
        parts.append(
            pd.DataFrame(
                {
                    "column_name": column,
                    "distribution": [row.distribution for row in rows],
                    metric: values,
                    "delta": values - values.min(),
                    "weight": akaike(values),
                }
            )
        )
    names = ["column_name", "distribution", metric, "delta", "weight"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)


@dataclass(frozen=True)
class AveragedDistribution:
    """The mixture of fitted families of one column: `models` and their `weights`, which sum to one, best first.

    Its density, distribution function and moments are the weighted ones; quantiles are those of the mixture.
    """

    models: tuple[DistributionFitResult, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, models: Sequence[DistributionFitResult], criteria: Sequence[float]) -> AveragedDistribution:
        """The average of models with these values of a criterion; raises `FitFailed` where there are none."""
        if not models:
            raise FitFailed("no family has a fit with this criterion, so that there is nothing to average")
        weights = akaike(criteria)
        kept = weights >= LEAST
        share = weights[kept] / weights[kept].sum()
        return cls(tuple(m for m, keep in zip(models, kept, strict=True) if keep), tuple(share.tolist()))

    @property
    def is_discrete(self) -> bool:
        """Whether the families are of whole numbers."""
        return isinstance(self.models[0]._family, DiscreteFamily)

    def _mean_of(self, function: Callable[[DistributionFitResult], Any]) -> Any:
        return sum(w * np.asarray(function(m)) for w, m in zip(self.weights, self.models, strict=True))

    def pdf(self, x: ArrayLike) -> Any:
        """The density at `x`, in its shape; raises `InvalidInput` where the families are discrete."""
        return self._mean_of(lambda m: m.pdf(x))[()]

    def pmf(self, x: ArrayLike) -> Any:
        """The probability of `x`, in its shape; raises `InvalidInput` where the families are continuous."""
        return self._mean_of(lambda m: m.pmf(x))[()]

    def cdf(self, x: ArrayLike) -> Any:
        """P(X ≤ x), in the shape of `x`."""
        return self._mean_of(lambda m: m.cdf(x))[()]

    def sf(self, x: ArrayLike) -> Any:
        """P(X > x), in the shape of `x`."""
        return self._mean_of(lambda m: m.sf(x))[()]

    def ppf(self, q: ArrayLike) -> Any:
        """The quantile of probability `q`, in its shape; NaN outside [0, 1]."""
        return self._quantile(q, lambda m, p: m.ppf(p), lambda x, p: self.cdf(x) >= p)

    def isf(self, q: ArrayLike) -> Any:
        """The value exceeded with probability `q`, in its shape; NaN outside [0, 1]."""
        return self._quantile(q, lambda m, p: m.isf(p), lambda x, p: self.sf(x) <= p)

    def _quantile(
        self,
        q: ArrayLike,
        each: Callable[[DistributionFitResult, FloatArray], Any],
        reached: Callable[[FloatArray, FloatArray], Any],
    ) -> Any:
        """The smallest value where the mixture has `reached` a probability: between the models' own quantiles."""
        p = np.asarray(q, dtype=np.float64)
        ends = np.array([np.asarray(each(model, p)) for model in self.models], dtype=np.float64)
        low, high = ends.min(axis=0), ends.max(axis=0)
        with np.errstate(invalid="ignore"):
            return _bisected(low, high, lambda x: np.asarray(reached(x, p)), self.is_discrete)[()]

    def mean(self) -> float:
        """The expected value."""
        return float(self._mean_of(lambda m: m.mean()))

    def std(self) -> float:
        """The standard deviation, of the models' means about each other included."""
        center = self.mean()
        return math.sqrt(float(self._mean_of(lambda m: m.std() ** 2 + (m.mean() - center) ** 2)))

    def interval(self, confidence: float) -> tuple[float, float]:
        """The ends of the middle `confidence` of the mass, 0 < confidence < 1."""
        share = _share("confidence", confidence)
        return float(self.ppf((1 - share) / 2)), float(self.isf((1 - share) / 2))

    def sample(
        self, size: int = DEFAULT_SAMPLE_SIZE, random_state: int | np.random.Generator | None = None
    ) -> FloatArray:
        """`size` draws, (size,) float64: of each a model is drawn first; a longer sample begins with a shorter one."""
        n = check.whole("size", size, least=0)
        if random_state is None or isinstance(random_state, np.random.Generator):
            both = np.random.default_rng(random_state).random((n, 2))
        else:
            both = uniforms(2 * n, check.whole("random_state", random_state, least=0)).reshape(n, 2)
        which = np.searchsorted(np.cumsum(self.weights)[:-1], both[:, 0], side="right")
        drawn = np.empty(n)
        for i, model in enumerate(self.models):
            own = which == i
            drawn[own] = model.ppf(np.maximum(both[own, 1], 2.0**-54))
        return drawn

    def quantile_interval(
        self,
        q: float,
        alpha: float = 0.05,
        method: str = "wald",
        n_bootstrap: int = DEFAULT_BOOTSTRAP_SAMPLES,
        random_seed: int | None = None,
    ) -> tuple[float, float]:
        """The interval of confidence 1 − `alpha` of the quantile of probability `q`, the choice of family included.

        Each end is where the models' tail areas average to α/2 (Turek & Fletcher 2012, Comput. Stat. Data Anal. 56,
        2809–2815, after Buckland, Burnham & Augustin 1997, Biometrics 53, 603–618): a model's tail is that of a normal
        law about its quantile which has the model's own interval, in each half its own width. `method`, `n_bootstrap`,
        `random_seed`: of the models' intervals, as `DistributionFitResult.confidence_intervals` takes them; a model
        without a Wald interval gives that of its profile likelihood, or without that its bootstrap's.
        """
        p, share = _share("q", q), _share("alpha", alpha)
        parts = [self._model(m, p, share, method, n_bootstrap, random_seed) for m in self.models]
        low, high = (self._end(parts, share, side) for side in (-1.0, 1.0))
        if self.is_discrete:
            low, high = math.floor(low + WHOLE), math.ceil(high - WHOLE)
        return float(low), float(high)

    @staticmethod
    def _model(
        model: DistributionFitResult, p: float, alpha: float, method: str, n_bootstrap: int, seed: int | None
    ) -> tuple[float, float, float]:
        """The lower end, the quantile and the upper end of one model."""
        asked: dict[str, Any] = {
            "alpha": alpha, "n_bootstrap": n_bootstrap, "random_seed": seed, "quantiles": [p]
        }  # fmt: skip
        ways = list(METHODS[METHODS.index(check.member("method", method, METHODS)) :])
        while True:
            try:
                ((low, high),) = model.confidence_intervals(method=ways.pop(0), **asked).values()
                return low, float(model.ppf(p)), high
            except InvalidInput:
                if not ways:
                    raise

    def _end(self, parts: Sequence[tuple[float, float, float]], alpha: float, side: float) -> float:
        """Where the mean of the models' confidence distributions is α/2, or 1 − α/2."""
        z, wanted = -float(ndtri(alpha / 2)), alpha / 2 if side < 0 else 1 - alpha / 2

        def distribution(x: FloatArray) -> FloatArray:
            total = np.zeros(x.shape)
            for weight, (low, middle, high) in zip(self.weights, parts, strict=True):
                width = np.where(x < middle, middle - low, high - middle)
                with np.errstate(divide="ignore", invalid="ignore"):
                    total += weight * np.where(x == middle, 0.5, ndtr(z * (x - middle) / width))
            return total

        ends = [part[0 if side < 0 else 2] for part in parts]
        low, high = np.array(min(ends)), np.array(max(ends))
        return float(_bisected(low, high, lambda x: distribution(x) >= wanted, whole=False))


def _bisected(low: FloatArray, high: FloatArray, reached: Callable[[FloatArray], Any], whole: bool) -> FloatArray:
    """The smallest values in [`low`, `high`] where `reached`, false and then true, holds."""
    below, upto = np.array(low), np.array(high)
    done = np.asarray(reached(below)) | ~(below < upto) | ~np.isfinite(below) | ~np.isfinite(upto)
    upto = np.where(np.asarray(reached(below)) | np.isnan(below), below, upto)
    for _ in range(HALVINGS):
        middle = np.floor((below + upto) / 2) if whole else below + (upto - below) / 2
        going = ~done & (middle > below) & (middle < upto)
        if not going.any():
            break
        there = np.asarray(reached(np.where(going, middle, below)))
        upto, below = np.where(going & there, middle, upto), np.where(going & ~there, middle, below)
    return upto


def _share(name: str, value: object) -> float:
    share = check.positive(name, value)
    if share >= 1:
        raise InvalidInput(f"{name}={value}; expected a number between 0 and 1")
    return share
