"""Successes in n trials: binomial and beta-binomial.

Sources: Johnson, Kemp & Kotz (2005), "Univariate Discrete Distributions", ch. 3 and 6. Where the variance is not below the
mean the likelihood of the binomial rises with n without end, towards the Poisson's (Olkin, Petkau & Zidek 1981, JASA 76).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.family import DiscreteFamily, probability, whole_number
from warmfit_fitting.families.discrete.probabilities import log_beta_binomial, log_binomial
from warmfit_fitting.families.family import positive

_BELOW_ONE = 1 - 1e-12


class Binomial(DiscreteFamily):
    """C(n, k) p^k (1 − p)^(n − k); the estimate of p is mean/n."""

    name = "binom"
    shapes = (whole_number("n"), probability())
    integer_shapes = ("n",)
    closed_cdf = True

    def support(self, n: FloatArray, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.asarray(0.0), n

    def logpmf(self, k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
        return log_binomial(k, n, p, 1 - p)

    def cdf(self, k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
        return np.where(k >= n, 1.0, special.betainc(np.maximum(n - k, 1e-300), k + 1, 1 - p))

    def sf(self, k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
        return np.where(k >= n, 0.0, special.betainc(k + 1, np.maximum(n - k, 1e-300), p))

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(n, min(data.mean / n, _BELOW_ONE)) for n in trials(data)]

    def moved(self, theta: FloatArray, target: FloatArray) -> FloatArray:
        target[:, 1] = np.clip(theta[0] * theta[1] / target[:, 0], 1e-15, _BELOW_ONE)
        return target


class BetaBinomial(DiscreteFamily):
    """A binomial whose p is a beta(a, b) variate."""

    name = "betabinom"
    shapes = (whole_number("n"), positive("a", near=1e-6), positive("b", near=1e-6, far=1e15))
    integer_shapes = ("n",)

    def support(self, n: FloatArray, a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.asarray(0.0), n

    def logpmf(self, k: FloatArray, n: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return log_beta_binomial(k, n, a, b)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(n, *shares) for n in trials(data) for shares in beta_shares(n, data)]

    def moved(self, theta: FloatArray, target: FloatArray) -> FloatArray:
        n, a, b = theta
        target[:, 2] = np.maximum((a + b) * target[:, 0] / n - a, 1e-3 * b)
        return target


def trials(data: CountFeatures) -> list[float]:
    """Numbers of trials from which to begin: the largest value, what the moments say, and on towards the Poisson."""
    moments = data.mean**2 / (data.mean - data.variance) if data.variance < data.mean else data.maximum * 100
    found = [data.maximum, data.maximum + 1, min(moments, data.maximum * 1e6), data.maximum * 1.5, data.maximum * 4]
    return sorted({float(max(np.rint(n), data.maximum, 1.0)) for n in found})


def beta_shares(n: float, data: CountFeatures) -> list[tuple[float, float]]:
    """Shapes of the beta law of the share of successes, by the moments, and nearer to the binomial."""
    share = min(max(data.mean / n, 1e-9), 1 - 1e-6)
    excess = (data.variance / (n * share * (1 - share)) - 1) / max(n - 1, 1)
    found = []
    for correlation in (min(max(excess, 1e-6), 0.9), min(max(excess, 1e-6) * 0.1, 0.5)):
        size = 1 / correlation - 1
        found.append((share * size, (1 - share) * size))
    return found
