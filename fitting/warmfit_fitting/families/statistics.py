"""Distributions of test statistics and of uniform sums: ksone, kstwobign, irwinhall."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.families.birnbaum_tingey import below, log_density, survival
from warmfit_fitting.families.bulk import Bulk, normal_bulk
from warmfit_fitting.families.cardinal_spline import MOST_TERMS, log_cardinal_spline
from warmfit_fitting.families.family import Cost, Family, Shape


class KSOne(Family):
    """The one-sided Kolmogorov–Smirnov statistic D⁺ of n points, on 0 < z < 1.

    P(D⁺ > z) = z Σ_j C(n, j) (z + j/n)^(j−1) (1 − z − j/n)^(n−j), j ≤ n(1 − z) (Birnbaum & Tingey 1951). The sum has n
    terms, so n is held to at most 500.
    """

    name = "ksone"
    off_by_default = "ksone takes a tenth to half a second to fit; name it to fit it."
    shapes = (Shape("n", 0.5, 500.5),)
    integer_shapes = ("n",)
    low = 0.0
    high = 1.0
    closed_cdf = True
    cost = Cost.SLOW

    def logpdf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return log_density(z, np.maximum(np.rint(n), 1.0))

    def bulk(self, n: FloatArray) -> Bulk:
        return 0.6 / np.sqrt(n + 1.0), 0.2 / np.sqrt(n + 1.0)

    def cdf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return below(z, np.maximum(np.rint(n), 1.0))

    def sf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return survival(z, np.maximum(np.rint(n), 1.0))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((2.0,), (8.0,), (40.0,))


class KSTwoBign(Family):
    """The limit of √n D for the two-sided Kolmogorov–Smirnov statistic D, on z > 0 (Kolmogorov 1933).

    f(z) = 8z Σ_k (−1)^(k−1) k² e^(−2k²z²), or in the dual series
    √(2π)/z² Σ_k ((2k−1)²π²/(4z²) − 1) e^(−(2k−1)²π²/(8z²)), which converges fast for small z.
    """

    name = "kstwobign"
    low = 0.0
    closed_cdf = True

    def logpdf(self, z: FloatArray) -> FloatArray:
        square = z * z
        return np.where(z < 1.0, _log_dual_series(z), np.log(8.0 * z) - 2.0 * square + _log_series(square))

    def cdf(self, z: FloatArray) -> FloatArray:
        rate = -(math.pi**2) / 8.0 / z / z
        dual = math.sqrt(2.0 * math.pi) / z * (np.exp(rate) + np.exp(9.0 * rate) + np.exp(25.0 * rate))
        return np.where(z < 1.0, dual, 1.0 - special.kolmogorov(z))

    def sf(self, z: FloatArray) -> FloatArray:
        return special.kolmogorov(z)


def _log_series(square: FloatArray) -> FloatArray:
    """log Σ_k (−1)^(k−1) k² e^(−2(k²−1)z²), for z ≥ 1."""
    return np.log1p(-4.0 * np.exp(-6.0 * square) + 9.0 * np.exp(-16.0 * square) - 16.0 * np.exp(-30.0 * square))


def _log_dual_series(z: FloatArray) -> FloatArray:
    """The log-density for z < 1; the leading term is taken out, so that it does not underflow."""
    unit = math.pi / 2.0 / z
    unit = unit * unit
    terms = (unit - 1.0) + (9.0 * unit - 1.0) * np.exp(-4.0 * unit) + (25.0 * unit - 1.0) * np.exp(-12.0 * unit)
    return 0.5 * math.log(2.0 * math.pi) - 2.0 * np.log(z) - 0.5 * unit + np.log(terms)


class IrwinHall(Family):
    """The sum of n uniform variables on (0, 1), on 0 < z < n; n is held to at most 60, where the sum is normal to all ends.

    f is the cardinal B-spline (de Boor 1978, ch. X).
    """

    name = "irwinhall"
    shapes = (Shape("n", 0.5, MOST_TERMS + 0.5),)
    integer_shapes = ("n",)
    low = 0.0
    always_bounded = True
    cost = Cost.SLOW

    def support(self, *shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
        n = np.rint(shapes[0])
        return np.zeros_like(n), n

    def logpdf(self, z: FloatArray, n: FloatArray) -> FloatArray:
        return log_cardinal_spline(z, np.clip(np.rint(n), 1.0, MOST_TERMS))

    def bulk(self, n: FloatArray) -> Bulk:
        return normal_bulk(0.5 * n, np.sqrt(n / 12.0))

    def shape_starts(self) -> Sequence[tuple[float, ...]]:
        return ((1.0,), (2.0,), (3.0,), (12.0,))
