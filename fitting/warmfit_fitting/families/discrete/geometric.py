"""Counts whose probabilities fall by a constant factor: geometric, Planck, Boltzmann and the discrete Laplace; Bernoulli.

Sources: Johnson, Kemp & Kotz (2005), "Univariate Discrete Distributions", ch. 5; Inusah & Kozubowski (2006), J. Stat.
Plann. Inference 136, for the discrete Laplace and its estimate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.family import DiscreteFamily, probability, whole_number
from warmfit_fitting.families.family import positive


class Bernoulli(DiscreteFamily):
    """p at 1, 1 − p at 0."""

    name = "bernoulli"
    shapes = (probability(),)
    high = 1.0
    closed_cdf = True

    def logpmf(self, k: FloatArray, p: FloatArray) -> FloatArray:
        return np.where(k > 0.5, np.log(p), np.log1p(-p))

    def cdf(self, k: FloatArray, p: FloatArray) -> FloatArray:
        return np.where(k >= 1, 1.0, 1 - p)

    def sf(self, k: FloatArray, p: FloatArray) -> FloatArray:
        return np.where(k >= 1, 0.0, p)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(data.mean,)]

    def closed_form(self, data: CountFeatures) -> tuple[float, ...] | None:
        return (data.mean,)


class Geometric(DiscreteFamily):
    """p (1 − p)^(k − 1) from 1 on. Its estimate is 1/mean."""

    name = "geom"
    shapes = (probability(),)
    low = 1.0
    closed_cdf = True

    def logpmf(self, k: FloatArray, p: FloatArray) -> FloatArray:
        return np.log(p) + (k - 1) * np.log1p(-p)

    def cdf(self, k: FloatArray, p: FloatArray) -> FloatArray:
        return -np.expm1(k * np.log1p(-p))

    def sf(self, k: FloatArray, p: FloatArray) -> FloatArray:
        return np.exp(k * np.log1p(-p))

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(1 / data.mean,)]

    def closed_form(self, data: CountFeatures) -> tuple[float, ...] | None:
        return (1 / data.mean,)


class Planck(DiscreteFamily):
    """(1 − e^(−λ)) e^(−λk) from 0 on: the geometric counted from 0. Its estimate is ln(1 + 1/mean)."""

    name = "planck"
    shapes = (positive("lambda_", near=1e-15, far=700.0),)
    closed_cdf = True

    def logpmf(self, k: FloatArray, lambda_: FloatArray) -> FloatArray:
        return np.log(-np.expm1(-lambda_)) - lambda_ * k

    def cdf(self, k: FloatArray, lambda_: FloatArray) -> FloatArray:
        return -np.expm1(-lambda_ * (k + 1))

    def sf(self, k: FloatArray, lambda_: FloatArray) -> FloatArray:
        return np.exp(-lambda_ * (k + 1))

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(float(np.log1p(1 / data.mean)),)]

    def closed_form(self, data: CountFeatures) -> tuple[float, ...] | None:
        return (float(np.log1p(1 / data.mean)),)


class Boltzmann(DiscreteFamily):
    """(1 − e^(−λ)) e^(−λk) / (1 − e^(−λN)) on 0 … N − 1, λ > 0.

    Whatever λ, the probabilities of the data fall with N: its estimate is the largest value plus one.
    """

    name = "boltzmann"
    shapes = (positive("lambda_", near=1e-12, far=700.0), whole_number("N"))
    integer_shapes = ("N",)
    closed_cdf = True

    def support(self, lambda_: FloatArray, N: FloatArray) -> tuple[FloatArray, FloatArray]:
        return np.asarray(0.0), N - 1

    def logpmf(self, k: FloatArray, lambda_: FloatArray, N: FloatArray) -> FloatArray:
        return np.log(-np.expm1(-lambda_)) - lambda_ * k - np.log(-np.expm1(-lambda_ * N))

    def cdf(self, k: FloatArray, lambda_: FloatArray, N: FloatArray) -> FloatArray:
        return np.expm1(-lambda_ * (k + 1)) / np.expm1(-lambda_ * N)

    def sf(self, k: FloatArray, lambda_: FloatArray, N: FloatArray) -> FloatArray:
        return np.exp(-lambda_ * (k + 1)) * np.expm1(-lambda_ * (N - 1 - k)) / np.expm1(-lambda_ * N)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        slope = float(np.log1p(1 / data.mean))
        return [(slope * share, data.maximum + 1) for share in (1.0, 0.1, 1e-3)]


class DiscreteLaplace(DiscreteFamily):
    """tanh(a/2) e^(−a|k|) on all integers. Its estimate is arsinh(1/mean|k|)."""

    name = "dlaplace"
    shapes = (positive("a", near=1e-15, far=700.0),)
    low = -np.inf
    closed_cdf = True

    def logpmf(self, k: FloatArray, a: FloatArray) -> FloatArray:
        return np.log(np.tanh(a / 2)) - a * np.abs(k)

    def cdf(self, k: FloatArray, a: FloatArray) -> FloatArray:
        down = np.exp(a * np.minimum(k + 1, 0.0)) / (np.exp(a) + 1)
        return np.where(k >= 0, 1 - np.exp(-a * np.maximum(k, 0.0)) / (np.exp(a) + 1), down)

    def sf(self, k: FloatArray, a: FloatArray) -> FloatArray:
        up = np.exp(-a * np.maximum(k, 0.0)) / (np.exp(a) + 1)
        return np.where(k >= 0, up, 1 - np.exp(a * np.minimum(k + 1, 0.0)) / (np.exp(a) + 1))

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(float(np.arcsinh(1 / data.mean_size)),)]

    def closed_form(self, data: CountFeatures) -> tuple[float, ...] | None:
        return (float(np.arcsinh(1 / data.mean_size)),)
