"""Poisson counts and the difference of two.

Sources: Johnson, Kemp & Kotz (2005), "Univariate Discrete Distributions", ch. 4; Skellam (1946), J. R. Stat. Soc. 109;
NIST DLMF 10.41 for Bessel functions of large order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.discrete.features import CountFeatures
from warmfit_fitting.families.discrete.family import DiscreteFamily
from warmfit_fitting.families.discrete.probabilities import deviance, log_poisson
from warmfit_fitting.families.family import Cost, positive
from warmfit_fitting.families.incomplete_gamma import lower_of

_SADDLE = 60.0  # above it Debye's expansion of the Bessel function has twelve digits
# Coefficients of U_k(t)/t^k in powers of t² (DLMF 10.41.10), with their common denominators.
_DEBYE = (
    ((3, -5), 24.0),
    ((81, -462, 385), 1152.0),
    ((30375, -369603, 765765, -425425), 414720.0),
    ((4465125, -94121676, 349922430, -446185740, 185910725), 39813120.0),
    ((1519035525, -49286948607, 284499769554, -614135872350, 566098157625, -188699385875), 6688604160.0),
    (
        (
            2757049477875, -127577298354750, 1050760774457901, -3369032068261860, 5104696716244125,
            -3685299006138750, 1023694168371875,
        ),
        4815794995200.0,
    ),
)  # fmt: skip


class Poisson(DiscreteFamily):
    """e^(−μ) μ^k / k!. Its estimate is the mean."""

    name = "poisson"
    shapes = (positive("mu", near=1e-12, far=1e15),)
    closed_cdf = True

    def logpmf(self, k: FloatArray, mu: FloatArray) -> FloatArray:
        return log_poisson(k, mu)

    def cdf(self, k: FloatArray, mu: FloatArray) -> FloatArray:
        return special.gammaincc(k + 1, mu)

    def sf(self, k: FloatArray, mu: FloatArray) -> FloatArray:
        return lower_of(k + 1, mu)

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        return [(data.mean,)]

    def closed_form(self, data: CountFeatures) -> tuple[float, ...] | None:
        return (data.mean,)


class Skellam(DiscreteFamily):
    """X₁ − X₂ of two Poisson counts: e^(−μ₁−μ₂) (μ₁/μ₂)^(k/2) I_k(2√(μ₁μ₂))."""

    name = "skellam"
    shapes = (positive("mu1", near=1e-9, far=1e15), positive("mu2", near=1e-9, far=1e15))
    low = -np.inf
    cost = Cost.SPECIAL

    def logpmf(self, k: FloatArray, mu1: FloatArray, mu2: FloatArray) -> FloatArray:
        order = np.abs(k)
        size = np.hypot(order, 2 * np.sqrt(mu1) * np.sqrt(mu2))
        larger = (size + order) / 2  # the most probable counts of the two whose difference is k
        smaller = np.where(larger > 0, mu1 * mu2 / larger, 0.0)
        first, second = np.where(k >= 0, larger, smaller), np.where(k >= 0, smaller, larger)
        far = -deviance(first, mu1) - deviance(second, mu2) - 0.5 * np.log(2 * np.pi * size) + _debye(order, size)
        if np.all(size >= _SADDLE):
            return far
        near = np.minimum(order, _SADDLE)
        product = np.minimum(mu1 * mu2, _SADDLE**2 / 4)
        ahead = np.where(k >= 0, mu1, mu2)
        series = near * np.log(ahead) - special.gammaln(near + 1) + np.log(special.hyp0f1(near + 1, product))
        return np.where(size >= _SADDLE, far, series - mu1 - mu2)

    def to_regular(self, theta: FloatArray, reference: FloatArray) -> FloatArray:
        mu1, mu2 = theta.T
        beside = (mu1 - reference[0]) - (mu2 - reference[1])
        return np.stack([beside / np.sqrt(reference.sum()), np.log(mu1 + mu2)], axis=1)

    def from_regular(self, free: FloatArray, reference: FloatArray) -> tuple[FloatArray, ...]:
        mean = free[:, 0] * np.sqrt(reference.sum()) + (reference[0] - reference[1])
        variance = np.exp(free[:, 1])
        return (variance + mean) / 2, (variance - mean) / 2

    def starts(self, data: CountFeatures) -> Sequence[tuple[float, ...]]:
        half = max(data.variance, abs(data.mean) * 1.02, 1e-6)
        moments = ((half + data.mean) / 2, (half - data.mean) / 2)
        wide = max(2 * data.variance, 2 * abs(data.mean), 1.0)
        return [moments, ((wide + data.mean) / 2, (wide - data.mean) / 2)]


def _debye(order: FloatArray, size: FloatArray) -> FloatArray:
    """ln of Σ U_k(t)/ν^k with t = ν/√(ν² + z²), written in powers of 1/√(ν² + z²), so that it holds at ν = 0."""
    size = np.maximum(size, _SADDLE)
    square = (order / size) ** 2
    total = np.zeros_like(square)
    for coefficients, denominator in reversed(_DEBYE):
        polynomial = np.zeros_like(square)
        for c in reversed(coefficients):
            polynomial = polynomial * square + c
        total = (total + polynomial / denominator) / size
    return np.log1p(total)
