"""Failures before the n-th success: negative binomial and beta negative binomial.

Source: Johnson, Kemp & Kotz (2005), "Univariate Discrete Distributions", ch. 5 and 6.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.family import DiscreteFamily, probability, whole_number
from warmfit_fitting.families.discrete.probabilities import log_beta_binomial, log_negative_binomial
from warmfit_fitting.families.family import positive


class NegativeBinomial(DiscreteFamily):
    """Γ(n + k)/(Γ(n) k!) p^n (1 − p)^k for real n > 0; the Poisson is its limit as n → ∞."""

    name = "nbinom"
    shapes = (positive("n", near=1e-6, far=1e12), probability())
    closed_cdf = True

    def logpmf(self, k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
        return log_negative_binomial(k, n, p, 1 - p)

    def cdf(self, k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
        return special.betainc(n, k + 1, p)

    def sf(self, k: FloatArray, n: FloatArray, p: FloatArray) -> FloatArray:
        return special.betainc(k + 1, n, 1 - p)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(n, n / (n + data.mean)) for n in sizes(data)]


class BetaNegativeBinomial(DiscreteFamily):
    """A negative binomial whose p is a beta(a, b) variate: the generalized Waring distribution, with n whole.

    n and b may change places. Its tail falls as k^(−a − 1).
    """

    name = "betanbinom"
    shapes = (whole_number("n"), positive("a", near=1e-6), positive("b", near=1e-6, far=1e12))
    integer_shapes = ("n",)

    def logpmf(self, k: FloatArray, n: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
        return np.log(n / (n + k)) + log_beta_binomial(n, n + k, a, b)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [
            (n, a, data.mean * (a - 1 if a > 1 else a) / n) for n in (1.0, 2.0, 5.0, 50.0) for a in (0.5, 3.0, 50.0)
        ]

    def moved(self, theta: FloatArray, target: FloatArray) -> FloatArray:
        along_b, along_a = target.copy(), target.copy()
        along_b[:, 2] = theta[0] * theta[2] / target[:, 0]
        along_a[:, 1] = theta[1] * target[:, 0] / theta[0]
        return np.concatenate([along_b, along_a])


def sizes(data: CountFeatures) -> list[float]:
    """Numbers of successes from which to begin: what the moments say, smaller, and on towards the Poisson."""
    moments = data.mean**2 / (data.variance - data.mean) if data.variance > data.mean else data.mean * 1e4
    moments = min(max(moments, 1e-3), 1e6)
    return [moments, moments / 4, moments * 10]
