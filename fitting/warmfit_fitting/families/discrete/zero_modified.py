"""Counts with more zeros than a law gives (zero-inflated), or without any (zero-truncated).

`zi_…` is 0 with probability π and the law otherwise, parameters (shapes of the law, pi); `zt_…` is the law given that it is
not 0. SciPy has none of these. Sources: Lambert (1992), Technometrics 34; Johnson, Kemp & Kotz (2005), "Univariate Discrete
Distributions", ch. 4.10, 8.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from scipy import stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.binomial import Binomial, trials
from warmfit_fitting.families.discrete.family import DiscreteFamily, probability
from warmfit_fitting.families.discrete.negative_binomial import NegativeBinomial, sizes
from warmfit_fitting.families.discrete.poisson import Poisson


class ZeroInflated(DiscreteFamily):
    """π + (1 − π) f(0) at 0, (1 − π) f(k) elsewhere, for the law f of `base`."""

    base: ClassVar[DiscreteFamily]
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.base.support(*shapes[:-1])

    def logpmf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        *law, pi = shapes
        value = self.base.logpmf(k, *law) + np.log1p(-pi)
        return np.where(k == 0, np.logaddexp(value, np.log(pi)), value)

    def cdf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        *law, pi = shapes
        return pi + (1 - pi) * self.base.cdf(k, *law)

    def sf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        *law, pi = shapes
        return (1 - pi) * self.base.sf(k, *law)

    def moved(self, theta: FloatArray, target: FloatArray) -> FloatArray:
        target[:, :-1] = self.base.moved(theta[:-1], target[:, :-1])
        return target

    def scipy_object(self) -> stats.rv_discrete:
        from warmfit_fitting.families.discrete.scipy_object import CountDistribution  # imports the sums

        return CountDistribution(self)


class ZeroTruncated(DiscreteFamily):
    """f(k)/(1 − f(0)) from 1 on, for the law f of `base`."""

    base: ClassVar[DiscreteFamily]
    low = 1.0
    closed_cdf = True

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.asarray(1.0), self.base.support(*shapes)[1]

    def logpmf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        none = self.base.logpmf(np.zeros(1), *shapes)
        return self.base.logpmf(k, *shapes) - np.log(-np.expm1(none))

    def cdf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        zero = np.zeros(1)
        none, some = self.base.cdf(zero, *shapes), self.base.sf(zero, *shapes)
        below, above = self.base.cdf(k, *shapes), self.base.sf(k, *shapes)
        return np.where(below < 0.5, below - none, some - above) / some

    def sf(self, k: FloatArray, *shapes: FloatArray) -> FloatArray:
        return self.base.sf(k, *shapes) / self.base.sf(np.zeros(1), *shapes)

    def moved(self, theta: FloatArray, target: FloatArray) -> FloatArray:
        return self.base.moved(theta, target)

    scipy_object = ZeroInflated.scipy_object


class ZeroInflatedPoisson(ZeroInflated):
    """A Poisson with more zeros."""

    name = "zi_poisson"
    base = Poisson()
    shapes = (*base.shapes, probability("pi"))

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(data.mean / (1 - pi), pi) for pi in inflations(data)]


class ZeroInflatedBinomial(ZeroInflated):
    """A binomial with more zeros."""

    name = "zi_binom"
    base = Binomial()
    shapes = (*base.shapes, probability("pi"))
    integer_shapes = ("n",)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(n, min(data.mean / (1 - pi) / n, 0.999), pi) for n in trials(data) for pi in inflations(data)]


class ZeroInflatedNegativeBinomial(ZeroInflated):
    """A negative binomial with more zeros."""

    name = "zi_nbinom"
    base = NegativeBinomial()
    shapes = (*base.shapes, probability("pi"))

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [
            (n, n / (n + data.mean / (1 - pi)), pi) for pi in inflations(data) for n in (*sizes(data), data.mean + 1)
        ]


class ZeroTruncatedPoisson(ZeroTruncated):
    """A Poisson without zeros."""

    name = "zt_poisson"
    base = Poisson()
    shapes = base.shapes

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(data.mean,), (max(2 * (data.mean - 1), 1e-6),)]


class ZeroTruncatedBinomial(ZeroTruncated):
    """A binomial without zeros."""

    name = "zt_binom"
    base = Binomial()
    shapes = base.shapes
    integer_shapes = ("n",)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(n, min(mean / n, 0.999)) for n in trials(data) for mean in (data.mean, max(data.mean - 1, 0.01))]


class ZeroTruncatedNegativeBinomial(ZeroTruncated):
    """A negative binomial without zeros; the logarithmic series is its limit as n → 0."""

    name = "zt_nbinom"
    base = NegativeBinomial()
    shapes = base.shapes

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(n, n / (n + data.mean)) for n in (*sizes(data), 0.05, 1.0)]


def inflations(data: CountFeatures) -> list[float]:
    """Shares of added zeros from which to begin: hardly any, half of the zeros, most of them."""
    return [min(max(data.zeros * share, 0.01), 0.99) for share in (0.0, 0.5, 0.9)]
